/**
 * @file lnt_zip.h
 * The bytes of a model file's ZIP headers. Each header is a function of the entry alone: the writer writes
 * what these make, and the reader makes them again and compares, so that there is no byte of a header that
 * could differ unseen. Field by field: docs/formats/model.md.
 */
#ifndef LNTI_MODEL_LNT_ZIP_H
#define LNTI_MODEL_LNT_ZIP_H

#include <model/lnt.h>
#include <stdbool.h>

enum {
  LNTI_ZIP_ALIGN = 64,
  LNTI_ZIP_LOCAL_BYTES = 30,   /**< of a local header before its name */
  LNTI_ZIP_CENTRAL_BYTES = 46, /**< of a central header before its name */
  LNTI_ZIP_END_BYTES = 22,
  LNTI_ZIP_HEADER_MAX = 256 /**< no header is longer, name and padding included */
};

/** One entry. */
typedef struct lnti_zip_entry {
  char name[LNTI_LNT_NAME_MAX + 1];
  uint32_t crc;
  uint32_t bytes;
  uint32_t offset; /**< of its local header */
} lnti_zip_entry;

/** True for 1..LNTI_LNT_NAME_MAX of a-z A-Z 0-9 . _ - and /, no part of it empty or only dots: a name that no
 *  archive tool can be led astray by. */
bool lnti_zip_name_ok(const char *name, size_t n);

/** Bytes of the local header, name and padding included: the data begins at a multiple of LNTI_ZIP_ALIGN. */
size_t lnti_zip_local_bytes(uint32_t offset, size_t n_name);

/** The headers; what is returned is their length. */
size_t lnti_zip_local(uint8_t out[LNTI_ZIP_HEADER_MAX], const lnti_zip_entry *entry);
size_t lnti_zip_central(uint8_t out[LNTI_ZIP_HEADER_MAX], const lnti_zip_entry *entry);
void lnti_zip_end(uint8_t out[LNTI_ZIP_END_BYTES], size_t n_entries, uint32_t central_bytes, uint32_t central_offset);

#endif
