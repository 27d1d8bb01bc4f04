/*
 * Vectors that another program made: which image each row is of, what is taken, kept and replaced, and what can be done with
 * them. Whatever fails leaves the sets as they were.
 */
#include "media_support.h"

#include <flow/extract/extract.h>
#include <flow/import/vectors.h>
#include <flow/predict/predict.h>
#include <flow/train/train.h>
#include <math.h>
#include <media/npy.h>
#include <model/model.h>
#include <unistd.h>

enum { PER_CLASS = 5, N = TOY_CLASSES * PER_CLASS, D = 4 };

static media_refusals refusals;

/* A number of an image's vector: near its class, and its own. */
static float number_of(size_t i, size_t j) {
  return (float)(i / PER_CLASS == j ? 2.0 : -0.5) + (float)(i * D + j) / 256;
}

static lab new_lab(void) {
  lab l = lab_new();
  toy_tree(media_in(&l, "set").text, PER_CLASS, 0);
  media_import(&l, media_in(&l, "set").text, NULL);
  return l;
}

/* x.npy of images [first, first + n), every number times `scale`; rows.txt with their paths below the set. */
static void write_rows(const lab *l, size_t first, size_t n, float scale) {
  float x[N * D];
  FILE *list = fopen(media_in(l, "rows.txt").text, "w");
  assert_non_null(list);
  for (size_t i = 0; i < n; i++) {
    size_t item = first + i;
    for (size_t j = 0; j < D; j++) x[i * D + j] = scale * number_of(item, j);
    fprintf(list, "set/%s/%zu.pgm\n", toy_titles[item / PER_CLASS], item % PER_CLASS);
  }
  assert_int_equal(fclose(list), 0);
  lnti_matrix m = lnti_matrix_of(x, n, D, LNTI_F32);
  assert_ok(lnti_npy_write(media_in(l, "x.npy").text, &m, ERR));
}

static lnt_status import(const lab *l, const char *name, lnti_import_existing existing, lnti_vectors_result *out) {
  media_name file = media_in(l, "x.npy"), rows = media_in(l, "rows.txt");
  const lnti_vectors_request request = {.file = file.text,
                                        .rows = rows.text,
                                        .name = name,
                                        .existing = existing,
                                        .refused = media_refuse,
                                        .refused_payload = &refusals};
  refusals.n = 0;
  return lnti_import_vectors(out, l->project, &request, ERR);
}

static lnti_vectors_result import_ok(const lab *l, const char *name, lnti_import_existing existing) {
  lnti_vectors_result result = {.rows = 0};
  assert_ok(import(l, name, existing, &result));
  return result;
}

static void import_fails(const lab *l, const char *name, lnti_import_existing existing, lnt_status code,
                         const char *says) {
  lnti_vectors_result result = {.rows = 77};
  assert_status(import(l, name, existing, &result), code);
  assert_message(says);
  assert_int_equal(result.rows, 77);
}

static lnt_status add_item(void *payload, const lnti_item *item, lnt_error *err) {
  return lnti_extract_items_add(payload, item, err);
}

static lnti_extract_items all_items(const lab *l) {
  lnti_extract_items items = {0};
  assert_ok(lnti_store_items(l->project->store, &(lnti_item_query){0}, add_item, &items, ERR));
  return items;
}

/* That embedding:NAME has exactly the vectors of images [first, first + n), times `scale`. */
static void assert_set(const lab *l, const char *name, size_t first, size_t n, float scale) {
  char text[100];
  lnti_extractor *extractor = NULL;
  lnti_vectors vectors = {0};
  lnti_extract_items items = all_items(l);
  snprintf(text, sizeof text, "embedding:%s", name);
  assert_ok(lnti_project_extractor(&extractor, l->project, text, ERR));
  assert_non_null(lnti_extractor_imported(extractor));
  assert_string_equal(lnti_extractor_name(extractor), name);
  assert_string_equal(lnti_extractor_text(extractor), text);
  refusals.n = 0;
  assert_ok(lnti_extract(&vectors, l->project, extractor, &items, NULL, media_refuse, &refusals, ERR));
  assert_true(vectors.n == n && vectors.d == D && vectors.n_computed == 0 && vectors.n_refused == N - n);
  assert_int_equal(refusals.n, N - n);
  if (n < N) assert_non_null(strstr(refusals.of[0].reason, "no vector of it in embedding:"));
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(vectors.item[i], first + i);
    for (size_t j = 0; j < D; j++) {
      float wanted = lnti_f16_value(lnti_f16_of(scale * number_of(first + i, j)));
      assert_true(((const float *)vectors.data)[i * D + j] == wanted);
    }
  }
  lnti_vectors_clear(&vectors);
  lnti_extractor_free(extractor);
  lnti_extract_items_clear(&items);
}

