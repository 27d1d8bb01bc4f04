/**
 * @file feature.h
 * Features: a vector from an image. One extractor per file and one line in the registry (feature.c).
 *
 * A feature is written as text, "hog" or "hog:width=64,cell=8". Values that are left out or "auto" are
 * resolved once, from what the training images are like, and the resolved text is what caches and model
 * files hold: it says everything needed to make the same vector again.
 *
 * What a backbone sees in an image is a feature too, "embedding:NAME@LAYER". It is made of an opened backbone, since only its
 * caller knows where that is kept. So are vectors that were made elsewhere and imported, "embedding:NAME".
 */
#ifndef LNTI_FEATURE_FEATURE_H
#define LNTI_FEATURE_FEATURE_H

#include <base/context.h>
#include <base/param.h>
#include <feature/backbone.h>
#include <image/prepare.h>
#include <math/matrix.h>

typedef struct lnti_extractor lnti_extractor;

/** What the images are like, for resolving "auto". */
typedef struct lnti_image_traits {
  size_t h, w;     /**< of all images if they agree, else 0 */
  bool any_colour; /**< some image has colour */
} lnti_image_traits;

/** One kind of feature. */
typedef struct lnti_feature {
  const char *name;
  const char *title;
  const char *help;   /**< one sentence: what it is good for */
  const char *source; /**< citation, or "" */
  unsigned version;   /**< part of the cache key; raised when the vectors change */
  lnti_dtype dtype;   /**< of the vector */
  const lnti_param *params;
  /** Replaces every "auto" and checks the combination. */
  lnt_status (*resolve)(lnti_params *params, const lnti_image_traits *traits, lnt_error *err);
  /** From resolved parameters: the pipeline before it, the vector's length, bytes of scratch memory. */
  lnt_status (*plan)(lnti_prepare *prepare_out, size_t *d_out, size_t *scratch_out, const lnti_params *params,
                     lnt_error *err);
  /** image: as the pipeline made it; out: d elements of dtype; scratch: 64-byte aligned. Cannot fail. */
  void (*extract)(void *out, const lnti_image *image, void *scratch, const lnti_params *params);
} lnti_feature;

/** All features, in the order of the guide; *n_out of them. */
const lnti_feature *const *lnti_features(size_t *n_out);
/** By name; LNT_EINVAL listing the known names. */
LNT_MUST_CHECK lnt_status lnti_feature_find(const lnti_feature **out, const char *name, lnt_error *err);

/**
 * An extractor from text.
 * @param traits  for "auto"; NULL: the text must be resolved already (as in a model file), else LNT_EDATA
 * @return LNT_OK; LNT_EINVAL (unknown feature or parameter); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_extractor_new(lnti_extractor **out, const char *text, const lnti_image_traits *traits,
                                             lnt_error *err);
/**
 * An extractor of an output of a backbone, which it takes over in every case. An embedding's numbers are rounded to what an
 * f16 holds, so that what is stored, and what a model learns from, is what predict makes. LNT_EINVAL (the backbone has no
 * such output); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_extractor_of_backbone(lnti_extractor **out, lnti_backbone *backbone,
                                                     lnti_backbone_output output, lnt_error *err);
/**
 * An extractor of vectors that were made elsewhere, which can make none: it stands for their name, "embedding:NAME". What
 * there is of them, its caller has.
 * @param id  which import they are of; copied
 */
LNT_MUST_CHECK lnt_status lnti_extractor_of_imported(lnti_extractor **out, const char *name, const char *id, size_t d,
                                                     lnt_error *err);
void lnti_extractor_free(lnti_extractor *extractor);

/** Its backbone, borrowed; NULL: it has none. */
lnti_backbone *lnti_extractor_backbone(const lnti_extractor *extractor);
/** Of vectors that were made elsewhere, their import's id, borrowed; NULL: it is no such extractor. */
const char *lnti_extractor_imported(const lnti_extractor *extractor);
/** The beginning of the text of an embedding, before "NAME@LAYER". */
#define LNTI_EMBEDDING_PREFIX "embedding:"
const lnti_feature *lnti_extractor_feature(const lnti_extractor *extractor);
/** What models on it are called by: the feature's name, that of its backbone, or that of imported vectors; borrowed. */
const char *lnti_extractor_name(const lnti_extractor *extractor);
/** Resolved text, "hog:bins=9,block=2,cell=7,height=28,width=28" (all keys, sorted), with the pipeline and version implied by it; borrowed. */
const char *lnti_extractor_text(const lnti_extractor *extractor);
/** Text that a cache is keyed by: resolved text, pipeline, version, and LNTI_DECODE_VERSION; borrowed. */
const char *lnti_extractor_key(const lnti_extractor *extractor);
const lnti_prepare *lnti_extractor_prepare(const lnti_extractor *extractor);
size_t lnti_extractor_d(const lnti_extractor *extractor);
lnti_dtype lnti_extractor_dtype(const lnti_extractor *extractor);
/** The type that holds its numbers in less room without changing them: what a cache keeps. */
lnti_dtype lnti_extractor_stored_dtype(const lnti_extractor *extractor);

/**
 * One vector.
 * @param out  d elements of dtype
 * Errors as lnti_prepare_run; LNT_EUNSUPPORTED (imported vectors are not made). The extractor may be used by several threads at once.
 */
LNT_MUST_CHECK lnt_status lnti_extractor_run(void *out, const lnti_extractor *extractor, const lnti_blob *blob,
                                             const lnti_image_limits *limits, lnt_error *err);

#endif
