/*
 * Bad answers by hand, each given on every way in that has a word for it: as --set, in a cell of CSV, as a key of JSON Lines, and
 * as a key inside "answers"; then bad tables. Each is refused with its reason and its place, and the log gets no row. The items
 * are 1, a disc, and 2, a cross.
 */
#include <flow/annotate/items.h>
#include <math.h>
#include <stdio.h>

#include "flow_support.h"

static const char ontology_json[] =
    "{\"name\": \"T\", \"classifications\": ["
    "{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"cross\", \"attributes\": ["
    "{\"id\": \"n\", \"type\": \"number\", \"min\": 0, \"max\": 10, \"step\": 0.5}]}, {\"id\": \"disc\"},"
    "{\"id\": \"gone\", \"retired\": true}]},"
    "{\"id\": \"tags\", \"type\": \"checklist\", \"options\": [{\"id\": \"a\", \"attributes\": ["
    "{\"id\": \"why\", \"type\": \"text\"}]}, {\"id\": \"b\"}, {\"id\": \"old\", \"retired\": true}]},"
    "{\"id\": \"kind\", \"type\": \"tree\", \"leaf_only\": true, \"options\": [{\"id\": \"x\", \"options\": [{\"id\": \"y\"}]}]},"
    "{\"id\": \"note\", \"type\": \"text\", \"max_length\": 20},"
    "{\"id\": \"size\", \"type\": \"number\", \"min\": -5, \"max\": 5},"
    "{\"id\": \"order\", \"type\": \"rank\", \"options\": [{\"id\": \"one\"}, {\"id\": \"two\"}, {\"id\": \"three\"}]}]}";

typedef struct refusals {
  size_t n;
  char place[300], reason[LNT_ERROR_MESSAGE_BYTES]; /* of the first */
} refusals;

static void note_refusal(void *payload, const char *place, lnt_status code, const char *reason) {
  refusals *r = payload;
  (void)code;
  if (r->n++) return;
  snprintf(r->place, sizeof r->place, "%s", place);
  snprintf(r->reason, sizeof r->reason, "%s", reason);
}

static size_t n_faults; /* told one after another; then the test fails */

static int64_t log_position(const lab *l) {
  lnti_store_position position = {0};
  assert_ok(lnti_store_position_read(&position, l->project->store, ERR));
  return position.log_id;
}

/* All that was told of a refusal: its place, and why. `says` and `place` are parts of it. */
static void expect_refused(const lab *l, lnti_annotate_items_options options, const char *what, const char *place,
                           const char *says) {
  refusals r = {0};
  lnti_annotate_items_result result = {0};
  lnt_error error = LNT_ERROR_INIT;
  char told[LNT_ERROR_MESSAGE_BYTES + 400];
  const int64_t before = log_position(l);
  options.refused = note_refusal;
  options.payload = &r;
  lnt_status status = lnti_annotate_items(&result, l->project, &options, &error);
  snprintf(told, sizeof told, "%s %s", r.place, r.n ? r.reason : error.message);
  const char *fault = status == LNT_OK && r.n == 0                     ? "was taken"
                      : !strstr(told, says)                            ? "says not"
                      : !strstr(told, place)                           ? "does not name the place of"
                      : log_position(l) != before || result.op_id != 0 ? "something was stored"
                                                                       : NULL;
  if (!fault) return;
  print_message("%s: \"%s\": %s \"%s\" at \"%s\"\n", what, told, fault, says, place);
  n_faults++;
}

static void expect_bad_table(const lab *l, const char *name, const char *text, size_t n, const char *place,
                             const char *says) {
  char *path = lnti_test_path(l->folder, name), what[400];
  lnti_test_write_file(path, text, n);
  snprintf(what, sizeof what, "%s: %.300s", name, text);
  expect_refused(l, (lnti_annotate_items_options){.file = path, .confidence = (double)NAN}, what, place, says);
  free(path);
}

/* ---- answers ---- */

