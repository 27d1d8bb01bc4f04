/*
 * import --predictions: what was taken of another model's predictions, and what for.
 */
#include <cli/import_predictions.h>

#include <base/error.h>
#include <cli/format.h>
#include <cli/refused.h>
#include <flow/import/predictions.h>
#include <string.h>

static lnt_status print_json(lnti_cli *cli, const char *name, const lnti_import_predictions_result *r,
                             const lnti_refused *refused, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "model", name);
  lnti_json_kv_string(w, "target", r->target);
  lnti_json_kv_int(w, "items", (int64_t)r->n);
  lnti_json_kv_int(w, "lines", (int64_t)r->n_lines);
  lnti_json_kv_int(w, "classes", (int64_t)r->n_classes);
  lnti_json_kv_int(w, "without_confidence", (int64_t)r->n_unsure);
  lnti_refused_json(w, refused);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print(lnti_cli *cli, const char *name, const lnti_import_predictions_result *r,
                        const lnti_refused *refused, lnt_error *err) {
  lnti_print(cli, "Kept what ");
  lnt_status status = lnti_print_plain(cli, name, err);
  lnti_print(cli, " says of %s: ", lnti_show_things(r->n, "item").text);
  if (!status) status = lnti_print_plain(cli, r->target, err);
  lnti_print(cli, ", %zu %s. These are predictions, not answers.\n", r->n_classes,
             r->n_classes == 1 ? "class" : "classes");
  if (r->n_unsure > 0) lnti_print(cli, "  %s without a confidence\n", lnti_show_things(r->n_unsure, "prediction").text);
  if (!status) status = lnti_refused_print(cli, refused, err);
  if (!status)
    lnti_print_next(cli, "linnet annotate --from-predictions %s --min-confidence 0.9 --dry-run",
                    lnti_shell_word(name, "NAME").text);
  return status;
}

static lnt_status check_options(const lnti_args *args, const lnti_cli_option *options, lnt_error *err) {
  if (args->n_operands > 0)
    return lnti_fail(err, LNT_EINVAL,
                     "--predictions takes no SOURCE: import the images first, and then what was predicted of them");
  for (const lnti_cli_option *option = options; option->name; option++) {
    bool fits = strcmp(option->name, "predictions") == 0 || strcmp(option->name, "name") == 0;
    if (!fits && lnti_args_has(args, option->name))
      return lnti_fail(err, LNT_EINVAL, "--%s is not for --predictions", option->name);
  }
  if (lnti_args_has(args, "name")) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "whose predictions are they? --name NAME says it, such as --name gpt-4o");
}

lnt_status lnti_import_predictions_run(lnti_cli *cli, const lnti_args *args, const lnti_cli_option *options,
                                       lnt_error *err) {
  lnti_refused refused = {0};
  lnti_import_predictions_result result = {0};
  lnti_project *project = NULL;
  const char *name = lnti_args_text(args, "name", NULL), *file = lnti_args_text(args, "predictions", NULL);
  lnt_status status = check_options(args, options, err);
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_import_predictions(&result, project, file, name, lnti_refused_add, &refused, err);
  if (!status) {
    status = cli->json ? print_json(cli, name, &result, &refused, err) : print(cli, name, &result, &refused, err);
    if (result.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  }
  lnti_import_predictions_result_clear(&result);
  lnti_refused_clear(&refused);
  lnti_project_close(project);
  return status;
}
