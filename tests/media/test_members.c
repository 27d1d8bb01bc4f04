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

/* Of each kind an archive in one of kind `outer`; *wanted: its listing. */
static void make_nested(const char *path, pack_kind outer, char *wanted, size_t wanted_bytes) {
  maker *m = make_begin(outer);
  char member[64];
  wanted[0] = '\0';
  for (int inner = 0; inner < PACK_KINDS; inner++) {
    maker *k = make_begin((pack_kind)inner);
    size_t n = 0;
    make_text(k, "x/y.txt", "inside");
    uint8_t *data = make_end(&n, k);
    snprintf(member, sizeof member, "in%d%s", inner, pack_ending((pack_kind)inner));
    make_add(m, MEMBER_FILE, member, data, n);
    free(data);
    snprintf(wanted + strlen(wanted), wanted_bytes - strlen(wanted), "%s#x/y.txt 6\n", member);
  }
  make_file(path, m);
}

/* Every kind in every kind, deflated archives included; without a folder for packs, with an empty one, and with one in
 * which they are. */
static void test_nested(void **state) {
  fixture *f = *state;
  temp_folder cache;
  char path[TEMP_PATH], name[32], wanted[256], member[64];
  temp_open(&cache);
  for (int outer = 0; outer < PACK_KINDS; outer++) {
    snprintf(name, sizeof name, "outer%d%s", outer, pack_ending((pack_kind)outer));
    make_nested(temp_path(path, &f->folder, name), (pack_kind)outer, wanted, sizeof wanted);
    for (int round = 0; round < 3; round++) {
      lnti_media *media = NULL;
      lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
      listing l;
      options.cache_dir = round > 0 ? cache.path : NULL;
      assert_ok(lnti_media_new(&media, &options, ERR));
      list(&l, media, path);
      assert_string_equal(l.text, wanted);
      for (int inner = 0; inner < PACK_KINDS; inner++) {
        snprintf(member, sizeof member, "in%d%s#x/y.txt", inner, pack_ending((pack_kind)inner));
        reads(media, path, member, "inside");
      }
      lnti_media_free(media);
    }
  }
  temp_close(&cache);
}

/* ---- what is not taken ---- */

static void test_refused_of_tar(void **state) {
  fixture *f = *state;
  static const pack_kind kinds[] = {PACK_TAR, PACK_TAR_GZ};
  char path[TEMP_PATH];
  for (size_t i = 0; i < 2; i++) {
    listing l;
    maker *m = make_begin(kinds[i]);
    make_text(m, "./good.txt", "good");
    make_add(m, MEMBER_HARDLINK, "same.txt", "good.txt", 0);
    make_add(m, MEMBER_HARDLINK, "again.txt", "./same.txt", 0);
    make_add(m, MEMBER_HARDLINK, "broken.txt", "later.txt", 0);
    make_add(m, MEMBER_SYMLINK, "link.txt", "good.txt", 0);
    make_add(m, MEMBER_PIPE, "pipe", NULL, 0);
    make_text(m, "../up.txt", "x");
    make_text(m, "a/../../up.txt", "x");
    make_text(m, "/abs.txt", "absolute");
    make_text(m, "bell\x07.txt", "x");
    make_text(m, "latin\xe9.txt", "x");
    make_text(m, "twice.txt", "one");
    make_text(m, "later.txt", "later");
    make_text(m, "twice.txt", "three");
    make_file(temp_path(path, &f->folder, i ? "refused.tar.gz" : "refused.tar"), m);
    list(&l, f->media, path);
    assert_string_equal(l.text,
                        "!broken.txt EDATA\n!link.txt EUNSUPPORTED\n!pipe EUNSUPPORTED\n"
                        "!../up.txt EUNSUPPORTED\n!a/../../up.txt EUNSUPPORTED\n!bell\\x07.txt EUNSUPPORTED\n"
                        "!latin\\xe9.txt EUNSUPPORTED\n!twice.txt EEXISTS\n"
                        "good.txt 4\nsame.txt 4\nagain.txt 4\nabs.txt 8\nlater.txt 5\ntwice.txt 5\n");
    char words[TEMP_PATH + 64];
    snprintf(words, sizeof words, "%s#link.txt: is a symbolic link\n", path);
    assert_non_null(strstr(l.reasons, words));
    reads(f->media, path, "again.txt", "good");
    reads(f->media, path, "twice.txt", "three");
    reads(f->media, path, "abs.txt", "absolute");
    read_fails(f->media, path, "link.txt", LNT_EUNSUPPORTED, "is a symbolic link");
    read_fails(f->media, path, "broken.txt", LNT_EDATA, "not in the archive before it");
  }
}

