/*
 * Classes in a tree: path probabilities as by separate fits, stopping at a node, what has no rows, threads, warm starts.
 */
#include <base/alloc.h>
#include <eval/class_tree.h>
#include <math.h>
#include <math/topk.h>
#include <model/model_support.h>

static const lnti_learner *const logistic = &lnti_learner_logistic;

static lnti_class_tree *tree_of(const char *const *ids, size_t n) {
  lnti_class_tree *tree = NULL;
  assert_ok(lnti_class_tree_new(&tree, ids, n, ERR));
  return tree;
}

/* Log-probabilities [n,k] of rows by a flat fit of labels [n] to the rows that have one (others: -1). */
static void flat_logs(double *out, const lnti_problem *problem, const int32_t *label, size_t k, const double *weight,
                      const lnti_params *params) {
  size_t n = problem->x.n, d = problem->x.d, m = 0;
  float *rows = malloc(n * d * sizeof *rows), *score = malloc(n * k * sizeof *score);
  int32_t *own = malloc(n * sizeof *own);
  for (size_t i = 0; i < n; i++) {
    if (label[i] < 0) continue;
    lnti_matrix_to_f32(rows + m * d, &problem->x, i, i + 1);
    own[m++] = label[i];
  }
  lnti_context context = toy_context();
  lnti_problem part = {.x = lnti_matrix_of(rows, m, d, LNTI_F32), .label = own, .n_classes = k, .weight = weight};
  lnti_fitted *fitted = toy_fit(logistic, &part, params, &context);
  assert_ok(logistic->score(score, fitted, &problem->x, &context, ERR));
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    for (size_t c = 0; c < k; c++) sum += exp((double)score[i * k + c]);
    for (size_t c = 0; c < k; c++) out[i * k + c] = (double)score[i * k + c] - log(sum);
  }
  lnti_fitted_free(fitted);
  free(own);
  free(score);
  free(rows);
}

/*
 * "fruit/apple", "fruit/pear", "nut", "nut/hazel", "root/beet/red": at the top fruit, nut or root; in fruit apple or pear; in nut
 * to stop or hazel; below root there is nothing to choose.
 */
static void check_paths(const double *weight) {
  static const char *const ids[] = {"fruit/apple", "fruit/pear", "nut", "nut/hazel", "root/beet/red"};
  enum { N = 400, K = 5 };
  toy t;
  toy_make(&t, 11, N, 6, K, LNTI_F32, 70);
  lnti_context context = toy_context();
  lnti_class_tree *tree = tree_of(ids, K);
  lnti_params params = toy_params(logistic, "tol=1e-7", "max_iter=1000", NULL);
  t.problem.task = LNTI_HIERARCHICAL;
  t.problem.tree = tree;
  t.problem.weight = weight;
  lnti_fitted *fitted = toy_fit(logistic, &t.problem, &params, &context);
  assert_int_equal(fitted->task, LNTI_HIERARCHICAL);
  float score[N * K];
  assert_ok(logistic->score(score, fitted, &t.problem.x, &context, ERR));

  static const int32_t top_of[K] = {0, 0, 1, 1, 2}, fruit_of[K] = {0, 1, -1, -1, -1}, nut_of[K] = {-1, -1, 0, 1, -1};
  int32_t label[3][N];
  double top[N * 3], fruit[N * 2], nut[N * 2];
  for (size_t i = 0; i < N; i++) {
    label[0][i] = top_of[t.label[i]];
    label[1][i] = fruit_of[t.label[i]];
    label[2][i] = nut_of[t.label[i]];
  }
  /* A node's rows weigh what they do together: each class has 80. */
  double means[3] = {0};
  if (weight) {
    means[0] = (weight[0] + weight[1]) / 2;
    means[1] = (weight[2] + weight[3]) / 2;
    means[2] = weight[4];
  }
  flat_logs(top, &t.problem, label[0], 3, weight ? means : NULL, &params);
  flat_logs(fruit, &t.problem, label[1], 2, weight, &params);
  flat_logs(nut, &t.problem, label[2], 2, weight ? weight + 2 : NULL, &params);
  for (size_t i = 0; i < N; i++) {
    const float *s = score + i * K;
    double sum = 0;
    assert_float_equal(s[0], top[i * 3] + fruit[i * 2], 1e-4);
    assert_float_equal(s[1], top[i * 3] + fruit[i * 2 + 1], 1e-4);
    assert_float_equal(s[2], top[i * 3 + 1] + nut[i * 2], 1e-4);
    assert_float_equal(s[3], top[i * 3 + 1] + nut[i * 2 + 1], 1e-4);
    assert_float_equal(s[4], top[i * 3 + 2], 1e-4);
    for (size_t c = 0; c < K; c++) sum += exp((double)s[c]);
    assert_float_equal(sum, 1, 1e-5);
  }
  lnti_fitted_free(fitted);
  lnti_class_tree_free(tree);
  toy_clear(&t);
}

