/*
 * export: items leave the project as files or rows.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/refused.h>
#include <cli/table.h>
#include <ctype.h>
#include <flow/export/export.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static lnt_status print_json(lnti_cli *cli, const char *snapshot, const lnti_export_result *result,
                             const lnti_refused *refused, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "exported", (int64_t)result->exported);
  lnti_json_kv_int(w, "items", (int64_t)result->items);
  lnti_json_kv_int(w, "unlabelled", (int64_t)result->unlabelled);
  lnti_json_kv_int(w, "linked", (int64_t)result->linked);
  lnti_json_kv_int(w, "stripped", (int64_t)result->stripped);
  lnti_json_kv_int(w, "unchanged", (int64_t)result->unchanged);
  lnti_json_kv_int(w, "removed", (int64_t)result->removed);
  lnti_json_kv_int(w, "left", (int64_t)result->left);
  lnti_json_kv_int(w, "held", (int64_t)result->held);
  if (snapshot) lnti_json_kv_string(w, "snapshot", snapshot);
  lnti_refused_json(w, refused);
  lnti_json_kv_int(w, "bytes", (int64_t)result->bytes);
  lnti_json_kv_real(w, "seconds", result->seconds);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status row(lnti_table *table, const char *name, size_t n, const char *meaning, lnt_error *err) {
  if (n == 0) return LNT_OK;
  lnti_shown shown = lnti_show_count(n);
  const char *cells[] = {name, shown.text, meaning};
  return lnti_table_row(table, cells, err);
}

static lnt_status print(lnti_cli *cli, const char *path, bool folder, const lnti_export_result *result,
                        const lnti_refused *refused, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_text text = {0};
  lnti_table_init(&table, columns, 3, 2);
  lnt_status status = lnti_text_printf(&text, err, "Exported %s ", lnti_show_things(result->items, "item").text);
  if (!status && result->exported != result->items) {
    status = lnti_text_printf(&text, err, "as %s ", lnti_show_things(result->exported, "file").text);
  }
  if (!status) status = lnti_text_append(&text, "to ", 3, err);
  if (!status) status = lnti_plain(&text, path, err);
  if (!status) {
    status = lnti_text_printf(&text, err, " (%s) in %s\n", lnti_show_bytes(result->bytes).text,
                              lnti_show_seconds(result->seconds).text);
  }
  if (!status) status = row(&table, "unlabelled", result->unlabelled, "in " LNTI_EXPORT_UNLABELLED "/", err);
  if (!status) status = row(&table, "links", result->linked, "to files that stay where they are", err);
  if (!status) {
    status = row(&table, "stripped", result->stripped,
                 folder ? "without what was to be left out of their metadata" : "metadata keys left out", err);
  }
  if (!status) status = row(&table, "unchanged", result->unchanged, "written by an earlier export", err);
  if (!status) status = row(&table, "removed", result->removed, "of an earlier export, no longer wanted", err);
  if (!status) status = row(&table, "left", result->left, "no longer wanted, but changed since: yours", err);
  if (!status) status = row(&table, "held", result->held, "of an earlier export; their images were refused now", err);
  if (!status) status = row(&table, "refused", result->n_refused, "not exported; see below", err);
  if (!status && table.n_cells > 0) status = lnti_text_append(&text, "\n", 1, err);
  if (!status) status = lnti_table_write(&text, &table, err);
  if (!status) status = lnti_print_text(cli, &text, err);
  lnti_text_clear(&text);
  lnti_table_clear(&table);
  return status ? status : lnti_refused_print(cli, refused, err);
}

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n > m && strcasecmp(text + n - m, end) == 0;
}

/* What looks like a file's name: letters and digits behind its last dot, a letter first ("v1.2" is a folder's). */
static bool has_extension(const char *path) {
  enum { LETTERS_MAX = 8 };
  const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
  if (!dot || dot == path || (slash && dot <= slash + 1)) return false;
  size_t n = 1;
  while (isalnum((unsigned char)dot[n])) n++;
  return dot[n] == '\0' && n > 1 && n <= LETTERS_MAX && isalpha((unsigned char)dot[1]);
}

