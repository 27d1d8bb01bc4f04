/**
 * @file tflite.h
 * Networks in TensorFlow Lite's files (FlatBuffers with the identifier TFL3; schema.fbs of version 3), float or quantised.
 *
 * What is quantised is read as the real numbers that it stands for, so that the graph is one of f32. Planes are [n,c,h,w] at the
 * border and within, where the file has [n,h,w,c]. Files are written for one sample; the graph takes any number of them, unless
 * the network mixes samples (its input then says 1).
 *
 * Metadata of the graph, where the file has them: "name", "description", "version", "author", "licence"; "mean" and "std" of
 * the input, each one number or three divided by commas, for pixels in [0,1]: what the network takes is (p/255 - mean) / std;
 * "labels", a JSON list of texts.
 */
#ifndef LNTI_GRAPH_TFLITE_H
#define LNTI_GRAPH_TFLITE_H

#include <graph/read.h>

/** True for what begins as such a file does. */
bool lnti_tflite_sniff(const void *data, size_t bytes);
/**
 * @return LNT_OK; LNT_EDATA (no such file, damaged, an operator that takes what nothing has made); LNT_EUNSUPPORTED (an operator,
 *         one of its options, an element type; the operator is named by its number); LNT_ELIMIT; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_tflite_read(lnti_graph **out, const void *data, size_t bytes, lnt_error *err);
/** Which operators of the file are not known; errors as above for all else that is wrong with it. */
LNT_MUST_CHECK lnt_status lnti_tflite_look(lnti_graph_survey *out, const void *data, size_t bytes, lnt_error *err);

#endif
