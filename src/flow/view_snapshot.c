#include <flow/view_parts.h>
lnt_status lnti_view_load(bool *found_out, lnti_view *view, lnt_error *err) {
  (void)view;
  (void)err;
  *found_out = false;
  return LNT_OK;
}
lnt_status lnti_view_save(lnti_view *view, lnt_error *err) {
  (void)view;
  (void)err;
  return LNT_OK;
}
void lnti_view_unmap(lnti_view *view) {
  (void)view;
}
