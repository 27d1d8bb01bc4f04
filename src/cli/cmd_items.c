/*
 * items: what is in the project, as a table or as JSON Lines; or counts of it.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <cli/commands.h>
#include <cli/facets.h>
#include <cli/format.h>
#include <cli/item_predictions.h>
#include <cli/items_history.h>
#include <cli/table.h>
#include <flow/answer_text.h>
#include <flow/view/items.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_PAGE = 500, SHOWN_FOR_PEOPLE = 25 };

typedef struct listing {
  lnti_cli *cli;
  lnti_project *project;
  lnti_view *view; /**< NULL while it is not needed */
  lnti_ontology *ontology;
  lnti_filter *filter;
  lnti_json_writer *json; /**< NULL: a table */
  lnti_table table;
  lnti_text text;
  bool predictions; /**< what models say too */
  size_t n;
  int64_t last_id;
} listing;

/* ---- one item ---- */

/** What not every item has. */
static void json_facts(lnti_json_writer *w, const lnti_item_view *view) {
  const lnti_item *item = view->item;
  if (item->group_id) lnti_json_kv_id(w, "group", item->group_id);
  if (item->facts.has_quality) {
    lnti_json_kv_real(w, "sharpness", item->facts.sharpness);
    lnti_json_kv_real(w, "brightness", item->facts.brightness);
    lnti_json_kv_real(w, "contrast", item->facts.contrast);
  }
  if (view->duplicate) {
    lnti_json_key(w, "duplicate");
    lnti_json_begin_object(w);
    lnti_json_kv_id(w, "equal", view->duplicate->equal_id);
    lnti_json_kv_id(w, "near", view->duplicate->near_id);
    lnti_json_kv_int(w, "distance", view->duplicate->distance);
    lnti_json_end_object(w);
  }
}

static lnt_status json_item(listing *l, const lnti_item_view *view, lnt_error *err) {
  lnti_json_writer *w = l->json;
  const lnti_item *item = view->item;
  lnti_json_begin_object(w);
  lnti_json_kv_id(w, "id", item->id);
  lnti_json_kv_string(w, "path", view->uri);
  lnti_json_kv_string(w, "split", item->split);
  lnti_json_kv_string(w, "stage", item->stage);
  lnt_status status = lnti_answers_json(w, l->ontology, view->answers, view->n_answers, err);
  lnti_json_key(w, "meta");
  lnti_json_begin_object(w);
  for (size_t i = 0; i < view->n_meta; i++) lnti_json_kv_string(w, view->meta[i].key, view->meta[i].value);
  lnti_json_end_object(w);
  lnti_json_kv_string(w, "kind", item->kind == LNTI_ITEM_GROUP ? "group" : "image");
  lnti_json_kv_int(w, "width", item->w);
  lnti_json_kv_int(w, "height", item->h);
  lnti_json_kv_int(w, "depth", item->depth);
  lnti_json_kv_string(w, "format", item->format);
  lnti_json_kv_int(w, "bytes", (int64_t)item->bytes);
  json_facts(w, view);
  if (!status && l->predictions) status = lnti_item_predictions_json(w, l->view, item->id, err);
  lnti_json_end_object(w);
  return status ? status : lnti_json_finish(w, err);
}

static lnt_status write_table(listing *l, lnt_error *err) {
  lnt_status status = lnti_table_write(&l->text, &l->table, err);
  return status ? status : lnti_print_text(l->cli, &l->text, err);
}

