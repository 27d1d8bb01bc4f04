/*
 * Networks of rows (transformers and heads): that products, normalisations, softmax and what lies between them give by kernels of
 * each CPU level, and on several threads, what the operators' own loops give.
 */
#include "graph_support.h"

#include <math.h>

enum { VALUES_MAX = 48, NAME = 24 };

/* Values [batch,rows,columns] by their numbers. */
typedef struct growing {
  lnti_graph *graph;
  lnti_rng rng;
  size_t batch, rows[VALUES_MAX], columns[VALUES_MAX];
  size_t n, n_extra;
} growing;

static size_t below(growing *g, size_t n) {
  return (size_t)lnti_rng_below(&g->rng, n);
}

static const char *value_name(char name[NAME], size_t i) {
  snprintf(name, NAME, "v%zu", i);
  return name;
}

/* A constant of random numbers within `size` of `middle`. */
static const char *constant(char name[NAME], growing *g, const size_t *shape, float middle, float size) {
  const lnti_shape s = lnti_test_shape(shape);
  float *data = malloc(lnti_shape_count(&s) * sizeof *data);
  assert_non_null(data);
  for (size_t i = 0; i < lnti_shape_count(&s); i++) data[i] = middle + size * (float)(2 * lnti_rng_unit(&g->rng) - 1);
  snprintf(name, NAME, "k%zu", g->n_extra++);
  lnti_test_constant(g->graph, name, data, shape);
  free(data);
  return name;
}

/* A node whose inputs are joined to one text, and its output's name: that of a value, or of something in between. */
static void node(growing *g, const char *op, const char *a, const char *b, const char *c, const char *out,
                 const lnti_attribute *attributes, size_t n) {
  char inputs[4 * NAME];
  snprintf(inputs, sizeof inputs, "%s%s%s%s%s", a, b ? " " : "", b ? b : "", c ? " " : "", c ? c : "");
  lnti_test_node(g->graph, op, inputs, out, attributes, n);
}

static const char *between(char name[NAME], growing *g) {
  snprintf(name, NAME, "t%zu", g->n_extra++);
  return name;
}

static const char *made(char name[NAME], growing *g, size_t rows, size_t columns) {
  assert_true(g->n < VALUES_MAX);
  g->rows[g->n] = rows;
  g->columns[g->n] = columns;
  return value_name(name, g->n++);
}

static const int64_t last_axis = -1;
static const lnti_attribute along_last[] = {ATTRIBUTE_INTS("axes", &last_axis, 1)};

static void add_linear(growing *g, const char *x, size_t from) {
  static const size_t sizes[] = {1, 5, 16, 24, 33, 64};
  char w[NAME], b[NAME], t[NAME], out[NAME];
  size_t in = g->columns[from], wide = sizes[below(g, 6)];
  constant(w, g, (const size_t[]){in, wide, 0}, 0, 1 / sqrtf((float)in));
  if (below(g, 3) == 0) { /* without a bias */
    node(g, "MatMul", x, w, NULL, made(out, g, g->rows[from], wide), NULL, 0);
    return;
  }
  constant(b, g, (const size_t[]){wide, 0}, 0, 1);
  node(g, "MatMul", x, w, NULL, between(t, g), NULL, 0);
  bool first = below(g, 2) == 0;
  node(g, "Add", first ? b : t, first ? t : b, NULL, made(out, g, g->rows[from], wide), NULL, 0);
}

/* softmax(x x' / s) x */
static void add_attention(growing *g, const char *x, size_t from) {
  static const int64_t swapped[] = {0, 2, 1};
  const lnti_attribute perm[] = {ATTRIBUTE_INTS("perm", swapped, 3)}, axis[] = {ATTRIBUTE_INT("axis", -1)};
  char t[NAME], p[NAME], s[NAME], d[NAME], m[NAME], out[NAME];
  constant(s, g, (const size_t[]){1, 0}, (float)g->columns[from], 0);
  node(g, "Transpose", x, NULL, NULL, between(t, g), perm, 1);
  node(g, "MatMul", x, t, NULL, between(p, g), NULL, 0);
  node(g, "Div", p, s, NULL, between(d, g), NULL, 0);
  node(g, "Softmax", d, NULL, NULL, between(m, g), axis, 1);
  node(g, "MatMul", m, x, NULL, made(out, g, g->rows[from], g->columns[from]), NULL, 0);
}

