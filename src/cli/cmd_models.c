/*
 * models: what has been trained, and what one of them is made of.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/models.h>
#include <cli/next_step.h>
#include <cli/table.h>
#include <flow/train/keep_model.h>
#include <flow/evaluate/metrics_json.h>
#include <flow/predict/predict.h>
#include <flow/predict/stored_predictions.h>
#include <model/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_SHOWN = 20, CHOICE_BYTES_MAX = 64 << 20 };

/* ---- list ---- */

typedef struct listing {
  lnti_json_writer *json;
  size_t n;
} listing;

/* What the run was made of, where that was a snapshot. */
static lnt_status snapshot_json(lnti_json_writer *w, const lnti_model_row *model, lnt_error *err) {
  lnti_arena arena = {0};
  const lnti_json_value *split = NULL, *snapshot = NULL;
  const char *text = model->split_json, *name = NULL, *fingerprint = NULL;
  lnt_status status = *text ? lnti_json_parse(&split, &arena, text, strlen(text), model->name, err) : LNT_OK;
  snapshot = status ? NULL : lnti_json_get(split, "snapshot");
  lnti_json_key(w, "snapshot");
  if (!snapshot) lnti_json_null(w);
  if (snapshot) status = lnti_json_get_string(&name, snapshot, "name", "", err);
  if (snapshot && !status) status = lnti_json_get_string(&fingerprint, snapshot, "fingerprint", "", err);
  if (snapshot && !status) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", name);
    lnti_json_kv_string(w, "fingerprint", fingerprint);
    lnti_json_end_object(w);
  }
  lnti_arena_clear(&arena);
  return status;
}

static lnt_status json_row(void *payload, const lnti_model_row *model, lnt_error *err) {
  static const char *const metrics[] = {"accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece", "auroc"};
  listing *l = payload;
  lnti_json_writer *w = l->json;
  l->n++;
  if (!w) return LNT_OK;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "model", model->name);
  lnti_json_kv_string(w, "file", model->file);
  lnti_json_kv_string(w, "target", model->target);
  lnti_json_kv_string(w, "learner", model->learner);
  lnti_json_kv_string(w, "feature", model->feature);
  lnti_json_kv_int(w, "n_train", (int64_t)model->n_train);
  lnti_json_kv_int(w, "bytes", (int64_t)model->bytes);
  lnti_json_kv_int(w, "created_ms", (int64_t)model->created_ms);
  lnti_json_key(w, "validation");
  lnti_json_begin_object(w);
  for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
    lnti_json_kv_real(w, metrics[i], lnti_result_metric(model->result_json, metrics[i]));
  }
  lnti_json_end_object(w);
  lnt_status status = snapshot_json(w, model, err);
  lnti_json_end_object(w);
  return status ? status : lnti_json_finish(w, err);
}

static lnt_status foreign_json(void *payload, const lnti_foreign_set *set, lnt_error *err) {
  lnti_json_writer *w = payload;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "model", set->name);
  lnti_json_kv_bool(w, "imported", true);
  lnti_json_kv_string(w, "target", set->target);
  lnti_json_kv_int(w, "items", (int64_t)set->n_items);
  lnti_json_kv_int(w, "bytes", (int64_t)set->bytes);
  lnti_json_kv_int(w, "created_ms", (int64_t)set->created_ms);
  lnti_json_end_object(w);
  return lnti_json_finish(w, err);
}

typedef struct foreign_table {
  lnti_table table;
  size_t n;
} foreign_table;

static lnt_status foreign_row(void *payload, const lnti_foreign_set *set, lnt_error *err) {
  foreign_table *t = payload;
  lnti_shown items = lnti_show_count(set->n_items), bytes = lnti_show_bytes(set->bytes);
  lnti_shown made = lnti_show_time(set->created_ms);
  const char *cells[] = {set->name, set->target, items.text, bytes.text, made.text};
  t->n++;
  return lnti_table_row(&t->table, cells, err);
}

