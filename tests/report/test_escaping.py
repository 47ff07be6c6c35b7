"""Text from a file of rows or of conf/ stays plain text in CSV, Markdown, LaTeX, HTML and figures."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop86.engines.recipe import BadInput
from backprop86.report import escaping, material, pages, style, tables
from backprop86.report.claims_page import claims_page
from backprop86.report.page import markdown
from backprop86.running.claim import Claim
from helpers import experiment_of, ledger_of, runs_of

EVIL = ["=cmd|' /C calc'!A0", "+1+1", "-2+3+cmd|' /C calc'!A0", "-1; HYPERLINK(1)", "@SUM(1)", "\t=1", "\r=1"]
EVIL += ["-x", "-1;"]
PLAIN = ["-0.5", "+3", "-1e-05", "-inf", "-194; -326 to -63 (n = 5 medians; 24 of 5,000 never learned)", "-5.0%", "a=b"]


@pytest.mark.parametrize("text", EVIL)
def test_a_spreadsheet_computes_no_text(text):
    ((head,), (cell,)) = csv.reader(io.StringIO(escaping.in_csv(pd.DataFrame({text: [text]}))), strict=True)
    assert head == cell == "'" + text.replace("\r", " ")


def test_numbers_stay_numbers():
    frame = pd.DataFrame({"text": PLAIN, "number": [-1.5, np.nan, -np.inf, 1, 2, 3, 4], "n": range(-7, 0)})
    assert escaping.in_csv(frame) == frame.to_csv(index=False, lineterminator="\n")


SIGNS = st.text(st.sampled_from("|<>](){}[!/\\\n\r\u2028ab&$%#_^~`=-+@ "), max_size=12)


@given(SIGNS, SIGNS)
def test_a_cell_of_markdown_stays_one(head, text):
    page = markdown(pd.DataFrame({head: [text], "z": ["c"]}))
    lines = page.split("\n")
    assert len(lines) == 4
    assert len(page.splitlines()) == 3
    for line in lines[:3]:
        assert line.count("|") == 3
    assert not re.search(r"<[A-Za-z/!?]|\][(:]", page)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a|b\\|", r"a&#124;b\&#124;"),
        ("<b>1 < 2</b><!-- ", "&lt;b>1 < 2&lt;/b>&lt;!-- "),
        ("[so](x)", r"[so]\(x)"),
        ("[so]: x", r"[so]\: x"),
        ("a\n# b\u2028c", "a # b c"),
    ],
)
def test_signs_of_markdown(text, told):
    assert escaping.in_markdown(text) == told


def test_what_is_markdown_already_is_left():
    frame = pd.DataFrame({"claim": ["[a](b)"], "other": ["[a](b)"]})
    assert markdown(frame, written=["claim"]).endswith("| [a](b) | [a]\\(b) |\n")


SAYS = "it is <img src=x onerror=alert(1)> | [so](javascript:alert(1))\n# so"


def test_a_claim_of_any_words_is_one_on_its_page_and_in_the_readme():
    claim = Claim("one", "N", SAYS, "draw", "did", printed=[1.0])
    judged = ledger_of([claim], runs_of([True] * 9, did=np.arange(9.0)))
    judged = judged.assign(words=SAYS, because=SAYS, printed=SAYS)
    page = claims_page(judged, {"made_up": SAYS}, notes=[SAYS])
    table = pages.claims(pages.Sources(judged, Path(), {"made_up": SAYS}, ""), "results", "one")
    for text in (page, table):
        assert "alert(1)" in text
        assert not re.search(r"<[A-Za-z/!?]|\]\(javascript|^# so", text, re.MULTILINE)
    assert table.count("\n") == 3


@given(SIGNS)
def test_latex_takes_a_text_for_itself(text):
    found = tables.tex(text)
    rest = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum)\{\}|\\[_%&#{}$]|\$[<>]\$", "", found)
    assert not set(rest) & set("\\_%&#{}$^~\n\r\u2028")


def test_no_cell_is_an_option_of_the_line_before():
    rows = tables.latex(pd.DataFrame({"name": ["[9cm]", "*", "a"], "b": ["[c]", "*", "d"]}))
    assert re.findall(r"^(.*) \\\\$", rows, re.MULTILINE)[1:] == ["{}[9cm] & [c]", "{}* & *", "a & d"]


@pytest.mark.parametrize("name", ["<img>", "a b", "}\\input{x}%", "a|b", "x\n", "", "#", '"', "a'b", "$x$"])
def test_a_name_is_refused_that_a_page_would_take_for_more(name):
    with pytest.raises(
        BadInput, match=r"^claims and readings of conf/x.yaml must be named with letters, .*, was ['\"]"
    ):
        escaping.check_names("conf/x.yaml", ["as_printed", "*/rate_0.25", "[ab]", name])


def test_the_names_of_claims_are_looked_at_before_anything_is_written(monkeypatch, tmp_path):
    runs = runs_of([True] * 9, did=np.arange(9.0))
    experiment = experiment_of(runs, [Claim("a}b", "N", "it is", "draw", "did", printed=[1.0])])

    class Loaded:
        pass

    Loaded.experiment = replace(experiment, stem="negation")
    monkeypatch.setattr(material, "load", lambda stem, output: Loaded)
    monkeypatch.setattr(material, "usable", lambda *about: (runs, []))
    with pytest.raises(BadInput, match=r"^claims and readings of conf/experiment/xor.yaml .*, was 'a}b'$"):
        material.prepare("xor", material.Folder(tmp_path, False))


def test_a_dollar_in_a_figure_is_a_dollar(tmp_path):
    figure = style.figure_of(style.ONE_COLUMN, 40)
    axes = figure.subplots()
    (line,) = axes.plot([0, 1], label=r"$\undefined{$")
    axes.set(title=r"$\undefined{$", xlabel="$x^2$")
    axes.legend()
    style.label_ends(axes, [line])
    style.save(figure, tmp_path, "dollar", svg=True)
    assert (tmp_path / "dollar.svg").read_text("utf-8").count(r"$\undefined{$") >= 3
