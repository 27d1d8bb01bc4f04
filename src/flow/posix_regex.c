#include <flow/posix_regex.h>

#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>

/* What a class is inside of brackets; NULL: it is none. */
static const char *class_of(char c) {
  static const char *const classes[][2] = {{"dD", "0-9"}, {"wW", "[:alnum:]_"}, {"sS", "[:space:]"}};
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
    if (c && strchr(classes[i][0], c)) return classes[i][1];
  }
  return NULL;
}

/* A backslash and what stands behind it. */
static lnt_status translate_escape(lnti_text *out, char c, bool in_brackets, lnt_error *err) {
  const char *class = class_of(c);
  bool all_else = c == 'D' || c == 'W' || c == 'S';
  if (class && in_brackets && !all_else) return lnti_text_printf(out, err, "%s", class);
  if (class && !in_brackets) return lnti_text_printf(out, err, "[%s%s]", all_else ? "^" : "", class);
  return lnti_text_printf(out, err, "\\%c", c);
}

/* How much of a text belongs to the beginning of a bracket: a ^, and a ] that stands for itself behind it. */
static size_t bracket_begins(const char *text) {
  size_t n = 1 + (text[1] == '^');
  return n + (text[n] == ']');
}

static lnt_status translate(lnti_text *out, const char *expression, lnt_error *err) {
  bool in_brackets = false;
  lnt_status status = lnti_text_append(out, "", 0, err);
  for (const char *c = expression; *c && !status;) {
    size_t n = 1;
    if (c[0] == '\\' && c[1] && (!in_brackets || class_of(c[1]))) {
      status = translate_escape(out, c[1], in_brackets, err);
      c += 2;
      continue;
    }
    if (*c == '[' && !in_brackets) {
      n = bracket_begins(c);
      in_brackets = true;
    } else if (*c == '[' && (c[1] == ':' || c[1] == '.' || c[1] == '=')) { /* "[:alpha:]" */
      const char close[] = {c[1], ']', '\0'}, *end = strstr(c + 2, close);
      n = end ? (size_t)(end + 2 - c) : 1;
    } else if (*c == ']') {
      in_brackets = false;
    }
    status = lnti_text_append(out, c, n, err);
    c += n;
  }
  return status;
}

lnt_status lnti_posix_regex(regex_t *out, const char *expression, const char *given, lnt_error *err) {
  lnti_text posix = {0};
  char reason[128];
  lnt_status status = translate(&posix, expression, err);
  if (!status) {
    int code = regcomp(out, posix.data, REG_EXTENDED);
    if (code) {
      regerror(code, out, reason, sizeof reason);
      status = lnti_fail(err, code == REG_ESPACE ? LNT_ENOMEM : LNT_EINVAL, "--group %.200s: no regular expression: %s",
                         given, reason);
    }
  }
  lnti_text_clear(&posix);
  return status;
}

static bool is_inside(char byte) {
  return ((unsigned char)byte & 0xc0) == 0x80;
}

bool lnti_posix_regex_find(regmatch_t *out, size_t n, const regex_t *regex, const char *text) {
  if (regexec(regex, text, n, out, 0) != 0) return false;
  for (size_t i = 0; i < n; i++) {
    if (out[i].rm_so < 0 || out[i].rm_so == out[i].rm_eo) continue;
    while (out[i].rm_so > 0 && is_inside(text[out[i].rm_so])) out[i].rm_so--;
    while (is_inside(text[out[i].rm_eo])) out[i].rm_eo++;
  }
  return true;
}
