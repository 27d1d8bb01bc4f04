/*
 * Counting what duplicates have that they should not: different labels, different splits. Both are marks on items, a label
 * under its question, a split under no question; a set is at fault where two of its pictures have different marks of one
 * kind. Only items that are linked are read, in runs of neighbouring ids.
 */
#include <flow/duplicates.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>
#include <string.h>

enum { GAP_MAX = 32 }; /* ids between two linked items that are still read as one run */

static const int64_t no_question = 0;

typedef struct mark {
  int64_t near_id, equal_id, item_id;
  int64_t question_id; /* no_question: a split */
  int64_t slot;        /* of a checklist: the option that is answered; 0 */
  uint64_t value;      /* option's id; of a checklist's: yes or no; hash of the split's name */
} mark;

typedef struct counting {
  lnti_project *project;
  int64_t question_id; /* 0: all */
  const lnti_duplicate *links;
  size_t n_links, at;
  mark *marks;
  size_t n_marks, capacity;
  lnti_ontology *ontology;
  lnti_duplicates *out;
  size_t example_capacity;
} counting;

const char *lnti_duplicate_kind_name(lnti_duplicate_kind kind) {
  static const char *const names[] = {"conflict", "near_conflict", "leak", "near_leak"};
  return names[kind];
}

void lnti_duplicates_clear(lnti_duplicates *duplicates) {
  for (size_t i = 0; i < duplicates->n_examples; i++) {
    free(duplicates->examples[i].a);
    free(duplicates->examples[i].b);
    free(duplicates->examples[i].a_value);
    free(duplicates->examples[i].b_value);
  }
  free(duplicates->examples);
  *duplicates = (lnti_duplicates){0};
}

/* ---- marks ---- */

/* The link of an item, or NULL; items come in order. */
static const lnti_duplicate *link_of(counting *c, int64_t item_id) {
  while (c->at < c->n_links && c->links[c->at].item_id < item_id) c->at++;
  return c->at < c->n_links && c->links[c->at].item_id == item_id ? &c->links[c->at] : NULL;
}

static lnt_status add_mark(counting *c, const lnti_duplicate *link, int64_t question_id, int64_t slot, uint64_t value,
                           lnt_error *err) {
  lnt_status status = lnti_grow(&c->marks, &c->capacity, c->n_marks + 1, sizeof *c->marks, err);
  if (status) return status;
  c->marks[c->n_marks++] = (mark){link->near_id, link->equal_id, link->item_id, question_id, slot, value};
  return LNT_OK;
}

static lnt_status mark_split(void *payload, const lnti_item *item, lnt_error *err) {
  counting *c = payload;
  const lnti_duplicate *link = link_of(c, item->id);
  if (!link || !*item->split) return LNT_OK;
  return add_mark(c, link, no_question, 0, lnti_hash_table(item->split, strlen(item->split), 1), err);
}

/* "Unsure" and "none of these" contradict nobody. */
static lnt_status mark_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  counting *c = payload;
  const lnti_duplicate *link = link_of(c, row->subject_id);
  if (!link || row->state != LNTI_ANSWERED || row->option_id == 0) return LNT_OK;
  if (c->question_id && row->question_id != c->question_id) return LNT_OK;
  return add_mark(c, link, row->question_id, row->slot, row->slot ? row->number > 0 : (uint64_t)row->option_id, err);
}

static lnt_status read_marks(counting *c, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t begin = 0, end; begin < c->n_links && !status; begin = end) {
    for (end = begin + 1; end < c->n_links && c->links[end].item_id - c->links[end - 1].item_id <= GAP_MAX;) end++;
    int64_t first = c->links[begin].item_id, last = c->links[end - 1].item_id;
    c->at = begin;
    status = lnti_store_scan_items(c->project->store, LNTI_SCAN_NAMES, first, last, mark_split, c, err);
    c->at = begin;
    if (!status) status = lnti_store_scan_answers(c->project->store, first, last, mark_answer, c, err);
  }
  return status;
}

/* ---- examples ---- */

typedef struct example_side {
  lnti_text uri;
  char *split;
} example_side;

static lnt_status read_side(void *payload, const lnti_item *item, lnt_error *err) {
  example_side *side = payload;
  lnt_status status = lnti_item_uri(&side->uri, item, err);
  return status ? status : lnti_strdup(&side->split, item->split, err);
}

/* The option of a mark; "?" where it is none any more. */
static lnt_status append_title(lnti_text *out, const counting *c, size_t option, lnt_error *err) {
  if (option == LNTI_NONE) return lnti_text_append(out, "?", 1, err);
  return lnti_ontology_option_name(out, c->ontology, option, err);
}

