/**
 * @file items_history.h
 * `linnet items history ITEM`.
 */
#ifndef LNTI_CLI_ITEMS_HISTORY_H
#define LNTI_CLI_ITEMS_HISTORY_H

#include <cli/cli.h>

/** Prints all that was ever said of the item of a number or path. LNT_ENOTFOUND... */
LNT_MUST_CHECK lnt_status lnti_items_history(lnti_cli *cli, const char *item, lnt_error *err);

#endif
