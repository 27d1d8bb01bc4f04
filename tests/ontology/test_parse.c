/*
 * The ontology from JSON and back: every key, every refusal with its place, and that what is written reads back equal.
 */
#include <math.h>
#include <ontology/ontology.h>
#include <ontology/random_ontology.h>

#include "support.h"

static lnt_status parse(lnti_ontology **out, const char *json) {
  return lnti_ontology_parse(out, json, strlen(json), "test.json", ERR);
}

static const char full[] =
    "{\"name\": \"Damage\", \"version\": 3, \"classifications\": [\n"
    " {\"id\": \"area\", \"title\": \"Damaged area\", \"type\": \"radio\", \"level\": \"group\", \"required\": true,\n"
    "  \"description\": \"Where\", \"options\": [\n"
    "   {\"id\": \"exterior\", \"title\": \"Exterior\", \"key\": \"e\", \"color\": \"#c33\", \"aliases\": [\"outside\"],\n"
    "    \"description\": \"d\", \"examples\": [\"x\", \"y\"],\n"
    "    \"attributes\": [{\"id\": \"part\", \"type\": \"radio\", \"options\": [{\"id\": \"door\"}]}]},\n"
    "   {\"id\": \"interior\", \"retired\": true}]},\n"
    " {\"id\": \"species\", \"type\": \"tree\", \"leaf_only\": true, \"options\": [\n"
    "   {\"id\": \"birds\", \"options\": [{\"id\": \"duck\"}]}]},\n"
    " {\"id\": \"severity\", \"type\": \"number\", \"min\": 0, \"max\": 10, \"step\": 0.5, \"unit\": \"points\"},\n"
    " {\"id\": \"note\", \"type\": \"text\", \"max_length\": 200},\n"
    " {\"id\": \"best\", \"type\": \"rank\", \"options\": [{\"id\": \"left\", \"code\": \"L-1\"}, {\"id\": \"right\"}]}],\n"
    " \"screen\": {\"metadata\": [\"site\"], \"sections\": [{\"title\": \"First\", \"questions\": [\"severity\", \"area\"]},\n"
    "  {\"description\": \"if at all\", \"collapsed\": true, \"questions\": [\"note\"]}]}}";

static void everything_is_read(void **state) {
  (void)state;
  lnti_ontology *o = NULL;
  assert_ok(parse(&o, full));
  assert_string_equal(o->name, "Damage");
  assert_int_equal(o->version, 3);
  assert_int_equal(o->n_questions, 6);
  assert_int_equal(o->n_options, 7);
  const lnti_question *area = &o->questions[0], *part = &o->questions[1], *severity = &o->questions[3];
  assert_int_equal(area->type, LNTI_RADIO);
  assert_int_equal(area->level, LNTI_LEVEL_GROUP);
  assert_true(area->required);
  assert_string_equal(area->description, "Where");
  assert_string_equal(part->key, "part");
  assert_int_equal(part->level, LNTI_LEVEL_GROUP); /* as the question above */
  assert_int_equal(part->parent_option, 0);
  const lnti_option *exterior = &o->options[0];
  assert_string_equal(exterior->hotkey, "e");
  assert_string_equal(exterior->color, "#c33");
  assert_string_equal(exterior->aliases[0], "outside");
  assert_string_equal(exterior->examples[1], "y");
  assert_null(exterior->examples[2]);
  assert_int_equal(exterior->first_attribute, 1);
  assert_true(o->options[2].retired);
  assert_true(o->questions[2].leaf_only);
  assert_int_equal(o->options[4].parent, 3);
  assert_int_equal(o->options[4].depth, 1);
  assert_true(severity->min == 0 && severity->max == 10 && severity->step == 0.5);
  assert_string_equal(severity->unit, "points");
  assert_int_equal(o->questions[4].type, LNTI_TEXT);
  assert_int_equal(o->questions[4].max_length, 200);
  assert_int_equal(o->questions[5].type, LNTI_RANK);
  assert_string_equal(o->options[5].code, "L-1");
  assert_int_equal(lnti_ontology_find_code(o, 5, "L-1"), 5);
  assert_int_equal(lnti_ontology_find_code(o, 0, "L-1"), LNTI_NONE);
  const lnti_screen *screen = &o->screen;
  assert_true(screen->given && screen->n_sections == 2);
  assert_string_equal(screen->metadata[0], "site");
  assert_string_equal(screen->sections[0].title, "First");
  assert_int_equal(screen->sections[0].n_questions, 2);
  assert_int_equal(screen->sections[0].questions[0], 3);
  assert_int_equal(screen->sections[0].questions[1], 0);
  assert_true(screen->sections[1].collapsed && !screen->sections[0].collapsed);
  lnti_ontology_free(o);
}

