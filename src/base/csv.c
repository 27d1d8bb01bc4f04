/*
 * Reading separated values. A row is first scanned to its end, noting where its fields lie, and only then cut: quotes are
 * taken out and NULs put in within the buffer, so that fields are views and nothing is copied. A row that the buffer
 * does not hold to its end is scanned again from its start once there is more; the buffer doubles, so that this costs no
 * more than once over.
 *
 * A byte of class ENDS stops the scan of a plain field: separator, line end, NUL. A NUL stands behind the last byte, so
 * that the scan needs no look at the buffer's end.
 */
#include <base/csv.h>

#include <base/alloc.h>
#include <base/error.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  BUFFER_START = 128 << 10,
  SAMPLE_ROWS = 50,   /* for finding the separator */
  RESCANS_OF_ROW = 4, /* how often row_max bytes may be read again behind quotes that do not match */
  REASON_BYTES = 160
};

typedef struct span {
  size_t start, end;
  bool doubled; /* holds doubled quotes */
} span;

struct lnti_csv_reader {
  char *name;
  char separator, given;
  bool find_blanks, ragged;
  size_t field_max, row_max, columns_max;
  bool ends[UCHAR_MAX + 1]; /* bytes that end a plain field */
  char *buffer;             /* [capacity + 1] */
  size_t capacity, at, n;
  bool ended;  /* the decoder is dry */
  size_t line; /* of buffer[at] */
  span *spans;
  lnti_csv_field *fields;
  size_t n_spans, span_capacity, field_capacity;
  size_t n_columns; /* of the first row; 0: none yet */
  size_t rescanned;
  size_t n_converted, first_converted;
  lnti_text converted;
  lnti_csv_row row;
  char reason[REASON_BYTES];
  lnt_error error; /* the first failure */
  lnti_decoder decoder;
};

/* ---- the reader ---- */

static bool is_separator(char c) {
  if (c == LNTI_CSV_FIND || c == LNTI_CSV_LINES || c == '\t') return true;
  bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return c >= ' ' && c <= '~' && !word && c != '"' && c != '.';
}

static void set_separator(lnti_csv_reader *r, char separator) {
  r->separator = separator;
  memset(r->ends, 0, sizeof r->ends);
  r->ends['\0'] = r->ends['\n'] = r->ends['\r'] = r->ends[(unsigned char)separator] = true;
  if (separator == LNTI_CSV_BLANKS) r->ends['\t'] = true;
}

lnt_status lnti_csv_reader_new(lnti_csv_reader **out, lnti_bytes_source source, void *payload,
                               const lnti_csv_options *options, lnt_error *err) {
  static const lnti_csv_options defaults = {0};
  const lnti_csv_options *o = options ? options : &defaults;
  lnti_csv_reader *r = NULL;
  if (!is_separator(o->separator)) {
    return lnti_fail(err, LNT_EINVAL, "the byte 0x%02X is no separator: one of , ; | a tab, a blank or another sign",
                     (unsigned)(unsigned char)o->separator);
  }
  lnt_status status = lnti_alloc_zero(&r, 1, sizeof *r, err);
  if (status) return status;
  status = lnti_strdup(&r->name, o->name ? o->name : "CSV", err);
  if (status) {
    free(r);
    return status;
  }
  r->given = o->separator;
  r->find_blanks = o->find_blanks;
  r->ragged = o->ragged;
  r->field_max = o->field_max ? o->field_max : LNTI_CSV_FIELD_MAX;
  r->row_max = o->row_max ? o->row_max : LNTI_CSV_ROW_MAX;
  r->columns_max = o->columns_max ? o->columns_max : LNTI_CSV_COLUMNS_MAX;
  r->line = 1;
  lnti_decoder_init(&r->decoder, source, payload, r->name);
  *out = r;
  return LNT_OK;
}

void lnti_csv_reader_free(lnti_csv_reader *reader) {
  if (!reader) return;
  lnti_text_clear(&reader->converted);
  free(reader->fields);
  free(reader->spans);
  free(reader->buffer);
  free(reader->name);
  free(reader);
}

char lnti_csv_separator(const lnti_csv_reader *reader) {
  return reader->separator;
}

size_t lnti_csv_converted(const lnti_csv_reader *reader, size_t *line_out) {
  if (line_out) *line_out = reader->first_converted;
  return reader->n_converted;
}

