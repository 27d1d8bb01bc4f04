/**
 * @file media_support.h
 * Pictures and data sets for the tests of flow: single files, IDX arrays, class folders, and a toy set of three classes
 * that any learner tells apart. And ways to look at what is in a project. Everything here must succeed, or the test
 * fails.
 */
#ifndef LNTI_TESTS_FLOW_MEDIA_SUPPORT_H
#define LNTI_TESTS_FLOW_MEDIA_SUPPORT_H

#include <flow/import/import.h>

#include "flow_support.h"

enum { TOY_SIDE = 12, TOY_PIXELS = TOY_SIDE * TOY_SIDE, TOY_CLASSES = 3, MEDIA_REFUSALS_MAX = 64 };

/* ---- names ---- */

/** A path below a lab's temporary folder, by value: media_in(&l, "x/%d", 3).text lives as long as the statement. */
typedef struct media_name {
  char text[512];
} media_name;
media_name media_in(const lab *l, const char *format, ...) LNT_PRINTF(2, 3);
/** Makes a folder with its parents. */
void media_folder(const char *path);

/* ---- pictures ---- */

/** Writes grey pixels [h,w] as PGM, or as PNG; the folder must be there. */
void media_write_pgm(const char *path, const uint8_t *pixels, size_t h, size_t w);
void media_write_png(const char *path, const uint8_t *pixels, size_t h, size_t w);

/** An example of a class: 0 stripes across, 1 stripes down, 2 a bright middle; numbers tell examples apart, equal ones
 *  are equal. */
void toy_pixels(uint8_t pixels[TOY_PIXELS], int class, uint64_t number);
/** "across", "down", "middle". */
extern const char *const toy_titles[TOY_CLASSES];

/** Class folders with n examples each, numbered from `first`: root/across/0.pgm, ... */
void toy_tree(const char *root, size_t n, uint64_t first);
/** "PREFIX-images-idx3-ubyte[.gz]" with n examples, of class i % 3, and its labels beside it. */
void toy_arrays(const char *folder, const char *prefix, bool gzip, size_t n, uint64_t first);

/* ---- arrays ---- */

/** Writes an IDX array of u8 [n,h,w], or [n] with h = 0; gzip where the name ends in ".gz". */
void media_write_idx(const char *path, const uint8_t *data, size_t n, size_t h, size_t w);

/* ---- files made elsewhere ---- */

/** Copies "animation.gif" (5 frames), "pages.tif" (3 pages), "still.gif"... of the golden images to a path. */
void media_golden(const char *name, const char *path);
/** Writes an archive of the kind that `path` ends as, of all files below a folder, by their names. */
void media_archive(const char *path, const char *folder);

/* ---- what is in a project ---- */

typedef struct media_item {
  int64_t id, group_id;
  lnti_item_kind kind;
  char member[300], split[16], stage[16], format[16];
  char label[100]; /**< path of the option that answers the question; "" */
  lnti_answer_source by;
  uint32_t h, w, c;
} media_item;

typedef struct media_items {
  media_item *item; /**< [n] in order of id */
  size_t n;
} media_items;

/** All items, with their answers to a question (by its path; one that is not there: none). */
media_items media_list(lnti_project *project, const char *question);
void media_items_clear(media_items *items);
/** The item of a member; fails the test where there is none. */
const media_item *media_find(const media_items *items, const char *member);

/** The metadata of an item as "key=value key=value", by key, in one buffer; "" where there are none. */
const char *media_meta(const lab *l, int64_t item_id);

/** Inputs that were told to be refused. */
typedef struct media_refusals {
  size_t n;
  struct {
    lnt_status code;
    char path[512], reason[LNT_ERROR_MESSAGE_BYTES];
  } of[MEDIA_REFUSALS_MAX];
} media_refusals;
/** An lnti_refused_visit; the payload is a media_refusals. */
void media_refuse(void *payload, const char *path, lnt_status code, const char *reason);

/** Whether some message holds a text. */
bool media_says(const lnti_messages *messages, const char *part);

/** Imports one source that must be taken. `split` NULL: by its names. */
void media_import(const lab *l, const char *source, const char *split);

/** Progress that asks for cancellation once `at` units are done: give the lab's context `cancel`. */
typedef struct media_stopper {
  lnti_cancel cancel;
  size_t at;
  size_t seen; /**< units done when it was last told */
  lnti_progress progress;
} media_stopper;
void media_stop_at(media_stopper *out, size_t at);

#endif
