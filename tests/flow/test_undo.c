/*
 * Undo, step by step: what it puts back, what it leaves to others, and that undoing an undo does it again. Texts, orders and
 * remarks go the same way as all other answers.
 */
#include <flow/answer_text.h>
#include <flow/undo.h>
#include <math.h>

#include "flow_support.h"

static const char document[] =
    "{\"name\":\"U\",\"classifications\":["
    "{\"id\":\"class\",\"type\":\"radio\",\"options\":[{\"id\":\"cat\",\"attributes\":[{\"id\":\"mood\",\"type\":\"radio\","
    "\"options\":[{\"id\":\"calm\"},{\"id\":\"angry\"}]}]},{\"id\":\"dog\"}]},"
    "{\"id\":\"tags\",\"type\":\"checklist\",\"options\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]},"
    "{\"id\":\"note\",\"type\":\"text\",\"max_length\":12},"
    "{\"id\":\"order\",\"type\":\"rank\",\"options\":[{\"id\":\"x\"},{\"id\":\"y\"},{\"id\":\"z\"}]}]}";

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, document);
  lab_items(&l, 3);
  return l;
}

/* ---- what is said of an item ---- */

static lnt_status keep(void *payload, const lnti_answer_row *row, lnt_error *err) {
  lnti_text *out = payload;
  (void)err;
  assert_ok(lnti_text_printf(out, ERR, "%lld/%lld ", (long long)row->question_id, (long long)row->slot));
  return row->text ? lnti_text_printf(out, err, "'%s' ", row->text)
                   : lnti_text_printf(out, err, "%d:%lld:%g ", (int)row->state, (long long)row->option_id,
                                      isnan(row->number) ? -1 : row->number);
}

/* All of it, for comparing. */
static char *said(const lab *l) {
  lnti_text out = {0};
  assert_ok(lnti_text_append(&out, "", 0, ERR));
  assert_ok(lnti_store_answers(l->project->store, 1, 3, 0, keep, &out, ERR));
  assert_ok(lnti_store_remarks(l->project->store, 1, 3, keep, &out, ERR));
  return out.data;
}

static void expect_said(const lab *l, const char *wanted) {
  char *now = said(l);
  assert_string_equal(now ? now : "", wanted);
  free(now);
}

/* ---- shorthand ---- */

typedef struct conflicts {
  size_t n;
  char last[512];
} conflicts;

static lnt_status note_conflict(void *payload, const lnti_undo_conflict *conflict, lnt_error *err) {
  conflicts *c = payload;
  (void)err;
  c->n++;
  snprintf(c->last, sizeof c->last, "item %lld by %lld: %s", (long long)conflict->item_id, (long long)conflict->now_op,
           conflict->reason);
  return LNT_OK;
}

static lnti_undone undo(const lab *l, int64_t op_id, conflicts *c) {
  lnti_undo_options options = {.op_id = op_id, .visit = note_conflict, .payload = c};
  lnti_undone out;
  assert_ok(lnti_undo(&out, l->project, &options, ERR));
  return out;
}

static lnt_status note_first(void *payload, const lnti_op_row *row, lnt_error *err) {
  (void)err;
  *(int64_t *)payload = row->op.id;
  return LNT_OK;
}

static int64_t newest_op(const lab *l) {
  int64_t id = 0;
  assert_ok(lnti_store_ops(l->project->store, 0, 1, note_first, &id, ERR));
  return id;
}

static void give(const lab *l, int64_t item, const char *question, const char *value) {
  lnti_annotation a = lab_annotation(l, item, question, value);
  assert_ok(lab_annotate(l, &a, 1, false, NULL));
}

static lnt_status give_text(const lab *l, int64_t item, const char *text) {
  lnti_annotation a = {
      .item_id = item, .answer = {lab_question(l, "note"), LNTI_ANSWERED, LNTI_NONE, NAN, text}, .confidence = NAN};
  return lab_annotate(l, &a, 1, false, NULL);
}

/* "xz": x is first, z second. */
static lnt_status give_order(const lab *l, int64_t item, const char *order) {
  lnti_annotation a[8];
  size_t n = strlen(order), question = lab_question(l, "order");
  for (size_t i = 0; i < n; i++) {
    const char key[] = {order[i], '\0'};
    a[i] = (lnti_annotation){.item_id = item,
                             .answer = {question, LNTI_ANSWERED, lab_option(l, question, key), (double)(i + 1), NULL},
                             .confidence = NAN};
  }
  return lab_annotate(l, a, n, false, NULL);
}

