/*
 * Previews: which items need one, what the pictures are, and the job: what is there is left, what fails is told, what was
 * made before a cancellation stays.
 */
#include "flow_support.h"

#include <flow/content.h>
#include <flow/pictures/previews.h>
#include <image/image.h>
#include <image/thumbnail.h>
#include <unistd.h>

/* ---- which ---- */

static void test_needed(void **state) {
  (void)state;
  static const struct {
    lnti_item item;
    bool thumb, screen;
  } cases[] = {
      {{.h = 256, .w = 256, .depth = 8, .format = "jpeg", .bytes = 32768, .member = "a.jpg"}, false, false},
      {{.h = 256, .w = 256, .depth = 8, .format = "jpeg", .bytes = 32769, .member = "a.jpg"}, true, false},
      {{.h = 257, .w = 10, .depth = 8, .format = "jpeg", .bytes = 100, .member = "a.jpg"}, true, false},
      {{.h = 28, .w = 28, .depth = 8, .format = "pixels", .bytes = 784, .member = "17"}, false, false},
      {{.h = 28, .w = 28, .depth = 16, .format = "png", .bytes = 784, .member = "a.png"}, true, true},
      {{.h = 1920, .w = 1920, .depth = 8, .format = "png", .bytes = 1 << 20, .member = "a.png"}, true, false},
      {{.h = 1920, .w = 1921, .depth = 8, .format = "png", .bytes = 1 << 20, .member = "a.png"}, true, true},
      {{.h = 1000, .w = 1000, .depth = 8, .format = "jpeg", .bytes = (1 << 20) + 1, .member = "a.jpg"}, true, true},
      {{.h = 1000, .w = 1000, .depth = 16, .format = "png", .bytes = 1000, .member = "a.png"}, true, true},
      {{.h = 1000, .w = 1000, .depth = 8, .format = "tiff", .bytes = 1000, .member = "a.tif"}, true, true},
      {{.h = 1000, .w = 1000, .depth = 8, .format = "webp", .bytes = 1000, .member = "a.webp"}, true, true},
      {{.h = 500, .w = 500, .depth = 8, .format = "jpeg", .bytes = 1000, .member = "a.mpo#frame=1"}, true, true},
      {{.h = 500, .w = 500, .depth = 8, .format = "png", .bytes = 1000, .member = "a.tif#page=2"}, true, true},
      {{.kind = LNTI_ITEM_GROUP, .h = 1, .w = 1, .depth = 8, .format = "", .member = "study"}, false, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(lnti_preview_is_needed(&cases[i].item, LNTI_PICTURE_THUMB), cases[i].thumb);
    assert_int_equal(lnti_preview_is_needed(&cases[i].item, LNTI_PICTURE_SCREEN), cases[i].screen);
  }
}

/* ---- a project with pictures ---- */

typedef struct adding {
  lab *l;
  const char *member;
  lnti_item item;
  lnti_op op;
} adding;

static lnt_status write_item(void *payload, lnti_tx *tx, lnt_error *err) {
  adding *a = payload;
  int64_t op_id = 0, id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &a->op, err);
  if (!status) status = lnti_tx_source(tx, &a->item.source_id, LNTI_SOURCE_FOLDER, a->l->folder, err);
  if (!status) status = lnti_tx_item(tx, &id, &existed, op_id, &a->item, err);
  return status;
}

/** Adds the file of that name as it is now; what is no image (or cut short) with the size that is given. */
static void add_file(lab *l, const char *member, size_t h, size_t w) {
  adding a = {.l = l, .member = member};
  char *path = lnti_test_path(l->folder, member);
  lnti_blob blob = {0};
  assert_ok(lnti_media_read(&blob, l->project->media, path, ERR));
  a.item = (lnti_item){.member = member,
                       .h = (uint32_t)h,
                       .w = (uint32_t)w,
                       .c = 3,
                       .depth = 8,
                       .format = "pnm",
                       .bytes = blob.bytes,
                       .split = "",
                       .stage = "annotate"};
  lnti_content_hash(&a.item.content, &blob);
  lnti_blob_clear(&blob);
  lnti_project_op(&a.op, l->project, LNTI_OP_IMPORT, "a test");
  assert_ok(lnti_store_write(l->project->store, write_item, &a, ERR));
  free(path);
}

static void add_picture(lab *l, const char *member, size_t h, size_t w, uint64_t seed) {
  char *path = lnti_test_path(l->folder, member);
  lab_write_ppm(path, w, h, seed);
  free(path);
  add_file(l, member, h, w);
}

