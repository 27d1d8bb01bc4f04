/*
 * Narrow products and softmax for AVX2: blocks of 6 rows (or features) by 16 lanes fill 12 of the 16
 * registers; more lanes are taken 16 at a time while the block's rows stay in the cache.
 * Blocks and remainders run the same sums in the same order: a row's result does not depend on its place.
 */
#include <math/kernels.h>

#include <immintrin.h>
#include <math.h>

enum { BLOCK = 6 };

/* 16 lanes of `rows` (a constant) rows. */
LNTI_INLINE void forward_block(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t d,
                               size_t lanes, int rows) {
  __m256 sum[BLOCK][2];
  LNTI_UNROLL
  for (int r = 0; r < rows; r++) {
    sum[r][0] = bias != NULL ? _mm256_loadu_ps(bias) : _mm256_setzero_ps();
    sum[r][1] = bias != NULL ? _mm256_loadu_ps(bias + 8) : _mm256_setzero_ps();
  }
  for (size_t j = 0; j < d; j++, w += lanes) {
    __m256 low = _mm256_load_ps(w), high = _mm256_load_ps(w + 8);
    LNTI_UNROLL
    for (int r = 0; r < rows; r++) {
      __m256 number = _mm256_broadcast_ss(x + (size_t)r * ldx + j);
      sum[r][0] = _mm256_fmadd_ps(number, low, sum[r][0]);
      sum[r][1] = _mm256_fmadd_ps(number, high, sum[r][1]);
    }
  }
  LNTI_UNROLL
  for (int r = 0; r < rows; r++) {
    _mm256_store_ps(z + (size_t)r * lanes, sum[r][0]);
    _mm256_store_ps(z + (size_t)r * lanes + 8, sum[r][1]);
  }
}

static void forward(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t n, size_t d,
                    size_t lanes) {
  for (size_t i = 0; i < n;) {
    size_t rows = n - i >= BLOCK ? BLOCK : 1;
    for (size_t l = 0; l < lanes; l += 16) {
      const float *shift = bias != NULL ? bias + l : NULL;
      if (rows == BLOCK) {
        forward_block(z + i * lanes + l, x + i * ldx, ldx, w + l, shift, d, lanes, BLOCK);
      } else {
        forward_block(z + i * lanes + l, x + i * ldx, ldx, w + l, shift, d, lanes, 1);
      }
    }
    i += rows;
  }
}

/* 16 lanes of `features` (a constant) features. */
LNTI_INLINE void backward_block(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t lanes,
                                int features) {
  __m256 sum[BLOCK][2];
  LNTI_UNROLL
  for (int r = 0; r < features; r++) {
    sum[r][0] = _mm256_load_ps(g + (size_t)r * lanes);
    sum[r][1] = _mm256_load_ps(g + (size_t)r * lanes + 8);
  }
  for (size_t i = 0; i < n; i++, x += ldx, p += lanes) {
    __m256 low = _mm256_load_ps(p), high = _mm256_load_ps(p + 8);
    LNTI_UNROLL
    for (int r = 0; r < features; r++) {
      __m256 number = _mm256_broadcast_ss(x + r);
      sum[r][0] = _mm256_fmadd_ps(number, low, sum[r][0]);
      sum[r][1] = _mm256_fmadd_ps(number, high, sum[r][1]);
    }
  }
  LNTI_UNROLL
  for (int r = 0; r < features; r++) {
    _mm256_store_ps(g + (size_t)r * lanes, sum[r][0]);
    _mm256_store_ps(g + (size_t)r * lanes + 8, sum[r][1]);
  }
}

static void backward(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t d, size_t lanes) {
  for (size_t j = 0; j < d;) {
    size_t features = d - j >= BLOCK ? BLOCK : 1;
    for (size_t l = 0; l < lanes; l += 16) {
      if (features == BLOCK) {
        backward_block(g + j * lanes + l, x + j, ldx, p + l, n, lanes, BLOCK);
      } else {
        backward_block(g + j * lanes + l, x + j, ldx, p + l, n, lanes, 1);
      }
    }
    j += features;
  }
}