/* ---- tests ---- */

static void a_changed_parent_and_its_children_come_back(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  give(&l, 1, "class", "cat");
  give(&l, 1, "class/cat/mood", "angry");
  char *before = said(&l);
  give(&l, 1, "class", "dog");
  char *after = said(&l);
  lnti_undone u = undo(&l, 0, &c);
  expect_said(&l, before);
  assert_true(u.n_items == 1 && u.n_restored == 2 && u.n_removed == 0 && u.n_conflicts == 0);
  u = undo(&l, u.op_id, &c); /* a redo */
  expect_said(&l, after);
  assert_true(u.kind == LNTI_OP_UNDO && u.n_restored == 1 && u.n_removed == 1 && c.n == 0);
  free(before);
  free(after);
  lab_free(&l);
}

static void undo_goes_further_back_each_time(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  lnti_undone u;
  lnti_undo_options again = {.redo = true};
  give(&l, 1, "class", "cat");
  give(&l, 2, "class", "dog");
  char *both = said(&l);
  undo(&l, 0, &c);
  undo(&l, 0, &c);
  expect_said(&l, "");
  assert_status(lnti_undo(&u, l.project, &(lnti_undo_options){0}, ERR), LNT_ENOTFOUND);
  assert_message("nothing to undo");
  assert_ok(lnti_undo(&u, l.project, &again, ERR));
  assert_ok(lnti_undo(&u, l.project, &again, ERR));
  expect_said(&l, both);
  assert_status(lnti_undo(&u, l.project, &again, ERR), LNT_ENOTFOUND);
  assert_status(lnti_undo(&u, l.project, &(lnti_undo_options){.op_id = 999}, ERR), LNT_ENOTFOUND);
  assert_status(lnti_undo(&u, l.project, &(lnti_undo_options){.op_id = 1}, ERR), LNT_EUNSUPPORTED);
  assert_status(lnti_undo(&u, l.project, &(lnti_undo_options){.person = "eve"}, ERR), LNT_ENOTFOUND);
  free(both);
  lab_free(&l);
}

/* The own operation lies more than two pages of others' back. */
static void an_undo_looks_as_far_back_as_it_must(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_undone undone = {0};
  lab_ontology(&l, NULL);
  lab_items(&l, 2);
  lab_answer(&l, 1, "class", "cat");
  char *ann = l.project->person;
  char ben[] = "ben";
  l.project->person = ben;
  for (int i = 0; i < 140; i++) lab_answer(&l, 2, "class", i % 2 ? "dog" : "fox");
  l.project->person = ann;
  assert_ok(lnti_undo(&undone, l.project, &(lnti_undo_options){0}, ERR));
  assert_int_equal(undone.n_removed, 1);
  assert_status(lnti_undo(&undone, l.project, &(lnti_undo_options){0}, ERR), LNT_ENOTFOUND);
  assert_ok(lnti_undo(&undone, l.project, &(lnti_undo_options){.person = "ben"}, ERR));
  assert_int_equal(undone.n_restored, 1);
  lab_free(&l);
}

static void what_somebody_answered_since_stays(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  lnti_annotation two[] = {lab_annotation(&l, 1, "class", "cat"), lab_annotation(&l, 2, "class", "cat")};
  assert_ok(lab_annotate(&l, two, 2, false, NULL));
  int64_t first = newest_op(&l);
  give(&l, 1, "class", "dog");
  int64_t second = newest_op(&l);
  char wanted[64];
  lnti_undone preview;
  lnti_undo_options options = {.op_id = first, .dry_run = true};
  assert_ok(lnti_undo(&preview, l.project, &options, ERR));
  assert_true(preview.op_id == 0 && preview.n_removed == 1 && preview.n_conflicts == 1);
  lnti_undone u = undo(&l, first, &c);
  assert_true(u.n_removed == 1 && u.n_conflicts == 1 && c.n == 1 && u.op_id > 0);
  snprintf(wanted, sizeof wanted, "item 1 by %lld: it was answered again", (long long)second);
  assert_non_null(strstr(c.last, wanted));
  lnti_answer_row row;
  assert_true(lab_current(&l, &row, 1, 0) && row.op_id == second && !lab_current(&l, &row, 2, 0));
  undo(&l, second, &c); /* the cat is back, and the first one's again */
  assert_true(lab_current(&l, &row, 1, 0) && row.op_id == newest_op(&l));
  u = undo(&l, first, &c);
  assert_true(u.n_removed == 1 && u.n_conflicts == 0);
  char *after = said(&l);
  int64_t newest = newest_op(&l);
  options = (lnti_undo_options){.op_id = first};
  assert_status(lnti_undo(&u, l.project, &options, ERR), LNT_ECONFLICT);
  assert_message("undone already");
  expect_said(&l, after);
  assert_int_equal(newest_op(&l), newest);
  free(after);
  lab_free(&l);
}

