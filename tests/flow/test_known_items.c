/*
 * What an import knows of a source: items by member, of that source and kind alone, with their frames and groups; many of
 * them; failing allocations.
 */
#include <flow/groups.h>
#include <flow/import/known_items.h>

#include "flow_support.h"

/* Items of one source of one kind; of a format, in a group, with pixels looked at. */
typedef struct adding {
  lnti_source_kind kind;
  const char *source;
  const lnti_item *items;
  size_t n;
  lnti_op op;
  int64_t first_id;
} adding;

static lnt_status add_all(void *payload, lnti_tx *tx, lnt_error *err) {
  adding *a = payload;
  int64_t op_id = 0, source_id = 0, id = 0;
  lnt_status status = lnti_tx_op(tx, &op_id, NULL, &a->op, err);
  if (!status) status = lnti_tx_source(tx, &source_id, a->kind, a->source, err);
  for (size_t i = 0; i < a->n && !status; i++) {
    lnti_item item = a->items[i];
    item.source_id = source_id;
    item.h = item.w = item.c = 1;
    item.depth = 8;
    if (!item.format) item.format = "png";
    lnti_hash_bytes(&item.content, item.member, strlen(item.member));
    status = lnti_tx_item(tx, &id, NULL, op_id, &item, err);
    if (i == 0) a->first_id = id;
  }
  return status;
}

static int64_t add(const lab *l, lnti_source_kind kind, const char *source, const lnti_item *items, size_t n) {
  adding a = {.kind = kind, .source = source, .items = items, .n = n};
  lnti_project_op(&a.op, l->project, LNTI_OP_IMPORT, "a test");
  assert_ok(lnti_store_write(l->project->store, add_all, &a, ERR));
  return a.first_id;
}

static lnti_known_items *load(const lab *l, lnti_source_kind kind, const char *source) {
  lnti_known_items *known = NULL;
  assert_ok(lnti_known_items_load(&known, l->project, kind, source, ERR));
  return known;
}

static void nothing_is_known_of_nothing(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_known_items *known = load(&l, LNTI_SOURCE_FOLDER, "/photos");
  assert_int_equal(lnti_known_items_find(known, "a.png").id, 0);
  lnti_known_items_free(known);
  assert_int_equal(lnti_known_items_find(NULL, "a.png").id, 0);
  lnti_known_items_free(NULL);
  lab_free(&l);
}

static void one_source_of_one_kind(void **state) {
  (void)state;
  lab l = lab_new();
  static const lnti_item items[] = {{.member = "a.png"}, {.member = "b/a.png", .facts = {.has_pixels = true}}};
  int64_t folder = add(&l, LNTI_SOURCE_FOLDER, "/photos", items, 2);
  int64_t archive = add(&l, LNTI_SOURCE_ARCHIVE, "/photos", items, 2); /* the folder gave way to a file */
  add(&l, LNTI_SOURCE_FOLDER, "/photos2", items, 2);
  lnti_known_items *known = load(&l, LNTI_SOURCE_FOLDER, "/photos");
  lnti_known_item a = lnti_known_items_find(known, "a.png"), b = lnti_known_items_find(known, "b/a.png");
  lnti_hash content;
  lnti_hash_bytes(&content, "a.png", 5);
  assert_int_equal(a.id, folder);
  assert_int_equal(a.content, lnti_content_key(&content));
  assert_false(a.looked);
  assert_int_equal(b.id, folder + 1);
  assert_true(b.looked);
  assert_true(b.content != a.content);
  assert_true(a.joins && b.joins);
  assert_int_equal(lnti_known_items_find(known, "A.png").id, 0);
  assert_int_equal(lnti_known_items_find(known, "b/").id, 0);
  assert_int_equal(lnti_known_items_find(known, "").id, 0);
  assert_false(lnti_known_items_find(known, "c.png").joins);
  lnti_known_items_free(known);
  known = load(&l, LNTI_SOURCE_ARCHIVE, "/photos");
  assert_int_equal(lnti_known_items_find(known, "a.png").id, archive);
  lnti_known_items_free(known);
  known = load(&l, LNTI_SOURCE_ARRAY, "/photos");
  assert_int_equal(lnti_known_items_find(known, "a.png").id, 0);
  lnti_known_items_free(known);
  lab_free(&l);
}

