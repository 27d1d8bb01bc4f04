/*
 * The grammar of filters: recursive descent over the text itself, since what ends a word depends on where it stands. Depth,
 * terms and values are capped, so that a filter from outside costs no more than its length.
 */
#include <flow/filter/parts.h>

#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct scanner {
  const char *start, *at;
  lnti_filter *filter;
  unsigned depth;    /* of brackets and "not" */
  unsigned brackets; /* open ones around the term: a closing one may end a word */
} scanner;

/* ---- words ---- */

static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(scanner *in) {
  while (is_blank(*in->at)) in->at++;
}

/* The column of a place in the text, in characters from 1. */
static size_t column(const scanner *in, const char *at) {
  size_t n = 1;
  for (const char *c = in->start; c < at; c++) n += ((unsigned char)*c & 0xc0) != 0x80;
  return n;
}

static lnt_status fail_at(const scanner *in, const char *at, lnt_error *err, const char *message) {
  if (!*at) return lnti_fail(err, LNT_EINVAL, "filter, column %zu: %s; the filter ends here", column(in, at), message);
  return lnti_fail(err, LNT_EINVAL, "filter, column %zu: %s before '%.40s'", column(in, at), message, at);
}

/* A failure of what stands at `at`, whose message knows nothing of places. */
static lnt_status place(const scanner *in, const char *at, lnt_status status, lnt_error *err) {
  if (status == LNT_EINVAL || status == LNT_ELIMIT) lnti_error_prefix(err, "filter, column %zu", column(in, at));
  return status;
}

/* Whether a keyword stands here: in any case of letters, and then a blank, a bracket or the end. */
static bool at_keyword(const scanner *in, const char *word) {
  size_t n = strlen(word);
  return strncasecmp(in->at, word, n) == 0 && (!in->at[n] || is_blank(in->at[n]) || strchr("()\"", in->at[n]));
}

static bool is_operator(const char *at) {
  return *at && strchr("=!<>", *at);
}

/* What stands in double quotes at in->at, "" being one of them; appended. */
static lnt_status read_quoted(lnti_text *out, scanner *in, lnt_error *err) {
  const char *begin = in->at;
  for (in->at++;; in->at++) {
    size_t n = strcspn(in->at, "\"");
    lnt_status status = lnti_text_append(out, in->at, n, err);
    if (status) return status;
    in->at += n;
    if (!*in->at) {
      return lnti_fail(err, LNT_EINVAL, "filter, column %zu: the quote is not closed", column(in, begin));
    }
    if (in->at[1] != '"') break;
    status = lnti_text_append(out, "\"", 1, err);
    if (status) return status;
    in->at++;
  }
  in->at++;
  return LNT_OK;
}

/* The end of a bare word: a blank, one of `stop`, or within brackets one that closes what the word did not open. */
static const char *word_end(const scanner *in, const char *stop) {
  size_t open = 0;
  const char *at = in->at;
  for (; *at && !is_blank(*at) && !strchr(stop, *at); at++) {
    if (*at == '(') open++;
    if (*at != ')') continue;
    if (open > 0) {
      open--;
    } else if (in->brackets > 0) {
      break;
    }
  }
  return at;
}

/* A key: bare, in quotes, or bare with a part in quotes behind a dot. */
static lnt_status read_key(lnti_text *out, scanner *in, lnt_error *err) {
  const char *begin = in->at;
  if (*in->at == '"') return read_quoted(out, in, err);
  const char *end = word_end(in, "=!<>");
  const char *quote = memchr(in->at, '"', (size_t)(end - in->at));
  if (quote && quote > begin && quote[-1] == '.') end = quote;
  lnt_status status = lnti_text_append(out, in->at, (size_t)(end - in->at), err);
  if (status) return status;
  in->at = end;
  if (end == begin) return fail_at(in, begin, err, "a key is missing");
  return end == quote ? read_quoted(out, in, err) : LNT_OK;
}

/* A value; its text goes to the filter's arena. */
static lnt_status read_value(lnti_filter_word *out, scanner *in, const char *stop, lnt_error *err) {
  lnti_text text = {0};
  char *copy = NULL;
  lnt_status status = LNT_OK;
  bool quoted = *in->at == '"';
  if (quoted) {
    status = read_quoted(&text, in, err);
  } else {
    const char *end = word_end(in, stop);
    if (end == in->at) return fail_at(in, end, err, "a value is missing (no text at all is written \"\")");
    status = lnti_text_append(&text, in->at, (size_t)(end - in->at), err);
    in->at = end;
  }
  if (!status) status = lnti_arena_strndup(&copy, &in->filter->arena, text.data ? text.data : "", text.length, err);
  lnti_text_clear(&text);
  if (status) return status;
  *out = (lnti_filter_word){copy, quoted};
  return LNT_OK;
}

/* ---- nodes ---- */

