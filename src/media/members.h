/**
 * @file members.h
 * Listing what lies in an archive and in those inside it: the work behind lnti_media_members.
 */
#ifndef LNTI_MEDIA_MEMBERS_H
#define LNTI_MEDIA_MEMBERS_H

#include <media/container.h>
#include <media/media.h>

/** As lnti_media_members says. */
LNT_MUST_CHECK lnt_status lnti_members_list(lnti_members *out, lnti_containers *containers,
                                            const lnti_media_options *options, const char *archive,
                                            lnti_member_refused refused, void *payload, const lnti_cancel *cancel,
                                            lnt_error *err);

#endif
