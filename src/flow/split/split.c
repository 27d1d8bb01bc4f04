/*
 * Splits. Random and by group: what belongs together forms groups, and groups are dealt (flow/split/deal.h) so that classes keep
 * their proportions. Folder: by the first folder in the path that has a split's name.
 */
#include <flow/split/split.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/json.h>
#include <flow/split/cuts.h>
#include <flow/split/deal.h>
#include <flow/split/grouping.h>
#include <flow/split/leaks.h>
#include <flow/split/names.h>
#include <flow/target.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const part_names[LNTI_PARTS] = {LNTI_SPLIT_TRAIN, LNTI_SPLIT_VAL, LNTI_SPLIT_TEST};

enum { NO_PART = LNTI_PARTS };

/* Of a part's share, by which it may be missed without a word: where groups were asked for they explain more. */
static const double group_tolerance = 0.02, random_tolerance = 0.005;

typedef struct splitting {
  lnti_project *project;
  const lnti_split_options *options;
  lnti_split_result *result;
  lnti_ontology *ontology;
  lnti_roster roster;
  lnti_grouping grouping;
  uint32_t *class; /* [roster.n] option index + 1; 0: no label */
  bool *in_test;   /* [roster.n] */
  uint8_t *part;   /* [roster.n] lnti_part, NO_PART */
  size_t n_before; /* items that are in a split already */
  size_t n_cut;    /* sets that those splits cut */
  lnti_op op;
  char *params_json;
} splitting;

const char *lnti_split_method_name(lnti_split_method method) {
  static const char *const names[] = {"random", "folder", "group"};
  return names[method];
}

static lnt_status check_options(const lnti_split_options *options, lnt_error *err) {
  if (options->method == LNTI_SPLIT_FOLDER) return LNT_OK;
  if (!(options->val >= 0 && options->test >= 0 && options->val + options->test < 1)) {
    return lnti_fail(err, LNT_EINVAL,
                     "shares of %g for val and %g for test leave nothing to train on; both must be at "
                     "least 0 and together below 1",
                     options->val, options->test);
  }
  return LNT_OK;
}

/* ---- items ---- */

/* The question to stratify by; LNTI_NONE where none was named and there is not just one. */
static lnt_status find_target(size_t *question_out, splitting *s, lnt_error *err) {
  lnt_error reason = LNT_ERROR_INIT;
  *question_out = LNTI_NONE;
  if (s->options->method == LNTI_SPLIT_FOLDER) return LNT_OK;
  lnt_status status = lnti_target_find(question_out, s->project, s->ontology, s->options->target, &reason);
  if (!s->options->target && (status == LNT_ENOTFOUND || status == LNT_EINVAL)) return LNT_OK;
  return status ? lnti_fail(err, status, "%s", reason.message) : LNT_OK;
}

static lnt_status read_items(splitting *s, lnt_error *err) {
  size_t question = LNTI_NONE;
  lnt_status status = lnti_store_ontology(&s->ontology, s->project->store, err);
  if (!status) status = find_target(&question, s, err);
  if (status) return status;
  bool labels = question != LNTI_NONE;
  unsigned what = LNTI_ROSTER_NAMES | LNTI_ROSTER_SIGNATURES | (labels ? LNTI_ROSTER_LABELS : 0u);
  status = lnti_roster_read(&s->roster, s->project, what, labels ? s->ontology->questions[question].id : 0, err);
  if (status) return status;
  size_t n = s->roster.n;
  if (n == 0) return lnti_fail(err, LNT_ENOTFOUND, "the project has no items; import some first");
  status = lnti_alloc(&s->class, n, sizeof *s->class, err);
  if (!status) status = lnti_alloc(&s->in_test, n, sizeof *s->in_test, err);
  if (!status) status = lnti_alloc(&s->part, n, 1, err);
  for (size_t i = 0; i < n && !status; i++) {
    const lnti_roster_item *item = &s->roster.item[i];
    size_t option = item->label ? lnti_ontology_option_by_id(s->ontology, (int64_t)item->label) : LNTI_NONE;
    s->class[i] = option == LNTI_NONE ? 0 : (uint32_t)option + 1;
    s->in_test[i] = item->in_test;
    s->n_before += item->split != 0;
  }
  return status;
}

/* ---- parts ---- */

