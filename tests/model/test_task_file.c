/*
 * Models of labels, trees and numbers as files: what is saved is what is opened, classes stay in format 1, what cannot be is
 * refused both ways, and predictions are calibrated as the file says.
 */
#include <math.h>
#include <model/model_support.h>

typedef struct place {
  char *folder, *file;
} place;

static int set_up(void **state) {
  static place p;
  p.folder = lnti_test_folder();
  p.file = lnti_test_path(p.folder, "toy.lnt");
  *state = &p;
  return 0;
}

static int tear_down(void **state) {
  place *p = *state;
  free(p->file);
  lnti_test_folder_remove(p->folder);
  return 0;
}

static void check_same(const lnt_model *a, const lnt_model *b) {
  assert_int_equal(a->task, b->task);
  assert_int_equal(a->fitted->task, a->task);
  assert_int_equal(b->fitted->task, b->task);
  assert_true((a->threshold != NULL) == (b->threshold != NULL) && (a->platt != NULL) == (b->platt != NULL));
  for (size_t c = 0; c < a->n_classes; c++) {
    if (a->threshold) assert_true(a->threshold[c] == b->threshold[c]);
    if (a->platt) assert_true(a->platt[c].a == b->platt[c].a && a->platt[c].b == b->platt[c].b);
  }
  assert_int_equal(a->n_nodes, b->n_nodes);
  for (size_t i = 0; i < a->n_nodes; i++) {
    assert_string_equal(a->nodes[i].id, b->nodes[i].id);
    assert_string_equal(a->nodes[i].title, b->nodes[i].title);
  }
  assert_int_equal(a->n_residuals, b->n_residuals);
  for (size_t i = 0; i < a->n_residuals; i++)
    assert_true(a->residual[i].q == b->residual[i].q && a->residual[i].value == b->residual[i].value);
  if (a->task != LNTI_REGRESSION) return;
  assert_true(b->range.min == 0 && b->range.max == 90 && isnan(b->range.step));
  assert_string_equal(b->range.unit, "mm²");
}

/* In every bit, and as a file that is made once more. */
static void test_saved_and_opened_agree(void **state) {
  const place *p = *state;
  toy t;
  toy_make(&t, 99, 50, TOY_D, TOY_K, LNTI_U8, 40);
  for (size_t i = 0; i < TOY_KINDS; i++) {
    lnti_context context = toy_context();
    lnt_model *made = toy_task_model(toy_kinds[i].learner, toy_kinds[i].task), *opened = NULL;
    float before[50 * TOY_K], after[50 * TOY_K];
    assert_ok(lnti_model_save(made, p->file, ERR));
    assert_ok(lnti_model_open(&opened, p->file, &context, ERR));
    assert_ok(lnti_model_predict(before, made, &t.problem.x, &context, ERR));
    assert_ok(lnti_model_predict(after, opened, &t.problem.x, &context, ERR));
    assert_memory_equal(before, after, 50 * made->n_classes * sizeof *before);
    check_same(made, opened);
    char *again = lnti_test_path(p->folder, "again.lnt"), *manifest = toy_manifest(p->file);
    assert_ok(lnti_model_save(opened, again, ERR));
    size_t n = 0, n_again = 0;
    char *a = lnti_test_read_file(&n, p->file), *b = lnti_test_read_file(&n_again, again);
    assert_int_equal(n, n_again);
    assert_memory_equal(a, b, n);
    bool classes = made->task == LNTI_MULTICLASS;
    assert_non_null(strstr(manifest, classes ? "\"format\": 1," : "\"format\": 2,"));
    assert_true((strstr(manifest, "\"task\"") == NULL) == classes);
    free(b);
    free(a);
    free(manifest);
    free(again);
    lnt_model_close(opened);
    lnt_model_close(made);
  }
  toy_clear(&t);
}

