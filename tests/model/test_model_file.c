/*
 * The model file: what is saved is what is opened, and a manifest that lies or lacks something is refused with the
 * reason, although its container is sound.
 */
#include <base/alloc.h>
#include <math.h>
#include <model/model_support.h>

static const char *const learners[] = {"logistic", "knn", "centroid"};

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

static void test_saved_and_opened_agree(void **state) {
  const place *p = *state;
  toy t;
  toy_make(&t, 99, 50, TOY_D, TOY_K, LNTI_U8, 40);
  for (size_t l = 0; l < sizeof learners / sizeof *learners; l++) {
    lnti_context context = toy_context();
    lnt_model *made = toy_model(learners[l]), *opened = NULL;
    float before[50 * TOY_K], after[50 * TOY_K];
    assert_ok(lnti_model_save(made, p->file, ERR));
    assert_ok(lnti_model_open(&opened, p->file, &context, ERR));
    assert_ok(lnti_model_predict(before, made, &t.problem.x, &context, ERR));
    assert_ok(lnti_model_predict(after, opened, &t.problem.x, &context, ERR));
    assert_memory_equal(before, after, sizeof before);
    for (size_t i = 0; i < 50; i++) assert_float_equal(after[i * 3] + after[i * 3 + 1] + after[i * 3 + 2], 1, 1e-5);

    assert_string_equal(opened->name, made->name);
    assert_string_equal(opened->target, "article");
    assert_string_equal(opened->target_title, "Article");
    assert_int_equal(opened->n_classes, TOY_K);
    for (size_t i = 0; i < TOY_K; i++) {
      assert_string_equal(opened->classes[i].id, made->classes[i].id);
      assert_string_equal(opened->classes[i].title, made->classes[i].title);
    }
    assert_string_equal(lnti_extractor_text(opened->extractor), lnti_extractor_text(made->extractor));
    assert_ptr_equal(opened->fitted->learner, made->fitted->learner);
    for (const lnti_param *param = made->fitted->learner->params; param->name; param++)
      assert_true(lnti_params_get(&opened->fitted->params, param->name) ==
                  lnti_params_get(&made->fitted->params, param->name));
    assert_true(opened->temperature == 1.25);
    assert_string_equal(opened->calibrated_on, "out of fold, 60 rows");
    assert_int_equal(opened->n_train, 60);
    assert_int_equal(opened->n_calibration, 60);
    assert_string_equal(opened->data_fingerprint, made->data_fingerprint);
    assert_true(opened->seed == UINT64_MAX);
    assert_true(opened->created_ms == 1700000000000);
    assert_true(opened->question_id == 7 && opened->question_made_ms == 1600000000000);
    assert_string_equal(opened->metrics_json, "{\"accuracy\":{\"value\":0.95,\"ci95\":[0.9,1]},\"n\":60}\n");

    /* What was opened can be saved, to the same bytes. */
    char *again = lnti_test_path(p->folder, "again.lnt");
    assert_ok(lnti_model_save(opened, again, ERR));
    size_t n = 0, n_again = 0;
    char *a = lnti_test_read_file(&n, p->file), *b = lnti_test_read_file(&n_again, again);
    assert_int_equal(n, n_again);
    assert_memory_equal(a, b, n);
    free(b);
    free(a);
    free(again);
    lnt_model_close(opened);
    lnt_model_close(made);
  }
  toy_clear(&t);
}

/* How its parameters were chosen, where they were. */
static void test_choice(void **state) {
  static const char choice[] = "{\"folds\":5,\"searched\":[\"C\"],\"grid\":[{\"log_loss\":0.25,\"chosen\":true}]}\n";
  const place *p = *state;
  lnti_context context = toy_context();
  lnt_model *model = toy_model("logistic"), *opened = NULL;
  assert_ok(lnti_model_save(model, p->file, ERR));
  assert_ok(lnti_model_open(&opened, p->file, &context, ERR));
  assert_null(opened->choice_json);
  lnt_model_close(opened);
  model->choice_json = strdup(choice);
  assert_ok(lnti_model_save(model, p->file, ERR));
  assert_ok(lnti_model_open(&opened, p->file, &context, ERR));
  assert_string_equal(opened->choice_json, choice);
  lnt_model_close(opened);
  lnt_model_close(model);
}

