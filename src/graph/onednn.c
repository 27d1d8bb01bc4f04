/*
 * oneDNN 2 (https://uxlfoundation.github.io/oneDNN/v2.6): its engine, and the life of its kernels. Each is made once: its
 * weights are put in the layout that the library chooses, what follows it is given as post-operations.
 */
#include <graph/onednn_internal.h>

#include <base/error.h>
#include <graph/window.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of libgomp, which oneDNN runs on; its header is the compiler's, and not every compiler has it. */
void omp_set_num_threads(int n);
int omp_get_max_threads(void);

/* The library is to use the calling thread alone. @return what that thread is to be given back */
static int alone(void) {
  int before = omp_get_max_threads();
  omp_set_num_threads(1);
  return before;
}

lnt_status lnti_dnnl_check(dnnl_status_t status, const char *what, const lnti_call *call, lnt_error *err) {
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

static lnt_status give_up(lnti_onednn *dnn, lnt_status status) {
  lnti_onednn_free(dnn);
  return status;
}

static lnt_status start(lnti_onednn **out, lnti_onednn *dnn, lnt_error *err) {
  lnt_status status =
      lnti_dnnl_check(dnnl_stream_create(&dnn->stream, dnn->engine, dnnl_stream_default_flags), "a stream", NULL, err);
  if (status) return give_up(dnn, status);
  *out = dnn;
  return LNT_OK;
}

lnt_status lnti_onednn_new(lnti_onednn **out, const lnti_context *context, lnt_error *err) {
  lnti_onednn *dnn = NULL;
  lnt_status status = lnti_alloc_zero(&dnn, 1, sizeof *dnn, err);
  if (status) return status;
  /* May be set once in a process, before the first kernel: what holds since then decides the layout. */
  (void)dnnl_set_max_cpu_isa(isa_of(context->cpu));
  const unsigned wide = dnnl_cpu_isa_avx512_core, isa = dnnl_get_effective_cpu_isa();
  dnn->block = (isa & wide) == wide ? 16 : 8;
  dnn->context = context;
  dnn->n_threads = lnti_pool_size(context->pool);
  status = lnti_dnnl_check(dnnl_engine_create(&dnn->engine, dnnl_cpu, 0), "an engine", NULL, err);
  return status ? give_up(dnn, status) : start(out, dnn, err);
}

lnt_status lnti_onednn_twin(lnti_onednn **out, const lnti_onednn *of, lnt_error *err) {
  lnti_onednn *dnn = NULL;
  lnt_status status = lnti_alloc_zero(&dnn, 1, sizeof *dnn, err);
  if (status) return status;
  *dnn = (lnti_onednn){
      .of = of, .engine = of->engine, .context = of->context, .block = of->block, .n_threads = of->n_threads};
  return start(out, dnn, err);
}

void lnti_onednn_free(lnti_onednn *dnn) {
  if (!dnn) return;
  if (dnn->stream) dnnl_stream_destroy(dnn->stream);
  if (dnn->engine && !dnn->of) dnnl_engine_destroy(dnn->engine);
  free(dnn->scratch);
  free(dnn);
}

unsigned lnti_onednn_block(const lnti_onednn *dnn) {
  return dnn->block;
}

size_t lnti_onednn_scratch(const lnti_onednn *dnn) {
  return dnn->scratch_bytes * dnn->n_threads;
}

size_t lnti_primitive_bytes(const lnti_primitive *primitive) {
  return primitive->bytes;
}

const char *lnti_primitive_kernel(const lnti_primitive *primitive) {
  return primitive->kernel;
}

/* ---- memory ---- */

lnt_status lnti_dnnl_argument(lnti_primitive *p, lnti_part *part, int kind, const dnnl_memory_desc_t *md, int source,
                              size_t offset, void *own, lnt_error *err) {
  dnnl_memory_t memory = NULL;
  lnt_status status = lnti_dnnl_check(dnnl_memory_create(&memory, md, p->dnn->engine, own ? own : DNNL_MEMORY_NONE),
                                      "memory", NULL, err);
  if (status) return status;
  int i = part->n_arguments++;
  part->argument[i] = (dnnl_exec_arg_t){.arg = kind, .memory = memory};
  part->source[i] = source;
  part->offset[i] = offset;
  return LNT_OK;
}

lnt_status lnti_dnnl_lay(void **out, lnti_onednn *dnn, const dnnl_memory_desc_t *from, void *data,
                         const dnnl_memory_desc_t *to, lnt_error *err) {
  dnnl_primitive_desc_t desc = NULL;
  dnnl_primitive_t reorder = NULL;
  dnnl_memory_t source = NULL, target = NULL;
  void *block = NULL;
  dnnl_engine_t engine = dnn->engine;
  lnt_status status = lnti_alloc_aligned(&block, dnnl_memory_desc_get_size(to), 1, err);
  if (!status) {
    status = lnti_dnnl_check(dnnl_reorder_primitive_desc_create(&desc, from, engine, to, engine, NULL), "a reorder",
                             NULL, err);
  }
  if (!status) status = lnti_dnnl_check(dnnl_primitive_create(&reorder, desc), "a reorder", NULL, err);
  if (!status) status = lnti_dnnl_check(dnnl_memory_create(&source, from, engine, data), "memory", NULL, err);
  if (!status) status = lnti_dnnl_check(dnnl_memory_create(&target, to, engine, block), "memory", NULL, err);
  if (!status) {
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, target}};
    status = lnti_dnnl_check(dnnl_primitive_execute(reorder, dnn->stream, 2, arguments), "a reorder", NULL, err);
    if (!status) status = lnti_dnnl_check(dnnl_stream_wait(dnn->stream), "a reorder", NULL, err);
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

lnt_status lnti_dnnl_activation(dnnl_post_ops_t ops, const lnti_call *call, lnt_error *err) {
  const lnti_node *node = call->node;
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
  dnnl_status_t status = dnnl_unimplemented;
  if (kind != dnnl_alg_kind_undef) status = dnnl_post_ops_append_eltwise(ops, 1, kind, alpha, beta);
  return lnti_dnnl_check(status, "an activation", call, err);
}

/* ---- parts ---- */

lnt_status lnti_dnnl_parts(lnti_primitive *p, size_t n, lnt_error *err) {
  p->n_parts = n;
  return lnti_alloc_zero(&p->part, n, sizeof *p->part, err);
}

/* Memory that all kernels use in turn, a piece for each thread. */
static lnt_status grow_scratch(lnti_onednn *dnn, size_t bytes, lnt_error *err) {
  size_t all = 0;
  char *block = NULL;
  bytes = (bytes + 63) / 64 * 64;
  if (bytes <= dnn->scratch_bytes) return LNT_OK;
  if (!lnti_size_mul(&all, bytes, dnn->n_threads)) return lnti_fail(err, LNT_ENOMEM, "not enough memory for a kernel");
  lnt_status status = lnti_alloc_aligned(&block, all, 1, err);
  if (status) return status;
  free(dnn->scratch);
  dnn->scratch = block;
  dnn->scratch_bytes = bytes;
  return LNT_OK;
}

lnt_status lnti_dnnl_kernel(lnti_primitive *p, lnti_part *part, dnnl_primitive_desc_t desc, const lnti_call *call,
                            lnt_error *err) {
  const dnnl_memory_desc_t *scratch = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
  size_t bytes = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
  lnt_status status = LNT_OK;
  if (part->lender) {
    part->primitive = part->lender->primitive;
  } else {
    status = lnti_dnnl_check(dnnl_primitive_create(&part->primitive, desc), "a kernel", call, err);
  }
  if (!status && dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &p->kernel) != dnnl_success)
    p->kernel = "?";
  if (!status && bytes > 0) status = grow_scratch(p->dnn, bytes, err);
  if (!status && bytes > 0)
    status = lnti_dnnl_argument(p, part, DNNL_ARG_SCRATCHPAD, scratch, LNTI_OF_SCRATCH, 0, NULL, err);
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

typedef lnt_status (*maker)(lnti_primitive *p, const lnti_call *call, lnt_error *err);

static maker maker_of(const lnti_call *call) {
  bool given =
      call->n_inputs > 0 && call->input[0] && (call->input[0]->dtype == LNTI_F32 || call->input[0]->dtype == LNTI_BF16);
  if (!given || lnti_shape_count(&call->output[0].shape) == 0 || lnti_shape_count(&call->input[0]->shape) == 0)
    return NULL;
  if (lnti_dnnl_multiplies(call)) return lnti_dnnl_product;
  if (call->input[0]->shape.rank != 4) return NULL;
  if (is_conv(call) && call->input[1]->data && (!lnti_call_input(call, 2) || call->input[2]->data))
    return lnti_dnnl_conv;
  return is_pool(call) ? lnti_dnnl_pool : NULL;
}

lnt_status lnti_primitive_new(lnti_primitive **out, lnti_onednn *dnn, const lnti_call *call, lnt_error *err) {
  lnti_primitive *p = NULL;
  maker make = maker_of(call);
  *out = NULL;
  if (!make) return LNT_OK;
  lnt_status status = lnti_alloc_zero(&p, 1, sizeof *p, err);
  if (status) return status;
  p->dnn = dnn;
  int before = alone();
  status = make(p, call, err);
  omp_set_num_threads(before);
  if (status) {
    lnti_primitive_free(p);
    return status;
  }
  *out = p;
  return LNT_OK;
}

/* ---- twins ---- */

static lnt_status twin_part(lnti_part *out, const lnti_part *of, dnnl_engine_t engine, lnt_error *err) {
  lnt_status status = LNT_OK;
  *out = *of;
  out->lender = of->lender ? of->lender : of;
  out->weights = out->bias = NULL;
  for (out->n_arguments = 0; out->n_arguments < of->n_arguments && !status;) {
    const int i = out->n_arguments;
    const dnnl_memory_desc_t *md = NULL;
    void *data = NULL;
    status = lnti_dnnl_check(dnnl_memory_get_memory_desc(of->argument[i].memory, &md), "memory", NULL, err);
    if (!status && of->source[i] == LNTI_OF_OWN)
      status = lnti_dnnl_check(dnnl_memory_get_data_handle(of->argument[i].memory, &data), "memory", NULL, err);
    if (!status) {
      status = lnti_dnnl_check(dnnl_memory_create(&out->argument[i].memory, md, engine, data ? data : DNNL_MEMORY_NONE),
                               "memory", NULL, err);
    }
    if (!status) out->n_arguments++;
  }
  return status;
}

lnt_status lnti_primitive_twin(lnti_primitive **out, lnti_onednn *dnn, const lnti_primitive *of, lnt_error *err) {
  lnti_primitive *p = NULL;
  lnt_status status = lnti_alloc_zero(&p, 1, sizeof *p, err);
  if (status) return status;
  p->dnn = dnn;
  p->kernel = of->kernel;
  status = lnti_dnnl_parts(p, of->n_parts, err);
  for (size_t k = 0; k < of->n_parts && !status; k++) status = twin_part(&p->part[k], &of->part[k], dnn->engine, err);
  if (!status) status = grow_scratch(dnn, of->dnn->scratch_bytes, err);
  if (status) {
    lnti_primitive_free(p);
    return status;
  }
  *out = p;
  return LNT_OK;
}

/* ---- running ---- */

typedef struct running {
  const lnti_primitive *p;
  const lnti_call *call;
} running;

static lnt_status run_parts(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  const running *r = payload;
  const lnti_onednn *dnn = r->p->dnn;
  lnt_status status = LNT_OK;
  int before = alone();
  for (size_t k = begin; k < end && !status; k++) {
    const lnti_part *part = &r->p->part[k];
    for (int i = 0; i < part->n_arguments && !status; i++) {
      int source = part->source[i];
      if (source == LNTI_OF_OWN) continue;
      char *data = source == LNTI_OF_SCRATCH  ? dnn->scratch + worker * dnn->scratch_bytes
                   : source == LNTI_OF_OUTPUT ? r->call->output[0].data
                                              : r->call->input[source]->data;
      status = lnti_dnnl_check(dnnl_memory_set_data_handle(part->argument[i].memory, data + part->offset[i]), "memory",
                               r->call, err);
    }
    if (!status) {
      status = lnti_dnnl_check(dnnl_primitive_execute(part->primitive, dnn->stream, part->n_arguments, part->argument),
                               "to run", r->call, err);
    }
  }
  omp_set_num_threads(before);
  return status;
}

lnt_status lnti_primitive_run(lnti_primitive *p, const lnti_call *call, lnt_error *err) {
  running r = {p, call};
  if (p->n_parts == 1) return run_parts(&r, 0, 1, 0, err);
  return lnti_pool_for(p->dnn->context->pool, p->n_parts, 1, run_parts, &r, p->dnn->context->cancel, err);
}

void lnti_primitive_free(lnti_primitive *p) {
  if (!p) return;
  for (size_t k = 0; k < p->n_parts && p->part; k++) {
    lnti_part *part = &p->part[k];
    for (int i = 0; i < part->n_arguments; i++) dnnl_memory_destroy(part->argument[i].memory);
    if (part->primitive && !part->lender) dnnl_primitive_destroy(part->primitive);
    free(part->weights);
    free(part->bias);
  }
  free(p->part);
  free(p);
}
