"""Every file of problems/ follows the Protocol, with the same names and arguments."""

from inspect import signature

import numpy as np
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running.problem import Problem, counted_of, problem_of, start_of, validate
from backprop86.running.settings import stems
from backprop86.wiring import layered


def arguments(function, skip=0):
    return list(signature(function).parameters)[skip:]


@pytest.mark.parametrize("stem", stems())
def test_every_problem_keeps_the_protocol(stem):
    problem = problem_of(stem)
    for name in ("wiring", "cases", "measure"):
        assert arguments(getattr(problem, name)) == arguments(getattr(Problem, name), skip=1), name
    if hasattr(problem, "counted"):
        assert arguments(problem.counted) == ["recipe", "seeds"]


def test_what_cannot_be_asked_of_a_problem():
    symmetry = problem_of("symmetry")
    with pytest.raises(BadInput, match=r"^held_out must be none, as this problem holds no cases out, was random$"):
        counted_of(symmetry, Recipe("two_hidden", held_out="random"), [0])
    with pytest.raises(BadInput, match=r"^start must be drawn or equal, was fig5$"):
        start_of(symmetry, Recipe("two_hidden", start="fig5"), layered(6, 2, 1), [0])
    assert len(validate(symmetry, Recipe("two_hidden")).levels) == 2
    assert np.isfinite(start_of(symmetry, Recipe("two_hidden"), layered(6, 2, 1), [3])).all()
