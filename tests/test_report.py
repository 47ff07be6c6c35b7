"""The report: the same bytes twice, nothing in results/ that the runs do not give, a verdict that follows its rows."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from backprop86 import runs, tables
from backprop86.claims import ledger
from backprop86.config import Experiment, load, stems

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"


@pytest.fixture(scope="module")
def claims():
    return pd.read_csv(RESULTS / "claims.csv", keep_default_na=False)


def test_everything_is_made_twice_with_the_same_bytes(tmp_path, monkeypatch):
    from report import report, stale
    from run import run

    whole = Experiment.recipe_of
    monkeypatch.setattr(Experiment, "recipe_of", lambda self, reading: replace(whole(self, reading), sweeps=6))
    experiments = {stem: load(stem).experiment for stem in stems()}
    run_here = [stem for stem, experiment in experiments.items() if not experiment.by_itself]
    one, two = tmp_path / "one", tmp_path / "two"
    for output in (one, two):
        for stem in run_here:
            run(load(stem, "seeds=2", f"output={output}"))
    for stem in run_here:
        assert (one / f"runs/{stem}.parquet").read_bytes() == (two / f"runs/{stem}.parquet").read_bytes(), stem
    report(one)
    files = {path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file()}
    wanted = {"claims.csv", "claims.md", "index.html", "figures.bib", "numbers.tex"}
    wanted |= {f"tables/{stem}.{kind}" for stem in [*run_here, "failures"] for kind in ("csv", "md", "tex")}
    drawn = [f"{stem}_{name}" for stem in run_here if not experiments[stem].axes for name in ("sweeps", "curves")]
    drawn += ["failures_counts", "failures_kinds", "explain_step"]
    wanted |= {f"figures/{name}.{kind}" for name in drawn for kind in ("pdf", "svg", "png", "json")}
    assert wanted <= files
    for name, change in {"claims.csv": b"x", "figures/xor_sweeps.svg": b" ", "tables/xor.md": b"\n"}.items():
        (one / name).write_bytes((one / name).read_bytes() + change)
    (one / "figures/xor_sweeps.json").unlink()
    (one / "tables/other.csv").write_text("typed by hand")
    assert stale(one) == [
        "claims.csv is stale",
        "figures/xor_sweeps.json is missing",
        "figures/xor_sweeps.svg is stale",
        "tables/other.csv is made by nothing",
        "tables/xor.md is stale",
    ]


def test_the_committed_results_are_what_the_runs_give():
    from report import stale

    assert stale() == []


def test_one_row_turns_a_verdict(tmp_path):
    experiment = load("single_layer").experiment
    found = runs.read(RESULTS / "runs/single_layer.parquet")

    def verdict():
        judged = ledger(experiment.claims, runs.read(tmp_path / "single_layer.parquet"))
        return judged.set_index(["claim", "reading"])["verdict"]["single-layer-xor", "xor"]

    runs.write(found, tmp_path / "single_layer.parquet")
    assert verdict() == "reproduced"
    found.of("xor").loc[321, "solved"] = True
    runs.write(found, tmp_path / "single_layer.parquet")
    assert verdict() == "doubtful"


def test_a_runs_file_that_is_gone_is_one_clear_line_and_nothing_is_written(tmp_path):
    from report import report

    (tmp_path / "runs").mkdir()
    for path in (RESULTS / "runs").glob("*.parquet"):
        (tmp_path / "runs" / path.name).symlink_to(path)
    (tmp_path / "runs/depth.parquet").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"/depth.parquet does not exist: python experiments/run.py exp.*=depth "
    ):
        report(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_every_claim_has_its_place_in_a_text(claims):
    for source in claims["source"].unique():
        assert source == "ours" or all(
            re.fullmatch(r"[NPH] (pp?\. [\d-]+|Figs?\. [\d-]+|Table \d+|equations? \d+( and \d+)?)|fn \d", part.strip())
            for part in source.split(",")
        ), source
    assert claims["claim"].nunique() >= 60
    assert set(claims["stem"]) == {stem for stem in stems() if not load(stem).experiment.by_itself}
    headings = re.findall(r"^### (\S+)$", (RESULTS / "claims.md").read_text("utf-8"), re.MULTILINE)
    assert headings == claims["claim"].drop_duplicates().tolist()


def test_every_figure_has_a_sidecar_that_says_what_it_must():
    figures = {path.stem for path in (RESULTS / "figures").glob("*.png")}
    assert figures == {path.stem for path in (RESULTS / "figures").glob("*.json")}
    entries = (RESULTS / "figures.bib").read_text("utf-8")
    of_lattices = {claim.id for claim in load("family_trees_lattice").experiment.claims}
    known = set(pd.read_csv(RESULTS / "claims.csv")["claim"])
    assert of_lattices <= known
    for name in figures:
        about = json.loads((RESULTS / f"figures/{name}.json").read_text("utf-8"))
        assert len(about["caption"].split()) > 8, name
        assert set(about["claims"]) <= known
        assert f"@misc{{{about['key']}," in entries
        assert about["bibtex"] in entries
        assert about["command"].startswith(("python experiments/", "make "))
        without_runs = name in ("benchmark", "autograd", "autograd_paths", "explain_step")
        assert without_runs or (about["seeds"] and "numpy" in about["versions"])
    bears = {claim for path in (RESULTS / "figures").glob("*.json") for claim in json.loads(path.read_text())["claims"]}
    assert {"symmetry-1-2-4", "xor-fig5-minimum", "family-trees-branch", "t-c-compactness"} <= bears


def test_every_number_in_the_readme_comes_from_somewhere():
    page = (ROOT / "README.md").read_text("utf-8")
    assert not re.search(r"^<!--=", page, re.MULTILINE)  # a line that begins so is not Markdown
    marked = tables.NUMBER.findall(page)
    assert len(marked) >= 20
    prose = tables.NUMBER.sub("", tables.MARKED.sub("", page))
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", prose, flags=re.DOTALL)
    settings = "".join(path.read_text("utf-8") for path in (ROOT / "conf").rglob("*.yaml"))
    given = {"3.11", "3.13", "2268", "90"}  # versions of Python; readings of the lattice; the range of the runs
    given |= {number.rstrip(".,").replace(",", "") for number in re.findall(r"\d[\d,.]*", settings)}
    assert {number.rstrip(".,").replace(",", "") for number in re.findall(r"\d[\d,.]*", prose)} <= given
    shares = re.findall(r"[\d.]+ ?%", prose)
    assert set(shares) <= {"0.2 %", "0.02 %", "90 %"}  # decay, as printed and less; the range of the runs


def test_what_the_readme_says_without_a_number(claims):
    literal = claims.drop_duplicates("claim").set_index("claim")["verdict"]
    assert literal["symmetry-letter-largest"] == "not reproduced"
    for form in ("symmetry-chapter-", "xor-fig3-"):
        assert set(literal[literal.index.str.startswith(form)]) == {"reproduced"}
    for claim in ("addition-three-always", "xor-fig5-escape", "xor-local-minima", "xor-fig5-minimum"):
        assert set(claims.loc[claims["claim"] == claim, "verdict"]) == {"not reproduced"}
    first = claims[claims["reading"] == "to_sweep_558"].set_index("claim")  # of which fewer are of P's kind
    solved = float(first["solved"]["xor-sweeps-direct"]) * first["n"]["xor-sweeps-direct"]
    assert 0.4 < first["n"]["xor-fig3-to-hidden"] / solved < 0.6
    by_range = claims[claims["claim"].str.startswith("chauvin-") & (claims["claim"] != "chauvin-unstable")]
    assert set(by_range.loc[by_range["verdict"] == "reproduced", "reading"].str.split("/").str[1]) == {"range_1"}
    failures = pd.read_csv(RESULTS / "tables/failures.csv").set_index(["experiment", "reading"])
    assert failures["plateau"]["family_trees", "as_printed"] == failures["n"]["family_trees", "as_printed"]
    kinds = pd.read_csv(RESULTS / "tables/failure_kinds.csv").set_index("kind")["runs"]
    assert kinds[["still_learning", "plateau", "saturated"]].sum() > 0.7 * kinds.sum()


def test_what_the_readme_says_of_the_lattice():
    table, page = pd.read_csv(ROOT / "results/tables/family_trees_lattice.csv"), (ROOT / "README.md").read_text("utf-8")
    numbers = table[[f"family-trees-{name}" for name in ("all-learned", "held-out-4", "held-out-3", "573-sweeps")]].all(
        axis=1
    )
    best = table["met"].max()
    assert f"the best {(table['met'] == best).sum()} give {best}.**" in page
    assert f"573 sweeps without decay) come out of {numbers.sum()}." in page
    assert set(table["of"]) == {10}
    of_those = table[numbers]
    shared = of_those[["error", "range", "update"]].drop_duplicates().to_numpy().tolist()
    assert shared == [["from_edge", "range_1", "sweep"]]
    step = (
        0.01
        * of_those["epsilon"].str[1:].astype(float)
        / (1 - of_those["momentum"].str.split("_").str[1].astype(float))
    )
    assert (step / 0.1).round(6).agg(["min", "max"]).tolist() == [10, 50]
    assert not table[["family-trees-branch", "family-trees-twin"]].any(axis=None)
    assert len(load("family_trees_lattice").experiment.conditions) == 2268
