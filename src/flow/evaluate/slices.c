/*
 * Slices of an evaluation. A value of any key becomes a text, each distinct text a code, and each code a slice: itself, a range
 * of numbers or dates, "other" or none.
 */
#include <flow/evaluate/slices.h>

#include <base/error.h>
#include <eval/slices.h>
#include <flow/filter/parts.h>
#include <flow/view/parts.h>
#include <math.h>
#include <math/topk.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS_MAX = 64 };

/* ---- keys ---- */

/* "folder" and "folder:2". */
static lnt_status read_folder(lnti_slice_key *key, lnt_error *err) {
  int64_t levels = 0;
  key->folder = strcmp(key->text, "folder") == 0;
  if (strncmp(key->text, "folder:", 7) != 0) return LNT_OK;
  if (lnti_parse_int(&levels, key->text + 7, "", NULL) || levels < 1 || levels > LEVELS_MAX) {
    return lnti_fail(err, LNT_EINVAL, "--slice %s: after the colon stands how many levels of folders, 1 to %d",
                     key->text, LEVELS_MAX);
  }
  key->folder = true;
  key->levels = (size_t)levels;
  return LNT_OK;
}

lnt_status lnti_slice_key_find(lnti_slice_key *out, const lnti_view *view, const char *text, lnt_error *err) {
  lnti_slice_key key = {.text = text};
  const lnti_filter_names *names = lnti_view_names(view);
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = read_folder(&key, err);
  if (status) return status;
  if (!key.folder) {
    status = lnti_field_find(&key.field, names, text, &reason);
    if (status) return lnti_fail(err, status, "--slice: %s; and folder", reason.message);
    switch (key.field.kind) {
      case LNTI_FIELD_ID:
      case LNTI_FIELD_PATH:
      case LNTI_FIELD_GROUP:
      case LNTI_FIELD_EQUAL:
      case LNTI_FIELD_NEAR:
        return lnti_fail(err, LNT_EINVAL,
                         "--slice %s: that names single images, where a slice is of many; take folder, source, or a "
                         "metadata key",
                         text);
      case LNTI_FIELD_QUESTION:
      case LNTI_FIELD_PREDICTED:
        if (names->ontology->questions[lnti_field_question(&key.field, names)].type != LNTI_CHECKLIST) break;
        return lnti_fail(err, LNT_EINVAL, "--slice %s: an image may have several of its options; name one: %s.OPTION",
                         text, text);
      default:
        break;
    }
  }
  *out = key;
  return LNT_OK;
}

/* ---- values as texts ---- */

/* The folder inside the source; "." where there is none above the name. Records of arrays lie in no folder. */
static lnt_status folder_text(lnti_text *out, const lnti_view *view, size_t levels, size_t row, lnt_error *err) {
  const lnti_rows *rows = &view->rows;
  int64_t source = (int64_t)lnti_column_number(&rows->numbers[LNTI_NUMBER_SOURCE], row);
  const lnti_view_source *known = lnti_view_source_of(view, source);
  const char *member = lnti_texts_get(&rows->members, row), *slash = strrchr(member, '/');
  if (known && known->kind == LNTI_SOURCE_ARRAY) return LNT_OK;
  for (const char *at = strchr(member, '/'); at && levels > 0; at = strchr(at + 1, '/')) {
    if (--levels == 0) slash = at;
  }
  return slash ? lnti_text_append(out, member, (size_t)(slash - member), err) : lnti_text_append(out, ".", 1, err);
}

static bool has_bit(const lnti_column *bits, size_t row) {
  return row / 64 < bits->capacity && (((const uint64_t *)bits->data)[row / 64] >> row % 64 & 1);
}

/* yes or no to one option of a checklist; nothing where it is not known. */
static lnt_status option_text(lnti_text *out, const lnti_view *view, const lnti_field *field, size_t row,
                              lnt_error *err) {
  const lnti_question_rows *q = lnti_view_answer_rows(view, field);
  size_t place = q ? lnti_places_find(&q->checks, view->ontology->options[field->option].id) : LNTI_NONE;
  if (place == LNTI_NONE) return LNT_OK;
  if (has_bit(&q->bits[place].yes, row)) return lnti_text_append(out, "yes", 3, err);
  return has_bit(&q->bits[place].no, row) ? lnti_text_append(out, "no", 2, err) : LNT_OK;
}

