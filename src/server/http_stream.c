/*
 * Streams: bytes that wait for their reader. A reader that has read everything sets its connection aside, and whoever sends
 * next wakes it. Locks are taken in the order server, stream, and never while libmicrohttpd's own are held.
 */
#include <server/http_internal.h>

#include <base/alloc.h>
#include <stdlib.h>
#include <string.h>

struct lnti_stream {
  pthread_mutex_t lock;
  size_t references;
  lnti_text pending;
  size_t at; /* of what is pending, so much is read */
  bool ended, asleep;
  struct MHD_Connection *connection; /* NULL: nobody reads yet, or any more */
  lnti_http *http;
  lnti_stream *previous, *next; /* of http->streams, while there is a connection */
};

lnt_status lnti_stream_new(lnti_stream **out, lnt_error *err) {
  lnti_stream *stream = NULL;
  lnt_status status = lnti_alloc_zero(&stream, 1, sizeof *stream, err);
  if (status) return status;
  pthread_mutex_init(&stream->lock, NULL);
  stream->references = 1;
  *out = stream;
  return LNT_OK;
}

void lnti_stream_release(lnti_stream *stream) {
  if (!stream) return;
  pthread_mutex_lock(&stream->lock);
  const bool last = --stream->references == 0;
  pthread_mutex_unlock(&stream->lock);
  if (!last) return;
  pthread_mutex_destroy(&stream->lock);
  lnti_text_clear(&stream->pending);
  free(stream);
}

/* With the lock held. */
static void wake(lnti_stream *stream) {
  if (!stream->asleep) return;
  stream->asleep = false;
  stream->http->lib.MHD_resume_connection(stream->connection);
}

bool lnti_stream_send(lnti_stream *stream, const char *data, size_t n) {
  pthread_mutex_lock(&stream->lock);
  const size_t behind = stream->pending.length - stream->at;
  if (!stream->ended) {
    stream->ended =
        n > LNTI_HTTP_STREAM_BYTES_MAX - behind || lnti_text_append(&stream->pending, data, n, NULL) != LNT_OK;
    wake(stream);
  }
  const bool taken = !stream->ended;
  pthread_mutex_unlock(&stream->lock);
  return taken;
}

void lnti_stream_end(lnti_stream *stream) {
  pthread_mutex_lock(&stream->lock);
  stream->ended = true;
  wake(stream);
  pthread_mutex_unlock(&stream->lock);
}

static ssize_t read_stream(void *payload, uint64_t position, char *buffer, size_t max) {
  lnti_stream *stream = payload;
  ssize_t n = 0;
  (void)position;
  pthread_mutex_lock(&stream->lock);
  const size_t left = stream->pending.length - stream->at;
  if (left > 0) {
    n = (ssize_t)(left < max ? left : max);
    memcpy(buffer, stream->pending.data + stream->at, (size_t)n);
    stream->at += (size_t)n;
    if (stream->at == stream->pending.length) stream->pending.length = stream->at = 0;
  } else if (stream->ended) {
    n = MHD_CONTENT_READER_END_OF_STREAM;
  } else {
    stream->http->lib.MHD_suspend_connection(stream->connection);
    stream->asleep = true;
  }
  pthread_mutex_unlock(&stream->lock);
  return n;
}

static void reader_gone(void *payload) {
  lnti_stream *stream = payload;
  lnti_http *http = stream->http;
  pthread_mutex_lock(&http->lock);
  pthread_mutex_lock(&stream->lock);
  stream->ended = true;
  stream->asleep = false;
  stream->connection = NULL;
  pthread_mutex_unlock(&stream->lock);
  if (stream->previous) stream->previous->next = stream->next;
  if (stream->next) stream->next->previous = stream->previous;
  if (http->streams == stream) http->streams = stream->next;
  pthread_mutex_unlock(&http->lock);
  lnti_stream_release(stream);
}

struct MHD_Response *lnti_stream_response(lnti_http *http, lnti_stream *stream, struct MHD_Connection *connection) {
  enum { BLOCK_BYTES = 16 << 10 };
  struct MHD_Response *response =
      http->lib.MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream, reader_gone);
  if (!response) return NULL;
  pthread_mutex_lock(&http->lock);
  pthread_mutex_lock(&stream->lock);
  stream->references++;
  stream->connection = connection;
  stream->http = http;
  if (http->stopping) stream->ended = true;
  stream->next = http->streams;
  if (stream->next) stream->next->previous = stream;
  http->streams = stream;
  pthread_mutex_unlock(&stream->lock);
  pthread_mutex_unlock(&http->lock);
  return response;
}

void lnti_streams_end(lnti_http *http) {
  pthread_mutex_lock(&http->lock);
  for (lnti_stream *stream = http->streams; stream; stream = stream->next) lnti_stream_end(stream);
  pthread_mutex_unlock(&http->lock);
}
