/*
 * items: what is in the project, as a table or as JSON Lines.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/table.h>
#include <flow/answer_text.h>
#include <flow/filter.h>
#include <flow/item_meta.h>
#include <stdio.h>
#include <string.h>

enum { TABLE_PAGE = 500, SHOWN_FOR_PEOPLE = 25 };

typedef struct listing {
  lnti_cli *cli;
  lnti_project *project;
  lnti_ontology *ontology;
  lnti_json_writer *json; /**< NULL: a table */
  lnti_table table;
  lnti_text text;
  lnti_item_meta meta;
  size_t n;
  int64_t last_id;
} listing;

/* ---- one item ---- */

static lnt_status json_item(listing *l, const lnti_item_view *view, lnt_error *err) {
  lnti_json_writer *w = l->json;
  const lnti_item *item = view->item;
  const lnti_meta_value *meta = NULL;
  size_t n_meta = 0;
  lnt_status status = lnti_item_meta_of(&meta, &n_meta, &l->meta, item->id, err);
  char id[24];
  snprintf(id, sizeof id, "%lld", (long long)item->id);
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "id", id);
  lnti_json_kv_string(w, "path", view->uri);
  lnti_json_kv_string(w, "split", item->split);
  lnti_json_kv_string(w, "stage", item->stage);
  if (!status) status = lnti_answers_json(w, l->ontology, view->answers, view->n_answers, err);
  lnti_json_key(w, "meta");
  lnti_json_begin_object(w);
  for (size_t i = 0; i < n_meta; i++) lnti_json_kv_string(w, meta[i].key, meta[i].value);
  lnti_json_end_object(w);
  lnti_json_kv_int(w, "width", item->w);
  lnti_json_kv_int(w, "height", item->h);
  lnti_json_kv_string(w, "format", item->format);
  lnti_json_end_object(w);
  return status ? status : lnti_json_finish(w, err);
}

static lnt_status write_table(listing *l, lnt_error *err) {
  lnt_status status = lnti_table_write(&l->text, &l->table, err);
  return status ? status : lnti_print_text(l->cli, &l->text, err);
}

static lnt_status table_item(listing *l, const lnti_item_view *view, lnt_error *err) {
  lnti_text answers = {0};
  const lnti_item *item = view->item;
  lnt_status status = lnti_answers_text(&answers, l->ontology, view->answers, view->n_answers, err);
  if (!status) {
    char id[24], size[32];
    snprintf(id, sizeof id, "%lld", (long long)item->id);
    snprintf(size, sizeof size, "%ux%u", item->w, item->h);
    const char *cells[] = {id,   item->split[0] ? item->split : "-",      item->stage,
                           size, answers.length > 0 ? answers.data : "-", view->uri};
    status = lnti_table_row(&l->table, cells, err);
  }
  if (!status && l->table.n_cells >= (size_t)TABLE_PAGE * l->table.n_columns) status = write_table(l, err);
  lnti_text_clear(&answers);
  return status;
}

static lnt_status on_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  listing *l = payload;
  l->n++;
  l->last_id = view->item->id;
  lnt_status status = lnti_cancel_check(l->cli->context.cancel, err);
  if (status) return status;
  return l->json ? json_item(l, view, err) : table_item(l, view, err);
}

/* ---- the command ---- */

static lnt_status finish_table(listing *l, size_t limit, const char *where, lnt_error *err) {
  lnt_status status = write_table(l, err);
  if (status) return status;
  if (l->n == 0) {
    lnti_print(l->cli, "No items%s.\n", where ? " match" : " yet: linnet import SOURCE brings some in");
  } else if (limit > 0 && l->n == limit) {
    lnti_print(l->cli, "\n%s; the next ones: --after %lld; more at once: --limit N (0: all)\n",
               lnti_show_things(l->n, "item").text, (long long)l->last_id);
  } else {
    lnti_print(l->cli, "\n%s\n", lnti_show_things(l->n, "item").text);
  }
  return LNT_OK;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  static const lnti_column columns[] = {{"id", LNTI_ALIGN_RIGHT},     {"split", LNTI_ALIGN_LEFT},
                                        {"stage", LNTI_ALIGN_LEFT},   {"size", LNTI_ALIGN_RIGHT},
                                        {"answers", LNTI_ALIGN_LEFT}, {"path", LNTI_ALIGN_LEFT}};
  listing l = {.cli = cli};
  lnti_filter *filter = NULL;
  const char *where = lnti_args_text(args, "where", NULL);
  int64_t limit = 0, after = 0;
  lnti_table_init(&l.table, columns, 6, 0);
  lnt_status status = lnti_args_int(&limit, args, "limit", cli->json ? 0 : SHOWN_FOR_PEOPLE, 0, INT64_MAX, err);
  if (!status) status = lnti_args_int(&after, args, "after", 0, 0, INT64_MAX, err);
  if (!status) status = lnti_cli_project(&l.project, cli, err);
  if (!status) status = lnti_store_ontology(&l.ontology, l.project->store, err);
  if (!status) l.meta.store = l.project->store;
  if (!status) status = lnti_filter_parse(&filter, where ? where : "", l.ontology, err);
  if (!status && cli->json) status = lnti_cli_json(&l.json, cli, 0, err);
  if (!status) status = lnti_items(l.project, filter, after, (size_t)limit, on_item, &l, err);
  if (!status && !cli->json) status = finish_table(&l, (size_t)limit, where, err);
  lnti_json_writer_free(l.json);
  lnti_table_clear(&l.table);
  lnti_text_clear(&l.text);
  lnti_item_meta_clear(&l.meta);
  lnti_filter_free(filter);
  lnti_ontology_free(l.ontology);
  lnti_project_close(l.project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"where", 0, "FILTER",
     "only items that match: terms KEY=VALUE or KEY!=VALUE joined by \"and\"; KEY is split, stage, "
     "id, path (a prefix, or with * and ?), labelled (yes, no) or a question",
     false},
    {"limit", 0, "N", "at most so many; 0: all (25 in a table, all with --json)", false},
    {"after", 0, "ID", "only items with a larger id, to go through them page by page", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"The first items:", "linnet items"},
    {"Test items of one class:", "linnet items --where 'split=test and class=sneaker'"},
    {"Items without any answer, a page of 100 after item 2500:",
     "linnet items --where labelled=no --limit 100 --after 2500"},
    {"The paths of a tree's branch, for another program:", "linnet items --where species=birds --json | jq -r .path"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_items = {
    .name = "items",
    .summary = "list items with their splits and answers",
    .usage = "[--where FILTER] [--limit N] [--after ID]",
    .about =
        "Lists items in order of their ids. A filter's values are option paths as 'linnet ontology show' prints "
        "them; a node of a tree stands for all below it. Values with blanks stand in double quotes.",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .run = run,
};
