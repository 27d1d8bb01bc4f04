/**
 * @file http_internal.h
 * What the files of HTTP share: the exchange of a request and its reply, and the server behind it.
 */
#ifndef LNTI_SERVER_HTTP_INTERNAL_H
#define LNTI_SERVER_HTTP_INTERNAL_H

#include <base/library.h>
#include <microhttpd.h>
#include <pthread.h>
#include <server/http.h>

/** Not linked with: the library of TLS that it brings would be loaded at each start of the program. */
#define LNTI_MHD_FUNCTIONS(X)                \
  X(MHD_add_response_header)                 \
  X(MHD_create_response_from_buffer)         \
  X(MHD_create_response_from_callback)       \
  X(MHD_create_response_from_fd_at_offset64) \
  X(MHD_destroy_response)                    \
  X(MHD_get_connection_info)                 \
  X(MHD_get_connection_values)               \
  X(MHD_queue_response)                      \
  X(MHD_quiesce_daemon) X(MHD_resume_connection) X(MHD_start_daemon) X(MHD_stop_daemon) X(MHD_suspend_connection)

typedef struct lnti_mhd {
  LNTI_MHD_FUNCTIONS(LNTI_LIBRARY_FUNCTION)
} lnti_mhd;

/** A connection that is watched for being slow. */
typedef struct lnti_http_connection {
  struct lnti_http_connection *previous, *next;
  int fd;
  uint64_t deadline_ns; /**< by then its next request is whole; UINT64_MAX: it is being answered */
} lnti_http_connection;

typedef enum lnti_exchange_state {
  LNTI_EXCHANGE_NEW,     /**< the first line is there */
  LNTI_EXCHANGE_BODY,    /**< admitted */
  LNTI_EXCHANGE_ANSWERED /**< or with a worker, and the connection set aside until it is */
} lnti_exchange_state;

/** A request and its reply. One thread at a time has it: the connection's, or a worker while it is set aside. */
typedef struct lnti_exchange {
  lnti_http *http;
  struct MHD_Connection *connection;
  lnti_http_connection *watched;
  lnti_request request;
  lnti_reply reply;
  lnti_exchange_state state;
  lnt_status target_status; /**< of taking the target apart */
  lnt_error target_error;
  char *body;
  size_t capacity;
  bool too_large;
  uint64_t began_ns;
  struct lnti_exchange *next; /**< in a worker's queue */
} lnti_exchange;

/** Requests that wait for a worker of one lane. */
typedef struct lnti_http_queue {
  lnti_exchange *first, *last;
  size_t n;
  pthread_cond_t more;
  lnti_http *http;
} lnti_http_queue;

struct lnti_http {
  lnti_mhd lib;
  lnti_http_options options;
  lnti_http_handler handler;
  struct MHD_Daemon *daemon;
  unsigned port;
  pthread_mutex_t lock; /**< guards what follows */
  pthread_cond_t done;  /**< an exchange has ended, or the server stops */
  lnti_http_queue queues[2];
  size_t n_exchanges; /**< begun and not ended */
  bool stopping;      /**< no new requests */
  bool stopped;       /**< workers and the watch end */
  lnti_http_connection *connections;
  struct lnti_stream *streams;
  pthread_t *threads; /**< [n_threads] workers, then the watch */
  size_t n_threads;
};

/* ---- replies (http_reply.c) ---- */

/** Queues the reply of an exchange. */
enum MHD_Result lnti_exchange_send(lnti_exchange *x);
/** A reply in plain words, for what goes wrong before anybody knows what was asked. */
void lnti_reply_plain(lnti_reply *reply, int status, const char *words);
/** Frees what it holds. */
void lnti_reply_clear(lnti_reply *reply);

/* ---- streams (http_stream.c) ---- */

/** The response that reads a stream; it takes a reference of its own. NULL: no memory. */
struct MHD_Response *lnti_stream_response(lnti_http *http, lnti_stream *stream, struct MHD_Connection *connection);
/** Ends all that are open. */
void lnti_streams_end(lnti_http *http);

#endif
