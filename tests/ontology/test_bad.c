/*
 * Ontologies with one mistake each: where it is told to be, and why. In the table a ' stands for a ", and <n> for n letters.
 */
#include <ontology/ontology.h>

#include "support.h"

#define DOC(list) "{'classifications': [" list "]}"
#define Q(type, fields) DOC("{'id': 'q', 'type': '" type "'" fields "}")
#define RADIO(list) Q("radio", ", 'options': [" list "]")
#define TREE(list) Q("tree", ", 'options': [" list "]")
#define OPTION(fields) RADIO("{'id': 'a'" fields "}")
#define NODE(fields) TREE("{'id': 'a', 'options': [{'id': 'b'" fields "}]}")
#define BELOW(list) OPTION(", 'attributes': [" list "]")
#define SCREEN(screen)                                                                            \
  "{'classifications': [{'id': 'place', 'type': 'radio', 'options': [{'id': 'a', 'attributes': [" \
  "{'id': 'note', 'type': 'text'}]}]}, {'id': 'size', 'type': 'number'}], 'screen': " screen "}"
#define SECTION(fields) SCREEN("{'sections': [{" fields "}]}")

#define C0 "classifications[0]"
#define O0 C0 ".options[0]"
#define B0 O0 ".options[0]"
#define A0 O0 ".attributes[0]"

