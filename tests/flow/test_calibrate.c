/*
 * Calibration against a spy: a learner that remembers which rows it was fitted on and tells when it is asked to score one
 * of them. A row of the problems here is (its number, its label), so that both can be checked wherever rows go.
 */
#include "media_support.h"

#include <base/error.h>
#include <flow/train/calibrate.h>
#include <math.h>
#include <model/learners.h>

enum { ROWS_MAX = 60000, VAL_FIRST = 100000, FITS_MAX = 8, GAP = 6 };

typedef struct spy {
  lnti_fitted head; /* first */
  size_t n;
  bool seen[VAL_FIRST + ROWS_MAX];
} spy;

/* What the spy was asked for. */
static struct {
  size_t n_fits, n_rows[FITS_MAX], n_scored, n_scored_seen, n_scored_twin_seen;
  bool warm[FITS_MAX], outlive[FITS_MAX];
  lnt_status fail; /* of the next fit */
  size_t n_live;
  size_t left_out[ROWS_MAX];
} told;

/* Of ten rows of a class seven are answered right. */
static bool is_right(size_t row) {
  return row * 7 % 10 < 7;
}

static void score_row(float *score, size_t row, size_t label, size_t k) {
  for (size_t c = 0; c < k; c++) score[c] = 0;
  score[is_right(row) ? label : (label + 1) % k] = GAP;
}

static lnt_status spy_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                          const lnti_params *params, const lnti_context *context, lnt_error *err) {
  (void)context;
  if (told.fail) return lnti_fail(err, told.fail, "the spy fails");
  spy *s = calloc(1, sizeof *s);
  assert_non_null(s);
  told.n_live++;
  lnti_fitted_begin(&s->head, NULL, problem, params);
  for (size_t i = 0; i < problem->x.n; i++) {
    const float *row = lnti_matrix_row(&problem->x, i);
    assert_int_equal((int32_t)row[1], problem->label[i]); /* labels have stayed with their rows */
    assert_false(s->seen[(size_t)row[0]]);
    s->seen[(size_t)row[0]] = true;
  }
  s->n = problem->x.n;
  assert_true(told.n_fits < FITS_MAX);
  told.warm[told.n_fits] = problem->warm_start != NULL;
  told.outlive[told.n_fits] = problem->rows_outlive;
  told.n_rows[told.n_fits++] = problem->x.n;
  report_out->iterations = (unsigned)told.n_fits;
  *out = &s->head;
  return LNT_OK;
}

static lnt_status spy_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                            const lnti_context *context, lnt_error *err) {
  const spy *s = (const spy *)fitted;
  (void)context;
  (void)err;
  for (size_t i = 0; i < x->n; i++) {
    const float *row = lnti_matrix_row(x, i);
    told.n_scored++;
    told.n_scored_seen += s->seen[(size_t)row[0]];
    told.n_scored_twin_seen += s->seen[(size_t)row[0] ^ 1]; /* rows 2i and 2i+1, where they are one group */
    score_row(score_out + i * fitted->n_classes, (size_t)row[0], (size_t)row[1], fitted->n_classes);
  }
  return LNT_OK;
}

/* Rows are told by number in the order of the problem, which no test with this changes: row i has label i % k. */
static lnt_status spy_left_out(float *score_out, const lnti_fitted *fitted, const size_t *rows, size_t n_rows,
                               const lnti_context *context, lnt_error *err) {
  (void)context;
  (void)err;
  for (size_t i = 0; i < n_rows; i++) {
    told.left_out[i] = rows[i];
    score_row(score_out + i * fitted->n_classes, rows[i], rows[i] % fitted->n_classes, fitted->n_classes);
  }
  told.n_scored += n_rows;
  return LNT_OK;
}

static void spy_free(lnti_fitted *fitted) {
  told.n_live--;
  free(fitted);
}

static const lnti_param no_params[] = {{0}};
static lnt_status plain_fit(lnti_fitted **, lnti_fit_report *, const lnti_problem *, const lnti_params *,
                            const lnti_context *, lnt_error *);
static lnt_status leaving_fit(lnti_fitted **, lnti_fit_report *, const lnti_problem *, const lnti_params *,
                              const lnti_context *, lnt_error *);
static const lnti_learner plain_spy = {
    .name = "spy", .params = no_params, .fit = plain_fit, .score = spy_score, .free = spy_free};
