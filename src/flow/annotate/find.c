/*
 * Numbers are taken as they are; paths are looked for among all items of the project, which are read once.
 */
#include <flow/annotate/find.h>

#include <base/error.h>
#include <stdlib.h>
#include <string.h>

static lnt_status make_finder(lnti_item_names *names, lnt_error *err) {
  char *root = realpath(".", NULL);
  lnt_status status = root ? lnti_finder_new(&names->finder, names->project, root, err)
                           : lnti_fail(err, LNT_EIO, "the current folder cannot be found");
  free(root);
  return status;
}

lnt_status lnti_item_names_path(int64_t *id_out, lnti_item_names *names, const char *path, lnt_error *err) {
  lnti_found found = {0};
  lnt_status status = names->finder ? LNT_OK : make_finder(names, err);
  if (!status) status = lnti_finder_find(&found, names->finder, &names->found, path, err);
  lnti_arena_clear(&names->found);
  if (status) return status;
  if (found.id == 0) return lnti_fail(err, LNT_ENOTFOUND, "no item of the project");
  *id_out = found.id;
  return LNT_OK;
}

lnt_status lnti_item_names_find(int64_t *id_out, lnti_item_names *names, const char *text, lnt_error *err) {
  lnt_error ignored = LNT_ERROR_INIT;
  if (text[strspn(text, "0123456789")] == '\0' && lnti_parse_int(id_out, text, "item", &ignored) == LNT_OK)
    return LNT_OK;
  return lnti_item_names_path(id_out, names, text, err);
}

void lnti_item_names_clear(lnti_item_names *names) {
  lnti_finder_free(names->finder);
  lnti_arena_clear(&names->found);
  *names = (lnti_item_names){.project = names->project};
}

static lnt_status note_item(void *payload, const lnti_item *item, lnt_error *err) {
  (void)err;
  *(int64_t *)payload = item->id;
  return LNT_OK;
}

lnt_status lnti_item_by_name(int64_t *id_out, lnti_project *project, const char *name, lnt_error *err) {
  lnti_item_names names = {.project = project};
  lnti_item_query one = {.limit = 1};
  int64_t id = 0, found = 0;
  lnt_status status = lnti_item_names_find(&id, &names, name, err);
  one.after_id = id - 1;
  if (!status) status = lnti_store_items(project->store, &one, note_item, &found, err);
  lnti_item_names_clear(&names);
  if (!status && found != id) status = lnti_fail(err, LNT_ENOTFOUND, "there is no item %s", name);
  if (!status) *id_out = id;
  return status;
}
