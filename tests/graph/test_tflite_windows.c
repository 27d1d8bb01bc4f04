/* Operators of TensorFlow Lite on planes and matrices: networks of one or a few give what plain loops over [h,w,c] give. */
#include "tflite_support.h"

#include <math.h>

/* ---- windows ---- */

/* The options of a window as they stand in the file, and what weights there are as real numbers. */
static struct {
  int padding, stride_w, stride_h, kernel_w, kernel_h, dilation_w, dilation_h, activation;
  size_t made, channels; /* of the output; of one group of the input */
  bool deep, average;
  float weights[512], bias[32];
} conv;

static int padding_before(int in, int kernel, int stride, int dilation) {
  int out = (in + stride - 1) / stride, extent = (kernel - 1) * dilation + 1;
  int all = (out - 1) * stride + extent - in;
  return conv.padding == 1 || all < 0 ? 0 : all / 2;
}

static void conv_reference(float *y, const float *x, const maker *m) {
  const made_tensor *in = &m->tensor[m->input[0]], *out = &m->tensor[m->output[0]];
  const int h = in->dim[1], w = in->dim[2], c = in->dim[3];
  const int top = padding_before(h, conv.kernel_h, conv.stride_h, conv.dilation_h);
  const int left = padding_before(w, conv.kernel_w, conv.stride_w, conv.dilation_w);
  const int groups = conv.deep ? c : c / (int)conv.channels, per_group = (int)conv.made / groups;
  for (int i = 0; i < out->dim[1]; i++) {
    for (int j = 0; j < out->dim[2]; j++) {
      for (int o = 0; o < (int)conv.made; o++) {
        double sum = (double)conv.bias[o];
        for (int a = 0; a < conv.kernel_h; a++) {
          for (int b = 0; b < conv.kernel_w; b++) {
            int row = i * conv.stride_h + a * conv.dilation_h - top;
            int column = j * conv.stride_w + b * conv.dilation_w - left;
            if (row < 0 || row >= h || column < 0 || column >= w) continue;
            for (int k = 0; k < (conv.deep ? 1 : (int)conv.channels); k++) {
              int from = o / per_group * (conv.deep ? 1 : (int)conv.channels) + k;
              int at = conv.deep ? (a * conv.kernel_w + b) * (int)conv.made + o
                                 : ((o * conv.kernel_h + a) * conv.kernel_w + b) * (int)conv.channels + k;
              sum += (double)x[(row * w + column) * c + from] * (double)conv.weights[at];
            }
          }
        }
        y[(i * out->dim[2] + j) * out->dim[3] + o] = lnti_activate((float)sum, conv.activation);
      }
    }
  }
}

static int32_t out_length(int in, int kernel, int stride, int dilation) {
  return conv.padding == 0 ? (in + stride - 1) / stride : (in - (kernel - 1) * dilation - 1) / stride + 1;
}

enum weights { WEIGHTS_F32, WEIGHTS_F16, WEIGHTS_U8, WEIGHTS_I8, WEIGHT_KINDS };

/* Random weights in a way of keeping them; conv.weights gets what they stand for. */
static void keep_weights(maker *m, int32_t weights, enum weights how, size_t n, size_t channels, bool channels_last) {
  static float reals[512];
  static uint16_t halves[512];
  static uint8_t bytes[512];
  made_tensor *t = &m->tensor[weights];
  lnti_made_random(reals, n, 3);
  t->data = how == WEIGHTS_F32 ? (const void *)reals : how == WEIGHTS_F16 ? (const void *)halves : (const void *)bytes;
  t->bytes = n * (how == WEIGHTS_F32 ? 4 : how == WEIGHTS_F16 ? 2 : 1);
  t->type = how == WEIGHTS_F32 ? F32 : how == WEIGHTS_F16 ? F16 : how == WEIGHTS_U8 ? U8 : I8;
  t->n_scales = how == WEIGHTS_U8 ? 1 : how == WEIGHTS_I8 ? channels : 0;
  t->n_zeros = t->n_scales;
  t->axis = channels_last ? 3 : 0;
  for (size_t k = 0; k < t->n_scales; k++) {
    t->scale[k] = 0.01f + 0.003f * (float)k;
    t->zero[k] = how == WEIGHTS_U8 ? 120 : 0;
  }
  for (size_t i = 0; i < n; i++) {
    size_t channel = channels_last ? i % channels : i / (n / channels);
    halves[i] = lnti_f16_of(reals[i]);
    bytes[i] = (uint8_t)(i * 37 + 11);
    conv.weights[i] = how == WEIGHTS_F32   ? reals[i]
                      : how == WEIGHTS_F16 ? lnti_f16_value(halves[i])
                      : how == WEIGHTS_U8  ? ((float)bytes[i] - 120) * 0.01f
                                           : (float)(int8_t)bytes[i] * (0.01f + 0.003f * (float)channel);
  }
}

