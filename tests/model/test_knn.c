/*
 * k nearest neighbours: votes worked out by hand, ties, leaving out, and the plain definition at every CPU level.
 */
#include <math.h>
#include <math/neighbours.h>
#include <math/topk.h>
#include <model/model_support.h>

/*
 * Seven points on a line, classes 0 0 1 1 2 2 2:
 *   x     0  2  4  6  20 22 24
 *   class 1  0  0  1  2  2  2
 * Query 3, k = 3: distances 1 (2), 1 (4), 9 (0), 9 (6): the tie at 9 goes to the lower row, x = 0 of class 1.
 * So votes are {2, 1, 0}. k = 2: {2, 0, 0}. k = 4: {2, 2, 0}: a tie, to the lowest class.
 */
static const float line[7] = {0, 2, 4, 6, 20, 22, 24};
static const int32_t line_label[7] = {1, 0, 0, 1, 2, 2, 2};

static lnti_fitted *fit_line(const char *k, lnti_context *context) {
  lnti_problem problem = {.x = lnti_matrix_of(line, 7, 1, LNTI_F32), .label = line_label, .n_classes = 3};
  lnti_params params = toy_params(&lnti_learner_knn, k, NULL);
  return toy_fit(&lnti_learner_knn, &problem, &params, context);
}

static void test_by_hand(void **state) {
  (void)state;
  lnti_context context = toy_context();
  const float query[1] = {3};
  lnti_matrix x = lnti_matrix_of(query, 1, 1, LNTI_F32);
  const struct {
    const char *k;
    double votes[3], total;
  } cases[] = {{"k=1", {1, 0, 0}, 1},
               {"k=2", {2, 0, 0}, 2},
               {"k=3", {2, 1, 0}, 3},
               {"k=4", {2, 2, 0}, 4},
               {"k=200", {2, 2, 3}, 7} /* as many as there are */};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_fitted *fitted = fit_line(cases[i].k, &context);
    float score[3];
    assert_ok(lnti_learner_knn.score(score, fitted, &x, &context, ERR));
    double sum = 0;
    for (size_t c = 0; c < 3; c++) {
      assert_float_equal(score[c], log((cases[i].votes[c] + 1.0 / 3) / (cases[i].total + 1)), 1e-6);
      sum += exp((double)score[c]);
    }
    assert_float_equal(sum, 1, 1e-6);
    assert_int_equal(lnti_argmax(score, 3), i == 4 ? 2 : 0);
    lnti_fitted_free(fitted);
  }
}

/* x = 0 (class 1) left out with k = 2: neighbours 2 and 4, both class 0. x = 4 (class 0): 2 and 6. */
static void test_left_out_by_hand(void **state) {
  (void)state;
  lnti_context context = toy_context();
  lnti_fitted *fitted = fit_line("k=2", &context);
  const size_t rows[3] = {0, 2, 6};
  float score[9];
  assert_ok(lnti_learner_knn.score_left_out(score, fitted, rows, 3, &context, ERR));
  assert_float_equal(score[0], log((2 + 1.0 / 3) / 3), 1e-6);
  assert_float_equal(score[1], log((1.0 / 3) / 3), 1e-6);
  assert_float_equal(score[3], log((1 + 1.0 / 3) / 3), 1e-6);
  assert_float_equal(score[4], log((1 + 1.0 / 3) / 3), 1e-6);
  assert_float_equal(score[8], log((2 + 1.0 / 3) / 3), 1e-6);
  const size_t bad[1] = {7};
  assert_status(lnti_learner_knn.score_left_out(score, fitted, bad, 1, &context, ERR), LNT_EINVAL);
  lnti_fitted_free(fitted);

  /* With k above the rows that are left, all of them vote: one fewer than there are. */
  fitted = fit_line("k=9", &context);
  assert_ok(lnti_learner_knn.score_left_out(score, fitted, rows, 1, &context, ERR));
  assert_float_equal(score[1], log((1 + 1.0 / 3) / 7), 1e-6);
  lnti_fitted_free(fitted);
}

