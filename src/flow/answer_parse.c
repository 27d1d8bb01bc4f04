/*
 * From words to answers. Nothing is judged here but whether the words mean something: the rules are lnti_answer_check's.
 */
#include <flow/answer_parse.h>

#include <base/error.h>
#include <base/text.h>
#include <ontology/change.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_COMPARED = 2048 };

/* ---- keys ---- */

static const char *skip_prefix(const char *key, const char *prefix) {
  size_t n = strlen(prefix);
  return strncmp(key, prefix, n) == 0 ? key + n : NULL;
}

static size_t find_question(const lnti_ontology *ontology, const char *path, size_t n) {
  char text[LNTI_ONTOLOGY_TITLE_MAX + 1];
  size_t question = LNTI_NONE;
  lnt_error ignored = LNT_ERROR_INIT;
  if (n == 0 || n >= sizeof text) return LNTI_NONE;
  memcpy(text, path, n);
  text[n] = '\0';
  return lnti_ontology_find_question(&question, ontology, text, &ignored) ? LNTI_NONE : question;
}

/* An option by its path in its question. */
static size_t find_option(const lnti_ontology *ontology, size_t question, const char *path) {
  const lnti_question *q = &ontology->questions[question];
  char part[LNTI_ONTOLOGY_TITLE_MAX + 1];
  size_t option = LNTI_NONE;
  if (q->type != LNTI_TREE) {
    option = lnti_ontology_find_option(ontology, question, LNTI_NONE, path);
    return option != LNTI_NONE ? option : lnti_ontology_find_code(ontology, question, path);
  }
  for (const char *rest = path;;) {
    size_t n = strcspn(rest, "/");
    if (n == 0 || n >= sizeof part) return LNTI_NONE;
    memcpy(part, rest, n);
    part[n] = '\0';
    option = lnti_ontology_find_option(ontology, question, option, part);
    if (option == LNTI_NONE) return lnti_ontology_find_code(ontology, question, path);
    if (!rest[n]) return option;
    rest += n + 1;
  }
}

/* "labels/cat", as exported tables call an option of a checklist. */
static void find_slash_option(lnti_answer_key *out, const lnti_ontology *ontology, const char *path) {
  size_t question = LNTI_NONE, option = LNTI_NONE;
  lnt_error ignored = LNT_ERROR_INIT;
  if (lnti_ontology_find_place(&question, &option, ontology, path, &ignored) || option == LNTI_NONE) return;
  if (ontology->questions[question].type != LNTI_CHECKLIST) return;
  out->question = question;
  out->option = option;
}

lnt_status lnti_answer_key_find(lnti_answer_key *out, const lnti_ontology *ontology, const char *key, lnt_error *err) {
  lnti_answer_key found = {.question = LNTI_NONE, .option = LNTI_NONE};
  const char *rest = skip_prefix(key, "answers_no.");
  found.no = rest != NULL;
  if (!rest) rest = skip_prefix(key, "answers.");
  if (!rest) rest = skip_prefix(key, "answer.");
  if (!rest) rest = key;
  found.question = find_question(ontology, rest, strlen(rest));
  for (const char *point = strchr(rest, '.'); point && found.question == LNTI_NONE; point = strchr(point + 1, '.')) {
    size_t question = find_question(ontology, rest, (size_t)(point - rest));
    if (question == LNTI_NONE) continue;
    found.option = find_option(ontology, question, point + 1);
    found.state = found.option == LNTI_NONE && strcmp(point + 1, "state") == 0;
    found.others = found.option == LNTI_NONE && strcmp(point + 1, "others") == 0 &&
                   ontology->questions[question].type == LNTI_CHECKLIST;
    if (found.others) {
      found.question = question;
    } else if (found.option == LNTI_NONE && strcmp(point + 1, "yes") == 0) { /* of {"state": "unsure", "yes": [...]} */
      found.question = question;
    } else if (found.state || (found.option != LNTI_NONE && ontology->questions[question].type == LNTI_CHECKLIST)) {
      found.question = question;
    }
  }
  if (found.question == LNTI_NONE) find_slash_option(&found, ontology, rest);
  if (found.question != LNTI_NONE) {
    *out = found;
    return LNT_OK;
  }
  size_t ignored = 0;
  lnt_error reason = LNT_ERROR_INIT;
  if (lnti_ontology_find_question(&ignored, ontology, rest, &reason)) {
    return lnti_fail(err, LNT_EINVAL, "%s", reason.message);
  }
  return LNT_OK;
}

/* ---- values ---- */

static lnt_status add(lnti_answer_list *out, const lnti_answer *answer, lnt_error *err) {
  lnt_status status = lnti_grow(&out->answer, &out->capacity, out->n + 1, sizeof *out->answer, err);
  if (!status) out->answer[out->n++] = *answer;
  return status;
}

