/**
 * @file cholesky.h
 * Symmetric systems in double: products of a matrix with its own transpose, and solving by Cholesky's factorisation.
 */
#ifndef LNTI_MATH_CHOLESKY_H
#define LNTI_MATH_CHOLESKY_H

#include <base/context.h>
#include <stddef.h>

/** Columns that lnti_gram_add takes at a time, so that little is added up in f32. */
enum { LNTI_GRAM_DEPTH = 256 };

/**
 * G += A A^T: multiplied in f32 and added up in double, but for the diagonal, which is double all through.
 * @param g  [m,m] row-major; the lower triangle alone is touched
 * @param a  [m,depth] f32, row stride lda; depth at most LNTI_GRAM_DEPTH
 * @return LNT_OK; LNT_ELIMIT; LNT_ENOMEM; LNT_ECANCELLED (g is then partly added to).
 * O(m^2 depth / 2). The same on any number of threads.
 */
LNT_MUST_CHECK lnt_status lnti_gram_add(double *g, const float *a, size_t lda, size_t m, size_t depth,
                                        const lnti_context *context, lnt_error *err);

/**
 * In place: the lower triangle of a symmetric positive definite A [n,n], row-major, becomes L with L L^T = A. By columns
 * of blocks, each row of which is a set of dot products (Golub and Van Loan, Matrix Computations, 4th ed., 4.2.6).
 * @return LNT_OK; LNT_EDATA (not positive definite: a pivot is not above 1e-12 of its diagonal); LNT_ECANCELLED.
 * O(n^3 / 3). The same on any number of threads.
 */
LNT_MUST_CHECK lnt_status lnti_cholesky_factor(double *a, size_t n, const lnti_context *context, lnt_error *err);

/** x [n] in place: the solution of L L^T x = b, which it holds at first. */
void lnti_cholesky_solve(double *x, const double *l, size_t n);

#endif
