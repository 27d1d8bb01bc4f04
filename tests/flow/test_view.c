/*
 * Views: what they know after building, after a snapshot, after catching up; broken, foreign and old snapshots; readers beside an
 * update; orders, pages and counts on rows that are small enough to be counted by hand, and on many.
 */
#include <fcntl.h>
#include <flow/duplicates.h>
#include <flow/view/parts.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_support.h"
#include "synthetic.h"

static const lnti_view_options always = {.snapshot_rows = 1};

/* ---- fixtures ---- */

static lab synthetic_lab(size_t n_items, uint64_t seed) {
  lab l = lab_new();
  lnti_synthetic options = LNTI_SYNTHETIC_INIT;
  options.n_items = n_items;
  options.seed = seed;
  assert_ok(lnti_synthetic_fill(l.project, &options, ERR));
  assert_ok(lnti_store_ontology(&l.ontology, l.project->store, ERR));
  return l;
}

static lnti_view *open_view(const lab *l, const lnti_view_options *options, lnti_view_news *news) {
  lnti_view *view = NULL;
  assert_ok(lnti_view_open(&view, l->project, options, news, ERR));
  return view;
}

static size_t count_found(lnti_view *view, const char *text) {
  lnti_filter *filter = NULL;
  lnti_selection *selection = NULL;
  assert_ok(lnti_filter_parse(&filter, text, lnti_view_names(view), ERR));
  assert_ok(lnti_view_select(&selection, view, filter, NULL, ERR));
  size_t n = lnti_selection_count(selection);
  lnti_selection_free(selection);
  lnti_filter_free(filter);
  return n;
}

/* Two views of the same rows: every number, text, answer and link. */
static void assert_same(lnti_view *a, lnti_view *b) {
  lnti_text x = {0}, y = {0};
  lnti_link_counts p_links, q_links;
  assert_int_equal(lnti_view_count(a), lnti_view_count(b));
  assert_ok(lnti_view_link_counts(&p_links, a, ERR));
  assert_ok(lnti_view_link_counts(&q_links, b, ERR));
  assert_memory_equal(&p_links, &q_links, sizeof p_links);
  assert_int_equal(count_found(a, "labelled=yes"), count_found(b, "labelled=yes"));
  assert_int_equal(a->names.n_meta, b->names.n_meta);
  for (size_t row = 0; row < lnti_view_count(a); row++) {
    assert_int_equal(lnti_view_id(a, row), lnti_view_id(b, row));
    x.length = y.length = 0;
    assert_ok(lnti_view_uri(&x, a, row, ERR));
    assert_ok(lnti_view_uri(&y, b, row, ERR));
    assert_string_equal(x.data, y.data);
    for (size_t i = 0; i < LNTI_NUMBERS; i++) {
      double p = lnti_column_real(&a->rows.numbers[i], row), q = lnti_column_real(&b->rows.numbers[i], row);
      if (!(p == q || (isnan(p) && isnan(q)))) fail_msg("row %zu, number %zu: %g and %g", row, i, p, q);
    }
    for (size_t i = 0; i < LNTI_WORD_COLUMNS; i++) {
      const lnti_words *p = &a->rows.words[i], *q = &b->rows.words[i];
      assert_string_equal(lnti_words_text(p, lnti_column_code(&p->codes, row)),
                          lnti_words_text(q, lnti_column_code(&q->codes, row)));
    }
    for (size_t i = 0; i < a->names.n_meta; i++) {
      const lnti_words *p = lnti_rows_meta(&a->rows, a->meta_ids[i]), *q = lnti_rows_meta(&b->rows, b->meta_ids[i]);
      assert_string_equal(p ? lnti_words_text(p, lnti_column_code(&p->codes, row)) : "",
                          q ? lnti_words_text(q, lnti_column_code(&q->codes, row)) : "");
    }
    for (size_t i = 0; i < a->ontology->n_questions; i++) {
      const lnti_field field = {LNTI_FIELD_QUESTION, i, LNTI_NONE};
      const lnti_question_rows *p = lnti_rows_question(&a->rows, a->ontology->questions[i].id),
                               *q = lnti_rows_question(&b->rows, b->ontology->questions[i].id);
      lnti_code_meaning m = lnti_view_code(a, &field, p ? lnti_column_code(&p->codes, row) : 0),
                        n = lnti_view_code(b, &field, q ? lnti_column_code(&q->codes, row) : 0);
      assert_string_equal(m.text, n.text);
      assert_int_equal(m.option, n.option);
    }
  }
  lnti_text_clear(&x);
  lnti_text_clear(&y);
}

/* What a view that was caught up knows is what one knows that is built now. */
static void assert_current(const lab *l, lnti_view *view) {
  const lnti_view_options none = {.no_snapshot = true};
  lnti_view *fresh = open_view(l, &none, NULL);
  assert_same(view, fresh);
  lnti_view_close(fresh);
}

/* ---- building and snapshots ---- */

