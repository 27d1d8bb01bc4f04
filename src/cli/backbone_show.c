/*
 * backbone show: source, licence, preprocessing, classes and layers of one backbone.
 */
#include <cli/backbone_show.h>

#include <base/alloc.h>
#include <base/error.h>
#include <cli/format.h>
#include <cli/table.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_SHOWN = 5, SHAPE_TEXT = 128 };

void lnti_short_licence(char out[LNTI_LICENCE_SHOWN], const char *licence) {
  const size_t room = LNTI_LICENCE_SHOWN - sizeof "...";
  if (!licence) {
    snprintf(out, LNTI_LICENCE_SHOWN, "not said");
    return;
  }
  size_t n = strcspn(licence, "\r\n"), shown = lnti_utf8_valid(licence, n < room ? n : room);
  snprintf(out, LNTI_LICENCE_SHOWN, "%.*s%s", (int)shown, licence, strlen(licence) > shown ? "..." : "");
}

void lnti_backbone_entry_json(lnti_json_writer *w, const lnti_backbone_entry *e, bool labels) {
  lnti_backbone_spec_write(w, &e->spec, labels);
  lnti_json_kv_string(w, "file", e->path);
  lnti_json_kv_int(w, "bytes", (int64_t)e->bytes);
  lnti_json_kv_string(w, "sha256", e->sha256);
  lnti_json_kv_int(w, "d", (int64_t)e->d);
  lnti_json_kv_int(w, "n_classes", (int64_t)e->n_classes);
}

/* ---- JSON ---- */

static lnt_status layer_json(void *payload, const lnti_backbone_layer *layer, lnt_error *err) {
  lnti_json_writer *w = payload;
  (void)err;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "layer", layer->name);
  lnti_json_kv_string(w, "operator", layer->op);
  lnti_json_key(w, "shape");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < layer->rank; i++) lnti_json_int(w, (int64_t)layer->dim[i]);
  lnti_json_end_array(w);
  lnti_json_kv_int(w, "d", (int64_t)layer->d);
  lnti_json_end_object(w);
  return LNT_OK;
}