static void frames_of_a_file(void **state) {
  (void)state;
  lab l = lab_new();
  static const lnti_item items[] = {{.member = "spread.gif#frame=0", .format = "gif"},
                                    {.member = "spread.gif#frame=1", .format = "gif"},
                                    {.member = "spread.gif#frame=3", .format = "gif"}, /* a gap */
                                    {.member = "scan.tif#page=1", .format = "tiff"},
                                    {.member = "first.tif", .format = "tiff"},
                                    {.member = "first.tif#page=2", .format = "tiff"},
                                    {.member = "first.tif#page=3", .format = "tiff"},
                                    {.member = "alone.webp", .format = "webp"},
                                    {.member = "still.png"},
                                    {.member = "still.png#page=2"}, /* a name, no page: a PNG has none */
                                    {.member = "odd#frame=4000000000"}};
  int64_t id = add(&l, LNTI_SOURCE_FOLDER, "/photos", items, sizeof items / sizeof *items);
  lnti_known_items *known = load(&l, LNTI_SOURCE_FOLDER, "/photos");
  static const struct {
    const char *member;
    int64_t id;
    size_t frames;
    bool timed, may_have_frames, holes;
  } expected[] = {{"spread.gif", 0, 4, true, false, true},  {"scan.tif", 0, 1, false, false, false},
                  {"first.tif", 5, 2, false, true, false},  {"alone.webp", 8, 0, false, true, false},
                  {"still.png", 9, 0, false, false, false}, {"none.gif", 0, 0, false, false, false},
                  {"odd", 0, 0, false, false, false}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    lnti_known_item item = lnti_known_items_find(known, expected[i].member);
    if (item.id != (expected[i].id ? id + expected[i].id - 1 : 0) || item.frames != expected[i].frames ||
        item.timed != expected[i].timed || item.may_have_frames != expected[i].may_have_frames ||
        item.holes != expected[i].holes) {
      fail_msg("%s: item %d, %zu frames", expected[i].member, (int)item.id, item.frames);
    }
  }
  lnti_known_items_free(known);
  lab_free(&l);
}

static void groups(void **state) {
  (void)state;
  lab l = lab_new();
  int64_t in = lab_item(&l, "in.png", 1, ""), out = lab_item(&l, "out.png", 2, "");
  int64_t frame = lab_item(&l, "clip.gif#frame=0", 3, "");
  const int64_t members[] = {in, frame};
  int64_t group = lab_group(&l, "group:both", members, 2);
  lnti_known_items *known = load(&l, LNTI_SOURCE_FOLDER, l.folder);
  lnti_known_item item = lnti_known_items_find(known, "in.png");
  assert_int_equal(item.group_id, group);
  assert_false(item.joins);
  item = lnti_known_items_find(known, "out.png");
  assert_int_equal(item.id, out);
  assert_int_equal(item.group_id, 0);
  assert_true(item.joins);
  item = lnti_known_items_find(known, "clip.gif");
  assert_int_equal(item.frames, 1);
  assert_int_equal(item.group_id, group);
  assert_false(item.joins);
  item = lnti_known_items_find(known, "group:both");
  assert_int_equal(item.id, group);
  assert_true(item.looked); /* there is nothing in it to look at */
  lnti_known_items_free(known);
  lab_free(&l);
}

/* A name that cannot be that of a frame for its length. */
static void long_members(void **state) {
  (void)state;
  lab l = lab_new();
  static char name[9000];
  lnti_item item = {.member = name, .format = "gif"};
  memset(name, 'n', sizeof name - 1);
  int64_t id = add(&l, LNTI_SOURCE_ARCHIVE, "/a.tar", &item, 1);
  lnti_known_items *known = load(&l, LNTI_SOURCE_ARCHIVE, "/a.tar");
  lnti_known_item found = lnti_known_items_find(known, name);
  assert_int_equal(found.id, id);
  assert_int_equal(found.frames, 0);
  name[sizeof name - 2] = '\0';
  assert_int_equal(lnti_known_items_find(known, name).id, 0);
  lnti_known_items_free(known);
  lab_free(&l);
}

static void many(void **state) {
  (void)state;
  lab l = lab_new();
  enum { N = 20000 };
  int64_t first = lab_items(&l, N);
  lnti_known_items *known = load(&l, LNTI_SOURCE_FOLDER, l.folder);
  for (int i = 0; i < N; i++) {
    char member[32];
    snprintf(member, sizeof member, "%d.png", i);
    assert_int_equal(lnti_known_items_find(known, member).id, first + i);
    snprintf(member, sizeof member, "%d.jpg", i);
    assert_int_equal(lnti_known_items_find(known, member).id, 0);
  }
  lnti_known_items_free(known);
  lab_free(&l);
}

static void failing_allocations(void **state) {
  (void)state;
  lab l = lab_new();
  lab_items(&l, 200);
  bool failed = true;
  for (size_t n = 1; failed; n++) {
    lnti_known_items *known = NULL;
    lnti_test_fail_allocation_after(n);
    lnt_status status = lnti_known_items_load(&known, l.project, LNTI_SOURCE_FOLDER, l.folder, ERR);
    failed = lnti_test_allocation_failed();
    lnti_test_fail_allocation_after(0);
    if (status != (failed ? LNT_ENOMEM : LNT_OK)) fail_msg("allocation %zu: %s", n, lnt_status_name(status));
    assert_true(!known == failed);
    assert_int_equal(lnti_known_items_find(known, "199.png").id != 0, !failed);
    lnti_known_items_free(known);
  }
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_known_of_nothing),
      cmocka_unit_test(one_source_of_one_kind),
      cmocka_unit_test(frames_of_a_file),
      cmocka_unit_test(groups),
      cmocka_unit_test(long_members),
      cmocka_unit_test(many),
      cmocka_unit_test(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
