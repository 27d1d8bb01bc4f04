/*
 * predict: a model on files, or on items of the project. Results are written as they come, so nothing is kept of a
 * million of them.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <errno.h>
#include <flow/backbone/backbones.h>
#include <flow/predict/decision.h>
#include <flow/predict/predict.h>
#include <flow/predict/proba_files.h>
#include <flow/predict/stored_predictions.h>
#include <flow/train/tasks.h>
#include <math.h>
#include <math/topk.h>
#include <model/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LABEL_COLUMNS_MAX = 48, ANSWER_COLUMNS_MAX = 80, PROBA_COLUMNS_MAX = 10, TOP_OF_BACKBONE = 5 };

typedef struct predicting {
  lnti_cli *cli;
  lnti_json_writer *json; /**< NULL: text */
  lnti_text line;
  size_t k;   /**< classes */
  size_t top; /**< how many are shown */
  bool proba;
  bool blocks;     /**< text: a line for each guess below the path, else one for each image */
  uint32_t *order; /**< [k] scratch: classes by probability */
  size_t label_columns;
  bool has_confidence; /**< text: a column of its own; else it stands in the answer, or there is none */
  size_t n_told, n_failed;
  bool head_written;
  bool tree;               /**< of classes */
  bool may_decline;        /**< --min-confidence is given */
  lnti_decider *decider;   /**< NULL: labels, a number */
  lnti_decision decision;  /**< of the row that is told; with a decider */
  lnti_proba_files *files; /**< NULL: none */
  lnti_predictions_writer *store;
} predicting;

static float threshold_of(const lnt_model *model, size_t class) {
  return model->threshold ? (float)model->threshold[class] : 0.5F;
}

/* ---- JSON ---- */

static void write_json_class(lnti_json_writer *w, const lnt_model *model, size_t class, float p) {
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "label", lnt_model_class_title(model, class));
  lnti_json_kv_string(w, "id", lnt_model_class_id(model, class));
  lnti_json_key(w, "p");
  lnti_json_float(w, p);
  lnti_json_end_object(w);
}

/** The class, and where classes form a tree the way to it; the node where it is not clear which; or that nothing is. */
static void write_json_decision(const predicting *p, const lnt_model *model) {
  lnti_json_writer *w = p->json;
  const lnti_decision *d = &p->decision;
  const lnti_decided *last = d->n > 0 ? &d->level[d->n - 1] : NULL;
  bool is_class = d->number < p->k;
  lnti_json_kv_string(w, "label", is_class ? lnt_model_class_title(model, d->number) : last ? last->title : NULL);
  lnti_json_kv_string(w, "label_id", last ? last->id : NULL); /* "id" is the item's */
  lnti_json_key(w, "confidence");
  lnti_json_float(w, (float)d->p);
  if (p->may_decline) lnti_json_kv_bool(w, "unsure", !d->sure);
  if (!p->tree) return;
  lnti_json_key(w, "label_path");
  lnti_json_begin_array(w);
  for (size_t i = 0; last && i < d->n; i++) { /* with !sure there is none */
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "label", d->level[i].title);
    lnti_json_kv_string(w, "id", d->level[i].id);
    lnti_json_kv_real(w, "p", d->level[i].p);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void write_json_classes(const predicting *p, const lnt_model *model, const lnti_prediction *r) {
  lnti_json_writer *w = p->json;
  if (model->task == LNTI_MULTILABEL) {
    lnti_json_key(w, "labels");
    lnti_json_begin_array(w);
    for (size_t c = 0; c < p->k; c++) {
      if (r->prob[c] >= threshold_of(model, c)) write_json_class(w, model, c, r->prob[c]);
    }
    lnti_json_end_array(w);
  } else {
    write_json_decision(p, model);
  }
  lnti_json_key(w, "top");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < p->top; i++) write_json_class(w, model, p->order[i], r->prob[p->order[i]]);
  lnti_json_end_array(w);
  if (p->proba) {
    lnti_json_key(w, "proba");
    lnti_json_begin_object(w);
    for (size_t c = 0; c < p->k; c++) {
      lnti_json_key(w, lnt_model_class_id(model, c));
      lnti_json_float(w, r->prob[c]);
    }
    lnti_json_end_object(w);
  }
}

