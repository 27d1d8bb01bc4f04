/*
 * What an operator and a word make of a key: numbers and intervals, texts and patterns, words of a list, options and the
 * states of an answer.
 */
#include <flow/filter_parts.h>

#include <base/error.h>
#include <base/text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_COMPARED = 1000 };

/* How far a stored number may be from one that was typed and still be equal to it. */
static const double tolerance = 1e-12;

static const char *const states[] = {"unanswered", "unsure", "none", "answered"}; /* as lnti_filter_state */

/* What is worked on. */
typedef struct adding {
  lnti_filter *filter;
  const lnti_field *field;
  const char *key;
  lnti_filter_op op;
  const lnti_filter_word *word;
} adding;

static lnt_status add(const adding *a, const lnti_filter_value *value, lnt_error *err) {
  lnti_filter *filter = a->filter;
  if (filter->n_values >= LNTI_FILTER_VALUES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "more than %d values in one filter", LNTI_FILTER_VALUES_MAX);
  }
  lnt_status status =
      lnti_grow(&filter->values, &filter->value_capacity, filter->n_values + 1, sizeof *filter->values, err);
  if (!status) filter->values[filter->n_values++] = *value;
  return status;
}

static bool is_order(lnti_filter_op op) {
  return op != LNTI_OP_EQUAL && op != LNTI_OP_IN;
}

/* Cuts "low..high" in two copies, either of which may be empty; *low_out NULL where it is no range. */
static lnt_status cut_range(char **low_out, char **high_out, const adding *a, lnt_error *err) {
  const char *dots = a->op == LNTI_OP_IN && !a->word->quoted ? strstr(a->word->text, "..") : NULL;
  *low_out = *high_out = NULL;
  if (!dots) return LNT_OK;
  if (!dots[2] && dots == a->word->text) {
    return lnti_fail(err, LNT_EINVAL, "%s: '..' has no ends; write LOW..HIGH, LOW.. or ..HIGH", a->key);
  }
  lnt_status status =
      lnti_arena_strndup(low_out, &a->filter->arena, a->word->text, (size_t)(dots - a->word->text), err);
  if (!status) status = lnti_arena_strndup(high_out, &a->filter->arena, dots + 2, strlen(dots + 2), err);
  return status;
}

/* ---- numbers ---- */

static lnt_status add_int(const adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_INT, .low_int = INT64_MIN, .high_int = INT64_MAX};
  char *low = NULL, *high = NULL;
  int64_t number = 0;
  lnt_status status = cut_range(&low, &high, a, err);
  if (status) return status;
  if (low) {
    if (*low) status = lnti_parse_int(&value.low_int, low, a->key, err);
    if (!status && *high) status = lnti_parse_int(&value.high_int, high, a->key, err);
    return status ? status : add(a, &value, err);
  }
  if (a->field->kind == LNTI_FIELD_GROUP && strcmp(a->word->text, "none") == 0 && !is_order(a->op)) {
    value.low_int = value.high_int = 0;
    return add(a, &value, err);
  }
  status = lnti_parse_int(&number, a->word->text, a->key, err);
  if (status) return status;
  if (a->op != LNTI_OP_LESS && a->op != LNTI_OP_LESS_EQUAL) value.low_int = number;
  if (a->op != LNTI_OP_GREATER && a->op != LNTI_OP_GREATER_EQUAL) value.high_int = number;
  bool beyond = (a->op == LNTI_OP_LESS && number == INT64_MIN) || (a->op == LNTI_OP_GREATER && number == INT64_MAX);
  if (beyond) { /* nothing is below the least or above the greatest */
    value.low_int = 1;
    value.high_int = 0;
    return add(a, &value, err);
  }
  if (a->op == LNTI_OP_LESS) value.high_int = number - 1;
  if (a->op == LNTI_OP_GREATER) value.low_int = number + 1;
  return add(a, &value, err);
}