static const struct bad {
  const char *json, *path, *reason;
} table[] = {
    /* ---- no JSON ---- */
    {"", "", "end of the input"},
    {" ", "", "end of the input"},
    {"{", "", "end of the input"},
    {"nul", "", "'null'"},
    {"{'name': 'x'", "", "end of the input"},
    {"{'name' 'x'}", "", "':'"},
    {"{'name': }", "", "a value"},
    {"{'name': 'x',}", "", "found '}'"},
    {"{name: 'x'}", "", "found 'n'"},
    {"{'name': 'x'} 1", "", "found '1'"},
    {"{'name': 'x}", "", "at the end of a string"},
    {"{'name': 'a\nb'}", "", "U+000A"},
    {"{'name': '\\q'}", "", "after a backslash"},
    {"{'name': '\\u12'}", "", "four hexadecimal digits"},
    {"{'name': '\\u0000'}", "", "\\u0000"},
    {"{'name': '\\ud800'}", "", "surrogate"},
    {"{'name': '\\udc00'}", "", "surrogate"},
    {"{'name': '\xff'}", "", "UTF-8"},
    {"{'name': '\xc3'}", "", "UTF-8"},
    {"{'version': 01}", "", "leading 0"},
    {"{'version': 1.}", "", "a digit"},
    {"{'version': +1}", "", "found '+'"},
    {"{'version': 1e999}", "", "beyond what a double holds"},
    {"{'version': NaN}", "", "found 'N'"},
    {"{'name': 'x', 'name': 'y'}", "", "stands twice"},
    {OPTION(", 'title': 'x', 'title': 'x'"), "", "stands twice"},

    /* ---- the document ---- */
    {"[]", "", "an object is needed, this is an array"},
    {"7", "", "this is a number"},
    {"'x'", "", "this is a string"},
    {"null", "", "this is null"},
    {"true", "", "this is a boolean"},
    {"{'nmae': 'x'}", "nmae", "is \"name\" meant?"},
    {"{'Name': 'x'}", "Name", "unknown key"},
    {"{'clasifications': []}", "clasifications", "is \"classifications\" meant?"},
    {"{'zzzzzzzzzz': 1}", "zzzzzzzzzz", "unknown key in an ontology"},
    {"{'objects': []}", "objects", "not in this version"},
    {"{'spans': []}", "spans", "not in this version"},
    {"{'relations': []}", "relations", "not in this version"},
    {"{'name': 3}", "name", "a string is needed"},
    {"{'name': null}", "name", "this is null"},
    {"{'name': ['x']}", "name", "this is an array"},
    {"{'version': 1.5}", "version", "no whole number"},
    {"{'version': -1}", "version", "no whole number"},
    {"{'version': 1e16}", "version", "no whole number"},
    {"{'version': '1'}", "version", "a number is needed"},
    {"{'version': true}", "version", "this is a boolean"},
    {"{'classifications': {}}", "classifications", "an array of questions"},
    {"{'classifications': null}", "classifications", "this is null"},
    {"{'classifications': 'q'}", "classifications", "this is a string"},

    /* ---- questions ---- */
    {DOC("7"), C0, "an object is needed"},
    {DOC("'q'"), C0, "this is a string"},
    {DOC("[]"), C0, "this is an array"},
    {DOC("null"), C0, "this is null"},
    {DOC("{'type': 'radio'}"), C0, "\"id\" is missing"},
    {DOC("{'id': 'q'}"), C0, "\"type\" is missing"},
    {DOC("{'id': 'q', 'type': 1}"), C0 ".type", "a string is needed"},
    {DOC("{'id': 'q', 'type': null}"), C0 ".type", "this is null"},
    {Q("radoi", ""), C0 ".type", "is \"radio\" meant?"},
    {Q("Radio", ""), C0 ".type", "unknown type"},
    {Q("chekclist", ""), C0 ".type", "is \"checklist\" meant?"},
    {Q("numbr", ""), C0 ".type", "is \"number\" meant?"},
    {Q("slider-of-x", ""), C0 ".type", "there are \"radio\""},
    {Q("", ""), C0 ".type", "unknown type"},
    {DOC("{'id': 1, 'type': 'radio'}"), C0 ".id", "a string is needed"},
    {DOC("{'id': null, 'type': 'radio'}"), C0 ".id", "this is null"},
    {DOC("{'id': '', 'type': 'radio'}"), C0 ".id", "the id is empty"},
    {DOC("{'id': ' q', 'type': 'radio'}"), C0 ".id", "a blank"},
    {DOC("{'id': 'q ', 'type': 'radio'}"), C0 ".id", "a blank"},
    {DOC("{'id': 'a/b', 'type': 'radio'}"), C0 ".id", "'/'"},
    {DOC("{'id': 'a\\tb', 'type': 'radio'}"), C0 ".id", "control character 9"},
    {DOC("{'id': 'a\\u007f', 'type': 'radio'}"), C0 ".id", "control character 127"},
    {DOC("{'id': '<256>', 'type': 'radio'}"), C0 ".id", "at most 255"},
    {Q("radio", ", 'title': 5"), C0 ".title", "a string is needed"},
    {Q("radio", ", 'title': ''"), C0 ".title", "the title is empty"},
    {Q("radio", ", 'title': 'a\\nb'"), C0 ".title", "control character 10"},
    {Q("radio", ", 'title': '<4097>'"), C0 ".title", "at most 4096"},
    {DOC("{'title': '', 'type': 'radio'}"), C0 ".title", "the title is empty"},
    {Q("radio", ", 'description': 5"), C0 ".description", "a string is needed"},
    {Q("radio", ", 'description': null"), C0 ".description", "this is null"},
    {Q("radio", ", 'level': 'items'"), C0 ".level", "unknown level"},
    {Q("radio", ", 'level': ''"), C0 ".level", "unknown level"},
    {Q("radio", ", 'level': 1"), C0 ".level", "a string is needed"},
    {Q("radio", ", 'required': 1"), C0 ".required", "true or false is needed"},
    {Q("radio", ", 'required': 'yes'"), C0 ".required", "this is a string"},
    {Q("radio", ", 'required': null"), C0 ".required", "this is null"},
    {Q("radio", ", 'requierd': true"), C0 ".requierd", "is \"required\" meant?"},
    {Q("radio", ", 'dynamic': true"), C0 ".dynamic", "not in this version"},
    {Q("radio", ", 'min': 1"), C0 ".min", "a radio has no \"min\""},
    {Q("radio", ", 'max': 1"), C0 ".max", "a radio has no \"max\""},
    {Q("radio", ", 'step': 1"), C0 ".step", "a radio has no \"step\""},
    {Q("radio", ", 'unit': 'mm'"), C0 ".unit", "a radio has no \"unit\""},
    {Q("radio", ", 'max_length': 1"), C0 ".max_length", "a radio has no \"max_length\""},
    {Q("radio", ", 'leaf_only': true"), C0 ".leaf_only", "a radio has no \"leaf_only\""},
    {Q("checklist", ", 'leaf_only': true"), C0 ".leaf_only", "a checklist has no"},
    {Q("checklist", ", 'min': 1"), C0 ".min", "a checklist has no"},
    {Q("rank", ", 'leaf_only': true"), C0 ".leaf_only", "a rank has no"},
    {Q("rank", ", 'max': 3"), C0 ".max", "a rank has no"},
    {Q("tree", ", 'leaf_only': 1"), C0 ".leaf_only", "true or false is needed"},
    {Q("tree", ", 'step': 1"), C0 ".step", "a tree has no"},
    {Q("number", ", 'options': []"), C0 ".options", "a number has no"},
    {Q("number", ", 'max_length': 1"), C0 ".max_length", "a number has no"},
    {Q("text", ", 'options': []"), C0 ".options", "a text has no"},
    {Q("text", ", 'min': 1"), C0 ".min", "a text has no"},
    {Q("text", ", 'unit': 'mm'"), C0 ".unit", "a text has no"},
    {Q("text", ", 'pattern': 'x'"), C0 ".pattern", "unknown key in a text"},
    {DOC("{'id': 'q', 'type': 'text'}, {'id': 'q', 'type': 'text'}"), "classifications[1].id", "taken by a sibling"},
    {DOC("{'id': 'q', 'type': 'text'},\n\n{'id': 'q', 'type': 'radio'}"), "classifications[1].id", "in line 1"},

    /* ---- numbers and texts ---- */
    {Q("number", ", 'min': 2, 'max': 1"), C0 ".max", "\"min\" 2 is above \"max\" 1"},
    {Q("number", ", 'min': '2'"), C0 ".min", "a number is needed"},
    {Q("number", ", 'max': null"), C0 ".max", "this is null"},
    {Q("number", ", 'max': [1]"), C0 ".max", "this is an array"},
    {Q("number", ", 'step': 0"), C0 ".step", "not above 0"},
    {Q("number", ", 'step': -0.5"), C0 ".step", "not above 0"},
    {Q("number", ", 'step': '1'"), C0 ".step", "a number is needed"},
    {Q("number", ", 'unit': 1"), C0 ".unit", "a string is needed"},
    {Q("number", ", 'units': 'mm'"), C0 ".units", "is \"unit\" meant?"},
    {Q("text", ", 'max_length': 0"), C0 ".max_length", "whole number from 1"},
    {Q("text", ", 'max_length': -1"), C0 ".max_length", "whole number from 1"},
    {Q("text", ", 'max_length': 1.5"), C0 ".max_length", "whole number from 1"},
    {Q("text", ", 'max_length': 65537"), C0 ".max_length", "to 65536"},
    {Q("text", ", 'max_length': '9'"), C0 ".max_length", "a number is needed"},
    {Q("text", ", 'max_lenght': 9"), C0 ".max_lenght", "is \"max_length\" meant?"},

    /* ---- options ---- */
    {Q("radio", ", 'options': 5"), C0 ".options", "an array of options"},
    {Q("radio", ", 'options': {}"), C0 ".options", "this is an object"},
    {Q("tree", ", 'options': null"), C0 ".options", "this is null"},
    {RADIO("[]"), O0, "an object is needed"},
    {RADIO("'a'"), O0, "this is a string"},
    {RADIO("null"), O0, "this is null"},
    {RADIO("{}"), O0, "\"id\" is missing"},
    {RADIO("{'id': 5}"), O0 ".id", "a string is needed"},
    {RADIO("{'id': ''}"), O0 ".id", "the id is empty"},
    {RADIO("{'id': 'a/b'}"), O0 ".id", "'/'"},
    {RADIO("{'id': 'a '}"), O0 ".id", "a blank"},
    {RADIO("{'id': '<256>'}"), O0 ".id", "at most 255"},
    {RADIO("{'id': 'a\\u0001'}"), O0 ".id", "control character 1"},
    {RADIO("{'id': 'a'}, {'id': 'a'}"), C0 ".options[1].id", "taken by a sibling"},
    {RADIO("{'title': 'A'}, {'id': 'a'}"), C0 ".options[1].id", "taken by a sibling"},
    {RADIO("{'id': 'b'}, {'id': 'a'},\n{'id': 'b'}"), C0 ".options[2].id", "in line 1"},
    {Q("checklist", ", 'options': [{'id': 'a'}, {'id': 'a'}]"), C0 ".options[1].id", "taken by a sibling"},
    {Q("rank", ", 'options': [{'id': 'a'}, {'id': 'a'}]"), C0 ".options[1].id", "taken by a sibling"},
    {OPTION(", 'title': ''"), O0 ".title", "the title is empty"},
    {OPTION(", 'title': 5"), O0 ".title", "a string is needed"},
    {OPTION(", 'title': '<4097>'"), O0 ".title", "at most 4096"},
    {OPTION(", 'description': []"), O0 ".description", "a string is needed"},
    {OPTION(", 'retired': 'no'"), O0 ".retired", "true or false is needed"},
    {OPTION(", 'retried': true"), O0 ".retried", "is \"retired\" meant?"},
    {OPTION(", 'colour': '#c33'"), O0 ".colour", "is \"color\" meant?"},
    {OPTION(", 'color': 'red'"), O0 ".color", "no colour"},
    {OPTION(", 'color': '#12'"), O0 ".color", "no colour"},
    {OPTION(", 'color': '#ggg'"), O0 ".color", "no colour"},
    {OPTION(", 'color': '#cc33333'"), O0 ".color", "no colour"},
    {OPTION(", 'color': 'c33'"), O0 ".color", "no colour"},
    {OPTION(", 'color': 3"), O0 ".color", "a string is needed"},
    {OPTION(", 'key': 1"), O0 ".key", "a string is needed"},
    {OPTION(", 'key': '<33>'"), O0 ".key", "at most 32"},
    {OPTION(", 'key': 'a\\n'"), O0 ".key", "control character 10"},
    {OPTION(", 'key': 'k'}, {'id': 'b', 'key': 'k'"), C0 ".options[1].key", "that of the option \"a\""},
    {OPTION(", 'code': 1"), O0 ".code", "a string is needed"},
    {OPTION(", 'code': ''"), O0 ".code", "the code is empty"},
    {OPTION(", 'code': '<256>'"), O0 ".code", "at most 255"},
    {OPTION(", 'code': 'c'}, {'id': 'b', 'code': 'c'"), C0 ".options[1].code", "that of the option \"a\""},
    {OPTION(", 'aliases': 'x'"), O0 ".aliases", "an array of strings"},
    {OPTION(", 'aliases': ['x', 2]"), O0 ".aliases[1]", "a string is needed"},
    {OPTION(", 'aliases': ['']"), O0 ".aliases[0]", "the alias is empty"},
    {OPTION(", 'aliases': ['x', 'y\\tz']"), O0 ".aliases[1]", "control character 9"},
    {OPTION(", 'aliases': ['<4097>']"), O0 ".aliases[0]", "at most 4096"},
    {OPTION(", 'alias': ['x']"), O0 ".alias", "is \"aliases\" meant?"},
    {OPTION(", 'examples': {}"), O0 ".examples", "an array of strings"},
    {OPTION(", 'examples': [null]"), O0 ".examples[0]", "this is null"},
    {OPTION(", 'examples': ['']"), O0 ".examples[0]", "the example is empty"},
    {OPTION(", 'options': []"), O0 ".options", "an option of a radio"},
    {Q("checklist", ", 'options': [{'id': 'a', 'options': []}]"), O0 ".options", "an option of a checklist"},
    {Q("rank", ", 'options': [{'id': 'a', 'options': []}]"), O0 ".options", "an option of a rank"},
    {Q("rank", ", 'options': [{'id': 'a', 'attributes': []}]"), O0 ".attributes", "an option of a rank"},
    {OPTION(", 'zzzzzzzzzz': 1"), O0 ".zzzzzzzzzz", "unknown key in an option"},

    /* ---- nodes of a tree ---- */
    {TREE("{'id': 'a', 'options': 1}"), O0 ".options", "an array of options"},
    {TREE("{'id': 'a', 'options': [1]}"), B0, "an object is needed"},
    {TREE("{'id': 'a', 'options': [{}]}"), B0, "\"id\" is missing"},
    {NODE("}, {'id': 'b'"), O0 ".options[1].id", "taken by a sibling"},
    {NODE(", 'color': 'red'"), B0 ".color", "no colour"},
    {NODE(", 'code': 'c'}]}, {'id': 'x', 'options': [{'id': 'y', 'code': 'c'"), C0 ".options[1].options[0].code",
     "that of the option \"b\""},
    {NODE(", 'key': 'k'}, {'id': 'c', 'key': 'k'"), O0 ".options[1].key", "that of the option \"b\""},
    {TREE("{'id': 'a', 'attributes': [{'id': 'b', 'type': 'text'}], 'options': [{'id': 'b'}]}"), B0 ".id",
     "taken by a sibling"},
    {NODE(", 'atributes': []"), B0 ".atributes", "is \"attributes\" meant?"},

    /* ---- attributes ---- */
    {OPTION(", 'attributes': {}"), O0 ".attributes", "an array of questions"},
    {BELOW("7"), A0, "an object is needed"},
    {BELOW("{'id': 'x'}"), A0, "\"type\" is missing"},
    {BELOW("{'type': 'text'}"), A0, "\"id\" is missing"},
    {BELOW("{'id': 'x', 'type': 'txet'}"), A0 ".type", "is \"text\" meant?"},
    {BELOW("{'id': 'x', 'type': 'text'}, {'id': 'x', 'type': 'text'}"), O0 ".attributes[1].id", "taken by a sibling"},
    {BELOW("{'id': 'x', 'type': 'number', 'min': 1, 'max': 0}"), A0 ".max", "above \"max\""},
    {BELOW("{'id': 'x', 'type': 'radio', 'options': [{'id': 'b'}, {'id': 'b'}]}"), A0 ".options[1].id",
     "taken by a sibling"},
    {BELOW(
         "{'id': 'x', 'type': 'radio', 'options': [{'id': 'b', 'attributes': [{'id': 'y', 'type': 'text', 'max': 1}]}]}"),
     A0 ".options[0].attributes[0].max", "a text has no"},

    /* ---- the screen ---- */
    {SCREEN("[]"), "screen", "an object is needed"},
    {SCREEN("null"), "screen", "this is null"},
    {SCREEN("{'sektions': []}"), "screen.sektions", "is \"sections\" meant?"},
    {SCREEN("{'zzzzzzzzzz': []}"), "screen.zzzzzzzzzz", "unknown key in a screen"},
    {SCREEN("{'metadata': 'site'}"), "screen.metadata", "an array of strings"},
    {SCREEN("{'metadata': [1]}"), "screen.metadata[0]", "a string is needed"},
    {SCREEN("{'metadata': ['']}"), "screen.metadata[0]", "is empty"},
    {SCREEN("{'sections': {}}"), "screen.sections", "an array of sections"},
    {SCREEN("{'sections': [1]}"), "screen.sections[0]", "an object is needed"},
    {SECTION(""), "screen.sections[0]", "\"questions\" is missing"},
    {SECTION("'title': 1, 'questions': []"), "screen.sections[0].title", "a string is needed"},
    {SECTION("'description': 1, 'questions': []"), "screen.sections[0].description", "a string is needed"},
    {SECTION("'collapsed': 'no', 'questions': []"), "screen.sections[0].collapsed", "true or false"},
    {SECTION("'colapsed': true, 'questions': []"), "screen.sections[0].colapsed", "is \"collapsed\" meant?"},
    {SECTION("'questions': 'size'"), "screen.sections[0].questions", "an array of ids"},
    {SECTION("'questions': [1]"), "screen.sections[0].questions[0]", "as a string"},
    {SECTION("'questions': ['sise']"), "screen.sections[0].questions[0]", "is \"size\" meant?"},
    {SECTION("'questions': ['zzzzzzzz']"), "screen.sections[0].questions[0]", "there is no question"},
    {SECTION("'questions': ['place/a/note']"), "screen.sections[0].questions[0]", "asked after an option"},
    {SECTION("'questions': ['size', 'size']"), "screen.sections[0].questions[1]", "named already"},
    {SECTION("'questions': ['size']}, {'questions': ['size']"), "screen.sections[1].questions[0]", "named already"},
    {SECTION("'questions': ['a', 'b', 'c', 'd']"), "screen.sections[0].questions", "4 questions are named"},
};