typedef struct refusals {
  size_t n;
  lnt_status code[8];
  char path[8][300];
} refusals;

static void refuse(void *payload, const char *path, lnt_status code, const char *reason) {
  refusals *r = payload;
  assert_true(r->n < 8 && *reason);
  r->code[r->n] = code;
  snprintf(r->path[r->n++], 300, "%s", path);
}

static lnti_previews_result make(const lab *l, lnti_picture_kind kind, const char *where, refusals *r) {
  lnti_previews_result result = {0};
  const lnti_previews_options options = {
      .kind = kind, .where = where, .refused = r ? refuse : NULL, .refused_payload = r};
  assert_ok(lnti_previews_make(&result, l->project, &options, ERR));
  return result;
}

typedef struct found {
  lnti_picture_cache *cache;
  size_t n, side;
  uint64_t bytes;
} found;

/** That an item's picture is there, as large as it ought to be and as preview_make makes it. */
static lnt_status check_item(void *payload, const lnti_item *item, lnt_error *err) {
  found *f = payload;
  uint8_t *data = NULL;
  size_t n = 0;
  (void)err;
  assert_ok(lnti_picture_cache_get(f->cache, &data, &n, &item->content, 0, ERR));
  if (!data) return LNT_OK;
  const lnti_blob blob = {.kind = LNTI_BLOB_ENCODED, .data = data, .bytes = n};
  const lnti_image_limits limits = LNTI_IMAGE_LIMITS_INIT;
  const lnti_size size = lnti_thumbnail_size(item->h, item->w, f->side);
  lnti_image_info info = {0};
  assert_ok(lnti_image_probe(&info, &blob, &limits, ERR));
  assert_int_equal(info.format, LNTI_IMAGE_JPEG);
  assert_int_equal(info.h, size.h);
  assert_int_equal(info.w, size.w);
  f->n++;
  f->bytes += n;
  free(data);
  return LNT_OK;
}

static found look(const lab *l, lnti_picture_kind kind) {
  found f = {.side = kind == LNTI_PICTURE_THUMB ? 256 : 1920};
  const lnti_item_query all = {0};
  assert_ok(lnti_picture_cache_open(&f.cache, l->project, kind, 0, ERR));
  assert_ok(lnti_store_items(l->project->store, &all, check_item, &f, ERR));
  lnti_picture_cache_close(f.cache);
  return f;
}

static void test_made_once(void **state) {
  (void)state;
  lab l = lab_new();
  add_picture(&l, "a.ppm", 300, 400, 1);
  add_picture(&l, "wide.ppm", 20, 2500, 2);
  add_picture(&l, "tiny.ppm", 20, 25, 3);
  add_picture(&l, "again.ppm", 300, 400, 1); /* the same picture twice */
  const lnti_previews_result first = make(&l, LNTI_PICTURE_THUMB, NULL, NULL);
  assert_int_equal(first.made + first.existing, 3);
  assert_in_range(first.made, 2, 3); /* two threads may make the same one */
  assert_int_equal(first.unneeded, 1);
  assert_int_equal(first.n_refused, 0);
  assert_true(first.seconds > 0 && !first.full && first.bytes_max == LNTI_PICTURE_THUMB_BYTES);
  found f = look(&l, LNTI_PICTURE_THUMB);
  assert_int_equal(f.n, 3);
  assert_in_range(first.bytes, 1000, f.bytes);
  assert_int_equal(look(&l, LNTI_PICTURE_SCREEN).n, 0);
  const lnti_previews_result second = make(&l, LNTI_PICTURE_THUMB, NULL, NULL);
  assert_int_equal(second.made, 0);
  assert_int_equal(second.existing, 3);
  assert_int_equal(second.bytes, 0);
  assert_int_equal(make(&l, LNTI_PICTURE_SCREEN, "path=*wide*", NULL).made, 1);
  assert_int_equal(look(&l, LNTI_PICTURE_SCREEN).n, 1);
  lab_free(&l);
}

/** More than a page, on several threads. */
static void test_pages(void **state) {
  (void)state;
  enum { N = 1100 };
  lab l = lab_new();
  lnti_pool *pool = NULL;
  char name[32];
  assert_ok(lnti_pool_new(&pool, 3, ERR));
  l.project->context.pool = pool;
  for (size_t i = 0; i < N; i++) {
    snprintf(name, sizeof name, "%zu.ppm", i);
    add_picture(&l, name, 1, 260 + i % 7, i);
  }
  assert_int_equal(make(&l, LNTI_PICTURE_THUMB, NULL, NULL).made, N);
  assert_int_equal(look(&l, LNTI_PICTURE_THUMB).n, N);
  assert_int_equal(make(&l, LNTI_PICTURE_THUMB, NULL, NULL).existing, N);
  lab_free(&l);
  lnti_pool_free(pool);
}

