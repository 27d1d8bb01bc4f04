/**
 * @file output.h
 * Files that a user names for a result: which names are taken, so that nothing is ever written over other work.
 */
#ifndef LNTI_FLOW_OUTPUT_H
#define LNTI_FLOW_OUTPUT_H

#include <flow/project.h>

/** What is written. The endings differ, so that one command cannot write two of them to one file. */
typedef enum lnti_output_kind {
  LNTI_OUTPUT_ARRAY,   /**< vectors: .npy */
  LNTI_OUTPUT_ROWS,    /**< the list of their rows: .csv */
  LNTI_OUTPUT_CLASSES, /**< the list of their columns: .csv */
  LNTI_OUTPUT_REPORT   /**< of an evaluation: .html, .htm */
} lnti_output_kind;

/** The first line of the list of rows. */
#define LNTI_OUTPUT_ROWS_HEAD "path\n"
/** That of the list of classes. */
#define LNTI_OUTPUT_CLASSES_HEAD "class,title\n"

/**
 * May a result be written there? To be asked before the work, and again before the file is written.
 * @param project  NULL: none, so that no place is its own
 * @return LNT_EINVAL: the ending is another than that of the kind, or the place is the project's own; LNT_EEXISTS: a file is there
 *         that holds something (looked at, not guessed by its name) but no earlier result of this kind; LNT_ENOTFOUND: there is no
 *         such folder; LNT_EIO.
 */
LNT_MUST_CHECK lnt_status lnti_output_check(const lnti_project *project, lnti_output_kind kind, const char *path,
                                            lnt_error *err);
/** The part of it for what is never written over anything: LNT_EINVAL among the project's own files (linnet.db, models/, cache/,
 *  embeddings/), also by way of links. */
LNT_MUST_CHECK lnt_status lnti_output_check_place(const lnti_project *project, const char *path, lnt_error *err);

#endif
