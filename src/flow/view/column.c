/*
 * Columns and texts of a view. They begin as narrow as can be and widen when a number does not fit; those that lie in a mapped
 * snapshot are written to in place (the mapping is private), and move to memory of their own when they must grow.
 */
#include <base/error.h>
#include <base/hash.h>
#include <flow/view/parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- columns ---- */

/* Rows from `begin` on as if never set. */
static void fill(lnti_column *column, size_t begin) {
  if (column->real) {
    double *data = column->data;
    for (size_t i = begin; i < column->capacity; i++) data[i] = (double)NAN;
  } else {
    memset((char *)column->data + begin * column->width, 0, (column->capacity - begin) * column->width);
  }
}

static uint64_t number_at(const lnti_column *column, size_t row) {
  if (column->width == 8) {
    double number = ((const double *)column->data)[row];
    return number > 0 ? (uint64_t)number : 0;
  }
  return column->width ? lnti_column_code(column, row) : 0;
}

/* Moves the data to memory of their own, of that capacity and width. */
static lnt_status move(lnti_column *column, size_t capacity, uint8_t width, lnt_error *err) {
  lnti_column moved = {.capacity = capacity, .width = width, .real = column->real};
  size_t kept = column->capacity < capacity ? column->capacity : capacity;
  lnt_status status = lnti_alloc_aligned(&moved.data, capacity, width, err);
  if (status) return status;
  if (width == column->width) {
    memcpy(moved.data, column->data, kept * width);
  } else if (!column->width) {
    kept = 0;
  } else if (width == 8) {
    for (size_t i = 0; i < kept; i++) ((double *)moved.data)[i] = (double)number_at(column, i);
  } else if (width == 4) {
    for (size_t i = 0; i < kept; i++) ((uint32_t *)moved.data)[i] = lnti_column_code(column, i);
  } else {
    for (size_t i = 0; i < kept; i++) ((uint16_t *)moved.data)[i] = (uint16_t)lnti_column_code(column, i);
  }
  fill(&moved, kept);
  lnti_column_clear(column);
  *column = moved;
  return LNT_OK;
}

lnt_status lnti_column_reserve(lnti_column *column, size_t n, lnt_error *err) {
  size_t capacity = lnti_facet_words(n) * 64;
  if (!column->width || column->capacity >= capacity) return LNT_OK;
  return move(column, capacity, column->width, err);
}

/* Room for a row, in a column of at least that width. */
static lnt_status make_room(lnti_column *column, size_t row, uint8_t width, lnt_error *err) {
  size_t capacity = column->capacity;
  if (row >= capacity) capacity = lnti_facet_words(row + 1 + row / 2) * 64;
  if (capacity == column->capacity && width <= column->width) return LNT_OK;
  return move(column, capacity, width > column->width ? width : column->width, err);
}

static uint8_t width_of(uint64_t number) {
  return number <= UINT8_MAX ? 1 : number <= UINT16_MAX ? 2 : number <= UINT32_MAX ? 4 : 8;
}

lnt_status lnti_column_set(lnti_column *column, size_t row, uint64_t number, lnt_error *err) {
  if (row >= column->capacity || width_of(number) > column->width) {
    if (number == 0) return LNT_OK; /* as what is not there */
    lnt_status status = make_room(column, row, width_of(number), err);
    if (status) return status;
  }
  switch (column->width) {
    case 1:
      ((uint8_t *)column->data)[row] = (uint8_t)number;
      break;
    case 2:
      ((uint16_t *)column->data)[row] = (uint16_t)number;
      break;
    case 4:
      ((uint32_t *)column->data)[row] = (uint32_t)number;
      break;
    default:
      ((double *)column->data)[row] = (double)number;
  }
  return LNT_OK;
}

lnt_status lnti_column_set_real(lnti_column *column, size_t row, double number, lnt_error *err) {
  column->real = true;
  if (row >= column->capacity) {
    if (isnan(number)) return LNT_OK;
    lnt_status status = make_room(column, row, 8, err);
    if (status) return status;
  }
  ((double *)column->data)[row] = number;
  return LNT_OK;
}

double lnti_column_real(const lnti_column *column, size_t row) {
  if (column->width == 8 && row < column->capacity) return ((const double *)column->data)[row];
  if (column->real) return (double)NAN;
  return (double)lnti_column_number(column, row);
}

uint64_t lnti_column_number(const lnti_column *column, size_t row) {
  return row < column->capacity ? number_at(column, row) : 0;
}

void lnti_column_clear(lnti_column *column) {
  if (!column->mapped) free(column->data);
  *column = (lnti_column){.real = column->real};
}

/* ---- texts ---- */

