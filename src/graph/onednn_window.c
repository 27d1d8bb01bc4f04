/* Convolutions and pools by oneDNN: of planes [n,c,h,w], row-major or blocked. */
#include <graph/onednn_internal.h>

#include <base/error.h>
#include <graph/window.h>
#include <string.h>

/* Winograd's way takes at most so much memory in each thread. */
#define SCRATCH_MAX ((size_t)256 << 20)

/* ---- shares ---- */

/* What one part works on: some samples, or of a single sample some of the channels. */
typedef struct share {
  const lnti_call *call;
  lnti_tensor in, weights, bias, addend, out;
  size_t in_offset, out_offset; /* bytes */
  size_t group;
  bool biased, added;
} share;

static share whole(const lnti_call *call) {
  const lnti_tensor *w = lnti_call_input(call, 1), *bias = lnti_call_input(call, 2), *addend = lnti_call_input(call, 3);
  share s = {.call = call,
             .in = *call->input[0],
             .out = call->output[0],
             .group = (size_t)lnti_node_int(call->node, "group", 1)};
  if (w) s.weights = *w;
  if (bias) s.bias = *bias;
  if (addend) s.addend = *addend;
  s.biased = bias != NULL;
  s.added = addend != NULL;
  return s;
}

static size_t sample_shares(const lnti_onednn *dnn, size_t samples) {
  return dnn->n_threads < samples ? dnn->n_threads : samples;
}

/* Share i of n: the first ones have a sample more where the samples do not divide evenly. */
static void take_samples(share *s, size_t i, size_t n) {
  size_t samples = s->in.shape.dim[0], longer = samples % n, first = i * (samples / n) + (i < longer ? i : longer);
  s->in.shape.dim[0] = s->out.shape.dim[0] = 1;
  s->in_offset = first * lnti_tensor_bytes(&s->in);
  s->out_offset = first * lnti_tensor_bytes(&s->out);
  s->in.shape.dim[0] = s->out.shape.dim[0] = samples / n + (i < longer);
  if (s->added) s->addend.shape.dim[0] = s->in.shape.dim[0];
}

/* The first part with as many samples as part i of n; NULL: it is the first. */
static const lnti_part *lender_of(const lnti_primitive *p, size_t i, size_t n, size_t samples) {
  size_t longer = samples % n, first = i < longer ? 0 : longer;
  return i == first ? NULL : &p->part[first];
}

static size_t channel_bytes(const lnti_tensor *t) {
  return lnti_shape_span(&t->shape, 2, t->shape.rank) * lnti_dtype_bytes(t->dtype);
}

/* Whole groups of the layout; 1 where there are too few. */
static size_t channel_shares(const lnti_onednn *dnn, const lnti_tensor *out) {
  if (out->dtype == LNTI_BF16) return 1; /* all channels of a place lie together */
  size_t groups = out->shape.dim[1] / dnn->block;
  return groups < dnn->n_threads ? 1 : dnn->n_threads;
}

/* @param apart  each channel of the output is made of its own of the input */
static void take_channels(share *s, size_t i, size_t n, size_t block, bool apart) {
  size_t channels = s->out.shape.dim[1], groups = channels / block;
  size_t first = groups * i / n * block, end = i + 1 == n ? channels : groups * (i + 1) / n * block;
  s->out_offset = first * channel_bytes(&s->out);
  s->out.shape.dim[1] = end - first;
  if (s->added) s->addend.shape.dim[1] = end - first;
  if (apart) {
    s->in_offset = first * channel_bytes(&s->in);
    s->in.shape.dim[1] = end - first;
  }
  if (!s->weights.data) return;
  size_t each = lnti_shape_span(&s->weights.shape, 1, 4);
  s->weights.data = (float *)s->weights.data + first * each;
  s->weights.shape.dim[0] = end - first;
  if (s->biased) s->bias.data = (float *)s->bias.data + first;
  if (s->biased) s->bias.shape.dim[0] = end - first;
  if (apart) s->group = end - first;
}

/* ---- descriptions ---- */

static dnnl_memory_desc_t plane_desc(const lnti_tensor *t) {
  dnnl_memory_desc_t md;
  dnnl_dims_t dims = {0};
  for (size_t d = 0; d < t->shape.rank; d++) dims[d] = (dnnl_dim_t)t->shape.dim[d];
  bool half = t->dtype == LNTI_BF16;
  dnnl_format_tag_t tag = half ? dnnl_nhwc : t->block == 16 ? dnnl_nChw16c : t->block == 8 ? dnnl_nChw8c : dnnl_nchw;
  /* Fails for no tensor that passed lnti_shape_check; a wrong one would make the primitive fail. */
  if (dnnl_memory_desc_init_by_tag(&md, 4, dims, half ? dnnl_bf16 : dnnl_f32, tag) != dnnl_success)
    memset(&md, 0, sizeof md);
  return md;
}

