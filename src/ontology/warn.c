/*
 * What a document may say and yet not mean: two siblings that an imported label or a filter would fit, questions that nobody
 * can answer, or that are called like a column of the tables. Told by `ontology check`; everything is taken as it stands, since
 * an ontology that grew from folders may have all of it.
 */
#include <base/alloc.h>
#include <base/hash.h>
#include <ontology/change.h>
#include <ontology/parse.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "area/exterior/part", the way commands name it: a warning is of a thing rather than of a place in the file. */
static void warn_option(lnti_parser *p, size_t option, const char *what, const char *text, size_t other) {
  lnti_text path = {0};
  const lnti_option *o = &p->ontology->options[option];
  p->status = lnti_ontology_question_path(&path, p->ontology, o->question, p->err);
  if (!p->status) p->status = lnti_text_append(&path, "/", 1, p->err);
  if (!p->status) p->status = lnti_ontology_option_path(&path, p->ontology, option, p->err);
  if (!p->status) {
    lnti_tell_warning(p, path.data, p->option_lines[option],
                      "the %s \"%.80s\" is that of the option \"%.80s\" too (line %zu): an imported label of that name "
                      "becomes the latter",
                      what, text, p->ontology->options[other].key, p->option_lines[other]);
  }
  lnti_text_clear(&path);
}

/* An imported label is looked up by id, then title, then alias: where that finds another option, this one is never met. */
static void warn_names(lnti_parser *p, size_t option) {
  const lnti_option *o = &p->ontology->options[option];
  size_t found = lnti_ontology_find_option(p->ontology, o->question, o->parent, o->title);
  if (found != option && found != LNTI_NONE) warn_option(p, option, "title", o->title, found);
  for (const char *const *alias = o->aliases; alias && *alias && !p->status; alias++) {
    found = lnti_ontology_find_option(p->ontology, o->question, o->parent, *alias);
    if (found != option && found != LNTI_NONE) warn_option(p, option, "alias", *alias, found);
  }
}

/* Import tells upper from lower case, and people do not. */
static void warn_case(lnti_parser *p, size_t option, size_t other, const char *name) {
  const lnti_option *o = &p->ontology->options[option];
  lnti_text path = {0};
  p->status = lnti_ontology_place_path(&path, p->ontology, o->question, option, p->err);
  if (!p->status) {
    lnti_tell_warning(
        p, path.data, p->option_lines[option],
        "\"%.80s\" differs from a name of the option \"%.80s\" (line %zu) by upper and lower case alone: an "
        "import keeps them apart, and people will not",
        name, p->ontology->options[other].key, p->option_lines[other]);
  }
  lnti_text_clear(&path);
}

/*
 * Names that two siblings share, but for case: nearly all ontologies have none, and then nothing else is looked up. Open
 * addressing, at most half full; the seed keeps a document from choosing its places.
 */
typedef struct name_place {
  uint32_t hash; /* the upper half of it */
  uint32_t name; /* 2 * option + 1 for its title; UINT32_MAX: free */
} name_place;

typedef struct name_table {
  lnti_parser *p;
  name_place *places; /* [mask + 1] */
  size_t mask;
  uint64_t seed;
  bool *shared; /* [n_options] another may have one of its names */
} name_table;

/* As lnti_hash_table, of siblings and a name of which one bit of each byte, that of the case of letters, is not looked at:
 * names that are alike in all else have the same hash, and some others. */
