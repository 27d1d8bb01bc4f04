/**
 * @file features.h
 * The extractors that feature.c registers, and what they share. Inside src/feature only.
 */
#ifndef LNTI_FEATURE_FEATURES_H
#define LNTI_FEATURE_FEATURES_H

#include <feature/feature.h>

extern const lnti_feature lnti_feature_hog;
extern const lnti_feature lnti_feature_pixels;

/** A parameter of the table by name: its value as a size; the name must be there and not be "auto". */
size_t lnti_feature_size(const lnti_params *params, const char *name);

/** Sets an INT parameter that the table has to a value in its range. */
LNT_MUST_CHECK lnt_status lnti_feature_set(lnti_params *params, const char *name, size_t value, lnt_error *err);

#endif
