/*
 * Numbers: scikit-learn's Ridge and KNeighborsRegressor, odd inputs, threads, what cannot be learned.
 */
#include <math.h>
#include <model/model_support.h>

#include <golden/model_tasks_golden.h>

static const lnti_learner *const ridge = &lnti_learner_ridge, *const knn = &lnti_learner_knn;

static lnti_problem numbers(const void *x, size_t n, size_t d, lnti_dtype dtype, const double *value) {
  return (lnti_problem){.x = lnti_matrix_of(x, n, d, dtype), .n_classes = 1, .task = LNTI_REGRESSION, .value = value};
}

/* Predictions of its own rows are those of the golden weights [d + 1], to 1e-6 of the largest, at each CPU level. */
typedef struct wanted {
  lnti_problem problem;
  lnti_params params;
  const double *weight;
} wanted;

static void check_at_level(lnt_cpu_level level, void *payload) {
  const wanted *w = payload;
  const lnti_matrix *x = &w->problem.x;
  lnti_context context = {.cpu = level};
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  float *score = malloc(x->n * sizeof *score), *row = malloc(x->d * sizeof *row);
  double loss = 0, most = 0;
  for (size_t i = 0; i < x->n; i++) most = fmax(most, fabs(w->problem.value[i]));
  assert_ok(ridge->fit(&fitted, &report, &w->problem, &w->params, &context, ERR));
  assert_int_equal(fitted->task, LNTI_REGRESSION);
  assert_ok(ridge->score(score, fitted, x, &context, ERR));
  for (size_t i = 0; i < x->n; i++) {
    double y = w->weight[x->d];
    lnti_matrix_to_f32(row, x, i, i + 1);
    for (size_t j = 0; j < x->d; j++) y += (double)row[j] * w->weight[j];
    assert_float_equal((double)score[i], y, 1e-6 * most);
    loss += (y - w->problem.value[i]) * (y - w->problem.value[i]) / (double)x->n;
  }
  assert_float_equal(report.loss, loss, 1e-5 * (1 + loss));
  assert_string_equal(report.note, "");
  free(row);
  free(score);
  lnti_fitted_free(fitted);
}

static void check_golden(lnti_problem problem, const double *weight, const char *alpha, const char *standardise) {
  wanted w = {problem, toy_params(ridge, alpha, standardise, NULL), weight};
  lnti_test_each_cpu_level(check_at_level, &w);
}

static void test_golden(void **state) {
  (void)state;
  lnti_problem tall = numbers(tall_x, TALL_N, TALL_D, LNTI_F32, tall_y);
  check_golden(tall, ridge_tall, "alpha=1", NULL);
  check_golden(tall, ridge_tall_strong, "alpha=100", NULL);
  check_golden(tall, ridge_tall_bare, "alpha=3", "standardise=false");
  check_golden(numbers(wide_x, WIDE_N, WIDE_D, LNTI_F32, wide_y), ridge_wide, "alpha=2", NULL);
  check_golden(numbers(pixel_x, PIXEL_N, PIXEL_D, LNTI_U8, pixel_y), ridge_pixel, "alpha=1", NULL);
}

static void test_neighbours(void **state) {
  (void)state;
  lnti_context context = toy_context();
  lnti_problem problem = numbers(tall_x, TALL_N, TALL_D, LNTI_F32, tall_y);
  lnti_params params = toy_params(knn, NULL);
  lnti_fitted *fitted = toy_fit(knn, &problem, &params, &context);
  float score[TALL_N];
  assert_ok(knn->score(score, fitted, &problem.x, &context, ERR));
  for (size_t i = 0; i < TALL_N; i++) assert_float_equal(score[i], neighbours_of_tall[i], 1e-5);
  lnti_fitted_free(fitted);

  /* On a line, by hand: of 0, 1 and 3, k = 2; without itself the row at 0 is the mean of the others. */
  const float x[3] = {0, 1, 3};
  const double value[3] = {1, 2, 6};
  const size_t rows[3] = {0, 1, 2};
  problem = numbers(x, 3, 1, LNTI_F32, value);
  params = toy_params(knn, "k=2", NULL);
  fitted = toy_fit(knn, &problem, &params, &context);
  assert_ok(knn->score(score, fitted, &problem.x, &context, ERR));
  assert_true(score[0] == 1.5F && score[1] == 1.5F && score[2] == 4);
  assert_ok(knn->score_left_out(score, fitted, rows, 3, &context, ERR));
  assert_true(score[0] == 4 && score[1] == 3.5F && score[2] == 1.5F);
  lnti_fitted_free(fitted);
}

static void test_threads(void **state) {
  (void)state;
  toy t;
  lnti_params params = toy_params(ridge, NULL), neighbours = toy_params(knn, NULL);
  toy_numbers(&t, 2, 3001, 300, LNTI_U8);
  toy_same_on_threads(ridge, &t.problem, &params);
  toy_clear(&t);
  toy_numbers(&t, 3, 290, 700, LNTI_F32);
  toy_same_on_threads(ridge, &t.problem, &params);
  toy_same_on_threads(knn, &t.problem, &neighbours);
  toy_clear(&t);
}

