"""A page in parts: paragraphs, lines of working and tables, as Markdown or as plain text."""

import textwrap
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from backprop86.judging.numbers import shown
from backprop86.report.escaping import in_markdown

Block = str | list[str] | pd.DataFrame
"""A paragraph, lines of working, or a table of strings."""
WIDEST = 80
GAPS = (2, 1)
"""The gap between columns; the second is for tables that do not fit otherwise."""
SHORT = 12
"""The longest text of a cell that is never wrapped."""


@dataclass(frozen=True)
class Part:
    """A heading and the blocks below it."""

    title: str
    blocks: list[Block]


def written(parts: list[Part], level: int = 1) -> str:
    """Return the parts as Markdown; the first heading has this level, the others the next."""
    pages = []
    for number, part in enumerate(parts):
        pages.append(f"{'#' * (level + min(number, 1))} {part.title}\n")
        pages += [as_markdown(block) for block in part.blocks]
    return "\n".join(pages)


def as_markdown(block: Block) -> str:
    """Return a block as Markdown: a paragraph, preformatted lines, or a table."""
    if isinstance(block, str):
        return f"{block}\n"
    return "```\n" + "".join(f"{line}\n" for line in block) + "```\n" if isinstance(block, list) else markdown(block)


def markdown(frame: pd.DataFrame, written: Collection[str] = ()) -> str:
    """Return the rows as a Markdown table; the columns in `written` hold Markdown already."""
    cells = frame.map(shown).apply(lambda column: column if column.name in written else column.map(in_markdown))
    lines = [[in_markdown(str(name)) for name in frame], ["---"] * frame.shape[1], *cells.to_numpy().tolist()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def text(parts: list[Part], width: int = WIDEST, bold: bool = False) -> str:
    """Return the parts as plain text with no line wider than `width`, or than WIDEST; titles in a terminal's bold."""
    width, lines = min(width, WIDEST), []
    for part in parts:
        title = textwrap.fill(part.title, width)
        lines += [f"\x1b[1m{title}\x1b[0m" if bold else title, ""]
        for block in part.blocks:
            for piece in pieces(block, width):
                lines += [*piece, ""]
    return "".join(f"{line}\n" for line in lines)


def pieces(block: Block, width: int) -> list[list[str]]:
    """Return the lines of a block; a wide table becomes several."""
    if isinstance(block, str):
        return [textwrap.wrap(block, width, break_on_hyphens=False)]
    if isinstance(block, list):
        lines = [one for line in block for one in folded(line, width).split("\n")]
        return [[line[k : k + width].rstrip() for line in lines for k in range(0, max(1, len(line)), width)]]
    gap, groups = min(((gap, fitting(block, width, gap)) for gap in GAPS), key=lambda found: len(found[1]))
    return [table(block[columns], width, gap) for columns in groups]


def folded(line: str, width: int) -> str:
    """Return the line in one or more lines, the later ones indented."""
    further = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(line, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)


def fitting(frame: pd.DataFrame, width: int, gap: int) -> list[list[str]]:
    """Return the columns of each of the tables that a wide table is cut into; each begins with the first column."""
    need = {str(name): longest(frame, str(name)) for name in frame}
    first, *others = need
    groups = [[first]]
    for name in others:
        if sum(gap + need[one] for one in groups[-1]) + need[name] > width and len(groups[-1]) > 1:
            groups.append([first])
        groups[-1].append(name)
    return groups


def longest(frame: pd.DataFrame, name: str) -> int:
    """Return the least width of a column that breaks no word and no cell of up to SHORT letters."""
    cells = [name, *frame[name]]
    widest = max(map(len, cells))
    return widest if widest <= SHORT else max(len(word) for cell in cells for word in cell.split())


def table(frame: pd.DataFrame, width: int, gap: int) -> list[str]:
    """Return the rows as lines with numbers aligned; cells of several words are wrapped where room is short."""
    columns = [[str(name), *frame[name]] for name in frame]
    numbers = [not frame[name].str.contains(r"[^-.\de% ]").any() for name in frame]
    least, wide = [longest(frame, str(name)) for name in frame], [max(map(len, column)) for column in columns]
    while sum(wide) + gap * (len(wide) - 1) > width and (
        free := [k for k in range(len(wide)) if wide[k] > least[k] and not numbers[k]]
    ):
        widest = max(free, key=lambda k: wide[k])
        wide[widest] -= 1
    lines = []
    for number, row in enumerate(zip(*columns, strict=True)):
        cells = [textwrap.wrap(cell, n, break_on_hyphens=False) for cell, n in zip(row, wide, strict=True)]
        high = max(1, *map(len, cells))
        filled = [_blank(high - len(cell), cell, is_heading=number == 0) for cell in cells]
        for some in zip(*filled, strict=True):
            sides = [str.rjust if is_number else str.ljust for is_number in numbers]
            put = [side(one, n) for side, one, n in zip(sides, some, wide, strict=True)]
            lines.append((" " * gap).join(put).rstrip())
    return lines


def _blank(n: int, cell: list[str], is_heading: bool) -> list[str]:
    """Return a cell with n blank lines below it, or above it for a heading."""
    return [""] * n + cell if is_heading else cell + [""] * n
