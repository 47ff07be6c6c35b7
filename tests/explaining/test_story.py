"""One step with every number: the page is recomputed from its own numbers, and compared with the engines."""

import re
import subprocess
import sys
from decimal import Decimal
from functools import cache
from importlib import import_module

import numpy as np
import pytest

import explain as explain_py
from backprop86.explaining.command import parts_of
from backprop86.explaining.first_step import first_step
from backprop86.explaining.story import explain, parts_from
from backprop86.report.page import Part, text, written
from backprop86.running.cli import one_clear_line
from backprop86.running.problem import problem_of
from backprop86.running.settings import load
from by_hand import NUMBER, Reader
from counts import many
from helpers import ROOT


def told(*settings, width=80):
    """Return the page in a terminal of that width, and as Markdown."""
    parts = parts_of(*settings)
    return text(parts, width), written(parts)


SETTINGS = [
    ["experiment=xor"],
    ["experiment=xor", "case=0", "seed=17"],
    ["experiment=xor", "reading=two_hidden/case_updates", "case=3"],
    ["experiment=xor", "reading=fig5_rate_1", "case=2"],  # saturated units
    ["experiment=xor", "experiment.recipe.biases=none", "experiment.recipe.decay=0.002"],
    ["experiment=symmetry"],
    ["experiment=symmetry", "reading=mean_error", "case=63"],
    ["experiment=single_layer", "reading=range_9", "case=21"],
    ["experiment=symmetry_breaking", "reading=random/range_1e-8"],
    ["experiment=iterative"],  # unrolled, units that feed none
    ["experiment=shift_register", "case=6", "seed=1", "experiment.recipe.epsilon=2"],  # biases held at 0
    ["experiment=addition"],  # shortcuts
    ["experiment=t_c"],  # shared weights
]


LARGE_NETS = [
    ["experiment=t_c", "reading=positions"],  # case by case, some held out
    ["experiment=family_trees", "reading=as_printed"],  # dead zone from its edge, opening rates, decay
    ["experiment=sequence"],  # outputs that feed others, inputs of 0.2
]
SLOW = [pytest.param(settings, marks=pytest.mark.slow) for settings in LARGE_NETS]


@pytest.mark.parametrize("settings", [*SETTINGS, *SLOW], ids=" ".join)
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
    assert [line for line in shown.splitlines() if line != line.rstrip()] == []


def test_what_the_terminal_shows_comes_out_as_well():
    shown, page = told("experiment=symmetry")
    reader = Reader(page)
    reader.lines = 0
    for line in re.sub(r"\n {4,}(?=\S)", " ", shown).splitlines():
        in_words = re.sub(r"^(\S+ → \S+) {2,}", r"\1: ", line)
        reader.equations(re.split(r" {2,}(?=[\d.]+ %)", in_words)[0].rstrip())
    assert reader.wrong == []
    assert reader.lines == 49


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        ["experiment=xor"],
        ["experiment=xor", "reading=two_hidden/case_updates"],
        ["experiment=iterative", "experiment.recipe.error=mean", "experiment.recipe.decay=0.002"],
        ["experiment=shift_register", "experiment.recipe.dead_zone=from_target"],
    ],
    ids=" ".join,
)
def test_one_wrong_digit_is_found_wherever_it_stands(settings):
    _, page = told(*settings)
    places, missed = list(places_of_digits(page)), []
    assert len(places) > 190
    for start, line, found in places[:: many(4, 1)]:
        last = re.search(r"\d(?=$|e)", found[0])
        wrong = found[0][: last.start()] + str((int(last[0]) + 1) % 10) + found[0][last.end() :]
        if not complains(page[: start + found.start()] + wrong + page[start + found.end() :]):
            missed.append((line, found[0]))
    assert [where for where in missed if not is_excused(*where)] == []


def places_of_digits(page):
    """Yield (start of the line, line, match) of each number; every fourth is spoilt without --thorough."""
    for start, line in lines_with_numbers(page):
        for found in re.finditer(rf"(?<![\w@.]){NUMBER}(?![\w@%' →]*→)(?=$|[ )/])", line):
            if found.start() > line.find(": "):
                yield start, line, found


def lines_with_numbers(page):
    """Yield the start of each line of working and each row of a table of parts 1 to 5, and the line."""
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
    """Return whether a number comes from no others on the page: autograd's, E of a changed weight, or rounded off."""
    cells = line.strip("| ").split(" | ")
    outcome = re.findall(NUMBER, cells[-1].replace("too small", "0"))[-1]
    decimals = [-Decimal(text).as_tuple().exponent for text in (number, outcome)]
    return (len(cells) == 6 and number in cells[2:5]) or ("%" not in line and decimals[0] > decimals[1])


def test_the_case_is_the_first_after_0_that_the_seed_is_trained_on():
    recipe = load("t_c").experiment.recipe_of("positions")
    problem = import_module("backprop86.problems.t_c")
    chosen = {seed: first_step(problem, recipe, seed) for seed in range(8)}
    assert all(step.case == min(c for c in step.trained if c) for step in chosen.values())
    assert len({step.case for step in chosen.values()}) > 1


@pytest.mark.slow
def test_the_command():
    script = [sys.executable, ROOT / "experiments" / "explain.py"]
    piped = subprocess.run(script, capture_output=True, check=False, timeout=120)
    assert (piped.returncode, piped.stderr) == (0, b"")
    shown, _ = told("experiment=xor", "seed=0", "case=1")
    assert piped.stdout.decode() == shown
    assert b"\x1b" not in piped.stdout


