/*
 * Products of matrices, by plain loops with sums in f64 (integers in i64): the reference for fast kernels.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <math.h>
#include <string.h>

/* One product c[m,n] = a * b, each with its distances between rows and columns, so that a transposed one is read in place. */
typedef struct product {
  const lnti_tensor *a, *b;
  lnti_tensor *c;
  size_t m, n, k;
  size_t a_row, a_column, b_row, b_column;
  size_t a_begin, b_begin, c_begin;
  double alpha, beta;
  const lnti_tensor *addend; /* broadcast to c; NULL: none */
  size_t addend_row, addend_column;
} product;

static int64_t integer_at(const lnti_tensor *t, size_t i) {
  int64_t v = 0;
  lnti_convert(&v, LNTI_I64, (const char *)t->data + i * lnti_dtype_bytes(t->dtype), t->dtype, 1);
  return v;
}

static void multiply_reals(const product *p, size_t i, size_t j) {
  double sum = 0;
  for (size_t q = 0; q < p->k; q++) {
    sum += (double)lnti_tensor_real(p->a, p->a_begin + i * p->a_row + q * p->a_column) *
           (double)lnti_tensor_real(p->b, p->b_begin + q * p->b_row + j * p->b_column);
  }
  sum *= p->alpha;
  if (p->addend) sum += p->beta * (double)lnti_tensor_real(p->addend, i * p->addend_row + j * p->addend_column);
  lnti_convert((char *)p->c->data + (p->c_begin + i * p->n + j) * lnti_dtype_bytes(p->c->dtype), p->c->dtype, &sum,
               LNTI_F64, 1);
}

static void multiply_integers(const product *p, size_t i, size_t j) {
  uint64_t sum = 0;
  for (size_t q = 0; q < p->k; q++) {
    sum += (uint64_t)integer_at(p->a, p->a_begin + i * p->a_row + q * p->a_column) *
           (uint64_t)integer_at(p->b, p->b_begin + q * p->b_row + j * p->b_column);
  }
  int64_t result = (int64_t)sum;
  lnti_convert((char *)p->c->data + (p->c_begin + i * p->n + j) * lnti_dtype_bytes(p->c->dtype), p->c->dtype, &result,
               LNTI_I64, 1);
}

static lnt_status multiply_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const product *p = payload;
  bool real = LNTI_REALS & LNTI_DTYPE_BIT(p->c->dtype);
  for (size_t i = begin; i < end; i++) {
    for (size_t j = 0; j < p->n; j++) {
      if (real) {
        multiply_reals(p, i, j);
      } else {
        multiply_integers(p, i, j);
      }
    }
  }
  return LNT_OK;
}

static lnt_status multiply(const product *p, const lnti_context *context, lnt_error *err) {
  product copy = *p;
  return lnti_pool_for(context->pool, p->m, 8, multiply_rows, &copy, context->cancel, err);
}

/* ---- Gemm ---- */

static lnt_status gemm_sizes(product *p, const lnti_call *call, lnt_error *err) {
  const lnti_tensor *a = call->input[0], *b = call->input[1], *c = lnti_call_input(call, 2);
  bool ta = lnti_node_int(call->node, "transA", 0) != 0, tb = lnti_node_int(call->node, "transB", 0) != 0;
  char x[LNTI_SHAPE_TEXT], y[LNTI_SHAPE_TEXT];
  bool fits = a->shape.rank == 2 && b->shape.rank == 2 && a->shape.dim[!ta] == b->shape.dim[tb];
  lnti_shape out = {.rank = 2};
  if (fits) out = (lnti_shape){.rank = 2, .dim = {a->shape.dim[ta], b->shape.dim[!tb]}};
  if (fits && c) {
    size_t rank = c->shape.rank;
    size_t columns = rank > 0 ? c->shape.dim[rank - 1] : 1, rows = rank > 1 ? c->shape.dim[0] : 1;
    fits = rank <= 2 && (columns == 1 || columns == out.dim[1]) && (rows == 1 || rows == out.dim[0]);
    p->addend = c;
    p->addend_row = rows == 1 ? 0 : columns;
    p->addend_column = columns == 1 ? 0 : 1;
  }
  if (!fits) {
    return lnti_fail(err, LNT_EDATA, "node %s: Gemm of %s by %s", call->node->name, lnti_tensor_text(x, a),
                     lnti_tensor_text(y, b));
  }
  p->m = out.dim[0];
  p->n = out.dim[1];
  p->k = a->shape.dim[!ta];
  p->a_row = ta ? 1 : a->shape.dim[1];
  p->a_column = ta ? a->shape.dim[1] : 1;
  p->b_row = tb ? 1 : b->shape.dim[1];
  p->b_column = tb ? b->shape.dim[1] : 1;
  return LNT_OK;
}

static lnt_status infer_gemm(lnti_call *call, lnt_error *err) {
  product p = {0};
  lnt_status status = gemm_sizes(&p, call, err);
  if (status) return status;
  const lnti_shape shape = {.rank = 2, .dim = {p.m, p.n}};
  lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return LNT_OK;
}

