#include <cli/item_predictions.h>

#include <flow/answer_text.h>
#include <math.h>
#include <stdlib.h>

/* Whether a later set answers the same question. */
static bool is_newest(const lnti_filter_names *names, size_t set) {
  for (size_t later = set + 1; later < names->n_predicted; later++) {
    if (names->predicted[later].question == names->predicted[set].question) return false;
  }
  return true;
}

lnt_status lnti_item_predictions_text(lnti_text *out, lnti_view *view, int64_t item_id, lnt_error *err) {
  const lnti_filter_names *names = lnti_view_names(view);
  lnti_view_prediction said = {0};
  size_t begin = out->length;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < names->n_predicted && !status; i++) {
    if (!is_newest(names, i)) continue;
    status = lnti_view_item_prediction(&said, view, i, item_id, err);
    if (status || said.n == 0) continue;
    if (out->length > begin) status = lnti_text_printf(out, err, ", ");
    if (!status) status = lnti_answers_text(out, lnti_view_ontology(view), said.rows, said.n, err);
    if (!status && !isnan(said.confidence)) status = lnti_text_printf(out, err, " %.1f %%", 100 * said.confidence);
  }
  free(said.rows);
  return status;
}

lnt_status lnti_item_predictions_json(lnti_json_writer *w, lnti_view *view, int64_t item_id, lnt_error *err) {
  const lnti_filter_names *names = lnti_view_names(view);
  lnti_view_prediction said = {0};
  lnt_status status = LNT_OK;
  lnti_json_key(w, "predictions");
  lnti_json_begin_object(w);
  for (size_t i = 0; i < names->n_predicted && !status; i++) {
    status = lnti_view_item_prediction(&said, view, i, item_id, err);
    if (status || said.n == 0) continue;
    lnti_json_key(w, names->predicted[i].name);
    lnti_json_begin_object(w);
    status = lnti_answers_json(w, lnti_view_ontology(view), said.rows, said.n, err);
    lnti_json_key(w, "confidence");
    lnti_json_float(w, (float)said.confidence);
    lnti_json_end_object(w);
  }
  lnti_json_end_object(w);
  free(said.rows);
  return status;
}
