"""docs/add_an_experiment.md, followed to the letter in a copy of the checkout: its files, commands and their output."""

import os
import re
import shutil
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from itertools import pairwise
from pathlib import Path

import pytest

from helpers import ROOT

PAGE = (ROOT / "docs" / "add_an_experiment.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(.*)\n((?s:.*?))^```$", re.MULTILINE)
BLOCKS = [match.groups() for match in BLOCK.finditer(PAGE)]
"""(language, what follows it, text) of each block of the page."""
COPIED = ("conf", "src", "experiments", "tests", "docs", "pyproject.toml", "CITATION.cff")
"""What the commands of the page read or write; the results are not among it."""


def path_of(about):
    """Return the path that the first line of a block names, or None where it names none."""
    found = re.fullmatch(r' title="(\S+?)( \(at its end\))?"', about)
    return found and found[1]


def written(folder, about, text):
    """Write a file of the page, or add to the end of one."""
    path, adds = folder / path_of(about), "at its end" in about
    assert path.exists() == adds
    path.write_text((path.read_text("utf-8") if adds else "") + text, "utf-8")


def printed(folder, command):
    """Return the exit status of a command of the page, and all that it prints; `python` is the one that runs this."""
    own = {"PYTHONPATH": str(folder / "src"), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "", "COLUMNS": "80"}
    own["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["sh", "-ec", command], cwd=folder, env=os.environ | own, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, re.sub(r" +$", "", done.stdout, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the checkout, without the experiment if it is there; a link to the engines, which are compiled once."""
    folder = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "majority.*", "test_majority.py", "engines")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    for engines in ("src/backprop86/engines", "tests/engines"):
        (folder / engines).symlink_to(ROOT / engines)
    return folder


@pytest.mark.slow
def test_the_page_is_true_to_the_letter(copy):
    for (language, about, text), (following, _, shown) in pairwise([*BLOCKS, ("", "", "")]):
        if path_of(about):
            written(copy, about, text)
        elif language == "sh":
            status, found = printed(copy, text)
            expected = shown if following == "text" else ""
            assert OutputChecker().check_output(expected, found, ELLIPSIS), f"{text}\nprinted\n{found}\nnot\n{expected}"
            assert status == (2 if expected.startswith("error: ") else 0), text
    assert (copy / "mine" / "figures" / "majority_answers.pdf").is_file()
    assert (copy / "docs" / "rows.md").read_text("utf-8").count("`majority`") == 1


def test_every_block_is_used():
    """A block is a file that the text names, or a command, or what the command before it prints."""
    for (before, _, _), (language, about, _) in pairwise([("", "", ""), *BLOCKS]):
        if path := path_of(about):
            assert f"`{path}`" in PAGE
        else:
            assert (language, about) in (("sh", ""), ("text", ""))
            assert language == "sh" or before == "sh"
    assert PAGE.count("```") == 2 * len(BLOCKS)


def test_the_tests_that_the_page_names_are_there():
    named = re.findall(r"`(\w+/test_\w+\.py)`", PAGE)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / "tests" / name).is_file()] == []
