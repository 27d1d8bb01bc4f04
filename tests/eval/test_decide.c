/* Deciding by scores, and two models compared: by hand, against plain definitions and scikit-learn. */
#include "eval_support.h"

#include <base/error.h>
#include <eval/compare.h>
#include <eval/decide.h>
#include <string.h>

typedef struct golden_case {
  const char *title;
  size_t n_known, n_unknown;
  const float *score;
  double value[3]; /* AUROC, false alarms at 95 %, their threshold */
} golden_case;

#include "../golden/eval_unknown_golden.h"

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
static const lnti_evaluate_options POINT = {0, 0, NULL, 0};

static void reject_curve_by_hand(void **state) {
  static const float CONFIDENCE[] = {0.5F, 0.9F, 0.7F, 0.7F, 0.2F};
  static const bool RIGHT[] = {false, true, true, false, true};
  lnti_reject_curve curve;
  lnti_reject_threshold found;
  (void)state;
  assert_int_equal(lnti_reject_curve_new(&curve, CONFIDENCE, RIGHT, 5, NULL), LNT_OK);
  assert_int_equal(curve.n_points, 4);
  const double want[4][3] = {{0.2, 1, 0.9}, {0.6, 2.0 / 3, 0.7}, {0.8, 0.5, 0.5}, {1, 0.6, 0.2}};
  for (size_t i = 0; i < 4; i++) {
    assert_near(curve.point[i].coverage, want[i][0], 1e-12, "by hand", "coverage");
    assert_near(curve.point[i].accuracy, want[i][1], 1e-12, "by hand", "accuracy");
    assert_near(curve.point[i].confidence, want[i][2], 1e-7, "by hand", "confidence");
  }
  /* the two of 0.7 count as 1.5 and 2 right of 2 and 3 */
  assert_near(curve.area, (1 + 1.5 / 2 + 2.0 / 3 + 0.5 + 0.6) / 5, 1e-12, "by hand", "area");
  assert_int_equal(lnti_reject_threshold_find(&found, CONFIDENCE, RIGHT, 5, 0.6, NULL), LNT_OK);
  assert_true(found.found && found.coverage == 1);
  assert_int_equal(lnti_reject_threshold_find(&found, CONFIDENCE, RIGHT, 5, 0.65, NULL), LNT_OK);
  assert_near(found.coverage, 0.6, 1e-12, "by hand", "coverage for 65 %");
  assert_int_equal(lnti_reject_threshold_find(&found, CONFIDENCE + 4, RIGHT, 1, 0.5, NULL), LNT_OK);
  assert_false(found.found);
  static const float NO_NUMBER[] = {NAN};
  assert_int_equal(lnti_reject_curve_new(&curve, NO_NUMBER, RIGHT, 1, NULL), LNT_EDATA);
  assert_int_equal(lnti_reject_curve_new(&curve, CONFIDENCE, RIGHT, 0, NULL), LNT_EINVAL);
}

static void reject_curve_has_a_point_for_each_hundredth(void **state) {
  enum { N = 1234 };
  static float confidence[N];
  static bool right[N];
  lnti_reject_curve curve;
  lnti_rng rng;
  (void)state;
  lnti_rng_seed(&rng, 4, 0);
  for (size_t i = 0; i < N; i++) {
    confidence[i] = (float)lnti_rng_unit(&rng);
    right[i] = lnti_rng_unit(&rng) < (double)confidence[i];
  }
  assert_int_equal(lnti_reject_curve_new(&curve, confidence, right, N, NULL), LNT_OK);
  assert_int_equal(curve.n_points, 100);
  for (size_t p = 0; p < curve.n_points; p++) {
    size_t kept = 0, hits = 0;
    for (size_t i = 0; i < N; i++) {
      bool keep = (double)confidence[i] >= curve.point[p].confidence;
      kept += keep;
      hits += keep && right[i];
    }
    assert_near(curve.point[p].coverage, (double)kept / N, 1e-12, "random", "coverage");
    assert_near(curve.point[p].accuracy, (double)hits / (double)kept, 1e-12, "random", "accuracy");
  }
  assert_true(curve.area > 0.6 && curve.point[99].coverage == 1);
}

