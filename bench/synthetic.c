/*
 * Synthetic projects: each batch of items is one write, then its answers another, as import does it. What an item is depends
 * on the seed and its number alone.
 */
#include "synthetic.h"

#include <base/error.h>
#include <base/rng.h>
#include <flow/annotate/annotate.h>
#include <flow/ontology_set.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_SOURCES = 8, N_FORMATS = 5, N_CLASSES = 12, N_BRANCHES = 4, N_LEAVES = 4, GROUP = 100 };

static const char *const meta_keys[LNTI_SYNTHETIC_META_KEYS] = {"operator", "camera", "site",
                                                                "date",     "batch",  "patient"};
static const uint32_t meta_codes[LNTI_SYNTHETIC_META_KEYS] = {50, 100, 200, 1000, 5000, 50000};

/* Everything that is drawn for one item, in the order of drawing. */
typedef struct drawn {
  uint32_t split, format, class, part, w, h, bytes;
  uint32_t meta[LNTI_SYNTHETIC_META_KEYS];
  uint64_t content;
  double sharpness, brightness, contrast, severity;
  bool labelled, unsure, equal, near;
} drawn;

typedef struct filling {
  lnti_project *project;
  const lnti_synthetic *options;
  lnti_ontology *ontology;
  size_t class_question, part_question, severity_question;
  size_t class_option[N_CLASSES], part_option[N_BRANCHES * (N_LEAVES + 1)];
  lnti_op op;
  lnti_rng rng;
  uint32_t batch_code; /* of the item before, */
  uint64_t content;    /* and its picture */
  size_t begin, end;   /* of the batch */
  drawn *rows;         /* [end - begin] */
  int64_t *ids;        /* [n_items] */
  lnti_annotation *annotations;
  size_t n_annotations;
  lnti_duplicate *duplicates;
  size_t n_duplicates;
} filling;

/* Few codes are frequent, most are rare. */
static uint32_t skewed(lnti_rng *rng, uint32_t n) {
  return (uint32_t)(n * pow(lnti_rng_unit(rng), 2.5));
}

static void draw(drawn *out, filling *f) {
  lnti_rng *rng = &f->rng;
  *out = (drawn){.split = skewed(rng, 3),
                 .format = skewed(rng, N_FORMATS),
                 .class = skewed(rng, N_CLASSES),
                 .part = skewed(rng, N_BRANCHES * (N_LEAVES + 1))};
  out->w = 200 + (uint32_t)lnti_rng_below(rng, 4000);
  out->h = 200 + (uint32_t)lnti_rng_below(rng, 3000);
  out->bytes = 2000 + (uint32_t)lnti_rng_below(rng, 8000000);
  for (size_t k = 0; k < LNTI_SYNTHETIC_META_KEYS; k++) out->meta[k] = skewed(rng, meta_codes[k]);
  if (lnti_rng_below(rng, 4) > 0) out->meta[4] = f->batch_code; /* folders come in runs */
  f->batch_code = out->meta[4];
  out->sharpness = lnti_rng_unit(rng) * lnti_rng_unit(rng);
  out->brightness = lnti_rng_unit(rng);
  out->contrast = lnti_rng_unit(rng);
  out->severity = (double)lnti_rng_below(rng, 21) / 2;
  out->labelled = lnti_rng_unit(rng) < f->options->share_labelled;
  out->unsure = lnti_rng_below(rng, 200) == 0;
  double u = lnti_rng_unit(rng);
  out->equal = u < f->options->share_equal;
  if (!out->equal) f->content++;
  out->content = f->content;
  out->near = !out->equal && u < f->options->share_equal + f->options->share_near;
}

/* ---- the ontology ---- */

static lnt_status add_options(lnti_text *json, const char *prefix, size_t n, bool tree, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < n && !status; i++) {
    status = lnti_text_printf(json, err, "%s{\"id\": \"%s%zu\"", i ? ", " : "", prefix, i);
    if (!status && tree) status = lnti_text_printf(json, err, ", \"options\": [");
    for (size_t j = 0; tree && j < N_LEAVES && !status; j++) {
      status = lnti_text_printf(json, err, "%s{\"id\": \"leaf%zu\"}", j ? ", " : "", j);
    }
    if (!status) status = lnti_text_printf(json, err, tree ? "]}" : "}");
  }
  return status;
}

static void find_options(filling *f) {
  const lnti_ontology *o = f->ontology;
  size_t n_class = 0, n_part = 0;
  for (size_t i = 0; i < o->n_options; i++) {
    if (o->options[i].question == f->class_question) f->class_option[n_class++] = i;
    if (o->options[i].question == f->part_question) f->part_option[n_part++] = i;
  }
}

