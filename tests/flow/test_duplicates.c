/*
 * Duplicates by hand: equal by bytes, by pixels, and through both; near by signatures, as far as a set may reach; what they
 * have that they should not. Then random projects against the plain count over all pairs.
 */
#include <flow/duplicates.h>
#include <flow/ontology_set.h>
#include <math.h>
#include <math/hamming.h>

#include "flow_support.h"

enum { ITEMS_MAX = 64 };

static lab new_lab(void) {
  lab l = lab_new();
  lab_ontology(&l, NULL);
  return l;
}

static int64_t class_id(const lab *l) {
  return l->ontology->questions[lab_question(l, "class")].id;
}

static lnti_duplicates update(const lab *l, int64_t question_id) {
  lnti_duplicates d = {0}, again = {0};
  assert_ok(lnti_duplicates_update(&d, l->project, question_id, ERR));
  assert_ok(lnti_duplicates_read(&again, l->project, question_id, ERR)); /* says the same */
  assert_int_equal(d.copies, again.copies);
  assert_int_equal(d.near, again.near);
  assert_memory_equal(d.sets, again.sets, sizeof d.sets);
  assert_int_equal(d.n_examples, again.n_examples);
  for (size_t i = 0; i < d.n_examples; i++) {
    assert_string_equal(d.examples[i].a, again.examples[i].a);
    assert_string_equal(d.examples[i].b_value, again.examples[i].b_value);
  }
  lnti_duplicates_clear(&again);
  return d;
}

static void expect(const lab *l, int64_t question_id, size_t copies, size_t conflicts, size_t leaks) {
  lnti_duplicates d = update(l, question_id);
  assert_int_equal(d.copies, copies);
  assert_int_equal(d.sets[LNTI_EQUAL_CONFLICT], conflicts);
  assert_int_equal(d.sets[LNTI_EQUAL_LEAK], leaks);
  assert_int_equal(d.near + d.sets[LNTI_NEAR_CONFLICT] + d.sets[LNTI_NEAR_LEAK], 0);
  lnti_duplicates_clear(&d);
}

typedef struct links {
  lnti_duplicate link[ITEMS_MAX];
  size_t n;
} links;

static lnt_status keep_link(void *payload, const lnti_duplicate *link, lnt_error *err) {
  (void)err;
  links *list = payload;
  assert_in_range(list->n, 0, ITEMS_MAX - 1);
  list->link[list->n++] = *link;
  return LNT_OK;
}

static links stored(const lab *l) {
  links list = {.n = 0};
  assert_ok(lnti_store_duplicates(l->project->store, 0, INT64_MAX, keep_link, &list, ERR));
  return list;
}

static void expect_links(const lab *l, const lnti_duplicate *wanted, size_t n) {
  links list = stored(l);
  assert_int_equal(list.n, n);
  for (size_t i = 0; i < n; i++) {
    const lnti_duplicate *got = &list.link[i];
    if (got->item_id == wanted[i].item_id && got->equal_id == wanted[i].equal_id && got->near_id == wanted[i].near_id &&
        got->distance == wanted[i].distance) {
      continue;
    }
    fail_msg("link %zu: %d %d %d %u", i, (int)got->item_id, (int)got->equal_id, (int)got->near_id, got->distance);
  }
}

/* A signature of the first n bits set after `from`. */
static void set_bits(lnti_item_facts *facts, size_t from, size_t n) {
  facts->has_signature = true;
  for (size_t b = from; b < from + n; b++) facts->signature[b / 8] |= (uint8_t)(1u << b % 8);
}

static void set_pixels(lnti_item_facts *facts, uint8_t number) {
  facts->has_pixels = true;
  facts->pixels[5] = number;
}

/* ---- equal ones ---- */

static void test_nothing(void **state) {
  (void)state;
  lab l = new_lab();
  expect(&l, 0, 0, 0, 0);
  expect(&l, class_id(&l), 0, 0, 0);
  lab_item(&l, "a.png", 1, "train");
  expect(&l, class_id(&l), 0, 0, 0);
  expect_links(&l, NULL, 0);
  lab_free(&l);
}