/* Every threshold that matters, tried one by one. */
static void cheapest_threshold_is_the_cheapest_of_all(void **state) {
  enum { N = 40 };
  static const double COSTS[][2] = {{1, 1}, {1, 10}, {10, 1}, {0, 1}, {1, 0}, {3, 2}};
  (void)state;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    float prob[2 * N];
    int8_t truth[2 * N];
    lnti_rng rng;
    const double *costs = COSTS[seed % 6];
    lnti_rng_seed(&rng, seed, 0);
    for (size_t i = 0; i < 2 * N; i++) {
      truth[i] = (int8_t)((int)lnti_rng_below(&rng, 5) / 2 - 1); /* -1 -1 0 0 1 */
      double p = lnti_rng_unit(&rng) * 0.7 + (truth[i] == 1 ? 0.3 : 0);
      prob[i] = (float)(seed % 2 ? floor(p * 8) / 8 : p);
    }
    truth[0] = 1;
    lnti_cost_threshold got;
    assert_int_equal(lnti_cost_threshold_find(&got, prob, truth, N, 2, costs[0], costs[1], NULL), LNT_OK);
    double best = INFINITY, at_got = 0, at_half = 0;
    for (size_t t = 0; t <= N + 2; t++) {
      double threshold = t < N ? (double)prob[2 * t] : t == N ? 2 : t == N + 1 ? 0.5 : got.threshold, cost = 0;
      size_t n = 0;
      for (size_t i = 0; i < N; i++) {
        bool yes = (double)prob[2 * i] >= threshold;
        if (truth[2 * i] < 0) continue;
        n++;
        cost += yes && truth[2 * i] == 0 ? costs[0] : !yes && truth[2 * i] == 1 ? costs[1] : 0;
      }
      cost /= (double)n;
      best = fmin(best, cost);
      if (t == N + 1) at_half = cost;
      if (t == N + 2) at_got = cost;
      assert_int_equal(got.n, n);
    }
    assert_near(got.cost, best, 1e-12, "tried one by one", "cost");
    assert_near(at_got, best, 1e-12, "tried one by one", "cost at its threshold");
    assert_near(got.cost_at_half, at_half, 1e-12, "tried one by one", "cost at 0.5");
    assert_true(got.cost <= got.cost_never && got.cost <= got.cost_always);
  }
}

static void costs_and_answers_must_make_sense(void **state) {
  static const float PROB[] = {0.5F, 2};
  static const int8_t TRUTH[] = {1, 0}, UNKNOWN[] = {-1, -1};
  lnti_cost_threshold got;
  (void)state;
  assert_int_equal(lnti_cost_threshold_find(&got, PROB, TRUTH, 1, 1, 0, 0, NULL), LNT_EINVAL);
  assert_int_equal(lnti_cost_threshold_find(&got, PROB, TRUTH, 1, 1, -1, 2, NULL), LNT_EINVAL);
  assert_int_equal(lnti_cost_threshold_find(&got, PROB, TRUTH, 1, 1, NAN, 2, NULL), LNT_EINVAL);
  assert_int_equal(lnti_cost_threshold_find(&got, PROB, TRUTH, 2, 1, 1, 2, NULL), LNT_EDATA);
  assert_int_equal(lnti_cost_threshold_find(&got, PROB, UNKNOWN, 2, 1, 1, 2, NULL), LNT_EINVAL);
  assert_int_equal(lnti_cost_threshold_find(&got, PROB, TRUTH, 0, 1, 1, 2, NULL), LNT_EINVAL);
}

