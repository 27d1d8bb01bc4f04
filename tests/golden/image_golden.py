#!/usr/bin/python3
"""Small image files for tests/image, and the pixels that an independent program reads from them.

Made on Debian 12 by Pillow 9.4 (python3-pil), heif-enc 1.15 (libheif-examples) and this script, which writes BMP,
TIFF and PFM byte by byte where Pillow has no writer. The pixels are from Pillow's readers, or, where Pillow cannot
read a file, those that went into it without loss. Run it in any folder; it writes into tests/image/data:

    golden.txt   a row for each frame: file, frame, frames, timed, height, width, channels, depth, CRC-32 of the samples
                 (little-endian, rows from the top, channels interleaved)

With the path of PngSuite as an argument it prints such rows for its files instead (tests/image/data/pngsuite.txt).
"""
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from PIL import Image

DATA = Path(__file__).resolve().parent.parent / "image" / "data"
rows = []


def noise(seed, n):
    """Bytes that no codec can guess, the same everywhere (a linear congruential generator's high bits)."""
    out, state = bytearray(), seed
    for _ in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 56)
    return bytes(out)


def smooth(w, h, c, scale=1):
    """A picture: two gradients and a stripe."""
    return bytes((((7 * x + 3 * y) * (k + 1) // scale) + (90 if (x // 4 + y // 3) % 2 else 0)) % 256
                 for y in range(h) for x in range(w) for k in range(c))


def picture(mode, w, h, data=None):
    return Image.frombytes(mode, (w, h), data or smooth(w, h, len(mode)))


def row(name, frame, frames, timed, size, c, depth, samples):
    w, h = size
    assert len(samples) == w * h * c * {"u8": 1, "u16": 2, "f32": 4}[depth], (name, len(samples))
    rows.append(f"{name} {frame} {frames} {int(timed)} {h} {w} {c} {depth} {zlib.crc32(samples):08x}")


def read(name, mode, timed=False, clear=False):
    """Rows for all frames of a file of 8 bits as Pillow reads it."""
    with Image.open(DATA / name) as image:
        frames = getattr(image, "n_frames", 1)
        for i in range(frames):
            image.seek(i)
            pixels = bytearray(image.convert(mode).tobytes())
            if clear:  # what is transparent has no colour
                for at in range(0, len(pixels), 4):
                    if pixels[at + 3] == 0:
                        pixels[at:at + 4] = bytes(4)
            row(name, i, frames, timed, image.size, {"L": 1, "RGB": 3, "RGBA": 4}[mode], "u8", bytes(pixels))


def webp():
    picture("RGB", 21, 13).save(DATA / "lossy.webp", quality=80)
    read("lossy.webp", "RGB")
    picture("RGB", 17, 19).save(DATA / "lossless.webp", lossless=True)
    read("lossless.webp", "RGB")
    picture("RGBA", 16, 9).save(DATA / "lossy_alpha.webp", quality=70)
    read("lossy_alpha.webp", "RGBA")
    picture("RGBA", 9, 16).save(DATA / "lossless_alpha.webp", lossless=True, exact=True)
    read("lossless_alpha.webp", "RGBA")
    frames = [picture("RGB", 24, 20)]
    for i in range(3):
        frames.append(frames[-1].copy())
        frames[-1].paste((200 - 50 * i, 20, 60 * i), (4 * i, 3, 4 * i + 6, 12))
    frames[0].save(DATA / "animation.webp", save_all=True, append_images=frames[1:], lossless=True, duration=40,
                   minimize_size=True, allow_mixed=False, kmin=100, kmax=200)
    read("animation.webp", "RGBA", timed=True)
    clear = [picture("RGBA", 12, 10, bytes(480)) for _ in range(3)]
    for i, image in enumerate(clear):
        image.paste((10, 100 * i, 30, 255), (3 * i, 2, 3 * i + 4, 8))
    clear[0].save(DATA / "animation_alpha.webp", save_all=True, append_images=clear[1:], lossless=True, duration=40)
    read("animation_alpha.webp", "RGBA", timed=True)


def gif():
    picture("RGB", 30, 22).quantize(64).save(DATA / "still.gif")
    read("still.gif", "RGB")
    picture("RGB", 13, 21).quantize(7).save(DATA / "interlaced.gif", interlace=1)
    read("interlaced.gif", "RGB")
    Image.frombytes("L", (90, 90), noise(1, 8100)).save(DATA / "noise.gif")  # fills the table of strings
    read("noise.gif", "RGB")
    Image.frombytes("P", (120, 100), bytes(12000)).save(DATA / "flat.gif")
    read("flat.gif", "RGB")
    image = picture("RGB", 20, 15).quantize(16)
    image.save(DATA / "transparent.gif", transparency=3)
    read("transparent.gif", "RGBA", clear=True)
    frames = [picture("RGB", 26, 18).quantize(32)]
    for i in range(4):
        frames.append(frames[-1].copy())
        frames[-1].paste(i, (5 * i, 2 * i, 5 * i + 7, 2 * i + 8))
    frames[0].save(DATA / "animation.gif", save_all=True, append_images=frames[1:], duration=50, loop=0, disposal=1)
    read("animation.gif", "RGB", timed=True)


def main():
    DATA.mkdir(exist_ok=True)
    for make in (webp, gif):
        make()
    (DATA / "golden.txt").write_text("".join(f"{line}\n" for line in rows))


main()
