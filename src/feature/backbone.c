/*
 * Opening a network and running it on pictures. A plan is made for one picture and used by one thread at a time; those that
 * rest wait in a list, so that as many are made as threads really run. Nothing else changes after opening.
 */
#include <feature/backbone_parts.h>

#include <base/error.h>
#include <base/file.h>
#include <base/text.h>
#include <graph/read.h>
#include <graph/plan.h>
#include <math.h>
#include <math/bf16.h>
#include <math/planes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_ASSUMED = 224, ASSUMED_TEXT = 256 };

/* Of what running takes at once, weights aside, which may be as many as a file; and of all plans of an output together. */
#define PLAN_BYTES_MAX ((size_t)1 << 30)
#define ENGINES_BYTES_MAX ((size_t)2 << 30)

static const float imagenet_mean[3] = {0.485f, 0.456f, 0.406f}, imagenet_std[3] = {0.229f, 0.224f, 0.225f};

/** A plan with memory for its input. */
typedef struct engine {
  lnti_plan *plan;
  lnti_tensor input;
  struct engine *next; /* of those that rest */
  pthread_t last;      /* who ran it: its memory is in that core's cache */
} engine;

typedef struct engines {
  uint32_t value;
  lnti_backbone_vector vector; /* d = 0: there is no such output */
  engine *first;               /* its plan lends the others its weights */
  engine *resting;
  size_t n, n_max;
} engines;

struct lnti_backbone {
  lnti_backbone_spec spec;
  lnti_graph *graph;
  const void *data;
  size_t bytes;
  char *own_data; /* NULL: the caller's */
  lnti_hash content;
  lnti_context context;
  lnti_tensor input; /* its type and shape for one picture */
  size_t channels;
  bool channels_last;
  float scale[3], shift[3]; /* by the network's channel: p * scale + shift */
  engines output[LNTI_BACKBONE_OUTPUTS];
  char assumed[ASSUMED_TEXT];
  pthread_mutex_t mutex; /* of the engines */
  pthread_cond_t rested;
};

/* ---- the input ---- */

static void assume(lnti_backbone *b, const char *what) {
  size_t n = strlen(b->assumed);
  (void)snprintf(b->assumed + n, sizeof b->assumed - n, "%s%s", n ? "; " : "", what);
}

static lnt_status settle_side(size_t *side, size_t declared, const char *what, bool *assumed, lnt_error *err) {
  if (declared != LNTI_ANY_SIZE) {
    if (declared == 0 || declared > LNTI_BACKBONE_SIDE_MAX)
      return lnti_fail(err, LNT_EUNSUPPORTED, "it takes a %s of %zu pixels; 1 to %d are possible", what, declared,
                       LNTI_BACKBONE_SIDE_MAX);
    if (*side && *side != declared)
      return lnti_fail(err, LNT_EINVAL, "it takes a %s of %zu pixels and no other, such as %zu", what, declared, *side);
    *side = declared;
  } else if (*side == 0) {
    *side = SIDE_ASSUMED;
    *assumed = true;
  }
  return LNT_OK;
}

/* [1,c,h,w] or [1,h,w,c]; what the file leaves open is the spec's, or assumed. */
static lnt_status settle_input(lnti_backbone *b, lnt_error *err) {
  const lnti_graph *g = b->graph;
  if (g->n_inputs != 1)
    return lnti_fail(err, LNT_EUNSUPPORTED, "the network takes %zu inputs; a backbone takes one picture", g->n_inputs);
  const lnti_tensor *declared = &g->value[g->input[0]].declared;
  const size_t *dim = declared->shape.dim;
  if (declared->shape.rank != 4)
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "its input is not said to be a picture, [n,channels,height,width] or [n,height,width,channels]");
  b->channels_last = dim[1] != 1 && dim[1] != 3 && (dim[3] == 1 || dim[3] == 3);
  b->channels = dim[b->channels_last ? 3 : 1];
  if (b->channels != 1 && b->channels != 3)
    return lnti_fail(err, LNT_EUNSUPPORTED, "it takes pictures of %zu channels; 1 and 3 are possible",
                     b->channels == LNTI_ANY_SIZE ? 0 : b->channels);
  if (dim[0] != LNTI_ANY_SIZE && dim[0] != 1)
    return lnti_fail(err, LNT_EUNSUPPORTED, "it takes %zu pictures at once; export it for one, or for any number",
                     dim[0]);
  if (declared->dtype != LNTI_F32 && declared->dtype != LNTI_F16 && declared->dtype != LNTI_U8)
    return lnti_fail(err, LNT_EUNSUPPORTED, "it takes pictures of %s; f32, f16 and u8 are possible",
                     lnti_dtype_name(declared->dtype));
  bool assumed = false;
  lnt_status status = settle_side(&b->spec.h, dim[b->channels_last ? 1 : 2], "height", &assumed, err);
  if (!status) status = settle_side(&b->spec.w, dim[b->channels_last ? 2 : 3], "width", &assumed, err);
  if (status) return status;
  if (assumed) assume(b, "its size is not said: 224 pixels are assumed (--size)");
  b->input =
      (lnti_tensor){.dtype = declared->dtype, .shape = {.rank = 4, .dim = {1, b->channels, b->spec.h, b->spec.w}}};
  if (b->channels_last) b->input.shape = (lnti_shape){.rank = 4, .dim = {1, b->spec.h, b->spec.w, b->channels}};
  return LNT_OK;
}

