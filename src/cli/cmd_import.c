/*
 * import: images and labels become items and answers.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/duplicates.h>
#include <cli/format.h>
#include <cli/import_predictions.h>
#include <cli/import_vectors.h>
#include <cli/next_step.h>
#include <cli/refused.h>
#include <cli/table.h>
#include <flow/import/import.h>
#include <stdlib.h>
#include <string.h>

static void columns_json(lnti_json_writer *w, const lnti_import_result *result) {
  lnti_json_key(w, "columns");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < result->n_columns; i++) {
    const lnti_import_column *column = &result->columns[i];
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "table", column->table);
    lnti_json_kv_int(w, "column", (int64_t)column->number);
    lnti_json_kv_string(w, "name", column->name);
    lnti_json_kv_string(w, "role", column->role);
    lnti_json_kv_string(w, "of", column->of);
    lnti_json_kv_bool(w, "guessed", column->guessed);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

static void again_json(lnti_json_writer *w, const lnti_import_again *again) {
  lnti_json_kv_int(w, "labels_changed", (int64_t)again->labels_changed);
  lnti_json_kv_int(w, "labels_same", (int64_t)again->labels_same);
  lnti_json_kv_int(w, "labels_kept", (int64_t)again->labels_kept);
  lnti_json_kv_int(w, "metadata_changed", (int64_t)again->meta_changed);
  lnti_json_kv_int(w, "metadata_kept", (int64_t)again->meta_kept);
  lnti_json_kv_int(w, "splits_changed", (int64_t)again->splits_changed);
  lnti_json_kv_int(w, "splits_kept", (int64_t)again->splits_kept);
  lnti_json_kv_int(w, "files_changed", (int64_t)again->files_changed);
  lnti_json_kv_int(w, "files_updated", (int64_t)again->files_updated);
}

static lnt_status print_json(lnti_cli *cli, const lnti_import_result *result, const lnti_refused *refused,
                             lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "imported", (int64_t)result->imported);
  lnti_json_kv_int(w, "existing", (int64_t)result->existing);
  lnti_json_kv_int(w, "groups", (int64_t)result->groups);
  lnti_json_kv_int(w, "labelled", (int64_t)result->labelled);
  lnti_json_kv_int(w, "questions_added", (int64_t)result->n_new_questions);
  lnti_json_kv_int(w, "options_added", (int64_t)result->n_new_options);
  again_json(w, &result->again);
  lnti_duplicates_json(w, &result->duplicates);
  columns_json(w, result);
  lnti_refused_json(w, refused);
  lnti_json_warnings(w, &result->warnings);
  lnti_json_kv_real(w, "seconds", result->seconds);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/** A count with what it means; a row of zero is left out unless it is asked to stay. */
static lnt_status count_row(lnti_table *table, const char *name, size_t n, bool stays, const char *meaning,
                            lnt_error *err) {
  if (n == 0 && !stays) return LNT_OK;
  lnti_shown shown = lnti_show_count(n);
  const char *cells[] = {name, shown.text, meaning};
  return lnti_table_row(table, cells, err);
}

/** What items had already. */
static lnt_status again_rows(lnti_table *table, const lnti_import_again *again, lnt_error *err) {
  static const char kept[] = "the project has another: see the warning";
  lnt_status status =
      count_row(table, "labels changed", again->labels_changed, false, "another was there; the log has both", err);
  if (!status) status = count_row(table, "labels the same", again->labels_same, false, "as they were", err);
  if (!status) status = count_row(table, "labels kept", again->labels_kept, false, kept, err);
  if (!status)
    status = count_row(table, "metadata changed", again->meta_changed, false, "another value was there", err);
  if (!status) status = count_row(table, "metadata kept", again->meta_kept, false, kept, err);
  if (!status) status = count_row(table, "splits changed", again->splits_changed, false, "another was there", err);
  if (!status) status = count_row(table, "splits kept", again->splits_kept, false, kept, err);
  if (!status) {
    status = count_row(table, "changed on disk", again->files_changed, false, "since the import: see the warning", err);
  }
  if (!status)
    status = count_row(table, "taken anew", again->files_updated, false, "changed on disk; see the warning", err);
  return status;
}

