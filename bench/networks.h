/**
 * @file networks.h
 * ONNX files of well-known classification networks with random weights, the same on every machine: for tests, which hold what they
 * give against golden values, and for benches, which need networks of the true size.
 *
 * Written as exporters write them: some with batch normalisation left in, some with layer normalisation, GELU or Hardswish in
 * their parts, shapes computed by the network. The batch may be of any size.
 */
#ifndef LNTI_BENCH_NETWORKS_H
#define LNTI_BENCH_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lnti_network {
  const char *name; /**< "resnet50"... */
  size_t side;      /**< of the input [n,3,side,side], a multiple of 32 */
  size_t n_classes;
  bool small; /**< a quarter of the channels, and at most two blocks of a kind */
} lnti_network;

/** Names, ended by NULL. */
extern const char *const lnti_network_names[];

/** The file's bytes, to be freed; NULL where there is no such network. Aborts where memory is out. */
uint8_t *lnti_network_make(size_t *bytes_out, const lnti_network *network);

/** What the networks are given: n numbers in [-1,1), no sample as another. */
void lnti_network_input(float *out, size_t n);

#endif
