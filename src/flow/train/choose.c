/*
 * A point after the other, each over all folds: so one matrix of scores is enough for the point at hand, and one for the
 * best so far. A learner that can begins each fold's fit where the point before ended.
 */
#include <flow/train/choose.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/log.h>
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* Of the loss, by which it must fall towards an end of a list to be worth a word. */
static const double SLOPE_LEAST = 1e-3;

typedef struct choosing {
  lnti_choice *choice;
  const lnti_choose_options *options;
  const lnti_context *context;
  lnti_folds folds;
  size_t n, k;        /* judged rows, classes */
  size_t n_fits_all;  /* that there will be */
  lnti_truth truth;   /* [n] */
  uint32_t *fold;     /* [n] */
  float *prob, *best; /* [n,k] of the point at hand; of the best so far */
  lnti_scale scale;   /* of the best so far */
} choosing;

static void on_fit(void *payload) {
  choosing *c = payload;
  c->choice->n_fits++;
  lnti_progress_update(c->options->progress, "cross-validation fits", c->choice->n_fits, c->n_fits_all);
}

/* Mean over the answers, and its standard error from the folds' means m_f, which weigh w_f = n_f / n:
 * se^2 = sum_f w_f (m_f - m)^2 / (F - 1). Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning,
 * 2009, section 7.10, for folds of different sizes. */
static void mean_over_folds(lnti_choice_point *out, int cost, double (*sum)[LNTI_TASK_COSTS], const size_t *count,
                            unsigned folds) {
  double all = 0, n = 0, spread = 0;
  unsigned used = 0;
  for (unsigned f = 0; f < folds; f++) {
    all += sum[f][cost];
    n += (double)count[f];
    used += count[f] > 0;
  }
  out->cost[cost] = all / n;
  for (unsigned f = 0; f < folds; f++) {
    if (count[f] == 0) continue;
    double apart = sum[f][cost] / (double)count[f] - out->cost[cost];
    spread += (double)count[f] / n * apart * apart;
  }
  out->cost_se[cost] = used > 1 ? sqrt(spread / (used - 1)) : (double)NAN;
}

static void measure(lnti_choice_point *out, const choosing *c) {
  const lnti_task_pieces *pieces = lnti_task_pieces_of(c->truth.task);
  double sum[LNTI_FOLDS_MAX][LNTI_TASK_COSTS] = {{0}};
  size_t count[LNTI_FOLDS_MAX] = {0};
  for (size_t i = 0; i < c->n; i++) count[c->fold[i]] += pieces->add_costs(sum[c->fold[i]], c->prob, &c->truth, i);
  for (int cost = 0; cost < LNTI_TASK_COSTS; cost++) mean_over_folds(out, cost, sum, count, c->folds.n);
}

static lnt_status try_point(choosing *c, size_t at, lnt_error *err) {
  lnti_choice *choice = c->choice;
  lnti_choice_point *point = &choice->point[at];
  lnti_fit_report report = {0};
  lnti_scale scale = {0};
  lnt_status status =
      lnti_folds_score(c->prob, &report, &c->folds, choice->grid.learner, &choice->grid.point[at], c->context, err);
  if (!status) status = lnti_scale_fit(&scale, c->prob, &c->truth, c->context, err);
  if (status) return status;
  point->temperature = scale.temperature;
  measure(point, c);
  if (at == 0 || point->cost[0] < choice->point[choice->best].cost[0]) {
    float *swap = c->best;
    c->best = c->prob;
    c->prob = swap;
    lnti_scale_clear(&c->scale);
    c->scale = scale;
    scale = (lnti_scale){0};
    choice->best = at;
  }
  lnti_scale_clear(&scale);
  return LNT_OK;
}

static lnt_status judge_best(choosing *c, const uint32_t *group, lnt_error *err) {
  const lnti_evaluate_options usual = LNTI_EVALUATE_OPTIONS_INIT;
  const lnti_class_tree *tree = c->folds.problem->tree;
  lnti_judging what = {.prob = c->best,
                       .truth = &c->truth,
                       .tree = tree,
                       .threshold = c->scale.threshold,
                       .interval = {(double)NAN, (double)NAN},
                       .train_mean = (double)NAN,
                       .options = usual};
  lnti_judged judged = {0};
  uint32_t *of_judged = NULL;
  lnt_status status = lnti_alloc(&of_judged, c->n, sizeof *of_judged, err);
  if (status) return status;
  lnti_folds_groups(of_judged, &c->folds, group);
  what.options.seed = c->folds.problem->seed;
  what.options.group = of_judged;
  (void)lnti_residual_interval(what.interval, c->scale.residual, c->scale.n_residuals);
  status = lnti_judge(&judged, &what, c->context, err);
  if (!status) lnti_figures_of(&c->choice->figures, &judged, c->truth.task, tree != NULL);
  lnti_judged_clear(&judged);
  free(of_judged);
  return status;
}

