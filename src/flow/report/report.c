/*
 * What all forms of an evaluation's report share: which classes and confusions come first, and how figures are shown.
 */
#include <flow/report/report.h>

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t lnti_report_pairs(lnti_report_pair *pairs_out, size_t capacity, const lnti_evaluation *evaluation) {
  size_t n = 0, next = 0;
  lnti_confusion cell;
  assert(capacity <= LNTI_REPORT_PAIRS_MAX);
  while (capacity > 0 && lnti_confusion_next(&cell, &next, evaluation)) {
    if (cell.truth == cell.predicted || (n == capacity && cell.n <= pairs_out[n - 1].n)) continue;
    size_t at = n < capacity ? n++ : n - 1;
    for (; at > 0 && pairs_out[at - 1].n < cell.n; at--) pairs_out[at] = pairs_out[at - 1];
    pairs_out[at] = cell;
  }
  return n;
}

/* qsort has no payload: what is sorted holds its own key. */
typedef struct ranked_class {
  double f1; /* 2 where undefined: after every other */
  size_t class;
} ranked_class;

static int compare_classes(const ranked_class *a, const ranked_class *b) {
  if (a->f1 != b->f1) return a->f1 < b->f1 ? -1 : 1;
  return (a->class > b->class) - (a->class < b->class);
}

static ranked_class rank_of(const lnti_evaluation *evaluation, size_t class) {
  double f1 = evaluation->classes[class].f1;
  return (ranked_class){isnan(f1) ? 2 : f1, class};
}

/* Heap sort in place: no memory to fail, and O(k log k) for any number of classes. */
static void sift_down(size_t *order, size_t n, size_t root, const lnti_evaluation *evaluation) {
  for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
    ranked_class best = rank_of(evaluation, order[child]), here = rank_of(evaluation, order[root]);
    if (child + 1 < n) {
      ranked_class right = rank_of(evaluation, order[child + 1]);
      if (compare_classes(&best, &right) < 0) {
        best = right;
        child++;
      }
    }
    if (compare_classes(&here, &best) >= 0) return;
    order[child] = order[root];
    order[root] = best.class;
    root = child;
  }
}

size_t lnti_report_baseline(double *share_out, const lnti_evaluation *evaluation) {
  size_t most = 0;
  for (size_t c = 1; c < evaluation->k; c++) {
    if (evaluation->classes[c].n > evaluation->classes[most].n) most = c;
  }
  *share_out = (double)evaluation->classes[most].n / (double)evaluation->n;
  return most;
}

const char *lnti_report_group_words(const char *group_key) {
  static const struct {
    const char *key, *words; /* the beginning of a key */
  } known[] = {{"near", "equal and nearly equal pictures"},
               {"group", "images of one item group"},
               {"folder", "images of one folder"},
               {"sequence:name", "images whose names differ in their last number alone (frames of a film, say)"},
               {"sequence:alike=", "images that follow each other by the numbers in their names and look alike"},
               {"time:", "images that one camera took shortly after each other"}};
  if (strchr(group_key, ',')) return NULL;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    size_t n = strlen(known[i].key);
    bool whole = known[i].key[n - 1] != '=' && known[i].key[n - 1] != ':';
    if (strncmp(group_key, known[i].key, n) == 0 && (!whole || group_key[n] == '\0')) return known[i].words;
  }
  return NULL;
}

void lnti_report_worst_first(size_t *order_out, const lnti_evaluation *evaluation) {
  size_t k = evaluation->k;
  for (size_t c = 0; c < k; c++) order_out[c] = c;
  for (size_t root = k / 2; root-- > 0;) sift_down(order_out, k, root, evaluation);
  for (size_t end = k; end-- > 1;) {
    size_t last = order_out[0];
    order_out[0] = order_out[end];
    order_out[end] = last;
    sift_down(order_out, end, 0, evaluation);
  }
}

const char *lnti_report_metric_title(lnti_metric_id metric) {
  assert((unsigned)metric < LNTI_METRICS);
  return lnti_evaluation_measures(NULL).measure[metric].title;
}

lnti_report_value lnti_report_count(uint64_t n) {
  lnti_report_value digits, shown;
  int length = snprintf(digits.text, sizeof digits.text, "%" PRIu64, n), at = 0;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) shown.text[at++] = ',';
    shown.text[at++] = digits.text[i];
  }
  shown.text[at] = '\0';
  return shown;
}

