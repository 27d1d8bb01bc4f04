#include <model/model_support.h>

#include <base/alloc.h>
#include <eval/class_tree.h>
#include <math/topk.h>
#include <stdarg.h>

static double centre(size_t c, size_t j) {
  return 40 + 60.0 * (double)((c + j * (c + 1)) % 4);
}

void toy_make(toy *out, uint64_t seed, size_t n, size_t d, size_t k, lnti_dtype dtype, double spread) {
  lnti_rng rng;
  toy t = {0};
  lnti_rng_seed(&rng, seed, 0);
  assert_ok(lnti_alloc_aligned(&t.x, n * d, lnti_dtype_bytes(dtype), ERR));
  assert_ok(lnti_alloc(&t.label, n, sizeof *t.label, ERR));
  for (size_t i = 0; i < n; i++) {
    t.label[i] = (int32_t)(i % k);
    for (size_t j = 0; j < d; j++) {
      double v = centre(i % k, j) + spread * lnti_rng_normal(&rng);
      v = v < 0 ? 0 : v > 255 ? 255 : v;
      if (dtype == LNTI_U8)
        ((uint8_t *)t.x)[i * d + j] = (uint8_t)v;
      else
        ((float *)t.x)[i * d + j] = (float)(v / 64 - 2);
    }
  }
  t.problem = (lnti_problem){.x = lnti_matrix_of(t.x, n, d, dtype), .label = t.label, .n_classes = k, .seed = seed};
  *out = t;
}

void toy_row(double *out, const toy *t, size_t i) {
  const lnti_matrix *x = &t->problem.x;
  for (size_t j = 0; j < x->d; j++)
    out[j] = x->dtype == LNTI_U8 ? ((const uint8_t *)t->x)[i * x->d + j] : (double)((const float *)t->x)[i * x->d + j];
}

void toy_labels(toy *out, uint64_t seed, size_t n, size_t d, size_t k, lnti_dtype dtype) {
  lnti_rng rng;
  toy t;
  toy_make(&t, seed, n, d, 2, dtype, 60);
  lnti_rng_seed(&rng, seed, 1);
  double *row = malloc(d * sizeof *row), unit = dtype == LNTI_U8 ? 60 : 1;
  assert_ok(lnti_alloc(&t.truth, n, k * sizeof *t.truth, ERR));
  for (size_t i = 0; i < n; i++) {
    toy_row(row, &t, i);
    for (size_t c = 0; c < k; c++) {
      double z = unit * lnti_rng_normal(&rng) - (dtype == LNTI_U8 ? 20 : 0);
      for (size_t j = 0; j < d; j++)
        z += (j % k == c ? 1 : -0.5 / (double)d) * (row[j] - (dtype == LNTI_U8 ? 80 : -0.7));
      t.truth[i * k + c] = lnti_rng_below(&rng, 4) == 0 ? -1 : z > 0;
    }
  }
  free(row);
  t.problem.task = LNTI_MULTILABEL;
  t.problem.truth = t.truth;
  t.problem.label = NULL;
  t.problem.n_classes = k;
  *out = t;
}

void toy_numbers(toy *out, uint64_t seed, size_t n, size_t d, lnti_dtype dtype) {
  lnti_rng rng;
  toy t;
  toy_make(&t, seed, n, d, 2, dtype, 60);
  lnti_rng_seed(&rng, seed, 1);
  double *row = malloc(d * sizeof *row);
  assert_ok(lnti_alloc(&t.value, n, sizeof *t.value, ERR));
  for (size_t i = 0; i < n; i++) {
    toy_row(row, &t, i);
    t.value[i] = 7 + 0.1 * lnti_rng_normal(&rng);
    for (size_t j = 0; j < d; j++) t.value[i] += (double)(j % 3) * row[j] / 10;
  }
  free(row);
  t.problem.task = LNTI_REGRESSION;
  t.problem.value = t.value;
  t.problem.label = NULL;
  t.problem.n_classes = 1;
  *out = t;
}

