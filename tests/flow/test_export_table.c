/*
 * Items as rows: every column and its order, what is quoted, what is left out, the same bytes each time, and that a file
 * appears whole or not at all.
 */
#include <base/csv.h>
#include <base/json.h>
#include <flow/export/export.h>
#include <flow/export/internal.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "media_support.h"

static const char ontology_json[] =
    "{\"classifications\": ["
    "{\"id\": \"class\", \"type\": \"tree\", \"options\": ["
    "  {\"id\": \"birds\", \"options\": [{\"id\": \"duck, wild\", \"attributes\": [{\"id\": \"age\", \"type\": \"number\"}]}]}]},"
    "{\"id\": \"labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"bowl\", \"attributes\": ["
    "  {\"id\": \"full\", \"type\": \"radio\", \"options\": [{\"id\": \"yes\"}]}]}, {\"id\": \"spoon\"}]}]}";

/* ---- metadata ---- */

typedef struct meta_write {
  int64_t item_id;
  const char *key, *value;
} meta_write;

static lnt_status write_meta(void *payload, lnti_tx *tx, lnt_error *err) {
  const meta_write *w = payload;
  int64_t key_id = 0;
  lnt_status status = lnti_tx_meta_key(tx, &key_id, w->key, err);
  return status ? status : lnti_tx_meta(tx, w->item_id, key_id, w->value, err);
}

static void meta(const lab *l, int64_t item_id, const char *key, const char *value) {
  meta_write w = {item_id, key, value};
  assert_ok(lnti_store_write(l->project->store, write_meta, &w, ERR));
}

/* ---- what is exported ---- */

static lnt_status export_to(lnti_export_result *result, const lab *l, const char *out, lnti_export_options options) {
  *result = (lnti_export_result){.exported = 77};
  return lnti_export(result, l->project, media_in(l, "%s", out).text, &options, ERR);
}

/* With the lab's folder taken out of it, since it is new each time. */
static void expect_content(const lab *l, const char *name, const char *wanted) {
  size_t n = 0;
  lnti_text text = {0};
  char *data = lnti_test_read_file(&n, media_in(l, "%s", name).text);
  for (char *at = data, *next; at; at = next) {
    next = strstr(at, l->folder);
    assert_ok(lnti_text_append(&text, at, next ? (size_t)(next - at) : strlen(at), ERR));
    if (next) next += strlen(l->folder);
  }
  assert_string_equal(text.data, wanted);
  lnti_text_clear(&text);
  free(data);
}

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, ontology_json);
  const lab_row rows[] = {{"a.png", 1, "train", NULL}, {"b \"x\", y.png", 2, "", NULL}, {"c.png", 3, "test", NULL}};
  assert_int_equal(lab_rows(&l, rows, 3), 1);
  lab_answer(&l, 1, "class", "birds/duck, wild");
  lab_answer(&l, 1, "class/birds/duck, wild/age", "2.5");
  lab_answer(&l, 1, "labels", "bowl");
  lab_answer(&l, 1, "labels", "-spoon");
  lab_answer(&l, 1, "labels/bowl/full", "yes");
  lab_answer(&l, 2, "class", "unsure");
  lab_answer(&l, 2, "labels", "unsure");
  lab_answer(&l, 2, "labels", "spoon");
  lab_answer(&l, 3, "class", "none");
  meta(&l, 1, "site", " north ");
  meta(&l, 1, "camera", "two\nlines");
  meta(&l, 2, "GPS position", "47.5 8.25");
  meta(&l, 3, "site", "a,b");
  meta(&l, 3, "body serial", "123");
  return l;
}

