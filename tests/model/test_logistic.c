/*
 * Logistic regression: scikit-learn's coefficients, determinism, warm start, odd inputs, many classes.
 */
#include <math.h>
#include <math/topk.h>
#include <model/model_support.h>

#include <golden/model_logistic_golden.h>

static const lnti_learner *const logistic = &lnti_learner_logistic;

/* Weights and biases of an affine model, by asking it: the score of 0, and of each unit vector. [k,d] and [k]. */
static void ask(float *weight, float *bias, const lnti_fitted *fitted, const lnti_context *context) {
  size_t d = fitted->d, k = fitted->n_classes;
  float *x = calloc((d + 1) * d, sizeof *x), *score = malloc((d + 1) * k * sizeof *score);
  for (size_t j = 0; j < d; j++) x[(j + 1) * d + j] = 1;
  lnti_matrix view = lnti_matrix_of(x, d + 1, d, LNTI_F32);
  assert_ok(logistic->score(score, fitted, &view, context, ERR));
  for (size_t c = 0; c < k; c++) {
    bias[c] = score[c];
    for (size_t j = 0; j < d; j++) weight[c * d + j] = score[(j + 1) * k + c] - score[c];
  }
  free(score);
  free(x);
}

static void check_golden(const float *weight, const float *bias, const int32_t *label, size_t k, const char *a,
                         const char *b) {
  lnti_context context = toy_context();
  lnti_problem problem = {.x = lnti_matrix_of(golden_x, GOLDEN_N, GOLDEN_D, LNTI_F32), .label = label, .n_classes = k};
  lnti_params params = toy_params(logistic, "tol=0", "max_iter=5000", a, b, NULL);
  lnti_fitted *fitted = toy_fit(logistic, &problem, &params, &context);
  float w[GOLDEN_K * GOLDEN_D], c[GOLDEN_K];
  ask(w, c, fitted, &context);
  for (size_t i = 0; i < k * GOLDEN_D; i++) assert_float_equal(w[i], weight[i], 1e-3);
  for (size_t i = 0; i < k; i++) assert_float_equal(c[i], bias[i], 2e-3);
  lnti_fitted_free(fitted);
}

static void test_golden(void **state) {
  (void)state;
  check_golden(golden_scaled_weight, golden_scaled_bias, golden_label, 3, "C=1", NULL);
  check_golden(golden_strong_weight, golden_strong_bias, golden_label, 3, "C=0.05", NULL);
  check_golden(golden_balanced_weight, golden_balanced_bias, golden_label, 3, "C=1", "class_weight=balanced");
  check_golden(golden_bare_weight, golden_bare_bias, golden_label, 3, "C=2", "standardise=false");
  check_golden(golden_binary_weight, golden_binary_bias, golden_label2, 2, "C=1", NULL);
}

/* The preconditioned fit of many rows finds the minimum that plain steps on the same rows find: 64 times the same 48
 * rows at C/64 is the golden problem again. */
static void test_preconditioned_golden(void **state) {
  (void)state;
  enum { TIMES = 64 };
  float *x = malloc(sizeof golden_x * TIMES);
  int32_t *label = malloc(sizeof golden_label * TIMES);
  for (size_t i = 0; i < TIMES; i++) {
    memcpy(x + i * GOLDEN_N * GOLDEN_D, golden_x, sizeof golden_x);
    memcpy(label + i * GOLDEN_N, golden_label, sizeof golden_label);
  }
  lnti_context context = toy_context();
  lnti_problem problem = {.x = lnti_matrix_of(x, GOLDEN_N * TIMES, GOLDEN_D, LNTI_F32), .label = label, .n_classes = 3};
  lnti_params params = toy_params(logistic, "C=0.015625", "tol=0", "max_iter=5000", NULL);
  lnti_fitted *fitted = toy_fit(logistic, &problem, &params, &context);
  float w[GOLDEN_K * GOLDEN_D], c[GOLDEN_K];
  ask(w, c, fitted, &context);
  for (size_t i = 0; i < GOLDEN_K * GOLDEN_D; i++) assert_float_equal(w[i], golden_scaled_weight[i], 1e-3);
  for (size_t i = 0; i < GOLDEN_K; i++) assert_float_equal(c[i], golden_scaled_bias[i], 2e-3);
  lnti_fitted_free(fitted);
  free(label);
  free(x);
}

