"""One training step on a real network, every number shown.

python experiments/explain.py                                 XOR, seed 0, case 1
python experiments/explain.py epsilon=2 hidden=3 seed=1       the same with other settings
python experiments/explain.py reading=two_hidden              another reading: see conf/experiment/xor.yaml
python experiments/explain.py experiment=symmetry case=9      another experiment, another case
python experiments/explain.py --markdown > step.md
"""

import argparse
import re
import sys
import textwrap

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backprop86.asked import FIELDS, NAMES, parts_of
from backprop86.blame import Block
from backprop86.cli import one_clear_line
from backprop86.explain import Part, written

WIDEST = 80
GAPS = (2, 1)
"""How far columns are apart; the second where they do not fit otherwise."""
SHORT = 12
"""What is no longer than this stays on one line."""


def told(parts: list[Part], console: Console) -> None:
    """Print the parts; no line is wider than the window, or than WIDEST."""
    width = min(console.width, WIDEST)
    for part in parts:
        console.print(Text(textwrap.fill(part.title, width), style="bold"), "", sep="\n")
        for block in part.blocks:
            for piece in pieces(block, width):
                with console.capture() as shown:
                    console.print(piece, "", sep="\n", width=width)
                console.out(re.sub(r" +$", "", shown.get(), flags=re.MULTILINE), end="")  # rich fills up tables


def pieces(block: Block, width: int) -> list[Text | Table]:
    """What a block becomes: a text, or as many tables as there is room for."""
    if isinstance(block, str):
        return [Text(textwrap.fill(block, width, break_on_hyphens=False))]
    if isinstance(block, list):
        return [Text("\n".join(folded(line, width) for line in block))]
    gap, groups = min(((gap, fitting(block, width, gap)) for gap in GAPS), key=lambda found: len(found[1]))
    return [table(block[columns], gap) for columns in groups]


def folded(line: str, width: int) -> str:
    """The line, or several of which the others begin further in."""
    further = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(line, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)


def fitting(frame: pd.DataFrame, width: int, gap: int) -> list[list[str]]:
    """The columns of as many tables as are needed for none to be too wide; each of them begins with the first."""
    need = {name: longest(frame, name) for name in frame}
    first, *others = need
    groups = [[first]]
    for name in others:
        if sum(gap + need[one] for one in groups[-1]) + need[name] > width and len(groups[-1]) > 1:
            groups.append([first])
        groups[-1].append(name)
    return groups


def longest(frame: pd.DataFrame, name: str) -> int:
    """How wide a column has to be at least, for no word in it to be broken, nor a cell that is SHORT."""
    cells = [name, *frame[name]]
    widest = max(map(len, cells))
    return widest if widest <= SHORT else max(len(word) for cell in cells for word in cell.split())


def table(frame: pd.DataFrame, gap: int) -> Table:
    """The rows, numbers below each other."""
    made = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False)
    for name in frame:
        is_number = not frame[name].str.contains(r"[^-.\de% ]").any()
        style = {"justify": "right", "no_wrap": True} if is_number else {}
        made.add_column(Text(name), min_width=longest(frame, name), **style)
    for row in frame.itertuples(index=False):
        made.add_row(*map(Text, row))
    return made


def main() -> None:
    """Tell it, or write it."""
    sys.stdout.reconfigure(encoding="utf-8")  # a pipe on Windows has no ∂
    torch.set_num_threads(1)  # one net is too little to share out
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="*", metavar="name=value", help=", ".join(NAMES + FIELDS))
    parser.add_argument("--markdown", action="store_true", help="print Markdown and nothing else")
    chosen, unknown = parser.parse_known_args()
    parts = parts_of(*chosen.settings, *unknown)
    if chosen.markdown:
        print(written(parts), end="")
    else:
        told(parts, Console(highlight=False))


if __name__ == "__main__":
    with one_clear_line():
        main()
