/*
 * A group is a row of counts, by class. Everything is done in one order that follows from the seed alone.
 */
#include <flow/split/deal.h>

#include <base/alloc.h>
#include <base/rng.h>
#include <stdlib.h>
#include <string.h>

/* Parts that a group does less good than this, of the part that it does most good, are no choice. */
static const double least_of_most = 0.1;

/* Items of one class in one group. */
typedef struct deal_count {
  uint32_t group, class;
  size_t n;
} deal_count;

typedef struct deal_unit {
  size_t begin, end; /* of its counts */
  unsigned size;     /* floor(log2) of its items */
  uint64_t order;
} deal_unit;

typedef struct dealing {
  const lnti_deal *deal;
  deal_count *count; /* [n_counts] by group, class */
  size_t n_counts;
  deal_unit *unit;
  size_t n_units;
  double *size;             /* [n_classes] items that are dealt */
  double *wanted, *missing; /* [n_classes, LNTI_PARTS] */
  uint8_t *group_part;      /* [n] by number of the group */
  lnti_rng rng;
} dealing;

static int compare_counts(const void *a, const void *b) {
  const deal_count *x = a, *y = b;
  if (x->group != y->group) return x->group < y->group ? -1 : 1;
  return x->class < y->class ? -1 : x->class > y->class;
}