static void test_nothing_there(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_view_news news;
  lnti_view *view = open_view(&l, &always, &news);
  assert_true(news.built);
  assert_false(news.snapshot_written);
  assert_int_equal(lnti_view_count(view), 0);
  assert_int_equal(count_found(view, ""), 0);
  assert_int_equal(count_found(view, "not (split=train or width>3 or path=*x*)"), 0);
  assert_int_equal(lnti_view_row(view, 1), LNTI_NONE);
  assert_int_equal(lnti_view_row_after(view, 0), 0);
  lab_ontology(&l, NULL);
  assert_int_equal(lab_item(&l, "a.png", 1, "train"), 1);
  assert_ok(lnti_view_update(view, &news, ERR));
  assert_false(news.built);
  assert_int_equal(news.n_items, 1);
  assert_int_equal(count_found(view, "split=train and class=unanswered"), 1);
  lnti_view_close(view);
  lnti_view_close(NULL);
  lab_free(&l);
}

static void test_snapshot(void **state) {
  (void)state;
  lab l = synthetic_lab(10000, 1);
  lnti_view_news news;
  lnti_view *built = open_view(&l, &always, &news);
  assert_true(news.built && news.snapshot_written);
  assert_int_equal(news.n_items, 10000);
  lnti_view *mapped = open_view(&l, &always, &news);
  assert_false(news.built || news.snapshot_written);
  assert_int_equal(news.n_items, 0);
  assert_int_equal(news.n_answers, 0);
  assert_non_null(mapped->map);
  assert_same(built, mapped);
  assert_current(&l, mapped);
  assert_int_equal(count_found(mapped, "patient=patient-00000"), count_found(built, "patient=patient-00000"));
  assert_in_range(lnti_view_bytes(mapped), 400000, 3000000);
  lnti_view_close(mapped);
  lnti_view_close(built);
  lab_free(&l);
}

static lnt_status move_items(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  int64_t key = 0;
  lnt_status status = lnti_tx_meta_key(tx, &key, "a new key", err);
  for (int64_t id = 10; id < 20 && !status; id++) {
    status = lnti_tx_item_split(tx, id, "elsewhere", err);
    if (!status) status = lnti_tx_meta(tx, id, key, id % 2 ? "odd" : "even", err);
  }
  return status;
}

static lnt_status forget_links(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  static const lnti_duplicate links[] = {{7, 7, 7, 0}, {9, 7, 7, 0}};
  return lnti_tx_duplicates(tx, links, 2, err);
}

static void change_project(lab *l) {
  assert_ok(lnti_store_write(l->project->store, move_items, NULL, ERR));
  assert_ok(lnti_store_write(l->project->store, forget_links, NULL, ERR));
  lab_answer(l, 5, "class", "class7");
  lab_answer(l, 5, "class", "clear");
  lab_answer(l, 6, "class", "unsure");
  lab_answer(l, 6, "severity", "3.5");
  lab_item(l, "new.png", 99, "late");
}

static void test_catching_up(void **state) {
  (void)state;
  lab l = synthetic_lab(3000, 2);
  lnti_view_news news;
  lnti_view *old = open_view(&l, &always, &news);
  uint64_t generation = lnti_view_generation(old);
  change_project(&l);
  assert_ok(lnti_view_update(old, &news, ERR));
  assert_false(news.built);
  assert_in_range(news.n_items, 11, 200); /* not all of them */
  assert_int_equal(news.n_answers, 4);
  assert_true(lnti_view_generation(old) > generation);
  generation = lnti_view_generation(old);
  assert_ok(lnti_view_update(old, &news, ERR));
  assert_int_equal(lnti_view_generation(old), generation);
  lnti_view *mapped = open_view(&l, &always, &news); /* from the snapshot of before */
  assert_false(news.built);
  assert_same(old, mapped);
  assert_current(&l, mapped);
  assert_int_equal(count_found(mapped, "split=elsewhere and \"a new key\"=odd"), 5);
  assert_int_equal(count_found(mapped, "duplicate=equal"), 2);
  assert_int_equal(count_found(mapped, "duplicate!=none"), 2);
  assert_int_equal(count_found(mapped, "id=6 and class=unsure and severity=3.5"), 1);
  assert_int_equal(count_found(mapped, "id=5 and class=unanswered"), 1);
  assert_int_equal(count_found(mapped, "split=late and path=*new.png"), 1);
  lnti_view_close(mapped);
  lnti_view_close(old);
  lab_free(&l);
}

static void test_much_has_changed(void **state) {
  (void)state;
  lab l = synthetic_lab(2000, 3);
  lnti_view_news news;
  lnti_view *view = open_view(&l, &always, &news);
  for (int round = 0; round < 4; round++) { /* 8,000 answers: above what a snapshot may be behind */
    lnti_annotation *all = calloc(2000, sizeof *all);
    assert_non_null(all);
    for (int64_t i = 0; i < 2000; i++) all[i] = lab_annotation(&l, i + 1, "class", round % 2 ? "class1" : "class2");
    assert_ok(lab_annotate(&l, all, 2000, false, NULL));
    free(all);
  }
  assert_ok(lnti_view_update(view, &news, ERR));
  assert_false(news.built);
  assert_int_equal(news.n_answers, 8000);
  assert_true(news.snapshot_written);
  assert_int_equal(count_found(view, "class=class1"), 2000);
  lnti_view *mapped = open_view(&l, &always, &news);
  assert_int_equal(news.n_answers, 0);
  assert_current(&l, mapped);
  lnti_view_close(mapped);
  lnti_view_close(view);
  lab_free(&l);
}

