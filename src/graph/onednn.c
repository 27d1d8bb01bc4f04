/*
 * Convolutions, pools and products by oneDNN 2 (https://uxlfoundation.github.io/oneDNN/v2.6). Each kernel is made once: its
 * weights are put in the layout that the library chooses, what follows it is given as post-operations.
 */
#include <graph/onednn.h>

#include <base/error.h>
#include <graph/window.h>
#include <math.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(DNNL_VERSION_MAJOR == 2, "oneDNN 3 makes primitive descriptors without operation descriptors");

/* Of libgomp, which oneDNN runs on; its header is the compiler's, and not every compiler has it. */
void omp_set_num_threads(int n);

struct lnti_onednn {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  unsigned block, n_threads;
};

enum { ARGUMENTS = 6 };

struct lnti_primitive {
  lnti_onednn *dnn;
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t argument[ARGUMENTS];
  int input[ARGUMENTS]; /* which input of the call an argument is; -1: its output; -2: its own memory */
  int n_arguments;
  void *weights, *bias;
  size_t bytes;
  const char *kernel;
};

static lnt_status check(dnnl_status_t status, const char *what, const lnti_call *call, lnt_error *err) {
  if (status == dnnl_success) return LNT_OK;
  if (status == dnnl_out_of_memory) return lnti_fail(err, LNT_ENOMEM, "not enough memory for a kernel");
  return lnti_fail(err, LNT_EINTERNAL, "oneDNN refuses %s (code %d)%s%s", what, (int)status, call ? " of node " : "",
                   call ? call->node->name : "");
}

static dnnl_cpu_isa_t isa_of(lnt_cpu_level cpu) {
  switch (cpu) {
    case LNT_CPU_GENERIC:
      return dnnl_cpu_isa_sse41;
    case LNT_CPU_AVX2:
      return dnnl_cpu_isa_avx2;
    case LNT_CPU_AVX512:
      return dnnl_cpu_isa_avx512_core;
    default:
      return dnnl_cpu_isa_all;
  }
}

lnt_status lnti_onednn_new(lnti_onednn **out, lnt_cpu_level cpu, unsigned n_threads, lnt_error *err) {
  lnti_onednn *dnn = NULL;
  lnt_status status = lnti_alloc_zero(&dnn, 1, sizeof *dnn, err);
  if (status) return status;
  (void)dnnl_set_max_cpu_isa(isa_of(cpu)); /* may be set once in a process, before the first kernel */
  dnn->block = cpu >= LNT_CPU_AVX512 ? 16 : 8;
  dnn->n_threads = n_threads;
  status = check(dnnl_engine_create(&dnn->engine, dnnl_cpu, 0), "an engine", NULL, err);
  if (!status) {
    status = check(dnnl_stream_create(&dnn->stream, dnn->engine, dnnl_stream_default_flags), "a stream", NULL, err);
  }
  if (status) {
    lnti_onednn_free(dnn);
    return status;
  }
  *out = dnn;
  return LNT_OK;
}

void lnti_onednn_free(lnti_onednn *dnn) {
  if (!dnn) return;
  if (dnn->stream) dnnl_stream_destroy(dnn->stream);
  if (dnn->engine) dnnl_engine_destroy(dnn->engine);
  free(dnn);
}

unsigned lnti_onednn_block(const lnti_onednn *dnn) {
  return dnn->block;
}

size_t lnti_primitive_bytes(const lnti_primitive *primitive) {
  return primitive->bytes;
}

const char *lnti_primitive_kernel(const lnti_primitive *primitive) {
  return primitive->kernel;
}

/* ---- memory ---- */

