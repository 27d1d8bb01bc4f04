/*
 * The model file: manifest.json and the learner's tensors in the container of lnt.h. Every field of the manifest is
 * checked when it is read, as if its writer meant harm; what the file says twice (the number of features, the
 * pipeline) must agree. Field by field: docs/formats/model.md.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <base/json.h>
#include <base/text.h>
#include <inttypes.h>
#include <linnet/version.h>
#include <model/manifest_task.h>
#include <model/model.h>
#include <stdlib.h>
#include <string.h>

static const char manifest_name[] = "manifest.json";
static const char network_name[] = "backbone/network";

enum { METRICS_DEPTH_MAX = 16, TREE_BYTES_MAX = 512 << 20 };

#define COUNT_MAX LNTI_MANIFEST_COUNT_MAX

/* ---- what a model's description must be, saved or opened ---- */

/* A hash in hex, or "". */
static bool is_fingerprint(const char *text) {
  size_t n = strnlen(text, LNTI_HASH_HEX); /* a text longer than a hash has this length */
  return (n == 0 || n == LNTI_HASH_HEX - 1) && strspn(text, "0123456789abcdef") == n;
}

/* The one list of conditions for both ways: what is saved can be opened. */
static lnt_status check_description(const lnt_model *model, lnt_error *err) {
  const char *lacks = NULL;
  if (!model->name || !model->name[0]) lacks = "a name";
  if (!model->target || !model->target[0]) lacks = "a target";
  if (!model->target_title) lacks = "the target's title";
  if (!model->calibrated_on) lacks = "what it was calibrated on";
  if (lacks) return lnti_fail(err, LNT_EINVAL, "it lacks %s", lacks);
  if (model->n_train > COUNT_MAX || model->n_calibration > COUNT_MAX || model->created_ms > COUNT_MAX ||
      model->question_id < 0 || (uint64_t)model->question_id > COUNT_MAX || model->question_made_ms > COUNT_MAX)
    return lnti_fail(err, LNT_EINVAL, "its numbers of rows or its date are above 2^53");
  if (!is_fingerprint(model->data_fingerprint)) return lnti_fail(err, LNT_EINVAL, "its 'data_fingerprint' is no hash");
  return lnti_manifest_check_task(model, err);
}

/* ---- writing ---- */

/* One JSON value, as it was read, once more. */
static lnt_status emit(lnti_json_writer *w, const lnti_json_value *value, unsigned depth, lnt_error *err) {
  if (depth > METRICS_DEPTH_MAX)
    return lnti_fail(err, LNT_EDATA, "metrics or cross_validation are nested deeper than %d levels", METRICS_DEPTH_MAX);
  bool object = value->type == LNTI_JSON_TYPE_OBJECT;
  switch (value->type) {
    case LNTI_JSON_TYPE_NULL:
      lnti_json_null(w);
      return LNT_OK;
    case LNTI_JSON_TYPE_BOOL:
      lnti_json_bool(w, value->boolean);
      return LNT_OK;
    case LNTI_JSON_TYPE_NUMBER:
      lnti_json_real(w, value->number);
      return LNT_OK;
    case LNTI_JSON_TYPE_STRING:
      lnti_json_string(w, value->text);
      return LNT_OK;
    case LNTI_JSON_TYPE_ARRAY:
      lnti_json_begin_array(w);
      break;
    case LNTI_JSON_TYPE_OBJECT:
      lnti_json_begin_object(w);
      break;
  }
  for (const lnti_json_value *child = value->first; child; child = child->next) {
    if (object) lnti_json_key(w, child->key);
    lnt_status status = emit(w, child, depth + 1, err);
    if (status != LNT_OK) return status;
  }
  if (object)
    lnti_json_end_object(w);
  else
    lnti_json_end_array(w);
  return LNT_OK;
}

