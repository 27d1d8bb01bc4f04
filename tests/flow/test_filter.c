/*
 * Filters: what the parser takes and how it says where it does not; every key on items that differ in it; walks over
 * more items than a page holds.
 */
#include <flow/filter/parts.h>
#include <flow/view/items.h>

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
  const lnti_filter_names names = {.ontology = l->ontology, .meta = meta, .n_meta = 2};
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

static const char required_json[] =
    "{\"name\": \"R\", \"classifications\": ["
    " {\"id\": \"area\", \"type\": \"radio\", \"required\": true, \"options\": [{\"id\": \"in\"}, {\"id\": \"out\", \"attributes\": ["
    "  {\"id\": \"part\", \"type\": \"tree\", \"required\": true, \"options\": [{\"id\": \"door\", \"options\": [{\"id\": \"left\"}],"
    "   \"attributes\": [{\"id\": \"note\", \"type\": \"text\", \"required\": true}]}, {\"id\": \"roof\"}]}]}]},"
    " {\"id\": \"burst\", \"type\": \"number\", \"level\": \"group\", \"required\": true},"
    " {\"id\": \"free\", \"type\": \"number\"}]}";

/* What hangs on an option is required where that is chosen; a question of groups asks nothing of images. */
static void test_complete(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, required_json);
  lab_items(&l, 6);
  found("complete=yes", "");
  lab_answer(&l, 1, "area", "in");
  lab_answer(&l, 2, "area", "out");
  lab_answer(&l, 3, "free", "1");
  found("complete=yes", "1");
  found("labelled=yes and complete=no", "23");
  lab_answer(&l, 2, "area/out/part", "roof");
  lab_answer(&l, 3, "area", "out");
  lab_answer(&l, 3, "area/out/part", "door/left");
  found("complete=yes", "12");
  lab_answer(&l, 3, "area/out/part/door/note", "unsure"); /* is an answer */
  found("complete=yes", "123");
  error("complete=maybe", "complete is no or yes, not 'maybe'");
  lab_free(&l);
}

/* A group answers for its images, and they for it, but for what is asked of groups alone. */
static void test_complete_groups(void **state) {
  static const int64_t first[] = {1, 2}, second[] = {3, 4};
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, required_json);
  lab_items(&l, 4);
  lab_group(&l, "first", first, 2);   /* 5 */
  lab_group(&l, "second", second, 2); /* 6 */
  lab_answer(&l, 1, "area", "in");
  lab_answer(&l, 2, "area", "unsure");
  lab_answer(&l, 6, "area", "out");
  found("labelled=yes", "123456");
  found("complete=yes", "12");
  lab_answer(&l, 5, "burst", "3");
  found("complete=yes", "125"); /* its images say the area */
  lab_answer(&l, 6, "burst", "3");
  lab_answer(&l, 6, "area/out/part", "roof");
  found("complete=yes", "123456");
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
  found("path=birds", "123"); /* the beginning, at any folder or name of it */
  found("path=birds/", "123");
  found("path=bird/", "");
  found("path=irds/", ""); /* not in the middle of a name */
  found("path=owl.png", "3");
  found("path=birds/*.png", "123");
  found("path=?uck.png", "2");
  found("path=b*/o", "");
  found("path=b*/o*", "3");
  found("path=/birds/", "");
  found("path in (cat, owl, birds/duck)", "234");
  found("path not in (cat, owl, birds/duck)", "156");
  snprintf(text, sizeof text, "path=%s/birds/", strrchr(l.folder, '/') + 1); /* the source's own name */
  found(text, "123");
  found("path=tmp", ""); /* but not what lies above it */
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

