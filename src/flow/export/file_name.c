/*
 * What the file of an item is called: the last part of its path, with a number where it is one of several in a file.
 */
#include <flow/export/internal.h>

#include <flow/export/names.h>
#include <image/image.h>
#include <media/uri.h>
#include <string.h>
#include <strings.h>

static bool is_encoded_format(const char *format) {
  for (int f = LNTI_IMAGE_JPEG; f <= LNTI_IMAGE_BMP; f++) {
    if (strcmp(format, lnti_image_format_name((lnti_image_format)f)) == 0) return true;
  }
  return false;
}

/* Where "#frame=3" or "#page=3" begins; NULL where the URI is of no frame. */
static const char *frame_of(const char *uri) {
  const char *hash = uri + lnti_uri_file_length(uri);
  return *hash ? hash : NULL;
}

/* "stem-17.png" of what is called NAME.EXT, its number 17. */
static lnt_status numbered_name(lnti_text *out, const char *name, size_t n, const char *number, lnt_error *err) {
  lnti_text whole = {0};
  size_t stem = n;
  while (stem > 0 && name[stem - 1] != '.') stem--;
  stem = stem > 1 ? stem - 1 : n; /* without a '.', or with one at the beginning alone, all of it */
  lnt_status status = lnti_text_printf(&whole, err, "%.*s-%s.png", (int)stem, name, number);
  if (!status) status = lnti_safe_name(out, whole.data, whole.length, err);
  lnti_text_clear(&whole);
  return status;
}

/* "inner.zip#a.png" names a.png in an archive that lies in another; "shot #1.png" is a name. */
static bool ends_archive(const char *begin, const char *hash) {
  static const char *const ends[] = {".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst"};
  size_t n = (size_t)(hash - begin);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    size_t m = strlen(ends[i]);
    if (n > m && strncasecmp(hash - m, ends[i], m) == 0) return true;
  }
  return false;
}

lnt_status lnti_export_file_name(lnti_text *name_out, lnti_export_kind *kind_out, const lnti_item *item,
                                 const char *uri, lnt_error *err) {
  bool record = !is_encoded_format(item->format) && strrchr(uri, '#');
  const char *end = record ? strrchr(uri, '#') : frame_of(uri);
  const char *number = end ? end + strcspn(end, "0123456789") : NULL;
  if (!end) end = uri + strlen(uri);
  /* The last part of the path; a member's begins after the '#' where its container's name ends. */
  const char *name = end, *stop = item->source_kind == LNTI_SOURCE_FOLDER ? NULL : uri + strlen(item->source) + 1;
  while (name > uri && name[-1] != '/' && name != stop) {
    if (stop && name[-1] == '#' && name < end && ends_archive(stop, name - 1)) break;
    name--;
  }
  *kind_out = record ? LNTI_EXPORT_RECORD : number ? LNTI_EXPORT_FRAME : LNTI_EXPORT_FILE;
  if (number) return numbered_name(name_out, name, (size_t)(end - name), number, err);
  return lnti_safe_name(name_out, name, (size_t)(end - name), err);
}
