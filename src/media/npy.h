/**
 * @file npy.h
 * NumPy's .npy: matrices written, and read a few rows at a time. Format: NumPy Enhancement Proposal 1.
 */
#ifndef LNTI_MEDIA_NPY_H
#define LNTI_MEDIA_NPY_H

#include <linnet/status.h>
#include <math/matrix.h>

/** Writes a matrix (version 1.0 of the format), atomically. */
LNT_MUST_CHECK lnt_status lnti_npy_write(const char *path, const lnti_matrix *m, lnt_error *err);

/** A matrix of which rows come one after another, and how many is not known before the end. */
typedef struct lnti_npy_writer lnti_npy_writer;
LNT_MUST_CHECK lnt_status lnti_npy_create(lnti_npy_writer **out, const char *path, size_t d, lnti_dtype dtype,
                                          lnt_error *err);
/** @param rows  [n,d] dense */
LNT_MUST_CHECK lnt_status lnti_npy_add(lnti_npy_writer *w, const void *rows, size_t n, lnt_error *err);
/** The file appears whole. Frees the writer, also on failure. */
LNT_MUST_CHECK lnt_status lnti_npy_commit(lnti_npy_writer *w, lnt_error *err);
void lnti_npy_discard(lnti_npy_writer *w);

enum {
  LNTI_NPY_COLUMNS_MAX = 1 << 20, /**< numbers of a row */
  LNTI_NPY_HEADER_MAX = 1 << 16   /**< bytes of the header */
};

typedef struct lnti_npy lnti_npy;

/** A matrix [n,d] of u8, f16, f32 or f64, little-endian, row after row. */
typedef struct lnti_npy_shape {
  size_t n, d;
  lnti_dtype dtype;
} lnti_npy_shape;

/**
 * Opens a file. What its header says is held against the bytes that are there before anyone allocates for them.
 * @return LNT_OK; LNT_EDATA (no .npy file; a broken header; more or fewer bytes than the header says); LNT_EUNSUPPORTED
 *         (another type, order or number of dimensions: the message says how to write it instead); LNT_ELIMIT (wider
 *         than LNTI_NPY_COLUMNS_MAX); LNT_ENOTFOUND, LNT_EINVAL (no regular file), LNT_EIO, LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_npy_open(lnti_npy **out, lnti_npy_shape *shape_out, const char *path, lnt_error *err);
/** The same on memory that the caller keeps. */
LNT_MUST_CHECK lnt_status lnti_npy_open_memory(lnti_npy **out, lnti_npy_shape *shape_out, const void *data, size_t n,
                                               lnt_error *err);
/** Rows [begin, begin + n) into out [n,d], each number as the nearest f32 (one beyond these becomes infinite). LNT_EIO,
 *  LNT_EDATA (the file was cut short since). */
LNT_MUST_CHECK lnt_status lnti_npy_read(float *out, lnti_npy *npy, size_t begin, size_t n, lnt_error *err);
void lnti_npy_close(lnti_npy *npy);

#endif
