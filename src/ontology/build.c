/*
 * Adding questions and options. Every way in (JSON, the store, an import that meets new classes) adds through these
 * functions, so the rules of keys, titles and depth stand here alone.
 *
 * Order within each: check, then get all memory (arena text, array, index), then write. So a failure leaves the
 * ontology as it was, but for some unused text in the arena.
 */
#include <ontology/internal.h>

#include <base/error.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lnt_status lnti_ontology_text(const char **out, lnti_ontology *ontology, const char *text, lnt_error *err) {
  if (!*text) {
    *out = "";
    return LNT_OK;
  }
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, &ontology->arena, text, strlen(text), err);
  if (!status) *out = copy;
  return status;
}

lnt_status lnti_check_line(const char *what, const char *text, size_t max, lnt_error *err) {
  size_t n = strlen(text);
  if (n == 0) return lnti_fail(err, LNT_EINVAL, "the %s is empty", what);
  if (n > max) {
    return lnti_fail(err, LNT_ELIMIT, "the %s \"%.40s...\" has %zu bytes; at most %zu", what, text, n, max);
  }
  size_t valid = lnti_utf8_valid(text, n);
  if (valid < n) return lnti_fail(err, LNT_EINVAL, "the %s is not valid UTF-8 at byte %zu", what, valid);
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20 || c == 0x7f) {
      return lnti_fail(err, LNT_EINVAL, "the %s has control character %u at byte %zu", what, c, i);
    }
  }
  return LNT_OK;
}

lnt_status lnti_check_key(const char *key, lnt_error *err) {
  lnt_status status = lnti_check_line("id", key, LNTI_ONTOLOGY_KEY_MAX, err);
  if (status) return status;
  if (strchr(key, '/')) {
    return lnti_fail(err, LNT_EINVAL, "the id \"%s\" has a '/', which separates the parts of a path", key);
  }
  if (key[0] == ' ' || key[strlen(key) - 1] == ' ') {
    return lnti_fail(err, LNT_EINVAL, "the id \"%s\" begins or ends with a blank", key);
  }
  return LNT_OK;
}

/* Where a key is to be unique: the questions under an option, or the options of a question below an option. */
typedef struct siblings {
  bool of_questions;
  size_t question;
  size_t parent;
} siblings;

/* Attributes of an option and the options below it share their keys, so that a path names one of them. */
static bool taken(const lnti_ontology *ontology, const siblings *at, const char *key) {
  const lnti_option *above = at->parent == LNTI_NONE ? NULL : &ontology->options[at->parent];
  bool beside_questions = at->of_questions || (above && above->first_attribute != LNTI_NONE);
  bool beside_options = !at->of_questions || (above && above->first_child != LNTI_NONE);
  if (beside_questions && lnti_index_find_question(ontology, at->parent, key) != LNTI_NONE) return true;
  if (!beside_options) return false;
  size_t question = at->of_questions ? above->question : at->question;
  return lnti_index_find_option(ontology, LNTI_INDEX_OPTION_KEY, question, at->parent, key) != LNTI_NONE;
}

/* base, or base-2, base-3...: the first free, found by doubling and halving, since an import may bring thousands of
 * folders of one name. Where there are gaps it may not be the very first. */
