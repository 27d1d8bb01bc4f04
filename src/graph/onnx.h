/**
 * @file onnx.h
 * Networks in ONNX files (https://onnx.ai, IR versions 3 and later, operator sets 7 and later).
 */
#ifndef LNTI_GRAPH_ONNX_H
#define LNTI_GRAPH_ONNX_H

#include <graph/read.h>

/**
 * Reads what a file holds.
 * @param path  of the file: tensors that lie in other files are taken from the same folder alone; NULL: there are none
 * @return LNT_OK; LNT_ENOTFOUND; LNT_EDATA (no ONNX file, damaged, a circle, a value that nothing makes);
 *         LNT_EUNSUPPORTED (an operator, an attribute, an element type, a subgraph, a version; the node is named);
 *         LNT_ELIMIT; LNT_ENOMEM; LNT_EIO.
 */
LNT_MUST_CHECK lnt_status lnti_onnx_read(lnti_graph **out, const char *path, const void *data, size_t bytes,
                                         lnt_error *err);
/** Which operators of the file are not known; errors as above for all else that is wrong with it. */
LNT_MUST_CHECK lnt_status lnti_onnx_look(lnti_graph_survey *out, const void *data, size_t bytes, lnt_error *err);
/** One tensor in ONNX' TensorProto form, as test sets have them: into memory that is to be freed. */
LNT_MUST_CHECK lnt_status lnti_onnx_read_tensor(lnti_tensor *out, const void *data, size_t bytes, lnt_error *err);

#endif
