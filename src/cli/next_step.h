/**
 * @file next_step.h
 * What comes next for a project, by what there is: items, labels, and the parts to learn from and to be judged by.
 */
#ifndef LNTI_CLI_NEXT_STEP_H
#define LNTI_CLI_NEXT_STEP_H

#include <cli/cli.h>
#include <flow/project.h>

/** Prints it as the "Next:" line. @param cut  the split that there is cuts groups of alike images, which was warned of */
LNT_MUST_CHECK lnt_status lnti_print_next_step(lnti_cli *cli, lnti_project *project, bool cut, lnt_error *err);
/** After an import of items without labels: to classify them by the newest model. @param split  that they were put into; NULL
 *  @param told  whether there is a model, so that something was printed */
LNT_MUST_CHECK lnt_status lnti_print_next_predicting(bool *told, lnti_cli *cli, lnti_project *project,
                                                     const char *split, lnt_error *err);
/** After a split: to train on it, where something can be learned. */
LNT_MUST_CHECK lnt_status lnti_print_next_training(lnti_cli *cli, lnti_project *project, lnt_error *err);
/** To judge a model, by the part that there is. @param before  what else may come, with what joins it; ""
 *  @param model  its name, or "MODEL" */
LNT_MUST_CHECK lnt_status lnti_print_next_judging(lnti_cli *cli, lnti_project *project, const char *before,
                                                  const char *model, lnt_error *err);

#endif