/* Moves what lies in the snapshot to memory of its own, so that it may grow. */
static lnt_status own_texts(lnti_texts *texts, lnt_error *err) {
  lnti_texts own = {.n_bytes = texts->n_bytes, .n = texts->n};
  if (!texts->mapped) return LNT_OK;
  lnt_status status = lnti_grow(&own.bytes, &own.byte_capacity, texts->n_bytes + 1, 1, err);
  if (!status) status = lnti_grow(&own.offset, &own.capacity, texts->n + 1, sizeof *own.offset, err);
  if (status) {
    free(own.bytes);
    return status;
  }
  memcpy(own.bytes, texts->bytes, texts->n_bytes);
  memcpy(own.offset, texts->offset, texts->n * sizeof *own.offset);
  *texts = own;
  return LNT_OK;
}

static lnt_status append_bytes(uint32_t *offset_out, lnti_texts *texts, const char *text, lnt_error *err) {
  size_t n = strlen(text) + 1;
  if (n > UINT32_MAX - texts->n_bytes) {
    return lnti_fail(err, LNT_ELIMIT, "a view holds at most 4 GiB of paths, and of the values of one metadata key");
  }
  lnt_status status = lnti_grow(&texts->bytes, &texts->byte_capacity, texts->n_bytes + n, 1, err);
  if (status) return status;
  memcpy(texts->bytes + texts->n_bytes, text, n);
  *offset_out = (uint32_t)texts->n_bytes;
  texts->n_bytes += n;
  return LNT_OK;
}

lnt_status lnti_texts_add(lnti_texts *texts, const char *text, lnt_error *err) {
  lnt_status status = own_texts(texts, err);
  if (!status) status = lnti_grow(&texts->offset, &texts->capacity, texts->n + 1, sizeof *texts->offset, err);
  if (!status) status = append_bytes(&texts->offset[texts->n], texts, text, err);
  if (!status) texts->n++;
  return status;
}

lnt_status lnti_texts_replace(lnti_texts *texts, size_t i, const char *text, lnt_error *err) {
  if (strcmp(lnti_texts_get(texts, i), text) == 0) return LNT_OK;
  lnt_status status = own_texts(texts, err);
  return status ? status : append_bytes(&texts->offset[i], texts, text, err);
}

void lnti_texts_clear(lnti_texts *texts) {
  if (!texts->mapped) {
    free(texts->bytes);
    free(texts->offset);
  }
  *texts = (lnti_texts){0};
}

/* ---- words ---- */

static size_t slot_of(const lnti_words *words, const char *text) {
  size_t mask = words->n_slots - 1, at = (size_t)lnti_hash_table(text, strlen(text), words->seed) & mask;
  while (words->slot[at] && strcmp(lnti_texts_get(&words->texts, words->slot[at] - 1), text) != 0) at = (at + 1) & mask;
  return at;
}

/* A table with room for one more code. */
static lnt_status reserve_slots(lnti_words *words, lnt_error *err) {
  size_t n_slots = 16;
  uint32_t *slot = NULL;
  if (words->slot && (words->texts.n + 1) * 2 <= words->n_slots) return LNT_OK;
  while (n_slots < (words->texts.n + 1) * 4) n_slots *= 2;
  /* The texts may come from somebody who would like them all in one chain; no result depends on the seed. */
  if (!words->slot) lnti_random_bytes(&words->seed, sizeof words->seed);
  lnt_status status = lnti_alloc_zero(&slot, n_slots, sizeof *slot, err);
  if (status) return status;
  free(words->slot);
  words->slot = slot;
  words->n_slots = n_slots;
  for (size_t i = 0; i < words->texts.n; i++) {
    slot[slot_of(words, lnti_texts_get(&words->texts, i))] = (uint32_t)i + 1;
  }
  return LNT_OK;
}

lnt_status lnti_words_intern(uint32_t *code_out, lnti_words *words, const char *text, lnt_error *err) {
  lnt_status status = LNT_OK;
  if (words->texts.n == 0) status = lnti_texts_add(&words->texts, "", err);
  if (!status && strcmp(lnti_texts_get(&words->texts, words->last), text) == 0) {
    *code_out = words->last;
    return LNT_OK;
  }
  if (!status) status = reserve_slots(words, err);
  if (status) return status;
  size_t at = slot_of(words, text);
  if (!words->slot[at]) {
    status = lnti_texts_add(&words->texts, text, err);
    if (status) return status;
    words->slot[at] = (uint32_t)words->texts.n;
  }
  *code_out = words->last = words->slot[at] - 1;
  return LNT_OK;
}

lnt_status lnti_words_set(lnti_words *words, size_t row, const char *text, lnt_error *err) {
  uint32_t code = 0;
  lnt_status status = *text || words->texts.n ? lnti_words_intern(&code, words, text, err) : LNT_OK;
  return status ? status : lnti_column_set(&words->codes, row, code, err);
}

void lnti_words_clear(lnti_words *words) {
  lnti_column_clear(&words->codes);
  lnti_texts_clear(&words->texts);
  free(words->slot);
  *words = (lnti_words){0};
}
