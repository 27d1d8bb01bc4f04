/*
 * Random filters over random items: the bitmap over the columns, at every CPU level, against a plain evaluation of the filter's
 * tree item by item, from what the store says of each. Then random changes, and the same again after an update.
 */
#include <flow/filter/parts.h>
#include <flow/view/items.h>
#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>

#include "flow_support.h"

enum { ITEMS = 300, FILTERS = 250, ANSWERS_MAX = 12, META = 3, TEXT = 96 };

static const char json[] =
    "{\"name\": \"R\", \"classifications\": ["
    " {\"id\": \"class\", \"type\": \"radio\", \"required\": true, \"options\": [{\"id\": \"a\"}, {\"id\": \"b\"}, {\"id\": \"ab\"}]},"
    " {\"id\": \"tree\", \"type\": \"tree\", \"options\": [{\"id\": \"x\", \"attributes\": [{\"id\": \"grade\", \"type\": \"number\", \"required\": true}], \"options\": [{\"id\": \"y\"}, {\"id\": \"z\","
    "  \"options\": [{\"id\": \"deep\"}]}]}, {\"id\": \"w\"}]},"
    " {\"id\": \"size\", \"type\": \"number\"},"
    " {\"id\": \"labels\", \"type\": \"checklist\", \"options\": [{\"id\": \"p\", \"attributes\": [{\"id\": \"how\", \"type\": \"radio\", \"required\": true, \"options\": [{\"id\": \"far\"}]}]},"
    "  {\"id\": \"q\"}, {\"id\": \"r\"}]},"
    " {\"id\": \"whole\", \"type\": \"radio\", \"level\": \"group\", \"required\": true, \"options\": [{\"id\": \"g\"}]}]}";

static const char *const meta_names[META] = {"site", "iso", "date"};
static const char *const splits[] = {"", "train", "test", "val"};
static const char *const formats[] = {"png", "jpeg", "tiff"};
static const char *const stages[] = {"annotate", "review", "done"};
static const char *const meta_values[META][6] = {{"north", "south", "no", "n7", "a b", "north"},
                                                 {"100", "200", "1e2", "-3", "high", "0200"},
                                                 {"2008", "2008-10", "2008-10-05", "2009-01-01", "soon", "2007-12"}};

/* ---- items as the store tells them ---- */

typedef struct plain_item {
  lnti_item item;
  char uri[256], source[128], split[16], stage[16], format[16];
  lnti_answer_row answers[ANSWERS_MAX];
  size_t n_answers;
  char meta[META][16];
  lnti_duplicate duplicate;
  uint32_t duplicate_word, conflict_word, leak_word; /* places in the lists of words */
  bool labelled, complete, skipped;
} plain_item;

typedef struct world {
  lab l;
  plain_item items[ITEMS];
  size_t n;
} world;

static lnt_status keep(void *payload, const lnti_item_view *view, lnt_error *err) {
  (void)err;
  world *w = payload;
  plain_item *p = &w->items[w->n++];
  *p = (plain_item){.item = *view->item};
  snprintf(p->uri, sizeof p->uri, "%s", view->uri);
  snprintf(p->source, sizeof p->source, "%s", view->item->source);
  snprintf(p->split, sizeof p->split, "%s", view->item->split);
  snprintf(p->stage, sizeof p->stage, "%s", view->item->stage);
  snprintf(p->format, sizeof p->format, "%s", view->item->format);
  assert_in_range(view->n_answers, 0, ANSWERS_MAX);
  for (size_t i = 0; i < view->n_answers; i++) p->answers[i] = view->answers[i];
  p->n_answers = view->n_answers;
  for (size_t i = 0; i < view->n_meta; i++) {
    for (size_t m = 0; m < META; m++) {
      if (strcmp(view->meta[i].key, meta_names[m]) == 0)
        snprintf(p->meta[m], sizeof p->meta[m], "%s", view->meta[i].value);
    }
  }
  if (view->duplicate) p->duplicate = *view->duplicate;
  return LNT_OK;
}

/* ---- the plain evaluation ---- */

static bool number_text(double *out, const char *text) {
  char *end = NULL;
  const char *digits = *text == '-' ? text + 1 : text;
  *out = strtod(text, &end);
  bool zero_first = digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  return *text && !*end && *digits >= '0' && *digits <= '9' && !zero_first;
}

static bool date_text(const char *text) {
  return fnmatch("[0-9][0-9][0-9][0-9]", text, 0) == 0 || fnmatch("[0-9][0-9][0-9][0-9]-[0-9][0-9]", text, 0) == 0 ||
         fnmatch("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]", text, 0) == 0;
}

