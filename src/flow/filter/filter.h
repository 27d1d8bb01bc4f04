/**
 * @file filter.h
 * Which items: one small language for `linnet items --where`, for other commands and for the workbench.
 *
 *     filter = [ or ]
 *     or     = and { "or" and }
 *     and    = not { "and" not }
 *     not    = "not" not | "(" or ")" | term
 *     term   = KEY ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) VALUE
 *            | KEY [ "not" ] "in" ( LOW..HIGH | "(" VALUE { "," VALUE } ")" )
 *
 * docs/guide/filters.md says what keys there are and what each takes. An empty filter is everything. `!=` is the opposite of
 * `=`: it holds for what has no value too. A word ends at a blank, and inside brackets at a comma or at a closing bracket
 * that was not opened in it; what stands in double quotes is one word ("" in it is one quote). After an operator the next
 * word is always the value, so that `split=and` means what it says.
 *
 * Parsing needs the names that keys may have and nothing else. Matching is over the columns of a view (view/view.h).
 */
#ifndef LNTI_FLOW_FILTER_FILTER_H
#define LNTI_FLOW_FILTER_FILTER_H

#include <linnet/status.h>
#include <ontology/ontology.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LNTI_FILTER_BYTES_MAX = 1 << 18,
  LNTI_FILTER_DEPTH_MAX = 64,     /**< brackets and "not" one inside the other */
  LNTI_FILTER_TERMS_MAX = 1000,   /**< terms of one filter */
  LNTI_FILTER_VALUES_MAX = 100000 /**< values of all its lists and patterns */
};

/** Stored predictions that keys may ask for. */
typedef struct lnti_predicted_name {
  int64_t set_id;
  const char *name; /**< of the model */
  size_t question;  /**< that they answer */
} lnti_predicted_name;

/** What keys there can be beside the built-in ones. Borrowed for the life of what is made with it. */
typedef struct lnti_filter_names {
  const lnti_ontology *ontology;
  const char *const *meta; /**< [n_meta] metadata keys; their places are their numbers in a view */
  size_t n_meta;
  const lnti_predicted_name *predicted; /**< [n_predicted], the newest last */
  size_t n_predicted;
} lnti_filter_names;

/* ---- keys: of filters, of counts and of sorts ---- */

typedef enum lnti_field_kind {
  LNTI_FIELD_ID,
  LNTI_FIELD_PATH,
  LNTI_FIELD_SPLIT,
  LNTI_FIELD_STAGE,
  LNTI_FIELD_LABELLED,
  LNTI_FIELD_SOURCE,
  LNTI_FIELD_FORMAT,
  LNTI_FIELD_KIND,
  LNTI_FIELD_GROUP,
  LNTI_FIELD_WIDTH,
  LNTI_FIELD_HEIGHT,
  LNTI_FIELD_PIXELS, /**< width times height */
  LNTI_FIELD_BYTES,
  LNTI_FIELD_DEPTH,
  LNTI_FIELD_SHARPNESS,
  LNTI_FIELD_BRIGHTNESS,
  LNTI_FIELD_CONTRAST,
  LNTI_FIELD_DUPLICATE, /**< none, equal, near */
  LNTI_FIELD_EQUAL,     /**< lowest id of the set of equal pictures; 0: none */
  LNTI_FIELD_NEAR,      /**< of the set of alike ones */
  LNTI_FIELD_DISTANCE,
  LNTI_FIELD_CONFLICT, /**< an equal picture has another answer */
  LNTI_FIELD_LEAK,     /**< an equal or alike picture is in another split */
  LNTI_FIELD_COMPLETE, /**< labelled, and no required question that is asked of it lacks an answer */
  LNTI_FIELD_SKIPPED,
  LNTI_FIELD_BUILT_IN, /**< how many the above are */
  LNTI_FIELD_QUESTION = LNTI_FIELD_BUILT_IN,
  LNTI_FIELD_OPTION, /**< one option of a checklist */
  LNTI_FIELD_META,
  LNTI_FIELD_PREDICTED,        /**< the answer that a model gave */
  LNTI_FIELD_PREDICTED_OPTION, /**< of a checklist: to one option */
  LNTI_FIELD_CONFIDENCE,       /**< how sure it was; with an option, of that label */
  LNTI_FIELD_DISAGREES         /**< whether that differs from the answer */
} lnti_field_kind;

typedef struct lnti_field {
  lnti_field_kind kind;
  size_t index; /**< of the question, the metadata key or the predictions; 0 */
  size_t
      option; /**< of LNTI_FIELD_OPTION and LNTI_FIELD_PREDICTED_OPTION, may be of LNTI_FIELD_CONFIDENCE; LNTI_NONE */
} lnti_field;

/**
 * The field of a key. Looked for in this order: `id`, `path`, `split`, `stage`, `labelled`; the path of a question (of a
 * checklist also "question.option"); the other built-in keys; metadata. With the prefix `item.`, `answer.` or `meta.` only
 * among the built-in ones, the questions or the metadata. `predicted:`, `confidence:` and `disagrees:` stand before a question
 * (its newest predictions), a model with stored predictions, or both, "model/question".
 * @return LNT_OK; LNT_EINVAL with the nearest name and all there are.
 */
LNT_MUST_CHECK lnt_status lnti_field_find(lnti_field *out, const lnti_filter_names *names, const char *key,
                                          lnt_error *err);
/** The key of a field, with a prefix where the bare one means another; appended. */
LNT_MUST_CHECK lnt_status lnti_field_name(lnti_text *out, const lnti_filter_names *names, const lnti_field *field,
                                          lnt_error *err);
bool lnti_field_equal(const lnti_field *a, const lnti_field *b);
/** The question that a field is about; LNTI_NONE. */
size_t lnti_field_question(const lnti_field *field, const lnti_filter_names *names);

/* ---- filters ---- */

typedef struct lnti_filter lnti_filter;

/** LNT_EINVAL with the column, what was found there and what is possible; LNT_ELIMIT (LNTI_FILTER_*_MAX); LNT_ENOMEM.
 *  A filter is read-only, and safe for several threads. */
LNT_MUST_CHECK lnt_status lnti_filter_parse(lnti_filter **out, const char *text, const lnti_filter_names *names,
                                            lnt_error *err);
/** Whether any term asks for this kind of field. NULL is allowed. */
bool lnti_filter_asks(const lnti_filter *filter, lnti_field_kind kind);
/** NULL is allowed. */
void lnti_filter_free(lnti_filter *filter);

#endif
