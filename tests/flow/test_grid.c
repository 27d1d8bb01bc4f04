/*
 * Grids: which points lists make, in which order, and what is refused.
 */
#include "support.h"

#include <flow/train/grid.h>
#include <model/learners.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static double at(const lnti_grid *grid, size_t point, const char *key) {
  return lnti_params_get(&grid->point[point], key);
}

static void single_values_are_one_point(void **state) {
  (void)state;
  const char *const set[] = {"C=0.5", "class_weight=balanced"};
  lnti_grid grid = {0};
  assert_ok(lnti_grid_new(&grid, &lnti_learner_logistic, set, 2, ERR));
  assert_int_equal(grid.n, 1);
  assert_true(at(&grid, 0, "C") == 0.5 && at(&grid, 0, "class_weight") == 1);
  assert_false(lnti_grid_varies(&grid, 0));
  assert_int_equal(lnti_grid_end(&grid, 0, 0), 0);
  lnti_grid_clear(&grid);
  assert_ok(lnti_grid_new(&grid, &lnti_learner_knn, NULL, 0, ERR));
  assert_true(grid.n == 1 && at(&grid, 0, "k") == 5);
  lnti_grid_clear(&grid);
}

static void lists_make_all_combinations(void **state) {
  (void)state;
  const char *const set[] = {"k=1,3,7", "metric=cosine,euclidean"};
  lnti_grid grid = {0};
  assert_ok(lnti_grid_new(&grid, &lnti_learner_knn, set, 2, ERR));
  assert_int_equal(grid.n, 6);
  static const double k[] = {1, 1, 3, 3, 7, 7}, metric[] = {1, 0, 1, 0, 1, 0};
  for (size_t i = 0; i < 6; i++) assert_true(at(&grid, i, "k") == k[i] && at(&grid, i, "metric") == metric[i]);
  assert_true(lnti_grid_varies(&grid, 0) && lnti_grid_varies(&grid, 1));
  static const int end[] = {-1, -1, 0, 0, 1, 1};
  for (size_t i = 0; i < 6; i++) {
    assert_int_equal(lnti_grid_end(&grid, i, 0), end[i]);
    assert_int_equal(lnti_grid_end(&grid, i, 1), 0); /* a choice has no ends */
  }
  char *json = NULL;
  assert_ok(lnti_grid_json(&json, &grid, ERR));
  assert_string_equal(json,
                      "[{\"k\":1,\"metric\":\"cosine\"},{\"k\":1,\"metric\":\"euclidean\"},"
                      "{\"k\":3,\"metric\":\"cosine\"},{\"k\":3,\"metric\":\"euclidean\"},"
                      "{\"k\":7,\"metric\":\"cosine\"},{\"k\":7,\"metric\":\"euclidean\"}]");
  free(json);
  lnti_grid_clear(&grid);
}

static void auto_is_the_learners_list_and_the_last_counts(void **state) {
  (void)state;
  const char *const set[] = {"C=5", "C=auto"};
  lnti_grid grid = {0};
  assert_ok(lnti_grid_new(&grid, &lnti_learner_logistic, set, 2, ERR));
  assert_int_equal(grid.n, 7);
  assert_true(at(&grid, 0, "C") == 0.001 && at(&grid, 6, "C") == 1);
  lnti_grid_clear(&grid);
  const char *const other[] = {"C=auto", "C=5"};
  assert_ok(lnti_grid_new(&grid, &lnti_learner_logistic, other, 2, ERR));
  assert_true(grid.n == 1 && at(&grid, 0, "C") == 5);
  lnti_grid_clear(&grid);
}

/* All that learners say is searched by themselves must be a grid. */
static void every_learners_lists_are_taken(void **state) {
  (void)state;
  size_t n = 0;
  const lnti_learner *const *learners = lnti_learners(&n);
  for (size_t i = 0; i < n; i++) {
    for (const char *const *list = learners[i]->searched; list && *list; list++) {
      lnti_grid grid = {0};
      assert_ok(lnti_grid_new(&grid, learners[i], list, 1, ERR));
      assert_true(grid.n > 1);
      lnti_grid_clear(&grid);
    }
  }
}

static void what_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *set;
    lnt_status status;
    const char *says;
  } wrong[] = {
      {"C", LNT_EINVAL, "KEY=VALUE"},
      {"D=1", LNT_EINVAL, "unknown parameter 'D'"},
      {"C=", LNT_EINVAL, "parameter 'C' is ''"},
      {"C=1,", LNT_EINVAL, "parameter 'C' is ''"},
      {"C=1,-1", LNT_EINVAL, "parameter 'C' is '-1'"},
      {"C=1,auto", LNT_EINVAL, "parameter 'C' is 'auto'"},
      {"C=1,2,1.0", LNT_EINVAL, "--set C: the value 1.0 is there twice"},
      {"tol=auto", LNT_EINVAL, "has a list of its own only for: C"},
  };
  for (size_t i = 0; i < COUNT(wrong); i++) {
    lnt_error err = LNT_ERROR_INIT;
    lnti_grid grid = {0};
    assert_int_equal(lnti_grid_new(&grid, &lnti_learner_logistic, &wrong[i].set, 1, &err), wrong[i].status);
    if (!strstr(err.message, wrong[i].says)) fail_msg("%s: %s", wrong[i].set, err.message);
    assert_null(grid.point);
  }
}

static void at_most_a_hundred_points(void **state) {
  (void)state;
  const char *ten = "max_iter=1,2,3,4,5,6,7,8,9,10";
  const char *const set[] = {"C=1,2,3,4,5,6,7,8,9,10", ten, "class_weight=none,balanced"};
  lnti_grid grid = {0};
  lnt_error err = LNT_ERROR_INIT;
  assert_ok(lnti_grid_new(&grid, &lnti_learner_logistic, set, 2, ERR));
  assert_int_equal(grid.n, LNTI_GRID_MAX);
  lnti_grid_clear(&grid);
  assert_int_equal(lnti_grid_new(&grid, &lnti_learner_logistic, set, 3, &err), LNT_EINVAL);
  assert_non_null(strstr(err.message, "more than 100 combinations"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(single_values_are_one_point),
      cmocka_unit_test(lists_make_all_combinations),
      cmocka_unit_test(auto_is_the_learners_list_and_the_last_counts),
      cmocka_unit_test(every_learners_lists_are_taken),
      cmocka_unit_test(what_is_refused),
      cmocka_unit_test(at_most_a_hundred_points),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