static const lnti_learner leaving_spy = {.name = "leaving spy",
                                         .params = no_params,
                                         .fit = leaving_fit,
                                         .score = spy_score,
                                         .score_left_out = spy_left_out,
                                         .free = spy_free};

static lnt_status plain_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                            const lnti_params *params, const lnti_context *context, lnt_error *err) {
  lnt_status status = spy_fit(out, report_out, problem, params, context, err);
  if (status == LNT_OK) (*out)->learner = &plain_spy;
  return status;
}

static lnt_status leaving_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                              const lnti_params *params, const lnti_context *context, lnt_error *err) {
  lnt_status status = spy_fit(out, report_out, problem, params, context, err);
  if (status == LNT_OK) (*out)->learner = &leaving_spy;
  return status;
}

/* ---- problems ---- */

typedef struct rows {
  lnti_vectors vectors;
  int32_t *label;
  uint32_t *group; /* each row alone */
} rows;

/* n rows numbered from `first`; `class_of` NULL: i % k. */
static rows make_rows(size_t first, size_t n, size_t k, int32_t (*class_of)(size_t)) {
  rows r = {.vectors = {.n = n, .d = 2, .dtype = LNTI_F32}};
  float *data = malloc((n + 1) * 2 * sizeof *data);
  r.vectors.data = data;
  r.vectors.item = malloc((n + 1) * sizeof *r.vectors.item);
  r.label = malloc((n + 1) * sizeof *r.label);
  r.group = malloc((n + 1) * sizeof *r.group);
  assert_true(data && r.vectors.item && r.label && r.group);
  for (size_t i = 0; i < n; i++) {
    r.group[i] = (uint32_t)i;
    r.label[i] = class_of ? class_of(i) : (int32_t)(i % k);
    data[2 * i] = (float)(first + i);
    data[2 * i + 1] = (float)r.label[i];
    r.vectors.item[i] = i;
  }
  return r;
}

static void clear_rows(rows *r) {
  lnti_vectors_clear(&r->vectors);
  free(r->label);
  free(r->group);
}

typedef struct outcome {
  lnti_calibration calibration;
  lnti_fit_report report;
  size_t n_fitted;
} outcome;

static const lnti_context serial = {.cpu = LNT_CPU_GENERIC};

static lnt_status run(outcome *out, const lnti_learner *learner, rows *train, const rows *val, size_t k,
                      uint64_t seed) {
  static const lnti_vectors none = {0};
  lnti_fitted *fitted = NULL;
  lnti_params params;
  lnti_truth truth = {.task = LNTI_MULTICLASS, .n = train->vectors.n, .k = k, .label = train->label};
  const lnti_truth val_truth = {
      .task = LNTI_MULTICLASS, .n = val ? val->vectors.n : 0, .k = k, .label = val ? val->label : NULL};
  const lnti_calibrated_rows all = {.train = &train->vectors,
                                    .truth = &truth,
                                    .group = train->group,
                                    .val = val ? &val->vectors : &none,
                                    .val_truth = &val_truth,
                                    .val_group = val ? val->group : NULL,
                                    .seed = seed};
  lnt_status failure = told.fail;
  memset(&told, 0, sizeof told);
  told.fail = failure;
  lnti_params_init(&params, no_params);
  lnt_status status =
      lnti_calibrated_fit(&fitted, &out->report, &out->calibration, learner, &params, &all, &serial, ERR);
  told.fail = LNT_OK;
  if (status) {
    assert_null(fitted);
  } else {
    out->n_fitted = ((spy *)fitted)->n;
    lnti_fitted_free(fitted);
  }
  assert_int_equal(told.n_live, 0);
  return status;
}

static outcome run_ok(const lnti_learner *learner, rows *train, const rows *val, size_t k, uint64_t seed) {
  outcome out = {.n_fitted = 0};
  assert_ok(run(&out, learner, train, val, k, seed));
  assert_int_equal(out.n_fitted, train->vectors.n); /* the shipped model has seen every training row */
  assert_int_equal(told.n_scored_seen, 0);          /* and none was scored by a model that had */
  assert_int_equal(told.n_scored, out.calibration.n);
  assert_int_equal(out.report.iterations, told.n_fits); /* of the last fit */
  return out;
}

