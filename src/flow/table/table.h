/**
 * @file table.h
 * Tables of labels, metadata, groups and splits: CSV, TSV, JSON Lines and plain lists. What is known of them without the
 * store: rows of cells (sheet), what each column is for (plan), names for values, and what a row says. The importing
 * itself: flow/import/import.h, table.c.
 */
#ifndef LNTI_FLOW_TABLE_TABLE_H
#define LNTI_FLOW_TABLE_TABLE_H

#include <base/csv.h>
#include <flow/project.h>
#include <flow/text_index.h>

typedef enum lnti_table_format {
  LNTI_TABLE_AUTO, /**< by the file's name */
  LNTI_TABLE_CSV,  /**< any separator */
  LNTI_TABLE_JSONL,
  LNTI_TABLE_LIST /**< a path a line, with labels behind it, by blanks or by any separator */
} lnti_table_format;

enum {
  LNTI_TABLE_COLUMNS_MAX = 16384,
  LNTI_TABLE_SAMPLE = 100,       /**< rows that guesses look at */
  LNTI_TABLE_LEVELS_MAX = 16,    /**< of a tree label */
  LNTI_TABLE_NAMES_MAX = 1000000 /**< names of one --names */
};

/** By the name's extension, ".gz" left aside: csv, tsv, tab; jsonl, ndjson; txt, lst, list. LNTI_TABLE_AUTO where it is
 *  none of these. */
lnti_table_format lnti_table_format_of(const char *path);

/* ---- sheets: rows of cells (sheet.c) ---- */

/** Text in UTF-8 with a NUL behind, blanks around it taken off; or a list of such. */
typedef struct lnti_cell {
  const char *text; /**< of a list: its items with ';' between them */
  size_t n;
  bool is_list;   /**< of JSON Lines */
  bool is_number; /**< likewise: it stood there without quotes */
  const struct lnti_cell *items;
  size_t n_items;
} lnti_cell;

typedef struct lnti_sheet_row {
  size_t line; /**< where it begins, from 1 */
  size_t n;    /**< cells; 0 where refused */
  const lnti_cell *cells;
  lnt_status refused; /**< LNT_OK; LNT_EDATA or LNT_ELIMIT: the row is broken */
  size_t column;      /**< at fault, from 1; 0: the row as a whole */
  const char *reason;
} lnti_sheet_row;

typedef struct lnti_sheet lnti_sheet;

/** @param format  not LNTI_TABLE_AUTO
 *  @param separator  of lnti_csv_options
 *  @param name  for errors; copied */
LNT_MUST_CHECK lnt_status lnti_sheet_new(lnti_sheet **out, lnti_bytes_source source, void *payload, const char *name,
                                         lnti_table_format format, char separator, lnt_error *err);
/** The next row, borrowed until the next call; NULL at the end. Errors as lnti_csv_next. */
LNT_MUST_CHECK lnt_status lnti_sheet_next(const lnti_sheet_row **row_out, lnti_sheet *sheet, lnt_error *err);
/** Of JSON Lines: the keys so far, in order of appearance; keys of nested objects with points between them. Cell i of a
 *  row is that of key i, empty where it is missing. Other formats have none. */
size_t lnti_sheet_n_keys(const lnti_sheet *sheet);
const char *lnti_sheet_key(const lnti_sheet *sheet, size_t i);
/** Makes a key known before it appears. */
LNT_MUST_CHECK lnt_status lnti_sheet_add_key(lnti_sheet *sheet, const char *key, lnt_error *err);
/** As lnti_csv_converted. */
size_t lnti_sheet_converted(const lnti_sheet *sheet, size_t *line_out);
char lnti_sheet_separator(const lnti_sheet *sheet);
void lnti_sheet_free(lnti_sheet *sheet);

/* ---- names for values (names.c) ---- */

/** Which title a column's value stands for. */
typedef struct lnti_names {
  char *file; /**< for messages */
  lnti_text_index keys;
  const char **title; /**< [keys.n]; in `keys.arena` */
  size_t capacity;
} lnti_names;

/**
 * Reads names: with both columns (by name or number from 1) from a table, whose first row is a header where a column is
 * given by name; with neither (NULL), a name a line stands for 0, 1, 2...
 * @return LNT_OK; LNT_EDATA (a broken row; one key under two names; no rows); LNT_EINVAL (no such column); LNT_ELIMIT...
 */
LNT_MUST_CHECK lnt_status lnti_names_read(lnti_names *out, lnti_bytes_source source, void *payload, const char *name,
                                          const char *key_column, const char *name_column, lnt_error *err);
/** NULL where there is none. Whole numbers meet whatever way they are written: 7, 07 and 7.0. */
const char *lnti_names_find(const lnti_names *names, const char *value, size_t n);
void lnti_names_clear(lnti_names *names);

/* ---- what each column is for (columns.c, guess.c) ---- */

typedef enum lnti_column_role {
  LNTI_COLUMN_OPEN, /**< not decided yet */
  LNTI_COLUMN_SKIP,
  LNTI_COLUMN_PATH,
  LNTI_COLUMN_LABEL,  /**< a title, or a level of a tree label */
  LNTI_COLUMN_LABELS, /**< several titles, each of them a yes */
  LNTI_COLUMN_ONEHOT, /**< yes or no to the option that the column is named by */
  LNTI_COLUMN_NUMBER,
  LNTI_COLUMN_SPLIT,
  LNTI_COLUMN_GROUP,
  LNTI_COLUMN_META
} lnti_column_role;

/** "path", "label"... */
const char *lnti_column_role_name(lnti_column_role role);

