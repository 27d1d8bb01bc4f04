/*
 * Filters over the columns of a view. A term becomes a bitmap, and, or and not are joins of bitmaps. A term over texts or options
 * is decided once for each different value, and the rows then look their code up: so a pattern over a million items costs as
 * many comparisons as there are values. Only paths are looked at one by one, on all threads.
 */
#include <base/error.h>
#include <flow/filter_parts.h>
#include <flow/view_parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_GRAIN = 1 << 14, RANGES_ONE_BY_ONE = 8 };

/* One term and where its rows go. */
typedef struct matching {
  const lnti_filter *filter;
  const lnti_filter_term *term;
  const lnti_filter_value *values; /* [term->n_values] */
  lnti_view *view;
  uint64_t *bits;
} matching;

static void set_bit(uint64_t *bits, size_t row) {
  bits[row / 64] |= (uint64_t)1 << row % 64;
}

static void join_or(uint64_t *bits, const uint64_t *more, size_t words) {
  for (size_t w = 0; w < words; w++) bits[w] |= more[w];
}

/* ---- texts and words ---- */

static bool text_matches(const lnti_filter_value *value, const char *text) {
  double number;
  switch (value->kind) {
    case LNTI_VALUE_TEXT:
      if (strcmp(value->text, text) == 0) return true;
      return value->is_number && lnti_number_of_text(&number, text) && !(number < value->low) && !(number > value->low);
    case LNTI_VALUE_PATTERN:
      return lnti_pattern_match(value->text, text);
    case LNTI_VALUE_PREFIX:
      return strncmp(text, value->text, strlen(value->text)) == 0;
    case LNTI_VALUE_TEXT_RANGE:
      return lnti_text_within(text, &value->low_text, &value->high_text);
    default:
      return false;
  }
}

static bool any_matches(const matching *m, const char *text) {
  for (size_t i = 0; i < m->term->n_values; i++) {
    if (text_matches(&m->values[i], text)) return true;
  }
  return false;
}

static const lnti_words *words_of(const matching *m) {
  const lnti_rows *rows = &m->view->rows;
  switch (m->term->field.kind) {
    case LNTI_FIELD_SPLIT:
      return &rows->words[LNTI_WORD_SPLIT];
    case LNTI_FIELD_STAGE:
      return &rows->words[LNTI_WORD_STAGE];
    case LNTI_FIELD_FORMAT:
      return &rows->words[LNTI_WORD_FORMAT];
    case LNTI_FIELD_META:
      return lnti_rows_meta(rows, m->view->meta_ids[m->term->field.index]);
    default:
      return NULL;
  }
}

static void allow_words(uint8_t *allowed, const matching *m, size_t n_codes) {
  const lnti_words *words = words_of(m);
  for (size_t c = 0; c < n_codes; c++) {
    allowed[c] = any_matches(m, words ? lnti_words_text(words, c) : "") ? 255 : 0;
  }
}

static void allow_sources(uint8_t *allowed, const matching *m) {
  for (size_t i = 0; i < m->view->n_sources; i++) {
    if (any_matches(m, m->view->sources[i].path)) allowed[m->view->sources[i].id] = 255;
  }
}

/* ---- answers ---- */

static void allow_state(uint8_t *allowed, uint32_t state, size_t n_codes) {
  switch (state) {
    case LNTI_IS_UNANSWERED:
      allowed[LNTI_CODE_UNANSWERED] = 255;
      break;
    case LNTI_IS_UNSURE:
      allowed[LNTI_CODE_UNSURE] = 255;
      break;
    case LNTI_IS_NONE:
      allowed[LNTI_CODE_NONE] = 255;
      break;
    default:
      memset(allowed + LNTI_CODE_FIRST, 255, n_codes - LNTI_CODE_FIRST);
  }
}

/* Each option that is an answer goes up to the root once, and asks a set of the options that are wanted. */
static lnt_status allow_options(uint8_t *allowed, const matching *m, lnt_error *err) {
  const lnti_ontology *o = m->view->ontology;
  const lnti_question_rows *q = lnti_rows_question(&m->view->rows, o->questions[m->term->field.index].id);
  uint8_t *wanted = NULL;
  if (!q) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&wanted, o->n_options, 1, err);
  if (status) return status;
  for (size_t i = 0; i < m->term->n_values; i++) {
    if (m->values[i].kind == LNTI_VALUE_OPTION) wanted[m->values[i].option] = 1;
  }
  for (size_t p = 0; p < q->options.n; p++) {
    size_t option = lnti_ontology_option_by_id(o, q->options.ids[p]);
    for (; option != LNTI_NONE && !allowed[LNTI_CODE_FIRST + p]; option = o->options[option].parent) {
      if (wanted[option]) allowed[LNTI_CODE_FIRST + p] = 255;
    }
  }
  free(wanted);
  return LNT_OK;
}

