#!/usr/bin/env python3
"""Writes image_exif_golden.h: what ExifTool (Debian: libimage-exiftool-perl) reads in the real data's photographs.

    tests/golden/exif_golden.py DATA > tests/golden/image_exif_golden.h

DATA is the folder with exif/ and malformed/ in it. Only EXIF's own groups are asked: maker notes and XMP are others."""
import json
import pathlib
import subprocess
import sys

FOLDERS = ["exif/cameras/*", "exif/orientation/*.jpg", "exif/invalid/*.jpg", "exif/heic/*", "malformed/pillow/*exif*.jpg"]
TAGS = ["IFD0:Make", "IFD0:Model", "IFD0:Orientation", "ExifIFD:DateTimeOriginal", "ExifIFD:CreateDate", "ExifIFD:LensModel",
        "ExifIFD:SerialNumber", "ExifIFD:LensSerialNumber", "ExifIFD:ExposureTime", "ExifIFD:FNumber", "ExifIFD:ISO",
        "ExifIFD:FocalLength", "ExifIFD:OffsetTimeOriginal", "GPS:GPSLatitude", "GPS:GPSLatitudeRef", "GPS:GPSLongitude",
        "GPS:GPSLongitudeRef", "GPS:GPSAltitude", "GPS:GPSAltitudeRef"]


def text(value):
    return json.dumps(str(value or "").strip(), ensure_ascii=True)


def number(value):
    return repr(float(value)) if isinstance(value, (int, float)) and value > 0 else "NAN"


def degrees(tags, name, negative):
    value, side = tags.get(f"GPS:GPS{name}"), tags.get(f"GPS:GPS{name}Ref")
    if value is None or not side:
        return None
    return -value if side == negative else value


def row(path, root):
    command = ["exiftool", "-n", "-j", "-G1", "-api", "struct=0", *[f"-{tag}" for tag in TAGS], str(path)]
    tags = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)[0]
    taken = str(tags.get("ExifIFD:DateTimeOriginal") or tags.get("ExifIFD:CreateDate") or "")[:19]
    taken = taken[:10].replace(":", "-") + "T" + taken[11:] if len(taken) == 19 and taken[0] in "12" else ""
    latitude, longitude = degrees(tags, "Latitude", "S"), degrees(tags, "Longitude", "W")
    has = latitude is not None and longitude is not None
    altitude = tags.get("GPS:GPSAltitude")
    heif = path.suffix in (".heif", ".heic")
    serial = tags.get("ExifIFD:SerialNumber") or tags.get("ExifIFD:LensSerialNumber")
    return (f"    {{{text(path.relative_to(root))}, {1 if heif else tags.get('IFD0:Orientation') or 1}, {text(taken)},\n"
            f"     {text(tags.get('ExifIFD:OffsetTimeOriginal'))}, {text(tags.get('IFD0:Make'))}, "
            f"{text(tags.get('IFD0:Model'))}, {text(tags.get('ExifIFD:LensModel'))}, {text(serial)},\n"
            f"     {str(has).lower()}, {latitude if has else 0.0!r}, {longitude if has else 0.0!r}, "
            f"{'NAN' if altitude is None else repr(float(altitude))}, {number(tags.get('ExifIFD:ExposureTime'))}, "
            f"{number(tags.get('ExifIFD:FNumber'))}, {number(tags.get('ExifIFD:ISO'))}, "
            f"{number(tags.get('ExifIFD:FocalLength'))}}},")


def main():
    root = pathlib.Path(sys.argv[1])
    version = subprocess.run(["exiftool", "-ver"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"/* Made by tests/golden/exif_golden.py with ExifTool {version}. */")
    print("static const exif_golden exif_goldens[] = {")
    for folder in FOLDERS:
        for path in sorted(root.glob(folder)):
            print(row(path, root))
    print("};")


if __name__ == "__main__":
    main()