static lnt_status print_counts(lnti_cli *cli, const lnti_import_result *result, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_table_init(&table, columns, 3, 2);
  lnt_status status = count_row(&table, "new items", result->imported, true, "", err);
  if (!status) status = count_row(&table, "there already", result->existing, false, "not imported again", err);
  if (!status) status = count_row(&table, "new groups", result->groups, false, "", err);
  if (!status) status = count_row(&table, "labels", result->labelled, true, "", err);
  if (!status && result->added) {
    status = count_row(&table, "new questions", result->n_new_questions, false, "in the ontology", err);
    if (!status) status = count_row(&table, "new options", result->n_new_options, false, result->added, err);
  }
  if (!status) status = again_rows(&table, &result->again, err);
  if (!status) status = count_row(&table, "refused", result->n_refused, false, "not taken; see below", err);
  if (!status) status = lnti_duplicates_rows(&table, &result->duplicates, err);
  return lnti_table_print(cli, &table, status, err);
}

enum { COLUMNS_SHOWN = 12 };

/** Columns of tables, as they were taken. */
static lnt_status print_columns(lnti_cli *cli, const lnti_import_result *result, lnt_error *err) {
  lnti_text line = {0};
  lnt_status status = LNT_OK;
  const char *table = "";
  for (size_t i = 0; i < result->n_columns && !status; i++) {
    const lnti_import_column *c = &result->columns[i];
    if (c->number > COLUMNS_SHOWN) continue;
    if (strcmp(table, c->table) != 0) {
      table = c->table;
      status = lnti_text_printf(&line, err, "\nColumns of ");
      if (!status) status = lnti_plain(&line, table, err);
      if (!status) status = lnti_text_printf(&line, err, "\n");
    }
    if (!status) status = lnti_text_printf(&line, err, "  %zu  ", c->number);
    if (!status) status = lnti_plain(&line, c->name, err); /* a header is a stranger's text */
    if (!status) status = lnti_text_printf(&line, err, "%s%s", *c->name ? ": " : "", c->role);
    if (!status && *c->of) status = lnti_text_printf(&line, err, " \"");
    if (!status && *c->of) status = lnti_plain(&line, c->of, err);
    if (!status && *c->of) status = lnti_text_printf(&line, err, "\"");
    if (!status) status = lnti_text_printf(&line, err, "%s\n", c->guessed ? " (guessed)" : "");
    bool more =
        c->number == COLUMNS_SHOWN && i + 1 < result->n_columns && result->columns[i + 1].number > COLUMNS_SHOWN;
    if (!status && more) status = lnti_text_printf(&line, err, "  ... (--json lists them all)\n");
  }
  if (!status && line.length > 0) status = lnti_print_text(cli, &line, err);
  lnti_text_clear(&line);
  return status;
}

static lnt_status print(lnti_cli *cli, lnti_project *project, const lnti_import_result *result, const char *split,
                        const lnti_refused *refused, lnt_error *err) {
  size_t seen = result->imported + result->existing;
  lnti_print(cli, "Imported %s in %s", lnti_show_things(result->imported, "item").text,
             lnti_show_seconds(result->seconds).text);
  if (seen > 0 && result->seconds > 0) {
    lnti_print(cli, " (%s images/s)", lnti_show_rate((double)seen / result->seconds).text);
  }
  lnti_print(cli, "\n\n");
  lnt_status status = print_counts(cli, result, err);
  if (!status) status = print_columns(cli, result, err);
  if (!status) status = lnti_refused_print(cli, refused, err);
  if (!status) status = lnti_print_warnings(cli, &result->warnings, err);
  bool told = false;
  if (!status && result->imported > 0 && result->labelled == 0) {
    status = lnti_print_next_predicting(&told, cli, project, split, err);
  }
  if (!status && !told) status = lnti_print_next_step(cli, project, result->cut, err);
  return status;
}

/** What was imported before an interruption is kept: says so, and how to go on. */
static lnt_status cancelled(lnti_project *project, lnt_error *err) {
  lnti_store_counts counts = {0};
  lnt_error ignored = LNT_ERROR_INIT;
  if (lnti_store_counts_read(&counts, project->store, &ignored)) {
    return lnti_fail(err, LNT_ECANCELLED, "cancelled; give the same command again to go on");
  }
  lnti_shown items = lnti_show_things(counts.items, "item");
  lnti_store_counts_clear(&counts);
  return lnti_fail(err, LNT_ECANCELLED,
                   "cancelled; the project keeps the %s that it has now: give the same command "
                   "again to go on",
                   items.text);
}