static void set_sum(uint8_t *block) {
  unsigned sum = 0;
  memset(block + 148, ' ', 8);
  for (size_t i = 0; i < 512; i++) sum += block[i];
  snprintf((char *)block + 148, 8, "%06o", sum);
}

/* GNU tar's sparse files: their bytes are not all there. */
static void test_sparse(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  listing l;
  size_t n = 0;
  maker *m = make_begin(PACK_TAR);
  make_text(m, "holes.bin", "0123456789");
  make_text(m, "whole.bin", "whole");
  uint8_t *tar = make_end(&n, m);
  tar[156] = 'S';
  memcpy(tar + 386, "00000000000", 12); /* data of ten bytes at 0... */
  memcpy(tar + 398, "00000000012", 12);
  memcpy(tar + 483, "00000010000", 12); /* ...of a file of 4096 */
  set_sum(tar);
  temp_write(temp_path(path, &f->folder, "sparse.tar"), tar, n);
  free(tar);
  list(&l, f->media, path);
  assert_string_equal(l.text, "!holes.bin EUNSUPPORTED\nwhole.bin 5\n");
  reads(f->media, path, "whole.bin", "whole");
}

/* A zip with a password, and one that lost its directory. */
static void test_encrypted(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  listing l;
  size_t n = 0;
  maker *m = make_begin(PACK_ZIP_ENCRYPTED);
  make_text(m, "secret.txt", "secret");
  uint8_t *zip = make_end(&n, m);
  temp_write(temp_path(path, &f->folder, "secret.zip"), zip, n);
  list(&l, f->media, path);
  assert_string_equal(l.text, "!secret.txt EUNSUPPORTED\n");
  assert_non_null(strstr(l.reasons, "is encrypted"));
  read_fails(f->media, path, "secret.txt", LNT_EUNSUPPORTED, "is encrypted");
  temp_write(path, zip, n - 22); /* no end record */
  list(&l, f->media, path);
  assert_string_equal(l.text, "!secret.txt EUNSUPPORTED\n! EDATA\n");
  free(zip);
}

static void test_no_archives(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  lnti_members members = {.n = 77};
  size_t n = 0;
  temp_write(temp_path(path, &f->folder, "text"), "hello", 5);
  assert_false(lnti_archive_sniff(path));
  assert_status(lnti_media_members(&members, f->media, path, NULL, NULL, NULL, ERR), LNT_EUNSUPPORTED);
  temp_write(temp_path(path, &f->folder, "text.zip"), "hello", 5);
  assert_status(lnti_media_members(&members, f->media, path, NULL, NULL, NULL, ERR), LNT_EDATA);
  assert_message("is no archive");
  uint8_t *idx = temp_idx_images(&n, 3, 2, 2);
  temp_write_gzip(temp_path(path, &f->folder, "idx.gz"), idx, n);
  assert_false(lnti_archive_sniff(path));
  assert_status(lnti_media_members(&members, f->media, path, NULL, NULL, NULL, ERR), LNT_EUNSUPPORTED);
  assert_message("is an array");
  free(idx);
  assert_status(lnti_media_members(&members, f->media, f->folder.path, NULL, NULL, NULL, ERR), LNT_EINVAL);
  assert_false(lnti_archive_sniff(f->folder.path));
  assert_status(lnti_media_members(&members, f->media, temp_path(path, &f->folder, "none"), NULL, NULL, NULL, ERR),
                LNT_ENOTFOUND);
  assert_false(lnti_archive_sniff(path));
  assert_int_equal(members.n, 77);
}

