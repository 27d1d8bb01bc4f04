/*
 * Operators of two or more tensors, element by element, with broadcasting: arithmetic, comparisons, logic, choice. Integers
 * wrap around; division by zero of integers gives 0, where numpy leaves it open and the processor would trap.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <math.h>
#include <math/vector.h>
#include <string.h>

enum { BLOCK = 512 };

/* out[i] = a[i * sa] op b[i * sb], all of one type but for comparisons, which make bools. */
typedef void (*kernel)(void *out, const void *a, size_t sa, const void *b, size_t sb, size_t n);

/* The kernels of one operation; NULL where it is not defined. f16 is computed by way of f32. */
typedef struct operation {
  kernel f32, i64, i32, u8, i8;
} operation;

#define KERNEL(name, type, result, expression)                                                \
  static void name(void *out, const void *a, size_t sa, const void *b, size_t sb, size_t n) { \
    const type *x = a, *y = b;                                                                \
    result *z = out;                                                                          \
    if (sa == 1 && sb == 1) {                                                                 \
      for (size_t i = 0; i < n; i++) {                                                        \
        type v = x[i], w = y[i];                                                              \
        z[i] = (result)(expression);                                                          \
      }                                                                                       \
    } else {                                                                                  \
      for (size_t i = 0; i < n; i++) {                                                        \
        type v = x[i * sa], w = y[i * sb];                                                    \
        z[i] = (result)(expression);                                                          \
      }                                                                                       \
    }                                                                                         \
  }

