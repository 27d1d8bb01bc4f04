/*
 * The answer log and the current answers.
 */
#include <math.h>

#include "store_support.h"

static lnt_status write_answer(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_answer(tx, payload, err);
}

static lnt_status see_answer(void *payload, const lnti_answer_row *a, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld q%lld s%d o%lld n%g c%g t%u by%d '%s';", (long long)a->subject_id,
                          (long long)a->question_id, (int)a->state, (long long)a->option_id,
                          isnan(a->number) ? -1 : a->number, isnan(a->confidence) ? -1 : a->confidence,
                          (unsigned)a->time_spent_ms, (int)a->source, a->text ? a->text : "-");
}

static void assert_current(lab *l, int64_t question_id, const char *wanted) {
  lnti_text text = {0};
  assert_ok(lnti_text_append(&text, "", 0, ERR));
  assert_ok(lnti_store_answers(l->store, 1, 100, question_id, see_answer, &text, ERR));
  assert_string_equal(text.data ? text.data : "", wanted);
  lnti_text_clear(&text);
}

static void the_newest_is_current_and_all_are_kept(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 2); /* cat, dog */
  lnti_answer_row row = lab_answer(&l, 1, 2);
  row.confidence = 0.75;
  row.time_spent_ms = 1234;
  row.source = LNTI_BY_PERSON;
  row.text = "seen twice";
  lab_write(&l, write_answer, &row);
  lnti_answer_row number = lab_answer(&l, 1, 0);
  number.question_id = l.number_id;
  number.option_id = 0;
  number.number = 2.5;
  lab_write(&l, write_answer, &number);
  assert_current(
      &l, 0,
      "1 q1 s1 o3 n-1 c0.75 t1234 by1 'seen twice';1 q2 s1 o0 n2.5 c-1 t0 by2 '-';2 q1 s1 o2 n-1 c-1 t0 by2 '-';");
  assert_current(&l, l.number_id, "1 q2 s1 o0 n2.5 c-1 t0 by2 '-';");
  lnti_text text = {0};
  assert_ok(lnti_store_history(l.store, LNTI_SUBJECT_ITEM, 1, see_answer, &text, ERR));
  assert_string_equal(text.data,
                      "1 q1 s1 o1 n-1 c-1 t0 by2 '-';1 q1 s1 o3 n-1 c0.75 t1234 by1 'seen twice';"
                      "1 q2 s1 o0 n2.5 c-1 t0 by2 '-';");
  lnti_text_clear(&text);
  lab_free(&l);
}

static void clearing_removes_the_current_answer(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 1);
  lnti_answer_row row = lab_answer(&l, 1, 0);
  row.state = LNTI_CLEARED;
  row.option_id = 0;
  lab_write(&l, write_answer, &row);
  assert_current(&l, 0, "");
  lnti_store_counts c;
  assert_ok(lnti_store_counts_read(&c, l.store, ERR));
  assert_true(c.labelled == 0 && c.answers == 0 && c.items == 1);
  lnti_store_counts_clear(&c);
  row.state = LNTI_UNSURE;
  lab_write(&l, write_answer, &row);
  assert_current(&l, 0, "1 q1 s2 o0 n-1 c-1 t0 by2 '-';");
  lab_free(&l);
}

typedef struct current_read {
  const lab *l;
  lnti_answer_row row;
  bool found_before, found_after, found_other;
} current_read;

static lnt_status read_own_write(void *payload, lnti_tx *tx, lnt_error *err) {
  current_read *r = payload;
  lnti_answer_row answer = lab_answer(r->l, 1, 2);
  lnt_status status = lnti_tx_current(tx, &r->row, &r->found_before, LNTI_SUBJECT_ITEM, 1, r->l->question_id, 0, err);
  if (!status) status = lnti_tx_answer(tx, &answer, err);
  if (!status) status = lnti_tx_current(tx, &r->row, &r->found_after, LNTI_SUBJECT_ITEM, 1, r->l->question_id, 0, err);
  if (!status) status = lnti_tx_current(tx, &r->row, &r->found_other, LNTI_SUBJECT_ITEM, 2, r->l->question_id, 0, err);
  return status;
}

static void a_write_sees_its_own(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 1);
  current_read r = {.l = &l, .found_other = true};
  lab_write(&l, read_own_write, &r);
  assert_true(r.found_before && r.found_after && !r.found_other);
  assert_int_equal(r.row.option_id, l.option_ids[2]);
  assert_int_equal(r.row.op_id, l.op_id);
  assert_null(r.row.text);
  assert_true(isnan(r.row.number));
  lab_free(&l);
}

