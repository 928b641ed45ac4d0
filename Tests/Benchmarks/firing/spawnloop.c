// The limit: spawns a program COUNT times with posix_spawn(3), IN_FLIGHT at once, and waits for each.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int count, char **words) {
  if (count < 4) return 64;
  int in_flight = atoi(words[1]), total = atoi(words[2]), live = 0;
  for (int number = 0; number < total || live > 0;) {
    if (number < total && live < in_flight) {
      pid_t child;
      if (posix_spawn(&child, words[3], NULL, NULL, words + 3, environ) != 0) return perror(words[3]), 71;
      number += 1;
      live += 1;
    } else {
      int status;
      if (wait(&status) < 0 || status != 0) return 70;
      live -= 1;
    }
  }
  return 0;
}
