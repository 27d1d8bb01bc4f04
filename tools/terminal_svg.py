#!/usr/bin/env python3
"""Draws a terminal's transcript as an SVG that is sharp at any size, in light and in dark.

    tools/terminal_svg.py [--title TEXT] [--columns N] TRANSCRIPT OUT.svg

The transcript is plain text: lines that begin with "$ " are commands, all others output. Colours written as
ANSI escapes (bold, dim, the eight basic ones) are kept; other escapes are dropped. A carriage return starts its line
anew, as on a terminal. Lines longer than N columns (100) go on below. The picture follows the reader's colour
scheme by itself. No dependencies.
"""
import argparse
import re
import sys
import unicodedata
from xml.sax.saxutils import escape

SIZE, ADVANCE, LEADING = 14, 8.4, 20  # px: of the type, of one column, from line to line
MARGIN, BAR = 20, 36
COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
SGR = re.compile(r"\x1b\[([0-9;]*)m")
OTHER_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-ln-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

STYLE = """
  .paper { fill: #ffffff; stroke: #d0d7de } .text { fill: #24292f } .title, .dim { fill: #656d76 }
  .prompt, .green { fill: #116329 } .bold, .command { font-weight: 600 }
  .red { fill: #a40e26 } .yellow { fill: #7d4e00 } .blue { fill: #0550ae } .magenta { fill: #6e3aad }
  .cyan { fill: #0a6a70 } .black { fill: #24292f } .white { fill: #656d76 } .dot { fill: #d0d7de }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; stroke: #30363d } .text { fill: #e6edf3 } .title, .dim { fill: #8b949e }
    .prompt, .green { fill: #56d364 } .red { fill: #ff7b72 } .yellow { fill: #e3b341 } .blue { fill: #79c0ff }
    .magenta { fill: #d2a8ff } .cyan { fill: #56d4dd } .black { fill: #8b949e } .white { fill: #e6edf3 }
    .dot { fill: #30363d }
  }
"""


def columns(text):
    """How many columns the text takes: wide characters two, combining ones none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def restyled(classes, codes):
    """The set of classes after an SGR escape."""
    classes = set(classes)
    for code in [int(number or 0) for number in codes.split(";")]:
        if code == 0:
            classes = set()
        elif code in (1, 2):
            classes.add({1: "bold", 2: "dim"}[code])
        elif code == 22:
            classes -= {"bold", "dim"}
        elif 30 <= code <= 37 or 90 <= code <= 97:
            classes = classes - set(COLOURS) | {COLOURS[code % 10]}
        elif code == 39:
            classes -= set(COLOURS)
    return frozenset(classes)


def runs_of(line, classes):
    """A line as [(classes, text)], and the classes that go on after it."""
    line = line.rstrip("\r").rpartition("\r")[2].expandtabs(8)
    line = OTHER_ESCAPES.sub("", line)
    if line.startswith("$ "):
        return [(frozenset({"prompt"}), "$ "), (frozenset({"command"}), SGR.sub("", line[2:]))], classes
    runs = []
    for number, part in enumerate(SGR.split(line)):
        if number % 2:
            classes = restyled(classes, part)
        elif part:
            runs.append((classes, re.sub(r"[\0-\x1f\x7f]", "", part)))
    return runs, classes


def wrapped(runs, width):
    """The runs of one line, cut into rows of at most `width` columns."""
    rows, used = [[]], 0
    for classes, text in runs:
        piece = ""
        for character in text:
            wide = columns(character)
            if used + wide > width:
                rows[-1].append((classes, piece))
                rows.append([])
                piece, used = "", 0
            piece, used = piece + character, used + wide
        rows[-1].append((classes, piece))
    return rows


def rows_of(transcript, width):
    rows, classes = [], frozenset()
    for line in transcript.rstrip("\n").split("\n"):
        runs, classes = runs_of(line, classes)
        rows += wrapped(runs, width)
    return rows


def draw_row(row, y):
    """One row as text elements, each word group where its columns are, whatever font the reader has. Two blanks or
    more divide groups, since XML's readers do not agree on how many blanks a text keeps."""
    at, drawn = 0, []
    for classes, text in row:
        names = " ".join(sorted(classes | ({"text"} if not classes & {"prompt", "dim", *COLOURS} else set())))
        for group in re.finditer(r"\S+(?: \S+)*", text):
            x = MARGIN + (at + columns(text[:group.start()])) * ADVANCE
            drawn.append(f'  <text class="{names}" x="{x:.1f}" y="{y}" '
                         f'textLength="{columns(group.group()) * ADVANCE:.1f}">{escape(group.group())}</text>')
        at += columns(text)
    return drawn


def render(transcript, title="", width=100):
    """The transcript as the text of an SVG file."""
    rows = rows_of(transcript, width)
    longest = max([columns("".join(text for _, text in row)) for row in rows] + [40, columns(title) + 12])
    w, top = longest * ADVANCE + 2 * MARGIN, BAR + MARGIN
    h = top + len(rows) * LEADING + MARGIN // 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:.0f}" height="{h}" viewBox="0 0 {w:.0f} {h}" role="img" '
        f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', '
        f'monospace" font-size="{SIZE}">',
        f"  <title>{escape(title or 'A terminal session')}</title>",
        f"  <style>{STYLE}  </style>",
        f'  <rect class="paper" x="0.5" y="0.5" width="{w - 1:.0f}" height="{h - 1}" rx="8"/>',
    ]
    lines += [f'  <circle class="dot" cx="{MARGIN + 18 * i}" cy="{BAR // 2}" r="5"/>' for i in range(3)]
    if title:
        lines.append(f'  <text class="title" x="{w / 2:.1f}" y="{BAR // 2 + 5}" text-anchor="middle">{escape(title)}</text>')
    for number, row in enumerate(rows):
        lines += draw_row(row, top + number * LEADING)
    return "\n".join(lines + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcript", help="text file, or - for stdin")
    parser.add_argument("out")
    parser.add_argument("--title", default="", help="in the window's bar, and for those who cannot see the picture")
    parser.add_argument("--columns", type=int, default=100)
    options = parser.parse_args()
    if options.columns < 10:
        parser.error("--columns: at least 10")
    if options.transcript == "-":
        transcript = sys.stdin.read()
    else:
        with open(options.transcript, encoding="utf-8") as file:
            transcript = file.read()
    with open(options.out, "w", encoding="utf-8") as file:
        file.write(render(transcript, options.title, options.columns))


if __name__ == "__main__":
    main()
