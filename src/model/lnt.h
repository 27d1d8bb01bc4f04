/**
 * @file lnt.h
 * The model file's container: a ZIP (PKWARE APPNOTE 6.3) of stored entries, each beginning at a multiple of 64
 * bytes so that tensors can be used where the file is mapped. Only what this writer makes is read: stored,
 * unencrypted, no data descriptors, no ZIP64; sizes, offsets, names and check sums of both headers must agree
 * with each other and with the bytes. So a file that opens has not been altered or truncated.
 */
#ifndef LNTI_MODEL_LNT_H
#define LNTI_MODEL_LNT_H

#include <linnet/status.h>
#include <math/matrix.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_LNT_ENTRIES_MAX = 4096, LNTI_LNT_NAME_MAX = 128, LNTI_LNT_DIMENSIONS_MAX = 4 };

typedef struct lnti_lnt_writer lnti_lnt_writer;
typedef struct lnti_lnt_reader lnti_lnt_reader;

/** Begins a file beside `path`; nothing is there until commit. */
LNT_MUST_CHECK lnt_status lnti_lnt_create(lnti_lnt_writer **out, const char *path, lnt_error *err);
/** One entry; its name is of a-z A-Z 0-9 . _ - and '/'. After a failure the file can only be discarded.
 *  LNT_EINVAL (name), LNT_EEXISTS (name used), LNT_ELIMIT (4 GiB, entries, length of the name), LNT_ENOSPC, LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_lnt_put(lnti_lnt_writer *file, const char *name, const void *data, size_t bytes,
                                       lnt_error *err);
/** A tensor: the entry "weights/<name>.<dtype>.<n>x<d>...", so that its shape is in its name. Little-endian. */
LNT_MUST_CHECK lnt_status lnti_lnt_put_tensor(lnti_lnt_writer *file, const char *name, lnti_dtype dtype,
                                              const size_t *shape, size_t n_dimensions, const void *data,
                                              lnt_error *err);
/** Syncs and renames over `path`; frees the writer in every case. LNT_EINVAL (no entries, or a put failed), LNT_EIO,
 *  LNT_ENOSPC. */
LNT_MUST_CHECK lnt_status lnti_lnt_commit(lnti_lnt_writer *file, lnt_error *err);
void lnti_lnt_discard(lnti_lnt_writer *file);

/** Maps and checks a whole file. LNT_ENOTFOUND, LNT_EINVAL (no regular file), LNT_EDATA (no model file), LNT_ECORRUPT, LNT_ELIMIT, LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_lnt_open(lnti_lnt_reader **out, const char *path, lnt_error *err);
/** The same on memory that the caller keeps (64-byte aligned, else it is copied). `name` stands in errors. */
LNT_MUST_CHECK lnt_status lnti_lnt_open_memory(lnti_lnt_reader **out, const void *data, size_t bytes, const char *name,
                                               lnt_error *err);
void lnti_lnt_close(lnti_lnt_reader *file);
/** An entry's bytes, borrowed; LNT_ECORRUPT where it is missing. */
LNT_MUST_CHECK lnt_status lnti_lnt_get(const void **data_out, size_t *bytes_out, const lnti_lnt_reader *file,
                                       const char *name, lnt_error *err);
/** A tensor of exactly this dtype and shape, borrowed; LNT_ECORRUPT where it is missing or different.
 *  shape[0] may be SIZE_MAX: any, written back. */
LNT_MUST_CHECK lnt_status lnti_lnt_get_tensor(const void **data_out, size_t *shape, size_t n_dimensions,
                                              const lnti_lnt_reader *file, const char *name, lnti_dtype dtype,
                                              lnt_error *err);
/** The path or name it was opened by; borrowed. */
const char *lnti_lnt_name(const lnti_lnt_reader *file);

#endif
