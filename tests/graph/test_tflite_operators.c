/*
 * Operators of TensorFlow Lite: networks of one or a few, written here, give what plain loops over [h,w,c] give, for several samples
 * at once although the file is of one.
 */
#include "tflite_support.h"

#include <math.h>

/* ---- each element ---- */

static float (*element_of)(float);

static void element_reference(float *y, const float *x, const maker *m) {
  for (size_t i = 0, n = lnti_made_count(&m->tensor[m->input[0]]); i < n; i++) y[i] = element_of(x[i]);
}

#define ELEMENT(name, expression) \
  static float name(float v) {    \
    return (float)(expression);   \
  }
ELEMENT(sigmoid, 1 / (1 + exp(-(double)v)))
ELEMENT(relu, fmaxf(v, 0))
ELEMENT(relu6, fminf(fmaxf(v, 0), 6))
ELEMENT(relu1, fminf(fmaxf(v, -1), 1))
ELEMENT(relu01, fminf(fmaxf(v, 0), 1))
ELEMENT(leaky, v < 0 ? 0.25f * v : v)
ELEMENT(swish, (double)v *fmin(fmax((double)v + 3, 0), 6) / 6)
ELEMENT(elu, v < 0 ? expm1((double)v) : (double)v)
ELEMENT(gelu, 0.5 * (double)v * (1 + erf((double)v * M_SQRT1_2)))
ELEMENT(gelu_tanh, 0.5 * (double)v * (1 + tanh(sqrt(2 / M_PI) * ((double)v + 0.044715 * pow((double)v, 3)))))
ELEMENT(negative, -v)
ELEMENT(square, v *v)
ELEMENT(reciprocal_root, 1 / sqrt((double)v))
ELEMENT(same, v)

static void elements(void **state) {
  (void)state;
  static const struct {
    int code;
    float (*f)(float);
    bool positive;
    made_option option;
  } cases[] = {{14, sigmoid, false, {0}},
               {19, relu, false, {0}},
               {21, relu6, false, {0}},
               {20, relu1, false, {0}},
               {152, relu01, false, {0}},
               {98, leaky, false, {0, 'f', 0.25}},
               {117, swish, false, {0}},
               {28, tanhf, false, {0}},
               {111, elu, false, {0}},
               {47, expf, false, {0}},
               {73, logf, true, {0}},
               {75, sqrtf, true, {0}},
               {76, reciprocal_root, true, {0}},
               {92, square, false, {0}},
               {59, negative, false, {0}},
               {101, fabsf, false, {0}},
               {8, floorf, false, {0}},
               {104, ceilf, false, {0}},
               {66, sinf, false, {0}},
               {108, cosf, false, {0}},
               {150, gelu, false, {0}},
               {150, gelu_tanh, false, {0, 'b', 1}},
               {114, same, false, {0}},
               {6, same, false, {0}},
               {53, same, false, {0}}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (int planes = 0; planes < 2; planes++) {
      const int32_t *dims = planes ? DIMS(1, 3, 4, 2) : DIMS(1, 5, 7);
      maker m = lnti_made_begin(dims);
      int32_t y = add_tensor(&m, "y", F32, dims);
      add_op(&m, cases[i].code, INPUTS(0), y)->option[0] = cases[i].option;
      element_of = cases[i].f;
      end(&m, y);
      lnti_made_check(&m, element_reference, LNTI_MADE_SAMPLES, cases[i].positive);
    }
  }
}

static float other[64];
static float (*pair_of)(float, float);
static size_t other_count;
static bool swapped;

static void pair_reference(float *y, const float *x, const maker *m) {
  int activation = lnti_made_activation(&m->op[m->n_ops - 1], 0);
  for (size_t i = 0, n = lnti_made_count(&m->tensor[m->input[0]]); i < n; i++) {
    float b = other_count == 0 ? x[i] : other[i % other_count];
    y[i] = lnti_activate(swapped ? pair_of(b, x[i]) : pair_of(x[i], b), activation);
  }
}

static float plus(float a, float b) {
  return a + b;
}
static float minus(float a, float b) {
  return a - b;
}
static float times(float a, float b) {
  return a * b;
}
static float over(float a, float b) {
  return a / b;
}
static float squared_difference(float a, float b) {
  return (a - b) * (a - b);
}
static float parametric(float a, float b) {
  return a < 0 ? a * b : a;
}

