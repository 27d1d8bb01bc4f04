/*
 * Backbones: what is found out of a network, what is said and assumed of it, and the numbers that it gives, which are
 * worked out by hand.
 */
#include "network_maker.h"

#include <base/alloc.h>
#include <base/text.h>
#include <base/threads.h>
#include <feature/backbone_parts.h>
#include <feature/feature.h>
#include <math.h>

static const lnti_context plain = {.cpu = LNT_CPU_GENERIC};
static const lnti_image_limits LIMITS = LNTI_IMAGE_LIMITS_INIT;

enum { SIDE = 4 };

static lnt_status read_model(lnti_backbone **out, const message *m, const lnti_backbone_spec *said) {
  return lnti_backbone_read(out, m->data, m->n, "tiny", said, LNTI_BACKBONE_OUTPUTS, &plain, ERR);
}

/* A picture of one colour. */
static void fill(uint8_t *pixels, uint8_t r, uint8_t g, uint8_t b) {
  const uint8_t colour[] = {r, g, b};
  for (size_t i = 0; i < SIDE * SIDE * 3; i++) pixels[i] = colour[i % 3];
}

static void outputs_are_found_and_all_else_is_assumed(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  message m = make_tiny_network(SIDE);
  assert_ok(read_model(&b, &m, NULL));
  const lnti_backbone_spec *spec = lnti_backbone_get_spec(b);
  assert_string_equal(spec->layer, "flat");
  assert_string_equal(spec->classes, "scores"); /* not what the softmax makes */
  assert_int_equal(spec->w, SIDE);
  assert_int_equal(lnti_backbone_d(b, LNTI_BACKBONE_EMBEDDING), 3);
  assert_int_equal(lnti_backbone_d(b, LNTI_BACKBONE_CLASSES), 2);
  assert_true(fabsf(spec->mean[0] - 0.485f) < 1e-6f && fabsf(spec->std[2] - 0.225f) < 1e-6f);
  assert_non_null(strstr(lnti_backbone_assumed(b), "ImageNet"));
  assert_null(strstr(lnti_backbone_assumed(b), "size"));
  lnti_backbone_free(b);
  free(m.data);

  m = make_tiny_network(0);
  assert_ok(read_model(&b, &m, NULL));
  assert_int_equal(lnti_backbone_get_spec(b)->h, 224);
  assert_non_null(strstr(lnti_backbone_assumed(b), "224"));
  lnti_backbone_free(b);
  free(m.data);
}

static void metadata_say_what_is_not_said(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  message m = make_tiny_network(SIDE);
  put_metadata(&m, "mean", "0.5, 0.4,0.3");
  put_metadata(&m, "std", "[0.5]");
  put_metadata(&m, "labels", "[\"red\", \"blue\"]");
  put_metadata(&m, "license", "MIT");
  assert_ok(read_model(&b, &m, NULL));
  const lnti_backbone_spec *spec = lnti_backbone_get_spec(b);
  assert_string_equal(lnti_backbone_assumed(b), "");
  assert_true(fabsf(spec->mean[2] - 0.3f) < 1e-6f && fabsf(spec->std[2] - 0.5f) < 1e-6f);
  assert_int_equal(spec->n_labels, 2);
  assert_string_equal(spec->label[1], "blue");
  assert_string_equal(spec->licence, "MIT");
  lnti_backbone_free(b);

  free(m.data);
  m = make_tiny_network(SIDE);
  put_metadata(&m, "std", "58.4");
  assert_status(read_model(&b, &m, NULL), LNT_EDATA);
  assert_message("divide what is of 0 to 255 by 255");
  free(m.data);
}