/* Nothing is appended where the row has no value. */
static lnt_status value_text(lnti_text *out, lnti_view *view, const lnti_slice_key *key, const lnti_coded *coded,
                             size_t row, lnt_error *err) {
  if (key->folder) return folder_text(out, view, key->levels, row, err);
  if (key->field.kind == LNTI_FIELD_OPTION || key->field.kind == LNTI_FIELD_PREDICTED_OPTION)
    return option_text(out, view, &key->field, row, err);
  if (coded) {
    size_t code = lnti_column_code(coded->codes, row);
    if (lnti_view_code(view, &key->field, code).missing) return LNT_OK;
    return lnti_view_code_text(out, view, &key->field, code, err);
  }
  double number = lnti_view_number(view, &key->field, row);
  return isnan(number) ? LNT_OK : lnti_text_printf(out, err, "%.15g", number);
}

typedef struct coding {
  lnti_words values; /* texts by code; 0: none */
  uint32_t *code;    /* [n] */
} coding;

static lnt_status code_values(coding *c, lnti_view *view, const lnti_slice_key *key, const lnti_slices_of *of,
                              lnt_error *err) {
  lnti_text text = {0};
  lnti_coded coded;
  bool is_coded = false;
  lnt_status status = key->folder ? LNT_OK : lnti_view_need(view, &key->field, err);
  if (status) return status;
  bool number = !key->folder && lnti_field_question(&key->field, lnti_view_names(view)) != LNTI_NONE &&
                lnti_view_numbers(view, &key->field);
  status = lnti_alloc(&c->code, of->judging->truth->n, sizeof *c->code, err);
  if (!status && !key->folder && !number) status = lnti_view_coded(&coded, &is_coded, view, &key->field, err);
  for (size_t i = 0; i < of->judging->truth->n && !status; i++) {
    size_t row = lnti_view_row(view, of->id[i]);
    text.length = 0;
    status = lnti_text_append(&text, "", 0, err);
    if (!status && row != LNTI_NONE) status = value_text(&text, view, key, is_coded ? &coded : NULL, row, err);
    if (!status) status = lnti_words_intern(&c->code[i], &c->values, text.data, err);
  }
  lnti_text_clear(&text);
  return status;
}

/* ---- slices ---- */

typedef struct value {
  uint32_t code;
  size_t n;
  const char *text;
  double number; /* NaN where it is none */
} value;

static int by_count(const void *a, const void *b) {
  const value *x = a, *y = b;
  if (x->n != y->n) return x->n < y->n ? 1 : -1;
  return strcmp(x->text, y->text);
}

static int by_number(const void *a, const void *b) {
  const value *x = a, *y = b;
  if (x->number != y->number) return x->number < y->number ? -1 : 1;
  return strcmp(x->text, y->text);
}

static int by_text(const void *a, const void *b) {
  return strcmp(((const value *)a)->text, ((const value *)b)->text);
}

typedef enum value_order { BY_COUNT, BY_NUMBER, BY_TEXT } value_order;

/* The values that occur, in the order in which they are shown: numbers and dates by what they say, others by how many. */
static lnt_status list_values(value **out, size_t *n_out, value_order *order_out, const coding *c, size_t n,
                              lnt_error *err) {
  const size_t n_codes = lnti_words_count(&c->values);
  value *values = NULL;
  bool numbers = true, dates = true;
  lnt_status status = lnti_alloc_zero(&values, n_codes, sizeof *values, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    if (c->code[i]) values[c->code[i] - 1].n++;
  }
  for (uint32_t code = 1; code < n_codes; code++) {
    value *v = &values[code - 1];
    v->code = code;
    v->text = lnti_words_text(&c->values, code);
    v->number = (double)NAN;
    numbers = lnti_number_of_text(&v->number, v->text) && numbers;
    dates = lnti_text_is_date(v->text) && dates;
  }
  *order_out = numbers ? BY_NUMBER : dates ? BY_TEXT : BY_COUNT;
  qsort(values, n_codes - 1, sizeof *values,
        *order_out == BY_NUMBER ? by_number
        : *order_out == BY_TEXT ? by_text
                                : by_count);
  *out = values;
  *n_out = n_codes - 1;
  return LNT_OK;
}