static dnnl_memory_desc_t plane_desc(const lnti_tensor *t) {
  dnnl_memory_desc_t md;
  dnnl_dims_t dims = {0};
  for (size_t d = 0; d < t->shape.rank; d++) dims[d] = (dnnl_dim_t)t->shape.dim[d];
  dnnl_format_tag_t tag = t->block == 16 ? dnnl_nChw16c : t->block == 8 ? dnnl_nChw8c : dnnl_nchw;
  /* Fails for no tensor that passed lnti_shape_check; a wrong one would make the primitive fail. */
  if (dnnl_memory_desc_init_by_tag(&md, 4, dims, dnnl_f32, tag) != dnnl_success) memset(&md, 0, sizeof md);
  return md;
}

static lnt_status add_argument(lnti_primitive *p, int kind, const dnnl_memory_desc_t *md, int input, void *data,
                               lnt_error *err) {
  dnnl_memory_t memory = NULL;
  lnt_status status = check(dnnl_memory_create(&memory, md, p->dnn->engine, data), "memory", NULL, err);
  if (status) return status;
  p->argument[p->n_arguments] = (dnnl_exec_arg_t){.arg = kind, .memory = memory};
  p->input[p->n_arguments++] = input;
  return LNT_OK;
}

/* A constant in the layout that the kernel wants, in memory of its own. */
static lnt_status lay_weights(void **out, lnti_primitive *p, const dnnl_memory_desc_t *from, void *data,
                              const dnnl_memory_desc_t *to, lnt_error *err) {
  dnnl_primitive_desc_t desc = NULL;
  dnnl_primitive_t reorder = NULL;
  dnnl_memory_t source = NULL, target = NULL;
  void *block = NULL;
  dnnl_engine_t engine = p->dnn->engine;
  lnt_status status = lnti_alloc_aligned(&block, dnnl_memory_desc_get_size(to), 1, err);
  if (!status)
    status = check(dnnl_reorder_primitive_desc_create(&desc, from, engine, to, engine, NULL), "a reorder", NULL, err);
  if (!status) status = check(dnnl_primitive_create(&reorder, desc), "a reorder", NULL, err);
  if (!status) status = check(dnnl_memory_create(&source, from, engine, data), "memory", NULL, err);
  if (!status) status = check(dnnl_memory_create(&target, to, engine, block), "memory", NULL, err);
  if (!status) {
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, target}};
    status = check(dnnl_primitive_execute(reorder, p->dnn->stream, 2, arguments), "a reorder", NULL, err);
    if (!status) status = check(dnnl_stream_wait(p->dnn->stream), "a reorder", NULL, err);
  }
  if (target) dnnl_memory_destroy(target);
  if (source) dnnl_memory_destroy(source);
  if (reorder) dnnl_primitive_destroy(reorder);
  if (desc) dnnl_primitive_desc_destroy(desc);
  if (status) {
    free(block);
    return status;
  }
  *out = block;
  return LNT_OK;
}

/* ---- what follows a kernel ---- */

static dnnl_status_t append_activation(dnnl_post_ops_t ops, const lnti_node *node) {
  const char *name = lnti_node_string(node, "activation", "");
  float alpha = lnti_node_float(node, "alpha", 0), beta = lnti_node_float(node, "beta", 0);
  dnnl_alg_kind_t kind = dnnl_alg_kind_undef;
  if (strcmp(name, "Relu") == 0) {
    kind = dnnl_eltwise_relu;
    alpha = 0;
  } else if (strcmp(name, "LeakyRelu") == 0) {
    kind = dnnl_eltwise_relu;
    alpha = lnti_node_float(node, "alpha", 0.01f);
  } else if (strcmp(name, "Clip") == 0) {
    kind = dnnl_eltwise_clip;
    alpha = lnti_node_float(node, "min", -INFINITY);
    beta = lnti_node_float(node, "max", INFINITY);
  } else if (strcmp(name, "Sigmoid") == 0) {
    kind = dnnl_eltwise_logistic;
  } else if (strcmp(name, "Silu") == 0) {
    kind = dnnl_eltwise_swish;
    alpha = 1;
  } else if (strcmp(name, "HardSwish") == 0) {
    kind = dnnl_eltwise_hardswish;
  } else if (strcmp(name, "Tanh") == 0) {
    kind = dnnl_eltwise_tanh;
  } else if (strcmp(name, "Elu") == 0) {
    kind = dnnl_eltwise_elu;
    alpha = lnti_node_float(node, "alpha", 1);
  } else if (strcmp(name, "Mish") == 0) {
    kind = dnnl_eltwise_mish;
  } else if (strcmp(name, "Gelu") == 0) {
    bool by_tanh = strcmp(lnti_node_string(node, "approximate", "none"), "tanh") == 0;
    kind = by_tanh ? dnnl_eltwise_gelu_tanh : dnnl_eltwise_gelu_erf;
  }
  return kind == dnnl_alg_kind_undef ? dnnl_unimplemented : dnnl_post_ops_append_eltwise(ops, 1, kind, alpha, beta);
}

