/*
 * Pairs of codes within a distance, by an index for each set of bits, and Kruskal's forest over them.
 *
 * Pairs are not kept: they go into a buffer, and when that is full it is cut down to the forest of what has been seen. The
 * forest of a forest and more pairs is the forest of all pairs, and under a total order of the pairs there is but one: so
 * neither the order in which threads find them nor the size of the buffer shows in the result.
 */
#include <math/hamming.h>

#include <base/alloc.h>
#include <base/error.h>
#include <math.h>
#include <math/kernels.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_BITS_MAX = 24,
  LOCAL = 1024, /* links that a worker gathers before it takes the lock */
  BUFFER_LEAST = 1 << 16,
  GRAIN = 256,
  PLAIN_MAX = 2048, /* codes that are all compared with each other */
  SAMPLE = 4096
};

/* Bits of each byte, then of all bytes. */
static unsigned bits_of(uint64_t x) {
  x = x - (x >> 1 & 0x5555555555555555u);
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (unsigned)((x * 0x0101010101010101u) >> 56);
}

unsigned lnti_hamming(const uint8_t *a, const uint8_t *b) {
  uint64_t x[LNTI_CODE_BYTES / 8], y[LNTI_CODE_BYTES / 8];
  unsigned distance = 0;
  memcpy(x, a, sizeof x);
  memcpy(y, b, sizeof y);
  for (size_t w = 0; w < LNTI_CODE_BYTES / 8; w++) distance += bits_of(x[w] ^ y[w]);
  return distance;
}

size_t lnti_codes_near_generic(uint32_t *hit_out, uint32_t *distance_out, const lnti_code *code, const lnti_code *rows,
                               size_t n, unsigned most) {
  uint64_t mine[4], other[4];
  size_t n_hits = 0;
  memcpy(mine, code->word, sizeof mine);
  for (size_t i = 0; i < n; i++) {
    memcpy(other, rows[i].word, sizeof other);
    unsigned distance = bits_of(mine[0] ^ other[0]) + bits_of(mine[1] ^ other[1]);
    if (distance > most) continue;
    distance += bits_of(mine[2] ^ other[2]) + bits_of(mine[3] ^ other[3]);
    if (distance > most) continue;
    hit_out[n_hits] = (uint32_t)i;
    distance_out[n_hits++] = distance;
  }
  return n_hits;
}

/* ---- forests ---- */

/* A union-find whose roots are the lowest of their sets. */
static uint32_t find_root(uint32_t *parent, uint32_t at) {
  while (parent[at] != at) {
    parent[at] = parent[parent[at]];
    at = parent[at];
  }
  return at;
}

static int compare_links(const void *a, const void *b) {
  const lnti_link *x = a, *y = b;
  if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
  if (x->a != y->a) return x->a < y->a ? -1 : 1;
  return x->b < y->b ? -1 : x->b > y->b;
}

/* Keeps the links of the forest, in order. @param parent [n] scratch */
static size_t keep_forest(lnti_link *links, size_t n_links, uint32_t *parent, size_t n) {
  size_t kept = 0;
  if (n_links > 1) qsort(links, n_links, sizeof *links, compare_links);
  for (size_t i = 0; i < n; i++) parent[i] = (uint32_t)i;
  for (size_t i = 0; i < n_links; i++) {
    uint32_t a = find_root(parent, links[i].a), b = find_root(parent, links[i].b);
    if (a == b) continue;
    if (a < b) {
      parent[b] = a;
    } else {
      parent[a] = b;
    }
    links[kept++] = links[i];
  }
  return kept;
}

/* ---- the search ---- */

/* How pairs are looked for. */
typedef struct plan {
  unsigned n_sets, radius, key_bits;
  uint8_t bit[LNTI_CODE_BITS]; /* [n_sets, key_bits] numbers of the bits that make each key */
  lnti_code key_mask[LNTI_HAMMING_MOST_MAX + 1];
  uint32_t *flips; /* [n_flips] what a key may differ by: of 1 to `radius` bits */
  size_t n_flips;
} plan;

