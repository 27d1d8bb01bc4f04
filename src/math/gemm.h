/**
 * @file gemm.h
 * Matrix products: wide ones in blocks run by our pool (OpenBLAS on one thread where there is no AVX2), narrow
 * ones (at most LNTI_NARROW_MAX columns, as a linear classifier has classes) by kernels that keep all columns
 * in registers; OpenBLAS runs those at a fifth of its speed.
 */
#ifndef LNTI_MATH_GEMM_H
#define LNTI_MATH_GEMM_H

#include <base/context.h>
#include <math/matrix.h>

/**
 * C[m,n] = A[m,k] * B[n,k]^T, all f32 row-major. Cut into row blocks of A of fixed size, so that the
 * result does not depend on the number of threads.
 * @param c    [m,n], row stride ldc >= n; written
 * @param lda,ldb  row strides, >= k
 * @return LNT_OK; LNT_ELIMIT (n or a stride above INT_MAX); LNT_ENOMEM; LNT_ECANCELLED (C is then partly written).
 */
LNT_MUST_CHECK lnt_status lnti_gemm_nt(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb,
                                       size_t m, size_t n, size_t k, const lnti_context *context, lnt_error *err);

/** Loads OpenBLAS, which the others do when they need it. LNT_ELIBRARY. */
LNT_MUST_CHECK lnt_status lnti_gemm_start(lnt_error *err);

/** Floats that lnti_gemm_nt_with takes for each worker of the context's pool: 288 KiB. */
size_t lnti_gemm_workspace(void);
/** The same without allocating, for callers that multiply often.
 *  @param workspace  [lnti_pool_size(context->pool),lnti_gemm_workspace()], 64-byte aligned, overwritten. Chunks of that
 *                    pool may share it, each multiplying on its own: a worker touches its part alone. */
LNT_MUST_CHECK lnt_status lnti_gemm_nt_with(float *c, size_t ldc, const float *a, size_t lda, const float *b,
                                            size_t ldb, size_t m, size_t n, size_t k, float *workspace,
                                            const lnti_context *context, lnt_error *err);

/** The plain reference, in double accumulators; for tests. */
void lnti_gemm_nt_plain(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
                        size_t n, size_t k);

enum { LNTI_LANES = 16, LNTI_NARROW_MAX = 64 };

/** k rounded up to a whole number of LNTI_LANES. */
size_t lnti_lanes(size_t k);

/**
 * Forward: z[i,:] = bias + x[i,:] * w.
 * @param z     [n,lanes] f32, 64-byte aligned, dense; lanes a multiple of LNTI_LANES, at most LNTI_NARROW_MAX
 * @param x     [n,d] f32, row stride ldx
 * @param w     [d,lanes] f32, 64-byte aligned, dense: the lanes of one feature beside each other
 * @param bias  [lanes] f32, or NULL for zeros
 * Single-threaded; callers cut rows into chunks. Sums run over d in order, so a row's result does not
 * depend on how rows are cut. Levels agree within 1e-5 * sum |x||w|.
 */
void lnti_narrow_forward(float *z, const float *x, size_t ldx, const float *w, const float *bias, size_t n, size_t d,
                         size_t lanes, lnt_cpu_level level);

/**
 * Backward: g[j,:] += sum_i x[i,j] * p[i,:].
 * @param g  [d,lanes] f32, 64-byte aligned, dense; added to
 * @param p  [n,lanes] f32, 64-byte aligned, dense
 */
void lnti_narrow_backward(float *g, const float *x, size_t ldx, const float *p, size_t n, size_t d, size_t lanes,
                          lnt_cpu_level level);

/** y[0..n) = exp(x) for x <= 0 with relative error below 2e-7; below -87 exactly 0, so that no denormals
 *  arise. Used for softmax rows. */
void lnti_exp_nonpositive(float *y, const float *x, size_t n, lnt_cpu_level level);

/** In place on each row of z [n,lanes]: softmax over the first k lanes, the others become 0. log_sum_out [n]
 *  (may be NULL) receives log(sum exp(z_j)) as double, so that the loss of row i is log_sum - z_label. */
void lnti_softmax_rows(float *z, double *log_sum_out, size_t n, size_t k, size_t lanes, lnt_cpu_level level);

#endif