/* A mean without a std, and the other way round, is kept; the other half is told. */
static void half_a_scale_is_kept(void **state) {
  (void)state;
  static const struct {
    const char *key, *says;
    float mean, std;
  } half[] = {{"mean", "a std of 1 is assumed", 0.25f, 1}, {"std", "a mean of 0 is assumed", 0, 0.25f}};
  for (size_t i = 0; i < sizeof half / sizeof *half; i++) {
    lnti_backbone *b = NULL;
    message m = make_tiny_network(SIDE);
    put_metadata(&m, half[i].key, "0.25");
    assert_ok(read_model(&b, &m, NULL));
    assert_non_null(strstr(lnti_backbone_assumed(b), half[i].says));
    assert_null(strstr(lnti_backbone_assumed(b), "ImageNet"));
    const lnti_backbone_spec *spec = lnti_backbone_get_spec(b);
    assert_true(spec->mean[1] == half[i].mean && spec->std[1] == half[i].std);
    lnti_backbone_free(b);
    free(m.data);
  }
}

static void what_is_said_is_checked(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  char scores[] = "scores", flat[] = "flatt";
  char *labels[] = {scores, scores, scores};
  message m = make_tiny_network(SIDE);
  assert_status(read_model(&b, &m, &(lnti_backbone_spec){.h = 8, .w = 8}), LNT_EINVAL);
  assert_message("height of 4 pixels and no other");
  assert_status(read_model(&b, &m, &(lnti_backbone_spec){.layer = flat}), LNT_EINVAL);
  assert_message("did you mean \"flat\"");
  assert_status(read_model(&b, &m, &(lnti_backbone_spec){.label = labels, .n_labels = 3}), LNT_EINVAL);
  assert_message("names for 3 classes, and the network has 2");
  assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.layer = scores}));
  assert_int_equal(lnti_backbone_d(b, LNTI_BACKBONE_EMBEDDING), 2);
  lnti_backbone_free(b);
  assert_status(read_model(&b, &(message){.data = m.data, .n = m.n / 2}, NULL), LNT_EDATA);
  free(m.data);

  /* What takes no picture. */
  const uint64_t flat_dims[] = {1, 48}, many[] = {8, 3, 4, 4}, wide[] = {1, 5, 4, 4};
  const struct {
    const uint64_t *dims;
    size_t rank;
    const char *says;
  } wrong[] = {{flat_dims, 2, "not said to be a picture"}, {many, 4, "8 pictures at once"}, {wide, 4, "5 channels"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    message g = {0};
    put_message(&g, 11, make_input("x", wrong[i].dims, wrong[i].rank, 1));
    put_message(&g, 12, make_value("y"));
    put_message(&g, 1, make_node("Relu", "x", "y"));
    m = make_model(g, 17);
    assert_status(read_model(&b, &m, NULL), LNT_EUNSUPPORTED);
    assert_message(wrong[i].says);
    free(m.data);
  }
}

/* Channels last in u8, and a map of places, which is averaged. */
static void other_layouts(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  const uint64_t dims[] = {1, SIDE, SIDE, 3};
  char layer[] = "y";
  uint8_t pixels[SIDE * SIDE * 3];
  float out[3];
  message g = {0};
  put_message(&g, 11, make_input("x", dims, 4, 2));
  put_message(&g, 12, make_value("y"));
  message cast = make_node("Cast", "x", "y"), attribute = {0};
  put_text(&attribute, 1, "to");
  put_number(&attribute, 20, 2);
  put_number(&attribute, 3, 1);
  put_message(&cast, 5, attribute);
  put_message(&g, 1, cast);
  message m = make_model(g, 17);
  assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.layer = layer, .bgr = true}));
  assert_int_equal(lnti_backbone_d(b, LNTI_BACKBONE_CLASSES), 0);
  /* What lies as the picture does has its channels where the picture has them. */
  assert_int_equal(lnti_backbone_d(b, LNTI_BACKBONE_EMBEDDING), 3);
  fill(pixels, 10, 20, 60);
  const lnti_image image = {.h = SIDE, .w = SIDE, .c = 3, .data = pixels};
  assert_ok(lnti_backbone_run(out, b, LNTI_BACKBONE_EMBEDDING, &image, ERR));
  for (int i = 0; i < 3; i++) assert_true(fabsf(out[i] - (float[]){60, 20, 10}[i]) < 1e-4f);
  assert_status(lnti_backbone_run(out, b, LNTI_BACKBONE_CLASSES, &image, ERR), LNT_EINVAL);
  assert_string_equal(lnti_backbone_assumed(b), "");
  lnti_backbone_free(b);
  /* What is said in vain is told. */
  assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.layer = layer, .std = {0.5f, 0.5f, 0.5f}}));
  assert_non_null(strstr(lnti_backbone_assumed(b), "--mean and --std make no difference"));
  lnti_backbone_free(b);
  free(m.data);
}