/* ---- names that hold '#' ---- */

static void test_longest_name(void **state) {
  fixture *f = *state;
  static const pack_kind kinds[] = {PACK_TAR, PACK_ZIP};
  char path[TEMP_PATH];
  for (size_t i = 0; i < 2; i++) {
    size_t n = 0;
    maker *m = make_begin(kinds[i]), *inner = make_begin(PACK_ZIP);
    make_text(inner, "a#frame=1", "inner, framed by name");
    make_text(inner, "a", "inner");
    uint8_t *zip = make_end(&n, inner);
    make_text(m, "a", "a");
    make_text(m, "a#b", "a#b");
    make_text(m, "a#frame=2", "a#frame=2");
    make_text(m, "c#", "c#");
    make_add(m, MEMBER_FILE, "in#1.zip", zip, n);
    free(zip);
    make_file(temp_path(path, &f->folder, i ? "hash#2.zip" : "hash#1.tar"), m);
    reads(f->media, path, "a", "a");
    reads(f->media, path, "a#b", "a#b");
    reads(f->media, path, "a#frame=2", "a#frame=2");
    reads(f->media, path, "a#frame=3", "a");
    reads(f->media, path, "a#b#page=1", "a#b");
    reads(f->media, path, "c#", "c#");
    reads(f->media, path, "in#1.zip#a", "inner");
    reads(f->media, path, "in#1.zip#a#frame=1", "inner, framed by name");
    reads(f->media, path, "in#1.zip#a#frame=0", "inner");
    read_fails(f->media, path, "a#c", LNT_EUNSUPPORTED, "neither an archive");
    read_fails(f->media, path, "in#1.zip#b", LNT_ENOTFOUND, "no such member");
    read_fails(f->media, path, "in#1.zip#", LNT_ENOTFOUND, "no such member");
    lnti_blob blob = {0};
    char uri[TEMP_PATH + 32];
    snprintf(uri, sizeof uri, "%s#a#page=4", path);
    assert_ok(lnti_media_read(&blob, f->media, uri, ERR));
    assert_int_equal(blob.frame, 3);
    lnti_blob_clear(&blob);
  }
}

/* ---- archives in archives ---- */

static uint8_t *zip_of(size_t *n_out, const char *name, const void *data, size_t n) {
  maker *m = make_begin(PACK_ZIP);
  make_add(m, MEMBER_FILE, name, data, n);
  return make_end(n_out, m);
}

static void test_too_deep(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  listing l;
  size_t n3 = 0, n2 = 0, n1 = 0;
  uint8_t *third = zip_of(&n3, "deep.txt", "deep", 4);
  uint8_t *second = zip_of(&n2, "third.zip", third, n3);
  uint8_t *first = zip_of(&n1, "second.zip", second, n2);
  temp_write(temp_path(path, &f->folder, "first.zip"), first, n1);
  list(&l, f->media, path);
  assert_string_equal(l.text, "!second.zip#third.zip ELIMIT\n");
  assert_non_null(strstr(l.reasons, "archives are opened 2 deep"));
  read_fails(f->media, path, "second.zip#third.zip#deep.txt", LNT_ELIMIT, "2 deep");
  /* As bytes it can be had. */
  lnti_blob blob = {0};
  char uri[TEMP_PATH + 64];
  snprintf(uri, sizeof uri, "%s#second.zip#third.zip", path);
  assert_ok(lnti_media_read(&blob, f->media, uri, ERR));
  assert_int_equal(blob.bytes, n3);
  assert_memory_equal(blob.data, third, n3);
  lnti_blob_clear(&blob);
  free(first);
  free(second);
  free(third);
}

