/*
 * Sound containers of hostile content: the writer makes the file, so that every check sum is right and what is refused,
 * or not, is the manifest and the tensors themselves. A model that opens gives probabilities or says why not.
 */
#include <math.h>
#include <model/model_support.h>

typedef struct place {
  char *folder, *file;
  char *manifest; /* of the learner's toy */
} place;

static void begin(place *p, const char *learner) {
  lnt_model *model = toy_model(learner);
  p->folder = lnti_test_folder();
  p->file = lnti_test_path(p->folder, "hostile.lnt");
  assert_ok(lnti_model_save(model, p->file, ERR));
  p->manifest = toy_manifest(p->file);
  lnt_model_close(model);
}

static void end(place *p) {
  free(p->manifest);
  free(p->file);
  lnti_test_folder_remove(p->folder);
}

static void write_knn(const place *p, const char *manifest, size_t n, size_t d, const uint8_t *rows,
                      const int32_t *label) {
  lnti_lnt_writer *w = NULL;
  const size_t shape[2] = {n, d};
  assert_ok(lnti_lnt_create(&w, p->file, ERR));
  assert_ok(lnti_lnt_put(w, "manifest.json", manifest, strlen(manifest), ERR));
  assert_ok(lnti_lnt_put_tensor(w, "labels", LNTI_I32, shape, 1, label, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "rows", LNTI_U8, shape, 2, rows, ERR));
  assert_ok(lnti_lnt_commit(w, ERR));
}

static void write_logistic(const place *p, const char *manifest, const float *weight, const float *bias) {
  lnti_lnt_writer *w = NULL;
  const size_t shape[2] = {TOY_K, TOY_D};
  assert_ok(lnti_lnt_create(&w, p->file, ERR));
  assert_ok(lnti_lnt_put(w, "manifest.json", manifest, strlen(manifest), ERR));
  assert_ok(lnti_lnt_put_tensor(w, "weight", LNTI_F32, shape, 2, weight, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "bias", LNTI_F32, shape, 1, bias, ERR));
  assert_ok(lnti_lnt_commit(w, ERR));
}

/* Black, white and in between: probabilities (of classes summing to 1) or a finite number, or LNT_ECORRUPT. True where all
 * were. */
static bool answers(const lnt_model *model) {
  enum { IMAGES = 3 };
  static const uint8_t shade[IMAGES] = {0, 255, 100};
  size_t k = lnt_model_n_classes(model), sound = 0;
  lnt_task task = lnt_model_task(model);
  for (size_t i = 0; i < IMAGES; i++) {
    uint8_t pixels[TOY_D];
    float *prob = calloc(k, sizeof *prob);
    double sum = 0;
    memset(pixels, shade[i], sizeof pixels);
    lnt_status status = lnt_model_classify_pixels(prob, model, pixels, TOY_H, TOY_W, 1, ERR);
    if (status == LNT_OK) {
      for (size_t c = 0; c < k; c++) {
        assert_true(task == LNT_TASK_REGRESSION ? isfinite(prob[c]) : prob[c] >= 0 && prob[c] <= 1);
        sum += (double)prob[c];
      }
      if (task == LNT_TASK_MULTICLASS || task == LNT_TASK_HIERARCHICAL) assert_float_equal(sum, 1, 1e-4);
      sound++;
    } else if (status != LNT_ECORRUPT) {
      fail_msg("image %zu gave %s", i, lnt_status_name(status));
    }
    free(prob);
  }
  return sound == IMAGES;
}

static void test_weights_of_every_size(void **state) {
  (void)state;
  const float sizes[] = {0, 1e-45F, 1, 1e30F, 3e38F};
  place p;
  begin(&p, "logistic");
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (size_t signs = 0; signs < 4; signs++) {
      float weight[TOY_K * TOY_D], bias[TOY_K];
      lnt_model *model = NULL;
      for (size_t i = 0; i < TOY_K * TOY_D; i++) weight[i] = (signs & 1) && i % 2 ? -sizes[s] : sizes[s];
      for (size_t c = 0; c < TOY_K; c++) bias[c] = (signs & 2) && c % 2 ? -sizes[s] : sizes[s];
      write_logistic(&p, p.manifest, weight, bias);
      assert_ok(lnt_model_open(&model, p.file, NULL, ERR));
      bool all = answers(model);
      if (sizes[s] <= 1e30F) assert_true(all);
      if (sizes[s] > 1e30F) assert_false(all);
      lnt_model_close(model);
    }
  end(&p);
}

