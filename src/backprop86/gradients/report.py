"""The report of a gradient check: true if every gradient agrees, a table, the mistakes in words, lines to print."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd


@dataclass(eq=False)
class Report:
    """table: a row for each oracle and tensor. left_out: the oracles that could not judge, and why."""

    table: pd.DataFrame
    left_out: dict[str, str]

    def __bool__(self) -> bool:
        """Return whether every gradient agrees with every oracle."""
        return bool(self.table["agrees"].all())

    @property
    def mistakes(self) -> dict[str, str]:
        """The words for each wrong gradient, by the name of its tensor."""
        wrong = self.table[~self.table["agrees"]].drop_duplicates("tensor")
        return dict(zip(wrong["tensor"], wrong["looks_like"], strict=True))

    def __str__(self) -> str:
        """Return a line for each tensor; errors are relative to the right gradient's largest entry."""
        width = max(map(len, self.table["tensor"]))
        without = "".join(f" ({name}: {why})" for name, why in self.left_out.items())
        of_tensor = self.table.groupby("tensor", sort=False)
        return "\n".join(f"{name:<{width}}  {_told(rows)}{without}" for name, rows in of_tensor)

    def __repr__(self) -> str:
        """Return the same lines."""
        return str(self)

    def _repr_html_(self) -> str:
        """Return the lines and the table, for a notebook."""
        lines = "".join(f"<li>{escape(line)}</li>" for line in str(self).splitlines())
        shown = self.table.drop(columns="looks_like").to_html(index=False, float_format=lambda x: f"{x:.3g}", na_rep="")
        return f"<ul>{lines}</ul>{shown}"


def _told(rows: pd.DataFrame) -> str:
    wrong = rows[~rows["agrees"]]
    if wrong.empty:
        far = [f"{'equal to' if row.exact else f'{row.relative:.0e} from'} {row.oracle}" for row in rows.itertuples()]
        return f"right: {', '.join(far)}{_of_remainder(rows)}"
    first = wrong.iloc[0]
    say = "" if len(wrong) == len(rows) else f" (say{'s' * (len(wrong) == 1)} {', '.join(wrong['oracle'])})"
    off = "" if np.isnan(first["relative"]) else f", off by {first['relative']:.3g} times the largest entry"
    return f"WRONG{say}{off}: {first['looks_like']}"


def _of_remainder(rows: pd.DataFrame) -> str:
    slope = rows["taylor"].iloc[0]
    return "" if np.isnan(slope) else f"; Taylor remainder of order {slope:.2f}"
