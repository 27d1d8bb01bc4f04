/*
 * Selections and counts over a view.
 *
 * A selection in an order is the bitmap of its rows, permuted, with the number of bits before each word: so the rows at any
 * place are found by bisection. Counts of several facets, each without its own part of the filter, take the bitmaps of the
 * parts once and join them for each facet anew.
 */
#include <flow/view/query.h>

#include <base/error.h>
#include <flow/filter/parts.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

/* ---- selections ---- */

struct lnti_selection {
  size_t n_rows, n_words, count;
  uint64_t *bits;
  uint64_t *ordered;     /* bits in the order; `bits` itself where that is by row */
  uint32_t *before;      /* [n_words] bits set in the words before */
  const uint32_t *order; /* NULL: by row */
  uint32_t *own_order;
};

static void build_directory(lnti_selection *s) {
  size_t n = 0;
  for (size_t w = 0; w < s->n_words; w++) {
    s->before[w] = (uint32_t)n;
    n += (size_t)__builtin_popcountll(s->ordered[w]);
  }
  s->count = n;
}

/* Takes `bits`, also on failure. */
static lnt_status new_selection(lnti_selection **out, lnti_view *view, uint64_t *bits, const lnti_sort *sort,
                                lnt_error *err) {
  lnti_selection *s = NULL;
  lnt_status status = lnti_alloc_zero(&s, 1, sizeof *s, err);
  if (status) {
    free(bits);
    return status;
  }
  s->bits = s->ordered = bits;
  s->n_rows = lnti_view_count(view);
  s->n_words = lnti_view_words(view);
  status = lnti_alloc(&s->before, s->n_words, sizeof *s->before, err);
  if (!status) status = lnti_view_get_order(&s->order, &s->own_order, view, sort, err);
  if (!status && s->order) {
    s->ordered = NULL;
    status = lnti_view_new_bits(&s->ordered, view, err);
  }
  if (status) {
    lnti_selection_free(s);
    return status;
  }
  if (s->order) lnti_bits_permute(s->ordered, s->bits, s->order, s->n_rows, view->project->context.cpu);
  build_directory(s);
  *out = s;
  return LNT_OK;
}

lnt_status lnti_view_select(lnti_selection **out, lnti_view *view, const lnti_filter *filter, const lnti_sort *sort,
                            lnt_error *err) {
  uint64_t *bits = NULL;
  lnt_status status = lnti_view_new_bits(&bits, view, err);
  if (!status) status = lnti_filter_match(bits, filter, view, err);
  if (status) {
    free(bits);
    return status;
  }
  return new_selection(out, view, bits, sort, err);
}

void lnti_selection_free(lnti_selection *selection) {
  if (!selection) return;
  if (selection->ordered != selection->bits) free(selection->ordered);
  free(selection->own_order);
  free(selection->before);
  free(selection->bits);
  free(selection);
}

size_t lnti_selection_count(const lnti_selection *selection) {
  return selection->count;
}

size_t lnti_selection_before(const lnti_selection *s, size_t row) {
  if (row >= s->n_rows) return s->count;
  uint64_t below = ((uint64_t)1 << row % 64) - 1;
  return s->before[row / 64] + (size_t)__builtin_popcountll(s->bits[row / 64] & below);
}

size_t lnti_selection_page(uint32_t *rows_out, const lnti_selection *s, size_t offset, size_t n) {
  size_t low = 0, high = s->n_words, found = 0;
  if (offset >= s->count || n == 0) return 0;
  while (high - low > 1) { /* the last word with at most `offset` bits before it */
    size_t middle = low + (high - low) / 2;
    if (s->before[middle] <= offset) {
      low = middle;
    } else {
      high = middle;
    }
  }
  uint64_t word = s->ordered[low];
  for (size_t skip = offset - s->before[low]; skip > 0; skip--) word &= word - 1;
  for (;;) {
    for (; word && found < n; word &= word - 1) {
      size_t place = 64 * low + (size_t)__builtin_ctzll(word);
      rows_out[found++] = s->order ? s->order[place] : (uint32_t)place;
    }
    if (found == n || ++low == s->n_words) return found;
    word = s->ordered[low];
  }
}

