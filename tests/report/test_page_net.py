"""The net, the plane and the people of the page show the weights and outputs of the run, as Python computes them."""

from dataclasses import replace

import numpy as np
import pytest

from backprop86.engines import fused
from backprop86.engines.outputs import states
from backprop86.engines.recipe import Job
from backprop86.problems.family_trees import correlation, incoming, printed_weights
from backprop86.problems.people import PERSON
from backprop86.report.figures_of import own_picture
from backprop86.running.problem import counted_of, start_of, wiring_of
from backprop86.running.settings import load
from in_javascript import ready

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.results]


@pytest.fixture
def visit(opened, page_site):
    """Return a function that opens the page at a moment of a run."""

    def visit(place, **how):
        return ready(opened(f"{page_site}#{place}", **how))

    return visit


def at(stem, reading, seed, sweep):
    """Return the wiring, the cases, and the weights of a seed after a sweep."""
    experiment = load(stem).experiment
    problem, recipe = experiment.problem, experiment.recipe_of(reading)
    net, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    w, counted = start_of(problem, recipe, net, [seed]), counted_of(problem, recipe, [seed])
    if sweep:
        recipe = replace(recipe, sweeps=sweep, stop="limit", moments=[])
        w = fused.train(Job(net, cases, recipe, w, counted)).w
    return net, cases, w[0]


LINES = """(lines) => lines.map((line) => {
  const { dataset: { from, to } } = line;
  return [from, to, line.getAttribute("stroke-width"), line.classList.contains("inhibits")].map(Number);
})"""


@pytest.mark.parametrize("stem", ["xor", "symmetry"])
def test_a_line_is_as_wide_as_its_weight_is_large(visit, stem):
    net, _, w = at(stem, "as_printed", 5, 300)
    found = visit(f"{stem}/as_printed/5/300").locator("#net .weight[data-to]").evaluate_all(LINES)
    weights = {(i, j): w[k] for i, j, k in zip(net.source, net.target, net.parameter, strict=True)}
    assert {(i, j) for i, j, *_ in found} == set(weights)
    of_one = [width / abs(weights[i, j]) for i, j, width, _ in found]
    np.testing.assert_allclose(of_one, of_one[0], rtol=1e-12)
    assert {(i, j): bool(inhibits) for i, j, _, inhibits in found} == {ends: w < 0 for ends, w in weights.items()}
    assert 0 < max(width for _, _, width, _ in found) <= 9


def test_a_disc_has_the_area_of_the_output(visit):
    net, cases, w = at("xor", "as_printed", 3, 1000)
    y = states(net, cases.inputs, w[None])[0]
    page = visit("xor/as_printed/3/1000/01")
    assert page.locator("#net .output").count() == 4
    found = page.locator("#net .output").evaluate_all("(discs) => discs.map((disc) => disc.r.baseVal.value ** 2)")
    np.testing.assert_allclose(np.array(found) / found[1], y[1, 1:] / y[1, 2], atol=1e-6)


def test_a_unit_is_chosen_from_the_keyboard(visit):
    net, _, w = at("xor", "as_printed", 5, 0)
    page = visit("xor/as_printed/5/0")
    page.locator("#net-unit").focus()
    for key in ("Tab", "Tab", "ArrowRight", "ArrowRight", "Enter"):  # past the printed net, to i1; i2; h1
        page.keyboard.press(key)
    pressed = page.locator('#net .unit[aria-pressed="true"]')
    pressed.wait_for()
    assert pressed.get_attribute("aria-label").startswith("h1, output 0.")
    assert page.evaluate("document.activeElement.dataset.unit") == "3"
    numbers = [words for words in page.locator("#net .on-lines text").all_text_contents() if words]
    ours = [w[net.index(name, "h1")] for name in ("i1", "i2")]
    assert [float(words.replace("−", "-")) for words in numbers] == pytest.approx(ours, abs=0.005)
    assert page.locator("#net-unit").input_value() == "3"
    page.get_by_text("The connections as a table").click()
    heads = ["bias of h1", "i1 → h1", "i2 → h1"]
    assert page.locator("#net table tbody th").all_text_contents() == heads
    page.locator("#net-unit").select_option("o1")
    page.locator("#net table").get_by_text("h1 → o1").wait_for()
    page.locator("#net-unit").select_option("h1")
    page.locator('#net .unit[data-unit="3"]').focus()
    page.keyboard.press("Enter")
    page.locator('#net .unit[aria-pressed="true"]').wait_for(state="detached")


def test_the_printed_net_is_shown_in_the_form_that_is_nearest(visit):
    page = visit("xor/as_printed/3/558")
    printed = np.array(own_picture("xor", "one_hidden_direct").printed["P Fig. 3"])
    assert page.locator("#net .ghost[data-to]").evaluate_all(LINES)[0][2] == 0
    page.get_by_role("button", name="As printed in 1986: P Fig. 3").click()
    page.locator("#net").get_by_text("Beside ours, pale: P Fig. 3").wait_for()
    widths = np.array([width for *_, width, _ in page.locator("#net .ghost[data-to]").evaluate_all(LINES)])
    assert widths[1] / widths[2] == pytest.approx(printed[1] / printed[2])
    assert widths[1] / widths[6] == pytest.approx(printed[1] / printed[6])


BLUES = """(canvas) => {
  const colour = (name) => getComputedStyle(canvas).getPropertyValue(name).trim();
  const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const red = (x, y) => image.data[4 * (x * (canvas.width - 1) + y * (canvas.height - 1) * canvas.width)];
  return { ground: colour("--ground"), blue: colour("--blue"), corners: [red(0, 1), red(0, 0), red(1, 1), red(1, 0)] };
}"""


