/*
 * The registry, and the extractor: a feature with its parameters resolved, its pipeline planned and its
 * texts made. An extractor is not written to after lnti_extractor_new, so threads may share it; scratch
 * memory is had for each image.
 *
 * Text: NAME or NAME:KEY=VALUE,... with each key at most once; written with all keys, sorted.
 */
#include <feature/features.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the guide. */
static const lnti_feature *const registry[] = {&lnti_feature_pixels, &lnti_feature_hog};

enum { N_FEATURES = sizeof registry / sizeof *registry, TEXT_MAX = 1024 };

/* What a backbone gives has no parameters of its own, and is in no list: the backbone says it all. */
static const lnti_param no_params[] = {{0}};
static const lnti_feature embedding = {.name = "embedding",
                                       .title = "Embeddings",
                                       .help = "What a backbone sees in an image, before it decides.",
                                       .source = "",
                                       .version = 1,
                                       .dtype = LNTI_F32,
                                       .params = no_params};

struct lnti_extractor {
  const lnti_feature *feature;
  lnti_params params;
  lnti_backbone *backbone; /* NULL: the feature's own extract */
  lnti_backbone_output output;
  lnti_prepare prepare;
  size_t d, scratch_bytes;
  char *text, *key;
  char *imported_name, *imported_id; /* NULL: the vectors are made here */
};

const lnti_feature *const *lnti_features(size_t *n_out) {
  *n_out = N_FEATURES;
  return registry;
}

lnt_status lnti_feature_find(const lnti_feature **out, const char *name, lnt_error *err) {
  const char *known[N_FEATURES + 1];
  char names[128] = "";
  for (size_t i = 0; i < N_FEATURES; i++) {
    if (strcmp(registry[i]->name, name) == 0) {
      *out = registry[i];
      return LNT_OK;
    }
    known[i] = registry[i]->name;
    if (i > 0) strncat(names, ", ", sizeof names - strlen(names) - 1);
    strncat(names, registry[i]->name, sizeof names - strlen(names) - 1);
  }
  known[N_FEATURES] = embedding.name;
  const char *near = lnti_nearest_name(name, known, N_FEATURES + 1);
  if (near == embedding.name) near = LNTI_EMBEDDING_PREFIX "BACKBONE";
  return lnti_fail(err, LNT_EINVAL, "there is no feature \"%.60s\"; %s%s%s are: %s, embedding:BACKBONE", name,
                   near ? "did you mean " : "", near ? near : "", near ? "? Known" : "known", names);
}

size_t lnti_feature_size(const lnti_params *params, const char *name) {
  return (size_t)lnti_params_get(params, name);
}

lnt_status lnti_feature_set(lnti_params *params, const char *name, size_t value, lnt_error *err) {
  char *text = NULL;
  lnt_status status = lnti_asprintf(&text, err, "%zu", value);
  if (status == LNT_OK) status = lnti_params_set_value(params, name, text, err);
  free(text);
  return status;
}

/** True where the key of an assignment is that of one of the rows already seen; else marks it. */
static bool seen_before(bool *seen, const lnti_param *table, const char *assignment) {
  const size_t length = strcspn(assignment, "=");
  for (size_t i = 0; table[i].name; i++) {
    if (strlen(table[i].name) != length || strncmp(table[i].name, assignment, length) != 0) continue;
    const bool before = seen[i];
    seen[i] = true;
    return before;
  }
  return false;
}

/** Sets what a text gives after its colon; *list is cut up. */
static lnt_status parse_list(lnti_params *params, char *list, lnt_error *err) {
  bool seen[LNTI_PARAMS_MAX] = {false};
  for (char *next = list; next;) {
    char *assignment = next;
    next = strchr(assignment, ',');
    if (next) *next++ = 0;
    lnt_status status = lnti_params_set(params, assignment, err);
    if (status != LNT_OK) return status;
    if (seen_before(seen, params->table, assignment)) {
      return lnti_fail(err, LNT_EINVAL, "%s: this parameter is given twice", assignment);
    }
  }
  return LNT_OK;
}

static lnt_status parse(const lnti_feature **feature_out, lnti_params *params, const char *text, lnt_error *err) {
  char *copy = NULL;
  const lnti_feature *feature = NULL;
  lnt_status status;
  if (strlen(text) > TEXT_MAX) return lnti_fail(err, LNT_EINVAL, "a feature's text has at most %d bytes", TEXT_MAX);
  status = lnti_strdup(&copy, text, err);
  if (status != LNT_OK) return status;
  char *list = strchr(copy, ':');
  if (list) *list++ = 0;
  status = lnti_feature_find(&feature, copy, err);
  if (status != LNT_OK) goto done;
  lnti_params_init(params, feature->params);
  if (list && *list) status = parse_list(params, list, err);
  if (status == LNT_OK) *feature_out = feature;
done:
  free(copy);
  return status;
}