/* -1, 0, 1; 2 where they are not comparable. */
static int order(const char *text, const lnti_text_bound *bound, bool whole) {
  double x, y;
  if (number_text(&x, text) && number_text(&y, bound->text)) return x < y ? -1 : x > y;
  if (date_text(text) && date_text(bound->text)) {
    int c = whole ? strncmp(text, bound->text, strlen(bound->text)) : strcmp(text, bound->text);
    return c < 0 ? -1 : c > 0;
  }
  bool plain = !number_text(&x, text) && !date_text(text) && !number_text(&y, bound->text) && !date_text(bound->text);
  if (!plain) return 2;
  int c = strcmp(text, bound->text);
  return c < 0 ? -1 : c > 0;
}

static bool in_text_range(const char *text, const lnti_filter_value *v) {
  if (!*text) return false;
  if (v->low_text.text) {
    int c = order(text, &v->low_text, v->low_text.open);
    if (c == 2 || c < 0 || (v->low_text.open && c == 0)) return false;
  }
  if (v->high_text.text) {
    int c = order(text, &v->high_text, !v->high_text.open);
    if (c == 2 || c > 0 || (v->high_text.open && c == 0)) return false;
  }
  return true;
}

static bool text_holds(const char *text, const lnti_filter_value *v, bool meta);

/* From the beginning, or, where the value begins with neither '/' nor a star, from the source's name or a name in it. */
static bool path_holds(const plain_item *p, const lnti_filter_value *v) {
  size_t name = (size_t)(strrchr(p->source, '/') + 1 - p->source);
  if (text_holds(p->uri, v, false)) return true;
  if (*v->text == '/' || *v->text == '*') return false;
  for (size_t i = name; p->uri[i]; i++) {
    bool part = i == name || (i > strlen(p->source) && strchr("/#", p->uri[i - 1]));
    if (part && text_holds(p->uri + i, v, false)) return true;
  }
  return false;
}

static bool text_holds(const char *text, const lnti_filter_value *v, bool meta) {
  double x, y;
  switch (v->kind) {
    case LNTI_VALUE_TEXT:
      return strcmp(text, v->text) == 0 || (meta && number_text(&x, text) && number_text(&y, v->text) && x == y);
    case LNTI_VALUE_PREFIX:
      return strncmp(text, v->text, strlen(v->text)) == 0;
    case LNTI_VALUE_PATTERN:
      return fnmatch(v->text, text, 0) == 0;
    case LNTI_VALUE_TEXT_RANGE:
      return in_text_range(text, v);
    default:
      return false;
  }
}

static const lnti_answer_row *find_answer(const plain_item *p, int64_t question_id, int64_t slot) {
  for (size_t i = 0; i < p->n_answers; i++) {
    if (p->answers[i].question_id == question_id && p->answers[i].slot == slot) return &p->answers[i];
  }
  return NULL;
}

static bool any_option(const plain_item *p, int64_t question_id) {
  for (size_t i = 0; i < p->n_answers; i++) {
    if (p->answers[i].question_id == question_id && p->answers[i].slot) return true;
  }
  return false;
}

static bool answer_holds(const world *w, const plain_item *p, const lnti_field *field, const lnti_filter_value *v) {
  const lnti_ontology *o = w->l.ontology;
  const lnti_question *q = &o->questions[field->index];
  const lnti_answer_row *whole = find_answer(p, q->id, 0);
  bool options = any_option(p, q->id);
  if (v->kind == LNTI_VALUE_STATE) {
    if (v->code == LNTI_IS_UNANSWERED) return !whole && !options;
    if (v->code == LNTI_IS_ANSWERED) return options || (whole && whole->state == LNTI_ANSWERED);
    return whole && whole->state == (v->code == LNTI_IS_UNSURE ? LNTI_UNSURE : LNTI_NONE_OF_THESE);
  }
  if (q->type == LNTI_CHECKLIST) {
    const lnti_answer_row *one = find_answer(p, q->id, o->options[v->option].id);
    return one && one->number == 1;
  }
  if (!whole || whole->state != LNTI_ANSWERED) return false;
  if (v->kind == LNTI_VALUE_REAL) return whole->number >= v->low && whole->number <= v->high;
  for (size_t i = lnti_ontology_option_by_id(o, whole->option_id); i != LNTI_NONE; i = o->options[i].parent) {
    if (i == v->option) return true;
  }
  return false;
}

