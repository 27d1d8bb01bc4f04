/*
 * ontology: what can be said of the items, shown, checked and given. ontology migrate: ontology_migrate.c.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/ontology_file.h>
#include <cli/ontology_migrate.h>
#include <flow/ontology_set.h>
#include <ontology/templates.h>
#include <stdio.h>
#include <string.h>

enum { OPTIONS_SHOWN = 50, OPERANDS_MAX = 64 };

/* ---- show ---- */

static lnt_status print_json(lnti_cli *cli, const lnti_ontology *ontology, size_t question, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 2, err);
  if (status) return status;
  if (question == LNTI_NONE) {
    lnti_ontology_write(w, ontology);
  } else {
    lnti_ontology_write_question(w, ontology, question);
  }
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/** Line by line through the terminal's filter, which keeps no newlines. */
static lnt_status print(lnti_cli *cli, const lnti_ontology *ontology, size_t question, size_t options_max,
                        unsigned depth_max, bool full, lnt_error *err) {
  lnti_text tree = {0}, plain = {0};
  if (ontology->n_questions == 0) {
    lnti_print(cli,
               "No questions yet: 'linnet import' makes them from class folders and labels, or take a template: "
               "linnet init --list-templates\n");
    return LNT_OK;
  }
  lnt_status status = lnti_ontology_describe_part(&tree, ontology, question, options_max, depth_max, full, err);
  for (char *at = tree.data; !status && at && *at;) {
    size_t n = strcspn(at, "\n");
    bool more = at[n] == '\n';
    at[n] = '\0';
    status = lnti_plain(&plain, at, err);
    if (!status) status = lnti_text_append(&plain, "\n", 1, err);
    at += n + more;
  }
  if (!status) status = lnti_print_text(cli, &plain, err);
  lnti_text_clear(&plain);
  lnti_text_clear(&tree);
  return status;
}

static lnt_status show(lnti_cli *cli, const lnti_args *args, const lnti_ontology *ontology, lnt_error *err) {
  const char *path = lnti_args_text(args, "question", NULL);
  size_t question = LNTI_NONE;
  int64_t depth = 0;
  lnt_status status = lnti_args_int(&depth, args, "depth", 0, 1, LNTI_ONTOLOGY_DEPTH_MAX, err);
  if (!status && depth && cli->json) {
    status =
        lnti_fail(err, LNT_EINVAL, "--depth is for people: --json gives the whole document, or that of --question");
  }
  if (!status && path) status = lnti_ontology_find_question(&question, ontology, path, err);
  if (status) return status;
  if (cli->json) return print_json(cli, ontology, question, err);
  return print(cli, ontology, question, lnti_args_has(args, "all") ? 0 : OPTIONS_SHOWN, (unsigned)depth,
               lnti_args_has(args, "full"), err);
}

static lnt_status run_show(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const char *name = lnti_args_text(args, "template", NULL);
  lnti_project *project = NULL;
  lnti_ontology *ontology = NULL;
  lnt_status status = LNT_OK;
  if (name) {
    status = lnti_ontology_template(&ontology, name, err);
  } else {
    status = lnti_cli_project(&project, cli, err);
    if (!status) status = lnti_store_ontology(&ontology, project->store, err);
  }
  if (!status) status = show(cli, args, ontology, err);
  lnti_ontology_free(ontology);
  lnti_project_close(project);
  return status;
}

/* ---- check ---- */

static lnt_status run_check(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  return lnti_ontology_check_file(cli, args->operands[1], err);
}

/* ---- set ---- */

static lnt_status set_json(lnti_cli *cli, const lnti_ontology_extension *x, bool dry_run, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnti_text line = {0};
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_bool(w, "dry_run", dry_run);
  lnti_json_kv_int(w, "questions_added", (int64_t)x->n_questions);
  lnti_json_kv_int(w, "options_added", (int64_t)x->n_options);
  lnti_json_kv_bool(w, "renamed", x->renamed);
  lnti_json_kv_bool(w, "screen_changed", x->screen);
  lnti_json_key(w, "differences");
  lnti_json_begin_array(w);
  for (const char *at = x->differences.data; at && *at && !status;) {
    size_t n = strcspn(at, "\n");
    line.length = 0;
    status = lnti_text_append(&line, at, n, err);
    if (!status) lnti_json_string(w, line.data);
    at += n + 1;
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
  if (!status) status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  lnti_text_clear(&line);
  return status;
}

static lnt_status set_text(lnti_cli *cli, const lnti_ontology_extension *x, bool dry_run, lnt_error *err) {
  lnti_text plain = {0};
  lnt_status status = LNT_OK;
  for (const char *at = x->differences.data; at && *at && !status;) {
    char line[LNT_ERROR_MESSAGE_BYTES * 2];
    size_t n = strcspn(at, "\n");
    snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), at);
    status = lnti_plain(&plain, line, err);
    if (!status) status = lnti_text_append(&plain, "\n", 1, err);
    at += n + 1;
  }
  if (!status && plain.data) status = lnti_print_text(cli, &plain, err);
  lnti_text_clear(&plain);
  if (status) return status;
  if (x->n_differences) {
    lnti_print(cli, "%s: nothing would be stored\n", lnti_show_things(x->n_differences, "difference").text);
    lnti_print_next(cli, "linnet ontology migrate, which changes what is there and says what that touches");
    return LNT_OK;
  }
  if (!x->n_questions && !x->n_options && !x->renamed && !x->screen) {
    lnti_print(cli, "Nothing is new\n");
    return LNT_OK;
  }
  lnti_print(cli, "%s %s and %s%s%s\n", dry_run ? "Would add" : "Added",
             lnti_show_things(x->n_questions, "question").text, lnti_show_things(x->n_options, "option").text,
             x->renamed ? "; another name" : "", x->screen ? "; another screen" : "");
  return LNT_OK;
}

