/*
 * backbone: networks that others have trained, kept for all projects of a person.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/table.h>
#include <flow/backbone_pull.h>
#include <flow/backbones.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LABELS_BYTES_MAX = 64 << 20, LICENCE_SHOWN = 40 };

/* ---- showing ---- */

static void write_entry(lnti_json_writer *w, const lnti_backbone_entry *e) {
  lnti_backbone_spec_write(w, &e->spec, false);
  lnti_json_kv_string(w, "file", e->path);
  lnti_json_kv_int(w, "bytes", (int64_t)e->bytes);
  lnti_json_kv_string(w, "sha256", e->sha256);
  lnti_json_kv_int(w, "d", (int64_t)e->d);
  lnti_json_kv_int(w, "n_classes", (int64_t)e->n_classes);
}

/** Its first line, cut where it is long: a licence may be kept whole. */
static void short_licence(char out[LICENCE_SHOWN + 4], const char *licence) {
  size_t n = licence ? strcspn(licence, "\r\n") : 0, shown = n < LICENCE_SHOWN ? n : LICENCE_SHOWN;
  shown = lnti_utf8_valid(licence ? licence : "", shown);
  snprintf(out, LICENCE_SHOWN + 4, "%.*s%s", (int)shown, licence ? licence : "not said",
           licence && strlen(licence) > shown ? "..." : "");
  if (!licence) snprintf(out, LICENCE_SHOWN + 4, "not said");
}

static lnt_status add_row(void *payload, const lnti_backbone_entry *e, lnt_error *err) {
  char size[48], d[24], classes[24], licence[LICENCE_SHOWN + 4];
  lnti_shown bytes = lnti_show_bytes(e->bytes);
  snprintf(size, sizeof size, "%zux%zu", e->spec.w, e->spec.h);
  snprintf(d, sizeof d, e->d ? "%zu" : "-", e->d);
  snprintf(classes, sizeof classes, e->n_classes ? "%zu" : "-", e->n_classes);
  short_licence(licence, e->spec.licence);
  const char *cells[] = {e->spec.name, size, d, classes, bytes.text, licence};
  return lnti_table_row(payload, cells, err);
}

static lnt_status add_line(void *payload, const lnti_backbone_entry *e, lnt_error *err) {
  lnti_json_writer *w = payload;
  lnti_json_begin_object(w);
  write_entry(w, e);
  lnti_json_end_object(w);
  return lnti_json_finish(w, err);
}

