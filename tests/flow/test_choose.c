/*
 * Choosing against a dial: a learner whose answers are right as often as its parameter says, and that tells when it is asked
 * to score a row that it, or something that belongs together with it, was fitted on. A row is (its number, its label).
 */
#include "support.h"

#include <base/alloc.h>
#include <base/error.h>
#include <flow/train/choose.h>
#include <math.h>

enum { ROWS = 240 };

typedef struct dial {
  lnti_fitted head; /* first */
  bool seen[ROWS];
} dial;

static struct { size_t n_fits, n_warm, n_scored, n_seen, n_twin_seen, n_live, cancel_after; } told;

static lnt_status dial_fit(lnti_fitted **, lnti_fit_report *, const lnti_problem *, const lnti_params *,
                           const lnti_context *, lnt_error *);

/* Every tenth row is answered wrong; by `wrong` tenths more. Right or wrong, it is sure by the gap. */
static lnt_status dial_score(float *score_out, const lnti_fitted *fitted, const lnti_matrix *x,
                             const lnti_context *context, lnt_error *err) {
  const dial *d = (const dial *)fitted;
  size_t k = fitted->n_classes, wrong = (size_t)lnti_params_get(&fitted->params, "wrong");
  (void)context;
  (void)err;
  for (size_t i = 0; i < x->n; i++) {
    const float *row = lnti_matrix_row(x, i);
    size_t number = (size_t)row[0], label = (size_t)row[1];
    told.n_scored++;
    told.n_seen += d->seen[number];
    told.n_twin_seen += d->seen[number ^ 1];
    for (size_t c = 0; c < k; c++) score_out[i * k + c] = 0;
    score_out[i * k + (number * 7 % 10 >= wrong ? label
                       : label + 1 < k          ? label + 1
                                                : 0)] = (float)lnti_params_get(&fitted->params, "gap");
  }
  return LNT_OK;
}

static void dial_free(lnti_fitted *fitted) {
  told.n_live--;
  free(fitted);
}

static const lnti_param dial_params[] = {
    {"wrong", LNTI_PARAM_INT, "1", 0, 10, NULL, "Wrong answers of ten."},
    {"gap", LNTI_PARAM_REAL, "4", 0.1, 1000, NULL, "How sure."},
    {NULL, LNTI_PARAM_INT, NULL, 0, 0, NULL, NULL},
};
static const lnti_learner dial_learner = {.name = "dial",
                                          .params = dial_params,
                                          .takes_warm_start = true,
                                          .fit = dial_fit,
                                          .score = dial_score,
                                          .free = dial_free};

static lnt_status dial_fit(lnti_fitted **out, lnti_fit_report *report_out, const lnti_problem *problem,
                           const lnti_params *params, const lnti_context *context, lnt_error *err) {
  (void)context;
  (void)report_out;
  if (told.cancel_after && told.n_fits == told.cancel_after) return lnti_fail(err, LNT_ECANCELLED, "cancelled");
  dial *d = NULL;
  lnt_status status = lnti_alloc_zero(&d, 1, sizeof *d, err);
  if (status) return status;
  d->head = (lnti_fitted){.learner = &dial_learner,
                          .params = *params,
                          .task = LNTI_MULTICLASS,
                          .d = problem->x.d,
                          .n_classes = problem->n_classes,
                          .dtype = problem->x.dtype};
  for (size_t i = 0; i < problem->x.n; i++) d->seen[(size_t)((const float *)lnti_matrix_row(&problem->x, i))[0]] = true;
  if (problem->warm_start) { /* of the same fold: knows just the same rows */
    assert_memory_equal(d->seen, ((const dial *)problem->warm_start)->seen, sizeof d->seen);
    told.n_warm++;
  }
  told.n_fits++;
  told.n_live++;
  *out = &d->head;
  return LNT_OK;
}

typedef struct rows {
  float data[ROWS * 2];
  int32_t label[ROWS];
  uint32_t group[ROWS];
  lnti_problem problem;
} rows;

