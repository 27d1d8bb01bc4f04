/*
 * The reports of labels, trees and numbers, of a reject curve, of a choice and of a comparison: what they must say, as a page and
 * as JSON. LINNET_REPORT_SAMPLES=FOLDER keeps the pages there, to be looked at.
 */
#include "report_support.h"

static void keep(const char *name, const char *html) {
  const char *folder = getenv("LINNET_REPORT_SAMPLES");
  char path[512];
  if (!folder) return;
  (void)snprintf(path, sizeof path, "%s/%s.html", folder, name);
  FILE *file = fopen(path, "w");
  if (!file) return;
  (void)fputs(html, file);
  (void)fclose(file);
}

static char *page_of(const char *name, const lnti_report *report) {
  lnti_text text = {NULL, 0, 0};
  assert_ok(lnti_report_html(&text, report, ERR));
  keep(name, text.data);
  return text.data;
}

static void has(const char *page, const char *what) {
  if (!strstr(page, what)) fail_msg("the page does not say: %s", what);
}

static void has_not(const char *page, const char *what) {
  if (strstr(page, what)) fail_msg("the page says: %s", what);
}

static const lnti_json_value *json_of(lnti_text *text, lnti_arena *arena, const lnti_report *report) {
  lnti_json_writer *w = NULL;
  const lnti_json_value *root = NULL;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, text, 0, ERR));
  lnti_json_begin_object(w);
  lnti_report_json(w, report);
  lnti_json_end_object(w);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  assert_ok(lnti_json_parse(&root, arena, text->data, text->length, "report", ERR));
  return root;
}

static double number_of(const lnti_json_value *object, const char *key) {
  const lnti_json_value *value = lnti_json_get(object, key);
  if (!value || value->type != LNTI_JSON_TYPE_NUMBER) fail_msg("no number \"%s\"", key);
  return value->number;
}

static void labels_are_reported(void **state) {
  const char **titles = sample_titles(6);
  lnti_multilabel_evaluation *e = sample_labels(300, 6, 50);
  lnti_report report = sample_report(NULL, titles);
  lnti_report_mistake mistakes[] = {
      {NULL, 0, "a.jpg", 0, 0, 0.97, "Seen where they are not", "class 1", "not <class 1>"},
      {NULL, 0, "b.jpg", 0, 0, 0.03, "Missed", "no class 2", "class 2"}};
  lnti_text text = {NULL, 0, 0};
  lnti_arena arena = {NULL, 0, 0};
  (void)state;
  titles[2] = "<script>";
  report.task = LNTI_MULTILABEL;
  report.multilabel = e;
  report.mistakes = mistakes;
  report.n_mistakes = 2;
  char *page = page_of("multilabel", &report);
  has(page, "with any of 6 labels");
  has(page, "Mean average precision");
  has(page, "How well does it know each label?");
  has(page, "&lt;script&gt;");
  has_not(page, "<script>");
  has(page, "not &lt;class 1&gt;");
  has(page, "Seen where they are not");
  has(page, "Missed");
  has(page, "how many had the label");
  has_not(page, "Confusion");
  const lnti_json_value *root = json_of(&text, &arena, &report), *label = lnti_json_get(root, "labels")->first;
  assert_string_equal(lnti_json_get(root, "task")->text, "multilabel");
  assert_true(number_of(root, "map") == e->value[LNTI_ML_MAP]);
  assert_true(number_of(root, "micro_f1") == e->value[LNTI_ML_MICRO_F1]);
  assert_true(lnti_json_get(lnti_json_get(root, "ci95"), "map")->first->number == e->ci95[LNTI_ML_MAP][0]);
  assert_true(number_of(label, "n") == (double)e->labels[0].n_yes);
  assert_true(number_of(label, "n_unknown") == (double)e->labels[0].n_unknown);
  assert_true(number_of(label, "average_precision_low") == e->labels[0].average_precision_ci95[0]);
  for (size_t l = 1; l < 6; l++) label = label->next;
  assert_int_equal(lnti_json_get(label, "average_precision")->type, LNTI_JSON_TYPE_NULL); /* nothing has it */
  assert_null(lnti_json_get(root, "confusion"));
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
  free(page);
  lnti_multilabel_evaluation_free(e);
  free(titles);
}