/* The ends of the interval, where they are known, stay within what the number may be. */
static void write_json_number(lnti_json_writer *w, const lnt_model *model, float value) {
  const lnti_model_range *range = &model->range;
  double offset[2];
  lnti_json_key(w, "value");
  lnti_json_float(w, value);
  if (lnti_residual_interval(offset, model->residual, model->n_residuals)) {
    lnti_json_kv_real(w, "low", fmin(fmax((double)value + offset[0], range->min), range->max)); /* a NaN is no bound */
    lnti_json_kv_real(w, "high", fmin(fmax((double)value + offset[1], range->min), range->max));
  }
  if (range->unit) lnti_json_kv_string(w, "unit", range->unit);
}

static lnt_status write_json(predicting *p, const lnt_model *model, const lnti_prediction *r, lnt_error *err) {
  lnti_json_writer *w = p->json;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "path", r->path);
  if (r->item_id) {
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)r->item_id);
    lnti_json_kv_string(w, "id", id);
  }
  if (!r->prob) {
    lnti_json_key(w, "error");
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "code", lnt_status_name(r->code));
    lnti_json_kv_string(w, "message", r->reason);
    lnti_json_end_object(w);
  } else if (model->task == LNTI_REGRESSION) {
    write_json_number(w, model, r->prob[0]);
  } else {
    write_json_classes(p, model, r);
    if (model->task != LNTI_MULTILABEL) {
      lnti_json_key(w, "unknown"); /* NaN, of an older model, becomes null */
      lnti_json_float(w, r->unknown);
    }
  }
  lnti_json_end_object(w);
  return lnti_json_finish(w, err);
}

/* ---- text ---- */

/** Appends a label in a column as wide as the widest of the model's (capped; what is longer pushes the rest). */
static lnt_status append_label(predicting *p, const char *label, lnt_error *err) {
  lnti_text plain = {0};
  lnt_status status = lnti_plain(&plain, label, err);
  if (!status) {
    size_t columns = lnti_utf8_columns(plain.data, plain.length);
    size_t pad = columns < p->label_columns ? p->label_columns - columns : 0;
    status = lnti_text_printf(&p->line, err, "%s%*s", plain.data, (int)pad, "");
  }
  lnti_text_clear(&plain);
  return status;
}

/** With --proba a column for each class, in the model's order; else the most probable one. */
static lnt_status write_head(predicting *p, const lnt_model *model, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t c = 0; p->proba && !status && c < p->k; c++) {
    status = append_label(p, lnt_model_class_title(model, c), err);
    if (!status) status = lnti_text_printf(&p->line, err, "  ");
  }
  bool several = model->task == LNTI_MULTILABEL, number = model->task == LNTI_REGRESSION;
  if (!p->proba) status = append_label(p, number ? model->target : several ? "labels" : "label", err);
  if (!status && !p->proba) status = lnti_text_printf(&p->line, err, p->has_confidence ? "  confidence  " : "  ");
  if (!status) status = lnti_text_printf(&p->line, err, "path\n");
  p->head_written = true;
  return status;
}

/** "Fruit 99.1 % > Apple 91.0 %"; "(unsure)" and how probable the best class is. */
static lnt_status append_decision(lnti_text *out, const lnti_decision *d, lnt_error *err) {
  if (!d->sure) return lnti_text_printf(out, err, "(unsure: at most %.1f %%)", 100.0 * d->p);
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < d->n && !status; i++)
    status = lnti_text_printf(out, err, "%s%s %.1f %%", i > 0 ? " > " : "", d->level[i].title, 100.0 * d->level[i].p);
  return status;
}

