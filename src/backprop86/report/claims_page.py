"""The page claims.md: every claim, grouped by experiment, with its verdict, the reason and its readings."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from backprop86.judging.judgement import REPRODUCED, VERDICTS
from backprop86.judging.ledger import by_reading, literal, literals
from backprop86.judging.rules import RULES
from backprop86.judging.sentences import capital
from backprop86.report.escaping import in_markdown
from backprop86.report.page import markdown
from backprop86.report.tables import command, report_command

PREFACE = """The five texts, and two later ones, make {claims} claims here. Each is judged
from the rows in `{folder}/runs/`:
**{tally}**
({ours} of them are ours, not printed). Where a text has a gap there are several readings of it; the first in each table
takes the text literally and gives the verdict. Where a claim is about several nets, the net that does worst gives the
verdict. `{report}` makes this page. [claims.csv](claims.csv) has the same with all digits, and [index.html](index.html)
shows it in a browser.

## How claims are judged

A run has learned when every output is beyond 0.8 or below 0.2, unless a text states another standard. Nobody prints a
run that failed, so a statement about one run is compared with the runs that learned; the number that never learned is
beside it.

{kinds}
Intervals are 95 %: Wilson's for shares, the bootstrap's for others.
"""


def counted(rows: pd.DataFrame) -> str:
    """Return the number of readings that reproduce a claim, out of all that judge it."""
    verdicts = by_reading(rows)
    return f"{(verdicts == REPRODUCED).sum()} of {len(verdicts)}"


def claims_page(
    ledger: pd.DataFrame,
    titles: dict[str, str],
    notes: Sequence[str] = (),
    folder: str = "results",
) -> str:
    """Return the page: for each claim the verdict of the literal reading, the reason, and the readings that change it.

    notes: lines on rows in `folder` whose settings differ from conf/, and on claims left out.
    """
    claims = literals(ledger)
    tally = claims["verdict"].value_counts()
    about = {"claims": len(claims), "ours": (claims["source"] == "ours").sum(), "tally": _told(tally)}
    about |= {"folder": folder, "report": report_command(folder)}
    kinds = "".join(f"- {RULES[kind].says}\n" for kind in RULES if kind in set(ledger["kind"]))
    page = ["# Claims\n"]
    page += ["**Notes on these rows:**\n", *(f"- {in_markdown(note)}" for note in notes), ""] if notes else []
    page.append(PREFACE.format(**about, kinds=kinds))
    for stem, of_stem in ledger.groupby("stem", sort=False):
        page.append(f"## {in_markdown(titles[str(stem)])}\n\nMade by `{command(str(stem), folder)}`.\n")
        for _, rows in of_stem.groupby("claim", sort=False):
            page.append(_claim(rows))
    return "\n".join(page)


def _told(tally: pd.Series) -> str:
    """Return the number of claims with each verdict, in words."""
    return ", ".join(f"{tally.get(verdict, 0):,} {verdict}" for verdict in VERDICTS)


def _claim(rows: pd.DataFrame) -> str:
    first, verdicts = literal(rows), by_reading(rows)
    turned = [
        f"{verdict} under {', '.join(dict.fromkeys(others['words']))}"
        for verdict, others in rows[rows["verdict"] != first["verdict"]].groupby("verdict", sort=False)
    ]
    lines = [
        f"### {first['claim']}",
        f"{capital(first['says'])} ({first['source']}). Printed: {first['printed']}.",
        f"**{capital(first['verdict'])}** ({first['words']}). {first['because']}",
        f"Reproduced under {counted(rows)} reading{'s' if len(verdicts) > 1 else ''}"
        f"{'; ' + '; '.join(turned) if turned else ''}.",
    ]
    columns = {"reading": rows["words"], "verdict": rows["verdict"], "ours": rows["ours"]}
    places = rows.apply(_percentile, axis=1)
    columns |= {"of 100 runs, below the printed number": places} if (places != "").any() else {}
    return "\n\n".join([*map(in_markdown, lines), markdown(pd.DataFrame(columns))])


def _percentile(row: pd.Series) -> str:
    if np.isnan(row["percentile"]):
        return ""
    return f"{row['percentile']:.1f} ({row['percentile_low']:.1f} to {row['percentile_high']:.1f})"
