"""A judgement in words: what was printed, what our runs do, and why the rule says what it says, from numbers alone."""

import numpy as np
import pandas as pd

from backprop86.judging.claims import ENOUGH, FEWEST


def shown(value: object) -> str:
    """A number as people read it: short, infinity as such, nothing where there is nothing."""
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        if np.isinf(value):
            return "∞"
        return f"{value:,.0f}" if value == int(value) and abs(float(value)) < 1e9 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int | np.integer) and not isinstance(value, bool) else str(value)


def percent(share: float) -> str:
    """0.423 is 42.3 %; what is not quite nothing or all is not written as 0 or 100."""
    text = f"{share:.1%}"
    return "< 0.1%" if text == "0.0%" and share > 0 else "> 99.9%" if text == "100.0%" and share < 1 else text


SHARES = ("rate", "once", "within", "always", "never", "structure", "more", "commonest")
"""Rules whose estimate is a share."""


def number(row: pd.Series, field: str) -> str:
    """One field of a row of the ledger as people read it; shares in per cent."""
    is_share = field in ("untrained", "solved") or (field in ("estimate", "low", "high") and row["rule"] in SHARES)
    return percent(row[field]) if is_share and not np.isnan(row[field]) else shown(row[field])


def printed(row: pd.Series) -> str:
    """What the text prints, or says, in a cell of a table."""
    if row["source"] == "ours":
        return "nothing"
    words = {"always": "always", "never": "never", "once": "in the printed run", "structure": "in the printed net"}
    words |= {"within": f"less than {row['printed']}", "more": "more", "commonest": "the commonest"}
    return words.get(row["rule"], row["printed"]) or "equal"


def ours(row: pd.Series) -> str:
    """What our runs do, with n and an interval, in a cell of a table."""
    rule, n = row["rule"], f"n = {row['n']:,}"
    if not row["n"]:
        return "no solved run"
    if rule == "equal" and np.isnan(row["estimate"]):
        return f"not a number in some run ({n})"
    if rule == "equal" and row["p5"] == row["p95"]:
        return f"{shown(row['estimate'])} in {'every run' if row['verdict'] == 'reproduced' else '90 % of runs'} ({n})"
    if rule in ("draw", "equal"):
        return f"median {shown(row['estimate'])}; 5 to 95 % of runs: {shown(row['p5'])} to {shown(row['p95'])} ({n})"
    if rule in ("intercept", "slope"):
        if np.isnan(row["estimate"]):
            return f"somewhere most runs are unsolved ({n} medians)"
        return f"{row['estimate']:.0f}; {row['low']:.0f} to {row['high']:.0f} ({n} medians)"
    if rule == "more":
        return f"in {percent(row['estimate'])} of pairs; {percent(row['low'])} to {percent(row['high'])} ({n})"
    return f"{percent(row['estimate'])}; {percent(row['low'])} to {percent(row['high'])} ({n})"


def because(row: pd.Series) -> str:
    """One sentence, or two, that a beginner understands, on why the verdict is what it is."""
    rule = row["rule"]
    if rule in ("draw", "structure") and not row["n"]:
        return "No run was solved, so there is no net to compare with the printed one."
    told = {"draw": _draw, "rate": _rate, "once": _once, "within": _once, "always": _always, "never": _always}
    told |= {"structure": _structure, "more": _more, "commonest": _commonest, "equal": _equal}
    return told.get(rule, _curve)(row)


def _draw(row: pd.Series) -> str:
    unit = "needed fewer sweeps than" if row["column"] == "sweeps" else "have less than"
    place, value, of = row["percentile"], row["printed"], "runs" if row["among"] == "all" else "solved runs"
    if row["column"] == "sweeps" and row["solved"] == 0:
        return "No run was solved in the sweeps it was given."
    among = f"among those the printed one is at percentile {shown(row['percentile_of_solved'])}"
    few = f" Only {percent(row['solved'])} of the runs were solved in the sweeps they were given; {among}."
    lucky = few if row["column"] == "sweeps" and row["solved"] < 0.5 else ""
    if row["verdict"] == "reproduced":
        ordinary = "equal ones counted half: it is an ordinary one"
        return f"Of 100 {of} {shown(float(round(place)))} {unit} the printed {value}, {ordinary}.{lucky}"
    if row["verdict"] == "doubtful" and row["n"] < FEWEST:
        return f"Only {row['n']} {'run was' if row['n'] == 1 else 'runs were'} solved, too few to say."
    side = "below" if place < 50 else "above"
    rare = "fewer than 5 in 100" if row["verdict"] == "doubtful" else "fewer than 1 in 200"
    return f"The printed {value} lies {side} nearly all: {rare} of our {of} are as far out ({_most(row)}).{lucky}"