static void a_grey_picture_has_no_order_of_colours(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  const uint64_t dims[] = {1, 1, SIDE, SIDE};
  message g = {0};
  put_message(&g, 11, make_input("x", dims, 4, 1));
  put_message(&g, 12, make_value("y"));
  put_message(&g, 1, make_node("Relu", "x", "y"));
  message m = make_model(g, 17);
  assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.std = {1, 1, 1}, .bgr = true}));
  assert_string_equal(lnti_backbone_assumed(b), "it takes grey pictures: --bgr makes no difference");
  lnti_backbone_free(b);
  free(m.data);
}

static lnt_status note_layer(void *payload, const lnti_backbone_layer *layer, lnt_error *err) {
  (void)err;
  char *list = payload;
  size_t used = strlen(list);
  used += (size_t)snprintf(list + used, 200 - used, "%s by %s [", layer->name, layer->op);
  for (size_t i = 0; i < layer->rank; i++) {
    used += (size_t)snprintf(list + used, 200 - used, "%s%zu", i ? "," : "", layer->dim[i]);
  }
  snprintf(list + used, 200 - used, "] %zu; ", layer->d);
  return LNT_OK;
}

static void put_ints(message *to, const char *name, const uint64_t *value, size_t n) {
  message attribute = {0};
  put_text(&attribute, 1, name);
  for (size_t i = 0; i < n; i++) put_number(&attribute, 8, value[i]);
  put_number(&attribute, 20, 7);
  put_message(to, 5, attribute);
}

/* An early convolution makes fewer channels than the map has columns. */
static void channels_of_an_early_map(void **state) {
  (void)state;
  enum { BIG = 8 };
  static const float weights[2][3] = {{1, 0, 0}, {0, 0, 2}};
  static const char *const layers[] = {"map", "bent", "turned", "added"};
  const uint64_t dims[] = {1, 3, BIG, BIG}, kernel[] = {2, 3, 1, 1}, last[] = {0, 2, 3, 1};
  uint8_t pixels[BIG * BIG * 3];
  message g = {0};
  put_message(&g, 11, make_input("x", dims, 4, 1));
  put_message(&g, 12, make_value("added"));
  put_message(&g, 1, make_node("Conv", "x w", "map"));
  put_message(&g, 1, make_node("Relu", "map", "bent"));
  message turn = make_node("Transpose", "bent", "turned");
  put_ints(&turn, "perm", last, 4);
  put_message(&g, 1, turn);
  put_message(&g, 1, make_node("Add", "turned turned", "added"));
  put_message(&g, 5, make_tensor("w", 1, kernel, 4, weights, sizeof weights));
  message m = make_model(g, 17);
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = i % 3 == 0 ? 51 : i % 3 == 2 ? 102 : 0;
  const lnti_image image = {.h = BIG, .w = BIG, .c = 3, .data = pixels};
  for (size_t i = 0; i < 4; i++) {
    lnti_backbone *b = NULL;
    char layer[16];
    float out[BIG];
    snprintf(layer, sizeof layer, "%s", layers[i]);
    assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.layer = layer, .std = {1, 1, 1}}));
    assert_int_equal(lnti_backbone_d(b, LNTI_BACKBONE_EMBEDDING), 2);
    assert_ok(lnti_backbone_run(out, b, LNTI_BACKBONE_EMBEDDING, &image, ERR));
    const float times = i == 3 ? 2 : 1;
    assert_true(fabsf(out[0] - 0.2f * times) < 1e-5f && fabsf(out[1] - 0.8f * times) < 1e-5f);
    char list[200] = "";
    assert_ok(lnti_backbone_layers(b, note_layer, list, ERR));
    assert_string_equal(list,
                        "map by Conv [1,2,8,8] 2; bent by Relu [1,2,8,8] 2; turned by Transpose [1,8,8,2] 2; "
                        "added by Add [1,8,8,2] 2; ");
    lnti_backbone_free(b);
  }
  free(m.data);
}

