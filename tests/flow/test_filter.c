/*
 * Filters: what the parser takes and how it says where it does not; every key on items that differ in it; walks over
 * more items than a page holds.
 */
#include <flow/view_items.h>

#include "flow_support.h"

/* ---- fixtures ---- */

/* Six items whose members name what they are; ids are 1..6 in this order. */
static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, NULL);
  int64_t teal = lab_item(&l, "birds/teal 1.png", 1, "train");
  int64_t duck = lab_item(&l, "birds/duck.png", 2, "train");
  int64_t owl = lab_item(&l, "birds/owl.png", 3, "test");
  int64_t cat = lab_item(&l, "cat.png", 4, "test");
  int64_t unsure = lab_item(&l, "unsure.png", 5, "");
  lab_item(&l, "plain[1].png", 6, "");
  lab_answer(&l, teal, "class", "bird");
  lab_answer(&l, teal, "class/bird/species", "duck/teal");
  lab_answer(&l, duck, "class", "bird");
  lab_answer(&l, duck, "class/bird/species", "duck");
  lab_answer(&l, owl, "class", "bird");
  lab_answer(&l, owl, "class/bird/species", "owl");
  lab_answer(&l, owl, "class/bird/wings", "2.5");
  lab_answer(&l, cat, "class", "cat");
  lab_answer(&l, cat, "quality", "0.3");
  lab_answer(&l, unsure, "class", "unsure");
  return l;
}

static lnti_view *new_view(const lab *l) {
  lnti_view *view = NULL;
  assert_ok(lnti_view_open(&view, l->project, NULL, NULL, ERR));
  return view;
}

typedef struct walked {
  int64_t id[8];
  size_t n;
} walked;

static lnt_status keep_id(void *payload, const lnti_item_view *view, lnt_error *err) {
  (void)err;
  walked *w = payload;
  assert_in_range(w->n, 0, 7);
  w->id[w->n++] = view->item->id;
  return LNT_OK;
}

/* The ids of the items that match, as digits: "124". */
static void check_found(const lab *l, const char *text, const char *wanted, int line) {
  lnti_view *view = new_view(l);
  lnti_filter *filter = NULL;
  walked w = {.n = 0};
  char found[16] = "";
  lnt_status status = lnti_filter_parse(&filter, text, lnti_view_names(view), ERR);
  lnti_test_assert_status(status, LNT_OK, text, __FILE__, line);
  assert_ok(lnti_items(l->project, view, &(lnti_items_query){.filter = filter}, keep_id, &w, ERR));
  for (size_t i = 0; i < w.n; i++) found[i] = (char)('0' + w.id[i]);
  if (strcmp(found, wanted) != 0) fail_msg("line %d: %s finds %s where %s is right", line, text, found, wanted);
  lnti_filter_free(filter);
  lnti_view_close(view);
}

static void check_error(const lab *l, const char *text, const char *message, int line) {
  static const char *const meta[] = {"site", "camera model"};
  const lnti_filter_names names = {l->ontology, meta, 2};
  lnti_filter *filter = NULL;
  lnt_status status = lnti_filter_parse(&filter, text, &names, ERR);
  lnti_test_assert_status(status, LNT_EINVAL, text, __FILE__, line);
  lnti_test_assert_message(message, __FILE__, line);
  assert_null(filter);
}

#define found(text, wanted) check_found(&l, text, wanted, __LINE__)
#define error(text, message) check_error(&l, text, message, __LINE__)

/* ---- keys ---- */

static void test_everything(void **state) {
  (void)state;
  lab l = new_lab();
  walked w = {.n = 0};
  found("", "123456");
  found("  \t", "123456");
  assert_ok(lnti_items(l.project, NULL, &(lnti_items_query){0}, keep_id, &w, ERR));
  assert_int_equal(w.n, 6);
  lab_free(&l);
}

static void test_split_stage_and_id(void **state) {
  (void)state;
  lab l = new_lab();
  found("split=train", "12");
  found("split!=train", "3456");
  found("split=\"\"", "56");
  found("split!=\"\"", "1234");
  found("split=nowhere", "");
  found("stage=annotate", "123456");
  found("stage=done", "");
  found("stage!=done", "123456");
  found("id=3", "3");
  found("id!=3", "12456");
  found("id=99", "");
  lab_free(&l);
}

static void test_labelled(void **state) {
  (void)state;
  lab l = new_lab();
  found("labelled=yes", "12345"); /* "unsure" is an answer */
  found("labelled=no", "6");
  found("labelled!=yes", "6");
  error("labelled=maybe", "labelled is no or yes, not 'maybe'");
  lab_free(&l);
}

