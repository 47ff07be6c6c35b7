"""One training step for a beginner: the net, six parts with every number, and commands to try next.

story.md.j2 has the prose, in the order of the page; the files beside it make the working and the tables.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from backprop86.engines.recipe import CRITERIA, Recipe
from backprop86.engines.reference import NEVER
from backprop86.explaining import backward_pass, forward_pass
from backprop86.explaining.afterwards import PLAIN, Choice, by_computer, common_middle, flat_from, short, try_next
from backprop86.explaining.decimals import DIGITS, exactly, rounded, show
from backprop86.explaining.first_step import LARGE, NUDGE, Measured, Step, first_step, measured
from backprop86.explaining.pencil import first_rates
from backprop86.explaining.rest_of_run import Course, course_of, rises
from backprop86.explaining.sketch import levels, sketch, skipping
from backprop86.report.page import Block, Part, as_markdown
from backprop86.running.problem import Problem


def explain(
    problem: Problem, recipe: Recipe, title: str, seed: int = 0, case: int | None = None, choice: Choice = PLAIN
) -> list[Part]:
    """Return the opening, six parts and commands to try next; BadInput, from `first_step`, for an impossible seed or
    case.

    `choice`: the reasons for the choice of reading and seed.
    """
    step = first_step(problem, recipe, seed, case)
    beside = measured(step)
    course = course_of(step, beside.gradient)
    case_name, task = step.cases.names[step.case], task_of(problem)
    text = _template().render(
        title=f"One step: {_today(title)}, seed {seed}, case {case_name}",
        task=task,
        task_cites=bool(re.search(r"\b[NPHLS]\b", task)),
        case_name=case_name,
        seed=seed,
        choice=choice,
        **_about_net(step),
        **_about_step(step),
        **_about_course(step, course),
    )
    ideas: list[Block] = [*try_next(problem.__name__.rpartition(".")[2], course.learned_at, choice)]
    return parts_from(text, _blocks(step, beside, course) | {"try_next": ideas})


def parts_from(text: str, blocks: Mapping[str, list[Block]]) -> list[Part]:
    """Return the parts of a page from its text, with the blocks in place of their names, [[name]]."""
    parts: list[Part] = []
    for piece in re.split(r"\n\s*\n", text.strip()):
        if piece.startswith("# "):
            parts.append(Part(piece.removeprefix("# "), []))
        elif piece.startswith("```"):
            parts[-1].blocks.append(piece.splitlines()[1:-1])
        elif named := re.fullmatch(r"\[\[(\w+)\]\]", piece):
            parts[-1].blocks.extend(blocks[named[1]])
        else:
            parts[-1].blocks.append(re.sub(r"[ \n]+", " ", piece).strip())
    return parts


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # the page is Markdown
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "exact": lambda setting: show(exactly(setting)),
        "print": lambda number: show(rounded(number)),
        "short": short,
        "grouped": lambda whole: f"{whole:,}",
    }
    return environment.get_template("story.md.j2")


def _about_net(step: Step) -> dict[str, Any]:
    """Return the facts about the net that select sentences."""
    wiring = step.wiring
    return {
        "has_sketch": bool(sketch(wiring)),
        "has_biases": (wiring.source == 0).any(),
        "has_plain_names": all(name[0] in "1iho" for name in wiring.units),
        "has_twins": any(len(set(level) & set(wiring.hidden)) > 1 for level in levels(wiring)),
        "skipping": [f"{wiring.units[source]} → {wiring.units[target]}" for source, target in skipping(wiring)],
        "n_connections": len(step.connections),
        "is_large": len(step.connections) > LARGE,
    }


def _about_step(step: Step) -> dict[str, Any]:
    """Return the facts about the step that select sentences or fill them."""
    epsilon, alpha = first_rates(step.recipe)
    return {
        "step": step,
        "recipe": step.recipe,
        "digits": DIGITS,
        "inputs": forward_pass.inputs(step),
        "levels": backward_pass.by_level(step),
        "n_zero": len(step.connections) - len(backward_pass.working(step)),
        "by": NUDGE,
        "epsilon": epsilon,
        "alpha": alpha,
    }


def _about_course(step: Step, course: Course) -> dict[str, Any]:
    """Return the facts about the run that select sentences or fill them."""
    before, after = (look.E for look in course.looks[:2])
    return {
        "course": course,
        "E": (rounded(before), rounded(after)),
        "helps_little": after > 0.95 * before,
        "rise": next(iter(rises(course)), None),
        "criterion": CRITERIA[step.recipe.criterion],
        "infinity": np.inf,
        "has_learned": course.learned_at != NEVER,
        "flat_from": flat_from(course),
        "middle": common_middle(step),
    }


def _blocks(step: Step, beside: Measured, course: Course) -> dict[str, list[Block]]:
    """Return the working and the tables of the page, by their names in the template."""
    return {
        "sketch": [sketch(step.wiring)],
        "weights": [forward_pass.weights(step)],
        "units_forward": forward_pass.units(step),
        "distances": [forward_pass.distances(step)],
        "error": [forward_pass.error(step)],
        "units_backward": backward_pass.units(step),
        "blame": [backward_pass.blame(step)],
        "connections": [backward_pass.gradient(step)],
        "shared": backward_pass.shared(step),
        "over_cases": [backward_pass.over_cases(step)],
        "compared": [backward_pass.compared(step, beside)],
        "one_nudge": [forward_pass.one_nudge(step)],
        "nudges": [forward_pass.nudges(step)],
        "course": [by_computer(step, course)],
    }


def _today(text: str) -> str:
    """Return the text with today's name, XOR."""
    return re.sub("[Ee]xclusive or", "XOR", text)


def task_of(problem: Problem) -> str:
    """Return the problem's question, from the first line of its file."""
    says = _today((problem.__doc__ or "").splitlines()[0].strip())
    return says if says.endswith((".", "?")) else f"{says}."


def excerpt(parts: list[Part]) -> str:
    """Return the error of the first hidden unit, and every gradient beside autograd's, as Markdown."""
    backward = parts[4].blocks
    unit = next(block for block in backward if isinstance(block, list) and block[0] == "h1")
    beside = next(block for block in backward if isinstance(block, pd.DataFrame) and "autograd" in block)
    return f"{as_markdown(unit)}\n{as_markdown(beside)}"
