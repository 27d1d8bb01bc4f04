/*
 * backbone: networks that others have trained, kept for all projects of a person.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <cli/backbone_show.h>
#include <cli/commands.h>
#include <cli/format.h>
#include <cli/refused.h>
#include <cli/table.h>
#include <flow/backbone/backbone_pull.h>
#include <flow/backbone/backbones.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LABELS_BYTES_MAX = 64 << 20 };

/* ---- listing ---- */

typedef struct listing {
  lnti_table table;
  lnti_json_writer *json;
  lnti_refused damaged;
} listing;

static lnt_status add_row(void *payload, const lnti_backbone_entry *e, lnt_error *err) {
  char size[48], d[24], classes[24], licence[LNTI_LICENCE_SHOWN];
  listing *l = payload;
  lnti_shown bytes = lnti_show_bytes(e->bytes);
  snprintf(size, sizeof size, "%zux%zu", e->spec.w, e->spec.h);
  snprintf(d, sizeof d, e->d ? "%zu" : "-", e->d);
  snprintf(classes, sizeof classes, e->n_classes ? "%zu" : "-", e->n_classes);
  lnti_short_licence(licence, e->spec.licence);
  const char *cells[] = {e->spec.name, size, d, classes, bytes.text, licence};
  return lnti_table_row(&l->table, cells, err);
}

static lnt_status add_line(void *payload, const lnti_backbone_entry *e, lnt_error *err) {
  const listing *l = payload;
  lnti_json_begin_object(l->json);
  lnti_backbone_entry_json(l->json, e, false);
  lnti_json_end_object(l->json);
  return lnti_json_finish(l->json, err);
}

static void add_damaged(void *payload, const char *name, lnt_status code, const char *reason) {
  listing *l = payload;
  lnti_refused_add(&l->damaged, name, code, reason);
}

static lnt_status run_list_json(lnti_cli *cli, listing *l, lnt_error *err) {
  lnt_status status = lnti_cli_json(&l->json, cli, 0, err);
  if (!status) status = lnti_backbones_list(cli->backbones, add_line, add_damaged, l, err);
  for (size_t i = 0; i < l->damaged.n && !status; i++) {
    lnti_json_begin_object(l->json);
    lnti_json_kv_string(l->json, "name", l->damaged.row[i].path);
    lnti_json_error(l->json, l->damaged.row[i].code, l->damaged.row[i].reason);
    lnti_json_end_object(l->json);
    status = lnti_json_finish(l->json, err);
  }
  lnti_json_writer_free(l->json);
  return status;
}

/* Those that can be read are shown, whatever another's damage is. */
static lnt_status run_list_text(lnti_cli *cli, listing *l, lnt_error *err) {
  static const lnti_column columns[] = {{"backbone", LNTI_ALIGN_LEFT},   {"pixels", LNTI_ALIGN_RIGHT},
                                        {"embedding", LNTI_ALIGN_RIGHT}, {"classes", LNTI_ALIGN_RIGHT},
                                        {"size", LNTI_ALIGN_RIGHT},      {"licence", LNTI_ALIGN_LEFT}};
  lnti_messages warnings = {0};
  lnti_table_init(&l->table, columns, 6, 0);
  lnt_status status = lnti_backbones_list(cli->backbones, add_row, add_damaged, l, err);
  bool any = l->table.n_cells > 0;
  status = lnti_table_print(cli, &l->table, status, err);
  for (size_t i = 0; i < l->damaged.n && !status; i++)
    status = lnti_messages_add(&warnings, err, "%s", l->damaged.row[i].reason);
  if (!status && !any && l->damaged.total == 0) lnti_print(cli, "No backbones yet.\n");
  if (!status) status = lnti_print_warnings(cli, &warnings, err);
  if (!status) {
    lnti_print_next(cli, any ? "linnet backbone show NAME, or linnet predict --backbone NAME PATH..."
                             : "linnet backbone add FILE, or linnet backbone pull NAME");
  }
  lnti_messages_clear(&warnings);
  return status;
}