/** The row whose name comes next after `last` in strcmp's order; NULL after the greatest. */
static const lnti_param *next_row(const lnti_param *table, const char *last) {
  const lnti_param *best = NULL;
  for (const lnti_param *row = table; row->name; row++) {
    if (last && strcmp(row->name, last) <= 0) continue;
    if (!best || strcmp(row->name, best->name) < 0) best = row;
  }
  return best;
}

/** NAME:KEY=VALUE,... with the keys sorted; free() it. */
static lnt_status write_text(char **out, const lnti_feature *feature, const lnti_params *params, lnt_error *err) {
  lnti_text text = {0};
  char *value = NULL;
  lnt_status status = lnti_text_printf(&text, err, "%s", feature->name);
  const char *before = ":";
  for (const lnti_param *row = next_row(feature->params, NULL); row && status == LNT_OK;
       row = next_row(feature->params, row->name)) {
    status = lnti_params_text(&value, params, row->name, err);
    if (status == LNT_OK) status = lnti_text_printf(&text, err, "%s%s=%s", before, row->name, value);
    free(value);
    value = NULL;
    before = ",";
  }
  if (status != LNT_OK) {
    lnti_text_clear(&text);
    return status;
  }
  *out = text.data;
  return LNT_OK;
}

/** What a model file holds must say everything: LNT_EDATA for a value still left to be found out. */
static lnt_status check_resolved(const lnti_feature *feature, const lnti_params *params, lnt_error *err) {
  for (const lnti_param *row = feature->params; row->name; row++) {
    char *value = NULL;
    lnt_status status = lnti_params_text(&value, params, row->name, err);
    if (status != LNT_OK) return status;
    const bool open = strcmp(value, "auto") == 0;
    free(value);
    if (open) {
      return lnti_fail(err, LNT_EDATA, "the feature \"%s\" leaves %s open; a resolved text gives every value",
                       feature->name, row->name);
    }
  }
  return LNT_OK;
}

static lnt_status make_texts(lnti_extractor *extractor, lnt_error *err) {
  char pipeline[LNTI_PREPARE_TEXT];
  lnt_status status = write_text(&extractor->text, extractor->feature, &extractor->params, err);
  if (status != LNT_OK) return status;
  lnti_prepare_text(pipeline, &extractor->prepare);
  return lnti_asprintf(&extractor->key, err, "%s;%s;v%u;d%u", extractor->text, pipeline, extractor->feature->version,
                       (unsigned)LNTI_DECODE_VERSION);
}

lnt_status lnti_extractor_new(lnti_extractor **out, const char *text, const lnti_image_traits *traits, lnt_error *err) {
  static const lnti_image_traits nothing_known = {0};
  lnti_extractor *extractor = NULL;
  lnt_status status = lnti_alloc_zero(&extractor, 1, sizeof *extractor, err);
  if (status != LNT_OK) return status;
  status = parse(&extractor->feature, &extractor->params, text, err);
  if (status == LNT_OK && !traits) status = check_resolved(extractor->feature, &extractor->params, err);
  if (status != LNT_OK) goto done;
  /* Also where all is resolved: it checks the combination. */
  status = extractor->feature->resolve(&extractor->params, traits ? traits : &nothing_known, err);
  if (status != LNT_OK) goto done;
  status =
      extractor->feature->plan(&extractor->prepare, &extractor->d, &extractor->scratch_bytes, &extractor->params, err);
  if (status != LNT_OK) goto done;
  status = make_texts(extractor, err);
  if (status != LNT_OK) goto done;
  *out = extractor;
  extractor = NULL;
done:
  lnti_extractor_free(extractor);
  return status;
}

lnt_status lnti_extractor_of_backbone(lnti_extractor **out, lnti_backbone *backbone, lnti_backbone_output output,
                                      lnt_error *err) {
  lnti_extractor *extractor = NULL;
  char *key = NULL;
  const lnti_backbone_spec *spec = lnti_backbone_get_spec(backbone);
  lnt_status status = lnti_alloc_zero(&extractor, 1, sizeof *extractor, err);
  if (status != LNT_OK) {
    lnti_backbone_free(backbone);
    return status;
  }
  extractor->backbone = backbone;
  extractor->output = output;
  extractor->feature = &embedding;
  extractor->prepare = lnti_backbone_prepare(backbone);
  extractor->d = lnti_backbone_d(backbone, output);
  lnti_params_init(&extractor->params, no_params);
  if (extractor->d == 0) {
    status = lnti_fail(err, LNT_EINVAL,
                       output == LNTI_BACKBONE_CLASSES
                           ? "the backbone \"%s\" has no classes of its own; its embeddings are for training"
                           : "which layer of the backbone \"%s\" is the embedding is not clear; name it: --layer",
                       spec->name);
    goto done;
  }
  status = lnti_backbone_key(&key, backbone, output, err);
  if (status == LNT_OK)
    status = lnti_asprintf(&extractor->text, err, "%s%s@%s", LNTI_EMBEDDING_PREFIX, spec->name,
                           output == LNTI_BACKBONE_CLASSES ? spec->classes : spec->layer);
  if (status == LNT_OK)
    status = lnti_asprintf(&extractor->key, err, "%s%s;v%u;d%u", LNTI_EMBEDDING_PREFIX, key, embedding.version,
                           (unsigned)LNTI_DECODE_VERSION);
  if (status != LNT_OK) goto done;
  *out = extractor;
  extractor = NULL;
done:
  free(key);
  lnti_extractor_free(extractor);
  return status;
}

