/*
 * The rules of answers. They stand here, below the store and every way in, so that a label typed, imported or sent by
 * a program is held to the same.
 */
#include <ontology/ontology.h>

#include <base/error.h>
#include <base/text.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* An option below a retired one is no longer offered either. */
static bool is_retired(const lnti_ontology *ontology, size_t option) {
  for (; option != LNTI_NONE; option = ontology->options[option].parent) {
    if (ontology->options[option].retired) return true;
  }
  return false;
}

/* The option is one of the question's, retired or not. */
static lnt_status check_own(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                            lnt_error *err) {
  if (answer->option >= ontology->n_options) {
    return lnti_fail(err, LNT_EINVAL, "no option %zu: there are %zu", answer->option, ontology->n_options);
  }
  const lnti_option *o = &ontology->options[answer->option];
  if (o->question != answer->question) {
    return lnti_fail(err, LNT_EINVAL, "\"%s\" is an option of the question \"%s\", not of \"%s\"", o->key,
                     ontology->questions[o->question].key, q->key);
  }
  return LNT_OK;
}

/* The option may be an answer. `kept`: an answer that was given earlier, here and below. */
static lnt_status check_offered(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                                bool kept, lnt_error *err) {
  if (answer->option == LNTI_NONE) {
    return lnti_fail(err, LNT_EINVAL, "the answer to \"%s\" names no option", q->key);
  }
  lnt_status status = check_own(ontology, q, answer, err);
  if (status) return status;
  const lnti_option *o = &ontology->options[answer->option];
  if (!kept && is_retired(ontology, answer->option)) {
    return lnti_fail(err, LNT_EINVAL, "the option \"%s\" of \"%s\" is retired: choose another", o->key, q->key);
  }
  if (q->type == LNTI_TREE && q->leaf_only && o->n_children) {
    return lnti_fail(err, LNT_EINVAL, "\"%s\" has %zu options below it and \"%s\" takes only leaves: choose one",
                     o->key, o->n_children, q->key);
  }
  return LNT_OK;
}

static lnt_status check_option(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                               bool kept, lnt_error *err) {
  if (!isnan(answer->number)) {
    return lnti_fail(err, LNT_EINVAL, "the question \"%s\" takes one of its options, not the number %g", q->key,
                     answer->number);
  }
  return check_offered(ontology, q, answer, kept, err);
}

static lnt_status check_yes_or_no(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                                  bool kept, lnt_error *err) {
  lnt_status status = check_offered(ontology, q, answer, kept, err);
  if (status) return status;
  if (answer->number == 0 || answer->number == 1) return LNT_OK;
  if (isnan(answer->number)) {
    return lnti_fail(err, LNT_EINVAL,
                     "the option \"%s\" of \"%s\" is answered with yes (1) or no (0), not with neither",
                     ontology->options[answer->option].key, q->key);
  }
  return lnti_fail(err, LNT_EINVAL, "the option \"%s\" of \"%s\" is answered with yes (1) or no (0), not with %g",
                   ontology->options[answer->option].key, q->key, answer->number);
}

/* How many options a question offers at its first level. */
static size_t count_offered(const lnti_ontology *ontology, const lnti_question *q, bool kept) {
  size_t n = 0;
  for (size_t i = q->first_option; i != LNTI_NONE; i = ontology->options[i].next_sibling) {
    n += kept || !ontology->options[i].retired;
  }
  return n;
}

static lnt_status check_place(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                              bool kept, lnt_error *err) {
  lnt_status status = check_offered(ontology, q, answer, kept, err);
  if (status) return status;
  size_t n = count_offered(ontology, q, kept);
  if (answer->number >= 1 && answer->number <= (double)n && answer->number == floor(answer->number)) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL,
                   "the place of \"%s\" in the order of \"%s\" is a whole number from 1 to %zu, not %g",
                   ontology->options[answer->option].key, q->key, n, answer->number);
}

/* Where the control character stands that no text may have; SIZE_MAX: there is none. */
static size_t find_control(const char *text) {
  for (size_t i = 0, n; text[i]; i += n) {
    bool allowed = text[i] == '\n' || text[i] == '\t';
    n = allowed ? 1 : lnti_utf8_printable(text + i);
    if (n == 0) return i;
  }
  return SIZE_MAX;
}

