#!/usr/bin/python3
"""What share of each picture a mask marks, in percent, as a table that `linnet import` takes as a number.

    mask_share.py IMAGES MASKS > share.csv

IMAGES and MASKS are folders of the same shape: the mask of IMAGES/crack/one.jpg is MASKS/crack/one.png. What is lighter
than half is marked; a picture without a mask has nothing marked. Needs Debian's python3-pil. How to go on from here:
docs/guide/targets.md, "A number from masks".
"""
import csv
import os
import sys
from pathlib import Path

from PIL import Image

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}


def share(mask):
    """Of marked pixels, in percent."""
    if not mask.exists():
        return 0.0
    with Image.open(mask) as image:
        count = image.convert("L").histogram()
    return 100 * sum(count[128:]) / sum(count)


def main():
    if len(sys.argv) != 3 or not all(os.path.isdir(folder) for folder in sys.argv[1:]):
        sys.exit("mask_share.py IMAGES MASKS: two folders are needed")
    images, masks = (Path(folder).resolve() for folder in sys.argv[1:])
    pictures = sorted(path for path in images.rglob("*") if path.suffix.lower() in PICTURES)
    if not any((masks / path.relative_to(images)).with_suffix(".png").exists() for path in pictures):
        sys.exit(f"mask_share.py: no picture below {images} has a mask below {masks}; masks are called as their picture, .png")
    table = csv.writer(sys.stdout)
    table.writerow(["path", "share"])
    for path in pictures:
        table.writerow([path, f"{share((masks / path.relative_to(images)).with_suffix('.png')):.4f}"])


if __name__ == "__main__":
    main()
