/*
 * EXIF's values. Of several entries with one tag the first counts, as in other readers. A date is taken only where each
 * of its fields can be one; a place only where both coordinates are whole and in range: half a place is none.
 */
#include <image/exif.h>

#include <base/text.h>
#include <image/exif_parts.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
  TAG_MAKE = 0x010f,
  TAG_MODEL = 0x0110,
  TAG_ORIENTATION = 0x0112,
  TAG_EXPOSURE = 0x829a,
  TAG_F_NUMBER = 0x829d,
  TAG_EXIF = 0x8769,
  TAG_GPS = 0x8825,
  TAG_ISO = 0x8827,
  TAG_ISO_SPEED = 0x8833,
  TAG_ISO_RECOMMENDED = 0x8832,
  TAG_TAKEN = 0x9003,
  TAG_DIGITISED = 0x9004,
  TAG_OFFSET_TAKEN = 0x9011,
  TAG_OFFSET_DIGITISED = 0x9012,
  TAG_FOCAL = 0x920a,
  TAG_BODY_SERIAL = 0xa431,
  TAG_LENS_MODEL = 0xa434,
  TAG_LENS_SERIAL = 0xa435,
  TAG_DNG_SERIAL = 0xc62f,
  /* of the GPS directory */
  GPS_LATITUDE_REF = 1,
  GPS_LATITUDE,
  GPS_LONGITUDE_REF,
  GPS_LONGITUDE,
  GPS_ALTITUDE_REF,
  GPS_ALTITUDE
};

static bool read_uint(uint64_t *out, const lnti_ifd *ifd, unsigned tag) {
  lnti_ifd_entry entry;
  return lnti_ifd_find(&entry, ifd, tag) && lnti_ifd_entry_uint(out, ifd->file, &entry, 0);
}

/** A number above 0, else NaN. */
static double read_positive(const lnti_ifd *ifd, unsigned tag) {
  lnti_ifd_entry entry;
  double value = NAN;
  if (!lnti_ifd_find(&entry, ifd, tag) || !lnti_ifd_entry_real(&value, ifd->file, &entry, 0)) return NAN;
  return value > 0 ? value : NAN;
}

