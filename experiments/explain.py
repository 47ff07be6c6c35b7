"""One training step on a real network, every number shown.

python experiments/explain.py                                 exclusive or, seed 0, case 1
python experiments/explain.py experiment=symmetry seed=3 case=9
python experiments/explain.py reading=two_hidden experiment.recipe.epsilon=1
python experiments/explain.py --markdown > step.md
"""

import argparse
import difflib
import sys
import tempfile
import textwrap
from importlib import import_module

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backprop86.blame import Block
from backprop86.config import load, one_clear_line
from backprop86.explain import Part, explain, written
from backprop86.recipe import BadInput, one_of

WIDEST = 80
GAPS = (2, 1)
"""How far columns are apart; the second where they do not fit otherwise."""
SHORT = 12
"""What is no longer than this stays on one line."""
KNOWN = ("experiment", "reading", "seed", "case")


def parts_of(*settings: str) -> list[Part]:
    """The parts that the settings ask for; BadInput, in one line, for what is not there."""
    given = {"experiment": "xor"}
    others = []
    for setting in settings:
        name, _, value = setting.partition("=")
        if name.lstrip("+~").startswith("experiment."):
            others.append(setting)
        elif name in KNOWN:
            given[name] = value
        else:
            near = difflib.get_close_matches(name, KNOWN, n=1)
            raise BadInput(f"{name} is not a setting here; did you mean {near[0] if near else one_of(*KNOWN)[0]}?")
    others += [f"reading={given['reading']}"] if "reading" in given else []
    numbers = [whole(name, given[name]) if name in given else None for name in ("seed", "case")]
    chosen = load(given["experiment"], *others, f"output={tempfile.gettempdir()}")  # nothing is written, wherever it is
    reading, experiment = chosen.chosen[0], chosen.experiment
    problem = import_module(f"backprop86.problems.{experiment.stem}")
    title = f"{experiment.title}, reading {reading}"
    return explain(problem, experiment.recipe_of(reading), title, numbers[0] or 0, numbers[1])


def whole(name: str, text: str) -> int:
    """The number that a setting gives."""
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"{name} must be a whole number, was {text or 'nothing'}") from None


def told(parts: list[Part], console: Console) -> None:
    """Print the parts; no line is wider than the window, or than WIDEST."""
    width = min(console.width, WIDEST)
    for part in parts:
        console.print(Text(textwrap.fill(part.title, width), style="bold"), "", sep="\n")
        for block in part.blocks:
            for piece in pieces(block, width):
                console.print(piece, "", sep="\n", width=width)


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
    parser.add_argument("settings", nargs="*", metavar="name=value", help="experiment, reading, seed, case")
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