/** In the order of lnti_import_format. */
#define FORMATS "auto|folder|archive|idx|cifar|csv|jsonl|list"

/** 0: as the project has it. */
static lnt_status read_limits(lnti_image_limits *limits, const lnti_args *args, lnt_error *err) {
  static const struct {
    const char *option;
    int64_t max;
  } caps[] = {{"max-pixels", INT64_C(1) << 40}, {"max-bytes", INT64_C(1) << 44}, {"max-frames", 1 << 30}};
  size_t *const to[] = {&limits->pixels_max, &limits->bytes_max, &limits->frames_max};
  for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
    int64_t value = 0;
    if (!lnti_args_has(args, caps[i].option)) continue;
    lnt_status status = lnti_args_int(&value, args, caps[i].option, 0, 1, caps[i].max, err);
    if (status) return status;
    *to[i] = (size_t)value;
  }
  return LNT_OK;
}

/** One sign, or its name. */
static lnt_status read_sign(char *out, const lnti_args *args, const char *option, lnt_error *err) {
  static const struct {
    const char *name;
    char sign;
  } names[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'},
               {"bar", '|'},   {"blank", ' '},     {"none", '\n'}};
  const char *text = lnti_args_text(args, option, NULL);
  if (!text) return LNT_OK;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(names[i].name, text) != 0) continue;
    *out = names[i].sign;
    return LNT_OK;
  }
  if (strlen(text) != 1) {
    return lnti_fail(err, LNT_EINVAL, "--%s: \"%.20s\" is no separator: one sign, or tab, blank or none", option, text);
  }
  *out = text[0];
  return LNT_OK;
}

/** Lists of the table's options; borrowed texts. */
typedef struct table_lists {
  const char **columns, **labels, **names;
} table_lists;

static lnt_status read_table(lnti_import_table_options *table, table_lists *lists, const lnti_args *args,
                             lnt_error *err) {
  size_t header = 0, unlisted = 0;
  lnt_status status = lnti_args_choice(&header, args, "header", "auto|yes|no", 0, err);
  if (!status) status = lnti_args_list(&lists->columns, &table->n_columns, args, "column", err);
  if (!status) status = lnti_args_list(&lists->labels, &table->n_labels, args, "label", err);
  if (!status) status = lnti_args_list(&lists->names, &table->n_names, args, "names", err);
  if (!status) status = lnti_args_choice(&unlisted, args, "unlisted", "unknown|no", 0, err);
  table->unlisted_no = unlisted == 1;
  if (!status) status = read_sign(&table->separator, args, "separator", err);
  if (!status) status = read_sign(&table->label_separator, args, "label-separator", err);
  table->root = lnti_args_text(args, "root", NULL);
  table->columns = lists->columns;
  table->labels = lists->labels;
  table->names = lists->names;
  table->header = (int)header;
  return status;
}

