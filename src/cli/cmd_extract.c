/*
 * extract: feature vectors of the items, into the cache and, if asked, into a NumPy file.
 */
#include <base/cancel.h>
#include <base/csv.h>
#include <base/error.h>
#include <base/file.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/help.h>
#include <cli/refused.h>
#include <flow/extract/extract.h>
#include <flow/output.h>
#include <flow/split/names.h>
#include <media/npy.h>
#include <string.h>

typedef struct extraction {
  lnti_extract_items items;
  lnti_extractor *extractor;
  lnti_vectors features;
  lnti_refused refused;
  const char *file, *rows; /**< NULL: none */
  double seconds;
} extraction;

static lnt_status collect(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_extract_items_add(payload, item, err);
}

static lnt_status print_json(lnti_cli *cli, const extraction *e, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "feature", lnti_extractor_text(e->extractor));
  lnti_json_kv_int(w, "n", (int64_t)e->features.n);
  lnti_json_kv_int(w, "d", (int64_t)e->features.d);
  lnti_json_kv_string(w, "dtype", e->features.dtype == LNTI_U8 ? "u8" : "f32");
  lnti_json_kv_int(w, "computed", (int64_t)e->features.n_computed);
  lnti_refused_json(w, &e->refused);
  lnti_json_kv_string(w, "file", e->file);
  lnti_json_kv_string(w, "rows", e->rows);
  lnti_json_kv_real(w, "seconds", e->seconds);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print(lnti_cli *cli, const extraction *e, lnt_error *err) {
  const lnti_vectors *f = &e->features;
  lnti_print(cli, "%s vectors of %s %s numbers in %s", lnti_show_count(f->n).text, lnti_show_count(f->d).text,
             f->dtype == LNTI_U8 ? "u8" : "f32", lnti_show_seconds(e->seconds).text);
  if (lnti_extractor_imported(e->extractor)) {
    lnti_print(cli, " (imported)\n");
  } else {
    lnti_print(cli, " (%s computed, %s from the cache)\n", lnti_show_count(f->n_computed).text,
               lnti_show_count(f->n - f->n_computed).text);
  }
  lnti_print(cli, "Feature: %s\n", lnti_extractor_text(e->extractor));
  lnt_status status = LNT_OK;
  if (e->file) {
    lnti_print(cli, "Written to ");
    status = lnti_print_plain(cli, e->file, err);
    lnti_print(cli, ", a row for each item in order of id\n");
  }
  if (!status && e->rows) {
    lnti_print(cli, "The rows' images: ");
    status = lnti_print_plain(cli, e->rows, err);
    lnti_print(cli, "\n");
  }
  if (!status) status = lnti_refused_print(cli, &e->refused, err);
  return status;
}

/** A table whose rows are those of the vectors, as import --rows takes it. */
static lnt_status write_rows(const extraction *e, lnt_error *err) {
  lnti_file_writer *file = NULL;
  lnti_text line = {0};
  lnt_status status = lnti_file_create(&file, e->rows, err);
  if (status) return status;
  status = lnti_file_write(file, LNTI_OUTPUT_ROWS_HEAD, strlen(LNTI_OUTPUT_ROWS_HEAD), err);
  for (size_t i = 0; i < e->features.n && !status; i++) {
    line.length = 0;
    status = lnti_csv_put(&line, e->items.item[e->features.item[i]].uri, err);
    if (!status) status = lnti_text_append(&line, "\n", 1, err);
    if (!status) status = lnti_file_write(file, line.data, line.length, err);
  }
  lnti_text_clear(&line);
  if (status) {
    lnti_file_discard(file);
    return status;
  }
  return lnti_file_commit(file, err);
}

static lnt_status check_files(const extraction *e, const lnti_project *project, lnt_error *err) {
  lnt_status status = e->file ? lnti_output_check(project, LNTI_OUTPUT_ARRAY, e->file, err) : LNT_OK;
  return !status && e->rows ? lnti_output_check(project, LNTI_OUTPUT_ROWS, e->rows, err) : status;
}

/** The work itself. */
static lnt_status extract(extraction *e, lnti_cli *cli, lnti_project *project, const char *feature, const char *split,
                          lnt_error *err) {
  lnti_item_query query = {.split = split};
  uint64_t began = lnti_monotonic_ns();
  lnt_status status = split ? lnti_split_check(project, split, err) : LNT_OK;
  if (!status) status = lnti_store_items(project->store, &query, collect, &e->items, err);
  if (status) return status;
  if (e->items.n == 0) {
    return lnti_fail(err, LNT_ENOTFOUND, "there are no items yet; bring some in with: linnet import SOURCE");
  }
  status = lnti_project_extractor(&e->extractor, project, feature, err);
  if (!status) {
    status = lnti_extract(&e->features, project, e->extractor, &e->items, &cli->meter->progress, lnti_refused_add,
                          &e->refused, err);
  }
  if (!status) status = check_files(e, project, err); /* again: hours may have passed */
  if (!status && e->file) {
    lnti_matrix matrix = lnti_vectors_matrix(&e->features);
    status = lnti_npy_write(e->file, &matrix, err);
  }
  if (!status && e->rows) status = write_rows(e, err);
  e->seconds = (double)(lnti_monotonic_ns() - began) * 1e-9;
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  extraction e = {.file = lnti_args_text(args, "out", NULL), .rows = lnti_args_text(args, "rows", NULL)};
  lnti_project *project = NULL;
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status) status = check_files(&e, project, err);
  if (!status) {
    status =
        extract(&e, cli, project, lnti_args_text(args, "feature", "hog"), lnti_args_text(args, "split", NULL), err);
  }
  if (status == LNT_ECANCELLED) status = lnti_fail(err, status, LNTI_CANCELLED_KEPT);
  if (!status) status = cli->json ? print_json(cli, &e, err) : print(cli, &e, err);
  if (!status && e.features.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  lnti_vectors_clear(&e.features);
  lnti_extractor_free(e.extractor);
  lnti_extract_items_clear(&e.items);
  lnti_refused_clear(&e.refused);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"feature", 0, "FEATURE", "a feature, with parameters after a colon (hog)", false},
    {"split", 0, "NAME", "only the items of this split", false},
    {"out", 0, "FILE.npy", "write the vectors as a NumPy array [items, numbers]", false},
    {"rows", 0, "FILE.csv", "write which image each row is of, as a table with the column path", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"Fill the cache, so that training starts at once:", "linnet extract --feature hog"},
    {"Vectors of the test items for another program:", "linnet extract --feature hog --split test --out test.npy"},
    {"Vectors and their list, as 'linnet import --embeddings' takes them:",
     "linnet extract --feature hog --out hog.npy --rows hog.csv"},
    {"Pixels at a size of one's own:", "linnet extract --feature pixels:width=64,height=64,colour=rgb"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_extract = {
    .name = "extract",
    .summary = "compute feature vectors of the items",
    .usage = "[--feature FEATURE] [--split NAME] [--out FILE.npy] [--rows FILE.csv]",
    .about =
        "Vectors are kept in the project's cache by the image's content, so each is computed once; 'linnet train' "
        "and 'linnet evaluate' extract what they need by themselves. The rows of FILE.npy are the items "
        "in order of their ids ('linnet items'), without those that were refused; --rows writes their list. A file that is "
        "there is replaced only if it is an earlier one of the same kind.\n\n"
        "What a feature leaves to be found out (auto) is decided from the items in the split train, as training does, or from "
        "all items where none is in it; whichever items are extracted.",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .more = lnti_help_features,
    .run = run,
};
