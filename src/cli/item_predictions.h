/**
 * @file item_predictions.h
 * What models say of an item, for `linnet items --predictions`.
 */
#ifndef LNTI_CLI_ITEM_PREDICTIONS_H
#define LNTI_CLI_ITEM_PREDICTIONS_H

#include <base/json.h>
#include <flow/view/query.h>

/** A line for people, appended: of each question the newest model's, "class=Cat 91 %". */
LNT_MUST_CHECK lnt_status lnti_item_predictions_text(lnti_text *out, lnti_view *view, int64_t item_id, lnt_error *err);
/** A member of the open object: "predictions" {model: {"answers", "titles", "confidence"}} of all models with any. */
LNT_MUST_CHECK lnt_status lnti_item_predictions_json(lnti_json_writer *w, lnti_view *view, int64_t item_id,
                                                     lnt_error *err);

#endif