static void test_cosine(void **state) {
  (void)state;
  /* (10,1) points where (1,0) does, and lies nearer to (8,8). */
  const float rows[4] = {1, 0, 8, 8};
  const int32_t label[2] = {0, 1};
  const float query[2] = {10, 1};
  lnti_context context = toy_context();
  lnti_problem problem = {.x = lnti_matrix_of(rows, 2, 2, LNTI_F32), .label = label, .n_classes = 2};
  lnti_matrix x = lnti_matrix_of(query, 1, 2, LNTI_F32);
  const char *const metrics[2] = {"metric=cosine", "metric=euclidean"};
  for (size_t i = 0; i < 2; i++) {
    lnti_params params = toy_params(&lnti_learner_knn, metrics[i], "k=1", NULL);
    lnti_fitted *fitted = toy_fit(&lnti_learner_knn, &problem, &params, &context);
    float score[2];
    assert_ok(lnti_learner_knn.score(score, fitted, &x, &context, ERR));
    assert_int_equal(lnti_argmax(score, 2), i);
    lnti_fitted_free(fitted);
  }
}

/* Votes by the plain search. */
static void check_level(lnt_cpu_level level, void *payload) {
  lnti_rng *rng = payload;
  size_t n = 3 + lnti_rng_below(rng, 300), d = 1 + lnti_rng_below(rng, 70), classes = 2 + lnti_rng_below(rng, 9);
  size_t k = 1 + lnti_rng_below(rng, 20), q = 1 + lnti_rng_below(rng, 40);
  char setting[16];
  toy train, test;
  if (n < classes) n = classes;
  toy_make(&train, lnti_rng_next(rng), n, d, classes, LNTI_U8, 60);
  toy_make(&test, lnti_rng_next(rng), q, d, classes, LNTI_U8, 60);
  snprintf(setting, sizeof setting, "k=%zu", k);
  if (k > n) k = n;
  lnti_context context = {.cpu = level};
  lnti_params params = toy_params(&lnti_learner_knn, setting, NULL);
  lnti_fitted *fitted = toy_fit(&lnti_learner_knn, &train.problem, &params, &context);
  float *score = malloc(q * classes * sizeof *score);
  uint32_t *row = malloc(q * k * sizeof *row);
  assert_ok(lnti_learner_knn.score(score, fitted, &test.problem.x, &context, ERR));
  assert_ok(lnti_neighbours_search_plain(row, NULL, &train.problem.x, LNTI_EUCLIDEAN, &test.problem.x, NULL, k, ERR));
  for (size_t i = 0; i < q; i++)
    for (size_t c = 0; c < classes; c++) {
      size_t votes = 0;
      for (size_t j = 0; j < k; j++) votes += train.label[row[i * k + j]] == (int32_t)c;
      float wanted = (float)log(((double)votes + 1.0 / (double)classes) / ((double)k + 1.0));
      assert_true(score[i * classes + c] == wanted);
    }
  free(row);
  free(score);
  lnti_fitted_free(fitted);
  toy_clear(&test);
  toy_clear(&train);
}

static void check_all_levels(lnti_rng *rng, void *payload) {
  (void)payload;
  lnti_test_each_cpu_level(check_level, rng);
}

static void test_votes_of_plain_search(void **state) {
  (void)state;
  lnti_test_property("knn votes as by the plain search", 12, check_all_levels, NULL);
}

/* Training rows may be freed after fitting, and may have a stride. */
static void test_own_copy_of_strided_rows(void **state) {
  (void)state;
  uint8_t *x = malloc(3 * 5);
  const int32_t label[3] = {0, 1, 1};
  const uint8_t rows[3][2] = {{10, 10}, {200, 10}, {10, 200}};
  memset(x, 99, 15);
  for (size_t i = 0; i < 3; i++) memcpy(x + 5 * i, rows[i], 2);
  lnti_problem problem = {.x = {x, 3, 2, 5, LNTI_U8}, .label = label, .n_classes = 2};
  lnti_params params = toy_params(&lnti_learner_knn, "k=1", NULL);
  lnti_context context = toy_context();
  lnti_fitted *fitted = toy_fit(&lnti_learner_knn, &problem, &params, &context);
  memset(x, 0, 15);
  free(x);
  lnti_problem queries = {.x = lnti_matrix_of(rows, 3, 2, LNTI_U8), .label = label, .n_classes = 2};
  assert_true(toy_accuracy(fitted, &queries, &context) == 1);
  lnti_fitted_free(fitted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_left_out_by_hand),
      cmocka_unit_test(test_cosine),
      cmocka_unit_test(test_votes_of_plain_search),
      cmocka_unit_test(test_own_copy_of_strided_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
