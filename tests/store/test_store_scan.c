/*
 * Scans: positions and what they hold of; the few columns that a view reads, the same as the whole rows say; the log behind a
 * row; items by their ids.
 */
#include <base/error.h>
#include <string.h>

#include "store_support.h"

enum { N = 30 };

typedef struct seen {
  lnti_item items[N];
  int64_t ids[N];
  struct {
    char member[64], split[16], stage[16];
  } texts[N];
  lnti_answer_row answers[N];
  size_t n;
} seen;

static lnt_status keep_item(void *payload, const lnti_item *item, lnt_error *err) {
  seen *s = payload;
  (void)err;
  assert_true(s->n < N);
  s->items[s->n] = *item;
  s->ids[s->n] = item->id;
  snprintf(s->texts[s->n].member, sizeof s->texts->member, "%s", item->member);
  snprintf(s->texts[s->n].split, sizeof s->texts->split, "%s", item->split);
  snprintf(s->texts[s->n++].stage, sizeof s->texts->stage, "%s", item->stage);
  return LNT_OK;
}

static lnt_status keep_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  seen *s = payload;
  (void)err;
  assert_true(s->n < N);
  s->answers[s->n++] = *row;
  return LNT_OK;
}

static lnt_status fail_third(void *payload, const lnti_item *item, lnt_error *err) {
  (void)item;
  return ++*(int *)payload == 3 ? lnti_fail(err, LNT_ECONFLICT, "the third") : LNT_OK;
}

typedef struct answering {
  lnti_answer_row row;
} answering;

static lnt_status write_answer(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_answer(tx, &((answering *)payload)->row, err);
}

static void answer(lab *l, int64_t item_id, int option) {
  answering a = {lab_answer(l, item_id, option)};
  assert_ok(lnti_store_write(l->store, write_answer, &a, ERR));
}

static void positions_hold_of_their_store_alone(void **state) {
  (void)state;
  lab a = lab_new(), b = lab_new();
  lnti_store_position before, after;
  bool holds = false;
  lab_fill(&a, 1, 5);
  lab_fill(&b, 1, 5);
  assert_ok(lnti_store_position_read(&before, a.store, ERR));
  assert_int_equal(before.first_item, 1);
  assert_int_equal(before.last_item, 5);
  answer(&a, 2, 0);
  assert_ok(lnti_store_position_read(&after, a.store, ERR));
  assert_true(after.log_id > before.log_id && after.seq > before.seq);
  assert_ok(lnti_store_position_holds(&holds, a.store, &before, ERR));
  assert_true(holds);
  assert_ok(lnti_store_position_holds(&holds, a.store, &after, ERR));
  assert_true(holds);
  assert_ok(lnti_store_position_holds(&holds, b.store, &after, ERR)); /* it is not as far */
  assert_false(holds);
  after.seq++;
  assert_ok(lnti_store_position_holds(&holds, a.store, &after, ERR));
  assert_false(holds);
  before.op_uuid.bytes[3] ^= 1;
  assert_ok(lnti_store_position_holds(&holds, a.store, &before, ERR));
  assert_false(holds);
  lab_free(&a);
  lab_free(&b);
}

static void assert_sizes_equal(const lnti_item *a, const lnti_item *b) {
  assert_int_equal(a->w, b->w);
  assert_int_equal(a->h, b->h);
  assert_int_equal(a->depth, b->depth);
  assert_int_equal(a->bytes, b->bytes);
  assert_int_equal(a->facts.has_quality, b->facts.has_quality);
  assert_true(!a->facts.has_quality || a->facts.sharpness == b->facts.sharpness);
}

static void assert_hashes_equal(const lnti_item *a, const lnti_item *b) {
  assert_memory_equal(a->content.bytes, b->content.bytes, sizeof a->content.bytes);
  assert_int_equal(a->facts.has_pixels, b->facts.has_pixels);
  assert_memory_equal(a->facts.pixels, b->facts.pixels, sizeof a->facts.pixels);
  assert_int_equal(a->facts.has_signature, b->facts.has_signature);
  assert_memory_equal(a->facts.signature, b->facts.signature, sizeof a->facts.signature);
}

static lnt_status look_at_sixth(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  lnti_item_facts facts = {.has_pixels = true, .has_signature = true, .has_quality = true, .sharpness = 0.5};
  memset(facts.pixels, 6, sizeof facts.pixels);
  memset(facts.signature, 7, sizeof facts.signature);
  lnt_status status = lnti_tx_item_facts(tx, 6, &facts, err);
  if (!status) status = lnti_tx_item_split(tx, 6, "val", err);
  return status ? status : lnti_tx_item_stages(tx, 6, 6, "review", err);
}