static void pairs(void **state) {
  (void)state;
  static const struct {
    int code;
    float (*f)(float, float);
  } cases[] = {
      {0, plus},       {41, minus}, {18, times}, {42, over}, {55, fmaxf}, {57, fminf}, {99, squared_difference},
      {54, parametric}};
  lnti_made_random(other, 64, 8);
  for (size_t i = 0; i < 64; i++) other[i] = fabsf(other[i]) + 0.5f;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (int form = 0; form < 10;
         form++) { /* by channel, [1,1,c], one number, all of a sample, itself; planes or not */
      static const int32_t shapes[][4] = {{2, -1}, {1, 1, 2, -1}, {1, -1}, {3, 4, 2, -1}};
      static const size_t counts[] = {2, 2, 1, 24, 0};
      const bool planes = form < 5;
      const int kind = form % 5;
      if (!planes && kind == 1) continue;
      maker m = lnti_made_begin(planes ? DIMS(1, 3, 4, 2) : DIMS(1, 12, 2));
      other_count = counts[kind];
      swapped = i < 4 && kind == 0;
      pair_of = cases[i].f;
      int32_t b = 0, y;
      const int32_t *dims = kind == 3 && !planes ? DIMS(1, 12, 2) : shapes[kind % 4];
      if (kind < 4) b = add_constant(&m, "b", F32, dims, other, counts[kind] * sizeof *other);
      y = add_tensor(&m, "y", F32, planes ? DIMS(1, 3, 4, 2) : DIMS(1, 12, 2));
      made_op *op = swapped ? add_op(&m, cases[i].code, INPUTS(b, 0), y) : add_op(&m, cases[i].code, INPUTS(0, b), y);
      if (i < 4) op->option[0] = (made_option){0, 'b', form % 4};
      end(&m, y);
      lnti_made_check(&m, pair_reference, LNTI_MADE_SAMPLES, kind == 4);
    }
  }
}

/* ---- along dimensions ---- */

static float beta;
static bool logarithm;

static void softmax_reference(float *y, const float *x, const maker *m) {
  const made_tensor *t = &m->tensor[m->input[0]];
  size_t row = (size_t)t->dim[t->rank - 1];
  for (size_t i = 0, n = lnti_made_count(t); i < n; i++) {
    double sum = 0;
    for (size_t k = 0; k < row; k++) sum += exp((double)beta * (double)x[i / row * row + k]);
    y[i] = (float)(exp((double)beta * (double)x[i]) / sum);
    if (logarithm) y[i] = logf(y[i]);
  }
}

static void softmax(void **state) {
  (void)state;
  for (int i = 0; i < 6; i++) {
    const int32_t *dims = i % 3 == 0 ? DIMS(1, 2, 3, 5) : i % 3 == 1 ? DIMS(1, 7) : DIMS(1, 1, 1, 6);
    maker m = lnti_made_begin(dims);
    int32_t y = add_tensor(&m, "y", F32, dims);
    beta = i < 3 ? 1 : 0.5f;
    logarithm = i == 1 || i == 2;
    made_op *op = add_op(&m, logarithm ? 50 : 25, INPUTS(0), y);
    if (!logarithm) op->option[0] = (made_option){0, 'f', (double)beta};
    end(&m, y);
    check(&m, softmax_reference);
  }
}

static struct {
  int code;
  int32_t axes[4];
  size_t n;
} reduced;

/* Over [3,4,2] of one sample. */
static void reduce_reference(float *y, const float *x, const maker *m) {
  static const int length[] = {1, 3, 4, 2};
  bool goes[4] = {false};
  size_t made = lnti_made_count(&m->tensor[m->output[0]]), n[24] = {0};
  double sum[24] = {0};
  for (size_t i = 0; i < reduced.n; i++) goes[(reduced.axes[i] + 4) % 4] = true;
  for (int i = 0; i < 24; i++) {
    const int at[] = {0, i / 8, i / 2 % 4, i % 2};
    size_t to = 0;
    for (int d = 1; d < 4; d++) {
      if (!goes[d]) to = to * (size_t)length[d] + (size_t)at[d];
    }
    double v = (double)x[i];
    if (n[to]++ == 0) {
      sum[to] = v;
    } else if (reduced.code == 82) {
      sum[to] = fmax(sum[to], v);
    } else if (reduced.code == 89) {
      sum[to] = fmin(sum[to], v);
    } else {
      sum[to] += v;
    }
  }
  for (size_t i = 0; i < made; i++) y[i] = (float)(reduced.code == 40 ? sum[i] / (double)n[i] : sum[i]);
}

