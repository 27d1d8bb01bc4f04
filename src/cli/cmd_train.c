/*
 * train: one model, or one for each of several learners in turn.
 *
 * Everything that can be wrong in the command line is found before the first training begins, so that a slip in the
 * last learner's name does not cost the first one's time.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/help.h>
#include <cli/models.h>
#include <cli/next_step.h>
#include <cli/refused.h>
#include <cli/table.h>
#include <flow/report/report.h>
#include <flow/train/tasks.h>
#include <flow/train/train.h>
#include <stdlib.h>
#include <string.h>

enum { LEARNERS_MAX = 16 };

/** One training of several. */
typedef struct training {
  const lnti_learner *learner;
  const char **set; /**< those assignments that this learner has a parameter for */
  size_t n_set;
  char *name;
  lnti_train_result result;
} training;

typedef struct plan {
  training item[LEARNERS_MAX];
  size_t n, n_done;
  unsigned folds; /**< of --cv; 0 */
  lnti_structure structure;
  uint64_t seed;
  lnti_refused refused;
} plan;

static bool has_param(const lnti_learner *learner, const char *assignment) {
  size_t n = strcspn(assignment, "=");
  for (const lnti_param *p = learner->params; p->name; p++) {
    if (strlen(p->name) == n && memcmp(p->name, assignment, n) == 0) return true;
  }
  return false;
}

/** Gives each assignment to the learners that know it; with one learner to that one, whose own check then speaks. */
static lnt_status share_settings(plan *p, const char *const *set, size_t n_set, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; !status && i < p->n; i++) status = lnti_alloc(&p->item[i].set, n_set, sizeof(char *), err);
  for (size_t s = 0; !status && s < n_set; s++) {
    size_t takers = 0;
    for (size_t i = 0; i < p->n; i++) {
      if (p->n > 1 && !has_param(p->item[i].learner, set[s])) continue;
      p->item[i].set[p->item[i].n_set++] = set[s];
      takers++;
    }
    if (takers == 0) {
      status = lnti_fail(err, LNT_EINVAL,
                         "--set %s: none of these learners has it (linnet help train lists "
                         "parameters)",
                         set[s]);
    }
  }
  for (size_t i = 0; !status && i < p->n; i++) {
    lnti_grid checked = {0};
    status = lnti_grid_new(&checked, p->item[i].learner, p->item[i].set, p->item[i].n_set, err);
    lnti_grid_clear(&checked);
  }
  return status;
}

/* @param usual  the learner where none is named */
static lnt_status make_plan(plan *p, const lnti_args *args, const char *usual, lnt_error *err) {
  const char **learners = NULL, **set = NULL;
  char *block = NULL;
  size_t n = 0, n_set = 0;
  const char *name = lnti_args_text(args, "name", NULL);
  lnt_status status =
      lnti_split_commas(&learners, &n, &block, lnti_args_text(args, "learner", usual), "--learner", err);
  if (!status && n > LEARNERS_MAX) {
    status = lnti_fail(err, LNT_EINVAL, "--learner: %zu learners; at most %d at once", n, (int)LEARNERS_MAX);
  }
  for (size_t i = 0; !status && i < n; i++) {
    status = lnti_learner_find(&p->item[i].learner, learners[i], err);
    if (!status && name && n > 1) status = lnti_asprintf(&p->item[i].name, err, "%s-%s", name, learners[i]);
    if (!status && name && n == 1) status = lnti_strdup(&p->item[i].name, name, err);
    if (!status) p->n++;
  }
  if (!status) status = lnti_args_list(&set, &n_set, args, "set", err);
  if (!status) status = share_settings(p, set, n_set, err);
  free(set);
  free(learners);
  free(block);
  return status;
}

static void clear_plan(plan *p) {
  for (size_t i = 0; i < LEARNERS_MAX; i++) {
    free(p->item[i].set);
    free(p->item[i].name);
    if (i < p->n_done) lnti_train_result_clear(&p->item[i].result);
  }
  lnti_refused_clear(&p->refused);
}

/* ---- JSON ---- */