/* ---- the buffer ---- */

/* Makes room behind what is left and fills it. */
static lnt_status fill(lnti_csv_reader *r) {
  size_t held = r->n - r->at;
  if (held > r->row_max) {
    return lnti_fail(&r->error, LNT_ELIMIT, "%.200s:%zu: a row of more than %zu bytes; is this a table?", r->name,
                     r->line, r->row_max);
  }
  if (r->buffer && held > 0) memmove(r->buffer, r->buffer + r->at, held);
  r->at = 0;
  r->n = held;
  if (!r->buffer || held >= r->capacity / 2) {
    size_t capacity = r->capacity ? 2 * r->capacity : BUFFER_START;
    lnt_status status = lnti_realloc(&r->buffer, capacity + 1, 1, &r->error);
    if (status) return status;
    r->capacity = capacity;
  }
  while (r->capacity - r->n >= LNTI_DECODE_MIN && !r->ended) {
    size_t n = 0;
    lnt_status status = lnti_decode(&n, &r->decoder, r->buffer + r->n, r->capacity - r->n, &r->error);
    if (status) return status;
    r->ended = n == 0;
    r->n += n;
  }
  r->buffer[r->n] = '\0';
  return LNT_OK;
}

/* ---- scanning ---- */

typedef enum outcome {
  WHOLE,    /* the row stands in spans */
  MORE,     /* the buffer ends before it */
  UNCLOSED, /* the input ends inside quotes */
  AFTER,    /* something follows a closing quote */
  HAS_NUL
} outcome;

typedef struct scan {
  const lnti_csv_reader *r;
  span *spans; /* [capacity]; fields beyond are only counted */
  size_t capacity;
  size_t n;     /* fields */
  size_t at;    /* where the scan stands */
  size_t lines; /* line ends passed */
  bool open;    /* it stands inside quotes */
} scan;

