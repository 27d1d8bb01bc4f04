/*
 * What is said of an item beside its answers: comments, and why it was skipped.
 */
#include <base/error.h>
#include <flow/annotate/parts.h>
#include <math.h>
#include <string.h>

lnt_status lnti_annotate_remark(lnti_tx *tx, bool *changed_out, int64_t op_id, int64_t item_id, lnti_remark_kind kind,
                                const char *text, lnti_answer_source source, lnt_error *err) {
  lnti_answer_row there = {0}, row = {.op_id = op_id,
                                      .subject_kind = LNTI_SUBJECT_ITEM,
                                      .subject_id = item_id,
                                      .question_id = LNTI_REMARKS,
                                      .slot = LNTI_SLOT_SKIP,
                                      .state = text ? LNTI_ANSWERED : LNTI_CLEARED,
                                      .number = (double)NAN,
                                      .text = text,
                                      .confidence = (double)NAN,
                                      .source = source};
  bool found = false;
  int64_t slot = 0;
  const char *what = kind == LNTI_REMARK_SKIP ? "the reason of the skip" : "the comment";
  lnt_status status = text ? lnti_text_check(text, LNTI_REMARK_MAX, what, err) : LNT_OK;
  if (!status) status = lnti_tx_item_there(tx, NULL, item_id, err);
  if (!status && kind == LNTI_REMARK_COMMENT) {
    if (!text) return lnti_fail(err, LNT_EINVAL, "a comment is taken back by undoing the operation that made it");
    status = lnti_tx_comment(tx, &slot, &row, err);
    if (!status) *changed_out = true;
    return status;
  }
  if (!status) {
    status = lnti_tx_current(tx, &there, &found, LNTI_SUBJECT_ITEM, item_id, LNTI_REMARKS, LNTI_SLOT_SKIP, err);
  }
  if (status) return status;
  bool changed = text ? !found || strcmp(there.text, text) != 0 : found;
  if (changed) status = lnti_tx_answer(tx, &row, err);
  if (!status) *changed_out = changed;
  return status;
}
