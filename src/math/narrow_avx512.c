/*
 * Narrow products and softmax for AVX-512. A block of rows (forward) or features (backward) keeps all its
 * lanes in registers: 8 x 1..3 vectors, or 6 x 4, of 32. Each step loads the lanes of w (or p) once and
 * multiplies them by one number of each row, so that the multipliers and not the loads are the limit.
 * Blocks and remainders run the same sums in the same order: a row's result does not depend on its place.
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <math.h>

/* Each caller names `rows` and `v` (vectors of 16 lanes) as constants. */
LNTI_INLINE void forward_block(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t d,
                               int rows, int v) {
  __m512 sum[8][4];
  LNTI_UNROLL
  for (int r = 0; r < rows; r++) {
    LNTI_UNROLL
    for (int l = 0; l < v; l++) sum[r][l] = bias != NULL ? _mm512_loadu_ps(bias + 16 * l) : _mm512_setzero_ps();
  }
  for (size_t j = 0; j < d; j++, w += 16 * v) {
    __m512 weight[4];
    LNTI_UNROLL
    for (int l = 0; l < v; l++) weight[l] = _mm512_load_ps(w + 16 * l);
    LNTI_UNROLL
    for (int r = 0; r < rows; r++) {
      __m512 number = _mm512_set1_ps(x[(size_t)r * ldx + j]);
      LNTI_UNROLL
      for (int l = 0; l < v; l++) sum[r][l] = _mm512_fmadd_ps(number, weight[l], sum[r][l]);
    }
  }
  LNTI_UNROLL
  for (int r = 0; r < rows; r++) {
    LNTI_UNROLL
    for (int l = 0; l < v; l++) _mm512_store_ps(z + (r * v + l) * 16, sum[r][l]);
  }
}

LNTI_INLINE void forward_rows(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t n,
                              size_t d, int rows, int v) {
  size_t i = 0, lanes = 16 * (size_t)v;
  for (; i + (size_t)rows <= n; i += (size_t)rows) forward_block(z + i * lanes, x + i * ldx, ldx, w, bias, d, rows, v);
  for (; i < n; i++) forward_block(z + i * lanes, x + i * ldx, ldx, w, bias, d, 1, v);
}

static void forward(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t n, size_t d,
                    size_t lanes) {
  switch (lanes / 16) {
    case 1:
      forward_rows(z, x, ldx, w, bias, n, d, 8, 1);
      break;
    case 2:
      forward_rows(z, x, ldx, w, bias, n, d, 8, 2);
      break;
    case 3:
      forward_rows(z, x, ldx, w, bias, n, d, 8, 3);
      break;
    default:
      forward_rows(z, x, ldx, w, bias, n, d, 6, 4);
      break;
  }
}

LNTI_INLINE void backward_block(float *g, const float *x, size_t ldx, const float *p, size_t n, int features, int v) {
  __m512 sum[8][4];
  LNTI_UNROLL
  for (int r = 0; r < features; r++) {
    LNTI_UNROLL
    for (int l = 0; l < v; l++) sum[r][l] = _mm512_load_ps(g + (r * v + l) * 16);
  }
  for (size_t i = 0; i < n; i++, x += ldx, p += 16 * v) {
    __m512 share[4];
    LNTI_UNROLL
    for (int l = 0; l < v; l++) share[l] = _mm512_load_ps(p + 16 * l);
    LNTI_UNROLL
    for (int r = 0; r < features; r++) {
      __m512 number = _mm512_set1_ps(x[r]);
      LNTI_UNROLL
      for (int l = 0; l < v; l++) sum[r][l] = _mm512_fmadd_ps(number, share[l], sum[r][l]);
    }
  }
  LNTI_UNROLL
  for (int r = 0; r < features; r++) {
    LNTI_UNROLL
    for (int l = 0; l < v; l++) _mm512_store_ps(g + (r * v + l) * 16, sum[r][l]);
  }
}