static lnt_status allow_answers(uint8_t *allowed, const matching *m, size_t n_codes, lnt_error *err) {
  for (size_t i = 0; i < m->term->n_values; i++) {
    if (m->values[i].kind == LNTI_VALUE_STATE) allow_state(allowed, m->values[i].code, n_codes);
  }
  return allow_options(allowed, m, err);
}

static lnt_status match_codes(const matching *m, const lnti_coded *coded, lnt_error *err) {
  uint8_t *allowed = NULL;
  size_t n = coded->n_codes;
  lnt_status status = lnti_alloc_zero(&allowed, lnti_facet_table_bytes(n), 1, err);
  if (status) return status;
  lnti_field_type type = lnti_field_type_of(&m->term->field, m->filter->names);
  if (type == LNTI_TYPE_WORDS) {
    for (size_t i = 0; i < m->term->n_values; i++) allowed[m->values[i].code] = 255;
  } else if (m->term->field.kind == LNTI_FIELD_SOURCE) {
    allow_sources(allowed, m);
  } else if (m->term->field.kind == LNTI_FIELD_QUESTION) {
    status = allow_answers(allowed, m, n, err);
  } else {
    allow_words(allowed, m, n);
  }
  if (!status) lnti_view_select_codes(m->bits, m->view, coded, allowed);
  free(allowed);
  return status;
}

/* ---- checklists ---- */

static void join_column(uint64_t *bits, const lnti_column *column, size_t words) {
  if (column->width) join_or(bits, column->data, words);
}

static const lnti_option_bits *bits_of(const matching *m, size_t option) {
  const lnti_ontology *o = m->view->ontology;
  const lnti_question_rows *q = lnti_rows_question(&m->view->rows, o->questions[m->term->field.index].id);
  size_t place = q ? lnti_places_find(&q->checks, o->options[option].id) : LNTI_NONE;
  return place == LNTI_NONE ? NULL : &q->bits[place];
}

static void invert(uint64_t *bits, const lnti_view *view) {
  size_t n = view->rows.n;
  for (size_t w = 0; w < lnti_facet_words(n); w++) bits[w] = ~bits[w];
  if (n % 64) bits[n / 64] &= ((uint64_t)1 << n % 64) - 1;
}

/* Rows with a code of the question as a whole: unsure, or none. */
static void join_code(const matching *m, const lnti_question_rows *q, uint32_t code) {
  for (size_t i = 0; i < m->view->rows.n; i++) {
    if (lnti_column_code(&q->codes, i) == code) set_bit(m->bits, i);
  }
}

/* Rows with any yes or no. */
static void join_answered(uint64_t *bits, const lnti_question_rows *q, size_t words) {
  for (size_t i = 0; i < q->checks.n; i++) {
    join_column(bits, &q->bits[i].yes, words);
    join_column(bits, &q->bits[i].no, words);
  }
}

/* No yes, no no, and neither unsure nor none. */
static lnt_status join_unanswered(const matching *m, const lnti_question_rows *q, lnt_error *err) {
  uint64_t *any = NULL;
  size_t words = lnti_view_words(m->view);
  lnt_status status = lnti_view_new_bits(&any, m->view, err);
  if (status) return status;
  if (q) {
    const matching other = {m->filter, m->term, m->values, m->view, any};
    join_answered(any, q, words);
    join_code(&other, q, LNTI_CODE_UNSURE);
    join_code(&other, q, LNTI_CODE_NONE);
  }
  invert(any, m->view);
  join_or(m->bits, any, words);
  free(any);
  return LNT_OK;
}

