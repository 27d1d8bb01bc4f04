/**
 * @file ontology.h
 * The ontology: what can be said of items. Questions with options, options with nested questions
 * (attributes), as deep as needed.
 *
 * Questions and options stand in two arrays and point to each other by index: parents before their children, and in
 * document order until something is added; the chains of siblings are always in document order. Ids are the store's
 * row ids, 0 until stored; keys are the "id" strings of the JSON, unique among siblings (the options below a node of a
 * tree and the attributes of that node count as siblings, so that a path means one thing).
 *
 * Reading is safe from several threads at once; changing is for one thread alone.
 */
#ifndef LNTI_ONTOLOGY_ONTOLOGY_H
#define LNTI_ONTOLOGY_ONTOLOGY_H

#include <base/alloc.h>
#include <base/json.h>
#include <base/text.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LNTI_ONTOLOGY_DEPTH_MAX = 256, /**< questions and options one below another; fewer than this */
  LNTI_ONTOLOGY_OPTIONS_MAX = 1000000,
  LNTI_ONTOLOGY_RANK_MAX = 1000, /**< options of a rank: nobody puts more in an order */
  LNTI_ONTOLOGY_QUESTIONS_MAX = 100000,
  LNTI_ONTOLOGY_FILE_MAX = 256 << 20,
  LNTI_ONTOLOGY_KEY_MAX = 255,    /**< bytes of a key */
  LNTI_ONTOLOGY_TITLE_MAX = 4096, /**< bytes of a title or an alias */
  LNTI_ONTOLOGY_LIST_MAX = 10000, /**< aliases, or examples, of one option */
  LNTI_ONTOLOGY_CODE_MAX = 255,   /**< bytes of a code */
  LNTI_ONTOLOGY_TEXT_MAX = 65536  /**< characters of a text that is an answer, where its question says no less */
};

#define LNTI_NONE ((size_t)-1)

typedef enum lnti_question_type {
  LNTI_RADIO = 1,
  LNTI_TREE = 2,
  LNTI_NUMBER = 3,
  LNTI_CHECKLIST = 4, /**< each option is answered by itself: yes, no, or not at all (unknown, which is never no) */
  LNTI_TEXT = 5,      /**< free text */
  LNTI_RANK = 6       /**< options in an order: an answer an option, whose number is its place from 1 */
} lnti_question_type;

/** "radio", "tree", "number", "checklist", "text", "rank". */
const char *lnti_question_type_name(lnti_question_type type);
/** False of number and text. */
bool lnti_question_type_has_options(lnti_question_type type);

typedef enum lnti_level { LNTI_LEVEL_ITEM = 1, LNTI_LEVEL_FRAME = 2, LNTI_LEVEL_GROUP = 3 } lnti_level;

typedef struct lnti_question {
  int64_t id;                            /**< set by lnti_ontology_set_question_id */
  int64_t next_id;                       /**< the store's: which id it will have; 0 */
  bool draft;                            /**< not to be stored yet, nor what hangs on it */
  const char *key, *title, *description; /**< description "" where there is none; all in the arena */
  lnti_question_type type;
  lnti_level level;
  bool required;
  bool leaf_only;                 /**< of tree: only nodes without children are answers */
  double min, max, step;          /**< of number: -inf, inf and 0 where not given */
  const char *unit;               /**< of number; "" */
  size_t max_length;              /**< of text: most characters; 0: LNTI_ONTOLOGY_TEXT_MAX */
  size_t parent_option;           /**< the option that it is an attribute of, or LNTI_NONE */
  size_t first_option, n_options; /**< options of the first level: chained by next_sibling; first LNTI_NONE if none */
  size_t last_option;             /**< end of that chain */
  size_t next_sibling;            /**< the next question under the same option (or at the top); LNTI_NONE */
  unsigned depth;                 /**< questions and options above it */
  int64_t position;               /**< the store's: siblings are in its order; 0: as its row id */
  bool gone, touched;             /**< taken out by a change (ontology/change.h); changed by one */
} lnti_question;

typedef struct lnti_option {
  int64_t id;
  int64_t next_id; /**< as that of a question */
  bool draft;      /**< likewise */
  const char *key, *title, *description;
  const char *hotkey, *color; /**< "" where not given */
  const char *code;           /**< its id in a list outside of Linnet, unique in its question; "" */
  const char *const *aliases; /**< NULL-terminated; NULL where none */
  const char *const *examples;
  size_t question;                /**< the question it answers */
  size_t parent;                  /**< of tree: the option above, or LNTI_NONE */
  size_t first_child, n_children; /**< of tree */
  size_t last_child;
  size_t first_attribute; /**< first question asked after it, chained by the questions' next_sibling; LNTI_NONE */
  size_t last_attribute;
  size_t next_sibling;
  unsigned depth;     /**< of tree: 0 at the top */
  bool retired;       /**< kept for its answers, no longer offered */
  int64_t position;   /**< as those of a question */
  bool gone, touched; /**< likewise */
} lnti_option;

