/*
 * What data sets call their splits.
 */
#include <flow/split/names.h>

#include <string.h>
#include <strings.h>

const char *lnti_split_of_name(const char *name, size_t n) {
  static const struct {
    const char *alias, *split;
  } aliases[] = {{"train", LNTI_SPLIT_TRAIN},  {"training", LNTI_SPLIT_TRAIN}, {"val", LNTI_SPLIT_VAL},
                 {"valid", LNTI_SPLIT_VAL},    {"validation", LNTI_SPLIT_VAL}, {"test", LNTI_SPLIT_TEST},
                 {"testing", LNTI_SPLIT_TEST}, {"t10k", LNTI_SPLIT_TEST}};
  for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
    if (strlen(aliases[i].alias) == n && strncasecmp(name, aliases[i].alias, n) == 0) return aliases[i].split;
  }
  return NULL;
}

const char *lnti_split_of_path(const char *path) {
  const char *slash;
  for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
    const char *split = lnti_split_of_name(path, (size_t)(slash - path));
    if (split) return split;
  }
  return NULL;
}