static lnt_status match_checklist(const matching *m, lnt_error *err) {
  const lnti_ontology *o = m->view->ontology;
  const lnti_question_rows *q = lnti_rows_question(&m->view->rows, o->questions[m->term->field.index].id);
  size_t words = lnti_view_words(m->view);
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < m->term->n_values && !status; i++) {
    const lnti_filter_value *value = &m->values[i];
    if (value->kind == LNTI_VALUE_OPTION) {
      const lnti_option_bits *bits = bits_of(m, value->option);
      if (bits) join_column(m->bits, &bits->yes, words);
    } else if (value->code == LNTI_IS_UNANSWERED) {
      status = join_unanswered(m, q, err);
    } else if (q && value->code == LNTI_IS_ANSWERED) {
      join_answered(m->bits, q, words);
    } else if (q) {
      join_code(m, q, value->code == LNTI_IS_UNSURE ? LNTI_CODE_UNSURE : LNTI_CODE_NONE);
    }
  }
  return status;
}

/* yes, no or unknown of one option; unknown is what is neither. */
static lnt_status match_option(const matching *m, lnt_error *err) {
  const lnti_option_bits *bits = bits_of(m, m->term->field.option);
  size_t words = lnti_view_words(m->view);
  uint64_t *known = NULL;
  lnt_status status = lnti_view_new_bits(&known, m->view, err);
  if (status) return status;
  if (bits) {
    join_column(known, &bits->yes, words);
    join_column(known, &bits->no, words);
  }
  invert(known, m->view); /* now: unknown */
  for (size_t i = 0; i < m->term->n_values; i++) {
    if (m->values[i].code == LNTI_TRI_UNKNOWN) join_or(m->bits, known, words);
    if (m->values[i].code == LNTI_TRI_YES && bits) join_column(m->bits, &bits->yes, words);
    if (m->values[i].code == LNTI_TRI_NO && bits) join_column(m->bits, &bits->no, words);
  }
  free(known);
  return LNT_OK;
}

/* ---- numbers ---- */

/* Rows of a whole-number column in [low,high]. */
static void int_range(uint64_t *bits, const lnti_view *view, const lnti_column *column, int64_t low, int64_t high) {
  lnt_cpu_level cpu = view->project->context.cpu;
  if (low < 0) low = 0;
  if (low > high || (column->width < 8 && low > UINT32_MAX)) {
    memset(bits, 0, lnti_view_words(view) * sizeof *bits);
  } else if (column->width == 8) {
    lnti_facet_range_real(bits, column->data, view->rows.n, (double)low, (double)high, cpu);
  } else if (column->width) {
    uint32_t most = high > UINT32_MAX ? UINT32_MAX : (uint32_t)high;
    lnti_facet_range(bits, column->data, column->width, view->rows.n, (uint32_t)low, most, cpu);
  } else if (low == 0) {
    lnti_view_all_bits(bits, view);
  } else {
    memset(bits, 0, lnti_view_words(view) * sizeof *bits);
  }
}

static int by_low(const void *a, const void *b) {
  int64_t x = ((const lnti_filter_value *)a)->low_int, y = ((const lnti_filter_value *)b)->low_int;
  return (x > y) - (x < y);
}

/* Many values: sorted, joined where they overlap, and each row finds its own by bisection. */
static lnt_status int_list(const matching *m, lnt_error *err) {
  lnti_filter_value *sorted = NULL;
  size_t n = 0;
  lnt_status status = lnti_alloc(&sorted, m->term->n_values, sizeof *sorted, err);
  if (status) return status;
  memcpy(sorted, m->values, m->term->n_values * sizeof *sorted);
  qsort(sorted, m->term->n_values, sizeof *sorted, by_low);
  for (size_t i = 1; i < m->term->n_values; i++) {
    if (sorted[i].low_int > sorted[n].high_int) {
      sorted[++n] = sorted[i];
    } else if (sorted[i].high_int > sorted[n].high_int) {
      sorted[n].high_int = sorted[i].high_int;
    }
  }
  for (size_t row = 0; row < m->view->rows.n; row++) {
    int64_t x = (int64_t)lnti_view_number(m->view, &m->term->field, row);
    size_t low = 0, high = n + 1;
    while (low < high) { /* the first that begins behind x */
      size_t middle = low + (high - low) / 2;
      if (sorted[middle].low_int <= x) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low > 0 && x <= sorted[low - 1].high_int) set_bit(m->bits, row);
  }
  free(sorted);
  return LNT_OK;
}

