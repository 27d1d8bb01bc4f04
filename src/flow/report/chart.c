/*
 * Charts of the HTML report as inline SVG: axes with round ticks and titles, lines, bars and points.
 *
 * Coordinates are those of a 460 x 310 view box; what is drawn gives its own values, which the chart maps.
 */
#include <flow/report/chart.h>

#include <math.h>

enum { LEFT = 64, TOP = 14, SIDE = 372, HIGH = 236, TICKS = 5 };

double lnti_chart_x(const lnti_chart *chart, double x) {
  return LEFT + SIDE * (x - chart->x.low) / (chart->x.high - chart->x.low);
}

double lnti_chart_y(const lnti_chart *chart, double y) {
  return TOP + HIGH * (1 - (y - chart->y.low) / (chart->y.high - chart->y.low));
}

/* 1, 2 or 5 times a power of ten, so that there are about TICKS of them. */
static double round_step(double range) {
  double raw = range / TICKS, power = pow(10, floor(log10(raw))), part = raw / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

void lnti_axis_fit(lnti_axis *axis, double low, double high) {
  if (!(high > low)) {
    double half = fmax(fabs(low) * 0.1, 0.5);
    low -= half;
    high += half;
  }
  double step = round_step(high - low);
  axis->low = floor(low / step) * step;
  axis->high = ceil(high / step) * step;
}

static lnti_report_value tick_text(const lnti_axis *axis, double value, double step) {
  lnti_report_value shown;
  bool last = value > axis->high - step / 2;
  if (fabs(value) < step / 2) value = 0; /* not -0 */
  if (axis->percent) {
    (void)snprintf(shown.text, sizeof shown.text, "%.4g%s", 100 * value, last ? "\u00a0%" : "");
  } else {
    (void)snprintf(shown.text, sizeof shown.text, "%.6g", value);
  }
  return shown;
}

typedef struct tick_range {
  double first;
  int n;
} tick_range;

static tick_range ticks_between(const lnti_axis *axis, double step) {
  double first = ceil(axis->low / step - 1e-9), last = floor(axis->high / step + 1e-9);
  return (tick_range){first * step, (int)(last - first) + 1};
}

static void ticks(lnti_page *page, const lnti_chart *chart) {
  const lnti_axis *x = &chart->x, *y = &chart->y;
  double step = round_step(y->high - y->low);
  tick_range of = ticks_between(y, step);
  for (int i = 0; i < of.n; i++) {
    double at = of.first + i * step;
    lnti_page_html(page, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, LEFT + SIDE,
                   lnti_chart_y(chart, at), lnti_chart_y(chart, at));
    lnti_page_html(page, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 7,
                   lnti_chart_y(chart, at) + 4, tick_text(y, at, step).text);
  }
  step = round_step(x->high - x->low);
  of = ticks_between(x, step);
  for (int i = 0; i < of.n; i++) {
    double at = of.first + i * step;
    lnti_page_html(page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", lnti_chart_x(chart, at),
                   TOP + HIGH + 18, tick_text(x, at, step).text);
  }
}

/* "area (mm)" */
static void axis_title(lnti_page *page, const lnti_axis *axis) {
  lnti_page_html(page, "%s", axis->title);
  if (axis->unit && *axis->unit) {
    lnti_page_html(page, " (");
    lnti_page_text(page, axis->unit);
    lnti_page_html(page, ")");
  }
}

void lnti_chart_begin(lnti_page *page, const lnti_chart *chart, const char *says) {
  lnti_page_html(page, "<svg class=\"plot\" viewBox=\"0 0 460 310\" role=\"img\" aria-label=\"%s\">\n", says);
  ticks(page, chart);
  lnti_page_html(page, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, TOP + HIGH, LEFT + SIDE);
  lnti_page_html(page, "<text class=\"title\" transform=\"translate(13 %d) rotate(-90)\" text-anchor=\"middle\">",
                 TOP + HIGH / 2);
  axis_title(page, &chart->y);
  lnti_page_html(page, "</text><text class=\"title\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">", LEFT + SIDE / 2,
                 TOP + HIGH + 42);
  axis_title(page, &chart->x);
  lnti_page_html(page, "</text>\n");
}

void lnti_chart_end(lnti_page *page) {
  lnti_page_html(page, "</svg>\n");
}

void lnti_chart_segment(lnti_page *page, const lnti_chart *chart, const char *class, double x1, double y1, double x2,
                        double y2) {
  lnti_page_html(page, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
                 lnti_chart_x(chart, x1), lnti_chart_y(chart, y1), lnti_chart_x(chart, x2), lnti_chart_y(chart, y2));
}

void lnti_chart_path_begin(lnti_page *page, const char *class) {
  lnti_page_html(page, "<path class=\"%s\" d=\"", class);
}

void lnti_chart_path_to(lnti_page *page, const lnti_chart *chart, bool move, double x, double y) {
  lnti_page_html(page, "%c%.1f %.1f", move ? 'M' : 'L', lnti_chart_x(chart, x), lnti_chart_y(chart, y));
}

void lnti_chart_dot(lnti_page *page, const lnti_chart *chart, double x, double y) {
  lnti_page_html(page, "M%.1f %.1fh0", lnti_chart_x(chart, x), lnti_chart_y(chart, y));
}

void lnti_chart_path_end(lnti_page *page) {
  lnti_page_html(page, "\"/>\n");
}