/* One broken archive among sound ones: said once, and the rest is listed. */
static void test_broken_inside(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  listing l;
  size_t n = 0;
  maker *inner = make_begin(PACK_TAR_GZ), *m = make_begin(PACK_TAR);
  make_text(inner, "one.txt", "one");
  for (int i = 0; i < 40; i++) {
    char name[16];
    uint8_t noise[600];
    for (size_t k = 0; k < sizeof noise; k++) noise[k] = (uint8_t)(k * k * 31 + k * (size_t)i * 7 + (k >> 3));
    snprintf(name, sizeof name, "n%d", i);
    make_add(inner, MEMBER_FILE, name, noise, sizeof noise);
  }
  uint8_t *gz = make_end(&n, inner);
  make_text(m, "a.txt", "a");
  make_text(m, "bad.zip", "no zip at all");
  make_add(m, MEMBER_FILE, "cut.tar.gz", gz, n / 2);
  make_text(m, "z.txt", "z");
  free(gz);
  make_file(temp_path(path, &f->folder, "inside.tar"), m);
  list(&l, f->media, path);
  assert_true(strncmp(l.text, "!bad.zip EDATA\n!cut.tar.gz EDATA\na.txt 1\ncut.tar.gz#one.txt 3\n", 58) == 0);
  assert_non_null(strstr(l.text, "z.txt 1\n"));
  assert_non_null(strstr(l.reasons, "members before the damage are taken (it was read up to byte "));
  reads(f->media, path, "cut.tar.gz#one.txt", "one");
}

/* An archive inside another is listed by itself, too. */
static void test_listing_of_a_member(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], uri[TEMP_PATH + 16];
  listing l;
  size_t n = 0;
  uint8_t *zip = zip_of(&n, "x/y.txt", "inside", 6);
  maker *m = make_begin(PACK_TAR_GZ);
  make_add(m, MEMBER_FILE, "in.zip", zip, n);
  free(zip);
  make_file(temp_path(path, &f->folder, "member.tar.gz"), m);
  snprintf(uri, sizeof uri, "%s#in.zip", path);
  list(&l, f->media, uri);
  assert_string_equal(l.text, "x/y.txt 6\n");
}

static void test_arrays_inside(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], uri[TEMP_PATH + 32], name[32];
  size_t n = 0, packed = 0;
  uint8_t *idx = temp_idx_images(&n, 3, 2, 2), *gz = temp_gzip(&packed, idx, n);
  for (int kind = 0; kind < PACK_KINDS; kind++) {
    maker *m = make_begin((pack_kind)kind);
    make_add(m, MEMBER_FILE, "idx.gz", gz, packed);
    make_add(m, MEMBER_FILE, "idx", idx, n);
    snprintf(name, sizeof name, "arrays%d%s", kind, pack_ending((pack_kind)kind));
    make_file(temp_path(path, &f->folder, name), m);
    for (int plain = 0; plain < 2; plain++) {
      lnti_blob blob = {0};
      snprintf(uri, sizeof uri, "%s#idx%s#2", path, plain ? "" : ".gz");
      assert_ok(lnti_media_read(&blob, f->media, uri, ERR));
      assert_true(blob.kind == LNTI_BLOB_PIXELS && blob.bytes == 4 && blob.h == 2 && blob.w == 2 && blob.c == 1);
      assert_memory_equal(blob.data, idx + 16 + 8, 4);
      lnti_blob_clear(&blob);
    }
    read_fails(f->media, path, "idx#3", LNT_ENOTFOUND, "has 3, counted from 0");
    read_fails(f->media, path, "idx#x", LNT_ENOTFOUND, "named by number");
  }
  free(gz);
  free(idx);
}

/* ---- caps ---- */

static lnt_status list_with(lnti_media_options options, const char *path, listing *l, lnti_members *out) {
  lnti_media *media = NULL;
  l->text[0] = l->reasons[0] = '\0';
  assert_ok(lnti_media_new(&media, &options, ERR));
  const lnt_status status = lnti_media_members(out, media, path, note_refused, l, NULL, ERR);
  lnti_media_free(media);
  return status;
}