static lnt_status make_room(choosing *c, lnt_error *err) {
  lnti_choice *choice = c->choice;
  lnt_status status = lnti_alloc_zero(&choice->point, choice->grid.n, sizeof *choice->point, err);
  if (!status) status = lnti_truth_new(&c->truth, choice->task, c->n, c->k, err);
  if (!status) status = lnti_alloc(&c->fold, c->n, sizeof *c->fold, err);
  if (!status) status = lnti_alloc_aligned(&c->prob, c->n, c->k * sizeof *c->prob, err);
  if (!status) status = lnti_alloc_aligned(&c->best, c->n, c->k * sizeof *c->best, err);
  return status;
}

static lnt_status deal(choosing *c, const lnti_problem *problem, const lnti_truth *truth, const uint32_t *group,
                       lnt_error *err) {
  lnti_choice *choice = c->choice;
  lnt_status status = lnti_folds_new(&c->folds, problem, truth, group, c->options->folds, err);
  if (status) return status;
  c->folds.warm_starts = true;
  c->folds.fitted = on_fit;
  c->folds.fitted_payload = c;
  c->n = choice->n_rows = c->folds.n_judged;
  c->k = problem->n_classes;
  choice->n_unlearned = problem->x.n - c->n;
  if (c->n == 0) {
    return lnti_fail(err, LNT_EDATA,
                     "%zu training images are too few to choose parameters by cross-validation: it needs %s, each "
                     "with at least two images that do not belong together; give single values with --set, "
                     "without --cv",
                     problem->x.n,
                     truth->yes     ? "a label with yes and no"
                     : truth->value ? "several numbers"
                                    : "two classes");
  }
  status = make_room(c, err);
  if (status) return status;
  c->n_fits_all = lnti_folds_used(&c->folds) * choice->grid.n;
  lnti_folds_truths(&c->truth, &c->folds);
  lnti_folds_numbers(c->fold, &c->folds);
  return LNT_OK;
}

lnt_status lnti_choose(lnti_choice *out, lnti_grid *grid, const lnti_problem *problem, const lnti_truth *truth,
                       const uint32_t *group, const lnti_choose_options *options, const lnti_context *context,
                       lnt_error *err) {
  lnti_choice choice = {.grid = *grid, .task = truth->task, .folds = options->folds};
  choosing c = {.choice = &choice, .options = options, .context = context};
  uint64_t start = lnti_monotonic_ns();
  *grid = (lnti_grid){0};
  lnt_status status = deal(&c, problem, truth, group, err);
  for (size_t i = 0; i < choice.grid.n && !status; i++) status = try_point(&c, i, err);
  if (!status) status = judge_best(&c, group, err);
  choice.seconds = (double)(lnti_monotonic_ns() - start) * 1e-9;
  lnti_folds_clear(&c.folds);
  lnti_truth_clear(&c.truth);
  lnti_scale_clear(&c.scale);
  free(c.fold);
  free(c.prob);
  free(c.best);
  if (status) {
    lnti_choice_clear(&choice);
  } else {
    *out = choice;
  }
  return status;
}

void lnti_choice_clear(lnti_choice *choice) {
  lnti_grid_clear(&choice->grid);
  free(choice->point);
  *choice = (lnti_choice){0};
}

/* ---- telling of it ---- */

lnt_status lnti_choice_text(lnti_text *out, const lnti_choice *choice, size_t point, lnt_error *err) {
  const lnti_param *table = choice->grid.learner->params;
  lnt_status status = LNT_OK;
  bool any = false;
  for (size_t row = 0; table[row].name && !status; row++) {
    char *value = NULL;
    if (!lnti_grid_varies(&choice->grid, row)) continue;
    status = lnti_params_text(&value, &choice->grid.point[point], table[row].name, err);
    if (!status) status = lnti_text_printf(out, err, "%s%s=%s", any ? ", " : "", table[row].name, value);
    any = true;
    free(value);
  }
  return status || any ? status : lnti_text_printf(out, err, "the parameters as they are");
}

/* The point that differs from the best in `row` alone, by the value that stands beside it in its list. */
static size_t point_beside(const lnti_choice *choice, size_t row) {
  const lnti_params *point = choice->grid.point, *best = &point[choice->best];
  const lnti_param *table = choice->grid.learner->params;
  size_t beside = choice->best;
  for (size_t i = 0; i < choice->grid.n; i++) {
    bool others_equal = true;
    for (size_t k = 0; table[k].name; k++)
      others_equal = others_equal && (k == row || point[i].value[k] == best->value[k]);
    double away = fabs(point[i].value[row] - best->value[row]);
    if (!others_equal || away == 0) continue;
    if (beside == choice->best || away < fabs(point[beside].value[row] - best->value[row])) beside = i;
  }
  return beside;
}

static double rounded(double value, int digits) {
  char text[40];
  snprintf(text, sizeof text, "%.*e", digits - 1, value);
  return strtod(text, NULL);
}