/** The path, and below it its guesses: as wide as their names are, however many they are. */
static lnt_status write_block(predicting *p, const lnt_model *model, const lnti_prediction *r, lnt_error *err) {
  size_t shown = p->proba ? p->k : p->top;
  lnt_status status = lnti_plain(&p->line, r->path, err);
  if (!status) status = lnti_text_append(&p->line, "\n", 1, err);
  if (!status && !r->prob) {
    size_t n = strlen(r->path); /* which stands above */
    bool named = strncmp(r->reason, r->path, n) == 0 && strncmp(r->reason + n, ": ", 2) == 0;
    status = lnti_text_printf(&p->line, err, "  (failed)  ");
    if (!status) status = lnti_plain(&p->line, r->reason + (named ? n + 2 : 0), err);
    if (!status) status = lnti_text_append(&p->line, "\n", 1, err);
  }
  if (r->prob && p->may_decline && !status) {
    lnti_text answer = {0};
    status = append_decision(&answer, &p->decision, err);
    if (!status) status = lnti_text_printf(&p->line, err, "  answer: ");
    if (!status) status = lnti_plain(&p->line, answer.data, err);
    if (!status) status = lnti_text_append(&p->line, "\n", 1, err);
    lnti_text_clear(&answer);
  }
  for (size_t i = 0; r->prob && i < shown && !status; i++) {
    size_t c = p->proba ? i : p->order[i];
    status = lnti_text_printf(&p->line, err, "  %6.1f %%  ", 100.0 * (double)r->prob[c]);
    if (!status) status = lnti_plain(&p->line, lnt_model_class_title(model, c), err);
    if (!status) status = lnti_text_append(&p->line, "\n", 1, err);
  }
  return status ? status : lnti_print_text(p->cli, &p->line, err);
}

/** The labels from their thresholds on, each with its probability and the threshold; a number with its unit. */
static lnt_status write_answer(predicting *p, const lnt_model *model, const lnti_prediction *r, lnt_error *err) {
  lnti_text labels = {0};
  lnt_status status = LNT_OK;
  if (model->task == LNTI_REGRESSION) {
    status = lnti_text_printf(&labels, err, "%.6g%s%s", (double)r->prob[0], model->range.unit ? " " : "",
                              model->range.unit ? model->range.unit : "");
  } else if (model->task == LNTI_MULTILABEL) {
    for (size_t c = 0; c < p->k && !status; c++) {
      if (r->prob[c] < threshold_of(model, c)) continue;
      status = lnti_text_printf(&labels, err, "%s%s %.1f %% (from %.1f %%)", labels.length > 0 ? ", " : "",
                                lnt_model_class_title(model, c), 100.0 * (double)r->prob[c],
                                100.0 * (double)threshold_of(model, c));
    }
    if (!status && labels.length == 0) status = lnti_text_printf(&labels, err, "(none)");
  } else if (!p->has_confidence) {
    status = append_decision(&labels, &p->decision, err);
  } else {
    bool unsure = p->may_decline && !p->decision.sure;
    status = append_label(p, unsure ? "(unsure)" : lnt_model_class_title(model, p->order[0]), err);
    return status ? status : lnti_text_printf(&p->line, err, "  %8.1f %%  ", 100.0 * (double)r->prob[p->order[0]]);
  }
  if (!status) status = append_label(p, labels.data, err);
  lnti_text_clear(&labels);
  return status ? status : lnti_text_printf(&p->line, err, "  ");
}