/* Where nothing tells: equal sides do, else there are more channels than columns. */
static void channels_by_shape_alone(void **state) {
  (void)state;
  static const struct {
    lnti_shape shape;
    lnti_backbone_layout layout;
    size_t d;
  } maps[] = {{{.rank = 4, .dim = {1, 24, 56, 56}}, LNTI_LAYOUT_UNKNOWN, 24},
              {{.rank = 4, .dim = {1, 56, 56, 24}}, LNTI_LAYOUT_UNKNOWN, 24},
              {{.rank = 4, .dim = {1, 7, 9, 64}}, LNTI_LAYOUT_UNKNOWN, 64},
              {{.rank = 4, .dim = {1, 64, 7, 9}}, LNTI_LAYOUT_UNKNOWN, 64},
              {{.rank = 4, .dim = {1, 8, 30, 40}}, LNTI_LAYOUT_FIRST, 8},
              {{.rank = 4, .dim = {1, 40, 30, 8}}, LNTI_LAYOUT_LAST, 8}};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
    lnti_backbone_vector v;
    assert_ok(lnti_backbone_vector_of(&v, &maps[i].shape, maps[i].layout, ERR));
    assert_int_equal(v.d, maps[i].d);
  }
}

static void numbers_are_those_of_the_network(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  uint8_t pixels[SIDE * SIDE * 3];
  float flat[3], scores[2];
  const lnti_image image = {.h = SIDE, .w = SIDE, .c = 3, .data = pixels};
  message m = make_tiny_network(SIDE);
  lnti_backbone_spec said = {.mean = {0.5f, 0.5f, 0.5f}, .std = {0.5f, 0.5f, 0.25f}};
  fill(pixels, 255, 0, 51); /* 1, -1, (0.2 - 0.5) / 0.25 */
  assert_ok(read_model(&b, &m, &said));
  assert_ok(lnti_backbone_run(flat, b, LNTI_BACKBONE_EMBEDDING, &image, ERR));
  assert_true(fabsf(flat[0] - 1) < 1e-5f && fabsf(flat[1] + 1) < 1e-5f && fabsf(flat[2] + 1.2f) < 1e-5f);
  assert_ok(lnti_backbone_run(scores, b, LNTI_BACKBONE_CLASSES, &image, ERR));
  assert_true(fabsf(scores[0] - 8.8f) < 1e-4f && fabsf(scores[1] + 8.8f) < 1e-4f);
  lnti_backbone_free(b);

  said.bgr = true; /* mean and std are of the network's own order */
  assert_ok(read_model(&b, &m, &said));
  assert_ok(lnti_backbone_run(flat, b, LNTI_BACKBONE_EMBEDDING, &image, ERR));
  assert_true(fabsf(flat[0] + 0.6f) < 1e-5f && fabsf(flat[1] + 1) < 1e-5f && fabsf(flat[2] - 2) < 1e-5f);
  lnti_backbone_free(b);
  free(m.data);
}

/* ---- as a feature ---- */

