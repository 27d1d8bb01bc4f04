/**
 * @file table.h
 * Tables in the terminal: columns as wide as what is in them, two blanks between, numbers to the right.
 */
#ifndef LNTI_CLI_TABLE_H
#define LNTI_CLI_TABLE_H

#include <base/text.h>
#include <cli/cli.h>
#include <linnet/status.h>
#include <stddef.h>
#include <stdio.h>

enum { LNTI_TABLE_COLUMNS_MAX = 16 };

typedef enum lnti_align { LNTI_ALIGN_LEFT, LNTI_ALIGN_RIGHT } lnti_align;

/** A column; without any titles no head is written. */
typedef struct lnti_column {
  const char *title; /**< NULL or "": none */
  lnti_align align;
} lnti_column;

/** Rows that wait to be written. */
typedef struct lnti_table {
  const lnti_column *columns;
  size_t n_columns;
  size_t indent; /**< blanks before each row */
  char **cells;  /**< [n_rows,n_columns], safe for a terminal */
  size_t n_cells, capacity;
  size_t width[LNTI_TABLE_COLUMNS_MAX]; /**< widest cell so far; never shrinks, so that pages line up */
  int head_written;
} lnti_table;

/** @param columns  [n_columns], at most LNTI_TABLE_COLUMNS_MAX; borrowed for the table's life */
void lnti_table_init(lnti_table *table, const lnti_column *columns, size_t n_columns, size_t indent);
/** Adds a row of n_columns texts (NULL: empty); control characters become '?'. */
LNT_MUST_CHECK lnt_status lnti_table_row(lnti_table *table, const char *const *cells, lnt_error *err);
/** Writes the head (the first time) and the rows that wait, and forgets them. */
LNT_MUST_CHECK lnt_status lnti_table_write(lnti_text *out, lnti_table *table, lnt_error *err);
void lnti_table_clear(lnti_table *table);
/** Writes a table to stdout and clears it. @param status  of filling it: where that failed nothing is written, and it is
 *  what is returned */
LNT_MUST_CHECK lnt_status lnti_table_print(lnti_cli *cli, lnti_table *table, lnt_status status, lnt_error *err);

#endif
