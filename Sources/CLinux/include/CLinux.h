/* What CronSystem needs of Linux and Swift's Glibc module lacks.
 *
 * _GNU_SOURCE must never be defined here: Swift's Glibc module would then see other types than it was built with.
 * Unless said otherwise a function returns what the system call returns: -1 and errno on failure, no retry on EINTR.
 * Every descriptor that is made here is close-on-exec. */
#ifndef CLINUX_H
#define CLINUX_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- errno and environment ---- */

/* "ENOENT" for 2; "E?" when the number is unknown. */
const char *cl_errno_name(int32_t number);
/* "No such file or directory" for 2. Neither is translated. */
const char *cl_errno_text(int32_t number);
/* The process's environment; NULL-terminated. */
char **cl_environment(void);

/* ---- CRC-32C (Castagnoli, reflected, RFC 3720 B.4) of `length` bytes, going on from `seed` (0 to start) ---- */

uint32_t cl_crc32c(uint32_t seed, const void *bytes, uint64_t length);
/* The same without the processor's instruction; for the test that compares both. */
uint32_t cl_crc32c_portable(uint32_t seed, const void *bytes, uint64_t length);

/* ---- descriptors and files ---- */

/* openat2(2), Linux 5.6: no component may be a link or lead out of the directory. ENOSYS, EPERM where there is none. */
int32_t cl_openat_beneath(int32_t directory, const char *path, int32_t flags);
int32_t cl_openat(int32_t directory, const char *path, int32_t flags, uint32_t mode); /* openat(2) + O_CLOEXEC */
int32_t cl_open_passage(const char *path);                   /* O_PATH of a directory: search permission is enough */
int32_t cl_duplicate(int32_t descriptor, int32_t minimum);   /* F_DUPFD_CLOEXEC */
int32_t cl_duplicate_inheritable(int32_t descriptor);        /* F_DUPFD */
int32_t cl_set_nonblocking(int32_t descriptor, bool on);     /* F_SETFL */
int32_t cl_pipe(int32_t descriptors[2], bool nonblocking);   /* pipe2(2) */
int32_t cl_memfd(const char *name);                          /* memfd_create(2) */
int32_t cl_event(void);                                      /* eventfd(2), non-blocking */
int32_t cl_punch_hole(int32_t descriptor, int64_t offset, int64_t length); /* fallocate(2), size kept */
int32_t cl_rename_exclusive(int32_t from_directory, const char *from, int32_t to_directory, const char *to);
int32_t cl_lease_take(int32_t descriptor); /* F_SETLEASE F_RDLCK: EAGAIN while someone has the file open for writing */
int32_t cl_lease_drop(int32_t descriptor); /* F_SETLEASE F_UNLCK */
int32_t cl_terminal_columns(int32_t descriptor);
int32_t cl_terminal_size(int32_t descriptor, int32_t *columns, int32_t *rows); /* TIOCGWINSZ */
/* Keys come at once and unseen, tcsetattr(3); what held before is kept for cl_terminal_restore: one a process. */
int32_t cl_terminal_take_keys(int32_t descriptor);
int32_t cl_terminal_restore(int32_t descriptor);

struct cl_file_system {
  uint64_t kind; /* the magic of statfs(2), 32 bits */
  uint64_t total_bytes, available_bytes, total_inodes, available_inodes;
  bool read_only;
};
int32_t cl_file_system(int32_t descriptor, struct cl_file_system *system); /* fstatfs(2) and fstatvfs(3) */

/* ---- OFD locks on the whole file, fcntl(2) ---- */

int64_t cl_birth_microseconds(int32_t descriptor); /* statx STATX_BTIME; 0 = the file system doesn't say */
int32_t cl_lock(int32_t descriptor);     /* F_OFD_SETLK F_WRLCK; EAGAIN or EACCES when another holds it */
int32_t cl_unlock(int32_t descriptor);   /* F_OFD_SETLK F_UNLCK */
/* F_OFD_GETLK: 0 = free or ours, 1 = another holds it; *pid is the holder of a classic lock, -1 for an OFD one. */
int32_t cl_lock_query(int32_t descriptor, int32_t *pid);

/* ---- epoll(7) ---- */