static bool in_percent(lnti_metric_id metric) {
  return lnti_evaluation_measures(NULL).measure[metric].scale == LNTI_SCALE_SHARE;
}

size_t lnti_report_n(const lnti_report *report) {
  if (report->multilabel) return report->multilabel->n;
  return report->regression ? report->regression->n : report->evaluation->n;
}

size_t lnti_report_k(const lnti_report *report) {
  if (report->multilabel) return report->multilabel->k;
  return report->regression ? 1 : report->evaluation->k;
}

lnti_measures lnti_report_measures(const lnti_report *report) {
  if (report->multilabel) return lnti_multilabel_measures(report->multilabel);
  if (report->regression) return lnti_regression_measures(report->regression);
  return lnti_evaluation_measures(report->evaluation);
}

/* Three digits that count, and at least those before the point; none that say nothing. */
lnti_report_value lnti_report_number(double value) {
  lnti_report_value shown = {"\u2013"};
  if (isnan(value)) return shown;
  double size = fabs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) {
    (void)snprintf(shown.text, sizeof shown.text, "%.2e", value);
    return shown;
  }
  int digits = size > 0 ? 2 - (int)floor(log10(size)) : 0;
  (void)snprintf(shown.text, sizeof shown.text, "%.*f", digits < 0 ? 0 : digits > 6 ? 6 : digits, value);
  size_t n = strlen(shown.text);
  if (digits > 0) {
    while (shown.text[n - 1] == '0') n--;
    if (shown.text[n - 1] == '.') n--;
    shown.text[n] = '\0';
  }
  return shown;
}

lnti_report_value lnti_report_measure(const lnti_measure *measure, double value, const char *unit) {
  lnti_report_value shown = {"\u2013"};
  if (isnan(value)) return shown;
  if (measure->scale == LNTI_SCALE_SHARE) return lnti_report_percent(value);
  if (measure->scale == LNTI_SCALE_FIGURE) {
    (void)snprintf(shown.text, sizeof shown.text, "%.3f", value);
  } else {
    (void)snprintf(shown.text, sizeof shown.text, "%.20s%s%.20s", lnti_report_number(value).text,
                   unit && *unit ? "\u00a0" : "", unit ? unit : "");
  }
  return shown;
}

lnti_report_value lnti_report_measure_interval(const lnti_measure *measure, const double ci95[2]) {
  lnti_report_value shown = {""};
  if (isnan(ci95[0]) || isnan(ci95[1])) return shown;
  if (measure->scale == LNTI_SCALE_SHARE) {
    (void)snprintf(shown.text, sizeof shown.text, "%.1f to %.1f\u00a0%%", 100 * ci95[0], 100 * ci95[1]);
  } else if (measure->scale == LNTI_SCALE_FIGURE) {
    (void)snprintf(shown.text, sizeof shown.text, "%.3f to %.3f", ci95[0], ci95[1]);
  } else {
    (void)snprintf(shown.text, sizeof shown.text, "%.20s to %.20s", lnti_report_number(ci95[0]).text,
                   lnti_report_number(ci95[1]).text);
  }
  return shown;
}

lnt_status lnti_report_compared(lnti_text *out, const lnti_report_comparison *comparison, const lnti_compared *c,
                                lnt_error *err) {
  const char *better = c->verdict == LNTI_FIRST_IS_BETTER ? comparison->first : comparison->second;
  const char *worse = c->verdict == LNTI_FIRST_IS_BETTER ? comparison->second : comparison->first;
  lnt_status status = lnti_text_printf(out, err, "%s: ", c->measure->title);
  if (status) return status;
  if (isnan(c->difference)) return lnti_text_printf(out, err, "not defined on these items for both.");
  if (isnan(c->ci95[0])) return lnti_text_printf(out, err, "without resamples nothing is known of chance.");
  if (c->verdict != LNTI_NO_DIFFERENCE_SEEN)
    return lnti_text_printf(out, err, "%s is better than %s, by more than chance.", better, worse);
  return lnti_text_printf(out, err, "no difference that could be told from chance.");
}

size_t lnti_report_with_items(const lnti_evaluation *evaluation) {
  size_t n = 0;
  for (size_t c = 0; c < evaluation->k; c++) n += evaluation->classes[c].n > 0;
  return n;
}