/* With as many rows as features both systems are the same; one row more or fewer takes the other way and differs little.
 * Here: of the same rows, doubled, at twice the penalty. */
static void test_both_systems_agree(void **state) {
  (void)state;
  enum { N = 30, D = 40 };
  toy t;
  toy_numbers(&t, 4, N, D, LNTI_F32);
  float *twice = malloc(sizeof(float) * 2 * N * D), one[N], other[N];
  double value[2 * N];
  memcpy(twice, t.x, sizeof(float) * N * D);
  memcpy(twice + N * D, t.x, sizeof(float) * N * D);
  memcpy(value, t.value, sizeof(double) * N);
  memcpy(value + N, t.value, sizeof(double) * N);
  lnti_context context = toy_context();
  lnti_params params = toy_params(ridge, "alpha=5", NULL), doubled = toy_params(ridge, "alpha=10", NULL);
  lnti_problem both = numbers(twice, 2 * N, D, LNTI_F32, value);
  lnti_fitted *wide = toy_fit(ridge, &t.problem, &params, &context), *tall = toy_fit(ridge, &both, &doubled, &context);
  assert_ok(ridge->score(one, wide, &t.problem.x, &context, ERR));
  assert_ok(ridge->score(other, tall, &t.problem.x, &context, ERR));
  for (size_t i = 0; i < N; i++) assert_float_equal(one[i], other[i], 1e-4);
  lnti_fitted_free(tall);
  lnti_fitted_free(wide);
  free(twice);
  toy_clear(&t);
}

/* A constant feature has no weight, whatever it is at prediction; one that another equals shares its weight. */
static void test_constant_and_equal_features(void **state) {
  (void)state;
  enum { N = 4000, D = 3 };
  static float x[N * D];
  static double value[N];
  for (size_t i = 0; i < N; i++) {
    x[i * D] = x[i * D + 1] = (float)(i % 50);
    x[i * D + 2] = 1234;
    value[i] = 2 * (double)(i % 50) + 1;
  }
  lnti_context context = toy_context();
  lnti_problem problem = numbers(x, N, D, LNTI_F32, value);
  lnti_params params = toy_params(ridge, "alpha=1e-3", NULL);
  lnti_fitted *fitted = toy_fit(ridge, &problem, &params, &context);
  const float ask[4 * D] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9999};
  float score[4];
  lnti_matrix view = lnti_matrix_of(ask, 4, D, LNTI_F32);
  assert_ok(ridge->score(score, fitted, &view, &context, ERR));
  assert_float_equal(score[0], 1, 1e-3);
  assert_float_equal(score[1], 2, 1e-3);
  assert_float_equal(score[2], 2, 1e-3);
  assert_true(score[3] == score[0]);
  lnti_fitted_free(fitted);

  /* What the penalty does not settle is said. */
  params = toy_params(ridge, "alpha=1e-9", NULL);
  lnti_fit_report report;
  fitted = NULL;
  lnt_status status = ridge->fit(&fitted, &report, &problem, &params, &context, ERR);
  assert_int_equal(status, LNT_EDATA);
  assert_message("raise alpha");
  assert_null(fitted);
}

static void refuse(const lnti_learner *learner, const lnti_problem *problem, lnt_status status, const char *message) {
  lnti_context context = toy_context();
  lnti_params params = toy_params(learner, NULL);
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  assert_status(learner->fit(&fitted, &report, problem, &params, &context, ERR), status);
  assert_message(message);
  assert_null(fitted);
}

static void test_bad_problems(void **state) {
  (void)state;
  const float x[4] = {0, 1e30F, 1, -1e30F};
  double value[2] = {1, NAN};
  lnti_problem problem = numbers(x, 2, 2, LNTI_F32, value);
  refuse(ridge, &problem, LNT_EDATA, "the value of row 1");
  refuse(knn, &problem, LNT_EDATA, "the value of row 1");
  value[1] = 2;
  refuse(ridge, &problem, LNT_EDATA, "value 1 of the features is too large");
  problem.x.d = 1;
  value[1] = 1.7e308;
  value[0] = -1.7e308;
  refuse(ridge, &problem, LNT_EDATA, "too large");
  problem.x.n = 1;
  refuse(ridge, &problem, LNT_EDATA, "one row alone");
  problem.x.n = 2;
  problem.n_classes = 3;
  refuse(ridge, &problem, LNT_EINVAL, "3 classes");
  problem.n_classes = 1;
  problem.value = NULL;
  refuse(ridge, &problem, LNT_EINVAL, "a value each");
  const int32_t label[2] = {0, 1};
  problem = (lnti_problem){.x = lnti_matrix_of(x, 2, 2, LNTI_F32), .label = label, .n_classes = 2};
  refuse(ridge, &problem, LNT_EINVAL, "'ridge' does not learn a multiclass target; those that do: logistic, knn");
  problem = numbers(x, 2, 1, LNTI_F32, value);
  refuse(&lnti_learner_logistic, &problem, LNT_EINVAL, "those that do: knn, ridge");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden),
      cmocka_unit_test(test_neighbours),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_both_systems_agree),
      cmocka_unit_test(test_constant_and_equal_features),
      cmocka_unit_test(test_bad_problems),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
