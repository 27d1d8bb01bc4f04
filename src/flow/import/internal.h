/**
 * @file internal.h
 * What the ways to import share. Inside src/flow/import and src/flow/table alone.
 *
 * A reader (members.c, table/table.c, ...) finds out what there is and what is said of it, as inputs; read.c
 * reads, verifies and hashes them on the pool, and store.c writes them, batch by batch. Arrays make their rows
 * themselves, since their records need no decoding.
 */
#ifndef LNTI_FLOW_IMPORT_INTERNAL_H
#define LNTI_FLOW_IMPORT_INTERNAL_H

#include <flow/import/import.h>
#include <flow/table/seen.h>
#include <flow/job.h>
#include <flow/import/known_items.h>
#include <flow/look.h>
#include <flow/import/path_pattern.h>
#include <flow/pictures/picture_cache.h>
#include <stdatomic.h>

/** A label that comes with an input. */
typedef struct lnti_import_answer {
  size_t question; /**< index in the ontology */
  size_t option;   /**< index in the ontology, or LNTI_NONE */
  double number;   /**< of number questions, else NaN */
  bool listed;     /**< one of a list of what is yes in a checklist */
  bool own;        /**< of the item itself, also where it is in a group */
} lnti_import_answer;

/** A named value that comes with an input. */
typedef struct lnti_import_meta {
  size_t key; /**< of lnti_import_meta_key */
  const char *value;
} lnti_import_meta;

/** What is said of one medium before it is read. Strings and arrays are borrowed until the call that takes it returns. */
typedef struct lnti_import_input {
  const char *member; /**< below the source */
  const char *split;  /**< "" or NULL: none */
  const char *group;  /**< name of the group that it belongs to, whose answers these are then; NULL */
  const lnti_import_answer *answers;
  size_t n_answers;
  const lnti_import_meta *meta;
  size_t n_meta;
  lnti_known_item known; /**< the item that is there already; id 0 */
  bool fresh;            /**< it is known that none of these questions is answered for it */
  bool whole_lists;      /**< what an earlier import listed, and these lists do not, is taken back */
} lnti_import_input;

/** One input on its way into the store. */
typedef struct lnti_import_row {
  lnti_item item; /**< strings borrowed for as long as the batch lives */
  const lnti_import_input *input;
  char *member; /**< owned: of a frame */
  bool known;   /**< of a frame that is there already */
  const char *group;
  lnti_looked look;
  bool looked;        /**< `look` is filled */
  bool facts_missing; /**< the item is there, and `look` says what was not known of it */
  bool compared;      /**< the item is there, and its file's size and times were looked at, at least */
  bool changed;       /**< the item is there, and its file is another picture now */
  bool updates;       /**< ...which `look` says all of */
  size_t n_frames;    /**< of the file; set on its first row */
  lnt_status refused; /**< LNT_OK, or why it is not taken */
  lnt_error error;
} lnti_import_row;

/** Something that is told once, with the first example. */
typedef struct lnti_import_notice {
  size_t n;
  char *first; /**< owned */
} lnti_import_notice;

/** The question that labels answer where nobody says another. */
#define LNTI_IMPORT_TARGET "class"

/** Before the name of a group, in its item's member. */
#define LNTI_IMPORT_GROUP "group:"

/** Where EXIF values go. */
enum { LNTI_IMPORT_EXIF_KEYS = 6 };

/** The state of one import. */
typedef struct lnti_import_work {
  lnti_project *project;
  const lnti_import_options *options;
  lnti_import_result *result;
  lnti_ontology *ontology;
  size_t n_sources;
  size_t question;  /**< the first that labels answer; LNTI_NONE until something has a label */
  size_t *declared; /**< [n_declared] options that are stored with their question; some are already */
  size_t n_declared, declared_capacity;
  size_t n_before;            /**< options that were there before this import */
  size_t n_questions_before;  /**< likewise */
  const char **called;        /**< [n_before] the one title by which this import calls each, or NULL; in `arena` */
  lnti_path_pattern *pattern; /**< of --meta; NULL */
  size_t *pattern_key;        /**< [fields of the pattern] of lnti_import_meta_key */
  void *group_regex;          /**< of --group, compiled; NULL */
  char **meta_key;            /**< [n_meta_keys] */
  size_t n_meta_keys, meta_key_capacity;
  size_t exif_key[LNTI_IMPORT_EXIF_KEYS]; /**< of lnti_import_meta_key; 0 is a key too: see has_exif_keys */
  bool has_exif_keys;
  lnti_picture_cache *thumbs; /**< where thumbnails go; NULL: they are not kept */
  atomic_bool thumbs_failed;  /**< they could not be kept, which was said */
  lnti_arena arena;
  lnti_job_run job;
  lnti_op op;
  int64_t *resumed; /**< [n_resumed] imports of the same that were interrupted, since the last one that was not */
  size_t n_resumed;
  bool has_numbers; /**< labels were numbers that --classes can name */
  bool has_media;   /**< a source was more than a table */
  bool replaces;    /**< what the source says goes before what is there */
  lnti_seen said;   /**< of groups: what members have said so far */
  size_t n_done;    /**< inputs dealt with, refused ones included */
  size_t n_total;   /**< 0: not known yet */
  size_t n_truncated, n_framed, n_group_asked;
  lnti_import_notice unmatched, ungrouped, group_clashes, kept, exif_clashes, changed, uncompared, changed_label;
} lnti_import_work;

