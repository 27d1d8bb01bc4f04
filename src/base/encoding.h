/**
 * @file encoding.h
 * Text as people's programs write it, as UTF-8: UTF-16 of both byte orders on the way in, Windows-1252 afterwards.
 */
#ifndef LNTI_BASE_ENCODING_H
#define LNTI_BASE_ENCODING_H

#include <base/text.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Fills `buffer` with at most n bytes; *n_out = 0 at the end. The same as lnti_json_source. */
typedef lnt_status (*lnti_bytes_source)(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err);

/** A source of n bytes in memory, which stay the caller's: payload of lnti_memory_give. Zero `at`. */
typedef struct lnti_memory {
  const char *data;
  size_t n, at;
} lnti_memory;
lnt_status lnti_memory_give(size_t *n_out, void *memory, char *buffer, size_t n, lnt_error *err);

typedef enum lnti_encoding { LNTI_UTF8 = 1, LNTI_UTF16_LE = 2, LNTI_UTF16_BE = 3 } lnti_encoding;

enum { LNTI_DECODER_BYTES = 16 << 10, LNTI_DECODE_MIN = 4 };

/** Decoding in progress; no clean-up needed. */
typedef struct lnti_decoder {
  lnti_bytes_source source;
  void *payload;
  const char *name;       /**< stands before errors; borrowed */
  lnti_encoding encoding; /**< 0 until the first bytes were seen */
  uint64_t offset;        /**< of raw[at] in the input */
  bool ended;             /**< the source is dry */
  size_t at, n;           /**< bytes of `raw` used, and held */
  char raw[LNTI_DECODER_BYTES];
} lnti_decoder;

void lnti_decoder_init(lnti_decoder *decoder, lnti_bytes_source source, void *payload, const char *name);

/**
 * A lnti_bytes_source, with the decoder as payload, that gives UTF-8 without a byte order mark. The encoding is told by
 * the byte order mark; without one, zero bytes that all stand on one side of the pairs say UTF-16; all else is passed on
 * as it is, and need not be UTF-8 (lnti_utf8_valid, lnti_windows1252_append).
 * @param n  at least LNTI_DECODE_MIN
 * @return LNT_OK; LNT_EUNSUPPORTED (UTF-32); LNT_EDATA (half a surrogate pair, half a character at the end, with the
 *         byte); what the source returns.
 */
lnt_status lnti_decode(size_t *n_out, void *decoder, char *buffer, size_t n, lnt_error *err);

/** Appends bytes of Windows-1252 as UTF-8; its five undefined bytes become the controls of Latin-1, as on the web. */
LNT_MUST_CHECK lnt_status lnti_windows1252_append(lnti_text *out, const char *data, size_t n, lnt_error *err);

#endif
