/*
 * Stored predictions as keys of filters: what a key means, and random sets of every kind against a plain evaluation, item by item,
 * of what the test itself has written.
 */
#include <flow/filter/parts.h>
#include <flow/item_blocks.h>
#include <flow/predict/stored_predictions.h>
#include <flow/view/query.h>
#include <math.h>

#include "flow_support.h"

enum { ITEMS = 150, TOP_MAX = 4, NOTHING = -1, UNSURE = -2 };

static const char json[] =
    "{\"name\": \"P\", \"classifications\": ["
    " {\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"a\"}, {\"id\": \"b\"}, {\"id\": \"c\"}]},"
    " {\"id\": \"tree\", \"type\": \"tree\", \"options\": [{\"id\": \"x\", \"options\": [{\"id\": \"y\"}, {\"id\": \"z\"}]},"
    "  {\"id\": \"w\"}]},"
    " {\"id\": \"size\", \"type\": \"number\"},"
    " {\"id\": \"labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"p\"}, {\"id\": \"q\"}, {\"id\": \"r\"}]}]}";

/* ---- sets, written by hand ---- */

typedef struct said {
  int class[TOP_MAX];
  float p[TOP_MAX];
  size_t n;
} said;

static const char class_facts[] =
    "{\"target\": \"class\", \"task\": \"multiclass\", \"classes\": [\"a\", \"b\", \"c\"]}";
static const char sure_facts[] =
    "{\"target\": \"class\", \"task\": \"multiclass\", \"classes\": [\"a\", \"b\"], \"min_confidence\": 0.5, \"nodes\": []}";
static const char tree_facts[] =
    "{\"target\": \"tree\", \"task\": \"hierarchical\", \"classes\": [\"x/y\", \"x/z\", \"w\"], \"min_confidence\": 0.5, "
    "\"nodes\": [\"x\"]}";
static const char label_facts[] =
    "{\"target\": \"labels\", \"task\": \"multilabel\", \"classes\": [\"p\", \"q\"], \"thresholds\": [0.5, 0.25]}";
static const char number_facts[] = "{\"target\": \"size\", \"task\": \"regression\", \"classes\": [\"size\"]}";

/* items [n] from id `first` on; those with n 0 are left out */
static void store_set(const lab *l, const char *name, const char *facts, const said *items, size_t n, int64_t first) {
  lnti_text block = {0};
  lnti_item_set set = {.kind = LNTI_SET_PREDICTIONS, .name = name, .person = "t", .created_ms = 1, .facts_json = facts};
  int64_t last = 0, begin = 0;
  assert_ok(lnti_set_begin(&set, l->project, ERR));
  for (size_t i = 0; i < n; i++) {
    if (items[i].n == 0) continue;
    int64_t id = first + (int64_t)i;
    if (!begin) begin = id;
    assert_ok(lnti_block_put(&block, (uint64_t)(id - last), ERR));
    assert_ok(lnti_block_put(&block, items[i].n, ERR));
    for (size_t t = 0; t < items[i].n; t++) {
      assert_ok(lnti_block_put(&block, (uint64_t)items[i].class[t], ERR));
      assert_ok(lnti_text_append(&block, (const char *)&items[i].p[t], sizeof(float), ERR));
    }
    last = id;
    set.n_items++;
  }
  if (set.n_items > 0) {
    assert_ok(lnti_set_block(l->project, set.id, &(lnti_item_block){begin, last, block.data, block.length}, ERR));
  }
  assert_ok(lnti_set_end(l->project, &set, true, ERR));
  lnti_text_clear(&block);
}

static said one(int class, float p) {
  return (said){.class = {class}, .p = {p}, .n = 1};
}

