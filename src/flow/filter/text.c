/*
 * Texts in filters: patterns, and texts that are numbers or dates. Our own matcher instead of fnmatch, because that of the C
 * library takes exponential time on many stars, and goes by the locale.
 */
#include <flow/filter/parts.h>

#include <base/text.h>
#include <string.h>

/* ---- patterns ---- */

/* One character of UTF-8, or a byte that is none. */
static const char *next_character(uint32_t *code_out, const char *text) {
  const unsigned char *c = (const unsigned char *)text;
  size_t more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : c[0] >= 0xc0 ? 1 : 0;
  uint32_t code = more == 3 ? c[0] & 7u : more == 2 ? c[0] & 15u : more == 1 ? c[0] & 31u : c[0];
  for (size_t i = 1; i <= more; i++) {
    if ((c[i] & 0xc0) != 0x80) {
      *code_out = c[0];
      return text + 1;
    }
    code = code << 6 | (c[i] & 0x3fu);
  }
  *code_out = code;
  return text + 1 + more;
}

/* The end of a set that begins at '[', or NULL where it is not closed. A ']' that comes first is of the set. */
static const char *set_end(const char *pattern) {
  const char *at = pattern + 1;
  if (*at == '!' || *at == '^') at++;
  if (*at == ']') at++;
  while (*at && *at != ']') at += at[0] == '\\' && at[1] ? 2 : 1;
  return *at ? at + 1 : NULL;
}

static const char *set_character(uint32_t *code_out, const char *at) {
  if (at[0] == '\\' && at[1]) at++;
  return next_character(code_out, at);
}

static bool in_set(const char *set, const char *end, uint32_t code) {
  const char *at = set + 1;
  bool negated = *at == '!' || *at == '^', found = false;
  if (negated) at++;
  while (at < end - 1) {
    uint32_t low = 0, high = 0;
    at = set_character(&low, at);
    high = low;
    if (*at == '-' && at + 1 < end - 1) at = set_character(&high, at + 1);
    if (code >= low && code <= high) found = true;
  }
  return found != negated;
}

/* Matches one element of the pattern that is no star, and moves both on. */
static bool match_one(const char **pattern, const char **text) {
  uint32_t wanted = 0, found = 0;
  const char *rest = next_character(&found, *text), *end = **pattern == '[' ? set_end(*pattern) : NULL;
  bool matches = true;
  if (end) {
    matches = in_set(*pattern, end, found);
    *pattern = end;
  } else if (**pattern == '?') {
    ++*pattern;
  } else {
    if (**pattern == '\\' && (*pattern)[1]) ++*pattern;
    *pattern = next_character(&wanted, *pattern);
    matches = wanted == found;
  }
  *text = rest;
  return matches;
}

/* Where what follows a star may begin: such a byte is never within a character. */
static const char *next_start(const char *pattern, const char *text) {
  bool literal = *pattern > 0 && !strchr("*?[\\", *pattern);
  return literal ? strchr(text, *pattern) : text;
}

bool lnti_pattern_match(const char *pattern, const char *text) {
  const char *star = NULL, *star_text = NULL; /* the last star, and where what it stands for ends for now */
  while (*text) {
    if (*pattern == '*') {
      star = ++pattern;
      if (!*pattern) return true;
      text = star_text = next_start(star, text);
      if (!text) return false;
    } else if (!*pattern || !match_one(&pattern, &text)) {
      if (!star) return false;
      uint32_t skipped = 0;
      pattern = star;
      text = star_text = next_start(star, next_character(&skipped, star_text));
      if (!text) return false;
    }
  }
  while (*pattern == '*') pattern++;
  return !*pattern;
}

size_t lnti_pattern_tail(const char *pattern) {
  size_t n = strlen(pattern), tail = 0;
  while (tail < n && !strchr("*?[]\\", pattern[n - 1 - tail])) tail++;
  return tail;
}

/* ---- numbers and dates ---- */

static size_t digits(const char *text) {
  size_t n = 0;
  while (text[n] >= '0' && text[n] <= '9') n++;
  return n;
}

bool lnti_number_of_text(double *out, const char *text) {
  static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const char *at = text + (*text == '-');
  size_t whole = digits(at), fraction = 0;
  if (whole == 0 || (at[0] == '0' && whole > 1)) return false;
  if (at[whole] == '.') fraction = digits(at + whole + 1);
  if (at[whole] == '.' && fraction == 0) return false;
  const char *end = at + whole + (fraction ? 1 + fraction : 0);
  if (*end == '\0' && whole <= 15 && fraction <= 15 - whole) {
    int64_t value = 0; /* both numbers are exact, so the quotient is the nearest double */
    for (; at < end; at++) value = *at == '.' ? value : 10 * value + (*at - '0');
    *out = (double)value / tens[fraction];
    if (*text == '-') *out = -*out;
    return true;
  }
  if (*end == 'e' || *end == 'E') {
    end += end[1] == '-' || end[1] == '+' ? 2 : 1;
    size_t exponent = digits(end);
    if (exponent == 0) return false;
    end += exponent;
  }
  return *end == '\0' && lnti_parse_real(out, text, "", NULL) == LNT_OK;
}

bool lnti_text_is_date(const char *text) {
  if (digits(text) != 4) return false;
  if (!text[4]) return true;
  if (text[4] != '-' || digits(text + 5) != 2) return false;
  if (!text[7]) return true;
  if (text[7] != '-' || digits(text + 8) != 2) return false;
  return !text[10] || ((text[10] == 'T' || text[10] == ' ') && digits(text + 11) == 2);
}

void lnti_text_bound_set(lnti_text_bound *out, const char *text, bool open) {
  *out = (lnti_text_bound){.text = text, .open = open};
  if (!text) return;
  out->is_number = lnti_number_of_text(&out->number, text);
  out->is_date = lnti_text_is_date(text);
}

/* -1, 0, 1 as the text is before, at or behind the bound; 2: not comparable. A lower bound that is a date is at its
 * beginning, an upper one (`whole`) lasts until its end. */
static int compare(const char *text, const lnti_text_bound *bound, bool whole) {
  double number = 0;
  bool is_number = lnti_number_of_text(&number, text);
  if (is_number && bound->is_number) return number < bound->number ? -1 : number > bound->number;
  bool is_date = lnti_text_is_date(text);
  if (is_date && bound->is_date) {
    int order = whole ? strncmp(text, bound->text, strlen(bound->text)) : strcmp(text, bound->text);
    return order < 0 ? -1 : order > 0;
  }
  if (is_number || is_date || bound->is_number || bound->is_date) return 2;
  int order = strcmp(text, bound->text);
  return order < 0 ? -1 : order > 0;
}

/* x > 2008-10 is behind the whole month, x >= 2008-10 not before its beginning; x <= 2008-10 not behind the whole month,
 * x < 2008-10 before its beginning. */
bool lnti_text_within(const char *text, const lnti_text_bound *low, const lnti_text_bound *high) {
  if (!*text) return false;
  if (low->text) {
    int order = compare(text, low, low->open);
    if (order == 2 || order < 0 || (order == 0 && low->open)) return false;
  }
  if (high->text) {
    int order = compare(text, high, !high->open);
    if (order > 0 || (order == 0 && high->open)) return false; /* 2 is behind it too */
  }
  return true;
}

bool lnti_text_comparable(const char *text, const lnti_text_bound *bound) {
  return !bound->text || compare(text, bound, false) != 2;
}
