/*
 * verify: is the project whole?
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <flow/verify.h>
#include <string.h>

typedef struct verification {
  lnti_cli *cli;
  lnti_messages found; /**< faults, and media that are not there */
  lnt_status status;   /**< of keeping them */
  lnt_error error;
} verification;

static void on_fault(void *payload, const char *fault) {
  verification *v = payload;
  if (!v->status) v->status = lnti_messages_add(&v->found, &v->error, "%s", fault);
}

static lnt_status print_json(lnti_cli *cli, const verification *v, const lnti_verify_result *r, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_bool(w, "clean", r->faults == 0);
  lnti_json_kv_int(w, "n_faults", (int64_t)r->faults);
  lnti_json_key(w, "found");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < v->found.n; i++) lnti_json_string(w, v->found.text[i]);
  lnti_json_end_array(w);
  lnti_json_kv_int(w, "missing_media", (int64_t)r->missing_media);
  lnti_json_kv_int(w, "images", (int64_t)r->images);
  lnti_json_kv_int(w, "missing_images", (int64_t)r->missing_images);
  lnti_json_kv_int(w, "changed_images", (int64_t)r->changed_images);
  lnti_json_kv_int(w, "models", (int64_t)r->models);
  lnti_json_kv_int(w, "cached_vectors", (int64_t)r->cached_vectors);
  lnti_json_kv_int(w, "imported_vectors", (int64_t)r->imported_vectors);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print(lnti_cli *cli, const verification *v, const lnti_verify_result *r, bool full, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; !status && i < v->found.n; i++) {
    lnti_print(cli, "  ");
    status = lnti_print_plain(cli, v->found.text[i], err);
    lnti_print(cli, "\n");
  }
  if (v->found.n > 0) lnti_print(cli, "\n");
  lnti_print(cli, "Checked: the database, %s, %s, ", lnti_show_things(r->models, "model").text,
             lnti_show_things(r->cached_vectors, "cached vector").text);
  if (r->imported_vectors > 0) lnti_print(cli, "%s, ", lnti_show_things(r->imported_vectors, "imported vector").text);
  lnti_print(cli, "%s%s\n", lnti_show_things(r->images, "image").text,
             full ? " (each read and compared)" : " (by size and times; --full reads them)");
  if (r->faults == 0) {
    const bool media = r->missing_images + r->changed_images + r->newer_sources > 0;
    lnti_print(cli, "No faults%s\n", media ? " of the project itself" : "");
  } else {
    lnti_print(cli, "%s\n", lnti_show_things(r->faults, "fault").text);
  }
  if (r->missing_images > 0) {
    lnti_print(cli, "%s not found: where they were moved, say so with: linnet relink OLD NEW\n",
               lnti_show_things(r->missing_images, "image").text);
  }
  if (r->changed_images > 0) {
    lnti_print(cli, "%s changed on disk: see above what can be done\n",
               lnti_show_things(r->changed_images, "image").text);
  }
  return status;
}

/** Errors of a damaged database advise to run this very command: here the advice is a copy. */
static lnt_status without_advice(lnt_status status, lnt_error *err) {
  lnt_error before = *err;
  char *advice = strstr(before.message, ": run 'linnet verify'");
  if (!advice) return status;
  *advice = '\0';
  return lnti_fail(err, status, "%s; put a copy of linnet.db in its place", before.message);
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  verification v = {.cli = cli};
  lnti_verify_result result = {0};
  lnti_project *project = NULL;
  const lnti_verify_options options = {.full = lnti_args_has(args, "full"), .progress = &cli->meter->progress};
  lnt_status status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_verify(&result, project, &options, on_fault, &v, err);
  if (!status && v.status) {
    *err = v.error;
    status = v.status;
  }
  if (!status) status = cli->json ? print_json(cli, &v, &result, err) : print(cli, &v, &result, options.full, err);
  if (!status && result.faults > 0) cli->exit_code = LNTI_EXIT_FAILED;
  lnti_messages_clear(&v.found);
  lnti_project_close(project);
  return status ? without_advice(status, err) : LNT_OK;
}

static const lnti_cli_option option_table[] = {
    {"full", 0, NULL,
     "read every image and compare it with what was imported, not only those whose size or times changed", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"Check the project of the current folder:", "linnet verify"},
    {"Read every image, also those in archives:", "linnet verify --full"},
    {"In a script: 0 is clean, 1 is not:", "linnet -C flowers verify --json"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_verify = {
    .name = "verify",
    .summary = "check that the project is whole",
    .usage = "[--full]",
    .about =
        "Checks the database (its pages, its references, and every current answer against the log of all "
        "answers), each model file and each cached vector against its check sum, and that the images are where they "
        "were and the same. Nothing is changed but a note of what was found, for status. Exit code 1 where there are faults; images that are missing or have "
        "changed are told, and are no fault of the project.",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .run = run,
};
