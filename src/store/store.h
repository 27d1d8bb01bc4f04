/**
 * @file store.h
 * The project's database: operations, answers, items, metadata, splits, runs, models, jobs, change feed. The
 * tables and their rules: docs/formats/database.md.
 *
 * Writing: one writer thread. A caller hands in a function that makes its changes; functions that wait are run
 * together in one transaction (each in a savepoint, so that one that fails takes back only its own) and
 * acknowledged when that is durable, at most LNTI_STORE_GROUP_MS after the first of them. Reading: any thread, each
 * call on a connection of its own, a consistent snapshot.
 *
 * Below this interface store/db.h hides the database; only sqlite.c includes sqlite3.h. Rows know nothing of
 * rules: flow/annotate is the only caller of lnti_tx_answer and checks answers before.
 */
#ifndef LNTI_STORE_STORE_H
#define LNTI_STORE_STORE_H

#include <base/cancel.h>
#include <base/hash.h>
#include <linnet/status.h>
#include <ontology/change.h>
#include <ontology/ontology.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_STORE_GROUP_MS = 10, LNTI_STORE_APPLICATION_ID = 0x4c4e4554 /* "LNET" */ };

typedef struct lnti_store lnti_store;
typedef struct lnti_tx lnti_tx;

/** Makes a new database with the newest schema. LNT_EEXISTS. */
LNT_MUST_CHECK lnt_status lnti_store_create(lnti_store **out, const char *path, lnt_error *err);
/** Opens one and migrates it, each step in a transaction. LNT_ENOTFOUND; LNT_EDATA (no Linnet database);
 *  LNT_EUNSUPPORTED (a newer schema: the message says which version is needed); LNT_ECORRUPT; LNT_EBUSY. */
LNT_MUST_CHECK lnt_status lnti_store_open(lnti_store **out, const char *path, lnt_error *err);
/** Waits for what was handed in. NULL is allowed. */
void lnti_store_close(lnti_store *store);

/** Changes to make; runs once, on the writer thread. An error takes back what it wrote. */
typedef lnt_status (*lnti_write)(void *payload, lnti_tx *tx, lnt_error *err);
/** Hands in, waits until durable (or failed). May be called by several threads. LNT_ENOSPC, LNT_EIO, LNT_EBUSY... */
LNT_MUST_CHECK lnt_status lnti_store_write(lnti_store *store, lnti_write write, void *payload, lnt_error *err);
/** Within a write: a part of it that is taken back alone where it fails, after which the write may go on. Not for each of
 *  many parts: it makes them slower. */
LNT_MUST_CHECK lnt_status lnti_tx_attempt(lnti_tx *tx, lnti_write part, void *payload, lnt_error *err);

/* ---- operations ---- */

typedef enum lnti_op_kind {
  LNTI_OP_ONTOLOGY = 1,
  LNTI_OP_IMPORT = 2,
  LNTI_OP_ANNOTATE = 3,
  LNTI_OP_SPLIT = 4,
  LNTI_OP_UNDO = 5,
  LNTI_OP_RELINK = 6,
  LNTI_OP_MIGRATE = 7,  /**< a change of the ontology that takes its answers along */
  LNTI_OP_SNAPSHOT = 8, /**< a name given to the data as they are */
  LNTI_OP_PREDICT = 9   /**< predictions that were stored */
} lnti_op_kind;

const char *lnti_op_kind_name(lnti_op_kind kind);

/** One row an action of a person (or of the program in a person's name). */
typedef struct lnti_op {
  int64_t id;
  lnti_uuid uuid; /**< made by the client: a repeat of the same uuid is the same operation */
  const char *person;
  uint64_t time_ms;
  lnti_op_kind kind;
  int64_t undoes;   /**< operation taken back by this one; 0 */
  const char *note; /**< one line for the history; "" */
} lnti_op;

/** Adds it, or finds the one with the same uuid (*existed_out true). */
LNT_MUST_CHECK lnt_status lnti_tx_op(lnti_tx *tx, int64_t *id_out, bool *existed_out, const lnti_op *op,
                                     lnt_error *err);

/** An operation as the history tells it. */
typedef struct lnti_op_row {
  lnti_op op;
  lnti_op_kind undoes_kind; /**< of op.undoes; 0 */
  int64_t undone_by;        /**< the newest operation that undoes it and is itself not undone; 0 */
  size_t n_answers;         /**< rows that it wrote to the answer log */
} lnti_op_row;
typedef lnt_status (*lnti_op_visit)(void *payload, const lnti_op_row *row, lnt_error *err);
/** Operations with ids below `before` (0: all), newest first, at most `limit` (0: all). */
LNT_MUST_CHECK lnt_status lnti_store_ops(lnti_store *store, int64_t before, size_t limit, lnti_op_visit visit,
                                         void *payload, lnt_error *err);
