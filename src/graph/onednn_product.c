/* Products of matrices by oneDNN: MatMul of equal batches or by one matrix, Gemm without factors. */
#include <graph/onednn_internal.h>

#include <base/error.h>
#include <graph/product.h>
#include <string.h>

bool lnti_dnnl_multiplies(const lnti_call *call) {
  lnti_product p;
  return lnti_product_of(&p, call);
}

/* ---- descriptions ---- */

static lnt_status matrix_desc(dnnl_memory_desc_t *out, const lnti_product *p, size_t rows, size_t columns,
                              size_t batch_step, size_t row_step, size_t column_step, lnt_error *err) {
  const dnnl_dims_t dims = {(dnnl_dim_t)p->batch, (dnnl_dim_t)rows, (dnnl_dim_t)columns};
  const dnnl_dims_t steps = {(dnnl_dim_t)(batch_step ? batch_step : rows * columns), (dnnl_dim_t)row_step,
                             (dnnl_dim_t)column_step};
  int skipped = p->batch == 1;
  return lnti_dnnl_check(dnnl_memory_desc_init_by_strides(out, 3 - skipped, dims + skipped, dnnl_f32, steps + skipped),
                         "a matrix", NULL, err);
}

typedef struct descriptions {
  dnnl_memory_desc_t a, b, b_wanted, bias, out;
} descriptions;

static lnt_status describe(descriptions *d, const lnti_product *p, lnt_error *err) {
  lnt_status status = matrix_desc(&d->a, p, p->m, p->k, p->a_batch, p->a_row, p->a_column, err);
  if (!status) status = matrix_desc(&d->b, p, p->k, p->n, p->b_batch, p->b_row, p->b_column, err);
  if (!status) status = matrix_desc(&d->out, p, p->m, p->n, 0, p->n, 1, err);
  if (!status && p->biased) {
    status = matrix_desc(&d->bias, p, p->bias_rows, p->bias_columns, 0, p->bias_columns, 1, err);
  }
  d->b_wanted = d->b;
  if (!status && p->constant) {
    const dnnl_dims_t dims = {(dnnl_dim_t)p->k, (dnnl_dim_t)p->n};
    status = lnti_dnnl_check(dnnl_memory_desc_init_by_tag(&d->b_wanted, 2, dims, dnnl_f32, dnnl_format_tag_any),
                             "a matrix", NULL, err);
  }
  return status;
}

static lnt_status make_desc(dnnl_primitive_desc_t *out, lnti_primitive *p, const lnti_product *q, const descriptions *d,
                            const lnti_call *call, lnt_error *err) {
  dnnl_primitive_attr_t attr = NULL;
  dnnl_matmul_desc_t desc;
  lnt_status status = lnti_dnnl_check(dnnl_primitive_attr_create(&attr), "attributes", call, err);
  if (!status) {
    status = lnti_dnnl_check(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user), "attributes",
                             call, err);
  }
  if (!status) {
    status = lnti_dnnl_check(dnnl_matmul_desc_init(&desc, &d->a, &d->b_wanted, q->biased ? &d->bias : NULL, &d->out),
                             "a product", call, err);
  }
  if (!status) {
    status =
        lnti_dnnl_check(dnnl_primitive_desc_create(out, &desc, attr, p->dnn->engine, NULL), "a product", call, err);
  }
  if (attr) dnnl_primitive_attr_destroy(attr);
  return status;
}

/* ---- parts ---- */

/* Constant b in the layout that the kernel wants: the first part's where it is the same. */
static lnt_status add_weights(lnti_primitive *p, lnti_part *part, dnnl_memory_desc_t *laid, const descriptions *d,
                              const dnnl_memory_desc_t *to, const lnti_call *call, lnt_error *err) {
  lnt_status status = LNT_OK;
  void *weights = p->part->weights;
  if (part == p->part || !dnnl_memory_desc_equal(to, laid)) {
    status = lnti_dnnl_lay(&part->weights, p->dnn, &d->b, call->input[1]->data, to, err);
    if (part == p->part) *laid = *to;
    weights = part->weights;
    p->bytes += dnnl_memory_desc_get_size(to);
  }
  return status ? status : lnti_dnnl_argument(p, part, DNNL_ARG_WEIGHTS, to, LNTI_OF_OWN, 0, weights, err);
}

/* A share of the batch, or of the rows. */
static lnt_status make_part(lnti_primitive *p, size_t i, const lnti_product *all, dnnl_memory_desc_t *laid,
                            const lnti_call *call, lnt_error *err) {
  lnti_part *part = &p->part[i];
  dnnl_primitive_desc_t desc = NULL;
  descriptions d;
  lnti_product q = *all;
  size_t *shared = all->batch > 1 ? &q.batch : &q.m, n = *shared;
  size_t begin = n * i / p->n_parts, end = n * (i + 1) / p->n_parts;
  size_t a_at = begin * (all->batch > 1 ? q.a_batch : q.a_row), out_at = begin * (all->batch > 1 ? q.m * q.n : q.n);
  size_t b_at = all->batch > 1 ? begin * q.b_batch : 0, bias_at = 0;
  *shared = end - begin;
  if (q.biased && q.bias_rows > 1) {
    q.bias_rows = end - begin;
    bias_at = begin * q.bias_columns;
  }
  lnt_status status = describe(&d, &q, err);
  if (!status) status = make_desc(&desc, p, &q, &d, call, err);
  if (!status) status = lnti_dnnl_kernel(p, part, desc, call, err);
  if (!status) status = lnti_dnnl_argument(p, part, DNNL_ARG_SRC, &d.a, 0, a_at * sizeof(float), NULL, err);
  if (!status && q.constant) {
    status = add_weights(p, part, laid, &d, dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0), call, err);
  } else if (!status) {
    status = lnti_dnnl_argument(p, part, DNNL_ARG_WEIGHTS, &d.b, 1, b_at * sizeof(float), NULL, err);
  }
  if (!status && q.biased)
    status = lnti_dnnl_argument(p, part, DNNL_ARG_BIAS, &d.bias, 2, bias_at * sizeof(float), NULL, err);
  if (!status)
    status = lnti_dnnl_argument(p, part, DNNL_ARG_DST, &d.out, LNTI_OF_OUTPUT, out_at * sizeof(float), NULL, err);
  if (desc) dnnl_primitive_desc_destroy(desc);
  return status;
}

lnt_status lnti_dnnl_product(lnti_primitive *p, const lnti_call *call, lnt_error *err) {
  lnti_product all;
  dnnl_memory_desc_t laid;
  memset(&laid, 0, sizeof laid);
  if (!lnti_product_of(&all, call)) return lnti_fail(err, LNT_EINTERNAL, "node %s is no product", call->node->name);
  size_t shared = all.batch > 1 ? all.batch : all.m, n = p->dnn->n_threads;
  bool worth = all.batch > 1 || all.m >= 8 * n;
  if (!worth) n = 1;
  if (n > shared) n = shared;
  lnt_status status = lnti_dnnl_parts(p, n, err);
  for (size_t i = 0; i < n && !status; i++) status = make_part(p, i, &all, &laid, call, err);
  return status;
}
