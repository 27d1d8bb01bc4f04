/*
 * What to type depends on how the splits came about: keys that somebody chose are kept, and test stays as it is where only
 * copies are cut, since they can join it; sequences would bring most of the images into it.
 */
#include <flow/split/cuts.h>

#include <base/error.h>
#include <flow/split/grouping.h>
#include <flow/split/leaks.h>
#include <flow/split/split.h>
#include <stdlib.h>
#include <string.h>

/* Whether one of the keys is this one. */
static bool has_key(const char *keys, const char *key, size_t n) {
  for (const char *at = keys; *at; at += strcspn(at, ","), at += *at == ',') {
    if (strcspn(at, ",") == n && memcmp(at, key, n) == 0) return true;
  }
  return false;
}

/* Those of the found keys that were not chosen. */
static lnt_status add_keys(lnti_text *out, const char *chosen, const char *found, lnt_error *err) {
  lnt_status status = LNT_OK;
  for (size_t n = 0; *found && !status; found += n + (found[n] == ',')) {
    n = strcspn(found, ",");
    if (!has_key(chosen, found, n)) status = lnti_text_printf(out, err, ",%.*s", (int)n, found);
  }
  return status;
}

static lnt_status add_group(lnti_text *out, const char *chosen, const char *found, lnt_error *err) {
  lnti_text keys = {0};
  lnt_status status = LNT_OK;
  if (!chosen && found && strcmp(found, "near") != 0) return lnti_text_printf(out, err, " --by group");
  if (chosen) status = lnti_text_printf(&keys, err, "%s", chosen);
  if (!status && found)
    status = keys.length ? add_keys(&keys, chosen, found, err) : lnti_text_printf(&keys, err, "%s", found);
  if (!status && keys.length)
    status = lnti_text_printf(out, err, " --group %s", lnti_shell_word(keys.data, "KEYS").text);
  lnti_text_clear(&keys);
  return status;
}

static lnt_status make_command(lnti_cuts *cuts, const lnti_split_info *made, lnt_error *err) {
  const char *found = cuts->large ? "near" : cuts->key, *chosen = made ? made->key : NULL;
  if (chosen && found && strcmp(chosen, found) == 0) chosen = NULL;
  lnt_status status = lnti_text_printf(&cuts->command, err, "linnet split");
  if (!status) status = add_group(&cuts->command, chosen, found, err);
  if (status) return status;
  if (found) return lnti_text_printf(&cuts->command, err, " --test 0.15");
  return made && made->test > 0 ? lnti_text_printf(&cuts->command, err, " --test %g", made->test) : LNT_OK;
}

/* What is cut, by a grouping; of near sets all, or those that stay together unasked. */
static lnt_status find(lnti_cuts *cuts, size_t *n_large_out, size_t pair[2], lnti_project *project,
                       const lnti_roster *roster, lnti_near near, lnt_error *err) {
  lnti_grouping grouping = {0};
  lnt_status status = lnti_grouping_of(&grouping, project, roster, cuts->key, near, err);
  if (!status) status = lnti_grouping_cuts(&cuts->n, pair, &grouping, roster, err);
  cuts->n_sets = grouping.n_groups;
  *n_large_out = grouping.n_large;
  cuts->large = near == LNTI_NEAR_ALL && cuts->n > 0;
  lnti_grouping_clear(&grouping);
  return status;
}

lnt_status lnti_cuts_find(lnti_cuts *out, lnti_project *project, const lnti_roster *roster, const lnti_split_info *made,
                          lnt_error *err) {
  lnti_cuts cuts = {0};
  size_t pair[2] = {0}, n_large = 0;
  lnt_status status = lnti_leaks_key(&cuts.key, project, err);
  if (!status) status = find(&cuts, &n_large, pair, project, roster, LNTI_NEAR_USUAL, err);
  if (!status && cuts.n == 0 && n_large > 0) status = find(&cuts, &n_large, pair, project, roster, LNTI_NEAR_ALL, err);
  if (!status && cuts.n > 0) status = lnti_roster_uri(&cuts.a, project, roster->item[pair[0]].id, err);
  if (!status && cuts.n > 0) status = lnti_roster_uri(&cuts.b, project, roster->item[pair[1]].id, err);
  if (!status && cuts.n > 0) status = make_command(&cuts, made, err);
  if (status) {
    lnti_cuts_clear(&cuts);
    return status;
  }
  *out = cuts;
  return LNT_OK;
}

