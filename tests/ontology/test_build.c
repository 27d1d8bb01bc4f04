/*
 * Building an ontology by hand: keys, siblings, paths, finding, description, and 50,000 options in a moment.
 */
#include <base/cancel.h>
#include <ontology/ontology.h>

#include "support.h"

static lnti_ontology *empty(void) {
  lnti_ontology *o = NULL;
  assert_ok(lnti_ontology_new(&o, "Test", ERR));
  return o;
}

static size_t question(lnti_ontology *o, lnti_question_type type, const char *key, size_t parent_option) {
  size_t index = LNTI_NONE;
  assert_ok(lnti_ontology_add_question(&index, o, type, key, NULL, parent_option, ERR));
  return index;
}

static size_t option(lnti_ontology *o, size_t q, size_t parent, const char *key, const char *title) {
  size_t index = LNTI_NONE;
  assert_ok(lnti_ontology_add_option(&index, o, q, parent, key, title, ERR));
  return index;
}

static void names_are_made_and_kept_apart(void **state) {
  (void)state;
  lnti_ontology *o = empty();
  size_t q = LNTI_NONE;
  assert_ok(lnti_ontology_add_question(&q, o, LNTI_RADIO, NULL, "Damaged Area", LNTI_NONE, ERR));
  assert_string_equal(o->questions[q].key, "damaged-area");
  assert_string_equal(o->questions[q].title, "Damaged Area");
  assert_int_equal(o->questions[q].level, LNTI_LEVEL_ITEM);

  size_t a = option(o, q, LNTI_NONE, NULL, "T-shirt/top"), b = option(o, q, LNTI_NONE, NULL, "T-shirt top");
  size_t c = option(o, q, LNTI_NONE, NULL, "t-shirt-top"), d = option(o, q, LNTI_NONE, "bag", NULL);
  assert_string_equal(o->options[a].key, "t-shirt-top");
  assert_string_equal(o->options[b].key, "t-shirt-top-2");
  assert_string_equal(o->options[c].key, "t-shirt-top-3");
  assert_string_equal(o->options[d].title, "bag");
  assert_int_equal(o->questions[q].n_options, 4);
  assert_int_equal(o->questions[q].first_option, a);
  assert_int_equal(o->options[a].next_sibling, b);
  assert_int_equal(o->options[d].next_sibling, LNTI_NONE);
  assert_int_equal(o->questions[q].last_option, d);
  lnti_ontology_free(o);
}

