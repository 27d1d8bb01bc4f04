/**
 * @file names.h
 * The splits' names, and the names under which data sets carry them.
 */
#ifndef LNTI_FLOW_SPLIT_NAMES_H
#define LNTI_FLOW_SPLIT_NAMES_H

#include <flow/project.h>

#define LNTI_SPLIT_TRAIN "train"
#define LNTI_SPLIT_VAL "val"
#define LNTI_SPLIT_TEST "test"

/** The split that n bytes of a folder's or file's name stand for ("training", "valid", "t10k"...), case ignored; NULL
 *  for none. */
const char *lnti_split_of_name(const char *name, size_t n);
/** The split of the first folder in a '/' separated path that has such a name; NULL for none. */
const char *lnti_split_of_path(const char *path);

/** That there are items in the split of this name. LNT_EINVAL (an empty name); LNT_ENOTFOUND; both with the splits that there
 *  are and what was probably meant. */
LNT_MUST_CHECK lnt_status lnti_split_check(lnti_project *project, const char *name, lnt_error *err);
/** "test (40), train (44), none (3)", appended; "none yet (linnet split...)" where that is so. */
LNT_MUST_CHECK lnt_status lnti_split_list(lnti_text *out, const lnti_store_counts *counts, lnt_error *err);

#endif
