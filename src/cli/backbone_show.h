/**
 * @file backbone_show.h
 * What is known of one backbone.
 */
#ifndef LNTI_CLI_BACKBONE_SHOW_H
#define LNTI_CLI_BACKBONE_SHOW_H

#include <cli/cli.h>
#include <flow/backbone/backbones.h>

enum { LNTI_LICENCE_SHOWN = 44 };

/** Its first line, cut where it is long: a licence may be kept whole. "not said" where it is NULL. */
void lnti_short_licence(char out[LNTI_LICENCE_SHOWN], const char *licence);
/** As keys of an object that is open. @param labels  the names of its classes too */
void lnti_backbone_entry_json(lnti_json_writer *w, const lnti_backbone_entry *entry, bool labels);

/** `backbone show`: of one that is kept, or of a file, with every layer that can be asked for. */
LNT_MUST_CHECK lnt_status lnti_backbone_show(lnti_cli *cli, const char *name, lnt_error *err);

#endif