static lnt_status print_foreign(size_t *n_out, lnti_cli *cli, lnti_project *project, bool after_models,
                                lnt_error *err) {
  static const lnti_column columns[] = {{"predictions of", LNTI_ALIGN_LEFT},
                                        {"target", LNTI_ALIGN_LEFT},
                                        {"items", LNTI_ALIGN_RIGHT},
                                        {"size", LNTI_ALIGN_RIGHT},
                                        {"imported", LNTI_ALIGN_LEFT}};
  foreign_table t = {.n = 0};
  lnti_table_init(&t.table, columns, 5, 0);
  lnt_status status = lnti_predictions_foreign(project, NULL, foreign_row, &t, err);
  *n_out = t.n;
  if (!status && t.n > 0 && after_models) lnti_print(cli, "\n");
  if (!status && t.n == 0) {
    lnti_table_clear(&t.table);
    return LNT_OK;
  }
  return lnti_table_print(cli, &t.table, status, err);
}

static lnt_status print_list(lnti_cli *cli, lnti_project *project, size_t n_models, lnt_error *err) {
  size_t n_foreign = 0;
  lnt_status status = n_models > 0 ? lnti_models_print(cli, project, err) : LNT_OK;
  if (!status) status = print_foreign(&n_foreign, cli, project, n_models > 0, err);
  if (status) return status;
  if (n_models > 0) return lnti_print_next_judging(cli, project, "linnet models show MODEL, or ", "MODEL", err);
  if (n_foreign == 0) lnti_print(cli, "No models yet.\n");
  lnti_print_next(cli, "linnet train");
  return LNT_OK;
}

static lnt_status run_list(lnti_cli *cli, lnt_error *err) {
  lnti_project *project = NULL;
  listing l = {0};
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status && cli->json) status = lnti_cli_json(&l.json, cli, 0, err);
  if (!status) status = lnti_store_models(project->store, NULL, json_row, &l, err);
  if (!status && cli->json) status = lnti_predictions_foreign(project, NULL, foreign_json, l.json, err);
  if (!status && !cli->json) status = print_list(cli, project, l.n, err);
  lnti_json_writer_free(l.json);
  lnti_project_close(project);
  return status;
}

/* ---- show ---- */

static lnt_status show_json(lnti_cli *cli, const lnt_model *model, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "model", model->name);
  lnti_json_kv_string(w, "target", model->target);
  lnti_json_kv_string(w, "learner", lnt_model_learner(model));
  lnti_json_key(w, "params");
  lnti_params_write(w, &model->fitted->params);
  lnti_json_kv_string(w, "feature", lnt_model_feature(model));
  lnti_json_kv_int(w, "n_train", (int64_t)model->n_train);
  lnti_json_key(w, "seed");
  lnti_json_uint(w, model->seed);
  lnti_json_kv_int(w, "created_ms", (int64_t)model->created_ms);
  lnti_json_kv_real(w, "temperature", model->temperature);
  lnti_json_kv_string(w, "calibrated_on", model->calibrated_on);
  lnti_json_kv_string(w, "data_fingerprint", model->data_fingerprint);
  status = lnti_model_write_choice(w, model, err);
  if (!status) status = lnti_model_write_snapshot(w, model, err);
  lnti_json_key(w, "classes");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < model->n_classes; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "id", model->classes[i].id);
    lnti_json_kv_string(w, "title", model->classes[i].title);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
  if (!status) status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status fact(lnti_table *table, const char *name, const char *value, lnt_error *err) {
  const char *cells[] = {name, value};
  return lnti_table_row(table, cells, err);
}

/** "C=1, max_iter=200, ..." */
static lnt_status params_text(lnti_text *out, const lnti_params *params, lnt_error *err) {
  lnt_status status = lnti_text_append(out, "", 0, err);
  for (const lnti_param *p = params->table; !status && p->name; p++) {
    char *value = NULL;
    status = lnti_params_text(&value, params, p->name, err);
    if (!status) status = lnti_text_printf(out, err, "%s%s=%s", out->length > 0 ? ", " : "", p->name, value);
    free(value);
  }
  return status;
}

