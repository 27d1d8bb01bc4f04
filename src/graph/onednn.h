/**
 * @file onednn.h
 * oneDNN's kernels for the nodes that take most of a network's time. Only the files of this name know the library.
 */
#ifndef LNTI_GRAPH_ONEDNN_H
#define LNTI_GRAPH_ONEDNN_H

#include <graph/operator.h>

typedef struct lnti_onednn lnti_onednn;
typedef struct lnti_primitive lnti_primitive;

/**
 * @param context  its level is that of the process, taken from the first call; kernels run on its pool. Outlives the engine.
 * @return LNT_OK; LNT_EINTERNAL (the library refuses); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_onednn_new(lnti_onednn **out, const lnti_context *context, lnt_error *err);
/** Another with scratch memory of its own, for twins of `of`'s kernels; `of` outlives it. */
LNT_MUST_CHECK lnt_status lnti_onednn_twin(lnti_onednn **out, const lnti_onednn *of, lnt_error *err);
void lnti_onednn_free(lnti_onednn *dnn);
/** Channels of a group, for lnti_graph_lay_out. */
unsigned lnti_onednn_block(const lnti_onednn *dnn);

/** Bytes that its kernels share for what they keep while they run. */
size_t lnti_onednn_scratch(const lnti_onednn *dnn);

/** A kernel for a call whose tensors are described, its constant inputs with data (they are laid out anew, and not
 *  needed again); *out NULL where the library has none. `dnn` outlives it. */
LNT_MUST_CHECK lnt_status lnti_primitive_new(lnti_primitive **out, lnti_onednn *dnn, const lnti_call *call,
                                             lnt_error *err);
/** Another of the same, to be run beside it: kernels and weights are `of`'s, which outlives it. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_primitive_twin(lnti_primitive **out, lnti_onednn *dnn, const lnti_primitive *of,
                                              lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_primitive_run(lnti_primitive *primitive, const lnti_call *call, lnt_error *err);
void lnti_primitive_free(lnti_primitive *primitive);
/** Bytes of the weights that it has laid out. */
size_t lnti_primitive_bytes(const lnti_primitive *primitive);
/** The library's name of the kernel, for tables of times; borrowed. */
const char *lnti_primitive_kernel(const lnti_primitive *primitive);

#endif
