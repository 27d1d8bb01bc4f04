/*
 * The server: sockets and libmicrohttpd's daemon, the life of an exchange, workers, and the watch over slow connections.
 *
 * An exchange is made with the first line of its request and freed when its reply is through. In between it belongs to its
 * connection's I/O thread, or, while the connection is suspended, to the worker that answers it; libmicrohttpd orders the two.
 */
#include <server/http_internal.h>

#include <arpa/inet.h>
#include <base/alloc.h>
#include <base/cancel.h>
#include <base/error.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
enum { STOP_SECONDS = 10, HEAD_BYTES_MAX = 64 << 10, ARENA_MAX = 64 << 20 };

static const char *const METHODS[] = {"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

const char *lnti_method_name(lnti_method method) {
  return METHODS[method];
}

lnti_method lnti_method_of(const char *name) {
  for (size_t i = 1; i < sizeof METHODS / sizeof *METHODS; i++) {
    if (strcmp(name, METHODS[i]) == 0) return (lnti_method)i;
  }
  return LNTI_METHOD_OTHER;
}

const char *lnti_request_header(const lnti_request *request, const char *name) {
  for (size_t i = 0; i < request->n_headers; i++) {
    if (strcasecmp(request->headers[i].name, name) == 0) return request->headers[i].value;
  }
  return NULL;
}

/* ---- connections ---- */

/* When the next request of a connection must be whole. */
static void watch(lnti_http *http, lnti_http_connection *connection, uint64_t deadline_ns) {
  if (!connection) return;
  pthread_mutex_lock(&http->lock);
  connection->deadline_ns = deadline_ns;
  pthread_mutex_unlock(&http->lock);
}

static void watch_body(const lnti_exchange *x, uint64_t bytes) {
  watch(x->http, x->watched, x->began_ns + (x->http->options.head_seconds + bytes / LNTI_HTTP_BYTES_A_SECOND) * SECOND);
}

static uint64_t idle_limit(const lnti_http *http) {
  return (uint64_t)http->options.idle_seconds + http->options.head_seconds;
}

static void on_connection(void *payload, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code) {
  lnti_http *http = payload;
  lnti_http_connection *watched = *context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *info =
        http->lib.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info || lnti_alloc_zero(&watched, 1, sizeof *watched, NULL)) return; /* not watched */
    watched->fd = info->connect_fd;
    watched->deadline_ns = lnti_monotonic_ns() + idle_limit(http) * SECOND;
    *context = watched;
    pthread_mutex_lock(&http->lock);
    watched->next = http->connections;
    if (watched->next) watched->next->previous = watched;
    http->connections = watched;
    pthread_mutex_unlock(&http->lock);
  } else if (watched) {
    pthread_mutex_lock(&http->lock);
    if (watched->previous) watched->previous->next = watched->next;
    if (watched->next) watched->next->previous = watched->previous;
    if (http->connections == watched) http->connections = watched->next;
    pthread_mutex_unlock(&http->lock);
    free(watched);
    *context = NULL;
  }
}