static lnt_status write_line(predicting *p, const lnt_model *model, const lnti_prediction *r, lnt_error *err) {
  lnt_status status = p->head_written ? LNT_OK : write_head(p, model, err);
  if (!r->prob) {
    size_t width = p->proba ? p->k * (p->label_columns + 2) : p->label_columns + (p->has_confidence ? 14 : 2);
    if (!status) status = lnti_text_printf(&p->line, err, "%-*s", (int)width, "(failed)");
  } else if (p->proba) {
    for (size_t c = 0; !status && c < p->k; c++) {
      status = lnti_text_printf(&p->line, err, "%-*.4f  ", (int)p->label_columns, (double)r->prob[c]);
    }
  } else {
    if (!status) status = write_answer(p, model, r, err);
  }
  if (status) return status;
  bool named = r->prob || strncmp(r->reason, r->path, strlen(r->path)) != 0;
  if (named) status = lnti_plain(&p->line, r->path, err);
  if (!status && !r->prob) {
    status = lnti_text_printf(&p->line, err, "%s", named ? ": " : "");
    if (!status) status = lnti_plain(&p->line, r->reason, err);
  }
  if (!status) status = lnti_text_append(&p->line, "\n", 1, err);
  return status ? status : lnti_print_text(p->cli, &p->line, err);
}

/** Who reads a pipe sees what there is while the next are computed. */
static lnt_status flush(lnti_cli *cli, lnt_error *err) {
  if (fflush(cli->out) == 0) return LNT_OK;
  if (!cli->out_errno) cli->out_errno = errno ? errno : EIO;
  return lnti_fail_errno(err, cli->out_errno, "the output cannot be written");
}

static lnt_status on_prediction(void *payload, const lnt_model *model, const lnti_prediction *r, lnt_error *err) {
  predicting *p = payload;
  p->n_told++;
  if (r->prob) {
    lnti_topk_largest(p->order, r->prob, p->k, p->top);
  } else {
    p->n_failed++;
  }
  if (r->prob && p->decider) lnti_decide(&p->decision, p->decider, r->prob);
  lnt_status status = p->files ? lnti_proba_files_add(p->files, r, err) : LNT_OK;
  if (!status && p->store) status = lnti_predictions_add(p->store, r, p->may_decline ? &p->decision : NULL, err);
  if (status) return status;
  status = p->json     ? write_json(p, model, r, err)
           : p->blocks ? write_block(p, model, r, err)
                       : write_line(p, model, r, err);
  return !status && !r->more ? flush(p->cli, err) : status;
}

static void tell_stored(const predicting *p, const lnt_model *model, size_t n) {
  if (p->json) return;
  lnti_print(p->cli, "\nKept what the model says of %s.\n", lnti_show_things(n, "item").text);
  if (model->task != LNTI_REGRESSION)
    lnti_print_next(p->cli, "linnet items --where 'confidence:%s<0.6' --sort confidence:%s --predictions",
                    model->target, model->target);
}

/* ---- the command ---- */

static lnt_status make_decider(predicting *p, const lnti_cli *cli, const lnt_model *model, const lnti_args *args,
                               lnt_error *err) {
  double min = 0;
  size_t n_nodes = 0;
  lnt_status status = lnti_args_real(&min, args, "min-confidence", 0, 0, 1, err);
  p->may_decline = lnti_args_has(args, "min-confidence");
  bool classes = model->task == LNTI_MULTICLASS || model->task == LNTI_HIERARCHICAL;
  if (status || (!p->may_decline && !(classes && cli->json))) return status;
  status = lnti_decider_new(&p->decider, model, min, err);
  if (status) return status;
  (void)lnti_decider_nodes(&n_nodes, p->decider);
  p->tree = n_nodes > 0;
  return LNT_OK;
}

/** How wide answers may be. */
static void measure(predicting *p, const lnt_model *model) {
  size_t most = LABEL_COLUMNS_MAX, widest = strlen("(failed)");
  bool path = p->may_decline && p->tree;
  p->has_confidence = model->task != LNTI_MULTILABEL && model->task != LNTI_REGRESSION && !path;
  for (size_t c = 0; c < p->k; c++) {
    const char *title = lnt_model_class_title(model, c);
    size_t columns = lnti_utf8_columns(title, strlen(title));
    if (model->task == LNTI_MULTILABEL && !p->proba) columns += strlen(" 100.0 % (from 99.9 %)");
    if (columns > widest) widest = columns;
  }
  if (model->task == LNTI_MULTILABEL && !p->proba) {
    widest = 2 * widest + strlen(", "); /* more push the path to the right */
    most = ANSWER_COLUMNS_MAX;
  }
  if (path && !p->proba) {
    widest = lnti_decider_columns(p->decider);
    most = ANSWER_COLUMNS_MAX;
  }
  p->label_columns = widest < most ? widest : most;
}

