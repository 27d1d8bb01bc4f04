/*
 * Metrics as JSON.
 */
#include <flow/metrics_json.h>

#include <base/alloc.h>
#include <math.h>
#include <string.h>

void lnti_metrics_write(lnti_json_writer *w, const double value[LNTI_METRICS], const double ci95[LNTI_METRICS][2]) {
  for (int m = 0; m < LNTI_METRICS; m++) lnti_json_kv_real(w, lnti_metric_name((lnti_metric_id)m), value[m]);
  lnti_json_key(w, "ci95");
  lnti_json_begin_object(w);
  for (int m = 0; m < LNTI_METRICS; m++) {
    lnti_json_key(w, lnti_metric_name((lnti_metric_id)m));
    lnti_json_begin_array(w);
    lnti_json_real(w, ci95[m][0]);
    lnti_json_real(w, ci95[m][1]);
    lnti_json_end_array(w);
  }
  lnti_json_end_object(w);
}

lnt_status lnti_metrics_json(lnti_text *out, const double value[LNTI_METRICS], const double ci95[LNTI_METRICS][2],
                             lnt_error *err) {
  lnti_json_writer *writer = NULL;
  lnt_status status = lnti_json_writer_new(&writer, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_json_begin_object(writer);
  lnti_metrics_write(writer, value, ci95);
  lnti_json_end_object(writer);
  status = lnti_json_finish(writer, err);
  lnti_json_writer_free(writer);
  if (status == LNT_OK && out->length && out->data[out->length - 1] == '\n') out->data[--out->length] = '\0';
  return status;
}

double lnti_result_metric(const char *result_json, const char *metric) {
  lnti_arena arena = {.cap = (size_t)16 << 20};
  const lnti_json_value *root = NULL;
  double value = (double)NAN;
  if (result_json && result_json[0] &&
      lnti_json_parse(&root, &arena, result_json, strlen(result_json), "result", NULL) == LNT_OK) {
    const lnti_json_value *found = lnti_json_get(root, metric);
    if (found && found->type == LNTI_JSON_TYPE_NUMBER) value = found->number;
  }
  lnti_arena_clear(&arena);
  return value;
}
