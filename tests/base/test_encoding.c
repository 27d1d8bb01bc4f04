/* base/encoding.c: byte order marks, UTF-16 without them, what is refused, any cut of the input into pieces. */
#include "support.h"

#include <base/encoding.h>
#include <base/error.h>

typedef struct pieces {
  lnti_memory memory;
  size_t piece;
} pieces;

static lnt_status give_piece(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  pieces *p = payload;
  return lnti_memory_give(n_out, &p->memory, buffer, n < p->piece ? n : p->piece, err);
}

static lnt_status decode_all(lnti_text *out, lnti_encoding *encoding, const char *data, size_t n, size_t piece,
                             size_t room, lnt_error *err) {
  pieces source = {{data, n, 0}, piece};
  lnti_decoder decoder;
  lnt_status status = LNT_OK;
  size_t got = 1;
  lnti_decoder_init(&decoder, give_piece, &source, "in.txt");
  while (status == LNT_OK && got > 0) {
    char buffer[64];
    status = lnti_decode(&got, &decoder, buffer, room, err);
    if (status == LNT_OK) status = lnti_text_append(out, buffer, got, err);
  }
  *encoding = decoder.encoding;
  return status;
}

typedef struct text_case {
  const char *data;
  size_t n;
  const char *wanted;
  lnti_encoding encoding;
} text_case;
#define BYTES(text) text, sizeof text - 1

