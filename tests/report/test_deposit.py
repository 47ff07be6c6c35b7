"""SHA256SUMS: a line for every file that is made or written, none for what git ignores; `sha256sum -c` reads it."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from backprop86.report import deposit
from backprop86.report.material import Folder
from backprop86.running.run import run
from backprop86.running.settings import load
from helpers import ROOT

MADE = ["claims.csv", "figures/a.pdf", "tables/a.csv"]
ON_DEMAND = ["whole.html", "figures/a.svg", "tables/a.tex"]
LEFT_OUT = ["ranges/x", "compact/x", ".report-1/claims.csv"]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """A folder of rows, with the two files that somebody wrote."""
    folder = tmp_path_factory.mktemp("rows")
    run(load("negation", "reading=as_printed", "seeds=3", f"output={folder}"))
    for place in deposit.WRITTEN:
        (folder / place).write_text(f"{place}\n", "utf-8")
    return Folder(folder, published=False)


@pytest.fixture
def output(tmp_path):
    """A folder of a report, with files of all kinds."""
    for place in MADE + ON_DEMAND + LEFT_OUT:
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(f"{place}\n", "utf-8")
    return tmp_path


def listed(output):
    """Return the digest of each file that is listed."""
    lines = (output / "SHA256SUMS").read_text("utf-8").splitlines()
    return {place: digest for digest, place in (line.split("  ") for line in lines)}


def test_what_is_made_and_what_is_written_is_listed(rows, output):
    deposit.write(output, rows, {"negation": "Negation"})
    found = listed(output)
    assert list(found) == sorted([*MADE, "LICENSE", "README.md", "croissant.json", "runs/negation.parquet"])
    for place, digest in found.items():
        path = output / place if (output / place).is_file() else rows.path / place
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_report_in_the_folder_of_its_rows_lists_the_same(rows, output):
    deposit.write(output, rows, {"negation": "Negation"})
    before = (output / "SHA256SUMS").read_bytes()
    shutil.copytree(rows.path, output, dirs_exist_ok=True)
    deposit.write(output, Folder(output, published=False), {"negation": "Negation"})
    assert (output / "SHA256SUMS").read_bytes() == before


def test_a_changed_file_has_another_digest(rows, output):
    deposit.write(output, rows, {"negation": "Negation"})
    before = listed(output)
    (output / "claims.csv").write_text("another\n", "utf-8")
    deposit.write(output, rows, {"negation": "Negation"})
    assert [place for place, digest in listed(output).items() if before[place] != digest] == ["claims.csv"]


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum")
def test_sha256sum_reads_it(rows, output):
    deposit.write(output, rows, {"negation": "Negation"})
    shutil.copytree(rows.path, output, dirs_exist_ok=True)
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=output).returncode == 0
    (output / "runs" / "negation.parquet").write_bytes(b"damaged")
    found = subprocess.run(check, cwd=output, capture_output=True, text=True)
    assert found.returncode == 1
    assert [line.partition(":")[0] for line in found.stdout.splitlines()] == ["runs/negation.parquet"]


def test_what_git_ignores_in_results_is_not_listed():
    ignored = [line for line in (ROOT / ".gitignore").read_text("utf-8").splitlines() if line.startswith("results/")]
    assert len(ignored) > 4
    for line in ignored:
        place = Path(line.removeprefix("results/").replace("*", "x"))
        place = place / "x" if line.endswith("/") else place
        assert place.parts[0] in deposit.OF_RUNS or deposit.is_on_demand(place) or deposit.is_aside(place), line


@pytest.mark.results
def test_the_committed_digests_are_those_of_the_committed_files():
    found = listed(ROOT / "results")
    there = {place.as_posix() for place in deposit.made_in(ROOT / "results")} - {"SHA256SUMS"}
    assert set(found) == there | {f"runs/{path.name}" for path in (ROOT / "results/runs").glob("*.parquet")}
    for place, digest in found.items():
        assert deposit.digest(ROOT / "results" / place) == digest, place