static void reductions(void **state) {
  (void)state;
  static const struct {
    int32_t axes[3];
    size_t n;
    int32_t kept[5], gone[4];
  } cases[] = {{{1, 2}, 2, {1, 1, 1, 2, -1}, {1, 2, -1}}, {{2, -3}, 2, {1, 1, 1, 2, -1}, {1, 2, -1}},
               {{3}, 1, {1, 3, 4, 1, -1}, {1, 3, 4, -1}}, {{-1}, 1, {1, 3, 4, 1, -1}, {1, 3, 4, -1}},
               {{1}, 1, {1, 1, 4, 2, -1}, {1, 4, 2, -1}}, {{2}, 1, {1, 3, 1, 2, -1}, {1, 3, 2, -1}},
               {{1, 3}, 2, {1, 1, 4, 1, -1}, {1, 4, -1}}, {{1, 2, 3}, 3, {1, 1, 1, 1, -1}, {1, -1}}};
  static const int codes[] = {40, 74, 82, 89};
  for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
    for (size_t k = 0; k < 4; k++) {
      const bool keep = i % 2;
      maker m = lnti_made_begin(DIMS(1, 3, 4, 2));
      reduced.code = codes[k];
      reduced.n = cases[i / 2].n;
      memcpy(reduced.axes, cases[i / 2].axes, sizeof cases->axes);
      int32_t axes = add_constant(&m, "axes", I32, DIMS((int32_t)reduced.n), reduced.axes, 4 * reduced.n);
      int32_t y = add_tensor(&m, "y", F32, keep ? cases[i / 2].kept : cases[i / 2].gone);
      add_op(&m, codes[k], INPUTS(0, axes), y)->option[0] = (made_option){0, 'b', keep};
      end(&m, y);
      check(&m, reduce_reference);
    }
  }
}

static void length_reference(float *y, const float *x, const maker *m) {
  (void)m;
  for (int i = 0; i < 24; i++) {
    double sum = (double)x[i & ~1] * (double)x[i & ~1] + (double)x[i | 1] * (double)x[i | 1];
    y[i] = (float)((double)x[i] / sqrt(sum));
  }
}

/* Radius 1, so that both channels count: bias 0.5, alpha 0.2, beta 0.75. */
static void local_reference(float *y, const float *x, const maker *m) {
  (void)m;
  for (int i = 0; i < 24; i++) {
    double sum = (double)x[i & ~1] * (double)x[i & ~1] + (double)x[i | 1] * (double)x[i | 1];
    y[i] = (float)((double)x[i] / pow(0.5 + 0.2 * sum, 0.75));
  }
}

static void most_reference(float *y, const float *x, const maker *m) {
  (void)m;
  for (int i = 0; i < 12; i++) y[i] = x[2 * i + 1] > x[2 * i];
}

static void along_channels(void **state) {
  (void)state;
  static const int32_t last = -1;
  maker m = lnti_made_begin(DIMS(1, 3, 4, 2));
  int32_t y = add_tensor(&m, "y", F32, DIMS(1, 3, 4, 2));
  add_op(&m, 11, INPUTS(0), y);
  end(&m, y);
  check(&m, length_reference);
  made_op *op = &m.op[0];
  op->code = 13;
  const made_option options[] = {{0, 'i', 1}, {1, 'f', 0.5}, {2, 'f', 0.2}, {3, 'f', 0.75}};
  memcpy(op->option, options, sizeof options);
  check(&m, local_reference);
  m = lnti_made_begin(DIMS(1, 3, 4, 2));
  int32_t axis = add_constant(&m, "axis", I32, DIMS(1), &last, 4);
  y = add_tensor(&m, "y", I32, DIMS(1, 3, 4));
  add_op(&m, 56, INPUTS(0, axis), y);
  end(&m, y);
  check(&m, most_reference);
}

/* ---- moving ---- */

