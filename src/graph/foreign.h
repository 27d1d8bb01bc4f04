/**
 * @file foreign.h
 * What a file is that was given for a network and is none.
 */
#ifndef LNTI_GRAPH_FOREIGN_H
#define LNTI_GRAPH_FOREIGN_H

#include <linnet/status.h>
#include <stddef.h>

/** LNT_EDATA where a file is empty or known to be something else, by its first bytes: what it is, and what to do. LNT_OK says
 *  nothing of it. */
LNT_MUST_CHECK lnt_status lnti_foreign_check(const void *data, size_t bytes, lnt_error *err);

#endif
