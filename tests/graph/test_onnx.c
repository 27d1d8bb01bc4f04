/* ONNX files: what is read, and that what is wrong with one is said, whatever it is. */
#include "graph_support.h"
#include "onnx_maker.h"

#include <graph/onnx.h>
#include <graph/read.h>
#include <stdio.h>
#include <unistd.h>

static lnt_status read_and_free(message m) {
  lnti_graph *graph = NULL;
  lnt_status status = lnti_onnx_read(&graph, NULL, m.data, m.n, ERR);
  if (!status) lnti_graph_free(graph);
  free(m.data);
  return status;
}

/* x -> Relu -> y. */
static message relu_graph(void) {
  message g = {0};
  put_message(&g, 11, make_value("x"));
  put_message(&g, 12, make_value("y"));
  put_message(&g, 1, make_node("Relu", "x", "y"));
  return g;
}

static void a_model_is_read(void **state) {
  (void)state;
  const float weights[] = {1, 2, 3, 4};
  const uint64_t dims[] = {2, 2};
  message g = {0}, entry = {0};
  lnti_graph *graph = NULL;
  put_message(&g, 11, make_value("x"));
  put_message(&g, 12, make_value("y"));
  put_message(&g, 1, make_node("MatMul", "x w", "y"));
  put_message(&g, 5, make_tensor("w", 1, dims, 2, weights, sizeof weights));
  message m = make_model(g, 17);
  put_text(&entry, 1, "licence");
  put_text(&entry, 2, "Apache-2.0");
  put_message(&m, 14, entry);
  assert_ok(lnti_onnx_read(&graph, NULL, m.data, m.n, ERR));
  free(m.data);
  assert_int_equal(graph->n_nodes, 1);
  assert_int_equal(graph->node[0].version, 17);
  assert_string_equal(graph->node[0].name, "MatMul 0");
  assert_string_equal(lnti_graph_metadata(graph, "licence"), "Apache-2.0");
  assert_null(lnti_graph_metadata(graph, "author"));
  const lnti_tensor *w = &graph->value[lnti_graph_find(graph, "w", 1)].constant;
  assert_memory_equal(w->data, weights, sizeof weights);
  assert_int_equal((uintptr_t)w->data % 64, 0);
  lnti_graph_free(graph);
}

static void an_input_that_is_constant_is_none(void **state) {
  (void)state;
  const float one = 1;
  message g = relu_graph();
  lnti_graph *graph = NULL;
  put_message(&g, 11, make_value("w"));
  put_message(&g, 5, make_tensor("w", 1, NULL, 0, &one, sizeof one));
  message m = make_model(g, 17);
  assert_ok(lnti_onnx_read(&graph, NULL, m.data, m.n, ERR));
  assert_int_equal(graph->n_inputs, 1);
  lnti_graph_free(graph);
  free(m.data);
}

static void operators_that_are_not_known_are_named(void **state) {
  (void)state;
  lnti_graph_survey survey;
  message g = {0}, strange = make_node("Frobnicate", "a", "b"), own = make_node("FusedConv", "b", "c");
  put_text(&strange, 3, "layer7");
  put_text(&own, 7, "linnet");
  put_message(&g, 11, make_value("a"));
  put_message(&g, 12, make_value("d"));
  put_message(&g, 1, strange);
  put_message(&g, 1, own);
  put_message(&g, 1, make_node("Frobnicate", "c", "d"));
  message m = make_model(g, 17);
  assert_ok(lnti_onnx_look(&survey, m.data, m.n, ERR));
  assert_int_equal(survey.n_unknown, 2);
  assert_string_equal(survey.unknown[0].name, "Frobnicate");
  assert_string_equal(survey.unknown[0].node, "layer7");
  assert_int_equal(survey.unknown[0].n_nodes, 2);
  assert_string_equal(survey.unknown[1].domain, "linnet"); /* what passes make for themselves cannot come from a file */
  assert_status(read_and_free(m), LNT_EUNSUPPORTED);
  assert_message("layer7");
  assert_message("Frobnicate");
}

/* A survey wants no elements: they may lie in files that nobody asked for. */
static void a_survey_needs_no_elements(void **state) {
  (void)state;
  lnti_graph_survey survey;
  const uint64_t dims[] = {UINT64_C(1) << 30};
  message g = relu_graph(), tensor = {0};
  put_number(&tensor, 1, dims[0]);
  put_number(&tensor, 2, 1);
  put_text(&tensor, 8, "w");
  put_number(&tensor, 14, 1);
  put_message(&g, 5, tensor);
  message m = make_model(g, 17);
  assert_ok(lnti_onnx_look(&survey, m.data, m.n, ERR));
  assert_int_equal(survey.n_unknown, 0);
  free(m.data);
}

