/*
 * A JSON document as a tree in an arena, built from the reader's events with an explicit stack, so that depth costs no
 * C stack. Duplicate keys are looked for once an object is complete: its keys are sorted by a seeded hash and neighbours
 * compared, which stays at n log n even for keys chosen to collide, and needs one scratch array for all objects.
 */
#include <base/json.h>

#include <base/error.h>
#include <base/hash.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_MEMBERS = 8, KEYS_KEPT = 64 };

typedef struct member {
  uint64_t hash;
  const lnti_json_value *value;
} member;

typedef struct level {
  lnti_json_value *container, *last;
} level;

typedef struct builder {
  lnti_arena *arena;
  const char *name;
  lnti_json_reader *reader;
  locale_t c_locale; /* numbers have a point, whatever the user's language */
  lnti_json_value *root;
  const char *key;             /* of the value that comes next */
  const char *keys[KEYS_KEPT]; /* those seen last, one for each rest of the hash: objects have few different ones */
  member *members;             /* scratch of refuse_duplicates */
  size_t members_capacity;
  unsigned depth;
  level levels[LNTI_JSON_DEPTH_MAX];
} builder;

typedef struct memory {
  const char *data;
  size_t n;
} memory;

static lnt_status read_memory(size_t *n_out, void *payload, char *buffer, size_t n, lnt_error *err) {
  memory *m = payload;
  size_t part = n < m->n ? n : m->n;
  (void)err;
  *n_out = part;
  if (part == 0) return LNT_OK;
  memcpy(buffer, m->data, part);
  m->data += part;
  m->n -= part;
  return LNT_OK;
}

/* ---- duplicate keys ---- */

static int compare_members(const void *a, const void *b) {
  const member *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return strcmp(x->value->key, y->value->key);
}

static bool is_later(const lnti_json_value *a, const lnti_json_value *b) {
  return a->line != b->line ? a->line > b->line : a->column > b->column;
}

static lnt_status fail_duplicate(const builder *b, const lnti_json_value *v, lnt_error *err) {
  return lnti_fail(err, LNT_EDATA, "%.200s:%u:%u: the key '%.100s' stands twice in one object", b->name, v->line,
                   v->column, v->key);
}

/* Each with each, which is quicker than sorting where there are few. */
static lnt_status refuse_duplicates_of_few(const builder *b, const lnti_json_value *object, lnt_error *err) {
  for (const lnti_json_value *v = object->first; v; v = v->next) {
    for (const lnti_json_value *w = object->first; w != v; w = w->next) {
      if (w->key == v->key || strcmp(w->key, v->key) == 0) return fail_duplicate(b, v, err);
    }
  }
  return LNT_OK;
}

static lnt_status refuse_duplicates(builder *b, const lnti_json_value *object, lnt_error *err) {
  size_t n = 0;
  if (object->length <= FEW_MEMBERS) return refuse_duplicates_of_few(b, object, err);
  if (object->length > b->members_capacity) {
    lnt_status status = lnti_grow(&b->members, &b->members_capacity, object->length, sizeof *b->members, err);
    if (status) return status;
  }
  uint64_t seed = (uint64_t)(uintptr_t)object;
  for (const lnti_json_value *v = object->first; v; v = v->next) {
    b->members[n++] = (member){lnti_hash_table(v->key, strlen(v->key), seed), v};
  }
  qsort(b->members, n, sizeof *b->members, compare_members);
  for (size_t i = 1; i < n; i++) {
    const lnti_json_value *v = b->members[i].value, *w = b->members[i - 1].value;
    if (compare_members(&b->members[i - 1], &b->members[i]) != 0) continue;
    return fail_duplicate(b, is_later(w, v) ? w : v, err);
  }
  return LNT_OK;
}

/* ---- building ---- */

