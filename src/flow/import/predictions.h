/**
 * @file predictions.h
 * import --predictions: what another model said of items, kept as stored predictions and never as answers.
 */
#ifndef LNTI_FLOW_IMPORT_PREDICTIONS_H
#define LNTI_FLOW_IMPORT_PREDICTIONS_H

#include <flow/project.h>

typedef struct lnti_import_predictions_result {
  char *target; /**< path of the question */
  size_t n;     /**< items with a prediction now */
  size_t n_lines, n_refused, n_classes;
  size_t n_unsure; /**< without a confidence */
} lnti_import_predictions_result;

/**
 * A table as those of annotate: a column id or path, one that is called like a question (a radio or tree), and confidence.
 * Earlier predictions of the name give way, once all lines are read. A later line of an item takes the place of an earlier one.
 * @param name  of the other model: as lnti_model_name_check
 * @return LNT_OK, also where some lines were refused; LNT_EEXISTS (a model of the project has the name); LNT_EINVAL (name; two
 *         questions; of another type); LNT_EDATA (no table; not one line); as lnti_answer_lines_open.
 */
LNT_MUST_CHECK lnt_status lnti_import_predictions(lnti_import_predictions_result *out, lnti_project *project,
                                                  const char *file, const char *name, lnti_refused_visit refused,
                                                  void *payload, lnt_error *err);
void lnti_import_predictions_result_clear(lnti_import_predictions_result *result);

#endif
