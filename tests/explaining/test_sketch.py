"""A small net in a few lines of text."""

import re

import pytest

from backprop86.explaining.sketch import levels, sketch, skipping
from backprop86.running.problem import problem_of, wiring_of
from backprop86.running.settings import load, stems
from backprop86.wiring import layered, wire

DRAWN = """\
i1⠤⠤⣤⡤⣀⣀⣀⡀
     ⠈⠉⠑⠒⠬⢍⣉⡉⠑⠒⠒⠒⠤⠤⠤⢄⣀⣀⣀⡀
            ⢈⣉⠶⠦1─h1⠤⠤⠤⠤⢬⣭⣭⣭⠶⠶⠶⠦1─o1
     ⢀⣀⡠⠤⢒⣊⣉⣁⡠⠤⠤⠤⠒⠒⠒⠊⠉⠉⠉⠁
i2⠔⠒⠛⠓⠉⠉⠉⠁"""


def test_a_small_net_is_drawn():
    assert "\n".join(sketch(layered(2, 1, 1, shortcuts=True))) == DRAWN
    bare = layered(2, 1, 1).without_biases()
    assert not any("1─" in line for line in sketch(bare))
    assert len("".join(sketch(bare))) < len(DRAWN.replace("\n", "").replace("1─", ""))  # no lines past h1


@pytest.mark.slow
def test_every_unit_is_drawn_once_and_those_of_a_level_below_each_other():
    drawn = 0
    for stem in stems():
        experiment, problem = load(stem).experiment, problem_of(stem)
        wiring = wiring_of(problem.wiring, experiment.recipe_of(next(iter(experiment.every_reading))))
        if lines := sketch(wiring):
            assert len(lines) <= 10, stem
            assert max(map(len, lines)) <= 76, stem
            column = {name: column_of(name, lines) for name in wiring.units[1:]}
            assert all(len({column[wiring.units[unit]] for unit in level}) == 1 for level in levels(wiring)), stem
            biases = {wiring.units[target] for target in wiring.target[wiring.source == 0]}
            assert {name for name in column if f"1─{name}" in "".join(lines)} == biases, stem
            drawn += 1
    assert drawn >= 10


def column_of(name, lines):
    """Return the place where a unit, with its bias, begins in the one line that has it."""
    label = rf"(?:1─)?(?<![\w'.]){re.escape(name)}(?![\w'@.])"
    (column,) = [found.start() for line in lines for found in re.finditer(label, line)]
    return column


def test_one_line_joins_two_units_and_no_line_where_there_is_no_connection():
    """Where units are far apart, the dots between two labels follow from the connections alone."""
    assert sketch(wire(["a", "b"], {"c": ["1", "a"], "d": ["b"]}, ["c", "d"])) == [
        "a⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤1─c",
        "",
        "",
        "",
        "b⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤d",
    ]
    assert skipping(layered(2, 1, 1, shortcuts=True)) == [(1, 4), (2, 4)]
    assert skipping(layered(2, 2, 2, 1)) == []
    assert sketch(layered(8, 8, 1)) == []
