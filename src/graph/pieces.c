/*
 * Places in a block of memory, by lists of free pieces of like sizes (M. Masmano and others, TLSF: a new dynamic memory allocator for
 * real-time systems, 2004): four classes for each power of two. Of a class a few pieces are looked at, and the smallest that is
 * large enough is taken, so that the block stays nearly as small as by the best of all.
 */
#include <graph/pieces.h>

#include <base/alloc.h>
#include <base/error.h>
#include <stdlib.h>

enum { LOOKS = 16 };

static unsigned class_of(size_t bytes) {
  size_t units = bytes / LNTI_PIECE_ALIGNMENT;
  if (units < 4) return (unsigned)units;
  unsigned top = 63 - (unsigned)__builtin_clzll((unsigned long long)units);
  return 4 * (top - 1) + (unsigned)(units >> (top - 2) & 3);
}

static lnti_piece *at(const lnti_pieces *p, uint32_t number) {
  return &p->piece[number - 1];
}

static void list_free(lnti_pieces *p, uint32_t number) {
  lnti_piece *piece = at(p, number);
  unsigned c = class_of(piece->bytes);
  piece->taken = false;
  piece->free_before = 0;
  piece->free_after = p->free[c];
  if (p->free[c]) at(p, p->free[c])->free_before = number;
  p->free[c] = number;
  p->some[c / 64] |= (uint64_t)1 << c % 64;
}

static void unlist_free(lnti_pieces *p, uint32_t number) {
  const lnti_piece *piece = at(p, number);
  unsigned c = class_of(piece->bytes);
  if (piece->free_after) at(p, piece->free_after)->free_before = piece->free_before;
  if (piece->free_before) {
    at(p, piece->free_before)->free_after = piece->free_after;
  } else {
    p->free[c] = piece->free_after;
    if (!piece->free_after) p->some[c / 64] &= ~((uint64_t)1 << c % 64);
  }
}

/* The smallest of the first few of a class that is large enough; 0: none of them is. */
static uint32_t look_in(lnti_pieces *p, unsigned c, size_t bytes) {
  uint32_t best = 0;
  size_t looks = 0;
  for (uint32_t k = p->free[c]; k && looks < LOOKS; k = at(p, k)->free_after, looks++) {
    if (at(p, k)->bytes >= bytes && (!best || at(p, k)->bytes < at(p, best)->bytes)) best = k;
  }
  p->looked += looks;
  return best;
}

static uint32_t find_free(lnti_pieces *p, size_t bytes) {
  unsigned c = class_of(bytes);
  uint32_t found = look_in(p, c, bytes);
  if (found || ++c >= LNTI_PIECE_CLASSES) return found;
  uint64_t rest = p->some[c / 64] & ~(uint64_t)0 << c % 64;
  for (size_t w = c / 64;;) {
    if (rest) return look_in(p, (unsigned)(64 * w) + (unsigned)__builtin_ctzll(rest), bytes);
    if (++w == LNTI_PIECE_CLASSES / 64) return 0;
    rest = p->some[w];
  }
}

/* A piece behind another one (0: the first). */
static lnt_status insert(uint32_t *out, lnti_pieces *p, uint32_t before, size_t begin, size_t bytes, lnt_error *err) {
  uint32_t number = p->spare;
  if (number) {
    p->spare = at(p, number)->after;
  } else {
    if (p->n >= UINT32_MAX - 1) return lnti_fail(err, LNT_ELIMIT, "too many values at once");
    lnt_status status = lnti_grow(&p->piece, &p->room, p->n + 1, sizeof *p->piece, err);
    if (status) return status;
    number = (uint32_t)++p->n;
  }
  uint32_t after = before ? at(p, before)->after : 0;
  *at(p, number) = (lnti_piece){.begin = begin, .bytes = bytes, .before = before, .after = after, .taken = true};
  if (before) at(p, before)->after = number;
  if (after) {
    at(p, after)->before = number;
  } else {
    p->last = number;
  }
  *out = number;
  return LNT_OK;
}

lnt_status lnti_pieces_take(uint32_t *out, lnti_pieces *p, size_t bytes, lnt_error *err) {
  bytes = (bytes + LNTI_PIECE_ALIGNMENT - 1) / LNTI_PIECE_ALIGNMENT * LNTI_PIECE_ALIGNMENT;
  if (bytes == 0) bytes = LNTI_PIECE_ALIGNMENT;
  uint32_t found = find_free(p, bytes), rest = 0;
  lnt_status status = LNT_OK;
  if (found) {
    size_t more = at(p, found)->bytes - bytes;
    if (more > 0) status = insert(&rest, p, found, at(p, found)->begin + bytes, more, err);
    if (status) return status;
    unlist_free(p, found);
    at(p, found)->bytes = bytes;
    if (rest) list_free(p, rest);
  } else if (p->last && !at(p, p->last)->taken) { /* the end grows */
    found = p->last;
    unlist_free(p, found);
    p->end += bytes - at(p, found)->bytes;
    at(p, found)->bytes = bytes;
  } else {
    status = insert(&found, p, p->last, p->end, bytes, err);
    if (status) return status;
    p->end += bytes;
  }
  at(p, found)->taken = true;
  *out = found;
  return LNT_OK;
}

/* Joins a piece to the one before it; both are in no list. */
static void join(lnti_pieces *p, uint32_t before, uint32_t number) {
  uint32_t after = at(p, number)->after;
  at(p, before)->bytes += at(p, number)->bytes;
  at(p, before)->after = after;
  if (after) {
    at(p, after)->before = before;
  } else {
    p->last = before;
  }
  at(p, number)->after = p->spare;
  p->spare = number;
}

void lnti_pieces_give(lnti_pieces *p, uint32_t number) {
  uint32_t before = at(p, number)->before, after = at(p, number)->after;
  if (after && !at(p, after)->taken) {
    unlist_free(p, after);
    join(p, number, after);
  }
  if (before && !at(p, before)->taken) {
    unlist_free(p, before);
    join(p, before, number);
    number = before;
  }
  list_free(p, number);
}

size_t lnti_pieces_begin(const lnti_pieces *p, uint32_t number) {
  return at(p, number)->begin;
}

void lnti_pieces_clear(lnti_pieces *p) {
  free(p->piece);
}