def _most(row: pd.Series) -> str:
    """Where most runs are."""
    low, high = shown(row["p5"]), shown(row["p95"])
    if row["column"] == "sweeps" and low == "∞":
        return "90 % of the runs were not solved"
    return f"90 % of the runs {f'are at {low}' if low == high else f'lie between {low} and {high}'}"


def _rate(row: pd.Series) -> str:
    meets = "overlaps" if row["verdict"] == "reproduced" else "lies outside"
    return f"Our interval, {percent(row['low'])} to {percent(row['high'])}, {meets} the printed {row['printed']}."


def _once(row: pd.Series) -> str:
    if row["estimate"] == 0:
        return "It is so in none of our runs."
    share = percent(row["estimate"])
    if row["verdict"] == "reproduced":
        return f"It is so in {share} of our runs; for a single printed run 5 in 100 are enough."
    rare = "fewer than 5 in 100, but at least 1 in 200" if row["verdict"] == "doubtful" else "fewer than 1 in 200"
    return f"It is so in only {share} of our runs: {rare}."


def _always(row: pd.Series) -> str:
    exceptions = round(row["n"] * (1 - row["estimate"] if row["rule"] == "always" else row["estimate"]))
    if not exceptions and row["n"] < ENOUGH:
        return f"No exception, but it takes {ENOUGH:,} runs to say {row['rule']}, not {row['n']:,}."
    if not exceptions:
        return f"No exception in {row['n']:,} runs."
    told = f"{exceptions:,} of {row['n']:,} runs {'is an exception' if exceptions == 1 else 'are exceptions'}"
    return f"{told}: at most one in a hundred, so in doubt." if row["verdict"] == "doubtful" else f"{told}."


def _structure(row: pd.Series) -> str:
    of = f"Of {row['n']:,} solved run{'' if row['n'] == 1 else 's'}"
    before = "" if np.isnan(row["untrained"]) else f", and {percent(row['untrained'])} did before training"
    needed = {
        "reproduced": "90 % or more do",
        "partly": "half or more do, but fewer than 90 %",
        "doubtful": f"too few runs to say: {FEWEST} are needed",
    }
    return f"{of} {percent(row['estimate'])} show it{before} ({needed.get(row['verdict'], 'fewer than half do')})."


def _more(row: pd.Series) -> str:
    against = f"Compared one to one with runs of {row['than']}, these have more ({row['column']})"
    sides = {
        "reproduced": "more than half",
        "doubtful": "too close to half to say",
        "not reproduced": "less than half",
    }
    share = percent(row["estimate"])
    return f"{against} in {share} of pairs, equal ones counted half: {sides[row['verdict']]}."


def _commonest(row: pd.Series) -> str:
    if row["estimate"] == 0:
        return "It is so in none of our runs."
    ends = {
        "reproduced": "more often than the next",
        "doubtful": "about as often as another",
        "not reproduced": "less often than another",
    }
    return f"It is so in {percent(row['estimate'])} of our runs, {ends[row['verdict']]}."


def _equal(row: pd.Series) -> str:
    if row["verdict"] == "reproduced":
        return "It is so in every run."
    if np.isnan(row["estimate"]):
        return "It is not so in every run: in some it is not even a number."
    return f"It is not so in every run: {_most(row)}."


def _curve(row: pd.Series) -> str:
    if np.isnan(row["estimate"]):
        return (
            "For some number of hidden units most runs are never solved, so that there is no median to lay a line by."
        )
    lies = "inside" if row["verdict"] == "reproduced" else "outside"
    interval = f"{row['low']:.0f} to {row['high']:.0f}"
    return f"The printed {row['printed']} lies {lies} the interval of the line through our medians, {interval}."
