/*
 * snapshot: the data as they are now, under a name, and how two such differ.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/table.h>
#include <flow/snapshot/snapshot.h>
#include <stdlib.h>
#include <string.h>

typedef struct listing {
  lnti_cli *cli;
  lnti_json_writer *json;
  lnti_table table;
  const char *only; /* NULL: all */
  size_t n;
} listing;

/* ---- list and show ---- */

static lnt_status set_json(lnti_json_writer *w, const lnti_item_set *set, lnt_error *err) {
  char hex[LNTI_HASH_HEX];
  lnti_arena arena = {0};
  const lnti_json_value *facts = NULL;
  const char *where = NULL;
  lnt_status status = lnti_json_parse(&facts, &arena, set->facts_json, strlen(set->facts_json), set->name, err);
  if (!status) status = lnti_json_get_string(&where, facts, "where", "", err);
  if (!status) {
    lnti_hash_hex(hex, &set->content);
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", set->name);
    lnti_json_kv_int(w, "items", (int64_t)set->n_items);
    lnti_json_kv_string(w, "fingerprint", hex);
    lnti_json_kv_string(w, "where", where);
    lnti_json_kv_string(w, "person", set->person);
    lnti_json_kv_int(w, "created_ms", (int64_t)set->created_ms);
    lnti_json_kv_int(w, "bytes", (int64_t)set->bytes);
    lnti_json_end_object(w);
    status = lnti_json_finish(w, err);
  }
  lnti_arena_clear(&arena);
  return status;
}

static lnt_status add_facts(lnti_table *table, const lnti_item_set *set, lnt_error *err) {
  char hex[LNTI_HASH_HEX];
  lnti_shown n = lnti_show_count(set->n_items), bytes = lnti_show_bytes(set->bytes);
  lnti_shown made = lnti_show_time(set->created_ms);
  lnti_hash_hex(hex, &set->content);
  const char *const rows[][2] = {
      {"items", n.text}, {"fingerprint", hex}, {"made", made.text}, {"by", set->person}, {"takes", bytes.text}};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < sizeof rows / sizeof *rows && !status; i++) {
    const char *cells[] = {rows[i][0], rows[i][1]};
    status = lnti_table_row(table, cells, err);
  }
  return status;
}

static lnt_status visit(void *payload, const lnti_item_set *set, lnt_error *err) {
  listing *l = payload;
  char hex[LNTI_HASH_HEX];
  l->n++;
  if (l->json) return set_json(l->json, set, err);
  if (l->only) return add_facts(&l->table, set, err);
  lnti_hash_hex(hex, &set->content);
  hex[16] = '\0';
  lnti_shown n = lnti_show_count(set->n_items), made = lnti_show_time(set->created_ms);
  const char *cells[] = {set->name, n.text, made.text, hex};
  return lnti_table_row(&l->table, cells, err);
}

