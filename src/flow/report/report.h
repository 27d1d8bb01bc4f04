/**
 * @file report.h
 * What is written about an evaluation: the page for people (HTML) and the figures for programs (JSON). The
 * terminal's version is cli/report_text.h. All of them read one plain struct and change nothing.
 */
#ifndef LNTI_FLOW_REPORT_REPORT_H
#define LNTI_FLOW_REPORT_REPORT_H

#include <base/json.h>
#include <base/text.h>
#include <eval/compare.h>
#include <eval/decide.h>
#include <eval/hierarchy.h>
#include <eval/multilabel.h>
#include <eval/regression.h>
#include <eval/reliability.h>
#include <eval/slices.h>
#include <eval/task.h>

enum {
  LNTI_REPORT_MATRIX_CLASSES_MAX = 60, /**< above, HTML lists the most confused pairs instead of the matrix */
  LNTI_REPORT_DENSE_CLASSES_MAX =
      LNTI_CONFUSION_DENSE_MAX,         /**< above, JSON gives the confusion as [true, predicted, count] */
  LNTI_REPORT_TABLE_CLASSES_MAX = 1000, /**< HTML shows this many classes, the worst */
  LNTI_REPORT_PAIRS_MAX = 50            /**< most that lnti_report_pairs can be asked for */
};

/** What every report begins with: no script, nothing from elsewhere. Earlier ones are known by it. */
#define LNTI_REPORT_HTML_START                                                                             \
  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"                                \
  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; " \
  "img-src data:\">\n"

/** One wrong answer worth looking at. */
typedef struct lnti_report_mistake {
  const void *png; /**< the picture as a PNG file; NULL: none */
  size_t png_bytes;
  const char *path;        /**< of the item */
  size_t truth, predicted; /**< classes; without meaning where `said` and `is` are given */
  double confidence;       /**< of the prediction, in [0,1]; NaN: none */
  const char *kind;        /**< "Too high": a heading over all that follow each other with it; ours; NULL: none */
  const char *said, *is;   /**< what was answered, and what is true, where these are no classes; NULL */
} lnti_report_mistake;

typedef enum lnti_slice_kind {
  LNTI_SLICE_VALUE, /**< images with one value */
  LNTI_SLICE_RANGE, /**< with a number or a date in a range, both ends included */
  LNTI_SLICE_OTHER, /**< with one of the less frequent values; is not compared with others */
  LNTI_SLICE_NONE   /**< without a value */
} lnti_slice_kind;

/** Images that have something in common, and how good the model is on them. */
typedef struct lnti_report_slice {
  lnti_slice_kind kind;
  char *text;       /**< the value; "12.5 to 60", "other", "none" */
  char *title;      /**< of an answer's option, for people; NULL: the text */
  double low, high; /**< least and greatest number of a range; NaN */
  size_t n_values;  /**< different values in it; 0 of LNTI_SLICE_NONE */
  lnti_slice figures;
} lnti_report_slice;

/** The slices of a key: parts of all that was evaluated. */
typedef struct lnti_report_slices {
  char *key;
  lnti_report_slice *slices; /**< [n] by number or date, else the most frequent first; other and none last */
  size_t n;
  const lnti_measure
      *measure[LNTI_SLICE_MEASURES]; /**< [n_measures] of the figures; tables show the first and the last */
  size_t n_measures;
  lnti_slice_gap gap;
  const char *unit; /**< of the numbers; borrowed; NULL: none */
  bool grouped;     /**< images that belong together were drawn as one */
} lnti_report_slices;

/** Two models on the same items. */
typedef struct lnti_report_comparison {
  const char *first, *second;    /**< their names */
  const lnti_compared *measures; /**< [n_measures] */
  size_t n_measures;
  size_t n;                    /**< items that both know */
  size_t n_left_out;           /**< that the first was judged on, and the second does not know */
  const lnti_mcnemar *mcnemar; /**< of classes; NULL */
  bool grouped;                /**< items that belong together were drawn as one */
} lnti_report_comparison;

/** What deciding by a label, or by the second of two classes, costs. */
typedef struct lnti_report_cost {
  size_t class;
  lnti_cost_point in_use; /**< at the model's own threshold */
  lnti_cost_point
      asked; /**< at the one that the costs ask for where probabilities are right: not chosen by these items */
  lnti_cost_threshold best; /**< of these items, after the fact */
} lnti_report_cost;

typedef struct lnti_report_costs {
  double miss, false_alarm;
  lnti_report_cost *rows; /**< [n] labels of which anything is known; one of two classes */
  size_t n;
} lnti_report_costs;