static lnt_status add_node(size_t *out, lnti_filter *filter, lnti_node_kind kind, size_t first, lnt_error *err) {
  lnt_status status =
      lnti_grow(&filter->nodes, &filter->node_capacity, filter->n_nodes + 1, sizeof *filter->nodes, err);
  if (status) return status;
  filter->nodes[filter->n_nodes] = (lnti_filter_node){kind, first, LNTI_NONE, LNTI_NONE};
  *out = filter->n_nodes++;
  return LNT_OK;
}

/* ---- terms ---- */

static lnt_status read_operator(lnti_filter_op *op_out, bool *negated_out, scanner *in, const char *key,
                                lnt_error *err) {
  static const struct {
    const char *text;
    lnti_filter_op op;
    bool negated;
  } operators[] = {{"!=", LNTI_OP_EQUAL, true}, {"<=", LNTI_OP_LESS_EQUAL, false}, {">=", LNTI_OP_GREATER_EQUAL, false},
                   {"=", LNTI_OP_EQUAL, false}, {"<", LNTI_OP_LESS, false},        {">", LNTI_OP_GREATER, false}};
  for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
    size_t n = strlen(operators[i].text);
    if (strncmp(in->at, operators[i].text, n) != 0) continue;
    *op_out = operators[i].op;
    *negated_out = operators[i].negated;
    in->at += n;
    return LNT_OK;
  }
  const char *begin = in->at;
  *negated_out = at_keyword(in, "not");
  if (*negated_out) {
    in->at += 3;
    skip_blanks(in);
  }
  if (at_keyword(in, "in")) {
    in->at += 2;
    *op_out = LNTI_OP_IN;
    return LNT_OK;
  }
  return lnti_fail(err, LNT_EINVAL, "filter, column %zu: = or != is needed after '%.60s' (or <, <=, >, >=, in)",
                   column(in, begin), key);
}

static lnt_status add_value(scanner *in, const lnti_field *field, const char *key, lnti_filter_op op, const char *stop,
                            lnt_error *err) {
  lnti_filter_word word;
  const char *begin = in->at;
  lnt_status status = read_value(&word, in, stop, err);
  if (status) return status;
  return place(in, begin, lnti_filter_add_value(in->filter, field, key, op, &word, err), err);
}

/* "(a, b)" after "in". */
static lnt_status read_list(scanner *in, const lnti_field *field, const char *key, lnt_error *err) {
  lnt_status status = LNT_OK;
  in->at++;
  in->brackets++;
  do {
    skip_blanks(in);
    status = add_value(in, field, key, LNTI_OP_IN, ",", err);
    if (status) return status;
    skip_blanks(in);
    if (*in->at != ',' && *in->at != ')') return fail_at(in, in->at, err, "',' or ')' is needed");
  } while (*in->at++ == ',');
  in->brackets--;
  return LNT_OK;
}

static lnt_status read_values(scanner *in, const lnti_field *field, const char *key, lnti_filter_op op,
                              lnt_error *err) {
  skip_blanks(in);
  if (op != LNTI_OP_IN) return add_value(in, field, key, op, "", err);
  if (*in->at == '(') return read_list(in, field, key, err);
  const char *begin = in->at, *end = word_end(in, "");
  bool range = *begin != '"' && memmem(begin, (size_t)(end - begin), "..", 2);
  if (!range) return fail_at(in, begin, err, "(A, B) or LOW..HIGH is needed after \"in\"");
  lnti_field_type type = lnti_field_type_of(field, in->filter->names);
  bool ordered = type == LNTI_TYPE_INT || type == LNTI_TYPE_REAL || type == LNTI_TYPE_META || type == LNTI_TYPE_NUMBER;
  if (!ordered) {
    return lnti_fail(err, LNT_EINVAL, "filter, column %zu: %.60s has no order, so there are no ranges of it",
                     column(in, begin), key);
  }
  return add_value(in, field, key, op, "", err);
}

static lnt_status parse_term(size_t *out, scanner *in, lnt_error *err) {
  lnti_filter *filter = in->filter;
  lnti_filter_term term = {.first_value = filter->n_values};
  lnti_text key = {0};
  lnti_filter_op op = LNTI_OP_EQUAL;
  bool negated = false;
  const char *begin = in->at;
  lnt_status status = read_key(&key, in, err);
  if (status) goto done;
  skip_blanks(in);
  status = read_operator(&op, &negated, in, key.data, err);
  if (status) goto done;
  status = place(in, begin, lnti_field_find(&term.field, filter->names, key.data, err), err);
  if (status) goto done;
  status = read_values(in, &term.field, key.data, op, err);
  if (status) goto done;
  if (filter->n_terms >= LNTI_FILTER_TERMS_MAX) {
    status = lnti_fail(err, LNT_ELIMIT, "filter: more than %d terms", LNTI_FILTER_TERMS_MAX);
    goto done;
  }
  term.n_values = filter->n_values - term.first_value;
  status = lnti_grow(&filter->terms, &filter->term_capacity, filter->n_terms + 1, sizeof *filter->terms, err);
  if (status) goto done;
  filter->terms[filter->n_terms] = term;
  status = add_node(out, filter, LNTI_NODE_TERM, LNTI_NONE, err);
  if (status) goto done;
  filter->nodes[*out].term = filter->n_terms++;
  if (negated) status = add_node(out, filter, LNTI_NODE_NOT, *out, err);
done:
  lnti_text_clear(&key);
  return status;
}

