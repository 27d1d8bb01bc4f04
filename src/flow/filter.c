/*
 * Filters over items: a small conjunction, parsed into terms and matched row by row while the store is walked.
 */
#include <flow/filter.h>

#include <base/alloc.h>
#include <base/error.h>
#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum term_key { TERM_SPLIT, TERM_STAGE, TERM_ID, TERM_PATH, TERM_LABELLED, TERM_QUESTION } term_key;

typedef struct filter_term {
  term_key key;
  bool negated;
  char *value;
  int64_t number;  /* of TERM_ID */
  size_t question; /* of TERM_QUESTION */
  size_t option;   /* of TERM_QUESTION on radio and tree */
  double real;     /* of TERM_QUESTION on number */
} filter_term;

struct lnti_filter {
  lnti_ontology *ontology;
  filter_term *terms;
  size_t n, capacity;
};

/* ---- parsing ---- */

typedef struct scanner {
  const char *start, *at;
} scanner;

static void skip_blanks(scanner *in) {
  while (isspace((unsigned char)*in->at)) in->at++;
}

/* A word up to one of `stop` or a blank, or what stands in double quotes. */
static lnt_status read_word(char **out, scanner *in, const char *stop, const char *what, lnt_error *err) {
  const char *begin = in->at, *end;
  if (*begin == '"') {
    begin++;
    end = strchr(begin, '"');
    if (!end) {
      return lnti_fail(err, LNT_EINVAL, "filter, column %zu: the quote is not closed",
                       (size_t)(in->at - in->start) + 1);
    }
    in->at = end + 1;
  } else {
    end = begin;
    while (*end && !isspace((unsigned char)*end) && !strchr(stop, *end)) end++;
    in->at = end;
    if (end == begin) {
      return lnti_fail(err, LNT_EINVAL,
                       "filter, column %zu: %s is missing; write key=value and key!=value joined by "
                       "\"and\"",
                       (size_t)(begin - in->start) + 1, what);
    }
  }
  return lnti_strndup(out, begin, (size_t)(end - begin), err);
}

static lnt_status find_option_path(size_t *out, lnti_ontology *ontology, size_t question, const char *path,
                                   lnt_error *err) {
  size_t option = LNTI_NONE;
  bool tree = ontology->questions[question].type == LNTI_TREE;
  const char *rest = path;
  do {
    char part[256];
    size_t n = tree ? strcspn(rest, "/") : strlen(rest);
    if (n == 0 || n >= sizeof part) break;
    memcpy(part, rest, n);
    part[n] = '\0';
    option = lnti_ontology_find_option(ontology, question, option, part);
    if (option == LNTI_NONE) break;
    rest += n;
    if (*rest == '/') rest++;
  } while (*rest);
  if (option == LNTI_NONE || *rest) {
    return lnti_fail(err, LNT_EINVAL, "filter: \"%s\" has no option \"%.100s\"; see them with: linnet ontology show",
                     ontology->questions[question].title, path);
  }
  *out = option;
  return LNT_OK;
}

static lnt_status resolve_question(filter_term *term, const char *key, lnti_ontology *ontology, lnt_error *err) {
  lnt_error inner = LNT_ERROR_INIT;
  if (lnti_ontology_find_question(&term->question, ontology, key, &inner)) {
    return lnti_fail(err, LNT_EINVAL,
                     "filter: '%.60s' is no key; there are split, stage, id, path, labelled, and the "
                     "questions of the ontology",
                     key);
  }
  term->key = TERM_QUESTION;
  if (ontology->questions[term->question].type == LNTI_NUMBER) {
    return lnti_parse_real(&term->real, term->value, key, err);
  }
  return find_option_path(&term->option, ontology, term->question, term->value, err);
}

static lnt_status resolve_term(filter_term *term, const char *key, lnti_ontology *ontology, lnt_error *err) {
  static const struct {
    const char *name;
    term_key key;
  } known[] = {
      {"split", TERM_SPLIT}, {"stage", TERM_STAGE}, {"id", TERM_ID}, {"path", TERM_PATH}, {"labelled", TERM_LABELLED}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(key, known[i].name) != 0) continue;
    term->key = known[i].key;
    if (term->key == TERM_ID) return lnti_parse_int(&term->number, term->value, "filter: id", err);
    if (term->key == TERM_LABELLED && strcmp(term->value, "yes") != 0 && strcmp(term->value, "no") != 0) {
      return lnti_fail(err, LNT_EINVAL, "filter: labelled is yes or no, not '%.40s'", term->value);
    }
    return LNT_OK;
  }
  return resolve_question(term, key, ontology, err);
}