void lnti_cuts_clear(lnti_cuts *cuts) {
  free(cuts->key);
  free(cuts->a);
  free(cuts->b);
  lnti_text_clear(&cuts->command);
  *cuts = (lnti_cuts){0};
}

lnt_status lnti_cuts_warn(lnti_messages *warnings, const lnti_cuts *cuts, lnt_error *err) {
  const char *after = cuts->then ? "take a new snapshot and train again after it" : "and train again after it";
  if (cuts->n == 0) return LNT_OK;
  if (cuts->large) {
    return lnti_messages_add(
        warnings, err,
        "%zu %s of nearly identical pictures, each too large to stay together unasked (more than a tenth of all), %s in "
        "more than one split, such as %s and %s: if they are shots of one thing, scores on the test split are too good. "
        "Then split anew, %s: %s",
        cuts->n, lnti_plural(cuts->n, "set", "sets"), lnti_plural(cuts->n, "lies", "lie"), cuts->a, cuts->b, after,
        cuts->command.data);
  }
  if (cuts->key) {
    return lnti_messages_add(
        warnings, err,
        "%zu of %zu sets of images that belong together (by %s) lie in more than one split, such as %s and %s: the score "
        "will be too good. Split anew, %s: %s",
        cuts->n, cuts->n_sets, cuts->key, cuts->a, cuts->b, after, cuts->command.data);
  }
  return lnti_messages_add(
      warnings, err,
      "%zu %s of identical or nearly identical pictures, or of one item group, %s in more than one split: scores on the "
      "test split will be too good. For example %s and %s. To keep them together split anew, %s: %s",
      cuts->n, lnti_plural(cuts->n, "set", "sets"), lnti_plural(cuts->n, "lies", "lie"), cuts->a, cuts->b, after,
      cuts->command.data);
}

/* The splits that a snapshot has, in place of today's. */
static lnt_status take_split(void *payload, const lnti_snapshot_item *item, lnt_error *err) {
  lnti_roster *roster = payload;
  size_t i = lnti_roster_find(roster, item->id);
  (void)err;
  if (i != SIZE_MAX) roster->item[i].split = *item->split ? lnti_roster_split(item->split) : 0;
  return LNT_OK;
}

static lnt_status take_splits(lnti_roster *roster, const lnti_snapshot *snapshot, lnt_error *err) {
  for (size_t i = 0; i < roster->n; i++) roster->item[i].split = 0;
  return lnti_snapshot_walk(snapshot, take_split, roster, err);
}

lnt_status lnti_cuts_look(size_t *n_out, const lnti_snapshot *snapshot, lnti_messages *warnings, lnti_project *project,
                          lnt_error *err) {
  lnti_cuts cuts = {0};
  lnti_roster roster = {0};
  lnti_split_info info = {0};
  char *key = NULL;
  lnt_status status = lnti_leaks_key(&key, project, err);
  unsigned what = key ? LNTI_ROSTER_NAMES | LNTI_ROSTER_SIGNATURES : 0; /* that only sequences need */
  free(key);
  if (!status && !snapshot) status = lnti_split_info_read(&info, project, err);
  if (!status) status = lnti_roster_read(&roster, project, what, 0, err);
  if (!status && snapshot) status = take_splits(&roster, snapshot, err);
  if (!status) status = lnti_cuts_find(&cuts, project, &roster, &info, err);
  cuts.then = snapshot != NULL;
  if (!status) status = lnti_cuts_warn(warnings, &cuts, err);
  if (!status && n_out) *n_out = cuts.large ? 0 : cuts.n;
  lnti_cuts_clear(&cuts);
  lnti_roster_clear(&roster);
  lnti_split_info_clear(&info);
  return status;
}
