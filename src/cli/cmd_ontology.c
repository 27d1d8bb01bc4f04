/*
 * ontology show: what can be said of the items, as a tree for people or as its JSON. ontology migrate: ontology_migrate.c.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/ontology_migrate.h>
#include <string.h>

enum { OPTIONS_SHOWN = 50 };

static lnt_status print_json(lnti_cli *cli, const lnti_ontology *ontology, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 2, err);
  if (status) return status;
  lnti_ontology_write(w, ontology);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/** Line by line through the terminal's filter, which keeps no newlines. */
static lnt_status print(lnti_cli *cli, const lnti_ontology *ontology, size_t options_max, lnt_error *err) {
  lnti_text tree = {0}, line = {0};
  lnt_status status = LNT_OK;
  if (ontology->n_questions == 0) {
    lnti_print(cli, "No questions yet: 'linnet import' makes them from class folders and labels.\n");
    return LNT_OK;
  }
  status = lnti_ontology_describe(&tree, ontology, options_max, err);
  for (const char *at = tree.data; !status && at && *at;) {
    size_t n = strcspn(at, "\n");
    line.length = 0;
    status = lnti_text_append(&line, at, n, err);
    if (!status) status = lnti_print_plain(cli, line.data, err);
    lnti_print(cli, "\n");
    at += n + (at[n] == '\n');
  }
  lnti_text_clear(&line);
  lnti_text_clear(&tree);
  return status;
}

static lnt_status show(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_project *project = NULL;
  lnti_ontology *ontology = NULL;
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_store_ontology(&ontology, project->store, err);
  if (!status) {
    size_t shown = lnti_args_has(args, "all") ? 0 : OPTIONS_SHOWN;
    status = cli->json ? print_json(cli, ontology, err) : print(cli, ontology, shown, err);
  }
  lnti_ontology_free(ontology);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"all", 0, NULL, "show every option, however many a question has", false},
    {"dry-run", 0, NULL, "say what a migration would do, and do nothing", false},
    {"note", 0, "TEXT", "one line for the history; without it, the first change", false},
    LNTI_CLI_OPTIONS_END,
};

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const char *form = args->operands[0];
  lnt_status status = LNT_OK;
  if (strcmp(form, "migrate") == 0) {
    status = lnti_args_allow(args, option_table, "dry-run|note", "ontology migrate", err);
    return status ? status : lnti_cli_ontology_migrate(cli, args, err);
  }
  if (strcmp(form, "show") != 0 || args->n_operands > 1) return lnti_command_fail_form(&lnti_cmd_ontology, args, err);
  status = lnti_args_allow(args, option_table, "all", "ontology show", err);
  return status ? status : show(cli, args, err);
}

static const lnti_example examples[] = {
    {"The questions with their options:", "linnet ontology show"},
    {"Take the ontology to another project:",
     "linnet ontology show --json > questions.json && linnet init other --ontology questions.json"},
    {"Rename an option; the old name still finds it:", "linnet ontology migrate rename class/cat title='Tom cat'"},
    {"See first what merging two would do:",
     "linnet ontology migrate merge class/cat,class/kitten title=Cat --dry-run"},
    {"Several changes as one operation:", "linnet ontology migrate changes.json"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_ontology = {
    .name = "ontology",
    .summary = "show and change the questions and options that answers are made of",
    .usage =
        "show [--all]\n"
        "migrate FILE [--dry-run] [--note TEXT]\n"
        "migrate CHANGE WHAT [KEY=VALUE]... [--dry-run] [--note TEXT]",
    .about =
        "The ontology is what can be said of an item: questions (choose one, a node of a tree, a number, a checklist), their "
        "options, and questions that are asked after an option. Ids stand before titles; a path of ids "
        "names a question in --target and --where.\n\n"
        "With --json, show writes the document that 'linnet init --ontology' reads.\n\n"
        "migrate changes them, and takes the answers along: rename, merge, split, move, order, retire, restore, set, add, "
        "remove and type, in one operation that can be undone. WHAT is the path of a question or of an option, KEY=VALUE "
        "what becomes of it; a FILE has the same words as JSON, for many changes at once. The guide has each of them.",
    .options = option_table,
    .examples = examples,
    .operands_min = 1,
    .operands_max = 64,
    .run = run,
};