/* Cuts off connections whose request is not whole in time: libmicrohttpd's own limit starts again with every byte. */
static void *run_watch(void *payload) {
  lnti_http *http = payload;
  pthread_mutex_lock(&http->lock);
  while (!http->stopped) {
    struct timespec until;
    const uint64_t now = lnti_monotonic_ns();
    for (lnti_http_connection *c = http->connections; c; c = c->next) {
      if (c->deadline_ns <= now) shutdown(c->fd, SHUT_RDWR);
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_cond_timedwait(&http->done, &http->lock, &until);
  }
  pthread_mutex_unlock(&http->lock);
  return NULL;
}

/* ---- workers ---- */

/* Sets the connection aside until a worker has answered; at once where too many wait already. */
static void submit(lnti_exchange *x) {
  lnti_http *http = x->http;
  lnti_http_queue *queue = &http->queues[x->request.lane];
  x->state = LNTI_EXCHANGE_ANSWERED;
  http->lib.MHD_suspend_connection(x->connection); /* before a worker can have it, and not under our lock */
  pthread_mutex_lock(&http->lock);
  const bool taken = queue->n < http->options.queue_max && !http->stopped;
  if (taken) {
    if (queue->last)
      queue->last->next = x;
    else
      queue->first = x;
    queue->last = x;
    queue->n++;
    pthread_cond_signal(&queue->more);
  }
  pthread_mutex_unlock(&http->lock);
  if (taken) return;
  lnti_reply_plain(&x->reply, 503, "The server has too much to do: try again in a moment.\n");
  lnti_reply_header(&x->reply, "Retry-After", "1");
  http->lib.MHD_resume_connection(x->connection);
}

static void *run_worker(void *payload) {
  lnti_http_queue *queue = payload;
  lnti_http *http = queue->http;
  pthread_mutex_lock(&http->lock);
  for (;;) {
    while (!queue->first && !http->stopped) pthread_cond_wait(&queue->more, &http->lock);
    lnti_exchange *x = queue->first;
    if (!x) break;
    queue->first = x->next;
    if (!queue->first) queue->last = NULL;
    queue->n--;
    pthread_mutex_unlock(&http->lock);
    http->handler.answer(http->handler.payload, &x->request, &x->reply);
    if (x->reply.status == 0) lnti_reply_plain(&x->reply, 500, "This was not answered: a fault of the server.\n");
    http->lib.MHD_resume_connection(x->connection);
    pthread_mutex_lock(&http->lock);
  }
  pthread_mutex_unlock(&http->lock);
  return NULL;
}

/* ---- exchanges ---- */

static void *on_target(void *payload, const char *target, struct MHD_Connection *connection) {
  lnti_http *http = payload;
  lnti_exchange *x = NULL;
  if (lnti_alloc_zero(&x, 1, sizeof *x, NULL)) return NULL;
  x->http = http;
  x->connection = connection;
  x->began_ns = lnti_monotonic_ns();
  x->request.arena.cap = ARENA_MAX;
  x->reply.file = -1;
  x->target_status = lnti_http_parse_target(&x->request.target, &x->request.arena, target, &x->target_error);
  pthread_mutex_lock(&http->lock);
  http->n_exchanges++;
  pthread_mutex_unlock(&http->lock);
  return x;
}

typedef struct header_copy {
  lnti_request *request;
  lnti_http_pair *pairs; /* [LNTI_HTTP_HEADERS_MAX] */
  bool too_many;
  lnt_status status;
} header_copy;

static enum MHD_Result copy_header(void *payload, enum MHD_ValueKind kind, const char *name, const char *value) {
  header_copy *copy = payload;
  lnti_request *request = copy->request;
  (void)kind;
  if (request->n_headers == LNTI_HTTP_HEADERS_MAX) {
    copy->too_many = true;
    return MHD_NO;
  }
  char *own_name = NULL, *own_value = NULL;
  copy->status = lnti_arena_strndup(&own_name, &request->arena, name, strlen(name), NULL);
  if (!copy->status)
    copy->status = lnti_arena_strndup(&own_value, &request->arena, value ? value : "", value ? strlen(value) : 0, NULL);
  if (copy->status) return MHD_NO;
  copy->pairs[request->n_headers++] = (lnti_http_pair){own_name, own_value};
  return MHD_YES;
}

static void find_peer(lnti_exchange *x) {
  const union MHD_ConnectionInfo *info =
      x->http->lib.MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr *address = info ? info->client_addr : NULL;
  if (address && address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, x->request.peer,
              LNTI_HTTP_PEER_MAX);
  } else if (address && address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, x->request.peer,
              LNTI_HTTP_PEER_MAX);
  }
}

/* Reads the head. False: the reply is made. */
static bool read_head(lnti_exchange *x, const char *method) {
  header_copy copy = {&x->request, NULL, false, LNT_OK};
  x->request.method = lnti_method_of(method);
  find_peer(x);
  copy.status = lnti_arena_alloc(&copy.pairs, &x->request.arena, LNTI_HTTP_HEADERS_MAX, sizeof *copy.pairs, NULL);
  x->request.headers = copy.pairs;
  if (!copy.status) x->http->lib.MHD_get_connection_values(x->connection, MHD_HEADER_KIND, copy_header, &copy);
  if (copy.status || x->target_status == LNT_ENOMEM)
    lnti_reply_plain(&x->reply, 503, "The server is out of memory.\n");
  else if (copy.too_many)
    lnti_reply_plain(&x->reply, 431, "The request has too many headers.\n");
  else if (x->target_status == LNT_ELIMIT)
    lnti_reply_plain(&x->reply, 414, x->target_error.message);
  else if (x->target_status)
    lnti_reply_plain(&x->reply, 400, x->target_error.message);
  else
    return true;
  return false;
}