static lnt_status prepare(predicting *p, lnti_cli *cli, const lnt_model *model, const lnti_project *project,
                          const lnti_args *args, lnt_error *err) {
  int64_t top = 0;
  lnt_status status =
      lnti_args_int(&top, args, "top", lnti_args_has(args, "backbone") ? TOP_OF_BACKBONE : 1, 1, INT32_MAX, err);
  if (status) return status;
  p->cli = cli;
  p->k = lnt_model_n_classes(model);
  p->top = (size_t)top < p->k ? (size_t)top : p->k;
  const char *file = lnti_args_text(args, "proba", NULL);
  p->proba = lnti_args_has(args, "proba") && !file;
  if (model->task == LNTI_REGRESSION && p->proba) {
    return lnti_fail(err, LNT_EINVAL, "the model answers with a number, which has no probabilities: leave out --proba");
  }
  status = make_decider(p, cli, model, args, err);
  if (status) return status;
  p->blocks = p->proba ? p->k > PROBA_COLUMNS_MAX : p->top > 1;
  measure(p, model);
  status = lnti_alloc(&p->order, p->k, sizeof *p->order, err);
  if (!status && cli->json) status = lnti_cli_json(&p->json, cli, 0, err);
  return !status && file ? lnti_proba_files_create(&p->files, project, model, file, err) : status;
}

static lnt_status open_backbone(lnt_model **out, lnti_cli *cli, const char *name, lnt_error *err) {
  lnti_backbone *backbone = NULL;
  lnt_status status =
      lnti_backbones_open(&backbone, cli->backbones, name, NULL, LNTI_BACKBONE_CLASSES, &cli->context, err);
  return status ? status : lnti_model_of_backbone(out, backbone, &cli->context, err);
}

/** A name that no model has may be a backbone's. */
static lnt_status open_model(lnt_model **out, lnti_project **project_out, lnti_cli *cli, const char *name,
                             lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  lnti_backbone_entry entry = {0};
  lnt_status status = lnti_cli_model(out, project_out, cli, name, &reason);
  if (!status) return LNT_OK;
  bool is_backbone = status == LNT_ENOTFOUND && lnti_backbones_get(&entry, cli->backbones, name, NULL) == LNT_OK;
  lnti_backbone_entry_clear(&entry);
  if (!is_backbone) return lnti_fail(err, status, "%s", reason.message);
  return lnti_fail(err, status, "\"%s\" is no model here, but a backbone: linnet predict --backbone %s PATH...", name,
                   name);
}

/** With --backbone all operands are paths. A first one that is none was meant as MODEL where it is a model's name or file. */
static lnt_status check_no_model(lnti_cli *cli, const char *operand, lnt_error *err) {
  lnti_project *project = NULL;
  lnt_model *model = NULL;
  const size_t n = strlen(operand);
  bool is_file = n > 4 && strcmp(operand + n - 4, ".lnt") == 0, is_name = false;
  if (!is_file && access(operand, F_OK) != 0) {
    is_name = !strpbrk(operand, "./#") || lnti_cli_model(&model, &project, cli, operand, NULL) == LNT_OK;
    lnt_model_close(model);
    lnti_project_close(project);
  }
  if (!is_file && !is_name) return LNT_OK;
  return lnti_fail(
      err, LNT_EINVAL,
      "--backbone takes the place of MODEL, and \"%.100s\" is no image: either 'linnet predict MODEL PATH...', "
      "or 'linnet predict --backbone NAME PATH...'",
      operand);
}