/* One pixel, one value, one class: a neighbour is found, and the memory is that of the rows. */
static void test_knn_of_one_value(void **state) {
  (void)state;
  enum { N = 1000 };
  static const uint8_t rows[N];
  static const int32_t label[N];
  place p;
  lnt_model *model = NULL;
  begin(&p, "knn");
  char *size = toy_replaced(p.manifest, "height=3,width=4", "height=1,width=1");
  char *pipeline = toy_replaced(size, "resize=4x3", "resize=1x1");
  char *manifest = toy_replaced(pipeline, "\"d\": 12", "\"d\": 1");
  write_knn(&p, manifest, N, 1, rows, label);
  assert_ok(lnt_model_open(&model, p.file, NULL, ERR));
  assert_true(answers(model));
  lnt_model_close(model);
  model = NULL;

  /* The same rows said to be of another depth, up to one whose product with n is beyond 64 bits. */
  const char *const depths[] = {"2", "12", "65537", "4294967295", "18446744073709551615", "1e30", "-1", "0"};
  for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
    char to[64];
    snprintf(to, sizeof to, "\"d\": %s", depths[i]);
    char *lie = toy_replaced(manifest, "\"d\": 1", to);
    write_knn(&p, lie, N, 1, rows, label);
    assert_status(lnt_model_open(&model, p.file, NULL, ERR), LNT_ECORRUPT);
    free(lie);
  }
  free(manifest);
  free(pipeline);
  free(size);
  end(&p);
}

/* A feature of absurd size: refused, and without memory for it. */
static void test_absurd_features(void **state) {
  (void)state;
  const char *const sizes[] = {"height=1024,width=1024", "height=65535,width=65535",
                               "height=4294967295,width=4294967295", "height=-1,width=4"};
  const uint8_t rows[2 * TOY_D] = {0};
  const int32_t label[2] = {0, 1};
  place p;
  begin(&p, "knn");
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    lnt_model *model = NULL;
    char *manifest = toy_replaced(p.manifest, "height=3,width=4", sizes[i]);
    write_knn(&p, manifest, 2, TOY_D, rows, label);
    lnt_status status = lnt_model_open(&model, p.file, NULL, ERR);
    assert_true(status == LNT_ECORRUPT || status == LNT_EUNSUPPORTED);
    free(manifest);
  }
  end(&p);
}

/* Bytes changed at random, then written with sums that are right. */
static void mutate(lnti_rng *rng, uint8_t *data, size_t n) {
  static const char likely[] = "0123456789-\",:{}[]e. ";
  size_t changes = 1 + lnti_rng_below(rng, 4);
  for (size_t i = 0; i < changes; i++) {
    size_t at = lnti_rng_below(rng, n);
    bool text = lnti_rng_below(rng, 2) == 0;
    data[at] = text ? (uint8_t)likely[lnti_rng_below(rng, sizeof likely - 1)] : (uint8_t)lnti_rng_below(rng, 256);
  }
}

static void mutate_once(lnti_rng *rng, void *payload) {
  const place *p = payload;
  bool knn = strstr(p->manifest, "\"learner\": \"knn\"") != NULL;
  size_t n = strlen(p->manifest);
  char *manifest = strdup(p->manifest);
  float numbers[TOY_K * TOY_D + TOY_K] = {0};
  uint8_t rows[4 * TOY_D] = {0};
  int32_t label[4] = {0, 1, 2, 0};
  lnt_model *model = NULL;
  for (size_t i = 0; i < TOY_K * TOY_D; i++) numbers[i] = (float)lnti_rng_normal(rng);
  if (lnti_rng_below(rng, 2)) mutate(rng, (uint8_t *)manifest, n);
  if (lnti_rng_below(rng, 2)) mutate(rng, (uint8_t *)numbers, sizeof numbers);
  if (lnti_rng_below(rng, 4) == 0) mutate(rng, (uint8_t *)label, sizeof label);
  if (knn)
    write_knn(p, manifest, 4, TOY_D, rows, label);
  else
    write_logistic(p, manifest, numbers, numbers + TOY_K * TOY_D);
  lnt_status status = lnt_model_open(&model, p->file, NULL, ERR);
  if (status == LNT_OK)
    (void)answers(model);
  else
    assert_true(status == LNT_ECORRUPT || status == LNT_EUNSUPPORTED || status == LNT_ELIMIT);
  lnt_model_close(model);
  free(manifest);
}