/** A part of the label screen, with questions at the top in the order in which they are shown. */
typedef struct lnti_screen_section {
  const char *title, *description; /**< "" where not given */
  bool collapsed;                  /**< shut until it is opened */
  const size_t *questions;
  size_t n_questions;
} lnti_screen_section;

/** What the label screen shows, in order. Questions that no section names come after all sections; attributes stand
 *  with the option that they hang on. In the arena. */
typedef struct lnti_screen {
  bool given;
  const lnti_screen_section *sections;
  size_t n_sections;
  const char *const *metadata; /**< keys of an item's metadata that are shown; NULL-terminated, NULL where none */
} lnti_screen;

typedef struct lnti_ontology {
  const char *name;
  int64_t version;
  int64_t migrated; /**< the store's: the newest migration, or undo of one; 0: none */
  lnti_question *questions;
  size_t n_questions;
  lnti_option *options;
  size_t n_options;
  size_t first_question, last_question; /**< at the top, chained by next_sibling; LNTI_NONE */
  lnti_screen screen;
  lnti_arena arena;                  /**< holds all text */
  struct lnti_ontology_index *index; /**< for finding by text and by id; kept by the functions below */
  size_t question_capacity, option_capacity;
} lnti_ontology;

/** An empty one. */
LNT_MUST_CHECK lnt_status lnti_ontology_new(lnti_ontology **out, const char *name, lnt_error *err);
void lnti_ontology_free(lnti_ontology *ontology);

/** Something in a document that is wrong, or (warning) taken as it is although it may not be what was meant. */
typedef struct lnti_ontology_problem {
  const char *path; /**< of the JSON: "classifications[0].options[2].id"; "" for the document itself */
  size_t line;      /**< from 1 */
  lnt_status code;  /**< LNT_OK: a warning */
  const char *message;
} lnti_ontology_problem;

enum { LNTI_ONTOLOGY_PROBLEMS_MAX = 100 };

/** In order of the document, errors and warnings apart; zero-initialise. Of each kind the first
 *  LNTI_ONTOLOGY_PROBLEMS_MAX are kept, and all are counted. */
typedef struct lnti_ontology_problems {
  lnti_ontology_problem *errors, *warnings;
  size_t n_errors, n_warnings; /**< of all, also of those that are not kept */
  size_t error_capacity, warning_capacity;
  lnti_arena arena;
} lnti_ontology_problems;

/** How many of n are kept. */
static inline size_t lnti_ontology_problems_kept(size_t n) {
  return n < LNTI_ONTOLOGY_PROBLEMS_MAX ? n : LNTI_ONTOLOGY_PROBLEMS_MAX;
}
/** Copies path and message; beyond those that are kept it only counts. */
LNT_MUST_CHECK lnt_status lnti_ontology_problem_add(lnti_ontology_problems *problems, const char *path, size_t line,
                                                    lnt_status code, bool warning, const char *message, lnt_error *err);
void lnti_ontology_problems_clear(lnti_ontology_problems *problems);

/**
 * Reads a document as lnti_ontology_parse does, and goes on after a problem, so that all are told at once.
 * @param out  the ontology where there is no error, else NULL
 * @return LNT_OK, also of a document with errors; LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_ontology_check(lnti_ontology **out, lnti_ontology_problems *problems, const char *data,
                                              size_t n, lnt_error *err);
/**
 * From JSON (format: docs/formats/ontology.md). The error is the first of lnti_ontology_check; it names the place in the JSON as a path
 * ("classifications[0].options[2].id") and its line.
 * @return LNT_OK; LNT_EDATA; LNT_EUNSUPPORTED (objects, spans, relations: known, but not in this version); LNT_ELIMIT;
 *         LNT_ENOMEM.
 */
LNT_MUST_CHECK lnt_status lnti_ontology_parse(lnti_ontology **out, const char *data, size_t n, const char *name,
                                              lnt_error *err);
