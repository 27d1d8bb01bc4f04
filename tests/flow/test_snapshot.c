/*
 * The bytes of a snapshot: all that is kept of an item comes back, damaged ones are told, and those of the first form, which
 * kept less, are still read.
 */
#include <base/json.h>
#include <flow/snapshot/snapshot_read.h>
#include <math.h>
#include <stdlib.h>

#include "media_support.h"

/* ---- one item ---- */

static char camera[] = "camera", site[] = "site", *key_names[] = {camera, site};
static const lnti_snapshot_names keys = {key_names, 2, 2};

/* An item with all that can be kept of one. */
static lnti_text one_item(void) {
  lnti_text block = {0};
  const lnti_item item = {
      .id = 300, .group_id = 7, .content = {{1, 2, 3}}, .split = "train", .stage = "review", .kind = LNTI_ITEM_IMAGE};
  const lnti_answer_row answers[] = {
      {.question_id = 2, .state = LNTI_ANSWERED, .option_id = 500, .number = (double)NAN, .confidence = 0.9},
      {.question_id = 3, .state = LNTI_ANSWERED, .number = 1.5, .confidence = (double)NAN},
      {.question_id = 4, .state = LNTI_ANSWERED, .text = "a\tb", .number = (double)NAN, .confidence = (double)NAN}};
  const lnti_answer_row remarks[] = {{.slot = LNTI_SLOT_SKIP, .text = "too dark"}, {.slot = 99, .text = "no"}};
  const lnti_meta_value meta[] = {{300, "camera", "x1"}, {300, "site", ""}};
  const lnti_item_view view = {.item = &item, .answers = answers, .n_answers = 3, .meta = meta, .n_meta = 2};
  assert_ok(lnti_snapshot_put(&block, &view, 0, ERR));
  assert_ok(lnti_snapshot_put_rest(&block, &view, remarks, 2, &keys, ERR));
  return block;
}

static lnti_block_reader over(const void *data, size_t n) {
  return (lnti_block_reader){data, (const uint8_t *)data + n, true};
}

static void an_item_comes_back(void **state) {
  (void)state;
  lnti_text block = one_item();
  lnti_snapshot_item item = {0};
  lnti_block_reader r = over(block.data, block.length);
  for (int again = 0; again < 2; again++) { /* the second time over what is there */
    r = over(block.data, block.length);
    assert_ok(lnti_snapshot_get(&item, &r, 0, &keys, ERR));
    assert_ptr_equal(r.at, r.end);
    assert_int_equal(item.id, 300);
    assert_int_equal(item.group_id, 7);
    assert_string_equal(item.split, "train");
    assert_string_equal(item.stage, "review");
    assert_int_equal(item.content.bytes[2], 3);
    assert_int_equal(item.n_answers, 3);
    assert_int_equal(item.answers[0].option_id, 500);
    assert_int_equal(item.answers[0].subject_id, 300);
    assert_true(item.answers[0].confidence == 0.9 && isnan(item.answers[0].number));
    assert_true(item.answers[1].number == 1.5 && isnan(item.answers[1].confidence));
    assert_string_equal(item.answers[2].text, "a\tb");
    assert_int_equal(item.n_remarks, 2);
    assert_int_equal(item.remarks[1].slot, 99);
    assert_string_equal(item.remarks[0].text, "too dark");
    assert_int_equal(item.n_meta, 2);
    assert_string_equal(item.meta[0].key, "camera");
    assert_string_equal(item.meta[0].value, "x1");
    assert_string_equal(item.meta[1].value, "");
  }
  lnti_snapshot_item_clear(&item);
  lnti_text_clear(&block);
}

/* Cut anywhere, and with any byte another: an error, or another item, and no memory that is not its own. */
static void damage_is_told(void **state) {
  (void)state;
  lnti_text block = one_item();
  lnti_snapshot_item item = {0};
  for (size_t n = 0; n < block.length; n++) {
    uint8_t *cut = malloc(n ? n : 1);
    assert_non_null(cut);
    memcpy(cut, block.data, n);
    lnti_block_reader r = over(cut, n);
    assert_status(lnti_snapshot_get(&item, &r, 0, &keys, ERR), LNT_ECORRUPT);
    free(cut);
  }
  for (size_t i = 0; i < block.length; i++) {
    for (int bit = 0; bit < 8; bit++) {
      block.data[i] ^= (char)(1 << bit);
      lnti_block_reader r = over(block.data, block.length);
      lnt_status status = lnti_snapshot_get(&item, &r, 0, &keys, ERR);
      assert_true(status == LNT_OK || status == LNT_ECORRUPT);
      block.data[i] ^= (char)(1 << bit);
    }
  }
  lnti_block_reader r = over(block.data, block.length); /* more keys than the snapshot has */
  assert_status(lnti_snapshot_get(&item, &r, 0, &(lnti_snapshot_names){key_names, 1, 1}, ERR), LNT_ECORRUPT);
  lnti_snapshot_item_clear(&item);
  lnti_text_clear(&block);
}

/* ---- the first form ---- */

