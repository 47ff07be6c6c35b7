"""What must be true of the whole: no autograd, a lock that fits, results that fit their runs, a README that runs."""

import ast
import re
import tomllib
from dataclasses import replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backprop86 import tables
from backprop86.claims import ledger
from backprop86.config import Experiment, load, stems
from backprop86.runs import read

ROOT = Path(__file__).parents[1]
SOURCES = [path for folder in ("src", "experiments") for path in (ROOT / folder).rglob("*.py")]
CUDA = ("nvidia-", "cuda-", "triton")
"""Packages that torch brings along on Linux unless it is a CPU build, which the lock is made with."""


@pytest.fixture
def experiments(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "experiments")


def test_no_autograd_outside_the_oracles():
    said = {}
    for path in SOURCES:
        names = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        said[path.name] = names & {"autograd", "grad", "backward", "requires_grad", "requires_grad_", "optim", "func"}
        if path.name not in ("oracles.py", "peers.py"):  # of others, for the benchmark
            assert said[path.name] <= {"backward"}, path
    assert "autograd" in said["oracles.py"]
    for path in set(SOURCES) - {
        ROOT / "experiments" / "peers.py"
    }:  # .backward is a module's own, with a cache, never a tensor's
        calls = re.findall(r"(\w+)\.backward\(([^)]*)\)", path.read_text("utf-8"))
        assert all("," in arguments for _, arguments in calls), path


def test_imports_go_one_way():
    order = re.findall(r"^\| (\w+)(?:\.py|/) \|", (ROOT / "docs" / "design.md").read_text("utf-8"), re.MULTILINE)
    order.remove("problems")
    assert {path.stem for path in (ROOT / "src/backprop86").glob("[!_]*.py")} == set(order)
    for path in (ROOT / "src/backprop86").glob("[!_]*.py"):
        text = path.read_text("utf-8")
        used = re.findall(r"^from backprop86\.(\w+) import", text, re.MULTILINE)
        for names in re.findall(r"^from backprop86 import (.+)", text, re.MULTILINE):
            used += names.split(", ")
        assert all(order.index(name) < order.index(path.stem) for name in used), path


def test_files_stay_short():
    assert {path.name: n for path in SOURCES if (n := len(path.read_text("utf-8").splitlines())) > 250} == {}


def test_the_lock_holds_exactly_what_the_project_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    locked = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    wanted = [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["dev"]]
    seen = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if (requirement.marker and not requirement.marker.evaluate({"extra": ""})) or name.startswith(CUDA):
            continue
        assert name in locked, f"{name} is not in requirements.lock"
        assert requirement.specifier.contains(locked[name]), (
            f"requirements.lock has {name} {locked[name]}: {requirement}"
        )
        if name not in seen:
            seen.add(name)
            wanted += [Requirement(text) for text in _requires(name)]
    assert set(locked) == seen


def _requires(name):
    try:
        return requires(name) or []
    except PackageNotFoundError:
        pytest.fail(f"{name} is in requirements.lock but not installed")


def test_the_readme_example_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 11
    names = {}
    exec(code, names)
    table = names["compare"](names["network"].forward, names["network"].backward, [names["inputs"]], {"w": names["w"]})
    assert table["agrees"].all()
    assert "autograd" in capsys.readouterr().out


def test_nothing_of_ours_uses_the_peers():
    uses = {
        path.name for path in SOURCES if re.search(r"^(from|import) (peers|benchmark)", path.read_text("utf-8"), re.M)
    }
    assert uses == {"benchmark.py"}


def test_every_file_the_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(links) > 20
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


