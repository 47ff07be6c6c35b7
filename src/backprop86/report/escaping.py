"""Escaping text from files of rows and of conf/ for CSV, Markdown and LaTeX."""

import re

import pandas as pd

from backprop86.engines.recipe import BadInput

FORMULA = re.compile(r"[=+\-@\t\r]")
"""The beginning of a cell that a spreadsheet would compute."""
NUMBER = r"[-+]?[\d.,]+%?"
OURS = re.compile(rf"{NUMBER}(; {NUMBER} to {NUMBER}( \([\w =,;%]*\))?)?")
"""A number, with its interval and the interval's name."""
TAG = re.compile(r"<(?=[A-Za-z/!?])")
NAME = re.compile(r"[\w./+*?!\[\]-]+")
"""The id of a claim, a reading, or a pattern of readings: LaTeX and addresses in a page need no escaping for it."""


def in_csv(frame: pd.DataFrame) -> str:
    """Return the rows as CSV, with an apostrophe before a text that a spreadsheet would compute."""
    return frame.map(_cell).rename(columns=_cell).to_csv(index=False, lineterminator="\n")


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")  # pandas does not quote it
    if not FORMULA.match(value) or OURS.fullmatch(value):
        return text
    try:
        float(value)
    except ValueError:
        return f"'{text}"
    return text


def in_markdown(text: str) -> str:
    """Return a text that stays in its line and its cell, and makes no links or HTML elements."""
    text = " ".join(text.splitlines()).replace("](", r"]\(").replace("]:", r"]\:")
    return TAG.sub("&lt;", text.replace("|", "&#124;"))  # a sign after a backslash would end the cell


def check_names(place: str, names: list[str]) -> None:
    """Raise BadInput, in one line, for a name with signs that a page or LaTeX would interpret."""
    for name in names:
        if not NAME.fullmatch(name):
            told = "must be named with letters, digits and . / + - _ * ? ! [ ]"
            raise BadInput(f"claims and readings of {place} {told}, was {name[:60]!r}")
