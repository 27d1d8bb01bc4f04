/**
 * @file json.h
 * JSON (RFC 8259): a streaming writer, a streaming reader for input of any size, and a small tree for
 * documents that fit in memory. Duplicate keys, bad UTF-8, lone surrogates, nesting beyond the cap and
 * anything after the value are errors that name line and column.
 */
#ifndef LNTI_BASE_JSON_H
#define LNTI_BASE_JSON_H

#include <base/alloc.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_JSON_DEPTH_MAX = 512, LNTI_JSON_STRING_MAX = 64 << 20 };

/* ---- writing ---- */

/** Where bytes go; returns LNT_OK or the error to pass on. */
typedef lnt_status (*lnti_json_sink)(void *payload, const char *data, size_t n, lnt_error *err);

typedef struct lnti_json_writer lnti_json_writer;

/** @param indent  spaces a level; 0 writes one line. The first error sticks: later calls do nothing, and
 *  finish returns it. Writing a value where a key is due, or the other way, is asserted in debug builds. */
LNT_MUST_CHECK lnt_status lnti_json_writer_new(lnti_json_writer **out, lnti_json_sink sink, void *payload, int indent,
                                               lnt_error *err);
/** Sink into a lnti_text; sink into a FILE*. */
lnt_status lnti_json_sink_text(void *text, const char *data, size_t n, lnt_error *err);
lnt_status lnti_json_sink_file(void *file, const char *data, size_t n, lnt_error *err);

void lnti_json_begin_object(lnti_json_writer *w);
void lnti_json_end_object(lnti_json_writer *w);
void lnti_json_begin_array(lnti_json_writer *w);
void lnti_json_end_array(lnti_json_writer *w);
void lnti_json_key(lnti_json_writer *w, const char *key);
void lnti_json_string(lnti_json_writer *w, const char *text); /**< NULL writes null; bad UTF-8 becomes U+FFFD */
void lnti_json_int(lnti_json_writer *w, int64_t value);
void lnti_json_uint(lnti_json_writer *w, uint64_t value);
void lnti_json_real(lnti_json_writer *w, double value); /**< shortest form that reads back equal; NaN, inf: null */
void lnti_json_float(lnti_json_writer *w, float value); /**< shortest form that reads back equal as a float */
void lnti_json_bool(lnti_json_writer *w, bool value);
void lnti_json_null(lnti_json_writer *w);
/** key + value in one. */
void lnti_json_kv_string(lnti_json_writer *w, const char *key, const char *text);
void lnti_json_kv_int(lnti_json_writer *w, const char *key, int64_t value);
void lnti_json_kv_real(lnti_json_writer *w, const char *key, double value);
void lnti_json_kv_bool(lnti_json_writer *w, const char *key, bool value);
/** The form that lnti_json_real writes, whatever the locale; `value` must be finite. */
enum { LNTI_JSON_REAL_TEXT = 40 };
void lnti_json_real_text(char out[LNTI_JSON_REAL_TEXT], double value);
/** As that, the form of lnti_json_float. */
void lnti_json_float_text(char out[LNTI_JSON_REAL_TEXT], float value);
/** Ends the document: writes a newline (so that each document of JSON Lines is one line), passes what is
 *  buffered to the sink and readies the writer for the next document. */
LNT_MUST_CHECK lnt_status lnti_json_finish(lnti_json_writer *w, lnt_error *err);
void lnti_json_writer_free(lnti_json_writer *w);

/* ---- streaming reader ---- */

typedef enum lnti_json_event {
  LNTI_JSON_BEGIN_OBJECT,
  LNTI_JSON_END_OBJECT,
  LNTI_JSON_BEGIN_ARRAY,
  LNTI_JSON_END_ARRAY,
  LNTI_JSON_KEY,
  LNTI_JSON_STRING,
  LNTI_JSON_NUMBER,
  LNTI_JSON_TRUE,
  LNTI_JSON_FALSE,
  LNTI_JSON_NULL,
  LNTI_JSON_END /**< of the input */
} lnti_json_event;

/** Fills `buffer` with at most n bytes; *n_out = 0 at the end. */
typedef lnt_status (*lnti_json_source)(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err);

typedef struct lnti_json_reader_options {
  const char *name;   /**< stands before "line:column" in errors; NULL: "JSON" */
  unsigned depth_max; /**< 0: LNTI_JSON_DEPTH_MAX */
  size_t string_max;  /**< bytes of one string; 0: LNTI_JSON_STRING_MAX */
  bool lines;         /**< several values, white space between them (JSON Lines); none is allowed */
} lnti_json_reader_options;

typedef struct lnti_json_reader lnti_json_reader;

LNT_MUST_CHECK lnt_status lnti_json_reader_new(lnti_json_reader **out, lnti_json_source source, void *payload,
                                               const lnti_json_reader_options *options, lnt_error *err);
/** The next event. For keys, strings and numbers *text_out (NUL-terminated, *n_out bytes; strings may hold
 *  NUL only as \u0000, which is refused) is borrowed until the next call; both may be NULL. The streaming
 *  reader does not look for duplicate keys; the tree does. LNT_EDATA with line:column; LNT_ELIMIT. */
LNT_MUST_CHECK lnt_status lnti_json_next(lnti_json_event *event_out, const char **text_out, size_t *n_out,
                                         lnti_json_reader *reader, lnt_error *err);
/** Where the last event began, or where the error lies; both from 1, columns in characters. */
void lnti_json_reader_position(const lnti_json_reader *reader, size_t *line_out, size_t *column_out);
void lnti_json_reader_free(lnti_json_reader *reader);

/* ---- tree ---- */

typedef enum lnti_json_type {
  LNTI_JSON_TYPE_NULL,
  LNTI_JSON_TYPE_BOOL,
  LNTI_JSON_TYPE_NUMBER,
  LNTI_JSON_TYPE_STRING,
  LNTI_JSON_TYPE_ARRAY,
  LNTI_JSON_TYPE_OBJECT
} lnti_json_type;

/** A value in an arena; children are a linked list in document order. */
typedef struct lnti_json_value {
  lnti_json_type type;
  bool boolean;
  double number;         /**< also of integers; exact up to 2^53 */
  const char *text;      /**< of strings and (as written) numbers */
  size_t length;         /**< bytes of text; of arrays and objects the number of children */
  const char *key;       /**< under an object; else NULL */
  uint32_t line, column; /**< where it starts, from 1; no document in memory has more of them */
  struct lnti_json_value *first, *next;
} lnti_json_value;

/** Reads one document of n bytes. The tree lives in `arena` (whose cap bounds it). `name` as above. */
LNT_MUST_CHECK lnt_status lnti_json_parse(const lnti_json_value **out, lnti_arena *arena, const char *data, size_t n,
                                          const char *name, lnt_error *err);
/** The child named `key`, or NULL (also when `object` is NULL or no object). */
const lnti_json_value *lnti_json_get(const lnti_json_value *object, const char *key);
/** The child's value, or `fallback` where there is none; LNT_EDATA naming key and line where its type
 *  differs or an integer is not whole or outside [min,max]. */
LNT_MUST_CHECK lnt_status lnti_json_get_string(const char **out, const lnti_json_value *object, const char *key,
                                               const char *fallback, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_json_get_int(int64_t *out, const lnti_json_value *object, const char *key,
                                            int64_t fallback, int64_t min, int64_t max, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_json_get_real(double *out, const lnti_json_value *object, const char *key,
                                             double fallback, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_json_get_bool(bool *out, const lnti_json_value *object, const char *key, bool fallback,
                                             lnt_error *err);

#endif