#define assert_fails(call, code, part)                                  \
  do {                                                                  \
    lnti_test_assert_status((call), (code), #call, __FILE__, __LINE__); \
    lnti_test_assert_message((part), __FILE__, __LINE__);               \
  } while (0)

/* ---- asking ---- */

static lnti_view *new_view(const lab *l) {
  lnti_view *view = NULL;
  assert_ok(lnti_view_open(&view, l->project, NULL, NULL, ERR));
  return view;
}

/* The ids as digits. */
static void check_found(lnti_view *view, const char *text, const char *wanted, int line) {
  lnti_filter *filter = NULL;
  lnti_selection *selection = NULL;
  uint32_t rows[8];
  char found[16] = "";
  lnt_status status = lnti_view_filter(&filter, view, text, ERR);
  lnti_test_assert_status(status, LNT_OK, text, __FILE__, line);
  lnti_view_lock(view);
  assert_ok(lnti_view_select(&selection, view, filter, NULL, ERR));
  size_t n = lnti_selection_page(rows, selection, 0, 8);
  for (size_t i = 0; i < n; i++) found[i] = (char)('0' + lnti_view_id(view, rows[i]));
  lnti_view_unlock(view);
  if (strcmp(found, wanted) != 0) fail_msg("line %d: %s finds %s where %s is right", line, text, found, wanted);
  lnti_selection_free(selection);
  lnti_filter_free(filter);
}

static void check_error(lnti_view *view, const char *text, const char *message, int line) {
  lnti_filter *filter = NULL;
  lnt_status status = lnti_view_filter(&filter, view, text, ERR);
  lnti_test_assert_status(status, LNT_EINVAL, text, __FILE__, line);
  lnti_test_assert_message(message, __FILE__, line);
}

#define found(text, wanted) check_found(view, text, wanted, __LINE__)
#define error(text, message) check_error(view, text, message, __LINE__)

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, json);
  assert_int_equal(lab_items(&l, 6), 1);
  return l;
}

static void test_classes(void **state) {
  (void)state;
  lab l = new_lab();
  lnti_view *view = new_view(&l);
  error("predicted:class=a", "no predictions are stored: linnet predict MODEL");
  const said by_m[] = {one(0, 0.9F), one(1, 0.6F), one(0, NAN), one(2, 0.1F), {.n = 0}, {.n = 0}};
  store_set(&l, "m", class_facts, by_m, 6, 1);
  lab_answer(&l, 1, "class", "a");
  lab_answer(&l, 2, "class", "a");
  lab_answer(&l, 3, "class", "none");
  lab_answer(&l, 4, "class", "unsure");
  lab_answer(&l, 5, "class", "b");
  assert_ok(lnti_view_update(view, NULL, ERR));
  found("predicted:class=a", "13");
  found("predicted:m=a", "13");
  found("predicted:m/class!=a", "2456");
  found("predicted:class=unanswered", "56");
  found("predicted:class=answered and predicted:class in (b, c)", "24");
  found("predicted:class=*", "1234");
  found("confidence:class>=0.9", "1"); /* as it is written, though a float is a little less */
  found("confidence:class>0.9", "");
  found("confidence:class=0.6", "2");
  found("confidence:class in 0.1..0.6", "24");
  found("confidence:class<1", "124"); /* 3 has none */
  found("disagrees:class=yes", "23");
  found("disagrees:class=no", "1");
  found("disagrees:class=none", "456");
  found("disagrees:class!=yes", "1456");
  lab_answer(&l, 2, "class", "b");
  assert_ok(lnti_view_update(view, NULL, ERR));
  found("disagrees:class=yes", "3");
  error("predicted:clas=a", "there are: class (by m)");
  error("predicted:class=x", "has no option \"x\"");
  error("confidence:class=high", "confidence:class");
  error("disagrees:class=maybe", "is none, no or yes, not 'maybe'");
  error("disagrees:class<1", "has no order");
  error("predicted:=a", "'predicted:'");
  error("predicted:m/size=1", "'predicted:m/size'");
  lnti_view_close(view);
  lab_free(&l);
}

/* Of two models the newer one is the question's; a set that takes another's place is seen by the next update. */
static void test_several_sets(void **state) {
  (void)state;
  lab l = new_lab();
  const said old[] = {one(0, 0.5F)}, new[] = {one(1, 0.5F)}, size[] = {one(0, 7.5F), one(0, 2)};
  store_set(&l, "old", class_facts, old, 1, 1);
  store_set(&l, "class", sure_facts, new, 1, 2);
  store_set(&l, "w x", number_facts, size, 2, 3);
  lnti_view *view = new_view(&l);
  found("predicted:class=b", "2");
  found("predicted:old=a", "1");
  found("predicted:class/class=b", "2"); /* the model that is called like the question */
  found("predicted:size>=3", "3");
  found("predicted:size=answered", "34");
  found("\"predicted:w x\"<3", "4");
  error("confidence:size>0", "has no confidence");
  error("disagrees:size=yes", "linnet evaluate");
  store_set(&l, "old", class_facts, new, 1, 5);
  assert_ok(lnti_view_update(view, NULL, ERR));
  found("predicted:class=b", "5"); /* the newest by now */
  found("predicted:class/class=b", "2");
  lnti_view_close(view);
  lab_free(&l);
}