static void every_column(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_export_result r;
  assert_ok(export_to(&r, &l, "t.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV}));
  expect_content(&l, "t.csv",
                 "id,uri,split,stage,group,width,height,format,class,\"class/birds/duck, wild/age\",labels,labels/bowl,"
                 "labels/bowl/full,labels/spoon,meta.GPS position,meta.body serial,meta.camera,meta.site\n"
                 "1,/a.png,train,annotate,,8,8,png,\"birds/duck, wild\",2.5,,1,yes,0,,,\"two\nlines\",\" north \"\n"
                 "2,\"/b \"\"x\"\", y.png\",,annotate,,8,8,png,(unsure),,(unsure),,,1,47.5 8.25,,,\n"
                 "3,/c.png,test,annotate,,8,8,png,(none of these),,,,,,,123,,\"a,b\"\n");
  assert_int_equal(r.exported, 3);
  assert_int_equal(r.stripped, 0);
  size_t n = 0;
  free(lnti_test_read_file(&n, media_in(&l, "t.csv").text));
  assert_int_equal(r.bytes, n);
  lab_free(&l);
}

static void json_lines(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_export_result r;
  assert_ok(export_to(&r, &l, "t.jsonl", (lnti_export_options){.format = LNTI_EXPORT_JSONL, .where = "split!=test"}));
  expect_content(
      &l, "t.jsonl",
      "{\"id\":\"1\",\"uri\":\"/a.png\",\"split\":\"train\",\"stage\":\"annotate\",\"answers\":{"
      "\"class\":\"birds/duck, wild\",\"class/birds/duck, wild/age\":2.5,\"labels\":[\"bowl\"],"
      "\"labels/bowl/full\":\"yes\"},\"answers_no\":{\"labels\":[\"spoon\"]},"
      "\"meta\":{\"camera\":\"two\\nlines\",\"site\":\" north \"},\"width\":8,\"height\":8,\"format\":\"png\",\"bytes\":100,"
      "\"content\":\"1dbd7d0b561a41d23c2a469ad42fbd70d5438bae826f6fd607413190c37c363b\"}\n"
      "{\"id\":\"2\",\"uri\":\"/b \\\"x\\\", y.png\",\"split\":\"\",\"stage\":\"annotate\",\"answers\":{"
      "\"class\":{\"state\":\"unsure\"},\"labels\":{\"state\":\"unsure\",\"yes\":[\"spoon\"]}},"
      "\"meta\":{\"GPS position\":\"47.5 8.25\"},\"width\":8,\"height\":8,\"format\":\"png\",\"bytes\":100,"
      "\"content\":\"e88b43fded6323ef02ffeffbd8c40846ee09bf316271bd22369659c959dd733a\"}\n");
  assert_int_equal(r.exported, 2);
  lab_free(&l);
}

static void private_keys_are_left_out(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_export_result r;
  lnti_export_options options = {.format = LNTI_EXPORT_CSV, .strip = LNTI_STRIP_GPS, .where = "id=2"};
  assert_ok(export_to(&r, &l, "gps.csv", options));
  assert_int_equal(r.stripped, 1);
  expect_content(&l, "gps.csv",
                 "id,uri,split,stage,group,width,height,format,class,\"class/birds/duck, wild/age\",labels,labels/bowl,"
                 "labels/bowl/full,labels/spoon,meta.body serial,meta.camera,meta.site\n"
                 "2,\"/b \"\"x\"\", y.png\",,annotate,,8,8,png,(unsure),,(unsure),,,1,,,\n");
  options = (lnti_export_options){.format = LNTI_EXPORT_JSONL, .where = "id=3"};
  options.strip = LNTI_STRIP_GPS | LNTI_STRIP_SERIALS;
  assert_ok(export_to(&r, &l, "both.jsonl", options));
  assert_int_equal(r.stripped, 2);
  expect_content(&l, "both.jsonl",
                 "{\"id\":\"3\",\"uri\":\"/c.png\",\"split\":\"test\",\"stage\":\"annotate\",\"answers\":{"
                 "\"class\":{\"state\":\"none\"}},\"meta\":{\"site\":\"a,b\"},\"width\":8,\"height\":8,"
                 "\"format\":\"png\",\"bytes\":100,"
                 "\"content\":\"6cddb367afbd583bb48f9bbd7d5ba3b1d0738b4881b1cddd38169526d8158137\"}\n");
  lab_free(&l);
}

static void which_keys_are_private(void **state) {
  (void)state;
  static const char *const places[] = {"latitude", "Longitude", "altitude",      "exif.gps_altitude", "GPSLatitude",
                                       "lat",      "LON",       "site-location", "geo coord",         "coordinates"};
  static const char *const numbers[] = {"serial",       "Serial Number", "BodySerialNumber", "lens_serial", "owner",
                                        "camera owner", "ImageUniqueID", "artist",           "Copyright"};
  static const char *const neither[] = {"site",     "camera", "model",   "make",    "lens", "taken",     "flat", "long",
                                        "relation", "salon",  "latency", "geology", "",     "ownership", "plate"};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    assert_true(lnti_export_is_private(places[i], LNTI_STRIP_GPS));
    assert_false(lnti_export_is_private(places[i], LNTI_STRIP_SERIALS));
  }
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    assert_true(lnti_export_is_private(numbers[i], LNTI_STRIP_SERIALS));
    assert_false(lnti_export_is_private(numbers[i], LNTI_STRIP_GPS));
    assert_false(lnti_export_is_private(numbers[i], 0));
  }
  for (size_t i = 0; i < sizeof neither / sizeof neither[0]; i++) {
    if (lnti_export_is_private(neither[i], LNTI_STRIP_GPS | LNTI_STRIP_SERIALS)) fail_msg("%s", neither[i]);
  }
}