/* An object that comes as text, under its key. */
static lnt_status write_object(lnti_json_writer *w, const char *key, const char *text, lnt_error *err) {
  lnti_arena arena = {.cap = TREE_BYTES_MAX};
  const lnti_json_value *value = NULL;
  lnt_status status = lnti_json_parse(&value, &arena, text, strlen(text), key, err);
  if (status == LNT_OK && value->type != LNTI_JSON_TYPE_OBJECT)
    status = lnti_fail(err, LNT_EINVAL, "the %s of a model must be a JSON object", key);
  lnti_json_key(w, key);
  if (status == LNT_OK) status = emit(w, value, 0, err);
  lnti_arena_clear(&arena);
  return status;
}

lnt_status lnti_model_write_snapshot(lnti_json_writer *w, const lnt_model *model, lnt_error *err) {
  if (model->snapshot_json) return write_object(w, "snapshot", model->snapshot_json, err);
  lnti_json_key(w, "snapshot");
  lnti_json_null(w);
  return LNT_OK;
}

lnt_status lnti_model_write_choice(lnti_json_writer *w, const lnt_model *model, lnt_error *err) {
  if (model->choice_json) return write_object(w, "cross_validation", model->choice_json, err);
  lnti_json_key(w, "cross_validation");
  lnti_json_null(w);
  return LNT_OK;
}

/* How an image is prepared; nothing where no image is. */
static void pipeline_text(char out[LNTI_PREPARE_TEXT], const lnti_extractor *extractor) {
  if (lnti_extractor_imported(extractor)) {
    out[0] = '\0';
  } else {
    lnti_prepare_text(out, lnti_extractor_prepare(extractor));
  }
}

static void write_fields(lnti_json_writer *w, const lnt_model *model, const char *seed) {
  const lnti_fitted *fitted = model->fitted;
  const lnti_backbone *backbone = lnti_extractor_backbone(model->extractor);
  char pipeline[LNTI_PREPARE_TEXT];
  const char *imported = lnti_extractor_imported(model->extractor);
  pipeline_text(pipeline, model->extractor);
  bool classes = model->task == LNTI_MULTICLASS;
  lnti_json_kv_int(w, "format", classes ? 1 : LNTI_LNT_FORMAT);
  lnti_json_kv_string(w, "linnet", lnt_version());
  lnti_json_kv_string(w, "name", model->name);
  if (!classes) lnti_json_kv_string(w, "task", lnti_task_name(model->task));
  lnti_json_kv_string(w, "target", model->target);
  lnti_json_kv_string(w, "target_title", model->target_title);
  lnti_manifest_write_names(w, "classes", model->classes, model->n_classes);
  lnti_json_kv_string(w, "pipeline", pipeline);
  lnti_json_kv_string(w, "feature", lnti_extractor_text(model->extractor));
  if (backbone) {
    lnti_json_key(w, "backbone");
    lnti_json_begin_object(w);
    lnti_backbone_spec_write(w, lnti_backbone_get_spec(backbone), false);
    lnti_json_end_object(w);
  }
  if (imported) lnti_json_kv_string(w, "imported", imported);
  lnti_json_kv_int(w, "feature_version", lnti_extractor_feature(model->extractor)->version);
  lnti_json_kv_int(w, "d", (int64_t)fitted->d);
  lnti_json_kv_string(w, "dtype", lnti_dtype_name(fitted->dtype));
  lnti_json_kv_string(w, "precision", "f32");
  lnti_json_kv_string(w, "learner", fitted->learner->name);
  lnti_json_key(w, "params");
  lnti_params_write(w, &fitted->params);
  lnti_manifest_write_calibration(w, model);
  lnti_manifest_write_task(w, model);
  if (model->novelty) lnti_novelty_write(w, model->novelty);
  lnti_json_kv_int(w, "n_train", (int64_t)model->n_train);
  lnti_json_kv_string(w, "data_fingerprint", model->data_fingerprint);
  lnti_json_kv_string(w, "seed", seed);
  lnti_json_kv_int(w, "created_ms", (int64_t)model->created_ms);
  if (model->question_id == 0) return;
  lnti_json_key(w, "question");
  lnti_json_begin_object(w);
  lnti_json_kv_int(w, "id", model->question_id);
  lnti_json_kv_int(w, "made_ms", (int64_t)model->question_made_ms);
  lnti_json_end_object(w);
}