static void defaults(void **state) {
  (void)state;
  lnti_ontology *o = NULL;
  assert_ok(parse(&o, "{\"classifications\": [{\"title\": \"How Many?\", \"type\": \"number\"}]}"));
  assert_string_equal(o->name, "");
  assert_int_equal(o->version, 1);
  assert_string_equal(o->questions[0].key, "how-many");
  assert_true(isinf(o->questions[0].min) && o->questions[0].step == 0);
  lnti_ontology_free(o);
  assert_ok(parse(&o, "{}"));
  assert_int_equal(o->n_questions, 0);
  lnti_ontology_free(o);
}

#define RADIO(fields) "{\"classifications\": [{\"id\": \"q\", \"type\": \"radio\"" fields "}]}"
#define OPTION(fields) RADIO(", \"options\": [{\"id\": \"a\"" fields "}]")

/* Each with its code and a part of its message. */
static const struct refusal {
  const char *json;
  lnt_status code;
  const char *message;
} refusals[] = {
    {"", LNT_EDATA, "test.json"},
    {"[]", LNT_EDATA, "an object is needed"},
    {"{\"nmae\": \"x\"}", LNT_EDATA, "nmae: unknown key: is \"name\" meant?"},
    {"{\"zzzzzzzzzz\": 1}", LNT_EDATA,
     "unknown key in an ontology; there are \"name\", \"version\", \"classifications\""},
    {"{\"name\": 3}", LNT_EDATA, "name: a string is needed, this is a number"},
    {"{\"version\": 1.5}", LNT_EDATA, "version: 1.5 is no whole number"},
    {"{\"version\": -1}", LNT_EDATA, "version"},
    {"{\"objects\": []}", LNT_EUNSUPPORTED, "\"objects\" is not in this version"},
    {"{\"spans\": []}", LNT_EUNSUPPORTED, "spans"},
    {"{\"relations\": []}", LNT_EUNSUPPORTED, "relations"},
    {"{\"screen\": []}", LNT_EDATA, "screen: an object is needed"},
    {"{\"classifications\": {}}", LNT_EDATA, "classifications: an array of questions is needed"},
    {"{\"classifications\": [7]}", LNT_EDATA, "classifications[0]: an object is needed"},
    {"{\"classifications\": [{\"type\": \"radio\"}]}", LNT_EDATA,
     "classifications[0]: \"id\" is missing, and a \"title\""},
    {"{\"classifications\": [{\"id\": \"q\"}]}", LNT_EDATA, "\"type\" is missing"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": 1}]}", LNT_EDATA, "classifications[0].type"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"radoi\"}]}", LNT_EDATA, "is \"radio\" meant?"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"slider-of-x\"}]}", LNT_EDATA, "there are \"radio\""},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"checklist\", \"min\": 1}]}", LNT_EDATA,
     "a checklist has no \"min\""},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"checklist\", \"options\": [{\"id\": \"a\", \"options\": []}]}]}",
     LNT_EDATA, "an option of a checklist"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"text\", \"options\": []}]}", LNT_EDATA, "a text has no"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"text\", \"max_length\": 0}]}", LNT_EDATA,
     "whole number from 1"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"rank\", \"options\": [{\"id\": \"a\", \"attributes\": "
     "[{\"id\": \"x\", \"type\": \"text\"}]}]}]}",
     LNT_EDATA, "options[0].attributes: an option of a rank (it has a place"},
    {OPTION(", \"code\": \"1\"}, {\"id\": \"b\", \"code\": \"1\""), LNT_EDATA,
     "options[1].code: the code \"1\" is that of"},
    {RADIO(", \"dynamic\": true"), LNT_EUNSUPPORTED, "classifications[0].dynamic"},
    {RADIO(", \"requierd\": true"), LNT_EDATA, "is \"required\" meant?"},
    {RADIO(", \"required\": 1"), LNT_EDATA, "classifications[0].required: true or false is needed"},
    {RADIO(", \"min\": 1"), LNT_EDATA, "a radio has no \"min\""},
    {RADIO(", \"leaf_only\": true"), LNT_EDATA, "a radio has no \"leaf_only\""},
    {RADIO(", \"level\": \"items\""), LNT_EDATA, "level: unknown level"},
    {RADIO(", \"options\": 5"), LNT_EDATA, "classifications[0].options: an array of options"},
    {RADIO(", \"options\": [[]]"), LNT_EDATA, "classifications[0].options[0]"},
    {RADIO(", \"options\": [{\"id\": \"a\"},\n{\"id\": \"a\"}]"), LNT_EDATA,
     "test.json:2: classifications[0].options[1].id: the id \"a\" is taken by a sibling; give it another (the other is in line 1)"},
    {OPTION(", \"options\": []"), LNT_EDATA, "an option of a radio"},
    {OPTION(", \"color\": \"red\""), LNT_EDATA, "classifications[0].options[0].color: \"red\" is no colour"},
    {OPTION(", \"aliases\": \"x\""), LNT_EDATA, "options[0].aliases: an array of strings"},
    {OPTION(", \"aliases\": [\"x\", 2]"), LNT_EDATA, "options[0].aliases[1]"},
    {OPTION(", \"examples\": [\"\"]"), LNT_EDATA, "examples[0]: the example is empty"},
    {OPTION(", \"key\": \"k\"}, {\"id\": \"b\", \"key\": \"k\""), LNT_EDATA,
     "options[1].key: the key \"k\" is that of"},
    {OPTION(", \"title\": \"\""), LNT_EDATA, "the title is empty"},
    {RADIO(", \"options\": [{\"id\": \"a/b\"}]"), LNT_EDATA, "'/'"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"number\", \"min\": 2, \"max\": 1}]}", LNT_EDATA,
     "above \"max\""},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"number\", \"step\": 0}]}", LNT_EDATA, "not above 0"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"number\", \"step\": \"1\"}]}", LNT_EDATA,
     "a number is needed"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"number\", \"options\": []}]}", LNT_EDATA, "a number has no"},
    {"{\"classifications\": [{\"id\": \"q\", \"type\": \"radio\"}, {\"id\": \"q\", \"type\": \"tree\"}]}", LNT_EDATA,
     "classifications[1].id: the id \"q\" is taken"},
};

