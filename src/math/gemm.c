/*
 * Wide products. From AVX2 on by kernels of our own: OpenBLAS chooses its kernels by a table of CPU models, and on
 * a model newer than itself falls back to those of SSE3, at a tenth of the speed; it would also take no
 * notice of the CPU level we are given. Plain C machines have OpenBLAS, on one thread.
 *
 * The method is Goto and van de Geijn's (Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3), 2008):
 * a piece of B's depth is transposed into panels of 32 columns that stay in the first-level cache while the
 * same piece of up to 256 rows of A passes by, 8 rows at a time. Row blocks have a fixed size and every row
 * is summed alike, so that results do not depend on the number of threads.
 */
#include <math/gemm.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/library.h>
#include <base/threads.h>
#include <cblas.h>
#include <limits.h>
#include <math/kernels.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * OpenBLAS is loaded where its kernels are wanted: it starts a thread for every core, which spin for a while, so that each start of
 * the program would take a core for nothing. Its own thread count is process-wide; this is the one place that sets it.
 */
#define FUNCTIONS(X) X(cblas_sgemm) X(openblas_set_num_threads)
static struct { FUNCTIONS(LNTI_LIBRARY_FUNCTION) } lib;

static pthread_once_t blas_once = PTHREAD_ONCE_INIT;
static lnt_status blas_status;
static lnt_error blas_error;

static void start_blas(void) {
  static const char remedy[] = "install it (Debian's package libopenblas0). Without it most learners cannot be trained";
  static const lnti_library_symbol symbols[] = {FUNCTIONS(LNTI_LIBRARY_SYMBOL)};
  blas_status = lnti_library_load(LINNET_LIBOPENBLAS, remedy, symbols, sizeof symbols / sizeof *symbols, &blas_error);
  if (blas_status == LNT_OK) lib.openblas_set_num_threads(1);
}

lnt_status lnti_gemm_start(lnt_error *err) {
  const int code = pthread_once(&blas_once, start_blas);
  if (code != 0) return lnti_fail_errno(err, code, "OpenBLAS could not be started");
  if (blas_status != LNT_OK && err) *err = blas_error;
  return blas_status;
}

static const lnti_gemm_kernels *kernels_of(lnt_cpu_level level) {
#if LNTI_KERNELS_X86
  if (level >= LNT_CPU_AVX512) return &lnti_gemm_avx512;
  if (level >= LNT_CPU_AVX2) return &lnti_gemm_avx2;
#endif
  (void)level;
  return NULL;
}

/* Rows [0,m) of A, columns [first, first + k), as [m rounded up to LNTI_GEMM_ROWS, LNTI_GEMM_DEPTH]; no two rows that
 * are multiplied together then compete for the same lines of the cache, whatever lda is. */
static void pack_rows(float *out, const float *a, size_t lda, size_t m, size_t first, size_t k) {
  size_t rows = (m + LNTI_GEMM_ROWS - 1) / LNTI_GEMM_ROWS * LNTI_GEMM_ROWS;
  for (size_t i = 0; i < rows; i++) {
    float *row = out + i * LNTI_GEMM_DEPTH;
    if (i < m) {
      memcpy(row, a + i * lda + first, k * sizeof *row);
    } else {
      memset(row, 0, k * sizeof *row);
    }
  }
}

