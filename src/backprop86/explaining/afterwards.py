"""The end of the page: E while the step is repeated, why a net does not learn, and commands to try next."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context

import numpy as np
import pandas as pd

from backprop86.engines.reference import NEVER
from backprop86.explaining.decimals import rounded, show
from backprop86.explaining.first_step import Step
from backprop86.explaining.rest_of_run import Course
from backprop86.explaining.who_learns import Learned
from backprop86.report.page import Block

BAR = 20
"""The length of the longest bar, in characters."""
THREE = Context(prec=3, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, eq=False)
class Choice:
    """The choice of the reading and the seed of the page, made in command.py."""

    reading: str = ""
    changes: tuple[str, ...] = ()  # name=value of the settings that differ from the experiment's file
    says: str = ""
    learned: Learned | None = None
    better: str = ""  # the reading of the experiment that is learned most often, if it is another


PLAIN = Choice()


def by_computer(step: Step, course: Course) -> pd.DataFrame:
    """Return the table of E, and of the outputs if they are few, in the course of training."""
    E = [look.E for look in course.looks]
    table = {"after": [look.after for look in course.looks], "E": [show(rounded(value)) for value in E]}
    if course.looks[0].outputs is not None:
        for number, c in enumerate(step.trained):
            table[step.cases.names[c]] = [
                f"{look.outputs[number, 0]:.3f}" for look in course.looks if look.outputs is not None
            ]
    longest = max(value for value in [*E, 1e-9] if np.isfinite(value))
    table["E as a bar"] = ["█" * round(BAR * value / longest) if np.isfinite(value) else "" for value in E]
    return pd.DataFrame(table)


def flat_from(course: Course) -> int | None:
    """Return the sweep at a tenth of the run if E hardly falls after it, else None."""
    late = int(np.searchsorted(course.sweeps, course.limit / 10))
    return course.sweeps[late] if course.E[-1] > 0.98 * course.E[late] else None


def common_middle(step: Step) -> list[str]:
    """Return the common middle of both kinds of cases, if there is one and no hidden unit: no weights solve that."""
    inputs, desired = step.cases.inputs[step.trained], step.cases.desired[step.trained, 0] > 0.5
    if step.wiring.hidden or len(step.wiring.outputs) > 1 or desired.all() or not desired.any():
        return []
    on, off = inputs[desired].mean(0), inputs[~desired].mean(0)
    return [f"{value:g}" for value in on] if np.allclose(on, off) else []


def try_next(stem: str, learned_at: int, choice: Choice) -> list[Block]:
    """Return three commands, each below a line that explains it."""
    found = [
        f"make explain{f' {settings}' if settings else ''}\n{words}"
        for settings, words in _ideas(stem, learned_at, choice)
    ]
    return [line for one in found[:3] for line in (one.split("\n")[1] + ":", [one.split("\n")[0]])]


def _ideas(stem: str, learned_at: int, choice: Choice) -> list[tuple[str, str]]:
    """Return (settings, words) of commands that fit this net, the best first."""
    here = [] if stem == "xor" else [f"experiment={stem}"]
    named = [*here, f"reading={choice.reading}"] if choice.reading else here
    ideas = []
    first = choice.learned.first if choice.learned else None
    if learned_at == NEVER and first is not None:
        ideas.append((" ".join([*named, *choice.changes, f"seed={first}"]), "A net with these settings that learns"))
    if choice.changes:
        ideas.append((" ".join(named), "The same reading with the settings of its file, to compare"))
    if learned_at == NEVER and first is None and choice.better and choice.better != choice.reading:
        ideas.append(
            (" ".join([*here, f"reading={choice.better}"]), "The reading of this problem that is learned most often")
        )
    shown = (stem, choice.reading or ("as_printed" if stem == "xor" else ""))
    for where, settings, words in COMMANDS:
        if where != shown and not (where[0] == stem and where[0] != "xor"):
            ideas.append((settings, words))
    return ideas


COMMANDS = (
    (("xor", "two_hidden"), "reading=two_hidden", "XOR with two hidden units and no connection that skips a level"),
    (
        ("single_layer", "xor"),
        "experiment=single_layer reading=xor",
        "XOR without hidden units, which no weights can solve",
    ),
    (("depth", ""), "experiment=depth", "XOR through three hidden layers: how little blame reaches the first"),
    (("xor", "as_printed"), "", "XOR with one hidden unit and connections that skip it"),
    (("symmetry", ""), "experiment=symmetry", "Mirror symmetry, the net of the letter's first figure"),
)
"""(experiment, reading), settings and words of the commands to try next."""


def short(value: float) -> str:
    """Return the number with three digits, enough for a sentence."""
    return show(THREE.create_decimal(rounded(value)))