static lnt_status fail_option(const lnti_ontology *ontology, size_t question, const char *text, lnt_error *err) {
  const lnti_question *q = &ontology->questions[question];
  const char *names[NAMES_COMPARED];
  size_t n = 0;
  for (size_t i = q->first_option; i != LNTI_NONE && n + 2 <= NAMES_COMPARED; i = ontology->options[i].next_sibling) {
    names[n++] = ontology->options[i].key;
    names[n++] = ontology->options[i].title;
  }
  const char *near = lnti_nearest_name(text, names, n);
  if (near) {
    return lnti_fail(err, LNT_EINVAL, "\"%.100s\" has no option \"%.100s\"; did you mean \"%.100s\"?", q->key, text,
                     near);
  }
  return lnti_fail(err, LNT_EINVAL, "\"%.100s\" has no option \"%.100s\"; see them with: linnet ontology show", q->key,
                   text);
}

/* "unsure", "none"; an option of that name goes first. */
static bool read_state(lnti_answer_state *out, const char *text) {
  static const struct {
    const char *word;
    lnti_answer_state state;
  } words[] = {{"unsure", LNTI_UNSURE},
               {"none", LNTI_NONE_OF_THESE},
               {"none of these", LNTI_NONE_OF_THESE},
               {"(unsure)", LNTI_UNSURE},
               {"(none of these)", LNTI_NONE_OF_THESE},
               {"clear", LNTI_CLEARED},
               {"cleared", LNTI_CLEARED},
               {"answered", LNTI_ANSWERED},
               {"none_of_these", LNTI_NONE_OF_THESE}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(text, words[i].word) != 0) continue;
    *out = words[i].state;
    return true;
  }
  return false;
}

static lnt_status add_state(lnti_answer_list *out, const lnti_answer_key *key, lnti_answer_state state,
                            lnt_error *err) {
  const lnti_answer answer = {key->question, state, key->option, (double)NAN, NULL};
  return state == LNTI_ANSWERED ? LNT_OK : add(out, &answer, err);
}

static lnt_status add_option(lnti_answer_list *out, const lnti_ontology *ontology, const lnti_answer_key *key,
                             const char *text, double number, lnt_error *err) {
  size_t option = find_option(ontology, key->question, text);
  if (option == LNTI_NONE) return fail_option(ontology, key->question, text, err);
  const lnti_answer answer = {key->question, LNTI_ANSWERED, option, number, NULL};
  return add(out, &answer, err);
}

static lnt_status add_yes_or_no(lnti_answer_list *out, const lnti_ontology *ontology, const lnti_answer_key *key,
                                const char *text, lnt_error *err) {
  static const char *const words[] = {"yes", "true", "1", "no", "false", "0"};
  if (strcmp(text, "clear") == 0 || strcmp(text, "unknown") == 0) return add_state(out, key, LNTI_CLEARED, err);
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(text, words[i]) != 0) continue;
    const lnti_answer answer = {key->question, LNTI_ANSWERED, key->option, i < 3 ? 1 : 0, NULL};
    return add(out, &answer, err);
  }
  return lnti_fail(err, LNT_EINVAL, "\"%s\" of \"%s\" is answered with yes, no or clear, not with \"%.100s\"",
                   ontology->options[key->option].key, ontology->questions[key->question].key, text);
}

static lnt_status add_number(lnti_answer_list *out, const lnti_ontology *ontology, const lnti_answer_key *key,
                             const char *text, lnt_error *err) {
  lnti_answer answer = {key->question, LNTI_ANSWERED, LNTI_NONE, (double)NAN, NULL};
  lnt_error reason = LNT_ERROR_INIT;
  if (lnti_parse_real(&answer.number, text, "number", &reason)) {
    return lnti_fail(err, LNT_EINVAL, "\"%s\" takes a number, not \"%.100s\"", ontology->questions[key->question].key,
                     text);
  }
  return add(out, &answer, err);
}

/* Without the blanks around it: tables come and go with them. */
static lnt_status add_text(lnti_answer_list *out, const lnti_answer_key *key, const char *text, lnt_error *err) {
  char *copy = NULL;
  text += strspn(text, " \t\r\n");
  size_t n = strlen(text);
  while (n > 0 && strchr(" \t\r\n", text[n - 1])) n--;
  lnt_status status = lnti_arena_strndup(&copy, &out->arena, text, n, err);
  const lnti_answer answer = {key->question, LNTI_ANSWERED, LNTI_NONE, (double)NAN, copy};
  return status ? status : add(out, &answer, err);
}