static void numbers_are_reported(void **state) {
  enum { N = 400 };
  static float answer[N];
  static double truth[N];
  const char *titles[] = {"area"};
  lnti_regression_evaluation *e = sample_numbers(answer, truth, N, 50);
  lnti_report report = sample_report(NULL, titles);
  lnti_report_mistake mistake = {NULL, 0, "a.jpg", 0, 0, NAN, "Too high", "12.5 mm", "3 mm"};
  lnti_text text = {NULL, 0, 0};
  lnti_arena arena = {NULL, 0, 0};
  char want[128];
  (void)state;
  report.task = LNTI_REGRESSION;
  report.regression = e;
  report.answer = answer;
  report.truth = truth;
  report.unit = "<mm>";
  report.mistakes = &mistake;
  report.n_mistakes = 1;
  char *page = page_of("regression", &report);
  has(page, "with a number");
  has(page, "&lt;mm&gt;");
  has_not(page, "<mm>");
  (void)snprintf(want, sizeof want, "off by %s", lnti_report_number(e->value[LNTI_R_MAE]).text);
  has(page, want);
  (void)snprintf(want, sizeof want, "would be off by <strong>%s", lnti_report_number(e->mean_mae).text);
  has(page, want);
  has(page, "Each answer against the truth");
  has(page, "error: answer less truth");
  has(page, "12.5 mm");
  has(page, "Too high");
  has_not(page, "calibration\">Can");
  const lnti_json_value *root = json_of(&text, &arena, &report);
  assert_string_equal(lnti_json_get(root, "task")->text, "regression");
  assert_true(number_of(root, "mae") == e->value[LNTI_R_MAE] && number_of(root, "r2") == e->value[LNTI_R_R2]);
  assert_true(number_of(root, "mean_mae") == e->mean_mae);
  assert_true(number_of(root, "interval_coverage") == e->interval_coverage);
  assert_int_equal(lnti_json_get(root, "residuals")->length, e->n_bins);
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
  free(page);
  lnti_regression_evaluation_free(e);
}

