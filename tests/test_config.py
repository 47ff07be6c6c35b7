"""The command line as a user meets it: every mistake one clear line and exit status 2, and nothing trained before."""

import fnmatch
import subprocess
import sys
from pathlib import Path

import pytest

from backprop86.citing import bibtex
from backprop86.config import Experiment, load, stems
from backprop86.recipe import Recipe

ROOT = Path(__file__).parents[1]


def run(*arguments, script="run.py"):
    command = [sys.executable, ROOT / "experiments" / script, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "You must specify 'experiment', e.g, experiment=<OPTION>, Available options: addition, cha"),
        (["experiment=symetry"], "Could not find 'experiment/symetry'"),
        (["experiment=xor", "seds=3"], "seds is not a setting; did you mean seeds?"),
        (
            ["experiment=xor", "experiment.recipe.epsilom=1"],
            "experiment.recipe.epsilom is not a setting; did you mean ep",
        ),
        (
            ["experiment=xor", "+experiment.recipe.epsilom=1"],
            "experiment.recipe.epsilom is not a setting; did you mean",
        ),
        (["experiment=xor", "experiment.recipe.epsilon=-0.1"], "epsilon must be a positive number, was -0.1"),
        (["-m", "experiment=symmetry,xor", "seeds=0"], "seeds must be 1 or more, was 0"),
        (
            ["experiment=xor", "output=/proc/results"],
            "output must be a folder that can be written to, was /proc/results",
        ),
    ],
)
def test_one_clear_line(arguments, line):
    found = run(*arguments)
    assert found.returncode == 2
    assert found.stderr.startswith(f"error: {line}")
    assert found.stderr.count("\n") == 1
    assert found.stdout == ""


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("first_seed=-1", "first_seed must be 0 or more, was -1"),
        ("experiment.recipe.dtype=int", "dtype must be float64 or float32, was int"),
        ("experiment.recipe.biases=some", "biases must be drawn, zero, negative or none, was some"),
        ("engine=steam", "engine must be auto, reference or fused, was steam"),
        ("device=abacus", "device must be one that torch can use here, was abacus"),
        ("reading=lips", "reading must be all, as_printed, to_sweep_558,"),
        (
            "+experiment.readings.mine.epsilom=1",
            "experiment.readings.mine.epsilom is not a setting; did you mean epsilon?",
        ),
        ("+experiment.readings.mine.sweeps=0", "sweeps must be 1 or more, was 0"),
        ("experiment.recipe.alpha=1", "alpha must be at least 0 and below 1, was 1.0"),
        ("experiment.recipe.update=never", "update must be sweep or case, was never"),
        ("experiment.claims.0.rule=mostly", "rule of claim xor-sweeps-direct must be one of draw,"),
        (
            "experiment.figures.1.claims=[xor-fig5-stays,xor-unheard,xor-unasked]",
            "claims of figure fig5 must be claims of xor, was xor-unasked, xor-unheard",
        ),
    ],
)
def test_what_settings_cannot_be(tmp_path, override, line):
    with pytest.raises(ValueError, match=r".+") as refused:
        load("xor", f"output={tmp_path}", override)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_a_network_that_is_not_there_is_refused_before_any_training(tmp_path):
    found = run("experiment=xor", "+experiment.readings.mine.network=nine", f"output={tmp_path}")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "error: network must be one_hidden_direct or, say, 2_hidden, was nine\n"


@pytest.mark.parametrize("stem", stems())
def test_every_experiment_file(stem, tmp_path):
    settings = load(stem, f"output={tmp_path}")
    experiment = settings.experiment
    assert experiment.stem == stem
    recipes = {reading: experiment.recipe_of(reading) for reading in experiment.conditions}
    assert experiment.recipe in recipes.values()
    assert recipes.get("as_printed", experiment.recipe) == experiment.recipe
    assert len({str(recipe) for recipe in recipes.values()}) == len(recipes)
    assert len({claim.id for claim in experiment.claims}) == len(experiment.claims)
    for claim in experiment.claims:
        assert claim.id.startswith(stem.removesuffix("_lattice").replace("_", "-"))
        assert all(fnmatch.filter(experiment.conditions, form) for form in claim.readings), claim.id
        assert (" After " in bibtex("figure", "", [claim])) == (claim.source != "ours"), claim.id


