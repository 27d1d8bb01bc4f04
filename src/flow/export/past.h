/**
 * @file past.h
 * Which items an export walks over, and what is said of them: as they are, or as a snapshot has them.
 */
#ifndef LNTI_FLOW_EXPORT_PAST_H
#define LNTI_FLOW_EXPORT_PAST_H

#include <flow/export/internal.h>

/** Opens the snapshot that the options name, takes its ontology, and counts its items. LNT_ENOTFOUND (snapshot; no item is of
 *  the split); LNT_EUNSUPPORTED (one that kept too little). */
LNT_MUST_CHECK lnt_status lnti_export_open_past(lnti_export_work *work, lnt_error *err);
/**
 * Visits the items that are to be exported, by id. Of a snapshot those that are in the project no more are refused, and for
 * tables those that are another picture by now. Files are told from their content: of these `bytes` is 0 then.
 */
LNT_MUST_CHECK lnt_status lnti_export_items(lnti_export_work *work, lnti_item_view_visit visit, void *payload,
                                            lnt_error *err);

#endif