static void test_columns_grow_out_of_the_snapshot(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  lab_items(&l, 100);
  lnti_view_close(open_view(&l, &always, NULL));
  lnti_view_news news;
  for (int i = 0; i < 300; i++) { /* more splits than a byte has codes, more rows than there is room */
    char member[32], split[32];
    snprintf(member, sizeof member, "late %d.png", i);
    snprintf(split, sizeof split, "split %d", i);
    int64_t id = lab_item(&l, member, 5000 + (uint64_t)i, split);
    if (i % 3 == 0) lab_answer(&l, id, "class", i % 2 ? "cat" : "dog");
  }
  lnti_view *view = open_view(&l, &always, &news);
  assert_false(news.built);
  assert_int_equal(news.n_items, 300);
  assert_int_equal(count_found(view, "split=\"split 299\""), 1);
  assert_int_equal(count_found(view, "class=dog"), 50);
  assert_current(&l, view);
  lnti_view_close(view);
  lab_free(&l);
}

/* ---- any change at all ---- */

enum { EDITS = 15, EDIT_ITEMS = 60 };

typedef struct editing {
  lab *l;
  lnti_rng *rng;
  int64_t n_items, group;
  int step;
} editing;

static int64_t any_item(const editing *e) {
  return 1 + (int64_t)lnti_rng_below(e->rng, (uint64_t)e->n_items);
}

/* Splits, stages, facts, groups and metadata of a few items. */
static lnt_status edit_items(void *payload, lnti_tx *tx, lnt_error *err) {
  static const char *const words[] = {"train", "val", "test", "", "another"};
  static const char *const stages[] = {"annotate", "review", "done"};
  editing *e = payload;
  char key[16], value[16];
  int64_t key_id = 0;
  snprintf(key, sizeof key, "key %d", (int)lnti_rng_below(e->rng, 5));
  lnt_status status = lnti_tx_meta_key(tx, &key_id, key, err);
  for (uint64_t n = 1 + lnti_rng_below(e->rng, 8); n > 0 && !status; n--) {
    int64_t id = any_item(e), last = id + (int64_t)lnti_rng_below(e->rng, 3);
    const lnti_item_facts facts = {.has_quality = true, .sharpness = lnti_rng_unit(e->rng)};
    snprintf(value, sizeof value, "%d", (int)lnti_rng_below(e->rng, 400));
    switch (lnti_rng_below(e->rng, 5)) {
      case 0:
        status = lnti_tx_item_split(tx, id, words[lnti_rng_below(e->rng, 5)], err);
        break;
      case 1:
        status = lnti_tx_item_stages(tx, id, last, stages[lnti_rng_below(e->rng, 3)], err);
        break;
      case 2:
        status = lnti_tx_item_facts(tx, id, &facts, err);
        break;
      case 3:
        if (id != e->group) status = lnti_tx_item_group(tx, id, lnti_rng_below(e->rng, 2) ? e->group : 0, err);
        break;
      default:
        status = lnti_tx_meta(tx, id, key_id, lnti_rng_below(e->rng, 4) ? value : "", err);
    }
  }
  return status;
}

static lnt_status edit_links(void *payload, lnti_tx *tx, lnt_error *err) {
  editing *e = payload;
  lnti_duplicate links[2 * EDIT_ITEMS];
  size_t n = 0;
  for (int64_t id = 1; id + 1 <= e->n_items && n + 2 <= 2 * EDIT_ITEMS; id += 2 + (int64_t)lnti_rng_below(e->rng, 5)) {
    int64_t equal = lnti_rng_below(e->rng, 2) ? id : id + 1;
    links[n++] = (lnti_duplicate){id, id, id, 0};
    links[n++] = (lnti_duplicate){id + 1, equal, id, (uint32_t)lnti_rng_below(e->rng, 9)};
  }
  return lnti_tx_duplicates(tx, links, n, err);
}

static lnt_status move_source(void *payload, lnti_tx *tx, lnt_error *err) {
  editing *e = payload;
  char path[32];
  snprintf(path, sizeof path, "/moved/%d", e->step);
  return lnti_tx_source_move(tx, e->l->source_id, path, err);
}

static void add_some(editing *e) {
  for (uint64_t n = 1 + lnti_rng_below(e->rng, 4); n > 0; n--) {
    char member[32];
    snprintf(member, sizeof member, "late/%lld.png", (long long)e->n_items);
    e->n_items = lab_item(e->l, member, 7000 + (uint64_t)e->n_items, lnti_rng_below(e->rng, 2) ? "train" : "");
  }
}

static void answer_one(const editing *e) {
  static const char *const given[][6] = {{"bird", "cat", "unsure", "none", "clear", "dog"},
                                         {"0.5", "1", "unsure", "clear", "0", "0.25"}};
  uint64_t q = lnti_rng_below(e->rng, 2);
  lab_answer(e->l, any_item(e), q ? "quality" : "class", given[q][lnti_rng_below(e->rng, 6)]);
}

static void edit(editing *e) {
  lnti_store *store = e->l->project->store;
  switch (lnti_rng_below(e->rng, 6)) {
    case 0:
      add_some(e);
      break;
    case 1:
      assert_ok(lnti_store_write(store, edit_links, e, ERR));
      break;
    case 2:
      assert_ok(lnti_store_write(store, move_source, e, ERR));
      break;
    case 3:
      answer_one(e);
      break;
    default:
      assert_ok(lnti_store_write(store, edit_items, e, ERR));
  }
}