static void test_copies_conflicts_and_leaks(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {
      {NULL, 1, "train", "dog"}, {NULL, 1, "train", "dog"},    {NULL, 1, "train", "dog"}, /* two copies, agreeing */
      {NULL, 2, "train", "dog"}, {NULL, 2, "test", "cat"},                                /* both conflict and leak */
      {NULL, 3, "", "dog"},      {NULL, 3, "val", NULL},                                  /* no split is no side */
      {NULL, 4, "train", "cat"}, {NULL, 4, "train", "unsure"}, /* unsure contradicts nobody */
      {NULL, 5, "test", "dog"},  {NULL, 6, "val", "cat"}};
  lab_rows(&l, rows, sizeof rows / sizeof rows[0]);
  expect(&l, class_id(&l), 5, 1, 1);
  expect(&l, 0, 5, 1, 1);
  expect(&l, l.ontology->questions[lab_question(&l, "class/cat/mood")].id, 5, 0, 1);
  static const lnti_duplicate wanted[] = {{1, 1, 1, 0}, {2, 1, 1, 0}, {3, 1, 1, 0}, {4, 4, 4, 0}, {5, 4, 4, 0},
                                          {6, 6, 6, 0}, {7, 6, 6, 0}, {8, 8, 8, 0}, {9, 8, 8, 0}};
  expect_links(&l, wanted, 9);
  lab_free(&l);
}

/* Two files of the same pixels, and a file that equals one of them by its bytes: one set. Pixels that are not known are
 * equal to none. */
static void test_equal_pixels(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{NULL, 1, "train", "dog"},
                                 {NULL, 2, "test", "cat"},
                                 {NULL, 2, "", NULL},
                                 {NULL, 4, "", NULL},
                                 {NULL, 5, "", NULL}};
  lnti_item_facts facts[5] = {{0}};
  set_pixels(&facts[0], 9);
  set_pixels(&facts[1], 9);
  lab_facts(&l, lab_rows(&l, rows, 5), facts, 5);
  expect(&l, 0, 2, 1, 1);
  static const lnti_duplicate wanted[] = {{1, 1, 1, 0}, {2, 1, 1, 0}, {3, 1, 1, 0}};
  expect_links(&l, wanted, 3);
  lab_free(&l);
}

/* A group is no picture, whatever its content. */
static void test_groups_are_left_out(void **state) {
  (void)state;
  lab l = new_lab();
  int64_t a = lab_item(&l, "a.png", 1, "");
  lnti_item_facts facts = {0};
  int64_t group = lab_group(&l, "group", &a, 1), other = lab_group(&l, "other", &a, 1);
  set_bits(&facts, 0, 1);
  set_pixels(&facts, 1);
  for (int64_t id = a; id <= other; id++) lab_facts(&l, id, &facts, 1);
  assert_int_equal(group, 2);
  expect(&l, 0, 0, 0, 0);
  lab_free(&l);
}

/* ---- near ones ---- */

static void test_near_by_distance(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{NULL, 1, "train", "dog"}, {NULL, 2, "test", "dog"},  {NULL, 3, "", NULL},
                                 {NULL, 2, "train", "cat"}, {NULL, 5, "train", "cat"}, {NULL, 6, "", NULL}};
  lnti_item_facts facts[6] = {{0}};
  set_bits(&facts[0], 0, 0);
  set_bits(&facts[1], 0, LNTI_NEAR_DISTANCE);
  set_bits(&facts[2], 100, LNTI_NEAR_DISTANCE + 1); /* one bit too far */
  set_bits(&facts[3], 0, LNTI_NEAR_DISTANCE);
  set_bits(&facts[4], 1, LNTI_NEAR_DISTANCE); /* 2 bits from the second; the last is not known */
  lab_facts(&l, lab_rows(&l, rows, 6), facts, 6);
  lnti_duplicates d = update(&l, 0);
  assert_int_equal(d.copies, 1);
  assert_int_equal(d.near, 2);
  assert_int_equal(d.sets[LNTI_EQUAL_CONFLICT], 1);
  assert_int_equal(d.sets[LNTI_NEAR_CONFLICT], 1);
  assert_int_equal(d.sets[LNTI_EQUAL_LEAK], 1);
  assert_int_equal(d.sets[LNTI_NEAR_LEAK], 1);
  static const lnti_duplicate wanted[] = {{1, 1, 1, LNTI_NEAR_DISTANCE}, {2, 2, 1, 0}, {4, 2, 1, 0}, {5, 5, 1, 2}};
  expect_links(&l, wanted, 4);
  assert_int_equal(d.n_examples, 4);
  assert_int_equal(d.examples[0].kind, LNTI_EQUAL_CONFLICT);
  assert_non_null(strstr(d.examples[0].a, "/row-1.png"));
  assert_string_equal(d.examples[0].a_value, "dog");
  assert_non_null(strstr(d.examples[0].b, "/row-3.png"));
  assert_string_equal(d.examples[0].b_value, "cat");
  assert_int_equal(d.examples[1].kind, LNTI_NEAR_CONFLICT);
  assert_int_equal(d.examples[1].a_id, 1);
  assert_int_equal(d.examples[1].b_id, 4);
  assert_int_equal(d.examples[3].kind, LNTI_NEAR_LEAK);
  assert_string_equal(d.examples[3].a_value, "train");
  assert_string_equal(d.examples[3].b_value, "test");
  lnti_duplicates_clear(&d);
  lab_free(&l);
}

