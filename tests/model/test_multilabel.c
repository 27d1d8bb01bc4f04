/*
 * Labels, each by itself: scikit-learn's coefficients, what is unknown, what cannot be learned, votes by hand.
 */
#include <math.h>
#include <model/model_support.h>

#include <golden/model_tasks_golden.h>

static const lnti_learner *const logistic = &lnti_learner_logistic, *const knn = &lnti_learner_knn;

static lnti_problem golden_problem(void) {
  return (lnti_problem){.x = lnti_matrix_of(labels_x, LABELS_N, LABELS_D, LNTI_F32),
                        .n_classes = LABELS_K,
                        .task = LNTI_MULTILABEL,
                        .truth = labels_truth};
}

/* Weights and biases by asking: the score of 0, and of each unit vector. */
static void check_coefficients(const lnti_fitted *fitted, const float *weight, const float *bias) {
  lnti_context context = toy_context();
  float x[(LABELS_D + 1) * LABELS_D] = {0}, score[(LABELS_D + 1) * LABELS_K];
  for (size_t j = 0; j < LABELS_D; j++) x[(j + 1) * LABELS_D + j] = 1;
  lnti_matrix view = lnti_matrix_of(x, LABELS_D + 1, LABELS_D, LNTI_F32);
  assert_ok(logistic->score(score, fitted, &view, &context, ERR));
  for (size_t c = 0; c < LABELS_LEARNED; c++) {
    assert_float_equal(score[c], bias[c], 2e-3);
    for (size_t j = 0; j < LABELS_D; j++)
      assert_float_equal(score[(j + 1) * LABELS_K + c] - score[c], weight[c * LABELS_D + j], 1e-3);
  }
  for (size_t i = 0; i <= LABELS_D; i++) assert_true(score[i * LABELS_K + LABELS_LEARNED] == -50);
}

static void check_golden(const float *weight, const float *bias, const double *weights, const char *setting) {
  lnti_context context = toy_context();
  lnti_problem problem = golden_problem();
  lnti_params params = toy_params(logistic, "C=0.5", "tol=0", "max_iter=5000", setting, NULL);
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  problem.weight = weights;
  assert_ok(logistic->fit(&fitted, &report, &problem, &params, &context, ERR));
  assert_int_equal(fitted->task, LNTI_MULTILABEL);
  assert_string_equal(report.note, "1 of 4 labels lack rows with yes or rows with no: never predicted");
  check_coefficients(fitted, weight, bias);
  lnti_fitted_free(fitted);
}

static void test_golden(void **state) {
  (void)state;
  const double weights[LABELS_K] = {3, 0.5, 2, 7};
  check_golden(labels_plain_weight, labels_plain_bias, NULL, NULL);
  check_golden(labels_balanced_weight, labels_balanced_bias, NULL, "class_weight=balanced");
  check_golden(labels_weighted_weight, labels_weighted_bias, weights, NULL);
}

/* The loss told is the mean over what is known. */
static void test_report(void **state) {
  (void)state;
  lnti_context context = toy_context();
  toy t;
  toy_labels(&t, 4, 300, 6, 3, LNTI_U8);
  lnti_params params = toy_params(logistic, NULL);
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  float score[300 * 3];
  assert_ok(logistic->fit(&fitted, &report, &t.problem, &params, &context, ERR));
  assert_ok(logistic->score(score, fitted, &t.problem.x, &context, ERR));
  double loss = 0, n = 0;
  for (size_t i = 0; i < 900; i++) {
    if (t.truth[i] < 0) continue;
    loss += log1p(exp(t.truth[i] ? -(double)score[i] : (double)score[i]));
    n++;
  }
  assert_float_equal(report.loss, loss / n, 1e-5);
  assert_string_equal(report.note, "");
  lnti_fitted_free(fitted);
  toy_clear(&t);
}

static double right_share(const lnti_fitted *fitted, const toy *t) {
  lnti_context context = toy_context();
  size_t n = t->problem.x.n, k = t->problem.n_classes, known = 0, right = 0;
  float *score = malloc(n * k * sizeof *score);
  assert_ok(fitted->learner->score(score, fitted, &t->problem.x, &context, ERR));
  for (size_t i = 0; i < n * k; i++) {
    known += t->truth[i] >= 0;
    right += t->truth[i] >= 0 && (score[i] > 0) == (t->truth[i] == 1);
  }
  free(score);
  return (double)right / (double)known;
}

/* Many rows take the coarse stage and the preconditioner, 80 labels the wide products: what is learned is as good. */
static void test_many(void **state) {
  (void)state;
  lnti_context context = toy_context();
  const size_t shapes[][3] = {{15001, 12, 3}, {900, 90, 80}};
  for (size_t s = 0; s < 2; s++) {
    toy t;
    toy_labels(&t, 5, shapes[s][0], shapes[s][1], shapes[s][2], LNTI_U8);
    lnti_params params = toy_params(logistic, "C=1", NULL);
    lnti_fitted *fitted = toy_fit(logistic, &t.problem, &params, &context);
    assert_true(right_share(fitted, &t) > 0.75);
    lnti_fitted_free(fitted);
    toy_clear(&t);
  }
}

static void test_threads(void **state) {
  (void)state;
  toy t;
  lnti_params params = toy_params(logistic, "max_iter=8", NULL), neighbours = toy_params(knn, NULL);
  toy_labels(&t, 6, 15001, 12, 3, LNTI_U8);
  toy_same_on_threads(logistic, &t.problem, &params);
  toy_clear(&t);
  toy_labels(&t, 6, 1300, 9, 80, LNTI_F32);
  toy_same_on_threads(logistic, &t.problem, &params);
  toy_same_on_threads(knn, &t.problem, &neighbours);
  toy_clear(&t);
}

