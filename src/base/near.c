/*
 * The name that somebody who mistyped most likely meant.
 */
#include <base/text.h>

#include <string.h>

enum { NAME_MAX_COMPARED = 48 };

/* Upper and lower case are one, and so are the signs between words. */
static char fold(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
  return c == '_' || c == ' ' ? '-' : c;
}

/** Edits (insert, delete, replace, swap neighbours) that turn a into b; NAME_MAX_COMPARED + 1 for longer texts. */
static size_t edit_distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  if (n > NAME_MAX_COMPARED || m > NAME_MAX_COMPARED) return NAME_MAX_COMPARED + 1;
  size_t row[NAME_MAX_COMPARED + 1][NAME_MAX_COMPARED + 1];
  for (size_t i = 0; i <= n; i++) row[i][0] = i;
  for (size_t j = 0; j <= m; j++) row[0][j] = j;
  for (size_t i = 1; i <= n; i++) {
    for (size_t j = 1; j <= m; j++) {
      size_t best = row[i - 1][j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));
      if (row[i - 1][j] + 1 < best) best = row[i - 1][j] + 1;
      if (row[i][j - 1] + 1 < best) best = row[i][j - 1] + 1;
      bool swapped = i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
      if (swapped && row[i - 2][j - 2] + 1 < best) best = row[i - 2][j - 2] + 1;
      row[i][j] = best;
    }
  }
  return row[n][m];
}

static bool begins_with(const char *name, const char *text) {
  while (*text && fold(*name) == fold(*text)) name++, text++;
  return *text == '\0';
}

/* The only name that begins with the text; NULL. */
static const char *only_beginning(const char *text, const char *const *names, size_t n, bool folded) {
  const char *found = NULL;
  for (size_t i = 0; i < n && text[0]; i++) {
    if (folded ? !begins_with(names[i], text) : strncmp(names[i], text, strlen(text)) != 0) continue;
    if (found) return NULL;
    found = names[i];
  }
  return found;
}

const char *lnti_nearest_name(const char *text, const char *const *names, size_t n) {
  const char *best = only_beginning(text, names, n, false);
  size_t best_edits = 1 + strlen(text) / 3;
  if (best) return best;
  for (size_t i = 0; i < n; i++) {
    const size_t edits = edit_distance(text, names[i]);
    const bool nothing_stays = edits > 0 && edits >= strlen(text);
    if (edits > NAME_MAX_COMPARED || nothing_stays) continue;
    if (edits < best_edits || (edits == best_edits && !best)) {
      best = names[i];
      best_edits = edits;
    }
  }
  return best ? best : only_beginning(text, names, n, true);
}
