/* Start and exec of a job. Until then the child calls async-signal-safe functions only; all else lies ready before. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLinux.h"
#include "exec_field.h"

/* Descriptors of the child, all >= 3 so that 0-2 can be set without overwriting one. */
struct lifted {
  int input, output, report, record, cgroup_procs;
};

static _Noreturn void fail(int report, int32_t step, int32_t error) {
  struct cl_launch_failure failure = {.step = step, .error = error};
  while (write(report, &failure, sizeof failure) < 0 && errno == EINTR) {}
  _exit(127);
}

/* The signals that don't have their default action, bit 0 for 1. What a process ignores, or inherited so, is settled
 * before its first job, so it is looked up once; 9, which always has its default, marks it as known. */
static uint64_t altered_signals(void) {
  static _Atomic uint64_t known;
  const uint64_t mark = 1ULL << (SIGKILL - 1);
  uint64_t altered = known;
  if (altered == 0) {
    for (int number = 1; number <= 64; number++) {
      uint64_t action[8] = {0}; /* the handler, flags, restorer, mask */
      if (syscall(SYS_rt_sigaction, number, NULL, action, 8) == 0 && action[0] != 0) altered |= 1ULL << (number - 1);
    }
    known = altered | mark;
  }
  return altered & ~mark;
}