static void test_learns_at_each_level(lnt_cpu_level level, void *payload) {
  (void)payload;
  const lnti_dtype dtypes[2] = {LNTI_U8, LNTI_F32};
  for (size_t i = 0; i < 2; i++) {
    toy train, test;
    lnti_context context = {.cpu = level};
    lnti_params params = toy_params(logistic, NULL);
    toy_make(&train, 1, 400, 10, 4, dtypes[i], 25);
    toy_make(&test, 2, 400, 10, 4, dtypes[i], 25);
    lnti_fitted *fitted = toy_fit(logistic, &train.problem, &params, &context);
    assert_true(toy_accuracy(fitted, &test.problem, &context) > 0.97);
    lnti_fitted_free(fitted);
    toy_clear(&test);
    toy_clear(&train);
  }
}

static void test_levels(void **state) {
  (void)state;
  lnti_test_each_cpu_level(test_learns_at_each_level, NULL);
}

/* Bit-equal scores with 1, 2 and 3 threads, coarse stage, preconditioner and ragged slabs included. */
static void same_on_threads(size_t n, size_t d, size_t k, lnti_dtype dtype) {
  toy t;
  toy_make(&t, 3, n, d, k, dtype, 70);
  lnti_params params = toy_params(logistic, "max_iter=8", NULL);
  toy_same_on_threads(logistic, &t.problem, &params);
  toy_clear(&t);
}

static void test_same_on_any_number_of_threads(void **state) {
  (void)state;
  same_on_threads(15001, 12, 4, LNTI_U8);
  same_on_threads(1537, 33, 3, LNTI_F32);
  same_on_threads(1300, 9, 80, LNTI_U8);
}

static void test_warm_start(void **state) {
  (void)state;
  toy t;
  toy_make(&t, 4, 600, 12, 4, LNTI_U8, 60);
  lnti_context context = toy_context();
  lnti_params params = toy_params(logistic, "tol=1e-6", "max_iter=1000", NULL);
  lnti_fitted *cold = NULL, *warm = NULL;
  lnti_fit_report cold_report, warm_report;
  assert_ok(logistic->fit(&cold, &cold_report, &t.problem, &params, &context, ERR));
  t.problem.warm_start = cold;
  assert_ok(logistic->fit(&warm, &warm_report, &t.problem, &params, &context, ERR));
  assert_true(warm_report.iterations <= 2);
  assert_true(cold_report.iterations > 4);
  assert_float_equal(warm_report.loss, cold_report.loss, 1e-4);

  /* Of another learner, d or number of classes. */
  lnti_params knn_params = toy_params(&lnti_learner_knn, NULL);
  lnti_problem bare = t.problem;
  bare.warm_start = NULL;
  lnti_fitted *knn = toy_fit(&lnti_learner_knn, &bare, &knn_params, &context);
  lnti_fitted *none = NULL;
  t.problem.warm_start = knn;
  assert_status(logistic->fit(&none, &warm_report, &t.problem, &params, &context, ERR), LNT_EINVAL);
  t.problem.warm_start = cold;
  t.problem.n_classes = 5;
  assert_status(logistic->fit(&none, &warm_report, &t.problem, &params, &context, ERR), LNT_EINVAL);
  assert_message("4 classes");
  lnti_fitted_free(knn);
  lnti_fitted_free(warm);
  lnti_fitted_free(cold);
  toy_clear(&t);
}

