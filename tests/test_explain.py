"""One step with every number: what is printed is recomputed from what is printed, and compared with the engines."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from backprop86 import pencil
from backprop86.config import load, stems
from backprop86.explain import explain, written
from backprop86.network import Network, largest_weights
from backprop86.problems import family_trees, xor
from backprop86.recipe import Job
from backprop86.reference import UNSOLVED
from backprop86.step import SWEEPS, first_step, measured, repeated
from backprop86.training import run_condition
from backprop86.trajectories import trajectory
from by_hand import NUMBER, Reader

ROOT = Path(__file__).parents[1]


def told(*settings, width=80):
    """What a terminal of that width shows, and the Markdown."""
    from explain import parts_of
    from explain import told as tell

    parts, shown = parts_of(*settings), io.StringIO()
    tell(parts, Console(file=shown, width=width, highlight=False))
    return shown.getvalue(), written(parts)


SETTINGS = [
    ["experiment=xor"],
    ["experiment=xor", "case=0", "seed=17"],
    ["experiment=xor", "reading=two_hidden_case_updates", "case=3"],
    ["experiment=xor", "reading=fig5_rate_1", "case=2"],  # saturated units
    ["experiment=xor", "experiment.recipe.biases=none", "experiment.recipe.decay=0.002"],
    ["experiment=symmetry"],
    ["experiment=symmetry", "reading=mean_error", "case=63"],
    ["experiment=single_layer", "reading=symmetry_range_9", "case=21"],
    ["experiment=symmetry_breaking", "reading=random_1e-8"],
    ["experiment=iterative"],  # unrolled, units that feed none
    ["experiment=shift_register", "case=6", "seed=1", "experiment.recipe.epsilon=2"],  # biases held at 0
    ["experiment=addition"],  # shortcuts
    ["experiment=t_c"],  # shared weights
    ["experiment=t_c", "reading=positions"],  # case by case, some held out
    ["experiment=family_trees", "reading=as_printed"],  # dead zone from its edge, opening rates, decay
    ["experiment=sequence"],  # outputs that feed others, inputs of 0.2
]


@pytest.mark.parametrize("settings", SETTINGS, ids=" ".join)
def test_every_line_comes_out_from_what_is_printed(settings):
    shown, page = told(*settings)
    reader = Reader(page)
    assert reader.wrong == []
    assert reader.lines > 4 * len(reader.w)
    nothing_is_left_out(reader, page)
    hand, autograd = np.array([(row[1], row[2]) for row in reader.compared], dtype=float).T
    assert np.all(np.abs(hand - autograd) <= 2e-4 * np.abs(hand).max() + 3e-6)
    after, fate, before = re.search(rf"E of all cases is ({NUMBER}), (.+?) the ({NUMBER}) before", page).groups()
    less_or_more = int(float(after) > float(before)) - int(float(after) < float(before))
    assert fate == {-1: "less than", 0: "the same as", 1: "more than"}[less_or_more]
    fits_on_the_screen(shown, page)


def nothing_is_left_out(reader, page):
    """Every connection has a line, or is counted among those that send or return 0."""
    connections = sum(reader.sharing.values()) if reader.sharing else len(reader.w)
    forward = page[page.index("## 2.") : page.index("## 3.")]
    lines = len(re.findall(r"^  .* → .*: ", forward, re.MULTILINE))
    assert lines + sum(map(int, re.findall(r"\(and 0 by (\d+) more\)", forward))) == connections


def fits_on_the_screen(shown, page):
    on_screen = "".join(shown.split())
    in_page = "".join(line for line in page.splitlines() if not re.fullmatch(r"```|[| -]+", line))
    for signs in ("|", "#"):
        in_page = in_page.replace(signs, "")
    assert sorted(on_screen) == sorted("".join(in_page.split()))
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_what_the_terminal_shows_comes_out_as_well():
    shown, page = told("experiment=symmetry")
    reader = Reader(page)
    reader.lines = 0
    for line in re.sub(r"\n {4,}(?=\S)", " ", shown).splitlines():
        in_words = re.sub(r"^(\S+ → \S+) {2,}", r"\1: ", line)
        reader.equations(re.split(r" {2,}(?=[\d.]+ %)", in_words)[0].rstrip())
    assert reader.wrong == []
    assert reader.lines == 49


@pytest.mark.parametrize(
    "settings",
    [
        ["experiment=xor"],
        ["experiment=xor", "reading=two_hidden_case_updates"],
        ["experiment=iterative", "experiment.recipe.error=mean", "experiment.recipe.decay=0.002"],
        ["experiment=shift_register", "experiment.recipe.dead_zone=from_target"],
    ],
    ids=" ".join,
)
def test_one_wrong_digit_is_found_wherever_it_stands(settings):
    _, page = told(*settings)
    tried, missed = 0, []
    for start, line in lines_with_numbers(page):
        for found in re.finditer(rf"(?<![\w@.]){NUMBER}(?![\w@%' →]*→)(?=$|[ )/])", line):
            if found.start() < line.find(": "):
                continue
            last = re.search(r"\d(?=$|e)", found[0])
            wrong = found[0][: last.start()] + str((int(last[0]) + 1) % 10) + found[0][last.end() :]
            tried += 1
            if not complains(page[: start + found.start()] + wrong + page[start + found.end() :]):
                missed.append((line, found[0]))
    assert tried > 190
    assert [where for where in missed if not is_excused(*where)] == []


def lines_with_numbers(page):
    """Where each line of working and each row of a table of parts 1 to 5 starts, and the line."""
    for found in re.finditer(r"^.*$", page[: page.index("## 6.")], re.MULTILINE):
        line = found[0]
        if re.match(r"\| .* → |\| (?!weight)\w+ \| -?\d|  |.* → .*: |E of ", line) and "equation" not in line:
            yield found.start(), line


def complains(page):
    try:
        return bool(Reader(page).wrong)
    except (AssertionError, AttributeError, KeyError, ValueError, TypeError, ArithmeticError):
        return True


def is_excused(line, number):
    """What does not come from other numbers on the page: autograd's, E of a changed weight, and what is rounded off."""
    cells = line.strip("| ").split(" | ")
    outcome = re.findall(NUMBER, cells[-1].replace("too small", "0"))[-1]
    decimals = [-Decimal(text).as_tuple().exponent for text in (number, outcome)]
    return (len(cells) == 6 and number in cells[2:5]) or ("%" not in line and decimals[0] > decimals[1])


