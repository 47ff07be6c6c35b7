"""The protocol of a file in figures/: the figures of one problem, beside those that every problem has."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

import pandas as pd
from matplotlib.figure import Figure

from backprop86.report.drawing import NetPicture
from backprop86.running.runs import Runs

FOLDER = "backprop86.figures"


class Figures(Protocol):
    """A file in figures/.

    It may also have `table(runs)`, which replaces the table of sweeps, and `PICTURES`, a NetPicture of each network
    that a text draws, by the name of the network.
    """

    def draw(self, runs: Runs) -> dict[str, Figure]:
        """Return the figures of the problem by name."""


def figures_of(stem: str) -> Figures | None:
    """Import the file of figures/ with that name; None if the experiment has no figures of its own."""
    place = f"{FOLDER}.{stem}"
    return cast(Figures, import_module(place)) if find_spec(place) else None


def own_figures(stem: str, runs: Runs) -> dict[str, Figure]:
    """Return the figures of a problem by name; none if it has none of its own."""
    own = figures_of(stem)
    return own.draw(runs) if own else {}


def own_table(stem: str, runs: Runs) -> pd.DataFrame | None:
    """Return a problem's table in place of the table of sweeps, or None."""
    table: Any = getattr(figures_of(stem), "table", None)
    return table(runs) if table else None


def own_picture(stem: str, network: str) -> NetPicture | None:
    """Return the picture that a text has of a network, or None."""
    pictures: Any = getattr(figures_of(stem), "PICTURES", {})
    return pictures.get(network)
