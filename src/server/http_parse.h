/**
 * @file http_parse.h
 * What clients write in the head of a request: its target, ranges, tags, cookies, hosts. Pure functions over bytes that come
 * from strangers: each takes any text, and allocates no more than a small multiple of it.
 */
#ifndef LNTI_SERVER_HTTP_PARSE_H
#define LNTI_SERVER_HTTP_PARSE_H

#include <base/alloc.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LNTI_HTTP_TARGET_MAX = 16 << 10, /**< bytes of a path with its query */
  LNTI_HTTP_SEGMENTS_MAX = 16,
  LNTI_HTTP_QUERY_MAX = 64, /**< pairs */
  LNTI_HTTP_HOST_MAX = 255
};

typedef struct lnti_http_pair {
  const char *name, *value;
} lnti_http_pair;

/** A target, taken apart and decoded. "/" has no segments. */
typedef struct lnti_http_target {
  const char *path; /**< as sent, without the query */
  const char *segments[LNTI_HTTP_SEGMENTS_MAX];
  size_t n_segments;
  const lnti_http_pair *query; /**< [n_query] in their order */
  size_t n_query;
} lnti_http_target;

/**
 * Takes a target in origin form apart (RFC 9112 section 3.2.1): "/a/b%20c?x=1&y=2". Segments and pairs are percent-decoded, in
 * the query "+" is a blank; a segment may hold a decoded slash.
 * @param raw  NUL-terminated, as it came
 * @return LNT_OK; LNT_EINVAL (no origin form, bad escapes, bytes that are no UTF-8, control characters, empty segments, "."
 *         and ".."); LNT_ELIMIT (LNTI_HTTP_*_MAX); LNT_ENOMEM. Memory is the arena's.
 */
LNT_MUST_CHECK lnt_status lnti_http_parse_target(lnti_http_target *out, lnti_arena *arena, const char *raw,
                                                 lnt_error *err);
/** The first value of a name in the query; NULL: none. */
const char *lnti_http_query(const lnti_http_target *target, const char *name);

typedef enum lnti_http_range {
  LNTI_RANGE_ALL, /**< none, one of another unit, several, or one that is malformed: everything is sent (RFC 9110 14.2) */
  LNTI_RANGE_PART, /**< *first_out and *n_out, at least one byte */
  LNTI_RANGE_NONE  /**< nothing of it is there: 416 */
} lnti_http_range;
/** Reads "bytes=0-99", "bytes=100-", "bytes=-50" of something of `size` bytes. @param header  NULL: none */
lnti_http_range lnti_http_parse_range(uint64_t *first_out, uint64_t *n_out, const char *header, uint64_t size);

/** Whether a list of entity tags ("a", W/"b", *) has this one, compared weakly (RFC 9110 8.8.3.2). @param etag  with its
 *  quotes. NULL headers have none. */
bool lnti_http_tag_listed(const char *header, const char *etag);

/** The value of a cookie, without quotes; its length, 0 where there is none. @param out  borrowed from the header */
size_t lnti_http_cookie(const char **out, const char *header, const char *name);

/** The name and port of a Host header or of an origin behind its "//": "[::1]:8080" gives "::1" and 8080; names in lower case,
 *  without the dot at the end. Port 0: none was given. False where it is no host. */
bool lnti_http_parse_host(char name_out[static LNTI_HTTP_HOST_MAX + 1], unsigned *port_out, const char *text);

#endif
