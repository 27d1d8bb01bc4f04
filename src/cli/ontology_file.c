/*
 * Files with ontologies, what is wrong in them, and the list of templates.
 */
#include <base/error.h>
#include <base/file.h>
#include <cli/format.h>
#include <cli/ontology_file.h>
#include <cli/table.h>
#include <ontology/templates.h>
#include <stdlib.h>

lnt_status lnti_ontology_read(lnti_ontology **out, const char *path, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  char *data = NULL;
  size_t n = 0;
  lnt_status status = lnti_file_read(&data, &n, path, LNTI_ONTOLOGY_FILE_MAX, err);
  if (!status) status = lnti_ontology_parse(&ontology, data, n, path, err);
  if (!status && ontology->n_questions == 0) {
    status = lnti_fail(err, LNT_EDATA, "%s:1: classifications: no questions; write one", path);
    lnti_ontology_free(ontology);
  } else if (!status) {
    *out = ontology;
  }
  free(data);
  return status;
}

/* ---- check ---- */

static void write_problems(lnti_json_writer *w, const char *key, const lnti_ontology_problem *list, size_t n) {
  lnti_json_key(w, key);
  lnti_json_begin_array(w);
  for (size_t i = 0; i < lnti_ontology_problems_kept(n); i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "path", list[i].path);
    lnti_json_kv_int(w, "line", (int64_t)list[i].line);
    if (list[i].code) lnti_json_kv_string(w, "code", lnt_status_name(list[i].code));
    lnti_json_kv_string(w, "message", list[i].message);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static lnt_status print_json(lnti_cli *cli, const char *path, const lnti_ontology *ontology,
                             const lnti_ontology_problems *problems, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "file", path);
  lnti_json_kv_bool(w, "ok", problems->n_errors == 0);
  if (ontology) {
    lnti_json_kv_int(w, "questions", (int64_t)ontology->n_questions);
    lnti_json_kv_int(w, "options", (int64_t)ontology->n_options);
  }
  lnti_json_kv_int(w, "n_errors", (int64_t)problems->n_errors);
  lnti_json_kv_int(w, "n_warnings", (int64_t)problems->n_warnings);
  write_problems(w, "errors", problems->errors, problems->n_errors);
  write_problems(w, "warnings", problems->warnings, problems->n_warnings);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print_problems(lnti_cli *cli, const char *path, const char *kind, const lnti_ontology_problem *list,
                                 size_t n, lnt_error *err) {
  size_t kept = lnti_ontology_problems_kept(n);
  lnti_text line = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < kept && !status; i++) {
    line.length = 0;
    status = lnti_text_printf(&line, err, "%s:%zu: %s%s: %s", path, list[i].line, kind,
                              *list[i].path ? list[i].path : "the document", list[i].message);
    if (!status) status = lnti_print_plain(cli, line.data, err);
    lnti_print(cli, "\n");
  }
  if (n > kept) lnti_print(cli, "... and %s more\n", lnti_show_count(n - kept).text);
  lnti_text_clear(&line);
  return status;
}

static lnt_status print(lnti_cli *cli, const char *path, const lnti_ontology *ontology,
                        const lnti_ontology_problems *problems, lnt_error *err) {
  lnt_status status = print_problems(cli, path, "", problems->errors, problems->n_errors, err);
  if (!status) status = print_problems(cli, path, "warning: ", problems->warnings, problems->n_warnings, err);
  if (status) return status;
  if (problems->n_errors || !ontology) {
    lnti_print(cli, "%s", lnti_show_things(problems->n_errors, "error").text);
  } else {
    lnti_print(cli, "No errors: %s, %s", lnti_show_things(ontology->n_questions, "question").text,
               lnti_show_things(ontology->n_options, "option").text);
  }
  if (problems->n_warnings) lnti_print(cli, "; %s", lnti_show_things(problems->n_warnings, "warning").text);
  lnti_print(cli, "\n");
  return LNT_OK;
}

lnt_status lnti_ontology_check_file(lnti_cli *cli, const char *path, lnt_error *err) {
  lnti_ontology_problems problems = {0};
  lnti_ontology *ontology = NULL;
  char *data = NULL;
  size_t n = 0;
  lnt_status status = lnti_file_read(&data, &n, path, LNTI_ONTOLOGY_FILE_MAX, err);
  if (!status) status = lnti_ontology_check(&ontology, &problems, data, n, err);
  if (!status && ontology && ontology->n_questions == 0) {
    status =
        lnti_ontology_problem_add(&problems, "classifications", 1, LNT_EDATA, false, "no questions; write one", err);
  }
  if (!status) {
    status = cli->json ? print_json(cli, path, ontology, &problems, err) : print(cli, path, ontology, &problems, err);
  }
  if (!status && problems.n_errors) cli->exit_code = LNTI_EXIT_FAILED;
  lnti_ontology_free(ontology);
  lnti_ontology_problems_clear(&problems);
  free(data);
  return status;
}

/* ---- templates ---- */

static lnt_status list_json(lnti_cli *cli, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  for (const lnti_ontology_template_entry *t = lnti_ontology_templates; t->name && !status; t++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", t->name);
    lnti_json_kv_string(w, "about", t->about);
    lnti_json_end_object(w);
    status = lnti_json_finish(w, err);
  }
  lnti_json_writer_free(w);
  return status;
}

lnt_status lnti_templates_list(lnti_cli *cli, lnt_error *err) {
  static const lnti_column columns[] = {{"template", LNTI_ALIGN_LEFT}, {"what it asks", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  if (cli->json) return list_json(cli, err);
  lnti_table_init(&table, columns, 2, 0);
  for (const lnti_ontology_template_entry *t = lnti_ontology_templates; t->name && !status; t++) {
    const char *cells[] = {t->name, t->about};
    status = lnti_table_row(&table, cells, err);
  }
  status = lnti_table_print(cli, &table, status, err);
  if (!status) lnti_print_next(cli, "linnet init DIR --template NAME");
  return status;
}