static void by_folder(splitting *s) {
  for (size_t i = 0; i < s->roster.n; i++) {
    const char *name = lnti_split_of_path(lnti_roster_name(&s->roster, i));
    s->part[i] = NO_PART;
    for (int part = 0; part < LNTI_PARTS && name; part++) {
      if (strcmp(name, part_names[part]) == 0) s->part[i] = (uint8_t)part;
    }
  }
}

static lnt_status by_dealing(splitting *s, lnt_error *err) {
  const lnti_split_options *o = s->options;
  const lnti_deal deal = {.n = s->roster.n,
                          .group = s->grouping.group,
                          .class = s->class,
                          .in_test = o->keep_test ? s->in_test : NULL,
                          .n_classes = s->ontology->n_options + 1,
                          .val = o->val,
                          .test = o->test,
                          .seed = o->seed};
  return lnti_deal_out(s->part, &deal, err);
}

/* The groups: of the keys that were named, else of those that were found. */
static lnt_status find_groups(splitting *s, lnt_error *err) {
  char *found = NULL;
  const char *keys = s->options->group;
  lnt_status status = LNT_OK;
  if (s->options->method == LNTI_SPLIT_FOLDER) return LNT_OK;
  if (s->options->method == LNTI_SPLIT_RANDOM) {
    keys = NULL;
  } else if (!keys) {
    s->result->key_found = true;
    status = lnti_leaks_key(&found, s->project, err);
    keys = found ? found : "near";
  }
  if (!status)
    status = lnti_grouping_of(&s->grouping, s->project, &s->roster, keys,
                              s->options->near_apart ? LNTI_NEAR_APART : LNTI_NEAR_USUAL, err);
  free(found);
  if (status) return status;
  s->result->n_groups = s->grouping.n_groups;
  s->result->n_grouped = s->grouping.n_grouped;
  s->result->largest = s->grouping.largest;
  s->result->key = s->grouping.key;
  s->grouping.key = NULL;
  return LNT_OK;
}

static void count_parts(splitting *s) {
  size_t count[LNTI_PARTS + 1] = {0};
  for (size_t i = 0; i < s->roster.n; i++) count[s->part[i]]++;
  s->result->train = count[LNTI_PART_TRAIN];
  s->result->val = count[LNTI_PART_VAL];
  s->result->test = count[LNTI_PART_TEST];
  s->result->none = count[NO_PART];
}

/* ---- what groups do to classes ---- */

typedef struct class_parts {
  size_t *n; /* [n_classes, LNTI_PARTS] */
  size_t n_classes;
} class_parts;

static bool is_wanted(const lnti_split_options *o, int part) {
  return part == LNTI_PART_TRAIN || (part == LNTI_PART_VAL ? o->val > 0 : o->test > 0 && !o->keep_test);
}

static double wanted_share(const lnti_split_options *o, int part) {
  double test = o->keep_test ? 0 : o->test;
  return part == LNTI_PART_TEST ? test : part == LNTI_PART_VAL ? o->val : 1 - o->val - test;
}

/* The class whose share in some part is farthest from what was wanted. Small classes are always far off by rounding: items
 * count, not shares alone. */
static lnt_status find_worst(splitting *s, const class_parts *c, lnt_error *err) {
  double worst = 0;
  size_t worst_class = 0;
  for (size_t class = 1; class < c->n_classes; class ++) {
    const size_t *n = c->n + class * LNTI_PARTS;
    double all = (double)(n[0] + n[1] + (s->options->keep_test ? 0 : n[2]));
    for (int part = 0; part < LNTI_PARTS && all > 0; part++) {
      if (!is_wanted(s->options, part)) continue;
      double wanted = wanted_share(s->options, part), off = fabs((double)n[part] / all - wanted);
      if (off * all <= 1 || off <= worst) continue;
      worst = off;
      worst_class = class;
      s->result->worst_part = part_names[part];
      s->result->worst_wanted = wanted;
      s->result->worst_share = (double)n[part] / all;
    }
  }
  if (worst_class == 0) return LNT_OK;
  lnti_text name = {0};
  lnt_status status = lnti_ontology_option_name(&name, s->ontology, worst_class - 1, err);
  s->result->worst_class = name.data;
  return status;
}