/* "1,3,10": the best, and two that go on as the list did: in steps of one ratio, or of one difference where there is none. */
static lnt_status values_beyond(lnti_text *out, const lnti_param *param, double beside, double best, lnt_error *err) {
  bool whole = param->type == LNTI_PARAM_INT, by_ratio = beside > 0 && best > 0;
  double last = best, exact = best;
  char text[LNTI_JSON_REAL_TEXT];
  lnti_json_real_text(text, best);
  lnt_status status = lnti_text_printf(out, err, "%s", text);
  for (int i = 0; i < 2 && !status; i++) {
    exact = by_ratio ? exact * (best / beside) : exact + (best - beside);
    double value = rounded(exact, whole ? 2 : 1);
    if (whole) value = round(value);
    if (value < param->min) value = param->min;
    if (value > param->max) value = param->max;
    if (value == last) break;
    lnti_json_real_text(text, value);
    status = lnti_text_printf(out, err, ",%s", text);
    last = value;
  }
  return status;
}

/* An end of a list: what lies beyond was not tried. `sure_out`: the loss was still falling, by more than it is known to. */
static bool may_be_better_beyond(bool *sure_out, const lnti_choice *choice, size_t row) {
  const lnti_param *param = &choice->grid.learner->params[row];
  int end = lnti_grid_end(&choice->grid, choice->best, row);
  double at = choice->grid.point[choice->best].value[row];
  if (end == 0 || at == (end < 0 ? param->min : param->max)) return false;
  const lnti_choice_point *best = &choice->point[choice->best], *beside = &choice->point[point_beside(choice, row)];
  double falls = beside->cost[0] - best->cost[0];
  *sure_out = !(falls <= best->cost_se[0]);
  return *sure_out || falls > SLOPE_LEAST * best->cost[0];
}

lnt_status lnti_choice_advice(lnti_text *out, const lnti_choice *choice, lnt_error *err) {
  const lnti_param *table = choice->grid.learner->params;
  lnt_status status = LNT_OK;
  for (size_t row = 0; table[row].name && !status; row++) {
    char *value = NULL;
    bool sure = false;
    if (!may_be_better_beyond(&sure, choice, row)) continue;
    int end = lnti_grid_end(&choice->grid, choice->best, row);
    status = lnti_params_text(&value, &choice->grid.point[choice->best], table[row].name, err);
    if (!status) {
      status = lnti_text_printf(
          out, err, "%sthe best %s, %s, is the %s of its list%s: try %s ones too, for example with --set %s=",
          out->length ? "; " : "", table[row].name, value, end < 0 ? "smallest" : "largest",
          sure ? "" : ", though not surely better than the next", end < 0 ? "smaller" : "larger", table[row].name);
    }
    if (!status) {
      status = values_beyond(out, &table[row], choice->grid.point[point_beside(choice, row)].value[row],
                             choice->grid.point[choice->best].value[row], err);
    }
    free(value);
  }
  return status;
}

static void write_point(lnti_json_writer *w, const lnti_choice *choice, size_t i) {
  const lnti_choice_point *point = &choice->point[i];
  lnti_json_begin_object(w);
  lnti_json_key(w, "params");
  lnti_params_write(w, &choice->grid.point[i]);
  for (int cost = 0; cost < LNTI_TASK_COSTS; cost++) {
    const char *name = lnti_task_pieces_of(choice->task)->cost[cost];
    char of_error[32];
    snprintf(of_error, sizeof of_error, "%s_se", name);
    lnti_json_kv_real(w, name, point->cost[cost]);
    lnti_json_kv_real(w, of_error, point->cost_se[cost]);
  }
  lnti_json_kv_bool(w, "chosen", i == choice->best);
  lnti_json_end_object(w);
}

void lnti_choice_write(lnti_json_writer *w, const lnti_choice *choice) {
  const lnti_param *table = choice->grid.learner->params;
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "folds", choice->folds);
  lnti_json_kv_int(w, "n", (int64_t)choice->n_rows);
  lnti_json_kv_int(w, "fits", (int64_t)choice->n_fits);
  lnti_json_kv_real(w, "seconds", choice->seconds);
  lnti_json_key(w, "searched");
  lnti_json_begin_array(w);
  for (size_t row = 0; table[row].name; row++) {
    if (lnti_grid_varies(&choice->grid, row)) lnti_json_string(w, table[row].name);
  }
  lnti_json_end_array(w);
  lnti_json_key(w, "grid");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < choice->grid.n; i++) write_point(w, choice, i);
  lnti_json_end_array(w);
  lnti_json_key(w, "figures");
  lnti_json_begin_object(w);
  lnti_figures_write(w, &choice->figures);
  lnti_json_end_object(w);
  lnti_json_end_object(w);
}

lnt_status lnti_choice_json(char **out, const lnti_choice *choice, lnt_error *err) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, err);
  if (status) return status;
  lnti_choice_write(w, choice);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  if (!status) status = lnti_strndup(out, text.data, text.length - 1, err); /* without the newline */
  lnti_text_clear(&text);
  return status;
}
