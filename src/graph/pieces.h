/**
 * @file pieces.h
 * Where values lie in one block of memory: pieces are taken and given back, and each time in a number of steps that does not
 * grow with how many there are.
 */
#ifndef LNTI_GRAPH_PIECES_H
#define LNTI_GRAPH_PIECES_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_PIECE_ALIGNMENT = 64, LNTI_PIECE_CLASSES = 256 };

typedef struct lnti_piece {
  size_t begin, bytes;
  uint32_t before, after;           /**< the pieces beside it */
  uint32_t free_before, free_after; /**< free ones of its class of sizes */
  bool taken;
} lnti_piece;

/** Zero-initialise; lnti_pieces_clear at the end. */
typedef struct lnti_pieces {
  lnti_piece *piece;
  size_t n, room;
  uint32_t spare;                         /**< a list of pieces that were joined to others, by `after`; 0: none */
  uint32_t last;                          /**< the piece at the end; numbers of pieces count from 1 */
  uint32_t free[LNTI_PIECE_CLASSES];      /**< the first free one of each class */
  uint64_t some[LNTI_PIECE_CLASSES / 64]; /**< bit: the class has a free one */
  size_t end;                             /**< bytes of the block so far */
  size_t looked;                          /**< free pieces looked at, for tests */
} lnti_pieces;

/** A piece of at least so many bytes; its number, to be given back. */
LNT_MUST_CHECK lnt_status lnti_pieces_take(uint32_t *out, lnti_pieces *pieces, size_t bytes, lnt_error *err);
void lnti_pieces_give(lnti_pieces *pieces, uint32_t number);
/** Where a taken piece begins. */
size_t lnti_pieces_begin(const lnti_pieces *pieces, uint32_t number);
void lnti_pieces_clear(lnti_pieces *pieces);

#endif
