#define _GNU_SOURCE
#include "CLinux.h"

uint32_t cl_crc32c(uint32_t seed, const void *bytes, uint64_t length) {
  const uint8_t *byte = bytes;
  uint32_t crc = ~seed;
  for (uint64_t index = 0; index < length; index++) {
    crc ^= byte[index];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
  }
  return ~crc;
}