/* Of k classes in turn by pairs; rows 2i and 2i+1 are one group where asked for. */
static rows *make_rows(size_t n, size_t k, bool twins) {
  rows *r = calloc(1, sizeof *r);
  assert_non_null(r);
  for (size_t i = 0; i < n; i++) {
    r->label[i] = (int32_t)(i / 2 % k);
    r->data[2 * i] = (float)i;
    r->data[2 * i + 1] = (float)r->label[i];
    r->group[i] = (uint32_t)(twins ? i & ~(size_t)1 : i);
  }
  r->problem =
      (lnti_problem){.x = lnti_matrix_of(r->data, n, 2, LNTI_F32), .label = r->label, .n_classes = k, .seed = 3};
  return r;
}

static void count_fits(void *payload, const char *what, size_t done, size_t total) {
  size_t *seen = payload;
  assert_string_equal(what, "cross-validation fits");
  assert_int_equal(done, seen[0] + 1);
  seen[0] = done;
  seen[1] = total;
}

static lnt_status choose(lnti_choice *out, rows *r, unsigned folds, const char *const *set, size_t n_set,
                         lnt_error *err) {
  static const lnti_context serial = {.cpu = LNT_CPU_GENERIC};
  size_t seen[2] = {0};
  const lnti_progress progress = {count_fits, seen};
  const lnti_choose_options options = {folds, &progress};
  lnti_grid grid = {0};
  assert_ok(lnti_grid_new(&grid, &dial_learner, set, n_set, ERR));
  size_t cancel_after = told.cancel_after;
  memset(&told, 0, sizeof told);
  told.cancel_after = cancel_after;
  lnt_status status = lnti_choose(
      out, &grid, &r->problem,
      &(lnti_truth){.task = LNTI_MULTICLASS, .n = r->problem.x.n, .k = r->problem.n_classes, .label = r->label},
      r->group, &options, &serial, err);
  assert_null(grid.point);
  assert_int_equal(told.n_live, 0);
  assert_int_equal(told.n_seen, 0);
  if (!status) assert_int_equal(seen[1], told.n_fits);
  return status;
}

static void the_least_log_loss_is_chosen(void **state) {
  (void)state;
  const char *const set[] = {"wrong=5,3,1,2,4"};
  rows *r = make_rows(ROWS, 3, false);
  lnti_choice c = {0};
  assert_ok(choose(&c, r, 5, set, 1, ERR));
  assert_true(c.n_rows == ROWS && c.n_unlearned == 0 && c.n_fits == 25 && told.n_fits == 25 && c.folds == 5);
  assert_int_equal(told.n_warm, 20); /* all but the first point's */
  assert_int_equal(told.n_scored, 5 * ROWS);
  assert_int_equal(c.best, 2);
  static const double wrong[] = {0.5, 0.3, 0.1, 0.2, 0.4};
  for (size_t i = 0; i < 5; i++) {
    /* Wrong in a share e of the rows, calibrated: sure by 1 - e, the rest shared by the two other classes. */
    double e = wrong[i], p_wrong = e / 2, loss = -(1 - e) * log(1 - e) - e * log(p_wrong);
    assert_true(fabs(c.point[i].cost[1] - (1 - e)) < 1e-12);
    assert_true(fabs(c.point[i].cost[0] - loss) < 1e-3);
    assert_true(c.point[i].cost_se[0] > 0 && c.point[i].cost_se[0] < 0.2);
  }
  assert_true(fabs(c.figures.value[LNTI_ACCURACY] - 0.9) < 1e-12);
  assert_true(fabs(c.figures.value[LNTI_LOG_LOSS] - c.point[2].cost[0]) < 1e-6);
  assert_true(c.figures.ci95[LNTI_ACCURACY][0] < 0.9 && c.figures.ci95[LNTI_ACCURACY][1] > 0.9);
  lnti_choice_clear(&c);
  free(r);
}

