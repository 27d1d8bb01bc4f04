/**
 * @file model.h
 * Opening a model file (.lnt) and classifying images with it. The file is whole: it holds the classes, how
 * images are prepared, the feature and the weights.
 *
 * A model may be used by several threads at once. Each call that takes an image uses the calling thread.
 *
 * The libraries underneath have state that is the whole process's, and opening a model or classifying an image sets it,
 * once: in libvips, loaders that are not meant for untrusted input are blocked, the operation cache is off, it works on
 * one thread, and its log domain "VIPS" is silent; OpenBLAS, where it is used, works on one thread. A program that uses
 * these libraries itself must reckon with that.
 */
#ifndef LINNET_MODEL_H
#define LINNET_MODEL_H

#include <linnet/cpu.h>
#include <linnet/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lnt_model lnt_model;

/** What a model tells of an image. */
typedef enum lnt_task {
  LNT_TASK_MULTICLASS = 1,   /**< one of its classes */
  LNT_TASK_MULTILABEL = 2,   /**< of each of its classes (labels) whether it applies */
  LNT_TASK_HIERARCHICAL = 3, /**< one of its classes, whose ids are paths in a tree: "fruit/apple" */
  LNT_TASK_REGRESSION = 4    /**< a number */
} lnt_task;

/** How a model is opened. Begin with LNT_MODEL_OPTIONS_INIT. */
typedef struct lnt_model_options {
  lnt_cpu_level
      cpu_max; /**< kernels above this level are not used; for networks, the first model with one decides for the process */
} lnt_model_options;

#define LNT_MODEL_OPTIONS_INIT \
  { LNT_CPU_AMX }

/**
 * Opens a model file and checks all of it.
 * @param model_out  the caller closes it with lnt_model_close; untouched on failure
 * @param options    NULL: the defaults
 * @return LNT_OK; LNT_EINVAL (model_out or path is NULL); LNT_ENOTFOUND; LNT_EDATA (no model file); LNT_ECORRUPT
 *         (damaged); LNT_EUNSUPPORTED (made by a newer Linnet); LNT_ELIMIT; LNT_EIO; LNT_ENOMEM.
 * The file is mapped, read once to check every byte of it, and used where it is mapped: while the model is open it may
 * be replaced by renaming, as Linnet does, but not be written into or cut short.
 */
LNT_API LNT_MUST_CHECK lnt_status lnt_model_open(lnt_model **model_out, const char *path,
                                                 const lnt_model_options *options, lnt_error *err);
/** NULL is allowed. */
LNT_API void lnt_model_close(lnt_model *model);

/** What the model tells. */
LNT_API lnt_task lnt_model_task(const lnt_model *model);
/** Number of classes, and of what lnt_model_classify writes: at least 2; of LNT_TASK_MULTILABEL at least 1; of
 *  LNT_TASK_REGRESSION 1, whose id and title are those of what is measured. */
LNT_API size_t lnt_model_n_classes(const lnt_model *model);
/** Title of a class, in UTF-8; NULL for an index out of range. Borrowed from the model. */
LNT_API const char *lnt_model_class_title(const lnt_model *model, size_t index);
/** Id of a class: the option's path in the ontology. NULL out of range. Borrowed. */
LNT_API const char *lnt_model_class_id(const lnt_model *model, size_t index);
/** The probability from which on a label counts as yes, 0 to 1. NaN out of range, and of models of another task than
 *  LNT_TASK_MULTILABEL. */
LNT_API double lnt_model_threshold(const lnt_model *model, size_t index);
/** Unit of the number, in UTF-8; NULL: none, or the model tells no number. Borrowed. */
LNT_API const char *lnt_model_unit(const lnt_model *model);
/** Name, target path, learner and feature (resolved text). Borrowed. */
LNT_API const char *lnt_model_name(const lnt_model *model);
LNT_API const char *lnt_model_target(const lnt_model *model);
LNT_API const char *lnt_model_learner(const lnt_model *model);
LNT_API const char *lnt_model_feature(const lnt_model *model);

/**
 * Probabilities of an image: a file path, or a record of an IDX array ("train-images-idx3-ubyte.gz#17").
 * @param prob_out  [n_classes] f32; untouched on failure. By lnt_model_task: of one of several classes, flat or in a tree,
 *                  the probability of each, summing to 1; of labels the probability of each by itself, yes from
 *                  lnt_model_threshold on; of a number its value, in lnt_model_unit
 * @return LNT_OK; LNT_EINVAL (an argument is NULL, or the path is a folder, pipe or device); LNT_ENOTFOUND; LNT_EDATA
 *         (broken image); LNT_EUNSUPPORTED (a format that is not read); LNT_ECORRUPT (the model's weights overflow on
 *         this image); LNT_ELIMIT; LNT_EIO; LNT_ENOMEM. The message begins with the path where the image is at fault.
 */
LNT_API LNT_MUST_CHECK lnt_status lnt_model_classify(float *prob_out, const lnt_model *model, const char *uri,
                                                     lnt_error *err);
/** The same for an encoded image (JPEG, PNG, PNM) of `bytes` bytes in memory. LNT_EINVAL where an argument is NULL. */
LNT_API LNT_MUST_CHECK lnt_status lnt_model_classify_memory(float *prob_out, const lnt_model *model, const void *data,
                                                            size_t bytes, lnt_error *err);
/** The same for bare pixels [h,w,c], u8, c of 1 (grey), 3 (sRGB) or 4 (with straight alpha). LNT_EINVAL where an argument
 *  is NULL, h or w is 0, or c another. */
LNT_API LNT_MUST_CHECK lnt_status lnt_model_classify_pixels(float *prob_out, const lnt_model *model,
                                                            const uint8_t *pixels, size_t h, size_t w, size_t c,
                                                            lnt_error *err);

#ifdef __cplusplus
}
#endif
#endif