def readings():
    """Every reading that is neither large nor a product of questions, of which the literal one stands for all."""
    found = {stem: list(load(stem).experiment.conditions) for stem in stems()}
    some = {stem: names[:1] if load(stem).experiment.axes else names for stem, names in found.items()}
    return [(stem, name) for stem, names in some.items() for name in names if not name.startswith("variable")]


@pytest.mark.parametrize(("stem", "reading"), readings(), ids=str)
def test_the_pencil_agrees_with_the_network(stem, reading, monkeypatch):
    """With thirty digits instead of six, to what float64 can say."""
    monkeypatch.setattr(pencil, "PENCIL", Context(30, ROUND_HALF_UP, MIN_EMIN, MAX_EMAX))
    problem, recipe = import_module(f"backprop86.problems.{stem}"), load(stem).experiment.recipe_of(reading)
    step = first_step(problem, recipe)
    network, error = Network(step.wiring), recipe.squared_error()
    inputs, d = torch.tensor(step.cases.inputs[step.group]), torch.tensor(step.cases.desired[step.group])
    w = torch.tensor(step.w0[None])
    outputs, cache = network.forward(inputs, w)
    E, error_cache = error.forward(outputs, d)
    _, gradients = network.backward(error.backward(1.0, error_cache)[0], cache)
    right, by_hand = gradients["w"][0].numpy(), np.array([float(value) for value in step.dE_dw])
    parts = sum(np.abs([float(value) for value in one.dE_dw]) for one in step.worked.values())
    assert np.abs(by_hand - right).max() <= 1e-13 * parts.max()
    assert float(step.E) == pytest.approx(E.item(), rel=1e-12)
    largest = torch.tensor(largest_weights(step.wiring, recipe.biases))
    after, _ = recipe.descent().step(w, torch.zeros_like(w), gradients["w"], 1, largest)
    moved = np.array([float(one.w) for one in step.nudges])
    assert moved == pytest.approx(after[0].numpy(), rel=1e-12, abs=1e-14)
    beside = measured(step)
    assert beside.gradient == pytest.approx(right, rel=1e-9, abs=1e-14)
    assert (beside.larger - beside.smaller) / 0.002 == pytest.approx(right, rel=1e-3, abs=3e-3 * np.abs(right).max())


