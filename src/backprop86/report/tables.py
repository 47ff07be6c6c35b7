"""Tables for people to read and cite: CSV, Markdown and LaTeX of the same rows."""

import shlex
from pathlib import Path

import numpy as np
import pandas as pd

from backprop86.judging.ledger import words_of
from backprop86.judging.numbers import shown
from backprop86.judging.statistics import QUANTILES, percentile, quantiles, wilson, with_infinity
from backprop86.report.escaping import in_csv
from backprop86.report.page import markdown
from backprop86.running.claim import Claim
from backprop86.running.experiment import Experiment
from backprop86.running.runs import Runs
from backprop86.running.schema import command as rows_command


def sweeps_table(claims: list[Claim], runs: Runs, experiment: Experiment) -> pd.DataFrame:
    """Return a row per name: the share of runs that learned, quantiles of sweeps, places of printed numbers.

    The quantiles are of all runs: a run that never learned took infinitely many sweeps. "place of 1,425": of 100 runs
    that learned, the number that needed fewer.
    """
    printed = [claim for claim in claims if _prints_sweeps(claim)]
    return pd.DataFrame([_row(name, printed, runs, experiment) for name in runs.readings])


def printed_sweeps(claims: list[Claim]) -> list[float]:
    """Return the numbers of sweeps that the texts print of one run."""
    return [claim.printed[0] if claim.printed else float(claim.below or 0) for claim in claims if _prints_sweeps(claim)]


def _prints_sweeps(claim: Claim) -> bool:
    return claim.kind == "draw" and claim.column == "sweeps" and not claim.is_property


def _row(name: str, printed: list[Claim], runs: Runs, experiment: Experiment) -> dict[str, object]:
    rows = runs.of(name)
    n, learned, sweeps = len(rows), int(rows["learned"].sum()), with_infinity(rows["sweeps"])
    low, high = wilson(learned, n)
    row: dict[str, object] = {
        "name": name,
        "in words": words_of(experiment, name),
        "runs": n,
        "limit": runs.recipe(name).sweeps,
        "learned": learned,
        "diverged": int(rows["diverged"].sum()),
        "share that learned": learned / n,
        "95 % from": low,
        "to": high,
    }
    row |= {f"{100 * q:g} % by sweep": value for q, value in zip(QUANTILES, quantiles(sweeps), strict=True)}
    row["half on the right side of 0.5 by sweep"] = quantiles(with_infinity(rows["right_side"]), (0.5,))[0]
    for claim in printed:
        applies = name in claim.matching(runs.readings) and learned
        number = claim.printed[0] if claim.printed else float(claim.below or 0)
        place = percentile(sweeps[np.isfinite(sweeps)], number).value if applies else np.nan
        row[f"place of {number:,g}"] = place
    return row


def latex(frame: pd.DataFrame) -> str:
    r"""Return the rows as a LaTeX table with booktabs' rules; needs \usepackage{booktabs}."""
    text = frame.map(shown).map(tex).set_axis([tex(name) for name in frame.columns], axis=1)
    text.iloc[:, 0] = text.iloc[:, 0].str.replace(r"^(?=[*\[])", "{}", regex=True)  # after \\ these are an option
    return text.style.hide(axis="index").to_latex(hrules=True)


def tex(text: str) -> str:
    """Return the text with LaTeX's special signs escaped, and signs that LaTeX lacks written out."""
    signs = {"\\": r"\textbackslash{}"} | {sign: f"\\{sign}" for sign in "_%&#{}$"}
    signs |= {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    signs |= {"∞": r"$\infty$", "∂": r"$\partial$", "±": r"$\pm$", "×": r"$\times$", "<": r"$<$", ">": r"$>$"}
    signs |= (
        {"ε": r"$\varepsilon$", "−": "$-$"}
        | {sign: f"$^{{{k}}}$" for k, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
        | {"⁻": "$^{-}$"}
    )
    return "".join(signs.get(sign, sign) for sign in " ".join(text.splitlines()))


def write_table(frame: pd.DataFrame, folder: Path, stem: str, first: int | None = None, in_latex: bool = False) -> None:
    """Write <stem>.csv with all digits; <stem>.md, and .tex with `in_latex`, formatted, with the `first` rows only."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.csv").write_text(in_csv(frame), "utf-8", newline="\n")
    (folder / f"{stem}.md").write_text(markdown(frame[:first]), encoding="utf-8")
    if in_latex:
        (folder / f"{stem}.tex").write_text(latex(frame[:first]), encoding="utf-8")
    else:
        (folder / f"{stem}.tex").unlink(missing_ok=True)  # of other rows


def command(stem: str, folder: str = "results") -> str:
    """Return the command that regenerates an experiment and its report."""
    return f"{rows_command(stem, folder)} && {report_command(folder)}"


def report_command(folder: str = "results") -> str:
    """Return the command that makes the report of a folder."""
    where = [] if folder == "results" else ["--output", folder]
    return shlex.join(["python", "experiments/report.py", *where])