/** C1 controls, too, move a terminal's cursor. */
static bool is_control(const uint8_t *p, size_t bytes) {
  return bytes == 1 ? *p < 0x20 || *p == 0x7f : bytes == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

/** Text up to its NUL: bytes that are no UTF-8 and controls dropped, cut between code points, ends trimmed. False where
 *  nothing is left. */
static bool read_text(char *out, size_t size, const lnti_ifd *ifd, unsigned tag) {
  lnti_ifd_entry entry;
  size_t n = 0;
  if (!lnti_ifd_find(&entry, ifd, tag) || entry.type != LNTI_IFD_ASCII) return false;
  const uint8_t *text = ifd->file->data + entry.at;
  const size_t length = strnlen((const char *)text, entry.bytes);
  char cleaned[64];
  if (size > sizeof cleaned) size = sizeof cleaned;
  for (size_t i = 0, bytes; i < length; i += bytes) {
    const size_t left = length - i < 4 ? length - i : 4;
    bytes = 1;
    while (bytes < left && (text[i + bytes] & 0xc0) == 0x80) bytes++;
    if (lnti_utf8_valid((const char *)text + i, bytes) != bytes || is_control(text + i, bytes)) continue;
    if (n == 0 && text[i] == ' ') continue;
    if (bytes >= size - n) break;
    memcpy(cleaned + n, text + i, bytes);
    n += bytes;
  }
  while (n > 0 && cleaned[n - 1] == ' ') n--;
  if (n == 0) return false;
  memcpy(out, cleaned, n);
  out[n] = '\0';
  return true;
}

/** `digits` digits as a number within [low,high]; -1 where they are not. */
static int field(const char *text, int digits, int low, int high) {
  int value = 0;
  for (int i = 0; i < digits; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value >= low && value <= high ? value : -1;
}

/** "2008:10:22 16:28:39", with ':' or, as some write, '-' or '/' in the date. */
static bool read_date(char out[32], const lnti_ifd *ifd, unsigned tag) {
  char text[64] = "";
  if (!read_text(text, sizeof text, ifd, tag) || strlen(text) < 19) return false;
  if (!strchr(":-/", text[4]) || text[7] != text[4] || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
      text[16] != ':') {
    return false;
  }
  const int year = field(text, 4, 1, 9999), month = field(text + 5, 2, 1, 12), day = field(text + 8, 2, 1, 31),
            hour = field(text + 11, 2, 0, 23), minute = field(text + 14, 2, 0, 59), second = field(text + 17, 2, 0, 60);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return false;
  snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, hour, minute, second);
  return true;
}

static void read_offset(char out[8], const lnti_ifd *ifd, unsigned tag) {
  char text[64] = "";
  if (!read_text(text, sizeof text, ifd, tag)) return;
  if (strcmp(text, "Z") == 0) {
    snprintf(out, 8, "+00:00");
    return;
  }
  const size_t n = strlen(text);
  if (n != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return;
  if (field(text + 1, 2, 0, 14) < 0 || field(text + 4, 2, 0, 59) < 0) return;
  memcpy(out, text, n + 1);
}

/** Degrees, minutes and seconds and which side of zero; false where one of them is broken or the sum is above `most`. */
static bool read_degrees(double *out, const lnti_ifd *gps, unsigned tag, unsigned ref_tag, const char *refs,
                         double most) {
  lnti_ifd_entry entry;
  char ref[64] = "";
  double sum = 0, scale = 1;
  if (!read_text(ref, sizeof ref, gps, ref_tag) || (ref[0] != refs[0] && ref[0] != refs[1])) return false;
  if (!lnti_ifd_find(&entry, gps, tag) || entry.count == 0 || entry.count > 3) return false;
  for (size_t i = 0; i < entry.count; i++) {
    double value = 0;
    if (!lnti_ifd_entry_real(&value, gps->file, &entry, i) || value < 0) return false;
    sum += value / scale;
    scale *= 60;
  }
  if (!(sum <= most)) return false;
  *out = ref[0] == refs[1] ? -sum : sum;
  return true;
}

static void read_gps(lnti_exif *out, const lnti_ifd *gps) {
  lnti_ifd_entry entry;
  uint64_t below = 0;
  double latitude = 0, longitude = 0, altitude = 0;
  if (read_degrees(&latitude, gps, GPS_LATITUDE, GPS_LATITUDE_REF, "NS", 90) &&
      read_degrees(&longitude, gps, GPS_LONGITUDE, GPS_LONGITUDE_REF, "EW", 180)) {
    out->has_gps = true;
    out->latitude = latitude;
    out->longitude = longitude;
  }
  if (!lnti_ifd_find(&entry, gps, GPS_ALTITUDE) || !lnti_ifd_entry_real(&altitude, gps->file, &entry, 0)) return;
  /* 0 and 1 are above and below the sea; 2 and 3 (Exif 3.0) the same of the ellipsoid. */
  if (read_uint(&below, gps, GPS_ALTITUDE_REF) && below & 1) altitude = -altitude;
  out->altitude = altitude;
}

static void read_camera(lnti_exif *out, const lnti_ifd *exif) {
  if (read_date(out->taken, exif, TAG_TAKEN)) {
    read_offset(out->offset, exif, TAG_OFFSET_TAKEN);
  } else if (read_date(out->taken, exif, TAG_DIGITISED)) {
    read_offset(out->offset, exif, TAG_OFFSET_DIGITISED);
  }
  read_text(out->lens, sizeof out->lens, exif, TAG_LENS_MODEL);
  if (!read_text(out->serial, sizeof out->serial, exif, TAG_BODY_SERIAL)) {
    read_text(out->serial, sizeof out->serial, exif, TAG_LENS_SERIAL);
  }
  out->exposure_s = read_positive(exif, TAG_EXPOSURE);
  out->f_number = read_positive(exif, TAG_F_NUMBER);
  out->focal_mm = read_positive(exif, TAG_FOCAL);
  out->iso = read_positive(exif, TAG_ISO);
  if (out->iso >= 65535) { /* two bytes cannot say more: the newer tags do */
    const double speed = read_positive(exif, TAG_ISO_SPEED), advised = read_positive(exif, TAG_ISO_RECOMMENDED);
    out->iso = isnan(speed) ? (isnan(advised) ? out->iso : advised) : speed;
  }
}

static bool open_first(lnti_ifd *out, lnti_ifd_file *file, lnti_container *container_out, const uint8_t *data,
                       size_t n) {
  lnti_span span;
  return lnti_exif_find(&span, container_out, data, n) && lnti_ifd_file_open(file, span) &&
         lnti_ifd_open(out, file, file->first);
}

static unsigned orientation_of(const lnti_ifd *first, lnti_container container) {
  uint64_t value = 0;
  if (container == LNTI_CONTAINER_HEIF || !read_uint(&value, first, TAG_ORIENTATION)) return 1;
  return value >= 1 && value <= 8 ? (unsigned)value : 1;
}

unsigned lnti_exif_orientation(const uint8_t *data, size_t n) {
  lnti_container container;
  lnti_ifd_file file;
  lnti_ifd first;
  return open_first(&first, &file, &container, data, n) ? orientation_of(&first, container) : 1;
}

void lnti_exif_read(lnti_exif *out, const uint8_t *data, size_t n) {
  lnti_container container;
  lnti_ifd_file file;
  lnti_ifd first, ifd;
  *out =
      (lnti_exif){.orientation = 1, .altitude = NAN, .exposure_s = NAN, .f_number = NAN, .iso = NAN, .focal_mm = NAN};
  if (!open_first(&first, &file, &container, data, n)) return;
  out->orientation = orientation_of(&first, container);
  read_text(out->make, sizeof out->make, &first, TAG_MAKE);
  read_text(out->model, sizeof out->model, &first, TAG_MODEL);
  if (lnti_ifd_below(&ifd, &first, TAG_EXIF)) read_camera(out, &ifd);
  if (!out->serial[0]) read_text(out->serial, sizeof out->serial, &first, TAG_DNG_SERIAL);
  if (lnti_ifd_below(&ifd, &first, TAG_GPS)) read_gps(out, &ifd);
}
