"""Helpers for the tests of several experiments."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backprop86.engines import fused, reference
from backprop86.engines.recipe import Job, Recipe
from backprop86.judging.ledger import ledger
from backprop86.report.figures_of import own_figures
from backprop86.running.experiment import Experiment
from backprop86.running.nets import Nets
from backprop86.running.problem import problem_of, start_of, validate, wiring_of
from backprop86.running.provenance import Provenance
from backprop86.running.runs import Runs, thinned
from backprop86.running.settings import load
from backprop86.running.training import run_reading

ROOT = Path(__file__).parents[1]
"""The folder of the project."""


def slow(names, *these):
    """Return the names as parameters of a test, and mark `these` slow."""
    return [pytest.param(name, marks=pytest.mark.slow) if name in these else name for name in names]


def engines(problem, recipe, n=8):
    """Return the fused engine's weights, their distance from the reference engine's, and from the initial weights."""
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    w0 = start_of(problem, recipe, wiring, list(range(n)))
    ours, theirs = (engine.train(Job(wiring, cases, recipe, w0)).w for engine in (fused, reference))
    return ours, np.abs(ours - theirs).max(), np.abs(ours - w0).max()


def every_reading(stem, sweeps, seeds=(0, 1, 2), names=None):
    """Return runs of every reading of an experiment, cut short: the rows of run.py, for a few seeds."""
    experiment, problem, runs = load(stem).experiment, problem_of(stem), Runs(stem, {}, {})
    names = names or list(experiment.every_reading)
    for name in names:
        recipe = replace(experiment.recipe_of(name), sweeps=sweeps)
        weights, curves = experiment.kept(name)
        rows = run_reading(problem, recipe, list(seeds), drawn=min(experiment.goes_on(name), sweeps))
        levels = len(validate(problem, recipe).levels)
        about = Provenance.of(experiment.place_of(name), recipe, levels, list(seeds), "fused")
        runs = runs.having(name, thinned(rows, weights, curves), about, names)
    return runs


def drawn(runs):
    """Return the figures of an experiment by name, each rendered once: warnings are errors."""
    figures = own_figures(runs.stem, runs)
    for figure in figures.values():
        figure.savefig(io.BytesIO(), dpi=40)
    return figures


def measured(problem, recipe, w, counted=None):
    """Return a problem's measures of the weights of one net."""
    wiring, cases, w = wiring_of(problem.wiring, recipe), problem.cases(recipe), np.atleast_2d(np.array(w, dtype=float))
    found = problem.measure(Nets.shown(wiring, cases, w, counted))
    return {name: values[0] for name, values in found.items()}


def runs_of(learned, sweeps=None, moment="learned", moments=(), **measures):
    """Return made-up runs of a single reading, a: `learned` marks those that learned, the rest are measures at a
    moment.

    At the moment "learned", runs that never learn have no measures. untrained_x is x before training, final_x at the
    end.
    """
    n, learned = len(learned), np.asarray(learned, dtype=bool)
    sweeps = pd.array([10 if yes else pd.NA for yes in learned] if sweeps is None else sweeps, dtype="Int64")
    rows = pd.DataFrame({"variant": "", "reading": "a", "seed": range(n), "learned": learned, "diverged": False})
    rows = rows.assign(
        failure=np.where(learned, "", "plateau"), sweeps=sweeps, right_side=sweeps, stopped=10, error=0.1
    )
    kinds = {"b": "boolean", "i": "Int64", "f": "Float32"}
    for name, values in measures.items():
        column = pd.Series(np.broadcast_to(np.asarray(values), n))
        column = column.astype(kinds[column.dtype.kind])
        if name.startswith(("untrained_", "final_")):
            when, _, measure = name.partition("_")
            rows[f"{measure}@{'0' if when == 'untrained' else 'end'}"] = column
        else:
            rows[f"{name}@{moment}"] = column.where(learned) if moment == "learned" else column
    recipe = Recipe(moments=list(moments), sweeps=10000)
    return Runs("made_up", {"a": rows}, {"a": Provenance("", "a", recipe, [0, n - 1], [0], 2, "fused", {})})


def of_readings(readings):
    """Return made-up runs of several readings, from the runs of each; a/b is reading b of variant a."""
    found = Runs("made_up", {}, {})
    for name, runs in readings.items():
        variant, _, reading = name.rpartition("/")
        about = replace(runs.about["a"], variant=variant, reading=reading)
        found = found.having(name, runs.of("a"), about, list(readings))
    return found


def experiment_of(runs, claims=()):
    """Return the experiment of made-up runs; its words for a name are the name without its signs."""
    variants = {name.rpartition("/")[0]: {} for name in runs.readings if "/" in name}
    words = {name: name.replace("_", " ").replace("/", ", ") for name in runs.readings}
    words |= {form: "as printed" for claim in claims for form in claim.readings if claim.kind == "curve"}
    readings = {name: {} for name in runs.readings}
    return Experiment(runs.stem, "Made up", variants=variants, readings=readings, words=words, claims=list(claims))


def ledger_of(claims, runs):
    """Return the ledger of claims about made-up runs."""
    return ledger(claims, runs, experiment_of(runs, claims))


def curve(medians, learned=1.0):
    """Return made-up runs of readings for a curve: hidden units, sweeps, the share that learned."""
    so = np.arange(20) < 20 * learned
    return of_readings(
        {
            f"{hidden}_hidden/as_printed": runs_of(
                so if sweeps else [False] * 20, [sweeps or pd.NA] * 20, final_hidden=hidden
            )
            for hidden, sweeps in medians.items()
        }
    )
