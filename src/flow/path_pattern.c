/*
 * Matching by trying, shortest first, and remembering each place from which the rest did not fit: so that time is bounded
 * by pattern times path, however the pattern is made.
 */
#include <flow/path_pattern.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 256, TEXT_MAX = 1024 };

typedef enum token_kind { TOKEN_CHAR, TOKEN_ONE, TOKEN_ANY, TOKEN_FIELD } token_kind;

typedef struct token {
  token_kind kind;
  char c;       /* of CHAR */
  size_t field; /* of FIELD */
} token;

struct lnti_path_pattern {
  token tokens[TOKENS_MAX];
  size_t n;
  size_t n_folders; /* slashes in the pattern */
  bool takes_extension;
  char names[LNTI_PATH_FIELDS_MAX][LNTI_PATH_FIELD_NAME_MAX];
  size_t n_fields;
};

/* ---- parsing ---- */

static lnt_status read_field(lnti_path_pattern *p, const char **at, const char *text, lnt_error *err) {
  const char *name = *at + 1, *end = strchr(name, '}');
  size_t n = end ? (size_t)(end - name) : 0;
  if (!end) return lnti_fail(err, LNT_EINVAL, "pattern \"%.100s\": a { without its }", text);
  if (n == 0 || n >= LNTI_PATH_FIELD_NAME_MAX || memchr(name, '/', n) || memchr(name, '{', n)) {
    return lnti_fail(err, LNT_EINVAL, "pattern \"%.100s\": a field's name has 1 to %d characters, none of them / or {",
                     text, LNTI_PATH_FIELD_NAME_MAX - 1);
  }
  if (p->n_fields == LNTI_PATH_FIELDS_MAX) {
    return lnti_fail(err, LNT_EINVAL, "pattern \"%.100s\": more than %d fields", text, LNTI_PATH_FIELDS_MAX);
  }
  if (p->n > 0 && p->tokens[p->n - 1].kind == TOKEN_FIELD) {
    return lnti_fail(
        err, LNT_EINVAL,
        "pattern \"%.100s\": nothing stands between {%s} and {%.*s}, so that nobody can tell where one ends", text,
        p->names[p->n_fields - 1], (int)n, name);
  }
  memcpy(p->names[p->n_fields], name, n);
  p->names[p->n_fields][n] = '\0';
  for (size_t i = 0; i < p->n_fields; i++) {
    if (strcmp(p->names[i], p->names[p->n_fields]) == 0) {
      return lnti_fail(err, LNT_EINVAL, "pattern \"%.100s\": {%s} stands in it twice", text, p->names[i]);
    }
  }
  p->tokens[p->n++] = (token){TOKEN_FIELD, '\0', p->n_fields++};
  *at = end + 1;
  return LNT_OK;
}

static lnt_status read_tokens(lnti_path_pattern *p, const char *text, lnt_error *err) {
  for (const char *at = text; *at;) {
    if (p->n == TOKENS_MAX) return lnti_fail(err, LNT_EINVAL, "the pattern is longer than %d characters", TOKENS_MAX);
    if (*at == '{') {
      lnt_status status = read_field(p, &at, text, err);
      if (status) return status;
      continue;
    }
    p->tokens[p->n++] = (token){*at == '*' ? TOKEN_ANY : *at == '?' ? TOKEN_ONE : TOKEN_CHAR, *at, 0};
    p->n_folders += *at == '/';
    at++;
  }
  if (p->n_fields > 0) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "pattern \"%.100s\": it names nothing; write {name} where a value stands, as in %s",
                   text, "'{site}/{camera}_*'");
}

lnt_status lnti_path_pattern_parse(lnti_path_pattern **out, const char *text, lnt_error *err) {
  lnti_path_pattern *p = NULL;
  lnt_status status = lnti_alloc_zero(&p, 1, sizeof *p, err);
  if (status) return status;
  status = read_tokens(p, text, err);
  if (status) {
    free(p);
    return status;
  }
  const char *slash = strrchr(text, '/'), *name = slash ? slash + 1 : text;
  p->takes_extension = strchr(name, '.') || p->tokens[p->n - 1].kind == TOKEN_ANY;
  *out = p;
  return LNT_OK;
}

size_t lnti_path_pattern_n(const lnti_path_pattern *pattern) {
  return pattern->n_fields;
}

const char *lnti_path_pattern_name(const lnti_path_pattern *pattern, size_t field) {
  return pattern->names[field];
}

void lnti_path_pattern_free(lnti_path_pattern *pattern) {
  free(pattern);
}

/* ---- matching ---- */

typedef struct matching {
  const lnti_path_pattern *pattern;
  lnti_path_field *fields;
  const char *text;
  size_t n;
  unsigned char failed[(TOKENS_MAX + 1) * (TEXT_MAX + 1) / 8 + 1]; /* bit t * (TEXT_MAX + 1) + at: tried in vain */
} matching;

static bool match_from(matching *m, size_t t, size_t at);

/* Token t takes `least` characters or more, but no slash, and the rest fits. */
static bool match_some(matching *m, size_t t, size_t at, size_t least) {
  for (size_t end = at;; end++) {
    if (end >= at + least && match_from(m, t + 1, end)) {
      if (m->pattern->tokens[t].kind == TOKEN_FIELD) {
        m->fields[m->pattern->tokens[t].field] = (lnti_path_field){m->text + at, end - at};
      }
      return true;
    }
    if (end == m->n || m->text[end] == '/') return false;
  }
}

/* Whether tokens from t on fit the text from `at` on. */
static bool match_from(matching *m, size_t t, size_t at) {
  const size_t begin_t = t, bit = begin_t * (TEXT_MAX + 1) + at;
  if (m->failed[bit / 8] >> (bit % 8) & 1) return false;
  while (t < m->pattern->n) {
    const token *next = &m->pattern->tokens[t];
    bool fits = false;
    if (next->kind == TOKEN_ANY || next->kind == TOKEN_FIELD) {
      if (match_some(m, t, at, next->kind == TOKEN_FIELD)) return true;
    } else {
      fits = at < m->n && (next->kind == TOKEN_ONE ? m->text[at] != '/' : m->text[at] == next->c);
    }
    if (!fits) goto failed;
    t++;
    at++;
  }
  if (at == m->n) return true;
failed:
  m->failed[bit / 8] |= (unsigned char)(1u << (bit % 8));
  return false;
}

/* The last `n_folders` folders of a path and its name; NULL where it has fewer. */
static const char *tail(const char *path, size_t n_folders) {
  const char *at = path + strlen(path);
  for (size_t slashes = 0; at > path; at--) {
    if (at[-1] == '/' && slashes++ == n_folders) return at;
    if (at - 1 == path) return slashes == n_folders ? path : NULL;
  }
  return NULL;
}

bool lnti_path_pattern_match(lnti_path_field *fields, const lnti_path_pattern *pattern, const char *path) {
  matching m;
  lnti_path_field found[LNTI_PATH_FIELDS_MAX];
  const char *text = tail(path, pattern->n_folders);
  if (!text) return false;
  m.pattern = pattern;
  m.fields = found;
  m.text = text;
  m.n = strlen(text);
  const char *slash = strrchr(text, '/'), *dot = strrchr(slash ? slash : text, '.');
  if (!pattern->takes_extension && dot && dot != (slash ? slash + 1 : text)) m.n = (size_t)(dot - text);
  if (m.n > TEXT_MAX) return false;
  memset(m.failed, 0, sizeof m.failed);
  if (!match_from(&m, 0, 0)) return false;
  memcpy(fields, found, pattern->n_fields * sizeof *found);
  return true;
}
