/*
 * What an operator and a word make of a key: numbers and intervals, texts and patterns, words of a list, options and the
 * states of an answer.
 */
#include <flow/filter/parts.h>

#include <base/error.h>
#include <base/text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static lnt_status fail_turned(const adding *a, const char *low, const char *high, lnt_error *err) {
  return lnti_fail(err, LNT_EINVAL,
                   "%s: nothing lies in %.40s..%.40s, whose ends are the wrong way round; write %.40s..%.40s", a->key,
                   low, high, high, low);
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
    if (!status && value.low_int > value.high_int) return fail_turned(a, low, high, err);
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

/* Confidences are kept as floats: 0.9 means what is written so. */
static lnt_status read_real(double *out, const adding *a, const char *text, lnt_error *err) {
  lnt_status status = lnti_parse_real(out, text, a->key, err);
  if (!status && a->field->kind == LNTI_FIELD_CONFIDENCE) *out = (double)(float)*out;
  return status;
}

static lnt_status add_real(const adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_REAL, .low = (double)-INFINITY, .high = (double)INFINITY};
  char *low = NULL, *high = NULL;
  double number = 0;
  lnt_status status = cut_range(&low, &high, a, err);
  if (status) return status;
  if (low) {
    if (*low) status = read_real(&value.low, a, low, err);
    if (!status && *high) status = read_real(&value.high, a, high, err);
    if (!status && value.low > value.high) return fail_turned(a, low, high, err);
    return status ? status : add(a, &value, err);
  }
  status = read_real(&number, a, a->word->text, err);
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

/* "split is a, b or c, not 'x'" */
static lnt_status fail_word(const adding *a, const char *const *words, lnt_error *err) {
  lnti_text all = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; words[i] && !status; i++) {
    if (!*words[i]) continue;
    status = lnti_text_printf(&all, err, "%s%s", all.length == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
  }
  if (!status) status = lnti_fail(err, LNT_EINVAL, "%s is %s, not '%.40s'", a->key, all.data, a->word->text);
  lnti_text_clear(&all);
  return status;
}

/* The place of the word, in any case of letters; LNTI_NONE. */
static size_t find_word(const char *const *words, const char *text) {
  for (size_t i = 0; words[i]; i++) {
    if (*words[i] && strcasecmp(text, words[i]) == 0) return i;
  }
  return LNTI_NONE;
}

static lnt_status add_text(const adding *a, lnti_field_type type, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_TEXT, .text = a->word->text};
  const char *const *words = a->field->kind == LNTI_FIELD_STAGE ? lnti_field_words(a->field) : NULL;
  if (is_order(a->op)) return refuse_order(a, err);
  if (strpbrk(a->word->text, type == LNTI_TYPE_PATH ? "*?[" : "*?")) {
    value.kind = LNTI_VALUE_PATTERN;
  } else if (type == LNTI_TYPE_PATH) {
    value.kind = LNTI_VALUE_PREFIX;
  } else if (words) {
    size_t place = find_word(words, a->word->text);
    if (place == LNTI_NONE) return fail_word(a, words, err);
    value.text = words[place];
  }
  return add(a, &value, err);
}

static lnt_status check_ends(const adding *a, const lnti_filter_value *value, lnt_error *err) {
  const lnti_text_bound any = {0}, *low = &value->low_text, *high = &value->high_text;
  if (lnti_text_within(low->text, &any, high)) return LNT_OK;
  if (lnti_text_within(high->text, &any, low)) return fail_turned(a, low->text, high->text, err);
  return lnti_fail(
      err, LNT_EINVAL,
      "%s: nothing lies in %.40s..%.40s: numbers, dates and other texts are never less or greater than each "
      "other",
      a->key, low->text, high->text);
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
    status = *low && *high ? check_ends(a, &value, err) : LNT_OK;
    if (status) return status;
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
  if (is_order(a->op)) return refuse_order(a, err);
  bool link = a->field->kind == LNTI_FIELD_CONFLICT || a->field->kind == LNTI_FIELD_LEAK;
  if (link && strcasecmp(a->word->text, "yes") == 0) {
    lnt_status status = add(a, &(lnti_filter_value){.kind = LNTI_VALUE_WORD, .code = 1}, err);
    return status ? status : add(a, &(lnti_filter_value){.kind = LNTI_VALUE_WORD, .code = 2}, err);
  }
  size_t place = find_word(words, a->word->text);
  if (place == LNTI_NONE) return fail_word(a, words, err);
  return add(a, &(lnti_filter_value){.kind = LNTI_VALUE_WORD, .code = (uint32_t)place}, err);
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

static lnt_status add_matching_option(void *payload, size_t option, lnt_error *err) {
  return add(payload, &(lnti_filter_value){.kind = LNTI_VALUE_OPTION, .option = option, .by_id = LNTI_NONE}, err);
}

static lnt_status add_option(adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_OPTION, .text = a->word->text};
  lnti_option_match match;
  size_t n = 0, question = lnti_field_question(a->field, a->filter->names);
  if (is_order(a->op)) return refuse_order(a, err);
  lnt_status status = lnti_filter_find_option(&match, a->filter, question, a->word->text, err);
  if (status) return status;
  if (match.option != LNTI_NONE) {
    value.option = match.option;
    value.by_id = match.by_id;
    return add(a, &value, err);
  }
  if (find_state(&value.code, a->word->text)) {
    value.kind = LNTI_VALUE_STATE;
    return add(a, &value, err);
  }
  if (strpbrk(a->word->text, "*?")) {
    status = lnti_filter_match_options(&n, a->filter, question, a->word->text, add_matching_option, a, err);
    if (status || n > 0) return status;
  }
  return lnti_filter_no_option(a->filter->names, question, a->word->text, err);
}

static lnt_status add_number_answer(const adding *a, lnt_error *err) {
  lnti_filter_value value = {.kind = LNTI_VALUE_STATE};
  if (!is_order(a->op) && find_state(&value.code, a->word->text)) return add(a, &value, err);
  return add_real(a, err);
}

lnt_status lnti_filter_add_value(lnti_filter *filter, const lnti_field *field, const char *key, lnti_filter_op op,
                                 const lnti_filter_word *word, lnt_error *err) {
  adding a = {filter, field, key, op, word};
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