/* kernels.h gives the method; numbers below `least` give 0. */
LNTI_INLINE __m256 exp_vector(__m256 x, float least) {
  __m256 kept = _mm256_cmp_ps(x, _mm256_set1_ps(least), _CMP_NLT_UQ);
  __m256 m =
      _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(LNTI_EXP_LOG2E)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(m, _mm256_set1_ps(LNTI_EXP_LN2_HIGH), x);
  r = _mm256_fnmadd_ps(m, _mm256_set1_ps(LNTI_EXP_LN2_LOW), r);
  __m256 q = _mm256_set1_ps(LNTI_EXP_C7);
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(LNTI_EXP_C6));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(LNTI_EXP_C5));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(LNTI_EXP_C4));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(LNTI_EXP_C3));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(LNTI_EXP_C2));
  q = _mm256_add_ps(_mm256_fmadd_ps(q, _mm256_mul_ps(r, r), r), _mm256_set1_ps(1.0f));
  __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(m), _mm256_set1_epi32(127));
  __m256 power = _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
  return _mm256_and_ps(kept, _mm256_mul_ps(q, power));
}

static void exp_nonpositive(float *y, const float *x, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(y + i, exp_vector(_mm256_loadu_ps(x + i), LNTI_EXP_LEAST));
  if (i < n) {
    float rest[8] = {0};
    for (size_t j = i; j < n; j++) rest[j - i] = x[j];
    _mm256_storeu_ps(rest, exp_vector(_mm256_loadu_ps(rest), LNTI_EXP_LEAST));
    for (size_t j = i; j < n; j++) y[j] = rest[j - i];
  }
}

LNTI_INLINE float largest_of(__m256 v) {
  __m128 a = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  a = _mm_max_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_max_ss(a, _mm_movehdup_ps(a)));
}

LNTI_INLINE float sum_of(__m256 v) {
  __m128 a = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  a = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(a, _mm_movehdup_ps(a)));
}

static void softmax(float *z, float *max_out, float *sum_out, size_t n, size_t k, size_t lanes) {
  size_t last = (k - 1) / 8; /* the vector that holds lane k-1 */
  __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  __m256 used = _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)((k - 1) % 8 + 1)), lane));
  const __m256 least = _mm256_set1_ps(-INFINITY);
  for (size_t i = 0; i < n; i++, z += lanes) {
    __m256 top = _mm256_blendv_ps(least, _mm256_load_ps(z + 8 * last), used);
    for (size_t v = 0; v < last; v++) top = _mm256_max_ps(top, _mm256_load_ps(z + 8 * v));
    float largest = largest_of(top);
    __m256 top_all = _mm256_set1_ps(largest), total = _mm256_setzero_ps();
    for (size_t v = 0; v <= last; v++) {
      __m256 e = exp_vector(_mm256_sub_ps(_mm256_load_ps(z + 8 * v), top_all), LNTI_SOFTMAX_LEAST);
      if (v == last) e = _mm256_and_ps(used, e);
      _mm256_store_ps(z + 8 * v, e);
      total = _mm256_add_ps(total, e);
    }
    float sum = sum_of(total);
    __m256 share = _mm256_set1_ps(sum);
    for (size_t v = 0; v <= last; v++) _mm256_store_ps(z + 8 * v, _mm256_div_ps(_mm256_load_ps(z + 8 * v), share));
    for (size_t v = last + 1; v < lanes / 8; v++) _mm256_store_ps(z + 8 * v, _mm256_setzero_ps());
    if (max_out != NULL) {
      max_out[i] = largest;
      sum_out[i] = sum;
    }
  }
}

const lnti_narrow_kernels lnti_narrow_avx2 = {forward, backward, exp_nonpositive, softmax};
