/*
 * previews: pictures for screens, made ahead.
 */
#include <base/error.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/refused.h>
#include <flow/pictures/previews.h>

static lnt_status print_json(lnti_cli *cli, const lnti_previews_result *result, const lnti_refused *refused,
                             lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "made", (int64_t)result->made);
  lnti_json_kv_int(w, "existing", (int64_t)result->existing);
  lnti_json_kv_int(w, "unneeded", (int64_t)result->unneeded);
  lnti_refused_json(w, refused);
  lnti_json_kv_int(w, "bytes", (int64_t)result->bytes);
  lnti_json_kv_bool(w, "full", result->full);
  lnti_json_kv_real(w, "seconds", result->seconds);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print(lnti_cli *cli, const lnti_previews_result *result, lnti_picture_kind kind,
                        const lnti_refused *refused, lnt_error *err) {
  const char *thing = kind == LNTI_PICTURE_THUMB ? "thumbnail" : "screen preview";
  lnti_print(cli, "Made %s (%s) in %s", lnti_show_things(result->made, thing).text, lnti_show_bytes(result->bytes).text,
             lnti_show_seconds(result->seconds).text);
  lnti_print(cli, "; %s there before", lnti_show_count(result->existing).text);
  if (result->unneeded > 0) {
    lnti_print(cli, ", %s small enough without one", lnti_show_things(result->unneeded, "image").text);
  }
  lnti_print(cli, "\n");
  if (result->full) {
    lnti_print(cli,
               "They are more than the %s that are kept, so the first of them are gone again: --max GB keeps more\n",
               lnti_show_bytes(result->bytes_max).text);
  }
  return lnti_refused_print(cli, refused, err);
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_previews_options options = {.progress = &cli->meter->progress, .refused = lnti_refused_add};
  lnti_previews_result result = {0};
  lnti_refused refused = {0};
  lnti_project *project = NULL;
  size_t kind = 0;
  double gigabytes = 0;
  options.refused_payload = &refused;
  options.where = lnti_args_text(args, "where", NULL);
  lnt_status status = lnti_args_choice(&kind, args, "kind", "screen|thumb", 0, err);
  if (!status) status = lnti_args_real(&gigabytes, args, "max", 0, 0.002, 1e6, err);
  options.kind = kind == 0 ? LNTI_PICTURE_SCREEN : LNTI_PICTURE_THUMB;
  options.bytes_max = (uint64_t)(gigabytes * 1e9);
  if (!status) status = lnti_cli_project(&project, cli, err);
  if (!status) status = lnti_previews_make(&result, project, &options, err);
  if (status == LNT_ECANCELLED) {
    status = lnti_fail(err, LNT_ECANCELLED, "cancelled; what was made is kept, and the same command goes on");
  }
  if (!status) {
    status = cli->json ? print_json(cli, &result, &refused, err) : print(cli, &result, options.kind, &refused, err);
  }
  if (!status && result.n_refused > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  lnti_refused_clear(&refused);
  lnti_project_close(project);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"where", 0, "FILTER", "only items that match, as for 'linnet items --where'", false},
    {"kind", 0, "screen|thumb", "previews of up to 1920 pixels a side (screen), or thumbnails of up to 256", false},
    {"max", 0, "GB", "keep at most so many gigabytes of this kind, from now on (screen: 8, thumb: 4)", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"Before a day of labelling:", "linnet previews"},
    {"Of the items that are yet to be labelled:", "linnet previews --where labelled=no"},
    {"Thumbnails, after cache/ was deleted:", "linnet previews --kind thumb"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_previews = {
    .name = "previews",
    .summary = "make the pictures that screens show ahead",
    .usage = "[--where FILTER] [--kind screen|thumb] [--max GB]",
    .about =
        "A large photograph, a scan or a page takes a moment to be decoded; its preview is there at once. Previews that are "
        "missing are made on all cores and kept in cache/ of the project, which may be deleted at any time; where they "
        "are more than is kept, the oldest go. Images that are small enough to be shown as they are need none.\n\n"
        "Import makes thumbnails as it goes. Interrupted, what was made is kept, and the same command goes on. An image that "
        "is gone, has changed, or cannot be decoded is refused with its reason and the rest goes on (exit code 3).",
    .options = option_table,
    .examples = examples,
    .operands_max = 0,
    .run = run,
};
