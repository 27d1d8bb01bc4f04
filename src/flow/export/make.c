/*
 * One file: what is written is the source's bytes, those without what is to be stripped, or a picture encoded anew. It
 * appears whole: it has no name until then, or, where it replaces another or the file system cannot do so, a part beside the
 * manifest is renamed, so that a killed export leaves what it had begun in one known place.
 */
#include <flow/export/make.h>

#include <base/error.h>
#include <base/file.h>
#include <base/regular.h>
#include <errno.h>
#include <fcntl.h>
#include <flow/content.h>
#include <flow/export/names.h>
#include <image/prepare.h>
#include <image/thumbnail.h>
#include <inttypes.h>
#include <limits.h>
#include <media/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUALITY = 92 }; /* of JPEG: differences that eyes do not see */

/* ---- what is planned ---- */

/* The form of a file as text: two of one content and one form are the same bytes. */
static int form_text(char *out, size_t n, const lnti_file_job *job, const lnti_export_options *options) {
  if (job->link) return snprintf(out, n, "link %d %s", (int)job->link, job->uri);
  if (options->convert) {
    return snprintf(out, n, "convert %d %zu %d %d", (int)options->convert, options->side, QUALITY, LNTI_DECODE_VERSION);
  }
  if (job->kind == LNTI_EXPORT_FILE && options->strip) return snprintf(out, n, "strip %u", options->strip);
  return snprintf(out, n, "%d", (int)job->kind);
}

/* Of a symbolic link the stamp is its target. */
void lnti_file_job_plan(lnti_file_job *job, const lnti_item *item, const lnti_export_options *options) {
  char form[PATH_MAX + 32];
  struct stat info;
  int n = form_text(form, sizeof form, job, options);
  if (n < 0 || (size_t)n >= sizeof form) n = (int)sizeof form - 1;
  job->made.key = lnti_manifest_key(&item->content, sizeof item->content, form, (size_t)n);
  const bool frame = job->kind == LNTI_EXPORT_FRAME;
  char file[PATH_MAX];
  n = item->source_kind == LNTI_SOURCE_FOLDER
          ? snprintf(file, sizeof file, "%.*s", (int)(frame ? lnti_uri_file_length(job->uri) : strlen(job->uri)),
                     job->uri)
          : snprintf(file, sizeof file, "%s", item->source);
  if (n > 0 && (size_t)n < sizeof file && stat(file, &info) == 0) job->time = info.st_mtim;
  job->made.stamp =
      job->link == LNTI_LINK_SYMBOLIC ? lnti_manifest_link_stamp(job->uri) : lnti_manifest_file_stamp(job->time);
}

/* ---- bytes ---- */

/* What is written of a picture of 4 channels as JPEG, or of more than 8 bits. */
static lnt_status simplify(lnti_image *image, lnti_export_encoding convert, lnt_error *err) {
  lnti_image made = {0};
  lnt_status status = LNT_OK;
  if (image->depth != LNTI_DEPTH_U8) {
    status = lnti_image_to_u8(&made, image, err);
    if (status) return status;
    lnti_image_clear(image);
    *image = made;
  }
  if (convert != LNTI_ENCODE_JPEG || image->c != 4) return LNT_OK;
  made = (lnti_image){0};
  status = lnti_image_colour(&made, image, LNTI_COLOUR_RGB, err);
  if (status) return status;
  lnti_image_clear(image);
  *image = made;
  return LNT_OK;
}

static lnt_status shrink(lnti_image *image, size_t side, lnt_error *err) {
  lnti_image made = {0};
  if (side == 0 || (image->h <= side && image->w <= side)) return LNT_OK;
  lnti_size size = lnti_thumbnail_size(image->h, image->w, side);
  lnt_status status = lnti_image_resize(&made, image, size.h, size.w, err);
  if (status) return status;
  lnti_image_clear(image);
  *image = made;
  return LNT_OK;
}

/* The size that a JPEG may be decoded at, where less than all is needed. */
static lnt_status decode(lnti_image *image, const lnti_blob *blob, size_t side, const lnti_image_limits *limits,
                         lnt_error *err) {
  lnti_image_info info;
  if (side == 0) return lnti_image_decode(image, NULL, blob, NULL, limits, err);
  lnt_status status = lnti_image_probe(&info, blob, limits, err);
  if (status) return status;
  lnti_size size = lnti_thumbnail_size(info.h, info.w, side);
  return lnti_image_decode(image, NULL, blob, &size, limits, err);
}

