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
/** After a split: to train on it, where something can be learned. */
LNT_MUST_CHECK lnt_status lnti_print_next_training(lnti_cli *cli, lnti_project *project, lnt_error *err);
/** After training: to judge the model, by the part that there is. */
LNT_MUST_CHECK lnt_status lnti_print_next_judging(lnti_cli *cli, lnti_project *project, const char *model,
                                                  lnt_error *err);

#endif
