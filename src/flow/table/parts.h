/**
 * @file parts.h
 * What the files that make a table's plan share. Inside src/flow/table alone.
 */
#ifndef LNTI_FLOW_TABLE_PARTS_H
#define LNTI_FLOW_TABLE_PARTS_H

#include <flow/table/table.h>

/** A plan in the making. */
typedef struct lnti_table_planning {
  lnti_table_plan *plan;
  const lnti_table_sample *sample;
  const lnti_table_spec *spec;
  lnti_table_exists exists;
  void *payload;
  lnti_column_role others;     /**< of "*=ROLE"; LNTI_COLUMN_OPEN: none */
  const char *others_question; /**< NULL */
  bool is_export;              /**< columns with several titles may share a question */
} lnti_table_planning;

/** The first row that is data. */
size_t lnti_table_first_data(const lnti_table_planning *p);
/** The value of a column in a row of the sample; one without text where the row ends before it. */
const lnti_cell *lnti_table_sample_cell(const lnti_table_planning *p, size_t row, size_t column);
/** The column that "3" or "name" says; LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_table_find_column(size_t *out, const lnti_table_planning *p, const char *text,
                                                 lnt_error *err);
/** Whether a text has the form of an image's path: a known extension. */
bool lnti_table_looks_like_path(const char *text);
/** Gives a column a role, with the question or key that it needs. `argument`: of "label:QUESTION", "meta:KEY"; NULL. */
LNT_MUST_CHECK lnt_status lnti_table_assign(lnti_table_planning *p, size_t column, lnti_column_role role,
                                            const char *argument, bool guessed, lnt_error *err);
/** Decides whether the first row is a header, before names are known. LNT_EINVAL: not sure. */
LNT_MUST_CHECK lnt_status lnti_table_guess_header(bool *out, const lnti_table_planning *p, lnt_error *err);
/** Of a table that export wrote, gives open columns the roles that bring it back; does nothing to another. */
LNT_MUST_CHECK lnt_status lnti_table_take_export(lnti_table_planning *p, lnt_error *err);
/** Gives every column that is still open a role. LNT_EINVAL: not sure. */
LNT_MUST_CHECK lnt_status lnti_table_guess_roles(lnti_table_planning *p, lnt_error *err);
/** "3 \"given\" (7; 2)": the columns with their first values, cut to fit a message. */
LNT_MUST_CHECK lnt_status lnti_table_show(lnti_text *out, const lnti_table_planning *p, lnt_error *err);

#endif
