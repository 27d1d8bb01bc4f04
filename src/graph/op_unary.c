/*
 * Operators of one element each: activations and functions. Computed in f32, f16 by way of it; those that mean something for
 * integers are computed in them. In pieces over the pool.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <float.h>
#include <math.h>
#include <math/vector.h>
#include <string.h>

enum { PIECE = 16384, BLOCK = 512 };

/* y[i] = f(x[i]) with up to three parameters. x and y may be the same. */
typedef void (*kernel)(float *y, const float *x, size_t n, const float *p);

typedef struct unary_job {
  const lnti_tensor *in;
  lnti_tensor *out;
  kernel f;
  const float *p;
} unary_job;

static lnt_status run_piece(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const unary_job *job = payload;
  if (job->in->dtype == LNTI_F32) {
    job->f((float *)job->out->data + begin, (const float *)job->in->data + begin, end - begin, job->p);
    return LNT_OK;
  }
  for (size_t i = begin; i < end; i += BLOCK) {
    float block[BLOCK];
    size_t n = end - i < BLOCK ? end - i : BLOCK;
    lnti_convert(block, LNTI_F32, (const uint16_t *)job->in->data + i, LNTI_F16, n);
    job->f(block, block, n, job->p);
    lnti_convert((uint16_t *)job->out->data + i, LNTI_F16, block, LNTI_F32, n);
  }
  return LNT_OK;
}

static lnt_status each(lnti_call *call, kernel f, const float *p, lnt_error *err) {
  unary_job job = {.in = call->input[0], .out = &call->output[0], .f = f, .p = p};
  return lnti_pool_for(call->context->pool, lnti_tensor_count(job.in), PIECE, run_piece, &job, call->context->cancel,
                       err);
}

/* ---- functions without parameters ---- */

#define FUNCTION(name, expression)                                           \
  static void f_##name(float *y, const float *x, size_t n, const float *p) { \
    (void)p;                                                                 \
    for (size_t i = 0; i < n; i++) {                                         \
      float v = x[i];                                                        \
      y[i] = expression;                                                     \
    }                                                                        \
  }                                                                          \
  static lnt_status forward_##name(lnti_call *call, lnt_error *err) {        \
    return each(call, f_##name, NULL, err);                                  \
  }

FUNCTION(sigmoid, v >= 0 ? 1 / (1 + expf(-v)) : expf(v) / (1 + expf(v)))
FUNCTION(silu, v >= 0 ? v / (1 + expf(-v)) : v * expf(v) / (1 + expf(v)))
FUNCTION(tanh, tanhf(v))
FUNCTION(erf, erff(v))
FUNCTION(exp, expf(v))
FUNCTION(log, logf(v))
FUNCTION(sqrt, sqrtf(v))
FUNCTION(reciprocal, 1 / v)
FUNCTION(floor, floorf(v))
FUNCTION(ceil, ceilf(v))
FUNCTION(round, nearbyintf(v))
FUNCTION(sin, sinf(v))
FUNCTION(cos, cosf(v))
FUNCTION(softplus, v > 0 ? v + log1pf(expf(-v)) : log1pf(expf(v)))
FUNCTION(softsign, v / (1 + fabsf(v)))
/* x * Relu6(x + 3) / 6 (A. Howard and others, Searching for MobileNetV3, 2019). */
FUNCTION(hard_swish, v *fminf(fmaxf(v + 3, 0), 6) * (1.0f / 6))
/* D. Misra, Mish: a self regularized non-monotonic activation function, 2019. */
FUNCTION(mish, v *tanhf(v > 0 ? v + log1pf(expf(-v)) : log1pf(expf(v))))
FUNCTION(gelu, 0.5f * v * (1 + erff(v * 0.70710678f)))
FUNCTION(gelu_tanh, 0.5f * v * (1 + tanhf(0.79788456f * (v + 0.044715f * v * v * v))))

