/*
 * An evaluation in the terminal: what the HTML report says, as aligned text.
 *
 * All of it is put together in memory and written in one go, so that a failing allocation leaves no half report. The
 * confusion matrix names its columns by number, as class names side by side would not fit; the number stands before
 * each row's name.
 */
#include <cli/format.h>
#include <cli/report_text.h>
#include <cli/table.h>

#include <base/alloc.h>
#include <base/error.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 10, TITLE_COLUMNS_MAX = 32, WIDTH = 100 };

static const char *bold(bool styled) {
  return styled ? "\x1b[1m" : "";
}

static const char *plain(bool styled) {
  return styled ? "\x1b[0m" : "";
}

static lnt_status heading(lnti_text *text, const char *title, const char *remark, bool styled, lnt_error *err) {
  return lnti_text_printf(text, err, "\n%s%s%s%s%s%s\n", bold(styled), title, plain(styled), styled ? "\x1b[2m" : "",
                          remark, plain(styled));
}

static lnt_status write_first_line(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  lnt_status status = lnti_text_printf(text, err, "%s", bold(styled));
  if (status == LNT_OK) status = lnti_plain(text, report->model, err);
  if (status == LNT_OK) status = lnti_text_printf(text, err, "%s on the split ", plain(styled));
  if (status == LNT_OK) status = lnti_plain(text, report->split, err);
  if (!status && report->judged_snapshot) status = lnti_text_printf(text, err, " of the snapshot ");
  if (!status && report->judged_snapshot) status = lnti_plain(text, report->judged_snapshot, err);
  if (status != LNT_OK) return status;
  lnti_shown n = lnti_show_things(lnti_report_n(report), "item");
  if (report->regression) return lnti_text_printf(text, err, ": %s\n", n.text);
  return lnti_text_printf(text, err, ": %s of %s\n", n.text,
                          lnti_show_things(lnti_report_k(report), report->multilabel ? "label" : "class").text);
}

static lnt_status add_measures(lnti_table *table, const lnti_measures *measures, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t m = 0; m < measures->n && status == LNT_OK; m++) {
    lnti_shown value = lnti_show_metric(measures->value[m]);
    lnti_shown interval = lnti_show_interval(measures->ci95[m][0], measures->ci95[m][1]);
    const char *cells[] = {measures->measure[m].title, value.text, interval.text,
                           strcmp(measures->measure[m].name, "bias") == 0 ? "nearer to 0 is better"
                           : measures->measure[m].lower_is_better         ? "lower is better"
                                                                          : ""};
    status = lnti_table_row(table, cells, err);
  }
  return status;
}

/* What it would be without a model. */
static lnt_status write_baseline(lnti_text *text, const lnti_report *report, lnt_error *err) {
  if (report->regression) {
    lnt_status status = lnti_text_printf(text, err, "  Always answering the mean (%.4g) would be off by %.4g",
                                         report->regression->mean_value, report->regression->mean_mae);
    if (!status && report->unit && *report->unit) status = lnti_text_printf(text, err, " ");
    if (!status && report->unit) status = lnti_plain(text, report->unit, err);
    return status ? status : lnti_text_printf(text, err, " on average.\n");
  }
  if (!report->evaluation) return LNT_OK;
  double share = 0;
  size_t most = lnti_report_baseline(&share, report->evaluation);
  lnt_status status = lnti_text_printf(text, err, "  Always answering ");
  if (status == LNT_OK) status = lnti_plain(text, report->class_titles[most], err);
  return status ? status : lnti_text_printf(text, err, " would be right in %.1f %%.\n", 100 * share);
}

typedef lnt_status (*words_of)(lnti_text *out, const lnti_report *report, lnt_error *err);

static lnt_status write_words(lnti_text *text, const lnti_report *report, words_of find, lnt_error *err) {
  lnti_text words = {0};
  lnt_status status = find(&words, report, err);
  if (!status && words.data) status = lnti_text_printf(text, err, "  ");
  if (!status && words.data) status = lnti_wrap(text, words.data, 2, 2, WIDTH, err);
  if (!status && words.data) status = lnti_text_append(text, "\n", 1, err);
  lnti_text_clear(&words);
  return status;
}