static lnt_status put_core(void *payload, const lnti_item_view *view, lnt_error *err) {
  return lnti_snapshot_put(payload, view, view->item->id == 1 ? 0 : view->item->id - 1, err);
}

static void write_set(lab *l, const char *name, const char *facts, const lnti_text *block, size_t n) {
  lnti_item_set set = {.kind = LNTI_SET_SNAPSHOT, .name = name, .person = "ada", .facts_json = facts, .n_items = n};
  assert_ok(lnti_set_begin(&set, l->project, ERR));
  const lnti_item_block whole = {1, (int64_t)n, block->data, block->length};
  if (block->length > 0) assert_ok(lnti_set_block(l->project, set.id, &whole, ERR));
  assert_ok(lnti_set_end(l->project, &set, false, ERR));
}

static char *old_facts(const lab *l) {
  lnti_text json = {0};
  lnti_json_writer *w = NULL;
  char *facts = NULL;
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &json, 0, ERR));
  lnti_ontology_write(w, l->ontology);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  assert_ok(lnti_asprintf(&facts, ERR, "{\"where\":\"\",\"ontology\":%.*s}\n", (int)json.length - 1, json.data));
  lnti_text_clear(&json);
  return facts;
}

static lnt_status count_item(void *payload, const lnti_snapshot_item *item, lnt_error *err) {
  size_t *n = payload;
  (void)err;
  assert_string_equal(item->stage, "");
  assert_int_equal(item->id, ++*n);
  return LNT_OK;
}

static void the_first_form_is_read(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_text block = {0};
  lnti_snapshot snapshot = {0};
  lnti_snapshot_diff diff = {0};
  size_t n = 0;
  lab_ontology(&l, NULL);
  lab_items(&l, 3);
  lab_answer(&l, 2, "class", "cat");
  assert_ok(lnti_items(l.project, NULL, &(lnti_items_query){0}, put_core, &block, ERR));
  char *facts = old_facts(&l);
  write_set(&l, "old", facts, &block, 3);
  assert_ok(lnti_snapshot_open(&snapshot, l.project, "old", ERR));
  assert_int_equal(snapshot.record, 1);
  assert_int_equal(snapshot.n_items, 3);
  assert_ok(lnti_snapshot_walk(&snapshot, count_item, &n, ERR));
  assert_int_equal(n, 3);
  lnti_snapshot_close(&snapshot);
  assert_ok(lnti_snapshot_compare(&diff, l.project, "old", LNTI_SNAPSHOT_NOW, ERR));
  assert_true(diff.same);
  lnti_snapshot_diff_clear(&diff);
  /* Against one of today, which has more. */
  lab_answer(&l, 2, "class", "dog");
  assert_ok(lnti_snapshot_create(l.project, "new", NULL, NULL, ERR));
  assert_ok(lnti_snapshot_compare(&diff, l.project, "old", "new", ERR));
  assert_int_equal(diff.n_moves, 1);
  assert_string_equal(diff.moves[0].from, "cat");
  assert_string_equal(diff.moves[0].to, "dog");
  assert_false(diff.ontology_changed);
  lnti_snapshot_diff_clear(&diff);
  free(facts);
  lnti_text_clear(&block);
  lab_free(&l);
}

static void facts_that_make_no_sense(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_snapshot snapshot = {0};
  const lnti_text none = {0};
  static const struct {
    const char *facts;
    lnt_status status;
  } cases[] = {
      {"{}", LNT_ECORRUPT},
      {"{\"where\":\"\",\"ontology\":", LNT_ECORRUPT},
      {"{\"where\":\"\",\"ontology\":{\"classifications\":[]}}", LNT_OK},
      {"{\"where\":\"\",\"record\":2,\"rows\":[],\"ontology\":{\"classifications\":[]}}", LNT_OK},
      {"{\"where\":\"\",\"record\":2,\"rows\":[1],\"ontology\":{\"classifications\":[]}}", LNT_ECORRUPT},
      {"{\"where\":\"\",\"record\":2,\"ontology\":{\"classifications\":[]}}", LNT_ECORRUPT},
      {"{\"where\":\"\",\"record\":2,\"rows\":[1,-2],\"ontology\":{\"classifications\":[{\"id\":\"a\",\"type\":\"radio\","
       "\"options\":[{\"id\":\"b\"}]}]}}",
       LNT_ECORRUPT},
      {"{\"where\":\"\",\"record\":2,\"splits\":[1],\"rows\":[],\"ontology\":{\"classifications\":[]}}", LNT_ECORRUPT},
      {"{\"where\":\"\",\"record\":3,\"rows\":[],\"ontology\":{\"classifications\":[]}}", LNT_EUNSUPPORTED},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char name[8];
    (void)snprintf(name, sizeof name, "s%zu", i);
    write_set(&l, name, cases[i].facts, &none, 0);
    assert_status(lnti_snapshot_open(&snapshot, l.project, name, ERR), cases[i].status);
    lnti_snapshot_close(&snapshot);
  }
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_item_comes_back), cmocka_unit_test(damage_is_told),
                                     cmocka_unit_test(the_first_form_is_read),
                                     cmocka_unit_test(facts_that_make_no_sense)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
