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

/** How a file of a folder comes to lie in an export. */
typedef enum lnti_link {
  LNTI_LINK_NONE, /**< copied */
  LNTI_LINK_HARD, /**< symbolic where the file system has none */
  LNTI_LINK_SYMBOLIC
} lnti_link;

typedef enum lnti_export_encoding { LNTI_ENCODE_NONE, LNTI_ENCODE_JPEG, LNTI_ENCODE_PNG } lnti_export_encoding;

typedef struct lnti_export_options {
  lnti_export_format format;
  const char *where; /**< filter; NULL: all items */
  const char *
      snapshot; /**< everything as it was in it (flow/snapshot/snapshot.h), but where files lie; not with where; NULL: as it is */
  const char *split;  /**< with snapshot: items of this split alone; NULL: all */
  const char *target; /**< of folders: path of the question that gives the classes; NULL: the only one with answers */
  unsigned strip;     /**< LNTI_STRIP_...: what is left out of copies, and of the metadata in tables; 0: nothing */
  lnti_link link;     /**< of folders: link to files of folders instead of copying them; not with strip or convert */
  lnti_export_encoding convert; /**< of folders: every picture is decoded and encoded anew, upright, 8 bits a channel */
  size_t side;                  /**< with convert: the longer side is made no longer than this; 0: as it is */
  const lnti_progress *progress;
  lnti_refused_visit refused; /**< called for each item that cannot be exported; NULL */
  void *refused_payload;
} lnti_export_options;

typedef struct lnti_export_result {
  size_t exported;   /**< files, or rows */
  size_t items;      /**< that these are of: an image may be in the folders of several labels */
  size_t unchanged;  /**< of folders: of exported, those that an earlier export had written */
  size_t removed;    /**< of folders: files of an earlier export that are no longer wanted */
  size_t left;       /**< of folders: those that are not wanted but were changed since, and were let be */
  size_t held;       /**< of folders: copies of an earlier export that stay since their image was refused */
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
 * Of a snapshot the export is the same as one was when the snapshot was taken. Items that are gone since are refused, and in tables
 * those that are another picture by now.
 *
 * A folder must be empty, not there yet, or of an earlier export: then only what has changed is written, and what is no
 * longer wanted is removed. Nothing is overwritten or removed that no export wrote, or that was changed since. A table's
 * file must not be there. Each file appears whole; a failure or cancellation leaves those before it, and the
 * same command goes on from there; of a table it leaves nothing.
 *
 * @param path  of the folder (made with those above it) or file
 * @return LNT_OK, also where items were refused; LNT_EINVAL (filter, target, or options that exclude each other);
 *         LNT_ENOTFOUND (target, snapshot; no item matches); LNT_EUNSUPPORTED (a snapshot that kept too little); LNT_EEXISTS; LNT_ECANCELLED; LNT_ENOSPC; LNT_EIO; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_export(lnti_export_result *out, lnti_project *project, const char *path,
                                      const lnti_export_options *options, lnt_error *err);

#endif