static bool option_holds(const world *w, const plain_item *p, const lnti_field *field, const lnti_filter_value *v) {
  const lnti_ontology *o = w->l.ontology;
  const lnti_answer_row *one = find_answer(p, o->questions[field->index].id, o->options[field->option].id);
  uint32_t state = !one ? LNTI_TRI_UNKNOWN : one->number == 1 ? LNTI_TRI_YES : LNTI_TRI_NO;
  return v->code == state;
}

static const plain_item *item_of(const world *w, int64_t id) {
  for (size_t i = 0; i < w->n; i++) {
    if (w->items[i].item.id == id) return &w->items[i];
  }
  return NULL;
}

static int64_t set_of(const plain_item *p, bool near) {
  return near ? p->duplicate.near_id : p->duplicate.equal_id;
}

/* 0 none, 1 equal, 2 near. */
static uint32_t duplicate_word(const world *w, const plain_item *p) {
  if (!p->duplicate.item_id) return 0;
  for (size_t i = 0; i < w->n; i++) {
    if (&w->items[i] != p && set_of(&w->items[i], false) == set_of(p, false)) return 1;
  }
  return 2;
}

static bool differ(const world *w, const plain_item *a, const plain_item *b, bool leak) {
  if (leak) return *a->split && *b->split && strcmp(a->split, b->split) != 0;
  for (size_t i = 0; i < a->n_answers; i++) {
    const lnti_answer_row *x = &a->answers[i], *y = find_answer(b, x->question_id, x->slot);
    size_t q = lnti_ontology_question_by_id(w->l.ontology, x->question_id);
    if (!y || x->state != LNTI_ANSWERED || y->state != LNTI_ANSWERED) continue;
    if (w->l.ontology->questions[q].type == LNTI_NUMBER) continue;
    if (x->slot ? x->number != y->number : x->option_id != y->option_id) return true;
  }
  return false;
}

/* The word of the worst set that an item is in: pairs of one set that are at fault make all of it so. */
static uint32_t fault_word(const world *w, const plain_item *p, bool leak) {
  uint32_t word = 0;
  for (int near = 0; near < 2; near++) {
    if (!set_of(p, near)) continue;
    for (size_t i = 0; i < w->n && !word; i++) {
      for (size_t j = 0; j < i && !word; j++) {
        const plain_item *a = &w->items[i], *b = &w->items[j];
        bool together = set_of(a, near) == set_of(p, near) && set_of(b, near) == set_of(p, near);
        if (!together || (near && set_of(a, false) == set_of(b, false))) continue;
        if (differ(w, a, b, leak)) word = near ? 2 : 1;
      }
    }
    if (word) break;
  }
  return word;
}

/* An answer of its own or of its group, or each image of the group has one. */
static bool is_labelled(const world *w, const plain_item *p) {
  const plain_item *group = p->item.group_id ? item_of(w, p->item.group_id) : NULL;
  size_t n_images = 0, n_answered = 0;
  for (size_t i = 0; i < w->n; i++) {
    if (w->items[i].item.group_id != p->item.id) continue;
    n_images++;
    n_answered += w->items[i].n_answers > 0;
  }
  return p->n_answers > 0 || (group && group->n_answers > 0) || (n_images > 0 && n_images == n_answered);
}

/* What is said of the item itself or, for it, of its group. */
static bool says(const world *w, const plain_item *p, const char *question, const char *option) {
  const lnti_field field = {LNTI_FIELD_QUESTION, lab_question(&w->l, question), LNTI_NONE};
  const plain_item *group = p->item.group_id ? item_of(w, p->item.group_id) : NULL;
  const lnti_filter_value v = {.kind = LNTI_VALUE_OPTION,
                               .option = option ? lab_option(&w->l, field.index, option) : 0};
  const lnti_filter_value none = {.kind = LNTI_VALUE_STATE, .code = LNTI_IS_UNANSWERED};
  const plain_item *both[] = {p, group};
  for (size_t i = 0; i < 2; i++) {
    if (both[i] && (option ? answer_holds(w, both[i], &field, &v) : !answer_holds(w, both[i], &field, &none)))
      return true;
  }
  return false;
}

/* Whether nothing is lacking that is asked of images and groups alike. */
static bool has_required(const world *w, const plain_item *p) {
  return p->labelled && says(w, p, "class", NULL) && (!says(w, p, "tree", "x") || says(w, p, "tree/x/grade", NULL)) &&
         (!says(w, p, "labels", "p") || says(w, p, "labels/p/how", NULL));
}

static bool is_complete(const world *w, const plain_item *p) {
  size_t n_images = 0, n_complete = 0;
  for (size_t i = 0; i < w->n; i++) {
    if (w->items[i].item.group_id != p->item.id) continue;
    n_images++;
    n_complete += has_required(w, &w->items[i]);
  }
  if (p->item.kind == LNTI_ITEM_GROUP && !says(w, p, "whole", NULL)) return false;
  return has_required(w, p) || (n_images > 0 && n_images == n_complete);
}