/* What a fused convolution does to its result; the library has no HardSigmoid. */
static lnt_status post_operations(dnnl_primitive_attr_t *out, const lnti_call *call, lnt_error *err) {
  const lnti_tensor *addend = lnti_call_input(call, 3);
  bool activated = lnti_node_attribute(call->node, "activation") != NULL;
  dnnl_post_ops_t ops = NULL;
  lnt_status status = check(dnnl_primitive_attr_create(out), "attributes", call, err);
  if (!status) status = check(dnnl_post_ops_create(&ops), "attributes", call, err);
  if (!status && addend) {
    const dnnl_memory_desc_t md = plane_desc(addend);
    status = check(dnnl_post_ops_append_binary(ops, dnnl_binary_add, &md), "an addend", call, err);
  }
  if (!status && activated) status = check(append_activation(ops, call->node), "an activation", call, err);
  if (!status) status = check(dnnl_primitive_attr_set_post_ops(*out, ops), "attributes", call, err);
  if (ops) dnnl_post_ops_destroy(ops);
  return status;
}

/* ---- kernels ---- */

static lnt_status finish(lnti_primitive *p, dnnl_primitive_desc_t desc, const lnti_call *call, lnt_error *err) {
  lnt_status status = check(dnnl_primitive_create(&p->primitive, desc), "a kernel", call, err);
  if (!status && dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &p->kernel) != dnnl_success)
    p->kernel = "?";
  return status;
}

static dnnl_memory_desc_t weights_desc(const lnti_tensor *w, size_t group, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t md;
  const size_t *d = w->shape.dim;
  dnnl_dims_t plain = {(dnnl_dim_t)d[0], (dnnl_dim_t)d[1], (dnnl_dim_t)d[2], (dnnl_dim_t)d[3]};
  dnnl_dims_t grouped = {(dnnl_dim_t)group, (dnnl_dim_t)(d[0] / group), (dnnl_dim_t)d[1], (dnnl_dim_t)d[2],
                         (dnnl_dim_t)d[3]};
  dnnl_format_tag_t used = tag == dnnl_format_tag_any ? tag : group > 1 ? dnnl_goihw : dnnl_oihw;
  dnnl_status_t status =
      dnnl_memory_desc_init_by_tag(&md, group > 1 ? 5 : 4, group > 1 ? grouped : plain, dnnl_f32, used);
  if (status != dnnl_success) memset(&md, 0, sizeof md);
  return md;
}

