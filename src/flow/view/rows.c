/*
 * The rows of a view: adding items, their metadata, answers and links, and joining parts that several threads have read. Each
 * part has its own codes; when it is joined, they are translated into those of the whole.
 */
#include <base/error.h>
#include <base/hash.h>
#include <flow/view/parts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void lnti_rows_init(lnti_rows *rows) {
  *rows = (lnti_rows){0};
  rows->numbers[LNTI_NUMBER_SHARPNESS].real = true;
  rows->numbers[LNTI_NUMBER_BRIGHTNESS].real = true;
  rows->numbers[LNTI_NUMBER_CONTRAST].real = true;
}

static void clear_question(lnti_question_rows *question) {
  for (size_t i = 0; i < question->checks.n; i++) {
    lnti_column_clear(&question->bits[i].yes);
    lnti_column_clear(&question->bits[i].no);
  }
  free(question->bits);
  lnti_places_clear(&question->checks);
  lnti_places_clear(&question->options);
  lnti_column_clear(&question->codes);
  lnti_column_clear(&question->numbers);
}

void lnti_rows_clear(lnti_rows *rows) {
  for (size_t i = 0; i < rows->n_meta; i++) lnti_words_clear(&rows->meta[i].words);
  for (size_t i = 0; i < rows->question_ids.n; i++) clear_question(&rows->questions[i]);
  lnti_places_clear(&rows->question_ids);
  for (size_t i = 0; i < LNTI_WORD_COLUMNS; i++) lnti_words_clear(&rows->words[i]);
  for (size_t i = 0; i < LNTI_NUMBERS; i++) lnti_column_clear(&rows->numbers[i]);
  lnti_texts_clear(&rows->members);
  if (!rows->ids_mapped) free(rows->ids);
  free(rows->meta);
  free(rows->questions);
  lnti_rows_init(rows);
}

/* ---- finding ---- */

size_t lnti_rows_find(const lnti_rows *rows, int64_t id) {
  if (rows->n == 0 || id < rows->ids[0] || id > rows->ids[rows->n - 1]) return LNTI_NONE;
  /* Ids rise by one at least, so the row is at most this; where there are gaps it is a little before. */
  uint64_t most = (uint64_t)id - (uint64_t)rows->ids[0];
  size_t high = most < rows->n - 1 ? (size_t)most : rows->n - 1, low = high, step = 1;
  if (rows->ids[high] == id) return high;
  while (rows->ids[low] > id) {
    high = low;
    low = low > step ? low - step : 0;
    step *= 2;
  }
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (rows->ids[middle] <= id) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return rows->ids[low] == id ? low : LNTI_NONE;
}

lnti_question_rows *lnti_rows_question(const lnti_rows *rows, int64_t question_id) {
  size_t place = lnti_places_find(&rows->question_ids, question_id);
  return place == LNTI_NONE ? NULL : &rows->questions[place];
}

lnti_words *lnti_rows_meta(const lnti_rows *rows, int64_t key_id) {
  for (size_t i = 0; i < rows->n_meta; i++) {
    if (rows->meta[i].key_id == key_id) return &rows->meta[i].words;
  }
  return NULL;
}

/* ---- places ---- */

static size_t place_slot(const lnti_places *places, int64_t id) {
  size_t mask = places->n_slots - 1, at = (size_t)lnti_hash_table(&id, sizeof id, 0) & mask;
  while (places->slot[at] && places->ids[places->slot[at] - 1] != id) at = (at + 1) & mask;
  return at;
}

static lnt_status reserve_places(lnti_places *places, lnt_error *err) {
  size_t n_slots = 16;
  uint32_t *slot = NULL;
  if (places->slot && (places->n + 1) * 2 <= places->n_slots) return LNT_OK;
  while (n_slots < (places->n + 1) * 4) n_slots *= 2;
  lnt_status status = lnti_alloc_zero(&slot, n_slots, sizeof *slot, err);
  if (status) return status;
  free(places->slot);
  places->slot = slot;
  places->n_slots = n_slots;
  for (size_t i = 0; i < places->n; i++) slot[place_slot(places, places->ids[i])] = (uint32_t)i + 1;
  return LNT_OK;
}

