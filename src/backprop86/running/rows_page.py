"""docs/rows.md: the meaning of every column of results/runs/*.parquet.

python -m backprop86.running.rows_page > docs/rows.md
"""

from backprop86.engines.recipe import CRITERIA, Criterion
from backprop86.running.columns import MEASURES, WEIGHTS
from backprop86.running.failures import KINDS
from backprop86.running.problem import problem_of
from backprop86.running.settings import load, stems

GENERAL = {
    "variant": "the net or the start, where a text describes several; empty for the printed net",
    "reading": "the reading that fills the text's gaps; `as_printed` changes nothing",
    "seed": "the number that determines the initial weights and the held-out cases",
    "learned": "the net met the criterion at some sweep",
    "diverged": "a weight or E became infinite",
    "failure": "the kind of failure of a net that has not learned; empty for a net that has",
    "sweeps": "the sweep (epoch) after which the net first met the criterion; missing if it never did",
    "right_side": "the sweep after which every output was first on the right side of 0.5; missing if it never was",
    "stopped": "the sweep after which training ended",
    "error": "the final error E (loss) of the training cases",
    "error_curve": "E at the checkpoints that the file's metadata lists, NaN after training ended; for a few runs only",
    "gradient_curve": "the gradient norm (length of ∂E/∂w) at these checkpoints, level by level; for a few runs only",
}
"""The columns that a row has once."""
MOMENTS = {
    "0": "before training",
    "1425": "after that sweep; each experiment names its own",
    "learned": "when the net first met the criterion",
    "end": "when training ended",
}
"""The moments of measurement, by their name after the @ of a column."""
WEIGHTS_SAY = "all weights of the net, for a few runs only: the first seeds, the median run, the first of each failure"

NEVER = 'rows["sweeps"].astype(float).fillna(math.inf)'
"""The line that reads missing sweeps as infinite."""

PAGE = """# Rows

*Made by `python -m backprop86.running.rows_page > docs/rows.md`; a test holds that it is complete.*

`results/runs/<experiment>.parquet` has a row for every run. `bp.read_runs` reads it, and so does pandas:

```python
import math
import pandas as pd

rows = pd.read_parquet("results/runs/xor.parquet", dtype_backend="numpy_nullable")
sweeps = {never}
```

A sweep (epoch) that a run never reached is missing in the file. The last line reads it as infinite, so that a median is
right although some runs never learned.

## Four words

- A **variant** is another net or start that a text itself describes, such as 2-2-1 beside one hidden unit with direct
  connections. It is empty for the printed net.
- A **reading** fills the gaps of a text: it sets what the text leaves open. `as_printed` changes nothing. Names such as
  `two_hidden/range_1` are variant/reading.
- A **moment** is the sweep after which a run is measured. Its name follows the @ of a column, as in `hidden_off@end`.
  A value is missing where a run did not reach its moment.
- A **criterion** defines "learned"; every recipe names one.

{criteria}

{moments}

## Kinds of failure

A net that has not learned has the first kind that fits.

{failures}

## Columns that a row has once

{general}

## Columns with a moment

{every_net}

{problems}
"""


def of_problem(stem: str) -> dict[str, str]:
    """Return the meaning of each measure of one experiment, by its name."""
    return dict(problem_of(stem).MEASURES)


def meanings(stem: str) -> dict[str, str]:
    """Return the meaning of each column of one experiment; a column with a moment is under the name before the @."""
    return GENERAL | {WEIGHTS.removesuffix("@"): WEIGHTS_SAY} | MEASURES | of_problem(stem)


def page() -> str:
    """Return docs/rows.md."""
    criteria = {name: _criterion(one) for name, one in CRITERIA.items()}
    every_net = MEASURES | {WEIGHTS.removesuffix("@"): WEIGHTS_SAY}
    problems = "\n\n".join(f"### {load(stem).experiment.title}: `{stem}`\n\n{_of_each(stem)}" for stem in stems())
    return PAGE.format(
        never=NEVER,
        criteria=_table("criterion", criteria),
        moments=_table("moment", MOMENTS),
        failures=_table("failure", KINDS),
        general=_table("column", GENERAL),
        every_net=_table("column", every_net),
        problems=problems,
    )


def _of_each(stem: str) -> str:
    """Return the table of one experiment, or a line that names an experiment with the same columns."""
    same = next(other for other in stems() if of_problem(other) == of_problem(stem))
    return _table("column", of_problem(stem)) if same == stem else f"The columns of `{same}`."


def _criterion(criterion: Criterion) -> str:
    """Return a criterion in words."""
    said = []
    if criterion.on > 0:
        said.append(f"each output that should be on is above {criterion.on:g}, each other one below {criterion.off:g}")
    if criterion.case_error < float("inf"):
        said.append(f"no case has an error above {criterion.case_error:g}")
    if criterion.total_error < float("inf"):
        said.append(f"E, summed over cases and outputs, is below {criterion.total_error:g}")
    return ", and ".join(said)


def _table(head: str, rows: dict[str, str]) -> str:
    """Return a table of names and meanings in Markdown."""
    lines = [f"| {head} | meaning |", "|---|---|"]
    return "\n".join(lines + [f"| `{name}` | {said.replace('|', chr(92) + '|')} |" for name, said in rows.items()])


if __name__ == "__main__":
    print(page(), end="")
