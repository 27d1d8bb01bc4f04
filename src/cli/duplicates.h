/**
 * @file duplicates.h
 * What import and status say of pictures that are there twice.
 */
#ifndef LNTI_CLI_DUPLICATES_H
#define LNTI_CLI_DUPLICATES_H

#include <base/json.h>
#include <cli/table.h>
#include <flow/duplicates.h>

/** The keys duplicates, conflicts, leaks, near_duplicates, near_conflicts, near_leaks and examples. */
void lnti_duplicates_json(lnti_json_writer *w, const lnti_duplicates *duplicates);
/** Rows of three columns: a name, a count, what it means. Counts of nothing are left out, but for the duplicates, and
 *  conflicts and leaks where there are duplicates. */
LNT_MUST_CHECK lnt_status lnti_duplicates_rows(lnti_table *table, const lnti_duplicates *duplicates, lnt_error *err);

#endif
