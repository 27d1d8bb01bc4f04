/* Fetching backbones of the catalogue: download, hash, add; what was downloaded is gone then, since add keeps a copy. */
#include <flow/backbone/backbone_pull.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/file.h>
#include <base/text.h>
#include <flow/backbone/download.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

lnt_status lnti_backbones_catalogue(lnti_catalogue_visit visit, void *payload, lnt_error *err) {
  lnti_arena arena = {0};
  const lnti_json_value *root = NULL;
  lnt_status status =
      lnti_json_parse(&root, &arena, lnti_backbone_catalogue, lnti_backbone_catalogue_bytes, "catalogue", err);
  for (const lnti_json_value *v = status ? NULL : root->first; v && !status; v = v->next) {
    lnti_catalogue_entry e = {0};
    int64_t bytes = 0;
    status = lnti_json_get_string(&e.name, v, "name", "", err);
    if (!status) status = lnti_json_get_string(&e.about, v, "about", "", err);
    if (!status) status = lnti_json_get_string(&e.url, v, "url", "", err);
    if (!status) status = lnti_json_get_string(&e.sha256, v, "sha256", "", err);
    if (!status) status = lnti_json_get_string(&e.licence, v, "licence", "", err);
    if (!status) status = lnti_json_get_string(&e.source, v, "source", "", err);
    if (!status) status = lnti_json_get_int(&bytes, v, "bytes", 0, 1, (int64_t)LNTI_BACKBONE_BYTES_MAX, err);
    e.bytes = (uint64_t)bytes;
    if (!status) status = visit(payload, &e, err);
  }
  lnti_arena_clear(&arena);
  return status;
}

typedef struct pulling {
  lnti_backbone_entry *out;
  bool fetched, found;
  const char *folder, *as;
  const lnti_backbone_wanted *wanted;
  const lnti_context *context;
  const lnti_progress *progress;
  lnti_text names;
} pulling;

static lnt_status add(pulling *p, const lnti_catalogue_entry *e, const char *file, lnt_error *err) {
  lnti_backbone_spec said = {0};
  char *assumed = NULL;
  lnt_status status = lnti_strdup(&said.name, p->as, err);
  if (!status) status = lnti_strdup(&said.licence, e->licence, err);
  if (!status) status = lnti_strdup(&said.source, e->source, err);
  if (!status) status = lnti_backbones_add(p->out, &assumed, p->folder, file, &said, p->context, err);
  free(assumed);
  lnti_backbone_spec_clear(&said);
  return status;
}

static lnt_status fetch(pulling *p, const lnti_catalogue_entry *e, lnt_error *err) {
  char *file = NULL;
  lnt_error reason = LNT_ERROR_INIT;
  lnt_status status = lnti_folder_make(p->folder, err);
  if (!status) status = lnti_asprintf(&file, err, "%s/.%s.download", p->folder, e->name);
  if (status) return status;
  const lnti_download wanted = {.url = p->wanted->from ? p->wanted->from : e->url,
                                .path = file,
                                .sha256 = e->sha256,
                                .bytes = e->bytes,
                                .plain = p->wanted->from != NULL};
  status = lnti_download_run(&wanted, p->context, p->progress, &reason);
  if (!status) {
    status = add(p, e, file, err);
    (void)unlink(file);
  } else if (status == LNT_EIO) {
    status =
        lnti_fail(err, status, "%s. A file that came by other means is added with: linnet backbone add FILE --name %s",
                  reason.message, p->as);
  } else {
    status = lnti_fail(err, status, "%s", reason.message);
  }
  p->fetched = !status;
  free(file);
  return status;
}

/* Only what has the wanted name is looked at: another's damage is no reason not to fetch this one. */
static lnt_status pull_if_named(void *payload, const lnti_catalogue_entry *e, lnt_error *err) {
  pulling *p = payload;
  lnt_error reason = LNT_ERROR_INIT;
  if (strcmp(e->name, p->wanted->name) != 0)
    return lnti_text_printf(&p->names, err, "%s%s", p->names.length ? ", " : "", e->name);
  p->found = true;
  lnt_status status = lnti_backbones_get(p->out, p->folder, p->as, &reason);
  if (status == LNT_ENOTFOUND) return fetch(p, e, err);
  if (status) return lnti_fail(err, status, "%s", reason.message);
  if (strcmp(p->out->sha256, e->sha256) == 0) return LNT_OK;
  return lnti_fail(err, LNT_EEXISTS,
                   "there is another backbone \"%s\"; remove it first (linnet backbone remove %s), or give this one a "
                   "--name",
                   p->as, p->as);
}

lnt_status lnti_backbones_pull(lnti_backbone_entry *out, bool *fetched_out, const char *folder,
                               const lnti_backbone_wanted *wanted, const lnti_context *context,
                               const lnti_progress *progress, lnt_error *err) {
  lnti_backbone_entry e = {0};
  pulling p = {.out = &e,
               .folder = folder,
               .as = wanted->as ? wanted->as : wanted->name,
               .wanted = wanted,
               .context = context,
               .progress = progress};
  lnt_status status = wanted->as ? lnti_backbone_name_check(wanted->as, err) : LNT_OK;
  if (!status) status = lnti_backbones_catalogue(pull_if_named, &p, err);
  if (!status && !p.found)
    status = lnti_fail(err, LNT_ENOTFOUND,
                       "the catalogue has no \"%.80s\"; it has %s. Any other network can be added as a file: linnet "
                       "backbone add FILE",
                       wanted->name, p.names.data);
  lnti_text_clear(&p.names);
  if (status) {
    lnti_backbone_entry_clear(&e);
    return status;
  }
  *out = e;
  *fetched_out = p.fetched;
  return LNT_OK;
}