static lnt_status note_skip(void *payload, const lnti_answer_row *row, lnt_error *err) {
  world *w = payload;
  (void)err;
  for (size_t i = 0; i < w->n; i++) {
    if (w->items[i].item.id == row->subject_id && row->slot == LNTI_SLOT_SKIP) w->items[i].skipped = true;
  }
  return LNT_OK;
}

static void read_world(world *w) {
  w->n = 0;
  assert_ok(lnti_items(w->l.project, NULL, &(lnti_items_query){0}, keep, w, ERR));
  assert_ok(lnti_store_remarks(w->l.project->store, 0, INT64_MAX, note_skip, w, ERR));
  for (size_t i = 0; i < w->n; i++) {
    w->items[i].duplicate_word = duplicate_word(w, &w->items[i]);
    w->items[i].conflict_word = fault_word(w, &w->items[i], false);
    w->items[i].leak_word = fault_word(w, &w->items[i], true);
    w->items[i].labelled = is_labelled(w, &w->items[i]);
  }
  for (size_t i = 0; i < w->n; i++) w->items[i].complete = is_complete(w, &w->items[i]);
}

static bool int_holds(int64_t x, const lnti_filter_value *v) {
  return x >= v->low_int && x <= v->high_int;
}

static bool set_holds(const world *w, const plain_item *p, const lnti_filter_value *v, bool near) {
  int64_t low = v->low_int, high = v->high_int;
  const plain_item *named = low == high ? item_of(w, low) : NULL;
  if (named && set_of(named, near)) low = high = set_of(named, near);
  return set_of(p, near) >= low && set_of(p, near) <= high;
}

static bool quality_holds(const plain_item *p, double x, const lnti_filter_value *v) {
  return p->item.facts.has_quality && x >= v->low && x <= v->high;
}

static bool value_holds(const world *w, const plain_item *p, const lnti_field *field, const lnti_filter_value *v) {
  switch (field->kind) {
    case LNTI_FIELD_ID:
      return int_holds(p->item.id, v);
    case LNTI_FIELD_PATH:
      return path_holds(p, v);
    case LNTI_FIELD_SPLIT:
      return text_holds(p->split, v, false);
    case LNTI_FIELD_STAGE:
      return text_holds(p->stage, v, false);
    case LNTI_FIELD_LABELLED:
      return v->code == p->labelled;
    case LNTI_FIELD_COMPLETE:
      return v->code == p->complete;
    case LNTI_FIELD_SKIPPED:
      return v->code == p->skipped;
    case LNTI_FIELD_SOURCE:
      return text_holds(p->source, v, false);
    case LNTI_FIELD_FORMAT:
      return text_holds(p->format, v, false);
    case LNTI_FIELD_KIND:
      return v->code == (uint32_t)p->item.kind;
    case LNTI_FIELD_GROUP:
      return int_holds(p->item.group_id, v);
    case LNTI_FIELD_WIDTH:
      return int_holds(p->item.w, v);
    case LNTI_FIELD_HEIGHT:
      return int_holds(p->item.h, v);
    case LNTI_FIELD_PIXELS:
      return int_holds((int64_t)p->item.w * p->item.h, v);
    case LNTI_FIELD_BYTES:
      return int_holds((int64_t)p->item.bytes, v);
    case LNTI_FIELD_DEPTH:
      return int_holds(p->item.depth, v);
    case LNTI_FIELD_SHARPNESS:
      return quality_holds(p, p->item.facts.sharpness, v);
    case LNTI_FIELD_BRIGHTNESS:
      return quality_holds(p, p->item.facts.brightness, v);
    case LNTI_FIELD_CONTRAST:
      return quality_holds(p, p->item.facts.contrast, v);
    case LNTI_FIELD_DUPLICATE:
      return v->code == p->duplicate_word;
    case LNTI_FIELD_EQUAL:
      return set_holds(w, p, v, false);
    case LNTI_FIELD_NEAR:
      return set_holds(w, p, v, true);
    case LNTI_FIELD_DISTANCE:
      return int_holds(p->duplicate.distance, v);
    case LNTI_FIELD_CONFLICT:
      return v->code == p->conflict_word;
    case LNTI_FIELD_LEAK:
      return v->code == p->leak_word;
    case LNTI_FIELD_QUESTION:
      return answer_holds(w, p, field, v);
    case LNTI_FIELD_OPTION:
      return option_holds(w, p, field, v);
    case LNTI_FIELD_META:
      return text_holds(p->meta[field->index], v, true);
    default:
      return false;
  }
}