/* Rows of probabilities that sum to 1 and are right as often as the spy is. */
static void assert_probabilities(const lnti_calibration *c, size_t k) {
  size_t right = 0;
  for (size_t i = 0; i < c->n; i++) {
    double sum = 0;
    size_t top = 0;
    for (size_t j = 0; j < k; j++) {
      sum += (double)c->prob[i * k + j];
      if (c->prob[i * k + j] > c->prob[i * k + top]) top = j;
    }
    assert_true(fabs(sum - 1) < 1e-5);
    right += top == (size_t)c->truth.label[i];
  }
  assert_true(fabs((double)right / (double)c->n - 0.7) < 0.05);
}

/* ---- the four ways ---- */

static void validation_rows_come_first(void **state) {
  (void)state;
  rows train = make_rows(0, 2500, 3, NULL), val = make_rows(VAL_FIRST, 1200, 3, NULL);
  for (int i = 0; i < 2; i++) {
    outcome out = run_ok(i ? &leaving_spy : &plain_spy, &train, &val, 3, 1);
    assert_string_equal(out.calibration.on, "validation split, 1,200 rows");
    assert_int_equal(told.n_fits, 1);
    assert_int_equal(out.calibration.n, 1200);
    assert_memory_equal(out.calibration.truth.label, val.label, 1200 * sizeof *val.label);
    assert_probabilities(&out.calibration, 3);
    lnti_calibration_clear(&out.calibration);
  }
  assert_true(train.vectors.item[7] == 7 && train.label[7] == 1); /* nothing was reordered */
  clear_rows(&train);
  clear_rows(&val);
}

static void left_out_scores_come_next(void **state) {
  (void)state;
  rows train = make_rows(0, 50, 2, NULL);
  outcome out = run_ok(&leaving_spy, &train, NULL, 2, 1);
  assert_string_equal(out.calibration.on, "left out one by one, 50 rows");
  assert_int_equal(told.n_fits, 1);
  assert_true(told.outlive[0]);
  for (size_t i = 0; i < 50; i++) assert_int_equal(told.left_out[i], i);
  assert_memory_equal(out.calibration.truth.label, train.label, 50 * sizeof *train.label);
  lnti_calibration_clear(&out.calibration);
  clear_rows(&train);

  /* Of many rows a sample: rising, no row twice, another with another seed. */
  size_t first = 0;
  train = make_rows(0, 30000, 2, NULL);
  for (uint64_t seed = 1; seed <= 3; seed++) {
    out = run_ok(&leaving_spy, &train, NULL, 2, seed / 2);
    assert_string_equal(out.calibration.on, "left out one by one, 10,000 rows");
    size_t sum = 0;
    for (size_t i = 0; i < 10000; i++) {
      assert_true(i == 0 || told.left_out[i] > told.left_out[i - 1]);
      assert_true(told.left_out[i] < 30000);
      assert_int_equal(out.calibration.truth.label[i], told.left_out[i] % 2);
      sum += told.left_out[i];
    }
    if (seed == 2) assert_int_not_equal(sum, first); /* seeds 0, 1, 1 */
    if (seed == 3) assert_int_equal(sum, first);
    first = sum;
    lnti_calibration_clear(&out.calibration);
  }
  clear_rows(&train);
}

/* 1,500, 400 and 100 rows of a class, shuffled by a stride. */
static int32_t three_sizes(size_t i) {
  size_t at = i * 1007 % 2000;
  return at < 1500 ? 0 : at < 1900 ? 1 : 2;
}

static void many_rows_are_held_out(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 5; seed++) {
    rows train = make_rows(0, 2000, 3, three_sizes);
    outcome out = run_ok(&plain_spy, &train, NULL, 3, seed);
    assert_string_equal(out.calibration.on, "held out, 400 rows");
    assert_int_equal(told.n_fits, 2);
    assert_int_equal(told.n_rows[0], 1600);
    assert_int_equal(told.n_rows[1], 2000);
    assert_true(!told.warm[0] && told.warm[1]);
    /* A fifth of each class. */
    size_t count[3] = {0};
    for (size_t i = 0; i < 400; i++) count[out.calibration.truth.label[i]]++;
    assert_true(count[0] == 300 && count[1] == 80 && count[2] == 20);
    assert_probabilities(&out.calibration, 3);
    /* Rows, labels and items have moved together, and all are still there. */
    const float *data = train.vectors.data;
    bool there[2000] = {false};
    for (size_t i = 0; i < 2000; i++) {
      assert_int_equal((size_t)data[2 * i], train.vectors.item[i]);
      assert_int_equal(train.label[i], three_sizes(train.vectors.item[i]));
      there[train.vectors.item[i]] = true;
    }
    for (size_t i = 0; i < 2000; i++) assert_true(there[i]);
    assert_memory_equal(out.calibration.truth.label, train.label + 1600, 400 * sizeof *train.label);
    lnti_calibration_clear(&out.calibration);
    clear_rows(&train);
  }
}

