/**
 * @file store_support.h
 * What the tests of the store share: a store in a temporary folder, with a question, items and answers to write.
 */
#ifndef LNTI_TESTS_STORE_SUPPORT_H
#define LNTI_TESTS_STORE_SUPPORT_H

#include <store/internal.h>
#include <store/store.h>

#include "support.h"

/** A store, new in a folder of its own. */
typedef struct lab {
  char *folder, *path;
  lnti_store *store;
  int64_t op_id, source_id, question_id, number_id, option_ids[3];
} lab;

/** Makes the store with one operation, the question "class" of three options and the number "size". */
lab lab_new(void);
/** Closes it, checks that verify finds nothing, and removes the folder. */
void lab_free(lab *l);
/** Closes and opens it. */
void lab_reopen(lab *l);
/** Faults that verify finds; the first is copied to `first` of 512 bytes, if not NULL. */
size_t lab_verify(lab *l, char *first);

/** Runs a function as one write that must succeed. */
#define lab_write(l, function, payload) assert_ok(lnti_store_write((l)->store, (function), (payload), ERR))

/** Runs SQL as one write; the error goes to ERR. */
lnt_status lab_sql(lnti_store *store, const char *sql);

/** Operation number `n` of the lab: its UUID is made from n. */
lnti_op lab_op(uint64_t n);
/** Item number `n`: member "n.png", content made from n. */
lnti_item lab_item(const lab *l, uint64_t n);
/** An answer of an item to "class": option 0, 1 or 2. */
lnti_answer_row lab_answer(const lab *l, int64_t item_id, int option);

/** Adds items first..first+n-1, each answered with option number % 3; as one write. */
void lab_fill(lab *l, uint64_t first, size_t n);
/** Adds items 0..n-1 without answers; as one write. */
void lab_items(lab *l, size_t n);

#endif