typedef struct search {
  const uint8_t *codes;
  size_t n, n_unique;
  unsigned most;
  const lnti_context *context;
  size_t (*near)(uint32_t *, uint32_t *, const lnti_code *, const lnti_code *, size_t, unsigned);
  plan plan;
  unsigned set;      /* that is searched now */
  lnti_code *sorted; /* [n_unique] by key */
  uint32_t *unique;  /* [n_unique] the lowest of the equal codes, rising */
  uint32_t *start;   /* [2^key_bits + 1] where each key begins in `sorted` */
  pthread_mutex_t lock;
  lnti_link *links; /* [capacity] */
  size_t n_links, capacity;
  uint32_t *parent;       /* [n] */
  _Atomic uint32_t *sure; /* [n] codes of equal number are joined by links of at most `sure_within` */
  unsigned sure_within;
  lnti_link *local; /* [workers, LOCAL] */
  size_t *n_local;
} search;

static uint32_t key_of(const lnti_code *code, const plan *p, unsigned set) {
  const uint8_t *bit = p->bit + (size_t)set * p->key_bits;
  uint32_t key = 0;
  for (unsigned i = 0; i < p->key_bits; i++) key = key << 1 | (code->word[bit[i] / 32] >> (bit[i] % 32) & 1u);
  return key;
}

/* True where an index before this one has found the pair: each is told once. */
static bool found_before(const search *s, const lnti_code *a, const lnti_code *b) {
  for (unsigned set = 0; set < s->set; set++) {
    const lnti_code *mask = &s->plan.key_mask[set];
    unsigned distance = 0;
    for (size_t w = 0; w < 8 && distance <= s->plan.radius; w++) {
      distance += bits_of((a->word[w] ^ b->word[w]) & mask->word[w]);
    }
    if (distance <= s->plan.radius) return true;
  }
  return false;
}

/* Cuts the buffer down to a forest, and notes what that makes sure of. Under the lock, or alone. */
static void settle(search *s) {
  s->n_links = keep_forest(s->links, s->n_links, s->parent, s->n);
  for (size_t i = 0; i < s->n; i++) s->parent[i] = (uint32_t)i;
  for (size_t i = 0; i < s->n_links && s->links[i].distance <= s->sure_within; i++) {
    uint32_t a = find_root(s->parent, s->links[i].a), b = find_root(s->parent, s->links[i].b);
    if (a != b) s->parent[a < b ? b : a] = a < b ? a : b;
  }
  for (size_t i = 0; i < s->n; i++) {
    atomic_store_explicit(&s->sure[i], find_root(s->parent, (uint32_t)i), memory_order_relaxed);
  }
}

static void hand_in(search *s, unsigned worker) {
  pthread_mutex_lock(&s->lock);
  if (s->n_links + s->n_local[worker] > s->capacity) settle(s);
  memcpy(s->links + s->n_links, s->local + (size_t)worker * LOCAL, s->n_local[worker] * sizeof *s->links);
  s->n_links += s->n_local[worker];
  s->n_local[worker] = 0;
  pthread_mutex_unlock(&s->lock);
}

/* Whom a thread reads while another writes does not matter: once joined, codes stay joined. */
static bool joined_nearer(const search *s, uint32_t a, uint32_t b, unsigned distance) {
  return distance > s->sure_within && atomic_load_explicit(&s->sure[a], memory_order_relaxed) ==
                                          atomic_load_explicit(&s->sure[b], memory_order_relaxed);
}

