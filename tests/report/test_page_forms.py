"""The forms of a printed net: each does what the printed net does, and the nearest to a net is found among them."""

import json

import numpy as np
import pytest

from backprop86.engines.outputs import states
from backprop86.figures.symmetry import turned
from backprop86.report.figures_of import own_picture
from backprop86.report.replay import replay_of
from backprop86.running.problem import wiring_of
from backprop86.running.settings import load
from in_javascript import PAGE, node

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORMS = """
import { readFileSync } from "node:fs";
const { formsOf, nearest, inWords } = await import(process.argv[1]);
const { wiring, cases, printed, like } = JSON.parse(readFileSync(0)), forms = formsOf(wiring, cases, printed);
const best = nearest(forms, like);
console.log(JSON.stringify({
  w: forms.map(({ w }) => [...w]), caseOf: forms.map(({ caseOf }) => caseOf),
  best: [...best.w], words: inWords(wiring, best),
}));
"""
PRINTED = [("xor", "as_printed"), ("xor", "two_hidden/as_printed"), ("symmetry", "as_printed")]


def forms(stem, reading, like=None):
    """Return the net, its cases, the printed weights, and their forms as the page has them."""
    experiment = load(stem).experiment
    recipe, given = experiment.recipe_of(reading), replay_of(experiment, reading, None, 0)
    printed = next(iter(own_picture(stem, recipe.network).printed.values()))
    task = {"wiring": given["wiring"], "cases": given["cases"], "printed": printed}
    task["like"] = printed if like is None else like(np.array(printed)).tolist()
    words = "--input-type=module", "-e", FORMS, (PAGE / "view/net/forms.js").as_uri()
    found = json.loads(node(*words, given=json.dumps(task).encode()))
    return wiring_of(experiment.problem.wiring, recipe), experiment.problem.cases(recipe), np.array(printed), found


@pytest.mark.parametrize(("stem", "reading"), PRINTED)
def test_every_form_does_what_the_printed_net_does(stem, reading):
    net, cases, printed, found = forms(stem, reading)
    w, case_of = np.array(found["w"]), np.array(found["caseOf"])
    hidden = len(net.hidden)
    of_inputs, of_hidden = {2: 4, 6: 2**3 * 6 * 2**3}[net.n_inputs], {1: 2, 2: 2 * 2**2}[hidden]
    assert len(w) == of_inputs * of_hidden
    desired = cases.desired[:, 0]
    assert np.array_equal(desired[case_of], np.tile(desired, (len(w), 1)))
    right = states(net, cases.inputs, printed[None])[0][:, net.outputs[0]]
    outputs = states(net, cases.inputs, w)[:, :, net.outputs[0]]
    np.testing.assert_allclose(outputs, right[case_of], rtol=0, atol=1e-12)
    same = (case_of == np.arange(len(desired))).all(1)
    assert same.sum() == of_hidden
    assert np.abs(w - printed).sum(1)[0] == 0


def exchanged(printed):
    """The net of N Fig. 1 with its hidden units in the other order, a little changed."""
    return np.r_[printed[7:14], printed[:7], printed[14], printed[16], printed[15]] + 0.01 * np.arange(17)


def test_the_nearest_form_is_at_least_as_near_as_that_of_the_figure():
    _, _, printed, found = forms("symmetry", "as_printed", exchanged)
    best, like = np.array(found["best"]), exchanged(printed)
    assert np.abs(best - like).sum() <= np.abs(turned(printed, like) - like).sum() + 1e-12
    assert np.abs(best - like).sum() == pytest.approx(np.abs(np.array(found["w"]) - like).sum(1).min())
    assert np.abs(best - like).max() <= 0.17


def inverted(printed):
    """The net of P Fig. 3 with its hidden unit inverted."""
    return np.r_[-printed[:3], printed[3] + printed[6], printed[4:6], -printed[6]]


def test_a_form_is_told_in_words():
    _, _, printed, found = forms("xor", "as_printed", inverted)
    assert found["best"] == pytest.approx(inverted(printed), abs=1e-12)
    assert found["words"] == ["h1 inverted"]
    *_, found = forms("symmetry", "as_printed", exchanged)
    assert found["words"] == ["hidden units in another order"]
    for stem, reading in PRINTED:
        *_, found = forms(stem, reading)
        assert found["words"] == []
