/*
 * flow/path_pattern: the first line as pattern, held against the rest as path. What a field takes lies in the path, is not
 * empty, crosses no folder and cuts no character.
 */
#include <base/text.h>
#include <flow/import/path_pattern.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_fields(const lnti_path_pattern *pattern, const char *path) {
  lnti_path_field fields[LNTI_PATH_FIELDS_MAX];
  const char *end = path + strlen(path), *previous = path;
  bool utf8 = lnti_utf8_valid(path, strlen(path)) == strlen(path);
  if (!lnti_path_pattern_match(fields, pattern, path)) return;
  for (size_t i = 0; i < lnti_path_pattern_n(pattern); i++) {
    check(fields[i].text >= previous && fields[i].n > 0 && fields[i].n <= (size_t)(end - fields[i].text));
    check(!memchr(fields[i].text, '/', fields[i].n));
    previous = fields[i].text + fields[i].n;
    check(!utf8 || lnti_utf8_valid(fields[i].text, fields[i].n) == fields[i].n || *fields[i].text < 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  lnti_path_pattern *pattern = NULL;
  char *text = malloc(n + 1);
  check(text != NULL);
  if (n > 0) memcpy(text, data, n);
  text[n] = '\0';
  char *path = strchr(text, '\n');
  if (path) *path++ = '\0';
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_path_pattern_parse(&pattern, text, &err) == LNT_OK) {
    check(lnti_path_pattern_n(pattern) > 0 && lnti_path_pattern_n(pattern) <= LNTI_PATH_FIELDS_MAX);
    if (path) check_fields(pattern, path);
    lnti_path_pattern_free(pattern);
  } else {
    check(err.code == LNT_EINVAL && *err.message);
  }
  free(text);
  return 0;
}