/* Of x [4,3,2]. */
static int as_it_is(int i) {
  return i;
}
static int channel_first(int i) { /* [2,4,3] */
  return i % 12 * 2 + i / 12;
}
static int sides_turned(int i) { /* [3,4,2] */
  return (i / 2 % 4 * 3 + i / 8) * 2 + i % 2;
}
static int inner(int i) { /* [2,3,1] from [1,0,1] on */
  return (i + 3) * 2 + 1;
}
static int every_other(int i) { /* [2,2,2]: rows 3 and 1, columns 0 and 2 */
  return ((i / 4 ? 1 : 3) * 3 + i / 2 % 2 * 2) * 2 + i % 2;
}
static int one_row(int i) { /* [3,2] of row 2 */
  return 2 * 6 + i;
}
static int twice(int i) { /* [4,3,4] */
  return i / 4 * 2 + i % 2;
}
static int rows_twice(int i) { /* [8,3,2] */
  return i % 24;
}
static int second_half(int i) { /* [4,3,1] */
  return i * 2 + 1;
}
static int last_rows(int i) { /* [3,3,2] */
  return 6 + i;
}
static int padded(int i) { /* [5,5,2]: one row before, one column before and after */
  int row = i / 10 - 1, column = i / 2 % 5 - 1;
  return row < 0 || column < 0 || column > 2 ? -1 : (row * 3 + column) * 2 + i % 2;
}
static int mirrored(int i) { /* [4,5,2] */
  int column = i / 2 % 5 - 1;
  column = column < 0 ? 1 : column > 2 ? 1 : column;
  return (i / 10 * 3 + column) * 2 + i % 2;
}
static int columns_chosen(int i) { /* [4,2,2]: columns 2, 0 */
  return (i / 4 * 3 + (i / 2 % 2 ? 0 : 2)) * 2 + i % 2;
}

enum { X_ROWS = 4, X_COLUMNS = 3, X_CHANNELS = 2 };

typedef struct listed {
  int32_t list[8];
  int32_t n, columns;
} listed;

static int middle_rows(int i) {
  return i + X_COLUMNS * X_CHANNELS;
}
static int odd(int i) {
  return 2 * i + 1;
}

typedef struct moving {
  int code;
  int (*source)(int);
  int32_t dims[6];
  listed lists[3]; /* further inputs */
  made_option option[5];
  int twice; /* x is given so many times more */
} moving;

static void check_moving(const moving *c) {
  maker m = lnti_made_begin(DIMS(1, X_ROWS, X_COLUMNS, X_CHANNELS));
  int32_t inputs[MADE_VALUES] = {0};
  size_t n = 1;
  for (int i = 0; i < c->twice; i++) inputs[n++] = 0;
  for (size_t i = 0; i < 3 && c->lists[i].n; i++) {
    const listed *l = &c->lists[i];
    inputs[n++] = add_constant(&m, "list", I32, l->columns ? DIMS(l->n / l->columns, l->columns) : DIMS(l->n), l->list,
                               4 * (size_t)l->n);
  }
  int32_t y = add_tensor(&m, "y", F32, c->dims);
  made_op *op = add_op(&m, c->code, inputs, n, y);
  memcpy(op->option, c->option, sizeof c->option);
  lnti_source_of = c->source;
  end(&m, y);
  check(&m, lnti_source_reference);
}

