/*
 * Einsum: sums of products along dimensions that a text names ("bhid,bhjd->bhij"), by plain loops with sums in f64. Dimensions of
 * one name are walked together; those that the result does not name are summed over.
 */
#include <graph/operator.h>

#include <base/error.h>
#include <ctype.h>
#include <string.h>

enum { OPERANDS = 4, LETTERS = 52, NAMES = LETTERS + LNTI_RANK_MAX, NAMED_MAX = 16 };

/* One name each: a letter, or the j-th dimension from the right of "..." */
typedef struct equation {
  size_t n_operands;
  size_t dim[NAMES];                  /* 0 where nothing has the name, else 1 + its length */
  size_t stride[OPERANDS][NAMES];     /* of the operands, in elements */
  unsigned count[NAMES];              /* dimensions of that name */
  size_t n_ellipsis;                  /* dimensions of the longest "..." */
  size_t made[LNTI_RANK_MAX], n_made; /* names of the result */
  size_t summed[NAMED_MAX], n_summed;
} equation;

static lnt_status fail(const lnti_call *call, lnt_error *err, const char *what) {
  return lnti_fail(err, LNT_EDATA, "node %s: Einsum's equation \"%.60s\": %s", call->node->name,
                   lnti_node_string(call->node, "equation", ""), what);
}

/* Letters in the order in which an equation without a result lists them. */
static size_t name_of(char letter) {
  return isupper((unsigned char)letter) ? (size_t)(letter - 'A') : (size_t)(letter - 'a') + 26;
}

/* The names of one term, which ends at ',', '-' or the end; `rank` of what it is of (for a result: what "..." stands for). */
static lnt_status read_term(size_t name[LNTI_RANK_MAX], size_t *n_out, const char **at, size_t ellipsis,
                            const lnti_call *call, lnt_error *err) {
  bool seen = false;
  *n_out = 0;
  for (; **at && **at != ',' && **at != '-'; ++*at) {
    if (**at == ' ') continue;
    bool dots = strncmp(*at, "...", 3) == 0 && !seen;
    if (!dots && !isalpha((unsigned char)**at)) return fail(call, err, "it has other signs than letters");
    if (*n_out + (dots ? ellipsis : 1) > LNTI_RANK_MAX) return fail(call, err, "a term has too many dimensions");
    if (!dots) name[(*n_out)++] = name_of(**at);
    for (size_t j = ellipsis; dots && j-- > 0;) name[(*n_out)++] = LETTERS + j;
    seen |= dots;
    *at += dots ? 2 : 0;
  }
  return LNT_OK;
}

/* Dimensions that "..." stands for in the term at `at`, where there are `rank` in all. */
static bool ellipsis_of(size_t *out, const char *at, size_t rank) {
  size_t letters = 0;
  bool dots = false;
  for (; *at && *at != ',' && *at != '-'; at++) {
    letters += isalpha((unsigned char)*at) != 0;
    dots |= *at == '.';
  }
  *out = dots && letters <= rank ? rank - letters : 0;
  return dots ? letters <= rank : letters == rank;
}

static lnt_status read_operand(equation *e, size_t k, const char **at, const lnti_call *call, lnt_error *err) {
  size_t name[LNTI_RANK_MAX], n = 0, ellipsis = 0;
  if (!call->input[k]) return fail(call, err, "an input of it is missing");
  const lnti_shape *shape = &call->input[k]->shape;
  if (!ellipsis_of(&ellipsis, *at, shape->rank)) return fail(call, err, "a term does not fit its input");
  lnt_status status = read_term(name, &n, at, ellipsis, call, err);
  if (status) return status;
  if (n != shape->rank) return fail(call, err, "a term does not fit its input");
  if (ellipsis > e->n_ellipsis) e->n_ellipsis = ellipsis;
  for (size_t d = 0; d < n; d++) {
    const size_t length = shape->dim[d], i = name[d], known = e->dim[i] ? e->dim[i] - 1 : 1;
    if (known != length && known != 1 && length != 1) return fail(call, err, "lengths of one name differ");
    if (known == 1) e->dim[i] = 1 + length;
    if (length != 1) e->stride[k][i] += lnti_shape_span(shape, d + 1, shape->rank);
    e->count[i]++;
  }
  return LNT_OK;
}

/* What the result is made of where the equation does not say it: "...", and what occurs once, in the alphabet's order. */
static lnt_status settle_result(equation *e, const lnti_call *call, lnt_error *err) {
  for (size_t j = e->n_ellipsis; j-- > 0;) e->made[e->n_made++] = LETTERS + j;
  for (size_t i = 0; i < LETTERS; i++) {
    if (e->count[i] != 1) continue;
    if (e->n_made == LNTI_RANK_MAX) return fail(call, err, "its result has too many dimensions");
    e->made[e->n_made++] = i;
  }
  return LNT_OK;
}

static lnt_status read_result(equation *e, const char **at, const lnti_call *call, lnt_error *err) {
  bool taken[NAMES] = {false};
  *at += 2;
  lnt_status status = read_term(e->made, &e->n_made, at, e->n_ellipsis, call, err);
  for (size_t d = 0; d < e->n_made && !status; d++) {
    if (e->dim[e->made[d]] == 0 || taken[e->made[d]])
      status = fail(call, err, "its result names what no input has, or twice");
    taken[e->made[d]] = true;
  }
  return status ? status : **at ? fail(call, err, "something stands behind its result") : LNT_OK;
}