/* Classes in a tree, with a reject curve, a choice and another model. */
static void trees_choices_and_comparisons_are_reported(void **state) {
  static const char CHOICE[] =
      "{\"folds\":5,\"n\":200,\"fits\":10,\"searched\":[\"C\",\"<b>\"],\"grid\":[{\"params\":{\"C\":0.1,\"<b>\":\"<i>\"},"
      "\"log_loss\":0.5,\"log_loss_se\":0.01,\"accuracy\":0.8,\"chosen\":false},{\"params\":{\"C\":1,\"<b>\":true},"
      "\"log_loss\":0.4,\"log_loss_se\":null,\"accuracy\":0.9,\"chosen\":true}]}";
  lnti_evaluation *e = sample_evaluation(200, 5, 50), *other = sample_evaluation(200, 5, 50);
  lnti_hierarchy_evaluation *tree = sample_tree(200, 50);
  const char **titles = sample_titles(5);
  lnti_report report = sample_report(e, titles);
  lnti_compared compared[LNTI_METRICS];
  lnti_mcnemar mcnemar = {200, 150, 30, 5, 15, 0.04};
  const lnti_measures of_first = lnti_evaluation_measures(e), of_second = lnti_evaluation_measures(other);
  lnti_reject_curve curve = {{{0.25, 1, 0.9}, {0.5, 0.96, 0.99996}, {0.75, 0.9, 0.6}, {1, 0.75, 0.3}}, 4, 0.93};
  lnti_text text = {NULL, 0, 0};
  lnti_arena arena = {NULL, 0, 0};
  (void)state;
  assert_ok(lnti_compare(compared, &of_first, &of_second, ERR));
  compared[LNTI_MACRO_F1].verdict = LNTI_SECOND_IS_BETTER;
  const lnti_report_comparison comparison = {"finch-1", "<wren>", compared, LNTI_METRICS, 200, 7, &mcnemar, false};
  report.hierarchy = tree;
  report.reject = &curve;
  report.choice_json = CHOICE;
  report.comparison = &comparison;
  char *page = page_of("hierarchical", &report);
  has(page, "5 classes in a tree");
  has(page, "Hierarchical F1");
  has(page, "What if it stops where it is no longer sure?");
  has(page, "To be right in 95\u00a0% it may answer only the <strong>50.0");
  has(page, "at least 99.9\u00a0% sure.");
  has(page, "&lt;wren&gt;</bdi>?</h2>");
  has(page, "<b>the second</b> is better");
  has(page, "may be chance");
  has(page, "in 5 parts");
  has(page, "<b>chosen</b>");
  has(page, "&lt;i&gt;");
  has_not(page, "<i>");
  has_not(page, "<wren>");
  has(page, "5 images were right with the first alone, 15 with the second alone");
  lnti_reject_curve even = {{{1, 0.75, 0.8}}, 1, 0.75};
  report.reject = &even;
  free(page);
  page = page_of("even", &report);
  has(page, "equally sure of every answer");
  has(page, "answers all of them, <strong>75.0");
  has_not(page, "share of the images that it answers, surest first");
  report.reject = &curve;
  const lnti_json_value *root = json_of(&text, &arena, &report), *made;
  assert_string_equal(lnti_json_get(root, "task")->text, "multiclass");
  assert_true(number_of(root, "hierarchical_f1") == tree->value[LNTI_H_F1]);
  assert_true(number_of(root, "exact_path") == tree->value[LNTI_H_EXACT]);
  assert_int_equal(lnti_json_get(root, "levels")->length, 3);
  assert_int_equal(lnti_json_get(root, "backoff")->length, LNTI_BACKOFF_POINTS);
  assert_true(number_of(lnti_json_get(root, "reject"), "area") == 0.93);
  made = lnti_json_get(lnti_json_get(lnti_json_get(root, "comparison"), "measures"), "macro_f1");
  assert_string_equal(lnti_json_get(made, "better")->text, "second");
  assert_true(number_of(lnti_json_get(root, "comparison"), "second_only_right") == 15);
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
  free(page);
  free(titles);
  lnti_hierarchy_evaluation_free(tree);
  lnti_evaluation_free(other);
  lnti_evaluation_free(e);
}

static void numbers_have_the_digits_that_count(void **state) {
  static const struct {
    double value;
    const char *text;
  } WANT[] = {{0.92594, "0.926"}, {1.2, "1.2"},         {4, "4"},     {-0.008421, "-0.00842"}, {123456.7, "123457"},
              {0, "0"},           {2.5e-7, "2.50e-07"}, {100, "100"}, {99.96, "100"},          {3e12, "3.00e+12"},
              {NAN, "\u2013"}};
  (void)state;
  for (size_t i = 0; i < sizeof WANT / sizeof *WANT; i++)
    assert_string_equal(lnti_report_number(WANT[i].value).text, WANT[i].text);
}

static void a_damaged_choice_is_an_error(void **state) {
  lnti_evaluation *e = sample_evaluation(30, 3, 0);
  const char **titles = sample_titles(3);
  lnti_report report = sample_report(e, titles);
  lnti_text text = {NULL, 0, 0};
  (void)state;
  report.choice_json = "{\"grid\": [";
  assert_int_equal(lnti_report_html(&text, &report, ERR), LNT_EDATA);
  lnti_text_clear(&text);
  free(titles);
  lnti_evaluation_free(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_reported), cmocka_unit_test(numbers_have_the_digits_that_count),
      cmocka_unit_test(numbers_are_reported), cmocka_unit_test(trees_choices_and_comparisons_are_reported),
      cmocka_unit_test(a_damaged_choice_is_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