static void refusals_name_their_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    lnti_ontology *o = NULL;
    assert_status(parse(&o, refusals[i].json), refusals[i].code);
    assert_message(refusals[i].message);
    assert_null(o);
  }
}

/* Options below options, `levels` deep. */
static char *deep_tree(size_t levels) {
  static const char head[] = "{\"classifications\":[{\"id\":\"q\",\"type\":\"tree\",\"options\":[";
  static const char open[] = "{\"id\":\"n\",\"options\":[", shut[] = "]}";
  char *json = malloc(sizeof head + levels * (sizeof open + sizeof shut) + 8);
  assert_non_null(json);
  strcpy(json, head);
  char *at = json + strlen(json);
  for (size_t i = 0; i < levels; i++, at += strlen(open)) strcpy(at, open);
  for (size_t i = 0; i < levels + 2; i++, at += strlen(shut)) strcpy(at, shut);
  return json;
}

static void depth_is_capped_where_building_caps_it(void **state) {
  (void)state;
  lnti_ontology *o = NULL;
  char *json = deep_tree(LNTI_ONTOLOGY_DEPTH_MAX - 2);
  assert_ok(parse(&o, json));
  char *again = lnti_ontology_json(o, 0);
  lnti_ontology *second = NULL;
  assert_ok(parse(&second, again));
  assert_int_equal(second->n_options, LNTI_ONTOLOGY_DEPTH_MAX - 2);
  lnti_ontology_free(second);
  lnti_ontology_free(o);
  free(again);
  free(json);
  static const size_t too_deep[] = {LNTI_ONTOLOGY_DEPTH_MAX - 1, 300, 100000};
  for (size_t i = 0; i < 3; i++) {
    json = deep_tree(too_deep[i]);
    assert_status(parse(&o, json), LNT_ELIMIT);
    free(json);
  }
}

