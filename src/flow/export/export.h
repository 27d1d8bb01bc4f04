/**
 * @file export.h
 * export: items leave the project, as files in a folder for each class, or as a table with a row for each. The project
 * itself is only read.
 */
#ifndef LNTI_FLOW_EXPORT_EXPORT_H
#define LNTI_FLOW_EXPORT_EXPORT_H

#include <flow/project.h>
#include <image/exif.h>

#define LNTI_EXPORT_UNLABELLED "unlabelled"
#define LNTI_EXPORT_UNSPLIT "unsplit"

typedef enum lnti_export_format {
  LNTI_EXPORT_FOLDER, /**< OUT/[split/]class/file; "unlabelled" for what has no label, "unsplit" where only others are in a split */
  LNTI_EXPORT_CSV,  /**< a row an item (docs/guide/export.md has the columns) */
  LNTI_EXPORT_JSONL /**< an object a line */
} lnti_export_format;

typedef struct lnti_export_options {
  lnti_export_format format;
  const char *where;  /**< filter; NULL: all items */
  const char *target; /**< of folders: path of the question that gives the classes; NULL: the only one with answers */
  unsigned strip;     /**< LNTI_STRIP_...: what is left out of copies, and of the metadata in tables; 0: nothing */
  bool link;          /**< of folders: link to files of folders instead of copying them; not with strip */
  const lnti_progress *progress;
  lnti_refused_visit refused; /**< called for each item that cannot be exported; NULL */
  void *refused_payload;
} lnti_export_options;

typedef struct lnti_export_result {
  size_t exported;   /**< files, or rows */
  size_t n_refused;  /**< of folders */
  size_t unlabelled; /**< of folders: exported without a class */
  size_t linked;     /**< of folders: of exported, links */
  size_t stripped;   /**< files whose metadata were taken out; of tables: metadata keys that were left out */
  uint64_t bytes;    /**< written; links count nothing */
  double seconds;
} lnti_export_result;

/**
 * Exports the items that match, in order of id.
 *
 * Folders: names are kept (the last part of the item's path), made safe, and made distinct by a number; classes are called
 * by their titles. Records of arrays, frames and pages become PNG, all else is copied byte for byte, or without what is to
 * be stripped. A file that is gone, has changed since it was imported, or cannot be stripped is refused and the rest goes
 * on. A member of a group has the group's label where it has none of its own; groups themselves are no files.
 *
 * Nothing is overwritten: a folder must be empty or not there yet, a table's file not there. Each file appears whole; a
 * failure or cancellation leaves those before it, of a table nothing.
 *
 * @param path  of the folder (made with those above it) or file
 * @return LNT_OK, also where items were refused; LNT_EINVAL (filter, target, or options that exclude each other);
 *         LNT_ENOTFOUND (target); LNT_EEXISTS; LNT_ECANCELLED; LNT_ENOSPC; LNT_EIO; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_export(lnti_export_result *out, lnti_project *project, const char *path,
                                      const lnti_export_options *options, lnt_error *err);

#endif