/* ---- with parameters ---- */

#define WITH_PARAMETERS(name, expression)                                    \
  static void f_##name(float *y, const float *x, size_t n, const float *p) { \
    for (size_t i = 0; i < n; i++) {                                         \
      float v = x[i];                                                        \
      y[i] = expression;                                                     \
    }                                                                        \
  }

WITH_PARAMETERS(leaky_relu, v < 0 ? p[0] * v : v)
WITH_PARAMETERS(elu, v < 0 ? p[0] * expm1f(v) : v)
WITH_PARAMETERS(celu, v < 0 ? p[0] * expm1f(v / p[0]) : v)
WITH_PARAMETERS(selu, v > 0 ? p[1] * v : p[1] * p[0] * expm1f(v))
WITH_PARAMETERS(hard_sigmoid, fminf(fmaxf(p[0] * v + p[1], 0), 1))
WITH_PARAMETERS(thresholded_relu, v > p[0] ? v : 0)
/* NaN stays NaN, as in numpy. */
WITH_PARAMETERS(clip, v<p[0] ? p[0] : v> p[1] ? p[1] : v)

static lnt_status forward_gelu_either(lnti_call *call, lnt_error *err) {
  bool by_tanh = strcmp(lnti_node_string(call->node, "approximate", "none"), "tanh") == 0;
  return by_tanh ? forward_gelu_tanh(call, err) : forward_gelu(call, err);
}

static lnt_status forward_leaky_relu(lnti_call *call, lnt_error *err) {
  const float p[] = {lnti_node_float(call->node, "alpha", 0.01f)};
  return each(call, f_leaky_relu, p, err);
}

static lnt_status forward_elu(lnti_call *call, lnt_error *err) {
  const float p[] = {lnti_node_float(call->node, "alpha", 1)};
  return each(call, f_elu, p, err);
}

static lnt_status forward_celu(lnti_call *call, lnt_error *err) {
  const float p[] = {lnti_node_float(call->node, "alpha", 1)};
  return each(call, f_celu, p, err);
}

static lnt_status forward_selu(lnti_call *call, lnt_error *err) {
  const float p[] = {lnti_node_float(call->node, "alpha", 1.67326319f),
                     lnti_node_float(call->node, "gamma", 1.05070098f)};
  return each(call, f_selu, p, err);
}

static lnt_status forward_hard_sigmoid(lnti_call *call, lnt_error *err) {
  const float p[] = {lnti_node_float(call->node, "alpha", 0.2f), lnti_node_float(call->node, "beta", 0.5f)};
  return each(call, f_hard_sigmoid, p, err);
}

static lnt_status forward_thresholded_relu(lnti_call *call, lnt_error *err) {
  const float p[] = {lnti_node_float(call->node, "alpha", 1)};
  return each(call, f_thresholded_relu, p, err);
}

/* ---- also for integers ---- */

/* The bounds of Clip in the integers of `dtype`: those given, cut to its range, or the range. */
static void clip_integers(lnti_call *call, int64_t low, int64_t high) {
  const lnti_tensor *in = call->input[0];
  size_t size = lnti_dtype_bytes(in->dtype);
  for (size_t i = 0, n = lnti_shape_count(&in->shape); i < n; i++) {
    int64_t v = 0;
    lnti_convert(&v, LNTI_I64, (const char *)in->data + i * size, in->dtype, 1);
    v = v < low ? low : v > high ? high : v;
    lnti_convert((char *)call->output[0].data + i * size, in->dtype, &v, LNTI_I64, 1);
  }
}

static void clip_bounds(float p[2], const lnti_call *call) {
  p[0] = (float)lnti_call_number(call, 1, (double)lnti_node_float(call->node, "min", -INFINITY));
  p[1] = (float)lnti_call_number(call, 2, (double)lnti_node_float(call->node, "max", INFINITY));
}

