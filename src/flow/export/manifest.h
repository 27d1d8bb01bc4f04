/**
 * @file manifest.h
 * What an export has written into a folder, so that the next one into it writes what has changed, removes what is no longer
 * wanted, and touches nothing else: OUT/.linnet-export/manifest (docs/guide/export.md has its lines). While an export runs,
 * a journal beside it names the files that are about to be made; both are read by the next one, also after a kill.
 */
#ifndef LNTI_FLOW_EXPORT_MANIFEST_H
#define LNTI_FLOW_EXPORT_MANIFEST_H

#include <base/file.h>
#include <base/text.h>
#include <stdbool.h>
#include <time.h>

#define LNTI_EXPORT_MANIFEST_FOLDER ".linnet-export"

/** How a file was made (content, form), and how it is known again: its time of change, of a symbolic link its target. */
typedef struct lnti_made {
  uint64_t key, stamp;
} lnti_made;

typedef struct lnti_made_entry {
  uint64_t path; /* hash */
  lnti_made made;
} lnti_made_entry;

/** Zero-initialise. 24 bytes of memory for each file of earlier exports. */
typedef struct lnti_manifest {
  char *folder;             /**< OUT/.linnet-export */
  char *root;               /**< OUT */
  int lock;                 /**< the journal, open and locked */
  lnti_made_entry *entries; /**< [n] by path; of one path there may be several, of which at most one is on disk */
  bool *seen;               /**< [n] */
  size_t n, capacity;
  uint64_t *held; /**< [n_held] keys of what could not be made; sorted at the end */
  size_t n_held, held_capacity;
  bool changed;      /**< something is written that is not in the manifest */
  lnti_text waiting; /**< lines for the journal */
  lnti_file_writer *next;
  lnti_text next_lines;
} lnti_manifest;

/** True where the folder holds a manifest or journal. */
bool lnti_manifest_is_there(const char *root);
/** Reads what is there, or begins; takes away what a killed export left half-written. LNT_EBUSY (another export is at
 *  work there); LNT_EDATA; LNT_EIO... */
LNT_MUST_CHECK lnt_status lnti_manifest_open(lnti_manifest *m, const char *root, lnt_error *err);
void lnti_manifest_close(lnti_manifest *m);

/** 40 bits of the content's hash, 24 of the form's. */
uint64_t lnti_manifest_key(const void *content, size_t n_content, const char *form, size_t n_form);
/** The stamp of a file by its time of change. */
uint64_t lnti_manifest_file_stamp(struct timespec time);
/** The stamp of a symbolic link to `target`. */
uint64_t lnti_manifest_link_stamp(const char *target);

/** What is at root/path by what the manifest says. */
typedef enum lnti_made_state {
  LNTI_MADE_NOT,     /**< nothing is there */
  LNTI_MADE_SAME,    /**< made by an export, with this key */
  LNTI_MADE_OTHER,   /**< made by an export, otherwise or perhaps so: to be replaced */
  LNTI_MADE_CHANGED, /**< made by an export, and changed since */
  LNTI_MADE_FOREIGN  /**< not written by an export */
} lnti_made_state;
/** @param made  `key` is what is wanted; of LNTI_MADE_SAME `stamp` becomes that of the file. Thread-safe. */
lnti_made_state lnti_manifest_look(const lnti_manifest *m, const char *path, lnti_made *made);
/** A file is about to be made: kept in memory until the flush. */
LNT_MUST_CHECK lnt_status lnti_manifest_plan(lnti_manifest *m, const char *path, const lnti_made *made, lnt_error *err);
/** Writes the plans out; to be called before the first of them is made. */
LNT_MUST_CHECK lnt_status lnti_manifest_flush(lnti_manifest *m, lnt_error *err);
/** A file of this export, kept or made. */
LNT_MUST_CHECK lnt_status lnti_manifest_keep(lnti_manifest *m, const char *path, const lnti_made *made, lnt_error *err);

/** A file could not be made since LNTI_MADE_CHANGED stands in its place: it is wanted, and let be. */
LNT_MUST_CHECK lnt_status lnti_manifest_let_be(lnti_manifest *m, const char *path, lnt_error *err);
/** A file could not be made: what earlier exports made of its content stays, wherever it lies. */
LNT_MUST_CHECK lnt_status lnti_manifest_hold(lnti_manifest *m, const lnti_made *made, lnt_error *err);

/** What became of the files of earlier exports that are not of this one. */
typedef struct lnti_stale_counts {
  size_t removed;
  size_t left; /**< changed since, or behind a link in place of a folder: no longer the export's */
  size_t held;
} lnti_stale_counts;
/** Removes the files of earlier exports that were not kept, and folders that are empty then. Puts the new manifest in place.
 *  @param same_form  only copies of the same form are held: others may have what is to be stripped */
LNT_MUST_CHECK lnt_status lnti_manifest_finish(lnti_stale_counts *out, lnti_manifest *m, bool same_form,
                                               lnt_error *err);

#endif
