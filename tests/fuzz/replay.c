/*
 * Runs a fuzz target over kept inputs: every file of the folders and every file named on the command line,
 * each once. Stands in for libFuzzer's main where the compiler or the build has none. An empty folder is a
 * failure: a corpus that went missing must not look like one that passed.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t n_inputs;

static int fail(const char *path, const char *reason) {
  fprintf(stderr, "replay: %s: %s\n", path, reason);
  return 1;
}

/* The input lies in a block of exactly its size, so that a read one byte past it is seen. */
static int replay_file(const char *path) {
  int result = 1;
  uint8_t *data = NULL;
  FILE *file = fopen(path, "rb");
  if (!file) return fail(path, "cannot be opened");
  if (fseek(file, 0, SEEK_END) != 0) goto done;
  long n = ftell(file);
  if (n < 0 || fseek(file, 0, SEEK_SET) != 0) goto done;
  data = malloc(n > 0 ? (size_t)n : 1);
  if (!data || fread(data, 1, (size_t)n, file) != (size_t)n) goto done;
  LLVMFuzzerTestOneInput(data, (size_t)n);
  ++n_inputs;
  result = 0;
done:
  if (result) fail(path, "cannot be read");
  free(data);
  fclose(file);
  return result;
}

static int replay_folder(const char *path) {
  int result = 0;
  size_t before = n_inputs;
  DIR *folder = opendir(path);
  if (!folder) return fail(path, "cannot be opened");
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
    char name[4096];
    if (entry->d_name[0] == '.') continue;
    int length = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    if (length < 0 || (size_t)length >= sizeof name)
      result = fail(path, "its path is too long");
    else
      result |= replay_file(name);
  }
  closedir(folder);
  if (n_inputs == before) result = fail(path, "holds no inputs");
  return result;
}

int main(int argc, char **argv) {
  int result = argc > 1 ? 0 : fail("usage", "replay FILE-OR-FOLDER...");
  for (int i = 1; i < argc; ++i) {
    struct stat info;
    if (stat(argv[i], &info) != 0)
      result |= fail(argv[i], "is not there");
    else
      result |= S_ISDIR(info.st_mode) ? replay_folder(argv[i]) : replay_file(argv[i]);
  }
  printf("replayed %zu inputs\n", n_inputs);
  return result;
}
