/*
 * Orders of keys and of texts. Keys are sorted by radix, least digit first, digits that all keys share left out. Texts go by
 * their first eight bytes that may differ, made so that their byte order is that of lnti_natural_compare; groups that are still
 * equal go on with the next eight, or, where texts have very much in common, by merging.
 */
#include <base/error.h>
#include <base/text.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGIT_VALUES = 1 << DIGIT_BITS, SMALL_GROUP = 24, STEPS_MAX = 64 };

typedef struct keyed {
  uint64_t key;
  uint32_t i;
} keyed;

/* ---- keys ---- */

static void scatter(keyed *to, const keyed *from, size_t n, unsigned shift) {
  size_t place[DIGIT_VALUES] = {0}, sum = 0;
  for (size_t i = 0; i < n; i++) place[from[i].key >> shift & (DIGIT_VALUES - 1)]++;
  for (size_t d = 0; d < DIGIT_VALUES; d++) {
    size_t here = place[d];
    place[d] = sum;
    sum += here;
  }
  for (size_t i = 0; i < n; i++) to[place[from[i].key >> shift & (DIGIT_VALUES - 1)]++] = from[i];
}

/* Sorts [n] by key, stably; `spare` [n] is overwritten. */
static void sort_keyed(keyed *list, keyed *spare, size_t n) {
  uint64_t differ = 0;
  keyed *from = list, *to = spare;
  for (size_t i = 1; i < n; i++) differ |= list[i].key ^ list[0].key;
  for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
    if (!(differ >> shift & (DIGIT_VALUES - 1))) continue;
    scatter(to, from, n, shift);
    keyed *swap = from;
    from = to;
    to = swap;
  }
  if (from != list) memcpy(list, from, n * sizeof *list);
}

lnt_status lnti_sort_keys(uint32_t *order_out, const uint64_t *keys, size_t n, lnt_error *err) {
  keyed *list = NULL, *spare = NULL;
  lnt_status status = lnti_alloc(&list, n, sizeof *list, err);
  if (!status) status = lnti_alloc(&spare, n, sizeof *spare, err);
  if (!status) {
    for (size_t i = 0; i < n; i++) list[i] = (keyed){keys[i], (uint32_t)i};
    sort_keyed(list, spare, n);
    for (size_t i = 0; i < n; i++) order_out[i] = list[i].i;
  }
  free(spare);
  free(list);
  return status;
}

/* ---- texts ---- */

typedef struct text_sorter {
  lnti_text_of text;
  const void *payload;
  keyed *spare;
} text_sorter;

/* Where the making of a text's key stands. */
typedef struct key_maker {
  const char *at;
  size_t digits; /* of a number: that are still to come */
} key_maker;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/*
 * The next byte of the key. A number is the byte '0', then how many digits it has without zeros in front (in bytes of at most
 * 254, 255 says that more follow), then these: so a longer number is behind a shorter one, and any number stands where its
 * first digit would. The end is 0.
 */
static unsigned next_byte(key_maker *k, size_t *count) {
  if (*count) { /* of the digits' number */
    unsigned byte = *count > 254 ? 255 : (unsigned)*count;
    *count = byte == 255 ? *count - 254 : 0;
    return byte;
  }
  if (k->digits) {
    k->digits--;
    return (unsigned char)*k->at++;
  }
  if (!is_digit(*k->at)) return *k->at ? (unsigned char)*k->at++ : 0;
  while (*k->at == '0') k->at++;
  while (is_digit(k->at[k->digits])) k->digits++;
  *count = k->digits + 1; /* 0 digits are a count too */
  return '0';
}

/* Bytes [8 * step, 8 * step + 8) of a text's key, as a number. */
static uint64_t key_at(const char *text, size_t step) {
  key_maker k = {text, 0};
  size_t count = 0;
  uint64_t key = 0;
  for (size_t i = 0; i < 8 * step; i++) {
    if (next_byte(&k, &count) == 0) return 0;
  }
  for (int i = 0; i < 8; i++) key = key << 8 | next_byte(&k, &count);
  return key;
}

/* For small groups: by the comparison itself; equal ones stay in order. */
static void insert_sorted(const text_sorter *s, keyed *list, size_t n) {
  for (size_t i = 1; i < n; i++) {
    keyed one = list[i];
    const char *text = s->text(s->payload, one.i);
    size_t j = i;
    for (; j > 0 && lnti_natural_compare(s->text(s->payload, list[j - 1].i), text) > 0; j--) list[j] = list[j - 1];
    list[j] = one;
  }
}

/* The same in O(n log n) comparisons. */
static void merge_sorted(const text_sorter *s, keyed *list, size_t n) {
  if (n <= SMALL_GROUP) {
    insert_sorted(s, list, n);
    return;
  }
  size_t half = n / 2, i = 0, j = half, k = 0;
  merge_sorted(s, list, half);
  merge_sorted(s, list + half, n - half);
  memcpy(s->spare, list, half * sizeof *list);
  while (i < half && j < n) {
    bool second = lnti_natural_compare(s->text(s->payload, s->spare[i].i), s->text(s->payload, list[j].i)) > 0;
    list[k++] = second ? list[j++] : s->spare[i++];
  }
  memcpy(list + k, s->spare + i, (half - i) * sizeof *list);
}

/* Texts of one key are equal, or differ in zeros in front of numbers. */
static void sort_equal(const text_sorter *s, keyed *list, size_t n) {
  const char *first = s->text(s->payload, list[0].i);
  for (size_t i = 1; i < n; i++) {
    if (strcmp(first, s->text(s->payload, list[i].i)) == 0) continue;
    merge_sorted(s, list, n);
    return;
  }
}

static void sort_group(const text_sorter *s, keyed *list, size_t n, size_t step) {
  if (n <= SMALL_GROUP || step >= STEPS_MAX) {
    merge_sorted(s, list, n);
    return;
  }
  for (size_t i = 0; i < n; i++) list[i].key = key_at(s->text(s->payload, list[i].i), step);
  sort_keyed(list, s->spare, n);
  for (size_t begin = 0, end; begin < n; begin = end) {
    for (end = begin + 1; end < n && list[end].key == list[begin].key; end++) {}
    if (end - begin == 1) continue;
    if (list[begin].key & 0xff) { /* a key that is not over */
      sort_group(s, list + begin, end - begin, step + 1);
    } else {
      sort_equal(s, list + begin, end - begin);
    }
  }
}

lnt_status lnti_sort_texts(uint32_t *order_out, lnti_text_of text, const void *payload, size_t n, lnt_error *err) {
  keyed *list = NULL;
  text_sorter s = {text, payload, NULL};
  lnt_status status = lnti_alloc(&list, n, sizeof *list, err);
  if (!status) status = lnti_alloc(&s.spare, n, sizeof *s.spare, err);
  if (!status) {
    for (size_t i = 0; i < n; i++) list[i] = (keyed){0, (uint32_t)i};
    sort_group(&s, list, n, 0);
    for (size_t i = 0; i < n; i++) order_out[i] = list[i].i;
  }
  free(s.spare);
  free(list);
  return status;
}
