"""The page that trains published runs again: its behaviour in Chromium, opened from a file."""

import re
from urllib.parse import unquote

import pandas as pd
import pytest

from backprop86.report import library
from backprop86.running import runs
from backprop86.running.settings import load
from helpers import ROOT
from in_javascript import Firefox, ready

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.results]
SAME = "✓ the same run as published, to the last bit"
AXE = ROOT / "page/node_modules/axe-core/axe.min.js"
STATE = """() => JSON.stringify([backprop86.player.now.sweep, [...backprop86.player.now.state.w]])"""


@pytest.fixture
def visit(opened, page_site):
    """Return a function that opens the page at a place."""

    def visit(place="", width=1280, scheme="light", motion="reduce"):
        size = {"width": width, "height": 800}
        return opened(page_site + place, viewport=size, color_scheme=scheme, reduced_motion=motion)

    return visit


def line(page):
    """Return the line of the sweep, E and learning."""
    return page.locator("#controls .line").inner_text()


def row(stem, reading, seed):
    rows = runs.read(ROOT / f"results/runs/{stem}.parquet").of(reading)
    return rows[rows["seed"] == seed].iloc[0]


def test_a_published_run_ends_as_its_row_says(visit):
    page = ready(visit("#xor/as_printed/17"))
    page.get_by_role("button", name="End of the run").click()
    page.wait_for_function("() => backprop86.player.now.isDone")
    assert page.locator("#controls .mark").inner_text() == SAME
    page.wait_for_function("() => document.querySelector('#controls .line').textContent.includes('learned after')")
    assert f"learned after {row('xor', 'as_printed', 17)['sweeps']:,} sweeps" in line(page)


def test_the_mark_is_computed_from_the_row(browser, page_folder, tmp_path):
    """A library whose row has another E: the run differs from it, and the page says so."""
    found = library.library("xor", pd.DataFrame(columns=["stem", "name", *CLAIM]), ROOT / "results")
    found["readings"][0]["published"]["error"][17] *= 1.0001
    for file in page_folder.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "replays").mkdir()
    (tmp_path / "replays/xor.js").write_text(library.script(found), "utf-8")
    page = browser.new_page(reduced_motion="reduce")
    page.goto((tmp_path / "index.html").as_uri() + "#xor/as_printed/17")
    assert ready(page).locator("#controls .mark").inner_text() == "this run differs from its published row"
    page.close()


CLAIM = ["claim", "source", "says", "verdict", "because"]


def test_it_plays_by_itself_and_pauses(visit):
    page = visit("#xor/as_printed/17", motion="no-preference")
    page.wait_for_function("() => globalThis.backprop86?.player.isPlaying && backprop86.player.now.sweep > 20")
    page.get_by_role("button", name="Pause").click()
    stopped = ready(page).evaluate(STATE)
    page.wait_for_timeout(300)
    assert page.evaluate(STATE) == stopped
    assert re.fullmatch(r".*#xor/as_printed/17/\d+/00", page.url)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("(sweep) => backprop86.player.now.sweep > sweep + 20", arg=eval_sweep(stopped))
    page.get_by_label("Speed").select_option("fast")
    page.wait_for_function("() => !backprop86.player.isPlaying && backprop86.player.now.isDone", timeout=20_000)


def eval_sweep(state):
    return int(state[1:].split(",")[0])


IN_FIREFOX = """async () => {
  const pause = () => new Promise((resume) => setTimeout(resume, 50)), { player } = backprop86;
  while (!player.curves || player.isBusy) await pause();
  await player.seek(player.last);
  await pause();
  return document.querySelector("#controls .mark").textContent;
}"""


def test_a_published_run_in_firefox(page_site, tmp_path):
    window = Firefox(tmp_path)
    try:
        window.goto(page_site + "#xor/as_printed/17/100")
        assert window.evaluate(IN_FIREFOX) == SAME
    finally:
        window.close()


def test_with_reduced_motion_nothing_moves_unasked(visit):
    page = ready(visit("#xor/as_printed/17"))
    assert page.evaluate("backprop86.player.now.sweep") == 0


def test_sweep_by_sweep_and_the_slider_back_and_forth(visit):
    page = ready(visit("#xor/as_printed/17/300/10"))
    at = page.evaluate(STATE)
    assert line(page).startswith("sweep 300 of ")
    assert page.locator("#outputs [aria-pressed=true]").inner_text() == "10"
    for name, sweep in (("+ 1 sweep", 301), ("− 1 sweep", 300)):
        page.get_by_role("button", name=name).click()
        page.wait_for_function("(sweep) => backprop86.player.now.sweep === sweep", arg=sweep)
    assert page.evaluate(STATE) == at
    slider = page.get_by_label("Sweep", exact=True)
    for sweep in (0, 700, 299):
        slider.fill(str(sweep))
        page.wait_for_function("(sweep) => backprop86.player.now.sweep === sweep", arg=sweep)
    slider.press("ArrowRight")
    page.wait_for_function("() => backprop86.player.now.sweep === 300")
    assert page.evaluate(STATE) == at


def test_an_address_leads_to_its_moment_and_back(visit):
    page = ready(visit("#xor/two_hidden%2Frange_1/5/40/11"))
    assert page.locator("#reading").input_value() == "two_hidden/range_1"
    assert page.locator("#seed").input_value() == "5"
    at = page.evaluate(STATE)
    page.locator("#experiment").select_option("symmetry")
    page.wait_for_function("() => backprop86.player.replay.experiment === 'symmetry'")
    assert "#symmetry/as_printed/5" in ready(page).url
    page.evaluate("location.hash = '#xor/two_hidden%2Frange_1/5/40/11'")
    page.wait_for_function("() => backprop86.player.replay.experiment === 'xor'")
    assert ready(page).evaluate(STATE) == at


