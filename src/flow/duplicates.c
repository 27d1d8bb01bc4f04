/*
 * Equal content by sorting hashes: bounded memory, no table in the store to keep true.
 */
#include <flow/duplicates.h>

#include <base/alloc.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  lnti_hash content;
  int64_t id;
  int64_t option_id; /* 0: no answer */
  uint64_t split;    /* hash of its name; 0: none */
} entry;

typedef struct scan {
  entry *entries;
  size_t n, capacity, at;
} scan;

static lnt_status collect_item(void *payload, const lnti_item *item, lnt_error *err) {
  scan *s = payload;
  lnt_status status = lnti_grow(&s->entries, &s->capacity, s->n + 1, sizeof *s->entries, err);
  if (status) return status;
  uint64_t split = *item->split ? lnti_hash_table(item->split, strlen(item->split), 1) | 1 : 0;
  s->entries[s->n++] = (entry){item->content, item->id, 0, split};
  return LNT_OK;
}

static lnt_status collect_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  (void)err;
  scan *s = payload;
  while (s->at < s->n && s->entries[s->at].id < row->subject_id) s->at++;
  if (s->at < s->n && s->entries[s->at].id == row->subject_id) s->entries[s->at].option_id = row->option_id;
  return LNT_OK;
}

static int compare(const void *a, const void *b) {
  return memcmp(a, b, LNTI_HASH_BYTES);
}

static void count_set(lnti_duplicates *out, const entry *set, size_t n) {
  int64_t option = 0;
  uint64_t split = 0;
  bool conflict = false, leak = false;
  for (size_t i = 0; i < n; i++) {
    if (set[i].option_id) {
      conflict = conflict || (option && option != set[i].option_id);
      option = set[i].option_id;
    }
    if (set[i].split) {
      leak = leak || (split && split != set[i].split);
      split = set[i].split;
    }
  }
  out->copies += n - 1;
  out->conflicts += conflict;
  out->leaks += leak;
}

lnt_status lnti_duplicates_count(lnti_duplicates *out, lnti_project *project, int64_t question_id, lnt_error *err) {
  scan s = {0};
  lnti_duplicates found = {0};
  lnti_item_query query = {0};
  lnt_status status = lnti_store_items(project->store, &query, collect_item, &s, err);
  if (status) goto done;
  if (question_id) {
    status = lnti_store_answers(project->store, 0, INT64_MAX, question_id, collect_answer, &s, err);
    if (status) goto done;
  }
  if (s.n > 1) qsort(s.entries, s.n, sizeof *s.entries, compare);
  for (size_t begin = 0, end; begin < s.n; begin = end) {
    for (end = begin + 1; end < s.n && compare(&s.entries[begin], &s.entries[end]) == 0;) end++;
    if (end - begin > 1) count_set(&found, s.entries + begin, end - begin);
  }
  *out = found;
done:
  free(s.entries);
  return status;
}
