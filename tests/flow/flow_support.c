/*
 * What the tests of flow share. Writes go through the store's own interface, as import's do.
 */
#include "flow_support.h"

#include <flow/ontology_set.h>
#include <math.h>

const char lab_ontology_json[] =
    "{\"name\": \"Animals\", \"classifications\": ["
    " {\"id\": \"class\", \"title\": \"Class\", \"type\": \"radio\", \"options\": ["
    "  {\"id\": \"bird\", \"title\": \"A bird\", \"attributes\": ["
    "   {\"id\": \"species\", \"title\": \"Species\", \"type\": \"tree\", \"options\": ["
    "    {\"id\": \"duck\", \"options\": [{\"id\": \"mallard\"}, {\"id\": \"teal\"}],"
    "     \"attributes\": [{\"id\": \"bill\", \"type\": \"radio\", \"options\": [{\"id\": \"flat\"}, {\"id\": "
    "\"round\"}]}]},"
    "    {\"id\": \"owl\"}]},"
    "   {\"id\": \"wings\", \"type\": \"number\", \"min\": 0, \"max\": 10, \"step\": 0.5}]},"
    "  {\"id\": \"cat\", \"attributes\": [{\"id\": \"mood\", \"type\": \"radio\", \"options\": ["
    "   {\"id\": \"angry\", \"attributes\": [{\"id\": \"hiss\", \"type\": \"radio\", \"options\": [{\"id\": \"yes\"}, "
    "{\"id\": \"no\"}]}]},"
    "   {\"id\": \"calm\"}]}]},"
    "  {\"id\": \"dog\"}, {\"id\": \"fox\"}]},"
    " {\"id\": \"quality\", \"type\": \"number\", \"min\": 0, \"max\": 10}]}";

/* ---- the project ---- */

static const lnti_context plain_context = {.cpu = LNT_CPU_GENERIC};

lab lab_new(void) {
  lab l = {.folder = lnti_test_folder()};
  l.path = lnti_test_path(l.folder, "project");
  assert_ok(lnti_project_create(&l.project, l.path, "ann", &plain_context, ERR));
  return l;
}

static void keep_first(void *payload, const char *fault) {
  char *first = payload;
  if (!*first) snprintf(first, 512, "%s", fault);
}

size_t lab_store_faults(const lab *l, char *first) {
  char fault[512] = "";
  size_t n = 99;
  assert_ok(lnti_store_verify(l->project->store, &n, keep_first, fault, NULL, ERR));
  if (first) snprintf(first, 512, "%s", fault);
  return n;
}

void lab_free(lab *l) {
  char fault[512];
  if (!l->damaged && lab_store_faults(l, fault)) fail_msg("verify: %s", fault);
  lnti_ontology_free(l->ontology);
  lnti_project_close(l->project);
  free(l->path);
  lnti_test_folder_remove(l->folder);
}

static void read_ontology(lab *l) {
  lnti_ontology_free(l->ontology);
  l->ontology = NULL;
  assert_ok(lnti_store_ontology(&l->ontology, l->project->store, ERR));
}

void lab_reopen(lab *l) {
  lnti_project_close(l->project);
  l->project = NULL;
  assert_ok(lnti_project_open(&l->project, l->path, "ann", &plain_context, ERR));
  if (l->ontology) read_ontology(l);
}

/* ---- the ontology ---- */

void lab_ontology(lab *l, const char *json) {
  lnti_ontology *parsed = NULL;
  if (!json) json = lab_ontology_json;
  assert_ok(lnti_ontology_parse(&parsed, json, strlen(json), "test.json", ERR));
  assert_ok(lnti_ontology_set(l->project, parsed, ERR));
  lnti_ontology_free(parsed);
  read_ontology(l);
}

size_t lab_question(const lab *l, const char *path) {
  size_t question = LNTI_NONE;
  assert_ok(lnti_ontology_find_question(&question, l->ontology, path, ERR));
  return question;
}

size_t lab_option(const lab *l, size_t question, const char *path) {
  lnti_text text = {0};
  size_t found = LNTI_NONE;
  for (size_t i = 0; i < l->ontology->n_options && found == LNTI_NONE; i++) {
    if (l->ontology->options[i].question != question) continue;
    text.length = 0;
    assert_ok(lnti_ontology_option_path(&text, l->ontology, i, ERR));
    if (strcmp(text.data, path) == 0) found = i;
  }
  lnti_text_clear(&text);
  if (found == LNTI_NONE) fail_msg("question %zu has no option %s", question, path);
  return found;
}

/* ---- items ---- */

typedef struct adding {
  lab *l;
  const lab_row *rows; /* NULL: "0.png", "1.png"... */
  size_t n;
  lnti_op op;
  int64_t first_id;
} adding;