/* Compares one code with a run of others. */
static void compare_run(search *s, const lnti_code *code, size_t begin, size_t end, unsigned worker) {
  enum { RUN = 128 };
  uint32_t hit[RUN], distance[RUN];
  for (; begin < end; begin += RUN) {
    const lnti_code *rows = s->sorted + begin;
    size_t n = s->near(hit, distance, code, rows, end - begin < RUN ? end - begin : RUN, s->most);
    for (size_t i = 0; i < n; i++) {
      const lnti_code *other = &rows[hit[i]];
      if (joined_nearer(s, code->index, other->index, distance[i]) || found_before(s, code, other)) continue;
      if (s->n_local[worker] == LOCAL) hand_in(s, worker);
      bool first = code->index < other->index;
      s->local[(size_t)worker * LOCAL + s->n_local[worker]++] =
          (lnti_link){first ? code->index : other->index, first ? other->index : code->index, distance[i]};
    }
  }
}

/* The rows of one key against the run that their flipped key has, which stays in the nearest cache meanwhile. */
static void compare_group(search *s, size_t begin, size_t end, uint32_t key, unsigned worker) {
  for (size_t i = begin; i < end; i++) compare_run(s, &s->sorted[i], i + 1, s->start[key + 1], worker);
  for (size_t f = 0; f < s->plan.n_flips; f++) {
    uint32_t other = key ^ s->plan.flips[f];
    if (other < key || s->start[other] == s->start[other + 1]) continue;
    for (size_t i = begin; i < end; i++) {
      compare_run(s, &s->sorted[i], s->start[other], s->start[other + 1], worker);
    }
  }
}

static lnt_status search_rows(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)err;
  search *s = payload;
  while (begin < end) {
    uint32_t key = key_of(&s->sorted[begin], &s->plan, s->set);
    size_t next = s->start[key + 1] < end ? s->start[key + 1] : end;
    compare_group(s, begin, next, key, worker);
    begin = next;
  }
  return LNT_OK;
}

static void load_code(lnti_code *out, const uint8_t *codes, uint32_t index) {
  memcpy(out->word, codes + (size_t)index * LNTI_CODE_BYTES, LNTI_CODE_BYTES);
  out->index = index;
}

static lnt_status make_keys(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  (void)worker;
  (void)err;
  search *s = payload;
  lnti_code code;
  for (size_t i = begin; i < end; i++) {
    load_code(&code, s->codes, s->unique[i]);
    s->parent[i] = key_of(&code, &s->plan, s->set);
  }
  return LNT_OK;
}

/* Fills `sorted` in order of the current set's keys, which `parent` has until the first settling. */
static void sort_by_key(search *s) {
  size_t n_keys = (size_t)1 << s->plan.key_bits;
  uint32_t before = 0;
  memset(s->start, 0, (n_keys + 1) * sizeof *s->start);
  for (size_t i = 0; i < s->n_unique; i++) s->start[s->parent[i]]++;
  for (size_t key = 0; key <= n_keys; key++) {
    uint32_t count = s->start[key];
    s->start[key] = before;
    before += count;
  }
  for (size_t i = 0; i < s->n_unique; i++) {
    load_code(&s->sorted[s->start[s->parent[i]]++], s->codes, s->unique[i]);
  }
  /* Each start has moved to its end, which is the next one's start. */
  memmove(s->start + 1, s->start, n_keys * sizeof *s->start);
  s->start[0] = 0;
}

static lnt_status search_set(search *s, lnt_error *err) {
  const lnti_context *c = s->context;
  lnt_status status = lnti_pool_for(c->pool, s->n_unique, GRAIN, make_keys, s, c->cancel, err);
  if (status) return status;
  sort_by_key(s);
  status = lnti_pool_for(c->pool, s->n_unique, GRAIN, search_rows, s, c->cancel, err);
  for (unsigned w = 0; w < lnti_pool_size(s->context->pool) && !status; w++) hand_in(s, w);
  return status;
}

/* ---- equal codes ---- */

