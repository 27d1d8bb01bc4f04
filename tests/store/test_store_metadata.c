/*
 * What schema 2 brought: facts and groups of items, metadata keys, links between duplicates, sources that move, settings,
 * the newest split.
 */
#include <stdlib.h>
#include <string.h>

#include "store_support.h"

/* ---- facts and groups ---- */

static lnti_item item_with_facts(const lab *l) {
  lnti_item item = lab_item(l, 5);
  item.facts = (lnti_item_facts){.has_pixels = true,
                                 .has_signature = true,
                                 .has_quality = true,
                                 .sharpness = 12.5,
                                 .brightness = 0.25,
                                 .contrast = 0.125};
  memset(item.facts.pixels, 0xa5, sizeof item.facts.pixels);
  memset(item.facts.signature, 0x3c, sizeof item.facts.signature);
  return item;
}

typedef struct fact_write {
  const lab *l;
  lnti_item item;
  int64_t id, facts_of, group_of, group_id;
} fact_write;

static lnt_status write_facts(void *payload, lnti_tx *tx, lnt_error *err) {
  fact_write *w = payload;
  lnt_status status = LNT_OK;
  if (w->item.member) status = lnti_tx_item(tx, &w->id, NULL, w->l->op_id, &w->item, err);
  if (!status && w->facts_of) status = lnti_tx_item_facts(tx, w->facts_of, &w->item.facts, err);
  if (!status && w->group_of) status = lnti_tx_item_group(tx, w->group_of, w->group_id, err);
  return status;
}

static lnt_status keep_item(void *payload, const lnti_item *item, lnt_error *err) {
  (void)err;
  lnti_item *last = payload;
  *last = *item;
  return LNT_OK;
}

static lnti_item item_of(lab *l, int64_t id) {
  lnti_item item = {0};
  assert_ok(lnti_store_items(l->store, &(lnti_item_query){.after_id = id - 1, .limit = 1}, keep_item, &item, ERR));
  assert_int_equal(item.id, id);
  return item;
}

