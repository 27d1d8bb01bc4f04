/*
 * An evaluation for programs: the keys of `linnet evaluate --json`, which the server sends as well. What is undefined
 * is null, never 0 or a missing key.
 */
#include <flow/report/report.h>

#include <math.h>
#include <stdio.h>

static void write_pair(lnti_json_writer *w, const double pair[2]) {
  lnti_json_begin_array(w);
  lnti_json_real(w, pair[0]);
  lnti_json_real(w, pair[1]);
  lnti_json_end_array(w);
}

static void write_values(lnti_json_writer *w, const lnti_measures *measures) {
  for (size_t m = 0; m < measures->n; m++) lnti_json_kv_real(w, measures->measure[m].name, measures->value[m]);
}

static void write_intervals(lnti_json_writer *w, const lnti_measures *measures) {
  for (size_t m = 0; m < measures->n; m++) {
    lnti_json_key(w, measures->measure[m].name);
    write_pair(w, measures->ci95[m]);
  }
}

static void write_metrics(lnti_json_writer *w, const lnti_report *report) {
  const lnti_measures measures = lnti_report_measures(report);
  lnti_measures tree = {0};
  if (report->hierarchy) tree = lnti_hierarchy_measures(report->hierarchy);
  write_values(w, &measures);
  write_values(w, &tree);
  lnti_json_key(w, "ci95");
  lnti_json_begin_object(w);
  write_intervals(w, &measures);
  write_intervals(w, &tree);
  lnti_json_end_object(w);
}

static void write_classes(lnti_json_writer *w, const lnti_report *report) {
  lnti_json_key(w, "classes");
  lnti_json_begin_array(w);
  for (size_t c = 0; c < report->evaluation->k; c++) {
    const lnti_class_metrics *class = &report->evaluation->classes[c];
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", report->class_titles[c]);
    lnti_json_kv_string(w, "id", report->class_ids ? report->class_ids[c] : NULL);
    lnti_json_key(w, "n");
    lnti_json_uint(w, class->n);
    lnti_json_kv_real(w, "precision", class->precision);
    lnti_json_kv_real(w, "recall", class->recall);
    lnti_json_kv_real(w, "specificity", class->specificity);
    lnti_json_kv_real(w, "f1", class->f1);
    lnti_json_kv_real(w, "average_precision", class->average_precision);
    if (report->folded && report->folded[c] != (int32_t)c && report->class_ids)
      lnti_json_kv_string(w, "counts_as", report->class_ids[report->folded[c]]);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_kv_int(w, "classes_with_items", (int64_t)lnti_report_with_items(report->evaluation));
}

static void write_dense_row(lnti_json_writer *w, const uint64_t *row, size_t k) {
  lnti_json_begin_array(w);
  for (size_t c = 0; c < k; c++) lnti_json_uint(w, row[c]);
  lnti_json_end_array(w);
}

static void write_cells(lnti_json_writer *w, const lnti_evaluation *e) {
  lnti_confusion cell;
  for (size_t at = 0; lnti_confusion_next(&cell, &at, e);) {
    lnti_json_begin_array(w);
    lnti_json_uint(w, cell.truth);
    lnti_json_uint(w, cell.predicted);
    lnti_json_uint(w, cell.n);
    lnti_json_end_array(w);
  }
}

static void write_confusion(lnti_json_writer *w, const lnti_evaluation *e) {
  lnti_json_key(w, "confusion");
  lnti_json_begin_array(w);
  if (e->k > LNTI_REPORT_DENSE_CLASSES_MAX) {
    write_cells(w, e);
  } else {
    for (size_t c = 0; c < e->k; c++) write_dense_row(w, e->confusion + c * e->k, e->k);
  }
  lnti_json_end_array(w);
}

static void write_interval(lnti_json_writer *w, const char *low, const char *high, const double ci95[2]) {
  lnti_json_kv_real(w, low, ci95[0]);
  lnti_json_kv_real(w, high, ci95[1]);
}

static const char *slice_name(const lnti_report_slice *slice) {
  return slice->kind == LNTI_SLICE_NONE ? NULL : slice->text;
}

static void write_slice(lnti_json_writer *w, const lnti_report_slices *of, const lnti_report_slice *slice) {
  static const char *const kinds[] = {"value", "range", "other", "none"};
  const lnti_slice *figures = &slice->figures;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "value", slice_name(slice));
  if (slice->title) lnti_json_kv_string(w, "title", slice->title);
  lnti_json_kv_string(w, "kind", kinds[slice->kind]);
  lnti_json_kv_real(w, "low", slice->low);
  lnti_json_kv_real(w, "high", slice->high);
  lnti_json_kv_int(w, "n_values", (int64_t)slice->n_values);
  lnti_json_kv_int(w, "n", (int64_t)figures->n);
  lnti_json_kv_int(w, "n_groups", (int64_t)figures->n_groups);
  for (size_t m = 0; m < of->n_measures; m++) {
    const char *name = of->measure[m]->name;
    char low[64], high[64];
    (void)snprintf(low, sizeof low, "%s_low", name);
    (void)snprintf(high, sizeof high, "%s_high", name);
    lnti_json_kv_real(w, name, figures->value[m]);
    write_interval(w, low, high, figures->ci95[m]);
  }
  lnti_json_end_object(w);
}