static lnt_status add_real(const adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_REAL, .low = (double)-INFINITY, .high = (double)INFINITY};
  char *low = NULL, *high = NULL;
  double number = 0;
  lnt_status status = cut_range(&low, &high, a, err);
  if (status) return status;
  if (low) {
    if (*low) status = lnti_parse_real(&value.low, low, a->key, err);
    if (!status && *high) status = lnti_parse_real(&value.high, high, a->key, err);
    return status ? status : add(a, &value, err);
  }
  status = lnti_parse_real(&number, a->word->text, a->key, err);
  if (status) return status;
  double slack = is_order(a->op) ? 0 : tolerance * fmax(1, fabs(number));
  if (a->op != LNTI_OP_LESS && a->op != LNTI_OP_LESS_EQUAL) value.low = number - slack;
  if (a->op != LNTI_OP_GREATER && a->op != LNTI_OP_GREATER_EQUAL) value.high = number + slack;
  if (a->op == LNTI_OP_LESS) value.high = nextafter(number, (double)-INFINITY);
  if (a->op == LNTI_OP_GREATER) value.low = nextafter(number, (double)INFINITY);
  return add(a, &value, err);
}

/* ---- texts ---- */

static lnt_status refuse_order(const adding *a, lnt_error *err) {
  return lnti_fail(err, LNT_EINVAL, "%s has no order; compare it by = or !=, or name several by: in (A, B)", a->key);
}

static lnt_status add_text(const adding *a, lnti_field_type type, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_TEXT, .text = a->word->text};
  if (is_order(a->op)) return refuse_order(a, err);
  if (strpbrk(a->word->text, type == LNTI_TYPE_PATH ? "*?[" : "*?")) {
    value.kind = LNTI_VALUE_PATTERN;
  } else if (type == LNTI_TYPE_PATH) {
    value.kind = LNTI_VALUE_PREFIX;
  }
  return add(a, &value, err);
}

static lnt_status add_meta(const adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_TEXT_RANGE};
  const char *text = a->word->text;
  char *low = NULL, *high = NULL;
  lnt_status status = cut_range(&low, &high, a, err);
  if (status) return status;
  if (low) {
    lnti_text_bound_set(&value.low_text, *low ? low : NULL, false);
    lnti_text_bound_set(&value.high_text, *high ? high : NULL, false);
  } else if (a->op == LNTI_OP_LESS || a->op == LNTI_OP_LESS_EQUAL) {
    lnti_text_bound_set(&value.high_text, text, a->op == LNTI_OP_LESS);
  } else if (a->op == LNTI_OP_GREATER || a->op == LNTI_OP_GREATER_EQUAL) {
    lnti_text_bound_set(&value.low_text, text, a->op == LNTI_OP_GREATER);
  } else {
    value.kind = strpbrk(text, "*?") ? LNTI_VALUE_PATTERN : LNTI_VALUE_TEXT;
    value.text = text;
    value.is_number = lnti_number_of_text(&value.low, text);
  }
  return add(a, &value, err);
}