static lnt_status read_equation(equation *e, const lnti_call *call, lnt_error *err) {
  const char *at = lnti_node_string(call->node, "equation", "");
  *e = (equation){.n_operands = call->n_inputs};
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < call->n_inputs && !status; k++) {
    status = read_operand(e, k, &at, call, err);
    const bool last = k + 1 == call->n_inputs;
    if (!status && (*at == ',') == last) status = fail(call, err, "it has another number of terms than inputs");
    at += !last;
  }
  if (status) return status;
  if (*at && strncmp(at, "->", 2) != 0) return fail(call, err, "a lone '-'");
  status = *at ? read_result(e, &at, call, err) : settle_result(e, call, err);
  for (size_t i = 0; i < NAMES && !status; i++) {
    bool made = e->dim[i] == 0;
    for (size_t d = 0; d < e->n_made; d++) made |= e->made[d] == i;
    if (made) continue;
    if (e->n_summed == NAMED_MAX) return fail(call, err, "it sums over too many dimensions");
    e->summed[e->n_summed++] = i;
  }
  return status;
}

/* All products there are: one element of a result may take as many as that. */
static lnt_status count_products(lnti_call *call, const equation *e, lnt_error *err) {
  enum { PRODUCTS_LOG = 32 };
  size_t n = 1;
  for (size_t i = 0; i < NAMES; i++) {
    const size_t length = e->dim[i] ? e->dim[i] - 1 : 1;
    if (length == 0) return LNT_OK;
    if (n > ((size_t)1 << PRODUCTS_LOG) / length)
      return lnti_fail(err, LNT_ELIMIT, "node %s: Einsum would take more than 2^%d products", call->node->name,
                       PRODUCTS_LOG);
    n *= length;
  }
  call->products = n;
  return LNT_OK;
}

static lnt_status infer_einsum(lnti_call *call, lnt_error *err) {
  equation e;
  lnti_shape shape = {0};
  lnt_status status = read_equation(&e, call, err);
  if (!status) status = count_products(call, &e, err);
  for (size_t d = 0; d < e.n_made && !status; d++) shape.dim[shape.rank++] = e.dim[e.made[d]] - 1;
  if (!status) lnti_call_describe(call, 0, call->input[0]->dtype, &shape);
  return status;
}

typedef struct einsum_job {
  equation e;
  const lnti_call *call;
} einsum_job;

/* The sum of one element of the result, whose operands begin at `place`. `done` counts products: now and then it is looked
 * whether to stop. */
static lnt_status sum_products(double *out, size_t *done, const einsum_job *job, const size_t place[OPERANDS],
                               lnt_error *err) {
  enum { LOOK_EVERY = 1 << 20 };
  const equation *e = &job->e;
  size_t index[NAMED_MAX] = {0}, at[OPERANDS];
  double sum = 0;
  memcpy(at, place, sizeof at);
  *out = 0;
  for (size_t s = 0; s < e->n_summed; s++)
    if (e->dim[e->summed[s]] == 1) return LNT_OK;
  for (;;) {
    if (++*done % LOOK_EVERY == 0) {
      lnt_status status = lnti_cancel_check(job->call->context->cancel, err);
      if (status) return status;
    }
    double product = 1;
    for (size_t k = 0; k < e->n_operands; k++) product *= (double)lnti_tensor_real(job->call->input[k], at[k]);
    sum += product;
    size_t s = e->n_summed;
    for (; s > 0; s--) {
      const size_t name = e->summed[s - 1];
      const bool more = ++index[s - 1] < e->dim[name] - 1;
      for (size_t k = 0; k < e->n_operands; k++)
        at[k] = more ? at[k] + e->stride[k][name] : at[k] - (index[s - 1] - 1) * e->stride[k][name];
      if (more) break;
      index[s - 1] = 0;
    }
    if (s == 0) break;
  }
  *out = sum;
  return LNT_OK;
}

static lnt_status make_some(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  const einsum_job *job = payload;
  const equation *e = &job->e;
  size_t done = 0;
  for (size_t i = begin; i < end; i++) {
    double sum = 0;
    size_t place[OPERANDS] = {0}, rest = i;
    for (size_t d = e->n_made; d-- > 0;) {
      const size_t name = e->made[d], length = e->dim[name] - 1;
      for (size_t k = 0; k < e->n_operands; k++) place[k] += rest % length * e->stride[k][name];
      rest /= length;
    }
    lnt_status status = sum_products(&sum, &done, job, place, err);
    if (status) return status;
    lnti_tensor_set_real(&job->call->output[0], i, (float)sum);
  }
  return LNT_OK;
}

static lnt_status forward_einsum(lnti_call *call, lnt_error *err) {
  einsum_job job = {.call = call};
  lnt_status status = read_equation(&job.e, call, err);
  if (status) return status;
  return lnti_pool_for(call->context->pool, lnti_shape_count(&call->output[0].shape), 64, make_some, &job,
                       call->context->cancel, err);
}

static const lnti_attribute_rule einsum_rules[] = {{"equation", LNTI_ATTRIBUTE_STRING}, {0}};

const lnti_operator lnti_operators_einsum[] = {{.name = "Einsum",
                                                .domain = "",
                                                .since = 12,
                                                .least_inputs = 1,
                                                .most_inputs = OPERANDS,
                                                .most_outputs = 1,
                                                .dtypes = LNTI_REALS,
                                                .alike = (1 << OPERANDS) - 1,
                                                .attributes = einsum_rules,
                                                .infer = infer_einsum,
                                                .forward = forward_einsum},
                                               {0}};