/* Steps of a distance that is near, away from the first: a set ends where it would reach too far. */
static void test_chains_are_cut(void **state) {
  (void)state;
  enum { STEP = LNTI_NEAR_DISTANCE - 4, N = 9 };
  lab l = new_lab();
  lnti_item_facts facts[N] = {{0}};
  int64_t first = lab_items(&l, N);
  for (size_t i = 0; i < N; i++) set_bits(&facts[i], 0, i * STEP);
  lab_facts(&l, first, facts, N);
  lnti_duplicates d = update(&l, 0);
  links list = stored(&l);
  assert_int_equal(list.n, N);
  size_t n_sets = 0;
  for (size_t i = 0; i < N; i++) {
    n_sets += list.link[i].near_id == list.link[i].item_id;
    assert_int_equal(list.link[i].distance, STEP);
    for (size_t j = 0; j < i; j++) {
      if (list.link[i].near_id != list.link[j].near_id) continue;
      assert_true(lnti_hamming(facts[i].signature, facts[j].signature) <= 2 * LNTI_NEAR_REACH);
    }
  }
  assert_true(n_sets > 1 && n_sets < N / 2);
  assert_int_equal(d.near, N - n_sets);
  lnti_duplicates_clear(&d);
  lab_free(&l);
}

/* An equal set is near by whichever of its items has a signature, under the number of its lowest. */
static void test_signature_of_a_copy(void **state) {
  (void)state;
  lab l = new_lab();
  static const lab_row rows[] = {{NULL, 1, "", NULL}, {NULL, 2, "", NULL}, {NULL, 1, "", NULL}};
  lnti_item_facts facts[3] = {{0}};
  set_bits(&facts[1], 0, 3);
  set_bits(&facts[2], 0, 4);
  lab_facts(&l, lab_rows(&l, rows, 3), facts, 3);
  lnti_duplicates d = update(&l, 0);
  static const lnti_duplicate wanted[] = {{1, 1, 1, 0}, {2, 2, 1, 1}, {3, 1, 1, 0}};
  expect_links(&l, wanted, 3);
  assert_int_equal(d.copies, 1);
  assert_int_equal(d.near, 1);
  lnti_duplicates_clear(&d);
  lab_free(&l);
}

/* ---- labels ---- */