static void write_gap(lnti_json_writer *w, const lnti_report_slices *slices) {
  const lnti_slice_gap *gap = &slices->gap;
  bool any = gap->n_enough > 1, sure = gap->ci95[0] > 0;
  lnti_json_key(w, "gap");
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "measure", slices->measure[0]->name);
  lnti_json_kv_string(w, "best", any ? slice_name(&slices->slices[gap->best]) : NULL);
  lnti_json_kv_string(w, "worst", any ? slice_name(&slices->slices[gap->worst]) : NULL);
  lnti_json_kv_real(w, "difference", gap->difference);
  write_interval(w, "difference_low", "difference_high", gap->ci95);
  lnti_json_key(w, "by_chance");
  if (isnan(gap->ci95[0])) {
    lnti_json_null(w);
  } else {
    lnti_json_bool(w, !sure);
  }
  lnti_json_kv_int(w, "n_compared", (int64_t)gap->n_enough);
  lnti_json_kv_int(w, "enough_images", LNTI_SLICE_ITEMS_ENOUGH);
  lnti_json_kv_int(w, "enough_groups", LNTI_SLICE_GROUPS_ENOUGH);
  lnti_json_end_object(w);
}

static void write_slices(lnti_json_writer *w, const lnti_report *report) {
  lnti_json_key(w, "slices");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < report->n_slices; i++) {
    const lnti_report_slices *slices = &report->slices[i];
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "key", slices->key);
    lnti_json_key(w, "values");
    lnti_json_begin_array(w);
    for (size_t j = 0; j < slices->n; j++) write_slice(w, slices, &slices->slices[j]);
    lnti_json_end_array(w);
    write_gap(w, slices);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

/* ---- costs ---- */

static void write_cost_point(lnti_json_writer *w, const char *key, const lnti_cost_point *point) {
  lnti_json_key(w, key);
  lnti_json_begin_object(w);
  lnti_json_kv_real(w, "threshold", point->threshold);
  lnti_json_kv_real(w, "cost", point->cost);
  lnti_json_kv_int(w, "misses", (int64_t)point->misses);
  lnti_json_kv_int(w, "false_alarms", (int64_t)point->false_alarms);
  lnti_json_end_object(w);
}

static void write_costs(lnti_json_writer *w, const lnti_report *report) {
  lnti_json_key(w, "costs");
  lnti_json_begin_object(w);
  lnti_json_kv_real(w, "miss", report->costs->miss);
  lnti_json_kv_real(w, "false_alarm", report->costs->false_alarm);
  lnti_json_key(w, "labels");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < report->costs->n; i++) {
    const lnti_report_cost *row = &report->costs->rows[i];
    const lnti_cost_threshold *b = &row->best;
    const lnti_cost_point best = {b->threshold, b->cost, b->n, b->false_alarms, b->misses};
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", report->class_titles[row->class]);
    lnti_json_kv_string(w, "id", report->class_ids ? report->class_ids[row->class] : NULL);
    lnti_json_kv_int(w, "n", (int64_t)b->n);
    write_cost_point(w, "in_use", &row->in_use);
    write_cost_point(w, "asked", &row->asked);
    write_cost_point(w, "best", &best);
    lnti_json_kv_real(w, "cost_never", b->cost_never);
    lnti_json_kv_real(w, "cost_always", b->cost_always);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
}

/* ---- labels, trees, numbers ---- */

