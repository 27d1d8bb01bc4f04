/*
 * Filters over the columns of a view. A term becomes a bitmap, and, or and not are joins of bitmaps. A term over texts or options
 * is decided once for each different value, and the rows then look their code up: so a pattern over a million items costs as
 * many comparisons as there are values. Only paths are looked at one by one, on all threads.
 */
#include <base/error.h>
#include <flow/filter/parts.h>
#include <flow/view/parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_GRAIN = 1 << 12, FEW = 16 /* ranges or patterns that are looked at one by one */ };

/* One term and where its rows go. */
typedef struct matching {
  const lnti_filter *filter;
  const lnti_filter_term *term;
  const lnti_filter_value *values; /* [term->n_values] */
  lnti_view *view;
  uint64_t *bits;
} matching;

static void join_or(uint64_t *bits, const uint64_t *more, size_t words) {
  for (size_t w = 0; w < words; w++) bits[w] |= more[w];
}

/* ---- texts and words ---- */

typedef struct allowing {
  uint8_t *allowed; /* [n] by code */
  const lnti_words *words;
  const lnti_value_set *set;
  const lnti_cancel *cancel;
} allowing;

static lnt_status allow_some_words(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const allowing *a = payload;
  const bool slow = a->set->n_rest > FEW;
  lnt_status status = LNT_OK;
  (void)worker;
  for (size_t c = begin; c < end && !status; c++) {
    if (slow) status = lnti_cancel_check(a->cancel, err);
    a->allowed[c] = lnti_value_set_has(a->set, a->words ? lnti_words_text(a->words, c) : "") ? 255 : 0;
  }
  return status;
}

static lnt_status allow_words(uint8_t *allowed, const matching *m, const lnti_value_set *set, size_t n_codes,
                              lnt_error *err) {
  const lnti_context *context = &m->view->project->context;
  allowing a = {allowed, lnti_view_words_of(m->view, &m->term->field), set, context->cancel};
  return lnti_pool_for(context->pool, n_codes, CODE_GRAIN, allow_some_words, &a, context->cancel, err);
}

static void allow_sources(uint8_t *allowed, const matching *m, const lnti_value_set *set) {
  for (size_t i = 0; i < m->view->n_sources; i++) {
    if (lnti_value_set_has(set, m->view->sources[i].path)) allowed[m->view->sources[i].id] = 255;
  }
}

static lnt_status allow_texts(uint8_t *allowed, const matching *m, size_t n_codes, lnt_error *err) {
  lnti_value_set set;
  lnt_status status = lnti_value_set_init(&set, m->values, m->term->n_values, err);
  if (status) return status;
  if (m->term->field.kind == LNTI_FIELD_SOURCE) {
    allow_sources(allowed, m, &set);
  } else {
    status = allow_words(allowed, m, &set, n_codes, err);
  }
  lnti_value_set_clear(&set);
  return status;
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
  const lnti_question_rows *q = lnti_view_answer_rows(m->view, &m->term->field);
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
  } else if (lnti_field_is_answer(&m->term->field)) {
    status = allow_answers(allowed, m, n, err);
  } else {
    status = allow_texts(allowed, m, n, err);
  }
  if (!status) lnti_view_select_codes(m->bits, m->view, coded, allowed);
  free(allowed);
  return status;
}

/* ---- checklists ---- */

static const lnti_option_bits *bits_of(const matching *m, size_t option) {
  const lnti_ontology *o = m->view->ontology;
  const lnti_question_rows *q = lnti_view_answer_rows(m->view, &m->term->field);
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
    if (lnti_column_code(&q->codes, i) == code) lnti_bits_set(m->bits, i);
  }
}

