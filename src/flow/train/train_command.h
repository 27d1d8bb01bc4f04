/**
 * @file train_command.h
 * The command that trains a model anew, on the splits as they are by then.
 */
#ifndef LNTI_FLOW_TRAIN_COMMAND_H
#define LNTI_FLOW_TRAIN_COMMAND_H

#include <flow/project.h>
#include <linnet/model.h>

/** Appended, for a shell: "linnet train --learner knn --feature pixels --set k=3 --name mine". What has the value that it
 *  would have anyway is left out. */
LNT_MUST_CHECK lnt_status lnti_train_command(lnti_text *out, lnti_project *project, const lnt_model *model,
                                             lnt_error *err);

#endif
