/*
 * All problems of a document, and the document without any.
 */
#include <ontology/parse.h>

#include <base/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the caps above allow of paths and messages. */
static const size_t PROBLEM_BYTES_MAX = (size_t)16 << 20;

lnt_status lnti_ontology_problem_add(lnti_ontology_problems *problems, const char *path, size_t line, lnt_status code,
                                     bool warning, const char *message, lnt_error *err) {
  lnti_ontology_problem **list = warning ? &problems->warnings : &problems->errors;
  size_t *n = warning ? &problems->n_warnings : &problems->n_errors;
  size_t *capacity = warning ? &problems->warning_capacity : &problems->error_capacity;
  char *path_copy = NULL, *message_copy = NULL;
  if (*n >= LNTI_ONTOLOGY_PROBLEMS_MAX) {
    (*n)++;
    return LNT_OK;
  }
  problems->arena.cap = PROBLEM_BYTES_MAX;
  lnt_status status = lnti_arena_strndup(&path_copy, &problems->arena, path, strlen(path), err);
  if (!status) status = lnti_arena_strndup(&message_copy, &problems->arena, message, strlen(message), err);
  if (!status) status = lnti_grow(list, capacity, *n + 1, sizeof **list, err);
  if (status) return status;
  (*list)[(*n)++] = (lnti_ontology_problem){path_copy, line, warning ? LNT_OK : code, message_copy};
  return LNT_OK;
}

void lnti_ontology_problems_clear(lnti_ontology_problems *problems) {
  free(problems->errors);
  free(problems->warnings);
  lnti_arena_clear(&problems->arena);
  *problems = (lnti_ontology_problems){0};
}

/* The reader's "json:3:5: what" as a problem of line 3. */
static lnt_status tell_broken(lnti_ontology_problems *problems, lnt_status code, const lnt_error *broken,
                              lnt_error *err) {
  static const char prefix[] = "json:";
  const char *message = broken->message;
  size_t line = 1;
  if (code == LNT_ENOMEM) return lnti_fail(err, code, "%s", message);
  if (strncmp(message, prefix, strlen(prefix)) == 0) {
    char *after = NULL;
    line = strtoul(message + strlen(prefix), &after, 10);
    unsigned long column = *after == ':' ? strtoul(after + 1, &after, 10) : 0;
    char told[LNT_ERROR_MESSAGE_BYTES + 64];
    snprintf(told, sizeof told, "column %lu%s", column, after);
    return lnti_ontology_problem_add(problems, "", line, code, false, told, err);
  }
  return lnti_ontology_problem_add(problems, "", line, code, false, message, err);
}

/* Room for the options there may be, each of which is an object, so that nothing need grow and be copied on the way. */
static lnt_status make_room(lnti_ontology *ontology, const char *data, size_t n, lnt_error *err) {
  enum { OPTION_BYTES_MIN = 11, ROOM_MAX = 1 << 17 }; /* {"id":"a"}, */
  size_t braces = 0;
  for (size_t i = 0; i < n; i++) braces += data[i] == '{';
  if (braces > n / OPTION_BYTES_MIN) braces = n / OPTION_BYTES_MIN;
  return lnti_ontology_reserve(ontology, 0, braces < ROOM_MAX ? braces : ROOM_MAX, err);
}

lnt_status lnti_ontology_check(lnti_ontology **out, lnti_ontology_problems *problems, const char *data, size_t n,
                               lnt_error *err) {
  lnti_arena arena = {.cap = (size_t)4 << 30};
  const lnti_json_value *root = NULL;
  lnti_parser p = {.problems = problems, .err = err};
  lnt_error broken = LNT_ERROR_INIT;
  *out = NULL;
  if (n > LNTI_ONTOLOGY_FILE_MAX) {
    lnti_error_set(&broken, LNT_ELIMIT, "%zu bytes; at most %d", n, LNTI_ONTOLOGY_FILE_MAX);
    return tell_broken(problems, LNT_ELIMIT, &broken, err);
  }
  lnt_status status = lnti_json_parse(&root, &arena, data, n, "json", &broken);
  if (status) {
    status = tell_broken(problems, status, &broken, err);
  } else {
    p.status = lnti_ontology_new(&p.ontology, "", err);
    if (!p.status) p.status = make_room(p.ontology, data, n, err);
    lnti_parse_root(&p, root);
    if (!p.status && !problems->n_errors) lnti_warn(&p);
    status = p.status;
  }
  if (!status && !problems->n_errors) {
    *out = p.ontology;
    p.ontology = NULL;
  }
  free(p.question_lines);
  free(p.option_lines);
  lnti_ontology_free(p.ontology);
  lnti_arena_clear(&arena);
  return status;
}

lnt_status lnti_ontology_parse(lnti_ontology **out, const char *data, size_t n, const char *name, lnt_error *err) {
  lnti_ontology_problems problems = {0};
  lnti_ontology *ontology = NULL;
  lnt_status status = lnti_ontology_check(&ontology, &problems, data, n, err);
  if (!status && problems.n_errors) {
    const lnti_ontology_problem *first = &problems.errors[0];
    char more[96] = "";
    if (problems.n_errors > 1) {
      snprintf(more, sizeof more, "; %zu more: 'linnet ontology check' tells all", problems.n_errors - 1);
    }
    status = lnti_fail(err, first->code, "%.200s:%zu: %.160s: %.200s%s", name ? name : "ontology", first->line,
                       *first->path ? first->path : "the document", first->message, more);
  } else if (!status) {
    *out = ontology;
  }
  lnti_ontology_problems_clear(&problems);
  return status;
}