static lnt_status conv_desc(dnnl_primitive_desc_t *out, lnti_primitive *p, const lnti_call *call,
                            dnnl_primitive_attr_t attr, lnt_error *err) {
  const lnti_tensor *in = call->input[0], *w = call->input[1], *bias = lnti_call_input(call, 2);
  size_t group = (size_t)lnti_node_int(call->node, "group", 1);
  dnnl_convolution_desc_t desc;
  lnti_window window;
  lnt_status status = lnti_window_of(&window, call, &in->shape, w->shape.dim + 2, err);
  if (status) return status;
  dnnl_dims_t stride = {0}, dilation = {0}, before = {0}, after = {0}, n_bias = {(dnnl_dim_t)w->shape.dim[0]};
  for (size_t d = 0; d < 2; d++) {
    stride[d] = (dnnl_dim_t)window.stride[d];
    dilation[d] = (dnnl_dim_t)window.dilation[d] - 1;
    before[d] = (dnnl_dim_t)window.before[d];
    after[d] = (dnnl_dim_t)window.after[d];
  }
  dnnl_memory_desc_t src = plane_desc(in), dst = plane_desc(&call->output[0]);
  dnnl_memory_desc_t weights = weights_desc(w, group, dnnl_format_tag_any), shifts;
  status = check(dnnl_memory_desc_init_by_tag(&shifts, 1, n_bias, dnnl_f32, dnnl_a), "a bias", call, err);
  if (!status) {
    status = check(dnnl_dilated_convolution_forward_desc_init(&desc, dnnl_forward_inference, dnnl_convolution_direct,
                                                              &src, &weights, bias ? &shifts : NULL, &dst, stride,
                                                              dilation, before, after),
                   "a convolution", call, err);
  }
  if (!status) {
    status = check(dnnl_primitive_desc_create(out, &desc, attr, p->dnn->engine, NULL), "a convolution", call, err);
  }
  return status;
}

static lnt_status make_conv(lnti_primitive *p, const lnti_call *call, lnt_error *err) {
  const lnti_tensor *w = call->input[1], *bias = lnti_call_input(call, 2);
  size_t group = (size_t)lnti_node_int(call->node, "group", 1);
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t desc = NULL;
  lnt_status status = post_operations(&attr, call, err);
  if (!status) status = conv_desc(&desc, p, call, attr, err);
  if (!status) status = finish(p, desc, call, err);
  if (!status) {
    const dnnl_memory_desc_t from = weights_desc(w, group, dnnl_oihw);
    const dnnl_memory_desc_t *to = dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);
    status = lay_weights(&p->weights, p, &from, w->data, to, err);
    p->bytes = dnnl_memory_desc_get_size(to);
    if (!status) status = add_argument(p, DNNL_ARG_WEIGHTS, to, -2, p->weights, err);
  }
  const dnnl_memory_desc_t src = plane_desc(call->input[0]), dst = plane_desc(&call->output[0]);
  if (!status) status = add_argument(p, DNNL_ARG_SRC, &src, 0, DNNL_MEMORY_NONE, err);
  if (!status) status = add_argument(p, DNNL_ARG_DST, &dst, -1, DNNL_MEMORY_NONE, err);
  if (!status && bias) {
    size_t bytes = lnti_tensor_bytes(bias);
    status = lnti_alloc_aligned(&p->bias, bytes, 1, err);
    if (!status) memcpy(p->bias, bias->data, bytes);
    if (!status)
      status = add_argument(p, DNNL_ARG_BIAS, dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 1), -2, p->bias,
                            err);
  }
  if (!status && lnti_call_input(call, 3)) {
    const dnnl_memory_desc_t addend = plane_desc(call->input[3]);
    status = add_argument(p, DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, &addend, 3, DNNL_MEMORY_NONE, err);
  }
  if (desc) dnnl_primitive_desc_destroy(desc);
  if (attr) dnnl_primitive_attr_destroy(attr);
  return status;
}

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