/* A label in words: "cat", or of a checklist "cat: no". */
static lnt_status describe_label(char **out, const counting *c, const mark *m, lnt_error *err) {
  lnti_text text = {0};
  size_t option = lnti_ontology_option_by_id(c->ontology, m->slot ? m->slot : (int64_t)m->value);
  lnt_status status = append_title(&text, c, option, err);
  if (!status && m->slot) status = lnti_text_printf(&text, err, "%s", m->value ? ": yes" : ": no");
  if (status) {
    lnti_text_clear(&text);
    return status;
  }
  *out = text.data;
  return LNT_OK;
}

/* One end of an example: where the item is, and its mark in words. */
static lnt_status describe_side(char **uri_out, char **value_out, const counting *c, const mark *m, lnt_error *err) {
  example_side side = {0};
  const lnti_item_query query = {.after_id = m->item_id - 1, .limit = 1};
  lnt_status status = lnti_store_items(c->project->store, &query, read_side, &side, err);
  *uri_out = side.uri.data;
  if (status || m->question_id == no_question) {
    *value_out = side.split;
    return status;
  }
  free(side.split);
  return describe_label(value_out, c, m, err);
}

static lnt_status add_example(counting *c, lnti_duplicate_kind kind, const mark *a, const mark *b, lnt_error *err) {
  lnti_duplicates *out = c->out;
  size_t n = out->n_examples;
  lnt_status status = LNT_OK;
  if (b->item_id < a->item_id) {
    const mark *swap = a;
    a = b;
    b = swap;
  }
  if (!c->ontology) status = lnti_store_ontology(&c->ontology, c->project->store, err);
  if (!status) status = lnti_grow(&out->examples, &c->example_capacity, n + 1, sizeof *out->examples, err);
  if (status) return status;
  lnti_duplicate_example *e = &out->examples[out->n_examples++];
  *e = (lnti_duplicate_example){.kind = kind, .a_id = a->item_id, .b_id = b->item_id};
  status = describe_side(&e->a, &e->a_value, c, a, err);
  return status ? status : describe_side(&e->b, &e->b_value, c, b, err);
}

static int compare_examples(const void *a, const void *b) {
  const lnti_duplicate_example *x = a, *y = b;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  if (x->a_id != y->a_id) return x->a_id < y->a_id ? -1 : 1;
  return x->b_id < y->b_id ? -1 : x->b_id > y->b_id;
}

/* ---- sets ---- */

static int compare_ids(int64_t x, int64_t y) {
  return x < y ? -1 : x > y;
}

static int compare_in_set(const mark *x, const mark *y) {
  int order = compare_ids(x->question_id, y->question_id);
  if (!order) order = compare_ids(x->slot, y->slot);
  if (!order) order = compare_ids(x->item_id, y->item_id);
  return order ? order : x->value < y->value ? -1 : x->value > y->value;
}

static int compare_in_equal(const void *a, const void *b) {
  const mark *x = a, *y = b;
  int order = compare_ids(x->equal_id, y->equal_id);
  return order ? order : compare_in_set(x, y);
}

static int compare_in_near(const void *a, const void *b) {
  const mark *x = a, *y = b;
  int order = compare_ids(x->near_id, y->near_id);
  return order ? order : compare_in_set(x, y);
}

/*
 * Two of the marks that differ in value, and of a near set in the picture too. Where neither all pictures nor all values
 * are the same there are such: b differs from a, the first, in the picture; if not in the value, then whoever differs in
 * the value differs in the picture from one of the two.
 */
static bool differing_pair(const mark **a_out, const mark **b_out, const mark *marks, size_t n, bool near) {
  const mark *a = &marks[0], *b = NULL, *value = NULL;
  for (size_t i = 1; i < n; i++) {
    if (!value && marks[i].value != a->value) value = &marks[i];
    if (!b && marks[i].equal_id != a->equal_id) b = &marks[i];
  }
  if (!value || (near && !b)) return false;
  if (!near) {
    b = value;
  } else if (a->value == b->value) {
    if (value->equal_id == a->equal_id) a = b;
    b = value;
  }
  *a_out = a;
  *b_out = b;
  return true;
}

static bool same_question(const mark *a, const mark *b) {
  return a->question_id == b->question_id && a->slot == b->slot;
}