/** The first classes' titles. */
static lnt_status classes_text(lnti_text *out, const lnt_model *model, lnt_error *err) {
  size_t shown = model->n_classes < CLASSES_SHOWN ? model->n_classes : CLASSES_SHOWN;
  lnt_status status = lnti_text_printf(out, err, "%s: ", lnti_show_count(model->n_classes).text);
  for (size_t i = 0; !status && i < shown; i++) {
    status = lnti_text_printf(out, err, "%s%s", i > 0 ? ", " : "", model->classes[i].title);
  }
  if (!status && shown < model->n_classes) status = lnti_text_printf(out, err, ", ...");
  return status;
}

/* The names that were searched, and the figures of the point that was taken. */
static lnt_status describe_choice(lnti_text *out, const lnti_json_value *choice, lnt_error *err) {
  const lnti_json_value *searched = lnti_json_get(choice, "searched"), *grid = lnti_json_get(choice, "grid");
  double log_loss = 0, accuracy = 0;
  int64_t folds = 0;
  lnt_status status = lnti_json_get_int(&folds, choice, "folds", 0, 0, INT32_MAX, err);
  for (const lnti_json_value *p = grid ? grid->first : NULL; p && !status; p = p->next) {
    bool chosen = false;
    status = lnti_json_get_bool(&chosen, p, "chosen", false, err);
    if (!status && chosen) status = lnti_json_get_real(&log_loss, p, "log_loss", 0, err);
    if (!status && chosen) status = lnti_json_get_real(&accuracy, p, "accuracy", 0, err);
  }
  for (const lnti_json_value *s = searched ? searched->first : NULL; s && !status; s = s->next)
    status = lnti_text_printf(out, err, "%s%s", out->length ? ", " : "", s->text ? s->text : "");
  if (!status && out->length) status = lnti_text_printf(out, err, ", of %zu values, by ", grid ? grid->length : 0);
  if (status) return status;
  return lnti_text_printf(out, err, "%lld-fold cross-validation on train: log loss %.4f, accuracy %.4f",
                          (long long)folds, log_loss, accuracy);
}

static lnt_status choice_text(lnti_text *out, const lnt_model *model, lnt_error *err) {
  lnti_arena arena = {.cap = CHOICE_BYTES_MAX};
  const lnti_json_value *choice = NULL;
  const char *text = model->choice_json;
  lnt_status status = lnti_json_parse(&choice, &arena, text, strlen(text), "cross_validation", err);
  if (!status) status = describe_choice(out, choice, err);
  lnti_arena_clear(&arena);
  return status;
}

/* "before-review, fingerprint b8db8588179774539..." */
static lnt_status snapshot_fact(lnti_table *table, const lnt_model *model, lnt_error *err) {
  const char *text = model->snapshot_json, *name = "", *fingerprint = "";
  lnti_arena arena = {0};
  lnti_text shown = {0};
  const lnti_json_value *told = NULL;
  lnt_status status = lnti_json_parse(&told, &arena, text, strlen(text), "snapshot", err);
  if (!status) status = lnti_json_get_string(&name, told, "name", "", err);
  if (!status) status = lnti_json_get_string(&fingerprint, told, "fingerprint", "", err);
  if (!status) status = lnti_text_printf(&shown, err, "%s, fingerprint %s", name, fingerprint);
  if (!status) status = fact(table, "snapshot", shown.data, err);
  lnti_text_clear(&shown);
  lnti_arena_clear(&arena);
  return status;
}

