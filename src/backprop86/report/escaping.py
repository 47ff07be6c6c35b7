"""Text from files of rows and of conf/, as CSV, Markdown and LaTeX take it: it says nothing to them but itself."""

import re

import pandas as pd

from backprop86.engines.recipe import BadInput

FORMULA = re.compile(r"[=+\-@\t\r]")
"""The beginning of a cell that a spreadsheet computes."""
NUMBER = r"[-+]?[\d.,]+%?"
OURS = re.compile(rf"{NUMBER}(; {NUMBER} to {NUMBER}( \([\w =,;%]*\))?)?")
"""A number, with its interval and what it is of."""
TAG = re.compile(r"<(?=[A-Za-z/!?])")
NAME = re.compile(r"[\w./+*?!\[\]-]+")
"""The id of a claim, or a reading or the form of several: LaTeX and addresses in a page take it as it is."""


def in_csv(frame: pd.DataFrame) -> str:
    """Return the rows as CSV; before a text that a spreadsheet would compute stands an apostrophe."""
    return frame.map(_cell).rename(columns=_cell).to_csv(index=False, lineterminator="\n")


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")  # which stands in no quotes
    if not FORMULA.match(value) or OURS.fullmatch(value):
        return text
    try:
        float(value)
    except ValueError:
        return f"'{text}"
    return text


def in_markdown(text: str) -> str:
    """Return a text that stays in its line and its cell, without links and elements of HTML."""
    text = " ".join(text.splitlines()).replace("](", r"]\(").replace("]:", r"]\:")
    return TAG.sub("&lt;", text.replace("|", "&#124;"))  # a sign after a backslash would end the cell


def check_names(place: str, names: list[str]) -> None:
    """Raise BadInput, in one line, for a name that a page or LaTeX would take for more than a name."""
    for name in names:
        if not NAME.fullmatch(name):
            told = "must be named with letters, digits and . / + - _ * ? ! [ ]"
            raise BadInput(f"claims and readings of {place} {told}, was {name[:60]!r}")
