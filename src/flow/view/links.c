/*
 * What duplicates have that they should not: sets of equal or alike pictures under different answers, or in different
 * splits; the same sets that flow/duplicates counts from the store. Made from the columns when it is first asked for.
 *
 * A set is at fault where two of its items have different values of one thing: a split, the answer to a question, yes and no
 * to one option of a checklist. No value differs from none. A near set is at fault where such two are not equal pictures:
 * that is so whenever it has two values, and items with a value in two sets of equal pictures.
 */
#include <base/error.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

enum { LINK_NONE, LINK_EQUAL, LINK_NEAR };

/* Rows of one set, and what is found out of it. */
typedef struct set_walk {
  const lnti_view *view;
  const uint32_t *rows; /* [n] of the set */
  size_t n;
  const lnti_column *equal; /* of near sets: to tell equal pictures; NULL */
} set_walk;

/* Whether the codes of the rows differ, codes below `least` left out. */
static bool differs(const set_walk *set, const lnti_column *codes, uint32_t least) {
  bool any = false, two_values = false, two_sets = false;
  uint32_t first_code = 0;
  uint64_t first_equal = 0;
  for (size_t i = 0; i < set->n; i++) {
    uint32_t code = lnti_column_code(codes, set->rows[i]);
    if (code < least) continue;
    uint64_t equal = set->equal ? lnti_column_number(set->equal, set->rows[i]) : 0;
    if (!any) {
      first_code = code;
      first_equal = equal;
    }
    any = true;
    two_values = two_values || code != first_code;
    two_sets = two_sets || equal != first_equal;
  }
  return two_values && (!set->equal || two_sets);
}

static bool checks_differ(const set_walk *set, const lnti_option_bits *bits) {
  bool any = false, first_yes = false, two_values = false, two_sets = false;
  uint64_t first_equal = 0;
  for (size_t i = 0; i < set->n; i++) {
    bool yes = lnti_bits_get(&bits->yes, set->rows[i]);
    if (!yes && !lnti_bits_get(&bits->no, set->rows[i])) continue;
    uint64_t equal = set->equal ? lnti_column_number(set->equal, set->rows[i]) : 0;
    if (!any) {
      first_yes = yes;
      first_equal = equal;
    }
    any = true;
    two_values = two_values || yes != first_yes;
    two_sets = two_sets || equal != first_equal;
  }
  return two_values && (!set->equal || two_sets);
}

static bool answers_differ(const set_walk *set) {
  const lnti_rows *rows = &set->view->rows;
  for (size_t q = 0; q < rows->question_ids.n; q++) {
    const lnti_question_rows *question = &rows->questions[q];
    if (question->options.n && differs(set, &question->codes, LNTI_CODE_FIRST)) return true;
    for (size_t o = 0; o < question->checks.n; o++) {
      if (checks_differ(set, &question->bits[o])) return true;
    }
  }
  return false;
}

static lnt_status mark(lnti_column *column, const set_walk *set, uint32_t word, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < set->n && !status; i++) {
    if (lnti_column_code(column, set->rows[i]) != LINK_EQUAL) status = lnti_column_set(column, set->rows[i], word, err);
  }
  return status;
}

static lnt_status judge_set(lnti_view_caches *caches, const set_walk *set, lnt_error *err) {
  lnti_link_counts *counts = &caches->link_counts;
  const uint32_t word = set->equal ? LINK_NEAR : LINK_EQUAL;
  lnt_status status = LNT_OK;
  if (set->n < 2) return LNT_OK;
  if (set->equal) {
    size_t pictures = 0; /* of equal ones the lowest counts */
    for (size_t i = 0; i < set->n; i++) {
      pictures += lnti_column_number(set->equal, set->rows[i]) == (uint64_t)set->view->rows.ids[set->rows[i]];
    }
    counts->near_copies += pictures ? pictures - 1 : 0;
  } else {
    counts->copies += set->n - 1;
  }
  if (answers_differ(set)) {
    *(set->equal ? &counts->near_conflicts : &counts->equal_conflicts) += 1;
    status = mark(&caches->conflict, set, word, err);
  }
  if (!status && differs(set, &set->view->rows.words[LNTI_WORD_SPLIT].codes, 1)) {
    *(set->equal ? &counts->near_leaks : &counts->equal_leaks) += 1;
    status = mark(&caches->leak, set, word, err);
  }
  return status;
}