def test_verdicts_and_readme_fit_the_committed_runs():
    judged = []
    for stem in stems():
        settings = load(stem, f"output={ROOT / 'results'}")
        of_claims = ledger(settings.experiment.claims, read(settings.runs_file)).assign(stem=stem)
        if settings.experiment.by_itself:
            table = import_module(f"backprop86.problems.{stem}").table(read(settings.runs_file), of_claims)
            written = (ROOT / f"results/tables/{stem}.csv").read_text("utf-8")
            assert written == table.to_csv(index=False, lineterminator="\n")
        else:
            judged.append(of_claims)
    claims = pd.concat(judged, ignore_index=True)
    assert (ROOT / "results/claims.csv").read_text("utf-8") == claims.to_csv(index=False, lineterminator="\n")
    headlines = tables.markdown(tables.claims_table(claims[claims["headline"]]))
    page = (ROOT / "README.md").read_text("utf-8")
    assert headlines in page
    assert tables.put_between_markers(page, headlines) == page


def test_the_committed_runs_have_their_thousand_seeds():
    for stem in stems():
        settings = load(stem, f"output={ROOT / 'results'}")
        runs = read(settings.runs_file)
        assert runs.conditions == list(settings.experiment.conditions)
        experiment = settings.experiment
        for reading in runs.conditions:
            rows, n = runs.of(reading), experiment.seeds
            if experiment.first_look and not rows[experiment.promising].iloc[: experiment.first_look].any():
                n = experiment.first_look
            assert rows["seed"].tolist() == list(range(n))
    assert sum(path.stat().st_size for path in (ROOT / "results").rglob("*") if path.is_file()) < 45e6


def test_everything_runs_twice_with_the_same_bytes(tmp_path, monkeypatch, experiments):
    from report import report
    from run import run

    whole = Experiment.recipe_of
    monkeypatch.setattr(Experiment, "recipe_of", lambda self, reading: replace(whole(self, reading), sweeps=6))
    experiments = {stem: load(stem).experiment for stem in stems()}
    run_here = [stem for stem, experiment in experiments.items() if not experiment.by_itself]
    for once in ("one", "two"):
        for stem in run_here:
            run(load(stem, "seeds=2", f"output={tmp_path / once}"))
        report(str(tmp_path / once))
    files = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()}
    wanted = {f"runs/{stem}.parquet" for stem in run_here} | {"claims.csv", "claims.md"}
    wanted |= {f"tables/{stem}.{kind}" for stem in run_here for kind in ("csv", "md", "tex")}
    drawn = [f"{stem}_{name}" for stem in run_here if not experiments[stem].axes for name in ("sweeps", "curves")]
    wanted |= {f"figures/{name}.{kind}" for name in drawn for kind in ("pdf", "svg", "png")}
    assert wanted <= {file.as_posix() for file in files}
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file
    (tmp_path / "one" / "runs" / "xor.parquet").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"xor.parquet does not exist: python experiments/run.py experiment=xor"
    ):
        report(str(tmp_path / "one"))


def test_the_figures_of_the_papers_are_drawn_from_the_committed_runs():
    drawn = {}
    for stem in stems():
        runs, problem = (
            read(ROOT / "results" / "runs" / f"{stem}.parquet"),
            import_module(f"backprop86.problems.{stem}"),
        )
        if hasattr(problem, "draw"):
            drawn[stem] = set(problem.draw(runs))
    of_the_letter = {"symmetry": {"fig1"}, "family_trees": {"fig3", "fig4"}, "iterative": {"fig5"}}
    of_the_letter |= {"single_layer": {"line"}, "symmetry_breaking": {"separation"}, "extra_connections": {"unsolved"}}
    of_the_chapter = {"xor": {"fig3", "fig5"}, "parity": {"table3"}, "encoder": {"table5"}, "negation": {"weights"}}
    of_the_chapter |= {"addition": {"failures"}, "chauvin": {"hidden"}, "t_c": {"detectors", "activities"}}
    of_the_chapter |= {"shift_register": {"weights"}, "sequence": {"table11", "held_out"}}
    assert drawn == of_the_letter | of_the_chapter | {"depth": {"start", "training"}}


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
