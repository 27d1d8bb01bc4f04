/*
 * Networks with random weights, as ONNX. Architectures: K. He and others, Deep residual learning for image recognition, 2016 (ResNet);
 * M. Sandler and others, MobileNetV2, 2018; A. Howard and others, Searching for MobileNetV3, 2019; M. Tan and Q. Le,
 * EfficientNet, 2019; Z. Liu and others, A ConvNet for the 2020s, 2022 (ConvNeXt); A. Dosovitskiy and others, An image is worth 16x16
 * words, 2021 (ViT).
 *
 * Weights are uniform, of the variance that keeps a layer's output as large as its input, and smaller at the end of each
 * branch that is added, so that numbers neither grow nor vanish over fifty layers.
 */
#include "networks.h"

#include "onnx_maker.h"

#include <math.h>

typedef struct maker {
  message graph;
  uint64_t rng;
  unsigned n, n_swishes; /* values named so far; not to be drawn from: arguments are evaluated in any order */
  bool small;
  size_t n_classes;
} maker;

typedef unsigned value;

static void name_of(char name[16], value v) {
  snprintf(name, 16, "v%u", v % 1000000);
}

/* ---- weights ---- */

/* D. Lehmer's generator modulo 2^64, its upper half: in [-1,1). */
static float draw(maker *m) {
  m->rng = m->rng * 6364136223846793005u + 1442695040888963407u;
  return (float)(int32_t)(m->rng >> 32) * (1.0f / 2147483648.0f);
}

static value raw_constant(maker *m, unsigned type, const uint64_t *dims, size_t rank, const void *data, size_t bytes) {
  char name[16];
  value v = m->n++;
  name_of(name, v);
  put_message(&m->graph, 5, make_tensor(name, type, dims, rank, data, bytes));
  return v;
}

/* Numbers within `reach` of `middle`; dims end with a 0. */
static value weights(maker *m, const uint64_t *dims, float middle, float reach) {
  size_t rank = 0, n = 1;
  for (; dims[rank]; rank++) n *= (size_t)dims[rank];
  float *data = malloc(n * sizeof *data);
  if (!data) abort();
  for (size_t i = 0; i < n; i++) data[i] = middle + reach * draw(m);
  value v = raw_constant(m, 1, dims, rank, data, n * sizeof *data);
  free(data);
  return v;
}

static value number(maker *m, float x) {
  return raw_constant(m, 1, NULL, 0, &x, sizeof x);
}

static value integers(maker *m, const int64_t *list, size_t n) {
  const uint64_t dims[] = {n};
  return raw_constant(m, 7, dims, 1, list, n * sizeof *list);
}

/* ---- nodes ---- */

static void put_float(message *m, unsigned field, float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  put_varint(m, field << 3 | 5);
  for (int i = 0; i < 4; i++) put_byte(m, (uint8_t)(bits >> 8 * i));
}

static message attribute_int(const char *name, int64_t x) {
  message a = {0};
  put_text(&a, 1, name);
  put_number(&a, 3, (uint64_t)x);
  put_number(&a, 20, 2);
  return a;
}

static message attribute_float(const char *name, float x) {
  message a = {0};
  put_text(&a, 1, name);
  put_float(&a, 2, x);
  put_number(&a, 20, 1);
  return a;
}

static message attribute_ints(const char *name, const int64_t *list, size_t n) {
  message a = {0};
  put_text(&a, 1, name);
  for (size_t i = 0; i < n; i++) put_number(&a, 8, (uint64_t)list[i]);
  put_number(&a, 20, 7);
  return a;
}

#define NONE UINT32_MAX

/* A node of up to five inputs (NONE ends them); its attributes are freed. */
static value node(maker *m, const char *op, const value input[5], message *attribute, size_t n_attributes) {
  char inputs[100] = "", name[16];
  value out = m->n++;
  for (size_t k = 0, used = 0; k < 5 && input[k] != NONE; k++) {
    name_of(name, input[k]);
    used += (size_t)snprintf(inputs + used, sizeof inputs - used, "%s%s", k ? " " : "", name);
  }
  name_of(name, out);
  message n = make_node(op, inputs, name);
  for (size_t k = 0; k < n_attributes; k++) put_message(&n, 5, attribute[k]);
  put_message(&m->graph, 1, n);
  return out;
}

