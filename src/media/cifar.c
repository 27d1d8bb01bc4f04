#include <media/cifar.h>

#include <base/alloc.h>
#include <base/error.h>
#include <base/text.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const unsigned classes[][LNTI_CIFAR_LABELS_MAX] = {{10, 0}, {20, 100}};

size_t lnti_cifar_n_classes(const lnti_cifar_shape *shape, unsigned which) {
  return classes[shape->n_labels - 1][which];
}

const char *lnti_cifar_names_file(const lnti_cifar_shape *shape, unsigned which) {
  if (shape->n_labels == 1) return "batches.meta.txt";
  return which == 0 ? "coarse_label_names.txt" : "fine_label_names.txt";
}

static lnt_status check_labels(const uint8_t *labels, unsigned n_labels, size_t i, const char *name, lnt_error *err) {
  for (unsigned k = 0; k < n_labels; k++) {
    if (labels[k] >= classes[n_labels - 1][k]) {
      return lnti_fail(err, LNT_EDATA, "%s: record %zu has label %u where CIFAR-%s has 0 to %u", name, i, labels[k],
                       n_labels == 1 ? "10" : "100", classes[n_labels - 1][k] - 1);
    }
  }
  return LNT_OK;
}

lnt_status lnti_cifar_read(uint8_t *pixels, uint8_t *labels, const lnti_span *span, const lnti_cifar_shape *shape,
                           size_t i, const char *name, lnt_error *err) {
  uint8_t record[LNTI_CIFAR_LABELS_MAX + LNTI_CIFAR_PIXELS];
  enum { PLANE = LNTI_CIFAR_SIDE * LNTI_CIFAR_SIDE };
  const uint8_t *planes = record + shape->n_labels;
  const size_t bytes = shape->n_labels + (size_t)LNTI_CIFAR_PIXELS;
  lnt_status status = lnti_span_read(record, span, (uint64_t)i * bytes, pixels ? bytes : shape->n_labels, name, err);
  if (status == LNT_OK) status = check_labels(record, shape->n_labels, i, name, err);
  if (status != LNT_OK) return status;
  if (labels) memcpy(labels, record, shape->n_labels);
  for (size_t p = 0; pixels && p < PLANE; p++) {
    for (size_t c = 0; c < LNTI_CIFAR_CHANNELS; c++) pixels[p * LNTI_CIFAR_CHANNELS + c] = planes[c * PLANE + p];
  }
  return LNT_OK;
}

static lnt_status judge_as(lnti_cifar_shape *out, unsigned n_labels, const lnti_span *span, const char *name,
                           lnt_error *err) {
  const uint64_t bytes = n_labels + (uint64_t)LNTI_CIFAR_PIXELS;
  const lnti_cifar_shape shape = {(size_t)(span->bytes / bytes), n_labels};
  lnt_status status = LNT_OK;
  for (size_t i = 0; i < shape.n && status == LNT_OK; i++) {
    status = lnti_cifar_read(NULL, NULL, span, &shape, i, name, err);
  }
  if (status == LNT_OK) *out = shape;
  return status;
}

lnt_status lnti_cifar_judge(lnti_cifar_shape *out, const lnti_span *span, const char *name, lnt_error *err) {
  lnt_status status = LNT_EDATA;
  bool fits = false;
  for (unsigned n_labels = 1; n_labels <= LNTI_CIFAR_LABELS_MAX && status == LNT_EDATA; n_labels++) {
    if (span->bytes == 0 || span->bytes % (n_labels + LNTI_CIFAR_PIXELS) != 0) continue;
    fits = true;
    status = judge_as(out, n_labels, span, name, err);
  }
  if (fits) return status;
  return lnti_fail(err, LNT_EDATA,
                   "%s: its %" PRIu64
                   " bytes are no whole number of records of CIFAR-10 (3073 bytes) or CIFAR-100 "
                   "(3074); it may have been cut short",
                   name, span->bytes);
}

bool lnti_cifar_sniff(const char *path) {
  lnti_span span = LNTI_SPAN_INIT;
  lnti_cifar_shape shape;
  if (lnti_span_open(&span, NULL, path, NULL) != LNT_OK) return false;
  const lnt_status status = lnti_cifar_judge(&shape, &span, path, NULL);
  lnti_span_close(&span);
  return status == LNT_OK;
}

/* ---- names of classes ---- */

void lnti_class_names_clear(lnti_class_names *names) {
  lnti_arena *arena = names->owner;
  if (arena) lnti_arena_clear(arena);
  free(arena);
  free(names->name);
  *names = (lnti_class_names){0};
}

/** The next line without its end; *text moves behind it. */
static size_t take_line(const char **line_out, const char **text, const char *end) {
  const char *line = *text, *stop = memchr(line, '\n', (size_t)(end - line));
  *text = stop ? stop + 1 : end;
  if (!stop) stop = end;
  if (stop > line && stop[-1] == '\r') stop--;
  *line_out = line;
  return (size_t)(stop - line);
}

static lnt_status check_name(const char *line, size_t n, size_t i, const char *name, lnt_error *err) {
  if (n == 0) return lnti_fail(err, LNT_EDATA, "%s: line %zu is blank where a class is named", name, i + 1);
  if (lnti_utf8_valid(line, n) != n) return lnti_fail(err, LNT_EDATA, "%s: line %zu is not UTF-8", name, i + 1);
  for (size_t k = 0; k < n; k++) {
    if ((unsigned char)line[k] < 0x20 || line[k] == 0x7f) {
      return lnti_fail(err, LNT_EDATA, "%s: line %zu holds control characters", name, i + 1);
    }
  }
  return LNT_OK;
}

static lnt_status add_name(lnti_class_names *names, const char *line, size_t n, const char *name, lnt_error *err) {
  lnt_status status = check_name(line, n, names->n, name, err);
  if (status == LNT_OK) status = lnti_arena_strndup(&names->name[names->n], names->owner, line, n, err);
  if (status != LNT_OK) return status;
  for (size_t i = 0; i < names->n; i++) {
    if (strcmp(names->name[i], names->name[names->n]) == 0) {
      return lnti_fail(err, LNT_EDATA, "%s: lines %zu and %zu name the same class %s", name, i + 1, names->n + 1,
                       names->name[i]);
    }
  }
  names->n++;
  return LNT_OK;
}

lnt_status lnti_class_names_parse(lnti_class_names *out, const char *text, size_t bytes, size_t n, const char *name,
                                  lnt_error *err) {
  lnti_class_names names = {0};
  const char *end = text + bytes;
  while (end > text && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' ')) end--;
  lnt_status status = lnti_alloc_zero(&names.owner, 1, sizeof(lnti_arena), err);
  if (status == LNT_OK) status = lnti_alloc(&names.name, n, sizeof *names.name, err);
  while (status == LNT_OK && text < end && names.n < n) {
    const char *line = NULL;
    const size_t length = take_line(&line, &text, end);
    status = add_name(&names, line, length, name, err);
  }
  if (status == LNT_OK && (names.n < n || text < end)) {
    status = lnti_fail(err, LNT_EDATA, "%s: names %s than the %zu classes", name, names.n < n ? "fewer" : "more", n);
  }
  if (status != LNT_OK) {
    lnti_class_names_clear(&names);
    return status;
  }
  *out = names;
  return LNT_OK;
}