static int compare_units(const void *a, const void *b) {
  const deal_unit *x = a, *y = b;
  if (x->size != y->size) return x->size > y->size ? -1 : 1;
  if (x->order != y->order) return x->order < y->order ? -1 : 1;
  return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* Groups of which one stays in test are dealt already. */
static void keep_test(dealing *d) {
  const lnti_deal *deal = d->deal;
  for (size_t i = 0; i < deal->n; i++) d->group_part[i] = LNTI_PARTS; /* not yet */
  for (size_t i = 0; i < deal->n && deal->in_test; i++) {
    if (deal->in_test[i]) d->group_part[deal->group[i]] = LNTI_PART_TEST;
  }
}

static void count_groups(dealing *d) {
  const lnti_deal *deal = d->deal;
  size_t n = 0;
  for (size_t i = 0; i < deal->n; i++) {
    if (d->group_part[deal->group[i]] != LNTI_PARTS) continue;
    d->count[d->n_counts++] = (deal_count){deal->group[i], deal->class[i], 1};
    d->size[deal->class[i]]++;
  }
  if (d->n_counts > 1) qsort(d->count, d->n_counts, sizeof *d->count, compare_counts);
  for (size_t i = 0; i < d->n_counts; i++) {
    if (n > 0 && compare_counts(&d->count[n - 1], &d->count[i]) == 0) {
      d->count[n - 1].n++;
    } else {
      d->count[n++] = d->count[i];
    }
  }
  d->n_counts = n;
}

static void make_units(dealing *d) {
  for (size_t begin = 0, end; begin < d->n_counts; begin = end) {
    size_t n = 0;
    unsigned size = 0;
    for (end = begin; end < d->n_counts && d->count[end].group == d->count[begin].group; end++) n += d->count[end].n;
    while (n >>= 1) size++;
    d->unit[d->n_units++] = (deal_unit){begin, end, size, lnti_rng_next(&d->rng)};
  }
  if (d->n_units > 1) qsort(d->unit, d->n_units, sizeof *d->unit, compare_units);
}

static void find_wanted(dealing *d) {
  const lnti_deal *deal = d->deal;
  double test_share = deal->in_test ? 0 : deal->test;
  for (size_t c = 0; c < deal->n_classes; c++) {
    double *wanted = d->wanted + c * LNTI_PARTS;
    wanted[LNTI_PART_TEST] = (double)(size_t)(d->size[c] * test_share + 0.5);
    wanted[LNTI_PART_VAL] = (double)(size_t)(d->size[c] * deal->val + 0.5);
    wanted[LNTI_PART_TRAIN] = d->size[c] - wanted[LNTI_PART_TEST] - wanted[LNTI_PART_VAL];
  }
  memcpy(d->missing, d->wanted, deal->n_classes * LNTI_PARTS * sizeof *d->missing);
}

static bool is_used(const lnti_deal *deal, int part) {
  return part == LNTI_PART_TRAIN || (part == LNTI_PART_VAL ? deal->val > 0 : deal->test > 0 && !deal->in_test);
}

/* How much nearer a group brings its classes to what is wanted in a part; in `relative` measured by what is wanted there. */
static double gain_of(double *relative, const dealing *d, const deal_unit *unit, int part) {
  double gain = 0;
  *relative = 0;
  for (size_t i = unit->begin; i < unit->end; i++) {
    size_t at = d->count[i].class * LNTI_PARTS + (size_t)part;
    double n = (double)d->count[i].n, nearer = (2 * d->missing[at] - n) * n;
    gain += nearer / d->size[d->count[i].class];
    *relative += d->wanted[at] > 0 ? nearer / d->wanted[at] : 0;
  }
  return gain;
}

/* Of equally good parts test comes first, then val: they are the ones that small classes miss. */
static lnti_part choose_part(dealing *d, const deal_unit *unit) {
  double gain[LNTI_PARTS] = {0}, relative[LNTI_PARTS] = {0}, most = 0, sum = 0;
  int best = -1, last = -1;
  for (int part = LNTI_PARTS - 1; part >= 0; part--) {
    if (!is_used(d->deal, part)) continue;
    gain[part] = gain_of(&relative[part], d, unit, part);
    if (best < 0 || gain[part] > gain[best]) best = part;
    if (relative[part] > most) most = relative[part];
  }
  for (int part = 0; part < LNTI_PARTS; part++) {
    if (relative[part] < least_of_most * most || gain[part] < 0) gain[part] = 0;
    sum += gain[part];
  }
  double at = lnti_rng_unit(&d->rng) * sum;
  if (sum <= 0) return (lnti_part)best;
  for (int part = 0; part < LNTI_PARTS; part++) {
    if (gain[part] <= 0) continue;
    last = part;
    if (at < gain[part]) break;
    at -= gain[part];
  }
  return (lnti_part)last;
}

static void deal_units(dealing *d) {
  for (size_t u = 0; u < d->n_units; u++) {
    const deal_unit *unit = &d->unit[u];
    lnti_part part = choose_part(d, unit);
    d->group_part[d->count[unit->begin].group] = (uint8_t)part;
    for (size_t i = unit->begin; i < unit->end; i++) {
      d->missing[d->count[i].class * LNTI_PARTS + part] -= (double)d->count[i].n;
    }
  }
}

lnt_status lnti_deal_out(uint8_t *part_out, const lnti_deal *deal, lnt_error *err) {
  dealing d = {.deal = deal};
  lnt_status status = lnti_alloc(&d.count, deal->n, sizeof *d.count, err);
  if (!status) status = lnti_alloc(&d.unit, deal->n, sizeof *d.unit, err);
  if (!status) status = lnti_alloc_zero(&d.size, deal->n_classes, sizeof *d.size, err);
  if (!status) status = lnti_alloc(&d.wanted, deal->n_classes, LNTI_PARTS * sizeof *d.wanted, err);
  if (!status) status = lnti_alloc(&d.missing, deal->n_classes, LNTI_PARTS * sizeof *d.missing, err);
  if (!status) status = lnti_alloc(&d.group_part, deal->n, 1, err);
  if (status) goto done;
  lnti_rng_seed(&d.rng, deal->seed, 0);
  keep_test(&d);
  count_groups(&d);
  make_units(&d);
  find_wanted(&d);
  deal_units(&d);
  for (size_t i = 0; i < deal->n; i++) part_out[i] = d.group_part[deal->group[i]];
done:
  free(d.group_part);
  free(d.missing);
  free(d.wanted);
  free(d.size);
  free(d.unit);
  free(d.count);
  return status;
}
