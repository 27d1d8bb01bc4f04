/*
 * Paths: "area/exterior/part" names a question by the keys on the way to it, question and option by turns; the nodes
 * of a tree each take a part. Keys have no '/' and no two siblings share one, so every question and option has one
 * path and every path at most one meaning.
 */
#include <ontology/internal.h>

#include <base/error.h>
#include <stdio.h>
#include <string.h>

/* Where a walk along a path stands: at the top, in a question, or at an option. */
typedef struct spot {
  size_t question;
  size_t option;
} spot;

static bool is_part(const char *key, const char *part, size_t n) {
  return strncmp(key, part, n) == 0 && key[n] == '\0';
}

static size_t first_question_at(const lnti_ontology *ontology, const spot *at) {
  if (at->option != LNTI_NONE) return ontology->options[at->option].first_attribute;
  return at->question == LNTI_NONE ? ontology->first_question : LNTI_NONE;
}

static size_t first_option_at(const lnti_ontology *ontology, const spot *at) {
  if (at->option != LNTI_NONE) return ontology->options[at->option].first_child;
  return at->question == LNTI_NONE ? LNTI_NONE : ontology->questions[at->question].first_option;
}

static bool advance(spot *at, const lnti_ontology *ontology, const char *part, size_t n) {
  for (size_t i = first_question_at(ontology, at); i != LNTI_NONE; i = ontology->questions[i].next_sibling) {
    if (is_part(ontology->questions[i].key, part, n)) {
      *at = (spot){i, LNTI_NONE};
      return true;
    }
  }
  for (size_t i = first_option_at(ontology, at); i != LNTI_NONE; i = ontology->options[i].next_sibling) {
    if (is_part(ontology->options[i].key, part, n)) {
      at->option = i;
      return true;
    }
  }
  return false;
}

const char *lnti_ontology_near_key(const lnti_ontology *ontology, size_t question, size_t option, const char *part,
                                   size_t n) {
  enum { NAMES_COMPARED = 2048 };
  const spot at = {question, option};
  const char *names[NAMES_COMPARED], *keys[NAMES_COMPARED];
  char typed[LNTI_ONTOLOGY_TITLE_MAX + 1];
  size_t n_names = 0;
  if (n >= sizeof typed) return NULL;
  memcpy(typed, part, n);
  typed[n] = '\0';
  for (size_t i = first_question_at(ontology, &at); i != LNTI_NONE && n_names + 2 <= NAMES_COMPARED;
       i = ontology->questions[i].next_sibling) {
    const lnti_question *q = &ontology->questions[i];
    keys[n_names] = keys[n_names + 1] = names[n_names] = q->key;
    names[n_names + 1] = q->title;
    n_names += 2;
  }
  for (size_t i = first_option_at(ontology, &at); i != LNTI_NONE && n_names + 2 <= NAMES_COMPARED;
       i = ontology->options[i].next_sibling) {
    const lnti_option *o = &ontology->options[i];
    keys[n_names] = keys[n_names + 1] = names[n_names] = o->key;
    names[n_names + 1] = o->title;
    n_names += 2;
  }
  const char *near = n_names > 0 ? lnti_nearest_name(typed, names, n_names) : NULL;
  for (size_t i = 0; near && i < n_names; i++) {
    if (names[i] == near) return keys[i];
  }
  return NULL;
}

/* The keys at a spot, for a message: "a, b, c and 12 more". */
static void list_keys(char *out, size_t bytes, const lnti_ontology *ontology, const spot *at) {
  size_t used = 0, n = 0, left_out = 0;
  out[0] = '\0';
  for (int options = 0; options < 2; options++) {
    size_t i = options ? first_option_at(ontology, at) : first_question_at(ontology, at);
    while (i != LNTI_NONE) {
      const char *key = options ? ontology->options[i].key : ontology->questions[i].key;
      if (!left_out && used + strlen(key) + 24 < bytes) {
        used += (size_t)snprintf(out + used, bytes - used, "%s%s", n ? ", " : "", key);
      } else {
        left_out++;
      }
      n++;
      i = options ? ontology->options[i].next_sibling : ontology->questions[i].next_sibling;
    }
  }
  if (n == 0) snprintf(out, bytes, "nothing");
  if (left_out && used + 24 <= bytes) snprintf(out + used, bytes - used, " and %zu more", left_out);
}

