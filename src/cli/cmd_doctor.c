/*
 * doctor: can Linnet work well here? Looks at the machine, the disk and the project, and says what to do.
 */
#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <cli/commands.h>
#include <cli/doctor_onnx.h>
#include <flow/backbone/backbones.h>
#include <flow/backbone/download.h>
#include <cli/format.h>
#include <cli/table.h>
#include <errno.h>
#include <fcntl.h>
#include <image/image.h>
#include <limits.h>
#include <linnet/version.h>
#include <math/gemm.h>
#include <media/archive.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { SEEN_BYTES = 512, CHECKS_MAX = 32, SYNC_ROUNDS = 9, SYNC_BYTES = 4096 };

static const uint64_t little_memory = (uint64_t)1 << 30;
static const uint64_t little_disk = (uint64_t)2 << 30;
static const double slow_sync_ms = 25;

typedef enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAULT } verdict;

/** One line: what was looked at, what was seen, what to do ("" where nothing). */
typedef struct check {
  const char *name;
  verdict verdict;
  char seen[SEEN_BYTES];
  char advice[256];
} check;

typedef struct examination {
  lnti_cli *cli;
  const char *folder; /**< whose disk is examined */
  check check[CHECKS_MAX];
  size_t n;
} examination;

static check *add(examination *e, const char *name, const char *format, ...) LNT_PRINTF(3, 4);
static check *add(examination *e, const char *name, const char *format, ...) {
  check *c = &e->check[e->n < CHECKS_MAX ? e->n++ : CHECKS_MAX - 1];
  *c = (check){.name = name};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->seen, sizeof c->seen, format, arguments);
  va_end(arguments);
  return c;
}

static void advise(check *c, verdict how_bad, const char *format, ...) LNT_PRINTF(3, 4);
static void advise(check *c, verdict how_bad, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->advice, sizeof c->advice, format, arguments);
  va_end(arguments);
  c->verdict = how_bad;
}

/* ---- the machine ---- */

/** The value of a line "key   : value" of a file in /proc, without its newline; false where there is none. */
static bool proc_value(char *out, size_t bytes, const char *path, const char *key) {
  FILE *file = fopen(path, "re");
  char line[512];
  bool found = false;
  if (!file) return false;
  while (!found && fgets(line, sizeof line, file)) {
    size_t n = strlen(key);
    if (strncmp(line, key, n) != 0 || (line[n] != ':' && line[n] != ' ' && line[n] != '\t')) continue;
    const char *value = line + n + strspn(line + n, " \t:");
    snprintf(out, bytes, "%.*s", (int)strcspn(value, "\n"), value);
    found = true;
  }
  fclose(file);
  return found;
}

static void check_cpu(examination *e) {
  const lnti_cli *cli = e->cli;
  char model[160] = "unknown processor", levels[64] = "";
  proc_value(model, sizeof model, "/proc/cpuinfo", "model name");
  add(e, "processor", "%s", model);
  for (int level = 0; level <= (int)cli->cpu_best; level++) {
    size_t n = strlen(levels);
    snprintf(levels + n, sizeof levels - n, "%s%s", level ? ", " : "", lnt_cpu_name((lnt_cpu_level)level));
  }
  check *c = add(e, "kernels", "%s (this machine has %s)", lnt_cpu_name(cli->context.cpu), levels);
  if (cli->context.cpu < cli->cpu_best) {
    advise(c, VERDICT_WARNING, "LINNET_CPU holds Linnet below what the machine can do; unset it for full speed");
  } else if (cli->cpu_best == LNT_CPU_GENERIC) {
    advise(c, VERDICT_WARNING, "without AVX2 training and prediction are several times slower");
  }
  unsigned threads = lnti_pool_size(cli->context.pool);
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  add(e, "threads", "%u, on %ld cores", threads, cores > 0 ? cores : 1);
}

static void check_memory(examination *e) {
  char text[64];
  uint64_t total = 0, free_now = 0;
  if (proc_value(text, sizeof text, "/proc/meminfo", "MemTotal")) total = strtoull(text, NULL, 10) * 1024;
  if (proc_value(text, sizeof text, "/proc/meminfo", "MemAvailable")) free_now = strtoull(text, NULL, 10) * 1024;
  if (total == 0) return;
  check *c = add(e, "memory", "%s, of which %s free", lnti_show_bytes(total).text, lnti_show_bytes(free_now).text);
  if (free_now < little_memory) {
    advise(c, VERDICT_WARNING, "close other programs before training on many images");
  }
}

