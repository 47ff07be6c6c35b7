"""docs/rows.md: every column of every experiment has a meaning, and every meaning a column."""

import math
import re

import pandas as pd
import pytest

from backprop86.engines.recipe import CRITERIA, Recipe
from backprop86.problems import xor
from backprop86.running import runs
from backprop86.running.columns import columns
from backprop86.running.names import moments
from backprop86.running.provenance import Provenance
from backprop86.running.rows_page import GENERAL, MOMENTS, NEVER, meanings, of_problem, page
from backprop86.running.settings import load, stems
from backprop86.running.training import run_reading
from helpers import ROOT


def of_every_net(stem):
    """The columns of every net of an experiment, without moments; `variant` and `reading` come with the file."""
    experiment, found = load(stem).experiment, {"variant", "reading"}
    seen: dict = {}
    for name in experiment.every_reading:
        recipe = experiment.recipe_of(name)
        seen.setdefault((recipe.network, recipe.held_out, recipe.has_gains), recipe)
    for recipe in seen.values():
        found |= {column.partition("@")[0] for column in columns(experiment.problem, recipe)}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("stem", stems())
def test_every_column_has_a_meaning_and_every_meaning_a_column(stem):
    assert of_every_net(stem) == meanings(stem).keys()


def test_the_page_in_docs_is_made_by_this_function():
    assert (ROOT / "docs" / "rows.md").read_text("utf-8") == page()


def test_the_page_says_everything():
    said = page()
    for name, meaning in GENERAL.items():
        assert f"| `{name}` | {meaning} |" in said
    for stem in stems():
        assert f"`{stem}`" in said
        for name, meaning in of_problem(stem).items():
            assert f"| `{name}` | {meaning.replace('|', chr(92) + '|')} |" in said
    assert set(re.findall(r"\| `(\w+)` \| (?:each output that|E, summed)", said)) == CRITERIA.keys()
    assert {*MOMENTS} == {*moments(Recipe(moments=[1425]))}
    for line in said.splitlines():
        assert not line.startswith("| ") or len(re.findall(r"(?<!\\)\|", line)) == 3, line


def test_sweeps_that_were_never_reached_are_read_as_infinite(tmp_path):
    recipe = Recipe("2_hidden", 300, epsilon=0.5, alpha=0.9, criterion="right_side")
    found = run_reading(xor, recipe, list(range(12)))
    about = Provenance.of(("", "as_printed"), recipe, 2, list(range(12)), "fused")
    runs.write(runs.Runs("xor", {}, {}).having("as_printed", found, about, ["as_printed"]), tmp_path / "xor.parquet")
    (code,) = re.findall(r"```python\n(.*?)```", page(), re.DOTALL)
    assert NEVER in code
    told = {"pd": pd, "math": math}
    exec(code.replace("results/runs/xor.parquet", str(tmp_path / "xor.parquet")), told)  # the page's own lines
    sweeps = told["sweeps"]
    assert sweeps.dtype == float
    assert (sweeps == math.inf).tolist() == (~found["learned"]).tolist()
    assert 0 < (sweeps == math.inf).sum() < 12
    assert sweeps[found["learned"]].tolist() == found["sweeps"].dropna().tolist()
