/*
 * Leaks in projects that are made to have them, of each kind, and in projects that look alike and have none: names that
 * follow each other and pictures that do not, pictures of one class that are alike.
 */
#include <flow/split/cuts.h>
#include <flow/split/leaks.h>

#include "flow_support.h"

enum { N_MAX = 600 };

typedef struct album {
  lab l;
  lab_row rows[N_MAX];
  char member[N_MAX][48];
  lnti_item_facts facts[N_MAX];
  const char *date[N_MAX];
  char date_text[N_MAX][32];
  size_t n;
  lnti_rng rng;
} album;

static album *new_album(void) {
  album *a = calloc(1, sizeof *a);
  assert_non_null(a);
  lnti_rng_seed(&a->rng, 3, 0);
  return a;
}

static void random_signature(album *a, uint8_t *out) {
  for (size_t i = 0; i < LNTI_SIGNATURE_BYTES; i++) out[i] = (uint8_t)lnti_rng_next(&a->rng);
}

/* Adds an image whose signature is `base` with `flips` bits drawn to be changed. */
static void LNT_PRINTF(5, 6)
    add(album *a, const uint8_t *base, size_t flips, const char *label, const char *format, ...) {
  va_list args;
  size_t i = a->n++;
  assert_in_range(i, 0, N_MAX - 1);
  va_start(args, format);
  vsnprintf(a->member[i], sizeof a->member[i], format, args);
  va_end(args);
  a->rows[i] = (lab_row){a->member[i], 1000 + i, NULL, label};
  a->facts[i].has_signature = true;
  memcpy(a->facts[i].signature, base, LNTI_SIGNATURE_BYTES);
  for (size_t f = 0; f < flips; f++) {
    size_t bit = lnti_rng_below(&a->rng, 256);
    a->facts[i].signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

static void add_random(album *a, const char *label, const char *prefix, size_t number) {
  uint8_t base[LNTI_SIGNATURE_BYTES];
  random_signature(a, base);
  add(a, base, 0, label, "%s%04zu.jpg", prefix, number);
}

static void open_album(album *a) {
  a->l = lab_new();
  lab_ontology(&a->l, NULL);
  int64_t first = lab_rows(&a->l, a->rows, a->n);
  lab_facts(&a->l, first, a->facts, a->n);
  lab_meta(&a->l, first, "date", a->date, a->n);
}

static lnti_leaks look(album *a) {
  lnti_leaks leaks = {0};
  assert_ok(lnti_leaks_update(&leaks, a->l.project, ERR));
  return leaks;
}

static void expect_key(album *a, const char *key) {
  char *got = NULL;
  assert_ok(lnti_leaks_key(&got, a->l.project, ERR));
  if (key) {
    assert_string_equal(got, key);
  } else {
    assert_null(got);
  }
  free(got);
}

static void close_album(album *a) {
  lab_free(&a->l);
  free(a);
}

/* ---- none ---- */

static void test_no_leak(void **state) {
  (void)state;
  static const char *const labels[] = {"cat", "dog"};
  album *a = new_album();
  for (size_t i = 0; i < 400; i++) {
    add_random(a, labels[i % 2], i % 2 ? "dog/IMG_" : "cat/IMG_", i);
  }
  open_album(a);
  lnti_leaks leaks = look(a);
  assert_null(leaks.key);
  assert_true(leaks.leak[LNTI_LEAK_NUMBER].n_triples > 300);
  assert_true(leaks.leak[LNTI_LEAK_NUMBER].nearer > 0.4 && leaks.leak[LNTI_LEAK_NUMBER].nearer < 0.6);
  assert_false(leaks.leak[LNTI_LEAK_NUMBER].found);
  lnti_messages warnings = {0};
  assert_ok(lnti_leaks_warn(&warnings, &leaks, ERR));
  assert_ok(lnti_cuts_look(NULL, NULL, &warnings, a->l.project, ERR));
  assert_int_equal(warnings.n, 0);
  lnti_leaks_clear(&leaks);
  expect_key(a, NULL);
  close_album(a);
}

/* All in one folder, sorted by class, and pictures of one class alike: neighbours are no more alike than others of it. */
static void test_classes_are_no_leak(void **state) {
  (void)state;
  static const char *const labels[] = {"cat", "dog", "fox", "bird"};
  album *a = new_album();
  for (size_t c = 0; c < 4; c++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 100; i++) add(a, base, 60, labels[c], "%05zu.png", c * 100 + i);
  }
  open_album(a);
  lnti_leaks leaks = look(a);
  assert_null(leaks.key);
  lnti_leaks_clear(&leaks);
  close_album(a);
}

/* Too few to say anything. */
static void test_too_few(void **state) {
  (void)state;
  album *a = new_album();
  for (size_t t = 0; t < 5; t++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 6; i++) add(a, base, 5, "cat", "%zu_%zu.png", t, i);
  }
  open_album(a);
  lnti_leaks leaks = look(a);
  assert_int_equal(leaks.leak[LNTI_LEAK_NAME].n_triples, 25);
  assert_null(leaks.key);
  lnti_leaks_clear(&leaks);
  close_album(a);
}

