// A job that says when it began: appends `NAME nanoseconds` (CLOCK_REALTIME) to a file in one write. With STAY_SECONDS
// it lives on for so long.
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (count != 3) return 64;
  char line[256];
  int length = snprintf(line, sizeof line, "%s %lld\n", words[2], now.tv_sec * 1000000000LL + now.tv_nsec);
  int file = open(words[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (file < 0 || write(file, line, (size_t)length) != length) return 74;
#ifdef STAY_SECONDS
  close(file);
  sleep(STAY_SECONDS);
#endif
  return 0;
}
