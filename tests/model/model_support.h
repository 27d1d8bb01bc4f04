/**
 * @file model_support.h
 * Small problems and models for the tests of the model layer.
 */
#ifndef LNTI_TESTS_MODEL_SUPPORT_H
#define LNTI_TESTS_MODEL_SUPPORT_H

#include <model/learners.h>
#include <model/model.h>
#include <support.h>

/** n rows of d features about k centres; row i has class i % k. */
typedef struct toy {
  lnti_problem problem;
  void *x;
  int32_t *label;
  int8_t *truth; /* of toy_labels; NULL */
  double *value; /* of toy_numbers; NULL */
} toy;

/** @param spread  deviation about the centres, which lie some 60 of 255 apart in each feature */
void toy_make(toy *out, uint64_t seed, size_t n, size_t d, size_t k, lnti_dtype dtype, double spread);
/** The same for k labels, each yes on one side of a plane of its own, with noise; a quarter unknown. */
void toy_labels(toy *out, uint64_t seed, size_t n, size_t d, size_t k, lnti_dtype dtype);
/** The same for a number: a sum of the features, with noise. */
void toy_numbers(toy *out, uint64_t seed, size_t n, size_t d, lnti_dtype dtype);
void toy_clear(toy *t);

/** A row of a toy as doubles [d]. */
void toy_row(double *out, const toy *t, size_t i);

/** Fits and scores its own rows with 1, 2 and 3 threads: the same bits. */
void toy_same_on_threads(const lnti_learner *learner, const lnti_problem *problem, const lnti_params *params);

/** One thread, the machine's best level. */
lnti_context toy_context(void);

/** Parameters of a learner at their defaults, but for "KEY=VALUE" settings ended by NULL. */
lnti_params toy_params(const lnti_learner *learner, ...);

/** Fits; every failure fails the test. */
lnti_fitted *toy_fit(const lnti_learner *learner, const lnti_problem *problem, const lnti_params *params,
                     const lnti_context *context);

/** Share of rows whose first largest score is their label. */
double toy_accuracy(const lnti_fitted *fitted, const lnti_problem *problem, const lnti_context *context);

enum { TOY_H = 3, TOY_W = 4, TOY_D = 12, TOY_K = 3 };

/** A whole model on 3 x 4 grey pixels and three classes, fitted to a toy of 60 rows. */
lnt_model *toy_model(const char *learner);
/** The same of another task, with all that its file can hold: labels with thresholds and Platt's numbers, a number with
 *  residuals and a range, three classes of a tree ("shoes", "shoes/boot" and "bag/hand/red") with titles of nodes. */
lnt_model *toy_task_model(const char *learner, lnti_task task);

/** Every learner with every task of it whose models are tried. */
typedef struct toy_kind {
  const char *learner;
  lnti_task task;
} toy_kind;
enum { TOY_KINDS = 8 };
extern const toy_kind toy_kinds[TOY_KINDS];

/** An image of class c, about the centre of that class; bytes [TOY_H,TOY_W]. */
void toy_image(uint8_t pixels[TOY_D], int c);

/** The manifest of a model file; free() it. */
char *toy_manifest(const char *path);

/** `text` with the first `from`, which must be there, replaced by `to`; free() it. */
char *toy_replaced(const char *text, const char *from, const char *to);

#endif