static void at_most_ten_thousand_are_held_out(void **state) {
  (void)state;
  rows train = make_rows(0, ROWS_MAX, 4, NULL);
  outcome out = run_ok(&plain_spy, &train, NULL, 4, 9);
  assert_string_equal(out.calibration.on, "held out, 10,000 rows");
  assert_int_equal(told.n_rows[0], ROWS_MAX - 10000);
  lnti_calibration_clear(&out.calibration);
  clear_rows(&train);
}

static void few_rows_go_through_folds(void **state) {
  (void)state;
  rows train = make_rows(0, 1999, 3, NULL);
  outcome out = run_ok(&plain_spy, &train, NULL, 3, 4);
  assert_string_equal(out.calibration.on, "out of fold, 1,999 rows");
  assert_int_equal(told.n_fits, LNTI_FOLDS + 1);
  for (size_t i = 0; i < LNTI_FOLDS; i++) {
    assert_in_range(told.n_rows[i], 1999 - 402, 1999 - 398);
    assert_false(told.warm[i] || told.outlive[i]); /* nothing of another fold leaks in */
  }
  assert_true(told.outlive[LNTI_FOLDS]);
  assert_memory_equal(out.calibration.truth.label, train.label, 1999 * sizeof *train.label);
  assert_probabilities(&out.calibration, 3);
  /* Each row's probabilities are its own. */
  for (size_t i = 0; i < 1999; i++) {
    size_t answer = is_right(i) ? i % 3 : (i + 1) % 3;
    assert_true(out.calibration.prob[i * 3 + answer] > 0.4f);
  }
  lnti_calibration_clear(&out.calibration);
  clear_rows(&train);
}

/* The rare class has five rows: one in each fold. */
static int32_t five_rare(size_t i) {
  return i % 20 == 7 ? 1 : 0;
}

static void folds_are_stratified(void **state) {
  (void)state;
  rows train = make_rows(0, 100, 2, five_rare);
  for (uint64_t seed = 0; seed < 10; seed++) {
    outcome out = run_ok(&plain_spy, &train, NULL, 2, seed);
    assert_int_equal(out.calibration.n, 100); /* else some fold's others would have had one class alone */
    for (size_t i = 0; i < LNTI_FOLDS; i++) assert_int_equal(told.n_rows[i], 80);
    lnti_calibration_clear(&out.calibration);
  }
  clear_rows(&train);
}

/* Fifty classes of two rows each: the folds are even all the same. */
static int32_t pairs_of(size_t i) {
  return (int32_t)(i / 2);
}

static void folds_are_even_with_many_classes(void **state) {
  (void)state;
  rows train = make_rows(0, 100, 50, pairs_of);
  outcome out = run_ok(&plain_spy, &train, NULL, 50, 3);
  for (size_t i = 0; i < LNTI_FOLDS; i++) assert_int_equal(told.n_rows[i], 80);
  assert_int_equal(out.calibration.n, 100); /* the two of a class are never in one fold */
  lnti_calibration_clear(&out.calibration);
  clear_rows(&train);
}

/* Three classes have one row each, one has two rows that belong together. */
static int32_t some_alone(size_t i) {
  return i < 3 ? 2 + (int32_t)i : i < 5 ? 5 : (int32_t)(i % 2);
}

/* Whoever scores them has never seen their class: they would only say that the others are too sure. */
static void classes_that_cannot_be_learned_are_not_judged(void **state) {
  (void)state;
  static const lnti_learner *const learners[] = {&plain_spy, &leaving_spy};
  for (size_t l = 0; l < 2; l++) {
    rows train = make_rows(0, 105, 6, some_alone);
    train.group[4] = 3;
    outcome out = {.n_fitted = 0};
    assert_ok(run(&out, learners[l], &train, NULL, 6, 1));
    assert_int_equal(out.calibration.n, 100);
    assert_int_equal(out.calibration.n_unlearned, l == 0 ? 5 : 3); /* of a group none is left out alone */
    assert_string_equal(out.calibration.on, l == 0 ? "out of fold, 100 rows" : "left out one by one, 100 rows");
    for (size_t i = 0; i < 100; i++) {
      size_t row = i + 5, answer = is_right(row) ? row % 2 : row % 2 + 1;
      assert_int_equal(out.calibration.truth.label[i], row % 2);
      /* Each row's probabilities are its own; the other spy knows its rows by labels in turn. */
      if (l == 0) assert_true(out.calibration.prob[i * 6 + answer] > 0.3f);
    }
    lnti_calibration_clear(&out.calibration);
    clear_rows(&train);
  }
}

