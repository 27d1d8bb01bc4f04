/*
 * Reading JSON (RFC 8259) as a stream of events. Not recursive: one bit a level says whether it is an object, and
 * `state` says what may come next, so memory is the buffer, the current string and 64 bytes, whatever the input.
 * Every byte goes through peek and take, which count lines and columns; columns are characters, not bytes.
 * After an error every further call gives the same error.
 */
#include <base/json.h>

#include <base/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 16 << 10, DEPTH_WORDS = LNTI_JSON_DEPTH_MAX / 64, END_OF_INPUT = -1, TOKEN_START = 64 };

/* What may come next. */
typedef enum state {
  AT_START,         /* of the input: a byte order mark, then a value */
  AT_VALUE,         /* a value */
  AT_FIRST_ELEMENT, /* a value or ']' */
  AT_FIRST_KEY,     /* a key or '}' */
  AT_KEY,           /* a key */
  AT_COLON,         /* ':' and a value */
  AFTER_VALUE,      /* ',' or the end of the array or object */
  AFTER_DOCUMENT    /* the end, or the next value of JSON Lines */
} state;

struct lnti_json_reader {
  lnti_json_source source;
  void *payload;
  char *name;
  unsigned depth_max;
  size_t string_max;
  bool lines;
  state state;
  unsigned depth;
  uint64_t in_object[DEPTH_WORDS]; /* bit d: level d+1 is an object */
  size_t line, column;             /* of the next byte */
  size_t event_line, event_column; /* where the current event began */
  char *token;                     /* the current string or number */
  size_t token_n, token_capacity;
  bool ended;      /* the source is dry */
  lnt_error error; /* the first one */
  size_t at, n;    /* bytes used and held in the buffer */
  char buffer[BUFFER_BYTES];
};

lnt_status lnti_json_reader_new(lnti_json_reader **out, lnti_json_source source, void *payload,
                                const lnti_json_reader_options *options, lnt_error *err) {
  static const lnti_json_reader_options defaults = {0};
  const lnti_json_reader_options *o = options ? options : &defaults;
  lnti_json_reader *r = NULL;
  if (o->depth_max > LNTI_JSON_DEPTH_MAX) {
    return lnti_fail(err, LNT_EINVAL, "a JSON depth of %u was asked for; at most %d is possible", o->depth_max,
                     LNTI_JSON_DEPTH_MAX);
  }
  lnt_status status = lnti_alloc_zero(&r, 1, sizeof *r, err);
  if (status) return status;
  status = lnti_strdup(&r->name, o->name ? o->name : "JSON", err);
  if (status) {
    free(r);
    return status;
  }
  r->source = source;
  r->payload = payload;
  r->depth_max = o->depth_max ? o->depth_max : LNTI_JSON_DEPTH_MAX;
  r->string_max = o->string_max ? o->string_max : LNTI_JSON_STRING_MAX;
  r->lines = o->lines;
  r->line = r->column = r->event_line = r->event_column = 1;
  *out = r;
  return LNT_OK;
}

void lnti_json_reader_free(lnti_json_reader *reader) {
  if (!reader) return;
  free(reader->token);
  free(reader->name);
  free(reader);
}

void lnti_json_reader_position(const lnti_json_reader *reader, size_t *line_out, size_t *column_out) {
  *line_out = reader->event_line;
  *column_out = reader->event_column;
}

/* ---- bytes ---- */

/* The next byte without using it up, or END_OF_INPUT; also after a failure of the source, which r->error holds. */
static int refill(lnti_json_reader *r) {
  if (r->ended || r->error.code) return END_OF_INPUT;
  r->at = r->n = 0;
  lnt_status status = r->source(&r->n, r->payload, r->buffer, BUFFER_BYTES, &r->error);
  r->error.code = status;
  if (status) r->n = 0;
  r->ended = r->n == 0;
  return r->ended ? END_OF_INPUT : (unsigned char)r->buffer[0];
}