static void an_embedding_is_rounded_to_f16(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  lnti_extractor *e = NULL, *classes = NULL;
  char name[] = "tiny";
  uint8_t pixels[SIDE * SIDE * 3];
  float out[4] = {0, 0, 0, 77}, scores[2];
  message m = make_tiny_network(SIDE);
  const lnti_backbone_spec said = {.name = name, .std = {0.3f, 0.3f, 0.3f}};
  const lnti_blob blob = {
      .kind = LNTI_BLOB_PIXELS, .data = pixels, .bytes = sizeof pixels, .h = SIDE, .w = SIDE, .c = 3};
  fill(pixels, 100, 7, 200);
  assert_ok(read_model(&b, &m, &said));
  assert_ok(lnti_extractor_of_backbone(&e, b, LNTI_BACKBONE_EMBEDDING, ERR));
  assert_string_equal(lnti_extractor_text(e), "embedding:tiny@flat");
  assert_int_equal(lnti_extractor_dtype(e), LNTI_F32);
  assert_int_equal(lnti_extractor_stored_dtype(e), LNTI_F16);
  assert_ok(lnti_extractor_run(out, e, &blob, &LIMITS, ERR));
  for (int c = 0; c < 3; c++) {
    assert_true(out[c] == lnti_f16_value(lnti_f16_of(out[c])));
    assert_true(fabsf(out[c] - pixels[c] / 255.0f / 0.3f) < 2e-3f);
  }
  assert_true(out[3] == 77);
  assert_ok(read_model(&b, &m, &said));
  assert_ok(lnti_extractor_of_backbone(&classes, b, LNTI_BACKBONE_CLASSES, ERR));
  assert_string_not_equal(lnti_extractor_key(classes), lnti_extractor_key(e));
  assert_ok(lnti_extractor_run(scores, classes, &blob, &LIMITS, ERR));
  assert_true(fabsf(scores[0] - 4 * (100 - 200) / 255.0f / 0.3f) < 1e-4f); /* not rounded */
  lnti_extractor_free(classes);
  lnti_extractor_free(e);
  free(m.data);
}

/* Cache keys: other preprocessing, another layer or another file is another key; another name is not. */
static void keys(void **state) {
  (void)state;
  char *key[7];
  const lnti_context best = {.cpu = lnt_cpu_detect()};
  char a[] = "a", other[] = "b", layer[] = "scores";
  message m = make_tiny_network(SIDE), longer = make_tiny_network(SIDE);
  put_metadata(&longer, "note", "x");
  const lnti_backbone_spec said[] = {{.name = a, .std = {1, 1, 1}},
                                     {.name = other, .std = {1, 1, 1}},
                                     {.name = a, .std = {1, 1, 0.5f}},
                                     {.name = a, .std = {1, 1, 1}, .layer = layer},
                                     {.name = a, .std = {1, 1, 1}, .precision = LNTI_BF16},
                                     {.name = a, .std = {1, 1, 1}},
                                     {.name = a, .std = {1, 1, 1}, .precision = LNTI_BF16}};
  for (size_t i = 0; i < 7; i++) {
    lnti_backbone *b = NULL;
    const message *file = i == 5 ? &longer : &m;
    assert_ok(lnti_backbone_read(&b, file->data, file->n, "tiny", &said[i], LNTI_BACKBONE_OUTPUTS,
                                 i == 6 ? &best : &plain, ERR));
    assert_ok(lnti_backbone_key(&key[i], b, LNTI_BACKBONE_EMBEDDING, ERR));
    lnti_backbone_free(b);
  }
  assert_string_equal(key[0], key[1]);
  assert_string_equal(key[0], key[4]); /* a level without products of bf16 runs in f32 */
  assert_int_equal(strcmp(key[0], key[6]) != 0, lnti_backbone_runs_bf16(&best));
  const size_t others[] = {2, 3, 5};
  for (size_t i = 0; i < 3; i++) assert_string_not_equal(key[0], key[others[i]]);
  for (size_t i = 0; i < 7; i++) free(key[i]);
  free(longer.data);
  free(m.data);
}

