/* Fuzzing networks in ONNX files. */
#include "one_network.h"

#include <graph/onnx.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_graph *graph = NULL;
  lnti_graph_survey survey;
  if (lnti_onnx_read(&graph, NULL, data, n, NULL) == LNT_OK) {
    run(graph);
    lnti_graph_free(graph);
  }
  return lnti_onnx_look(&survey, data, n, NULL) == LNT_OK && survey.n_unknown > LNTI_SURVEY_MAX;
}