/* Bounds are inputs since version 11, attributes before; ONNX has the upper one win where they cross. */
static lnt_status forward_clip(lnti_call *call, lnt_error *err) {
  const lnti_tensor *low = lnti_call_input(call, 1), *high = lnti_call_input(call, 2);
  if (!(LNTI_REALS & LNTI_DTYPE_BIT(call->input[0]->dtype))) {
    int64_t least = INT64_MIN, most = INT64_MAX;
    if (low) lnti_convert(&least, LNTI_I64, low->data, low->dtype, 1);
    if (high) lnti_convert(&most, LNTI_I64, high->data, high->dtype, 1);
    clip_integers(call, least, most);
    return LNT_OK;
  }
  float p[2];
  clip_bounds(p, call);
  return each(call, f_clip, p, err);
}

static lnt_status infer_clip(lnti_call *call, lnt_error *err) {
  if (call->node->version >= 11 && call->node->n_attributes > 0) {
    return lnti_fail(err, LNT_EDATA, "node %s: the bounds of Clip are inputs since operator set 11", call->node->name);
  }
  for (size_t k = 1; k < call->n_inputs; k++) {
    if (!call->input[k] || lnti_shape_count(&call->input[k]->shape) == 1) continue;
    return lnti_fail(err, LNT_EDATA, "node %s: a bound of Clip should be one number", call->node->name);
  }
  return lnti_infer_same(call, err);
}

static lnt_status forward_relu(lnti_call *call, lnt_error *err) {
  static const float p[] = {0, INFINITY};
  if (LNTI_REALS & LNTI_DTYPE_BIT(call->input[0]->dtype)) return each(call, f_clip, p, err);
  clip_integers(call, 0, INT64_MAX);
  return LNT_OK;
}

/* ---- the sign's ---- */

FUNCTION(neg_real, -v)
FUNCTION(abs_real, fabsf(v))
FUNCTION(sign_real, isnan(v) ? v : (float)((v > 0) - (v < 0)))

enum integer_function { NEGATE, MAGNITUDE, SIGN };

static lnt_status each_integer(lnti_call *call, enum integer_function which) {
  const lnti_tensor *in = call->input[0];
  size_t size = lnti_dtype_bytes(in->dtype);
  for (size_t i = 0, n = lnti_shape_count(&in->shape); i < n; i++) {
    int64_t v = 0;
    lnti_convert(&v, LNTI_I64, (const char *)in->data + i * size, in->dtype, 1);
    uint64_t opposite = 0 - (uint64_t)v; /* the least integer is its own opposite, as in numpy */
    int64_t result = which == SIGN ? (v > 0) - (v < 0) : which == MAGNITUDE && v >= 0 ? v : (int64_t)opposite;
    lnti_convert((char *)call->output[0].data + i * size, in->dtype, &result, LNTI_I64, 1);
  }
  return LNT_OK;
}

static lnt_status forward_neg(lnti_call *call, lnt_error *err) {
  bool real = LNTI_REALS & LNTI_DTYPE_BIT(call->input[0]->dtype);
  return real ? forward_neg_real(call, err) : each_integer(call, NEGATE);
}

static lnt_status forward_abs(lnti_call *call, lnt_error *err) {
  bool real = LNTI_REALS & LNTI_DTYPE_BIT(call->input[0]->dtype);
  return real ? forward_abs_real(call, err) : each_integer(call, MAGNITUDE);
}

static lnt_status forward_sign(lnti_call *call, lnt_error *err) {
  bool real = LNTI_REALS & LNTI_DTYPE_BIT(call->input[0]->dtype);
  return real ? forward_sign_real(call, err) : each_integer(call, SIGN);
}

static lnt_status forward_not(lnti_call *call, lnt_error *err) {
  (void)err;
  const uint8_t *in = call->input[0]->data;
  uint8_t *out = call->output[0].data;
  for (size_t i = 0, n = lnti_shape_count(&call->input[0]->shape); i < n; i++) out[i] = !in[i];
  return LNT_OK;
}