static void test_decode(void **state) {
  (void)state;
  static const text_case cases[] = {
      {BYTES(""), "", LNTI_UTF8},
      {BYTES("a"), "a", LNTI_UTF8},
      {BYTES("a,b\n"), "a,b\n", LNTI_UTF8},
      {BYTES("\xEF\xBB\xBF"
             "a"),
       "a", LNTI_UTF8},
      {BYTES("\xEF\xBB"), "\xEF\xBB", LNTI_UTF8},
      {BYTES("caf\xE9"), "caf\xE9", LNTI_UTF8}, /* passed on as it is */
      {BYTES("\xFF\xFE"
             "a\0\n\0"),
       "a\n", LNTI_UTF16_LE},
      {BYTES("\xFE\xFF\0a\0\n"), "a\n", LNTI_UTF16_BE},
      {BYTES("\xFF\xFE"), "", LNTI_UTF16_LE},
      {BYTES("a\0,\0b\0\n\0"), "a,b\n", LNTI_UTF16_LE},
      {BYTES("\0a\0,\0b\0\n"), "a,b\n", LNTI_UTF16_BE},
      {BYTES("\xFE\xFF\0\x7F\0\x80\x07\xFF\x08\0\xFF\xFF"), "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF",
       LNTI_UTF16_BE},
      {BYTES("\xFE\xFF\xD8\x3D\xDE\x00"), "\xF0\x9F\x98\x80", LNTI_UTF16_BE},
      {BYTES("\xFF\xFE\x3D\xD8\x00\xDE\xFF\xDB\xFF\xDF"), "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", LNTI_UTF16_LE},
      {BYTES("\xFF\xFE"
             "a\0\x2D\x4E\n\0"),
       "a\xE4\xB8\xAD\n", LNTI_UTF16_LE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (size_t piece = 1; piece < 200; piece *= 3) {
      for (size_t room = LNTI_DECODE_MIN; room <= 64; room *= 2) {
        lnti_text got = {0};
        lnti_encoding encoding = LNTI_UTF8;
        assert_ok(decode_all(&got, &encoding, cases[i].data, cases[i].n, piece, room, ERR));
        assert_int_equal(got.length, strlen(cases[i].wanted));
        assert_memory_equal(got.data ? got.data : "", cases[i].wanted, got.length);
        assert_int_equal(encoding, cases[i].encoding);
        lnti_text_clear(&got);
      }
    }
  }
}

/* One zero byte in a text is a zero byte, and no sign of UTF-16. */
static void test_few_zeros(void **state) {
  (void)state;
  char text[64];
  lnti_text got = {0};
  lnti_encoding encoding = LNTI_UTF16_LE;
  memset(text, 'x', sizeof text);
  text[31] = '\0';
  assert_ok(decode_all(&got, &encoding, text, sizeof text, 7, 64, ERR));
  assert_int_equal(encoding, LNTI_UTF8);
  assert_int_equal(got.length, sizeof text);
  assert_memory_equal(got.data, text, sizeof text);
  lnti_text_clear(&got);
}

/* Text longer than the decoder's buffer, with a pair on every place of its end. */
static void test_long(void **state) {
  (void)state;
  for (size_t shift = 0; shift < 4; shift++) {
    lnti_text utf16 = {0}, wanted = {0}, got = {0};
    lnti_encoding encoding = LNTI_UTF8;
    assert_ok(lnti_text_append(&utf16, "\xFF\xFE", 2, ERR));
    for (size_t i = 0; i < shift; i++) {
      assert_ok(lnti_text_append(&utf16, "x\0", 2, ERR));
      assert_ok(lnti_text_append(&wanted, "x", 1, ERR));
    }
    for (size_t i = 0; i < LNTI_DECODER_BYTES; i++) {
      assert_ok(lnti_text_append(&utf16, "\x3D\xD8\x00\xDE,\0", 6, ERR));
      assert_ok(lnti_text_append(&wanted, "\xF0\x9F\x98\x80,", 5, ERR));
    }
    assert_ok(decode_all(&got, &encoding, utf16.data, utf16.length, 1000, 61, ERR));
    assert_int_equal(got.length, wanted.length);
    assert_memory_equal(got.data, wanted.data, got.length);
    lnti_text_clear(&utf16);
    lnti_text_clear(&wanted);
    lnti_text_clear(&got);
  }
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *data;
    size_t n;
    lnt_status code;
    const char *message;
  } cases[] = {
      {BYTES("\xFF\xFE\0\0a\0\0\0"), LNT_EUNSUPPORTED, "in.txt: this text is UTF-32; save it as UTF-8"},
      {BYTES("\0\0\xFE\xFF\0\0\0a"), LNT_EUNSUPPORTED, "UTF-32"},
      {BYTES("\xFF\xFE"
             "a\0b"),
       LNT_EDATA, "in.txt: byte 4: half a character at the end in UTF-16"},
      {BYTES("\xFF\xFE"
             "a\0\x3D\xD8"),
       LNT_EDATA, "in.txt: byte 4: half of a surrogate pair in UTF-16"},
      {BYTES("\xFF\xFE"
             "a\0\x3D\xD8"
             "b\0"),
       LNT_EDATA, "byte 4: half of a surrogate pair"},
      {BYTES("\xFF\xFE\x00\xDE"
             "b\0"),
       LNT_EDATA, "byte 2: half of a surrogate pair"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (size_t piece = 1; piece < 20; piece += 3) {
      lnti_text got = {0};
      lnti_encoding encoding = LNTI_UTF8;
      assert_status(decode_all(&got, &encoding, cases[i].data, cases[i].n, piece, 64, ERR), cases[i].code);
      assert_message(cases[i].message);
      lnti_text_clear(&got);
    }
  }
}

static lnt_status broken(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  int *calls = payload;
  (void)n;
  if ((*calls)-- == 0) return lnti_fail(err, LNT_EIO, "the source broke");
  memcpy(buffer, "x\0", 2);
  *n_out = 2;
  return LNT_OK;
}

static void test_source_fails(void **state) {
  (void)state;
  int calls = 3;
  char buffer[16];
  size_t n = 7;
  lnti_decoder decoder;
  lnti_decoder_init(&decoder, broken, &calls, "in.txt");
  assert_status(lnti_decode(&n, &decoder, buffer, sizeof buffer, ERR), LNT_EIO);
  assert_message("the source broke");
  assert_int_equal(n, 7);
}

/* The values of the code page as Python's cp1252 decodes them; 81 and 9D are not in it. */
static void test_windows1252(void **state) {
  (void)state;
  lnti_text got = {0};
  assert_ok(lnti_windows1252_append(&got, BYTES("A\x80\x85\x93\x99\x9F\xA0\xE9\xFF\x81\x9D"), ERR));
  assert_string_equal(
      got.data, "A\xE2\x82\xAC\xE2\x80\xA6\xE2\x80\x9C\xE2\x84\xA2\xC5\xB8\xC2\xA0\xC3\xA9\xC3\xBF\xC2\x81\xC2\x9D");
  lnti_text_clear(&got);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decode),  cmocka_unit_test(test_few_zeros),    cmocka_unit_test(test_long),
      cmocka_unit_test(test_refused), cmocka_unit_test(test_source_fails), cmocka_unit_test(test_windows1252),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