/*
 * A feature that is constant now, and was not when the start was fitted: its weight goes, what it gave goes into the
 * bias. The start's classes are even at 10 by symmetry, and so are the rows, all at 10: nothing is left to do. Lost, the
 * start would be that of 0, where the first class leads by far, and one step would not bring it back.
 */
static void test_warm_start_of_a_constant_feature(void **state) {
  (void)state;
  enum { N = 40 };
  float x[N], constant[N];
  int32_t label[N], even[N];
  for (int32_t i = 0; i < N; i++) {
    constant[i] = 10;
    even[i] = i % 2;
    x[i] = i % 2 ? 20 : 0;
    label[i] = i < 4 ? 1 - i % 2 : i % 2; /* two of twenty are odd ones, on either side */
  }
  lnti_context context = toy_context();
  lnti_params params = toy_params(logistic, "C=10", NULL), one = toy_params(logistic, "max_iter=1", NULL);
  lnti_problem problem = {.x = lnti_matrix_of(x, N, 1, LNTI_F32), .label = label, .n_classes = 2};
  lnti_fitted *first = toy_fit(logistic, &problem, &params, &context), *second = NULL;
  float score[2];
  lnti_matrix origin = lnti_matrix_of(&(float){0}, 1, 1, LNTI_F32);
  assert_ok(logistic->score(score, first, &origin, &context, ERR));
  assert_true(score[0] - score[1] > 1.5F);
  lnti_fit_report report;
  problem =
      (lnti_problem){.x = lnti_matrix_of(constant, N, 1, LNTI_F32), .label = even, .n_classes = 2, .warm_start = first};
  assert_ok(logistic->fit(&second, &report, &problem, &one, &context, ERR));
  assert_float_equal(report.loss, log(2), 1e-9);
  lnti_fitted_free(second);
  lnti_fitted_free(first);
}

/* A class without rows is never predicted; when it gets rows, a warm start learns it. */
static void test_absent_class(void **state) {
  (void)state;
  toy t;
  toy_make(&t, 5, 300, 8, 3, LNTI_U8, 15);
  lnti_context context = toy_context();
  lnti_params params = toy_params(logistic, NULL);
  lnti_problem part = t.problem;
  int32_t *label = malloc(300 * sizeof *label);
  float score[300 * 4];
  for (size_t i = 0; i < 300; i++) label[i] = t.label[i] == 1 ? 3 : t.label[i]; /* class 1 has none */
  part.label = label;
  part.n_classes = 4;
  lnti_fitted *fitted = toy_fit(logistic, &part, &params, &context);
  assert_true(toy_accuracy(fitted, &part, &context) == 1);
  assert_ok(logistic->score(score, fitted, &part.x, &context, ERR));
  for (size_t i = 0; i < 300; i++) {
    assert_true(score[i * 4 + 1] == -50);
    assert_float_equal(score[i * 4] + score[i * 4 + 2] + score[i * 4 + 3], 0, 1e-3);
  }
  for (size_t i = 0; i < 300; i++) label[i] = t.label[i];
  part.warm_start = fitted;
  lnti_fitted *all = toy_fit(logistic, &part, &params, &context);
  assert_true(toy_accuracy(all, &part, &context) == 1);
  lnti_fitted_free(all);
  lnti_fitted_free(fitted);
  free(label);
  toy_clear(&t);
}

/* A constant feature gets weight 0, whatever its value: at prediction it may be anything. */
static void test_constant_and_nearly_constant_features(void **state) {
  (void)state;
  toy t;
  toy_make(&t, 6, 200, 6, 2, LNTI_F32, 20);
  float *x = t.x;
  for (size_t i = 0; i < 200; i++) {
    x[i * 6 + 2] = 123456;
    x[i * 6 + 4] = i == 77 ? 1e-3F : 0; /* one row is a hair off */
  }
  lnti_context context = toy_context();
  lnti_params params = toy_params(logistic, NULL);
  lnti_fitted *fitted = toy_fit(logistic, &t.problem, &params, &context);
  float w[12], b[2];
  ask(w, b, fitted, &context);
  assert_true(w[2] == 0 && w[8] == 0);
  /* Unscaled, its weight would be some 70 times that of a feature of deviation 1. */
  assert_true(fabsf(w[4]) < 0.1F && fabsf(w[10]) < 0.1F);
  lnti_fitted_free(fitted);
  toy_clear(&t);
}

