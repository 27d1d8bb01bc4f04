/*
 * Writes a small database of the newest schema with a row of everything; golden/make.sh runs it and makes the file
 * smaller. What it writes is what test_store_upgrade.c expects: change both together, and only for a new schema.
 */
#include <math.h>
#include <stdio.h>
#include <store/store.h>
#include <string.h>

static const char document[] =
    "{\"name\": \"Golden\", \"version\": 2, \"classifications\": ["
    "{\"id\": \"class\", \"title\": \"Class\", \"type\": \"radio\", \"required\": true, \"options\": ["
    "{\"id\": \"cat\", \"title\": \"Cat\", \"key\": \"c\", \"aliases\": [\"tom\"], \"attributes\": ["
    "{\"id\": \"age\", \"type\": \"number\", \"min\": 0, \"max\": 30, \"unit\": \"years\"}]}, {\"id\": \"dog\"}]},"
    "{\"id\": \"place\", \"type\": \"tree\", \"options\": [{\"id\": \"house\", \"options\": [{\"id\": \"roof\"}]}]},"
    "{\"id\": \"visible\", \"type\": \"checklist\", \"options\": [{\"id\": \"tail\"}, {\"id\": \"ears\"}]}]}";

static lnt_status add_answers(lnti_tx *tx, const lnti_ontology *o, int64_t op_id, int64_t item_id, lnt_error *err) {
  lnti_answer_row row = {.op_id = op_id,
                         .subject_kind = LNTI_SUBJECT_ITEM,
                         .subject_id = item_id,
                         .question_id = o->questions[0].id,
                         .state = LNTI_ANSWERED,
                         .option_id = o->options[0].id,
                         .number = NAN,
                         .confidence = 0.5,
                         .time_spent_ms = 800,
                         .source = LNTI_BY_PERSON,
                         .text = "a note"};
  lnt_status status = lnti_tx_answer(tx, &row, err);
  row.option_id = o->options[1].id;
  if (!status && item_id == 2) status = lnti_tx_answer(tx, &row, err);
  row = (lnti_answer_row){.op_id = op_id,
                          .subject_kind = LNTI_SUBJECT_ITEM,
                          .subject_id = item_id,
                          .question_id = o->questions[1].id,
                          .state = item_id == 1 ? LNTI_ANSWERED : LNTI_UNSURE,
                          .number = item_id == 1 ? 7.5 : NAN,
                          .confidence = NAN,
                          .source = LNTI_BY_IMPORT};
  if (!status) status = lnti_tx_answer(tx, &row, err);
  return status;
}

/* Item 1: a tail and no ears; item 2: unsure. */
static lnt_status add_checks(lnti_tx *tx, const lnti_ontology *o, int64_t op_id, int64_t item_id, lnt_error *err) {
  const lnti_question *visible = &o->questions[3];
  lnti_answer_row row = {.op_id = op_id,
                         .subject_kind = LNTI_SUBJECT_ITEM,
                         .subject_id = item_id,
                         .question_id = visible->id,
                         .state = LNTI_UNSURE,
                         .number = NAN,
                         .confidence = NAN,
                         .source = LNTI_BY_PERSON};
  if (item_id == 2) return lnti_tx_answer(tx, &row, err);
  lnt_status status = LNT_OK;
  row.state = LNTI_ANSWERED;
  row.number = 1;
  for (size_t i = visible->first_option; i != LNTI_NONE && !status; i = o->options[i].next_sibling) {
    row.slot = row.option_id = o->options[i].id;
    status = lnti_tx_answer(tx, &row, err);
    row.number = 0;
  }
  return status;
}

/* What is said of items beside their answers. */
static lnt_status add_remarks(lnti_tx *tx, int64_t op_id, lnt_error *err) {
  lnti_answer_row row = {.op_id = op_id,
                         .subject_kind = LNTI_SUBJECT_ITEM,
                         .subject_id = 3,
                         .question_id = LNTI_REMARKS,
                         .slot = LNTI_SLOT_SKIP,
                         .state = LNTI_ANSWERED,
                         .number = NAN,
                         .confidence = NAN,
                         .source = LNTI_BY_PERSON,
                         .text = "too dark"};
  int64_t slot = 0;
  lnt_status status = lnti_tx_answer(tx, &row, err);
  row.subject_id = 1;
  row.text = "look again";
  return status ? status : lnti_tx_comment(tx, &slot, &row, err);
}

