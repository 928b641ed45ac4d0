/* epoll, timers and signals as descriptors. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>

#include "CLinux.h"

int32_t cl_poller(void) { return epoll_create1(EPOLL_CLOEXEC); }

int32_t cl_poller_change(int32_t poller, int32_t operation, int32_t descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.data.u64 = token};
  if (events & CL_READABLE) event.events |= EPOLLIN | EPOLLRDHUP;
  if (events & CL_WRITABLE) event.events |= EPOLLOUT;
  if (events & CL_PRIORITY) event.events |= EPOLLPRI;
  int native = operation == CL_POLL_ADD ? EPOLL_CTL_ADD : operation == CL_POLL_MODIFY ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
  return epoll_ctl(poller, native, descriptor, &event);
}

int32_t cl_poller_wait(int32_t poller, struct cl_ready *ready, int32_t capacity, int32_t timeout_ms) {
  struct epoll_event events[64];
  if (capacity > 64) capacity = 64;
  int count = epoll_wait(poller, events, capacity, timeout_ms);
  for (int index = 0; index < count; index++) {
    uint32_t seen = events[index].events, told = 0;
    if (seen & EPOLLIN) told |= CL_READABLE;
    if (seen & EPOLLOUT) told |= CL_WRITABLE;
    if (seen & EPOLLPRI) told |= CL_PRIORITY;
    if (seen & (EPOLLHUP | EPOLLRDHUP)) told |= CL_HANG_UP;
    if (seen & EPOLLERR) told |= CL_FAILED;
    ready[index] = (struct cl_ready){.token = events[index].data.u64, .events = told};
  }
  return count;
}

int32_t cl_timer(int32_t clock) { return timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK); }

int32_t cl_timer_arm(int32_t timer, bool absolute, bool cancel_on_set, int64_t seconds, int64_t nanoseconds) {
  struct itimerspec value = {.it_value = {.tv_sec = seconds, .tv_nsec = nanoseconds}};
  int flags = (absolute ? TFD_TIMER_ABSTIME : 0) | (cancel_on_set ? TFD_TIMER_CANCEL_ON_SET : 0);
  return timerfd_settime(timer, flags, &value, NULL);
}

int32_t cl_clock_discipline(bool *synchronised, int64_t *maximum_error_us) {
  struct timex clock = {.modes = 0};
  int state = adjtimex(&clock);
  if (state < 0) return -1;
  *synchronised = state != TIME_ERROR && !(clock.status & STA_UNSYNC);
  *maximum_error_us = clock.maxerror;
  return 0;
}

static void all_but_fatal(sigset_t *set) {
  static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
  sigfillset(set);
  for (unsigned index = 0; index < sizeof fatal / sizeof *fatal; index++) sigdelset(set, fatal[index]);
}

int32_t cl_signals_block(void) {
  sigset_t set;
  all_but_fatal(&set);
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  if (sigaction(SIGPIPE, &ignore, NULL) != 0) return -1;
  return sigprocmask(SIG_SETMASK, &set, NULL);
}

int32_t cl_signal_descriptor(void) {
  sigset_t set;
  all_but_fatal(&set);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int32_t cl_signal_read(int32_t descriptor, struct cl_signal *signals, int32_t capacity) {
  struct signalfd_siginfo information[16];
  if (capacity > 16) capacity = 16;
  ssize_t bytes = read(descriptor, information, (size_t)capacity * sizeof *information);
  if (bytes < 0) return -1;
  int32_t count = (int32_t)((size_t)bytes / sizeof *information);
  for (int32_t index = 0; index < count; index++)
    signals[index] = (struct cl_signal){.number = (int32_t)information[index].ssi_signo,
                                        .code = information[index].ssi_code,
                                        .pid = (int32_t)information[index].ssi_pid,
                                        .uid = information[index].ssi_uid};
  return count;
}

int32_t cl_kill_group(int32_t group, int32_t signal) {
  if (group <= 1) return errno = EINVAL, -1; /* -1 and 0 would reach everyone, or ourselves */
  return kill(-group, signal);
}