/* ---- too little ---- */

static int32_t one_of_each(size_t i) {
  return i == 0;
}

static void too_few_rows_calibrate_nothing(void **state) {
  (void)state;
  for (size_t n = 2; n <= 6; n += 2) {
    rows train = make_rows(0, n, 2, one_of_each); /* without its one row of class 1, one class alone is left */
    outcome out = {.n_fitted = 0};
    assert_ok(run(&out, &plain_spy, &train, NULL, 2, 1));
    assert_int_equal(out.n_fitted, n);
    assert_int_equal(out.calibration.n, 0);
    assert_string_equal(out.calibration.on, "nothing: too few rows");
    assert_true(out.calibration.scale.temperature == 1.0);
    assert_true(isnan(out.calibration.scale.ece_before));
    lnti_calibration_clear(&out.calibration);
    clear_rows(&train);
  }
}

static int32_t pairs(size_t i) {
  return (int32_t)(i / 2);
}

/* A thousand classes of two rows each: a fifth of each is none. */
static void classes_of_two_rows_spare_none(void **state) {
  (void)state;
  rows train = make_rows(0, 2000, 1000, pairs);
  outcome out = run_ok(&plain_spy, &train, NULL, 1000, 1);
  assert_int_equal(told.n_fits, 1);
  assert_string_equal(out.calibration.on, "nothing: too few rows");
  assert_int_equal(out.calibration.n, 0);
  assert_true(out.calibration.scale.temperature == 1.0);
  lnti_calibration_clear(&out.calibration);
  clear_rows(&train);
}

static int32_t class_zero(size_t i) {
  (void)i;
  return 0;
}

static void failures_leave_outputs_alone(void **state) {
  (void)state;
  outcome out = {.calibration = {.n = 77}, .report = {.iterations = 77}};
  rows train = make_rows(0, 40, 2, class_zero);
  assert_status(run(&out, &plain_spy, &train, NULL, 2, 1), LNT_EDATA);
  assert_message("one class");
  clear_rows(&train);
  static const size_t sizes[2] = {40, 2400};
  for (size_t i = 0; i < 4; i++) {
    train = make_rows(0, sizes[i % 2], 2, NULL);
    told.fail = LNT_ECANCELLED;
    assert_status(run(&out, i < 2 ? &plain_spy : &leaving_spy, &train, NULL, 2, 1), LNT_ECANCELLED);
    clear_rows(&train);
  }
  assert_true(out.calibration.n == 77 && out.report.iterations == 77);
}

/* ---- temperature ---- */

/* Scores (6, 0), right in exactly 70 of 100: softmax(6/T) = 0.7 at T = 6 / ln(7/3) = 7.0813, where confidence and share
 * agree. Before, the confidence was softmax(6) = 0.99753 against 0.7. */
static void the_temperature_is_applied(void **state) {
  (void)state;
  rows train = make_rows(0, 100, 2, NULL);
  outcome out = run_ok(&plain_spy, &train, NULL, 2, 1);
  const lnti_calibration *c = &out.calibration;
  assert_true(fabs(c->scale.temperature - 6 / log(7.0 / 3)) < 0.01);
  assert_true(fabs(c->scale.ece_before - (1 / (1 + exp(-6)) - 0.7)) < 1e-5);
  for (size_t i = 0; i < 100; i++) {
    double right = (double)c->prob[2 * i + (size_t)(is_right(i) ? i % 2 : (i + 1) % 2)];
    assert_true(fabs(right - 0.7) < 1e-3);
  }
  lnti_calibration_clear(&out.calibration);
  assert_int_equal(out.calibration.n, 0);
  clear_rows(&train);
}

