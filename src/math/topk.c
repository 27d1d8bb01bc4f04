/*
 * Top-k by a heap of indices that is built in the caller's output: the root is the worst of the k best
 * seen so far, so that most scores cost one comparison. Sorting the heap in place puts the best first.
 * One total order (score, then lower index; NaN below everything) makes the answer unique.
 */
#include <math/topk.h>

#include <assert.h>
#include <math.h>
#include <stdbool.h>

/* True where a comes before b: larger, or as large (or both NaN) with the lower index. */
static bool before(const float *score, uint32_t a, uint32_t b) {
  float x = score[a], y = score[b];
  if (x > y) return true;
  if (x < y) return false;
  if (isnan(x) != isnan(y)) return isnan(y);
  return a < b;
}

/* Lets the entry at `at` sink until none of its children is worse. */
static void sink(uint32_t *heap, size_t n, size_t at, const float *score) {
  uint32_t moving = heap[at];
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= n) break;
    if (child + 1 < n && before(score, heap[child], heap[child + 1])) child++;
    if (!before(score, moving, heap[child])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moving;
}

void lnti_topk_largest(uint32_t *index_out, const float *score, size_t n, size_t k) {
  assert(k <= n && n <= UINT32_MAX);
  if (k == 0) return;
  for (size_t i = 0; i < k; i++) index_out[i] = (uint32_t)i;
  for (size_t i = k / 2; i-- > 0;) sink(index_out, k, i, score);
  for (size_t i = k; i < n; i++) {
    if (before(score, (uint32_t)i, index_out[0])) {
      index_out[0] = (uint32_t)i;
      sink(index_out, k, 0, score);
    }
  }
  /* The worst goes last, then the worst of the rest. */
  for (size_t last = k - 1; last > 0; last--) {
    uint32_t worst = index_out[0];
    index_out[0] = index_out[last];
    index_out[last] = worst;
    sink(index_out, last, 0, score);
  }
}

size_t lnti_argmax(const float *score, size_t n) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++) {
    if (score[i] > score[best] || (isnan(score[best]) && !isnan(score[i]))) best = i;
  }
  return best;
}