/* As for pixels that go in as they are. */
static bool is_zero_and_one(const lnti_backbone_spec *s) {
  for (int c = 0; c < 3; c++) {
    if (s->mean[c] < 0 || s->mean[c] > 0 || s->std[c] < 1 || s->std[c] > 1) return false;
  }
  return true;
}

/* What is half said keeps its half: ImageNet's numbers belong together. */
static void settle_scale(lnti_backbone *b, bool said) {
  lnti_backbone_spec *s = &b->spec;
  const bool whole = b->input.dtype == LNTI_U8; /* pixels go in as they are */
  const bool mean = said || lnti_graph_metadata(b->graph, "mean"), std = s->std[0] > 0;
  if (said && whole && !is_zero_and_one(s))
    assume(b, "it takes pixels as they are: --mean and --std make no difference");
  if (s->bgr && b->channels == 1) assume(b, "it takes grey pictures: --bgr makes no difference");
  if (!std && !mean && !whole) {
    memcpy(s->mean, imagenet_mean, sizeof s->mean);
    memcpy(s->std, imagenet_std, sizeof s->std);
    assume(b, "its mean and std are not said: those of ImageNet are assumed (--mean, --std)");
  } else if (!std) {
    for (int c = 0; c < 3; c++) s->std[c] = 1;
    if (!whole) assume(b, "its mean is said and its std is not: a std of 1 is assumed (--mean, --std)");
  } else if (!mean && !whole) {
    assume(b, "its std is said and its mean is not: a mean of 0 is assumed (--mean, --std)");
  }
  for (int c = 0; c < 3; c++) {
    b->scale[c] = (float)(1 / (255 * (double)s->std[c]));
    b->shift[c] = (float)(-(double)s->mean[c] / (double)s->std[c]);
  }
}

/* The common case: colours as numbers, each in a plane of its own. */
static void fill_planes(float *to, const lnti_backbone *b, const lnti_image *image) {
  const size_t n = image->h * image->w, first = b->spec.bgr ? 2 : 0, last = 2 - first;
  float *const plane[3] = {to + first * n, to + n, to + last * n};
  const float scale[3] = {b->scale[first], b->scale[1], b->scale[last]};
  const float shift[3] = {b->shift[first], b->shift[1], b->shift[last]};
  lnti_planes(plane, image->data, n, scale, shift, b->context.cpu);
}

static void fill_input(const engine *e, const lnti_backbone *b, const lnti_image *image) {
  const size_t n = image->h * image->w, k = b->channels, step = b->channels_last ? k : 1;
  if (b->input.dtype == LNTI_F32 && k == 3 && !b->channels_last) {
    fill_planes(e->input.data, b, image);
    return;
  }
  for (size_t c = 0; c < k; c++) {
    const uint8_t *from = (const uint8_t *)image->data + (b->spec.bgr && k == 3 ? 2 - c : c);
    const size_t at = b->channels_last ? c : c * n;
    const float scale = b->scale[c], shift = b->shift[c];
    if (b->input.dtype == LNTI_U8) {
      uint8_t *to = (uint8_t *)e->input.data + at;
      for (size_t i = 0; i < n; i++) to[i * step] = from[i * k];
    } else if (b->input.dtype == LNTI_F16) {
      uint16_t *to = (uint16_t *)e->input.data + at;
      for (size_t i = 0; i < n; i++) to[i * step] = lnti_f16_of((float)from[i * k] * scale + shift);
    } else {
      float *to = (float *)e->input.data + at;
      for (size_t i = 0; i < n; i++) to[i * step] = (float)from[i * k] * scale + shift;
    }
  }
}

