/*
 * Models on embeddings: the file carries the network, 64-byte aligned, and gives the same probabilities where nothing else
 * is at hand; a network or a description that is not what it should be is refused. Models on vectors that were made elsewhere, whose
 * file has their name alone. And models of a network's own classes.
 */
#include <math.h>
#include <model/model_support.h>
#include <network_maker.h>
#include <unistd.h>

enum { SIDE = 4, PIXELS = SIDE * SIDE * 3, D = 3 };

static message network;

static int set_up(void **state) {
  (void)state;
  network = make_tiny_network(SIDE);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  free(network.data);
  return 0;
}

static lnti_backbone *open_network(lnti_backbone_output wanted) {
  static char name[] = "tiny", layer[] = "flat";
  const lnti_backbone_spec said = {.name = name, .layer = layer, .mean = {0.5f, 0.5f, 0.5f}, .std = {0.25f, 0.5f, 1}};
  const lnti_context context = toy_context();
  lnti_backbone *backbone = NULL;
  assert_ok(lnti_backbone_read(&backbone, network.data, network.n, "tiny", &said, wanted, &context, ERR));
  return backbone;
}

static lnt_model *embedding_model(const char *learner) {
  const lnti_learner *found = NULL;
  lnti_context context = toy_context();
  lnt_model *model = toy_model("logistic");
  toy t;
  assert_ok(lnti_learner_find(&found, learner, ERR));
  lnti_params params = toy_params(found, NULL);
  toy_make(&t, 7, 60, D, TOY_K, LNTI_F32, 10);
  lnti_fitted_free(model->fitted);
  model->fitted = toy_fit(found, &t.problem, &params, &context);
  toy_clear(&t);
  lnti_extractor_free(model->extractor);
  model->extractor = NULL;
  assert_ok(lnti_extractor_of_backbone(&model->extractor, open_network(LNTI_BACKBONE_EMBEDDING),
                                       LNTI_BACKBONE_EMBEDDING, ERR));
  return model;
}

static void classify(float prob[TOY_K], const lnt_model *model, uint8_t shade) {
  uint8_t pixels[PIXELS];
  for (size_t i = 0; i < PIXELS; i++) pixels[i] = (uint8_t)(shade + 40 * (i % 3));
  assert_ok(lnt_model_classify_pixels(prob, model, pixels, SIDE, SIDE, 3, ERR));
}

static void the_file_is_whole(void **state) {
  const char *const learners[] = {"logistic", "knn", "centroid"};
  (void)state;
  for (size_t l = 0; l < sizeof learners / sizeof *learners; l++) {
    char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
    lnt_model *made = embedding_model(learners[l]), *opened = NULL;
    lnti_lnt_reader *file = NULL;
    const void *data = NULL;
    size_t n = 0;
    assert_ok(lnti_model_save(made, path, ERR));
    assert_ok(lnti_lnt_open(&file, path, ERR));
    assert_ok(lnti_lnt_get(&data, &n, file, "backbone/network", ERR));
    assert_int_equal((uintptr_t)data % 64, 0);
    assert_int_equal(n, network.n);
    assert_memory_equal(data, network.data, n);
    lnti_lnt_close(file);
    assert_ok(lnt_model_open(&opened, path, NULL, ERR));
    assert_string_equal(lnt_model_feature(opened), "embedding:tiny@flat");
    for (unsigned shade = 0; shade < 256; shade += 51) {
      float before[TOY_K], after[TOY_K];
      classify(before, made, (uint8_t)shade);
      classify(after, opened, (uint8_t)shade);
      assert_memory_equal(after, before, sizeof after);
    }
    lnt_model_close(opened);
    lnt_model_close(made);
    free(path);
    lnti_test_folder_remove(folder);
  }
}

/* A file of this manifest and network (NULL: none), with the weights of a sound one. */
static void write_file(const char *path, const char *manifest, const void *data, size_t n) {
  static const float weight[TOY_K * D], bias[TOY_K];
  const size_t shape[2] = {TOY_K, D};
  lnti_lnt_writer *w = NULL;
  assert_ok(lnti_lnt_create(&w, path, ERR));
  assert_ok(lnti_lnt_put(w, "manifest.json", manifest, strlen(manifest), ERR));
  if (data) assert_ok(lnti_lnt_put(w, "backbone/network", data, n, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "weight", LNTI_F32, shape, 2, weight, ERR));
  assert_ok(lnti_lnt_put_tensor(w, "bias", LNTI_F32, shape, 1, bias, ERR));
  assert_ok(lnti_lnt_commit(w, ERR));
}

