/*
 * Numbers, times and text for people. Written in one form everywhere (thousands by commas, a blank before the
 * unit), whatever the locale, so that what the guide shows is what the program prints.
 */
#include <cli/format.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

lnti_shown lnti_show_count(uint64_t n) {
  lnti_shown shown;
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
  char *at = shown.text;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) *at++ = ',';
    *at++ = digits[i];
  }
  *at = 0;
  return shown;
}

lnti_shown lnti_show_things(uint64_t n, const char *thing) {
  lnti_shown shown;
  size_t length = strlen(thing);
  const char *ending = n == 1 ? "" : length > 0 && thing[length - 1] == 's' ? "es" : "s";
  snprintf(shown.text, sizeof shown.text, "%.26s %.32s%s", lnti_show_count(n).text, thing, ending);
  return shown;
}

lnti_shown lnti_show_seconds(double seconds) {
  lnti_shown shown;
  if (!(seconds > 0)) seconds = 0;
  if (seconds < 9.995) {
    snprintf(shown.text, sizeof shown.text, "%.2f s", seconds);
  } else if (seconds < 99.95) {
    snprintf(shown.text, sizeof shown.text, "%.1f s", seconds);
  } else if (seconds < 3599.5) {
    unsigned whole = (unsigned)(seconds + 0.5);
    snprintf(shown.text, sizeof shown.text, "%u min %02u s", whole / 60, whole % 60);
  } else {
    double minutes = floor(seconds / 60 + 0.5);
    snprintf(shown.text, sizeof shown.text, "%.0f h %02.0f min", floor(minutes / 60), fmod(minutes, 60));
  }
  return shown;
}

lnti_shown lnti_show_rate(double per_second) {
  lnti_shown shown;
  if (!(per_second > 0) || isinf(per_second)) {
    snprintf(shown.text, sizeof shown.text, "0");
  } else if (per_second < 9.995) {
    snprintf(shown.text, sizeof shown.text, "%.2f", per_second);
  } else if (per_second < 99.95) {
    snprintf(shown.text, sizeof shown.text, "%.1f", per_second);
  } else {
    double step = pow(10, floor(log10(per_second)) - 2);
    shown = lnti_show_count((uint64_t)(floor(per_second / step + 0.5) * step + 0.5));
  }
  return shown;
}

lnti_shown lnti_show_bytes(uint64_t bytes) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  lnti_shown shown;
  double value = (double)bytes;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
    value /= 1000;
    unit++;
  }
  snprintf(shown.text, sizeof shown.text, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  return shown;
}

lnti_shown lnti_show_metric(double value) {
  lnti_shown shown;
  if (isnan(value)) {
    snprintf(shown.text, sizeof shown.text, "-");
  } else {
    snprintf(shown.text, sizeof shown.text, "%.4f", value);
  }
  return shown;
}

lnti_shown lnti_show_interval(double low, double high) {
  lnti_shown shown;
  if (isnan(low) || isnan(high)) {
    shown.text[0] = 0;
  } else {
    snprintf(shown.text, sizeof shown.text, "%.4f to %.4f", low, high);
  }
  return shown;
}

lnti_shown lnti_show_time(uint64_t unix_ms) {
  lnti_shown shown;
  time_t seconds = (time_t)(unix_ms / 1000);
  struct tm broken;
  if (!localtime_r(&seconds, &broken) || !strftime(shown.text, sizeof shown.text, "%Y-%m-%d %H:%M", &broken)) {
    snprintf(shown.text, sizeof shown.text, "-");
  }
  return shown;
}

lnt_status lnti_plain(lnti_text *out, const char *text, lnt_error *err) {
  lnt_status status = lnti_text_append(out, "", 0, err);
  while (!status && *text) {
    size_t n = 0, step;
    while (text[n] && (step = lnti_utf8_printable(text + n)) > 0) n += step;
    if (n > 0) status = lnti_text_append(out, text, n, err);
    text += n;
    if (!status && *text) {
      status = lnti_text_append(out, "?", 1, err);
      text++;
    }
  }
  return status;
}

lnt_status lnti_wrap(lnti_text *out, const char *text, size_t column, size_t indent, size_t width, lnt_error *err) {
  lnt_status status = LNT_OK;
  bool line_start = true;
  while (!status && *text) {
    size_t gap = strspn(text, " ");
    const char *word = text + gap;
    if (*word == '\n') {
      status = lnti_text_printf(out, err, "\n%*s", word[1] && word[1] != '\n' ? (int)indent : 0, "");
      column = indent;
      line_start = true;
      text = word + 1;
      continue;
    }
    size_t length = strcspn(word, " \n");
    if (length == 0) break;
    size_t columns = lnti_utf8_columns(word, length);
    /* Blanks that stand at the start of a line of the text are its own indent, and kept. */
    size_t blanks = line_start ? gap : 1;
    if (!line_start && column + blanks + columns > width) {
      status = lnti_text_printf(out, err, "\n%*s", (int)indent, "");
      column = indent;
      blanks = 0;
    }
    if (!status) status = lnti_text_printf(out, err, "%*s%.*s", (int)blanks, "", (int)length, word);
    column += blanks + columns;
    line_start = false;
    text = word + length;
  }
  return status;
}