/* Puts (or adds) the first m x n numbers of a tile to their place in C. */
static void place_tile(float *c, size_t ldc, const float *tile, size_t m, size_t n, bool add) {
  for (size_t i = 0; i < m; i++, c += ldc, tile += LNTI_GEMM_COLUMNS) {
    if (add) {
      for (size_t j = 0; j < n; j++) c[j] += tile[j];
    } else {
      memcpy(c, tile, n * sizeof *c);
    }
  }
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static void multiply(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m, size_t n,
                     size_t k, const lnti_gemm_kernels *kernels, float *workspace) {
  _Alignas(64) float tile[LNTI_GEMM_ROWS * LNTI_GEMM_COLUMNS];
  float *rows = workspace, *panel = workspace + LNTI_GEMM_BLOCK * LNTI_GEMM_DEPTH;
  for (size_t first = 0; first < k; first += LNTI_GEMM_DEPTH) {
    size_t depth = least(k - first, LNTI_GEMM_DEPTH);
    pack_rows(rows, a, lda, m, first, depth);
    for (size_t j = 0; j < n; j += LNTI_GEMM_COLUMNS) {
      size_t columns = least(n - j, LNTI_GEMM_COLUMNS);
      kernels->pack(panel, b + j * ldb + first, ldb, columns, depth);
      for (size_t i = 0; i < m; i += LNTI_GEMM_ROWS) {
        kernels->tile(tile, rows + i * LNTI_GEMM_DEPTH, panel, depth);
        place_tile(c + i * ldc + j, ldc, tile, least(m - i, LNTI_GEMM_ROWS), columns, first > 0);
      }
    }
  }
}

/* One product on the calling thread; m <= LNTI_GEMM_BLOCK, k >= 1; workspace [LNTI_GEMM_WORKSPACE], 64-byte aligned. */
static void sgemm_nt(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m, size_t n,
                     size_t k, lnt_cpu_level level, float *workspace) {
  const lnti_gemm_kernels *kernels = kernels_of(level);
  if (kernels != NULL) {
    multiply(c, ldc, a, lda, b, ldb, m, n, k, kernels, workspace);
  } else {
    lib.cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)m, (blasint)n, (blasint)k, 1.0f, a, (blasint)lda,
                    b, (blasint)ldb, 0.0f, c, (blasint)ldc);
  }
}

/* OpenBLAS's integers hold the value. */
static bool fits(size_t value) {
  return value <= INT_MAX;
}

typedef struct product {
  float *c;
  const float *a, *b;
  size_t ldc, lda, ldb, n, k;
  lnt_cpu_level level;
  float *workspace; /* [workers,LNTI_GEMM_WORKSPACE]; NULL: each block has its own */
} product;

static lnt_status multiply_block(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const product *p = payload;
  float *own = NULL, *workspace = p->workspace;
  if (workspace != NULL) {
    workspace += worker * (size_t)LNTI_GEMM_WORKSPACE;
  } else {
    lnt_status status = lnti_alloc_aligned(&own, LNTI_GEMM_WORKSPACE, sizeof *own, err);
    if (status != LNT_OK) return status;
    workspace = own;
  }
  sgemm_nt(p->c + begin * p->ldc, p->ldc, p->a + begin * p->lda, p->lda, p->b, p->ldb, end - begin, p->n, p->k,
           p->level, workspace);
  free(own);
  return LNT_OK;
}

size_t lnti_gemm_workspace(void) {
  return LNTI_GEMM_WORKSPACE;
}

lnt_status lnti_gemm_nt(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
                        size_t n, size_t k, const lnti_context *context, lnt_error *err) {
  return lnti_gemm_nt_with(c, ldc, a, lda, b, ldb, m, n, k, NULL, context, err);
}

lnt_status lnti_gemm_nt_with(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
                             size_t n, size_t k, float *workspace, const lnti_context *context, lnt_error *err) {
  if (m == 0 || n == 0) return lnti_cancel_check(context->cancel, err);
  if (!fits(n) || !fits(ldc) || !fits(lda) || !fits(ldb)) {
    return lnti_fail(err, LNT_ELIMIT,
                     "a product with %zu columns and rows of %zu, %zu and %zu numbers: at most %d each", n, ldc, lda,
                     ldb, INT_MAX);
  }
  if (k == 0) {
    for (size_t i = 0; i < m; i++) memset(c + i * ldc, 0, n * sizeof *c);
    return LNT_OK;
  }
  if (!kernels_of(context->cpu)) {
    lnt_status status = lnti_gemm_start(err);
    if (status) return status;
  }
  product p = {.c = c,
               .a = a,
               .b = b,
               .ldc = ldc,
               .lda = lda,
               .ldb = ldb,
               .n = n,
               .k = k,
               .level = context->cpu,
               .workspace = workspace};
  return lnti_pool_for(context->pool, m, LNTI_GEMM_BLOCK, multiply_block, &p, context->cancel, err);
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
