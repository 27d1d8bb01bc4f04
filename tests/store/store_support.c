#include "store_support.h"

#include <math.h>

lnti_op lab_op(uint64_t n) {
  lnti_op op = {.person = "ann", .time_ms = 1700000000000 + n, .kind = LNTI_OP_IMPORT, .note = "a test"};
  for (int i = 0; i < 8; i++) op.uuid.bytes[i] = (uint8_t)(n >> (8 * i));
  return op;
}

lnti_item lab_item(const lab *l, uint64_t n) {
  static _Thread_local char member[32];
  lnti_item item = {.source_id = l->source_id, .h = 28, .w = 30, .c = 3, .depth = 8, .bytes = 1000 + n};
  snprintf(member, sizeof member, "%llu.png", (unsigned long long)n);
  item.member = member;
  item.format = "png";
  item.split = n % 2 ? "test" : "train";
  item.stage = "annotate";
  lnti_hash_bytes(&item.content, member, strlen(member));
  return item;
}

lnti_answer_row lab_answer(const lab *l, int64_t item_id, int option) {
  return (lnti_answer_row){.op_id = l->op_id,
                           .subject_kind = LNTI_SUBJECT_ITEM,
                           .subject_id = item_id,
                           .question_id = l->question_id,
                           .state = LNTI_ANSWERED,
                           .option_id = l->option_ids[option],
                           .number = NAN,
                           .confidence = NAN,
                           .source = LNTI_BY_IMPORT};
}

static lnt_status set_up(void *payload, lnti_tx *tx, lnt_error *err) {
  lab *l = payload;
  lnti_op op = lab_op(0);
  lnti_ontology *o = NULL;
  bool existed = false;
  size_t q = 0, number = 0, option = 0;
  lnt_status status = lnti_tx_op(tx, &l->op_id, &existed, &op, err);
  if (!status) status = lnti_tx_source(tx, &l->source_id, LNTI_SOURCE_FOLDER, "/data/images", err);
  if (!status) status = lnti_ontology_new(&o, "Lab", err);
  if (!status) status = lnti_ontology_add_question(&q, o, LNTI_RADIO, "class", NULL, LNTI_NONE, err);
  for (int i = 0; i < 3 && !status; i++) {
    static const char *const keys[] = {"cat", "dog", "owl"};
    status = lnti_ontology_add_option(&option, o, q, LNTI_NONE, keys[i], NULL, err);
  }
  if (!status) status = lnti_ontology_add_question(&number, o, LNTI_NUMBER, "size", NULL, LNTI_NONE, err);
  if (!status) status = lnti_tx_ontology(tx, o, l->op_id, err);
  if (!status) {
    l->question_id = o->questions[q].id;
    l->number_id = o->questions[number].id;
    for (size_t i = 0; i < 3; i++) l->option_ids[i] = o->options[i].id;
  }
  lnti_ontology_free(o);
  return status;
}

lab lab_new(void) {
  lab l = {.folder = lnti_test_folder()};
  l.path = lnti_test_path(l.folder, "linnet.db");
  assert_ok(lnti_store_create(&l.store, l.path, ERR));
  lab_write(&l, set_up, &l);
  return l;
}

static void keep_first(void *payload, const char *fault) {
  char *first = payload;
  if (first && !*first) snprintf(first, 512, "%s", fault);
}

size_t lab_verify(lab *l, char *first) {
  char fault[512] = "";
  size_t n = 99;
  assert_ok(lnti_store_verify(l->store, &n, keep_first, fault, NULL, ERR));
  if (first) snprintf(first, 512, "%s", fault);
  return n;
}

void lab_reopen(lab *l) {
  lnti_store_close(l->store);
  l->store = NULL;
  assert_ok(lnti_store_open(&l->store, l->path, ERR));
}

void lab_free(lab *l) {
  char fault[512];
  if (lab_verify(l, fault)) fail_msg("verify: %s", fault);
  lnti_store_close(l->store);
  free(l->path);
  lnti_test_folder_remove(l->folder);
}

typedef struct filling {
  lab *l;
  uint64_t first;
  size_t n;
  bool answered;
} filling;

static lnt_status fill(void *payload, lnti_tx *tx, lnt_error *err) {
  const filling *f = payload;
  lnt_status status = LNT_OK;
  for (uint64_t i = f->first; i < f->first + f->n && !status; i++) {
    lnti_item item = lab_item(f->l, i);
    int64_t id = 0;
    bool existed = false;
    status = lnti_tx_item(tx, &id, &existed, f->l->op_id, &item, err);
    if (status || !f->answered) continue;
    lnti_answer_row row = lab_answer(f->l, id, (int)(i % 3));
    status = lnti_tx_answer(tx, &row, err);
  }
  return status;
}

void lab_fill(lab *l, uint64_t first, size_t n) {
  filling f = {l, first, n, true};
  lab_write(l, fill, &f);
}

void lab_items(lab *l, size_t n) {
  filling f = {l, 0, n, false};
  lab_write(l, fill, &f);
}

static lnt_status run_sql(void *payload, lnti_tx *tx, lnt_error *err) {
  const char *const *sql = payload;
  return lnti_db_exec(tx->db, *sql, err);
}

lnt_status lab_sql(lnti_store *store, const char *sql) {
  return lnti_store_write(store, run_sql, &sql, ERR);
}