static const struct {
  const char *item, *key, *value, *says;
} answers[] = {
    {"1", "class", "crosss", "did you mean \"cross\""},
    {"1", "class", "zebra", "no option \"zebra\""},
    {"1", "class", "gone", "is retired"},
    {"1", "class", "cross;disc", "no option"},
    {"1", "class", "cross/n", "no option"},
    {"1", "class", "maybe", "no option"},
    {"1", "class", "answered", "no option"},
    {"1", "class.state", "maybe", "answered, unsure, none or clear"},
    {"1", "class.state", "yes", "answered, unsure, none or clear"},
    {"1", "class.cross", "yes", "has no"},
    {"1", "class.nothing", "yes", "has no"},
    {"1", "class/cross/n", "3", "asked only after"},
    {"1", "class/disc/n", "3", "has no"},
    {"1", "class/cross", "3", "is an option, where a question is asked for"},
    {"1", "class/zebra/n", "3", "has no"},
    {"1", "clas", "disc", "has no"},
    {"1", "nothing", "1", "has no"},
    {"1", "answers_no.class", "disc", "is no checklist"},
    {"2", "class/cross/n", "11", "outside 0..10"},
    {"2", "class/cross/n", "-0.5", "outside 0..10"},
    {"2", "class/cross/n", "0.3", "not on a step"},
    {"2", "class/cross/n", "two", "takes a number"},
    {"2", "class/cross/n", "nan", "takes a number"},
    {"2", "class/cross/n", "inf", "takes a number"},
    {"2", "class/cross/n", "1e999", "takes a number"},
    {"2", "class/cross/n", "3 points", "takes a number"},
    {"2", "class/cross/n", "3,5", "takes a number"},
    {"2", "class/cross/n", "0x10", "takes a number"},
    {"2", "class/cross/n", "--3", "takes a number"},
    {"2", "class/cross/n", "none", "no answer to it"},
    {"1", "size", "5.0001", "outside -5..5"},
    {"1", "size", "-6", "outside -5..5"},
    {"1", "size", "1/2", "takes a number"},
    {"1", "size.state", "none", "no answer to it"},
    {"1", "tags", "zz", "no option \"zz\""},
    {"1", "tags", "a;zz", "no option \"zz\""},
    {"1", "tags", "a;;b", "no option \"\""},
    {"1", "tags", "a;old", "is retired"},
    {"1", "tags.old", "yes", "is retired"},
    {"1", "tags.old", "no", "is retired"},
    {"1", "tags.a", "maybe", "yes, no or clear"},
    {"1", "tags.a", "2", "yes, no or clear"},
    {"1", "tags.a", "unsure", "yes, no or clear"},
    {"1", "tags.zz", "yes", "has no"},
    {"1", "tags/a/why", "since", "asked only after"},
    {"1", "answers_no.tags", "zz", "no option"},
    {"1", "answers_no.tags", "none", "no option"},
    {"1", "kind", "x", "only leaves"},
    {"1", "kind", "y", "no option"},
    {"1", "kind", "x/z", "no option"},
    {"1", "kind", "x//y", "no option"},
    {"1", "kind", "/x/y", "no option"},
    {"1", "kind", "x/y/", "no option"},
    {"1", "kind.x", "yes", "has no"},
    {"1", "note", "a text of more than twenty", "26 characters"},
    {"1", "note", "  ", "is empty"},
    {"1", "note", "a\x07", "control character"},
    {"1", "note", "a\x7f", "control character"},
    {"1", "note.state", "none", "no answer to it"},
    {"1", "order", "one;one", "twice"},
    {"1", "order", "one;two;one", "twice in its order"},
    {"1", "order", "four", "no option"},
    {"1", "order", "one;;two", "no option \"\""},
    {"1", "order.one", "1", "has no"},
    {"9", "class", "cross", "no item 9"},
    {"0", "class", "cross", " item"},
};
enum { N_ANSWERS = sizeof answers / sizeof *answers };

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, ontology_json);
  lab_items(&l, 3);
  lab_answer(&l, 1, "class", "disc");
  lab_answer(&l, 2, "class", "cross");
  return l;
}