/* Moves ids that lie in the snapshot to memory of their own. */
static lnt_status own_places(lnti_places *places, lnt_error *err) {
  int64_t *ids = NULL;
  size_t capacity = 0;
  if (!places->mapped) return LNT_OK;
  lnt_status status = lnti_grow(&ids, &capacity, places->n + 1, sizeof *ids, err);
  if (status) return status;
  memcpy(ids, places->ids, places->n * sizeof *ids);
  places->ids = ids;
  places->capacity = capacity;
  places->mapped = false;
  return LNT_OK;
}

lnt_status lnti_places_add(size_t *place_out, lnti_places *places, int64_t id, lnt_error *err) {
  lnt_status status = reserve_places(places, err);
  if (status) return status;
  size_t at = place_slot(places, id);
  if (!places->slot[at]) {
    status = own_places(places, err);
    if (!status) status = lnti_grow(&places->ids, &places->capacity, places->n + 1, sizeof *places->ids, err);
    if (status) return status;
    places->ids[places->n++] = id;
    places->slot[at] = (uint32_t)places->n;
  }
  *place_out = places->slot[at] - 1;
  return LNT_OK;
}

size_t lnti_places_find(const lnti_places *places, int64_t id) {
  if (places->slot) return (size_t)places->slot[place_slot(places, id)] - 1; /* 0, free, becomes LNTI_NONE */
  for (size_t i = 0; i < places->n; i++) {
    if (places->ids[i] == id) return i;
  }
  return LNTI_NONE;
}

void lnti_places_clear(lnti_places *places) {
  if (!places->mapped) free(places->ids);
  free(places->slot);
  *places = (lnti_places){0};
}

/* ---- items ---- */

static lnt_status set_item(lnti_rows *rows, size_t row, const lnti_item *item, lnt_error *err) {
  const struct {
    lnti_number_column column;
    uint64_t number;
  } numbers[] = {{LNTI_NUMBER_SOURCE, (uint64_t)item->source_id},
                 {LNTI_NUMBER_KIND, item->kind == LNTI_ITEM_GROUP ? 2 : 1},
                 {LNTI_NUMBER_GROUP, (uint64_t)item->group_id},
                 {LNTI_NUMBER_WIDTH, item->w},
                 {LNTI_NUMBER_HEIGHT, item->h},
                 {LNTI_NUMBER_BYTES, item->bytes},
                 {LNTI_NUMBER_DEPTH, item->depth}};
  const lnti_item_facts *facts = &item->facts;
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !status; i++) {
    status = lnti_column_set(&rows->numbers[numbers[i].column], row, numbers[i].number, err);
  }
  const double missing = (double)NAN;
  lnti_column *real = &rows->numbers[LNTI_NUMBER_SHARPNESS];
  if (!status) status = lnti_column_set_real(real, row, facts->has_quality ? facts->sharpness : missing, err);
  if (!status) status = lnti_column_set_real(real + 1, row, facts->has_quality ? facts->brightness : missing, err);
  if (!status) status = lnti_column_set_real(real + 2, row, facts->has_quality ? facts->contrast : missing, err);
  if (!status) status = lnti_words_set(&rows->words[LNTI_WORD_SPLIT], row, item->split, err);
  if (!status) status = lnti_words_set(&rows->words[LNTI_WORD_STAGE], row, item->stage, err);
  if (!status) status = lnti_words_set(&rows->words[LNTI_WORD_FORMAT], row, item->format, err);
  return status;
}