/* ---- engines ---- */

static void free_engine(engine *e) {
  if (!e) return;
  lnti_plan_free(e->plan);
  free(e->input.data);
  free(e);
}

bool lnti_backbone_runs_bf16(const lnti_context *context) {
  return lnti_bf16_kernels_of(context->cpu) != NULL;
}

/* @param first  whose weights it shares; NULL: it is the first */
static lnt_status new_engine(engine **out, const lnti_backbone *b, uint32_t value, const engine *first,
                             lnt_error *err) {
  engine *e = NULL;
  const lnti_plan_options options = {
      .input = &b->input,
      .output = &value,
      .n_outputs = 1,
      .precision = lnti_backbone_runs_bf16(&b->context) ? b->spec.precision : LNTI_F32,
      .memory_max = PLAN_BYTES_MAX,
      .weights_max = LNTI_BACKBONE_BYTES_MAX,
  };
  lnt_status status = lnti_alloc_zero(&e, 1, sizeof *e, err);
  if (status) return status;
  e->input = b->input;
  status = first ? lnti_plan_twin(&e->plan, first->plan, err)
                 : lnti_plan_new(&e->plan, b->graph, &options, &b->context, err);
  if (!status) status = lnti_alloc_aligned(&e->input.data, lnti_tensor_bytes(&b->input), 1, err);
  if (status) {
    free_engine(e);
    return status;
  }
  *out = e;
  return LNT_OK;
}

/* The first, and as many more as fit beside it. */
static size_t engines_within(const engine *first, size_t bytes) {
  size_t lent = lnti_plan_lent(first->plan);
  size_t each = lnti_plan_held(first->plan) - lent + lnti_tensor_bytes(&first->input);
  return bytes > lent + each ? 1 + (bytes - lent - each) / each : 1;
}

/* One that rests, this thread's own where it does; NULL: none does. */
static engine *take_resting(engines *of) {
  engine **at = &of->resting;
  while (*at && !pthread_equal((*at)->last, pthread_self())) at = &(*at)->next;
  if (!*at) at = &of->resting;
  engine *e = *at;
  if (e) *at = e->next;
  return e;
}

/* One that rests, or leave to make one, which is counted already: NULL. */
static engine *wait_for_engine(lnti_backbone *b, engines *of) {
  pthread_mutex_lock(&b->mutex);
  while (!of->resting && of->n >= of->n_max) pthread_cond_wait(&b->rested, &b->mutex);
  engine *e = take_resting(of);
  if (!e) of->n++;
  pthread_mutex_unlock(&b->mutex);
  return e;
}

/* True where those that stand must do: there is no memory for more. The first was made when the backbone was opened. */
static bool engine_failed(lnti_backbone *b, engines *of, lnt_status status) {
  pthread_mutex_lock(&b->mutex);
  bool others = --of->n > 0 && status == LNT_ENOMEM;
  if (others) of->n_max = of->n;
  pthread_cond_broadcast(&b->rested);
  pthread_mutex_unlock(&b->mutex);
  return others;
}

/* One that rests, a new one, or the next that comes to rest. */
static lnt_status take_engine(engine **out, lnti_backbone *b, engines *of, lnt_error *err) {
  for (;;) {
    lnt_error reason = LNT_ERROR_INIT;
    engine *e = wait_for_engine(b, of);
    lnt_status status = e ? LNT_OK : new_engine(&e, b, of->value, of->first, &reason);
    if (!status) {
      *out = e;
      return LNT_OK;
    }
    if (!engine_failed(b, of, status)) return lnti_fail(err, status, "%s", reason.message);
  }
}

static void give_engine(lnti_backbone *b, engines *of, engine *e) {
  pthread_mutex_lock(&b->mutex);
  e->last = pthread_self();
  e->next = of->resting;
  of->resting = e;
  pthread_cond_broadcast(&b->rested);
  pthread_mutex_unlock(&b->mutex);
}