static void test_caps(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], name[32];
  for (int kind = 0; kind < PACK_KINDS; kind++) {
    lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
    lnti_members members = {0};
    listing l;
    maker *m = make_begin((pack_kind)kind);
    make_text(m, "five", "12345");
    make_text(m, "four", "1234");
    make_text(m, "three", "123");
    snprintf(name, sizeof name, "caps%d%s", kind, pack_ending((pack_kind)kind));
    make_file(temp_path(path, &f->folder, name), m);
    options.members_max = 2;
    assert_status(list_with(options, path, &l, &members), LNT_ELIMIT);
    assert_message("members");
    options.members_max = 3;
    options.file_bytes_max = 4;
    assert_ok(list_with(options, path, &l, &members));
    assert_int_equal(members.n, 2);
    assert_string_equal(members.member[0].name, "four");
    assert_string_equal(l.text, "!five ELIMIT\n");
    assert_non_null(strstr(l.reasons, "#five has 5 bytes; at most 4 are taken"));
    lnti_members_clear(&members);
    const bool packed = kind != PACK_TAR && kind != PACK_ZIP && kind != PACK_ZIP_STORED;
    options = (lnti_media_options)LNTI_MEDIA_OPTIONS_INIT;
    options.archive_bytes_max = 600;
    const lnt_status total = list_with(options, path, &l, &members);
    assert_int_equal(total, packed ? LNT_ELIMIT : LNT_OK);
    if (packed) assert_message("unpacks to more than 600 bytes");
    lnti_members_clear(&members);
    options = (lnti_media_options)LNTI_MEDIA_OPTIONS_INIT;
    options.cache_disk_bytes = 100;
    const lnt_status disk = list_with(options, path, &l, &members);
    assert_int_equal(disk, packed ? LNT_ELIMIT : LNT_OK);
    if (packed) assert_message("100 bytes of disk");
    lnti_members_clear(&members);
  }
}

/* Members of archives inside count as well; and what they unpack to, all together. */
static void test_caps_of_nested(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH], name[32];
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  lnti_members members = {0};
  listing l;
  static const char text[300] = "text";
  maker *m = make_begin(PACK_TAR);
  for (int i = 0; i < 4; i++) {
    size_t n = 0;
    maker *inner = make_begin(PACK_TAR_XZ);
    make_add(inner, MEMBER_FILE, "a", text, sizeof text);
    make_add(inner, MEMBER_FILE, "b", text, sizeof text);
    uint8_t *data = make_end(&n, inner);
    snprintf(name, sizeof name, "in%d.tar.xz", i);
    make_add(m, MEMBER_FILE, name, data, n);
    free(data);
  }
  make_file(temp_path(path, &f->folder, "nested caps.tar"), m);
  options.members_max = 7;
  assert_status(list_with(options, path, &l, &members), LNT_ELIMIT);
  assert_message("more than 7 members");
  options.members_max = 8;
  assert_ok(list_with(options, path, &l, &members));
  assert_int_equal(members.n, 8);
  lnti_members_clear(&members);
  /* One is read as two headers and 600 bytes, and kept in somewhat more than 600: two fit, three do not. */
  options.archive_bytes_max = 2000;
  assert_ok(list_with(options, path, &l, &members));
  assert_int_equal(members.n, 4);
  assert_string_equal(l.text, "!in2.tar.xz ELIMIT\n!in3.tar.xz ELIMIT\n");
  assert_non_null(strstr(l.reasons, "the archives inside"));
  lnti_members_clear(&members);
}