/* A group, a picture in an archive with all that is known of it, links, a setting, a source that moved. */
static lnt_status add_facts(lnti_tx *tx, int64_t op_id, lnt_error *err) {
  static const lnti_duplicate links[] = {{1, 1, 1, 0}, {2, 1, 1, 0}, {5, 5, 1, 12}};
  lnti_op relink = {.person = "ann", .time_ms = 1700000001000, .kind = LNTI_OP_RELINK, .note = "moved"};
  lnti_item group = {.kind = LNTI_ITEM_GROUP, .member = "scene", .h = 1, .w = 1, .c = 1, .depth = 8, .format = "group"};
  lnti_item picture = {.member = "a/b.jpg", .h = 20, .w = 30, .c = 3, .depth = 8, .format = "jpeg", .bytes = 1234};
  picture.facts = (lnti_item_facts){.has_pixels = true, .has_signature = true, .has_quality = true};
  picture.facts.sharpness = 12.5;
  picture.facts.brightness = 0.5;
  picture.facts.contrast = 0.25;
  memset(picture.facts.pixels, 3, sizeof picture.facts.pixels);
  memset(picture.facts.signature, 4, sizeof picture.facts.signature);
  memset(relink.uuid.bytes, 8, sizeof relink.uuid.bytes);
  int64_t source_id = 0, id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_source(tx, &group.source_id, LNTI_SOURCE_FOLDER, "/data/scans", err);
  if (!status) status = lnti_tx_item(tx, &group.id, &existed, op_id, &group, err);
  if (!status) status = lnti_tx_item_group(tx, 2, group.id, err);
  if (!status) status = lnti_tx_item_group(tx, 3, group.id, err);
  if (!status) status = lnti_tx_source(tx, &source_id, LNTI_SOURCE_ARCHIVE, "/old/photos.zip", err);
  picture.source_id = source_id;
  if (!status) status = lnti_tx_item(tx, &id, &existed, op_id, &picture, err);
  if (!status) status = lnti_tx_duplicates(tx, links, 3, err);
  if (!status) status = lnti_tx_setting(tx, "near", "12", err);
  if (!status) status = lnti_tx_op(tx, &relink.id, &existed, &relink, err);
  if (!status) status = lnti_tx_source_move(tx, source_id, "/data/photos.zip", err);
  return status;
}

static lnt_status add_items(lnti_tx *tx, const lnti_ontology *o, int64_t op_id, lnt_error *err) {
  int64_t source_id = 0, id = 0, key_id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_source(tx, &source_id, LNTI_SOURCE_ARRAY, "/data/train.gz", err);
  if (!status) status = lnti_tx_meta_key(tx, &key_id, "site", err);
  for (int i = 0; i < 3 && !status; i++) {
    char member[8];
    snprintf(member, sizeof member, "%d", i);
    lnti_item item = {.source_id = source_id, .member = member, .h = 28, .w = 28, .c = 1, .depth = 8, .bytes = 784};
    item.format = "idx";
    item.split = i == 2 ? "test" : "train";
    memset(item.content.bytes, i, sizeof item.content.bytes);
    status = lnti_tx_item(tx, &id, &existed, op_id, &item, err);
    if (!status) status = lnti_tx_meta(tx, id, key_id, i ? "south" : "north", err);
    if (!status && i < 2) status = add_answers(tx, o, op_id, id, err);
    if (!status && i < 2) status = add_checks(tx, o, op_id, id, err);
  }
  return status;
}

static lnt_status add_training(lnti_tx *tx, int64_t op_id, lnt_error *err) {
  lnti_split_row split = {0, op_id, "random", 42, "{\"test\":0.3}"};
  lnti_run run = {.target = "class",
                  .learner = "knn",
                  .feature = "pixels",
                  .params_json = "{\"k\":5}",
                  .seed = 7,
                  .started_ms = 1000,
                  .data_fingerprint = "f00",
                  .code_version = "0.1.0",
                  .cpu = "avx2",
                  .split_json = "{\"method\":\"random\"}"};
  lnti_model_row model = {.name = "golden", .file = "models/golden.lnt", .bytes = 99, .created_ms = 3000};
  lnti_job job = {.kind = "train", .params_json = "{}", .started_ms = 1000, .pid = 1, .total = 3};
  int64_t id = 0;
  lnt_status status = lnti_tx_split(tx, &id, &split, err);
  if (!status) status = lnti_tx_run_begin(tx, &run.id, &run, err);
  run.ended_ms = 2000;
  run.n_train = 2;
  run.state = "done";
  run.result_json = "{\"accuracy\":1}";
  if (!status) status = lnti_tx_run_end(tx, &run, err);
  model.run_id = run.id;
  if (!status) status = lnti_tx_model(tx, &model.id, &model, err);
  if (!status) status = lnti_tx_job_begin(tx, &job.id, &job, err);
  return status;
}

static lnt_status add_everything(void *payload, lnti_tx *tx, lnt_error *err) {
  lnti_op op = {.person = "ann", .time_ms = 1700000000000, .kind = LNTI_OP_IMPORT, .note = "golden"};
  lnti_ontology *o = NULL;
  bool existed = false;
  (void)payload;
  memset(op.uuid.bytes, 7, sizeof op.uuid.bytes);
  lnt_status status = lnti_ontology_parse(&o, document, sizeof document - 1, "golden", err);
  if (!status) status = lnti_tx_op(tx, &op.id, &existed, &op, err);
  if (!status) status = lnti_tx_ontology(tx, o, op.id, err);
  if (!status) status = add_items(tx, o, op.id, err);
  if (!status) status = add_remarks(tx, op.id, err);
  if (!status) status = add_facts(tx, op.id, err);
  if (!status) status = add_training(tx, op.id, err);
  lnti_ontology_free(o);
  return status;
}

int main(int argc, char **argv) {
  lnti_store *store = NULL;
  lnt_error err = LNT_ERROR_INIT;
  if (argc != 2) return 2;
  lnt_status status = lnti_store_create(&store, argv[1], &err);
  if (!status) status = lnti_store_write(store, add_everything, NULL, &err);
  lnti_store_close(store);
  if (status) fprintf(stderr, "make_golden: %s\n", err.message);
  return status ? 1 : 0;
}