static bool is_stopping(lnti_http *http) {
  pthread_mutex_lock(&http->lock);
  const bool stopping = http->stopping;
  pthread_mutex_unlock(&http->lock);
  return stopping;
}

/* What the head says of the body: false, and a reply, where it is too much. */
static bool expect_body(lnti_exchange *x) {
  const char *length = lnti_request_header(&x->request, "Content-Length");
  const uint64_t bytes = length ? strtoull(length, NULL, 10) : 0;
  x->too_large = bytes > x->request.body_max;
  watch_body(x, bytes);
  return !x->too_large;
}

static enum MHD_Result too_large(lnti_exchange *x) {
  lnti_reply_clear(&x->reply);
  x->reply = (lnti_reply){.file = -1};
  lnti_reply_plain(&x->reply, 413, "The request is larger than what may be sent here.\n");
  return lnti_exchange_send(x);
}

static enum MHD_Result on_head(lnti_exchange *x, const char *method) {
  const union MHD_ConnectionInfo *info =
      x->http->lib.MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  x->watched = info ? info->socket_context : NULL;
  x->state = LNTI_EXCHANGE_BODY;
  if (!read_head(x, method)) return lnti_exchange_send(x);
  if (is_stopping(x->http)) {
    lnti_reply_plain(&x->reply, 503, "The server is stopping.\n");
    lnti_reply_header(&x->reply, "Connection", "close");
    return lnti_exchange_send(x);
  }
  if (!x->http->handler.admit(x->http->handler.payload, &x->request, &x->reply)) {
    x->state =
        LNTI_EXCHANGE_ANSWERED; /* sent when a body that is on its way is read: not at once, or the connection is lost */
    return lnti_request_header(&x->request, "Content-Length") ? lnti_exchange_send(x) : MHD_YES;
  }
  return expect_body(x) ? MHD_YES : too_large(x);
}

static enum MHD_Result on_body(lnti_exchange *x, const char *data, size_t n) {
  lnti_request *request = &x->request;
  if (x->state != LNTI_EXCHANGE_BODY || x->too_large) return MHD_YES; /* read, and left */
  if (n > x->request.body_max - request->body_bytes) {
    x->too_large = true;
  } else {
    if (lnti_grow(&x->body, &x->capacity, request->body_bytes + n + 1, 1, NULL)) return MHD_NO;
    memcpy(x->body + request->body_bytes, data, n);
    request->body_bytes += n;
    x->body[request->body_bytes] = '\0';
    if (!lnti_request_header(request, "Content-Length")) watch_body(x, request->body_bytes); /* in chunks */
  }
  return MHD_YES;
}

static enum MHD_Result on_whole(lnti_exchange *x) {
  watch(x->http, x->watched, UINT64_MAX);
  if (x->state == LNTI_EXCHANGE_ANSWERED) return lnti_exchange_send(x);
  if (x->too_large) return too_large(x);
  x->request.body = x->body ? x->body : "";
  submit(x);
  return MHD_YES;
}

static enum MHD_Result on_request(void *payload, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *n, void **context) {
  lnti_exchange *x = *context;
  (void)payload;
  (void)connection;
  (void)url;
  (void)version;
  if (!x) return MHD_NO;
  if (x->state == LNTI_EXCHANGE_NEW) return on_head(x, method);
  if (*n == 0) return on_whole(x);
  const size_t bytes = *n;
  *n = 0;
  return on_body(x, data, bytes);
}