static void write_label(lnti_json_writer *w, const lnti_report *report, size_t l) {
  const lnti_label_metrics *label = &report->multilabel->labels[l];
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", report->class_titles[l]);
  lnti_json_kv_string(w, "id", report->class_ids ? report->class_ids[l] : NULL);
  lnti_json_kv_int(w, "n", (int64_t)label->n_yes);
  lnti_json_kv_int(w, "n_no", (int64_t)label->n_no);
  lnti_json_kv_int(w, "n_unknown", (int64_t)label->n_unknown);
  lnti_json_kv_real(w, "threshold", label->threshold);
  lnti_json_kv_real(w, "precision", label->precision);
  lnti_json_kv_real(w, "recall", label->recall);
  lnti_json_kv_real(w, "f1", label->f1);
  write_interval(w, "f1_low", "f1_high", label->f1_ci95);
  lnti_json_kv_real(w, "average_precision", label->average_precision);
  write_interval(w, "average_precision_low", "average_precision_high", label->average_precision_ci95);
  lnti_json_kv_real(w, "auroc", label->auroc);
  lnti_json_end_object(w);
}

static void write_labels(lnti_json_writer *w, const lnti_report *report) {
  const lnti_multilabel_evaluation *e = report->multilabel;
  lnti_json_kv_int(w, "n_known", (int64_t)e->n_known);
  lnti_json_kv_real(w, "micro_precision", e->micro_precision);
  lnti_json_kv_real(w, "micro_recall", e->micro_recall);
  lnti_json_key(w, "labels");
  lnti_json_begin_array(w);
  for (size_t l = 0; l < e->k; l++) write_label(w, report, l);
  lnti_json_end_array(w);
}

