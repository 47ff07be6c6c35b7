"""Measures of some nets of every problem, in this process or in another one that runs this file."""

import pickle
import sys
from dataclasses import replace

import numpy as np

from backprop86.engines import fused
from backprop86.engines.recipe import Job
from backprop86.running.failures import kinds
from backprop86.running.nets import Nets
from backprop86.running.problem import counted_of, problem_of, start_of, stream_of, wiring_of
from backprop86.running.settings import load, stems
from counts import many

SEEDS = [0, 1, 2]
NETS_OF = {"family_trees_map": "family_trees"}
"""It has the same nets, and 2,304 readings that take seconds to read."""


def nets(sweeps=20):
    """(stem, reading, recipe, w) of the first reading of each network of each problem; or, few, of two networks."""
    found = []
    for stem in stems():
        experiment, seen = load(NETS_OF.get(stem, stem)).experiment, set()
        for reading in experiment.every_reading:
            recipe = replace(experiment.recipe_of(reading), sweeps=sweeps)
            kind = (recipe.network, recipe.held_out, recipe.biases == "none")
            if kind not in seen and len(seen) < many(2, 1000):
                seen.add(kind)
                found.append((stem, reading, recipe, weights(problem_of(stem), recipe)))
    return found


def weights(problem, recipe):
    """(9, n_parameters): three seeds untrained, trained a little, and with ten times the weights."""
    wiring = wiring_of(problem.wiring, recipe)
    begun = start_of(problem, recipe, wiring, SEEDS)
    counted, stream = counted_of(problem, recipe, SEEDS), stream_of(problem, recipe, SEEDS)
    trained = fused.train(Job(wiring, problem.cases(recipe), recipe, begun, counted, stream=stream)).w
    return np.concatenate([begun, trained, 10 * begun])


def columns(some):
    """Return every column of every net: its values, as bytes where they are numbers."""
    found = {}
    for stem, reading, recipe, w in some:
        problem = problem_of(stem)
        wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
        counted = counted_of(problem, recipe, len(w) // len(SEEDS) * SEEDS)
        with np.errstate(all="ignore"):  # untrained weights from zero have no ratio
            nets = Nets.shown(wiring, cases, w, counted)
            measured = problem.measure(nets)
        never = np.zeros(len(w), dtype=bool)
        measured["failure"] = kinds(nets, never, never, np.arange(2), np.ones((len(w), 2)))
        measured["states"] = nets.y
        for column, values in measured.items():
            found[stem, reading, column] = values.tolist() if values.dtype == object else values.tobytes()
    return found


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        some = pickle.load(file)
    with open(sys.argv[2], "wb") as file:
        pickle.dump(columns(some), file)
