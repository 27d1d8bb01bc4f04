/**
 * @file store.h
 * Blocks of a table's rows on their way into the store: one is written while the next one is read. Inside
 * src/flow/table alone.
 */
#ifndef LNTI_FLOW_TABLE_STORE_H
#define LNTI_FLOW_TABLE_STORE_H

#include <flow/import/internal.h>
#include <flow/table/table.h>
#include <flow/table/find.h>
#include <pthread.h>

enum { LNTI_TABLE_BLOCK_ROWS = 10240 };

/** A row that is not taken. */
typedef struct lnti_table_refusal {
  size_t line, column;
  lnt_status code;
  const char *reason;
} lnti_table_refusal;

/** Rows, and what has become of them; arrays and texts lie in `arena`, but for `rows`. */
typedef struct lnti_table_block {
  lnti_table_row *rows; /**< [LNTI_TABLE_BLOCK_ROWS] */
  size_t n;
  lnti_arena arena;
  lnti_import_input *inputs; /**< [n_inputs], at most n */
  lnti_found *found;         /**< [n_inputs] what each is about */
  size_t n_inputs;
  lnti_table_refusal *refusals; /**< [n_refusals], at most n */
  size_t n_refusals;
} lnti_table_block;

/** A block that is being written. Zero-initialise with work, plan and path. */
typedef struct lnti_table_storing {
  lnti_import_work *work;
  const lnti_table_plan *plan;
  const char *path; /**< of the table */
  pthread_t thread;
  bool running;
  lnti_table_block *block;
  lnt_status status;
  lnt_error error;
} lnti_table_storing;

/** Waits for the block before, then begins to write this one, which must stay as it is until the next call. */
LNT_MUST_CHECK lnt_status lnti_table_store_begin(lnti_table_storing *storing, lnti_table_block *block, lnt_error *err);
/** Waits for the block that is being written, if any. */
LNT_MUST_CHECK lnt_status lnti_table_store_end(lnti_table_storing *storing, lnt_error *err);

#endif