/* In one write: many answers, one item answered again, another cleared after its answer, a text in between. */
static lnt_status write_many(void *payload, lnti_tx *tx, lnt_error *err) {
  const lab *l = payload;
  lnt_status status = LNT_OK;
  for (int i = 0; i < 50 && !status; i++) {
    lnti_answer_row row = lab_answer(l, 1 + i % 40, i < 40 ? 0 : 1);
    if (i == 20) row.text = "in between";
    status = lnti_tx_answer(tx, &row, err);
    if (!status && i == 30) {
      row.state = LNTI_CLEARED;
      row.option_id = 0;
      status = lnti_tx_answer(tx, &row, err);
    }
  }
  return status;
}

static lnt_status check_logged(void *payload, const lnti_answer_row *row, lnt_error *err) {
  int64_t *last = payload;
  (void)err;
  assert_int_equal(row->log_id, last[0] + 1);
  int64_t i = last[1]++;
  assert_int_equal(row->subject_id, 1 + (i > 30 ? i - 1 : i) % 40);
  assert_int_equal(row->state, i == 31 ? LNTI_CLEARED : LNTI_ANSWERED);
  last[0] = row->log_id;
  return LNT_OK;
}

static lnt_status check_second(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  ++*(int *)payload;
  assert_int_equal(row->option_id, row->subject_id <= 10 ? 2 : 1);
  assert_true(row->subject_id != 31);
  return LNT_OK;
}

static void a_write_keeps_the_order_of_its_answers(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 40);
  int64_t last[] = {40, 0};
  int n = 0;
  lab_write(&l, write_many, &l);
  assert_ok(lnti_store_scan_log(l.store, 40, check_logged, last, ERR));
  assert_int_equal(last[1], 51);
  assert_ok(lnti_store_answers(l.store, 1, 100, l.question_id, check_second, &n, ERR));
  assert_int_equal(n, 39);
  lab_free(&l);
}

/* The fault is found when the rows are written together; nothing of the write stays. */
static lnt_status write_a_bad_one_among_many(void *payload, lnti_tx *tx, lnt_error *err) {
  const lab *l = payload;
  lnt_status status = LNT_OK;
  for (int i = 0; i < 20 && !status; i++) {
    lnti_answer_row row = lab_answer(l, 1 + i, 1);
    if (i == 3) row.question_id = 77;
    status = lnti_tx_answer(tx, &row, err);
  }
  return status;
}

static void one_bad_answer_takes_back_the_write(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_store_counts before, after;
  lab_fill(&l, 0, 20);
  assert_ok(lnti_store_counts_read(&before, l.store, ERR));
  assert_status(lnti_store_write(l.store, write_a_bad_one_among_many, &l, ERR), LNT_ECONFLICT);
  assert_ok(lnti_store_counts_read(&after, l.store, ERR));
  assert_int_equal(after.answers, before.answers);
  lnti_store_counts_clear(&before);
  lnti_store_counts_clear(&after);
  lab_free(&l);
}

typedef struct slot_read {
  const lab *l;
  lnti_answer_row exact, from;
  bool found_exact, found_none, found_from, found_end;
} slot_read;

static lnt_status read_slots(void *payload, lnti_tx *tx, lnt_error *err) {
  slot_read *r = payload;
  int64_t q = r->l->question_id;
  lnti_answer_row row;
  lnt_status status = lnti_tx_current(tx, &r->exact, &r->found_exact, LNTI_SUBJECT_ITEM, 1, q, 3, err);
  if (!status) status = lnti_tx_current(tx, &row, &r->found_none, LNTI_SUBJECT_ITEM, 1, q, 2, err);
  if (!status) status = lnti_tx_current_from(tx, &r->from, &r->found_from, LNTI_SUBJECT_ITEM, 1, q, 2, err);
  if (!status) status = lnti_tx_current_from(tx, &row, &r->found_end, LNTI_SUBJECT_ITEM, 1, q, 4, err);
  return status;
}

