/**
 * @file csv.h
 * Separated values as a stream of rows: RFC 4180 and what people really have. The separator is found or given; fields
 * may be quoted, with doubled quotes and line ends inside; lines end in LF, CRLF or CR; the encoding is told by
 * base/encoding.h, and a row that is no UTF-8 is read as Windows-1252. A broken row is refused by itself and the next
 * one follows; what makes reading on senseless fails.
 */
#ifndef LNTI_BASE_CSV_H
#define LNTI_BASE_CSV_H

#include <base/encoding.h>
#include <base/text.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>

enum {
  LNTI_CSV_FIELD_MAX = 1 << 20,  /**< bytes of a field */
  LNTI_CSV_ROW_MAX = 16 << 20,   /**< bytes of a row */
  LNTI_CSV_COLUMNS_MAX = 1 << 16 /**< fields of a row */
};

/** Separators with a meaning of their own. Any other is one ASCII character, but no letter, digit, quote or point. */
enum {
  LNTI_CSV_FIND = 0, /**< comma, semicolon, tab or bar, whichever cuts the first rows into equal numbers of fields */
  LNTI_CSV_BLANKS = ' ', /**< any number of blanks and tabs; those around the row say nothing */
  LNTI_CSV_LINES = '\n'  /**< each line is one field; quotes mean nothing */
};

typedef struct lnti_csv_options {
  const char *name; /**< stands before the line in errors; NULL: "CSV" */
  char separator;
  bool find_blanks;   /**< with LNTI_CSV_FIND: where none of the four is there, LNTI_CSV_BLANKS is tried as well */
  bool ragged;        /**< rows may have different numbers of fields */
  size_t field_max;   /**< 0: LNTI_CSV_FIELD_MAX */
  size_t row_max;     /**< 0: LNTI_CSV_ROW_MAX */
  size_t columns_max; /**< 0: LNTI_CSV_COLUMNS_MAX */
} lnti_csv_options;

/** n bytes of UTF-8 and a NUL; there is none among the n. */
typedef struct lnti_csv_field {
  const char *text;
  size_t n;
} lnti_csv_field;

typedef struct lnti_csv_row {
  size_t line; /**< where it begins, from 1 */
  size_t n;    /**< fields; 0 where refused */
  const lnti_csv_field *fields;
  lnt_status refused; /**< LNT_OK; LNT_EDATA (quotes; another number of fields than the first row); LNT_ELIMIT */
  size_t column;      /**< field that is at fault, from 1; 0: the row as a whole */
  const char *reason; /**< without a place; "" where not refused */
} lnti_csv_row;

typedef struct lnti_csv_reader lnti_csv_reader;

/** Nothing is read yet. LNT_EINVAL (a separator that is none); LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_csv_reader_new(lnti_csv_reader **out, lnti_bytes_source source, void *payload,
                                              const lnti_csv_options *options, lnt_error *err);
/**
 * The next row, borrowed until the next call; NULL at the end. Empty lines are left out. Empty fields at the end of a row
 * beyond those of the first row are, too. After quotes that do not match, reading goes on in the next line.
 * @return LNT_OK, also for a refused row; LNT_EDATA (NUL bytes; quotes that fail again and again), LNT_ELIMIT (a row
 *         whose end does not come within row_max bytes), both with name and line; what the decoder and the source return.
 *         A failure stays.
 */
LNT_MUST_CHECK lnt_status lnti_csv_next(const lnti_csv_row **row_out, lnti_csv_reader *reader, lnt_error *err);
/** Given or found; LNTI_CSV_FIND before the first row. */
char lnti_csv_separator(const lnti_csv_reader *reader);
/** Rows so far that were read as Windows-1252; *line_out (may be NULL) the first one's. */
size_t lnti_csv_converted(const lnti_csv_reader *reader, size_t *line_out);
void lnti_csv_reader_free(lnti_csv_reader *reader);

/** Writing: appends one field, quoted where it has to be. Blanks at an end are quoted too: some readers take them away. */
LNT_MUST_CHECK lnt_status lnti_csv_put(lnti_text *out, const char *text, lnt_error *err);

#endif
