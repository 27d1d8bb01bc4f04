/*
 * undo: takes an operation back, or lists what can be.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/table.h>
#include <flow/answer_text.h>
#include <flow/undo.h>
#include <stdio.h>
#include <stdlib.h>

enum { LISTED = 20, CONFLICTS_SHOWN = 20, CONFLICTS_KEPT = 100000 };

/* ---- what stays ---- */

typedef struct kept {
  char *text;
  int64_t item_id, op_id;
} kept;

typedef struct conflicts {
  const lnti_ontology *ontology;
  lnti_text line;
  kept *kept; /* [n] */
  size_t n, capacity;
} conflicts;

static lnt_status note_conflict(void *payload, const lnti_undo_conflict *conflict, lnt_error *err) {
  conflicts *c = payload;
  if (c->n == CONFLICTS_KEPT) return LNT_OK;
  c->line.length = 0;
  lnt_status status = lnti_grow(&c->kept, &c->capacity, c->n + 1, sizeof *c->kept, err);
  if (!status && conflict->question != LNTI_NONE) {
    status = lnti_ontology_question_path(&c->line, c->ontology, conflict->question, err);
  } else if (!status) {
    status = lnti_text_printf(&c->line, err, "remark");
  }
  if (!status && conflict->now) {
    status = lnti_text_printf(&c->line, err, "=");
    if (!status) status = lnti_answer_text(&c->line, c->ontology, conflict->now, err);
  }
  if (!status) status = lnti_text_printf(&c->line, err, ": %s", conflict->reason);
  if (!status && conflict->now_op) {
    status = lnti_text_printf(&c->line, err, " (operation %lld)", (long long)conflict->now_op);
  }
  kept k = {NULL, conflict->item_id, conflict->now_op};
  if (!status) status = lnti_strdup(&k.text, c->line.data, err);
  if (!status) c->kept[c->n++] = k;
  return status;
}

static void clear_conflicts(conflicts *c) {
  for (size_t i = 0; i < c->n; i++) free(c->kept[i].text);
  free(c->kept);
  lnti_text_clear(&c->line);
}

/* ---- one undo ---- */

