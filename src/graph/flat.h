/**
 * @file flat.h
 * The wire format of FlatBuffers (https://flatbuffers.dev/internals): tables of numbered fields and lists, joined by offsets. Reading
 * goes over borrowed bytes, copies nothing, and never recurses: whoever knows what a table is asks for what it needs.
 *
 * What does not lie within the bytes is never touched: it reads as if it were not there, and the first such place is kept in
 * `damage`, to be asked for before what was read is believed.
 */
#ifndef LNTI_GRAPH_FLAT_H
#define LNTI_GRAPH_FLAT_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lnti_flat {
  const uint8_t *data;
  size_t bytes;
  const char *damage; /**< what is wrong with the bytes; NULL: nothing so far */
} lnti_flat;

/** A table that is not there has `at` 0; all its fields are left out. */
typedef struct lnti_flat_table {
  lnti_flat *file;
  size_t at, fields; /**< of the table, and of its list of fields */
  size_t bytes, fields_bytes;
} lnti_flat_table;

/** n elements of `size` bytes; a list that is not there has none. */
typedef struct lnti_flat_list {
  lnti_flat *file;
  size_t at, n, size;
} lnti_flat_list;

/** True where the four bytes that say what a file is are these. */
bool lnti_flat_is(const void *data, size_t bytes, const char identifier[4]);
lnti_flat_table lnti_flat_root(lnti_flat *file);

/** Field `field` of a table, or `otherwise` where it is left out; an integer of 1, 2, 4 or 8 bytes, with its sign. */
int64_t lnti_flat_int(const lnti_flat_table *table, unsigned field, size_t size, int64_t otherwise);
float lnti_flat_real(const lnti_flat_table *table, unsigned field, float otherwise);
lnti_flat_table lnti_flat_child(const lnti_flat_table *table, unsigned field);
lnti_flat_list lnti_flat_field_list(const lnti_flat_table *table, unsigned field, size_t size);
/** A text, cut where it is longer than room - 1 bytes or is no UTF-8; returns its length. */
size_t lnti_flat_text(char *out, size_t room, const lnti_flat_table *table, unsigned field);

/** Element i < n of a list: an integer of the list's size, a float, a table (of a list of size 4). */
int64_t lnti_flat_int_at(const lnti_flat_list *list, size_t i);
float lnti_flat_real_at(const lnti_flat_list *list, size_t i);
lnti_flat_table lnti_flat_table_at(const lnti_flat_list *list, size_t i);

#endif
