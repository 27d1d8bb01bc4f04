/* server/http*.c: a live server, asked over sockets. */
#include "support.h"

#include "server/http_client.h"

#include <fcntl.h>
#include <pthread.h>
#include <server/http.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* What the handler of these tests does, by the first segment:
 *   echo    method, query x, header X-Test and body
 *   static  0..25 as letters, with a tag, in parts
 *   file    the same of a file
 *   wait    until the gate opens
 *   stream  a stream that the test writes
 *   none    nothing at all */
typedef struct fixture {
  lnti_http *http;
  unsigned port;
  char *folder, *file;
  lnti_stream *stream;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool open;
  size_t n_waiting;
  atomic_size_t n_answered;
} fixture;

static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz";

static bool admit(void *payload, lnti_request *request, lnti_reply *reply) {
  const char *first = request->target.n_segments > 0 ? request->target.segments[0] : "";
  (void)payload;
  request->body_max = 1000;
  if (strcmp(first, "slow") == 0) request->lane = LNTI_LANE_SLOW;
  if (strcmp(first, "unknown") != 0) return true;
  reply->status = 404;
  return false;
}

static void echo(const lnti_request *request, lnti_reply *reply) {
  const char *x = lnti_http_query(&request->target, "x"), *header = lnti_request_header(request, "x-test");
  reply->status = 200;
  reply->kind = LNTI_REPLY_TEXT;
  lnti_reply_header(reply, "Content-Type", "text/plain");
  assert_ok(lnti_text_printf(&reply->text, NULL, "%s|%s|%s|%s|%zu|%s", lnti_method_name(request->method), x ? x : "-",
                             header ? header : "-", request->peer, request->body_bytes, request->body));
}

static void wait_at_gate(fixture *f) {
  pthread_mutex_lock(&f->lock);
  f->n_waiting++;
  pthread_cond_broadcast(&f->changed);
  while (!f->open) pthread_cond_wait(&f->changed, &f->lock);
  f->n_waiting--;
  pthread_mutex_unlock(&f->lock);
}

static void answer(void *payload, lnti_request *request, lnti_reply *reply) {
  fixture *f = payload;
  const char *first = request->target.n_segments > 0 ? request->target.segments[0] : "";
  if (strcmp(first, "static") == 0 || strcmp(first, "file") == 0) {
    reply->status = 200;
    reply->ranges = true;
    reply->etag = "\"letters\"";
    reply->n = 26;
    reply->kind = first[0] == 's' ? LNTI_REPLY_STATIC : LNTI_REPLY_FILE;
    reply->data = LETTERS;
    if (first[0] == 'f') reply->file = open(f->file, O_RDONLY | O_CLOEXEC);
  } else if (strcmp(first, "stream") == 0) {
    reply->status = 200;
    reply->kind = LNTI_REPLY_STREAM;
    assert_ok(lnti_stream_new(&reply->stream, NULL));
    pthread_mutex_lock(&f->lock);
    f->stream = reply->stream;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
  } else if (strcmp(first, "none") != 0) {
    if (strcmp(first, "wait") == 0 || strcmp(first, "slow") == 0) wait_at_gate(f);
    echo(request, reply);
  }
}

static void answered(void *payload, const lnti_request *request, int status, uint64_t ns) {
  (void)request, (void)status, (void)ns;
  ((fixture *)payload)->n_answered++;
}

static void start(fixture *f, const lnti_http_options *options) {
  const lnti_http_handler handler = {admit, answer, answered, f};
  *f = (fixture){0};
  pthread_mutex_init(&f->lock, NULL);
  pthread_cond_init(&f->changed, NULL);
  f->folder = lnti_test_folder();
  f->file = lnti_test_path(f->folder, "letters");
  lnti_test_write_file(f->file, LETTERS, 26);
  assert_ok(lnti_http_start(&f->http, options, &handler, ERR));
  f->port = lnti_http_port(f->http);
  assert_true(f->port > 0);
}

static void stop(fixture *f) {
  lnti_http_stop(f->http);
  pthread_cond_destroy(&f->changed);
  pthread_mutex_destroy(&f->lock);
  free(f->file);
  lnti_test_folder_remove(f->folder);
}

static void wait_for(fixture *f, size_t n_waiting) {
  pthread_mutex_lock(&f->lock);
  while (f->n_waiting < n_waiting) pthread_cond_wait(&f->changed, &f->lock);
  pthread_mutex_unlock(&f->lock);
}

static void open_gate(fixture *f) {
  pthread_mutex_lock(&f->lock);
  f->open = true;
  pthread_cond_broadcast(&f->changed);
  pthread_mutex_unlock(&f->lock);
}