@pytest.mark.parametrize("stem", stems())
def test_six_digits_are_enough_for_five(stem):
    experiment = load(stem).experiment
    step = first_step(
        import_module(f"backprop86.problems.{stem}"), experiment.recipe_of(next(iter(experiment.conditions)))
    )
    by_hand = np.array([float(value) for value in step.dE_dw])
    parts = sum(np.abs([float(value) for value in one.dE_dw]) for one in step.worked.values())
    assert np.abs(by_hand - measured(step).gradient).max() <= 1e-5 * parts.max()


def test_repeating_is_what_the_engines_do():
    recipe = load("xor").experiment.recipe_of("as_printed")
    step = first_step(xor, recipe, seed=3)
    found, solved = repeated(step, measured(step).gradient)
    assert [one.after for one in found] == ["before", "this step", "10 sweeps", "100 sweeps", "1,000 sweeps"]
    w, _ = trajectory(Job(step.wiring, step.cases, replace(recipe, sweeps=SWEEPS[-1]), step.w0[None]))
    network, inputs = Network(step.wiring), torch.tensor(step.cases.inputs)
    d = torch.tensor(0.1 + 0.8 * step.cases.desired)
    for one, sweep in zip(found, (0, 1, *SWEEPS), strict=True):
        y = network.forward(inputs, w[sweep])[0][0]
        assert one.outputs == pytest.approx(y.numpy(), rel=1e-6)
        assert pytest.approx(((y - d) ** 2).sum().item() / 2, rel=1e-6) == one.E
    assert solved == run_condition(xor, recipe, [3])["sweeps"][0] > 100
    assert repeated(first_step(xor, recipe, seed=2), np.zeros(7))[1] == UNSOLVED


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["case=7"], "case must be 0 to 3, was 7"),
        (["case=-1"], "case must be 0 to 3, was -1"),
        (["case=one"], "case must be a whole number, was one"),
        (["seed=-1"], "seed must be 0 or more, was -1"),
        (["seed="], "seed must be a whole number, was nothing"),
        (["seed=18446744073709551616"], "seed must be below 2^64, was 18446744073709551616"),
        (["sed=3"], "sed is not a setting here; did you mean seed?"),
        (["seeds=3"], "seeds is not a setting here; did you mean seed?"),
        (["--markdwn"], "--markdwn is not a setting here; did you mean experiment, reading, seed or case?"),
        (["experiment=family_trees", "case=98"], "case must be one that seed 0 is trained on, was 98, which is held"),
        (["reading=lips"], "reading must be all, as_printed, to_sweep_558,"),
        (["experiment.recipe.network=nine"], "network must be one_hidden_direct or, say, 2_hidden, was nine"),
    ],
)
def test_what_cannot_be_explained(settings, line):
    from explain import parts_of

    with pytest.raises(ValueError, match=r".+") as refused:
        parts_of(*settings)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_the_case_is_the_first_after_0_that_the_seed_is_trained_on():
    recipe = load("t_c").experiment.recipe_of("positions")
    problem = import_module("backprop86.problems.t_c")
    chosen = {seed: first_step(problem, recipe, seed) for seed in range(8)}
    assert all(step.case == min(c for c in step.trained if c) for step in chosen.values())
    assert len({step.case for step in chosen.values()}) > 1


def command(*arguments, **environment):
    script = [sys.executable, ROOT / "experiments" / "explain.py", *arguments]
    return subprocess.run(script, capture_output=True, check=False, timeout=120, env=environment or None)


def test_the_command(tmp_path):
    piped = command()
    assert (piped.returncode, piped.stderr) == (0, b"")
    shown, page = told("experiment=xor", "seed=0", "case=1")
    assert piped.stdout.decode() == shown
    assert b"\x1b" not in piped.stdout
    assert command("--markdown").stdout.decode() == page
    wrong = command("experiment.recipe.epsilom=1", "--markdown")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert wrong.stderr == b"error: experiment.recipe.epsilom is not a setting; did you mean epsilon?\n"


@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_window_of_another_width(width):
    shown, page = told("experiment=xor", width=width)
    assert max(len(line) for line in shown.splitlines()) <= min(width, 80)
    assert set(re.findall(r"\S+", page.replace("|", " "))) - set(shown.split()) <= {"#", "##", "```", "---"}


