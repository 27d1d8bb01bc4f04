/* Evaluations against scikit-learn's numbers, against values worked out by hand, and with input that is wrong. */
#include "eval_support.h"

#include <string.h>

typedef struct golden_case {
  const char *title;
  size_t n, k;
  const float *prob;
  const int32_t *label;
  const double *classes; /* [k,7] n, predicted, precision, recall, specificity, f1, average precision */
  const uint64_t *confusion;
  double value[LNTI_METRICS];
} golden_case;

#include "../golden/eval_metrics_golden.h"

static const lnti_context SERIAL = {NULL, LNT_CPU_GENERIC, NULL, NULL};
static const lnti_evaluate_options NO_INTERVALS = {0, 0, NULL, 0};

static lnti_evaluation *evaluate(const float *prob, const int32_t *label, size_t n, size_t k) {
  lnti_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  float *own_prob = heap_copy(prob, n * k * sizeof *prob);
  int32_t *own_label = heap_copy(label, n * sizeof *label);
  lnt_status status = lnti_evaluation_new(&e, own_prob, own_label, n, k, &NO_INTERVALS, &SERIAL, &err);
  free(own_label);
  free(own_prob);
  if (status != LNT_OK) fail_msg("%s", err.message);
  return e;
}

static void equals_scikit_learn(void **state) {
  (void)state;
  for (size_t g = 0; g < sizeof GOLDEN / sizeof *GOLDEN; g++) {
    const golden_case *want = &GOLDEN[g];
    lnti_evaluation *e = evaluate(want->prob, want->label, want->n, want->k);
    assert_int_equal(e->n, want->n);
    assert_int_equal(e->k, want->k);
    for (size_t m = 0; m < LNTI_METRICS; m++) {
      assert_near(e->value[m], want->value[m], 1e-9, want->title, lnti_metric_name((lnti_metric_id)m));
      assert_true(isnan(e->ci95[m][0]) && isnan(e->ci95[m][1]));
    }
    for (size_t c = 0; c < want->k; c++) {
      const double *row = want->classes + c * 7;
      const lnti_class_metrics *got = &e->classes[c];
      assert_near((double)got->n, row[0], 0, want->title, "n");
      assert_near((double)got->predicted, row[1], 0, want->title, "predicted");
      assert_near(got->precision, row[2], 1e-9, want->title, "precision");
      assert_near(got->recall, row[3], 1e-9, want->title, "recall");
      assert_near(got->specificity, row[4], 1e-9, want->title, "specificity");
      assert_near(got->f1, row[5], 1e-9, want->title, "f1");
      assert_near(got->average_precision, row[6], 1e-9, want->title, "average precision");
    }
    assert_memory_equal(e->confusion, want->confusion, want->k * want->k * sizeof *e->confusion);
    lnti_evaluation_free(e);
  }
}

/* Four items, three of them right; every figure by pencil. */
static void four_items_by_hand(void **state) {
  static const float PROB[] = {0.75f, 0.25f, 0.5f, 0.5f, 0.25f, 0.75f, 0.0f, 1.0f};
  static const int32_t LABEL[] = {0, 0, 0, 1};
  lnti_evaluation *e = evaluate(PROB, LABEL, 4, 2);
  (void)state;
  /* predicted: 0, 0 (a tie goes to the first), 1, 1 */
  assert_near(e->value[LNTI_ACCURACY], 0.75, 0, "hand", "accuracy");
  assert_near(e->value[LNTI_BALANCED_ACCURACY], (2.0 / 3 + 1) / 2, 1e-15, "hand", "balanced accuracy");
  assert_near(e->value[LNTI_MACRO_F1], (4.0 / 5 + 2.0 / 3) / 2, 1e-15, "hand", "macro F1");
  assert_near(e->value[LNTI_LOG_LOSS], (log(4.0 / 3) + log(2) + log(4) + 0) / 4, 1e-15, "hand", "log loss");
  /* confidences 0.75 (right), 0.5 (right), 0.75 (wrong), 1 (right): |1 - 1.5| in bin 11, |1 - 0.5| in bin 7, 0 */
  assert_near(e->value[LNTI_ECE], (0.5 + 0.5) / 4, 1e-15, "hand", "ece");
  assert_near(e->value[LNTI_AUROC], 1, 0, "hand", "auroc");
  assert_int_equal(e->bin[11].n, 2);
  assert_near(e->bin[11].confidence, 0.75, 0, "hand", "bin confidence");
  assert_near(e->bin[11].accuracy, 0.5, 0, "hand", "bin accuracy");
  assert_int_equal(e->bin[7].n, 1);
  assert_int_equal(e->bin[14].n, 1);
  assert_int_equal(e->bin[0].n, 0);
  assert_true(isnan(e->bin[0].confidence) && isnan(e->bin[0].accuracy));
  assert_int_equal(e->confusion[1], 1); /* true 0, predicted 1 */
  assert_near(e->classes[1].precision, 0.5, 0, "hand", "precision");
  assert_near(e->classes[1].specificity, 2.0 / 3, 1e-15, "hand", "specificity");
  assert_near(e->classes[0].average_precision, 1, 1e-15, "hand", "average precision");
  lnti_evaluation_free(e);
}

