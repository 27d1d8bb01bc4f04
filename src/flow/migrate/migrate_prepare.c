/*
 * What a migration is told: the document of changes, the items that their filters find, the texts that become options.
 */
#include <base/error.h>
#include <flow/migrate/migrate_parts.h>
#include <flow/view/view.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t TREE_BYTES_MAX = (size_t)256 << 20;

/* ---- the document ---- */

static lnt_status read_list(lnti_migrating *m, const char *json, size_t n, lnt_error *err) {
  const lnti_json_value *root = NULL, *list = NULL;
  const char *name = m->name ? m->name : "the change";
  if (n > LNTI_MIGRATE_FILE_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%s: %zu bytes; at most %d", name, n, (int)LNTI_MIGRATE_FILE_MAX);
  }
  m->arena.cap = TREE_BYTES_MAX;
  lnt_status status = lnti_json_parse(&root, &m->arena, json, n, name, err);
  if (status) return status;
  list = root->type == LNTI_JSON_TYPE_ARRAY ? root : lnti_json_get(root, "changes");
  if (!list || list->type != LNTI_JSON_TYPE_ARRAY) {
    return lnti_fail(err, LNT_EDATA, "%s: there is no list of changes: {\"changes\": [{\"do\": \"rename\", ...}, ...]}",
                     name);
  }
  for (const lnti_json_value *v = root->first; list != root && v; v = v->next) {
    if (v != list && strcmp(v->key, "note") != 0) {
      return lnti_fail(err, LNT_EDATA, "%s:%u: \"%.60s\" is not known here; there are \"changes\" and \"note\"", name,
                       v->line, v->key);
    }
  }
  if (list->length == 0) return lnti_fail(err, LNT_EDATA, "%s: the list of changes is empty", name);
  if (list->length > LNTI_CHANGES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%s: %zu changes; at most %d", name, list->length, (int)LNTI_CHANGES_MAX);
  }
  m->list = list;
  m->n_changes = list->length;
  return LNT_OK;
}

static const char *text_of(const lnti_json_value *object, const char *key) {
  const lnti_json_value *value = lnti_json_get(object, key);
  if (value && value->type == LNTI_JSON_TYPE_ARRAY) value = value->first;
  return value && value->type == LNTI_JSON_TYPE_STRING ? value->text : "";
}

/* "rename class/cat", "rename class/cat and 2 more" */
static lnt_status make_note(lnti_migrating *m, const char *note, lnt_error *err) {
  const lnti_json_value *first = m->list->first;
  char more[40] = "";
  if (note) return lnti_strdup(&m->note, note, err);
  if (m->n_changes > 1) snprintf(more, sizeof more, " and %zu more", m->n_changes - 1);
  return lnti_asprintf(&m->note, err, "%.40s %.200s%s", text_of(first, "do"), text_of(first, "what"), more);
}

/* ---- filters ---- */

static lnt_status find_items(lnti_found_items *out, lnti_view *view, const char *where, lnt_error *err) {
  lnti_filter *filter = NULL;
  uint64_t *bits = NULL;
  size_t n = 0;
  lnt_status status = lnti_view_filter(&filter, view, where, err);
  if (status) return status;
  lnti_view_lock(view);
  status = lnti_alloc_aligned(&bits, lnti_view_words(view), sizeof *bits, err);
  if (!status) status = lnti_filter_match(bits, filter, view, err);
  for (size_t row = 0; !status && row < lnti_view_count(view); row++) n += bits[row / 64] >> row % 64 & 1;
  if (!status) status = lnti_alloc(&out->ids, n, sizeof *out->ids, err);
  for (size_t row = 0; !status && row < lnti_view_count(view); row++) {
    if (bits[row / 64] >> row % 64 & 1) out->ids[out->n++] = lnti_view_id(view, row);
  }
  lnti_view_unlock(view);
  free(bits);
  lnti_filter_free(filter);
  return status;
}