static value one(maker *m, const char *op, value x) {
  const value in[5] = {x, NONE};
  return node(m, op, in, NULL, 0);
}

static value two(maker *m, const char *op, value x, value y) {
  const value in[5] = {x, y, NONE};
  return node(m, op, in, NULL, 0);
}

static value transpose(maker *m, value x, const int64_t *order, size_t rank) {
  const value in[5] = {x, NONE};
  message perm = attribute_ints("perm", order, rank);
  return node(m, "Transpose", in, &perm, 1);
}

static value gather(maker *m, value x, int64_t index, int64_t axis) {
  const value in[5] = {x, raw_constant(m, 7, NULL, 0, &index, sizeof index), NONE};
  message a = attribute_int("axis", axis);
  return node(m, "Gather", in, &a, 1);
}

static value concat(maker *m, value x, value y, int64_t axis) {
  const value in[5] = {x, y, NONE};
  message a = attribute_int("axis", axis);
  return node(m, "Concat", in, &a, 1);
}

/* ---- layers ---- */

typedef struct convolution {
  size_t in, out, kernel, stride, group;
  float gain; /* of the weights, beside what keeps the variance */
} convolution;

static value conv(maker *m, value x, convolution c) {
  size_t group = c.group ? c.group : 1, fan = c.in / group * c.kernel * c.kernel;
  const int64_t pad = c.kernel == 4 || c.kernel == 16 || c.kernel == 2 ? 0 : (int64_t)c.kernel / 2;
  const int64_t pads[] = {pad, pad, pad, pad}, kernel[] = {(int64_t)c.kernel, (int64_t)c.kernel};
  const int64_t strides[] = {(int64_t)c.stride, (int64_t)c.stride}, ones[] = {1, 1};
  message attributes[] = {attribute_ints("dilations", ones, 2), attribute_int("group", (int64_t)group),
                          attribute_ints("kernel_shape", kernel, 2), attribute_ints("pads", pads, 4),
                          attribute_ints("strides", strides, 2)};
  const uint64_t shape[] = {c.out, c.in / group, c.kernel, c.kernel, 0}, bias[] = {c.out, 0};
  value w = weights(m, shape, 0, (c.gain > 0 ? c.gain : 1) * sqrtf(6.0f / (float)fan));
  const value in[5] = {x, w, weights(m, bias, 0, 0.1f), NONE};
  return node(m, "Conv", in, attributes, 5);
}

static value norm(maker *m, value x, size_t channels) {
  const uint64_t shape[] = {channels, 0};
  value scale = weights(m, shape, 1, 0.2f), shift = weights(m, shape, 0, 0.2f);
  value mean = weights(m, shape, 0, 0.2f), variance = weights(m, shape, 1, 0.2f);
  const value in[5] = {x, scale, shift, mean, variance};
  message epsilon = attribute_float("epsilon", 1e-5f);
  return node(m, "BatchNormalization", in, &epsilon, 1);
}

/* x @ w + b */
static value linear(maker *m, value x, size_t in, size_t out, float gain) {
  const uint64_t shape[] = {in, out, 0}, bias[] = {out, 0};
  value w = weights(m, shape, 0, gain * sqrtf(3.0f / (float)in));
  return two(m, "Add", weights(m, bias, 0, 0.1f), two(m, "MatMul", x, w));
}

static value head(maker *m, value x, size_t in, size_t out) {
  const uint64_t shape[] = {out, in, 0}, bias[] = {out, 0};
  value w = weights(m, shape, 0, sqrtf(3.0f / (float)in));
  const value inputs[5] = {x, w, weights(m, bias, 0, 0.1f), NONE};
  message turned = attribute_int("transB", 1);
  return node(m, "Gemm", inputs, &turned, 1);
}

static value pooled_head(maker *m, value x, size_t in) {
  return head(m, one(m, "Flatten", one(m, "GlobalAveragePool", x)), in, m->n_classes);
}