static lnt_status table_item(listing *l, const lnti_item_view *view, lnt_error *err) {
  lnti_text answers = {0}, predictions = {0};
  const lnti_item *item = view->item;
  lnt_status status = lnti_answers_text(&answers, l->ontology, view->answers, view->n_answers, err);
  if (!status && l->predictions) status = lnti_item_predictions_text(&predictions, l->view, item->id, err);
  if (!status) {
    char id[24], size[32];
    snprintf(id, sizeof id, "%lld", (long long)item->id);
    snprintf(size, sizeof size, "%ux%u", item->w, item->h);
    const char *cells[7] = {id, item->split[0] ? item->split : "-", item->stage, size};
    size_t n = 4;
    cells[n++] = answers.length > 0 ? answers.data : "-";
    if (l->predictions) cells[n++] = predictions.length > 0 ? predictions.data : "-";
    cells[n] = view->uri;
    status = lnti_table_row(&l->table, cells, err);
  }
  if (!status && l->table.n_cells >= (size_t)TABLE_PAGE * l->table.n_columns) status = write_table(l, err);
  lnti_text_clear(&predictions);
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

/* ---- numbers of the command line: read before anything is opened ---- */

typedef struct numbers {
  int64_t limit, after, offset;
} numbers;

static lnt_status read_numbers(numbers *out, const lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  int64_t limit = cli->json ? 0 : SHOWN_FOR_PEOPLE;
  lnt_status status = lnti_args_int(&out->limit, args, "limit", limit, 0, INT64_MAX, err);
  if (!status) status = lnti_args_int(&out->after, args, "after", 0, 0, INT64_MAX, err);
  if (!status) status = lnti_args_int(&out->offset, args, "offset", 0, 0, INT64_MAX, err);
  return status;
}

/* ---- a list ---- */

/* Who finds nothing by path may not know what paths look like. */
static lnt_status show_a_path(listing *l, lnt_error *err) {
  lnti_text uri = {0};
  lnti_view_lock(l->view);
  lnt_status status = lnti_view_count(l->view) > 0 ? lnti_view_uri(&uri, l->view, 0, err) : LNT_OK;
  lnti_view_unlock(l->view);
  if (!status && uri.length > 0) lnti_print(l->cli, "A path looks like %s\n", uri.data);
  lnti_text_clear(&uri);
  return status;
}

static lnt_status finish_table(listing *l, const lnti_items_query *query, const char *where, lnt_error *err) {
  lnt_status status = write_table(l, err);
  if (status) return status;
  if (l->n == 0) {
    lnti_print(l->cli, "No items%s.\n", where ? " match" : " yet: linnet import SOURCE brings some in");
    return lnti_filter_asks(l->filter, LNTI_FIELD_PATH) ? show_a_path(l, err) : LNT_OK;
  }
  if (query->limit > 0 && l->n == query->limit && query->sort) {
    lnti_print(l->cli, "\n%s; the next ones: --offset %zu; more at once: --limit N (0: all)\n",
               lnti_show_things(l->n, "item").text, query->offset + l->n);
  } else if (query->limit > 0 && l->n == query->limit) {
    lnti_print(l->cli, "\n%s; the next ones: --after %lld; more at once: --limit N (0: all)\n",
               lnti_show_things(l->n, "item").text, (long long)l->last_id);
  } else {
    lnti_print(l->cli, "\n%s\n", lnti_show_things(l->n, "item").text);
  }
  return LNT_OK;
}

static lnt_status read_query(lnti_items_query *query, lnti_sort *sort, listing *l, const lnti_args *args,
                             const numbers *n, lnt_error *err) {
  const char *key = lnti_args_text(args, "sort", NULL);
  lnt_status status = key ? lnti_sort_parse(sort, lnti_view_names(l->view), key, err) : LNT_OK;
  if (status == LNT_EINVAL) lnti_error_prefix(err, "--sort");
  *query = (lnti_items_query){.filter = l->filter,
                              .sort = key ? sort : NULL,
                              .after_id = n->after,
                              .offset = (size_t)n->offset,
                              .limit = (size_t)n->limit};
  return status;
}

static lnt_status list(listing *l, const lnti_args *args, const numbers *n, lnt_error *err) {
  static const lnti_column columns[] = {{"id", LNTI_ALIGN_RIGHT},     {"split", LNTI_ALIGN_LEFT},
                                        {"stage", LNTI_ALIGN_LEFT},   {"size", LNTI_ALIGN_RIGHT},
                                        {"answers", LNTI_ALIGN_LEFT}, {"path", LNTI_ALIGN_LEFT}},
                           with_predictions[] = {{"id", LNTI_ALIGN_RIGHT},     {"split", LNTI_ALIGN_LEFT},
                                                 {"stage", LNTI_ALIGN_LEFT},   {"size", LNTI_ALIGN_RIGHT},
                                                 {"answers", LNTI_ALIGN_LEFT}, {"predicted", LNTI_ALIGN_LEFT},
                                                 {"path", LNTI_ALIGN_LEFT}};
  lnti_items_query query;
  lnti_sort sort;
  lnti_table_init(&l->table, l->predictions ? with_predictions : columns, l->predictions ? 7 : 6, 0);
  lnt_status status = read_query(&query, &sort, l, args, n, err);
  if (!status) status = lnti_store_ontology(&l->ontology, l->project->store, err);
  if (!status && l->cli->json) status = lnti_cli_json(&l->json, l->cli, 0, err);
  if (!status) status = lnti_items(l->project, l->view, &query, on_item, l, err);
  if (!status && !l->cli->json) status = finish_table(l, &query, lnti_args_text(args, "where", NULL), err);
  return status;
}

/* ---- counts ---- */

static lnt_status print_counts(listing *l, const lnti_facet *facets, const char *const *names, size_t n, int64_t limit,
                               lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    if (i > 0) lnti_print(l->cli, "\n");
    status = lnti_facet_print(l->cli, l->view, &facets[i], names[i], (size_t)limit, err);
  }
  if (!status) lnti_print(l->cli, "\n%s\n", lnti_show_things(l->n, "item").text);
  return status;
}

