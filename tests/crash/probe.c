/*
 * Changes files as told, one step an argument, for the tests of the crash shim:
 *   create:FILE  write:FILE:OFFSET:BYTES:LETTER  append:FILE:BYTES:LETTER  size:FILE:BYTES  empty:FILE
 *   sync:FILE  folder:DIR (fsync of a folder)  rename:FROM:TO  unlink:FILE  mkdir:DIR  stdio:FILE  map:FILE
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIELDS = 5, BYTES_MAX = 1 << 20 };

static int fill(int fd, long at, long n, char letter) {
  static char data[BYTES_MAX];
  if (n > BYTES_MAX) return -1;
  memset(data, letter, (size_t)n);
  return (at < 0 ? write(fd, data, (size_t)n) : pwrite(fd, data, (size_t)n, at)) == n ? 0 : -1;
}

static int on_file(char **f) {
  int flags = O_RDWR, result = -1;
  if (!strcmp(f[0], "create")) flags |= O_CREAT | O_EXCL;
  if (!strcmp(f[0], "append")) flags |= O_APPEND;
  if (!strcmp(f[0], "empty")) flags |= O_TRUNC;
  if (!strcmp(f[0], "folder")) flags = O_RDONLY | O_DIRECTORY;
  int fd = open(f[1], flags, 0600);
  if (fd < 0) return -1;
  if (!strcmp(f[0], "write"))
    result = fill(fd, atol(f[2]), atol(f[3]), f[4][0]);
  else if (!strcmp(f[0], "append"))
    result = fill(fd, -1, atol(f[2]), f[3][0]);
  else if (!strcmp(f[0], "size"))
    result = ftruncate(fd, atol(f[2]));
  else if (!strcmp(f[0], "sync") || !strcmp(f[0], "folder"))
    result = fsync(fd);
  else if (!strcmp(f[0], "map"))
    result = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0;
  else
    result = 0;
  close(fd);
  return result;
}

static int step(char *text) {
  char *f[FIELDS] = {NULL};
  for (int i = 0; i < FIELDS; ++i) f[i] = strsep(&text, ":");
  if (!f[1]) return -1;
  if (!strcmp(f[0], "rename")) return rename(f[1], f[2]);
  if (!strcmp(f[0], "unlink")) return unlink(f[1]);
  if (!strcmp(f[0], "mkdir")) return mkdir(f[1], 0700);
  if (!strcmp(f[0], "stdio")) return fopen(f[1], "w") ? 0 : -1;
  return on_file(f);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    if (step(argv[i]) != 0) {
      perror("probe");
      return 1;
    }
    printf("%d\n", i);
    fflush(stdout);
  }
  return 0;
}