static lnt_status import_media(lnti_cli *cli, const lnti_args *args, lnti_import_existing existing, lnt_error *err) {
  lnti_import_options options = LNTI_IMPORT_OPTIONS_INIT;
  table_lists lists = {0};
  lnti_import_result result = {0};
  lnti_refused refused = {0};
  lnti_project *project = NULL;
  const char **classes = NULL;
  char *classes_block = NULL;
  size_t format = 0;
  size_t frames = 0;
  size_t changed = 0;
  lnt_status status = lnti_import_vectors_unused(args, err);
  if (!status) status = lnti_args_choice(&format, args, "format", FORMATS, LNTI_IMPORT_AUTO, err);
  if (!status) status = lnti_args_choice(&frames, args, "frames", "first|each|group", LNTI_FRAMES_FIRST, err);
  if (!status) status = lnti_args_choice(&changed, args, "changed", "report|update", 0, err);
  if (!status) status = read_limits(&options.limits, args, err);
  if (!status) status = read_table(&options.table, &lists, args, err);
  if (status) goto done;
  options.format = (lnti_import_format)format;
  options.frames = (lnti_import_frames)frames;
  options.existing = existing;
  options.group = lnti_args_text(args, "group", NULL);
  options.meta = lnti_args_text(args, "meta", NULL);
  options.split = lnti_args_text(args, "split", NULL);
  options.target = lnti_args_text(args, "target", NULL);
  options.update_changed = changed == 1;
  options.verify = !lnti_args_has(args, "no-verify");
  options.progress = &cli->meter->progress;
  options.refused = lnti_refused_add;
  options.refused_payload = &refused;
  if (lnti_args_has(args, "classes")) {
    status = lnti_split_commas(&classes, &options.n_classes, &classes_block, lnti_args_text(args, "classes", ""),
                               "--classes", err);
    if (status) goto done;
    options.classes = classes;
  }
  cli->meter->durable = true;
  status = lnti_cli_project(&project, cli, err);
  if (status) goto done;
  status = lnti_import(&result, project, args->operands, args->n_operands, &options, err);
  if (status == LNT_ECANCELLED) status = cancelled(project, err);
  if (status) goto done;
  status =
      cli->json ? print_json(cli, &result, &refused, err) : print(cli, project, &result, options.split, &refused, err);
  if (!status && result.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
done:
  free(lists.columns);
  free(lists.labels);
  free(lists.names);
  free(classes);
  free(classes_block);
  lnti_import_result_clear(&result);
  lnti_refused_clear(&refused);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"format", 0, FORMATS, "what the sources are: folders, archives or arrays of images, tables, or find out (auto)",
     false},
    {"split", 0, "NAME",
     "put every item into this split: train, val, test or another name; without it, folders and "
     "files that are named so decide",
     false},
    {"target", 0, "QUESTION",
     "the question at the top of the ontology that the labels answer; without it, \"class\", made where it is missing",
     false},
    {"classes", 0, "A,B,C",
     "names of the label numbers 0, 1, 2... of IDX and CIFAR-10 files; without it, the numbers. Refused where the sources "
     "are folders or tables",
     false},
    {"frames", 0, "first|each|group",
     "of a file with several frames or pages take the first, each as an item, or each as a member of one group (first)",
     false},
    {"group", 0, "REGEX",
     "members whose paths below the source give the same first (subexpression) are one group, under one answer", false},
    {"meta", 0, "PATTERN",
     "metadata from paths: '{site}/{camera}_*' reads site and camera from the last folder and the name", false},
    {"root", 0, "PATH",
     "the folder, archive or array that the paths of tables are relative to; without it, the table's own folder",
     false},
    {"column", 0, "COLUMN=ROLE",
     "what a column (name, or number from 1) is: path, label, labels, onehot, number, split, group, meta or skip; "
     "without it, guessed from header and values",
     true},
    {"label", 0, "TOP/BELOW", "columns that are the levels of one label in a tree, the top level first", true},
    {"names", 0, "COLUMN=FILE:KEY:NAME",
     "titles for a column's values: columns KEY and NAME of the table FILE, or FILE alone with a name a line", true},
    {"separator", 0, "SIGN", "what stands between columns: a sign, or tab, blank or none; without it, found", false},
    {"label-separator", 0, "SIGN", "what stands between the titles of labels; without it, found", false},
    {"unlisted", 0, "unknown|no",
     "what a list of labels does not name: unknown, or no where the lists are complete (unknown)", false},
    {"header", 0, "auto|yes|no", "whether the first row names the columns (auto)", false},
    {"existing", 0, "auto|keep|replace",
     "labels, metadata and splits of items that have others already: keep them, or replace them by what the sources say; "
     "tables replace, all else keeps (auto). Of vectors: keep those that are there, replace all of them, or take none that differ "
     "(auto)",
     false},
    {"changed", 0, "report|update",
     "files that are another picture than was imported: report them, or take them as they are now, answers staying "
     "(report)",
     false},
    {"max-pixels", 0, "N", "refuse images of more pixels (209715200); the project keeps this, as the next two", false},
    {"max-bytes", 0, "N", "refuse images that take more bytes of memory (2147483648)", false},
    {"max-frames", 0, "N", "refuse files with more frames or pages (10000)", false},
    {"no-verify", 0, NULL, "read the images' headers only, instead of decoding each in full", false},
    {"embeddings", 0, "FILE.npy", "vectors that another program made of images that are items, a row each", false},
    {"rows", 0, "FILE", "which image each row is of: a path a line, or a CSV or JSON Lines file with a column path",
     false},
    {"name", 0, "NAME",
     "the feature is embedding:NAME; without it, the name of FILE.npy. Of predictions: whose they are", false},
    {"predictions", 0, "FILE",
     "what another model said of images that are items: CSV or JSON Lines with a column path or id, one called like the question, and "
     "confidence; kept as predictions, not as answers",
     false},
    LNTI_CLI_OPTIONS_END,
};

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  size_t existing = 0;
  lnt_status status =
      lnti_args_choice(&existing, args, "existing", "auto|keep|replace", LNTI_IMPORT_EXISTING_AUTO, err);
  if (status) return status;
  if (lnti_args_has(args, "predictions")) return lnti_import_predictions_run(cli, args, option_table, err);
  return lnti_args_has(args, "embeddings")
             ? lnti_import_vectors_run(cli, args, option_table, (lnti_import_existing)existing, err)
             : import_media(cli, args, (lnti_import_existing)existing, err);
}

