/**
 * @file chart.h
 * Inside of the HTML report: charts with two axes.
 */
#ifndef LNTI_FLOW_REPORT_CHART_H
#define LNTI_FLOW_REPORT_CHART_H

#include <flow/report/page.h>
#include <stdio.h>

typedef struct lnti_axis {
  double low, high;
  const char *title; /**< ours */
  const char *unit;  /**< others' text; NULL: none */
  bool percent;      /**< values are shares */
} lnti_axis;

typedef struct lnti_chart {
  lnti_axis x, y;
} lnti_chart;

/** Ends of an axis on round numbers around [low,high]. */
void lnti_axis_fit(lnti_axis *axis, double low, double high);
/** @param says  for who cannot see it; ours */
void lnti_chart_begin(lnti_page *page, const lnti_chart *chart, const char *says);
void lnti_chart_end(lnti_page *page);
double lnti_chart_x(const lnti_chart *chart, double x);
double lnti_chart_y(const lnti_chart *chart, double y);
void lnti_chart_segment(lnti_page *page, const lnti_chart *chart, const char *class, double x1, double y1, double x2,
                        double y2);
/** A line, or dots, in one path. */
void lnti_chart_path_begin(lnti_page *page, const char *class);
void lnti_chart_path_to(lnti_page *page, const lnti_chart *chart, bool move, double x, double y);
void lnti_chart_dot(lnti_page *page, const lnti_chart *chart, double x, double y);
void lnti_chart_path_end(lnti_page *page);

#endif