static void check_conv(bool deep, size_t made, size_t group_channels, enum weights how) {
  const int32_t *dims = DIMS(1, 7, 6, 4);
  maker m = lnti_made_begin(dims);
  conv.deep = deep;
  conv.made = made;
  conv.channels = group_channels;
  int32_t kh = conv.kernel_h, kw = conv.kernel_w, last = deep ? (int32_t)made : (int32_t)group_channels;
  int32_t w = add_tensor(&m, "w", F32, DIMS(deep ? 1 : (int32_t)made, kh, kw, last));
  keep_weights(&m, w, how, (size_t)(deep ? kh * kw : kh * kw * (int32_t)group_channels) * made, made, deep);
  lnti_made_random(conv.bias, made, 5);
  int32_t b = add_constant(&m, "b", F32, DIMS((int32_t)made), conv.bias, made * 4);
  int32_t y = add_tensor(&m, "y", F32,
                         DIMS(1, out_length(7, kh, conv.stride_h, conv.dilation_h),
                              out_length(6, kw, conv.stride_w, conv.dilation_w), (int32_t)made));
  if (how == WEIGHTS_F16) { /* as converters write it */
    int32_t turned = add_tensor(&m, "w32", F32, DIMS(deep ? 1 : (int32_t)made, kh, kw, last));
    add_op(&m, 6, INPUTS(w), turned);
    w = turned;
  }
  made_op *op = add_op(&m, deep ? 4 : 3, INPUTS(0, w, b), y);
  const unsigned shift = deep ? 1 : 0;
  const made_option options[] = {{0, 'b', conv.padding},
                                 {1, 'i', conv.stride_w},
                                 {2, 'i', conv.stride_h},
                                 {3 + shift, 'b', conv.activation},
                                 {4 + shift, 'i', conv.dilation_w},
                                 {5 + shift, 'i', conv.dilation_h}};
  memcpy(op->option, options, sizeof options);
  end(&m, y);
  check(&m, conv_reference);
}

static void convolutions(void **state) {
  (void)state;
  for (int i = 0; i < 64; i++) {
    conv.padding = i & 1;
    conv.stride_w = 1 + (i >> 1 & 1);
    conv.stride_h = 1 + (i >> 2 & 1);
    conv.dilation_w = i == 9 || i == 8 ? 2 : 1;
    conv.dilation_h = i == 9 || i == 8 ? 3 : 1;
    conv.kernel_h = 1 + i % 3;
    conv.kernel_w = 3 - i % 2;
    conv.activation = i % 5;
    const enum weights how = (enum weights)(i / 5 % WEIGHT_KINDS);
    check_conv(false, 6, i % 3 == 0 ? 2 : 4, how);
    check_conv(true, i % 3 == 0 ? 8 : 4, 1, how);
  }
}