static lnt_status read_term(lnti_filter *filter, scanner *in, lnt_error *err) {
  filter_term term = {.option = LNTI_NONE, .question = LNTI_NONE};
  char *key = NULL;
  lnt_status status = lnti_grow(&filter->terms, &filter->capacity, filter->n + 1, sizeof *filter->terms, err);
  if (status) goto done;
  status = read_word(&key, in, "=!", "a key", err);
  if (status) goto done;
  skip_blanks(in);
  if (*in->at == '!') {
    term.negated = true;
    in->at++;
  }
  if (*in->at != '=') {
    status = lnti_fail(err, LNT_EINVAL, "filter, column %zu: = or != is needed after '%.60s'",
                       (size_t)(in->at - in->start) + 1, key);
    goto done;
  }
  in->at++;
  skip_blanks(in);
  status = read_word(&term.value, in, "", "a value", err);
  if (status) goto done;
  status = resolve_term(&term, key, filter->ontology, err);
  if (status) goto done;
  filter->terms[filter->n++] = term;
  term.value = NULL;
done:
  free(term.value);
  free(key);
  return status;
}

lnt_status lnti_filter_parse(lnti_filter **out, const char *text, lnti_ontology *ontology, lnt_error *err) {
  lnti_filter *filter = NULL;
  scanner in = {text, text};
  lnt_status status = lnti_alloc_zero(&filter, 1, sizeof *filter, err);
  if (status) return status;
  filter->ontology = ontology;
  skip_blanks(&in);
  while (*in.at) {
    status = read_term(filter, &in, err);
    if (status) goto done;
    skip_blanks(&in);
    if (!*in.at) break;
    if (strncmp(in.at, "and", 3) != 0 || (in.at[3] && !isspace((unsigned char)in.at[3]))) {
      status = lnti_fail(err, LNT_EINVAL, "filter, column %zu: \"and\" is needed before '%.40s'",
                         (size_t)(in.at - text) + 1, in.at);
      goto done;
    }
    in.at += 3;
    skip_blanks(&in);
    if (!*in.at) {
      status = lnti_fail(err, LNT_EINVAL, "filter: nothing stands after the last \"and\"");
      goto done;
    }
  }
  *out = filter;
  filter = NULL;
done:
  lnti_filter_free(filter);
  return status;
}

void lnti_filter_free(lnti_filter *filter) {
  if (!filter) return;
  for (size_t i = 0; i < filter->n; i++) free(filter->terms[i].value);
  free(filter->terms);
  free(filter);
}

/* ---- matching ---- */

static bool match_question(const lnti_filter *filter, const filter_term *term, const lnti_item_view *view) {
  int64_t question_id = filter->ontology->questions[term->question].id;
  for (size_t i = 0; i < view->n_answers; i++) {
    const lnti_answer_row *row = &view->answers[i];
    if (row->question_id != question_id || row->state != LNTI_ANSWERED) continue;
    if (term->option == LNTI_NONE) return fabs(row->number - term->real) <= 1e-12 * fmax(1, fabs(term->real));
    size_t option = lnti_ontology_option_by_id(filter->ontology, row->option_id);
    for (; option != LNTI_NONE; option = filter->ontology->options[option].parent) {
      if (option == term->option) return true;
    }
    return false;
  }
  return false;
}

static bool match_path(const char *pattern, const char *uri) {
  if (strpbrk(pattern, "*?[")) return fnmatch(pattern, uri, 0) == 0;
  return strncmp(uri, pattern, strlen(pattern)) == 0;
}

static bool match_term(const lnti_filter *filter, const filter_term *term, const lnti_item_view *view) {
  switch (term->key) {
    case TERM_SPLIT:
      return strcmp(view->item->split, term->value) == 0;
    case TERM_STAGE:
      return strcmp(view->item->stage, term->value) == 0;
    case TERM_ID:
      return view->item->id == term->number;
    case TERM_PATH:
      return match_path(term->value, view->uri);
    case TERM_LABELLED:
      return (view->n_answers > 0) == (strcmp(term->value, "yes") == 0);
    case TERM_QUESTION:
      return match_question(filter, term, view);
  }
  return false;
}