static bool holds(const world *w, const plain_item *p, const lnti_filter *filter, size_t node) {
  const lnti_filter_node *n = &filter->nodes[node];
  const lnti_filter_term *term = n->kind == LNTI_NODE_TERM ? &filter->terms[n->term] : NULL;
  if (n->kind == LNTI_NODE_ALL) return true;
  if (n->kind == LNTI_NODE_NOT) return !holds(w, p, filter, n->first);
  for (size_t i = 0; term && i < term->n_values; i++) {
    if (value_holds(w, p, &term->field, &filter->values[term->first_value + i])) return true;
  }
  for (size_t i = n->first; i != LNTI_NONE; i = filter->nodes[i].next) {
    if (holds(w, p, filter, i) != (n->kind == LNTI_NODE_AND)) return n->kind == LNTI_NODE_OR;
  }
  return n->kind == LNTI_NODE_AND;
}

/* ---- random items ---- */

static const char *pick(lnti_rng *rng, const char *const *from, size_t n) {
  return from[lnti_rng_below(rng, n)];
}

typedef struct changing {
  world *w;
  lnti_rng *rng;
  int64_t first, last;
} changing;

static lnt_status add_items(void *payload, lnti_tx *tx, lnt_error *err) {
  changing *c = payload;
  lnti_rng *rng = c->rng;
  lnti_op op;
  int64_t op_id = 0, source[2] = {0}, key[META];
  bool existed = false;
  lnti_project_op(&op, c->w->l.project, LNTI_OP_IMPORT, "random");
  lnt_status status = lnti_tx_op(tx, &op_id, &existed, &op, err);
  if (!status) status = lnti_tx_source(tx, &source[0], LNTI_SOURCE_FOLDER, "/photos", err);
  if (!status) status = lnti_tx_source(tx, &source[1], LNTI_SOURCE_ARRAY, "/arrays/train.gz", err);
  for (size_t m = 0; m < META && !status; m++) status = lnti_tx_meta_key(tx, &key[m], meta_names[m], err);
  for (int64_t i = c->first; i <= c->last && !status; i++) {
    char member[64];
    int64_t id = 0;
    snprintf(member, sizeof member, "%s/%lld.png", pick(rng, stages, 3), (long long)i);
    int64_t group = lnti_rng_below(rng, 5) == 0    ? 1
                    : lnti_rng_below(rng, 50) == 0 ? 2
                                                   : 0; /* a large and a small one */
    lnti_item item = {.kind = i > 2 && lnti_rng_below(rng, 9) ? LNTI_ITEM_IMAGE : LNTI_ITEM_GROUP,
                      .group_id = i > 2 ? group : 0,
                      .source_id = source[lnti_rng_below(rng, 2)],
                      .member = member,
                      .h = 1 + (uint32_t)lnti_rng_below(rng, 40),
                      .w = 1 + (uint32_t)lnti_rng_below(rng, lnti_rng_below(rng, 9) ? 300 : 70000),
                      .c = 3,
                      .depth = lnti_rng_below(rng, 2) ? 8 : 16,
                      .format = pick(rng, formats, 3),
                      .bytes = lnti_rng_below(rng, lnti_rng_below(rng, 9) ? 1000 : (uint64_t)1 << 40),
                      .split = pick(rng, splits, 4),
                      .stage = pick(rng, stages, 3),
                      .facts = {.has_quality = lnti_rng_below(rng, 3) > 0,
                                .sharpness = (double)lnti_rng_below(rng, 5) / 4,
                                .brightness = lnti_rng_unit(rng),
                                .contrast = lnti_rng_unit(rng)}};
    lnti_hash_bytes(&item.content, &i, sizeof i);
    status = lnti_tx_item(tx, &id, &existed, op_id, &item, err);
    for (size_t m = 0; m < META && !status; m++) {
      if (lnti_rng_below(rng, 4)) status = lnti_tx_meta(tx, id, key[m], pick(rng, meta_values[m], 6), err);
    }
  }
  return status;
}

