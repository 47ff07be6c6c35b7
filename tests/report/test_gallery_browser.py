"""The gallery: the behaviour of the page, where a Chromium is at hand."""

import functools
import re
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backprop86.report.gallery import gallery
from made_up import FIGURES, IDS, PARTS, TITLES, ledger, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const painted = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const part = (v) => v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ratio = (element) => {
    const grounds = [];
    for (let at = element; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
    const [a, b] = [painted(...grounds), painted(...grounds, getComputedStyle(element).color)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const told = [...document.body.querySelectorAll("*")].filter((element) => element.checkVisibility()
    && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  return told.map((element) => [element.outerHTML.slice(0, 80), ratio(element)]);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write(folder)
    return folder


ITS_OWN = re.compile(r"/(index\.html|figures/\w+\.png)(#.*)?$")
"""The addresses that the page may ask for."""


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *about):
        pass


@pytest.fixture(scope="module")
def site(folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser, site):
    """Open the page in a fresh window; in the end nothing may have complained, or asked for more than its pictures."""
    contexts, wrong = [], []

    def visit(address="", script="", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(5000)
        page.add_init_script(script)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: None if ITS_OWN.search(asked.url) else wrong.append(asked.url))
        page.goto(address if address.startswith("file:") else site + address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def until(page, expression):
    """Wait until an expression is true; Playwright's own way is an eval in the page, which its policy refuses."""
    for _ in range(250):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    raise AssertionError(expression)


def shown(page):
    return [claim for claim in IDS if page.locator(f"[id='{claim}']").is_visible()]


def open_all(page):
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")


FILTERS = [
    ({"Text": "N"}, ["xor-minima", "depth-0.3", "depth-bound"]),
    ({"Text": "P"}, ["xor-sweeps", "xor-minima", "xor-escape"]),
    ({"Text": "H"}, ["depth-0.3"]),
    ({"Text": "ours"}, ["depth-ours"]),
    ({"Experiment": "Depth & width"}, ["depth-0.3", "depth-bound", "depth-ours"]),
    ({"Verdict": "reproduced"}, ["xor-sweeps", "depth-ours"]),
    ({"Verdict": "not reproduced"}, ["xor-minima", "depth-bound"]),
    ({"Verdict": "not reproduced", "Text": "N", "Experiment": "XOR"}, ["xor-minima"]),
    ({"Search": "SWEEPS  learned"}, ["xor-sweeps"]),
    ({"Search": "xor-escape is <so>"}, ["xor-escape"]),
    ({"Search": "printed 8,"}, ["xor-minima"]),
    ({"Search": "39.3% to 45.4% (n = 1,000)"}, IDS),
    ({"Search": "Epochs"}, ["xor-sweeps"]),
    ({"Search": "exclusive OR"}, ["xor-sweeps", "xor-minima", "xor-escape"]),
    ({"Search": "local minimum"}, ["xor-minima"]),
    ({"Search": "exclus"}, ["xor-sweeps", "xor-minima", "xor-escape"]),
    ({"Search": "XOR epoch"}, ["xor-sweeps"]),
    ({"Search": "learned", "Text": "ours"}, ["depth-ours"]),
    ({"Search": "learned", "Text": "H"}, []),
]


def test_filters(visit):
    page, linked = visit(), visit()
    for chosen, wanted in FILTERS:
        for label, value in chosen.items():
            control = page.get_by_label(label, exact=True)
            control.fill(value) if label == "Search" else control.select_option(label=value)
        linked.goto("about:blank")
        linked.goto(page.url)
        for either in (page, linked):
            assert shown(either) == wanted, chosen
            assert either.locator("#count").inner_text() == f"{len(wanted)} of 6 claims"
            groups = {claim.split("-")[0] for claim in wanted}
            assert {name for name in TITLES if either.locator(f"#claims-of-{name}").is_visible()} == groups
            assert either.locator("#nothing").is_visible() == (not wanted)
        page.get_by_role("button", name="Clear").click()
        assert shown(page) == IDS
        assert page.locator("#count").inner_text() == "6 of 6 claims"
        assert page.evaluate("location.hash") == ""


def test_a_link_opens_its_claim_even_where_a_filter_hides_it(visit):
    for address in ("#depth-bound", "#experiment=xor&text=N"):
        page = visit(address)
        if "text" in address:
            assert shown(page) == ["xor-minima"]
            page.evaluate("location.hash = 'depth-bound'")
            until(page, "document.getElementById('count').textContent.startsWith('6')")
        claim = page.locator("#depth-bound")
        assert claim.locator("table").is_visible()
        box, form = claim.bounding_box(), page.locator("#filters").bounding_box()
        assert form["y"] + form["height"] <= box["y"] <= 200
        assert page.locator("#claims details[open]").count() == 1


@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 720)])
def test_a_picture_is_on_the_first_screen(visit, width, height):
    page = visit(viewport={"width": width, "height": height})
    until(page, "document.querySelector('.strip img').naturalWidth > 0")
    box = page.locator(".strip img").first.bounding_box()
    assert box["y"] + box["height"] < height - 100
    assert box["height"] >= 100


def test_the_kinds_of_claims_open_when_they_are_asked_for(visit):
    page = visit("#depth-0.3")
    page.locator("[id='depth-0.3']").get_by_role("link", name="How it is judged").click()
    until(page, "document.querySelector('.kinds').open")
    assert page.locator("#kind-every").is_visible()


def test_links_between_claims_and_figures(visit):
    page = visit("#text=H")
    page.locator("#figure-xor_fig3").get_by_role("link", name="xor-minima").click()
    until(page, "document.getElementById('count').textContent.startsWith('6')")
    assert page.locator("[id='xor-minima'] table").is_visible()
    page.locator("[id='xor-minima']").get_by_role("link", name="xor fig3").click()
    assert abs(page.locator("#figure-xor_fig3").bounding_box()["y"]) < 300


def test_copy_puts_the_citation_on_the_clipboard(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy citation of xor_fig3")
    for _ in range(2):
        button.click()
        until(page, "document.getElementById('told').textContent === 'Copy citation of xor_fig3: Copied'")
    assert button.inner_text() == "Copied"
    assert page.evaluate("navigator.clipboard.readText()") == FIGURES[1]["bibtex"]
    until(page, "document.querySelector('[data-copy=citation-of-xor_fig3]').textContent === 'Copy citation'")
    page.get_by_role("button", name="Copy the command for depth_start").click()
    until(page, "document.getElementById('told').textContent.includes('depth_start: Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == FIGURES[2]["command"]


def test_copy_without_a_clipboard_of_the_page(visit, folder):
    without = "Object.defineProperty(navigator, 'clipboard', {value: undefined});"
    page = visit((folder / "index.html").as_uri(), without)
    page.get_by_role("button", name="Copy citation of xor_fig3").click()
    until(page, "document.getElementById('told').textContent.endsWith('Copied')")
    page.evaluate("document.body.prepend(document.createElement('textarea'))")
    page.locator("textarea").focus()
    page.keyboard.press("Control+V")
    assert page.locator("textarea").input_value() == FIGURES[1]["bibtex"]
    page = visit((folder / "index.html").as_uri(), without + "Document.prototype.execCommand = () => false;")
    page.get_by_role("button", name="Copy citation of xor_fig3").click()
    until(page, "document.getElementById('told').textContent.endsWith('Press Ctrl+C')")
    assert page.evaluate("getSelection().toString()") == FIGURES[1]["bibtex"]


def test_every_link_leads_somewhere(visit):
    page = visit()
    for address in set(page.evaluate("[...document.links].map((link) => link.href)")):
        assert page.request.get(address).ok, address


def test_nothing_is_wider_than_the_window(visit):
    page = visit()
    wide = """[...document.querySelectorAll('body *')].filter((one) => !one.closest('.scroll, .unseen, .skip'))
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth)"""
    scrolls = "[...document.querySelectorAll('.scroll')].some((one) => one.scrollWidth > one.clientWidth)"
    for opened in (False, True):
        if opened:
            open_all(page)
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            assert page.evaluate(f"{wide}.map((one) => one.outerHTML.slice(0, 80))") == [], width
            assert not opened or page.evaluate(scrolls) or width > 768


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_in_dark(visit, scheme):
    page = visit("#xor-minima", color_scheme=scheme, reduced_motion="reduce")
    open_all(page)
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == {"light": "rgb(253, 252, 250)", "dark": "rgb(21, 22, 26)"}[scheme]
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"
    contrasts = page.evaluate(CONTRAST)
    assert len(contrasts) > 100
    assert [found for found in contrasts if found[1] < 4.5] == []


def test_print_shows_all_claims_and_no_controls(visit):
    page = visit("#words=nothing+at+all", color_scheme="dark", reduced_motion="reduce")
    assert shown(page) == []
    page.emulate_media(media="print")
    assert shown(page) == IDS
    assert page.locator("h3").first.is_visible()
    assert (
        page.locator("form:visible, button:visible, input:visible, select:visible, #claims details[open]").count() == 0
    )
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert [found for found in page.evaluate(CONTRAST) if found[1] < 4.5] == []


def test_without_scripts_everything_is_there_and_no_control(visit):
    page = visit(java_script_enabled=False)
    assert shown(page) == IDS
    assert page.locator("figure img:visible").count() == 4
    assert page.locator("form:visible, button:visible").count() == 0
    first, second = page.locator("#step details.part").all()
    assert first.locator("table").is_visible()
    assert not second.locator("pre").is_visible()
    second.locator("summary").click()
    assert second.locator("pre").is_visible()


def test_the_step_is_one_click_away(visit):
    page = visit()
    page.get_by_role("link", name="One step").click()
    until(page, "location.hash === '#step'")
    assert abs(page.locator("#step").bounding_box()["y"]) < 100
    assert page.get_by_role("heading", name="2. Forward").is_visible()


def test_keyboard_and_motion(visit):
    page = visit(reduced_motion="reduce")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the claims"
    assert page.locator(".skip").bounding_box()["width"] > 50
    page.get_by_label("Search", exact=True).focus()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    moving = "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s')"
    assert page.evaluate(f"{moving}.length") == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(f"{moving}.length") > 0
    assert page.evaluate("document.getElementById('count').getAttribute('aria-live')") == "polite"


INJECTED = """<script>document.title = "ran"</script><script src="figures/mine.js"></script>
<style>body { color: red; }</style><p style="color: red">red</p><img src="figures/none.png" onerror="ran = 1">
<a href="javascript:void(clicked = 1)">injected</a>"""
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="[^"]*">\n')
IS_RED = "(one) => getComputedStyle(one).color === 'rgb(255, 0, 0)'"
RED = f"[...document.querySelectorAll('body, p')].some({IS_RED})"
RAN = "['ran', 'mine', 'clicked'].filter((name) => name in window)"
WIDTHS = """Promise.all([...document.querySelectorAll("figure img")].map(async (one) => {
  one.loading = "eager";
  await one.decode();
  return one.naturalWidth;
}))"""
BASE = """(document.head.append(Object.assign(document.createElement("base"), {href: "https://example.org/"})),
  document.baseURI)"""


@pytest.mark.parametrize("name", ["index.html", "whole.html"])
@pytest.mark.parametrize("from_disk", [False, True])
def test_what_came_with_the_results_is_not_run(browser, folder, site, name, from_disk):
    """Without the policy all of it runs, and this test would see it."""
    page = gallery(ledger(), FIGURES, TITLES, folder, PARTS, embedded=name == "whole.html")
    mine, place, found = folder / "figures" / "mine.js", folder / f"injected-{name}", {}
    mine.write_text("mine = 1")
    for kind, text in (("with", page), ("without", POLICY.sub("", page))):
        place.write_text(text.replace("<main>", f"{INJECTED}<main>"), "utf-8")
        window = browser.new_page()
        window.goto(place.as_uri() if from_disk else site.replace("index.html", place.name))
        window.get_by_text("injected", exact=True).click()
        until(window, "document.readyState === 'complete'")
        about = window.title(), window.evaluate(RAN), window.evaluate(RED), window.evaluate(WIDTHS)
        found[kind] = *about, window.evaluate(BASE).startswith("https:")
        window.close()
    place.unlink()
    mine.unlink()
    assert found["without"] == ("ran", ["ran", "mine", "clicked"], True, [480, 440, 400, 360], True)
    assert found["with"] == ("backprop86: the gallery", [], False, [480, 440, 400, 360], False)