lnt_status lnti_report_averaged(lnti_text *out, const lnti_report *report, lnt_error *err) {
  const lnti_evaluation *e = report->evaluation;
  size_t n = e ? lnti_report_with_items(e) : 0;
  if (!e || n == e->k) return LNT_OK;
  return lnti_text_printf(
      out, err, "%zu of %zu classes have items here: balanced accuracy and macro F1 are means over these alone.", n,
      e->k);
}

lnt_status lnti_report_reliability(lnti_text *out, const lnti_report *report, lnt_error *err) {
  const lnti_measures measures = lnti_report_measures(report);
  const lnti_reliability *r = report->reliability;
  size_t at = lnti_measures_find(&measures, "ece");
  if (!r || at == measures.n || isnan(r->before) || isnan(measures.value[at])) return LNT_OK;
  double ece = measures.value[at];
  return lnti_text_printf(
      out, err,
      "Before calibration the calibration error was %.4f, now it is %.4f. By chance alone a perfectly calibrated model "
      "would show %.4f on as many answers, and up to %.4f in 95 of 100 cases: this one is off by %s.",
      r->before, ece, r->chance, r->chance_high, ece > r->chance_high ? "more than chance" : "no more than chance");
}

lnti_report_value lnti_report_percent(double share) {
  lnti_report_value shown = {"\u2013"};
  if (!isnan(share)) (void)snprintf(shown.text, sizeof shown.text, "%.1f\u00a0%%", 100 * share);
  return shown;
}

lnti_report_value lnti_report_metric(lnti_metric_id metric, double value) {
  lnti_report_value shown = {"\u2013"};
  if (in_percent(metric)) return lnti_report_percent(value);
  if (!isnan(value)) (void)snprintf(shown.text, sizeof shown.text, "%.3f", value);
  return shown;
}

lnti_report_value lnti_report_interval(lnti_metric_id metric, const double ci95[2]) {
  lnti_report_value shown = {""};
  if (isnan(ci95[0]) || isnan(ci95[1])) return shown;
  if (in_percent(metric)) {
    (void)snprintf(shown.text, sizeof shown.text, "%.1f to %.1f\u00a0%%", 100 * ci95[0], 100 * ci95[1]);
  } else {
    (void)snprintf(shown.text, sizeof shown.text, "%.3f to %.3f", ci95[0], ci95[1]);
  }
  return shown;
}

/* A value in quotes, the rest of a long one left out; not within a character. */
static lnt_status quote_value(lnti_text *out, const char *text, lnt_error *err) {
  enum { BYTES_MAX = 60 };
  size_t n = strlen(text), shown = n;
  if (n > BYTES_MAX) {
    for (shown = BYTES_MAX; shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80;) shown--;
  }
  lnt_status status = lnti_text_printf(out, err, "\u201c");
  if (!status) status = lnti_text_append(out, text, shown, err);
  return status ? status : lnti_text_printf(out, err, "%s\u201d", shown < n ? "\u2026" : "");
}

const char *lnti_report_slice_title(const lnti_report_slice *slice) {
  return slice->title ? slice->title : slice->text;
}

/* Accuracy is what people know best: it is called by what it says, and differs by points. */
static bool is_accuracy(const lnti_report_slices *slices) {
  return strcmp(slices->measure[0]->name, "accuracy") == 0;
}

static lnti_report_value slice_value(const lnti_report_slices *slices, size_t i) {
  double value = slices->slices[i].figures.value[0];
  return is_accuracy(slices) ? lnti_report_percent(value)
                             : lnti_report_measure(slices->measure[0], value, slices->unit);
}

static lnt_status gap_apart(lnti_text *out, const lnti_report_slices *slices, lnt_error *err) {
  const lnti_slice_gap *gap = &slices->gap;
  const bool points = is_accuracy(slices), known = !isnan(gap->ci95[0]);
  lnt_status status;
  if (points) {
    status = lnti_text_printf(out, err, "%.1f points apart", 100 * gap->difference);
    if (!status && known)
      status =
          lnti_text_printf(out, err, " (95\u00a0%% interval %.1f to %.1f)", 100 * gap->ci95[0], 100 * gap->ci95[1]);
  } else {
    status = lnti_text_printf(out, err, "%s apart",
                              lnti_report_measure(slices->measure[0], gap->difference, slices->unit).text);
    if (!status && known)
      status = lnti_text_printf(out, err, " (95\u00a0%% interval %s)",
                                lnti_report_measure_interval(slices->measure[0], gap->ci95).text);
  }
  return status ? status : lnti_text_printf(out, err, ".");
}

