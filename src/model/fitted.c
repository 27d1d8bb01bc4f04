/*
 * What all learners share: the checks of a problem and of what is scored.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <eval/class_tree.h>
#include <math.h>
#include <model/learners.h>
#include <stdlib.h>

/* Labels in range, and of two classes at least. */
static lnt_status check_labels(const lnti_problem *problem, lnt_error *err) {
  size_t k = problem->n_classes, n = problem->x.n;
  bool several = false;
  for (size_t i = 0; i < n; i++) {
    int32_t label = problem->label[i];
    if (label < 0 || (size_t)label >= k)
      return lnti_fail(err, LNT_EDATA, "row %zu has label %d, outside 0 to %zu", i, (int)label, k - 1);
    several = several || label != problem->label[0];
  }
  if (several) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "all %zu rows have one class: a classifier needs examples of at least two", n);
}

/* Yes, no or unknown, and both of the first two for one label at least. */
static lnt_status check_truth(const lnti_problem *problem, lnt_error *err) {
  size_t k = problem->n_classes, n = problem->x.n;
  bool learnable = false;
  for (size_t i = 0; i < n * k; i++)
    if (problem->truth[i] < -1 || problem->truth[i] > 1)
      return lnti_fail(err, LNT_EDATA, "row %zu has %d for label %zu: 1 is yes, 0 no, -1 unknown", i / k,
                       (int)problem->truth[i], i % k);
  for (size_t c = 0; c < k && !learnable; c++) {
    bool seen[2] = {false, false};
    for (size_t i = 0; i < n; i++)
      if (problem->truth[i * k + c] >= 0) seen[problem->truth[i * k + c]] = true;
    learnable = seen[0] && seen[1];
  }
  if (learnable) return LNT_OK;
  return lnti_fail(err, LNT_EDATA,
                   "none of the %zu labels has both rows with yes and rows with no: there is nothing to tell apart", k);
}

static lnt_status check_values(const lnti_problem *problem, lnt_error *err) {
  if (problem->x.n < 2) return lnti_fail(err, LNT_EDATA, "one row alone: a number is learned from two or more");
  for (size_t i = 0; i < problem->x.n; i++)
    if (!isfinite(problem->value[i])) return lnti_fail(err, LNT_EDATA, "the value of row %zu is not finite", i);
  return LNT_OK;
}

static lnt_status check_weights(const lnti_problem *problem, lnt_error *err) {
  for (size_t c = 0; problem->weight && c < problem->n_classes; c++)
    if (!(problem->weight[c] > 0 && problem->weight[c] <= LNTI_WEIGHT_MAX))
      return lnti_fail(err, LNT_EINVAL, "the weight of class %zu is %g: above 0 and at most %g is needed", c,
                       problem->weight[c], LNTI_WEIGHT_MAX);
  return LNT_OK;
}

static lnt_status check_start(const lnti_problem *problem, lnt_error *err) {
  const lnti_fitted *warm = problem->warm_start;
  if (!warm) return LNT_OK;
  if (warm->d != problem->x.d || warm->n_classes != problem->n_classes)
    return lnti_fail(err, LNT_EINVAL, "the model to start from has %zu features and %zu classes, the data %zu and %zu",
                     warm->d, warm->n_classes, problem->x.d, problem->n_classes);
  if (warm->task == lnti_problem_task(problem)) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "the model to start from is %s, what is to be learned %s",
                   lnti_task_name(warm->task), lnti_task_name(problem->task));
}

/* How many classes there are, and that what the task is learned from is there. */
static lnt_status check_target(const lnti_problem *problem, lnt_error *err) {
  size_t k = problem->n_classes, least = 2, most = LNTI_CLASSES_MAX;
  const void *given = problem->label;
  const char *what = "a label";
  switch (lnti_problem_task(problem)) {
    case LNTI_MULTILABEL:
      given = problem->truth;
      what = "yes, no or unknown for each label";
      least = 1;
      break;
    case LNTI_REGRESSION:
      given = problem->value;
      what = "a value";
      least = most = 1;
      break;
    default:
      break;
  }
  if (!given || (problem->task == LNTI_HIERARCHICAL && !problem->tree))
    return lnti_fail(err, LNT_EINVAL, "features must be rows of u8 or f32, with %s each%s", what,
                     given ? ", and a tree of the classes" : "");
  if (problem->task == LNTI_HIERARCHICAL && problem->tree->n_classes != k)
    return lnti_fail(err, LNT_EINVAL, "%zu classes, but a tree of %zu", k, problem->tree->n_classes);
  if (k >= least && k <= most) return LNT_OK;
  if (most == 1) return lnti_fail(err, LNT_EINVAL, "%zu classes; a number is learned by itself", k);
  return lnti_fail(err, LNT_EINVAL, "%zu classes; %zu to %zu can be learned", k, least, most);
}

lnt_status lnti_problem_check(const lnti_problem *problem, lnt_error *err) {
  const lnti_matrix *x = &problem->x;
  if (x->n == 0 || x->d == 0)
    return lnti_fail(err, LNT_EINVAL, "nothing to learn from: %zu rows of %zu values", x->n, x->d);
  if (!x->data || x->stride < x->d || (x->dtype != LNTI_U8 && x->dtype != LNTI_F32))
    return lnti_fail(err, LNT_EINVAL, "features must be rows of u8 or f32");
  lnt_status status = check_target(problem, err);
  if (status == LNT_OK) status = check_start(problem, err);
  if (status == LNT_OK) status = check_weights(problem, err);
  if (status != LNT_OK) return status;
  switch (lnti_problem_task(problem)) {
    case LNTI_MULTILABEL:
      return check_truth(problem, err);
    case LNTI_REGRESSION:
      return check_values(problem, err);
    default:
      return check_labels(problem, err);
  }
}

lnti_task lnti_problem_task(const lnti_problem *problem) {
  return problem->task ? problem->task : LNTI_MULTICLASS;
}

void lnti_fitted_free(lnti_fitted *fitted) {
  if (fitted) fitted->learner->free(fitted);
}

void lnti_fitted_begin(lnti_fitted *out, const lnti_learner *learner, const lnti_problem *problem,
                       const lnti_params *params) {
  *out = (lnti_fitted){.learner = learner,
                       .params = *params,
                       .task = lnti_problem_task(problem),
                       .d = problem->x.d,
                       .n_classes = problem->n_classes,
                       .dtype = problem->x.dtype};
}

lnt_status lnti_fitted_check(const lnti_fitted *fitted, const lnti_matrix *x, lnt_error *err) {
  if (x->d == fitted->d && x->dtype == fitted->dtype && x->stride >= x->d) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "the model takes %zu values of %s, not %zu of %s", fitted->d,
                   lnti_dtype_name(fitted->dtype), x->d, lnti_dtype_name(x->dtype));
}

lnt_status lnti_tensor_check_finite(const float *values, size_t n, const char *tensor, const lnti_lnt_reader *file,
                                    lnt_error *err) {
  if (lnti_all_finite(values, n)) return LNT_OK;
  return lnti_fail(err, LNT_ECORRUPT, "%s: its tensor '%s' holds a value that is no finite number", lnti_lnt_name(file),
                   tensor);
}