static void versions_are_checked(void **state) {
  (void)state;
  assert_status(read_and_free(make_model(relu_graph(), 5)), LNT_EUNSUPPORTED);
  assert_message("operator set 5");
  assert_ok(read_and_free(make_model(relu_graph(), 6)));
  assert_status(read_and_free(make_model(relu_graph(), 99)), LNT_EUNSUPPORTED);
  assert_message("opset_version=");
  assert_ok(read_and_free(make_model(relu_graph(), 13)));
}

static void what_is_no_model_is_refused(void **state) {
  (void)state;
  lnti_graph *graph = NULL;
  assert_status(lnti_onnx_read(&graph, NULL, "", 0, ERR), LNT_EDATA);
  assert_status(lnti_onnx_read(&graph, NULL, "\x89PNG\r\n\x1a\n", 8, ERR), LNT_EDATA);
  assert_message("neither an ONNX model");
  assert_status(lnti_onnx_read(&graph, NULL, "path,label\na.jpg,ant\n", 21, ERR), LNT_EDATA);
  assert_message("neither an ONNX model");
  assert_null(graph);
}

/* Whatever else people give for a network is called what it is, with what to do; by reading and by a survey alike. */
static void other_files_are_named(void **state) {
  (void)state;
  static const struct {
    const char *data;
    size_t n;
    const char *says;
  } files[] = {
      {"", 0, "empty"},
      {"\xff\xd8\xff\xe0\0\20JFIF", 10, "a JPEG image; what is in a picture is told by: linnet predict --backbone"},
      {"\x89PNG\r\n\x1a\n", 8, "PNG"},
      {"PK\3\4\24\0", 6, "ZIP"},
      {"\x89HDF\r\n\x1a\n", 8, "tf2onnx"},
      {"\x80\2\x8a\n", 4, "torch.onnx.export"},
      {"\x10\1\0\0\0\0\0\0{\"a\":", 13, "safetensors"},
      {"version https://git-lfs.github.com/spec/v1\noid", 46, "git lfs pull"},
      {"<!DOCTYPE html>", 15, "a web page"},
      {"a,b\n1,\xc3\xa4\n", 9, "a text"},
      {"\1\2\3\4\5", 5, "neither an ONNX model"},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    lnti_graph *graph = NULL;
    lnti_graph_survey survey;
    assert_status(lnti_graph_read(&graph, files[i].data, files[i].n, ERR), LNT_EDATA);
    assert_message(files[i].says);
    assert_null(graph);
    assert_status(lnti_graph_look(&survey, files[i].data, files[i].n, ERR), LNT_EDATA);
    assert_message(files[i].says);
  }
}

/* What a tool calls itself does not make its file another: it begins at byte 4. */
static void names_do_not_make_it_another_file(void **state) {
  (void)state;
  static const char *const names[] = {"tool{\"v\": 1}", "toolWEBP 1.0"};
  for (size_t i = 0; i < 2; i++) {
    lnti_graph *graph = NULL;
    message m = {0}, opset = {0};
    put_number(&m, 1, 8);
    put_text(&m, 2, names[i]);
    put_number(&opset, 2, 17);
    put_message(&m, 8, opset);
    put_message(&m, 7, relu_graph());
    assert_memory_equal((const char *)m.data + 8, names[i] + 4, 2);
    assert_ok(lnti_graph_read(&graph, m.data, m.n, ERR));
    lnti_graph_free(graph);
    free(m.data);
  }
}

/* Where a copy ended, and how much it should have at least: the network is the first field after a version. */
static void a_cut_is_told_with_its_place(void **state) {
  (void)state;
  lnti_graph *graph = NULL;
  message m = make_model(relu_graph(), 17);
  char says[96];
  for (size_t n = 3; n < m.n; n++) {
    lnt_status status = lnti_graph_read(&graph, m.data, n, ERR);
    assert_status(status, LNT_EDATA);
    snprintf(says, sizeof says, "%zu", n);
    if (strstr(ERR->message, "cut off")) assert_message(says);
  }
  assert_status(lnti_graph_read(&graph, m.data, m.n - 1, ERR), LNT_EDATA);
  snprintf(says, sizeof says, "cut off at byte %zu: it has %zu at least", m.n - 1, m.n);
  assert_message(says);
  /* What cannot be as long as it says is damaged. */
  assert_status(lnti_graph_read(&graph, "\x8\x8\x3a\xff\xff\xff\xff\xff\xff\1xx", 12, ERR), LNT_EDATA);
  assert_message("damaged at byte 2 of 12");
  assert_null(graph);
  free(m.data);
}