static void by_set(const lab *l, size_t i) {
  char setting[200];
  const char *set = setting;
  snprintf(setting, sizeof setting, "%s=%s", answers[i].key, answers[i].value);
  const lnti_annotate_items_options options = {
      .items = &answers[i].item, .n_items = 1, .set = &set, .n_set = 1, .confidence = (double)NAN};
  expect_refused(l, options, setting, "", answers[i].says);
}

static void by_csv(const lab *l, size_t i) {
  char text[300];
  bool key = strcmp(answers[i].says, "has no") == 0 || strstr(answers[i].says, "is an option,");
  size_t n =
      (size_t)snprintf(text, sizeof text, "id,\"%s\"\n%s,\"%s\"\n", answers[i].key, answers[i].item, answers[i].value);
  expect_bad_table(l, "a.csv", text, n, key ? answers[i].key : "line 2", answers[i].says);
}

static void by_jsonl(const lab *l, size_t i, const char *inside) {
  lnti_text text = {0};
  lnti_json_writer *json = NULL;
  assert_ok(lnti_json_writer_new(&json, lnti_json_sink_text, &text, 0, ERR));
  lnti_json_begin_object(json);
  lnti_json_kv_string(json, "id", answers[i].item);
  if (inside) lnti_json_key(json, inside);
  if (inside) lnti_json_begin_object(json);
  lnti_json_kv_string(json, answers[i].key, answers[i].value);
  if (inside) lnti_json_end_object(json);
  lnti_json_end_object(json);
  assert_ok(lnti_json_finish(json, ERR));
  lnti_json_writer_free(json);
  bool key = strcmp(answers[i].says, "has no") == 0 || strstr(answers[i].says, "is an option,");
  expect_bad_table(l, "a.jsonl", text.data, text.length, "line 1", key ? answers[i].key : answers[i].says);
  lnti_text_clear(&text);
}

static void bad_answers_are_refused_on_every_way_in(void **state) {
  (void)state;
  n_faults = 0;
  lab l = new_lab();
  for (size_t i = 0; i < N_ANSWERS; i++) {
    const char *key = answers[i].key;
    bool blank = answers[i].value[strspn(answers[i].value, " ")] == '\0'; /* such a cell says nothing */
    bool aside = strncmp(key, "kind", 4) == 0;                            /* there answers.kind is the question */
    by_set(&l, i);
    if (!blank) by_csv(&l, i);
    if (!blank && !aside) by_jsonl(&l, i, NULL);
    if (!blank && strncmp(key, "answers_no", 10) != 0) by_jsonl(&l, i, "answers");
  }
  lab_free(&l);
  assert_int_equal(n_faults, 0);
}

/* ---- tables ---- */

