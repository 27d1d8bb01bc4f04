/*
 * Keys of stored predictions: "predicted:", "confidence:" or "disagrees:", then a question, whose newest predictions are meant, or a
 * model, or "model/question", where a model is called like a question; of a checklist then may come ".option".
 */
#include <flow/filter/parts.h>

#include <base/error.h>
#include <string.h>

enum { NAMES_SHOWN = 12 };

static const struct prefix {
  const char *text;
  lnti_field_kind kind;
} prefixes[] = {
    {"predicted:", LNTI_FIELD_PREDICTED}, {"confidence:", LNTI_FIELD_CONFIDENCE}, {"disagrees:", LNTI_FIELD_DISAGREES}};

enum { PREFIXES = sizeof prefixes / sizeof prefixes[0] };

static const struct prefix *prefix_of(const char *key) {
  for (size_t i = 0; i < PREFIXES; i++) {
    if (strncmp(key, prefixes[i].text, strlen(prefixes[i].text)) == 0) return &prefixes[i];
  }
  return NULL;
}

bool lnti_field_is_predicted(const char *key) {
  return prefix_of(key) != NULL;
}

/* ---- which predictions ---- */

/* Whether a path of [n] bytes names the question. */
static bool is_question(const lnti_filter_names *names, const char *path, size_t n, size_t question) {
  char copy[LNTI_ONTOLOGY_KEY_MAX * 4];
  size_t found = LNTI_NONE;
  if (n == 0 || n >= sizeof copy) return false;
  memcpy(copy, path, n);
  copy[n] = '\0';
  return lnti_ontology_find_question(&found, names->ontology, copy, NULL) == LNT_OK && found == question;
}

static bool is_model_question(const lnti_filter_names *names, const lnti_predicted_name *p, const char *text,
                              size_t n) {
  size_t length = strlen(p->name);
  return n > length && memcmp(text, p->name, length) == 0 && text[length] == '/' &&
         is_question(names, text + length + 1, n - length - 1, p->question);
}

/* The newest predictions that a text of [n] bytes names: a question goes before a model. LNTI_NONE */
static size_t find_set(const lnti_filter_names *names, const char *text, size_t n) {
  for (int form = 0; form < 3; form++) {
    for (size_t i = names->n_predicted; i-- > 0;) {
      const lnti_predicted_name *p = &names->predicted[i];
      if (form == 0 && is_question(names, text, n, p->question)) return i;
      if (form == 1 && strlen(p->name) == n && memcmp(text, p->name, n) == 0) return i;
      if (form == 2 && is_model_question(names, p, text, n)) return i;
    }
  }
  return LNTI_NONE;
}

/* The predictions and, of a checklist, the option behind a dot. */
static bool find_both(lnti_field *out, const lnti_filter_names *names, const char *text) {
  const lnti_ontology *o = names->ontology;
  out->index = find_set(names, text, strlen(text));
  if (out->index != LNTI_NONE) return true;
  for (const char *dot = strchr(text, '.'); dot; dot = strchr(dot + 1, '.')) {
    size_t set = find_set(names, text, (size_t)(dot - text));
    if (set == LNTI_NONE || o->questions[names->predicted[set].question].type != LNTI_CHECKLIST) continue;
    size_t question = names->predicted[set].question;
    size_t option = lnti_ontology_find_titled(o, question, LNTI_NONE, dot + 1);
    if (option == LNTI_NONE) option = lnti_ontology_find_option(o, question, LNTI_NONE, dot + 1);
    if (option == LNTI_NONE) continue;
    out->index = set;
    out->option = option;
    return true;
  }
  return false;
}

/* ---- what is said where there are none ---- */

/* "class (by m1, gpt), size (by m2)" as far as there is room. */
static lnt_status list_sets(lnti_text *out, const lnti_filter_names *names, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = names->n_predicted, n = 0; i-- > 0 && n < NAMES_SHOWN && !status; n++) {
    if (n > 0) status = lnti_text_printf(out, err, ", ");
    if (!status) status = lnti_ontology_question_path(out, names->ontology, names->predicted[i].question, err);
    if (!status) status = lnti_text_printf(out, err, " (by %.60s)", names->predicted[i].name);
  }
  return status;
}

static lnt_status fail_no_set(const lnti_filter_names *names, const char *key, lnt_error *err) {
  lnti_text all = {0};
  if (names->n_predicted == 0) {
    return lnti_fail(
        err, LNT_EINVAL,
        "'%.80s': no predictions are stored: linnet predict MODEL --items FILTER --store, or linnet import "
        "--predictions FILE --name NAME",
        key);
  }
  lnt_status status = list_sets(&all, names, err);
  if (!status) {
    status = lnti_fail(err, LNT_EINVAL,
                       "'%.80s': behind the colon stands a question or a model that predictions are stored of; there "
                       "are: %s",
                       key, all.data);
  }
  lnti_text_clear(&all);
  return status;
}

lnt_status lnti_field_find_predicted(lnti_field *out, const lnti_filter_names *names, const char *key, lnt_error *err) {
  const struct prefix *prefix = prefix_of(key);
  lnti_field field = {prefix->kind, 0, LNTI_NONE};
  if (!names->ontology || !find_both(&field, names, key + strlen(prefix->text))) return fail_no_set(names, key, err);
  size_t question = names->predicted[field.index].question;
  bool number = names->ontology->questions[question].type == LNTI_NUMBER;
  if (number && field.kind == LNTI_FIELD_CONFIDENCE)
    return lnti_fail(err, LNT_EINVAL, "'%.80s': a predicted number has no confidence", key);
  if (number && field.kind == LNTI_FIELD_DISAGREES)
    return lnti_fail(err, LNT_EINVAL, "'%.80s': numbers differ by more or less; linnet evaluate tells by how much",
                     key);
  if (field.option != LNTI_NONE && field.kind == LNTI_FIELD_DISAGREES)
    return lnti_fail(err, LNT_EINVAL, "'%.80s': this is asked of all options together: leave out the last one", key);
  if (field.option != LNTI_NONE && field.kind == LNTI_FIELD_PREDICTED) field.kind = LNTI_FIELD_PREDICTED_OPTION;
  *out = field;
  return LNT_OK;
}

lnt_status lnti_field_name_predicted(lnti_text *out, const lnti_filter_names *names, const lnti_field *field,
                                     lnt_error *err) {
  const lnti_predicted_name *p = &names->predicted[field->index];
  lnti_field_kind kind = field->kind == LNTI_FIELD_PREDICTED_OPTION ? LNTI_FIELD_PREDICTED : field->kind;
  const char *prefix = prefixes[0].text;
  for (size_t i = 0; i < PREFIXES; i++) {
    if (prefixes[i].kind == kind) prefix = prefixes[i].text;
  }
  size_t begin = out->length + strlen(prefix);
  lnt_status status = lnti_text_printf(out, err, "%s", prefix);
  if (!status) status = lnti_ontology_question_path(out, names->ontology, p->question, err);
  if (!status && find_set(names, out->data + begin, out->length - begin) != field->index) {
    out->length = begin;
    status = lnti_text_printf(out, err, "%s/", p->name);
    if (!status) status = lnti_ontology_question_path(out, names->ontology, p->question, err);
  }
  if (status || field->option == LNTI_NONE) return status;
  return lnti_text_printf(out, err, ".%s", names->ontology->options[field->option].key);
}
