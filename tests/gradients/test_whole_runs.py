"""Whole runs by hand and by autograd stay together to rounding; where they part, one bit makes runs part too."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from backprop86.descent import Descent
from backprop86.engines.recipe import Job
from backprop86.engines.reference import every_sweep, train
from backprop86.gradients.whole_runs import apart, compared, one_bit_away, trajectory, with_sgd
from backprop86.network import Network
from backprop86.running.problem import counted_of, problem_of, start_of, wiring_of
from backprop86.running.settings import load


def setup(stem, reading, sweeps, seeds=(0, 1, 2)):
    experiment, problem = load(stem).experiment, problem_of(stem)
    recipe = replace(experiment.recipe_of(reading), sweeps=sweeps, stop="limit", dtype="float64")
    wiring = wiring_of(problem.wiring, recipe)
    w = start_of(problem, recipe, wiring, list(seeds))
    return Job(wiring, problem.cases(recipe), recipe, w, counted_of(problem, recipe, list(seeds)))


def changed(job, **settings):
    return replace(job, recipe=replace(job.recipe, **settings))


FOLLOWED = [
    ("symmetry", "as_printed", 60),
    ("symmetry", "mean_error", 20),
    ("symmetry", "case_updates", 3),
    ("family_trees", "as_printed", 25),
    ("family_trees", "rate_x20_from_target", 5),
    ("iterative", "as_printed", 40),
    ("xor", "as_printed", 60),
    ("addition", "as_printed", 40),
    ("t_c", "as_printed", 40),
    ("shift_register", "as_printed", 40),
    ("sequence", "as_printed", 4),
]


@pytest.mark.parametrize(("stem", "reading", "sweeps"), FOLLOWED)
def test_by_hand_and_by_autograd_are_one_run(stem, reading, sweeps):
    run = setup(stem, reading, sweeps)
    by_hand, by_autograd = every_sweep(run), trajectory(run)
    far = apart(by_hand, by_autograd)
    assert far.shape == (sweeps + 1, 3, 2)
    assert far.max() < 1e-12
    assert (by_hand[0][-1] - by_hand[0][0]).abs().max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("update", ["sweep", "case"])
@pytest.mark.parametrize("error", ["sum", "mean"])
def test_cases_that_are_held_out(update, error):
    # each seed holds out four others: after such a case nothing changes, and the mean is over those that count
    run = changed(setup("family_trees", "rate_x20", 1, (0, 1)), update=update, error=error)
    assert (run.counted.sum(1) == 100).all()
    assert apart(every_sweep(run), trajectory(run)).max() < 1e-12


def test_every_sweep_ends_where_training_ends():
    for seeds in ((0, 1, 2), (5,)):
        run = setup("family_trees", "rate_x20", 25, seeds)
        (w, E), outcome = every_sweep(run), train(run)
        assert w.shape == (26, len(seeds), run.wiring.n_parameters)
        assert np.array_equal(w[0].numpy(), run.w)
        assert np.array_equal(w[-1].numpy(), outcome.w)
        assert np.array_equal(E[-1].numpy(), outcome.error)


@pytest.mark.slow
def test_where_rates_are_large_one_bit_decides_as_much_as_autograd():
    run = setup("family_trees", "range_1_rate_x20", 300)
    rows = compared(run).set_index(["against", "sweep"])
    for other in ("autograd", "fused engine", "one bit away"):
        assert rows.loc[(other, 10), "weights_most"] < 1e-13
        assert rows.loc[(other, 300), "weights_most"] > 1e-6
    assert rows.loc[("autograd", 0), "weights_most"] == 0
    assert 0 < rows.loc[("one bit away", 0), "weights_most"] < 1e-15


@pytest.mark.slow
def test_torch_sgd_parts_when_the_rate_changes_after_sweep_20():
    run = setup("family_trees", "as_printed", 22)
    far = apart(every_sweep(run), with_sgd(run))[..., 0].amax(1)
    assert far[:21].max() < 1e-14
    assert far[21] > 1e-3
    constant = changed(run, opening_sweeps=0)
    assert apart(every_sweep(constant), with_sgd(constant)).max() < 1e-13
    assert "torch.optim.SGD" in set(compared(run)["against"])
    assert "torch.optim.SGD" not in set(compared(constant)["against"])
    opening = {"opening_sweeps": 1, "opening_epsilon": 0.1, "opening_alpha": 0.5}
    by_case = changed(setup("xor", "as_printed", 2), update="case", **opening)
    assert "torch.optim.SGD" not in set(compared(by_case)["against"])


@pytest.mark.slow
def test_what_sgd_does_instead():
    # what it remembers at sweep 20, times the new rate over the old one, is what equation 9 would have to remember
    job = changed(setup("family_trees", "as_printed", 21), decay=0.0)
    ours, theirs, recipe = every_sweep(job)[0], with_sgd(job)[0], job.recipe
    last = ours[20] - ours[19]
    factor = recipe.epsilon / recipe.opening_epsilon
    assert torch.allclose(theirs[21] - ours[21], recipe.alpha * (factor - 1) * last, rtol=1e-9, atol=1e-15)


def test_a_wrong_gradient_parts_at_once(monkeypatch):
    run = setup("xor", "as_printed", 20)
    right = Network.backward

    def wrong(self, *given, **named):
        dE_dinputs, gradients = right(self, *given, **named)
        return dE_dinputs, {"w": 1.001 * gradients["w"]}

    monkeypatch.setattr(Network, "backward", wrong)
    assert apart(every_sweep(run), trajectory(run))[-1, :, 0].min() > 1e-5


def test_a_wrong_rule_parts_at_once(monkeypatch):
    run = setup("xor", "as_printed", 20)
    monkeypatch.setattr(Descent, "rates", lambda self, sweep: (self.epsilon, 0.99 * self.alpha, self.decay))
    assert apart(every_sweep(run), trajectory(run))[-1, :, 0].min() > 1e-5


def test_apart_by_hand():
    ours = torch.tensor([[[1.0, -4.0]], [[2.0, 4.0]]]).double(), torch.tensor([[2.0], [1.0]])
    theirs = torch.tensor([[[1.0, -4.0]], [[2.0, 5.0]]]).double(), torch.tensor([[2.0], [0.5]])
    assert apart(ours, theirs).tolist() == [[[0, 0]], [[0.2, 0.25]]]


def test_one_bit_away():
    w = np.array([[0.5, -0.5], [0.0, 1e-3]])
    moved = one_bit_away(w)
    assert (moved > w).all()
    assert np.array_equal(np.nextafter(moved, -np.inf), w)


def test_compared_says_the_median_and_the_largest():
    run = setup("xor", "as_printed", 40)
    rows = compared(run)
    far = apart(every_sweep(run), trajectory(run))
    row = rows[(rows["against"] == "autograd") & (rows["sweep"] == 40)].iloc[0]
    assert row["weights"] == far[40, :, 0].median()
    assert row["weights_most"] == far[40, :, 0].max()
    assert (row["E"], row["E_most"]) == (far[40, :, 1].median(), far[40, :, 1].max())
    assert rows[rows["against"] == "autograd"]["sweep"].tolist()[:31] == list(range(31))
    assert rows["sweep"].max() == 40
    fused_path = rows[rows["against"] == "fused engine"].set_index("sweep")[["weights_most", "E_most"]]
    assert fused_path.loc[0, "weights_most"] == 0  # E is added up in another order
    assert fused_path.to_numpy().max() < 1e-13
    assert fused_path.loc[40, "weights_most"] > 0  # it rounds in another order