static void test_refused(void **state) {
  (void)state;
  lab l = lab_new();
  refusals r = {0};
  add_picture(&l, "a.ppm", 300, 300, 1);
  add_picture(&l, "gone.ppm", 300, 300, 2);
  add_picture(&l, "changed.ppm", 300, 300, 3);
  char *text = lnti_test_path(l.folder, "text.ppm"), *gone = lnti_test_path(l.folder, "gone.ppm"),
       *changed = lnti_test_path(l.folder, "changed.ppm");
  lnti_test_write_file(text, "no picture at all", 17);
  add_file(&l, "text.ppm", 300, 300);
  unlink(gone);
  lab_write_ppm(changed, 300, 300, 4);
  const lnti_previews_result result = make(&l, LNTI_PICTURE_SCREEN, NULL, &r);
  assert_int_equal(result.made, 1);
  assert_int_equal(result.n_refused, 3);
  assert_int_equal(r.n, 3);
  assert_int_equal(r.code[0], LNT_ENOTFOUND);
  assert_int_equal(r.code[1], LNT_ECONFLICT);
  assert_int_equal(r.code[2], LNT_EUNSUPPORTED);
  assert_string_equal(r.path[1], changed);
  assert_int_equal(look(&l, LNTI_PICTURE_SCREEN).n, 1);
  free(text);
  free(gone);
  free(changed);
  lab_free(&l);
}

/* ---- the job ---- */

typedef struct seen_job {
  size_t n;
  char kind[32], ended[32], params[64];
  uint64_t done, total;
} seen_job;

static lnt_status keep_job(void *payload, const lnti_job *job, lnt_error *err) {
  seen_job *s = payload;
  (void)err;
  s->n++;
  snprintf(s->kind, sizeof s->kind, "%s", job->kind);
  snprintf(s->ended, sizeof s->ended, "%s", job->state);
  snprintf(s->params, sizeof s->params, "%s", job->params_json);
  s->done = job->done;
  s->total = job->total;
  return LNT_OK;
}

/** Asks for the end once the first page is done. */
static void cancel_after_a_page(void *payload, const char *what, size_t done, size_t total) {
  assert_string_equal(what, "items");
  assert_true(total == 0 || done <= total);
  if (done > 0) lnti_cancel_request(payload);
}

static void test_cancelled(void **state) {
  (void)state;
  enum { N = 600 };
  lab l = lab_new();
  char name[32];
  lnti_cancel cancel = {0};
  const lnti_progress progress = {cancel_after_a_page, &cancel};
  const lnti_previews_options options = {.kind = LNTI_PICTURE_THUMB, .progress = &progress};
  lnti_previews_result result = {.made = 77};
  seen_job job = {0};
  for (size_t i = 0; i < N; i++) {
    snprintf(name, sizeof name, "%zu.ppm", i);
    add_picture(&l, name, 1, 300, i);
  }
  l.project->context.cancel = &cancel;
  assert_status(lnti_previews_make(&result, l.project, &options, ERR), LNT_ECANCELLED);
  assert_int_equal(result.made, 77);
  l.project->context.cancel = NULL;
  assert_ok(lnti_store_jobs(l.project->store, NULL, keep_job, &job, ERR));
  assert_int_equal(job.n, 1);
  assert_string_equal(job.kind, "previews");
  assert_string_equal(job.ended, "cancelled");
  assert_string_equal(job.params, "{\"kind\":\"thumb\"}");
  assert_int_equal(job.total, N);
  const size_t kept = look(&l, LNTI_PICTURE_THUMB).n;
  assert_in_range(kept, 1, N - 1);
  result = make(&l, LNTI_PICTURE_THUMB, NULL, NULL);
  assert_int_equal(result.existing, kept);
  assert_int_equal(result.made, N - kept);
  lab_free(&l);
}

static void test_wrong_options(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_previews_result result = {.made = 77};
  lnti_previews_options options = {.where = "colour=red"};
  assert_status(lnti_previews_make(&result, l.project, &options, ERR), LNT_EINVAL);
  options = (lnti_previews_options){.bytes_max = 1000};
  assert_status(lnti_previews_make(&result, l.project, &options, ERR), LNT_EINVAL);
  assert_int_equal(result.made, 77);
  options = (lnti_previews_options){.kind = LNTI_PICTURE_SCREEN};
  assert_ok(lnti_previews_make(&result, l.project, &options, ERR)); /* no items are no failure */
  assert_int_equal(result.made + result.existing + result.unneeded, 0);
  lab_free(&l);
}