static int compare_codes(const void *a, const void *b) {
  const lnti_code *x = a, *y = b;
  int order = memcmp(x->word, y->word, sizeof x->word);
  return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

/* Links each code to the lowest that equals it; the others are searched no further. */
static void join_equal(search *s) {
  uint32_t lowest = 0;
  for (size_t i = 0; i < s->n; i++) load_code(&s->sorted[i], s->codes, (uint32_t)i);
  if (s->n > 1) qsort(s->sorted, s->n, sizeof *s->sorted, compare_codes);
  for (size_t i = 0; i < s->n; i++) {
    bool same = i > 0 && memcmp(s->sorted[i].word, s->sorted[i - 1].word, LNTI_CODE_BYTES) == 0;
    if (same) {
      s->links[s->n_links++] = (lnti_link){lowest, s->sorted[i].index, 0};
    } else {
      lowest = s->sorted[i].index;
    }
    s->parent[s->sorted[i].index] = lowest;
  }
  for (size_t i = 0; i < s->n; i++) { /* in the order in which they lie in memory */
    if (s->parent[i] == i) s->unique[s->n_unique++] = (uint32_t)i;
  }
}

/* ---- the plan ---- */

typedef struct ranked_bit {
  uint32_t balance; /* of a sample, how many have the rarer value */
  uint8_t bit;
} ranked_bit;

static int compare_bits(const void *a, const void *b) {
  const ranked_bit *x = a, *y = b;
  if (x->balance != y->balance) return x->balance > y->balance ? -1 : 1;
  return x->bit < y->bit ? -1 : 1;
}

/* Bits by how well they tell codes apart. */
static void rank_bits(ranked_bit out[LNTI_CODE_BITS], const search *s) {
  uint32_t ones[LNTI_CODE_BITS] = {0};
  size_t step = s->n_unique / SAMPLE + 1, seen = 0;
  for (size_t i = 0; i < s->n_unique; i += step, seen++) {
    lnti_code code;
    load_code(&code, s->codes, s->unique[i]);
    for (size_t b = 0; b < LNTI_CODE_BITS; b++) ones[b] += code.word[b / 32] >> (b % 32) & 1u;
  }
  for (size_t b = 0; b < LNTI_CODE_BITS; b++) {
    uint32_t zeros = (uint32_t)seen - ones[b];
    out[b] = (ranked_bit){ones[b] < zeros ? ones[b] : zeros, (uint8_t)b};
  }
  qsort(out, LNTI_CODE_BITS, sizeof *out, compare_bits);
}

static size_t flips_within(unsigned key_bits, unsigned radius) {
  size_t n = 0;
  if (radius >= 1) n += key_bits;
  if (radius >= 2) n += (size_t)key_bits * (key_bits - (key_bits > 0)) / 2;
  return n;
}

/* Nanoseconds, roughly, if codes were spread evenly. */
static double cost_of(unsigned n_sets, unsigned radius, unsigned key_bits, size_t n) {
  double rows = (double)n, keys = (double)((size_t)1 << key_bits), probes = 1 + (double)flips_within(key_bits, radius);
  return n_sets * (rows * 100 + keys + rows * probes * 1.5 + rows * rows / keys * probes);
}

static void choose_plan(plan *p, size_t n, unsigned most) {
  double least = n <= PLAIN_MAX ? cost_of(1, 0, 0, n) : (double)INFINITY;
  unsigned bits_max = 8;
  *p = (plan){.n_sets = 1};
  while (bits_max < KEY_BITS_MAX && (size_t)1 << bits_max < n) bits_max++;
  for (unsigned radius = 0; radius <= 2; radius++) {
    unsigned n_sets = (most + 1 + radius) / (radius + 1); /* the least with most < n_sets (radius + 1) */
    unsigned width = LNTI_CODE_BITS / n_sets;
    for (unsigned key_bits = 4; key_bits <= bits_max && key_bits <= width; key_bits++) {
      double cost = cost_of(n_sets, radius, key_bits, n);
      if (cost >= least) continue;
      least = cost;
      *p = (plan){.n_sets = n_sets, .radius = radius, .key_bits = key_bits};
    }
  }
}

static lnt_status make_plan(search *s, lnt_error *err) {
  plan *p = &s->plan;
  ranked_bit ranked[LNTI_CODE_BITS];
  choose_plan(p, s->n_unique, s->most);
  rank_bits(ranked, s);
  for (unsigned i = 0; i < p->n_sets * p->key_bits; i++) {
    unsigned round = i / p->n_sets, turn = i % p->n_sets;
    unsigned set = round % 2 ? p->n_sets - 1 - turn : turn; /* there and back: each set gets its share */
    uint8_t bit = ranked[i].bit;
    p->bit[set * p->key_bits + round] = bit;
    p->key_mask[set].word[bit / 32] |= 1u << (bit % 32);
  }
  lnt_status status = lnti_alloc(&p->flips, flips_within(p->key_bits, p->radius), sizeof *p->flips, err);
  if (status) return status;
  for (unsigned i = 0; p->radius >= 1 && i < p->key_bits; i++) {
    p->flips[p->n_flips++] = 1u << i;
    for (unsigned j = 0; p->radius >= 2 && j < i; j++) p->flips[p->n_flips++] = 1u << i | 1u << j;
  }
  return lnti_alloc(&s->start, ((size_t)1 << p->key_bits) + 1, sizeof *s->start, err);
}

/* ---- all of it ---- */

static lnt_status make_room(search *s, lnt_error *err) {
  unsigned workers = lnti_pool_size(s->context->pool);
  s->capacity = s->n + s->n / 2 + (size_t)LOCAL + BUFFER_LEAST;
  lnt_status status = lnti_alloc(&s->sorted, s->n, sizeof *s->sorted, err);
  if (!status) status = lnti_alloc(&s->unique, s->n, sizeof *s->unique, err);
  if (!status) status = lnti_alloc(&s->links, s->capacity, sizeof *s->links, err);
  if (!status) status = lnti_alloc(&s->parent, s->n, sizeof *s->parent, err);
  if (!status) status = lnti_alloc(&s->sure, s->n, sizeof *s->sure, err);
  if (!status) status = lnti_alloc(&s->local, (size_t)workers * LOCAL, sizeof *s->local, err);
  if (!status) status = lnti_alloc_zero(&s->n_local, workers, sizeof *s->n_local, err);
  return status;
}

lnt_status lnti_hamming_forest(lnti_link **out, size_t *n_out, const uint8_t *codes, size_t n, unsigned most,
                               const lnti_context *context, lnt_error *err) {
  search s = {.codes = codes, .n = n, .most = most, .context = context, .sure_within = most / 2};
  if (most > LNTI_HAMMING_MOST_MAX) {
    return lnti_fail(err, LNT_EINVAL, "a distance of %u: at most %d is searched for", most, (int)LNTI_HAMMING_MOST_MAX);
  }
  if (n > LNTI_HAMMING_CODES_MAX) return lnti_fail(err, LNT_ELIMIT, "%zu codes are too many to search", n);
  pthread_mutex_init(&s.lock, NULL);
  s.near = lnti_codes_near_generic;
#if LNTI_KERNELS_X86
  if (context->cpu >= LNT_CPU_AVX2) s.near = lnti_codes_near_avx2;
#endif
  lnt_status status = make_room(&s, err);
  if (status) goto done;
  join_equal(&s);
  for (size_t i = 0; i < n; i++) atomic_init(&s.sure[i], (uint32_t)i);
  status = make_plan(&s, err);
  for (; !status && s.set < s.plan.n_sets; s.set++) status = search_set(&s, err);
  if (status) goto done;
  *n_out = keep_forest(s.links, s.n_links, s.parent, n);
  *out = s.links;
  s.links = NULL;
done:
  free(s.n_local);
  free(s.local);
  free(s.sure);
  free(s.parent);
  free(s.links);
  free(s.start);
  free(s.plan.flips);
  free(s.unique);
  free(s.sorted);
  pthread_mutex_destroy(&s.lock);
  return status;
}