static void moves(void **state) {
  (void)state;
  static const moving cases[] = {
      {22, as_it_is, {1, 24, -1}, {{{1, 24}, 2, 0}}, {{0}}, 0},
      {22, as_it_is, {1, 2, 12, -1}, {{{1, -1, 12}, 3, 0}}, {{0}}, 0},
      {22, as_it_is, {12, 2, -1}, {{{-1, 2}, 2, 0}}, {{0}}, 0},
      {22, as_it_is, {1, 1, 4, 6, -1}, {{{1, 1, 4, 6}, 4, 0}}, {{0}}, 0},
      {22, as_it_is, {24, -1}, {{{-1}, 1, 0}}, {{0}}, 0},
      {70, as_it_is, {1, 4, 1, 3, 2, -1}, {{{2}, 1, 0}}, {{0}}, 0},
      {39, channel_first, {1, 2, 4, 3, -1}, {{{0, 3, 1, 2}, 4, 0}}, {{0}}, 0},
      {39, sides_turned, {1, 3, 4, 2, -1}, {{{0, 2, 1, 3}, 4, 0}}, {{0}}, 0},
      {65, inner, {1, 2, 3, 1, -1}, {{{0, 1, 0, 1}, 4, 0}, {{-1, 2, -1, 1}, 4, 0}}, {{0}}, 0},
      {45,
       inner,
       {1, 2, 3, 1, -1},
       {{{0, 1, 0, 1}, 4, 0}, {{1, 3, 0, 2}, 4, 0}, {{1, 1, 1, 1}, 4, 0}},
       {{1, 'i', 4}},
       0},
      {45,
       every_other,
       {1, 2, 2, 2, -1},
       {{{0, 0, 0}, 3, 0}, {{1, 0, 3}, 3, 0}, {{1, -2, 2}, 3, 0}},
       {{0, 'i', 2}, {1, 'i', 2}},
       0},
      {45,
       one_row,
       {1, 3, 2, -1},
       {{{0, 2}, 2, 0}, {{1, 3}, 2, 0}, {{1, 1}, 2, 0}},
       {{0, 'i', 1}, {1, 'i', 1}, {4, 'i', 2}},
       0},
      {45, one_row, {1, 3, 2, -1}, {{{0, -2}, 2, 0}, {{9, -1}, 2, 0}, {{1, 1}, 2, 0}}, {{4, 'i', 2}}, 0},
      /* x[:, new, 1:3]; x[..., 1:2]; x[:, ..., new, 1]; x[..., 1:3, :, :] where the ellipsis is of one dimension */
      {45,
       middle_rows,
       {1, 1, 2, 3, 2, -1},
       {{{0, 0, 1}, 3, 0}, {{1, 0, 3}, 3, 0}, {{1, 1, 1}, 3, 0}},
       {{0, 'i', 1}, {1, 'i', 1}, {3, 'i', 2}},
       0},
      {45, odd, {1, 4, 3, 1, -1}, {{{0, 1}, 2, 0}, {{0, 2}, 2, 0}, {{1, 1}, 2, 0}}, {{2, 'i', 1}}, 0},
      {45,
       odd,
       {1, 4, 3, 1, -1},
       {{{0, 5, 5, 1}, 4, 0}, {{1, 0, 0, 2}, 4, 0}, {{1, 1, 1, 1}, 4, 0}},
       {{2, 'i', 2}, {3, 'i', 4}, {4, 'i', 8}},
       0},
      {45,
       middle_rows,
       {1, 2, 3, 2, -1},
       {{{0, 1, 0, 0}, 4, 0}, {{0, 3, 3, 2}, 4, 0}, {{1, 1, 1, 1}, 4, 0}},
       {{2, 'i', 1}},
       0},
      {2, twice, {1, 4, 3, 4, -1}, {{{0}, 0, 0}}, {{0, 'i', 3}}, 1},
      {2, rows_twice, {1, 8, 3, 2, -1}, {{{0}, 0, 0}}, {{0, 'i', -3}}, 1},
      {83, rows_twice, {1, 2, 4, 3, 2, -1}, {{{0}, 0, 0}}, {{0, 'i', 2}, {1, 'i', 1}}, 1},
      {69, rows_twice, {1, 8, 3, 2, -1}, {{{1, 2, 1, 1}, 4, 0}}, {{0}}, 0},
      {34, padded, {1, 5, 5, 2, -1}, {{{0, 0, 1, 0, 1, 1, 0, 0}, 8, 2}}, {{0}}, 0},
      {100, mirrored, {1, 4, 5, 2, -1}, {{{0, 0, 0, 0, 1, 1, 0, 0}, 8, 2}}, {{0}}, 0},
      {36, columns_chosen, {1, 4, 2, 2, -1}, {{{2, 0}, 2, 0}}, {{0, 'i', 2}}, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_moving(&cases[i]);
}

/* Where the larger channel of each place is... */
static int larger_at(const float *x, int place) {
  return x[2 * place + 1] > x[2 * place];
}

/* ...looked up at its own place (the largest), or at all places of its row. */
static void gathered_reference(float *y, const float *x, const maker *m) {
  const bool own = lnti_made_count(&m->tensor[m->output[0]]) == X_ROWS * X_COLUMNS;
  for (int place = 0; place < X_ROWS * X_COLUMNS; place++) {
    if (own) y[place] = x[2 * place + larger_at(x, place)];
    for (int i = 0; i < X_COLUMNS && !own; i++)
      y[X_COLUMNS * place + i] = x[2 * place + larger_at(x, place / X_COLUMNS * X_COLUMNS + i)];
  }
}

static void indices_are_looked_up_sample_by_sample(void **state) {
  (void)state;
  static const int32_t last = 3;
  for (int shared = 2; shared < 4; shared++) {
    maker m = lnti_made_begin(DIMS(1, X_ROWS, X_COLUMNS, X_CHANNELS));
    int32_t axis = add_constant(&m, "axis", I32, DIMS(1), &last, 4);
    int32_t at = add_tensor(&m, "at", I32, DIMS(1, X_ROWS, X_COLUMNS));
    int32_t y = shared == 3 ? add_tensor(&m, "y", F32, DIMS(1, X_ROWS, X_COLUMNS))
                            : add_tensor(&m, "y", F32, DIMS(1, X_ROWS, X_COLUMNS, X_COLUMNS));
    add_op(&m, 56, INPUTS(0, axis), at);
    made_op *op = add_op(&m, 36, INPUTS(0, at), y);
    op->option[0] = (made_option){0, 'i', 3};
    op->option[1] = (made_option){1, 'i', shared};
    end(&m, y);
    check(&m, gathered_reference);
  }
}

/* The k-th of several outputs. */
static void parts(void **state) {
  (void)state;
  static const int32_t three = 3, one = 1, lengths[] = {1, -1};
  for (int i = 0; i < 3; i++) {
    maker m = lnti_made_begin(DIMS(1, 4, 3, 2));
    const int32_t *dims = i == 0 ? DIMS(1, 4, 3, 1) : i == 1 ? DIMS(1, 1, 3, 2) : DIMS(1, 4, 3);
    int32_t axis = add_constant(&m, "axis", I32, DIMS(1), i == 0 ? &three : &one, 4);
    int32_t sizes = add_constant(&m, "sizes", I32, DIMS(2), lengths, 8);
    int32_t first = add_tensor(&m, "first", F32, dims);
    int32_t second = add_tensor(&m, "second", F32, i == 1 ? DIMS(1, 3, 3, 2) : dims);
    made_op *op = i == 0   ? add_op(&m, 49, INPUTS(axis, 0), first)
                  : i == 1 ? add_op(&m, 102, INPUTS(0, sizes, axis), first)
                           : add_op(&m, 88, INPUTS(0), first);
    op->output[op->n_outputs++] = second;
    op->option[0] = (made_option){0, 'i', 2};
    if (i == 2) op->option[1] = (made_option){1, 'i', 3};
    lnti_source_of = i == 1 ? last_rows : second_half;
    end(&m, second);
    check(&m, lnti_source_reference);
  }
}

/* Channels put first and last again: [n,c,h,w] is what the graph has anyway. */
static void turns_there_and_back(void **state) {
  (void)state;
  static const int32_t to_last[] = {0, 2, 3, 1};
  maker m = {0};
  m.input[0] = add_tensor(&m, "x", F32, DIMS(1, 3, 8, 8)); /* as files have it that were made from ONNX */
  m.n_inputs = m.n_outputs = 1;
  int32_t order = add_constant(&m, "order", I32, DIMS(4), to_last, sizeof to_last);
  int32_t last = add_tensor(&m, "last", F32, DIMS(1, 8, 8, 3)), y = add_tensor(&m, "y", F32, DIMS(1, 8, 8, 3));
  add_op(&m, 39, INPUTS(0, order), last);
  add_op(&m, 19, INPUTS(last), y);
  end(&m, y);
  lnti_graph *graph = lnti_made_read(&m);
  assert_int_equal(graph->n_nodes, 1);
  assert_int_equal(graph->value[graph->input[0]].declared.shape.dim[1], 3);
  lnti_graph_free(graph);
}

/* ---- shapes that are computed ---- */

/* SHAPE, STRIDED_SLICE, PACK and RESHAPE, as Keras writes Flatten and Reshape. */
static void shapes_are_computed(void **state) {
  (void)state;
  static const int32_t zero = 0, one = 1, rest = 24;
  maker m = lnti_made_begin(DIMS(1, 4, 3, 2));
  int32_t shape = add_tensor(&m, "shape", I32, DIMS(4)), n = add_tensor(&m, "n", I32, (const int32_t[]){-1});
  int32_t a = add_constant(&m, "a", I32, DIMS(1), &zero, 4), b = add_constant(&m, "b", I32, DIMS(1), &one, 4);
  int32_t k = add_constant(&m, "k", I32, (const int32_t[]){-1}, &rest, 4), both = add_tensor(&m, "both", I32, DIMS(2));
  int32_t y = add_tensor(&m, "y", F32, DIMS(1, 24));
  add_op(&m, 77, INPUTS(0), shape);
  add_op(&m, 45, INPUTS(shape, a, b, b), n)->option[0] = (made_option){4, 'i', 1};
  add_op(&m, 83, INPUTS(n, k), both)->option[0] = (made_option){0, 'i', 2};
  add_op(&m, 22, INPUTS(0, both), y);
  end(&m, y);
  lnti_source_of = as_it_is;
  check(&m, lnti_source_reference);
  /* The computed shape itself tells of two samples. */
  end(&m, both);
  m.tensor[both].dim[0] = 2;
  lnti_graph *graph = lnti_made_read(&m);
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 4, .dim = {2, 2, 4, 3}}};
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_plan_options options = {.input = &input};
  lnti_plan *plan = NULL;
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  const lnti_tensor *made = lnti_plan_output(plan, 0);
  assert_int_equal(((const int32_t *)made->data)[0], 2);
  assert_int_equal(((const int32_t *)made->data)[1], 24);
  lnti_plan_free(plan);
  lnti_graph_free(graph);
}