/* Titles go before ids, ids before aliases; in another case of letters only what is none of these. */
static void test_options_by_name(void **state) {
  (void)state;
  static const char json[] =
      "{\"name\": \"N\", \"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": ["
      " {\"id\": \"cats\", \"title\": \"CATS\"}, {\"id\": \"cats-2\", \"title\": \"cats\"},"
      " {\"id\": \"dogs\", \"title\": \"All Dogs\", \"aliases\": [\"Hounds\"]},"
      " {\"id\": \"a\", \"title\": \"Twin\"}, {\"id\": \"b\", \"title\": \"Twin\"}]},"
      " {\"id\": \"tree\", \"type\": \"tree\", \"options\": [{\"id\": \"birds\", \"title\": \"Birds\","
      "  \"options\": [{\"id\": \"owl\", \"title\": \"Owl\"}]}]}]}";
  static const char *const given[] = {"cats", "cats-2", "dogs", "a", "b"};
  lab l = lab_new();
  lab_ontology(&l, json);
  for (uint8_t i = 0; i < 5; i++) {
    char member[8] = {(char)('1' + i), 0};
    lab_answer(&l, lab_item(&l, member, (uint8_t)(i + 1), ""), "class", given[i]);
  }
  lab_answer(&l, 1, "tree", "birds/owl");
  found("class=CATS", "1");
  found("class=cats", "2"); /* the title of one is the id of another */
  found("class=cats-2", "2");
  found("class=Hounds", "3");
  found("class=HOUNDS", "3");
  found("class=\"all dogs\"", "3");
  found("class=Dogs", "3");
  found("class=a", "4");
  found("tree=BIRDS/owl/", "1");
  error("class=Cats", "\"Cats\" may be the option cats (\"CATS\") or cats-2 (\"cats\")");
  error("class=Twin", "a (\"Twin\") or b (\"Twin\")");
  error("class=twin", "a (\"Twin\") or b (\"Twin\")");
  error("class=dgos", "did you mean \"dogs\"");
  error("tree=owls", "did you mean \"birds/owl\"");
  error("tree=birds/owlet/x", "has no option");
  found("stage=ANNOTATE and labelled=Yes", "12345");
  error("stage=dnoe", "stage is annotate, review or done, not 'dnoe'");
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

static void test_or_not_and_brackets(void **state) {
  (void)state;
  lab l = new_lab();
  found("id=1 or id=3", "13");
  found("id=1 or id=2 and split=test", "1"); /* and binds more closely */
  found("(id=1 or id=2) and split=train", "12");
  found("(id=1 or id=4) and split=test", "4");
  found("not id=1", "23456");
  found("not not id=1", "1");
  found("NOT id=1 AND not id=2 And Not (id=3 OR id=4)", "56");
  found("not(id=1)and(id=1 or(id=2))", "2");
  found("((((id=6))))", "6");
  found("( id = 5 or id = 6 )", "56");
  found("not (class=bird or class=cat)", "56");
  found("class=bird and not class/bird/species=duck or labelled=no", "36");
  found("(split=train)", "12"); /* the bracket is no part of the value */
  found("(path=*plain[[]1].png)", "6");
  found("(path=*teal* or split=\"\")", "156");
  lab_free(&l);
}

static void test_words_end_where_they_should(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  lab_item(&l, "a (1).png", 1, "a,b");
  lab_item(&l, "b(2)).png", 2, "(c)");
  lab_item(&l, "say \"yes\".png", 3, "d)");
  found("path=*b(2)).png", "2"); /* outside of brackets they are letters as any other */
  found("(path=*(2)*)", "2");
  found("split=(c)", "2");
  found("split=d)", "3");
  found("(split=\"d)\")", "3");
  found("split=a,b", "1");
  found("split in (\"a,b\", (c))", "12");
  found("path=\"*\"\"yes\"\"*\"", "3");
  lab_free(&l);
}

static void test_comparisons(void **state) {
  (void)state;
  lab l = new_lab();
  found("id<3", "12");
  found("id<=3", "123");
  found("id>4", "56");
  found("id>=4", "456");
  found("id<-5", "");
  found("id>9223372036854775807", "");
  found("id<-9223372036854775808", "");
  found("id>=-9223372036854775808", "123456");
  found("id in 2..4", "234");
  found("id not in 2..4", "156");
  found("id in 5..", "56");
  found("id in ..2", "12");
  found("id in (1, 6, 99)", "16");
  found("id in (1,2..3,6)", "1236");
  found("id not in (1, 6)", "2345");
  found("id in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)", "123456");
  found("class/bird/wings>2", "3");
  found("class/bird/wings<2.5", "");
  found("class/bird/wings<=2.5", "3");
  found("not class/bird/wings>2.5", "123456"); /* what has no number is not above */
  found("quality in 0.2..0.4", "4");
  found("quality in (0.3, 7)", "4");
  found("quality>1e-1", "4");
  error("id in 4..x", "id: 'x' is no whole number");
  error("quality in a..2", "quality: 'a' is no number");
  error("split<test", "split has no order");
  error("path>=x", "path has no order");
  error("class<cat", "class has no order");
  error("split in a..b", "column 10: split has no order, so there are no ranges of it");
  error("id in ..", "'..' has no ends");
  error("id in 3", "(A, B) or LOW..HIGH is needed after \"in\" before '3'");
  error("id in", "(A, B) or LOW..HIGH is needed after \"in\"; the filter ends here");
  error("id in (1", "column 9: ',' or ')' is needed; the filter ends here");
  error("id in (1 2)", "column 10: ',' or ')' is needed before '2)'");
  error("id in ()", "column 8: a value is missing");
  error("id in (1,)", "column 10: a value is missing");
  lab_free(&l);
}

static void test_facts_of_images(void **state) {
  (void)state;
  lab l = new_lab(); /* all are png of 8 x 8, of 100 bytes */
  found("width=8 and height=8 and pixels=64 and bytes=100 and depth=8", "123456");
  found("width!=8 or height>8 or pixels<64 or bytes in 101..1000", "");
  found("pixels in (63, 64)", "123456");
  found("format=png", "123456");
  found("format=p*", "123456");
  found("format in (jpeg, tiff)", "");
  found("kind=image", "123456");
  found("kind=group", "");
  found("group=none", "123456");
  found("group!=none", "");
  found("sharpness>=0", ""); /* nobody has looked */
  found("not quality.sharpness>=0", "123456");
  found("brightness<1 or contrast<1", "");
  found("duplicate=none and conflict=no and leak=no", "123456");
  found("duplicate.equal=1 or duplicate.near=2", "");
  found("item.id=2", "2");
  found("answer.class=cat", "4");
  char text[512];
  snprintf(text, sizeof text, "source=%s", l.folder);
  found(text, "123456");
  found("source=*nowhere*", "");
  error("kind=video", "kind is image or group, not 'video'");
  error("duplicate=equalish", "duplicate is none, equal or near, not 'equalish'");
  error("width=wide", "width: 'wide' is no whole number");
  error("width=8.5", "width: '8.5' is no whole number");
  error("sharpness=high", "sharpness: 'high' is no number");
  error("item.class=cat", "'item.class' is no key");
  lab_free(&l);
}

static void test_states_of_answers(void **state) {
  (void)state;
  lab l = new_lab();
  lab_item(&l, "none.png", 7, "");
  lab_answer(&l, 7, "class", "none");
  found("class=unsure", "5");
  found("class=none", "7");
  found("class=unanswered", "6");
  found("class=answered", "1234");
  found("class!=answered", "567");
  found("class in (cat, unsure, none)", "457");
  found("class=bi*", "123");
  found("class=\"A b*\"", "123"); /* by title */
  found("class=*", "1234");
  found("class/bird/species=*l*", "13"); /* duck/teal, owl; duck itself has no l */
  found("quality=unanswered", "123567");
  found("quality=answered", "4");
  found("quality in (answered, 5)", "4");
  error("class=z*", "has no option \"z*\"");
  error("class=brid", "did you mean \"bird\"?");
  lab_free(&l);
}

static const char states_json[] =
    "{\"name\": \"S\", \"classifications\": ["
    " {\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"none\"}, {\"id\": \"some\"}]},"
    " {\"id\": \"width\", \"type\": \"radio\", \"options\": [{\"id\": \"8\"}, {\"id\": \"wide\"}]},"
    " {\"id\": \"not\", \"type\": \"radio\", \"options\": [{\"id\": \"in\"}, {\"id\": \"or\"}]},"
    " {\"id\": \"labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"orange\"}, {\"id\": \"lime\"}]}]}";

static void test_names_that_collide(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, states_json);
  lab_items(&l, 4);
  lnti_annotation none = lab_annotation(&l, 1, "class", "some");
  none.answer.option = lab_option(&l, lab_question(&l, "class"), "none");
  assert_ok(lab_annotate(&l, &none, 1, false, NULL));
  lab_answer(&l, 2, "width", "8");
  lab_answer(&l, 3, "width", "wide");
  lab_answer(&l, 4, "not", "or");
  found("class=none", "1"); /* an option comes before the state of that name */
  found("width=wide", "3"); /* a question before what is built in */
  found("width=8", "2");
  found("item.width=8", "1234");
  found("answer.width=8", "2");
  found("not=or", "4"); /* a key may be a keyword */
  found("not = or or id=1", "14");
  found("not not=or", "123");
  found("\"not\" in (in, or)", "4");
  lab_free(&l);
}

static void test_checklists(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, states_json);
  lab_items(&l, 5);
  lab_answer(&l, 1, "labels", "orange");
  lab_answer(&l, 1, "labels", "-lime");
  lab_answer(&l, 2, "labels", "-orange");
  lab_answer(&l, 3, "labels", "lime");
  lab_answer(&l, 4, "labels", "unsure");
  found("labels=orange", "1");
  found("labels!=orange", "2345"); /* no, or unknown */
  found("labels in (orange, lime)", "13");
  found("labels=*", "13");
  found("labels.orange=yes", "1");
  found("labels.orange=no", "2");
  found("labels.orange=unknown", "345");
  found("labels.orange in (no, unknown)", "2345");
  found("labels.lime!=yes", "1245");
  found("labels=answered", "123");
  found("labels=unanswered", "5");
  found("labels=unsure", "4");
  found("labels=none", "");
  found("labelled=yes", "1234");
  error("labels=grape", "\"labels\" has no option \"grape\"");
  error("labels.grape=yes", "\"labels\" has no option \"grape\"");
  error("answer.labels.Orange=yes", "did you mean \"orange\"?");
  error("label.orange=yes", "'label.orange' is no key");
  error("labels.orange=maybe", "labels.orange is unknown, yes or no, not 'maybe'");
  lab_free(&l);
}

