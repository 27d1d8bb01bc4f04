/*
 * What lies in archives: listed in order and read, of each kind, and archives in archives.
 */
#include <media/media.h>

#include "support.h"

#include "media/make_archive.h"
#include "media/temp.h"

typedef struct fixture {
  temp_folder folder;
  lnti_media *media;
} fixture;

static int set_up(void **state) {
  static fixture f;
  temp_open(&f.folder);
  if (lnti_media_new(&f.media, NULL, NULL) != LNT_OK) return 1;
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  lnti_media_free(f->media);
  temp_close(&f->folder);
  return 0;
}

/* ---- listing into text: "name size\n" and "!name code\n" ---- */

typedef struct listing {
  char text[8192];
  char reasons[8192];
} listing;

static lnt_status note_refused(void *payload, const char *name, const lnt_error *reason, lnt_error *err) {
  listing *l = payload;
  (void)err;
  const size_t n = strlen(l->text), k = strlen(l->reasons);
  snprintf(l->text + n, sizeof l->text - n, "!%s %s\n", name, lnt_status_name(reason->code));
  snprintf(l->reasons + k, sizeof l->reasons - k, "%s\n", reason->message);
  return LNT_OK;
}

static void list(listing *l, lnti_media *media, const char *path) {
  lnti_members members = {0};
  l->text[0] = l->reasons[0] = '\0';
  assert_ok(lnti_media_members(&members, media, path, note_refused, l, NULL, ERR));
  for (size_t i = 0; i < members.n; i++) {
    const size_t n = strlen(l->text);
    snprintf(l->text + n, sizeof l->text - n, "%s %llu\n", members.member[i].name,
             (unsigned long long)members.member[i].bytes);
  }
  lnti_members_clear(&members);
  assert_null(members.member);
}

static void reads(lnti_media *media, const char *path, const char *member, const char *text) {
  lnti_blob blob = {0};
  char uri[TEMP_PATH + 256];
  snprintf(uri, sizeof uri, "%s#%s", path, member);
  assert_ok(lnti_media_read(&blob, media, uri, ERR));
  assert_int_equal(blob.kind, LNTI_BLOB_ENCODED);
  assert_int_equal(blob.bytes, strlen(text));
  assert_memory_equal(blob.data, text, strlen(text));
  lnti_blob_clear(&blob);
}

static void read_fails(lnti_media *media, const char *path, const char *member, lnt_status code, const char *words) {
  lnti_blob blob = {.bytes = 99};
  char uri[TEMP_PATH + 256];
  snprintf(uri, sizeof uri, "%s#%s", path, member);
  assert_status(lnti_media_read(&blob, media, uri, ERR), code);
  assert_message(words);
  assert_int_equal(blob.bytes, 99);
}

static void test_each_kind(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], name[32];
  for (int kind = 0; kind < PACK_KINDS; kind++) {
    listing l;
    maker *m = make_begin((pack_kind)kind);
    make_add(m, MEMBER_FOLDER, "b/", NULL, 0);
    make_text(m, "b/z.txt", "zebra");
    make_text(m, "a.txt", "");
    make_text(m, "b/gr\xc3\xbcn.txt", "green");
    snprintf(name, sizeof name, "each%d%s", kind, pack_ending((pack_kind)kind));
    make_file(temp_path(path, &f->folder, name), m);
    assert_true(lnti_archive_sniff(path));
    list(&l, f->media, path);
    assert_string_equal(l.text, "b/z.txt 5\na.txt 0\nb/gr\xc3\xbcn.txt 5\n");
    reads(f->media, path, "b/gr\xc3\xbcn.txt", "green");
    reads(f->media, path, "b/z.txt", "zebra");
    reads(f->media, path, "a.txt", "");
    reads(f->media, path, "b/z.txt#frame=3", "zebra");
    read_fails(f->media, path, "b", LNT_ENOTFOUND, "no such member");
    read_fails(f->media, path, "B/Z.txt", LNT_ENOTFOUND, "there is b/z.txt");
    read_fails(f->media, path, "z.txt", LNT_ENOTFOUND, "there is b/z.txt");
    read_fails(f->media, path, "", LNT_ENOTFOUND, "no such member");
  }
}

/* Every kind in every kind, deflated archives included. */
static void test_nested(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], name[32], wanted[256], member[64];
  for (int outer = 0; outer < PACK_KINDS; outer++) {
    maker *m = make_begin((pack_kind)outer);
    wanted[0] = '\0';
    for (int inner = 0; inner < PACK_KINDS; inner++) {
      maker *k = make_begin((pack_kind)inner);
      size_t n = 0;
      make_text(k, "x/y.txt", "inside");
      uint8_t *data = make_end(&n, k);
      snprintf(member, sizeof member, "in%d%s", inner, pack_ending((pack_kind)inner));
      make_add(m, MEMBER_FILE, member, data, n);
      free(data);
      snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s#x/y.txt 6\n", member);
    }
    listing l;
    snprintf(name, sizeof name, "outer%d%s", outer, pack_ending((pack_kind)outer));
    make_file(temp_path(path, &f->folder, name), m);
    list(&l, f->media, path);
    assert_string_equal(l.text, wanted);
    for (int inner = 0; inner < PACK_KINDS; inner++) {
      snprintf(member, sizeof member, "in%d%s#x/y.txt", inner, pack_ending((pack_kind)inner));
      reads(f->media, path, member, "inside");
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_each_kind, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_nested, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
