/**
 * @file vector_kernels.h
 * The kernels of vector.h, written once: each file that includes it compiles them for its level, with LANES floats to a register
 * and its name in LEVEL(). Ends of rows go through a block padded with zeros.
 */
#ifndef LNTI_MATH_VECTOR_KERNELS_H
#define LNTI_MATH_VECTOR_KERNELS_H

#include <math/kernels.h>
#include <math/vector.h>

#include <math.h>
#include <string.h>

#ifndef LANES /* on any machine */
#  define LANES 4
#  define LEVEL lnti_vector_generic
#endif

typedef float reals __attribute__((vector_size(LANES * 4)));
typedef int32_t bits __attribute__((vector_size(LANES * 4)));

LNTI_INLINE reals load(const float *x) {
  reals v;
  memcpy(&v, x, sizeof v);
  return v;
}

LNTI_INLINE void store(float *y, reals v) {
  memcpy(y, &v, sizeof v);
}

LNTI_INLINE reals all(float x) {
  return (reals){0} + x;
}

/* yes where the mask is set, no elsewhere */
LNTI_INLINE reals choose(bits mask, reals yes, reals no) {
  return (reals)((mask & (bits)yes) | (~mask & (bits)no));
}

/* A NaN stays one: it is neither below nor above. */
LNTI_INLINE reals within(reals x, float low, float high) {
  x = choose(x < low, all(low), x);
  return choose(x > high, all(high), x);
}

LNTI_INLINE reals magnitude(reals x) {
  return (reals)((bits)x & 0x7fffffff);
}

/* As LNTI_EXP_LEAST says in kernels.h; x in [-87, 88]. */
LNTI_INLINE reals exp_within(reals x) {
  const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number, in the low bits */
  reals rounded = x * 1.44269504f + shift, m = rounded - shift;
  reals r = x - m * 0.693359375f;
  r = r - m * -2.12194440e-4f;
  reals p = all(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  bits scale = ((bits)rounded - 0x4b400000 + 127) << 23;
  return p * (reals)scale;
}

LNTI_INLINE reals exp_of(reals x) {
  reals y = exp_within(within(x, -87, 88));
  y = choose(x < -87.0f, all(0), y);
  return choose(x > 88.0f, all(INFINITY), y);
}

LNTI_INLINE reals sigmoid_of(reals x) {
  return 1.0f / (1.0f + exp_within(within(-x, -87, 87)));
}

/* Near 0 its Taylor series, elsewhere (1 - e^-2|x|) / (1 + e^-2|x|). */
LNTI_INLINE reals tanh_of(reals x) {
  reals a = magnitude(x), s = x * x, e = exp_within(within(-2 * a, -87, 0));
  reals far = (1 - e) / (1 + e);
  reals p = all(62.0f / 2835);
  p = p * s - 17.0f / 315;
  p = p * s + 2.0f / 15;
  p = p * s - 1.0f / 3;
  reals near = x + x * s * p;
  far = (reals)((bits)far | ((bits)x & (int32_t)0x80000000u));
  return choose(a < 0.25f, near, far);
}

/* Below 1 its Taylor series of ten terms; above, M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 7.1.26. */
LNTI_INLINE reals erf_of(reals x) {
  static const float series[] = {-1.0f / 6894720, 1.0f / 685440, -1.0f / 75600, 1.0f / 9360, -1.0f / 1320,
                                 1.0f / 216,      -1.0f / 42,    1.0f / 10,     -1.0f / 3};
  reals a = magnitude(x), s = x * x, p = all(series[0]);
  LNTI_UNROLL
  for (int i = 1; i < 9; i++) p = p * s + series[i];
  reals near = 1.12837917f * (x + x * s * p);
  reals t = 1 / (1 + 0.3275911f * a), q = all(1.061405429f);
  q = q * t - 1.453152027f;
  q = q * t + 1.421413741f;
  q = q * t - 0.284496736f;
  q = q * t + 0.254829592f;
  reals far = 1 - q * t * exp_within(within(-s, -87, 0));
  far = (reals)((bits)far | ((bits)x & (int32_t)0x80000000u));
  return choose(a < 1.0f, near, far);
}

LNTI_INLINE reals apply(reals x, lnti_function f, const float *p) {
  switch (f) {
    case LNTI_EXP:
      return exp_of(x);
    case LNTI_SIGMOID:
      return sigmoid_of(x);
    case LNTI_SILU:
      return x * sigmoid_of(x);
    case LNTI_TANH:
      return tanh_of(x);
    case LNTI_ERF:
      return erf_of(x);
    case LNTI_GELU:
      return 0.5f * x * (1 + erf_of(x * 0.70710678f));
    case LNTI_GELU_TANH:
      return 0.5f * x * (1 + tanh_of(0.79788456f * (x + 0.044715f * x * x * x)));
    case LNTI_HARD_SIGMOID:
      return within(p[0] * x + p[1], 0, 1);
    case LNTI_HARD_SWISH:
      return x * within(x + 3, 0, 6) * (1.0f / 6);
    default:
      return within(x, p[0], p[1]);
  }
}

LNTI_INLINE void each(float *y, const float *x, size_t n, lnti_function f, const float *p) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) store(y + i, apply(load(x + i), f, p));
  if (i == n) return;
  float rest[LANES] = {0};
  memcpy(rest, x + i, (n - i) * sizeof *x);
  store(rest, apply(load(rest), f, p));
  memcpy(y + i, rest, (n - i) * sizeof *y);
}

