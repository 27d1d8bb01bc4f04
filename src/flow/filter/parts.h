/**
 * @file parts.h
 * Inside the filters: the tree that parsing makes and matching walks.
 */
#ifndef LNTI_FLOW_FILTER_PARTS_H
#define LNTI_FLOW_FILTER_PARTS_H

#include <base/alloc.h>
#include <flow/filter/filter.h>

typedef enum lnti_node_kind {
  LNTI_NODE_ALL,
  LNTI_NODE_AND,
  LNTI_NODE_OR,
  LNTI_NODE_NOT,
  LNTI_NODE_TERM
} lnti_node_kind;

/** Children are chained; by index, since the array grows while it is parsed. */
typedef struct lnti_filter_node {
  lnti_node_kind kind;
  size_t first, next; /**< LNTI_NONE: none */
  size_t term;        /**< of LNTI_NODE_TERM */
} lnti_filter_node;

typedef enum lnti_value_kind {
  LNTI_VALUE_INT,        /**< low_int <= x <= high_int */
  LNTI_VALUE_REAL,       /**< low <= x <= high; a missing number (NaN) is in no range */
  LNTI_VALUE_TEXT,       /**< the same text, or the same number where both are numbers */
  LNTI_VALUE_PREFIX,     /**< of paths: where they may begin stands in path.c */
  LNTI_VALUE_PATTERN,    /**< with *, ?, [set] */
  LNTI_VALUE_TEXT_RANGE, /**< of metadata: between low_text and high_text, as lnti_text_within says */
  LNTI_VALUE_WORD,       /**< `code`: the word's place in the field's list */
  LNTI_VALUE_OPTION,     /**< answered with `option` or, of a tree, with one below it; of a checklist: yes to it */
  LNTI_VALUE_STATE       /**< `code`: lnti_filter_state */
} lnti_value_kind;

/** What can be asked of a question beside its options. */
typedef enum lnti_filter_state { LNTI_IS_UNANSWERED, LNTI_IS_UNSURE, LNTI_IS_NONE, LNTI_IS_ANSWERED } lnti_filter_state;

/** Answers to one option of a checklist; the places of the words unknown, yes, no. */
typedef enum lnti_tri_state { LNTI_TRI_UNKNOWN, LNTI_TRI_YES, LNTI_TRI_NO } lnti_tri_state;

typedef struct lnti_text_bound {
  const char *text; /**< NULL: no bound on this side */
  bool open;        /**< the bound itself is outside */
  bool is_number, is_date;
  double number;
} lnti_text_bound;

typedef struct lnti_filter_value {
  lnti_value_kind kind;
  uint32_t code;
  int64_t low_int, high_int;
  double low, high;
  const char *text;
  bool is_number; /**< of LNTI_VALUE_TEXT on metadata: `low` is its number */
  lnti_text_bound low_text, high_text;
  size_t option;
  size_t by_id; /**< another option, whose id is what was written as the title of `option`; LNTI_NONE */
} lnti_filter_value;

/** True where one of its values does. */
typedef struct lnti_filter_term {
  lnti_field field;
  size_t first_value, n_values;
} lnti_filter_term;

struct lnti_filter {
  const lnti_filter_names *names;
  lnti_filter_node *nodes;
  size_t n_nodes, node_capacity;
  lnti_filter_term *terms;
  size_t n_terms, term_capacity;
  lnti_filter_value *values;
  size_t n_values, value_capacity;
  size_t root;
  lnti_arena arena;  /**< texts */
  size_t n_compared; /**< words with options, so far */
};

/* ---- keys (field.c) ---- */

typedef enum lnti_field_type {
  LNTI_TYPE_INT,      /**< whole numbers */
  LNTI_TYPE_REAL,     /**< numbers, or none */
  LNTI_TYPE_TEXT,     /**< texts; with patterns */
  LNTI_TYPE_PATH,     /**< texts whose beginning may be given; with patterns */
  LNTI_TYPE_META,     /**< texts that may be numbers or dates */
  LNTI_TYPE_WORDS,    /**< one of a few words */
  LNTI_TYPE_QUESTION, /**< radio, tree, checklist */
  LNTI_TYPE_NUMBER    /**< a question that asks for a number */
} lnti_field_type;

lnti_field_type lnti_field_type_of(const lnti_field *field, const lnti_filter_names *names);
/** The words of LNTI_TYPE_WORDS, NULL-terminated; their places are the codes. Of the stage: all there can be. */
const char *const *lnti_field_words(const lnti_field *field);
/** Whether its values are answers, of a person or of a model. */
static inline bool lnti_field_is_answer(const lnti_field *field) {
  return field->kind == LNTI_FIELD_QUESTION || field->kind == LNTI_FIELD_PREDICTED;
}

/** Of keys that begin with "predicted:", "confidence:" or "disagrees:" (predicted.c). */
bool lnti_field_is_predicted(const char *key);
/** The field of such a key. LNT_EINVAL: says which predictions there are. */
LNT_MUST_CHECK lnt_status lnti_field_find_predicted(lnti_field *out, const lnti_filter_names *names, const char *key,
                                                    lnt_error *err);
