/* The ledger's fdatasync on a thread of its own: two pipes and nothing shared. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "CLinux.h"

struct ends {
  int32_t requests, completions;
};

static void *run(void *given) {
  struct ends ends = *(struct ends *)given;
  free(given);
  struct cl_sync_message message;
  for (;;) {
    ssize_t count = read(ends.requests, &message, sizeof message);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof message) break; /* closed: messages are smaller than PIPE_BUF, so never torn */
    int32_t result;
    do { result = fdatasync(message.descriptor); } while (result != 0 && errno == EINTR);
    message.error = result == 0 ? 0 : errno;
    do { count = write(ends.completions, &message, sizeof message); } while (count < 0 && errno == EINTR);
    if (count != sizeof message) break;
  }
  close(ends.requests);
  close(ends.completions);
  return NULL;
}

/* Blocks every signal while the thread is made: it inherits the mask for its whole life. */
static int create(void *given) {
  pthread_t thread;
  pthread_attr_t attributes;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  int error = pthread_create(&thread, &attributes, run, given);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

int32_t cl_sync_thread(int32_t *request, int32_t *completion) {
  int32_t requests[2] = {-1, -1}, completions[2] = {-1, -1};
  int error = 0;
  struct ends *ends = malloc(sizeof *ends);
  if (ends == NULL) return errno = ENOMEM, -1;
  if (pipe2(requests, O_CLOEXEC) != 0 || pipe2(completions, O_CLOEXEC) != 0) error = errno;
  if (error == 0 && (cl_set_nonblocking(requests[1], true) != 0 || cl_set_nonblocking(completions[0], true) != 0))
    error = errno;
  *ends = (struct ends){.requests = requests[0], .completions = completions[1]};
  if (error == 0) error = create(ends);
  if (error == 0) {
    *request = requests[1];
    *completion = completions[0];
    return 0;
  }
  free(ends);
  for (int index = 0; index < 2; index++) {
    if (requests[index] >= 0) close(requests[index]);
    if (completions[index] >= 0) close(completions[index]);
  }
  return errno = error, -1;
}
