/*
 * The keys of filters, counts and sorts: one table of what is built in, then the questions, then the metadata.
 *
 * The first five built-in keys are looked for before the questions, the others after: they came later, and a filter that
 * asked a question of one of their names must go on asking it.
 */
#include <flow/filter/parts.h>

#include <base/error.h>
#include <base/text.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE_QUESTIONS = 5, NAMES_SHOWN = 200 };

static const char *const yes_no[] = {"no", "yes", NULL};
static const char *const stages[] = {"annotate", "review", "done", NULL};
static const char *const kinds[] = {"", "image", "group", NULL}; /* as lnti_item_kind */
static const char *const duplicate_words[] = {"none", "equal", "near", NULL};
static const char *const links[] = {"no", "equal", "near", NULL};       /* and "yes", which is either of the last */
static const char *const tri_states[] = {"unknown", "yes", "no", NULL}; /* as lnti_tri_state */
static const char *const comparisons[] = {"none", "no", "yes", NULL};   /* as lnti_comparison */

static const struct built_in {
  const char *name;
  lnti_field_kind kind;
  lnti_field_type type;
  const char *const *words;
} built_in[] = {
    {"id", LNTI_FIELD_ID, LNTI_TYPE_INT, NULL},
    {"path", LNTI_FIELD_PATH, LNTI_TYPE_PATH, NULL},
    {"split", LNTI_FIELD_SPLIT, LNTI_TYPE_TEXT, NULL},
    {"stage", LNTI_FIELD_STAGE, LNTI_TYPE_TEXT, stages},
    {"labelled", LNTI_FIELD_LABELLED, LNTI_TYPE_WORDS, yes_no},
    {"source", LNTI_FIELD_SOURCE, LNTI_TYPE_TEXT, NULL},
    {"format", LNTI_FIELD_FORMAT, LNTI_TYPE_TEXT, NULL},
    {"kind", LNTI_FIELD_KIND, LNTI_TYPE_WORDS, kinds},
    {"group", LNTI_FIELD_GROUP, LNTI_TYPE_INT, NULL},
    {"width", LNTI_FIELD_WIDTH, LNTI_TYPE_INT, NULL},
    {"height", LNTI_FIELD_HEIGHT, LNTI_TYPE_INT, NULL},
    {"pixels", LNTI_FIELD_PIXELS, LNTI_TYPE_INT, NULL},
    {"bytes", LNTI_FIELD_BYTES, LNTI_TYPE_INT, NULL},
    {"depth", LNTI_FIELD_DEPTH, LNTI_TYPE_INT, NULL},
    {"sharpness", LNTI_FIELD_SHARPNESS, LNTI_TYPE_REAL, NULL},
    {"brightness", LNTI_FIELD_BRIGHTNESS, LNTI_TYPE_REAL, NULL},
    {"contrast", LNTI_FIELD_CONTRAST, LNTI_TYPE_REAL, NULL},
    {"duplicate", LNTI_FIELD_DUPLICATE, LNTI_TYPE_WORDS, duplicate_words},
    {"duplicate.equal", LNTI_FIELD_EQUAL, LNTI_TYPE_INT, NULL},
    {"duplicate.near", LNTI_FIELD_NEAR, LNTI_TYPE_INT, NULL},
    {"duplicate.distance", LNTI_FIELD_DISTANCE, LNTI_TYPE_INT, NULL},
    {"conflict", LNTI_FIELD_CONFLICT, LNTI_TYPE_WORDS, links},
    {"leak", LNTI_FIELD_LEAK, LNTI_TYPE_WORDS, links},
    {"complete", LNTI_FIELD_COMPLETE, LNTI_TYPE_WORDS, yes_no},
    {"skipped", LNTI_FIELD_SKIPPED, LNTI_TYPE_WORDS, yes_no},
};

_Static_assert(sizeof built_in / sizeof built_in[0] == LNTI_FIELD_BUILT_IN, "one row a kind, in their order");

lnti_field_type lnti_field_type_of(const lnti_field *field, const lnti_filter_names *names) {
  switch (field->kind) {
    case LNTI_FIELD_META:
      return LNTI_TYPE_META;
    case LNTI_FIELD_OPTION:
    case LNTI_FIELD_PREDICTED_OPTION:
    case LNTI_FIELD_DISAGREES:
      return LNTI_TYPE_WORDS;
    case LNTI_FIELD_CONFIDENCE:
      return LNTI_TYPE_REAL;
    case LNTI_FIELD_QUESTION:
    case LNTI_FIELD_PREDICTED: {
      bool number = names->ontology->questions[lnti_field_question(field, names)].type == LNTI_NUMBER;
      return number ? LNTI_TYPE_NUMBER : LNTI_TYPE_QUESTION;
    }
    default:
      return built_in[field->kind].type;
  }
}

