/**
 * @file http_client.h
 * A client for tests that says exactly what it is told to, byte by byte.
 */
#ifndef LNTI_TESTS_SERVER_HTTP_CLIENT_H
#define LNTI_TESTS_SERVER_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct client_reply {
  int status;
  char *head; /**< with its last empty line */
  char *body; /**< [n], a NUL after it */
  size_t n;
} client_reply;

/** Connects to the port on this machine; fails the test where that cannot be. */
int client_connect(unsigned port);
void client_send(int fd, const char *data, size_t n);
/** Sends a text. */
void client_say(int fd, const char *text);
/** Reads one reply of a kept connection, its body by Content-Length. */
client_reply client_read(int fd, bool head_only);
/** Everything until the other end closes, or the text is there. */
char *client_read_until(int fd, const char *text);
/** Which of n connections has something to read first. */
size_t client_first_readable(const int *fd, size_t n);
/** Whether the other end closes within ten seconds. */
bool client_is_closed(int fd);
/** The value of a header, on the heap; NULL: none. */
char *client_header(const client_reply *reply, const char *name);
void client_reply_free(client_reply *reply);
/** One request of a connection of its own. @param head  lines without the last empty one */
client_reply client_ask(unsigned port, const char *head, const char *body);

#endif