static int peek(lnti_json_reader *r) {
  return r->at < r->n ? (unsigned char)r->buffer[r->at] : refill(r);
}

/* Uses up the byte that peek showed. */
static void take(lnti_json_reader *r) {
  unsigned char c = (unsigned char)r->buffer[r->at++];
  if (c == '\n') {
    r->line++;
    r->column = 1;
  } else if ((c & 0xC0) != 0x80) {
    r->column++;
  }
}

static bool is_blank(int c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int skip_blanks(lnti_json_reader *r) {
  int c = peek(r);
  while (is_blank(c)) {
    take(r);
    c = peek(r);
  }
  return c;
}

static void begin_event(lnti_json_reader *r) {
  r->event_line = r->line;
  r->event_column = r->column;
}

/* ---- errors ---- */

/* Refuses the input at the next byte. A failed source has said why already. */
static lnt_status refuse(lnti_json_reader *r, lnt_status code, const char *what) {
  if (r->error.code) return r->error.code;
  begin_event(r);
  return lnti_fail(&r->error, code, "%.200s:%zu:%zu: %s", r->name, r->line, r->column, what);
}

static lnt_status refuse_found(lnti_json_reader *r, const char *expected) {
  char found[40], what[160];
  int c = peek(r);
  if (c == END_OF_INPUT) {
    snprintf(found, sizeof found, "the end of the input");
  } else if (c < 0x20 || c == 0x7F) {
    snprintf(found, sizeof found, "the control character U+%04X", (unsigned)c);
  } else if (c < 0x80) {
    snprintf(found, sizeof found, "'%c'", c);
  } else {
    snprintf(found, sizeof found, "the byte 0x%02X", (unsigned)c);
  }
  snprintf(what, sizeof what, "found %s, expected %s", found, expected);
  return refuse(r, LNT_EDATA, what);
}

/* ---- strings and numbers ---- */

static lnt_status token_add(lnti_json_reader *r, const char *data, size_t n) {
  if (n > r->string_max - r->token_n) {
    char what[80];
    snprintf(what, sizeof what, "a string or number of more than %zu bytes", r->string_max);
    return refuse(r, LNT_ELIMIT, what);
  }
  size_t need = r->token_n + n + 1;
  if (need > r->token_capacity) {
    lnt_status status = lnti_grow(&r->token, &r->token_capacity, need > TOKEN_START ? need : TOKEN_START, 1, &r->error);
    if (status) return status;
  }
  if (n > 0) memcpy(r->token + r->token_n, data, n);
  r->token_n += n;
  r->token[r->token_n] = '\0';
  return LNT_OK;
}

/* Adds the next byte and uses it up. */
static lnt_status token_take(lnti_json_reader *r) {
  char c = r->buffer[r->at];
  lnt_status status = token_add(r, &c, 1);
  if (status == LNT_OK) take(r);
  return status;
}

static lnt_status token_add_code_point(lnti_json_reader *r, unsigned code) {
  char utf8[4];
  size_t n = 0;
  if (code < 0x80) {
    utf8[n++] = (char)code;
  } else if (code < 0x800) {
    utf8[n++] = (char)(0xC0 | code >> 6);
    utf8[n++] = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    utf8[n++] = (char)(0xE0 | code >> 12);
    utf8[n++] = (char)(0x80 | (code >> 6 & 0x3F));
    utf8[n++] = (char)(0x80 | (code & 0x3F));
  } else {
    utf8[n++] = (char)(0xF0 | code >> 18);
    utf8[n++] = (char)(0x80 | (code >> 12 & 0x3F));
    utf8[n++] = (char)(0x80 | (code >> 6 & 0x3F));
    utf8[n++] = (char)(0x80 | (code & 0x3F));
  }
  return token_add(r, utf8, n);
}

/* The four digits of \uXXXX; the 'u' is used up. */
static lnt_status take_hex(unsigned *out, lnti_json_reader *r) {
  unsigned code = 0;
  for (int i = 0; i < 4; i++) {
    int c = peek(r);
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = (unsigned)(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      digit = (unsigned)((c | 0x20) - 'a' + 10);
    } else {
      return refuse_found(r, "four hexadecimal digits after \\u");
    }
    code = code << 4 | digit;
    take(r);
  }
  *out = code;
  return LNT_OK;
}

static lnt_status refuse_escape(lnti_json_reader *r, const char *what) {
  r->column -= sizeof "\\uXXXX" - 1; /* back to where it began */
  return refuse(r, LNT_EDATA, what);
}

/* \uXXXX, or the pair of them that stands for a character beyond U+FFFF. */
static lnt_status take_unicode_escape(lnti_json_reader *r) {
  unsigned code = 0, low = 0;
  lnt_status status = take_hex(&code, r);
  if (status) return status;
  if (code == 0) return refuse_escape(r, "\\u0000 in a string, which Linnet does not take");
  if (code >= 0xDC00 && code <= 0xDFFF) {
    return refuse_escape(r, "found the second half of a surrogate pair without the first");
  }
  if (code >= 0xD800 && code <= 0xDBFF) {
    static const char expected[] = "the second half of a surrogate pair, \\uDC00 to \\uDFFF";
    if (peek(r) != '\\') return refuse_found(r, expected);
    take(r);
    if (peek(r) != 'u') return refuse_found(r, expected);
    take(r);
    status = take_hex(&low, r);
    if (status) return status;
    if (low < 0xDC00 || low > 0xDFFF) {
      return refuse_escape(r, "found the first half of a surrogate pair without the second");
    }
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  return token_add_code_point(r, code);
}

static lnt_status take_escape(lnti_json_reader *r) {
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  take(r); /* the backslash */
  int c = peek(r);
  if (c == 'u') {
    take(r);
    return take_unicode_escape(r);
  }
  const char *letter = c > 0 ? strchr(letters, c) : NULL;
  if (!letter) return refuse_found(r, "one of \" \\ / b f n r t u after a backslash");
  take(r);
  return token_add(r, &meanings[letter - letters], 1);
}

/* One character of two to four bytes, by table 3-7 of the Unicode standard: the range of the second byte depends on
 * the first, so that overlong forms, surrogates and what is above U+10FFFF are refused. */
static lnt_status take_utf8(lnti_json_reader *r) {
  int c = peek(r), more = 1, low = 0x80, high = 0xBF;
  if (c < 0xC2 || c > 0xF4) return refuse_found(r, "a character in UTF-8");
  if (c >= 0xE0) more = 2;
  if (c >= 0xF0) more = 3;
  if (c == 0xE0) low = 0xA0;
  if (c == 0xED) high = 0x9F;
  if (c == 0xF0) low = 0x90;
  if (c == 0xF4) high = 0x8F;
  lnt_status status = token_take(r);
  for (; status == LNT_OK && more > 0; more--) {
    c = peek(r);
    if (c < low || c > high) return refuse_found(r, "the next byte of a character in UTF-8");
    status = token_take(r);
    low = 0x80;
    high = 0xBF;
  }
  return status;
}

/* As many plain ASCII characters as the buffer holds, at once: nearly all of nearly every string. */
static lnt_status take_plain(lnti_json_reader *r) {
  size_t i = r->at;
  while (i < r->n) {
    unsigned char c = (unsigned char)r->buffer[i];
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
    i++;
  }
  lnt_status status = token_add(r, r->buffer + r->at, i - r->at);
  if (status) return status;
  r->column += i - r->at;
  r->at = i;
  return LNT_OK;
}

static lnt_status take_string(lnti_json_reader *r) {
  lnt_status status = LNT_OK;
  r->token_n = 0;
  take(r); /* the quote */
  status = token_add(r, "", 0);
  while (status == LNT_OK) {
    int c = peek(r);
    if (c == '"') {
      take(r);
      return LNT_OK;
    }
    if (c == '\\') {
      status = take_escape(r);
    } else if (c >= 0x80) {
      status = take_utf8(r);
    } else if (c >= 0x20) {
      status = take_plain(r);
    } else {
      status = refuse_found(r, c == END_OF_INPUT ? "'\"' at the end of a string" : "a character or '\"'");
    }
  }
  return status;
}

static bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

static lnt_status take_digits(lnti_json_reader *r) {
  if (!is_digit(peek(r))) return refuse_found(r, "a digit");
  lnt_status status = LNT_OK;
  while (status == LNT_OK && is_digit(peek(r))) status = token_take(r);
  return status;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? ; what follows is the next state's matter. */
static lnt_status take_number(lnti_json_reader *r) {
  lnt_status status = LNT_OK;
  r->token_n = 0;
  if (peek(r) == '-') status = token_take(r);
  if (status) return status;
  if (peek(r) == '0') {
    status = token_take(r);
    if (status == LNT_OK && is_digit(peek(r))) return refuse_found(r, "'.' or the end of the number after a leading 0");
  } else {
    status = take_digits(r);
  }
  if (status == LNT_OK && peek(r) == '.') {
    status = token_take(r);
    if (status == LNT_OK) status = take_digits(r);
  }
  if (status == LNT_OK && (peek(r) | 0x20) == 'e') {
    status = token_take(r);
    if (status == LNT_OK && (peek(r) == '+' || peek(r) == '-')) status = token_take(r);
    if (status == LNT_OK) status = take_digits(r);
  }
  return status ? status : r->error.code;
}

static lnt_status take_word(lnti_json_reader *r, const char *word) {
  char expected[16];
  snprintf(expected, sizeof expected, "'%s'", word);
  for (const char *p = word; *p; p++) {
    if (peek(r) != *p) return refuse_found(r, expected);
    take(r);
  }
  return LNT_OK;
}

/* ---- structure ---- */

static bool inside_object(const lnti_json_reader *r) {
  unsigned d = r->depth - 1;
  return r->depth > 0 && (r->in_object[d / 64] >> (d % 64) & 1);
}

static state after_value(const lnti_json_reader *r) {
  return r->depth > 0 ? AFTER_VALUE : AFTER_DOCUMENT;
}

static lnt_status begin_container(lnti_json_event *event, lnti_json_reader *r, bool object) {
  if (r->depth == r->depth_max) {
    char what[80];
    snprintf(what, sizeof what, "arrays and objects nested more than %u deep", r->depth_max);
    return refuse(r, LNT_ELIMIT, what);
  }
  uint64_t bit = UINT64_C(1) << (r->depth % 64);
  uint64_t *word = &r->in_object[r->depth / 64];
  *word = object ? *word | bit : *word & ~bit;
  r->depth++;
  take(r);
  r->state = object ? AT_FIRST_KEY : AT_FIRST_ELEMENT;
  *event = object ? LNTI_JSON_BEGIN_OBJECT : LNTI_JSON_BEGIN_ARRAY;
  return LNT_OK;
}

static lnt_status end_container(lnti_json_event *event, lnti_json_reader *r) {
  *event = inside_object(r) ? LNTI_JSON_END_OBJECT : LNTI_JSON_END_ARRAY;
  begin_event(r);
  take(r);
  r->depth--;
  r->state = after_value(r);
  return LNT_OK;
}

static lnt_status read_value(lnti_json_event *event, lnti_json_reader *r) {
  lnt_status status = LNT_OK;
  int c = skip_blanks(r);
  begin_event(r);
  if (c == '{' || c == '[') return begin_container(event, r, c == '{');
  if (c == '"') {
    *event = LNTI_JSON_STRING;
    status = take_string(r);
  } else if (c == '-' || is_digit(c)) {
    *event = LNTI_JSON_NUMBER;
    status = take_number(r);
  } else if (c == 't') {
    *event = LNTI_JSON_TRUE;
    status = take_word(r, "true");
  } else if (c == 'f') {
    *event = LNTI_JSON_FALSE;
    status = take_word(r, "false");
  } else if (c == 'n') {
    *event = LNTI_JSON_NULL;
    status = take_word(r, "null");
  } else {
    status = refuse_found(r, r->state == AT_FIRST_ELEMENT ? "a value or ']'" : "a value");
  }
  r->state = after_value(r);
  return status;
}

static lnt_status read_key(lnti_json_event *event, lnti_json_reader *r) {
  if (skip_blanks(r) != '"')
    return refuse_found(r, r->state == AT_FIRST_KEY ? "a key in quotes or '}'" : "a key in quotes");
  begin_event(r);
  *event = LNTI_JSON_KEY;
  r->state = AT_COLON;
  return take_string(r);
}

static lnt_status read_after_value(lnti_json_event *event, lnti_json_reader *r) {
  bool object = inside_object(r);
  int c = skip_blanks(r);
  if (c == (object ? '}' : ']')) return end_container(event, r);
  if (c != ',') return refuse_found(r, object ? "',' or '}'" : "',' or ']'");
  take(r);
  r->state = object ? AT_KEY : AT_VALUE;
  return object ? read_key(event, r) : read_value(event, r);
}

static lnt_status read_after_document(lnti_json_event *event, lnti_json_reader *r) {
  bool apart = is_blank(peek(r));
  int c = skip_blanks(r);
  if (c == END_OF_INPUT) {
    begin_event(r);
    *event = LNTI_JSON_END;
    return r->error.code;
  }
  if (!r->lines) return refuse_found(r, "the end of the input");
  if (!apart) return refuse_found(r, "a new line");
  return read_value(event, r);
}

/* Windows programs like to put a byte order mark before UTF-8; it says nothing. */
static lnt_status read_start(lnti_json_event *event, lnti_json_reader *r) {
  static const char mark[] = "\xEF\xBB\xBF";
  if (peek(r) == (unsigned char)mark[0]) {
    for (int i = 0; i < 3; i++) {
      if (peek(r) != (unsigned char)mark[i]) return refuse_found(r, "a value");
      take(r);
    }
    r->column = 1;
  }
  if (r->lines && skip_blanks(r) == END_OF_INPUT) {
    r->state = AFTER_DOCUMENT;
    return read_after_document(event, r);
  }
  r->state = AT_VALUE;
  return read_value(event, r);
}

static lnt_status read_event(lnti_json_event *event, lnti_json_reader *r) {
  switch (r->state) {
    case AT_START:
      return read_start(event, r);
    case AT_FIRST_ELEMENT:
      return skip_blanks(r) == ']' ? end_container(event, r) : read_value(event, r);
    case AT_FIRST_KEY:
      return skip_blanks(r) == '}' ? end_container(event, r) : read_key(event, r);
    case AT_KEY:
      return read_key(event, r);
    case AT_COLON:
      if (skip_blanks(r) != ':') return refuse_found(r, "':'");
      take(r);
      r->state = AT_VALUE;
      return read_value(event, r);
    case AFTER_VALUE:
      return read_after_value(event, r);
    case AFTER_DOCUMENT:
      return read_after_document(event, r);
    case AT_VALUE:
      break;
  }
  return read_value(event, r);
}

lnt_status lnti_json_next(lnti_json_event *event_out, const char **text_out, size_t *n_out, lnti_json_reader *reader,
                          lnt_error *err) {
  lnti_json_event event = LNTI_JSON_END;
  if (!reader->error.code) reader->error.code = read_event(&event, reader);
  if (reader->error.code) {
    if (err) *err = reader->error;
    return reader->error.code;
  }
  bool has_text = event == LNTI_JSON_KEY || event == LNTI_JSON_STRING || event == LNTI_JSON_NUMBER;
  *event_out = event;
  if (text_out) *text_out = has_text ? reader->token : NULL;
  if (n_out) *n_out = has_text ? reader->token_n : 0;
  return LNT_OK;
}