static lnt_status run_many(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  lnti_backbone *backbone = payload;
  uint8_t pixels[SIDE * SIDE * 3];
  const lnti_image image = {.h = SIDE, .w = SIDE, .c = 3, .data = pixels};
  (void)worker;
  for (size_t i = begin; i < end; i++) {
    float out[3];
    fill(pixels, (uint8_t)i, 0, 0);
    lnt_status status = lnti_backbone_run(out, backbone, LNTI_BACKBONE_EMBEDDING, &image, err);
    if (status) return status;
    if (fabsf(out[0] - (float)i / 255) > 1e-5f) return LNT_EINTERNAL;
  }
  return LNT_OK;
}

static void any_number_of_threads(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  lnti_pool *pool = NULL;
  message m = make_tiny_network(SIDE);
  assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.std = {1, 1, 1}}));
  assert_ok(lnti_pool_new(&pool, 8, ERR));
  assert_ok(lnti_pool_for(pool, 256, 1, run_many, b, NULL, ERR));
  lnti_pool_free(pool);
  lnti_backbone_free(b);
  free(m.data);
}

/* ---- memory ---- */

/* x's mean of each channel, plus the most of three constants of 4 MiB each that a file of some hundred bytes asks for. */
static message make_greedy_network(void) {
  const uint64_t dims[] = {1, 3, SIDE, SIDE}, three[] = {3};
  const int64_t shape[] = {4, 512, 512};
  message g = {0};
  put_message(&g, 11, make_input("x", dims, 4, 1));
  put_message(&g, 12, make_value("features"));
  put_message(&g, 1, make_node("GlobalAveragePool", "x", "pooled"));
  put_message(&g, 1, make_node("Flatten", "pooled", "at0"));
  for (int i = 0; i < 3; i++) {
    char zeros[16], most[16], inputs[32], sum[16];
    snprintf(zeros, sizeof zeros, "zeros%d", i);
    snprintf(most, sizeof most, "most%d", i);
    snprintf(inputs, sizeof inputs, "at%d %s", i, most);
    snprintf(sum, sizeof sum, "at%d", i + 1);
    put_message(&g, 1, make_node("ConstantOfShape", "shape", zeros));
    put_message(&g, 1, make_node("ReduceMax", zeros, most));
    put_message(&g, 1, make_node("Add", inputs, i == 2 ? "features" : sum));
  }
  put_message(&g, 5, make_tensor("shape", 7, three, 1, shape, sizeof shape));
  return make_model(g, 17);
}

static void plans_are_counted_with_all_they_hold(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  lnti_pool *pool = NULL;
  message m = make_greedy_network();
  assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.std = {1, 1, 1}}));
  const size_t constants = 3 * (4 << 20);
  assert_true(lnti_backbone_plans_max(b, LNTI_BACKBONE_EMBEDDING) > ((size_t)2 << 30) / constants);
  lnti_backbone_limit(b, LNTI_BACKBONE_EMBEDDING, 2 * constants); /* those are shared */
  assert_true(lnti_backbone_plans_max(b, LNTI_BACKBONE_EMBEDDING) > 8);
  lnti_backbone_limit(b, LNTI_BACKBONE_EMBEDDING, constants - 1);
  assert_int_equal(lnti_backbone_plans_max(b, LNTI_BACKBONE_EMBEDDING), 1);
  lnti_backbone_limit(b, LNTI_BACKBONE_EMBEDDING, 1); /* never none */
  assert_int_equal(lnti_backbone_plans_max(b, LNTI_BACKBONE_EMBEDDING), 1);
  assert_ok(lnti_pool_new(&pool, 8, ERR));
  assert_ok(lnti_pool_for(pool, 256, 1, run_many, b, NULL, ERR));
  assert_int_equal(lnti_backbone_plans(b, LNTI_BACKBONE_EMBEDDING), 1);
  lnti_pool_free(pool);
  lnti_backbone_free(b);
  free(m.data);
}