static void write_levels(lnti_json_writer *w, const lnti_hierarchy_evaluation *e) {
  lnti_json_key(w, "levels");
  lnti_json_begin_array(w);
  for (size_t d = 0; d < e->n_depth; d++) {
    const lnti_hierarchy_level *level = &e->levels[d];
    lnti_json_begin_object(w);
    lnti_json_kv_int(w, "depth", (int64_t)d + 1);
    lnti_json_kv_int(w, "n_nodes", (int64_t)level->n_nodes);
    lnti_json_kv_int(w, "n", (int64_t)level->n);
    lnti_json_kv_int(w, "right", (int64_t)level->right);
    lnti_json_kv_int(w, "wrong_here", (int64_t)level->wrong_here);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void write_tree(lnti_json_writer *w, const lnti_hierarchy_evaluation *e) {
  write_levels(w, e);
  lnti_json_kv_int(w, "n_too_short", (int64_t)e->n_too_short);
  lnti_json_kv_int(w, "n_too_long", (int64_t)e->n_too_long);
  lnti_json_key(w, "backoff");
  lnti_json_begin_array(w);
  for (size_t t = 0; t < LNTI_BACKOFF_POINTS; t++) {
    const lnti_backoff_point *point = &e->backoff[t];
    lnti_json_begin_object(w);
    lnti_json_kv_real(w, "threshold", point->threshold);
    lnti_json_kv_real(w, "coverage", point->coverage);
    lnti_json_kv_real(w, "full", point->full);
    lnti_json_kv_real(w, "depth", point->depth);
    lnti_json_kv_real(w, "accuracy", point->accuracy);
    lnti_json_kv_real(w, "hierarchical_f1", point->h_f1);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void write_numbers(lnti_json_writer *w, const lnti_report *report) {
  const lnti_regression_evaluation *e = report->regression;
  lnti_json_kv_string(w, "unit", report->unit);
  lnti_json_kv_real(w, "mean_value", e->mean_value);
  lnti_json_kv_real(w, "mean_mae", e->mean_mae);
  lnti_json_kv_real(w, "mean_rmse", e->mean_rmse);
  write_interval(w, "mae_gain_low", "mae_gain_high", e->mae_gain_ci95);
  lnti_json_kv_real(w, "interval_coverage", e->interval_coverage);
  lnti_json_key(w, "residuals");
  lnti_json_begin_array(w);
  for (size_t b = 0; b < e->n_bins; b++) {
    const lnti_residual_bin *bin = &e->bin[b];
    lnti_json_begin_object(w);
    lnti_json_kv_real(w, "low", bin->low);
    lnti_json_kv_real(w, "high", bin->high);
    lnti_json_kv_int(w, "n", (int64_t)bin->n);
    lnti_json_kv_real(w, "mae", bin->mae);
    lnti_json_kv_real(w, "mean", bin->mean);
    lnti_json_kv_real(w, "p10", bin->p10);
    lnti_json_kv_real(w, "median", bin->median);
    lnti_json_kv_real(w, "p90", bin->p90);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void write_reject(lnti_json_writer *w, const lnti_reject_curve *curve) {
  lnti_json_key(w, "reject");
  lnti_json_begin_object(w);
  lnti_json_kv_real(w, "area", curve->area);
  lnti_json_key(w, "points");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < curve->n_points; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_real(w, "coverage", curve->point[i].coverage);
    lnti_json_kv_real(w, "accuracy", curve->point[i].accuracy);
    lnti_json_kv_real(w, "confidence", curve->point[i].confidence);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
}

static void write_unknown(lnti_json_writer *w, const lnti_report_unknown *unknown) {
  lnti_json_key(w, "unknown");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < unknown->n; i++) {
    const lnti_unknown_metrics *m = &unknown->rows[i].metrics;
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "held_out", unknown->rows[i].name);
    lnti_json_kv_int(w, "n_known", (int64_t)m->n_known);
    lnti_json_kv_int(w, "n_unknown", (int64_t)m->n_unknown);
    lnti_json_kv_real(w, "auroc", m->auroc);
    lnti_json_key(w, "auroc_ci95");
    lnti_json_begin_array(w);
    lnti_json_real(w, m->auroc_ci95[0]);
    lnti_json_real(w, m->auroc_ci95[1]);
    lnti_json_end_array(w);
    lnti_json_kv_real(w, "threshold_95", m->threshold_95);
    lnti_json_kv_real(w, "false_alarms_95", m->false_alarms_95);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

/* ---- another model ---- */

static void write_compared(lnti_json_writer *w, const lnti_compared *c) {
  static const char *const VERDICT[] = {"none", "first", "second"};
  lnti_json_key(w, c->measure->name);
  lnti_json_begin_object(w);
  lnti_json_kv_real(w, "first", c->first);
  lnti_json_kv_real(w, "second", c->second);
  lnti_json_kv_real(w, "difference", c->difference);
  write_interval(w, "difference_low", "difference_high", c->ci95);
  lnti_json_kv_string(w, "better", VERDICT[c->verdict]);
  lnti_json_end_object(w);
}

static void write_comparison(lnti_json_writer *w, const lnti_report_comparison *c) {
  lnti_json_key(w, "comparison");
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "first", c->first);
  lnti_json_kv_string(w, "second", c->second);
  lnti_json_kv_int(w, "n", (int64_t)c->n);
  lnti_json_kv_int(w, "n_left_out", (int64_t)c->n_left_out);
  lnti_json_key(w, "measures");
  lnti_json_begin_object(w);
  for (size_t m = 0; m < c->n_measures; m++) write_compared(w, &c->measures[m]);
  lnti_json_end_object(w);
  if (c->mcnemar) {
    lnti_json_kv_int(w, "first_only_right", (int64_t)c->mcnemar->first_only);
    lnti_json_kv_int(w, "second_only_right", (int64_t)c->mcnemar->second_only);
    lnti_json_kv_real(w, "mcnemar_p", c->mcnemar->p);
  }
  lnti_json_end_object(w);
}

static void write_answers(lnti_json_writer *w, const lnti_report *report) {
  double baseline = 0;
  write_classes(w, report);
  write_confusion(w, report->evaluation);
  (void)lnti_report_baseline(&baseline, report->evaluation);
  lnti_json_kv_real(w, "baseline_accuracy", baseline);
}

void lnti_report_json(lnti_json_writer *w, const lnti_report *report) {
  lnti_json_kv_string(w, "task", lnti_task_name(report->task));
  lnti_json_kv_int(w, "n", (int64_t)lnti_report_n(report));
  write_metrics(w, report);
  if (report->evaluation) write_answers(w, report);
  if (report->multilabel) write_labels(w, report);
  if (report->hierarchy) write_tree(w, report->hierarchy);
  if (report->regression) write_numbers(w, report);
  if (report->reliability) {
    lnti_json_kv_real(w, "ece_before", report->reliability->before);
    lnti_json_kv_real(w, "ece_chance", report->reliability->chance);
    lnti_json_kv_real(w, "ece_chance_high", report->reliability->chance_high);
  }
  if (report->reject) write_reject(w, report->reject);
  if (report->unknown) write_unknown(w, report->unknown);
  if (report->comparison) write_comparison(w, report->comparison);
  lnti_json_kv_string(w, "group_key", report->group_key);
  lnti_json_key(w, "n_groups");
  if (report->n_groups > 0) {
    lnti_json_uint(w, report->n_groups);
  } else {
    lnti_json_null(w);
  }
  lnti_json_key(w, "snapshot");
  if (report->judged_snapshot) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", report->judged_snapshot);
    lnti_json_kv_string(w, "fingerprint", report->judged_fingerprint);
    lnti_json_end_object(w);
  } else {
    lnti_json_null(w);
  }
  lnti_json_kv_bool(w, "leaks", report->n_leaks > 0);
  lnti_json_kv_int(w, "leak_sets", (int64_t)report->n_leaks);
  write_slices(w, report);
  if (report->costs) write_costs(w, report);
}
