/* TensorFlow Lite's files: what is read of them, and that what is wrong with one is said, whatever it is. */
#include "graph_support.h"
#include "tflite_maker.h"

#include <graph/tflite.h>

static lnt_status read_and_free(flat f) {
  lnti_graph *graph = NULL;
  lnt_status status = lnti_graph_read(&graph, f.data, f.n, ERR);
  if (!status) lnti_graph_free(graph);
  free(f.data);
  return status;
}

static lnt_status read_made(const maker *m) {
  return read_and_free(write_model(m));
}

static lnti_graph *graph_of(flat f) {
  lnti_graph *graph = NULL;
  assert_ok(lnti_graph_read(&graph, f.data, f.n, ERR));
  free(f.data);
  return graph;
}

static const float weights[4 * 6] = {1, 2, 3};

/* x [1,4,4,3] -> CONV_2D by w [2,1,1,3] -> RELU -> y. */
static maker small_network(void) {
  maker m = {0};
  m.input[m.n_inputs++] = add_tensor(&m, "x", F32, DIMS(1, 4, 4, 3));
  int32_t w = add_constant(&m, "w", F32, DIMS(2, 1, 1, 3), weights, 6 * sizeof *weights);
  int32_t made = add_tensor(&m, "made", F32, DIMS(1, 4, 4, 2)), y = add_tensor(&m, "y", F32, DIMS(1, 4, 4, 2));
  made_op *op = add_op(&m, 3, INPUTS(0, w), made);
  op->option[0] = (made_option){1, 'i', 1};
  op->option[1] = (made_option){2, 'i', 1};
  add_op(&m, 19, INPUTS(made), y);
  m.output[m.n_outputs++] = y;
  return m;
}

static void a_model_is_read(void **state) {
  (void)state;
  maker m = small_network();
  m.description = "colours";
  lnti_graph *graph = graph_of(write_model(&m));
  assert_int_equal(graph->n_nodes, 2);
  assert_string_equal(graph->node[0].name, "CONV_2D 0");
  assert_string_equal(graph->node[1].name, "RELU 1");
  assert_string_equal(lnti_graph_metadata(graph, "description"), "colours");
  assert_null(lnti_graph_metadata(graph, "mean"));
  const lnti_value *x = &graph->value[graph->input[0]];
  const lnti_shape wanted = {.rank = 4, .dim = {LNTI_ANY_SIZE, 3, 4, 4}};
  assert_string_equal(x->name, "x");
  assert_true(lnti_shape_equal(&x->declared.shape, &wanted));
  assert_int_equal(x->declared.dtype, LNTI_F32);
  assert_int_not_equal(lnti_graph_find(graph, "made", 4), LNTI_NO_VALUE); /* whoever wants features asks by name */
  lnti_graph_free(graph);
}

static void names_need_not_be_there_or_be_different(void **state) {
  (void)state;
  maker m = small_network();
  m.tensor[2].name = "y";
  m.tensor[1].name = NULL;
  lnti_graph *graph = graph_of(write_model(&m));
  assert_int_equal(graph->n_nodes, 2);
  lnti_graph_free(graph);
}

/* Whoever keeps the name of a value finds that value in the file again: names that come twice, and what has none in the file. */
static void values_are_found_by_their_names(void **state) {
  (void)state;
  static const float dense[3 * 32] = {1, 2};
  maker m = small_network();
  m.tensor[2].name = "y"; /* as that behind it */
  int32_t w = add_constant(&m, "dense", F32, DIMS(3, 32), dense, sizeof dense);
  int32_t scores = add_tensor(&m, "scores", F32, DIMS(1, 3)), both = add_tensor(&m, "planes", F32, DIMS(1, 4, 4, 2));
  add_op(&m, 9, INPUTS(3, w), scores); /* FULLY_CONNECTED of planes: they are turned and flattened first */
  add_op(&m, 25, INPUTS(3), both);     /* SOFTMAX over the channels, which are then an output */
  m.output[0] = scores;
  m.output[m.n_outputs++] = both;
  lnti_graph *graph = graph_of(write_model(&m));
  size_t n = 0;
  for (size_t i = 0; i < graph->n_nodes; i++) {
    const uint32_t value = graph->node[i].output[0];
    const char *name = graph->value[value].name;
    assert_int_equal(lnti_graph_find(graph, name, strlen(name)), value);
    n++;
  }
  assert_true(n > m.n_ops);
  assert_int_not_equal(lnti_graph_find(graph, "FULLY_CONNECTED 2/Reshape", 25), LNTI_NO_VALUE);
  lnti_graph_free(graph);
}