static void test_paths(void **state) {
  (void)state;
  const double weight[5] = {1, 3, 0.5, 2, 1};
  check_paths(NULL);
  check_paths(weight);
}

/* Where no class lies below another it is the flat model. */
static void test_flat_tree(void **state) {
  (void)state;
  static const char *const ids[] = {"a", "b", "c"};
  toy t;
  double flat[90 * 3];
  float score[90 * 3];
  toy_make(&t, 12, 90, 6, 3, LNTI_F32, 70);
  lnti_context context = toy_context();
  lnti_class_tree *tree = tree_of(ids, 3);
  lnti_params params = toy_params(logistic, NULL);
  flat_logs(flat, &t.problem, t.label, 3, NULL, &params);
  t.problem.task = LNTI_HIERARCHICAL;
  t.problem.tree = tree;
  lnti_fitted *fitted = toy_fit(logistic, &t.problem, &params, &context);
  assert_ok(logistic->score(score, fitted, &t.problem.x, &context, ERR));
  for (size_t i = 0; i < 90 * 3; i++) assert_float_equal(score[i], flat[i], 1e-5);
  lnti_fitted_free(fitted);
  lnti_class_tree_free(tree);
  toy_clear(&t);
}

/* Classes 0 and 1 have rows. Of b's children there are none: what little comes there is shared evenly. */
static void test_classes_without_rows(void **state) {
  (void)state;
  static const char *const ids[] = {"a/x", "a/y", "a/none", "b/p", "b/q", "c"};
  toy t;
  float score[100 * 6];
  toy_make(&t, 13, 100, 6, 2, LNTI_U8, 20);
  lnti_context context = toy_context();
  lnti_class_tree *tree = tree_of(ids, 6);
  lnti_params params = toy_params(logistic, NULL);
  t.problem.task = LNTI_HIERARCHICAL;
  t.problem.tree = tree;
  t.problem.n_classes = 6;
  lnti_fitted *fitted = toy_fit(logistic, &t.problem, &params, &context);
  assert_ok(logistic->score(score, fitted, &t.problem.x, &context, ERR));
  for (size_t i = 0; i < 100; i++) {
    const float *s = score + i * 6;
    assert_int_equal(lnti_argmax(s, 6), t.label[i]);
    assert_true(s[2] < -49 && isfinite(s[2]));
    assert_float_equal(s[3], -50 + log(0.5), 1e-4);
    assert_true(s[4] == s[3]);
    assert_float_equal(s[5], -50, 1e-4);
  }
  lnti_fitted_free(fitted);
  lnti_class_tree_free(tree);
  toy_clear(&t);
}