/* A view that was kept, and one that was closed and comes back from its snapshot, know what one knows that is built now. */
static void check_edits(lnti_rng *rng, void *payload) {
  (void)payload;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  lab_items(&l, EDIT_ITEMS);
  const int64_t members[] = {3, 4};
  editing e = {.l = &l, .rng = rng, .group = lab_group(&l, "group", members, 2)};
  e.n_items = e.group;
  lnti_view *kept = open_view(&l, &always, NULL);
  lnti_view_news news;
  for (e.step = 0; e.step < EDITS; e.step++) {
    edit(&e);
    if (lnti_rng_below(rng, 3)) continue;
    assert_ok(lnti_view_update(kept, &news, ERR));
    assert_current(&l, kept);
  }
  assert_ok(lnti_view_update(kept, NULL, ERR));
  lnti_view *mapped = open_view(&l, &always, NULL);
  assert_same(kept, mapped);
  assert_current(&l, mapped);
  lnti_view_close(mapped);
  lnti_view_close(kept);
  lab_free(&l);
}

static void test_random_edits(void **state) {
  (void)state;
  lnti_test_property("edits of a view", 4, check_edits, NULL);
}

/* ---- snapshots that are none ---- */

static void damage(const lab *l, off_t at, bool cut) {
  char path[512];
  snprintf(path, sizeof path, "%s/cache/view/snapshot", l->path);
  int fd = open(path, O_RDWR);
  struct stat info;
  assert_true(fd >= 0 && fstat(fd, &info) == 0);
  if (at < 0) at += info.st_size;
  if (cut) {
    assert_int_equal(ftruncate(fd, at), 0);
  } else {
    char byte = 0;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte = (char)(byte ^ 0x41);
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  }
  close(fd);
}

static void check_rebuilt(const lab *l) {
  lnti_view_news news;
  lnti_view *view = open_view(l, &always, &news);
  assert_true(news.built && news.snapshot_written);
  assert_current(l, view);
  lnti_view_close(view);
}

static void test_broken_snapshots(void **state) {
  (void)state;
  lab l = synthetic_lab(200, 4);
  struct stat info;
  char path[512];
  lnti_view_close(open_view(&l, &always, NULL));
  snprintf(path, sizeof path, "%s/cache/view/snapshot", l.path);
  assert_int_equal(stat(path, &info), 0);
  static const off_t bytes[] = {0, 9, 13, 17, 25, 33, 41, 100, 120, 150, 4000};
  for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
    damage(&l, bytes[i], false);
    check_rebuilt(&l);
  }
  static const off_t cuts[] = {0, 1, 50, 111, 112, 500, -1};
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    damage(&l, cuts[i], true);
    check_rebuilt(&l);
  }
  assert_int_equal(unlink(path), 0);
  check_rebuilt(&l);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(mkdir(path, 0755), 0); /* cannot be written either: no failure */
  lnti_view_news news;
  lnti_view *view = open_view(&l, &always, &news);
  assert_true(news.built);
  assert_false(news.snapshot_written);
  lnti_view_close(view);
  lab_free(&l);
}

static void test_every_section_is_checked(void **state) {
  (void)state;
  lab l = synthetic_lab(70, 5);
  struct stat info;
  char path[512];
  snprintf(path, sizeof path, "%s/cache/view/snapshot", l.path);
  lnti_view_close(open_view(&l, &always, NULL));
  size_t n = 0;
  char *whole = lnti_test_read_file(&n, path);
  assert_int_equal(stat(path, &info), 0);
  size_t rebuilt = 0, tried = 0;
  for (size_t at = 0; at < n; at += 61) { /* padding between sections may differ */
    lnti_view_news news;
    damage(&l, (off_t)at, false);
    lnti_view *view = open_view(&l, &always, &news);
    tried++;
    rebuilt += news.built;
    if (at % 7 == 0) assert_current(&l, view);
    lnti_view_close(view);
    lnti_test_write_file(path, whole, n);
  }
  assert_in_range(rebuilt, tried * 6 / 10, tried);
  free(whole);
  lab_free(&l);
}

static void test_snapshots_of_other_projects(void **state) {
  (void)state;
  lab a = synthetic_lab(100, 6), b = synthetic_lab(100, 7);
  char from[512], to[512];
  size_t n = 0;
  lnti_view_close(open_view(&a, &always, NULL));
  lnti_view_close(open_view(&b, &always, NULL));
  snprintf(from, sizeof from, "%s/cache/view/snapshot", a.path);
  snprintf(to, sizeof to, "%s/cache/view/snapshot", b.path);
  char *data = lnti_test_read_file(&n, from);
  lnti_test_write_file(to, data, n);
  free(data);
  check_rebuilt(&b);
  lab_free(&a);
  lab_free(&b);
}