/* Threads find one plan, and memory for a second fails once: what stands must do. */
static void no_memory_for_a_second_plan(void **state) {
  (void)state;
  lnti_pool *pool = NULL;
  message m = make_tiny_network(SIDE);
  assert_ok(lnti_pool_new(&pool, 8, ERR));
  bool failed = false;
  for (int round = 0; round < 100000 && !failed; round++) { /* until two threads have met */
    lnti_backbone *b = NULL;
    assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.std = {1, 1, 1}}));
    lnti_test_fail_allocation_after(1);
    assert_ok(lnti_pool_for(pool, 256, 1, run_many, b, NULL, ERR));
    failed = lnti_test_allocation_failed();
    lnti_test_fail_allocation_after(0);
    lnti_backbone_free(b);
  }
  assert_true(failed);
  lnti_pool_free(pool);
  free(m.data);
}

/* ---- the description ---- */

static lnt_status parse(lnti_backbone_spec *out, const char *json) {
  lnti_arena arena = {0};
  const lnti_json_value *root = NULL;
  assert_ok(lnti_json_parse(&root, &arena, json, strlen(json), "test", ERR));
  lnt_status status = lnti_backbone_spec_read(out, root, ERR);
  lnti_arena_clear(&arena);
  return status;
}

/* Where bf16 is run in f32, nothing differs; the pictures are those of any other time. */
static void what_is_the_same_agrees(void **state) {
  (void)state;
  lnti_backbone *b = NULL;
  lnti_backbone_agreement first, again;
  message m = make_tiny_network(SIDE);
  assert_ok(read_model(&b, &m, &(lnti_backbone_spec){.std = {1, 1, 1}, .precision = LNTI_BF16}));
  assert_ok(lnti_backbone_agreement_of(&first, b, &plain, ERR));
  assert_ok(lnti_backbone_agreement_of(&again, b, &plain, ERR));
  assert_true(first.difference >= 0 && first.difference <= 0);
  assert_int_equal(first.pictures, 8);
  assert_int_equal(first.same, 8);
  assert_int_equal(again.same, 8);
  assert_true(first.ms > 0 && first.ms_f32 > 0);
  lnti_backbone_free(b);
  free(m.data);
}

static void a_description_is_read_as_it_was_written(void **state) {
  (void)state;
  lnti_backbone_spec spec = {0}, again = {0};
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  assert_ok(
      parse(&spec,
            "{\"name\":\"n\",\"width\":5,\"height\":6,\"colour\":\"bgr\",\"precision\":\"bf16\",\"mean\":[0.1,0.2,0.3],"
            "\"std\":[1,1,0.25],\"layer\":\"l\",\"class_layer\":\"\",\"labels\":[\"a\"],\"licence\":null}"));
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, ERR));
  lnti_json_begin_object(w);
  lnti_backbone_spec_write(w, &spec, true);
  lnti_json_end_object(w);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  assert_ok(parse(&again, text.data));
  assert_true(again.w == 5 && again.h == 6 && again.bgr && again.precision == LNTI_BF16 && again.n_labels == 1);
  assert_memory_equal(again.mean, spec.mean, sizeof spec.mean);
  assert_string_equal(again.classes, "");
  assert_null(again.licence);
  lnti_text_clear(&text);
  lnti_backbone_spec_clear(&again);
  lnti_backbone_spec_clear(&spec);

  static const char *const wrong[] = {
      "{}",
      "[]",
      "{\"name\":\"../n\",\"width\":5,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,1]}",
      "{\"name\":\"n\",\"width\":0,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,1]}",
      "{\"name\":\"n\",\"width\":5000,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,1]}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0],\"std\":[1,1,1]}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0,\"a\"],\"std\":[1,1,1]}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,0]}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0,9],\"std\":[1,1,1]}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,1],\"colour\":\"grey\"}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,1],\"precision\":\"f16\"}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,1],\"labels\":[1]}",
      "{\"name\":\"n\",\"width\":5,\"height\":6,\"mean\":[0,0,0],\"std\":[1,1,1],\"layer\":7}"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_status(parse(&spec, wrong[i]), LNT_EDATA);
  assert_null(spec.name);
}