static dnnl_memory_desc_t weights_desc(const lnti_tensor *w, size_t group, dnnl_format_tag_t tag, bool half) {
  dnnl_memory_desc_t md;
  const size_t *d = w->shape.dim;
  dnnl_dims_t plain = {(dnnl_dim_t)d[0], (dnnl_dim_t)d[1], (dnnl_dim_t)d[2], (dnnl_dim_t)d[3]};
  const size_t each = group > 1 ? d[0] / group : d[0];
  dnnl_dims_t grouped = {(dnnl_dim_t)group, (dnnl_dim_t)each, (dnnl_dim_t)d[1], (dnnl_dim_t)d[2], (dnnl_dim_t)d[3]};
  dnnl_format_tag_t used = tag == dnnl_format_tag_any ? tag : group > 1 ? dnnl_goihw : dnnl_oihw;
  dnnl_status_t status = dnnl_memory_desc_init_by_tag(&md, group > 1 ? 5 : 4, group > 1 ? grouped : plain,
                                                      half ? dnnl_bf16 : dnnl_f32, used);
  if (status != dnnl_success) memset(&md, 0, sizeof md);
  return md;
}

/* What a fused convolution does to its result; the library has no HardSigmoid. */
static lnt_status attributes(dnnl_primitive_attr_t *out, const share *s, lnt_error *err) {
  bool activated = lnti_node_attribute(s->call->node, "activation") != NULL;
  dnnl_post_ops_t ops = NULL;
  lnt_status status = lnti_dnnl_check(dnnl_primitive_attr_create(out), "attributes", s->call, err);
  if (!status) {
    status = lnti_dnnl_check(dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user), "attributes",
                             s->call, err);
  }
  if (!status) status = lnti_dnnl_check(dnnl_post_ops_create(&ops), "attributes", s->call, err);
  if (!status && s->added) {
    const dnnl_memory_desc_t md = plane_desc(&s->addend);
    status = lnti_dnnl_check(dnnl_post_ops_append_binary(ops, dnnl_binary_add, &md), "an addend", s->call, err);
  }
  if (!status && activated) status = lnti_dnnl_activation(ops, s->call, err);
  if (!status) status = lnti_dnnl_check(dnnl_primitive_attr_set_post_ops(*out, ops), "attributes", s->call, err);
  if (ops) dnnl_post_ops_destroy(ops);
  return status;
}

/* ---- convolutions ---- */

/* Winograd's way (A. Lavin and S. Gray, Fast algorithms for convolutional neural networks, 2016) takes less than half the products
 * for 3x3 windows, but its weights are nearly twice as large: small planes wait for them as long as for the products. */
static dnnl_alg_kind_t algorithm_of(const share *s, const lnti_window *window) {
  const lnti_shape *w = &s->call->input[1]->shape,
                   *out = &s->call->output[0].shape; /* not of a share: all go one way */
  bool small = lnti_shape_span(out, 2, 4) < 128 || w->dim[0] < 32 || w->dim[1] < 32;
  bool fits = window->kernel[0] == 3 && window->kernel[1] == 3 && s->group == 1 && s->in.dtype == LNTI_F32;
  for (size_t d = 0; d < 2; d++) fits &= window->stride[d] == 1 && window->dilation[d] == 1;
  return fits && !small ? dnnl_convolution_winograd : dnnl_convolution_direct;
}

static size_t scratch_bytes(const_dnnl_primitive_desc_t desc) {
  return dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0));
}