def test_one_reading_and_its_seeds(tmp_path):
    settings = load("symmetry", "seeds=3", "first_seed=7", "reading=zero_one_targets", f"output={tmp_path}")
    assert settings.seed_list == [7, 8, 9]
    assert settings.chosen == ["zero_one_targets"]
    assert settings.experiment.recipe_of("zero_one_targets").target_on == 1
    assert load("symmetry", f"output={tmp_path}").seed_list == list(range(1000))


def test_axes():
    rate = {"fast": {"epsilon": 0.5, "alpha": 0.5}, "slow": {"epsilon": 0.1}}
    momentum = {"as_it_is": None, "none": {"alpha": 0.0}}
    experiment = Experiment(recipe=Recipe("2_hidden", alpha=0.9), axes={"rate": rate, "momentum": momentum})
    assert experiment.conditions == {
        "fast/as_it_is": {"epsilon": 0.5, "alpha": 0.5},
        "fast/none": {"epsilon": 0.5, "alpha": 0.0},  # the later axis has the last word
        "slow/as_it_is": {"epsilon": 0.1},
        "slow/none": {"epsilon": 0.1, "alpha": 0.0},
    }
    assert experiment.recipe_of("fast/none") == Recipe("2_hidden", epsilon=0.5, alpha=0.0)
    assert experiment.recipe_of("slow/as_it_is") == Recipe("2_hidden", epsilon=0.1, alpha=0.9)
    for reading in ("fast", "none/fast", "as_printed"):
        with pytest.raises(ValueError, match=rf"^reading must be all, fast/as_it_is, .* or slow/none, was {reading}$"):
            experiment.recipe_of(reading)
    rate["fast"]["epsilom"] = 1
    with pytest.raises(ValueError, match=r"^experiment.readings.fast/none.epsilom is not a .* mean epsilon\?$"):
        Experiment(axes={"rate": rate, "momentum": momentum}).recipe_of("fast/none")


def test_one_reading_of_many(tmp_path):
    settings = load("chauvin", "reading=8_hidden/no_momentum/rate_4", f"output={tmp_path}")
    assert settings.chosen == ["8_hidden/no_momentum/rate_4"]
    recipe = settings.experiment.recipe_of(*settings.chosen)
    assert (recipe.network, recipe.epsilon, recipe.alpha) == ("8_hidden", 4, 0)
    assert len(load("chauvin", f"output={tmp_path}").chosen) == 150
    names = "reading must be all, a name such as 2_hidden/as_printed/rate_0.25, was 8_hidden"
    with pytest.raises(ValueError, match=f"^{names}$"):
        load("chauvin", "reading=8_hidden", f"output={tmp_path}")


def test_the_literal_recipes_are_the_printed_ones(tmp_path):
    symmetry, trees, xor = (
        load(stem, f"output={tmp_path}").experiment.recipe for stem in ("symmetry", "family_trees", "xor")
    )
    assert (symmetry.epsilon, symmetry.alpha, symmetry.initial_range, symmetry.error) == (0.1, 0.9, 0.3, "sum")
    assert (xor.epsilon, xor.network) == (0.5, "one_hidden_direct")
    assert (trees.sweeps, trees.decay, trees.epsilon, trees.alpha) == (1500, 0.002, 0.01, 0.9)
    assert (trees.opening_sweeps, trees.opening_epsilon, trees.opening_alpha) == (20, 0.005, 0.5)


def test_a_negative_rate_is_refused():
    with pytest.raises(ValueError, match=r"^epsilon must be a positive number, was nan$"):
        Recipe(epsilon=float("nan")).check()