static void test_class_weights(void **state) {
  (void)state;
  /* Two overlapping classes on a line, 9 to 1: unweighted the rare class is predicted rarely, balanced about as often
   * as it should be. */
  enum { N = 1000 };
  float x[N];
  int32_t label[N];
  lnti_rng rng;
  lnti_rng_seed(&rng, 1, 0);
  for (size_t i = 0; i < N; i++) {
    label[i] = i % 10 == 0;
    x[i] = (float)(lnti_rng_normal(&rng) + label[i]);
  }
  lnti_context context = toy_context();
  lnti_problem problem = {.x = lnti_matrix_of(x, N, 1, LNTI_F32), .label = label, .n_classes = 2};
  const char *const settings[2] = {"class_weight=none", "class_weight=balanced"};
  double recall[2];
  for (size_t s = 0; s < 2; s++) {
    lnti_params params = toy_params(logistic, settings[s], "C=1", NULL);
    lnti_fitted *fitted = toy_fit(logistic, &problem, &params, &context);
    float score[2 * N];
    size_t found = 0;
    assert_ok(logistic->score(score, fitted, &problem.x, &context, ERR));
    for (size_t i = 0; i < N; i += 10) found += score[2 * i + 1] > score[2 * i];
    recall[s] = (double)found / (N / 10);
    lnti_fitted_free(fitted);
  }
  assert_true(recall[0] < 0.2 && recall[1] > 0.6);
}

/* Weights of classes that are what "balanced" would give are the same fit; of doubled ones, that at half the C. */
static void test_given_class_weights(void **state) {
  (void)state;
  lnti_context context = toy_context();
  lnti_problem problem = {
      .x = lnti_matrix_of(golden_x, GOLDEN_N, GOLDEN_D, LNTI_F32), .label = golden_label, .n_classes = GOLDEN_K};
  const double balanced[GOLDEN_K] = {48.0 / 3 / 12, 48.0 / 3 / 12, 48.0 / 3 / 24}, doubled[GOLDEN_K] = {2, 2, 2};
  float w[GOLDEN_K * GOLDEN_D], c[GOLDEN_K];
  const struct {
    const double *weight;
    const char *penalty;
    const float *w;
  } cases[] = {{balanced, "C=1", golden_balanced_weight}, {doubled, "C=0.5", golden_scaled_weight}};
  for (size_t i = 0; i < 2; i++) {
    lnti_params params = toy_params(logistic, "tol=0", "max_iter=5000", cases[i].penalty, NULL);
    problem.weight = cases[i].weight;
    lnti_fitted *fitted = toy_fit(logistic, &problem, &params, &context);
    ask(w, c, fitted, &context);
    for (size_t j = 0; j < GOLDEN_K * GOLDEN_D; j++) assert_float_equal(w[j], cases[i].w[j], 1e-3);
    lnti_fitted_free(fitted);
  }
}

