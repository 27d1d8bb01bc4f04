/*
 * Refused inputs. Told of one by one from inside the work, which cannot stop for them: what cannot be kept is counted.
 */
#include <cli/refused.h>

#include <base/alloc.h>
#include <cli/format.h>
#include <stdlib.h>
#include <string.h>

void lnti_refused_add(void *payload, const char *path, lnt_status code, const char *reason) {
  lnti_refused *refused = payload;
  lnti_refused_row row = {NULL, NULL, code};
  refused->total++;
  if (refused->n == LNTI_REFUSED_KEPT_MAX) return;
  if (lnti_grow(&refused->row, &refused->capacity, refused->n + 1, sizeof *refused->row, NULL)) return;
  if (lnti_strdup(&row.path, path, NULL) == LNT_OK && lnti_strdup(&row.reason, reason, NULL) == LNT_OK) {
    refused->row[refused->n++] = row;
  } else {
    free(row.path);
  }
}

void lnti_refused_json(lnti_json_writer *w, const lnti_refused *refused) {
  lnti_json_key(w, "refused");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < refused->n; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "path", refused->row[i].path);
    lnti_json_kv_string(w, "code", lnt_status_name(refused->row[i].code));
    lnti_json_kv_string(w, "reason", refused->row[i].reason);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
}

lnt_status lnti_refused_print(lnti_cli *cli, const lnti_refused *refused, lnt_error *err) {
  if (refused->total == 0) return LNT_OK;
  size_t shown = refused->n < LNTI_REFUSED_SHOWN ? refused->n : LNTI_REFUSED_SHOWN;
  lnti_text line = {0};
  lnt_status status = LNT_OK;
  lnti_print(cli, "\nRefused\n");
  for (size_t i = 0; !status && i < shown; i++) {
    const lnti_refused_row *row = &refused->row[i];
    /* Reasons begin with the path where they were written for an error line: once is enough. */
    bool named = strncmp(row->reason, row->path, strlen(row->path)) == 0;
    status = lnti_text_printf(&line, err, "  %s%s%s", named ? "" : row->path, named ? "" : ": ", row->reason);
    if (!status) status = lnti_print_plain(cli, line.data, err);
    lnti_print(cli, "\n");
    line.length = 0;
  }
  if (!status && refused->total > shown) {
    lnti_print(cli, "  and %s more (--json lists them all)\n", lnti_show_count(refused->total - shown).text);
  }
  lnti_text_clear(&line);
  return status;
}

void lnti_refused_clear(lnti_refused *refused) {
  for (size_t i = 0; i < refused->n; i++) {
    free(refused->row[i].path);
    free(refused->row[i].reason);
  }
  free(refused->row);
  *refused = (lnti_refused){0};
}