/* ---- how many samples ---- */

static void samples_that_are_mixed_are_run_one_by_one(void **state) {
  (void)state;
  static const int32_t axes[] = {0, 1};
  maker m = lnti_made_begin(DIMS(1, 7));
  int32_t axis = add_constant(&m, "axes", I32, DIMS(2), axes, sizeof axes);
  int32_t y = add_tensor(&m, "y", F32, DIMS(1, 1));
  add_op(&m, 74, INPUTS(0, axis), y)->option[0] = (made_option){0, 'b', 1};
  end(&m, y);
  lnti_graph *graph = lnti_made_read(&m);
  assert_int_equal(graph->value[graph->input[0]].declared.shape.dim[0], 1);
  lnti_tensor input = {.dtype = LNTI_F32, .shape = {.rank = 2, .dim = {2, 7}}};
  const lnti_context context = {.cpu = LNT_CPU_GENERIC};
  const lnti_plan_options options = {.input = &input};
  lnti_plan *plan = NULL;
  assert_status(lnti_plan_new(&plan, graph, &options, &context, ERR), LNT_EDATA);
  input.shape.dim[0] = 1;
  assert_ok(lnti_plan_new(&plan, graph, &options, &context, ERR));
  lnti_plan_free(plan);
  lnti_graph_free(graph);
}

