/*
 * A feature is shown by its name alone where that resolves to the same text for this project.
 */
#include <flow/train/train_command.h>

#include <base/json.h>
#include <flow/extract/extract.h>
#include <flow/train/keep_model.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

static lnt_status add_option(lnti_text *out, const char *option, const char *value, lnt_error *err) {
  return lnti_text_printf(out, err, " --%s %s", option, lnti_shell_word(value, "VALUE").text);
}

static lnt_status add_feature(lnti_text *out, lnti_project *project, const lnt_model *model, lnt_error *err) {
  lnti_extractor *plain = NULL;
  lnti_image_traits traits;
  const char *text = lnti_extractor_text(model->extractor);
  if (lnti_extractor_backbone(model->extractor) || lnti_extractor_imported(model->extractor))
    return add_option(out, "feature", text, err);
  const char *name = lnti_extractor_feature(model->extractor)->name;
  lnt_status status = lnti_project_traits(&traits, project, err);
  if (!status) status = lnti_extractor_new(&plain, name, &traits, err);
  if (!status) status = add_option(out, "feature", strcmp(lnti_extractor_text(plain), text) == 0 ? name : text, err);
  lnti_extractor_free(plain);
  return status;
}

static lnt_status add_settings(lnti_text *out, const lnti_fitted *fitted, lnt_error *err) {
  lnti_params plain;
  lnt_status status = LNT_OK;
  lnti_params_init(&plain, fitted->learner->params);
  for (const lnti_param *p = fitted->learner->params; p->name && !status; p++) {
    char *usual = NULL, *value = NULL;
    status = lnti_params_text(&usual, &plain, p->name, err);
    if (!status) status = lnti_params_text(&value, &fitted->params, p->name, err);
    if (!status && strcmp(usual, value) != 0) status = lnti_text_printf(out, err, " --set %s=%s", p->name, value);
    free(value);
    free(usual);
  }
  return status;
}

static lnt_status add_name(lnti_text *out, lnti_project *project, const lnt_model *model, lnt_error *err) {
  char *usual = NULL;
  lnt_status status = lnti_model_usual_name(&usual, project, model->fitted->learner->name, model->extractor, err);
  if (!status && strcmp(usual, model->name) != 0) status = add_option(out, "name", model->name, err);
  free(usual);
  return status;
}

static lnt_status add_snapshot(lnti_text *out, const lnt_model *model, lnt_error *err) {
  const char *text = model->snapshot_json, *name = "";
  lnti_arena arena = {0};
  const lnti_json_value *told = NULL;
  if (!text) return LNT_OK;
  lnt_status status = lnti_json_parse(&told, &arena, text, strlen(text), "snapshot", err);
  if (!status) status = lnti_json_get_string(&name, told, "name", "", err);
  if (!status) status = add_option(out, "snapshot", name, err);
  lnti_arena_clear(&arena);
  return status;
}

lnt_status lnti_train_command(lnti_text *out, lnti_project *project, const lnt_model *model, lnt_error *err) {
  lnt_status status = lnti_text_printf(out, err, "linnet train");
  if (!status) status = add_option(out, "target", model->target, err);
  if (!status) status = add_snapshot(out, model, err);
  if (!status) status = add_option(out, "learner", model->fitted->learner->name, err);
  if (!status) status = add_feature(out, project, model, err);
  if (!status) status = add_settings(out, model->fitted, err);
  if (!status) status = add_name(out, project, model, err);
  if (!status && model->seed) status = lnti_text_printf(out, err, " --seed %llu", (unsigned long long)model->seed);
  return status;
}