/* What a checklist says of one option contradicts only what is said of that option: yes here, no there. */
static void test_checklists(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l,
               "{\"classifications\": [{\"id\": \"has\", \"type\": \"checklist\", \"options\": "
               "[{\"id\": \"dog\", \"title\": \"A dog\"}, {\"id\": \"cat\"}]}]}");
  static const lab_row rows[] = {{NULL, 1, "", NULL}, {NULL, 1, "", NULL}, {NULL, 2, "", NULL}, {NULL, 2, "", NULL}};
  lab_rows(&l, rows, 4);
  size_t has = lab_question(&l, "has"), dog = lab_option(&l, has, "dog"), cat = lab_option(&l, has, "cat");
  const lnti_annotation said[] = {
      {.item_id = 1, .answer = {has, LNTI_ANSWERED, dog, 1, NULL}, .confidence = (double)NAN},
      {.item_id = 1, .answer = {has, LNTI_ANSWERED, cat, 0, NULL}, .confidence = (double)NAN},
      {.item_id = 2, .answer = {has, LNTI_ANSWERED, dog, 1, NULL}, .confidence = (double)NAN},
      {.item_id = 3, .answer = {has, LNTI_ANSWERED, dog, 1, NULL}, .confidence = (double)NAN},
      {.item_id = 4, .answer = {has, LNTI_ANSWERED, dog, 0, NULL}, .confidence = (double)NAN},
  };
  assert_ok(lab_annotate(&l, said, 5, false, NULL));
  lnti_duplicates d = update(&l, 0);
  assert_int_equal(d.sets[LNTI_EQUAL_CONFLICT], 1);
  assert_string_equal(d.examples[0].a_value, "A dog: yes");
  assert_string_equal(d.examples[0].b_value, "A dog: no");
  lnti_duplicates_clear(&d);
  lab_free(&l);
}

/* Counts follow labels without a new search; a set is counted once, and few examples are given. */
static void test_reading_again(void **state) {
  (void)state;
  lab l = new_lab();
  lab_row rows[20];
  lnti_duplicates d = {0};
  for (size_t i = 0; i < 20; i++) rows[i] = (lab_row){NULL, i / 2, NULL, i % 2 ? "dog" : "bird"};
  lab_rows(&l, rows, 20);
  d = update(&l, 0);
  assert_int_equal(d.sets[LNTI_EQUAL_CONFLICT], 10);
  assert_int_equal(d.n_examples, LNTI_DUPLICATE_EXAMPLES);
  assert_string_equal(d.examples[0].a_value, "A bird");
  lnti_duplicates_clear(&d);
  lab_answer(&l, 1, "class", "dog");
  assert_ok(lnti_duplicates_read(&d, l.project, 0, ERR));
  assert_int_equal(d.copies, 10);
  assert_int_equal(d.sets[LNTI_EQUAL_CONFLICT], 9);
  lnti_messages warnings = {0};
  assert_ok(lnti_duplicates_warn(&warnings, &d, ERR));
  assert_int_equal(warnings.n, 1);
  assert_non_null(strstr(warnings.text[0], "9 sets of identical pictures carry different labels. For example "));
  assert_non_null(strstr(warnings.text[0], "row-2.png (A bird) and "));
  lnti_messages_clear(&warnings);
  lnti_duplicates_clear(&d);
  lab_free(&l);
}

/* ---- random projects ---- */

typedef struct picture {
  size_t content, pixels, centre; /* pixels 0: not known */
  const char *split, *label;
  size_t equal, near; /* lowest of its set */
} picture;

/* Sets by joining until nothing changes. */
static void join_equal_plainly(picture *p, size_t n) {
  for (size_t i = 0; i < n; i++) p[i].equal = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < i; j++) {
        bool same = p[i].content == p[j].content || (p[i].pixels && p[i].pixels == p[j].pixels);
        if (!same || p[i].equal == p[j].equal) continue;
        p[i].equal = p[j].equal = p[i].equal < p[j].equal ? p[i].equal : p[j].equal;
        changed = true;
      }
    }
  }
}

static void join_near_plainly(picture *p, size_t n, const lnti_item_facts *facts) {
  for (size_t i = 0; i < n; i++) p[i].near = p[i].equal;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < i; j++) {
        bool near = facts[i].has_signature && facts[j].has_signature &&
                    lnti_hamming(facts[i].signature, facts[j].signature) <= LNTI_NEAR_DISTANCE;
        if ((!near && p[i].equal != p[j].equal) || p[i].near == p[j].near) continue;
        p[i].near = p[j].near = p[i].near < p[j].near ? p[i].near : p[j].near;
        changed = true;
      }
    }
  }
}