lnt_status lnti_ontology_find_question(size_t *index_out, const lnti_ontology *ontology, const char *path,
                                       lnt_error *err) {
  char keys[256];
  spot at = {LNTI_NONE, LNTI_NONE};
  for (const char *part = path;;) {
    size_t n = strcspn(part, "/");
    if (!advance(&at, ontology, part, n)) {
      list_keys(keys, sizeof keys, ontology, &at);
      const char *near = lnti_ontology_near_key(ontology, at.question, at.option, part, n);
      return lnti_fail(err, LNT_ENOTFOUND, "the ontology has no \"%.80s\": under \"%.*s\" there is %s%s%.80s%s", path,
                       part > path ? (int)(part - path - 1 > 80 ? 80 : part - path - 1) : 0, path, keys,
                       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    part += n;
    if (!*part) break;
    part++;
  }
  if (at.option != LNTI_NONE) {
    list_keys(keys, sizeof keys, ontology, &at);
    return lnti_fail(err, LNT_ENOTFOUND, "\"%.80s\" is an option, where a question is asked for: below it there is %s",
                     path, keys);
  }
  *index_out = at.question;
  return LNT_OK;
}

/* Depth is below LNTI_ONTOLOGY_DEPTH_MAX, so the way up fits in an array. */
typedef struct way {
  const char *keys[LNTI_ONTOLOGY_DEPTH_MAX];
  size_t n;
} way;

static void climb_options(way *up, const lnti_ontology *ontology, size_t option) {
  for (; option != LNTI_NONE; option = ontology->options[option].parent) {
    up->keys[up->n++] = ontology->options[option].key;
  }
}

static lnt_status append_way(lnti_text *out, const way *up, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = up->n; i-- > 0 && !status;) {
    status = lnti_text_append(out, up->keys[i], strlen(up->keys[i]), err);
    if (!status && i > 0) status = lnti_text_append(out, "/", 1, err);
  }
  return status;
}

lnt_status lnti_ontology_question_path(lnti_text *out, const lnti_ontology *ontology, size_t question, lnt_error *err) {
  way up = {.n = 0};
  for (;;) {
    up.keys[up.n++] = ontology->questions[question].key;
    size_t above = ontology->questions[question].parent_option;
    if (above == LNTI_NONE) break;
    climb_options(&up, ontology, above);
    question = ontology->options[above].question;
  }
  return append_way(out, &up, err);
}

lnt_status lnti_ontology_option_path(lnti_text *out, const lnti_ontology *ontology, size_t option, lnt_error *err) {
  way up = {.n = 0};
  climb_options(&up, ontology, option);
  return append_way(out, &up, err);
}

lnt_status lnti_ontology_option_titles(lnti_text *out, const lnti_ontology *ontology, size_t option, lnt_error *err) {
  size_t up[LNTI_ONTOLOGY_DEPTH_MAX], n = 0;
  lnt_status status = LNT_OK;
  for (; option != LNTI_NONE && n < LNTI_ONTOLOGY_DEPTH_MAX; option = ontology->options[option].parent)
    up[n++] = option;
  while (n-- > 0 && !status) {
    status = lnti_text_printf(out, err, "%s%s", ontology->options[up[n]].title, n > 0 ? "/" : "");
  }
  return status;
}

lnt_status lnti_ontology_option_name(lnti_text *out, const lnti_ontology *ontology, size_t option, lnt_error *err) {
  const lnti_option *o = &ontology->options[option];
  for (size_t i = 0; i < ontology->n_options; i++) {
    const lnti_option *other = &ontology->options[i];
    if (other == o || other->gone || other->question != o->question || strcmp(other->title, o->title) != 0) continue;
    return lnti_ontology_option_titles(out, ontology, option, err);
  }
  return lnti_text_append(out, o->title, strlen(o->title), err);
}
