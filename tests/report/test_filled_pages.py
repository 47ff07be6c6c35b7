"""Pages that people write: the report fills their marked parts, and changes nothing else."""

import json
from dataclasses import replace

import pytest

from backprop86.report import pages
from backprop86.report.watching import Watched

MARK = "<!-- made by experiments/report.py: {} -->\n{}<!-- end -->"


@pytest.fixture
def sources(judged, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "tables").mkdir()
    about = {"title": "A | title", "caption": "A | title: and more."}
    (tmp_path / "figures/made_up_one.json").write_text(json.dumps(about))
    (tmp_path / "tables/two.md").write_text("| a |\n")
    return pages.Sources(judged, tmp_path, {"made_up": "Made up", "another": "Another"}, "A step.\n")


def text_of(sources, text, place="docs/findings/page.md"):
    return pages.filled(text, pages.ROOT / place, sources)


def test_parts_are_put_between_marks_and_the_rest_stays(sources):
    page = "Above <b>\n\n" + MARK.format("table two", "old\nand older\n") + "\nbetween\n" + MARK.format("excerpt", "")
    wanted = "Above <b>\n\n" + MARK.format("table two", "| a |\n") + "\nbetween\n" + MARK.format("excerpt", "A step.\n")
    assert text_of(sources, page) == wanted
    assert text_of(sources, wanted) == wanted


def test_claims_in_plain_words(sources):
    made = text_of(sources, MARK.format("claims other-rate tried-sweeps", "")).splitlines()
    cells = [line.strip("| ").split(" | ") for line in made[1:-1]]
    assert cells[0] == ["experiment", "claim", "our runs say", "verdict", "readings"]
    assert cells[2][:2] == [
        "[Another](../../docs/findings/another.md)",
        "[half are learned](../../results/claims.md#other-rate) (H p. 1)",
    ]
    assert cells[2][2].startswith("It holds in 75.0% of 400 runs")
    assert cells[2][3:] == ["not reproduced", "0 of 1"]
    assert cells[3][2].endswith("25 of 100 never learned.")
    assert cells[3][3:] == ["reproduced", "2 of 4"]
    at_the_root = text_of(sources, MARK.format("claims other-rate", ""), "README.md")
    assert "| [Another](docs/findings/another.md) | [half are learned](results/claims.md#" in at_the_root


def test_a_claim_with_a_point_in_its_name_leads_to_its_heading(sources):
    named = replace(sources, claims=sources.claims.replace("other-rate", "other-rate-0.5"))
    assert "results/claims.md#other-rate-05) (H p. 1)" in text_of(named, MARK.format("claims other-rate-0.5", ""))


def test_an_experiment_has_its_claims_and_the_places_of_its_files(sources):
    *table, places, _ = text_of(sources, MARK.format("experiment another", "")).splitlines()
    assert len(table) == 5
    for place in ("conf/experiment/another.yaml", "results/tables/another.md", "results/runs/another.parquet"):
        assert f"](../../{place})" in places
    assert places.endswith("made by `python experiments/run.py experiment=another`")
    assert "](./src/backprop86/problems/x.py)" in text_of(sources, MARK.format("experiment x", ""), "README.md")


def test_an_experiment_that_the_page_trains_names_a_run_to_watch(sources):
    trained = replace(sources, watched={"another": Watched("another", "two/a", 7, 1234)})
    told = text_of(trained, MARK.format("experiment another", "")).splitlines()[-2]
    address = "`site/page/index.html#another/two%2Fa/7`"
    assert told == f"Watch seed 7 learn in 1,234 sweeps: `make page`, then open {address}"
    assert "site/page" not in "".join(text_of(trained, MARK.format("experiment made_up", "")))


def test_the_experiments_have_their_texts_and_count_their_verdicts(sources):
    made = text_of(sources, MARK.format("experiments", "")).splitlines()[1:-1]
    assert made[0] == "| experiment | texts | reproduced | partly | doubtful | not reproduced |"
    assert made[2:] == ["| [Made up](made_up.md) | N, P | 2 |  |  |  |", "| [Another](another.md) | H |  |  |  | 1 |"]


def test_all_verdicts_are_counted(sources):
    made = text_of(sources, MARK.format("tally", "")).splitlines()[1]
    assert made == "Of 3 claims: 2 reproduced, 0 partly, 0 doubtful, 1 not reproduced."


def test_a_figure_has_its_caption_and_its_files(sources):
    made = text_of(sources, MARK.format("figure made_up_one", "")).splitlines()
    place = "../../results/figures/made_up_one"
    assert made[1] == f"[![A &#124; title]({place}.png)]({place}.png)"
    assert made[3] == f"> A &#124; title: and more. [PDF]({place}.pdf) · [how it is made and cited]({place}.json)"


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (
            "verdict",
            f"page.md asks for verdict: a part must be one of {', '.join(pages.PARTS)}",
        ),
        ("claims tried-sweeps other", "there is no claim other"),
    ],
)
def test_a_part_that_is_not_there(sources, asked, line):
    with pytest.raises(ValueError, match=f"^{line}$"):
        text_of(sources, MARK.format(asked, ""))


def test_numbers_are_made_anew(sources):
    page = "".join(
        f"It was <!--={asked}-->{was}<!--/-->.\n"
        for asked, was in (
            ("tried-sweeps estimate", "9"),
            ("tried-sweeps estimate five/as_printed", "8"),
            ("tried-seen estimate", "some,\nor none"),
            ("tried-seen n wide", ""),
            ("other-rate printed", "?"),
            ("tried-sweeps learned_share", ""),
        )
    )
    made = pages.numbers(page + "<!-- no number -->", sources)
    assert made.splitlines() == [
        "It was <!--=tried-sweeps estimate-->200<!--/-->.",
        "It was <!--=tried-sweeps estimate five/as_printed-->250<!--/-->.",
        "It was <!--=tried-seen estimate-->25.0%<!--/-->.",
        "It was <!--=tried-seen n wide-->300<!--/-->.",
        "It was <!--=other-rate printed-->40% to 50%<!--/-->.",
        "It was <!--=tried-sweeps learned_share-->75.0%<!--/-->.",
        "<!-- no number -->",
    ]
    assert pages.numbers(made, sources) == made
    in_a_line = made.replace("\n", " ")
    assert pages.numbers(in_a_line, sources) == in_a_line


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("unheard estimate", "estimate of claim unheard, reading literal"),
        ("tried-seen estimate narrow", "estimate of claim tried-seen, reading narrow"),
        ("other-rate n slow", "n of claim other-rate, reading slow"),
        ("tried-seen mean", "mean of claim tried-seen, reading literal"),
        ("tried-seen p5", "p5 of claim tried-seen, reading literal"),
    ],
)
def test_a_number_that_is_not_there(sources, asked, line):
    with pytest.raises(ValueError, match=rf"^the page asks for {line}: there is none$"):
        pages.numbers(f"<!--={asked}-->42<!--/-->", sources)
