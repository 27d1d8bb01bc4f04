/**
 * @file resolve.h
 * From a URI to the place that it names. In each container the longest member name that there is is taken.
 */
#ifndef LNTI_MEDIA_RESOLVE_H
#define LNTI_MEDIA_RESOLVE_H

#include <media/container.h>

typedef enum lnti_place_kind { LNTI_PLACE_FILE, LNTI_PLACE_MEMBER, LNTI_PLACE_RECORD } lnti_place_kind;

/** Zero-initialise; lnti_place_clear releases. */
typedef struct lnti_place {
  lnti_place_kind kind;
  char *path;     /**< the file that all lies in */
  lnti_held held; /**< MEMBER, RECORD: the container */
  size_t row;     /**< MEMBER */
  size_t record;  /**< RECORD; not yet compared with their number */
  size_t frame;   /**< FILE, MEMBER: from 0 */
} lnti_place;

/** @return LNT_OK; LNT_ENOTFOUND (no such file, member or record), and what opening containers returns. A file that the URI
 *  names as a whole is not looked at. */
LNT_MUST_CHECK lnt_status lnti_resolve(lnti_place *out, lnti_containers *containers, const char *uri,
                                       const lnti_cancel *cancel, lnt_error *err);
void lnti_place_clear(lnti_place *place, lnti_containers *containers);

/** The container that the whole URI names: a file or a member. */
LNT_MUST_CHECK lnt_status lnti_resolve_container(lnti_held *out, lnti_containers *containers, const char *uri,
                                                 const lnti_cancel *cancel, lnt_error *err);

#endif
