/**
 * @file import.h
 * import: folders, archives and arrays of images and tables that name some become items; class folders, tables and label
 * files become ontology and answers; EXIF, paths and columns become metadata.
 *
 * One pass over each source: the pool reads, hashes and (verify) decodes a batch while the one before is stored. Items are keyed by source and member, so a repeated or resumed import adds only what is missing. What
 * is there is replaced by tables alone, unless the caller says otherwise.
 */
#ifndef LNTI_FLOW_IMPORT_IMPORT_H
#define LNTI_FLOW_IMPORT_IMPORT_H

#include <flow/duplicates.h>

typedef enum lnti_import_format {
  LNTI_IMPORT_AUTO,
  LNTI_IMPORT_FOLDER,
  LNTI_IMPORT_ARCHIVE,
  LNTI_IMPORT_IDX,
  LNTI_IMPORT_CIFAR,
  LNTI_IMPORT_CSV, /**< commas, tabs... whatever stands between the columns */
  LNTI_IMPORT_JSONL,
  LNTI_IMPORT_LIST /**< a path a line, with or without a label */
} lnti_import_format;

/** What becomes of a file with several frames or pages. */
typedef enum lnti_import_frames {
  LNTI_FRAMES_FIRST, /**< one item: its first */
  LNTI_FRAMES_EACH,  /**< an item each */
  LNTI_FRAMES_GROUP  /**< an item each, and a group that answers for them */
} lnti_import_frames;

/** What is said of the columns of tables; the guide has the grammar of each text. */
typedef struct lnti_import_table_options {
  const char *root;           /**< folder, archive or array that paths are relative to; NULL: the table's folder */
  const char *const *columns; /**< "COLUMN=ROLE" */
  size_t n_columns;
  const char *const *labels; /**< "COLUMN[/COLUMN]...[:QUESTION]", the top level first */
  size_t n_labels;
  const char *const *names; /**< "COLUMN=FILE[:KEY:NAME]" */
  size_t n_names;
  char separator;       /**< between columns; 0: found */
  char label_separator; /**< between several titles; 0: found */
  int header;           /**< lnti_table_header: 0 find out, 1 there is one, 2 there is none */
  bool unlisted_no;     /**< lists of labels are complete: what they do not name is a no, else unknown */
} lnti_import_table_options;

/** What becomes of labels, metadata and splits that items have already, where a source says something else. */
typedef enum lnti_import_existing {
  LNTI_IMPORT_EXISTING_AUTO, /**< a table is what somebody says now, and replaces; folders, archives and arrays keep */
  LNTI_IMPORT_EXISTING_KEEP,
  LNTI_IMPORT_EXISTING_REPLACE
} lnti_import_existing;

typedef struct lnti_import_options {
  lnti_import_format format;
  lnti_import_existing existing;
  bool update_changed;        /**< take files anew that are another picture than was imported; else they are told */
  const char *split;          /**< every item goes into it; NULL: by top folders or file names (train, val, test) */
  const char *target;         /**< path of the question that labels answer; NULL: "class", made where missing */
  const char *const *classes; /**< titles of the label numbers of IDX files, in order; NULL: the numbers */
  size_t n_classes;
  lnti_import_frames frames;
  const char *group; /**< POSIX extended regular expression on the path below the source: members with the same first
                        subexpression (or whole match) are one group; NULL: none */
  const char *meta;  /**< pattern of flow/import/path_pattern.h on the path below the source; NULL: none */
  lnti_image_limits limits; /**< what is taken; the project keeps them. A zero: as the project has it */
  lnti_import_table_options table;
  bool verify;                   /**< decode every image in full (default); else the header alone */
  const lnti_progress *progress; /**< counts items that are durable */
  lnti_refused_visit refused;    /**< may be NULL; called from one thread at a time */
  void *refused_payload;
} lnti_import_options;

#define LNTI_IMPORT_OPTIONS_INIT \
  { .verify = true }

/** What a column of a table was taken for. */
typedef struct lnti_import_column {
  char *table;      /**< path */
  size_t number;    /**< from 1 */
  char *name;       /**< "" without a header */
  const char *role; /**< "path", "label"...; static */
  char *of;         /**< the question or the metadata's key; "" */
  bool guessed;     /**< nobody said it */
} lnti_import_column;

/** What was said of items that had a label, metadata or a split already. */
typedef struct lnti_import_again {
  size_t labels_changed, labels_same, labels_kept; /**< kept: the source says something else */
  size_t meta_changed, meta_kept;
  size_t splits_changed, splits_kept;
  size_t files_changed, files_updated; /**< another picture than was imported: told, or taken anew */
} lnti_import_again;

typedef struct lnti_import_result {
  size_t imported;                       /**< items added */
  size_t existing;                       /**< that were there already */
  size_t groups;                         /**< groups added */
  size_t labelled;                       /**< answers added */
  size_t n_new_questions, n_new_options; /**< that the ontology got */
  char *added;                           /**< where it had questions before: what it got, as `class: cat, dog`; NULL */
  lnti_import_again again;
  size_t n_refused;
  bool cut;                    /**< the split that there is cuts groups of alike images */
  lnti_duplicates duplicates;  /**< in the whole project; conflicts are those of the target */
  lnti_import_column *columns; /**< of all tables */
  size_t n_columns, column_capacity;
  double seconds;
  lnti_messages warnings;
} lnti_import_result;

/**
 * Imports sources one after another, as one operation and one job.
 * @return LNT_OK also where some inputs were refused; LNT_ENOTFOUND (no such source); LNT_EDATA (an array or its
 *         labels are broken, or disagree in number); LNT_EUNSUPPORTED; LNT_EINVAL (target is no radio or tree, or hangs on another answer; class
 *         titles that repeat; numbers as labels where the target has other titles);
 *         LNT_ECANCELLED, LNT_ENOSPC, LNT_EIO: what was durable stays, and the same call goes on from there.
 */
LNT_MUST_CHECK lnt_status lnti_import(lnti_import_result *out, lnti_project *project, const char *const *sources,
                                      size_t n_sources, const lnti_import_options *options, lnt_error *err);
void lnti_import_result_clear(lnti_import_result *result);

#endif
