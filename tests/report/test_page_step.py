"""The page's step and its what-ifs: numbers as the modules have them, forks that are what they say."""

import json
import re
from functools import cache, partial

import numpy as np
import pytest
import torch

from backprop86.engines.recipe import Job
from backprop86.engines.reference import every_sweep
from backprop86.modules import Linear, Logistic, SquaredError
from backprop86.network import Network
from backprop86.report.replay import replay_of
from backprop86.running.problem import start_of, wiring_of
from backprop86.running.settings import load
from helpers import ROOT
from in_javascript import node, ready

pytestmark = [pytest.mark.browser, pytest.mark.slow]

double = partial(torch.tensor, dtype=torch.float64)


@pytest.fixture
def visit(opened, page_site):
    """Return a function that opens the page at a moment of a run."""

    def visit(place):
        return ready(opened(f"{page_site}#{place}", viewport={"width": 1280, "height": 900}))

    return visit


def of_forks(what, stem, reading, seeds, **about):
    """Return what tests/of_forks.mjs says of each seed of a reading."""
    task = {"what": what, "replay": replay_of(load(stem).experiment, reading, None, 100), "seeds": list(seeds), **about}
    return json.loads(node(ROOT / "tests/of_forks.mjs", given=json.dumps(task).encode()))


RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
NUMBER = re.compile(r"(?<![\w.])−?\d[\d,]*(?:\.\d+)?(?: × 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?![\w])")


def numbers(text):
    """Return each number of a text, with half a unit of its last digit."""
    found = []
    for one in NUMBER.findall(text):
        digits, _, power = one.replace(",", "").replace("−", "-").partition(" × 10")
        scale = 10.0 ** int(power.translate(RAISED) or 0)
        places = len(digits.partition(".")[2])
        found.append((float(digits) * scale, 0.5001 * 10.0**-places * scale))
    return found


def assert_last(text, right):
    """The last number of a text must be the right one, to its last digit."""
    value, half = numbers(text)[-1]
    assert value == pytest.approx(float(right), abs=half), text


@cache
def by_modules(stem, reading, seed, sweep):
    """Train a seed with the reference engine; return its net, its cases, and w before and after the sweeps around."""
    experiment = load(stem).experiment
    recipe = experiment.recipe_of(reading).changed({"sweeps": sweep + 1, "stop": "limit", "moments": []}, "a test")
    problem = experiment.problem
    wiring = wiring_of(problem.wiring, recipe)
    job = Job(wiring, problem.cases(recipe), recipe, start_of(problem, recipe, wiring, [seed, seed + 1]), None)
    w, E = every_sweep(job)
    return wiring, job.cases, recipe, w[sweep - 1 :, 0].numpy(), float(E[sweep, 0])


def worked(stem, reading, seed, sweep, c):
    """Work one case by the modules, unit by unit; return x, y, dE/dy, dE/dx by unit, dE/dw, and E of the case."""
    wiring, cases, recipe, (_, w, _), _ = by_modules(stem, reading, seed, sweep)
    at = torch.tensor(w[wiring.parameter])
    into = {j: np.flatnonzero(wiring.target == j) for j in range(1 + wiring.n_inputs, wiring.n_units)}
    y = dict(enumerate([1.0, *cases.inputs[c].tolist()]))
    x, dE_dx, dE_dw, caches = {}, {}, np.zeros(len(w)), {}
    for j, feeds in into.items():
        below = double([[y[i] for i in wiring.source[feeds].tolist()]])
        out, linear = Linear.forward(below, at[feeds][None])
        squeezed, logistic = Logistic.forward(out)
        x[j], y[j], caches[j] = out.item(), squeezed.item(), (linear, logistic)
    outputs = double([[y[j] for j in wiring.outputs.tolist()]])
    error = SquaredError(recipe.target_on, recipe.target_off)
    E, cache = error.forward(outputs, double(cases.desired[c : c + 1]))
    own = error.backward(1.0, cache)[0][0].tolist()
    dE_dy = dict.fromkeys(into, 0.0) | dict(zip(wiring.outputs.tolist(), own, strict=True))
    for j, feeds in reversed(into.items()):
        linear, logistic = caches[j]
        down = Logistic.backward(double([[dE_dy[j]]]), logistic)[0]
        dE_dx[j] = down.item()
        returned, gradients = Linear.backward(down, linear)
        dE_dw[wiring.parameter[feeds]] += gradients["w"][0].numpy()
        for i, part in zip(wiring.source[feeds].tolist(), returned[0].tolist(), strict=True):
            if i in dE_dy:
                dE_dy[i] += part
    return x, y, dE_dy, dE_dx, dE_dw, E.item()