/* A confidence on a bin's upper edge belongs to that bin: (b/15, (b+1)/15]. */
static void bins_close_above(void **state) {
  float prob[15], at = 3.0f / 15; /* 0.2f is a little above 3/15, the float below it is not */
  int32_t label[] = {0};
  (void)state;
  for (size_t c = 0; c < 15; c++) prob[c] = (1 - at) / 14;
  prob[0] = at;
  lnti_evaluation *e = evaluate(prob, label, 1, 15);
  assert_int_equal(e->bin[3].n, 1);
  lnti_evaluation_free(e);
  prob[0] = nextafterf(at, 0);
  e = evaluate(prob, label, 1, 15);
  assert_int_equal(e->bin[2].n, 1);
  lnti_evaluation_free(e);
}

/* AUROC of class 1 counted pair by pair, ties as half. */
static void auroc_is_the_share_of_pairs_in_order(void **state) {
  enum { N = 200 };
  float *prob = malloc(N * 2 * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    lnti_rng rng;
    double won = 0, pairs = 0;
    char title[32];
    lnti_rng_seed(&rng, seed, 0);
    random_set(prob, label, N, 2, seed % 2 == 0 ? 2 : 0, &rng);
    prob[1] = -0.0f; /* equal to 0, though its bits are not */
    prob[0] = 1;
    prob[3] = 0;
    prob[2] = 1;
    for (size_t i = 0; i < N; i++) {
      for (size_t j = 0; j < N; j++) {
        if (label[i] != 1 || label[j] != 0) continue;
        pairs++;
        won += prob[i * 2 + 1] > prob[j * 2 + 1] ? 1 : prob[i * 2 + 1] == prob[j * 2 + 1] ? 0.5 : 0;
      }
    }
    lnti_evaluation *e = evaluate(prob, label, N, 2);
    (void)snprintf(title, sizeof title, "seed %d", (int)seed);
    assert_near(e->value[LNTI_AUROC], won / pairs, 1e-12, title, "auroc");
    lnti_evaluation_free(e);
  }
  free(label);
  free(prob);
}

static lnt_status evaluate_status(const float *prob, int32_t label, size_t n, size_t k, lnt_error *err) {
  lnti_evaluation *e = NULL;
  int32_t labels[2] = {label, 0};
  lnt_status status = lnti_evaluation_new(&e, prob, labels, n, k, &NO_INTERVALS, &SERIAL, err);
  if (status != LNT_OK) assert_null(e); /* untouched */
  assert_int_equal(err->code, status);
  lnti_evaluation_free(e);
  return status;
}

