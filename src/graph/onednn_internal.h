/**
 * @file onednn_internal.h
 * What the files that know oneDNN share (onednn.c, onednn_window.c, onednn_product.c).
 *
 * A kernel has one part for each thread that works on it, with its own samples, channels or rows: the library's own threads
 * (OpenMP's) wait for each other in loops, so parts are run by our pool, and each by one thread.
 */
#ifndef LNTI_GRAPH_ONEDNN_INTERNAL_H
#define LNTI_GRAPH_ONEDNN_INTERNAL_H

#include <graph/onednn.h>
#include <oneapi/dnnl/dnnl.h>

_Static_assert(DNNL_VERSION_MAJOR == 2, "oneDNN 3 makes primitive descriptors without operation descriptors");

struct lnti_onednn {
  const lnti_onednn *of; /* whose engine it is; NULL: an own one */
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  const lnti_context *context;
  unsigned block, n_threads;
  size_t scratch_bytes; /* of each thread */
  char *scratch;
};

enum { LNTI_ARGUMENTS = 8 };
/** Where an argument's data are, if not those of input 0, 1... of the call. */
enum { LNTI_OF_OUTPUT = -1, LNTI_OF_OWN = -2, LNTI_OF_SCRATCH = -3 };

typedef struct lnti_part {
  dnnl_primitive_t primitive;
  const struct lnti_part
      *lender; /* a part of the same size, earlier or a twin's, whose kernel and constants serve; NULL: own ones */
  dnnl_exec_arg_t argument[LNTI_ARGUMENTS];
  int source[LNTI_ARGUMENTS];
  size_t offset[LNTI_ARGUMENTS]; /* bytes from the beginning of the tensor */
  int n_arguments;
  void *weights, *bias; /* own; NULL where lent or not needed */
} lnti_part;

struct lnti_primitive {
  lnti_onednn *dnn;
  lnti_part *part;
  size_t n_parts, bytes;
  const char *kernel;
};

/** LNT_OK, or what the library refuses, as an error. */
LNT_MUST_CHECK lnt_status lnti_dnnl_check(dnnl_status_t status, const char *what, const lnti_call *call,
                                          lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_dnnl_parts(lnti_primitive *p, size_t n, lnt_error *err);
/** The kernel of a part, and its scratch memory. */
LNT_MUST_CHECK lnt_status lnti_dnnl_kernel(lnti_primitive *p, lnti_part *part, dnnl_primitive_desc_t desc,
                                           const lnti_call *call, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_dnnl_argument(lnti_primitive *p, lnti_part *part, int kind, const dnnl_memory_desc_t *md,
                                             int source, size_t offset, void *own, lnt_error *err);
/** A constant in the layout that a kernel wants, in memory of its own: *out to be freed. */
LNT_MUST_CHECK lnt_status lnti_dnnl_lay(void **out, lnti_onednn *dnn, const dnnl_memory_desc_t *from, void *data,
                                        const dnnl_memory_desc_t *to, lnt_error *err);
/** Appends the activation that a fused node names. */
LNT_MUST_CHECK lnt_status lnti_dnnl_activation(dnnl_post_ops_t ops, const lnti_call *call, lnt_error *err);

/** Convolutions, pools; products. */
LNT_MUST_CHECK lnt_status lnti_dnnl_conv(lnti_primitive *p, const lnti_call *call, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_dnnl_pool(lnti_primitive *p, const lnti_call *call, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_dnnl_product(lnti_primitive *p, const lnti_call *call, lnt_error *err);
/** True where lnti_dnnl_product knows how. */
bool lnti_dnnl_multiplies(const lnti_call *call);

#endif