static void unknown_items_as_scikit_learn_tells_them(void **state) {
  const lnti_evaluate_options resamples = {200, 1, NULL, 0};
  lnti_unknown_metrics got;
  (void)state;
  for (size_t g = 0; g < sizeof GOLDEN / sizeof *GOLDEN; g++) {
    const golden_case *want = &GOLDEN[g];
    assert_int_equal(lnti_unknown_measure(&got, want->score, want->n_known, want->score + want->n_known,
                                          want->n_unknown, &resamples, &SERIAL, NULL),
                     LNT_OK);
    assert_near(got.auroc, want->value[0], 1e-9, want->title, "AUROC");
    assert_near(got.false_alarms_95, want->value[1], 1e-9, want->title, "false alarms");
    assert_near(got.threshold_95, want->value[2], 1e-9, want->title, "threshold");
    assert_true(got.auroc_ci95[0] <= got.auroc && got.auroc <= got.auroc_ci95[1]);
  }
  static const float NO_NUMBER[] = {NAN}, OK[] = {1};
  assert_int_equal(lnti_unknown_measure(&got, OK, 1, NO_NUMBER, 1, &POINT, &SERIAL, NULL), LNT_EDATA);
  assert_int_equal(lnti_unknown_measure(&got, OK, 1, OK, 0, &POINT, &SERIAL, NULL), LNT_EINVAL);
}

static void balance_by_hand(void **state) {
  static const size_t EVEN[] = {5, 5, 5, 5}, ODD[] = {0, 8, 2, 0}, NONE[] = {0, 0};
  lnti_class_balance b;
  (void)state;
  lnti_class_balance_of(&b, EVEN, 4);
  assert_true(b.n == 20 && b.n_empty == 0 && b.ratio == 1);
  assert_near(b.effective, 4, 1e-12, "even", "effective classes");
  lnti_class_balance_of(&b, ODD, 4);
  assert_true(b.largest == 1 && b.smallest == 2 && b.n_empty == 2 && b.ratio == 4);
  assert_near(b.effective, pow(0.8, -0.8) * pow(0.2, -0.2), 1e-12, "odd", "effective classes");
  lnti_class_balance_of(&b, NONE, 2);
  assert_true(b.n == 0 && isnan(b.ratio) && isnan(b.effective));
}

/* ---- two models ---- */

static lnti_evaluation *evaluate(const float *prob, const int32_t *label, size_t n, unsigned resamples) {
  const lnti_evaluate_options options = {resamples, 3, NULL, 0};
  lnti_evaluation *e = NULL;
  assert_int_equal(lnti_evaluation_new(&e, prob, label, n, 2, &options, &SERIAL, NULL), LNT_OK);
  return e;
}

/* The second is right wherever the first is, and on some more: sure, though their own intervals overlap. */
static void pairing_sees_what_intervals_apart_do_not(void **state) {
  enum { N = 200 };
  static float first[2 * N], second[2 * N];
  static int32_t label[N];
  lnti_compared out[LNTI_METRICS];
  (void)state;
  for (size_t i = 0; i < N; i++) {
    bool a = i % 4 != 0, b = a || i % 40 == 0;
    label[i] = (int32_t)(i / 2 % 2);
    first[2 * i + (size_t)label[i]] = a ? 0.75F : 0.25F;
    first[2 * i + 1 - (size_t)label[i]] = a ? 0.25F : 0.75F;
    second[2 * i + (size_t)label[i]] = b ? 0.75F : 0.25F;
    second[2 * i + 1 - (size_t)label[i]] = b ? 0.25F : 0.75F;
  }
  lnti_evaluation *a = evaluate(first, label, N, 400), *b = evaluate(second, label, N, 400);
  const lnti_measures of_a = lnti_evaluation_measures(a), of_b = lnti_evaluation_measures(b);
  assert_int_equal(lnti_compare(out, &of_a, &of_b, NULL), LNT_OK);
  assert_near(out[LNTI_ACCURACY].difference, 0.025, 1e-12, "paired", "difference");
  assert_true(a->ci95[LNTI_ACCURACY][1] > b->ci95[LNTI_ACCURACY][0]);
  assert_true(out[LNTI_ACCURACY].ci95[0] > 0 && out[LNTI_ACCURACY].ci95[1] < 0.06);
  assert_int_equal(out[LNTI_ACCURACY].verdict, LNTI_SECOND_IS_BETTER);
  assert_int_equal(out[LNTI_LOG_LOSS].verdict, LNTI_SECOND_IS_BETTER);
  assert_int_equal(lnti_compare(out, &of_b, &of_a, NULL), LNT_OK);
  assert_int_equal(out[LNTI_LOG_LOSS].verdict, LNTI_FIRST_IS_BETTER);
  assert_int_equal(lnti_compare(out, &of_a, &of_a, NULL), LNT_OK);
  for (size_t m = 0; m < LNTI_METRICS; m++) assert_int_equal(out[m].verdict, LNTI_NO_DIFFERENCE_SEEN);
  /* each resample's difference is that of the two resamples */
  assert_near(b->resample[LNTI_ACCURACY * 400 + 7] - a->resample[LNTI_ACCURACY * 400 + 7] >= 0, 1, 0, "paired",
              "order");
  lnti_evaluation *other = evaluate(second, label, N, 10);
  const lnti_measures of_other = lnti_evaluation_measures(other);
  assert_int_equal(lnti_compare(out, &of_a, &of_other, NULL), LNT_EINVAL);
  lnti_evaluation_free(other);
  lnti_evaluation_free(b);
  lnti_evaluation_free(a);
}

