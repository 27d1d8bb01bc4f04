/* A small evaluation to report on, and the names that somebody may have given its classes. */
#ifndef LNTI_TESTS_FLOW_REPORT_SUPPORT_H
#define LNTI_TESTS_FLOW_REPORT_SUPPORT_H

#include "support.h"

#include <base/rng.h>
#include <flow/report/report.h>
#include <math.h>

/* k classes, of which the last never occurs (when k > 2); item i is of class i % (k - 1) and every third is answered
   with the class after its own. */
static inline lnti_evaluation *sample_evaluation(size_t n, size_t k, unsigned resamples) {
  static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
  lnti_evaluate_options options = {resamples, 1, NULL, 0};
  lnti_evaluation *e = NULL;
  size_t n_occurring = k > 2 ? k - 1 : k;
  float *prob = calloc(n * k, sizeof *prob);
  int32_t *label = calloc(n, sizeof *label);
  assert_non_null(prob);
  assert_non_null(label);
  for (size_t i = 0; i < n; i++) {
    size_t truth = i % n_occurring, answer = i % 3 == 0 ? (truth + 1) % n_occurring : truth;
    label[i] = (int32_t)truth;
    for (size_t c = 0; c < k && k > 1; c++) prob[i * k + c] = 0.25f / (float)(k - 1);
    prob[i * k + answer] = k > 1 ? 0.75f : 1.0f;
  }
  assert_ok(lnti_evaluation_new(&e, prob, label, n, k, &options, &SERIAL, ERR));
  free(label);
  free(prob);
  return e;
}

/* "class 0", "class 1", ... in one block that the caller frees. */
static inline const char **sample_titles(size_t k) {
  enum { BYTES = 32 };
  const char **titles = malloc(k * (sizeof *titles + BYTES));
  assert_non_null(titles);
  char *text = (char *)(titles + k);
  for (size_t c = 0; c < k; c++) {
    (void)snprintf(text + c * BYTES, BYTES, "class %zu", c);
    titles[c] = text + c * BYTES;
  }
  return titles;
}

static inline lnti_report sample_report(const lnti_evaluation *evaluation, const char *const *titles) {
  lnti_report report = {.model = "finch-1",
                        .target = "Species",
                        .learner = "logistic",
                        .feature = "hog",
                        .split = "test",
                        .n_train = 70000,
                        .seed = 7,
                        .resamples = 20,
                        .class_titles = titles,
                        .evaluation = evaluation};
  return report;
}

/* An evaluation of each other task, of made-up answers that are mostly right. */
static inline lnti_multilabel_evaluation *sample_labels(size_t n, size_t k, unsigned resamples) {
  static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
  const lnti_evaluate_options options = {resamples, 1, NULL, 0};
  lnti_multilabel_evaluation *e = NULL;
  float *prob = calloc(n * k, sizeof *prob);
  int8_t *truth = calloc(n * k, 1);
  lnti_rng rng;
  assert_true(prob && truth);
  lnti_rng_seed(&rng, 3, 0);
  for (size_t c = 0; c < n * k; c++) {
    double share = 0.5 / (double)(1 + c % k), hard = 0.4 + 0.9 * (double)(c % k) / (double)k;
    bool yes = c % k + 1 < k && lnti_rng_unit(&rng) < share; /* nothing has the last label */
    truth[c] = lnti_rng_unit(&rng) < 0.1 ? LNTI_LABEL_UNKNOWN : (int8_t)yes;
    prob[c] = (float)(1 / (1 + exp(-(lnti_rng_normal(&rng) * hard + (yes ? 1.2 : -1.5)))));
  }
  assert_ok(lnti_multilabel_evaluation_new(&e, prob, truth, NULL, n, k, &options, &SERIAL, ERR));
  free(truth);
  free(prob);
  return e;
}

