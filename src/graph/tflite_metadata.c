/*
 * What a TensorFlow Lite file says of itself: a few texts in the model, a FlatBuffer of its own among the buffers (TFLITE_METADATA,
 * metadata_schema.fbs of tflite-support), and files in a zip behind the network, of which the labels are read.
 */
#include <graph/tflite_internal.h>

#include <base/error.h>
#include <base/json.h>
#include <base/text.h>
#include <media/zip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields of Model and Metadata, ModelMetadata, SubGraphMetadata, TensorMetadata, ProcessUnit, NormalizationOptions,
 * AssociatedFile. */
enum { M_DESCRIPTION = 3, M_METADATA = 6, E_NAME = 0, E_BUFFER = 1 };
enum { D_NAME = 0, D_DESCRIPTION = 1, D_VERSION = 2, D_NETWORKS = 3, D_AUTHOR = 4, D_LICENCE = 5 };
enum { N_INPUTS = 2, N_OUTPUTS = 3, T_UNITS = 4, T_FILES = 6 };
enum { U_TYPE = 0, U_OPTIONS = 1, UNIT_NORMALISATION = 1, O_MEAN = 0, O_STD = 1 };
enum { F_NAME = 0, F_TYPE = 2, F_LOCALE = 3, FILE_LABELS = 2 };

enum {
  LISTED_MAX = 64,
  MEMBERS_MAX = 1024,
  TEXT_MAX = 4096,
  LONG_TEXT_MAX = 1 << 20,
  LABELS_BYTES_MAX = 16 << 20,
  CHANNELS_MAX = 16
};

static lnt_status add_text(lnti_graph *graph, const char *key, const char *text, lnt_error *err) {
  if (!*text || lnti_graph_metadata(graph, key)) return LNT_OK;
  return lnti_graph_add_metadata(graph, key, strlen(key), text, strlen(text), err);
}

static lnt_status add_field(lnti_graph *graph, const char *key, const lnti_flat_table *table, unsigned field,
                            lnt_error *err) {
  char *text = NULL; /* a licence may have many pages */
  const lnti_flat_list bytes = lnti_flat_field_list(table, field, 1);
  size_t room = bytes.n < LONG_TEXT_MAX ? bytes.n + 1 : LONG_TEXT_MAX;
  lnt_status status = lnti_alloc(&text, room, 1, err);
  if (status) return status;
  lnti_flat_text(text, room, table, field);
  status = add_text(graph, key, text, err);
  free(text);
  return status;
}

/* ---- what pixels become ---- */

/* (p/255 - mean) / std, of each channel. */
typedef struct normalisation {
  double mean[CHANNELS_MAX], std[CHANNELS_MAX];
  size_t n; /* 0: not said */
} normalisation;

/* Whoever runs a quantised network gives it the pixels as they are, from 0 on or, with a sign, from -128 on. */
static lnt_status of_quantised(normalisation *out, const lnti_tflite_tensor *t, lnt_error *err) {
  double scale = 1, first = t->type == LNTI_TFLITE_I8 ? 128 : 0;
  int64_t zero = 0;
  bool quantised = false;
  lnt_status status = lnti_tflite_quantised(&quantised, &scale, &zero, t, err);
  if (!quantised) zero = 0;
  *out = (normalisation){.n = 1, .mean = {(first + (double)zero) / 255}, .std = {1 / (255 * scale)}};
  return status;
}

static void of_unit(normalisation *out, const lnti_flat_table *unit) {
  if (lnti_flat_int(unit, U_TYPE, 1, 0) != UNIT_NORMALISATION) return;
  const lnti_flat_table options = lnti_flat_child(unit, U_OPTIONS);
  const lnti_flat_list mean = lnti_flat_field_list(&options, O_MEAN, 4), std = lnti_flat_field_list(&options, O_STD, 4);
  if (mean.n == 0 || mean.n > CHANNELS_MAX || (std.n != mean.n && std.n != 1)) return;
  out->n = mean.n;
  for (size_t c = 0; c < mean.n; c++) {
    out->mean[c] = (double)lnti_flat_real_at(&mean, c) / 255;
    out->std[c] = (double)lnti_flat_real_at(&std, std.n == 1 ? 0 : c) / 255;
  }
}

