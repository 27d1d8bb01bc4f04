/*
 * An evaluation for programs: the keys of `linnet evaluate --json`, which the server sends as well. What is undefined
 * is null, never 0 or a missing key.
 */
#include <flow/report.h>

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
}