static void test_no_metrics(void **state) {
  const place *p = *state;
  lnti_context context = toy_context();
  lnt_model *model = toy_model("logistic"), *opened = NULL;
  free(model->metrics_json);
  model->metrics_json = NULL;
  model->data_fingerprint[0] = '\0';
  assert_ok(lnti_model_save(model, p->file, ERR));
  assert_ok(lnti_model_open(&opened, p->file, &context, ERR));
  assert_null(opened->metrics_json);
  lnt_model_close(opened);
  lnt_model_close(model);
}

static void refuse_save(lnt_model *model, const char *path, const char *part) {
  lnt_status status = lnti_model_save(model, path, ERR);
  assert_true(status == LNT_EINVAL || status == LNT_EDATA);
  assert_message(part);
  lnt_model_close(model);
}

static void test_incomplete_models_are_not_saved(void **state) {
  const place *p = *state;
  lnt_model *model = NULL;
  assert_ok(lnti_model_new(&model, ERR));
  refuse_save(model, p->file, "lacks");
  model = toy_model("knn");
  free(model->name);
  model->name = NULL;
  refuse_save(model, p->file, "a name");
  model = toy_model("knn");
  model->target[0] = '\0';
  refuse_save(model, p->file, "a target");
  model = toy_model("knn");
  model->classes[1].id[0] = '\0';
  refuse_save(model, p->file, "class 1 has no id");
  model = toy_model("knn");
  model->fitted->d++;
  refuse_save(model, p->file, "fitted to");
  model = toy_model("knn");
  free(model->metrics_json);
  model->metrics_json = strdup("[1]");
  refuse_save(model, p->file, "object");
  model = toy_model("knn");
  free(model->metrics_json);
  model->metrics_json = strdup("{\"a\":");
  refuse_save(model, p->file, "metrics");
  model = toy_model("knn");
  model->choice_json = strdup("3");
  refuse_save(model, p->file, "cross_validation");
  model = toy_model("knn");
  free(model->metrics_json);
  model->metrics_json = strdup("{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}");
  refuse_save(model, p->file, "deeper");
  assert_int_equal(lnti_test_count_entries(p->folder), 0);
}

static void forget(char **text) {
  free(*text);
  *text = NULL;
}

/* What opening calls damaged, saving does not write. */
static void test_what_cannot_be_opened_is_not_saved(void **state) {
  const place *p = *state;
  const double temperatures[] = {0, 0.00099, 1001, -1, NAN, INFINITY};
  lnt_model *model = toy_model("knn");
  forget(&model->target_title);
  refuse_save(model, p->file, "the target's title");
  model = toy_model("knn");
  forget(&model->calibrated_on);
  refuse_save(model, p->file, "calibrated on");
  for (size_t i = 0; i < sizeof temperatures / sizeof *temperatures; i++) {
    model = toy_model("knn");
    model->temperature = temperatures[i];
    refuse_save(model, p->file, "temperature");
  }
  for (size_t k = 0; k < 2; k++) {
    model = toy_model("knn");
    for (size_t i = k; i < TOY_K; i++) {
      forget(&model->classes[i].id);
      forget(&model->classes[i].title);
    }
    model->fitted->n_classes = model->n_classes = k;
    refuse_save(model, p->file, k ? "it has 1 classes" : "it has 0 classes");
  }
  model = toy_model("knn");
  forget(&model->classes[2].title);
  refuse_save(model, p->file, "class 2 has no title");
  model = toy_model("knn");
  forget(&model->classes[2].id);
  assert_ok(lnti_strdup(&model->classes[2].id, "shoes/ankle-boot", ERR));
  refuse_save(model, p->file, "two of its classes have the id 'shoes/ankle-boot'");
  model = toy_model("knn");
  model->data_fingerprint[3] = 'x';
  refuse_save(model, p->file, "data_fingerprint");
  model = toy_model("knn");
  model->created_ms = UINT64_MAX;
  refuse_save(model, p->file, "2^53");
  model = toy_model("knn");
  model->question_id = -1;
  refuse_save(model, p->file, "2^53");
  model = toy_model("knn");
  model->n_train = SIZE_MAX;
  refuse_save(model, p->file, "2^53");
  assert_int_equal(lnti_test_count_entries(p->folder), 0);

  const double ends[] = {1e-3, 1e3};
  for (size_t i = 0; i < 2; i++) {
    lnt_model *opened = NULL;
    lnti_context context = toy_context();
    model = toy_model("knn");
    model->temperature = ends[i];
    assert_ok(lnti_model_save(model, p->file, ERR));
    assert_ok(lnti_model_open(&opened, p->file, &context, ERR));
    assert_true(opened->temperature == ends[i]);
    lnt_model_close(opened);
    lnt_model_close(model);
  }
}