typedef struct lnti_table_column {
  const char *name; /**< of the header or the key; the number where there is no header */
  lnti_column_role role;
  bool guessed;
  size_t question;         /**< of labels and numbers: in the plan's questions */
  size_t level;            /**< of a tree label, from 0 */
  size_t key;              /**< of metadata: in the plan's keys */
  bool no;                 /**< of LNTI_COLUMN_LABELS: each is a no */
  const lnti_names *names; /**< borrowed; NULL */
} lnti_table_column;

typedef struct lnti_table_question {
  const char *path; /**< NULL: the import's target */
  lnti_question_type type;
  size_t column[LNTI_TABLE_LEVELS_MAX]; /**< of radio and tree, the top level first; of others the first column */
  size_t n_levels;
  char separator; /**< of LNTI_COLUMN_LABELS; 0: the whole value is one title */
  bool is_path;   /**< a label is a path of options ("birds/duck"), as export writes it */
} lnti_table_question;

typedef enum lnti_table_header { LNTI_HEADER_AUTO, LNTI_HEADER_YES, LNTI_HEADER_NO } lnti_table_header;

/** What the caller says of the columns. */
typedef struct lnti_table_spec {
  const char *const *columns; /**< "COLUMN=ROLE" */
  size_t n_columns;
  const char *const *labels; /**< "COLUMN[/COLUMN]...[:QUESTION]" */
  size_t n_labels;
  const lnti_names *names;          /**< [n_names] */
  const char *const *named_columns; /**< [n_names] COLUMN */
  size_t n_names;
  lnti_table_header header;
  char label_separator;          /**< of columns with several titles; 0: found */
  const lnti_ontology *ontology; /**< of the project; NULL: none is known */
  const char *target;            /**< what labels answer; NULL: nobody said it */
} lnti_table_spec;

/** The first rows, kept; of JSON Lines also the keys of many rows more. */
typedef struct lnti_table_sample {
  const char *name; /**< of the table, for messages; borrowed */
  lnti_table_format format;
  char separator;
  lnti_sheet_row *rows; /**< [n] sound ones */
  size_t n;
  const char **keys; /**< of JSON Lines */
  size_t n_keys;
  size_t first_line; /**< of the first row, also where it is refused; 0: none */
  const char *fault; /**< why that was refused; NULL */
  lnti_arena arena;
} lnti_table_sample;
LNT_MUST_CHECK lnt_status lnti_table_sample_read(lnti_table_sample *out, lnti_sheet *sheet, const char *name,
                                                 lnti_table_format format, lnt_error *err);
void lnti_table_sample_clear(lnti_table_sample *sample);

/** Whether a value of the path column names something that is there. */
typedef bool (*lnti_table_exists)(void *payload, const char *path);

typedef struct lnti_table_plan {
  bool has_header;
  bool named;                 /**< by the header, or by keys */
  lnti_table_column *columns; /**< [n_columns] */
  size_t n_columns;
  size_t path; /**< the column */
  lnti_table_question *questions;
  size_t n_questions, question_capacity;
  const char **keys; /**< of metadata */
  size_t n_keys;
  char separator; /**< of the table */
  bool is_export; /**< export wrote it */
  size_t id;      /**< then its column of ids */
  size_t n_left;  /**< and how many columns of texts and orders it has, which annotate takes */
  lnti_arena arena;
} lnti_table_plan;

/**
 * Decides what each column is for: what the caller says, then what header names and values say.
 * @return LNT_OK; LNT_EINVAL (no such column or role; a role twice; not sure enough: the message shows the first rows and
 *         what to give); LNT_EDATA (no rows); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_table_plan_make(lnti_table_plan *out, const lnti_table_sample *sample,
                                               const lnti_table_spec *spec, lnti_table_exists exists, void *payload,
                                               lnt_error *err);
void lnti_table_plan_clear(lnti_table_plan *plan);
/** What a one-hot column says yes or no to: its name, without the question before it ("tags/cat"), or what that stands
 *  for; NULL where it has no name. */
const char *lnti_table_onehot_title(const lnti_table_plan *plan, size_t column);
/** "2 \"label\": label (guessed)", for people; appended. */
LNT_MUST_CHECK lnt_status lnti_table_column_describe(lnti_text *out, const lnti_table_plan *plan, size_t column,
                                                     lnt_error *err);
/** The split that a list's name says: "train.txt", "val_list.txt"; NULL. */
const char *lnti_table_list_split(const char *path);

/* ---- what a row says (row.c) ---- */

typedef struct lnti_table_value {
  size_t question;           /**< of the plan */
  const char *const *titles; /**< of radio and tree: a level each; of a checklist the option */
  size_t n_titles;
  bool no;       /**< of a checklist */
  double number; /**< of number */
  size_t column; /**< it comes from, from 1 */
} lnti_table_value;

typedef struct lnti_table_pair {
  size_t key; /**< of the plan */
  const char *value;
} lnti_table_pair;

typedef struct lnti_table_row {
  size_t line;
  const char *path;
  const char *split, *group; /**< NULL: none */
  const char *id;            /**< of a table that export wrote; NULL */
  const lnti_table_value *values;
  size_t n_values;
  const lnti_table_pair *meta;
  size_t n_meta;
  lnt_status refused; /**< LNT_OK, or why nothing is taken of it */
  size_t column;      /**< at fault, from 1; 0 */
  const char *reason;
} lnti_table_row;

/** Everything lies in `arena`. Refused: a sheet's row that is; no path; a value that is no number, no 0 or 1, has no name;
 *  a tree label with a gap. LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_table_row_read(lnti_table_row *out, lnti_arena *arena, const lnti_table_plan *plan,
                                              const lnti_sheet_row *row, lnt_error *err);

#endif