/* Names the classes that have items in only one of train and test. */
static lnt_status warn_of_one_sided(splitting *s, const class_parts *c, bool in_train, lnt_error *err) {
  lnti_text names = {0};
  size_t found = 0, here = in_train ? LNTI_PART_TRAIN : LNTI_PART_TEST,
         there = in_train ? LNTI_PART_TEST : LNTI_PART_TRAIN;
  lnt_status status = LNT_OK;
  for (size_t class = 1; class < c->n_classes && !status; class ++) {
    const size_t *n = c->n + class * LNTI_PARTS;
    if (n[here] == 0 || n[there] > 0) continue;
    if (found++ < 10) {
      status = lnti_text_printf(&names, err, "%s\"", names.length ? ", " : "");
      if (!status) status = lnti_ontology_option_name(&names, s->ontology, class - 1, err);
      if (!status) status = lnti_text_printf(&names, err, "\"");
    }
  }
  if (!status && found > 0) {
    status = lnti_messages_add(
        &s->result->warnings, err, "%zu %s all items in groups that are in %s, and none in %s: %s%s%s", found,
        lnti_plural(found, "class has", "classes have"), part_names[here], part_names[there], names.data,
        found > 10 ? "..." : "", in_train ? ". They are not tested" : ". The model will not know them");
  }
  lnti_text_clear(&names);
  return status;
}

/* Where groups are too large, or classes too small, to come out as wanted. */
static lnt_status warn_of_shares(splitting *s, lnt_error *err) {
  const lnti_split_result *r = s->result;
  double tolerance = s->options->method == LNTI_SPLIT_GROUP ? group_tolerance : random_tolerance;
  if (s->options->method == LNTI_SPLIT_FOLDER) return LNT_OK;
  const size_t count[] = {r->train, r->val, r->test};
  double all = (double)(r->train + r->val + (s->options->keep_test ? 0 : r->test));
  lnt_status status = LNT_OK;
  for (int part = LNTI_PART_VAL; part < LNTI_PARTS && !status && all > 0; part++) {
    double wanted = wanted_share(s->options, part), share = (double)count[part] / all;
    if (!is_wanted(s->options, part) || fabs(share - wanted) <= tolerance || fabs(share - wanted) * all <= 1) continue;
    status = lnti_messages_add(
        &s->result->warnings, err,
        "%s has %zu items (%.1f %%), where %.0f (%.1f %%) were asked for: every class is dealt out by "
        "itself, in whole items%s",
        part_names[part], count[part], 100 * share, wanted * all, 100 * wanted,
        r->largest > 1 ? ", and what belongs together is kept together" : "");
  }
  return status;
}

/* What came of the shares, and of the classes where groups were asked for. */
static lnt_status judge_parts(splitting *s, lnt_error *err) {
  class_parts c = {.n_classes = s->ontology->n_options + 1};
  lnti_messages *warnings = &s->result->warnings;
  if (s->options->method != LNTI_SPLIT_GROUP) return warn_of_shares(s, err);
  lnt_status status = lnti_alloc_zero(&c.n, c.n_classes, LNTI_PARTS * sizeof *c.n, err);
  if (status) return status;
  for (size_t i = 0; i < s->roster.n; i++) c.n[s->class[i] * LNTI_PARTS + s->part[i]]++;
  status = find_worst(s, &c, err);
  for (size_t i = 0; i < s->grouping.notes.n && !status; i++) {
    status = lnti_messages_add(warnings, err, "%s", s->grouping.notes.text[i]);
  }
  if (!status && s->result->n_groups == 0) {
    status =
        lnti_messages_add(warnings, err, "no two images belong together by %s: this is a random split", s->result->key);
  }
  if (!status) status = warn_of_shares(s, err);
  if (!status && (s->options->test > 0 || s->options->keep_test)) {
    status = warn_of_one_sided(s, &c, true, err);
    if (!status) status = warn_of_one_sided(s, &c, false, err);
  }
  free(c.n);
  return status;
}

/* ---- warnings ---- */

static lnt_status warn_of_joining_test(splitting *s, lnt_error *err) {
  size_t n = 0;
  if (!s->options->keep_test || s->options->method == LNTI_SPLIT_FOLDER) return LNT_OK;
  for (size_t i = 0; i < s->roster.n; i++) n += !s->in_test[i] && s->part[i] == LNTI_PART_TEST;
  if (n == 0) return LNT_OK;
  if (s->result->train == 0) {
    return lnti_fail(
        err, LNT_EINVAL,
        "every group has an item in test, which stays as it is, so that nothing would be left to train on; "
        "nothing was changed. Deal test anew as well: add --test 0.15");
  }
  return lnti_messages_add(&s->result->warnings, err, "%zu %s test, since %s of one group with items that stay there",
                           n, lnti_plural(n, "item joined", "items joined"), lnti_plural(n, "it is", "they are"));
}

