/**
 * @file file.h
 * The bytes of a table's file, unpacked where it is gzip. Inside src/flow/table and for lists of rows (flow/import/vectors.c) alone.
 */
#ifndef LNTI_FLOW_TABLE_FILE_H
#define LNTI_FLOW_TABLE_FILE_H

#include <base/cancel.h>
#include <flow/table/table.h>
#include <media/stream.h>

/** LNTI_TABLE_FILE_INIT; lnti_table_file_close frees. */
typedef struct lnti_table_file {
  lnti_span span;
  lnti_stream *stream;
} lnti_table_file;

#define LNTI_TABLE_FILE_INIT \
  { LNTI_SPAN_INIT, NULL }

/** Of what comes from a descriptor: a stream without end must not fill the disk. */
#define LNTI_TABLE_PIPE_BYTES_MAX ((uint64_t)4 << 30)

/** @param path  borrowed as long as the file is open */
LNT_MUST_CHECK lnt_status lnti_table_file_open(lnti_table_file *out, const char *path, lnt_error *err);
/** The same for what comes from a descriptor, up to its end: it is copied into a file without a name first, so that nobody
 *  who reads it has to wait. @param folder  where that file lies; `name` is for messages, borrowed like a path
 *  @param bytes_max  as many are taken: LNT_ELIMIT, with what to do instead */
LNT_MUST_CHECK lnt_status lnti_table_file_copy(lnti_table_file *out, int fd, const char *name, const char *folder,
                                               uint64_t bytes_max, const lnti_cancel *cancel, lnt_error *err);
/** A lnti_bytes_source. */
lnt_status lnti_table_file_give(size_t *n_out, void *file, char *buffer, size_t n, lnt_error *err);
/** Goes back to the first byte. */
LNT_MUST_CHECK lnt_status lnti_table_file_rewind(lnti_table_file *file, const char *name, lnt_error *err);
void lnti_table_file_close(lnti_table_file *file);

/** The names that "COLUMN=FILE[:KEY:NAME]" tells of. FILE is as seen from the current folder, else beside the table.
 *  @param column_out  COLUMN, in `arena`
 *  @return LNT_OK; LNT_EINVAL (no such form); as lnti_names_read. */
LNT_MUST_CHECK lnt_status lnti_table_names_read(lnti_names *out, const char **column_out, const char *text,
                                                const char *table, lnti_arena *arena, lnt_error *err);

#endif