/* By the system call: sigaction(3) refuses 32 and 33, which glibc's posix_spawn leaves ignored in every child. */
static void reset_signals(void) {
  static const uint64_t standard[8]; /* zeros: SIG_DFL, no flags, no restorer, empty mask */
  for (uint64_t left = altered_signals(); left != 0; left &= left - 1)
    syscall(SYS_rt_sigaction, __builtin_ctzll(left) + 1, standard, NULL, 8);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_oom_score(int32_t score) {
  char digits[24];
  char *end = cl_put_signed(digits, score);
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t ignored = write(file, digits, (size_t)(end - digits));
  (void)ignored; /* best effort: lowering needs CAP_SYS_RESOURCE */
  close(file);
}

static void enter_surroundings(const struct cl_launch_order *order, const struct lifted *own) {
  if (own->cgroup_procs >= 0 && write(own->cgroup_procs, "0", 1) != 1) fail(own->report, CL_STEP_CGROUP, errno);
  if (setsid() < 0) fail(own->report, CL_STEP_SESSION, errno);
  if (order->set_nice && setpriority(PRIO_PROCESS, 0, order->nice) != 0) fail(own->report, CL_STEP_PRIORITY, errno);
  if (order->set_oom_score) set_oom_score(order->oom_score);
  if (order->open_files > 0 && cl_set_open_file_limit(order->open_files) != 0)
    fail(own->report, CL_STEP_LIMITS, errno);
  umask((mode_t)order->umask);
}

/* Says why when anything of the old identity is left. */
static int32_t verify_identity(const struct cl_launch_order *order) {
  uid_t real, effective, saved;
  gid_t real_group, effective_group, saved_group;
  if (getresuid(&real, &effective, &saved) != 0 || getresgid(&real_group, &effective_group, &saved_group) != 0)
    return errno;
  if (real != order->uid || effective != order->uid || saved != order->uid) return EPERM;
  if (real_group != order->gid || effective_group != order->gid || saved_group != order->gid) return EPERM;
  int groups = getgroups(0, NULL);
  if (groups < 0) return errno;
  if (groups != order->group_count) return EPERM;
  if (order->uid != 0 && setuid(0) == 0) return EPERM;
  return 0;
}

static void change_identity(const struct cl_launch_order *order, int report) {
  if (setgroups((size_t)order->group_count, order->groups) != 0) fail(report, CL_STEP_GROUPS, errno);
  if (setresgid(order->gid, order->gid, order->gid) != 0) fail(report, CL_STEP_GROUP, errno);
  if (setresuid(order->uid, order->uid, order->uid) != 0) fail(report, CL_STEP_USER, errno);
  int32_t error = verify_identity(order);
  if (error != 0) fail(report, CL_STEP_VERIFY, error);
}

/* Everything above 2 falls with execve: the report pipe and the record with its lock too, at that very moment. */
static int close_rest_on_exec(void) {
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
  if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return 0;
  struct rlimit limit; /* Linux < 5.11 */
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  int highest = limit.rlim_max > 1048576 ? 1048576 : (int)limit.rlim_max;
  for (int number = 3; number < highest; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
  return 0;
}

static void place_descriptors(const struct lifted *own) {
  if (dup2(own->input, 0) < 0 || dup2(own->output, 1) < 0 || dup2(own->output, 2) < 0 || close_rest_on_exec() != 0)
    fail(own->report, CL_STEP_DESCRIPTORS, errno);
}

/* What dash's search takes for a command: only then the error of its execve counts. */
static bool is_command(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* Returns the errno that decides between 126 and 127. */
static int32_t execute(const struct cl_launch_order *order) {
  int32_t remembered = ENOENT;
  for (const char *const *candidate = order->candidates; *candidate != NULL; candidate++) {
    execve(*candidate, order->arguments, order->environment);
    if (errno == ENOEXEC && order->shell_arguments != NULL) {
      order->shell_arguments[1] = (char *)*candidate;
      execve("/bin/sh", order->shell_arguments, order->environment);
    }
    if (!order->search) return errno;
    int32_t error = errno;
    if (error != ENOENT && error != ENOTDIR && is_command(*candidate)) remembered = error;
  }
  return remembered;
}

static _Noreturn void become_job(const struct cl_launch_order *order, const struct lifted *own) {
  uint64_t start = 0;
  reset_signals();
  if (own->record >= 0) { /* before the limits: the job's may be below the descriptors that we still have */
    int32_t error = cl_own_start_time(&start);
    if (error != 0) fail(own->report, CL_STEP_RECORD, error);
  }
  enter_surroundings(order, own);
  if (order->change_identity) change_identity(order, own->report);
  if (order->directory != NULL && chdir(order->directory) != 0) fail(own->report, CL_STEP_DIRECTORY, errno);
  place_descriptors(own);
  if (own->record >= 0) {
    int32_t error = cl_write_exec_field(own->record, order->record_offset, order->run, order->sequence, start);
    if (error != 0) fail(own->report, CL_STEP_RECORD, error);
  }
  fail(own->report, CL_STEP_EXEC, execute(order));
}

/* `descriptor` itself when it is >= 3 or none, else a duplicate; *error on failure. */
static int lift(int descriptor, int32_t *error) {
  if (descriptor < 0 || descriptor > 2) return descriptor;
  int duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (duplicate < 0) *error = errno;
  return duplicate;
}

static void drop(int lifted, int original) {
  if (lifted != original && lifted >= 0) close(lifted);
}

/* Waits for the end of the report pipe: empty = execve succeeded. */
static int32_t await_exec(pid_t child, int report, struct cl_launch_failure *failure) {
  ssize_t count;
  do { count = read(report, failure, sizeof *failure); } while (count < 0 && errno == EINTR);
  if (count != sizeof *failure) {
    *failure = (struct cl_launch_failure){0};
    return child;
  }
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
  return -1;
}

struct launch {
  const struct cl_launch_order *order;
  const struct lifted *own;
};

static int become(void *launch) {
  become_job(((struct launch *)launch)->order, ((struct launch *)launch)->own);
}

/* Borrows our memory and stands in for us until it executes its program, as posix_spawn(3) has it. */
static pid_t borrow(struct launch *launch) {
  _Alignas(16) char stack[1 << 16];
  return clone(become, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, launch);
}

/* To copy the page tables, and then every page that is written to, costs more than all else here. But a process that
 * becomes another user shares no memory with us at any time. */
static pid_t start_child(const struct cl_launch_order *order, const struct lifted *own) {
  struct launch launch = {.order = order, .own = own};
  sigset_t all, before;
  altered_signals();
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before); /* no handler of ours may run in the child */
  pid_t child = order->change_identity ? fork() : borrow(&launch);
  if (child == 0) become(&launch);
  int error = errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return child;
}

int32_t cl_launch(const struct cl_launch_order *order, struct cl_launch_failure *failure) {
  int pipe_ends[2];
  int32_t error = 0;
  *failure = (struct cl_launch_failure){.step = CL_STEP_FORK};
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return failure->error = errno, -1;
  struct lifted own = {.input = lift(order->input, &error), .output = lift(order->output, &error),
                       .report = lift(pipe_ends[1], &error), .record = lift(order->record, &error),
                       .cgroup_procs = lift(order->cgroup_procs, &error)};
  cl_crc32c(0, "", 0); /* makes its table before the child needs it */
  pid_t child = -1;
  if (error == 0) {
    child = start_child(order, &own);
    if (child < 0) error = errno;
  }
  drop(own.input, order->input);
  drop(own.output, order->output);
  drop(own.record, order->record);
  drop(own.cgroup_procs, order->cgroup_procs);
  drop(own.report, pipe_ends[1]);
  close(pipe_ends[1]);
  int32_t result = -1;
  if (child > 0) result = await_exec(child, pipe_ends[0], failure);
  else failure->error = error;
  close(pipe_ends[0]);
  return result;
}