/* A set may have come with its split; one that this project made may be made anew without a thought. */
static lnt_status warn_of_earlier(splitting *s, lnt_error *err) {
  lnti_split_info info = {0};
  if (s->n_before == 0 || s->options->method == LNTI_SPLIT_FOLDER) return LNT_OK;
  lnt_status status = lnti_split_info_read(&info, s->project, err);
  if (status) return status;
  bool ours = info.json != NULL;
  lnti_split_info_clear(&info);
  if (ours) return LNT_OK;
  if (s->n_cut > 0) return LNT_OK; /* one that cuts what is kept together now is better made anew */
  return lnti_messages_add(
      &s->result->warnings, err,
      "%zu %s in a split before and %s dealt anew; a set that comes with a split of its own "
      "is best left as it is (linnet split --by folder gives folders' splits back, importing a table again a table's)",
      s->n_before, lnti_plural(s->n_before, "item was", "items were"), lnti_plural(s->n_before, "was", "were"));
}

static lnt_status warn(splitting *s, lnt_error *err) {
  lnti_messages *warnings = &s->result->warnings;
  lnt_status status = LNT_OK;
  if (s->result->none > 0) {
    status = lnti_messages_add(warnings, err,
                               "%zu %s below no folder named train, val or test and %s "
                               "in no split",
                               s->result->none, lnti_plural(s->result->none, "item lies", "items lie"),
                               lnti_plural(s->result->none, "is", "are"));
  }
  if (!status) status = warn_of_earlier(s, err);
  if (!status) status = warn_of_joining_test(s, err);
  return status ? status : judge_parts(s, err);
}

/* What lies on both sides all the same: copies where folders decide, and what random splits tear apart. */
static lnt_status warn_of_leaks(splitting *s, lnt_error *err) {
  const lnti_split_options *o = s->options;
  bool dealt = o->method != LNTI_SPLIT_FOLDER && !o->keep_test;
  const lnti_split_info made = {.key = s->result->key, .test = dealt ? o->test : 0};
  lnti_cuts cuts = {0};
  size_t pair[2];
  lnt_status status =
      o->method == LNTI_SPLIT_FOLDER ? LNT_OK : lnti_grouping_cuts(&s->n_cut, pair, &s->grouping, &s->roster, err);
  if (status) return status;
  for (size_t i = 0; i < s->roster.n; i++) {
    s->roster.item[i].split = s->part[i] == NO_PART ? 0 : (uint64_t)s->part[i] + 1;
  }
  status = lnti_cuts_find(&cuts, s->project, &s->roster, &made, err);
  if (!status) status = lnti_cuts_warn(&s->result->warnings, &cuts, err);
  lnti_cuts_clear(&cuts);
  return status;
}

/* ---- writing ---- */

static lnt_status write_params(splitting *s, lnt_error *err) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  if (s->options->method != LNTI_SPLIT_FOLDER) {
    lnti_json_kv_real(w, "val", s->options->val);
    lnti_json_kv_real(w, "test", s->options->test);
    lnti_json_kv_bool(w, "keep_test", s->options->keep_test);
  }
  if (s->result->key) lnti_json_kv_string(w, "group", s->result->key);
  if (s->options->near_apart) lnti_json_kv_string(w, "near", "apart");
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  if (!status) text.data[--text.length] = '\0'; /* the newline */
  s->params_json = text.data;
  return status;
}

static lnt_status write_split(void *payload, lnti_tx *tx, lnt_error *err) {
  splitting *s = payload;
  int64_t op_id = 0, split_id = 0;
  bool existed = false;
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &s->op, err);
  if (status) return status;
  lnti_split_row row = {.op_id = op_id,
                        .method = lnti_split_method_name(s->options->method),
                        .seed = s->options->seed,
                        .params_json = s->params_json};
  status = lnti_tx_split(tx, &split_id, &row, err);
  for (size_t i = 0; i < s->roster.n && status == LNT_OK; i++) {
    status = lnti_tx_item_split(tx, s->roster.item[i].id, s->part[i] == NO_PART ? "" : part_names[s->part[i]], err);
  }
  return status;
}