static lnti_report_slice *add_slice(lnti_report_slices *s, lnti_slice_kind kind) {
  lnti_report_slice *slice = &s->slices[s->n++];
  *slice = (lnti_report_slice){.kind = kind, .low = (double)NAN, .high = (double)NAN};
  return slice;
}

static lnt_status add_values(lnti_report_slices *s, uint32_t *slice_of, const value *values, size_t n, lnt_error *err) {
  size_t shown = n < LNTI_SLICE_VALUES_MAX ? n : LNTI_SLICE_VALUES_MAX;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n; i++) slice_of[values[i].code] = (uint32_t)(i < shown ? i : shown);
  for (size_t i = 0; i < shown && !status; i++) {
    lnti_report_slice *slice = add_slice(s, LNTI_SLICE_VALUE);
    slice->n_values = 1;
    status = lnti_strdup(&slice->text, values[i].text, err);
  }
  if (shown < n && !status) {
    lnti_report_slice *slice = add_slice(s, LNTI_SLICE_OTHER);
    slice->n_values = n - shown;
    status = lnti_strdup(&slice->text, "other", err);
  }
  return status;
}

/* Whole numbers as they are, others with four digits. */
static lnt_status bound_text(lnti_text *out, double bound, lnt_error *err) {
  bool whole = fabs(bound) >= 1000 || bound == floor(bound);
  return whole && fabs(bound) < 1e15 ? lnti_text_printf(out, err, "%.0f", bound)
                                     : lnti_text_printf(out, err, "%.4g", bound);
}

static lnt_status set_bounds(lnti_report_slice *slice, const value *first, const value *last, lnt_error *err) {
  lnti_text text = {0};
  lnt_status status;
  slice->low = first->number;
  slice->high = last->number;
  if (first == last) return lnti_strdup(&slice->text, first->text, err);
  if (isnan(first->number)) {
    status = lnti_text_printf(&text, err, "%s to %s", first->text, last->text);
  } else {
    status = bound_text(&text, first->number, err);
    if (!status) status = lnti_text_printf(&text, err, " to ");
    if (!status) status = bound_text(&text, last->number, err);
  }
  slice->text = text.data;
  return status;
}

/* As many ranges as have enough items to be compared, if not fewer than two. */
static size_t count_ranges(size_t n_items) {
  size_t n = n_items / LNTI_SLICE_ITEMS_ENOUGH;
  return n < 2 ? 2 : n < LNTI_SLICE_RANGES ? n : LNTI_SLICE_RANGES;
}

/* Of about as many items each: a value belongs where the middle of its items lies, so that equal ones stay together. */
static lnt_status add_ranges(lnti_report_slices *s, uint32_t *slice_of, const value *values, size_t n, lnt_error *err) {
  size_t total = 0, before = 0, last_range = 0, first = 0;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n; i++) total += values[i].n;
  const size_t ranges = count_ranges(total);
  for (size_t i = 0; i < n && !status; i++) {
    size_t range = ranges * (2 * before + values[i].n) / (2 * total);
    if (i == 0 || range != last_range) {
      first = i;
      (void)add_slice(s, LNTI_SLICE_RANGE);
    }
    lnti_report_slice *slice = &s->slices[s->n - 1];
    slice->n_values++;
    slice_of[values[i].code] = (uint32_t)(s->n - 1);
    before += values[i].n;
    last_range = range;
    bool last = i + 1 == n || ranges * (2 * before + values[i + 1].n) / (2 * total) != range;
    if (last) status = set_bounds(slice, &values[first], &values[i], err);
  }
  return status;
}