/* Folders below embeddings/, the lock left aside. */
static size_t count_folders(const lab *l) {
  char *path = lnti_test_path(l->path, "embeddings");
  size_t n = lnti_test_count_entries(path) - 1;
  free(path);
  return n;
}

/* ---- what is taken ---- */

static void vectors_come_in_and_are_extended(void **state) {
  (void)state;
  lab l = new_lab();
  write_rows(&l, 0, 6, 1);
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  assert_true(r.rows == 6 && r.added == 6 && r.same == 0 && r.without == N - 6 && r.n_refused == 0 && !r.replaced);
  assert_true(r.set.n == 6 && r.set.d == D);
  assert_string_equal(r.set.name, "clip");
  assert_true(media_says(&r.warnings, "9 of 15 images have no vector in embedding:clip"));
  lnti_embedding_set first = r.set;
  lnti_vectors_result_clear(&r);
  assert_set(&l, "clip", 0, 6, 1);

  /* All of them: those that are there stay, also where they were rounded in another way. */
  lab_reopen(&l);
  write_rows(&l, 0, N, 1.002f);
  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  assert_true(r.added == N - 6 && r.same == 6 && r.without == 0 && r.warnings.n == 0 && r.set.n == N);
  assert_string_equal(r.set.id, first.id); /* models that learned from it go on to fit */
  lnti_vectors_result_clear(&r);
  write_rows(&l, 0, 6, 1);
  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  assert_true(r.added == 0 && r.same == 6 && r.set.n == N);
  lnti_vectors_result_clear(&r);
  assert_int_equal(count_folders(&l), 1);
  /* The cache may be deleted; they do not stand there. */
  lnti_test_folder_remove(lnti_test_path(l.path, "cache"));
  write_rows(&l, 0, N, 1);
  r = import_ok(&l, NULL, LNTI_IMPORT_EXISTING_AUTO); /* named as the file */
  assert_string_equal(r.set.name, "x");
  lnti_vectors_result_clear(&r);
  assert_set(&l, "x", 0, N, 1);
  assert_int_equal(count_folders(&l), 2);
  lab_free(&l);
}

static void other_vectors_are_not_mixed_in(void **state) {
  (void)state;
  lab l = new_lab();
  write_rows(&l, 0, 6, 1);
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  lnti_embedding_set first = r.set;
  lnti_vectors_result_clear(&r);
  write_rows(&l, 4, N - 4, 3);
  import_fails(&l, "clip", LNTI_IMPORT_EXISTING_AUTO, LNT_ECONFLICT, "2 images have other vectors in embedding:clip");
  assert_message("row 1, set/across/4.pgm");
  assert_set(&l, "clip", 0, 6, 1);

  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_KEEP);
  assert_true(r.added == N - 6 && r.kept == 2 && r.same == 0);
  assert_true(media_says(&r.warnings, "2 images have other vectors in embedding:clip already, which stay"));
  lnti_vectors_result_clear(&r);

  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_REPLACE);
  assert_true(r.replaced && r.added == N - 4 && r.kept == 0 && r.without == 4 && r.set.n == N - 4);
  assert_string_not_equal(r.set.id, first.id);
  lnti_vectors_result_clear(&r);
  assert_set(&l, "clip", 4, N - 4, 3);
  assert_int_equal(count_folders(&l), 1); /* the old one is gone */

  float x[2 * 3] = {1, 2, 3, 4, 5, 6};
  lnti_matrix m = lnti_matrix_of(x, 2, 3, LNTI_F32);
  write_rows(&l, 0, 2, 1);
  assert_ok(lnti_npy_write(media_in(&l, "x.npy").text, &m, ERR));
  import_fails(&l, "clip", LNTI_IMPORT_EXISTING_KEEP, LNT_EINVAL, "embedding:clip has vectors of 4 numbers");
  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_REPLACE);
  assert_true(r.set.d == 3 && r.set.n == 2);
  lnti_vectors_result_clear(&r);
  lab_free(&l);
}

