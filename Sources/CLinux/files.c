/* Descriptors, files and their locks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "CLinux.h"

const char *cl_errno_name(int32_t number) {
  const char *name = strerrorname_np(number);
  return name ? name : "E?";
}

const char *cl_errno_text(int32_t number) {
  const char *text = strerrordesc_np(number);
  return text ? text : "unknown error";
}

char **cl_environment(void) { return environ; }

int32_t cl_openat(int32_t directory, const char *path, int32_t flags, uint32_t mode) {
  return openat(directory, path, flags | O_CLOEXEC, (mode_t)mode);
}

/* As linux/openat2.h has it. */
struct open_way {
  uint64_t flags, mode, resolve;
};
#define RESOLVE_NO_LINKS_AND_BENEATH UINT64_C(0x0c)
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

int32_t cl_openat_beneath(int32_t directory, const char *path, int32_t flags) {
  struct open_way way = {(uint64_t)(uint32_t)(flags | O_CLOEXEC), 0, RESOLVE_NO_LINKS_AND_BENEATH};
  return (int32_t)syscall(SYS_openat2, directory, path, &way, sizeof way);
}

int32_t cl_open_passage(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int32_t cl_duplicate(int32_t descriptor, int32_t minimum) { return fcntl(descriptor, F_DUPFD_CLOEXEC, minimum); }

int32_t cl_duplicate_inheritable(int32_t descriptor) { return fcntl(descriptor, F_DUPFD, 0); }

int32_t cl_set_nonblocking(int32_t descriptor, bool on) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return wanted == flags ? 0 : fcntl(descriptor, F_SETFL, wanted);
}

int32_t cl_pipe(int32_t descriptors[2], bool nonblocking) {
  return pipe2(descriptors, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0));
}

int32_t cl_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int32_t cl_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int32_t cl_punch_hole(int32_t descriptor, int64_t offset, int64_t length) {
  return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int32_t cl_rename_exclusive(int32_t from_directory, const char *from, int32_t to_directory, const char *to) {
  return renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE);
}

int32_t cl_lease_take(int32_t descriptor) { return fcntl(descriptor, F_SETLEASE, F_RDLCK); }

int32_t cl_lease_drop(int32_t descriptor) { return fcntl(descriptor, F_SETLEASE, F_UNLCK); }

int32_t cl_terminal_columns(int32_t descriptor) {
  struct winsize size = {0};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
  return size.ws_col;
}

int32_t cl_terminal_size(int32_t descriptor, int32_t *columns, int32_t *rows) {
  struct winsize size = {0};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

static struct termios before;

int32_t cl_terminal_take_keys(int32_t descriptor) {
  if (tcgetattr(descriptor, &before) != 0) return -1;
  struct termios now = before;
  now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  now.c_cc[VMIN] = 1;
  now.c_cc[VTIME] = 0;
  return tcsetattr(descriptor, TCSANOW, &now);
}

int32_t cl_terminal_restore(int32_t descriptor) { return tcsetattr(descriptor, TCSANOW, &before); }

int32_t cl_file_system(int32_t descriptor, struct cl_file_system *system) {
  struct statfs kind;
  struct statvfs room;
  if (fstatfs(descriptor, &kind) != 0 || fstatvfs(descriptor, &room) != 0) return -1;
  *system = (struct cl_file_system){.kind = (uint32_t)kind.f_type,
                                    .total_bytes = (uint64_t)room.f_blocks * room.f_frsize,
                                    .available_bytes = (uint64_t)room.f_bavail * room.f_frsize,
                                    .total_inodes = room.f_files,
                                    .available_inodes = room.f_favail,
                                    .read_only = (room.f_flag & ST_RDONLY) != 0};
  return 0;
}

int64_t cl_birth_microseconds(int32_t descriptor) {
  struct statx status;
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &status) != 0) return 0;
  if (!(status.stx_mask & STATX_BTIME)) return 0;
  return status.stx_btime.tv_sec * INT64_C(1000000) + status.stx_btime.tv_nsec / 1000;
}

static struct flock whole_file(short type) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0};
}

int32_t cl_lock(int32_t descriptor) {
  struct flock lock = whole_file(F_WRLCK);
  return fcntl(descriptor, F_OFD_SETLK, &lock);
}

int32_t cl_unlock(int32_t descriptor) {
  struct flock lock = whole_file(F_UNLCK);
  return fcntl(descriptor, F_OFD_SETLK, &lock);
}

int32_t cl_lock_query(int32_t descriptor, int32_t *pid) {
  struct flock lock = whole_file(F_WRLCK);
  if (fcntl(descriptor, F_OFD_GETLK, &lock) != 0) return -1;
  *pid = lock.l_pid;
  return lock.l_type == F_UNLCK ? 0 : 1;
}
