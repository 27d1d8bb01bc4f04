/*
 * Every offset is compared with the bytes that are there before it is followed; offsets point forwards, but for those of tables to
 * their lists of fields, which are not followed further. So each call ends, whatever the bytes are.
 */
#include <graph/flat.h>

#include <base/bytes.h>
#include <base/text.h>
#include <string.h>

enum { IDENTIFIER_AT = 4, IDENTIFIER_BYTES = 4, FIELDS_HEAD = 4 };

bool lnti_flat_is(const void *data, size_t bytes, const char identifier[4]) {
  return bytes >= IDENTIFIER_AT + IDENTIFIER_BYTES &&
         memcmp((const char *)data + IDENTIFIER_AT, identifier, IDENTIFIER_BYTES) == 0;
}

static void note_damage(lnti_flat *file, const char *what) {
  if (!file->damage) file->damage = what;
}

/* That n bytes from `at` are there. */
static bool lies_within(const lnti_flat *file, size_t at, size_t n) {
  return at <= file->bytes && n <= file->bytes - at;
}

static int64_t number_at(const uint8_t *p, size_t size) {
  switch (size) {
    case 1:
      return (int8_t)p[0];
    case 2:
      return (int16_t)lnti_get_le16(p);
    case 4:
      return (int32_t)lnti_get_le32(p);
    default:
      return (int64_t)lnti_get_le64(p);
  }
}

static float real_at(const uint8_t *p) {
  uint32_t bits = lnti_get_le32(p);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* The place that the offset at `from` points to; 0 where that is nowhere. */
static size_t follow(lnti_flat *file, size_t from) {
  if (!lies_within(file, from, 4)) return 0;
  size_t step = lnti_get_le32(file->data + from);
  return step > 0 && lies_within(file, from, step) ? from + step : 0;
}

static lnti_flat_table table_at(lnti_flat *file, size_t at) {
  lnti_flat_table table = {.file = file};
  if (at == 0 || !lies_within(file, at, 4)) {
    note_damage(file, "a table that lies beyond its end");
    return table;
  }
  int64_t fields = (int64_t)at - (int32_t)lnti_get_le32(file->data + at);
  if (fields < 0 || !lies_within(file, (size_t)fields, FIELDS_HEAD)) {
    note_damage(file, "a table whose list of fields lies beyond its end");
    return table;
  }
  table.fields = (size_t)fields;
  table.fields_bytes = lnti_get_le16(file->data + fields);
  table.bytes = lnti_get_le16(file->data + fields + 2);
  bool whole = table.fields_bytes >= FIELDS_HEAD && table.bytes >= 4 &&
               lies_within(file, table.fields, table.fields_bytes) && lies_within(file, at, table.bytes);
  if (whole) {
    table.at = at;
  } else {
    note_damage(file, "a table that is cut off");
  }
  return table;
}

lnti_flat_table lnti_flat_root(lnti_flat *file) {
  return table_at(file, follow(file, 0));
}

/* The place of a field's `size` bytes; 0 where it is left out. */
static size_t field_at(const lnti_flat_table *table, unsigned field, size_t size) {
  size_t entry = FIELDS_HEAD + 2 * (size_t)field;
  if (table->at == 0 || entry + 2 > table->fields_bytes) return 0;
  size_t step = lnti_get_le16(table->file->data + table->fields + entry);
  if (step == 0) return 0;
  if (step < 4 || step + size > table->bytes) {
    note_damage(table->file, "a field that lies outside its table");
    return 0;
  }
  return table->at + step;
}

int64_t lnti_flat_int(const lnti_flat_table *table, unsigned field, size_t size, int64_t otherwise) {
  size_t at = field_at(table, field, size);
  return at ? number_at(table->file->data + at, size) : otherwise;
}

float lnti_flat_real(const lnti_flat_table *table, unsigned field, float otherwise) {
  size_t at = field_at(table, field, 4);
  return at ? real_at(table->file->data + at) : otherwise;
}

lnti_flat_table lnti_flat_child(const lnti_flat_table *table, unsigned field) {
  size_t at = field_at(table, field, 4);
  return at ? table_at(table->file, follow(table->file, at)) : (lnti_flat_table){.file = table->file};
}

lnti_flat_list lnti_flat_field_list(const lnti_flat_table *table, unsigned field, size_t size) {
  lnti_flat_list list = {.file = table->file, .size = size};
  size_t from = field_at(table, field, 4);
  if (from == 0) return list;
  size_t at = follow(table->file, from);
  if (at == 0 || !lies_within(table->file, at, 4)) {
    note_damage(table->file, "a list that lies beyond its end");
    return list;
  }
  size_t n = lnti_get_le32(table->file->data + at);
  if (n > (table->file->bytes - at - 4) / size) {
    note_damage(table->file, "a list that is longer than what is there");
    return list;
  }
  list.at = at + 4;
  list.n = n;
  return list;
}

size_t lnti_flat_text(char *out, size_t room, const lnti_flat_table *table, unsigned field) {
  lnti_flat_list list = lnti_flat_field_list(table, field, 1);
  size_t n = list.n < room ? list.n : room - 1;
  const char *text = list.n ? (const char *)list.file->data + list.at : "";
  const char *nul = n > 0 ? memchr(text, 0, n) : NULL;
  if (nul) n = (size_t)(nul - text);
  n = lnti_utf8_valid(text, n);
  memcpy(out, text, n);
  out[n] = 0;
  return n;
}

int64_t lnti_flat_int_at(const lnti_flat_list *list, size_t i) {
  return number_at(list->file->data + list->at + i * list->size, list->size);
}

float lnti_flat_real_at(const lnti_flat_list *list, size_t i) {
  return real_at(list->file->data + list->at + i * list->size);
}

lnti_flat_table lnti_flat_table_at(const lnti_flat_list *list, size_t i) {
  return table_at(list->file, follow(list->file, list->at + i * 4));
}
