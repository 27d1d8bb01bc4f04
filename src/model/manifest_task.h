/**
 * @file manifest_task.h
 * What a model's manifest says by its task: calibration, thresholds, titles of inner nodes, the range of a number. Inside of
 * model/, for model_file.c.
 */
#ifndef LNTI_MODEL_MANIFEST_TASK_H
#define LNTI_MODEL_MANIFEST_TASK_H

#include <eval/class_tree.h>
#include <model/model.h>

/** That all of it can be, saved or opened. LNT_EINVAL, LNT_EDATA (classes that form no tree), LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_manifest_check_task(const lnt_model *model, lnt_error *err);
/** The tree of its classes. LNT_EDATA, LNT_ELIMIT, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_manifest_tree(lnti_class_tree **out, const lnt_model *model, lnt_error *err);

/** The object `calibration`. */
void lnti_manifest_write_calibration(lnti_json_writer *w, const lnt_model *model);
/** The keys that only some tasks have. */
void lnti_manifest_write_task(lnti_json_writer *w, const lnt_model *model);

/** `task`, which must fit the format; LNT_EDATA, LNT_EUNSUPPORTED (a task or format of a newer Linnet). */
LNT_MUST_CHECK lnt_status lnti_manifest_read_format(lnt_model *model, const lnti_json_value *manifest,
                                                    const char *version, lnt_error *err);
/** All else, the classes having been read. LNT_EDATA, LNT_EUNSUPPORTED, LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_manifest_read_task(lnt_model *model, const lnti_json_value *manifest, lnt_error *err);

/* Of manifests in general (model_file.c). */

#define LNTI_MANIFEST_COUNT_MAX (INT64_C(1) << 53)

/** A string that must be there, borrowed from the tree; or copied. */
LNT_MUST_CHECK lnt_status lnti_manifest_borrow(const char **out, const lnti_json_value *object, const char *key,
                                               lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_manifest_string(char **out, const lnti_json_value *object, const char *key,
                                               lnt_error *err);
/** A whole number that must be there. */
LNT_MUST_CHECK lnt_status lnti_manifest_count(int64_t *out, const lnti_json_value *object, const char *key, int64_t min,
                                              int64_t max, lnt_error *err);
/** A list of {"id","title"}; what was made of it is the model's in every case. */
LNT_MUST_CHECK lnt_status lnti_manifest_read_names(lnti_model_class **out, size_t *n_out,
                                                   const lnti_json_value *manifest, const char *key, lnt_error *err);
void lnti_manifest_write_names(lnti_json_writer *w, const char *key, const lnti_model_class *names, size_t n);

#endif