/* A PAD before a VALID convolution, as Keras writes the first layers of MobileNets. */
static void padding_before_a_convolution(void **state) {
  (void)state;
  static const int32_t by[] = {0, 0, 1, 1, 0, 2, 0, 0};
  static float weights[3 * 3 * 4 * 5];
  maker m = lnti_made_begin(DIMS(1, 6, 6, 4));
  memset(&conv, 0, sizeof conv);
  lnti_made_random(weights, sizeof weights / sizeof *weights, 9);
  int32_t pads = add_constant(&m, "pads", I32, DIMS(4, 2), by, sizeof by);
  int32_t padded = add_tensor(&m, "padded", F32, DIMS(1, 8, 8, 4)), sum = add_tensor(&m, "y", F32, DIMS(1, 6, 6, 5));
  int32_t w = add_constant(&m, "w", F32, DIMS(5, 3, 3, 4), weights, sizeof weights);
  add_op(&m, 34, INPUTS(0, pads), padded);
  made_op *op = add_op(&m, 3, INPUTS(padded, w), sum);
  const made_option options[] = {{0, 'b', 1}, {1, 'i', 1}, {2, 'i', 1}};
  memcpy(op->option, options, sizeof options);
  end(&m, sum);
  static float x[6 * 6 * 4], y[6 * 6 * 5], larger[8 * 8 * 4];
  lnti_made_random(x, sizeof x / sizeof *x, 1);
  lnti_made_run(y, &m, x, 1, false);
  for (int i = 0; i < 6; i++) memcpy(larger + ((i + 1) * 8) * 4, x + i * 6 * 4, 6 * 4 * sizeof *x);
  for (int i = 0; i < 6 * 6 * 5; i++) {
    int o = i % 5, column = i / 5 % 6, row = i / 30;
    double wanted = 0;
    for (int k = 0; k < 36; k++) {
      int a = k / 12, b = k / 4 % 3, c = k % 4;
      wanted += (double)larger[((row + a) * 8 + column + b) * 4 + c] * (double)weights[((o * 3 + a) * 3 + b) * 4 + c];
    }
    assert_true(fabs(wanted - (double)y[i]) < 1e-4);
  }
}

static void pool_reference(float *y, const float *x, const maker *m) {
  const made_tensor *in = &m->tensor[m->input[0]], *out = &m->tensor[m->output[0]];
  const int h = in->dim[1], w = in->dim[2], c = in->dim[3];
  const int top = padding_before(h, conv.kernel_h, conv.stride_h, 1);
  const int left = padding_before(w, conv.kernel_w, conv.stride_w, 1);
  for (int i = 0; i < out->dim[1] * out->dim[2] * c; i++) {
    int k = i % c, column = i / c % out->dim[2], row = i / c / out->dim[2], n = 0;
    double sum = 0, most = -INFINITY;
    for (int a = row * conv.stride_h - top; a < row * conv.stride_h - top + conv.kernel_h; a++) {
      for (int b = column * conv.stride_w - left; b < column * conv.stride_w - left + conv.kernel_w; b++) {
        if (a < 0 || a >= h || b < 0 || b >= w) continue;
        double v = (double)x[(a * w + b) * c + k];
        sum += v;
        most = fmax(most, v);
        n++;
      }
    }
    y[i] = lnti_activate((float)(conv.average ? sum / n : most), conv.activation);
  }
}

static void pools(void **state) {
  (void)state;
  for (int i = 0; i < 16; i++) {
    conv.padding = i & 1;
    conv.average = i >> 1 & 1;
    conv.stride_w = conv.stride_h = 1 + (i >> 2 & 1);
    conv.kernel_h = i & 8 ? 2 : 3;
    conv.kernel_w = i & 8 ? 6 : 2;
    conv.activation = i % 4;
    maker m = lnti_made_begin(DIMS(1, 7, 6, 3));
    int32_t y = add_tensor(
        &m, "y", F32,
        DIMS(1, out_length(7, conv.kernel_h, conv.stride_h, 1), out_length(6, conv.kernel_w, conv.stride_w, 1), 3));
    made_op *op = add_op(&m, conv.average ? 1 : 17, INPUTS(0), y);
    const made_option options[] = {{0, 'b', conv.padding},  {1, 'i', conv.stride_w}, {2, 'i', conv.stride_h},
                                   {3, 'i', conv.kernel_w}, {4, 'i', conv.kernel_h}, {5, 'b', conv.activation}};
    memcpy(op->option, options, sizeof options);
    end(&m, y);
    check(&m, pool_reference);
  }
}