def lines(page, panel):
    """Return the lines of a panel."""
    return page.locator(f"#step-{panel} .lines p").all_inner_texts()


def rows(page):
    """Return the rows of the table of weights, by the name of the weight."""
    heads = page.locator("#step-nudge thead th").all_inner_texts()
    every = [row.locator("th, td").all_inner_texts() for row in page.locator("#step-nudge tbody tr").all()]
    return {row[0]: dict(zip(heads[1:], row[1:], strict=True)) for row in every}


def choose(page, case, unit):
    """Choose a case and a unit where a keyboard can."""
    page.locator("#step-case").select_option(label=case)
    page.locator("#step-unit").select_option(label=unit)
    page.wait_for_selector(f"#step-forward p:has-text('{unit} adds up')")
    page.evaluate("new Promise((resume) => requestAnimationFrame(() => requestAnimationFrame(resume)))")


PLACES = [("xor", "as_printed", 3, 250), ("xor", "two_hidden/as_printed", 3, 3_590), ("symmetry", "as_printed", 5, 300)]


@pytest.mark.results
@pytest.mark.parametrize("place", PLACES)
def test_the_panels_say_the_numbers_of_the_modules(visit, place):
    stem, reading, seed, sweep = place
    wiring, cases, recipe, (before, w, after), E = by_modules(*place)
    page = visit(f"{stem}/{reading.replace('/', '%2F')}/{seed}/{sweep}")
    hidden, output = wiring.units[1 + wiring.n_inputs], wiring.units[-1]
    every = [worked(*place, c) for c in range(len(cases.inputs))]
    whole = sum(one[4] for one in every)
    for case, unit in ((cases.names[1], hidden), (cases.names[-1], output)):
        c, j = cases.names.index(case), wiring.units.index(unit)
        x, y, dE_dy, dE_dx, dE_dw, E_of_case = every[c]
        choose(page, case, unit)
        forward, error, blame = lines(page, "forward"), lines(page, "error"), lines(page, "blame")
        assert_last(forward[1], x[j])
        assert_last(forward[3], y[j])
        assert_last(error[-2], E_of_case)
        assert_last(error[-1], E)
        assert_last(blame[1], dE_dy[j])
        assert_last(blame[-1], dE_dx[j])
        assert [f"ε = {recipe.epsilon:g}" in line for line in lines(page, "nudge")] == [False, True]
        table = rows(page)
        assert len(table) == np.sum(wiring.target == j)
        for k in np.flatnonzero(wiring.target == j):
            p = wiring.parameter[k]
            right = [dE_dw[p], whole[p], w[p] - before[p], after[p] - w[p], w[p], after[p]]
            shown = list(table[f"{wiring.units[wiring.source[k]]} → {unit}"].values())
            for text, value in zip(shown[1:], right, strict=True):
                assert_last(text, value)
            first, slope, below = (value for value, _ in numbers(shown[0]))
            assert first * slope * below == pytest.approx(dE_dw[p], rel=2e-3, abs=1e-12)


