"""The gallery beside the page: every run that it leads to exists, and the page stays small."""

import functools
import json
import re
from urllib.parse import unquote

import pandas as pd
import pytest

from backprop86.engines.recipe import BadInput
from backprop86.judging import ledger
from backprop86.report import gallery_of_page, library
from backprop86.running.settings import PUBLISHED
from helpers import ROOT
from in_javascript import PAGE, node, site

pytestmark = [pytest.mark.slow, pytest.mark.results]
MOST, MOST_OF_GALLERY = 3_000_000, 800_000
"""The largest sizes in bytes of the folder of the page, and of the gallery in it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of the page with everything in it, as `make page` makes it beside the site."""
    folder = tmp_path_factory.mktemp("site") / "page"
    site(folder)
    experiments, claims = library.replayed(), ledger.read(PUBLISHED / "claims.csv")
    gallery_of_page.write(experiments, claims, folder)
    library.write(experiments, claims, folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "gallery.html").read_text("utf-8")


def test_the_page_is_small(folder):
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert sizes[folder / "gallery.html"] < MOST_OF_GALLERY
    assert sum(sizes.values()) < MOST


def test_every_claim_of_a_trained_experiment_leads_to_a_run(page):
    trained = {experiment.stem for experiment in library.replayed()}
    articles = dict(re.findall(r'<article class="claim" id="([^"]+)".*?data-experiment="(\w+)"', page))
    assert {*articles} == {*ledger.read(PUBLISHED / "claims.csv")["claim"]}
    for claim, stem in articles.items():
        article = page.split(f'<article class="claim" id="{claim}"')[1].split("</article>")[0]
        assert ('class="watch"' in article) == (stem in trained), claim


def runs_watched(page):
    """Return the hash and the words of each link to a run."""
    return re.findall(r'<a class="watch" href="index\.html(#[^"]+)">(.*?)</a>', page)


COLUMNS = ["variant", "reading", "seed", "learned", "sweeps", "failure"]


@functools.cache
def rows_of(stem, reading):
    """Return the rows of a reading straight from the file; its name has their parts, in an order of its own."""
    every = pd.read_parquet(PUBLISHED / f"runs/{stem}.parquet", columns=COLUMNS)
    parts = (every["variant"] + "/" + every["reading"]).map(lambda name: sorted(filter(None, name.split("/"))))
    return every[parts.map(tuple) == tuple(sorted(reading.split("/")))]


PLACES = """import { readFileSync } from "node:fs";
const [, address, file] = process.argv, { placeOf } = await import(address);
let contents;
globalThis.backprop86 = { begin: (every) => { contents = every; } };
(0, eval)(readFileSync(file, "utf8"));
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0)).map((hash) => placeOf(hash, contents))));"""


def test_the_page_opens_exactly_the_runs_that_are_linked(page, folder):
    watched = runs_watched(page)
    hashes = [hash for hash, _ in watched]
    assert len(set(hashes)) > 80
    given = (PAGE / "view/address.js").as_uri(), folder / "contents.js"
    said = node("--input-type=module", "-e", PLACES, *given, given=json.dumps(hashes).encode())
    for place, (hash, words) in zip(json.loads(said), watched, strict=True):
        stem, reading, seed = place["experiment"], place["reading"], place["seed"]
        assert hash == f"#{stem}/{reading.replace('/', '%2F')}/{seed}"
        assert (place["sweep"], place["name"]) == (None, None)
        rows = rows_of(stem, reading)
        (row,) = rows[rows["seed"] == seed].to_dict("records")
        told = f"learn in {int(row['sweeps']):,} sweeps" if row["learned"] else "fail"
        assert words == f"Watch seed {seed} {told}"


def test_every_kind_of_failure_has_a_run_of_its_kind(page):
    kinds = pd.read_csv(PUBLISHED / "tables/failure_kinds.csv")
    section = page.split('<section id="failures"')[1].split("</section>")[0]
    for kind, part in zip(kinds.to_dict("records"), section.split("<dt>")[1:], strict=True):
        found = re.findall(r'href="index\.html#(\w+)/([^/]+)/(\d+)"', part)
        assert len(found) == (kind["runs"] > 0), kind["kind"]
        for stem, reading, seed in found:
            rows = rows_of(stem, unquote(reading))
            first = rows.loc[rows["failure"] == kind["in the rows"], "seed"].min()
            assert int(seed) == first


def test_every_file_that_it_links_is_there(page, folder):
    linked = {link for link in re.findall(r'\b(?:href|src)="([^"#]*)', page) if link and not link.startswith("data:")}
    missing = {link for link in linked if not (folder / link).is_file()}
    assert missing == {"../index.html"}  # of the site
    assert not (folder.parent / "results/runs").exists()
    figure = "results/figures/xor_curves.png"
    assert (folder.parent / figure).read_bytes() == (ROOT / figure).read_bytes()


def test_it_never_writes_into_the_results():
    with pytest.raises(BadInput, match=r"^folder must be deeper than the repository, such as site/page, was .*page$"):
        gallery_of_page.write([], pd.DataFrame(), PUBLISHED.parent / "page")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "dark"), (1280, "light"), (1920, "dark")])
def test_it_fits_the_screen_and_says_nothing_to_the_console(folder, browser, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.goto((folder / "gallery.html").as_uri(), wait_until="load")
    assert page.evaluate("[...document.querySelectorAll('.strip img')].every((image) => image.naturalWidth > 0)")
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".strip img").first.bounding_box()
    assert box["y"] + box["height"] < 640
    assert said == []
    context.close()


@pytest.mark.browser
def test_words_of_1986_and_of_today_find_the_same(folder, browser):
    page = browser.new_page()
    page.goto((folder / "gallery.html").as_uri())

    def found(words):
        page.get_by_label("Search", exact=True).fill(words)
        return page.evaluate("[...document.querySelectorAll('.claim:not([hidden])')].map((claim) => claim.id)")

    every = found("")
    for alike in (
        ("xor", "exclusive or"), ("loss", "error", "E"), ("learning rate", "ε", "epsilon"),
        ("momentum", "α", "Alpha"), ("epoch", "sweeps", "presentations"), ("family trees", "kinship"),
    ):  # fmt: skip
        first, *others = map(found, alike)
        assert all(other == first for other in others), alike
        assert 0 < len(first) < len(every), alike
    page.close()
