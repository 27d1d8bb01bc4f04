/*
 * Costs: each label by itself; of two classes the second is yes.
 */
#include <flow/evaluate/costs.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <stdlib.h>

static const double COST_MAX = 1e9;

static bool read_cost(double *out, const char **text) {
  char *end = NULL;
  if (**text < '0' || **text > '9') return false; /* no sign, blank, nan or inf */
  *out = strtod(*text, &end);
  *text = end;
  return *out <= COST_MAX;
}

lnt_status lnti_costs_parse(double *miss_out, double *false_alarm_out, const char *text, lnt_error *err) {
  const char *at = text;
  double miss = 0, false_alarm = 0;
  bool fine = read_cost(&miss, &at) && *at++ == ':' && read_cost(&false_alarm, &at) && *at == '\0';
  if (!fine || miss + false_alarm <= 0)
    return lnti_fail(
        err, LNT_EINVAL,
        "--cost %.100s: give what a miss and what a false alarm costs, with a colon between, such as 10:1 (from "
        "0 to 1e9, not both 0)",
        text);
  *miss_out = miss;
  *false_alarm_out = false_alarm;
  return LNT_OK;
}

lnt_status lnti_costs_check(lnti_task task, size_t n_classes, lnt_error *err) {
  if (task == LNTI_MULTILABEL || (task != LNTI_REGRESSION && n_classes == 2)) return LNT_OK;
  if (task == LNTI_REGRESSION)
    return lnti_fail(err, LNT_EINVAL, "--cost is of answers that are yes or no: this model answers with a number");
  return lnti_fail(
      err, LNT_EINVAL,
      "--cost is of answers that are yes or no: this model tells %zu classes apart; two, or labels, can have it",
      n_classes);
}

static lnt_status find_row(lnti_report_costs *out, const float *prob, const int8_t *yes, size_t n, size_t k,
                           size_t class, double threshold, lnt_error *err) {
  lnti_report_cost row = {.class = class};
  const double aim = out->false_alarm / (out->false_alarm + out->miss);
  lnti_cost_at(&row.in_use, prob, yes, n, k, threshold, out->false_alarm, out->miss);
  if (row.in_use.n == 0) return LNT_OK;
  lnti_cost_at(&row.asked, prob, yes, n, k, aim, out->false_alarm, out->miss);
  lnt_status status = lnti_cost_threshold_find(&row.best, prob, yes, n, k, out->false_alarm, out->miss, err);
  if (!status) out->rows[out->n++] = row;
  return status;
}

static lnt_status find_second_class(lnti_report_costs *out, const lnti_truth *truth, const float *prob,
                                    lnt_error *err) {
  float *of_yes = NULL;
  int8_t *yes = NULL;
  lnt_status status = lnti_alloc(&of_yes, truth->n, sizeof *of_yes, err);
  if (!status) status = lnti_alloc(&yes, truth->n, sizeof *yes, err);
  for (size_t i = 0; i < truth->n && !status; i++) {
    of_yes[i] = prob[2 * i + 1];
    yes[i] = truth->label[i] == 1;
  }
  if (!status) status = find_row(out, of_yes, yes, truth->n, 1, 1, 0.5, err);
  free(yes);
  free(of_yes);
  return status;
}

lnt_status lnti_costs_find(lnti_report_costs *out, const lnti_truth *truth, const float *prob, const float *threshold,
                           lnt_error *err) {
  lnt_status status = lnti_costs_check(truth->task, truth->k, err);
  if (!status) status = lnti_alloc_zero(&out->rows, truth->k, sizeof *out->rows, err);
  if (status) return status;
  if (truth->label) return find_second_class(out, truth, prob, err);
  for (size_t c = 0; c < truth->k && !status; c++)
    status =
        find_row(out, prob + c, truth->yes + c, truth->n, truth->k, c, threshold ? (double)threshold[c] : 0.5, err);
  return status;
}

void lnti_costs_clear(lnti_report_costs *costs) {
  free(costs->rows);
  *costs = (lnti_report_costs){0};
}
