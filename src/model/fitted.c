/*
 * What all learners share: the checks of a problem and of what is scored.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <model/learners.h>
#include <stdlib.h>

lnt_status lnti_problem_check(const lnti_problem *problem, lnt_error *err) {
  const lnti_matrix *x = &problem->x;
  size_t k = problem->n_classes;
  if (x->n == 0 || x->d == 0)
    return lnti_fail(err, LNT_EINVAL, "nothing to learn from: %zu rows of %zu values", x->n, x->d);
  if (!x->data || !problem->label || x->stride < x->d || (x->dtype != LNTI_U8 && x->dtype != LNTI_F32))
    return lnti_fail(err, LNT_EINVAL, "features must be rows of u8 or f32, with a label each");
  if (k < 2 || k > LNTI_CLASSES_MAX)
    return lnti_fail(err, LNT_EINVAL, "%zu classes; 2 to %d can be learned", k, LNTI_CLASSES_MAX);
  const lnti_fitted *warm = problem->warm_start;
  if (warm && (warm->d != x->d || warm->n_classes != k))
    return lnti_fail(err, LNT_EINVAL, "the model to start from has %zu features and %zu classes, the data %zu and %zu",
                     warm->d, warm->n_classes, x->d, k);

  bool several = false;
  for (size_t i = 0; i < x->n; i++) {
    int32_t label = problem->label[i];
    if (label < 0 || (size_t)label >= k)
      return lnti_fail(err, LNT_EDATA, "row %zu has label %d, outside 0 to %zu", i, (int)label, k - 1);
    several = several || label != problem->label[0];
  }
  if (!several)
    return lnti_fail(err, LNT_EDATA, "all %zu rows have one class: a classifier needs examples of at least two", x->n);
  return LNT_OK;
}

void lnti_fitted_free(lnti_fitted *fitted) {
  if (fitted) fitted->learner->free(fitted);
}

void lnti_fitted_begin(lnti_fitted *out, const lnti_learner *learner, const lnti_params *params, size_t d,
                       size_t n_classes, lnti_dtype dtype) {
  out->learner = learner;
  out->params = *params;
  out->d = d;
  out->n_classes = n_classes;
  out->dtype = dtype;
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