/* Where some rows are too small for it, which ones the best and the worst are of. */
static lnt_status gap_among(lnti_text *out, const lnti_report_slices *slices, lnt_error *err) {
  size_t rows = 0;
  for (size_t i = 0; i < slices->n; i++) {
    lnti_slice_kind kind = slices->slices[i].kind;
    rows += kind == LNTI_SLICE_VALUE || kind == LNTI_SLICE_RANGE;
  }
  if (rows <= slices->gap.n_enough) return LNT_OK;
  lnt_status status = lnti_text_printf(out, err, "Of the %zu rows with at least %d images", slices->gap.n_enough,
                                       LNTI_SLICE_ITEMS_ENOUGH);
  if (!status && slices->grouped)
    status = lnti_text_printf(out, err, " of at least %d groups", LNTI_SLICE_GROUPS_ENOUGH);
  return status ? status : lnti_text_printf(out, err, " (the others tell too little): ");
}

static lnt_status gap_figures(lnti_text *out, const lnti_report_slices *slices, lnt_error *err) {
  const lnti_slice_gap *gap = &slices->gap;
  const bool points = is_accuracy(slices);
  const size_t before = out->length;
  lnt_status status = gap_among(out, slices, err);
  const bool first = out->length == before;
  if (status) return status;
  if (!(gap->difference > 0))
    return lnti_text_printf(out, err, "%s are equally good (%s).", first ? "These" : "these",
                            slice_value(slices, gap->best).text);
  if (!points) status = lnti_text_printf(out, err, "%s: ", slices->measure[0]->title);
  if (!status) status = lnti_text_printf(out, err, points && first ? "Best is " : "best is ");
  if (!status) status = quote_value(out, lnti_report_slice_title(&slices->slices[gap->best]), err);
  if (!status)
    status = lnti_text_printf(out, err, " (%s%s), worst ", slice_value(slices, gap->best).text, points ? " right" : "");
  if (!status) status = quote_value(out, lnti_report_slice_title(&slices->slices[gap->worst]), err);
  if (!status) status = lnti_text_printf(out, err, " (%s): ", slice_value(slices, gap->worst).text);
  return status ? status : gap_apart(out, slices, err);
}

/* As where images were kept together by the key itself. */
static bool of_one_group_each(const lnti_report_slices *slices) {
  for (size_t i = 0; i < slices->n; i++) {
    const lnti_report_slice *slice = &slices->slices[i];
    if (slice->kind != LNTI_SLICE_OTHER && slice->figures.n_groups > 1) return false;
  }
  return true;
}

lnt_status lnti_report_gap(lnti_text *out, const lnti_report_slices *slices, lnt_error *err) {
  const lnti_slice_gap *gap = &slices->gap;
  if (gap->n_enough > 1) return gap_figures(out, slices, err);
  if (slices->n == 1) {
    bool none = slices->slices[0].kind == LNTI_SLICE_NONE;
    return lnti_text_printf(out, err, "Nothing to compare: %s.",
                            none ? "not one of these images has a value of it" : "all of these images have the same");
  }
  if (slices->grouped && of_one_group_each(slices)) {
    return lnti_text_printf(out, err,
                            "Nothing to compare: each of these is a single group, so that nothing is known of how far "
                            "such groups differ by chance.");
  }
  return lnti_text_printf(out, err, "Nothing to compare: %s at least %d images%s, and fewer tell too little.",
                          gap->n_enough == 0 ? "none of these has" : "only one of these has", LNTI_SLICE_ITEMS_ENOUGH,
                          slices->grouped ? " from at least 10 groups" : "");
}

const char *lnti_report_gap_verdict(const lnti_report_slices *slices) {
  _Static_assert(LNTI_SLICE_GROUPS_ENOUGH == 10, "the sentence above says so");
  const lnti_slice_gap *gap = &slices->gap;
  if (gap->n_enough < 2) return "";
  if (isnan(gap->ci95[0])) return "Without resamples nothing is known of chance.";
  if (!(slices->gap.difference > 0)) return "With other images of the same kind one of them may be better.";
  return gap->ci95[0] > 0 ? "That is more than chance: the model does worse there."
                          : "That cannot be told from chance: with other images of the same kind it might be the other "
                            "way round.";
}
