/**
 * @file backbone.h
 * A backbone: a network somebody has trained, with what its pictures must be like. It turns a picture into an embedding
 * (what the network sees in it, before it decides) or into scores of the network's own classes.
 *
 * One picture at a time runs through a plan of its own thread's: as fast as many at once on the networks that were measured, and
 * the numbers are the same whoever asks (docs/decisions/0011-backbones.md).
 */
#ifndef LNTI_FEATURE_BACKBONE_H
#define LNTI_FEATURE_BACKBONE_H

#include <base/context.h>
#include <base/hash.h>
#include <base/json.h>
#include <image/prepare.h>
#include <math/dtype.h>

typedef struct lnti_backbone lnti_backbone;

enum {
  LNTI_BACKBONE_NAME_MAX = 64,
  LNTI_BACKBONE_LABELS_MAX = 100000,
  LNTI_BACKBONE_SIDE_MAX = 4096,
  LNTI_BACKBONE_TEXT_MAX = 1 << 20 /**< bytes of licence, source, a layer's name */
};
#define LNTI_BACKBONE_BYTES_MAX ((size_t)2 << 30)

/** Preprocessing and outputs. What is zero or NULL is not said. All strings owned; zero-initialise. */
typedef struct lnti_backbone_spec {
  char *name;
  size_t h, w;           /**< pixels that the network takes */
  bool bgr;              /**< blue first */
  lnti_dtype precision;  /**< LNTI_BF16: what it multiplies is rounded to bf16 where the CPU can; else f32 */
  float mean[3], std[3]; /**< the network takes (p / 255 - mean) / std, by channel; std 0: not said */
  char *layer;           /**< the value (or the node that makes it) whose numbers are the embedding */
  char *classes;         /**< the value that holds the scores of the classes; "": it has none */
  char **label;          /**< [n_labels] */
  size_t n_labels;
  char *licence, *source;
} lnti_backbone_spec;

void lnti_backbone_spec_clear(lnti_backbone_spec *spec);
LNT_MUST_CHECK lnt_status lnti_backbone_spec_copy(lnti_backbone_spec *out, const lnti_backbone_spec *spec,
                                                  lnt_error *err);
/** Letters, digits, '.', '_', '-', not a '.' first: LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_backbone_name_check(const char *name, lnt_error *err);
/** As keys of an object that is open; and back, everything checked: LNT_EDATA. @param labels  write them too */
void lnti_backbone_spec_write(lnti_json_writer *w, const lnti_backbone_spec *spec, bool labels);
LNT_MUST_CHECK lnt_status lnti_backbone_spec_read(lnti_backbone_spec *out, const lnti_json_value *object,
                                                  lnt_error *err);
/** One number for all channels or three, "0.485,0.456,0.406". LNT_EINVAL naming `what`. */
LNT_MUST_CHECK lnt_status lnti_backbone_channels(float out[3], const char *text, const char *what, lnt_error *err);
/** Labels of a text: one a line (numbers before them go where each line has its own), or a JSON array. LNT_EDATA, LNT_ELIMIT. */
LNT_MUST_CHECK lnt_status lnti_backbone_labels(lnti_backbone_spec *spec, const char *text, size_t bytes,
                                               const char *name, lnt_error *err);

typedef enum lnti_backbone_output {
  LNTI_BACKBONE_EMBEDDING,
  LNTI_BACKBONE_CLASSES,
  LNTI_BACKBONE_OUTPUTS /**< how many there are */
} lnti_backbone_output;

/**
 * Opens a network. What `said` leaves open is taken from the file (its input's shape, its metadata, its outputs), else
 * assumed: 224 x 224 pixels, ImageNet's mean and standard deviation.
 * @param said     NULL: nothing is
 * @param wanted   the only output that will be asked for: the other's numbers are then 0. OUTPUTS: both
 * @param context  copied; its pool is not used
 * @return LNT_OK; LNT_EINVAL (what is said does not fit the network: the message says what would); LNT_EDATA,
 *         LNT_EUNSUPPORTED, LNT_ELIMIT (the file, or what the network would need); LNT_ENOTFOUND; LNT_ENOMEM; LNT_EIO.
 */
