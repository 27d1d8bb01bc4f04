/*
 * Writing JSON as it comes: nothing but the buffer and one bit a level is kept, so a document may be of any
 * size. The first error sticks (the calls between begin and finish return nothing, which keeps their callers
 * readable) and finish reports it. Mistakes of the caller's own, a value where a key is due or an object left
 * open, are asserted: they do not depend on data.
 */
#include <base/json.h>

#include <base/error.h>
#include <base/text.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 16 << 10, DEPTH_WORDS = LNTI_JSON_DEPTH_MAX / 64, INDENT_MAX = 16 };

struct lnti_json_writer {
  lnti_json_sink sink;
  void *payload;
  unsigned indent;                 /* spaces a level; 0: one line */
  unsigned depth;                  /* open arrays and objects */
  uint64_t in_object[DEPTH_WORDS]; /* bit d: level d+1 is an object */
  bool first;                      /* nothing yet in the innermost array or object */
  bool after_key;                  /* a value is due */
  bool complete;                   /* the document's value is written */
  size_t n;                        /* bytes in the buffer */
  lnt_error error;                 /* the first one */
  char buffer[BUFFER_BYTES];
};

lnt_status lnti_json_writer_new(lnti_json_writer **out, lnti_json_sink sink, void *payload, int indent,
                                lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_alloc_zero(&w, 1, sizeof *w, err);
  if (status) return status;
  assert(indent >= 0 && indent <= INDENT_MAX);
  w->sink = sink;
  w->payload = payload;
  w->indent = (unsigned)indent;
  *out = w;
  return LNT_OK;
}

void lnti_json_writer_free(lnti_json_writer *w) {
  free(w);
}

lnt_status lnti_json_sink_text(void *text, const char *data, size_t n, lnt_error *err) {
  return lnti_text_append(text, data, n, err);
}

lnt_status lnti_json_sink_file(void *file, const char *data, size_t n, lnt_error *err) {
  errno = 0;
  if (fwrite(data, 1, n, file) == n && fflush(file) == 0) return LNT_OK;
  return lnti_fail_errno(err, errno, "writing JSON failed");
}

/* ---- bytes ---- */

static void flush(lnti_json_writer *w) {
  if (w->error.code || w->n == 0) return;
  lnt_status status = w->sink(w->payload, w->buffer, w->n, &w->error);
  w->error.code = status; /* also of a sink that wrote no message */
  w->n = 0;
}

static void put(lnti_json_writer *w, const char *data, size_t n) {
  while (n > 0 && !w->error.code) {
    size_t room = BUFFER_BYTES - w->n;
    size_t part = n < room ? n : room;
    memcpy(w->buffer + w->n, data, part);
    w->n += part;
    data += part;
    n -= part;
    if (w->n == BUFFER_BYTES) flush(w);
  }
}

static void put_text(lnti_json_writer *w, const char *text) {
  put(w, text, strlen(text));
}

static void put_line(lnti_json_writer *w) {
  static const char blanks[INDENT_MAX + 1] = "                ";
  if (w->indent == 0) return;
  put(w, "\n", 1);
  for (unsigned i = 0; i < w->depth; i++) put(w, blanks, w->indent);
}

/* n bytes of valid UTF-8, escaped as RFC 8259 section 7 asks: the quote, the backslash, the controls. */
static void put_escaped(lnti_json_writer *w, const char *data, size_t n) {
  static const char short_form[] = "btn?fr"; /* of 8..13; 11 has none */
  size_t from = 0;
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)data[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    char escape[8] = {'\\', (char)c};
    size_t length = 2;
    if (c >= 8 && c <= 13 && c != 11) {
      escape[1] = short_form[c - 8];
    } else if (c < 0x20) {
      length = (size_t)snprintf(escape, sizeof escape, "\\u%04x", c);
    }
    put(w, data + from, i - from);
    put(w, escape, length);
    from = i + 1;
  }
  put(w, data + from, n - from);
}

static void put_quoted(lnti_json_writer *w, const char *text) {
  size_t n = strlen(text);
  put(w, "\"", 1);
  while (n > 0) {
    size_t valid = lnti_utf8_valid(text, n);
    put_escaped(w, text, valid);
    text += valid;
    n -= valid;
    if (n == 0) break;
    put(w, "\xEF\xBF\xBD", 3); /* U+FFFD for each byte that belongs to no character */
    text++;
    n--;
  }
  put(w, "\"", 1);
}

/* ---- structure ---- */

static bool inside_object(const lnti_json_writer *w) {
  unsigned d = w->depth - 1;
  return w->depth > 0 && (w->in_object[d / 64] >> (d % 64) & 1);
}

/* What stands before an element of an array or a key. */
static void put_separator(lnti_json_writer *w) {
  if (!w->first) put(w, ",", 1);
  put_line(w);
  w->first = false;
}

/* False where nothing more is to be written. */
static bool begin_value(lnti_json_writer *w) {
  if (w->error.code) return false;
  assert(!w->complete);
  assert(w->after_key == inside_object(w));
  if (w->depth > 0 && !inside_object(w)) put_separator(w);
  w->after_key = false;
  w->complete = w->depth == 0;
  return true;
}