/* The store knows no rules: slots of any question stand beside each other. */
static void each_slot_has_an_answer_of_its_own(void **state) {
  (void)state;
  static const int64_t slots[] = {3, 1, 0};
  lab l = lab_new();
  lab_fill(&l, 0, 1); /* slot 0: cat */
  assert_ok(lab_sql(l.store, "UPDATE questions SET type = 4 WHERE id = 1"));
  for (size_t i = 0; i < 3; i++) {
    lnti_answer_row row = lab_answer(&l, 1, 0);
    row.slot = row.option_id = slots[i];
    row.number = slots[i] == 3;
    if (slots[i] == 0) row.state = LNTI_UNSURE;
    if (slots[i] == 0) row.number = NAN;
    lab_write(&l, write_answer, &row);
  }
  assert_current(&l, 1, "1 q1 s2 o0 n-1 c-1 t0 by2 '-';1 q1 s1 o1 n0 c-1 t0 by2 '-';1 q1 s1 o3 n1 c-1 t0 by2 '-';");
  slot_read r = {.l = &l, .found_none = true, .found_end = true};
  lab_write(&l, read_slots, &r);
  assert_true(r.found_exact && !r.found_none && r.found_from && !r.found_end);
  assert_true(r.exact.slot == 3 && r.exact.number == 1 && r.from.slot == 3);
  lnti_answer_row row = lab_answer(&l, 1, 0);
  row.slot = 1;
  row.state = LNTI_CLEARED;
  row.option_id = 0;
  lab_write(&l, write_answer, &row);
  assert_current(&l, 1, "1 q1 s2 o0 n-1 c-1 t0 by2 '-';1 q1 s1 o3 n1 c-1 t0 by2 '-';");
  lab_free(&l); /* verify replays the log, slot by slot */
}

static lnt_status see_link(void *payload, const lnti_answer_row *a, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld<%lld ", (long long)a->replaces, (long long)a->log_id);
}

static void a_history_goes_through_what_was_taken_back(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_text text = {0};
  lab_fill(&l, 0, 2);
  lnti_answer_row row = lab_answer(&l, 1, 1), cleared = lab_answer(&l, 1, 0);
  cleared.state = LNTI_CLEARED;
  cleared.option_id = 0;
  lab_write(&l, write_answer, &row);     /* 3 */
  lab_write(&l, write_answer, &cleared); /* 4 */
  lab_write(&l, write_answer, &cleared); /* 5: nothing is there */
  lab_write(&l, write_answer, &row);     /* 6 */
  lab_write(&l, write_answer, &row);     /* 7 */
  lab_write(&l, write_answer, &cleared); /* 8 */
  assert_ok(lnti_store_history(l.store, LNTI_SUBJECT_ITEM, 1, see_link, &text, ERR));
  assert_string_equal(text.data, "0<1 1<3 3<4 0<5 0<6 6<7 7<8 ");
  lnti_text_clear(&text);
  lab_free(&l);
}

/* Twice sixteen, of which every third is the first to its question. */
static lnt_status write_mixed(void *payload, lnti_tx *tx, lnt_error *err) {
  const lab *l = payload;
  lnt_status status = LNT_OK;
  for (int i = 0; i < 32 && !status; i++) {
    lnti_answer_row row = lab_answer(l, 1 + i, 1);
    if (i % 3 == 0) {
      row.question_id = l->number_id;
      row.option_id = 0;
      row.number = i;
    }
    status = lnti_tx_answer(tx, &row, err);
  }
  return status;
}

static lnt_status check_link(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  if (row->log_id <= 40) return LNT_OK;
  ++*(int *)payload;
  assert_int_equal(row->log_id, 40 + row->subject_id);
  assert_int_equal(row->replaces, (row->subject_id - 1) % 3 == 0 ? 0 : row->subject_id);
  return LNT_OK;
}

static void some_of_a_batch_replace_what_is_there(void **state) {
  (void)state;
  lab l = lab_new();
  int n = 0;
  lab_fill(&l, 0, 40);
  lab_write(&l, write_mixed, &l);
  for (int64_t i = 1; i <= 40; i++) assert_ok(lnti_store_history(l.store, LNTI_SUBJECT_ITEM, i, check_link, &n, ERR));
  assert_int_equal(n, 32);
  lab_free(&l); /* verify replays the log */
}

/* Of items 1 to n, each the option `of` + its number modulo 3. */
typedef struct many {
  const lab *l;
  int n, of;
} many;

static lnt_status write_all_of(void *payload, lnti_tx *tx, lnt_error *err) {
  const many *m = payload;
  lnt_status status = LNT_OK;
  for (int i = 0; i < m->n && !status; i++) {
    lnti_answer_row row = lab_answer(m->l, 1 + i, (size_t)((i + m->of) % 3));
    status = lnti_tx_answer(tx, &row, err);
  }
  return status;
}

