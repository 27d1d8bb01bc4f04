/**
 * @file names.h
 * The splits' names, and the names under which data sets carry them.
 */
#ifndef LNTI_FLOW_SPLIT_NAMES_H
#define LNTI_FLOW_SPLIT_NAMES_H

#include <stddef.h>

#define LNTI_SPLIT_TRAIN "train"
#define LNTI_SPLIT_VAL "val"
#define LNTI_SPLIT_TEST "test"

/** The split that n bytes of a folder's or file's name stand for ("training", "valid", "t10k"...), case ignored; NULL
 *  for none. */
const char *lnti_split_of_name(const char *name, size_t n);
/** The split of the first folder in a '/' separated path that has such a name; NULL for none. */
const char *lnti_split_of_path(const char *path);

#endif