static lnt_status add_normalisation(lnti_graph *graph, normalisation *n, size_t channels, lnt_error *err) {
  static const char *const keys[] = {"mean", "std"};
  const double *const lists[] = {n->mean, n->std};
  if (n->n == 0) return LNT_OK;
  size_t shown = n->n == 1 && channels <= 4 ? channels : n->n;
  for (size_t k = 0; k < 2; k++) {
    char text[CHANNELS_MAX * 32] = "";
    for (size_t c = 0, used = 0; c < shown; c++) {
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%.9g", c ? "," : "", lists[k][n->n == 1 ? 0 : c]);
    }
    lnt_status status = add_text(graph, keys[k], text, err);
    if (status) return status;
  }
  return LNT_OK;
}

/* ---- labels ---- */

/* Lines of a text as a JSON list, without empty ones at its end. */
static lnt_status add_labels(lnti_graph *graph, char *lines, size_t n, lnt_error *err) {
  lnti_text json = {0};
  lnti_json_writer *w = NULL;
  while (n > 0 && (lines[n - 1] == '\n' || lines[n - 1] == '\r')) n--;
  lines[n] = 0;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &json, 0, err);
  if (status) return status;
  lnti_json_begin_array(w);
  for (char *line = lines, *end = NULL; n > 0 && line; line = end) {
    end = strchr(line, '\n');
    if (end) *end++ = 0;
    line[strcspn(line, "\r")] = 0;
    lnti_json_string(w, line);
  }
  lnti_json_end_array(w);
  status = lnti_json_finish(w, err);
  if (!status)
    status = lnti_graph_add_metadata(graph, "labels", strlen("labels"), json.data, strcspn(json.data, "\n"), err);
  lnti_json_writer_free(w);
  lnti_text_clear(&json);
  return status;
}

/* The file of this name in the zip behind the network; nothing where there is no zip, or not that file. */
static lnt_status read_labels(lnti_graph *graph, const lnti_flat *file, const char *name, lnt_error *err) {
  static const char what[] = "the labels packed into the network's file";
  static const lnti_archive_caps caps = {.members_max = MEMBERS_MAX,
                                         .file_bytes_max = LABELS_BYTES_MAX,
                                         .nested_bytes_max = LABELS_BYTES_MAX,
                                         .total_bytes_max = LABELS_BYTES_MAX,
                                         .ratio_max = 100};
  const lnti_span span = {.fd = -1, .memory = file->data, .bytes = file->bytes};
  lnti_index index = {0};
  char *lines = NULL;
  lnt_status status = lnti_zip_index(&index, &span, what, &caps, NULL, err);
  size_t row = status ? LNTI_NO_ROW : lnti_index_find(&index, name, strlen(name));
  if (status == LNT_ENOTFOUND) {
    status = LNT_OK;
  } else if (!status && row != LNTI_NO_ROW) {
    const size_t n = (size_t)index.row[row].bytes;
    status = lnti_alloc(&lines, n + 1, 1, err);
    if (!status) status = lnti_zip_read((uint8_t *)lines, &span, &index.row[row], what, err);
    if (!status && memchr(lines, 0, n)) status = lnti_fail(err, LNT_EDATA, "%s are no text", what);
    if (!status) status = add_labels(graph, lines, n, err);
  }
  free(lines);
  lnti_index_clear(&index);
  return status;
}

/* The labels of an output; of several files the one for no language in particular. */
static lnt_status find_labels(lnti_graph *graph, const lnti_flat *file, const lnti_flat_table *output, lnt_error *err) {
  const lnti_flat_list files = lnti_flat_field_list(output, T_FILES, 4);
  char name[TEXT_MAX] = "";
  for (size_t i = 0; i < files.n && i < LISTED_MAX; i++) {
    const lnti_flat_table one = lnti_flat_table_at(&files, i);
    if (lnti_flat_int(&one, F_TYPE, 1, 0) != FILE_LABELS) continue;
    bool plain = lnti_flat_field_list(&one, F_LOCALE, 1).n == 0;
    if (!*name || plain) lnti_flat_text(name, sizeof name, &one, F_NAME);
    if (plain) break;
  }
  return *name ? read_labels(graph, file, name, err) : LNT_OK;
}