static lnt_status make_pool(lnti_primitive *p, const lnti_call *call, lnt_error *err) {
  const lnti_tensor *in = call->input[0], *out = &call->output[0];
  bool average = strstr(call->node->op->name, "Average") != NULL;
  bool padding = lnti_node_int(call->node, "count_include_pad", 0) != 0;
  dnnl_primitive_desc_t desc = NULL;
  dnnl_pooling_desc_t pool;
  lnti_window w;
  lnt_status status = pool_window(&w, call, err);
  if (status) return status;
  dnnl_dims_t kernel = {0}, stride = {0}, before = {0}, after = {0};
  pool_dims(kernel, stride, before, after, &w, &in->shape, &out->shape);
  const dnnl_memory_desc_t src = plane_desc(in), dst = plane_desc(out);
  dnnl_alg_kind_t kind = !average  ? dnnl_pooling_max
                         : padding ? dnnl_pooling_avg_include_padding
                                   : dnnl_pooling_avg_exclude_padding;
  status = check(
      dnnl_pooling_forward_desc_init(&pool, dnnl_forward_inference, kind, &src, &dst, stride, kernel, before, after),
      "a pool", call, err);
  if (!status)
    status = check(dnnl_primitive_desc_create(&desc, &pool, NULL, p->dnn->engine, NULL), "a pool", call, err);
  if (!status) status = finish(p, desc, call, err);
  if (!status) status = add_argument(p, DNNL_ARG_SRC, &src, 0, DNNL_MEMORY_NONE, err);
  if (!status) status = add_argument(p, DNNL_ARG_DST, &dst, -1, DNNL_MEMORY_NONE, err);
  if (desc) dnnl_primitive_desc_destroy(desc);
  return status;
}

static bool is_conv(const lnti_call *call) {
  const char *name = call->node->op->name;
  return strcmp(name, "Conv") == 0 || strcmp(name, "FusedConv") == 0;
}

static bool is_pool(const lnti_call *call) {
  const char *name = call->node->op->name;
  if (call->n_outputs != 1 || !lnti_pool_is_simple(call->node)) return false;
  return strcmp(name, "MaxPool") == 0 || strcmp(name, "AveragePool") == 0 || strcmp(name, "GlobalAveragePool") == 0 ||
         strcmp(name, "GlobalMaxPool") == 0;
}

lnt_status lnti_primitive_new(lnti_primitive **out, lnti_onednn *dnn, const lnti_call *call, lnt_error *err) {
  lnti_primitive *p = NULL;
  *out = NULL;
  if (call->n_inputs == 0 || !call->input[0] || call->input[0]->dtype != LNTI_F32 || call->input[0]->shape.rank != 4)
    return LNT_OK;
  bool conv = is_conv(call) && call->input[1]->data && (!lnti_call_input(call, 2) || call->input[2]->data);
  if (!conv && !is_pool(call)) return LNT_OK;
  if (lnti_shape_count(&call->output[0].shape) == 0 || lnti_shape_count(&call->input[0]->shape) == 0) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&p, 1, sizeof *p, err);
  if (status) return status;
  p->dnn = dnn;
  omp_set_num_threads((int)dnn->n_threads);
  status = conv ? make_conv(p, call, err) : make_pool(p, call, err);
  if (status) {
    lnti_primitive_free(p);
    return status;
  }
  *out = p;
  return LNT_OK;
}

lnt_status lnti_primitive_run(lnti_primitive *p, const lnti_call *call, lnt_error *err) {
  lnt_status status = LNT_OK;
  omp_set_num_threads((int)p->dnn->n_threads); /* of the calling thread */
  for (int i = 0; i < p->n_arguments && !status; i++) {
    if (p->input[i] == -2) continue;
    void *data = p->input[i] == -1 ? call->output[0].data : call->input[p->input[i]]->data;
    status = check(dnnl_memory_set_data_handle(p->argument[i].memory, data), "memory", call, err);
  }
  if (!status) {
    status =
        check(dnnl_primitive_execute(p->primitive, p->dnn->stream, p->n_arguments, p->argument), "to run", call, err);
  }
  return status ? status : check(dnnl_stream_wait(p->dnn->stream), "to run", call, err);
}

void lnti_primitive_free(lnti_primitive *p) {
  if (!p) return;
  for (int i = 0; i < p->n_arguments; i++) dnnl_memory_destroy(p->argument[i].memory);
  if (p->primitive) dnnl_primitive_destroy(p->primitive);
  free(p->weights);
  free(p->bias);
  free(p);
}