static lnt_status keep_stage(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_text_printf(payload, err, "%s ", item->stage);
}

static void expect_stages(const lab *l, const char *wanted) {
  lnti_text out = {0};
  assert_ok(lnti_store_items(l->project->store, &(lnti_item_query){0}, keep_stage, &out, ERR));
  assert_string_equal(out.data, wanted);
  lnti_text_clear(&out);
}

static lnt_status all_done(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  return lnti_tx_item_stages(tx, 1, 3, "done", err);
}

static void answers_leave_the_stage_that_they_did_not_give(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  give(&l, 1, "class", "cat");
  give_text(&l, 2, "kept");
  lnti_annotation two[] = {lab_annotation(&l, 2, "class", "cat"), lab_annotation(&l, 3, "class", "cat")};
  assert_ok(lab_annotate(&l, two, 2, false, NULL));
  int64_t both = newest_op(&l);
  assert_ok(lnti_store_write(l.project->store, all_done, NULL, ERR));
  lnti_undone u = undo(&l, both, &c);
  assert_int_equal(u.again, 0);
  expect_stages(&l, "done done done ");
  u = undo(&l, u.op_id, &c);
  assert_int_equal(u.again, both);
  assert_int_equal(u.again_kind, LNTI_OP_ANNOTATE);
  expect_stages(&l, "done done done ");
  u = undo(&l, u.op_id, &c);
  assert_int_equal(u.again, 0); /* neither did it anything again, nor is it a first undo */
  expect_stages(&l, "done done done ");
  lab_free(&l);
}

static void a_child_does_not_come_back_without_its_parent(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  give(&l, 1, "class", "cat");
  give(&l, 1, "class/cat/mood", "calm");
  give(&l, 1, "class", "dog");
  int64_t dog = newest_op(&l);
  give(&l, 1, "class", "clear");
  lnti_undone u = undo(&l, dog, &c);
  assert_true(u.op_id == 0 && u.n_conflicts == 2);
  assert_non_null(strstr(c.last, "asked only after"));
  expect_said(&l, "");
  lab_free(&l);
}

static void texts_follow_their_rules(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  assert_ok(give_text(&l, 1, "Grüße, 2\nx"));
  char *before = said(&l);
  assert_status(give_text(&l, 1, ""), LNT_EINVAL);
  assert_status(give_text(&l, 1, " \n"), LNT_EINVAL);
  assert_message("is empty");
  assert_status(give_text(&l, 1, "1234567890123"), LNT_EINVAL);
  assert_message("13 characters, of which 12");
  assert_status(give_text(&l, 1, "a\x01z"), LNT_EINVAL);
  assert_message("control character: see its byte 2");
  assert_status(give_text(&l, 1, "a\xffz"), LNT_EINVAL);
  assert_message("not UTF-8: see its byte 2");
  assert_status(give_text(&l, 1, NULL), LNT_EINVAL);
  expect_said(&l, before);
  assert_ok(give_text(&l, 1, "ääääääääääää"));
  give(&l, 1, "note", "unsure");
  undo(&l, 0, &c);
  undo(&l, 0, &c);
  expect_said(&l, before);
  free(before);
  lab_free(&l);
}

