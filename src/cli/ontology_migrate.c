/*
 * ontology migrate: a change that is typed becomes the JSON that a file would have: the words of both are the same.
 */
#include <cli/ontology_migrate.h>

#include <base/error.h>
#include <base/file.h>
#include <cli/format.h>
#include <flow/migrate/migrate.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is typed ---- */

/* What of a change is no text. A number may be null, which takes it away. */
static bool is_number(const char *key) {
  static const char *const keys[] = {"min", "max", "step", NULL};
  for (const char *const *k = keys; *k; k++) {
    if (strcmp(*k, key) == 0) return true;
  }
  return false;
}

static bool is_yes_or_no(const char *key) {
  static const char *const keys[] = {"required", "leaf_only", "first", "last", "below", "review", NULL};
  for (const char *const *k = keys; *k; k++) {
    if (strcmp(*k, key) == 0) return true;
  }
  return false;
}

static lnt_status write_value(lnti_json_writer *w, const char *key, const char *value, lnt_error *err) {
  double number = 0;
  bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
  bool no = strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
  lnti_json_key(w, key);
  if (is_number(key) && strcmp(value, "none") == 0) {
    lnti_json_null(w);
  } else if (is_number(key)) {
    lnt_status status = lnti_parse_real(&number, value, key, err);
    if (status) return status;
    lnti_json_real(w, number);
  } else if (is_yes_or_no(key)) {
    if (!yes && !no) return lnti_fail(err, LNT_EINVAL, "%s=%.60s: say yes or no", key, value);
    lnti_json_bool(w, yes);
  } else {
    lnti_json_string(w, value);
  }
  return LNT_OK;
}

static lnt_status write_pair(lnti_json_writer *w, const char *word, lnt_error *err) {
  const char *equals = strchr(word, '=');
  char *key = NULL;
  if (!equals || equals == word) {
    return lnti_fail(err, LNT_EINVAL,
                     "'%.100s': after what is changed stand words like title='Tom cat' or into=class/cat", word);
  }
  lnt_status status = lnti_strndup(&key, word, (size_t)(equals - word), err);
  if (!status) status = write_value(w, key, equals + 1, err);
  free(key);
  return status;
}

/* "class/cat,class/kitten" */
static lnt_status write_list(lnti_json_writer *w, const char *list, lnt_error *err) {
  lnt_status status = LNT_OK;
  lnti_json_begin_array(w);
  for (const char *at = list; !status;) {
    size_t n = strcspn(at, ",");
    char *one = NULL;
    status = lnti_strndup(&one, at, n, err);
    if (!status) lnti_json_string(w, one);
    free(one);
    if (!at[n]) break;
    at += n + 1;
  }
  lnti_json_end_array(w);
  return status;
}

static lnt_status write_change(lnti_text *out, const lnti_args *args, lnt_error *err) {
  const char *verb = args->operands[1];
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 0, err);
  if (status) return status;
  lnti_json_begin_array(w);
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "do", verb);
  if (args->n_operands > 2) {
    lnti_json_key(w, "what");
    if (strcmp(verb, "merge") == 0) {
      status = write_list(w, args->operands[2], err);
    } else {
      lnti_json_string(w, args->operands[2]);
    }
  }
  for (size_t i = 3; i < args->n_operands && !status; i++) status = write_pair(w, args->operands[i], err);
  lnti_json_end_object(w);
  lnti_json_end_array(w);
  if (!status) status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/* One word is a file; a verb has something after it. */
static lnt_status get_changes(lnti_text *out, const char **name_out, const lnti_args *args, lnt_error *err) {
  char *data = NULL;
  size_t n = 0;
  if (args->n_operands < 2) {
    return lnti_fail(err, LNT_EINVAL,
                     "ontology migrate: give a FILE of changes, or one: rename class/cat title='Tom cat'");
  }
  if (args->n_operands > 2) return write_change(out, args, err);
  *name_out = args->operands[1];
  lnt_status status = lnti_file_read(&data, &n, args->operands[1], LNTI_MIGRATE_FILE_MAX, err);
  if (!status) status = lnti_text_append(out, data, n, err);
  free(data);
  return status;
}

/* ---- what is told ---- */

