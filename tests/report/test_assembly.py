"""The report: the same bytes for any number of processes, only files that the runs give, a line for the rest."""

import json
import re
import subprocess
import sys

import pandas as pd
import pytest
from omegaconf import OmegaConf

from backprop86.engines.recipe import BadInput
from backprop86.explaining.picture import EXAMPLE
from backprop86.judging.ledger import ledger
from backprop86.report import assembly
from backprop86.report.assembly import report, stale
from backprop86.running import runs
from backprop86.running.run import run
from backprop86.running.settings import load, stems
from helpers import ROOT
from report import main

RESULTS = ROOT / "results"


@pytest.fixture(scope="module")
def claims():
    return pd.read_csv(RESULTS / "claims.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder with the rows of all readings of one experiment, and of two of another."""
    folder = tmp_path_factory.mktemp("own")
    run(load("negation", "seeds=4", output=folder))
    for reading in ("as_printed", "range_1"):
        run(load("xor", f"reading={reading}", "seeds=4", output=folder))
    return folder


def in_its_file(stem):
    """Return an experiment's file of conf/ unchecked, since checking the whole map takes seconds."""
    return OmegaConf.to_container(OmegaConf.load(ROOT / f"conf/experiment/{stem}.yaml"))


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_two_processes_make_the_same_bytes_as_one(own):
    made = report(own, EXAMPLE, processes=1)
    before = files(own)
    wanted = {"claims.csv", "claims.md", "index.html", "figures.bib", "numbers.tex"}
    wanted |= {f"tables/{stem}.{kind}" for stem in ("xor", "negation", "failures") for kind in ("csv", "md")}
    drawn = [f"{stem}_{name}" for stem in ("xor", "negation") for name in ("sweeps", "curves")]
    drawn += ["negation_weights", "failures_counts", "explain_step"]
    wanted |= {f"figures/{name}.{kind}" for name in drawn for kind in ("pdf", "png", "json")}
    assert wanted <= before.keys()
    assert not [name for name in before if name.endswith(".svg") or (name.endswith(".tex") and "/" in name)]
    assert "whole.html" not in before
    names = (
        "symmetry, family_trees,",
        "family_trees_map (make map",
        "tables/benchmark",
        "tables/autograd",
        "tables/gradcheck",
    )
    told = [note for note in made.notes if note.startswith("left out: ")]
    assert all(note.startswith(f"left out: {name}") for note, name in zip(told, names, strict=False))
    again = f"(python experiments/run.py experiment=xor output={own} makes them)"
    listed = "zero_one_targets, case_updates, no_momentum and"
    assert re.fullmatch(rf"left out: {listed} \d+ other readings of xor, without rows {re.escape(again)}", told[5])
    assert re.fullmatch(r"left out: .* and \d+ other claims of xor, which need other readings or measures", told[6])
    page = (own / "claims.md").read_text("utf-8")
    assert set(told[5:]) <= set(re.findall(r"^- (.*)$", page, re.MULTILINE))
    assert "### xor-sweeps-direct" in page
    assert "### xor-fig5-stays" not in page
    for name, change in {"claims.csv": b"x", "figures/xor_sweeps.pdf": b" ", "tables/xor.md": b"\n"}.items():
        (own / name).write_bytes(before[name] + change)
    (own / "figures/xor_sweeps.json").unlink()
    for name in ("figures/xor_sweeps.svg", "tables/xor.tex"):
        (own / name).write_text("made on demand")
    (own / "tables/other.csv").write_text("typed by hand")
    changed = files(own)
    assert stale(EXAMPLE, own, processes=2) == [
        "claims.csv is stale",
        "figures/xor_sweeps.json is missing",
        "figures/xor_sweeps.pdf is stale",
        "tables/other.csv is made by nothing",
        "tables/xor.md is stale",
    ]
    assert files(own) == changed


@pytest.mark.slow
@pytest.mark.results
def test_the_committed_results_are_what_the_runs_give():
    assert stale(EXAMPLE) == []


@pytest.mark.slow
def test_one_experiment_with_settings_of_ones_own(tmp_path, monkeypatch, capsys):
    run(load("xor", "reading=as_printed", "seeds=5", "experiment.recipe.epsilon=0.25", output=tmp_path))
    monkeypatch.setattr(sys, "argv", ["report.py", "--output", str(tmp_path), "--more"])
    main()
    told = capsys.readouterr().out
    line = "xor, as_printed: epsilon is 0.25 here, 0.5 in conf/experiment/xor.yaml"
    assert f"\n{line}\n" in told
    assert told.endswith(f"tables, figures, claims and the gallery are in {tmp_path}/\n")
    assert f"\n- {line}\n" in (tmp_path / "claims.md").read_text("utf-8").split("The three")[0]
    page = (tmp_path / "index.html").read_text("utf-8")
    assert f"<li>{line}</li>" in page
    assert 'href="figures/xor_sweeps.svg"' in page
    assert 'href="tables/xor.tex"' in page
    assert "data:image/png" not in page
    shown = set(re.findall(r'<img src="figures/(\w+)\.png"', page))
    assert len(shown) == (tmp_path / "whole.html").read_text("utf-8").count("data:image/png;") > 3
    for name in ("figures/xor_sweeps.svg", "tables/xor.tex"):
        assert (tmp_path / name).is_file()
    table = pd.read_csv(tmp_path / "tables/xor.csv")
    assert table["other settings"].tolist() == ["epsilon 0.25, not 0.5"]
    assert set(pd.read_csv(tmp_path / "claims.csv")["other_settings"]) == {"epsilon 0.25, not 0.5"}
    for name in ("xor_sweeps", "xor_curves"):
        about = json.loads((tmp_path / f"figures/{name}.json").read_text("utf-8"))
        assert about["caption"].endswith("Not with the settings of conf/experiment/xor.yaml: epsilon 0.25, not 0.5.")
        assert about["command"] == f"python experiments/report.py --output {tmp_path} --only {name}"


@pytest.fixture
def nothing_is_drawn(monkeypatch):
    def written(*about):
        raise AssertionError("it was drawn before everything was checked")

    monkeypatch.setattr(assembly.chapters, "written", written)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda experiment: setattr(experiment, "figures", []),
            "figures in conf/experiment/negation.yaml must have a caption for weights, were those of none",
        ),
        (
            lambda experiment: setattr(experiment.claims[0], "column", "nonsense"),
            "claim negation-.* does not measure nonsense at learned",
        ),
        (
            lambda experiment: setattr(experiment.claims[0], "readings", ["unheard"]),
            "negation has no reading of the form unheard, only as_printed, .*",
        ),
    ],
)
def test_an_experiment_is_checked_before_it_is_drawn(own, monkeypatch, change, line):
    from backprop86.report import material

    def changed(stem, output):
        settings = load(stem, output=output)
        if stem == "negation":
            change(settings.experiment)
        return settings

    def written(write, made, place):
        assert made.stem != "negation", "it was drawn before it was checked"
        return []

    monkeypatch.setattr(material, "load", changed)
    monkeypatch.setattr(assembly.chapters, "written", written)
    with pytest.raises(BadInput, match=f"^{line}$"):
        report(own, EXAMPLE, processes=1)