static lnt_status write_manifest(lnti_text *out, const lnt_model *model, lnt_error *err) {
  lnti_json_writer *w = NULL;
  char *seed = NULL; /* as text: JSON numbers end at 2^53 */
  lnt_status status = lnti_asprintf(&seed, err, "%" PRIu64, model->seed);
  if (status == LNT_OK) status = lnti_json_writer_new(&w, lnti_json_sink_text, out, 2, err);
  if (status == LNT_OK) {
    lnti_json_begin_object(w);
    write_fields(w, model, seed);
    if (model->choice_json) status = lnti_model_write_choice(w, model, err);
    if (!status && model->snapshot_json) status = lnti_model_write_snapshot(w, model, err);
    if (status == LNT_OK) status = write_object(w, "metrics", model->metrics_json ? model->metrics_json : "{}", err);
  }
  if (status == LNT_OK) {
    lnti_json_end_object(w);
    status = lnti_json_finish(w, err);
  }
  lnti_json_writer_free(w);
  free(seed);
  return status;
}

/* That what is saved is complete, and is of one piece. */
static lnt_status check_complete(const lnt_model *model, lnt_error *err) {
  lnt_error inner = LNT_ERROR_INIT;
  const lnti_fitted *fitted = model->fitted;
  lnt_status status = check_description(model, &inner);
  if (status == LNT_OK && (!model->extractor || !fitted))
    status = lnti_fail(&inner, LNT_EINVAL, "it lacks %s", model->extractor ? "a fitted learner" : "a feature");
  if (status != LNT_OK) return lnti_fail(err, status, "the model cannot be saved: %s", inner.message);
  if (fitted->task != model->task)
    return lnti_fail(err, LNT_EINVAL, "the model cannot be saved: its task is %s, but it was fitted to a %s one",
                     lnti_task_name(model->task), lnti_task_name(fitted->task));
  if (fitted->n_classes != model->n_classes || fitted->d != lnti_extractor_d(model->extractor) ||
      fitted->dtype != lnti_extractor_dtype(model->extractor))
    return lnti_fail(err, LNT_EINVAL,
                     "the model cannot be saved: %zu classes and %zu features, but fitted to %zu and %zu",
                     model->n_classes, lnti_extractor_d(model->extractor), fitted->n_classes, fitted->d);
  return LNT_OK;
}

/* The file that the backbone was read from, as it is. */
static lnt_status put_network(lnti_lnt_writer *file, const lnti_backbone *backbone, lnt_error *err) {
  size_t bytes = 0;
  if (!backbone) return LNT_OK;
  const void *data = lnti_backbone_data(&bytes, backbone);
  return lnti_lnt_put(file, network_name, data, bytes, err);
}

lnt_status lnti_model_save(const lnt_model *model, const char *path, lnt_error *err) {
  lnti_text manifest = {0};
  lnti_lnt_writer *file = NULL;
  lnt_status status = check_complete(model, err);
  if (status == LNT_OK) status = write_manifest(&manifest, model, err);
  if (status == LNT_OK && manifest.length > LNTI_MANIFEST_MAX)
    status = lnti_fail(err, LNT_ELIMIT, "the manifest of %s has %zu bytes; %d are the most", path, manifest.length,
                       LNTI_MANIFEST_MAX);
  if (status == LNT_OK) status = lnti_lnt_create(&file, path, err);
  if (status == LNT_OK) status = lnti_lnt_put(file, manifest_name, manifest.data, manifest.length, err);
  if (status == LNT_OK) status = put_network(file, lnti_extractor_backbone(model->extractor), err);
  if (status == LNT_OK) status = model->fitted->learner->save(model->fitted, file, err);
  if (status == LNT_OK && model->novelty) status = lnti_novelty_save(model->novelty, file, err);
  if (status == LNT_OK)
    status = lnti_lnt_commit(file, err);
  else
    lnti_lnt_discard(file);
  lnti_text_clear(&manifest);
  return status;
}

