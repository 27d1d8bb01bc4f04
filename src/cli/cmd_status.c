/*
 * status: the project at a glance.
 */
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/models.h>
#include <cli/table.h>
#include <stdio.h>
#include <string.h>

static lnt_status print_json(lnti_cli *cli, const lnti_project *project, const lnti_store_counts *counts,
                             lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "project", project->path);
  lnti_json_kv_int(w, "items", (int64_t)counts->items);
  lnti_json_kv_int(w, "labelled", (int64_t)counts->labelled);
  lnti_json_key(w, "splits");
  lnti_json_begin_object(w);
  for (size_t i = 0; i < counts->n_splits; i++) {
    lnti_json_kv_int(w, counts->splits[i].name, (int64_t)counts->splits[i].n);
  }
  lnti_json_end_object(w);
  lnti_json_kv_int(w, "models", (int64_t)counts->models);
  lnti_json_kv_int(w, "answers", (int64_t)counts->answers);
  lnti_json_kv_int(w, "runs", (int64_t)counts->runs);
  lnti_json_kv_int(w, "operations", (int64_t)counts->operations);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status add_row(lnti_table *table, const char *name, size_t n, const char *note, lnt_error *err) {
  lnti_shown count = lnti_show_count(n);
  const char *cells[] = {name, count.text, note};
  return lnti_table_row(table, cells, err);
}

static lnt_status print_counts(lnti_cli *cli, const lnti_store_counts *counts, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_text text = {0};
  char share[32] = "";
  lnti_table_init(&table, columns, 3, 2);
  if (counts->items > 0) {
    snprintf(share, sizeof share, "%.1f %%", 100.0 * (double)counts->labelled / (double)counts->items);
  }
  lnt_status status = add_row(&table, "items", counts->items, "", err);
  if (!status) status = add_row(&table, "labelled", counts->labelled, share, err);
  for (size_t i = 0; !status && i < counts->n_splits; i++) {
    char name[80];
    const char *split = counts->splits[i].name;
    snprintf(name, sizeof name, "in %s", split[0] ? split : "no split");
    status = add_row(&table, name, counts->splits[i].n, "", err);
  }
  if (!status) status = add_row(&table, "models", counts->models, "", err);
  if (!status) status = lnti_table_write(&text, &table, err);
  if (!status) status = lnti_print_text(cli, &text, err);
  lnti_text_clear(&text);
  lnti_table_clear(&table);
  return status;
}

static void print_next(lnti_cli *cli, const lnti_store_counts *counts) {
  bool has_test = false;
  for (size_t i = 0; i < counts->n_splits; i++) has_test = has_test || strcmp(counts->splits[i].name, "test") == 0;
  if (counts->items == 0) {
    lnti_print_next(cli, "linnet import SOURCE");
  } else if (counts->labelled == 0) {
    lnti_print_next(cli, "linnet import SOURCE (labels come with class folders or label files)");
  } else if (!has_test) {
    lnti_print_next(cli, "linnet split");
  } else if (counts->models == 0) {
    lnti_print_next(cli, "linnet train");
  } else {
    lnti_print_next(cli, "linnet evaluate MODEL");
  }
}

static lnt_status print(lnti_cli *cli, lnti_project *project, const lnti_store_counts *counts, lnt_error *err) {
  lnti_print(cli, "Project ");
  lnt_status status = lnti_print_plain(cli, project->path, err);
  lnti_print(cli, "\n\n");
  if (!status) status = print_counts(cli, counts, err);
  if (!status && counts->models > 0) {
    lnti_print(cli, "\n");
    status = lnti_models_print(cli, project, err);
  }
  if (!status) print_next(cli, counts);
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_project *project = NULL;
  lnti_store_counts counts = {0};
  (void)args;
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_store_counts_read(&counts, project->store, err);
  if (!status) status = cli->json ? print_json(cli, project, &counts, err) : print(cli, project, &counts, err);
  lnti_store_counts_clear(&counts);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {LNTI_CLI_OPTIONS_END};

static const lnti_example examples[] = {
    {"The project of the current folder:", "linnet status"},
    {"Another project, for a script:", "linnet -C flowers status --json"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_status = {
    .name = "status",
    .summary = "show how many items, labels and models there are",
    .usage = "",
    .about = "Counts items, labels, splits and models, and says what comes next.",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .run = run,
};