/* Rows 2i and 2i+1 are the same picture: where one is held out, so is the other. */
static void equals_are_held_out_together(void **state) {
  (void)state;
  static const size_t sizes[] = {LNTI_HOLD_OUT_FROM, 60};
  for (size_t at = 0; at < 2; at++) {
    outcome o = {.n_fitted = 0};
    rows train = make_rows(0, sizes[at], 3, NULL);
    for (size_t i = 0; i < sizes[at]; i++) train.group[i] = (uint32_t)(i & ~(size_t)1);
    assert_ok(run(&o, &plain_spy, &train, NULL, 3, 5));
    assert_true(told.n_scored >= sizes[at] / 5);
    assert_int_equal(told.n_scored_seen, 0);
    assert_int_equal(told.n_scored_twin_seen, 0);
    lnti_calibration_clear(&o.calibration);
    clear_rows(&train);
  }
}

static int32_t track_class(size_t i) {
  return (int32_t)(i / 10 % 3);
}

/* Tracks of ten: none is cut, the wanted share is held out all the same, and the calibration says whose each row is. */
static void tracks_are_held_out_whole(void **state) {
  (void)state;
  static const size_t sizes[] = {3000, 300};
  for (size_t at = 0; at < 2; at++) {
    outcome o = {.n_fitted = 0};
    size_t n = sizes[at], per_track[300] = {0};
    rows train = make_rows(0, n, 3, track_class);
    for (size_t i = 0; i < n; i++) train.group[i] = (uint32_t)(i / 10 * 10);
    assert_ok(run(&o, &plain_spy, &train, NULL, 3, 5));
    const lnti_calibration *c = &o.calibration;
    assert_int_equal(c->n, at == 0 ? n / 5 : n);
    assert_int_equal(told.n_scored_seen, 0);
    assert_int_equal(told.n_scored_twin_seen, 0);
    for (size_t i = 0; i < c->n; i++) {
      assert_int_equal(c->truth.label[i], track_class(c->group[i]));
      per_track[c->group[i] / 10]++;
    }
    for (size_t t = 0; t < n / 10; t++) assert_true(per_track[t] == 0 || per_track[t] == 10);
    if (at == 1) { /* five folds of six tracks each: every fit sees 240 rows */
      for (size_t f = 0; f < LNTI_FOLDS; f++) assert_int_equal(told.n_rows[f], 240);
    }
    lnti_calibration_clear(&o.calibration);
    clear_rows(&train);
  }
}

/* A learner that leaves out single rows is asked only for those that have no equal; where there are none, folds do it. */
static void equals_are_not_left_out_one_by_one(void **state) {
  (void)state;
  outcome o = {.n_fitted = 0};
  rows train = make_rows(0, 40, 2, NULL);
  train.group[7] = 3;
  assert_ok(run(&o, &leaving_spy, &train, NULL, 2, 5));
  assert_string_equal(o.calibration.on, "left out one by one, 38 rows");
  for (size_t i = 0; i < 38; i++) assert_true(told.left_out[i] != 3 && told.left_out[i] != 7);
  lnti_calibration_clear(&o.calibration);
  for (size_t i = 0; i < 40; i++) train.group[i] = (uint32_t)(i < 19 ? i : 19); /* fewer than half are alone */
  assert_ok(run(&o, &leaving_spy, &train, NULL, 2, 5));
  assert_string_equal(o.calibration.on, "out of fold, 40 rows");
  lnti_calibration_clear(&o.calibration);
  for (size_t i = 0; i < 40; i++) train.group[i] = (uint32_t)(i & ~(size_t)1);
  assert_ok(run(&o, &leaving_spy, &train, NULL, 2, 5));
  assert_string_equal(o.calibration.on, "out of fold, 40 rows");
  assert_int_equal(told.n_scored_twin_seen, 0);
  lnti_calibration_clear(&o.calibration);
  clear_rows(&train);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(validation_rows_come_first),
      cmocka_unit_test(left_out_scores_come_next),
      cmocka_unit_test(many_rows_are_held_out),
      cmocka_unit_test(at_most_ten_thousand_are_held_out),
      cmocka_unit_test(few_rows_go_through_folds),
      cmocka_unit_test(folds_are_stratified),
      cmocka_unit_test(folds_are_even_with_many_classes),
      cmocka_unit_test(classes_that_cannot_be_learned_are_not_judged),
      cmocka_unit_test(too_few_rows_calibrate_nothing),
      cmocka_unit_test(classes_of_two_rows_spare_none),
      cmocka_unit_test(failures_leave_outputs_alone),
      cmocka_unit_test(the_temperature_is_applied),
      cmocka_unit_test(equals_are_held_out_together),
      cmocka_unit_test(tracks_are_held_out_whole),
      cmocka_unit_test(equals_are_not_left_out_one_by_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