static void rows_that_are_refused(void **state) {
  (void)state;
  lab l = new_lab();
  float x[7 * D];
  for (size_t i = 0; i < 7 * D; i++) x[i] = (float)i;
  x[1 * D + 2] = NAN;
  x[2 * D] = INFINITY;
  x[3 * D + 3] = -65520;
  lnti_matrix m = lnti_matrix_of(x, 7, D, LNTI_F32);
  assert_ok(lnti_npy_write(media_in(&l, "x.npy").text, &m, ERR));
  static const char rows[] =
      "set/across/0.pgm\nset/across/1.pgm\nset/across/2.pgm\nset/across/3.pgm\n"
      "set/across/0.pgm\nset/nothing.pgm\nrows.txt\n";
  lnti_test_write_file(media_in(&l, "rows.txt").text, rows, sizeof rows - 1);
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  assert_true(r.added == 1 && r.n_refused == 6 && r.without == N - 1);
  lnti_vectors_result_clear(&r);
  static const struct {
    const char *path, *reason;
    lnt_status code;
  } expected[] = {{"set/across/1.pgm", "row 2: number 3 is no number (NaN)", LNT_EDATA},
                  {"set/across/2.pgm", "row 3: number 1 is infinite", LNT_EDATA},
                  {"set/across/3.pgm", "row 4: number 4 is -65520; vectors are kept as 16-bit numbers", LNT_EDATA},
                  {"set/across/0.pgm", "row 5: an earlier row is of the same item", LNT_EEXISTS},
                  {"set/nothing.pgm", "row 6: \"set/nothing.pgm\" is no file in", LNT_ENOTFOUND},
                  {"rows.txt", "row 7: this is no item of the project; import the image first", LNT_ENOTFOUND}};
  for (size_t i = 0; i < 6; i++) {
    assert_string_equal(refusals.of[i].path, expected[i].path);
    assert_non_null(strstr(refusals.of[i].reason, expected[i].reason));
    assert_int_equal(refusals.of[i].code, expected[i].code);
  }
  lab_free(&l);
}

/* Images with the same bytes have one vector; a list in the wrong order shows in them. */
static void copies_share_a_vector(void **state) {
  (void)state;
  lab l = new_lab();
  toy_tree(media_in(&l, "again").text, 1, 0);
  media_import(&l, media_in(&l, "again").text, NULL);
  float x[3 * D] = {1, 2, 3, 4, 1, 2, 3, 4.001f, 1, 2, 3, 9};
  lnti_matrix m = lnti_matrix_of(x, 3, D, LNTI_F32);
  assert_ok(lnti_npy_write(media_in(&l, "x.npy").text, &m, ERR));
  static const char rows[] = "set/across/0.pgm\nagain/across/0.pgm\nset/down/0.pgm\n";
  lnti_test_write_file(media_in(&l, "rows.txt").text, rows, sizeof rows - 1);
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  assert_true(r.added == 2 && r.copies == 1 && r.without == N + 3 - 4); /* the copy of down/0.pgm has it as well */
  assert_false(media_says(&r.warnings, "copies"));
  lnti_vectors_result_clear(&r);
  static const char wrong[] = "set/across/0.pgm\nset/down/0.pgm\nagain/across/0.pgm\n";
  lnti_test_write_file(media_in(&l, "rows.txt").text, wrong, sizeof wrong - 1);
  r = import_ok(&l, "wrong", LNTI_IMPORT_EXISTING_AUTO);
  assert_true(media_says(&r.warnings, "1 row is of copies"));
  lnti_vectors_result_clear(&r);
  lab_free(&l);
}

/* ---- lists ---- */

