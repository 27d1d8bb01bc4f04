#include "media/make_archive.h"

#include "media/temp.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 1 << 24 };

struct maker {
  struct archive *archive;
  uint8_t *space;
  size_t used;
};

const char *pack_ending(pack_kind kind) {
  static const char *const endings[PACK_KINDS] = {".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip", ".zip"};
  return endings[kind];
}

static void must(int code) {
  if (code != ARCHIVE_OK) abort();
}

maker *make_begin(pack_kind kind) {
  static int (*const filters[PACK_KINDS])(struct archive *) = {
      [PACK_TAR_GZ] = archive_write_add_filter_gzip,
      [PACK_TAR_BZ2] = archive_write_add_filter_bzip2,
      [PACK_TAR_XZ] = archive_write_add_filter_xz,
      [PACK_TAR_ZST] = archive_write_add_filter_zstd,
  };
  maker *m = calloc(1, sizeof *m);
  if (!m) abort();
  m->space = malloc(SPACE);
  m->archive = archive_write_new();
  if (!m->space || !m->archive) abort();
  if (kind == PACK_ZIP_ENCRYPTED) {
    must(archive_write_set_format_zip(m->archive));
    must(archive_write_set_options(m->archive, "zip:encryption=zipcrypt"));
    must(archive_write_set_passphrase(m->archive, "password"));
  } else if (kind == PACK_ZIP || kind == PACK_ZIP_STORED) {
    must(archive_write_set_format_zip(m->archive));
    must(archive_write_set_options(m->archive, kind == PACK_ZIP ? "zip:compression=deflate" : "zip:compression=store"));
  } else {
    must(archive_write_set_format_gnutar(m->archive));
    if (kind < PACK_KINDS && filters[kind]) must(filters[kind](m->archive));
  }
  must(archive_write_set_bytes_per_block(m->archive, 0));
  must(archive_write_open_memory(m->archive, m->space, SPACE, &m->used));
  return m;
}

void make_add(maker *m, member_kind kind, const char *name, const void *data, size_t n) {
  static const unsigned types[] = {AE_IFREG, AE_IFDIR, AE_IFLNK, AE_IFREG, AE_IFIFO};
  struct archive_entry *entry = archive_entry_new();
  if (!entry) abort();
  archive_entry_set_pathname(entry, name);
  archive_entry_set_filetype(entry, types[kind]);
  archive_entry_set_perm(entry, kind == MEMBER_FOLDER ? 0755 : 0644);
  archive_entry_set_mtime(entry, 1000000000, 0);
  archive_entry_set_size(entry, kind == MEMBER_FILE ? (la_int64_t)n : 0);
  if (kind == MEMBER_SYMLINK) archive_entry_set_symlink(entry, data);
  if (kind == MEMBER_HARDLINK) archive_entry_set_hardlink(entry, data);
  must(archive_write_header(m->archive, entry));
  if (kind == MEMBER_FILE && n > 0 && archive_write_data(m->archive, data, n) != (la_ssize_t)n) abort();
  archive_entry_free(entry);
}

void make_text(maker *m, const char *name, const char *text) {
  make_add(m, MEMBER_FILE, name, text, strlen(text));
}

uint8_t *make_end(size_t *n_out, maker *m) {
  must(archive_write_close(m->archive));
  must(archive_write_free(m->archive));
  uint8_t *space = m->space;
  *n_out = m->used;
  free(m);
  return space;
}

void make_file(const char *path, maker *m) {
  size_t n = 0;
  uint8_t *data = make_end(&n, m);
  temp_write(path, data, n);
  free(data);
}