/* 80 classes take the wide path; its scores are those of the narrow one on the first 60 of them, each alone. */
static void test_many_classes(void **state) {
  (void)state;
  enum { K = 80, D = 40, EACH = 12 };
  lnti_rng rng;
  lnti_rng_seed(&rng, 9, 0);
  float *x = malloc(sizeof(float) * K * D * EACH);
  int32_t label[K * EACH];
  for (size_t i = 0; i < K * EACH; i++) {
    label[i] = (int32_t)(i % K);
    /* Random codes of two classes differ in about half of the features. */
    lnti_rng code;
    lnti_rng_seed(&code, 1000 + i % K, 0);
    for (size_t j = 0; j < D; j++)
      x[i * D + j] = (float)(lnti_rng_below(&code, 2) ? 1 : -1) + 0.3F * (float)lnti_rng_normal(&rng);
  }
  lnti_context context = toy_context();
  lnti_problem problem = {.x = lnti_matrix_of(x, K * EACH, D, LNTI_F32), .label = label, .n_classes = K};
  lnti_params params = toy_params(logistic, "C=1", NULL);
  lnti_fitted *fitted = toy_fit(logistic, &problem, &params, &context);
  assert_true(toy_accuracy(fitted, &problem, &context) > 0.99);
  lnti_fitted_free(fitted);
  free(x);
}

static void test_report(void **state) {
  (void)state;
  toy t;
  toy_make(&t, 8, 300, 10, 3, LNTI_U8, 80);
  lnti_context context = toy_context();
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  lnti_params params = toy_params(logistic, "max_iter=3", "tol=0", NULL);
  assert_ok(logistic->fit(&fitted, &report, &t.problem, &params, &context, ERR));
  assert_int_equal(report.iterations, 3);
  assert_non_null(strstr(report.note, "3 iterations"));
  /* The loss is that of the scores, without the penalty. */
  float score[900];
  double loss = 0;
  assert_ok(logistic->score(score, fitted, &t.problem.x, &context, ERR));
  for (size_t i = 0; i < 300; i++) {
    double sum = 0;
    for (size_t c = 0; c < 3; c++) sum += exp((double)score[i * 3 + c]);
    loss += (log(sum) - (double)score[i * 3 + (size_t)t.label[i]]) / 300;
  }
  assert_float_equal(report.loss, loss, 1e-5);
  lnti_fitted_free(fitted);

  params = toy_params(logistic, NULL);
  assert_ok(logistic->fit(&fitted, &report, &t.problem, &params, &context, ERR));
  assert_string_equal(report.note, "");
  lnti_fitted_free(fitted);
  toy_clear(&t);
}

static void test_too_large_values(void **state) {
  (void)state;
  const float x[8] = {1, 1e30F, 2, -1e30F, 3, 1e30F, 4, 0};
  const int32_t label[4] = {0, 1, 0, 1};
  lnti_problem problem = {.x = lnti_matrix_of(x, 4, 2, LNTI_F32), .label = label, .n_classes = 2};
  lnti_context context = toy_context();
  lnti_params params = toy_params(logistic, NULL);
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  assert_status(logistic->fit(&fitted, &report, &problem, &params, &context, ERR), LNT_EDATA);
  assert_message("value 1");
  assert_null(fitted);
}

static void test_two_rows(void **state) {
  (void)state;
  const float x[4] = {0, 1, 1, 0};
  const int32_t label[2] = {1, 0};
  lnti_problem problem = {.x = lnti_matrix_of(x, 2, 2, LNTI_F32), .label = label, .n_classes = 2};
  lnti_context context = toy_context();
  lnti_params params = toy_params(logistic, NULL);
  lnti_fitted *fitted = toy_fit(logistic, &problem, &params, &context);
  assert_true(toy_accuracy(fitted, &problem, &context) == 1);
  lnti_fitted_free(fitted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden),           cmocka_unit_test(test_preconditioned_golden),
      cmocka_unit_test(test_levels),           cmocka_unit_test(test_same_on_any_number_of_threads),
      cmocka_unit_test(test_warm_start),       cmocka_unit_test(test_warm_start_of_a_constant_feature),
      cmocka_unit_test(test_absent_class),     cmocka_unit_test(test_constant_and_nearly_constant_features),
      cmocka_unit_test(test_class_weights),    cmocka_unit_test(test_given_class_weights),
      cmocka_unit_test(test_many_classes),     cmocka_unit_test(test_report),
      cmocka_unit_test(test_too_large_values), cmocka_unit_test(test_two_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