/* How sure the scores are is the calibration's affair: all gaps come to the same, and the first stays. */
static void calibration_comes_first_and_the_first_of_equals_wins(void **state) {
  (void)state;
  const char *const set[] = {"gap=2,4,8"}, *const turned[] = {"gap=8,4,2"};
  rows *r = make_rows(ROWS, 3, false);
  lnti_choice a = {0}, b = {0};
  assert_ok(choose(&a, r, 4, set, 1, ERR));
  assert_ok(choose(&b, r, 4, turned, 1, ERR));
  for (size_t i = 0; i < 3; i++) {
    assert_true(fabs(a.point[i].cost[0] - a.point[0].cost[0]) < 1e-4);
    assert_true(fabs(a.point[i].temperature / b.point[2 - i].temperature - 1) < 1e-6);
  }
  assert_true(fabs(a.point[2].temperature / a.point[0].temperature - 4) < 0.05);
  lnti_choice_clear(&a);
  lnti_choice_clear(&b);
  /* The very same point twice over, by a parameter that changes nothing below one tenth. */
  const char *const equal[] = {"wrong=0", "gap=500,900"};
  assert_ok(choose(&a, r, 4, equal, 2, ERR));
  assert_true(a.point[0].cost[0] == a.point[1].cost[0]);
  assert_int_equal(a.best, 0);
  lnti_choice_clear(&a);
  free(r);
}

static void groups_stay_in_one_fold(void **state) {
  (void)state;
  const char *const set[] = {"wrong=1,2"};
  rows *r = make_rows(ROWS, 3, true);
  lnti_choice c = {0};
  for (unsigned folds = 2; folds <= 7; folds += 5) {
    assert_ok(choose(&c, r, folds, set, 1, ERR));
    assert_int_equal(told.n_twin_seen, 0);
    assert_int_equal(c.n_fits, 2 * folds);
    lnti_choice_clear(&c);
  }
  free(r);
  r = make_rows(ROWS, 3, false);
  assert_ok(choose(&c, r, 5, set, 1, ERR));
  assert_true(told.n_twin_seen > 0); /* or the above says nothing */
  lnti_choice_clear(&c);
  free(r);
}

static void one_point_is_judged_as_it_is(void **state) {
  (void)state;
  const char *const set[] = {"wrong=2"};
  rows *r = make_rows(ROWS, 3, false);
  lnti_choice c = {0};
  lnti_text text = {0};
  assert_ok(choose(&c, r, 3, set, 1, ERR));
  assert_true(c.n_fits == 3 && c.best == 0 && c.grid.n == 1);
  assert_true(fabs(c.figures.value[LNTI_ACCURACY] - 0.8) < 1e-12);
  assert_ok(lnti_choice_advice(&text, &c, ERR));
  assert_int_equal(text.length, 0);
  lnti_choice_clear(&c);
  free(r);
}

static void advice_is_given_at_the_end_of_a_list(void **state) {
  (void)state;
  static const struct {
    const char *set, *says;
  } lists[] = {
      {"wrong=2,3,4",
       "the best wrong, 2, is the smallest of its list: try smaller ones too, for example with --set wrong=2,1"},
      {"wrong=0,3,4", ""}, /* nothing is smaller */
      {"wrong=3,2,4", "smallest of its list: try"},
      {"gap=2,4,8", ""}}; /* equally good */
  rows *r = make_rows(ROWS, 3, false);
  for (size_t i = 0; i < 4; i++) {
    lnti_choice c = {0};
    lnti_text text = {0};
    assert_ok(choose(&c, r, 3, &lists[i].set, 1, ERR));
    assert_ok(lnti_choice_advice(&text, &c, ERR));
    if (lists[i].says[0] ? !text.data || !strstr(text.data, lists[i].says) : text.length > 0)
      fail_msg("%s: %s", lists[i].set, text.data);
    lnti_text_clear(&text);
    lnti_choice_clear(&c);
  }
  free(r);
}

