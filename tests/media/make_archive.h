/*
 * Small archives for tests, by libarchive's writer: as other programs make them, and not by the code under test.
 */
#ifndef TESTS_MEDIA_MAKE_ARCHIVE_H
#define TESTS_MEDIA_MAKE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

typedef enum pack_kind {
  PACK_TAR,
  PACK_TAR_GZ,
  PACK_TAR_BZ2,
  PACK_TAR_XZ,
  PACK_TAR_ZST,
  PACK_ZIP,
  PACK_ZIP_STORED,
  PACK_KINDS,
  PACK_ZIP_ENCRYPTED
} pack_kind;

/* How file names of such archives end: ".tar.gz". */
const char *pack_ending(pack_kind kind);

/* What a member is; a folder's data is not used, and a link's data is its target. */
typedef enum member_kind { MEMBER_FILE, MEMBER_FOLDER, MEMBER_SYMLINK, MEMBER_HARDLINK, MEMBER_PIPE } member_kind;

typedef struct maker maker;

/* An archive in memory. */
maker *make_begin(pack_kind kind);
void make_add(maker *m, member_kind kind, const char *name, const void *data, size_t n);
void make_text(maker *m, const char *name, const char *text);
/* The archive's bytes; free() them. */
uint8_t *make_end(size_t *n_out, maker *m);
/* Into a file. */
void make_file(const char *path, maker *m);

#endif