/* ---- metadata and links ---- */

typedef struct meta_rows {
  const char *key;
  const char *const *values; /* [n] of items 1..n; NULL: none */
  size_t n;
} meta_rows;

static lnt_status write_meta(void *payload, lnti_tx *tx, lnt_error *err) {
  const meta_rows *m = payload;
  int64_t key_id = 0;
  lnt_status status = lnti_tx_meta_key(tx, &key_id, m->key, err);
  for (size_t i = 0; i < m->n && !status; i++) {
    if (m->values[i]) status = lnti_tx_meta(tx, (int64_t)i + 1, key_id, m->values[i], err);
  }
  return status;
}

static void add_meta(lab *l, const char *key, const char *const *values, size_t n) {
  meta_rows m = {key, values, n};
  assert_ok(lnti_store_write(l->project->store, write_meta, &m, ERR));
}

static void test_metadata(void **state) {
  (void)state;
  static const char *const site[] = {"north", "south bay", NULL, "north", "", "7"};
  static const char *const iso[] = {"100", "400", "1e3", "0400", "high", NULL};
  static const char *const date[] = {"2008-10-05", "2008-11-30T12:00", "2009", "2008-10", "tomorrow", NULL};
  static const char *const split[] = {"x", NULL, NULL, NULL, NULL, NULL};
  lab l = new_lab();
  add_meta(&l, "site", site, 6);
  add_meta(&l, "iso speed", iso, 6);
  add_meta(&l, "date", date, 6);
  add_meta(&l, "split", split, 6);
  found("site=north", "14");
  found("meta.site=north", "14");
  found("site=\"south bay\"", "2");
  found("site=*o*h*", "124");
  found("site=\"\"", "35"); /* no value */
  found("site!=\"\"", "1246");
  found("site!=north", "2356");
  found("site in (north, 7)", "146");
  found("site>north", "2"); /* by bytes; a number is not comparable with a text */
  found("site>=7", "6");
  found("\"iso speed\"=400", "2");
  found("meta.\"iso speed\"=400.0", "2"); /* as a number; 0400 is a name */
  found("\"iso speed\">=200", "23");
  found("\"iso speed\" in 50..500", "12");
  found("\"meta.iso speed\"<0", "");
  found("date>=2008-10", "1234");
  found("date<=2008-10", "14"); /* until its end */
  found("date>2008-10", "23");
  found("date<2008-10-05", "4");
  found("date in 2008-10-06..2008", "2");
  found("date in 2008..2009", "1234");
  found("date>=2009", "3");
  error("site in 2009..2008-10", "write 2008-10..2009");
  error("site in south..north", "write north..south");
  error("\"camera model\" in 100..high", "nothing lies in 100..high: numbers, dates and other texts");
  found("date in 2008-10..2008-10", "14");
  found("meta.split=x", "1"); /* split itself is built in */
  found("split=x", "");
  lab_free(&l);
}

