/*
 * Every kind of target, from answers to a model and back: labels with unknown ones, numbers, trees level by level.
 */
#include "media_support.h"

#include <flow/evaluate/evaluate.h>
#include <flow/predict/predict.h>
#include <flow/train/tasks.h>
#include <flow/train/train.h>
#include <math.h>
#include <model/model.h>

static const char ontology_json[] =
    "{\"classifications\": ["
    "{\"id\": \"kind\", \"type\": \"tree\", \"options\": [{\"id\": \"stripes\", \"options\": [{\"id\": \"across\"}, "
    "{\"id\": \"down\"}]}, {\"id\": \"spots\", \"options\": [{\"id\": \"middle\"}]}]},"
    "{\"id\": \"seen\", \"type\": \"checklist\", \"options\": [{\"id\": \"across\"}, {\"id\": \"striped\"}, "
    "{\"id\": \"never\"}]},"
    "{\"id\": \"bright\", \"type\": \"number\", \"min\": 0, \"max\": 100, \"unit\": \"points\"},"
    "{\"id\": \"note\", \"type\": \"text\"}]}";

enum { PICTURES = 90, TEST_PICTURES = 30 };

static void answer(const lab *l, int64_t item, int class, size_t i) {
  static const char *const kinds[] = {"stripes/across", "stripes/down", "spots/middle"};
  char number[16];
  snprintf(number, sizeof number, "%d", 10 + 30 * class);
  lab_answer(l, item, "kind", kinds[class]);
  lab_answer(l, item, "bright", number);
  lab_answer(l, item, "seen", class == 0 ? "across" : "-across");
  if (i % 4 != 3) lab_answer(l, item, "seen", class < 2 ? "striped" : "-striped"); /* every fourth is unknown */
}

/* Toy pictures of three classes in train and test, with answers to all three questions. */
static lab answered_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, ontology_json);
  toy_arrays(media_in(&l, "set").text, "train", false, PICTURES, 0);
  toy_arrays(media_in(&l, "set").text, "test", false, TEST_PICTURES, 20000);
  media_import(&l, media_in(&l, "set").text, NULL);
  lab_reopen(&l);
  media_items items = media_list(l.project, "none");
  assert_int_equal(items.n, PICTURES + TEST_PICTURES);
  for (size_t i = 0, in_test = 0; i < items.n; i++) {
    bool test = strcmp(items.item[i].split, "test") == 0;
    answer(&l, items.item[i].id, (int)((test ? in_test : i - in_test) % 3), i);
    in_test += test;
  }
  media_items_clear(&items);
  return l;
}

static lnti_train_result train(const lab *l, lnti_train_options options) {
  lnti_train_result result = {0};
  options.feature = "pixels";
  options.seed = 1;
  assert_ok(lnti_train(&result, l->project, &options, ERR));
  return result;
}

static lnti_evaluate_result evaluate(const lab *l, const char *model) {
  lnti_evaluate_request request = LNTI_EVALUATE_REQUEST_INIT;
  lnti_evaluate_result result = {0};
  request.model = model;
  request.resamples = 100;
  assert_ok(lnti_evaluate(&result, l->project, &request, ERR));
  return result;
}

/* ---- tasks end to end ---- */

static void labels(void **state) {
  (void)state;
  lab l = answered_lab();
  lnti_train_result r = train(&l, (lnti_train_options){.target = "seen", .learner = "logistic", .name = "seen"});
  assert_true(r.task == LNTI_MULTILABEL && r.n_classes == 2 && r.n_train == PICTURES);
  assert_non_null(strstr(r.warnings.text[0], "1 of 3 labels")); /* "never" has no answer */
  assert_true(lnti_figure(&r.figures, "map") > 0.9);
  lnti_evaluate_result e = evaluate(&l, "seen");
  assert_true(e.multilabel && !e.evaluation && !e.regression && !e.hierarchy);
  assert_true(e.multilabel->n == TEST_PICTURES && e.multilabel->k == 2);
  assert_true(e.multilabel->value[LNTI_ML_MAP] > 0.9);
  assert_true(e.multilabel->labels[0].n_unknown == 0 && e.multilabel->labels[1].n_unknown > 0);
  assert_true(e.model->threshold && e.model->platt);
  lnti_evaluate_result_clear(&e);
  lnti_train_result_clear(&r);
  lab_free(&l);
}

