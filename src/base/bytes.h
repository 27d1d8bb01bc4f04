/**
 * @file bytes.h
 * Numbers as files store them, byte by byte. The caller has checked that the bytes are there.
 */
#ifndef LNTI_BASE_BYTES_H
#define LNTI_BASE_BYTES_H

#include <stdint.h>

static inline uint32_t lnti_get_be16(const uint8_t *p) {
  return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t lnti_get_be32(const uint8_t *p) {
  return lnti_get_be16(p) << 16 | lnti_get_be16(p + 2);
}

static inline uint64_t lnti_get_be64(const uint8_t *p) {
  return (uint64_t)lnti_get_be32(p) << 32 | lnti_get_be32(p + 4);
}

static inline uint32_t lnti_get_le16(const uint8_t *p) {
  return (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t lnti_get_le24(const uint8_t *p) {
  return (uint32_t)p[2] << 16 | lnti_get_le16(p);
}

static inline uint32_t lnti_get_le32(const uint8_t *p) {
  return lnti_get_le16(p + 2) << 16 | lnti_get_le16(p);
}

static inline uint64_t lnti_get_le64(const uint8_t *p) {
  return (uint64_t)lnti_get_le32(p + 4) << 32 | lnti_get_le32(p);
}

static inline void lnti_put_be32(uint8_t *p, uint32_t value) {
  for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline void lnti_put_le32(uint8_t *p, uint32_t value) {
  for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(value >> 8 * i);
}

#endif
