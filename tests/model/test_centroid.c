/*
 * Nearest class mean: scores by hand, a class without rows, rows of nothing but zeros, damage.
 */
#include <math.h>
#include <model/model_support.h>

enum { D = 2, K = 3 };

/* Class 0 about (1, 1), class 2 about (-1, 3); class 1 has no rows. */
static const float rows[][D] = {{0, 1}, {2, 1}, {-1, 2}, {-1, 4}};
static const int32_t labels[] = {0, 0, 2, 2};

static lnti_fitted *fit(const char *metric) {
  const lnti_context context = toy_context();
  const lnti_problem problem = {.x = lnti_matrix_of(rows, 4, D, LNTI_F32), .label = labels, .n_classes = K};
  char setting[32];
  snprintf(setting, sizeof setting, "metric=%s", metric);
  lnti_params params = toy_params(&lnti_learner_centroid, setting, NULL);
  return toy_fit(&lnti_learner_centroid, &problem, &params, &context);
}

static void score(float out[K], const lnti_fitted *fitted, float x, float y) {
  const lnti_context context = toy_context();
  const float row[D] = {x, y};
  const lnti_matrix m = lnti_matrix_of(row, 1, D, LNTI_F32);
  assert_ok(fitted->learner->score(out, fitted, &m, &context, ERR));
}

static void euclidean_by_hand(void **state) {
  (void)state;
  float s[K];
  lnti_fitted *fitted = fit("euclidean");
  /* Means (1, 1) and (-1, 3), origin (0, 2); each row is at distance 1 from its mean. */
  score(s, fitted, 1, 1); /* |x - o|^2 = 2; from the means 0 and 8 */
  assert_true(fabsf(s[0] - 10 * (2 - 0)) < 1e-4f && fabsf(s[2] - 10 * (2 - 8)) < 1e-4f);
  score(s, fitted, 0, 2);
  assert_true(fabsf(s[0] - s[2]) < 1e-4f);
  lnti_fitted_free(fitted);
}

static void cosine_by_hand(void **state) {
  (void)state;
  float s[K];
  lnti_fitted *fitted = fit("cosine");
  /* Class 0: (0, 1) and (2, 1) / sqrt 5; at a right angle to its mean the score is 0, along it 20. */
  const float a = 2 / sqrtf(5) / 2, b = (1 + 1 / sqrtf(5)) / 2;
  score(s, fitted, 7 * a, 7 * b);
  assert_true(fabsf(s[0] - 20) < 1e-4f && s[2] < s[0]);
  score(s, fitted, -b, a);
  assert_true(fabsf(s[0]) < 1e-4f);
  score(s, fitted, 0, 0); /* no direction */
  assert_true(s[0] == 0 && s[2] == 0 && s[1] < -1);
  lnti_fitted_free(fitted);
}

static void a_class_without_rows_never_wins(void **state) {
  const char *const metrics[] = {"euclidean", "cosine"};
  (void)state;
  for (size_t m = 0; m < 2; m++) {
    lnti_fitted *fitted = fit(metrics[m]);
    for (float x = -1000; x <= 1000; x += 250) {
      float s[K];
      score(s, fitted, x, 3 - x);
      assert_true(isfinite(s[1]) && s[1] < s[0] && s[1] < s[2]);
    }
    lnti_fitted_free(fitted);
  }
}

static void it_learns_u8_and_f32(void **state) {
  (void)state;
  const lnti_context context = toy_context();
  const lnti_dtype dtypes[] = {LNTI_U8, LNTI_F32};
  for (size_t i = 0; i < 2; i++) {
    toy t;
    toy_make(&t, 3, 3000, 20, 4, dtypes[i], 30);
    lnti_params params = toy_params(&lnti_learner_centroid, "metric=euclidean", NULL);
    lnti_fitted *fitted = toy_fit(&lnti_learner_centroid, &t.problem, &params, &context);
    double accuracy = toy_accuracy(fitted, &t.problem, &context);
    if (accuracy < 0.95) fail_msg("only %g are right", accuracy);
    lnti_fitted_free(fitted);
    toy_clear(&t);
  }
}

static void what_cannot_be_learned(void **state) {
  (void)state;
  const lnti_context context = toy_context();
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  const float wrong[2][D] = {{1, NAN}, {0, 0}}, huge[2][D] = {{3e38F, 3e38F}, {-3e38F, -3e38F}};
  lnti_params params = toy_params(&lnti_learner_centroid, "metric=euclidean", NULL);
  lnti_problem problem = {.x = lnti_matrix_of(wrong, 2, D, LNTI_F32), .label = (int32_t[]){0, 1}, .n_classes = 2};
  assert_status(lnti_learner_centroid.fit(&fitted, &report, &problem, &params, &context, ERR), LNT_EDATA);
  problem.x = lnti_matrix_of(huge, 2, D, LNTI_F32);
  assert_status(lnti_learner_centroid.fit(&fitted, &report, &problem, &params, &context, ERR), LNT_EDATA);
  assert_null(fitted);
}

static void memory_runs_out(void **state) {
  (void)state;
  const lnti_context context = toy_context();
  const lnti_problem problem = {.x = lnti_matrix_of(rows, 4, D, LNTI_F32), .label = labels, .n_classes = K};
  lnti_params params = toy_params(&lnti_learner_centroid, NULL);
  for_each_fault(n) {
    lnti_fitted *fitted = NULL;
    lnti_fit_report report;
    float s[4 * K];
    lnt_status status = lnti_learner_centroid.fit(&fitted, &report, &problem, &params, &context, ERR);
    if (!status) status = lnti_learner_centroid.score(s, fitted, &problem.x, &context, ERR);
    assert_fault_status(status);
    lnti_fitted_free(fitted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(euclidean_by_hand),
                                     cmocka_unit_test(cosine_by_hand),
                                     cmocka_unit_test(a_class_without_rows_never_wins),
                                     cmocka_unit_test(it_learns_u8_and_f32),
                                     cmocka_unit_test(what_cannot_be_learned),
                                     cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