/* 80 MB of zeros in 80 kB. */
static void test_bomb(void **state) {
  fixture *f = *state;
  enum { PIECE = 1 << 24 };
  char path[TEMP_PATH], name[8];
  lnti_media_options options = LNTI_MEDIA_OPTIONS_INIT;
  lnti_members members = {0};
  listing l;
  uint8_t *zeros = calloc(PIECE, 1);
  maker *m = make_begin(PACK_TAR_ZST);
  for (int i = 0; i < 5; i++) {
    snprintf(name, sizeof name, "z%d", i);
    make_add(m, MEMBER_FILE, name, zeros, PIECE);
  }
  make_file(temp_path(path, &f->folder, "bomb.tar.zst"), m);
  options.ratio_max = 100;
  assert_status(list_with(options, path, &l, &members), LNT_ELIMIT);
  assert_message("unpack to more than 100 times as many");
  options.ratio_max = 1000000;
  assert_ok(list_with(options, path, &l, &members));
  assert_int_equal(members.n, 5);
  lnti_members_clear(&members);
  /* Passing over members that are too large unpacks them all the same. */
  options.file_bytes_max = PIECE - 1;
  assert_ok(list_with(options, path, &l, &members));
  assert_int_equal(members.n, 0);
  lnti_members_clear(&members);
  options.ratio_max = 100;
  assert_status(list_with(options, path, &l, &members), LNT_ELIMIT);
  assert_message("unpack to more than 100 times as many");
  free(zeros);
}

static lnt_status stop_at_once(void *payload, const char *name, const lnt_error *reason, lnt_error *err) {
  (void)payload;
  (void)name;
  (void)reason;
  if (err) snprintf(err->message, sizeof err->message, "enough");
  if (err) err->code = LNT_ECONFLICT;
  return LNT_ECONFLICT;
}

static void test_stopped(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  lnti_members members = {.n = 77};
  lnti_cancel cancel = {0};
  maker *m = make_begin(PACK_TAR_GZ);
  make_text(m, "a", "a");
  make_add(m, MEMBER_SYMLINK, "link", "a", 0);
  make_file(temp_path(path, &f->folder, "stop.tar.gz"), m);
  lnti_cancel_request(&cancel);
  assert_status(lnti_media_members(&members, f->media, path, NULL, NULL, &cancel, ERR), LNT_ECANCELLED);
  assert_status(lnti_media_members(&members, f->media, path, stop_at_once, NULL, NULL, ERR), LNT_ECONFLICT);
  assert_int_equal(members.n, 77);
  assert_ok(lnti_media_members(&members, f->media, path, NULL, NULL, NULL, ERR)); /* nothing was remembered */
  assert_int_equal(members.n, 1);
  lnti_members_clear(&members);
}

/* The same name, another archive. */
static void test_replaced(void **state) {
  fixture *f = *state;
  char path[TEMP_PATH];
  for (int round = 0; round < 3; round++) {
    listing l;
    char text[16];
    maker *m = make_begin(round == 1 ? PACK_ZIP : PACK_TAR_GZ);
    snprintf(text, sizeof text, "round %d", round);
    make_text(m, text, text);
    unlink(temp_path(path, &f->folder, "replaced"));
    make_file(path, m);
    list(&l, f->media, path);
    reads(f->media, path, text, text);
    if (round > 0) read_fails(f->media, path, "round 0", LNT_ENOTFOUND, "no such member");
  }
}

int main(void) {
#define WITH_MEDIA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      WITH_MEDIA(test_each_kind),      WITH_MEDIA(test_nested),
      WITH_MEDIA(test_refused_of_tar), WITH_MEDIA(test_sparse),
      WITH_MEDIA(test_encrypted),      WITH_MEDIA(test_no_archives),
      WITH_MEDIA(test_longest_name),   WITH_MEDIA(test_too_deep),
      WITH_MEDIA(test_broken_inside),  WITH_MEDIA(test_listing_of_a_member),
      WITH_MEDIA(test_arrays_inside),  WITH_MEDIA(test_caps),
      WITH_MEDIA(test_caps_of_nested), WITH_MEDIA(test_bomb),
      WITH_MEDIA(test_stopped),        WITH_MEDIA(test_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
