#ifndef CLINUX_H
#define CLINUX_H
#include <stdint.h>
/* CRC-32C (Castagnoli, reflected, RFC 3720 B.4) of `length` bytes, continuing from `seed` (0 to start). */
uint32_t cl_crc32c(uint32_t seed, const void *bytes, uint64_t length);
#endif
