/*
 * Files that are given for networks and are none, by their first bytes. What begins as a network does is the readers' own
 * matter: an ONNX file has a byte 8 (its IR version) in front of its network, a TensorFlow Lite file "TFL3" at byte 4.
 */
#include <graph/foreign.h>

#include <base/error.h>
#include <base/text.h>
#include <string.h>

enum { TEXT_LOOKED_AT = 4096, ONNX_BEGIN = 8 };

typedef struct kind {
  size_t at, n;
  const char *begin, *what;
} kind;

#define PICTURE_ADVICE "; what is in a picture is told by: linnet predict --backbone NAME PATH..."
#define PACKED_ADVICE "; unpack it, and give the network that is in it"
#define PYTORCH_ADVICE "; write the network with torch.onnx.export"
#define KERAS_ADVICE "; convert it to ONNX (tf2onnx) or TensorFlow Lite"

static const kind kinds[] = {
    {0, 3, "\xff\xd8\xff", "a JPEG image" PICTURE_ADVICE},
    {0, 4, "\x89PNG", "a PNG image" PICTURE_ADVICE},
    {0, 4, "GIF8", "a GIF image" PICTURE_ADVICE},
    {8, 4, "WEBP", "a WebP image" PICTURE_ADVICE},
    {0, 4, "II*\0", "a TIFF image" PICTURE_ADVICE},
    {0, 4, "MM\0*", "a TIFF image" PICTURE_ADVICE},
    {4, 4, "ftyp", "a HEIF image or a video"},
    {0, 4, "PK\3\4",
     "a ZIP archive, as are models of PyTorch (.pt), Keras (.keras) and Linnet (.lnt)" PACKED_ADVICE
     " or export it as ONNX"},
    {0, 2, "\x1f\x8b", "packed by gzip" PACKED_ADVICE},
    {0, 6,
     "\xfd"
     "7zXZ",
     "packed by xz" PACKED_ADVICE},
    {0, 4, "\x28\xb5\x2f\xfd", "packed by zstd" PACKED_ADVICE},
    {0, 6, "7z\xbc\xaf\x27\x1c", "a 7z archive" PACKED_ADVICE},
    {257, 5, "ustar", "a tar archive" PACKED_ADVICE},
    {0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes (.h5)" KERAS_ADVICE},
    {0, 2, "\x80\2", "a pickle of Python, as older PyTorch writes (.pth)" PYTORCH_ADVICE},
    {0, 2, "\x80\4", "a pickle of Python, as older PyTorch writes (.pth)" PYTORCH_ADVICE},
    {8, 2, "{\"", "a safetensors file, which has weights and no network" PYTORCH_ADVICE},
    {0, 42, "version https://git-lfs.github.com/spec/v1\n",
     "a pointer of Git LFS to a file that was not fetched; fetch it with: git lfs pull"},
    {0, 4, "%PDF", "a PDF document"},
};

/* As far as it is looked at; a character that is cut off at the end is none the less text. */
static bool is_text(const uint8_t *data, size_t bytes) {
  size_t n = bytes < TEXT_LOOKED_AT ? bytes : TEXT_LOOKED_AT;
  for (size_t i = 0; i < n; i++) {
    if (data[i] < ' ' && !strchr("\t\r\n\f", data[i])) return false;
    if (data[i] == 0) return false;
  }
  return lnti_utf8_valid((const char *)data, n) + 3 >= n;
}

lnt_status lnti_foreign_check(const void *data, size_t bytes, lnt_error *err) {
  const uint8_t *at = data;
  if (bytes == 0) return lnti_fail(err, LNT_EDATA, "the file is empty; copy or download it again");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const kind *k = &kinds[i];
    if (k->at > 0 && at[0] == ONNX_BEGIN) continue; /* behind it a name may hold anything */
    if (bytes >= k->at + k->n && memcmp(at + k->at, k->begin, k->n) == 0)
      return lnti_fail(err, LNT_EDATA, "this is no network, but %s", k->what);
  }
  if (!is_text(at, bytes)) return LNT_OK;
  bool page = at[0] == '<';
  return lnti_fail(
      err, LNT_EDATA, "this is no network, but %s; an ONNX (.onnx) or TensorFlow Lite (.tflite) file is needed",
      page ? "a web page or other text in angle brackets, as comes in place of a file that was to be downloaded"
           : "a text");
}