static lnt_status run_list(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  listing l = {.json = NULL};
  (void)args;
  lnt_status status = cli->json ? run_list_json(cli, &l, err) : run_list_text(cli, &l, err);
  if (!status && l.damaged.total > 0) cli->exit_code = LNTI_EXIT_PARTLY;
  lnti_refused_clear(&l.damaged);
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

static bool ends_as_file(const char *text) {
  static const char *const endings[] = {".txt", ".md", ".html"};
  size_t n = strlen(text);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    size_t m = strlen(endings[i]);
    if (n > m && strcmp(text + n - m, endings[i]) == 0) return true;
  }
  return false;
}

/** What a file holds, or the text itself where there is no such file. */
static lnt_status read_licence(lnti_backbone_spec *spec, const char *text, lnt_error *err) {
  size_t n = 0;
  if (access(text, F_OK) != 0 && !ends_as_file(text)) return lnti_strdup(&spec->licence, text, err);
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
  const char *precision = lnti_args_text(args, "precision", "f32");
  if ((mean == NULL) != (std == NULL)) return lnti_fail(err, LNT_EINVAL, "--mean and --std are given together");
  lnt_status status = copy_text(&spec->name, args, "name", err);
  if (!status) status = copy_text(&spec->layer, args, "layer", err);
  if (!status) status = copy_text(&spec->classes, args, "class-layer", err);
  if (!status && size) status = read_size(spec, size, err);
  if (!status && mean) status = lnti_backbone_channels(spec->mean, mean, "--mean", err);
  if (!status && std) status = lnti_backbone_channels(spec->std, std, "--std", err);
  if (!status && labels) status = read_labels(spec, labels, err);
  if (!status && licence) status = read_licence(spec, licence, err);
  if (!status && strcmp(precision, "f32") != 0 && strcmp(precision, "bf16") != 0)
    status = lnti_fail(err, LNT_EINVAL, "--precision %s: f32 or bf16 are possible", precision);
  spec->precision = strcmp(precision, "bf16") == 0 ? LNTI_BF16 : LNTI_F32;
  spec->bgr = lnti_args_has(args, "bgr");
  return status;
}

/** What bf16 gains and costs; pictures 0 where it is not asked for, or the CPU has none. */
static lnt_status compare_precisions(lnti_backbone_agreement *out, lnti_cli *cli, const lnti_backbone_entry *e,
                                     lnti_messages *warnings, lnt_error *err) {
  lnti_backbone *backbone = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  *out = (lnti_backbone_agreement){0};
  if (e->spec.precision != LNTI_BF16) return LNT_OK;
  if (!lnti_backbone_runs_bf16(&cli->context)) {
    return lnti_messages_add(warnings, err,
                             "this CPU, or the level it is held to, has no products of bf16 (AMX): here %s runs in f32",
                             e->spec.name);
  }
  lnt_status status =
      lnti_backbones_open(&backbone, cli->backbones, e->spec.name, NULL,
                          e->d ? LNTI_BACKBONE_EMBEDDING : LNTI_BACKBONE_CLASSES, &cli->context, &reason);
  if (!status) status = lnti_backbone_agreement_of(out, backbone, &cli->context, &reason);
  lnti_backbone_free(backbone);
  if (status == LNT_ECANCELLED)
    return lnti_fail(err, status, "cancelled; %s is kept, and the same command compares it", e->spec.name);
  return status ? lnti_messages_add(warnings, err, "%s is kept, and could not be compared with f32: %s", e->spec.name,
                                    reason.message)
                : LNT_OK;
}

static void print_agreement(lnti_cli *cli, const lnti_backbone_agreement *a) {
  if (a->pictures == 0) return;
  lnti_print(cli,
             "In bf16: numbers differ from those in f32 by at most %.2g %% of the largest, the greatest is the same in "
             "%zu of %zu made-up pictures; %.3g ms a picture, in f32 %.3g\n",
             100 * a->difference, a->same, a->pictures, a->ms, a->ms_f32);
  lnti_print(cli, a->difference < 0.1 ? "As a rule models learn as well from them; linnet evaluate says.\n"
                                      : "That is much: judge a model with linnet evaluate before relying on it.\n");
  if (a->ms > a->ms_f32) lnti_print(cli, "It gains nothing here: keep this network in f32.\n");
}