static void lists_of_all_kinds(void **state) {
  (void)state;
  lab l = new_lab();
  static const struct {
    const char *name, *text;
  } lists[] = {{"a.csv", "id,path\n1,set/across/0.pgm\n2,\"set/across/1.pgm\"\n"},
               {"b.csv", "Filename;size\nset/across/0.pgm;3\nset/across/1.pgm;4\n"},
               {"c.csv", "across/0.pgm\nacross/1.pgm\n"}, /* no header; the ends of the items' paths */
               {"d.jsonl", "{\"id\": 1, \"path\": \"set/across/0.pgm\"}\n{\"path\": \"set/across/1.pgm\"}\n"},
               {"e", "set/across/0.pgm\r\n\r\nset/across/1.pgm"}};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    media_name file = media_in(&l, "x.npy"), rows = media_in(&l, "%s", lists[i].name);
    char name[] = {(char)('a' + i), 0};
    lnti_vectors_result r = {.rows = 0};
    write_rows(&l, 0, 2, 1);
    lnti_test_write_file(rows.text, lists[i].text, strlen(lists[i].text));
    const lnti_vectors_request request = {.file = file.text, .rows = rows.text, .name = name};
    assert_ok(lnti_import_vectors(&r, l.project, &request, ERR));
    assert_int_equal(r.added, 2);
    lnti_vectors_result_clear(&r);
    assert_set(&l, name, 0, 2, 1);
  }
  /* Paths below another folder. */
  media_name file = media_in(&l, "x.npy"), rows = media_in(&l, "f.txt"), root = media_in(&l, "set/across");
  lnti_vectors_result r = {.rows = 0};
  lnti_test_write_file(rows.text, "0.pgm\n1.pgm\n", 12);
  const lnti_vectors_request request = {.file = file.text, .rows = rows.text, .root = root.text, .name = "f"};
  assert_ok(lnti_import_vectors(&r, l.project, &request, ERR));
  lnti_vectors_result_clear(&r);
  assert_set(&l, "f", 0, 2, 1);
  lab_free(&l);
}

/* Nothing of any of them is stored, and no name is taken. */
static void lists_and_files_that_fail(void **state) {
  (void)state;
  lab l = new_lab();
  static const struct {
    const char *name, *text;
    const char *says;
    lnt_status code;
  } lists[] = {
      {"a.txt", "set/across/0.pgm\n", "x.npy has 2 rows", LNT_EDATA},
      {"b.txt", "set/across/0.pgm\nset/across/1.pgm\nset/across/2.pgm\n", "names more than 2 images", LNT_EDATA},
      {"c.csv", "a,b\nset/across/0.pgm,1\n", "which column has the paths", LNT_EDATA},
      {"d.csv", "path,b\nset/across/0.pgm,1\n,2\n", "d.csv:3: there is no path", LNT_EDATA},
      {"e.csv", "path,b\nset/across/0.pgm,1,2\nset/across/1.pgm,2\n", "e.csv:2", LNT_EDATA},
      {"f.jsonl", "{\"name\": \"set/across/0.pgm\"}\n", "which key has the paths", LNT_EDATA},
      {"g.jsonl", "{\"path\": \"set/across/0.pgm\"}\nno json\n", "g.jsonl:2", LNT_EDATA},
      {"h.txt", "nothing.pgm\nno.pgm\n",
       "not one of 2 rows could be taken; the first: row 1, nothing.pgm: \"nothing.pgm\"", LNT_EDATA},
      {"gone.txt", NULL, "gone.txt", LNT_ENOTFOUND},
  };
  write_rows(&l, 0, 2, 1);
  media_name file = media_in(&l, "x.npy");
  lnti_vectors_result r = {.rows = 77};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    media_name rows = media_in(&l, "%s", lists[i].name);
    if (lists[i].text) lnti_test_write_file(rows.text, lists[i].text, strlen(lists[i].text));
    const lnti_vectors_request request = {.file = file.text, .rows = rows.text};
    assert_status(lnti_import_vectors(&r, l.project, &request, ERR), lists[i].code);
    assert_message(lists[i].says);
    assert_int_equal(count_folders(&l), 0);
  }
  import_fails(&l, "a name", LNTI_IMPORT_EXISTING_AUTO, LNT_EINVAL, "is no name for embeddings");
  import_fails(&l, "../x", LNTI_IMPORT_EXISTING_AUTO, LNT_EINVAL, "is no name for embeddings");
  lnti_cancel cancel = {0};
  lnti_cancel_request(&cancel);
  l.project->context.cancel = &cancel;
  import_fails(&l, "clip", LNTI_IMPORT_EXISTING_AUTO, LNT_ECANCELLED, "");
  l.project->context.cancel = NULL;
  assert_int_equal(count_folders(&l), 0);
  bool found = true;
  lnti_embedding_set set;
  assert_ok(lnti_embeddings_find(&found, &set, l.project, "x", ERR));
  assert_false(found);
  lab_free(&l);

  l = lab_new();
  write_rows(&l, 0, 2, 1);
  import_fails(&l, "clip", LNTI_IMPORT_EXISTING_AUTO, LNT_ENOTFOUND, "bring them in first: linnet import SOURCE");
  lab_free(&l);
}

