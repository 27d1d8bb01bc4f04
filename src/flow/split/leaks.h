/**
 * @file leaks.h
 * Whether a split at random would leak: whether there are images that follow each other (by their names, their folders or
 * their times) and are alike, so that one in train tells what another in test is.
 *
 * Names alone prove nothing: IMG_2031.jpg and IMG_2032.jpg may show anything. So the project's own signatures are asked. For
 * each of up to LNTI_LEAK_SAMPLE pairs of supposed neighbours with the same label, a third image is drawn that has the same
 * label too and is no neighbour (below says which), and it is seen which of the two is nearer to the first. Where being
 * neighbours means nothing, half of the neighbours are nearer, and one in a hundred is nearer than all but a hundredth of
 * the others. A leak it is where
 * - at least LNTI_LEAK_PAIRS_LEAST such triples are found,
 * - the neighbour is the nearer one in 70 % of them (the area under the curve of Mann and Whitney's test), or 10 % of the
 *   neighbours, and ten at least, are nearer than all but a hundredth of the others,
 * - and sets of two or more cover a tenth of the images.
 *
 * - By name: names of one folder that differ in their last number alone; the third has another name in that folder.
 * - By number: neighbours by number where all the folder has but one such name; the third is far away in it. Neighbours then
 *   belong together when they differ in no more bits than best tells them from the others (the largest difference of the two
 *   shares at or below it).
 * - By folder: two of one folder that are no neighbours; the third lies in another.
 * - By time: taken by one camera within LNTI_LEAK_GAP seconds; the third an hour away at least, or by another camera.
 */
#ifndef LNTI_FLOW_SPLIT_LEAKS_H
#define LNTI_FLOW_SPLIT_LEAKS_H

#include <flow/roster.h>

enum { LNTI_LEAK_SAMPLE = 4096, LNTI_LEAK_PAIRS_LEAST = 30, LNTI_LEAK_GAP = 10, LNTI_LEAK_NEAR_LEAST = 10 };

typedef enum lnti_leak_kind {
  LNTI_LEAK_NAME,
  LNTI_LEAK_NUMBER,
  LNTI_LEAK_FOLDER,
  LNTI_LEAK_TIME,
  LNTI_LEAK_KINDS
} lnti_leak_kind;

/** What was found of one kind. */
typedef struct lnti_leak {
  bool found;
  size_t n_triples;
  double nearer;          /**< share of the triples in which the neighbour is nearer; ties count half */
  double closest;         /**< share of neighbours nearer than all but a hundredth of the third ones */
  unsigned typical;       /**< median distance of the third ones */
  unsigned within;        /**< distance that best tells neighbours from third ones */
  size_t n_sets, n_items; /**< sets of two or more, and the images in them */
  int64_t a_id, b_id;     /**< the closest neighbours */
  unsigned distance;      /**< of these */
  char *a, *b;            /**< their URIs; of found ones alone */
} lnti_leak;

typedef struct lnti_leaks {
  lnti_leak leak[LNTI_LEAK_KINDS];
  bool near;      /**< near duplicates are a twentieth of the images, and LNTI_LEAK_NEAR_LEAST at least */
  size_t n_near;  /**< images of near sets with pictures that are not equal */
  size_t largest; /**< images of the largest of these */
  size_t n;       /**< images */
  char *
      key; /**< keys of flow/split/grouping.h that keep together what was found: "sequence:name,time:10"; NULL: no leak */
} lnti_leaks;

/** Looks, and notes the key in the store. @return LNT_OK; as the store; LNT_ENOMEM; LNT_ECANCELLED. About 200 bytes of
 *  memory an item; a pass over items, answers and metadata. */
LNT_MUST_CHECK lnt_status lnti_leaks_update(lnti_leaks *out, lnti_project *project, lnt_error *err);
void lnti_leaks_clear(lnti_leaks *leaks);
/** The key that the last lnti_leaks_update noted, or that of one made now where there was none; *key_out NULL: no leak.
 *  free() it. */
LNT_MUST_CHECK lnt_status lnti_leaks_key(char **key_out, lnti_project *project, lnt_error *err);

/** In a write that adds images or says something of them: what was noted is forgotten. */
LNT_MUST_CHECK lnt_status lnti_leaks_outdate(lnti_tx *tx, lnt_error *err);

/** Looks, and adds what there is to say: where the items are in two splits or more, of sequences that these cut (cuts.h),
 *  else as lnti_leaks_warn. For import. */
LNT_MUST_CHECK lnt_status lnti_leaks_report(lnti_messages *warnings, lnti_project *project, lnt_error *err);

/** Adds a warning for each kind that was found, with the example and what to type. */
LNT_MUST_CHECK lnt_status lnti_leaks_warn(lnti_messages *warnings, const lnti_leaks *leaks, lnt_error *err);

#endif