enum { CL_READABLE = 1, CL_WRITABLE = 2, CL_HANG_UP = 4, CL_FAILED = 8, CL_PRIORITY = 16 };
enum { CL_POLL_ADD = 1, CL_POLL_MODIFY = 2, CL_POLL_REMOVE = 3 };
struct cl_ready {
  uint64_t token;
  uint32_t events; /* CL_READABLE ... */
};
int32_t cl_poller(void);
int32_t cl_poller_change(int32_t poller, int32_t operation, int32_t descriptor, uint32_t events, uint64_t token);
int32_t cl_poller_wait(int32_t poller, struct cl_ready *ready, int32_t capacity, int32_t timeout_ms);

/* ---- timerfd_create(2), non-blocking ---- */

enum { CL_CLOCK_REALTIME = 0, CL_CLOCK_MONOTONIC = 1, CL_CLOCK_BOOTTIME = 7 };
int32_t cl_timer(int32_t clock);
/* Both zero disarms. `absolute` on CL_CLOCK_REALTIME also asks for TFD_TIMER_CANCEL_ON_SET. */
int32_t cl_timer_arm(int32_t timer, bool absolute, bool cancel_on_set, int64_t seconds, int64_t nanoseconds);

/* How well the kernel's clock is disciplined, adjtimex(2) without a change. */
int32_t cl_clock_discipline(bool *synchronised, int64_t *maximum_error_us);

/* ---- signals ---- */

struct cl_signal {
  int32_t number, code, pid;
  uint32_t uid;
};
/* Blocks every signal but SEGV BUS ILL FPE TRAP ABRT SYS, ignores PIPE. signal(7) */
int32_t cl_signals_block(void);
/* signalfd(2) over all that cl_signals_block blocks, non-blocking. */
int32_t cl_signal_descriptor(void);
int32_t cl_signal_read(int32_t descriptor, struct cl_signal *signals, int32_t capacity); /* count, or -1 */
int32_t cl_kill_group(int32_t group, int32_t signal); /* kill(2) of -group; EINVAL for group <= 1 */

/* ---- processes ---- */

struct cl_child_end {
  int32_t pid;
  int32_t code; /* CL_EXITED ... */
  int32_t status;
  uint32_t uid;
  int64_t user_us, system_us, max_rss_kib;
};
enum { CL_EXITED = 1, CL_KILLED = 2, CL_DUMPED = 3 };
/* waitid(2), the system call itself, for its rusage. pid 0 = any child. 1 found, 0 none has ended yet, -1 errno. */
int32_t cl_wait_child(int32_t pid, bool leave_waitable, bool may_block, struct cl_child_end *end);
int32_t cl_process_descriptor(int32_t pid);                                   /* pidfd_open(2) */
/* How a process that is held and was reaped by whomever ended: PIDFD_GET_INFO, Linux 6.15. 1 told, 0 it isn't. */
int32_t cl_process_descriptor_end(int32_t descriptor, struct cl_child_end *end);
int32_t cl_process_descriptor_signal(int32_t descriptor, int32_t signal);     /* pidfd_send_signal(2) */
int32_t cl_set_name(const char *name);                                         /* prctl(2) PR_SET_NAME */
void cl_return_memory(void); /* malloc_trim(3): what was freed goes back to the kernel */
/* mallopt(3): so many bytes of heap are written to now and stay ours; larger blocks come and go by mmap(2). */
void cl_reserve_memory(size_t bytes);
int32_t cl_set_subreaper(void);                                               /* prctl(2) PR_SET_CHILD_SUBREAPER */
int32_t cl_open_file_limits(uint64_t *soft, uint64_t *hard);                  /* getrlimit(2) RLIMIT_NOFILE */
int32_t cl_set_open_file_limit(uint64_t soft);                                /* the hard limit stays */
/* execve(2) with default dispositions and an empty signal mask, or ours; returns only on failure, all as before. */
int32_t cl_exec(const char *path, char *const *arguments, char *const *environment, bool keeps_mask);

/* posix_spawn(3): own session, empty signal mask, default signals. The child's descriptor children[i] is parents[i];
 * 0-2 when not listed are /dev/null; every other one is closed. Returns 0 or an errno VALUE. */
int32_t cl_spawn(const char *path, char *const *arguments, char *const *environment, const int32_t *children,
                 const int32_t *parents, int32_t count, int32_t *pid);

/* ---- unix(7) sockets ---- */