/* Full batches of which all, some and none replace, one after another; each row of the log says which it replaces. */
static void write_and_count(lab *l, int64_t *times, int n, int of) {
  many m = {l, n, of};
  lab_write(l, write_all_of, &m);
  for (int i = 0; i < n; i++) times[i]++;
}

/* An item's rows of the log, oldest first: each replaces the one before. */
typedef struct links {
  int64_t n, log_id, option_id;
} links;

static lnt_status follow_links(void *payload, const lnti_answer_row *row, lnt_error *err) {
  links *seen = payload;
  (void)err;
  assert_int_equal(row->replaces, seen->log_id);
  *seen = (links){seen->n + 1, row->log_id, row->option_id};
  return LNT_OK;
}

static void whole_batches_replace_what_is_there(void **state) {
  (void)state;
  lab l = lab_new();
  int64_t times[80] = {0};
  lab_items(&l, 80);
  write_and_count(&l, times, 40, 0);
  write_and_count(&l, times, 80, 1); /* 16 and 16 that replace, 8 that do and 8 that do not, 32 that do not */
  write_and_count(&l, times, 80, 2);
  for (int64_t i = 0; i < 80; i++) {
    links seen = {0};
    assert_ok(lnti_store_history(l.store, LNTI_SUBJECT_ITEM, i + 1, follow_links, &seen, ERR));
    assert_int_equal(seen.n, times[i]);
    assert_int_equal(seen.option_id, lab_answer(&l, i + 1, (size_t)((i + 2) % 3)).option_id);
  }
  lab_free(&l); /* verify replays the log */
}

/* ---- what operations wrote ---- */

typedef struct op_read {
  const lab *l;
  int64_t op_ids[3];
  lnti_text text;
} op_read;

/* Two operations that take turns, in one write; more of the first in another. */
static lnt_status write_in_turns(void *payload, lnti_tx *tx, lnt_error *err) {
  op_read *r = payload;
  lnt_status status = LNT_OK;
  for (int i = 0; i < 2 && !status; i++) {
    lnti_op op = lab_op(100 + (uint64_t)i);
    bool existed = false;
    status = lnti_tx_op(tx, &r->op_ids[i], &existed, &op, err);
  }
  for (int i = 0; i < 40 && !status; i++) {
    lnti_answer_row row = lab_answer(r->l, 1 + i, 1);
    row.op_id = r->op_ids[i / 10 % 2];
    status = lnti_tx_answer(tx, &row, err);
  }
  return status;
}

static lnt_status write_more(void *payload, lnti_tx *tx, lnt_error *err) {
  op_read *r = payload;
  lnti_answer_row row = lab_answer(r->l, 7, 2);
  row.op_id = r->op_ids[0];
  row.state = LNTI_CLEARED;
  row.option_id = 0;
  return lnti_tx_answer(tx, &row, err);
}

static lnt_status see_id(void *payload, const lnti_answer_row *a, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld ", (long long)a->log_id);
}

static lnt_status read_ops(void *payload, lnti_tx *tx, lnt_error *err) {
  op_read *r = payload;
  int64_t newest[4];
  lnti_answer_row row;
  lnt_status status = lnti_tx_op_answers(tx, r->op_ids[0], see_id, &r->text, err);
  if (!status) status = lnti_tx_newest(tx, &newest[0], LNTI_SUBJECT_ITEM, 7, r->l->question_id, 0, 0, err);
  if (!status) status = lnti_tx_newest(tx, &newest[1], LNTI_SUBJECT_ITEM, 7, r->l->question_id, -1, 0, err);
  if (!status) status = lnti_tx_newest(tx, &newest[2], LNTI_SUBJECT_ITEM, 7, r->l->question_id, 1, 0, err);
  if (!status) status = lnti_tx_newest(tx, &newest[3], LNTI_SUBJECT_ITEM, 8, r->l->question_id, 0, 0, err);
  if (!status) status = lnti_tx_logged(tx, &row, 41, err);
  if (status) return status;
  assert_true(newest[0] == 41 && newest[1] == 41 && newest[2] == 0 && newest[3] == 8);
  assert_true(row.replaces == 7 && row.state == LNTI_CLEARED && row.subject_id == 7 && !row.text);
  return lnti_tx_logged(tx, &row, 42, err);
}