static lnt_status add_facts(lnti_table *table, const lnt_model *model, lnt_error *err) {
  lnti_text params = {0}, chosen = {0}, classes = {0}, calibration = {0};
  char seed[24];
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)model->seed);
  lnt_status status = params_text(&params, &model->fitted->params, err);
  if (!status) status = classes_text(&classes, model, err);
  if (!status) {
    status = lnti_text_printf(&calibration, err, "temperature %.4g, fitted on %s", model->temperature,
                              model->calibrated_on ? model->calibrated_on : "nothing");
  }
  if (!status) status = fact(table, "model", model->name, err);
  if (!status) status = fact(table, "target", model->target, err);
  if (!status) status = fact(table, "classes", classes.data, err);
  if (!status) status = fact(table, "learner", lnt_model_learner(model), err);
  if (!status) status = fact(table, "parameters", params.data, err);
  if (!status && model->choice_json) status = choice_text(&chosen, model, err);
  if (!status && model->choice_json) status = fact(table, "chosen", chosen.data, err);
  if (!status) status = fact(table, "feature", lnt_model_feature(model), err);
  if (!status) status = fact(table, "trained on", lnti_show_count(model->n_train).text, err);
  if (!status && model->snapshot_json) status = snapshot_fact(table, model, err);
  if (!status) status = fact(table, "calibration", calibration.data, err);
  if (!status) status = fact(table, "seed", seed, err);
  if (!status) status = fact(table, "made", lnti_show_time(model->created_ms).text, err);
  if (!status) status = fact(table, "data", model->data_fingerprint, err);
  lnti_text_clear(&params);
  lnti_text_clear(&chosen);
  lnti_text_clear(&classes);
  lnti_text_clear(&calibration);
  return status;
}

static lnt_status show(lnti_cli *cli, const lnt_model *model, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_table_init(&table, columns, 2, 0);
  lnt_status status = add_facts(&table, model, err);
  return lnti_table_print(cli, &table, status, err);
}

static lnt_status run_show(lnti_cli *cli, const char *name, lnt_error *err) {
  lnti_project *project = NULL;
  lnt_model *model = NULL;
  lnt_status status = lnti_cli_model(&model, &project, cli, name, err);
  if (!status) status = cli->json ? show_json(cli, model, err) : show(cli, model, err);
  lnt_model_close(model);
  lnti_project_close(project);
  return status;
}

/* ---- remove ---- */

static lnt_status print_removed(lnti_cli *cli, const char *name, const lnti_model_removed *r, lnt_error *err) {
  lnti_text line = {0};
  lnt_status status = lnti_text_printf(&line, err, "Removed %s", name);
  if (!status && r->file_is_gone)
    status = lnti_text_printf(&line, err, " and its file %s (%s)", r->file, lnti_show_bytes(r->bytes).text);
  if (!status && !r->file_is_gone) status = lnti_text_printf(&line, err, "; the file %s stays", r->file);
  if (!status)
    status = lnti_text_printf(&line, err, ". What is known of its training (run %lld) is kept.", (long long)r->run_id);
  if (!status) status = lnti_print_plain(cli, line.data, err);
  lnti_print(cli, "\n");
  lnti_text_clear(&line);
  return status;
}

static lnt_status removed_json(lnti_cli *cli, const char *name, const lnti_model_removed *r, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "removed", name);
  lnti_json_kv_string(w, "file", r->file);
  lnti_json_kv_bool(w, "file_is_gone", r->file_is_gone);
  lnti_json_kv_int(w, "bytes", (int64_t)r->bytes);
  lnti_json_kv_int(w, "run", r->run_id);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status remove_one(lnti_cli *cli, lnti_project *project, const char *name, lnt_error *err) {
  lnti_model_removed r = {0};
  lnt_status status = lnti_model_remove(&r, project, name, err);
  if (!status) status = cli->json ? removed_json(cli, name, &r, err) : print_removed(cli, name, &r, err);
  free(r.file);
  return status;
}

typedef struct removal {
  char *name;
  bool foreign; /* predictions of elsewhere */
  size_t n_items;
} removal;

typedef struct foreign_search {
  const char *wanted;
  lnti_text names; /* all */
  bool found;
  size_t n_items;
} foreign_search;

static lnt_status note_foreign(void *payload, const lnti_foreign_set *set, lnt_error *err) {
  enum { NAMES_SHOWN = 300 };
  foreign_search *s = payload;
  if (strcmp(set->name, s->wanted) == 0) {
    s->found = true;
    s->n_items = set->n_items;
  }
  if (s->names.length >= NAMES_SHOWN) return LNT_OK;
  return lnti_text_printf(&s->names, err, "%s%s", s->names.length ? ", " : "", set->name);
}