LATE = {"as_printed": 1000, "two_hidden/as_printed": 6000, "eight_hidden/as_printed": 500}
"""Sweeps by which the outputs of seed 3 are apart, and before its end."""


@pytest.mark.parametrize("reading", LATE)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colour_at_a_corner_is_the_output_of_its_case(visit, reading, scheme):
    net, cases, w = at("xor", reading, 3, LATE[reading])
    y = states(net, cases.inputs, w[None])[0][:, net.outputs[0]]
    assert np.ptp(y) > 0.3
    page = visit(f"xor/{reading.replace('/', '%2F')}/3/{LATE[reading]}", color_scheme=scheme)
    found = page.locator("#plane canvas").evaluate(BLUES)
    none, full = (int(found[name].ljust(7, found[name][-1])[1:3], 16) for name in ("ground", "blue"))
    assert abs(none - full) > 80
    np.testing.assert_allclose(found["corners"], none + y * (full - none), atol=0.51)
    assert page.locator("#plane .bent-grid").count() == (0 if reading.startswith("eight") else 1)


PLACES = """(groups) => groups.map((group) => {
  const { e, f } = group.transform.baseVal.consolidate().matrix;
  return [e, f];
})"""


def test_the_cases_stand_in_the_hidden_space_at_their_hidden_outputs(visit):
    net, cases, w = at("xor", "two_hidden/as_printed", 3, 6000)
    hidden = states(net, cases.inputs, w[None])[0][:, net.hidden]
    assert np.ptp(hidden, axis=0).min() > 0.3
    page = visit("xor/two_hidden%2Fas_printed/3/6000")
    groups = page.locator("#plane .plane").nth(1).locator(".case-choice")
    found = np.array(groups.evaluate_all(PLACES))
    np.testing.assert_allclose(found, np.c_[30 + 240 * hidden[:, 0], 30 + 240 * (1 - hidden[:, 1])], atol=0.051)
    groups.nth(2).focus()
    page.keyboard.press("Enter")
    page.locator('#plane .case-choice[aria-pressed="true"]').first.wait_for()
    assert groups.nth(2).get_attribute("aria-pressed") == "true"


SQUARES = """(path) => path.getAttribute("d").split("M").slice(1).map((one) => {
  const [x, y, side] = one.match(/[-0-9.]+/g).map(Number);
  return [x + side / 2, y + side / 2, side];
})"""


def squares(picture):
    """Return the values that the squares of a Hinton diagram show, row by row: their signed areas."""
    found = {}
    for name, sign in (("excites", 1), ("inhibits", -1)):
        for x, y, side in picture.locator(f".{name}").evaluate(SQUARES):
            found[round(y), x] = sign * side**2
    return np.array([found[place] for place in sorted(found)])


def test_the_squares_of_the_person_units_are_their_weights(visit):
    net, _, w = at("family_trees", "as_printed", 2, 40)
    ours = incoming(net, w[None], "person")[0]
    page = visit("family_trees/as_printed/2/40")
    pictures = page.locator("#people .panels").first.locator("svg")
    assert pictures.count() == 6
    for unit in range(6):
        found = squares(pictures.nth(unit))
        np.testing.assert_allclose(found / found[0], ours[unit] / ours[unit, 0], rtol=0.05, atol=0.02)
    best = max(PERSON, key=lambda name: correlation(ours[0], PERSON[name]))
    said = page.locator("#people figcaption").first.text_content()
    assert said == f"person1: most like {best} (|r| = {correlation(ours[0], PERSON[best]):.2f})"
    page.get_by_role("button", name="As printed in 1986: H Fig. 6").click()
    found, printed = squares(page.locator("#people .panels").nth(1).locator("svg").nth(3)), printed_weights()[3]
    np.testing.assert_allclose(found / found[0], printed[printed != 0] / printed[0], rtol=0.05, atol=0.02)
    assert page.locator("#people").is_visible()
    assert page.locator("#plane").is_hidden()


def test_the_panels_of_a_large_net_have_a_square_for_each_weight(visit):
    net, _, w = at("family_trees", "as_printed", 2, 40)
    page = visit("family_trees/as_printed/2/40")
    drawn = [page.locator("#net .panels .ground").nth(k).get_attribute("d").count("M") for k in range(5)]
    assert sum(drawn) == net.n_parameters
    assert drawn == [6 * 25, 6 * 13, 12 * 13, 6 * 13, 24 * 7]
    found = squares(page.locator("#net .panels .hinton").nth(1))
    ours = w[[net.index(name, f"relation{k}") for k in range(1, 7) for name in ("1", *net.units[25:37])]]
    np.testing.assert_allclose(found / found[0], ours / ours[0], rtol=0.05, atol=0.02)
    page.locator("#net-unit").select_option("central3")
    page.locator("#net").get_by_text("central3: output").wait_for()


@pytest.mark.parametrize("place", ["xor/as_printed/3/558", "symmetry/as_printed/3/700", "family_trees/as_printed/2/40"])
def test_a_narrow_screen_has_no_sideways_scroll(visit, place):
    page = visit(place, viewport={"width": 360, "height": 740})
    for part in ("net", "plane", "people"):
        page.locator(f"#{part}").evaluate("(part) => part.querySelectorAll('button').forEach((one) => one.click())")
        beyond = f"() => document.getElementById('{part}').scrollWidth - document.getElementById('{part}').clientWidth"
        assert page.evaluate(beyond) == 0, part