/* Layer normalisation along the last axis, in its parts. */
static value layer_norm(maker *m, value x, size_t channels) {
  const int64_t last = -1;
  const uint64_t shape[] = {channels, 0};
  message axes = attribute_ints("axes", &last, 1), same = attribute_ints("axes", &last, 1);
  const value in[5] = {x, NONE};
  value d = two(m, "Sub", x, node(m, "ReduceMean", in, &axes, 1));
  const value squares[5] = {two(m, "Pow", d, number(m, 2)), NONE};
  value variance = node(m, "ReduceMean", squares, &same, 1);
  value q = two(m, "Div", d, one(m, "Sqrt", two(m, "Add", variance, number(m, 1e-6f))));
  value scaled = two(m, "Mul", q, weights(m, shape, 1, 0.2f));
  return two(m, "Add", scaled, weights(m, shape, 0, 0.2f));
}

/* GELU in its parts. */
static value gelu(maker *m, value x) {
  value e = two(m, "Add", one(m, "Erf", two(m, "Div", x, number(m, 1.41421354f))), number(m, 1));
  return two(m, "Mul", two(m, "Mul", x, e), number(m, 0.5f));
}

static value clip6(maker *m, value x) {
  const value in[5] = {x, number(m, 0), number(m, 6), NONE};
  return node(m, "Clip", in, NULL, 0);
}

static value hard_sigmoid(maker *m, value x) {
  const value in[5] = {x, NONE};
  message slope[] = {attribute_float("alpha", 1.0f / 6), attribute_float("beta", 0.5f)};
  return node(m, "HardSigmoid", in, slope, 2);
}

static value silu(maker *m, value x) {
  return two(m, "Mul", x, one(m, "Sigmoid", x));
}

static size_t wide(const maker *m, size_t channels) {
  return m->small ? (channels + 7) / 8 * 2 : channels;
}

static size_t deep(const maker *m, size_t blocks) {
  return m->small && blocks > 2 ? 2 : blocks;
}

/* ---- ResNet ---- */

static value normed(maker *m, value x, convolution c, bool active) {
  value y = norm(m, conv(m, x, c), c.out);
  return active ? one(m, "Relu", y) : y;
}

static value resnet(maker *m, value x, const size_t blocks[4], bool bottleneck) {
  size_t in = wide(m, 64), last = in;
  const int64_t kernel[] = {3, 3}, stride[] = {2, 2}, pads[] = {1, 1, 1, 1};
  x = normed(m, x, (convolution){3, in, 7, 2, 1, 1}, true);
  message pool[] = {attribute_ints("kernel_shape", kernel, 2), attribute_ints("pads", pads, 4),
                    attribute_ints("strides", stride, 2)};
  const value pooled[5] = {x, NONE};
  x = node(m, "MaxPool", pooled, pool, 3);
  for (size_t s = 0; s < 4; s++) {
    size_t width = wide(m, (size_t)64 << s), out = bottleneck ? 4 * width : width;
    for (size_t b = 0; b < deep(m, blocks[s]); b++) {
      size_t step = s > 0 && b == 0 ? 2 : 1;
      value y = x;
      if (bottleneck) {
        y = normed(m, y, (convolution){last, width, 1, 1, 1, 1}, true);
        y = normed(m, y, (convolution){width, width, 3, step, 1, 1}, true);
        y = normed(m, y, (convolution){width, out, 1, 1, 1, 0.3f}, false);
      } else {
        y = normed(m, y, (convolution){last, width, 3, step, 1, 1}, true);
        y = normed(m, y, (convolution){width, out, 3, 1, 1, 0.3f}, false);
      }
      if (last != out || step != 1) x = normed(m, x, (convolution){last, out, 1, step, 1, 0.7f}, false);
      x = one(m, "Relu", two(m, "Add", y, x));
      last = out;
    }
  }
  return pooled_head(m, x, last);
}

static value resnet18(maker *m, value x) {
  static const size_t blocks[] = {2, 2, 2, 2};
  return resnet(m, x, blocks, false);
}

static value resnet50(maker *m, value x) {
  static const size_t blocks[] = {3, 4, 6, 3};
  return resnet(m, x, blocks, true);
}

