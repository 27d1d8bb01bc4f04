/**
 * @file onnx_tensor.h
 * ONNX' TensorProto: element type, dimensions, and elements in one of four forms or in another file.
 */
#ifndef LNTI_GRAPH_ONNX_TENSOR_H
#define LNTI_GRAPH_ONNX_TENSOR_H

#include <graph/tensor.h>
#include <graph/wire.h>

/** What a message says, its elements not yet taken. */
typedef struct lnti_onnx_tensor {
  lnti_tensor kind; /**< type and shape; checked */
  lnti_wire name, raw, message;
  bool has_raw, external;
  lnti_wire location; /**< name of the other file */
  uint64_t offset, length;
} lnti_onnx_tensor;

LNT_MUST_CHECK lnt_status lnti_onnx_tensor_scan(lnti_onnx_tensor *out, lnti_wire message, lnt_error *err);
/** The elements of one that is not external, into memory of lnti_tensor_bytes(&tensor->kind). LNT_EDATA: more or fewer. */
LNT_MUST_CHECK lnt_status lnti_onnx_tensor_fill(void *out, const lnti_onnx_tensor *tensor, lnt_error *err);
/** Bools to 0 and 1, as all operators expect them. */
void lnti_onnx_tensor_settle(void *data, const lnti_tensor *kind);

#endif
