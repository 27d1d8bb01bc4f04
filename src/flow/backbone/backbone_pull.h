/**
 * @file backbone_pull.h
 * Backbones that can be fetched: the catalogue that is compiled in (backbone_catalogue.json), each with its address, size,
 * SHA-256 and licence. Nothing is asked of any network unless lnti_backbones_pull is called.
 */
#ifndef LNTI_FLOW_BACKBONE_PULL_H
#define LNTI_FLOW_BACKBONE_PULL_H

#include <flow/backbone/backbones.h>

/** The catalogue's text, JSON, with a NUL behind it. */
extern const char lnti_backbone_catalogue[];
extern const size_t lnti_backbone_catalogue_bytes;

/** One that can be fetched; texts borrowed. */
typedef struct lnti_catalogue_entry {
  const char *name, *about, *url, *sha256, *licence, *source;
  uint64_t bytes;
} lnti_catalogue_entry;

typedef lnt_status (*lnti_catalogue_visit)(void *payload, const lnti_catalogue_entry *entry, lnt_error *err);
/** In the catalogue's order. */
LNT_MUST_CHECK lnt_status lnti_backbones_catalogue(lnti_catalogue_visit visit, void *payload, lnt_error *err);

typedef struct lnti_backbone_wanted {
  const char *name; /**< in the catalogue */
  const char *as;   /**< what to call it; NULL: the same */
  const char *from; /**< another address of the same file, which may be http; NULL: the catalogue's */
} lnti_backbone_wanted;

/**
 * Fetches one and adds it; where it is kept already, that is it.
 * @return LNT_ENOTFOUND (no such name in the catalogue), and as lnti_download_run and lnti_backbones_add.
 */
LNT_MUST_CHECK lnt_status lnti_backbones_pull(lnti_backbone_entry *out, bool *fetched_out, const char *folder,
                                              const lnti_backbone_wanted *wanted, const lnti_context *context,
                                              const lnti_progress *progress, lnt_error *err);

#endif
