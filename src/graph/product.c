/* What MatMul of equal batches or by one matrix, and Gemm without factors, multiply. */
#include <graph/product.h>

#include <string.h>

static bool plain_f32(const lnti_tensor *t) {
  return t && t->dtype == LNTI_F32 && t->block == 0;
}

static bool gemm_of(lnti_product *p, const lnti_call *call) {
  const lnti_node *node = call->node;
  const lnti_tensor *a = call->input[0], *b = call->input[1], *c = lnti_call_input(call, 2);
  bool ta = lnti_node_int(node, "transA", 0) != 0, tb = lnti_node_int(node, "transB", 0) != 0;
  if (lnti_node_float(node, "alpha", 1) != 1 || (c && lnti_node_float(node, "beta", 1) != 1)) return false;
  *p = (lnti_product){.batch = 1, .m = a->shape.dim[ta], .k = a->shape.dim[!ta], .n = b->shape.dim[!tb]};
  p->a_row = ta ? 1 : p->k;
  p->a_column = ta ? p->m : 1;
  p->b_row = tb ? 1 : p->n;
  p->b_column = tb ? p->k : 1;
  if (c) {
    size_t rank = c->shape.rank;
    p->biased = true;
    p->bias_columns = rank > 0 ? c->shape.dim[rank - 1] : 1;
    p->bias_rows = rank > 1 ? c->shape.dim[0] : 1;
  }
  return !c || plain_f32(c);
}

static bool matmul_of(lnti_product *p, const lnti_call *call) {
  const lnti_shape *a = &call->input[0]->shape, *b = &call->input[1]->shape;
  if (a->rank < 2 || b->rank < 2) return false;
  *p = (lnti_product){.m = a->dim[a->rank - 2], .k = a->dim[a->rank - 1], .n = b->dim[b->rank - 1]};
  size_t a_batch = lnti_shape_span(a, 0, a->rank - 2), b_batch = lnti_shape_span(b, 0, b->rank - 2);
  p->a_row = p->k;
  p->b_row = p->n;
  p->a_column = p->b_column = 1;
  p->batch = 1;
  if (b_batch == 1) { /* one matrix for all rows */
    p->m *= a_batch;
    return true;
  }
  if (a->rank != b->rank || memcmp(a->dim, b->dim, (a->rank - 2) * sizeof *a->dim) != 0) return false;
  p->batch = a_batch;
  p->a_batch = p->m * p->k;
  p->b_batch = p->k * p->n;
  return true;
}

bool lnti_product_of(lnti_product *p, const lnti_call *call) {
  const char *name = call->node->op->name;
  bool gemm = strcmp(name, "Gemm") == 0;
  if ((!gemm && strcmp(name, "MatMul") != 0) || !plain_f32(call->input[0]) || !plain_f32(call->input[1])) return false;
  if (!(gemm ? gemm_of(p, call) : matmul_of(p, call))) return false;
  p->constant = call->input[1]->data != NULL && p->batch == 1;
  return p->k > 0 && p->n > 0;
}
