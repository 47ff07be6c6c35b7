"""What the tests of several experiments share."""

import io
from dataclasses import replace
from importlib import import_module

import numpy as np

from backprop86 import fused, reference
from backprop86.config import load
from backprop86.runs import describe, with_condition
from backprop86.training import check, run_condition, start_of, wiring_of


def engines(problem, recipe, n=8):
    """The fused engine's weights; how far those of the reference engine are from them, and those they began with."""
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    w0 = start_of(problem, recipe, wiring, list(range(n)))
    ours, theirs = (engine.train(wiring, cases, recipe, w0).w for engine in (fused, reference))
    return ours, np.abs(ours - theirs).max(), np.abs(ours - w0).max()


def every_reading(stem, sweeps, seeds=(0, 1, 2)):
    """Runs of every reading of an experiment, cut short: what run.py would have written, of a few seeds."""
    experiment, problem, runs = load(stem).experiment, import_module(f"backprop86.problems.{stem}"), None
    for name in experiment.conditions:
        recipe = replace(experiment.recipe_of(name), sweeps=sweeps)
        rows = run_condition(problem, recipe, list(seeds))
        about = describe(recipe, check(problem, recipe), list(seeds), "fused")
        order = list(experiment.conditions)
        runs = with_condition(runs, stem, order, name, about, rows, experiment.numbers_only)
    return runs


def drawn(runs):
    """The figures of an experiment by name, each of them rendered once: warnings are errors."""
    figures = import_module(f"backprop86.problems.{runs.stem}").draw(runs)
    for figure in figures.values():
        figure.savefig(io.BytesIO(), dpi=40)
    return figures