/* slice_of [n_codes]: the slice of each code. */
static lnt_status make_slices(lnti_report_slices *s, uint32_t *slice_of, const coding *c, size_t n, lnt_error *err) {
  value *values = NULL;
  size_t n_values = 0;
  value_order order = BY_COUNT;
  bool missing = false;
  for (size_t i = 0; i < n; i++) missing = missing || c->code[i] == 0;
  lnt_status status = list_values(&values, &n_values, &order, c, n, err);
  if (!status) status = lnti_alloc_zero(&s->slices, LNTI_SLICE_VALUES_MAX + 2, sizeof *s->slices, err);
  if (!status && order != BY_COUNT && n_values > LNTI_SLICE_VALUES_MAX) {
    status = add_ranges(s, slice_of, values, n_values, err);
  } else if (!status) {
    status = add_values(s, slice_of, values, n_values, err);
  }
  if (!status && missing) {
    slice_of[0] = (uint32_t)s->n;
    lnti_report_slice *slice = add_slice(s, LNTI_SLICE_NONE);
    status = lnti_strdup(&slice->text, "none", err);
  }
  free(values);
  return status;
}

/* The option of a question that a text is the path of; LNTI_NONE: it is a state, such as "unsure". */
static lnt_status find_option(size_t *out, const lnti_ontology *o, size_t question, const char *text, lnt_error *err) {
  lnti_text path = {0};
  lnt_status status = LNT_OK;
  *out = LNTI_NONE;
  for (size_t i = 0; i < o->n_options && *out == LNTI_NONE && !status; i++) {
    if (o->options[i].question != question) continue;
    path.length = 0;
    status = lnti_ontology_option_path(&path, o, i, err);
    if (!status && strcmp(path.data, text) == 0) *out = i;
  }
  lnti_text_clear(&path);
  return status;
}

/* Answers are options by their paths until here. */
static lnt_status add_titles(lnti_report_slices *s, const lnti_view *view, const lnti_slice_key *key, lnt_error *err) {
  lnti_text title = {0};
  lnt_status status = LNT_OK;
  if (key->folder || (key->field.kind != LNTI_FIELD_QUESTION && key->field.kind != LNTI_FIELD_PREDICTED)) return LNT_OK;
  for (size_t i = 0; i < s->n && !status; i++) {
    if (s->slices[i].kind != LNTI_SLICE_VALUE) continue;
    size_t option = LNTI_NONE;
    status =
        find_option(&option, view->ontology, lnti_field_question(&key->field, &view->names), s->slices[i].text, err);
    if (status || option == LNTI_NONE) continue;
    title.length = 0;
    status = lnti_ontology_option_titles(&title, view->ontology, option, err);
    if (!status) status = lnti_strdup(&s->slices[i].title, title.data, err);
  }
  lnti_text_clear(&title);
  return status;
}

/* ---- figures ---- */

typedef struct measuring {
  lnti_report_slices *s;
  const uint32_t *slice; /* [n] */
  const lnti_judging *of;
  const lnti_context *context;
  bool compared[LNTI_SLICE_VALUES_MAX + 2];
  uint32_t *group; /* [n] in [0,n_groups) */
  size_t n_groups;
  lnti_judged judged[LNTI_SLICE_VALUES_MAX + 2]; /* of each slice by itself */
} measuring;

static lnt_status measure_classes(measuring *m, lnt_error *err) {
  const lnti_truth *t = m->of->truth;
  const lnti_measures names = lnti_evaluation_measures(NULL);
  lnti_slice figures[LNTI_SLICE_VALUES_MAX + 2];
  uint32_t *predicted = NULL;
  lnt_status status = lnti_alloc(&predicted, t->n, sizeof *predicted, err);
  for (size_t i = 0; i < t->n && !status; i++) predicted[i] = (uint32_t)lnti_argmax(m->of->prob + i * t->k, t->k);
  const lnti_slice_items items = {t->n, t->k, m->s->n, t->label, predicted, m->slice, m->compared};
  if (!status) status = lnti_slices_measure(figures, &m->s->gap, &items, &m->of->options, m->context, err);
  for (size_t j = 0; j < m->s->n && !status; j++) m->s->slices[j].figures = figures[j];
  m->s->measure[0] = &names.measure[LNTI_ACCURACY];
  m->s->measure[1] = &names.measure[LNTI_MACRO_F1];
  m->s->n_measures = 2;
  free(predicted);
  return status;
}

