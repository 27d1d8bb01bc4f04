/* Labels that are yes, no or unknown: against scikit-learn, against resamples written out, and at the edges. */
#include "eval_support.h"
#include "support.h"

#include <base/error.h>
#include <eval/multilabel.h>
#include <string.h>

typedef struct golden_case {
  const char *title;
  size_t n, k;
  const float *prob;
  const int8_t *truth;
  const float *threshold;
  const double *label; /* [k,10]: yes, no, predicted, hits, precision, recall, F1, average precision, AUROC, best F1 */
  double value[LNTI_ML_METRICS];
} golden_case;

#include "../golden/eval_multilabel_golden.h"

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
static const lnti_evaluate_options POINT = {0, 0, NULL, 0};

static lnti_multilabel_evaluation *evaluate(const float *prob, const int8_t *truth, const float *threshold, size_t n,
                                            size_t k, const lnti_evaluate_options *options) {
  lnti_multilabel_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_multilabel_evaluation_new(&e, prob, truth, threshold, n, k, options, &SERIAL, &err))
    fail_msg("%s", err.message);
  return e;
}

static void equals_scikit_learn(void **state) {
  (void)state;
  for (size_t g = 0; g < sizeof GOLDEN / sizeof *GOLDEN; g++) {
    const golden_case *want = &GOLDEN[g];
    float *prob = heap_copy(want->prob, want->n * want->k * sizeof *prob);
    int8_t *truth = heap_copy(want->truth, want->n * want->k);
    lnti_multilabel_evaluation *e = evaluate(prob, truth, want->threshold, want->n, want->k, &POINT);
    const lnti_measures measures = lnti_multilabel_measures(e);
    for (size_t m = 0; m < LNTI_ML_METRICS; m++)
      assert_near(e->value[m], want->value[m], 1e-9, want->title, measures.measure[m].name);
    for (size_t l = 0; l < want->k; l++) {
      const lnti_label_metrics *label = &e->labels[l];
      const double *row = want->label + 10 * l;
      const double got[] = {
          (double)label->n_yes, (double)label->n_no, (double)label->predicted, (double)label->hits, label->precision,
          label->recall,        label->f1,           label->average_precision, label->auroc};
      for (size_t j = 0; j < sizeof got / sizeof *got; j++)
        assert_near(got[j], row[j], 1e-9, want->title, "a label's figure");
      assert_int_equal(label->n_yes + label->n_no + label->n_unknown, want->n);
    }
    lnti_multilabel_evaluation_free(e);
    free(truth);
    free(prob);
  }
}

/* Tuned thresholds reach the best F1 that scikit-learn finds on any of its curve. */
static void tuned_thresholds_reach_the_best_f1(void **state) {
  (void)state;
  for (size_t g = 0; g < sizeof GOLDEN / sizeof *GOLDEN; g++) {
    const golden_case *want = &GOLDEN[g];
    float *threshold = malloc(want->k * sizeof *threshold);
    assert_non_null(threshold);
    assert_int_equal(lnti_thresholds_tune(threshold, want->prob, want->truth, want->n, want->k, &SERIAL, NULL), LNT_OK);
    lnti_multilabel_evaluation *e = evaluate(want->prob, want->truth, threshold, want->n, want->k, &POINT);
    for (size_t l = 0; l < want->k; l++) {
      double best = want->label[10 * l + 9];
      assert_true(threshold[l] > 0 && threshold[l] <= 1);
      if (!isnan(best)) assert_near(e->labels[l].f1, best, 1e-12, want->title, "tuned F1");
    }
    lnti_multilabel_evaluation_free(e);
    free(threshold);
  }
}

/* Nine yes are too few: the label gets what is best for all. With ten it has its own. */
static void few_positives_share_a_threshold(void **state) {
  enum { N = 60, K = 2 };
  float prob[N * K], threshold[K];
  int8_t truth[N * K];
  (void)state;
  for (size_t yes = 9; yes <= 10; yes++) {
    for (size_t i = 0; i < N; i++) {
      truth[i * K] = i < 30; /* parts at 0.25 */
      prob[i * K] = i < 30 ? 0.375F : 0.125F;
      truth[i * K + 1] = i < yes; /* parts at 0.8125 */
      prob[i * K + 1] = i < yes ? 0.875F : i < 30 ? 0.75F : 0.125F;
    }
    assert_int_equal(lnti_thresholds_tune(threshold, prob, truth, N, K, &SERIAL, NULL), LNT_OK);
    assert_true(threshold[0] == 0.25F);
    if (yes == 10) {
      assert_true(threshold[1] == 0.8125F);
    } else {
      assert_true(threshold[1] > 0.125F && threshold[1] <= 0.375F); /* best for all 120 answers */
    }
  }
}

