/**
 * @file embeddings.h
 * Embeddings that were made elsewhere and imported: sets of vectors by name, each vector under its image's content. They
 * cannot be made again, so they stand beside the models and not in the cache (docs/decisions/0012-imported-embeddings.md).
 *
 * embeddings/NAME@ID/ is laid out as a feature's cache (feature_cache.h). The setting "embeddings" says which of these
 * folders are sets: a folder that it does not name is left over from an import that was cut off.
 */
#ifndef LNTI_FLOW_EMBEDDINGS_H
#define LNTI_FLOW_EMBEDDINGS_H

#include <feature/backbone.h>
#include <flow/extract/feature_cache.h>

enum { LNTI_EMBEDDING_SOURCE_BYTES = 1024 };

/** A set. */
typedef struct lnti_embedding_set {
  char name[LNTI_BACKBONE_NAME_MAX + 1]; /**< as of a backbone */
  char id[LNTI_UUID_TEXT];               /**< another one whenever the set is replaced */
  size_t d;                              /**< numbers of a vector, each kept as f16 */
  size_t n;                              /**< vectors, or more where an import of more was cut off at its very end */
  /** Made of the images and vectors that it began with, in any order: what models remember, so that the same file that is
   *  imported anew is known. As a UUID is written; of older projects the id. */
  char content[LNTI_UUID_TEXT];
  char source[LNTI_EMBEDDING_SOURCE_BYTES]; /**< the file that it began with, to be shown; "" in older projects */
} lnti_embedding_set;

typedef lnt_status (*lnti_embedding_visit)(void *payload, const lnti_embedding_set *set, lnt_error *err);
/** All sets, by name. */
LNT_MUST_CHECK lnt_status lnti_embeddings_list(lnti_project *project, lnti_embedding_visit visit, void *payload,
                                               lnt_error *err);
/** By name; *found_out false where there is none. */
LNT_MUST_CHECK lnt_status lnti_embeddings_find(bool *found_out, lnti_embedding_set *out, lnti_project *project,
                                               const char *name, lnt_error *err);
/** The vectors of a set, [d] f16 each. LNT_ECORRUPT (its folder is gone) and as lnti_feature_cache_open. */
LNT_MUST_CHECK lnt_status lnti_embeddings_open(lnti_feature_cache **out, const lnti_project *project,
                                               const lnti_embedding_set *set, lnt_error *err);

/** Held by who imports: one at a time. Waits for another; lnti_embeddings_unlock closes. */
LNT_MUST_CHECK lnt_status lnti_embeddings_lock(int *fd_out, const lnti_project *project, lnt_error *err);
void lnti_embeddings_unlock(int fd);
/** A new and empty set, which is none until it is kept. LNT_EINVAL (the name). */
LNT_MUST_CHECK lnt_status lnti_embeddings_make(lnti_embedding_set *set_out, lnti_feature_cache **out,
                                               const lnti_project *project, const char *name, size_t d, lnt_error *err);
/** Makes it the set of its name, in one transaction, and removes what else stands under that name. `set->n` says how many
 *  vectors it has. Close it before. */
LNT_MUST_CHECK lnt_status lnti_embeddings_keep(lnti_project *project, const lnti_embedding_set *set, lnt_error *err);
/** Takes a set away, with its folder, whether that is there or not; one that is being read stays until the next import of its
 *  name. LNT_ENOTFOUND, with what there is. */
LNT_MUST_CHECK lnt_status lnti_embeddings_remove(lnti_embedding_set *out, lnti_project *project, const char *name,
                                                 lnt_error *err);
/** LNT_ENOTFOUND for a name that no set has. */
LNT_MUST_CHECK lnt_status lnti_embeddings_fail_unknown(lnti_project *project, const char *name, lnt_error *err);
/** When a set was made, in ms since 1970. */
uint64_t lnti_embeddings_made_ms(const lnti_embedding_set *set);
/** How many of the project's images have a vector in a set. As lnti_embeddings_open. */
LNT_MUST_CHECK lnt_status lnti_embeddings_coverage(size_t *with_out, size_t *images_out, lnti_project *project,
                                                   const lnti_embedding_set *set, lnt_error *err);
/** Removes the folder of a set that was made and not kept. Close it before. */
void lnti_embeddings_discard(const lnti_project *project, const lnti_embedding_set *set);

/** Checks every vector of every set against its check sum; counts as lnti_feature_cache_verify, and adds to them. */
LNT_MUST_CHECK lnt_status lnti_embeddings_verify(lnti_project *project, size_t *n_vectors, size_t *n_faults,
                                                 lnti_fault_visit visit, void *payload, lnt_error *err);

#endif