static lnt_status run_list(lnti_cli *cli, lnti_project *project, const char *only, lnt_error *err) {
  static const lnti_column fields[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  static const lnti_column columns[] = {{"name", LNTI_ALIGN_LEFT},
                                        {"items", LNTI_ALIGN_RIGHT},
                                        {"made", LNTI_ALIGN_LEFT},
                                        {"fingerprint", LNTI_ALIGN_LEFT}};
  listing l = {.cli = cli, .only = only};
  lnti_table_init(&l.table, only ? fields : columns, only ? 2 : 4, 0);
  lnt_status status = cli->json ? lnti_cli_json(&l.json, cli, 0, err) : LNT_OK;
  if (!status) status = lnti_store_sets(project->store, LNTI_SET_SNAPSHOT, only, visit, &l, err);
  if (!status && only && l.n == 0) status = lnti_snapshot_fail_unknown(project, only, err);
  if (!cli->json && !status && l.n == 0) {
    lnti_print(cli, "No snapshots.\n");
    lnti_print_next(cli, "linnet snapshot create NAME");
  } else if (!cli->json) {
    status = lnti_table_print(cli, &l.table, status, err);
  }
  if (cli->json || (status == LNT_OK && l.n == 0)) lnti_table_clear(&l.table);
  lnti_json_writer_free(l.json);
  return status;
}

/* ---- diff ---- */

static lnt_status diff_json(lnti_cli *cli, const lnti_snapshot_diff *diff, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_bool(w, "same", diff->same);
  lnti_json_kv_int(w, "before", (int64_t)diff->n_before);
  lnti_json_kv_int(w, "after", (int64_t)diff->n_after);
  lnti_json_kv_int(w, "added", (int64_t)diff->added);
  lnti_json_kv_int(w, "removed", (int64_t)diff->removed);
  lnti_json_kv_int(w, "changed", (int64_t)diff->n_changed);
  lnti_json_kv_int(w, "replaced", (int64_t)diff->replaced);
  lnti_json_kv_int(w, "regrouped", (int64_t)diff->regrouped);
  lnti_json_kv_bool(w, "ontology_changed", diff->ontology_changed);
  for (int answers = 0; answers < 2; answers++) {
    lnti_json_key(w, answers ? "answers" : "splits");
    lnti_json_begin_array(w);
    for (size_t i = 0; i < diff->n_moves; i++) {
      const lnti_snapshot_move *m = &diff->moves[i];
      if ((m->question != NULL) != answers) continue;
      lnti_json_begin_object(w);
      if (m->question) lnti_json_kv_string(w, "question", m->question);
      lnti_json_kv_string(w, "from", m->from);
      lnti_json_kv_string(w, "to", m->to);
      lnti_json_kv_int(w, "n", (int64_t)m->n);
      lnti_json_end_object(w);
    }
    lnti_json_end_array(w);
  }
  lnti_json_kv_int(w, "unlisted", (int64_t)diff->unlisted);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status count_row(lnti_table *table, const char *name, size_t n, const char *meaning, lnt_error *err) {
  if (n == 0) return LNT_OK;
  lnti_shown shown = lnti_show_count(n);
  const char *cells[] = {name, shown.text, meaning};
  return lnti_table_row(table, cells, err);
}

static lnt_status move_row(lnti_table *table, const lnti_snapshot_move *m, lnt_error *err) {
  lnti_text what = {0};
  lnti_shown shown = lnti_show_count(m->n);
  lnt_status status =
      lnti_text_printf(&what, err, "%s -> %s", *m->from ? m->from : "(none)", *m->to ? m->to : "(none)");
  const char *cells[] = {m->question ? m->question : "split", shown.text, what.data};
  if (!status) status = lnti_table_row(table, cells, err);
  lnti_text_clear(&what);
  return status;
}

static lnt_status diff_text(lnti_cli *cli, const lnti_snapshot_diff *diff, lnt_error *err) {
  enum { SHOWN = 50 };
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  if (diff->same) {
    lnti_print(cli, "The same: %s\n", lnti_show_things(diff->n_after, "item").text);
    return LNT_OK;
  }
  lnti_table_init(&table, columns, 3, 0);
  lnti_print(cli, "%s before, %s after%s\n", lnti_show_things(diff->n_before, "item").text,
             lnti_show_count(diff->n_after).text, diff->ontology_changed ? "; the ontology is another" : "");
  lnt_status status = count_row(&table, "added", diff->added, "items", err);
  if (!status) status = count_row(&table, "removed", diff->removed, "items", err);
  if (!status) status = count_row(&table, "changed", diff->n_changed, "items, as follows", err);
  if (!status) status = count_row(&table, "replaced", diff->replaced, "are another picture", err);
  if (!status) status = count_row(&table, "regrouped", diff->regrouped, "belong to another group", err);
  for (size_t i = 0; i < diff->n_moves && i < SHOWN && !status; i++) status = move_row(&table, &diff->moves[i], err);
  status = lnti_table_print(cli, &table, status, err);
  size_t more = diff->n_moves > SHOWN ? diff->n_moves - SHOWN : 0;
  if (!status && more > 0) {
    lnti_print(cli, "and %s of other kinds: --json has them\n", lnti_show_things(more, "change").text);
  }
  return status;
}

static lnt_status run_diff(lnti_cli *cli, lnti_project *project, const char *before, const char *after,
                           lnt_error *err) {
  lnti_snapshot_diff diff = {0};
  lnt_status status = lnti_snapshot_compare(&diff, project, before, after, err);
  if (!status) status = cli->json ? diff_json(cli, &diff, err) : diff_text(cli, &diff, err);
  lnti_snapshot_diff_clear(&diff);
  return status;
}

/* ---- the command ---- */

static lnt_status run_create(lnti_cli *cli, lnti_project *project, const char *name, const char *where,
                             lnt_error *err) {
  lnt_status status = lnti_snapshot_create(project, name, where, &cli->meter->progress, err);
  return status ? status : run_list(cli, project, name, err);
}

static lnt_status run_remove(lnti_cli *cli, lnti_project *project, const char *name, lnt_error *err) {
  lnt_status status = lnti_snapshot_remove(project, name, err);
  if (status || cli->json) return status ? status : lnti_cli_removed_json(cli, name, err);
  lnti_print(cli, "Removed the snapshot \"");
  status = lnti_print_plain(cli, name, err);
  lnti_print(cli, "\"\n");
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const size_t n = args->n_operands;
  const char *verb = n > 0 ? args->operands[0] : "list", *name = n > 1 ? args->operands[1] : NULL;
  const char *where = lnti_args_text(args, "where", NULL);
  const bool lists = strcmp(verb, "list") == 0 && n <= 1, creates = strcmp(verb, "create") == 0 && n == 2;
  const bool shows = strcmp(verb, "show") == 0 && n == 2, removes = strcmp(verb, "remove") == 0 && n == 2;
  const bool compares = strcmp(verb, "diff") == 0 && (n == 2 || n == 3);
  lnti_project *project = NULL;
  if (!lists && !creates && !shows && !removes && !compares)
    return lnti_command_fail_form(&lnti_cmd_snapshot, args, err);
  if (where && !creates) return lnti_fail(err, LNT_EINVAL, "--where belongs to 'linnet snapshot create NAME'");
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status && creates) status = run_create(cli, project, name, where, err);
  if (!status && (lists || shows)) status = run_list(cli, project, name, err);
  if (!status && removes) status = run_remove(cli, project, name, err);
  if (!status && compares) status = run_diff(cli, project, name, n == 3 ? args->operands[2] : LNTI_SNAPSHOT_NOW, err);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"where", 0, "FILTER", "of create: only items that match, as for 'linnet items --where'", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"Before a larger change:", "linnet snapshot create before-review"},
    {"What has changed since:", "linnet snapshot diff before-review"},
    {"Two of them:", "linnet snapshot diff spring autumn --json"},
    {"The fingerprint, to say in a report what was trained on:", "linnet snapshot show spring"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_snapshot = {
    .name = "snapshot",
    .summary = "name the data as they are, and tell how two states differ",
    .usage = "[list]\ncreate NAME [--where FILTER]\nshow NAME\ndiff BEFORE [AFTER]\nremove NAME",
    .about =
        "A snapshot keeps of each item its content's hash, split, group and answers, and the ontology; images are not "
        "copied. Its fingerprint is the same wherever the same images have the same answers and splits, whatever their "
        "order and numbers. diff tells which items came and went, how splits and answers changed, and whether the ontology "
        "did; AFTER is another snapshot, or now, which is also what is taken where it is left out: the items that the "
        "snapshot's filter finds now.",
    .options = option_table,
    .examples = examples,
    .operands_max = 3,
    .run = run,
};