static void add_norm(growing *g, const char *x, size_t from) {
  char scale[NAME], shift[NAME], out[NAME];
  size_t c = g->columns[from];
  constant(scale, g, (const size_t[]){c, 0}, 1, 0.5f);
  constant(shift, g, (const size_t[]){c, 0}, 0, 0.5f);
  const lnti_attribute epsilon[] = {ATTRIBUTE_FLOAT("epsilon", 1e-3f)};
  node(g, "LayerNormalization", x, scale, below(g, 2) ? shift : NULL, made(out, g, g->rows[from], c), epsilon, 1);
}

/* As exporters wrote it before there was an operator. */
static void add_written_norm(growing *g, const char *x, size_t from) {
  char mean[NAME], d[NAME], two[NAME], p[NAME], v[NAME], e[NAME], a[NAME], r[NAME], q[NAME], scale[NAME], shift[NAME],
      s[NAME], out[NAME];
  size_t c = g->columns[from];
  constant(two, g, (const size_t[]){0}, 2, 0);
  constant(e, g, (const size_t[]){0}, 1e-3f, 0);
  constant(scale, g, (const size_t[]){c, 0}, 1, 0.5f);
  constant(shift, g, (const size_t[]){c, 0}, 0, 0.5f);
  node(g, "ReduceMean", x, NULL, NULL, between(mean, g), along_last, 1);
  node(g, "Sub", x, mean, NULL, between(d, g), NULL, 0);
  node(g, "Pow", d, two, NULL, between(p, g), NULL, 0);
  node(g, "ReduceMean", p, NULL, NULL, between(v, g), along_last, 1);
  node(g, "Add", v, e, NULL, between(a, g), NULL, 0);
  node(g, "Sqrt", a, NULL, NULL, between(r, g), NULL, 0);
  node(g, "Div", d, r, NULL, between(q, g), NULL, 0);
  node(g, "Mul", q, scale, NULL, between(s, g), NULL, 0);
  node(g, "Add", s, shift, NULL, made(out, g, g->rows[from], c), NULL, 0);
}

/* x * (erf(x / sqrt 2) + 1) * 0.5 */
static void add_written_gelu(growing *g, const char *x, size_t from) {
  char root[NAME], one[NAME], half[NAME], a[NAME], b[NAME], c[NAME], d[NAME], out[NAME];
  constant(root, g, (const size_t[]){0}, 1.41421356f, 0);
  constant(one, g, (const size_t[]){0}, 1, 0);
  constant(half, g, (const size_t[]){0}, 0.5f, 0);
  node(g, "Div", x, root, NULL, between(a, g), NULL, 0);
  node(g, "Erf", a, NULL, NULL, between(b, g), NULL, 0);
  node(g, "Add", b, one, NULL, between(c, g), NULL, 0);
  node(g, "Mul", x, c, NULL, between(d, g), NULL, 0);
  node(g, "Mul", d, half, NULL, made(out, g, g->rows[from], g->columns[from]), NULL, 0);
}

static void add_function(growing *g, const char *x, size_t from) {
  static const char *const names[] = {"Erf", "Tanh", "Sigmoid", "HardSigmoid", "HardSwish", "Relu"};
  char out[NAME];
  node(g, names[below(g, 6)], x, NULL, NULL, made(out, g, g->rows[from], g->columns[from]), NULL, 0);
}

static void add_arithmetic(growing *g, const char *x, size_t from) {
  static const char *const names[] = {"Add", "Sub", "Mul", "Div"};
  char k[NAME], out[NAME];
  size_t r = g->rows[from], c = g->columns[from];
  const size_t shapes[][4] = {{c, 0}, {r, c, 0}, {r, 1, 0}, {1, 0}, {g->batch, 1, c, 0}};
  constant(k, g, shapes[below(g, 5)], 1.5f, 0.4f);
  node(g, names[below(g, 4)], x, k, NULL, made(out, g, r, c), NULL, 0);
}