/* Each prefix of a model is an error, and so is each with a byte changed or read as something else: never more than that. */
static void damage_is_an_error_at_every_byte(void **state) {
  (void)state;
  const float weights[] = {1, 2, 3, 4};
  const uint64_t dims[] = {2, 2};
  const int64_t axes[] = {1};
  message g = relu_graph(), attribute = {0}, node = make_node("ReduceMean", "y", "z");
  put_text(&attribute, 1, "axes");
  put_number(&attribute, 20, 7);
  put_number(&attribute, 8, (uint64_t)axes[0]);
  put_message(&node, 5, attribute);
  put_message(&g, 1, node);
  put_message(&g, 5, make_tensor("w", 1, dims, 2, weights, sizeof weights));
  message m = make_model(g, 13);
  size_t read = 0;
  for (size_t n = 0; n < m.n; n++) {
    lnti_graph *graph = NULL;
    uint8_t *part = malloc(n + 1); /* of exactly that length, so that a sanitizer sees what is read beyond */
    assert_non_null(part);
    memcpy(part, m.data, n);
    if (lnti_onnx_read(&graph, NULL, part, n, NULL) == LNT_OK) lnti_graph_free(graph), read++;
    free(part);
  }
  assert_int_equal(read, 0);
  for (size_t i = 0; i < m.n; i++) {
    for (int bit = 0; bit < 8; bit++) {
      lnti_graph *graph = NULL;
      m.data[i] ^= (uint8_t)(1 << bit);
      if (lnti_onnx_read(&graph, NULL, m.data, m.n, NULL) == LNT_OK) lnti_graph_free(graph), read++;
      m.data[i] ^= (uint8_t)(1 << bit);
    }
  }
  assert_true(read > 0); /* a bit of a weight is nothing that could be seen */
  assert_ok(read_and_free(m));
}

static void a_shape_beyond_all_memory_is_refused(void **state) {
  (void)state;
  static const struct {
    uint64_t dims[3];
    size_t rank;
    lnt_status status;
  } cases[] = {{{UINT64_C(1) << 60}, 1, LNT_ELIMIT},
               {{UINT64_C(1) << 31, UINT64_C(1) << 31, UINT64_C(1) << 31}, 3, LNT_ELIMIT},
               {{0, UINT64_C(1) << 62}, 2, LNT_ELIMIT},
               {{(uint64_t)-1}, 1, LNT_EDATA},
               {{1000, 1000, 1000}, 3, LNT_EDATA}}; /* 4 GB that are not in the file are not asked for either */
  const float one = 1;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    message g = relu_graph();
    put_message(&g, 5, make_tensor("w", 1, cases[i].dims, cases[i].rank, &one, sizeof one));
    assert_status(read_and_free(make_model(g, 17)), cases[i].status);
  }
}

static void other_element_types_are_refused(void **state) {
  (void)state;
  const float one = 1;
  message g = relu_graph();
  put_message(&g, 5, make_tensor("w", 8, NULL, 0, &one, sizeof one));
  assert_status(read_and_free(make_model(g, 17)), LNT_EUNSUPPORTED);
  assert_message("string");
}

/* A node in a graph in an attribute of a node, so many times: written from the innermost outwards, and then turned round. */
static message deep_node(size_t levels) {
  static const unsigned fields[] = {1, 6, 5};
  message m = {0}, inner = make_node("Relu", "x", "y");
  for (size_t i = inner.n; i-- > 0;) put_byte(&m, inner.data[i]);
  free(inner.data);
  for (size_t k = 0; k < 3 * levels; k++) {
    message head = {0};
    put_varint(&head, fields[k % 3] << 3 | 2);
    put_varint(&head, m.n);
    for (size_t i = head.n; i-- > 0;) put_byte(&m, head.data[i]);
    free(head.data);
  }
  for (size_t i = 0; i < m.n / 2; i++) {
    uint8_t byte = m.data[i];
    m.data[i] = m.data[m.n - 1 - i];
    m.data[m.n - 1 - i] = byte;
  }
  return m;
}

