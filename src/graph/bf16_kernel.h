/**
 * @file bf16_kernel.h
 * Our own kernels of bf16, by products of tiles (math/bf16.h): for networks whose images come one by one, where weights are read once
 * and must be fetched ahead of their products.
 */
#ifndef LNTI_GRAPH_BF16_KERNEL_H
#define LNTI_GRAPH_BF16_KERNEL_H

#include <graph/operator.h>

/** Bytes that a second-level cache holds beside what streams through it. */
#define LNTI_BF16_CACHED ((size_t)1 << 20)

typedef struct lnti_bf16_kernel lnti_bf16_kernel;

/** What every kernel begins with. */
struct lnti_bf16_kernel {
  lnt_status (*run)(const lnti_bf16_kernel *kernel, const lnti_call *call, lnt_error *err);
  void (*free)(lnti_bf16_kernel *kernel);
  size_t scratch_bytes; /**< at call->scratch while it runs */
  size_t bytes;         /**< of its weights */
};

/**
 * Convolutions (Conv, FusedConv) whose planes are bf16, channels last; and products (Gemm, MatMul) of f32 rows by a constant, which
 * are rounded to bf16 on the way.
 * @param call  its tensors described, constants with data (not needed again)
 * @return LNT_OK, *out NULL where these kernels do not know how: several groups, numbers of channels that are no multiples of 32,
 *         an activation other than Relu and Clip, a CPU without tiles; LNT_EDATA; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_bf16_conv_new(lnti_bf16_kernel **out, const lnti_call *call, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_bf16_product_new(lnti_bf16_kernel **out, const lnti_call *call, lnt_error *err);

#endif
