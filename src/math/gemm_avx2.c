/*
 * Tiles of wide products for AVX2: 8 x 32 in four parts of 4 x 16, each in eight registers, which is what two
 * multipliers of latency four need. The transposing of B serves AVX-512 too.
 */
#include <math/kernels.h>

#include <immintrin.h>

/* Row r of `in` (8 rows, ld apart, of 8) becomes column r of `out` (rows LNTI_GEMM_COLUMNS apart). */
LNTI_INLINE void transpose(float *out, const float *in, size_t ld) {
  __m256 r[8], t[8];
  LNTI_UNROLL
  for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(in + (size_t)i * ld);
  LNTI_UNROLL
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  LNTI_UNROLL
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  LNTI_UNROLL
  for (int i = 0; i < 4; i++) {
    _mm256_store_ps(out + i * LNTI_GEMM_COLUMNS, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
    _mm256_store_ps(out + (i + 4) * LNTI_GEMM_COLUMNS, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
  }
}

void lnti_gemm_pack_avx2(float *out, const float *b, size_t ldb, size_t n, size_t k) {
  size_t whole_n = n / 8 * 8, whole_k = k / 8 * 8;
  for (size_t j = 0; j < whole_n; j += 8) {
    for (size_t l = 0; l < whole_k; l += 8) transpose(out + l * LNTI_GEMM_COLUMNS + j, b + j * ldb + l, ldb);
  }
  for (size_t l = 0; l < k; l++) {
    size_t j = l < whole_k ? whole_n : 0; /* what the squares have left out */
    for (; j < n; j++) out[l * LNTI_GEMM_COLUMNS + j] = b[j * ldb + l];
    for (; j < LNTI_GEMM_COLUMNS; j++) out[l * LNTI_GEMM_COLUMNS + j] = 0;
  }
}

static void tile(float *out, const float *a, const float *b, size_t k) {
  for (size_t part = 0; part < 4; part++) {
    const float *rows = a + part / 2 * 4 * LNTI_GEMM_DEPTH, *columns = b + part % 2 * 16;
    float *place = out + part / 2 * 4 * LNTI_GEMM_COLUMNS + part % 2 * 16;
    __m256 sum[4][2];
    LNTI_UNROLL
    for (int i = 0; i < 4; i++) sum[i][0] = sum[i][1] = _mm256_setzero_ps();
    for (size_t l = 0; l < k; l++, columns += LNTI_GEMM_COLUMNS) {
      __m256 low = _mm256_load_ps(columns), high = _mm256_load_ps(columns + 8);
      LNTI_UNROLL
      for (int i = 0; i < 4; i++) {
        __m256 number = _mm256_broadcast_ss(rows + (size_t)i * LNTI_GEMM_DEPTH + l);
        sum[i][0] = _mm256_fmadd_ps(number, low, sum[i][0]);
        sum[i][1] = _mm256_fmadd_ps(number, high, sum[i][1]);
      }
    }
    LNTI_UNROLL
    for (int i = 0; i < 4; i++) {
      _mm256_store_ps(place + i * LNTI_GEMM_COLUMNS, sum[i][0]);
      _mm256_store_ps(place + i * LNTI_GEMM_COLUMNS + 8, sum[i][1]);
    }
  }
}

const lnti_gemm_kernels lnti_gemm_avx2 = {lnti_gemm_pack_avx2, tile};