static lnt_status forward_gemm(lnti_call *call, lnt_error *err) {
  product p = {.a = call->input[0], .b = call->input[1], .c = &call->output[0]};
  lnt_status status = gemm_sizes(&p, call, err);
  p.alpha = (double)lnti_node_float(call->node, "alpha", 1);
  p.beta = (double)lnti_node_float(call->node, "beta", 1);
  return status ? status : multiply(&p, call->context, err);
}

/* ---- MatMul ---- */

/* As numpy.matmul: the last two dimensions are multiplied, those before broadcast; a vector is a row or a column, and the
 * dimension that it lacks is left out of the result. */
typedef struct matmul_shapes {
  lnti_shape a, b; /* of rank 2 and more */
  lnti_shape batch, out;
  size_t m, n, k;
} matmul_shapes;

static lnt_status matmul_sizes(matmul_shapes *s, const lnti_call *call, const lnti_tensor *a, const lnti_tensor *b,
                               lnt_error *err) {
  char x[LNTI_SHAPE_TEXT], y[LNTI_SHAPE_TEXT];
  bool row = a->shape.rank == 1, column = b->shape.rank == 1;
  if (a->shape.rank == 0 || b->shape.rank == 0) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s of a scalar", call->node->name, call->node->op->name);
  }
  *s = (matmul_shapes){.a = a->shape, .b = b->shape};
  if (row) s->a = (lnti_shape){.rank = 2, .dim = {1, a->shape.dim[0]}};
  if (column) s->b = (lnti_shape){.rank = 2, .dim = {b->shape.dim[0], 1}};
  s->m = s->a.dim[s->a.rank - 2];
  s->k = s->a.dim[s->a.rank - 1];
  s->n = s->b.dim[s->b.rank - 1];
  if (s->b.dim[s->b.rank - 2] != s->k) {
    return lnti_fail(err, LNT_EDATA, "node %s: %s of %s by %s", call->node->name, call->node->op->name,
                     lnti_tensor_text(x, a), lnti_tensor_text(y, b));
  }
  s->a.rank -= 2;
  s->b.rank -= 2;
  lnt_status status = lnti_shape_broadcast(&s->batch, &s->a, &s->b, call, err);
  if (status) return status;
  s->out = s->batch;
  if (!row) s->out.dim[s->out.rank++] = s->m;
  if (!column) s->out.dim[s->out.rank++] = s->n;
  return LNT_OK;
}

static lnt_status infer_matmul(lnti_call *call, lnt_error *err) {
  matmul_shapes s;
  lnt_status status = matmul_sizes(&s, call, call->input[0], call->input[1], err);
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &s.out);
  return status;
}

static lnt_status forward_matmul(lnti_call *call, lnt_error *err) {
  matmul_shapes s;
  lnt_status status = matmul_sizes(&s, call, call->input[0], call->input[1], err);
  if (status) return status;
  const lnti_shape *shapes[] = {&s.a, &s.b};
  lnti_loop loop;
  lnti_loop_begin(&loop, &s.batch, shapes, 2);
  product p = {
      .a = call->input[0], .b = call->input[1], .c = &call->output[0], .m = s.m, .n = s.n, .k = s.k, .alpha = 1};
  p.a_row = s.k;
  p.a_column = 1;
  p.b_row = s.n;
  p.b_column = 1;
  for (size_t i = 0, done = 0; i < loop.n_outer && !status; i++) {
    size_t place[LNTI_LOOP_TENSORS], last = loop.rank - 1;
    lnti_loop_place(place, &loop, i);
    for (size_t q = 0; q < loop.inner && !status; q++, done++) {
      p.a_begin = (place[0] + q * loop.stride[0][last]) * s.m * s.k;
      p.b_begin = (place[1] + q * loop.stride[1][last]) * s.k * s.n;
      p.c_begin = done * s.m * s.n;
      status = multiply(&p, call->context, err);
    }
  }
  return status;
}

static const lnti_attribute_rule gemm_rules[] = {{"alpha", LNTI_ATTRIBUTE_FLOAT},   {"beta", LNTI_ATTRIBUTE_FLOAT},
                                                 {"transA", LNTI_ATTRIBUTE_INT},    {"transB", LNTI_ATTRIBUTE_INT},
                                                 {"broadcast", LNTI_ATTRIBUTE_INT}, {0}};

enum { MULTIPLIED = LNTI_REALS | LNTI_DTYPE_BIT(LNTI_I64) | LNTI_DTYPE_BIT(LNTI_I32) };

const lnti_operator lnti_operators_matrix[] = {{.name = "Gemm",
                                                .domain = "",
                                                .since = 6,
                                                .least_inputs = 2,
                                                .most_inputs = 3,
                                                .most_outputs = 1,
                                                .dtypes = LNTI_REALS,
                                                .alike = 7,
                                                .attributes = gemm_rules,
                                                .infer = infer_gemm,
                                                .forward = forward_gemm},
                                               {.name = "MatMul",
                                                .domain = "",
                                                .since = 1,
                                                .least_inputs = 2,
                                                .most_inputs = 2,
                                                .most_outputs = 1,
                                                .dtypes = MULTIPLIED,
                                                .alike = 3,
                                                .infer = infer_matmul,
                                                .forward = forward_matmul},
                                               {0}};