/* ---- which parts of a filter are a facet's own ---- */

/* Terms on the options of a checklist belong to the checklist. */
static bool same_facet(const lnti_field *a, const lnti_field *b) {
  bool question = (a->kind == LNTI_FIELD_QUESTION || a->kind == LNTI_FIELD_OPTION) &&
                  (b->kind == LNTI_FIELD_QUESTION || b->kind == LNTI_FIELD_OPTION);
  bool predicted = (a->kind == LNTI_FIELD_PREDICTED || a->kind == LNTI_FIELD_PREDICTED_OPTION) &&
                   (b->kind == LNTI_FIELD_PREDICTED || b->kind == LNTI_FIELD_PREDICTED_OPTION);
  return question || predicted ? a->index == b->index : lnti_field_equal(a, b);
}

/* Whether all terms below a node ask of one facet. */
static bool asks_only(const lnti_filter *filter, size_t node, const lnti_field *field) {
  const lnti_filter_node *n = &filter->nodes[node];
  if (n->kind == LNTI_NODE_TERM) return same_facet(&filter->terms[n->term].field, field);
  for (size_t i = n->first; i != LNTI_NONE; i = filter->nodes[i].next) {
    if (!asks_only(filter, i, field)) return false;
  }
  return n->kind != LNTI_NODE_ALL;
}

/* What is counted over: [n] bitmaps for n facets, and that of everything else. */
typedef struct parts {
  uint64_t **own; /* [n] the rows that the facet's own parts hold for; NULL: it has none */
  uint64_t *rest, *one;
  size_t n, n_words;
} parts;

static void join_and(uint64_t *bits, const uint64_t *more, size_t words) {
  for (size_t w = 0; w < words; w++) bits[w] &= more[w];
}

static lnt_status add_part(parts *p, lnti_view *view, const lnti_filter *filter, size_t node, const lnti_facet *facets,
                           lnt_error *err) {
  bool anybodys = false;
  lnt_status status = lnti_filter_match_node(p->one, filter, node, view, err);
  for (size_t i = 0; i < p->n && !status; i++) {
    if (!asks_only(filter, node, &facets[i].field)) continue;
    anybodys = true;
    if (!p->own[i]) {
      status = lnti_view_new_bits(&p->own[i], view, err);
      if (!status) memcpy(p->own[i], p->one, p->n_words * sizeof *p->one);
    } else {
      join_and(p->own[i], p->one, p->n_words);
    }
  }
  if (!status && !anybodys) join_and(p->rest, p->one, p->n_words);
  return status;
}

static lnt_status split_filter(parts *p, lnti_view *view, const lnti_filter *filter, const lnti_facet *facets,
                               bool leave_own_out, lnt_error *err) {
  lnt_status status = lnti_view_new_bits(&p->rest, view, err);
  if (!status) status = lnti_view_new_bits(&p->one, view, err);
  if (!status) status = lnti_alloc_zero(&p->own, p->n, sizeof *p->own, err);
  if (status) return status;
  lnti_view_all_bits(p->rest, view);
  if (!filter) return LNT_OK;
  if (!leave_own_out) return lnti_filter_match(p->rest, filter, view, err);
  const lnti_filter_node *root = &filter->nodes[filter->root];
  if (root->kind != LNTI_NODE_AND) return add_part(p, view, filter, filter->root, facets, err);
  for (size_t i = root->first; i != LNTI_NONE && !status; i = filter->nodes[i].next) {
    status = add_part(p, view, filter, i, facets, err);
  }
  return status;
}

static void clear_parts(parts *p) {
  for (size_t i = 0; p->own && i < p->n; i++) free(p->own[i]);
  free(p->own);
  free(p->one);
  free(p->rest);
}

/* ---- counting ---- */

static bool is_option(const lnti_field *field) {
  return field->kind == LNTI_FIELD_OPTION || field->kind == LNTI_FIELD_PREDICTED_OPTION;
}

