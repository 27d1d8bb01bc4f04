/**
 * @file predicted.h
 * Stored predictions as answers, for annotate --from-predictions.
 */
#ifndef LNTI_FLOW_ANNOTATE_PREDICTED_H
#define LNTI_FLOW_ANNOTATE_PREDICTED_H

#include <flow/annotate/lines.h>

typedef struct lnti_predicted_answers lnti_predicted_answers;

/**
 * All predictions of a model that are at least so sure; of labels those with yes, from their thresholds on.
 * @param min_confidence  0: all, also those without one
 * @param ids             [n_ids] items to take, by rising id; NULL: all
 * @param ontology        borrowed
 * @return LNT_OK; LNT_ENOTFOUND (no predictions of that name: says which there are); LNT_EINVAL (the question is gone, or of
 *         another type); LNT_ECORRUPT; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_predicted_answers_open(lnti_predicted_answers **out, lnti_project *project,
                                                      const lnti_ontology *ontology, const char *model,
                                                      double min_confidence, const int64_t *ids, size_t n_ids,
                                                      lnt_error *err);
/** As lnti_answer_lines_next. An answer has the prediction's confidence. */
LNT_MUST_CHECK lnt_status lnti_predicted_answers_next(bool *more_out, lnti_answer_line *out, lnti_answer_list *answers,
                                                      lnt_status *allowed_out, lnt_error *reason,
                                                      lnti_predicted_answers *predicted, lnt_error *err);
/** NULL is allowed. */
void lnti_predicted_answers_close(lnti_predicted_answers *predicted);

#endif
