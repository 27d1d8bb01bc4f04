/**
 * @file project.h
 * A project: a folder with linnet.db, models/ and cache/ (which may be deleted), opened once a program run. flow/ is
 * the only place where numbers meet rows.
 */
#ifndef LNTI_FLOW_PROJECT_H
#define LNTI_FLOW_PROJECT_H

#include <base/context.h>
#include <base/text.h>
#include <image/image.h>
#include <media/media.h>
#include <ontology/ontology.h>
#include <store/store.h>

typedef struct lnti_project {
  char *path;      /**< absolute, without a slash at the end */
  char *person;    /**< in whose name operations are made */
  char *backbones; /**< folder of the person's backbones (flow/backbone/backbones.h); NULL: nobody said where */
  lnti_store *store;
  lnti_media *media;
  lnti_image_limits taken;  /**< which images are imported: kept with the project, set by import */
  lnti_image_limits limits; /**< which are decoded: all that were ever taken, so at least `taken` */
  lnti_context context;     /**< of main; pool, level and cancellation */
} lnti_project;

/** Makes the folder (which may exist, but not hold a project) and its database. Person NULL: "local".
 *  LNT_EEXISTS; LNT_EIO... */
LNT_MUST_CHECK lnt_status lnti_project_create(lnti_project **out, const char *path, const char *person,
                                              const lnti_context *context, lnt_error *err);
/** Takes back lnti_project_create: closes the project and removes its database (and models/, if empty), so that it can be
 *  made again. The folder stays. */
void lnti_project_discard(lnti_project *project);
/** Opens one, migrating its database; jobs whose process is gone become "interrupted" (where that cannot be written, a
 *  warning says so). LNT_ENOTFOUND names "linnet init". */
LNT_MUST_CHECK lnt_status lnti_project_open(lnti_project **out, const char *path, const char *person,
                                            const lnti_context *context, lnt_error *err);
void lnti_project_close(lnti_project *project);

/** Says where the backbones are kept; copied. */
LNT_MUST_CHECK lnt_status lnti_project_use_backbones(lnti_project *project, const char *folder, lnt_error *err);

/** An absolute path below the project, printf-style; free() it. */
LNT_MUST_CHECK lnt_status lnti_project_path(char **out, const lnti_project *project, lnt_error *err, const char *format,
                                            ...) LNT_PRINTF(4, 5);

/** Sets the caps of what is taken (a zero: as it is) and keeps them with the project. Those of what is decoded only rise,
 *  since whoever took an image must be able to decode it again. */
LNT_MUST_CHECK lnt_status lnti_project_set_limits(lnti_project *project, const lnti_image_limits *limits,
                                                  lnt_error *err);

/** A fresh operation in the person's name. */
void lnti_project_op(lnti_op *out, const lnti_project *project, lnti_op_kind kind, const char *note);

/** A list of messages for people, growing. Zero-initialise. */
typedef struct lnti_messages {
  char **text;
  size_t n, capacity;
} lnti_messages;
LNT_MUST_CHECK lnt_status lnti_messages_add(lnti_messages *messages, lnt_error *err, const char *format, ...)
    LNT_PRINTF(3, 4);
void lnti_messages_clear(lnti_messages *messages);

/** An input that was not taken, with its reason. */
typedef void (*lnti_refused_visit)(void *payload, const char *path, lnt_status code, const char *reason);

#endif
