/**
 * @file keep_model.h
 * Where a trained model is kept: its file below models/ and its rows.
 *
 * Every training writes a file of its own, models/<name>@<run>.lnt, which nothing ever replaces ('@' may not stand in a
 * name, and run numbers are not used twice). One transaction makes the database name it, and takes the file that the name
 * had before out of use; that file is removed afterwards. So the database names only whole files, whatever is killed when
 * and whoever else trains under the same name. For people, models/<name>.lnt is a link to the newest; nothing in Linnet
 * depends on it.
 */
#ifndef LNTI_FLOW_KEEP_MODEL_H
#define LNTI_FLOW_KEEP_MODEL_H

#include <flow/project.h>
#include <model/model.h>

/** LNT_EINVAL where `name` cannot name a model: it becomes a part of file names. */
LNT_MUST_CHECK lnt_status lnti_model_name_check(const char *name, lnt_error *err);

/**
 * What a model is called that nobody names: learner-feature, as "logistic-hog", or learner-backbone. A layer that is not the
 * backbone's usual one joins it, so that models on several layers stand beside each other; what cannot stand in a file's name
 * becomes '.', and of a long layer the end is a hash of it. It joins as well where the backbone has the name of a feature or of imported
 * vectors. free() it.
 */
LNT_MUST_CHECK lnt_status lnti_model_usual_name(char **out, lnti_project *project, const char *learner,
                                                const lnti_extractor *extractor, lnt_error *err);

/** The model that another one of its name takes the place of. */
typedef struct lnti_model_replaced {
  char *target, *learner, *feature; /**< NULL: there is none */
  double accuracy;                  /**< on its validation rows; NaN where there were none */
} lnti_model_replaced;

/** Which model has the name. @param target,learner,feature  of the new one; with `learner`, where nobody chose its name:
 *  LNT_EEXISTS for the name of a model of another target, learner or feature (other parameters and layers are no other
 *  one); learner NULL: any is replaced. */
LNT_MUST_CHECK lnt_status lnti_model_replaced_find(lnti_model_replaced *out, lnti_project *project, const char *name,
                                                   const char *target, const char *learner, const char *feature,
                                                   lnt_error *err);
void lnti_model_replaced_clear(lnti_model_replaced *replaced);

/** LNT_ENOTFOUND for a name that no model has, with the nearest and all that there are. */
LNT_MUST_CHECK lnt_status lnti_model_fail_unknown(lnti_project *project, const char *name, lnt_error *err);

/**
 * The name of a model of the project by that, or by the path of its file (the link too), below the project or the folder
 * we are in. LNT_ENOTFOUND as lnti_model_fail_unknown, and for a file that is none of the project's. free() it.
 */
LNT_MUST_CHECK lnt_status lnti_model_name_of(char **name_out, lnti_project *project, const char *text, lnt_error *err);

typedef struct lnti_model_removed {
  char *file; /**< below the project; free() it */
  uint64_t bytes;
  int64_t run_id;    /**< which stays, with its parameters and figures */
  bool file_is_gone; /**< false: another model's row names it too, or the disk keeps it (the log says why) */
} lnti_model_removed;

/**
 * Removes a model: its row, and then its file and the link to it. Files that are no link of Linnet's stay; the run stays in the
 * database, so that it can be trained again. LNT_ENOTFOUND as lnti_model_fail_unknown.
 */
LNT_MUST_CHECK lnt_status lnti_model_remove(lnti_model_removed *out, lnti_project *project, const char *name,
                                            lnt_error *err);

/**
 * Saves the model, and in one transaction its row, the end of its run (state "done") and the content of its training rows.
 * @param path_out   absolute: the link where it could be made, else the file; free() it
 * @param run        begun; its end is filled in
 * @param trained    [n_trained] of lnti_content_keys, of the training rows
 * On failure nothing of the model is left, and a model of the same name is as it was.
 */
LNT_MUST_CHECK lnt_status lnti_model_keep(char **path_out, lnti_project *project, const lnt_model *model, lnti_run *run,
                                          const uint64_t *trained, size_t n_trained, lnt_error *err);

#endif
