/*
 * Files of tables, and of names for their values.
 */
#include <flow/table/file.h>

#include <base/error.h>
#include <base/file.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

lnt_status lnti_table_file_open(lnti_table_file *out, const char *path, lnt_error *err) {
  lnti_table_file file = LNTI_TABLE_FILE_INIT;
  lnt_status status = lnti_span_open(&file.span, NULL, path, err);
  *out = file; /* the stream borrows the span where it lies */
  return status ? status : lnti_stream_new(&out->stream, &out->span, path, err);
}

static lnt_status write_piece(int fd, const char *piece, size_t n, const char *name, lnt_error *err) {
  while (n > 0) {
    const ssize_t written = write(fd, piece, n);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return lnti_fail_errno(err, errno, "%s: cannot be kept until it has been read", name);
    piece += written;
    n -= (size_t)written;
  }
  return LNT_OK;
}

/* A cancellation interrupts poll, but not a read that waits. */
static lnt_status copy_all(uint64_t *bytes_out, int to, int from, const char *name, uint64_t bytes_max,
                           const lnti_cancel *cancel, lnt_error *err) {
  char piece[1 << 16];
  struct pollfd waiting = {.fd = from, .events = POLLIN};
  for (;;) {
    lnt_status status = lnti_cancel_check(cancel, err);
    if (status) return status;
    if (poll(&waiting, 1, -1) < 0 && errno == EINTR) continue;
    const ssize_t n = read(from, piece, sizeof piece);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return lnti_fail_errno(err, errno, "%s: cannot be read", name);
    if (n == 0) return LNT_OK;
    if ((uint64_t)n > bytes_max - *bytes_out) {
      return lnti_fail(err, LNT_ELIMIT,
                       "%s: more than %llu bytes came, and no end: write it into a file and name that, in parts where "
                       "it is larger",
                       name, (unsigned long long)bytes_max);
    }
    status = write_piece(to, piece, (size_t)n, name, err);
    if (status) return status;
    *bytes_out += (uint64_t)n;
  }
}

lnt_status lnti_table_file_copy(lnti_table_file *out, int fd, const char *name, const char *folder, uint64_t bytes_max,
                                const lnti_cancel *cancel, lnt_error *err) {
  lnti_table_file file = LNTI_TABLE_FILE_INIT;
  file.span.fd = lnti_file_nameless(folder);
  if (file.span.fd < 0) return lnti_fail_errno(err, errno, "%s: cannot be kept in %s", name, folder);
  lnt_status status = copy_all(&file.span.bytes, file.span.fd, fd, name, bytes_max, cancel, err);
  *out = file; /* the stream borrows the span where it lies */
  return status ? status : lnti_stream_new(&out->stream, &out->span, name, err);
}

lnt_status lnti_table_file_give(size_t *n_out, void *file, char *buffer, size_t n, lnt_error *err) {
  lnti_table_file *from = file;
  return lnti_stream_read(n_out, from->stream, buffer, n, err);
}

lnt_status lnti_table_file_rewind(lnti_table_file *file, const char *name, lnt_error *err) {
  lnti_stream_free(file->stream);
  file->stream = NULL;
  return lnti_stream_new(&file->stream, &file->span, name, err);
}

void lnti_table_file_close(lnti_table_file *file) {
  lnti_stream_free(file->stream);
  lnti_span_close(&file->span);
  *file = (lnti_table_file)LNTI_TABLE_FILE_INIT;
}

/* ---- names ---- */

/* "COLUMN=FILE[:KEY:NAME]" in parts; the name of a file may hold colons itself. */
typedef struct parts {
  char *column, *file, *key, *name; /* in the arena; key and name NULL: a name a line */
} parts;

static lnt_status split(parts *out, const char *text, lnti_arena *arena, lnt_error *err) {
  const char *equals = strchr(text, '=');
  if (!equals || equals == text || !equals[1]) {
    return lnti_fail(err, LNT_EINVAL, "--names \"%.200s\": COLUMN=FILE or COLUMN=FILE:KEY:NAME is needed", text);
  }
  lnt_status status = lnti_arena_strndup(&out->column, arena, text, (size_t)(equals - text), err);
  if (!status) status = lnti_arena_strndup(&out->file, arena, equals + 1, strlen(equals + 1), err);
  if (status || access(out->file, F_OK) == 0) return status;
  char *name = strrchr(out->file, ':');
  if (name) *name = '\0';
  char *key = name ? strrchr(out->file, ':') : NULL;
  if (key && key[1] && name[1]) {
    *key = '\0';
    out->key = key + 1;
    out->name = name + 1;
  } else if (name) {
    *name = ':';
  }
  return LNT_OK;
}

static lnt_status find_file(char **out, const char *name, const char *table, lnt_error *err) {
  const char *slash = strrchr(table, '/');
  if (!slash || name[0] == '/' || access(name, F_OK) == 0) return lnti_strdup(out, name, err);
  return lnti_asprintf(out, err, "%.*s/%s", (int)(slash - table), table, name);
}

lnt_status lnti_table_names_read(lnti_names *out, const char **column_out, const char *text, const char *table,
                                 lnti_arena *arena, lnt_error *err) {
  parts p = {0};
  lnti_table_file file = LNTI_TABLE_FILE_INIT;
  char *path = NULL;
  lnt_status status = split(&p, text, arena, err);
  if (!status) status = find_file(&path, p.file, table, err);
  if (!status) status = lnti_table_file_open(&file, path, err);
  if (!status) status = lnti_names_read(out, lnti_table_file_give, &file, path, p.key, p.name, err);
  if (!status) *column_out = p.column;
  lnti_table_file_close(&file);
  free(path);
  return status;
}