/* Integers are computed unsigned, so that they wrap around. */
#define ARITHMETIC(name, real, integer)         \
  KERNEL(name##_f32, float, float, real)        \
  KERNEL(name##_i64, int64_t, int64_t, integer) \
  KERNEL(name##_i32, int32_t, int32_t, integer) \
  KERNEL(name##_u8, uint8_t, uint8_t, integer)  \
  KERNEL(name##_i8, int8_t, int8_t, integer)    \
  static const operation name = {name##_f32, name##_i64, name##_i32, name##_u8, name##_i8};

#define COMPARISON(name, expression)               \
  KERNEL(name##_f32, float, uint8_t, expression)   \
  KERNEL(name##_i64, int64_t, uint8_t, expression) \
  KERNEL(name##_i32, int32_t, uint8_t, expression) \
  KERNEL(name##_u8, uint8_t, uint8_t, expression)  \
  KERNEL(name##_i8, int8_t, uint8_t, expression)   \
  static const operation name = {name##_f32, name##_i64, name##_i32, name##_u8, name##_i8};

/* v^w by squaring, wrapping around; a negative exponent gives what truncation leaves of the fraction. */
static int64_t integer_power(int64_t v, int64_t w) {
  uint64_t result = 1, base = (uint64_t)v;
  if (w < 0) return v == 1 ? 1 : v == -1 ? (w & 1 ? -1 : 1) : 0;
  for (; w > 0; w >>= 1, base *= base) {
    if (w & 1) result *= base;
  }
  return (int64_t)result;
}

static float least_of(float v, float w) {
  return isnan(v) || v < w ? v : w;
}

static float most_of(float v, float w) {
  return isnan(v) || v > w ? v : w;
}

static int64_t truncated_quotient(int64_t v, int64_t w) {
  if (w == 0) return 0;
  return w == -1 ? (int64_t)(0 - (uint64_t)v) : v / w;
}

static int64_t truncated_remainder(int64_t v, int64_t w) {
  return w == 0 || w == -1 ? 0 : v % w;
}

/* The remainder's sign: the divisor's (as Python's), or with `fmod` the dividend's (as C's). */
static int64_t floored(int64_t v, int64_t w) {
  if (w == 0 || w == -1) return 0;
  int64_t rest = v % w;
  return rest != 0 && (rest < 0) != (w < 0) ? rest + w : rest;
}

ARITHMETIC(add, v + w, (uint64_t)v + (uint64_t)w)
ARITHMETIC(sub, v - w, (uint64_t)v - (uint64_t)w)
ARITHMETIC(mul, v *w, (uint64_t)v *(uint64_t)w)
ARITHMETIC(quotient, v / w, truncated_quotient(v, w))
ARITHMETIC(power, powf(v, w), integer_power(v, w))
ARITHMETIC(least, least_of(v, w), v < w ? v : w)
ARITHMETIC(most, most_of(v, w), v > w ? v : w)
ARITHMETIC(remainder_c, fmodf(v, w), truncated_remainder(v, w))
ARITHMETIC(remainder_python, v - floorf(v / w) * w, floored(v, w))
KERNEL(slope_f32, float, float, v < 0 ? w * v : v)
static const operation slope = {.f32 = slope_f32};
COMPARISON(equal, v == w)
COMPARISON(greater, v > w)
COMPARISON(greater_equal, v >= w)
COMPARISON(less, v < w)
COMPARISON(less_equal, v <= w)
KERNEL(and_u8, uint8_t, uint8_t, v &&w)
KERNEL(or_u8, uint8_t, uint8_t, v || w)
KERNEL(xor_u8, uint8_t, uint8_t, !v != !w)
static const operation logical_and = {.u8 = and_u8}, logical_or = {.u8 = or_u8}, logical_xor = {.u8 = xor_u8};

static kernel kernel_of(const operation *o, lnti_dtype dtype) {
  switch (dtype) {
    case LNTI_I64:
      return o->i64;
    case LNTI_I32:
      return o->i32;
    case LNTI_U8:
    case LNTI_BOOL:
      return o->u8;
    case LNTI_I8:
      return o->i8;
    default:
      return o->f32;
  }
}

/* ---- running ---- */

typedef struct binary_job {
  lnti_loop loop;
  kernel f;
  char *out;
  const char *a, *b;
  size_t size, out_size; /* bytes of an element */
  bool half, half_out;
} binary_job;

static void load_halves(float *out, const uint16_t *in, size_t stride, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = lnti_f16_value(in[i * stride]);
}

/* f16: operands are widened in blocks, and the result narrowed again unless it is a bool. */
static void run_halves(const binary_job *job, char *out, const uint16_t *a, size_t sa, const uint16_t *b, size_t sb) {
  for (size_t i = 0; i < job->loop.inner; i += BLOCK) {
    float x[BLOCK], y[BLOCK];
    size_t n = job->loop.inner - i < BLOCK ? job->loop.inner - i : BLOCK;
    load_halves(x, a + i * sa, sa, n);
    load_halves(y, b + i * sb, sb, n);
    if (job->half_out) {
      job->f(x, x, 1, y, 1, n);
      lnti_convert((uint16_t *)(void *)out + i, LNTI_F16, x, LNTI_F32, n);
    } else {
      job->f(out + i, x, 1, y, 1, n);
    }
  }
}

static lnt_status run_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const binary_job *job = payload;
  size_t sa = job->loop.stride[0][job->loop.rank - 1], sb = job->loop.stride[1][job->loop.rank - 1];
  for (size_t i = begin; i < end; i++) {
    size_t place[LNTI_LOOP_TENSORS];
    lnti_loop_place(place, &job->loop, i);
    char *out = job->out + i * job->loop.inner * job->out_size;
    const char *a = job->a + place[0] * job->size, *b = job->b + place[1] * job->size;
    if (job->half) {
      run_halves(job, out, (const void *)a, sa, (const void *)b, sb);
    } else {
      job->f(out, a, sa, b, sb, job->loop.inner);
    }
  }
  return LNT_OK;
}

/* Rows a chunk takes: about 64 KiB of output. */
static size_t grain_of(const lnti_loop *loop) {
  size_t rows = 16384 / (loop->inner ? loop->inner : 1);
  return rows ? rows : 1;
}

static lnt_status combine(const lnti_call *call, lnti_tensor *out, const lnti_tensor *a, const lnti_tensor *b,
                          const operation *o, lnt_error *err) {
  const lnti_shape x = lnti_tensor_layout(a), y = lnti_tensor_layout(b), z = lnti_tensor_layout(out);
  const lnti_shape *shapes[] = {&x, &y};
  binary_job job = {.f = kernel_of(o, a->dtype),
                    .out = out->data,
                    .a = a->data,
                    .b = b->data,
                    .size = lnti_dtype_bytes(a->dtype),
                    .out_size = lnti_dtype_bytes(out->dtype),
                    .half = a->dtype == LNTI_F16,
                    .half_out = out->dtype == LNTI_F16};
  lnti_loop_begin(&job.loop, &z, shapes, 2);
  return lnti_pool_for(call->context->pool, job.loop.n_outer, grain_of(&job.loop), run_rows, &job,
                       call->context->cancel, err);
}

/* A tensor of all inputs' broadcast shape; `dtype` 0: as input 0. */
static lnt_status infer_broadcast(lnti_call *call, int dtype, lnt_error *err) {
  lnti_shape shape = call->input[0]->shape;
  for (size_t k = 1; k < call->n_inputs; k++) {
    lnt_status status = lnti_shape_broadcast(&shape, &shape, &call->input[k]->shape, call, err);
    if (status) return status;
  }
  lnti_call_describe(call, 0, dtype ? (lnti_dtype)dtype : call->input[0]->dtype, &shape);
  return LNT_OK;
}

static lnt_status infer_number(lnti_call *call, lnt_error *err) {
  return infer_broadcast(call, 0, err);
}

static lnt_status infer_bool(lnti_call *call, lnt_error *err) {
  return infer_broadcast(call, LNTI_BOOL, err);
}

#define TWO(name, operation)                                                                 \
  static lnt_status forward_##name(lnti_call *call, lnt_error *err) {                        \
    return combine(call, &call->output[0], call->input[0], call->input[1], &operation, err); \
  }

TWO(add, add)
TWO(sub, sub)
TWO(mul, mul)
TWO(div, quotient)
TWO(prelu, slope)
TWO(equal, equal)
TWO(greater, greater)
TWO(greater_equal, greater_equal)
TWO(less, less)
TWO(less_equal, less_equal)
TWO(and, logical_and)
TWO(or, logical_or)
TWO(xor, logical_xor)

static lnt_status forward_mod(lnti_call *call, lnt_error *err) {
  bool as_c = lnti_node_int(call->node, "fmod", 0) != 0;
  return combine(call, &call->output[0], call->input[0], call->input[1], as_c ? &remainder_c : &remainder_python, err);
}

/* Integers to powers that are not: in f64, then cut to the base's type. */
static void power_of_integers(const lnti_call *call) {
  const lnti_tensor *base = call->input[0], *exponent = call->input[1];
  const lnti_shape *shapes[] = {&base->shape, &exponent->shape};
  lnti_tensor *out = &call->output[0];
  size_t size = lnti_dtype_bytes(base->dtype), exponent_size = lnti_dtype_bytes(exponent->dtype), done = 0;
  lnti_loop loop;
  lnti_loop_begin(&loop, &out->shape, shapes, 2);
  for (size_t i = 0; i < loop.n_outer; i++) {
    size_t place[LNTI_LOOP_TENSORS], last = loop.rank - 1;
    lnti_loop_place(place, &loop, i);
    for (size_t k = 0; k < loop.inner; k++, done++) {
      double v = 0, w = 0;
      size_t a = place[0] + k * loop.stride[0][last], b = place[1] + k * loop.stride[1][last];
      lnti_convert(&v, LNTI_F64, (const char *)base->data + a * size, base->dtype, 1);
      lnti_convert(&w, LNTI_F64, (const char *)exponent->data + b * exponent_size, exponent->dtype, 1);
      v = pow(v, w);
      lnti_convert((char *)out->data + done * size, out->dtype, &v, LNTI_F64, 1);
    }
  }
}

/* The exponent may have another type than the base, whose type the result has. */
static lnt_status forward_pow(lnti_call *call, lnt_error *err) {
  const lnti_tensor *base = call->input[0];
  if (!(LNTI_REALS & LNTI_DTYPE_BIT(base->dtype)) && (LNTI_REALS & LNTI_DTYPE_BIT(call->input[1]->dtype))) {
    power_of_integers(call);
    return LNT_OK;
  }
  lnti_tensor exponent = *call->input[1];
  if (exponent.dtype != base->dtype) {
    exponent.dtype = base->dtype;
    exponent.data = call->scratch;
    lnti_convert(exponent.data, base->dtype, call->input[1]->data, call->input[1]->dtype,
                 lnti_shape_count(&exponent.shape));
  }
  return combine(call, &call->output[0], base, &exponent, &power, err);
}

static lnt_status infer_pow(lnti_call *call, lnt_error *err) {
  call->scratch_bytes = lnti_shape_count(&call->input[1]->shape) * lnti_dtype_bytes(call->input[0]->dtype);
  return infer_broadcast(call, 0, err);
}

/* ---- by kernels of the CPU's level ---- */

/* The two innermost dimensions of both operands: rows of n, each with the distance to the next. */
typedef struct fast_job {
  lnti_loop loop;
  float *out;
  const float *a, *b;
  lnti_arithmetic op;
  lnt_cpu_level level;
} fast_job;

static lnt_status run_fast(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const fast_job *job = payload;
  const lnti_loop *l = &job->loop;
  size_t last = l->rank - 1, rows = last > 0 ? l->dim[last - 1] : 1, n = l->inner;
  size_t step[2] = {last > 0 ? l->stride[0][last - 1] : 0, last > 0 ? l->stride[1][last - 1] : 0};
  for (size_t i = begin; i < end;) {
    size_t place[LNTI_LOOP_TENSORS], run = rows - i % rows < end - i ? rows - i % rows : end - i;
    lnti_loop_place(place, l, i);
    const lnti_operand a = {job->a + place[0], l->stride[0][last], step[0]};
    const lnti_operand b = {job->b + place[1], l->stride[1][last], step[1]};
    lnti_vector_combine(job->out + i * n, a, b, run, n, job->op, job->level);
    i += run;
  }
  return LNT_OK;
}

/* One long row is cut into pieces. */
static lnt_status run_piece(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const fast_job *job = payload;
  size_t sa = job->loop.stride[0][0], sb = job->loop.stride[1][0];
  const lnti_operand a = {job->a + begin * sa, sa, 0}, b = {job->b + begin * sb, sb, 0};
  lnti_vector_combine(job->out + begin, a, b, 1, end - begin, job->op, job->level);
  return LNT_OK;
}

static lnt_status fast_binary(lnti_call *call, lnt_error *err) {
  static const char *const names[LNTI_N_ARITHMETIC] = {"Add", "Sub", "Mul", "Div"};
  const lnti_tensor *a = call->input[0], *b = call->input[1];
  lnti_tensor *out = &call->output[0];
  if (a->dtype != LNTI_F32) return call->node->op->forward(call, err);
  const lnti_shape x = lnti_tensor_layout(a), y = lnti_tensor_layout(b), z = lnti_tensor_layout(out);
  const lnti_shape *shapes[] = {&x, &y};
  fast_job job = {.out = out->data, .a = a->data, .b = b->data, .op = LNTI_ADD, .level = call->context->cpu};
  while (strcmp(names[job.op], call->node->op->name) != 0) job.op++;
  lnti_loop_begin(&job.loop, &z, shapes, 2);
  if (job.loop.rank == 1) {
    return lnti_pool_for(call->context->pool, job.loop.inner, 16384, run_piece, &job, call->context->cancel, err);
  }
  return lnti_pool_for(call->context->pool, job.loop.n_outer, grain_of(&job.loop), run_fast, &job,
                       call->context->cancel, err);
}

/* Squares, which are most of what networks raise to powers; powf takes forty times as long. */
static lnt_status fast_pow(lnti_call *call, lnt_error *err) {
  const lnti_tensor *base = call->input[0], *exponent = call->input[1];
  bool square = base->dtype == LNTI_F32 && lnti_shape_count(&exponent->shape) == 1 &&
                exponent->shape.rank <= base->shape.rank && lnti_call_number(call, 1, 0) == 2;
  if (!square) return forward_pow(call, err);
  fast_job job = {.out = call->output[0].data, .a = base->data, .b = base->data, .op = LNTI_MUL};
  job.level = call->context->cpu;
  job.loop.stride[0][0] = job.loop.stride[1][0] = 1;
  return lnti_pool_for(call->context->pool, lnti_tensor_count(base), 16384, run_piece, &job, call->context->cancel,
                       err);
}

/* ---- any number of inputs ---- */

static lnt_status forward_many(lnti_call *call, const operation *o, lnt_error *err) {
  lnti_tensor *out = &call->output[0];
  if (call->n_inputs == 1) {
    lnti_convert(out->data, out->dtype, call->input[0]->data, out->dtype, lnti_shape_count(&out->shape));
    return LNT_OK;
  }
  lnt_status status = combine(call, out, call->input[0], call->input[1], o, err);
  for (size_t k = 2; k < call->n_inputs && !status; k++) status = combine(call, out, out, call->input[k], o, err);
  return status;
}

static lnt_status forward_sum(lnti_call *call, lnt_error *err) {
  return forward_many(call, &add, err);
}

static lnt_status forward_max(lnti_call *call, lnt_error *err) {
  return forward_many(call, &most, err);
}

static lnt_status forward_min(lnti_call *call, lnt_error *err) {
  return forward_many(call, &least, err);
}

static lnt_status forward_mean(lnti_call *call, lnt_error *err) {
  lnti_tensor *out = &call->output[0];
  float *n = call->scratch;
  *n = (float)call->n_inputs;
  lnti_tensor count = {.dtype = LNTI_F32, .data = n};
  if (out->dtype == LNTI_F16) {
    uint16_t half = lnti_f16_of(*n);
    memcpy(call->scratch, &half, sizeof half);
    count.dtype = LNTI_F16;
  }
  lnt_status status = forward_many(call, &add, err);
  return status ? status : combine(call, out, out, &count, &quotient, err);
}

static lnt_status infer_mean(lnti_call *call, lnt_error *err) {
  call->scratch_bytes = sizeof(float);
  return infer_broadcast(call, 0, err);
}

/* ---- choice ---- */

static lnt_status infer_where(lnti_call *call, lnt_error *err) {
  if (call->input[1]->dtype != call->input[2]->dtype) {
    return lnti_fail(err, LNT_EDATA, "node %s: Where chooses between %s and %s", call->node->name,
                     lnti_dtype_name(call->input[1]->dtype), lnti_dtype_name(call->input[2]->dtype));
  }
  return infer_broadcast(call, (int)call->input[1]->dtype, err);
}

static lnt_status forward_where(lnti_call *call, lnt_error *err) {
  (void)err;
  const lnti_tensor *const *in = call->input;
  const lnti_shape *shapes[] = {&in[0]->shape, &in[1]->shape, &in[2]->shape};
  size_t size = lnti_dtype_bytes(in[1]->dtype);
  const uint8_t *choice = in[0]->data;
  char *out = call->output[0].data;
  lnti_loop loop;
  lnti_loop_begin(&loop, &call->output[0].shape, shapes, 3);
  for (size_t i = 0; i < loop.n_outer; i++) {
    size_t place[LNTI_LOOP_TENSORS], last = loop.rank - 1;
    lnti_loop_place(place, &loop, i);
    for (size_t k = 0; k < loop.inner; k++, out += size) {
      size_t which = choice[place[0] + k * loop.stride[0][last]] ? 1 : 2;
      memcpy(out, (const char *)in[which]->data + (place[which] + k * loop.stride[which][last]) * size, size);
    }
  }
  return LNT_OK;
}

static const lnti_attribute_rule fmod_rule[] = {{"fmod", LNTI_ATTRIBUTE_INT}, {0}};

/* Operator set 6 says that shapes may differ, and then the second's fits the end of the first's; since 7 that goes without
 * saying. Its "axis", with which it fits elsewhere, is not taken. */
static const lnti_attribute_rule broadcast_rule[] = {{"broadcast", LNTI_ATTRIBUTE_INT}, {0}};

#define BINARY(title, version, types, make, f, ...)                                                        \
  {                                                                                                        \
    .name = title, .domain = "", .since = version, .least_inputs = 2, .most_inputs = 2, .most_outputs = 1, \
    .dtypes = types, .alike = 3, .attributes = broadcast_rule, .infer = make, .forward = f, __VA_ARGS__    \
  }
#define MANY(title, types, make, f)                                                                  \
  {                                                                                                  \
    .name = title, .domain = "", .since = 6, .least_inputs = 1, .most_inputs = LNTI_NODE_VALUES_MAX, \
    .most_outputs = 1, .dtypes = types, .alike = UINT32_MAX, .infer = make, .forward = f             \
  }

enum { BOOLS = LNTI_DTYPE_BIT(LNTI_BOOL) };

const lnti_operator lnti_operators_binary[] = {
    BINARY("Add", 6, LNTI_NUMBERS, infer_number, forward_add, .fast = fast_binary, .blocked = true),
    BINARY("And", 6, BOOLS, infer_bool, forward_and, .blocked = false),
    BINARY("Div", 6, LNTI_NUMBERS, infer_number, forward_div, .fast = fast_binary, .blocked = false),
    BINARY("Equal", 6, LNTI_ANY_DTYPE, infer_bool, forward_equal, .blocked = false),
    BINARY("Greater", 6, LNTI_NUMBERS, infer_bool, forward_greater, .blocked = false),
    BINARY("GreaterOrEqual", 12, LNTI_NUMBERS, infer_bool, forward_greater_equal, .blocked = false),
    BINARY("Less", 6, LNTI_NUMBERS, infer_bool, forward_less, .blocked = false),
    BINARY("LessOrEqual", 12, LNTI_NUMBERS, infer_bool, forward_less_equal, .blocked = false),
    MANY("Max", LNTI_NUMBERS, infer_number, forward_max),
    MANY("Mean", LNTI_REALS, infer_mean, forward_mean),
    MANY("Min", LNTI_NUMBERS, infer_number, forward_min),
    {.name = "Mod",
     .domain = "",
     .since = 10,
     .least_inputs = 2,
     .most_inputs = 2,
     .most_outputs = 1,
     .dtypes = LNTI_NUMBERS,
     .alike = 3,
     .attributes = fmod_rule,
     .infer = infer_number,
     .forward = forward_mod},
    BINARY("Mul", 6, LNTI_NUMBERS, infer_number, forward_mul, .fast = fast_binary, .blocked = true),
    BINARY("Or", 6, BOOLS, infer_bool, forward_or, .blocked = false),
    BINARY("PRelu", 7, LNTI_REALS, infer_number, forward_prelu, .blocked = false),
    {.name = "Pow",
     .domain = "",
     .since = 6,
     .least_inputs = 2,
     .most_inputs = 2,
     .most_outputs = 1,
     .dtypes = LNTI_NUMBERS,
     .attributes = broadcast_rule,
     .infer = infer_pow,
     .forward = forward_pow,
     .fast = fast_pow},
    BINARY("Sub", 6, LNTI_NUMBERS, infer_number, forward_sub, .fast = fast_binary, .blocked = true),
    MANY("Sum", LNTI_REALS, infer_number, forward_sum),
    {.name = "Where",
     .domain = "",
     .since = 9,
     .least_inputs = 3,
     .most_inputs = 3,
     .most_outputs = 1,
     .dtypes = BOOLS,
     .infer = infer_where,
     .forward = forward_where},
    BINARY("Xor", 6, BOOLS, infer_bool, forward_xor, .blocked = false),
    {0}};