static lnt_status set_ontology(filling *f, lnt_error *err) {
  lnti_text json = {0};
  lnti_ontology *parsed = NULL;
  lnt_status status = lnti_text_printf(&json, err,
                                       "{\"name\": \"Synthetic\", \"classifications\": [{\"id\": \"class\", \"type\": "
                                       "\"radio\", \"options\": [");
  if (!status) status = add_options(&json, "class", N_CLASSES, false, err);
  if (!status) status = lnti_text_printf(&json, err, "]}, {\"id\": \"part\", \"type\": \"tree\", \"options\": [");
  if (!status) status = add_options(&json, "branch", N_BRANCHES, true, err);
  if (!status) {
    status = lnti_text_printf(&json, err,
                              "]}, {\"id\": \"severity\", \"type\": \"number\", \"min\": 0, \"max\": 10, "
                              "\"step\": 0.5}]}");
  }
  if (!status) status = lnti_ontology_parse(&parsed, json.data, json.length, "synthetic", err);
  if (!status) status = lnti_ontology_set(f->project, parsed, err);
  if (!status) status = lnti_store_ontology(&f->ontology, f->project->store, err);
  if (!status) status = lnti_ontology_find_question(&f->class_question, f->ontology, "class", err);
  if (!status) status = lnti_ontology_find_question(&f->part_question, f->ontology, "part", err);
  if (!status) status = lnti_ontology_find_question(&f->severity_question, f->ontology, "severity", err);
  if (!status) find_options(f);
  lnti_ontology_free(parsed);
  lnti_text_clear(&json);
  return status;
}

/* ---- items ---- */

static lnt_status write_meta(lnti_tx *tx, const filling *f, int64_t id, const drawn *row, const int64_t *key_ids,
                             lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t k = 0; k < f->options->n_meta_keys && !status; k++) {
    char value[32];
    uint32_t code = row->meta[k];
    if (k == 3) {
      snprintf(value, sizeof value, "%04u-%02u-%02u", 2020 + code / 336, 1 + code / 28 % 12, 1 + code % 28);
    } else if (k == 4) {
      snprintf(value, sizeof value, "%u", code); /* numbers */
    } else {
      snprintf(value, sizeof value, "%s-%05u", meta_keys[k], code);
    }
    status = lnti_tx_meta(tx, id, key_ids[k], value, err);
  }
  return status;
}

static lnt_status write_item(lnti_tx *tx, filling *f, size_t i, int64_t op_id, const int64_t *sources, lnt_error *err) {
  static const char *const splits[] = {"train", "test", "val"};
  static const char *const formats[] = {"jpeg", "png", "tiff", "webp", "bmp"};
  const drawn *row = &f->rows[i - f->begin];
  char member[64];
  uint64_t content = f->options->seed << 40 ^ row->content;
  bool existed = false;
  size_t source = i * N_SOURCES / f->options->n_items;
  snprintf(member, sizeof member, "folder_%04u/img_%07zu.%s", row->meta[4], i, formats[row->format]);
  lnti_item item = {
      .source_id = sources[source],
      .member = member,
      .h = row->h,
      .w = row->w,
      .c = 3,
      .depth = row->format == 2 ? 16 : 8,
      .format = formats[row->format],
      .bytes = row->bytes,
      .split = splits[row->split],
      .stage = row->labelled ? "done" : "annotate",
      .facts = {
          .has_quality = true, .sharpness = row->sharpness, .brightness = row->brightness, .contrast = row->contrast}};
  lnti_hash_bytes(&item.content, &content, sizeof content);
  return lnti_tx_item(tx, &f->ids[i], &existed, op_id, &item, err);
}

static lnt_status write_batch(void *payload, lnti_tx *tx, lnt_error *err) {
  filling *f = payload;
  int64_t op_id = 0, sources[N_SOURCES], key_ids[LNTI_SYNTHETIC_META_KEYS];
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &f->op, err);
  for (size_t s = 0; s < N_SOURCES && !status; s++) {
    char path[64];
    snprintf(path, sizeof path, "/synthetic/source %zu", s);
    status = lnti_tx_source(tx, &sources[s], LNTI_SOURCE_FOLDER, path, err);
  }
  for (size_t k = 0; k < f->options->n_meta_keys && !status; k++) {
    status = lnti_tx_meta_key(tx, &key_ids[k], meta_keys[k], err);
  }
  for (size_t i = f->begin; i < f->end && !status; i++) {
    status = write_item(tx, f, i, op_id, sources, err);
    if (!status) status = write_meta(tx, f, f->ids[i], &f->rows[i - f->begin], key_ids, err);
  }
  return status;
}

/* ---- answers ---- */

