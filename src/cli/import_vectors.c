/*
 * import --embeddings: what was taken of the vectors, and what for.
 */
#include <cli/import_vectors.h>

#include <base/error.h>
#include <cli/format.h>
#include <cli/refused.h>
#include <cli/table.h>
#include <feature/feature.h>
#include <flow/import/vectors.h>
#include <string.h>

static lnt_status print_json(lnti_cli *cli, const lnti_vectors_result *r, const lnti_refused *refused, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnti_text feature = {0};
  lnt_status status = lnti_text_printf(&feature, err, "%s%s", LNTI_EMBEDDING_PREFIX, r->set.name);
  if (!status) status = lnti_cli_json(&w, cli, 0, err);
  if (!status) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "feature", feature.data);
    lnti_json_kv_int(w, "n", (int64_t)r->set.n);
    lnti_json_kv_int(w, "d", (int64_t)r->set.d);
    lnti_json_kv_int(w, "rows", (int64_t)r->rows);
    lnti_json_kv_int(w, "imported", (int64_t)r->added);
    lnti_json_kv_int(w, "existing", (int64_t)r->same);
    lnti_json_kv_int(w, "kept", (int64_t)r->kept);
    lnti_json_kv_int(w, "copies", (int64_t)r->copies);
    lnti_json_kv_int(w, "without", (int64_t)r->without);
    lnti_json_kv_bool(w, "replaced", r->replaced);
    lnti_refused_json(w, refused);
    lnti_json_warnings(w, &r->warnings);
    lnti_json_kv_real(w, "seconds", r->seconds);
    lnti_json_end_object(w);
    status = lnti_json_finish(w, err);
  }
  lnti_json_writer_free(w);
  lnti_text_clear(&feature);
  return status;
}

static lnt_status print_counts(lnti_cli *cli, const lnti_vectors_result *r, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_RIGHT}, {NULL, LNTI_ALIGN_LEFT}};
  const struct {
    const char *name;
    size_t n;
    bool stays;
    const char *meaning;
  } rows[] = {{"new vectors", r->added, true, r->replaced ? "in the place of all that there were" : ""},
              {"there already", r->same, false, "the same; nothing changed"},
              {"kept", r->kept, false, "other vectors were there: see the warning"},
              {"copies", r->copies, false, "of images that have the bytes of an earlier row's: one vector for both"},
              {"refused", r->n_refused, false, "not taken; see below"},
              {"without", r->without, false, "images that have no vector: see the warning"}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 3, 2);
  for (size_t i = 0; i < sizeof rows / sizeof *rows && !status; i++) {
    if (rows[i].n == 0 && !rows[i].stays) continue;
    lnti_shown shown = lnti_show_count(rows[i].n);
    const char *cells[] = {rows[i].name, shown.text, rows[i].meaning};
    status = lnti_table_row(&table, cells, err);
  }
  return lnti_table_print(cli, &table, status, err);
}

static lnt_status print(lnti_cli *cli, const lnti_vectors_result *r, const lnti_refused *refused, lnt_error *err) {
  lnti_print(cli, "Imported %s of %s numbers in %s\n\n", lnti_show_things(r->added, "vector").text,
             lnti_show_count(r->set.d).text, lnti_show_seconds(r->seconds).text);
  lnt_status status = print_counts(cli, r, err);
  if (!status) status = lnti_refused_print(cli, refused, err);
  if (!status) status = lnti_print_warnings(cli, &r->warnings, err);
  if (!status) lnti_print_next(cli, "linnet train --feature %s%s", LNTI_EMBEDDING_PREFIX, r->set.name);
  return status;
}

static lnt_status check_options(const lnti_args *args, const lnti_cli_option *options, lnt_error *err) {
  static const char *const fitting[] = {"embeddings", "rows", "name", "root", "existing"};
  if (args->n_operands > 0) {
    return lnti_fail(err, LNT_EINVAL,
                     "--embeddings takes no SOURCE: import the images first, and then their vectors by themselves");
  }
  for (const lnti_cli_option *option = options; option->name; option++) {
    bool fits = false;
    for (size_t i = 0; i < sizeof fitting / sizeof *fitting; i++) fits |= strcmp(option->name, fitting[i]) == 0;
    if (fits || !lnti_args_has(args, option->name)) continue;
    return lnti_fail(err, LNT_EINVAL, "--%s is not for --embeddings", option->name);
  }
  if (lnti_args_has(args, "rows")) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL,
                   "which image is each row of? --rows FILE says it: a path a line, or a CSV or JSON Lines file with a "
                   "column path. 'linnet items --json' lists the project's images so, by id; 'linnet extract --out' "
                   "writes such a list with its vectors by --rows");
}

lnt_status lnti_import_vectors_run(lnti_cli *cli, const lnti_args *args, const lnti_cli_option *options,
                                   lnti_import_existing existing, lnt_error *err) {
  lnti_refused refused = {0};
  lnti_vectors_result result = {0};
  lnti_project *project = NULL;
  const lnti_vectors_request request = {.file = lnti_args_text(args, "embeddings", NULL),
                                        .rows = lnti_args_text(args, "rows", NULL),
                                        .root = lnti_args_text(args, "root", NULL),
                                        .name = lnti_args_text(args, "name", NULL),
                                        .existing = existing,
                                        .progress = &cli->meter->progress,
                                        .refused = lnti_refused_add,
                                        .refused_payload = &refused};
  lnt_status status = check_options(args, options, err);
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_import_vectors(&result, project, &request, err);
  if (status == LNT_ECANCELLED) status = lnti_fail(err, status, "cancelled; nothing of the vectors was stored");
  if (!status) status = cli->json ? print_json(cli, &result, &refused, err) : print(cli, &result, &refused, err);
  if (!status && result.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  lnti_vectors_result_clear(&result);
  lnti_refused_clear(&refused);
  lnti_project_close(project);
  return status;
}

lnt_status lnti_import_vectors_unused(const lnti_args *args, lnt_error *err) {
  static const char *const names[] = {"rows", "name"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (lnti_args_has(args, names[i]))
      return lnti_fail(err, LNT_EINVAL, "--%s goes with --embeddings FILE.npy", names[i]);
  }
  for (size_t i = 0; i < args->n_operands; i++) {
    const char *file = args->operands[i];
    size_t n = strlen(file);
    if (n > 4 && strcmp(file + n - 4, ".npy") == 0) {
      return lnti_fail(
          err, LNT_EINVAL,
          "%.300s is an array of numbers, and no source of images. Vectors of images that are items: linnet import "
          "--embeddings %.300s --rows FILE",
          file, file);
    }
  }
  return args->n_operands > 0 ? LNT_OK
                              : lnti_fail(err, LNT_EINVAL,
                                          "something is missing: linnet import SOURCE..., or --embeddings FILE.npy "
                                          "--rows FILE (linnet help import)");
}
