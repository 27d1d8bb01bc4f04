/**
 * @file conv_bf16.h
 * Convolutions of bf16 planes, channels last, by our own products of tiles (math/bf16.h): for networks whose images come one by one,
 * where weights are read once and must be fetched ahead of their products.
 */
#ifndef LNTI_GRAPH_CONV_BF16_H
#define LNTI_GRAPH_CONV_BF16_H

#include <graph/operator.h>

typedef struct lnti_conv_bf16 lnti_conv_bf16;

/**
 * @param call  of Conv or FusedConv: its tensors described, weights and bias with data (not needed again)
 * @return LNT_OK, *out NULL where it is none for these kernels: not of bf16, several groups, numbers of channels that are no
 *         multiples of 32, an activation other than Relu and Clip, a CPU without them; LNT_EDATA; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_conv_bf16_new(lnti_conv_bf16 **out, const lnti_call *call, lnt_error *err);
/** Bytes at call->scratch that a run wants. */
size_t lnti_conv_bf16_scratch(const lnti_conv_bf16 *conv);
LNT_MUST_CHECK lnt_status lnti_conv_bf16_run(const lnti_conv_bf16 *conv, const lnti_call *call, lnt_error *err);
void lnti_conv_bf16_free(lnti_conv_bf16 *conv);
/** Bytes of its weights. */
size_t lnti_conv_bf16_bytes(const lnti_conv_bf16 *conv);

#endif