/* ---- reading ---- */

lnt_status lnti_manifest_borrow(const char **out, const lnti_json_value *object, const char *key, lnt_error *err) {
  lnt_status status = lnti_json_get_string(out, object, key, NULL, err);
  if (status == LNT_OK && !*out) return lnti_fail(err, LNT_EDATA, "it lacks '%s'", key);
  return status;
}

lnt_status lnti_manifest_string(char **out, const lnti_json_value *object, const char *key, lnt_error *err) {
  const char *text = NULL;
  lnt_status status = lnti_manifest_borrow(&text, object, key, err);
  return status == LNT_OK ? lnti_strdup(out, text, err) : status;
}

lnt_status lnti_manifest_count(int64_t *out, const lnti_json_value *object, const char *key, int64_t min, int64_t max,
                               lnt_error *err) {
  if (!lnti_json_get(object, key)) return lnti_fail(err, LNT_EDATA, "it lacks '%s'", key);
  return lnti_json_get_int(out, object, key, min, min, max, err);
}

/* Files of before it have none. */
static lnt_status read_question(lnt_model *model, const lnti_json_value *manifest, lnt_error *err) {
  const lnti_json_value *question = lnti_json_get(manifest, "question");
  int64_t id = 0, made_ms = 0;
  if (!question) return LNT_OK;
  lnt_status status = lnti_manifest_count(&id, question, "id", 1, COUNT_MAX, err);
  if (status == LNT_OK) status = lnti_manifest_count(&made_ms, question, "made_ms", 0, COUNT_MAX, err);
  model->question_id = id;
  model->question_made_ms = (uint64_t)made_ms;
  return status;
}

/* Decimal digits of a 64-bit number, and nothing else. */
static lnt_status read_seed(uint64_t *out, const lnti_json_value *manifest, lnt_error *err) {
  const char *text = NULL;
  lnt_status status = lnti_manifest_borrow(&text, manifest, "seed", err);
  if (status != LNT_OK) return status;
  uint64_t value = 0;
  size_t i = 0;
  for (; text[i] >= '0' && text[i] <= '9'; i++) {
    unsigned digit = (unsigned)(text[i] - '0');
    if (value > (UINT64_MAX - digit) / 10) break;
    value = value * 10 + digit;
  }
  if (i == 0 || text[i] != '\0') return lnti_fail(err, LNT_EDATA, "'seed' is no 64-bit number");
  *out = value;
  return LNT_OK;
}

static lnt_status read_fingerprint(char out[LNTI_HASH_HEX], const lnti_json_value *manifest, lnt_error *err) {
  const char *text = NULL;
  lnt_status status = lnti_manifest_borrow(&text, manifest, "data_fingerprint", err);
  if (status != LNT_OK) return status;
  if (!is_fingerprint(text)) return lnti_fail(err, LNT_EDATA, "its 'data_fingerprint' is no hash");
  memcpy(out, text, strlen(text) + 1);
  return LNT_OK;
}

/* An object as text, NULL where it is empty or not there. */
static lnt_status read_object(char **out, const lnti_json_value *manifest, const char *key, lnt_error *err) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  const lnti_json_value *object = lnti_json_get(manifest, key);
  if (!object) return LNT_OK;
  if (object->type != LNTI_JSON_TYPE_OBJECT) return lnti_fail(err, LNT_EDATA, "'%s' is no object", key);
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, err);
  if (status == LNT_OK) status = emit(w, object, 0, err);
  if (status == LNT_OK) status = lnti_json_finish(w, err);
  if (status == LNT_OK && object->length) status = lnti_strndup(out, text.data, text.length, err);
  lnti_json_writer_free(w);
  lnti_text_clear(&text);
  return status;
}