static void test_no_such_folder(void **state) {
  const place *p = *state;
  char *path = lnti_test_path(p->folder, "no/such/toy.lnt");
  lnt_model *model = toy_model("logistic");
  assert_status(lnti_model_save(model, path, ERR), LNT_ENOTFOUND);
  assert_message("no/such/toy.lnt");
  lnt_model_close(model);
  free(path);
}

/* A logistic toy's file with another manifest, and `bias` for its biases. */
static void write_with(const char *path, const char *manifest, const char *bias_name, const float *bias,
                       const float *weight) {
  lnti_lnt_writer *w = NULL;
  const size_t shape[2] = {TOY_K, TOY_D};
  assert_ok(lnti_lnt_create(&w, path, ERR));
  assert_ok(lnti_lnt_put(w, "manifest.json", manifest, strlen(manifest), ERR));
  assert_ok(lnti_lnt_put_tensor(w, "weight", LNTI_F32, shape, 2, weight, ERR));
  assert_ok(lnti_lnt_put_tensor(w, bias_name, LNTI_F32, shape, 1, bias, ERR));
  assert_ok(lnti_lnt_commit(w, ERR));
}

static void refuse_open(const char *path, lnt_status wanted, const char *part) {
  lnti_context context = toy_context();
  lnt_model *model = NULL;
  assert_status(lnti_model_open(&model, path, &context, ERR), wanted);
  assert_message(part);
  assert_message(path);
  assert_null(model);
}