static lnt_status convert(uint8_t **data_out, size_t *n_out, const lnti_blob *blob, const lnti_export_work *work,
                          lnt_error *err) {
  const lnti_export_options *options = work->options;
  lnti_image image = {0};
  lnt_status status = decode(&image, blob, options->side, &work->project->limits, err);
  if (!status) status = simplify(&image, options->convert, err);
  if (!status) status = shrink(&image, options->side, err);
  if (!status) {
    status = options->convert == LNTI_ENCODE_JPEG ? lnti_image_encode_jpeg(data_out, n_out, &image, QUALITY, err)
                                                  : lnti_image_encode_png(data_out, n_out, &image, err);
  }
  lnti_image_clear(&image);
  return status;
}

/* A record, or one frame, as PNG. */
static lnt_status encode(uint8_t **data_out, size_t *n_out, const lnti_blob *blob, const lnti_image_limits *limits,
                         lnt_error *err) {
  lnti_image image = {0};
  lnt_status status = lnti_image_decode(&image, NULL, blob, NULL, limits, err);
  if (!status && image.depth != LNTI_DEPTH_U8) {
    status = lnti_fail(err, LNT_EUNSUPPORTED,
                       "a frame of more than 8 bits a channel cannot be exported by itself yet; --convert "
                       "png makes 8 of them");
  }
  if (!status) status = lnti_image_encode_png(data_out, n_out, &image, err);
  lnti_image_clear(&image);
  return status;
}

/* Bytes to write: *data_out, which *fresh_out (free() it) or the blob owns. */
static lnt_status make_bytes(const uint8_t **data_out, size_t *n_out, uint8_t **fresh_out, lnti_file_job *job,
                             const lnti_blob *blob, const lnti_export_work *work, lnt_error *err) {
  lnt_status status = LNT_OK;
  if ((blob->kind == LNTI_BLOB_PIXELS) != (job->kind == LNTI_EXPORT_RECORD)) {
    return lnti_fail(err, LNT_ECONFLICT, "it is no longer what was imported");
  }
  if (work->options->convert) {
    status = convert(fresh_out, n_out, blob, work, err);
    job->stripped = status == LNT_OK && work->options->strip != 0; /* pixels alone are written */
  } else if (job->kind != LNTI_EXPORT_FILE) {
    status = encode(fresh_out, n_out, blob, &work->project->limits, err);
  } else if (work->options->strip) {
    status = lnti_exif_strip(fresh_out, n_out, blob->data, blob->bytes, work->options->strip, err);
    job->stripped = status == LNT_OK;
    if (status == LNT_EUNSUPPORTED) {
      return lnti_fail(
          err, status,
          "metadata can be taken out of JPEG, PNG, WebP and TIFF, not out of this format: add --convert png or jpeg, "
          "or export without --strip");
    }
  } else {
    *data_out = blob->data;
    *n_out = blob->bytes;
    return LNT_OK;
  }
  *data_out = *fresh_out;
  return status;
}

/* ---- into its place ---- */

/* Beside the manifest: "linnet" and a random number behind it. */
static lnt_status part_name(char out[PATH_MAX], const lnti_export_work *work, lnt_error *err) {
  int n = snprintf(out, PATH_MAX, "%s/" LNTI_EXPORT_MANIFEST_FOLDER "/file", work->path);
  if (n > 0 && n < PATH_MAX - 32) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "%s: the path is too long", work->path);
}

/* A file system may keep another time than it was given. */
static void set_time(lnti_file_job *job, lnti_file_writer *file) {
  job->made.stamp = lnti_manifest_file_stamp(lnti_file_set_time(file, job->time));
}

static lnt_status create_file(lnti_file_writer **out, const lnti_file_job *job, const lnti_export_work *work,
                              lnt_error *err) {
  char part[PATH_MAX];
  lnt_status status = LNT_EUNSUPPORTED;
  if (work->nameless && job->there != LNTI_MADE_OTHER) status = lnti_file_create_nameless(out, job->path, err);
  if (status != LNT_EUNSUPPORTED) return status;
  status = part_name(part, work, err);
  return status ? status : lnti_file_create_at(out, part, job->path, err);
}

static lnt_status write_file(lnti_file_job *job, const lnti_export_work *work, const void *data, size_t n,
                             lnt_error *err) {
  lnti_file_writer *file = NULL;
  lnt_status status = create_file(&file, job, work, err);
  if (status) return status;
  status = lnti_file_write(file, data, n, err);
  if (status) {
    lnti_file_discard(file);
    return status;
  }
  set_time(job, file);
  return job->there == LNTI_MADE_OTHER ? lnti_file_replace(file, err) : lnti_file_place(file, err);
}