const char *const *lnti_field_words(const lnti_field *field) {
  if (field->kind == LNTI_FIELD_OPTION || field->kind == LNTI_FIELD_PREDICTED_OPTION) return tri_states;
  return field->kind == LNTI_FIELD_DISAGREES ? comparisons : built_in[field->kind].words;
}

bool lnti_field_equal(const lnti_field *a, const lnti_field *b) {
  return a->kind == b->kind && a->index == b->index && a->option == b->option;
}

size_t lnti_field_question(const lnti_field *field, const lnti_filter_names *names) {
  if (field->kind < LNTI_FIELD_BUILT_IN || field->kind == LNTI_FIELD_META) return LNTI_NONE;
  return field->kind < LNTI_FIELD_META ? field->index : names->predicted[field->index].question;
}

/* ---- finding ---- */

static bool find_built_in(lnti_field *out, const char *key, size_t begin, size_t end) {
  if (strncmp(key, "quality.", 8) == 0) { /* an alias of the three qualities */
    const char *rest = key + 8;
    bool quality = strcmp(rest, "sharpness") == 0 || strcmp(rest, "brightness") == 0 || strcmp(rest, "contrast") == 0;
    if (quality) key = rest;
  }
  for (size_t i = begin; i < end; i++) {
    if (strcmp(key, built_in[i].name) != 0) continue;
    *out = (lnti_field){built_in[i].kind, 0, LNTI_NONE};
    return true;
  }
  return false;
}

static bool find_path(size_t *out, const lnti_ontology *ontology, const char *path) {
  size_t question = LNTI_NONE;
  if (!ontology || lnti_ontology_find_question(&question, ontology, path, NULL) != LNT_OK) return false;
  *out = question;
  return true;
}

/* "question.option" of a checklist, at each dot in turn: both may have dots of their own. *near_out: the last dot behind a
 * checklist where there is no such option; untouched elsewhere. */
static bool find_option(lnti_field *out, const lnti_ontology *ontology, const char *key, lnti_field *near_out,
                        const char **rest_out) {
  char path[LNTI_ONTOLOGY_KEY_MAX * 4];
  for (const char *dot = strchr(key, '.'); dot; dot = strchr(dot + 1, '.')) {
    size_t n = (size_t)(dot - key), question = LNTI_NONE;
    if (n >= sizeof path) return false;
    memcpy(path, key, n);
    path[n] = '\0';
    if (!find_path(&question, ontology, path) || ontology->questions[question].type != LNTI_CHECKLIST) continue;
    size_t option = lnti_ontology_find_titled(ontology, question, LNTI_NONE, dot + 1);
    if (option == LNTI_NONE) option = lnti_ontology_find_option(ontology, question, LNTI_NONE, dot + 1);
    if (option == LNTI_NONE) {
      *near_out = (lnti_field){LNTI_FIELD_QUESTION, question, LNTI_NONE};
      *rest_out = dot + 1;
      continue;
    }
    *out = (lnti_field){LNTI_FIELD_OPTION, question, option};
    return true;
  }
  return false;
}

static bool find_question(lnti_field *out, const lnti_ontology *ontology, const char *key) {
  size_t question = LNTI_NONE;
  if (find_path(&question, ontology, key)) {
    *out = (lnti_field){LNTI_FIELD_QUESTION, question, LNTI_NONE};
    return true;
  }
  lnti_field unused;
  const char *rest = NULL;
  return find_option(out, ontology, key, &unused, &rest);
}

static bool find_meta(lnti_field *out, const lnti_filter_names *names, const char *key) {
  for (size_t i = 0; i < names->n_meta; i++) {
    if (strcmp(key, names->meta[i]) != 0) continue;
    *out = (lnti_field){LNTI_FIELD_META, i, LNTI_NONE};
    return true;
  }
  return false;
}

static bool find(lnti_field *out, const lnti_filter_names *names, const char *key) {
  if (strncmp(key, "item.", 5) == 0 && find_built_in(out, key + 5, 0, LNTI_FIELD_BUILT_IN)) return true;
  if (strncmp(key, "answer.", 7) == 0 && find_question(out, names->ontology, key + 7)) return true;
  if (strncmp(key, "meta.", 5) == 0 && find_meta(out, names, key + 5)) return true;
  return find_built_in(out, key, 0, BEFORE_QUESTIONS) || find_question(out, names->ontology, key) ||
         find_built_in(out, key, BEFORE_QUESTIONS, LNTI_FIELD_BUILT_IN) || find_meta(out, names, key);
}

/* ---- what there is ---- */