/* ---- matrices ---- */

static float matrix[256], row_bias[16];

static void dense_reference(float *y, const float *x, const maker *m) {
  const made_op *op = &m->op[m->n_ops - 1];
  const made_tensor *w = &m->tensor[op->input[1]];
  size_t units = (size_t)w->dim[0], k = (size_t)w->dim[1], rows = lnti_made_count(&m->tensor[m->input[0]]) / k;
  for (size_t i = 0; i < rows * units; i++) {
    double sum = op->n_inputs > 2 ? (double)row_bias[i % units] : 0;
    for (size_t j = 0; j < k; j++) sum += (double)x[i / units * k + j] * (double)matrix[i % units * k + j];
    y[i] = lnti_activate((float)sum, lnti_made_activation(op, 0));
  }
}

static void fully_connected(void **state) {
  (void)state;
  lnti_made_random(matrix, 256, 2);
  lnti_made_random(row_bias, 16, 4);
  /* All of an image, in the order of the file; rows of a matrix; one row. */
  static const int32_t shapes[][5] = {{1, 2, 3, 4, -1}, {1, 5, 24, -1}, {1, 24, -1}};
  static const int32_t made[][4] = {{1, 5, -1}, {1, 5, 5, -1}, {1, 5, -1}};
  for (int i = 0; i < 6; i++) {
    maker m = lnti_made_begin(shapes[i % 3]);
    int32_t w = add_constant(&m, "w", F32, DIMS(5, 24), matrix, sizeof(float) * 120);
    int32_t b = add_constant(&m, "b", F32, DIMS(5), row_bias, sizeof(float) * 5);
    int32_t y = add_tensor(&m, "y", F32, made[i % 3]);
    made_op *op = i < 3 ? add_op(&m, 9, INPUTS(0, w, b), y) : add_op(&m, 9, INPUTS(0, w), y);
    op->option[0] = (made_option){0, 'b', i % 4};
    op->option[1] = (made_option){2, 'b', i % 3 == 1};
    end(&m, y);
    check(&m, dense_reference);
  }
}

/* x [5,4] by itself turned, and by a constant [4,6]. */
static void squares_reference(float *y, const float *x, const maker *m) {
  (void)m;
  for (int i = 0; i < 25; i++) {
    double sum = 0;
    for (int k = 0; k < 4; k++) sum += (double)x[i / 5 * 4 + k] * (double)x[i % 5 * 4 + k];
    y[i] = (float)sum;
  }
}

static void product_reference(float *y, const float *x, const maker *m) {
  (void)m;
  for (int i = 0; i < 30; i++) {
    double sum = 0;
    for (int k = 0; k < 4; k++) sum += (double)x[i / 6 * 4 + k] * (double)matrix[k * 6 + i % 6];
    y[i] = (float)sum;
  }
}

static void batch_matmul(void **state) {
  (void)state;
  lnti_made_random(matrix, 256, 2);
  maker m = lnti_made_begin(DIMS(1, 5, 4));
  int32_t y = add_tensor(&m, "y", F32, DIMS(1, 5, 5));
  add_op(&m, 126, INPUTS(0, 0), y)->option[0] = (made_option){1, 'b', 1};
  end(&m, y);
  check(&m, squares_reference);
  m = lnti_made_begin(DIMS(1, 5, 4));
  int32_t w = add_constant(&m, "w", F32, DIMS(4, 6), matrix, sizeof(float) * 24);
  y = add_tensor(&m, "y", F32, DIMS(1, 5, 6));
  add_op(&m, 126, INPUTS(0, w), y);
  end(&m, y);
  check(&m, product_reference);
}