@pytest.mark.slow
def test_the_command_writes_markdown_or_one_line(capsys, monkeypatch):
    _, page = told("case=2")
    monkeypatch.setattr(sys, "argv", ["explain.py", "case=2", "--markdown"])
    explain_py.main()
    assert capsys.readouterr().out == page
    monkeypatch.setattr(sys, "argv", ["explain.py", "experiment.recipe.epsilom=1"])
    with pytest.raises(SystemExit) as ended, one_clear_line():
        explain_py.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: experiment.recipe.epsilom is not a setting; did you mean epsilon?\n"


@pytest.mark.slow
@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_window_of_another_width(width):
    shown, page = told("experiment=xor", width=width)
    assert max(len(line) for line in shown.splitlines()) <= min(width, 80)
    assert set(re.findall(r"\S+", page.replace("|", " "))) - set(shown.split()) <= {"#", "##", "```", "---"}


def test_a_page_is_cut_into_parts_at_its_headings_and_blank_lines():
    text = "# A title\n\nOne line,\n  a next.\n\n\n[[some]]\n\n# Next\n\n```\n  x = 1\ny\n```\n"
    parts = [Part("A title", ["One line, a next.", "first", ["second"]]), Part("Next", [["  x = 1", "y"]])]
    assert parts_from(text, {"some": ["first", ["second"]], "not named": ["third"]}) == parts
    with pytest.raises(KeyError, match="some"):
        parts_from(text, {})


WORDS = {
    ("xor", "as_printed"): [
        "drawn at random, between -0.3 and 0.3.",
        "On means 0.9 here, off 0.1, and not 1 and 0, which a unit can come near but never reach.",
        "These connections skip a level: i1 → o1, i2 → o1.",
        "ε = 0.5 and α = 0.9.",
        "it has learned: each",
        "One step changes little.",
        "on if exactly one of two",
        "On means 0.9 here",
    ],
    ("depth", "8_layers/weights_up_to_0.3"): ["| too small |", "On means 1 here, off 0, which a unit can come near"],
    ("xor", "two_hidden"): ["Why random? Hidden units that begin equal"],
    ("symmetry", "as_printed"): [
        "E does not fall all the way: from sweep 2 to 3 it rises from 2.29 to 2.77.",
        "is a row of six bits the same read from either end?",
    ],
    ("t_c", "as_printed"): [
        "The step was too long.",
        "E hardly falls",
        "The net has 276 connections",
        "The net is not drawn: it has 276",
    ],
    ("xor", "fig5_rate_1"): [
        "1. The initial weights",
        "The initial weights are called fig5; a draw between -0.05 and 0.05 is added to each.",
    ],
    ("xor", "case_updates"): ["the weights change after every case, so this", "Then comes the next case"],
    ("chauvin", "2_hidden/as_printed/rate_0.25"): ["below 0.5, and no case has an E above 0.01."],
    ("symmetry_breaking", "as_printed"): ["all weights begin as one number, drawn between -0.3 and 0.3. The page"],
    ("symmetry_breaking", "nearly_equal"): ["and 0.3, give or take 0.0001."],
    ("symmetry", "mean_error"): ["In this reading E is a mean: divided by 64, cases times outputs."],
    ("symmetry", "biases_from_zero"): ["The biases begin at 0.", "| 1 → h1 | 0 |"],
    ("shift_register", "as_printed"): ["begin at or below 0 and are held there.", "would be above 0 is set to 0."],
    ("iterative", "no_biases"): ["There are no biases.", "Some connections share one weight."],
    ("family_trees", "rate_x20_from_target"): ["above 0.8, or off and below 0.2, that is near enough"],
    ("family_trees", "as_printed"): [
        "The distance of other outputs is taken from there.",
        "shrinks by the fraction 0.002.",
        "× (1 - 0.002) = ",
        "the first 20 sweeps; later ε = 0.01 and α = 0.9.",
    ],
}


@cache
def plain():
    """Return the page without any setting."""
    return written(parts_of())


@pytest.mark.slow
@pytest.mark.parametrize(("of", "words"), WORDS.items(), ids=[" ".join(of) for of in WORDS])
def test_what_is_said_of_a_reading(of, words):
    stem, reading = of
    problem, experiment = problem_of(stem), load(stem).experiment
    page = written(explain(problem, experiment.recipe_of(reading), experiment.title))
    title = experiment.title.replace("XOR", "XOR")
    assert page.startswith(f"# One step: {title}, seed 0, case ")
    assert "xclusive or" not in page
    assert [told for told in words if told not in page] == []
    said = plain() if of != ("xor", "as_printed") else ""
    assert [told for told in words if told in said] == []
    assert ("The distance of other outputs" in page) == (of == ("family_trees", "as_printed"))


@pytest.mark.slow
def test_the_early_level_is_said_to_have_the_larger_share_where_it_has():
    _, page = told("experiment=chauvin", "reading=32_hidden/range_1/rate_0.25", "seed=0")
    assert Reader(page).wrong == []
    assert "The level next to the inputs has the larger share here." in page
    assert "which is more than 4." in page
    assert "smaller share" not in page
    lied = page.replace("has the larger share here", "has the smaller share. With")
    assert Reader(lied).wrong != []