void toy_same_on_threads(const lnti_learner *learner, const lnti_problem *problem, const lnti_params *params) {
  size_t bytes = problem->x.n * problem->n_classes * sizeof(float);
  float *first = malloc(bytes), *score = malloc(bytes);
  for (unsigned threads = 1; threads <= 3; threads++) {
    lnti_context context = toy_context();
    assert_ok(lnti_pool_new(&context.pool, threads, ERR));
    lnti_fitted *fitted = toy_fit(learner, problem, params, &context);
    assert_ok(learner->score(threads == 1 ? first : score, fitted, &problem->x, &context, ERR));
    if (threads > 1) assert_memory_equal(first, score, bytes);
    lnti_fitted_free(fitted);
    lnti_pool_free(context.pool);
  }
  free(score);
  free(first);
}

void toy_clear(toy *t) {
  free(t->value);
  free(t->truth);
  free(t->label);
  free(t->x);
  *t = (toy){0};
}

lnti_context toy_context(void) {
  return (lnti_context){.cpu = lnt_cpu_detect()};
}

lnti_params toy_params(const lnti_learner *learner, ...) {
  lnti_params params;
  va_list settings;
  lnti_params_init(&params, learner->params);
  va_start(settings, learner);
  for (const char *s = va_arg(settings, const char *); s; s = va_arg(settings, const char *))
    assert_ok(lnti_params_set(&params, s, ERR));
  va_end(settings);
  return params;
}

lnti_fitted *toy_fit(const lnti_learner *learner, const lnti_problem *problem, const lnti_params *params,
                     const lnti_context *context) {
  lnti_fitted *fitted = NULL;
  lnti_fit_report report;
  assert_ok(learner->fit(&fitted, &report, problem, params, context, ERR));
  return fitted;
}

double toy_accuracy(const lnti_fitted *fitted, const lnti_problem *problem, const lnti_context *context) {
  size_t n = problem->x.n, k = problem->n_classes, right = 0;
  float *score = NULL;
  assert_ok(lnti_alloc(&score, n * k, sizeof *score, ERR));
  assert_ok(fitted->learner->score(score, fitted, &problem->x, context, ERR));
  for (size_t i = 0; i < n; i++) right += lnti_argmax(score + i * k, k) == (size_t)problem->label[i];
  free(score);
  return (double)right / (double)n;
}

const toy_kind toy_kinds[TOY_KINDS] = {
    {"logistic", LNTI_MULTICLASS}, {"knn", LNTI_MULTICLASS},        {"centroid", LNTI_MULTICLASS},
    {"logistic", LNTI_MULTILABEL}, {"knn", LNTI_MULTILABEL},        {"knn", LNTI_REGRESSION},
    {"ridge", LNTI_REGRESSION},    {"logistic", LNTI_HIERARCHICAL},
};

static const char *const flat_ids[TOY_K] = {"shoes/ankle-boot", "bag", "cafe-noir"};
static const char *const tree_ids[TOY_K] = {"shoes", "shoes/boot", "bag/hand/red"};

static void fit_toy(lnt_model *model, const lnti_learner *learner) {
  toy t;
  lnti_class_tree *tree = NULL;
  lnti_context context = toy_context();
  lnti_params params = toy_params(learner, NULL);
  if (model->task == LNTI_MULTILABEL)
    toy_labels(&t, 7, 60, TOY_D, TOY_K, LNTI_U8);
  else if (model->task == LNTI_REGRESSION)
    toy_numbers(&t, 7, 60, TOY_D, LNTI_U8);
  else
    toy_make(&t, 7, 60, TOY_D, TOY_K, LNTI_U8, 10);
  if (model->task == LNTI_HIERARCHICAL) {
    assert_ok(lnti_class_tree_new(&tree, tree_ids, TOY_K, ERR));
    t.problem.task = LNTI_HIERARCHICAL;
    t.problem.tree = tree;
  }
  model->fitted = toy_fit(learner, &t.problem, &params, &context);
  lnti_class_tree_free(tree);
  toy_clear(&t);
}

static void name(lnti_model_class *out, const char *id, const char *title) {
  assert_ok(lnti_strdup(&out->id, id, ERR));
  assert_ok(lnti_strdup(&out->title, title, ERR));
}

