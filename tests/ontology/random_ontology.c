/*
 * An ontology grown at random places. What the builders refuse (an id that a sibling has) is tried again under another
 * name, so that a seed never fails.
 */
#include <ontology/random_ontology.h>

#include "support.h"

const char *lnti_random_title(char buffer[128], lnti_rng *rng) {
  static const char *const words[] = {
      "Cat",
      "dog \"x\"",
      "Ähre",
      "日本",
      "a\\b",
      "T-shirt/top",
      "x",
      "Ümläut é",
      "e\u0301clair",
      "שלום",
      "مرحبا",
      "🐦‍⬛",
      "ß",
      "ẞ",
      "İ",
      "0",
      "-1",
      "..",
      "none of these",
      "a=b,c;d",
      "'q'",
      "<b>&",
      "%s %d",
      "1e9",
      "NaN",
      "\u00a0x\u00a0",
      "null",
      "C:\\temp\\file.txt",
      "{\"}",
      "[0]",
      "a|b|c",
      "~",
      "класс",
      "ΑΣ",
      "ﬁ",
      "A very long title that says, in more words than anybody would want to read on a button, what is meant"};
  enum { N = sizeof words / sizeof words[0] };
  const char *word = words[lnti_rng_below(rng, N)];
  if (lnti_rng_below(rng, 4)) {
    snprintf(buffer, 128, "%s %u", word, (unsigned)lnti_rng_below(rng, 30));
  } else {
    snprintf(buffer, 128, "%s", word);
  }
  return buffer;
}

char *lnti_ontology_json(const lnti_ontology *ontology, int indent) {
  lnti_json_writer *w = NULL;
  lnti_text text = {0};
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, indent, ERR));
  lnti_ontology_write(w, ontology);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  return text.data;
}

/* An id given by hand, now and then: any text without '/', and no blank at its ends. */
static const char *some_key(char buffer[64], lnti_rng *rng) {
  static const char *const words[] = {"id",   "Id",  "名",  "a.b", "a b", "..",        "-",
                                      "ключ", "x=1", "a,b", "\"",  "0",   "is:unsure", "é"};
  if (lnti_rng_below(rng, 3)) return NULL;
  snprintf(buffer, 64, "%s%u", words[lnti_rng_below(rng, sizeof words / sizeof words[0])],
           (unsigned)lnti_rng_below(rng, 100));
  return buffer;
}

static const char *some_text(lnti_ontology *o, lnti_rng *rng) {
  char title[128];
  const char *text = "";
  if (lnti_rng_below(rng, 3) == 0) assert_ok(lnti_ontology_text(&text, o, lnti_random_title(title, rng), ERR));
  return text;
}

static void decorate_option(lnti_ontology *o, size_t option, lnti_rng *rng) {
  char one[128], two[128], name[16];
  const char *const words[] = {lnti_random_title(one, rng), lnti_random_title(two, rng), NULL};
  snprintf(name, sizeof name, "%zu", option); /* nobody else's */
  if (lnti_rng_below(rng, 3) == 0) assert_ok(lnti_ontology_set_option_words(o, option, name, words, words + 1, ERR));
  if (lnti_rng_below(rng, 3) == 0) assert_ok(lnti_ontology_set_option_code(o, option, name, ERR));
  o->options[option].description = some_text(o, rng);
  if (lnti_rng_below(rng, 5) == 0) o->options[option].color = lnti_rng_below(rng, 2) ? "#a0B1c2" : "#fff";
  o->options[option].retired = lnti_rng_below(rng, 8) == 0;
}

/* On steps of a quarter, so that what is on a step is exact. */
static void decorate_number(lnti_question *q, lnti_rng *rng) {
  if (lnti_rng_below(rng, 2)) q->min = -(double)lnti_rng_below(rng, 4000) / 4;
  if (lnti_rng_below(rng, 2)) q->max = (double)lnti_rng_below(rng, 4000) / 4;
  if (lnti_rng_below(rng, 2)) q->step = (double)(1 + lnti_rng_below(rng, 8)) / 4;
  if (lnti_rng_below(rng, 2)) q->unit = "µm";
}

static void decorate_question(lnti_ontology *o, size_t question, lnti_rng *rng) {
  lnti_question *q = &o->questions[question];
  q->description = some_text(o, rng);
  q->required = lnti_rng_below(rng, 2);
  if (lnti_rng_below(rng, 5) == 0) q->level = (lnti_level)(1 + lnti_rng_below(rng, 3));
  if (q->type == LNTI_TREE) q->leaf_only = lnti_rng_below(rng, 2);
  if (q->type == LNTI_NUMBER) decorate_number(q, rng);
  if (q->type == LNTI_TEXT && lnti_rng_below(rng, 2)) q->max_length = 1 + lnti_rng_below(rng, 300);
}

