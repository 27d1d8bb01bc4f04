/*
 * The option that a filter's word names. People write titles, scripts write ids, and a title may be the id of another option:
 * so exact titles go before ids, ids before aliases, and only what is none of these is compared without regard to case.
 */
#include <flow/filter/parts.h>

#include <base/error.h>
#include <base/text.h>
#include <string.h>
#include <strings.h>

enum {
  NAMES_COMPARED = 4096,
  COMPARISONS_MAX = 50000000 /* of words with options, in one filter: under a second */
};

typedef enum match_rank { NO_MATCH, MATCH_ANY_CASE, MATCH_ALIAS, MATCH_ID, MATCH_TITLE } match_rank;

static size_t first_of(const lnti_ontology *o, size_t question, size_t parent) {
  return parent == LNTI_NONE ? o->questions[question].first_option : o->options[parent].first_child;
}

static match_rank rank_of(const lnti_option *option, const char *text) {
  if (strcmp(option->title, text) == 0) return MATCH_TITLE;
  if (strcmp(option->key, text) == 0) return MATCH_ID;
  bool any_case = strcasecmp(option->title, text) == 0 || strcasecmp(option->key, text) == 0;
  for (const char *const *alias = option->aliases; alias && *alias; alias++) {
    if (strcmp(*alias, text) == 0) return MATCH_ALIAS;
    any_case = any_case || strcasecmp(*alias, text) == 0;
  }
  return any_case ? MATCH_ANY_CASE : NO_MATCH;
}

static lnt_status spend(lnti_filter *filter, size_t n, lnt_error *err) {
  filter->n_compared += n;
  if (filter->n_compared <= COMPARISONS_MAX) return LNT_OK;
  return lnti_fail(err, LNT_ELIMIT, "too many values for so many options; ask with several filters");
}

static lnt_status fail_ambiguous(const lnti_ontology *o, const char *text, size_t a, size_t b, lnt_error *err) {
  return lnti_fail(
      err, LNT_EINVAL,
      "\"%.100s\" may be the option %.60s (\"%.60s\") or %.60s (\"%.60s\"); write the one that is meant as "
      "it stands here",
      text, o->options[a].key, o->options[a].title, o->options[b].key, o->options[b].title);
}

/* The best match among the options below `parent`; LNTI_NONE. */
static lnt_status find_sibling(lnti_option_match *out, lnti_filter *filter, size_t question, size_t parent,
                               const char *text, lnt_error *err) {
  const lnti_ontology *o = filter->names->ontology;
  lnti_option_match match = {LNTI_NONE, LNTI_NONE};
  match_rank best = NO_MATCH;
  size_t second = LNTI_NONE, n = 0; /* as good as the best */
  for (size_t i = first_of(o, question, parent); i != LNTI_NONE; i = o->options[i].next_sibling, n++) {
    match_rank rank = rank_of(&o->options[i], text);
    if (rank == MATCH_ID) match.by_id = i;
    if (rank > best) {
      best = rank;
      match.option = i;
      second = LNTI_NONE;
    } else if (rank != NO_MATCH && rank == best) {
      second = i;
    }
  }
  lnt_status status = spend(filter, n, err);
  if (!status && second != LNTI_NONE) status = fail_ambiguous(o, text, match.option, second, err);
  if (match.by_id == match.option) match.by_id = LNTI_NONE;
  if (!status) *out = match;
  return status;
}

lnt_status lnti_filter_find_option(lnti_option_match *out, lnti_filter *filter, size_t question, const char *path,
                                   lnt_error *err) {
  lnti_option_match match = {LNTI_NONE, LNTI_NONE};
  char part[LNTI_ONTOLOGY_TITLE_MAX + 1];
  if (filter->names->ontology->questions[question].type != LNTI_TREE) {
    return find_sibling(out, filter, question, LNTI_NONE, path, err);
  }
  for (const char *rest = path;;) {
    size_t n = strcspn(rest, "/");
    *out = (lnti_option_match){LNTI_NONE, LNTI_NONE};
    if (n == 0 || n >= sizeof part) return LNT_OK;
    memcpy(part, rest, n);
    part[n] = '\0';
    lnt_status status = find_sibling(&match, filter, question, match.option, part, err);
    if (status || match.option == LNTI_NONE) return status;
    rest += n + (rest[n] == '/');
    if (!*rest) break; /* a slash at the end is forgiven */
  }
  *out = match;
  return LNT_OK;
}

lnt_status lnti_filter_match_options(size_t *n_out, lnti_filter *filter, size_t question, const char *pattern,
                                     lnti_option_visit visit, void *payload, lnt_error *err) {
  const lnti_ontology *o = filter->names->ontology;
  lnti_text path = {0};
  size_t n = 0;
  lnt_status status = spend(filter, o->n_options, err);
  for (size_t i = 0; i < o->n_options && !status; i++) {
    if (o->options[i].question != question) continue;
    path.length = 0;
    status = lnti_ontology_option_path(&path, o, i, err);
    if (status) break;
    if (!lnti_pattern_match(pattern, path.data) && !lnti_pattern_match(pattern, o->options[i].title)) continue;
    status = visit(payload, i, err);
    n++;
  }
  lnti_text_clear(&path);
  *n_out = n;
  return status;
}

/* The option of a question that has this id or title; one there is. */
static size_t named(const lnti_ontology *o, size_t question, const char *name) {
  for (size_t i = 0; i < o->n_options; i++) {
    if (o->options[i].question == question && (o->options[i].key == name || o->options[i].title == name)) return i;
  }
  return LNTI_NONE;
}

lnt_status lnti_filter_no_option(const lnti_filter_names *given, size_t question, const char *word, lnt_error *err) {
  const lnti_ontology *o = given->ontology;
  const char *title = o->questions[question].title, *names[NAMES_COMPARED];
  const char *slash = strrchr(word, '/'), *last = slash && slash[1] ? slash + 1 : word; /* of a tree's path */
  bool tree = o->questions[question].type == LNTI_TREE;
  lnti_text path = {0};
  size_t n = 0;
  for (size_t i = 0; i < o->n_options && n + 2 <= NAMES_COMPARED; i++) {
    if (o->options[i].question != question) continue;
    names[n++] = o->options[i].key;
    names[n++] = o->options[i].title;
  }
  const char *near = lnti_nearest_name(tree ? last : word, names, n);
  if (near && tree) {
    lnt_status status = lnti_ontology_option_path(&path, o, named(o, question, near), err);
    if (status) return status;
    near = path.data;
  }
  lnt_status status =
      near ? lnti_fail(
                 err, LNT_EINVAL,
                 "\"%.100s\" has no option \"%.100s\"; did you mean \"%.200s\"? See them with: linnet ontology show",
                 title, word, near)
           : lnti_fail(err, LNT_EINVAL,
                       "\"%.100s\" has no option \"%.100s\"; see them with: linnet ontology show (besides there are "
                       "unanswered, answered, unsure and none)",
                       title, word);
  lnti_text_clear(&path);
  return status;
}
