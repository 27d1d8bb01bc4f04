/**
 * @file tflite_internal.h
 * What the files that read TensorFlow Lite share: tflite_read.c walks the file and calls, operator by operator, a function of
 * tflite_window.c, tflite_shape.c or tflite_math.c, which adds ONNX' nodes by what stands here (tflite_build.c).
 */
#ifndef LNTI_GRAPH_TFLITE_INTERNAL_H
#define LNTI_GRAPH_TFLITE_INTERNAL_H

#include <graph/flat.h>
#include <graph/tflite.h>

/** Element types (TensorType). */
enum {
  LNTI_TFLITE_F32 = 0,
  LNTI_TFLITE_F16 = 1,
  LNTI_TFLITE_I32 = 2,
  LNTI_TFLITE_U8 = 3,
  LNTI_TFLITE_I64 = 4,
  LNTI_TFLITE_BOOL = 6,
  LNTI_TFLITE_I16 = 7,
  LNTI_TFLITE_I8 = 9,
  LNTI_TFLITE_F64 = 10
};

/** Fused activations (ActivationFunctionType). */
enum {
  LNTI_TFLITE_NONE = 0,
  LNTI_TFLITE_RELU = 1,
  LNTI_TFLITE_RELU_N1_TO_1 = 2,
  LNTI_TFLITE_RELU6 = 3,
  LNTI_TFLITE_TANH = 4
};

/** Operators (BuiltinOperator) that share a function with others and are told apart there. */
enum {
  LNTI_TFLITE_DEPTHWISE_CONV_2D = 4,
  LNTI_TFLITE_SQUARE = 92,
  LNTI_TFLITE_RSQRT = 76,
  LNTI_TFLITE_SQUARED_DIFFERENCE = 99,
  LNTI_TFLITE_NOT_EQUAL = 72,
  LNTI_TFLITE_RELU_0_TO_1 = 152,
  LNTI_TFLITE_LEAKY_RELU = 98,
  LNTI_TFLITE_GELU = 150,
  LNTI_TFLITE_SPLIT = 49,
  LNTI_TFLITE_RESIZE_BILINEAR = 23,
  LNTI_TFLITE_MIRROR_PAD = 100,
  LNTI_TFLITE_FILL = 94,
  LNTI_TFLITE_TILE = 69
};

/** How the elements of a tensor lie in the graph. Each is made when it is first asked for. */
typedef enum lnti_tflite_form {
  LNTI_TFLITE_FLAT,  /**< as in the file */
  LNTI_TFLITE_PLANE, /**< [n,h,w,c] as [n,c,h,w]; weights [o,h,w,i] as [o,i,h,w] */
  LNTI_TFLITE_DEPTH, /**< weights of a depthwise convolution, [1,h,w,c] as [c,1,h,w] */
  LNTI_TFLITE_FORMS
} lnti_tflite_form;

typedef struct lnti_tflite_tensor {
  lnti_flat_table table;
  lnti_shape shape; /**< of one sample */
  int type;
  const uint8_t *data; /**< of a constant, in the file; NULL: no constant */
  size_t bytes;
  lnti_flat_list scale, zero; /**< n 0: not quantised; more than one: along dimension `axis` */
  size_t axis;
  uint32_t value[LNTI_TFLITE_FORMS]; /**< of the graph, or LNTI_NO_VALUE */
  bool made;                         /**< by an operator, or given */
  bool batched;      /**< dimension 0 holds the samples, or what each sample has of them one after another */
  uint32_t unpadded; /**< made by a PAD of zeros of this one's planes, or LNTI_NO_VALUE */
  int64_t pads[4];   /**< top, left, bottom, right */
} lnti_tflite_tensor;

typedef struct lnti_tflite lnti_tflite;

typedef struct lnti_tflite_operator {
  unsigned code; /**< BuiltinOperator */
  lnt_status (*translate)(lnti_tflite *r, lnt_error *err);
  const char *onnx; /**< where it is one operator of ONNX: which */
  unsigned char least_inputs, most_inputs, most_outputs;
  unsigned char fused; /**< where it may have a fused activation: 1 + the number of that field */
} lnti_tflite_operator;

enum { LNTI_TFLITE_MANY = 255, LNTI_TFLITE_NUMBERS = 16 };

