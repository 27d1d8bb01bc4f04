/*
 * Any text as a filter over an ontology of every type and some metadata keys: an error with a message, or a filter whose tree
 * is sound. Also any pattern on any text, and any two texts as bounds of a range.
 */
#include <flow/filter/parts.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char ontology_json[] =
    "{\"name\": \"F\", \"classifications\": [{\"id\": \"class\", \"type\": \"radio\", \"options\": [{\"id\": \"a\","
    "\"attributes\": [{\"id\": \"part\", \"type\": \"tree\", \"options\": [{\"id\": \"b\", \"options\": [{\"id\": "
    "\"c\"}]}]}]}, {\"id\": \"none\"}]}, {\"id\": \"size\", \"type\": \"number\"}, {\"id\": \"not\", \"type\": "
    "\"checklist\", \"options\": [{\"id\": \"in\"}, {\"id\": \"x.y\"}]}]}";

static void check(int condition) {
  if (!condition) abort();
}

/* Every node once, every value of the kind that its field asks for; returns the nodes seen. */
static size_t walk(const lnti_filter *filter, size_t node, unsigned depth) {
  check(node < filter->n_nodes && depth <= 2 * LNTI_FILTER_DEPTH_MAX + 4);
  const lnti_filter_node *n = &filter->nodes[node];
  size_t seen = 1;
  if (n->kind == LNTI_NODE_TERM) {
    const lnti_filter_term *term = &filter->terms[n->term];
    check(term->first_value + term->n_values <= filter->n_values && term->n_values > 0);
    for (size_t i = 0; i < term->n_values; i++) {
      const lnti_filter_value *v = &filter->values[term->first_value + i];
      if (v->kind == LNTI_VALUE_OPTION) check(v->option < filter->names->ontology->n_options);
      if (v->kind == LNTI_VALUE_TEXT || v->kind == LNTI_VALUE_PATTERN) check(v->text != NULL);
    }
  }
  for (size_t i = n->first; i != LNTI_NONE; i = filter->nodes[i].next) seen += walk(filter, i, depth + 1);
  return seen;
}

static void check_texts(const char *text) {
  char *copy = strdup(text);
  check(copy != NULL);
  char *other = strchr(copy, ' ');
  if (other) {
    lnti_text_bound low, high;
    *other++ = '\0';
    lnti_pattern_match(copy, other);
    lnti_pattern_match(other, copy);
    lnti_text_bound_set(&low, copy, other[0] & 1);
    lnti_text_bound_set(&high, other, copy[0] & 1);
    bool inside = lnti_text_within(copy, &low, &high);
    check(!inside || copy[0]);
  }
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static const char *const meta[] = {"site", "two words", "width"};
  lnti_ontology *ontology = NULL;
  lnti_filter *filter = NULL;
  lnt_error err = LNT_ERROR_INIT;
  char *text = malloc(n + 1);
  check(text != NULL);
  if (n) memcpy(text, data, n);
  text[n] = '\0';
  check(lnti_ontology_parse(&ontology, ontology_json, strlen(ontology_json), "fuzz", NULL) == LNT_OK);
  size_t question[3] = {0};
  for (size_t i = 0; i < 3; i++)
    check(lnti_ontology_find_question(&question[i], ontology, ((const char *const[]){"class", "size", "not"})[i],
                                      NULL) == LNT_OK);
  const lnti_predicted_name predicted[] = {{1, "m", question[0]}, {2, "class", question[1]}, {3, "a.b", question[2]}};
  const lnti_filter_names names = {ontology, meta, 3, predicted, 3};
  lnt_status status = lnti_filter_parse(&filter, text, &names, &err);
  if (status) {
    check(!filter && err.code == status && err.message[0] != '\0');
    check(status == LNT_EINVAL || status == LNT_ELIMIT);
  } else {
    check(walk(filter, filter->root, 0) == filter->n_nodes);
  }
  check_texts(text);
  lnti_filter_free(filter);
  lnti_ontology_free(ontology);
  free(text);
  return 0;
}