/* Nothing here goes down. */
static void a_deep_message_is_refused(void **state) {
  (void)state;
  static const char *const operators[] = {"If", "Relu"};
  for (size_t i = 0; i < 2; i++) {
    message g = relu_graph(), node = deep_node(20000);
    put_text(&node, 3, "deep");
    put_text(&node, 4, operators[i]);
    put_message(&g, 1, node);
    assert_status(read_and_free(make_model(g, 17)), LNT_EUNSUPPORTED);
    assert_message("node deep");
    assert_message(i ? "a subgraph" : "operator If");
  }
}

static void circles_and_missing_constants_are_refused_by_name(void **state) {
  (void)state;
  message g = {0};
  put_message(&g, 11, make_value("x"));
  put_message(&g, 12, make_value("y"));
  put_message(&g, 1, make_node("Add", "x z", "y"));
  put_message(&g, 1, make_node("Relu", "y", "z"));
  assert_status(read_and_free(make_model(g, 17)), LNT_EDATA);
  assert_message("node Add 0 waits for its own result: the network goes in a circle");
  g = relu_graph();
  put_message(&g, 1, make_node("MatMul", "x weights", "z"));
  assert_status(read_and_free(make_model(g, 17)), LNT_EDATA);
  assert_message("node MatMul 1 takes weights, which nothing makes");
}

/* Weights of another type than what they are multiplied with. */
static void types_that_do_not_fit_are_refused_by_name(void **state) {
  (void)state;
  static const uint64_t dims[] = {2, 2};
  static const int64_t weights[] = {1, 2, 3, 4};
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 2, .dim = {1, 2}}};
  const lnti_plan_options options = {.input = &input};
  lnti_graph *graph = NULL;
  lnti_plan *plan = NULL;
  message g = {0};
  put_message(&g, 11, make_value("x"));
  put_message(&g, 12, make_value("y"));
  put_message(&g, 1, make_node("MatMul", "x w", "y"));
  put_message(&g, 5, make_tensor("w", 7, dims, 2, weights, sizeof weights));
  message m = make_model(g, 17);
  assert_ok(lnti_onnx_read(&graph, NULL, m.data, m.n, ERR));
  free(m.data);
  assert_status(lnti_plan_new(&plan, graph, &options, &context, ERR), LNT_EDATA);
  assert_message("node MatMul 0: input 1 of MatMul is i64, where the first is f32");
  lnti_graph_free(graph);
}

static void subgraphs_are_refused_by_name(void **state) {
  (void)state;
  message g = relu_graph(), node = make_node("Loop", "x", "z"), attribute = {0};
  put_text(&node, 3, "the loop");
  put_text(&attribute, 1, "body");
  put_number(&attribute, 20, 5);
  put_message(&attribute, 6, relu_graph());
  put_message(&node, 5, attribute);
  put_message(&g, 1, node);
  assert_status(read_and_free(make_model(g, 17)), LNT_EUNSUPPORTED);
  assert_message("the loop");
  assert_message("operator Loop");
  g = relu_graph();
  node = make_node("Relu", "x", "z");
  attribute = (message){0};
  put_text(&attribute, 1, "body");
  put_number(&attribute, 20, 5);
  put_message(&attribute, 6, relu_graph());
  put_message(&node, 5, attribute);
  put_message(&g, 1, node);
  assert_status(read_and_free(make_model(g, 17)), LNT_EUNSUPPORTED);
  assert_message("body");
}

/* ---- tensors in other files ---- */

static message external_model(const char *location, const char *offset) {
  const uint64_t dims[] = {2};
  message g = relu_graph(), tensor = {0};
  const char *entries[][2] = {{"location", location}, {"offset", offset}};
  put_number(&tensor, 1, dims[0]);
  put_number(&tensor, 2, 1);
  put_text(&tensor, 8, "w");
  put_number(&tensor, 14, 1);
  for (size_t i = 0; i < 2; i++) {
    message entry = {0};
    put_text(&entry, 1, entries[i][0]);
    put_text(&entry, 2, entries[i][1]);
    put_message(&tensor, 13, entry);
  }
  put_message(&g, 5, tensor);
  return make_model(g, 17);
}

