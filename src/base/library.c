/*
 * Shared libraries by dlopen. They are never closed: what they started (threads, tables) lives as long as the process.
 */
#include <base/library.h>

#include <base/error.h>
#include <dlfcn.h>
#include <string.h>

lnt_status lnti_library_load(const char *file, const char *remedy, const lnti_library_symbol *symbols, size_t n,
                             lnt_error *err) {
  void *handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (!handle) {
    const char *why = dlerror();
    return lnti_fail(err, LNT_ELIBRARY, "%s could not be loaded (%.200s): %s", file, why ? why : "no reason given",
                     remedy);
  }
  for (size_t i = 0; i < n; i++) {
    if (dlsym(handle, symbols[i].name)) continue;
    return lnti_fail(err, LNT_ELIBRARY, "%s has no %s, and is not the library that this program was built for: %s",
                     file, symbols[i].name, remedy);
  }
  for (size_t i = 0; i < n; i++) {
    void *address = dlsym(handle, symbols[i].name);
    memcpy(symbols[i].address_out, &address, sizeof address);
  }
  return LNT_OK;
}
