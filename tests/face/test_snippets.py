"""Every piece of Python in the README and in docs/ runs as it stands."""

import re

import pytest

from helpers import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SNIPPETS = [
    pytest.param(snippet, id=f"{page.relative_to(ROOT)} {number}")
    for page in PAGES
    for number, snippet in enumerate(PYTHON.findall(page.read_text("utf-8")))
]


def test_there_are_snippets():
    assert {snippet.id.split()[0] for snippet in SNIPPETS} == {
        "README.md",
        "docs/api.md",
        "docs/gradients.md",
        "docs/rows.md",
    }


@pytest.mark.slow
@pytest.mark.results
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_runs(snippet, monkeypatch):
    monkeypatch.chdir(ROOT)
    exec(compile(snippet, "snippet", "exec"), {"__name__": "__main__"})
    assert len([line for line in snippet.splitlines() if line]) <= 20


@pytest.mark.slow
@pytest.mark.results
def test_what_the_snippets_print(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    (first,) = [snippet.values[0] for snippet in SNIPPETS if "bp.judge" in snippet.values[0]]
    exec(first, names := {})
    printed = capsys.readouterr().out
    assert names["rows"]["seed"].tolist() == list(range(200))
    for shown in ("reproduced", "One step: Mirror symmetry", "values: all equal", "Mirror symmetry"):
        assert shown in printed
