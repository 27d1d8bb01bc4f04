/**
 * @file vectors.h
 * import --embeddings: vectors that another program made of the project's images become a feature, "embedding:NAME".
 *
 * A list says which item each row is of. The file is read a few rows at a time, and all that is taken of it is stored at the
 * end, in one step.
 */
#ifndef LNTI_FLOW_IMPORT_VECTORS_H
#define LNTI_FLOW_IMPORT_VECTORS_H

#include <flow/extract/embeddings.h>
#include <flow/import/import.h>

typedef struct lnti_vectors_request {
  const char *file; /**< .npy, [n,d] */
  const char *rows; /**< a path a line, or a table (CSV, TSV, JSON Lines) with a column of paths */
  const char *root; /**< folder, archive or array that paths are relative to; NULL: the list's folder */
  const char *name; /**< of the embedding; NULL: the file's, without folder and ending */
  /** What becomes of vectors that are there under this name. AUTO: those of new images join them; where one is another
   *  than was there, nothing is taken. KEEP: likewise, but the old one stays. REPLACE: all of them are replaced. */
  lnti_import_existing existing;
  const lnti_progress *progress;
  lnti_refused_visit refused; /**< rows that were not taken; may be NULL */
  void *refused_payload;
} lnti_vectors_request;

typedef struct lnti_vectors_result {
  lnti_embedding_set set; /**< as it is now */
  bool replaced;
  size_t rows;    /**< of the file */
  size_t added;   /**< vectors that were not there */
  size_t same;    /**< that were */
  size_t kept;    /**< other ones were there, and stayed */
  size_t copies;  /**< rows of images whose bytes an earlier row's image has: one vector for both */
  size_t without; /**< images of the project that have no vector now */
  size_t n_refused;
  double seconds;
  lnti_messages warnings;
} lnti_vectors_result;

/**
 * @return LNT_OK also where some rows were refused (no item is called so, an item is named twice, a number is not finite
 *         or beyond what an f16 holds). Where it fails a new set or a replaced one is as it was; of vectors that join a
 *         set some may be stored, and the same again goes on: as lnti_npy_open; LNT_EDATA (the list is
 *         broken, or names more or fewer images than the file has rows; not one row could be taken); LNT_EINVAL (the
 *         name; vectors of another length are there); LNT_EEXISTS (a backbone or a feature has the name); LNT_ECONFLICT (other vectors are
 *         there); LNT_ECANCELLED...
 */
LNT_MUST_CHECK lnt_status lnti_import_vectors(lnti_vectors_result *out, lnti_project *project,
                                              const lnti_vectors_request *request, lnt_error *err);
void lnti_vectors_result_clear(lnti_vectors_result *result);

#endif