static lnt_status add_id(lnti_rows *rows, int64_t id, lnt_error *err) {
  int64_t *ids = NULL;
  size_t capacity = 0;
  if (rows->n >= UINT32_MAX) return lnti_fail(err, LNT_ELIMIT, "a view holds at most 4,294,967,295 items");
  if (rows->n && id <= rows->ids[rows->n - 1]) {
    return lnti_fail(err, LNT_ECONFLICT, "item %lld comes after item %lld", (long long)id,
                     (long long)rows->ids[rows->n - 1]);
  }
  if (rows->ids_mapped) {
    lnt_status status = lnti_grow(&ids, &capacity, rows->n + 1, sizeof *ids, err);
    if (status) return status;
    memcpy(ids, rows->ids, rows->n * sizeof *ids);
    rows->ids = ids;
    rows->id_capacity = capacity;
    rows->ids_mapped = false;
  }
  lnt_status status = lnti_grow(&rows->ids, &rows->id_capacity, rows->n + 1, sizeof *rows->ids, err);
  if (!status) rows->ids[rows->n++] = id;
  return status;
}

lnt_status lnti_rows_add(lnti_rows *rows, const lnti_item *item, lnt_error *err) {
  lnt_status status = add_id(rows, item->id, err);
  if (!status) status = lnti_texts_add(&rows->members, item->member, err);
  if (!status) status = set_item(rows, rows->n - 1, item, err);
  return status;
}

/* ---- metadata ---- */

static lnt_status get_meta(lnti_words **out, lnti_rows *rows, int64_t key_id, lnt_error *err) {
  *out = lnti_rows_meta(rows, key_id);
  if (*out) return LNT_OK;
  lnt_status status = lnti_grow(&rows->meta, &rows->meta_capacity, rows->n_meta + 1, sizeof *rows->meta, err);
  if (status) return status;
  rows->meta[rows->n_meta] = (lnti_meta_rows){.key_id = key_id};
  *out = &rows->meta[rows->n_meta++].words;
  return LNT_OK;
}

lnt_status lnti_rows_set_meta(lnti_rows *rows, size_t row, int64_t key_id, const char *value, lnt_error *err) {
  lnti_words *words = NULL;
  lnt_status status = get_meta(&words, rows, key_id, err);
  return status ? status : lnti_words_set(words, row, value, err);
}

/* ---- answers ---- */

static lnt_status get_question(lnti_question_rows **out, lnti_rows *rows, int64_t question_id, lnt_error *err) {
  size_t n = rows->question_ids.n, place = 0;
  lnt_status status = lnti_grow(&rows->questions, &rows->question_capacity, n + 1, sizeof *rows->questions, err);
  if (!status) status = lnti_places_add(&place, &rows->question_ids, question_id, err);
  if (status) return status;
  if (place == n) {
    rows->questions[n] = (lnti_question_rows){.question_id = question_id, .numbers = {.real = true}};
  }
  *out = &rows->questions[place];
  return LNT_OK;
}

/* The bits of an option, made where it is new. */
static lnt_status get_bits(lnti_option_bits **out, lnti_question_rows *question, int64_t option_id, lnt_error *err) {
  size_t n = question->checks.n, place = 0;
  lnt_status status = lnti_grow(&question->bits, &question->bit_capacity, n + 1, sizeof *question->bits, err);
  if (!status) status = lnti_places_add(&place, &question->checks, option_id, err);
  if (status) return status;
  if (place == n) question->bits[n] = (lnti_option_bits){0};
  *out = &question->bits[place];
  return LNT_OK;
}

/* Whole words in a column that would hold doubles: it is filled with zero bytes, and never read as numbers. */
static lnt_status grow_bits(lnti_column *bits, size_t n_words, lnt_error *err) {
  lnti_column grown = {.capacity = lnti_facet_words(n_words) * 64, .width = 8};
  if (n_words <= bits->capacity) return LNT_OK;
  lnt_status status = lnti_alloc_aligned(&grown.data, grown.capacity, 8, err);
  if (status) return status;
  memset(grown.data, 0, grown.capacity * 8);
  if (bits->capacity) memcpy(grown.data, bits->data, bits->capacity * 8);
  lnti_column_clear(bits);
  *bits = grown;
  return LNT_OK;
}

