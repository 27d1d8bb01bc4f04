/* Fuzzing networks in ONNX files. The mutator leaves elements of tensors alone, so that real files are worth fuzzing too. */
#include "network_places.h"
#include "one_network.h"

#include <graph/onnx.h>
#include <graph/wire.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MODEL_GRAPH = 7, GRAPH_TENSOR = 5, TENSOR_HEAD = 24 };

/* The bytes of nodes, inputs and outputs, and the first ones of tensors, where their shapes stand. */
static void find_places(places *p, const uint8_t *data, size_t n) {
  lnti_wire model = {.at = data, .end = data + n};
  lnti_field field, part;
  bool found = true, more = true;
  while (lnti_wire_next(&field, &found, &model, NULL) == LNT_OK && found) {
    if (field.type != LNTI_WIRE_BYTES) continue;
    if (field.number != MODEL_GRAPH) {
      size_t bytes = lnti_wire_size(&field.bytes);
      note_words(p, (size_t)(field.bytes.at - data), bytes < TENSOR_HEAD ? bytes : TENSOR_HEAD, 1);
      continue;
    }
    lnti_wire graph = field.bytes;
    while (lnti_wire_next(&part, &more, &graph, NULL) == LNT_OK && more) {
      if (part.type != LNTI_WIRE_BYTES) continue;
      size_t bytes = lnti_wire_size(&part.bytes), at = (size_t)(part.bytes.at - data);
      if (part.number == GRAPH_TENSOR && bytes > TENSOR_HEAD) bytes = TENSOR_HEAD;
      note_words(p, at > 2 ? at - 2 : at, bytes, 1);
    }
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed) {
  static places p;
  p.n = 0;
  if (LLVMFuzzerMutate && n < SMALL_FILE && seed % 2 == 0) return LLVMFuzzerMutate(data, n, n_max);
  find_places(&p, data, n);
  change_places(data, n, &p, seed, 1);
  return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_graph *graph = NULL;
  lnti_graph_survey survey;
  if (lnti_onnx_read(&graph, NULL, data, n, NULL) == LNT_OK) {
    run(graph, digest(data, n));
    lnti_graph_free(graph);
  }
  return lnti_onnx_look(&survey, data, n, NULL) == LNT_OK && survey.n_unknown > LNTI_SURVEY_MAX;
}