static lnt_status run_set(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const bool dry_run = lnti_args_has(args, "dry-run");
  lnti_ontology_extension x = {0};
  lnti_project *project = NULL;
  lnti_ontology *ontology = NULL;
  lnt_status status = lnti_ontology_read(&ontology, args->operands[1], err);
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_ontology_lay(&x, project, ontology, dry_run, err);
  if (!status) status = cli->json ? set_json(cli, &x, dry_run, err) : set_text(cli, &x, dry_run, err);
  if (!status && x.n_differences) cli->exit_code = LNTI_EXIT_FAILED;
  lnti_ontology_extension_clear(&x);
  lnti_ontology_free(ontology);
  lnti_project_close(project);
  return status;
}

/* ---- the command ---- */

static const lnti_cli_option option_table[] = {
    {"all", 0, NULL, "show every option, however many a question has", false},
    {"full", 0, NULL, "show descriptions, aliases and examples too", false},
    {"question", 0, "PATH", "show that question alone, with what hangs on it", false},
    {"depth", 0, "N", "show so many levels of questions and options", false},
    {"template", 0, "NAME", "show a template (linnet init --list-templates)", false},
    {"dry-run", 0, NULL, "say what set or migrate would do, with all that differs, and do nothing", false},
    {"note", 0, "TEXT", "one line for the history; without it, the first change", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_form forms[] = {
    {"show", "ontology show", "all|full|question|depth|template", 1, 1, run_show},
    {"check", "ontology check FILE", "", 2, 2, run_check},
    {"set", "ontology set FILE", "dry-run", 2, 2, run_set},
    {"migrate", "ontology migrate", "dry-run|note", 1, OPERANDS_MAX, lnti_cli_ontology_migrate},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  return lnti_command_run_form(&lnti_cmd_ontology, forms, cli, args, err);
}

static const lnti_example examples[] = {
    {"The questions with their options:", "linnet ontology show"},
    {"One of them, two levels deep:", "linnet ontology show --question species --depth 2"},
    {"Write a template into a file, to make it your own:",
     "linnet ontology show --template ok-nok --json > parts.json"},
    {"All that is wrong in a file:", "linnet ontology check parts.json"},
    {"Give a project its questions, or more of them:", "linnet ontology set parts.json"},
    {"Rename an option; the old name still finds it:", "linnet ontology migrate rename class/cat title='Tom cat'"},
    {"See first what merging two would do:",
     "linnet ontology migrate merge class/cat,class/kitten title=Cat --dry-run"},
    {"Several changes as one operation:", "linnet ontology migrate changes.json"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_ontology = {
    .name = "ontology",
    .summary = "show, check, give and change the questions and options that answers are made of",
    .usage =
        "show [--all] [--full] [--question PATH] [--depth N] [--template NAME]\ncheck FILE\nset FILE [--dry-run]\n"
        "migrate FILE [--dry-run] [--note TEXT]\n"
        "migrate CHANGE WHAT [KEY=VALUE]... [--dry-run] [--note TEXT]",
    .about =
        "The ontology is what can be said of an item: questions (choose one, a node of a tree, a number, a checklist, a text, an "
        "order), their "
        "options, and questions that are asked after an option. Ids stand before titles; a path of ids "
        "names a question in --target and --where.\n\n"
        "With --json, show gives the document that check, set and 'linnet init --ontology' read.\n\n"
        "check needs no project. It tells all that is wrong in a file, each with its line and its place in the JSON, and what is "
        "taken as it is but may not be meant (warnings); exit code 1 where there are errors.\n\n"
        "set gives a project its ontology. Where it has one, what is new in the file is added behind what is there. Where the "
        "file has something otherwise or lacks it, nothing is stored and exit code is 1, since answers hang on what is there.\n\n"
        "migrate changes them, and takes the answers along: rename, merge, split, move, order, retire, restore, set, add, "
        "remove and type, in one operation that can be undone. WHAT is the path of a question or of an option, KEY=VALUE "
        "what becomes of it; a FILE has the same words as JSON, for many changes at once. The guide has each of them.",
    .options = option_table,
    .examples = examples,
    .operands_min = 1,
    .operands_max = OPERANDS_MAX,
    .run = run,
};