static lnt_status read_story(lnt_model *model, const lnti_json_value *manifest, lnt_error *err) {
  int64_t n_train = 0, created = 0;
  lnt_status status = lnti_manifest_count(&n_train, manifest, "n_train", 0, COUNT_MAX, err);
  if (status == LNT_OK) status = lnti_manifest_count(&created, manifest, "created_ms", 0, COUNT_MAX, err);
  if (status == LNT_OK) status = read_fingerprint(model->data_fingerprint, manifest, err);
  if (status == LNT_OK) status = read_seed(&model->seed, manifest, err);
  if (status == LNT_OK && !lnti_json_get(manifest, "metrics"))
    status = lnti_fail(err, LNT_EDATA, "'metrics' is no object");
  if (status == LNT_OK) status = read_object(&model->metrics_json, manifest, "metrics", err);
  if (status == LNT_OK) status = read_object(&model->choice_json, manifest, "cross_validation", err);
  if (status == LNT_OK) status = read_object(&model->snapshot_json, manifest, "snapshot", err);
  if (status == LNT_OK) status = read_question(model, manifest, err);
  model->n_train = (size_t)n_train;
  model->created_ms = (uint64_t)created;
  return status;
}

/* What its backbone needs of labels and the like was left out when it was written. */
static lnt_status read_embedding(lnt_model *model, const lnti_json_value *manifest, lnt_error *err) {
  lnti_backbone_spec spec = {0};
  lnti_backbone *backbone = NULL;
  const void *data = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_backbone_spec_read(&spec, lnti_json_get(manifest, "backbone"), err);
  if (status == LNT_OK && !spec.layer) status = lnti_fail(err, LNT_EDATA, "its backbone has no 'layer'");
  if (status == LNT_OK) status = lnti_lnt_get(&data, &bytes, model->file, network_name, err);
  if (status == LNT_OK)
    status =
        lnti_backbone_read(&backbone, data, bytes, network_name, &spec, LNTI_BACKBONE_EMBEDDING, &model->context, err);
  lnti_backbone_spec_clear(&spec);
  return status ? status : lnti_extractor_of_backbone(&model->extractor, backbone, LNTI_BACKBONE_EMBEDDING, err);
}

/* Vectors that were made elsewhere: there is nothing to make them by, only their name. */
static lnt_status read_imported(lnt_model *model, const lnti_json_value *manifest, const char *text, size_t d,
                                lnt_error *err) {
  const char *id = NULL;
  lnti_uuid uuid;
  lnt_error none = LNT_ERROR_INIT;
  const char *name = text + sizeof LNTI_EMBEDDING_PREFIX - 1;
  lnt_status status = lnti_manifest_borrow(&id, manifest, "imported", err);
  if (status != LNT_OK) return status;
  if (lnti_uuid_parse(&uuid, id, &none) || lnti_backbone_name_check(name, NULL))
    return lnti_fail(err, LNT_EDATA, "'imported' or 'feature' is not of imported vectors");
  return lnti_extractor_of_imported(&model->extractor, name, id, d, err);
}

/* By what the file holds to make its vectors. */
static lnt_status read_extractor(lnt_model *model, const lnti_json_value *manifest, const char *text, size_t d,
                                 lnt_error *err) {
  if (strncmp(text, LNTI_EMBEDDING_PREFIX, sizeof LNTI_EMBEDDING_PREFIX - 1) != 0)
    return lnti_extractor_new(&model->extractor, text, NULL, err);
  return lnti_json_get(manifest, "imported") ? read_imported(model, manifest, text, d, err)
                                             : read_embedding(model, manifest, err);
}