static lnt_status add_items(void *payload, lnti_tx *tx, lnt_error *err) {
  adding *a = payload;
  int64_t op_id = 0, id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &a->op, err);
  if (status) return status;
  status = lnti_tx_source(tx, &a->l->source_id, LNTI_SOURCE_FOLDER, a->l->folder, err);
  for (size_t i = 0; i < a->n && status == LNT_OK; i++) {
    char member[32];
    lab_row row = a->rows ? a->rows[i] : (lab_row){.content = 1000000 + i};
    uint64_t content = row.content;
    snprintf(member, sizeof member, a->rows ? "row-%zu.png" : "%zu.png", i);
    lnti_item item = {.source_id = a->l->source_id,
                      .member = row.member ? row.member : member,
                      .h = 8,
                      .w = 8,
                      .c = 3,
                      .depth = 8,
                      .format = "png",
                      .bytes = 100,
                      .split = row.split ? row.split : "",
                      .stage = "annotate"};
    lnti_hash_bytes(&item.content, &content, sizeof content);
    status = lnti_tx_item(tx, &id, &existed, op_id, &item, err);
    if (i == 0) a->first_id = id;
  }
  return status;
}

static int64_t add(adding *a) {
  lnti_project_op(&a->op, a->l->project, LNTI_OP_IMPORT, "a test");
  assert_ok(lnti_store_write(a->l->project->store, add_items, a, ERR));
  return a->first_id;
}

int64_t lab_item(lab *l, const char *member, uint64_t content, const char *split) {
  lab_row row = {member, content, split, NULL};
  adding a = {.l = l, .rows = &row, .n = 1};
  return add(&a);
}

int64_t lab_items(lab *l, size_t n) {
  adding a = {.l = l, .n = n};
  return add(&a);
}

int64_t lab_rows(lab *l, const lab_row *rows, size_t n) {
  adding a = {.l = l, .rows = rows, .n = n};
  int64_t first_id = add(&a);
  size_t n_labels = 0;
  lnti_annotation *labels = calloc(n + 1, sizeof *labels);
  assert_non_null(labels);
  for (size_t i = 0; i < n; i++) {
    if (rows[i].label) labels[n_labels++] = lab_annotation(l, first_id + (int64_t)i, "class", rows[i].label);
  }
  if (n_labels) assert_ok(lab_annotate(l, labels, n_labels, false, NULL));
  free(labels);
  return first_id;
}

typedef struct fact_writing {
  int64_t first_id;
  const lnti_item_facts *facts;
  size_t n;
} fact_writing;

static lnt_status write_facts(void *payload, lnti_tx *tx, lnt_error *err) {
  const fact_writing *w = payload;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < w->n && !status; i++) {
    status = lnti_tx_item_facts(tx, w->first_id + (int64_t)i, &w->facts[i], err);
  }
  return status;
}

void lab_facts(const lab *l, int64_t first_id, const lnti_item_facts *facts, size_t n) {
  fact_writing w = {first_id, facts, n};
  assert_ok(lnti_store_write(l->project->store, write_facts, &w, ERR));
}

typedef struct meta_writing {
  int64_t first_id;
  const char *key;
  const char *const *values;
  size_t n;
} meta_writing;

static lnt_status write_meta(void *payload, lnti_tx *tx, lnt_error *err) {
  const meta_writing *w = payload;
  int64_t key_id = 0;
  lnt_status status = lnti_tx_meta_key(tx, &key_id, w->key, err);
  for (size_t i = 0; i < w->n && !status; i++) {
    if (w->values[i]) status = lnti_tx_meta(tx, w->first_id + (int64_t)i, key_id, w->values[i], err);
  }
  return status;
}

void lab_meta(const lab *l, int64_t first_id, const char *key, const char *const *values, size_t n) {
  meta_writing w = {first_id, key, values, n};
  assert_ok(lnti_store_write(l->project->store, write_meta, &w, ERR));
}

typedef struct grouping {
  lab *l;
  const char *member;
  const int64_t *items;
  size_t n;
  lnti_op op;
  int64_t id;
} grouping;

static lnt_status write_group(void *payload, lnti_tx *tx, lnt_error *err) {
  grouping *g = payload;
  int64_t op_id = 0;
  lnti_item item = {.kind = LNTI_ITEM_GROUP, .member = g->member, .h = 1, .w = 1, .c = 1, .depth = 8};
  lnt_status status = lnti_tx_op(tx, &op_id, NULL, &g->op, err);
  if (!status) status = lnti_tx_source(tx, &item.source_id, LNTI_SOURCE_FOLDER, g->l->folder, err);
  lnti_hash_bytes(&item.content, g->member, strlen(g->member));
  if (!status) status = lnti_tx_item(tx, &g->id, NULL, op_id, &item, err);
  for (size_t i = 0; i < g->n && !status; i++) status = lnti_tx_item_group(tx, g->items[i], g->id, err);
  return status;
}

int64_t lab_group(lab *l, const char *member, const int64_t *items, size_t n) {
  grouping g = {.l = l, .member = member, .items = items, .n = n};
  lnti_project_op(&g.op, l->project, LNTI_OP_IMPORT, "a test");
  assert_ok(lnti_store_write(l->project->store, write_group, &g, ERR));
  return g.id;
}

/* ---- answers ---- */

