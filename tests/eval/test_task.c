/*
 * The names of the tasks, both ways.
 */
#include <eval/task.h>
#include <support.h>

static void test_names(void **state) {
  (void)state;
  static const char *const names[] = {"multiclass", "multilabel", "hierarchical", "regression"};
  for (size_t i = 0; i < 4; i++) {
    lnti_task task = 0;
    assert_true(lnti_task_find(&task, names[i]));
    assert_int_equal(task, i + 1);
    assert_string_equal(lnti_task_name(task), names[i]);
  }
  assert_string_equal(lnti_task_name(0), "multiclass");
  lnti_task task = 0;
  assert_false(lnti_task_find(&task, "binary"));
  assert_int_equal(task, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