/* The first engine of an output tells its shape; it stays. */
static lnt_status settle_output(lnti_backbone *b, engines *of, const char *what, lnt_error *err) {
  engine *e = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = new_engine(&e, b, of->value, NULL, err);
  if (status) return status;
  const lnti_tensor *t = lnti_plan_output(e->plan, 0);
  lnti_backbone_layout *layouts = NULL;
  status = lnti_backbone_layouts(&layouts, b->graph, b->channels_last, err);
  if (status) {
    free_engine(e);
    return status;
  }
  const lnti_backbone_layout layout = layouts[of->value];
  free(layouts);
  const char *name = b->graph->value[of->value].name;
  if (t->dtype != LNTI_F32 && t->dtype != LNTI_F16) {
    status = lnti_fail(err, LNT_EUNSUPPORTED, "its %s \"%.100s\" has numbers of %s; f32 and f16 are possible", what,
                       name, lnti_dtype_name(t->dtype));
  } else if (lnti_backbone_vector_of(&of->vector, &t->shape, layout, &reason)) {
    status = lnti_fail(err, reason.code, "its %s \"%.100s\": %s", what, name, reason.message);
  }
  if (status) {
    free_engine(e);
    return status;
  }
  of->first = of->resting = e;
  of->n = 1;
  of->n_max = engines_within(e, ENGINES_BYTES_MAX);
  return LNT_OK;
}

/* ---- opening ---- */

static lnt_status name_outputs(lnti_backbone *b, lnt_error *err) {
  const lnti_value *value = b->graph->value;
  const uint32_t embedding = b->output[LNTI_BACKBONE_EMBEDDING].value, classes = b->output[LNTI_BACKBONE_CLASSES].value;
  lnt_status status = LNT_OK;
  if (!b->spec.layer && embedding != LNTI_NO_VALUE) status = lnti_strdup(&b->spec.layer, value[embedding].name, err);
  if (!status && !b->spec.classes)
    status = lnti_strdup(&b->spec.classes, classes == LNTI_NO_VALUE ? "" : value[classes].name, err);
  return status;
}

/* Scores of classes are a list of two or more; what is no such list is none, unless somebody says it is. */
static lnt_status settle_classes(lnti_backbone *b, bool said, lnt_error *err) {
  engines *of = &b->output[LNTI_BACKBONE_CLASSES];
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = settle_output(b, of, "scores of classes", &reason);
  if (status && status != LNT_EUNSUPPORTED) return lnti_fail(err, status, "%s", reason.message);
  if (status && said) return lnti_fail(err, status, "%s", reason.message);
  bool list = !status && of->vector.outer == 1 && of->vector.inner == 1 && of->vector.d > 1;
  if (!list) {
    free_engine(of->first);
    *of = (engines){.value = LNTI_NO_VALUE};
    if (said) return lnti_fail(err, LNT_EINVAL, "\"%.100s\" is no list of scores", b->spec.classes);
    b->spec.classes[0] = 0;
  } else if (b->spec.n_labels > 0 && b->spec.n_labels != of->vector.d) {
    return lnti_fail(err, LNT_EINVAL, "there are names for %zu classes, and the network has %zu", b->spec.n_labels,
                     of->vector.d);
  }
  return LNT_OK;
}

static lnt_status settle(lnti_backbone *b, const lnti_backbone_spec *said, lnti_backbone_output wanted,
                         lnt_error *err) {
  uint32_t value[LNTI_BACKBONE_OUTPUTS];
  lnt_status status = said ? lnti_backbone_spec_copy(&b->spec, said, err) : LNT_OK;
  bool classes_said = b->spec.classes && b->spec.classes[0], scale_said = b->spec.std[0] > 0;
  if (!status) status = lnti_backbone_spec_complete(&b->spec, b->graph, err);
  if (!status) status = settle_input(b, err);
  if (status) return status;
  settle_scale(b, scale_said);
  status = lnti_backbone_find_outputs(value, b->graph, &b->spec, err);
  for (int o = 0; o < LNTI_BACKBONE_OUTPUTS && !status; o++) b->output[o].value = value[o];
  if (!status) status = name_outputs(b, err);
  engines *embedding = &b->output[LNTI_BACKBONE_EMBEDDING];
  if (!status && embedding->value != LNTI_NO_VALUE && wanted != LNTI_BACKBONE_CLASSES)
    status = settle_output(b, embedding, "layer", err);
  if (!status && b->output[LNTI_BACKBONE_CLASSES].value != LNTI_NO_VALUE && wanted != LNTI_BACKBONE_EMBEDDING)
    status = settle_classes(b, classes_said, err);
  return status;
}