static lnt_status print_added(lnti_cli *cli, const lnti_backbone_entry *e, const lnti_backbone_agreement *agreement,
                              const lnti_messages *warnings, lnt_error *err) {
  const lnti_backbone_spec *s = &e->spec;
  char licence[LNTI_LICENCE_SHOWN];
  lnti_print(cli, "%s: pictures of %zu x %zu pixels (%s)", s->name, s->w, s->h, s->bgr ? "bgr" : "rgb");
  lnti_print(cli, ", mean %g,%g,%g, std %g,%g,%g\n", (double)s->mean[0], (double)s->mean[1], (double)s->mean[2],
             (double)s->std[0], (double)s->std[1], (double)s->std[2]);
  if (e->d > 0) {
    lnti_print(cli, "Embedding: %s numbers, of the layer ", lnti_show_count(e->d).text);
    lnt_status status = lnti_print_plain(cli, s->layer, err);
    if (status) return status;
    lnti_print(cli, "\n");
  } else {
    lnti_print(cli, "Embedding: none was found; name its layer with --layer (linnet backbone show lists them)\n");
  }
  if (e->n_classes > 0) {
    lnti_print(cli, "Classes of its own: %s, %s\n", lnti_show_count(e->n_classes).text,
               s->n_labels ? "with names" : "without names (--labels)");
  }
  print_agreement(cli, agreement);
  lnti_short_licence(licence, s->licence);
  lnti_print(cli, "Licence: ");
  lnt_status status = lnti_print_plain(cli, licence, err);
  lnti_print(cli, "\n");
  if (!status) status = lnti_print_warnings(cli, warnings, err);
  if (!status && e->n_classes > 0) {
    lnti_print_next(cli, "linnet predict --backbone %s PATH...", s->name);
  }
  return status;
}