/* The marks of one set, question by question; what one finds, the set is counted for once. */
static lnt_status count_set(counting *c, const mark *marks, size_t n, bool near, lnt_error *err) {
  const lnti_duplicate_kind conflict = near ? LNTI_NEAR_CONFLICT : LNTI_EQUAL_CONFLICT,
                            leak = near ? LNTI_NEAR_LEAK : LNTI_EQUAL_LEAK;
  bool counted[LNTI_DUPLICATE_KINDS] = {false};
  lnt_status status = LNT_OK;
  for (size_t begin = 0, end; begin < n && !status; begin = end) {
    const mark *a = NULL, *b = NULL;
    for (end = begin + 1; end < n && same_question(&marks[end], &marks[begin]);) end++;
    lnti_duplicate_kind kind = marks[begin].question_id == no_question ? leak : conflict;
    if (counted[kind] || !differing_pair(&a, &b, marks + begin, end - begin, near)) continue;
    counted[kind] = true;
    if (c->out->sets[kind]++ < LNTI_DUPLICATE_EXAMPLES) status = add_example(c, kind, a, b, err);
  }
  return status;
}

static lnt_status count_sets(counting *c, bool near, lnt_error *err) {
  const mark *marks = c->marks;
  lnt_status status = LNT_OK;
  if (c->n_marks > 1) qsort(c->marks, c->n_marks, sizeof *c->marks, near ? compare_in_near : compare_in_equal);
  for (size_t begin = 0, end; begin < c->n_marks && !status; begin = end) {
    for (end = begin + 1; end < c->n_marks; end++) {
      if (near ? marks[end].near_id != marks[begin].near_id : marks[end].equal_id != marks[begin].equal_id) break;
    }
    status = count_set(c, marks + begin, end - begin, near, err);
  }
  return status;
}

lnt_status lnti_duplicates_count(lnti_duplicates *out, lnti_project *project, int64_t question_id,
                                 const lnti_duplicate *links, size_t n, lnt_error *err) {
  lnti_duplicates found = {0};
  counting c = {.project = project, .question_id = question_id, .links = links, .n_links = n, .out = &found};
  for (size_t i = 0; i < n; i++) { /* whoever is not the lowest of its set is one too many */
    found.copies += links[i].equal_id != links[i].item_id;
    found.near += links[i].equal_id == links[i].item_id && links[i].near_id != links[i].item_id;
  }
  lnt_status status = read_marks(&c, err);
  if (!status) status = count_sets(&c, false, err);
  if (!status) status = count_sets(&c, true, err);
  if (!status) {
    if (found.n_examples > 1) qsort(found.examples, found.n_examples, sizeof *found.examples, compare_examples);
    *out = found;
    found = (lnti_duplicates){0};
  }
  lnti_duplicates_clear(&found);
  lnti_ontology_free(c.ontology);
  free(c.marks);
  return status;
}

/* ---- what the store has ---- */

typedef struct link_list {
  lnti_duplicate *links;
  size_t n, capacity;
} link_list;

static lnt_status collect_link(void *payload, const lnti_duplicate *link, lnt_error *err) {
  link_list *list = payload;
  lnt_status status = lnti_grow(&list->links, &list->capacity, list->n + 1, sizeof *list->links, err);
  if (!status) list->links[list->n++] = *link;
  return status;
}

lnt_status lnti_duplicates_read(lnti_duplicates *out, lnti_project *project, int64_t question_id, lnt_error *err) {
  link_list list = {0};
  lnt_status status = lnti_store_duplicates(project->store, 0, INT64_MAX, collect_link, &list, err);
  if (!status) status = lnti_duplicates_count(out, project, question_id, list.links, list.n, err);
  free(list.links);
  return status;
}

/* ---- in words ---- */

static const lnti_duplicate_example *first_example(const lnti_duplicates *d, lnti_duplicate_kind kind) {
  for (size_t i = 0; i < d->n_examples; i++) {
    if (d->examples[i].kind == kind) return &d->examples[i];
  }
  return NULL;
}

lnt_status lnti_duplicates_warn(lnti_messages *warnings, const lnti_duplicates *duplicates, lnt_error *err) {
  static const struct {
    const char *of, *one, *several;
  } words[] = {
      {"identical", "carries different labels", "carry different labels"},
      {"nearly identical", "carries different labels", "carry different labels"},
      {"identical", "lies in more than one split: scores on the test split will be too good",
       "lie in more than one split: scores on the test split will be too good"},
      {"nearly identical", "lies in more than one split: scores on the test split will be too good",
       "lie in more than one split: scores on the test split will be too good"},
  };
  lnt_status status = LNT_OK;
  for (int kind = 0; kind < LNTI_DUPLICATE_KINDS && !status; kind++) {
    size_t n = duplicates->sets[kind];
    const lnti_duplicate_example *e = first_example(duplicates, (lnti_duplicate_kind)kind);
    if (n == 0 || !e) continue;
    status = lnti_messages_add(warnings, err, "%zu %s of %s pictures %s. For example %s (%s) and %s (%s)", n,
                               lnti_plural(n, "set", "sets"), words[kind].of,
                               n == 1 ? words[kind].one : words[kind].several, e->a, e->a_value, e->b, e->b_value);
  }
  return status;
}
