/*
 * The texts in a request's head. Everything is refused that two readers might understand in two ways: an escape that is
 * none, a segment that climbs, a control character.
 */
#include <server/http_parse.h>

#include <base/error.h>
#include <base/text.h>
#include <string.h>
#include <strings.h>

/* ---- targets ---- */

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of an escape at `text`, of which n bytes are left; -1: it is none. */
static int escaped_byte(const char *text, size_t n) {
  if (n < 3) return -1;
  const int high = hex_digit(text[1]), low = hex_digit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Decodes n bytes into the arena. */
static lnt_status decode(const char **out, lnti_arena *arena, const char *text, size_t n, bool plus, lnt_error *err) {
  char *copy = NULL;
  size_t length = 0;
  lnt_status status = lnti_arena_alloc(&copy, arena, n + 1, 1, err);
  if (status) return status;
  for (size_t i = 0; i < n; i++) {
    int byte = (unsigned char)text[i];
    if (byte == '%') {
      byte = escaped_byte(text + i, n - i);
      if (byte < 0) return lnti_fail(err, LNT_EINVAL, "the address has a %% that no two hexadecimal digits follow");
      i += 2;
    } else if (plus && byte == '+') {
      byte = ' ';
    }
    if (byte < 0x20 || byte == 0x7f) return lnti_fail(err, LNT_EINVAL, "the address has a control character");
    copy[length++] = (char)byte;
  }
  if (lnti_utf8_valid(copy, length) != length) return lnti_fail(err, LNT_EINVAL, "the address is no UTF-8");
  *out = copy;
  return LNT_OK;
}

static lnt_status parse_path(lnti_http_target *out, lnti_arena *arena, const char *path, size_t n, lnt_error *err) {
  if (n == 0 || path[0] != '/') return lnti_fail(err, LNT_EINVAL, "the address does not begin with a slash");
  if (n == 1) return LNT_OK;
  for (size_t begin = 1; begin <= n;) {
    const char *slash = memchr(path + begin, '/', n - begin);
    const size_t end = slash ? (size_t)(slash - path) : n;
    if (out->n_segments == LNTI_HTTP_SEGMENTS_MAX) return lnti_fail(err, LNT_ELIMIT, "the address has too many parts");
    const char **segment = &out->segments[out->n_segments];
    lnt_status status = decode(segment, arena, path + begin, end - begin, false, err);
    if (status) return status;
    if (**segment == '\0' || strcmp(*segment, ".") == 0 || strcmp(*segment, "..") == 0)
      return lnti_fail(err, LNT_EINVAL, "the address has an empty part, or one that climbs");
    out->n_segments++;
    begin = end + 1;
  }
  return LNT_OK;
}

static lnt_status parse_query(lnti_http_target *out, lnti_arena *arena, const char *query, lnt_error *err) {
  lnti_http_pair *pairs = NULL;
  size_t n = 0, capacity = 1;
  for (const char *c = query; *c; c++) capacity += *c == '&';
  if (capacity > LNTI_HTTP_QUERY_MAX) return lnti_fail(err, LNT_ELIMIT, "the address asks for too many things at once");
  lnt_status status = lnti_arena_alloc(&pairs, arena, capacity, sizeof *pairs, err);
  while (!status && *query) {
    const size_t length = strcspn(query, "&");
    const char *equals = memchr(query, '=', length);
    const size_t name = equals ? (size_t)(equals - query) : length;
    if (length > 0) {
      status = decode(&pairs[n].name, arena, query, name, true, err);
      if (!status)
        status = decode(&pairs[n].value, arena, query + name + (equals != NULL), length - name - (equals != NULL), true,
                        err);
      n++;
    }
    query += length + (query[length] == '&');
  }
  if (status) return status;
  out->query = pairs;
  out->n_query = n;
  return LNT_OK;
}

lnt_status lnti_http_parse_target(lnti_http_target *out, lnti_arena *arena, const char *raw, lnt_error *err) {
  lnti_http_target target = {0};
  const size_t n = strnlen(raw, LNTI_HTTP_TARGET_MAX + 1), path = strcspn(raw, "?");
  char *copy = NULL;
  if (n > LNTI_HTTP_TARGET_MAX)
    return lnti_fail(err, LNT_ELIMIT, "the address has more than %d bytes", LNTI_HTTP_TARGET_MAX);
  lnt_status status = lnti_arena_strndup(&copy, arena, raw, path, err);
  if (!status) status = parse_path(&target, arena, raw, path, err);
  if (!status && raw[path] == '?') status = parse_query(&target, arena, raw + path + 1, err);
  if (status) return status;
  target.path = copy;
  *out = target;
  return LNT_OK;
}

const char *lnti_http_query(const lnti_http_target *target, const char *name) {
  for (size_t i = 0; i < target->n_query; i++) {
    if (strcmp(target->query[i].name, name) == 0) return target->query[i].value;
  }
  return NULL;
}

/* ---- headers ---- */

/* Reads digits; false where there are none, or too many. */
static bool read_digits(uint64_t *out, const char **at) {
  const char *begin = *at;
  uint64_t number = 0;
  for (; **at >= '0' && **at <= '9'; (*at)++) {
    const uint64_t digit = (uint64_t)(**at - '0');
    if (number > (UINT64_MAX - digit) / 10) return false;
    number = number * 10 + digit;
  }
  *out = number;
  return *at != begin;
}

lnti_http_range lnti_http_parse_range(uint64_t *first_out, uint64_t *n_out, const char *header, uint64_t size) {
  uint64_t first = 0, last = 0;
  if (!header || strncasecmp(header, "bytes=", 6) != 0) return LNTI_RANGE_ALL;
  const char *at = header + 6;
  if (*at == '-') { /* the last ones */
    at++;
    if (!read_digits(&last, &at) || *at) return LNTI_RANGE_ALL;
    if (last == 0 || size == 0) return LNTI_RANGE_NONE;
    first = last < size ? size - last : 0;
    last = size - 1;
  } else {
    if (!read_digits(&first, &at) || *at++ != '-') return LNTI_RANGE_ALL;
    last = UINT64_MAX;
    if (*at && (!read_digits(&last, &at) || *at || last < first)) return LNTI_RANGE_ALL;
    if (first >= size) return LNTI_RANGE_NONE;
    if (last >= size) last = size - 1;
  }
  *first_out = first;
  *n_out = last - first + 1;
  return LNTI_RANGE_PART;
}

bool lnti_http_tag_listed(const char *header, const char *etag) {
  const size_t n = strlen(etag);
  if (!header) return false;
  while (*header) {
    header += strspn(header, " \t,");
    if (*header == '*') return true;
    if (strncmp(header, "W/", 2) == 0) header += 2;
    if (*header != '"') return false;
    const char *end = strchr(header + 1, '"');
    if (!end) return false;
    if ((size_t)(end + 1 - header) == n && memcmp(header, etag, n) == 0) return true;
    header = end + 1;
  }
  return false;
}

size_t lnti_http_cookie(const char **out, const char *header, const char *name) {
  const size_t n = strlen(name);
  while (header && *header) {
    header += strspn(header, " \t;");
    const size_t length = strcspn(header, ";");
    if (length > n && header[n] == '=' && memcmp(header, name, n) == 0) {
      const char *value = header + n + 1;
      size_t bytes = length - n - 1;
      while (bytes > 0 && (value[bytes - 1] == ' ' || value[bytes - 1] == '\t')) bytes--;
      if (bytes >= 2 && value[0] == '"' && value[bytes - 1] == '"') {
        value++;
        bytes -= 2;
      }
      *out = value;
      return bytes;
    }
    header += length;
  }
  return 0;
}

/* Whether a name is of letters, digits, dots and dashes; of an address in brackets, of digits and colons. */
static bool is_host_name(const char *text, size_t n, bool bracketed) {
  for (size_t i = 0; i < n; i++) {
    const char c = text[i];
    const bool digit = hex_digit(c) >= 0 || c == '.';
    if (bracketed ? !(digit || c == ':')
                  : !(digit || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '-' || c == '_'))
      return false;
  }
  return n > 0 && n <= LNTI_HTTP_HOST_MAX;
}

bool lnti_http_parse_host(char name_out[static LNTI_HTTP_HOST_MAX + 1], unsigned *port_out, const char *text) {
  const bool bracketed = text[0] == '[';
  const char *name = text + bracketed;
  size_t n = strcspn(name, bracketed ? "]" : ":");
  const char *rest = name + n;
  uint64_t port = 0;
  if (bracketed && *rest++ != ']') return false;
  if (*rest == ':') {
    rest++;
    if (!read_digits(&port, &rest) || port == 0 || port > 65535) return false;
  }
  if (*rest) return false;
  if (!bracketed && n > 1 && name[n - 1] == '.') n--;
  if (!is_host_name(name, n, bracketed)) return false;
  for (size_t i = 0; i < n; i++) name_out[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
  name_out[n] = '\0';
  *port_out = (unsigned)port;
  return true;
}
