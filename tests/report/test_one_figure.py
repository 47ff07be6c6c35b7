"""One figure made alone: the same bytes as in a whole report, nothing else touched, and its entry for BibTeX."""

import hashlib
import json
import re

import pytest

from backprop86.engines.recipe import BadInput
from backprop86.explaining.picture import EXAMPLE
from backprop86.report import citing
from backprop86.report.assembly import report
from backprop86.report.one_figure import one_figure
from backprop86.running.run import run
from backprop86.running.settings import load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder with the rows and the report of one experiment."""
    folder = tmp_path_factory.mktemp("own")
    run(load("negation", "seeds=4", output=folder))
    report(folder, EXAMPLE, processes=1)
    return folder


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_the_figure_of_the_report_and_nothing_else_is_touched(own):
    before = files(own)
    names = [f"figures/negation_weights.{kind}" for kind in ("json", "pdf", "png")]
    for name in names:
        (own / name).unlink()
    times = {path: path.stat().st_mtime_ns for path in own.rglob("*") if path.is_file()}
    entry = one_figure("negation_weights", str(own), EXAMPLE)
    assert files(own) == before
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert re.match(r"@misc\{backprop86:negation_weights,\n  author = ", entry)
    assert f", commit {citing.commit()}}}" in entry
    about = json.loads(before[names[0]])
    assert about["command"] == f"python experiments/report.py --output {own} --only negation_weights"
    (source,) = about["sources"]
    assert source["file"] == "runs/negation.parquet"
    assert source["sha256"] == hashlib.sha256((own / source["file"]).read_bytes()).hexdigest()
    assert source["command"] == f"python experiments/run.py experiment=negation output={own}"


@pytest.mark.parametrize("name", ["explain_step", "failures_counts", "negation_sweeps"])
def test_figures_of_every_chapter_can_be_made(own, name):
    before = files(own)
    (own / f"figures/{name}.png").unlink()
    one_figure(name, str(own), EXAMPLE)
    assert files(own) == before


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("negation_weight", "negation_weights"),
        ("negation", "negation_[a-z]+"),
        ("xor_fig3", ".*"),
        ("failures_", "failures_counts"),
    ],
)
def test_a_name_that_no_figure_has_is_one_line_and_nothing_is_made(own, name, like):
    before = files(own)
    with pytest.raises(BadInput, match=rf"^only must be a figure such as {like}.*, was {name}$"):
        one_figure(name, str(own), EXAMPLE)
    assert files(own) == before


def test_without_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(citing, "CITATION", tmp_path / "CITATION.cff")
    assert citing.commit() == ""
    monkeypatch.setenv("PATH", "")
    assert citing.commit() == ""