/** Appends the file name of a shared library that work is left to, once; its version is in the name. */
static void add_library(char list[SEEN_BYTES], const char *path) {
  static const char *const wanted[] = {"libsqlite3", "libopenblas", "libvips",    "libturbojpeg", "libsodium",
                                       "libxxhash",  "libz",        "libarchive", "libcurl"};
  const char *name = strrchr(path, '/') + 1;
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    size_t n = strlen(wanted[i]), used = strlen(list);
    bool is_it = strncmp(name, wanted[i], n) == 0 && (name[n] == '.' || name[n] == 'p');
    if (is_it && !strstr(list, name)) snprintf(list + used, SEEN_BYTES - used, "%s%s", used ? ", " : "", name);
  }
}

/** Libraries that are loaded by the commands that need them: a line for each that cannot be. */
static void check_lazy_libraries(examination *e) {
  static const struct {
    const char *name;
    lnt_status (*start)(lnt_error *err);
    verdict without; /* networks can be fetched by hand */
  } lazy[] = {{"libvips", lnti_image_start, VERDICT_FAULT},
              {"openblas", lnti_gemm_start, VERDICT_FAULT},
              {"libcurl", lnti_download_start, VERDICT_WARNING}};
  for (size_t i = 0; i < sizeof lazy / sizeof *lazy; i++) {
    lnt_error error = LNT_ERROR_INIT;
    if (lazy[i].start(&error) == LNT_OK) continue;
    /* the remedy stands behind the reason */
    char *remedy = strstr(error.message, ": install");
    if (remedy) *remedy = '\0';
    check *c = add(e, lazy[i].name, "%s", error.message);
    advise(c, lazy[i].without, "%s", remedy ? remedy + 2 : "install it again");
  }
}

/** By the files that are mapped, so that the headers of the libraries stay inside their layers. */
static void check_libraries(examination *e) {
  char list[SEEN_BYTES] = "", line[PATH_MAX + 128];
  FILE *maps = fopen("/proc/self/maps", "re");
  while (maps && fgets(line, sizeof line, maps)) {
    char *path = strchr(line, '/');
    line[strcspn(line, "\n")] = 0;
    if (path) add_library(list, path);
  }
  if (maps) fclose(maps);
  add(e, "libraries", "%s", list);
}

/** A libarchive that was built without some library cannot read what that packs. */
static void check_archives(examination *e) {
  lnti_text text = {0};
  bool all = false;
  if (lnti_archive_formats(&text, &all, NULL) == LNT_OK) {
    check *c = add(e, "archives", "%s", text.data);
    if (!all) advise(c, VERDICT_WARNING, "other archives must be unpacked by hand, or packed again as tar.gz");
  }
  lnti_text_clear(&text);
}

/* ---- the disk ---- */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/** Median time in ms of writing one page and syncing it, in a file of our own below `folder`; -1 with errno. */
static double sync_ms(const char *folder) {
  char path[4096], page[SYNC_BYTES];
  double times[SYNC_ROUNDS];
  memset(page, 'x', sizeof page);
  int n = snprintf(path, sizeof path, "%s/.linnet-doctor-XXXXXX", folder);
  if (n < 0 || (size_t)n >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) return -1;
  double median = 0;
  for (size_t i = 0; i < SYNC_ROUNDS && median >= 0; i++) {
    uint64_t began = lnti_monotonic_ns();
    if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fsync(fd) != 0) median = -1;
    times[i] = (double)(lnti_monotonic_ns() - began) * 1e-6;
  }
  int failure = errno;
  close(fd);
  unlink(path);
  errno = failure;
  if (median < 0) return -1;
  qsort(times, SYNC_ROUNDS, sizeof *times, compare_doubles);
  return times[SYNC_ROUNDS / 2];
}

/** The name of a file system that other machines share, on which SQLite's locks cannot be trusted; NULL. */
static const char *shared_disk(const char *folder) {
  struct statfs fs;
  if (statfs(folder, &fs) != 0) return NULL;
  switch ((unsigned long)fs.f_type & 0xfffffffful) {
    case 0x6969:
      return "NFS";
    case 0x517b:
    case 0xff534d42:
    case 0xfe534d42:
      return "SMB";
    default:
      return NULL;
  }
}