/* Better by less than it is known to: worth a try, and said so. */
static void advice_says_how_sure_it_is(void **state) {
  (void)state;
  const char *const set[] = {"wrong=2,3,4"};
  rows *r = make_rows(ROWS, 3, false);
  lnti_choice c = {0};
  lnti_text text = {0};
  assert_ok(choose(&c, r, 3, set, 1, ERR));
  c.point[1].cost[0] = c.point[0].cost[0] + c.point[0].cost_se[0] / 2;
  assert_ok(lnti_choice_advice(&text, &c, ERR));
  assert_string_equal(text.data,
                      "the best wrong, 2, is the smallest of its list, though not surely better than the next: "
                      "try smaller ones too, for example with --set wrong=2,1");
  lnti_text_clear(&text);
  lnti_choice_clear(&c);
  free(r);
}

static void too_few_rows_and_cancelling(void **state) {
  (void)state;
  const char *const set[] = {"wrong=1,2"};
  lnt_error err = LNT_ERROR_INIT;
  lnti_choice c = {0};
  rows *r = make_rows(4, 2, true); /* each class is one group */
  assert_int_equal(choose(&c, r, 5, set, 1, &err), LNT_EDATA);
  assert_non_null(strstr(err.message, "too few to choose"));
  assert_null(c.point);
  assert_int_equal(told.n_fits, 0);
  free(r);
  r = make_rows(ROWS, 3, false);
  told.cancel_after = 7; /* in the second point: models of the first are kept then */
  assert_int_equal(choose(&c, r, 5, set, 1, &err), LNT_ECANCELLED);
  assert_null(c.point);
  told.cancel_after = 0;
  free(r);
}

static void what_is_told(void **state) {
  (void)state;
  const char *const set[] = {"wrong=2,1", "gap=3"};
  rows *r = make_rows(ROWS, 3, false);
  lnti_choice c = {0};
  lnti_text text = {0};
  char *json = NULL;
  assert_ok(choose(&c, r, 2, set, 2, ERR));
  assert_ok(lnti_choice_text(&text, &c, c.best, ERR));
  assert_string_equal(text.data, "wrong=1");
  assert_ok(lnti_choice_json(&json, &c, ERR));
  static const char *const parts[] = {
      "{\"folds\":2,\"n\":240,\"fits\":4,\"seconds\":", "\"searched\":[\"wrong\"],\"grid\":[",
      "{\"params\":{\"wrong\":2,\"gap\":3},\"log_loss\":", "\"chosen\":true}],\"figures\":", "\"macro_f1\":"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (!strstr(json, parts[i])) fail_msg("%s lacks %s", json, parts[i]);
  }
  free(json);
  lnti_text_clear(&text);
  lnti_choice_clear(&c);
  free(r);
}

static void allocations_that_fail(void **state) {
  (void)state;
  static const lnti_context serial = {.cpu = LNT_CPU_GENERIC};
  const char *const set[] = {"wrong=2,1", "gap=3,4"};
  rows *r = make_rows(40, 2, true);
  memset(&told, 0, sizeof told);
  for_each_fault(n) {
    const lnti_choose_options options = {3, NULL};
    lnti_grid grid = {0};
    lnti_choice c = {0};
    char *json = NULL;
    lnt_status status = lnti_grid_new(&grid, &dial_learner, set, 2, ERR);
    if (!status)
      status = lnti_choose(
          &c, &grid, &r->problem,
          &(lnti_truth){.task = LNTI_MULTICLASS, .n = r->problem.x.n, .k = r->problem.n_classes, .label = r->label},
          r->group, &options, &serial, ERR);
    assert_null(grid.point);
    if (!status) status = lnti_choice_json(&json, &c, ERR);
    assert_fault_status(status);
    assert_int_equal(told.n_live, 0);
    free(json);
    lnti_choice_clear(&c);
  }
  free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_least_log_loss_is_chosen),
      cmocka_unit_test(calibration_comes_first_and_the_first_of_equals_wins),
      cmocka_unit_test(groups_stay_in_one_fold),
      cmocka_unit_test(one_point_is_judged_as_it_is),
      cmocka_unit_test(advice_is_given_at_the_end_of_a_list),
      cmocka_unit_test(advice_says_how_sure_it_is),
      cmocka_unit_test(too_few_rows_and_cancelling),
      cmocka_unit_test(what_is_told),
      cmocka_unit_test(allocations_that_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
