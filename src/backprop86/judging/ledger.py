"""The ledger: a row for each claim and each name of runs, with the judgement in words. Nobody types a verdict."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backprop86.engines.recipe import BadInput
from backprop86.judging.judgement import VERDICTS, Judgement, of_form
from backprop86.judging.numbers import percent, shown
from backprop86.judging.rules import RULES
from backprop86.running.claim import Claim, other_reading
from backprop86.running.experiment import Experiment
from backprop86.running.runs import Runs

COLUMNS = (
    *("claim", "stem", "source", "says", "kind", "column", "moment", "among", "printed"),
    *("name", "variant", "reading", "words", "than", "is_share"),
    *(field.name for field in fields(Judgement)),
    *("ours", "because"),
)


def ledger(claims: list[Claim], runs: Runs, experiment: Experiment) -> pd.DataFrame:
    """Judge every claim of an experiment under every name of runs that it is about, the literal name first.

    COLUMNS: the claim, the name with its variant, its reading and its words, the fields of Judgement, and the words of
    its rule, `ours` and `because`.
    """
    rows = [_row(claim, runs, name, experiment) for claim in claims for name in _names(claim, runs)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read(path: Path) -> pd.DataFrame:
    """Return the ledger of a file claims.csv: an empty text is "", a missing number NaN."""
    claims = pd.read_csv(path, keep_default_na=False, na_values=[""])
    texts = claims.select_dtypes(exclude="number").columns
    claims[texts] = claims[texts].fillna("")
    return claims


def judge(claim: Claim, runs: Runs, name: str) -> Judgement:
    """Apply the claim's rule to one name, or to all names of a form; BadInput for a column that is not measured."""
    rule = RULES[claim.kind]
    others = (claim.than if claim.kind == "commonest" else []) + ([claim.further] if claim.further else [])
    for of_it in of_form(runs, name) if claim.kind == "curve" else [name]:
        measured = runs.of(of_it).columns
        for place in [*claim.places, *map(claim.place, others)]:
            if place not in measured:
                missing = place.replace("@", " at ")
                raise BadInput(f"claim {claim.id}: reading {of_it} of {runs.stem} does not measure {missing}")
    return rule.judge(claim, runs, name)


def by_reading(rows: pd.DataFrame) -> pd.Series:
    """Return the verdict under each reading, from the rows of one claim: the worst among its variants."""
    worst = rows["verdict"].map(VERDICTS.index).groupby(rows["reading"], sort=False).max()
    return worst.map(lambda place: VERDICTS[place])


def literal(rows: pd.DataFrame) -> pd.Series:
    """Return the row that represents a claim: the literal reading and, among its variants, the worst.

    Of shares with the same verdict the worst is the least or, where nothing is to be so, the largest.
    """
    first = rows["reading"].iloc[0]
    of_it = rows[rows["reading"] == first]
    places = of_it["verdict"].map(VERDICTS.index)
    worst = of_it[places == places.max()]
    if not worst["is_share"].iloc[0] or worst["kind"].iloc[0] == "rate" or worst["estimate"].isna().all():
        return worst.iloc[0]
    share = worst["estimate"] * (-1 if worst["printed"].iloc[0] == "never" else 1)
    return worst.iloc[int(share.argmin())]


def literals(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the row that represents each claim."""
    return pd.DataFrame([literal(rows) for _, rows in ledger.groupby("claim", sort=False)], columns=ledger.columns)


def number(row: Mapping[Hashable, Any] | pd.Series, field: str) -> str:
    """Return one field of a row, formatted; shares in per cent."""
    is_share = field in ("untrained", "learned_share", "below", "equal")
    is_share |= field in ("estimate", "low", "high") and bool(row["is_share"])
    return percent(row[field]) if is_share and not np.isnan(row[field]) else shown(row[field])


def words_of(experiment: Experiment, name: str) -> str:
    """Return words for the runs of a name, or of a form of names; "" for a name that is not in the file."""
    return experiment.in_words(name) if "*" in name or name in experiment.every_reading else name


def _names(claim: Claim, runs: Runs) -> Iterator[str]:
    if not claim.readings:
        yield from claim.matching(runs.readings)
    for form in claim.readings:
        yield from [form] if claim.kind == "curve" else of_form(runs, form)


def _row(claim: Claim, runs: Runs, name: str, experiment: Experiment) -> dict[str, object]:
    rule, found = RULES[claim.kind], judge(claim, runs, name)
    other = other_reading(claim, name) if claim.kind == "more" else ""
    variant, reading = experiment.place_of(name)
    row: dict[str, object] = {"claim": claim.id, "stem": runs.stem, "source": claim.source, "says": claim.says}
    row |= {"kind": claim.kind, "column": ", ".join(claim.columns), "moment": claim.moment, "among": claim.among}
    row |= {"printed": "nothing" if claim.source == "ours" else rule.printed(claim)}
    row |= {"name": name, "variant": variant, "reading": reading, "words": words_of(experiment, name)}
    row |= {"than": other or ", ".join(claim.than), "is_share": rule.is_share(claim)} | asdict(found)
    because = rule.because(claim, found, words_of(experiment, other) if other else "")
    return row | {"ours": rule.ours(claim, found), "because": because}