@pytest.mark.usefixtures("nothing_is_drawn")
def test_published_results_must_be_whole(own, monkeypatch):
    monkeypatch.setattr(assembly, "PUBLISHED", own.resolve())
    line = "/runs/symmetry.parquet does not exist: python experiments/run.py experiment=symmetry makes it$"
    with pytest.raises(BadInput, match=line):
        report(own, EXAMPLE, processes=1)
    monkeypatch.setattr(assembly, "stems", lambda: ["xor", "negation"])
    with pytest.raises(BadInput, match=r"^there are no runs of xor, reading zero_one_targets: "):
        report(own, EXAMPLE, processes=1)


@pytest.mark.usefixtures("nothing_is_drawn")
@pytest.mark.parametrize("there", [[], ["typo"], ["typo/runs"]])
def test_a_folder_without_rows_is_one_line_and_nothing_is_made(tmp_path, monkeypatch, there):
    for name in there:
        (tmp_path / name).mkdir(parents=True)
    output, before = tmp_path / "typo", sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(sys, "argv", ["report.py", "--output", str(output)])
    with pytest.raises(BadInput, match=rf"experiments/run.py experiment=symmetry output={output} makes "):
        main()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("nothing_is_drawn")
def test_a_folder_that_cannot_be_written_to_is_told_first(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "figures").write_text("a file")
    with pytest.raises(BadInput, match=r"^output must be a folder that can be written to, was .*figures \(Not a dir"):
        assembly.publish(str(tmp_path), EXAMPLE)


@pytest.mark.results
def test_one_row_turns_a_verdict(tmp_path):
    experiment = load("single_layer").experiment
    found = runs.read(RESULTS / "runs/single_layer.parquet")

    def verdict():
        judged = ledger(experiment.claims, runs.read(tmp_path / "single_layer.parquet"), experiment)
        return judged.set_index(["claim", "name"])["verdict"]["single-layer-xor", "xor/as_printed"]

    runs.write(found, tmp_path / "single_layer.parquet")
    assert verdict() == "reproduced"
    found.of("xor/as_printed").loc[321, ["learned", "failure", "sweeps"]] = [True, "", 5]
    runs.write(found, tmp_path / "single_layer.parquet")
    assert verdict() == "doubtful"


@pytest.mark.results
def test_every_claim_has_its_place_in_a_text(claims):
    for source in claims["source"].unique():
        assert source == "ours" or all(
            re.fullmatch(
                r"[NPHLS] (pp?\. [\d-]+|Figs?\. [\d-]+|Table [\d-]+|equations? \d+( and \d+)?)|fn \d|R|C lecture 4",
                part.strip(),
            )
            for part in source.split(",")
        ), source
    assert claims["claim"].nunique() >= 60
    assert set(claims["stem"]) == {stem for stem in stems() if "by_itself" not in in_its_file(stem)}
    headings = re.findall(r"^### (\S+)$", (RESULTS / "claims.md").read_text("utf-8"), re.MULTILINE)
    assert headings == claims["claim"].drop_duplicates().tolist()


@pytest.mark.results
def test_every_figure_has_a_sidecar_that_says_what_it_must():
    figures = {path.stem for path in (RESULTS / "figures").glob("*.png")}
    assert figures == {path.stem for path in (RESULTS / "figures").glob("*.json")}
    entries = (RESULTS / "figures.bib").read_text("utf-8")
    known = set(pd.read_csv(RESULTS / "claims.csv")["claim"])
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


@pytest.mark.slow
def test_the_script_answers_a_mistake_with_one_line(tmp_path):
    script = [sys.executable, str(ROOT / "experiments/report.py"), "--output", "typo"]
    told = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)
    line = "error: output must be a folder that holds rows in runs/, was typo"
    again = "python experiments/run.py experiment=symmetry output=typo makes one"
    assert (told.returncode, told.stdout, told.stderr) == (2, "", f"{line} ({again})\n")
    assert list(tmp_path.iterdir()) == []
