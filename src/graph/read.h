/**
 * @file read.h
 * Networks in files, whatever kind of file it is: ONNX (onnx.h) or TensorFlow Lite (tflite.h), told apart by their first bytes.
 */
#ifndef LNTI_GRAPH_READ_H
#define LNTI_GRAPH_READ_H

#include <graph/graph.h>

#define LNTI_GRAPH_FILE_MAX ((uint64_t)4 << 30)

/** An operator that a file has and Linnet does not. */
typedef struct lnti_unknown_operator {
  char name[64], domain[64]; /**< domain: of ONNX; "custom" or "flex" of TensorFlow Lite's */
  char node[128];            /**< the first that has it */
  size_t n_nodes;
} lnti_unknown_operator;

enum { LNTI_SURVEY_MAX = 64 };

typedef struct lnti_graph_survey {
  lnti_unknown_operator unknown[LNTI_SURVEY_MAX];
  size_t n_unknown; /**< of them are listed; further ones are not */
} lnti_graph_survey;

/** Notes a node whose operator is not known. */
void lnti_survey_note(lnti_graph_survey *survey, const char *name, const char *domain, const char *node);

/** Reads a file; errors as lnti_onnx_read, lnti_tflite_read. */
LNT_MUST_CHECK lnt_status lnti_graph_open(lnti_graph **out, const char *path, lnt_error *err);
/** The same from memory, without other files. */
LNT_MUST_CHECK lnt_status lnti_graph_read(lnti_graph **out, const void *data, size_t bytes, lnt_error *err);
/** Which operators of the file are not known. */
LNT_MUST_CHECK lnt_status lnti_graph_look(lnti_graph_survey *out, const void *data, size_t bytes, lnt_error *err);

#endif
