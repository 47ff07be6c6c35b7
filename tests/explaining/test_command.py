"""The settings of `make explain`: their effects, the refused settings, and the choice without settings."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache

import pytest

from backprop86.engines.recipe import BadInput
from backprop86.explaining.command import RESULTS, parts_of
from backprop86.problems import xor
from backprop86.report.page import written
from backprop86.running.names import short_name
from backprop86.running.runs import read
from backprop86.running.settings import load
from backprop86.running.training import run_reading
from helpers import ROOT


@cache
def page_of(*settings):
    return written(parts_of(*settings))


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        (["epsilon=2"], "XOR, reading as_printed, epsilon 2 instead of 0.5, seed"),
        (["experiment.recipe.epsilon=2"], "XOR, reading as_printed, epsilon 2 instead of 0.5, seed"),
        (["epsilon=0.5"], "XOR, reading as_printed, seed"),
        (["hidden=3"], "XOR, reading as_printed, network 3 hidden instead of one hidden direct, seed"),
        (["reading=two_hidden", "epsilon=1"], "XOR, reading two_hidden, epsilon 1 instead of 0.25, seed"),
        (["experiment=parity", "hidden=5", "sweeps=9"], "4 bits 5 hidden instead of 4 bits 4 hidden"),
        (["experiment=extra_connections", "hidden=3"], "network xor 3 instead of xor 2, seed"),
        (["hidden=1"], "XOR, reading as_printed, seed 0"),
        (["experiment=symmetry", "hidden=2"], "Mirror symmetry, reading as_printed, seed 0"),
    ],
)
def test_the_title_says_what_differs_from_the_file(settings, title):
    assert title in parts_of(*settings)[0].title


@pytest.mark.slow
def test_settings_change_the_step():
    page = page_of("epsilon=2", "alpha=0", "hidden=3", "seed=1", "target_on=1", "biases=none")
    assert "ε = 2 and α = 0" in page
    assert "On means 1 here, off 0.1." in page
    assert "| i2 → h3 |" in page
    assert "There are no biases." in page
    assert page == page_of("epsilon=2", "alpha=0", "hidden=3", "seed=1", "experiment.recipe.target_on=1", "biases=none")


def commands(page):
    """Return the commands at the end of a page."""
    return re.findall(r"^make explain ?(.*)$", page, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    ["", "reading=two_hidden", "experiment=symmetry seed=3 case=9", "epsilon=2 hidden=3 seed=1", "experiment=depth"],
)
def test_the_nets_shown_first_learn_and_the_commands_at_the_end_run(settings):
    page = page_of(*settings.split())
    assert "it has learned: each output that should be on" in page
    found = commands(page)
    assert len(set(found)) == 3
    assert settings not in found
    for command in found:
        title = parts_of(*command.split())[0].title
        assert title.startswith("One step: ")
    words = re.findall(r"^(.+):\n\n```\nmake explain", page, re.MULTILINE)
    assert len(set(words)) == 3


@pytest.mark.slow
def test_the_readme_and_the_help_show_nets_that_learn():
    said = "\n".join((ROOT / name).read_text("utf-8") for name in ("README.md", "Makefile"))
    found = [re.findall(r"[a-z]+=[\w./-]+", text) for text in re.findall(r"make explain((?: [a-z]+=[\w./-]+)+)", said)]
    assert len(found) == 5
    for settings in found:
        page = page_of(*settings)
        assert ("it has learned" in page) != ("experiment=single_layer" in settings), settings


@pytest.mark.results
@pytest.mark.slow
def test_a_seed_that_learns_is_chosen():
    page = page_of("reading=two_hidden")
    assert "Seed 1 is the first whose net learns; seed 0 does not." in page
    assert "seed 1, case 01" in page.splitlines()[0]
    assert "Seed 0 draws its first weights; another seed draws others." in page_of()
    assert "is the first whose net" not in page_of() + page_of("reading=two_hidden", "seed=0")
    assert "seed 0, case" in page_of("experiment=single_layer").splitlines()[0]  # none learns
    late = page_of("experiment=t_c", "reading=as_printed")
    assert "Seed 24 is the first whose net learns; seeds 0 to 23 do not." in late


@pytest.mark.results
@pytest.mark.slow
def test_a_net_that_does_not_learn_says_how_many_others_do():
    rows = read(RESULTS / "runs" / "xor.parquet").of("two_hidden/as_printed")
    stuck = page_of("reading=two_hidden", "seed=0")
    n = int(rows["learned"].sum())
    assert f"Of the 1,000 published runs of this reading {n} learn. The first is seed=1." in stuck
    assert commands(stuck)[0] == "reading=two_hidden seed=1"
    tried = page_of("reading=two_hidden", "epsilon=0.3", "seed=0")
    w = run_reading(xor, replace(load("xor").experiment.recipe_of("two_hidden"), epsilon=0.3), list(range(100)))
    n, first = int(w["learned"].sum()), int(w["seed"][w["learned"]].min())
    assert f"Of the seeds 0 to 99, trained just now with these settings, {n} learn." in tried
    assert commands(tried)[:2] == [f"reading=two_hidden epsilon=0.3 seed={first}", "reading=two_hidden"]
    trees = page_of("experiment=family_trees")
    assert "It is not alone: of the 100 published runs of this reading none learns." in trees
    of_each = read(RESULTS / "runs" / "family_trees.parquet").parts
    best = max(of_each, key=lambda name: of_each[name]["learned"].mean())
    assert commands(trees)[0] == f"experiment=family_trees reading={short_name(best)}"


def test_depth_is_shown_deep():
    page = page_of("experiment=depth")
    assert "No reading is named: 3_layers/weights_up_to_1 is a net with several hidden layers that learns." in page
    assert "reading 3_layers/weights_up_to_1" in page.splitlines()[0]
    assert "No reading is named" not in page_of("experiment=depth", "reading=3_layers/weights_up_to_1")
    shares = re.search(r"from the outputs down, the shares are (.+?)\. The level", page)[1]
    numbers = [float(share) for share in re.findall(r"[\d.]+", shares)]
    assert len(numbers) == 4
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["case=7"], "case must be 0 to 3, was 7"),
        (["case=-1"], "case must be 0 to 3, was -1"),
        (["case=one"], "case must be a whole number, was one"),
        (["seed=-1"], "seed must be 0 or more, was -1"),
        (["seed="], "seed must be a whole number, was nothing"),
        (["seed=18446744073709551616"], "seed must be below 2^64, was 18446744073709551616"),
        (["epsilom=2"], "epsilom is not a setting here; did you mean epsilon?"),
        (["seed", "epsilon=2"], "seed must be a whole number, was nothing"),
        (["epsilon=fast"], "epsilon must be a number, was fast"),
        (["epsilon=-1"], "epsilon must be a positive number, was -1"),
        (["update=batch"], "update must be sweep or case, was batch"),
        (["network=nine"], "network must be one_hidden_direct or, say, 2_hidden, was nine"),
        (["hidden=0"], "hidden must fit a network of xor (network must be one_hidden_direct or, say, 2_hidden), was 0"),
        (["experiment=t_c", "hidden=2"], "hidden must fit a network of t_c (network must be such as 7x7_shared"),
        (
            ["experiment=symmetry", "hidden=3"],
            "hidden must fit a network of symmetry (network must be two_hidden), was 3",
        ),
        (["hidden=2", "network=2_hidden"], "hidden must be left out where network is given"),
        (["experiment=nope; touch x"], "experiment must be "),
        (["reading=all"], "reading must be one of them, such as as_printed, was all"),
        (["sed=3"], "sed is not a setting here; did you mean seed?"),
        (["seeds=3"], "seeds is not a setting here; did you mean seed?"),
        (
            ["--markdwn"],
            "--markdwn is not a setting here; did you mean experiment, reading, seed, case, hidden or a setting",
        ),
        (["experiment=family_trees", "case=98"], "case must be one that seed 0 is trained on, was 98, which is held"),
        (["reading=lips"], "reading must be all, as_printed, zero_one_targets,"),
        (["experiment=signals"], "block must be 0 here, as the letter has it, was 25"),
        (["experiment=desired_states"], "epsilon_by must be one here, as the letter has it, was fan_in"),
        (["gain=3.5"], "gain must be 1.0 here, as the letter has it, was 3.5"),
        (["experiment.recipe.network=nine"], "network must be one_hidden_direct or, say, 2_hidden, was nine"),
    ],
)
def test_what_cannot_be_explained(settings, line):
    with pytest.raises(BadInput, match=r".+") as refused:
        parts_of(*settings)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def make(folder, *arguments):
    """Return the arguments that `make` passes to the script."""
    text = re.sub(r"^\.venv/ready:.*", ".venv/ready:", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    (folder / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "Makefile").write_text(text, "utf-8")
    (folder / ".venv" / "ready").touch()
    python = folder / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
    python.chmod(0o755)
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "explain", *arguments]  # as from a shell, also where make runs the tests
    done = subprocess.run(command, cwd=folder, env=outside, capture_output=True, check=False, text=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_passes_every_setting_on_and_runs_none(tmp_path):
    assert make(tmp_path) == ["experiments/explain.py"]
    script, *settings = make(tmp_path, "epsilon=2", "hidden=3", "epsilom=1", "PYTHON=python3")
    assert script == "experiments/explain.py"  # the command is not echoed
    assert sorted(settings) == ["epsilom=1", "epsilon=2", "hidden=3"]
    for setting in ("experiment=nope; touch x", 'reading=it\'s  `touch x` "a" \\ | > x # &', "reading=a  b"):
        assert make(tmp_path, setting)[1:] == [setting]
    make(tmp_path, "reading='\ntouch x\n'")
    assert not (tmp_path / "x").exists()