/* "The set of that item": any item of it may be named, and the lowest is what the rows have. */
static void widen_to_set(int64_t *low, int64_t *high, const matching *m, const lnti_column *column) {
  size_t row = *low == *high ? lnti_rows_find(&m->view->rows, *low) : LNTI_NONE;
  uint64_t set = row == LNTI_NONE ? 0 : lnti_column_number(column, row);
  if (set) *low = *high = (int64_t)set;
}

static lnt_status match_ints(const matching *m, const lnti_column *column, lnt_error *err) {
  uint64_t *one = NULL;
  bool set = m->term->field.kind == LNTI_FIELD_EQUAL || m->term->field.kind == LNTI_FIELD_NEAR;
  if (m->term->n_values > RANGES_ONE_BY_ONE && !set) return int_list(m, err);
  lnt_status status = lnti_view_new_bits(&one, m->view, err);
  if (status) return status;
  for (size_t i = 0; i < m->term->n_values; i++) {
    int64_t low = m->values[i].low_int, high = m->values[i].high_int;
    if (set) widen_to_set(&low, &high, m, column);
    int_range(one, m->view, column, low, high);
    join_or(m->bits, one, lnti_view_words(m->view));
  }
  free(one);
  return LNT_OK;
}

static lnt_status match_reals(const matching *m, const lnti_column *column, lnt_error *err) {
  uint64_t *one = NULL;
  lnt_status status = lnti_view_new_bits(&one, m->view, err);
  if (status) return status;
  for (size_t i = 0; i < m->term->n_values && column->width; i++) {
    if (m->values[i].kind != LNTI_VALUE_REAL) continue;
    lnti_facet_range_real(one, column->data, m->view->rows.n, m->values[i].low, m->values[i].high,
                          m->view->project->context.cpu);
    join_or(m->bits, one, lnti_view_words(m->view));
  }
  free(one);
  return LNT_OK;
}

/* A question that asks for a number: its states are codes, its values numbers. */
static lnt_status match_number_answers(const matching *m, const lnti_coded *coded, lnt_error *err) {
  lnt_status status = match_codes(m, coded, err);
  return status ? status : match_reals(m, lnti_view_numbers(m->view, &m->term->field), err);
}

