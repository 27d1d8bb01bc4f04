/*
 * base/json: any bytes through the streaming reader (in pieces of one byte, as JSON Lines, with small limits) and into
 * a tree. What the tree takes is written and read again, and must come out the same.
 */
#include <base/alloc.h>
#include <base/json.h>
#include <base/text.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef struct input {
  const uint8_t *data;
  size_t n, piece;
} input;

static lnt_status give(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  input *in = payload;
  size_t part = in->n < in->piece ? in->n : in->piece;
  (void)err;
  if (part > n) part = n;
  *n_out = part;
  if (part == 0) return LNT_OK;
  memcpy(buffer, in->data, part);
  in->data += part;
  in->n -= part;
  return LNT_OK;
}

static void check(bool holds) {
  if (!holds) abort();
}

static lnt_status stream(const uint8_t *data, size_t n, size_t piece, const lnti_json_reader_options *options) {
  input in = {data, n, piece};
  lnti_json_reader *reader = NULL;
  lnti_json_event event = LNTI_JSON_NULL;
  lnt_error err = LNT_ERROR_INIT;
  long depth = 0;
  lnt_status status = lnti_json_reader_new(&reader, give, &in, options, &err);
  while (status == LNT_OK && event != LNTI_JSON_END) {
    const char *text = NULL;
    size_t length = 0;
    status = lnti_json_next(&event, &text, &length, reader, &err);
    if (status) break;
    if (text) check(strlen(text) == length && lnti_utf8_valid(text, length) == length);
    depth += event == LNTI_JSON_BEGIN_OBJECT || event == LNTI_JSON_BEGIN_ARRAY;
    depth -= event == LNTI_JSON_END_OBJECT || event == LNTI_JSON_END_ARRAY;
    check(depth >= 0 && (event != LNTI_JSON_END || depth == 0));
  }
  check(status == LNT_OK || (err.code == status && err.message[0] != '\0'));
  check(lnti_utf8_valid(err.message, strlen(err.message)) == strlen(err.message));
  lnti_json_reader_free(reader);
  return status;
}

static void write_one(lnti_json_writer *w, const lnti_json_value *v) {
  if (v->key) lnti_json_key(w, v->key);
  switch (v->type) {
    case LNTI_JSON_TYPE_NULL:
      lnti_json_null(w);
      break;
    case LNTI_JSON_TYPE_BOOL:
      lnti_json_bool(w, v->boolean);
      break;
    case LNTI_JSON_TYPE_NUMBER:
      lnti_json_real(w, v->number);
      break;
    case LNTI_JSON_TYPE_STRING:
      lnti_json_string(w, v->text);
      break;
    case LNTI_JSON_TYPE_ARRAY:
      lnti_json_begin_array(w);
      break;
    case LNTI_JSON_TYPE_OBJECT:
      lnti_json_begin_object(w);
      break;
  }
}

static bool is_container(const lnti_json_value *v) {
  return v->type == LNTI_JSON_TYPE_ARRAY || v->type == LNTI_JSON_TYPE_OBJECT;
}

static void end_one(lnti_json_writer *w, const lnti_json_value *v) {
  if (v->type == LNTI_JSON_TYPE_OBJECT) lnti_json_end_object(w);
  if (v->type == LNTI_JSON_TYPE_ARRAY) lnti_json_end_array(w);
}

static void write_tree(lnti_text *out, const lnti_json_value *root) {
  const lnti_json_value *open[LNTI_JSON_DEPTH_MAX + 1];
  size_t depth = 0;
  lnti_json_writer *w = NULL;
  check(lnti_json_writer_new(&w, lnti_json_sink_text, out, 1, NULL) == LNT_OK);
  const lnti_json_value *v = root;
  while (v) {
    write_one(w, v);
    if (is_container(v) && v->first) {
      open[depth++] = v;
      v = v->first;
      continue;
    }
    end_one(w, v);
    while (depth > 0 && !v->next) {
      v = open[--depth];
      end_one(w, v);
    }
    v = depth > 0 ? v->next : NULL;
  }
  check(lnti_json_finish(w, NULL) == LNT_OK);
  lnti_json_writer_free(w);
}

static void check_again(const lnti_json_value *root) {
  lnti_text once = {0}, twice = {0};
  lnti_arena arena = {0};
  const lnti_json_value *again = NULL;
  write_tree(&once, root);
  check(lnti_json_parse(&again, &arena, once.data, once.length, NULL, NULL) == LNT_OK);
  write_tree(&twice, again);
  check(once.length == twice.length && memcmp(once.data, twice.data, once.length) == 0);
  lnti_arena_clear(&arena);
  lnti_text_clear(&once);
  lnti_text_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static const lnti_json_reader_options plain = {0}, lines = {.lines = true}, small = {.depth_max = 4, .string_max = 9};
  lnti_arena arena = {.cap = 64 << 20};
  const lnti_json_value *root = NULL;
  lnt_status whole = stream(data, n, SIZE_MAX, &plain);
  check(stream(data, n, 1, &plain) == whole);
  lnt_status as_lines = stream(data, n, 3, &lines);
  check(whole != LNT_OK || as_lines == LNT_OK);
  check(stream(data, n, 2, &small) != LNT_OK || whole == LNT_OK);
  lnt_status tree = lnti_json_parse(&root, &arena, (const char *)data, n, "fuzz", NULL);
  check(tree != LNT_OK || whole == LNT_OK);
  if (tree == LNT_OK) check_again(root);
  lnti_arena_clear(&arena);
  return 0;
}