/* A database restored from a backup is behind its snapshot. */
static void test_snapshot_of_the_future(void **state) {
  (void)state;
  lab l = synthetic_lab(100, 8);
  char path[512], snapshot[512];
  size_t n = 0, n_snapshot = 0;
  snprintf(path, sizeof path, "%s/linnet.db", l.path);
  snprintf(snapshot, sizeof snapshot, "%s/cache/view/snapshot", l.path);
  lab_reopen(&l); /* the log is in the file now */
  char *before = lnti_test_read_file(&n, path);
  lab_answer(&l, 3, "class", "class4");
  lnti_view_close(open_view(&l, &always, NULL));
  char *kept = lnti_test_read_file(&n_snapshot, snapshot);
  lnti_project_close(l.project);
  l.project = NULL;
  lnti_test_write_file(path, before, n);
  lab_reopen(&l);
  lab_answer(&l, 4, "class", "class5"); /* as many rows of the log as before, but others */
  lnti_test_write_file(snapshot, kept, n_snapshot);
  check_rebuilt(&l);
  free(kept);
  free(before);
  lab_free(&l);
}

/* ---- threads ---- */

typedef struct reader {
  lnti_view *view;
  _Atomic bool *stop;
  size_t n;
} reader;

static void *read_on(void *payload) {
  reader *r = payload;
  while (!*r->stop || r->n < 20) {
    lnti_selection *selection = NULL;
    lnti_filter *filter = NULL;
    lnti_facet facet = {.field = {LNTI_FIELD_SPLIT, 0, LNTI_NONE}};
    const lnti_sort sort = {{LNTI_FIELD_WIDTH, 0, LNTI_NONE}, r->n % 2};
    uint32_t rows[50];
    lnti_view_lock(r->view);
    if (lnti_filter_parse(&filter, "class=class1 or split=train", lnti_view_names(r->view), NULL)) abort();
    if (lnti_view_select(&selection, r->view, filter, &sort, NULL)) abort();
    size_t n = lnti_selection_page(rows, selection, 10, 50);
    for (size_t i = 1; i < n; i++) {
      double a = lnti_view_number(r->view, &sort.field, rows[i - 1]),
             b = lnti_view_number(r->view, &sort.field, rows[i]);
      if (sort.descending ? a < b : a > b) abort();
    }
    if (lnti_view_facets(&facet, 1, r->view, filter, true, NULL)) abort();
    size_t total = 0;
    for (size_t c = 0; c < facet.n_codes; c++) total += facet.counts[c];
    if (total != lnti_selection_count(selection)) abort();
    lnti_view_unlock(r->view);
    lnti_facet_clear(&facet);
    lnti_selection_free(selection);
    lnti_filter_free(filter);
    r->n++;
  }
  return NULL;
}

static void test_readers_beside_updates(void **state) {
  (void)state;
  lab l = synthetic_lab(2000, 9);
  lnti_view *view = open_view(&l, NULL, NULL);
  _Atomic bool stop = false;
  pthread_t thread[2];
  reader readers[2] = {{view, &stop, 0}, {view, &stop, 0}};
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&thread[i], NULL, read_on, &readers[i]), 0);
  for (int i = 0; i < 30; i++) {
    char member[32];
    snprintf(member, sizeof member, "%d.png", i);
    int64_t id = lab_item(&l, member, 100 + (uint64_t)i, "train");
    lab_answer(&l, id, "class", "class1");
    assert_ok(lnti_view_update(view, NULL, ERR));
  }
  stop = true;
  for (int i = 0; i < 2; i++) {
    pthread_join(thread[i], NULL);
    assert_true(readers[i].n >= 20);
  }
  assert_current(&l, view);
  lnti_view_close(view);
  lab_free(&l);
}

/* ---- orders, pages, counts ---- */

/* The ids of all items in an order, as digits. */
static void check_order(lnti_view *view, const char *sort_text, const char *wanted, int line) {
  lnti_sort sort;
  lnti_selection *selection = NULL;
  uint32_t rows[16];
  char found[17] = "";
  assert_ok(lnti_sort_parse(&sort, lnti_view_names(view), sort_text, ERR));
  assert_ok(lnti_view_select(&selection, view, NULL, &sort, ERR));
  size_t n = lnti_selection_page(rows, selection, 0, 16);
  for (size_t i = 0; i < n; i++) found[i] = (char)('0' + lnti_view_id(view, rows[i]));
  if (strcmp(found, wanted) != 0) fail_msg("line %d: %s gives %s where %s is right", line, sort_text, found, wanted);
  lnti_selection_free(selection);
}

#define order(text, wanted) check_order(view, text, wanted, __LINE__)

static lnt_status write_order_meta(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  static const char *const iso[] = {"100", "50", NULL, "1e3", "50"};
  static const char *const site[] = {"b10", "b9", "a", NULL, "b010"};
  int64_t keys[2];
  lnt_status status = lnti_tx_meta_key(tx, &keys[0], "iso", err);
  if (!status) status = lnti_tx_meta_key(tx, &keys[1], "site", err);
  for (int64_t i = 0; i < 5 && !status; i++) {
    if (iso[i]) status = lnti_tx_meta(tx, i + 1, keys[0], iso[i], err);
    if (site[i] && !status) status = lnti_tx_meta(tx, i + 1, keys[1], site[i], err);
  }
  return status;
}