/* ---- and, or, not, brackets ---- */

static lnt_status parse_or(size_t *out, scanner *in, lnt_error *err);

/* "not" before anything but an operator: a question may have that name. */
static bool at_not(const scanner *in) {
  scanner ahead = *in;
  if (!at_keyword(in, "not")) return false;
  ahead.at += 3;
  skip_blanks(&ahead);
  return !is_operator(ahead.at);
}

static lnt_status parse_brackets(size_t *out, scanner *in, lnt_error *err) {
  const char *begin = in->at++;
  in->brackets++;
  skip_blanks(in);
  lnt_status status = parse_or(out, in, err);
  if (status) return status;
  if (*in->at != ')') {
    return lnti_fail(err, LNT_EINVAL,
                     "filter, column %zu: this bracket is not closed; ')', \"and\" or \"or\" is needed "
                     "in column %zu",
                     column(in, begin), column(in, in->at));
  }
  in->at++;
  in->brackets--;
  return LNT_OK;
}

static lnt_status parse_not(size_t *out, scanner *in, lnt_error *err) {
  lnt_status status;
  if (++in->depth > LNTI_FILTER_DEPTH_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "filter, column %zu: more than %d brackets and \"not\" one inside the other",
                     column(in, in->at), LNTI_FILTER_DEPTH_MAX);
  }
  if (at_not(in)) {
    in->at += 3;
    skip_blanks(in);
    status = parse_not(out, in, err);
    if (!status) status = add_node(out, in->filter, LNTI_NODE_NOT, *out, err);
  } else if (*in->at == '(') {
    status = parse_brackets(out, in, err);
  } else {
    status = parse_term(out, in, err);
  }
  in->depth--;
  return status;
}

/* Operands joined by one keyword: a node of `kind` over them, or the only one itself. */
static lnt_status parse_joined(size_t *out, scanner *in, const char *keyword, lnti_node_kind kind,
                               lnt_status (*operand)(size_t *out, scanner *in, lnt_error *err), lnt_error *err) {
  size_t first = LNTI_NONE, last = LNTI_NONE, next = LNTI_NONE;
  for (;;) {
    lnt_status status = operand(&next, in, err);
    if (status) return status;
    if (last == LNTI_NONE) {
      first = next;
    } else {
      in->filter->nodes[last].next = next;
    }
    last = next;
    skip_blanks(in);
    if (!at_keyword(in, keyword)) break;
    in->at += strlen(keyword);
    skip_blanks(in);
    if (!*in->at) return lnti_fail(err, LNT_EINVAL, "filter: nothing stands after the last \"%s\"", keyword);
  }
  if (first != last) return add_node(out, in->filter, kind, first, err);
  *out = first;
  return LNT_OK;
}

static lnt_status parse_and(size_t *out, scanner *in, lnt_error *err) {
  return parse_joined(out, in, "and", LNTI_NODE_AND, parse_not, err);
}

static lnt_status parse_or(size_t *out, scanner *in, lnt_error *err) {
  return parse_joined(out, in, "or", LNTI_NODE_OR, parse_and, err);
}

/* ---- all ---- */

static lnt_status parse_all(lnti_filter *filter, const char *text, lnt_error *err) {
  scanner in = {.start = text, .at = text, .filter = filter};
  skip_blanks(&in);
  if (!*in.at) return add_node(&filter->root, filter, LNTI_NODE_ALL, LNTI_NONE, err);
  lnt_status status = parse_or(&filter->root, &in, err);
  if (!status && *in.at) status = fail_at(&in, in.at, err, "\"and\" or \"or\" is needed");
  return status;
}

lnt_status lnti_filter_parse(lnti_filter **out, const char *text, const lnti_filter_names *names, lnt_error *err) {
  lnti_filter *filter = NULL;
  if (strlen(text) > LNTI_FILTER_BYTES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "filter: %zu bytes; at most %d are read", strlen(text), LNTI_FILTER_BYTES_MAX);
  }
  lnt_status status = lnti_alloc_zero(&filter, 1, sizeof *filter, err);
  if (status) return status;
  filter->names = names;
  status = parse_all(filter, text, err);
  if (status) {
    lnti_filter_free(filter);
    return status;
  }
  *out = filter;
  return LNT_OK;
}

bool lnti_filter_asks(const lnti_filter *filter, lnti_field_kind kind) {
  for (size_t i = 0; filter && i < filter->n_terms; i++) {
    if (filter->terms[i].field.kind == kind) return true;
  }
  return false;
}

void lnti_filter_free(lnti_filter *filter) {
  if (!filter) return;
  lnti_arena_clear(&filter->arena);
  free(filter->values);
  free(filter->terms);
  free(filter->nodes);
  free(filter);
}