lnti_annotation lab_annotation(const lab *l, int64_t item_id, const char *question, const char *value) {
  lnti_annotation a = {.item_id = item_id,
                       .answer = {lab_question(l, question), LNTI_ANSWERED, LNTI_NONE, NAN, NULL},
                       .confidence = NAN};
  if (strcmp(value, "unsure") == 0) {
    a.answer.state = LNTI_UNSURE;
  } else if (strcmp(value, "none") == 0) {
    a.answer.state = LNTI_NONE_OF_THESE;
  } else if (strcmp(value, "clear") == 0) {
    a.answer.state = LNTI_CLEARED;
  } else if (l->ontology->questions[a.answer.question].type == LNTI_NUMBER) {
    a.answer.number = strtod(value, NULL);
  } else if (l->ontology->questions[a.answer.question].type == LNTI_CHECKLIST) {
    bool bare = *value != '-' && *value != '~';
    a.answer.option = lab_option(l, a.answer.question, bare ? value : value + 1);
    if (*value == '~') a.answer.state = LNTI_CLEARED;
    if (*value != '~') a.answer.number = bare ? 1 : 0;
  } else {
    a.answer.option = lab_option(l, a.answer.question, value);
  }
  return a;
}

typedef struct annotating {
  lnti_op op;
  lnti_ontology *ontology;
  const lnti_annotation *annotations;
  size_t n;
  lnti_annotated counts;
  lnti_annotate_options options;
} annotating;

static lnt_status annotate(void *payload, lnti_tx *tx, lnt_error *err) {
  annotating *a = payload;
  int64_t op_id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &a->op, err);
  if (status) return status;
  return lnti_annotate(tx, &a->counts, a->ontology, op_id, a->annotations, a->n, &a->options, err);
}

lnt_status lab_annotate_with(const lab *l, const lnti_annotation *annotations, size_t n,
                             const lnti_annotate_options *options, lnti_annotated *counts_out) {
  annotating a = {
      .ontology = l->ontology, .annotations = annotations, .n = n, .counts = {.n_added = 99}, .options = *options};
  lnti_project_op(&a.op, l->project, LNTI_OP_ANNOTATE, "a test");
  lnt_status status = lnti_store_write(l->project->store, annotate, &a, ERR);
  if (counts_out) *counts_out = a.counts;
  return status;
}

typedef struct remarking {
  lnti_op op;
  int64_t item_id;
  lnti_remark_kind kind;
  const char *text;
  bool changed;
} remarking;

static lnt_status write_remark(void *payload, lnti_tx *tx, lnt_error *err) {
  remarking *r = payload;
  int64_t op_id = 0;
  lnt_status status = lnti_tx_op(tx, &op_id, NULL, &r->op, err);
  if (status) return status;
  return lnti_annotate_remark(tx, &r->changed, op_id, r->item_id, r->kind, r->text, LNTI_BY_PERSON, err);
}

lnt_status lab_remark(const lab *l, int64_t item_id, lnti_remark_kind kind, const char *text) {
  remarking r = {.item_id = item_id, .kind = kind, .text = text};
  lnti_project_op(&r.op, l->project, LNTI_OP_ANNOTATE, "a test");
  return lnti_store_write(l->project->store, write_remark, &r, ERR);
}

lnt_status lab_annotate(const lab *l, const lnti_annotation *annotations, size_t n, bool keep_existing,
                        size_t *n_written_out) {
  const lnti_annotate_options options = {.source = LNTI_BY_PERSON,
                                         .existing = keep_existing ? LNTI_EXISTING_KEEP : LNTI_EXISTING_WRITE};
  lnti_annotated counts;
  lnt_status status = lab_annotate_with(l, annotations, n, &options, &counts);
  if (n_written_out) *n_written_out = counts.n_added;
  return status;
}

void lab_answer(const lab *l, int64_t item_id, const char *question, const char *value) {
  lnti_annotation a = lab_annotation(l, item_id, question, value);
  size_t n_written = 0;
  assert_ok(lab_annotate(l, &a, 1, false, &n_written));
  assert_int_equal(n_written, 1);
}

static lnt_status keep_row(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  *(lnti_answer_row *)payload = *row;
  return LNT_OK;
}

bool lab_current(const lab *l, lnti_answer_row *out, int64_t item_id, size_t question) {
  lnti_answer_row row = {0};
  assert_ok(lnti_store_answers(l->project->store, item_id, item_id, l->ontology->questions[question].id, keep_row, &row,
                               ERR));
  row.text = NULL;
  if (out) *out = row;
  return row.subject_id != 0;
}

/* ---- pictures ---- */

void lab_write_ppm(const char *path, size_t w, size_t h, uint64_t seed) {
  char header[64];
  int n = snprintf(header, sizeof header, "P6\n%zu %zu\n255\n", w, h);
  size_t bytes = w * h * 3;
  char *data = malloc((size_t)n + bytes);
  assert_non_null(data);
  memcpy(data, header, (size_t)n);
  lnti_rng rng;
  lnti_rng_seed(&rng, seed, 0);
  for (size_t i = 0; i < bytes; i++) data[(size_t)n + i] = (char)lnti_rng_next(&rng);
  lnti_test_write_file(path, data, (size_t)n + bytes);
  free(data);
}