static void test_orders(void **state) {
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, NULL);
  lab_item(&l, "img10.png", 1, "train"); /* 1 */
  lab_item(&l, "img9.png", 2, "val");    /* 2 */
  lab_item(&l, "b/img1.png", 3, "");     /* 3 */
  lab_item(&l, "IMG2.png", 4, "train");  /* 4 */
  lab_item(&l, "img09.png", 5, "test");  /* 5 */
  lab_answer(&l, 1, "quality", "3");
  lab_answer(&l, 4, "quality", "-0");
  lab_answer(&l, 5, "quality", "7.5");
  lab_answer(&l, 2, "class", "dog");
  lab_answer(&l, 3, "class", "bird");
  lab_answer(&l, 4, "class", "unsure");
  assert_ok(lnti_store_write(l.project->store, write_order_meta, NULL, ERR));
  lnti_view *view = open_view(&l, NULL, NULL);
  order("id", "12345");
  order("id:desc", "54321");
  order("path", "43521"); /* capitals first; 9 before 10, and 09 before 9 */
  order("path:desc", "12534");
  order("split", "51423"); /* none comes last */
  order("split:desc", "21453");
  order("iso", "25143"); /* as numbers; equal ones by id */
  order("iso:desc", "41253");
  order("site", "32514"); /* b9, b010, b10 */
  order("site:desc", "15234");
  order("quality", "41523");
  order("quality:desc", "51423");
  order("class", "32415"); /* as in the ontology, unsure, no answer */
  order("class:desc", "23415");
  order("width", "12345");
  order("sharpness:desc", "12345");
  order("labelled:desc", "12345");
  order("source", "12345");
  lnti_sort sort;
  assert_status(lnti_sort_parse(&sort, lnti_view_names(view), "colour", ERR), LNT_EINVAL);
  assert_status(lnti_sort_parse(&sort, lnti_view_names(view), "width:down", ERR), LNT_EINVAL);
  assert_ok(lnti_sort_parse(&sort, lnti_view_names(view), "width:asc", ERR));
  assert_false(sort.descending);
  lnti_view_close(view);
  lab_free(&l);
}

static const char *text_of(const void *payload, size_t i) {
  return ((char *const *)payload)[i];
}

static void check_texts(lnti_rng *rng, void *payload) {
  (void)payload;
  enum { N = 300 };
  char *texts[N];
  uint32_t order[N];
  static const char parts[] = "0012399ab-./\xc3\xa9";
  uint64_t alike = lnti_rng_below(rng, 2) ? 600 : 0; /* beyond what is sorted by keys */
  for (size_t i = 0; i < N; i++) {
    size_t n = lnti_rng_below(rng, 14);
    texts[i] = calloc(1, alike + n + 1);
    assert_non_null(texts[i]);
    memset(texts[i], 'x', alike);
    for (size_t c = 0; c < n; c++) texts[i][alike + c] = parts[lnti_rng_below(rng, sizeof parts - 1)];
    if (i && lnti_rng_below(rng, 5) == 0) {
      free(texts[i]);
      texts[i] = strdup(texts[i - 1]);
      assert_non_null(texts[i]);
    }
  }
  assert_ok(lnti_sort_texts(order, text_of, texts, N, ERR));
  for (size_t i = 1; i < N; i++) {
    int c = lnti_natural_compare(texts[order[i - 1]], texts[order[i]]);
    assert_true(c < 0 || (c == 0 && order[i - 1] < order[i]));
  }
  for (size_t i = 0; i < N; i++) free(texts[i]);
}

static void test_text_order_is_natural(void **state) {
  (void)state;
  lnti_test_property("order of texts", 60, check_texts, NULL);
}

static void check_keys(lnti_rng *rng, void *payload) {
  (void)payload;
  enum { N = 500 };
  uint64_t keys[N], mask = lnti_rng_next(rng) >> lnti_rng_below(rng, 64);
  uint32_t order[N];
  for (size_t i = 0; i < N; i++) keys[i] = lnti_rng_next(rng) & mask;
  assert_ok(lnti_sort_keys(order, keys, N, ERR));
  for (size_t i = 1; i < N; i++) {
    assert_true(keys[order[i - 1]] < keys[order[i]] ||
                (keys[order[i - 1]] == keys[order[i]] && order[i - 1] < order[i]));
  }
}

static void test_key_order_is_stable(void **state) {
  (void)state;
  lnti_test_property("order of keys", 60, check_keys, NULL);
}

static void test_pages(void **state) {
  (void)state;
  lab l = synthetic_lab(3000, 11);
  lnti_view *view = open_view(&l, NULL, NULL);
  static const char *const sorts[] = {"id", "width:desc", "patient", "severity"};
  lnti_filter *filter = NULL;
  uint32_t all[3000], page[100];
  assert_ok(lnti_filter_parse(&filter, "class=class0 or width<1000", lnti_view_names(view), ERR));
  for (size_t s = 0; s < 4; s++) {
    lnti_sort sort;
    lnti_selection *selection = NULL;
    assert_ok(lnti_sort_parse(&sort, lnti_view_names(view), sorts[s], ERR));
    assert_ok(lnti_view_select(&selection, view, filter, &sort, ERR));
    size_t n = lnti_selection_page(all, selection, 0, 3000);
    assert_int_equal(n, lnti_selection_count(selection));
    assert_in_range(n, 500, 2900);
    for (size_t offset = 0; offset < n + 150; offset += 37) {
      size_t got = lnti_selection_page(page, selection, offset, 100);
      assert_int_equal(got, offset >= n ? 0 : n - offset < 100 ? n - offset : 100);
      assert_memory_equal(page, all + offset, got * sizeof *page);
    }
    assert_int_equal(lnti_selection_page(page, selection, 3, 0), 0);
    assert_int_equal(lnti_selection_page(page, selection, SIZE_MAX, 5), 0);
    if (s == 0) {
      for (size_t i = 0; i < n; i++) assert_int_equal(lnti_selection_before(selection, all[i]), i);
      assert_int_equal(lnti_selection_before(selection, 3000), n);
    }
    lnti_selection_free(selection);
  }
  lnti_filter_free(filter);
  lnti_view_close(view);
  lab_free(&l);
}

