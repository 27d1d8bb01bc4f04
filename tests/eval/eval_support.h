/* What the tests of eval/ share. */
#ifndef LNTI_TESTS_EVAL_SUPPORT_H
#define LNTI_TESTS_EVAL_SUPPORT_H

#include <base/rng.h>
#include <eval/eval.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Equal within `tolerance`, or both NaN; says which figure of which case is off. */
static inline void assert_near(double got, double want, double tolerance, const char *title, const char *what) {
  if (isnan(got) && isnan(want)) return;
  if (fabs(got - want) <= tolerance) return;
  fail_msg("%s: %s is %.17g where %.17g is right", title, what, got, want);
}

/* Equal within 1e-9 of the greater one or of 1. */
static inline void assert_figure(double got, double want, const char *title, const char *what) {
  assert_near(got, want, 1e-9 * fmax(1, fabs(want)), title, what);
}

/* The items of resample r, written out: rows [n * n], each group's members in rising order. Groups are numbered from 0 without
   gaps; NULL: each item alone. Returns how many rows. */
static inline size_t plain_resample(size_t *rows, const uint32_t *group, size_t n, uint64_t seed, size_t r) {
  size_t n_groups = group ? 0 : n, n_rows = 0;
  lnti_rng rng;
  for (size_t i = 0; group && i < n; i++) n_groups = group[i] + 1 > n_groups ? group[i] + 1 : n_groups;
  lnti_rng_seed(&rng, seed, r);
  for (size_t draw = 0; draw < n_groups; draw++) {
    size_t g = (size_t)lnti_rng_below(&rng, n_groups);
    for (size_t i = 0; i < n; i++) {
      if ((group ? group[i] : i) == g) rows[n_rows++] = i;
    }
  }
  return n_rows;
}

/* A copy on the heap, exactly as long as it should be: reading past its end is seen by the sanitizers. */
static inline void *heap_copy(const void *data, size_t bytes) {
  unsigned char *copy = malloc(bytes > 0 ? bytes : 1);
  assert_non_null(copy);
  for (size_t i = 0; i < bytes; i++) copy[i] = ((const unsigned char *)data)[i];
  return copy;
}

/* Random probabilities, right more often than not; `steps` > 0 rounds the scores, which makes ties. */
static inline void random_set(float *prob, int32_t *label, size_t n, size_t k, unsigned steps, lnti_rng *rng) {
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    label[i] = (int32_t)lnti_rng_below(rng, k);
    for (size_t c = 0; c < k; c++) {
      double score = lnti_rng_normal(rng) + ((int32_t)c == label[i] ? 1.2 : 0);
      if (steps > 0) score = floor(score * steps) / steps;
      prob[i * k + c] = (float)exp(score);
      sum += (double)prob[i * k + c];
    }
    for (size_t c = 0; c < k; c++) prob[i * k + c] = (float)(prob[i * k + c] / sum);
  }
}

#endif
