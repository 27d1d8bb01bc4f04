/**
 * @file view.h
 * A view over all items of a project: SQLite is the truth, the view is the speed. For each thing that can be asked of an item
 * it has a column in memory, one row an item in order of id: filters become bitmaps over the rows, counts of all facets come
 * out of one pass, sorts are kept as permutations. A million items are filtered, counted and paged in milliseconds.
 *
 * A snapshot lies under cache/view: it is mapped, checked, and caught up from the store's change feed, so that opening a
 * view costs what has changed and not what there is. It may be deleted at any time; one that is torn, of another project or
 * of another version is made anew. Two processes may do that at once; each gets a whole view.
 *
 * Threads: a view is read by any number of threads at once, each between lnti_view_lock and lnti_view_unlock; what is borrowed
 * from it (texts, selections, orders) lives until the unlock. lnti_view_update may be called by any thread that does not
 * hold the lock: it reads the store without it, and takes it alone only to apply what it has read.
 */
#ifndef LNTI_FLOW_VIEW_VIEW_H
#define LNTI_FLOW_VIEW_VIEW_H

#include <flow/filter/filter.h>
#include <flow/project.h>

enum {
  LNTI_VIEW_SNAPSHOT_ROWS = 2000,   /**< fewer items are read anew each time: that takes a few milliseconds */
  LNTI_VIEW_SNAPSHOT_CHANGES = 5000 /**< rows caught up since the snapshot; beyond, a new one is written */
};

typedef struct lnti_view lnti_view;

typedef struct lnti_view_options {
  bool no_snapshot;     /**< neither read nor written */
  size_t snapshot_rows; /**< in place of LNTI_VIEW_SNAPSHOT_ROWS, if not 0 */
} lnti_view_options;

/** What an update, or the opening, did. */
typedef struct lnti_view_news {
  bool built;            /**< all was read from the store */
  bool snapshot_written; /**< a failure to write one is no failure of the view */
  size_t n_items;        /**< items read again or added; all where built */
  size_t n_answers;      /**< answers applied */
} lnti_view_news;

/**
 * Opens the view of a project as it is now.
 * @param project  borrowed for the view's life
 * @param options  NULL: all as usual
 * @param news_out  NULL: do not care
 * @return LNT_OK; as the store; LNT_ELIMIT (more than 2^32 - 1 items); LNT_ENOMEM; LNT_ECANCELLED.
 */
LNT_MUST_CHECK lnt_status lnti_view_open(lnti_view **out, lnti_project *project, const lnti_view_options *options,
                                         lnti_view_news *news_out, lnt_error *err);
/** NULL is allowed. */
void lnti_view_close(lnti_view *view);

/** Catches up with the store. After a failure the view is as it was, or the next update makes it anew. */
LNT_MUST_CHECK lnt_status lnti_view_update(lnti_view *view, lnti_view_news *news_out, lnt_error *err);

/** For reading; several threads may have it at once. */
void lnti_view_lock(lnti_view *view);
void lnti_view_unlock(lnti_view *view);

/** Rises with every update that changed something. */
uint64_t lnti_view_generation(const lnti_view *view);
size_t lnti_view_count(const lnti_view *view);
/** The project's ontology, and the names that filters over this view may use; until the next update. */
const lnti_ontology *lnti_view_ontology(const lnti_view *view);
const lnti_filter_names *lnti_view_names(const lnti_view *view);
/** Current answers of all items. O(rows). */
size_t lnti_view_answers(const lnti_view *view);
/** Bytes of memory that the columns take, of the mapped snapshot too. */
size_t lnti_view_bytes(const lnti_view *view);

/** The id of a row; the row of an id, or LNTI_NONE. O(1). */
int64_t lnti_view_id(const lnti_view *view, size_t row);
size_t lnti_view_row(const lnti_view *view, int64_t id);
/** The first row whose id is above `id`; lnti_view_count where there is none. O(log n). */
size_t lnti_view_row_after(const lnti_view *view, int64_t id);
/** The URI of an item, appended. */
LNT_MUST_CHECK lnt_status lnti_view_uri(lnti_text *out, const lnti_view *view, size_t row, lnt_error *err);
/** A number field of a row: NaN where it has none, or the field is no number. */
double lnti_view_number(const lnti_view *view, const lnti_field *field, size_t row);

/* ---- filters ---- */

/** As lnti_filter_parse with the view's names; and the project's log is warned of values that no item has, such as a misspelt
 *  split, with the nearest that there is. For what people type; takes the view's lock. */
LNT_MUST_CHECK lnt_status lnti_view_filter(lnti_filter **out, lnti_view *view, const char *text, lnt_error *err);

/** bits [lnti_view_words(view)], 64-byte aligned: the rows that match. @param filter  NULL: all rows */
size_t lnti_view_words(const lnti_view *view);
LNT_MUST_CHECK lnt_status lnti_filter_match(uint64_t *bits, const lnti_filter *filter, lnti_view *view, lnt_error *err);

#endif