/* *fatal_out: the failure is the folder's, not the item's. */
static lnt_status copy_file(bool *fatal_out, lnti_file_job *job, const lnti_export_work *work, lnt_error *err) {
  lnti_blob blob = {0};
  lnti_hash content;
  const uint8_t *data = NULL;
  uint8_t *fresh = NULL;
  size_t n = 0;
  lnt_status status = lnti_media_read(&blob, work->project->media, job->uri, err);
  if (status) return status;
  lnti_content_hash(&content, &blob);
  if (memcmp(&content, &job->content, sizeof content) != 0) {
    status = lnti_fail(err, LNT_ECONFLICT, "%s has changed since it was imported", job->uri);
  }
  if (!status) status = make_bytes(&data, &n, &fresh, job, &blob, work, err);
  if (!status) {
    status = write_file(job, work, data, n, err);
    *fatal_out = status && status != LNT_EEXISTS;
    if (!status) job->written = n;
  }
  free(fresh);
  lnti_blob_clear(&blob);
  return status;
}

/* A link with a name of its own, which is then put in place. */
static lnt_status make_link(lnti_file_job *job, const char *path, lnt_error *err) {
  if (job->link == LNTI_LINK_HARD && linkat(AT_FDCWD, job->uri, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) return LNT_OK;
  if ((job->link == LNTI_LINK_SYMBOLIC || errno != EEXIST) && symlink(job->uri, path) == 0) {
    job->made.stamp = lnti_manifest_link_stamp(job->uri);
    return LNT_OK;
  }
  if (errno == EEXIST) return lnti_fail(err, LNT_EEXISTS, "%s is there already", path);
  return lnti_fail_errno(err, errno, "%s: the link cannot be made", job->path);
}

static lnt_status replace_link(lnti_file_job *job, const lnti_export_work *work, lnt_error *err) {
  char part[PATH_MAX];
  uint64_t number = 0;
  lnt_status status = part_name(part, work, err);
  if (status) return status;
  lnti_random_bytes(&number, sizeof number);
  snprintf(part + strlen(part), 32, ".part-%016" PRIx64, number);
  status = make_link(job, part, err);
  if (status) return status;
  if (rename(part, job->path) != 0) status = lnti_fail_errno(err, errno, "%s: cannot be put in place", job->path);
  (void)unlink(part); /* two names of one file are not renamed */
  return status;
}

/* A hard link needs no other file and stays when the source is moved; where the file system has none, a symbolic
 * one. Nothing is read, so that only a change of length is seen. */
static lnt_status link_file(bool *fatal_out, lnti_file_job *job, const lnti_export_work *work, lnt_error *err) {
  struct stat info;
  int fd = -1;
  lnt_status status = lnti_regular_open(&fd, &info, job->uri, err);
  if (status) return status;
  close(fd);
  if ((uint64_t)info.st_size != job->bytes) {
    return lnti_fail(err, LNT_ECONFLICT, "%s has changed since it was imported", job->uri);
  }
  status = job->there == LNTI_MADE_OTHER ? replace_link(job, work, err) : make_link(job, job->path, err);
  *fatal_out = status && status != LNT_EEXISTS;
  return status;
}

/* A source that was touched takes its hard links with it. */
static bool is_linked(const lnti_file_job *job) {
  struct stat here, there;
  return lstat(job->path, &here) == 0 && stat(job->uri, &there) == 0 && here.st_ino == there.st_ino &&
         here.st_dev == there.st_dev;
}

lnt_status lnti_file_job_run(lnti_file_job *job, const lnti_export_work *work, lnt_error *err) {
  bool fatal = false;
  bool others = job->there == LNTI_MADE_CHANGED || job->there == LNTI_MADE_FOREIGN;
  if (others && job->link == LNTI_LINK_HARD && is_linked(job)) job->there = LNTI_MADE_SAME;
  if (job->there == LNTI_MADE_SAME) {
    job->status = LNT_OK;
  } else if (others) {
    job->status =
        lnti_fail(&job->error, LNT_EEXISTS,
                  job->there == LNTI_MADE_CHANGED
                      ? "%s was changed since an export wrote it, and stays as it is: move it away to have it again"
                      : "%s is there already, and no export wrote it: move it away",
                  job->path);
  } else {
    job->status = job->link ? link_file(&fatal, job, work, &job->error) : copy_file(&fatal, job, work, &job->error);
  }
  job->linked = job->link && job->status == LNT_OK;
  if (!fatal && !lnti_status_ends_all(job->status)) return LNT_OK;
  return lnti_fail(err, job->status, "%s", job->error.message);
}
