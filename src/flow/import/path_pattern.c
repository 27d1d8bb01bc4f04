/*
 * Matching takes for each field and each * as little as fits up to the next one, and comes back to the last one alone: once
 * a later one was reached, giving an earlier one more could only reach it further on, from where less fits. So time is
 * bounded by pattern times path, however the pattern is made, and no memory is needed.
 */
#include <flow/import/path_pattern.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 256 };

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

/* The last part says something of the extension: it has a dot of its own (not in a field's name), or ends with *. */
static bool takes_extension(const lnti_path_pattern *p) {
  if (p->tokens[p->n - 1].kind == TOKEN_ANY) return true;
  for (size_t i = p->n; i > 0 && (p->tokens[i - 1].kind != TOKEN_CHAR || p->tokens[i - 1].c != '/'); i--) {
    if (p->tokens[i - 1].kind == TOKEN_CHAR && p->tokens[i - 1].c == '.') return true;
  }
  return false;
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
  p->takes_extension = takes_extension(p);
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
  size_t t, at;      /* the next token, and where it begins */
  size_t wild;       /* the last field or * that was reached; NO_WILD before */
  size_t begin, end; /* what it has taken */
} matching;

#define NO_WILD SIZE_MAX

/* Behind the character at `at`, all its bytes: a value is never cut within one. No slash, and none at the end. */
static bool next_character(size_t *at, const matching *m) {
  size_t next = *at;
  if (next == m->n || m->text[next] == '/') return false;
  next++;
  while (next < m->n && ((unsigned char)m->text[next] & 0xc0) == 0x80) next++;
  *at = next;
  return true;
}

/* The last field or * takes one character more, and what follows it is tried from there. */
static bool widen(matching *m) {
  if (m->wild == NO_WILD || !next_character(&m->end, m)) return false;
  m->at = m->end;
  m->t = m->wild + 1;
  return true;
}

/* Takes the next token, by as little as it can. */
static bool take_token(matching *m) {
  const token *next = &m->pattern->tokens[m->t];
  if (next->kind == TOKEN_CHAR) {
    if (m->at == m->n || m->text[m->at] != next->c) return false;
    m->at++;
  } else if (next->kind == TOKEN_ONE) {
    if (!next_character(&m->at, m)) return false;
  } else {
    m->wild = m->t;
    m->begin = m->end = m->at;
    if (next->kind == TOKEN_FIELD && !next_character(&m->end, m)) return false;
    m->at = m->end;
  }
  m->t++;
  return true;
}

static bool match(matching *m) {
  while (m->t < m->pattern->n || m->at < m->n) {
    bool fits = m->t < m->pattern->n && take_token(m);
    if (!fits && !widen(m)) return false;
    if (m->wild != NO_WILD && m->pattern->tokens[m->wild].kind == TOKEN_FIELD) {
      m->fields[m->pattern->tokens[m->wild].field] = (lnti_path_field){m->text + m->begin, m->end - m->begin};
    }
  }
  return true;
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
  lnti_path_field found[LNTI_PATH_FIELDS_MAX];
  const char *text = tail(path, pattern->n_folders);
  if (!text) return false;
  matching m = {.pattern = pattern, .fields = found, .text = text, .n = strlen(text), .wild = NO_WILD};
  const char *slash = strrchr(text, '/'), *name = slash ? slash + 1 : text, *dot = strrchr(name, '.');
  if (!pattern->takes_extension && dot && dot != name) m.n = (size_t)(dot - text);
  if (!match(&m)) return false;
  memcpy(fields, found, pattern->n_fields * sizeof *found);
  return true;
}