static lnt_status open_data(lnti_backbone *b, const lnti_backbone_spec *said, lnti_backbone_output wanted,
                            const lnti_context *context, lnt_error *err) {
  b->context = *context;
  b->context.pool = NULL; /* each thread runs a plan of its own */
  lnti_hash_bytes(&b->content, b->data, b->bytes);
  lnt_status status = lnti_graph_read(&b->graph, b->data, b->bytes, err);
  return status ? status : settle(b, said, wanted, err);
}

static lnt_status new_backbone(lnti_backbone **out, lnt_error *err) {
  lnti_backbone *b = NULL;
  lnt_status status = lnti_alloc_zero(&b, 1, sizeof *b, err);
  if (status) return status;
  pthread_mutex_init(&b->mutex, NULL);
  pthread_cond_init(&b->rested, NULL);
  *out = b;
  return LNT_OK;
}

/* Takes over `b` and its data in every case. */
static lnt_status finish(lnti_backbone **out, lnti_backbone *b, const char *name, const lnti_backbone_spec *said,
                         lnti_backbone_output wanted, const lnti_context *context, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = open_data(b, said, wanted, context, &reason);
  if (status) {
    lnti_backbone_free(b);
    return lnti_fail(err, status, "%s: %s", name, reason.message);
  }
  *out = b;
  return LNT_OK;
}

lnt_status lnti_backbone_open(lnti_backbone **out, const char *path, const lnti_backbone_spec *said,
                              lnti_backbone_output wanted, const lnti_context *context, lnt_error *err) {
  lnti_backbone *b = NULL;
  lnt_status status = new_backbone(&b, err);
  if (status) return status;
  status = lnti_file_read(&b->own_data, &b->bytes, path, LNTI_BACKBONE_BYTES_MAX, err);
  if (status) {
    lnti_backbone_free(b);
    return status;
  }
  b->data = b->own_data;
  return finish(out, b, path, said, wanted, context, err);
}

lnt_status lnti_backbone_read(lnti_backbone **out, const void *data, size_t bytes, const char *name,
                              const lnti_backbone_spec *said, lnti_backbone_output wanted, const lnti_context *context,
                              lnt_error *err) {
  lnti_backbone *b = NULL;
  lnt_status status = new_backbone(&b, err);
  if (status) return status;
  b->data = data;
  b->bytes = bytes;
  return finish(out, b, name, said, wanted, context, err);
}

/* The first last: the others are its twins. */
static void free_engines(engines *of) {
  while (of->resting) {
    engine *e = of->resting;
    of->resting = e->next;
    if (e != of->first) free_engine(e);
  }
  free_engine(of->first);
}

void lnti_backbone_free(lnti_backbone *b) {
  if (!b) return;
  for (int o = 0; o < LNTI_BACKBONE_OUTPUTS; o++) free_engines(&b->output[o]);
  lnti_graph_free(b->graph);
  lnti_backbone_spec_clear(&b->spec);
  pthread_cond_destroy(&b->rested);
  pthread_mutex_destroy(&b->mutex);
  free(b->own_data);
  free(b);
}

/* ---- asking and running ---- */

const lnti_backbone_spec *lnti_backbone_get_spec(const lnti_backbone *b) {
  return &b->spec;
}

const char *lnti_backbone_assumed(const lnti_backbone *b) {
  return b->assumed;
}

const void *lnti_backbone_data(size_t *bytes_out, const lnti_backbone *b) {
  *bytes_out = b->bytes;
  return b->data;
}

const lnti_hash *lnti_backbone_content(const lnti_backbone *b) {
  return &b->content;
}

lnt_status lnti_backbone_usual_layer(const char **out, const lnti_backbone *b, lnt_error *err) {
  uint32_t value[LNTI_BACKBONE_OUTPUTS];
  const lnti_backbone_spec unnamed = {.classes = b->spec.classes && b->spec.classes[0] ? b->spec.classes : NULL};
  lnt_status status = lnti_backbone_find_outputs(value, b->graph, &unnamed, err);
  if (status) return status;
  uint32_t embedding = value[LNTI_BACKBONE_EMBEDDING];
  *out = embedding == LNTI_NO_VALUE ? NULL : b->graph->value[embedding].name;
  return LNT_OK;
}