static void facts_come_back_and_may_be_missing(void **state) {
  (void)state;
  lab l = lab_new();
  fact_write with = {.l = &l, .item = item_with_facts(&l)};
  lab_write(&l, write_facts, &with);
  fact_write without = {.l = &l, .item = lab_item(&l, 6)};
  lab_write(&l, write_facts, &without);
  lnti_item a = item_of(&l, with.id), b = item_of(&l, without.id);
  assert_true(a.facts.has_pixels && a.facts.has_signature && a.facts.has_quality);
  assert_memory_equal(&a.facts.pixels, &with.item.facts.pixels, sizeof a.facts.pixels);
  assert_memory_equal(&a.facts.signature, &with.item.facts.signature, sizeof a.facts.signature);
  assert_true(a.facts.sharpness == 12.5 && a.facts.brightness == 0.25 && a.facts.contrast == 0.125);
  assert_int_equal(a.kind, LNTI_ITEM_IMAGE);
  assert_int_equal(a.group_id, 0);
  assert_false(b.facts.has_pixels || b.facts.has_signature || b.facts.has_quality);
  /* What was not known is filled in later. */
  fact_write fill = {.l = &l, .item = item_with_facts(&l), .facts_of = without.id};
  fill.item.member = NULL;
  fill.item.facts.has_signature = false;
  lab_write(&l, write_facts, &fill);
  b = item_of(&l, without.id);
  assert_true(b.facts.has_pixels && b.facts.has_quality && !b.facts.has_signature);
  fill.facts_of = 99;
  assert_status(lnti_store_write(l.store, write_facts, &fill, ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

static void groups_have_members(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 2);
  fact_write group = {.l = &l, .item = lab_item(&l, 9)};
  group.item.kind = LNTI_ITEM_GROUP;
  lab_write(&l, write_facts, &group);
  lab_write(&l, write_facts, (&(fact_write){.l = &l, .group_of = 1, .group_id = group.id}));
  assert_int_equal(item_of(&l, group.id).kind, LNTI_ITEM_GROUP);
  assert_int_equal(item_of(&l, 1).group_id, group.id);
  lab_write(&l, write_facts, (&(fact_write){.l = &l, .group_of = 1}));
  assert_int_equal(item_of(&l, 1).group_id, 0);
  assert_status(lnti_store_write(l.store, write_facts, &(fact_write){.l = &l, .group_of = 1, .group_id = 77}, ERR),
                LNT_ECONFLICT);
  lab_free(&l);
}

typedef struct finding {
  int64_t source_id, id;
  const char *member;
} finding;

static lnt_status find_item(void *payload, lnti_tx *tx, lnt_error *err) {
  finding *f = payload;
  return lnti_tx_item_find(tx, &f->id, f->source_id, f->member, err);
}

static void items_are_found_by_their_member(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 3);
  lnti_item second = lab_item(&l, 1);
  finding f = {second.source_id, 77, second.member};
  lab_write(&l, find_item, &f);
  assert_int_equal(f.id, 2);
  f = (finding){second.source_id, 77, "nowhere"};
  assert_status(lnti_store_write(l.store, find_item, &f, ERR), LNT_ENOTFOUND);
  assert_int_equal(f.id, 77);
  f = (finding){second.source_id + 1, 77, second.member};
  assert_status(lnti_store_write(l.store, find_item, &f, ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

/* ---- metadata keys ---- */

static lnt_status write_keys(void *payload, lnti_tx *tx, lnt_error *err) {
  int64_t *ids = payload;
  lnt_status status = lnti_tx_meta_key(tx, &ids[0], "site", err);
  if (!status) status = lnti_tx_meta_key(tx, &ids[1], "camera", err);
  if (!status) status = lnti_tx_meta_key(tx, &ids[2], "site", err);
  return status;
}

static lnt_status tell_key(void *payload, int64_t key_id, const char *key, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %s;", (long long)key_id, key);
}

static lnt_status write_no_key(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  return lnti_tx_meta(tx, 1, 1234, "value", err);
}

static void metadata_keys_are_numbered_once(void **state) {
  (void)state;
  lab l = lab_new();
  int64_t ids[3] = {0};
  lnti_text text = {0};
  lab_fill(&l, 0, 1);
  lab_write(&l, write_keys, ids);
  assert_int_equal(ids[0], ids[2]);
  assert_int_not_equal(ids[0], ids[1]);
  assert_ok(lnti_store_meta_keys(l.store, tell_key, &text, ERR));
  assert_string_equal(text.data, "1 site;2 camera;");
  lnti_text_clear(&text);
  assert_status(lnti_store_write(l.store, write_no_key, NULL, ERR), LNT_ECONFLICT);
  lab_free(&l);
}

typedef struct reading {
  lnti_text value, split;
  bool found, missing_found;
} reading;

static lnt_status find_values(void *payload, lnti_tx *tx, lnt_error *err) {
  reading *f = payload;
  int64_t key_id = 0;
  lnt_status status = lnti_tx_meta_key(tx, &key_id, "site", err);
  if (!status) status = lnti_tx_meta_find(tx, &f->value, &f->missing_found, 1, key_id, err);
  if (!status) status = lnti_tx_meta(tx, 1, key_id, "north", err);
  if (!status) status = lnti_tx_meta_find(tx, &f->value, &f->found, 1, key_id, err);
  if (!status) status = lnti_tx_item_split(tx, 1, "val", err);
  return status ? status : lnti_tx_item_split_find(tx, &f->split, 1, err);
}

static lnt_status find_no_split(void *payload, lnti_tx *tx, lnt_error *err) {
  reading *f = payload;
  return lnti_tx_item_split_find(tx, &f->split, 99, err);
}

static void what_an_item_has_is_found(void **state) {
  (void)state;
  lab l = lab_new();
  reading f = {0};
  lab_fill(&l, 0, 1);
  lab_write(&l, find_values, &f);
  assert_false(f.missing_found);
  assert_true(f.found);
  assert_string_equal(f.value.data, "north");
  assert_string_equal(f.split.data, "val");
  assert_status(lnti_store_write(l.store, find_no_split, &f, ERR), LNT_ENOTFOUND);
  lnti_text_clear(&f.value);
  lnti_text_clear(&f.split);
  lab_free(&l);
}

/* ---- duplicates ---- */

typedef struct duplicate_write {
  lnti_duplicate rows[3];
  size_t n;
} duplicate_write;

static lnt_status write_duplicates(void *payload, lnti_tx *tx, lnt_error *err) {
  const duplicate_write *w = payload;
  return lnti_tx_duplicates(tx, w->rows, w->n, err);
}

static lnt_status tell_duplicate(void *payload, const lnti_duplicate *d, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %lld %lld %u;", (long long)d->item_id, (long long)d->equal_id,
                          (long long)d->near_id, (unsigned)d->distance);
}

static void links_are_replaced_whole(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_text text = {0};
  lab_fill(&l, 0, 3);
  lab_write(&l, write_duplicates, (&(duplicate_write){{{1, 1, 1, 0}, {2, 1, 1, 0}, {3, 3, 1, 9}}, 3}));
  assert_ok(lnti_store_duplicates(l.store, 0, INT64_MAX, tell_duplicate, &text, ERR));
  assert_string_equal(text.data, "1 1 1 0;2 1 1 0;3 3 1 9;");
  text.length = 0;
  assert_status(lnti_store_write(l.store, write_duplicates, &(duplicate_write){{{8, 1, 1, 0}}, 1}, ERR), LNT_ECONFLICT);
  lab_write(&l, write_duplicates, (&(duplicate_write){{{2, 2, 2, 4}, {3, 3, 2, 4}}, 2}));
  assert_ok(lnti_store_duplicates(l.store, 0, INT64_MAX, tell_duplicate, &text, ERR));
  assert_string_equal(text.data, "2 2 2 4;3 3 2 4;");
  lnti_text_clear(&text);
  lab_free(&l);
}

/* ---- sources, settings, splits ---- */

typedef struct move_write {
  int64_t source_id;
  const char *path;
} move_write;

static lnt_status write_move(void *payload, lnti_tx *tx, lnt_error *err) {
  const move_write *w = payload;
  int64_t other = 0;
  lnt_status status = lnti_tx_source(tx, &other, LNTI_SOURCE_FOLDER, "/data/other", err);
  return status ? status : lnti_tx_source_move(tx, w->source_id, w->path, err);
}

static lnt_status tell_source(void *payload, int64_t id, lnti_source_kind kind, const char *path, size_t n_items,
                              lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %d %s %zu;", (long long)id, (int)kind, path, n_items);
}

static lnt_status last_change(void *payload, const lnti_change *change, lnt_error *err) {
  (void)err;
  if (strcmp(change->kind, "item") == 0) *(lnti_change *)payload = *change;
  return LNT_OK;
}

static void sources_move_with_their_items(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_text text = {0};
  lnti_change change = {0};
  lab_fill(&l, 0, 3);
  lab_write(&l, write_move, (&(move_write){l.source_id, "/mnt/drive"}));
  assert_ok(lnti_store_sources(l.store, tell_source, &text, ERR));
  assert_string_equal(text.data, "1 1 /mnt/drive 3;2 1 /data/other 0;");
  text.length = 0;
  assert_ok(lnti_store_changes(l.store, 0, last_change, &change, ERR));
  assert_true(change.first_id == 1 && change.last_id == 3);
  assert_ok(lnti_item_uri(
      &text, &(lnti_item){.source = "/d/a.tar", .source_kind = LNTI_SOURCE_ARCHIVE, .member = "x/y"}, ERR));
  assert_string_equal(text.data, "/d/a.tar#x/y");
  lnti_text_clear(&text);
  assert_status(lnti_store_write(l.store, write_move, &(move_write){l.source_id, "/data/other"}, ERR), LNT_EEXISTS);
  assert_status(lnti_store_write(l.store, write_move, &(move_write){44, "/x"}, ERR), LNT_ENOTFOUND);
  lab_free(&l);
}

static lnt_status write_setting(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_setting(tx, "caps.pixels", payload, err);
}

/* The transaction sees what it has written itself. */
static lnt_status write_setting_and_find(void *payload, lnti_tx *tx, lnt_error *err) {
  char *value = NULL;
  lnt_status status = lnti_tx_setting_find(tx, &value, "caps.pixels", err);
  assert_ok(status);
  assert_null(value);
  assert_ok(lnti_tx_setting(tx, "caps.pixels", payload, err));
  assert_ok(lnti_tx_setting_find(tx, &value, "caps.pixels", err));
  assert_string_equal(value, payload);
  free(value);
  return LNT_OK;
}

static void settings_are_replaced(void **state) {
  (void)state;
  lab l = lab_new();
  char first[] = "1", second[] = "2", *value = NULL;
  assert_ok(lnti_store_setting(&value, l.store, "caps.pixels", ERR));
  assert_null(value);
  lab_write(&l, write_setting_and_find, first);
  lab_write(&l, write_setting, second);
  assert_ok(lnti_store_setting(&value, l.store, "caps.pixels", ERR));
  assert_string_equal(value, "2");
  free(value);
  lab_free(&l);
}

static lnt_status write_split(void *payload, lnti_tx *tx, lnt_error *err) {
  int64_t id = 0;
  return lnti_tx_split(tx, &id, payload, err);
}

static lnt_status tell_split(void *payload, const lnti_split_row *split, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s %llu %s", split->method, (unsigned long long)split->seed,
                          split->params_json);
}

static void the_newest_split_counts(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_text text = {0};
  assert_ok(lnti_store_split(l.store, tell_split, &text, ERR));
  assert_int_equal(text.length, 0);
  lab_write(&l, write_split, (&(lnti_split_row){0, l.op_id, "random", 1, "{}"}));
  lab_write(&l, write_split, (&(lnti_split_row){0, l.op_id, "group", UINT64_MAX, "{\"key\":\"site\"}"}));
  assert_ok(lnti_store_split(l.store, tell_split, &text, ERR));
  assert_string_equal(text.data, "group 18446744073709551615 {\"key\":\"site\"}");
  lnti_text_clear(&text);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(facts_come_back_and_may_be_missing),
      cmocka_unit_test(groups_have_members),
      cmocka_unit_test(items_are_found_by_their_member),
      cmocka_unit_test(metadata_keys_are_numbered_once),
      cmocka_unit_test(what_an_item_has_is_found),
      cmocka_unit_test(links_are_replaced_whole),
      cmocka_unit_test(sources_move_with_their_items),
      cmocka_unit_test(settings_are_replaced),
      cmocka_unit_test(the_newest_split_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