/* An id that a sibling has is made anew from the title. */
static lnt_status again(lnt_status status) {
  return status == LNT_EEXISTS ? LNT_OK : status;
}

static void grow_question(lnti_ontology *o, lnti_rng *rng) {
  char title[128], key[64];
  size_t index = LNTI_NONE, parent = LNTI_NONE;
  lnti_question_type type = (lnti_question_type)(LNTI_RADIO + (int)lnti_rng_below(rng, 6));
  if (o->n_options && lnti_rng_below(rng, 3)) parent = lnti_rng_below(rng, o->n_options);
  if (parent != LNTI_NONE && o->questions[o->options[parent].question].type == LNTI_RANK) parent = LNTI_NONE;
  lnti_random_title(title, rng);
  const char *given = some_key(key, rng);
  if (given) assert_ok(again(lnti_ontology_add_question(&index, o, type, given, title, parent, NULL)));
  if (index == LNTI_NONE) assert_ok(lnti_ontology_add_question(&index, o, type, NULL, title, parent, ERR));
  decorate_question(o, index, rng);
}

static void grow_option(lnti_ontology *o, lnti_rng *rng) {
  char title[128], key[64];
  size_t question = lnti_rng_below(rng, o->n_questions), index = LNTI_NONE, parent = LNTI_NONE;
  if (!lnti_question_type_has_options(o->questions[question].type)) return;
  if (o->questions[question].type == LNTI_TREE && o->n_options) {
    parent = lnti_rng_below(rng, o->n_options);
    if (o->options[parent].question != question) parent = o->questions[question].last_option;
  }
  lnti_random_title(title, rng);
  const char *given = some_key(key, rng);
  if (given) assert_ok(again(lnti_ontology_add_option(&index, o, question, parent, given, title, NULL)));
  if (index == LNTI_NONE) assert_ok(lnti_ontology_add_option(&index, o, question, parent, NULL, title, ERR));
  decorate_option(o, index, rng);
}

/* Questions at the top, each in one section or in none. */
static void grow_screen(lnti_ontology *o, lnti_rng *rng) {
  enum { SECTIONS = 3 };
  static const char *const metadata[] = {"site", "Kamera ☃", NULL};
  lnti_screen_section *sections = NULL;
  size_t *questions = NULL;
  o->screen.given = true;
  if (lnti_rng_below(rng, 2)) o->screen.metadata = metadata;
  if (lnti_rng_below(rng, 4) == 0) return;
  assert_ok(lnti_arena_alloc(&sections, &o->arena, SECTIONS, sizeof *sections, ERR));
  for (size_t s = 0; s < SECTIONS; s++) {
    assert_ok(lnti_arena_alloc(&questions, &o->arena, o->n_questions, sizeof *questions, ERR));
    sections[s] = (lnti_screen_section){some_text(o, rng), some_text(o, rng), lnti_rng_below(rng, 2), questions, 0};
  }
  for (size_t q = o->first_question; q != LNTI_NONE; q = o->questions[q].next_sibling) {
    size_t s = lnti_rng_below(rng, SECTIONS + 1);
    if (s == SECTIONS) continue;
    size_t *list = (size_t *)(uintptr_t)sections[s].questions; /* allocated a moment ago */
    list[sections[s].n_questions++] = q;
  }
  o->screen.sections = sections;
  o->screen.n_sections = SECTIONS;
}

void lnti_grow_ontology(lnti_ontology *ontology, lnti_rng *rng, size_t n) {
  for (; n > 0; n--) {
    if (lnti_rng_below(rng, 5) == 0) {
      grow_question(ontology, rng);
    } else {
      grow_option(ontology, rng);
    }
  }
}

lnti_ontology *lnti_random_ontology(lnti_rng *rng, size_t size) {
  lnti_ontology *o = NULL;
  char title[128];
  size_t n = 1 + lnti_rng_below(rng, size);
  assert_ok(lnti_ontology_new(&o, lnti_random_title(title, rng), ERR));
  o->version = 1 + (int64_t)lnti_rng_below(rng, 1000);
  grow_question(o, rng);
  lnti_grow_ontology(o, rng, n - 1);
  if (lnti_rng_below(rng, 3) == 0) grow_screen(o, rng);
  return o;
}
