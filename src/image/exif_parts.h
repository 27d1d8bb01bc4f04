/**
 * @file exif_parts.h
 * What the reader of EXIF (exif.c) and the stripper (exif_strip.c) share: where in a file it is, and walking a directory
 * of TIFF. Inside src/image only. Everything is borrowed from the file's bytes.
 */
#ifndef LNTI_IMAGE_EXIF_PARTS_H
#define LNTI_IMAGE_EXIF_PARTS_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a file is, as far as metadata go. */
typedef enum lnti_container {
  LNTI_CONTAINER_OTHER,
  LNTI_CONTAINER_JPEG,
  LNTI_CONTAINER_PNG,
  LNTI_CONTAINER_WEBP,
  LNTI_CONTAINER_TIFF,
  LNTI_CONTAINER_HEIF
} lnti_container;

lnti_container lnti_exif_container(const uint8_t *data, size_t n);

/** n bytes of a file. */
typedef struct lnti_span {
  const uint8_t *data;
  size_t n;
} lnti_span;

/** The TIFF structure ("II*\0"... or "MM\0*"...) inside a file; false where there is none. */
bool lnti_exif_find(lnti_span *out, lnti_container *container_out, const uint8_t *data, size_t n);
/** A block of EXIF (classic TIFF, at times behind an "Exif\0\0"); false where it does not begin as one. */
bool lnti_exif_unwrap(lnti_span *out, const uint8_t *data, size_t n);

/** Bytes in TIFF's structure, classic (42) or big (43). */
typedef struct lnti_ifd_file {
  const uint8_t *data;
  size_t n;
  bool big_endian; /**< "MM" */
  bool big;        /**< counts and offsets of 8 bytes */
  uint64_t first;  /**< where the first directory is said to be */
} lnti_ifd_file;

/** A directory: entries that are there in full. */
typedef struct lnti_ifd {
  const lnti_ifd_file *file;
  size_t at;      /**< of its count */
  size_t entries; /**< where they begin */
  size_t n;
  uint64_t next; /**< of the chain; 0: none, or cut off */
} lnti_ifd;

/** TIFF 6.0, section 2, "IFD entry"; EXIF adds 13 (a directory's offset), BigTIFF 16 to 18. */
enum {
  LNTI_IFD_BYTE = 1,
  LNTI_IFD_ASCII,
  LNTI_IFD_SHORT,
  LNTI_IFD_LONG,
  LNTI_IFD_RATIONAL,
  LNTI_IFD_SBYTE,
  LNTI_IFD_UNDEFINED,
  LNTI_IFD_SSHORT,
  LNTI_IFD_SLONG,
  LNTI_IFD_SRATIONAL,
  LNTI_IFD_FLOAT,
  LNTI_IFD_DOUBLE,
  LNTI_IFD_OFFSET,
  LNTI_IFD_LONG8 = 16,
  LNTI_IFD_SLONG8,
  LNTI_IFD_OFFSET8
};

/** An entry whose values lie within the file. */
typedef struct lnti_ifd_entry {
  unsigned tag, type;
  size_t count;     /**< of values */
  size_t at, bytes; /**< where these are, and how many bytes they take */
} lnti_ifd_entry;

bool lnti_ifd_file_open(lnti_ifd_file *out, lnti_span span);
/** Unsigned integer of 2, 4 or 8 bytes at `at`, which the caller has checked. */
uint64_t lnti_ifd_uint(const lnti_ifd_file *file, size_t at, unsigned bytes);
/** Writes one into `to`, as the file has them. */
void lnti_ifd_put(uint8_t *to, const lnti_ifd_file *file, uint64_t value, unsigned bytes);
/** The directory at an offset; false where not even its count is there. Entries beyond the end are left out. */
bool lnti_ifd_open(lnti_ifd *out, const lnti_ifd_file *file, uint64_t at);
/** Entry i < n; false where its type is unknown or its values are not in the file. */
bool lnti_ifd_at(lnti_ifd_entry *out, const lnti_ifd *ifd, size_t i);
/** The first sound entry with a tag; false where there is none. */
bool lnti_ifd_find(lnti_ifd_entry *out, const lnti_ifd *ifd, unsigned tag);
/** The directory that the first entry with a tag points to. */
bool lnti_ifd_below(lnti_ifd *out, const lnti_ifd *ifd, unsigned tag);
/** Bytes of one value of a type; 0 for an unknown one. */
unsigned lnti_ifd_type_bytes(unsigned type);
/** Value i as an unsigned integer (BYTE, SHORT, LONG, LONG8 and offsets); false for other types and beyond the count. */
bool lnti_ifd_entry_uint(uint64_t *out, const lnti_ifd_file *file, const lnti_ifd_entry *entry, size_t i);
/** Value i as a number: integers, rationals (none where the denominator is 0) and floats. */
bool lnti_ifd_entry_real(double *out, const lnti_ifd_file *file, const lnti_ifd_entry *entry, size_t i);

/* ---- stripping ---- */

/** Bytes being written into a block that is large enough for any sound file; what does not fit sets `full`. */
typedef struct lnti_strip_out {
  uint8_t *data;
  size_t n, cap;
  bool full;
} lnti_strip_out;
void lnti_strip_put(lnti_strip_out *out, const void *data, size_t n);

/** Which directory a tag stands in: their numbers overlap. */
typedef enum lnti_ifd_kind { LNTI_IFD_FIRST, LNTI_IFD_EXIF, LNTI_IFD_GPS, LNTI_IFD_INTEROP } lnti_ifd_kind;
/** Whether an entry of EXIF that leads to no other directory stays. */
bool lnti_strip_keeps(lnti_ifd_kind kind, unsigned tag, unsigned what);

/** EXIF as a fresh classic TIFF structure of at most `cap` bytes that holds only what stays; returns its length, 0 where
 *  nothing does. Values that would not fit (entries that share their bytes) are left out. */
size_t lnti_exif_rewrite(uint8_t *out, size_t cap, lnti_span exif, unsigned what);

LNT_MUST_CHECK lnt_status lnti_png_strip(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what,
                                         lnt_error *err);
/** out->data has n bytes. */
LNT_MUST_CHECK lnt_status lnti_tiff_strip(lnti_strip_out *out, const uint8_t *data, size_t n, unsigned what,
                                          lnt_error *err);

#endif