static void wrong_names_are_refused(void **state) {
  (void)state;
  lnti_ontology *o = empty();
  size_t q = question(o, LNTI_RADIO, "class", LNTI_NONE), index = 77;
  char longest[LNTI_ONTOLOGY_KEY_MAX + 2];
  memset(longest, 'k', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  static const char *const wrong[] = {"", "a/b", " a", "a ", "a\nb", "\xff"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_status(lnti_ontology_add_option(&index, o, q, LNTI_NONE, wrong[i], NULL, ERR), LNT_EINVAL);
  }
  assert_status(lnti_ontology_add_option(&index, o, q, LNTI_NONE, longest, NULL, ERR), LNT_ELIMIT);
  assert_status(lnti_ontology_add_option(&index, o, q, LNTI_NONE, NULL, NULL, ERR), LNT_EINVAL);
  assert_status(lnti_ontology_add_option(&index, o, q, LNTI_NONE, "k", "", ERR), LNT_EINVAL);
  assert_status(lnti_ontology_add_question(&index, o, LNTI_RADIO, "class", NULL, LNTI_NONE, ERR), LNT_EEXISTS);
  assert_message("\"class\"");
  option(o, q, LNTI_NONE, "cat", NULL);
  assert_status(lnti_ontology_add_option(&index, o, q, LNTI_NONE, "cat", NULL, ERR), LNT_EEXISTS);
  assert_int_equal(index, 77);
  assert_int_equal(o->n_options, 1);
  lnti_ontology_free(o);
}

static void wrong_places_are_refused(void **state) {
  (void)state;
  lnti_ontology *o = empty();
  size_t radio = question(o, LNTI_RADIO, "r", LNTI_NONE), number = question(o, LNTI_NUMBER, "n", LNTI_NONE);
  size_t tree = question(o, LNTI_TREE, "t", LNTI_NONE), index = 0;
  size_t cat = option(o, radio, LNTI_NONE, "cat", NULL), birds = option(o, tree, LNTI_NONE, "birds", NULL);
  assert_status(lnti_ontology_add_option(&index, o, 9, LNTI_NONE, "x", NULL, ERR), LNT_EINVAL);
  assert_status(lnti_ontology_add_option(&index, o, number, LNTI_NONE, "x", NULL, ERR), LNT_EINVAL);
  assert_message("number");
  assert_status(lnti_ontology_add_option(&index, o, radio, cat, "x", NULL, ERR), LNT_EINVAL);
  assert_message("no tree");
  assert_status(lnti_ontology_add_option(&index, o, tree, cat, "x", NULL, ERR), LNT_EINVAL);
  assert_status(lnti_ontology_add_question(&index, o, LNTI_RADIO, "x", NULL, 99, ERR), LNT_EINVAL);
  assert_status(lnti_ontology_add_question(&index, o, (lnti_question_type)9, "x", NULL, LNTI_NONE, ERR), LNT_EINVAL);
  /* An option of a tree and an attribute would have one path. */
  option(o, tree, birds, "duck", NULL);
  assert_status(lnti_ontology_add_question(&index, o, LNTI_RADIO, "duck", NULL, birds, ERR), LNT_EEXISTS);
  question(o, LNTI_RADIO, "sex", birds);
  assert_status(lnti_ontology_add_option(&index, o, tree, birds, "sex", NULL, ERR), LNT_EEXISTS);
  lnti_ontology_free(o);
}

static void depth_is_capped(void **state) {
  (void)state;
  lnti_ontology *o = empty();
  size_t tree = question(o, LNTI_TREE, "t", LNTI_NONE), parent = LNTI_NONE, index = 0;
  for (int level = 1; level < LNTI_ONTOLOGY_DEPTH_MAX - 1; level++) parent = option(o, tree, parent, "n", NULL);
  assert_status(lnti_ontology_add_option(&index, o, tree, parent, "n", NULL, ERR), LNT_ELIMIT);
  assert_status(lnti_ontology_add_question(&index, o, LNTI_RADIO, "q", NULL, parent, ERR), LNT_ELIMIT);
  lnti_ontology_free(o);
}

static void ranks_are_capped(void **state) {
  (void)state;
  lnti_ontology *o = empty();
  size_t rank = question(o, LNTI_RANK, "order", LNTI_NONE), radio = question(o, LNTI_RADIO, "class", LNTI_NONE),
         index = 0;
  char key[16];
  for (int i = 0; i < LNTI_ONTOLOGY_RANK_MAX; i++) {
    snprintf(key, sizeof key, "o%d", i);
    option(o, rank, LNTI_NONE, key, NULL);
    option(o, radio, LNTI_NONE, key, NULL);
  }
  assert_status(lnti_ontology_add_option(&index, o, rank, LNTI_NONE, "more", NULL, ERR), LNT_ELIMIT);
  assert_message("\"order\" has 1000 options");
  option(o, radio, LNTI_NONE, "more", NULL);
  lnti_ontology_free(o);
}

static void options_are_found_by_key_then_title_then_alias(void **state) {
  (void)state;
  lnti_ontology *o = empty();
  size_t q = question(o, LNTI_RADIO, "class", LNTI_NONE);
  size_t a = option(o, q, LNTI_NONE, "a", "Anorak"), b = option(o, q, LNTI_NONE, "b", "a");
  size_t c = option(o, q, LNTI_NONE, "c", "Coat");
  const char *const aliases[] = {"Anorak", "mantle", NULL};
  assert_ok(lnti_ontology_set_option_words(o, c, "x", aliases, NULL, ERR));
  assert_int_equal(lnti_ontology_find_option(o, q, LNTI_NONE, "a"), a); /* key before the title of b */
  assert_int_equal(lnti_ontology_find_option(o, q, LNTI_NONE, "Anorak"), a);
  assert_int_equal(lnti_ontology_find_option(o, q, LNTI_NONE, "mantle"), c);
  assert_int_equal(lnti_ontology_find_option(o, q, LNTI_NONE, "b"), b);
  assert_int_equal(lnti_ontology_find_option(o, q, LNTI_NONE, "coat"), LNTI_NONE);
  assert_int_equal(lnti_ontology_find_option(o, q, a, "mantle"), LNTI_NONE);
  assert_string_equal(o->options[c].aliases[1], "mantle");
  assert_null(o->options[c].aliases[2]);
  assert_status(lnti_ontology_set_option_words(o, a, "x", NULL, NULL, ERR), LNT_EEXISTS);
  assert_message("\"c\"");
  assert_ok(lnti_ontology_set_option_words(o, c, "x", NULL, NULL, ERR)); /* its own again */
  assert_status(lnti_ontology_set_option_words(o, 99, "y", NULL, NULL, ERR), LNT_EINVAL);
  lnti_ontology_free(o);
}

static void ids_are_found(void **state) {
  (void)state;
  lnti_ontology *o = empty();
  size_t q = question(o, LNTI_RADIO, "class", LNTI_NONE), a = option(o, q, LNTI_NONE, "a", NULL);
  assert_int_equal(lnti_ontology_question_by_id(o, 5), LNTI_NONE);
  assert_int_equal(lnti_ontology_option_by_id(o, 0), LNTI_NONE);
  lnti_ontology_set_question_id(o, q, 5);
  lnti_ontology_set_option_id(o, a, 5);
  assert_int_equal(lnti_ontology_question_by_id(o, 5), q);
  assert_int_equal(lnti_ontology_option_by_id(o, 5), a);
  assert_int_equal(lnti_ontology_option_by_id(o, 6), LNTI_NONE);
  lnti_ontology_free(o);
}

/* area: exterior > part, interior; species: tree birds > (duck, goose > sex), fish */
static lnti_ontology *sample(void) {
  lnti_ontology *o = empty();
  size_t area = question(o, LNTI_RADIO, "area", LNTI_NONE), species = question(o, LNTI_TREE, "species", LNTI_NONE);
  size_t exterior = option(o, area, LNTI_NONE, "exterior", "Exterior");
  option(o, area, LNTI_NONE, "interior", NULL);
  size_t part = question(o, LNTI_RADIO, "part", exterior);
  option(o, part, LNTI_NONE, "door", NULL);
  size_t birds = option(o, species, LNTI_NONE, "birds", NULL);
  option(o, species, LNTI_NONE, "fish", NULL);
  option(o, species, birds, "duck", NULL);
  size_t goose = option(o, species, birds, "goose", NULL);
  question(o, LNTI_NUMBER, "weight", goose);
  return o;
}

static void paths_go_both_ways(void **state) {
  (void)state;
  static const char *const paths[] = {"area", "species", "area/exterior/part", "species/birds/goose/weight"};
  lnti_ontology *o = sample();
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    size_t q = LNTI_NONE;
    lnti_text text = {0};
    assert_ok(lnti_ontology_find_question(&q, o, paths[i], ERR));
    assert_ok(lnti_ontology_question_path(&text, o, q, ERR));
    assert_string_equal(text.data, paths[i]);
    lnti_text_clear(&text);
  }
  size_t q = 0;
  assert_ok(lnti_ontology_find_question(&q, o, "species", ERR));
  size_t birds = lnti_ontology_find_option(o, q, LNTI_NONE, "birds");
  size_t goose = lnti_ontology_find_option(o, q, birds, "goose");
  assert_int_equal(o->options[goose].depth, 1);
  lnti_text text = {0};
  assert_ok(lnti_ontology_option_path(&text, o, goose, ERR));
  assert_string_equal(text.data, "birds/goose");
  lnti_text_clear(&text);
  lnti_ontology_free(o);
}

