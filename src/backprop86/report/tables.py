"""Tables as people cite them: CSV, Markdown and LaTeX of the same rows; the ledger of claims to read; the README."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from backprop86.judging.judgement import VERDICTS
from backprop86.judging.ledger import number, printed
from backprop86.judging.numbers import shown
from backprop86.judging.statistics import QUANTILES, percentile, quantiles, wilson, with_infinity
from backprop86.running.claim import Claim
from backprop86.running.runs import Runs
from backprop86.running.schema import command as rows_command

MARKED = re.compile(r"(<!-- (\w+): made by experiments/report\.py -->\n)(.*?)(<!-- end of \2 -->)", re.DOTALL)
"""A part of the README that the report makes: between two such lines, by its name."""
NUMBER = re.compile(r"<!--=(\S+) (\w+)(?: (\S+?))?-->(.*?)<!--/-->", re.DOTALL)
"""A number in the README: <!--=claim field reading-->42.3%<!--/-->; without a reading it is the literal one."""

PREFACE = """What the three texts of 1986 say, {claims} claims, each judged by a rule from the rows in `{folder}/runs/`:
**{tally}**
({ours} of them are not printed but ours, {cases} only that the cases are as many as in 1986)
under the reading taken as literal, which comes first in each table. Nothing here is typed:
`{report}` makes this page. Rules and their thresholds are in `src/backprop86/judging/rules.py`; the same
with all digits is [claims.csv](claims.csv), and to browse it there is [index.html](index.html).

*draw*: the printed single run is an ordinary one among ours, unsolved ones counted as infinite. *once*, *within*: at
least one run in twenty does it. *rate*: our 95 % interval overlaps the printed range. *always*, *never*: no exception
in a thousand. *structure*: so in 90 % of the learned runs, *partly* from 50 %. *more*: more often than not against the
reading named. *commonest*: oftener than any other kind. *equal*: to 1e-12. *intercept*, *slope*: inside the interval of
a fitted line. Intervals are 95 %: Wilson's for shares, Kaplan and Meier's for the median of sweeps, the bootstrap's for
others.
"""


def sweeps_table(claims: list[Claim], runs: Runs) -> pd.DataFrame:
    """Return a row per reading: n, learned with its Wilson interval, quantiles of sweeps, places of printed numbers.

    Unsolved runs took infinitely many sweeps. "percentile of 1,425": of a hundred runs, how many needed fewer.
    """
    printed = [claim for claim in claims if _prints_sweeps(claim)]
    return pd.DataFrame([_row(reading, printed, runs) for reading in runs.readings])


def printed_sweeps(claims: list[Claim]) -> list[float]:
    """Return the numbers of sweeps that the texts print."""
    return [claim.printed[0] for claim in claims if _prints_sweeps(claim)]


def _prints_sweeps(claim: Claim) -> bool:
    return claim.rule in ("draw", "within") and claim.column == "sweeps"


def _row(reading: str, printed: list[Claim], runs: Runs) -> dict[str, object]:
    rows = runs.of(reading)
    n, learned, sweeps = len(rows), int(rows["learned"].sum()), with_infinity(rows["sweeps"])
    low, high = wilson(learned, n)
    row: dict[str, object] = {
        "condition": reading,
        "limit": runs.recipe(reading).sweeps,
        "n": n,
        "learned": learned,
        "diverged": int(rows["diverged"].sum()),
        "share": learned / n,
        "low": low,
        "high": high,
    }
    row |= {f"{100 * q:g} %": value for q, value in zip(QUANTILES, quantiles(sweeps), strict=True)}
    for claim in printed:
        applies = reading in (claim.readings or runs.readings)
        row[f"percentile of {claim.printed[0]:,g}"] = percentile(sweeps, claim.printed[0])[0] if applies else np.nan
    return row


def markdown(frame: pd.DataFrame) -> str:
    """Return the rows as a Markdown table."""
    lines = [list(frame.columns), ["---"] * frame.shape[1], *frame.map(shown).to_numpy().tolist()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(frame: pd.DataFrame) -> str:
    r"""Return the rows as a LaTeX table with booktabs' rules; needs \usepackage{booktabs}."""
    text = frame.map(shown).map(tex).set_axis([tex(name) for name in frame.columns], axis=1)
    return text.style.hide(axis="index").to_latex(hrules=True)


def tex(text: str) -> str:
    """Return the text with the signs written out that mean something to LaTeX, or that it does not have."""
    signs = {"\\": r"\textbackslash{}"} | {sign: f"\\{sign}" for sign in "_%&#{}$"}
    signs |= {"∞": r"$\infty$", "∂": r"$\partial$", "±": r"$\pm$", "×": r"$\times$", "<": r"$<$", ">": r"$>$"}
    return "".join(signs.get(sign, sign) for sign in text)


