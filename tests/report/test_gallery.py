"""The gallery: the contents of the page."""

import base64
import hashlib
import re
from html import unescape

import pytest

from backprop86.judging.rules import RULES
from backprop86.report.gallery import Links, gallery
from backprop86.report.watching import Watched
from made_up import FIGURES, IDS, PARTS, TITLES, ledger, sidecar, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write(folder)
    return folder


def test_the_page_links_its_pictures_and_loads_nothing_else(folder):
    page = (folder / "index.html").read_text("utf-8")
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(IDS) | {f"figure-{figure['name']}" for figure in FIGURES} <= set(anchors)
    links = re.findall(r'\b(?:href|src|action)="([^"]*)"', page)
    assert {link[1:] for link in links if link.startswith("#")} <= set(anchors)
    assert [link for link in links if re.match(r"\w+:|//", link) and not link.startswith("data:")] == []
    assert re.findall(r"@import|url\(|<iframe|<script [^>]*src|fetch\(|https?:", page) == []
    pictures = re.findall(r'<img src="(.*?)" width="(\d+)" height="(\d+)" alt="[^"]+" loading="lazy"', page)
    names = ["benchmark", "xor_fig3", "depth_start", "explain_step"]
    sizes = [("480", "120"), ("440", "120"), ("400", "120"), ("360", "120")]
    assert pictures == [(f"figures/{name}.png", *size) for name, size in zip(names, sizes, strict=True)]
    assert "data:image" not in page
    files = {link for link in links if not link.startswith(("#", "data:"))}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.name != "index.html"}
    assert files == there


def test_a_page_may_hold_its_pictures(folder):
    page = gallery(ledger(), FIGURES, TITLES, folder, PARTS, embedded=True)
    inside = re.findall(r'<img src="data:image/png;base64,([\w+/=]{999,})" width', page)
    assert [base64.b64decode(picture) for picture in inside] == [
        (folder / f"figures/{name}.png").read_bytes()
        for name in ("benchmark", "xor_fig3", "depth_start", "explain_step")
    ]
    linked = (folder / "index.html").read_text("utf-8")
    linked = linked.replace("img-src 'self' file: data:;", "img-src data:;")
    linked = re.sub(r'<div class="strip.*?</div>\n', "", linked, flags=re.DOTALL)
    linked = re.sub(r'<img src="[^"]*" alt="" loading="lazy">', "", linked)
    assert re.sub(r'src="data:[^"]*"', "", page) == re.sub(r'src="figures/[^"]*"', "", linked)


@pytest.mark.slow
def test_what_is_made_on_demand_is_linked_where_it_is_there(tmp_path):
    write(tmp_path)
    (tmp_path / "figures/xor_fig3.svg").unlink()
    (tmp_path / "tables/xor.tex").unlink()
    page = gallery(ledger(), FIGURES, TITLES, tmp_path, PARTS)
    for name in ("figures/xor_fig3.svg", "tables/xor.tex"):
        assert f'href="{name}"' not in page
    for name in ("figures/xor_fig3.pdf", "figures/xor_fig3.png", "figures/depth_start.svg"):
        assert f'href="{name}"' in page
    for name in ("tables/xor.csv", "tables/xor.md", "tables/depth.tex"):
        assert f'href="{name}"' in page


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
    assert "1986 558 Ours 42.3%; 39.3% to 45.4% (n = 1,000) Since xor-sweeps is <so>. #xor-sweeps xor fig3" in words
    assert "xor fig3 Reproduced under 1 of 2 readings How it is judged reading verdict" in words
    assert "1986 never Ours" in words
    assert "1986 less than 200 Ours" in words
    header = "runs that learned compared median 95 % interval 5 to 95 % of runs of 100, below 558 its 95 % interval"
    assert f"reading verdict {header} as printed 0, with a rather long name 0 reproduced" in words
    assert "reproduced 2,000 50.0% 1,000 1,234,567 0.125 to never 446 to never 41.9 41.9 to 41.9" in words
    assert "reading verdict runs that learned compared share 95 % interval as printed 0, with" in words
    assert "2,000 50.0% 1,000 42.3% 39.3% to 45.4% " in words


def test_a_claim_shows_its_figures_and_the_head_of_the_page_the_telling_ones(folder):
    page = (folder / "index.html").read_text("utf-8")
    strip, after = page.split('<div class="strip')[1].split("</div>", 1)
    assert re.findall(r'href="#(figure-\w+)"><img src="(\S+)" width', strip) == [
        ("figure-depth_start", "figures/depth_start.png")
    ]
    assert page.index('class="strip') < page.index('class="lead"')
    for claim in IDS:
        article = after.split(f'id="{claim}"')[1].split("</article>")[0]
        bears = [figure["name"] for figure in FIGURES if claim in figure["claims"]]
        assert re.findall(r'href="#figure-\w+"><img src="figures/(\w+).png" alt=""', article) == bears


