/**
 * @file tflite_support.h
 * Running networks that tests write as TensorFlow Lite's files, beside plain loops over the elements of one sample.
 */
#ifndef LNTI_TESTS_GRAPH_TFLITE_SUPPORT_H
#define LNTI_TESTS_GRAPH_TFLITE_SUPPORT_H

#include "graph_support.h"
#include "tflite_maker.h"

enum { LNTI_MADE_SAMPLES = 3 };

size_t lnti_made_count(const made_tensor *t);
/** The graph of a file that should be read. */
lnti_graph *lnti_made_read(const maker *m);
/** Runs n samples x [n][h,w,c] through a network of one input and one output, y [n][...] as in the file. */
void lnti_made_run(float *y, const maker *m, const float *x, size_t n, bool plain);
void lnti_made_random(float *out, size_t n, uint64_t seed);

/** What one sample should give. */
typedef void (*lnti_reference)(float *y, const float *x, const maker *m);
/** That random samples, run at once, give what each should; with plain loops and with fast kernels. */
void lnti_made_check(const maker *m, lnti_reference wanted_of, size_t samples, bool positive);
static inline void check(const maker *m, lnti_reference wanted_of) {
  lnti_made_check(m, wanted_of, LNTI_MADE_SAMPLES, false);
}

/** A network that begins with x of these dimensions. */
maker lnti_made_begin(const int32_t *dims);
static inline void end(maker *m, int32_t output) {
  m->output[0] = output;
}

/** An operator's fused activation, by the number of its field, and what it does. */
int lnti_made_activation(const made_op *op, unsigned field);
float lnti_activate(float v, int activation);

/** For tests that move elements: where element i of the output comes from in a sample; -1: it is 0. */
extern int (*lnti_source_of)(int);
void lnti_source_reference(float *y, const float *x, const maker *m);

#endif
