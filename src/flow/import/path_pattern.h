/**
 * @file path_pattern.h
 * Values out of paths: '{site}/{camera}_{date}_*' reads "north/cam2_2024-05-01_0007.jpg" as site=north, camera=cam2,
 * date=2024-05-01.
 *
 * A pattern with k folders is held against the last k folders of a path and its file name. In each part {name} stands for
 * some text (at least one character, as few as fit), * for any text (none too), ? for one character; all else stands for
 * itself. Where the last part has a dot, or ends with *, it takes the extension too; else the extension is left out of what
 * is matched. A character is one of UTF-8: no value is cut within one.
 */
#ifndef LNTI_FLOW_IMPORT_PATH_PATTERN_H
#define LNTI_FLOW_IMPORT_PATH_PATTERN_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>

enum { LNTI_PATH_FIELDS_MAX = 16, LNTI_PATH_FIELD_NAME_MAX = 64 };

typedef struct lnti_path_pattern lnti_path_pattern;

/** One value found; borrowed from the path. */
typedef struct lnti_path_field {
  const char *text;
  size_t n;
} lnti_path_field;

/** LNT_EINVAL: no field, one name twice, two fields with nothing between them, an open brace, too many. */
LNT_MUST_CHECK lnt_status lnti_path_pattern_parse(lnti_path_pattern **out, const char *text, lnt_error *err);
size_t lnti_path_pattern_n(const lnti_path_pattern *pattern);
const char *lnti_path_pattern_name(const lnti_path_pattern *pattern, size_t field);
/** False where the path does not fit; else fields [lnti_path_pattern_n] are set. Time at most the product of the two
 *  lengths. Thread-safe. */
bool lnti_path_pattern_match(lnti_path_field *fields, const lnti_path_pattern *pattern, const char *path);
void lnti_path_pattern_free(lnti_path_pattern *pattern);

#endif
