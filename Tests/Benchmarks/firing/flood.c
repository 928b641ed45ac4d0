// A job that writes MEBIBYTES to its standard output in lines, and the nanoseconds that it took into a file.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int count, char **words) {
  if (count != 3) return 64;
  static char block[65536];
  memset(block, 'x', sizeof block);
  for (size_t end = 99; end < sizeof block; end += 100) block[end] = '\n';
  long long total = atoll(words[1]) << 20, began = now();
  while (total > 0) {
    ssize_t written = write(1, block, sizeof block);
    if (written <= 0) return perror("write"), 74;
    total -= written;
  }
  FILE *file = fopen(words[2], "w");
  return file == NULL || fprintf(file, "%lld\n", now() - began) < 0 || fclose(file) != 0;
}
