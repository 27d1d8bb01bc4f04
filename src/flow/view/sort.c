/*
 * Orders of the rows by a field, made when first asked for and kept until the rows change. Everything becomes a number of 64
 * bits a row, so that one sort serves all: values in order, then rows without one.
 */
#include <base/error.h>
#include <flow/filter/parts.h>
#include <flow/view/parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MISSING UINT64_MAX

/* ---- parsing ---- */

lnt_status lnti_sort_parse(lnti_sort *out, const lnti_filter_names *names, const char *text, lnt_error *err) {
  lnti_sort sort = {.descending = false};
  const char *colon = strrchr(text, ':');
  char *key = NULL;
  size_t n = strlen(text);
  if (colon && (strcmp(colon, ":desc") == 0 || strcmp(colon, ":asc") == 0)) {
    n = (size_t)(colon - text);
    sort.descending = colon[1] == 'd';
  }
  lnt_status status = lnti_strndup(&key, text, n, err);
  if (!status) status = lnti_field_find(&sort.field, names, key, err);
  if (!status) {
    bool checklist = lnti_field_is_answer(&sort.field) &&
                     names->ontology->questions[lnti_field_question(&sort.field, names)].type == LNTI_CHECKLIST;
    if (checklist || sort.field.kind == LNTI_FIELD_OPTION || sort.field.kind == LNTI_FIELD_PREDICTED_OPTION) {
      status = lnti_fail(err, LNT_EINVAL, "%s has several answers an item, and no order", key);
    }
  }
  free(key);
  if (!status) *out = sort;
  return status;
}

/* ---- keys ---- */

/* Doubles as unsigned numbers of the same order. */
static uint64_t key_of_real(double x, bool descending) {
  uint64_t bits;
  if (isnan(x)) return MISSING;
  x += 0.0; /* -0 is 0 */
  memcpy(&bits, &x, sizeof bits);
  bits = bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
  return descending ? ~bits : bits;
}

/* rank [n]: the place of each text in natural order, or by number where all texts but the first, "", are numbers. */
static lnt_status rank_words(uint64_t *rank, const lnti_words *words, bool descending, lnt_error *err);

typedef struct word_texts {
  const lnti_words *words;
} word_texts;

static const char *text_of_word(const void *payload, size_t i) {
  return lnti_words_text(((const word_texts *)payload)->words, i + 1);
}

static bool rank_numbers(uint64_t *rank, const lnti_words *words, bool descending) {
  for (size_t c = 1; c < lnti_words_count(words); c++) {
    double number;
    if (!lnti_number_of_text(&number, lnti_words_text(words, c))) return false;
    rank[c] = key_of_real(number, descending);
  }
  return true;
}

static lnt_status rank_words(uint64_t *rank, const lnti_words *words, bool descending, lnt_error *err) {
  const word_texts texts = {words};
  size_t n = lnti_words_count(words) - 1; /* "" is missing */
  uint32_t *order = NULL;
  rank[0] = MISSING;
  if (rank_numbers(rank, words, descending)) return LNT_OK;
  lnt_status status = lnti_alloc(&order, n, sizeof *order, err);
  if (!status) status = lnti_sort_texts(order, text_of_word, &texts, n, err);
  for (size_t i = 0; i < n && !status; i++) rank[order[i] + 1] = descending ? n - i : i;
  free(order);
  return status;
}

static const char *text_of_source(const void *payload, size_t i) {
  return ((const lnti_view *)payload)->sources[i].path;
}

/* rank [n_codes]: of each source id. */
static lnt_status rank_sources(uint64_t *rank, const lnti_view *view, size_t n_codes, bool descending, lnt_error *err) {
  uint32_t *order = NULL;
  for (size_t c = 0; c < n_codes; c++) rank[c] = MISSING;
  lnt_status status = lnti_alloc(&order, view->n_sources, sizeof *order, err);
  if (!status) status = lnti_sort_texts(order, text_of_source, view, view->n_sources, err);
  for (size_t i = 0; i < view->n_sources && !status; i++) {
    rank[view->sources[order[i]].id] = descending ? view->n_sources - i : i;
  }
  free(order);
  return status;
}