/* The extractor, and that the file's other words about it agree. */
static lnt_status read_feature(lnt_model *model, const lnti_json_value *manifest, const char *version, lnt_error *err) {
  const char *text = NULL, *pipeline = NULL, *dtype = NULL, *precision = NULL;
  int64_t feature_version = 0, d = 0;
  char own_pipeline[LNTI_PREPARE_TEXT];
  lnt_error inner = LNT_ERROR_INIT;
  lnt_status status = lnti_manifest_borrow(&text, manifest, "feature", err);
  if (status == LNT_OK) status = lnti_manifest_borrow(&pipeline, manifest, "pipeline", err);
  if (status == LNT_OK) status = lnti_manifest_borrow(&dtype, manifest, "dtype", err);
  if (status == LNT_OK) status = lnti_manifest_borrow(&precision, manifest, "precision", err);
  if (status == LNT_OK) status = lnti_manifest_count(&feature_version, manifest, "feature_version", 0, UINT32_MAX, err);
  if (status == LNT_OK) status = lnti_manifest_count(&d, manifest, "d", 1, UINT32_MAX, err);
  if (status != LNT_OK) return status;

  bool embedding = strncmp(text, LNTI_EMBEDDING_PREFIX, sizeof LNTI_EMBEDDING_PREFIX - 1) == 0;
  status = read_extractor(model, manifest, text, (size_t)d, &inner);
  if (status == LNT_EINVAL && !embedding)
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "the model was made by Linnet %s with the feature '%s'; this is Linnet %s: %s", version, text,
                     lnt_version(), inner.message);
  if (status != LNT_OK) return lnti_fail(err, status, "%s", inner.message);
  if (feature_version != lnti_extractor_feature(model->extractor)->version || strcmp(precision, "f32") != 0)
    return lnti_fail(
        err, LNT_EUNSUPPORTED,
        "the model was made by Linnet %s with version %d of its feature in %s; this is Linnet %s: train it again",
        version, (int)feature_version, precision, lnt_version());
  pipeline_text(own_pipeline, model->extractor);
  if (strcmp(pipeline, own_pipeline) != 0 || strcmp(text, lnti_extractor_text(model->extractor)) != 0 ||
      (uint64_t)d != lnti_extractor_d(model->extractor) ||
      strcmp(dtype, lnti_dtype_name(lnti_extractor_dtype(model->extractor))) != 0)
    return lnti_fail(err, LNT_EDATA, "'pipeline', 'd' or 'dtype' do not fit its feature '%s'", text);
  return LNT_OK;
}

static lnt_status read_learner(lnt_model *model, const lnti_json_value *manifest, const char *version, lnt_error *err) {
  const char *name = NULL;
  const lnti_learner *learner = NULL;
  lnt_status status = lnti_manifest_borrow(&name, manifest, "learner", err);
  if (status != LNT_OK) return status;
  if (lnti_learner_find(&learner, name, NULL) != LNT_OK)
    return lnti_fail(err, LNT_EUNSUPPORTED,
                     "the model was made by Linnet %s with the learner '%s', which Linnet %s lacks", version, name,
                     lnt_version());
  const lnti_json_value *values = lnti_json_get(manifest, "params");
  if (!values || values->type != LNTI_JSON_TYPE_OBJECT) return lnti_fail(err, LNT_EDATA, "'params' is no object");
  status = lnti_learner_check_task(learner, model->task, err);
  if (status == LNT_OK && model->task == LNTI_HIERARCHICAL) status = lnti_manifest_tree(&model->tree, model, err);
  if (status != LNT_OK) return status;
  lnti_fitted about = {.learner = learner,
                       .task = model->task,
                       .d = lnti_extractor_d(model->extractor),
                       .n_classes = model->n_classes,
                       .dtype = lnti_extractor_dtype(model->extractor)};
  status = lnti_params_read(&about.params, learner->params, values, err);
  if (status != LNT_OK) return status;
  return learner->load(&model->fitted, &about, model->tree, model->file, &model->context, err);
}