/* ---- MobileNets and EfficientNet: a wider middle, a depthwise convolution, and back ---- */

typedef struct inverted {
  size_t kernel, middle, out, stride, squeezed; /* squeezed: channels of the gate; 0: there is none */
  bool relu;                                    /* else the network's own activation */
} inverted;

static value gate(maker *m, value x, size_t channels, size_t squeezed, bool hard) {
  value g = conv(m, one(m, "GlobalAveragePool", x), (convolution){channels, squeezed, 1, 1, 1, 1});
  g = conv(m, hard ? one(m, "Relu", g) : silu(m, g), (convolution){squeezed, channels, 1, 1, 1, 1});
  return two(m, "Mul", hard ? hard_sigmoid(m, g) : one(m, "Sigmoid", g), x);
}

static value mobile_net_v2(maker *m, value x) {
  static const size_t rows[][4] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                   {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  size_t last = wide(m, 32), end = wide(m, 1280);
  x = clip6(m, conv(m, x, (convolution){3, last, 3, 2, 1, 1}));
  for (size_t r = 0; r < 7; r++) {
    for (size_t b = 0; b < deep(m, rows[r][2]); b++) {
      size_t middle = last * rows[r][0], out = wide(m, rows[r][1]), stride = b == 0 ? rows[r][3] : 1;
      value y = x;
      if (rows[r][0] > 1) y = clip6(m, conv(m, y, (convolution){last, middle, 1, 1, 1, 1}));
      y = clip6(m, conv(m, y, (convolution){middle, middle, 3, stride, middle, 1}));
      y = conv(m, y, (convolution){middle, out, 1, 1, 1, last == out ? 0.4f : 0.7f});
      x = last == out && stride == 1 ? two(m, "Add", x, y) : y;
      last = out;
    }
  }
  x = clip6(m, conv(m, x, (convolution){last, end, 1, 1, 1, 1}));
  return pooled_head(m, x, end);
}

/* Hardswish in parts before the operator was there: every other one. */
static value hard_swish(maker *m, value x) {
  return m->n_swishes++ % 2 ? one(m, "HardSwish", x) : two(m, "Mul", x, hard_sigmoid(m, x));
}

static value mobile_net_v3(maker *m, value x) {
  static const inverted rows[] = {
      {3, 16, 16, 1, 0, true},      {3, 64, 24, 2, 0, true},      {3, 72, 24, 1, 0, true},
      {5, 72, 40, 2, 24, true},     {5, 120, 40, 1, 32, true},    {5, 120, 40, 1, 32, true},
      {3, 240, 80, 2, 0, false},    {3, 200, 80, 1, 0, false},    {3, 184, 80, 1, 0, false},
      {3, 184, 80, 1, 0, false},    {3, 480, 112, 1, 120, false}, {3, 672, 112, 1, 168, false},
      {5, 672, 160, 2, 168, false}, {5, 960, 160, 1, 240, false}, {5, 960, 160, 1, 240, false}};
  size_t last = wide(m, 16), end = wide(m, 960);
  x = hard_swish(m, conv(m, x, (convolution){3, last, 3, 2, 1, 1}));
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    const inverted *i = &rows[r];
    size_t middle = wide(m, i->middle), out = wide(m, i->out);
    value y = x;
    if (middle != last) {
      y = conv(m, y, (convolution){last, middle, 1, 1, 1, 1});
      y = i->relu ? one(m, "Relu", y) : hard_swish(m, y);
    }
    y = conv(m, y, (convolution){middle, middle, i->kernel, i->stride, middle, 1});
    y = i->relu ? one(m, "Relu", y) : hard_swish(m, y);
    if (i->squeezed) y = gate(m, y, middle, wide(m, i->squeezed), true);
    y = conv(m, y, (convolution){middle, out, 1, 1, 1, i->squeezed ? 1.1f : 0.7f}); /* gates halve */
    x = last == out && i->stride == 1 ? two(m, "Add", x, y) : y;
    last = out;
  }
  x = one(m, "GlobalAveragePool", hard_swish(m, conv(m, x, (convolution){last, end, 1, 1, 1, 1})));
  x = hard_swish(m, head(m, one(m, "Flatten", x), end, wide(m, 1280)));
  return head(m, x, wide(m, 1280), m->n_classes);
}

