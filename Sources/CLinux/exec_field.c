/* The exec field, made without anything that could allocate or lock: it is written between clone and execve. */
#define _GNU_SOURCE
#include "exec_field.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "CLinux.h"

enum { LONGEST_RUN = 128 };

static char *put_text(char *out, const char *text) {
  size_t length = strlen(text);
  memcpy(out, text, length);
  return out + length;
}

static char *put_unsigned(char *out, uint64_t number) {
  char digits[20];
  int count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  while (count > 0) *out++ = digits[--count];
  return out;
}

static char *put_hex(char *out, uint32_t number) {
  for (int shift = 28; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[(number >> shift) & 15];
  return out;
}

char *cl_put_signed(char *out, int64_t number) {
  if (number >= 0) return put_unsigned(out, (uint64_t)number);
  *out++ = '-';
  return put_unsigned(out, 0 - (uint64_t)number);
}

/* Field 22 of /proc/self/stat: the 20th after the ") " that ends the command's name. */
int32_t cl_own_start_time(uint64_t *start) {
  char text[1024];
  int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  ssize_t count;
  do { count = read(file, text, sizeof text - 1); } while (count < 0 && errno == EINTR);
  int error = errno;
  close(file);
  if (count <= 0) return count < 0 ? error : EIO;
  text[count] = 0;
  const char *cursor = strrchr(text, ')');
  if (cursor == NULL) return EIO;
  for (int field = 2; field < 22; field++) {
    cursor = strchr(cursor + 1, ' ');
    if (cursor == NULL) return EIO;
  }
  uint64_t value = 0;
  for (cursor++; *cursor >= '0' && *cursor <= '9'; cursor++) value = value * 10 + (uint64_t)(*cursor - '0');
  *start = value;
  return 0;
}

int32_t cl_write_exec_field(int32_t record, int64_t offset, const char *run, uint64_t sequence,
                            uint64_t start) {
  char field[CL_EXEC_FIELD_BYTES] = {0};
  if (strlen(run) > LONGEST_RUN) return ENAMETOOLONG;
  char *end = put_text(field, "EXEC run=");
  end = put_text(end, run);
  end = put_unsigned(put_text(end, " seq="), sequence);
  end = put_unsigned(put_text(end, " pid="), (uint64_t)getpid());
  end = put_unsigned(put_text(end, " start="), start);
  uint32_t crc = cl_crc32c(0, field, (uint64_t)(end - field));
  end = put_hex(put_text(end, " crc32c="), crc);
  *end = '\n';
  for (size_t written = 0; written < sizeof field;) {
    ssize_t count = pwrite(record, field + written, sizeof field - written, (off_t)(offset + (int64_t)written));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : EIO;
    written += (size_t)count;
  }
  return 0;
}
