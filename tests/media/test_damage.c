/*
 * Archives cut at every byte, and with every bit turned: what is sound before the damage is listed and read, the damage is
 * said once, and nothing wrong passes for right.
 */
#include <media/media.h>

#include "support.h"

#include "media/make_archive.h"
#include "media/temp.h"

enum { N = 4 };

static const char *const names[N] = {"a.txt", "b/c.txt", "d.txt", "e.txt"};
static const char *const texts[N] = {"the first member", "the second, which is said to be longer", "", "the last one"};

typedef struct seen {
  size_t refused, damage;
  lnt_status code;
} seen;

static lnt_status note_refused(void *payload, const char *name, const lnt_error *reason, lnt_error *err) {
  seen *s = payload;
  (void)err;
  if (name[0]) {
    s->refused++;
  } else {
    s->damage++;
  }
  s->code = reason->code;
  return LNT_OK;
}

static uint8_t *make(size_t *n_out, pack_kind kind) {
  maker *m = make_begin(kind);
  for (size_t i = 0; i < N; i++) make_text(m, names[i], texts[i]);
  return make_end(n_out, m);
}

static void rewrite(const char *path, const uint8_t *data, size_t n) {
  (void)unlink(path); /* a new file needs not wait for the old one's blocks */
  temp_write(path, data, n);
}

/* Lists and reads all. *right_out: members that are as they were made. */
static lnt_status look(seen *s, size_t *n_out, size_t *right_out, const char *path) {
  lnti_media *media = NULL;
  lnti_members members = {0};
  *s = (seen){0};
  *n_out = *right_out = 0;
  assert_ok(lnti_media_new(&media, NULL, ERR));
  const lnt_status status = lnti_media_members(&members, media, path, note_refused, s, NULL, NULL);
  for (size_t i = 0; i < members.n; i++) {
    lnti_blob blob = {0};
    char uri[TEMP_PATH + 64];
    snprintf(uri, sizeof uri, "%s#%.60s", path, members.member[i].name);
    ++*n_out;
    if (lnti_media_read(&blob, media, uri, NULL) != LNT_OK) continue;
    for (size_t k = 0; k < N; k++) {
      if (strcmp(members.member[i].name, names[k]) == 0 && blob.bytes == strlen(texts[k]) &&
          memcmp(blob.data, texts[k], blob.bytes) == 0) {
        ++*right_out;
      }
    }
    lnti_blob_clear(&blob);
  }
  lnti_members_clear(&members);
  lnti_media_free(media);
  return status;
}

static bool is_refusal(lnt_status status) {
  return status == LNT_EDATA || status == LNT_EUNSUPPORTED;
}

static void cut_everywhere(pack_kind kind) {
  temp_folder folder;
  char path[TEMP_PATH], name[32];
  size_t all = 0, most = 0;
  uint8_t *data = make(&all, kind);
  temp_open(&folder);
  snprintf(name, sizeof name, "cut%s", pack_ending(kind));
  temp_path(path, &folder, name);
  for (size_t n = 0; n <= all; n++) {
    seen s;
    size_t listed = 0, right = 0;
    rewrite(path, data, n);
    const lnt_status status = look(&s, &listed, &right, path);
    if (status != LNT_OK && !is_refusal(status)) fail_msg("cut to %zu: %s", n, lnt_status_name(status));
    if (listed != right) fail_msg("cut to %zu: %zu listed, %zu of them right", n, listed, right);
    if (s.refused > 0 || s.damage > 1) fail_msg("cut to %zu: %zu members refused", n, s.refused);
    if (s.damage && s.code != LNT_EDATA) fail_msg("cut to %zu: damage is %s", n, lnt_status_name(s.code));
    /* Nothing is missing without a word; a tar that is cut between two members looks like one of fewer. */
    const bool silent = status == LNT_OK && s.damage == 0;
    if (silent && listed < N && (kind != PACK_TAR || n % 512 != 0)) fail_msg("cut to %zu: %zu of %d", n, listed, N);
    if (n == all && !silent) fail_msg("the whole is damaged");
    if (listed < most) fail_msg("cut to %zu: fewer than of a shorter piece", n);
    most = listed;
  }
  assert_int_equal(most, N);
  free(data);
  temp_close(&folder);
}

