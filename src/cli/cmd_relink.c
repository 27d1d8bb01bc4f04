/*
 * relink: sources that were moved.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/meter.h>
#include <cli/table.h>
#include <flow/relink.h>

static lnt_status print_json(lnti_cli *cli, const lnti_relink_result *r, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_key(w, "sources");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < r->n; i++) {
    const lnti_relink_source *s = &r->source[i];
    lnti_json_begin_object(w);
    lnti_json_kv_int(w, "id", s->id);
    lnti_json_kv_string(w, "kind", lnti_source_kind_name(s->kind));
    lnti_json_kv_string(w, "old", s->path);
    lnti_json_key(w, "new");
    if (s->new_path) {
      lnti_json_string(w, s->new_path);
    } else {
      lnti_json_null(w);
    }
    lnti_json_kv_int(w, "items", (int64_t)s->items);
    lnti_json_kv_bool(w, "there", s->there);
    lnti_json_kv_int(w, "checked", (int64_t)s->checked);
    lnti_json_kv_int(w, "found", (int64_t)s->found);
    lnti_json_kv_int(w, "missing", (int64_t)s->missing);
    lnti_json_kv_int(w, "unreadable", (int64_t)s->unreadable);
    lnti_json_kv_int(w, "different", (int64_t)s->different);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_kv_int(w, "moved", (int64_t)r->moved);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print_table(lnti_cli *cli, const lnti_relink_result *r, lnt_error *err) {
  static const lnti_column listed[] = {
      {"items", LNTI_ALIGN_RIGHT}, {"kind", LNTI_ALIGN_LEFT}, {"there", LNTI_ALIGN_LEFT}, {"source", LNTI_ALIGN_LEFT}};
  static const lnti_column moved[] = {{"items", LNTI_ALIGN_RIGHT},
                                      {"checked", LNTI_ALIGN_RIGHT},
                                      {"missing", LNTI_ALIGN_RIGHT},
                                      {"unreadable", LNTI_ALIGN_RIGHT},
                                      {"source", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, r->moved > 0 ? moved : listed, r->moved > 0 ? 5 : 4, 2);
  for (size_t i = 0; i < r->n && !status; i++) {
    const lnti_relink_source *s = &r->source[i];
    lnti_shown items = lnti_show_count(s->items), checked = lnti_show_count(s->checked);
    lnti_shown missing = lnti_show_count(s->missing), unreadable = lnti_show_count(s->unreadable);
    const char *of_list[] = {items.text, lnti_source_kind_name(s->kind), s->there ? "yes" : "no", s->path};
    const char *of_move[] = {items.text, checked.text, missing.text, unreadable.text, s->new_path};
    status = lnti_table_row(&table, r->moved > 0 ? of_move : of_list, err);
  }
  return lnti_table_print(cli, &table, status, err);
}

static lnt_status print(lnti_cli *cli, const lnti_relink_result *r, lnt_error *err) {
  size_t gone = 0;
  if (r->n == 0) {
    lnti_print(cli, "No sources yet\n");
    lnti_print_next(cli, "linnet import SOURCE");
    return LNT_OK;
  }
  if (r->moved > 0) lnti_print(cli, "Moved %s\n\n", lnti_show_things(r->moved, "source").text);
  lnt_status status = print_table(cli, r, err);
  for (size_t i = 0; i < r->n; i++) gone += !r->source[i].there;
  if (!status && gone > 0) lnti_print_next(cli, "linnet relink OLD NEW");
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_relink_result result = {0};
  lnti_project *project = NULL;
  const lnti_relink_options options = {
      .all = lnti_args_has(args, "all"), .force = lnti_args_has(args, "force"), .progress = &cli->meter->progress};
  if (args->n_operands == 1) {
    return lnti_fail(err, LNT_EINVAL, "where is %s now? give both places: linnet relink OLD NEW", args->operands[0]);
  }
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status && args->n_operands == 0) status = lnti_sources(&result, project, err);
  if (!status && args->n_operands == 2) {
    status = lnti_relink(&result, project, args->operands[0], args->operands[1], &options, err);
  }
  if (!status) status = cli->json ? print_json(cli, &result, err) : print(cli, &result, err);
  lnti_relink_result_clear(&result);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"all", 0, NULL, "look at every image in the new place; without it, at the first, the last and 64 in between",
     false},
    {"force", 0, NULL, "move although images are missing or cannot be read; never where they are others", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"The sources of the project, and whether they are there:", "linnet relink"},
    {"The drive has another name now; all sources on it move:", "linnet relink /media/ada/old /media/ada/new"},
    {"A folder was renamed; look at every image:", "linnet relink photos photos-2024 --all"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_relink = {
    .name = "relink",
    .summary = "list the sources of the images, or say where they have moved",
    .usage = "[OLD NEW] [--all] [--force]",
    .about =
        "Without operands: the sources (folders, archives, arrays), with the number of their items, and whether they are "
        "there. With OLD and NEW every source that is OLD, or lies below it, is from now on at NEW. Items, labels, splits "
        "and models stay as they are.\n\n"
        "Before anything changes images are read in the new place: they must be the same, byte by byte, as when they were "
        "imported.",
    .options = option_table,
    .examples = examples,
    .operands_max = 2,
    .run = run,
};