/* A range that begins at 0 is RELU, one that ends at 6 as well is RELU6, though neither is written. */
static void ranges_of_bytes_stand_for_activations(void **state) {
  (void)state;
  static const struct {
    int type;
    float scale;
    int64_t zero;
    float (*f)(float);
  } cases[] = {{U8, 6.0f / 255, 0, relu6}, {U8, 0.1f, 0, relu}, {U8, 0.1f, 100, same}, {I8, 0.1f, -128, relu}};
  static const float wide[] = {8};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    maker m = lnti_made_begin(DIMS(1, 9));
    int32_t b = add_constant(&m, "b", F32, DIMS(1), wide, sizeof wide),
            y = add_tensor(&m, "y", cases[i].type, DIMS(1, 9));
    made_tensor *t = &m.tensor[y];
    t->scale[0] = cases[i].scale;
    t->zero[0] = cases[i].zero;
    t->n_scales = t->n_zeros = 1;
    add_op(&m, 18, INPUTS(0, b), y);
    end(&m, y);
    float x[9], got[9];
    lnti_made_random(x, 9, 1);
    lnti_made_run(got, &m, x, 1, false);
    for (int k = 0; k < 9; k++) assert_true(got[k] == cases[i].f(8 * x[k]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(elements),
                                     cmocka_unit_test(pairs),
                                     cmocka_unit_test(softmax),
                                     cmocka_unit_test(reductions),
                                     cmocka_unit_test(along_channels),
                                     cmocka_unit_test(moves),
                                     cmocka_unit_test(indices_are_looked_up_sample_by_sample),
                                     cmocka_unit_test(parts),
                                     cmocka_unit_test(turns_there_and_back),
                                     cmocka_unit_test(shapes_are_computed),
                                     cmocka_unit_test(samples_that_are_mixed_are_run_one_by_one),
                                     cmocka_unit_test(ranges_of_bytes_stand_for_activations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