static void test_warm_start(void **state) {
  (void)state;
  toy t;
  toy_labels(&t, 7, 600, 12, 4, LNTI_U8);
  lnti_context context = toy_context();
  lnti_params params = toy_params(logistic, "tol=1e-6", "max_iter=1000", NULL);
  lnti_fitted *cold = NULL, *warm = NULL, *none = NULL;
  lnti_fit_report cold_report, warm_report;
  assert_ok(logistic->fit(&cold, &cold_report, &t.problem, &params, &context, ERR));
  t.problem.warm_start = cold;
  assert_ok(logistic->fit(&warm, &warm_report, &t.problem, &params, &context, ERR));
  assert_true(warm_report.iterations <= 2 && cold_report.iterations > 4);
  assert_float_equal(warm_report.loss, cold_report.loss, 1e-4);
  /* Of another task. */
  int32_t label[600];
  for (int32_t i = 0; i < 600; i++) label[i] = i % 4;
  t.problem.task = LNTI_MULTICLASS;
  t.problem.label = label;
  assert_status(logistic->fit(&none, &warm_report, &t.problem, &params, &context, ERR), LNT_EINVAL);
  assert_message("is multilabel, what is to be learned multiclass");
  lnti_fitted_free(warm);
  lnti_fitted_free(cold);
  toy_clear(&t);
}

/*
 * On a line, k = 3: the nearest of 0 are the rows at 0, 1 and 2.
 *   label 0: yes, unknown, no there; half of all known rows say yes: (1 + 1/2) / (2 + 1) = 1/2, logit 0
 *   label 1: unknown there: its share of yes, one of four: logit log(1/3)
 *   label 2: never no: never
 */
static void test_votes_by_hand(void **state) {
  (void)state;
  const float x[7] = {0, 1, 2, 10, 11, 12, 13};
  const int8_t truth[7 * 3] = {1, -1, 1, -1, -1, -1, 0, -1, -1, 0, 1, 1, 1, 0, -1, -1, 0, -1, -1, 0, 1};
  lnti_problem problem = {
      .x = lnti_matrix_of(x, 7, 1, LNTI_F32), .n_classes = 3, .task = LNTI_MULTILABEL, .truth = truth};
  lnti_context context = toy_context();
  lnti_params params = toy_params(knn, "k=3", NULL);
  lnti_fit_report report;
  lnti_fitted *fitted = NULL;
  float score[3];
  const float at = 0;
  lnti_matrix query = lnti_matrix_of(&at, 1, 1, LNTI_F32);
  assert_ok(knn->fit(&fitted, &report, &problem, &params, &context, ERR));
  assert_string_equal(report.note, "1 of 3 labels lack rows with yes or rows with no: never predicted");
  assert_ok(knn->score(score, fitted, &query, &context, ERR));
  assert_float_equal(score[0], 0, 1e-6);
  assert_float_equal(score[1], log(1.0 / 3), 1e-6);
  assert_true(score[2] == -50);
  /* Without the row itself, the row at 10 votes too, and says no: (0 + 1/2) / 3. */
  const size_t rows[1] = {0};
  assert_ok(knn->score_left_out(score, fitted, rows, 1, &context, ERR));
  assert_float_equal(score[0], log(0.5 / 2.5), 1e-6);
  lnti_fitted_free(fitted);
}

static void test_bad_problems(void **state) {
  (void)state;
  lnti_problem problem = golden_problem();
  int8_t truth[LABELS_N * LABELS_K];
  assert_ok(lnti_problem_check(&problem, ERR));
  problem.truth = NULL;
  assert_status(lnti_problem_check(&problem, ERR), LNT_EINVAL);
  assert_message("yes, no or unknown");
  problem.truth = truth;
  memcpy(truth, labels_truth, sizeof truth);
  truth[9] = 2;
  assert_status(lnti_problem_check(&problem, ERR), LNT_EDATA);
  assert_message("row 2 has 2 for label 1");
  for (size_t i = 0; i < LABELS_N * LABELS_K; i++) truth[i] = i % LABELS_K ? 1 : -1;
  assert_status(lnti_problem_check(&problem, ERR), LNT_EDATA);
  assert_message("none of the 4 labels");
  problem = golden_problem();
  const double weight[LABELS_K] = {1, 1, 0, 1};
  problem.weight = weight;
  assert_status(lnti_problem_check(&problem, ERR), LNT_EINVAL);
  assert_message("weight of class 2 is 0");

  lnti_context context = toy_context();
  lnti_params params = toy_params(&lnti_learner_centroid, NULL);
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  assert_status(lnti_learner_centroid.fit(&fitted, &report, &problem, &params, &context, ERR), LNT_EINVAL);
  assert_message("'centroid' does not learn a multilabel target; those that do: logistic, knn");
  const double even[LABELS_K] = {1, 1, 1, 1};
  problem.weight = even;
  assert_status(knn->fit(&fitted, &report, &problem, &params, &context, ERR), LNT_EINVAL);
  assert_message("'knn' takes no class weights; those that do: logistic");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden),       cmocka_unit_test(test_report),     cmocka_unit_test(test_many),
      cmocka_unit_test(test_threads),      cmocka_unit_test(test_warm_start), cmocka_unit_test(test_votes_by_hand),
      cmocka_unit_test(test_bad_problems),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
