/*
 * Text. UTF-8 is checked by the table of well-formed byte sequences (The Unicode Standard, table 3-7).
 */
#include <base/text.h>

#include <base/alloc.h>
#include <base/error.h>
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lnt_status lnti_text_append(lnti_text *text, const char *data, size_t n, lnt_error *err) {
  size_t need;
  if (!lnti_size_add(&need, text->length, n) || !lnti_size_add(&need, need, 1)) return lnti_fail_memory(err, n);
  lnt_status status = lnti_grow(&text->data, &text->capacity, need, 1, err);
  if (status) return status;
  if (n) memcpy(text->data + text->length, data, n);
  text->length += n;
  text->data[text->length] = '\0';
  return LNT_OK;
}

lnt_status lnti_text_printf(lnti_text *text, lnt_error *err, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int n = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  size_t need = 0;
  lnt_status status = LNT_OK;
  if (n < 0 || !lnti_size_add(&need, text->length, (size_t)n + 1)) {
    status = lnti_fail(err, LNT_EINTERNAL, "text could not be formatted");
  } else {
    status = lnti_grow(&text->data, &text->capacity, need, 1, err);
  }
  if (status == LNT_OK) {
    vsnprintf(text->data + text->length, (size_t)n + 1, format, again);
    text->length += (size_t)n;
  }
  va_end(again);
  return status;
}

void lnti_text_clear(lnti_text *text) {
  free(text->data);
  *text = (lnti_text){0};
}