@pytest.mark.results
def test_the_parts_of_all_cases_add_up(visit):
    page = visit("xor/as_printed/3/250")
    found = []
    for case in ("00", "01", "10", "11"):
        choose(page, case, "h1")
        found.append(rows(page))
    for weight in ("1 → h1", "i1 → h1", "i2 → h1"):
        parts = [numbers(one[weight]["∂E/∂w, this case"])[0] for one in found]
        whole, half = numbers(found[0][weight]["∂E/∂w, all 4 cases"])[0]
        assert sum(value for value, _ in parts) == pytest.approx(whole, abs=half + sum(more for _, more in parts))


@pytest.mark.results
def test_the_measured_slope_and_a_nudged_weight(visit):
    wiring, cases, recipe, (_, w, _), _ = by_modules(*PLACES[1])
    page = visit("xor/two_hidden%2Fas_printed/3/3590")
    choose(page, "01", "h1")
    page.locator("#slope-weight").select_option(label="i2 → h1")
    page.get_by_label("Nudge of the weight").fill("0.25")
    text = page.locator(".slope .line").inner_text()
    told = [value for value, _ in numbers(text)]
    w_now, by, moved, now, measured, dE_dw = told
    k = next(k for k in range(len(wiring.target)) if wiring.units[wiring.source[k]] == "i2")
    assert (w_now, by) == (pytest.approx(w[wiring.parameter[k]], rel=1e-3), 0.25)
    assert measured == pytest.approx(dE_dw, rel=1e-3)
    larger = torch.tensor(w)
    larger[wiring.parameter[k]] += 0.25
    outputs, _ = Network(wiring).forward(double(cases.inputs), larger[None])
    E, _ = recipe.squared_error().forward(outputs, double(cases.desired))
    assert moved == pytest.approx(E.item(), rel=1e-3)
    assert moved != pytest.approx(now, rel=1e-3)
    page.get_by_label("A smaller weight").click()
    assert "+ 0.20" in page.locator(".slope .line").inner_text()


SLOPES = ["xor as_printed", "xor two_hidden/float32", "symmetry mean_error/as_printed", "t_c positions/as_printed"]
SLOPES += ["gains with_gain/as_printed", "iterative as_printed", "associations dead_zone"]


@pytest.mark.parametrize("recipe", SLOPES)
def test_every_slope_is_the_gradient(recipe):
    stem, _, reading = recipe.partition(" ")
    for pairs in of_forks("slopes", stem, reading, [3], sweep=5):
        measured, dE_dw, doubt = np.array(pairs).T
        assert np.abs(dE_dw).max() > 1e-6
        assert np.all(np.abs(measured - dE_dw) <= 1e-3 * np.abs(dE_dw).max() + doubt)