static lnt_status free_key(char *key, size_t bytes, const lnti_ontology *ontology, const siblings *at,
                           const char *title, lnt_error *err) {
  char *base = NULL;
  lnt_status status = lnti_slug(&base, title, err);
  if (status) return status;
  size_t keep = strlen(base);
  if (keep > LNTI_ONTOLOGY_KEY_MAX - 24) keep = LNTI_ONTOLOGY_KEY_MAX - 24;
  keep = lnti_utf8_valid(base, keep);
  snprintf(key, bytes, "%.*s", (int)keep, base);
  if (taken(ontology, at, key)) {
    size_t low = 1, high = 2; /* low is taken; high, in the end, is free */
    while (snprintf(key, bytes, "%.*s-%zu", (int)keep, base, high), taken(ontology, at, key)) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      size_t middle = low + (high - low) / 2;
      snprintf(key, bytes, "%.*s-%zu", (int)keep, base, middle);
      if (taken(ontology, at, key)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    snprintf(key, bytes, "%.*s-%zu", (int)keep, base, high);
  }
  free(base);
  return LNT_OK;
}

/* Checks key and title, makes what is missing of them, and copies both into the arena. */
static lnt_status prepare_names(const char **key_out, const char **title_out, lnti_ontology *ontology,
                                const siblings *at, const char *key, const char *title, lnt_error *err) {
  char made[LNTI_ONTOLOGY_KEY_MAX + 1];
  lnt_status status = LNT_OK;
  if (!key && !title) return lnti_fail(err, LNT_EINVAL, "neither an id nor a title is given");
  if (title) status = lnti_check_line("title", title, LNTI_ONTOLOGY_TITLE_MAX, err);
  if (status) return status;
  if (!key) {
    status = free_key(made, sizeof made, ontology, at, title, err);
    if (status) return status;
    key = made;
  }
  status = lnti_check_key(key, err);
  if (status) return status;
  if (taken(ontology, at, key)) {
    return lnti_fail(err, LNT_EEXISTS, "the id \"%s\" is taken by a sibling; give it another", key);
  }
  const char *key_copy = NULL, *title_copy = NULL;
  status = lnti_ontology_text(&key_copy, ontology, key, err);
  if (status) return status;
  if (!title || strcmp(title, key) == 0) {
    title_copy = key_copy;
  } else {
    status = lnti_ontology_text(&title_copy, ontology, title, err);
    if (status) return status;
  }
  *key_out = key_copy;
  *title_out = title_copy;
  return LNT_OK;
}

static lnt_status check_depth(unsigned depth, lnt_error *err) {
  if (depth < LNTI_ONTOLOGY_DEPTH_MAX - 1) return LNT_OK;
  return lnti_fail(err, LNT_ELIMIT, "questions and options are nested more than %d deep", LNTI_ONTOLOGY_DEPTH_MAX - 1);
}

/* Depth of an option counting all above it, questions too. */
static unsigned full_depth(const lnti_ontology *ontology, size_t option) {
  const lnti_option *o = &ontology->options[option];
  return ontology->questions[o->question].depth + 1 + o->depth;
}

/* Appends `index` to the chain of siblings that begins at *first. */
#define CHAIN(array, first, last, index)       \
  do {                                         \
    if (*(first) == LNTI_NONE) {               \
      *(first) = (index);                      \
    } else {                                   \
      (array)[*(last)].next_sibling = (index); \
    }                                          \
    *(last) = (index);                         \
  } while (0)

static bool of_rank(const lnti_ontology *ontology, size_t option) {
  return ontology->questions[ontology->options[option].question].type == LNTI_RANK;
}

lnt_status lnti_ontology_add_question(size_t *index_out, lnti_ontology *ontology, lnti_question_type type,
                                      const char *key, const char *title, size_t parent_option, lnt_error *err) {
  if (type < LNTI_RADIO || type > LNTI_RANK) {
    return lnti_fail(err, LNT_EINVAL, "no type of question has the number %d", (int)type);
  }
  if (parent_option != LNTI_NONE && parent_option >= ontology->n_options) {
    return lnti_fail(err, LNT_EINVAL, "no option %zu: there are %zu", parent_option, ontology->n_options);
  }
  if (parent_option != LNTI_NONE && of_rank(ontology, parent_option)) {
    return lnti_fail(err, LNT_EINVAL, "an option of a rank has a place and is not chosen: no question can hang on it");
  }
  if (ontology->n_questions >= LNTI_ONTOLOGY_QUESTIONS_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "more than %d questions", LNTI_ONTOLOGY_QUESTIONS_MAX);
  }
  lnti_question q = {.type = type,
                     .level = LNTI_LEVEL_ITEM,
                     .description = "",
                     .unit = "",
                     .min = -INFINITY,
                     .max = INFINITY,
                     .parent_option = parent_option,
                     .first_option = LNTI_NONE,
                     .last_option = LNTI_NONE,
                     .next_sibling = LNTI_NONE};
  if (parent_option != LNTI_NONE) {
    q.level = ontology->questions[ontology->options[parent_option].question].level;
    q.depth = full_depth(ontology, parent_option) + 1;
  }
  lnt_status status = check_depth(q.depth, err);
  if (status) return status;
  siblings at = {true, LNTI_NONE, parent_option};
  status = prepare_names(&q.key, &q.title, ontology, &at, key, title, err);
  if (status) return status;
  status = lnti_grow(&ontology->questions, &ontology->question_capacity, ontology->n_questions + 1, sizeof q, err);
  if (status) return status;
  status = lnti_index_reserve(ontology, 2, err);
  if (status) return status;

  size_t index = ontology->n_questions++;
  ontology->questions[index] = q;
  if (parent_option == LNTI_NONE) {
    CHAIN(ontology->questions, &ontology->first_question, &ontology->last_question, index);
  } else {
    lnti_option *above = &ontology->options[parent_option];
    CHAIN(ontology->questions, &above->first_attribute, &above->last_attribute, index);
  }
  lnti_index_add_new_text(ontology, LNTI_INDEX_QUESTION_KEY, index, q.key);
  *index_out = index;
  return LNT_OK;
}