/* Sets with a pair of different labels (or splits), of pictures that are equal, or near and not equal. */
static size_t count_pairs(const picture *p, size_t n, bool near, bool split) {
  bool seen[ITEMS_MAX] = {false};
  size_t found = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) {
      const char *a = split ? p[i].split : p[i].label, *b = split ? p[j].split : p[j].label;
      bool pair = near ? p[i].near == p[j].near && p[i].equal != p[j].equal : p[i].equal == p[j].equal;
      size_t set = near ? p[i].near : p[i].equal;
      if (!pair || !a || !b || strcmp(a, b) == 0 || seen[set]) continue;
      seen[set] = true;
      found++;
    }
  }
  return found;
}

static void check_random(lnti_rng *rng, void *payload) {
  (void)payload;
  static const char *const labels[] = {NULL, "dog", "cat"}, *const splits[] = {NULL, "train", "test"};
  lab l = new_lab();
  picture p[ITEMS_MAX];
  lab_row rows[ITEMS_MAX];
  lnti_item_facts facts[ITEMS_MAX] = {{0}}, centre[12] = {{0}};
  size_t n = 1 + lnti_rng_below(rng, ITEMS_MAX - 1), copies = 0, near = 0;
  for (size_t c = 0; c < 12; c++) {
    for (size_t b = 0; b < LNTI_SIGNATURE_BYTES; b++) centre[c].signature[b] = (uint8_t)lnti_rng_next(rng);
  }
  for (size_t i = 0; i < n; i++) {
    p[i] = (picture){lnti_rng_below(rng, 50),
                     lnti_rng_below(rng, 30),
                     lnti_rng_below(rng, 12),
                     splits[lnti_rng_below(rng, 3)],
                     labels[lnti_rng_below(rng, 3)],
                     0,
                     0};
    rows[i] = (lab_row){NULL, p[i].content, p[i].split, p[i].label};
    if (p[i].pixels) set_pixels(&facts[i], (uint8_t)p[i].pixels);
    facts[i].has_signature = lnti_rng_below(rng, 4) > 0;
    memcpy(facts[i].signature, centre[p[i].centre].signature, LNTI_SIGNATURE_BYTES);
    for (size_t b = lnti_rng_below(rng, LNTI_NEAR_DISTANCE); b > 0; b--) {
      size_t bit = lnti_rng_below(rng, 256);
      facts[i].signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
  }
  join_equal_plainly(p, n);
  for (size_t i = 0; i < n; i++) { /* equal pictures have equal signatures */
    memcpy(facts[i].signature, facts[p[i].equal].signature, LNTI_SIGNATURE_BYTES);
  }
  lab_facts(&l, lab_rows(&l, rows, n), facts, n);
  join_near_plainly(p, n, facts);
  for (size_t i = 0; i < n; i++) {
    copies += p[i].equal != i;
    near += p[i].equal == i && p[i].near != i;
  }
  lnti_duplicates d = update(&l, class_id(&l));
  assert_int_equal(d.copies, copies);
  assert_int_equal(d.near, near);
  for (int kind = 0; kind < LNTI_DUPLICATE_KINDS; kind++) {
    bool is_near = kind == LNTI_NEAR_CONFLICT || kind == LNTI_NEAR_LEAK;
    assert_int_equal(d.sets[kind], count_pairs(p, n, is_near, kind >= LNTI_EQUAL_LEAK));
  }
  links list = stored(&l);
  for (size_t i = 0; i < list.n; i++) {
    size_t item = (size_t)list.link[i].item_id - 1;
    assert_int_equal(list.link[i].equal_id, p[item].equal + 1);
    assert_int_equal(list.link[i].near_id, p[item].near + 1);
  }
  lnti_duplicates_clear(&d);
  lab_free(&l);
}

static void test_random_projects(void **state) {
  (void)state;
  lnti_test_property("duplicates as counted plainly", 15, check_random, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_copies_conflicts_and_leaks),
      cmocka_unit_test(test_equal_pixels),
      cmocka_unit_test(test_groups_are_left_out),
      cmocka_unit_test(test_near_by_distance),
      cmocka_unit_test(test_chains_are_cut),
      cmocka_unit_test(test_signature_of_a_copy),
      cmocka_unit_test(test_checklists),
      cmocka_unit_test(test_reading_again),
      cmocka_unit_test(test_random_projects),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
