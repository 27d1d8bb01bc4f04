/*
 * Where a change is made: a path of ids, or part by part of titles and aliases, to a question or an option. Ids come first, so
 * that a path that is written by the program always means one thing.
 */
#include <ontology/change.h>

#include <base/error.h>
#include <ontology/internal.h>
#include <stdio.h>
#include <string.h>

typedef struct spot {
  size_t question, option;
} spot;

static bool by_key(spot *at, const lnti_ontology *ontology, const char *part) {
  size_t question = LNTI_NONE, option = LNTI_NONE;
  if (at->question == LNTI_NONE || at->option != LNTI_NONE) {
    question = lnti_index_find_question(ontology, at->option, part);
  }
  if (question != LNTI_NONE) {
    *at = (spot){question, LNTI_NONE};
    return true;
  }
  if (at->question == LNTI_NONE) return false;
  option = lnti_index_find_option(ontology, LNTI_INDEX_OPTION_KEY, at->question, at->option, part);
  if (option == LNTI_NONE) return false;
  at->option = option;
  return true;
}

static bool by_title(spot *at, const lnti_ontology *ontology, const char *part) {
  size_t first = LNTI_NONE;
  if (at->question != LNTI_NONE) {
    size_t option = lnti_ontology_find_titled(ontology, at->question, at->option, part);
    if (option != LNTI_NONE) {
      at->option = option;
      return true;
    }
  }
  if (at->option != LNTI_NONE) first = ontology->options[at->option].first_attribute;
  if (at->question == LNTI_NONE) first = ontology->first_question;
  for (size_t q = first; q != LNTI_NONE; q = ontology->questions[q].next_sibling) {
    if (strcmp(ontology->questions[q].title, part) != 0) continue;
    *at = (spot){q, LNTI_NONE};
    return true;
  }
  return false;
}

static size_t list_one(char *out, size_t bytes, size_t used, const char *key) {
  int n = snprintf(out + used, bytes - used, "%s%.60s", used ? ", " : "", key);
  return n > 0 && used + (size_t)n < bytes ? used + (size_t)n : bytes;
}

/* Some of the ids there are. */
static void list_keys(char *out, size_t bytes, const lnti_ontology *ontology, const spot *at) {
  size_t used = 0, q = LNTI_NONE, o = LNTI_NONE;
  out[0] = '\0';
  if (at->question == LNTI_NONE) {
    q = ontology->first_question;
  } else if (at->option == LNTI_NONE) {
    o = ontology->questions[at->question].first_option;
  } else {
    q = ontology->options[at->option].first_attribute;
    o = ontology->options[at->option].first_child;
  }
  for (; q != LNTI_NONE && used < bytes; q = ontology->questions[q].next_sibling) {
    used = list_one(out, bytes, used, ontology->questions[q].key);
  }
  for (; o != LNTI_NONE && used < bytes; o = ontology->options[o].next_sibling) {
    used = list_one(out, bytes, used, ontology->options[o].key);
  }
  if (used >= bytes) memcpy(out + bytes - 4, "...", 4);
  if (used == 0) snprintf(out, bytes, "nothing");
}

lnt_status lnti_ontology_find_place(size_t *question_out, size_t *option_out, const lnti_ontology *ontology,
                                    const char *path, lnt_error *err) {
  char part[LNTI_ONTOLOGY_TITLE_MAX + 1], keys[240];
  spot at = {LNTI_NONE, LNTI_NONE};
  for (const char *rest = path;;) {
    size_t n = strcspn(rest, "/");
    if (n >= sizeof part) return lnti_fail(err, LNT_ELIMIT, "a part of the path \"%.40s...\" has %zu bytes", path, n);
    memcpy(part, rest, n);
    part[n] = '\0';
    if (!by_key(&at, ontology, part) && !by_title(&at, ontology, part)) {
      lnti_text where = {0};
      lnt_status status = LNT_OK;
      list_keys(keys, sizeof keys, ontology, &at);
      if (at.question != LNTI_NONE) status = lnti_ontology_place_path(&where, ontology, at.question, at.option, err);
      if (!status) {
        const char *near = lnti_ontology_near_key(ontology, at.question, at.option, part, n);
        status = lnti_fail(err, LNT_ENOTFOUND, "the ontology has no \"%.200s\": under \"%.200s\" there is %s%s%.80s%s",
                           path, where.data ? where.data : "", keys, near ? "; did you mean \"" : "", near ? near : "",
                           near ? "\"?" : "");
      }
      lnti_text_clear(&where);
      return status;
    }
    rest += n;
    if (!*rest) break;
    rest++;
  }
  *question_out = at.question;
  *option_out = at.option;
  return LNT_OK;
}

lnt_status lnti_ontology_place_path(lnti_text *out, const lnti_ontology *ontology, size_t question, size_t option,
                                    lnt_error *err) {
  lnt_status status = lnti_ontology_question_path(out, ontology, question, err);
  if (!status && option != LNTI_NONE) status = lnti_text_append(out, "/", 1, err);
  return status || option == LNTI_NONE ? status : lnti_ontology_option_path(out, ontology, option, err);
}