static void test_cut_tar(void **state) {
  (void)state;
  cut_everywhere(PACK_TAR);
}

static void test_cut_gzip(void **state) {
  (void)state;
  cut_everywhere(PACK_TAR_GZ);
}

static void test_cut_bzip2(void **state) {
  (void)state;
  cut_everywhere(PACK_TAR_BZ2);
}

static void test_cut_xz(void **state) {
  (void)state;
  cut_everywhere(PACK_TAR_XZ);
}

static void test_cut_zstd(void **state) {
  (void)state;
  cut_everywhere(PACK_TAR_ZST);
}

static void test_cut_zip(void **state) {
  (void)state;
  cut_everywhere(PACK_ZIP);
}

static void test_cut_stored_zip(void **state) {
  (void)state;
  cut_everywhere(PACK_ZIP_STORED);
}

/* What comes with check sums is right, or not given out, or the archive is said to be damaged. */
static void test_every_bit(void **state) {
  (void)state;
  static const pack_kind kinds[] = {PACK_TAR_GZ, PACK_TAR_BZ2, PACK_TAR_XZ, PACK_ZIP};
  temp_folder folder;
  char path[TEMP_PATH], name[32];
  temp_open(&folder);
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    size_t n = 0;
    uint8_t *data = make(&n, kinds[k]);
    snprintf(name, sizeof name, "bit%s", pack_ending(kinds[k]));
    temp_path(path, &folder, name);
    for (size_t bit = 0; bit < 8 * n; bit++) {
      seen s;
      size_t listed = 0, right = 0;
      data[bit / 8] ^= (uint8_t)(1 << bit % 8);
      rewrite(path, data, n);
      data[bit / 8] ^= (uint8_t)(1 << bit % 8);
      const lnt_status status = look(&s, &listed, &right, path);
      if (status != LNT_OK && !is_refusal(status) && status != LNT_ELIMIT) {
        fail_msg("%s, bit %zu: %s", name, bit, lnt_status_name(status));
      }
      /* A name in a zip has no sum; what it names is read under it, or refused. */
      if (kinds[k] == PACK_ZIP) continue;
      if (status == LNT_OK && s.damage == 0 && (listed != N || right != N)) {
        fail_msg("%s, bit %zu: %zu of %zu listed are right, and nothing is said", name, bit, right, listed);
      }
    }
    free(data);
  }
  temp_close(&folder);
}

/* Something follows the archive: what is in it is sound, but for xz and zstd, whose own tools refuse such files, too. */
static void test_left_over(void **state) {
  (void)state;
  temp_folder folder;
  char path[TEMP_PATH], name[32];
  temp_open(&folder);
  for (int kind = 0; kind < PACK_KINDS; kind++) {
    seen s;
    size_t n = 0, listed = 0, right = 0;
    uint8_t *data = make(&n, (pack_kind)kind);
    data = realloc(data, n + 1000);
    memset(data + n, 'x', 1000);
    snprintf(name, sizeof name, "over%s", pack_ending((pack_kind)kind));
    temp_write(temp_path(path, &folder, name), data, n + 1000);
    const lnt_status status = look(&s, &listed, &right, path);
    if (kind == PACK_TAR_XZ || kind == PACK_TAR_ZST) {
      assert_int_equal(status, LNT_EDATA);
    } else if (status != LNT_OK || right != N || s.refused > 0) {
      fail_msg("%s: %s", name, lnt_status_name(status));
    }
    free(data);
  }
  temp_close(&folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cut_tar),        cmocka_unit_test(test_cut_gzip),  cmocka_unit_test(test_cut_bzip2),
      cmocka_unit_test(test_cut_xz),         cmocka_unit_test(test_cut_zstd),  cmocka_unit_test(test_cut_zip),
      cmocka_unit_test(test_cut_stored_zip), cmocka_unit_test(test_every_bit), cmocka_unit_test(test_left_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
