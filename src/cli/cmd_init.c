/*
 * init: a new project.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/ontology_file.h>
#include <flow/ontology_set.h>
#include <ontology/templates.h>

/** Reads an ontology before anything is made, so that a bad file leaves nothing behind. */
static lnt_status read_ontology(lnti_ontology **out, const char *path, const char *template_name, lnt_error *err) {
  if (path && template_name) {
    return lnti_fail(err, LNT_EINVAL, "give one of --ontology and --template, not both");
  }
  if (template_name) return lnti_ontology_template(out, template_name, err);
  return path ? lnti_ontology_read(out, path, err) : LNT_OK;
}

static lnt_status print_json(lnti_cli *cli, const lnti_project *project, const lnti_ontology *ontology,
                             lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "project", project->path);
  lnti_json_kv_int(w, "questions", ontology ? (int64_t)ontology->n_questions : 0);
  lnti_json_kv_int(w, "options", ontology ? (int64_t)ontology->n_options : 0);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print(lnti_cli *cli, const lnti_project *project, const lnti_ontology *ontology, const char *folder,
                        lnt_error *err) {
  lnti_print(cli, "Made the project ");
  lnt_status status = lnti_print_plain(cli, project->path, err);
  lnti_print(cli, "\n");
  if (ontology) {
    lnti_print(cli, "Ontology: %s, %s\n", lnti_show_things(ontology->n_questions, "question").text,
               lnti_show_things(ontology->n_options, "option").text);
  }
  lnti_print_next(cli, "linnet -C %s import FOLDER", lnti_shell_word(folder, "DIR").text);
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_ontology *ontology = NULL;
  lnti_project *project = NULL;
  lnt_status status = LNT_OK;
  const char *folder = args->n_operands > 0 ? args->operands[0] : cli->project_path;
  if (lnti_args_has(args, "list-templates")) {
    if (args->n_operands > 0) return lnti_fail(err, LNT_EINVAL, "--list-templates makes no project: leave DIR out");
    return lnti_templates_list(cli, err);
  }
  if (args->n_operands > 0 && cli->project_path) {
    return lnti_fail(err, LNT_EINVAL, "give the new folder once: as DIR or with -C, not both");
  }
  if (!folder || !folder[0]) {
    return lnti_fail(err, LNT_EINVAL, "which folder? linnet init DIR ('linnet init .' takes this one)");
  }
  status =
      read_ontology(&ontology, lnti_args_text(args, "ontology", NULL), lnti_args_text(args, "template", NULL), err);
  if (!status) status = lnti_project_create(&project, folder, cli->person, &cli->context, err);
  if (!status && ontology) {
    status = lnti_ontology_set(project, ontology, err);
    if (status) {
      lnti_project_discard(project);
      project = NULL;
    }
  }
  if (!status)
    status = cli->json ? print_json(cli, project, ontology, err) : print(cli, project, ontology, folder, err);
  lnti_project_close(project);
  lnti_ontology_free(ontology);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"ontology", 0, "FILE", "JSON file with the questions and their options; without it, import makes them", false},
    {"template", 0, "NAME", "questions to start from: one of --list-templates", false},
    {"list-templates", 0, NULL, "list the templates, and make nothing", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"A project whose classes will come from its folders of images:", "linnet init flowers"},
    {"A project with questions that are already written down:", "linnet init damage --ontology damage.json"},
    {"One that begins with the questions of a usual task:", "linnet init parts --template ok-nok"},
    {"Make the current folder a project:", "linnet init ."},
    {NULL, NULL},
};

const lnti_command lnti_cmd_init = {
    .name = "init",
    .summary = "make a new project",
    .usage = "DIR [--ontology FILE | --template NAME]\n--list-templates",
    .about =
        "A project is a folder with a database (linnet.db), models (models/) and a cache (cache/, which may be "
        "deleted at any time). Images stay where they are.\n\n"
        "The ontology says what can be answered about an image. It can be given now, as a file or as one of the "
        "templates ('linnet ontology show --template NAME' shows one whole), or grow from the class folders and labels of the first import.",
    .options = option_table,
    .examples = examples,
    .operands_max = 1,
    .run = run,
};