static lnt_status conv_desc(dnnl_primitive_desc_t *out, lnti_primitive *p, const share *s, dnnl_primitive_attr_t attr,
                            lnt_error *err) {
  const lnti_tensor *w = &s->weights;
  dnnl_convolution_desc_t desc;
  lnti_window window;
  lnt_status status = lnti_window_of(&window, s->call, &s->in.shape, w->shape.dim + 2, err);
  if (status) return status;
  dnnl_dims_t stride = {0}, dilation = {0}, before = {0}, after = {0}, n_bias = {(dnnl_dim_t)w->shape.dim[0]};
  for (size_t d = 0; d < 2; d++) {
    stride[d] = (dnnl_dim_t)window.stride[d];
    dilation[d] = (dnnl_dim_t)window.dilation[d] - 1;
    before[d] = (dnnl_dim_t)window.before[d];
    after[d] = (dnnl_dim_t)window.after[d];
  }
  dnnl_memory_desc_t src = plane_desc(&s->in), dst = plane_desc(&s->out);
  dnnl_memory_desc_t weights = weights_desc(w, s->group, dnnl_format_tag_any, s->in.dtype == LNTI_BF16), shifts;
  status = lnti_dnnl_check(dnnl_memory_desc_init_by_tag(&shifts, 1, n_bias, dnnl_f32, dnnl_a), "a bias", s->call, err);
  dnnl_alg_kind_t wanted = algorithm_of(s, &window);
  while (!status) {
    status = lnti_dnnl_check(
        dnnl_dilated_convolution_forward_desc_init(&desc, dnnl_forward_inference, wanted, &src, &weights,
                                                   s->biased ? &shifts : NULL, &dst, stride, dilation, before, after),
        "a convolution", s->call, err);
    if (status) break;
    dnnl_status_t made = dnnl_primitive_desc_create(out, &desc, attr, p->dnn->engine, NULL);
    bool large = made == dnnl_success && wanted != dnnl_convolution_direct && scratch_bytes(*out) > SCRATCH_MAX;
    if (!large && (made != dnnl_unimplemented || wanted == dnnl_convolution_direct))
      return lnti_dnnl_check(made, "a convolution", s->call, err);
    if (large) dnnl_primitive_desc_destroy(*out);
    wanted = dnnl_convolution_direct;
  }
  return status;
}

/* The constants of a part, its own or those that are lent. */
static lnt_status add_constants(lnti_primitive *p, lnti_part *part, const share *s, dnnl_primitive_desc_t desc,
                                lnt_error *err) {
  const dnnl_memory_desc_t from = weights_desc(&s->weights, s->group, dnnl_oihw, false);
  const dnnl_memory_desc_t *to = dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);
  lnt_status status = LNT_OK;
  if (!part->lender) {
    size_t bytes = s->biased ? lnti_tensor_bytes(&s->bias) : 0;
    status = lnti_dnnl_lay(&part->weights, p->dnn, &from, s->weights.data, to, err);
    if (!status) status = lnti_alloc_aligned(&part->bias, bytes, 1, err);
    if (!status && bytes > 0) memcpy(part->bias, s->bias.data, bytes);
    p->bytes += dnnl_memory_desc_get_size(to) + bytes;
  }
  const lnti_part *owner = part->lender ? part->lender : part;
  if (!status) status = lnti_dnnl_argument(p, part, DNNL_ARG_WEIGHTS, to, LNTI_OF_OWN, 0, owner->weights, err);
  if (!status && s->biased) {
    status = lnti_dnnl_argument(p, part, DNNL_ARG_BIAS, dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 1),
                                LNTI_OF_OWN, 0, owner->bias, err);
  }
  return status;
}

static lnt_status add_planes(lnti_primitive *p, lnti_part *part, const share *s, lnt_error *err) {
  const dnnl_memory_desc_t src = plane_desc(&s->in), dst = plane_desc(&s->out);
  lnt_status status = lnti_dnnl_argument(p, part, DNNL_ARG_SRC, &src, 0, s->in_offset, NULL, err);
  if (!status) status = lnti_dnnl_argument(p, part, DNNL_ARG_DST, &dst, LNTI_OF_OUTPUT, s->out_offset, NULL, err);
  if (!status && s->added) {
    const dnnl_memory_desc_t addend = plane_desc(&s->addend);
    status = lnti_dnnl_argument(p, part, DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, &addend, 3, s->out_offset,
                                NULL, err);
  }
  return status;
}

static lnt_status conv_part(lnti_primitive *p, lnti_part *part, const share *s, lnt_error *err) {
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t desc = NULL;
  lnt_status status = attributes(&attr, s, err);
  if (!status) status = conv_desc(&desc, p, s, attr, err);
  if (!status) status = lnti_dnnl_kernel(p, part, desc, s->call, err);
  if (!status) status = add_constants(p, part, s, desc, err);
  if (!status) status = add_planes(p, part, s, err);
  if (desc) dnnl_primitive_desc_destroy(desc);
  if (attr) dnnl_primitive_attr_destroy(attr);
  return status;
}

