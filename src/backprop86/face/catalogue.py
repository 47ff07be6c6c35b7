"""bp.experiments: a table of all experiments, from their files alone."""

import re
from typing import Any

import pandas as pd

from backprop86.running.experiment import Experiment
from backprop86.running.settings import as_written, stems

CITED = re.compile(r"\b([NPHLSRC]) (?=pp?\.|Figs?\.|Table|equation|fn|lecture)")
"""The letter of a text, before the page or the figure that is cited."""


def experiments() -> pd.DataFrame:
    """Return a row per experiment, in the order of the README.

    name: what `bp.run` and the others take; title; texts: the letters of the texts that its claims cite (N, P, H, L, S,
    R: see the README); claims, readings: their number; seeds: the number of published seeds per reading.
    """
    return pd.DataFrame([_row(as_written(stem)) for stem in stems()])


def _row(said: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one experiment from its file."""
    parts = ("stem", "title", "seeds", "variants", "readings", "axes", "variant_axes")
    experiment = Experiment(**{name: said[name] for name in parts if name in said})
    cited = [text for claim in said.get("claims", []) for text in CITED.findall(claim["source"])]
    return {
        "name": experiment.stem,
        "title": experiment.title,
        "texts": ", ".join(dict.fromkeys(cited)),
        "claims": len(said.get("claims", [])),
        "readings": len(experiment.every_reading),
        "seeds": experiment.seeds,
    }
