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
};

const lnti_learner *const *lnti_learners(size_t *n_out) {
  *n_out = sizeof learners / sizeof learners[0];
  return learners;
}

lnt_status lnti_learner_find(const lnti_learner **out, const char *name, lnt_error *err) {
  const size_t n = sizeof learners / sizeof learners[0];
  for (size_t i = 0; i < n; i++) {
    if (strcmp(learners[i]->name, name) != 0) continue;
    *out = learners[i];
    return LNT_OK;
  }
  lnti_text known = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && status == LNT_OK; i++)
    status = lnti_text_printf(&known, err, "%s%s", i ? ", " : "", learners[i]->name);
  if (status == LNT_OK) status = lnti_fail(err, LNT_EINVAL, "there is no learner '%s'; known: %s", name, known.data);
  lnti_text_clear(&known);
  return status;
}