def test_every_experiment_has_its_command_and_its_rows_to_copy(folder):
    page = unescape((folder / "index.html").read_text("utf-8"))
    for stem in ("xor", "depth"):
        group = page.split(f'id="claims-of-{stem}"')[1].split("<article")[0]
        command = f"python experiments/run.py experiment={stem} && python experiments/report.py"
        assert f'<code id="command-of-{stem}">{command}</code>' in group
        assert f'<code id="rows-of-{stem}">results/runs/{stem}.parquet</code>' in group
        assert re.findall(r'data-copy="([\w-]+)"', group) == [f"command-of-{stem}", f"rows-of-{stem}"]


def test_the_kinds_of_failure_are_there_with_their_numbers(folder, tmp_path):
    kinds = (folder / "index.html").read_text("utf-8").split('<section id="failures"')[1].split("</section>")[0]
    words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", kinds)))
    assert words.endswith("fits. too slow E < 1 still fell 1,234 runs blew up never 0 runs ")
    write(tmp_path)
    (tmp_path / "tables/failure_kinds.csv").unlink()
    assert 'id="failures"' not in gallery(ledger(), FIGURES, TITLES, tmp_path, PARTS)


def test_beside_the_page_it_leads_to_runs(folder):
    watched = Watched("xor", "two_hidden/range_1", 17, 1234)
    links = Links("../results/", {"xor-sweeps": [watched]}, {"still_learning": Watched("depth", "a b", 3, None)})
    page = gallery(ledger(), FIGURES, TITLES, folder, [], links=links)
    assert re.findall(r'<a class="watch" href="([^"]+)">(.*?)</a>', page) == [
        ("index.html#xor/two_hidden%2Frange_1/17", "Watch seed 17 learn in 1,234 sweeps"),
        ("index.html#depth/a%20b/3", "Watch seed 3 fail"),
    ]
    assert 'class="watch"' not in (folder / "index.html").read_text("utf-8")
    places = set(re.findall(r'\b(?:href|src)="([^"#]+)[^"]*"', page)) - {"data:,", "../index.html", "index.html"}
    assert {place.rpartition("/")[0] for place in places} == {"../results", "../results/figures", "../results/tables"}
    assert not any(place.endswith(".md") for place in places)
    assert 'id="step"' not in page
    assert "figure-explain_step" in page.split('<section id="figures"')[1]


def test_the_page_explains_how_sentences_are_judged_and_names_no_rule(folder):
    page = (folder / "index.html").read_text("utf-8")
    text = unescape(
        re.sub(r"<style>.*?</style>|<script>.*?</script>|<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL)
    )
    words = re.sub(r"\s+", " ", text)
    for kind in ("draw", "every", "rate"):
        assert RULES[kind].says in words
        assert f"“{kind}”" not in words
    assert RULES["curve"].says not in words
    claims = words.split("No claim fits")[1].split("Figures ")[0]
    assert not re.search(r"∞|\bdraw\b|\brule\b|as_printed", claims)


def test_readings_are_counted_and_variants_are_not(folder):
    of_one = ledger().assign(reading="as_printed")
    page = gallery(of_one, FIGURES, TITLES, folder, PARTS)
    assert re.findall(r"Reproduced under (.*?)</summary>", page) == ["0 of 1 reading"] * 5 + ["1 of 1 reading"]
    first = page.split('id="xor-sweeps"')[1].split("</article>")[0]
    assert 'data-verdict="not reproduced"' in first


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
        with pytest.raises(ValueError, match=r"^figures or claims name parts that the gallery lacks: unheard$"):
            gallery(ledger(), [figure], TITLES, folder, PARTS)


def test_a_browser_is_told_to_run_nothing_but_our_own(folder):
    for embedded in (False, True):
        page = gallery(ledger(), FIGURES, TITLES, folder, PARTS, embedded=embedded)
        (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
        assert page.index("Content-Security-Policy") < page.index("<style") < page.index("<script")
        allowed = dict(part.split(" ", 1) for part in policy.split("; "))
        pictures = "data:" if embedded else "'self' file: data:"
        nothing = dict.fromkeys(("default-src", "base-uri", "form-action"), "'none'")
        assert allowed == nothing | {
            "img-src": pictures,
            "style-src": " ".join(hashed(page, "style")),
            "script-src": " ".join(hashed(page, "script")),
        }
        assert not re.search(r"<[^>]*\b(style|on\w+)=", page)  # none of which a hash can allow


def hashed(page, element):
    """Return the hash of everything that stands in such elements, as a browser takes it."""
    for text in re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL):
        yield f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
