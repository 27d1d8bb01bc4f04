#!/usr/bin/python3
"""Small image files for tests/image, and the pixels that an independent program reads from them.

Made on Debian 12 by Pillow 9.4 (python3-pil), heif-enc 1.15 (libheif-examples), avifenc 0.11
(libavif-bin), tiffcp 4.5 (libtiff-tools) and this script, which writes BMP,
TIFF and PFM byte by byte where Pillow has no writer. The pixels are from Pillow's readers, or, where Pillow cannot
read a file, those that went into it without loss. Run it in any folder; it writes into tests/image/data:

    golden.txt   a row for each frame: file, frame, frames, timed, height, width, channels, depth, CRC-32 of the samples
                 (little-endian, rows from the top, channels interleaved)

With the path of PngSuite as an argument it prints such rows for its sound files instead (they are kept as
pngsuite.txt), from a reader of PNG in this script that is checked against Pillow's.
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


def tiff_bytes(w, h, samples, bits, data, photometric=1, kind=1, extra=(), orientation=1, order="<", colour_map=(),
               strip=None):
    """One page, uncompressed, as TIFF 6.0 has it."""
    row_bytes = (w * samples * bits + 7) // 8
    strip = strip or h
    assert len(data) == row_bytes * h
    parts = [data[i * row_bytes:(i + strip) * row_bytes] for i in range(0, h, strip)]
    fields = {256: (4, [w]), 257: (4, [h]), 258: (3, [bits] * samples), 259: (3, [1]), 262: (3, [photometric]),
              273: (4, parts), 274: (3, [orientation]), 277: (3, [samples]), 278: (4, [strip]),
              279: (4, [len(p) for p in parts]), 339: (3, [kind] * samples)}
    if extra:
        fields[338] = (3, list(extra))
    if colour_map:
        fields[320] = (3, list(colour_map))
    out = bytearray(struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 0))
    at = []
    for p in parts:
        at.append(len(out))
        out += p + bytes(-len(p) % 2)
    fields[273] = (4, at)
    entries = bytearray()
    for tag, (code, values) in sorted(fields.items()):
        packed = struct.pack(order + {3: "H", 4: "I"}[code] * len(values), *values)
        if len(packed) > 4:
            place = struct.pack(order + "I", len(out))
            out += packed + bytes(-len(packed) % 2)
            packed = place
        entries += struct.pack(order + "HHI", tag, code, len(values)) + packed.ljust(4, b"\0")
    out[4:8] = struct.pack(order + "I", len(out))
    return bytes(out + struct.pack(order + "H", len(fields)) + entries + bytes(4))


def tiffcp(source, name, *options):
    subprocess.run(["tiffcp", *options, source, DATA / name], check=True)


def tiff():
    w, h = 19, 14
    grey, colour, cover = smooth(w, h, 1), smooth(w, h, 3), smooth(w, h, 4)
    wide = noise(5, w * h * 6)
    values = struct.unpack(f"<{w * h * 3}H", wide)

    def put(name, data, c, depth, samples, size=(w, h)):
        (DATA / name).write_bytes(data)
        row(name, 0, 1, False, size, c, depth, samples)

    put("grey.tif", tiff_bytes(w, h, 1, 8, grey, strip=4), 1, "u8", grey)
    put("grey_white0.tif", tiff_bytes(w, h, 1, 8, bytes(255 - v for v in grey), photometric=0), 1, "u8", grey)
    put("grey_signed.tif", tiff_bytes(w, h, 1, 8, bytes(v ^ 128 for v in grey), kind=2), 1, "u8", grey)
    for bits in (1, 2, 4):
        full = 2**bits - 1
        small = [v * full // 255 for v in grey]
        lines = []
        for y in range(h):
            line = "".join(f"{v:0{bits}b}" for v in small[y * w:(y + 1) * w])
            lines.append(int(line.ljust(-(-len(line) // 8) * 8, "0"), 2).to_bytes(-(-len(line) // 8), "big"))
        put(f"grey{bits}.tif", tiff_bytes(w, h, 1, bits, b"".join(lines), strip=5), 1, "u8",
            bytes(v * 255 // full for v in small))
    put("rgb.tif", tiff_bytes(w, h, 3, 8, colour, photometric=2, order=">"), 3, "u8", colour)
    put("rgba.tif", tiff_bytes(w, h, 4, 8, cover, photometric=2, extra=(2,)), 4, "u8", cover)
    put("rgbx.tif", tiff_bytes(w, h, 4, 8, cover, photometric=2, extra=(0,)), 3, "u8",
        b"".join(cover[i:i + 3] for i in range(0, len(cover), 4)))
    put("grey_alpha.tif", tiff_bytes(w, h, 2, 8, smooth(w, h, 2), extra=(2,)), 4, "u8",
        b"".join(bytes([v, v, v, a]) for v, a in zip(*[iter(smooth(w, h, 2))] * 2)))
    put("grey16.tif", tiff_bytes(w, h, 1, 16, wide[:w * h * 2]), 1, "u16", wide[:w * h * 2])
    put("rgb16.tif", tiff_bytes(w, h, 3, 16, struct.pack(f">{len(values)}H", *values), photometric=2, order=">"), 3,
        "u16", wide)
    put("grey16_signed.tif", tiff_bytes(w, h, 1, 16, wide[:w * h * 2], kind=2), 1, "u16",
        struct.pack(f"<{w * h}H", *(v ^ 0x8000 for v in values[:w * h])))
    floats = struct.pack(f"<{w * h * 3}f", *(v / 65535 for v in values))
    put("rgb_float.tif", tiff_bytes(w, h, 3, 32, floats, photometric=2, kind=3), 3, "f32", floats)
    numbers = [v << 16 | 0xABC for v in values[:w * h]]
    put("grey32.tif", tiff_bytes(w, h, 1, 32, struct.pack(f"<{w * h}I", *numbers)), 1, "f32",
        struct.pack(f"<{w * h}f", *(v / 0xFFFFFFFF for v in numbers)))
    table = [(257 * v) for v in noise(9, 768)]
    put("palette.tif", tiff_bytes(w, h, 1, 8, grey, photometric=3, colour_map=table), 3, "u8",
        bytes(table[v + 256 * k] >> 8 for v in grey for k in range(3)))
    put("cmyk.tif", tiff_bytes(w, h, 4, 8, cover, photometric=5), 3, "u8",
        bytes(((255 - cover[4 * i + k]) * (255 - cover[4 * i + 3]) + 127) // 255 for i in range(w * h) for k in range(3)))

    for turn, transpose in ((3, Image.Transpose.ROTATE_180), (5, Image.Transpose.TRANSPOSE),
                            (6, Image.Transpose.ROTATE_90)):
        stored = Image.frombytes("RGB", (w, h), colour).transpose(transpose)
        put(f"turned{turn}.tif", tiff_bytes(*stored.size, 3, 8, stored.tobytes(), photometric=2, orientation=turn), 3,
            "u8", colour)

    w, h = 45, 37
    colour = smooth(w, h, 3)
    with tempfile.NamedTemporaryFile(suffix=".tif") as source:
        source.write(tiff_bytes(w, h, 3, 8, colour, photometric=2))
        source.flush()
        for name, options in {"tiles": ["-t", "-w", "16", "-l", "16", "-c", "none"],
                              "tiles_deflate": ["-t", "-w", "32", "-l", "16", "-c", "zip:2"],
                              "planes": ["-p", "separate", "-r", "8"], "planes_lzw": ["-p", "separate", "-c", "lzw"],
                              "lzw": ["-c", "lzw:2", "-r", "9"], "packbits": ["-c", "packbits"],
                              "big": ["-8", "-r", "10"], "big_endian": ["-B", "-8", "-c", "zip", "-r", "200"],
                              "zstd": ["-c", "zstd"]}.items():
            tiffcp(source.name, f"{name}.tif", *options)
            row(f"{name}.tif", 0, 1, False, (w, h), 3, "u8", colour)
        for name, options in {"jpeg": ["-c", "jpeg:80", "-r", "16"], "jpeg_rgb": ["-c", "jpeg:r:90"],
                              "jpeg_tiles": ["-t", "-w", "16", "-l", "16", "-c", "jpeg:r:90"]}.items():
            tiffcp(source.name, f"{name}.tif", *options)
            read(f"{name}.tif", "RGB")
    Image.frombytes("L", (w, h), smooth(w, h, 1)).convert("1").save(DATA / "fax4.tif", compression="group4")
    read("fax4.tif", "L")
    pages = [picture("RGB", 20, 10), picture("L", 9, 30), picture("1", 17, 5, bytes(range(15)))]
    pages[0].save(DATA / "pages.tif", save_all=True, append_images=pages[1:], compression="tiff_deflate")
    for i, page in enumerate(pages):
        c = len(page.getbands())
        row("pages.tif", i, 3, False, page.size, c, "u8", page.convert("L" if c == 1 else "RGB").tobytes())


def bmp_bytes(w, h, bits, rows, header=40, compression=0, palette=(), masks=(), used=0, packed=None):
    """`rows` from the top, each without its padding; stored from the bottom, or from the top where h is negative."""
    tall = abs(h)
    if packed is None:
        lines = [r + bytes(-len(r) % 4) for r in rows]
        packed = b"".join(lines if h < 0 else reversed(lines))
    if header == 12:
        head = struct.pack("<IHHHH", 12, w, tall, 1, bits)
        table = b"".join(bytes([b, g, r]) for r, g, b in palette)
    elif header == 16:
        head = struct.pack("<IIIHH", 16, w, tall, 1, bits)
        table = b"".join(bytes([b, g, r, 0]) for r, g, b in palette)
    else:
        head = struct.pack("<IiiHHIIiiII", header, w, h, 1, bits, compression, len(packed), 2835, 2835, used, 0)
        inside = {52: 3, 56: 4, 108: 4, 124: 4}.get(header, 0)
        head += struct.pack(f"<{len(masks)}I", *masks) if inside else b""
        head += bytes(header - len(head))
        table = b"" if inside else struct.pack(f"<{len(masks)}I", *masks)
        table += b"".join(bytes([b, g, r, 0]) for r, g, b in palette)
    at = 14 + len(head) + len(table)
    return struct.pack("<2sIHHI", b"BM", at + len(packed), 0, 0, at) + head + table + packed


def bmp():
    w, h = 21, 11
    grey, colour, cover = smooth(w, h, 1), smooth(w, h, 3), smooth(w, h, 4)
    table = list(zip(*[iter(noise(3, 768))] * 3))

    def put(name, c, pixels, data):
        (DATA / name).write_bytes(data)
        row(name, 0, 1, False, (w, h), c, "u8", bytes(pixels))

    def lines(values, bits):
        out = []
        for y in range(h):
            line = "".join(f"{v:0{bits}b}" for v in values[y * w:(y + 1) * w])
            out.append(int(line.ljust(-(-len(line) // 8) * 8, "0"), 2).to_bytes(-(-len(line) // 8), "big"))
        return out

    for bits, header in ((1, 40), (2, 40), (4, 12), (8, 16), (8, 12), (8, 40), (8, 64), (8, 124)):
        values = [v % 2**bits for v in grey]
        colours = table[:2**bits]
        put(f"palette{bits}_{header}.bmp", 3, (x for v in values for x in colours[v]),
            bmp_bytes(w, h, bits, lines(values, bits), header, palette=colours))
    put("short_palette.bmp", 3, (x for v in grey for x in (table[v] if v < 100 else (0, 0, 0))),
        bmp_bytes(w, h, 8, lines(list(grey), 8), palette=table[:100], used=100))
    put("grey.bmp", 1, grey, bmp_bytes(w, h, 8, lines(list(grey), 8), palette=[(v, v, v) for v in range(256)]))
    put("top_down.bmp", 1, grey, bmp_bytes(w, -h, 8, lines(list(grey), 8), palette=[(v, v, v) for v in range(256)]))
    rgb = [bytes(x for i in range(w) for x in colour[(y * w + i) * 3:][:3][::-1]) for y in range(h)]
    for header in (12, 40, 108):
        put(f"rgb24_{header}.bmp", 3, colour, bmp_bytes(w, h, 24, rgb, header))
    rgba = [bytes(x for i in range(w) for x in (lambda p: (p[2], p[1], p[0], p[3]))(cover[(y * w + i) * 4:][:4]))
            for y in range(h)]
    put("rgb32.bmp", 3, (v for i, v in enumerate(cover) if i % 4 != 3), bmp_bytes(w, h, 32, rgba))
    put("fields32.bmp", 3, (v for i, v in enumerate(cover) if i % 4 != 3),
        bmp_bytes(w, h, 32, rgba, compression=3, masks=(0xFF0000, 0xFF00, 0xFF)))
    for header in (56, 108, 124):
        put(f"alpha_{header}.bmp", 4, cover,
            bmp_bytes(w, h, 32, rgba, header, 3, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)))
    put("alpha_40.bmp", 4, cover, bmp_bytes(w, h, 32, rgba, 40, 6, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)))
    for name, widths, compression, header in (("rgb555", (5, 5, 5), 0, 40), ("rgb565", (5, 6, 5), 3, 40),
                                              ("rgb565_52", (5, 6, 5), 3, 52), ("rgb8_10_3", (3, 10, 3), 3, 40)):
        shifts = (widths[1] + widths[2], widths[2], 0)
        full = [2**n - 1 for n in widths]
        values = [[colour[3 * i + k] * full[k] // 255 for k in range(3)] for i in range(w * h)]
        packed = [struct.pack(f"<{w}H", *(sum(v[k] << shifts[k] for k in range(3)) for v in values[y * w:][:w]))
                  for y in range(h)]
        masks = [full[k] << shifts[k] for k in range(3)] if compression else ()
        put(f"{name}.bmp", 3, ((v[k] * 255 + full[k] // 2) // full[k] for v in values for k in range(3)),
            bmp_bytes(w, h, 16, packed, header, compression, masks=masks))

    runs = [[(y * 3 + x // (y + 1)) % 256 for x in range(w)] for y in range(h)]
    packed = bytearray()
    for y in reversed(range(h)):
        if y % 3 == 2:  # literal, with its padding
            packed += bytes([0, w] + runs[y]) + bytes(w % 2)
        else:
            x = 0
            while x < w:
                n = 1
                while x + n < w and runs[y][x + n] == runs[y][x]:
                    n += 1
                packed += bytes([n, runs[y][x]])
                x += n
        packed += bytes(2)
    packed += b"\0\1"
    put("rle8.bmp", 3, (v for line in runs for x in line for v in table[x]),
        bmp_bytes(w, h, 8, (), 40, 1, palette=table, packed=bytes(packed)))
    # A step of 5 to the right and 2 up from where the second row's run ends; what is left out has colour 0.
    stepped = bytes([w, 0x12, 0, 0, 4, 0x3A, 0, 2, 5, 2, 0, 5, 0x45, 0x67, 0x80, 0, 0, 1])
    pixels = [[0] * w for _ in range(h)]
    pixels[h - 1] = [1 + x % 2 for x in range(w)]
    pixels[h - 2][:4] = [3, 10, 3, 10]
    pixels[h - 4][9:14] = [4, 5, 6, 7, 8]
    put("rle4.bmp", 3, (v for line in pixels for x in line for v in table[x]),
        bmp_bytes(w, h, 4, (), 40, 2, palette=table[:16], packed=stepped))
    picture("RGB", w, h).save(DATA / "pillow.bmp")
    read("pillow.bmp", "RGB")


def pnm():
    w, h = 7, 5
    cover = smooth(w, h, 4)
    wide = noise(11, w * h * 8)
    values = struct.unpack(f">{w * h * 4}H", wide)

    def put(name, c, depth, head, data, samples):
        (DATA / name).write_bytes(head.encode() + data)
        row(name, 0, 1, False, (w, h), c, depth, samples)

    head = f"P7\nWIDTH {w}\nHEIGHT {h}\n"
    put("rgba.pam", 4, "u8", head + "DEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n", cover, cover)
    put("grey_alpha.pam", 4, "u8", head + "# two samples\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n",
        cover[:w * h * 2], b"".join(bytes([v, v, v, a]) for v, a in zip(*[iter(cover[:w * h * 2])] * 2)))
    put("bits.pam", 1, "u8", head + "DEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n",
        bytes(v & 1 for v in cover[:w * h]), bytes(255 * (v & 1) for v in cover[:w * h]))
    put("rgba16.pam", 4, "u16", head + "DEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n", wide,
        struct.pack(f"<{w * h * 4}H", *values))
    small = [v % 1024 for v in values[:w * h]]
    put("grey10.pam", 1, "u16", head + "DEPTH 1\nMAXVAL 1023\nENDHDR\n", struct.pack(f">{w * h}H", *small),
        struct.pack(f"<{w * h}H", *((v * 65535 + 511) // 1023 for v in small)))
    floats = [v / 65535 for v in values[:w * h * 3]]
    upside = [floats[y * w * 3:(y + 1) * w * 3] for y in reversed(range(h))]
    flat = [v for line in upside for v in line]
    samples = struct.pack(f"<{len(floats)}f", *floats)
    put("little.pfm", 3, "f32", f"PF\n{w} {h}\n-1.0\n", struct.pack(f"<{len(flat)}f", *flat), samples)
    put("big.pfm", 3, "f32", f"PF\n{w} {h}\n1\n", struct.pack(f">{len(flat)}f", *flat), samples)
    flat = [v for y in reversed(range(h)) for v in floats[y * w:(y + 1) * w]]
    put("grey.pfm", 1, "f32", f"Pf\n{w} {h}\n-0.5\n", struct.pack(f"<{len(flat)}f", *flat), samples[:w * h * 4])


def boxes(data, at, end):
    while at < end:
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind.decode(), at, at + size
        at += size


def with_property(data, prop):
    """A HEIF file as heif-enc writes it, whose primary image has one more property, the last to be applied: sizes of
    boxes grow, and all offsets into the file."""
    top = {kind: (a, b) for kind, a, b in boxes(data, 0, len(data))}
    inside = {kind: (a, b) for kind, a, b in boxes(data, top["meta"][0] + 12, top["meta"][1])}
    iprp = {kind: (a, b) for kind, a, b in boxes(data, inside["iprp"][0] + 8, inside["iprp"][1])}
    n = len(list(boxes(data, iprp["ipco"][0] + 8, iprp["ipco"][1])))
    primary = struct.unpack(">H", data[inside["pitm"][0] + 12:][:2])[0]
    out = bytearray(data)

    def add(at, size):
        out[at:at + 4] = struct.pack(">I", struct.unpack(">I", out[at:at + 4])[0] + size)

    for box, size in ((top["meta"], len(prop) + 1), (inside["iprp"], len(prop) + 1), (iprp["ipco"], len(prop)),
                      (iprp["ipma"], 1)):
        add(box[0], size)
    at = inside["iloc"][0] + 8
    version, sizes, count = data[at], *struct.unpack(">HH", data[at + 4:at + 8])
    assert version < 2 and sizes in (0x4440, 0x4400), (version, hex(sizes))
    at += 8
    for _ in range(count):
        method = struct.unpack(">H", data[at + 2:at + 4])[0] if version else 0
        at += 6 if version else 4  # id, method, data reference
        base = at
        at += sizes >> 4 & 15
        extents = struct.unpack(">H", data[at:at + 2])[0]
        at += 2
        if method == 0:
            add(base if sizes & 0x40 else at, len(prop) + 1)
        assert extents == 1
        at += 8
    at = iprp["ipma"][0] + 16
    while struct.unpack(">H", data[at:at + 2])[0] != primary:
        at += 3 + data[at + 2]
    out[at + 2] += 1
    out.insert(at + 3 + data[at + 2], 0x80 | (n + 1))
    out[iprp["ipco"][1]:iprp["ipco"][1]] = prop
    return bytes(out)


def heif():
    lossless = ["-L", "-p", "chroma=444", "--matrix_coefficients=0"]
    w, h = 40, 24
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{i}.png" for i in range(3)]
        wide = [v * 257 for v in smooth(w, h, 1, 8) for _ in range(3)]  # greys: exact in YCbCr, too
        lines = b"".join(b"\0" + struct.pack(f">{w * 3}H", *wide[y * w * 3:(y + 1) * w * 3]) for y in range(h))
        Path(names[2]).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in (
                (b"IHDR", struct.pack(">IIBBBBB", w, h, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))))
        for suffix, flag in (("heic", []), ("avif", ["-A"])):
            # heif-enc goes through YCbCr, where greys alone are exact.
            pictures = [picture("RGB", w, h, smooth(w, h, 3, 8)), picture("RGBA", h, w, smooth(h, w, 4, 8))]
            pictures = [p.convert("LA").convert(p.mode) for p in pictures]
            pictures[0].save(names[0])
            pictures[1].save(names[1])
            def make(name, *sources, how=lossless):
                subprocess.run(["heif-enc", *how, *flag, *sources, "-o", DATA / f"{name}.{suffix}"], check=True,
                               stdout=subprocess.DEVNULL)
                return f"{name}.{suffix}"
            row(make("still", names[0]), 0, 1, False, (w, h), 3, "u8", pictures[0].tobytes())
            row(make("alpha", names[1]), 0, 1, False, (h, w), 4, "u8", pictures[1].tobytes())
            name = make("two", names[1], names[0])
            row(name, 0, 2, False, (h, w), 4, "u8", pictures[1].tobytes())
            row(name, 1, 2, False, (w, h), 3, "u8", pictures[0].tobytes())
            deep = [(v >> 6) for v in wide]
            if flag:  # heif-enc cannot
                subprocess.run(["avifenc", "-l", "-d", "10", "-y", "444", names[2], DATA / "deep.avif"], check=True,
                               stdout=subprocess.DEVNULL)
                deep = [(v * 1023 + 32767) // 65535 for v in wide]
            else:
                make("deep", names[2], how=["-L", "-b", "10"])
            row(f"deep.{suffix}", 0, 1, False, (w, h), 3, "u16",
                struct.pack(f"<{w * h * 3}H", *((v * 65535 + 511) // 1023 for v in deep)))
            still = (DATA / f"still.{suffix}").read_bytes()
            # A quarter counter-clockwise, and mirrored about its upright axis.
            for name, prop, turn in (("turned", b"\0\0\0\x09irot\1", Image.Transpose.ROTATE_90),
                                     ("mirrored", b"\0\0\0\x09imir\1", Image.Transpose.FLIP_LEFT_RIGHT)):
                (DATA / f"{name}.{suffix}").write_bytes(with_property(still, prop))
                upright = pictures[0].transpose(turn)
                row(f"{name}.{suffix}", 0, 1, False, upright.size, 3, "u8", upright.tobytes())


    coloured = picture("RGBA", 33, 21, smooth(33, 21, 4, 4))
    with tempfile.NamedTemporaryFile(suffix=".png") as source:
        coloured.save(source.name)
        subprocess.run(["avifenc", "-l", source.name, DATA / "colour.avif"], check=True, stdout=subprocess.DEVNULL)
    row("colour.avif", 0, 1, False, coloured.size, 4, "u8", coloured.tobytes())


def unfiltered(data, rows, row_bytes, pixel_bytes):
    """Scan lines of one pass without their filters (PNG specification, 9), and what is left of the data."""
    out, before = [], bytearray(row_bytes)
    for _ in range(rows):
        kind, line = data[0], bytearray(data[1:1 + row_bytes])
        data = data[1 + row_bytes:]
        for i in range(row_bytes):
            left = line[i - pixel_bytes] if i >= pixel_bytes else 0
            up, corner = before[i], before[i - pixel_bytes] if i >= pixel_bytes else 0
            if kind == 1:
                line[i] = (line[i] + left) & 255
            elif kind == 2:
                line[i] = (line[i] + up) & 255
            elif kind == 3:
                line[i] = (line[i] + (left + up) // 2) & 255
            elif kind == 4:
                guess = left + up - corner
                line[i] = (line[i] + min((left, up, corner), key=lambda v: abs(guess - v))) & 255
        out.append(line)
        before = line
    return out, data


def png_pixels(data):
    """Size, channels, depth and samples of a PNG, by the specification alone."""
    at, packed, palette, clear = 8, b"", None, None
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        at += 12 + n
        if kind == b"IHDR":
            w, h, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
        palette = body if kind == b"PLTE" else palette
        clear = body if kind == b"tRNS" else clear
        packed += body if kind == b"IDAT" else b""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    data = zlib.decompress(packed)
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    pixels = {}
    for x0, y0, dx, dy in passes:
        across, down = len(range(x0, w, dx)), len(range(y0, h, dy))
        if across == 0 or down == 0:
            continue
        lines, data = unfiltered(data, down, (across * samples * bits + 7) // 8, max(1, samples * bits // 8))
        for j, line in enumerate(lines):
            number = int.from_bytes(line, "big")
            total = len(line) * 8
            values = [number >> (total - (k + 1) * bits) & (2**bits - 1) for k in range(across * samples)]
            for i in range(across):
                pixels[x0 + i * dx, y0 + j * dy] = values[i * samples:(i + 1) * samples]
    full, out = 65535 if bits == 16 else 255, []
    keys = struct.unpack(f">{len(clear) // 2}H", clear) if clear and colour in (0, 2) else None
    for y in range(h):
        for x in range(w):
            v = pixels[x, y]
            if colour == 3:
                p = list(palette[3 * v[0]:3 * v[0] + 3])
                p += [clear[v[0]] if v[0] < len(clear) else 255] if clear is not None else []
            else:
                p = [s * full // (2**bits - 1) for s in v]
                if keys is not None:
                    p = (p if len(p) == 3 else p * 3) + [0 if tuple(v) == keys else full]
                p = p[:1] * 3 + p[1:] if len(p) == 2 else p
            out += p
    c = len(out) // (w * h)
    return (w, h), c, "u16" if bits == 16 else "u8", struct.pack(f"<{len(out)}{'H' if bits == 16 else 'B'}", *out)


def pngsuite(folder):
    """Rows of the sound files of PngSuite, by the reader above, which must agree with Pillow's wherever that keeps all
    bits."""
    for path in sorted(folder.glob("*/*.png")):
        if path.parent.name in ("corrupt", "iphone"):
            continue
        size, c, depth, samples = png_pixels(path.read_bytes())
        if depth == "u8" and path.name != "tbbn0g04.png":  # whose key colour of 4 bits Pillow takes for one of 8
            with Image.open(path) as image:
                assert image.convert({1: "L", 3: "RGB", 4: "RGBA"}[c]).tobytes() == samples, path
        row(path.relative_to(folder), 0, 1, False, size, c, depth, samples)
    print("\n".join(rows))


def main():
    if len(sys.argv) > 1:
        pngsuite(Path(sys.argv[1]))
        return
    DATA.mkdir(exist_ok=True)
    for make in (webp, gif, tiff, bmp, pnm, heif):
        make()
    (DATA / "golden.txt").write_text("".join(f"{line}\n" for line in rows))


main()