typedef struct counting {
  lnti_view *view;
  lnti_facet *facets;
  const parts *parts;
  uint64_t **scratch; /* [workers] */
} counting;

/* Options: rows with a yes; before them, of all: neither yes nor no nor unsure nor none; unsure; none. */
static lnt_status count_checklist(lnti_facet *facet, const lnti_view *view, const uint64_t *bits, lnt_error *err) {
  const lnti_question_rows *q = lnti_view_answer_rows(view, &facet->field);
  const size_t words = lnti_view_words(view);
  lnt_cpu_level cpu = view->project->context.cpu;
  uint64_t *open = NULL;
  lnt_status status = lnti_view_new_bits(&open, view, err);
  if (status) return status;
  memcpy(open, bits, words * sizeof *open);
  for (size_t i = 0; q && i < q->checks.n; i++) {
    const lnti_option_bits *o = &q->bits[i];
    if (o->yes.width) {
      facet->counts[LNTI_CODE_FIRST + i] = (uint32_t)lnti_bits_count_both(bits, o->yes.data, words, cpu);
      for (size_t w = 0; w < words; w++) open[w] &= ~((const uint64_t *)o->yes.data)[w];
    }
    for (size_t w = 0; w < words && o->no.width; w++) open[w] &= ~((const uint64_t *)o->no.data)[w];
  }
  for (size_t row = 0; q && q->codes.width && row < view->rows.n; row++) {
    uint32_t code = lnti_column_code(&q->codes, row);
    if (code == LNTI_CODE_UNANSWERED || code >= LNTI_CODE_FIRST) continue;
    if (bits[row / 64] >> row % 64 & 1) facet->counts[code]++;
    open[row / 64] &= ~((uint64_t)1 << row % 64);
  }
  facet->counts[LNTI_CODE_UNANSWERED] = (uint32_t)lnti_bits_count(open, words, cpu);
  free(open);
  return LNT_OK;
}

/* yes, no and unknown of one option. */
static void count_option(lnti_facet *facet, const lnti_view *view, const uint64_t *bits) {
  const lnti_question_rows *q = lnti_view_answer_rows(view, &facet->field);
  const size_t words = lnti_view_words(view);
  lnt_cpu_level cpu = view->project->context.cpu;
  size_t place = q ? lnti_places_find(&q->checks, view->ontology->options[facet->field.option].id) : LNTI_NONE;
  size_t yes = 0, no = 0;
  if (place != LNTI_NONE && q->bits[place].yes.width) {
    yes = lnti_bits_count_both(bits, q->bits[place].yes.data, words, cpu);
  }
  if (place != LNTI_NONE && q->bits[place].no.width) {
    no = lnti_bits_count_both(bits, q->bits[place].no.data, words, cpu);
  }
  facet->counts[LNTI_TRI_YES] = (uint32_t)yes;
  facet->counts[LNTI_TRI_NO] = (uint32_t)no;
  facet->counts[LNTI_TRI_UNKNOWN] = (uint32_t)(lnti_bits_count(bits, words, cpu) - yes - no);
}

static lnt_status count_facet(lnti_facet *facet, lnti_view *view, const uint64_t *bits, lnt_error *err) {
  lnti_coded coded;
  bool is_coded = false;
  if (is_option(&facet->field)) {
    count_option(facet, view, bits);
    return LNT_OK;
  }
  lnt_status status = lnti_view_coded(&coded, &is_coded, view, &facet->field, err);
  if (status) return status;
  if (!is_coded) return count_checklist(facet, view, bits, err);
  if (coded.codes->width) {
    lnti_facet_count(facet->counts, coded.codes->data, coded.codes->width, view->rows.n, bits, coded.n_codes,
                     view->project->context.cpu);
  } else {
    facet->counts[0] = (uint32_t)lnti_bits_count(bits, lnti_view_words(view), view->project->context.cpu);
  }
  return LNT_OK;
}