/* ---- labels (label.c): questions and options that are new are drafts, until an answer is stored that needs them ---- */

/** The question of a path, made with this type where it is missing and at the top. LNT_EINVAL where it is of another
 *  type, or asked only after another answer. The first one is the import's question. */
LNT_MUST_CHECK lnt_status lnti_import_question(size_t *out, lnti_import_work *work, const char *path,
                                               lnti_question_type type, lnt_error *err);
/** That of --target, "class" without it. */
LNT_MUST_CHECK lnt_status lnti_import_target(size_t *out, lnti_import_work *work, lnti_question_type type,
                                             lnt_error *err);
/** Says that a title will come, before the first lnti_import_option: an option of exactly that title is then nobody
 *  else's. *out: the option, LNTI_NONE where none has it (or an alias). */
LNT_MUST_CHECK lnt_status lnti_import_announce(size_t *out, lnti_import_work *work, size_t question, size_t parent,
                                               const char *title, lnt_error *err);
/**
 * The option of a title below `parent`: by its title, by an alias, by its key, else a new one. Different titles never
 * become one option, but by an alias: a key counts only for an option that was there before and that no other title of
 * this import has ("Cat" and "cat" are two, though both make the key "cat").
 */
LNT_MUST_CHECK lnt_status lnti_import_option(size_t *out, lnti_import_work *work, size_t question, size_t parent,
                                             const char *title, lnt_error *err);
/** Whether this may be an answer; LNT_EDATA with the rule, since it is the data that breaks it. */
LNT_MUST_CHECK lnt_status lnti_import_check(const lnti_import_work *work, const lnti_import_answer *answer,
                                            lnt_error *err);
/** An option that somebody named, as in --classes: it is stored with the first answer to its question, though it may be
 *  nobody's. */
LNT_MUST_CHECK lnt_status lnti_import_declare(lnti_import_work *work, size_t option, lnt_error *err);
/** Whether an answer would need a question or an option that is not stored yet. */
bool lnti_import_is_draft(const lnti_import_work *work, size_t question, size_t option);
/** That answer is going to be stored: what it needs is no draft any more, nor is what was declared of its question. */
void lnti_import_need(lnti_import_work *work, size_t question, size_t option);
/** The index of a metadata key; the same text gives the same. LNT_EINVAL where it is empty, too long or no UTF-8. */
LNT_MUST_CHECK lnt_status lnti_import_meta_key(size_t *out, lnti_import_work *work, const char *key, lnt_error *err);

/** Counts once more; the first time the example is kept. */
LNT_MUST_CHECK lnt_status lnti_import_note(lnti_import_notice *notice, lnt_error *err, const char *format, ...)
    LNT_PRINTF(3, 4);

/* ---- reading (read.c) ---- */

/**
 * Reads, verifies and stores inputs of one source, in order, in batches that take about a second each: the pool reads one
 * while the one before is written. What is there already is not read again; its missing answers and metadata are added.
 */
LNT_MUST_CHECK lnt_status lnti_import_inputs(lnti_import_work *work, lnti_source_kind kind, const char *source,
                                             const lnti_import_input *inputs, size_t n, lnt_error *err);

/* ---- storing (store.c) ---- */

/** Stores a batch and reports progress: rows that are refused are told, the others become items, answers and metadata.
 *  Rows' own memory is released. */
LNT_MUST_CHECK lnt_status lnti_import_batch(lnti_import_work *work, lnti_source_kind kind, const char *source,
                                            lnti_import_row *rows, size_t n, lnt_error *err);
/** Hands a thumbnail in before its batch is written, so that the frames of a long animation do not all hold theirs. Any
 *  thread. */
void lnti_import_keep_thumb(lnti_import_work *work, lnti_looked *look);
/** Releases what a row owns. */
void lnti_import_row_clear(lnti_import_row *row);
/** Tells of one refused input. */
void lnti_import_refuse(lnti_import_work *work, const char *path, lnt_status code, const char *reason);

/* ---- the readers; `path` is absolute ---- */

/** A folder of images, or an archive of them. */
LNT_MUST_CHECK lnt_status lnti_import_members(lnti_import_work *work, lnti_source_kind kind, const char *path,
                                              lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_import_file(lnti_import_work *work, const char *path, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_import_idx(lnti_import_work *work, const char *path, lnt_error *err);
/** A table of labels. */
LNT_MUST_CHECK lnt_status lnti_import_table(lnti_import_work *work, const char *path, lnt_error *err);
/** By the file's name. */
bool lnti_import_is_table(const char *path);
/** True for a folder that holds IDX image arrays by their usual names. */
bool lnti_import_has_idx(const char *folder);
/** CIFAR's binary batches: a file, a folder of them, an archive that holds some and no images. */
LNT_MUST_CHECK lnt_status lnti_import_cifar(lnti_import_work *work, const char *path, lnt_error *err);
bool lnti_import_has_cifar(const char *folder);
LNT_MUST_CHECK lnt_status lnti_import_cifar_folder(lnti_import_work *work, const char *folder, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_import_cifar_archive(lnti_import_work *work, const char *path, lnt_error *err);
/** All image arrays of such a folder. */
LNT_MUST_CHECK lnt_status lnti_import_idx_folder(lnti_import_work *work, const char *folder, lnt_error *err);

#endif
