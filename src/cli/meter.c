/*
 * Progress and log on stderr. Both go through one mutex, because a warning may come from any thread while the live
 * line stands on the screen: the line is taken away, the warning written, the line drawn again by the next update.
 */
#include <cli/meter.h>

#include <base/cancel.h>
#include <cli/format.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static const uint64_t redraw_ns = 100000000;
static const double settle_seconds = 0.5; /* before that, a rate says nothing */

void lnti_meter_line(char *out, size_t bytes, const char *what, size_t done, size_t total, size_t fresh,
                     double seconds) {
  double rate = seconds >= settle_seconds ? (double)fresh / seconds : 0;
  char share[96] = "", speed[96] = "", left[96] = "";
  if (total > 0) {
    snprintf(share, sizeof share, " of %s  %3.0f %%", lnti_show_count(total).text,
             floor(100.0 * (double)done / (double)total));
  }
  if (rate > 0) {
    snprintf(speed, sizeof speed, "  %s/s", lnti_show_rate(rate).text);
    if (total > done) {
      double seconds_left = (double)(total - done) / rate;
      if (seconds_left < 99.5) {
        snprintf(left, sizeof left, "  %.0f s left", ceil(seconds_left));
      } else {
        snprintf(left, sizeof left, "  %s left", lnti_show_seconds(seconds_left).text);
      }
    }
  }
  snprintf(out, bytes, "%s  %s%s%s%s", what, lnti_show_count(done).text, share, speed, left);
}

static void erase(lnti_meter *meter) {
  if (meter->drawn) fputs("\r\033[K", meter->stream);
  meter->drawn = false;
}

static void draw(lnti_meter *meter, const char *what, size_t done, size_t total) {
  uint64_t now = lnti_monotonic_ns();
  bool fresh_stage = strncmp(meter->what, what, sizeof meter->what - 1) != 0 || done < meter->began_done;
  if (fresh_stage) {
    snprintf(meter->what, sizeof meter->what, "%s", what);
    meter->began_ns = now;
    meter->began_done = done;
  } else if (now - meter->drawn_ns < redraw_ns) {
    return;
  }
  char line[256];
  lnti_meter_line(line, sizeof line, what, done, total, done - meter->began_done,
                  (double)(now - meter->began_ns) * 1e-9);
  fprintf(meter->stream, "\r%s\033[K", line);
  fflush(meter->stream);
  meter->drawn = true;
  meter->drawn_ns = now;
}

static void on_progress(void *payload, const char *what, size_t done, size_t total) {
  lnti_meter *meter = payload;
  if (!meter->live && !meter->plain) return;
  pthread_mutex_lock(&meter->mutex);
  if (meter->plain && meter->durable) {
    fprintf(meter->stream, "durable %zu\n", done);
  } else if (meter->plain) {
    fprintf(meter->stream, "%s %zu/%zu\n", what, done, total);
  } else {
    draw(meter, what, done, total);
  }
  if (meter->plain) fflush(meter->stream);
  pthread_mutex_unlock(&meter->mutex);
}

static void on_log(void *payload, lnti_log_level level, const char *message) {
  static const char *const names[] = {"debug", "note", "warning", "error"};
  lnti_meter *meter = payload;
  lnti_text plain = {0};
  if (lnti_plain(&plain, message, NULL) == LNT_OK) {
    pthread_mutex_lock(&meter->mutex);
    erase(meter);
    fprintf(meter->stream, "linnet: %s: %s: %s\n", meter->command, names[level], plain.data);
    fflush(meter->stream);
    pthread_mutex_unlock(&meter->mutex);
  }
  lnti_text_clear(&plain);
}

void lnti_meter_init(lnti_meter *meter, FILE *stream, lnti_meter_mode mode, lnti_log_level least, const char *command) {
  *meter = (lnti_meter){.stream = stream, .command = command};
  meter->live = mode == LNTI_METER_AUTO && isatty(fileno(stream));
  meter->plain = mode == LNTI_METER_PLAIN;
  meter->progress = (lnti_progress){on_progress, meter};
  meter->log = (lnti_log){on_log, meter, least};
  pthread_mutex_init(&meter->mutex, NULL);
}

void lnti_meter_finish(lnti_meter *meter) {
  if (!meter->live) return;
  pthread_mutex_lock(&meter->mutex);
  erase(meter);
  fflush(meter->stream);
  pthread_mutex_unlock(&meter->mutex);
}

void lnti_meter_clear(lnti_meter *meter) {
  pthread_mutex_destroy(&meter->mutex);
}