static void a_backbones_name_is_taken(void **state) {
  (void)state;
  lab l = new_lab();
  static const char json[] = "{\"name\": \"net\", \"file\": \"net.onnx\"}";
  media_folder(media_in(&l, "backbones").text);
  lnti_test_write_file(media_in(&l, "backbones/net.json").text, json,
                       sizeof json - 1); /* damaged, and there all the same */
  assert_ok(lnti_project_use_backbones(l.project, media_in(&l, "backbones").text, ERR));
  write_rows(&l, 0, 2, 1);
  import_fails(&l, "net", LNTI_IMPORT_EXISTING_REPLACE, LNT_EEXISTS, "there is a backbone \"net\"");
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  lnti_vectors_result_clear(&r);
  lnti_extractor *extractor = NULL;
  assert_status(lnti_project_extractor(&extractor, l.project, "embedding:clop", ERR), LNT_ENOTFOUND);
  assert_message("imported: clip");
  lab_free(&l);
}

/* ---- what is left over, and damage ---- */

static size_t n_faults;
static char last_fault[LNT_ERROR_MESSAGE_BYTES];

static void tell_fault(void *payload, const char *text) {
  (void)payload;
  n_faults++;
  snprintf(last_fault, sizeof last_fault, "%s", text);
}

static size_t verify(const lab *l) {
  size_t n = 0, faults = 0;
  n_faults = 0;
  assert_ok(lnti_embeddings_verify(l->project, &n, &faults, tell_fault, NULL, ERR));
  assert_int_equal(faults, n_faults);
  return faults;
}

static lnt_status write_nonsense(void *payload, lnti_tx *tx, lnt_error *err) {
  (void)payload;
  return lnti_tx_setting(tx, "embeddings", "clip nonsense\n", err);
}

/* Told as a fault that is counted, so that verify goes on; everything else fails on it. */
static void damaged_list_is_a_fault(void **state) {
  (void)state;
  lab l = new_lab();
  write_rows(&l, 0, N, 1);
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  lnti_vectors_result_clear(&r);
  assert_ok(lnti_store_write(l.project->store, write_nonsense, NULL, ERR));
  assert_int_equal(verify(&l), 1);
  assert_non_null(strstr(last_fault, "bring linnet.db back from a backup"));
  lnti_embedding_set set;
  bool found = false;
  assert_int_equal(lnti_embeddings_find(&found, &set, l.project, "clip", ERR), LNT_ECORRUPT);
  lab_free(&l);
}

static void damage_is_found(void **state) {
  (void)state;
  lab l = new_lab();
  write_rows(&l, 0, N, 1);
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  lnti_vectors_result_clear(&r);
  assert_int_equal(verify(&l), 0);
  /* A folder that an import was filling when it was killed is none of a set, and goes with the next one of its name. */
  lnti_embedding_set half;
  lnti_feature_cache *cache = NULL;
  assert_ok(lnti_embeddings_make(&half, &cache, l.project, "clip", 9, ERR));
  lnti_feature_cache_close(cache);
  assert_int_equal(count_folders(&l), 2);
  assert_int_equal(verify(&l), 0);
  assert_set(&l, "clip", 0, N, 1);
  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  assert_int_equal(count_folders(&l), 1);

  char folder[200], *rows = NULL, *shard = NULL;
  snprintf(folder, sizeof folder, "embeddings/clip@%s", r.set.id);
  lnti_vectors_result_clear(&r);
  char *path = lnti_test_path(l.path, folder);
  shard = lnti_test_path(path, "shard-00000");
  rows = lnti_test_path(path, "rows");
  size_t n = 0;
  char *data = lnti_test_read_file(&n, shard);
  data[9] ^= 1;
  lnti_test_write_file(shard, data, n);
  assert_int_equal(verify(&l), 1);
  assert_non_null(strstr(last_fault, "1 of the 15 vectors of embedding:clip are damaged; import them again"));
  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO); /* mends it */
  assert_true(r.added == 1 && r.same == N - 1 && r.set.n == N);
  lnti_vectors_result_clear(&r);
  assert_int_equal(verify(&l), 0);
  assert_set(&l, "clip", 0, N, 1);
  assert_int_equal(truncate(rows, 14 * 40), 0);
  assert_int_equal(verify(&l), 1); /* the last is not even known of */
  lnti_test_folder_remove(path);
  assert_int_equal(verify(&l), 1);
  assert_non_null(strstr(last_fault, "is gone; bring it back"));
  free(data);
  free(rows);
  free(shard);
  lab_free(&l);
}