static void bad_tables_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *name, *text, *place, *says;
  } tables[] = {
      {"empty.csv", "", "empty.csv", "no line with the names"},
      {"blank.csv", "\n\n\n", "blank.csv", "no "},
      {"noid.csv", "class\ncross\n", "noid.csv", "no column is called id or path"},
      {"colour.csv", "id,colour\n1,red\n", "colour.csv", "column \"colour\""},
      {"word.csv", "id,class\nfive,cross\n", "line 2", "\"five\" is no item's number"},
      {"half.csv", "id,class\n1.5,cross\n", "line 2", "is no item's number"},
      {"minus.csv", "id,class\n-1,cross\n", "line 2", "item"},
      {"huge.csv", "id,class\n99999999999999999999999,cross\n", "line 2", "is no item's number"},
      {"there.csv", "id,class\n99,cross\n", "line 2", "no item 99"},
      {"path.csv", "path,class\nnowhere.png,cross\n", "line 2", "no item is called so"},
      {"many.csv", "id,class\n1,cross,3\n", "line 2", "3"},
      {"few.csv", "id,class,note\n1,cross\n", "line 2", "2"},
      {"quote.csv", "id,class\n1,\"cross\n", "line 2", "quot"},
      {"noitem.csv", "id,class\n,cross\n", "line 2", "names no item"},
      {"sure.csv", "id,class,confidence\n1,cross,2\n", "line 2", "outside 0..1"},
      {"sure2.csv", "id,class,confidence\n1,cross,-0.1\n", "line 2", "outside 0..1"},
      {"sure3.csv", "id,class,confidence\n1,cross,very\n", "column 3", "confidence"},
      {"skip.csv", "id,class,skip\n1,cross,dark\n", "line 2", "does both"},
      {"comment.csv", "id,comment\n1,a\x01\n", "column 2", "control character"},
      {"second.csv", "id,class\n1,disc\n2,cross\n1,zebra\n", "line 4", "no option"},
      {"third.csv", "id,note,class\n1,\"two\nlines\",zebra\n", "column 3", "no option"},
      {"both.csv", "id,tags,tags.a,tags/a/why\n1,b,no,since\n", "line 2", "asked only after"},
      {"list.jsonl", "[1]\n", "list.jsonl", ""},
      {"text.jsonl", "{\"id\":1,\"class\":\"cross\"\n", "line 1", ""},
      {"cut.jsonl", "{\"id\":1,\"class\":\"cr", "line 1", ""},
      {"comma.jsonl", "{\"id\":1,,\"class\":\"cross\"}\n", "line 1", ""},
      {"lists.jsonl", "{\"id\":1,\"class\":[\"cross\",\"disc\"]}\n", "line 1", "takes one answer, not a list"},
      {"lists2.jsonl", "{\"id\":1,\"size\":[1,2]}\n", "\"size\"", "takes one answer, not a list"},
      {"lists3.jsonl", "{\"id\":1,\"note\":[\"a\"]}\n", "\"note\"", "takes one answer, not a list"},
      {"lists4.jsonl", "{\"id\":1,\"tags\":[\"a\",\"zz\"]}\n", "\"tags\"", "no option \"zz\""},
      {"twice.jsonl", "{\"id\":1,\"order\":[\"one\",\"one\"]}\n", "line 1", "twice"},
      {"true.jsonl", "{\"id\":1,\"class\":true}\n", "\"class\"", "no option"},
      {"number.jsonl", "{\"id\":1,\"class\":3}\n", "\"class\"", "no option"},
      {"range.jsonl", "{\"id\":1,\"size\":1e300}\n", "line 1", "outside -5..5"},
      {"over.jsonl", "{\"id\":1,\"size\":1e999}\n", "line 1", ""},
      {"words.jsonl", "{\"id\":1,\"size\":\"two\"}\n", "\"size\"", "takes a number"},
      {"object.jsonl", "{\"id\":1,\"class\":{\"option\":\"cross\"}}\n", "line 1", "class.option"},
      {"state.jsonl", "{\"id\":1,\"class\":{\"state\":\"perhaps\"}}\n", "class.state", "answered, unsure"},
      {"noes.jsonl", "{\"id\":1,\"answers_no\":{\"class\":[\"cross\"]}}\n", "answers_no.class", ""},
      {"key.jsonl", "{\"id\":1,\"colour\":\"red\"}\n", "\"colour\"", "no question"},
      {"id.jsonl", "{\"id\":\"one\",\"class\":\"cross\"}\n", "line 1", "is no item's number"},
      {"id2.jsonl", "{\"class\":\"cross\"}\n", "line 1", "names no item"},
  };
  n_faults = 0;
  lab l = new_lab();
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    expect_bad_table(&l, tables[i].name, tables[i].text, strlen(tables[i].text), tables[i].place, tables[i].says);
  }
  print_message("%zu answers on four ways, %zu tables\n", (size_t)N_ANSWERS, sizeof tables / sizeof *tables);
  lab_free(&l);
  assert_int_equal(n_faults, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_answers_are_refused_on_every_way_in),
                                     cmocka_unit_test(bad_tables_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
