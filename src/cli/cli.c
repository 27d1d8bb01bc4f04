/*
 * What commands share: opening the project, and writing results. All results go through here, so that a closed pipe
 * or a full disk behind stdout is noticed once and in one place.
 */
#include <cli/cli.h>

#include <base/error.h>
#include <cli/format.h>
#include <errno.h>
#include <flow/predict/predict.h>
#include <stdarg.h>
#include <string.h>

lnt_status lnti_cli_project(lnti_project **out, lnti_cli *cli, lnt_error *err) {
  lnti_project *project = NULL;
  lnt_status status =
      lnti_project_open(&project, cli->project_path ? cli->project_path : ".", cli->person, &cli->context, err);
  if (!status && cli->backbones) status = lnti_project_use_backbones(project, cli->backbones, err);
  if (status) {
    lnti_project_close(project);
    return status;
  }
  *out = project;
  return LNT_OK;
}

/** A path: it has a slash or ends as model files do. */
static bool is_path(const char *name) {
  size_t n = strlen(name);
  return strchr(name, '/') || (n > 4 && strcmp(name + n - 4, ".lnt") == 0);
}

lnt_status lnti_cli_model(lnt_model **model_out, lnti_project **project_out, lnti_cli *cli, const char *name,
                          lnt_error *err) {
  lnti_project *project = NULL;
  lnt_status status = is_path(name) && !cli->project_path ? LNT_OK : lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_model_find(model_out, project, name, &cli->context, err);
  if (status) {
    lnti_project_close(project);
    return status;
  }
  *project_out = project;
  return LNT_OK;
}

static void note_errno(lnti_cli *cli) {
  if (!cli->out_errno) cli->out_errno = errno ? errno : EIO;
}

static void vprint(lnti_cli *cli, const char *format, va_list arguments) LNT_PRINTF(2, 0);
static void vprint(lnti_cli *cli, const char *format, va_list arguments) {
  lnti_meter_finish(cli->meter);
  if (vfprintf(cli->out, format, arguments) < 0) note_errno(cli);
}

void lnti_print(lnti_cli *cli, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprint(cli, format, arguments);
  va_end(arguments);
}

lnt_status lnti_print_plain(lnti_cli *cli, const char *text, lnt_error *err) {
  lnti_text plain = {0};
  lnt_status status = lnti_plain(&plain, text, err);
  if (!status) status = lnti_print_text(cli, &plain, err);
  lnti_text_clear(&plain);
  return status;
}

void lnti_print_next(lnti_cli *cli, const char *format, ...) {
  if (cli->quiet) return;
  va_list arguments;
  va_start(arguments, format);
  lnti_print(cli, "\nNext: ");
  vprint(cli, format, arguments);
  lnti_print(cli, "\n");
  va_end(arguments);
}

/** A JSON sink, and the end of all text. */
static lnt_status write_out(void *payload, const char *data, size_t n, lnt_error *err) {
  lnti_cli *cli = payload;
  lnti_meter_finish(cli->meter);
  if (fwrite(data, 1, n, cli->out) == n) return LNT_OK;
  note_errno(cli);
  return lnti_fail_errno(err, cli->out_errno, "the output cannot be written");
}

lnt_status lnti_print_text(lnti_cli *cli, lnti_text *text, lnt_error *err) {
  lnt_status status = write_out(cli, text->data ? text->data : "", text->length, err);
  text->length = 0;
  if (text->data) text->data[0] = 0;
  return status;
}

lnt_status lnti_print_warnings(lnti_cli *cli, const lnti_messages *warnings, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (warnings->n > 0) lnti_print(cli, "\nWarnings\n");
  for (size_t i = 0; !status && i < warnings->n; i++) {
    lnti_text line = {0};
    lnti_text wrapped = {0};
    status = lnti_plain(&line, warnings->text[i], err);
    if (!status) status = lnti_wrap(&wrapped, line.data, 2, 2, 100, err);
    if (!status) {
      lnti_print(cli, "  ");
      status = lnti_print_text(cli, &wrapped, err);
      lnti_print(cli, "\n");
    }
    lnti_text_clear(&wrapped);
    lnti_text_clear(&line);
  }
  return status;
}

void lnti_json_warnings(lnti_json_writer *w, const lnti_messages *warnings) {
  lnti_json_key(w, "warnings");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < warnings->n; i++) lnti_json_string(w, warnings->text[i]);
  lnti_json_end_array(w);
}

void lnti_json_error(lnti_json_writer *w, lnt_status status, const char *message) {
  lnti_json_key(w, "error");
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "code", lnt_status_name(status));
  lnti_json_kv_string(w, "message", message[0] ? message : lnt_status_text(status));
  lnti_json_end_object(w);
}

void lnti_json_kv_id(lnti_json_writer *w, const char *key, int64_t id) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)id);
  lnti_json_kv_string(w, key, id ? text : NULL);
}

lnt_status lnti_cli_json(lnti_json_writer **out, lnti_cli *cli, int indent, lnt_error *err) {
  return lnti_json_writer_new(out, write_out, cli, indent, err);
}

lnt_status lnti_cli_removed_json(lnti_cli *cli, const char *name, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "removed", name);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}