/* Rows with any yes or no. */
static void join_answered(uint64_t *bits, const lnti_question_rows *q, size_t words) {
  for (size_t i = 0; i < q->checks.n; i++) {
    lnti_bits_join(bits, &q->bits[i].yes, words);
    lnti_bits_join(bits, &q->bits[i].no, words);
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

/* A bit for each code that the values ask for: however often one does, it costs once. */
static unsigned codes_asked(const matching *m, lnti_value_kind kind) {
  unsigned asked = 0;
  for (size_t i = 0; i < m->term->n_values; i++) {
    if (m->values[i].kind == kind) asked |= 1u << m->values[i].code;
  }
  return asked;
}

static lnt_status match_checklist(const matching *m, lnt_error *err) {
  const lnti_question_rows *q = lnti_view_answer_rows(m->view, &m->term->field);
  size_t words = lnti_view_words(m->view);
  unsigned states = codes_asked(m, LNTI_VALUE_STATE);
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < m->term->n_values; i++) {
    const lnti_option_bits *bits = m->values[i].kind == LNTI_VALUE_OPTION ? bits_of(m, m->values[i].option) : NULL;
    if (bits) lnti_bits_join(m->bits, &bits->yes, words);
  }
  if (states & 1u << LNTI_IS_UNANSWERED) status = join_unanswered(m, q, err);
  if (q && states & 1u << LNTI_IS_ANSWERED) join_answered(m->bits, q, words);
  if (q && states & 1u << LNTI_IS_UNSURE) join_code(m, q, LNTI_CODE_UNSURE);
  if (q && states & 1u << LNTI_IS_NONE) join_code(m, q, LNTI_CODE_NONE);
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
    lnti_bits_join(known, &bits->yes, words);
    lnti_bits_join(known, &bits->no, words);
  }
  invert(known, m->view); /* now: unknown */
  unsigned asked = codes_asked(m, LNTI_VALUE_WORD);
  if (asked & 1u << LNTI_TRI_UNKNOWN) join_or(m->bits, known, words);
  if (bits && asked & 1u << LNTI_TRI_YES) lnti_bits_join(m->bits, &bits->yes, words);
  if (bits && asked & 1u << LNTI_TRI_NO) lnti_bits_join(m->bits, &bits->no, words);
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

typedef struct int_span {
  int64_t low, high;
} int_span;

static int by_low(const void *a, const void *b) {
  int64_t x = ((const int_span *)a)->low, y = ((const int_span *)b)->low;
  return (x > y) - (x < y);
}

/* "The set of that item": any item of it may be named, and the lowest is what the rows have. */
static void widen_to_set(int_span *span, const matching *m) {
  const lnti_column *column = lnti_view_numbers(m->view, &m->term->field);
  size_t row = span->low == span->high ? lnti_rows_find(&m->view->rows, span->low) : LNTI_NONE;
  uint64_t set = row == LNTI_NONE ? 0 : lnti_column_number(column, row);
  if (set) span->low = span->high = (int64_t)set;
}

/* The values as spans that rise and do not overlap; free() *out. */
static lnt_status int_spans(int_span **out, size_t *n_out, const matching *m, lnt_error *err) {
  bool set = m->term->field.kind == LNTI_FIELD_EQUAL || m->term->field.kind == LNTI_FIELD_NEAR;
  int_span *spans = NULL;
  size_t n = 0, kept = 0;
  lnt_status status = lnti_alloc(&spans, m->term->n_values, sizeof *spans, err);
  if (status) return status;
  for (size_t i = 0; i < m->term->n_values; i++) {
    spans[n] = (int_span){m->values[i].low_int, m->values[i].high_int};
    if (set) widen_to_set(&spans[n], m);
    if (spans[n].low <= spans[n].high) n++;
  }
  qsort(spans, n, sizeof *spans, by_low);
  for (size_t i = 0; i < n; i++) {
    if (kept == 0 || spans[i].low > spans[kept - 1].high) {
      spans[kept++] = spans[i];
    } else if (spans[i].high > spans[kept - 1].high) {
      spans[kept - 1].high = spans[i].high;
    }
  }
  *out = spans;
  *n_out = kept;
  return LNT_OK;
}

static bool in_spans(const int_span *spans, size_t n, int64_t x) {
  size_t low = 0, high = n;
  while (low < high) { /* the first that begins behind x */
    size_t middle = low + (high - low) / 2;
    if (spans[middle].low <= x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > 0 && x <= spans[low - 1].high;
}

static int64_t int_of(const matching *m, const lnti_column *column, size_t row) {
  const lnti_column *numbers = m->view->rows.numbers;
  if (column) return (int64_t)lnti_column_number(column, row);
  uint64_t pixels = lnti_column_number(&numbers[LNTI_NUMBER_WIDTH], row) * /* each is below 2^32 */
                    lnti_column_number(&numbers[LNTI_NUMBER_HEIGHT], row);
  return pixels > INT64_MAX ? INT64_MAX : (int64_t)pixels;
}

/* @param column  NULL: pixels */
static lnt_status match_ints(const matching *m, const lnti_column *column, lnt_error *err) {
  int_span *spans = NULL;
  uint64_t *one = NULL;
  size_t n = 0;
  lnt_status status = int_spans(&spans, &n, m, err);
  if (!status) status = lnti_view_new_bits(&one, m->view, err);
  if (!status && (n > FEW || !column)) {
    for (size_t row = 0; row < m->view->rows.n; row++) {
      if (in_spans(spans, n, int_of(m, column, row))) lnti_bits_set(m->bits, row);
    }
  } else {
    for (size_t i = 0; i < n && !status; i++) {
      int_range(one, m->view, column, spans[i].low, spans[i].high);
      join_or(m->bits, one, lnti_view_words(m->view));
    }
  }
  free(one);
  free(spans);
  return status;
}

typedef struct real_span {
  double low, high;
} real_span;

static int by_low_real(const void *a, const void *b) {
  double x = ((const real_span *)a)->low, y = ((const real_span *)b)->low;
  return (x > y) - (x < y);
}

/* As int_spans. */
static lnt_status real_spans(real_span **out, size_t *n_out, const matching *m, lnt_error *err) {
  real_span *spans = NULL;
  size_t n = 0, kept = 0;
  lnt_status status = lnti_alloc(&spans, m->term->n_values, sizeof *spans, err);
  if (status) return status;
  for (size_t i = 0; i < m->term->n_values; i++) {
    bool some = m->values[i].kind == LNTI_VALUE_REAL && m->values[i].low <= m->values[i].high;
    if (some) spans[n++] = (real_span){m->values[i].low, m->values[i].high};
  }
  qsort(spans, n, sizeof *spans, by_low_real);
  for (size_t i = 0; i < n; i++) {
    if (kept == 0 || spans[i].low > spans[kept - 1].high) {
      spans[kept++] = spans[i];
    } else {
      spans[kept - 1].high = fmax(spans[kept - 1].high, spans[i].high);
    }
  }
  *out = spans;
  *n_out = kept;
  return LNT_OK;
}

static bool in_real_spans(const real_span *spans, size_t n, double x) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (spans[middle].low <= x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > 0 && x <= spans[low - 1].high;
}

static lnt_status match_reals(const matching *m, const lnti_column *column, lnt_error *err) {
  real_span *spans = NULL;
  uint64_t *one = NULL;
  size_t n = 0;
  if (column->width == 0) return LNT_OK;
  lnt_status status = real_spans(&spans, &n, m, err);
  if (!status) status = lnti_view_new_bits(&one, m->view, err);
  if (!status && n > FEW) {
    for (size_t row = 0; row < m->view->rows.n; row++) {
      if (in_real_spans(spans, n, lnti_column_real(column, row))) lnti_bits_set(m->bits, row);
    }
  } else {
    for (size_t i = 0; i < n && !status; i++) {
      lnti_facet_range_real(one, column->data, m->view->rows.n, spans[i].low, spans[i].high,
                            m->view->project->context.cpu);
      join_or(m->bits, one, lnti_view_words(m->view));
    }
  }
  free(one);
  free(spans);
  return status;
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

static lnt_status match_ids(const matching *m, lnt_error *err) {
  int_span *spans = NULL;
  size_t n = 0;
  lnt_status status = int_spans(&spans, &n, m, err);
  for (size_t i = 0; i < n; i++) {
    size_t row = row_from(&m->view->rows, spans[i].low);
    for (; row < m->view->rows.n && m->view->rows.ids[row] <= spans[i].high; row++) lnti_bits_set(m->bits, row);
  }
  free(spans);
  return status;
}

/* ---- one term ---- */

/* Sources whose ids are too large for a table by id. */
static lnt_status match_sources(const matching *m, lnt_error *err) {
  const lnti_rows *rows = &m->view->rows;
  const lnti_view_source *source = NULL;
  lnti_value_set set;
  bool holds = false;
  lnt_status status = lnti_value_set_init(&set, m->values, m->term->n_values, err);
  if (status) return status;
  for (size_t row = 0; row < rows->n; row++) {
    int64_t id = (int64_t)lnti_column_number(&rows->numbers[LNTI_NUMBER_SOURCE], row);
    if (!source || source->id != id) {
      source = lnti_view_source_of(m->view, id);
      holds = source && lnti_value_set_has(&set, source->path);
    }
    if (holds) lnti_bits_set(m->bits, row);
  }
  lnti_value_set_clear(&set);
  return LNT_OK;
}

static lnt_status match_term(uint64_t *bits, const lnti_filter *filter, const lnti_filter_term *term, lnti_view *view,
                             lnt_error *err) {
  matching m = {filter, term, filter->values + term->first_value, view, bits};
  lnti_coded coded;
  bool is_coded = false;
  memset(bits, 0, lnti_view_words(view) * sizeof *bits);
  if (term->field.kind == LNTI_FIELD_ID) return match_ids(&m, err);
  if (term->field.kind == LNTI_FIELD_PIXELS) return match_ints(&m, NULL, err);
  if (term->field.kind == LNTI_FIELD_PATH) {
    return lnti_filter_match_paths(bits, m.values, term->n_values, view, err);
  }
  lnt_status status = lnti_view_need(view, &term->field, err);
  if (status) return status;
  if (term->field.kind == LNTI_FIELD_OPTION || term->field.kind == LNTI_FIELD_PREDICTED_OPTION)
    return match_option(&m, err);
  status = lnti_view_coded(&coded, &is_coded, view, &term->field, err);
  if (status) return status;
  const lnti_column *numbers = lnti_view_numbers(view, &term->field);
  if (is_coded && numbers) return match_number_answers(&m, &coded, err);
  if (is_coded) return match_codes(&m, &coded, err);
  if (lnti_field_is_answer(&term->field)) return match_checklist(&m, err);
  if (numbers) return numbers->real ? match_reals(&m, numbers, err) : match_ints(&m, numbers, err);
  return match_sources(&m, err);
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
  lnt_status status = lnti_cancel_check(view->project->context.cancel, err);
  if (status) return status;
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