/* The question takes options, and `parent` is one of its own and may have some below it. */
static lnt_status check_option_place(const lnti_ontology *ontology, size_t question, size_t parent, lnt_error *err) {
  if (question >= ontology->n_questions) {
    return lnti_fail(err, LNT_EINVAL, "no question %zu: there are %zu", question, ontology->n_questions);
  }
  const lnti_question *q = &ontology->questions[question];
  if (!lnti_question_type_has_options(q->type)) {
    return lnti_fail(err, LNT_EINVAL, "the question \"%s\" asks for a %s and has no options", q->key,
                     lnti_question_type_name(q->type));
  }
  if (parent != LNTI_NONE) {
    if (parent >= ontology->n_options || ontology->options[parent].question != question) {
      return lnti_fail(err, LNT_EINVAL, "the option above is not one of the question \"%s\"", q->key);
    }
    if (q->type != LNTI_TREE) {
      return lnti_fail(err, LNT_EINVAL, "the question \"%s\" is no tree: its options have none below them", q->key);
    }
  }
  if (ontology->n_options >= LNTI_ONTOLOGY_OPTIONS_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "more than %d options", LNTI_ONTOLOGY_OPTIONS_MAX);
  }
  if (q->type == LNTI_RANK && q->n_options >= LNTI_ONTOLOGY_RANK_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "the rank \"%s\" has %d options, and nobody puts more in an order", q->key,
                     LNTI_ONTOLOGY_RANK_MAX);
  }
  return LNT_OK;
}

lnt_status lnti_ontology_add_option(size_t *index_out, lnti_ontology *ontology, size_t question, size_t parent,
                                    const char *key, const char *title, lnt_error *err) {
  lnt_status status = check_option_place(ontology, question, parent, err);
  if (status) return status;
  lnti_option o = {.description = "",
                   .hotkey = "",
                   .color = "",
                   .code = "",
                   .question = question,
                   .parent = parent,
                   .first_child = LNTI_NONE,
                   .last_child = LNTI_NONE,
                   .first_attribute = LNTI_NONE,
                   .last_attribute = LNTI_NONE,
                   .next_sibling = LNTI_NONE};
  if (parent != LNTI_NONE) o.depth = ontology->options[parent].depth + 1;
  status = check_depth(ontology->questions[question].depth + 1 + o.depth, err);
  if (status) return status;
  siblings at = {false, question, parent};
  status = prepare_names(&o.key, &o.title, ontology, &at, key, title, err);
  if (status) return status;
  status = lnti_grow(&ontology->options, &ontology->option_capacity, ontology->n_options + 1, sizeof o, err);
  if (status) return status;
  status = lnti_index_reserve(ontology, o.title == o.key ? 2 : 3, err);
  if (status) return status;

  size_t index = ontology->n_options++;
  ontology->options[index] = o;
  if (parent == LNTI_NONE) {
    lnti_question *q = &ontology->questions[question];
    CHAIN(ontology->options, &q->first_option, &q->last_option, index);
    q->n_options++;
  } else {
    lnti_option *above = &ontology->options[parent];
    CHAIN(ontology->options, &above->first_child, &above->last_child, index);
    above->n_children++;
  }
  lnti_index_add_new_text(ontology, LNTI_INDEX_OPTION_KEY, index, o.key);
  if (o.title != o.key) lnti_index_add_text(ontology, LNTI_INDEX_OPTION_TITLE, index, o.title);
  *index_out = index;
  return LNT_OK;
}

lnt_status lnti_ontology_reserve(lnti_ontology *ontology, size_t n_questions, size_t n_options, lnt_error *err) {
  enum { ENTRIES_QUESTION = 2, ENTRIES_OPTION = 3 }; /* as they are reserved above */
  lnti_ontology *o = ontology;
  lnt_status status = lnti_grow(&o->questions, &o->question_capacity, n_questions, sizeof *o->questions, err);
  if (!status) status = lnti_grow(&o->options, &o->option_capacity, n_options, sizeof *o->options, err);
  if (status) return status;
  return lnti_index_widen(o, n_questions * ENTRIES_QUESTION + n_options * ENTRIES_OPTION, err);
}

/* Copies a NULL-terminated list into the arena; an empty list becomes NULL. */
static lnt_status copy_list(const char *const **out, size_t *n_out, lnti_ontology *ontology, const char *what,
                            const char *const *list, lnt_error *err) {
  size_t n = 0;
  while (list[n]) n++;
  if (n > LNTI_ONTOLOGY_LIST_MAX) {
    return lnti_fail(err, LNT_ELIMIT, "%zu times \"%s\"; at most %d", n, what, LNTI_ONTOLOGY_LIST_MAX);
  }
  const char **copy = NULL;
  lnt_status status = LNT_OK;
  if (n) status = lnti_arena_alloc(&copy, &ontology->arena, n + 1, sizeof *copy, err);
  for (size_t i = 0; i < n && !status; i++) {
    status = lnti_check_line(what, list[i], LNTI_ONTOLOGY_TITLE_MAX, err);
    if (!status) status = lnti_ontology_text(&copy[i], ontology, list[i], err);
  }
  if (status) return status;
  *out = copy;
  *n_out = n;
  return LNT_OK;
}

