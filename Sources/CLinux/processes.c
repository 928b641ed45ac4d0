/* Children, pidfds, limits, exec, posix_spawn. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLinux.h"

int32_t cl_wait_child(int32_t pid, bool leave_waitable, bool may_block, struct cl_child_end *end) {
  siginfo_t information;
  struct rusage usage;
  memset(&information, 0, sizeof information);
  memset(&usage, 0, sizeof usage);
  int options = WEXITED | (leave_waitable ? WNOWAIT : 0) | (may_block ? 0 : WNOHANG);
  if (syscall(SYS_waitid, pid == 0 ? P_ALL : P_PID, pid, &information, options, &usage) != 0) return -1;
  if (information.si_pid == 0) return 0;
  end->pid = information.si_pid;
  end->uid = information.si_uid;
  end->status = information.si_status;
  end->code = information.si_code == CLD_EXITED ? CL_EXITED : information.si_code == CLD_DUMPED ? CL_DUMPED : CL_KILLED;
  end->user_us = usage.ru_utime.tv_sec * INT64_C(1000000) + usage.ru_utime.tv_usec;
  end->system_us = usage.ru_stime.tv_sec * INT64_C(1000000) + usage.ru_stime.tv_usec;
  end->max_rss_kib = usage.ru_maxrss;
  return 1;
}

int32_t cl_process_descriptor(int32_t pid) { return (int32_t)syscall(SYS_pidfd_open, pid, 0); }

/* struct pidfd_info of linux/pidfd.h as it first was; headers of today's systems don't have it yet. */
struct process_information {
  uint64_t mask, control_group;
  uint32_t pid, tgid, ppid, ids[8];
  int32_t exit_code;
};
#define INFORMATION_EXIT (UINT64_C(1) << 3)

int32_t cl_process_descriptor_end(int32_t descriptor, struct cl_child_end *end) {
  struct process_information information;
  memset(&information, 0, sizeof information);
  memset(end, 0, sizeof *end);
  information.mask = INFORMATION_EXIT;
  if (ioctl(descriptor, _IOWR(0xFF, 11, struct process_information), &information) != 0) return 0;
  if ((information.mask & INFORMATION_EXIT) == 0) return 0;
  int status = information.exit_code;
  end->code = WIFEXITED(status) ? CL_EXITED : WCOREDUMP(status) ? CL_DUMPED : CL_KILLED;
  end->status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  return 1;
}

int32_t cl_process_descriptor_signal(int32_t descriptor, int32_t signal) {
  return (int32_t)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

int32_t cl_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

int32_t cl_set_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int32_t cl_open_file_limits(uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return 0;
}

int32_t cl_set_open_file_limit(uint64_t soft) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  limit.rlim_cur = soft;
  return setrlimit(RLIMIT_NOFILE, &limit);
}

int32_t cl_exec(const char *path, char *const *arguments, char *const *environment, bool keeps_mask) {
  sigset_t none, before;
  struct sigaction standard = {.sa_handler = SIG_DFL}, pipe_before;
  sigemptyset(&none);
  sigaction(SIGPIPE, &standard, &pipe_before); /* the only one that we ever ignore; handlers fall by themselves */
  sigprocmask(keeps_mask ? SIG_BLOCK : SIG_SETMASK, &none, &before);
  execve(path, arguments, environment);
  int error = errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  sigaction(SIGPIPE, &pipe_before, NULL);
  errno = error;
  return -1;
}

static bool is_listed(int32_t number, const int32_t *numbers, int32_t count) {
  for (int32_t index = 0; index < count; index++)
    if (numbers[index] == number) return true;
  return false;
}

enum { MOST_DESCRIPTORS = 64 };

/* Only the child's table grows: a process at its limit can still start another one. Sources that a target could
   overwrite move above all of them first. */
static int32_t add_descriptors(posix_spawn_file_actions_t *actions, const int32_t *children, const int32_t *parents,
                               int32_t count) {
  int32_t close_from = 3, error = 0, sources[MOST_DESCRIPTORS];
  for (int32_t index = 0; index < count; index++)
    if (children[index] >= close_from) close_from = children[index] + 1;
  int32_t above = close_from;
  for (int32_t index = 0; index < count && error == 0; index++) {
    sources[index] = parents[index];
    if (sources[index] >= close_from || sources[index] == children[index]) continue;
    while (is_listed(above, parents, count)) above++;
    sources[index] = above++;
    error = posix_spawn_file_actions_adddup2(actions, parents[index], sources[index]);
  }
  for (int32_t index = 0; index < count && error == 0; index++)
    error = posix_spawn_file_actions_adddup2(actions, sources[index], children[index]);
  for (int32_t number = 0; number < close_from && error == 0; number++) {
    if (is_listed(number, children, count)) continue;
    error = number <= 2 ? posix_spawn_file_actions_addopen(actions, number, "/dev/null", O_RDWR, 0)
                        : posix_spawn_file_actions_addclose(actions, number);
  }
  return error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(actions, close_from);
}

int32_t cl_spawn(const char *path, char *const *arguments, char *const *environment, const int32_t *children,
                 const int32_t *parents, int32_t count, int32_t *pid) {
  if (count < 0 || count > MOST_DESCRIPTORS) return EINVAL;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int32_t error = add_descriptors(&actions, children, parents, count);
  if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
  if (error == 0)
    error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = -1;
  if (error == 0) error = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) *pid = child;
  return error;
}

void cl_return_memory(void) { malloc_trim(0); }

void cl_reserve_memory(size_t bytes) {
  mallopt(M_MMAP_THRESHOLD, 2 * bytes);
  mallopt(M_TOP_PAD, bytes);
  mallopt(M_TRIM_THRESHOLD, 4 * bytes);
  volatile char *block = malloc(bytes);
  for (size_t place = 0; block && place < bytes; place += 4096) block[place] = 0;
  free((void *)block);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}