bool lnti_filter_match(const lnti_filter *filter, const lnti_item_view *view) {
  for (size_t i = 0; i < filter->n; i++) {
    if (match_term(filter, &filter->terms[i], view) == filter->terms[i].negated) return false;
  }
  return true;
}

/* ---- walking ---- */

enum { WALK_PAGE = 4096 };

/* A page of items, then their answers: two short reads that never hold the database while the visitor works. */
typedef struct item_page {
  lnti_item item[WALK_PAGE];
  size_t n;
  lnti_arena arena; /* their strings */
  lnti_answer_row *answers;
  size_t n_answers, answer_capacity;
} item_page;

static lnt_status keep_text(const char **text, item_page *page, lnt_error *err) {
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, &page->arena, *text, strlen(*text), err);
  if (status == LNT_OK) *text = copy;
  return status;
}

static lnt_status keep_item(void *payload, const lnti_item *item, lnt_error *err) {
  item_page *page = payload;
  lnti_item copy = *item;
  const char **texts[] = {&copy.source, &copy.member, &copy.format, &copy.split, &copy.stage};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    lnt_status status = keep_text(texts[i], page, err);
    if (status) return status;
  }
  page->item[page->n++] = copy;
  return LNT_OK;
}

static lnt_status keep_answer(void *payload, const lnti_answer_row *row, lnt_error *err) {
  item_page *page = payload;
  lnt_status status =
      lnti_grow(&page->answers, &page->answer_capacity, page->n_answers + 1, sizeof *page->answers, err);
  if (status) return status;
  page->answers[page->n_answers] = *row;
  page->answers[page->n_answers++].text = NULL;
  return LNT_OK;
}

static lnt_status load_page(item_page *page, lnti_project *project, int64_t after_id, lnt_error *err) {
  lnti_item_query query = {.after_id = after_id, .limit = WALK_PAGE};
  lnti_arena_clear(&page->arena);
  page->n = page->n_answers = 0;
  lnt_status status = lnti_store_items(project->store, &query, keep_item, page, err);
  if (status || page->n == 0) return status;
  return lnti_store_answers(project->store, page->item[0].id, page->item[page->n - 1].id, 0, keep_answer, page, err);
}

/* *n_left: how many more may be visited; SIZE_MAX: any number. */
static lnt_status visit_page(const item_page *page, const lnti_filter *filter, size_t *n_left,
                             lnti_item_view_visit visit, void *payload, lnt_error *err) {
  lnti_text uri = {0};
  lnt_status status = LNT_OK;
  size_t at = 0;
  for (size_t i = 0; status == LNT_OK && *n_left > 0 && i < page->n; i++) {
    size_t begin = at;
    while (at < page->n_answers && page->answers[at].subject_id == page->item[i].id) at++;
    uri.length = 0;
    status = lnti_item_uri(&uri, &page->item[i], err);
    if (status) break;
    lnti_item_view view = {&page->item[i], uri.data, page->answers + begin, at - begin};
    if (filter && !lnti_filter_match(filter, &view)) continue;
    status = visit(payload, &view, err);
    if (*n_left != SIZE_MAX) --*n_left;
  }
  lnti_text_clear(&uri);
  return status;
}

lnt_status lnti_items(lnti_project *project, const lnti_filter *filter, int64_t after_id, size_t limit,
                      lnti_item_view_visit visit, void *payload, lnt_error *err) {
  item_page *page = NULL;
  size_t n_left = limit ? limit : SIZE_MAX;
  lnt_status status = lnti_alloc_zero(&page, 1, sizeof *page, err);
  while (status == LNT_OK && n_left > 0) {
    status = lnti_cancel_check(project->context.cancel, err);
    if (status) break;
    status = load_page(page, project, after_id, err);
    if (status || page->n == 0) break;
    after_id = page->item[page->n - 1].id;
    status = visit_page(page, filter, &n_left, visit, payload, err);
  }
  if (page) {
    lnti_arena_clear(&page->arena);
    free(page->answers);
    free(page);
  }
  return status;
}
