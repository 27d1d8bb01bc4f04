/*
 * Formats that are known by their first bytes and not read, so that the message can name them. Among them are all that
 * libvips has untrusted loaders for: what these would open is refused before libvips sees a byte.
 */
#include <image/codec.h>

#include <string.h>

typedef struct magic {
  const char *name;
  size_t offset;
  size_t n;
  const char *bytes;
} magic;

static const magic known[] = {
    {"JPEG 2000", 4, 8, "jP  \r\n\x87\n"},
    {"JPEG 2000", 0, 4, "\xff\x4f\xff\x51"},
    {"JPEG XL", 0, 2, "\xff\x0a"},
    {"JPEG XL", 4, 8, "JXL \r\n\x87\n"},
    {"JPEG-LS", 0, 4, "\xff\xd8\xff\xf7"},
    {"JPEG XR", 0, 4, "II\xbc\x01"},
    {"Apple's PNG variant (CgBI)", 12, 4, "CgBI"},
    {"PDF", 0, 5, "%PDF-"},
    {"PostScript", 0, 4, "%!PS"},
    {"PSD", 0, 4, "8BPS"},
    {"OpenEXR", 0, 4, "\x76\x2f\x31\x01"},
    {"Radiance HDR", 0, 10, "#?RADIANCE"},
    {"Radiance HDR", 0, 6, "#?RGBE"},
    {"DICOM", 128, 4, "DICM"},
    {"FITS", 0, 9, "SIMPLE  ="},
    {"NIfTI", 344, 4, "n+1\0"},
    {"NIfTI", 344, 4, "ni1\0"},
    {"NIfTI", 4, 4, "n+2\0"},
    {"Analyze", 0, 4, "\x5c\1\0\0"},
    {"Analyze", 0, 4, "\0\0\1\x5c"},
    {"MATLAB", 0, 6, "MATLAB"},
    {"HDF5", 0, 8, "\x89HDF\r\n\x1a\n"},
    {"libvips .v", 0, 4, "\x08\xf2\xa6\xb6"},
    {"libvips .v", 0, 4, "\xb6\xa6\xf2\x08"},
    {"DDS", 0, 4, "DDS "},
    {"ICO", 0, 4, "\0\0\1\0"},
    {"CUR", 0, 4, "\0\0\2\0"},
    {"farbfeld", 0, 8, "farbfeld"},
    {"QOI", 0, 4, "qoif"},
    {"MNG", 0, 4, "\x8aMNG"},
    {"JNG", 0, 4, "\x8bJNG"},
    {"XV thumbnail", 0, 7, "P7 332\n"},
    {"SGI", 0, 2, "\x01\xda"},
    {"FLIF", 0, 4, "FLIF"},
    {"BPG", 0, 4, "BPG\xfb"},
    {"XCF", 0, 9, "gimp xcf "},
    {"XPM", 0, 9, "/* XPM */"},
    {"Windows metafile", 0, 4, "\xd7\xcd\xc6\x9a"},
    {"raw of Canon (CR3)", 4, 8, "ftypcrx "},
    {"raw of Fujifilm (RAF)", 0, 15, "FUJIFILMCCD-RAW"},
    {"raw of Panasonic (RW2)", 0, 4, "IIU\0"},
    {"raw of Olympus (ORF)", 0, 4, "IIRO"},
    {"video (MP4 or QuickTime)", 4, 4, "ftyp"},
    {"video (AVI)", 8, 4, "AVI "},
    {"video (Matroska)", 0, 4, "\x1a\x45\xdf\xa3"},
    {"ZIP", 0, 4, "PK\3\4"},
    {"gzip", 0, 2, "\x1f\x8b"},
    {"IDX (name a record of it, as in FILE#0, or import it as idx)", 0, 3, "\0\0\x08"},
};

/** SVG is text: an XML document whose first kilobyte opens the element. */
static bool is_svg(const uint8_t *data, size_t n) {
  const size_t window = n < 1024 ? n : 1024;
  return window > 0 && memchr(data, '<', window < 16 ? window : 16) && memmem(data, window, "<svg", 4);
}

const char *lnti_unread_format(const uint8_t *data, size_t n) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const magic *m = &known[i];
    if (n >= m->offset + m->n && memcmp(data + m->offset, m->bytes, m->n) == 0) return m->name;
  }
  return is_svg(data, n) ? "SVG" : NULL;
}