/* n answers and truths, errors growing with the truth. */
static inline lnti_regression_evaluation *sample_numbers(float *answer, double *truth, size_t n, unsigned resamples) {
  static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
  const lnti_regression_options options = {{resamples, 1, NULL, 0}, 4, {-2, 2}};
  lnti_regression_evaluation *e = NULL;
  lnti_rng rng;
  lnti_rng_seed(&rng, 4, 0);
  for (size_t i = 0; i < n; i++) {
    truth[i] = fabs(lnti_rng_normal(&rng)) * 6;
    answer[i] = (float)(1 + 0.8 * truth[i] + lnti_rng_normal(&rng) * (0.3 + truth[i] / 8));
  }
  assert_ok(lnti_regression_evaluation_new(&e, answer, truth, n, &options, &SERIAL, ERR));
  return e;
}

/* The first k of twelve classes in three levels; as sample_evaluation answers. */
static inline lnti_hierarchy_evaluation *sample_tree(size_t n, unsigned resamples) {
  static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
  static const char *const IDS[] = {"fruit/apple/fuji", "fruit/apple/gala", "fruit/pear", "milk/whole", "milk/skimmed"};
  const lnti_evaluate_options options = {resamples, 1, NULL, 0};
  enum { K = 5 };
  lnti_hierarchy_evaluation *e = NULL;
  lnti_class_tree *tree = NULL;
  float *prob = calloc(n * K, sizeof *prob);
  int32_t *label = calloc(n, sizeof *label);
  lnti_rng rng;
  assert_true(prob && label);
  lnti_rng_seed(&rng, 5, 0);
  for (size_t i = 0; i < n; i++) {
    size_t truth = i % K, answer = lnti_rng_unit(&rng) < 0.8 ? truth : (truth + 1) % K;
    double sure = 0.4 + 0.55 * lnti_rng_unit(&rng);
    label[i] = (int32_t)truth;
    for (size_t c = 0; c < K; c++) prob[i * K + c] = (float)(c == answer ? sure : (1 - sure) / (K - 1));
  }
  assert_ok(lnti_class_tree_new(&tree, IDS, K, ERR));
  assert_ok(lnti_hierarchy_evaluation_new(&e, tree, prob, label, n, &options, &SERIAL, ERR));
  lnti_class_tree_free(tree);
  free(label);
  free(prob);
  return e;
}

/* Slices of a key: a value and a range that are compared, others and none; their texts are borrowed. */
static inline lnti_report_slices sample_slices(lnti_report_slice room[4], char *key, char *value) {
  static char range[] = "12.5 to 60", other[] = "other", none[] = "none";
  room[0] = (lnti_report_slice){LNTI_SLICE_VALUE,
                                value,
                                NULL,
                                NAN,
                                NAN,
                                1,
                                {120, 40, 108, {0.9, 0.875, NAN}, {{0.84, 0.95}, {0.75, 0.9375}, {NAN, NAN}}}};
  room[1] = (lnti_report_slice){LNTI_SLICE_RANGE,
                                range,
                                NULL,
                                12.5,
                                60,
                                35,
                                {80, 30, 56, {0.7, 0.5, NAN}, {{0.6, 0.8}, {0.25, 0.75}, {NAN, NAN}}}};
  room[2] = (lnti_report_slice){
      LNTI_SLICE_OTHER, other, NULL, NAN, NAN, 1234, {9, 5, 9, {1, NAN, NAN}, {{0.48, 1}, {NAN, NAN}, {NAN, NAN}}}};
  room[3] = (lnti_report_slice){
      LNTI_SLICE_NONE, none, NULL, NAN, NAN, 0, {7, 1, 0, {0, NAN, NAN}, {{NAN, NAN}, {NAN, NAN}, {NAN, NAN}}}};
  const lnti_measure *measure = lnti_evaluation_measures(NULL).measure;
  return (lnti_report_slices){
      key,  room, 4, {&measure[LNTI_ACCURACY], &measure[LNTI_MACRO_F1], NULL}, 2, {2, 0, 1, 0.2, {0.0625, 0.3375}},
      NULL, true};
}

#endif
