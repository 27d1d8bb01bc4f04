/*
 * From row-major to blocked and back (tensor.h). Made by layout.c.
 */
#include <graph/operator.h>

#include <string.h>

typedef struct reorder_job {
  const lnti_tensor *in;
  lnti_tensor *out;
  size_t plane, channels, blocks, block;
} reorder_job;

enum { CHANNELS_AT_ONCE = 64 };

/* Those of bf16, which are blocked alone: a few channels of all places at a time, whose lines then stay in the cache. */
static void reorder_half(const reorder_job *job, size_t flat, size_t blocked, size_t channels) {
  for (size_t first = 0; first < channels; first += CHANNELS_AT_ONCE) {
    size_t n = channels - first < CHANNELS_AT_ONCE ? channels - first : CHANNELS_AT_ONCE;
    size_t row_major = flat + first * job->plane, beside = blocked + first;
    if (job->out->block) {
      const float *in = (const float *)job->in->data + row_major;
      uint16_t *out = (uint16_t *)job->out->data + beside;
      for (size_t k = 0; k < job->plane; k++) {
        for (size_t c = 0; c < n; c++) out[k * job->block + c] = lnti_bf16_of(in[c * job->plane + k]);
      }
    } else {
      const uint16_t *in = (const uint16_t *)job->in->data + beside;
      float *out = (float *)job->out->data + row_major;
      for (size_t k = 0; k < job->plane; k++) {
        for (size_t c = 0; c < n; c++) out[c * job->plane + k] = lnti_bf16_value(in[k * job->block + c]);
      }
    }
  }
}

/* One group of channels of one sample: [block, plane] row-major, [plane, block] blocked. */
static lnt_status reorder_groups(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  const reorder_job *job = payload;
  bool to_blocks = job->out->block != 0;
  for (size_t i = begin; i < end; i++) {
    size_t sample = i / job->blocks, first = i % job->blocks * job->block;
    size_t here = job->channels - first < job->block ? job->channels - first : job->block;
    size_t flat = (sample * job->channels + first) * job->plane, blocked = i * job->plane * job->block;
    if (job->in->dtype != job->out->dtype) { /* all channels are one group */
      reorder_half(job, flat, blocked, here);
      continue;
    }
    const float *in = job->in->data;
    float *out = job->out->data;
    for (size_t k = 0; k < job->plane; k++) {
      for (size_t c = 0; c < here; c++) {
        if (to_blocks) {
          out[blocked + k * job->block + c] = in[flat + c * job->plane + k];
        } else {
          out[flat + c * job->plane + k] = in[blocked + k * job->block + c];
        }
      }
      for (size_t c = here; to_blocks && c < job->block; c++) out[blocked + k * job->block + c] = 0;
    }
  }
  return LNT_OK;
}

static lnt_status forward_reorder(lnti_call *call, lnt_error *err) {
  reorder_job job = {.in = call->input[0], .out = &call->output[0]};
  const lnti_shape *shape = &job.in->shape;
  job.block = job.in->block ? job.in->block : job.out->block;
  job.channels = shape->dim[1];
  job.blocks = (job.channels + job.block - 1) / job.block;
  job.plane = lnti_shape_span(shape, 2, shape->rank);
  return lnti_pool_for(call->context->pool, shape->dim[0] * job.blocks, 4, reorder_groups, &job, call->context->cancel,
                       err);
}

#define LAYOUT(title, shares)                                                                                 \
  {                                                                                                           \
    .name = title, .domain = "linnet", .since = 1, .least_inputs = 1, .most_inputs = 1, .most_outputs = 1,    \
    .dtypes = LNTI_DTYPE_BIT(LNTI_F32), .view = shares, .infer = lnti_infer_same, .forward = forward_reorder, \
    .exported = ""                                                                                            \
  }

const lnti_operator lnti_operators_layout[] = {
    LAYOUT("Reorder", false),
    LAYOUT("ReorderView", true), /* of planes of one element: both lie alike */
    {0}};
