/*
 * The program: environment, signals, threads, and the one place where a status becomes an exit code.
 *
 * Order matters at the start: standard streams must be open before any file is, the CPU level must be settled before
 * OpenBLAS is loaded (it picks its kernels then), and signals are caught before there is anything to lose.
 */
#include <base/alloc.h>
#include <base/error.h>
#include <cli/cli.h>
#include <cli/format.h>
#include <cli/help.h>
#include <errno.h>
#include <fcntl.h>
#include <linnet/version.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGE_BLOCK_BYTES = 128 << 20 };

/* A signal handler can be told nothing: what it sets must be reachable without an argument. Written once, before
 * the handlers are installed. */
static lnti_cancel cancel;

static void on_interrupt(int signal_number) {
  (void)signal_number;
  if (lnti_cancel_requested(&cancel)) _exit(LNTI_EXIT_CANCELLED);
  lnti_cancel_request(&cancel);
}

/** The first Ctrl-C asks the work to stop at a consistent point, the second one stops at once. A closed pipe is an
 *  error of write(), not death in the middle of a change. */
static void install_signals(void) {
  struct sigaction action = {0}, inherited = {0};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  /* A job in the background of a script is started with Ctrl-C ignored, and stays so. */
  sigaction(SIGINT, NULL, &inherited);
  if (inherited.sa_handler != SIG_IGN) sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

/** Streams that the caller closed are opened on /dev/null, or a database would be opened in their place. */
static void open_streams(void) {
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd) _exit(1);
  }
}

/* ---- CPU level ---- */

/** OpenBLAS's name for kernels that keep to a level. */
static const char *openblas_core(lnt_cpu_level level) {
  switch (level) {
    case LNT_CPU_GENERIC:
      return "Prescott";
    case LNT_CPU_AVX2:
      return "Haswell";
    case LNT_CPU_AVX512:
    case LNT_CPU_VNNI:
    case LNT_CPU_AMX:
      break;
  }
  return "SkylakeX";
}

/** LINNET_CPU: a level no higher than the machine's. A lower one binds OpenBLAS too, which reads OPENBLAS_CORETYPE when it is
 *  loaded (src/math/gemm.c). */
static lnt_status choose_cpu(lnti_cli *cli, lnt_error *err) {
  cli->cpu_best = lnt_cpu_detect();
  cli->context.cpu = cli->cpu_best;
  const char *wanted = getenv("LINNET_CPU");
  if (!wanted || !wanted[0]) return LNT_OK;
  lnt_cpu_level level = LNT_CPU_GENERIC;
  lnt_status status = lnt_cpu_parse(&level, wanted, err);
  if (status) {
    lnti_error_prefix(err, "LINNET_CPU");
    return status;
  }
  if (level > cli->cpu_best) {
    return lnti_fail(err, LNT_EINVAL, "LINNET_CPU=%s: this machine has no more than %s; unset it, or set that", wanted,
                     lnt_cpu_name(cli->cpu_best));
  }
  cli->context.cpu = level;
  if (level == cli->cpu_best || setenv("OPENBLAS_CORETYPE", openblas_core(level), 0) == 0) return LNT_OK;
  return lnti_fail_errno(err, errno, "OPENBLAS_CORETYPE could not be set");
}

/** Bold text where a person looks on, unless they asked for none (no-color.org). */
static bool wants_style(void) {
  const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && (!no_color || !no_color[0]);
}

