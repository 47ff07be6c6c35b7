"""The parts of a sweep: every operation belongs to one, and runs alone."""

import numpy as np
import pytest

from backprop86.engines import parts
from backprop86.engines.fused import net_of
from backprop86.engines.limit import limit
from backprop86.engines.recipe import Recipe
from backprop86.problems import family_trees, sequence

NETS = {
    "family trees": (family_trees, Recipe("five_layers", 10, 0.01, 0.9, stop="limit")),
    "sequence": (sequence, Recipe("fixed_timing", 10, 0.01, 0.9, stop="limit")),
}


@pytest.mark.parametrize("name", NETS)
def test_every_operation_belongs_to_one_part(name):
    problem, recipe = NETS[name]
    net = net_of(problem.wiring(recipe), problem.cases(recipe), recipe)
    alone = [parts.only(net, codes) for codes in parts.PARTS.values()]
    assert sum(len(one.order) for one in alone) == len(net.order)
    assert all(len(one.order) for one in alone)
    for one in [*alone, parts.only(net, [])]:
        for tile in range(0, len(net.starts) - 1, 2):
            whole, some = (each.order[each.starts[tile] : each.starts[tile + 2]].tolist() for each in (net, one))
            assert [place for place in whole if place in some] == some


def test_a_table_of_parts(monkeypatch):
    problem, recipe = NETS["family trees"]
    wiring, cases = problem.wiring(recipe), problem.cases(recipe)
    monkeypatch.setattr(parts, "SECONDS", 0.01)
    rates = {"matrix_rate": 2e9, "logistic_rate": 1e8}
    for name, rate in rates.items():
        monkeypatch.setattr(parts, name, lambda rate=rate: rate)
        monkeypatch.setattr(f"backprop86.engines.limit.{name}", lambda rate=rate: rate)
    table = parts.parts(wiring, cases, recipe).set_index("part")
    assert [*table.index] == [*parts.PARTS, parts.CHANGE, parts.WHOLE]
    assert (table["microseconds"].drop(parts.ERRORS) > 0).all()
    assert table["share"][parts.WHOLE] == 1
    at_least = table["at_the_limit"]
    assert at_least[parts.WHOLE] == pytest.approx(1e6 * parts.cores() / limit(wiring, cases, recipe))
    assert at_least[parts.WHOLE] == pytest.approx(at_least.drop(parts.WHOLE).sum())
    assert np.isfinite(table.to_numpy()).all()