static void test_uncalibrated(void **state) {
  const place *p = *state;
  const lnti_task tasks[] = {LNTI_MULTILABEL, LNTI_REGRESSION};
  for (size_t i = 0; i < 2; i++) {
    lnt_model *made = toy_task_model("knn", tasks[i]), *opened = NULL;
    free(made->platt);
    free(made->threshold);
    made->platt = NULL;
    made->threshold = NULL;
    made->n_residuals = 0;
    assert_ok(lnti_model_save(made, p->file, ERR));
    assert_ok(lnt_model_open(&opened, p->file, NULL, ERR));
    assert_true(!opened->platt && !opened->threshold && !opened->residual);
    if (i == 0) assert_true(lnt_model_threshold(opened, 1) == 0.5);
    lnt_model_close(opened);
    lnt_model_close(made);
  }
}

/* The public view of each. */
static void test_what_a_model_says_of_itself(void **state) {
  (void)state;
  lnt_model *labels = toy_task_model("knn", LNTI_MULTILABEL), *number = toy_task_model("ridge", LNTI_REGRESSION),
            *classes = toy_model("knn");
  assert_int_equal(lnt_model_task(classes), LNT_TASK_MULTICLASS);
  assert_int_equal(lnt_model_task(labels), LNT_TASK_MULTILABEL);
  assert_int_equal(lnt_model_task(number), LNT_TASK_REGRESSION);
  assert_true(lnt_model_threshold(labels, 1) == 0.25 && lnt_model_threshold(labels, 2) == 0.5);
  assert_true(isnan(lnt_model_threshold(labels, TOY_K)) && isnan(lnt_model_threshold(classes, 0)));
  assert_string_equal(lnt_model_unit(number), "mm²");
  assert_null(lnt_model_unit(labels));
  assert_int_equal(lnt_model_n_classes(number), 1);
  lnt_model_close(classes);
  lnt_model_close(number);
  lnt_model_close(labels);
}

static void test_labels_are_calibrated(void **state) {
  (void)state;
  lnt_model *model = toy_task_model("logistic", LNTI_MULTILABEL);
  lnti_context context = toy_context();
  toy t;
  float score[20 * TOY_K], prob[20 * TOY_K];
  toy_make(&t, 3, 20, TOY_D, TOY_K, LNTI_U8, 40);
  assert_ok(model->fitted->learner->score(score, model->fitted, &t.problem.x, &context, ERR));
  assert_ok(lnti_model_predict(prob, model, &t.problem.x, &context, ERR));
  for (size_t i = 0; i < 20 * TOY_K; i++) {
    const lnti_platt *platt = &model->platt[i % TOY_K];
    assert_float_equal(prob[i], 1 / (1 + exp(-(platt->a * (double)score[i] + platt->b))), 1e-6);
  }
  toy_clear(&t);
  lnt_model_close(model);
}

/* A label without rows of both kinds stays at 0, whatever its calibration. */
static void test_unlearned_labels_stay_unlikely(void **state) {
  (void)state;
  lnti_context context = toy_context();
  lnt_model *model = toy_task_model("logistic", LNTI_MULTILABEL);
  toy t;
  float prob[60 * TOY_K];
  toy_labels(&t, 7, 60, TOY_D, TOY_K, LNTI_U8);
  for (size_t i = 0; i < 60; i++) t.truth[i * TOY_K + 1] = 1;
  lnti_params params = toy_params(&lnti_learner_logistic, NULL);
  lnti_fitted_free(model->fitted);
  model->fitted = toy_fit(&lnti_learner_logistic, &t.problem, &params, &context);
  model->platt[1] = (lnti_platt){0.01, 90};
  assert_ok(lnti_model_predict(prob, model, &t.problem.x, &context, ERR));
  for (size_t i = 0; i < 60; i++) assert_true(prob[i * TOY_K + 1] < 1e-20F);
  toy_clear(&t);
  lnt_model_close(model);
}

