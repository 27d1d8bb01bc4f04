/**
 * @file internal.h
 * What the files of the ontology share: the index of texts and ids.
 */
#ifndef LNTI_ONTOLOGY_INTERNAL_H
#define LNTI_ONTOLOGY_INTERNAL_H

#include <ontology/ontology.h>

/** What an entry of the index says of its text. */
typedef enum lnti_index_kind {
  LNTI_INDEX_OPTION_KEY,
  LNTI_INDEX_OPTION_TITLE,
  LNTI_INDEX_OPTION_ALIAS,
  LNTI_INDEX_OPTION_HOTKEY,
  LNTI_INDEX_OPTION_CODE, /**< among all options of the question, parent LNTI_NONE */
  LNTI_INDEX_OPTION_ID,
  LNTI_INDEX_QUESTION_KEY,
  LNTI_INDEX_QUESTION_ID
} lnti_index_kind;

struct lnti_ontology_index;

LNT_MUST_CHECK lnt_status lnti_index_new(struct lnti_ontology_index **out, lnt_error *err);
void lnti_index_free(struct lnti_ontology_index *index);

/** Makes the table large enough for `n` entries in all, so that it need not grow on the way there. */
LNT_MUST_CHECK lnt_status lnti_index_widen(lnti_ontology *ontology, size_t n, lnt_error *err);
/** Makes room for `n` more entries, counting those reserved before; adding what is reserved cannot fail. */
LNT_MUST_CHECK lnt_status lnti_index_reserve(lnti_ontology *ontology, size_t n, lnt_error *err);

/**
 * Notes that `target` (an option or question that is in its array already) is called `text`, which must live as long
 * as the ontology. Does nothing where a sibling has the same text in the same role: the first one is found.
 */
void lnti_index_add_text(lnti_ontology *ontology, lnti_index_kind kind, size_t target, const char *text);
/** As that, of a text that is known not to be there. */
void lnti_index_add_new_text(lnti_ontology *ontology, lnti_index_kind kind, size_t target, const char *text);
void lnti_index_add_id(lnti_ontology *ontology, lnti_index_kind kind, size_t target, int64_t id);

/** The option in that role among those of `question` below `parent`; LNTI_NONE. */
size_t lnti_index_find_option(const lnti_ontology *ontology, lnti_index_kind kind, size_t question, size_t parent,
                              const char *text);
/** The question with that key under `parent_option`; LNTI_NONE. */
size_t lnti_index_find_question(const lnti_ontology *ontology, size_t parent_option, const char *key);
size_t lnti_index_find_id(const lnti_ontology *ontology, lnti_index_kind kind, int64_t id);

/* ---- rules of texts: build.c ---- */

/** A line of text for people: not empty, at most `max` bytes, valid UTF-8, no control characters. */
LNT_MUST_CHECK lnt_status lnti_check_line(const char *what, const char *text, size_t max, lnt_error *err);
/** A line that may be a part of a path. */
LNT_MUST_CHECK lnt_status lnti_check_key(const char *key, lnt_error *err);

/** Whether a question or option may be called so: a line of text; a key, which no sibling has. @param question  LNTI_NONE:
 *  of a question below the option `parent` */
LNT_MUST_CHECK lnt_status lnti_ontology_check_title(const char *title, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_ontology_check_key(const lnti_ontology *ontology, size_t question, size_t parent,
                                                  const char *key, lnt_error *err);

/* ---- path.c ---- */

/** The key of what stands at a place (question LNTI_NONE: at the top; option LNTI_NONE: in the question) and is called most
 *  like the n bytes at `part`; NULL where nothing is. */
const char *lnti_ontology_near_key(const lnti_ontology *ontology, size_t question, size_t option, const char *part,
                                   size_t n);

#endif
