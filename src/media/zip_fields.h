/**
 * @file zip_fields.h
 * Marks of zip's records; for zip*.c alone.
 */
#ifndef LNTI_MEDIA_ZIP_FIELDS_H
#define LNTI_MEDIA_ZIP_FIELDS_H

#include <base/bytes.h>
#include <stdbool.h>
#include <stdint.h>

enum { LNTI_ZIP_LOCAL_BYTES = 30 };

/** "PK" and two more. */
static inline bool lnti_zip_is_mark(const uint8_t *p, char a, char b) {
  return p[0] == 'P' && p[1] == 'K' && p[2] == (uint8_t)a && p[3] == (uint8_t)b;
}

#endif
