/**
 * @file verify.h
 * verify: is the project whole? The database against its own log, model files against their hashes, the feature cache
 * against its check sums, media still where they were and the same (verify_media.c).
 */
#ifndef LNTI_FLOW_VERIFY_H
#define LNTI_FLOW_VERIFY_H

#include <flow/project.h>
#include <sys/stat.h>

typedef struct lnti_verify_result {
  size_t faults;                                 /**< of the database, models and cache */
  size_t missing_media;                          /**< sources (folders, arrays) that are not there */
  size_t images, missing_images, changed_images; /**< without groups; those of missing sources are missing */
  size_t newer_sources;                          /**< archives and arrays that were written after their import */
  size_t compared_images;                        /**< those that were read */
  size_t models, cached_vectors, imported_vectors;
} lnti_verify_result;

typedef struct lnti_verify_options {
  bool full; /**< read every image and compare it; else those whose size or times have changed */
  const lnti_progress *progress;
} lnti_verify_options;

/** @param visit  told each fault, and what is said of media, in one sentence with what to do */
LNT_MUST_CHECK lnt_status lnti_verify(lnti_verify_result *out, lnti_project *project,
                                      const lnti_verify_options *options, lnti_fault_visit visit, void *payload,
                                      lnt_error *err);

/** What the last verification has found of the media; time_ms 0: there was none, or its finding is outdated. */
typedef struct lnti_verified {
  uint64_t time_ms;
  size_t missing, changed;
} lnti_verified;
LNT_MUST_CHECK lnt_status lnti_verify_read(lnti_verified *out, lnti_project *project, lnt_error *err);
/** In a write that mends what was found. */
LNT_MUST_CHECK lnt_status lnti_verify_forget(lnti_tx *tx, lnt_error *err);
/** When all of a source was last found to be the same; 0: never. */
LNT_MUST_CHECK lnt_status lnti_verify_seen(uint64_t *ms_out, lnti_project *project, int64_t source_id, lnt_error *err);
/** In a write that moves the source. */
LNT_MUST_CHECK lnt_status lnti_verify_seen_forget(lnti_tx *tx, int64_t source_id, lnt_error *err);
/** In a write that takes n changed images as they are now. */
LNT_MUST_CHECK lnt_status lnti_verify_updated(lnti_tx *tx, size_t n, lnt_error *err);

/** When a file was last written, or came to stand under its name; in ms since 1970. */
uint64_t lnti_file_changed_ms(const struct stat *info);

/* Inside flow/verify*.c */
LNT_MUST_CHECK lnt_status lnti_verify_media(lnti_verify_result *result, lnti_project *project,
                                            const lnti_verify_options *options, lnti_fault_visit visit, void *payload,
                                            lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_verify_note(lnti_project *project, const lnti_verify_result *result, lnt_error *err);

#endif