static void assert_name(const lnti_ontology *o, size_t at, const char *expected) {
  lnti_text text = {0};
  assert_ok(lnti_ontology_option_name(&text, o, at, ERR));
  assert_string_equal(text.data, expected);
  lnti_text_clear(&text);
}

/* By the title alone where that is enough; of another question, or taken out, a title says nothing. */
static void options_are_named_apart(void **state) {
  (void)state;
  lnti_ontology *o = sample();
  size_t area = 0, species = 0;
  assert_ok(lnti_ontology_find_question(&area, o, "area", ERR));
  assert_ok(lnti_ontology_find_question(&species, o, "species", ERR));
  size_t birds = lnti_ontology_find_option(o, species, LNTI_NONE, "birds");
  size_t fish = lnti_ontology_find_option(o, species, LNTI_NONE, "fish");
  size_t young_bird = option(o, species, birds, "young-bird", "young");
  option(o, area, LNTI_NONE, "young", "young");
  assert_name(o, young_bird, "young");
  size_t young_fish = option(o, species, fish, "young-fish", "young");
  assert_name(o, young_bird, "birds/young");
  assert_name(o, young_fish, "fish/young");
  o->options[young_bird].gone = true;
  assert_name(o, young_fish, "young");
  lnti_ontology_free(o);
}

