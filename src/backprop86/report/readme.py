"""The parts of the README that the report makes: a table of claims, and every number of ours in the text."""

import re

import pandas as pd

from backprop86.judging.ledger import literals, number
from backprop86.report.claims_page import counted
from backprop86.report.escaping import in_markdown

MARKED = re.compile(r"(<!-- (\w+): made by experiments/report\.py -->\n)(.*?)(<!-- end of \2 -->)", re.DOTALL)
"""A part of the README that the report makes: between two such lines, by its name."""
NUMBER = re.compile(r"<!--=(\S+) (\w+)(?: (\S+?))?-->(.*?)<!--/-->", re.DOTALL)
"""A number in the README: <!--=claim field name-->42.3%<!--/-->; without a name it is that of the verdict."""


def claims_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return a row per claim, linked: the printed, ours under the literal reading, how many readings reproduce it."""
    rows = literals(ledger)
    about = "results/claims.md#" + rows["claim"]
    return pd.DataFrame(
        {
            "claim": "[" + rows["says"].map(in_markdown) + "](" + about + ") (" + rows["source"].map(in_markdown) + ")",
            "printed": rows["printed"],
            "ours": rows["ours"],
            "verdict": rows["verdict"],
            "readings": [counted(of_it) for _, of_it in ledger.groupby("claim", sort=False)],
        }
    )


def put_between_markers(page: str, parts: dict[str, str]) -> str:
    """Return the page with what is MARKED replaced by the part of that name; ValueError if it has not each once."""
    there = [found[2] for found in MARKED.finditer(page)]
    if sorted(there) != sorted(parts):
        raise ValueError(f"the page must have {', '.join(parts)} between markers, has {', '.join(there) or 'none'}")
    return MARKED.sub(lambda found: f"{found[1]}{parts[found[2]]}{found[4]}", page)


def put_numbers(page: str, ledger: pd.DataFrame) -> str:
    """Return the page with every marked number (NUMBER) made anew from the ledger; ValueError for a number it lacks."""
    rows = {(row["claim"], row["name"]): row for _, row in ledger[::-1].iterrows()}
    of_claim = {row["claim"]: row for _, row in literals(ledger).iterrows()}

    def made(found: re.Match[str]) -> str:
        claim, field, reading, _ = found.groups()
        row = rows.get((claim, reading)) if reading else of_claim.get(claim)
        text = "" if row is None or field not in row else number(row, field)
        if not text:
            raise ValueError(
                f"the page asks for {field} of claim {claim}, reading {reading or 'literal'}: there is none"
            )
        marker = found[0].split("-->", 1)[0]
        return f"{marker}-->{text}<!--/-->"

    return NUMBER.sub(made, page)