static lnt_status open_external(const char *folder, const char *location, const char *offset, float *out) {
  char *path = lnti_test_path(folder, "model.onnx");
  message m = external_model(location, offset);
  lnti_graph *graph = NULL;
  lnti_test_write_file(path, m.data, m.n);
  lnt_status status = lnti_graph_open(&graph, path, ERR);
  if (!status) {
    memcpy(out, graph->value[lnti_graph_find(graph, "w", 1)].constant.data, 2 * sizeof *out);
    lnti_graph_free(graph);
  }
  free(m.data);
  free(path);
  return status;
}

static void tensors_in_other_files_are_read_from_beside_alone(void **state) {
  (void)state;
  const float data[] = {9, 8, 7};
  float got[2] = {0};
  char *folder = lnti_test_folder(), *beside = lnti_test_path(folder, "weights.bin");
  lnti_test_write_file(beside, data, sizeof data);
  assert_ok(open_external(folder, "weights.bin", "4", got));
  assert_true(got[0] == 8 && got[1] == 7);
  assert_status(open_external(folder, "weights.bin", "8", got), LNT_EDATA);
  assert_status(open_external(folder, "none.bin", "0", got), LNT_ENOTFOUND);
  assert_status(open_external(folder, "../weights.bin", "0", got), LNT_EUNSUPPORTED);
  assert_message("folder");
  assert_status(open_external(folder, beside, "0", got), LNT_EUNSUPPORTED);
  assert_status(open_external(folder, "..", "0", got), LNT_EUNSUPPORTED);
  assert_status(open_external(folder, "weights.bin", "-4", got), LNT_EDATA);
  message m = external_model("weights.bin", "0");
  assert_status(read_and_free(m), LNT_EUNSUPPORTED);
  free(beside);
  lnti_test_folder_remove(folder);
}

/* ---- tensors ---- */

static void rows_of_numbers_are_tensors_too(void **state) {
  (void)state;
  static const uint8_t halves[] = {0x00, 0x78, 0x80, 0x80, 0x02}; /* varints 0x0000, 0x78, 0x8000 */
  message m = {0};
  lnti_tensor t;
  put_number(&m, 1, 3);
  put_number(&m, 2, 10);
  put_bytes(&m, 5, halves, sizeof halves);
  assert_ok(lnti_onnx_read_tensor(&t, m.data, m.n, ERR));
  assert_int_equal(t.dtype, LNTI_F16);
  assert_int_equal(((uint16_t *)t.data)[2], 0x8000);
  free(t.data);
  put_number(&m, 5, 1); /* one more than there are */
  assert_status(lnti_onnx_read_tensor(&t, m.data, m.n, ERR), LNT_EDATA);
  free(m.data);
}

static void bools_are_settled(void **state) {
  (void)state;
  static const uint8_t raw[] = {0, 1, 255};
  const uint64_t dims[] = {3};
  lnti_tensor t;
  message m = make_tensor("b", 9, dims, 1, raw, sizeof raw);
  assert_ok(lnti_onnx_read_tensor(&t, m.data, m.n, ERR));
  assert_int_equal(((uint8_t *)t.data)[2], 1);
  free(t.data);
  free(m.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_model_is_read),
                                     cmocka_unit_test(an_input_that_is_constant_is_none),
                                     cmocka_unit_test(operators_that_are_not_known_are_named),
                                     cmocka_unit_test(a_survey_needs_no_elements),
                                     cmocka_unit_test(versions_are_checked),
                                     cmocka_unit_test(what_is_no_model_is_refused),
                                     cmocka_unit_test(other_files_are_named),
                                     cmocka_unit_test(a_cut_is_told_with_its_place),
                                     cmocka_unit_test(names_do_not_make_it_another_file),
                                     cmocka_unit_test(damage_is_an_error_at_every_byte),
                                     cmocka_unit_test(a_shape_beyond_all_memory_is_refused),
                                     cmocka_unit_test(other_element_types_are_refused),
                                     cmocka_unit_test(a_deep_message_is_refused),
                                     cmocka_unit_test(circles_and_missing_constants_are_refused_by_name),
                                     cmocka_unit_test(types_that_do_not_fit_are_refused_by_name),
                                     cmocka_unit_test(subgraphs_are_refused_by_name),
                                     cmocka_unit_test(tensors_in_other_files_are_read_from_beside_alone),
                                     cmocka_unit_test(rows_of_numbers_are_tensors_too),
                                     cmocka_unit_test(bools_are_settled)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
