/* The n-th allocation fails, for every n: LNT_ENOMEM, nothing leaked, outputs untouched. */
#include "support.h"

#include <eval/compare.h>
#include <eval/decide.h>
#include <eval/hierarchy.h>
#include <eval/multilabel.h>
#include <eval/regression.h>
#include <eval/slices.h>

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
static const float PROB[] = {0.5f, 0.5f, 0.25f, 0.75f, 1, 0, 0.25f, 0.75f};
static const int32_t LABEL[] = {0, 1, 0, 0};

static void evaluation_survives_every_failing_allocation(void **state) {
  static const uint32_t GROUP[] = {7, 7, 3, 3};
  const lnti_evaluate_options options = {20, 1, GROUP, 0};
  (void)state;
  for_each_fault(n) {
    lnti_evaluation *e = NULL;
    lnt_status status = lnti_evaluation_new(&e, PROB, LABEL, 4, 2, &options, &SERIAL, ERR);
    assert_true((e != NULL) == (status == LNT_OK));
    lnti_evaluation_free(e);
    assert_fault_status(status);
  }
}

static void temperature_survives_every_failing_allocation(void **state) {
  (void)state;
  for_each_fault(n) {
    double t = -1;
    lnt_status status = lnti_temperature_fit(&t, PROB, LABEL, 4, 2, &SERIAL, ERR);
    assert_true((t > 0) == (status == LNT_OK));
    assert_fault_status(status);
  }
}

/* As many classes as make the confusion a list. */
static void list_of_confusions_survives_every_failing_allocation(void **state) {
  enum { K = LNTI_CONFUSION_DENSE_MAX + 1 };
  static float prob[3 * K];
  static const int32_t TRUTH[] = {0, 1000, 1000};
  const lnti_evaluate_options options = {0, 0, NULL, 0};
  (void)state;
  for (size_t i = 0; i < 3; i++) prob[i * K + 1000] = 1;
  for_each_fault(n) {
    lnti_evaluation *e = NULL;
    lnt_status status = lnti_evaluation_new(&e, prob, TRUTH, 3, K, &options, &SERIAL, ERR);
    assert_true((e != NULL) == (status == LNT_OK));
    lnti_evaluation_free(e);
    assert_fault_status(status);
  }
}

static void ece_survives_every_failing_allocation(void **state) {
  (void)state;
  for_each_fault(n) {
    double ece = -1;
    lnt_status status = lnti_ece(&ece, PROB, LABEL, 4, 2, &SERIAL, ERR);
    assert_true((ece >= 0) == (status == LNT_OK));
    assert_fault_status(status);
  }
}

static void slices_survive_every_failing_allocation(void **state) {
  enum { N = 80 };
  static int32_t truth[N];
  static uint32_t predicted[N], slice[N], group[N];
  const lnti_evaluate_options options = {20, 1, group, 0};
  const lnti_slice_items items = {N, 2, 2, truth, predicted, slice, NULL};
  (void)state;
  for (uint32_t i = 0; i < N; i++) {
    predicted[i] = i % 3 == 0;
    slice[i] = i % 2;
    group[i] = i / 2;
  }
  for_each_fault(n) {
    lnti_slice out[2] = {{.n = 7}};
    lnti_slice_gap gap = {.n_enough = 9};
    lnt_status status = lnti_slices_measure(out, &gap, &items, &options, &SERIAL, ERR);
    assert_true((out[0].n == N / 2) == (status == LNT_OK) && (gap.n_enough == 2) == (status == LNT_OK));
    assert_fault_status(status);
  }
}

static const uint32_t PAIRS[] = {7, 7, 3, 3};
static const lnti_evaluate_options RESAMPLES = {20, 1, PAIRS, 0};

static void labels_survive_every_failing_allocation(void **state) {
  static const int8_t TRUTH[] = {1, 0, 1, -1, 0, 1, 1, 0};
  (void)state;
  for_each_fault(n) {
    lnti_multilabel_evaluation *e = NULL;
    float threshold[2] = {7, 7};
    lnt_status status = lnti_multilabel_evaluation_new(&e, PROB, TRUTH, NULL, 4, 2, &RESAMPLES, &SERIAL, ERR);
    assert_true((e != NULL) == (status == LNT_OK));
    lnti_multilabel_evaluation_free(e);
    if (!status) status = lnti_thresholds_tune(threshold, PROB, TRUTH, 4, 2, &SERIAL, ERR);
    assert_true((threshold[0] < 2) == (status == LNT_OK));
    assert_fault_status(status);
  }
}

static void hierarchy_survives_every_failing_allocation(void **state) {
  static const char *const IDS[] = {"a/b", "c"};
  (void)state;
  for_each_fault(n) {
    lnti_class_tree *tree = NULL;
    lnti_hierarchy_evaluation *e = NULL;
    lnt_status status = lnti_class_tree_new(&tree, IDS, 2, ERR);
    assert_true((tree != NULL) == (status == LNT_OK));
    if (!status) status = lnti_hierarchy_evaluation_new(&e, tree, PROB, LABEL, 4, &RESAMPLES, &SERIAL, ERR);
    assert_true((e != NULL) == (status == LNT_OK));
    lnti_hierarchy_evaluation_free(e);
    lnti_class_tree_free(tree);
    assert_fault_status(status);
  }
}

static void regression_survives_every_failing_allocation(void **state) {
  static const double TRUTH[] = {1, 2, 3, 5};
  const lnti_regression_options options = {RESAMPLES, 1, {0, 1}};
  (void)state;
  for_each_fault(n) {
    lnti_regression_evaluation *e = NULL;
    lnti_compared compared[LNTI_R_METRICS];
    lnt_status status = lnti_regression_evaluation_new(&e, PROB, TRUTH, 4, &options, &SERIAL, ERR);
    assert_true((e != NULL) == (status == LNT_OK));
    if (!status) {
      const lnti_measures measures = lnti_regression_measures(e);
      status = lnti_compare(compared, &measures, &measures, ERR);
    }
    lnti_regression_evaluation_free(e);
    assert_fault_status(status);
  }
}

static void decisions_survive_every_failing_allocation(void **state) {
  static const bool RIGHT[] = {true, false, true, true};
  static const int8_t TRUTH[] = {1, 0, 1, 0};
  (void)state;
  for_each_fault(n) {
    lnti_reject_curve curve;
    lnti_reject_threshold reject;
    lnti_cost_threshold cost;
    lnti_unknown_metrics unknown;
    lnt_status status = lnti_reject_curve_new(&curve, PROB, RIGHT, 4, ERR);
    if (!status) status = lnti_reject_threshold_find(&reject, PROB, RIGHT, 4, 0.9, ERR);
    if (!status) status = lnti_cost_threshold_find(&cost, PROB, TRUTH, 4, 1, 1, 2, ERR);
    if (!status) status = lnti_unknown_measure(&unknown, PROB, 2, PROB + 2, 2, &RESAMPLES, &SERIAL, ERR);
    assert_fault_status(status);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(evaluation_survives_every_failing_allocation),
      cmocka_unit_test(labels_survive_every_failing_allocation),
      cmocka_unit_test(hierarchy_survives_every_failing_allocation),
      cmocka_unit_test(regression_survives_every_failing_allocation),
      cmocka_unit_test(decisions_survive_every_failing_allocation),
      cmocka_unit_test(list_of_confusions_survives_every_failing_allocation),
      cmocka_unit_test(ece_survives_every_failing_allocation),
      cmocka_unit_test(temperature_survives_every_failing_allocation),
      cmocka_unit_test(slices_survive_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