/** How well the unknown score tells one kind of items that the model has never seen. */
typedef struct lnti_report_unknown_row {
  char *name; /**< the class that was left out, as it was named; NULL: items of classes that the model does not have */
  lnti_unknown_metrics metrics;
} lnti_report_unknown_row;

typedef struct lnti_report_unknown {
  lnti_report_unknown_row *rows; /**< [n] */
  size_t n;
} lnti_report_unknown;

/** Everything a report says. All borrowed; texts may hold anything, they are escaped where they are written. */
typedef struct lnti_report {
  const char *model;         /**< its name */
  const char *target;        /**< title or path of the question that it answers */
  const char *learner;       /**< "logistic" */
  const char *feature;       /**< resolved text: "hog:cell=4" */
  const char *split;         /**< the items that were evaluated: "test" */
  const char *group_key;     /**< items equal in it were resampled together; NULL: each alone */
  size_t n_groups;           /**< that the evaluated items are in; 0: not known, or without `group_key` */
  const char *calibrated_on; /**< "held out, 6,000 rows"; NULL: not known */
  size_t n_train;
  uint64_t seed;                                    /**< of the training */
  unsigned resamples;                               /**< of the intervals; 0: there are none */
  uint64_t trained_ms, evaluated_ms;                /**< since 1970; 0: not known */
  const char *judged_snapshot, *judged_fingerprint; /**< whose answers and splits it was judged by; NULL: as they are */
  const char *const *class_titles;                  /**< [evaluation->k] */
  const int32_t *folded; /**< [evaluation->k] the class that answers with this one count as; NULL: each is itself */
  const char *const *class_ids;      /**< [evaluation->k] keys of the ontology, for JSON; NULL: not known */
  lnti_task task;                    /**< 0: LNTI_MULTICLASS */
  const lnti_evaluation *evaluation; /**< of classes; NULL where it does not apply, as the next three */
  const lnti_multilabel_evaluation *multilabel;
  const lnti_hierarchy_evaluation *hierarchy; /**< beside `evaluation`, where classes form a tree */
  const lnti_regression_evaluation *regression;
  const lnti_report_unknown *unknown;  /**< NULL: nothing was unknown */
  const float *answer;                 /**< [regression->n] for the plots; NULL: none */
  const double *truth;                 /**< [regression->n] */
  const char *unit;                    /**< of the numbers; NULL: none */
  const lnti_reliability *reliability; /**< of classes and labels; NULL: not known */
  const lnti_reject_curve *reject;     /**< of classes; NULL: not known */
  const lnti_report_costs *costs;      /**< NULL: not asked for */
  const char *
      snapshot_json; /**< name and fingerprint of the data it was trained on, as in the model file; NULL: as they were */
  const char *choice_json; /**< how the parameters were chosen, as in the model file; NULL: they were not */
  const lnti_report_comparison *comparison; /**< with another model; NULL: none */
  size_t n_trained_on;                      /**< evaluated items that the model was trained on, as far as known */
  size_t n_leaks; /**< sets of images that belong together and that the splits cut: the figures are too good */
  const char *const *warnings; /**< [n_warnings] what a reader must know first; sentences without a full stop */
  size_t n_warnings;
  const lnti_report_mistake *mistakes; /**< [n_mistakes] worst first; may be NULL where there are none */
  size_t n_mistakes;
  const lnti_report_slices *slices; /**< [n_slices] a key each; may be NULL where there are none */
  size_t n_slices;
} lnti_report;

/** How many items were evaluated, and of how many classes or labels. */
size_t lnti_report_n(const lnti_report *report);
size_t lnti_report_k(const lnti_report *report);
/** The headline measures of whichever evaluation there is, without those of the tree. */
lnti_measures lnti_report_measures(const lnti_report *report);

/** A true class taken for another. */
typedef lnti_confusion lnti_report_pair;

/** The most frequent confusions, most frequent first, then by class; returns how many (none is left out that
 *  occurs, up to `capacity`). @param pairs_out [capacity], capacity <= LNTI_REPORT_PAIRS_MAX.
 *  O(k^2) up to LNTI_CONFUSION_DENSE_MAX classes, O(n) above. */
size_t lnti_report_pairs(lnti_report_pair *pairs_out, size_t capacity, const lnti_evaluation *evaluation);

/** The most frequent true class, and the share of items that always answering it would get right. */
size_t lnti_report_baseline(double *share_out, const lnti_evaluation *evaluation);

/** What a group's images have in common, for people who know no keys: "names that differ in their last number alone"; NULL
 *  where the key is metadata, or several. */
const char *lnti_report_group_words(const char *group_key);