HOSTILE = [
    "#<img src=x onerror=alert(1)>",
    "#xor/__proto__/1e9/-5/%",
    "#constructor",
    "#xor/as_printed/9007199254740993",
]
HOSTILE += ["#xor/as_printed/3/99999999999/%3Cb%3E", "#%E0%A4%A", "#xor//////", "#xor/as_printed/0x10/1.5"]


@pytest.mark.parametrize("place", HOSTILE)
def test_a_hostile_address_does_no_harm(visit, place):
    page = ready(visit(place))
    assert page.evaluate("backprop86.player.replay.experiment") == "xor"
    assert page.locator("img").count() == 0
    assert page.locator("#trouble").is_hidden()


def test_a_missing_file_is_named(browser, page_site):
    page = browser.new_page(reduced_motion="reduce")
    page.goto(page_site + "#parity")
    page.wait_for_selector("#trouble:not([hidden])")
    told = "The file replays/parity.js is missing. It belongs beside this page: make page writes it."
    assert page.locator("#trouble").inner_text() == told
    page.locator("#experiment").select_option("xor")
    ready(page)
    assert page.locator("#trouble").is_hidden()
    page.close()


LEARNED = {"XOR learns": True, "The early layer gets less": False, "A single layer fails at XOR": False}
SHOWN = """() => {
  const { replay, seed } = backprop86.player;
  return [replay.experiment, replay.reading, seed, replay.published.sweeps[seed] !== null];
}"""


def test_the_runs_to_begin_with_show_their_words(visit):
    page = ready(visit("#xor/as_printed/17"))
    links = page.locator("#tour a")
    for k in range(links.count()):
        words, place = links.nth(k).inner_text(), links.nth(k).get_attribute("href")
        links.nth(k).click()
        stem, reading, seed = place.removeprefix("#").split("/")
        page.wait_for_function("(stem) => backprop86.player.replay.experiment === stem", arg=stem)
        found = ready(page).evaluate(SHOWN)
        assert found[:3] == [stem, unquote(reading), int(seed)]
        assert found[3] == LEARNED.get(words, found[3]), words
    assert links.count() == 5


def test_a_seed_without_a_row_is_no_published_run(visit):
    page = ready(visit("#xor/as_printed/123456"))
    assert page.locator("#controls .mark").inner_text() == "no row of this seed is published"


def test_a_dot_opens_its_run(visit):
    page = ready(visit("#xor/as_printed/17"))
    dot = page.locator("#distribution .chosen-run")
    page.evaluate("document.querySelector('#distribution').scrollIntoView({ block: 'center' })")
    box = dot.bounding_box()
    page.evaluate("location.hash = '#xor/as_printed/40'")
    page.wait_for_function("() => backprop86.player.seed === 40")
    ready(page)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => backprop86.player.seed === 17")


def test_training_of_a_large_net_can_be_stopped(visit):
    page = ready(visit("#family_trees/as_printed/5"))
    page.get_by_role("button", name="End of the run").click()
    page.wait_for_function("() => backprop86.player.progress !== null")
    page.get_by_role("button", name="Stop training").click()
    page.wait_for_function("() => !backprop86.player.isBusy")
    assert 0 < page.evaluate("backprop86.player.now.sweep") < 1500


def test_two_pages_do_not_disturb_each_other(visit):
    one, other = visit("#xor/as_printed/17/100"), visit("#xor/as_printed/18/100")
    assert ready(one).evaluate(STATE) != ready(other).evaluate(STATE)
    assert one.evaluate(STATE) == ready(visit("#xor/as_printed/17/100")).evaluate(STATE)


PLACES = ["#xor/two_hidden%2Fas_printed/17/558/01", "#symmetry/as_printed/17/300", "#family_trees/as_printed/5/20"]


@pytest.mark.parametrize("place", PLACES)
def test_no_sideways_scroll(visit, place):
    page = ready(visit(place))
    for width in (360, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_serious(visit, place, scheme):
    page = ready(visit(place, scheme=scheme))
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({ preload: false }).then(({ violations }) => violations)")
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == []


SHIFTS = """() => {
  globalThis.shifts = [];
  const note = (list) => shifts.push(...list.getEntries().map(({ value }) => value));
  new PerformanceObserver(note).observe({ type: "layout-shift" });
}"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def test_nothing_shifts_while_a_run_plays_and_the_first_paint_is_early(visit):
    page = visit("#xor/as_printed/17", motion="no-preference")
    page.evaluate(SHIFTS)
    page.wait_for_function("() => globalThis.backprop86?.player.isPlaying && backprop86.player.now.sweep > 300")
    assert page.evaluate("shifts") == []
    assert page.evaluate(PAINTED) < 1000


def test_the_libraries_hold_every_reading_and_the_printed_sweeps(page_folder):
    (contents,) = re.findall(r"backprop86\.begin\((.*)\);", (page_folder / "contents.js").read_text("utf-8"))
    assert {one.stem for one in library.replayed()} == set(re.findall(r'"stem":"(\w+)"', contents))
    claims = pd.DataFrame(
        {"stem": ["xor"], "name": ["as_printed"], "claim": ["xor-sweeps-direct"]} | {name: ["-"] for name in CLAIM[1:]}
    )
    found = library.library("xor", claims, ROOT / "results")
    assert [one["reading"] for one in found["readings"]] == list(load("xor").experiment.every_reading)
    assert found["readings"][0]["claims"][0]["sweeps"] == 558
    assert library.script(found) == library.script(library.library("xor", claims, ROOT / "results"))
