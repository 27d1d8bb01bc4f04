/**
 * @file report_text.h
 * An evaluation in the terminal.
 */
#ifndef LNTI_CLI_REPORT_TEXT_H
#define LNTI_CLI_REPORT_TEXT_H

#include <flow/report/report.h>
#include <stdio.h>

enum { LNTI_REPORT_TEXT_MATRIX_CLASSES_MAX = 20 /**< above, only the most confused pairs are listed */ };

/**
 * Writes the headline metrics with their intervals, the classes, worst first, the confusion matrix where it fits, and
 * the most frequent confusions.
 * @param styled  bold and dim by escape sequences: for a terminal that has them
 * @return LNT_OK; LNT_ENOMEM; LNT_EIO, LNT_ENOSPC (writing failed). Control characters in names become '?'.
 */
LNT_MUST_CHECK lnt_status lnti_report_text(FILE *out, const lnti_report *report, bool styled, lnt_error *err);

#endif