static void test_lying_manifests(void **state) {
  const place *p = *state;
  static const struct {
    const char *from, *to;
    lnt_status status;
    const char *part;
  } cases[] = {
      {"\"format\": 1", "\"format\": 3", LNT_EUNSUPPORTED, "format 3"},
      {"\"format\": 1", "\"format\": 0", LNT_ECORRUPT, "format"},
      {"\"format\": 1", "\"format\": \"1\"", LNT_ECORRUPT, "format"},
      {"\"format\": 1", "\"for\": 1", LNT_ECORRUPT, "format"},
      {"\"linnet\"", "\"linux\"", LNT_ECORRUPT, "linnet"},
      {"\"name\": \"toy\"", "\"name\": 3", LNT_ECORRUPT, "name"},
      {"\"target\": ", "\"t\": ", LNT_ECORRUPT, "target"},
      {"\"target_title\": ", "\"t\": ", LNT_ECORRUPT, "target_title"},
      {"\"classes\"", "\"klasses\"", LNT_ECORRUPT, "classes"},
      {"\"id\": \"bag\"", "\"id\": \"\"", LNT_ECORRUPT, "class 1"},
      {"\"id\": \"bag\"", "\"id\": \"cafe-noir\"", LNT_ECORRUPT, "have the id 'cafe-noir'"},
      {"\"classes\": [", "\"classes\": [], \"c\": [", LNT_ECORRUPT, "0 classes"},
      {"\"name\": \"toy\"", "\"name\": \"\"", LNT_ECORRUPT, "a name"},
      {"\"id\": \"bag\"", "\"i\": \"bag\"", LNT_ECORRUPT, "id"},
      {"\"title\": \"Bag\"", "\"title\": []", LNT_ECORRUPT, "title"},
      {"\"calibration\"", "\"k\"", LNT_ECORRUPT, "method"},
      {"\"method\": \"temperature\"", "\"method\": \"isotonic\"", LNT_EUNSUPPORTED, "isotonic"},
      {"\"temperature\": 1.25", "\"temperature\": 0", LNT_ECORRUPT, "temperature"},
      {"\"temperature\": 1.25", "\"temperature\": 0.00099", LNT_ECORRUPT, "temperature"},
      {"\"temperature\": 1.25", "\"temperature\": -1", LNT_ECORRUPT, "temperature"},
      {"\"temperature\": 1.25", "\"temperature\": 1e99", LNT_ECORRUPT, "temperature"},
      {"\"temperature\": 1.25", "\"temperature\": null", LNT_ECORRUPT, "temperature"},
      {"\"n\": 60\n", "\"n\": -1\n", LNT_ECORRUPT, "n"},
      {"\"n_train\": 60", "\"n_train\": 1.5", LNT_ECORRUPT, "n_train"},
      {"\"created_ms\": ", "\"c\": ", LNT_ECORRUPT, "created_ms"},
      {"\"id\": 7", "\"id\": 0", LNT_ECORRUPT, "id"},
      {"\"made_ms\": ", "\"m\": ", LNT_ECORRUPT, "made_ms"},
      {"\"made_ms\": ", "\"made_ms\": -", LNT_ECORRUPT, "made_ms"},
      {"\"question\": {", "\"question\": 7, \"q\": {", LNT_ECORRUPT, "id"},
      {"\"seed\": \"18446744073709551615\"", "\"seed\": \"18446744073709551616\"", LNT_ECORRUPT, "seed"},
      {"\"seed\": \"18446744073709551615\"", "\"seed\": \"-1\"", LNT_ECORRUPT, "seed"},
      {"\"seed\": \"18446744073709551615\"", "\"seed\": \"\"", LNT_ECORRUPT, "seed"},
      {"\"data_fingerprint\": \"", "\"data_fingerprint\": \"x", LNT_ECORRUPT, "data_fingerprint"},
      {"\"metrics\": {", "\"metrics\": [], \"m\": {", LNT_ECORRUPT, "metrics"},
      {"\"metrics\": {", "\"cross_validation\": [], \"metrics\": {", LNT_ECORRUPT, "cross_validation"},
      {"\"feature\": \"pixels", "\"feature\": \"clip", LNT_EUNSUPPORTED, "clip"},
      {"\"feature_version\": 1", "\"feature_version\": 2", LNT_EUNSUPPORTED, "version 2"},
      {"\"precision\": \"f32\"", "\"precision\": \"bf16\"", LNT_EUNSUPPORTED, "bf16"},
      {"\"pipeline\": \"resize=4x3", "\"pipeline\": \"resize=4x4", LNT_ECORRUPT, "pipeline"},
      {"height=3", "height=5", LNT_ECORRUPT, "pipeline"},
      {"\"d\": 12", "\"d\": 13", LNT_ECORRUPT, "'d'"},
      {"\"dtype\": \"u8\"", "\"dtype\": \"f32\"", LNT_ECORRUPT, "dtype"},
      {"\"learner\": \"logistic\"", "\"learner\": \"forest\"", LNT_EUNSUPPORTED, "forest"},
      {"\"learner\": \"logistic\"", "\"learner\": \"knn\"", LNT_ECORRUPT, ""},
      {"\"params\": {", "\"params\": 1, \"p\": {", LNT_ECORRUPT, "params"},
      {"\"C\": ", "\"CC\": ", LNT_ECORRUPT, "CC"},
      {"{", "", LNT_ECORRUPT, "manifest.json"},
      {"{", "[{", LNT_ECORRUPT, "manifest.json"},
  };
  lnt_model *model = toy_model("logistic");
  const float bias[TOY_K] = {0}, weight[TOY_K * TOY_D] = {0};
  assert_ok(lnti_model_save(model, p->file, ERR));
  char *manifest = toy_manifest(p->file);
  write_with(p->file, manifest, "bias", bias, weight);
  lnti_context context = toy_context();
  lnt_model *opened = NULL;
  assert_ok(lnti_model_open(&opened, p->file, &context, ERR)); /* so that each refusal is of its change */
  lnt_model_close(opened);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = toy_replaced(manifest, cases[i].from, cases[i].to);
    write_with(p->file, text, "bias", bias, weight);
    refuse_open(p->file, cases[i].status, cases[i].part);
    free(text);
  }
  free(manifest);
  lnt_model_close(model);
}

static void test_wrong_tensors(void **state) {
  const place *p = *state;
  lnt_model *model = toy_model("logistic");
  float bias[TOY_K] = {0}, weight[TOY_K * TOY_D] = {0};
  assert_ok(lnti_model_save(model, p->file, ERR));
  char *manifest = toy_manifest(p->file);
  write_with(p->file, manifest, "bios", bias, weight);
  refuse_open(p->file, LNT_ECORRUPT, "bias");
  bias[2] = NAN;
  write_with(p->file, manifest, "bias", bias, weight);
  refuse_open(p->file, LNT_ECORRUPT, "bias");
  bias[2] = 0;
  weight[35] = INFINITY;
  write_with(p->file, manifest, "bias", bias, weight);
  refuse_open(p->file, LNT_ECORRUPT, "weight");
  free(manifest);
  lnt_model_close(model);
}

/* Weights that are finite, and overflow: 255 * 3e38 is inf, and inf - inf no number. The model opens; nothing that it
 * says is a probability, so it says nothing. */
