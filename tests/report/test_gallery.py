"""The gallery: what the page says."""

import re
from html import unescape

import pytest

from backprop86.report.gallery import gallery
from made_up import FIGURES, IDS, PARTS, TITLES, ledger, sidecar, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write(folder)
    return folder


def test_the_page_holds_everything_and_loads_nothing(folder):
    page = (folder / "index.html").read_text("utf-8")
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(IDS) | {f"figure-{figure['name']}" for figure in FIGURES} <= set(anchors)
    links = re.findall(r'\b(?:href|src|action)="([^"]*)"', page)
    assert {link[1:] for link in links if link.startswith("#")} <= set(anchors)
    assert [link for link in links if re.match(r"\w+:|//", link) and not link.startswith("data:")] == []
    assert re.findall(r"@import|url\(|<iframe|<script [^>]*src|fetch\(|https?:", page) == []
    sizes = re.findall(r'<img src="data:image/png;base64,[\w+/=]{999,}" width="(\d+)" height="(\d+)"', page)
    assert sizes == [("480", "120"), ("440", "120"), ("400", "120"), ("360", "120")]
    files = {link for link in links if not link.startswith(("#", "data:"))}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.name != "index.html"}
    assert files == there


def test_an_svg_is_linked_where_there_is_one(tmp_path):
    write(tmp_path)
    (tmp_path / "figures/xor_fig3.svg").unlink()
    page = gallery(ledger(), FIGURES, TITLES, tmp_path, PARTS)
    assert 'href="figures/xor_fig3.svg"' not in page
    for name in ("xor_fig3.pdf", "xor_fig3.png", "depth_start.svg"):
        assert f'href="figures/{name}"' in page


def test_what_is_different_here_stands_above_the_claims(folder):
    notes = ["xor, as_printed: epsilon is <0.25> here"]
    page = gallery(ledger(), FIGURES, TITLES, folder, PARTS, notes, "my own")
    assert "<li>xor, as_printed: epsilon is &lt;0.25&gt; here</li>" in page.split('id="claims"')[0]
    assert (
        "experiment=xor &#39;output=my own&#39; &amp;&amp; python experiments/report.py --output &#39;my own&#39;"
        in page
    )
    assert 'role="note"' not in gallery(ledger(), FIGURES, TITLES, folder, PARTS)


def test_the_page_escapes_what_it_is_told(folder):
    page = (folder / "index.html").read_text("utf-8")
    assert "3 &lt; 4 &amp; &#34;never&#34; &lt;/script&gt;&lt;b&gt;bold" in page
    assert "<b>" not in page
    assert "<so>" not in page
    assert "<1,000>" not in page
    assert FIGURES[1]["bibtex"] in unescape(page)


def test_the_page_shows_numbers_as_people_read_them(folder):
    text = unescape(re.sub(r"<[^>]+>", " ", (folder / "index.html").read_text("utf-8")))
    words = re.sub(r"\s+", " ", text)
    assert "2 reproduced 1 partly 1 doubtful 2 not reproduced" in words
    assert "1986 558 Ours 42.3%; 39.3% to 45.4% (n = 1,000) Since xor-sweeps is <so>. Reproduced under 1 of 2" in words
    assert "1986 never Ours" in words
    assert "1986 less than 200 Ours" in words
    header = "n median 95 % interval 5 to 95 % of runs percentile of 558 its 95 % interval as_printed_0/"
    assert f"reading verdict {header}" in words
    assert "reproduced 1,000 1,234,567 0.125 to ∞ 446 to ∞ 41.9 41.9 to 41.9" in words
    assert "reading verdict n estimate 95 % interval as_printed_0/" in words


def test_the_page_tells_the_step(folder):
    page = (folder / "index.html").read_text("utf-8")
    before, step = page.split('<section id="step"')
    step, after = step.split("</section>", 1)
    assert "figure-explain_step" in step
    assert "figure-explain_step" not in before
    assert 'href="#step"' in before
    assert "<p>It is worked as with a pencil &amp; paper.</p>" in step
    assert re.findall(r"<details[^>]*>\s*<summary><h3>(.*?)</h3>", step) == [part.title for part in PARTS[1:]]
    assert step.count('class="part" open') == 1
    assert 'tabindex="0">h1\n  x = 0.25 &lt; 1\n  y = 0.562177</pre>' in step
    assert '<th scope="row">1 → h1</th><td class="n">-0.293072</td>' in step
    assert step.count('<td class="n">0.123456</td>') == 29
    assert "python experiments/explain.py" in step
    assert "One step" not in after.split("<script>")[0]


def test_the_page_is_the_same_twice(folder):
    assert gallery(ledger(), FIGURES, TITLES, folder, PARTS) == (folder / "index.html").read_text("utf-8")


def test_a_figure_needs_its_claims_and_its_experiment(folder):
    for figure in (sidecar("xor_fig3", "unheard", []), sidecar("xor_fig3", "xor", ["unheard"])):
        with pytest.raises(ValueError, match=r"^figures or claims name what the gallery does not have: unheard$"):
            gallery(ledger(), [figure], TITLES, folder, PARTS)
