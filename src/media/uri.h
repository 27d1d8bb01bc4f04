/**
 * @file uri.h
 * The text of media URIs: taken apart and put together, in one place. Parts are joined by '#'; which '#' is a joint and
 * which belongs to a name is decided by what there is (the longest path, then the longest member name), so taking apart
 * goes step by step: here the steps, in container.c the looking.
 */
#ifndef LNTI_MEDIA_URI_H
#define LNTI_MEDIA_URI_H

#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>

/** Splits a URI at the end of its path: the longest beginning that ends before a '#', or at the end, and exists in the
 *  file system. Where none exists: before the first '#'.
 *  @param path_out  free() it
 *  @param rest_out  points into `uri` behind the '#'; NULL where nothing follows the path */
LNT_MUST_CHECK lnt_status lnti_uri_split(char **path_out, const char **rest_out, const char *uri, lnt_error *err);

/** The longest proper beginning of a text of n bytes that ends before a '#': its length; n where there is none. */
size_t lnti_uri_shorter(const char *text, size_t n);

/** "frame=N" (from 0) or "page=N" (from 1), in digits alone; *frame_out counts from 0 either way. False for anything
 *  else. */
bool lnti_uri_frame(size_t *frame_out, const char *text);
/** How much of a URI, or of a member's name, stands before the "#frame=N" or "#page=N" at its end; all of it without one. */
size_t lnti_uri_file_length(const char *uri);
/** A record's number: digits alone. */
bool lnti_uri_record(size_t *record_out, const char *text);

/** "uri#part"; free() it. */
LNT_MUST_CHECK lnt_status lnti_uri_join(char **out, const char *uri, const char *part, lnt_error *err);
LNT_MUST_CHECK lnt_status lnti_uri_join_record(char **out, const char *uri, size_t record, lnt_error *err);
/** "uri#frame=N", from 0. */
LNT_MUST_CHECK lnt_status lnti_uri_join_frame(char **out, const char *uri, size_t frame, lnt_error *err);
/** "uri#page=N", N being page_0 + 1: pages are counted as people count them. */
LNT_MUST_CHECK lnt_status lnti_uri_join_page(char **out, const char *uri, size_t page_0, lnt_error *err);
/** The URI of the file `name` in the folder, or the archive's folder, of a file or member: what follows the last '/' or
 *  '#' of `uri` is replaced by it. `uri` must be without record or frame. */
LNT_MUST_CHECK lnt_status lnti_uri_beside(char **out, const char *uri, const char *name, lnt_error *err);

#endif