static void check_disk(examination *e) {
  struct statvfs fs;
  if (statvfs(e->folder, &fs) != 0) {
    check *c = add(e, "disk", "%s: %s", e->folder, strerror(errno));
    advise(c, VERDICT_FAULT, "name a folder that is there with -C");
    return;
  }
  uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
  check *space = add(e, "disk", "%s free", lnti_show_bytes(left).text);
  if (left < little_disk) advise(space, VERDICT_WARNING, "make room: features and models take space");
  const char *shared = shared_disk(e->folder);
  if (shared) {
    check *c = add(e, "file system", "%s", shared);
    advise(c, VERDICT_WARNING, "keep projects on a local disk: the database's locks do not hold over a network");
  }
  double ms = sync_ms(e->folder);
  if (ms < 0) {
    check *c = add(e, "writing", "not possible: %s", strerror(errno));
    advise(c, VERDICT_FAULT, "make the folder writable, or choose another one");
    return;
  }
  check *c = add(e, "writing", "durable in %.1f ms", ms);
  if (ms > slow_sync_ms) advise(c, VERDICT_WARNING, "labels are saved slowly here; a solid-state disk is better");
}

/* ---- the project ---- */

static lnt_status count_job(void *payload, const lnti_job *job, lnt_error *err) {
  (void)job;
  (void)err;
  *(size_t *)payload += 1;
  return LNT_OK;
}

/** A folder without a project is fine, unless -C promised one. */
static void check_project(examination *e) {
  lnti_cli *cli = e->cli;
  lnti_project *project = NULL;
  lnti_store_counts counts = {0};
  lnt_error err = LNT_ERROR_INIT;
  size_t running = 0;
  lnt_status status = lnti_cli_project(&project, cli, &err);
  if (status == LNT_ENOTFOUND && !cli->project_path) {
    add(e, "project", "none in this folder (linnet init DIR makes one)");
    return;
  }
  if (!status) status = lnti_store_counts_read(&counts, project->store, &err);
  if (!status) status = lnti_store_jobs(project->store, "running", count_job, &running, &err);
  if (status) {
    check *c = add(e, "project", "%.200s", err.message);
    advise(c, VERDICT_FAULT,
           status == LNT_ENOTFOUND ? "name the project's folder with -C"
                                   : "'linnet verify' says more; restore a copy of linnet.db if need be");
  } else {
    add(e, "project", "%s: %s, %s", project->path, lnti_show_things(counts.items, "item").text,
        lnti_show_things(counts.models, "model").text);
    if (running > 0) add(e, "jobs", "%zu running in other programs", running);
  }
  lnti_store_counts_clear(&counts);
  lnti_project_close(project);
}

/* ---- telling ---- */

static const char *const verdict_names[] = {"ok", "warning", "fault"};

static lnt_status print_json(const examination *e, lnt_error *err) {
  lnti_json_writer *w = NULL;
  lnt_status status = lnti_cli_json(&w, e->cli, 0, err);
  if (status) return status;
  lnti_json_begin_object(w);
  lnti_json_kv_string(w, "version", lnt_version());
  lnti_json_kv_string(w, "cpu", lnt_cpu_name(e->cli->context.cpu));
  lnti_json_kv_string(w, "cpu_best", lnt_cpu_name(e->cli->cpu_best));
  lnti_json_kv_int(w, "threads", lnti_pool_size(e->cli->context.pool));
  lnti_json_key(w, "checks");
  lnti_json_begin_array(w);
  for (size_t i = 0; i < e->n; i++) {
    lnti_json_begin_object(w);
    lnti_json_kv_string(w, "name", e->check[i].name);
    lnti_json_kv_string(w, "verdict", verdict_names[e->check[i].verdict]);
    lnti_json_kv_string(w, "seen", e->check[i].seen);
    lnti_json_kv_string(w, "advice", e->check[i].advice);
    lnti_json_end_object(w);
  }
  lnti_json_end_array(w);
  lnti_json_end_object(w);
  status = lnti_json_finish(w, err);
  lnti_json_writer_free(w);
  return status;
}

