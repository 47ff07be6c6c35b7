"""The lattice of the family trees: which results a reading counts, where it stands in the maps, how it begins."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.ledger import ledger
from backprop86.problems.family_trees_lattice import AXES, maps, table
from backprop86.running.runs import Runs
from backprop86.running.settings import load
from helpers import runs_of

LATTICE = load("family_trees_lattice").experiment
PRINTED = "x1/decay_0.002/from_edge/biases_drawn/range_0.3/sweep/momentum_0.9"
FAST = PRINTED.replace("x1/", "x20/")


def rows(learned, sweeps, held_out, n=20, branch=False):
    """n runs of which `learned` learn all, in so many sweeps; all have every unit but perhaps one for the branch."""
    yes = np.arange(n) < learned
    coded = ("nationality", "generation", "relation_sex")
    measures = {f"codes_{name}": yes for name in coded} | {"codes_branch": [branch] * n, "ignores_sex": [True] * n}
    measures |= {"all_near": yes, "all_right": yes, "trained_right": 1.0, "twin_is_active": [False] * n}
    measures["held_out_right"] = held_out
    return runs_of(yes, [sweeps if one else pd.NA for one in yes], moment="end", **measures)


def lattice_of(parts):
    runs = Runs("family_trees_lattice", {}, {})
    for name, part in parts.items():
        about = replace(part.about["a"], reading=name)
        runs = runs.having(name, part.of("a"), about, list(parts))
    return table(runs, ledger(LATTICE.claims, runs, LATTICE))


def test_its_claims_are_those_of_the_family_trees():
    of_the_trees = {claim.id: claim for claim in load("family_trees").experiment.claims}
    for claim in LATTICE.claims:
        same = of_the_trees[claim.id]
        assert replace(claim, readings=[], headline=False) == replace(same, readings=[], headline=False)


@pytest.fixture(scope="module")
def made_up():
    def without(name):
        return name.replace("decay_0.002", "decay_0")

    return {
        PRINTED: rows(0, 0, 0),
        without(PRINTED): rows(0, 0, 0),
        FAST.replace("decay_0.002", "decay_0.0002"): rows(15, 500, [4] * 2 + [3] * 18),
        FAST: rows(15, 1000, [4] * 2 + [3] * 18),
        without(FAST): rows(18, 573, 4),
    }


def test_a_row_has_what_is_printed_of_runs_without_decay_from_its_sibling(made_up):
    found = lattice_of(made_up).set_index(["epsilon", "decay"])
    assert len(found) == 3  # none without decay
    fast = found.loc["x20", "decay_0.002"]
    assert (fast["met"], fast["of"]) == (8, 11)
    assert fast["family-trees-573-sweeps"]  # its own runs take 1,000
    assert (fast["without_decay_by_573"], fast["without_decay_learned"], fast["n"]) == (0.9, 0.9, 20)
    assert (fast["held_out_4"], fast["held_out_3"], fast["all_near"]) == (0.1, 1.0, 0.75)
    assert not fast["family-trees-branch"]
    assert not fast["family-trees-twin"]
    assert found.loc["x1", "decay_0.002"]["met"] == 0


def test_the_sibling_alone_turns_the_573_sweeps(made_up):
    slow = made_up | {FAST.replace("decay_0.002", "decay_0"): rows(18, 1400, 4)}
    found = lattice_of(slow).set_index(["epsilon", "decay"]).loc["x20", "decay_0.002"]
    assert (found["met"], bool(found["family-trees-573-sweeps"])) == (7, False)
    with_branch = made_up | {FAST: rows(15, 1000, [4] * 2 + [3] * 18, branch=True)}
    assert lattice_of(with_branch)["met"].max() == 9


def test_the_best_come_first(made_up):
    assert lattice_of(made_up)["met"].tolist() == [8, 8, 0]
    assert list(lattice_of(made_up)[list(AXES)].iloc[-1]) == PRINTED.split("/")


@pytest.mark.slow
def test_maps(made_up):
    parts = {name.replace("x1/", "x2/").replace("x20/", "x10/"): part for name, part in made_up.items()}
    figures = maps(lattice_of(parts))
    assert set(figures) == {"met", "learned", "held_out", "without_decay"}
    for figure in figures.values():
        figure.savefig(io.BytesIO(), dpi=40)
    titles = [part.get_suptitle() for part in figures["met"].subfigs]
    assert titles == ["weight decay 0.002", "weight decay 0.0002"]
    left, right = (part.axes[0] for part in figures["met"].subfigs)
    assert (left.get_title("left"), left.get_ylabel()) == ("biases drawn", "error from\n0.8 and 0.2")
    assert [label.get_text() for label in left.get_yticklabels()] == ["±0.3, sweep"]
    assert [label.get_text() for label in left.get_xticklabels()] == ["2", "10"]  # x2 before x10
    assert left.images[0].get_array().tolist() == [[0, 8]]
    assert left.images[0].get_clim() == (0, 11)
    assert right.images[0].get_array().filled(-1).tolist() == [[8]]  # x2 was not run with that decay
    (without,) = figures["without_decay"].subfigs  # one panel, since decay makes no difference
    assert without.axes[0].images[0].get_array().tolist() == [[0, 0.9]]


def test_the_first_reading_is_the_recipe_as_printed():
    trees = load("family_trees").experiment.recipe_of("as_printed")
    first = LATTICE.recipe_of(next(iter(LATTICE.every_reading)))
    differs = {name for name, value in vars(first).items() if value != getattr(trees, name)}
    assert next(iter(LATTICE.every_reading)) == PRINTED
    assert differs == {"dtype"}
    fast = LATTICE.recipe_of("x50/decay_0/plain/biases_none/range_1/case/momentum_0.99")
    assert (fast.epsilon, fast.opening_epsilon, fast.alpha, fast.opening_alpha) == (0.5, 0.25, 0.99, 0.5)
    assert (fast.decay, fast.dead_zone, fast.biases, fast.initial_range, fast.update) == (0, "none", "none", 1, "case")