static void test_labels(void **state) {
  (void)state;
  lab l = new_lab();
  const said by_m[] = {{{0, 1}, {0.9F, 0.3F}, 2}, {{0, 1}, {0.4F, 0.2F}, 2}, {{1, 0}, {0.5F, 0.5F}, 2}};
  store_set(&l, "m", label_facts, by_m, 3, 1);
  lab_answer(&l, 1, "labels", "p");
  lab_answer(&l, 1, "labels", "-q");
  lab_answer(&l, 2, "labels", "-p");
  lab_answer(&l, 2, "labels", "r"); /* the model does not know it */
  lab_answer(&l, 3, "labels", "none");
  lab_answer(&l, 4, "labels", "p");
  lnti_view *view = new_view(&l);
  found("predicted:labels=p", "13"); /* 0.5 is at least 0.5 */
  found("predicted:labels=q", "13");
  found("predicted:labels=none", "2");
  found("predicted:labels=unanswered", "456");
  found("predicted:labels.p=no", "2");
  found("predicted:labels.p=unknown", "456");
  found("predicted:m.q=yes", "13");
  found("predicted:labels=r", "");
  found("predicted:labels.r=unknown", "123456");
  found("confidence:labels<0.4", "1"); /* the least sure of its yeses */
  found("confidence:labels<=1", "13");
  found("confidence:labels.p<0.5", "2");
  found("confidence:m/labels.p>=0.5", "13");
  found("disagrees:labels=yes", "13");
  found("disagrees:labels=no", "2");
  error("disagrees:labels.p=yes", "leave out the last one");
  error("predicted:labels.x=yes", "there are: labels (by m)");
  lnti_view_close(view);
  lab_free(&l);
}

/* A node above or below the answer is no other answer; a group's answer is that of its images; what declined is unsure. */
static void test_trees_and_groups(void **state) {
  (void)state;
  lab l = new_lab();
  const said by_m[] = {one(3, 0.8F), one(0, 0.9F), one(4, 0.4F), one(2, 0.7F), one(1, 0.6F)};
  store_set(&l, "m", tree_facts, by_m, 5, 1);
  lab_answer(&l, 1, "tree", "x/z");
  lab_answer(&l, 2, "tree", "x");
  lab_answer(&l, 3, "tree", "w");
  int64_t group = lab_group(&l, "both", (const int64_t[]){4, 5}, 2);
  lab_answer(&l, group, "tree", "w");
  lnti_view *view = new_view(&l);
  found("predicted:tree=x", "125");
  found("predicted:tree=x/y", "2");
  found("predicted:tree=unsure", "3");
  found("confidence:tree<0.5", "3");
  found("disagrees:tree=no", "124");
  found("disagrees:tree=yes", "5");
  lnti_view_close(view);
  lab_free(&l);
}

static void test_counts_sorts_and_names(void **state) {
  (void)state;
  lab l = new_lab();
  const said by_m[] = {one(1, 0.5F), one(0, 0.9F), one(0, NAN), one(2, 0.1F)};
  lnti_facet facets[2] = {{.field = {0}}};
  lnti_selection *selection = NULL;
  lnti_sort sort;
  uint32_t rows[8];
  lnti_text text = {0};
  store_set(&l, "m", class_facts, by_m, 4, 1);
  lab_answer(&l, 1, "class", "a");
  lnti_view *view = new_view(&l);
  const lnti_filter_names *names = lnti_view_names(view);
  assert_ok(lnti_field_find(&facets[0].field, names, "predicted:class", ERR));
  assert_ok(lnti_field_find(&facets[1].field, names, "disagrees:m", ERR));
  assert_ok(lnti_sort_parse(&sort, names, "confidence:class:desc", ERR));
  assert_ok(lnti_field_name(&text, names, &sort.field, ERR));
  assert_string_equal(text.data, "confidence:class");
  lnti_view_lock(view);
  assert_ok(lnti_view_facets(facets, 2, view, NULL, false, ERR));
  size_t total = 0;
  for (size_t c = 0; c < facets[0].n_codes; c++) {
    text.length = 0;
    assert_ok(lnti_view_code_text(&text, view, &facets[0].field, c, ERR));
    total += facets[0].counts[c];
    if (strcmp(text.data, "a") == 0) assert_int_equal(facets[0].counts[c], 2);
    if (strcmp(text.data, "unanswered") == 0) assert_int_equal(facets[0].counts[c], 2);
  }
  assert_int_equal(total, 6);
  assert_int_equal(facets[1].counts[2], 1);
  assert_ok(lnti_view_select(&selection, view, NULL, &sort, ERR));
  assert_int_equal(lnti_selection_page(rows, selection, 0, 8), 6);
  const uint32_t wanted[] = {1, 0, 3, 2, 4, 5}; /* those without a confidence last */
  assert_memory_equal(rows, wanted, sizeof wanted);
  lnti_selection_free(selection);
  lnti_view_unlock(view);
  assert_int_equal(lnti_sort_parse(&sort, names, "predicted:m:asc", ERR), LNT_OK);
  for (size_t i = 0; i < 2; i++) lnti_facet_clear(&facets[i]);
  lnti_text_clear(&text);
  lnti_view_close(view);
  lab_free(&l);
}

