"""The end of the page: what repeating the step leads to, why a net does not learn, and commands to try next."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context

import numpy as np
import pandas as pd

from backprop86.engines.recipe import CRITERIA, Recipe
from backprop86.engines.reference import UNSOLVED
from backprop86.explain.course import Course, Learned, rises
from backprop86.explain.decimals import rounded, show
from backprop86.explain.first_step import Step
from backprop86.report.page import Block

BAR = 20
"""How many characters the longest bar has."""
THREE = Context(prec=3, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, eq=False)
class Choice:
    """What is known of how reading and seed were chosen: see asked.py."""

    reading: str = ""
    changes: tuple[str, ...] = ()  # name=value of the settings that differ from the experiment's file
    says: str = ""
    learned: Learned | None = None
    better: str = ""  # another reading of the experiment that is learned most often


PLAIN = Choice()


def again(step: Step, course: Course, choice: Choice) -> list[Block]:
    """Return a table of E while training goes on, and what became of the net."""
    E = [look.E for look in course.looks]
    before, after = rounded(E[0]), rounded(E[1])
    fate = "less than" if after < before else "more than" if after > before else "the same as"
    says = "This is by computer, with all digits. Has it helped? After this step E of all cases is "
    says += f"{show(after)}, {fate} the {show(before)} before. "
    if step.recipe.update == "case":
        says += "Then comes the next case, and so on; after the last one a sweep is complete and the next begins. "
    if after > before:
        one_case = step.recipe.update == "case"
        says += "What serves one case need not serve them all. " if one_case else "The step was too long. "
    elif E[1] > 0.95 * E[0]:
        says += "One step does little. "
    says += "The next begins from the new weights, and so on, over and over. The sweeps in the table "
    says += "are chosen to show how E falls."
    if found := rises(course):
        first, last, lower, higher = found[0]
        says += f" E does not fall all the way: from sweep {first:,} to {last:,} it rises from {_short(lower)} to "
        says += f"{_short(higher)}. A step that is too long goes past what it should reach."
    table = {"after": [look.after for look in course.looks], "E": [show(rounded(value)) for value in E]}
    if course.looks[0].outputs is not None:
        for number, c in enumerate(step.trained):
            table[step.cases.names[c]] = [
                f"{look.outputs[number, 0]:.3f}" for look in course.looks if look.outputs is not None
            ]
        says += " The columns between are the outputs for each case."
    longest = max(value for value in [*E, 1e-9] if np.isfinite(value))
    table["E as a bar"] = ["█" * round(BAR * value / longest) if np.isfinite(value) else "" for value in E]
    return [says, pd.DataFrame(table), *_fate(step, course, choice)]


def _fate(step: Step, course: Course, choice: Choice) -> list[Block]:
    """Return whether the net learns, and if it does not, why not and how many others do."""
    criterion = _criterion(step.recipe)
    if course.solved != UNSOLVED:
        says = f"After {course.solved:,} sweeps it counts as solved: {criterion}."
        if course.E_solved > 2 * course.looks[-1].E:
            says += f" E is still {_short(course.E_solved)} then, and {_short(course.looks[-1].E)} after "
            says += f"{course.looks[-1].after}: to be on the right side and to have a small error are different things."
        return [says]
    says = f"In {course.limit:,} sweeps it does not learn. It would count as solved if {criterion}."
    if course.limit < step.recipe.sweeps:
        says += f" (The reading allows {step.recipe.sweeps:,} sweeps; a net of this size is cut off for the time.)"
    late = int(np.searchsorted(course.sweeps, course.limit / 10))
    if course.E[-1] > 0.98 * course.E[late]:
        says += f" From sweep {course.sweeps[late]:,} on E hardly falls: a plateau, or a minimum."
    return [says, *_why_not(step), *_others(choice.learned)]


def _criterion(recipe: Recipe) -> str:
    met = CRITERIA[recipe.criterion]
    words = f"each output that should be on is above {met.on:g}, each other one below {met.off:g}"
    return words if met.case_error == np.inf else f"{words}, and no case has an E above {met.case_error:g}"


def _why_not(step: Step) -> list[Block]:
    """Return why no weights will do, where the net has no hidden unit and the two kinds of cases have one middle."""
    inputs, desired = step.cases.inputs[step.trained], step.cases.desired[step.trained, 0] > 0.5
    if step.wiring.hidden or len(step.wiring.outputs) > 1 or desired.all() or not desired.any():
        return []
    on, off = inputs[desired].mean(0), inputs[~desired].mean(0)
    if not np.allclose(on, off):
        return []
    middle = ", ".join(f"{value:g}" for value in on)
    surface = "a straight line" if len(on) == 2 else "a plane"
    says = f"No weights will do: without hidden units a net can only part on from off by {surface}, and none parts "
    says += f"these cases. The middle of the cases that should be on, and the middle of the others, is ({middle}): "
    return [f"{says}the same point, which cannot lie on both sides."]


def _others(learned: Learned | None) -> list[Block]:
    """Return how many of the other seeds learn."""
    if learned is None:
        return []
    if learned.is_published:
        of = f"of the {len(learned.solved):,} published runs of this reading"
    else:
        of = f"of the seeds 0 to {len(learned.solved) - 1}, trained just now with these settings,"
    if learned.first is None:
        return [f"It is not alone: {of} none learns."]
    count = int(learned.solved.sum())
    return [f"{of.capitalize()} {count:,} {'learns' if count == 1 else 'learn'}. The first is seed={learned.first}."]


def try_next(stem: str, solved: int, choice: Choice) -> list[Block]:
    """Return three commands and what each of them shows."""
    found = [
        f"make explain{f' {settings}' if settings else ''}\n{words}" for settings, words in _ideas(stem, solved, choice)
    ]
    return [line for one in found[:3] for line in (one.split("\n")[1] + ":", [one.split("\n")[0]])]


def _ideas(stem: str, solved: int, choice: Choice) -> list[tuple[str, str]]:
    """Return (settings, words) of commands that fit this net, the best first."""
    here = [] if stem == "xor" else [f"experiment={stem}"]
    named = [*here, f"reading={choice.reading}"] if choice.reading else here
    ideas = []
    first = choice.learned.first if choice.learned else None
    if solved == UNSOLVED and first is not None:
        ideas.append((" ".join([*named, *choice.changes, f"seed={first}"]), "A net with these settings that learns"))
    if choice.changes:
        ideas.append((" ".join(named), "The same reading with the settings of its file, to compare"))
    if solved == UNSOLVED and first is None and choice.better and choice.better != choice.reading:
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
        "XOR without hidden units, which no weights can do",
    ),
    (("depth", ""), "experiment=depth", "XOR through three hidden layers: how little blame reaches the first"),
    (("xor", "as_printed"), "", "XOR with one hidden unit and connections that skip it"),
    (("symmetry", ""), "experiment=symmetry", "Mirror symmetry, the net of the letter's first figure"),
)
"""(experiment, reading), settings and words of the commands to try next."""


def _short(value: float) -> str:
    """Three digits are enough in a sentence."""
    return show(THREE.create_decimal(rounded(value)))