lnt_status lnti_dnnl_conv(lnti_primitive *p, const lnti_call *call, lnt_error *err) {
  const share all = whole(call);
  const lnti_shape *w = &all.weights.shape;
  bool samples = all.in.shape.dim[0] > 1, apart = all.group > 1 && w->dim[0] == all.group && w->dim[1] == 1;
  size_t n = samples                   ? sample_shares(p->dnn, all.in.shape.dim[0])
             : all.group == 1 || apart ? channel_shares(p->dnn, &all.out)
                                       : 1;
  lnt_status status = lnti_dnnl_parts(p, n, err);
  for (size_t i = 0; i < n && !status; i++) {
    share s = all;
    if (samples) {
      p->part[i].lender = lender_of(p, i, n, all.in.shape.dim[0]);
      take_samples(&s, i, n);
    } else if (n > 1) {
      take_channels(&s, i, n, p->dnn->block, apart);
    }
    status = conv_part(p, &p->part[i], &s, err);
  }
  return status;
}

/* ---- pools ---- */

static lnt_status pool_window(lnti_window *w, const lnti_call *call, lnt_error *err) {
  const lnti_shape *in = &call->input[0]->shape;
  if (strncmp(call->node->op->name, "Global", 6) != 0) return lnti_window_of(w, call, in, NULL, err);
  *w = (lnti_window){.rank = 2, .kernel = {in->dim[2], in->dim[3]}, .stride = {1, 1}, .dilation = {1, 1}};
  return LNT_OK;
}

/* The library wants the padding that makes its output as long as ours: with ceil_mode a window may reach beyond it. */
static void pool_dims(dnnl_dims_t kernel, dnnl_dims_t stride, dnnl_dims_t before, dnnl_dims_t after,
                      const lnti_window *w, const lnti_shape *in, const lnti_shape *out) {
  for (size_t d = 0; d < 2; d++) {
    kernel[d] = (dnnl_dim_t)w->kernel[d];
    stride[d] = (dnnl_dim_t)w->stride[d];
    before[d] = (dnnl_dim_t)w->before[d];
    after[d] =
        (dnnl_dim_t)((out->dim[d + 2] - 1) * w->stride[d] + w->kernel[d]) - before[d] - (dnnl_dim_t)in->dim[d + 2];
    if (after[d] < 0) after[d] = 0; /* what no window reaches */
  }
}

static lnt_status pool_desc(dnnl_primitive_desc_t *out, lnti_primitive *p, const share *s, lnt_error *err) {
  const char *name = s->call->node->op->name;
  bool average = strstr(name, "Average") != NULL;
  bool padding = lnti_node_int(s->call->node, "count_include_pad", 0) != 0;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_pooling_desc_t pool;
  lnti_window w;
  lnt_status status = pool_window(&w, s->call, err);
  if (status) return status;
  dnnl_dims_t kernel = {0}, stride = {0}, before = {0}, after = {0};
  pool_dims(kernel, stride, before, after, &w, &s->in.shape, &s->out.shape);
  const dnnl_memory_desc_t src = plane_desc(&s->in), dst = plane_desc(&s->out);
  dnnl_alg_kind_t kind = !average  ? dnnl_pooling_max
                         : padding ? dnnl_pooling_avg_include_padding
                                   : dnnl_pooling_avg_exclude_padding;
  status = lnti_dnnl_check(
      dnnl_pooling_forward_desc_init(&pool, dnnl_forward_inference, kind, &src, &dst, stride, kernel, before, after),
      "a pool", s->call, err);
  if (!status) status = attributes(&attr, s, err);
  if (!status) {
    status =
        lnti_dnnl_check(dnnl_primitive_desc_create(out, &pool, attr, p->dnn->engine, NULL), "a pool", s->call, err);
  }
  if (attr) dnnl_primitive_attr_destroy(attr);
  return status;
}

lnt_status lnti_dnnl_pool(lnti_primitive *p, const lnti_call *call, lnt_error *err) {
  const share all = whole(call);
  bool samples = all.in.shape.dim[0] > 1;
  size_t n = samples ? sample_shares(p->dnn, all.in.shape.dim[0]) : channel_shares(p->dnn, &all.out);
  lnt_status status = lnti_dnnl_parts(p, n, err);
  for (size_t i = 0; i < n && !status; i++) {
    dnnl_primitive_desc_t desc = NULL;
    share s = all;
    if (samples) {
      p->part[i].lender = lender_of(p, i, n, all.in.shape.dim[0]);
      take_samples(&s, i, n);
    } else if (n > 1) {
      take_channels(&s, i, n, p->dnn->block, true);
    }
    status = pool_desc(&desc, p, &s, err);
    if (!status) status = lnti_dnnl_kernel(p, &p->part[i], desc, call, err);
    if (!status) status = add_planes(p, &p->part[i], &s, err);
    if (desc) dnnl_primitive_desc_destroy(desc);
  }
  return status;
}