static lnt_status count_chunk(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const counting *c = payload;
  const parts *p = c->parts;
  lnt_status status = LNT_OK;
  for (size_t i = begin; i < end && !status; i++) {
    uint64_t *bits = c->scratch[worker];
    memcpy(bits, p->rest, p->n_words * sizeof *bits);
    for (size_t j = 0; j < p->n; j++) {
      /* the same field twice: neither's part is left in */
      if (p->own[j] && !same_facet(&c->facets[j].field, &c->facets[i].field)) join_and(bits, p->own[j], p->n_words);
    }
    status = count_facet(&c->facets[i], c->view, bits, err);
  }
  return status;
}

static lnt_status count_all(lnti_facet *facets, size_t n, lnti_view *view, const parts *p, lnt_error *err) {
  const lnti_context *context = &view->project->context;
  unsigned n_workers = lnti_pool_size(context->pool);
  counting c = {view, facets, p, NULL};
  lnt_status status = lnti_alloc_zero(&c.scratch, n_workers, sizeof *c.scratch, err);
  for (unsigned i = 0; i < n_workers && !status; i++) status = lnti_view_new_bits(&c.scratch[i], view, err);
  if (!status) status = lnti_pool_for(context->pool, n, 1, count_chunk, &c, context->cancel, err);
  for (unsigned i = 0; c.scratch && i < n_workers; i++) free(c.scratch[i]);
  free(c.scratch);
  return status;
}

/* How many codes a facet has; LNT_EINVAL where its values cannot be counted. */
static lnt_status size_facet(lnti_facet *facet, lnti_view *view, lnt_error *err) {
  const lnti_question_rows *q = NULL;
  lnti_coded coded;
  lnti_text name = {0};
  bool is_coded = false;
  lnt_status status = lnti_view_coded(&coded, &is_coded, view, &facet->field, err);
  if (status) return status;
  if (is_coded) {
    facet->n_codes = coded.n_codes;
  } else if (is_option(&facet->field)) {
    facet->n_codes = 3;
  } else if (lnti_field_is_answer(&facet->field)) {
    q = lnti_view_answer_rows(view, &facet->field);
    facet->n_codes = LNTI_CODE_FIRST + (q ? q->checks.n : 0);
  } else {
    status = lnti_field_name(&name, &view->names, &facet->field, err);
    if (!status) {
      status =
          lnti_fail(err, LNT_EINVAL, "%s has too many different values to count each; filter by it instead: %s in %s",
                    name.data, name.data, facet->field.kind == LNTI_FIELD_CONFIDENCE ? "0.5..0.9" : "1..100");
    }
    lnti_text_clear(&name);
  }
  if (!status) status = lnti_alloc_zero(&facet->counts, facet->n_codes, sizeof *facet->counts, err);
  return status;
}

/* The rows that match all parts. */
static void join_parts(uint64_t *bits, const parts *p) {
  memcpy(bits, p->rest, p->n_words * sizeof *bits);
  for (size_t i = 0; i < p->n; i++) {
    if (p->own[i]) join_and(bits, p->own[i], p->n_words);
  }
}

/* @param bits  NULL, or where the rows that match go */
static lnt_status count_facets(lnti_facet *facets, size_t n, uint64_t *bits, lnti_view *view, const lnti_filter *filter,
                               bool leave_own_out, lnt_error *err) {
  parts p = {.n = n, .n_words = lnti_view_words(view)};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n; i++) {
    facets[i].counts = NULL;
    facets[i].n_codes = 0;
  }
  for (size_t i = 0; i < n && !status; i++) status = size_facet(&facets[i], view, err);
  if (!status) status = split_filter(&p, view, filter, facets, leave_own_out, err);
  if (!status) status = count_all(facets, n, view, &p, err);
  if (!status && bits) join_parts(bits, &p);
  clear_parts(&p);
  for (size_t i = 0; status && i < n; i++) lnti_facet_clear(&facets[i]);
  return status;
}

lnt_status lnti_view_facets(lnti_facet *facets, size_t n, lnti_view *view, const lnti_filter *filter,
                            bool leave_own_out, lnt_error *err) {
  return count_facets(facets, n, NULL, view, filter, leave_own_out, err);
}