/* One item's, as rows of answers. */
static void test_one_item(void **state) {
  (void)state;
  lab l = new_lab();
  const said labels[] = {{{0, 1}, {0.9F, 0.3F}, 2}}, classes[] = {one(1, 0.75F), one(0, NAN)};
  lnti_view_prediction told = {0};
  store_set(&l, "l", label_facts, labels, 1, 1);
  store_set(&l, "m", class_facts, classes, 2, 1);
  lnti_view *view = new_view(&l);
  size_t class = lab_question(&l, "class");
  assert_ok(lnti_view_item_prediction(&told, view, 0, 1, ERR));
  assert_int_equal(told.n, 2);
  assert_true(told.confidence == (double)0.3F);
  assert_ok(lnti_view_item_prediction(&told, view, 1, 1, ERR));
  assert_int_equal(told.n, 1);
  assert_int_equal(told.rows[0].option_id, l.ontology->options[lab_option(&l, class, "b")].id);
  assert_ok(lnti_view_item_prediction(&told, view, 1, 2, ERR));
  assert_int_equal(told.n, 1);
  assert_true(isnan(told.confidence));
  assert_ok(lnti_view_item_prediction(&told, view, 0, 2, ERR));
  assert_int_equal(told.n, 0);
  free(told.rows);
  lnti_view_close(view);
  lab_free(&l);
}

static lnt_status ignore(void *payload, const lnti_stored_prediction *p, lnt_error *err) {
  (void)payload, (void)p, (void)err;
  return LNT_OK;
}

/* Taken away between look-up and reading: an error, and not "nothing was said". */
static void test_replaced_meanwhile(void **state) {
  (void)state;
  lab l = new_lab();
  const said by_m[] = {one(0, 0.9F), one(1, 0.6F)};
  store_set(&l, "m", class_facts, by_m, 2, 1);
  lnti_view *view = new_view(&l);
  int64_t old = lnti_view_names(view)->predicted[0].set_id;
  assert_ok(lnti_predictions_read(l.project, old, 2, ignore, NULL, ERR));
  store_set(&l, "m", class_facts, by_m, 1, 1);
  assert_fails(lnti_predictions_read(l.project, old, 2, ignore, NULL, ERR), LNT_ECONFLICT, "while they were read");
  lnti_filter *filter = NULL;
  lnti_selection *selection = NULL;
  assert_ok(lnti_view_filter(&filter, view, "predicted:m=a", ERR));
  lnti_view_lock(view);
  assert_fails(lnti_view_select(&selection, view, filter, NULL, ERR), LNT_ECONFLICT, "ask again");
  lnti_view_unlock(view);
  lnti_filter_free(filter);
  assert_ok(lnti_view_update(view, NULL, ERR));
  found("predicted:m=answered", "1");
  lnti_view_close(view);
  lab_free(&l);
}