/** As the same JSON: parse(write(o)) equals o. */
void lnti_ontology_write(lnti_json_writer *w, const lnti_ontology *ontology);
/** One question, with what hangs on it: an element of "classifications" or "attributes". */
void lnti_ontology_write_question(lnti_json_writer *w, const lnti_ontology *ontology, size_t question);
/** The screen alone, as in the document, or (`ids` [n_questions]) with row ids in place of keys: as it is stored, since keys
 *  may change. */
void lnti_screen_write(lnti_json_writer *w, const lnti_ontology *ontology, const int64_t *ids);
/** From what that wrote with row ids. Ids that no question has any more are passed over. LNT_ECORRUPT; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_screen_read(lnti_ontology *ontology, const char *json, lnt_error *err);
/** The row ids of all questions and options as one array, in document order: parents before what hangs on them. */
void lnti_ontology_write_row_ids(lnti_json_writer *w, const lnti_ontology *ontology);
/** Gives an ontology that was read from JSON the ids that were written beside it. LNT_ECORRUPT: they do not fit. */
LNT_MUST_CHECK lnt_status lnti_ontology_read_row_ids(lnti_ontology *ontology, const lnti_json_value *ids,
                                                     lnt_error *err);
/** As an indented tree for people, at most `options_max` options a level (0: all). */
LNT_MUST_CHECK lnt_status lnti_ontology_describe(lnti_text *out, const lnti_ontology *ontology, size_t options_max,
                                                 lnt_error *err);
/** As that, of one question (LNTI_NONE: of all), and at most `depth_max` levels of it (0: all). @param full  descriptions, aliases and
 *  examples too */
LNT_MUST_CHECK lnt_status lnti_ontology_describe_part(lnti_text *out, const lnti_ontology *ontology, size_t question,
                                                      size_t options_max, unsigned depth_max, bool full,
                                                      lnt_error *err);

/** Builders. Keys: NULL makes one from the title, unique among its siblings ("-2" is added). Title NULL: the key.
 *  LNT_EEXISTS (key taken among siblings), LNT_EINVAL, LNT_ELIMIT. */