static lnt_status set_bit(lnti_column *bits, size_t row, bool value, lnt_error *err) {
  if (row / 64 >= bits->capacity) {
    if (!value) return LNT_OK;
    lnt_status status = grow_bits(bits, row / 64 + row / 128 + 1, err);
    if (status) return status;
  }
  uint64_t *word = (uint64_t *)bits->data + row / 64, one = (uint64_t)1 << row % 64;
  *word = value ? *word | one : *word & ~one;
  return LNT_OK;
}

/* One answer more, or one less. */
static lnt_status count_answer(lnti_rows *rows, size_t row, bool was, bool is, lnt_error *err) {
  uint64_t n = lnti_column_number(&rows->numbers[LNTI_NUMBER_ANSWERS], row);
  if (was == is) return LNT_OK;
  n = is ? n + 1 : n - 1;
  lnt_status status = lnti_column_set(&rows->numbers[LNTI_NUMBER_ANSWERS], row, n, err);
  if (!status) status = lnti_column_set(&rows->numbers[LNTI_NUMBER_LABELLED], row, n > 0, err);
  return status;
}

static lnt_status answer_option(lnti_rows *rows, lnti_question_rows *question, size_t row,
                                const lnti_answer_row *answer, lnt_error *err) {
  lnti_option_bits *bits = NULL;
  lnt_status status = get_bits(&bits, question, answer->slot, err);
  if (status) return status;
  bool is = answer->state == LNTI_ANSWERED, yes = is && answer->number != 0;
  bool was = lnti_bits_get(&bits->yes, row) || lnti_bits_get(&bits->no, row);
  status = set_bit(&bits->yes, row, yes, err);
  if (!status) status = set_bit(&bits->no, row, is && !yes, err);
  if (!status) status = count_answer(rows, row, was, is, err);
  return status;
}

lnt_status lnti_rows_answer(lnti_rows *rows, size_t row, const lnti_answer_row *answer, lnt_error *err) {
  lnti_question_rows *question = NULL;
  size_t code = LNTI_CODE_UNANSWERED, place = 0;
  if (answer->question_id == LNTI_REMARKS) {
    return lnti_column_set(&rows->numbers[LNTI_NUMBER_SKIPPED], row, answer->state == LNTI_ANSWERED, err);
  }
  lnt_status status = get_question(&question, rows, answer->question_id, err);
  if (status) return status;
  if (answer->slot) return answer_option(rows, question, row, answer, err);
  if (answer->state == LNTI_UNSURE) code = LNTI_CODE_UNSURE;
  if (answer->state == LNTI_NONE_OF_THESE) code = LNTI_CODE_NONE;
  if (answer->state == LNTI_ANSWERED) {
    if (answer->option_id) status = lnti_places_add(&place, &question->options, answer->option_id, err);
    if (status) return status;
    code = LNTI_CODE_FIRST + place;
  }
  bool was = lnti_column_code(&question->codes, row) != LNTI_CODE_UNANSWERED;
  status = lnti_column_set(&question->codes, row, code, err);
  if (!status && code < LNTI_CODE_FIRST) {
    status = lnti_column_set_real(&question->numbers, row, (double)NAN, err);
  } else if (!status) {
    status = lnti_column_set_real(&question->numbers, row, answer->number, err);
  }
  if (!status) status = count_answer(rows, row, was, code != LNTI_CODE_UNANSWERED, err);
  return status;
}

/* ---- duplicates ---- */

