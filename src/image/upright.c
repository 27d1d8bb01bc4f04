/*
 * Turning an image as EXIF's orientation says (CIPA DC-008-2019, 4.6.4.A, tag 274): where the stored row 0 and column
 * 0 lie in the upright image. 1 top left, 2 top right, 3 bottom right, 4 bottom left; 5 to 8 the same with rows and
 * columns exchanged: left top, right top, right bottom, left bottom.
 *
 * Pixels are moved in blocks that fit into the nearest cache, since one side of a transposition strides over rows.
 */
#include <image/codec.h>

#include <string.h>

enum { BLOCK = 32 };

typedef struct move {
  uint8_t *to;
  const uint8_t *from;
  size_t h, w;           /* of the stored image */
  size_t origin;         /* of stored pixel (0,0) in the upright image, in pixels */
  ptrdiff_t down, right; /* where the next stored row and column lie there, in pixels */
} move;

/* One function a pixel size: its constant makes memcpy a load and a store. */
#define MOVE(bytes)                                                                                       \
  static void move_##bytes(const move *m) {                                                               \
    for (size_t y0 = 0; y0 < m->h; y0 += BLOCK) {                                                         \
      for (size_t x0 = 0; x0 < m->w; x0 += BLOCK) {                                                       \
        for (size_t y = y0; y < y0 + BLOCK && y < m->h; y++) {                                            \
          const uint8_t *from = m->from + (y * m->w + x0) * (bytes);                                      \
          for (size_t x = x0; x < x0 + BLOCK && x < m->w; x++, from += (bytes)) {                         \
            const ptrdiff_t at = (ptrdiff_t)m->origin + (ptrdiff_t)y * m->down + (ptrdiff_t)x * m->right; \
            memcpy(m->to + at * (bytes), from, (bytes));                                                  \
          }                                                                                               \
        }                                                                                                 \
      }                                                                                                   \
    }                                                                                                     \
  }
MOVE(1)
MOVE(2)
MOVE(3)
MOVE(4)
MOVE(6)
MOVE(8)
MOVE(12)
MOVE(16)

static void move_pixels(const move *m, size_t pixel_bytes) {
  switch (pixel_bytes) {
    case 1:
      move_1(m);
      break;
    case 2:
      move_2(m);
      break;
    case 3:
      move_3(m);
      break;
    case 4:
      move_4(m);
      break;
    case 6:
      move_6(m);
      break;
    case 8:
      move_8(m);
      break;
    case 12:
      move_12(m);
      break;
    default:
      move_16(m);
      break;
  }
}

lnt_status lnti_image_upright(lnti_image *image, unsigned orientation, lnt_error *err) {
  lnti_image turned = {0};
  if (orientation < 2 || orientation > 8) return LNT_OK;
  const size_t h = image->h, w = image->w;
  const bool lies = orientation > 4;
  const bool rows_back = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_back = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  lnt_status status = lnti_image_new(&turned, lies ? w : h, lies ? h : w, image->c, image->depth, err);
  if (status != LNT_OK) return status;
  move m = {.to = turned.data, .from = image->data, .h = h, .w = w};
  m.down = lies ? 1 : (ptrdiff_t)turned.w;
  m.right = lies ? (ptrdiff_t)turned.w : 1;
  if (rows_back) {
    m.origin += (h - 1) * (size_t)m.down;
    m.down = -m.down;
  }
  if (columns_back) {
    m.origin += (w - 1) * (size_t)m.right;
    m.right = -m.right;
  }
  move_pixels(&m, lnti_image_bytes(image) / (h * w));
  lnti_image_clear(image);
  *image = turned;
  return LNT_OK;
}