/* ---- metadata ---- */

static size_t list_of_one(flat *f, size_t table, unsigned field) {
  return flat_table_at(f, flat_list(f, table, field, NULL, 1, 4));
}

/* ModelMetadata with a mean and a deviation of the input, and a file of labels of the output. */
static flat make_metadata(const float *mean, const float *std, size_t n, const char *labels) {
  flat f = {0};
  size_t model = flat_begin(&f, "M001");
  flat_text(&f, model, 0, "birds");
  flat_text(&f, model, 2, "v1");
  flat_text(&f, model, 4, "Ada");
  flat_text(&f, model, 5, "Apache-2.0");
  size_t network = list_of_one(&f, model, 3);
  size_t unit = list_of_one(&f, list_of_one(&f, network, 2), 4);
  flat_int(&f, unit, 0, 1, 1);
  size_t options = flat_child(&f, unit, 1);
  flat_list(&f, options, 0, mean, n, 4);
  flat_list(&f, options, 1, std, n, 4);
  size_t output = list_of_one(&f, network, 3), files = flat_list(&f, output, 6, NULL, 2, 4);
  for (size_t i = 0; i < 2; i++) { /* one in another language, which is not wanted */
    size_t file = flat_table_at(&f, files + 4 * i);
    flat_text(&f, file, 0, i ? labels : "labels_de.txt");
    flat_int(&f, file, 2, 2, 1);
    if (i == 0) flat_text(&f, file, 3, "de");
  }
  return f;
}