static lnt_status add_value(lnti_json_value **out, builder *b, lnti_json_type type, lnt_error *err) {
  lnti_json_value *v = NULL;
  lnt_status status = lnti_arena_alloc(&v, b->arena, 1, sizeof *v, err);
  if (status) return status;
  v->type = type;
  size_t line = 0, column = 0;
  lnti_json_reader_position(b->reader, &line, &column);
  v->line = (uint32_t)line;
  v->column = (uint32_t)column;
  v->key = b->key;
  b->key = NULL;
  if (b->depth == 0) {
    b->root = v;
  } else {
    level *top = &b->levels[b->depth - 1];
    if (top->last) {
      top->last->next = v;
    } else {
      top->container->first = v;
    }
    top->last = v;
    top->container->length++;
  }
  *out = v;
  return LNT_OK;
}

static lnt_status add_container(builder *b, lnti_json_type type, lnt_error *err) {
  lnti_json_value *v = NULL;
  lnt_status status = add_value(&v, b, type, err);
  if (status) return status;
  b->levels[b->depth++] = (level){v, NULL}; /* the reader has checked the depth */
  return LNT_OK;
}

static lnt_status add_text(builder *b, lnti_json_type type, const char *text, size_t n, lnt_error *err) {
  lnti_json_value *v = NULL;
  char *copy = NULL;
  lnt_status status = lnti_arena_strndup(&copy, b->arena, text, n, err);
  if (status == LNT_OK) status = add_value(&v, b, type, err);
  if (status) return status;
  v->text = copy;
  v->length = n;
  if (type != LNTI_JSON_TYPE_NUMBER) return LNT_OK;
  v->number = strtod_l(copy, NULL, b->c_locale);
  if (isfinite(v->number)) return LNT_OK;
  return lnti_fail(err, LNT_EDATA, "%.200s:%u:%u: the number %.40s is beyond what a double holds, about 1.8e308",
                   b->name, v->line, v->column, copy);
}

static lnt_status take_key(builder *b, const char *text, size_t n, lnt_error *err) {
  const char **kept = &b->keys[lnti_hash_table(text, n, 0) % KEYS_KEPT];
  char *copy = NULL;
  lnt_status status = LNT_OK;
  if (!*kept || strcmp(*kept, text) != 0) {
    status = lnti_arena_strndup(&copy, b->arena, text, n, err);
    if (!status) *kept = copy;
  }
  if (!status) b->key = *kept;
  return status;
}

static lnt_status add_event(builder *b, lnti_json_event event, const char *text, size_t n, lnt_error *err) {
  lnti_json_value *v = NULL;
  lnt_status status = LNT_OK;
  switch (event) {
    case LNTI_JSON_BEGIN_OBJECT:
      return add_container(b, LNTI_JSON_TYPE_OBJECT, err);
    case LNTI_JSON_BEGIN_ARRAY:
      return add_container(b, LNTI_JSON_TYPE_ARRAY, err);
    case LNTI_JSON_END_OBJECT:
      b->depth--;
      return refuse_duplicates(b, b->levels[b->depth].container, err);
    case LNTI_JSON_END_ARRAY:
      b->depth--;
      return LNT_OK;
    case LNTI_JSON_KEY:
      return take_key(b, text, n, err);
    case LNTI_JSON_STRING:
      return add_text(b, LNTI_JSON_TYPE_STRING, text, n, err);
    case LNTI_JSON_NUMBER:
      return add_text(b, LNTI_JSON_TYPE_NUMBER, text, n, err);
    case LNTI_JSON_TRUE:
    case LNTI_JSON_FALSE:
      status = add_value(&v, b, LNTI_JSON_TYPE_BOOL, err);
      if (status == LNT_OK) v->boolean = event == LNTI_JSON_TRUE;
      return status;
    case LNTI_JSON_NULL:
      return add_value(&v, b, LNTI_JSON_TYPE_NULL, err);
    case LNTI_JSON_END:
      break;
  }
  return LNT_OK;
}

