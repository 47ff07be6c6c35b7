"""Every file of figures/ follows the Protocol, and an experiment needs none."""

from inspect import signature

import pytest

from backprop86.report.figures_of import figures_of, own_figures, own_table
from backprop86.running.runs import Runs
from backprop86.running.settings import load, stems


@pytest.mark.parametrize("stem", stems())
def test_every_file_keeps_the_protocol(stem):
    figures = figures_of(stem)
    assert (figures is not None) == bool(load(stem).experiment.figures)
    for name in ("draw", "table"):
        if function := getattr(figures, name, None):
            assert list(signature(function).parameters) == ["runs"], name


def test_an_experiment_without_figures_of_its_own():
    none = Runs("invented", {}, {})
    assert (figures_of("invented"), own_figures("invented", none), own_table("invented", none)) == (None, {}, None)
    assert own_table("xor", none) is None