/** The reading of one file, at one operator. */
struct lnti_tflite {
  lnti_graph *graph;
  lnti_flat *file;
  lnti_tflite_tensor *tensor;
  size_t n_tensors;
  const lnti_tflite_operator *op;
  char label[96]; /**< "CONV_2D 17" */
  lnti_flat_table options;
  lnti_flat_list inputs, outputs; /**< numbers of tensors, checked; -1: left out */
  bool mixes_samples;             /**< found out: an operator works along the dimension that holds the samples */
  bool one_sample;                /**< so that the graph is built for one */
  bool same_for_all; /**< said by an operator: what it makes does not depend on how many samples there are */
  struct {
    float number;
    uint32_t value;
  } numbers[LNTI_TFLITE_NUMBERS];
  size_t n_numbers;
};

/* ---- tflite_tensor.c ---- */

/** Reads what the file says of tensor i. LNT_EDATA, LNT_ELIMIT, LNT_EUNSUPPORTED. */
LNT_MUST_CHECK lnt_status lnti_tflite_read_tensor(lnti_tflite *r, size_t i, const lnti_flat_table *table,
                                                  const lnti_flat_list *buffers, lnt_error *err);
/** Bytes of buffer i, borrowed from the file. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_tflite_buffer(const uint8_t **data_out, size_t *bytes_out, lnti_flat *file,
                                             const lnti_flat_list *buffers, uint64_t i, lnt_error *err);
/** The type that a tensor's elements have in the graph: f32 for all that stands for real numbers. LNT_EUNSUPPORTED. */
LNT_MUST_CHECK lnt_status lnti_tflite_kind(lnti_dtype *out, const lnti_tflite_tensor *t, lnt_error *err);
/** A constant of the graph with a constant's elements in a form; real numbers where they are quantised. */
LNT_MUST_CHECK lnt_status lnti_tflite_constant(uint32_t *out, lnti_tflite *r, const lnti_tflite_tensor *t,
                                               lnti_tflite_form form, lnt_error *err);
/** The only scale and zero point of a quantised tensor, false where it has none or several. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_tflite_quantised(bool *out, double *scale, int64_t *zero, const lnti_tflite_tensor *t,
                                                lnt_error *err);
/** "serving_default_input:0", or "tensor 12" where it has no name. */
enum { LNTI_TFLITE_NAME = 256 };
const char *lnti_tflite_name(char out[LNTI_TFLITE_NAME], const lnti_tflite *r, const lnti_tflite_tensor *t);
/** Dimension 0..3 of a tensor [n,h,w,c] as it is numbered in [n,c,h,w]. */
int64_t lnti_tflite_plane_axis(size_t axis);

/* ---- tflite_build.c: for operators ---- */

/** Input or output k of the operator; NULL where it is left out. */
lnti_tflite_tensor *lnti_tflite_input(const lnti_tflite *r, size_t k);
lnti_tflite_tensor *lnti_tflite_output(const lnti_tflite *r, size_t k);
/** Fails with "node CONV_2D 17: ..." */
lnt_status lnti_tflite_fail(const lnti_tflite *r, lnt_error *err, lnt_status status, const char *format, ...)
    LNT_PRINTF(4, 5);

/** The value of a tensor in a form. LNT_EDATA: nothing has made it so far, or it has no planes. */
LNT_MUST_CHECK lnt_status lnti_tflite_take(uint32_t *out, lnti_tflite *r, lnti_tflite_tensor *t, lnti_tflite_form form,
                                           lnt_error *err);
/** PLANE where all inputs from `first` on can be had so, and one is; else FLAT. */
lnti_tflite_form lnti_tflite_common_form(const lnti_tflite *r, size_t first);
/** PLANE where a tensor is there as planes already; else FLAT. */
lnti_tflite_form lnti_tflite_own_form(const lnti_tflite_tensor *t);
/** A new value of output k in a form, by its name. LNT_EDATA: it is there already. */
LNT_MUST_CHECK lnt_status lnti_tflite_give(uint32_t *out, lnti_tflite *r, size_t k, lnti_tflite_form form,
                                           lnt_error *err);
/** Output k is the same as an input. */
LNT_MUST_CHECK lnt_status lnti_tflite_alias(lnti_tflite *r, size_t k, const lnti_tflite_tensor *t, lnt_error *err);