LNT_MUST_CHECK lnt_status lnti_backbone_open(lnti_backbone **out, const char *path, const lnti_backbone_spec *said,
                                             lnti_backbone_output wanted, const lnti_context *context, lnt_error *err);
/** The same of a file in memory, which outlives the backbone. `name` stands in errors. */
LNT_MUST_CHECK lnt_status lnti_backbone_read(lnti_backbone **out, const void *data, size_t bytes, const char *name,
                                             const lnti_backbone_spec *said, lnti_backbone_output wanted,
                                             const lnti_context *context, lnt_error *err);
/** NULL is allowed. */
void lnti_backbone_free(lnti_backbone *backbone);

/** Everything said; borrowed. */
const lnti_backbone_spec *lnti_backbone_get_spec(const lnti_backbone *backbone);
/** What had to be assumed, as a sentence; "" where nothing. */
const char *lnti_backbone_assumed(const lnti_backbone *backbone);
/** The file's bytes, borrowed, and their hash. */
const void *lnti_backbone_data(size_t *bytes_out, const lnti_backbone *backbone);
const lnti_hash *lnti_backbone_content(const lnti_backbone *backbone);
/** The layer that is the embedding of this network where nobody names another, borrowed; NULL: none is found. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_backbone_usual_layer(const char **out, const lnti_backbone *backbone, lnt_error *err);
/** One that can be asked for; all borrowed. */
typedef struct lnti_backbone_layer {
  const char *name, *op; /**< op: the kind of node that makes it, as ONNX calls it */
  const size_t *dim;     /**< [rank] its shape for one picture */
  size_t rank, d;        /**< d: numbers of its embedding */
} lnti_backbone_layer;

typedef lnt_status (*lnti_backbone_layer_visit)(void *payload, const lnti_backbone_layer *layer, lnt_error *err);
/** All layers whose numbers can be an embedding, in the order in which they are computed. Nothing is run. Errors as
 *  lnti_backbone_open. */
LNT_MUST_CHECK lnt_status lnti_backbone_layers(const lnti_backbone *backbone, lnti_backbone_layer_visit visit,
                                               void *payload, lnt_error *err);
/** The pipeline before the network. */
lnti_prepare lnti_backbone_prepare(const lnti_backbone *backbone);
/** Numbers of an output; 0: it has no classes, or no embedding was found. */
size_t lnti_backbone_d(const lnti_backbone *backbone, lnti_backbone_output output);
/** True where a spec's bf16 is run as such: the CPU, or the context's level, multiplies it. */
bool lnti_backbone_runs_bf16(const lnti_context *context);

/** How numbers in bf16 agree with those in f32, on a few pictures made up from noise. */
typedef struct lnti_backbone_agreement {
  double difference;     /**< the largest, of the largest number in f32 */
  size_t pictures, same; /**< same: those whose greatest number is the same one */
  double ms, ms_f32;     /**< least time of a picture, wall clock */
} lnti_backbone_agreement;

/** Of the embedding, or of the classes where there is none. Errors as lnti_backbone_open and _run. */
LNT_MUST_CHECK lnt_status lnti_backbone_agreement_of(lnti_backbone_agreement *out, lnti_backbone *backbone,
                                                     const lnti_context *context, lnt_error *err);
/** All that decides an output's numbers, for the key of a cache; free() it. */
LNT_MUST_CHECK lnt_status lnti_backbone_key(char **out, const lnti_backbone *backbone, lnti_backbone_output output,
                                            lnt_error *err);

/**
 * Runs the network on a picture that the pipeline made.
 * @param out  [d]; a map of places is averaged over them
 * @return LNT_OK; LNT_EDATA (a number is not finite); LNT_ECANCELLED; LNT_ENOMEM; what running gives.
 * Any number of threads may call it: each has a plan of its own, as long as memory for them is within 2 GiB; else they wait.
 */
LNT_MUST_CHECK lnt_status lnti_backbone_run(float *out, lnti_backbone *backbone, lnti_backbone_output output,
                                            const lnti_image *image, lnt_error *err);

#endif