static void test_path_as_prefix_and_pattern(void **state) {
  (void)state;
  lab l = new_lab();
  char text[512];
  snprintf(text, sizeof text, "path=%s/birds/", l.folder);
  found(text, "123");
  snprintf(text, sizeof text, "path!=%s/birds/", l.folder);
  found(text, "456");
  snprintf(text, sizeof text, "path=\"%s/birds/teal 1.png\"", l.folder);
  found(text, "1");
  found("path=*/birds/*", "123");
  found("path=*ow?.png", "3");
  found("path=\"* 1.png\"", "1");
  found("path=*.jpg", "");
  found("path=birds", ""); /* a prefix of the whole, not of the name */
  found("path=*[ct]at.png", "4");
  found("path=*plain[[]1].png", "6");
  lab_free(&l);
}

static void test_questions(void **state) {
  (void)state;
  lab l = new_lab();
  found("class=bird", "123");
  found("class!=bird", "456"); /* what has no answer is no bird */
  found("class=\"A bird\"", "123");
  found("class=cat", "4");
  found("class=fox", "");
  error("class=fish", "\"Class\" has no option \"fish\"");
  error("class=fish", "linnet ontology show");
  error("class=\"\"", "has no option");
  lab_free(&l);
}

static void test_a_tree_node_holds_all_below_it(void **state) {
  (void)state;
  lab l = new_lab();
  found("class/bird/species=duck", "12");
  found("class/bird/species=duck/teal", "1");
  found("class/bird/species=duck/mallard", "");
  found("class/bird/species!=duck", "3456");
  found("class/bird/species=owl", "3");
  error("class/bird/species=teal", "no option \"teal\"");
  error("class/bird/species=duck/owl", "no option \"duck/owl\"");
  error("class/bird/species=duck//teal", "no option");
  error("class/bird/species=/duck", "no option");
  lab_free(&l);
}

static void test_numbers(void **state) {
  (void)state;
  lab l = new_lab();
  found("class/bird/wings=2.5", "3");
  found("class/bird/wings=2.50", "3");
  found("class/bird/wings!=2.5", "12456");
  found("quality=0.3", "4");
  found("quality=0.30000000001", "");
  error("quality=good", "quality");
  lab_free(&l);
}

static void test_conjunction(void **state) {
  (void)state;
  lab l = new_lab();
  found("split=test and class=bird", "3");
  found("split=train and class/bird/species=duck and id!=1", "2");
  found("split=train and split=test", "");
  found("  split = test   and  class != bird  ", "4");
  found("\"split\"=\"test\" and\tclass=cat", "4");
  found("split!=and and id=1", "1"); /* a value may be the word */
  found("split= and", "");
  lab_free(&l);
}

/* ---- errors ---- */

static void test_errors_tell_the_column(void **state) {
  (void)state;
  lab l = new_lab();
  error("=train", "column 1: a key is missing");
  error("split", "column 6: = or != is needed after 'split'");
  error("split train", "column 7: = or != is needed after 'split'");
  error("split!train", "column 6: = or != is needed after 'split'");
  error("split=", "column 7: a value is missing");
  error("split=train class=cat", "column 13: \"and\" is needed before 'class=cat'");
  error("split=train andclass=cat", "column 13: \"and\" is needed");
  error("split=\"train", "column 7: the quote is not closed");
  error("\"split=train", "column 1: the quote is not closed");
  error("split=train and =x", "column 17: a key is missing");
  error("split=train and", "nothing stands after the last \"and\"");
  error("split=train and  ", "nothing stands after the last \"and\"");
  lab_free(&l);
}

static void test_unknown_keys_are_told_the_known_ones(void **state) {
  (void)state;
  lab l = new_lab();
  error("colour=red", "'colour' is no key");
  error("colour=red", "id, path, split, stage, labelled");
  error("colour=red", "questions: class, quality; metadata: site, camera model");
  error("class/fox/mood=calm", "is no key");
  error("id=one", "id");
  error("id=1.5", "id");
  error("id=99999999999999999999", "id");
  lab_free(&l);
}

static void test_random_text_never_harms(lnti_rng *rng, void *payload) {
  const lab *l = payload;
  static const char *const parts[] = {
      "split", "=",    "!=", "!", "\"", " ",  "and",  " and ", "id",    "class",
      "bird",  "/",    "1",  "a", "\t", "*",  "[",    "(",     ")",     " or ",
      " not ", " in ", "..", ",", "<",  ">=", "site", "-5",    "width", "class/bird/species",
      "duck",  "\xff"};
  static const char *const meta[] = {"site"};
  const lnti_filter_names names = {l->ontology, meta, 1};
  char text[512] = "";
  for (uint64_t n = lnti_rng_below(rng, 16); n > 0; n--) {
    strcat(text, parts[lnti_rng_below(rng, sizeof parts / sizeof parts[0])]);
  }
  lnti_filter *filter = NULL;
  lnt_error err = LNT_ERROR_INIT;
  lnt_status status = lnti_filter_parse(&filter, text, &names, &err);
  assert_true(status == LNT_OK || (status == LNT_EINVAL && err.message[0] && !filter));
  lnti_filter_free(filter);
}

static void test_random_texts(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_test_property("filter text", 5000, test_random_text_never_harms, &l);
  lab_free(&l);
}

/* ---- walks ---- */

