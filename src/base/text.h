/**
 * @file text.h
 * Text: a growing string, UTF-8, strict numbers.
 */
#ifndef LNTI_BASE_TEXT_H
#define LNTI_BASE_TEXT_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A growing string, always NUL-terminated once written to. Zero-initialise; lnti_text_clear frees. */
typedef struct lnti_text {
  char *data;
  size_t length;
  size_t capacity;
} lnti_text;

LNT_MUST_CHECK lnt_status lnti_text_append(lnti_text *text, const char *data, size_t n, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_text_printf(lnti_text *text, lnt_error *err, const char *format, ...) LNT_PRINTF(3, 4);
void lnti_text_clear(lnti_text *text);

/** Length in bytes of the valid UTF-8 prefix of n bytes (n itself when all are valid; no surrogates,
 *  no overlong forms, nothing above U+10FFFF). */
size_t lnti_utf8_valid(const char *data, size_t n);

/** Bytes of the character at `text` if it may be shown, else 0. C1 controls (U+0080..U+009F) are no text either. */
size_t lnti_utf8_printable(const char *text);

/** Columns that the text takes in a terminal: code points, combining marks none, wide ones two. */
size_t lnti_utf8_columns(const char *data, size_t n);

/** Whole-string numbers in the C locale's form: no leading blanks, nothing after; out of range, "inf"
 *  and "nan" are refused with LNT_EINVAL and a message that starts with `what`. */
LNT_MUST_CHECK lnt_status lnti_parse_int(int64_t *out, const char *text, const char *what, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_parse_real(double *out, const char *text, const char *what, lnt_error *err);

/** `one` of one thing, else `several`: lnti_plural(n, "image", "images"). */
static inline const char *lnti_plural(size_t n, const char *one, const char *several) {
  return n == 1 ? one : several;
}

/** An identifier for people: lower case, a-z 0-9 and '-' ("T-shirt/top" -> "t-shirt-top"); other
 *  letters of UTF-8 are kept as they are. Never empty ("x" for what leaves nothing). */
LNT_MUST_CHECK lnt_status lnti_slug(char **out, const char *title, lnt_error *err);

/** A word of a command that can be pasted into a shell. */
typedef struct lnti_word {
  char text[512];
} lnti_word;

/** The text as a shell takes it, in single quotes where it needs them: "flowers", "'my model'". `otherwise` (at most 511
 *  bytes; a word such as DIR) where no quotes help: control characters and bytes that are no UTF-8, a dash at the
 *  beginning, nothing at all, or more than fits. */
lnti_word lnti_shell_word(const char *text, const char *otherwise);

/** Order of names as people sort them: digits by value, so that img2 comes before img10. */
int lnti_natural_compare(const char *a, const char *b);

/** The name of `names` [n] that was most likely meant by `text`: fewest edits (Damerau and Levenshtein's optimal string
 *  alignment), at most one and a third of its length, or the only one that begins with it; NULL where none is near. */
const char *lnti_nearest_name(const char *text, const char *const *names, size_t n);

#endif