static lnt_status find_all(lnti_migrating *m, lnt_error *err) {
  lnti_view *view = NULL;
  size_t i = 0;
  lnt_status status = lnti_alloc_zero(&m->found, m->n_changes, sizeof *m->found, err);
  if (!status) status = lnti_store_position_read(&m->position, m->project->store, err);
  for (const lnti_json_value *change = m->list->first; change && !status; change = change->next, i++) {
    const char *where = text_of(change, "where");
    if (!*where) continue;
    m->filtered = true;
    if (!view) status = lnti_view_open(&view, m->project, NULL, NULL, err);
    if (!status) status = find_items(&m->found[i], view, where, err);
    if (status && m->name) lnti_error_prefix(err, "%s:%u: where", m->name, change->line);
    if (status && !m->name) lnti_error_prefix(err, "where");
  }
  lnti_view_close(view);
  return status;
}

bool lnti_migrate_found(const lnti_migrating *m, size_t change, int64_t item_id) {
  const lnti_found_items *found = &m->found[change];
  size_t low = 0, high = found->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (found->ids[middle] < item_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < found->n && found->ids[low] == item_id;
}

lnt_status lnti_migrate_prepare(lnti_migrating *m, const char *json, size_t n, const char *note, lnt_error *err) {
  lnt_status status = read_list(m, json, n, err);
  if (!status) status = lnti_strndup(&m->json, json, n, err);
  if (!status) status = make_note(m, note, err);
  if (!status) status = find_all(m, err);
  if (!status) lnti_project_op(&m->op, m->project, LNTI_OP_MIGRATE, m->note);
  return status;
}

void lnti_migrating_clear(lnti_migrating *m) {
  for (size_t i = 0; m->found && i < m->n_changes; i++) free(m->found[i].ids);
  for (size_t i = 0; i < LNTI_MIGRATE_MISFITS; i++) free(m->misfits[i]);
  lnti_ontology_changes_clear(&m->changes);
  lnti_ontology_free(m->ontology);
  lnti_ontology_free(m->old);
  lnti_arena_clear(&m->texts);
  lnti_arena_clear(&m->arena);
  free(m->item.said);
  free(m->was);
  free(m->rows);
  free(m->found);
  free(m->note);
  free(m->json);
  *m = (lnti_migrating){0};
}

/* ---- texts that become options ---- */

/* Sorted, each once. */
typedef struct text_values {
  const char **text;
  size_t n, capacity;
} text_values;

static lnt_status add_value(text_values *values, lnti_migrating *m, const char *text, lnt_error *err) {
  size_t low = 0, high = values->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(values->text[middle], text) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < values->n && strcmp(values->text[low], text) == 0) return LNT_OK;
  if (values->n == LNTI_CHANGE_VALUES_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "there are more than %d different texts: too many to choose from",
                     (int)LNTI_CHANGE_VALUES_MAX);
  }
  const char *copy = NULL;
  lnt_status status = lnti_grow(&values->text, &values->capacity, values->n + 1, sizeof *values->text, err);
  if (!status) status = lnti_ontology_text(&copy, m->ontology, text, err);
  if (status) return status;
  memmove(values->text + low + 1, values->text + low, (values->n - low) * sizeof *values->text);
  values->text[low] = copy;
  values->n++;
  return LNT_OK;
}

lnt_status lnti_migrate_values(void *payload, const char *const **values_out, size_t *n_out, size_t question,
                               lnt_error *err) {
  enum { IDS = 4096 };
  lnti_migrating *m = payload;
  text_values values = {0};
  const char **kept = NULL;
  int64_t question_id = m->ontology->questions[question].id;
  lnt_status status = LNT_OK;
  for (int64_t first = m->first_item; first && first <= m->last_item && !status; first += IDS) {
    status = lnti_migrate_read(m, first, first + IDS - 1, question_id, err);
    for (size_t i = 0; i < m->n_rows && !status; i++) {
      const lnti_answer_row *row = &m->rows[i];
      if (row->question_id == question_id && row->text) status = add_value(&values, m, row->text, err);
    }
  }
  if (!status) status = lnti_arena_alloc(&kept, &m->ontology->arena, values.n + 1, sizeof *kept, err);
  if (!status) {
    if (values.n > 0) memcpy(kept, values.text, values.n * sizeof *kept);
    *values_out = kept;
    *n_out = values.n;
  }
  free(values.text);
  return status;
}
