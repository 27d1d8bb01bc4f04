/**
 * @file vector.h
 * Functions of each element of a row, and of whole rows, by the instructions of a CPU level: what networks do between their
 * products. Single-threaded; callers cut their work into chunks.
 *
 * Levels agree within a few units in the last place of the largest element. NaN in, NaN out.
 */
#ifndef LNTI_MATH_VECTOR_H
#define LNTI_MATH_VECTOR_H

#include <linnet/cpu.h>
#include <stddef.h>

/** y = f(x), each within 2e-7 + 3e-6 of the larger of |y| and, for those that multiply by x and those that cut, |x|; results below
 *  1e-37 may become 0, e^x for x above 88 infinite. */
typedef enum lnti_function {
  LNTI_EXP,
  LNTI_SIGMOID,
  LNTI_SILU, /**< x * sigmoid(x) */
  LNTI_TANH,
  LNTI_ERF,
  LNTI_GELU,         /**< x/2 * (1 + erf(x / sqrt 2)) */
  LNTI_GELU_TANH,    /**< its approximation by tanh */
  LNTI_HARD_SIGMOID, /**< within [0,1]: p[0] * x + p[1] */
  LNTI_HARD_SWISH,   /**< x * Relu6(x + 3) / 6 */
  LNTI_CLIP,         /**< within [p[0], p[1]] */
  LNTI_N_FUNCTIONS
} lnti_function;

/** y[i] = f(x[i]), i < n; `p` the parameters that the function names. y and x may be the same. */
void lnti_vector_function(float *y, const float *x, size_t n, lnti_function f, const float *p, lnt_cpu_level level);

typedef enum lnti_arithmetic { LNTI_ADD, LNTI_SUB, LNTI_MUL, LNTI_DIV, LNTI_N_ARITHMETIC } lnti_arithmetic;

/** Rows of an operand: the distance of its elements (0 or 1), and that of its rows. */
typedef struct lnti_operand {
  const float *x;
  size_t stride, step;
} lnti_operand;

/** z[r * n + i] = a(r,i) op b(r,i), r < rows, i < n. z may be an operand of its own layout. */
void lnti_vector_combine(float *z, lnti_operand a, lnti_operand b, size_t rows, size_t n, lnti_arithmetic op,
                         lnt_cpu_level level);

/** y[i] = e^(x[i] - max) / sum, n >= 1: softmax of one row. y and x may be the same. */
void lnti_vector_softmax(float *y, const float *x, size_t n, lnt_cpu_level level);

/** y[i] = (x[i] - mean) / sqrt(variance + epsilon) * scale[i] + shift[i], n >= 1; `shift` may be NULL. */
void lnti_vector_normalise(float *y, const float *x, size_t n, const float *scale, const float *shift, float epsilon,
                           lnt_cpu_level level);

/** sum x[i]; in 16, 32 or 64 partial sums by level. */
float lnti_vector_sum(const float *x, size_t n, lnt_cpu_level level);

#endif