lnt_status lnti_json_parse(const lnti_json_value **out, lnti_arena *arena, const char *data, size_t n, const char *name,
                           lnt_error *err) {
  builder *b = NULL;
  memory source = {data, n};
  lnti_json_reader_options options = {.name = name};
  lnti_json_event event = LNTI_JSON_NULL;
  lnt_status status = lnti_alloc_zero(&b, 1, sizeof *b, err);
  if (status) return status;
  b->arena = arena;
  b->name = name ? name : "JSON";
  b->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!b->c_locale) {
    status = lnti_fail_memory(err, 1);
    goto done;
  }
  status = lnti_json_reader_new(&b->reader, read_memory, &source, &options, err);
  while (status == LNT_OK && event != LNTI_JSON_END) {
    const char *text = NULL;
    size_t length = 0;
    status = lnti_json_next(&event, &text, &length, b->reader, err);
    if (status == LNT_OK) status = add_event(b, event, text, length, err);
  }
  if (status == LNT_OK) *out = b->root;
done:
  lnti_json_reader_free(b->reader);
  if (b->c_locale) freelocale(b->c_locale);
  free(b->members);
  free(b);
  return status;
}

/* ---- getting ---- */

const lnti_json_value *lnti_json_get(const lnti_json_value *object, const char *key) {
  if (!object || object->type != LNTI_JSON_TYPE_OBJECT) return NULL;
  for (const lnti_json_value *v = object->first; v; v = v->next) {
    if (strcmp(v->key, key) == 0) return v;
  }
  return NULL;
}

static const char *type_name(const lnti_json_value *v) {
  static const char *const names[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
  return names[v->type];
}

/* Its child; NULL with LNT_OK where there is none. */
static lnt_status get_typed(const lnti_json_value **out, const lnti_json_value *object, const char *key,
                            lnti_json_type type, const char *expected, lnt_error *err) {
  const lnti_json_value *v = lnti_json_get(object, key);
  if (v && v->type != type) {
    return lnti_fail(err, LNT_EDATA, "line %u: '%s' is %s where %s is needed", v->line, key, type_name(v), expected);
  }
  *out = v;
  return LNT_OK;
}

lnt_status lnti_json_get_string(const char **out, const lnti_json_value *object, const char *key, const char *fallback,
                                lnt_error *err) {
  const lnti_json_value *v = NULL;
  lnt_status status = get_typed(&v, object, key, LNTI_JSON_TYPE_STRING, "a string", err);
  if (status) return status;
  *out = v ? v->text : fallback;
  return LNT_OK;
}

/* Exact beyond 2^53 where the number is written as an integer; 2.0 and 1e3 are whole as well. */
static bool whole_number(int64_t *out, const lnti_json_value *v) {
  if (v->text[strspn(v->text, "-0123456789")] == '\0') {
    errno = 0;
    long long value = strtoll(v->text, NULL, 10);
    if (errno) return false;
    *out = value;
    return true;
  }
  if (floor(v->number) != v->number || fabs(v->number) > 0x1p53) return false;
  *out = (int64_t)v->number;
  return true;
}

lnt_status lnti_json_get_int(int64_t *out, const lnti_json_value *object, const char *key, int64_t fallback,
                             int64_t min, int64_t max, lnt_error *err) {
  const lnti_json_value *v = NULL;
  int64_t value = fallback;
  lnt_status status = get_typed(&v, object, key, LNTI_JSON_TYPE_NUMBER, "a whole number", err);
  if (status) return status;
  if (v && (!whole_number(&value, v) || value < min || value > max)) {
    return lnti_fail(err, LNT_EDATA, "line %u: '%s' is %.40s where a whole number from %lld to %lld is needed", v->line,
                     key, v->text, (long long)min, (long long)max);
  }
  *out = value;
  return LNT_OK;
}

lnt_status lnti_json_get_real(double *out, const lnti_json_value *object, const char *key, double fallback,
                              lnt_error *err) {
  const lnti_json_value *v = NULL;
  lnt_status status = get_typed(&v, object, key, LNTI_JSON_TYPE_NUMBER, "a number", err);
  if (status) return status;
  *out = v ? v->number : fallback;
  return LNT_OK;
}

lnt_status lnti_json_get_bool(bool *out, const lnti_json_value *object, const char *key, bool fallback,
                              lnt_error *err) {
  const lnti_json_value *v = NULL;
  lnt_status status = get_typed(&v, object, key, LNTI_JSON_TYPE_BOOL, "true or false", err);
  if (status) return status;
  *out = v ? v->boolean : fallback;
  return LNT_OK;
}
