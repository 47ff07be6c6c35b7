"""bp.experiments: what there is to run, from the experiments' files alone."""

import re
from typing import Any

import pandas as pd

from backprop86.running.experiment import Experiment
from backprop86.running.settings import as_written, stems

CITED = re.compile(r"\b([NPHLSRC]) (?=pp?\.|Figs?\.|Table|equation|fn|lecture)")
"""The letter of a text where a page or a figure of it is named."""


def experiments() -> pd.DataFrame:
    """Return a row per experiment, in the order in which they are told.

    name: what `bp.run` and the others take; title; texts: the letters of the texts that its claims cite, as the README
    has them; claims, readings: how many there are; seeds: how many each reading is published with.
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
