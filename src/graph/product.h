/**
 * @file product.h
 * What a Gemm or a MatMul multiplies, by the distances of its operands' elements.
 */
#ifndef LNTI_GRAPH_PRODUCT_H
#define LNTI_GRAPH_PRODUCT_H

#include <graph/operator.h>

/** out [batch,m,n] = a [batch,m,k] * b [batch or 1,k,n] (+ bias), operands by their distances in elements. */
typedef struct lnti_product {
  size_t batch, m, n, k;
  size_t a_batch, a_row, a_column, b_batch, b_row, b_column;
  bool constant; /**< b, one matrix for all */
  bool biased;
  size_t bias_rows, bias_columns; /**< 1: the same for all */
} lnti_product;

/** @return false: no product, not of f32 row-major, with factors, or of batches that do not match */
bool lnti_product_of(lnti_product *p, const lnti_call *call);

#endif