static void wrong_input_is_refused_with_its_place(void **state) {
  lnt_error err = LNT_ERROR_INIT;
  float prob[4] = {0.5f, 0.5f, 1, 0};
  (void)state;
  assert_int_equal(evaluate_status(prob, 0, 0, 2, &err), LNT_EINVAL);
  assert_int_equal(evaluate_status(prob, 0, 2, 0, &err), LNT_EINVAL);
  assert_int_equal(evaluate_status(prob, 0, (size_t)LNTI_EVALUATE_ITEMS_MAX + 1, 2, &err), LNT_ELIMIT);
  assert_int_equal(evaluate_status(prob, 0, 2, SIZE_MAX, &err), LNT_ELIMIT);
  assert_int_equal(evaluate_status(prob, 2, 2, 2, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "row 0: label 2"));
  assert_int_equal(evaluate_status(prob, -1, 2, 2, &err), LNT_EDATA);
  prob[3] = NAN;
  assert_int_equal(evaluate_status(prob, 0, 2, 2, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "row 1, class 1"));
  prob[3] = -0.1f;
  assert_int_equal(evaluate_status(prob, 0, 2, 2, &err), LNT_EDATA);
  prob[3] = 0;
  prob[2] = 1.0001f;
  assert_int_equal(evaluate_status(prob, 0, 2, 2, &err), LNT_EDATA);
  prob[2] = 0.99f;
  assert_int_equal(evaluate_status(prob, 0, 2, 2, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "row 1: the probabilities sum to 0.99"));
  prob[2] = 0.9995f; /* within the tolerance */
  lnt_error fine = LNT_ERROR_INIT;
  assert_int_equal(evaluate_status(prob, 0, 2, 2, &fine), LNT_OK);
}

static void cancelled_evaluation_gives_nothing(void **state) {
  static const float PROB[] = {0.5f, 0.5f};
  static const int32_t LABEL[] = {0};
  lnti_cancel cancel = {0};
  lnti_context context = SERIAL;
  lnti_evaluation *e = NULL;
  lnt_error err = LNT_ERROR_INIT;
  (void)state;
  lnti_cancel_request(&cancel);
  context.cancel = &cancel;
  assert_int_equal(lnti_evaluation_new(&e, PROB, LABEL, 1, 2, &NO_INTERVALS, &context, &err), LNT_ECANCELLED);
  assert_null(e);
}

static void many_classes_with_few_items(void **state) {
  enum { N = 3, K = 1000 };
  float *prob = calloc((size_t)N * K, sizeof *prob);
  int32_t label[N] = {0, 500, 999};
  (void)state;
  assert_non_null(prob);
  for (size_t i = 0; i < N; i++) prob[i * K + (size_t)label[i]] = 1;
  lnti_evaluation *e = evaluate(prob, label, N, K);
  assert_near(e->value[LNTI_ACCURACY], 1, 0, "1,000 classes", "accuracy");
  assert_near(e->value[LNTI_MACRO_F1], 1, 0, "1,000 classes", "macro F1");
  assert_near(e->value[LNTI_AUROC], 1, 0, "1,000 classes", "auroc");
  assert_int_equal(e->confusion[500 * (size_t)K + 500], 1);
  assert_true(isnan(e->classes[1].recall) && isnan(e->classes[1].f1) && isnan(e->classes[1].average_precision));
  assert_near(e->classes[1].specificity, 1, 0, "1,000 classes", "specificity");
  lnti_evaluation_free(e);
  free(prob);
}

/* Above LNTI_CONFUSION_DENSE_MAX classes: a list. At 100,000 classes the table would take 80 GB. */
static void confusion_of_many_classes_is_a_list(void **state) {
  enum { N = 6, K = 100000 };
  static const int32_t LABEL[N] = {99999, 5, 99999, 5, 0, 5};
  static const size_t PREDICTED[N] = {7, 70000, 7, 5, 99999, 70000};
  static const lnti_confusion WANT[] = {{0, 99999, 1}, {5, 5, 1}, {5, 70000, 2}, {99999, 7, 2}};
  float *prob = calloc((size_t)N * K, sizeof *prob);
  size_t at = 0, cells = 0;
  lnti_confusion cell;
  (void)state;
  assert_non_null(prob);
  for (size_t i = 0; i < N; i++) prob[i * K + PREDICTED[i]] = 1;
  lnti_evaluation *e = evaluate(prob, LABEL, N, K);
  assert_null(e->confusion);
  assert_int_equal(e->n_cells, 4);
  for (; lnti_confusion_next(&cell, &at, e); cells++) {
    assert_true(cells < 4);
    assert_int_equal(cell.truth, WANT[cells].truth);
    assert_int_equal(cell.predicted, WANT[cells].predicted);
    assert_int_equal(cell.n, WANT[cells].n);
  }
  assert_int_equal(cells, 4);
  assert_int_equal(e->classes[5].hits, 1);
  assert_near(e->classes[5].recall, 1.0 / 3, 1e-15, "100,000 classes", "recall");
  assert_near(e->value[LNTI_ACCURACY], 1.0 / 6, 1e-15, "100,000 classes", "accuracy");
  lnti_evaluation_free(e);
  free(prob);
}

