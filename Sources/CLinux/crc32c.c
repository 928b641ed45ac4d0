/* CRC-32C with the processor's instruction where there is one. */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>

#include "CLinux.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static uint32_t table[256];
static bool has_instruction;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static void prepare(void) {
  for (uint32_t index = 0; index < 256; index++) {
    uint32_t crc = index;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    table[index] = crc;
  }
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  has_instruction = __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 20)); /* SSE4.2 */
#elif defined(__aarch64__)
  has_instruction = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#endif
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t with_instruction(uint32_t crc, const uint8_t *byte, uint64_t length) {
  uint64_t wide = crc;
  for (; length >= 8; byte += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, byte, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = (uint32_t)wide;
  for (; length > 0; byte++, length--) crc = _mm_crc32_u8(crc, *byte);
  return crc;
}
#elif defined(__aarch64__)
__attribute__((target("crc"))) static uint32_t with_instruction(uint32_t crc, const uint8_t *byte, uint64_t length) {
  for (; length >= 8; byte += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, byte, 8);
    crc = __crc32cd(crc, word);
  }
  for (; length > 0; byte++, length--) crc = __crc32cb(crc, *byte);
  return crc;
}
#else
static uint32_t with_instruction(uint32_t crc, const uint8_t *byte, uint64_t length) {
  (void)byte, (void)length;
  return crc;
}
#endif

uint32_t cl_crc32c_portable(uint32_t seed, const void *bytes, uint64_t length) {
  pthread_once(&prepared, prepare);
  const uint8_t *byte = bytes;
  uint32_t crc = ~seed;
  for (uint64_t index = 0; index < length; index++) crc = (crc >> 8) ^ table[(crc ^ byte[index]) & 0xFF];
  return ~crc;
}

uint32_t cl_crc32c(uint32_t seed, const void *bytes, uint64_t length) {
  pthread_once(&prepared, prepare);
  if (!has_instruction) return cl_crc32c_portable(seed, bytes, length);
  return ~with_instruction(~seed, bytes, length);
}