static lnt_status judge_rows(lnti_judged *out, const measuring *m, const lnti_truth *truth, const float *prob,
                             const uint32_t *group, lnt_error *err) {
  lnti_judging part = *m->of;
  part.truth = truth;
  part.prob = prob;
  part.options.group = group;
  part.options.n_groups = m->n_groups;
  if (!truth->label) return lnti_judge(out, &part, m->context, err);
  return lnti_hierarchy_evaluation_new(&out->hierarchy, part.tree, prob, truth->label, truth->n, &part.options,
                                       m->context, err);
}

/* The rows of a slice by themselves, in the resamples of all. */
static lnt_status judge_slice(measuring *m, size_t j, lnti_slice *figures, lnt_error *err) {
  const lnti_truth *all = m->of->truth;
  lnti_truth truth = {0};
  float *prob = NULL;
  uint32_t *group = NULL;
  bool *seen = NULL;
  size_t n = 0, k = all->k;
  for (size_t i = 0; i < all->n; i++) n += m->slice[i] == j;
  lnt_status status = lnti_truth_new(&truth, all->task, n, k, err);
  if (!status) status = lnti_alloc(&prob, n * k, sizeof *prob, err);
  if (!status) status = lnti_alloc(&group, n, sizeof *group, err);
  if (!status) status = lnti_alloc_zero(&seen, m->n_groups, sizeof *seen, err);
  size_t at = 0, n_groups = 0;
  for (size_t i = 0; i < all->n && !status; i++) {
    if (m->slice[i] != j) continue;
    lnti_truth_copy(&truth, at, all, i);
    memcpy(prob + at * k, m->of->prob + i * k, k * sizeof *prob);
    n_groups += !seen[m->group[i]];
    seen[m->group[i]] = true;
    group[at++] = m->group[i];
  }
  figures->n = n;
  figures->n_groups = n_groups;
  if (!status) status = judge_rows(&m->judged[j], m, &truth, prob, group, err);
  free(seen);
  free(group);
  free(prob);
  lnti_truth_clear(&truth);
  return status;
}

/* A slice that lies in one group has no interval, since nothing is known of other groups; nor has one whose resamples are all
 * alike, which says that they are few and not that the figure is sure. */
static void take_figure(lnti_slice *figures, size_t to, const lnti_measures *from, size_t at) {
  const double *ci95 = from->ci95[at];
  const bool spread = figures->n_groups > 1 && ci95[0] < ci95[1];
  figures->value[to] = from->value[at];
  for (int end = 0; end < 2; end++) figures->ci95[to][end] = spread ? ci95[end] : (double)NAN;
}

static lnt_status compare_slices(measuring *m, const lnti_measures *of, lnt_error *err) {
  lnti_slice figures[LNTI_SLICE_VALUES_MAX + 2];
  const double *resample[LNTI_SLICE_VALUES_MAX + 2];
  const lnti_measure *first = m->s->measure[0];
  for (size_t j = 0; j < m->s->n; j++) {
    figures[j] = m->s->slices[j].figures;
    resample[j] = of[j].resample; /* of the first measure, which comes first there too */
  }
  const lnti_slice_gap_of gap = {figures,
                                 m->s->n,
                                 m->compared,
                                 resample,
                                 m->of->options.resamples,
                                 first->lower_is_better,
                                 first->scale == LNTI_SCALE_VALUE ? (double)INFINITY : 1};
  return lnti_slice_gap_find(&m->s->gap, &gap, err);
}