/* Table and list tell the same, cell for cell. */
static void list_and_table_agree(void **state) {
  enum { N = 3000, K = 40, WIDE = LNTI_CONFUSION_DENSE_MAX + 1 };
  float *narrow = malloc(N * K * sizeof *narrow), *wide = calloc((size_t)N * WIDE, sizeof *wide);
  int32_t *label = malloc(N * sizeof *label);
  lnti_rng rng;
  lnti_confusion a, b;
  size_t at_a = 0, at_b = 0, n = 0;
  (void)state;
  lnti_rng_seed(&rng, 5, 0);
  random_set(narrow, label, N, K, 0, &rng);
  for (size_t i = 0; i < N; i++) memcpy(wide + i * WIDE, narrow + i * K, K * sizeof *wide);
  lnti_evaluation *table = evaluate(narrow, label, N, K), *list = evaluate(wide, label, N, WIDE);
  while (lnti_confusion_next(&a, &at_a, table)) {
    assert_true(lnti_confusion_next(&b, &at_b, list));
    assert_true(a.truth == b.truth && a.predicted == b.predicted && a.n == b.n);
    n += a.n;
  }
  assert_false(lnti_confusion_next(&b, &at_b, list));
  assert_int_equal(n, N);
  lnti_evaluation_free(list);
  lnti_evaluation_free(table);
  free(label);
  free(wide);
  free(narrow);
}

static void ece_alone_is_that_of_the_evaluation(void **state) {
  enum { N = 5000, K = 7 };
  float *prob = malloc(N * K * sizeof *prob);
  int32_t *label = malloc(N * sizeof *label);
  double ece = -1;
  lnt_error err = LNT_ERROR_INIT;
  (void)state;
  for (uint64_t seed = 1; seed <= 3; seed++) {
    lnti_rng rng;
    lnti_rng_seed(&rng, seed, 0);
    random_set(prob, label, N, K, 0, &rng);
    lnti_evaluation *e = evaluate(prob, label, N, K);
    assert_int_equal(lnti_ece(&ece, prob, label, N, K, &SERIAL, &err), LNT_OK);
    assert_true(ece == e->value[LNTI_ECE]);
    lnti_evaluation_free(e);
  }
  /* By pencil: as four_items_by_hand. */
  static const float FOUR[] = {0.75f, 0.25f, 0.5f, 0.5f, 0.25f, 0.75f, 0.0f, 1.0f};
  static const int32_t TRUTH[] = {0, 0, 0, 1};
  assert_int_equal(lnti_ece(&ece, FOUR, TRUTH, 4, 2, &SERIAL, &err), LNT_OK);
  assert_near(ece, 0.25, 1e-15, "hand", "ece");
  ece = -1;
  assert_int_equal(lnti_ece(&ece, prob, label, 0, K, &SERIAL, &err), LNT_EINVAL);
  assert_int_equal(lnti_ece(&ece, prob, label, N, SIZE_MAX, &SERIAL, &err), LNT_ELIMIT);
  label[N - 1] = K;
  assert_int_equal(lnti_ece(&ece, prob, label, N, K, &SERIAL, &err), LNT_EDATA);
  assert_true(ece == -1);
  free(label);
  free(prob);
}

static void freeing_nothing_is_allowed(void **state) {
  (void)state;
  lnti_evaluation_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_scikit_learn),
      cmocka_unit_test(four_items_by_hand),
      cmocka_unit_test(bins_close_above),
      cmocka_unit_test(auroc_is_the_share_of_pairs_in_order),
      cmocka_unit_test(wrong_input_is_refused_with_its_place),
      cmocka_unit_test(cancelled_evaluation_gives_nothing),
      cmocka_unit_test(many_classes_with_few_items),
      cmocka_unit_test(confusion_of_many_classes_is_a_list),
      cmocka_unit_test(list_and_table_agree),
      cmocka_unit_test(ece_alone_is_that_of_the_evaluation),
      cmocka_unit_test(freeing_nothing_is_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