/* At '\n' or '\r', or at the end: passes the line end. */
static outcome pass_line_end(scan *s) {
  const lnti_csv_reader *r = s->r;
  if (s->at == r->n) return WHOLE;
  if (r->buffer[s->at] == '\r') {
    if (s->at + 1 == r->n && !r->ended) return MORE;
    if (r->buffer[s->at + 1] == '\n') s->at++;
  }
  s->at++;
  s->lines++;
  return WHOLE;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static size_t pass_blanks(const scan *s, size_t at) {
  const lnti_csv_reader *r = s->r;
  while (is_blank(r->buffer[at]) && (r->buffer[at] != r->separator || r->separator == LNTI_CSV_BLANKS)) at++;
  return at;
}

/* From behind the opening quote to behind the closing one and the blanks after it. */
static outcome scan_quoted(scan *s, span *field) {
  const lnti_csv_reader *r = s->r;
  const char *b = r->buffer;
  *field = (span){.start = s->at};
  s->open = true;
  for (;;) {
    while (b[s->at] != '"' && b[s->at] != '\n' && b[s->at] != '\r' && b[s->at] != '\0') s->at++;
    if (b[s->at] == '"') {
      if (s->at + 1 == r->n && !r->ended) return MORE;
      if (b[s->at + 1] != '"') break;
      field->doubled = true;
      s->at += 2;
    } else if (b[s->at] == '\0') {
      if (s->at < r->n) return HAS_NUL;
      return r->ended ? UNCLOSED : MORE;
    } else if (pass_line_end(s) == MORE) {
      return MORE;
    }
  }
  s->open = false;
  field->end = s->at++;
  size_t after = pass_blanks(s, s->at);
  if (after == r->n && !r->ended) return MORE;
  if (r->separator != LNTI_CSV_BLANKS) s->at = after;
  return r->ends[(unsigned char)b[s->at]] ? WHOLE : AFTER;
}

/* A field, up to the byte that ends it. */
static outcome scan_field(scan *s, span *field) {
  const lnti_csv_reader *r = s->r;
  const bool *ends = r->ends;
  size_t at = pass_blanks(s, s->at);
  if (r->buffer[at] == '"' && r->separator != LNTI_CSV_LINES) {
    s->at = at + 1;
    return scan_quoted(s, field);
  }
  const unsigned char *p = (const unsigned char *)r->buffer + s->at;
  while (!ends[*p]) p++;
  *field = (span){.start = s->at, .end = (size_t)(p - (const unsigned char *)r->buffer)};
  s->at = field->end;
  return WHOLE;
}

/* The row at s->at, behind its line end. */
static outcome scan_row(scan *s) {
  const lnti_csv_reader *r = s->r;
  s->n = 0;
  if (r->separator == LNTI_CSV_BLANKS) s->at = pass_blanks(s, s->at);
  for (;;) {
    span field;
    outcome found = scan_field(s, &field);
    if (found != WHOLE) return found;
    char c = r->buffer[s->at];
    if (c == '\0' && s->at < r->n) return HAS_NUL;
    if (c == '\0' && !r->ended) return MORE;
    if (s->n < s->capacity) s->spans[s->n] = field;
    s->n++;
    if (r->separator == LNTI_CSV_BLANKS) {
      s->at = pass_blanks(s, s->at);
      c = r->buffer[s->at];
      if (c == '\0' && s->at < r->n) return HAS_NUL;
      if (c == '\0' && !r->ended) return MORE;
      if (c != '\0' && c != '\n' && c != '\r') continue;
    }
    if (c != r->separator || c == LNTI_CSV_LINES) return pass_line_end(s);
    s->at++;
  }
}

/* Behind the line that begins at `at`, which the buffer holds to its end. */
static size_t behind_line(const lnti_csv_reader *r, size_t at) {
  while (at < r->n && r->buffer[at] != '\n' && r->buffer[at] != '\r') at++;
  if (at < r->n && r->buffer[at] == '\r' && r->buffer[at + 1] == '\n') at++;
  return at < r->n ? at + 1 : at;
}

static bool is_empty_row(const char *buffer, const scan *s, const span *first) {
  if (s->n != 1) return false;
  for (size_t i = first->start; i < first->end; i++) {
    if (!is_blank(buffer[i])) return false;
  }
  return true;
}

/* ---- finding the separator ---- */

typedef struct fit {
  size_t n_columns; /* of the first row */
  size_t n_rows, n_equal;
} fit;

/* How a separator cuts the first rows that the buffer holds. */
static fit try_separator(lnti_csv_reader *r, char separator) {
  fit found = {0};
  span first;
  scan s = {.r = r, .spans = &first, .capacity = 1, .at = r->at};
  set_separator(r, separator);
  while (found.n_rows < SAMPLE_ROWS && s.at < r->n) {
    size_t start = s.at;
    outcome row = scan_row(&s);
    if (row == MORE || row == HAS_NUL) break;
    if (row != WHOLE) {
      s.at = behind_line(r, start);
      found.n_rows++;
    } else if (!is_empty_row(r->buffer, &s, &first)) {
      if (found.n_columns == 0) found.n_columns = s.n;
      found.n_equal += s.n == found.n_columns;
      found.n_rows++;
    }
  }
  return found;
}

static bool is_better(const fit *a, const fit *b) {
  return a->n_columns > 1 && 2 * a->n_equal >= a->n_rows && a->n_equal > b->n_equal;
}

/* A tab is hardly ever part of a text, so it comes first; of equals the first is taken. */
static void find_separator(lnti_csv_reader *r) {
  static const char candidates[] = "\t,;|";
  fit best = {0};
  char separator = LNTI_CSV_FIND;
  for (const char *c = candidates; *c; c++) {
    fit found = try_separator(r, *c);
    if (!is_better(&found, &best)) continue;
    best = found;
    separator = *c;
  }
  if (!separator && r->find_blanks) {
    fit found = try_separator(r, LNTI_CSV_BLANKS);
    separator = is_better(&found, &best) ? LNTI_CSV_BLANKS : LNTI_CSV_LINES;
  }
  set_separator(r, separator ? separator : ',');
}

/* Excel's own way of saying it: a first line "sep=;". */
static bool take_sep_line(lnti_csv_reader *r) {
  static const char word[] = "sep=";
  const char *b = r->buffer + r->at;
  size_t n = sizeof word - 1;
  if (r->n - r->at < n + 2 || memcmp(b, word, n) != 0 || (b[n + 1] != '\n' && b[n + 1] != '\r')) return false;
  if (!is_separator(b[n]) || b[n] == LNTI_CSV_FIND || b[n] == LNTI_CSV_LINES) return false;
  set_separator(r, b[n]);
  r->at = behind_line(r, r->at);
  r->line++;
  return true;
}

static lnt_status start(lnti_csv_reader *r) {
  lnt_status status = LNT_OK;
  do {
    status = fill(r);
    if (status) return status;
  } while (behind_line(r, r->at) == r->n && !r->ended);
  if (r->given != LNTI_CSV_FIND) {
    set_separator(r, r->given);
  } else if (!take_sep_line(r)) {
    find_separator(r);
  }
  return LNT_OK;
}

/* ---- rows ---- */

static lnt_status refuse(lnti_csv_reader *r, lnt_status code, size_t column, const char *reason) {
  r->row.n = 0;
  r->row.refused = code;
  r->row.column = column;
  r->row.reason = reason;
  return LNT_OK;
}

/* The row is refused; the next begins in the line after that in which it began. */
static lnt_status refuse_quotes(lnti_csv_reader *r, const scan *s, outcome why) {
  const size_t next = behind_line(r, r->at);
  if (s->at > next) r->rescanned += s->at - next;
  if (r->rescanned > RESCANS_OF_ROW * r->row_max) {
    return lnti_fail(&r->error, LNT_EDATA,
                     "%.200s:%zu: quotes do not match, as in rows before; is this another kind of table?", r->name,
                     r->line);
  }
  r->at = next;
  r->line++;
  return refuse(r, LNT_EDATA, s->n + 1,
                why == AFTER ? "something follows the closing quote" : "a quote opens that is never closed");
}

static void unescape(char *text, span *field) {
  size_t to = field->start;
  for (size_t from = field->start; from < field->end; from++) {
    text[to++] = text[from];
    if (text[from] == '"') from++;
  }
  field->end = to;
}

/* The high bits of eight bytes at once: nearly all of nearly every table is ASCII. */
static bool is_ascii(const char *data, size_t n) {
  uint64_t all = 0, eight;
  size_t i = 0;
  for (; i + sizeof eight <= n; i += sizeof eight) {
    memcpy(&eight, data + i, sizeof eight);
    all |= eight;
  }
  for (; i < n; i++) all |= (uint64_t)(unsigned char)data[i] << 56;
  return (all & UINT64_C(0x8080808080808080)) == 0;
}

/* The fields of a row that is no UTF-8, as Windows-1252. */
static lnt_status convert(lnti_csv_reader *r) {
  lnt_status status = LNT_OK;
  r->converted.length = 0;
  for (size_t i = 0; i < r->row.n && status == LNT_OK; i++) {
    size_t before = r->converted.length;
    status = lnti_windows1252_append(&r->converted, r->fields[i].text, r->fields[i].n, &r->error);
    if (status == LNT_OK) status = lnti_text_append(&r->converted, "", 1, &r->error);
    r->fields[i].n = r->converted.length - before - 1;
  }
  const char *at = r->converted.data;
  for (size_t i = 0; i < r->row.n && status == LNT_OK; i++) {
    r->fields[i].text = at;
    at += r->fields[i].n + 1;
  }
  if (r->n_converted++ == 0) r->first_converted = r->row.line;
  return status;
}

/* Makes fields of the spans. */
static lnt_status cut(lnti_csv_reader *r, size_t row_end) {
  bool ascii = is_ascii(r->buffer + r->at, row_end - r->at);
  bool utf8 = ascii || lnti_utf8_valid(r->buffer + r->at, row_end - r->at) == row_end - r->at;
  for (size_t i = 0; i < r->row.n; i++) {
    span *field = &r->spans[i];
    if (field->doubled) unescape(r->buffer, field);
    r->buffer[field->end] = '\0';
    r->fields[i] = (lnti_csv_field){r->buffer + field->start, field->end - field->start};
  }
  return utf8 ? LNT_OK : convert(r);
}

/* Columns as the first row has them; empty ones beyond are dropped. */
static bool fits(lnti_csv_reader *r) {
  lnti_csv_row *row = &r->row;
  if (r->n_columns == 0) r->n_columns = row->n;
  if (r->ragged) return true;
  while (row->n > r->n_columns && r->fields[row->n - 1].n == 0) row->n--;
  if (row->n == r->n_columns) return true;
  snprintf(r->reason, sizeof r->reason, "the row has %zu %s, but the first has %zu", row->n,
           row->n == 1 ? "column" : "columns", r->n_columns);
  return false;
}

static lnt_status check_sizes(lnti_csv_reader *r, const scan *s) {
  if (s->at - r->at > r->row_max) {
    snprintf(r->reason, sizeof r->reason, "the row has %zu bytes; at most %zu are read", s->at - r->at, r->row_max);
    return refuse(r, LNT_ELIMIT, 0, r->reason);
  }
  if (s->n > r->columns_max) {
    snprintf(r->reason, sizeof r->reason, "the row has %zu columns; at most %zu are read", s->n, r->columns_max);
    return refuse(r, LNT_ELIMIT, 0, r->reason);
  }
  for (size_t i = 0; i < s->n; i++) {
    size_t n = r->spans[i].end - r->spans[i].start;
    if (n <= r->field_max) continue;
    snprintf(r->reason, sizeof r->reason, "the field has %zu bytes; at most %zu are read", n, r->field_max);
    return refuse(r, LNT_ELIMIT, i + 1, r->reason);
  }
  return LNT_OK;
}

static lnt_status make_room(lnti_csv_reader *r, size_t n) {
  lnt_status status = lnti_grow(&r->spans, &r->span_capacity, n, sizeof *r->spans, &r->error);
  if (status) return status;
  return lnti_grow(&r->fields, &r->field_capacity, n, sizeof *r->fields, &r->error);
}

static lnt_status take_row(lnti_csv_reader *r, const scan *s) {
  lnt_status status = check_sizes(r, s);
  if (status == LNT_OK && !r->row.refused) {
    r->row.n = s->n;
    r->row.fields = r->fields;
    status = cut(r, s->at);
  }
  r->at = s->at;
  r->line += s->lines;
  if (status == LNT_OK && !r->row.refused && !fits(r)) return refuse(r, LNT_EDATA, 0, r->reason);
  return status;
}

/* One row, or nothing where *again_out says so: an empty line, or more room or bytes were needed. */
static lnt_status read_row(bool *again_out, lnti_csv_reader *r) {
  scan s = {.r = r, .spans = r->spans, .capacity = r->span_capacity, .at = r->at};
  *again_out = true;
  outcome found = scan_row(&s);
  if (found == MORE) {
    if (!s.open || r->n - r->at <= r->row_max) return fill(r);
    found = UNCLOSED;
  }
  if ((found == AFTER || found == UNCLOSED) && behind_line(r, r->at) == r->n && !r->ended) return fill(r);
  if (found == HAS_NUL) {
    return lnti_fail(&r->error, LNT_EDATA, "%.200s:%zu: a zero byte; this is no table of text", r->name,
                     r->line + s.lines);
  }
  if (found == WHOLE && s.n > r->span_capacity && s.n <= r->columns_max) return make_room(r, s.n);
  if (found == WHOLE && is_empty_row(r->buffer, &s, r->spans)) {
    r->at = s.at;
    r->line += s.lines;
    return LNT_OK;
  }
  *again_out = false;
  r->row = (lnti_csv_row){.line = r->line, .reason = ""};
  return found == WHOLE ? take_row(r, &s) : refuse_quotes(r, &s, found);
}

lnt_status lnti_csv_next(const lnti_csv_row **row_out, lnti_csv_reader *reader, lnt_error *err) {
  lnti_csv_reader *r = reader;
  bool again = true;
  lnt_status status = r->error.code;
  if (!status && !r->buffer) status = start(r);
  while (!status && again && (r->at < r->n || !r->ended)) {
    status = r->at < r->n ? read_row(&again, r) : fill(r);
  }
  if (status) {
    r->error.code = status;
    if (err) *err = r->error;
    return status;
  }
  *row_out = again ? NULL : &r->row;
  return LNT_OK;
}

/* ---- writing ---- */

lnt_status lnti_csv_put(lnti_text *out, const char *text, lnt_error *err) {
  size_t n = strlen(text);
  bool quoted = strpbrk(text, ",\"\r\n") || (n && (text[0] == ' ' || text[n - 1] == ' '));
  if (!quoted) return lnti_text_append(out, text, n, err);
  lnt_status status = lnti_text_append(out, "\"", 1, err);
  for (const char *at = text; *at && !status;) {
    size_t plain = strcspn(at, "\"");
    status = lnti_text_append(out, at, plain, err);
    at += plain;
    if (*at == '"' && !status) {
      status = lnti_text_append(out, "\"\"", 2, err);
      at++;
    }
  }
  return status ? status : lnti_text_append(out, "\"", 1, err);
}