/* ---- by kernels of the CPU's level ---- */

typedef struct fast_job {
  float *out;
  const float *in;
  lnti_function f;
  float p[2];
  lnt_cpu_level level;
} fast_job;

static lnt_status run_fast(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const fast_job *job = payload;
  lnti_vector_function(job->out + begin, job->in + begin, end - begin, job->f, job->p, job->level);
  return LNT_OK;
}

static const struct {
  const char *name;
  lnti_function f;
} fast_functions[] = {{"Clip", LNTI_CLIP},           {"Erf", LNTI_ERF},   {"Exp", LNTI_EXP},
                      {"Gelu", LNTI_GELU},           {"Relu", LNTI_CLIP}, {"Sigmoid", LNTI_SIGMOID},
                      {"Silu", LNTI_SILU},           {"Tanh", LNTI_TANH}, {"HardSigmoid", LNTI_HARD_SIGMOID},
                      {"HardSwish", LNTI_HARD_SWISH}};

/* The kernel and its parameters; false where there is none. */
static bool fast_of(fast_job *job, const lnti_call *call) {
  const lnti_node *node = call->node;
  size_t i = 0, n = sizeof fast_functions / sizeof *fast_functions;
  if (call->input[0]->dtype != LNTI_F32) return false;
  while (i < n && strcmp(fast_functions[i].name, node->op->name) != 0) i++;
  if (i == n) return false;
  job->f = fast_functions[i].f;
  if (job->f == LNTI_HARD_SIGMOID) {
    job->p[0] = lnti_node_float(node, "alpha", 0.2f);
    job->p[1] = lnti_node_float(node, "beta", 0.5f);
  } else if (*node->op->name == 'R') {
    job->p[1] = INFINITY;
  } else if (job->f == LNTI_CLIP) {
    clip_bounds(job->p, call);
  } else if (job->f == LNTI_GELU && strcmp(lnti_node_string(node, "approximate", "none"), "tanh") == 0) {
    job->f = LNTI_GELU_TANH;
  }
  /* Where bounds cross, ONNX has the upper one win, and the kernel too. */
  return true;
}

static lnt_status fast_unary(lnti_call *call, lnt_error *err) {
  fast_job job = {.out = call->output[0].data, .in = call->input[0]->data, .level = call->context->cpu};
  if (!fast_of(&job, call)) return call->node->op->forward(call, err);
  return lnti_pool_for(call->context->pool, lnti_tensor_count(call->input[0]), PIECE, run_fast, &job,
                       call->context->cancel, err);
}

static const lnti_attribute_rule alpha[] = {{"alpha", LNTI_ATTRIBUTE_FLOAT}, {0}};
static const lnti_attribute_rule alpha_beta[] = {{"alpha", LNTI_ATTRIBUTE_FLOAT}, {"beta", LNTI_ATTRIBUTE_FLOAT}, {0}};
static const lnti_attribute_rule alpha_gamma[] = {
    {"alpha", LNTI_ATTRIBUTE_FLOAT}, {"gamma", LNTI_ATTRIBUTE_FLOAT}, {0}};
static const lnti_attribute_rule bounds[] = {{"min", LNTI_ATTRIBUTE_FLOAT}, {"max", LNTI_ATTRIBUTE_FLOAT}, {0}};
static const lnti_attribute_rule approximate[] = {{"approximate", LNTI_ATTRIBUTE_STRING}, {0}};

#define UNARY(title, types, rules, f, ...)                                                                            \
  {                                                                                                                   \
    .name = title, .domain = "", .since = 6, .least_inputs = 1, .most_inputs = 1, .most_outputs = 1, .dtypes = types, \
    .alike = 1, .attributes = rules, .infer = lnti_infer_same, .forward = f, .fast = fast_unary, __VA_ARGS__          \
  }