static lnt_status write_links(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  static const lnti_duplicate links[] = {{1, 1, 1, 0}, {2, 1, 1, 0}, {3, 3, 3, 9}, {4, 4, 3, 9}};
  return lnti_tx_duplicates(tx, links, 4, err);
}

static void test_duplicates(void **state) {
  (void)state;
  lab l = new_lab(); /* 1 and 2 are birds in train, 3 a bird in test, 4 a cat in test */
  assert_ok(lnti_store_write(l.project->store, write_links, NULL, ERR));
  found("duplicate=equal", "12");
  found("duplicate=near", "34");
  found("duplicate in (equal, near)", "1234");
  found("duplicate=none", "56");
  found("duplicate.equal=2", "12"); /* the set of item 2 */
  found("duplicate.near=4", "34");
  found("duplicate.near=5", "");
  found("duplicate.distance>5", "34");
  found("conflict=equal", "12"); /* two ducks, of which one is a teal */
  found("conflict=near", "34");  /* a bird and a cat */
  found("conflict=yes", "1234");
  found("conflict=no", "56");
  found("leak=yes", "");
  lab_item(&l, "late.png", 8, "val");
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
  error("split=train class=cat", "column 13: \"and\" or \"or\" is needed before 'class=cat'");
  error("split=train andclass=cat", "column 13: \"and\" or \"or\" is needed");
  error("split=\"train", "column 7: the quote is not closed");
  error("\"split=train", "column 1: the quote is not closed");
  error("split=train and =x", "column 17: a key is missing");
  error("split=train and", "nothing stands after the last \"and\"");
  error("split=train and  ", "nothing stands after the last \"and\"");
  error("width in 500..100",
        "column 10: width: nothing lies in 500..100, whose ends are the wrong way round; write 100..500");
  error("split=train or id in (1, 9..3)", "column 26: id: nothing lies in 9..3");
  error("sharpness in 0.5..0.25", "write 0.25..0.5");
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
  const lnti_filter_names names = {.ontology = l->ontology, .meta = meta, .n_meta = 1};
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

static const char *after_character(const char *text) {
  for (text++; ((unsigned char)*text & 0xc0) == 0x80;) text++;
  return text;
}

/* By the definition, in exponential time. */
static bool matches_plainly(const char *pattern, const char *text) {
  if (!*pattern) return !*text;
  if (*pattern == '*') {
    return matches_plainly(pattern + 1, text) || (*text && matches_plainly(pattern, after_character(text)));
  }
  if (!*text) return false;
  const char *p = after_character(pattern), *t = after_character(text);
  bool same = p - pattern == t - text && memcmp(pattern, text, (size_t)(p - pattern)) == 0;
  return (same || *pattern == '?') && matches_plainly(p, t);
}

static void random_characters(char *out, lnti_rng *rng, const char *const *from, size_t n) {
  *out = '\0';
  for (uint64_t left = lnti_rng_below(rng, 9); left > 0; left--) strcat(out, from[lnti_rng_below(rng, n)]);
}

static void check_pattern(lnti_rng *rng, void *payload) {
  static const char *const characters[] = {"a", "b", "\u00e9", "\u00e8", "*", "*", "?"};
  char pattern[64], text[64];
  (void)payload;
  random_characters(pattern, rng, characters, 7);
  random_characters(text, rng, characters, 4);
  bool matches = lnti_pattern_match(pattern, text), wanted = matches_plainly(pattern, text);
  if (matches != wanted) fail_msg("'%s' on '%s': %d", pattern, text, matches);
  size_t n = strlen(text), n_tail = lnti_pattern_tail(pattern);
  if (matches) assert_true(n_tail <= n && strcmp(text + n - n_tail, pattern + strlen(pattern) - n_tail) == 0);
}

static void test_random_patterns(void **state) {
  (void)state;
  lnti_test_property("patterns", 30000, check_pattern, NULL);
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

/* A filter that costs rows times patterns ends soon after the deadline, and not with the rows. */
static void test_match_is_cancelled(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_view *view = new_view(&l);
  lnti_cancel cancel = {0};
  lnti_text text = {0};
  _Alignas(64) uint64_t bits[8] = {0};
  static const char *const keys[] = {"path", "split"};
  for (int k = 0; k < 2; k++) {
    lnti_filter *filter = NULL;
    text.length = 0;
    assert_ok(lnti_text_printf(&text, ERR, "%s in (?", keys[k]));
    for (int i = 0; i < 20000; i++) assert_ok(lnti_text_printf(&text, ERR, ",?*%d?", i));
    assert_ok(lnti_text_printf(&text, ERR, ")"));
    assert_ok(lnti_filter_parse(&filter, text.data, lnti_view_names(view), ERR));
    assert_ok(lnti_filter_match(bits, filter, view, ERR));
    l.project->context.cancel = &cancel;
    cancel.deadline_ns = lnti_monotonic_ns() + 100000;
    assert_status(lnti_filter_match(bits, filter, view, ERR), LNT_ECANCELLED);
    l.project->context.cancel = NULL;
    lnti_filter_free(filter);
  }
  lnti_text_clear(&text);
  lnti_view_close(view);
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
      cmocka_unit_test(test_complete),
      cmocka_unit_test(test_complete_groups),
      cmocka_unit_test(test_path_as_prefix_and_pattern),
      cmocka_unit_test(test_questions),
      cmocka_unit_test(test_options_by_name),
      cmocka_unit_test(test_a_tree_node_holds_all_below_it),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_conjunction),
      cmocka_unit_test(test_or_not_and_brackets),
      cmocka_unit_test(test_words_end_where_they_should),
      cmocka_unit_test(test_comparisons),
      cmocka_unit_test(test_facts_of_images),
      cmocka_unit_test(test_states_of_answers),
      cmocka_unit_test(test_names_that_collide),
      cmocka_unit_test(test_checklists),
      cmocka_unit_test(test_metadata),
      cmocka_unit_test(test_duplicates),
      cmocka_unit_test(test_errors_tell_the_column),
      cmocka_unit_test(test_unknown_keys_are_told_the_known_ones),
      cmocka_unit_test(test_random_texts),
      cmocka_unit_test(test_random_patterns),
      cmocka_unit_test(test_walks_over_several_pages),
      cmocka_unit_test(test_walk_is_cancelled),
      cmocka_unit_test(test_match_is_cancelled),
      cmocka_unit_test(test_free_of_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