/* Damage of any kind is told, and takes no other key away. */
static void test_damaged(void **state) {
  (void)state;
  static const char *const facts[] = {"{}", "[", "{\"target\": 3}", "{\"target\": \"gone\"}"};
  lab l = new_lab();
  const said wild[] = {one(77, 0.9F)}, fine[] = {one(0, 0.9F)};
  for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
    char name[8] = {(char)('p' + i), '\0'};
    store_set(&l, name, facts[i], fine, 1, 1);
  }
  store_set(&l, "fine", class_facts, fine, 1, 1);
  store_set(&l, "wild", class_facts, wild, 1, 1);
  lnti_view *view = new_view(&l);
  found("predicted:fine=a", "1");
  error("predicted:p=a", "there are: class (by wild), class (by fine)");
  lnti_filter *filter = NULL;
  lnti_selection *selection = NULL;
  assert_ok(lnti_view_filter(&filter, view, "predicted:wild=a", ERR));
  lnti_view_lock(view);
  assert_fails(lnti_view_select(&selection, view, filter, NULL, ERR), LNT_ECORRUPT, "damaged");
  lnti_view_unlock(view);
  lnti_filter_free(filter);
  lnti_view_close(view);
  lab_free(&l);
}

/* ---- random sets ---- */

/* What is known of an item, by this test's own books. */
typedef struct plain {
  int class, tree; /* answers: numbers in class_names and tree_names; NOTHING; UNSURE */
  int label[3];    /* 1 yes, 0 no, NOTHING */
  said by_class, by_tree, by_label;
} plain;

typedef struct world {
  lab l;
  plain item[ITEMS];
} world;

static const char *const class_names[] = {"a", "b", "c"};
static const char *const tree_names[] = {"x/y", "x/z", "w", "x"}; /* by their numbers in the set */
static const char *const label_names[] = {"p", "q", "r"};

static float some_p(lnti_rng *rng) {
  return (float)lnti_rng_below(rng, 21) / 20;
}

static void fill(world *w, lnti_rng *rng) {
  said classes[ITEMS] = {0}, trees[ITEMS] = {0}, labels[ITEMS] = {0};
  for (size_t i = 0; i < ITEMS; i++) {
    plain *p = &w->item[i];
    *p = (plain){NOTHING, NOTHING, {NOTHING, NOTHING, NOTHING}, {.n = 0}, {.n = 0}, {.n = 0}};
    int64_t id = (int64_t)i + 1;
    if (lnti_rng_below(rng, 2)) p->class = (int)lnti_rng_below(rng, 3);
    if (lnti_rng_below(rng, 9) == 0) p->class = UNSURE;
    if (p->class != NOTHING) lab_answer(&w->l, id, "class", p->class == UNSURE ? "unsure" : class_names[p->class]);
    if (lnti_rng_below(rng, 2)) p->tree = (int)lnti_rng_below(rng, 4);
    if (p->tree != NOTHING) lab_answer(&w->l, id, "tree", tree_names[p->tree]);
    for (size_t o = 0; o < 3; o++) {
      char word[4] = "-";
      if (lnti_rng_below(rng, 3) == 0) continue;
      p->label[o] = (int)lnti_rng_below(rng, 2);
      snprintf(word, sizeof word, "%s%s", p->label[o] ? "" : "-", label_names[o]);
      lab_answer(&w->l, id, "labels", word);
    }
    if (lnti_rng_below(rng, 4))
      p->by_class = one((int)lnti_rng_below(rng, 3), lnti_rng_below(rng, 6) ? some_p(rng) : NAN);
    if (lnti_rng_below(rng, 4)) p->by_tree = one((int)lnti_rng_below(rng, 5), some_p(rng)); /* 4 is unsure */
    if (lnti_rng_below(rng, 4)) p->by_label = (said){{0, 1}, {some_p(rng), some_p(rng)}, 1 + lnti_rng_below(rng, 2)};
    classes[i] = p->by_class;
    trees[i] = p->by_tree;
    labels[i] = p->by_label;
  }
  store_set(&w->l, "c", class_facts, classes, ITEMS, 1);
  store_set(&w->l, "t", tree_facts, trees, ITEMS, 1);
  store_set(&w->l, "l", label_facts, labels, ITEMS, 1);
}

/* 1 yes, 0 no, NOTHING: nothing was said of the item */
static int label_said(const plain *p, int label) {
  static const float least[] = {0.5F, 0.25F};
  if (p->by_label.n == 0 || label > 1) return NOTHING;
  for (size_t t = 0; t < p->by_label.n; t++) {
    if (p->by_label.class[t] == label) return p->by_label.p[t] >= least[label];
  }
  return 0;
}

