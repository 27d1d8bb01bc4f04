/* Random cases of every kind against scikit-learn. The cases are drawn here as tests/golden/eval_golden.py draws them, by the
 * same generator; it kept what scikit-learn makes of them. */
#include "eval_support.h"

#include <eval/hierarchy.h>
#include <eval/multilabel.h>
#include <eval/regression.h>

#include "../golden/eval_random_golden.h"

enum { CASES = 60, N_MOST = 80, K_MOST = 8, CLASS_FIGURES = 5 };

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
static const lnti_evaluate_options POINT = {0, 0, NULL, 0};

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t below(uint64_t *at, uint64_t n) {
  *at += 0x9E3779B97F4A7C15U;
  uint64_t z = (*at ^ *at >> 30) * 0xBF58476D1CE4E5B9U;
  z = (z ^ z >> 27) * 0x94D049BB133111EBU;
  return (z ^ z >> 31) % n;
}

static size_t draw_classes(float *prob, int32_t *label, size_t k, uint64_t seed) {
  size_t n = 1 + below(&seed, 80), most = below(&seed, 3) == 0 ? 4 : 1000;
  for (size_t i = 0; i < n; i++) {
    double score[K_MOST], sum = 0;
    label[i] = (int32_t)below(&seed, k);
    for (size_t c = 0; c < k; c++) score[c] = 1 + (double)below(&seed, most);
    score[label[i]] += (double)(below(&seed, 2) * most);
    for (size_t c = 0; c < k; c++) sum += score[c];
    for (size_t c = 0; c < k; c++) prob[i * k + c] = (float)(score[c] / sum);
  }
  return n;
}

static void check(const double *got, const double *want, size_t n, const char *kind, size_t seed) {
  char title[64], what[32];
  (void)snprintf(title, sizeof title, "%s, case %zu", kind, seed);
  for (size_t m = 0; m < n; m++) {
    (void)snprintf(what, sizeof what, "figure %zu", m);
    assert_figure(got[m], want[m], title, what);
  }
}

static double known(double value) {
  return isnan(value) ? 0 : value;
}

static void classes(void **state) {
  float prob[N_MOST * K_MOST];
  int32_t label[N_MOST];
  (void)state;
  assert_int_equal(sizeof RANDOM_CLASSES / sizeof RANDOM_CLASSES[0], CASES);
  for (size_t s = 0; s < CASES; s++) {
    size_t k = 2 + s % 7, n = draw_classes(prob, label, k, s);
    lnti_evaluation *e = NULL;
    assert_int_equal(lnti_evaluation_new(&e, prob, label, n, k, &POINT, &SERIAL, NULL), LNT_OK);
    double sum[CLASS_FIGURES] = {0}; /* of the classes, each by its number */
    for (size_t c = 0; c < k; c++) {
      const lnti_class_metrics *m = &e->classes[c];
      const double figure[] = {m->precision, m->recall, m->specificity, m->f1, m->average_precision};
      for (size_t j = 0; j < CLASS_FIGURES; j++) sum[j] += (double)(c + 1) * known(figure[j]);
    }
    check(e->value, RANDOM_CLASSES[s], LNTI_METRICS, "classes", s);
    check(sum, RANDOM_CLASSES[s] + LNTI_METRICS, CLASS_FIGURES, "each class", s);
    lnti_evaluation_free(e);
  }
}

static void labels(void **state) {
  float prob[N_MOST * K_MOST], threshold[K_MOST];
  int8_t truth[N_MOST * K_MOST];
  (void)state;
  assert_int_equal(sizeof RANDOM_LABELS / sizeof RANDOM_LABELS[0], CASES);
  for (uint64_t s = 0; s < CASES; s++) {
    uint64_t at = s;
    size_t n = 1 + below(&at, 60), k = 1 + below(&at, 6);
    lnti_multilabel_evaluation *e = NULL;
    for (size_t i = 0; i < n * k; i++) {
      truth[i] = (int8_t)((int)below(&at, 3) - 1);
      prob[i] = (float)((double)below(&at, 101) / 100);
    }
    for (size_t c = 0; c < k; c++) threshold[c] = (float)((double)below(&at, 101) / 100);
    assert_int_equal(lnti_multilabel_evaluation_new(&e, prob, truth, threshold, n, k, &POINT, &SERIAL, NULL), LNT_OK);
    const double micro[] = {e->micro_precision, e->micro_recall};
    check(e->value, RANDOM_LABELS[s], LNTI_ML_METRICS, "labels", s);
    check(micro, RANDOM_LABELS[s] + LNTI_ML_METRICS, 2, "precision and recall of all labels", s);
    lnti_multilabel_evaluation_free(e);
  }
}

static void trees(void **state) {
  static const char *const IDS[] = {"a", "b/c", "b/d", "b/e/f", "b/e/g/h", "b/e", "i/j"};
  float prob[N_MOST * K_MOST];
  int32_t label[N_MOST];
  lnti_class_tree *tree = NULL;
  (void)state;
  assert_int_equal(sizeof RANDOM_TREES / sizeof RANDOM_TREES[0], CASES);
  assert_int_equal(lnti_class_tree_new(&tree, IDS, 7, NULL), LNT_OK);
  for (size_t s = 0; s < CASES; s++) {
    size_t n = draw_classes(prob, label, 7, s);
    lnti_hierarchy_evaluation *e = NULL;
    assert_int_equal(lnti_hierarchy_evaluation_new(&e, tree, prob, label, n, &POINT, &SERIAL, NULL), LNT_OK);
    check(e->value, RANDOM_TREES[s], LNTI_H_METRICS, "trees", s);
    lnti_hierarchy_evaluation_free(e);
  }
  lnti_class_tree_free(tree);
}

static void numbers(void **state) {
  static const lnti_regression_options options = {{0, 0, NULL, 0}, NAN, {NAN, NAN}};
  float answer[N_MOST];
  double truth[N_MOST];
  (void)state;
  assert_int_equal(sizeof RANDOM_NUMBERS / sizeof RANDOM_NUMBERS[0], CASES);
  for (uint64_t s = 0; s < CASES; s++) {
    uint64_t at = s;
    size_t n = 2 + below(&at, 60), most = below(&at, 3) == 0 ? 7 : 2001;
    lnti_regression_evaluation *e = NULL;
    for (size_t i = 0; i < n; i++) {
      truth[i] = (double)below(&at, most) / 8;
      answer[i] = (float)(truth[i] + ((double)below(&at, 401) - 200) / 16);
    }
    assert_int_equal(lnti_regression_evaluation_new(&e, answer, truth, n, &options, &SERIAL, NULL), LNT_OK);
    check(e->value, RANDOM_NUMBERS[s], LNTI_R_METRICS, "numbers", s);
    lnti_regression_evaluation_free(e);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(classes), cmocka_unit_test(labels), cmocka_unit_test(trees),
                                     cmocka_unit_test(numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
