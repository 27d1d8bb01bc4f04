/*
 * Archives: tars and zips in place, everything else (and zips without their directory) from the first byte to the last
 * into a pack, which is then read back. Every member that is listed is read. The caps are small, so that what is unpacked is
 * ours to choose and not the input's.
 */
#include <media/archive.h>
#include <media/zip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FILE_BYTES_MAX = 1 << 18, TOTAL_BYTES_MAX = 1 << 21, MEMBERS_MAX = 500 };

static const lnti_archive_caps caps = {.members_max = MEMBERS_MAX,
                                       .file_bytes_max = FILE_BYTES_MAX,
                                       .nested_bytes_max = FILE_BYTES_MAX,
                                       .total_bytes_max = TOTAL_BYTES_MAX,
                                       .ratio_max = 100};

static void must(bool holds) {
  if (!holds) abort();
}

static lnt_status ask(void *payload, uint64_t total, lnt_error *err) {
  (void)payload;
  (void)err;
  return total > 2 * TOTAL_BYTES_MAX ? LNT_ELIMIT : LNT_OK;
}

/* What an index promises holds. */
static void read_all(const lnti_index *index, const lnti_span *span) {
  must(index->n <= MEMBERS_MAX);
  for (size_t r = 0; r < index->n; r++) {
    const lnti_row *row = &index->row[r];
    const char *name = lnti_index_name(index, r);
    lnt_error err = LNT_ERROR_INIT;
    if (lnti_row_refused(row)) {
      must(lnti_index_refuse(index, r, "x", FILE_BYTES_MAX, &err) != LNT_OK);
      continue;
    }
    must(row->bytes <= FILE_BYTES_MAX && name[0] != '\0' && name[0] != '/');
    must(lnti_index_find(index, name, strlen(name)) == r);
    uint8_t *bytes = malloc((size_t)row->bytes + 1);
    if (row->how == LNTI_ROW_STORED || row->how == LNTI_ROW_DEFLATED) {
      const lnt_status status = lnti_zip_read(bytes, span, row, name, &err);
      must(status == LNT_OK || status == LNT_EDATA);
    } else {
      must(lnti_span_read(bytes, span, row->at, (size_t)row->bytes, name, &err) == LNT_OK);
    }
    free(bytes);
  }
}

static void index_in_place(const lnti_span *span, bool zip) {
  lnti_index index = {0};
  lnt_error damage = LNT_ERROR_INIT, err = LNT_ERROR_INIT;
  const lnt_status status = zip ? lnti_zip_index(&index, span, "x", &caps, NULL, &err)
                                : lnti_archive_index_tar(&index, &damage, span, "x", &caps, NULL, &err);
  if (status == LNT_OK) read_all(&index, span);
  lnti_index_clear(&index);
}

static void unpack(const lnti_span *span) {
  static int fd = -1;
  const lnti_hash key = {{1}};
  lnti_pack_writer *pack = NULL;
  lnti_index index = {0}, again = {0};
  lnt_error damage = LNT_ERROR_INIT, err = LNT_ERROR_INIT;
  if (fd < 0) fd = memfd_create("pack", MFD_CLOEXEC);
  must(fd >= 0 && ftruncate(fd, 0) == 0);
  lnt_status status = lnti_pack_writer_new(&pack, fd, "x", &key, ask, NULL, &err);
  must(status == LNT_OK);
  status = lnti_archive_unpack(&index, &damage, pack, span, "x", &caps, NULL, &err);
  if (status == LNT_OK) {
    must(lnti_pack_finish(pack, &index, &damage, &err) == LNT_OK);
    const lnti_span packed = {fd, NULL, 0, lnti_pack_offset(pack)};
    must(lnti_pack_read(&again, &damage, &packed, &key, "x", &err) == LNT_OK);
    read_all(&again, &packed);
    lnti_index_clear(&again);
  }
  lnti_pack_writer_free(pack);
  lnti_index_clear(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  const lnti_span span = {-1, data, 0, n};
  lnti_archive_kind kind = LNTI_ARCHIVE_NONE;
  lnt_error err = LNT_ERROR_INIT;
  if (lnti_archive_sniff_span(&kind, &span, &err) != LNT_OK) return 0;
  if (kind == LNTI_ARCHIVE_ZIP) index_in_place(&span, true);
  if (kind == LNTI_ARCHIVE_TAR) index_in_place(&span, false);
  if (kind != LNTI_ARCHIVE_TAR) unpack(&span);
  return 0;
}