/* Options as they stand in the ontology, then unsure, none of these, and at the end no answer. */
static void rank_options(uint64_t *rank, const lnti_view *view, const lnti_field *field, size_t n_codes,
                         bool descending) {
  const lnti_question_rows *q = lnti_view_answer_rows(view, field);
  const uint64_t last = LNTI_ONTOLOGY_OPTIONS_MAX;
  rank[LNTI_CODE_UNANSWERED] = MISSING;
  rank[LNTI_CODE_UNSURE] = last + 1;
  rank[LNTI_CODE_NONE] = last + 2;
  for (size_t c = LNTI_CODE_FIRST; c < n_codes; c++) {
    size_t option = q && c - LNTI_CODE_FIRST < q->options.n
                        ? lnti_ontology_option_by_id(view->ontology, q->options.ids[c - LNTI_CODE_FIRST])
                        : LNTI_NONE;
    rank[c] = option == LNTI_NONE ? last : descending ? last - 1 - option : option;
  }
}

static const lnti_words *words_of(const lnti_view *view, const lnti_field *field) {
  const lnti_rows *rows = &view->rows;
  if (field->kind == LNTI_FIELD_SPLIT) return &rows->words[LNTI_WORD_SPLIT];
  if (field->kind == LNTI_FIELD_STAGE) return &rows->words[LNTI_WORD_STAGE];
  if (field->kind == LNTI_FIELD_FORMAT) return &rows->words[LNTI_WORD_FORMAT];
  return field->kind == LNTI_FIELD_META ? lnti_rows_meta(rows, view->meta_ids[field->index]) : NULL;
}

/* keys [n] of a field whose values are codes. */
static lnt_status keys_of_codes(uint64_t *keys, lnti_view *view, const lnti_sort *sort, const lnti_coded *coded,
                                lnt_error *err) {
  const lnti_words *words = words_of(view, &sort->field);
  uint64_t *rank = NULL;
  lnt_status status = lnti_alloc_zero(&rank, coded->n_codes, sizeof *rank, err);
  if (status) return status;
  if (words) {
    status = rank_words(rank, words, sort->descending, err);
  } else if (sort->field.kind == LNTI_FIELD_SOURCE) {
    status = rank_sources(rank, view, coded->n_codes, sort->descending, err);
  } else if (lnti_field_is_answer(&sort->field)) {
    rank_options(rank, view, &sort->field, coded->n_codes, sort->descending);
  } else {
    for (size_t c = 0; c < coded->n_codes; c++) rank[c] = sort->descending ? coded->n_codes - c : c;
  }
  for (size_t i = 0; i < view->rows.n && !status; i++) keys[i] = rank[lnti_column_code(coded->codes, i)];
  free(rank);
  return status;
}

/* Links and groups: 0 is none. */
static bool zero_is_missing(const lnti_field *field) {
  return field->kind == LNTI_FIELD_GROUP || field->kind == LNTI_FIELD_EQUAL || field->kind == LNTI_FIELD_NEAR;
}

static lnt_status sort_by_keys(uint32_t *order, lnti_view *view, const lnti_sort *sort, lnt_error *err) {
  uint64_t *keys = NULL;
  lnti_coded coded;
  bool is_coded = false;
  lnt_status status = lnti_view_need(view, &sort->field, err);
  if (status) return status;
  const lnti_column *numbers = lnti_view_numbers(view, &sort->field);
  bool real = numbers || sort->field.kind == LNTI_FIELD_ID || sort->field.kind == LNTI_FIELD_PIXELS;
  status = lnti_alloc(&keys, view->rows.n, sizeof *keys, err);
  if (!status && !real) status = lnti_view_coded(&coded, &is_coded, view, &sort->field, err);
  if (!status && is_coded) status = keys_of_codes(keys, view, sort, &coded, err);
  for (size_t i = 0; i < view->rows.n && !status && !is_coded; i++) {
    double x = lnti_view_number(view, &sort->field, i);
    keys[i] = x == 0 && zero_is_missing(&sort->field) ? MISSING : key_of_real(x, sort->descending);
  }
  if (!status) status = lnti_sort_keys(order, keys, view->rows.n, err);
  free(keys);
  return status;
}

/* ---- paths ---- */

static const char *text_of_member(const void *payload, size_t i) {
  return lnti_texts_get(&((const lnti_rows *)payload)->members, i);
}

