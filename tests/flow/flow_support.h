/**
 * @file flow_support.h
 * What the tests of flow share: a project in a temporary folder, an ontology with nested questions, and short ways to
 * add items and answers. Everything here must succeed, or the test fails.
 */
#ifndef LNTI_TESTS_FLOW_SUPPORT_H
#define LNTI_TESTS_FLOW_SUPPORT_H

#include <flow/annotate/annotate.h>
#include <flow/project.h>

#include "support.h"

/** A project, new in a folder of its own. */
typedef struct lab {
  char *folder, *path; /**< the temporary folder, and the project's in it */
  lnti_project *project;
  lnti_ontology *ontology; /**< as stored; NULL until lab_ontology */
  int64_t source_id;       /**< of items that lab_item adds; 0 until the first */
  bool damaged;            /**< set by a test that damages the database: lab_free does not check it then */
} lab;

/** One thread, the plain kernels, no cancellation, no log. */
lab lab_new(void);
/** Closes it, checks that the database's verify finds nothing, and removes the folder. */
void lab_free(lab *l);
/** Closes and opens the project, and reads the ontology again. */
void lab_reopen(lab *l);
/** Faults that the database's verify finds; the first is copied to `first` of 512 bytes, if not NULL. */
size_t lab_store_faults(const lab *l, char *first);

/**
 * An ontology with what can go wrong in one:
 *   class (radio): bird, cat, dog, fox
 *     bird: species (tree): duck (mallard, teal), owl; wings (number 0..10 by 0.5)
 *     species, duck: bill (radio): flat, round
 *     cat: mood (radio): angry, calm;  mood, angry: hiss (radio): yes, no
 *   quality (number 0..10)
 */
extern const char lab_ontology_json[];

/** Gives the project an ontology (JSON; NULL: lab_ontology_json) and reads it back as stored into l->ontology. */
void lab_ontology(lab *l, const char *json);
/** Index of a question ("class/bird/species"), and of an option of it ("duck/mallard"). */
size_t lab_question(const lab *l, const char *path);
size_t lab_option(const lab *l, size_t question, const char *path);

/** Adds one item: content is made from a number, equal numbers are equal pictures. Returns its id. */
int64_t lab_item(lab *l, const char *member, uint64_t content, const char *split);
/** Adds items "0.png".. in no split, each of its own content, as one write; returns the id of the first, the others follow
 *  it. Once a project. */
int64_t lab_items(lab *l, size_t n);

/** An item to add, and its answer to the question "class". */
typedef struct lab_row {
  const char *member; /**< NULL: "row-0.png", "row-1.png"... */
  uint64_t content;
  const char *split; /**< NULL: "" */
  const char *label; /**< NULL: none */
} lab_row;
/** Adds items and answers, in two writes; ids as with lab_items. */
int64_t lab_rows(lab *l, const lab_row *rows, size_t n);

/** Sets the facts of n items with ids from first_id on, as one write. */
void lab_facts(const lab *l, int64_t first_id, const lnti_item_facts *facts, size_t n);
/** Gives n items with ids from first_id on a value of one metadata key, as one write; NULL: none. */
void lab_meta(const lab *l, int64_t first_id, const char *key, const char *const *values, size_t n);
/** Makes a group of items, called `member`, and returns its id. */
int64_t lab_group(lab *l, const char *member, const int64_t *items, size_t n);

/** An annotation: `value` is an option's path, a number, "unsure", "none" or "clear"; of a checklist "bowl" is a yes,
 *  "-bowl" a no and "~bowl" takes that option's answer back. */
lnti_annotation lab_annotation(const lab *l, int64_t item_id, const char *question, const char *value);
/** Annotates as one operation of its own, in a person's name, and returns what lnti_annotate (or the store) says; the
 *  error goes to ERR. @param n_written_out  may be NULL */
lnt_status lab_annotate(const lab *l, const lnti_annotation *annotations, size_t n, bool keep_existing,
                        size_t *n_written_out);
/** The same with the caller's options. @param counts_out  may be NULL */
lnt_status lab_annotate_with(const lab *l, const lnti_annotation *annotations, size_t n,
                             const lnti_annotate_options *options, lnti_annotated *counts_out);
/** Gives one answer that must be accepted. */
void lab_answer(const lab *l, int64_t item_id, const char *question, const char *value);
/** Says something of an item beside its answers; returns what the store says. */
lnt_status lab_remark(const lab *l, int64_t item_id, lnti_remark_kind kind, const char *text);
/** The current answer: *out, or false where there is none. */
bool lab_current(const lab *l, lnti_answer_row *out, int64_t item_id, size_t question);

/** Writes a colour picture as PPM, its pixels made from `seed`. */
void lab_write_ppm(const char *path, size_t w, size_t h, uint64_t seed);

#endif