static lnt_status read_manifest(lnt_model *model, const lnti_json_value *manifest, lnt_error *err) {
  const char *version = NULL;
  if (manifest->type != LNTI_JSON_TYPE_OBJECT) return lnti_fail(err, LNT_EDATA, "it is no object");
  lnt_status status = lnti_manifest_borrow(&version, manifest, "linnet", err);
  if (status == LNT_OK) status = lnti_manifest_read_format(model, manifest, version, err);
  if (status == LNT_OK) status = lnti_manifest_string(&model->name, manifest, "name", err);
  if (status == LNT_OK) status = lnti_manifest_string(&model->target, manifest, "target", err);
  if (status == LNT_OK) status = lnti_manifest_string(&model->target_title, manifest, "target_title", err);
  if (status == LNT_OK) status = lnti_manifest_read_names(&model->classes, &model->n_classes, manifest, "classes", err);
  if (status == LNT_OK) status = lnti_manifest_read_task(model, manifest, err);
  if (status == LNT_OK) status = read_story(model, manifest, err);
  if (status == LNT_OK) status = check_description(model, err);
  if (status == LNT_OK) status = read_feature(model, manifest, version, err);
  if (status == LNT_OK) status = read_learner(model, manifest, version, err);
  if (status == LNT_OK)
    status = lnti_novelty_load(&model->novelty, manifest, model->file, model->n_classes,
                               lnti_extractor_d(model->extractor), err);
  return status;
}

/* Reads everything from model->file. */
static lnt_status read_model(lnt_model *model, lnt_error *err) {
  lnti_arena arena = {.cap = TREE_BYTES_MAX};
  const lnti_json_value *manifest = NULL;
  const void *data = NULL;
  size_t bytes = 0;
  lnt_status status = lnti_lnt_get(&data, &bytes, model->file, manifest_name, err);
  if (status != LNT_OK) return status;
  if (bytes > LNTI_MANIFEST_MAX)
    return lnti_fail(err, LNT_ELIMIT, "its manifest has %zu bytes; %d are the most", bytes, LNTI_MANIFEST_MAX);
  status = lnti_json_parse(&manifest, &arena, data, bytes, manifest_name, err);
  if (status == LNT_OK) status = read_manifest(model, manifest, err);
  lnti_arena_clear(&arena);
  return status;
}

/* Takes over `file` in every case. */
static lnt_status open_reader(lnt_model **out, lnti_lnt_reader *file, const lnti_context *context, lnt_error *err) {
  lnt_model *model = NULL;
  lnt_error inner = LNT_ERROR_INIT;
  lnt_status status = lnti_model_new(&model, err);
  if (status != LNT_OK) {
    lnti_lnt_close(file);
    return status;
  }
  model->file = file;
  model->context = *context;
  status = read_model(model, &inner);
  if (status == LNT_OK) {
    *out = model;
    return LNT_OK;
  }
  /* What is bad input to a parser or learner is damage to one of our own files. */
  if (status == LNT_EDATA || status == LNT_EINVAL)
    status = lnti_fail(err, LNT_ECORRUPT, "%s: the model file is damaged: %s", lnti_lnt_name(file), inner.message);
  else if (status == LNT_EUNSUPPORTED || status == LNT_ELIMIT)
    status = lnti_fail(err, status, "%s: %s", lnti_lnt_name(file), inner.message);
  else
    status = lnti_fail(err, status, "%s", inner.message);
  lnt_model_close(model);
  return status;
}

lnt_status lnti_model_open(lnt_model **out, const char *path, const lnti_context *context, lnt_error *err) {
  lnti_lnt_reader *file = NULL;
  lnt_status status = lnti_lnt_open(&file, path, err);
  if (status != LNT_OK) return status;
  return open_reader(out, file, context, err);
}

lnt_status lnti_model_open_memory(lnt_model **out, const void *data, size_t bytes, const char *name,
                                  const lnti_context *context, lnt_error *err) {
  lnti_lnt_reader *file = NULL;
  lnt_status status = lnti_lnt_open_memory(&file, data, bytes, name, err);
  if (status != LNT_OK) return status;
  return open_reader(out, file, context, err);
}