static lnt_status print_added_json(lnti_cli *cli, const lnti_backbone_entry *e,
                                   const lnti_backbone_agreement *agreement, const lnti_messages *warnings,
                                   lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_backbone_entry_json(w, e, false);
  if (agreement->pictures > 0) {
    lnti_json_key(w, "agreement");
    lnti_json_begin_object(w);
    lnti_json_kv_real(w, "difference", agreement->difference);
    lnti_json_kv_int(w, "pictures", (int64_t)agreement->pictures);
    lnti_json_kv_int(w, "same", (int64_t)agreement->same);
    lnti_json_kv_real(w, "ms", agreement->ms);
    lnti_json_kv_real(w, "ms_f32", agreement->ms_f32);
    lnti_json_end_object(w);
  }
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
  lnti_backbone_agreement agreement;
  char *assumed = NULL;
  lnt_status status = read_spec(&spec, args, err);
  if (!status) status = lnti_backbones_add(&e, &assumed, cli->backbones, args->operands[1], &spec, &cli->context, err);
  if (!status && assumed[0]) status = lnti_messages_add(&warnings, err, "%s", assumed);
  if (!status) status = compare_precisions(&agreement, cli, &e, &warnings, err);
  if (!status) {
    status = cli->json ? print_added_json(cli, &e, &agreement, &warnings, err)
                       : print_added(cli, &e, &agreement, &warnings, err);
  }
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

static lnt_status run_catalogue(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  static const lnti_column columns[] = {{"backbone", LNTI_ALIGN_LEFT},
                                        {"size", LNTI_ALIGN_RIGHT},
                                        {"licence", LNTI_ALIGN_LEFT},
                                        {"what it is", LNTI_ALIGN_LEFT}};
  lnti_json_writer *w = NULL;
  lnti_table table;
  lnt_status status = LNT_OK;
  (void)args;
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
  const lnti_backbone_agreement f32 = {0};
  bool fetched = false;
  const lnti_backbone_wanted wanted = {
      .name = args->operands[1], .as = lnti_args_text(args, "name", NULL), .from = lnti_args_text(args, "from", NULL)};
  lnt_status status =
      lnti_backbones_pull(&e, &fetched, cli->backbones, &wanted, &cli->context, &cli->meter->progress, err);
  if (!status && !fetched && !cli->json) lnti_print(cli, "It is kept already.\n");
  if (!status)
    status = cli->json ? print_added_json(cli, &e, &f32, &none, err) : print_added(cli, &e, &f32, &none, err);
  lnti_backbone_entry_clear(&e);
  return status;
}

/* ---- removing ---- */

static lnt_status run_remove(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  const char *name = args->operands[1];
  lnt_status status = lnti_backbones_remove(cli->backbones, name, err);
  if (status || cli->json) return status ? status : lnti_cli_removed_json(cli, name, err);
  lnti_print(cli, "Removed %s. Models that were trained with it carry it along.\n", name);
  return LNT_OK;
}

static lnt_status run_show(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  return lnti_backbone_show(cli, args->operands[1], err);
}

/* ---- the command ---- */

static const lnti_cli_option option_table[] = {
    {"name", 0, "NAME", "what to call it (the file's name without its ending, or that of the catalogue)", false},
    {"size", 0, "SIDE|WxH", "pixels that the network takes, where its file leaves that open (224)", false},
    {"mean", 0, "R,G,B", "mean of its training pixels, as 0 to 1; one number stands for all channels", false},
    {"std", 0, "R,G,B", "their standard deviation; the network is given (pixel - mean) / std", false},
    {"precision", 0, "f32|bf16", "how it multiplies: in f32, or rounded to bf16 on CPUs that have AMX (f32)", false},
    {"bgr", 0, NULL, "the network takes blue first", false},
    {"layer", 0, "LAYER", "value or node whose numbers are the embedding", false},
    {"class-layer", 0, "LAYER", "value or node whose numbers are the scores of its classes", false},
    {"labels", 0, "FILE", "names of its classes: one a line, or a JSON list", false},
    {"licence", 0, "FILE|TEXT", "its licence: a file with the text, or a name such as Apache-2.0", false},
    {"from", 0, "URL", "pull from there: a mirror of the same file, https or http", false},
    LNTI_CLI_OPTIONS_END,
};

static const lnti_form forms[] = {
    {"list", "backbone list", "", 1, 1, run_list},
    {"show", "backbone show NAME", "", 2, 2, run_show},
    {"add", "backbone add FILE", "name|size|mean|std|precision|bgr|layer|class-layer|labels|licence", 2, 2, run_add},
    {"pull", "backbone pull", "", 1, 1, run_catalogue},
    {"pull", "backbone pull NAME", "name|from", 2, 2, run_pull},
    {"remove", "backbone remove NAME", "", 2, 2, run_remove},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  return lnti_command_run_form(&lnti_cmd_backbone, forms, cli, args, err);
}

static const lnti_example examples[] = {
    {"Keep a network for all projects:", "linnet backbone add mobilenet_v2.onnx --licence Apache-2.0"},
    {"One that takes pixels as numbers from -1 to 1:", "linnet backbone add net.onnx --mean 0.5 --std 0.5"},
    {"Fetch one (this alone asks anything of a network):", "linnet backbone pull mobilenet_v2"},
    {"What there is:", "linnet backbone list"},
    {"All of one, with the layers to learn from:", "linnet backbone show mobilenet_v2"},
    {"What its own classes see in a picture:", "linnet predict --backbone mobilenet_v2 photo.jpg"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_backbone = {
    .name = "backbone",
    .summary = "keep networks that others have trained, to build on",
    .usage =
        "[list]\nadd FILE [--name NAME] [--size SIDE] [--mean R,G,B --std R,G,B] [--precision bf16] [--layer LAYER]\n"
        "pull [NAME] [--name NAME] [--from URL]\nshow NAME|FILE\nremove NAME",
    .about =
        "A backbone is a network, as an ONNX or TensorFlow Lite file, that was trained on many images. What it sees in an image can "
        "be named by its own classes, with nothing trained, and is a feature to learn from: --feature "
        "embedding:NAME. Backbones are kept per person, not per "
        "project: in LINNET_BACKBONES, else in linnet/backbones below XDG_DATA_HOME (~/.local/share).\n\n"
        "What add is not told it reads from the file: size, preprocessing, names of classes, licence; "
        "the embedding is an output named so, or what the last layer takes. What is not there either is assumed, "
        "with a warning: 224 pixels, the mean and std of ImageNet.\n\n"
        "--precision bf16 keeps it as one that rounds what it multiplies, where the CPU multiplies bf16 (AMX): add says "
        "how far its numbers then differ, and how fast it is. Elsewhere it runs in f32.\n\n"
        "show says all that is known of one, and lists its layers: --feature embedding:NAME@LAYER learns from another one than "
        "its own.\n\n"
        "pull fetches one of a short catalogue, which it lists without NAME. The file must have the size and SHA-256 that "
        "are compiled in; cut off, the same command goes on where it ended.",
    .options = option_table,
    .examples = examples,
    .operands_max = 2,
    .run = run,
};