static void json_model(lnti_json_writer *w, const lnti_train_result *r) {
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "model", r->model);
  lnti_json_kv_string(w, "file", r->file);
  lnti_json_kv_string(w, "target", r->target);
  lnti_json_kv_string(w, "task", lnti_task_name(r->task));
  lnti_json_kv_string(w, "learner", r->learner);
  lnti_json_kv_string(w, "feature", r->feature);
  lnti_json_key(w, "params");
  lnti_params_write(w, &r->params);
  lnti_json_kv_int(w, "n_train", (int64_t)r->n_train);
  lnti_json_kv_int(w, "n_classes", (int64_t)r->n_classes);
  lnti_json_key(w, "seconds");
  lnti_json_begin_object(w);
  lnti_json_kv_real(w, "extract", r->extract_seconds);
  lnti_json_kv_real(w, "fit", r->fit_seconds);
  lnti_json_kv_real(w, "total", r->total_seconds);
  lnti_json_end_object(w);
  lnti_json_kv_real(w, "peak_rss_mb", r->peak_rss_mb);
  lnti_json_key(w, "cross_validation");
  if (r->choice.point) {
    lnti_choice_write(w, &r->choice);
  } else {
    lnti_json_null(w);
  }
  lnti_json_key(w, "validation");
  lnti_json_begin_object(w);
  lnti_figures_write(w, &r->figures);
  lnti_json_end_object(w);
  lnti_json_kv_int(w, "n_calibration", (int64_t)r->n_calibration);
  lnti_json_kv_string(w, "calibrated_on", r->calibrated_on);
  lnti_json_kv_string(w, "group_key", r->group_key);
  lnti_json_kv_real(w, "temperature", r->temperature);
  lnti_json_kv_real(w, "ece_before", r->ece_before);
  lnti_json_kv_real(w, "ece_after", r->ece_after);
  lnti_json_key(w, "seed");
  lnti_json_uint(w, r->seed);
  lnti_json_kv_int(w, "run", r->run_id);
  lnti_json_key(w, "replaced");
  if (r->replaced.learner) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "learner", r->replaced.learner);
    lnti_json_kv_string(w, "feature", r->replaced.feature);
    lnti_json_kv_real(w, "accuracy", r->replaced.accuracy);
    lnti_json_end_object(w);
  } else {
    lnti_json_null(w);
  }
  lnti_json_warnings(w, &r->warnings);
  lnti_json_end_object(w);
}

/** What was trained; `failure` (or NULL) is what ended it before the last. */
static lnt_status print_json(lnti_cli *cli, const plan *p, const lnt_error *failure, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_key(w, "models");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < p->n_done; i++) json_model(w, &p->item[i].result);
  lnti_json_end_array(w);
  lnti_refused_json(w, &p->refused);
  if (failure) lnti_json_error(w, failure->code, failure->message);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/* ---- text ---- */

static lnt_status print_figures(lnti_cli *cli, const lnti_figures *f, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 3, 2);
  for (size_t m = 0; !status && m < f->n; m++) {
    lnti_shown shown = lnti_show_metric(f->value[m]), interval = lnti_show_interval(f->ci95[m][0], f->ci95[m][1]);
    const char *cells[] = {f->measure[m].title, shown.text, interval.text};
    status = lnti_table_row(&table, cells, err);
  }
  return lnti_table_print(cli, &table, status, err);
}

/** "1.2345 ± 0.0123" */
static lnti_shown show_mean(double mean, double se) {
  lnti_shown shown;
  snprintf(shown.text, sizeof shown.text, "%.24s \u00b1 %.24s", lnti_show_metric(mean).text, lnti_show_metric(se).text);
  return shown;
}