/** Such a field's key, appended. */
LNT_MUST_CHECK lnt_status lnti_field_name_predicted(lnti_text *out, const lnti_filter_names *names,
                                                    const lnti_field *field, lnt_error *err);
/* ---- values (value.c) ---- */

/** A word of the filter: what was written, and how. */
typedef struct lnti_filter_word {
  const char *text;
  bool quoted; /**< never a range */
} lnti_filter_word;

typedef enum lnti_filter_op {
  LNTI_OP_EQUAL,
  LNTI_OP_LESS,
  LNTI_OP_LESS_EQUAL,
  LNTI_OP_GREATER,
  LNTI_OP_GREATER_EQUAL,
  LNTI_OP_IN /**< as LNTI_OP_EQUAL, and LOW..HIGH is a range */
} lnti_filter_op;

/** Adds to the filter what an operator and a word make of a field: one value, or several of a pattern over options. The
 *  error's message names key and word. */
LNT_MUST_CHECK lnt_status lnti_filter_add_value(lnti_filter *filter, const lnti_field *field, const char *key,
                                                lnti_filter_op op, const lnti_filter_word *word, lnt_error *err);

/* ---- options by name (option.c) ---- */

typedef struct lnti_option_match {
  size_t option; /**< LNTI_NONE: there is none */
  size_t by_id;  /**< as in lnti_filter_value */
} lnti_option_match;

/** By title, then id, then alias, then any of them in another case of letters; of a tree one a node, '/' between.
 *  LNT_EINVAL: two options are as good as each other; LNT_ELIMIT: the filter has asked too often. */
LNT_MUST_CHECK lnt_status lnti_filter_find_option(lnti_option_match *out, lnti_filter *filter, size_t question,
                                                  const char *path, lnt_error *err);
typedef lnt_status (*lnti_option_visit)(void *payload, size_t option, lnt_error *err);
/** Every option whose path or title the pattern matches. */
LNT_MUST_CHECK lnt_status lnti_filter_match_options(size_t *n_out, lnti_filter *filter, size_t question,
                                                    const char *pattern, lnti_option_visit visit, void *payload,
                                                    lnt_error *err);
/** LNT_EINVAL with the name that was most likely meant. */
LNT_MUST_CHECK lnt_status lnti_filter_no_option(const lnti_filter_names *names, size_t question, const char *word,
                                                lnt_error *err);

/* ---- the values of a term together (set.c) ---- */

/** Of texts, beginnings of texts, patterns and ranges of texts. Borrows the values. */
typedef struct lnti_value_set {
  const char **texts; /**< [n_texts] sorted */
  double *numbers;    /**< [n_numbers] sorted: what texts that are numbers are compared with */
  struct lnti_value_rest {
    const lnti_filter_value *value;
    const char *tail; /**< of a pattern: what a text must end with */
    size_t n_tail;
  } * rest;
  size_t n_texts, n_numbers, n_rest;
  bool first[256]; /**< by byte: whether a value may hold for a text that begins with it */
} lnti_value_set;

LNT_MUST_CHECK lnt_status lnti_value_set_init(lnti_value_set *out, const lnti_filter_value *values, size_t n,
                                              lnt_error *err);
void lnti_value_set_clear(lnti_value_set *set);
/** Whether any of the values holds for a text. O(log n_texts + n_rest). */
bool lnti_value_set_has(const lnti_value_set *set, const char *text);
/** The same where the texts are beginnings (LNTI_VALUE_PREFIX). */
bool lnti_value_set_begins(const lnti_value_set *set, const char *text);

/* ---- texts (text.c) ---- */

/** Shell patterns: `*` any text, `?` one character of UTF-8, `[a-z]` and `[!a-z]` one of a set, `\x` x itself. A '[' that
 *  nothing closes is itself. O(length of pattern x length of text) at worst. */
bool lnti_pattern_match(const char *pattern, const char *text);
/** How many bytes at the pattern's end stand for themselves, so that every text that it matches ends with them. */
size_t lnti_pattern_tail(const char *pattern);
/** Whether a text is a number as people write it in tables: 12, -0.5, 1e6; no blanks, and no zeros in front, for "007" is a
 *  name. */
bool lnti_number_of_text(double *out, const char *text);
/** Whether a text is a date in ISO order, or begins like one: 2008, 2008-10, 2008-10-05, 2008-10-05T12:30. */
bool lnti_text_is_date(const char *text);
/** Fills in what is known of a bound's text. */
void lnti_text_bound_set(lnti_text_bound *out, const char *text, bool open);
/**
 * Whether a text lies between two bounds. Numbers are compared as numbers; dates as texts, where an upper bound holds for
 * all that begins like it (all days of "2008-10" are <= "2008-10"); other texts by their bytes. Numbers, dates and other texts are
 * not comparable with each other (2008 is a number and a date), and "" is in no range.
 */
bool lnti_text_within(const char *text, const lnti_text_bound *low, const lnti_text_bound *high);
/** Whether a text can be before or behind a bound at all. */
bool lnti_text_comparable(const char *text, const lnti_text_bound *bound);

#endif
