/**
 * @file onnx.h
 * Networks in ONNX files (https://onnx.ai, IR versions 3 and later, operator sets 7 and later).
 */
#ifndef LNTI_GRAPH_ONNX_H
#define LNTI_GRAPH_ONNX_H

#include <graph/graph.h>

#define LNTI_ONNX_BYTES_MAX ((uint64_t)4 << 30)

/** An operator that a file has and Linnet does not. */
typedef struct lnti_onnx_unknown {
  char operator_name[64], domain[64];
  char node[128]; /**< the first that has it */
  size_t n_nodes;
} lnti_onnx_unknown;

enum { LNTI_ONNX_UNKNOWN_MAX = 64 };

typedef struct lnti_onnx_survey {
  lnti_onnx_unknown unknown[LNTI_ONNX_UNKNOWN_MAX];
  size_t n_unknown; /**< of them are listed; further ones are not */
} lnti_onnx_survey;

/**
 * Reads a file. Tensors that lie in other files are taken from the same folder alone.
 * @return LNT_OK; LNT_ENOTFOUND; LNT_EDATA (no ONNX file, damaged, a circle, a value that nothing makes);
 *         LNT_EUNSUPPORTED (an operator, an attribute, an element type, a subgraph, a version; the node is named);
 *         LNT_ELIMIT; LNT_ENOMEM; LNT_EIO.
 */
LNT_MUST_CHECK lnt_status lnti_onnx_open(lnti_graph **out, const char *path, lnt_error *err);
/** The same from memory, without other files. */
LNT_MUST_CHECK lnt_status lnti_onnx_read(lnti_graph **out, const void *data, size_t bytes, lnt_error *err);
/** Which operators of the file are not known; errors as above for all else that is wrong with it. */
LNT_MUST_CHECK lnt_status lnti_onnx_look(lnti_onnx_survey *out, const void *data, size_t bytes, lnt_error *err);
/** One tensor in ONNX' TensorProto form, as test sets have them: into memory that is to be freed. */
LNT_MUST_CHECK lnt_status lnti_onnx_read_tensor(lnti_tensor *out, const void *data, size_t bytes, lnt_error *err);

#endif
