"""A page in parts: paragraphs, lines of working and tables, as Markdown or in a terminal."""

import re
import textwrap
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backprop86.judging.numbers import shown
from backprop86.report.tables import markdown

Block = str | list[str] | pd.DataFrame
"""A paragraph, lines of working, or a table of strings."""
WIDEST = 80
GAPS = (2, 1)
"""The gap between columns; the second where they do not fit otherwise."""
SHORT = 12
"""The longest text that always stays on one line."""


@dataclass(frozen=True)
class Part:
    """A heading and what stands below it."""

    title: str
    blocks: list[Block]


def written(parts: list[Part], level: int = 1) -> str:
    """Return the parts as Markdown; the first heading is of this level, the others one below."""
    pages = []
    for number, part in enumerate(parts):
        pages.append(f"{'#' * (level + min(number, 1))} {part.title}\n")
        pages += [as_markdown(block) for block in part.blocks]
    return "\n".join(pages)


def as_markdown(block: Block) -> str:
    """Return a paragraph as it is, lines as they stand, a table as a table."""
    if isinstance(block, str):
        return f"{block}\n"
    return "```\n" + "".join(f"{line}\n" for line in block) + "```\n" if isinstance(block, list) else markdown(block)


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
    """Return a block as a text, or as many tables as there is room for."""
    if isinstance(block, str):
        return [Text(textwrap.fill(block, width, break_on_hyphens=False))]
    if isinstance(block, list):
        return [Text("\n".join(folded(line, width) for line in block))]
    gap, groups = min(((gap, fitting(block, width, gap)) for gap in GAPS), key=lambda found: len(found[1]))
    return [table(block[columns], gap) for columns in groups]


def folded(line: str, width: int) -> str:
    """Return the line, or several of which the others begin further in."""
    further = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(line, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)


def fitting(frame: pd.DataFrame, width: int, gap: int) -> list[list[str]]:
    """Return the columns of each of the tables needed for none to be too wide; each begins with the first column."""
    need = {str(name): longest(frame, str(name)) for name in frame}
    first, *others = need
    groups = [[first]]
    for name in others:
        if sum(gap + need[one] for one in groups[-1]) + need[name] > width and len(groups[-1]) > 1:
            groups.append([first])
        groups[-1].append(name)
    return groups


def longest(frame: pd.DataFrame, name: str) -> int:
    """Return the least width of a column, for no word in it to be broken, nor a cell that is SHORT."""
    cells = [name, *frame[name]]
    widest = max(map(len, cells))
    return widest if widest <= SHORT else max(len(word) for cell in cells for word in cell.split())


def table(frame: pd.DataFrame, gap: int) -> Table:
    """Return the rows as lines, numbers below each other."""
    made = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False)
    for name in map(str, frame):
        is_number = not frame[name].str.contains(r"[^-.\de% ]").any()
        side: Literal["left", "right"] = "right" if is_number else "left"
        made.add_column(Text(name), min_width=longest(frame, name), justify=side, no_wrap=bool(is_number))
    for row in frame.itertuples(index=False):
        made.add_row(*map(Text, row))
    return made


def table_of(frame: pd.DataFrame, title: str) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for k, name in enumerate(frame):
        first = k == 0 or name == "tensor"
        heading = str(name).replace(" ", "\n")
        table.add_column(heading, justify="left" if first else "right", no_wrap=k > 0, overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(
            *(f"{cell:.0e}" if isinstance(cell, float) and 1e6 < cell < np.inf else shown(cell) for cell in row)
        )
    return table