static void test_numbers_stay_in_range(void **state) {
  (void)state;
  lnti_context context = toy_context();
  lnt_model *model = toy_task_model("ridge", LNTI_REGRESSION);
  const uint8_t black[TOY_D] = {0};
  lnti_matrix x = lnti_matrix_of(black, 1, TOY_D, LNTI_U8);
  float value = 0;
  model->range.min = model->range.max = NAN;
  assert_ok(lnti_model_predict(&value, model, &x, &context, ERR));
  model->range.min = floor((double)value) + 10;
  assert_ok(lnti_model_predict(&value, model, &x, &context, ERR));
  assert_true((double)value == model->range.min);
  model->range.min = -500;
  model->range.max = -400;
  assert_ok(lnti_model_predict(&value, model, &x, &context, ERR));
  assert_true(value == -400);
  lnt_model_close(model);
}

static void refuse_save(const char *path, lnt_model *model, const char *message) {
  lnt_status status = lnti_model_save(model, path, ERR);
  assert_true(status == LNT_EINVAL || status == LNT_EDATA);
  assert_message(message);
  lnt_model_close(model);
}

static void test_what_cannot_be_opened_is_not_saved(void **state) {
  const place *p = *state;
  lnt_model *m = toy_task_model("knn", LNTI_MULTILABEL);
  m->threshold[1] = 1.5;
  refuse_save(p->file, m, "threshold 1 is 1.5");
  m = toy_task_model("knn", LNTI_MULTILABEL);
  m->platt[2].b = NAN;
  refuse_save(p->file, m, "calibration of label 2");
  m = toy_task_model("knn", LNTI_REGRESSION);
  m->residual[2].value = -9;
  refuse_save(p->file, m, "quantile 2");
  m = toy_task_model("knn", LNTI_REGRESSION);
  m->range.min = 91;
  refuse_save(p->file, m, "range from 91 to 90");
  m = toy_task_model("knn", LNTI_REGRESSION);
  m->n_classes = 2;
  m->classes[1].id = strdup("x");
  m->classes[1].title = strdup("x");
  refuse_save(p->file, m, "a number has one");
  m = toy_task_model("logistic", LNTI_HIERARCHICAL);
  free(m->nodes[1].id);
  m->nodes[1].id = strdup("shoes"); /* a class */
  refuse_save(p->file, m, "'shoes' is above none");
  m = toy_task_model("logistic", LNTI_HIERARCHICAL);
  free(m->classes[1].id);
  m->classes[1].id = strdup("shoes//boot");
  refuse_save(p->file, m, "shoes//boot");
  m = toy_task_model("knn", LNTI_MULTILABEL);
  m->task = LNTI_MULTICLASS;
  refuse_save(p->file, m, "fitted to a multilabel one");
}

/* A manifest that lies, in a sound container. */
static void refuse_open(const place *p, toy_kind kind, const char *from, const char *to, lnt_status wanted) {
  lnt_model *model = toy_task_model(kind.learner, kind.task), *opened = NULL;
  lnti_lnt_writer *w = NULL;
  lnti_lnt_reader *sound = NULL;
  static const char *const tensors[] = {"weights/truth.u8.60x3",   "weights/rows.u8.60x12",   "weights/values.f64.60",
                                        "weights/weight.f32.3x12", "weights/bias.f32.3",      "weights/weight.f64.12",
                                        "weights/bias.f64.1",      "weights/weight.f32.4x12", "weights/bias.f32.4"};
  assert_ok(lnti_model_save(model, p->file, ERR));
  lnt_model_close(model);
  char *manifest = toy_manifest(p->file), *lie = toy_replaced(manifest, from, to),
       *path = lnti_test_path(p->folder, "lie.lnt");
  assert_ok(lnti_lnt_open(&sound, p->file, ERR));
  assert_ok(lnti_lnt_create(&w, path, ERR));
  assert_ok(lnti_lnt_put(w, "manifest.json", lie, strlen(lie), ERR));
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
    const void *data = NULL;
    size_t n = 0;
    if (lnti_lnt_get(&data, &n, sound, tensors[i], ERR) != LNT_OK) continue;
    assert_ok(lnti_lnt_put(w, tensors[i], data, n, ERR));
  }
  assert_ok(lnti_lnt_commit(w, ERR));
  lnt_status status = lnt_model_open(&opened, path, NULL, ERR);
  if (status != wanted) fail_msg("'%s' for '%s' gave %s: %s", to, from, lnt_status_name(status), ERR->message);
  lnt_model_close(opened);
  lnti_lnt_close(sound);
  free(path);
  free(lie);
  free(manifest);
}