/** Classes by rising F1, those without any items or predictions last. @param order_out [k] */
void lnti_report_worst_first(size_t *order_out, const lnti_evaluation *evaluation);

/** What people call a slice. */
const char *lnti_report_slice_title(const lnti_report_slice *slice);
/** The best and the worst slice in one sentence, or why there is nothing to compare; others' names are in it as they are.
 *  Appended. */
LNT_MUST_CHECK lnt_status lnti_report_gap(lnti_text *out, const lnti_report_slices *slices, lnt_error *err);
/** Whether that can be told from chance, in another; "" where there is nothing to compare. */
const char *lnti_report_gap_verdict(const lnti_report_slices *slices);

/** A metric's name for people: "Balanced accuracy". */
const char *lnti_report_metric_title(lnti_metric_id metric);

/** A value as text, by value so that it can stand among a printf's arguments. */
typedef struct lnti_report_value {
  char text[48];
} lnti_report_value;

/** A measure as it is customary: shares in percent, figures with three digits, values with their unit; "–" for NaN. */
lnti_report_value lnti_report_measure(const lnti_measure *measure, double value, const char *unit);
/** "86.7 to 88.0 %"; "" where an end is NaN. */
lnti_report_value lnti_report_measure_interval(const lnti_measure *measure, const double ci95[2]);
/** What the costs come to, for people; plain text. Appended. */
LNT_MUST_CHECK lnt_status lnti_report_cost_words(lnti_text *out, const lnti_report_costs *costs, lnt_error *err);
/** What a row comes to, for people; plain text. Appended. */
LNT_MUST_CHECK lnt_status lnti_report_unknown_words(lnti_text *out, const lnti_report_unknown_row *row, lnt_error *err);
/** Classes that some of the items are of. */
size_t lnti_report_with_items(const lnti_evaluation *evaluation);
/** Which classes the means are taken over, for people; "" where it is all. Appended. */
LNT_MUST_CHECK lnt_status lnti_report_averaged(lnti_text *out, const lnti_report *report, lnt_error *err);
/** The calibration error before and after calibration, and beside that of chance, for people; "" where it is not known.
 *  Appended. */
LNT_MUST_CHECK lnt_status lnti_report_reliability(lnti_text *out, const lnti_report *report, lnt_error *err);
/** What a comparison comes to, for people: one sentence on one measure, names as they are. Appended. */
LNT_MUST_CHECK lnt_status lnti_report_compared(lnti_text *out, const lnti_report_comparison *comparison,
                                               const lnti_compared *compared, lnt_error *err);
/** Labels by rising average precision, those without last. @param order_out [k] */
LNT_MUST_CHECK lnt_status lnti_report_labels_worst_first(size_t *order_out,
                                                         const lnti_multilabel_evaluation *evaluation, lnt_error *err);

/** A number with three digits that count: "0.926", "1234"; "–" for NaN. */
lnti_report_value lnti_report_number(double value);
/** "70,000" */
lnti_report_value lnti_report_count(uint64_t n);
/** "87.4 %", with a no-break space; "–" for NaN. */
lnti_report_value lnti_report_percent(double share);
/** A metric as it is customary: shares in percent, the others with three digits; "–" for NaN. */
lnti_report_value lnti_report_metric(lnti_metric_id metric, double value);
/** "86.7 to 88.0 %"; "" where an end is NaN. */
lnti_report_value lnti_report_interval(lnti_metric_id metric, const double ci95[2]);

/**
 * Appends the page: one HTML file without scripts or anything from elsewhere, pictures inside.
 * @return LNT_OK; LNT_EINVAL (a mistake's class outside, or a picture that is no PNG); LNT_ENOMEM. On failure `out` may
 *         hold a part.
 */
LNT_MUST_CHECK lnt_status lnti_report_html(lnti_text *out, const lnti_report *report, lnt_error *err);

/** The same into a file, which is either the old one or the whole new one. As lnti_report_html; LNT_EIO, LNT_ENOSPC. */
LNT_MUST_CHECK lnt_status lnti_report_html_write(const char *path, const lnti_report *report, lnt_error *err);

/**
 * Writes task, n, the measures by name, ci95, group_key, n_groups, leaks and slices into the object that the caller has begun
 * (and ends, after keys of its own: seconds); of classes also classes, confusion, baseline_accuracy and reject, of a tree levels
 * and backoff, of labels labels, of numbers residuals and what the mean would give; comparison (docs/guide/evaluate.md).
 * Undefined: null.
 */
void lnti_report_json(lnti_json_writer *w, const lnti_report *report);

#endif
