/**
 * @file cifar.h
 * CIFAR's binary batches (Krizhevsky, "Learning multiple layers of features from tiny images", 2009; the format stands on
 * the page of the data set): records of one size, with no header. A record is a label byte (CIFAR-10: 0..9) or two
 * (CIFAR-100: coarse 0..19, fine 0..99), then 1024 bytes of red, 1024 of green and 1024 of blue, 32 x 32 row by row.
 */
#ifndef LNTI_MEDIA_CIFAR_H
#define LNTI_MEDIA_CIFAR_H

#include <linnet/status.h>
#include <media/media.h>
#include <media/span.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LNTI_CIFAR_SIDE = 32, LNTI_CIFAR_CHANNELS = 3, LNTI_CIFAR_PIXELS = 3072, LNTI_CIFAR_LABELS_MAX = 2 };

typedef struct lnti_cifar_shape {
  size_t n;          /**< records, at least one */
  unsigned n_labels; /**< 1: CIFAR-10; 2: CIFAR-100, coarse before fine */
} lnti_cifar_shape;

/** True where the file's size and the labels of all its records are those of a batch. */
bool lnti_cifar_sniff(const char *path);
/** Judges size and labels. Reads a byte or two of each record, up to the first that is wrong.
 *  @return LNT_OK; LNT_EDATA (no batch: the reason says why); LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_cifar_judge(lnti_cifar_shape *out, const lnti_span *span, const char *name,
                                           lnt_error *err);
/** Record i < n of a judged batch.
 *  @param pixels  [32,32,3], turned from planes; may be NULL
 *  @param labels  [n_labels]; may be NULL
 *  @return LNT_OK; LNT_EDATA (cut short since, or a label that makes no sense); LNT_EIO. */
LNT_MUST_CHECK lnt_status lnti_cifar_read(uint8_t *pixels, uint8_t *labels, const lnti_span *span,
                                          const lnti_cifar_shape *shape, size_t i, const char *name, lnt_error *err);

/** How many values label `which` has: 10; 20 and 100. */
size_t lnti_cifar_n_classes(const lnti_cifar_shape *shape, unsigned which);
/** The file beside a batch that names them: "batches.meta.txt"; "coarse_label_names.txt" and "fine_label_names.txt". */
const char *lnti_cifar_names_file(const lnti_cifar_shape *shape, unsigned which);

/** Takes one name from each line of a text; blank lines at its end are none.
 *  @return LNT_OK; LNT_EDATA (not n names, one that is blank or given twice, not UTF-8, control characters); LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_class_names_parse(lnti_class_names *out, const char *text, size_t bytes, size_t n,
                                                 const char *name, lnt_error *err);

#endif