static size_t count_characters(const char *text) {
  size_t n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

lnt_status lnti_text_check(const char *text, size_t max, const char *what, lnt_error *err) {
  size_t n = strlen(text), valid = lnti_utf8_valid(text, n), control = find_control(text);
  if (valid < n) return lnti_fail(err, LNT_EINVAL, "%s is not UTF-8: see its byte %zu", what, valid + 1);
  if (text[strspn(text, " \t\n")] == '\0') return lnti_fail(err, LNT_EINVAL, "%s is empty", what);
  if (control != SIZE_MAX) {
    return lnti_fail(err, LNT_EINVAL, "%s has a control character: see its byte %zu", what, control + 1);
  }
  size_t characters = count_characters(text);
  if (characters <= max) return LNT_OK;
  return lnti_fail(err, LNT_EINVAL, "%s has %zu characters, of which %zu are allowed", what, characters, max);
}

static lnt_status check_text(const lnti_question *q, const lnti_answer *answer, lnt_error *err) {
  char what[300];
  if (answer->option != LNTI_NONE || !isnan(answer->number) || !answer->text) {
    return lnti_fail(err, LNT_EINVAL, "the question \"%s\" takes a text", q->key);
  }
  snprintf(what, sizeof what, "the answer to \"%s\"", q->key);
  return lnti_text_check(answer->text, q->max_length ? q->max_length : LNTI_ONTOLOGY_TEXT_MAX, what, err);
}

/* On a step: base + k * step for a whole k, to within a millionth of a step (0.1 has no exact double). */
static bool is_on_step(double number, double base, double step) {
  double steps = (number - base) / step;
  return fabs(steps - nearbyint(steps)) <= 1e-6;
}

static lnt_status check_number(const lnti_question *q, const lnti_answer *answer, lnt_error *err) {
  if (answer->option != LNTI_NONE) {
    return lnti_fail(err, LNT_EINVAL, "the question \"%s\" takes a number, not an option", q->key);
  }
  if (!isfinite(answer->number)) {
    return lnti_fail(err, LNT_EINVAL, "the answer to \"%s\" is no finite number", q->key);
  }
  if (answer->number < q->min || answer->number > q->max) {
    return lnti_fail(err, LNT_EINVAL, "%g is outside %g..%g, which \"%s\" takes", answer->number, q->min, q->max,
                     q->key);
  }
  double base = isfinite(q->min) ? q->min : 0;
  if (q->step > 0 && !is_on_step(answer->number, base, q->step)) {
    return lnti_fail(err, LNT_EINVAL, "%g is not on a step of %g from %g, which \"%s\" takes", answer->number, q->step,
                     base, q->key);
  }
  return LNT_OK;
}

static lnt_status check_value(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                              bool kept, lnt_error *err) {
  switch (q->type) {
    case LNTI_NUMBER:
      return check_number(q, answer, err);
    case LNTI_CHECKLIST:
      return check_yes_or_no(ontology, q, answer, kept, err);
    case LNTI_RANK:
      return check_place(ontology, q, answer, kept, err);
    case LNTI_TEXT:
      return check_text(q, answer, err);
    default:
      return check_option(ontology, q, answer, kept, err);
  }
}

static lnt_status check(const lnti_ontology *ontology, const lnti_answer *answer, bool kept, lnt_error *err) {
  if (answer->question >= ontology->n_questions) {
    return lnti_fail(err, LNT_EINVAL, "no question %zu: there are %zu", answer->question, ontology->n_questions);
  }
  const lnti_question *q = &ontology->questions[answer->question];
  if (answer->text && (q->type != LNTI_TEXT || answer->state != LNTI_ANSWERED)) {
    return lnti_fail(err, LNT_EINVAL, "this answer to \"%s\", a question of type %s, takes no text", q->key,
                     lnti_question_type_name(q->type));
  }
  switch (answer->state) {
    case LNTI_ANSWERED:
      return check_value(ontology, q, answer, kept, err);
    case LNTI_NONE_OF_THESE:
      if (q->type == LNTI_NUMBER || q->type == LNTI_TEXT) {
        return lnti_fail(err, LNT_EINVAL, "\"%s\" asks for a %s: \"none of these\" is no answer to it", q->key,
                         lnti_question_type_name(q->type));
      }
      break;
    case LNTI_UNSURE:
      break;
    case LNTI_CLEARED:
      if (q->type == LNTI_CHECKLIST && answer->option != LNTI_NONE && isnan(answer->number)) {
        return check_own(ontology, q, answer, err);
      }
      break;
    default:
      return lnti_fail(err, LNT_EINVAL, "no state of an answer has the number %d", (int)answer->state);
  }
  if (answer->option != LNTI_NONE || !isnan(answer->number)) {
    return lnti_fail(err, LNT_EINVAL, "\"unsure\", \"none of these\" and a cleared answer to \"%s\" have no value",
                     q->key);
  }
  return LNT_OK;
}

lnt_status lnti_answer_check(const lnti_ontology *ontology, const lnti_answer *answer, lnt_error *err) {
  return check(ontology, answer, false, err);
}

lnt_status lnti_answer_check_kept(const lnti_ontology *ontology, const lnti_answer *answer, lnt_error *err) {
  return check(ontology, answer, true, err);
}

bool lnti_question_visible(const lnti_ontology *ontology, size_t question, lnti_is_chosen chosen, void *payload) {
  for (;;) {
    size_t above = ontology->questions[question].parent_option;
    if (above == LNTI_NONE) return true;
    if (!chosen(payload, above)) return false;
    question = ontology->options[above].question;
  }
}
