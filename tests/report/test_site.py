"""The site: made of the files in the repository, whole without a network, and readable on every screen."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT

pytestmark = pytest.mark.slow
LOOKED_AT = ("index", "start", "one_step", "findings/index", "findings/family_trees", "gradients", "cite", "api")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, which is made without a warning: every link and every anchor leads somewhere."""
    return built(tmp_path_factory.mktemp("site"))


def built(folder, **differs):
    """Build the site into a folder; return the folder."""
    if not importlib.util.find_spec("mkdocs"):
        pytest.skip("needs requirements/docs.lock")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    env = {name: value for name, value in os.environ.items() if name != "WITH_PAGE"}
    env |= {"NO_MKDOCS_2_WARNING": "1", **differs}
    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (made.returncode, "WARNING" in made.stderr) == (0, False), made.stderr
    return folder


def test_every_page_and_every_linked_file_is_part_of_it(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    places = {page.with_name("index.html") if page.stem == "README" else page for page in pages}
    others = ("index", "src/backprop86/modules.py", "conf/experiment/xor.yaml", "results/claims")
    places |= {Path(f"{name}.html") for name in others}
    assert not [place for place in places if not (site / place).is_file()]
    assert 'class="highlight"' in (site / "src/backprop86/modules.py.html").read_text("utf-8")
    assert (site / "results/figures/xor_fig3.pdf").read_bytes() == (ROOT / "results/figures/xor_fig3.pdf").read_bytes()
    assert sum(path.stat().st_size for path in site.rglob("*")) < 30e6


OF_PAGE = re.compile(r'href="?((?:\.\./)*page/\w+\.html[^" >]*)')


def test_only_a_site_with_the_page_links_to_it(site, tmp_path):
    def linked(folder):
        pages = [path for path in folder.rglob("*.html") if not path.is_relative_to(folder / "page")]
        return {(path, link) for path in pages for link in OF_PAGE.findall(path.read_text("utf-8"))}

    assert linked(site) == set()
    assert "site/page/index.html#xor/" in (site / "findings/xor.html").read_text("utf-8")
    found = linked(built(tmp_path, WITH_PAGE="true"))
    back = re.findall(r'href="\.\./([^"]+)"', (ROOT / "page/index.html").read_text("utf-8"))
    assert [link for link in back if not (tmp_path / link).is_file()] == []
    assert {path.relative_to(tmp_path).as_posix() for path, _ in found} >= {
        "index.html",
        "start.html",
        "findings/index.html",
        "findings/xor.html",
        "findings/failures.html",
    }
    for path, link in found:
        place = (path.parent / link.partition("#")[0]).resolve()
        assert place in (tmp_path / "page/index.html", tmp_path / "page/gallery.html"), (path, link)


def test_it_needs_no_network(site):
    fetched = re.compile(r"(?:<script[^>]* src|<link[^>]* href|<img[^>]* src)=\"?https?:")
    assert not [page for page in site.rglob("*.html") if fetched.search(page.read_text("utf-8"))]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_it_fits_the_screen_and_says_nothing_to_the_console(site, browser, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    for name in LOOKED_AT:
        page.goto((site / f"{name}.html").as_uri(), wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)"), name
        assert said == [], name
    context.close()


@pytest.mark.browser
def test_words_are_found_without_a_server(site, browser):
    page = browser.new_page()
    page.goto((site / "findings/xor.html").as_uri())
    page.click(".md-search__input")
    page.keyboard.type("vanishing gradient")
    page.wait_for_selector(".md-search-result__item")
    found = [link.get_attribute("href") for link in page.query_selector_all(".md-search-result__link")]
    assert any("chain.html" in link or "start.html" in link for link in found)
    page.close()
