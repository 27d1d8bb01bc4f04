/**
 * @file names.h
 * Names of files and folders that are made: safe on any file system that people use, and no two the same.
 */
#ifndef LNTI_FLOW_EXPORT_NAMES_H
#define LNTI_FLOW_EXPORT_NAMES_H

#include <base/text.h>

enum { LNTI_SAFE_NAME_MAX = 212 }; /**< bytes: 255 without a number, and without what a file has while it is written */

/**
 * Appends a name of one file or folder, made of n bytes. What cannot stand in one ('/', control characters, bytes that are
 * no UTF-8) becomes '_'; a '.' at the beginning, which would hide it or climb, gets a '_' before it; a long one is cut
 * before its extension; nothing becomes "_". All else is kept.
 */
LNT_MUST_CHECK lnt_status lnti_safe_name(lnti_text *out, const char *name, size_t n, lnt_error *err);

/** Paths that are taken. Zero-initialise. Two that differ only in the case of ASCII letters are the same, since some file
 *  systems think so. Once in 2^64 / n^2 a free path passes for taken. */
typedef struct lnti_taken {
  uint64_t *key; /**< [capacity] open addressing; 0: free */
  size_t n, capacity;
} lnti_taken;
void lnti_taken_clear(lnti_taken *taken);
/** Takes a path; *fresh_out (may be NULL) false where it was taken. */
LNT_MUST_CHECK lnt_status lnti_take(bool *fresh_out, lnti_taken *taken, const char *path, lnt_error *err);
/**
 * Takes folder/name, or a free one of folder/name-2, folder/name-3... (the number before the extension: "a-2.jpg"), and
 * appends it to `out`. Which one depends on what was taken before, and on nothing else. Expected O(log n).
 * @param folder  "" for none
 * @param name    safe
 */
LNT_MUST_CHECK lnt_status lnti_take_distinct(lnti_text *out, lnti_taken *taken, const char *folder, const char *name,
                                             lnt_error *err);

#endif
