/**
 * @file zip_fields.h
 * Numbers and marks of zip's records; for zip*.c alone.
 */
#ifndef LNTI_MEDIA_ZIP_FIELDS_H
#define LNTI_MEDIA_ZIP_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

enum { LNTI_ZIP_LOCAL_BYTES = 30 };

static inline uint32_t lnti_zip_get16(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t lnti_zip_get32(const uint8_t *p) {
  return lnti_zip_get16(p) | lnti_zip_get16(p + 2) << 16;
}

static inline uint64_t lnti_zip_get64(const uint8_t *p) {
  return lnti_zip_get32(p) | (uint64_t)lnti_zip_get32(p + 4) << 32;
}

/** "PK" and two more. */
static inline bool lnti_zip_is_mark(const uint8_t *p, char a, char b) {
  return p[0] == 'P' && p[1] == 'K' && p[2] == (uint8_t)a && p[3] == (uint8_t)b;
}

#endif
