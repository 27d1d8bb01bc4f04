/**
 * @file groups.h
 * Groups in a table that export wrote: a group has a row of its own with its answers, and its images name that row's id. So
 * that both come back together, what the row says is given to the group when its images are imported. Inside src/flow/table
 * alone.
 */
#ifndef LNTI_FLOW_TABLE_GROUPS_H
#define LNTI_FLOW_TABLE_GROUPS_H

#include <flow/table/labels.h>

typedef struct lnti_table_group {
  const char *name;            /**< below its source */
  lnti_import_answer *answers; /**< [n] */
  size_t n;
  size_t n_images; /**< rows that name it */
  bool there;      /**< it is an item already, which its own row labels */
} lnti_table_group;

/** Zero-initialise; lnti_table_groups_clear frees. */
typedef struct lnti_table_groups {
  lnti_text_index ids;
  lnti_table_group *of; /**< [ids.n] */
  size_t capacity;
  lnti_arena arena;
} lnti_table_groups;

/** The name of the group that a URI is of; NULL: of no group. */
const char *lnti_table_group_name(const char *path);
/** In the first pass: notes a row that is a group's; does nothing to another. */
LNT_MUST_CHECK lnt_status lnti_table_groups_note(lnti_table_groups *groups, const lnti_table_row *row, lnt_error *err);
/** The group whose row has that id; NULL. */
lnti_table_group *lnti_table_groups_find(const lnti_table_groups *groups, const char *id);
/**
 * What an image's row says becomes the input's answers: those of its own row for itself, and its group's for that. In
 * `arena`.
 */
LNT_MUST_CHECK lnt_status lnti_table_groups_join(lnti_import_input *input, const lnti_table_group *group,
                                                 lnti_arena *arena, lnt_error *err);
void lnti_table_groups_clear(lnti_table_groups *groups);

#endif
