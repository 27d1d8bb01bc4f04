/**
 * @file sequences.h
 * Images that follow each other: by the numbers in their names, and by the times when they were taken.
 */
#ifndef LNTI_FLOW_SPLIT_SEQUENCES_H
#define LNTI_FLOW_SPLIT_SEQUENCES_H

#include <flow/roster.h>

/** An image whose name has a number: "00003_00012.ppm" is number 12 of the stem "00003_". Of several numbers the last one
 *  counts; the ending is no part of it. */
typedef struct lnti_named {
  uint64_t folder; /**< hash of the source and the folder */
  uint64_t stem;   /**< hash of what stands around the number */
  uint64_t number; /**< 0 where the name has none: then `stem` is that of the whole name */
  uint32_t item;   /**< index into the roster */
} lnti_named;

/** All images, by folder, stem, number, then item. @param out [roster->n]; needs LNTI_ROSTER_NAMES */
void lnti_named_read(lnti_named *out, const lnti_roster *roster);
/** Names of one stem are one set. @param parent [roster->n] of flow/split/sets.h */
void lnti_named_join_stems(uint32_t *parent, const lnti_named *named, size_t n);
/** Neighbours by number whose signatures differ in at most `within` bits are in one set. */
void lnti_named_join_alike(uint32_t *parent, const lnti_named *named, const lnti_roster *roster, unsigned within);
/** Names of one folder are one set. Records of arrays lie in no folder. */
void lnti_named_join_folders(uint32_t *parent, const lnti_named *named, const lnti_roster *roster);

/** When and by which camera an image was taken. */
typedef struct lnti_taken {
  uint64_t camera; /**< hash of the metadata "camera" and "serial" */
  int64_t seconds; /**< since 1970, by the camera's own clock */
  uint32_t item;
} lnti_taken;

/** The images whose metadata "date" has a time, by camera, time, then item; free() *out. */
LNT_MUST_CHECK lnt_status lnti_taken_read(lnti_taken **out, size_t *n_out, lnti_project *project,
                                          const lnti_roster *roster, lnt_error *err);
/** Neighbours of one camera that are at most `gap` seconds apart are in one set. */
void lnti_taken_join(uint32_t *parent, const lnti_taken *taken, size_t n, int64_t gap);
/** "2008-10-22T16:28:39", with '-', ':' or '/' in the date, 'T' or a blank, seconds and what follows them optional; false
 *  for anything else. */
bool lnti_time_parse(int64_t *seconds_out, const char *text);

#endif