static void annotate(filling *f, size_t i) {
  const drawn *row = &f->rows[i - f->begin];
  lnti_annotation a = {.item_id = f->ids[i], .confidence = (double)NAN};
  if (!row->labelled) return;
  a.answer = (lnti_answer){f->class_question, LNTI_ANSWERED, f->class_option[row->class], (double)NAN, NULL};
  if (row->unsure) a.answer = (lnti_answer){f->class_question, LNTI_UNSURE, LNTI_NONE, (double)NAN, NULL};
  f->annotations[f->n_annotations++] = a;
  a.answer = (lnti_answer){f->part_question, LNTI_ANSWERED, f->part_option[row->part], (double)NAN, NULL};
  f->annotations[f->n_annotations++] = a;
  if (i % 4) return;
  a.answer = (lnti_answer){f->severity_question, LNTI_ANSWERED, LNTI_NONE, row->severity, NULL};
  f->annotations[f->n_annotations++] = a;
}

static lnt_status write_answers(void *payload, lnti_tx *tx, lnt_error *err) {
  filling *f = payload;
  const lnti_annotate_options options = {.source = LNTI_BY_IMPORT};
  int64_t op_id = 0;
  lnti_annotated written = {0};
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &f->op, err);
  if (status) return status;
  return lnti_annotate(tx, &written, f->ontology, op_id, f->annotations, f->n_annotations, &options, err);
}

/* ---- duplicates ---- */

/* An item that equals or is like the one before makes a set of two with it, or joins its set. */
static void link_to_previous(filling *f, size_t i, const drawn *row) {
  if (i == 0 || !(row->equal || row->near)) return;
  lnti_duplicate *last = f->n_duplicates ? &f->duplicates[f->n_duplicates - 1] : NULL;
  if (!last || last->item_id != f->ids[i - 1]) {
    last = &f->duplicates[f->n_duplicates++];
    *last = (lnti_duplicate){f->ids[i - 1], f->ids[i - 1], f->ids[i - 1], row->equal ? 0 : 7};
  }
  f->duplicates[f->n_duplicates++] =
      (lnti_duplicate){f->ids[i], row->equal ? last->equal_id : f->ids[i], last->near_id, row->equal ? 0 : 7};
}

static lnt_status write_duplicates(void *payload, lnti_tx *tx, lnt_error *err) {
  const filling *f = payload;
  return lnti_tx_duplicates(tx, f->duplicates, f->n_duplicates, err);
}

/* ---- all ---- */

static lnt_status fill_batch(filling *f, lnt_error *err) {
  f->n_annotations = 0;
  for (size_t i = f->begin; i < f->end; i++) draw(&f->rows[i - f->begin], f);
  lnt_status status = lnti_store_write(f->project->store, write_batch, f, err);
  if (status) return status;
  for (size_t i = f->begin; i < f->end; i++) {
    annotate(f, i);
    link_to_previous(f, i, &f->rows[i - f->begin]);
  }
  if (f->n_annotations) status = lnti_store_write(f->project->store, write_answers, f, err);
  if (!status && f->options->progress) f->options->progress(f->end, f->options->n_items);
  return status;
}

lnt_status lnti_synthetic_fill(lnti_project *project, const lnti_synthetic *options, lnt_error *err) {
  filling f = {.project = project, .options = options};
  if (options->n_meta_keys > LNTI_SYNTHETIC_META_KEYS) {
    return lnti_fail(err, LNT_EINVAL, "there are %d metadata keys, not %zu", LNTI_SYNTHETIC_META_KEYS,
                     options->n_meta_keys);
  }
  lnti_rng_seed(&f.rng, options->seed, 0);
  lnt_status status = lnti_alloc(&f.ids, options->n_items, sizeof *f.ids, err);
  if (!status) status = lnti_alloc(&f.rows, LNTI_SYNTHETIC_BATCH, sizeof *f.rows, err);
  if (!status) status = lnti_alloc(&f.annotations, 3 * (size_t)LNTI_SYNTHETIC_BATCH, sizeof *f.annotations, err);
  if (!status) status = lnti_alloc(&f.duplicates, options->n_items + 1, sizeof *f.duplicates, err);
  if (!status) status = set_ontology(&f, err);
  lnti_project_op(&f.op, project, LNTI_OP_IMPORT, "synthetic");
  while (!status && f.end < options->n_items) {
    f.begin = f.end;
    f.end = options->n_items - f.begin < LNTI_SYNTHETIC_BATCH ? options->n_items : f.begin + LNTI_SYNTHETIC_BATCH;
    status = fill_batch(&f, err);
  }
  if (!status && f.n_duplicates) status = lnti_store_write(project->store, write_duplicates, &f, err);
  lnti_ontology_free(f.ontology);
  free(f.duplicates);
  free(f.annotations);
  free(f.rows);
  free(f.ids);
  return status;
}