static void resamples_are_those_written_out(void **state) {
  enum { N = 24, K = 3, R = 20 };
  float prob[N * K], copy[N * N * K];
  int8_t truth[N * K], copy_truth[N * N * K];
  uint32_t group[N];
  static size_t rows[N * N];
  lnti_rng rng;
  (void)state;
  for (int grouped = 0; grouped < 2; grouped++) {
    lnti_rng_seed(&rng, 5, (uint64_t)grouped);
    for (size_t c = 0; c < (size_t)N * K; c++) {
      prob[c] = (float)floor(lnti_rng_unit(&rng) * 16) / 16;
      truth[c] = (int8_t)((int)lnti_rng_below(&rng, 3) - 1);
    }
    for (uint32_t i = 0; i < N; i++) group[i] = i / 3;
    const lnti_evaluate_options options = {R, 77, grouped ? group : NULL, 0};
    lnti_multilabel_evaluation *e = evaluate(prob, truth, NULL, N, K, &options);
    assert_int_equal(e->resamples, R);
    for (size_t r = 0; r < R; r++) {
      size_t n = plain_resample(rows, options.group, N, 77, r);
      for (size_t i = 0; i < n; i++) {
        memcpy(copy + i * K, prob + rows[i] * K, K * sizeof *copy);
        memcpy(copy_truth + i * K, truth + rows[i] * K, K);
      }
      lnti_multilabel_evaluation *plain = evaluate(copy, copy_truth, NULL, n, K, &POINT);
      for (size_t m = 0; m < LNTI_ML_METRICS; m++)
        assert_near(e->resample[m * R + r], plain->value[m], 1e-12, "resample",
                    lnti_multilabel_measures(e).measure[m].name);
      for (size_t l = 0; l < K; l++)
        assert_near(e->resample[(LNTI_ML_METRICS + l) * R + r], plain->labels[l].average_precision, 1e-12, "resample",
                    "AP");
      lnti_multilabel_evaluation_free(plain);
    }
    for (size_t m = 0; m < LNTI_ML_METRICS; m++)
      assert_true(e->ci95[m][0] <= e->value[m] && e->value[m] <= e->ci95[m][1]);
    lnti_multilabel_evaluation_free(e);
  }
}

static void threads_change_nothing(void **state) {
  enum { N = 700, K = 5 };
  static float prob[N * K];
  static int8_t truth[N * K];
  lnti_pool *pool = NULL;
  lnti_rng rng;
  (void)state;
  lnti_rng_seed(&rng, 6, 0);
  for (size_t c = 0; c < (size_t)N * K; c++) {
    prob[c] = (float)lnti_rng_unit(&rng);
    truth[c] = (int8_t)((int)lnti_rng_below(&rng, 3) - 1);
  }
  assert_int_equal(lnti_pool_new(&pool, 3, NULL), LNT_OK);
  const lnti_context context = {pool, LNT_CPU_GENERIC, NULL, NULL};
  const lnti_evaluate_options options = {50, 1, NULL, 0};
  lnti_multilabel_evaluation *one = evaluate(prob, truth, NULL, N, K, &options), *three = NULL;
  assert_int_equal(lnti_multilabel_evaluation_new(&three, prob, truth, NULL, N, K, &options, &context, NULL), LNT_OK);
  assert_memory_equal(one->value, three->value, sizeof one->value);
  assert_memory_equal(one->ci95, three->ci95, sizeof one->ci95);
  assert_memory_equal(one->labels, three->labels, K * sizeof *one->labels);
  lnti_multilabel_evaluation_free(three);
  lnti_multilabel_evaluation_free(one);
  lnti_pool_free(pool);
}

static void bad_input_is_named(void **state) {
  static const float OK[] = {0.5F, 0.25F}, BAD[][2] = {{NAN, 0}, {-0.5F, 0}, {0, 1.5F}, {0, INFINITY}},
                     NO_NUMBER[] = {NAN};
  static const int8_t YES[] = {1, 0}, ODD[] = {1, 2}, LOW[] = {-2, 1};
  lnti_multilabel_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  float threshold = 7;
  (void)state;
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(lnti_multilabel_evaluation_new(&e, BAD[i], YES, NULL, 2, 1, &POINT, &SERIAL, &err), LNT_EDATA);
  assert_int_equal(lnti_multilabel_evaluation_new(&e, OK, ODD, NULL, 2, 1, &POINT, &SERIAL, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "row 1, label 0: 2"));
  assert_int_equal(lnti_multilabel_evaluation_new(&e, OK, LOW, NULL, 2, 1, &POINT, &SERIAL, &err), LNT_EDATA);
  assert_int_equal(lnti_multilabel_evaluation_new(&e, OK, YES, NO_NUMBER, 2, 1, &POINT, &SERIAL, &err), LNT_EDATA);
  assert_int_equal(lnti_multilabel_evaluation_new(&e, OK, YES, NULL, 0, 1, &POINT, &SERIAL, &err), LNT_EINVAL);
  assert_int_equal(lnti_multilabel_evaluation_new(&e, OK, YES, NULL, 1, 0, &POINT, &SERIAL, &err), LNT_EINVAL);
  assert_int_equal(lnti_multilabel_evaluation_new(&e, OK, YES, NULL, SIZE_MAX / 2, 4, &POINT, &SERIAL, &err),
                   LNT_ELIMIT);
  assert_int_equal(lnti_thresholds_tune(&threshold, OK, ODD, 2, 1, &SERIAL, &err), LNT_EDATA);
  assert_true(e == NULL && threshold == 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_scikit_learn),
                                     cmocka_unit_test(tuned_thresholds_reach_the_best_f1),
                                     cmocka_unit_test(few_positives_share_a_threshold),
                                     cmocka_unit_test(resamples_are_those_written_out),
                                     cmocka_unit_test(threads_change_nothing),
                                     cmocka_unit_test(bad_input_is_named)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
