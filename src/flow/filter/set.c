/*
 * The values of one term, readied to be compared with many texts: what is compared as it stands is sorted and found by
 * bisection, so that a list of a hundred thousand names costs a text little more than one of three. Only patterns and ranges
 * are tried one after the other.
 */
#include <flow/filter/parts.h>

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_number(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Leaves out what begins with another: then a text's beginning can only be the greatest that is not above it. */
static size_t shortest_beginnings(const char **sorted, size_t n) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    bool covered = kept > 0 && strncmp(sorted[kept - 1], sorted[i], strlen(sorted[kept - 1])) == 0;
    if (!covered) sorted[kept++] = sorted[i];
  }
  return kept;
}

static void allow_first(lnti_value_set *set, const lnti_filter_value *value) {
  bool any = value->kind == LNTI_VALUE_TEXT_RANGE || (value->kind == LNTI_VALUE_TEXT && value->is_number) ||
             !*value->text || (value->kind == LNTI_VALUE_PATTERN && strchr("*?[\\", *value->text));
  if (any) {
    memset(set->first, true, sizeof set->first);
  } else {
    set->first[(unsigned char)*value->text] = true;
  }
}

lnt_status lnti_value_set_init(lnti_value_set *out, const lnti_filter_value *values, size_t n, lnt_error *err) {
  lnti_value_set set = {0};
  bool beginnings = false;
  lnt_status status = lnti_alloc(&set.texts, n, sizeof *set.texts, err);
  if (!status) status = lnti_alloc(&set.numbers, n, sizeof *set.numbers, err);
  if (!status) status = lnti_alloc(&set.rest, n, sizeof *set.rest, err);
  if (status) {
    lnti_value_set_clear(&set);
    return status;
  }
  for (size_t i = 0; i < n; i++) {
    const lnti_filter_value *value = &values[i];
    allow_first(&set, value);
    if (value->kind == LNTI_VALUE_TEXT || value->kind == LNTI_VALUE_PREFIX) {
      set.texts[set.n_texts++] = value->text;
      beginnings = value->kind == LNTI_VALUE_PREFIX;
    } else {
      size_t n_tail = value->kind == LNTI_VALUE_PATTERN ? lnti_pattern_tail(value->text) : 0;
      const char *tail = n_tail ? value->text + strlen(value->text) - n_tail : "";
      set.rest[set.n_rest++] = (struct lnti_value_rest){value, tail, n_tail};
    }
    if (value->kind == LNTI_VALUE_TEXT && value->is_number) set.numbers[set.n_numbers++] = value->low;
  }
  qsort(set.texts, set.n_texts, sizeof *set.texts, by_text);
  qsort(set.numbers, set.n_numbers, sizeof *set.numbers, by_number);
  if (beginnings) set.n_texts = shortest_beginnings(set.texts, set.n_texts);
  *out = set;
  return LNT_OK;
}

void lnti_value_set_clear(lnti_value_set *set) {
  free(set->texts);
  free(set->numbers);
  free(set->rest);
  *set = (lnti_value_set){0};
}

static bool rest_has(const lnti_value_set *set, const char *text) {
  const size_t n = set->n_rest > 0 ? strlen(text) : 0;
  for (size_t i = 0; i < set->n_rest; i++) {
    const struct lnti_value_rest *rest = &set->rest[i];
    const lnti_filter_value *value = rest->value;
    if (n < rest->n_tail || memcmp(text + n - rest->n_tail, rest->tail, rest->n_tail) != 0) continue;
    bool holds = value->kind == LNTI_VALUE_PATTERN      ? lnti_pattern_match(value->text, text)
                 : value->kind == LNTI_VALUE_TEXT_RANGE ? lnti_text_within(text, &value->low_text, &value->high_text)
                                                        : false;
    if (holds) return true;
  }
  return false;
}

bool lnti_value_set_has(const lnti_value_set *set, const char *text) {
  double number = 0;
  if (!set->first[(unsigned char)*text]) return false;
  if (bsearch(&text, set->texts, set->n_texts, sizeof *set->texts, by_text)) return true;
  if (set->n_numbers > 0 && lnti_number_of_text(&number, text) &&
      bsearch(&number, set->numbers, set->n_numbers, sizeof *set->numbers, by_number)) {
    return true;
  }
  return rest_has(set, text);
}

bool lnti_value_set_begins(const lnti_value_set *set, const char *text) {
  size_t low = 0, high = set->n_texts;
  if (!set->first[(unsigned char)*text]) return false;
  while (low < high) { /* the first that is above the text */
    size_t middle = low + (high - low) / 2;
    if (strcmp(set->texts[middle], text) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low > 0 && strncmp(set->texts[low - 1], text, strlen(set->texts[low - 1])) == 0) return true;
  return rest_has(set, text);
}