static lnt_status measure_judged(measuring *m, lnt_error *err) {
  static const size_t LABELS[] = {LNTI_ML_MAP, LNTI_ML_MICRO_F1}, NUMBERS[] = {LNTI_R_MAE, LNTI_R_BIAS};
  _Static_assert(LNTI_ML_MAP == 0 && LNTI_R_MAE == 0, "what slices are compared by comes first");
  lnti_measures of[LNTI_SLICE_VALUES_MAX + 2];
  const size_t *which = m->of->truth->yes ? LABELS : NUMBERS;
  lnt_status status = LNT_OK;
  for (size_t j = 0; j < m->s->n && !status; j++) {
    lnti_slice *figures = &m->s->slices[j].figures;
    *figures = (lnti_slice){.value = {0}};
    for (size_t v = 0; v < LNTI_SLICE_MEASURES; v++)
      figures->value[v] = figures->ci95[v][0] = figures->ci95[v][1] = (double)NAN;
    status = judge_slice(m, j, figures, err);
    if (status) break;
    of[j] = m->judged[j].multilabel ? lnti_multilabel_measures(m->judged[j].multilabel)
                                    : lnti_regression_measures(m->judged[j].regression);
    for (size_t v = 0; v < 2; v++) {
      m->s->measure[v] = &of[j].measure[which[v]];
      take_figure(figures, v, &of[j], which[v]);
    }
  }
  m->s->n_measures = 2;
  return status ? status : compare_slices(m, of, err);
}

static lnt_status add_tree(measuring *m, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t j = 0; j < m->s->n && !status; j++) {
    lnti_slice *figures = &m->s->slices[j].figures;
    status = judge_slice(m, j, figures, err);
    if (status) break;
    lnti_measures of = lnti_hierarchy_measures(m->judged[j].hierarchy);
    m->s->measure[2] = &of.measure[LNTI_H_F1];
    take_figure(figures, 2, &of, LNTI_H_F1);
  }
  m->s->n_measures = 3;
  return status;
}

static lnt_status number_groups(measuring *m, lnt_error *err) {
  const lnti_evaluate_options *options = &m->of->options;
  size_t n = m->of->truth->n;
  if (options->group) return lnti_number_groups(&m->group, &m->n_groups, options->group, n, err);
  lnt_status status = lnti_alloc(&m->group, n, sizeof *m->group, err);
  for (size_t i = 0; i < n && !status; i++) m->group[i] = (uint32_t)i;
  m->n_groups = n;
  return status;
}

static lnt_status measure(lnti_report_slices *s, const uint32_t *slice, const lnti_judging *of,
                          const lnti_context *context, lnt_error *err) {
  measuring m = {.s = s, .slice = slice, .of = of, .context = context};
  for (size_t j = 0; j < s->n; j++) m.compared[j] = s->slices[j].kind != LNTI_SLICE_OTHER;
  lnt_status status = number_groups(&m, err);
  if (!status) status = of->truth->label ? measure_classes(&m, err) : measure_judged(&m, err);
  if (!status && of->truth->label && of->tree) status = add_tree(&m, err);
  for (size_t j = 0; j < s->n; j++) lnti_judged_clear(&m.judged[j]);
  free(m.group);
  return status;
}

lnt_status lnti_slices_find(lnti_report_slices *out, lnti_view *view, const lnti_slice_key *key,
                            const lnti_slices_of *of, const lnti_context *context, lnt_error *err) {
  const size_t n = of->judging->truth->n;
  lnti_report_slices slices = {.grouped = of->judging->options.group != NULL};
  coding c = {0};
  uint32_t *slice_of = NULL;
  lnt_status status = lnti_strdup(&slices.key, key->text, err);
  lnti_view_lock(view);
  if (!status) status = code_values(&c, view, key, of, err);
  lnti_view_unlock(view);
  if (!status) status = lnti_alloc_zero(&slice_of, lnti_words_count(&c.values), sizeof *slice_of, err);
  if (!status) status = make_slices(&slices, slice_of, &c, n, err);
  if (!status) status = add_titles(&slices, view, key, err);
  for (size_t i = 0; i < n && !status; i++) c.code[i] = slice_of[c.code[i]];
  if (!status) status = measure(&slices, c.code, of->judging, context, err);
  if (!status) {
    *out = slices;
    slices = (lnti_report_slices){0};
  }
  lnti_report_slices_clear(&slices);
  free(slice_of);
  free(c.code);
  lnti_words_clear(&c.values);
  return status;
}

void lnti_report_slices_clear(lnti_report_slices *slices) {
  for (size_t i = 0; i < slices->n; i++) {
    free(slices->slices[i].text);
    free(slices->slices[i].title);
  }
  free(slices->slices);
  free(slices->key);
  *slices = (lnti_report_slices){0};
}