/** The points that the parameters were chosen among. */
static lnt_status print_grid(lnti_cli *cli, const lnti_choice *c, lnt_error *err) {
  const char *const *titles = lnti_task_pieces_of(c->task)->cost_title;
  const lnti_column columns[] = {{"parameters", LNTI_ALIGN_LEFT},
                                 {titles[0], LNTI_ALIGN_RIGHT},
                                 {titles[1], LNTI_ALIGN_RIGHT},
                                 {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 4, 2);
  for (size_t i = 0; !status && i < c->grid.n; i++) {
    const lnti_choice_point *point = &c->point[i];
    lnti_text params = {0};
    lnti_shown loss = show_mean(point->cost[0], point->cost_se[0]);
    lnti_shown other = show_mean(point->cost[1], point->cost_se[1]);
    status = lnti_choice_text(&params, c, i, err);
    const char *cells[] = {params.data, loss.text, other.text, i == c->best ? "chosen" : ""};
    if (!status) status = lnti_table_row(&table, cells, err);
    lnti_text_clear(&params);
  }
  return lnti_table_print(cli, &table, status, err);
}

static lnt_status print_choice(lnti_cli *cli, const lnti_choice *c, lnt_error *err) {
  bool grid = c->grid.n > 1;
  lnti_print(cli, "\n\nCross-validation on train (%u folds, %s, %s in %s; %s)\n", c->folds,
             lnti_show_things(c->n_rows, "row").text, lnti_show_things(c->n_fits, "fit").text,
             lnti_show_seconds(c->seconds).text, grid ? "means with their standard errors" : "95 % intervals");
  return grid ? print_grid(cli, c, err) : print_figures(cli, &c->figures, err);
}

/** The model whose place was taken: "replaced logistic-hog (logistic on hog, accuracy 0.5229)" */
static lnt_status print_saved(lnti_cli *cli, const lnti_train_result *r, lnt_error *err) {
  const lnti_model_replaced *old = &r->replaced;
  lnti_text text = {0};
  lnti_print(cli, "Saved as ");
  lnt_status status = lnti_print_plain(cli, r->file, err);
  lnti_print(cli, "\n");
  if (status || !old->learner) return status;
  status = lnti_text_printf(&text, err, "replaced %s (%s on ", r->model, old->learner);
  if (!status) status = lnti_models_feature(&text, old->feature, err);
  if (!status) status = lnti_text_printf(&text, err, ", accuracy %s)", lnti_show_metric(old->accuracy).text);
  if (!status) status = lnti_print_plain(cli, text.data, err);
  lnti_print(cli, "\n");
  lnti_text_clear(&text);
  return status;
}

static lnt_status print_result(lnti_cli *cli, const lnti_train_result *r, lnt_error *err) {
  lnti_text head = {0};
  const bool classes = lnti_figure_find(&r->figures, "mae") == r->figures.n; /* a number has none */
  lnt_status status =
      lnti_text_printf(&head, err, "%s: %s on %s, %s%s%s", r->model, r->learner, r->feature, r->target,
                       classes ? ", " : "", classes ? lnti_show_things(r->n_classes, "class").text : "");
  if (!status) status = lnti_print_plain(cli, head.data, err);
  lnti_text_clear(&head);
  if (status) return status;
  if (r->choice.point) status = print_choice(cli, &r->choice, err);
  if (status) return status;
  lnti_print(cli, "%s\nValidation (%s; 95 %% intervals%s)\n", r->choice.point ? "" : "\n",
             r->calibrated_on ? r->calibrated_on : "none",
             r->chosen_for ? "; the parameters were chosen on these rows" : "");
  status = print_figures(cli, &r->figures, err);
  if (status) return status;
  lnti_print(cli, "\nTrained on %s in %s (features %s, fit %s), peak memory %s\n",
             lnti_show_things(r->n_train, "item").text, lnti_show_seconds(r->total_seconds).text,
             lnti_show_seconds(r->extract_seconds).text, lnti_show_seconds(r->fit_seconds).text,
             lnti_show_bytes((uint64_t)(r->peak_rss_mb * 1048576)).text);
  status = print_saved(cli, r, err);
  return status ? status : lnti_print_warnings(cli, &r->warnings, err);
}

/** Several models beside each other, by what their target is judged by. */
static lnt_status print_comparison(lnti_cli *cli, const plan *p, lnt_error *err) {
  static const char *const shown[][3] = {
      {"accuracy", "macro_f1", "log_loss"}, {"map", "micro_f1", "log_loss"}, {"mae", "rmse", "r2"}};
  const lnti_task task = p->item[0].result.task;
  const char *const *names = shown[task == LNTI_MULTILABEL ? 1 : task == LNTI_REGRESSION ? 2 : 0];
  const lnti_column columns[] = {{"model", LNTI_ALIGN_LEFT},         {names[0], LNTI_ALIGN_RIGHT},
                                 {"95 % interval", LNTI_ALIGN_LEFT}, {names[1], LNTI_ALIGN_RIGHT},
                                 {names[2], LNTI_ALIGN_RIGHT},       {"fit", LNTI_ALIGN_RIGHT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 6, 2);
  for (size_t i = 0; !status && i < p->n_done; i++) {
    const lnti_train_result *r = &p->item[i].result;
    size_t at = lnti_figure_find(&r->figures, names[0]);
    lnti_shown first = lnti_show_metric(r->figures.value[at]);
    lnti_shown interval = lnti_show_interval(r->figures.ci95[at][0], r->figures.ci95[at][1]);
    lnti_shown second = lnti_show_metric(lnti_figure(&r->figures, names[1]));
    lnti_shown third = lnti_show_metric(lnti_figure(&r->figures, names[2]));
    lnti_shown seconds = lnti_show_seconds(r->fit_seconds);
    const char *cells[] = {r->model, first.text, interval.text, second.text, third.text, seconds.text};
    status = lnti_table_row(&table, cells, err);
  }
  lnti_print(cli, "\nComparison (validation)\n");
  return lnti_table_print(cli, &table, status, err);
}

/** The model to go on with: the most accurate, or what stands in for that. */
static const char *best_model(const plan *p) {
  const lnti_task task = p->item[0].result.task;
  const double sign = task == LNTI_REGRESSION ? -1 : 1;
  size_t best = 0;
  for (size_t i = 1; i < p->n_done; i++) {
    double value = lnti_figure(&p->item[i].result.figures, lnti_task_figure(task));
    if (sign * value > sign * lnti_figure(&p->item[best].result.figures, lnti_task_figure(task))) best = i;
  }
  return p->item[best].result.model;
}

/* ---- the command ---- */

static lnt_status run_plan(lnti_cli *cli, plan *p, lnti_project *project, const lnti_args *args, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; !status && i < p->n; i++) {
    training *t = &p->item[i];
    lnti_train_options options = {
        .target = lnti_args_text(args, "target", NULL),
        .snapshot = lnti_args_text(args, "snapshot", NULL),
        .structure = p->structure,
        .weights = lnti_args_text(args, "weights", NULL),
        .learner = t->learner->name,
        .feature = lnti_args_text(args, "feature", "hog"),
        .set = t->set,
        .n_set = t->n_set,
        .name = t->name,
        .folds = p->folds,
        .seed = p->seed,
        .progress = &cli->meter->progress,
        .refused = i == 0 ? lnti_refused_add : NULL, /* the same images every time: told once */
        .refused_payload = &p->refused,
    };
    status = lnti_train(&t->result, project, &options, err);
    if (status) break;
    p->n_done++;
    if (cli->json) continue;
    if (i > 0) lnti_print(cli, "\n");
    status = print_result(cli, &t->result, err);
  }
  return status;
}

static lnt_status read_structure(lnti_structure *out, const lnti_args *args, lnt_error *err) {
  const char *text = lnti_args_text(args, "structure", NULL);
  if (!text) return LNT_OK;
  if (strcmp(text, "flat") == 0) {
    *out = LNTI_STRUCTURE_FLAT;
  } else if (strcmp(text, "hierarchical") == 0) {
    *out = LNTI_STRUCTURE_HIERARCHICAL;
  } else {
    return lnti_fail(err, LNT_EINVAL, "--structure %.100s: flat or hierarchical", text);
  }
  return LNT_OK;
}

/* Without --learner the target decides; with it a slip in the command line is told before any project is looked at. */
static lnt_status find_usual(const lnti_learner **out, lnti_project **project, lnti_cli *cli, const lnti_args *args,
                             lnt_error *err) {
  *out = lnti_learner_usual(LNTI_MULTICLASS);
  if (lnti_args_text(args, "learner", NULL)) return LNT_OK;
  lnt_status status = lnti_cli_project(project, cli, err);
  return status ? status : lnti_train_usual_learner(out, *project, lnti_args_text(args, "target", NULL), err);
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  plan p = {.n = 0};
  const lnti_learner *usual = NULL;
  lnti_project *project = NULL;
  int64_t seed = 0, folds = 0;
  lnt_status status = lnti_args_int(&seed, args, "seed", 0, 0, INT64_MAX, err);
  if (!status) status = lnti_args_int(&folds, args, "cv", 0, 2, LNTI_FOLDS_MAX, err);
  if (!status) status = read_structure(&p.structure, args, err);
  if (!status) status = find_usual(&usual, &project, cli, args, err);
  if (!status) status = make_plan(&p, args, usual->name, err);
  p.seed = (uint64_t)seed;
  p.folds = (unsigned)folds;
  if (!status && !project) status = lnti_cli_project(&project, cli, err);
  if (!status) status = run_plan(cli, &p, project, args, err);
  if (status == LNT_ECANCELLED) status = lnti_fail(err, status, LNTI_CANCELLED_KEPT);
  if (cli->json && (!status || p.n_done > 0)) {
    /* Of several learners a later one may fail: the models before it are there, and are told with the error. */
    lnt_error reason = LNT_ERROR_INIT;
    lnt_status printed = print_json(cli, &p, status ? err : NULL, &reason);
    cli->error_told = status && !printed;
    if (!status && printed) status = lnti_fail(err, printed, "%s", reason.message);
  }
  if (!status && !cli->json) {
    if (p.n > 1) status = print_comparison(cli, &p, err);
    if (!status) status = lnti_refused_print(cli, &p.refused, err);
    if (!status) status = lnti_print_next_judging(cli, project, "", best_model(&p), err);
  }
  if (!status && p.refused.total > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  clear_plan(&p);
  lnti_project_close(project);
  return status;
}

static lnt_status help_more(lnti_text *out, lnt_error *err) {
  lnt_status status = lnti_help_learners(out, err);
  return status ? status : lnti_help_features(out, err);
}

static const lnti_cli_option option_table[] = {
    {"target", 0, "QUESTION",
     "the question to learn: of type radio, tree, checklist or number; without it, the only one that has answers",
     false},
    {"snapshot", 0, "NAME",
     "the items, splits and answers as they were in a snapshot ('linnet snapshot'), whatever changed since", false},
    {"structure", 0, "flat|hierarchical",
     "of a tree (or of a radio with what is asked after its options): one choice among all classes, or level by level "
     "(flat)",
     false},
    {"weights", 0, "none|balanced|FILE",
     "how much each class counts: all the same, rare ones as much as frequent ones, or as a JSON file {\"CLASS\": "
     "WEIGHT} says (none)",
     false},
    {"learner", 0, "NAME,...", "one learner, or several that are trained in turn (logistic; of numbers knn)", false},
    {"feature", 0, "FEATURE", "what of the images is learned from (hog)", false},
    {"set", 0, "KEY=VALUE",
     "a parameter of the learner; with several learners, of each that has it. Of KEY=A,B,C the best value is chosen by "
     "cross-validation on train; KEY=auto takes the learner's own list",
     true},
    {"cv", 0, "K",
     "the folds of cross-validation (5 where there is something to choose); without lists, judge the parameters as they "
     "are by it",
     false},
    {"name", 0, "NAME",
     "name of the model; without it, learner-feature (or -backbone-layer). A model of the same name is replaced, and told",
     false},
    {"seed", 0, "S", "the same seed and data give the same model (0)", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"A strong, fast baseline:", "linnet train"},
    {"Nearest neighbours on the pixels:", "linnet train --learner knn --feature pixels --set k=7"},
    {"Both, one after the other, to compare:", "linnet train --learner logistic,knn --feature hog"},
    {"C and the number of neighbours chosen by cross-validation on train:",
     "linnet train --learner logistic,knn --set C=auto --set k=1,5,15"},
    {"On what a pretrained network sees in photographs:", "linnet train --feature embedding:mobilenet_v2"},
    {"A tree of classes, level by level:", "linnet train --target species --structure hierarchical"},
    {"Rare defects count as much as frequent ones:", "linnet train --target defect --weights balanced"},
    {"On the data as they were before a change:", "linnet train --snapshot before-review"},
    {"A question that is asked after another one's option:", "linnet train --target area/exterior/part --name parts"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_train = {
    .name = "train",
    .summary = "train a model on the labelled items",
    .usage =
        "[--target QUESTION] [--snapshot NAME] [--structure flat|hierarchical] [--weights none|balanced|FILE] [--learner NAME,...] [--feature FEATURE] [--set KEY=VALUE,...]... [--cv K] [--name NAME] [--seed S]",
    .about =
        "Fits on the labelled items of the split train, tunes the confidence on val (or on a part held out from "
        "train) and says how good the model is there; test is never looked at. The model is one file, "
        "models/NAME.lnt.",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .more = help_more,
    .run = run,
};
