/**
 * @file window.h
 * Where the windows of convolutions and pools lie: kernel, stride, dilation, padding along each dimension of the plane.
 */
#ifndef LNTI_GRAPH_WINDOW_H
#define LNTI_GRAPH_WINDOW_H

#include <graph/operator.h>

enum { LNTI_PLANE_MAX = LNTI_RANK_MAX - 2 };

typedef struct lnti_window {
  size_t rank; /**< dimensions of the plane: the tensor's less batch and channels */
  size_t kernel[LNTI_PLANE_MAX], stride[LNTI_PLANE_MAX], dilation[LNTI_PLANE_MAX];
  size_t before[LNTI_PLANE_MAX], after[LNTI_PLANE_MAX]; /**< padding; may differ */
  size_t in[LNTI_PLANE_MAX], out[LNTI_PLANE_MAX];
} lnti_window;

/**
 * From the attributes kernel_shape, strides, dilations, pads, auto_pad, ceil_mode and the shape [n,c,plane...] of the input.
 * @param kernel  of the weights [rank]; NULL: the attribute is needed
 * @return LNT_OK; LNT_EDATA naming the node.
 */
LNT_MUST_CHECK lnt_status lnti_window_of(lnti_window *out, const lnti_call *call, const lnti_shape *shape,
                                         const size_t *kernel, lnt_error *err);

/** What convolutions of every kind have. */
extern const lnti_attribute_rule lnti_conv_attributes[];

/** True where a pool's windows have no gaps, and an average counts the padding that was asked for alone. */
bool lnti_pool_is_simple(const lnti_node *node);

#endif