/* ---- many items ---- */

typedef struct many_meta {
  int64_t first;
  size_t n;
} many_meta;

static lnt_status write_many(void *payload, lnti_tx *tx, lnt_error *err) {
  const many_meta *m = payload;
  int64_t keys[2] = {0};
  lnt_status status = lnti_tx_meta_key(tx, &keys[0], "number", err);
  if (!status) status = lnti_tx_meta_key(tx, &keys[1], "a", err);
  for (size_t i = 0; i < m->n && !status; i++) {
    char value[32];
    snprintf(value, sizeof value, "%zu", i);
    if (i % 3) status = lnti_tx_meta(tx, m->first + (int64_t)i, keys[0], value, err);
    if (!status && i % 5 == 0) status = lnti_tx_meta(tx, m->first + (int64_t)i, keys[1], "x", err);
  }
  return status;
}

typedef struct memory {
  const char *data;
  size_t n, at;
} memory;

static lnt_status read_memory(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  memory *m = payload;
  (void)err;
  if (n > m->n - m->at) n = m->n - m->at;
  memcpy(buffer, m->data + m->at, n);
  m->at += n;
  *n_out = n;
  return LNT_OK;
}

/* Metadata come in blocks of ids; the reader of imports reads what was written. */
static void many_rows_read_back(void **state) {
  (void)state;
  enum { N = 5000 };
  lab l = lab_new();
  lnti_export_result r;
  many_meta m = {.n = N};
  memory file = {0};
  lnti_csv_reader *reader = NULL;
  const lnti_csv_row *row = NULL;
  m.first = lab_items(&l, N);
  assert_ok(lnti_store_write(l.project->store, write_many, &m, ERR));
  assert_ok(export_to(&r, &l, "t.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV}));
  assert_ok(export_to(&r, &l, "again.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV}));
  char *data = lnti_test_read_file(&file.n, media_in(&l, "t.csv").text);
  size_t n_again = 0;
  char *again = lnti_test_read_file(&n_again, media_in(&l, "again.csv").text);
  assert_int_equal(n_again, file.n);
  assert_memory_equal(again, data, n_again); /* the same bytes */
  file.data = data;
  assert_ok(lnti_csv_reader_new(&reader, read_memory, &file, &(lnti_csv_options){.separator = ','}, ERR));
  assert_ok(lnti_csv_next(&row, reader, ERR));
  assert_int_equal(row->n, 10);
  assert_string_equal(row->fields[8].text, "meta.a");
  assert_string_equal(row->fields[9].text, "meta.number");
  for (size_t i = 0; i < N; i++) {
    char wanted[32] = "";
    assert_ok(lnti_csv_next(&row, reader, ERR));
    assert_non_null(row);
    assert_int_equal(row->n, 10);
    assert_int_equal(strtoll(row->fields[0].text, NULL, 10), m.first + (int64_t)i);
    assert_string_equal(row->fields[8].text, i % 5 == 0 ? "x" : "");
    if (i % 3) snprintf(wanted, sizeof wanted, "%zu", i);
    assert_string_equal(row->fields[9].text, wanted);
  }
  assert_ok(lnti_csv_next(&row, reader, ERR));
  assert_null(row);
  lnti_csv_reader_free(reader);
  free(data);
  free(again);
  lab_free(&l);
}

static void an_empty_project_is_a_head(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  assert_ok(export_to(&r, &l, "t.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV}));
  expect_content(&l, "t.csv", "id,uri,split,stage,group,width,height,format\n");
  assert_int_equal(r.exported, 0);
  assert_ok(export_to(&r, &l, "t.jsonl", (lnti_export_options){.format = LNTI_EXPORT_JSONL}));
  expect_content(&l, "t.jsonl", "");
  lab_free(&l);
}

/* ---- whole or not at all ---- */

static void what_is_there_stays(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_export_result r;
  size_t n = 0;
  lnti_test_write_file(media_in(&l, "t.csv").text, "mine", 4);
  assert_status(export_to(&r, &l, "t.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV}), LNT_EEXISTS);
  assert_message("nothing is overwritten");
  char *data = lnti_test_read_file(&n, media_in(&l, "t.csv").text);
  assert_string_equal(data, "mine");
  free(data);
  assert_status(export_to(&r, &l, "project", (lnti_export_options){.format = LNTI_EXPORT_CSV}), LNT_EEXISTS);
  assert_status(export_to(&r, &l, "none/t.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV}), LNT_ENOTFOUND);
  assert_status(export_to(&r, &l, "new.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV, .where = "what"}),
                LNT_EINVAL);
  assert_int_equal(r.exported, 77);
  lab_free(&l);
}

static void cancelling_leaves_nothing(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  media_stopper stopper;
  lab_items(&l, 3000);
  size_t n = lnti_test_count_entries(l.folder);
  media_stop_at(&stopper, 1000);
  l.project->context.cancel = &stopper.cancel;
  assert_status(
      export_to(&r, &l, "t.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV, .progress = &stopper.progress}),
      LNT_ECANCELLED);
  l.project->context.cancel = NULL;
  assert_int_equal(lnti_test_count_entries(l.folder), n);
  lab_free(&l);
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_leaves_nothing(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_export_result r;
  struct rlimit before, limit;
  lab_items(&l, 3000);
  size_t n = lnti_test_count_entries(l.folder);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  limit = before;
  limit.rlim_cur = 70000;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  lnt_status status = export_to(&r, &l, "t.csv", (lnti_export_options){.format = LNTI_EXPORT_CSV});
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  assert_status(status, LNT_ENOSPC);
  assert_int_equal(lnti_test_count_entries(l.folder), n);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_column),
      cmocka_unit_test(json_lines),
      cmocka_unit_test(private_keys_are_left_out),
      cmocka_unit_test(which_keys_are_private),
      cmocka_unit_test(many_rows_read_back),
      cmocka_unit_test(an_empty_project_is_a_head),
      cmocka_unit_test(what_is_there_stays),
      cmocka_unit_test(cancelling_leaves_nothing),
      cmocka_unit_test(a_full_disk_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
