/**
 * @file roster.h
 * The images of a project side by side in memory, for what looks at all of them at once: groups, splits, leaks.
 */
#ifndef LNTI_FLOW_ROSTER_H
#define LNTI_FLOW_ROSTER_H

#include <flow/project.h>

/** What is read beside what every entry has. */
enum {
  LNTI_ROSTER_NAMES = 1,      /**< members: about 50 bytes an item */
  LNTI_ROSTER_SIGNATURES = 2, /**< 32 bytes an item */
  LNTI_ROSTER_LABELS = 4      /**< see `label` */
};

typedef struct lnti_roster_item {
  int64_t id;
  int64_t group_id; /**< of the item that is its group; 0 */
  int64_t source_id;
  uint64_t split;      /**< hash of its split's name; 0: none */
  uint64_t label;      /**< equal for items of equal labels; 0: none */
  size_t name;         /**< where its name begins */
  uint64_t file;       /**< equal for frames and pages of one file */
  uint8_t content[16]; /**< the first bytes of the content hash */
  uint8_t source_kind; /**< lnti_source_kind */
  bool has_signature, in_test;
  bool framed; /**< it is a frame or page of a file */
} lnti_roster_item;

typedef struct lnti_roster {
  lnti_roster_item *item; /**< [n] by id; groups are left out */
  size_t n, capacity;
  char *names; /**< one after another, each with its NUL */
  size_t n_names, names_capacity;
  uint8_t *signature; /**< [n, LNTI_SIGNATURE_BYTES] */
  size_t signature_capacity;
} lnti_roster;

/**
 * @param what         LNTI_ROSTER_... together
 * @param question_id  whose answers are labels: `label` is then the id of the option. 0: all that are answered with options,
 *                     and `label` a hash of them. Members of a group have its label where they have none themselves; "unsure"
 *                     and "none of these" are no labels
 */
LNT_MUST_CHECK lnt_status lnti_roster_read(lnti_roster *out, lnti_project *project, unsigned what, int64_t question_id,
                                           lnt_error *err);
void lnti_roster_clear(lnti_roster *roster);
/** Path below the source, or number of the record. */
const char *lnti_roster_name(const lnti_roster *roster, size_t i);
/** Index of an item, SIZE_MAX where it is none of these. O(log n). */
size_t lnti_roster_find(const lnti_roster *roster, int64_t id);
/** Where an item of the project lies, for people; free() it. */
LNT_MUST_CHECK lnt_status lnti_roster_uri(char **out, lnti_project *project, int64_t id, lnt_error *err);
/** The hash that `split` has for a name. */
uint64_t lnti_roster_split(const char *name);

#endif
