/*
 * A change of each kind, of places drawn at random: many make no sense, which is for the program to say.
 */
#include "random_change.h"

typedef struct drawn {
  const lnti_ontology *o;
  lnti_rng *rng;
  size_t number;                  /* for new titles */
  size_t option, other, question; /* any two options, and the first's question; without options another question */
  lnti_json_writer *json;
  model_change said;
} drawn;

static size_t below(const drawn *d, size_t n) {
  return (size_t)lnti_rng_below(d->rng, n);
}

static void put_place(drawn *d, const char *name, size_t question, size_t option) {
  lnti_text path = {0};
  assert_ok(lnti_ontology_place_path(&path, d->o, question, option, ERR));
  if (name) lnti_json_kv_string(d->json, name, path.data);
  if (!name) lnti_json_string(d->json, path.data);
  lnti_text_clear(&path);
}

static void put_what(drawn *d, bool of_question) {
  put_place(d, "what", d->question, of_question ? LNTI_NONE : d->option);
}

static void put_new_title(drawn *d) {
  char title[64];
  snprintf(title, sizeof title, "new %zu", d->number);
  lnti_json_kv_string(d->json, "title", title);
}

static void draw_rename(drawn *d) {
  put_what(d, below(d, 3) == 0);
  put_new_title(d);
}

static void draw_merge(drawn *d) {
  const lnti_ontology *o = d->o;
  d->said.kind = CHANGE_MERGE;
  d->said.from[d->said.n_from++] = o->options[d->option].id;
  lnti_json_key(d->json, "what");
  lnti_json_begin_array(d->json);
  put_place(d, NULL, d->question, d->option);
  bool into = below(d, 2);
  if (!into) {
    put_place(d, NULL, o->options[d->other].question, d->other);
    d->said.from[d->said.n_from++] = o->options[d->other].id;
  }
  lnti_json_end_array(d->json);
  if (into) put_place(d, "into", o->options[d->other].question, d->other);
  if (into) d->said.into = o->options[d->other].id;
  if (!into) put_new_title(d);
}

static void draw_split(drawn *d) {
  const lnti_ontology *o = d->o;
  char where[32];
  put_what(d, false);
  d->said.n_items = 1 + below(d, MODEL_ITEMS);
  snprintf(where, sizeof where, "id<=%zu", d->said.n_items);
  lnti_json_kv_string(d->json, "where", where);
  if (below(d, 4) == 0) {
    lnti_json_kv_bool(d->json, "review", true);
    return;
  }
  d->said.kind = CHANGE_SPLIT;
  d->said.from[0] = o->options[d->option].id;
  if (below(d, 2)) {
    put_place(d, "into", o->options[d->other].question, d->other);
    d->said.into = o->options[d->other].id;
  } else {
    put_new_title(d);
    if (o->questions[d->question].type == LNTI_TREE) lnti_json_kv_bool(d->json, "below", below(d, 2));
  }
}

static void draw_move(drawn *d) {
  bool question = below(d, 2);
  put_what(d, question);
  if (question && below(d, 3) == 0) {
    lnti_json_kv_string(d->json, "to", "");
  } else {
    put_place(d, "to", d->o->options[d->other].question, d->other);
  }
}

static void draw_order(drawn *d) {
  put_what(d, below(d, 2));
  lnti_json_kv_bool(d->json, below(d, 2) ? "first" : "last", true);
}

static void draw_what(drawn *d) {
  put_what(d, false);
}

static void draw_set(drawn *d) {
  bool question = below(d, 2);
  put_what(d, question);
  lnti_json_kv_string(d->json, "description", below(d, 2) ? "seen" : "鳥");
  if (question && d->o->questions[d->question].type == LNTI_NUMBER) lnti_json_kv_real(d->json, "max", 12);
  if (question && d->o->questions[d->question].type == LNTI_TREE) {
    lnti_json_kv_bool(d->json, "leaf_only", below(d, 2));
  }
}

static void draw_add(drawn *d) {
  static const char *const types[] = {"radio", "checklist", "tree", "number", "text"};
  bool question = below(d, 2);
  put_what(d, !question);
  put_new_title(d);
  if (question) lnti_json_kv_string(d->json, "type", types[below(d, 5)]);
}

static void draw_remove(drawn *d) {
  put_what(d, below(d, 4) == 0);
}

static void draw_type(drawn *d) {
  static const lnti_question_type to[] = {LNTI_RADIO, LNTI_CHECKLIST, LNTI_TREE};
  const lnti_ontology *o = d->o;
  d->question = below(d, o->n_questions); /* also one without options */
  d->said.kind = CHANGE_TYPE;
  d->said.was = o->questions[d->question].type;
  d->said.becomes = to[below(d, 3)];
  d->said.others_no = d->said.was == LNTI_RADIO && d->said.becomes == LNTI_CHECKLIST && below(d, 2);
  put_what(d, true);
  lnti_json_kv_string(d->json, "type", lnti_question_type_name(d->said.becomes));
  if (d->said.others_no) lnti_json_kv_string(d->json, "others", "no");
}

const char *const change_verbs[CHANGE_VERBS] = {"rename",  "merge", "split", "move", "order", "retire",
                                                "restore", "set",   "add",   "type", "remove"};
static void (*const draws[CHANGE_VERBS])(drawn *d) = {draw_rename, draw_merge, draw_split, draw_move,
                                                      draw_order,  draw_what,  draw_what,  draw_set,
                                                      draw_add,    draw_type,  draw_remove};

/* Half of the options are siblings: others are not merged. */
static size_t draw_other(const drawn *d) {
  const lnti_ontology *o = d->o;
  for (int tries = 0; tries < 20; tries++) {
    size_t other = below(d, o->n_options);
    if (tries == 19 || (o->options[other].question == d->question && other != d->option)) return other;
  }
  return d->option;
}

char *random_change(model_change *out, size_t *verb_out, const lnti_ontology *ontology, lnti_rng *rng, size_t number) {
  drawn all = {.o = ontology, .rng = rng, .number = number}, *d = &all;
  lnti_text text = {0};
  const size_t verb = below(d, CHANGE_VERBS);
  d->option = below(d, ontology->n_options);
  d->question = ontology->options[d->option].question;
  d->other = draw_other(d);
  for (size_t i = 0; i < ontology->n_options; i++) {
    if (ontology->options[i].id > d->said.last_option) d->said.last_option = ontology->options[i].id;
  }
  assert_ok(lnti_json_writer_new(&d->json, lnti_json_sink_text, &text, 0, ERR));
  lnti_json_begin_array(d->json);
  lnti_json_begin_object(d->json);
  lnti_json_kv_string(d->json, "do", change_verbs[verb]);
  draws[verb](d);
  lnti_json_end_object(d->json);
  lnti_json_end_array(d->json);
  assert_ok(lnti_json_finish(d->json, ERR));
  lnti_json_writer_free(d->json);
  d->said.question = ontology->questions[d->question].id;
  *out = d->said;
  *verb_out = verb;
  return text.data;
}
