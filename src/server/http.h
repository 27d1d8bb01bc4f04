/**
 * @file http.h
 * HTTP/1.1: requests as words and bytes, replies the other way, on libmicrohttpd, which http*.c alone include. Nothing here
 * knows of projects, people or routes.
 *
 * Threads: a few I/O threads of libmicrohttpd read and write sockets and never wait for anything else. A request that is whole
 * is set aside, answered by a worker thread, which may wait for disks and locks, and sent by the I/O thread again. Workers have
 * two lanes, so that a key press never waits behind pictures that are being decoded.
 *
 * A client that is slow on purpose (bytes of a head or body that trickle in) is cut off: a request must be whole
 * `head_seconds` after its first byte, plus a second for each LNTI_HTTP_BYTES_A_SECOND of its body.
 */
#ifndef LNTI_SERVER_HTTP_H
#define LNTI_SERVER_HTTP_H

#include <base/log.h>
#include <base/text.h>
#include <server/http_parse.h>

enum {
  LNTI_HTTP_HEADERS_MAX = 64,           /**< of a request; and of a reply, LNTI_HTTP_REPLY_HEADERS_MAX */
  LNTI_HTTP_REPLY_HEADERS_MAX = 24,     /**< with those of all replies */
  LNTI_HTTP_BYTES_A_SECOND = 16 << 10,  /**< a body that comes slower is cut off */
  LNTI_HTTP_REQUEST_MEMORY = 64 << 10,  /**< of a request's head, parsed */
  LNTI_HTTP_STREAM_BYTES_MAX = 1 << 20, /**< that a slow reader of a stream may be behind */
  LNTI_HTTP_PEER_MAX = 64
};

typedef enum lnti_method {
  LNTI_METHOD_OTHER,
  LNTI_METHOD_GET,
  LNTI_METHOD_HEAD,
  LNTI_METHOD_POST,
  LNTI_METHOD_PUT,
  LNTI_METHOD_PATCH,
  LNTI_METHOD_DELETE
} lnti_method;
/** "GET"...; "" of LNTI_METHOD_OTHER. */
const char *lnti_method_name(lnti_method method);
lnti_method lnti_method_of(const char *name);

typedef enum lnti_lane {
  LNTI_LANE_QUICK, /**< answers, pages, settings */
  LNTI_LANE_SLOW   /**< what decodes pictures or computes */
} lnti_lane;

/** A request. Its memory, and what is made of it while it is answered, is its arena's. */
typedef struct lnti_request {
  lnti_method method;
  lnti_http_target target;
  const lnti_http_pair *headers; /**< [n_headers] */
  size_t n_headers;
  const char *body; /**< [body_bytes], a NUL after it; whole when it is answered */
  size_t body_bytes;
  char peer[LNTI_HTTP_PEER_MAX]; /**< address of the other end, without its port */
  lnti_lane lane;                /**< set by `admit` */
  size_t body_max;               /**< set by `admit`: a longer body is refused with 413 */
  void *match;                   /**< of `admit`, for `answer` */
  lnti_arena arena;
} lnti_request;

/** The first header of that name, in any case; NULL: none. */
const char *lnti_request_header(const lnti_request *request, const char *name);

/* ---- streams ---- */

/** A reply without an end, written piece by piece by any thread: server-sent events. */
typedef struct lnti_stream lnti_stream;

/** With one reference, of the caller. */
LNT_MUST_CHECK lnt_status lnti_stream_new(lnti_stream **out, lnt_error *err);
void lnti_stream_release(lnti_stream *stream);
/** Appends; false where the reader has left, or is LNTI_HTTP_STREAM_BYTES_MAX behind: then it is cut off. */
bool lnti_stream_send(lnti_stream *stream, const char *data, size_t n);
/** Ends the reply when what was sent is through. */
void lnti_stream_end(lnti_stream *stream);

/* ---- replies ---- */

typedef enum lnti_reply_kind {
  LNTI_REPLY_NONE,   /**< no body */
  LNTI_REPLY_TEXT,   /**< `text`, of this reply */
  LNTI_REPLY_STATIC, /**< `data`, [n], for the life of the program */
  LNTI_REPLY_OWNED,  /**< `data`, [n], of free() */
  LNTI_REPLY_FILE,   /**< n bytes of `file` from its beginning */
  LNTI_REPLY_STREAM
} lnti_reply_kind;

typedef struct lnti_reply {
  int status; /**< 0: not answered yet */
  lnti_reply_kind kind;
  lnti_text text;
  const void *data;
  uint64_t n;
  int file;            /**< -1; closed with the reply */
  lnti_stream *stream; /**< released with it */
  bool ranges;         /**< parts of it may be asked for (not of texts and streams) */
  const char *etag;    /**< with its quotes; a request that names it (If-None-Match) gets 304. NULL: none */
  lnti_http_pair headers[LNTI_HTTP_REPLY_HEADERS_MAX]; /**< texts live as long as the request */
  size_t n_headers;
} lnti_reply;

/** Adds a header; one too many is a fault of the program, and left out. */
void lnti_reply_header(lnti_reply *reply, const char *name, const char *value);

/* ---- the server ---- */

typedef struct lnti_http_handler {
  /** On an I/O thread, when the head is there; must not wait. True: the body may come, and `answer` is called. False: the reply
   *  is made. */
  bool (*admit)(void *payload, lnti_request *request, lnti_reply *reply);
  /** On a worker, when the body is there. */
  void (*answer)(void *payload, lnti_request *request, lnti_reply *reply);
  /** After all replies, whatever they are: status, bytes and time, for counters. On any thread, several at once. */
  void (*answered)(void *payload, const lnti_request *request, int status, uint64_t ns);
  void *payload;
} lnti_http_handler;

/** Zero-initialised: what is said in brackets. */
typedef struct lnti_http_options {
  const char *address;         /**< to listen at, a number: "127.0.0.1", "::" ["127.0.0.1"] */
  unsigned port;               /**< 0: any that is free */
  unsigned io_threads;         /**< [2] */
  unsigned workers[2];         /**< by lane [8, 2] */
  unsigned connections_max;    /**< [1024] */
  unsigned idle_seconds;       /**< a kept connection that says nothing [60] */
  unsigned head_seconds;       /**< see above [20] */
  size_t queue_max;            /**< requests that wait for a worker; beyond, 503 [4096] */
  const char *tls_certificate; /**< PEM texts, both or none */
  const char *tls_key;
  const lnti_log *log;
} lnti_http_options;

typedef struct lnti_http lnti_http;

/** Listens, and answers from now on. LNT_EINVAL (an address that is none); LNT_EEXISTS (the port is taken); LNT_EIO;
 *  LNT_ENOMEM. */
LNT_MUST_CHECK lnt_status lnti_http_start(lnti_http **out, const lnti_http_options *options,
                                          const lnti_http_handler *handler, lnt_error *err);
unsigned lnti_http_port(const lnti_http *http);
/** Takes no more connections, answers what was asked, ends streams, and stops. NULL is allowed. */
void lnti_http_stop(lnti_http *http);

#endif