static lnt_status json_counts(listing *l, const lnti_facet *facets, const char *const *names, size_t n, int64_t limit,
                              lnt_error *err) {
  lnt_status status = lnti_cli_json(&l->json, l->cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(l->json);
  lnti_json_kv_int(l->json, "items", (int64_t)l->n);
  lnti_json_key(l->json, "counts");
  lnti_json_begin_object(l->json);
  for (size_t i = 0; i < n && !status; i++) {
    lnti_json_key(l->json, names[i]);
    status = lnti_facet_json(l->json, l->view, &facets[i], (size_t)limit, err);
  }
  lnti_json_end_object(l->json);
  lnti_json_end_object(l->json);
  return status ? status : lnti_json_finish(l->json, err);
}

static lnt_status count(listing *l, const lnti_args *args, int64_t limit, lnt_error *err) {
  const char **names = NULL;
  char *block = NULL;
  lnti_facet *facets = NULL;
  lnti_selection *selection = NULL;
  size_t n = 0;
  lnt_status status = lnti_split_commas(&names, &n, &block, lnti_args_text(args, "count", ""), "--count", err);
  if (!status) status = lnti_alloc_zero(&facets, n, sizeof *facets, err);
  for (size_t i = 0; i < n && !status; i++) {
    status = lnti_field_find(&facets[i].field, lnti_view_names(l->view), names[i], err);
    if (status == LNT_EINVAL) lnti_error_prefix(err, "--count");
    for (size_t j = 0; j < i && !status; j++) {
      if (strcmp(names[i], names[j]) == 0)
        status = lnti_fail(err, LNT_EINVAL, "--count: %s stands there twice", names[i]);
    }
  }
  if (!status) status = lnti_view_facets(facets, n, l->view, l->filter, false, err);
  if (!status) status = lnti_view_select(&selection, l->view, l->filter, NULL, err);
  if (!status) l->n = lnti_selection_count(selection);
  if (!status) {
    status =
        l->cli->json ? json_counts(l, facets, names, n, limit, err) : print_counts(l, facets, names, n, limit, err);
  }
  lnti_selection_free(selection);
  for (size_t i = 0; facets && i < n; i++) lnti_facet_clear(&facets[i]);
  free(facets);
  free(block);
  free(names);
  return status;
}

/* ---- the command ---- */

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  listing l = {.cli = cli};
  const char *where = lnti_args_text(args, "where", NULL);
  bool counts = lnti_args_has(args, "count");
  l.predictions = lnti_args_has(args, "predictions");
  bool viewed = where || counts || l.predictions || lnti_args_has(args, "sort") || lnti_args_has(args, "offset");
  numbers n = {0};
  if (args->n_operands > 0) {
    if (strcmp(args->operands[0], "history") != 0 || args->n_operands != 2) {
      return lnti_command_fail_form(&lnti_cmd_items, args, err);
    }
    lnt_status allowed = lnti_args_allow(args, lnti_cmd_items.options, "", "items history ITEM", err);
    return allowed ? allowed : lnti_items_history(cli, args->operands[1], err);
  }
  lnt_status status = read_numbers(&n, cli, args, err);
  if (status) return status;
  if (counts &&
      (lnti_args_has(args, "sort") || lnti_args_has(args, "offset") || lnti_args_has(args, "after") || l.predictions)) {
    return lnti_fail(err, LNT_EINVAL,
                     "--count counts all that match: --sort, --offset, --after and --predictions do not go with it");
  }
  status = lnti_cli_project(&l.project, cli, err);
  if (!status && viewed) status = lnti_view_open(&l.view, l.project, NULL, NULL, err);
  if (!status && where) status = lnti_view_filter(&l.filter, l.view, where, err);
  if (!status) status = counts ? count(&l, args, n.limit, err) : list(&l, args, &n, err);
  lnti_json_writer_free(l.json);
  lnti_table_clear(&l.table);
  lnti_text_clear(&l.text);
  lnti_filter_free(l.filter);
  lnti_ontology_free(l.ontology);
  lnti_view_close(l.view);
  lnti_project_close(l.project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"where", 0, "FILTER",
     "only items that match, such as 'split=test and (class=cat or width>=1000)'; all keys and operators: 'linnet help "
     "filters'",
     false},
    {"sort", 0, "KEY[:desc]",
     "in the order of this key, :desc the other way round; items without a value come last; without it, by id", false},
    {"predictions", 0, NULL, "also what models say of each item, as predict --store and import --predictions keep it",
     false},
    {"count", 0, "KEY,...", "in place of the items, how many of them have each value of these keys", false},
    {"limit", 0, "N", "at most so many items, or values of each key; 0: all (25 in a table, all with --json)", false},
    {"offset", 0, "N", "leave out the first N", false},
    {"after", 0, "ID", "only items with a larger id, to go through them page by page", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"The first items:", "linnet items"},
    {"Test items of one class:", "linnet items --where 'split=test and class=sneaker'"},
    {"The largest images that are blurred, or nearly the same as another:",
     "linnet items --where 'sharpness<0.1 or duplicate=near' --sort pixels:desc"},
    {"How many of each class a site has:", "linnet items --where 'site=\"north bay\"' --count class,split"},
    {"Items without any answer, a page of 100 after item 2500:",
     "linnet items --where labelled=no --limit 100 --after 2500"},
    {"Where a model says something else than the answer, the surest first:",
     "linnet items --where 'disagrees:class=yes' --sort confidence:class:desc --predictions"},
    {"All that was ever said of item 1:", "linnet items history 1"},
    {"The paths of a tree's branch, for another program:", "linnet items --where species=birds --json | jq -r .path"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_items = {
    .name = "items",
    .summary = "list items with their splits and answers",
    .usage =
        "[--where FILTER] [--sort KEY[:desc]] [--predictions] [--limit N] [--offset N] [--after ID]\n"
        "--count KEY,... [--where FILTER] [--limit N]\n"
        "history ITEM",
    .about =
        "Lists items in order of their ids, or of a key; or counts them by the values of keys. Keys are what every item "
        "has (split, format, width...), the questions of the ontology, what models say to these, and metadata. A filter's values are names, numbers, "
        "and options by title, id or path, as 'linnet ontology show' prints them; a node of a tree stands for all below "
        "it. Values with blanks stand in double quotes. What no item has is told on stderr.\n\n"
        "history tells all that was ever said of one item (a number or a path): when, by whom, in which operation, what it "
        "replaced, and why it is gone.",
    .options = option_table,
    .examples = examples,
    .operands_max = 2,
    .run = run,
};