/* What a word names: a model, or else predictions that were imported. */
static lnt_status find_removal(removal *out, lnti_project *project, const char *word, lnt_error *err) {
  lnt_error unknown = LNT_ERROR_INIT;
  foreign_search s = {.wanted = word};
  lnt_status model = lnti_model_name_of(&out->name, project, word, &unknown);
  if (!model) return LNT_OK;
  if (model != LNT_ENOTFOUND) return lnti_fail(err, model, "%s", unknown.message);
  lnt_status status = lnti_predictions_foreign(project, NULL, note_foreign, &s, err);
  if (!status && s.found) {
    out->foreign = true;
    out->n_items = s.n_items;
    status = lnti_strdup(&out->name, word, err);
  } else if (!status && s.names.length > 0) {
    status = lnti_fail(err, model, "%s; there are imported predictions of: %.300s", unknown.message, s.names.data);
  } else if (!status) {
    status = lnti_fail(err, model, "%s", unknown.message);
  }
  lnti_text_clear(&s.names);
  return status;
}

static lnt_status foreign_removed_json(lnti_cli *cli, const removal *r, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "removed", r->name);
  lnti_json_kv_bool(w, "imported", true);
  lnti_json_kv_int(w, "items", (int64_t)r->n_items);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status remove_foreign(lnti_cli *cli, lnti_project *project, const removal *r, lnt_error *err) {
  lnt_status status = lnti_predictions_remove(project, r->name, err);
  if (status) return status;
  if (cli->json) return foreign_removed_json(cli, r, err);
  lnti_print(cli, "Removed what ");
  status = lnti_print_plain(cli, r->name, err);
  lnti_print(cli, " says of %s. Answers that were made of it stay.\n", lnti_show_things(r->n_items, "item").text);
  return status;
}

/* All names are looked up before the first model goes. */
static lnt_status run_remove(lnti_cli *cli, const char *const *words, size_t n, lnt_error *err) {
  lnti_project *project = NULL;
  removal *one = NULL;
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_alloc_zero(&one, n, sizeof *one, err);
  for (size_t i = 0; i < n && !status; i++) {
    status = find_removal(&one[i], project, words[i], err);
    for (size_t k = 0; k < i && !status; k++) {
      if (strcmp(one[k].name, one[i].name) == 0) status = lnti_fail(err, LNT_EINVAL, "%s is named twice", one[i].name);
    }
  }
  for (size_t i = 0; i < n && !status; i++) {
    status = one[i].foreign ? remove_foreign(cli, project, &one[i], err) : remove_one(cli, project, one[i].name, err);
  }
  for (size_t i = 0; one && i < n; i++) free(one[i].name);
  free(one);
  lnti_project_close(project);
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const char *verb = args->n_operands > 0 ? args->operands[0] : "list";
  if (strcmp(verb, "list") == 0 && args->n_operands <= 1) return run_list(cli, err);
  if (strcmp(verb, "show") == 0 && args->n_operands == 2) return run_show(cli, args->operands[1], err);
  if (strcmp(verb, "remove") == 0 && args->n_operands >= 2)
    return run_remove(cli, args->operands + 1, args->n_operands - 1, err);
  return lnti_command_fail_form(&lnti_cmd_models, args, err);
}

static const lnti_cli_option option_table[] = {LNTI_CLI_OPTIONS_END};

static const lnti_example examples[] = {
    {"All models of the project:", "linnet models"},
    {"What one is made of:", "linnet models show logistic-hog"},
    {"The same of a file, without a project:", "linnet models show downloads/sneakers.lnt"},
    {"Remove one, with its file:", "linnet models remove logistic-pixels"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_models = {
    .name = "models",
    .summary = "list the trained models, show or remove one",
    .usage = "[list]\nshow MODEL\nremove MODEL...",
    .about =
        "A model is one file (models/NAME.lnt) that holds all that is needed to classify: it may be copied to "
        "another machine and used there without the project. MODEL is a name in the project or the "
        "path of a .lnt file.\n\n"
        "remove takes models and their files out of the project, and asks nothing; what is known of their training stays "
        "in the database. Predictions that 'linnet import --predictions' has stored are listed below the models, and removed by the "
        "name that they were given; answers made of them stay. Where one of the names is unknown, nothing is removed.",
    .options = option_table,
    .examples = examples,
    .operands_max = SIZE_MAX,
    .run = run,
};