/* The first row whose id is at least `id`. */
static size_t row_from(const lnti_rows *rows, int64_t id) {
  size_t low = 0, high = rows->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (rows->ids[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static void match_ids(const matching *m) {
  for (size_t i = 0; i < m->term->n_values; i++) {
    const lnti_filter_value *value = &m->values[i];
    size_t row = row_from(&m->view->rows, value->low_int);
    for (; row < m->view->rows.n && m->view->rows.ids[row] <= value->high_int; row++) set_bit(m->bits, row);
  }
}

static void match_pixels(const matching *m) {
  const lnti_column *w = &m->view->rows.numbers[LNTI_NUMBER_WIDTH], *h = &m->view->rows.numbers[LNTI_NUMBER_HEIGHT];
  for (size_t row = 0; row < m->view->rows.n; row++) {
    uint64_t pixels = lnti_column_number(w, row) * lnti_column_number(h, row); /* each below 2^32 */
    for (size_t i = 0; i < m->term->n_values; i++) {
      const lnti_filter_value *value = &m->values[i];
      bool above = value->low_int <= 0 || pixels >= (uint64_t)value->low_int;
      if (above && value->high_int >= 0 && pixels <= (uint64_t)value->high_int) set_bit(m->bits, row);
    }
  }
}

/* ---- paths ---- */

/* The beginning of the URIs of one source: its path and what stands before the member. */
static lnt_status begin_uri(lnti_text *uri, const lnti_view *view, uint64_t source_id, lnt_error *err) {
  const lnti_view_source *source = lnti_view_source_of(view, (int64_t)source_id);
  const lnti_item item = {
      .source = source ? source->path : "", .source_kind = source ? source->kind : LNTI_SOURCE_FOLDER, .member = ""};
  uri->length = 0;
  return lnti_item_uri(uri, &item, err);
}

/* Whole words of 64 rows, so that no two threads write to one. */
static lnt_status match_paths(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const matching *m = payload;
  const lnti_rows *rows = &m->view->rows;
  uint64_t source = UINT64_MAX;
  lnti_text uri = {0};
  size_t n_begin = 0;
  lnt_status status = LNT_OK;
  (void)worker;
  for (size_t row = begin; row < end && !status; row++) {
    uint64_t id = lnti_column_number(&rows->numbers[LNTI_NUMBER_SOURCE], row);
    const char *member = lnti_texts_get(&rows->members, row);
    if (id != source) {
      status = begin_uri(&uri, m->view, id, err);
      if (status) break;
      source = id;
      n_begin = uri.length;
    }
    uri.length = n_begin;
    status = lnti_text_append(&uri, member, strlen(member), err);
    if (!status && any_matches(m, uri.data)) set_bit(m->bits, row);
  }
  lnti_text_clear(&uri);
  return status;
}

/* ---- one term ---- */

static lnt_status match_term(uint64_t *bits, const lnti_filter *filter, const lnti_filter_term *term, lnti_view *view,
                             lnt_error *err) {
  matching m = {filter, term, filter->values + term->first_value, view, bits};
  const lnti_context *context = &view->project->context;
  lnti_coded coded;
  bool is_coded = false;
  memset(bits, 0, lnti_view_words(view) * sizeof *bits);
  if (term->field.kind == LNTI_FIELD_ID) {
    match_ids(&m);
    return LNT_OK;
  }
  if (term->field.kind == LNTI_FIELD_PIXELS) {
    match_pixels(&m);
    return LNT_OK;
  }
  if (term->field.kind == LNTI_FIELD_PATH) {
    return lnti_pool_for(context->pool, view->rows.n, PATH_GRAIN, match_paths, &m, context->cancel, err);
  }
  if (term->field.kind == LNTI_FIELD_OPTION) return match_option(&m, err);
  lnt_status status = lnti_view_coded(&coded, &is_coded, view, &term->field, err);
  if (status) return status;
  const lnti_column *numbers = lnti_view_numbers(view, &term->field);
  if (is_coded && numbers) return match_number_answers(&m, &coded, err);
  if (is_coded) return match_codes(&m, &coded, err);
  if (term->field.kind == LNTI_FIELD_QUESTION) return match_checklist(&m, err);
  if (numbers) return numbers->real ? match_reals(&m, numbers, err) : match_ints(&m, numbers, err);
  for (size_t row = 0; row < view->rows.n; row++) { /* sources whose ids are too large for a table */
    const lnti_view_source *source =
        lnti_view_source_of(view, (int64_t)lnti_column_number(&view->rows.numbers[LNTI_NUMBER_SOURCE], row));
    if (source && any_matches(&m, source->path)) set_bit(bits, row);
  }
  return LNT_OK;
}

/* ---- the tree ---- */

static lnt_status match_joined(uint64_t *bits, const lnti_filter *filter, const lnti_filter_node *node, lnti_view *view,
                               lnt_error *err) {
  const size_t words = lnti_view_words(view);
  uint64_t *one = NULL;
  lnt_status status = lnti_filter_match_node(bits, filter, node->first, view, err);
  if (!status) status = lnti_view_new_bits(&one, view, err);
  for (size_t i = filter->nodes[node->first].next; i != LNTI_NONE && !status; i = filter->nodes[i].next) {
    status = lnti_filter_match_node(one, filter, i, view, err);
    if (node->kind == LNTI_NODE_OR) {
      join_or(bits, one, words);
    } else {
      for (size_t w = 0; w < words; w++) bits[w] &= one[w];
    }
  }
  free(one);
  return status;
}

lnt_status lnti_filter_match_node(uint64_t *bits, const lnti_filter *filter, size_t node, lnti_view *view,
                                  lnt_error *err) {
  const lnti_filter_node *n = &filter->nodes[node];
  lnt_status status = LNT_OK;
  switch (n->kind) {
    case LNTI_NODE_ALL:
      lnti_view_all_bits(bits, view);
      return LNT_OK;
    case LNTI_NODE_TERM:
      return match_term(bits, filter, &filter->terms[n->term], view, err);
    case LNTI_NODE_NOT:
      status = lnti_filter_match_node(bits, filter, n->first, view, err);
      if (!status) invert(bits, view);
      return status;
    case LNTI_NODE_AND:
    case LNTI_NODE_OR:
      return match_joined(bits, filter, n, view, err);
  }
  return lnti_fail(err, LNT_EINTERNAL, "a filter's node of kind %d", (int)n->kind);
}

lnt_status lnti_filter_match(uint64_t *bits, const lnti_filter *filter, lnti_view *view, lnt_error *err) {
  if (filter) return lnti_filter_match_node(bits, filter, filter->root, view, err);
  lnti_view_all_bits(bits, view);
  return LNT_OK;
}
