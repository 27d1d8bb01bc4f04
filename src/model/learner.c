/*
 * The registry of learners. A new learner is one file with its lnti_learner, a line in learners.h, and a line
 * here; the command line, the guide and the model file find it by its name.
 */
#include <base/error.h>
#include <base/text.h>
#include <model/learners.h>
#include <string.h>

static const lnti_learner *const learners[] = {
    &lnti_learner_logistic,
    &lnti_learner_knn,
    &lnti_learner_centroid,
    &lnti_learner_ridge,
};

const lnti_learner *const *lnti_learners(size_t *n_out) {
  *n_out = sizeof learners / sizeof learners[0];
  return learners;
}

/* Names of those that learn one of `tasks`, and where wanted take class weights, joined by commas. */
static lnt_status list_learners(lnti_text *out, unsigned tasks, bool weights, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < sizeof learners / sizeof learners[0] && status == LNT_OK; i++) {
    if ((learners[i]->tasks & tasks) == 0 || (weights && !learners[i]->takes_weights)) continue;
    status = lnti_text_printf(out, err, "%s%s", out->length ? ", " : "", learners[i]->name);
  }
  return status;
}

lnt_status lnti_learner_find(const lnti_learner **out, const char *name, lnt_error *err) {
  const size_t n = sizeof learners / sizeof learners[0];
  for (size_t i = 0; i < n; i++) {
    if (strcmp(learners[i]->name, name) != 0) continue;
    *out = learners[i];
    return LNT_OK;
  }
  lnti_text known = {0};
  lnt_status status = list_learners(&known, ~0U, false, err);
  if (status == LNT_OK) status = lnti_fail(err, LNT_EINVAL, "there is no learner '%s'; known: %s", name, known.data);
  lnti_text_clear(&known);
  return status;
}

const lnti_learner *lnti_learner_usual(lnti_task task) {
  return task == LNTI_REGRESSION ? &lnti_learner_knn : &lnti_learner_logistic;
}

lnt_status lnti_learner_check_task(const lnti_learner *learner, lnti_task task, lnt_error *err) {
  unsigned bit = LNTI_TAKES(task ? task : LNTI_MULTICLASS);
  if (learner->tasks & bit) return LNT_OK;
  lnti_text able = {0};
  lnt_status status = list_learners(&able, bit, false, err);
  if (status == LNT_OK)
    status = lnti_fail(err, LNT_EINVAL, "the learner '%s' does not learn a %s target; those that do: %s", learner->name,
                       lnti_task_name(task), able.length ? able.data : "none");
  lnti_text_clear(&able);
  return status;
}

lnt_status lnti_learner_check(const lnti_learner *learner, const lnti_problem *problem, lnt_error *err) {
  lnt_status status = lnti_learner_check_task(learner, problem->task, err);
  if (status == LNT_OK) status = lnti_problem_check(problem, err);
  if (status != LNT_OK || !problem->weight || learner->takes_weights) return status;
  lnti_text able = {0};
  status = list_learners(&able, LNTI_TAKES(problem->task ? problem->task : LNTI_MULTICLASS), true, err);
  if (status == LNT_OK)
    status = lnti_fail(err, LNT_EINVAL, "the learner '%s' takes no class weights; those that do: %s", learner->name,
                       able.length ? able.data : "none");
  lnti_text_clear(&able);
  return status;
}
