/**
 * @file network_maker.h
 * A network small enough to compute by hand, as an ONNX file: a picture's mean of each channel is its embedding, and two
 * classes are told apart by it.
 */
#ifndef LNTI_TESTS_NETWORK_MAKER_H
#define LNTI_TESTS_NETWORK_MAKER_H

#include "graph/onnx_maker.h"
#include "support.h"

/** ValueInfoProto of f32; a size of 0 is left open. */
static inline message make_input(const char *name, const uint64_t *dims, size_t rank, unsigned type) {
  message value = {0}, kind = {0}, tensor = {0}, shape = {0};
  for (size_t i = 0; i < rank; i++) {
    message dim = {0};
    if (dims[i]) {
      put_number(&dim, 1, dims[i]);
    } else {
      put_text(&dim, 2, "any");
    }
    put_message(&shape, 1, dim);
  }
  put_number(&tensor, 1, type);
  put_message(&tensor, 2, shape);
  put_message(&kind, 1, tensor);
  put_text(&value, 1, name);
  put_message(&value, 2, kind);
  return value;
}

static inline void put_metadata(message *model, const char *key, const char *text) {
  message entry = {0};
  put_text(&entry, 1, key);
  put_text(&entry, 2, text);
  put_message(model, 14, entry);
}

/** x [any,3,side,side] → pooled → flat → scores (red, blue) → y, of which the last is a softmax. Metadata may follow. */
static inline message make_tiny_network(size_t side) {
  /* scores = (red - blue, blue - red) * 4 */
  static const float weights[3][2] = {{4, -4}, {0, 0}, {-4, 4}};
  const uint64_t dims[] = {3, 2}, input[] = {0, 3, side, side};
  message g = {0};
  put_message(&g, 11, make_input("x", input, 4, 1));
  put_message(&g, 12, make_value("y"));
  put_message(&g, 1, make_node("GlobalAveragePool", "x", "pooled"));
  put_message(&g, 1, make_node("Flatten", "pooled", "flat"));
  put_message(&g, 1, make_node("Gemm", "flat w", "scores"));
  put_message(&g, 1, make_node("Softmax", "scores", "y"));
  put_message(&g, 5, make_tensor("w", 1, dims, 2, weights, sizeof weights));
  return make_model(g, 17);
}

#endif