static char *expand(const char *text) {
  static char out[1 << 14];
  size_t n = 0;
  for (; *text; text++) {
    char *end = NULL;
    size_t times = *text == '<' ? strtoul(text + 1, &end, 10) : 0;
    assert_true(n + times + 2 < sizeof out);
    if (times && *end == '>') {
      memset(out + n, 'x', times);
      n += times;
      text = end;
    } else {
      out[n++] = *text == '\'' ? '"' : *text;
    }
  }
  out[n] = '\0';
  return out;
}

/* The first error is the expected one, and reading the same document for use gives just that. */
static void each_is_told_at_its_place(void **state) {
  (void)state;
  size_t failed = 0;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    const struct bad *bad = &table[i];
    const char *json = expand(bad->json);
    lnti_ontology_problems problems = {0};
    lnti_ontology *ontology = NULL;
    assert_ok(lnti_ontology_check(&ontology, &problems, json, strlen(json), ERR));
    bool right = !ontology && problems.n_errors > 0 && strcmp(problems.errors[0].path, bad->path) == 0 &&
                 strstr(problems.errors[0].message, bad->reason);
    if (!right) {
      print_error("%s\n  is to be told at \"%s\": %s\n  and is at \"%s\": %s\n", bad->json, bad->path, bad->reason,
                  problems.n_errors ? problems.errors[0].path : "-",
                  problems.n_errors ? problems.errors[0].message : "no error");
      failed++;
      lnti_ontology_free(ontology);
    } else {
      assert_true(problems.n_warnings == 0 && problems.errors[0].line > 0);
      assert_status(lnti_ontology_parse(&ontology, json, strlen(json), "bad.json", ERR), problems.errors[0].code);
      assert_message(bad->path);
      assert_message(bad->reason);
      assert_null(ontology);
    }
    lnti_ontology_problems_clear(&problems);
  }
  assert_int_equal(failed, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_told_at_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
