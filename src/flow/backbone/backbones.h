/**
 * @file backbones.h
 * The backbones of a person: a folder outside all projects, which share it. Each is the network's own file and NAME.json,
 * which says what its pictures must be like, its hashes, licence and source (docs/decisions/0011-backbones.md).
 */
#ifndef LNTI_FLOW_BACKBONES_H
#define LNTI_FLOW_BACKBONES_H

#include <feature/backbone.h>
#include <feature/feature.h>
#include <flow/project.h>

/** One that is kept. Zero-initialise. */
typedef struct lnti_backbone_entry {
  lnti_backbone_spec spec;
  char *path; /**< of the file */
  uint64_t bytes;
  char sha256[LNTI_HASH_HEX], content[LNTI_HASH_HEX]; /**< content: BLAKE2b, by which it is looked at when opened */
  size_t d, n_classes;                                /**< numbers of an embedding; 0: none was found */
} lnti_backbone_entry;

void lnti_backbone_entry_clear(lnti_backbone_entry *entry);

/**
 * Adds a network file: opens it, as lnti_backbone_open does, and keeps a copy.
 * @param said      name NULL: the file's, less its ending; what cannot stand in a name becomes '_'
 *                  without labels, labels.txt beside the file is taken where its number fits
 * @param assumed_out  what had to be assumed, and whether there was a labels.txt; free() it
 * @return LNT_EEXISTS (another backbone of that name; the same again is LNT_OK) and as lnti_backbone_open.
 */
LNT_MUST_CHECK lnt_status lnti_backbones_add(lnti_backbone_entry *out, char **assumed_out, const char *folder,
                                             const char *file, const lnti_backbone_spec *said,
                                             const lnti_context *context, lnt_error *err);
/** LNT_ENOTFOUND with those there are. */
LNT_MUST_CHECK lnt_status lnti_backbones_remove(const char *folder, const char *name, lnt_error *err);

/** What is kept under a name; clear it. LNT_ENOTFOUND with those there are; LNT_ECORRUPT. */
LNT_MUST_CHECK lnt_status lnti_backbones_get(lnti_backbone_entry *out, const char *folder, const char *name,
                                             lnt_error *err);

/** Opens one as lnti_backbones_open does, with both outputs, and says what is known of it; path: where it is kept, or `name`
 *  of a file that is not. Clear the one, free the other. */
LNT_MUST_CHECK lnt_status lnti_backbones_look(lnti_backbone_entry *entry_out, lnti_backbone **out, const char *folder,
                                              const char *name, const lnti_context *context, lnt_error *err);

typedef lnt_status (*lnti_backbone_visit)(void *payload, const lnti_backbone_entry *entry, lnt_error *err);
/** In order of their names; `refused` is told of those whose JSON is damaged, by their names. A folder that is not there is
 *  empty; one that cannot be read is not: LNT_EIO and the like. */
LNT_MUST_CHECK lnt_status lnti_backbones_list(const char *folder, lnti_backbone_visit visit, lnti_refused_visit refused,
                                              void *payload, lnt_error *err);
/** Appends "a, b, c": the names of those that are kept, damaged or not; nothing where there are none. */
LNT_MUST_CHECK lnt_status lnti_backbones_names(lnti_text *out, const char *folder, lnt_error *err);

/**
 * Opens one by its name, or a file that is not kept by its path.
 * @param layer  NULL: the embedding's own
 * @return LNT_ENOTFOUND with those there are; LNT_ECORRUPT (its file has changed); as lnti_backbone_open.
 */
LNT_MUST_CHECK lnt_status lnti_backbones_open(lnti_backbone **out, const char *folder, const char *name,
                                              const char *layer, lnti_backbone_output wanted,
                                              const lnti_context *context, lnt_error *err);

#endif
