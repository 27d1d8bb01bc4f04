/**
 * @file posix_regex.h
 * The regular expressions that people type: POSIX extended ones, with the short classes that other programs know besides.
 */
#ifndef LNTI_FLOW_POSIX_REGEX_H
#define LNTI_FLOW_POSIX_REGEX_H

#include <linnet/status.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * Compiles; regfree releases. \d, \w and \s are a digit; a letter, digit or '_'; and a blank, in brackets too. \D, \W
 * and \S, outside of brackets, are all else.
 * @param given  the value of --group that it stands in, for the message
 * @return LNT_OK; LNT_EINVAL (no expression); LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_posix_regex(regex_t *out, const char *expression, const char *given, lnt_error *err);

/** Looks for the expression in a text; a match begins and ends at characters of UTF-8, though '.' stands for a byte.
 *  @param out  [n] as regexec's */
bool lnti_posix_regex_find(regmatch_t *out, size_t n, const regex_t *regex, const char *text);

#endif