/* Two items tell them apart: one resample in seven draws neither, whatever the seed. */
static void two_items_are_no_proof(void **state) {
  enum { N = 72, SEEDS = 20 };
  static float first[2 * N], second[2 * N];
  static int32_t label[N];
  lnti_compared out[LNTI_METRICS];
  (void)state;
  for (size_t i = 0; i < N; i++) {
    label[i] = (int32_t)(i % 2);
    first[2 * i + i % 2] = second[2 * i + i % 2] = i % 9 ? 0.75F : 0.25F;
    if (i == 9 || i == 18) first[2 * i + i % 2] = 0.75F;
    first[2 * i + 1 - i % 2] = 1 - first[2 * i + i % 2];
    second[2 * i + 1 - i % 2] = 1 - second[2 * i + i % 2];
  }
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    const lnti_evaluate_options options = {100, seed, NULL, 0};
    lnti_evaluation *a = NULL, *b = NULL;
    assert_int_equal(lnti_evaluation_new(&a, first, label, N, 2, &options, &SERIAL, NULL), LNT_OK);
    assert_int_equal(lnti_evaluation_new(&b, second, label, N, 2, &options, &SERIAL, NULL), LNT_OK);
    const lnti_measures of_a = lnti_evaluation_measures(a), of_b = lnti_evaluation_measures(b);
    assert_int_equal(lnti_compare(out, &of_a, &of_b, NULL), LNT_OK);
    for (size_t m = 0; m < LNTI_METRICS; m++) {
      if (m == LNTI_ECE || m == LNTI_AUROC) continue; /* every item weighs in them */
      assert_int_equal(out[m].verdict, LNTI_NO_DIFFERENCE_SEEN);
      assert_true(out[m].ci95[0] <= 0 && out[m].ci95[1] >= 0);
    }
    lnti_evaluation_free(b);
    lnti_evaluation_free(a);
  }
}

static void mcnemar_by_hand(void **state) {
  bool first[20], second[20];
  lnti_mcnemar m;
  (void)state;
  for (size_t i = 0; i < 20; i++) {
    first[i] = i < 10 || i == 19;
    second[i] = i < 19 && i != 0 && i != 1;
  }
  lnti_mcnemar_of(&m, first, second, 20);
  assert_true(m.both == 8 && m.first_only == 3 && m.second_only == 9 && m.neither == 0);
  assert_near(m.p, 2 * (1 + 12 + 66 + 220) / 4096.0, 1e-12, "binomial(12, 1/2)", "p");
  lnti_mcnemar_of(&m, first, first, 20);
  assert_near(m.p, 1, 0, "the same", "p");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reject_curve_by_hand),
                                     cmocka_unit_test(reject_curve_has_a_point_for_each_hundredth),
                                     cmocka_unit_test(cheapest_threshold_is_the_cheapest_of_all),
                                     cmocka_unit_test(costs_and_answers_must_make_sense),
                                     cmocka_unit_test(unknown_items_as_scikit_learn_tells_them),
                                     cmocka_unit_test(balance_by_hand),
                                     cmocka_unit_test(pairing_sees_what_intervals_apart_do_not),
                                     cmocka_unit_test(two_items_are_no_proof),
                                     cmocka_unit_test(mcnemar_by_hand)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