static void an_order_is_one_answer(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  assert_ok(give_order(&l, 1, "zx"));
  char *zx = said(&l);
  assert_status(give_order(&l, 1, "xx"), LNT_EINVAL);
  assert_message("twice");
  lnti_annotation gap = lab_annotation(&l, 1, "order", "unsure");
  gap.answer = (lnti_answer){gap.answer.question, LNTI_ANSWERED, lab_option(&l, gap.answer.question, "x"), 2, NULL};
  assert_status(lab_annotate(&l, &gap, 1, false, NULL), LNT_EINVAL);
  assert_message("no places 1 to 1");
  gap.answer.number = 1.5;
  assert_status(lab_annotate(&l, &gap, 1, false, NULL), LNT_EINVAL);
  expect_said(&l, zx);
  assert_ok(give_order(&l, 1, "y"));
  char *y = said(&l);
  undo(&l, 0, &c);
  expect_said(&l, zx);
  give(&l, 1, "order", "unsure");
  undo(&l, 0, &c);
  expect_said(&l, zx);
  assert_ok(give_order(&l, 1, "xzy"));
  int64_t third = newest_op(&l);
  assert_ok(give_order(&l, 1, "y"));
  expect_said(&l, y);
  lnti_undone u = undo(&l, third, &c); /* all of it is another's now */
  assert_true(u.op_id == 0 && u.n_conflicts == 1);
  expect_said(&l, y);
  undo(&l, 0, &c);
  undo(&l, third, &c); /* what an undo put back is the order that it was */
  expect_said(&l, zx);
  free(zx);
  free(y);
  lab_free(&l);
}

static void remarks_are_undone_too(void **state) {
  (void)state;
  lab l = new_lab();
  conflicts c = {0};
  assert_ok(lab_remark(&l, 1, LNTI_REMARK_COMMENT, "look again"));
  assert_ok(lab_remark(&l, 1, LNTI_REMARK_COMMENT, "look again"));
  char *comments = said(&l);
  assert_ok(lab_remark(&l, 1, LNTI_REMARK_SKIP, "too dark"));
  char *skipped = said(&l);
  assert_status(lab_remark(&l, 1, LNTI_REMARK_SKIP, ""), LNT_EINVAL);
  assert_message("the reason of the skip is empty");
  give(&l, 1, "tags", "a"); /* an answer ends the skip */
  undo(&l, 0, &c);
  expect_said(&l, skipped);
  undo(&l, 0, &c);
  expect_said(&l, comments);
  undo(&l, 0, &c);
  undo(&l, 0, &c);
  expect_said(&l, "");
  assert_int_equal(c.n, 0);
  free(comments);
  free(skipped);
  lab_free(&l);
}

static void an_answer_that_changed_since_is_not_replaced(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_annotate_options seen = {.source = LNTI_BY_PERSON, .existing = LNTI_EXISTING_CHANGE, .if_unchanged = true};
  lnti_annotation mine = lab_annotation(&l, 1, "class", "cat");
  lnti_store_position position;
  give(&l, 1, "class", "dog");
  assert_status(lab_annotate_with(&l, &mine, 1, &seen, NULL), LNT_ECONFLICT);
  assert_message("it is \"dog\", and your \"cat\" was not written");
  assert_ok(lnti_store_position_read(&position, l.project->store, ERR));
  seen.unchanged_since = position.log_id;
  assert_ok(lab_annotate_with(&l, &mine, 1, &seen, NULL));
  give(&l, 1, "class/cat/mood", "calm");
  mine = lab_annotation(&l, 1, "tags", "b"); /* another question */
  assert_ok(lab_annotate_with(&l, &mine, 1, &seen, NULL));
  assert_ok(lnti_store_position_read(&position, l.project->store, ERR));
  seen.unchanged_since = position.log_id - 3; /* before the cat, so before its mood */
  mine = lab_annotation(&l, 1, "class", "dog");
  assert_status(lab_annotate_with(&l, &mine, 1, &seen, NULL), LNT_ECONFLICT);
  seen.unchanged_since = position.log_id - 2; /* the cat was seen, its mood was not */
  assert_status(lab_annotate_with(&l, &mine, 1, &seen, NULL), LNT_ECONFLICT);
  assert_message("\"mood\" of item 1 was answered");
  seen.unchanged_since = position.log_id;
  assert_ok(lab_annotate_with(&l, &mine, 1, &seen, NULL));
  mine = lab_annotation(&l, 77, "class", "dog");
  assert_status(lab_annotate_with(&l, &mine, 1, &seen, NULL), LNT_ENOTFOUND);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_changed_parent_and_its_children_come_back),
      cmocka_unit_test(undo_goes_further_back_each_time),
      cmocka_unit_test(an_undo_looks_as_far_back_as_it_must),
      cmocka_unit_test(what_somebody_answered_since_stays),
      cmocka_unit_test(answers_leave_the_stage_that_they_did_not_give),
      cmocka_unit_test(a_child_does_not_come_back_without_its_parent),
      cmocka_unit_test(texts_follow_their_rules),
      cmocka_unit_test(an_order_is_one_answer),
      cmocka_unit_test(remarks_are_undone_too),
      cmocka_unit_test(an_answer_that_changed_since_is_not_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