/** The bound is remembered, for each kind by itself; nonsense in its place is none. */
static lnt_status write_nonsense(void *payload, lnti_tx *tx, lnt_error *err) {
  return lnti_tx_setting(tx, "pictures.thumb.bytes", payload, err);
}

static uint64_t bound_of(const lab *l, lnti_picture_kind kind) {
  lnti_picture_cache *cache = NULL;
  assert_ok(lnti_picture_cache_open(&cache, l->project, kind, 0, ERR));
  const uint64_t bytes = lnti_picture_cache_bytes_max(cache);
  lnti_picture_cache_close(cache);
  return bytes;
}

static void test_bound(void **state) {
  (void)state;
  lab l = lab_new();
  lnti_previews_result result = {0};
  const lnti_previews_options options = {.kind = LNTI_PICTURE_THUMB, .bytes_max = 3000000};
  assert_ok(lnti_previews_make(&result, l.project, &options, ERR));
  assert_int_equal(result.bytes_max, 3000000);
  lab_reopen(&l);
  assert_int_equal(bound_of(&l, LNTI_PICTURE_THUMB), 3000000);
  assert_int_equal(bound_of(&l, LNTI_PICTURE_SCREEN), LNTI_PICTURE_SCREEN_BYTES);
  assert_status(lnti_picture_cache_set_bytes(l.project, LNTI_PICTURE_THUMB, 7, ERR), LNT_EINVAL);
  assert_ok(lnti_picture_cache_set_bytes(l.project, LNTI_PICTURE_THUMB, 0, ERR));
  assert_int_equal(bound_of(&l, LNTI_PICTURE_THUMB), LNTI_PICTURE_THUMB_BYTES);
  static char nonsense[2][16] = {"much", "-5"};
  for (size_t i = 0; i < 2; i++) {
    assert_ok(lnti_store_write(l.project->store, write_nonsense, nonsense[i], ERR));
    assert_int_equal(bound_of(&l, LNTI_PICTURE_THUMB), LNTI_PICTURE_THUMB_BYTES);
  }
  lab_free(&l);
}

/** Noise of 260 x 260 takes some 50 KB as a thumbnail: 60 of them are more than a megabyte and a half. */
static void test_full(void **state) {
  (void)state;
  lab l = lab_new();
  char name[32];
  lnti_previews_result result = {0};
  const lnti_previews_options options = {.kind = LNTI_PICTURE_THUMB, .bytes_max = 1500000};
  for (size_t i = 0; i < 60; i++) {
    snprintf(name, sizeof name, "%zu.ppm", i);
    add_picture(&l, name, 260, 260, i);
  }
  assert_ok(lnti_previews_make(&result, l.project, &options, ERR));
  assert_int_equal(result.made, 60);
  assert_true(result.bytes > 1500000 && result.full);
  const found f = look(&l, LNTI_PICTURE_THUMB);
  assert_in_range(f.n, 20, 59);
  assert_in_range(f.bytes, 1000000, 1500000);
  lab_free(&l);
}

static void test_one_picture(void **state) {
  (void)state;
  lab l = lab_new();
  uint8_t *data = NULL;
  size_t n = 0;
  char *path = lnti_test_path(l.folder, "a.ppm");
  lab_write_ppm(path, 300, 200, 1);
  lnti_blob blob = {0};
  lnti_item item = {.h = 200, .w = 300};
  assert_ok(lnti_media_read(&blob, l.project->media, path, ERR));
  lnti_content_hash(&item.content, &blob);
  lnti_blob_clear(&blob);
  assert_ok(lnti_preview_make(&data, &n, l.project, path, &item, LNTI_PICTURE_SCREEN, ERR));
  assert_true(n > 100 && data[0] == 0xff && data[1] == 0xd8);
  free(data);
  data = NULL;
  item.content.bytes[0] ^= 1;
  assert_status(lnti_preview_make(&data, &n, l.project, path, &item, LNTI_PICTURE_SCREEN, ERR), LNT_ECONFLICT);
  assert_null(data);
  free(path);
  lab_free(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_needed),  cmocka_unit_test(test_made_once), cmocka_unit_test(test_pages),
      cmocka_unit_test(test_refused), cmocka_unit_test(test_cancelled), cmocka_unit_test(test_wrong_options),
      cmocka_unit_test(test_bound),   cmocka_unit_test(test_full),      cmocka_unit_test(test_one_picture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