static lnt_status show_json(lnti_cli *cli, const lnti_backbone_entry *e, const lnti_backbone *backbone,
                            lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_backbone_entry_json(w, e, true);
  lnti_json_key(w, "layers");
  lnti_json_begin_array(w);
  status = lnti_backbone_layers(backbone, layer_json, w, err);
  lnti_json_end_array(w);
  lnti_json_end_object(w);
  if (!status) status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

/* ---- text ---- */

static lnt_status row(lnti_table *table, const char *name, const char *value, lnt_error *err) {
  const char *cells[] = {name, value};
  return lnti_table_row(table, cells, err);
}

/* "1,001, of the layer logits: background; tench; ..." */
static lnt_status classes_text(lnti_text *out, const lnti_backbone_entry *e, lnt_error *err) {
  const lnti_backbone_spec *s = &e->spec;
  if (e->n_classes == 0) return lnti_text_printf(out, err, "none");
  lnt_status status =
      lnti_text_printf(out, err, "%s, of the layer %s%s", lnti_show_count(e->n_classes).text, s->classes,
                       s->n_labels ? ": " : "; without names (linnet backbone add FILE --labels FILE)");
  for (size_t i = 0; i < s->n_labels && i < LABELS_SHOWN && !status; i++)
    status = lnti_text_printf(out, err, "%s%s", i ? "; " : "", s->label[i]);
  return !status && s->n_labels > LABELS_SHOWN ? lnti_text_printf(out, err, "; ...") : status;
}

static lnt_status add_facts(lnti_table *table, const lnti_backbone_entry *e, lnt_error *err) {
  const lnti_backbone_spec *s = &e->spec;
  lnti_text classes = {0};
  char pixels[160], licence[LNTI_LICENCE_SHOWN], embedding[LNT_ERROR_MESSAGE_BYTES];
  lnti_short_licence(licence, s->licence);
  snprintf(pixels, sizeof pixels, "%zu x %zu, %s, mean %g,%g,%g, std %g,%g,%g", s->w, s->h, s->bgr ? "bgr" : "rgb",
           (double)s->mean[0], (double)s->mean[1], (double)s->mean[2], (double)s->std[0], (double)s->std[1],
           (double)s->std[2]);
  if (e->d > 0) {
    snprintf(embedding, sizeof embedding, "%s numbers, of the layer %.400s", lnti_show_count(e->d).text, s->layer);
  } else {
    snprintf(embedding, sizeof embedding, "none was found; choose a layer");
  }
  lnt_status status = classes_text(&classes, e, err);
  if (!status) status = row(table, "backbone", s->name, err);
  if (!status) status = row(table, "file", e->path, err);
  if (!status) status = row(table, "size", lnti_show_bytes(e->bytes).text, err);
  if (!status) status = row(table, "SHA-256", e->sha256, err);
  if (!status) status = row(table, "source", s->source ? s->source : "not said", err);
  if (!status) status = row(table, "licence", licence, err);
  if (!status) status = row(table, "pictures", pixels, err);
  if (!status && s->precision == LNTI_BF16)
    status = row(table, "precision", "bf16 where the CPU multiplies it (AMX), else f32", err);
  if (!status) status = row(table, "classes", classes.data, err);
  if (!status) status = row(table, "embedding", embedding, err);
  lnti_text_clear(&classes);
  return status;
}

/* Its shape without the one picture. Names stand last: some are longer than a line. */
static lnt_status layer_row(void *payload, const lnti_backbone_layer *layer, lnt_error *err) {
  char shape[SHAPE_TEXT] = "", d[24];
  size_t used = 0;
  for (size_t i = layer->rank > 1 && layer->dim[0] == 1; i < layer->rank && used < sizeof shape; i++) {
    used += (size_t)snprintf(shape + used, sizeof shape - used, "%s%zu", used ? " x " : "", layer->dim[i]);
  }
  snprintf(d, sizeof d, "%zu", layer->d);
  const char *cells[] = {d, shape, layer->op, layer->name};
  return lnti_table_row(payload, cells, err);
}

static lnt_status print_next(lnti_cli *cli, const char *name, lnt_error *err) {
  char *feature = NULL;
  lnt_status status = lnti_asprintf(&feature, err, "embedding:%s", name);
  if (!status) {
    lnti_print_next(cli, "linnet train --feature %s, or with @LAYER behind it",
                    lnti_shell_word(feature, "embedding:NAME").text);
  }
  free(feature);
  return status;
}

static lnt_status show(lnti_cli *cli, const char *name, const lnti_backbone_entry *e, const lnti_backbone *backbone,
                       lnt_error *err) {
  static const lnti_column facts[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  static const lnti_column columns[] = {{"embedding", LNTI_ALIGN_RIGHT},
                                        {"shape", LNTI_ALIGN_LEFT},
                                        {"made by", LNTI_ALIGN_LEFT},
                                        {"layer", LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnti_table_init(&table, facts, 2, 0);
  lnt_status status = lnti_table_print(cli, &table, add_facts(&table, e, err), err);
  if (status) return status;
  lnti_print(cli, "\n");
  lnti_table_init(&table, columns, 4, 0);
  status = lnti_table_print(cli, &table, lnti_backbone_layers(backbone, layer_row, &table, err), err);
  return status ? status : print_next(cli, name, err);
}

lnt_status lnti_backbone_show(lnti_cli *cli, const char *name, lnt_error *err) {
  lnti_backbone_entry e = {0};
  lnti_backbone *backbone = NULL;
  lnt_status status = lnti_backbones_look(&e, &backbone, cli->backbones, name, &cli->context, err);
  if (status) return status;
  status = cli->json ? show_json(cli, &e, backbone, err) : show(cli, name, &e, backbone, err);
  lnti_backbone_entry_clear(&e);
  lnti_backbone_free(backbone);
  return status;
}
