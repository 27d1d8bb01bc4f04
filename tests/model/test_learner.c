/*
 * The registry, and the checks that every learner makes of a problem before it learns.
 */
#include <math.h>
#include <model/model_support.h>

static void test_registry(void **state) {
  (void)state;
  size_t n = 0;
  const lnti_learner *const *all = lnti_learners(&n);
  assert_true(n >= 2);
  for (size_t i = 0; i < n; i++) {
    const lnti_learner *found = NULL;
    assert_ok(lnti_learner_find(&found, all[i]->name, ERR));
    assert_ptr_equal(found, all[i]);
    assert_true(all[i]->title[0] && all[i]->help[0] && all[i]->source[0]);
    for (size_t j = 0; j < i; j++) assert_string_not_equal(all[j]->name, all[i]->name);
    /* Each default is within its own range. */
    lnti_params params;
    lnti_params_init(&params, all[i]->params);
    for (const lnti_param *p = all[i]->params; p->name; p++) {
      assert_ok(lnti_params_set_value(&params, p->name, p->fallback, ERR));
      assert_true(p->help[0]);
    }
  }
  const lnti_learner *none = NULL;
  assert_status(lnti_learner_find(&none, "forest", ERR), LNT_EINVAL);
  assert_message("logistic, knn");
  assert_null(none);
}

/* The problem itself, or for a learner that takes no classes, the same rows with a number each. */
static lnti_problem problem_for(const lnti_learner *learner, const lnti_problem *problem) {
  static const double value[64];
  lnti_problem numbers = {.x = problem->x, .n_classes = 1, .task = LNTI_REGRESSION, .value = value};
  assert_true(problem->x.n <= 64);
  return learner->tasks & LNTI_TAKES(LNTI_MULTICLASS) ? *problem : numbers;
}

static void check_both(const lnti_problem *problem, lnt_status wanted, const char *part) {
  size_t n = 0;
  const lnti_learner *const *all = lnti_learners(&n);
  lnti_context context = toy_context();
  assert_status(lnti_problem_check(problem, ERR), wanted);
  assert_message(part);
  for (size_t i = 0; i < n; i++) {
    if (!(all[i]->tasks & LNTI_TAKES(LNTI_MULTICLASS))) continue;
    lnti_params params = toy_params(all[i], NULL);
    lnti_fitted *fitted = NULL;
    lnti_fit_report report = {.iterations = 77};
    assert_status(all[i]->fit(&fitted, &report, problem, &params, &context, ERR), wanted);
    assert_null(fitted);
    assert_int_equal(report.iterations, 77);
  }
}

static void test_problem_check(void **state) {
  (void)state;
  toy t;
  toy_make(&t, 1, 12, 3, 3, LNTI_F32, 5);
  assert_ok(lnti_problem_check(&t.problem, ERR));

  lnti_problem p = t.problem;
  p.x.n = 0;
  check_both(&p, LNT_EINVAL, "0 rows");
  p = t.problem;
  p.x.d = 0;
  check_both(&p, LNT_EINVAL, "0 values");
  p = t.problem;
  p.x.dtype = LNTI_I32;
  check_both(&p, LNT_EINVAL, "u8 or f32");
  p = t.problem;
  p.x.stride = 2;
  check_both(&p, LNT_EINVAL, "u8 or f32");
  p = t.problem;
  p.label = NULL;
  check_both(&p, LNT_EINVAL, "label");
  p = t.problem;
  p.n_classes = 1;
  check_both(&p, LNT_EINVAL, "1 classes");
  p.n_classes = LNTI_CLASSES_MAX + 1;
  check_both(&p, LNT_EINVAL, "100001 classes");

  t.label[4] = 3;
  check_both(&t.problem, LNT_EDATA, "row 4 has label 3");
  t.label[4] = -1;
  check_both(&t.problem, LNT_EDATA, "row 4 has label -1");
  for (size_t i = 0; i < 12; i++) t.label[i] = 1;
  check_both(&t.problem, LNT_EDATA, "at least two");
  toy_clear(&t);
}

static void test_not_finite(void **state) {
  (void)state;
  toy t;
  toy_make(&t, 1, 40, 19, 2, LNTI_F32, 5);
  float *x = t.x;
  const float bad[] = {NAN, INFINITY, -INFINITY};
  const size_t at[] = {0, 16, 18}; /* in the vector part, and in its rest */
  lnti_context context = toy_context();
  assert_ok(lnti_matrix_check_finite(&t.problem.x, &context, ERR));
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j < 3; j++) {
      float kept = x[7 * 19 + at[j]];
      char part[32];
      snprintf(part, sizeof part, "row 7, value %zu", at[j]);
      x[7 * 19 + at[j]] = bad[i];
      size_t n = 0;
      const lnti_learner *const *all = lnti_learners(&n);
      for (size_t l = 0; l < n; l++) {
        lnti_params params = toy_params(all[l], NULL);
        lnti_fitted *fitted = NULL;
        lnti_fit_report report;
        lnti_problem problem = problem_for(all[l], &t.problem);
        assert_status(all[l]->fit(&fitted, &report, &problem, &params, &context, ERR), LNT_EDATA);
        assert_message(part);
      }
      x[7 * 19 + at[j]] = kept;
    }
  toy_clear(&t);
}

static void test_score_refuses_other_shapes(void **state) {
  (void)state;
  toy t;
  toy_make(&t, 1, 40, 6, 2, LNTI_F32, 5);
  lnti_context context = toy_context();
  size_t n = 0;
  const lnti_learner *const *all = lnti_learners(&n);
  float score[80];
  for (size_t l = 0; l < n; l++) {
    lnti_params params = toy_params(all[l], NULL);
    lnti_problem problem = problem_for(all[l], &t.problem);
    lnti_fitted *fitted = toy_fit(all[l], &problem, &params, &context);
    lnti_matrix x = t.problem.x;
    x.d = 5;
    assert_status(all[l]->score(score, fitted, &x, &context, ERR), LNT_EINVAL);
    x = lnti_matrix_of(t.x, 40, 6, LNTI_U8);
    assert_status(all[l]->score(score, fitted, &x, &context, ERR), LNT_EINVAL);
    assert_message("f32");
    x = lnti_matrix_of(t.x, 0, 6, LNTI_F32);
    assert_ok(all[l]->score(score, fitted, &x, &context, ERR));
    lnti_fitted_free(fitted);
  }
  lnti_fitted_free(NULL);
  toy_clear(&t);
}

static void test_cancelled(void **state) {
  (void)state;
  toy t;
  lnti_cancel cancel = {0};
  toy_make(&t, 1, 40, 6, 2, LNTI_F32, 5);
  lnti_cancel_request(&cancel);
  lnti_context context = toy_context();
  context.cancel = &cancel;
  const lnti_learner *learner = &lnti_learner_logistic;
  lnti_params params = toy_params(learner, NULL);
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  assert_status(learner->fit(&fitted, &report, &t.problem, &params, &context, ERR), LNT_ECANCELLED);
  assert_null(fitted);
  toy_clear(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_registry),   cmocka_unit_test(test_problem_check),
      cmocka_unit_test(test_not_finite), cmocka_unit_test(test_score_refuses_other_shapes),
      cmocka_unit_test(test_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