static void assert_reply(client_reply reply, int status, const char *body) {
  assert_int_equal(reply.status, status);
  if (body) assert_string_equal(reply.body, body);
  client_reply_free(&reply);
}

static void requests_arrive_whole(void **state) {
  fixture f;
  (void)state;
  start(&f, &(lnti_http_options){0});
  assert_reply(client_ask(f.port, "GET /echo?x=a%20b HTTP/1.1\r\nHost: x\r\nX-Test: y", NULL), 200,
               "GET|a b|y|127.0.0.1|0|");
  assert_reply(client_ask(f.port, "POST /echo HTTP/1.1\r\nHost: x", "body"), 200, "POST|-|-|127.0.0.1|4|body");
  assert_reply(client_ask(f.port, "DELETE /echo HTTP/1.1\r\nHost: x", NULL), 200, "DELETE|-|-|127.0.0.1|0|");
  assert_reply(client_ask(f.port, "BREW /echo HTTP/1.1\r\nHost: x", NULL), 200, "|-|-|127.0.0.1|0|");
  client_reply head = client_ask(f.port, "HEAD /echo HTTP/1.1\r\nHost: x", NULL);
  char *length = client_header(&head, "Content-Length");
  assert_int_equal(head.status, 200);
  assert_string_equal(length, "21");
  free(length);
  client_reply_free(&head);
  assert_reply(client_ask(f.port, "GET /unknown HTTP/1.1\r\nHost: x", NULL), 404, "");
  assert_reply(client_ask(f.port, "GET /a/../echo HTTP/1.1\r\nHost: x", NULL), 400, NULL);
  assert_reply(client_ask(f.port, "GET /none HTTP/1.1\r\nHost: x", NULL), 500, NULL);
  stop(&f);
}

static void connections_are_kept(void **state) {
  fixture f;
  (void)state;
  start(&f, &(lnti_http_options){0});
  int fd = client_connect(f.port);
  for (int i = 0; i < 50; i++) {
    client_say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    assert_reply(client_read(fd, false), 200, "POST|-|-|127.0.0.1|2|ab");
  }
  /* two at once on one connection: answered in their order */
  client_say(fd, "GET /echo?x=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /echo?x=2 HTTP/1.1\r\nHost: x\r\n\r\n");
  assert_reply(client_read(fd, false), 200, "GET|1|-|127.0.0.1|0|");
  assert_reply(client_read(fd, false), 200, "GET|2|-|127.0.0.1|0|");
  client_say(fd,
             "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  assert_reply(client_read(fd, false), 200, "POST|-|-|127.0.0.1|5|abcde");
  close(fd);
  stop(&f);
  assert_int_equal(f.n_answered, 53);
}

static void bodies_have_a_bound(void **state) {
  fixture f;
  char body[1002];
  (void)state;
  start(&f, &(lnti_http_options){0});
  memset(body, 'b', sizeof body);
  body[1001] = '\0';
  assert_reply(client_ask(f.port, "POST /echo HTTP/1.1\r\nHost: x", body), 413, NULL);
  body[1000] = '\0';
  assert_reply(client_ask(f.port, "POST /echo HTTP/1.1\r\nHost: x", body), 200, NULL);
  int fd = client_connect(f.port); /* in pieces, whose sum nobody says */
  client_say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 1001; i++) client_say(fd, "1\r\nx\r\n");
  client_say(fd, "0\r\n\r\n");
  assert_reply(client_read(fd, false), 413, NULL);
  close(fd);
  stop(&f);
}