/* By member, then, keeping that, by source: no two items have both. */
static lnt_status sort_by_path(uint32_t *order, lnti_view *view, bool descending, lnt_error *err) {
  const lnti_rows *rows = &view->rows;
  const lnti_sort by_source = {{LNTI_FIELD_SOURCE, 0, LNTI_NONE}, descending};
  uint32_t *members = NULL, *sources = NULL, *rank = NULL;
  uint64_t *keys = NULL;
  lnt_status status = lnti_alloc(&members, rows->n, sizeof *members, err);
  if (!status) status = lnti_alloc(&sources, rows->n, sizeof *sources, err);
  if (!status) status = lnti_alloc(&rank, rows->n, sizeof *rank, err);
  if (!status) status = lnti_alloc(&keys, rows->n, sizeof *keys, err);
  if (!status) status = lnti_sort_texts(members, text_of_member, rows, rows->n, err);
  if (!status) status = sort_by_keys(sources, view, &by_source, err);
  if (!status) {
    uint32_t place = 0; /* of the source among those in order; items of one stand together there */
    for (size_t i = 0; i < rows->n; i++) {
      const lnti_column *ids = &rows->numbers[LNTI_NUMBER_SOURCE];
      bool next = i && lnti_column_number(ids, sources[i]) != lnti_column_number(ids, sources[i - 1]);
      rank[sources[i]] = place += next;
    }
    for (size_t i = 0; i < rows->n; i++) keys[i] = rank[members[descending ? rows->n - 1 - i : i]];
    status = lnti_sort_keys(order, keys, rows->n, err);
  }
  for (size_t i = 0; i < rows->n && !status; i++) order[i] = members[descending ? rows->n - 1 - order[i] : order[i]];
  free(keys);
  free(rank);
  free(sources);
  free(members);
  return status;
}

/* ---- keeping ---- */

lnt_status lnti_view_get_caches(lnti_view_caches **out, lnti_view *view, lnt_error *err) {
  lnt_status status = view->caches ? LNT_OK : lnti_alloc_zero(&view->caches, 1, sizeof *view->caches, err);
  if (!status) *out = view->caches;
  return status;
}

void lnti_view_forget(lnti_view *view) {
  lnti_view_caches *caches = view->caches;
  lnti_view_forget_comparisons(view);
  if (!caches) return;
  for (size_t i = 0; i < caches->n_orders; i++) free(caches->orders[i].rows);
  lnti_column_clear(&caches->conflict);
  lnti_column_clear(&caches->leak);
  lnti_column_clear(&caches->labelled);
  lnti_column_clear(&caches->complete);
  free(caches);
  view->caches = NULL;
}

static lnt_status make_order(uint32_t **out, lnti_view *view, const lnti_sort *sort, lnt_error *err) {
  uint32_t *order = NULL;
  lnt_status status = lnti_alloc_aligned(&order, lnti_view_words(view) * 64, sizeof *order, err);
  if (status) return status;
  status = sort->field.kind == LNTI_FIELD_PATH ? sort_by_path(order, view, sort->descending, err)
                                               : sort_by_keys(order, view, sort, err);
  if (status) {
    free(order);
    return status;
  }
  *out = order;
  return LNT_OK;
}

static const uint32_t *find_order(const lnti_view_caches *caches, const lnti_sort *sort) {
  for (size_t i = 0; i < caches->n_orders; i++) {
    const lnti_sort *known = &caches->orders[i].sort;
    if (lnti_field_equal(&known->field, &sort->field) && known->descending == sort->descending) {
      return caches->orders[i].rows;
    }
  }
  return NULL;
}

/* Two threads may make the same order at once; the first to be done is kept. */
lnt_status lnti_view_get_order(const uint32_t **out, uint32_t **own_out, lnti_view *view, const lnti_sort *sort,
                               lnt_error *err) {
  lnti_view_caches *caches = NULL;
  uint32_t *order = NULL;
  *own_out = NULL;
  if (!sort || (sort->field.kind == LNTI_FIELD_ID && !sort->descending)) {
    *out = NULL;
    return LNT_OK;
  }
  pthread_mutex_lock(&view->caching);
  lnt_status status = lnti_view_get_caches(&caches, view, err);
  const uint32_t *known = status ? NULL : find_order(caches, sort);
  pthread_mutex_unlock(&view->caching);
  if (!status && !known) status = make_order(&order, view, sort, err);
  if (status) return status;
  if (order) {
    pthread_mutex_lock(&view->caching);
    known = find_order(caches, sort);
    if (!known && caches->n_orders < LNTI_VIEW_ORDERS_MAX) {
      caches->orders[caches->n_orders++] = (lnti_view_order){*sort, order};
      known = order;
      order = NULL;
    }
    pthread_mutex_unlock(&view->caching);
  }
  if (known) {
    free(order);
    *out = known;
  } else {
    *out = *own_out = order;
  }
  return LNT_OK;
}