static void answer_some(world *w, lnti_rng *rng, int64_t first, int64_t last) {
  static const char *const answers[][7] = {{"a", "b", "ab", "unsure", "none", "clear", "a"},
                                           {"x", "x/y", "x/z", "x/z/deep", "w", "unsure", "clear"},
                                           {"0.3", "1", "2.5", "-7", "unsure", "clear", "1000"},
                                           {"p", "-p", "~p", "q", "-q", "r", "unsure"}};
  static const char *const questions[] = {"class", "tree", "size", "labels"};
  enum { BATCH = 400 };
  lnti_annotation batch[BATCH];
  size_t n = 0;
  for (int64_t id = first; id <= last; id++) {
    for (size_t q = 0; q < 4 && n < BATCH; q++) {
      if (lnti_rng_below(rng, 5) < 2) batch[n++] = lab_annotation(&w->l, id, questions[q], pick(rng, answers[q], 7));
    }
    if (n < BATCH - 4 && id < last) continue;
    if (n) assert_ok(lab_annotate(&w->l, batch, n, false, NULL));
    n = 0;
  }
}

/* Of what hangs on an answer some is answered too. */
static void answer_nested(world *w, lnti_rng *rng) {
  static const struct {
    const char *question, *option, *nested, *value;
  } asked[] = {{"tree", "x", "tree/x/grade", "2"}, {"labels", "p", "labels/p/how", "far"}, {NULL, NULL, "whole", "g"}};
  read_world(w);
  for (size_t i = 0; i < w->n; i++) {
    const plain_item *p = &w->items[i];
    for (size_t a = 0; a < 3; a++) {
      lnti_annotation one;
      lnti_field field = {LNTI_FIELD_QUESTION, 0, LNTI_NONE};
      lnti_filter_value v = {.kind = LNTI_VALUE_OPTION};
      if (lnti_rng_below(rng, 3) == 0 || (!asked[a].question && p->item.kind != LNTI_ITEM_GROUP)) continue;
      if (asked[a].question) {
        field.index = lab_question(&w->l, asked[a].question);
        v.option = lab_option(&w->l, field.index, asked[a].option);
        if (!answer_holds(w, p, &field, &v)) continue;
      }
      one = lab_annotation(&w->l, p->item.id, asked[a].nested, asked[a].value);
      assert_ok(lab_annotate(&w->l, &one, 1, false, NULL));
    }
  }
}

static lnt_status write_links(void *payload, lnti_tx *tx, lnt_error *err) {
  changing *c = payload;
  lnti_duplicate links[ITEMS];
  size_t n = 0;
  for (int64_t id = 1; id + 2 <= (int64_t)c->w->n; id += 1 + (int64_t)lnti_rng_below(c->rng, 6)) {
    int64_t equal = id;
    uint64_t length = 2 + lnti_rng_below(c->rng, 3), first = (uint64_t)id;
    for (; (uint64_t)id < first + length && (size_t)id <= c->w->n; id++) {
      if (lnti_rng_below(c->rng, 2)) equal = id;
      if (id == (int64_t)first) equal = id;
      links[n++] = (lnti_duplicate){id, equal, (int64_t)first, (uint32_t)lnti_rng_below(c->rng, 20)};
    }
  }
  return lnti_tx_duplicates(tx, links, n, err);
}

static lnt_status change_some(void *payload, lnti_tx *tx, lnt_error *err) {
  changing *c = payload;
  int64_t key = 0, op_id = 0;
  lnti_op op;
  bool changed = false;
  lnti_project_op(&op, c->w->l.project, LNTI_OP_ANNOTATE, "skips");
  lnt_status status = lnti_tx_op(tx, &op_id, &changed, &op, err);
  if (!status) status = lnti_tx_meta_key(tx, &key, "site", err);
  for (int i = 0; i < 40 && !status; i++) {
    int64_t id = 1 + (int64_t)lnti_rng_below(c->rng, c->w->n);
    uint64_t what = lnti_rng_below(c->rng, 5);
    if (what == 0) status = lnti_tx_item_split(tx, id, i % 2 ? "a new split" : "train", err);
    if (what == 1) status = lnti_tx_item_stages(tx, id, id, pick(c->rng, stages, 3), err);
    if (what == 2) status = lnti_tx_meta(tx, id, key, "somewhere else", err);
    if (what == 4) {
      const char *reason = lnti_rng_below(c->rng, 3) ? "too dark" : NULL;
      status = lnti_annotate_remark(tx, &changed, op_id, id, LNTI_REMARK_SKIP, reason, LNTI_BY_PERSON, err);
    }
    if (what == 3) {
      const lnti_item_facts facts = {.has_quality = true, .sharpness = 0.5};
      status = lnti_tx_item_facts(tx, id, &facts, err);
    }
  }
  return status;
}

/* ---- random filters ---- */

static void say(char *text, const char *format, ...) LNT_PRINTF(2, 3);

static void say(char *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + strlen(text), (size_t)(4096 - strlen(text)), format, arguments);
  va_end(arguments);
}