static void on_completed(void *payload, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why) {
  lnti_http *http = payload;
  lnti_exchange *x = *context;
  (void)connection;
  (void)why;
  if (!x) return;
  watch(http, x->watched, lnti_monotonic_ns() + idle_limit(http) * SECOND);
  if (http->handler.answered)
    http->handler.answered(http->handler.payload, &x->request, x->reply.status, lnti_monotonic_ns() - x->began_ns);
  lnti_reply_clear(&x->reply);
  lnti_arena_clear(&x->request.arena);
  free(x->body);
  free(x);
  *context = NULL;
  pthread_mutex_lock(&http->lock);
  http->n_exchanges--;
  pthread_cond_broadcast(&http->done);
  pthread_mutex_unlock(&http->lock);
}

/* ---- starting and stopping ---- */

/* Escapes are decoded in http_parse.c, once. */
static size_t leave_escaped(void *payload, struct MHD_Connection *connection, char *text) {
  (void)payload;
  (void)connection;
  return strlen(text);
}

__attribute__((format(printf, 2, 0))) static void on_message(void *payload, const char *format, va_list list) {
  lnti_http *http = payload;
  char line[512];
  vsnprintf(line, sizeof line, format, list);
  line[strcspn(line, "\n")] = '\0';
  lnti_log_printf(http->options.log, LNTI_LOG_DEBUG, "http: %s", line);
}

static lnt_status listen_at(int *out, unsigned *port_out, const char *address, unsigned port, lnt_error *err) {
  struct sockaddr_storage where = {0};
  struct sockaddr_in *v4 = (struct sockaddr_in *)&where;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&where;
  const int one = 1;
  socklen_t bytes = sizeof *v4;
  if (port > 65535) return lnti_fail(err, LNT_EINVAL, "port %u: there are 65535", port);
  if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
  } else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    bytes = sizeof *v6;
  } else {
    return lnti_fail(err, LNT_EINVAL, "'%s' is no address to listen at: give a number, such as 127.0.0.1 or ::1",
                     address);
  }
  int fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return lnti_fail_errno(err, errno, "no socket could be had");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&where, bytes) != 0 || listen(fd, 511) != 0) {
    const int why = errno;
    close(fd);
    if (why == EADDRINUSE)
      return lnti_fail(err, LNT_EEXISTS,
                       "port %u of %s is taken by another program: give another with --port, or 0 for any", port,
                       address);
    if (why == EADDRNOTAVAIL) return lnti_fail(err, LNT_EINVAL, "this machine has no address %s", address);
    return lnti_fail_errno(err, why, "listening at %s, port %u", address, port);
  }
  bytes = sizeof where;
  if (getsockname(fd, (struct sockaddr *)&where, &bytes) != 0) {
    const int why = errno;
    close(fd);
    return lnti_fail_errno(err, why, "the port could not be found out");
  }
  *port_out = ntohs(where.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
  *out = fd;
  return LNT_OK;
}

static lnt_status start_thread(lnti_http *http, void *(*run)(void *), void *payload, lnt_error *err) {
  const int why = pthread_create(&http->threads[http->n_threads], NULL, run, payload);
  if (why) return lnti_fail_errno(err, why, "a thread of the server could not be started");
  http->n_threads++;
  return LNT_OK;
}

static lnt_status start_threads(lnti_http *http, lnt_error *err) {
  const unsigned *workers = http->options.workers;
  lnt_status status = lnti_alloc_zero(&http->threads, workers[0] + workers[1] + 1, sizeof *http->threads, err);
  for (size_t lane = 0; lane < 2; lane++) {
    for (unsigned i = 0; i < workers[lane] && !status; i++)
      status = start_thread(http, run_worker, &http->queues[lane], err);
  }
  return status ? status : start_thread(http, run_watch, http, err);
}

static lnt_status load_library(lnti_mhd *out, lnt_error *err) {
  static const char remedy[] = "install it (Debian's package libmicrohttpd12). Without it there is no server";
  lnti_mhd lib;
  const lnti_library_symbol symbols[] = {LNTI_MHD_FUNCTIONS(LNTI_LIBRARY_SYMBOL)};
  lnt_status status = lnti_library_load(LINNET_LIBMICROHTTPD, remedy, symbols, sizeof symbols / sizeof *symbols, err);
  if (!status) *out = lib;
  return status;
}