static void test_nothing(void **state) {
  (void)state;
  album *a = new_album();
  open_album(a);
  lnti_leaks leaks = look(a);
  assert_null(leaks.key);
  lnti_leaks_clear(&leaks);
  close_album(a);
}

/* ---- each kind ---- */

static void test_by_name(void **state) {
  (void)state;
  static const char *const labels[] = {"cat", "dog"};
  album *a = new_album();
  for (size_t t = 0; t < 20; t++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 10; i++) add(a, base, 40, labels[t % 2], "%s/%05zu_%05zu.ppm", labels[t % 2], t, 4 * i);
  }
  open_album(a);
  lnti_leaks leaks = look(a), again = look(a);
  const lnti_leak *leak = &leaks.leak[LNTI_LEAK_NAME];
  assert_true(leak->found);
  assert_int_equal(leak->n_triples, 180);
  assert_true(leak->nearer > 0.95 && leak->closest > 0.5);
  assert_int_equal(leak->n_sets, 20);
  assert_int_equal(leak->n_items, 200);
  assert_string_equal(leaks.key, "sequence:name");
  assert_int_equal(leak->a_id, again.leak[LNTI_LEAK_NAME].a_id); /* drawn alike */
  assert_true(leak->nearer == again.leak[LNTI_LEAK_NAME].nearer);
  lnti_messages warnings = {0};
  assert_ok(lnti_leaks_warn(&warnings, &leaks, ERR));
  assert_int_equal(warnings.n, 1);
  assert_non_null(strstr(warnings.text[0], "differ in their last number alone"));
  assert_non_null(strstr(warnings.text[0], leak->a));
  assert_non_null(strstr(warnings.text[0], "linnet split --by group"));
  lnti_messages_clear(&warnings);
  lnti_leaks_clear(&again);
  lnti_leaks_clear(&leaks);
  expect_key(a, "sequence:name");
  close_album(a);
}

/* One long name, the scene changes now and then. */
static void test_by_number(void **state) {
  (void)state;
  album *a = new_album();
  for (size_t scene = 0; scene < 30; scene++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 10; i++) add(a, base, 30, "cat", "frame%05zu.jpg", scene * 10 + i);
  }
  open_album(a);
  lnti_leaks leaks = look(a);
  const lnti_leak *leak = &leaks.leak[LNTI_LEAK_NUMBER];
  assert_true(leak->found);
  assert_true(leak->within > 40 && leak->within < 110);
  assert_in_range(leak->n_sets, 25, 30);
  assert_int_equal(strncmp(leaks.key, "sequence:alike=", 15), 0);
  lnti_leaks_clear(&leaks);
  close_album(a);
}

/* A part of the images alone: seen by those that are nearer than nearly all others. */
static void test_a_part(void **state) {
  (void)state;
  album *a = new_album();
  for (size_t i = 0; i < 300; i++) add_random(a, "cat", "photo_", i);
  for (size_t t = 0; t < 10; t++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 10; i++) add(a, base, 20, "cat", "clip%zu_%zu.jpg", t, i);
  }
  open_album(a);
  lnti_leaks leaks = look(a);
  assert_true(leaks.leak[LNTI_LEAK_NAME].found);
  assert_true(leaks.leak[LNTI_LEAK_NAME].closest >= 0.1);
  assert_true(leaks.leak[LNTI_LEAK_NAME].nearer < 0.7);
  lnti_leaks_clear(&leaks);
  close_album(a);
}

static void test_by_folder(void **state) {
  (void)state;
  static const char *const labels[] = {"cat", "dog"};
  album *a = new_album();
  for (size_t site = 0; site < 12; site++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 20; i++) add(a, base, 40, labels[i % 2], "site%zu/%c%c.jpg", site, 'a' + (int)i, 'q');
  }
  open_album(a);
  lnti_leaks leaks = look(a);
  assert_true(leaks.leak[LNTI_LEAK_FOLDER].found);
  assert_string_equal(leaks.key, "folder");
  lnti_leaks_clear(&leaks);
  close_album(a);
}

