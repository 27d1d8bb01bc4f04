/* A client of HTTP that is as simple as can be. */
#include "server/http_client.h"

#include "support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 };

int client_connect(unsigned port) {
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
  return fd;
}

void client_send(int fd, const char *data, size_t n) {
  while (n > 0) {
    ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
    if (sent <= 0) return; /* the other end has had enough */
    data += sent;
    n -= (size_t)sent;
  }
}

void client_say(int fd, const char *text) {
  client_send(fd, text, strlen(text));
}

/* One byte at least; 0: closed. */
static size_t receive(int fd, char *buffer, size_t max) {
  struct pollfd ready = {fd, POLLIN, 0};
  assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
  ssize_t n = recv(fd, buffer, max, 0);
  return n > 0 ? (size_t)n : 0;
}

size_t client_first_readable(const int *fd, size_t n) {
  struct pollfd ready[16];
  assert_true(n <= sizeof ready / sizeof ready[0]);
  for (size_t i = 0; i < n; i++) ready[i] = (struct pollfd){fd[i], POLLIN, 0};
  assert_true(poll(ready, (nfds_t)n, PATIENCE_MS) > 0);
  for (size_t i = 0; i < n; i++) {
    if (ready[i].revents) return i;
  }
  fail_msg("%s", "poll() says that there is something to read, and not where");
  return 0;
}

bool client_is_closed(int fd) {
  char byte;
  return receive(fd, &byte, 1) == 0;
}

char *client_read_until(int fd, const char *text) {
  size_t n = 0, capacity = 1 << 16;
  char *all = malloc(capacity);
  assert_non_null(all);
  all[0] = '\0';
  while (!strstr(all, text)) {
    if (n + 4096 > capacity) {
      all = realloc(all, capacity *= 2);
      assert_non_null(all);
    }
    size_t got = receive(fd, all + n, 4095);
    if (got == 0) break;
    n += got;
    all[n] = '\0';
  }
  return all;
}

char *client_header(const client_reply *reply, const char *name) {
  const size_t n = strlen(name);
  for (const char *line = strstr(reply->head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
      const char *value = line + n + 1 + strspn(line + n + 1, " ");
      return strndup(value, strcspn(value, "\r"));
    }
  }
  return NULL;
}

client_reply client_read(int fd, bool head_only) {
  client_reply reply = {0};
  char head[16384];
  size_t n = 0;
  do {
    assert_true(n < sizeof head - 1);
    assert_int_equal(receive(fd, head + n, 1), 1);
    head[++n] = '\0';
  } while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0);
  reply.head = strdup(head);
  assert_non_null(reply.head);
  assert_int_equal(sscanf(head, "HTTP/1.1 %d", &reply.status), 1);
  char *length = client_header(&reply, "Content-Length");
  const size_t bytes = length && !head_only && reply.status != 304 ? strtoul(length, NULL, 10) : 0;
  free(length);
  reply.body = malloc(bytes + 1);
  assert_non_null(reply.body);
  while (reply.n < bytes) {
    size_t got = receive(fd, reply.body + reply.n, bytes - reply.n);
    assert_true(got > 0);
    reply.n += got;
  }
  reply.body[bytes] = '\0';
  return reply;
}

void client_reply_free(client_reply *reply) {
  free(reply->head);
  free(reply->body);
  *reply = (client_reply){0};
}

client_reply client_ask(unsigned port, const char *head, const char *body) {
  int fd = client_connect(port);
  char text[65536];
  int n = snprintf(text, sizeof text, "%s\r\n%s%s", head, body ? "" : "\r\n", body ? "" : "");
  assert_true(n > 0 && (size_t)n < sizeof text);
  client_say(fd, text);
  if (body) {
    snprintf(text, sizeof text, "Content-Length: %zu\r\n\r\n", strlen(body));
    client_say(fd, text);
    client_say(fd, body);
  }
  client_reply reply = client_read(fd, strncmp(head, "HEAD", 4) == 0);
  close(fd);
  return reply;
}