static lnt_status start_daemon(lnti_http *http, int fd, lnt_error *err) {
  const lnti_http_options *o = &http->options;
  const unsigned tls = o->tls_key ? MHD_USE_TLS : 0;
  const struct MHD_OptionItem of_tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key},
                                          {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_certificate},
                                          {MHD_OPTION_END, 0, NULL}};
  const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
  http->daemon = http->lib.MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_PEDANTIC_CHECKS | tls, 0,
      NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_message, http, MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_THREAD_POOL_SIZE, o->io_threads, MHD_OPTION_CONNECTION_LIMIT, o->connections_max,
      MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX,
      MHD_OPTION_URI_LOG_CALLBACK, on_target, http, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
      MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY, tls ? of_tls : none, MHD_OPTION_END);
  if (http->daemon) return LNT_OK;
  return lnti_fail(err, LNT_EIO, "the server could not be started%s",
                   tls ? ": are certificate and key in PEM, and of each other?" : "");
}

static void set_defaults(lnti_http_options *o) {
  if (!o->address) o->address = "127.0.0.1";
  if (!o->io_threads) o->io_threads = 2;
  if (!o->workers[LNTI_LANE_QUICK]) o->workers[LNTI_LANE_QUICK] = 8;
  if (!o->workers[LNTI_LANE_SLOW]) o->workers[LNTI_LANE_SLOW] = 2;
  if (!o->connections_max) o->connections_max = 1024;
  if (!o->idle_seconds) o->idle_seconds = 60;
  if (!o->head_seconds) o->head_seconds = 20;
  if (!o->queue_max) o->queue_max = 4096;
}

static void init_locks(lnti_http *http) {
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&http->lock, NULL);
  pthread_cond_init(&http->done, &monotonic);
  for (size_t lane = 0; lane < 2; lane++) {
    pthread_cond_init(&http->queues[lane].more, NULL);
    http->queues[lane].http = http;
  }
  pthread_condattr_destroy(&monotonic);
}

lnt_status lnti_http_start(lnti_http **out, const lnti_http_options *options, const lnti_http_handler *handler,
                           lnt_error *err) {
  lnti_http *http = NULL;
  int fd = -1;
  lnt_status status = lnti_alloc_zero(&http, 1, sizeof *http, err);
  if (status) return status;
  http->options = *options;
  http->handler = *handler;
  set_defaults(&http->options);
  init_locks(http);
  status = load_library(&http->lib, err);
  if (!status) status = listen_at(&fd, &http->port, http->options.address, http->options.port, err);
  if (!status) status = start_threads(http, err);
  if (!status) status = start_daemon(http, fd, err);
  if (status) {
    if (fd >= 0) close(fd);
    lnti_http_stop(http);
    return status;
  }
  *out = http;
  return LNT_OK;
}

unsigned lnti_http_port(const lnti_http *http) {
  return http->port;
}

/* Until all exchanges have ended, or the time is up: then they are cut off. */
static void wait_for_exchanges(lnti_http *http) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += STOP_SECONDS;
  pthread_mutex_lock(&http->lock);
  while (http->n_exchanges > 0 && pthread_cond_timedwait(&http->done, &http->lock, &until) != ETIMEDOUT) {}
  pthread_mutex_unlock(&http->lock);
}

void lnti_http_stop(lnti_http *http) {
  if (!http) return;
  pthread_mutex_lock(&http->lock);
  http->stopping = true;
  pthread_mutex_unlock(&http->lock);
  if (http->daemon) {
    const int fd = http->lib.MHD_quiesce_daemon(http->daemon);
    if (fd >= 0) close(fd);
    lnti_streams_end(http);
    wait_for_exchanges(http);
  }
  pthread_mutex_lock(&http->lock);
  http->stopped = true;
  pthread_cond_broadcast(&http->done);
  for (size_t lane = 0; lane < 2; lane++) pthread_cond_broadcast(&http->queues[lane].more);
  pthread_mutex_unlock(&http->lock);
  for (size_t i = 0; i < http->n_threads; i++) pthread_join(http->threads[i], NULL);
  if (http->daemon) http->lib.MHD_stop_daemon(http->daemon);
  for (size_t lane = 0; lane < 2; lane++) pthread_cond_destroy(&http->queues[lane].more);
  pthread_cond_destroy(&http->done);
  pthread_mutex_destroy(&http->lock);
  free(http->threads);
  free(http);
}