/* All sets of one kind: the linked rows, sorted by the set that they are in. */
static lnt_status judge_sets(lnti_view_caches *caches, const lnti_view *view, lnti_number_column which,
                             lnt_error *err) {
  const lnti_column *sets = &view->rows.numbers[which];
  uint32_t *rows = NULL, *order = NULL, *sorted = NULL;
  uint64_t *keys = NULL;
  size_t n = 0;
  for (size_t i = 0; i < view->rows.n; i++) n += lnti_column_number(sets, i) != 0;
  lnt_status status = lnti_alloc(&rows, n, sizeof *rows, err);
  if (!status) status = lnti_alloc(&keys, n, sizeof *keys, err);
  if (!status) status = lnti_alloc(&order, n, sizeof *order, err);
  if (!status) status = lnti_alloc(&sorted, n, sizeof *sorted, err);
  if (status) goto done;
  n = 0;
  for (size_t i = 0; i < view->rows.n; i++) {
    uint64_t set = lnti_column_number(sets, i);
    if (!set) continue;
    keys[n] = set;
    rows[n++] = (uint32_t)i;
  }
  status = lnti_sort_keys(order, keys, n, err);
  for (size_t i = 0; i < n && !status; i++) sorted[i] = rows[order[i]];
  for (size_t begin = 0, end; begin < n && !status; begin = end) {
    for (end = begin + 1; end < n && keys[order[end]] == keys[order[begin]]; end++) {}
    const set_walk set = {view, sorted + begin, end - begin,
                          which == LNTI_NUMBER_NEAR ? &view->rows.numbers[LNTI_NUMBER_EQUAL] : NULL};
    status = judge_set(caches, &set, err);
  }
done:
  free(sorted);
  free(order);
  free(keys);
  free(rows);
  return status;
}

static lnt_status make_links(lnti_view_caches *caches, const lnti_view *view, lnt_error *err) {
  const lnti_column *duplicate = &view->rows.numbers[LNTI_NUMBER_DUPLICATE];
  caches->link_counts = (lnti_link_counts){0};
  lnti_column_clear(&caches->conflict);
  lnti_column_clear(&caches->leak);
  for (size_t i = 0; i < view->rows.n; i++) {
    uint32_t word = lnti_column_code(duplicate, i);
    caches->link_counts.equal += word == LINK_EQUAL;
    caches->link_counts.near += word == LINK_NEAR;
  }
  lnt_status status = judge_sets(caches, view, LNTI_NUMBER_EQUAL, err);
  if (!status) status = judge_sets(caches, view, LNTI_NUMBER_NEAR, err);
  if (!status) status = lnti_column_reserve(&caches->conflict, view->rows.n, err);
  if (!status) status = lnti_column_reserve(&caches->leak, view->rows.n, err);
  caches->has_links = status == LNT_OK;
  return status;
}

/* The caches with their links; *caches_out is good until the view changes. */
static lnt_status get_links(lnti_view_caches **caches_out, lnti_view *view, lnt_error *err) {
  pthread_mutex_lock(&view->caching);
  lnt_status status = lnti_view_get_caches(caches_out, view, err);
  if (!status && !(*caches_out)->has_links) status = make_links(*caches_out, view, err);
  pthread_mutex_unlock(&view->caching);
  return status;
}

lnt_status lnti_view_links(const lnti_column **out, lnti_view *view, lnti_field_kind kind, lnt_error *err) {
  lnti_view_caches *caches = NULL;
  lnt_status status = get_links(&caches, view, err);
  if (!status) *out = kind == LNTI_FIELD_LEAK ? &caches->leak : &caches->conflict;
  return status;
}

lnt_status lnti_view_link_counts(lnti_link_counts *out, lnti_view *view, lnt_error *err) {
  lnti_view_caches *caches = NULL;
  lnt_status status = get_links(&caches, view, err);
  if (!status) *out = caches->link_counts;
  return status;
}