static lnt_status read_format(lnti_export_format *out, const lnti_args *args, const char *path, lnt_error *err) {
  struct stat info;
  size_t format = ends_with(path, ".csv")     ? LNTI_EXPORT_CSV
                  : ends_with(path, ".jsonl") ? LNTI_EXPORT_JSONL
                                              : LNTI_EXPORT_FOLDER;
  bool told = lnti_args_has(args, "format"), is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
  if (!told && format == LNTI_EXPORT_FOLDER && has_extension(path) && !is_folder) {
    return lnti_fail(
        err, LNT_EINVAL,
        "%s: no format is known by the extension \"%s\": tables are called .csv or .jsonl; for class folders in "
        "a folder of that name add --format folder",
        path, strrchr(path, '.'));
  }
  lnt_status status = lnti_args_choice(&format, args, "format", "folder|csv|jsonl", format, err);
  if (!status) *out = (lnti_export_format)format;
  return status;
}

static lnt_status read_strip(unsigned *out, const lnti_args *args, lnt_error *err) {
  const char **parts = NULL;
  char *block = NULL;
  size_t n = 0;
  unsigned strip = 0;
  if (!lnti_args_has(args, "strip")) return LNT_OK;
  lnt_status status = lnti_split_commas(&parts, &n, &block, lnti_args_text(args, "strip", ""), "--strip", err);
  for (size_t i = 0; i < n && !status; i++) {
    if (strcmp(parts[i], "gps") == 0) {
      strip |= LNTI_STRIP_GPS;
    } else if (strcmp(parts[i], "serials") == 0) {
      strip |= LNTI_STRIP_SERIALS;
    } else {
      status = lnti_fail(err, LNT_EINVAL, "--strip knows gps and serials, not '%s'", parts[i]);
    }
  }
  free(parts);
  free(block);
  if (!status) *out = strip;
  return status;
}

static lnt_status read_convert(lnti_export_options *options, const lnti_args *args, lnt_error *err) {
  enum { SIDE_MAX = 65500 };
  size_t convert = 0;
  int64_t side = 0;
  if (lnti_args_has(args, "link") && lnti_args_has(args, "symlink")) {
    return lnti_fail(err, LNT_EINVAL, "--link and --symlink exclude each other");
  }
  lnt_status status = lnti_args_has(args, "size") ? lnti_args_int(&side, args, "size", 0, 1, SIDE_MAX, err) : LNT_OK;
  if (!status && lnti_args_has(args, "convert")) {
    status = lnti_args_choice(&convert, args, "convert", "jpeg|png", 0, err);
    if (!status) options->convert = convert == 0 ? LNTI_ENCODE_JPEG : LNTI_ENCODE_PNG;
  }
  if (!status) options->side = (size_t)side;
  return status;
}

/* --split NAME is a filter for short; a snapshot has its own splits. */
static lnt_status read_where(lnti_text *out, const lnti_args *args, lnt_error *err) {
  const char *where = lnti_args_text(args, "where", ""), *split = lnti_args_text(args, "split", NULL);
  if (!split || lnti_args_has(args, "snapshot")) return lnti_text_printf(out, err, "%s", where);
  if (strpbrk(split, "\"\\")) return lnti_fail(err, LNT_EINVAL, "--split: no split is called '%s'", split);
  lnt_status status = lnti_text_printf(out, err, "split=\"%s\"", split);
  return !status && *where ? lnti_text_printf(out, err, " and (%s)", where) : status;
}