/** Adds ONNX' node `op`; of `node` inputs, outputs and attributes are used. */
LNT_MUST_CHECK lnt_status lnti_tflite_add(lnti_tflite *r, const char *op, const lnti_node *node, lnt_error *err);
/** The same with one new output that has no name. */
LNT_MUST_CHECK lnt_status lnti_tflite_step(uint32_t *out, lnti_tflite *r, const char *op, const lnti_node *node,
                                           lnt_error *err);
/** The same whose output is output 0 of the operator, after its fused activation. */
LNT_MUST_CHECK lnt_status lnti_tflite_make(lnti_tflite *r, const char *op, const lnti_node *node, lnti_tflite_form form,
                                           lnt_error *err);
/** Output 0 as `value`, of form FLAT, in the shape that the file says. */
LNT_MUST_CHECK lnt_status lnti_tflite_make_shaped(lnti_tflite *r, uint32_t value, lnt_error *err);

/** Constants: a list of integers, one number. */
LNT_MUST_CHECK lnt_status lnti_tflite_ints(uint32_t *out, lnti_tflite *r, const int64_t *ints, size_t n,
                                           lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_tflite_number(uint32_t *out, lnti_tflite *r, float number, lnt_error *err);
/** What to reshape to: `shape`, where dimension 0 takes what more samples bring (`batched`). */
LNT_MUST_CHECK lnt_status lnti_tflite_target(uint32_t *out, lnti_tflite *r, const lnti_shape *shape, bool batched,
                                             lnt_error *err);

enum { LNTI_TFLITE_LIST = 64 };
/** The integers of input k, which must be constant; *n_out at most LNTI_TFLITE_LIST. LNT_EDATA, LNT_EUNSUPPORTED. */
LNT_MUST_CHECK lnt_status lnti_tflite_listed(int64_t out[LNTI_TFLITE_LIST], size_t *n_out, const lnti_tflite *r,
                                             size_t k, const char *what, lnt_error *err);
/** Axis `given` of a tensor, counted from the end where negative. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_tflite_axis(size_t *out, const lnti_tflite *r, int64_t given, size_t rank,
                                           lnt_error *err);
/** Notes that samples are mixed where something is done along dimension 0 of a tensor that holds them there. */
void lnti_tflite_along(lnti_tflite *r, const lnti_tflite_tensor *t, size_t axis);
/** Likewise where inputs from `first` on do not broadcast sample by sample. */
void lnti_tflite_check_broadcast(lnti_tflite *r, size_t first);

#define LNTI_TFLITE_INT(key, value) \
  { .name = key, .kind = LNTI_ATTRIBUTE_INT, .i = value }
#define LNTI_TFLITE_FLOAT(key, value) \
  { .name = key, .kind = LNTI_ATTRIBUTE_FLOAT, .f = value }
#define LNTI_TFLITE_TEXT(key, value) \
  { .name = key, .kind = LNTI_ATTRIBUTE_STRING, .s = value }
#define LNTI_TFLITE_INTS(key, list, count) \
  { .name = key, .kind = LNTI_ATTRIBUTE_INTS, .n = count, .ints = list }

/* ---- operators ---- */

/** NULL where it is not known. */
const lnti_tflite_operator *lnti_tflite_operator_find(unsigned code);
/** "CONV_2D"; NULL for numbers that the format does not have. */
const char *lnti_tflite_operator_name(unsigned code);

lnt_status lnti_tflite_conv(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_pool(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_dense(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_pad(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_resize(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_blocks(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_local_norm(lnti_tflite *r, lnt_error *err);

lnt_status lnti_tflite_reshape(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_transpose(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_concat(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_pack(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_unpack(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_split(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_slice(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_strided_slice(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_gather(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_expand(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_shape(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_cast(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_same(lnti_tflite *r, lnt_error *err);

lnt_status lnti_tflite_unary(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_activation(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_elementwise(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_composed(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_softmax(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_reduce(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_arg(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_l2_norm(lnti_tflite *r, lnt_error *err);
lnt_status lnti_tflite_batch_matmul(lnti_tflite *r, lnt_error *err);

/* ---- tflite_metadata.c ---- */

/** What the file says of itself, as metadata of the graph. `input` is the first; NULL: there is none. */
LNT_MUST_CHECK lnt_status lnti_tflite_metadata(lnti_graph *graph, const lnti_flat_table *model,
                                               const lnti_flat_list *buffers, const lnti_tflite_tensor *input,
                                               lnt_error *err);

#endif