/* ---- sizes of planes ---- */

static bool corners, half, linear;

static float at_clamped(const float *x, int row, int column, int c) {
  row = row < 0 ? 0 : row > 3 ? 3 : row;
  column = column < 0 ? 0 : column > 2 ? 2 : column;
  return x[(row * 3 + column) * 2 + c];
}

static double coordinate(int i, int from, int to) {
  if (corners) return (double)i * (from - 1) / (to - 1);
  if (half && linear) return (i + 0.5) * from / to - 0.5;
  return half ? (i + 0.5) * from / to : (double)i * from / to;
}

static void resize_reference(float *y, const float *x, const maker *m) {
  const int h = m->tensor[m->output[0]].dim[1], w = m->tensor[m->output[0]].dim[2];
  for (int i = 0; i < h * w * 2; i++) {
    double r = coordinate(i / 2 / w, 4, h), c = coordinate(i / 2 % w, 3, w);
    int k = i % 2;
    if (!linear) {
      y[i] = corners ? at_clamped(x, (int)floor(r + 0.5), (int)floor(c + 0.5), k)
                     : at_clamped(x, (int)floor(r), (int)floor(c), k);
      continue;
    }
    if (half) r = fmax(r, 0), c = fmax(c, 0);
    int a = (int)floor(r), b = (int)floor(c);
    double u = r - a, v = c - b;
    y[i] = (float)((1 - u) * ((1 - v) * (double)at_clamped(x, a, b, k) + v * (double)at_clamped(x, a, b + 1, k)) +
                   u * ((1 - v) * (double)at_clamped(x, a + 1, b, k) + v * (double)at_clamped(x, a + 1, b + 1, k)));
  }
}

static void resizes(void **state) {
  (void)state;
  static const int32_t sizes[][2] = {{8, 6}, {7, 5}, {2, 2}};
  for (int i = 0; i < 18; i++) {
    const int32_t *size = sizes[i % 3];
    linear = i % 2;
    corners = i / 6 == 1;
    half = i / 6 == 2;
    maker m = lnti_made_begin(DIMS(1, 4, 3, 2));
    int32_t s = add_constant(&m, "size", I32, DIMS(2), size, 8);
    int32_t y = add_tensor(&m, "y", F32, DIMS(1, size[0], size[1], 2));
    made_op *op = add_op(&m, linear ? 23 : 97, INPUTS(0, s), y);
    op->option[0] = (made_option){linear ? 2 : 0, 'b', corners};
    op->option[1] = (made_option){linear ? 3 : 1, 'b', half};
    end(&m, y);
    check(&m, resize_reference);
  }
}

/* x [4,2,4] and [2,1,16]: blocks of 2. */
static int to_depth(int i) {
  int row = i / 16, block = i / 4 % 4, c = i % 4;
  return ((row * 2 + block / 2) * 2 + block % 2) * 4 + c;
}

static int as_it_is(int i) {
  return i;
}

static void blocks(void **state) {
  (void)state;
  maker m = lnti_made_begin(DIMS(1, 4, 2, 4));
  int32_t deep = add_tensor(&m, "deep", F32, DIMS(1, 2, 1, 16)), y = add_tensor(&m, "y", F32, DIMS(1, 4, 2, 4));
  add_op(&m, 26, INPUTS(0), deep)->option[0] = (made_option){0, 'i', 2};
  end(&m, deep);
  lnti_source_of = to_depth;
  check(&m, lnti_source_reference);
  add_op(&m, 5, INPUTS(deep), y)->option[0] = (made_option){0, 'i', 2};
  end(&m, y);
  lnti_source_of = as_it_is;
  check(&m, lnti_source_reference);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(convolutions), cmocka_unit_test(padding_before_a_convolution),
                                     cmocka_unit_test(pools),        cmocka_unit_test(fully_connected),
                                     cmocka_unit_test(batch_matmul), cmocka_unit_test(resizes),
                                     cmocka_unit_test(blocks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
