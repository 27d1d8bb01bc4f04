/*
 * Figures as runs and --json hold them, and read back.
 */
#include <flow/evaluate/judge.h>
#include <flow/evaluate/metrics_json.h>
#include <math.h>

#include "support.h"

static void written_and_read(void **state) {
  (void)state;
  lnti_figures figures;
  lnti_text text = {0};
  lnti_figures_of(&figures, NULL, LNTI_MULTICLASS, false);
  assert_int_equal(figures.n, LNTI_METRICS);
  figures.value[LNTI_ACCURACY] = 0.9;
  figures.ci95[LNTI_ACCURACY][0] = 0.75;
  assert_ok(lnti_figures_json(&text, &figures, ERR));
  assert_true(text.data[0] == '{' && text.data[text.length - 1] == '}');
  assert_non_null(strstr(text.data, "\"accuracy\":0.9"));
  assert_non_null(strstr(text.data, "\"accuracy\":[0.75,null]"));
  assert_true(lnti_result_metric(text.data, "accuracy") == 0.9);
  assert_true(isnan(lnti_result_metric(text.data, "ece"))); /* undefined */
  assert_true(isnan(lnti_result_metric(text.data, "mae")));
  assert_true(isnan(lnti_result_metric("", "accuracy")) && isnan(lnti_result_metric(NULL, "accuracy")));
  assert_true(isnan(lnti_result_metric("{\"accuracy\": \"high\"}", "accuracy")));
  assert_true(isnan(lnti_result_metric("{", "accuracy")));
  lnti_text_clear(&text);
}

static void each_task_has_its_own(void **state) {
  (void)state;
  static const struct {
    lnti_task task;
    bool tree;
    const char *has, *lacks;
  } cases[] = {{LNTI_MULTICLASS, false, "accuracy", "hierarchical_f1"},
               {LNTI_MULTICLASS, true, "hierarchical_f1", "map"},
               {LNTI_HIERARCHICAL, true, "exact_path", "mae"},
               {LNTI_MULTILABEL, false, "map", "accuracy"},
               {LNTI_REGRESSION, false, "r2", "accuracy"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_figures figures;
    lnti_figures_of(&figures, NULL, cases[i].task, cases[i].tree);
    assert_true(lnti_figure_find(&figures, cases[i].has) < figures.n);
    assert_true(lnti_figure_find(&figures, cases[i].lacks) == figures.n);
    assert_true(lnti_figure_find(&figures, lnti_task_figure(cases[i].task)) < figures.n);
    for (size_t m = 0; m < figures.n; m++) assert_true(isnan(figures.value[m]) && isnan(figures.ci95[m][1]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(written_and_read),
      cmocka_unit_test(each_task_has_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