lnt_status lnti_view_query(lnti_selection **out, lnti_facet *facets, size_t n, lnti_view *view,
                           const lnti_filter *filter, const lnti_sort *sort, lnt_error *err) {
  uint64_t *bits = NULL;
  lnt_status status = lnti_view_new_bits(&bits, view, err);
  if (!status) status = count_facets(facets, n, bits, view, filter, true, err);
  if (status) {
    free(bits);
    return status;
  }
  status = new_selection(out, view, bits, sort, err);
  for (size_t i = 0; status && i < n; i++) lnti_facet_clear(&facets[i]);
  return status;
}

void lnti_facet_clear(lnti_facet *facet) {
  free(facet->counts);
  facet->counts = NULL;
  facet->n_codes = 0;
}

/* ---- meanings ---- */

static lnti_code_meaning answer_code(const lnti_view *view, const lnti_field *field, size_t code) {
  static const char *const states[] = {"unanswered", "unsure", "none of these"};
  const lnti_question *question = &view->ontology->questions[lnti_field_question(field, &view->names)];
  const lnti_question_rows *q = lnti_view_answer_rows(view, field);
  const lnti_places *places = q ? question->type == LNTI_CHECKLIST ? &q->checks : &q->options : NULL;
  lnti_code_meaning meaning = {"", LNTI_NONE, code == LNTI_CODE_UNANSWERED};
  if (code < LNTI_CODE_FIRST) {
    meaning.text = states[code];
  } else if (question->type == LNTI_NUMBER) {
    meaning.text = "answered";
  } else if (places && code - LNTI_CODE_FIRST < places->n) {
    meaning.option = lnti_ontology_option_by_id(view->ontology, places->ids[code - LNTI_CODE_FIRST]);
  }
  return meaning;
}

lnti_code_meaning lnti_view_code(const lnti_view *view, const lnti_field *field, size_t code) {
  const lnti_view_source *source = NULL;
  const lnti_words *words = NULL;
  switch (field->kind) {
    case LNTI_FIELD_SPLIT:
      words = &view->rows.words[LNTI_WORD_SPLIT];
      break;
    case LNTI_FIELD_STAGE:
      words = &view->rows.words[LNTI_WORD_STAGE];
      break;
    case LNTI_FIELD_FORMAT:
      words = &view->rows.words[LNTI_WORD_FORMAT];
      break;
    case LNTI_FIELD_META:
      words = lnti_rows_meta(&view->rows, view->meta_ids[field->index]);
      break;
    case LNTI_FIELD_SOURCE:
      source = lnti_view_source_of(view, (int64_t)code);
      return (lnti_code_meaning){source ? source->path : "", LNTI_NONE, source == NULL};
    case LNTI_FIELD_QUESTION:
    case LNTI_FIELD_PREDICTED:
      return answer_code(view, field, code);
    default:
      return (lnti_code_meaning){lnti_field_words(field)[code], LNTI_NONE, false};
  }
  const char *text = words ? lnti_words_text(words, code) : "";
  return (lnti_code_meaning){text, LNTI_NONE, !*text};
}

lnt_status lnti_view_code_text(lnti_text *out, const lnti_view *view, const lnti_field *field, size_t code,
                               lnt_error *err) {
  lnti_code_meaning meaning = lnti_view_code(view, field, code);
  if (meaning.option != LNTI_NONE) return lnti_ontology_option_path(out, view->ontology, meaning.option, err);
  return lnti_text_append(out, meaning.text, strlen(meaning.text), err);
}

lnt_status lnti_view_code_title(lnti_text *out, const lnti_view *view, const lnti_field *field, size_t code,
                                lnt_error *err) {
  lnti_code_meaning meaning = lnti_view_code(view, field, code);
  if (meaning.option != LNTI_NONE) return lnti_ontology_option_titles(out, view->ontology, meaning.option, err);
  return lnti_text_append(out, meaning.text, strlen(meaning.text), err);
}