typedef struct long_walk {
  int64_t previous, first;
  size_t n, n_answers, stop_after;
} long_walk;

static lnt_status count_item(void *payload, const lnti_item_view *view, lnt_error *err) {
  (void)err;
  long_walk *w = payload;
  char member[32];
  assert_true(view->item->id > w->previous);
  if (w->n == 0) w->first = view->item->id;
  w->previous = view->item->id;
  snprintf(member, sizeof member, "/%lld.png", (long long)view->item->id - 1);
  assert_non_null(strstr(view->uri, member));
  for (size_t i = 0; i < view->n_answers; i++) assert_int_equal(view->answers[i].subject_id, view->item->id);
  w->n_answers += view->n_answers;
  w->n++;
  return w->n == w->stop_after ? LNT_ECONFLICT : LNT_OK;
}

static void test_walks_over_several_pages(void **state) {
  (void)state;
  enum { N = 2 * 4096 + 8 };
  lab l = lab_new();
  lab_ontology(&l, NULL);
  assert_int_equal(lab_items(&l, N), 1);
  static const int64_t answered[] = {1, 4095, 4096, 4097, 8192, 8193, N};
  enum { ANSWERED = sizeof answered / sizeof answered[0] };
  lnti_annotation batch[2 * ANSWERED];
  for (size_t i = 0; i < ANSWERED; i++) {
    batch[2 * i] = lab_annotation(&l, answered[i], "class", "dog");
    batch[2 * i + 1] = lab_annotation(&l, answered[i], "quality", "1");
  }
  assert_ok(lab_annotate(&l, batch, 2 * ANSWERED, false, NULL));
  lnti_view *view = new_view(&l);
  lnti_filter *labelled = NULL, *last = NULL;
  assert_ok(lnti_filter_parse(&labelled, "labelled=yes and class=dog", lnti_view_names(view), ERR));
  assert_ok(lnti_filter_parse(&last, "id=8200", lnti_view_names(view), ERR));
  const struct {
    const lnti_filter *filter;
    int64_t after_id;
    size_t limit, n;
    int64_t first, end;
    size_t n_answers;
  } walks[] = {{NULL, 0, 0, N, 1, N, 2 * ANSWERED},
               {NULL, 4096, 0, N - 4096, 4097, N, 8},
               {NULL, 4090, 10, 10, 4091, 4100, 6},
               {NULL, 0, 5000, 5000, 1, 5000, 8},
               {NULL, N, 0, 0, 0, 0, 0},
               {NULL, 0, 1, 1, 1, 1, 2},
               {labelled, 0, 0, ANSWERED, 1, N, 14},
               {labelled, 1, 3, 3, 4095, 4097, 6},
               {labelled, 4097, 100, 3, 8192, N, 6},
               {last, 0, 1, 1, N, N, 2}};
  for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
    long_walk w = {0};
    const lnti_items_query query = {.filter = walks[i].filter, .after_id = walks[i].after_id, .limit = walks[i].limit};
    assert_ok(lnti_items(l.project, view, &query, count_item, &w, ERR));
    assert_int_equal(w.n, walks[i].n);
    assert_int_equal(w.first, walks[i].first);
    assert_int_equal(w.previous, walks[i].end);
    assert_int_equal(w.n_answers, walks[i].n_answers);
  }
  long_walk w = {.stop_after = 5000}; /* a visitor's error ends the walk and is passed on */
  assert_int_equal(lnti_items(l.project, NULL, &(lnti_items_query){0}, count_item, &w, ERR), LNT_ECONFLICT);
  assert_int_equal(w.n, 5000);
  lnti_view_close(view);
  lnti_filter_free(labelled);
  lnti_filter_free(last);
  lab_free(&l);
}

static void test_walk_is_cancelled(void **state) {
  (void)state;
  lab l = new_lab();
  walked w = {.n = 0};
  lnti_cancel cancel = {0};
  l.project->context.cancel = &cancel;
  lnti_cancel_request(&cancel);
  assert_status(lnti_items(l.project, NULL, &(lnti_items_query){0}, keep_id, &w, ERR), LNT_ECANCELLED);
  assert_int_equal(w.n, 0);
  l.project->context.cancel = NULL;
  lab_free(&l);
}

static void test_free_of_nothing(void **state) {
  (void)state;
  lnti_filter_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_everything),
      cmocka_unit_test(test_split_stage_and_id),
      cmocka_unit_test(test_labelled),
      cmocka_unit_test(test_path_as_prefix_and_pattern),
      cmocka_unit_test(test_questions),
      cmocka_unit_test(test_a_tree_node_holds_all_below_it),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_conjunction),
      cmocka_unit_test(test_errors_tell_the_column),
      cmocka_unit_test(test_unknown_keys_are_told_the_known_ones),
      cmocka_unit_test(test_random_texts),
      cmocka_unit_test(test_walks_over_several_pages),
      cmocka_unit_test(test_walk_is_cancelled),
      cmocka_unit_test(test_free_of_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