def test_a_number_on_paper():
    written = {"0.333333": 1 / 3, "-6.66667e-6": -2e-5 / 3, "0.123457": Decimal("0.1234565"), "0": 0.0}
    assert [pencil.show(pencil.rounded(value)) for value in written.values()] == list(written)
    assert pencil.added([Decimal("0.5"), Decimal("-0.25"), Decimal(0), Decimal("1e-7")]) == "0.5 - 0.25 + 0 + 1e-7"
    assert [pencil.exactly(value) for value in (0.1, 10, 1e-8)] == [Decimal("0.1"), Decimal(10), Decimal("1e-8")]
    assert pencil.shares([Decimal(1), Decimal(-3)]) == ["25.0 %", "75.0 %"]
    assert pencil.shares([Decimal(0)] * 2) == ["", ""]


def test_a_unit_that_is_nearly_on_keeps_six_digits_of_what_is_left():
    assert pencil.logistic(Decimal("11.2")) == Decimal("0.9999863260")
    assert 1 - pencil.logistic(Decimal(30)) == pencil.logistic(Decimal(-30)) == Decimal("9.35762e-14")


WORDS = {
    ("xor", "as_printed"): [
        "drawn at random, between -0.3 and 0.3.",
        "ε = 0.5 and α = 0.9.",
        "counts as solved: each",
        "One step does little.",
        "on if exactly one of two",
        "On means 0.9 here",
    ],
    ("depth", "8_layers/weights_up_to_0.3"): ["| too small |"],
    ("symmetry", "as_printed"): ["E does not fall all the way", "is a row of six bits the same read from either end?"],
    ("t_c", "as_printed"): ["The step was too long.", "E hardly falls", "The net has 276 connections"],
    ("xor", "fig5_rate_1"): [
        "1. The weights it begins with",
        "The weights begin as those called fig5, each with a draw between -0.05 and 0.05 added.",
    ],
    ("xor", "case_updates"): ["the weights change after every case, so this", "Then comes the next case", "1 sweep "],
    ("xor", "case_error_0.01"): ["below 0.5, and no case has an E above 0.01."],
    ("symmetry_breaking", "equal"): ["all weights begin as one number, drawn between -0.3 and 0.3. See"],
    ("symmetry_breaking", "nearly_equal_1e-4"): ["and 0.3, give or take 0.0001."],
    ("symmetry", "mean_error"): ["In this reading E is a mean: divided by 64, cases times outputs."],
    ("symmetry", "biases_from_zero"): ["The biases begin at 0.", "| 1 → h1 | 0 |"],
    ("shift_register", "as_printed"): ["begin at or below 0 and are held there.", "would be above 0 is put back to 0."],
    ("iterative", "no_biases"): ["There are no biases.", "Some connections share one weight."],
    ("family_trees", "rate_x20_from_target"): ["above 0.8, or off and below 0.2, that is near enough"],
    ("family_trees", "as_printed"): [
        "The distance of others is taken from there.",
        "shrinks by the fraction 0.002.",
        "× (1 - 0.002) = ",
        "the first 20 sweeps; later ε = 0.01 and α = 0.9.",
    ],
}


@pytest.mark.parametrize(("of", "words"), WORDS.items(), ids=str)
def test_what_is_said_of_a_reading(of, words):
    stem, reading = of
    problem, experiment = import_module(f"backprop86.problems.{stem}"), load(stem).experiment
    page = written(explain(problem, experiment.recipe_of(reading), experiment.title))
    assert page.startswith(f"# One step: {experiment.title}, seed 0, case ")
    assert [told for told in words if told not in page] == []
    plain = load("xor").experiment
    said = written(explain(xor, plain.recipe_of("as_printed"), plain.title)) if of != ("xor", "as_printed") else ""
    assert [told for told in words if told in said] == []
    assert ("The distance of others" in page) == (of == ("family_trees", "as_printed"))


def test_what_is_said_of_the_course_of_training():
    experiment = load("xor").experiment
    by_case = written(explain(xor, experiment.recipe_of("case_updates"), experiment.title))
    assert "What serves one case need not serve them all." in by_case  # E of all cases has risen
    for untrue in ("The step was too long.", "E hardly falls", "E does not fall all the way"):
        assert untrue not in by_case  # from 100 to 1,000 sweeps it has been learned
    trees = load("family_trees").experiment
    stuck = written(explain(family_trees, trees.recipe_of("case_updates"), trees.title))
    assert "From 100 to 1,000 sweeps E hardly falls: a plateau, or a minimum." in stuck