const lnti_operator lnti_operators_unary[] = {
    UNARY("Abs", LNTI_NUMBERS, NULL, forward_abs, .blocked = true),
    UNARY("Ceil", LNTI_REALS, NULL, forward_ceil, .blocked = false),
    UNARY("Celu", LNTI_REALS, alpha, forward_celu, .blocked = false),
    {.name = "Clip",
     .domain = "",
     .since = 6,
     .least_inputs = 1,
     .most_inputs = 3,
     .most_outputs = 1,
     .dtypes = LNTI_NUMBERS,
     .alike = 7,
     .blocked = true,
     .attributes = bounds,
     .infer = infer_clip,
     .forward = forward_clip,
     .fast = fast_unary},
    UNARY("Cos", LNTI_REALS, NULL, forward_cos, .blocked = false),
    UNARY("Elu", LNTI_REALS, alpha, forward_elu, .blocked = true),
    UNARY("Erf", LNTI_REALS, NULL, forward_erf, .blocked = true),
    UNARY("Exp", LNTI_REALS, NULL, forward_exp, .blocked = false),
    UNARY("Floor", LNTI_REALS, NULL, forward_floor, .blocked = false),
    UNARY("Gelu", LNTI_REALS, approximate, forward_gelu_either, .blocked = true),
    UNARY("HardSigmoid", LNTI_REALS, alpha_beta, forward_hard_sigmoid, .blocked = true),
    UNARY("HardSwish", LNTI_REALS, NULL, forward_hard_swish, .blocked = true),
    UNARY("LeakyRelu", LNTI_REALS, alpha, forward_leaky_relu, .blocked = true),
    UNARY("Log", LNTI_REALS, NULL, forward_log, .blocked = false),
    UNARY("Mish", LNTI_REALS, NULL, forward_mish, .blocked = true),
    UNARY("Neg", LNTI_NUMBERS, NULL, forward_neg, .blocked = true),
    {.name = "Not",
     .domain = "",
     .since = 1,
     .least_inputs = 1,
     .most_inputs = 1,
     .most_outputs = 1,
     .dtypes = LNTI_DTYPE_BIT(LNTI_BOOL),
     .infer = lnti_infer_same,
     .forward = forward_not},
    UNARY("Reciprocal", LNTI_REALS, NULL, forward_reciprocal, .blocked = false),
    UNARY("Relu", LNTI_NUMBERS, NULL, forward_relu, .blocked = true),
    UNARY("Round", LNTI_REALS, NULL, forward_round, .blocked = false),
    UNARY("Selu", LNTI_REALS, alpha_gamma, forward_selu, .blocked = false),
    UNARY("Sigmoid", LNTI_REALS, NULL, forward_sigmoid, .blocked = true),
    UNARY("Sign", LNTI_NUMBERS, NULL, forward_sign, .blocked = false),
    {.name = "Silu", /* x * Sigmoid(x), which ONNX writes out */
     .domain = "linnet",
     .since = 1,
     .least_inputs = 1,
     .most_inputs = 1,
     .most_outputs = 1,
     .dtypes = LNTI_REALS,
     .blocked = true,
     .infer = lnti_infer_same,
     .forward = forward_silu,
     .fast = fast_unary,
     .exported = ""},
    UNARY("Sin", LNTI_REALS, NULL, forward_sin, .blocked = false),
    UNARY("Softplus", LNTI_REALS, NULL, forward_softplus, .blocked = true),
    UNARY("Softsign", LNTI_REALS, NULL, forward_softsign, .blocked = false),
    UNARY("Sqrt", LNTI_REALS, NULL, forward_sqrt, .blocked = false),
    UNARY("Tanh", LNTI_REALS, NULL, forward_tanh, .blocked = true),
    UNARY("ThresholdedRelu", LNTI_REALS, alpha, forward_thresholded_relu, .blocked = false),
    {0}};