static void wrong_paths_say_what_there_is(void **state) {
  (void)state;
  lnti_ontology *o = sample();
  size_t q = 42;
  assert_status(lnti_ontology_find_question(&q, o, "colour", ERR), LNT_ENOTFOUND);
  assert_message("area, species");
  assert_status(lnti_ontology_find_question(&q, o, "area/exterior", ERR), LNT_ENOTFOUND);
  assert_message("part");
  assert_status(lnti_ontology_find_question(&q, o, "area/exterior/door", ERR), LNT_ENOTFOUND);
  assert_message("under \"area/exterior\" there is part");
  assert_status(lnti_ontology_find_question(&q, o, "", ERR), LNT_ENOTFOUND);
  assert_status(lnti_ontology_find_question(&q, o, "area/", ERR), LNT_ENOTFOUND);
  assert_status(lnti_ontology_find_question(&q, o, "area/interior/x", ERR), LNT_ENOTFOUND);
  assert_message("nothing");
  assert_int_equal(q, 42);
  for (int i = 0; i < 1000; i++) {
    char key[32];
    snprintf(key, sizeof key, "class-with-a-name-%d", i);
    option(o, 0, LNTI_NONE, key, NULL);
  }
  assert_status(lnti_ontology_find_question(&q, o, "area/x", ERR), LNT_ENOTFOUND);
  assert_message(" more");
  lnti_ontology_free(o);
}

static void answerable_options_are_in_document_order(void **state) {
  (void)state;
  lnti_ontology *o = sample();
  size_t *list = NULL, n = 0, q = 0;
  assert_ok(lnti_ontology_find_question(&q, o, "species", ERR));
  assert_ok(lnti_ontology_answerable(&list, &n, o, q, ERR));
  assert_int_equal(n, 4);
  assert_string_equal(o->options[list[0]].key, "birds");
  assert_string_equal(o->options[list[1]].key, "duck");
  assert_string_equal(o->options[list[2]].key, "goose");
  assert_string_equal(o->options[list[3]].key, "fish");
  free(list);
  o->questions[q].leaf_only = true;
  o->options[lnti_ontology_find_option(o, q, o->questions[q].first_option, "duck")].retired = true;
  assert_ok(lnti_ontology_answerable(&list, &n, o, q, ERR));
  assert_int_equal(n, 2);
  assert_string_equal(o->options[list[0]].key, "goose");
  free(list);
  o->options[o->questions[q].first_option].retired = true; /* birds, and with them goose */
  assert_ok(lnti_ontology_answerable(&list, &n, o, q, ERR));
  assert_int_equal(n, 1);
  assert_string_equal(o->options[list[0]].key, "fish");
  free(list);
  assert_status(lnti_ontology_answerable(&list, &n, o, 99, ERR), LNT_EINVAL);
  lnti_ontology_free(o);
}