/* Each count is the number of items that a filter for that value finds. */
static void test_counts(void **state) {
  (void)state;
  lab l = synthetic_lab(3000, 12);
  lnti_view *view = open_view(&l, NULL, NULL);
  static const char *const keys[] = {"class", "split", "site", "duplicate", "labelled", "format"};
  static const char *const where =
      "split=train and (class=class0 or class=class1) and width>1000 and not site=site-00000";
  /* where, without what asks of the facet alone */
  static const char *const others[] = {"split=train and width>1000 and not site=site-00000",
                                       "class in (class0, class1) and width>1000 and not site=site-00000",
                                       "split=train and class in (class0, class1) and width>1000",
                                       where,
                                       where,
                                       where};
  lnti_facet facets[6];
  lnti_filter *filter = NULL;
  assert_ok(lnti_filter_parse(&filter, where, lnti_view_names(view), ERR));
  for (int own = 0; own < 2; own++) {
    for (size_t i = 0; i < 6; i++) assert_ok(lnti_field_find(&facets[i].field, lnti_view_names(view), keys[i], ERR));
    assert_ok(lnti_view_facets(facets, 6, view, filter, own == 1, ERR));
    for (size_t i = 0; i < 6; i++) {
      size_t total = 0;
      for (size_t c = 0; c < facets[i].n_codes; c++) {
        lnti_text value = {0}, text = {0};
        total += facets[i].counts[c];
        if (c % 7 && c > 20) continue;
        lnti_code_meaning meaning = lnti_view_code(view, &facets[i].field, c);
        assert_ok(lnti_view_code_text(&value, view, &facets[i].field, c, ERR));
        if (strcmp(value.data, "none of these") == 0) strcpy(value.data, "none");
        assert_ok(lnti_text_printf(&text, ERR, "%s and %s=\"%s\"", own ? others[i] : where, keys[i],
                                   meaning.missing && !*meaning.text ? "" : value.data));
        assert_int_equal(facets[i].counts[c], count_found(view, text.data));
        lnti_text_clear(&text);
        lnti_text_clear(&value);
      }
      assert_int_equal(total, count_found(view, own ? others[i] : where));
      lnti_facet_clear(&facets[i]);
    }
  }
  lnti_facet again[6], plain[6]; /* at once it is the same */
  lnti_selection *selection = NULL;
  for (size_t i = 0; i < 6; i++) again[i].field = plain[i].field = facets[i].field;
  assert_ok(lnti_view_query(&selection, again, 6, view, filter, NULL, ERR));
  assert_ok(lnti_view_facets(plain, 6, view, filter, true, ERR));
  assert_int_equal(lnti_selection_count(selection), count_found(view, where));
  for (size_t i = 0; i < 6; i++) {
    assert_int_equal(again[i].n_codes, plain[i].n_codes);
    assert_memory_equal(again[i].counts, plain[i].counts, plain[i].n_codes * sizeof *plain[i].counts);
    lnti_facet_clear(&again[i]);
    lnti_facet_clear(&plain[i]);
  }
  lnti_selection_free(selection);
  lnti_facet number = {.field = {LNTI_FIELD_WIDTH, 0, LNTI_NONE}};
  assert_status(lnti_view_facets(&number, 1, view, NULL, false, ERR), LNT_EINVAL);
  assert_message("width has too many different values");
  lnti_filter_free(filter);
  lnti_view_close(view);
  lab_free(&l);
}

static void expect_summary(lnti_view *view, const char *question, lnti_question_summary wanted, int line) {
  lnti_question_summary got;
  size_t q = LNTI_NONE;
  assert_ok(lnti_ontology_find_question(&q, lnti_view_ontology(view), question, ERR));
  assert_ok(lnti_view_summarize(&got, view, q, ERR));
  bool counts =
      got.items == wanted.items && got.yes == wanted.yes && got.no == wanted.no && got.numbers == wanted.numbers;
  if (!counts) fail_msg("line %d: %s: %zu items, %zu yes, %zu no", line, question, got.items, got.yes, got.no);
  if (wanted.numbers == 0) {
    assert_true(isnan(got.mean) && isnan(got.min) && isnan(got.max));
  } else {
    assert_true(got.mean == wanted.mean && got.min == wanted.min && got.max == wanted.max);
  }
}

