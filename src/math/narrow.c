/*
 * Narrow products and softmax: the dispatch, and the plain kernels that run where there is no better level
 * and that the tests hold the others against.
 *
 * Sixteen lanes at a time stay in registers while a row of x passes by, so that w (or g) is read once
 * for each row and nothing is written inside the loop. Every sum runs over its index in order.
 */
#include <math/gemm.h>

#include <assert.h>
#include <math.h>
#include <math/kernels.h>
#include <string.h>

size_t lnti_lanes(size_t k) {
  return (k + LNTI_LANES - 1) / LNTI_LANES * LNTI_LANES;
}

static void forward_generic(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t n, size_t d,
                            size_t lanes) {
  for (size_t i = 0; i < n; i++) {
    const float *row = x + i * ldx;
    for (size_t first = 0; first < lanes; first += LNTI_LANES) {
      float sum[LNTI_LANES] = {0};
      if (bias != NULL) memcpy(sum, bias + first, sizeof sum);
      for (size_t j = 0; j < d; j++) {
        const float *weight = w + j * lanes + first;
        for (size_t l = 0; l < LNTI_LANES; l++) sum[l] += row[j] * weight[l];
      }
      memcpy(z + i * lanes + first, sum, sizeof sum);
    }
  }
}

static void backward_generic(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t d, size_t lanes) {
  for (size_t j = 0; j < d; j++) {
    for (size_t first = 0; first < lanes; first += LNTI_LANES) {
      float sum[LNTI_LANES];
      memcpy(sum, g + j * lanes + first, sizeof sum);
      for (size_t i = 0; i < n; i++) {
        const float *share = p + i * lanes + first;
        for (size_t l = 0; l < LNTI_LANES; l++) sum[l] += x[i * ldx + j] * share[l];
      }
      memcpy(g + j * lanes + first, sum, sizeof sum);
    }
  }
}

/* kernels.h gives the method. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. */
static float exp_one(float x) {
  const float magic = 12582912.0f;
  float shifted = x * LNTI_EXP_LOG2E + magic;
  float m = shifted - magic;
  float r = (x - m * LNTI_EXP_LN2_HIGH) - m * LNTI_EXP_LN2_LOW;
  float q = LNTI_EXP_C7;
  q = q * r + LNTI_EXP_C6;
  q = q * r + LNTI_EXP_C5;
  q = q * r + LNTI_EXP_C4;
  q = q * r + LNTI_EXP_C3;
  q = q * r + LNTI_EXP_C2;
  q = (q * (r * r) + r) + 1.0f;
  uint32_t bits;
  float power;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127u) << 23; /* the magic number's own bits leave at the top */
  memcpy(&power, &bits, sizeof power);
  return x < LNTI_EXP_LEAST ? 0.0f : q * power;
}

static void exp_generic(float *y, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = exp_one(x[i]);
}

static void softmax_generic(float *z, float *max_out, float *sum_out, size_t n, size_t k, size_t lanes) {
  for (size_t i = 0; i < n; i++) {
    float *row = z + i * lanes;
    float largest = row[0], sum = 0;
    for (size_t l = 1; l < k; l++) largest = row[l] > largest ? row[l] : largest;
    for (size_t l = 0; l < k; l++) {
      float below = row[l] - largest;
      row[l] = below < LNTI_SOFTMAX_LEAST ? 0.0f : exp_one(below);
      sum += row[l];
    }
    for (size_t l = 0; l < k; l++) row[l] /= sum;
    for (size_t l = k; l < lanes; l++) row[l] = 0;
    if (max_out != NULL) {
      max_out[i] = largest;
      sum_out[i] = sum;
    }
  }
}

const lnti_narrow_kernels lnti_narrow_generic = {forward_generic, backward_generic, exp_generic, softmax_generic};

static const lnti_narrow_kernels *kernels_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AVX512) return &lnti_narrow_avx512;
  if (level >= LNT_CPU_AVX2) return &lnti_narrow_avx2;
#endif
  (void)level;
  return &lnti_narrow_generic;
}

static void check_lanes(size_t lanes) {
  assert(lanes > 0 && lanes % LNTI_LANES == 0 && lanes <= LNTI_NARROW_MAX);
  (void)lanes;
}

void lnti_narrow_forward(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t n, size_t d,
                         size_t lanes, lnt_cpu_level level) {
  check_lanes(lanes);
  assert((uintptr_t)z % 64 == 0 && (uintptr_t)w % 64 == 0);
  kernels_of(level)->forward(z, x, ldx, w, bias, n, d, lanes);
}

void lnti_narrow_backward(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t d, size_t lanes,
                          lnt_cpu_level level) {
  check_lanes(lanes);
  assert((uintptr_t)g % 64 == 0 && (uintptr_t)p % 64 == 0);
  kernels_of(level)->backward(g, x, ldx, p, n, d, lanes);
}

void lnti_exp_nonpositive(float *y, const float *x, size_t n, lnt_cpu_level level) {
  kernels_of(level)->exp_nonpositive(y, x, n);
}

void lnti_softmax_rows(float *z, double *log_sum_out, size_t n, size_t k, size_t lanes, lnt_cpu_level level) {
  enum { ROWS = 64 };
  float largest[ROWS], sum[ROWS];
  check_lanes(lanes);
  assert(k >= 1 && k <= lanes);
  const lnti_narrow_kernels *kernels = kernels_of(level);
  if (log_sum_out == NULL) {
    kernels->softmax(z, NULL, NULL, n, k, lanes);
    return;
  }
  for (size_t i = 0; i < n; i += ROWS) {
    size_t rows = n - i < ROWS ? n - i : ROWS;
    kernels->softmax(z + i * lanes, largest, sum, rows, k, lanes);
    for (size_t r = 0; r < rows; r++) log_sum_out[i + r] = (double)largest[r] + log((double)sum[r]);
  }
}