lnt_status lnti_rows_duplicate(lnti_rows *rows, size_t row, const lnti_duplicate *duplicate, lnt_error *err) {
  lnti_column *numbers = rows->numbers;
  lnt_status status = lnti_column_set(&numbers[LNTI_NUMBER_EQUAL], row, (uint64_t)duplicate->equal_id, err);
  if (!status) status = lnti_column_set(&numbers[LNTI_NUMBER_NEAR], row, (uint64_t)duplicate->near_id, err);
  if (!status) status = lnti_column_set(&numbers[LNTI_NUMBER_DISTANCE], row, duplicate->distance, err);
  if (status) return status;
  /* The lowest of a set names it: whoever names another has an equal one, and that other has too. */
  size_t lowest = lnti_rows_find(rows, duplicate->equal_id);
  bool equal = lowest != LNTI_NONE && lowest != row;
  uint64_t before = lnti_column_number(&numbers[LNTI_NUMBER_DUPLICATE], row);
  if (equal || before != 1) status = lnti_column_set(&numbers[LNTI_NUMBER_DUPLICATE], row, equal ? 1 : 2, err);
  if (!status && equal) status = lnti_column_set(&numbers[LNTI_NUMBER_DUPLICATE], lowest, 1, err);
  return status;
}

void lnti_rows_forget_duplicates(lnti_rows *rows) {
  lnti_column_clear(&rows->numbers[LNTI_NUMBER_EQUAL]);
  lnti_column_clear(&rows->numbers[LNTI_NUMBER_NEAR]);
  lnti_column_clear(&rows->numbers[LNTI_NUMBER_DISTANCE]);
  lnti_column_clear(&rows->numbers[LNTI_NUMBER_DUPLICATE]);
}

/* ---- joining parts ---- */

/* A part's code for each text into the whole's; free() *map_out. */
static lnt_status translate(uint32_t **map_out, lnti_words *words, const lnti_words *part, lnt_error *err) {
  uint32_t *map = NULL;
  size_t n = lnti_words_count(part);
  lnt_status status = lnti_alloc(&map, n, sizeof *map, err);
  for (size_t i = 0; i < n && !status; i++) status = lnti_words_intern(&map[i], words, lnti_words_text(part, i), err);
  if (status) {
    free(map);
    return status;
  }
  *map_out = map;
  return LNT_OK;
}

/* Where a row of a part goes: [n], NULL: `base` and up. */
typedef struct joining {
  lnti_rows *rows;
  const lnti_rows *part;
  const size_t *target;
  size_t base;
} joining;

static size_t target_of(const joining *j, size_t i) {
  return j->target ? j->target[i] : j->base + i;
}

static lnt_status join_words(const joining *j, lnti_words *words, const lnti_words *part, lnt_error *err) {
  uint32_t *map = NULL;
  if (!part->texts.n && !words->texts.n) return LNT_OK; /* neither says anything */
  lnt_status status = translate(&map, words, part, err);
  for (size_t i = 0; i < j->part->n && !status; i++) {
    status = lnti_column_set(&words->codes, target_of(j, i), map[lnti_column_code(&part->codes, i)], err);
  }
  free(map);
  return status;
}

static lnt_status join_numbers(const joining *j, lnti_number_column which, lnt_error *err) {
  lnti_column *to = &j->rows->numbers[which];
  const lnti_column *from = &j->part->numbers[which];
  lnt_status status = LNT_OK;
  if (!from->width && !to->width) return LNT_OK;
  for (size_t i = 0; i < j->part->n && !status; i++) {
    status = to->real ? lnti_column_set_real(to, target_of(j, i), lnti_column_real(from, i), err)
                      : lnti_column_set(to, target_of(j, i), lnti_column_number(from, i), err);
  }
  return status;
}