/** The operation of that number, given to `visit` within a write. LNT_ENOTFOUND. */
LNT_MUST_CHECK lnt_status lnti_tx_op_read(lnti_tx *tx, int64_t id, lnti_op_visit visit, void *payload, lnt_error *err);

enum { LNTI_JOB_OF_OP_MAX = 64 };
/** The parameters of a job (see lnti_job) that do the work of an operation. */
void lnti_job_of_op(char out[static LNTI_JOB_OF_OP_MAX], const lnti_op *op);
/** Operations of that kind and note whose job has not ended well, since the last one whose job has; oldest first. */
LNT_MUST_CHECK lnt_status lnti_store_unfinished(int64_t **out, size_t *n_out, lnti_store *store, lnti_op_kind kind,
                                                const char *note, lnt_error *err);

/* ---- items ---- */

/** Where media come from: a folder, an array file, an archive. An item's URI is the source's path joined with its
 *  member: by '/' for a folder, else by '#'. */
typedef enum lnti_source_kind {
  LNTI_SOURCE_FOLDER = 1,
  LNTI_SOURCE_ARRAY = 2,
  LNTI_SOURCE_ARCHIVE = 3
} lnti_source_kind;

/** A group is several images under one answer; its members are items of their own that name it. */
typedef enum lnti_item_kind { LNTI_ITEM_IMAGE = 1, LNTI_ITEM_GROUP = 2 } lnti_item_kind;

enum { LNTI_PIXELS_BYTES = 16, LNTI_SIGNATURE_BYTES = 32 };

/** What a look at an image's pixels finds; each part may be missing, and is when zeroed. */
typedef struct lnti_item_facts {
  bool has_pixels, has_signature, has_quality;
  uint8_t pixels[LNTI_PIXELS_BYTES];       /**< hash of the upright decoded pixels */
  uint8_t signature[LNTI_SIGNATURE_BYTES]; /**< of the picture, for finding alike ones */
  double sharpness, brightness, contrast;  /**< quality */
} lnti_item_facts;

typedef struct lnti_item {
  int64_t id;
  lnti_item_kind kind; /**< 0 is taken as an image */
  int64_t group_id;    /**< the group that it belongs to; 0: none */
  int64_t source_id;
  const char *source; /**< absolute path; filled by readers */
  lnti_source_kind source_kind;
  const char *member; /**< path below the folder or in the archive ('/' separated), or record number of the array */
  lnti_hash content;  /**< of the encoded bytes; of an array record: its pixels; of a frame: with its number */
  uint32_t h, w, c;   /**< upright */
  uint32_t depth;     /**< bits a channel: 8, 16, 32 */
  const char *format; /**< lnti_image_format_name */
  uint64_t bytes;     /**< encoded size */
  const char *split;  /**< "train", "val", "test", another name, or "" */
  const char *stage;  /**< "annotate", "review", "done" */
  lnti_item_facts facts;
  uint64_t imported_ms; /**< when the operation began that read it last; filled by readers */
} lnti_item;

LNT_MUST_CHECK lnt_status lnti_tx_source(lnti_tx *tx, int64_t *id_out, lnti_source_kind kind, const char *path,
                                         lnt_error *err);
/** Adds the item, or finds the one with the same source and member (*existed_out true, nothing changed). */
LNT_MUST_CHECK lnt_status lnti_tx_item(lnti_tx *tx, int64_t *id_out, bool *existed_out, int64_t op_id,
                                       const lnti_item *item, lnt_error *err);
/** The item of a source and member. LNT_ENOTFOUND. */
LNT_MUST_CHECK lnt_status lnti_tx_item_find(lnti_tx *tx, int64_t *id_out, int64_t source_id, const char *member,
                                            lnt_error *err);
/** "" takes it out of every split. */
LNT_MUST_CHECK lnt_status lnti_tx_item_split(lnti_tx *tx, int64_t item_id, const char *split, lnt_error *err);
/** Its split, appended. LNT_ENOTFOUND: no such item. */
LNT_MUST_CHECK lnt_status lnti_tx_item_split_find(lnti_tx *tx, lnti_text *out, int64_t item_id, lnt_error *err);
/** @param kind_out  may be NULL. LNT_ENOTFOUND: no such item. */
LNT_MUST_CHECK lnt_status lnti_tx_item_there(lnti_tx *tx, lnti_item_kind *kind_out, int64_t item_id, lnt_error *err);
/** Of all items with ids in [first,last]. LNT_EINVAL. */
LNT_MUST_CHECK lnt_status lnti_tx_item_stages(lnti_tx *tx, int64_t first, int64_t last, const char *stage,
                                              lnt_error *err);
/** What was not known of an item when it was added. */
LNT_MUST_CHECK lnt_status lnti_tx_item_facts(lnti_tx *tx, int64_t item_id, const lnti_item_facts *facts,
                                             lnt_error *err);
