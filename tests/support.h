/**
 * @file support.h
 * What tests of every layer share: asserting a status with its message, temporary folders, failing allocations,
 * seeded generators and a walk over the CPU levels. Include it in place of cmocka.h.
 */
#ifndef LNTI_TESTS_SUPPORT_H
#define LNTI_TESTS_SUPPORT_H

#include <base/rng.h>
#include <linnet/cpu.h>
#include <linnet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* ---- statuses ---- */

/** An error of this thread's, emptied; give it to a call whose status is then asserted. */
lnt_error *lnti_test_error(void);
#define ERR lnti_test_error()

/** The call must succeed; if not, its name, code and the message it left in ERR are shown. */
#define assert_ok(call) lnti_test_assert_status((call), LNT_OK, #call, __FILE__, __LINE__)
/** The call must fail with `code` and, where it was given ERR, leave that code and a message in it. */
#define assert_status(call, code) lnti_test_assert_status((call), (code), #call, __FILE__, __LINE__)
/** The last message left in ERR must hold `part`. */
#define assert_message(part) lnti_test_assert_message((part), __FILE__, __LINE__)

void lnti_test_assert_status(lnt_status got, lnt_status wanted, const char *call, const char *file, int line);
void lnti_test_assert_message(const char *part, const char *file, int line);

/* ---- files ---- */

/** A fresh folder under TMPDIR or /tmp; lnti_test_folder_remove removes all of it and frees the name. */
char *lnti_test_folder(void);
void lnti_test_folder_remove(char *folder);
/** "folder/name"; free() it. */
char *lnti_test_path(const char *folder, const char *name);
/** Writes, or reads (with a NUL after it; free() it), a whole file. */
void lnti_test_write_file(const char *path, const void *data, size_t n);
char *lnti_test_read_file(size_t *n_out, const char *path);
/** Entries of a folder, "." and ".." left out. */
size_t lnti_test_count_entries(const char *folder);

/* ---- failing allocations: for programs made by linnet_test(... FAULT) ---- */

/** The n-th allocation from now fails, in whichever thread (1: the next one); 0: none does. Counted are malloc,
 *  calloc, realloc, aligned_alloc and posix_memalign called by Linnet's own code. */
void lnti_test_fail_allocation_after(size_t n);
/** Whether that allocation was asked for, and failed. */
bool lnti_test_allocation_failed(void);
/** Blocks that Linnet's own code has allocated and not freed. */
long lnti_test_live_blocks(void);

/**
 * Runs the body that follows with n = 1, 2, 3... and the n-th allocation failing, and ends after the first round
 * without a failure. Each round must free all that it allocates. In the body, lnti_test_allocation_failed tells
 * which outcome to expect:
 *
 *   for_each_fault(n) {
 *     char *copy = NULL;
 *     assert_fault_status(lnti_strdup(&copy, "text", ERR));
 *     free(copy);
 *   }
 */
#define for_each_fault(n) for (size_t n = 1; lnti_test_fault_round(n); n++)
bool lnti_test_fault_round(size_t n);
/** LNT_ENOMEM where this round's allocation failed, LNT_OK where none did. */
#define assert_fault_status(call) lnti_test_assert_fault_status((call), #call, __FILE__, __LINE__)
void lnti_test_assert_fault_status(lnt_status got, const char *call, const char *file, int line);

/* ---- generators ---- */

/**
 * Runs `check` with a generator seeded by 1..rounds. The seed of a check that does not come back is printed, and
 * LNTI_TEST_SEED=N in the environment runs that one alone.
 */
void lnti_test_property(const char *name, uint64_t rounds, void (*check)(lnti_rng *rng, void *payload), void *payload);

/* ---- CPU levels ---- */

/** Runs `check` at each level that this machine has; says so for each that it has not. */
void lnti_test_each_cpu_level(void (*check)(lnt_cpu_level level, void *payload), void *payload);

#endif