static void test_summaries(void **state) {
  static const char json[] =
      "{\"classifications\": [{\"id\": \"n\", \"type\": \"number\"}, {\"id\": \"c\", \"type\": \"checklist\", \"options\": "
      "[{\"id\": \"a\"}, {\"id\": \"b\"}]}, {\"id\": \"t\", \"type\": \"text\"}, {\"id\": \"r\", \"type\": \"radio\", "
      "\"options\": [{\"id\": \"x\"}]}]}";
  static const char *const said[][2] = {{"n", "-2.5"},   {"n", "unsure"}, {"n", "4"},      {"c", "a"}, {"c", "-b"},
                                        {"c", "unsure"}, {"r", "unsure"}, {"t", "unsure"}, {"r", "x"}};
  (void)state;
  lab l = lab_new();
  lab_ontology(&l, json);
  lab_items(&l, 70); /* more than one word of bits */
  lnti_view *view = open_view(&l, NULL, NULL);
  static const char *const questions[] = {"n", "c", "t", "r"};
  for (size_t i = 0; i < 4; i++) expect_summary(view, questions[i], (lnti_question_summary){0}, __LINE__);
  for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) lab_answer(&l, 60 + (int64_t)i, said[i][0], said[i][1]);
  lab_answer(&l, 64, "c", "a"); /* beside the no */
  assert_ok(lnti_view_update(view, NULL, ERR));
  expect_summary(view, "n", (lnti_question_summary){.items = 3, .numbers = 2, .mean = 0.75, .min = -2.5, .max = 4},
                 __LINE__);
  expect_summary(view, "c", (lnti_question_summary){.items = 3, .yes = 2, .no = 1}, __LINE__);
  expect_summary(view, "t", (lnti_question_summary){.items = 1}, __LINE__);
  expect_summary(view, "r", (lnti_question_summary){.items = 2}, __LINE__);
  lab_answer(&l, 60, "n", "clear");
  lab_answer(&l, 64, "c", "~a");
  assert_ok(lnti_view_update(view, NULL, ERR));
  expect_summary(view, "n", (lnti_question_summary){.items = 2, .numbers = 1, .mean = 4, .min = 4, .max = 4}, __LINE__);
  expect_summary(view, "c", (lnti_question_summary){.items = 3, .yes = 1, .no = 1}, __LINE__);
  lnti_view_close(view);
  lab_free(&l);
}

/* The same sets as flow/duplicates counts from the store. */
static void test_links(void **state) {
  (void)state;
  lab l = synthetic_lab(4000, 13);
  lnti_view *view = open_view(&l, NULL, NULL);
  lnti_link_counts links;
  lnti_duplicates stored = {0};
  assert_ok(lnti_view_link_counts(&links, view, ERR));
  assert_ok(lnti_duplicates_read(&stored, l.project, 0, ERR));
  assert_int_equal(links.copies, stored.copies);
  assert_int_equal(links.near_copies, stored.near);
  assert_int_equal(links.equal_conflicts, stored.sets[LNTI_EQUAL_CONFLICT]);
  assert_int_equal(links.near_conflicts, stored.sets[LNTI_NEAR_CONFLICT]);
  assert_int_equal(links.equal_leaks, stored.sets[LNTI_EQUAL_LEAK]);
  assert_int_equal(links.near_leaks, stored.sets[LNTI_NEAR_LEAK]);
  assert_true(links.equal_conflicts > 5 && links.near_leaks > 5);
  lnti_duplicates_clear(&stored);
  lnti_view_close(view);
  lab_free(&l);
}

/* ---- finding rows ---- */

static void test_rows_by_id(void **state) {
  (void)state;
  lnti_rows rows;
  lnti_rng rng;
  int64_t ids[500], id = -3;
  lnti_rng_seed(&rng, 1, 0);
  lnti_rows_init(&rows);
  for (size_t i = 0; i < 500; i++) {
    id += 1 + (int64_t)(lnti_rng_below(&rng, 5) == 0 ? lnti_rng_below(&rng, 1000) : 0);
    ids[i] = id;
    const lnti_item item = {.id = id, .member = "m", .format = "", .split = "", .stage = ""};
    assert_ok(lnti_rows_add(&rows, &item, ERR));
  }
  for (size_t i = 0; i < 500; i++) {
    assert_int_equal(lnti_rows_find(&rows, ids[i]), i);
    if (i && ids[i] - ids[i - 1] > 1) assert_int_equal(lnti_rows_find(&rows, ids[i] - 1), LNTI_NONE);
  }
  assert_int_equal(lnti_rows_find(&rows, INT64_MIN), LNTI_NONE);
  assert_int_equal(lnti_rows_find(&rows, INT64_MAX), LNTI_NONE);
  const lnti_item before = {.id = ids[499], .member = "m", .format = "", .split = "", .stage = ""};
  assert_status(lnti_rows_add(&rows, &before, ERR), LNT_ECONFLICT);
  lnti_rows_clear(&rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_there),
      cmocka_unit_test(test_snapshot),
      cmocka_unit_test(test_catching_up),
      cmocka_unit_test(test_much_has_changed),
      cmocka_unit_test(test_columns_grow_out_of_the_snapshot),
      cmocka_unit_test(test_random_edits),
      cmocka_unit_test(test_broken_snapshots),
      cmocka_unit_test(test_every_section_is_checked),
      cmocka_unit_test(test_snapshots_of_other_projects),
      cmocka_unit_test(test_snapshot_of_the_future),
      cmocka_unit_test(test_readers_beside_updates),
      cmocka_unit_test(test_rows_by_id),
      cmocka_unit_test(test_orders),
      cmocka_unit_test(test_text_order_is_natural),
      cmocka_unit_test(test_key_order_is_stable),
      cmocka_unit_test(test_pages),
      cmocka_unit_test(test_counts),
      cmocka_unit_test(test_links),
      cmocka_unit_test(test_summaries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