static void test_lying_manifests(void **state) {
  const place *p = *state;
  const toy_kind labels = {"knn", LNTI_MULTILABEL}, number = {"ridge", LNTI_REGRESSION},
                 linear = {"logistic", LNTI_MULTILABEL}, tree = {"logistic", LNTI_HIERARCHICAL};
  refuse_open(p, tree, "\"id\": \"shoes/boot\"", "\"id\": \"boot\"", LNT_ECORRUPT); /* another tree: other tensors */
  refuse_open(p, tree, "\"id\": \"bag/hand/red\"", "\"id\": \"bag//red\"", LNT_ECORRUPT);
  refuse_open(p, tree, "\"id\": \"bag/hand\"", "\"id\": \"bag/foot\"", LNT_ECORRUPT);
  refuse_open(p, tree, "\"nodes\": [", "\"nodes\": 5, \"other\": [", LNT_ECORRUPT);
  refuse_open(p, labels, "\"format\": 2", "\"format\": 1", LNT_ECORRUPT);
  refuse_open(p, labels, "\"format\": 2", "\"format\": 3", LNT_EUNSUPPORTED);
  refuse_open(p, labels, "\"multilabel\"", "\"ranking\"", LNT_EUNSUPPORTED);
  refuse_open(p, labels, "\"multilabel\"", "\"multiclass\"", LNT_EUNSUPPORTED); /* not calibrated as classes are */
  refuse_open(p, labels, "\"multilabel\"", "7", LNT_ECORRUPT);
  refuse_open(p, labels, "\"knn\"", "\"centroid\"", LNT_ECORRUPT); /* which learns no labels */
  refuse_open(p, labels, "\"platt\"", "\"magic\"", LNT_EUNSUPPORTED);
  refuse_open(p, labels, "\"thresholds\": [", "\"thresholds\": [0.5,", LNT_ECORRUPT);
  refuse_open(p, labels, "\"thresholds\": [", "\"thresholds\": [\"x\",", LNT_ECORRUPT);
  refuse_open(p, labels, "\"thresholds\": [", "\"thresholds\": 5, \"other\": [", LNT_ECORRUPT);
  refuse_open(p, linear, "1.5", "1.5e300", LNT_ECORRUPT);
  refuse_open(p, linear, "\"a\": [", "\"a\": [1,", LNT_ECORRUPT);
  refuse_open(p, number, "\"quantiles\": [", "\"quantiles\": 1, \"other\": [", LNT_ECORRUPT);
  refuse_open(p, number, "\"q\": 0.5", "\"q\": 0.95", LNT_ECORRUPT);
  refuse_open(p, number, "\"q\": 0.5", "\"p\": 0.5", LNT_ECORRUPT);
  refuse_open(p, number, "\"range\": {", "\"reach\": {", LNT_ECORRUPT);
  refuse_open(p, number, "\"max\": 90", "\"max\": -90", LNT_ECORRUPT);
  refuse_open(p, number, "\"max\": 90", "\"max\": \"90\"", LNT_ECORRUPT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_saved_and_opened_agree, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_uncalibrated, set_up, tear_down),
      cmocka_unit_test(test_what_a_model_says_of_itself),
      cmocka_unit_test(test_labels_are_calibrated),
      cmocka_unit_test(test_unlearned_labels_stay_unlikely),
      cmocka_unit_test(test_numbers_stay_in_range),
      cmocka_unit_test_setup_teardown(test_what_cannot_be_opened_is_not_saved, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_lying_manifests, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
