/*
 * The version, from the build (CMake's project version), so that it stands in one place.
 */
#include <linnet/version.h>

const char *lnt_version(void) {
  return LINNET_VERSION;
}