static lnt_status write_metrics(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  static const lnti_column COLUMN[] = {
      {NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  const lnti_measures measures = lnti_report_measures(report);
  lnti_table table;
  lnt_status status = heading(text, "Metrics", report->resamples > 0 ? ", with 95 % intervals" : "", styled, err);
  lnti_table_init(&table, COLUMN, 4, 2);
  if (status == LNT_OK) status = add_measures(&table, &measures, err);
  if (status == LNT_OK && report->hierarchy) {
    const lnti_measures tree = lnti_hierarchy_measures(report->hierarchy);
    status = add_measures(&table, &tree, err);
  }
  if (status == LNT_OK) status = lnti_table_write(text, &table, err);
  lnti_table_clear(&table);
  if (status == LNT_OK) status = write_baseline(text, report, err);
  if (status == LNT_OK) status = write_words(text, report, lnti_report_averaged, err);
  if (status == LNT_OK) status = write_words(text, report, lnti_report_reliability, err);
  if (status != LNT_OK || report->group_key == NULL) return status;
  if ((status = lnti_text_printf(text, err, "  Items that belong together by ")) != LNT_OK) return status;
  if ((status = lnti_plain(text, report->group_key, err)) != LNT_OK) return status;
  if ((status = lnti_text_printf(text, err, " were drawn as one for the intervals")) != LNT_OK) return status;
  if (report->n_groups == 0) return lnti_text_printf(text, err, ".\n");
  return lnti_text_printf(text, err, " (%s).\n", lnti_show_things(report->n_groups, "group").text);
}

/* A name, safe and cut to what a table column bears. */
static lnt_status short_name(char **out, const char *name, lnt_error *err) {
  lnti_text text = {NULL, 0, 0};
  lnt_status status = lnti_plain(&text, name, err);
  if (status == LNT_OK && text.data == NULL) status = lnti_text_append(&text, "", 0, err);
  if (status == LNT_OK && lnti_utf8_columns(text.data, text.length) > TITLE_COLUMNS_MAX) {
    size_t n = text.length;
    do {
      while (n > 0 && ((unsigned char)text.data[--n] & 0xc0) == 0x80) continue;
    } while (lnti_utf8_columns(text.data, n) > TITLE_COLUMNS_MAX - 1);
    text.length = n;
    status = lnti_text_append(&text, "\u2026", 3, err);
  }
  if (status != LNT_OK) {
    lnti_text_clear(&text);
    return status;
  }
  *out = text.data;
  return LNT_OK;
}

static lnt_status class_title(char **out, const lnti_report *report, size_t class, lnt_error *err) {
  return short_name(out, report->class_titles[class], err);
}

static lnt_status class_row(lnti_table *table, const lnti_report *report, size_t class, lnt_error *err) {
  const lnti_class_metrics *m = &report->evaluation->classes[class];
  char *title = NULL;
  lnt_status status = class_title(&title, report, class, err);
  if (status != LNT_OK) return status;
  lnti_shown n = lnti_show_count(m->n), recall = lnti_show_metric(m->recall),
             precision = lnti_show_metric(m->precision);
  lnti_shown specificity = lnti_show_metric(m->specificity), f1 = lnti_show_metric(m->f1);
  lnti_shown ap = lnti_show_metric(m->average_precision);
  const char *cells[] = {title, n.text, recall.text, precision.text, specificity.text, f1.text, ap.text};
  status = lnti_table_row(table, cells, err);
  free(title);
  return status;
}

static lnt_status write_classes(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  static const lnti_column COLUMN[] = {{"class", LNTI_ALIGN_LEFT},
                                       {"n", LNTI_ALIGN_RIGHT},
                                       {"recall", LNTI_ALIGN_RIGHT},
                                       {"precision", LNTI_ALIGN_RIGHT},
                                       {"specificity", LNTI_ALIGN_RIGHT},
                                       {"F1", LNTI_ALIGN_RIGHT},
                                       {"average precision", LNTI_ALIGN_RIGHT}};
  size_t k = report->evaluation->k, *order = NULL;
  lnti_table table;
  lnt_status status;
  lnti_table_init(&table, COLUMN, 7, 2);
  if ((status = heading(text, "Classes", ", the one it knows least first", styled, err)) != LNT_OK) goto done;
  if ((status = lnti_alloc(&order, k, sizeof *order, err)) != LNT_OK) goto done;
  lnti_report_worst_first(order, report->evaluation);
  for (size_t i = 0; i < k; i++) {
    if ((status = class_row(&table, report, order[i], err)) != LNT_OK) goto done;
  }
  status = lnti_table_write(text, &table, err);
done:
  free(order);
  lnti_table_clear(&table);
  return status;
}

/* Columns that the widest count or column number needs. */
static int cell_width(const lnti_evaluation *e) {
  uint64_t most = e->k;
  for (size_t i = 0; i < e->k * e->k; i++) most = e->confusion[i] > most ? e->confusion[i] : most;
  return (int)strlen(lnti_show_count(most).text);
}

static lnt_status matrix_row(lnti_text *text, const lnti_report *report, size_t truth, size_t title_width, int width,
                             bool styled, lnt_error *err) {
  const lnti_evaluation *e = report->evaluation;
  char *title = NULL;
  lnt_status status = class_title(&title, report, truth, err);
  if (status != LNT_OK) return status;
  int pad = (int)(title_width - lnti_utf8_columns(title, strlen(title)));
  status = lnti_text_printf(text, err, "  %2zu  %s%*s", truth + 1, title, pad, "");
  free(title);
  for (size_t c = 0; c < e->k && status == LNT_OK; c++) {
    uint64_t n = e->confusion[truth * e->k + c];
    bool right = c == truth;
    status = lnti_text_printf(text, err, "  %s%*s%s", right ? bold(styled) : "", width,
                              n > 0 ? lnti_show_count(n).text : ".", right ? plain(styled) : "");
  }
  if (status == LNT_OK) status = lnti_text_append(text, "\n", 1, err);
  return status;
}

static lnt_status write_matrix(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  size_t k = report->evaluation->k, title_width = 0;
  int width = cell_width(report->evaluation);
  lnt_status status = heading(text, "Confusion", ": rows are true, columns predicted", styled, err);
  for (size_t c = 0; c < k && status == LNT_OK; c++) {
    char *title = NULL;
    if ((status = class_title(&title, report, c, err)) != LNT_OK) break;
    size_t columns = lnti_utf8_columns(title, strlen(title));
    title_width = columns > title_width ? columns : title_width;
    free(title);
  }
  if (status == LNT_OK) status = lnti_text_printf(text, err, "  %*s", (int)title_width + 4, "");
  for (size_t c = 0; c < k && status == LNT_OK; c++) status = lnti_text_printf(text, err, "  %*zu", width, c + 1);
  if (status == LNT_OK) status = lnti_text_append(text, "\n", 1, err);
  for (size_t c = 0; c < k && status == LNT_OK; c++) {
    status = matrix_row(text, report, c, title_width, width, styled, err);
  }
  return status;
}

static lnt_status pair_row(lnti_table *table, const lnti_report *report, const lnti_report_pair *pair, lnt_error *err) {
  char *truth = NULL, *predicted = NULL, share[32];
  double whole = (double)report->evaluation->classes[pair->truth].n;
  lnti_shown n = lnti_show_count(pair->n);
  lnt_status status;
  (void)snprintf(share, sizeof share, "%.1f %%", 100 * (double)pair->n / whole);
  if ((status = class_title(&truth, report, pair->truth, err)) != LNT_OK) goto done;
  if ((status = class_title(&predicted, report, pair->predicted, err)) != LNT_OK) goto done;
  const char *cells[] = {truth, predicted, n.text, share};
  status = lnti_table_row(table, cells, err);
done:
  free(predicted);
  free(truth);
  return status;
}

static lnt_status write_pairs(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  static const lnti_column COLUMN[] = {{"true class", LNTI_ALIGN_LEFT},
                                       {"taken for", LNTI_ALIGN_LEFT},
                                       {"n", LNTI_ALIGN_RIGHT},
                                       {"of the class", LNTI_ALIGN_RIGHT}};
  lnti_report_pair pairs[PAIRS_MAX];
  size_t n = lnti_report_pairs(pairs, PAIRS_MAX, report->evaluation);
  lnti_table table;
  lnt_status status;
  if (n == 0) return LNT_OK;
  lnti_table_init(&table, COLUMN, 4, 2);
  status = heading(text, "Most frequent confusions", "", styled, err);
  for (size_t i = 0; i < n && status == LNT_OK; i++) status = pair_row(&table, report, &pairs[i], err);
  if (status == LNT_OK) status = lnti_table_write(text, &table, err);
  lnti_table_clear(&table);
  return status;
}

/* ---- labels, trees, numbers ---- */

static lnt_status label_row(lnti_table *table, const lnti_report *report, size_t l, lnt_error *err) {
  const lnti_label_metrics *m = &report->multilabel->labels[l];
  char *title = NULL;
  lnt_status status = class_title(&title, report, l, err);
  if (status != LNT_OK) return status;
  lnti_shown n = lnti_show_count(m->n_yes), unknown = lnti_show_count(m->n_unknown);
  lnti_shown ap = lnti_show_metric(m->average_precision), recall = lnti_show_metric(m->recall);
  lnti_shown ci95 = lnti_show_interval(m->average_precision_ci95[0], m->average_precision_ci95[1]);
  lnti_shown precision = lnti_show_metric(m->precision), f1 = lnti_show_metric(m->f1);
  lnti_shown threshold = lnti_show_metric(m->threshold);
  const char *cells[] = {title,       n.text,         unknown.text, ap.text,       ci95.text,
                         recall.text, precision.text, f1.text,      threshold.text};
  status = lnti_table_row(table, cells, err);
  free(title);
  return status;
}

static lnt_status write_labels(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  static const lnti_column COLUMN[] = {{"label", LNTI_ALIGN_LEFT},      {"n", LNTI_ALIGN_RIGHT},
                                       {"unknown", LNTI_ALIGN_RIGHT},   {"average precision", LNTI_ALIGN_RIGHT},
                                       {"", LNTI_ALIGN_LEFT},           {"recall", LNTI_ALIGN_RIGHT},
                                       {"precision", LNTI_ALIGN_RIGHT}, {"F1", LNTI_ALIGN_RIGHT},
                                       {"from", LNTI_ALIGN_RIGHT}};
  size_t k = report->multilabel->k, *order = NULL;
  lnti_table table;
  lnti_table_init(&table, COLUMN, 9, 2);
  lnt_status status = heading(text, "Labels", ", the one it knows least first", styled, err);
  if (!status) status = lnti_alloc(&order, k, sizeof *order, err);
  if (!status) status = lnti_report_labels_worst_first(order, report->multilabel, err);
  for (size_t i = 0; i < k && !status; i++) status = label_row(&table, report, order[i], err);
  if (!status) status = lnti_table_write(text, &table, err);
  free(order);
  lnti_table_clear(&table);
  return status;
}

static lnt_status write_levels(lnti_text *text, const lnti_hierarchy_evaluation *e, bool styled, lnt_error *err) {
  static const lnti_column COLUMN[] = {{"level", LNTI_ALIGN_RIGHT},
                                       {"nodes", LNTI_ALIGN_RIGHT},
                                       {"n", LNTI_ALIGN_RIGHT},
                                       {"right down to here", LNTI_ALIGN_RIGHT},
                                       {"goes wrong here", LNTI_ALIGN_RIGHT}};
  lnti_table table;
  lnti_table_init(&table, COLUMN, 5, 2);
  lnt_status status = heading(text, "Levels", " of the tree, from the top down", styled, err);
  for (size_t d = 0; d < e->n_depth && !status; d++) {
    const lnti_hierarchy_level *level = &e->levels[d];
    char share[32] = "-";
    if (level->n > 0) (void)snprintf(share, sizeof share, "%.1f %%", 100 * (double)level->right / (double)level->n);
    lnti_shown depth = lnti_show_count(d + 1), nodes = lnti_show_count(level->n_nodes), n = lnti_show_count(level->n);
    lnti_shown wrong = lnti_show_count(level->wrong_here);
    const char *cells[] = {depth.text, nodes.text, n.text, share, wrong.text};
    status = lnti_table_row(&table, cells, err);
  }
  if (!status) status = lnti_table_write(text, &table, err);
  lnti_table_clear(&table);
  const lnti_backoff_point *sure = &e->backoff[LNTI_BACKOFF_POINTS * 4 / 5];
  if (status || isnan(sure->accuracy)) return status;
  return lnti_text_printf(text, err,
                          "  Going down only as far as it is %.0f %% sure it answers %.1f %% of the items, %.1f levels "
                          "deep on average,\n  and %.1f %% of these answers are right as far as they go.\n",
                          100 * sure->threshold, 100 * sure->coverage, sure->depth, 100 * sure->accuracy);
}

/* Decimals that show four digits of the largest: all numbers of the table have as many. */
static int residual_decimals(const lnti_regression_evaluation *e) {
  double most = 0;
  for (size_t b = 0; b < e->n_bins; b++) most = fmax(most, fmax(fabs(e->bin[b].p10), fabs(e->bin[b].p90)));
  if (!(most > 0)) return 1;
  double digits = 3 - floor(log10(most));
  return digits < 0 ? 0 : digits > 9 ? 9 : (int)digits;
}

static lnt_status write_residuals(lnti_text *text, const lnti_regression_evaluation *e, bool styled, lnt_error *err) {
  static const lnti_column COLUMN[] = {{"true value", LNTI_ALIGN_LEFT},
                                       {"n", LNTI_ALIGN_RIGHT},
                                       {"mean error", LNTI_ALIGN_RIGHT},
                                       {"on the whole", LNTI_ALIGN_RIGHT},
                                       {"eight in ten between", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_table_init(&table, COLUMN, 5, 2);
  const int digits = residual_decimals(e);
  lnt_status status = heading(text, "Errors", " by size of the truth", styled, err);
  for (size_t b = 0; b < e->n_bins && !status; b++) {
    const lnti_residual_bin *bin = &e->bin[b];
    char range[64], mae[400], mean[400], spread[800];
    int n_range = snprintf(range, sizeof range, "%.4g", bin->low);
    if (bin->low < bin->high) (void)snprintf(range + n_range, sizeof range - (size_t)n_range, " to %.4g", bin->high);
    (void)snprintf(mae, sizeof mae, "%.*f", digits, bin->mae);
    (void)snprintf(mean, sizeof mean, "%+.*f", digits, bin->mean);
    int n_spread = snprintf(spread, sizeof spread, "%+.*f", digits, bin->p10);
    if (bin->p10 < bin->p90 && n_spread > 0)
      (void)snprintf(spread + n_spread, sizeof spread - (size_t)n_spread, " and %+.*f", digits, bin->p90);
    lnti_shown n = lnti_show_count(bin->n);
    const char *cells[] = {range, n.text, mae, mean, spread};
    status = lnti_table_row(&table, cells, err);
  }
  if (!status) status = lnti_table_write(text, &table, err);
  lnti_table_clear(&table);
  return status;
}

/* ---- another model ---- */

static lnt_status compared_row(lnti_table *table, const lnti_compared *c, lnt_error *err) {
  static const char *const BETTER[] = {[LNTI_NO_DIFFERENCE_SEEN] = "may be chance",
                                       [LNTI_FIRST_IS_BETTER] = "first",
                                       [LNTI_SECOND_IS_BETTER] = "second"};
  char difference[32] = "-";
  if (!isnan(c->difference)) (void)snprintf(difference, sizeof difference, "%+.4f", c->difference);
  lnti_shown a = lnti_show_metric(c->first), b = lnti_show_metric(c->second);
  lnti_shown ci95 = lnti_show_interval(c->ci95[0], c->ci95[1]);
  const char *cells[] = {c->measure->title, a.text,    b.text,
                         difference,        ci95.text, isnan(c->ci95[0]) ? "not known" : BETTER[c->verdict]};
  return lnti_table_row(table, cells, err);
}

static lnt_status compared_table(lnti_text *text, const lnti_report_comparison *c, lnt_error *err) {
  static const lnti_column COLUMN[] = {{"", LNTI_ALIGN_LEFT},        {"first", LNTI_ALIGN_RIGHT},
                                       {"second", LNTI_ALIGN_RIGHT}, {"difference", LNTI_ALIGN_RIGHT},
                                       {"", LNTI_ALIGN_LEFT},        {"better", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, COLUMN, 6, 2);
  for (size_t m = 0; m < c->n_measures && !status; m++) status = compared_row(&table, &c->measures[m], err);
  if (!status) status = lnti_table_write(text, &table, err);
  lnti_table_clear(&table);
  return status;
}

/* What it comes to, in words. */
static lnt_status compared_words(lnti_text *text, const lnti_report_comparison *c, lnt_error *err) {
  lnti_text says = {NULL, 0, 0}, safe = {NULL, 0, 0};
  lnt_status status = lnti_report_compared(&says, c, &c->measures[0], err);
  if (!status && c->n_left_out > 0)
    status = lnti_text_printf(&says, err, " On %s that both know; %s left out.", lnti_show_things(c->n, "item").text,
                              lnti_show_things(c->n_left_out, "item").text);
  if (!status && c->mcnemar)
    status = lnti_text_printf(&says, err, " Right with the first alone: %s, with the second alone: %s.",
                              lnti_show_things(c->mcnemar->first_only, "item").text,
                              lnti_show_things(c->mcnemar->second_only, "item").text);
  if (!status) status = lnti_plain(&safe, says.data, err);
  if (!status) status = lnti_text_printf(text, err, "  ");
  if (!status) status = lnti_wrap(text, safe.data, 2, 2, WIDTH, err);
  if (!status) status = lnti_text_append(text, "\n", 1, err);
  lnti_text_clear(&safe);
  lnti_text_clear(&says);
  return status;
}

static lnt_status write_comparison(lnti_text *text, const lnti_report_comparison *c, bool styled, lnt_error *err) {
  lnt_status status =
      heading(text, "Comparison", ", on the same items, with 95 % intervals of the difference", styled, err);
  if (!status) status = lnti_text_printf(text, err, "  first   ");
  if (!status) status = lnti_plain(text, c->first, err);
  if (!status) status = lnti_text_printf(text, err, "\n  second  ");
  if (!status) status = lnti_plain(text, c->second, err);
  if (!status) status = lnti_text_printf(text, err, "\n\n");
  if (!status) status = compared_table(text, c, err);
  return status || c->n_measures == 0 ? status : compared_words(text, c, err);
}

/* Accuracy where the least sure items are left to a person. */
static lnt_status write_reject(lnti_text *text, const lnti_reject_curve *curve, lnt_error *err) {
  static const double WANTED[] = {0.9, 0.95, 0.99};
  const double all = curve->n_points ? curve->point[curve->n_points - 1].accuracy : 1;
  for (size_t w = 0; w < sizeof WANTED / sizeof *WANTED; w++) {
    size_t i = curve->n_points;
    while (i > 0 && curve->point[i - 1].accuracy < WANTED[w]) i--;
    if (all >= WANTED[w] || i == 0) continue;
    return lnti_text_printf(
        text, err,
        "  To be right in %.0f %% it may answer the %.1f %% of the items of which it is at least %.1f %% "
        "sure.\n",
        100 * WANTED[w], 100 * curve->point[i - 1].coverage, floor(1000 * curve->point[i - 1].confidence) / 10);
  }
  return LNT_OK;
}

/* ---- slices ---- */

/* "macro F1": as a heading, in small letters but for what is written large. */
static lnti_shown measure_heading(const lnti_measure *measure) {
  lnti_shown shown;
  (void)snprintf(shown.text, sizeof shown.text, "%.30s", measure->title);
  if (shown.text[0] >= 'A' && shown.text[0] <= 'Z' && shown.text[1] >= 'a') shown.text[0] += 'a' - 'A';
  return shown;
}

static lnt_status slice_row(lnti_table *table, const lnti_report_slice *slice, size_t last, lnt_error *err) {
  const lnti_slice *figures = &slice->figures;
  char special[96], *name = NULL;
  if (slice->kind == LNTI_SLICE_OTHER) {
    (void)snprintf(special, sizeof special, "(%s other values)", lnti_show_count(slice->n_values).text);
  } else {
    (void)snprintf(special, sizeof special, "(no value)");
  }
  bool named = slice->kind == LNTI_SLICE_VALUE || slice->kind == LNTI_SLICE_RANGE;
  lnt_status status = short_name(&name, named ? lnti_report_slice_title(slice) : special, err);
  if (status != LNT_OK) return status;
  const double *ci95 = figures->ci95[0], *last_ci95 = figures->ci95[last];
  lnti_shown n = lnti_show_count(figures->n), groups = lnti_show_count(figures->n_groups);
  lnti_shown value = lnti_show_metric(figures->value[0]), interval = lnti_show_interval(ci95[0], ci95[1]);
  lnti_shown other = lnti_show_metric(figures->value[last]);
  lnti_shown other_interval = lnti_show_interval(last_ci95[0], last_ci95[1]);
  const char *cells[] = {name, n.text, value.text, interval.text, other.text, other_interval.text, groups.text};
  status = lnti_table_row(table, cells, err);
  free(name);
  return status;
}

static lnt_status write_slices(lnti_text *text, const lnti_report_slices *slices, bool styled, lnt_error *err) {
  const size_t last = slices->n_measures - 1;
  lnti_shown first_title = measure_heading(slices->measure[0]), last_title = measure_heading(slices->measure[last]);
  lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT},
                           {"n", LNTI_ALIGN_RIGHT},
                           {first_title.text, LNTI_ALIGN_RIGHT},
                           {"", LNTI_ALIGN_LEFT},
                           {last_title.text, LNTI_ALIGN_RIGHT},
                           {"", LNTI_ALIGN_LEFT},
                           {"groups", LNTI_ALIGN_RIGHT}};
  lnti_table table;
  lnti_text says = {NULL, 0, 0}, safe = {NULL, 0, 0};
  char *key = NULL;
  lnt_status status = short_name(&key, slices->key, err);
  if (status != LNT_OK) return status;
  columns[0].title = key;
  lnti_table_init(&table, columns, slices->grouped ? 7 : 6, 2);
  status = heading(text, "Slices", ": the same for parts of the images", styled, err);
  for (size_t i = 0; i < slices->n && status == LNT_OK; i++) status = slice_row(&table, &slices->slices[i], last, err);
  if (status == LNT_OK) status = lnti_table_write(text, &table, err);
  if (status == LNT_OK) status = lnti_report_gap(&says, slices, err);
  if (status == LNT_OK) status = lnti_text_printf(&says, err, " %s", lnti_report_gap_verdict(slices));
  if (status == LNT_OK) status = lnti_plain(&safe, says.data, err);
  if (status == LNT_OK) status = lnti_text_printf(text, err, "  ");
  if (status == LNT_OK) status = lnti_wrap(text, safe.data, 2, 2, WIDTH, err);
  if (status == LNT_OK) status = lnti_text_append(text, "\n", 1, err);
  lnti_text_clear(&safe);
  free(key);
  lnti_text_clear(&says);
  lnti_table_clear(&table);
  return status;
}

/* ---- costs ---- */

static lnt_status cost_row(lnti_table *table, const lnti_report *report, const lnti_report_cost *row, lnt_error *err) {
  char *name = NULL;
  lnt_status status = short_name(&name, report->class_titles[row->class], err);
  if (status) return status;
  lnti_shown cost = lnti_show_metric(row->in_use.cost), asked = lnti_show_metric(row->asked.cost);
  lnti_shown best = lnti_show_metric(row->best.cost), from = lnti_show_metric(row->in_use.threshold);
  lnti_shown misses = lnti_show_count(row->in_use.misses), alarms = lnti_show_count(row->in_use.false_alarms);
  lnti_shown best_from = lnti_show_metric(row->best.threshold);
  const char *cells[] = {name,
                         from.text,
                         misses.text,
                         alarms.text,
                         cost.text,
                         asked.text,
                         row->best.threshold > 1 ? "never" : best_from.text,
                         best.text};
  status = lnti_table_row(table, cells, err);
  free(name);
  return status;
}

static lnt_status write_costs(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  static const lnti_column COLUMN[] = {{"yes to", LNTI_ALIGN_LEFT},     {"from", LNTI_ALIGN_RIGHT},
                                       {"misses", LNTI_ALIGN_RIGHT},    {"false alarms", LNTI_ALIGN_RIGHT},
                                       {"cost", LNTI_ALIGN_RIGHT},      {"cost as asked", LNTI_ALIGN_RIGHT},
                                       {"best from", LNTI_ALIGN_RIGHT}, {"cost", LNTI_ALIGN_RIGHT}};
  lnti_table table;
  lnti_text says = {NULL, 0, 0};
  lnti_table_init(&table, COLUMN, 8, 2);
  lnt_status status = heading(text, "Costs", ": what wrong answers cost an image", styled, err);
  for (size_t i = 0; i < report->costs->n && !status; i++)
    status = cost_row(&table, report, &report->costs->rows[i], err);
  if (!status) status = lnti_table_write(text, &table, err);
  if (!status) status = lnti_report_cost_words(&says, report->costs, err);
  if (!status) status = lnti_text_printf(text, err, "  ");
  if (!status) status = lnti_wrap(text, says.data, 2, 2, WIDTH, err);
  if (!status) status = lnti_text_append(text, "\n", 1, err);
  lnti_text_clear(&says);
  lnti_table_clear(&table);
  return status;
}

static lnt_status write_unknown(lnti_text *text, const lnti_report_unknown *unknown, lnt_error *err) {
  lnt_status status = lnti_text_append(text, "\n", 1, err);
  for (size_t i = 0; i < unknown->n && !status; i++) {
    const lnti_unknown_metrics *m = &unknown->rows[i].metrics;
    lnti_text words = {NULL, 0, 0};
    status = lnti_report_unknown_words(&words, &unknown->rows[i], err);
    if (!status)
      status = lnti_text_printf(
          &words, err,
          " (AUROC %.3f of %zu and %zu; from a score of %.2f on%s 95 %% are noticed, with %.1f %% false alarms)",
          m->auroc, m->n_unknown, m->n_known, m->threshold_95,
          unknown->rows[i].name ? ", on the scale of this model, which knew it," : "", 100 * m->false_alarms_95);
    if (!status) status = lnti_wrap(text, words.data, 2, 2, WIDTH, err);
    if (!status) status = lnti_text_append(text, "\n", 1, err);
    lnti_text_clear(&words);
  }
  return status;
}

static lnt_status write_classes_part(lnti_text *text, const lnti_report *report, bool styled, lnt_error *err) {
  lnt_status status = report->reject ? write_reject(text, report->reject, err) : LNT_OK;
  if (!status && report->unknown) status = write_unknown(text, report->unknown, err);
  if (!status && report->hierarchy) status = write_levels(text, report->hierarchy, styled, err);
  if (!status) status = write_classes(text, report, styled, err);
  if (!status && report->evaluation->k <= LNTI_REPORT_TEXT_MATRIX_CLASSES_MAX)
    status = write_matrix(text, report, styled, err);
  return status ? status : write_pairs(text, report, styled, err);
}

lnt_status lnti_report_text(FILE *out, const lnti_report *report, bool styled, lnt_error *err) {
  lnti_text text = {NULL, 0, 0};
  lnt_status status = write_first_line(&text, report, styled, err);
  if (!status) status = write_metrics(&text, report, styled, err);
  if (!status && report->evaluation) status = write_classes_part(&text, report, styled, err);
  if (!status && report->multilabel) status = write_labels(&text, report, styled, err);
  if (!status && report->regression) status = write_residuals(&text, report->regression, styled, err);
  for (size_t i = 0; i < report->n_slices && !status; i++)
    status = write_slices(&text, &report->slices[i], styled, err);
  if (!status && report->costs) status = write_costs(&text, report, styled, err);
  if (!status && report->comparison) status = write_comparison(&text, report->comparison, styled, err);
  if (!status && (fwrite(text.data, 1, text.length, out) != text.length || fflush(out) != 0)) {
    status = lnti_fail_errno(err, errno, "writing the report failed");
  }
  lnti_text_clear(&text);
  return status;
}