static void description_is_a_tree(void **state) {
  (void)state;
  lnti_ontology *o = sample();
  lnti_text text = {0};
  o->questions[0].required = true;
  assert_ok(lnti_ontology_describe(&text, o, 0, ERR));
  assert_string_equal(text.data,
                      "Test (version 0)\n"
                      "area: radio, required\n"
                      "  exterior  \"Exterior\"\n"
                      "    part: radio\n"
                      "      door\n"
                      "  interior\n"
                      "species: tree\n"
                      "  birds\n"
                      "    duck\n"
                      "    goose\n"
                      "      weight: number\n"
                      "  fish\n");
  lnti_text_clear(&text);
  assert_ok(lnti_ontology_describe(&text, o, 1, ERR));
  assert_non_null(strstr(text.data, "  ... and 1 more\n"));
  lnti_text_clear(&text);
  lnti_ontology_free(o);
  o = empty();
  assert_ok(lnti_ontology_describe(&text, o, 1, ERR));
  assert_string_equal(text.data, "Test (version 0)\nno questions yet\n");
  lnti_text_clear(&text);
  lnti_ontology_free(o);
}

/* Not a timed test: with a walk over the siblings for each of them this would take minutes. */
static void fifty_thousand_siblings_take_a_moment(void **state) {
  (void)state;
  enum { N = 50000 };
  lnti_ontology *o = empty();
  size_t q = question(o, LNTI_TREE, "class", LNTI_NONE);
  for (int i = 0; i < N; i++) {
    char title[32];
    snprintf(title, sizeof title, "Class %d", i % 2 ? i : 0); /* half of them with one title */
    size_t index = option(o, q, LNTI_NONE, NULL, title);
    lnti_ontology_set_option_id(o, index, i + 1);
  }
  assert_int_equal(o->n_options, N);
  for (int i = 1; i < N; i += 2) {
    char title[32];
    snprintf(title, sizeof title, "Class %d", i);
    assert_int_equal(lnti_ontology_find_option(o, q, LNTI_NONE, title), i);
    assert_int_equal(lnti_ontology_option_by_id(o, i + 1), i);
  }
  lnti_ontology_free(o);
}

static void failing_allocations_leave_it_as_it_was(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_ontology *o = NULL;
    size_t q = 7, option_index = 7;
    lnt_status status = lnti_ontology_new(&o, "Test", ERR);
    if (!status) {
      status = lnti_ontology_add_question(&q, o, LNTI_RADIO, NULL, "Class", LNTI_NONE, ERR);
      assert_int_equal(o->n_questions, status ? 0 : 1);
      assert_int_equal(o->first_question, status ? LNTI_NONE : 0);
    }
    for (int i = 0; i < 40 && !status; i++) {
      status = lnti_ontology_add_option(&option_index, o, q, LNTI_NONE, NULL, "Cat", ERR);
      assert_int_equal(o->n_options, status ? i : i + 1);
      assert_int_equal(o->questions[q].n_options, o->n_options);
    }
    assert_fault_status(status);
    lnti_ontology_free(o);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_made_and_kept_apart),
      cmocka_unit_test(wrong_names_are_refused),
      cmocka_unit_test(wrong_places_are_refused),
      cmocka_unit_test(depth_is_capped),
      cmocka_unit_test(ranks_are_capped),
      cmocka_unit_test(options_are_found_by_key_then_title_then_alias),
      cmocka_unit_test(ids_are_found),
      cmocka_unit_test(paths_go_both_ways),
      cmocka_unit_test(options_are_named_apart),
      cmocka_unit_test(wrong_paths_say_what_there_is),
      cmocka_unit_test(answerable_options_are_in_document_order),
      cmocka_unit_test(description_is_a_tree),
      cmocka_unit_test(fifty_thousand_siblings_take_a_moment),
      cmocka_unit_test(failing_allocations_leave_it_as_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
