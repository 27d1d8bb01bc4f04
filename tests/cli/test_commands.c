/*
 * The tables of commands: well-formed, and what help makes of them.
 */
#include <support.h>

#include <base/text.h>
#include <cli/cli.h>
#include <cli/help.h>

/** Lower case (or a name's own capitals), no full stop, in one line. */
static void assert_sentence(const char *text) {
  size_t n = strlen(text);
  assert_true(n > 0 && text[n - 1] != '.' && !strchr(text, '\n'));
}

static void check_options(const lnti_cli_option *options, bool global) {
  for (const lnti_cli_option *o = options; o->name; o++) {
    assert_sentence(o->help);
    assert_true(!o->argument || o->argument[0]);
    for (const lnti_cli_option *p = options; p != o; p++) assert_string_not_equal(p->name, o->name);
    if (global) continue;
    for (const lnti_cli_option *g = lnti_global_options(); g->name; g++) {
      assert_string_not_equal(g->name, o->name);
      assert_true(!o->letter || g->letter != o->letter);
    }
  }
}

static void test_tables(void **state) {
  (void)state;
  const lnti_command *const *commands = lnti_commands();
  check_options(lnti_global_options(), true);
  for (size_t i = 0; commands[i]; i++) {
    const lnti_command *c = commands[i];
    for (size_t j = 0; j < i; j++) assert_string_not_equal(commands[j]->name, c->name);
    assert_sentence(c->summary);
    assert_non_null(c->run);
    assert_true(c->operands_min <= c->operands_max);
    check_options(c->options, false);
    assert_non_null(c->examples[0].says);
    for (const lnti_example *e = c->examples; e->says; e++) {
      char start[64];
      snprintf(start, sizeof start, "linnet ");
      assert_int_equal(strncmp(e->line, start, strlen(start)), 0);
      assert_non_null(strstr(e->line, c->name));
      assert_int_equal(e->says[strlen(e->says) - 1], ':');
    }
  }
}

static void test_find(void **state) {
  (void)state;
  const lnti_command *command = NULL;
  assert_ok(lnti_command_find(&command, "evaluate", ERR));
  assert_string_equal(command->name, "evaluate");
  command = NULL;
  assert_status(lnti_command_find(&command, "evalaute", ERR), LNT_EINVAL);
  assert_message("did you mean 'evaluate'?");
  assert_status(lnti_command_find(&command, "fly", ERR), LNT_EINVAL);
  assert_message("no command 'fly'");
  assert_null(command);
}

/** No line of any help is wider than a terminal of 100 columns, but for usage and examples that are to be copied. */
static void test_help(void **state) {
  (void)state;
  const lnti_command *const *commands = lnti_commands();
  for (size_t i = 0; commands[i]; i++) {
    lnti_text text = {0};
    assert_ok(lnti_help_command(&text, commands[i], ERR));
    for (const lnti_cli_option *o = commands[i]->options; o->name; o++) assert_non_null(strstr(text.data, o->name));
    for (const char *line = text.data; *line;) {
      size_t n = strcspn(line, "\n");
      bool copied = strncmp(line, "Usage:", 6) == 0 || strncmp(line, "      ", 6) == 0;
      if (!copied && lnti_utf8_columns(line, n) > 100) fail_msg("too wide: %.*s", (int)n, line);
      line += n + (line[n] == '\n');
    }
    lnti_text_clear(&text);
  }
}

static void test_param_range(void **state) {
  (void)state;
  static const struct {
    lnti_param param;
    const char *wanted;
  } cases[] = {
      {{"k", LNTI_PARAM_INT, "5", 1, 100, NULL, ""}, "1 to 100"},
      {{"size", LNTI_PARAM_INT, "auto", 8, 512, "auto", ""}, "8 to 512, or auto"},
      {{"tol", LNTI_PARAM_REAL, "1e-4", 1e-12, 0.5, NULL, ""}, "1e-12 to 0.5"},
      {{"on", LNTI_PARAM_BOOL, "true", 0, 1, NULL, ""}, "true|false"},
      {{"metric", LNTI_PARAM_CHOICE, "a", 0, 0, "a|b", ""}, "a|b"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lnti_text text = {0};
    assert_ok(lnti_param_range(&text, &cases[i].param, ERR));
    assert_string_equal(text.data, cases[i].wanted);
    lnti_text_clear(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tables),
      cmocka_unit_test(test_find),
      cmocka_unit_test(test_help),
      cmocka_unit_test(test_param_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
