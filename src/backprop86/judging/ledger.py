"""The ledger: a row for each claim and reading, with the judgement and its words. Nobody types a verdict."""

from collections.abc import Iterator
from dataclasses import asdict, fields

import numpy as np
import pandas as pd

from backprop86.engines.recipe import BadInput
from backprop86.judging.judgement import Judgement, in_words, matching
from backprop86.judging.numbers import percent, shown
from backprop86.judging.rules import RULES, Curve
from backprop86.running.claim import Claim, other_reading
from backprop86.running.runs import Runs

COLUMNS = (
    *("claim", "stem", "source", "says", "rule", "column", "among", "headline", "printed", "reading", "than"),
    *(field.name for field in fields(Judgement)),
    *("ours", "because"),
)


def ledger(claims: list[Claim], runs: Runs) -> pd.DataFrame:
    """Judge every claim under every reading that it is about, the literal reading of each claim first.

    COLUMNS: what the claim says, the reading, the fields of Judgement, and the words of its rule, `ours` and `because`.
    """
    rows = [_row(claim, runs, reading) for claim in claims for reading in _readings(claim, runs)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judge(claim: Claim, runs: Runs, reading: str) -> Judgement:
    """Apply the claim's rule to one reading, or to all readings of that form; BadInput for a column not measured."""
    rule = RULES[claim.rule]
    if not isinstance(rule, Curve):
        rows = runs.of(reading)
        others = (claim.than if claim.rule == "commonest" else []) + ([] if claim.among == "all" else [claim.among])
        for column in [claim.column, *others]:
            if column not in rows or (rows[column].isna().all() and column != "sweeps"):
                raise BadInput(f"claim {claim.id}: reading {reading} of {runs.stem} does not measure {column}")
    return rule.judge(claim, runs, reading)


def _readings(claim: Claim, runs: Runs) -> Iterator[str]:
    for form in claim.readings or runs.readings:
        yield from [form] if isinstance(RULES[claim.rule], Curve) else matching(runs.stem, runs.readings, form)


def _row(claim: Claim, runs: Runs, reading: str) -> dict[str, object]:
    rule, found = RULES[claim.rule], judge(claim, runs, reading)
    about: dict[str, object] = {"claim": claim.id, "stem": runs.stem, "source": claim.source, "says": claim.says}
    about |= {"rule": claim.rule, "column": claim.column, "among": claim.among, "headline": claim.headline}
    than = other_reading(claim, reading) if claim.rule == "more" else ", ".join(claim.than)
    words = {"ours": rule.ours(found), "because": rule.because(claim, reading, found)}
    return about | {"printed": in_words(claim), "reading": reading, "than": than} | asdict(found) | words


def number(row: pd.Series, field: str) -> str:
    """Return one field of a row as people read it; shares in per cent."""
    of_rule = field in ("estimate", "low", "high") and RULES[row["rule"]].is_share
    is_share = of_rule or field in ("untrained", "learned")
    return percent(row[field]) if is_share and not np.isnan(row[field]) else shown(row[field])


def printed(row: pd.Series) -> str:
    """Return what the text of a row prints, or says, for a cell of a table."""
    return "nothing" if row["source"] == "ours" else RULES[row["rule"]].printed(row["printed"])