/* What only some tasks have. */
static void complete_toy(lnt_model *model) {
  switch (model->task) {
    case LNTI_MULTILABEL:
      assert_ok(lnti_alloc(&model->threshold, TOY_K, sizeof *model->threshold, ERR));
      assert_ok(lnti_alloc(&model->platt, TOY_K, sizeof *model->platt, ERR));
      for (size_t c = 0; c < TOY_K; c++) {
        model->threshold[c] = 0.25 * (double)c;
        model->platt[c] = (lnti_platt){1.5, 0.1 - (double)c};
      }
      break;
    case LNTI_HIERARCHICAL:
      assert_ok(lnti_alloc_zero(&model->nodes, 2, sizeof *model->nodes, ERR));
      model->n_nodes = 2;
      name(&model->nodes[0], "bag/hand", "Hand bag");
      name(&model->nodes[1], "bag", "Bag");
      break;
    case LNTI_REGRESSION:
      assert_ok(lnti_alloc(&model->residual, 3, sizeof *model->residual, ERR));
      model->n_residuals = 3;
      model->residual[0] = (lnti_residual){0.1, -1.5};
      model->residual[1] = (lnti_residual){0.5, 0};
      model->residual[2] = (lnti_residual){0.9, 2.25};
      model->range.min = 0;
      model->range.max = 90;
      assert_ok(lnti_strdup(&model->range.unit, "mm²", ERR));
      break;
    default:
      model->temperature = 1.25;
  }
}

lnt_model *toy_model(const char *learner) {
  return toy_task_model(learner, LNTI_MULTICLASS);
}

lnt_model *toy_task_model(const char *learner, lnti_task task) {
  static const char *const titles[TOY_K] = {"Ankle boot", "Bag", "Café \"noir\""};
  const lnti_image_traits traits = {TOY_H, TOY_W, false};
  const lnti_learner *found = NULL;
  lnt_model *model = NULL;
  assert_ok(lnti_learner_find(&found, learner, ERR));
  assert_ok(lnti_model_new(&model, ERR));
  model->task = task;
  fit_toy(model, found);
  assert_ok(lnti_extractor_new(&model->extractor, "pixels", &traits, ERR));
  assert_int_equal(lnti_extractor_d(model->extractor), TOY_D);
  assert_ok(lnti_strdup(&model->name, "toy", ERR));
  assert_ok(lnti_strdup(&model->target, "article", ERR));
  assert_ok(lnti_strdup(&model->target_title, "Article", ERR));
  assert_ok(lnti_strdup(&model->calibrated_on, "out of fold, 60 rows", ERR));
  assert_ok(lnti_strdup(&model->metrics_json, "{\"accuracy\":{\"value\":0.95,\"ci95\":[0.9,1]},\"n\":60}", ERR));
  assert_ok(lnti_alloc_zero(&model->classes, TOY_K, sizeof *model->classes, ERR));
  model->n_classes = task == LNTI_REGRESSION ? 1 : TOY_K;
  for (size_t i = 0; i < model->n_classes; i++)
    name(&model->classes[i], task == LNTI_HIERARCHICAL ? tree_ids[i] : flat_ids[i], titles[i]);
  complete_toy(model);
  lnti_hash hash;
  lnti_hash_bytes(&hash, "toy", 3);
  lnti_hash_hex(model->data_fingerprint, &hash);
  model->n_train = 60;
  model->n_calibration = 60;
  model->seed = UINT64_MAX;
  model->created_ms = 1700000000000;
  model->question_id = 7;
  model->question_made_ms = 1600000000000;
  model->context = toy_context();
  return model;
}

void toy_image(uint8_t pixels[TOY_D], int c) {
  for (size_t j = 0; j < TOY_D; j++) pixels[j] = (uint8_t)centre((size_t)c, j);
}

char *toy_manifest(const char *path) {
  lnti_lnt_reader *file = NULL;
  const void *data = NULL;
  size_t n = 0;
  assert_ok(lnti_lnt_open(&file, path, ERR));
  assert_ok(lnti_lnt_get(&data, &n, file, "manifest.json", ERR));
  char *text = malloc(n + 1);
  memcpy(text, data, n);
  text[n] = '\0';
  lnti_lnt_close(file);
  return text;
}

char *toy_replaced(const char *text, const char *from, const char *to) {
  const char *at = strstr(text, from);
  if (!at) fail_msg("the manifest does not hold '%s'", from);
  char *out = malloc(strlen(text) + strlen(to) + 1);
  memcpy(out, text, (size_t)(at - text));
  strcpy(out + (at - text), to);
  strcat(out, at + strlen(from));
  return out;
}
