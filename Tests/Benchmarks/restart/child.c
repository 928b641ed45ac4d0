/* A supervised child: its first act is to write down who it is and when, in the terms of a heartbeat file. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  struct timespec now;
  char text[96];
  clock_gettime(CLOCK_MONOTONIC, &now);
  int length = snprintf(text, sizeof text, "pid=%d\nmonotonic_ns=%lld\n", (int)getpid(),
                        (long long)now.tv_sec * 1000000000 + now.tv_nsec);
  int file = open("beat", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || pwrite(file, text, (size_t)length, 0) != length) return 1;
  for (;;) pause();
}