static void say_number(char *text, lnti_rng *rng, const char *key, uint64_t most) {
  static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
  uint64_t a = lnti_rng_below(rng, most), b = lnti_rng_below(rng, most), form = lnti_rng_below(rng, 9);
  if (form < 6) {
    say(text, "%s%s%llu", key, operators[form], (unsigned long long)a);
  } else if (form == 6) {
    say(text, "%s in %llu..%llu", key, (unsigned long long)(a < b ? a : b), (unsigned long long)(a < b ? b : a));
  } else if (form == 7) {
    say(text, "%s not in (%llu, %llu..)", key, (unsigned long long)a, (unsigned long long)b);
  } else {
    say(text, "%s in (", key);
    for (int i = 0; i < 40; i++) {
      uint64_t low = lnti_rng_below(rng, most);
      say(text, "%s%llu", i ? "," : "", (unsigned long long)low);
      if (i % 9 == 8) say(text, "..%llu", (unsigned long long)(low + lnti_rng_below(rng, most)));
    }
    say(text, ")");
  }
}

static void say_meta(char *text, lnti_rng *rng) {
  static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
  static const char *const patterns[] = {"*o*", "2008*", "?00", "n*h", "*"};
  size_t m = lnti_rng_below(rng, META);
  const char *a = pick(rng, meta_values[m], 6), *b = pick(rng, meta_values[m], 6);
  const char *low = strchr(a, ' ') ? "" : a, *high = strchr(b, ' ') ? "z" : b;
  lnti_filter_value ends = {.kind = LNTI_VALUE_TEXT_RANGE};
  lnti_text_bound_set(&ends.high_text, high, false);
  switch (lnti_rng_below(rng, 5)) {
    case 0:
      say(text, "%s=%s", meta_names[m], pick(rng, patterns, 5));
      break;
    case 3:
      say(text, "%s in (?00, 2008.., nowhere", meta_names[m]);
      for (int i = 0; i < 20; i++) say(text, ", %d", i * 20);
      say(text, ", \"%s\")", a);
      break;
    case 1:
      say(text, "meta.%s in (\"%s\", \"%s\", \"\")", meta_names[m], a, b);
      break;
    case 2:
      say(text, "%s in %s..%s", meta_names[m], low, !*low || in_text_range(low, &ends) ? high : "");
      break;
    default:
      say(text, "%s%s\"%s\"", meta_names[m], pick(rng, operators, 6), a);
  }
}

static void say_term(char *text, lnti_rng *rng) {
  static const char *const numbers[] = {"id",
                                        "width",
                                        "height",
                                        "pixels",
                                        "depth",
                                        "group",
                                        "bytes",
                                        "duplicate.distance",
                                        "duplicate.equal",
                                        "duplicate.near",
                                        "sharpness",
                                        "size"};
  static const uint64_t most[] = {ITEMS + 9, 400, 50, 20000, 20, 3, 1200, 20, ITEMS, ITEMS, 2, 4};
  static const char *const fixed[] = {"class=a",
                                      "class!=b",
                                      "class in (a, ab)",
                                      "class=*b",
                                      "class=unsure",
                                      "class in (none, unanswered)",
                                      "class=answered",
                                      "tree=x",
                                      "tree=x/z",
                                      "tree!=x/y",
                                      "tree in (w, x/z/deep, unsure)",
                                      "size>=0.3",
                                      "size=0.3",
                                      "size=unanswered",
                                      "size in (none, -8..0)",
                                      "labels=p",
                                      "labels!=q",
                                      "labels in (p, r, unsure)",
                                      "labels.p=no",
                                      "labels.q in (yes, unknown)",
                                      "labels=unanswered",
                                      "labels=answered",
                                      "labels=none",
                                      "split=train",
                                      "split=t*",
                                      "split=\"\"",
                                      "split in (val, test)",
                                      "stage!=done",
                                      "format=*g",
                                      "kind=group",
                                      "labelled=yes",
                                      "labelled!=yes",
                                      "complete=yes",
                                      "labelled=yes and complete=no",
                                      "skipped=yes",
                                      "source=/photos",
                                      "source=*gz",
                                      "path=/photos/done",
                                      "path=*1*.png",
                                      "path=/arrays/train.gz#review/",
                                      "path=*/d?ne/[0-4]*",
                                      "path=done/1",
                                      "path=photos/review/",
                                      "path=train.gz#done",
                                      "path=train.gz",
                                      "path=?eview/*7.png",
                                      "path in (1, 12, /photos/d, /photos/done/2, 7?.png, nowhere)",
                                      "duplicate=equal",
                                      "duplicate in (none, near)",
                                      "conflict=yes",
                                      "conflict=equal",
                                      "leak=near",
                                      "leak!=yes",
                                      "group!=none",
                                      "split=\"a new split\"",
                                      "site=\"somewhere else\""};
  uint64_t form = lnti_rng_below(rng, 10);
  if (form < 5) {
    say(text, "%s", fixed[lnti_rng_below(rng, sizeof fixed / sizeof fixed[0])]);
  } else if (form < 8) {
    size_t i = lnti_rng_below(rng, sizeof numbers / sizeof numbers[0]);
    say_number(text, rng, numbers[i], most[i]);
  } else {
    say_meta(text, rng);
  }
}