static void test_mutations_with_right_sums(void **state) {
  const char *const learners[] = {"logistic", "knn", "centroid"};
  (void)state;
  for (size_t l = 0; l < sizeof learners / sizeof *learners; l++) {
    place p;
    begin(&p, learners[l]);
    lnti_test_property("hostile content is refused or answered", 300, mutate_once, &p);
    end(&p);
  }
}

/* A whole model of some kind: its manifest, or bytes of one tensor, changed and put together again with right sums. */
typedef struct whole {
  place place;
  lnti_lnt_reader *file;
  char *tensor[2]; /* their names, as entries */
} whole;

static void copy_entry(lnti_lnt_writer *w, const whole *m, const char *entry, lnti_rng *rng) {
  const void *data = NULL;
  size_t n = 0;
  assert_ok(lnti_lnt_get(&data, &n, m->file, entry, ERR));
  uint8_t *copy = malloc(n);
  memcpy(copy, data, n);
  if (lnti_rng_below(rng, 2)) mutate(rng, copy, n);
  assert_ok(lnti_lnt_put(w, entry, copy, n, ERR));
  free(copy);
}

static void mutate_whole(lnti_rng *rng, void *payload) {
  const whole *m = payload;
  lnti_lnt_writer *w = NULL;
  lnt_model *model = NULL;
  assert_ok(lnti_lnt_create(&w, m->place.file, ERR));
  copy_entry(w, m, "manifest.json", rng);
  for (size_t i = 0; i < 2; i++) copy_entry(w, m, m->tensor[i], rng);
  assert_ok(lnti_lnt_commit(w, ERR));
  lnt_status status = lnt_model_open(&model, m->place.file, NULL, ERR);
  if (status == LNT_OK)
    (void)answers(model);
  else
    assert_true(status == LNT_ECORRUPT || status == LNT_EUNSUPPORTED || status == LNT_ELIMIT);
  lnt_model_close(model);
}

static void test_every_kind_of_model(void **state) {
  static const char *const tensors[][2] = {{"weights/weight.f32.3x12", "weights/bias.f32.3"},
                                           {"weights/truth.u8.60x3", "weights/rows.u8.60x12"},
                                           {"weights/values.f64.60", "weights/rows.u8.60x12"},
                                           {"weights/weight.f64.12", "weights/bias.f64.1"},
                                           {"weights/weight.f32.4x12", "weights/bias.f32.4"}};
  (void)state;
  for (size_t i = 3; i < TOY_KINDS; i++) {
    whole m = {0};
    lnt_model *model = toy_task_model(toy_kinds[i].learner, toy_kinds[i].task);
    m.place.folder = lnti_test_folder();
    m.place.file = lnti_test_path(m.place.folder, "hostile.lnt");
    char *sound = lnti_test_path(m.place.folder, "sound.lnt");
    assert_ok(lnti_model_save(model, sound, ERR));
    lnt_model_close(model);
    assert_ok(lnti_lnt_open(&m.file, sound, ERR));
    for (size_t e = 0; e < 2; e++) m.tensor[e] = strdup(tensors[i - 3][e]);
    lnti_test_property("a changed model of any task is refused or answers", 80, mutate_whole, &m);
    for (size_t e = 0; e < 2; e++) free(m.tensor[e]);
    lnti_lnt_close(m.file);
    free(sound);
    end(&m.place);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_weights_of_every_size), cmocka_unit_test(test_knn_of_one_value),
      cmocka_unit_test(test_absurd_features),       cmocka_unit_test(test_mutations_with_right_sums),
      cmocka_unit_test(test_every_kind_of_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
