/*
 * Equal content by sorting: no table to size, and the same result whatever the order of the rows.
 */
#include <flow/groups.h>

#include <base/alloc.h>
#include <base/error.h>
#include <flow/split/grouping.h>
#include <flow/split/leaks.h>
#include <flow/split/split.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  const lnti_hash *content;
  uint32_t row;
} entry;

static int by_content(const void *a, const void *b) {
  const entry *x = a, *y = b;
  int order = memcmp(x->content, y->content, sizeof *x->content);
  return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

static int by_value(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

lnt_status lnti_content_groups(uint32_t *group_out, const lnti_extract_items *items, lnt_error *err) {
  entry *entries = NULL;
  if (items->n > UINT32_MAX) return lnti_fail(err, LNT_ELIMIT, "%zu rows are too many to group", items->n);
  lnt_status status = lnti_alloc(&entries, items->n, sizeof *entries, err);
  if (status) return status;
  for (size_t i = 0; i < items->n; i++) entries[i] = (entry){&items->item[i].content, (uint32_t)i};
  qsort(entries, items->n, sizeof *entries, by_content);
  for (size_t i = 0; i < items->n; i++) {
    bool same = i > 0 && memcmp(entries[i].content, entries[i - 1].content, sizeof *entries[i].content) == 0;
    group_out[entries[i].row] = same ? group_out[entries[i - 1].row] : entries[i].row;
  }
  free(entries);
  return LNT_OK;
}

static size_t find_id(const lnti_grouping *grouping, int64_t id) {
  size_t low = 0, high = grouping->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (grouping->id[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < grouping->n && grouping->id[low] == id ? low : SIZE_MAX;
}

lnt_status lnti_row_groups(uint32_t *group_out, lnti_project *project, const char *keys,
                           const lnti_extract_items *items, lnt_error *err) {
  lnti_grouping grouping = {0};
  uint32_t *first = NULL; /* [grouping.n] the first row of each group, plus 1 */
  if (items->n >= UINT32_MAX) return lnti_fail(err, LNT_ELIMIT, "%zu rows are too many to group", items->n);
  lnt_status status = lnti_grouping_new(&grouping, project, keys, err);
  if (!status) status = lnti_alloc_zero(&first, grouping.n, sizeof *first, err);
  for (size_t i = 0; i < items->n && !status; i++) {
    size_t at = find_id(&grouping, items->item[i].id);
    uint32_t *row = at == SIZE_MAX ? NULL : &first[grouping.group[at]];
    if (row && *row == 0) *row = (uint32_t)i + 1;
    group_out[i] = row ? *row - 1 : (uint32_t)i;
  }
  free(first);
  lnti_grouping_clear(&grouping);
  return status;
}

lnt_status lnti_group_keys(char **keys_out, lnti_project *project, lnt_error *err) {
  lnti_split_info info = {0};
  lnt_status status = lnti_split_info_read(&info, project, err);
  if (status) return status;
  if (info.key) {
    *keys_out = info.key;
    info.key = NULL;
  } else {
    status = lnti_leaks_key(keys_out, project, err);
  }
  lnti_split_info_clear(&info);
  return status;
}

uint64_t lnti_content_key(const lnti_hash *content) {
  uint64_t key = 0;
  for (int i = 0; i < 8; i++) key = key << 8 | content->bytes[i];
  return key;
}

lnt_status lnti_content_keys(uint64_t **keys_out, size_t *n_out, const lnti_extract_items *items, lnt_error *err) {
  uint64_t *keys = NULL;
  size_t n = 0;
  lnt_status status = lnti_alloc(&keys, items->n, sizeof *keys, err);
  if (status) return status;
  for (size_t i = 0; i < items->n; i++) keys[i] = lnti_content_key(&items->item[i].content);
  qsort(keys, items->n, sizeof *keys, by_value);
  for (size_t i = 0; i < items->n; i++) {
    if (n == 0 || keys[n - 1] != keys[i]) keys[n++] = keys[i];
  }
  *keys_out = keys;
  *n_out = n;
  return LNT_OK;
}

bool lnti_content_known(const uint64_t *keys, size_t n, const lnti_hash *content) {
  uint64_t key = lnti_content_key(content);
  return n > 0 && bsearch(&key, keys, n, sizeof *keys, by_value) != NULL;
}