static void say_filter(char *text, lnti_rng *rng, unsigned depth) {
  uint64_t form = lnti_rng_below(rng, depth > 3 ? 3 : 8);
  if (form < 3) {
    say_term(text, rng);
  } else if (form == 3) {
    say(text, "not (");
    say_filter(text, rng, depth + 1);
    say(text, ")");
  } else {
    uint64_t n = 2 + lnti_rng_below(rng, 2);
    say(text, "(");
    for (uint64_t i = 0; i < n; i++) {
      if (i) say(text, form < 6 ? " and " : " or ");
      say_filter(text, rng, depth + 1);
    }
    say(text, ")");
  }
}

/* ---- the property ---- */

static void check_filter(world *w, lnti_view *view, const char *text) {
  lnti_filter *filter = NULL;
  size_t words = lnti_view_words(view);
  uint64_t *bits = aligned_alloc(64, (words * 8 + 127) / 64 * 64);
  lnt_status status = lnti_filter_parse(&filter, text, lnti_view_names(view), ERR);
  lnti_test_assert_status(status, LNT_OK, text, __FILE__, __LINE__);
  assert_int_equal(lnti_view_count(view), w->n);
  for (int level = 0; level <= (int)lnt_cpu_detect(); level++) {
    w->l.project->context.cpu = (lnt_cpu_level)level;
    memset(bits, 0x55, words * 8);
    assert_ok(lnti_filter_match(bits, filter, view, ERR));
    for (size_t i = 0; i < w->n; i++) {
      bool found = bits[i / 64] >> (i % 64) & 1, wanted = holds(w, &w->items[i], filter, filter->root);
      if (found == wanted) continue;
      fail_msg("%s: item %lld is%s found at level %s", text, (long long)w->items[i].item.id, found ? "" : " not",
               lnt_cpu_name((lnt_cpu_level)level));
    }
    if (w->n % 64) assert_int_equal(bits[w->n / 64] >> (w->n % 64), 0);
  }
  free(bits);
  lnti_filter_free(filter);
}

static void check_world(world *w, lnti_view *view, lnti_rng *rng) {
  read_world(w);
  for (int i = 0; i < FILTERS; i++) {
    char text[4096] = "";
    say_filter(text, rng, 0);
    check_filter(w, view, text);
  }
}

static void check_random(lnti_rng *rng, void *payload) {
  (void)payload;
  world *w = calloc(1, sizeof *w);
  lnti_view *view = NULL;
  lnti_view_news news;
  assert_non_null(w);
  w->l = lab_new();
  lab_ontology(&w->l, json);
  changing c = {w, rng, 1, 150};
  assert_ok(lnti_store_write(w->l.project->store, add_items, &c, ERR));
  read_world(w);
  answer_some(w, rng, 1, 150);
  answer_nested(w, rng);
  assert_ok(lnti_store_write(w->l.project->store, change_some, &c, ERR));
  assert_ok(lnti_store_write(w->l.project->store, write_links, &c, ERR));
  assert_ok(lnti_view_open(&view, w->l.project, NULL, &news, ERR));
  assert_true(news.built);
  check_world(w, view, rng);
  c.first = 151;
  c.last = ITEMS - (int64_t)lnti_rng_below(rng, 70);
  assert_ok(lnti_store_write(w->l.project->store, add_items, &c, ERR));
  read_world(w);
  answer_some(w, rng, 50, c.last);
  answer_nested(w, rng);
  assert_ok(lnti_store_write(w->l.project->store, change_some, &c, ERR));
  assert_ok(lnti_store_write(w->l.project->store, write_links, &c, ERR));
  assert_ok(lnti_view_update(view, &news, ERR));
  assert_false(news.built);
  check_world(w, view, rng);
  lnti_view_close(view);
  lab_free(&w->l);
  free(w);
}

static void test_random_filters(void **state) {
  (void)state;
  lnti_test_property("random filters", 4, check_random, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_filters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