static lnt_status divide(splitting *s, lnt_error *err) {
  lnt_status status = read_items(s, err);
  if (!status) status = find_groups(s, err);
  if (status) return status;
  if (s->options->method == LNTI_SPLIT_FOLDER) {
    by_folder(s);
  } else {
    status = by_dealing(s, err);
  }
  if (status) return status;
  count_parts(s);
  if (s->result->none == s->roster.n) {
    return lnti_fail(err, LNT_ENOTFOUND, "no item lies below a folder named train, val or test; use --by random");
  }
  status = warn_of_leaks(s, err); /* first: it is the gravest */
  if (!status) status = warn(s, err);
  return status ? status : write_params(s, err);
}

lnt_status lnti_split(lnti_split_result *out, lnti_project *project, const lnti_split_options *options,
                      lnt_error *err) {
  static const char *const notes[] = {"random split", "split by folder", "split by group"};
  lnti_split_result result = {0};
  splitting s = {.project = project, .options = options, .result = &result};
  lnt_status status = check_options(options, err);
  if (!status) status = divide(&s, err);
  if (status) goto done;
  lnti_project_op(&s.op, project, LNTI_OP_SPLIT, notes[options->method]);
  status = lnti_store_write(project->store, write_split, &s, err);
  if (status) goto done;
  *out = result;
  result = (lnti_split_result){0};
done:
  lnti_split_result_clear(&result);
  free(s.params_json);
  free(s.part);
  free(s.in_test);
  free(s.class);
  lnti_grouping_clear(&s.grouping);
  lnti_roster_clear(&s.roster);
  lnti_ontology_free(s.ontology);
  return status;
}

void lnti_split_result_clear(lnti_split_result *result) {
  free(result->key);
  free(result->worst_class);
  lnti_messages_clear(&result->warnings);
  *result = (lnti_split_result){0};
}

/* ---- how it came about ---- */

typedef struct info_reading {
  lnti_split_info *info;
  lnti_arena arena;
} info_reading;

/* {"by", "seed"} and what the row's parameters say. */
static lnt_status write_info(lnti_split_info *info, const lnti_split_row *row, const lnti_json_value *params,
                             lnt_error *err) {
  lnti_text text = {0};
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_json_writer_new(&w, lnti_json_sink_text, &text, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "by", row->method);
  lnti_json_key(w, "seed");
  lnti_json_uint(w, row->seed);
  for (const lnti_json_value *v = params->first; v; v = v->next) {
    if (v->type == LNTI_JSON_TYPE_NUMBER) lnti_json_kv_real(w, v->key, v->number);
    if (v->type == LNTI_JSON_TYPE_STRING) lnti_json_kv_string(w, v->key, v->text);
    if (v->type == LNTI_JSON_TYPE_BOOL) lnti_json_kv_bool(w, v->key, v->boolean);
  }
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  if (status) {
    lnti_text_clear(&text);
    return status;
  }
  text.data[--text.length] = '\0';
  info->json = text.data;
  return LNT_OK;
}

static lnt_status take_row(void *payload, const lnti_split_row *row, lnt_error *err) {
  info_reading *reading = payload;
  const lnti_json_value *params = NULL;
  const char *key = NULL;
  bool kept = false;
  lnt_status status = lnti_json_parse(&params, &reading->arena, row->params_json, strlen(row->params_json),
                                      "a split's parameters", err);
  if (!status) status = lnti_json_get_string(&key, params, "group", NULL, err);
  if (!status) status = lnti_json_get_bool(&kept, params, "keep_test", false, err);
  if (!status) status = lnti_json_get_real(&reading->info->test, params, "test", 0, err);
  if (kept) reading->info->test = 0;
  if (!status) status = write_info(reading->info, row, params, err);
  return status || !key ? status : lnti_strdup(&reading->info->key, key, err);
}

lnt_status lnti_split_info_read(lnti_split_info *out, lnti_project *project, lnt_error *err) {
  lnti_split_info info = {0};
  info_reading reading = {.info = &info};
  lnt_status status = lnti_store_split(project->store, take_row, &reading, err);
  lnti_arena_clear(&reading.arena);
  if (status) {
    lnti_split_info_clear(&info);
    return status;
  }
  *out = info;
  return LNT_OK;
}

void lnti_split_info_clear(lnti_split_info *info) {
  free(info->json);
  free(info->key);
  *info = (lnti_split_info){0};
}