/* ---- learning ---- */

static lnt_status note_prediction(void *payload, const lnt_model *model, const lnti_prediction *prediction,
                                  lnt_error *err) {
  size_t *n = payload;
  (void)model;
  (void)err;
  n[prediction->code != LNT_OK]++;
  return LNT_OK;
}

static void models_learn_from_them(void **state) {
  (void)state;
  lab l = new_lab();
  write_rows(&l, 1, N - 1, 1);
  lnti_vectors_result r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_AUTO);
  lnti_vectors_result_clear(&r);
  lnti_train_result trained = {0};
  const lnti_train_options options = {.learner = "centroid", .feature = "embedding:clip", .name = "m"};
  assert_ok(lnti_train(&trained, l.project, &options, ERR));
  assert_true(media_says(&trained.warnings, "1 of 15 labelled items has no vector in embedding:clip"));
  lnti_train_result_clear(&trained);
  lnt_model *model = NULL;
  lab_reopen(&l);
  assert_ok(lnti_model_find(&model, l.project, "m", &l.project->context, ERR));
  assert_non_null(lnti_extractor_imported(model->extractor));
  assert_string_equal(lnti_extractor_text(model->extractor), "embedding:clip");
  size_t n[2] = {0, 0};
  lnti_predict_result predicted;
  assert_ok(lnti_predict_items(&predicted, model, l.project, "id>0", NULL, note_prediction, n, ERR));
  assert_true(n[0] == N - 1 && n[1] == 1 && predicted.n_failed == 1);
  const char *paths[] = {media_in(&l, "set").text};
  assert_status(
      lnti_predict_paths(&predicted, model, l.project, paths, 1, &l.project->context, NULL, note_prediction, n, ERR),
      LNT_EUNSUPPORTED);
  assert_message("--items 'path=PATH' instead of paths");
  /* Through the public library too, one image at a time. */
  float row[D];
  lnti_blob blob = {0};
  assert_status(lnti_extractor_run(row, model->extractor, &blob, &l.project->limits, ERR), LNT_EUNSUPPORTED);
  /* Replaced by vectors of another length: the model is no longer of use. */
  float x[2] = {1, 2};
  lnti_matrix m = lnti_matrix_of(x, 1, 2, LNTI_F32);
  write_rows(&l, 0, 1, 1);
  assert_ok(lnti_npy_write(media_in(&l, "x.npy").text, &m, ERR));
  r = import_ok(&l, "clip", LNTI_IMPORT_EXISTING_REPLACE);
  lnti_vectors_result_clear(&r);
  assert_status(lnti_predict_items(&predicted, model, l.project, "id>0", NULL, note_prediction, n, ERR), LNT_EINVAL);
  assert_message("of 4 numbers; this project's vectors of that name have 2");
  lnt_model_close(model);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_come_in_and_are_extended),
      cmocka_unit_test(other_vectors_are_not_mixed_in),
      cmocka_unit_test(rows_that_are_refused),
      cmocka_unit_test(damaged_list_is_a_fault),
      cmocka_unit_test(copies_share_a_vector),
      cmocka_unit_test(lists_of_all_kinds),
      cmocka_unit_test(lists_and_files_that_fail),
      cmocka_unit_test(a_backbones_name_is_taken),
      cmocka_unit_test(damage_is_found),
      cmocka_unit_test(models_learn_from_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