/* ---- property: parse(write(o)) equals o ---- */

static bool same_text(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

static bool same_list(const char *const *a, const char *const *b) {
  if (!a || !b) return a == b;
  for (; *a && *b; a++, b++) {
    if (!same_text(*a, *b)) return false;
  }
  return !*a && !*b;
}

static void assert_same_option(const lnti_ontology *a, size_t i, const lnti_ontology *b, size_t j);

static void assert_same_question(const lnti_ontology *a, size_t i, const lnti_ontology *b, size_t j) {
  const lnti_question *p = &a->questions[i], *q = &b->questions[j];
  assert_true(same_text(p->key, q->key) && same_text(p->title, q->title) && same_text(p->description, q->description));
  assert_true(p->type == q->type && p->level == q->level && p->required == q->required);
  assert_true(p->leaf_only == q->leaf_only && p->n_options == q->n_options && p->depth == q->depth);
  assert_true(p->max_length == q->max_length);
  assert_int_equal(p->id, q->id);
  assert_true(p->min == q->min && p->max == q->max && p->step == q->step && same_text(p->unit, q->unit));
  size_t m = p->first_option, n = q->first_option;
  for (; m != LNTI_NONE && n != LNTI_NONE; m = a->options[m].next_sibling, n = b->options[n].next_sibling) {
    assert_same_option(a, m, b, n);
  }
  assert_int_equal(m, n);
}

static void assert_same_questions(const lnti_ontology *a, size_t i, const lnti_ontology *b, size_t j) {
  for (; i != LNTI_NONE && j != LNTI_NONE; i = a->questions[i].next_sibling, j = b->questions[j].next_sibling) {
    assert_same_question(a, i, b, j);
  }
  assert_int_equal(i, j);
}

static void assert_same_option(const lnti_ontology *a, size_t i, const lnti_ontology *b, size_t j) {
  const lnti_option *p = &a->options[i], *q = &b->options[j];
  assert_true(same_text(p->key, q->key) && same_text(p->title, q->title) && same_text(p->description, q->description));
  assert_true(same_text(p->hotkey, q->hotkey) && same_text(p->color, q->color) && same_text(p->code, q->code) &&
              p->retired == q->retired);
  assert_true(same_list(p->aliases, q->aliases) && same_list(p->examples, q->examples));
  assert_true(p->n_children == q->n_children && p->depth == q->depth && p->id == q->id);
  assert_same_questions(a, p->first_attribute, b, q->first_attribute);
  size_t m = p->first_child, n = q->first_child;
  for (; m != LNTI_NONE && n != LNTI_NONE; m = a->options[m].next_sibling, n = b->options[n].next_sibling) {
    assert_same_option(a, m, b, n);
  }
  assert_int_equal(m, n);
}

static void assert_same_screen(const lnti_screen *a, const lnti_screen *b) {
  assert_true(a->given == b->given && same_list(a->metadata, b->metadata));
  assert_int_equal(a->n_sections, b->n_sections);
  for (size_t i = 0; i < a->n_sections; i++) {
    const lnti_screen_section *p = &a->sections[i], *q = &b->sections[i];
    assert_true(same_text(p->title, q->title) && same_text(p->description, q->description));
    assert_true(p->collapsed == q->collapsed && p->n_questions == q->n_questions);
  }
}

/* The ids of rows, which the JSON has not, go beside it; a list that is longer or shorter is refused. */
static void carry_row_ids(lnti_ontology *to, lnti_ontology *from, lnti_rng *rng) {
  lnti_json_writer *w = NULL;
  lnti_text text = {0};
  lnti_arena arena = {0};
  const lnti_json_value *ids = NULL;
  const int64_t above = (int64_t)lnti_rng_below(rng, 1u << 30);
  for (size_t i = 0; i < from->n_questions; i++) lnti_ontology_set_question_id(from, i, above + 2 * (int64_t)i + 1);
  for (size_t i = 0; i < from->n_options; i++) lnti_ontology_set_option_id(from, i, above + (int64_t)i + 1);
  assert_ok(lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, ERR));
  lnti_ontology_write_row_ids(w, from);
  assert_ok(lnti_json_finish(w, ERR));
  lnti_json_writer_free(w);
  assert_ok(lnti_json_parse(&ids, &arena, text.data, text.length, "ids", ERR));
  assert_int_equal(ids->length, from->n_questions + from->n_options);
  assert_ok(lnti_ontology_read_row_ids(to, ids, ERR));
  for (size_t i = 0; i < from->n_options; i++) {
    size_t there = lnti_ontology_option_by_id(to, from->options[i].id);
    assert_true(there != LNTI_NONE && same_text(to->options[there].title, from->options[i].title));
  }
  lnti_json_value fewer = *ids;
  fewer.first = fewer.first->next;
  lnti_ontology *other = lnti_random_ontology(rng, 1);
  assert_status(lnti_ontology_read_row_ids(other, NULL, ERR), LNT_ECORRUPT);
  if (from->n_questions + from->n_options != other->n_questions + other->n_options) {
    assert_status(lnti_ontology_read_row_ids(other, ids, ERR), LNT_ECORRUPT);
  }
  assert_status(lnti_ontology_read_row_ids(to, &fewer, ERR), LNT_ECORRUPT);
  assert_ok(lnti_ontology_read_row_ids(to, ids, ERR));
  lnti_ontology_free(other);
  lnti_arena_clear(&arena);
  lnti_text_clear(&text);
}

