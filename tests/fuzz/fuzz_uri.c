/*
 * URIs taken apart and put together, and the names of members brought into form.
 */
#include <media/index.h>
#include <media/uri.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds) {
  if (!holds) abort();
}

static void check_number(const char *text) {
  size_t number = 0, back = 0;
  char *joined = NULL;
  if (lnti_uri_record(&number, text)) {
    must(lnti_uri_join_record(&joined, "x", number, NULL) == LNT_OK && strcmp(joined + 2, text) == 0);
    free(joined);
  }
  if (lnti_uri_frame(&number, text)) {
    must(lnti_uri_join_frame(&joined, "x", number, NULL) == LNT_OK && lnti_uri_frame(&back, joined + 2) &&
         back == number);
    free(joined);
  }
}

static void check_split(const char *uri) {
  char *path = NULL, *joined = NULL;
  const char *rest = NULL;
  must(lnti_uri_split(&path, &rest, uri, NULL) == LNT_OK);
  if (rest) {
    must(lnti_uri_join(&joined, path, rest, NULL) == LNT_OK && strcmp(joined, uri) == 0);
    check_number(rest);
    free(joined);
  } else {
    must(strcmp(path, uri) == 0);
  }
  free(path);
  must(lnti_uri_beside(&joined, uri, "name", NULL) == LNT_OK && strlen(joined) >= 4);
  free(joined);
}

static void check_member(const char *raw, size_t n) {
  static char out[4 * LNTI_MEMBER_NAME_MAX + 1], again[4 * LNTI_MEMBER_NAME_MAX + 1];
  const lnti_row_how how = lnti_member_name(out, raw, n);
  must(strlen(out) <= 4 * (size_t)LNTI_MEMBER_NAME_MAX);
  if (how != LNTI_ROW_PLAIN) return;
  /* What is in form stays as it is. */
  must(out[0] != '\0' && lnti_member_name(again, out, strlen(out)) == LNTI_ROW_PLAIN && strcmp(out, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  char *text = malloc(n + 1);
  if (!text) return 0;
  if (n > 0) memcpy(text, data, n);
  text[n] = '\0';
  check_split(text);
  check_number(text);
  check_member(text, n);
  for (size_t k = strlen(text), shorter; (shorter = lnti_uri_shorter(text, k)) != k; k = shorter)
    must(text[shorter] == '#');
  free(text);
  return 0;
}