def write_table(frame: pd.DataFrame, folder: Path, stem: str, first: int | None = None) -> None:
    """Write <stem>.csv with all digits, <stem>.md and <stem>.tex as people read them (the `first` rows only)."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / f"{stem}.csv", index=False, lineterminator="\n")
    (folder / f"{stem}.md").write_text(markdown(frame[:first]), encoding="utf-8")
    (folder / f"{stem}.tex").write_text(latex(frame[:first]), encoding="utf-8")


def claims_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return a row per claim: 1986, ours under the literal reading, and the number of readings that reproduce it."""
    by_claim = ledger.groupby("claim", sort=False)["verdict"]
    literal = ledger.drop_duplicates("claim").set_index("claim", drop=False)
    about = "results/claims.md#" + literal["claim"]
    return pd.DataFrame(
        {
            "claim": "[" + literal["says"] + "](" + about + ") (" + literal["source"] + ")",
            "1986": literal.apply(printed, axis=1),
            "ours": literal["ours"],
            "verdict": literal["verdict"],
            "readings": by_claim.apply(lambda verdicts: f"{(verdicts == 'reproduced').sum()} of {len(verdicts)}"),
        }
    )


def claims_page(
    ledger: pd.DataFrame,
    titles: dict[str, str],
    lattices: list[pd.DataFrame],
    notes: Sequence[str] = (),
    folder: str = "results",
) -> str:
    """Return the ledger to read: of each claim the literal reading first, why, and the readings that turn the verdict.

    lattices: rows like those of the ledger of the same claims, too many to be shown, which are counted.
    notes: where the rows in `folder` are not of the settings in conf/, and which claims are left out.
    """
    counted = {
        claim: rows["verdict"].value_counts() for lattice in lattices for claim, rows in lattice.groupby("claim")
    }
    tally = ledger.drop_duplicates("claim")["verdict"].value_counts()
    told = ", ".join(f"{tally.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    claims = ledger.drop_duplicates("claim")
    about = {"claims": len(claims), "ours": (claims["source"] == "ours").sum(), "tally": told}
    about |= {"folder": folder, "report": report_command(folder)}
    page = ["# Claims\n"]
    page += ["**Mind what is different here:**\n", *(f"- {note}" for note in notes), ""] if notes else []
    page.append(PREFACE.format(**about, cases=claims["column"].isin(["cases", "training_cases"]).sum()))
    for stem, of_stem in ledger.groupby("stem", sort=False):
        page.append(f"## {titles[str(stem)]}\n\nMade by `{command(str(stem), folder)}`.\n")
        for claim, rows in of_stem.groupby("claim", sort=False):
            page.append(_claim(rows, counted.get(claim, pd.Series(dtype=int))))
    return "\n".join(page)


def command(stem: str, folder: str = "results") -> str:
    """Return the command that regenerates all about an experiment."""
    return f"{rows_command(stem, folder)} && {report_command(folder)}"


def report_command(folder: str = "results") -> str:
    """Return the command that makes the report of a folder."""
    where = [] if folder == "results" else ["--output", folder]
    return shlex.join(["python", "experiments/report.py", *where])


def _claim(rows: pd.DataFrame, in_lattice: pd.Series) -> str:
    first = rows.iloc[0]
    turned = [
        f"{verdict} under {', '.join(f'`{name}`' for name in others['reading'])}"
        for verdict, others in rows[rows["verdict"] != first["verdict"]].groupby("verdict", sort=False)
    ]
    lines = [
        f"### {first['claim']}",
        f"{first['says'][0].upper()}{first['says'][1:]} ({first['source']}). Rule: {first['rule']}; printed: "
        f"{printed(first)}.",
        f"**{first['verdict']}** under `{first['reading']}`. {first['because']} "
        f"Other readings turn it: {'; '.join(turned) if turned else 'none'}.",
    ]
    if len(in_lattice):
        told = ", ".join(f"{in_lattice.get(verdict, 0):,} {verdict}" for verdict in VERDICTS)
        lines.append(f"Of the {in_lattice.sum():,} readings in tables/family_trees_lattice.csv: {told}.")
    columns = {"reading": rows["reading"], "verdict": rows["verdict"], "ours": rows["ours"]}
    columns["percentile of the printed number"] = rows.apply(_percentile, axis=1)
    return "\n\n".join([*lines, markdown(pd.DataFrame(columns))])


def _percentile(row: pd.Series) -> str:
    if np.isnan(row["percentile"]):
        return ""
    return f"{row['percentile']:.1f} ({row['percentile_low']:.1f} to {row['percentile_high']:.1f})"


def put_between_markers(page: str, parts: dict[str, str]) -> str:
    """Return the page with what is MARKED replaced by the part of that name; ValueError if it has not each once."""
    there = [found[2] for found in MARKED.finditer(page)]
    if sorted(there) != sorted(parts):
        raise ValueError(f"the page must have {', '.join(parts)} between markers, has {', '.join(there) or 'none'}")
    return MARKED.sub(lambda found: f"{found[1]}{parts[found[2]]}{found[4]}", page)


def put_numbers(page: str, ledger: pd.DataFrame) -> str:
    """Return the page with every marked number (NUMBER) made anew from the ledger; ValueError for a number it lacks."""
    rows = {(row["claim"], row["reading"]): row for _, row in ledger[::-1].iterrows()}
    literal = {row["claim"]: row for _, row in ledger[::-1].iterrows()}

    def made(found: re.Match[str]) -> str:
        claim, field, reading, _ = found.groups()
        row = rows.get((claim, reading)) if reading else literal.get(claim)
        text = "" if row is None or field not in row else number(row, field)
        if not text:
            raise ValueError(
                f"the page asks for {field} of claim {claim}, reading {reading or 'literal'}: there is none"
            )
        marker = found[0].split("-->", 1)[0]
        return f"{marker}-->{text}<!--/-->"

    return NUMBER.sub(made, page)