static void check_round_trip(lnti_rng *rng, void *payload) {
  (void)payload;
  lnti_ontology *o = lnti_random_ontology(rng, 200), *again = NULL;
  char *json = lnti_ontology_json(o, (int)lnti_rng_below(rng, 3));
  assert_ok(parse(&again, json));
  assert_string_equal(again->name, o->name);
  assert_int_equal(again->version, o->version);
  assert_int_equal(again->n_questions, o->n_questions);
  assert_int_equal(again->n_options, o->n_options);
  carry_row_ids(again, o, rng);
  assert_same_questions(o, o->first_question, again, again->first_question);
  assert_same_screen(&o->screen, &again->screen);
  char *first = lnti_ontology_json(o, 0), *second = lnti_ontology_json(again, 0);
  assert_string_equal(second, first); /* the questions of the screen, too */
  free(second);
  free(first);
  free(json);
  lnti_ontology_free(again);
  lnti_ontology_free(o);
}

static void what_is_written_reads_back_equal(void **state) {
  (void)state;
  lnti_test_property("parse(write(o)) == o", 200, check_round_trip, NULL);
}

static void fifty_thousand_nodes_take_a_moment(void **state) {
  (void)state;
  enum { N = 50000 };
  lnti_ontology *o = NULL, *again = NULL;
  size_t q = 0, index = 0;
  assert_ok(lnti_ontology_new(&o, "Wide", ERR));
  assert_ok(lnti_ontology_add_question(&q, o, LNTI_TREE, "class", NULL, LNTI_NONE, ERR));
  for (size_t i = 0; i < N; i++) {
    char title[32];
    snprintf(title, sizeof title, "Class %zu", i);
    size_t parent = i < 100 ? LNTI_NONE : i % 100;
    assert_ok(lnti_ontology_add_option(&index, o, q, parent, NULL, title, ERR));
  }
  char *json = lnti_ontology_json(o, 0);
  assert_ok(parse(&again, json));
  assert_int_equal(again->n_options, N);
  free(json);
  lnti_ontology_free(again);
  lnti_ontology_free(o);
}

static void failing_allocations_lose_nothing(void **state) {
  (void)state;
  for_each_fault(n) {
    lnti_ontology *o = NULL;
    assert_fault_status(parse(&o, full));
    assert_true((o == NULL) == lnti_test_allocation_failed());
    lnti_ontology_free(o);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_is_read),
      cmocka_unit_test(defaults),
      cmocka_unit_test(refusals_name_their_place),
      cmocka_unit_test(depth_is_capped_where_building_caps_it),
      cmocka_unit_test(what_is_written_reads_back_equal),
      cmocka_unit_test(fifty_thousand_nodes_take_a_moment),
      cmocka_unit_test(failing_allocations_lose_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
