"""Reading a journal's requirements from a PDF that matplotlib wrote: size, fonts, sizes of type, images."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from backprop86.report.style import HIGHEST, ONE_COLUMN, TWO_COLUMNS

POINTS = 25.4 / 72
SMALLEST = 5
"""The least size of type in print, in points."""
OBJECT = re.compile(rb"\d+ 0 obj\s(.*?)\sendobj", re.DOTALL)
STREAM = re.compile(rb"(<<.*?>>)\s*stream\r?\n(.*)\sendstream", re.DOTALL)


@dataclass
class Page:
    """The page of a figure: millimetres, the kinds of its fonts and of their files, points, the number of images."""

    width: float
    height: float
    fonts: list[str]
    files: int
    sizes: list[float]
    images: int


def page(path: Path) -> Page:
    """Read the only page of a figure."""
    dictionaries, drawn = [], b""
    for found in OBJECT.findall(path.read_bytes()):
        stream = STREAM.match(found)
        dictionaries.append(stream[1] if stream else found)
        if stream and b"/Type" not in stream[1] and b"/FlateDecode" in stream[1]:
            drawn += zlib.decompress(stream[2])
    about = b"\n".join(dictionaries)
    fonts = [one for one in dictionaries if re.search(rb"/Type /Font\s", one)]
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", about)
    return Page(
        *(float(side) * POINTS for side in box),
        fonts=[str(kind, "ascii") for kind in re.findall(rb"/Subtype /(\w+)", b"\n".join(fonts))],
        files=len(re.findall(rb"/FontFile2 \d+ 0 R", about)),
        sizes=sorted({float(size) for size in re.findall(rb"/F\S+ ([\d.]+) Tf", drawn)}),
        images=len(re.findall(rb"/Subtype /Image", about)),
    )


def faults(path: Path, may_have_images: bool = False) -> list[str]:
    """Return the reasons for which a journal would send a figure back."""
    found = page(path)
    wrong = []
    if min(abs(found.width - width) for width in (ONE_COLUMN, TWO_COLUMNS)) > 1:
        wrong.append(f"{found.width:.0f} mm wide")
    if round(found.height, 1) > HIGHEST:
        wrong.append(f"{found.height:.0f} mm high")
    if not set(found.fonts) <= {"Type0", "CIDFontType2", "TrueType"}:
        wrong.append(f"fonts are {', '.join(sorted(set(found.fonts)))}")
    if found.files < len(found.fonts) - found.fonts.count("Type0"):
        wrong.append("a font is not embedded")
    if found.sizes and found.sizes[0] < SMALLEST:
        wrong.append(f"type of {found.sizes[0]:g} points")
    if found.images and not may_have_images:
        wrong.append("a bitmap")
    return wrong