/* What is known of items without their answers and links. */
static lnt_status join_items(const joining *j, lnt_error *err) {
  lnti_rows *rows = j->rows;
  const lnti_rows *part = j->part;
  lnti_words *words = NULL;
  static const lnti_words nothing = {0};
  lnt_status status = LNT_OK;
  for (int i = 0; i <= LNTI_NUMBER_CONTRAST && !status; i++) status = join_numbers(j, (lnti_number_column)i, err);
  for (size_t i = 0; i < LNTI_WORD_COLUMNS && !status; i++) {
    status = join_words(j, &rows->words[i], &part->words[i], err);
  }
  for (size_t i = 0; i < part->n_meta && !status; i++) {
    status = get_meta(&words, rows, part->meta[i].key_id, err);
    if (!status) status = join_words(j, words, &part->meta[i].words, err);
  }
  for (size_t i = 0; i < rows->n_meta && j->target && !status; i++) { /* keys that none of them has any more */
    if (!lnti_rows_meta(part, rows->meta[i].key_id)) status = join_words(j, &rows->meta[i].words, &nothing, err);
  }
  return status;
}

static lnt_status join_bits(const joining *j, lnti_column *to, const lnti_column *from, lnt_error *err) {
  lnt_status status = LNT_OK;
  const uint64_t *words = from->data;
  for (size_t w = 0; w < from->capacity && !status; w++) {
    for (uint64_t word = words[w]; word && !status; word &= word - 1) {
      status = set_bit(to, j->base + 64 * w + (size_t)__builtin_ctzll(word), true, err);
    }
  }
  return status;
}

static lnt_status join_options(const joining *j, lnti_question_rows *to, const lnti_question_rows *from,
                               lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < from->checks.n && !status; i++) {
    lnti_option_bits *bits = NULL;
    status = get_bits(&bits, to, from->checks.ids[i], err);
    if (!status) status = join_bits(j, &bits->yes, &from->bits[i].yes, err);
    if (!status) status = join_bits(j, &bits->no, &from->bits[i].no, err);
  }
  return status;
}

static lnt_status join_codes(const joining *j, lnti_question_rows *to, const lnti_question_rows *from, lnt_error *err) {
  size_t *place = NULL;
  lnt_status status = lnti_alloc(&place, from->options.n + 1, sizeof *place, err);
  place = status ? NULL : place;
  if (!status) place[0] = 0; /* of numbers */
  for (size_t i = 0; i < from->options.n && !status; i++) {
    status = lnti_places_add(&place[i], &to->options, from->options.ids[i], err);
  }
  for (size_t i = 0; i < j->part->n && !status; i++) {
    size_t code = lnti_column_code(&from->codes, i);
    if (code >= LNTI_CODE_FIRST) code = LNTI_CODE_FIRST + place[code - LNTI_CODE_FIRST];
    if (code) status = lnti_column_set(&to->codes, j->base + i, code, err);
    if (code && from->numbers.width && !status) {
      status = lnti_column_set_real(&to->numbers, j->base + i, lnti_column_real(&from->numbers, i), err);
    }
  }
  free(place);
  return status;
}

static lnt_status join_answers(const joining *j, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < j->part->question_ids.n && !status; i++) {
    const lnti_question_rows *from = &j->part->questions[i];
    lnti_question_rows *to = NULL;
    status = get_question(&to, j->rows, from->question_id, err);
    if (status) break;
    status = join_options(j, to, from, err);
    if (!status) status = join_codes(j, to, from, err);
  }
  if (!status) status = join_numbers(j, LNTI_NUMBER_ANSWERS, err);
  if (!status) status = join_numbers(j, LNTI_NUMBER_LABELLED, err);
  if (!status) status = join_numbers(j, LNTI_NUMBER_SKIPPED, err);
  return status;
}

lnt_status lnti_rows_append(lnti_rows *rows, const lnti_rows *part, lnt_error *err) {
  const joining j = {.rows = rows, .part = part, .base = rows->n};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < part->n && !status; i++) {
    status = add_id(rows, part->ids[i], err);
    if (!status) status = lnti_texts_add(&rows->members, lnti_texts_get(&part->members, i), err);
  }
  if (!status) status = join_items(&j, err);
  if (!status) status = join_answers(&j, err);
  return status;
}