static value efficient_net(maker *m, value x) {
  static const size_t rows[][5] = {{1, 16, 1, 1, 3},  {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5}, {6, 80, 3, 2, 3},
                                   {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3}};
  size_t last = wide(m, 32), end = wide(m, 1280);
  x = silu(m, norm(m, conv(m, x, (convolution){3, last, 3, 2, 1, 1}), last));
  for (size_t r = 0; r < 7; r++) {
    for (size_t b = 0; b < deep(m, rows[r][2]); b++) {
      size_t middle = last * rows[r][0], out = wide(m, rows[r][1]), stride = b == 0 ? rows[r][3] : 1;
      value y = x;
      if (rows[r][0] > 1) y = silu(m, norm(m, conv(m, y, (convolution){last, middle, 1, 1, 1, 1}), middle));
      y = silu(m, norm(m, conv(m, y, (convolution){middle, middle, rows[r][4], stride, middle, 1}), middle));
      y = gate(m, y, middle, last >= 4 ? last / 4 : 1, false);
      y = norm(m, conv(m, y, (convolution){middle, out, 1, 1, 1, last == out ? 0.7f : 2.2f}),
               out); /* gates halve, SiLU too */
      x = last == out && stride == 1 ? two(m, "Add", y, x) : y;
      last = out;
    }
  }
  x = silu(m, norm(m, conv(m, x, (convolution){last, end, 1, 1, 1, 1}), end));
  return pooled_head(m, x, end);
}

/* ---- ConvNeXt, ViT ---- */

static const int64_t channels_last[] = {0, 2, 3, 1}, channels_first[] = {0, 3, 1, 2};

static value plane_norm(maker *m, value x, size_t channels) {
  return transpose(m, layer_norm(m, transpose(m, x, channels_last, 4), channels), channels_first, 4);
}

static value conv_next(maker *m, value x) {
  static const size_t blocks[] = {3, 3, 9, 3};
  size_t width = wide(m, 96);
  x = plane_norm(m, conv(m, x, (convolution){3, width, 4, 4, 1, 1}), width);
  for (size_t s = 0; s < 4; s++) {
    if (s > 0) x = conv(m, plane_norm(m, x, width), (convolution){width, 2 * width, 2, 2, 1, 0.7f});
    if (s > 0) width *= 2;
    for (size_t b = 0; b < deep(m, blocks[s]); b++) {
      const uint64_t scale[] = {width, 1, 1, 0};
      value y = transpose(m, conv(m, x, (convolution){width, width, 7, 1, width, 0.7f}), channels_last, 4);
      y = gelu(m, linear(m, layer_norm(m, y, width), width, 4 * width, 1));
      y = transpose(m, linear(m, y, 4 * width, width, 1), channels_first, 4);
      x = two(m, "Add", two(m, "Mul", weights(m, scale, 0.3f, 0.1f), y), x);
    }
  }
  value pooled = plane_norm(m, one(m, "GlobalAveragePool", x), width);
  return head(m, one(m, "Flatten", pooled), width, m->n_classes);
}

static value attention(maker *m, value x, size_t width, size_t heads) {
  static const int64_t parts_first[] = {2, 0, 3, 1, 4}, turned[] = {0, 1, 3, 2}, heads_inside[] = {0, 2, 1, 3};
  const int64_t cut[] = {0, 0, 3, (int64_t)heads, (int64_t)(width / heads)}, whole[] = {0, 0, (int64_t)width};
  value parts = two(m, "Reshape", linear(m, x, width, 3 * width, 1), integers(m, cut, 5));
  parts = transpose(m, parts, parts_first, 5);
  value q = gather(m, parts, 0, 0), k = gather(m, parts, 1, 0), v = gather(m, parts, 2, 0);
  value product = two(m, "MatMul", q, transpose(m, k, turned, 4));
  const size_t each = width / heads;
  const value scaled[5] = {two(m, "Mul", product, number(m, 1 / sqrtf((float)each))), NONE};
  message axis = attribute_int("axis", -1);
  value mixed = two(m, "MatMul", node(m, "Softmax", scaled, &axis, 1), v);
  return linear(m, two(m, "Reshape", transpose(m, mixed, heads_inside, 4), integers(m, whole, 3)), width, width, 0.5f);
}

