/**
 * @file operator.h
 * The operators that graphs are made of: what each takes and makes, how it is computed. One table per family
 * (op_<family>.c), all in one list (operators.c). Names, inputs and attributes are those of ONNX (ai.onnx,
 * https://onnx.ai/onnx/operators), whatever file a graph was read from; what passes make for themselves is in the domain
 * "linnet".
 */
#ifndef LNTI_GRAPH_OPERATOR_H
#define LNTI_GRAPH_OPERATOR_H

#include <graph/graph.h>

/** One node at work. Shapes are known, and checked (lnti_operator_infer). */
typedef struct lnti_call {
  const lnti_node *node;
  const lnti_tensor *const *input; /**< NULL where left out; in `infer` data are NULL where only running tells */
  lnti_tensor *output;             /**< in `infer` to be described; in `forward` to be filled */
  size_t n_inputs, n_outputs;
  size_t scratch_bytes; /**< set by `infer`: what `forward` wants at `scratch` */
  void *scratch;        /**< 64-byte aligned */
  size_t products;      /**< set by `infer` where inputs and outputs do not bound what `forward` takes; else 0 */
  const lnti_context *context;
} lnti_call;

typedef struct lnti_attribute_rule {
  const char *name;
  lnti_attribute_kind kind;
} lnti_attribute_rule;

/** Sets of element types, for the table. */
#define LNTI_DTYPE_BIT(dtype) (1u << (dtype))
#define LNTI_REALS (LNTI_DTYPE_BIT(LNTI_F32) | LNTI_DTYPE_BIT(LNTI_F16))
#define LNTI_INTEGERS \
  (LNTI_DTYPE_BIT(LNTI_I64) | LNTI_DTYPE_BIT(LNTI_I32) | LNTI_DTYPE_BIT(LNTI_U8) | LNTI_DTYPE_BIT(LNTI_I8))
#define LNTI_NUMBERS (LNTI_REALS | LNTI_INTEGERS)
#define LNTI_ANY_DTYPE (LNTI_NUMBERS | LNTI_DTYPE_BIT(LNTI_BOOL))

struct lnti_operator {
  const char *name;
  const char *domain; /**< "" for ONNX' own */
  unsigned since;     /**< oldest version of the operator set whose form of it is taken */
  unsigned least_inputs, most_inputs, most_outputs;
  uint32_t optional; /**< bit k: input k may be left out though later ones are given */
  uint32_t dtypes;   /**< LNTI_DTYPE_BITs of input 0 */
  uint32_t alike;    /**< bit k: input k has the type of input 0 */
  uint32_t decides;  /**< bit k: the shape of the output depends on input k's elements, which must be constant */
  bool view;         /**< the output has the elements of input 0 in their order: it may share its memory */
  bool blocked;      /**< takes and makes blocked tensors as well, its tensor inputs all alike; 0 stays finite */
  bool of_shape;     /**< the output depends on the shape of its input alone */
  const lnti_attribute_rule *attributes; /**< ended by a NULL name; NULL: none */
  /** From the inputs' types and shapes (and elements where `decides`) the outputs', and the scratch memory. */
  lnt_status (*infer)(lnti_call *call, lnt_error *err);
  /** Computes all outputs. */
  lnt_status (*forward)(lnti_call *call, lnt_error *err);
  /** The same by kernels of the context's CPU level, or `forward` for what they do not do; NULL: there are none. */
  lnt_status (*fast)(lnti_call *call, lnt_error *err);
  /** From the outputs' gradients those of the inputs (NULL entries are not wanted); NULL: not differentiated yet. */
  lnt_status (*backward)(lnti_call *call, const lnti_tensor *const *output_gradient, lnti_tensor *const *input_gradient,
                         lnt_error *err);
  /** Its name in ONNX where that is another, or "" where ONNX cannot say it; NULL: as it is. */
  const char *exported;
};

/** The operator of this name and domain ("" or "ai.onnx"), or NULL. */
const lnti_operator *lnti_operator_find(const char *name, const char *domain);
/** An operator of one element each, of ONNX or of our own. */
const lnti_operator *lnti_activation(const char *name);
/** All of them, ended by NULL families: for listings and tests. */
const lnti_operator *lnti_operator_at(size_t i);
/** That a node's attributes and numbers of inputs and outputs are the operator's: LNT_EUNSUPPORTED, LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_node_check(const lnti_node *node, lnt_error *err);
/** The checks of the table, then the operator's own `infer`, then the caps on its outputs. Errors name the node. */
LNT_MUST_CHECK lnt_status lnti_operator_infer(lnti_call *call, lnt_error *err);

/* ---- for the families ---- */

/** Input k, or NULL where it is left out. */
const lnti_tensor *lnti_call_input(const lnti_call *call, size_t k);
/** Output 0 as input 0 is; for operators that work on each element. */
LNT_MUST_CHECK lnt_status lnti_infer_same(lnti_call *call, lnt_error *err);
/** Describes output k. */
void lnti_call_describe(lnti_call *call, size_t k, lnti_dtype dtype, const lnti_shape *shape);
/** An axis counted from the end where negative; [0,rank), or [0,rank] with `past_end`. LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_axis(size_t *out, const lnti_call *call, int64_t axis, size_t rank, bool past_end,
                                    lnt_error *err);
/** At most LNTI_CALL_INTS integers of input k (i64 or i32, rank 0 or 1), or of the attribute `name` where the input is
 *  not given (older versions have the one, newer the other). *n_out SIZE_MAX: neither is given. */
enum { LNTI_CALL_INTS = 64 };
LNT_MUST_CHECK lnt_status lnti_call_ints(int64_t out[LNTI_CALL_INTS], size_t *n_out, const lnti_call *call, size_t k,
                                         const char *name, lnt_error *err);
/** One number of input k, of any type; `otherwise` where it is left out. */
double lnti_call_number(const lnti_call *call, size_t k, double otherwise);
/** The shape that both have after broadcasting; LNT_EDATA. */
LNT_MUST_CHECK lnt_status lnti_shape_broadcast(lnti_shape *out, const lnti_shape *a, const lnti_shape *b,
                                               const lnti_call *call, lnt_error *err);

/**
 * Loops over the elements of several tensors at once, each stepping with its own stride (0 along dimensions that it is
 * broadcast over). Neighbouring dimensions that all step alike are joined; the innermost is left to the kernel.
 */
enum { LNTI_LOOP_TENSORS = 4 };
typedef struct lnti_loop {
  size_t n_tensors, rank, n_outer;
  size_t dim[LNTI_RANK_MAX];
  size_t stride[LNTI_LOOP_TENSORS][LNTI_RANK_MAX]; /**< in elements */
  size_t inner;                                    /**< elements of one call of the kernel */
} lnti_loop;

/** Over `shape`, of which each of the tensors' shapes broadcasts to. */
void lnti_loop_begin(lnti_loop *loop, const lnti_shape *shape, const lnti_shape *const *shapes, size_t n_tensors);
/** Places of the outer index i: offset_out [n_tensors] in elements. The inner strides are stride[t][rank-1]. */
void lnti_loop_place(size_t *offset_out, const lnti_loop *loop, size_t i);

/** The families, each ended by an entry without a name. */
extern const lnti_operator lnti_operators_unary[], lnti_operators_binary[], lnti_operators_shape[],
    lnti_operators_move[], lnti_operators_reduce[], lnti_operators_norm[], lnti_operators_window[],
    lnti_operators_matrix[], lnti_operators_resize[], lnti_operators_quantize[], lnti_operators_layout[],
    lnti_operators_einsum[];

#endif