/* 40 groups of 3: 120 leaf outputs and 40 at the top, beyond the narrow kernels. Wide or narrow, threads or not. */
static void test_many_nodes(void **state) {
  (void)state;
  enum { GROUPS = 40, K = 3 * GROUPS, D = 60, EACH = 15, N = K * EACH };
  char *ids[K];
  float *x = malloc(sizeof(float) * N * D);
  int32_t *label = malloc(sizeof *label * N);
  lnti_rng rng;
  lnti_rng_seed(&rng, 14, 0);
  for (size_t c = 0; c < K; c++) assert_ok(lnti_asprintf(&ids[c], ERR, "g%zu/c%zu", c / 3, c));
  for (size_t i = 0; i < N; i++) {
    label[i] = (int32_t)(i % K);
    lnti_rng code;
    lnti_rng_seed(&code, 1000 + i % K, 0);
    for (size_t j = 0; j < D; j++)
      x[i * D + j] = (float)(lnti_rng_below(&code, 2) ? 1 : -1) + 0.5F * (float)lnti_rng_normal(&rng);
  }
  lnti_class_tree *tree = tree_of((const char *const *)ids, K);
  lnti_context context = toy_context();
  lnti_problem problem = {
      .x = lnti_matrix_of(x, N, D, LNTI_F32), .label = label, .n_classes = K, .task = LNTI_HIERARCHICAL, .tree = tree};
  lnti_params params = toy_params(logistic, "C=1", NULL);
  lnti_fitted *cold = NULL, *warm = NULL;
  lnti_fit_report first, second;
  assert_ok(logistic->fit(&cold, &first, &problem, &params, &context, ERR));
  assert_true(toy_accuracy(cold, &problem, &context) > 0.97);
  assert_string_equal(first.note, "");
  problem.warm_start = cold;
  assert_ok(logistic->fit(&warm, &second, &problem, &params, &context, ERR));
  assert_true(second.iterations < first.iterations);
  assert_float_equal(second.loss, first.loss, 1e-2);
  problem.warm_start = NULL;
  toy_same_on_threads(logistic, &problem, &params);
  params = toy_params(logistic, "max_iter=1", "tol=0", NULL);
  lnti_fitted_free(warm);
  warm = NULL;
  assert_ok(logistic->fit(&warm, &second, &problem, &params, &context, ERR));
  assert_string_equal(second.note, "41 of 41 choices stopped before converging: raise max_iter or tol");
  lnti_fitted_free(warm);
  lnti_fitted_free(cold);
  lnti_class_tree_free(tree);
  for (size_t c = 0; c < K; c++) free(ids[c]);
  free(label);
  free(x);
}

/* The loss told is the mean of -log p of the paths. */
static void test_report(void **state) {
  (void)state;
  static const char *const ids[] = {"a/x", "a/y", "b"};
  toy t;
  float score[200 * 3];
  double loss = 0;
  toy_make(&t, 15, 200, 5, 3, LNTI_U8, 90);
  lnti_context context = toy_context();
  lnti_class_tree *tree = tree_of(ids, 3);
  lnti_params params = toy_params(logistic, NULL);
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  t.problem.task = LNTI_HIERARCHICAL;
  t.problem.tree = tree;
  assert_ok(logistic->fit(&fitted, &report, &t.problem, &params, &context, ERR));
  assert_ok(logistic->score(score, fitted, &t.problem.x, &context, ERR));
  for (size_t i = 0; i < 200; i++) loss -= (double)score[i * 3 + (size_t)t.label[i]] / 200;
  assert_float_equal(report.loss, loss, 1e-5);
  lnti_fitted_free(fitted);
  lnti_class_tree_free(tree);
  toy_clear(&t);
}

static void test_bad_problems(void **state) {
  (void)state;
  static const char *const ids[] = {"a/x", "a/y", "b"};
  toy t;
  toy_make(&t, 16, 20, 5, 3, LNTI_U8, 90);
  lnti_class_tree *tree = tree_of(ids, 2);
  t.problem.task = LNTI_HIERARCHICAL;
  assert_status(lnti_problem_check(&t.problem, ERR), LNT_EINVAL);
  assert_message("a tree of the classes");
  t.problem.tree = tree;
  assert_status(lnti_problem_check(&t.problem, ERR), LNT_EINVAL);
  assert_message("3 classes, but a tree of 2");
  lnti_params params = toy_params(&lnti_learner_knn, NULL);
  lnti_context context = toy_context();
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  assert_status(lnti_learner_knn.fit(&fitted, &report, &t.problem, &params, &context, ERR), LNT_EINVAL);
  assert_message("does not learn a hierarchical target; those that do: logistic");
  lnti_class_tree_free(tree);
  toy_clear(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_paths),      cmocka_unit_test(test_flat_tree), cmocka_unit_test(test_classes_without_rows),
      cmocka_unit_test(test_many_nodes), cmocka_unit_test(test_report),    cmocka_unit_test(test_bad_problems),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