static lnt_status add_word(const adding *a, lnt_error *err) {
  const char *const *words = lnti_field_words(a->field);
  lnti_text all = {0};
  lnt_status status = LNT_OK;
  if (is_order(a->op)) return refuse_order(a, err);
  bool link = a->field->kind == LNTI_FIELD_CONFLICT || a->field->kind == LNTI_FIELD_LEAK;
  if (link && strcmp(a->word->text, "yes") == 0) {
    status = add(a, &(lnti_filter_value){.kind = LNTI_VALUE_WORD, .code = 1}, err);
    return status ? status : add(a, &(lnti_filter_value){.kind = LNTI_VALUE_WORD, .code = 2}, err);
  }
  for (uint32_t i = 0; words[i]; i++) {
    if (!*words[i] || strcmp(a->word->text, words[i]) != 0) continue;
    return add(a, &(lnti_filter_value){.kind = LNTI_VALUE_WORD, .code = i}, err);
  }
  for (size_t i = 0; words[i] && !status; i++) {
    if (!*words[i]) continue;
    status = lnti_text_printf(&all, err, "%s%s", all.length == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
  }
  if (!status) status = lnti_fail(err, LNT_EINVAL, "%s is %s, not '%.40s'", a->key, all.data, a->word->text);
  lnti_text_clear(&all);
  return status;
}

/* ---- questions ---- */

static bool find_state(uint32_t *out, const char *text) {
  for (uint32_t i = 0; i < sizeof states / sizeof states[0]; i++) {
    if (strcmp(text, states[i]) == 0) {
      *out = i;
      return true;
    }
  }
  return false;
}

/* The option of a path: keys, titles or aliases; of a tree one a node, '/' between. LNTI_NONE. */
static size_t find_option(const lnti_ontology *ontology, size_t question, const char *path) {
  size_t option = LNTI_NONE;
  char part[LNTI_ONTOLOGY_TITLE_MAX + 1];
  if (ontology->questions[question].type != LNTI_TREE) {
    return lnti_ontology_find_option(ontology, question, LNTI_NONE, path);
  }
  for (const char *rest = path;;) {
    size_t n = strcspn(rest, "/");
    if (n == 0 || n >= sizeof part) return LNTI_NONE;
    memcpy(part, rest, n);
    part[n] = '\0';
    option = lnti_ontology_find_option(ontology, question, option, part);
    if (option == LNTI_NONE || !rest[n]) return option;
    rest += n + 1;
    if (!*rest) return option; /* a slash at the end is forgiven */
  }
}

/* Every option whose path or title the pattern matches. */
static lnt_status add_matching_options(const adding *a, size_t *n_out, lnt_error *err) {
  const lnti_ontology *o = a->filter->names->ontology;
  lnti_text path = {0};
  lnt_status status = LNT_OK;
  size_t n = 0;
  for (size_t i = 0; i < o->n_options && !status; i++) {
    if (o->options[i].question != a->field->index) continue;
    path.length = 0;
    status = lnti_ontology_option_path(&path, o, i, err);
    if (status) break;
    bool matches =
        lnti_pattern_match(a->word->text, path.data) || lnti_pattern_match(a->word->text, o->options[i].title);
    if (!matches) continue;
    status = add(a, &(lnti_filter_value){.kind = LNTI_VALUE_OPTION, .option = i}, err);
    n++;
  }
  lnti_text_clear(&path);
  *n_out = n;
  return status;
}

static lnt_status fail_option(const adding *a, lnt_error *err) {
  const lnti_ontology *o = a->filter->names->ontology;
  const lnti_question *question = &o->questions[a->field->index];
  const char *names[NAMES_COMPARED];
  size_t n = 0;
  for (size_t i = question->first_option; i != LNTI_NONE && n < NAMES_COMPARED; i = o->options[i].next_sibling) {
    names[n++] = o->options[i].key;
  }
  const char *near = lnti_nearest_name(a->word->text, names, n);
  if (near) {
    return lnti_fail(
        err, LNT_EINVAL,
        "\"%.100s\" has no option \"%.100s\"; did you mean \"%.100s\"? See them with: linnet ontology show",
        question->title, a->word->text, near);
  }
  return lnti_fail(err, LNT_EINVAL,
                   "\"%.100s\" has no option \"%.100s\"; see them with: linnet ontology show (besides there are "
                   "unanswered, answered, unsure and none)",
                   question->title, a->word->text);
}

static lnt_status add_option(const adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_OPTION};
  size_t n = 0;
  if (is_order(a->op)) return refuse_order(a, err);
  value.option = find_option(a->filter->names->ontology, a->field->index, a->word->text);
  if (value.option != LNTI_NONE) return add(a, &value, err);
  if (find_state(&value.code, a->word->text)) {
    value.kind = LNTI_VALUE_STATE;
    return add(a, &value, err);
  }
  if (strpbrk(a->word->text, "*?")) {
    lnt_status status = add_matching_options(a, &n, err);
    if (status || n > 0) return status;
  }
  return fail_option(a, err);
}

static lnt_status add_number_answer(const adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_STATE};
  if (!is_order(a->op) && find_state(&value.code, a->word->text)) return add(a, &value, err);
  return add_real(a, err);
}

lnt_status lnti_filter_add_value(lnti_filter *filter, const lnti_field *field, const char *key, lnti_filter_op op,
                                 const lnti_filter_word *word, lnt_error *err) {
  const adding a = {filter, field, key, op, word};
  lnti_field_type type = lnti_field_type_of(field, filter->names);
  switch (type) {
    case LNTI_TYPE_INT:
      return add_int(&a, err);
    case LNTI_TYPE_REAL:
      return add_real(&a, err);
    case LNTI_TYPE_TEXT:
    case LNTI_TYPE_PATH:
      return add_text(&a, type, err);
    case LNTI_TYPE_META:
      return add_meta(&a, err);
    case LNTI_TYPE_WORDS:
      return add_word(&a, err);
    case LNTI_TYPE_QUESTION:
      return add_option(&a, err);
    case LNTI_TYPE_NUMBER:
      return add_number_answer(&a, err);
  }
  return lnti_fail(err, LNT_EINTERNAL, "a key of an unknown type");
}
