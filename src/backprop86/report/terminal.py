"""A table in a terminal, for the commands that print one."""

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from backprop86.judging.numbers import shown


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