static void an_operation_finds_its_rows(void **state) {
  (void)state;
  lab l = lab_new();
  op_read r = {.l = &l};
  lab_items(&l, 40);
  lab_write(&l, write_in_turns, &r);
  lab_write(&l, write_more, &r);
  assert_status(lnti_store_write(l.store, read_ops, &r, ERR), LNT_ENOTFOUND);
  assert_message("no row 42");
  assert_string_equal(r.text.data, "1 2 3 4 5 6 7 8 9 10 21 22 23 24 25 26 27 28 29 30 41 ");
  lnti_text_clear(&r.text);
  lab_free(&l);
}

/* ---- operations as the history tells them ---- */

static lnt_status see_op(void *payload, const lnti_op_row *row, lnt_error *err) {
  return lnti_text_printf(payload, err, "%lld %s undoes %lld undone by %lld n%zu;", (long long)row->op.id,
                          lnti_op_kind_name(row->op.kind), (long long)row->op.undoes, (long long)row->undone_by,
                          row->n_answers);
}

static lnt_status undo_in_a_row(void *payload, lnti_tx *tx, lnt_error *err) {
  const int64_t *undoes = payload;
  lnt_status status = LNT_OK;
  for (uint64_t i = 0; undoes[i] && !status; i++) {
    lnti_op op = lab_op(200 + i);
    int64_t id = 0;
    bool existed = false;
    op.kind = LNTI_OP_UNDO;
    op.undoes = undoes[i];
    status = lnti_tx_op(tx, &id, &existed, &op, err);
  }
  return status;
}

static lnt_status read_one_op(void *payload, lnti_tx *tx, lnt_error *err) {
  lnt_status status = lnti_tx_op_read(tx, 2, see_op, payload, err);
  return status ? status : lnti_tx_op_read(tx, 77, see_op, payload, err);
}

/* 2 undoes 1, 3 undoes 2, 4 undoes 3, 5 undoes 1 once more. */
static void an_undo_that_was_undone_counts_for_nothing(void **state) {
  (void)state;
  static int64_t undoes[] = {1, 2, 3, 1, 0};
  lab l = lab_new();
  lnti_text text = {0};
  lab_fill(&l, 0, 3);
  lab_write(&l, undo_in_a_row, undoes);
  assert_ok(lnti_store_ops(l.store, 0, 0, see_op, &text, ERR));
  assert_string_equal(text.data,
                      "5 undo undoes 1 undone by 0 n0;4 undo undoes 3 undone by 0 n0;3 undo undoes 2 undone by 4 n0;"
                      "2 undo undoes 1 undone by 0 n0;1 import undoes 0 undone by 5 n3;");
  text.length = 0;
  assert_ok(lnti_store_ops(l.store, 4, 1, see_op, &text, ERR));
  assert_string_equal(text.data, "3 undo undoes 2 undone by 4 n0;");
  text.length = 0;
  assert_status(lnti_store_write(l.store, read_one_op, &text, ERR), LNT_ENOTFOUND);
  assert_string_equal(text.data, "2 undo undoes 1 undone by 0 n0;");
  text.length = 0; /* a damaged database, in which operations undo themselves and each other */
  assert_ok(lab_sql(l.store,
                    "DROP TRIGGER operations_are_kept; UPDATE operations SET undoes = 3 WHERE id = 3; "
                    "UPDATE operations SET undoes = 5 WHERE id = 4; UPDATE operations SET undoes = 4 WHERE id = 5"));
  assert_ok(lnti_store_ops(l.store, 0, 3, see_op, &text, ERR));
  assert_string_equal(text.data,
                      "5 undo undoes 4 undone by 0 n0;4 undo undoes 5 undone by 5 n0;3 undo undoes 3 undone by 0 n0;");
  assert_ok(lab_sql(l.store, "UPDATE operations SET undoes = 1 WHERE id > 2")); /* lab_free verifies */
  lnti_text_clear(&text);
  lab_free(&l);
}

/* ---- remarks ---- */

static lnt_status write_remarks(void *payload, lnti_tx *tx, lnt_error *err) {
  const lab *l = payload;
  lnti_answer_row waiting = lab_answer(l, 2, 1), remark = lab_answer(l, 1, 0);
  int64_t first = 0, second = 0;
  bool found = false;
  lnt_status status = lnti_tx_answer(tx, &waiting, err);
  remark.question_id = LNTI_REMARKS;
  remark.option_id = 0;
  remark.text = "too dark";
  if (!status) status = lnti_tx_answer(tx, &remark, err);
  remark.text = "look again";
  if (!status) status = lnti_tx_comment(tx, &first, &remark, err);
  if (!status) status = lnti_tx_comment(tx, &second, &remark, err);
  if (!status) status = lnti_tx_current(tx, &remark, &found, LNTI_SUBJECT_ITEM, 1, LNTI_REMARKS, first, err);
  if (status) return status;
  assert_true(found && first > 0 && second == first + 1 && remark.log_id == first);
  assert_string_equal(remark.text, "look again");
  return LNT_OK;
}

