/**
 * @file table_support.h
 * Tables written in the tests, and what is read of them as one line of text.
 */
#ifndef LNTI_TESTS_TABLE_SUPPORT_H
#define LNTI_TESTS_TABLE_SUPPORT_H

#include <flow/table/table.h>

/** The rows as text: "1[a][b]", "2:3!reason"; lists as "[(a)(b)]". */
lnt_status table_trace_sheet(lnti_text *out, const char *data, lnti_table_format format, char separator,
                             lnt_error *err);
/** Whether a path is one of the texts in `payload`, a NULL-terminated list. */
bool table_exists(void *payload, const char *path);
/** The plan of a table. `there`: NULL-terminated, what exists. */
lnt_status table_plan(lnti_table_plan *out, const char *data, lnti_table_format format, const lnti_table_spec *spec,
                      const char *const *there, lnt_error *err);
/** The plan's columns as text: "1 "path": path (guessed), ...". */
lnt_status table_trace_plan(lnti_text *out, const char *data, lnti_table_format format, const lnti_table_spec *spec,
                            const char *const *there, lnt_error *err);
/** What the rows say: "2 a.jpg class=cat split=train group=g site=3", "3:2!reason". */
lnt_status table_trace_rows(lnti_text *out, const char *data, lnti_table_format format, const lnti_table_spec *spec,
                            lnt_error *err);

#endif