static void begin_container(lnti_json_writer *w, bool object) {
  if (!begin_value(w)) return;
  if (w->depth == LNTI_JSON_DEPTH_MAX) {
    lnti_error_set(&w->error, LNT_ELIMIT, "JSON nested more than %d deep is not written", LNTI_JSON_DEPTH_MAX);
    return;
  }
  uint64_t bit = UINT64_C(1) << (w->depth % 64);
  uint64_t *word = &w->in_object[w->depth / 64];
  *word = object ? *word | bit : *word & ~bit;
  w->depth++;
  w->first = true;
  w->complete = false;
  put(w, object ? "{" : "[", 1);
}

static void end_container(lnti_json_writer *w, bool object) {
  if (w->error.code) return;
  assert(w->depth > 0 && inside_object(w) == object && !w->after_key);
  bool empty = w->first;
  w->depth--;
  w->first = false;
  w->complete = w->depth == 0;
  if (!empty) put_line(w);
  put(w, object ? "}" : "]", 1);
}

void lnti_json_begin_object(lnti_json_writer *w) {
  begin_container(w, true);
}

void lnti_json_end_object(lnti_json_writer *w) {
  end_container(w, true);
}

void lnti_json_begin_array(lnti_json_writer *w) {
  begin_container(w, false);
}

void lnti_json_end_array(lnti_json_writer *w) {
  end_container(w, false);
}

void lnti_json_key(lnti_json_writer *w, const char *key) {
  if (w->error.code) return;
  assert(inside_object(w) && !w->after_key);
  put_separator(w);
  put_quoted(w, key);
  put_text(w, w->indent ? ": " : ":");
  w->after_key = true;
}

/* ---- values ---- */

void lnti_json_string(lnti_json_writer *w, const char *text) {
  if (!begin_value(w)) return;
  if (text) {
    put_quoted(w, text);
  } else {
    put_text(w, "null");
  }
}

void lnti_json_int(lnti_json_writer *w, int64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%" PRId64, value);
  if (begin_value(w)) put_text(w, text);
}

void lnti_json_uint(lnti_json_writer *w, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, value);
  if (begin_value(w)) put_text(w, text);
}

/* printf and strtod both follow the locale, so they agree with each other; what is no digit, sign or exponent
 * in the result is the locale's decimal point, of one byte or more. */
static void replace_point(char *text) {
  char *to = text;
  bool in_point = false;
  for (const char *from = text; *from; from++) {
    bool plain = (*from >= '0' && *from <= '9') || *from == '-' || *from == '+' || *from == 'e';
    if (plain) {
      *to++ = *from;
    } else if (!in_point) {
      *to++ = '.';
    }
    in_point = !plain;
  }
  *to = '\0';
}

void lnti_json_real_text(char out[LNTI_JSON_REAL_TEXT], double value) {
  assert(isfinite(value));
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(out, LNTI_JSON_REAL_TEXT, "%.*g", digits, value);
    if (strtod(out, NULL) == value) break;
  }
  replace_point(out);
}

void lnti_json_float_text(char out[LNTI_JSON_REAL_TEXT], float value) {
  assert(isfinite(value));
  for (int digits = 6; digits <= 9; digits++) {
    snprintf(out, LNTI_JSON_REAL_TEXT, "%.*g", digits, (double)value);
    if (strtof(out, NULL) == value) break;
  }
  replace_point(out);
}

void lnti_json_real(lnti_json_writer *w, double value) {
  char text[LNTI_JSON_REAL_TEXT] = "null";
  if (!begin_value(w)) return;
  if (isfinite(value)) lnti_json_real_text(text, value);
  put_text(w, text);
}

void lnti_json_float(lnti_json_writer *w, float value) {
  char text[LNTI_JSON_REAL_TEXT] = "null";
  if (!begin_value(w)) return;
  if (isfinite(value)) lnti_json_float_text(text, value);
  put_text(w, text);
}

void lnti_json_bool(lnti_json_writer *w, bool value) {
  if (begin_value(w)) put_text(w, value ? "true" : "false");
}

void lnti_json_null(lnti_json_writer *w) {
  if (begin_value(w)) put_text(w, "null");
}

void lnti_json_kv_string(lnti_json_writer *w, const char *key, const char *text) {
  lnti_json_key(w, key);
  lnti_json_string(w, text);
}

void lnti_json_kv_int(lnti_json_writer *w, const char *key, int64_t value) {
  lnti_json_key(w, key);
  lnti_json_int(w, value);
}

void lnti_json_kv_real(lnti_json_writer *w, const char *key, double value) {
  lnti_json_key(w, key);
  lnti_json_real(w, value);
}

void lnti_json_kv_bool(lnti_json_writer *w, const char *key, bool value) {
  lnti_json_key(w, key);
  lnti_json_bool(w, value);
}

lnt_status lnti_json_finish(lnti_json_writer *w, lnt_error *err) {
  if (!w->error.code) {
    assert(w->complete && w->depth == 0);
    put(w, "\n", 1);
    flush(w);
    w->complete = false;
  }
  if (w->error.code && err) *err = w->error;
  return w->error.code;
}
