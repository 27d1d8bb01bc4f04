/*
 * The one place that knows which evaluations belong to which task.
 */
#include <flow/evaluate/judge.h>

#include <flow/report/report.h>
#include <math.h>
#include <string.h>

lnt_status lnti_judge(lnti_judged *out, const lnti_judging *what, const lnti_context *context, lnt_error *err) {
  const lnti_truth *t = what->truth;
  lnti_judged judged = {0};
  lnt_status status;
  if (t->task == LNTI_MULTILABEL) {
    status = lnti_multilabel_evaluation_new(&judged.multilabel, what->prob, t->yes, what->threshold, t->n, t->k,
                                            &what->options, context, err);
  } else if (t->task == LNTI_REGRESSION) {
    const lnti_regression_options options = {what->options, what->train_mean, {what->interval[0], what->interval[1]}};
    status = lnti_regression_evaluation_new(&judged.regression, what->prob, t->value, t->n, &options, context, err);
  } else {
    status = lnti_evaluation_new(&judged.evaluation, what->prob, t->label, t->n, t->k, &what->options, context, err);
    if (!status && what->tree) {
      status = lnti_hierarchy_evaluation_new(&judged.hierarchy, what->tree, what->prob, t->label, t->n, &what->options,
                                             context, err);
    }
  }
  if (status) {
    lnti_judged_clear(&judged);
  } else {
    *out = judged;
  }
  return status;
}

void lnti_judged_clear(lnti_judged *judged) {
  lnti_evaluation_free(judged->evaluation);
  lnti_multilabel_evaluation_free(judged->multilabel);
  lnti_hierarchy_evaluation_free(judged->hierarchy);
  lnti_regression_evaluation_free(judged->regression);
  *judged = (lnti_judged){0};
}

/* ---- figures ---- */

static void add_class_figures(lnti_figures *out, const lnti_evaluation *e) {
  for (int m = 0; m < LNTI_METRICS; m++) {
    lnti_metric_id id = (lnti_metric_id)m;
    out->measure[out->n] = (lnti_measure){.name = lnti_metric_name(id),
                                          .title = lnti_report_metric_title(id),
                                          .help = lnti_metric_help(id),
                                          .lower_is_better = lnti_metric_lower_is_better(id),
                                          .scale = LNTI_SCALE_FIGURE};
    out->value[out->n] = e ? e->value[m] : (double)NAN;
    for (int end = 0; end < 2; end++) out->ci95[out->n][end] = e ? e->ci95[m][end] : (double)NAN;
    out->n++;
  }
}

static void add_measures(lnti_figures *out, const lnti_measures *measures, bool known) {
  for (size_t m = 0; m < measures->n && out->n < LNTI_FIGURES_MAX; m++) {
    out->measure[out->n] = measures->measure[m];
    out->value[out->n] = known ? measures->value[m] : (double)NAN;
    for (int end = 0; end < 2; end++) out->ci95[out->n][end] = known ? measures->ci95[m][end] : (double)NAN;
    out->n++;
  }
}

void lnti_figures_of(lnti_figures *out, const lnti_judged *judged, lnti_task task, bool tree) {
  static const lnti_judged nothing = {0};
  const lnti_judged *j = judged ? judged : &nothing;
  lnti_measures measures = {0};
  *out = (lnti_figures){0};
  if (task == LNTI_MULTILABEL) {
    measures = lnti_multilabel_measures(j->multilabel);
    add_measures(out, &measures, j->multilabel != NULL);
  } else if (task == LNTI_REGRESSION) {
    measures = lnti_regression_measures(j->regression);
    add_measures(out, &measures, j->regression != NULL);
  } else {
    add_class_figures(out, j->evaluation);
    if (tree) measures = lnti_hierarchy_measures(j->hierarchy);
    if (tree) add_measures(out, &measures, j->hierarchy != NULL);
  }
}

size_t lnti_figure_find(const lnti_figures *figures, const char *name) {
  size_t m = 0;
  while (m < figures->n && strcmp(figures->measure[m].name, name) != 0) m++;
  return m;
}

double lnti_figure(const lnti_figures *figures, const char *name) {
  size_t m = lnti_figure_find(figures, name);
  return m < figures->n ? figures->value[m] : (double)NAN;
}

const char *lnti_task_figure(lnti_task task) {
  return task == LNTI_MULTILABEL ? "map" : task == LNTI_REGRESSION ? "mae" : "accuracy";
}

void lnti_figures_write(lnti_json_writer *w, const lnti_figures *figures) {
  for (size_t m = 0; m < figures->n; m++) lnti_json_kv_real(w, figures->measure[m].name, figures->value[m]);
  lnti_json_key(w, "ci95");
  lnti_json_begin_object(w);
  for (size_t m = 0; m < figures->n; m++) {
    lnti_json_key(w, figures->measure[m].name);
    lnti_json_begin_array(w);
    lnti_json_real(w, figures->ci95[m][0]);
    lnti_json_real(w, figures->ci95[m][1]);
    lnti_json_end_array(w);
  }
  lnti_json_end_object(w);
}

lnt_status lnti_figures_json(lnti_text *out, const lnti_figures *figures, lnt_error *err) {
  lnti_json_writer *writer = NULL;
  lnt_status status = lnti_json_writer_new(&writer, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_json_begin_object(writer);
  lnti_figures_write(writer, figures);
  lnti_json_end_object(writer);
  status = lnti_json_finish(writer, err);
  lnti_json_writer_free(writer);
  if (status == LNT_OK && out->length && out->data[out->length - 1] == '\n') out->data[--out->length] = '\0';
  return status;
}