/* What is in the folder when the work ends early, and how to go on. */
static lnt_status say_what_stays(lnt_status status, const char *path, lnt_error *err) {
  lnt_error why = *err;
  if (status == LNT_ECANCELLED) (void)snprintf(why.message, sizeof why.message, "cancelled");
  return lnti_fail(err, status,
                   "%.600s; %.200s keeps the files that it has now, each of them whole; %sthe same command goes on",
                   why.message, path, status == LNT_ENOSPC ? "with more room " : "");
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_export_options options = {.progress = &cli->meter->progress, .refused = lnti_refused_add};
  lnti_export_result result = {0};
  lnti_refused refused = {0};
  lnti_project *project = NULL;
  lnti_text where = {0};
  const char *path = args->operands[0];
  options.refused_payload = &refused;
  options.target = lnti_args_text(args, "target", NULL);
  options.link = lnti_args_has(args, "symlink") ? LNTI_LINK_SYMBOLIC
                 : lnti_args_has(args, "link")  ? LNTI_LINK_HARD
                                                : LNTI_LINK_NONE;
  lnt_status status = read_format(&options.format, args, path, err);
  if (!status) status = read_strip(&options.strip, args, err);
  if (!status) status = read_convert(&options, args, err);
  if (!status) status = read_where(&where, args, err);
  options.where = where.length > 0 ? where.data : NULL;
  options.snapshot = lnti_args_text(args, "snapshot", NULL);
  options.split = options.snapshot ? lnti_args_text(args, "split", NULL) : NULL;
  bool folder = options.format == LNTI_EXPORT_FOLDER;
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_export(&result, project, path, &options, err);
  if (folder && (status == LNT_ECANCELLED || status == LNT_ENOSPC)) status = say_what_stays(status, path, err);
  if (!status) {
    status = cli->json ? print_json(cli, options.snapshot, &result, &refused, err)
                       : print(cli, path, folder, &result, &refused, err);
  }
  if (!status && result.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  lnti_refused_clear(&refused);
  lnti_text_clear(&where);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"format", 0, "folder|csv|jsonl",
     "files in a folder for each class, or one table; without it, by OUT's extension (.csv, .jsonl), else a folder",
     false},
    {"where", 0, "FILTER", "only items that match, as for 'linnet items --where'", false},
    {"target", 0, "QUESTION", "the question that gives the classes of a folder; without it, the only one with answers",
     false},
    {"strip", 0, "gps,serials",
     "leave out where a picture was taken (gps), or with which camera and by whom (serials, with owner, artist and "
     "copyright): of the copies' metadata, and of a table's",
     false},
    {"split", 0, "NAME", "only items of this split; \"\" for those in none", false},
    {"snapshot", 0, "NAME",
     "everything as it was when this snapshot was taken: answers, splits, groups, metadata and what classes were called",
     false},
    {"link", 0, NULL,
     "link to the files instead of copying them: hard links, or symbolic ones where the file system has none", false},
    {"symlink", 0, NULL, "symbolic links instead of copies", false},
    {"convert", 0, "jpeg|png", "encode every picture anew, upright, 8 bits a channel, without metadata", false},
    {"size", 0, "N", "with --convert: pictures whose longer side has more than N pixels are made smaller", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"Copies in a folder for each split and class:", "linnet export sorted"},
    {"The same without taking space, test items alone:", "linnet export sorted --where split=test --link"},
    {"To give away, without the places and cameras:", "linnet export public --strip gps,serials"},
    {"JPEGs of at most 512 pixels a side:", "linnet export small --convert jpeg --size 512"},
    {"Again, after more was labelled; only what has changed is written:", "linnet export sorted"},
    {"All that is known of each item, for a spreadsheet:", "linnet export items.csv"},
    {"What was published, again, whatever changed since:", "linnet export published --snapshot v1"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_export = {
    .name = "export",
    .summary = "write items as class folders, or as a table",
    .usage =
        "OUT [--format folder|csv|jsonl] [--where FILTER] [--split NAME] [--snapshot NAME] [--target QUESTION] [--strip gps,serials] "
        "[--link | --symlink | --convert jpeg|png [--size N]]",
    .about =
        "A folder gets the images as OUT/SPLIT/CLASS/NAME, those without a label in OUT/SPLIT/unlabelled; SPLIT is unsplit "
        "for items in none, and left away where all are in none. Of a checklist an image has a file in the folder of each "
        "option with a yes. Names are kept, and made distinct where two are the same. Records of arrays, frames and pages "
        "become PNG, all else is copied byte for byte, with the time of its source. A table has a row for each item: path, "
        "split, stage, answers and metadata.\n\n"
        "A folder that an earlier export made is brought up to date: only what has changed is written, and of its own files "
        "those are removed that are no longer wanted. What no export wrote, or somebody changed since, is never overwritten "
        "nor removed; another folder must be empty or not be there yet, and so must a table. An interrupted export is gone "
        "on with by the same command. An image that is gone, has changed, or cannot be stripped is refused with its reason "
        "and the rest goes on (exit code 3); what an earlier export made of it stays.",
    .options = option_table,
    .examples = examples,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