static void test_weights_that_overflow(void **state) {
  const place *p = *state;
  lnt_model *model = toy_model("logistic"), *opened = NULL;
  float bias[TOY_K] = {0}, weight[TOY_K * TOY_D], prob[2 * TOY_K] = {7, 7, 7, 7, 7, 7};
  uint8_t pixels[2 * TOY_D] = {0};
  memset(pixels + TOY_D, 255, TOY_D);
  for (size_t i = 0; i < TOY_K * TOY_D; i++) weight[i] = i % 2 ? 3e38F : -3e38F;
  assert_ok(lnti_model_save(model, p->file, ERR));
  char *manifest = toy_manifest(p->file);
  write_with(p->file, manifest, "bias", bias, weight);
  assert_ok(lnt_model_open(&opened, p->file, NULL, ERR));
  lnti_matrix x = lnti_matrix_of(pixels, 2, TOY_D, LNTI_U8);
  lnti_context context = toy_context();
  assert_status(lnti_model_predict(prob, opened, &x, &context, ERR), LNT_ECORRUPT);
  assert_message("its weights overflow on row 1");
  prob[TOY_K] = 7;
  assert_message(p->file);
  x.n = 1; /* black pixels overflow nothing */
  assert_ok(lnti_model_predict(prob, opened, &x, &context, ERR));
  assert_float_equal(prob[2], 1.0 / 3, 1e-6);
  assert_status(lnt_model_classify_pixels(prob + TOY_K, opened, pixels + TOY_D, TOY_H, TOY_W, 1, ERR), LNT_ECORRUPT);
  assert_message("its weights overflow");
  assert_true(prob[TOY_K] == 7);
  char *image = lnti_test_path(p->folder, "white.pgm");
  uint8_t pgm[64];
  int header = snprintf((char *)pgm, sizeof pgm, "P5\n%d %d\n255\n", TOY_W, TOY_H);
  memset(pgm + header, 255, TOY_D);
  lnti_test_write_file(image, pgm, (size_t)header + TOY_D);
  assert_status(lnt_model_classify(prob, opened, image, ERR), LNT_ECORRUPT);
  assert_status(lnt_model_classify_memory(prob, opened, pgm, (size_t)header + TOY_D, ERR), LNT_ECORRUPT);
  free(image);
  lnt_model_close(opened);
  free(manifest);
  lnt_model_close(model);
}

static void test_wrong_knn_tensors(void **state) {
  const place *p = *state;
  lnt_model *model = toy_model("knn");
  assert_ok(lnti_model_save(model, p->file, ERR));
  char *manifest = toy_manifest(p->file);
  const uint8_t rows[4 * TOY_D] = {0};
  const struct {
    size_t n_rows, n_labels;
    int32_t label[4];
    lnt_status status;
  } cases[] = {{4, 4, {0, 1, 2, 0}, LNT_OK},        {4, 4, {0, 1, 3, 0}, LNT_ECORRUPT},
               {4, 4, {0, -1, 2, 0}, LNT_ECORRUPT}, {4, 3, {0, 1, 2, 0}, LNT_ECORRUPT},
               {1, 1, {0}, LNT_ECORRUPT},           {0, 0, {0}, LNT_ECORRUPT}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_lnt_writer *w = NULL;
    lnt_model *opened = NULL;
    lnti_context context = toy_context();
    const size_t shape[2] = {cases[i].n_rows, TOY_D};
    assert_ok(lnti_lnt_create(&w, p->file, ERR));
    assert_ok(lnti_lnt_put(w, "manifest.json", manifest, strlen(manifest), ERR));
    assert_ok(lnti_lnt_put_tensor(w, "labels", LNTI_I32, &cases[i].n_labels, 1, cases[i].label, ERR));
    assert_ok(lnti_lnt_put_tensor(w, "rows", LNTI_U8, shape, 2, rows, ERR));
    assert_ok(lnti_lnt_commit(w, ERR));
    assert_status(lnti_model_open(&opened, p->file, &context, ERR), cases[i].status);
    lnt_model_close(opened);
  }
  free(manifest);
  lnt_model_close(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_saved_and_opened_agree, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_choice, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_metrics, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_incomplete_models_are_not_saved, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_what_cannot_be_opened_is_not_saved, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_such_folder, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_lying_manifests, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_wrong_tensors, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_weights_that_overflow, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_wrong_knn_tensors, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
