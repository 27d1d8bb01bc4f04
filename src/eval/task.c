/*
 * The names of the tasks.
 */
#include <assert.h>
#include <eval/task.h>
#include <string.h>

static const char *const names[LNTI_TASKS_END] = {
    [LNTI_MULTICLASS] = "multiclass",
    [LNTI_MULTILABEL] = "multilabel",
    [LNTI_HIERARCHICAL] = "hierarchical",
    [LNTI_REGRESSION] = "regression",
};

const char *lnti_task_name(lnti_task task) {
  assert(task < LNTI_TASKS_END);
  return names[task ? task : LNTI_MULTICLASS];
}

bool lnti_task_find(lnti_task *out, const char *name) {
  for (lnti_task task = LNTI_MULTICLASS; task < LNTI_TASKS_END; task++) {
    if (strcmp(names[task], name) != 0) continue;
    *out = task;
    return true;
  }
  return false;
}