static lnt_status print(const examination *e, lnt_error *err) {
  static const lnti_column columns[] = {{NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}, {NULL, LNTI_ALIGN_LEFT}};
  lnti_table table;
  lnt_status status = LNT_OK;
  lnti_table_init(&table, columns, 3, 0);
  for (size_t i = 0; !status && i < e->n; i++) {
    const check *c = &e->check[i];
    const char *cells[] = {verdict_names[c->verdict], c->name, c->seen};
    const char *advice[] = {"", "", c->advice};
    status = lnti_table_row(&table, cells, err);
    if (!status && c->advice[0]) status = lnti_table_row(&table, advice, err);
  }
  return lnti_table_print(e->cli, &table, status, err);
}

/* A file, or what was kept under a name. */
static lnt_status look_at_network(lnti_cli *cli, const char *file, size_t size, lnt_error *err) {
  lnti_backbone_entry kept = {0};
  bool is_kept = access(file, F_OK) != 0 && lnti_backbones_get(&kept, cli->backbones, file, NULL) == LNT_OK;
  lnt_status status = lnti_doctor_onnx(cli, is_kept ? kept.path : file, size, err);
  lnti_backbone_entry_clear(&kept);
  return status;
}

static lnt_status run(lnti_cli *cli, const lnti_args *args, lnt_error *err) {
  examination *e = NULL;
  int64_t size = 0;
  lnt_status status = lnti_args_int(&size, args, "size", 0, 1, 8192, err);
  if (status) return status;
  if (size > 0 && !lnti_args_has(args, "onnx")) {
    return lnti_fail(err, LNT_EINVAL,
                     "--size says with which height and width to try a network: name it with --onnx FILE");
  }
  if (args->n_operands > 0) {
    lnti_word file = lnti_shell_word(args->operands[0], "FILE");
    return lnti_fail(err, LNT_EINVAL,
                     "'%.100s' is too much: it is 'linnet doctor', or of a network: linnet doctor --onnx %s",
                     args->operands[0], file.text);
  }
  if (lnti_args_has(args, "onnx")) return look_at_network(cli, lnti_args_text(args, "onnx", ""), (size_t)size, err);
  status = lnti_alloc_zero(&e, 1, sizeof *e, err);
  if (status) return status;
  e->cli = cli;
  e->folder = cli->project_path ? cli->project_path : ".";
  add(e, "linnet", "%s", lnt_version());
  check_cpu(e);
  check_memory(e);
  check_lazy_libraries(e);
  check_libraries(e);
  check_archives(e);
  check_disk(e);
  check_project(e);
  status = cli->json ? print_json(e, err) : print(e, err);
  for (size_t i = 0; i < e->n; i++) {
    if (e->check[i].verdict == VERDICT_FAULT) cli->exit_code = LNTI_EXIT_FAILED;
  }
  free(e);
  return status;
}

static const lnti_cli_option option_table[] = {
    {"onnx", 0, "FILE|NAME",
     "instead of the machine, look whether a network (ONNX or TensorFlow Lite) or a kept backbone will run, and why not",
     false},
    {"size", 0, "N", "height and width to try, where the network takes any", false},
    LNTI_CLI_OPTIONS_END};

static const lnti_example examples[] = {
    {"Look at this machine and this folder:", "linnet doctor"},
    {"Before a project is moved to another disk:", "linnet -C /mnt/usb doctor"},
    {"Whether this network will run, and how fast:", "linnet doctor --onnx resnet50.onnx --size 224"},
    {"The same of a TensorFlow Lite file:", "linnet doctor --onnx mobilenet_v2_1.0_224_quant.tflite"},
    {NULL, NULL},
};

const lnti_command lnti_cmd_doctor = {
    .name = "doctor",
    .summary = "look whether machine, disk and project are fit for work",
    .usage = "\n--onnx FILE|NAME [--size N]",
    .about =
        "Says which processor kernels are used and could be, how many threads, how much memory and disk there "
        "is, how fast the disk makes a change durable, and whether the project opens. Each line is ok, a "
        "warning or a fault, with what to do about it. Exit code 1 where there is a fault. With --onnx it says of a "
        "network what it takes and makes, which of its operators are not known, and how long one sample takes; "
        "exit code 1 where it does not run.",
    .options = option_table,
    .examples = examples,
    .operands_max = 1,
    .run = run,
};
