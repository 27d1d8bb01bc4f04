/*
 * Wide products: OpenBLAS on one thread, over row blocks of a fixed size that our pool runs. The block
 * size is fixed because OpenBLAS picks its kernels by shape: blocks that followed the number of threads
 * would give results that follow it too.
 */
#include <math/gemm.h>

#include <base/error.h>
#include <base/threads.h>
#include <cblas.h>
#include <limits.h>
#include <math/kernels.h>
#include <pthread.h>
#include <string.h>

enum { ROWS_PER_BLOCK = 256 };

/* The library's own thread count is process-wide; this is the one place that sets it. */
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;

static void blas_one_thread(void) {
  openblas_set_num_threads(1);
}

void lnti_blas_init(void) {
  (void)pthread_once(&blas_once, blas_one_thread);
}

void lnti_sgemm_nt(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m, size_t n,
                   size_t k) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)m, (blasint)n, (blasint)k, 1.0f, a, (blasint)lda, b,
              (blasint)ldb, 0.0f, c, (blasint)ldc);
}

bool lnti_sgemm_fits(size_t value) {
  return value <= INT_MAX;
}

typedef struct product {
  float *c;
  const float *a, *b;
  size_t ldc, lda, ldb, n, k;
} product;

static lnt_status multiply_block(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const product *p = payload;
  (void)worker;
  (void)err;
  lnti_sgemm_nt(p->c + begin * p->ldc, p->ldc, p->a + begin * p->lda, p->lda, p->b, p->ldb, end - begin, p->n, p->k);
  return LNT_OK;
}

lnt_status lnti_gemm_nt(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
                        size_t n, size_t k, const lnti_context *context, lnt_error *err) {
  if (m == 0 || n == 0) return lnti_cancel_check(context->cancel, err);
  if (!lnti_sgemm_fits(n) || !lnti_sgemm_fits(ldc) || !lnti_sgemm_fits(lda) || !lnti_sgemm_fits(ldb)) {
    return lnti_fail(err, LNT_ELIMIT,
                     "a product with %zu columns and rows of %zu, %zu and %zu numbers: at most %d each", n, ldc, lda,
                     ldb, INT_MAX);
  }
  if (k == 0) {
    for (size_t i = 0; i < m; i++) memset(c + i * ldc, 0, n * sizeof *c);
    return LNT_OK;
  }
  lnti_blas_init();
  product p = {.c = c, .a = a, .b = b, .ldc = ldc, .lda = lda, .ldb = ldb, .n = n, .k = k};
  return lnti_pool_for(context->pool, m, ROWS_PER_BLOCK, multiply_block, &p, context->cancel, err);
}

void lnti_gemm_nt_plain(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
                        size_t n, size_t k) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      double sum = 0;
      for (size_t l = 0; l < k; l++) sum += (double)a[i * lda + l] * (double)b[j * ldb + l];
      c[i * ldc + j] = (float)sum;
    }
  }
}