enum { HOTKEY_MAX = 32 };

static lnt_status check_hotkey(const lnti_ontology *ontology, size_t option, const char *hotkey, lnt_error *err) {
  if (!*hotkey) return LNT_OK;
  lnt_status status = lnti_check_line("key", hotkey, HOTKEY_MAX, err);
  if (status) return status;
  const lnti_option *o = &ontology->options[option];
  size_t other = lnti_index_find_option(ontology, LNTI_INDEX_OPTION_HOTKEY, o->question, o->parent, hotkey);
  if (other != LNTI_NONE && other != option && strcmp(ontology->options[other].hotkey, hotkey) == 0) {
    return lnti_fail(err, LNT_EEXISTS, "the key \"%s\" is that of the option \"%s\" already", hotkey,
                     ontology->options[other].key);
  }
  return LNT_OK;
}

lnt_status lnti_ontology_set_option_words(lnti_ontology *ontology, size_t option, const char *hotkey,
                                          const char *const *aliases, const char *const *examples, lnt_error *err) {
  if (option >= ontology->n_options) {
    return lnti_fail(err, LNT_EINVAL, "no option %zu: there are %zu", option, ontology->n_options);
  }
  lnti_option o = ontology->options[option];
  size_t n_aliases = 0, n_examples = 0;
  lnt_status status = LNT_OK;
  if (hotkey) {
    status = check_hotkey(ontology, option, hotkey, err);
    if (!status) status = lnti_ontology_text(&o.hotkey, ontology, hotkey, err);
  }
  if (!status && aliases) status = copy_list(&o.aliases, &n_aliases, ontology, "alias", aliases, err);
  if (!status && examples) status = copy_list(&o.examples, &n_examples, ontology, "example", examples, err);
  if (!status) status = lnti_index_reserve(ontology, n_aliases + (hotkey && *hotkey ? 1 : 0), err);
  if (status) return status;
  ontology->options[option] = o;
  if (hotkey && *hotkey) lnti_index_add_text(ontology, LNTI_INDEX_OPTION_HOTKEY, option, o.hotkey);
  for (size_t i = 0; i < n_aliases; i++) {
    lnti_index_add_text(ontology, LNTI_INDEX_OPTION_ALIAS, option, o.aliases[i]);
  }
  return LNT_OK;
}

static lnt_status check_code(const lnti_ontology *ontology, size_t option, const char *code, lnt_error *err) {
  lnt_status status = lnti_check_line("code", code, LNTI_ONTOLOGY_CODE_MAX, err);
  if (status) return status;
  size_t other = lnti_ontology_find_code(ontology, ontology->options[option].question, code);
  if (other == LNTI_NONE) return LNT_OK;
  return lnti_fail(err, LNT_EEXISTS, "the code \"%s\" is that of the option \"%s\" already", code,
                   ontology->options[other].key);
}

lnt_status lnti_ontology_set_option_code(lnti_ontology *ontology, size_t option, const char *code, lnt_error *err) {
  if (option >= ontology->n_options) {
    return lnti_fail(err, LNT_EINVAL, "no option %zu: there are %zu", option, ontology->n_options);
  }
  if (*ontology->options[option].code) {
    return lnti_fail(err, LNT_EINVAL, "the option \"%s\" has a code already", ontology->options[option].key);
  }
  const char *copy = NULL;
  lnt_status status = check_code(ontology, option, code, err);
  if (!status) status = lnti_ontology_text(&copy, ontology, code, err);
  if (!status) status = lnti_index_reserve(ontology, 1, err);
  if (status) return status;
  ontology->options[option].code = copy;
  lnti_index_add_new_text(ontology, LNTI_INDEX_OPTION_CODE, option, copy);
  return LNT_OK;
}

/* ---- for changes ---- */

lnt_status lnti_ontology_check_title(const char *title, lnt_error *err) {
  return lnti_check_line("title", title, LNTI_ONTOLOGY_TITLE_MAX, err);
}

lnt_status lnti_ontology_check_key(const lnti_ontology *ontology, size_t question, size_t parent, const char *key,
                                   lnt_error *err) {
  const siblings at = {question == LNTI_NONE, question, parent};
  lnt_status status = lnti_check_key(key, err);
  if (status || !taken(ontology, &at, key)) return status;
  return lnti_fail(err, LNT_EEXISTS, "the id \"%s\" is taken by a sibling; give it another", key);
}
