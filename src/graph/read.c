#include <graph/read.h>

#include <base/error.h>
#include <base/regular.h>
#include <errno.h>
#include <graph/foreign.h>
#include <graph/onnx.h>
#include <graph/tflite.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void lnti_survey_note(lnti_graph_survey *survey, const char *name, const char *domain, const char *node) {
  for (size_t i = 0; i < survey->n_unknown; i++) {
    lnti_unknown_operator *u = &survey->unknown[i];
    if (strcmp(u->name, name) == 0 && strcmp(u->domain, domain) == 0) {
      u->n_nodes++;
      return;
    }
  }
  if (survey->n_unknown == LNTI_SURVEY_MAX) return;
  lnti_unknown_operator *u = &survey->unknown[survey->n_unknown++];
  snprintf(u->name, sizeof u->name, "%s", name);
  snprintf(u->domain, sizeof u->domain, "%s", domain);
  snprintf(u->node, sizeof u->node, "%s", node);
  u->n_nodes = 1;
}

static lnt_status read_any(lnti_graph **out, const char *path, const void *data, size_t bytes, lnt_error *err) {
  if (lnti_tflite_sniff(data, bytes)) return lnti_tflite_read(out, data, bytes, err);
  lnt_status status = lnti_foreign_check(data, bytes, err);
  return status ? status : lnti_onnx_read(out, path, data, bytes, err);
}

lnt_status lnti_graph_read(lnti_graph **out, const void *data, size_t bytes, lnt_error *err) {
  return read_any(out, NULL, data, bytes, err);
}

lnt_status lnti_graph_look(lnti_graph_survey *out, const void *data, size_t bytes, lnt_error *err) {
  if (lnti_tflite_sniff(data, bytes)) return lnti_tflite_look(out, data, bytes, err);
  lnt_status status = lnti_foreign_check(data, bytes, err);
  return status ? status : lnti_onnx_look(out, data, bytes, err);
}

lnt_status lnti_graph_open(lnti_graph **out, const char *path, lnt_error *err) {
  struct stat info;
  int fd = -1;
  lnt_status status = lnti_regular_open(&fd, &info, path, err);
  if (status) return status;
  if (info.st_size <= 0 || (uint64_t)info.st_size > LNTI_GRAPH_FILE_MAX) {
    close(fd);
    return lnti_fail(err, info.st_size ? LNT_ELIMIT : LNT_EDATA, "%s: %lld bytes, where a network has 1 to 4 GiB", path,
                     (long long)info.st_size);
  }
  void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) {
    status = lnti_fail_errno(err, errno, "%s", path);
  } else {
    status = read_any(out, path, data, (size_t)info.st_size, err);
    munmap(data, (size_t)info.st_size);
    if (status) lnti_error_prefix(err, "%s", path);
  }
  close(fd);
  return status;
}
