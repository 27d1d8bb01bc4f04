/**
 * @file index.h
 * The members of one archive: name, place, size, and what is wrong with those that are not taken. 48 to 56 bytes a member
 * beside its name; looked up by name in constant time. Filled by one thread, then read by several.
 */
#ifndef LNTI_MEDIA_INDEX_H
#define LNTI_MEDIA_INDEX_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_MEMBER_NAME_MAX = 4096 };
#define LNTI_NO_ROW SIZE_MAX

/** How a member's bytes are had, or why they are not. The order is that of the names in index.c. Kept in packs:
 *  LNTI_PACK_VERSION goes up when it changes. */
typedef enum lnti_row_how {
  LNTI_ROW_PLAIN,    /**< they lie at `at` */
  LNTI_ROW_SUMMED,   /**< they lie at `at`; `sum` is their CRC-32 */
  LNTI_ROW_STORED,   /**< zip: behind the local header at `at` */
  LNTI_ROW_DEFLATED, /**< zip: likewise, `packed` bytes of deflate */
  LNTI_ROW_REFUSED_FROM,
  LNTI_ROW_NAME_EMPTY = LNTI_ROW_REFUSED_FROM,
  LNTI_ROW_NAME_LONG,
  LNTI_ROW_NAME_ENCODING,
  LNTI_ROW_NAME_CONTROL,
  LNTI_ROW_NAME_UP,
  LNTI_ROW_TWICE,
  LNTI_ROW_SYMLINK,
  LNTI_ROW_HARDLINK,
  LNTI_ROW_DEVICE,
  LNTI_ROW_SPARSE,
  LNTI_ROW_ENCRYPTED,
  LNTI_ROW_METHOD, /**< `sum` is zip's number of it */
  LNTI_ROW_LARGE,
  LNTI_ROW_HOWS
} lnti_row_how;

typedef struct lnti_row {
  uint64_t at;
  uint64_t packed; /**< bytes in the archive */
  uint64_t bytes;  /**< bytes of the member */
  uint64_t name;   /**< its first byte in names; ends with a NUL */
  uint32_t sum;
  uint32_t how; /**< lnti_row_how */
} lnti_row;

/** Zero-initialise; clear frees. */
typedef struct lnti_index {
  lnti_row *row; /**< [n] in the archive's order */
  size_t n, row_capacity;
  char *names; /**< [names_bytes] */
  size_t names_bytes, names_capacity;
  uint32_t *slot; /**< [n_slots], a power of two: row + 1, or 0; refused rows are in none */
  size_t n_slots, n_found;
  uint64_t seed;
} lnti_index;

/** Most members that an index can hold, and most bytes of their names. */
#define LNTI_INDEX_MAX ((size_t)UINT32_MAX - 1)
#define LNTI_INDEX_NAMES_MAX ((size_t)1 << 30)

/**
 * Brings a name into the form in which it is listed: without leading "/" and "./", without empty and "." parts. A name
 * that cannot be listed is made printable ("\xNN").
 * @param out  at least 4 * LNTI_MEMBER_NAME_MAX + 1 bytes
 * @return what is wrong with it; LNTI_ROW_PLAIN: nothing
 */
lnti_row_how lnti_member_name(char *out, const char *raw, size_t n);

/** Adds a member; row->name is set here. One of the same name before it becomes LNTI_ROW_TWICE.
 *  @return LNT_OK; LNT_ELIMIT (more than n_max members, or LNTI_INDEX_NAMES_MAX bytes of names); LNT_EDATA (names that are made to collide); LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_index_add(lnti_index *index, const char *name, const lnti_row *row, size_t n_max,
                                         const char *archive, lnt_error *err);
/** Builds the look-up of rows that were filled in otherwise. */
LNT_MUST_CHECK lnt_status lnti_index_build(lnti_index *index, const char *archive, lnt_error *err);
/** The row of a name of n bytes; LNTI_NO_ROW. */
size_t lnti_index_find(const lnti_index *index, const char *name, size_t n);
/** A name much like one that is not there: of other letter case, or in another folder; NULL. Looks at all names of a
 *  small index, and at none of a large one. */
const char *lnti_index_near(const lnti_index *index, const char *name);
/** A refused row of this name, looked for likewise; LNTI_NO_ROW. */
size_t lnti_index_find_refused(const lnti_index *index, const char *name);
const char *lnti_index_name(const lnti_index *index, size_t row);
bool lnti_row_refused(const lnti_row *row);
/** Fails with the reason why a row is refused; `archive` for the message.
 *  @param file_bytes_max  as it was when the index was made */
lnt_status lnti_index_refuse(const lnti_index *index, size_t row, const char *archive, size_t file_bytes_max,
                             lnt_error *err);
/** Gives back what growing has left over. */
LNT_MUST_CHECK lnt_status lnti_index_trim(lnti_index *index, lnt_error *err);
/** Memory that it holds. */
size_t lnti_index_memory(const lnti_index *index);
void lnti_index_clear(lnti_index *index);

#endif