RECIPES = ["xor as_printed", "xor case_updates", "family_trees as_printed", "family_trees decay_in_gradient"]
RECIPES += ["family_trees decay_once_learned", "family_trees case_updates", "shift_register as_printed"]
RECIPES += ["shapes as_printed", "desired_states by_states/as_printed", "gains with_gain/averaged"]
RECIPES += ["t_c positions/as_printed"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_step_is_the_one_that_the_run_takes(recipe):
    stem, _, reading = recipe.partition(" ")
    for sweep in (0, 3, 20):
        assert of_forks("next", stem, reading, [1, 4], sweep=sweep) == [True, True]


FURTHER = {
    "xor/case_updates/3/20": "The weights change after every case",
    "desired_states/by_states%2Fas_printed/1/5": "ε of a weight is divided by the number of connections",
    "symmetry/mean_error%2Fas_printed/1/5": "∂E/∂w is divided by 64, cases times outputs",
    "shift_register/as_printed/1/5": "A bias that would be above 0 is set to 0",
}


@pytest.mark.results
@pytest.mark.parametrize("place", FURTHER)
def test_a_further_term_is_told(visit, place):
    page = visit(place)
    assert FURTHER[place] in " ".join(lines(page, "nudge"))
    assert ("second procedure of L" in lines(page, "blame")[0]) == place.startswith("desired_states")


@pytest.mark.results
def test_early_and_late(visit):
    _, _, _, dE_dx, _, _ = worked("xor", "two_hidden/as_printed", 3, 300, 1)
    wiring, _, _, (_, w, _), _ = by_modules("xor", "two_hidden/as_printed", 3, 300)
    text = visit("xor/two_hidden%2Fas_printed/3/300/01").locator("#early-and-late").inner_text()
    fan = np.abs(w[wiring.parameter[np.isin(wiring.source, [3, 4])]]).sum()
    for words, right in {
        "to": fan,
        "a quarter of which is": fan / 4,
        r"added up: early": abs(dE_dx[3]) + abs(dE_dx[4]),
        r"late": abs(dE_dx[5]),
    }.items():
        (found, half), *_ = numbers(re.search(f"{words} ([−\\d].*)", text)[1])
        assert found == pytest.approx(right, abs=half), words


def test_without_hidden_units_xor_is_not_learned():
    for seed in of_forks("withoutHidden", "xor", "as_printed", range(10), sweeps=5_000):
        assert seed["whole"] is not None
        assert (seed["one"], seed["all"], seed["n"]) == (None, None, [3, 3])
    for seed in of_forks("withoutHidden", "xor", "two_hidden/as_printed", [3], sweeps=5_000):
        assert (seed["whole"], seed["one"], seed["all"]) == (3_595, None, None)
        assert seed["n"] == [5, 3]


def test_the_rest_of_the_weights_stays():
    ((whole, left, levels, outputs),) = of_forks("kept", "symmetry", "as_printed", [2], sweep=20, unit=7)
    assert left == {name: w for name, w in whole.items() if "h1" not in name}
    assert (levels, outputs, len(left)) == ([7, 8], [8], 9)


@pytest.mark.parametrize("stem", ["xor two_hidden/as_printed", "xor eight_hidden/as_printed", "encoder as_printed"])
def test_equal_weights_stay_equal(stem):
    stem, _, reading = stem.partition(" ")
    for seed in of_forks("equal", stem, reading, [3], sweeps=300):
        assert len(seed["groups"]) == 1
        assert (seed["from"], seed["run"]) == ([True], [False])


@pytest.mark.parametrize("recipe", [*RECIPES, "xor two_hidden/float32"])
def test_a_fork_with_nothing_changed_has_the_same_bits(recipe):
    stem, _, reading = recipe.partition(" ")
    sweeps = {"sweep": 40, "sweeps": 300} if stem == "xor" else {"sweep": 3, "sweeps": 2}
    assert of_forks("unchanged", stem, reading, [1, 3], **sweeps) == [[None, True]] * 2


KINDS = [*RECIPES, "symmetry as_printed", "addition as_printed", "chain as_printed", "xor fig5_rate_0.5/as_printed"]
KINDS += ["sequence no_biases", "encoder singleton/as_printed", "single_layer as_printed", "parity bits_5/as_printed"]


@pytest.mark.parametrize("recipe", KINDS)
def test_every_change_leaves_a_run_that_can_be_trained(recipe):
    stem, _, reading = recipe.partition(" ")
    (made,) = of_forks("every", stem, reading, [2], sweep=2)
    assert {name: (one["isWhole"], one["published"]) for name, one in made.items()} == dict.fromkeys(made, (True, None))
    assert len({one["words"] for one in made.values()}) == len(made)
    tied_or_bare = ("shift_register", "gains", "t_c", "sequence", "single_layer")
    assert ("hidden" in made) == (stem not in tied_or_bare)


def test_a_change_that_this_net_cannot_have_is_refused():
    told = {
        "heldOut": "the case must be one that the net is trained on, was Christopher wife, which is held out",
        "bias": "bias 1 → u1'@1 … must be a number at or below 0 in this net, was 0.5",
    }
    held_out = replay_of(load("family_trees").experiment, "as_printed", None, 100)["held_out"]
    seed = next(seed for seed, cases in enumerate(held_out) if 0 in cases)
    assert of_forks("refused", "family_trees", "as_printed", [seed])[0]["heldOut"] == told["heldOut"]
    assert of_forks("refused", "shift_register", "as_printed", [1])[0]["bias"] == told["bias"]


MARK = "#controls .mark"


def is_published(page):
    """Wait until the page says that the run is the published one."""
    page.wait_for_selector(f"{MARK}:has-text('the same run as published')")


@pytest.mark.results
def test_a_fork_and_back(visit):
    page = visit("xor/as_printed/3/300")
    is_published(page)
    assert page.locator("#curves .faint").count() == 0
    page.get_by_role("button", name="Take away").click()
    page.wait_for_selector(f"{MARK}:has-text('without h1, from sweep 300 on: no longer the published run')")
    page.wait_for_selector("#curves .faint")
    page.get_by_role("button", name="End of the run").click()
    page.wait_for_selector("#controls .line:text-matches('sweep ([0-9,]+) of \\\\1 ')")
    assert "not learned yet" in page.locator("#controls .line").inner_text()
    assert page.locator("#step-unit option").all_inner_texts() == ["o1"]
    page.get_by_role("button", name="Back to the published run").click()
    is_published(page)
    assert page.locator("#curves .faint").count() == 0
    assert page.locator("#step-unit option").all_inner_texts() == ["h1", "o1"]


@pytest.mark.results
def test_equal_weights_in_the_page(visit):
    page = visit("xor/two_hidden%2Fas_printed/3/300")
    is_published(page)
    page.get_by_role("button", name="Start all weights equal").click()
    page.wait_for_selector(f"{MARK}:has-text('all weights start at 0.1, from the beginning')")
    page.get_by_role("button", name="End of the run").click()
    page.wait_for_selector(".alike:has-text('h1, h2 began equal and are still equal, to the last bit')")


WRONG = {
    ("epsilon", "fast"): "learning rate ε must be a number above 0 and at most 1,000, was fast",
    ("epsilon", "−1"): "learning rate ε must be a number above 0 and at most 1,000, was −1",
    ("alpha", "1"): "momentum α must be a number at least 0 and below 1, was 1",
    ("decay", ""): "decay must be a number at least 0 and below 1, was empty",
    ("weight", "1e9"): "weight 1 → h1 must be a number from −1000 to 1000, was 1e9",
}


@pytest.mark.results
def test_a_wrong_number_is_refused_in_one_line(visit):
    page = visit("xor/as_printed/3/300")
    is_published(page)
    page.get_by_text("A change of your own").click()
    for (setting, value), told in WRONG.items():
        page.locator("#own-setting").select_option(setting)
        page.locator("#own-value").fill(value)
        page.get_by_role("button", name="Try it").click()
        assert page.locator("#own-change .trouble").inner_text() == told
        assert "no longer" not in page.locator(MARK).inner_text()
    page.locator("#own-setting").select_option("epsilon")
    page.locator("#own-value").fill("0,25")
    page.locator("#own-value").press("Enter")
    page.wait_for_selector(f"{MARK}:has-text('learning rate ε = 0.25, from sweep 300 on: no longer the published run')")


@pytest.mark.results
def test_a_flipped_target_from_the_beginning(visit):
    page = visit("xor/as_printed/3/300/01")
    is_published(page)
    page.get_by_label("from the beginning").check()
    page.get_by_text("A change of your own").click()
    page.locator("#own-setting").select_option("target")
    page.get_by_role("button", name="Try it").click()
    page.wait_for_selector(f"{MARK}:has-text('o1 is to be off for 01, from the beginning')")
    assert page.locator("#outputs tbody tr:nth-child(2) td").first.inner_text() == "off"