static lnt_status open_file(const char *path) {
  lnt_model *model = NULL;
  lnt_status status = lnt_model_open(&model, path, NULL, ERR);
  lnt_model_close(model);
  return status;
}

static void what_does_not_fit_is_refused(void **state) {
  static const struct {
    const char *from, *to;
  } wrong[] = {{"embedding:tiny@flat", "embedding:tiny@pooled"},
               {"embedding:tiny@flat", "embedding:other@flat"},
               {"\"layer\": \"flat\"", "\"layer\": \"gone\""},
               {"\"layer\": \"flat\"", "\"layer\": null"},
               {"\"layer\": \"flat\"", "\"layer\": \"scores\""},
               {"\"width\": 4", "\"width\": 5"},
               {"\"width\": 4", "\"width\": 4000000000"},
               {"resize=4x4", "resize=5x5"},
               {"\"d\": 3", "\"d\": 4"},
               {"\"dtype\": \"f32\"", "\"dtype\": \"u8\""},
               {"\"colour\": \"rgb\"", "\"colour\": 7"},
               {"\"backbone\": {", "\"backbones\": {"}};
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
  lnt_model *made = embedding_model("logistic");
  assert_ok(lnti_model_save(made, path, ERR));
  lnt_model_close(made);
  char *manifest = toy_manifest(path);
  write_file(path, manifest, network.data, network.n);
  assert_ok(open_file(path));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char *changed = toy_replaced(manifest, wrong[i].from, wrong[i].to);
    write_file(path, changed, network.data, network.n);
    assert_status(open_file(path), LNT_ECORRUPT);
    assert_message("damaged");
    free(changed);
  }
  write_file(path, manifest, NULL, 0);
  assert_status(open_file(path), LNT_ECORRUPT);
  free(manifest);
  free(path);
  lnti_test_folder_remove(folder);
}

/* A sound file whose network would take 4 GiB: which file it is stands in the message. */
static void a_network_beyond_all_limits_is_named(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
  lnt_model *made = embedding_model("logistic");
  assert_ok(lnti_model_save(made, path, ERR));
  lnt_model_close(made);
  char *manifest = toy_manifest(path);
  const uint64_t input[] = {1, 3, SIDE, SIDE}, three[] = {3};
  const int64_t huge[] = {4, 16384, 16384};
  message g = {0};
  put_message(&g, 11, make_input("x", input, 4, 1));
  put_message(&g, 12, make_value("scores"));
  put_message(&g, 1, make_node("ConstantOfShape", "shape", "zeros"));
  put_message(&g, 1, make_node("ReduceMax", "zeros", "most"));
  put_message(&g, 1, make_node("Add", "x most", "flat"));
  put_message(&g, 1, make_node("Neg", "flat", "scores"));
  put_message(&g, 5, make_tensor("shape", 7, three, 1, huge, sizeof huge));
  message m = make_model(g, 17);
  write_file(path, manifest, m.data, m.n);
  assert_status(open_file(path), LNT_ELIMIT);
  assert_message("a.lnt: ");
  free(m.data);
  free(manifest);
  free(path);
  lnti_test_folder_remove(folder);
}

/* Every length of the network, and 500 changes of it, in a container whose sums are right. */
typedef struct hostile {
  const char *path, *manifest;
} hostile;

static void check_hostile(const hostile *h, const void *data, size_t n) {
  lnt_model *model = NULL;
  write_file(h->path, h->manifest, data, n);
  lnt_status status = lnt_model_open(&model, h->path, NULL, ERR);
  if (status == LNT_OK) {
    float prob[TOY_K];
    uint8_t pixels[PIXELS] = {9, 99, 200};
    status = lnt_model_classify_pixels(prob, model, pixels, SIDE, SIDE, 3, ERR);
    assert_true(status == LNT_OK || status == LNT_EDATA || status == LNT_ECORRUPT);
  } else {
    assert_true(status == LNT_ECORRUPT || status == LNT_EUNSUPPORTED || status == LNT_ELIMIT);
  }
  lnt_model_close(model);
}

static void mutate(lnti_rng *rng, void *payload) {
  uint8_t *copy = malloc(network.n);
  memcpy(copy, network.data, network.n);
  for (size_t i = 0, n = 1 + lnti_rng_below(rng, 4); i < n; i++)
    copy[lnti_rng_below(rng, network.n)] ^= (uint8_t)(1 + lnti_rng_below(rng, 255));
  check_hostile(payload, copy, network.n);
  free(copy);
}