/* One loop for each function, so that none looks at which it is for every register. */
static void function(float *y, const float *x, size_t n, lnti_function f, const float *p) {
  switch (f) {
    case LNTI_EXP:
      each(y, x, n, LNTI_EXP, p);
      break;
    case LNTI_SIGMOID:
      each(y, x, n, LNTI_SIGMOID, p);
      break;
    case LNTI_SILU:
      each(y, x, n, LNTI_SILU, p);
      break;
    case LNTI_TANH:
      each(y, x, n, LNTI_TANH, p);
      break;
    case LNTI_ERF:
      each(y, x, n, LNTI_ERF, p);
      break;
    case LNTI_GELU:
      each(y, x, n, LNTI_GELU, p);
      break;
    case LNTI_GELU_TANH:
      each(y, x, n, LNTI_GELU_TANH, p);
      break;
    case LNTI_HARD_SIGMOID:
      each(y, x, n, LNTI_HARD_SIGMOID, p);
      break;
    case LNTI_HARD_SWISH:
      each(y, x, n, LNTI_HARD_SWISH, p);
      break;
    default:
      each(y, x, n, LNTI_CLIP, p);
  }
}

/* ---- two rows ---- */

LNTI_INLINE reals joined(reals x, reals y, lnti_arithmetic op) {
  return op == LNTI_ADD ? x + y : op == LNTI_SUB ? x - y : op == LNTI_MUL ? x * y : x / y;
}

LNTI_INLINE void pairs(float *z, const float *x, size_t sx, const float *y, size_t sy, size_t n, lnti_arithmetic op) {
  size_t i = 0;
  reals a = all(x[0]), b = all(y[0]);
  for (; i + LANES <= n; i += LANES) store(z + i, joined(sx ? load(x + i) : a, sy ? load(y + i) : b, op));
  for (; i < n; i++) {
    float v = x[i * sx], w = y[i * sy];
    z[i] = op == LNTI_ADD ? v + w : op == LNTI_SUB ? v - w : op == LNTI_MUL ? v * w : v / w;
  }
}

LNTI_INLINE void rows_by(float *z, const lnti_operand *a, const lnti_operand *b, size_t rows, size_t n,
                         lnti_arithmetic op) {
  for (size_t r = 0; r < rows; r++) {
    const float *x = a->x + r * a->step, *y = b->x + r * b->step;
    if (a->stride && b->stride) {
      pairs(z + r * n, x, 1, y, 1, n, op);
    } else if (a->stride) {
      pairs(z + r * n, x, 1, y, 0, n, op);
    } else {
      pairs(z + r * n, x, 0, y, b->stride, n, op);
    }
  }
}

static void combine(float *z, lnti_operand a, lnti_operand b, size_t rows, size_t n, lnti_arithmetic op) {
  switch (op) {
    case LNTI_ADD:
      rows_by(z, &a, &b, rows, n, LNTI_ADD);
      break;
    case LNTI_SUB:
      rows_by(z, &a, &b, rows, n, LNTI_SUB);
      break;
    case LNTI_MUL:
      rows_by(z, &a, &b, rows, n, LNTI_MUL);
      break;
    default:
      rows_by(z, &a, &b, rows, n, LNTI_DIV);
  }
}

/* ---- whole rows ---- */

LNTI_INLINE float total(reals v) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

static float sum(const float *x, size_t n) {
  reals part[4] = {all(0), all(0), all(0), all(0)};
  size_t i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    LNTI_UNROLL
    for (size_t k = 0; k < 4; k++) part[k] += load(x + i + k * LANES);
  }
  for (; i + LANES <= n; i += LANES) part[0] += load(x + i);
  float rest = total((part[0] + part[1]) + (part[2] + part[3]));
  for (; i < n; i++) rest += x[i];
  return rest;
}

static void softmax(float *y, const float *x, size_t n) {
  reals largest = all(-INFINITY), part = all(0);
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    reals v = load(x + i);
    largest = choose(v > largest, v, largest);
  }
  float most = -INFINITY;
  for (int k = 0; k < LANES; k++) most = largest[k] > most ? largest[k] : most;
  for (size_t k = i; k < n; k++) most = x[k] > most ? x[k] : most;
  for (i = 0; i + LANES <= n; i += LANES) {
    reals e = exp_of(load(x + i) - most);
    part += e;
    store(y + i, e);
  }
  float all_parts = total(part);
  if (i < n) {
    float rest[LANES] = {0};
    for (size_t k = i; k < n; k++) rest[k - i] = x[k] - most;
    store(rest, exp_of(load(rest)));
    for (size_t k = i; k < n; k++) all_parts += y[k] = rest[k - i];
  }
  pairs(y, y, 1, &all_parts, 0, n, LNTI_DIV);
}

static void normalise(float *y, const float *x, size_t n, const float *scale, const float *shift, float epsilon) {
  reals squares = all(0);
  float mean = sum(x, n) / (float)n, rest = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    reals d = load(x + i) - mean;
    squares += d * d;
  }
  for (; i < n; i++) rest += (x[i] - mean) * (x[i] - mean);
  float inverse = 1 / sqrtf((total(squares) + rest) / (float)n + epsilon);
  for (i = 0; i + LANES <= n; i += LANES) {
    reals v = (load(x + i) - mean) * inverse * load(scale + i);
    store(y + i, shift ? v + load(shift + i) : v);
  }
  for (; i < n; i++) y[i] = (x[i] - mean) * inverse * scale[i] + (shift ? shift[i] : 0);
}

const lnti_vector_kernels LEVEL = {function, combine, softmax, normalise, sum};

#endif
