/* The exec field of a slot's record; private to the shim. Every function here is async-signal-safe. */
#ifndef EXEC_FIELD_H
#define EXEC_FIELD_H
#include <stdint.h>

/* Writes the number in decimal and returns the end; room for 21 bytes. */
char *cl_put_signed(char *out, int64_t number);
/* Field 22 of /proc/self/stat; needs a free descriptor. Returns 0 or an errno value. */
int32_t cl_own_start_time(uint64_t *start);
/* Formats and writes the calling process's field (CLinux.h, cl_launch). Returns 0 or an errno value. */
int32_t cl_write_exec_field(int32_t record, int64_t offset, const char *run, uint64_t sequence, uint64_t start);
#endif