static uint64_t hash_name(const name_table *t, const lnti_option *o, const char *name) {
  const uint64_t no_case = 0x2020202020202020u;
  const size_t n = strlen(name);
  uint64_t h = t->seed ^ (o->question * 0x9e3779b97f4a7c15u) ^ (o->parent * 0xff51afd7ed558ccdu) ^ n;
  for (size_t i = 0; i < n; i += sizeof h) {
    uint64_t word = 0;
    memcpy(&word, name + i, n - i < sizeof word ? n - i : sizeof word);
    h = (h ^ (word | no_case)) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}

static const char *name_of(const lnti_ontology *ontology, uint32_t name) {
  const lnti_option *o = &ontology->options[name / 2];
  return name % 2 ? o->title : o->key;
}

static void add_name(name_table *t, uint32_t mine) {
  const lnti_ontology *ontology = t->p->ontology;
  const size_t option = mine / 2;
  const char *name = name_of(ontology, mine);
  const uint64_t hash = hash_name(t, &ontology->options[option], name);
  size_t at = (size_t)hash & t->mask;
  while (t->places[at].name != UINT32_MAX && t->places[at].hash != hash >> 32) at = (at + 1) & t->mask;
  name_place *place = &t->places[at];
  if (place->name == UINT32_MAX) {
    *place = (name_place){(uint32_t)(hash >> 32), mine};
    return;
  }
  const size_t other = place->name / 2;
  const char *its = name_of(ontology, place->name);
  if (other == option) return;
  t->shared[option] = t->shared[other] = true;
  const bool siblings = ontology->options[other].question == ontology->options[option].question &&
                        ontology->options[other].parent == ontology->options[option].parent;
  if (siblings && strcmp(name, its) != 0 && strcasecmp(name, its) == 0) warn_case(t->p, option, other, name);
}

static void warn_options(lnti_parser *p) {
  const lnti_ontology *o = p->ontology;
  name_table t = {.p = p, .mask = 1};
  lnti_uuid random;
  lnti_uuid7(&random, 0);
  memcpy(&t.seed, random.bytes + 8, sizeof t.seed);
  while (t.mask < 4 * o->n_options) t.mask = 2 * t.mask + 1;
  p->status = lnti_alloc(&t.places, t.mask + 1, sizeof *t.places, p->err);
  if (!p->status) memset(t.places, 0xff, (t.mask + 1) * sizeof *t.places);
  if (!p->status) p->status = lnti_alloc_zero(&t.shared, o->n_options + 1, sizeof *t.shared, p->err);
  for (size_t i = 0; i < o->n_options && !p->status; i++) {
    add_name(&t, (uint32_t)(2 * i));
    if (!p->status && o->options[i].title != o->options[i].key) add_name(&t, (uint32_t)(2 * i + 1));
  }
  for (size_t i = 0; i < o->n_options && !p->status; i++) {
    if (t.shared[i] || o->options[i].aliases) warn_names(p, i);
  }
  free(t.shared);
  free(t.places);
}

bool lnti_ontology_is_column(const char *key) {
  static const char *const columns[] = {"id",    "path",   "uri",    "split",      "stage",   "group",
                                        "width", "height", "format", "confidence", "comment", "skip"};
  for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
    if (strcmp(columns[i], key) == 0) return true;
  }
  return false;
}

static void warn_column(lnti_parser *p, size_t question) {
  const lnti_question *q = &p->ontology->questions[question];
  if (q->parent_option != LNTI_NONE || !lnti_ontology_is_column(q->key)) return;
  lnti_tell_warning(
      p, q->key, p->question_lines[question],
      "tables and filters have a column \"%s\" of their own: there the question is \"answer.%s\"; another "
      "id saves that",
      q->key, q->key);
}

static void warn_step(lnti_parser *p, size_t question) {
  const lnti_question *q = &p->ontology->questions[question];
  lnti_text path = {0};
  if (q->type != LNTI_NUMBER || !(q->step > q->max - q->min)) return;
  p->status = lnti_ontology_question_path(&path, p->ontology, question, p->err);
  if (!p->status) {
    lnti_tell_warning(p, path.data, p->question_lines[question],
                      "the step %g is larger than the range %g..%g: there is one answer, or none", q->step, q->min,
                      q->max);
  }
  lnti_text_clear(&path);
}

static void warn_empty(lnti_parser *p, size_t question) {
  const lnti_question *q = &p->ontology->questions[question];
  lnti_text path = {0};
  size_t offered = 0;
  if (!lnti_question_type_has_options(q->type)) return;
  for (size_t i = q->first_option; i != LNTI_NONE; i = p->ontology->options[i].next_sibling) {
    offered += !p->ontology->options[i].retired;
  }
  if (offered > 0) return;
  p->status = lnti_ontology_question_path(&path, p->ontology, question, p->err);
  if (!p->status) {
    lnti_tell_warning(p, path.data, p->question_lines[question],
                      "nobody can answer it: it has no option that is offered%s",
                      q->required ? ", although an answer is required" : "");
  }
  lnti_text_clear(&path);
}

void lnti_warn(lnti_parser *p) {
  for (size_t i = 0; i < p->ontology->n_questions && !p->status; i++) {
    warn_empty(p, i);
    if (!p->status) warn_column(p, i);
    if (!p->status) warn_step(p, i);
  }
  if (!p->status) warn_options(p);
}