/** The item `item->id` is another picture now, read in this operation: content, size, format and facts become those of
 *  `item`; all else stays. */
LNT_MUST_CHECK lnt_status lnti_tx_item_content(lnti_tx *tx, int64_t op_id, const lnti_item *item, lnt_error *err);
/** The group that an item belongs to; 0: none. */
LNT_MUST_CHECK lnt_status lnti_tx_item_group(lnti_tx *tx, int64_t item_id, int64_t group_id, lnt_error *err);
/** The number of a metadata key, made where it is new. */
LNT_MUST_CHECK lnt_status lnti_tx_meta_key(lnti_tx *tx, int64_t *id_out, const char *key, lnt_error *err);
/** Metadata: one text a key; replaces. */
LNT_MUST_CHECK lnt_status lnti_tx_meta(lnti_tx *tx, int64_t item_id, int64_t key_id, const char *value, lnt_error *err);
/** The value of a key, appended; *found_out false where there is none. */
LNT_MUST_CHECK lnt_status lnti_tx_meta_find(lnti_tx *tx, lnti_text *out, bool *found_out, int64_t item_id,
                                            int64_t key_id, lnt_error *err);
/** A source has moved: all its items with it. LNT_ENOTFOUND; LNT_EEXISTS (another source of that kind is there). */
LNT_MUST_CHECK lnt_status lnti_tx_source_move(lnti_tx *tx, int64_t source_id, const char *path, lnt_error *err);

/** "source#member" or "source/member"; appended. */
LNT_MUST_CHECK lnt_status lnti_item_uri(lnti_text *out, const lnti_item *item, lnt_error *err);

typedef struct lnti_item_query {
  int64_t after_id;          /**< items with a larger id */
  size_t limit;              /**< 0: all */
  const char *split;         /**< NULL: any; "": items in no split */
  int64_t answered_question; /**< only items with a current LNTI_ANSWERED answer to it; 0: any */
} lnti_item_query;