static const lnti_example examples[] = {
    {"A folder that holds one folder for each class:", "linnet import photos/"},
    {"Folders train/ and test/, each with a folder for each class:", "linnet import dataset/"},
    {"MNIST-like arrays, the labels beside them, with names for the classes:",
     "linnet import train-images-idx3-ubyte.gz t10k-images-idx3-ubyte.gz --classes zero,one,two,three,four"},
    {"More images for testing only:", "linnet import autumn/ --split test"},
    {"Photographs named site/camera_date_number.jpg, from an archive:",
     "linnet import trail.tar.gz --meta '{site}/{camera}_{date}_*'"},
    {"A table whose third column is the label:", "linnet import labels.csv --column 3=label --column '*=skip'"},
    {"A list train.txt of path, fine and coarse number, with names for both:",
     "linnet import train.txt --label 3/2 --names 2=classes.csv:2:1 --names 3=classes.csv:4:3"},
    {"Vectors that another program made of the images, in the order of a list of these:",
     "linnet import --embeddings clip.npy --rows files.txt"},
    {"What another model said of the images, as predictions:", "linnet import --predictions gpt.csv --name gpt-4o"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_import = {
    .name = "import",
    .summary = "bring images, and the labels they come with, into the project",
    .usage =
        "SOURCE... [--format FORMAT] [--split NAME] [--target QUESTION] [--classes A,B,C] [--frames first|each|group] "
        "[--group REGEX] [--meta PATTERN] [--root PATH] [--column COLUMN=ROLE]... [--label TOP/BELOW]... "
        "[--names COLUMN=FILE:KEY:NAME]... [--separator SIGN] [--label-separator SIGN] [--unlisted unknown|no] [--header auto|yes|no] "
        "[--existing auto|keep|replace] [--changed report|update] [--max-pixels N] [--max-bytes N] [--max-frames N] [--no-verify]\n"
        "--embeddings FILE.npy --rows FILE [--name NAME] [--root PATH] [--existing auto|keep|replace]\n"
        "--predictions FILE --name NAME",
    .about =
        "A source is a folder or an archive (tar, zip) of images, in which the folders are the classes, as deep as they go; "
        "an IDX array of images, plain or gzip, with its labels beside it; a table (CSV, TSV, JSON Lines, list) that names "
        "images, or items that are there, and says their labels, splits and metadata; or one image. Images stay where they "
        "are.\n\n"
        "Every image is decoded once in full; one that is broken is refused with its reason, and the rest goes on "
        "(exit code 3). Repeating an import adds what is missing and changes nothing else: after an "
        "interruption, give the same command again.\n\n"
        "With --embeddings vectors of images that are items become the feature embedding:NAME. FILE.npy is a NumPy array "
        "[images, numbers] of f16, f32, f64 or u8; --rows says which image each row is of. All that is taken is stored in one "
        "step, or nothing.",
    .options = option_table,
    .examples = examples,
    .operands_min = 0,
    .operands_max = SIZE_MAX,
    .run = run,
};
