/*
 * The rules of answers. They stand here, below the store and every way in, so that a label typed, imported or sent by
 * a program is held to the same.
 */
#include <ontology/ontology.h>

#include <base/error.h>
#include <math.h>

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

/* The option may be an answer. */
static lnt_status check_offered(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                                lnt_error *err) {
  if (answer->option == LNTI_NONE) {
    return lnti_fail(err, LNT_EINVAL, "the answer to \"%s\" names no option", q->key);
  }
  lnt_status status = check_own(ontology, q, answer, err);
  if (status) return status;
  const lnti_option *o = &ontology->options[answer->option];
  if (is_retired(ontology, answer->option)) {
    return lnti_fail(err, LNT_EINVAL, "the option \"%s\" of \"%s\" is retired: choose another", o->key, q->key);
  }
  if (q->type == LNTI_TREE && q->leaf_only && o->n_children) {
    return lnti_fail(err, LNT_EINVAL, "\"%s\" has %zu options below it and \"%s\" takes only leaves: choose one",
                     o->key, o->n_children, q->key);
  }
  return LNT_OK;
}

static lnt_status check_option(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                               lnt_error *err) {
  if (!isnan(answer->number)) {
    return lnti_fail(err, LNT_EINVAL, "the question \"%s\" takes one of its options, not the number %g", q->key,
                     answer->number);
  }
  return check_offered(ontology, q, answer, err);
}

static lnt_status check_yes_or_no(const lnti_ontology *ontology, const lnti_question *q, const lnti_answer *answer,
                                  lnt_error *err) {
  lnt_status status = check_offered(ontology, q, answer, err);
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
                              lnt_error *err) {
  switch (q->type) {
    case LNTI_NUMBER:
      return check_number(q, answer, err);
    case LNTI_CHECKLIST:
      return check_yes_or_no(ontology, q, answer, err);
    default:
      return check_option(ontology, q, answer, err);
  }
}

lnt_status lnti_answer_check(const lnti_ontology *ontology, const lnti_answer *answer, lnt_error *err) {
  if (answer->question >= ontology->n_questions) {
    return lnti_fail(err, LNT_EINVAL, "no question %zu: there are %zu", answer->question, ontology->n_questions);
  }
  const lnti_question *q = &ontology->questions[answer->question];
  switch (answer->state) {
    case LNTI_ANSWERED:
      return check_value(ontology, q, answer, err);
    case LNTI_NONE_OF_THESE:
      if (q->type == LNTI_NUMBER) {
        return lnti_fail(err, LNT_EINVAL, "\"%s\" asks for a number: \"none of these\" is no answer to it", q->key);
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

bool lnti_question_visible(const lnti_ontology *ontology, size_t question, lnti_is_chosen chosen, void *payload) {
  for (;;) {
    size_t above = ontology->questions[question].parent_option;
    if (above == LNTI_NONE) return true;
    if (!chosen(payload, above)) return false;
    question = ontology->options[above].question;
  }
}