static lnt_status run_list_json(lnti_cli *cli, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (!status) status = lnti_backbones_list(cli->backbones, add_line, w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status run_list(lnti_cli *cli, lnt_error *err) {
  static const lnti_column columns[] = {{"backbone", LNTI_ALIGN_LEFT},   {"pixels", LNTI_ALIGN_RIGHT},
                                        {"embedding", LNTI_ALIGN_RIGHT}, {"classes", LNTI_ALIGN_RIGHT},
                                        {"size", LNTI_ALIGN_RIGHT},      {"licence", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_text text = {0};
  if (cli->json) return run_list_json(cli, err);
  lnti_table_init(&table, columns, 6, 0);
  lnt_status status = lnti_backbones_list(cli->backbones, add_row, &table, err);
  bool any = table.n_cells > 0;
  /* Those that can be read are shown, whatever another's damage is. */
  lnt_error ignored = LNT_ERROR_INIT;
  lnt_status shown = any ? lnti_table_write(&text, &table, status ? &ignored : err) : LNT_OK;
  if (!shown && any) shown = lnti_print_text(cli, &text, status ? &ignored : err);
  if (!status) status = shown;
  if (!status && !any) lnti_print(cli, "No backbones yet.\n");
  if (!status) lnti_print_next(cli, any ? "linnet predict --backbone NAME PATH..." : "linnet backbone add FILE");
  lnti_text_clear(&text);
  lnti_table_clear(&table);
  return status;
}

/* ---- adding ---- */

/** "224", or "320x240": width before height, as everywhere. */
static lnt_status read_size(lnti_backbone_spec *spec, const char *text, lnt_error *err) {
  char width[24];
  int64_t w = 0, h = 0;
  size_t n = strcspn(text, "x");
  if (n >= sizeof width) n = sizeof width - 1;
  snprintf(width, sizeof width, "%.*s", (int)n, text);
  lnt_status status = lnti_parse_int(&w, width, "--size", err);
  h = w;
  if (!status && text[n] == 'x') status = lnti_parse_int(&h, text + n + 1, "--size", err);
  if (status) return status;
  if (w < 1 || h < 1 || w > LNTI_BACKBONE_SIDE_MAX || h > LNTI_BACKBONE_SIDE_MAX)
    return lnti_fail(err, LNT_EINVAL, "--size: %s is no size: one side, or WIDTHxHEIGHT, of 1 to %d pixels", text,
                     LNTI_BACKBONE_SIDE_MAX);
  spec->w = (size_t)w;
  spec->h = (size_t)h;
  return LNT_OK;
}

/** What a file holds, or the text itself where there is no such file. */
static lnt_status read_licence(lnti_backbone_spec *spec, const char *text, lnt_error *err) {
  size_t n = 0;
  if (access(text, F_OK) != 0) return lnti_strdup(&spec->licence, text, err);
  lnt_status status = lnti_file_read(&spec->licence, &n, text, LNTI_BACKBONE_TEXT_MAX, err);
  if (!status && (strlen(spec->licence) != n || lnti_utf8_valid(spec->licence, n) < n))
    status = lnti_fail(err, LNT_EDATA, "%s: no text in UTF-8", text);
  return status;
}

static lnt_status read_labels(lnti_backbone_spec *spec, const char *path, lnt_error *err) {
  char *text = NULL;
  size_t n = 0;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_file_read(&text, &n, path, LABELS_BYTES_MAX, err);
  if (status) return status;
  status = lnti_backbone_labels(spec, text, n, path, &reason);
  free(text);
  return status ? lnti_fail(err, status, "%s: %s", path, reason.message) : LNT_OK;
}

static lnt_status copy_text(char **out, const lnti_args *args, const char *name, lnt_error *err) {
  const char *text = lnti_args_text(args, name, NULL);
  return text ? lnti_strdup(out, text, err) : LNT_OK;
}

static lnt_status read_spec(lnti_backbone_spec *spec, const lnti_args *args, lnt_error *err) {
  const char *size = lnti_args_text(args, "size", NULL), *mean = lnti_args_text(args, "mean", NULL);
  const char *std = lnti_args_text(args, "std", NULL), *labels = lnti_args_text(args, "labels", NULL);
  const char *licence = lnti_args_text(args, "licence", NULL);
  if ((mean == NULL) != (std == NULL)) return lnti_fail(err, LNT_EINVAL, "--mean and --std are given together");
  lnt_status status = copy_text(&spec->name, args, "name", err);
  if (!status) status = copy_text(&spec->layer, args, "layer", err);
  if (!status) status = copy_text(&spec->classes, args, "class-layer", err);
  if (!status && size) status = read_size(spec, size, err);
  if (!status && mean) status = lnti_backbone_channels(spec->mean, mean, "--mean", err);
  if (!status && std) status = lnti_backbone_channels(spec->std, std, "--std", err);
  if (!status && labels) status = read_labels(spec, labels, err);
  if (!status && licence) status = read_licence(spec, licence, err);
  spec->bgr = lnti_args_has(args, "bgr");
  return status;
}

static lnt_status print_added(lnti_cli *cli, const lnti_backbone_entry *e, const lnti_messages *warnings,
                              lnt_error *err) {
  const lnti_backbone_spec *s = &e->spec;
  char licence[LICENCE_SHOWN + 4];
  lnti_print(cli, "%s: pictures of %zu x %zu pixels (%s)", s->name, s->w, s->h, s->bgr ? "bgr" : "rgb");
  lnti_print(cli, ", mean %g,%g,%g, std %g,%g,%g\n", (double)s->mean[0], (double)s->mean[1], (double)s->mean[2],
             (double)s->std[0], (double)s->std[1], (double)s->std[2]);
  if (e->d > 0) {
    lnti_print(cli, "Embedding: %s numbers, of the layer ", lnti_show_count(e->d).text);
    lnt_status status = lnti_print_plain(cli, s->layer, err);
    if (status) return status;
    lnti_print(cli, "\n");
  } else {
    lnti_print(cli, "Embedding: none was found; name its layer with --layer\n");
  }
  if (e->n_classes > 0) {
    lnti_print(cli, "Classes of its own: %s, %s\n", lnti_show_count(e->n_classes).text,
               s->n_labels ? "with names" : "without names (--labels)");
  }
  short_licence(licence, s->licence);
  lnti_print(cli, "Licence: ");
  lnt_status status = lnti_print_plain(cli, licence, err);
  lnti_print(cli, "\n");
  if (!status) status = lnti_print_warnings(cli, warnings, err);
  if (!status && e->n_classes > 0) {
    lnti_print_next(cli, "linnet predict --backbone %s PATH...", s->name);
  }
  return status;
}

static lnt_status print_added_json(lnti_cli *cli, const lnti_backbone_entry *e, const lnti_messages *warnings,
                                   lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  write_entry(w, e);
  lnti_json_warnings(w, warnings);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status run_add(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_backbone_spec spec = {0};
  lnti_backbone_entry e = {0};
  lnti_messages warnings = {0};
  char *assumed = NULL;
  lnt_status status = read_spec(&spec, args, err);
  if (!status) status = lnti_backbones_add(&e, &assumed, cli->backbones, args->operands[1], &spec, &cli->context, err);
  if (!status && assumed[0]) status = lnti_messages_add(&warnings, err, "%s", assumed);
  if (!status) status = cli->json ? print_added_json(cli, &e, &warnings, err) : print_added(cli, &e, &warnings, err);
  lnti_messages_clear(&warnings);
  lnti_backbone_entry_clear(&e);
  lnti_backbone_spec_clear(&spec);
  free(assumed);
  return status;
}

/* ---- fetching ---- */

static lnt_status catalogue_line(void *payload, const lnti_catalogue_entry *e, lnt_error *err) {
  lnti_json_writer *w = payload;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "name", e->name);
  lnti_json_kv_string(w, "about", e->about);
  lnti_json_kv_string(w, "url", e->url);
  lnti_json_kv_int(w, "bytes", (int64_t)e->bytes);
  lnti_json_kv_string(w, "sha256", e->sha256);
  lnti_json_kv_string(w, "licence", e->licence);
  lnti_json_kv_string(w, "source", e->source);
  lnti_json_end_object(w);
  return lnti_json_finish(w, err);
}

static lnt_status catalogue_row(void *payload, const lnti_catalogue_entry *e, lnt_error *err) {
  lnti_shown bytes = lnti_show_bytes(e->bytes);
  const char *cells[] = {e->name, bytes.text, e->licence, e->about};
  return lnti_table_row(payload, cells, err);
}

static lnt_status run_catalogue(lnti_cli *cli, lnt_error *err) {
  static const lnti_column columns[] = {{"backbone", LNTI_ALIGN_LEFT},
                                        {"size", LNTI_ALIGN_RIGHT},
                                        {"licence", LNTI_ALIGN_LEFT},
                                        {"what it is", LNTI_ALIGN_LEFT}};
  lnti_json_writer *w = NULL;
  lnti_table table;
  lnt_status status = LNT_OK;
  if (cli->json) {
    status = lnti_cli_json(&w, cli, 0, err);
    if (!status) status = lnti_backbones_catalogue(catalogue_line, w, err);
    lnti_json_writer_free(w);
    return status;
  }
  lnti_table_init(&table, columns, 4, 0);
  status = lnti_table_print(cli, &table, lnti_backbones_catalogue(catalogue_row, &table, err), err);
  if (!status) lnti_print_next(cli, "linnet backbone pull NAME");
  return status;
}

static lnt_status run_pull(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  lnti_backbone_entry e = {0};
  lnti_messages none = {0};
  bool fetched = false;
  if (!cli->backbones)
    return lnti_fail(err, LNT_EINVAL, "where backbones are kept is not known: set LINNET_BACKBONES, or HOME");
  lnt_status status =
      lnti_backbones_pull(&e, &fetched, cli->backbones, args->operands[1], lnti_args_text(args, "from", NULL),
                          &cli->context, &cli->meter->progress, err);
  if (!status && !fetched && !cli->json) lnti_print(cli, "It is kept already.\n");
  if (!status) status = cli->json ? print_added_json(cli, &e, &none, err) : print_added(cli, &e, &none, err);
  lnti_backbone_entry_clear(&e);
  return status;
}

/* ---- removing ---- */

static lnt_status run_remove(lnti_cli *cli, const char *name, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_backbones_remove(cli->backbones, name, err);
  if (status) return status;
  if (!cli->json) {
    lnti_print(cli, "Removed %s. Models that were trained with it carry it along.\n", name);
    return LNT_OK;
  }
  status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "removed", name);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/* ---- the command ---- */

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const char *verb = args->n_operands > 0 ? args->operands[0] : "list";
  if (strcmp(verb, "list") == 0 && args->n_operands <= 1) return run_list(cli, err);
  if (strcmp(verb, "add") == 0 && args->n_operands == 2) return run_add(cli, args, err);
  if (strcmp(verb, "pull") == 0 && args->n_operands == 1) return run_catalogue(cli, err);
  if (strcmp(verb, "pull") == 0 && args->n_operands == 2) return run_pull(cli, args, err);
  if (strcmp(verb, "remove") == 0 && args->n_operands == 2) return run_remove(cli, args->operands[1], err);
  return lnti_fail(err, LNT_EINVAL, "it is 'linnet backbone add FILE', 'pull NAME', 'list' or 'remove NAME'");
}

static const lnti_cli_option option_table[] = {
    {"name", 0, "NAME", "what to call it (the file's name without its ending)", false},
    {"size", 0, "SIDE|WxH", "pixels that the network takes, where its file leaves that open (224)", false},
    {"mean", 0, "R,G,B", "mean of its training pixels, as 0 to 1; one number stands for all channels", false},
    {"std", 0, "R,G,B", "their standard deviation; the network is given (pixel - mean) / std", false},
    {"bgr", 0, NULL, "the network takes blue first", false},
    {"layer", 0, "LAYER", "value or node whose numbers are the embedding", false},
    {"class-layer", 0, "LAYER", "value or node whose numbers are the scores of its classes", false},
    {"labels", 0, "FILE", "names of its classes: one a line, or a JSON list", false},
    {"licence", 0, "FILE|TEXT", "its licence: a file with the text, or a name such as Apache-2.0", false},
    {"from", 0, "URL", "pull from there: a mirror of the same file, https or http", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_example examples[] = {
    {"Keep a network for all projects:", "linnet backbone add mobilenet_v2.onnx --licence Apache-2.0"},
    {"One that takes pixels as numbers from -1 to 1:", "linnet backbone add net.onnx --mean 0.5 --std 0.5"},
    {"Fetch one (this alone asks anything of a network):", "linnet backbone pull mobilenet_v2"},
    {"What there is:", "linnet backbone list"},
    {"What its own classes see in a picture:", "linnet predict --backbone mobilenet_v2 photo.jpg"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_backbone = {
    .name = "backbone",
    .summary = "keep networks that others have trained, to build on",
    .usage =
        "[list]\nadd FILE [--name NAME] [--size SIDE] [--mean R,G,B --std R,G,B] [--layer LAYER]\npull [NAME] [--from URL]\nremove NAME",
    .about =
        "A backbone is a network, as an ONNX or TensorFlow Lite file, that was trained on many images. What it sees in an image can "
        "be named by its own classes, with nothing trained, and is a feature to learn from: --feature "
        "embedding:NAME. Backbones are kept per person, not per "
        "project: in LINNET_BACKBONES, else in linnet/backbones below XDG_DATA_HOME (~/.local/share).\n\n"
        "What add is not told it reads from the file: size, preprocessing, names of classes, licence; "
        "the embedding is an output named so, or what the last layer takes. What is not there either is assumed, "
        "with a warning: 224 pixels, the mean and std of ImageNet.\n\n"
        "pull fetches one of a short catalogue, which it lists without NAME. The file must have the size and SHA-256 that "
        "are compiled in; cut off, the same command goes on where it ended.",
    .options = option_table,
    .examples = examples,
    .operands_max = 2,
    .run = run,
};
