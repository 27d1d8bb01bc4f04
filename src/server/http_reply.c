/*
 * Replies on their way out: what the client has already (304), parts of a file (206), and the body in whatever form it is.
 */
#include <server/http_internal.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void lnti_reply_header(lnti_reply *reply, const char *name, const char *value) {
  if (reply->n_headers < LNTI_HTTP_REPLY_HEADERS_MAX)
    reply->headers[reply->n_headers++] = (lnti_http_pair){name, value};
}

void lnti_reply_plain(lnti_reply *reply, int status, const char *words) {
  reply->status = status;
  reply->kind = LNTI_REPLY_STATIC;
  reply->data = words;
  reply->n = strlen(words);
  lnti_reply_header(reply, "Content-Type", "text/plain; charset=utf-8");
}

void lnti_reply_clear(lnti_reply *reply) {
  lnti_text_clear(&reply->text);
  if (reply->kind == LNTI_REPLY_OWNED) free((void *)(uintptr_t)reply->data);
  if (reply->kind == LNTI_REPLY_FILE && reply->file >= 0) close(reply->file);
  lnti_stream_release(reply->stream);
}

typedef struct range_text {
  char text[80];
} range_text;

static bool may_have_parts(const lnti_exchange *x) {
  const char *condition = lnti_request_header(&x->request, "If-Range");
  return x->reply.ranges && x->reply.status == 200 && x->request.method == LNTI_METHOD_GET &&
         (!condition || (x->reply.etag && strcmp(condition, x->reply.etag) == 0));
}

/* Which part is sent: status, first byte, count; and what the headers say of it. */
static int choose_part(uint64_t *first, uint64_t *n, range_text *said, const lnti_exchange *x) {
  const lnti_reply *reply = &x->reply;
  *first = 0;
  *n = reply->kind == LNTI_REPLY_TEXT ? reply->text.length : reply->n;
  const uint64_t size = *n;
  said->text[0] = '\0';
  if (!may_have_parts(x)) return reply->status;
  switch (lnti_http_parse_range(first, n, lnti_request_header(&x->request, "Range"), size)) {
    case LNTI_RANGE_PART:
      snprintf(said->text, sizeof said->text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, *first, *first + *n - 1, size);
      return 206;
    case LNTI_RANGE_NONE:
      *n = 0;
      snprintf(said->text, sizeof said->text, "bytes */%" PRIu64, size);
      return 416;
    case LNTI_RANGE_ALL:
      break;
  }
  return reply->status;
}

static struct MHD_Response *body_of(lnti_exchange *x, uint64_t first, uint64_t n) {
  lnti_reply *reply = &x->reply;
  if (n == 0 && reply->kind != LNTI_REPLY_STREAM)
    return x->http->lib.MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  switch (reply->kind) {
    case LNTI_REPLY_NONE:
      break;
    case LNTI_REPLY_TEXT: /* the exchange outlives the response */
      return x->http->lib.MHD_create_response_from_buffer((size_t)n, reply->text.data + first, MHD_RESPMEM_PERSISTENT);
    case LNTI_REPLY_STATIC:
    case LNTI_REPLY_OWNED:
      return x->http->lib.MHD_create_response_from_buffer((size_t)n, (char *)(uintptr_t)reply->data + first,
                                                          MHD_RESPMEM_PERSISTENT);
    case LNTI_REPLY_FILE: {
      struct MHD_Response *response = x->http->lib.MHD_create_response_from_fd_at_offset64(n, reply->file, first);
      if (response) reply->file = -1; /* it closes it */
      return response;
    }
    case LNTI_REPLY_STREAM:
      return lnti_stream_response(x->http, reply->stream, x->connection);
  }
  return x->http->lib.MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result lnti_exchange_send(lnti_exchange *x) {
  lnti_reply *reply = &x->reply;
  range_text range;
  uint64_t first = 0, n = 0;
  int status = choose_part(&first, &n, &range, x);
  const bool reads = x->request.method == LNTI_METHOD_GET || x->request.method == LNTI_METHOD_HEAD;
  if (reads && status == 200 && reply->etag &&
      lnti_http_tag_listed(lnti_request_header(&x->request, "If-None-Match"), reply->etag)) {
    status = 304;
    n = 0;
    reply->kind = reply->kind == LNTI_REPLY_STREAM ? LNTI_REPLY_NONE : reply->kind;
  }
  struct MHD_Response *response = body_of(x, first, n);
  if (!response) return MHD_NO;
  enum MHD_Result result = MHD_YES;
  for (size_t i = 0; i < reply->n_headers && result == MHD_YES; i++)
    result = x->http->lib.MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
  if (result == MHD_YES && reply->etag) result = x->http->lib.MHD_add_response_header(response, "ETag", reply->etag);
  if (result == MHD_YES && reply->ranges)
    result = x->http->lib.MHD_add_response_header(response, "Accept-Ranges", "bytes");
  if (result == MHD_YES && range.text[0])
    result = x->http->lib.MHD_add_response_header(response, "Content-Range", range.text);
  reply->status = status;
  if (result == MHD_YES) result = x->http->lib.MHD_queue_response(x->connection, (unsigned)status, response);
  x->http->lib.MHD_destroy_response(response);
  return result;
}