static void hostile_networks(void **state) {
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
  lnt_model *made = embedding_model("logistic");
  assert_ok(lnti_model_save(made, path, ERR));
  lnt_model_close(made);
  char *manifest = toy_manifest(path);
  hostile h = {path, manifest};
  for (size_t n = 0; n < network.n; n += 7) check_hostile(&h, network.data, n);
  lnti_test_property("a hostile network is refused or answers", 300, mutate, &h);
  free(manifest);
  free(path);
  lnti_test_folder_remove(folder);
}

/* It opens and says what it is, and classifies no image. */
static void imported_vectors(void **state) {
  static const char id[] = "01a20350-e63f-708d-8e21-d2c1e8eca6b2";
  static const struct {
    const char *from, *to;
  } wrong[] = {{id, "01a20350"},
               {"\"imported\": \"", "\"imported\": 7, \"other\": \""},
               {"\"imported\"", "\"exported\""},
               {"embedding:clip", "embedding:"},
               {"embedding:clip", "embedding:../clip"},
               {"embedding:clip", "embedding:clip@flat"},
               {"\"pipeline\": \"\"", "\"pipeline\": \"resize=4x4,colour=rgb\""},
               {"\"d\": 3", "\"d\": 0"},
               {"\"d\": 3", "\"d\": 4294967295"},
               {"\"dtype\": \"f32\"", "\"dtype\": \"f16\""}};
  (void)state;
  char *folder = lnti_test_folder(), *path = lnti_test_path(folder, "a.lnt");
  lnt_model *made = embedding_model("logistic"), *opened = NULL;
  lnti_extractor_free(made->extractor);
  made->extractor = NULL;
  assert_ok(lnti_extractor_of_imported(&made->extractor, "clip", id, D, ERR));
  assert_ok(lnti_model_save(made, path, ERR));
  lnt_model_close(made);
  assert_ok(lnt_model_open(&opened, path, NULL, ERR));
  assert_string_equal(lnt_model_feature(opened), "embedding:clip");
  assert_string_equal(lnti_extractor_imported(opened->extractor), id);
  assert_int_equal(lnti_extractor_d(opened->extractor), D);
  float prob[TOY_K];
  uint8_t pixels[PIXELS] = {0};
  assert_status(lnt_model_classify_pixels(prob, opened, pixels, SIDE, SIDE, 3, ERR), LNT_EUNSUPPORTED);
  assert_message("embedding:clip was computed elsewhere");
  lnt_model_close(opened);
  char *manifest = toy_manifest(path);
  write_file(path, manifest, NULL, 0);
  assert_ok(open_file(path));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char *changed = toy_replaced(manifest, wrong[i].from, wrong[i].to);
    write_file(path, changed, NULL, 0);
    assert_status(open_file(path), LNT_ECORRUPT);
    free(changed);
  }
  free(manifest);
  free(path);
  lnti_test_folder_remove(folder);
}

static void own_classes(void **state) {
  (void)state;
  const lnti_context context = toy_context();
  lnt_model *model = NULL;
  float prob[2];
  uint8_t pixels[PIXELS];
  for (size_t i = 0; i < PIXELS; i++) pixels[i] = i % 3 == 0 ? 255 : 0; /* (2, -1, -0.5): scores 10, -10 */
  assert_ok(lnti_model_of_backbone(&model, open_network(LNTI_BACKBONE_CLASSES), &context, ERR));
  assert_int_equal(lnt_model_n_classes(model), 2);
  assert_string_equal(lnt_model_class_title(model, 1), "class 1");
  assert_string_equal(lnt_model_class_id(model, 1), "1");
  assert_ok(lnt_model_classify_pixels(prob, model, pixels, SIDE, SIDE, 3, ERR));
  assert_true(fabsf(prob[1] - 1 / (1 + expf(20))) < 1e-9f);
  lnt_model_close(model);
  model = NULL;
  assert_status(lnti_model_of_backbone(&model, open_network(LNTI_BACKBONE_EMBEDDING), &context, ERR), LNT_EINVAL);
  assert_message("has no classes of its own");
  assert_null(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_file_is_whole),
                                     cmocka_unit_test(what_does_not_fit_is_refused),
                                     cmocka_unit_test(a_network_beyond_all_limits_is_named),
                                     cmocka_unit_test(hostile_networks),
                                     cmocka_unit_test(imported_vectors),
                                     cmocka_unit_test(own_classes)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