lnt_status lnti_rows_replace(lnti_rows *rows, const lnti_rows *part, lnt_error *err) {
  size_t *target = NULL;
  lnt_status status = lnti_alloc(&target, part->n, sizeof *target, err);
  const joining j = {.rows = rows, .part = part, .target = target};
  for (size_t i = 0; i < part->n && !status; i++) {
    const char *member = lnti_texts_get(&part->members, i);
    target[i] = lnti_rows_find(rows, part->ids[i]);
    if (target[i] != LNTI_NONE) {
      status = lnti_texts_replace(&rows->members, target[i], member, err);
    } else {
      status = add_id(rows, part->ids[i], err);
      if (!status) status = lnti_texts_add(&rows->members, member, err);
      target[i] = rows->n - 1;
    }
  }
  if (!status) status = join_items(&j, err);
  free(target);
  return status;
}

/* ---- after changes ---- */

static lnt_status ready_bits(lnti_column *bits, size_t n, lnt_error *err) {
  return bits->width ? grow_bits(bits, lnti_facet_words(n), err) : LNT_OK;
}

lnt_status lnti_rows_ready(lnti_rows *rows, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < LNTI_NUMBERS && !status; i++) status = lnti_column_reserve(&rows->numbers[i], rows->n, err);
  for (size_t i = 0; i < LNTI_WORD_COLUMNS && !status; i++) {
    status = lnti_column_reserve(&rows->words[i].codes, rows->n, err);
  }
  for (size_t i = 0; i < rows->n_meta && !status; i++) {
    status = lnti_column_reserve(&rows->meta[i].words.codes, rows->n, err);
  }
  for (size_t i = 0; i < rows->question_ids.n && !status; i++) {
    lnti_question_rows *q = &rows->questions[i];
    status = lnti_column_reserve(&q->codes, rows->n, err);
    if (!status) status = lnti_column_reserve(&q->numbers, rows->n, err);
    for (size_t o = 0; o < q->checks.n && !status; o++) {
      status = ready_bits(&q->bits[o].yes, rows->n, err);
      if (!status) status = ready_bits(&q->bits[o].no, rows->n, err);
    }
  }
  return status;
}

/* ---- sizes ---- */

static size_t column_bytes(const lnti_column *column) {
  return column->capacity * column->width;
}

static size_t texts_bytes(const lnti_texts *texts) {
  return texts->mapped ? texts->n_bytes + texts->n * sizeof *texts->offset
                       : texts->byte_capacity + texts->capacity * sizeof *texts->offset;
}

static size_t words_bytes(const lnti_words *words) {
  return column_bytes(&words->codes) + texts_bytes(&words->texts) + words->n_slots * sizeof *words->slot;
}

size_t lnti_rows_bytes(const lnti_rows *rows) {
  size_t bytes = (rows->ids_mapped ? rows->n : rows->id_capacity) * sizeof *rows->ids + texts_bytes(&rows->members);
  for (size_t i = 0; i < LNTI_NUMBERS; i++) bytes += column_bytes(&rows->numbers[i]);
  for (size_t i = 0; i < LNTI_WORD_COLUMNS; i++) bytes += words_bytes(&rows->words[i]);
  for (size_t i = 0; i < rows->n_meta; i++) bytes += words_bytes(&rows->meta[i].words);
  for (size_t i = 0; i < rows->question_ids.n; i++) {
    const lnti_question_rows *q = &rows->questions[i];
    bytes +=
        column_bytes(&q->codes) + column_bytes(&q->numbers) + (q->options.n + q->checks.n) * sizeof *q->options.ids;
    for (size_t o = 0; o < q->checks.n; o++) {
      bytes += column_bytes(&q->bits[o].yes) + column_bytes(&q->bits[o].no);
    }
  }
  return bytes;
}