/* The class token, repeated for every sample: as often as the input's shape says. */
static value class_tokens(maker *m, value x, size_t width) {
  static const int64_t zero = 0;
  const int64_t rest[] = {1, (int64_t)width};
  const uint64_t shape[] = {1, 1, width, 0};
  value n = two(m, "Unsqueeze", gather(m, one(m, "Shape", x), 0, 0), integers(m, &zero, 1));
  return two(m, "Expand", weights(m, shape, 0, 1), concat(m, n, integers(m, rest, 2), 0));
}

static value vit(maker *m, value x, size_t side) {
  static const int64_t rows[] = {0, 2, 1};
  size_t width = wide(m, 768), heads = m->small ? 4 : 12, n = side / 16 * (side / 16);
  const int64_t flat[] = {0, (int64_t)width, -1};
  const uint64_t places[] = {1, n + 1, width, 0};
  value patches = conv(m, x, (convolution){3, width, 16, 16, 1, 1});
  patches = transpose(m, two(m, "Reshape", patches, integers(m, flat, 3)), rows, 3);
  value y = concat(m, class_tokens(m, x, width), patches, 1);
  y = two(m, "Add", y, weights(m, places, 0, 0.5f));
  for (size_t b = 0; b < deep(m, 12); b++) {
    y = two(m, "Add", attention(m, layer_norm(m, y, width), width, heads), y);
    value h = gelu(m, linear(m, layer_norm(m, y, width), width, 4 * width, 1));
    y = two(m, "Add", y, linear(m, h, 4 * width, width, 0.5f));
  }
  return head(m, gather(m, layer_norm(m, y, width), 0, 1), width, m->n_classes);
}

/* ---- files ---- */

const char *const lnti_network_names[] = {"resnet18",        "resnet50",      "mobilenet_v2", "mobilenet_v3_large",
                                          "efficientnet_b0", "convnext_tiny", "vit_b_16",     NULL};

static value body(maker *m, const lnti_network *network, value x) {
  static value (*const plain[])(maker *, value) = {resnet18,      resnet50,      mobile_net_v2,
                                                   mobile_net_v3, efficient_net, conv_next};
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    if (strcmp(network->name, lnti_network_names[i]) == 0) return plain[i](m, x);
  }
  return strcmp(network->name, "vit_b_16") == 0 ? vit(m, x, network->side) : NONE;
}

/* ValueInfoProto of f32 [n, dims...]; no dims: of any shape. */
static message typed(value v, const uint64_t *dims, size_t n) {
  char name[16];
  message shape = {0}, first = {0}, tensor = {0}, type = {0};
  name_of(name, v);
  message info = make_value(name);
  put_number(&tensor, 1, 1);
  if (n > 0) {
    put_text(&first, 2, "n");
    put_message(&shape, 1, first);
    for (size_t i = 0; i < n; i++) {
      message dim = {0};
      put_number(&dim, 1, dims[i]);
      put_message(&shape, 1, dim);
    }
    put_message(&tensor, 2, shape);
  }
  put_message(&type, 1, tensor);
  put_message(&info, 2, type);
  return info;
}

uint8_t *lnti_network_make(size_t *bytes_out, const lnti_network *network) {
  maker m = {.rng = 20240229, .n = 1, .small = network->small, .n_classes = network->n_classes};
  const uint64_t input[] = {3, network->side, network->side}, output[] = {network->n_classes};
  value out = body(&m, network, 0);
  if (out == NONE) {
    free(m.graph.data);
    return NULL;
  }
  put_text(&m.graph, 2, network->name);
  put_message(&m.graph, 11, typed(0, input, 3));
  put_message(&m.graph, 12, typed(out, output, 1));
  message model = make_model(m.graph, 14);
  *bytes_out = model.n;
  return model.data;
}

void lnti_network_input(float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = ((float)((i * 7 + i / 1009) % 256) - 128) / 128;
}
