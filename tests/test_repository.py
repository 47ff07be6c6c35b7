"""What must be true of the whole: no autograd, a lock that fits, results that fit their runs, a README that runs."""

import ast
import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backprop86.config import load, stems
from backprop86.runs import read

ROOT = Path(__file__).parents[1]
SOURCES = [path for folder in ("src", "experiments") for path in (ROOT / folder).rglob("*.py")]
CUDA = ("nvidia-", "cuda-", "triton")
"""Packages that torch brings along on Linux unless it is a CPU build, which the lock is made with."""


def test_no_autograd_outside_the_oracles():
    said = {}
    for path in SOURCES:
        names = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        said[path.name] = names & {"autograd", "grad", "backward", "requires_grad", "requires_grad_", "optim", "func"}
        allowed = (
            {"backward", "optim", "grad"} if path.name == "trajectories.py" else {"backward"}
        )  # torch's SGD, shown
        if path.name == "memory.py":  # puts back what a user's autograd has attached to a tensor
            allowed |= {"grad", "requires_grad", "requires_grad_"}
        if path.name not in ("oracles.py", "peers.py"):  # of others, for the benchmark
            assert said[path.name] <= allowed, path
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


def test_the_readme_examples_run(capsys):
    page = (ROOT / "README.md").read_text("utf-8")
    own, ours = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(own, names := {})
    (printed,) = re.findall(r"```text\n(input.*?)```", page, re.DOTALL)
    right, wrong = capsys.readouterr().out.splitlines()
    assert wrong == printed.splitlines()[1]
    assert re.sub(r"\de-1\d", "", right) == re.sub(r"\de-1\d", "", printed.splitlines()[0])  # rounding, of any machine
    exec(ours, names)
    assert len([line for line in ours.splitlines() if line]) <= 11
    table = names["compare"](names["network"].forward, names["network"].backward, [names["inputs"]], {"w": names["w"]})
    assert table["agrees"].all()
    assert "True" in capsys.readouterr().out


def test_nothing_of_ours_uses_the_peers():
    uses = {
        path.name for path in SOURCES if re.search(r"^(from|import) (peers|benchmark)", path.read_text("utf-8"), re.M)
    }
    assert uses == {"benchmark.py"}


def test_every_file_the_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(links) > 20
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


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
    assert sum(path.stat().st_size for path in (ROOT / "results").rglob("*") if path.is_file()) < 50e6