static uint32_t crc_of(const uint8_t *p, size_t n) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < n; i++) {
    crc ^= p[i];
    for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

/* A zip of one stored file, behind what is there. */
static void append_zip(flat *f, const char *name, const char *text) {
  static const uint8_t local[4] = "PK\3\4", central[4] = "PK\1\2", last[4] = "PK\5\6";
  size_t n = strlen(text), length = strlen(name);
  const uint32_t crc = crc_of((const uint8_t *)text, n);
  size_t at = flat_bytes(f, local, 4);
  flat_bytes(f, NULL, 26);
  flat_bytes(f, name, length);
  flat_bytes(f, text, n);
  size_t directory = flat_bytes(f, central, 4);
  flat_bytes(f, NULL, 42);
  flat_bytes(f, name, length);
  size_t end = flat_bytes(f, last, 4);
  flat_bytes(f, NULL, 18);
  const size_t places[] = {at + 14, directory + 16};
  for (size_t i = 0; i < 2; i++) {
    flat_put(f, places[i], crc, 4);
    flat_put(f, places[i] + 4, n, 4);
    flat_put(f, places[i] + 8, n, 4);
    flat_put(f, places[i] + 12, length, 2);
  }
  flat_put(f, directory + 42, at, 4);
  flat_put(f, end + 8, 1, 2);
  flat_put(f, end + 10, 1, 2);
  flat_put(f, end + 12, end - directory, 4);
  flat_put(f, end + 16, directory, 4);
}

static void metadata_are_read(void **state) {
  (void)state;
  static const float mean[] = {127.5f}, deviation[] = {51};
  maker m = small_network();
  flat described = make_metadata(mean, deviation, 1, "labels.txt");
  m.metadata = described.data;
  m.metadata_bytes = described.n;
  flat f = write_model(&m);
  append_zip(&f, "labels.txt", "great tit\r\nrobin\n\"wren\"\n\n");
  lnti_graph *graph = graph_of(f);
  assert_string_equal(lnti_graph_metadata(graph, "name"), "birds");
  assert_string_equal(lnti_graph_metadata(graph, "version"), "v1");
  assert_string_equal(lnti_graph_metadata(graph, "author"), "Ada");
  assert_string_equal(lnti_graph_metadata(graph, "licence"), "Apache-2.0");
  assert_string_equal(lnti_graph_metadata(graph, "mean"), "0.5,0.5,0.5");
  assert_string_equal(lnti_graph_metadata(graph, "std"), "0.2,0.2,0.2");
  assert_string_equal(lnti_graph_metadata(graph, "labels"), "[\"great tit\",\"robin\",\"\\\"wren\\\"\"]");
  lnti_graph_free(graph);
  /* Without the zip, or with another file in it, there are no labels. */
  graph = graph_of(write_model(&m));
  assert_null(lnti_graph_metadata(graph, "labels"));
  lnti_graph_free(graph);
  f = write_model(&m);
  append_zip(&f, "vocabulary.txt", "a\n");
  graph = graph_of(f);
  assert_null(lnti_graph_metadata(graph, "labels"));
  lnti_graph_free(graph);
  /* A damaged one is an error. */
  f = write_model(&m);
  append_zip(&f, "labels.txt", "great tit\nrobin\n");
  f.data[f.n - 22 - 46 - 10 - 3] ^= 1;
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("the labels packed into the network's file");
  m.metadata_bytes = 10;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("metadata");
  free(described.data);
}

/* Whoever runs a quantised network gives it the pixels as they are. */
static void bytes_say_what_pixels_become(void **state) {
  (void)state;
  static const struct {
    int type;
    float scale;
    int64_t zero;
    const char *mean, *std;
  } cases[] = {{U8, 1.0f / 128, 128, "0.501960784,0.501960784,0.501960784", "0.501960784,0.501960784,0.501960784"},
               {U8, 0.25f, 0, "0,0,0", "0.0156862745,0.0156862745,0.0156862745"},
               {I8, 1.0f / 128, 0, "0.501960784,0.501960784,0.501960784", "0.501960784,0.501960784,0.501960784"},
               {I8, 0.5f, -128, "0,0,0", "0.00784313725,0.00784313725,0.00784313725"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    maker m = small_network();
    made_tensor *x = &m.tensor[0];
    x->type = cases[i].type;
    x->scale[0] = cases[i].scale;
    x->zero[0] = cases[i].zero;
    x->n_scales = x->n_zeros = 1;
    lnti_graph *graph = graph_of(write_model(&m));
    assert_string_equal(lnti_graph_metadata(graph, "mean"), cases[i].mean);
    assert_string_equal(lnti_graph_metadata(graph, "std"), cases[i].std);
    assert_int_equal(graph->value[graph->input[0]].declared.dtype, LNTI_F32);
    lnti_graph_free(graph);
  }
}

/* ---- what is not known ---- */

static void operators_that_are_not_known_are_named(void **state) {
  (void)state;
  lnti_graph_survey survey;
  maker m = small_network();
  int32_t a = add_tensor(&m, "a", F32, DIMS(1, 4)), b = add_tensor(&m, "b", F32, DIMS(1, 4));
  int32_t c = add_tensor(&m, "c", F32, DIMS(1, 4)), d = add_tensor(&m, "d", F32, DIMS(1, 4));
  add_op(&m, 16, INPUTS(3), a);
  add_op(&m, 32, INPUTS(a), b)->custom = "TFLite_Detection_PostProcess";
  add_op(&m, 32, INPUTS(b), c)->custom = "FlexErf";
  add_op(&m, 16, INPUTS(c), d);
  flat f = write_model(&m);
  assert_ok(lnti_graph_look(&survey, f.data, f.n, ERR));
  assert_int_equal(survey.n_unknown, 3);
  assert_string_equal(survey.unknown[0].name, "LSTM");
  assert_string_equal(survey.unknown[0].domain, "");
  assert_string_equal(survey.unknown[0].node, "LSTM 2");
  assert_int_equal(survey.unknown[0].n_nodes, 2);
  assert_string_equal(survey.unknown[1].name, "TFLite_Detection_PostProcess");
  assert_string_equal(survey.unknown[1].domain, "custom");
  assert_string_equal(survey.unknown[2].name, "FlexErf");
  assert_string_equal(survey.unknown[2].domain, "flex");
  assert_status(read_and_free(f), LNT_EUNSUPPORTED);
  assert_message("LSTM 2");
  m.op[2].code = 32;
  m.op[2].custom = "FlexErf";
  assert_status(read_made(&m), LNT_EUNSUPPORTED);
  assert_message("custom operator FlexErf");
  m.op[2].code = 5000;
  assert_status(read_made(&m), LNT_EUNSUPPORTED);
  assert_message("number 5000");
}

/* ---- what is wrong ---- */

static void what_is_no_model_is_refused(void **state) {
  (void)state;
  lnti_graph *graph = NULL;
  assert_status(lnti_tflite_read(&graph, "", 0, ERR), LNT_EDATA);
  assert_status(lnti_tflite_read(&graph, "1234TFL", 7, ERR), LNT_EDATA);
  assert_message("no TensorFlow Lite model");
  assert_status(lnti_graph_read(&graph, "\0\0\0\0TFL3", 8, ERR), LNT_EDATA);
  assert_message("damaged");
  assert_status(lnti_graph_read(&graph, "\xff\xff\xff\xffTFL3", 8, ERR), LNT_EDATA);
  assert_message("a table that lies beyond its end");
  flat f = {0};
  size_t model = flat_begin(&f, "TFL3");
  flat_int(&f, model, 0, 2, 4);
  assert_status(lnti_tflite_read(&graph, f.data, f.n, ERR), LNT_EUNSUPPORTED);
  assert_message("version 2");
  flat_int(&f, model, 0, 3, 4);
  assert_status(lnti_tflite_read(&graph, f.data, f.n, ERR), LNT_EDATA);
  assert_message("without a network");
  flat_table_at(&f, flat_list(&f, model, 2, NULL, 1, 4));
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("without outputs");
  assert_null(graph);
}

/* Each prefix of a model is an error, and so is most of what another byte makes of it: never more than that. */
static void damage_is_an_error_at_every_byte(void **state) {
  (void)state;
  static const float mean[] = {127.5f};
  maker m = small_network();
  flat described = make_metadata(mean, mean, 1, "labels.txt");
  m.metadata = described.data;
  m.metadata_bytes = described.n;
  m.tensor[1].type = I8;
  m.tensor[1].bytes = 6;
  m.tensor[1].n_scales = m.tensor[1].n_zeros = 2;
  m.tensor[1].scale[0] = m.tensor[1].scale[1] = 0.5f;
  flat f = write_model(&m);
  const size_t network = f.n;
  append_zip(&f, "labels.txt", "great tit\nrobin\n");
  size_t read = 0;
  for (size_t n = 0; n < f.n; n++) {
    lnti_graph *graph = NULL;
    uint8_t *part = malloc(n + 1);
    assert_non_null(part);
    memcpy(part, f.data, n);
    if (lnti_tflite_read(&graph, part, n, NULL) == LNT_OK) {
      assert_true(n >= network - 1); /* a zip cut off is none; a file may end with a NUL that nobody reads */
      lnti_graph_free(graph);
      read++;
    }
    free(part);
  }
  assert_true(read > 0);
  for (size_t i = 0; i < f.n; i++) {
    for (int k = 0; k < 2; k++) {
      lnti_graph *graph = NULL;
      lnti_graph_survey survey;
      const uint8_t was = f.data[i];
      f.data[i] = k ? 0xff : was ^ (uint8_t)(1 << i % 8);
      if (lnti_tflite_read(&graph, f.data, f.n, NULL) == LNT_OK) lnti_graph_free(graph);
      if (lnti_tflite_look(&survey, f.data, f.n, NULL) == LNT_OK) assert_true(survey.n_unknown <= LNTI_SURVEY_MAX);
      f.data[i] = was;
    }
  }
  assert_ok(read_and_free(f));
  free(described.data);
}

static void lists_and_offsets_beyond_the_file_are_refused(void **state) {
  (void)state;
  maker m = small_network();
  flat f = write_model(&m);
  const size_t model = flat_get(&f, 0, 4), codes = model + 4 + FLAT_SLOT;
  const size_t list = codes + flat_get(&f, codes, 4);
  flat_put(&f, list, UINT32_MAX, 4);
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("a list that is longer than what is there");
  f = write_model(&m);
  flat_put(&f, list, 0x80000000, 4);
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("a list that is longer than what is there");
  f = write_model(&m);
  flat_put(&f, list + 4, 0, 4); /* a table in its own offset */
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("a table that lies beyond its end");
  f = write_model(&m);
  flat_put(&f, codes, UINT32_MAX, 4);
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("a list that lies beyond its end");
  f = write_model(&m);
  flat_put(&f, list + 4, 0x7fffffff, 4);
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("a table that lies beyond its end");
  f = write_model(&m);
  flat_put(&f, model, 0x7fffffff, 4);
  assert_status(read_and_free(f), LNT_EDATA);
  assert_message("list of fields");
}

static void circles_are_refused(void **state) {
  (void)state;
  maker m = small_network();
  m.op[0].code = 19;
  m.op[0].n_inputs = 1;
  m.op[0].input[0] = 3; /* y, which is made of it */
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("node RELU 0: it takes y, which nothing has made before it");
  m = small_network();
  m.op[1].input[0] = 3;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("node RELU 1: it takes y");
}

static void what_is_made_twice_is_refused(void **state) {
  (void)state;
  static const int32_t again[] = {0, 1, 2}; /* the input, a constant, what another makes */
  for (size_t i = 0; i < 3; i++) {
    maker m = small_network();
    m.op[1].output[0] = again[i];
    assert_status(read_made(&m), LNT_EDATA);
    assert_message("which is there already");
  }
  maker m = small_network();
  m.input[m.n_inputs++] = 0;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("twice there");
}

static void shapes_beyond_all_memory_are_refused(void **state) {
  (void)state;
  static const int32_t shapes[][6] = {
      {1 << 30, 1 << 30, -1}, {1 << 20, 1 << 20, 1 << 20, 1 << 20, -1}, {0, 1 << 30, 1 << 30, 1 << 30, -1}};
  for (size_t i = 0; i < 6; i++) {
    maker m = small_network();
    made_tensor *t = &m.tensor[i % 2]; /* an input, a constant */
    memcpy(t->dim, shapes[i / 2], sizeof shapes[0]);
    for (t->rank = 0; shapes[i / 2][t->rank] >= 0; t->rank++) continue;
    assert_status(read_made(&m), LNT_ELIMIT);
  }
  maker m = small_network();
  m.tensor[0].dim[1] = -5;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("a dimension of -5");
  m = small_network(); /* weights that are not in the file are not asked for */
  m.tensor[1].dim[0] = 100000;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("300000 elements of 4 bytes, and 24 bytes");
}

/* A few megabytes that twelve tensors share are not given out as real numbers twelve times. */
static void what_tensors_share_is_counted(void **state) {
  (void)state;
  enum { MANY = 4 << 20 };
  maker m = {0};
  void *bytes = calloc(MANY, 1);
  assert_non_null(bytes);
  m.input[m.n_inputs++] = add_tensor(&m, "x", F32, DIMS(1, 1));
  int32_t sum = 0, first = 0;
  for (int i = 0; i < MADE_OPS - 1; i++) {
    int32_t c = add_tensor(&m, "c", U8, DIMS(1, MANY));
    if (i == 0) {
      first = c;
      m.tensor[c].data = bytes;
      m.tensor[c].bytes = MANY;
    }
    m.tensor[c].buffer = (uint32_t)first + 1;
    int32_t next = add_tensor(&m, "sum", F32, DIMS(1, MANY));
    add_op(&m, 0, INPUTS(sum, c), next);
    sum = next;
  }
  m.output[m.n_outputs++] = sum;
  assert_status(read_made(&m), LNT_ELIMIT);
  assert_message("memory allowed");
  free(bytes);
}

static void element_types_are_checked(void **state) {
  (void)state;
  static const struct {
    int type;
    const char *name;
  } cases[] = {{5, "STRING"}, {8, "COMPLEX64"}, {13, "RESOURCE"}, {17, "INT4"}, {100, "unknown (100)"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (int which = 0; which < 2; which++) {
      maker m = small_network();
      m.tensor[which].type = cases[i].type;
      assert_status(read_made(&m), LNT_EUNSUPPORTED);
      assert_message(cases[i].name);
    }
  }
}

static void quantisation_is_checked(void **state) {
  (void)state;
  static const struct {
    float scale[2];
    size_t n_scales, n_zeros;
    int32_t axis;
    const char *message;
  } cases[] = {{{0}, 1, 1, 0, "a scale of 0"},
               {{-1}, 1, 1, 0, "a scale of -1"},
               {{1, 0}, 2, 2, 0, "a scale of 0"},
               {{1, 1}, 2, 2, 9, "along dimension 9"},
               {{1, 1}, 2, 2, -1, "along dimension -1"},
               {{1, 1}, 2, 2, 3, "2 scales and 2 zero points along dimension 3 of f32 [2,1,1,3]"},
               {{1, 1}, 2, 3, 0, "3 zero points"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    maker m = small_network();
    made_tensor *w = &m.tensor[1];
    w->type = I8;
    w->bytes = 6;
    memcpy(w->scale, cases[i].scale, sizeof cases[i].scale);
    w->n_scales = cases[i].n_scales;
    w->n_zeros = cases[i].n_zeros;
    w->axis = cases[i].axis;
    assert_status(read_made(&m), LNT_EDATA);
    assert_message(cases[i].message);
    assert_message("node CONV_2D 0: w:");
  }
}

static void numbers_of_things_are_checked(void **state) {
  (void)state;
  maker m = small_network();
  m.tensor[1].buffer = 99;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("buffer 99 is asked for, where the file has 6");
  m = small_network();
  m.op[1].input[0] = 77;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("node RELU 1: tensor 77 among its inputs");
  m = small_network();
  m.op[0].input[1] = -1;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("tensor -1");
  m = small_network();
  m.op[1].n_inputs = 0;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("0 inputs, where it has 1 to 1");
  m = small_network();
  m.output[0] = 50;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("tensor 50 among the network's outputs");
  m = small_network();
  m.output[0] = m.op[1].output[0];
  m.n_ops = 1;
  assert_status(read_made(&m), LNT_EDATA);
  assert_message("it takes y, which nothing has made");
}

/* x [1,4,4,3] through one operator with the constants `a` and `b`. */
static lnt_status read_operator(int code, const int32_t *dims, const void *a, const void *b, int type, size_t n,
                                made_option option, size_t n_outputs) {
  const size_t bytes = n * (type == I64 ? 8 : 4);
  maker m = {0};
  m.input[m.n_inputs++] = add_tensor(&m, "x", F32, DIMS(1, 4, 4, 3));
  int32_t first = add_constant(&m, "a", type, DIMS((int32_t)n), a, bytes);
  int32_t second = add_constant(&m, "b", type, DIMS((int32_t)n), b, bytes);
  int32_t y = add_tensor(&m, "y", F32, dims), z = add_tensor(&m, "z", F32, dims);
  made_op *op = code == 45    ? add_op(&m, code, INPUTS(0, first, second, second), y)
                : code == 102 ? add_op(&m, code, INPUTS(0, first, second), y)
                              : add_op(&m, code, INPUTS(0, first), y);
  op->option[0] = option;
  if (n_outputs == 2) op->output[op->n_outputs++] = z;
  m.output[m.n_outputs++] = y;
  return read_made(&m);
}

static void places_outside_a_tensor_are_refused(void **state) {
  (void)state;
  static const int64_t far[] = {INT64_MAX, 0, 0, 0}, one[] = {1, 1, 1, 1}, huge[] = {INT64_MAX, INT64_MAX};
  static const int32_t begin[] = {0, 1, 0, 0}, step[] = {1, 1, 1, 1};
  const made_option none = {0}, shrinks = {4, 'i', 1}, relative = {5, 'b', 1};
  /* STRIDED_SLICE: an index that there is not, ends that count from the beginning */
  assert_status(read_operator(45, DIMS(4, 4, 3), far, one, I64, 4, shrinks, 1), LNT_EDATA);
  assert_message("index 9223372036854775807, where there are 1");
  assert_status(read_operator(45, DIMS(1, 1, 1, 1), begin, step, I32, 4, relative, 1), LNT_EUNSUPPORTED);
  assert_message("count from its beginning");
  /* two ellipses; more new dimensions than there is room for */
  const made_option ellipses = {2, 'i', 3}, added = {3, 'i', 15};
  assert_status(read_operator(45, DIMS(1, 4, 4, 3), begin, step, I32, 4, ellipses, 1), LNT_EDATA);
  assert_message("4, 4 and 4 numbers for 4 dimensions");
  assert_ok(read_operator(45, DIMS(1, 1, 1, 1, 1, 4, 4, 3), begin, step, I32, 4, added, 1));
  static const int32_t six[] = {0, 0, 0, 0, 0, 0};
  assert_status(read_operator(45, DIMS(1, 4, 4, 3), six, six, I32, 6, (made_option){3, 'i', 63}, 1), LNT_EDATA);
  assert_message("6, 6 and 6 numbers for 4 dimensions");
  /* GATHER: dimensions that both share */
  assert_status(read_operator(36, DIMS(1, 4, 4, 3), begin, step, I32, 4, (made_option){1, 'i', 3}, 1), LNT_EDATA);
  assert_message("3 dimensions that x and its indices share");
  /* SPLIT_V: x, lengths, axis */
  assert_status(read_operator(102, DIMS(1, 4, 4, 3), huge, one, I64, 1, none, 1), LNT_EDATA);
  assert_message("longer than the 4");
  assert_status(read_operator(102, DIMS(1, 4, 4, 3), huge, one, I64, 1, none, 2), LNT_EDATA);
  assert_message("1 lengths for 2 parts");
}

/* What the network is for cannot be known: the sizes in the file stand for nothing. */
static void inputs_of_any_size_are_refused(void **state) {
  (void)state;
  maker m = small_network();
  m.tensor[0].any_size = true;
  assert_ok(read_made(&m));
  m.tensor[0].dim[1] = m.tensor[0].dim[2] = 1;
  assert_status(read_made(&m), LNT_EUNSUPPORTED);
  assert_message("fixed size");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_model_is_read),
                                     cmocka_unit_test(names_need_not_be_there_or_be_different),
                                     cmocka_unit_test(values_are_found_by_their_names),
                                     cmocka_unit_test(metadata_are_read),
                                     cmocka_unit_test(bytes_say_what_pixels_become),
                                     cmocka_unit_test(operators_that_are_not_known_are_named),
                                     cmocka_unit_test(what_is_no_model_is_refused),
                                     cmocka_unit_test(damage_is_an_error_at_every_byte),
                                     cmocka_unit_test(lists_and_offsets_beyond_the_file_are_refused),
                                     cmocka_unit_test(circles_are_refused),
                                     cmocka_unit_test(what_is_made_twice_is_refused),
                                     cmocka_unit_test(shapes_beyond_all_memory_are_refused),
                                     cmocka_unit_test(what_tensors_share_is_counted),
                                     cmocka_unit_test(element_types_are_checked),
                                     cmocka_unit_test(quantisation_is_checked),
                                     cmocka_unit_test(numbers_of_things_are_checked),
                                     cmocka_unit_test(places_outside_a_tensor_are_refused),
                                     cmocka_unit_test(inputs_of_any_size_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
