"""Tables as people cite them: CSV, Markdown and LaTeX of the same rows, and the table in the README."""

from pathlib import Path

import numpy as np
import pandas as pd

from backprop86.claims import Claim
from backprop86.runs import Runs
from backprop86.statistics import QUANTILES, percentile, quantiles, wilson, with_infinity

BEGIN, END = "<!-- claims: made by experiments/report.py -->", "<!-- end of claims -->"


def sweeps_table(claims: list[Claim], runs: Runs) -> pd.DataFrame:
    """A row per condition: n, solved with its Wilson interval, quantiles of sweeps, where the printed numbers fall.

    Unsolved runs took infinitely many sweeps. "percentile of 1,425": of a hundred runs, how many needed fewer.
    """
    printed = [claim for claim in claims if _prints_sweeps(claim)]
    return pd.DataFrame([_row(condition, printed, runs) for condition in runs.conditions])


def printed_sweeps(claims: list[Claim]) -> list[float]:
    """The numbers of sweeps that the texts print."""
    return [claim.printed[0] for claim in claims if _prints_sweeps(claim)]


def _prints_sweeps(claim: Claim) -> bool:
    return claim.rule in ("draw", "within") and claim.column == "sweeps"


def _row(condition: str, printed: list[Claim], runs: Runs) -> dict[str, object]:
    rows = runs.of(condition)
    n, solved, sweeps = len(rows), int(rows["solved"].sum()), with_infinity(rows["sweeps"])
    low, high = wilson(solved, n)
    row: dict[str, object] = {
        "condition": condition,
        "limit": runs.recipe(condition).sweeps,
        "n": n,
        "solved": solved,
        "diverged": int(rows["diverged"].sum()),
        "share": solved / n,
        "low": low,
        "high": high,
    }
    row |= {f"{100 * q:g} %": value for q, value in zip(QUANTILES, quantiles(sweeps), strict=True)}
    for claim in printed:
        applies = condition in (claim.readings or runs.conditions)
        row[f"percentile of {claim.printed[0]:,g}"] = percentile(sweeps, claim.printed[0]) if applies else np.nan
    return row


def shown(value: object) -> str:
    """A cell as people read it: numbers short, infinity as such, nothing where there is nothing."""
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        if np.isinf(value):
            return "∞"
        return f"{value:,.0f}" if value == int(value) else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int | np.integer) and not isinstance(value, bool) else str(value)


def markdown(frame: pd.DataFrame) -> str:
    """The rows as a Markdown table."""
    lines = [list(frame.columns), ["---"] * frame.shape[1], *frame.map(shown).to_numpy().tolist()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(frame: pd.DataFrame) -> str:
    r"""The rows as a LaTeX table with booktabs' rules; needs \usepackage{booktabs}."""
    text = frame.map(shown).map(lambda cell: cell.replace("∞", r"$\infty$"))
    escape = {"_": r"\_", "%": r"\%"}
    for sign, written in escape.items():
        text = text.map(lambda cell, sign=sign, written=written: cell.replace(sign, written))
    columns = [name.replace("_", r"\_").replace("%", r"\%") for name in frame.columns]
    return text.set_axis(columns, axis=1).style.hide(axis="index").to_latex(hrules=True)


def write_table(frame: pd.DataFrame, folder: Path, stem: str, first: int | None = None) -> None:
    """Write <stem>.csv with all digits, <stem>.md and <stem>.tex as people read them (the `first` rows only)."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / f"{stem}.csv", index=False, lineterminator="\n")
    (folder / f"{stem}.md").write_text(markdown(frame[:first]), encoding="utf-8")
    (folder / f"{stem}.tex").write_text(latex(frame[:first]), encoding="utf-8")


def claims_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """A row per claim: 1986 and ours under the reading taken as literal, and how many readings reproduce it."""
    by_claim = ledger.groupby("claim", sort=False)["verdict"]
    literal = ledger.drop_duplicates("claim").set_index("claim")
    return pd.DataFrame(
        {
            "claim": literal["says"] + " (" + literal["source"] + ")",
            "1986": [printed_words(row) for _, row in literal.iterrows()],
            "ours (n, interval)": [_ours(row) for _, row in literal.iterrows()],
            "verdict so far": literal["verdict"],
            "reproduced under": by_claim.apply(
                lambda verdicts: f"{(verdicts == 'reproduced').sum()} of {len(verdicts)}"
            ),
            "command": "`python experiments/run.py experiment=" + literal["stem"] + "`",
        }
    )


def printed_words(row: pd.Series) -> str:
    """The number that a text prints; in words where the rule is about none."""
    words = {"always": "always", "never": "never", "once": "in the printed run", "structure": "in the printed net"}
    words |= {"within": f"less than {row['printed']}", "equal": "equal"}
    return words.get(row["rule"], row["printed"])


def _ours(row: pd.Series) -> str:
    if row["rule"] == "draw":
        low, middle, high = (shown(row[name]) for name in ("low", "estimate", "high"))
        return f"median {middle}; 5 to 95 %: {low} to {high} (n = {row['n']:,})"
    if row["rule"] == "equal":
        return f"apart by {row['high']:.0e} at 95 % (n = {row['n']:,})"
    if row["rule"] in ("intercept", "slope"):
        return f"{row['estimate']:.0f}; {row['low']:.0f} to {row['high']:.0f} (n = {row['n']} medians)"
    if not row["n"]:
        return "no solved run"
    return f"{row['estimate']:.1%}; {row['low']:.1%} to {row['high']:.1%} (n = {row['n']:,})"


def put_between_markers(page: str, table: str) -> str:
    """The page with what stands between the markers replaced; ValueError if it has none."""
    if BEGIN not in page or END not in page:
        raise ValueError(f"the page must contain {BEGIN} and {END}")
    before, rest = page.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{table}{END}{rest.split(END, 1)[1]}"
