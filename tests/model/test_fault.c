/*
 * The n-th allocation fails, for every n: the same code each time, nothing leaked, outputs untouched, no file left.
 */
#include <base/alloc.h>
#include <eval/class_tree.h>
#include <math.h>
#include <model/logistic_parts.h>
#include <model/model_support.h>

static void fit_with_faults(const lnti_learner *learner, const lnti_problem *problem) {
  lnti_params params = toy_params(learner, NULL);
  lnti_context context = toy_context();
  for_each_fault(round) {
    lnti_fitted *fitted = NULL;
    lnti_fit_report report;
    float *score = NULL;
    lnt_status status = learner->fit(&fitted, &report, problem, &params, &context, ERR);
    if (status == LNT_OK) status = lnti_alloc(&score, problem->x.n * problem->n_classes, sizeof *score, ERR);
    if (status == LNT_OK) status = learner->score(score, fitted, &problem->x, &context, ERR);
    if (!fitted) assert_int_equal(status, LNT_ENOMEM);
    assert_fault_status(status);
    free(score);
    lnti_fitted_free(fitted);
  }
}

static void classes_with_faults(const lnti_learner *learner, size_t n, size_t k, lnti_dtype dtype) {
  toy t;
  toy_make(&t, 1, n, 8, k, dtype, 30);
  fit_with_faults(learner, &t.problem);
  toy_clear(&t);
}

static void test_fit_and_score(void **state) {
  (void)state;
  classes_with_faults(&lnti_learner_logistic, 60, 3, LNTI_U8);
  classes_with_faults(&lnti_learner_logistic, 150, 70, LNTI_F32);
  classes_with_faults(&lnti_learner_knn, 60, 3, LNTI_U8);
  classes_with_faults(&lnti_learner_knn, 60, 3, LNTI_F32);
}

static void test_labels_and_numbers(void **state) {
  (void)state;
  toy t;
  toy_labels(&t, 1, 60, 8, 3, LNTI_U8);
  fit_with_faults(&lnti_learner_logistic, &t.problem);
  fit_with_faults(&lnti_learner_knn, &t.problem);
  toy_clear(&t);
  toy_numbers(&t, 1, 30, 8, LNTI_U8);
  fit_with_faults(&lnti_learner_knn, &t.problem);
  fit_with_faults(&lnti_learner_ridge, &t.problem);
  toy_clear(&t);
  toy_numbers(&t, 1, 30, 40, LNTI_F32);
  fit_with_faults(&lnti_learner_ridge, &t.problem);
  toy_clear(&t);
}

/* What many passes over the rows need is had before the first, also above LNTI_NARROW_MAX classes. */
static void test_a_pass_allocates_nothing(void **state) {
  enum { N = 140, D = 8, K = 70, LANES = 80 };
  (void)state;
  toy t;
  toy_make(&t, 1, N, D, K, LNTI_U8, 30);
  int32_t lane_of[K];
  double lane_weight[K], loss = 0;
  float *w = NULL, *gradient = NULL;
  for (int32_t c = 0; c < K; c++) {
    lane_of[c] = c;
    lane_weight[c] = 1;
  }
  lnti_logistic_data data = {.x = t.problem.x,
                             .label = t.label,
                             .label_step = 1,
                             .lane_of = lane_of,
                             .lane_weight = lane_weight,
                             .weight_sum = N,
                             .k = K};
  lnti_context context = toy_context();
  lnti_logistic_sums *sums = NULL;
  assert_ok(lnti_alloc_aligned(&w, D + 1, LANES * sizeof *w, ERR));
  memset(w, 0, (D + 1) * LANES * sizeof *w);
  assert_ok(lnti_alloc_aligned(&gradient, D + 1, LANES * sizeof *gradient, ERR));
  assert_ok(lnti_logistic_sums_new(&sums, N, D, K, LNTI_U8, &context, ERR));
  lnti_test_fail_allocation_after(1);
  assert_ok(lnti_logistic_sums_run(&loss, gradient, sums, &data, w, w + D * LANES, &context, ERR));
  assert_false(lnti_test_allocation_failed());
  lnti_test_fail_allocation_after(0);
  assert_float_equal(loss, N * log(K), 1e-3);
  lnti_logistic_sums_free(sums);
  free(gradient);
  free(w);
  toy_clear(&t);
}

static void test_save(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
  lnt_model *model = toy_model("logistic");
  for_each_fault(round) {
    remove(path);
    lnt_status status = lnti_model_save(model, path, ERR);
    /* Nothing, or (a failure after the rename) all of it: never a part. */
    size_t n = lnti_test_count_entries(folder);
    assert_true(n == 1 || (n == 0 && status != LNT_OK));
    assert_fault_status(status);
    lnti_lnt_reader *file = NULL;
    lnti_test_fail_allocation_after(0);
    if (n == 1) assert_ok(lnti_lnt_open(&file, path, ERR));
    lnti_lnt_close(file);
  }
  lnt_model_close(model);
  free(path);
  lnti_test_folder_remove(folder);
}

static void test_open_and_classify(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
  for (size_t l = 0; l < TOY_KINDS; l++) {
    lnt_model *made = toy_task_model(toy_kinds[l].learner, toy_kinds[l].task);
    assert_ok(lnti_model_save(made, path, ERR));
    lnt_model_close(made);
    for_each_fault(round) {
      lnt_model *model = NULL;
      uint8_t pixels[TOY_D];
      float prob[TOY_K] = {7, 7, 7};
      toy_image(pixels, 1);
      lnt_status status = lnt_model_open(&model, path, NULL, ERR);
      if (status == LNT_OK) status = lnt_model_classify_pixels(prob, model, pixels, TOY_H, TOY_W, 1, ERR);
      assert_true((status == LNT_OK) == (prob[0] != 7));
      lnt_model_close(model);
      assert_fault_status(status);
    }
  }
  free(path);
  lnti_test_folder_remove(folder);
}

static void test_unknown_learner(void **state) {
  (void)state;
  for_each_fault(round) {
    const lnti_learner *found = NULL;
    lnt_status status = lnti_learner_find(&found, "none", ERR);
    assert_int_equal(status, lnti_test_allocation_failed() ? LNT_ENOMEM : LNT_EINVAL);
  }
}

static void test_tree(void **state) {
  (void)state;
  static const char *const ids[] = {"a/x", "a/y", "b", "b/z"};
  toy t;
  lnti_class_tree *tree = NULL;
  toy_make(&t, 1, 60, 8, 4, LNTI_U8, 30);
  assert_ok(lnti_class_tree_new(&tree, ids, 4, ERR));
  const double weight[4] = {1, 2, 1, 1};
  t.problem.task = LNTI_HIERARCHICAL;
  t.problem.tree = tree;
  t.problem.weight = weight;
  fit_with_faults(&lnti_learner_logistic, &t.problem);
  lnti_class_tree_free(tree);
  toy_clear(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fit_and_score),
      cmocka_unit_test(test_labels_and_numbers),
      cmocka_unit_test(test_tree),
      cmocka_unit_test(test_a_pass_allocates_nothing),
      cmocka_unit_test(test_save),
      cmocka_unit_test(test_open_and_classify),
      cmocka_unit_test(test_unknown_learner),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