static void heads_have_a_bound(void **state) {
  fixture f;
  char head[80000];
  (void)state;
  start(&f, &(lnti_http_options){0});
  size_t n = (size_t)snprintf(head, sizeof head, "GET /echo HTTP/1.1\r\nHost: x");
  for (int i = 0; i < LNTI_HTTP_HEADERS_MAX; i++) n += (size_t)snprintf(head + n, sizeof head - n, "\r\nX-%d: y", i);
  assert_reply(client_ask(f.port, head, NULL), 431, NULL);
  int fd = client_connect(f.port);
  memset(head, 'a', sizeof head - 1);
  head[sizeof head - 1] = '\0';
  client_say(fd, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Long: ");
  client_say(fd, head);
  client_say(fd, "\r\n\r\n");
  char *all = client_read_until(fd, "\r\n\r\n");
  assert_true(strncmp(all, "HTTP/1.1 4", 10) == 0 || all[0] == '\0'); /* refused, or cut off while it was sent */
  free(all);
  close(fd);
  assert_reply(client_ask(f.port, "GET /echo HTTP/1.1\r\nHost: x", NULL), 200, NULL);
  stop(&f);
}

static void parts_and_tags(void **state) {
  static const struct {
    const char *headers;
    int status;
    const char *body, *range;
  } CASES[] = {{"Range: bytes=0-2", 206, "abc", "bytes 0-2/26"},
               {"Range: bytes=24-", 206, "yz", "bytes 24-25/26"},
               {"Range: bytes=-1", 206, "z", "bytes 25-25/26"},
               {"Range: bytes=26-", 416, "", "bytes */26"},
               {"Range: bytes=0-0,2-2", 200, LETTERS, NULL},
               {"Range: bytes=0-1\r\nIf-Range: \"letters\"", 206, "ab", "bytes 0-1/26"},
               {"Range: bytes=0-1\r\nIf-Range: \"old\"", 200, LETTERS, NULL},
               {"If-None-Match: \"letters\"", 304, "", NULL},
               {"If-None-Match: W/\"letters\"", 304, "", NULL},
               {"If-None-Match: \"old\"", 200, LETTERS, NULL}};
  static const char *const FROM[] = {"static", "file"};
  fixture f;
  (void)state;
  start(&f, &(lnti_http_options){0});
  for (size_t i = 0; i < 2 * sizeof CASES / sizeof *CASES; i++) {
    char head[300];
    snprintf(head, sizeof head, "GET /%s HTTP/1.1\r\nHost: x\r\n%s", FROM[i % 2], CASES[i / 2].headers);
    client_reply reply = client_ask(f.port, head, NULL);
    char *range = client_header(&reply, "Content-Range"), *tag = client_header(&reply, "ETag");
    assert_string_equal(tag, "\"letters\"");
    assert_int_equal(range != NULL, CASES[i / 2].range != NULL);
    if (range) assert_string_equal(range, CASES[i / 2].range);
    assert_reply(reply, CASES[i / 2].status, CASES[i / 2].body);
    free(range);
    free(tag);
  }
  stop(&f);
}

static void streams_are_read_as_they_are_written(void **state) {
  fixture f;
  (void)state;
  start(&f, &(lnti_http_options){0});
  int fd = client_connect(f.port);
  client_say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  pthread_mutex_lock(&f.lock);
  while (!f.stream) pthread_cond_wait(&f.changed, &f.lock);
  pthread_mutex_unlock(&f.lock);
  assert_true(lnti_stream_send(f.stream, "data: one\n\n", 11)); /* the reply's reference lasts while nobody hangs up */
  char *all = client_read_until(fd, "data: one\n\n");
  assert_non_null(strstr(all, "HTTP/1.1 200"));
  free(all);
  assert_true(lnti_stream_send(f.stream, "data: two\n\n", 11));
  all = client_read_until(fd, "data: two\n\n");
  free(all);
  lnti_stream_end(f.stream);
  all = client_read_until(fd, "0\r\n\r\n"); /* the last chunk */
  assert_non_null(strstr(all, "0\r\n\r\n"));
  free(all);
  close(fd);
  stop(&f);
}

static void readers_that_stay_behind_are_cut_off(void **state) {
  static char block[1 << 16];
  fixture f;
  (void)state;
  start(&f, &(lnti_http_options){0});
  int fd = client_connect(f.port);
  client_say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  pthread_mutex_lock(&f.lock);
  while (!f.stream) pthread_cond_wait(&f.changed, &f.lock);
  lnti_stream *stream = f.stream;
  pthread_mutex_unlock(&f.lock);
  size_t sent = 0;
  while (lnti_stream_send(stream, block, sizeof block)) assert_true(++sent < 10000); /* nobody reads */
  close(fd);
  stop(&f);
}

static void slow_work_does_not_hold_up_quick_work(void **state) {
  enum { N = 6 };
  fixture f;
  int fd[N];
  (void)state;
  start(&f, &(lnti_http_options){.workers = {1, 2}});
  for (int i = 0; i < N; i++) {
    fd[i] = client_connect(f.port);
    client_say(fd[i], "GET /slow?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  wait_for(&f, 2);
  assert_reply(client_ask(f.port, "GET /echo?x=2 HTTP/1.1\r\nHost: x", NULL), 200, "GET|2|-|127.0.0.1|0|");
  open_gate(&f);
  for (int i = 0; i < N; i++) {
    assert_reply(client_read(fd[i], false), 200, "GET|1|-|127.0.0.1|0|");
    close(fd[i]);
  }
  stop(&f);
}

/* One is answered and one waits; whichever these are, the others are sent away at once. */
static void too_many_that_wait_are_sent_away(void **state) {
  enum { N = 5 };
  fixture f;
  int first, fd[N];
  size_t n_waiting = N;
  (void)state;
  start(&f, &(lnti_http_options){.workers = {1, 1}, .queue_max = 1});
  first = client_connect(f.port);
  client_say(first, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for(&f, 1);
  for (size_t i = 0; i < N; i++) {
    fd[i] = client_connect(f.port);
    client_say(fd[i], "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  while (n_waiting > 1) {
    const size_t i = client_first_readable(fd, n_waiting);
    client_reply reply = client_read(fd[i], false);
    char *after = client_header(&reply, "Retry-After");
    assert_string_equal(after, "1");
    free(after);
    assert_reply(reply, 503, NULL);
    close(fd[i]);
    fd[i] = fd[--n_waiting];
  }
  assert_reply(client_ask(f.port, "GET /unknown HTTP/1.1\r\nHost: x", NULL), 404, NULL); /* needs no worker */
  open_gate(&f);
  assert_reply(client_read(first, false), 200, NULL);
  assert_reply(client_read(fd[0], false), 200, NULL);
  close(first);
  close(fd[0]);
  stop(&f);
}

static void slow_clients_are_cut_off(void **state) {
  fixture f;
  (void)state;
  start(&f, &(lnti_http_options){.head_seconds = 1, .idle_seconds = 1});
  int silent = client_connect(f.port), half = client_connect(f.port), body = client_connect(f.port);
  client_say(half, "GET /echo HTTP/1.1\r\nHost");
  client_say(body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  assert_true(client_is_closed(silent));
  assert_true(client_is_closed(half));
  assert_true(client_is_closed(body));
  close(silent);
  close(half);
  close(body);
  assert_reply(client_ask(f.port, "GET /echo HTTP/1.1\r\nHost: x", NULL), 200, NULL);
  stop(&f);
}

static void *stop_server(void *payload) {
  lnti_http_stop(payload);
  return NULL;
}

static void what_was_asked_is_answered_before_the_end(void **state) {
  fixture f;
  pthread_t stopper;
  (void)state;
  start(&f, &(lnti_http_options){0});
  int fd = client_connect(f.port), stream = client_connect(f.port);
  client_say(stream, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  free(client_read_until(stream, "\r\n\r\n"));
  client_say(fd, "GET /wait?x=last HTTP/1.1\r\nHost: x\r\n\r\n");
  wait_for(&f, 1);
  assert_int_equal(pthread_create(&stopper, NULL, stop_server, f.http), 0);
  char *end = client_read_until(stream, "0\r\n\r\n"); /* streams end first: then it is stopping */
  assert_non_null(strstr(end, "0\r\n\r\n"));
  free(end);
  open_gate(&f);
  assert_reply(client_read(fd, false), 200, "GET|last|-|127.0.0.1|0|");
  pthread_join(stopper, NULL);
  f.http = NULL;
  close(fd);
  close(stream);
  stop(&f);
}

static void what_cannot_be_listened_at_is_told(void **state) {
  const lnti_http_handler handler = {admit, answer, NULL, NULL};
  fixture f;
  lnti_http *http = NULL;
  (void)state;
  start(&f, &(lnti_http_options){0});
  assert_status(lnti_http_start(&http, &(lnti_http_options){.port = f.port}, &handler, ERR), LNT_EEXISTS);
  assert_message("--port");
  assert_status(lnti_http_start(&http, &(lnti_http_options){.address = "localhost"}, &handler, ERR), LNT_EINVAL);
  assert_status(lnti_http_start(&http, &(lnti_http_options){.address = "192.0.2.1"}, &handler, ERR), LNT_EINVAL);
  assert_status(lnti_http_start(&http, &(lnti_http_options){.port = 65536}, &handler, ERR), LNT_EINVAL);
  assert_null(http);
  stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(requests_arrive_whole),
                                     cmocka_unit_test(connections_are_kept),
                                     cmocka_unit_test(bodies_have_a_bound),
                                     cmocka_unit_test(heads_have_a_bound),
                                     cmocka_unit_test(parts_and_tags),
                                     cmocka_unit_test(streams_are_read_as_they_are_written),
                                     cmocka_unit_test(readers_that_stay_behind_are_cut_off),
                                     cmocka_unit_test(slow_work_does_not_hold_up_quick_work),
                                     cmocka_unit_test(too_many_that_wait_are_sent_away),
                                     cmocka_unit_test(slow_clients_are_cut_off),
                                     cmocka_unit_test(what_was_asked_is_answered_before_the_end),
                                     cmocka_unit_test(what_cannot_be_listened_at_is_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
