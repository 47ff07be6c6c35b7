"""The article in docs/writeup: no number in it is typed, and LaTeX typesets it from results/."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from backprop86.report.tables import latex
from helpers import ROOT

ARTICLE = ROOT / "docs" / "writeup" / "article.tex"
LATEX = ("pdflatex", "bibtex")


def test_no_number_is_typed():
    text = re.sub(r"(?<!\\)%.*", "", ARTICLE.read_text("utf-8"))
    body = text.split(r"\maketitle", 1)[1]
    asked = re.findall(r"\\backprop(?:\[[^]]*\])?\{[^}]*\}\{[^}]*\}", body)
    assert len(asked) >= 10
    assert len(re.findall(r"\\includegraphics", body)) == 3
    assert len(re.findall(r"\\input\{../../results/tables/", body)) == 2
    prose = re.sub(r"\\(?:backprop|cite|ref|label|input|includegraphics)(?:\[[^]]*\])?(?:\{[^}]*\})+", "", body)
    assert re.findall(r"\d", prose) == []


@pytest.mark.latex
@pytest.mark.results
@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, LATEX)), reason="needs LaTeX: Debian's texlive-latex-recommended has it")
def test_latex_makes_it(tmp_path):
    (tmp_path / "docs" / "writeup").mkdir(parents=True)
    (tmp_path / "results" / "tables").mkdir(parents=True)
    for name in ("figures", "figures.bib", "numbers.tex"):
        (tmp_path / "results" / name).symlink_to(ROOT / "results" / name)
    for name in re.findall(r"results/tables/(\w+)", ARTICLE.read_text("utf-8")):  # made on demand, as here
        table = pd.read_csv(ROOT / "results" / "tables" / f"{name}.csv")
        (tmp_path / "results" / "tables" / f"{name}.tex").write_text(latex(table), "utf-8")
    shutil.copy(ARTICLE, tmp_path / "docs" / "writeup")
    compile_it = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "article"]
    for command in (compile_it, ["bibtex", "article"], compile_it, compile_it):
        made = subprocess.run(command, cwd=tmp_path / "docs/writeup", capture_output=True, text=True, errors="replace")
        assert made.returncode == 0, made.stdout[-2000:]
    log = (tmp_path / "docs/writeup/article.log").read_text("latin-1")
    assert "undefined" not in log
    assert "Overfull" not in log
    assert len(set(re.findall(r"File: ../../results/figures//?(\w+)\.pdf Graphic file", log))) == 3
    assert (tmp_path / "docs/writeup/article.pdf").stat().st_size > 50_000
