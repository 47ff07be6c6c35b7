"""bp.judge: verdicts on all claims about an experiment, from rows of bp.run or bp.read_runs."""

from collections.abc import Hashable
from dataclasses import replace
from fnmatch import filter as matching

import pandas as pd

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.engines.reference import checkpoints
from backprop86.face.asking import settings_of
from backprop86.face.rows import ABOUT
from backprop86.judging.ledger import ledger
from backprop86.running.claim import Claim
from backprop86.running.columns import CURVES, FIRST
from backprop86.running.experiment import Experiment
from backprop86.running.provenance import Provenance
from backprop86.running.runs import Runs

COLUMNS = ["claim", "says", "source", "kind", "reading", "words", "printed", "ours", "verdict", "because"]
COLUMNS += ["n", "estimate", "low", "high"]
NOT_JUDGED = "not judged"


def judge(experiment: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Judge every claim about an experiment by these rows; return a row per claim and reading.

    bp.judge("xor", bp.run("xor", reading="all", seeds=100))

    rows: from `bp.run` or `bp.read_runs`, of all or some readings. Rows with settings of your own are judged like those
    of their reading. says: the claim in our words; printed and ours: the values compared; verdict: reproduced, partly,
    doubtful, not reproduced, or not judged; because: the reason. n: the number of runs; estimate, low, high: the value
    found in them and its 95 % interval.
    """
    mine = settings_of(experiment).experiment
    _check(mine, rows)
    if not mine.claims:
        return pd.DataFrame(columns=COLUMNS)
    runs = runs_of(mine, rows)
    parts = [part for claim in mine.claims for part in _judged(claim, runs, mine)]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _judged(claim: Claim, runs: Runs, experiment: Experiment) -> list[pd.DataFrame]:
    """Return the ledger's row for each reading with rows, or one row with the reason for having none."""
    every = list(experiment.every_reading)
    forms = claim.readings or claim.matching(every)
    if claim.kind == "curve":
        there = [form for form in forms if set(matching(every, form)) <= set(runs.readings)]
    else:
        there = [name for form in forms for name in matching(runs.readings, form)]
    if not there:
        missing = f"there are no rows of {'every reading ' if claim.kind == 'curve' else ''}{' or '.join(forms[:3])}"
        return [_not_judged(claim, forms[0], missing)]
    parts = []
    for name in there:
        try:
            of_name = ledger([replace(claim, readings=[name])], runs, experiment)
            parts.append(of_name.assign(reading=of_name["name"]))
        except BadInput as error:
            parts.append(_not_judged(claim, name, str(error)))
    return parts


def _not_judged(claim: Claim, name: str, reason: str) -> pd.DataFrame:
    """Return a row that says why a claim cannot be judged."""
    row = {"claim": claim.id, "says": claim.says, "source": claim.source, "kind": claim.kind, "reading": name}
    empty = dict.fromkeys(("words", "printed", "ours"), "") | dict.fromkeys(("estimate", "low", "high"), float("nan"))
    return pd.DataFrame([row | empty | {"verdict": NOT_JUDGED, "because": reason, "n": 0}])


def runs_of(experiment: Experiment, rows: pd.DataFrame) -> Runs:
    """Return rows as the rules take them, a table for each reading; BadInput, in one line, for a repeated seed."""
    found, places = Runs(experiment.stem, {}, {}), rows.groupby(["variant", "reading"], sort=False).indices
    for name in experiment.every_reading:
        variant, reading = experiment.place_of(name)
        if (variant, reading) not in places:
            continue
        part = rows.iloc[places[variant, reading]].reset_index(drop=True)
        if part["seed"].duplicated().any():
            seed = part["seed"][part["seed"].duplicated()].iloc[0]
            raise BadInput(f"rows must hold each seed of a reading once, was twice seed {seed} of {name}")
        measured = {column.partition("@")[0] for column in map(str, part) if part[column].notna().any()}
        kept = [column for column in map(str, part) if column.partition("@")[0] in measured | {*FIRST, *CURVES}]
        recipe = _recipe(experiment.recipe_of(name), kept)
        ends = [int(part["seed"].min()), int(part["seed"].max())]
        about = Provenance(variant, reading, recipe, ends, checkpoints(recipe.sweeps), 0, "", {})
        found = found.having(name, part[kept], about, list(experiment.every_reading))
    return found


def _recipe(recipe: Recipe, columns: list[str]) -> Recipe:
    """Return the recipe with the moments that the rows have columns for."""
    seen = {column.partition("@")[2] for column in columns}
    return replace(recipe, moments=[moment for moment in recipe.moments if str(moment) in seen])


def _check(experiment: Experiment, rows: pd.DataFrame) -> None:
    """Raise BadInput, in one line, if these are not rows of the experiment."""
    if not isinstance(rows, pd.DataFrame):
        raise BadInput(f"rows must be a DataFrame of bp.run or bp.read_runs, was {type(rows).__name__}")
    made: dict[Hashable, str] = rows.attrs.get(ABOUT, {})
    if (was := made.get("experiment", experiment.stem)) != experiment.stem:
        raise BadInput(f"rows must be of {experiment.stem}, was of {was}")
    if missing := [name for name in FIRST if name not in rows]:
        raise BadInput(f"rows must have the columns of bp.run and bp.read_runs, was without {missing[0]}")
    known = {experiment.place_of(name) for name in experiment.every_reading}
    there = set(rows[["variant", "reading"]].itertuples(index=False, name=None))
    if strange := sorted("/".join(filter(None, place)) for place in there - known):
        raise BadInput(f"rows must be of readings of {experiment.stem}, was {strange[0]}")
    if not len(rows):
        raise BadInput("rows must have a row for each seed, was empty")