/** Called for each, in order of id; strings are borrowed for the call. A returned error ends the walk. */
typedef lnt_status (*lnti_item_visit)(void *payload, const lnti_item *item, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_store_items(lnti_store *store, const lnti_item_query *query, lnti_item_visit visit,
                                           void *payload, lnt_error *err);
/** The items of one source, in no order; none where there is no such source. Their number of steps, not that of all. */
LNT_MUST_CHECK lnt_status lnti_store_source_items(lnti_store *store, lnti_source_kind kind, const char *path,
                                                  lnti_item_visit visit, void *payload, lnt_error *err);
/** Those of the ids [n] that there are, in the order of the ids and as of one moment. */
LNT_MUST_CHECK lnt_status lnti_store_items_by_id(lnti_store *store, const int64_t *ids, size_t n, lnti_item_visit visit,
                                                 void *payload, lnt_error *err);
typedef lnt_status (*lnti_meta_visit)(void *payload, int64_t item_id, const char *key, const char *value,
                                      lnt_error *err);
/** All sources, by id, with the number of their items. */
typedef lnt_status (*lnti_source_visit)(void *payload, int64_t id, lnti_source_kind kind, const char *path,
                                        size_t n_items, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_store_sources(lnti_store *store, lnti_source_visit visit, void *payload, lnt_error *err);
/** All metadata keys, by id. */
typedef lnt_status (*lnti_meta_key_visit)(void *payload, int64_t key_id, const char *key, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_store_meta_keys(lnti_store *store, lnti_meta_key_visit visit, void *payload,
                                               lnt_error *err);
/** Metadata of items with ids in [first,last], by item then key. */
LNT_MUST_CHECK lnt_status lnti_store_meta(lnti_store *store, int64_t first, int64_t last, lnti_meta_visit visit,
                                          void *payload, lnt_error *err);

/** An item that another equals or is like. */
typedef struct lnti_duplicate {
  int64_t item_id;
  int64_t equal_id;  /**< lowest item of those with equal bytes or pixels; its own id where none has */
  int64_t near_id;   /**< lowest item of the set of equal and alike pictures */
  uint32_t distance; /**< of the signatures, to the nearest other of the set; 0 for equal ones */
} lnti_duplicate;
/** Replaces the whole table. @param duplicates  [n], rising by item */
LNT_MUST_CHECK lnt_status lnti_tx_duplicates(lnti_tx *tx, const lnti_duplicate *duplicates, size_t n, lnt_error *err);
typedef lnt_status (*lnti_duplicate_visit)(void *payload, const lnti_duplicate *duplicate, lnt_error *err);
/** The links of items with ids in [first,last], by item. */
LNT_MUST_CHECK lnt_status lnti_store_duplicates(lnti_store *store, int64_t first, int64_t last,
                                                lnti_duplicate_visit visit, void *payload, lnt_error *err);

/** Settings of the project: one text a key; NULL: none. */
LNT_MUST_CHECK lnt_status lnti_tx_setting(lnti_tx *tx, const char *key, const char *value, lnt_error *err);
/** As lnti_store_setting, with what this transaction has written. */
LNT_MUST_CHECK lnt_status lnti_tx_setting_find(lnti_tx *tx, char **value_out, const char *key, lnt_error *err);
/** *value_out NULL where there is none; free() it. */
LNT_MUST_CHECK lnt_status lnti_store_setting(char **value_out, lnti_store *store, const char *key, lnt_error *err);

typedef struct lnti_count {
  char *name;
  size_t n;
} lnti_count;

typedef struct lnti_store_counts {
  size_t items, labelled, answers, operations, runs, models;
  lnti_count *splits; /**< by name, "" among them where some have none */
  size_t n_splits;
} lnti_store_counts;
/** labelled: items with at least one current answer. */
LNT_MUST_CHECK lnt_status lnti_store_counts_read(lnti_store_counts *out, lnti_store *store, lnt_error *err);
void lnti_store_counts_clear(lnti_store_counts *counts);

/* ---- answers ---- */

typedef enum lnti_subject_kind { LNTI_SUBJECT_ITEM = 1 } lnti_subject_kind;

typedef enum lnti_answer_source {
  LNTI_BY_PERSON = 1, /**< answered on a screen or command line */
  LNTI_BY_IMPORT = 2  /**< came with the data */
} lnti_answer_source;

/** What question 0, the item itself, has in its slots: remarks, each an answer with a text. */
enum { LNTI_REMARKS = 0, LNTI_SLOT_SKIP = 0 /**< why the item was skipped; every other slot is a comment */ };

/** One row of the append-only log. */
typedef struct lnti_answer_row {
  int64_t log_id;
  int64_t op_id;
  lnti_subject_kind subject_kind;
  int64_t subject_id;
  int64_t question_id; /**< LNTI_REMARKS: what is said of the item beside its answers */
  int64_t slot;        /**< of a checklist or a rank: the option that it is about; else 0, the question as a whole */
  lnti_answer_state state;
  int64_t option_id; /**< 0: none; of a checklist or a rank: as `slot`, where there is a value */
  double number;     /**< NaN: none; of a checklist's option: 1 yes, 0 no; of a rank's: its place, from 1 */
  const char *text;  /**< NULL: none */
  int64_t replaces;  /**< of a row of the log: the one that was current until then; 0: none. The store finds it */
  double confidence; /**< the person's, in [0,1]; NaN: not given */
  uint32_t time_spent_ms;
  lnti_answer_source source;
} lnti_answer_row;

/** Appends to the log and sets the current answer (removes it for LNTI_CLEARED). For flow/annotate alone. */
LNT_MUST_CHECK lnt_status lnti_tx_answer(lnti_tx *tx, const lnti_answer_row *row, lnt_error *err);
/** Says something new of an item: as lnti_tx_answer, in a slot of its own of LNTI_REMARKS (the row's number in the
 *  log, given to *slot_out). */
LNT_MUST_CHECK lnt_status lnti_tx_comment(lnti_tx *tx, int64_t *slot_out, const lnti_answer_row *row, lnt_error *err);
/** The current answer of one subject to one question, in one slot; *found_out false where there is none. Its text is
 *  borrowed until the next call of these on the transaction. */
LNT_MUST_CHECK lnt_status lnti_tx_current(lnti_tx *tx, lnti_answer_row *out, bool *found_out, lnti_subject_kind kind,
                                          int64_t subject_id, int64_t question_id, int64_t slot, lnt_error *err);
/** As that, in the lowest slot from `slot` on that has one: from 0, whether a question has any answer at all. */
LNT_MUST_CHECK lnt_status lnti_tx_current_from(lnti_tx *tx, lnti_answer_row *out, bool *found_out,
                                               lnti_subject_kind kind, int64_t subject_id, int64_t question_id,
                                               int64_t slot, lnt_error *err);
/** As that, the next one of the subject behind that question and slot, in order of these: all that is said of a subject,
 *  one after another. From question LNTI_REMARKS and slot INT64_MAX on: all but remarks. */
LNT_MUST_CHECK lnt_status lnti_tx_current_next(lnti_tx *tx, lnti_answer_row *out, bool *found_out,
                                               lnti_subject_kind kind, int64_t subject_id, int64_t question_id,
                                               int64_t slot, lnt_error *err);
/** As that, of those that an operation other than `op_id` has given. */
LNT_MUST_CHECK lnt_status lnti_tx_current_other(lnti_tx *tx, lnti_answer_row *out, bool *found_out,
                                                lnti_subject_kind kind, int64_t subject_id, int64_t question_id,
                                                int64_t slot, int64_t op_id, lnt_error *err);

/** A row of the log by its number, borrowed as above. LNT_ENOTFOUND. */
LNT_MUST_CHECK lnt_status lnti_tx_logged(lnti_tx *tx, lnti_answer_row *out, int64_t log_id, lnt_error *err);
/** The number of the newest row of the log of one subject, question and slot (-1: any), also one that takes back; 0:
 *  none. @param except_op  an operation whose rows do not count; 0: none */
LNT_MUST_CHECK lnt_status lnti_tx_newest(lnti_tx *tx, int64_t *log_id_out, lnti_subject_kind kind, int64_t subject_id,
                                         int64_t question_id, int64_t slot, int64_t except_op, lnt_error *err);

/** One row of an answer's history: its number in the log, its operation, and what that undoes (0: nothing). */
typedef lnt_status (*lnti_key_visit)(void *payload, int64_t log_id, int64_t op_id, int64_t undoes, lnt_error *err);
/** All that was said in one slot of a question, oldest first. `visit` does not write. */
LNT_MUST_CHECK lnt_status lnti_tx_key_history(lnti_tx *tx, lnti_subject_kind kind, int64_t subject_id,
                                              int64_t question_id, int64_t slot, lnti_key_visit visit, void *payload,
                                              lnt_error *err);

typedef lnt_status (*lnti_answer_visit)(void *payload, const lnti_answer_row *row, lnt_error *err);
/** What an operation has written to the log, oldest first. `visit` does not write. */
LNT_MUST_CHECK lnt_status lnti_tx_op_answers(lnti_tx *tx, int64_t op_id, lnti_answer_visit visit, void *payload,
                                             lnt_error *err);
/** Current answers of items with ids in [first,last] (question 0: all, but no remarks), by item, then question, then
 *  slot. */
LNT_MUST_CHECK lnt_status lnti_store_answers(lnti_store *store, int64_t first, int64_t last, int64_t question_id,
                                             lnti_answer_visit visit, void *payload, lnt_error *err);
/** Current remarks of items with ids in [first,last], by item, then slot. */
LNT_MUST_CHECK lnt_status lnti_store_remarks(lnti_store *store, int64_t first, int64_t last, lnti_answer_visit visit,
                                             void *payload, lnt_error *err);
/** The log of one subject, remarks included, oldest first. */
LNT_MUST_CHECK lnt_status lnti_store_history(lnti_store *store, lnti_subject_kind kind, int64_t subject_id,
                                             lnti_answer_visit visit, void *payload, lnt_error *err);

/* ---- ontology ---- */

/** The project's ontology with its row ids; an empty one in a new project. */
LNT_MUST_CHECK lnt_status lnti_store_ontology(lnti_ontology **out, lnti_store *store, lnt_error *err);
/** Writes questions and options that have no id yet and are no drafts, giving them one (in place), and the name and a
 *  version raised by one when anything changed. Rows that exist keep their ids. */
LNT_MUST_CHECK lnt_status lnti_tx_ontology(lnti_tx *tx, lnti_ontology *ontology, int64_t op_id, lnt_error *err);

/* ---- migrations of the ontology: for flow/migrate alone ---- */

/** As lnti_store_ontology, within a write, and the highest ids of questions and options that there ever were. */
LNT_MUST_CHECK lnt_status lnti_tx_ontology_read(lnti_tx *tx, lnti_ontology **out, int64_t *last_question_out,
                                                int64_t *last_option_out, lnt_error *err);
/** LNT_ECONFLICT where the ontology was migrated since this one was read. */
LNT_MUST_CHECK lnt_status lnti_tx_ontology_is_current(lnti_tx *tx, const lnti_ontology *ontology, lnt_error *err);
/** Writes what was touched, keeping what it was before under the operation, and raises the version by one.
 *  @param changes_json  what was asked for, kept with it */
LNT_MUST_CHECK lnt_status lnti_tx_ontology_change(lnti_tx *tx, const lnti_ontology_changes *changes, int64_t op_id,
                                                  const char *changes_json, lnt_error *err);
/** Puts an item in a stage, keeping the one that it was in under the operation. */
LNT_MUST_CHECK lnt_status lnti_tx_item_stage_of_op(lnti_tx *tx, int64_t op_id, int64_t item_id, const char *stage,
                                                   lnt_error *err);
/** Whether an item waits for review; false where there is none. */
LNT_MUST_CHECK lnt_status lnti_tx_item_in_review(lnti_tx *tx, bool *out, int64_t item_id, lnt_error *err);
/** After the answers of an operation were undone under `undo_id`: items whose stage it had changed have that of before, where
 *  nobody has answered them since; those of an import that have no answer left are to be annotated again. */
LNT_MUST_CHECK lnt_status lnti_tx_stages_after_undo(lnti_tx *tx, int64_t op_id, int64_t undo_id, lnt_error *err);
/** The newest later operation that changed the same questions or options and was not taken back; 0: none. */
LNT_MUST_CHECK lnt_status lnti_tx_ontology_changed_since(lnti_tx *tx, int64_t *op_out, int64_t op_id, lnt_error *err);
/** Puts questions, options and stages back as they were before the operation, keeping what they are now under `undo_id`.
 *  The version is that of before where nothing else has changed since, else raised. Items whose stage is no longer that
 *  which the operation gave keep theirs.
 *  @return LNT_OK; LNT_ENOTFOUND (no migration); LNT_ECONFLICT: something new is called so, or hangs on what would be gone. */
LNT_MUST_CHECK lnt_status lnti_tx_ontology_back(lnti_tx *tx, int64_t op_id, int64_t undo_id, lnt_error *err);
/** The one question that was called so below an option (0: at the top) before a migration, and is there still; 0: none, or
 *  several were. */
LNT_MUST_CHECK lnt_status lnti_store_question_once(int64_t *id_out, lnti_store *store, int64_t parent_option_id,
                                                   const char *key, lnt_error *err);
/** When an option or a question came into the ontology, in ms since 1970; 0: there is none. Renamed ones stay the same. */
LNT_MUST_CHECK lnt_status lnti_store_option_made(uint64_t *ms_out, lnti_store *store, int64_t option_id,
                                                 lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_store_question_made(uint64_t *ms_out, lnti_store *store, int64_t question_id,
                                                   lnt_error *err);
/** Whether an operation is a migration, or an undo of one. */
LNT_MUST_CHECK lnt_status lnti_store_is_migration(bool *out, lnti_store *store, int64_t op_id, lnt_error *err);
/** Current answers of items with ids in [first,last], as lnti_store_answers, with what this write has done. `visit` does
 *  not write. */
LNT_MUST_CHECK lnt_status lnti_tx_answers(lnti_tx *tx, int64_t first, int64_t last, lnti_answer_visit visit,
                                          void *payload, lnt_error *err);
/** The ends of the items that have answers; 0, 0 where none has. */
LNT_MUST_CHECK lnt_status lnti_store_answered_range(lnti_store *store, int64_t *first_out, int64_t *last_out,
                                                    lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_tx_answered_range(lnti_tx *tx, int64_t *first_out, int64_t *last_out, lnt_error *err);

/* ---- splits, runs, models, jobs ---- */

/** How the current split was made, newest last. */
typedef struct lnti_split_row {
  int64_t id;
  int64_t op_id;
  const char *method; /**< "random", "folder", "group" */
  uint64_t seed;
  const char *params_json;
} lnti_split_row;
LNT_MUST_CHECK lnt_status lnti_tx_split(lnti_tx *tx, int64_t *id_out, const lnti_split_row *split, lnt_error *err);
typedef lnt_status (*lnti_split_visit)(void *payload, const lnti_split_row *split, lnt_error *err);
/** The newest, or none. */
LNT_MUST_CHECK lnt_status lnti_store_split(lnti_store *store, lnti_split_visit visit, void *payload, lnt_error *err);

typedef struct lnti_run {
  int64_t id;
  const char *target, *learner, *feature, *params_json; /**< feature: resolved text */
  uint64_t seed;
  uint64_t started_ms, ended_ms; /**< ended 0: not yet */
  size_t n_train;
  const char *data_fingerprint;
  const char *code_version, *cpu;
  const char *
      split_json; /**< how its rows were told from validation and test, or "snapshot": its name and fingerprint; "" or NULL: not by a split */
  const char *state;       /**< "running", "done", "failed", "cancelled", "interrupted" */
  const char *result_json; /**< timings, validation metrics; "" before the end */
  const char *error;       /**< "" */
} lnti_run;
LNT_MUST_CHECK lnt_status lnti_tx_run_begin(lnti_tx *tx, int64_t *id_out, const lnti_run *run, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_tx_run_end(lnti_tx *tx, const lnti_run *run, lnt_error *err);

/** What a run was trained on: keys of its rows' content (flow/groups.h), rising. Written once a run. */
LNT_MUST_CHECK lnt_status lnti_tx_run_content(lnti_tx *tx, int64_t run_id, const uint64_t *keys, size_t n,
                                              lnt_error *err);
/** Of the newest run with this data fingerprint; *n_out 0 and *keys_out NULL where there is none. free() *keys_out. */
LNT_MUST_CHECK lnt_status lnti_store_run_content(uint64_t **keys_out, size_t *n_out, lnti_store *store,
                                                 const char *data_fingerprint, lnt_error *err);

typedef struct lnti_model_row {
  int64_t id;
  int64_t run_id;
  const char *name;  /**< unique */
  const char *file;  /**< below the project: "models/<name>.lnt" */
  lnti_hash content; /**< of the file */
  uint64_t bytes, created_ms;
  const char *target, *learner, *feature; /**< filled by readers, from the run */
  size_t n_train;
  const char *result_json, *split_json;
} lnti_model_row;
/** Adds, or replaces the one of the same name. */
LNT_MUST_CHECK lnt_status lnti_tx_model(lnti_tx *tx, int64_t *id_out, const lnti_model_row *model, lnt_error *err);
/** The file of the model of that name, *file_out NULL where there is none; free() it. LNT_ECORRUPT as below. */
LNT_MUST_CHECK lnt_status lnti_tx_model_file(lnti_tx *tx, char **file_out, const char *name, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_tx_model_remove(lnti_tx *tx, const char *name, lnt_error *err);
typedef lnt_status (*lnti_model_visit)(void *payload, const lnti_model_row *model, lnt_error *err);
/** By name; `name` NULL: all. A file that is no plain name below models/ is LNT_ECORRUPT: a project that came from
 *  elsewhere may not point at other files. */
LNT_MUST_CHECK lnt_status lnti_store_models(lnti_store *store, const char *name, lnti_model_visit visit, void *payload,
                                            lnt_error *err);

/* ---- sets of items in blocks: snapshots, predictions ---- */

typedef enum lnti_item_set_kind { LNTI_SET_SNAPSHOT = 1, LNTI_SET_PREDICTIONS = 2 } lnti_item_set_kind;

typedef struct lnti_item_set {
  int64_t id;
  lnti_item_set_kind kind;
  const char *name; /**< unique among whole sets of its kind; of predictions: the model's */
  const char *person;
  uint64_t created_ms;
  size_t n_items;
  lnti_hash content;      /**< of a snapshot: its fingerprint; of predictions: the model's file */
  const char *facts_json; /**< an object, by kind */
  uint64_t bytes;         /**< of its blocks; filled by readers */
} lnti_item_set;

typedef struct lnti_item_block {
  int64_t first, last; /**< items */
  const void *data;    /**< [bytes] */
  size_t bytes;
} lnti_item_block;

/** Begins one, which nobody sees before the end; then block after block, each in a write of its own, rising by item. */
LNT_MUST_CHECK lnt_status lnti_tx_set_begin(lnti_tx *tx, int64_t *id_out, const lnti_item_set *set, lnt_error *err);
/** LNT_ECONFLICT: another process has begun the same since. */
LNT_MUST_CHECK lnt_status lnti_tx_set_block(lnti_tx *tx, int64_t set_id, const lnti_item_block *block, lnt_error *err);
/** Writes n_items, content and facts. @param replace  an older one of the same name goes; else LNT_EEXISTS */
LNT_MUST_CHECK lnt_status lnti_tx_set_end(lnti_tx *tx, const lnti_item_set *set, bool replace, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_tx_set_remove(lnti_tx *tx, bool *found_out, lnti_item_set_kind kind, const char *name,
                                             lnt_error *err);
typedef lnt_status (*lnti_item_set_visit)(void *payload, const lnti_item_set *set, lnt_error *err);
/** Whole ones, oldest first; `name` NULL: all. */
LNT_MUST_CHECK lnt_status lnti_store_sets(lnti_store *store, lnti_item_set_kind kind, const char *name,
                                          lnti_item_set_visit visit, void *payload, lnt_error *err);
typedef lnt_status (*lnti_item_block_visit)(void *payload, const lnti_item_block *block, lnt_error *err);
/** The first block whose first item is larger than `after`; no visit where there is none. */
LNT_MUST_CHECK lnt_status lnti_store_set_block(lnti_store *store, int64_t set_id, int64_t after,
                                               lnti_item_block_visit visit, void *payload, lnt_error *err);

typedef struct lnti_job {
  int64_t id;
  const char *kind;  /**< "import", "extract", "train", "evaluate" */
  const char *state; /**< as of runs */
  const char *params_json;
  uint64_t started_ms, updated_ms, ended_ms;
  int64_t pid; /**< of the process that runs it */
  uint64_t done, total;
  const char *error;
} lnti_job;
LNT_MUST_CHECK lnt_status lnti_tx_job_begin(lnti_tx *tx, int64_t *id_out, const lnti_job *job, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_tx_job_update(lnti_tx *tx, const lnti_job *job, lnt_error *err);
typedef lnt_status (*lnti_job_visit)(void *payload, const lnti_job *job, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_store_jobs(lnti_store *store, const char *state, lnti_job_visit visit, void *payload,
                                          lnt_error *err);
/** Marks as "interrupted" the running jobs and runs whose process is gone (`alive` says), and returns how many. */
typedef bool (*lnti_pid_alive)(void *payload, int64_t pid);
LNT_MUST_CHECK lnt_status lnti_store_reap(lnti_store *store, size_t *n_out, lnti_pid_alive alive, void *payload,
                                          uint64_t now_ms, lnt_error *err);

/* ---- change feed, verification ---- */

typedef struct lnti_change {
  int64_t seq;
  int64_t op_id;             /**< 0 where no operation made it */
  const char *kind;          /**< "item", "answer", "ontology", "split", "model", "job" */
  int64_t first_id, last_id; /**< rows of that kind, a range in which some changed; of "answer": subject ids; of
                                "split" 0: the table of duplicates was made anew */
} lnti_change;
typedef lnt_status (*lnti_change_visit)(void *payload, const lnti_change *change, lnt_error *err);
/** After `seq`, in order. Changes of one transaction and kind are joined into one range. */
LNT_MUST_CHECK lnt_status lnti_store_changes(lnti_store *store, int64_t seq, lnti_change_visit visit, void *payload,
                                             lnt_error *err);

/* ---- scans: narrow rows for whoever looks at all items, in ranges of ids that several threads may read at once ---- */

/** Where the store stands: newest change, row of the answer log and operation, 0 where there is none; and the ends of
 *  the items. */
typedef struct lnti_store_position {
  int64_t seq, log_id, op_id;
  lnti_uuid op_uuid;
  int64_t first_item, last_item;
} lnti_store_position;
LNT_MUST_CHECK lnt_status lnti_store_position_read(lnti_store_position *out, lnti_store *store, lnt_error *err);
/** Within a write: whether nothing was written since the position was read, but by this write itself. Asked first of all. */
LNT_MUST_CHECK lnt_status lnti_tx_position_is(lnti_tx *tx, bool *out, const lnti_store_position *position,
                                              lnt_error *err);

/** Whether the position is one of this store's, now or in the past: false after a restore of what is older, and for the
 *  position of another store. */
LNT_MUST_CHECK lnt_status lnti_store_position_holds(bool *out, lnti_store *store, const lnti_store_position *position,
                                                    lnt_error *err);

/** Operations, runs and models alone, all else 0: what a view does not know, without counting items and answers. */
LNT_MUST_CHECK lnt_status lnti_store_work_counts(lnti_store_counts *out, lnti_store *store, lnt_error *err);

/** What a scan reads of an item beside id, kind, source_id, group_id, member and split; all else is 0 or "". */
typedef enum lnti_scan_what {
  LNTI_SCAN_NAMES,  /**< the stage */
  LNTI_SCAN_SIZES,  /**< stage, w, h, depth, format, bytes, quality */
  LNTI_SCAN_HASHES, /**< content, pixels, signature */
} lnti_scan_what;
/** Items with ids in [first,last], by id, two to three times as fast as lnti_store_items. */
LNT_MUST_CHECK lnt_status lnti_store_scan_items(lnti_store *store, lnti_scan_what what, int64_t first, int64_t last,
                                                lnti_item_visit visit, void *payload, lnt_error *err);
/** All sources by id, without counting their items. */
typedef lnt_status (*lnti_source_scan)(void *payload, int64_t id, lnti_source_kind kind, const char *path,
                                       lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_store_scan_sources(lnti_store *store, lnti_source_scan visit, void *payload,
                                                  lnt_error *err);
typedef lnt_status (*lnti_meta_scan)(void *payload, int64_t item_id, int64_t key_id, const char *value, lnt_error *err);
/** Metadata of these items, by item and the key's number. */
LNT_MUST_CHECK lnt_status lnti_store_scan_meta(lnti_store *store, int64_t first, int64_t last, lnti_meta_scan visit,
                                               void *payload, lnt_error *err);
/** Their current answers, by item, question and slot, with subject, question, slot, state, option and number alone; and before
 *  them, of an item that was skipped, that it was: LNTI_REMARKS in LNTI_SLOT_SKIP. */
LNT_MUST_CHECK lnt_status lnti_store_scan_answers(lnti_store *store, int64_t first, int64_t last,
                                                  lnti_answer_visit visit, void *payload, lnt_error *err);
/** Rows of the answer log behind that one, oldest first; LNTI_CLEARED among them. Fields as above. */
LNT_MUST_CHECK lnt_status lnti_store_scan_log(lnti_store *store, int64_t after_log_id, lnti_answer_visit visit,
                                              void *payload, lnt_error *err);

/** Called for each fault found. */
typedef void (*lnti_fault_visit)(void *payload, const char *fault);
/**
 * Checks the database: its own integrity and foreign keys, current answers equal to a replay of the log, ontology rows
 * that parse, counts. LNT_OK also where faults were found; *n_out says how many.
 */
LNT_MUST_CHECK lnt_status lnti_store_verify(lnti_store *store, size_t *n_out, lnti_fault_visit visit, void *payload,
                                            const lnti_cancel *cancel, lnt_error *err);

#endif
