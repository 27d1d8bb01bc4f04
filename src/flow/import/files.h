/**
 * @file files.h
 * The image files below a folder, in the order in which people sort names.
 */
#ifndef LNTI_FLOW_IMPORT_FILES_H
#define LNTI_FLOW_IMPORT_FILES_H

#include <flow/project.h>

enum { LNTI_FILES_DEPTH_MAX = 64, LNTI_PATH_BYTES_MAX = 4096 };

typedef struct lnti_files {
  const char **member; /**< [n] '/' separated path below the folder; in the arena */
  size_t n, capacity;
  size_t n_other;          /**< files that were left alone */
  size_t n_tables;         /**< of these, tables by their names, in folders */
  const char *first_table; /**< below the root; in `arena`; NULL */
  size_t n_again;          /**< linked folders that were not listed */
  const char *first_again; /**< of these, below the folder; in the arena */
  lnti_arena arena;
} lnti_files;

/**
 * Lists names; only files without an extension are opened, for their first bytes. Files whose extension is of no image
 * format, files without one whose bytes are of none, and hidden files are left alone and counted (hidden ones not). Links are followed. But each folder is listed once, under its own
 * name where it has one below the root, and links to folders above the root are not followed: these links are counted. A folder that cannot be listed, or lies deeper or has a longer path than the
 * limits, is told to `refused`, and the rest goes on.
 * @param root  absolute path
 * @param refused  may be NULL
 * @return LNT_OK; LNT_ELIMIT (`root` itself is longer than the limit); LNT_ECANCELLED; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_files_list(lnti_files *out, const char *root, const lnti_cancel *cancel,
                                          lnti_refused_visit refused, void *refused_payload, lnt_error *err);
/** The same of an archive: its members, those in archives inside it too, in the order in which people sort names. */
LNT_MUST_CHECK lnt_status lnti_files_list_archive(lnti_files *out, lnti_media *media, const char *path,
                                                  const lnti_cancel *cancel, lnti_refused_visit refused,
                                                  void *refused_payload, lnt_error *err);
void lnti_files_clear(lnti_files *files);

/** Of a member of an archive inside an archive ("a/inner.zip#b/c.png") its name in there ("b/c.png"); else NULL. */
const char *lnti_files_inner(const char *member);

#endif