lnt_status lnti_answer_parse_list(lnti_answer_list *out, const lnti_ontology *ontology, const lnti_answer_key *key,
                                  const char *const *texts, size_t n, lnt_error *err) {
  const lnti_question *q = &ontology->questions[key->question];
  const bool checklist = q->type == LNTI_CHECKLIST;
  lnt_status status = LNT_OK;
  if ((!checklist && q->type != LNTI_RANK) || key->option != LNTI_NONE || key->state) {
    return lnti_fail(err, LNT_EINVAL, "\"%s\" takes one answer, not a list", q->key);
  }
  if (key->no && !checklist) return lnti_fail(err, LNT_EINVAL, "\"%s\" is no checklist: it takes no noes", q->key);
  for (size_t i = 0; i < n && !status; i++) {
    status = add_option(out, ontology, key, texts[i], checklist ? !key->no : (double)(i + 1), err);
  }
  return status;
}

/* The parts of a list: by ';' where there is one, else by ','. */
static lnt_status parse_parts(lnti_answer_list *out, const lnti_ontology *ontology, const lnti_answer_key *key,
                              const char *text, lnt_error *err) {
  const char separator = strchr(text, ';') ? ';' : ',';
  const char **parts = NULL;
  char *copy = NULL;
  size_t n = 1, i = 0;
  for (const char *p = text; *p; p++) n += *p == separator;
  lnt_status status = lnti_alloc(&parts, n, sizeof *parts, err);
  if (!status) status = lnti_strdup(&copy, text, err);
  for (char *part = copy; !status && part; i++) {
    char *end = strchr(part, separator), *next = end ? end + 1 : NULL;
    if (end) *end = '\0';
    part += strspn(part, " ");
    for (size_t length = strlen(part); length > 0 && part[length - 1] == ' '; length--) part[length - 1] = '\0';
    parts[i] = part;
    part = next && !next[strspn(next, " ")] ? NULL : next; /* a list may end with a separator */
  }
  if (!status) status = lnti_answer_parse_list(out, ontology, key, parts, i, err);
  free(copy);
  free(parts);
  return status;
}

lnt_status lnti_answer_parse(lnti_answer_list *out, const lnti_ontology *ontology, const lnti_answer_key *key,
                             const char *text, lnt_error *err) {
  const lnti_question *q = &ontology->questions[key->question];
  lnti_answer_state state = LNTI_ANSWERED;
  bool word = read_state(&state, text) && state != LNTI_ANSWERED;
  if (key->no && q->type != LNTI_CHECKLIST) {
    return lnti_fail(err, LNT_EINVAL, "\"%s\" is no checklist: it takes no noes", q->key);
  }
  if (key->others) {
    return lnti_fail(err, LNT_EINVAL, "\"%s.others\" depends on what an item says: it goes with --set alone", q->key);
  }
  if (key->state) {
    if (read_state(&state, text)) return add_state(out, key, state, err);
    return lnti_fail(err, LNT_EINVAL, "the state of \"%s\" is answered, unsure, none or clear, not \"%.100s\"", q->key,
                     text);
  }
  if (key->option != LNTI_NONE) return add_yes_or_no(out, ontology, key, text, err);
  if (q->type == LNTI_TEXT) return add_text(out, key, text, err);
  bool named = q->type != LNTI_NUMBER && find_option(ontology, key->question, text) != LNTI_NONE;
  if (word && !named && !key->no) return add_state(out, key, state, err);
  if (q->type == LNTI_NUMBER) return add_number(out, ontology, key, text, err);
  if (q->type != LNTI_CHECKLIST && q->type != LNTI_RANK) return add_option(out, ontology, key, text, (double)NAN, err);
  return named ? lnti_answer_parse_list(out, ontology, key, &text, 1, err) : parse_parts(out, ontology, key, text, err);
}

bool lnti_answer_is_state_cell(const char *text) {
  text += strspn(text, "\\");
  return strcmp(text, "(unsure)") == 0 || strcmp(text, "(none of these)") == 0;
}

lnt_status lnti_answer_parse_cell(lnti_answer_list *out, const lnti_ontology *ontology, const lnti_answer_key *key,
                                  const char *text, lnt_error *err) {
  lnti_answer_key of_state = *key;
  if (ontology->questions[key->question].type != LNTI_TEXT || !lnti_answer_is_state_cell(text))
    return lnti_answer_parse(out, ontology, key, text, err);
  of_state.state = of_state.state || text[0] == '(';
  return lnti_answer_parse(out, ontology, &of_state, text + (text[0] == '\\'), err);
}

void lnti_answer_list_clear(lnti_answer_list *list) {
  free(list->answer);
  lnti_arena_clear(&list->arena);
  *list = (lnti_answer_list){0};
}