static void json_text_or_null(lnti_json_writer *w, const char *key, const char *text) {
  lnti_json_key(w, key);
  if (text && *text) {
    lnti_json_string(w, text);
  } else {
    lnti_json_null(w);
  }
}

static lnt_status print_json(lnti_cli *cli, const lnti_migrate_result *r, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_bool(w, "dry_run", r->op_id == 0);
  if (r->op_id) lnti_json_kv_id(w, "operation", r->op_id);
  lnti_json_kv_int(w, "changed", (int64_t)r->n_rows);
  lnti_json_key(w, "ontology");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < r->n_shown; i++) {
    lnti_json_begin_object(w);
    json_text_or_null(w, "before", r->rows[i].before);
    json_text_or_null(w, "after", r->rows[i].after);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_kv_int(w, "items", (int64_t)r->n_items);
  lnti_json_kv_int(w, "answers", (int64_t)r->n_answers);
  lnti_json_kv_int(w, "retired", (int64_t)r->n_retired);
  lnti_json_kv_int(w, "lost", (int64_t)r->n_lost);
  lnti_json_kv_int(w, "review", (int64_t)r->n_review);
  lnti_json_key(w, "examples");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < r->n_examples; i++) {
    const lnti_migrate_example *e = &r->examples[i];
    lnti_json_begin_object(w);
    lnti_json_kv_id(w, "id", e->item_id);
    lnti_json_kv_string(w, "path", e->path);
    lnti_json_kv_string(w, "before", e->before);
    lnti_json_kv_string(w, "after", e->after);
    if (e->review) lnti_json_kv_bool(w, "review", true);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_key(w, "retired_options");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < r->n_out; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "option", r->out[i].path);
    lnti_json_kv_int(w, "items", (int64_t)r->out[i].n_items);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_key(w, "retired_examples");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < r->n_carriers; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_id(w, "id", r->carriers[i].item_id);
    lnti_json_kv_string(w, "path", r->carriers[i].path);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_key(w, "models");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < r->n_models; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "model", r->models[i].name);
    lnti_json_kv_string(w, "target", r->models[i].target);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print_row(lnti_cli *cli, const lnti_migrate_row *row, lnt_error *err) {
  lnti_print(cli, "  ");
  lnt_status status = lnti_print_plain(cli, *row->before ? row->before : "(new)", err);
  lnti_print(cli, "\n    -> ");
  if (!status) status = lnti_print_plain(cli, *row->after ? row->after : "(gone)", err);
  lnti_print(cli, "\n");
  return status;
}

static lnt_status print_example(lnti_cli *cli, const lnti_migrate_example *e, lnt_error *err) {
  lnti_print(cli, "  item %lld  ", (long long)e->item_id);
  lnt_status status = lnti_print_plain(cli, e->path ? e->path : "", err);
  lnti_print(cli, "\n    ");
  if (!status) status = lnti_print_plain(cli, e->before, err);
  if (e->review) {
    lnti_print(cli, "\n    -> to review");
  } else {
    lnti_print(cli, "\n    -> ");
    if (!status) status = lnti_print_plain(cli, *e->after ? e->after : "no answer", err);
  }
  lnti_print(cli, "\n");
  return status;
}

static void print_counts(lnti_cli *cli, const lnti_migrate_result *r) {
  if (r->n_answers == 0 && r->n_review == 0) {
    lnti_print(cli, "\nAnswers stay as they are.\n");
    return;
  }
  lnti_print(cli, "\nAnswers: %s of %s\n", lnti_show_count(r->n_answers).text,
             lnti_show_things(r->n_items, "item").text);
  if (r->n_retired) {
    lnti_print(cli, "  taken back, since what they hang on is not chosen any more: %s\n",
               lnti_show_count(r->n_retired).text);
  }
  if (r->n_lost) {
    lnti_print(cli, "  taken back, since the new type has no word for them: %s\n", lnti_show_count(r->n_lost).text);
  }
  if (r->n_review) lnti_print(cli, "Items that go to review: %s\n", lnti_show_count(r->n_review).text);
}