lnt_status lnti_backbone_layers(const lnti_backbone *b, lnti_backbone_layer_visit visit, void *payload,
                                lnt_error *err) {
  uint32_t wanted[LNTI_BACKBONE_OUTPUTS];
  size_t n = 0;
  for (int o = 0; o < LNTI_BACKBONE_OUTPUTS; o++) {
    if (b->output[o].value != LNTI_NO_VALUE) wanted[n++] = b->output[o].value;
  }
  return lnti_backbone_visit_layers(b->graph, &b->input, b->channels_last, wanted, n, &b->context, visit, payload, err);
}

lnti_prepare lnti_backbone_prepare(const lnti_backbone *b) {
  return (lnti_prepare){b->spec.h, b->spec.w, b->channels == 1 ? LNTI_COLOUR_GREY : LNTI_COLOUR_RGB};
}

size_t lnti_backbone_d(const lnti_backbone *b, lnti_backbone_output output) {
  return b->output[output].vector.d;
}

lnt_status lnti_backbone_key(char **out, const lnti_backbone *b, lnti_backbone_output output, lnt_error *err) {
  char hex[LNTI_HASH_HEX], pipeline[LNTI_PREPARE_TEXT];
  const lnti_backbone_spec *s = &b->spec;
  const lnti_prepare prepare = lnti_backbone_prepare(b);
  const bool half = s->precision == LNTI_BF16 && lnti_backbone_runs_bf16(&b->context);
  lnti_hash_hex(hex, &b->content);
  lnti_prepare_text(pipeline, &prepare);
  return lnti_asprintf(out, err, "network=%s;layer=%s;%s;%s%s;mean=%a,%a,%a;std=%a,%a,%a", hex,
                       b->graph->value[b->output[output].value].name, pipeline, s->bgr ? "bgr" : "rgb",
                       half ? ";bf16" : "", (double)s->mean[0], (double)s->mean[1], (double)s->mean[2],
                       (double)s->std[0], (double)s->std[1], (double)s->std[2]);
}

static lnt_status read_vector(float *out, const lnti_tensor *t, const lnti_backbone_vector *v, lnt_error *err) {
  for (size_t i = 0; i < v->d; i++) {
    double sum = 0;
    for (size_t o = 0; o < v->outer; o++) {
      for (size_t k = 0; k < v->inner; k++) sum += (double)lnti_tensor_real(t, (o * v->d + i) * v->inner + k);
    }
    out[i] = (float)(sum / (double)(v->outer * v->inner));
    if (!isfinite(out[i])) return lnti_fail(err, LNT_EDATA, "the network gives no finite numbers for this picture");
  }
  return LNT_OK;
}

lnt_status lnti_backbone_run(float *out, lnti_backbone *b, lnti_backbone_output output, const lnti_image *image,
                             lnt_error *err) {
  engines *of = &b->output[output];
  engine *e = NULL;
  if (of->vector.d == 0 || image->h != b->spec.h || image->w != b->spec.w || image->c != b->channels ||
      image->depth != LNTI_DEPTH_U8)
    return lnti_fail(err, LNT_EINVAL, "the backbone \"%s\" has no such output, or takes no such picture", b->spec.name);
  lnt_status status = take_engine(&e, b, of, err);
  if (status) return status;
  fill_input(e, b, image);
  status = lnti_plan_run(e->plan, &e->input, err);
  if (!status) status = read_vector(out, lnti_plan_output(e->plan, 0), &of->vector, err);
  give_engine(b, of, e);
  return status;
}

/* ---- for tests ---- */

void lnti_backbone_limit(lnti_backbone *b, lnti_backbone_output output, size_t bytes) {
  engines *of = &b->output[output];
  of->n_max = engines_within(of->first, bytes);
}

size_t lnti_backbone_plans_max(const lnti_backbone *b, lnti_backbone_output output) {
  return b->output[output].n_max;
}

size_t lnti_backbone_plans(const lnti_backbone *b, lnti_backbone_output output) {
  return b->output[output].n;
}
