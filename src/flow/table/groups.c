/*
 * An image may have answers of its own beside those of its group: an export has them in its own row.
 */
#include <flow/table/groups.h>

#include <base/alloc.h>
#include <stdlib.h>
#include <string.h>

const char *lnti_table_group_name(const char *path) {
  static const char *const begins[] = {"/" LNTI_IMPORT_GROUP, "#" LNTI_IMPORT_GROUP};
  for (size_t i = 0; i < 2; i++) {
    const char *at = strstr(path, begins[i]);
    if (at) return at + strlen(begins[i]);
  }
  return NULL;
}

lnt_status lnti_table_groups_note(lnti_table_groups *groups, const lnti_table_row *row, lnt_error *err) {
  const char *name = row->id ? lnti_table_group_name(row->path) : NULL;
  char *copy = NULL;
  size_t i = 0;
  bool added = false;
  if (!name) return LNT_OK;
  lnt_status status = lnti_text_index_add(&i, &added, &groups->ids, row->id, strlen(row->id), err);
  if (status || !added) return status;
  status = lnti_grow(&groups->of, &groups->capacity, groups->ids.n, sizeof *groups->of, err);
  if (!status) status = lnti_arena_strndup(&copy, &groups->arena, name, strlen(name), err);
  if (!status) groups->of[i] = (lnti_table_group){.name = copy};
  return status;
}

lnti_table_group *lnti_table_groups_find(const lnti_table_groups *groups, const char *id) {
  size_t i = id && groups->ids.n > 0 ? lnti_text_index_find(&groups->ids, id, strlen(id)) : LNTI_NONE;
  return i == LNTI_NONE ? NULL : &groups->of[i];
}

lnt_status lnti_table_groups_join(lnti_import_input *input, const lnti_table_group *group, lnti_arena *arena,
                                  lnt_error *err) {
  const size_t n_group = group && !group->there ? group->n : 0;
  lnti_import_answer *answers = NULL;
  lnt_status status = lnti_arena_alloc(&answers, arena, input->n_answers + n_group, sizeof *answers, err);
  if (status) return status;
  for (size_t i = 0; i < input->n_answers; i++) {
    answers[i] = input->answers[i];
    answers[i].own = true;
  }
  for (size_t i = 0; i < n_group; i++) answers[input->n_answers + i] = group->answers[i];
  input->answers = answers;
  input->n_answers += n_group;
  if (group) input->group = group->name;
  return LNT_OK;
}

void lnti_table_groups_clear(lnti_table_groups *groups) {
  lnti_text_index_clear(&groups->ids);
  free(groups->of);
  lnti_arena_clear(&groups->arena);
  *groups = (lnti_table_groups){0};
}
