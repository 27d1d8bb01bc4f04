/*
 * The figures of a run, read from the JSON that it keeps.
 */
#include <flow/evaluate/metrics_json.h>

#include <base/alloc.h>
#include <base/json.h>
#include <math.h>
#include <string.h>

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