lnt_status lnti_extractor_of_imported(lnti_extractor **out, const char *name, const char *id, size_t d,
                                      lnt_error *err) {
  lnti_extractor *extractor = NULL;
  lnt_status status = lnti_alloc_zero(&extractor, 1, sizeof *extractor, err);
  if (status != LNT_OK) return status;
  extractor->feature = &embedding;
  extractor->d = d;
  lnti_params_init(&extractor->params, no_params);
  status = lnti_strdup(&extractor->imported_name, name, err);
  if (status == LNT_OK) status = lnti_strdup(&extractor->imported_id, id, err);
  if (status == LNT_OK) status = lnti_asprintf(&extractor->text, err, "%s%s", LNTI_EMBEDDING_PREFIX, name);
  if (status == LNT_OK) status = lnti_asprintf(&extractor->key, err, "%s;imported:%s", extractor->text, id);
  if (status != LNT_OK) {
    lnti_extractor_free(extractor);
    return status;
  }
  *out = extractor;
  return LNT_OK;
}

void lnti_extractor_free(lnti_extractor *extractor) {
  if (!extractor) return;
  lnti_backbone_free(extractor->backbone);
  free(extractor->imported_id);
  free(extractor->imported_name);
  free(extractor->key);
  free(extractor->text);
  free(extractor);
}

const lnti_feature *lnti_extractor_feature(const lnti_extractor *extractor) {
  return extractor->feature;
}

const char *lnti_extractor_name(const lnti_extractor *extractor) {
  const lnti_backbone *backbone = extractor->backbone;
  if (extractor->imported_name) return extractor->imported_name;
  return backbone ? lnti_backbone_get_spec(backbone)->name : extractor->feature->name;
}

const char *lnti_extractor_text(const lnti_extractor *extractor) {
  return extractor->text;
}

const char *lnti_extractor_key(const lnti_extractor *extractor) {
  return extractor->key;
}

const lnti_prepare *lnti_extractor_prepare(const lnti_extractor *extractor) {
  return &extractor->prepare;
}

size_t lnti_extractor_d(const lnti_extractor *extractor) {
  return extractor->d;
}

lnti_dtype lnti_extractor_dtype(const lnti_extractor *extractor) {
  return extractor->feature->dtype;
}

lnti_dtype lnti_extractor_stored_dtype(const lnti_extractor *extractor) {
  bool embeds = extractor->imported_id || (extractor->backbone && extractor->output == LNTI_BACKBONE_EMBEDDING);
  return embeds ? LNTI_F16 : extractor->feature->dtype;
}

lnti_backbone *lnti_extractor_backbone(const lnti_extractor *extractor) {
  return extractor->backbone;
}

const char *lnti_extractor_imported(const lnti_extractor *extractor) {
  return extractor->imported_id;
}

/* Beyond an f16's range its end: no more than two numbers of a picture that is like no other. */
static void round_to_f16(float *values, size_t n) {
  const float most = 65504;
  for (size_t i = 0; i < n; i++) {
    float v = values[i] > most ? most : values[i] < -most ? -most : values[i];
    values[i] = lnti_f16_value(lnti_f16_of(v));
  }
}

static lnt_status run_backbone(void *out, const lnti_extractor *extractor, const lnti_image *image, lnt_error *err) {
  float *values = NULL;
  lnt_status status = lnti_alloc(&values, extractor->d, sizeof *values, err);
  if (status == LNT_OK) status = lnti_backbone_run(values, extractor->backbone, extractor->output, image, err);
  if (status == LNT_OK && extractor->output == LNTI_BACKBONE_EMBEDDING) round_to_f16(values, extractor->d);
  if (status == LNT_OK) memcpy(out, values, extractor->d * sizeof *values);
  free(values);
  return status;
}

lnt_status lnti_extractor_run(void *out, const lnti_extractor *extractor, const lnti_blob *blob,
                              const lnti_image_limits *limits, lnt_error *err) {
  lnti_image image = {0};
  void *scratch = NULL;
  if (extractor->imported_id) {
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "%s was computed elsewhere: its vector of a new image cannot be made here, only imported (linnet "
                     "import --embeddings)",
                     extractor->text);
  }
  lnt_status status = lnti_prepare_run(&image, &extractor->prepare, blob, limits, err);
  if (status != LNT_OK) return status;
  if (extractor->backbone) {
    status = run_backbone(out, extractor, &image, err);
    goto done;
  }
  if (extractor->scratch_bytes > 0) {
    status = lnti_alloc_aligned(&scratch, extractor->scratch_bytes, 1, err);
    if (status != LNT_OK) goto done;
  }
  extractor->feature->extract(out, &image, scratch, &extractor->params);
done:
  free(scratch);
  lnti_image_clear(&image);
  return status;
}
