/*
 * What an evaluation came to: what there is to warn of, what a report is told, and what is to be freed.
 */
#include <flow/evaluate/costs.h>
#include <flow/evaluate/evaluate.h>
#include <flow/evaluate/slices.h>
#include <flow/evaluate/unknown.h>
#include <math.h>
#include <model/model.h>
#include <stdlib.h>

/* ---- no better than a guess ---- */

static lnt_status warn_of_most_frequent(lnti_messages *warnings, const lnti_evaluation *evaluation,
                                        const lnt_model *model, lnt_error *err) {
  double share = 0, accuracy = evaluation->value[LNTI_ACCURACY], low = evaluation->ci95[LNTI_ACCURACY][0];
  size_t most = lnti_report_baseline(&share, evaluation);
  const char *title = model->classes[most].title;
  if (accuracy <= share) {
    return lnti_messages_add(
        warnings, err,
        "right in %.1f %%, which is %s always answering \"%s\" (%.1f %%): try another --feature or "
        "--learner, or label more items",
        100 * accuracy, accuracy < share ? "worse than" : "no better than", title, 100 * share);
  }
  if (isnan(low) || low > share) return LNT_OK;
  return lnti_messages_add(
      warnings, err,
      "right in %.1f %%, which is not surely better than always answering \"%s\" (%.1f %%), since its "
      "95 %% interval begins at %.1f %%: judge by more items, or try another --feature or --learner",
      100 * accuracy, title, 100 * share, 100 * low);
}

static lnt_status warn_of_mean(lnti_messages *warnings, const lnti_regression_evaluation *r, lnt_error *err) {
  double mae = r->value[LNTI_R_MAE];
  if (r->mae_gain_ci95[0] > 0 || (isnan(r->mae_gain_ci95[0]) && mae < r->mean_mae)) return LNT_OK;
  return lnti_messages_add(warnings, err,
                           "the mean error is %.4g, which is %s better than always answering the mean (%.4g): try "
                           "another --feature or --learner, or label more items",
                           mae, mae < r->mean_mae ? "not surely" : "no", r->mean_mae);
}

lnt_status lnti_warn_of_guessing(lnti_messages *warnings, const lnti_judged *judged, const lnt_model *model,
                                 lnt_error *err) {
  if (judged->evaluation) return warn_of_most_frequent(warnings, judged->evaluation, model, err);
  return judged->regression ? warn_of_mean(warnings, judged->regression, err) : LNT_OK;
}

/* ---- the report ---- */

void lnti_evaluate_report(lnti_report *out, const char **titles, const lnti_evaluate_result *result) {
  const lnt_model *model = result->model;
  for (size_t i = 0; i < model->n_classes; i++)
    titles[i] = result->title && result->title[i] ? result->title[i] : model->classes[i].title;
  *out = (lnti_report){.model = model->name,
                       .target = model->target_title,
                       .learner = model->fitted->learner->name,
                       .feature = lnti_extractor_text(model->extractor),
                       .split = result->split,
                       .judged_snapshot = result->snapshot,
                       .judged_fingerprint = result->snapshot ? result->snapshot_fingerprint : NULL,
                       .group_key = result->group_key,
                       .n_groups = result->n_groups,
                       .calibrated_on = model->calibrated_on,
                       .n_train = model->n_train,
                       .snapshot_json = model->snapshot_json,
                       .seed = model->seed,
                       .resamples = result->resamples,
                       .trained_ms = model->created_ms,
                       .evaluated_ms = lnti_wall_ms(),
                       .class_titles = titles,
                       .folded = result->classes.n_folded > 0 ? result->classes.folded : NULL,
                       .n_trained_on = result->n_trained_on,
                       .n_leaks = result->n_leaks,
                       .warnings = (const char *const *)result->warnings.text,
                       .n_warnings = result->warnings.n,
                       .task = model->task,
                       .evaluation = result->evaluation,
                       .multilabel = result->multilabel,
                       .hierarchy = result->hierarchy,
                       .regression = result->regression,
                       .answer = result->answers.prob,
                       .truth = result->answers.truth.value,
                       .unit = model->range.unit,
                       .reliability = result->regression ? NULL : &result->reliability,
                       .reject = result->reject,
                       .unknown = result->unknown.n ? &result->unknown : NULL,
                       .costs = result->costs.rows ? &result->costs : NULL,
                       .choice_json = model->choice_json,
                       .comparison = result->comparison ? &result->comparison->shown : NULL,
                       .slices = result->slices,
                       .n_slices = result->n_slices};
}

void lnti_evaluate_result_clear(lnti_evaluate_result *result) {
  for (size_t c = 0; result->title && c < result->model->n_classes; c++) free(result->title[c]);
  free(result->title);
  lnti_model_classes_clear(&result->classes);
  lnti_evaluation_free(result->evaluation);
  lnti_multilabel_evaluation_free(result->multilabel);
  lnti_hierarchy_evaluation_free(result->hierarchy);
  lnti_regression_evaluation_free(result->regression);
  lnt_model_close(result->model);
  free(result->answers.item);
  lnti_truth_clear(&result->answers.truth);
  free(result->answers.prob);
  free(result->answers.threshold);
  free(result->answers.group);
  free(result->reject);
  lnti_comparison_free(result->comparison);
  lnti_costs_clear(&result->costs);
  lnti_unknown_clear(&result->unknown);
  free(result->split);
  free(result->snapshot);
  free(result->group_key);
  for (size_t i = 0; i < result->n_slices; i++) lnti_report_slices_clear(&result->slices[i]);
  free(result->slices);
  lnti_messages_clear(&result->warnings);
  *result = (lnti_evaluate_result){0};
}
