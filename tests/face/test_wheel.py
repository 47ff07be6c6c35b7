"""The wheel: built, installed into an empty environment with only its requirements, used in another folder."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from helpers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="it links what is installed")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
BASE, RUN = PROJECT["dependencies"], PROJECT["optional-dependencies"]["run"]


def needed(requirements):
    """Return every installed distribution that these require, by name, without those that are not installed."""
    found, todo = {}, [Requirement(text) for text in requirements]
    while todo:
        requirement = todo.pop()
        name = requirement.name.lower().replace("_", "-")
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # the parts of CUDA, without which a CPU build of torch comes
            continue
        todo += [Requirement(text) for text in found[name].requires or []]
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, as a build leaves files behind that a later one would take."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("src", "conf"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "dist"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "."], cwd=copy, check=True)
    (built,) = (copy / "dist").iterdir()
    return built


def environment(folder, wheel, requirements):
    """Return the Python of a new environment that has the wheel and links to its requirements."""
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for one in needed(requirements).values():
        for top in {path.parts[0] for path in one.files} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(one.locate_file(top))
    python = folder / "bin" / "python"
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # where it may be already
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options, wheel], check=True, env=alone)
    return python


def done(python, folder, script, *arguments):
    """Run a script in an empty folder; return its output, read as JSON."""
    folder.mkdir()
    command = [python, "-I", "-W", "error", "-c", script, *arguments]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    assert list(folder.iterdir()) == []
    return json.loads(found.stdout)


WITH_RUN = """
import json, sys
import backprop86 as bp

rows = bp.run("xor", seeds=20)
published = bp.read_runs("xor", results=sys.argv[1])
same = published[(published["variant"] == "") & (published["reading"] == "as_printed")][:20].reset_index(drop=True)
try:
    bp.read_runs("xor")
except ValueError as error:
    told = str(error)
judged = bp.judge("xor", rows)
print(json.dumps({
    "file": bp.__file__, "told": told, "equal": rows.equals(same[list(rows)]), "experiments": len(bp.experiments()),
    "verdict": judged.loc[judged["claim"] == "xor-sweeps-direct", "verdict"].tolist(),
    "title": bp.explain(seed=3, case=2, epsilon=0.2).parts[0].title,
}))
"""

WITH_BASE = """
import json, sys
import torch
import backprop86 as bp

told = []
for name in ("run", "judge", "read_runs", "verify"):
    try:
        getattr(bp, name)
    except ImportError as error:
        told.append(str(error))
net = bp.Network(bp.layered(2, 2, 1))
inputs, w = torch.rand(3, 5, 2).double(), torch.rand(3, 9).double()
report = bp.gradcheck(net.forward, net.backward, [inputs], {"w": w})
bp.testing.assert_gradients(net.forward, net.backward, [inputs.float()], {"w": w.float()})
print(json.dumps({
    "file": bp.__file__, "told": told, "page": str(bp.explain("xor", seed=1, sweeps=400)),
    "experiments": len(bp.experiments()), "agrees": bool(report),
}))
"""


def test_with_the_extra_run(wheel, tmp_path):
    python = environment(tmp_path / "env", wheel, BASE + RUN)
    found = done(python, tmp_path / "empty", WITH_RUN, str(ROOT / "results"))
    assert Path(found["file"]).is_relative_to(tmp_path / "env")
    assert found["equal"]
    assert found["verdict"] == ["reproduced"]
    assert found["experiments"] == len(list((ROOT / "conf" / "experiment").iterdir()))
    holds = "results must be a folder that holds runs/xor.parquet"
    assert found["told"] == f"the published rows are in the repository, in results/runs: {holds}"
    assert "epsilon 0.2 instead of 0.5, seed 3, case 10" in found["title"]


def test_with_what_it_requires_alone(wheel, tmp_path):
    import backprop86 as bp

    python = environment(tmp_path / "env", wheel, BASE)
    found = done(python, tmp_path / "empty", WITH_BASE)
    assert Path(found["file"]).is_relative_to(tmp_path / "env")
    lines = [line.partition(" needs ") for line in found["told"]]
    assert [name for name, _, _ in lines] == [f"backprop86.{name}" for name in ("run", "judge", "read_runs", "verify")]
    assert {line.partition(", ")[2] for _, _, line in lines} == {
        "which is not installed: pip install 'backprop86[run]'"
    }
    assert found["page"] == str(bp.explain("xor", seed=1, sweeps=400))  # trained by the other engine
    assert found["experiments"] == len(bp.experiments())
    assert found["agrees"]
