/**
 * @file parts.h
 * Inside the view: columns, texts, rows, and what the files of the view share.
 */
#ifndef LNTI_FLOW_VIEW_PARTS_H
#define LNTI_FLOW_VIEW_PARTS_H

#include <base/alloc.h>
#include <flow/view/view.h>
#include <flow/view/query.h>
#include <math/facets.h>
#include <pthread.h>

/* ---- columns (column.c) ---- */

/**
 * A code or a number for each row. Whole numbers take 1, 2 or 4 bytes, as the largest needs; `real` ones, and whole ones that
 * do not fit, are doubles. A column without data is all 0 (real: all missing), and takes no memory.
 */
typedef struct lnti_column {
  void *data;      /**< 64-byte aligned; rows that were never set are 0, or NaN where real */
  size_t capacity; /**< in rows; a multiple of 64 */
  uint8_t width;   /**< 1, 2, 4, 8; 0 while there are no data */
  bool real;
  bool mapped; /**< the data lie in the snapshot: they may be written to, and are not to be freed */
} lnti_column;

/** Room for n rows in a column that has data; kernels may then read n rows. */
LNT_MUST_CHECK lnt_status lnti_column_reserve(lnti_column *column, size_t n, lnt_error *err);
/** Sets a row, growing and widening as needed. The number is whole. */
LNT_MUST_CHECK lnt_status lnti_column_set(lnti_column *column, size_t row, uint64_t number, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_column_set_real(lnti_column *column, size_t row, double number, lnt_error *err);
void lnti_column_clear(lnti_column *column);

static inline uint32_t lnti_column_code(const lnti_column *column, size_t row) {
  if (row >= column->capacity) return 0;
  switch (column->width) {
    case 1:
      return ((const uint8_t *)column->data)[row];
    case 2:
      return ((const uint16_t *)column->data)[row];
    default:
      return ((const uint32_t *)column->data)[row];
  }
}

/** NaN where missing; whole numbers too. */
double lnti_column_real(const lnti_column *column, size_t row);
/** 0 where missing. */
uint64_t lnti_column_number(const lnti_column *column, size_t row);

/** A bit of a row in a column of whole words; false where there are none. */
static inline bool lnti_bits_get(const lnti_column *bits, size_t row) {
  return row / 64 < bits->capacity && (((const uint64_t *)bits->data)[row / 64] >> row % 64 & 1);
}
/** Adds what is set in a column of whole words to n_words of bits. */
static inline void lnti_bits_join(uint64_t *bits, const lnti_column *column, size_t n_words) {
  for (size_t w = 0; w < n_words && column->width; w++) bits[w] |= ((const uint64_t *)column->data)[w];
}
static inline void lnti_bits_set(uint64_t *bits, size_t row) {
  bits[row / 64] |= (uint64_t)1 << row % 64;
}

/* ---- texts ---- */

/** Texts by number, each ended by a NUL. */
typedef struct lnti_texts {
  char *bytes;
  size_t n_bytes, byte_capacity;
  uint32_t *offset; /**< [n] */
  size_t n, capacity;
  bool mapped;
} lnti_texts;

/** LNT_ELIMIT beyond 4 GiB of text. */
LNT_MUST_CHECK lnt_status lnti_texts_add(lnti_texts *texts, const char *text, lnt_error *err);
/** Gives one another text; what it was stays behind as waste. */
LNT_MUST_CHECK lnt_status lnti_texts_replace(lnti_texts *texts, size_t i, const char *text, lnt_error *err);
void lnti_texts_clear(lnti_texts *texts);
static inline const char *lnti_texts_get(const lnti_texts *texts, size_t i) {
  return texts->bytes + texts->offset[i];
}

/** A code for each row, and a text for each code. Code 0 is "", no text at all. */
typedef struct lnti_words {
  lnti_column codes;
  lnti_texts texts; /**< empty until the first is interned */
  uint32_t *slot;   /**< open addressing: code + 1, 0 free; n_slots a power of two; NULL until it is needed */
  size_t n_slots;
  uint64_t seed;
  uint32_t last; /**< interned last: often the next one too */
} lnti_words;

/** The code of a text, a new one where it is new. */
LNT_MUST_CHECK lnt_status lnti_words_intern(uint32_t *code_out, lnti_words *words, const char *text, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_words_set(lnti_words *words, size_t row, const char *text, lnt_error *err);
void lnti_words_clear(lnti_words *words);
/** Codes there are: at least 1. */
static inline size_t lnti_words_count(const lnti_words *words) {
  return words->texts.n ? words->texts.n : 1;
}
static inline const char *lnti_words_text(const lnti_words *words, size_t code) {
  return words->texts.n ? lnti_texts_get(&words->texts, code) : "";
}

/* ---- rows (rows.c) ---- */

typedef enum lnti_number_column {
  LNTI_NUMBER_SOURCE, /**< row id of the source */
  LNTI_NUMBER_KIND,
  LNTI_NUMBER_GROUP,
  LNTI_NUMBER_WIDTH,
  LNTI_NUMBER_HEIGHT,
  LNTI_NUMBER_BYTES,
  LNTI_NUMBER_DEPTH,
  LNTI_NUMBER_SHARPNESS,
  LNTI_NUMBER_BRIGHTNESS,
  LNTI_NUMBER_CONTRAST,
  LNTI_NUMBER_EQUAL,
  LNTI_NUMBER_NEAR,
  LNTI_NUMBER_DISTANCE,
  LNTI_NUMBER_DUPLICATE, /**< 0 none, 1 equal, 2 near; made from the three above */
  LNTI_NUMBER_ANSWERS,   /**< how many the item has */
  LNTI_NUMBER_LABELLED,  /**< 1 where it has any itself */
  LNTI_NUMBER_SKIPPED,   /**< 1 where somebody said why it was not answered */
  LNTI_NUMBERS
} lnti_number_column;

typedef enum lnti_word_column {
  LNTI_WORD_SPLIT,
  LNTI_WORD_STAGE,
  LNTI_WORD_FORMAT,
  LNTI_WORD_COLUMNS
} lnti_word_column;

/** Codes of answers to a question as a whole; options follow. */
enum { LNTI_CODE_UNANSWERED, LNTI_CODE_UNSURE, LNTI_CODE_NONE, LNTI_CODE_FIRST };

/** Row ids and their places in a list. */
typedef struct lnti_places {
  int64_t *ids; /**< [n] */
  size_t n, capacity;
  uint32_t *slot; /**< open addressing: place + 1; NULL until it is needed */
  size_t n_slots;
  bool mapped; /**< ids lie in the snapshot */
} lnti_places;

LNT_MUST_CHECK lnt_status lnti_places_add(size_t *place_out, lnti_places *places, int64_t id, lnt_error *err);
/** LNTI_NONE where it is not there. */
size_t lnti_places_find(const lnti_places *places, int64_t id);
void lnti_places_clear(lnti_places *places);

/** Bits of the rows whose answer to one option of a checklist is yes, and no. */
typedef struct lnti_option_bits {
  lnti_column yes, no; /**< of whole words: `width` 8, a column row is a word */
} lnti_option_bits;

typedef struct lnti_question_rows {
  int64_t question_id;
  lnti_column codes;      /**< LNTI_CODE_*; from LNTI_CODE_FIRST: the option's place; of a number: LNTI_CODE_FIRST */
  lnti_column numbers;    /**< real; of questions that ask for a number */
  lnti_places options;    /**< row ids of the options that are answers */
  lnti_places checks;     /**< of a checklist: row ids of options */
  lnti_option_bits *bits; /**< [checks.n] */
  size_t bit_capacity;
} lnti_question_rows;

typedef struct lnti_meta_rows {
  int64_t key_id;
  lnti_words words;
} lnti_meta_rows;

/** Everything that is kept of items, in order of id. Also of a part of them, while they are read. */
typedef struct lnti_rows {
  size_t n;
  int64_t *ids; /**< [n], rising */
  size_t id_capacity;
  bool ids_mapped;
  lnti_texts members;
  lnti_column numbers[LNTI_NUMBERS];
  lnti_words words[LNTI_WORD_COLUMNS];
  lnti_places question_ids;
  lnti_question_rows *questions; /**< [question_ids.n] */
  size_t question_capacity;
  lnti_meta_rows *meta;
  size_t n_meta, meta_capacity;
} lnti_rows;

void lnti_rows_init(lnti_rows *rows);
void lnti_rows_clear(lnti_rows *rows);
/** The row of an item, or LNTI_NONE. O(1) where the ids have few gaps. */
size_t lnti_rows_find(const lnti_rows *rows, int64_t id);
/** Adds an item; its id must be above all others: LNT_ECONFLICT. */
LNT_MUST_CHECK lnt_status lnti_rows_add(lnti_rows *rows, const lnti_item *item, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_rows_set_meta(lnti_rows *rows, size_t row, int64_t key_id, const char *value,
                                             lnt_error *err);
/** Makes an answer the row's current one, or takes it away (LNTI_CLEARED). */
LNT_MUST_CHECK lnt_status lnti_rows_answer(lnti_rows *rows, size_t row, const lnti_answer_row *answer, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_rows_duplicate(lnti_rows *rows, size_t row, const lnti_duplicate *duplicate,
                                              lnt_error *err);
void lnti_rows_forget_duplicates(lnti_rows *rows);
/** Appends the rows of a part; all its ids lie above. */
LNT_MUST_CHECK lnt_status lnti_rows_append(lnti_rows *rows, const lnti_rows *part, lnt_error *err);
/** What a part says of its items replaces what is known of them, answers and duplicates excepted; items that are new are
 *  appended. LNT_ECONFLICT: one that is new lies between old ones. */
LNT_MUST_CHECK lnt_status lnti_rows_replace(lnti_rows *rows, const lnti_rows *part, lnt_error *err);
/** After changes: readies all columns for kernels. */
LNT_MUST_CHECK lnt_status lnti_rows_ready(lnti_rows *rows, lnt_error *err);
/** NULL where nobody answered it, or no item has the key. */
lnti_question_rows *lnti_rows_question(const lnti_rows *rows, int64_t question_id);
lnti_words *lnti_rows_meta(const lnti_rows *rows, int64_t key_id);
/** Bytes of memory, of the snapshot too where it is mapped. */
size_t lnti_rows_bytes(const lnti_rows *rows);

/* ---- the view (view.c) ---- */

typedef struct lnti_view_source {
  int64_t id;
  lnti_source_kind kind;
  char *path;
} lnti_view_source;

/** What is computed from the rows when it is first asked for, and forgotten when they change. */
typedef struct lnti_view_caches lnti_view_caches;

/** What rows refer to: read while the view may be read, and then taken over. */
typedef struct lnti_view_refs {
  lnti_ontology *ontology;
  int64_t *meta_ids; /**< [n_meta] row ids of the keys */
  char **meta_keys;
  size_t n_meta;
  lnti_view_source *sources; /**< [n_sources], rising by id */
  size_t n_sources;
} lnti_view_refs;

/** One set of stored predictions as columns, made when it is first asked for; all that were. */
typedef struct lnti_view_predicted lnti_view_predicted;
typedef struct lnti_view_predictions lnti_view_predictions;
enum { LNTI_VIEW_PREDICTED_MAX = 1024 /* sets, and labels whose confidence is asked for, at once */ };

struct lnti_view {
  lnti_project *project;
  lnti_view_options options;
  lnti_rows rows;
  lnti_store_position position; /**< as of which the rows are */
  lnti_ontology *ontology;
  lnti_filter_names names;
  int64_t *meta_ids; /**< [names.n_meta] row ids of the keys */
  char **meta_keys;
  lnti_view_source *sources; /**< [n_sources], rising by id */
  size_t n_sources;
  uint64_t generation;
  size_t n_since_snapshot; /**< rows and answers that the snapshot does not know */
  bool broken;             /**< an update failed half way: all is to be read again */
  void *map;               /**< the snapshot that columns lie in; NULL */
  size_t map_bytes;
  pthread_rwlock_t lock;     /**< guards all above */
  pthread_mutex_t updating;  /**< one update at a time */
  pthread_mutex_t caching;   /**< guards what follows, among readers */
  lnti_view_caches *caches;  /**< NULL while there are none */
  lnti_predicted_name *sets; /**< [names.n_predicted] stored predictions, the newest last */
  lnti_arena set_names;
  lnti_view_predictions *predictions; /**< columns of those that were asked for */
};

/** Ontology, metadata keys and sources; to be read after the rows that refer to them. */
LNT_MUST_CHECK lnt_status lnti_view_read_refs(lnti_view_refs *out, lnti_store *store, lnt_error *err);
/** Puts them in the place of the view's, and empties *names. */
void lnti_view_take_refs(lnti_view *view, lnti_view_refs *names);
void lnti_view_refs_clear(lnti_view_refs *names);
const lnti_view_source *lnti_view_source_of(const lnti_view *view, int64_t id);

/* ---- reading the store (read.c) ---- */

/** All rows anew, on all threads of the pool; the position is that before the first was read. */
LNT_MUST_CHECK lnt_status lnti_view_build(lnti_rows *out, lnti_store_position *position_out, lnti_view *view,
                                          lnt_error *err);

/** What has changed in the store since a position. */
typedef struct lnti_view_changes {
  lnti_store_position position; /**< as of which that is all */
  lnti_rows items;              /**< read again, or new: without answers */
  lnti_answer_row *answers;     /**< as they were logged */
  size_t n_answers, answer_capacity;
  lnti_view_refs names;  /**< where has_names */
  lnti_duplicate *links; /**< all there are, where has_links */
  size_t n_links, link_capacity;
  bool any, has_names, has_links, too_many; /**< too_many: building anew is cheaper */
} lnti_view_changes;

LNT_MUST_CHECK lnt_status lnti_view_read_changes(lnti_view_changes *out, lnti_view *view, lnt_error *err);
void lnti_view_changes_clear(lnti_view_changes *changes);
/** These links of duplicates, [n], in the place of all that the rows have. */
LNT_MUST_CHECK lnt_status lnti_view_set_links(lnti_rows *rows, const lnti_duplicate *links, size_t n, lnt_error *err);

/* ---- the snapshot (snapshot.c) ---- */

/** Maps the snapshot, if there is a sound one of this store: *found_out. */
LNT_MUST_CHECK lnt_status lnti_view_load(bool *found_out, lnti_view *view, lnt_error *err);
/** Writes one of the rows as they are. */
LNT_MUST_CHECK lnt_status lnti_view_save(lnti_view *view, lnt_error *err);

void lnti_view_unmap(lnti_view *view);

/* ---- what is computed when asked for (sort.c, links.c) ---- */

/** Frees the caches; nobody may be reading. */
void lnti_view_forget(lnti_view *view);

enum { LNTI_VIEW_ORDERS_MAX = 32 };

typedef struct lnti_view_order {
  lnti_sort sort;
  uint32_t *rows; /**< [n] */
} lnti_view_order;

struct lnti_view_caches {
  lnti_view_order orders[LNTI_VIEW_ORDERS_MAX];
  size_t n_orders;
  bool has_links;
  lnti_column conflict, leak; /**< codes of the words no, equal, near */
  lnti_link_counts link_counts;
  bool has_labelled;
  lnti_column labelled; /**< 1: the item, its group or all images of the group have an answer */
  bool has_complete;
  lnti_column complete; /**< 1: as LNTI_FIELD_COMPLETE */
};

/** The rows in an order, borrowed until the view's unlock; NULL: by row. *own_out: to be freed by the caller, since too many
 *  are kept already. */
LNT_MUST_CHECK lnt_status lnti_view_get_order(const uint32_t **out, uint32_t **own_out, lnti_view *view,
                                              const lnti_sort *sort, lnt_error *err);
/** order_out [n]: numbers 0..n-1 by rising key, equal ones in their order. O(n) for each 11 bits in which keys differ. */
LNT_MUST_CHECK lnt_status lnti_sort_keys(uint32_t *order_out, const uint64_t *keys, size_t n, lnt_error *err);
/** The same for texts, in the order of lnti_natural_compare; `text` is called with each number. */
typedef const char *(*lnti_text_of)(const void *payload, size_t i);
LNT_MUST_CHECK lnt_status lnti_sort_texts(uint32_t *order_out, lnti_text_of text, const void *payload, size_t n,
                                          lnt_error *err);

/** The caches, made if they are not there. The caller holds `caching`. */
LNT_MUST_CHECK lnt_status lnti_view_get_caches(lnti_view_caches **out, lnti_view *view, lnt_error *err);

/** Codes of LNTI_FIELD_CONFLICT and LNTI_FIELD_LEAK, borrowed until the view's unlock. */
LNT_MUST_CHECK lnt_status lnti_view_links(const lnti_column **out, lnti_view *view, lnti_field_kind kind,
                                          lnt_error *err);

/** Codes of LNTI_FIELD_LABELLED, borrowed likewise. */
LNT_MUST_CHECK lnt_status lnti_view_labelled(const lnti_column **out, lnti_view *view, lnt_error *err);

/** Codes of LNTI_FIELD_COMPLETE, borrowed likewise. */
LNT_MUST_CHECK lnt_status lnti_view_complete(const lnti_column **out, lnti_view *view, lnt_error *err);
/** bits [lnti_view_words(view)]: the rows with an answer of their own to a question, "unsure" and "none" included. */
void lnti_view_answered(uint64_t *bits, const lnti_view *view, size_t question);

/* ---- stored predictions (predicted.c, predicted_build.c) ---- */

/** Whether a predicted answer differs from that of a person; the places of the words none, no, yes. */
typedef enum lnti_comparison { LNTI_COMPARED_NONE, LNTI_COMPARED_SAME, LNTI_COMPARED_DIFFERENT } lnti_comparison;

struct lnti_view_predicted {
  int64_t set_id;
  int64_t option_id;       /**< 0: the set; else `confidence` is of this label, and nothing else is there */
  lnti_rows rows;          /**< its one question's; without ids */
  lnti_column confidence;  /**< real */
  lnti_column comparisons; /**< codes of lnti_comparison, where has_comparisons */
  bool has_comparisons;
};

LNT_MUST_CHECK lnt_status lnti_view_predictions_new(lnti_view_predictions **out, lnt_error *err);
/** NULL is allowed; after lnti_view_forget_predicted. */
void lnti_view_predictions_free(lnti_view_predictions *predictions);
/** Looks which predictions are stored by now; forgets columns that are of others. The caller holds `updating`. */
LNT_MUST_CHECK lnt_status lnti_view_update_sets(lnti_view *view, lnt_error *err);
/** Frees all that is known of predictions; nobody may be reading. */
void lnti_view_forget_predicted(lnti_view *view);
/** Answers have changed, or there are more rows. */
void lnti_view_forget_comparisons(lnti_view *view);
/** Makes the columns of a field of predictions, where they are not there; nothing for other fields. */
LNT_MUST_CHECK lnt_status lnti_view_need(lnti_view *view, const lnti_field *field, lnt_error *err);
/** Those columns; NULL: it is of another kind, or they were not made. */
lnti_view_predicted *lnti_view_predicted_of(const lnti_view *view, const lnti_field *field);
/** What is said to a field's question, by people or, of predictions, by a model. NULL: nothing. */
const lnti_question_rows *lnti_view_answer_rows(const lnti_view *view, const lnti_field *field);

/** Reads a set into columns. @param option  LNTI_NONE, or the label whose confidence is wanted */
LNT_MUST_CHECK lnt_status lnti_predicted_build(lnti_view_predicted *out, lnti_view *view,
                                               const lnti_predicted_name *name, size_t option, lnt_error *err);
/** Fills in `comparisons`. */
LNT_MUST_CHECK lnt_status lnti_predicted_compare(lnti_view_predicted *predicted, const lnti_view *view, size_t question,
                                                 lnt_error *err);
void lnti_predicted_free(lnti_view_predicted *predicted);

/* ---- bitmaps (field.c) ---- */

/** A bitmap over the rows, all clear; free() it. */
LNT_MUST_CHECK lnt_status lnti_view_new_bits(uint64_t **out, const lnti_view *view, lnt_error *err);
/** All rows. */
void lnti_view_all_bits(uint64_t *bits, const lnti_view *view);

/* ---- fields whose values are codes (field.c) ---- */

/** A field's codes and how many there may be. Of checklists there are none: their options are bitmaps. */
typedef struct lnti_coded {
  const lnti_column *codes;
  size_t n_codes;
} lnti_coded;

/** *found_out false where the field's values are no codes. */
LNT_MUST_CHECK lnt_status lnti_view_coded(lnti_coded *out, bool *found_out, lnti_view *view, const lnti_field *field,
                                          lnt_error *err);
/** Rows that have an allowed code; `allowed` [lnti_facet_table_bytes(n_codes)] as lnti_facet_select wants it. */
void lnti_view_select_codes(uint64_t *bits, const lnti_view *view, const lnti_coded *coded, const uint8_t *allowed);
/** The column of a number field, NULL where it has none (pixels, id). */
const lnti_column *lnti_view_numbers(const lnti_view *view, const lnti_field *field);

/** The texts of a field that has some: split, stage, format, metadata. NULL: no item has the key, or the field has none. */
const lnti_words *lnti_view_words_of(const lnti_view *view, const lnti_field *field);

/* ---- matching (filter/match.c, filter/path.c) ---- */

struct lnti_filter_value;

/** The rows whose paths any of these values holds for; bits are clear before. */
LNT_MUST_CHECK lnt_status lnti_filter_match_paths(uint64_t *bits, const struct lnti_filter_value *values, size_t n,
                                                  lnti_view *view, lnt_error *err);

/** The rows that one node of a filter holds for. */
LNT_MUST_CHECK lnt_status lnti_filter_match_node(uint64_t *bits, const lnti_filter *filter, size_t node,
                                                 lnti_view *view, lnt_error *err);

#endif