static void numbers(void **state) {
  (void)state;
  lab l = answered_lab();
  lnti_train_result r = train(&l, (lnti_train_options){.target = "bright", .learner = "knn", .name = "bright"});
  assert_true(r.task == LNTI_REGRESSION && r.n_classes == 1);
  assert_true(lnti_figure(&r.figures, "mae") < 5 && isnan(r.ece_before));
  lnti_evaluate_result e = evaluate(&l, "bright");
  assert_true(e.regression && !e.evaluation && !e.multilabel && e.regression->n == TEST_PICTURES);
  assert_true(e.regression->value[LNTI_R_MAE] < 5);
  assert_true(fabs(e.regression->mean_value - 40) < 1e-9); /* of the training items: 10, 40 and 70 in turn */
  assert_true(fabs(e.regression->mean_mae - 20) < 1e-9);
  assert_true(e.regression->interval_coverage > 0.8);
  assert_true(e.model->range.min == 0 && e.model->range.max == 100 && strcmp(e.model->range.unit, "points") == 0);
  lnti_evaluate_result_clear(&e);
  lnti_train_result_clear(&r);
  lab_free(&l);
}

static void each_kind_has_a_usual_learner(void **state) {
  static const char *const usual[][2] = {{"bright", "knn"}, {"seen", "logistic"}, {"kind", "logistic"}};
  const lnti_learner *learner = NULL;
  (void)state;
  lab l = answered_lab();
  for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
    assert_ok(lnti_train_usual_learner(&learner, l.project, usual[i][0], ERR));
    assert_string_equal(learner->name, usual[i][1]);
  }
  assert_int_equal(lnti_train_usual_learner(&learner, l.project, "note", ERR), LNT_EINVAL);
  assert_int_equal(lnti_train_usual_learner(&learner, l.project, "moon", ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

static void trees(void **state) {
  (void)state;
  static const lnti_structure structures[] = {LNTI_STRUCTURE_FLAT, LNTI_STRUCTURE_HIERARCHICAL};
  lab l = answered_lab();
  for (int i = 0; i < 2; i++) {
    lnti_train_result r =
        train(&l, (lnti_train_options){.target = "kind", .learner = "logistic", .structure = structures[i]});
    assert_true(r.task == (i ? LNTI_HIERARCHICAL : LNTI_MULTICLASS) && r.n_classes == 3);
    assert_string_equal(r.model, i ? "logistic-pixels-hierarchical" : "logistic-pixels");
    assert_true(lnti_figure(&r.figures, "hierarchical_f1") > 0.9);
    lnti_evaluate_result e = evaluate(&l, r.model);
    assert_true(e.evaluation && e.hierarchy && !e.multilabel && !e.regression);
    assert_true(e.hierarchy->value[LNTI_H_EXACT] == e.evaluation->value[LNTI_ACCURACY]);
    assert_true(e.hierarchy->value[LNTI_H_EXACT] > 0.9 && e.hierarchy->n_depth == 2);
    lnti_evaluate_result_clear(&e);
    lnti_train_result_clear(&r);
  }
  lab_free(&l);
}

static void parameters_are_chosen_by_each_tasks_measure(void **state) {
  (void)state;
  static const struct {
    const char *target, *cost, *figure;
  } cases[] = {{"seen", "log_loss", "map"}, {"bright", "mae", "r2"}, {"kind", "log_loss", "exact_path"}};
  const char *const set[] = {"k=1,3"};
  lab l = answered_lab();
  for (size_t i = 0; i < 3; i++) {
    lnti_train_result r =
        train(&l, (lnti_train_options){
                      .target = cases[i].target, .learner = "knn", .name = cases[i].target, .set = set, .n_set = 1});
    char *json = NULL;
    assert_int_equal(r.choice.grid.n, 2);
    assert_true(r.choice.point[r.choice.best].cost[0] <= r.choice.point[!r.choice.best].cost[0]);
    assert_ok(lnti_choice_json(&json, &r.choice, ERR));
    assert_non_null(strstr(json, cases[i].cost));
    assert_true(lnti_figure(&r.choice.figures, cases[i].figure) > 0.5);
    free(json);
    lnti_train_result_clear(&r);
  }
  lab_free(&l);
}

/* ---- refusals ---- */

static void what_does_not_fit(void **state) {
  (void)state;
  static const struct {
    lnti_train_options options;
    const char *message;
  } cases[] = {
      {{.target = "bright", .learner = "logistic"}, "does not learn a regression target"},
      {{.target = "seen", .learner = "logistic", .structure = LNTI_STRUCTURE_HIERARCHICAL}, "of type checklist"},
      {{.target = "bright", .learner = "knn", .weights = "balanced"}, "a number has none"},
      {{.target = "kind", .learner = "logistic", .weights = "/none/there.json"}, "/none/there.json"},
  };
  lab l = answered_lab();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_train_result result = {0};
    lnti_train_options options = cases[i].options;
    options.feature = "pixels";
    assert_int_not_equal(lnti_train(&result, l.project, &options, ERR), LNT_OK);
    assert_message(cases[i].message);
  }
  lnti_train_result kind = train(&l, (lnti_train_options){.target = "kind", .learner = "knn"}), other = {0};
  const lnti_train_options seen = {.target = "seen", .learner = "knn", .feature = "pixels"};
  assert_status(lnti_train(&other, l.project, &seen, ERR), LNT_EEXISTS); /* not in the place of another question's */
  assert_message("of another question (kind)");
  lnti_train_result_clear(&kind);
  lab_free(&l);
}

static void weights_of_classes(void **state) {
  (void)state;
  lab l = answered_lab();
  media_name path = media_in(&l, "weights.json");
  lnti_test_write_file(path.text, "{\"stripes/across\": 3, \"middle\": 0.5}", 36);
  for (int i = 0; i < 2; i++) {
    lnti_train_result r =
        train(&l, (lnti_train_options){.target = "kind",
                                       .learner = "logistic",
                                       .weights = i ? media_in(&l, "weights.json").text : "balanced"});
    assert_true(r.figures.value[LNTI_ACCURACY] > 0.8);
    lnti_train_result_clear(&r);
  }
  lnti_test_write_file(path.text, "{\"fish\": 3}", 11);
  lnti_train_result result = {0};
  const lnti_train_options options = {
      .target = "kind", .learner = "logistic", .feature = "pixels", .weights = path.text};
  assert_status(lnti_train(&result, l.project, &options, ERR), LNT_EDATA);
  assert_message("\"fish\" is none of the 3 classes");
  lab_free(&l);
}

/* ---- pieces ---- */

static const lnti_context serial = {.cpu = LNT_CPU_GENERIC};

/* Of 19 residuals 1..19 the twentieth lies below the first with probability 1/20. */
static void residual_quantiles(void **state) {
  (void)state;
  enum { N = 19 };
  float score[N];
  double value[N], interval[2];
  lnti_scale scale = {0};
  for (int i = 0; i < N; i++) {
    score[i] = 100;
    value[i] = 101 + (i * 7) % N;
  }
  const lnti_truth truth = {.task = LNTI_REGRESSION, .n = N, .k = 1, .value = value};
  assert_ok(lnti_scale_fit(&scale, score, &truth, &serial, ERR));
  assert_true(lnti_residual_interval(interval, scale.residual, scale.n_residuals));
  assert_true(fabs(interval[0] - 1) < 1e-9 && fabs(interval[1] - 19) < 1e-9);
  for (size_t i = 1; i < scale.n_residuals; i++) assert_true(scale.residual[i].value >= scale.residual[i - 1].value);
  lnti_scale_clear(&scale);
  assert_false(lnti_residual_interval(interval, NULL, 0));
}

/* Scores that are twice too sure, of which one label has too few answers to be scaled by itself. */
static void labels_are_scaled(void **state) {
  (void)state;
  enum { N = 2000, K = 2 };
  static float score[N * K];
  static int8_t yes[N * K];
  for (size_t i = 0; i < N; i++) {
    double z = -2 + 4 * (double)(i % 100) / 99, p = 1 / (1 + exp(-z));
    yes[K * i] = (double)(i / 100) < 20 * p;
    yes[K * i + 1] = i < 4 ? (int8_t)(i % 2) : -1;
    score[K * i] = score[K * i + 1] = (float)(2 * z);
  }
  const lnti_truth truth = {.task = LNTI_MULTILABEL, .n = N, .k = K, .yes = yes};
  lnti_scale scale = {0};
  assert_ok(lnti_scale_fit(&scale, score, &truth, &serial, ERR));
  for (size_t c = 0; c < K; c++) assert_true(fabs(scale.platt[c].a - 0.5) < 0.05 && fabs(scale.platt[c].b) < 0.2);
  assert_true(scale.ece_before > 0.05 && scale.ece_after < 0.02);
  assert_true(fabs((double)scale.threshold[0] - 0.5) < 0.2);
  lnti_scale_clear(&scale);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels),
      cmocka_unit_test(numbers),
      cmocka_unit_test(each_kind_has_a_usual_learner),
      cmocka_unit_test(trees),
      cmocka_unit_test(parameters_are_chosen_by_each_tasks_measure),
      cmocka_unit_test(what_does_not_fit),
      cmocka_unit_test(weights_of_classes),
      cmocka_unit_test(residual_quantiles),
      cmocka_unit_test(labels_are_scaled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