/* They are no answers to whoever asks for answers; a scan tells of a skip, without its reason. */
static void remarks_stand_beside_the_answers(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_text text = {0};
  lnti_store_counts c;
  lab_items(&l, 3);
  lab_write(&l, write_remarks, &l);
  assert_current(&l, 0, "2 q1 s1 o2 n-1 c-1 t0 by2 '-';");
  assert_ok(lnti_store_remarks(l.store, 1, 3, see_answer, &text, ERR));
  assert_string_equal(text.data,
                      "1 q0 s1 o0 n-1 c-1 t0 by2 'too dark';1 q0 s1 o0 n-1 c-1 t0 by2 'look again';"
                      "1 q0 s1 o0 n-1 c-1 t0 by2 'look again';");
  text.length = 0;
  assert_ok(lnti_store_scan_answers(l.store, 1, 3, see_answer, &text, ERR));
  assert_ok(lnti_store_scan_log(l.store, 0, see_id, &text, ERR));
  assert_string_equal(text.data, "1 q0 s1 o0 n-1 c-1 t0 by0 '-';2 q1 s1 o2 n-1 c-1 t0 by0 '-';1 2 ");
  assert_ok(lnti_store_counts_read(&c, l.store, ERR));
  assert_true(c.labelled == 1 && c.answers == 1);
  lnti_store_counts_clear(&c);
  lnti_text_clear(&text);
  lab_free(&l);
}

static void rows_out_of_bounds_are_refused(void **state) {
  (void)state;
  lab l = lab_new();
  lab_fill(&l, 0, 1);
  lnti_answer_row row = lab_answer(&l, 1, 0);
  row.option_id = 99;
  assert_status(lnti_store_write(l.store, write_answer, &row, ERR), LNT_ECONFLICT);
  row = lab_answer(&l, 1, 0);
  row.question_id = 99;
  assert_status(lnti_store_write(l.store, write_answer, &row, ERR), LNT_ECONFLICT);
  row = lab_answer(&l, 1, 0);
  row.op_id = 99;
  assert_status(lnti_store_write(l.store, write_answer, &row, ERR), LNT_ECONFLICT);
  row = lab_answer(&l, 1, 0);
  row.confidence = 1.5;
  assert_status(lnti_store_write(l.store, write_answer, &row, ERR), LNT_ECONFLICT);
  row = lab_answer(&l, 1, 0);
  row.state = (lnti_answer_state)9;
  assert_status(lnti_store_write(l.store, write_answer, &row, ERR), LNT_ECONFLICT);
  assert_current(&l, 0, "1 q1 s1 o1 n-1 c-1 t0 by2 '-';");
  lab_free(&l);
}

static void the_log_cannot_be_changed(void **state) {
  (void)state;
  static const char *const attempts[] = {"UPDATE answer_log SET option_id = 2", "DELETE FROM answer_log",
                                         "UPDATE operations SET person = 'eve'", "DELETE FROM operations"};
  lab l = lab_new();
  lab_fill(&l, 0, 3);
  for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
    assert_status(lab_sql(l.store, attempts[i]), LNT_ECONFLICT);
    assert_message("append-only");
  }
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_newest_is_current_and_all_are_kept),
      cmocka_unit_test(clearing_removes_the_current_answer),
      cmocka_unit_test(a_write_sees_its_own),
      cmocka_unit_test(a_write_keeps_the_order_of_its_answers),
      cmocka_unit_test(one_bad_answer_takes_back_the_write),
      cmocka_unit_test(each_slot_has_an_answer_of_its_own),
      cmocka_unit_test(a_history_goes_through_what_was_taken_back),
      cmocka_unit_test(some_of_a_batch_replace_what_is_there),
      cmocka_unit_test(whole_batches_replace_what_is_there),
      cmocka_unit_test(an_operation_finds_its_rows),
      cmocka_unit_test(an_undo_that_was_undone_counts_for_nothing),
      cmocka_unit_test(remarks_stand_beside_the_answers),
      cmocka_unit_test(rows_out_of_bounds_are_refused),
      cmocka_unit_test(the_log_cannot_be_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