/** Something to look at, and no model file. */
static bool is_input(const char *path) {
  const size_t n = strlen(path);
  return !(n > 4 && strcmp(path + n - 4, ".lnt") == 0) && access(path, F_OK) == 0;
}

static lnt_status note_name(void *payload, const lnti_model_row *row, lnt_error *err) {
  lnti_text *names = payload;
  return lnti_text_printf(names, err, "%s%s", names->length > 0 ? ", " : "", row->name);
}

/** One operand, and it is an image, a folder...: the model was left out. A model may be called as a file that is there. */
static lnt_status fail_no_model(lnti_cli *cli, const char *path, lnt_error *err) {
  lnti_project *project = NULL;
  lnti_text names = {0};
  bool known = lnti_cli_project(&project, cli, NULL) == LNT_OK &&
               lnti_store_models(project->store, NULL, note_name, &names, NULL) == LNT_OK;
  lnt_status status =
      lnti_fail(err, LNT_EINVAL, "which model is to classify it? linnet predict MODEL %.200s; %s%.400s", path,
                !known             ? "MODEL is a .lnt file, or a name in a project (-C)"
                : names.length > 0 ? "the project's models: "
                                   : "the project has none yet, linnet train makes one",
                known && names.length > 0 ? names.data : "");
  lnti_text_clear(&names);
  lnti_project_close(project);
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  predicting p = {.top = 0};
  lnti_predict_result result = {0, 0};
  lnti_project *project = NULL;
  lnt_model *model = NULL;
  const char *items = lnti_args_text(args, "items", NULL);
  const char *backbone = lnti_args_text(args, "backbone", NULL);
  size_t n_models = backbone ? 0 : 1; /* operands before the paths */
  if (lnti_args_has(args, "store") && (!items || backbone)) {
    return lnti_fail(err, LNT_EINVAL,
                     "--store keeps what a model of the project says of its items: linnet predict MODEL --items FILTER "
                     "--store");
  }
  if (items && args->n_operands > n_models) {
    return lnti_fail(err, LNT_EINVAL, "give either paths or --items, not both");
  }
  if (!backbone && !items && args->n_operands == 1 && is_input(args->operands[0])) {
    return fail_no_model(cli, args->operands[0], err);
  }
  if (args->n_operands < n_models + (items ? 0 : 1)) {
    return lnti_fail(err, LNT_EINVAL, "what is to be classified? linnet predict %s PATH..., or --items FILTER",
                     backbone ? "--backbone NAME" : "MODEL");
  }
  if (backbone && args->n_operands > 0) {
    lnt_status wrong = check_no_model(cli, args->operands[0], err);
    if (wrong) return wrong;
  }
  lnt_status status =
      backbone ? open_backbone(&model, cli, backbone, err) : open_model(&model, &project, cli, args->operands[0], err);
  if (!status && items && !project) status = lnti_cli_project(&project, cli, err);
  if (!status) status = prepare(&p, cli, model, project, args, err);
  if (!status && lnti_args_has(args, "store"))
    status = lnti_predictions_create(&p.store, project, args->operands[0], model, items,
                                     p.may_decline ? p.decider : NULL, err);
  if (!status && items) {
    status = lnti_predict_items(&result, model, project, items, &cli->meter->progress, on_prediction, &p, err);
  } else if (!status) {
    status = lnti_predict_paths(&result, model, project, args->operands + n_models, args->n_operands - n_models,
                                &cli->context, &cli->meter->progress, on_prediction, &p, err);
  }
  if (!status && p.files) {
    lnti_proba_files *files = p.files;
    p.files = NULL;
    status = lnti_proba_files_commit(files, err);
  }
  if (!status && p.store) {
    lnti_predictions_writer *store = p.store;
    size_t n = 0;
    p.store = NULL;
    status = lnti_predictions_commit(&n, store, err);
    if (!status) tell_stored(&p, model, n);
  }
  if (status == LNT_ECANCELLED && p.n_told > 0) {
    status = lnti_fail(err, status, "cancelled; the results above are whole");
  } else if (status == LNT_ECANCELLED && items) {
    status = lnti_fail(err, status, LNTI_CANCELLED_KEPT);
  }
  if (!status && p.n_failed > 0 && result.n > 1)
    lnti_log_printf(cli->context.log, LNTI_LOG_WARN,
                    "%s of %s could not be classified, for the reasons given with each",
                    lnti_show_count(p.n_failed).text, lnti_show_things(result.n, "input").text);
  if (!status && p.n_failed > 0) cli->exit_code = p.n_failed == result.n ? LNTI_EXIT_FAILED : LNTI_EXIT_PARTLY;
  lnti_predictions_discard(p.store);
  lnti_proba_files_discard(p.files);
  free(p.order);
  lnti_decider_free(p.decider);
  lnti_text_clear(&p.line);
  lnti_json_writer_free(p.json);
  lnt_model_close(model);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"items", 0, "FILTER", "items of the project that match, as for 'linnet items --where'; \"\" for all", false},
    {"backbone", 0, "NAME|FILE", "in place of MODEL: what this network's own classes see", false},
    {"top", 0, "K", "the K most probable classes of each (1; of a backbone 5)", false},
    {"min-confidence", 0, "P",
     "answer only where the model is at least so sure, from 0 to 1; of classes in a tree the deepest node that reaches it is "
     "answered, else it is \"unsure\"",
     false},
    {"proba", 0, "[FILE.npy]",
     "the probability of every class, in the model's order: shown, or into a NumPy array (f32, a row an input), beside which "
     "FILE.rows.csv and FILE.classes.csv say what its rows and columns are",
     false},
    {"store", 0, NULL,
     "with --items: also keep the predictions in the project, in the place of the model's earlier ones", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"One image:", "linnet predict logistic-hog new.jpg"},
    {"All images below a folder, the three best guesses of each, for another program:",
     "linnet predict logistic-hog inbox/ --top 3 --json"},
    {"Items that nobody has labelled:", "linnet predict logistic-hog --items labelled=no"},
    {"Answers that are right nine times in ten where the model is calibrated, else \"unsure\":",
     "linnet predict species inbox/ --min-confidence 0.9"},
    {"Keep what a model says of all items:", "linnet predict logistic-hog --items \"\" --store"},
    {"All probabilities of all items, for NumPy:", "linnet predict logistic-hog --items \"\" --proba p.npy"},
    {"A model file, anywhere, without a project:", "linnet predict sneakers.lnt photo.png"},
    {"One record of an IDX array:", "linnet predict digits.lnt t10k-images-idx3-ubyte.gz#17"},
    {"What a network's own classes see, with nothing trained:",
     "linnet predict --backbone mobilenet_v2.onnx photo.jpg"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_predict = {
    .name = "predict",
    .summary = "classify images with a trained model",
    .usage =
        "MODEL PATH... [--top K] [--min-confidence P] [--proba [FILE.npy]]\nMODEL --items FILTER [--top K] [--min-confidence P] [--proba [FILE.npy]] [--store]\n--backbone NAME PATH... [--top K] [--min-confidence P] [--proba [FILE.npy]]",
    .about =
        "MODEL is a name in the project or the path of a .lnt file, for which no project is needed. A PATH is an "
        "image, a folder or an archive (all images in it), an IDX array (all its records) or one record of it, "
        "ARRAY#N.\n\n"
        "With --backbone no model is needed: a network's own classes name what it sees, "
        "as they are and uncalibrated. NAME is one of 'linnet backbone list', or the path of a network's file.\n\n"
        "An input that cannot be read is reported with its reason and the rest goes on: exit code 3, or 1 where "
        "not one could be classified.",
    .options = option_table,
    .examples = examples,
    .operands_max = SIZE_MAX,
    .run = run,
};