/* Bytes of the well-formed sequence at p (n > 0 bytes are there), 0 if it is none. */
static size_t sequence_length(const unsigned char *p, size_t n) {
  unsigned char low = 0x80, high = 0xbf;
  size_t length;
  if (p[0] < 0x80) return 1;
  if (p[0] < 0xc2 || p[0] > 0xf4) return 0;
  if (p[0] < 0xe0) {
    length = 2;
  } else if (p[0] < 0xf0) {
    length = 3;
    if (p[0] == 0xe0) low = 0xa0;
    if (p[0] == 0xed) high = 0x9f;
  } else {
    length = 4;
    if (p[0] == 0xf0) low = 0x90;
    if (p[0] == 0xf4) high = 0x8f;
  }
  if (n < length || p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < length; i++) {
    if ((p[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}

size_t lnti_utf8_valid(const char *data, size_t n) {
  const unsigned char *bytes = (const unsigned char *)data;
  size_t at = 0;
  while (at < n) {
    size_t length = sequence_length(bytes + at, n - at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

static uint32_t code_point(const unsigned char *p, size_t length) {
  if (length == 1) return p[0];
  uint32_t c = p[0] & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; i++) c = c << 6 | (p[i] & 0x3fu);
  return c;
}

/* Columns of a code point: 0 for combining marks and joiners, 2 for East Asian wide ranges and emoji. The blocks are
 * those of Unicode's EastAsianWidth that people's class names use; rarer scripts count as one. */
static size_t columns_of(uint32_t c) {
  static const uint32_t none[][2] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},
                                     {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff},
                                     {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
  static const uint32_t wide[][2] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},  {0x3400, 0x4dbf},
                                     {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3},  {0xf900, 0xfaff},
                                     {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                                     {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return 0;
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    if (c >= none[i][0] && c <= none[i][1]) return 0;
  }
  for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
    if (c >= wide[i][0] && c <= wide[i][1]) return 2;
  }
  return 1;
}

size_t lnti_utf8_columns(const char *data, size_t n) {
  const unsigned char *bytes = (const unsigned char *)data;
  size_t at = 0, columns = 0;
  while (at < n) {
    size_t length = sequence_length(bytes + at, n - at);
    if (length == 0) { /* shown as one replacement character */
      columns++;
      at++;
      continue;
    }
    columns += columns_of(code_point(bytes + at, length));
    at += length;
  }
  return columns;
}

lnt_status lnti_parse_int(int64_t *out, const char *text, const char *what, lnt_error *err) {
  const char *digits = text[0] == '-' || text[0] == '+' ? text + 1 : text;
  if (!isdigit((unsigned char)digits[0])) goto bad;
  char *end = NULL;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (*end != '\0') goto bad;
  if (errno == ERANGE) {
    return lnti_fail(err, LNT_EINVAL, "%s: %.60s does not fit into 64 bits", what, text);
  }
  *out = value;
  return LNT_OK;
bad:
  return lnti_fail(err, LNT_EINVAL, "%s: '%.60s' is no whole number", what, text);
}

/* Digits, one point, an exponent: what strtod also takes (blanks, hexadecimal, inf, nan) is refused. */
static bool is_real(const char *text) {
  size_t digits = 0;
  if (*text == '-' || *text == '+') text++;
  for (; isdigit((unsigned char)*text); text++) digits++;
  if (*text == '.') {
    for (text++; isdigit((unsigned char)*text); text++) digits++;
  }
  if (digits == 0) return false;
  if (*text == 'e' || *text == 'E') {
    text++;
    if (*text == '-' || *text == '+') text++;
    if (!isdigit((unsigned char)*text)) return false;
    while (isdigit((unsigned char)*text)) text++;
  }
  return *text == '\0';
}

lnt_status lnti_parse_real(double *out, const char *text, const char *what, lnt_error *err) {
  if (!is_real(text)) return lnti_fail(err, LNT_EINVAL, "%s: '%.60s' is no number", what, text);
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return lnti_fail_memory(err, sizeof c_locale);
  double value = strtod_l(text, NULL, c_locale);
  freelocale(c_locale);
  if (!isfinite(value)) return lnti_fail(err, LNT_EINVAL, "%s: %.60s is too large", what, text);
  *out = value;
  return LNT_OK;
}

lnt_status lnti_slug(char **out, const char *title, lnt_error *err) {
  char *slug = NULL;
  size_t length = strlen(title), n = 0;
  lnt_status status = lnti_alloc(&slug, length + 2, 1, err);
  if (status) return status;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)title[i];
    if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug[n++] = (char)c;
    } else if (c >= 'A' && c <= 'Z') {
      slug[n++] = (char)(c - 'A' + 'a');
    } else if (n > 0 && slug[n - 1] != '-') {
      slug[n++] = '-';
    }
  }
  while (n > 0 && slug[n - 1] == '-') n--;
  if (n == 0) slug[n++] = 'x';
  slug[n] = '\0';
  *out = slug;
  return LNT_OK;
}

int lnti_natural_compare(const char *a, const char *b) {
  const char *a0 = a, *b0 = b;
  while (*a && *b) {
    if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
      while (*a == '0') a++;
      while (*b == '0') b++;
      size_t na = strspn(a, "0123456789"), nb = strspn(b, "0123456789");
      if (na != nb) return na < nb ? -1 : 1;
      int order = memcmp(a, b, na);
      if (order) return order < 0 ? -1 : 1;
      a += na;
      b += nb;
      continue;
    }
    if (*a != *b) return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
    a++;
    b++;
  }
  if (*a || *b) return *a ? 1 : -1;
  int order = strcmp(a0, b0); /* "01" and "1": some fixed order */
  return order < 0 ? -1 : order > 0;
}

size_t lnti_utf8_printable(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  if (at[0] < 0x80) return at[0] >= 0x20 && at[0] != 0x7f;
  size_t n = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  for (size_t i = 1; i < n; i++) {
    if (!at[i]) return 0;
  }
  if (lnti_utf8_valid(text, n) != n) return 0;
  return n == 2 && at[0] == 0xc2 && at[1] < 0xa0 ? 0 : n;
}

lnti_word lnti_shell_word(const char *text, const char *otherwise) {
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-@%,:=";
  static const char quote[] = "'\\''"; /* ends the quotes, a quote by itself, begins them again */
  lnti_word word, other;
  size_t n = 0, step;
  snprintf(word.text, sizeof word.text, "%s", text);
  snprintf(other.text, sizeof other.text, "%s", otherwise);
  if (!text[0] || text[0] == '-') return other;
  if (text[strspn(text, safe)] == '\0') return strlen(text) < sizeof word.text ? word : other;
  word.text[n++] = '\'';
  for (; *text; text += step) {
    step = lnti_utf8_printable(text);
    bool quoted = *text == '\'';
    size_t length = quoted ? sizeof quote - 1 : step;
    if (step == 0 || n + length + 2 > sizeof word.text) return other;
    memcpy(word.text + n, quoted ? quote : text, length);
    n += length;
  }
  memcpy(word.text + n, "'", 2);
  return word;
}