LNTI_INLINE void backward_features(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t d,
                                   int features, int v) {
  size_t j = 0, lanes = 16 * (size_t)v;
  for (; j + (size_t)features <= d; j += (size_t)features) {
    backward_block(g + j * lanes, x + j, ldx, p, n, features, v);
  }
  for (; j < d; j++) backward_block(g + j * lanes, x + j, ldx, p, n, 1, v);
}

static void backward(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t d, size_t lanes) {
  switch (lanes / 16) {
    case 1:
      backward_features(g, x, ldx, p, n, d, 8, 1);
      break;
    case 2:
      backward_features(g, x, ldx, p, n, d, 8, 2);
      break;
    case 3:
      backward_features(g, x, ldx, p, n, d, 8, 3);
      break;
    default:
      backward_features(g, x, ldx, p, n, d, 6, 4);
      break;
  }
}

/* kernels.h gives the method; numbers below `least` give 0. */
LNTI_INLINE __m512 exp_vector(__m512 x, float least) {
  __mmask16 kept = _mm512_cmp_ps_mask(x, _mm512_set1_ps(least), _CMP_NLT_UQ);
  __m512 m = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(LNTI_EXP_LOG2E)),
                                  _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(m, _mm512_set1_ps(LNTI_EXP_LN2_HIGH), x);
  r = _mm512_fnmadd_ps(m, _mm512_set1_ps(LNTI_EXP_LN2_LOW), r);
  __m512 q = _mm512_set1_ps(LNTI_EXP_C7);
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(LNTI_EXP_C6));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(LNTI_EXP_C5));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(LNTI_EXP_C4));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(LNTI_EXP_C3));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(LNTI_EXP_C2));
  q = _mm512_add_ps(_mm512_fmadd_ps(q, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1.0f));
  return _mm512_maskz_scalef_ps(kept, q, m);
}

static void exp_nonpositive(float *y, const float *x, size_t n) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) _mm512_storeu_ps(y + i, exp_vector(_mm512_loadu_ps(x + i), LNTI_EXP_LEAST));
  if (i < n) {
    __mmask16 rest = (__mmask16)((1u << (n - i)) - 1);
    _mm512_mask_storeu_ps(y + i, rest, exp_vector(_mm512_maskz_loadu_ps(rest, x + i), LNTI_EXP_LEAST));
  }
}

static void softmax(float *z, float *max_out, float *sum_out, size_t n, size_t k, size_t lanes) {
  size_t last = (k - 1) / 16; /* the vector that holds lane k-1 */
  __mmask16 used = (__mmask16)(0xffffu >> (15 - (k - 1) % 16));
  const __m512 least = _mm512_set1_ps(-INFINITY);
  for (size_t i = 0; i < n; i++, z += lanes) {
    __m512 top = _mm512_mask_load_ps(least, used, z + 16 * last);
    for (size_t v = 0; v < last; v++) top = _mm512_max_ps(top, _mm512_load_ps(z + 16 * v));
    float largest = _mm512_reduce_max_ps(top);
    __m512 top_all = _mm512_set1_ps(largest), total = _mm512_setzero_ps();
    for (size_t v = 0; v <= last; v++) {
      __m512 e = exp_vector(_mm512_sub_ps(_mm512_load_ps(z + 16 * v), top_all), LNTI_SOFTMAX_LEAST);
      if (v == last) e = _mm512_maskz_mov_ps(used, e);
      _mm512_store_ps(z + 16 * v, e);
      total = _mm512_add_ps(total, e);
    }
    float sum = _mm512_reduce_add_ps(total);
    __m512 share = _mm512_set1_ps(sum);
    for (size_t v = 0; v <= last; v++) _mm512_store_ps(z + 16 * v, _mm512_div_ps(_mm512_load_ps(z + 16 * v), share));
    for (size_t v = last + 1; v < lanes / 16; v++) _mm512_store_ps(z + 16 * v, _mm512_setzero_ps());
    if (max_out != NULL) {
      max_out[i] = largest;
      sum_out[i] = sum;
    }
  }
}

const lnti_narrow_kernels lnti_narrow_avx512 = {forward, backward, exp_nonpositive, softmax};