/** LINNET_BACKBONES, else where a person's data lie (XDG Base Directory Specification): NULL where nothing says. */
static lnt_status find_backbones(char **out, lnt_error *err) {
  const char *own = getenv("LINNET_BACKBONES"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
  if (own && own[0]) return lnti_strdup(out, own, err);
  if (data && data[0] == '/') return lnti_asprintf(out, err, "%s/linnet/backbones", data);
  return home && home[0] ? lnti_asprintf(out, err, "%s/.local/share/linnet/backbones", home) : LNT_OK;
}

/* ---- reading the command line ---- */

typedef struct invocation {
  lnti_args args;
  const lnti_command *command; /**< NULL: none was named */
} invocation;

/** Also where reading failed: errors are told in JSON where that was asked for anywhere. */
static bool wants_json(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

static lnt_status check_operands(const invocation *in, lnt_error *err) {
  const lnti_command *command = in->command;
  size_t n = in->args.n_operands, bytes = 0;
  const char *usage = lnti_command_form(&bytes, command, n > 0 ? in->args.operands[0] : "");
  if (n < command->operands_min) {
    return lnti_fail(err, LNT_EINVAL, "something is missing: linnet %s %.*s (linnet help %s)", command->name,
                     (int)bytes, usage, command->name);
  }
  if (n > command->operands_max) {
    return lnti_fail(err, LNT_EINVAL, "'%s' is too much: linnet %s %.*s (linnet help %s)",
                     in->args.operands[command->operands_max], command->name, (int)bytes, usage, command->name);
  }
  return LNT_OK;
}

static lnt_status read_arguments(invocation *in, int argc, char **argv, lnt_error *err) {
  const lnti_cli_option *tables[2] = {lnti_global_options(), NULL};
  char help[64] = "linnet help";
  size_t next = 1;
  lnt_status status = lnti_args_read(&in->args, &next, (size_t)argc, argv, tables, 1, true, help, err);
  if (status || next == (size_t)argc) return status;
  status = lnti_command_find(&in->command, argv[next++], err);
  if (status) return status;
  tables[0] = in->command->options;
  tables[1] = lnti_global_options();
  snprintf(help, sizeof help, "linnet help %s", in->command->name);
  status = lnti_args_read(&in->args, &next, (size_t)argc, argv, tables, 2, false, help, err);
  if (status || lnti_args_has(&in->args, "help") || lnti_args_has(&in->args, "version")) return status;
  return check_operands(in, err);
}

/** The options of every command, and the threads. */
static lnt_status apply_globals(lnti_cli *cli, lnti_meter *meter, const invocation *in, lnt_error *err) {
  const lnti_args *args = &in->args;
  size_t mode = LNTI_METER_AUTO;
  int64_t threads = 0;
  lnt_status status = lnti_args_choice(&mode, args, "progress", "auto|plain|none", LNTI_METER_AUTO, err);
  if (!status) status = lnti_args_int(&threads, args, "threads", 0, 1, LNTI_POOL_THREADS_MAX, err);
  if (status) return status;
  cli->json = lnti_args_has(args, "json");
  cli->quiet = lnti_args_has(args, "quiet");
  cli->styled = wants_style();
  cli->project_path = lnti_args_text(args, "project", NULL);
  cli->person = lnti_args_text(args, "person", NULL);
  if (cli->person && !cli->person[0]) return lnti_fail(err, LNT_EINVAL, "--person: the name is empty");
  if (cli->quiet && !lnti_args_has(args, "progress")) mode = LNTI_METER_NONE;
  lnti_meter_init(meter, stderr, (lnti_meter_mode)mode, cli->quiet ? LNTI_LOG_ERROR : LNTI_LOG_WARN,
                  in->command ? in->command->name : "linnet");
  cli->meter = meter;
  cli->context.log = &meter->log;
  cli->context.cancel = &cancel;
  return lnti_pool_new(&cli->context.pool, (unsigned)threads, err);
}

/* ---- running ---- */

static lnt_status print_version(lnti_cli *cli, lnt_error *err) {
  if (!cli->json) {
    lnti_print(cli, "linnet %s\n", lnt_version());
    return LNT_OK;
  }
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "version", lnt_version());
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status run(lnti_cli *cli, const invocation *in, lnt_error *err) {
  if (lnti_args_has(&in->args, "version")) return print_version(cli, err);
  if (lnti_args_has(&in->args, "help")) return lnti_help_print(cli, in->command, err);
  if (!in->command) {
    return lnti_fail(err, LNT_EINVAL, "which command? 'linnet help' lists them");
  }
  lnt_status status = choose_cpu(cli, err);
  if (!status) status = find_backbones(&cli->backbones, err);
  return status ? status : in->command->run(cli, &in->args, err);
}

/** What was written to stdout must have arrived. True where it did not and there is something to say. */
static bool output_failed(lnti_cli *cli) {
  errno = 0;
  if (fflush(cli->out) != 0 && !cli->out_errno) cli->out_errno = errno ? errno : EIO;
  return cli->out_errno != 0 || ferror(cli->out);
}

/** One line on stderr; with --json also one object on stdout. */
static void report(lnti_cli *cli, const lnti_command *command, lnt_status status, const lnt_error *err) {
  lnti_text plain = {0};
  const char *message = err->message[0] ? err->message : lnt_status_text(status);
  if (lnti_plain(&plain, message, NULL) == LNT_OK) message = plain.data;
  fprintf(stderr, "linnet: %s%s%s\n", command ? command->name : "", command ? ": " : "", message);
  lnti_text_clear(&plain);
  lnti_json_writer *w = NULL;
  if (!cli->json || cli->error_told || cli->out_errno || lnti_cli_json(&w, cli, 0, NULL)) return;
  lnti_json_begin_object(w);
  lnti_json_error(w, status, err->message);
  lnti_json_end_object(w);
  lnt_error ignored = LNT_ERROR_INIT;
  if (lnti_json_finish(w, &ignored)) fprintf(stderr, "linnet: %s\n", ignored.message);
  lnti_json_writer_free(w);
}

/** The pipe's reader has gone, having seen enough: end as every other tool does. */
static void die_of_closed_pipe(void) {
  signal(SIGPIPE, SIG_DFL);
  raise(SIGPIPE);
}

/* Decoded photographs are blocks of tens of megabytes, one after another. glibc would have each of them mapped, zeroed and
 * given back by the system, which costs a fifth of an import's time; kept in the heap, the next one takes the last one's
 * place. */
static void keep_large_blocks(void) {
#ifdef __GLIBC__
  (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
  (void)mallopt(M_TRIM_THRESHOLD, 2 * LARGE_BLOCK_BYTES);
#endif
}

int main(int argc, char **argv) {
  keep_large_blocks();
  open_streams();
  install_signals();
  lnt_error err = LNT_ERROR_INIT;
  lnti_meter meter = {0};
  invocation in = {0};
  lnti_cli cli = {.out = stdout, .json = wants_json(argc, argv), .meter = &meter};
  lnt_status status = read_arguments(&in, argc, argv, &err);
  if (!status) status = apply_globals(&cli, &meter, &in, &err);
  if (!status) status = run(&cli, &in, &err);
  if (meter.stream) lnti_meter_finish(&meter);

  int exit_code = status ? lnti_status_exit_code(status) : cli.exit_code;
  if (output_failed(&cli)) {
    if (cli.out_errno == EPIPE) die_of_closed_pipe();
    if (status != LNT_ECANCELLED) {
      status = lnti_fail_errno(&err, cli.out_errno, "the output could not be written in full");
      exit_code = LNTI_EXIT_FAILED;
    }
  }
  if (status) report(&cli, in.command, status, &err);
  if (output_failed(&cli) && exit_code == LNTI_EXIT_DONE) exit_code = LNTI_EXIT_FAILED;
  lnti_pool_free(cli.context.pool);
  if (meter.stream) lnti_meter_clear(&meter);
  lnti_args_clear(&in.args);
  free(cli.backbones);
  return exit_code;
}
