/*
 * An evaluation for programs: the keys of `linnet evaluate --json`, which the server sends as well. What is undefined
 * is null, never 0 or a missing key.
 */
#include <flow/report/report.h>

#include <math.h>

static void write_metrics(lnti_json_writer *w, const lnti_evaluation *e) {
  for (size_t m = 0; m < LNTI_METRICS; m++) lnti_json_kv_real(w, lnti_metric_name((lnti_metric_id)m), e->value[m]);
  lnti_json_key(w, "ci95");
  lnti_json_begin_object(w);
  for (size_t m = 0; m < LNTI_METRICS; m++) {
    lnti_json_key(w, lnti_metric_name((lnti_metric_id)m));
    lnti_json_begin_array(w);
    lnti_json_real(w, e->ci95[m][0]);
    lnti_json_real(w, e->ci95[m][1]);
    lnti_json_end_array(w);
  }
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
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
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

static void write_slice(lnti_json_writer *w, const lnti_report_slice *slice) {
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
  lnti_json_kv_real(w, "accuracy", figures->accuracy);
  write_interval(w, "accuracy_low", "accuracy_high", figures->accuracy_ci95);
  lnti_json_kv_real(w, "macro_f1", figures->macro_f1);
  write_interval(w, "macro_f1_low", "macro_f1_high", figures->macro_f1_ci95);
  lnti_json_end_object(w);
}

static void write_gap(lnti_json_writer *w, const lnti_report_slices *slices) {
  const lnti_slice_gap *gap = &slices->gap;
  bool any = gap->n_enough > 1, sure = gap->ci95[0] > 0;
  lnti_json_key(w, "gap");
  lnti_json_begin_object(w);
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
    for (size_t j = 0; j < slices->n; j++) write_slice(w, &slices->slices[j]);
    lnti_json_end_array(w);
    write_gap(w, slices);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

void lnti_report_json(lnti_json_writer *w, const lnti_report *report) {
  lnti_json_key(w, "n");
  lnti_json_uint(w, report->evaluation->n);
  write_metrics(w, report->evaluation);
  write_classes(w, report);
  write_confusion(w, report->evaluation);
  double baseline = 0;
  (void)lnti_report_baseline(&baseline, report->evaluation);
  lnti_json_kv_real(w, "baseline_accuracy", baseline);
  lnti_json_kv_string(w, "group_key", report->group_key);
  lnti_json_key(w, "n_groups");
  if (report->n_groups > 0) {
    lnti_json_uint(w, report->n_groups);
  } else {
    lnti_json_null(w);
  }
  lnti_json_kv_bool(w, "leaks", report->leaks);
  write_slices(w, report);
}