static void test_by_time(void **state) {
  (void)state;
  album *a = new_album();
  for (size_t burst = 0; burst < 40; burst++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 4; i++) {
      snprintf(a->date_text[a->n], sizeof a->date_text[0], "2020-01-%02zuT%02zu:00:%02zu", 1 + burst / 20, burst % 20,
               3 * i);
      a->date[a->n] = a->date_text[a->n];
      add(a, base, 30, "cat", "%c%c%c.jpg", 'a' + (int)(a->n % 26), 'a' + (int)(a->n / 26), 'x');
    }
  }
  open_album(a);
  lnti_leaks leaks = look(a);
  assert_true(leaks.leak[LNTI_LEAK_TIME].found);
  assert_int_equal(leaks.leak[LNTI_LEAK_TIME].n_sets, 40);
  assert_string_equal(leaks.key, "time:10");
  lnti_leaks_clear(&leaks);
  close_album(a);
}

/* What is said of near duplicates is what a split does with them (split.md): they stay together, but for large sets. */
static void test_words_for_near_duplicates(void **state) {
  (void)state;
  lnti_leaks leaks = {.near = true, .n_near = 30, .n = 200};
  lnti_messages warnings = {0};
  assert_ok(lnti_leaks_warn(&warnings, &leaks, ERR));
  assert_non_null(
      strstr(warnings.text[0], "30 images (15 %) are nearly equal to others: linnet split keeps such images together"));
  leaks.largest = 20;
  assert_ok(lnti_leaks_warn(&warnings, &leaks, ERR));
  assert_null(strstr(warnings.text[1], "too large"));
  lnti_messages_clear(&warnings);
  assert_ok(lnti_leaks_warn(&warnings, &leaks, ERR));
  leaks.largest = 21;
  assert_ok(lnti_leaks_warn(&warnings, &leaks, ERR));
  assert_non_null(strstr(warnings.text[1], "but for a set of 21, which is too large to lie on one side"));
  assert_non_null(strstr(warnings.text[1], "linnet split --group near"));
  lnti_messages_clear(&warnings);
}

/* ---- cuts ---- */

static void test_cuts(void **state) {
  (void)state;
  album *a = new_album();
  for (size_t t = 0; t < 10; t++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 10; i++) add(a, base, 40, "cat", "%zu_%zu.ppm", t, i);
  }
  for (size_t i = 0; i < 50; i++) a->rows[i].split = i < 25 ? "train" : "test"; /* the third track is cut */
  a->rows[95].split = "val";                                                    /* beside others in none: no cut */
  open_album(a);
  lnti_messages warnings = {0};
  assert_ok(lnti_cuts_look(NULL, NULL, &warnings, a->l.project, ERR)); /* looks, since nobody has */
  assert_int_equal(warnings.n, 1);
  assert_non_null(strstr(warnings.text[0], "1 of 10 sets"));
  assert_non_null(strstr(warnings.text[0], "2_0.ppm and "));
  assert_non_null(strstr(warnings.text[0], "2_5.ppm:"));
  lnti_messages_clear(&warnings);
  close_album(a);
}

/* A set that comes as one split is not divided yet: it is warned as before any split, and of cuts once there are two. */
static void test_one_split_is_no_division(void **state) {
  (void)state;
  album *a = new_album();
  for (size_t t = 0; t < 30; t++) {
    uint8_t base[LNTI_SIGNATURE_BYTES];
    random_signature(a, base);
    for (size_t i = 0; i < 10; i++) add(a, base, 40, "cat", "%zu_%zu.ppm", t, i);
  }
  for (size_t i = 0; i < 300; i++) a->rows[i].split = "train";
  open_album(a);
  lnti_messages warnings = {0};
  assert_ok(lnti_leaks_report(&warnings, a->l.project, ERR));
  assert_true(warnings.n > 0);
  assert_non_null(strstr(warnings.text[0], "A random split would put such images into train and into test"));
  lnti_messages_clear(&warnings);
  close_album(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_leak),
      cmocka_unit_test(test_classes_are_no_leak),
      cmocka_unit_test(test_too_few),
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_by_name),
      cmocka_unit_test(test_by_number),
      cmocka_unit_test(test_a_part),
      cmocka_unit_test(test_by_folder),
      cmocka_unit_test(test_by_time),
      cmocka_unit_test(test_cuts),
      cmocka_unit_test(test_words_for_near_duplicates),
      cmocka_unit_test(test_one_split_is_no_division),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
