/*
 * What data sets call their splits.
 */
#include <flow/split/names.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
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

lnt_status lnti_split_list(lnti_text *out, const lnti_store_counts *counts, lnt_error *err) {
  bool any = false;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < counts->n_splits; i++) any = any || *counts->splits[i].name;
  if (!any) return lnti_text_printf(out, err, "none yet (linnet split makes train, val and test)");
  for (size_t i = 0; i < counts->n_splits && !status; i++) {
    const char *name = counts->splits[i].name;
    status = lnti_text_printf(out, err, "%s%s (%zu)", i ? ", " : "", *name ? name : "none", counts->splits[i].n);
  }
  return status;
}

static lnt_status fail(const lnti_store_counts *counts, const char *name, lnt_error *err) {
  const char **names = NULL;
  lnti_text list = {0};
  lnt_status status = lnti_split_list(&list, counts, err);
  if (!status) status = lnti_alloc(&names, counts->n_splits, sizeof *names, err);
  for (size_t i = 0; i < counts->n_splits && !status; i++) names[i] = counts->splits[i].name;
  const char *near = status ? NULL : lnti_nearest_name(name, names, counts->n_splits);
  if (!status && !*name) {
    status = lnti_fail(err, LNT_EINVAL, "the split's name is empty; there are %.300s", list.data);
  } else if (!status && near) {
    status = lnti_fail(err, LNT_ENOTFOUND, "there is no split '%.100s'; did you mean '%.100s'? There are %.300s", name,
                       near, list.data);
  } else if (!status) {
    status = lnti_fail(err, LNT_ENOTFOUND, "there is no split '%.100s'; there are %.300s", name, list.data);
  }
  free(names);
  lnti_text_clear(&list);
  return status;
}

lnt_status lnti_split_check(lnti_project *project, const char *name, lnt_error *err) {
  lnti_store_counts counts = {0};
  lnt_status status = lnti_store_counts_read(&counts, project->store, err);
  bool found = false;
  if (status) return status;
  for (size_t i = 0; i < counts.n_splits && *name; i++) found = found || strcmp(counts.splits[i].name, name) == 0;
  if (!found) status = fail(&counts, name, err);
  lnti_store_counts_clear(&counts);
  return status;
}
