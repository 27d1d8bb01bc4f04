/**
 * @file make.h
 * One file of an export into a folder: its bytes, a link, or a picture encoded anew.
 */
#ifndef LNTI_FLOW_EXPORT_MAKE_H
#define LNTI_FLOW_EXPORT_MAKE_H

#include <flow/export/internal.h>
#include <flow/export/manifest.h>
#include <time.h>

/** A file to make, and what became of it. */
typedef struct lnti_file_job {
  char *uri, *path;  /**< path: whole */
  const char *below; /**< part of `path`: below the export's folder */
  int64_t item_id;
  lnti_export_kind kind;
  lnti_link link; /**< LNTI_LINK_NONE: bytes */
  bool labelled;
  lnti_hash content;
  uint64_t bytes;       /**< of the source */
  struct timespec time; /**< of change, of the source: what the file gets */
  lnti_made made;
  lnti_made_state there; /**< what is at `path` already */
  lnt_status status;
  lnt_error error;
  uint64_t written;
  bool linked, stripped;
} lnti_file_job;

/** Fills in `made`: the key of content and form, and the time that the file gets, its source's. */
void lnti_file_job_plan(lnti_file_job *job, const lnti_item *item, const lnti_export_options *options);
/** Makes the file; the outcome is in the job. @return an error where it is the folder's and not the item's. */
LNT_MUST_CHECK lnt_status lnti_file_job_run(lnti_file_job *job, const lnti_export_work *work, lnt_error *err);

#endif