static bool disagrees(const plain *p, int question) {
  if (question == 0) return p->by_class.n > 0 && p->class >= 0 && p->by_class.class[0] != p->class;
  if (question == 1) {
    int tree = p->tree, by = p->by_tree.n ? p->by_tree.class[0] : 4;
    bool near = (by == 3 && tree < 2) || (tree == 3 && by < 2); /* x, and one of the two below it */
    return by < 4 && tree != NOTHING && by != tree && !near;
  }
  for (int o = 0; o < 2; o++) {
    int is = label_said(p, o);
    if (is != NOTHING && p->label[o] != NOTHING && is != p->label[o]) return true;
  }
  return false;
}

/* A random term as text, and whether it holds for each item. */
static void say(char *text, size_t room, bool *holds, const world *w, lnti_rng *rng) {
  uint64_t form = lnti_rng_below(rng, 7), which = lnti_rng_below(rng, 3);
  float p = some_p(rng);
  static const char *const keys[] = {"class", "tree", "labels"};
  char number[32];
  snprintf(number, sizeof number, "%.2f", (double)p);
  switch (form) {
    case 0:
      snprintf(text, room, "predicted:class=%s", class_names[which]);
      break;
    case 1:
      snprintf(text, room, "predicted:t=%s", tree_names[which + 1]);
      break;
    case 2:
      snprintf(text, room, "predicted:labels=%s", label_names[which]);
      break;
    case 3:
      snprintf(text, room, "predicted:l.%s=no", label_names[which]);
      break;
    case 4:
      snprintf(text, room, "confidence:class>=%s", number);
      break;
    case 5:
      snprintf(text, room, "confidence:tree<%s", number);
      break;
    default:
      snprintf(text, room, "disagrees:%s=yes", keys[which]);
  }
  for (size_t i = 0; i < ITEMS; i++) {
    const plain *item = &w->item[i];
    int by_tree = item->by_tree.n ? item->by_tree.class[0] : NOTHING;
    bool below_x = which == 2 && (by_tree == 0 || by_tree == 1);
    holds[i] = form == 0   ? item->by_class.n > 0 && item->by_class.class[0] == (int)which
               : form == 1 ? by_tree == (int)which + 1 || below_x
               : form == 2 ? label_said(item, (int)which) == 1
               : form == 3 ? label_said(item, (int)which) == 0
               : form == 4 ? item->by_class.n > 0 && item->by_class.p[0] >= p
               : form == 5 ? item->by_tree.n > 0 && item->by_tree.p[0] < p
                           : disagrees(item, (int)which);
  }
}

static void check_random(lnti_rng *rng, void *payload) {
  (void)payload;
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->l = lab_new();
  lab_ontology(&w->l, json);
  assert_int_equal(lab_items(&w->l, ITEMS), 1);
  fill(w, rng);
  lnti_view *view = new_view(&w->l);
  uint64_t *bits = aligned_alloc(64, 64);
  for (int round = 0; round < 60; round++) {
    char a[64], b[64], text[160];
    bool in_a[ITEMS], in_b[ITEMS], both = lnti_rng_below(rng, 2);
    lnti_filter *filter = NULL;
    say(a, sizeof a, in_a, w, rng);
    say(b, sizeof b, in_b, w, rng);
    snprintf(text, sizeof text, "%s %s not %s", a, both ? "and" : "or", b);
    assert_ok(lnti_filter_parse(&filter, text, lnti_view_names(view), ERR));
    assert_ok(lnti_filter_match(bits, filter, view, ERR));
    for (size_t i = 0; i < ITEMS; i++) {
      bool is = bits[i / 64] >> i % 64 & 1, wanted = both ? in_a[i] && !in_b[i] : in_a[i] || !in_b[i];
      if (is != wanted) fail_msg("%s: item %zu is%s found", text, i + 1, is ? "" : " not");
    }
    lnti_filter_free(filter);
  }
  free(bits);
  lnti_view_close(view);
  lab_free(&w->l);
  free(w);
}

static void test_random(void **state) {
  (void)state;
  lnti_test_property("random predictions", 2, check_random, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_classes),
      cmocka_unit_test(test_several_sets),
      cmocka_unit_test(test_labels),
      cmocka_unit_test(test_trees_and_groups),
      cmocka_unit_test(test_counts_sorts_and_names),
      cmocka_unit_test(test_one_item),
      cmocka_unit_test(test_replaced_meanwhile),
      cmocka_unit_test(test_damaged),
      cmocka_unit_test(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