/* ---- the whole ---- */

static lnt_status read_described(normalisation *out, lnti_graph *graph, const lnti_flat *file, lnti_flat *nested,
                                 lnt_error *err) {
  const lnti_flat_table root = lnti_flat_root(nested);
  const lnti_flat_list networks = lnti_flat_field_list(&root, D_NETWORKS, 4);
  lnt_status status = add_field(graph, "name", &root, D_NAME, err);
  if (!status) status = add_field(graph, "description", &root, D_DESCRIPTION, err);
  if (!status) status = add_field(graph, "version", &root, D_VERSION, err);
  if (!status) status = add_field(graph, "author", &root, D_AUTHOR, err);
  if (!status) status = add_field(graph, "licence", &root, D_LICENCE, err);
  if (status || networks.n == 0) return status;
  const lnti_flat_table network = lnti_flat_table_at(&networks, 0);
  const lnti_flat_list inputs = lnti_flat_field_list(&network, N_INPUTS, 4),
                       outputs = lnti_flat_field_list(&network, N_OUTPUTS, 4);
  if (inputs.n > 0) {
    const lnti_flat_table input = lnti_flat_table_at(&inputs, 0);
    const lnti_flat_list units = lnti_flat_field_list(&input, T_UNITS, 4);
    for (size_t i = 0; i < units.n && i < LISTED_MAX; i++) {
      const lnti_flat_table unit = lnti_flat_table_at(&units, i);
      of_unit(out, &unit);
    }
  }
  for (size_t k = 0; k < outputs.n && k < LISTED_MAX && !status && !lnti_graph_metadata(graph, "labels"); k++) {
    const lnti_flat_table output = lnti_flat_table_at(&outputs, k);
    status = find_labels(graph, file, &output, err);
  }
  return status;
}

lnt_status lnti_tflite_metadata(lnti_graph *graph, const lnti_flat_table *model, const lnti_flat_list *buffers,
                                const lnti_tflite_tensor *input, lnt_error *err) {
  const lnti_flat_list entries = lnti_flat_field_list(model, M_METADATA, 4);
  normalisation n = {0};
  lnti_flat nested = {0};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < entries.n && i < LISTED_MAX && !nested.data && !status; i++) {
    const lnti_flat_table entry = lnti_flat_table_at(&entries, i);
    char name[64];
    lnti_flat_text(name, sizeof name, &entry, E_NAME);
    if (strcmp(name, "TFLITE_METADATA") != 0) continue;
    status = lnti_tflite_buffer(&nested.data, &nested.bytes, model->file, buffers,
                                (uint32_t)lnti_flat_int(&entry, E_BUFFER, 4, 0), err);
    if (!status) status = read_described(&n, graph, model->file, &nested, err);
    if (!status && nested.damage) status = lnti_fail(err, LNT_EDATA, "the file's metadata have %s", nested.damage);
  }
  /* What TensorFlow's converter writes of every model says nothing. */
  char text[TEXT_MAX];
  lnti_flat_text(text, sizeof text, model, M_DESCRIPTION);
  if (!status && strcmp(text, "MLIR Converted.") != 0 && strcmp(text, "TOCO Converted.") != 0) {
    status = add_text(graph, "description", text, err);
  }
  if (status || !input) return status;
  bool bytes = input->type == LNTI_TFLITE_U8 || (input->type == LNTI_TFLITE_I8 && n.n == 0);
  if (bytes) status = of_quantised(&n, input, err);
  size_t rank = input->shape.rank, channels = rank == 4 ? input->shape.dim[rank - 1] : 1;
  return status ? status : add_normalisation(graph, &n, channels, err);
}