LNT_MUST_CHECK lnt_status lnti_ontology_add_question(size_t *index_out, lnti_ontology *ontology,
                                                     lnti_question_type type, const char *key, const char *title,
                                                     size_t parent_option, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_ontology_add_option(size_t *index_out, lnti_ontology *ontology, size_t question,
                                                   size_t parent, const char *key, const char *title, lnt_error *err);
/** Makes room for so many in all, where they are known beforehand: they are added without growing on the way. */
LNT_MUST_CHECK lnt_status lnti_ontology_reserve(lnti_ontology *ontology, size_t n_questions, size_t n_options,
                                                lnt_error *err);
/** Sets the row id of a question or option, once, so that it is found by it. */
void lnti_ontology_set_question_id(lnti_ontology *ontology, size_t question, int64_t id);
void lnti_ontology_set_option_id(lnti_ontology *ontology, size_t option, int64_t id);
/** Copies text into the ontology's arena, for a field set by hand. */
LNT_MUST_CHECK lnt_status lnti_ontology_text(const char **out, lnti_ontology *ontology, const char *text,
                                             lnt_error *err);
/** Sets hotkey (NULL: leave), aliases and examples (NULL: leave; NULL-terminated, copied) of an option.
 *  LNT_EEXISTS (hotkey of a sibling); LNT_EINVAL; LNT_ELIMIT; LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_ontology_set_option_words(lnti_ontology *ontology, size_t option, const char *hotkey,
                                                         const char *const *aliases, const char *const *examples,
                                                         lnt_error *err);
/** Sets the code of an option that has none yet. LNT_EEXISTS (another's of the same question); LNT_EINVAL; LNT_ELIMIT;
 *  LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_ontology_set_option_code(lnti_ontology *ontology, size_t option, const char *code,
                                                        lnt_error *err);
/** The option of `question`, at whatever depth, with that code; LNTI_NONE. Expected O(1). */
size_t lnti_ontology_find_code(const lnti_ontology *ontology, size_t question, const char *code);
/** The option of `question` below `parent` (LNTI_NONE: top level) whose key, title or alias equals `text`; LNTI_NONE
 *  where there is none. Exact match of key first, then title, then alias. Expected O(1). */
size_t lnti_ontology_find_option(const lnti_ontology *ontology, size_t question, size_t parent, const char *text);
/** As that, for names of people: the title first, then an alias; keys are not looked at, since a key made from one title
 *  may be another's title ("Cat" has the key "cat"). Expected O(1). */
size_t lnti_ontology_find_titled(const lnti_ontology *ontology, size_t question, size_t parent, const char *title);

/** Whether tables of answers have a column of that name that is no question: one at the top that is called so is "answer.NAME"
 *  there. */
bool lnti_ontology_is_column(const char *key);

/** The question of a target path: "class", "area/exterior/part". LNT_ENOTFOUND lists what there is at the point
 *  where the path fails. */
LNT_MUST_CHECK lnt_status lnti_ontology_find_question(size_t *index_out, const lnti_ontology *ontology,
                                                      const char *path, lnt_error *err);
/** The path of a question; of an option within its question ("birds/duck"). Appended to `out`. */
LNT_MUST_CHECK lnt_status lnti_ontology_question_path(lnti_text *out, const lnti_ontology *ontology, size_t question,
                                                      lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_ontology_option_path(lnti_text *out, const lnti_ontology *ontology, size_t option,
                                                    lnt_error *err);
/** The titles from the top of the tree down to an option, for people: "Birds/Mallard duck". Appended to `out`. */
LNT_MUST_CHECK lnt_status lnti_ontology_option_titles(lnti_text *out, const lnti_ontology *ontology, size_t option,
                                                      lnt_error *err);
/** What to call an option in a line for people: its title, or all titles from the top where another option of the question has
 *  the same one. Appended to `out`. O(options). */
LNT_MUST_CHECK lnt_status lnti_ontology_option_name(lnti_text *out, const lnti_ontology *ontology, size_t option,
                                                    lnt_error *err);
/** By row id; LNTI_NONE. Expected O(1). */
size_t lnti_ontology_question_by_id(const lnti_ontology *ontology, int64_t id);
size_t lnti_ontology_option_by_id(const lnti_ontology *ontology, int64_t id);

/** Options that may be answers and classes of a target, in document order: of radio and checklist all, of tree the
 *  leaves, or all nodes unless leaf_only; retired ones left out. free() *out. */
LNT_MUST_CHECK lnt_status lnti_ontology_answerable(size_t **out, size_t *n_out, const lnti_ontology *ontology,
                                                   size_t question, lnt_error *err);

/** What may be answered to a question besides a value. */
typedef enum lnti_answer_state {
  LNTI_ANSWERED = 1,
  LNTI_UNSURE = 2,
  LNTI_NONE_OF_THESE = 3,
  LNTI_CLEARED = 4 /**< no answer (any more) */
} lnti_answer_state;

/** One answer, by index into the ontology. Of a checklist, one answer is that to one of its options, or (unsure, none of
 *  these, cleared without an option) to the question as a whole. */
typedef struct lnti_answer {
  size_t question;
  lnti_answer_state state;
  size_t option;    /**< of radio and tree; of a checklist that which is answered or cleared; LNTI_NONE */
  double number;    /**< of number; of a checklist's option 1 (yes) or 0 (no); of a rank's its place, from 1; NaN */
  const char *text; /**< of text; NULL */
} lnti_answer;

/**
 * The rules of one answer, the same on every way in: the option belongs to the question, is not retired and (leaf_only)
 * is a leaf; a number is finite, within min..max and on a step from min (or 0); a checklist's option has yes or no; a
 * rank's a whole place from 1 to the number of options (that an order has each place once: lnti_annotate); a text is UTF-8
 * with something beside blanks, no control character but the end of a line and a tab, and no longer than the question allows; no
 * value with unsure, none, cleared (but the option of a checklist that is cleared, which may be a retired one).
 * @return LNT_OK; LNT_EINVAL with the rule, the value and what is allowed.
 */
LNT_MUST_CHECK lnt_status lnti_answer_check(const lnti_ontology *ontology, const lnti_answer *answer, lnt_error *err);
/** The same of an answer that was given earlier: an option that was retired since stays with its answers. */
LNT_MUST_CHECK lnt_status lnti_answer_check_kept(const lnti_ontology *ontology, const lnti_answer *answer,
                                                 lnt_error *err);

/** The rules of any text that people write: as those of a text above. @param what  it is, for the message
 *  @param max  most characters. LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_text_check(const char *text, size_t max, const char *what, lnt_error *err);

/** True where the question is asked given the options chosen so far: `chosen` is told for the parent question
 *  whether its current answer is (for a tree: is at or below; for a checklist: is yes to) the option that the question
 *  hangs on. */
typedef bool (*lnti_is_chosen)(void *payload, size_t option);
bool lnti_question_visible(const lnti_ontology *ontology, size_t question, lnti_is_chosen chosen, void *payload);

#endif