static lnt_status print_json(lnti_cli *cli, const lnti_undone *u, const conflicts *c, bool dry_run, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_id(w, "operation", u->op_id);
  lnti_json_kv_id(w, "undoes", u->undoes);
  lnti_json_kv_string(w, "kind", lnti_op_kind_name(u->kind));
  lnti_json_kv_id(w, "again", u->again);
  lnti_json_kv_string(w, "note", u->note);
  lnti_json_kv_bool(w, "dry_run", dry_run);
  lnti_json_kv_bool(w, "ontology", u->ontology);
  lnti_json_kv_int(w, "items", (int64_t)u->n_items);
  lnti_json_kv_int(w, "restored", (int64_t)u->n_restored);
  lnti_json_kv_int(w, "removed", (int64_t)u->n_removed);
  lnti_json_kv_int(w, "retired", (int64_t)u->n_retired);
  lnti_json_key(w, "conflicts");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < c->n; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_id(w, "item", c->kept[i].item_id);
    lnti_json_kv_id(w, "operation", c->kept[i].op_id);
    lnti_json_kv_string(w, "reason", c->kept[i].text);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_kv_int(w, "n_conflicts", (int64_t)u->n_conflicts);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/* "Undid operation 8 (migrate: rename class/ants): " */
static lnt_status print_what(lnti_cli *cli, const lnti_undone *u, bool dry_run, lnt_error *err) {
  const bool again = u->again != 0;
  lnti_print(cli, "%s operation %lld%s (%s",
             dry_run ? again ? "Would do" : "Would undo"
             : again ? "Did"
                     : "Undid",
             (long long)(again ? u->again : u->undoes), again ? " again" : "",
             lnti_op_kind_name(again ? u->again_kind : u->kind));
  lnti_print(cli, "%s", u->note[0] ? ": " : "");
  lnt_status status = lnti_print_plain(cli, u->note, err);
  lnti_print(cli, ")");
  return status;
}

static void print_answers(lnti_cli *cli, const lnti_undone *u) {
  const lnti_shown restored = lnti_show_things(u->n_restored, "answer"), items = lnti_show_things(u->n_items, "item");
  const lnti_shown removed = lnti_show_things(u->n_removed, "answer");
  if (u->n_restored + u->n_removed == 0) {
    lnti_print(cli, "no answer changed");
  } else if (u->n_removed == 0) {
    lnti_print(cli, "%s put back, in %s", restored.text, items.text);
  } else if (u->n_restored == 0) {
    lnti_print(cli, "%s taken back, in %s", removed.text, items.text);
  } else {
    lnti_print(cli, "%s put back, %s taken back, in %s", restored.text, lnti_show_count(u->n_removed).text, items.text);
  }
}

static lnt_status print(lnti_cli *cli, const lnti_undone *u, const conflicts *c, bool dry_run, lnt_error *err) {
  lnt_status status = print_what(cli, u, dry_run, err);
  lnti_print(cli, "%s",
             !u->ontology ? ": "
             : u->again   ? ": the ontology is changed again; "
                          : ": the ontology is as it was; ");
  print_answers(cli, u);
  lnti_print(cli, "\n");
  if (u->n_retired > 0) {
    lnti_print(cli, "%s retired: what they hang on is no longer the answer\n",
               lnti_show_things(u->n_retired, "answer").text);
  }
  if (c->n > 0) lnti_print(cli, "\nLeft as they are\n");
  for (size_t i = 0; i < c->n && i < CONFLICTS_SHOWN && !status; i++) {
    lnti_print(cli, "  item %lld, ", (long long)c->kept[i].item_id);
    status = lnti_print_plain(cli, c->kept[i].text, err);
    lnti_print(cli, "\n");
  }
  if (u->n_conflicts > CONFLICTS_SHOWN) {
    lnti_print(cli, "  and %s more (--json lists them)\n", lnti_show_count(u->n_conflicts - CONFLICTS_SHOWN).text);
  }
  if (!status && u->op_id)
    lnti_print_next(cli, "linnet undo %lld (%s)", (long long)u->op_id, u->again ? "takes it back" : "does it again");
  return status;
}

static lnt_status undo(lnti_cli *cli, lnti_project *project, const lnti_args *args, lnt_error *err) {
  conflicts c = {0};
  lnti_undone result = {0};
  lnti_undo_options options = {.redo = lnti_args_has(args, "redo"),
                               .dry_run = lnti_args_has(args, "dry-run"),
                               .visit = note_conflict,
                               .payload = &c};
  lnti_ontology *ontology = NULL;
  lnt_status status = LNT_OK;
  if (args->n_operands == 1) status = lnti_parse_int(&options.op_id, args->operands[0], "OPERATION", err);
  if (!status && args->n_operands == 1 && options.op_id < 1) {
    status = lnti_fail(err, LNT_EINVAL, "operations have numbers from 1; see them with: linnet undo --list");
  }
  if (!status) status = lnti_store_ontology(&ontology, project->store, err);
  c.ontology = ontology;
  if (!status) status = lnti_undo(&result, project, &options, err);
  if (!status) {
    status =
        cli->json ? print_json(cli, &result, &c, options.dry_run, err) : print(cli, &result, &c, options.dry_run, err);
  }
  if (!status && result.n_conflicts > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  clear_conflicts(&c);
  lnti_ontology_free(ontology);
  return status;
}

/* ---- the list ---- */

typedef struct listing {
  lnti_cli *cli;
  lnti_json_writer *json; /* NULL: a table */
  lnti_table table;
} listing;

static lnt_status json_op(listing *l, const lnti_op_row *row, lnt_error *err) {
  lnti_json_begin_object(l->json);
  lnti_json_kv_id(l->json, "id", row->op.id);
  lnti_json_kv_string(l->json, "kind", lnti_op_kind_name(row->op.kind));
  lnti_json_kv_string(l->json, "person", row->op.person);
  lnti_json_kv_int(l->json, "time_ms", (int64_t)row->op.time_ms);
  lnti_json_kv_string(l->json, "note", row->op.note);
  lnti_json_kv_int(l->json, "answers", (int64_t)row->n_answers);
  lnti_json_kv_id(l->json, "undoes", row->op.undoes);
  lnti_json_kv_id(l->json, "undone_by", row->undone_by);
  lnti_json_kv_bool(l->json, "can_be_undone", lnti_undo_offers(row));
  lnti_json_end_object(l->json);
  return lnti_json_finish(l->json, err);
}

static lnt_status list_op(void *payload, const lnti_op_row *row, lnt_error *err) {
  listing *l = payload;
  char id[24], state[48] = "";
  if (l->json) return json_op(l, row, err);
  snprintf(id, sizeof id, "%lld", (long long)row->op.id);
  if (row->undone_by) snprintf(state, sizeof state, "undone by %lld", (long long)row->undone_by);
  lnti_shown answers = lnti_show_count(row->n_answers), time = lnti_show_time(row->op.time_ms);
  const char *cells[] = {id,          lnti_op_kind_name(row->op.kind), answers.text, row->op.person, time.text, state,
                         row->op.note};
  return lnti_table_row(&l->table, cells, err);
}

static lnt_status list(lnti_cli *cli, lnti_project *project, const lnti_args *args, lnt_error *err) {
  static const lnti_column columns[] = {
      {"id", LNTI_ALIGN_RIGHT},  {"kind", LNTI_ALIGN_LEFT},  {"answers", LNTI_ALIGN_RIGHT}, {"person", LNTI_ALIGN_LEFT},
      {"time", LNTI_ALIGN_LEFT}, {"state", LNTI_ALIGN_LEFT}, {"what", LNTI_ALIGN_LEFT}};
  listing l = {.cli = cli};
  int64_t limit = 0;
  lnti_table_init(&l.table, columns, 7, 0);
  lnt_status status = lnti_args_int(&limit, args, "limit", cli->json ? 0 : LISTED, 0, INT64_MAX, err);
  if (!status && cli->json) status = lnti_cli_json(&l.json, cli, 0, err);
  if (!status) status = lnti_store_ops(project->store, 0, (size_t)limit, list_op, &l, err);
  if (!cli->json) status = lnti_table_print(cli, &l.table, status, err);
  lnti_json_writer_free(l.json);
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_project *project = NULL;
  const bool lists = lnti_args_has(args, "list");
  if (lists && (args->n_operands > 0 || lnti_args_has(args, "redo") || lnti_args_has(args, "dry-run"))) {
    return lnti_fail(err, LNT_EINVAL, "--list lists the operations: it undoes none");
  }
  if (args->n_operands > 0 && lnti_args_has(args, "redo")) {
    return lnti_fail(err, LNT_EINVAL, "--redo finds the operation itself: give its number without it");
  }
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status) status = lists ? list(cli, project, args, err) : undo(cli, project, args, err);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"list", 0, NULL, "the operations, newest first, and which of them were undone", false},
    {"limit", 0, "N", "with --list: at most so many; 0: all (20 in a table, all with --json)", false},
    {"redo", 0, NULL, "take your last undo back", false},
    {"dry-run", 0, NULL, "say what would be put back, and write nothing", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"Take your last operation back; again, the one before:", "linnet undo"},
    {"What was done, by whom, and when:", "linnet undo --list"},
    {"One of these, after a look:", "linnet undo 12 --dry-run"},
    {"And do it again:", "linnet undo --redo"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_undo = {
    .name = "undo",
    .summary = "take an operation back: answers, labels that were imported, a migration",
    .usage = "[OPERATION] [--dry-run]\n--redo [--dry-run]\n--list [--limit N]",
    .about =
        "Puts back what an operation has replaced: answers given by hand or from a table, labels that came with an import, "
        "comments and skips. Without a number it is your last one that was not undone. An answer that somebody has given "
        "since stays, and is listed (the exit code is then 3). Nothing is lost: an undo is an operation of its own, and "
        "undoing it does the first one again.",
    .options = option_table,
    .examples = examples,
    .operands_max = 1,
    .run = run,
};