enum { CL_STREAM = 1, CL_DATAGRAM = 2, CL_SEQPACKET = 5 };
int32_t cl_unix_socket(int32_t type, bool nonblocking);
int32_t cl_unix_pair(int32_t type, int32_t descriptors[2]); /* non-blocking */
/* A first byte of '@' names an abstract address where `abstract` is set. ENAMETOOLONG over 107 bytes. */
int32_t cl_unix_bind(int32_t socket, const char *path, uint32_t mode);
int32_t cl_unix_connect(int32_t socket, const char *path, bool abstract);
int32_t cl_listen(int32_t socket, int32_t backlog); /* listen(2) */
int32_t cl_accept(int32_t socket); /* accept4(2), non-blocking */
int32_t cl_peer_credentials(int32_t socket, int32_t *pid, uint32_t *uid, uint32_t *gid); /* SO_PEERCRED */
int64_t cl_send(int32_t socket, const void *bytes, uint64_t length); /* MSG_NOSIGNAL */
int64_t cl_send_now(int32_t socket, const void *bytes, uint64_t length); /* and MSG_DONTWAIT */
int64_t cl_receive(int32_t socket, void *bytes, uint64_t capacity, bool *truncated);

/* ---- the one helper thread ---- */

struct cl_sync_message {
  uint64_t token;
  int32_t descriptor; /* request */
  int32_t error;      /* completion: errno of fdatasync(2), 0 = on disk */
};
/* Starts a detached thread (64 KiB stack, all signals blocked). *request takes messages, *completion gives them back in
 * order; both non-blocking, a message is written and read whole. The thread ends when *request is closed. */
int32_t cl_sync_thread(int32_t *request, int32_t *completion);

/* ---- the launcher of jobs ---- */

enum cl_launch_step {
  CL_STEP_NONE = 0, CL_STEP_FORK, CL_STEP_CGROUP, CL_STEP_SESSION, CL_STEP_PRIORITY, CL_STEP_LIMITS, CL_STEP_GROUPS,
  CL_STEP_GROUP, CL_STEP_USER, CL_STEP_VERIFY, CL_STEP_DIRECTORY, CL_STEP_DESCRIPTORS, CL_STEP_RECORD, CL_STEP_EXEC,
};

enum { CL_EXEC_FIELD_BYTES = 256 };

struct cl_launch_order {
  /* Paths for execve in order; NULL-terminated, at least one. With `search` the rules of dash's PATH search hold: the
   * error of the last candidate that is an executable regular file counts, else ENOENT. */
  const char *const *candidates;
  bool search;
  char *const *arguments;
  /* For ENOEXEC: the words {"/bin/sh", <the child puts the candidate here>, arguments[1], ..., NULL}; NULL = none. */
  char **shell_arguments;
  char *const *environment;
  const char *directory; /* NULL = stay */
  bool change_identity;
  uint32_t uid, gid;
  const uint32_t *groups;
  int32_t group_count;
  bool set_nice;
  int32_t nice;
  bool set_oom_score; /* best effort */
  int32_t oom_score;
  uint64_t open_files; /* soft RLIMIT_NOFILE; 0 = leave */
  uint32_t umask;
  int32_t input, output; /* become 0; 1 and 2 */
  int32_t cgroup_procs;  /* cgroup.procs of the leaf open for writing; -1 = none */
  int32_t record;        /* takes the exec field; -1 = none */
  int64_t record_offset;
  const char *run;
  uint64_t sequence;
};

struct cl_launch_failure {
  int32_t step; /* enum cl_launch_step */
  int32_t error;
};

/* clone(2) and execve(2) of a job; call it only while the process has one thread. Under our own identity the child
 * borrows our memory as vfork(2) has it, under another it has its own as after fork(2). It: default signals, no mask,
 * setsid, cgroup, nice, oom score, soft nofile, umask, groups, gid, uid (verified), directory, 0-2, everything else
 * close-on-exec, exec field, execve. Returns the pid once execve has succeeded, or -1 and *failure (nothing to reap).
 *
 * The exec field is CL_EXEC_FIELD_BYTES bytes at record_offset: one line of ASCII, padded with NULs,
 *     EXEC run=<run> seq=<sequence> pid=<pid> start=<field 22 of /proc/PID/stat> crc32c=<8 hex digits>\n
 * where the CRC-32C is that of every byte before " crc32c=". It is the child's last act before execve, so that it may
 * stand there although execve then failed. */
int32_t cl_launch(const struct cl_launch_order *order, struct cl_launch_failure *failure);
#endif
