/**
 * @file parse.h
 * What the files that read an ontology from JSON share. Reading goes on after a problem, so that all of them are told
 * in one go: a getter that meets a wrong value tells it and gives the fallback, and what cannot be hung on its place
 * under its own name gets one made up for as long as the rest is read. Only what ends the reading (no memory) is a
 * status, which sticks: calls after it do nothing.
 */
#ifndef LNTI_ONTOLOGY_PARSE_H
#define LNTI_ONTOLOGY_PARSE_H

#include <ontology/internal.h>

/** A part of the path to a value, on the stack of the walk: a key, or an index where key is NULL. */
typedef struct lnti_place {
  const struct lnti_place *up;
  const char *key;
  size_t index;
} lnti_place;

typedef struct lnti_parser {
  lnti_ontology *ontology;
  lnti_ontology_problems *problems;
  size_t *question_lines, *option_lines; /**< by index: where each begins */
  size_t question_capacity, option_capacity;
  bool by_row_id;    /**< the screen names questions by row id */
  lnt_status status; /**< what ended the reading */
  lnt_error *err;
} lnti_parser;

/** Adds a problem at `at`, in the line of `value`. */
void lnti_tell(lnti_parser *p, const lnti_place *at, const lnti_json_value *value, lnt_status code, const char *format,
               ...) LNT_PRINTF(5, 6);
/** As that, with where the other of two stands that clash: line 0 leaves it out. */
void lnti_tell_inner(lnti_parser *p, const lnti_place *at, const lnti_json_value *value, lnt_status code,
                     const lnt_error *inner, size_t other_line);
/** Something that is taken as it is, and may not be what was meant. */
void lnti_tell_warning(lnti_parser *p, const char *path, size_t line, const char *format, ...) LNT_PRINTF(4, 5);

/* ---- values: parse_value.c ---- */

/** True for an object; else tells. */
bool lnti_is_object(lnti_parser *p, const lnti_place *at, const lnti_json_value *v);
/** True for an array; else tells that `what` ("an array of options") is needed. NULL is none, and told of by nobody. */
bool lnti_is_array(lnti_parser *p, const lnti_place *at, const lnti_json_value *v, const char *what);
/** Every key is one of `known`, or told of. `later`: known, but not in this version; `elsewhere`: right in another type
 *  of the same thing; each ended by NULL. `what`: "a radio". */
void lnti_check_keys(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *const *known,
                     const char *const *later, const char *const *elsewhere, const char *what);
/** The word of `list` that was most likely meant; NULL. */
const char *lnti_nearest_word(const char *const *list, const char *word);

const char *lnti_take_text(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key,
                           const char *fallback);
bool lnti_take_bool(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key);
double lnti_take_real(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key,
                      double fallback);
/** Text that is kept: copied into the ontology; "" where there is none. */
const char *lnti_keep_text(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key);
/** Lines of text, each as `what` ("alias"), NULL-terminated, borrowed, wrong ones left out; free() it. NULL: none. */
const char **lnti_take_lines(lnti_parser *p, const lnti_place *at, const lnti_json_value *object, const char *key,
                             const char *what);

/* ---- parts of the document ---- */

/** The whole: parse.c. */
void lnti_parse_root(lnti_parser *p, const lnti_json_value *root);
/** What the label screen shows: screen.c. */
void lnti_parse_screen(lnti_parser *p, const lnti_place *at, const lnti_json_value *v);
/** What may not be meant as it stands, of a document without errors: warn.c. */
void lnti_warn(lnti_parser *p);

#endif