static void scans_say_what_the_rows_say(void **state) {
  (void)state;
  lab l = lab_new();
  seen whole = {.n = 0};
  lab_fill(&l, 1, 20);
  lab_write(&l, look_at_sixth, NULL);
  assert_ok(lnti_store_items(l.store, &(lnti_item_query){.after_id = 4, .limit = 6}, keep_item, &whole, ERR));
  for (lnti_scan_what what = LNTI_SCAN_NAMES; what <= LNTI_SCAN_HASHES; what++) {
    seen scanned = {.n = 0};
    assert_ok(lnti_store_scan_items(l.store, what, 5, 10, keep_item, &scanned, ERR));
    assert_int_equal(scanned.n, 6);
    for (size_t i = 0; i < 6; i++) {
      const lnti_item *a = &whole.items[i], *b = &scanned.items[i];
      assert_int_equal(a->id, b->id);
      assert_int_equal(a->source_id, b->source_id);
      assert_int_equal(a->kind, b->kind);
      assert_string_equal(whole.texts[i].member, scanned.texts[i].member);
      assert_string_equal(whole.texts[i].split, scanned.texts[i].split);
      if (what != LNTI_SCAN_HASHES) assert_string_equal(whole.texts[i].stage, scanned.texts[i].stage);
      if (what == LNTI_SCAN_SIZES) assert_sizes_equal(a, b);
      if (what == LNTI_SCAN_HASHES) assert_hashes_equal(a, b);
    }
    assert_string_equal(scanned.texts[1].split, "val");
    scanned.n = 0;
    assert_ok(lnti_store_scan_items(l.store, what, 21, 900, keep_item, &scanned, ERR));
    assert_int_equal(scanned.n, 0);
  }
  int n = 0;
  assert_status(lnti_store_scan_items(l.store, LNTI_SCAN_NAMES, 1, 20, fail_third, &n, ERR), LNT_ECONFLICT);
  assert_int_equal(n, 3);
  assert_ok(lab_sql(l.store, "UPDATE items SET w = 1 << 40 WHERE id = 3"));
  assert_status(lnti_store_scan_items(l.store, LNTI_SCAN_SIZES, 1, 20, fail_third, &n, ERR), LNT_ECORRUPT);
  assert_ok(lab_sql(l.store, "UPDATE items SET w = 1 WHERE id = 3"));
  lab_free(&l);
}

static void items_come_in_the_order_asked_for(void **state) {
  (void)state;
  lab l = lab_new();
  static const int64_t ids[] = {9, 2, 77, 5, 2};
  seen s = {.n = 0};
  lab_fill(&l, 1, 10);
  assert_ok(lnti_store_items_by_id(l.store, ids, 5, keep_item, &s, ERR));
  assert_int_equal(s.n, 4); /* there is no 77 */
  static const int64_t wanted[] = {9, 2, 5, 2};
  assert_memory_equal(s.ids, wanted, sizeof wanted);
  s.n = 0;
  assert_ok(lnti_store_items_by_id(l.store, NULL, 0, keep_item, &s, ERR));
  assert_int_equal(s.n, 0);
  lab_free(&l);
}

static void the_log_goes_on_behind_a_row(void **state) {
  (void)state;
  lab l = lab_new();
  seen first = {.n = 0}, rest = {.n = 0}, current = {.n = 0};
  lab_fill(&l, 1, 10);
  for (int64_t id = 1; id <= 4; id++) answer(&l, id, 0);
  assert_ok(lnti_store_scan_log(l.store, 0, keep_answer, &first, ERR));
  size_t before = first.n;
  assert_true(before >= 4);
  answer(&l, 3, 1);
  assert_ok(lnti_store_scan_log(l.store, first.answers[before - 1].log_id, keep_answer, &rest, ERR));
  assert_int_equal(rest.n, 1);
  assert_int_equal(rest.answers[0].subject_id, 3);
  assert_ok(lnti_store_scan_answers(l.store, 3, 3, keep_answer, &current, ERR));
  assert_true(current.n >= 1);
  assert_int_equal(current.answers[current.n - 1].log_id, rest.answers[0].log_id);
  assert_int_equal(current.answers[current.n - 1].option_id, rest.answers[0].option_id);
  lab_free(&l);
}

static void work_is_counted(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_store_counts all, work;
  lab_fill(&l, 1, 3);
  assert_ok(lnti_store_counts_read(&all, l.store, ERR));
  assert_ok(lnti_store_work_counts(&work, l.store, ERR));
  assert_int_equal(work.operations, all.operations);
  assert_int_equal(work.runs, all.runs);
  assert_int_equal(work.models, all.models);
  assert_int_equal(work.items, 0);
  lnti_store_counts_clear(&all);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(positions_hold_of_their_store_alone),
      cmocka_unit_test(scans_say_what_the_rows_say),
      cmocka_unit_test(items_come_in_the_order_asked_for),
      cmocka_unit_test(the_log_goes_on_behind_a_row),
      cmocka_unit_test(work_is_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