static lnt_status add_name(lnti_text *out, const char *name, size_t *n, lnt_error *err) {
  return lnti_text_printf(out, err, "%s%s", (*n)++ ? ", " : "", name);
}

/* "id, path...; questions: class; metadata: site", as much of it as a message has room for. */
static lnt_status list_names(lnti_text *out, const lnti_filter_names *names, lnt_error *err) {
  const lnti_ontology *o = names->ontology;
  lnt_status status = LNT_OK;
  size_t n = 0;
  for (size_t i = 0; i < LNTI_FIELD_BUILT_IN && !status; i++) status = add_name(out, built_in[i].name, &n, err);
  n = 0;
  for (size_t i = o ? o->first_question : LNTI_NONE; i != LNTI_NONE && n < NAMES_SHOWN && !status;
       i = o->questions[i].next_sibling) {
    if (n == 0) status = lnti_text_printf(out, err, "; questions: ");
    if (!status) status = add_name(out, o->questions[i].key, &n, err);
  }
  n = 0;
  for (size_t i = 0; i < names->n_meta && i < NAMES_SHOWN && !status; i++) {
    if (n == 0) status = lnti_text_printf(out, err, "; metadata: ");
    if (!status) status = add_name(out, names->meta[i], &n, err);
  }
  return status;
}

static const char *nearest(const lnti_filter_names *names, const char *key) {
  const char *list[LNTI_FIELD_BUILT_IN + 2 * NAMES_SHOWN];
  const lnti_ontology *o = names->ontology;
  size_t n = 0;
  for (; n < LNTI_FIELD_BUILT_IN; n++) list[n] = built_in[n].name;
  for (size_t i = o ? o->first_question : LNTI_NONE; i != LNTI_NONE && n < LNTI_FIELD_BUILT_IN + NAMES_SHOWN;
       i = o->questions[i].next_sibling) {
    list[n++] = o->questions[i].key;
  }
  for (size_t i = 0; i < names->n_meta && i < NAMES_SHOWN; i++) list[n++] = names->meta[i];
  return lnti_nearest_name(key, list, n);
}

lnt_status lnti_field_find(lnti_field *out, const lnti_filter_names *names, const char *key, lnt_error *err) {
  lnti_text all = {0};
  lnti_field field;
  if (find(&field, names, key)) {
    *out = field;
    return LNT_OK;
  }
  if (lnti_field_is_predicted(key)) return lnti_field_find_predicted(out, names, key, err);
  const char *rest = NULL;
  const char *question = strncmp(key, "answer.", 7) == 0 ? key + 7 : key;
  (void)find_option(&field, names->ontology, question, &field, &rest);
  if (rest) return lnti_filter_no_option(names, field.index, rest, err);
  lnt_status status = list_names(&all, names, err);
  const char *near = nearest(names, key);
  if (!status && near) {
    status = lnti_fail(err, LNT_EINVAL, "'%.60s' is no key; did you mean '%.60s'? There are %s", key, near, all.data);
  } else if (!status) {
    status = lnti_fail(err, LNT_EINVAL, "'%.60s' is no key; there are %s", key, all.data);
  }
  lnti_text_clear(&all);
  return status;
}

lnt_status lnti_field_name(lnti_text *out, const lnti_filter_names *names, const lnti_field *field, lnt_error *err) {
  static const char *const prefixes[] = {"item.", "answer.", "meta."};
  size_t begin = out->length;
  if (field->kind >= LNTI_FIELD_PREDICTED) return lnti_field_name_predicted(out, names, field, err);
  for (int with_prefix = 0; with_prefix < 2; with_prefix++) {
    const char *prefix = "";
    lnti_field found;
    lnt_status status = LNT_OK;
    if (with_prefix) {
      prefix = prefixes[field->kind < LNTI_FIELD_BUILT_IN ? 0 : field->kind == LNTI_FIELD_META ? 2 : 1];
    }
    out->length = begin;
    if (field->kind < LNTI_FIELD_BUILT_IN) {
      status = lnti_text_printf(out, err, "%s%s", prefix, built_in[field->kind].name);
    } else if (field->kind == LNTI_FIELD_META) {
      status = lnti_text_printf(out, err, "%s%s", prefix, names->meta[field->index]);
    } else {
      status = lnti_text_printf(out, err, "%s", prefix);
      if (!status) status = lnti_ontology_question_path(out, names->ontology, field->index, err);
      if (!status && field->option != LNTI_NONE) {
        status = lnti_text_printf(out, err, ".%s", names->ontology->options[field->option].key);
      }
    }
    if (status) return status;
    if (find(&found, names, out->data + begin) && lnti_field_equal(&found, field)) break;
  }
  return LNT_OK;
}
