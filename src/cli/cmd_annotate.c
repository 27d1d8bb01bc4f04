/*
 * annotate: answers by hand, by filter, or from a table.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/refused.h>
#include <flow/annotate/items.h>
#include <math.h>
#include <stdlib.h>

static lnt_status print_json(lnti_cli *cli, const lnti_annotate_items_result *r, const lnti_refused *refused,
                             bool dry_run, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_id(w, "operation", r->op_id);
  lnti_json_kv_bool(w, "dry_run", dry_run);
  lnti_json_kv_int(w, "items", (int64_t)r->n_items);
  if (r->n_lines > 0) lnti_json_kv_int(w, "lines", (int64_t)r->n_lines);
  lnti_json_kv_int(w, "touched", (int64_t)r->n_touched);
  lnti_json_kv_int(w, "added", (int64_t)r->n_added);
  lnti_json_kv_int(w, "changed", (int64_t)r->n_changed);
  lnti_json_kv_int(w, "same", (int64_t)r->n_same);
  lnti_json_kv_int(w, "kept", (int64_t)r->n_kept);
  lnti_json_kv_int(w, "retired", (int64_t)r->n_retired);
  lnti_json_kv_int(w, "comments", (int64_t)r->n_comments);
  lnti_json_kv_int(w, "skips", (int64_t)r->n_skips);
  lnti_json_kv_int(w, "reviewed", (int64_t)r->n_reviewed);
  lnti_json_kv_int(w, "position", r->position);
  lnti_refused_json(w, refused);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static void print_count(lnti_cli *cli, size_t n, const char *thing, const char *what) {
  if (n > 0) lnti_print(cli, "  %s %s\n", lnti_show_things(n, thing).text, what);
}

static lnt_status print(lnti_cli *cli, const lnti_annotate_items_result *r, const lnti_refused *refused, bool dry_run,
                        lnt_error *err) {
  lnti_print(cli, "%s%s of %s", dry_run ? "Would change " : "Changed ", lnti_show_things(r->n_touched, "item").text,
             lnti_show_count(r->n_items).text);
  if (r->n_lines > 0 && r->n_lines != r->n_items) lnti_print(cli, ", in %s", lnti_show_things(r->n_lines, "line").text);
  lnti_print(cli, "\n");
  print_count(cli, r->n_added, "answer", "added");
  print_count(cli, r->n_changed, "answer", "changed or taken back");
  print_count(cli, r->n_retired, "answer", "retired, since what they hang on is no longer the answer");
  print_count(cli, r->n_same, "answer", "there already");
  print_count(cli, r->n_kept, "answer", "not taken, since the item has one, which stays");
  print_count(cli, r->n_comments, "comment", "added");
  print_count(cli, r->n_skips, "skip", "noted or taken back");
  print_count(cli, r->n_reviewed, "item", "reviewed: no longer in stage review");
  lnt_status status = lnti_refused_print(cli, refused, err);
  if (!status && r->op_id) lnti_print_next(cli, "linnet undo %lld (takes it back)", (long long)r->op_id);
  return status;
}

static lnt_status read_options(lnti_annotate_items_options *o, const char ***set, const char ***clear,
                               const lnti_args *args, lnt_error *err) {
  o->items = args->operands;
  o->n_items = args->n_operands;
  o->where = lnti_args_text(args, "where", NULL);
  o->file = lnti_args_text(args, "file", NULL);
  o->predictions = lnti_args_text(args, "from-predictions", NULL);
  o->comment = lnti_args_text(args, "comment", NULL);
  o->skip = lnti_args_text(args, "skip", NULL);
  o->unskip = lnti_args_has(args, "unskip");
  o->strict = lnti_args_has(args, "strict");
  o->dry_run = lnti_args_has(args, "dry-run");
  o->if_unchanged = lnti_args_has(args, "if-unchanged");
  o->confidence = (double)NAN;
  lnt_status status = lnti_args_list(set, &o->n_set, args, "set", err);
  if (!status) status = lnti_args_list(clear, &o->n_clear, args, "clear", err);
  if (!status) status = lnti_args_int(&o->unchanged_since, args, "if-unchanged", 0, 0, INT64_MAX, err);
  if (!status && lnti_args_has(args, "confidence")) {
    status = lnti_args_real(&o->confidence, args, "confidence", 1, 0, 1, err);
  }
  if (!status) status = lnti_args_real(&o->min_confidence, args, "min-confidence", 0, 0, 1, err);
  o->set = *set;
  o->clear = *clear;
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_annotate_items_result result = {0};
  lnti_refused refused = {0};
  lnti_annotate_items_options options = {.refused = lnti_refused_add, .payload = &refused};
  lnti_project *project = NULL;
  const char **set = NULL, **clear = NULL;
  lnt_status status = read_options(&options, &set, &clear, args, err);
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_annotate_items(&result, project, &options, err);
  if (!status && args->n_operands == 1 && refused.n == 1) {
    /* The words were right: it is the item that does not take them. */
    const lnt_status code = refused.row[0].code == LNT_EINVAL ? LNT_EDATA : refused.row[0].code;
    status = lnti_fail(err, code, "%s: %s", refused.row[0].path, refused.row[0].reason);
  }
  if (!status) {
    status = cli->json ? print_json(cli, &result, &refused, options.dry_run, err)
                       : print(cli, &result, &refused, options.dry_run, err);
  }
  if (!status && result.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  lnti_refused_clear(&refused);
  free(set);
  free(clear);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"set", 0, "KEY=VALUE",
     "answer a question; KEY is its path, or QUESTION.OPTION of a checklist (with yes or no); VALUE an option, a number, a "
     "text, 'a;b;c' for several, 'unsure' or 'none'",
     true},
    {"clear", 0, "KEY", "take the answer to a question back", true},
    {"where", 0, "FILTER", "all items that match; see 'linnet help filters'", false},
    {"file", 0, "TABLE",
     "CSV with a line of column names, or JSON Lines as 'linnet items --json' writes them; '-' is the standard input",
     false},
    {"from-predictions", 0, "MODEL",
     "answer by the stored predictions of a model (predict --store, import --predictions): all items that have no answer, or with "
     "--where those that match",
     false},
    {"min-confidence", 0, "P", "with --from-predictions: take only what is at least so sure, from 0 to 1", false},
    {"confidence", 0, "C", "how sure you are, from 0 to 1; kept with each answer that brings none of its own", false},
    {"comment", 0, "TEXT", "write a comment on the items", false},
    {"skip", 0, "REASON", "leave the items out, and say why; the next answer ends it", false},
    {"unskip", 0, NULL, "take a skip back", false},
    {"if-unchanged", 0, "POSITION",
     "refuse what would replace an answer that was given after this position ('position' of an earlier --json)", false},
    {"strict", 0, NULL, "write nothing at all where anything is refused", false},
    {"dry-run", 0, NULL, "say what would change, and write nothing", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"One item, by number or by path:", "linnet annotate 17 --set class=cat --set age=4.5"},
    {"A checklist: two options are there, one is not:", "linnet annotate 17 --set 'tags=bowl;cup' --set tags.plate=no"},
    {"All that match, after a look:", "linnet annotate --where 'site=north' --set quality=unsure --dry-run"},
    {"From a table; bad lines are named, and the others taken:", "linnet annotate --file answers.csv"},
    {"What another program says of them:", "linnet items --json | ./mend | linnet annotate --file -"},
    {"Accept what a model is sure of, after a look; 'linnet undo' takes all of it back:",
     "linnet annotate --from-predictions gpt-4o --min-confidence 0.95 --dry-run"},
    {"An image that cannot be judged:", "linnet annotate dark.jpg --skip 'too dark'"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_annotate = {
    .name = "annotate",
    .summary = "answer questions of items, by hand or from a table",
    .usage =
        "ITEM... (--set KEY=VALUE | --clear KEY | --comment TEXT | --skip REASON)...\n"
        "--where FILTER (--set KEY=VALUE | --clear KEY | --comment TEXT | --skip REASON)...\n"
        "--file TABLE\n"
        "--from-predictions MODEL [--min-confidence P] [--where FILTER]",
    .about =
        "Gives, changes and takes back answers. ITEM is a number or a path. Every answer is held to the rules of the "
        "ontology: the option is there and offered, a number within its range, the question is asked at all given the "
        "answers above it. Changing an answer retires those that hang on it. An item stands or falls as a whole; those "
        "that are refused are named with their reason, the others are taken, and the exit code is 3.\n\n"
        "A table has a column 'id' or 'path', and columns called like the keys of --set; an empty cell says nothing. "
        "'confidence', 'comment' and 'skip' are columns too, and QUESTION.state takes unsure, none or clear.",
    .options = option_table,
    .examples = examples,
    .operands_max = SIZE_MAX,
    .run = run,
};
