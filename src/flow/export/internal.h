/**
 * @file internal.h
 * What the files of export share.
 */
#ifndef LNTI_FLOW_EXPORT_INTERNAL_H
#define LNTI_FLOW_EXPORT_INTERNAL_H

#include <flow/export/export.h>
#include <flow/snapshot/snapshot_read.h>
#include <flow/view/items.h>

/** One export. */
typedef struct lnti_export_work {
  lnti_project *project;
  const lnti_export_options *options;
  const char *path;
  const lnti_ontology *ontology;
  lnti_snapshot snapshot;         /**< of options->snapshot */
  const lnti_snapshot_item *then; /**< with it, while an item is visited: what the snapshot has of it */
  lnti_view *view;
  lnti_filter *filter;
  size_t total;  /**< items that are walked over */
  bool fresh;    /**< nothing was in the folder when the work began */
  bool nameless; /**< files can be made without a name, and be named when they are whole */
  lnti_export_result result;
} lnti_export_work;

LNT_MUST_CHECK lnt_status lnti_export_folder(lnti_export_work *work, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_export_table(lnti_export_work *work, lnt_error *err);

/** What an item becomes in a folder. */
typedef enum lnti_export_kind {
  LNTI_EXPORT_FILE,   /**< its encoded bytes; `plain` files lie in a folder and may be linked */
  LNTI_EXPORT_RECORD, /**< bare pixels: a PNG */
  LNTI_EXPORT_FRAME   /**< one frame or page of several: a PNG */
} lnti_export_kind;
LNT_MUST_CHECK lnt_status lnti_export_file_name(lnti_text *name_out, lnti_export_kind *kind_out, const lnti_item *item,
                                                const char *uri, lnt_error *err);

/** True for a metadata key that says where a picture was taken, or with which camera, as far as `strip` asks. */
bool lnti_export_is_private(const char *key, unsigned strip);

#endif