static void labels_of_a_file(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t n;
    const char *last;
  } sound[] = {{"a\nb c\r\n\nd", 3, "d"},
               {"0 a\n1  b\n2:c\n", 3, "c"},
               {"1 a\n2 b\n", 2, "2 b"}, /* those numbers are not its own */
               {"[\"x\", \"y\"]", 2, "y"}};
  for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
    lnti_backbone_spec spec = {0};
    assert_ok(lnti_backbone_labels(&spec, sound[i].text, strlen(sound[i].text), "labels", ERR));
    assert_int_equal(spec.n_labels, sound[i].n);
    assert_string_equal(spec.label[spec.n_labels - 1], sound[i].last);
    lnti_backbone_spec_clear(&spec);
  }
  lnti_backbone_spec spec = {0};
  assert_status(lnti_backbone_labels(&spec, "a\n\xff\n", 4, "labels", ERR), LNT_EDATA);
  assert_status(lnti_backbone_labels(&spec, "[1]", 3, "labels", ERR), LNT_EDATA);
  assert_null(spec.label);
}

static void channels(void **state) {
  (void)state;
  float out[3] = {7, 7, 7};
  assert_ok(lnti_backbone_channels(out, "0.5", "--std", ERR));
  assert_true(out[2] == 0.5f);
  assert_ok(lnti_backbone_channels(out, "[0.1, 0.2, 0.3]", "--mean", ERR));
  assert_true(out[1] == 0.2f);
  static const char *const wrong[] = {"", "1,2", "a", "0.1,0.2,0.3,0.4", "0.1,,0.2", "123.7,116.3,103.5", "nan"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_status(lnti_backbone_channels(out, wrong[i], "--mean", ERR), LNT_EINVAL);
  assert_status(lnti_backbone_channels(out, "0", "--std", ERR), LNT_EINVAL);
  assert_true(out[1] == 0.2f);
}

static void memory_runs_out(void **state) {
  (void)state;
  message m = make_tiny_network(SIDE);
  put_metadata(&m, "labels", "[\"red\", \"blue\"]");
  char name[] = "tiny";
  for_each_fault(n) {
    lnti_backbone *b = NULL;
    lnti_extractor *e = NULL;
    lnt_status status = lnti_backbone_read(&b, m.data, m.n, "tiny", &(lnti_backbone_spec){.name = name},
                                           LNTI_BACKBONE_OUTPUTS, &plain, ERR);
    if (!status) status = lnti_extractor_of_backbone(&e, b, LNTI_BACKBONE_EMBEDDING, ERR);
    const char *usual = NULL;
    char list[200] = "";
    if (!status) status = lnti_backbone_usual_layer(&usual, b, ERR);
    if (!status) status = lnti_backbone_layers(b, note_layer, list, ERR);
    assert_fault_status(status);
    lnti_extractor_free(e);
  }
  free(m.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(outputs_are_found_and_all_else_is_assumed),
                                     cmocka_unit_test(metadata_say_what_is_not_said),
                                     cmocka_unit_test(what_is_said_is_checked),
                                     cmocka_unit_test(other_layouts),
                                     cmocka_unit_test(numbers_are_those_of_the_network),
                                     cmocka_unit_test(an_embedding_is_rounded_to_f16),
                                     cmocka_unit_test(keys),
                                     cmocka_unit_test(any_number_of_threads),
                                     cmocka_unit_test(half_a_scale_is_kept),
                                     cmocka_unit_test(a_grey_picture_has_no_order_of_colours),
                                     cmocka_unit_test(channels_of_an_early_map),
                                     cmocka_unit_test(channels_by_shape_alone),
                                     cmocka_unit_test(plans_are_counted_with_all_they_hold),
                                     cmocka_unit_test(no_memory_for_a_second_plan),
                                     cmocka_unit_test(what_is_the_same_agrees),
                                     cmocka_unit_test(a_description_is_read_as_it_was_written),
                                     cmocka_unit_test(labels_of_a_file),
                                     cmocka_unit_test(channels),
                                     cmocka_unit_test(memory_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
