/*
 * Real networks give what onnxruntime gave for the same images (LINNET_TEST_DATA/backbones: its README says how). Skipped where the
 * data are not there.
 */
#include "graph_support.h"

#include <graph/read.h>
#include <math.h>

/* The file, its pictures and what it should give for them, and which values are that (NULL: the outputs, by their names). */
typedef struct subject {
  const char *file, *reference;
  size_t size;
  const char *logits, *features;
} subject;

static const subject networks[] = {{"mobilenet_v1_0.25_128.onnx", "mobilenet_v1_0.25_128", 128, NULL, NULL},
                                   {"mobilenet_v2_1.0_224.onnx", "mobilenet_v2_1.0_224", 224, NULL, NULL},
                                   {"mobilenet_v2_1.0_224_wq8.onnx", "mobilenet_v2_1.0_224_wq8", 224, NULL, NULL},
                                   {"squeezenet_v1.1_227.onnx", "squeezenet_v1.1_227", 227, NULL, NULL},
                                   {"source/mobilenet_v1_0.25_128_quant.tflite", "mobilenet_v1_0.25_128", 128,
                                    "MobilenetV1/Logits/SpatialSqueeze1", "MobilenetV1/Logits/AvgPool_1a/AvgPool"},
                                   {"source/mobilenet_v2_1.0_224_quant.tflite", "mobilenet_v2_1.0_224", 224,
                                    "MobilenetV2/Logits/Squeeze1", "MobilenetV2/Logits/AvgPool"}};
static const char *const images[] = {"0_goldfish",   "1_Siamese_cat", "2_zebra",
                                     "3_school_bus", "4_teapot",      "5_strawberry"};

enum { IMAGES = sizeof images / sizeof *images };

static char *reference_path(const char *network, const char *image, const char *kind) {
  char *path = NULL;
  const char *data = getenv("LINNET_TEST_DATA");
  assert_ok(lnti_asprintf(&path, ERR, "%s/backbones/reference/%s/%s.%s", data, network, image, kind));
  return path;
}

/* (p - 128) / 128, planes one after the other. */
static void read_image(float *out, const char *network, const char *image, size_t size) {
  size_t n = 0;
  char *path = reference_path(network, image, "rgb");
  char *bytes = lnti_test_read_file(&n, path);
  assert_int_equal(n, size * size * 3);
  for (size_t c = 0; c < 3; c++) {
    for (size_t i = 0; i < size * size; i++) out[c * size * size + i] = ((float)(uint8_t)bytes[3 * i + c] - 128) / 128;
  }
  free(bytes);
  free(path);
}

static void check_output(const lnti_tensor *got, size_t sample, const char *network, const char *image,
                         const char *kind) {
  size_t n = 0, each = lnti_shape_count(&got->shape) / got->shape.dim[0];
  char file[64];
  snprintf(file, sizeof file, "%s.f32", kind);
  char *path = reference_path(network, image, file);
  char *wanted = lnti_test_read_file(&n, path);
  assert_int_equal(n, each * sizeof(float));
  for (size_t i = 0; i < each; i++) {
    float value = 0, mine = ((const float *)got->data)[sample * each + i];
    memcpy(&value, wanted + i * sizeof value, sizeof value);
    if (!(fabsf(value - mine) <= 1e-3f))
      fail_msg("%s, %s, %s %zu: %g, wanted %g", network, image, kind, i, (double)mine, (double)value);
  }
  free(wanted);
  free(path);
}

static uint32_t value_named(const lnti_graph *graph, const char *name) {
  uint32_t value = lnti_graph_find(graph, name, strlen(name));
  assert_int_not_equal(value, LNTI_NO_VALUE);
  return value;
}

static void check_network(const subject *net, lnt_cpu_level level) {
  const lnti_context context = {.cpu = level};
  const size_t size = net->size;
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {IMAGES, 3, size, size}}};
  lnti_plan_options options = {.input = &input};
  uint32_t wanted[2];
  lnti_graph *graph = NULL;
  lnti_plan *plan = NULL;
  float *pixels = NULL;
  char *path = NULL;
  assert_ok(lnti_asprintf(&path, ERR, "%s/backbones/%s", getenv("LINNET_TEST_DATA"), net->file));
  assert_ok(lnti_graph_open(&graph, path, ERR));
  wanted[0] = value_named(graph, net->logits ? net->logits : "logits");
  wanted[1] = value_named(graph, net->features ? net->features : "features");
  options.output = wanted;
  options.n_outputs = 2;
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  assert_ok(lnti_alloc_aligned(&pixels, IMAGES * 3 * size * size, sizeof *pixels, ERR));
  for (size_t i = 0; i < IMAGES; i++) read_image(pixels + i * 3 * size * size, net->reference, images[i], size);
  input.data = pixels;
  assert_ok(lnti_plan_run(plan, &input, ERR));
  for (size_t i = 0; i < IMAGES; i++) {
    check_output(lnti_plan_output(plan, 0), i, net->reference, images[i], "logits");
    check_output(lnti_plan_output(plan, 1), i, net->reference, images[i], "features");
  }
  free(pixels);
  lnti_plan_free(plan);
  lnti_graph_free(graph);
  free(path);
}

static void real_networks_give_what_onnxruntime_gives(void **state) {
  (void)state;
  lnt_cpu_level level = lnti_test_level();
  if (!getenv("LINNET_TEST_DATA")) {
    print_message("skipped: LINNET_TEST_DATA is not set\n");
    skip();
  }
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) check_network(&networks[i], level);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(real_networks_give_what_onnxruntime_gives)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