static void add_sum(growing *g, const char *x, size_t from) {
  static const char *const names[] = {"Add", "Sub"};
  char other[NAME], out[NAME];
  for (size_t i = 0; i < g->n; i++) {
    if (i == from || g->rows[i] != g->rows[from] || g->columns[i] != g->columns[from]) continue;
    node(g, names[below(g, 2)], x, value_name(other, i), NULL, made(out, g, g->rows[from], g->columns[from]), NULL, 0);
    return;
  }
}

static void add_reduction(growing *g, const char *x, size_t from) {
  const int64_t axis = 1 + (int64_t)below(g, 2);
  const lnti_attribute mean[] = {ATTRIBUTE_INTS("axes", &axis, 1)};
  char t[NAME], out[NAME];
  node(g, "ReduceMean", x, NULL, NULL, between(t, g), mean, 1);
  node(g, "Add", x, t, NULL, made(out, g, g->rows[from], g->columns[from]), NULL, 0);
}

static void add_head(growing *g, const char *x, size_t from) {
  char flat[NAME], w[NAME], b[NAME], out[NAME];
  bool turned = below(g, 2) == 0;
  size_t in = g->rows[from] * g->columns[from];
  const lnti_attribute rules[] = {ATTRIBUTE_INT("transB", turned)};
  constant(w, g, turned ? (const size_t[]){7, in, 0} : (const size_t[]){in, 7, 0}, 0, 1 / sqrtf((float)in));
  constant(b, g, (const size_t[]){7, 0}, 0, 1);
  node(g, "Flatten", x, NULL, NULL, between(flat, g), NULL, 0);
  snprintf(out, sizeof out, "t%zu", g->n_extra++);
  node(g, "Gemm", flat, w, below(g, 2) ? b : NULL, out, rules, 1);
  assert_ok(lnti_graph_add_output(g->graph, lnti_test_value(g->graph, out), ERR));
}

static lnti_graph *random_network(uint64_t seed, lnti_shape *input_out) {
  static void (*const kinds[])(growing *, const char *, size_t) = {
      add_linear,   add_linear,     add_attention, add_norm,      add_written_norm, add_written_gelu,
      add_function, add_arithmetic, add_sum,       add_reduction, add_head};
  growing g = {0};
  char name[NAME];
  lnti_rng_seed(&g.rng, seed, 0);
  assert_ok(lnti_graph_new(&g.graph, ERR));
  g.batch = 1 + below(&g, 3);
  made(name, &g, 1 + below(&g, 40), 1 + below(&g, 40));
  assert_ok(lnti_graph_add_input(g.graph, lnti_test_value(g.graph, "v0"), ERR));
  *input_out = (lnti_shape){.rank = 3, .dim = {g.batch, g.rows[0], g.columns[0]}};
  while (g.n < 16) {
    size_t from = below(&g, 4) ? g.n - 1 : below(&g, g.n);
    kinds[below(&g, sizeof kinds / sizeof *kinds)](&g, value_name(name, from), from);
  }
  for (size_t i = 1; i < g.n; i++) {
    if (i + 1 != g.n && below(&g, 4) != 0) continue;
    assert_ok(lnti_graph_add_output(g.graph, lnti_test_value(g.graph, value_name(name, i)), ERR));
  }
  assert_ok(lnti_graph_finish(g.graph, ERR));
  return g.graph;
}

static void random_rows_give_what_plain_loops_give(void **state) {
  (void)state;
  enum { NETWORKS = 150 };
  lnti_pool *pool = NULL;
  assert_ok(lnti_pool_new(&pool, 3, ERR));
  const lnti_context alone = {.cpu = lnti_test_level()}, together = {.cpu = alone.cpu, .pool = pool};
  for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
    lnti_tensor input = {.dtype = LNTI_F32};
    lnti_graph *graph = random_network(seed, &input.shape);
    lnti_test_compare_plans(graph, &input, seed % 2 ? &alone : &together, 1e-4f, seed);
    lnti_graph_free(graph);
  }
  lnti_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_rows_give_what_plain_loops_give)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