static lnt_status print_retired(lnti_cli *cli, const lnti_migrate_result *r, lnt_error *err) {
  enum { EXAMPLES = 3, OPTIONS = 10 };
  lnt_status status = LNT_OK;
  if (r->n_out == 0) return LNT_OK;
  lnti_print(cli, "\nNot offered any more, and not learned:\n");
  for (size_t i = 0; i < r->n_out && i < OPTIONS && !status; i++) {
    lnti_print(cli, "  ");
    status = lnti_print_plain(cli, r->out[i].path, err);
    lnti_print(cli, ": %s %s it%s\n", lnti_show_things(r->out[i].n_items, "item").text,
               r->out[i].n_items == 1 ? "carries" : "carry",
               r->out[i].n_items == 0 ? ""
               : r->out[i].checklist  ? ", and training goes without the label"
                                      : ", and training leaves them out");
  }
  if (r->n_out > OPTIONS) lnti_print(cli, "  and %s more\n", lnti_show_count(r->n_out - OPTIONS).text);
  for (size_t i = 0; i < r->n_carriers && i < EXAMPLES && !status; i++) {
    lnti_print(cli, "    item %lld  ", (long long)r->carriers[i].item_id);
    status = lnti_print_plain(cli, r->carriers[i].path ? r->carriers[i].path : "", err);
    lnti_print(cli, "\n");
  }
  lnti_print(cli, "  To have it back: linnet ontology migrate restore ");
  if (!status) status = lnti_print_plain(cli, r->out[0].path, err);
  lnti_print(cli, "\n");
  return status;
}

static lnt_status print_models(lnti_cli *cli, const lnti_migrate_result *r, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (r->n_models == 0) return LNT_OK;
  lnti_print(cli, "\nModels that learned these classes as they were:\n");
  for (size_t i = 0; i < r->n_models && !status; i++) {
    lnti_print(cli, "  ");
    status = lnti_print_plain(cli, r->models[i].name, err);
    lnti_print(cli, "\n");
  }
  lnti_print(cli, "They still predict, under the old ids and titles; train again to have the new ones.\n");
  return status;
}

static lnt_status print(lnti_cli *cli, const lnti_migrate_result *r, lnt_error *err) {
  lnt_status status = LNT_OK;
  lnti_print(cli, "%s %s of the ontology\n", r->op_id ? "Changed" : "Would change",
             lnti_show_things(r->n_rows, "row").text);
  for (size_t i = 0; i < r->n_shown && !status; i++) status = print_row(cli, &r->rows[i], err);
  if (r->n_rows > r->n_shown) lnti_print(cli, "  and %s more\n", lnti_show_count(r->n_rows - r->n_shown).text);
  print_counts(cli, r);
  for (size_t i = 0; i < r->n_examples && !status; i++) status = print_example(cli, &r->examples[i], err);
  if (!status) status = print_retired(cli, r, err);
  if (!status) status = print_models(cli, r, err);
  if (r->op_id) lnti_print_next(cli, "linnet undo %lld   takes all of it back", (long long)r->op_id);
  return status;
}

/* Words that mean nothing are wrong usage where they were typed; a file that has them is broken. */
static lnt_status blame(lnt_status status, bool typed, lnt_error *err) {
  const lnt_status wrong = typed ? LNT_EDATA : LNT_EINVAL, told = typed ? LNT_EINVAL : LNT_EDATA;
  if (status != wrong) return status;
  if (err) err->code = told;
  return told;
}

lnt_status lnti_cli_ontology_migrate(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_project *project = NULL;
  lnti_migrate_result result = {0};
  lnti_text changes = {0};
  const char *name = NULL, *note = lnti_args_text(args, "note", NULL);
  lnt_status status = get_changes(&changes, &name, args, err);
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status && lnti_args_has(args, "dry-run")) {
    status = lnti_migrate_preview(&result, project, changes.data, changes.length, name, err);
  } else if (!status) {
    status = lnti_migrate(&result, project, changes.data, changes.length, name, note, err);
  }
  if (args->n_operands > 1) status = blame(status, args->n_operands > 2, err);
  if (!status) status = cli->json ? print_json(cli, &result, err) : print(cli, &result, err);
  lnti_migrate_result_clear(&result);
  lnti_project_close(project);
  lnti_text_clear(&changes);
  return status;
}
