"""One training step for a beginner: the net, six parts with every number, and commands to try next."""

import re

import pandas as pd

from backprop86.engines.recipe import Recipe
from backprop86.explain import backward as blame
from backprop86.explain.again import PLAIN, Choice, again, try_next
from backprop86.explain.course import course_of
from backprop86.explain.decimals import DIGITS, added, exactly, show, summed
from backprop86.explain.first_step import LARGE, Step, first_step, measured, terms
from backprop86.explain.pencil import connections, first_rates, into, left_out
from backprop86.explain.sketch import levels, sketch, skipping
from backprop86.report.page import Block, Part, as_markdown
from backprop86.running.problem import Problem


def explain(
    problem: Problem, recipe: Recipe, title: str, seed: int = 0, case: int | None = None, choice: Choice = PLAIN
) -> list[Part]:
    """Return the opening, six parts and what to try next; BadInput, from `first_step`, for a seed or case that is not.

    `choice` holds what is known of how reading and seed were chosen.
    """
    step = first_step(problem, recipe, seed, case)
    beside = measured(step)
    course = course_of(step, beside.gradient)
    backward = [*blame.units(step), *blame.gradient(step), *blame.over_cases(step), *blame.compared(step, beside)]
    title = f"One step: {_today(title)}, seed {seed}, case {step.cases.names[step.case]}"
    return [
        Part(title, _opening(step, task_of(problem), seed, choice.says)),
        Part("1. Small random weights" if recipe.start == "drawn" else "1. The weights it begins with", _weights(step)),
        Part("2. Forward, unit by unit", _forward(step)),
        Part("3. The error", _error(step)),
        Part("4. Backward: who is to blame", backward),
        Part("5. The nudge", _nudge(step)),
        Part("6. Again and again", again(step, course, choice)),
        Part("7. Try next", [*try_next(problem.__name__.rpartition(".")[2], course.solved, choice)]),
    ]


def _today(text: str) -> str:
    """XOR has a name today."""
    return re.sub("[Ee]xclusive or", "XOR", text)


def task_of(problem: Problem) -> str:
    """Return what the problem is, from the first line of its file."""
    says = _today((problem.__doc__ or "").splitlines()[0].strip())
    return says if says.endswith((".", "?")) else f"{says}."


def excerpt(parts: list[Part]) -> str:
    """Return what comes back to the first hidden unit, and every gradient beside autograd's, as Markdown."""
    backward = parts[4].blocks
    unit = next(block for block in backward if isinstance(block, list) and block[0] == "h1")
    beside = next(block for block in backward if isinstance(block, pd.DataFrame) and "autograd" in block)
    return f"{as_markdown(unit)}\n{as_markdown(beside)}"


def _opening(step: Step, task: str, seed: int, choice: str) -> list[Block]:
    of_case = f"case {step.cases.names[step.case]} (case={step.case}; the first is case=0)"
    sources = (
        "N is the letter in Nature, P the chapter on back-propagation in the PDP book, H a longer paper: all of 1986."
    )
    begin = f"{task} ({sources})" if re.search(r"\b[NPH]\b", task) else task
    begin += (
        f" This page follows one network through its first step, number by number, for {of_case}. Seed {seed} draws "
    )
    begin += f"its first weights; another seed draws others. {choice}".rstrip()
    pencil = f"It is worked as with a pencil: every number is rounded to {DIGITS} digits before the next line uses it, "
    pencil += (
        "so every line of working can be checked by itself with a pocket calculator, to the last digit shown. (A y "
    )
    pencil += f"near 1 has more digits, so that 1 - y has {DIGITS}.)"
    if len(step.connections) > LARGE:
        pencil += f" The net has {len(step.connections):,} connections: this is long, and what is 0 is left out."
    letters = (
        "The letters are those of 1986: x is the total input of a unit, y its output, d the output that is wanted, w a "
        "weight, E the error. ∂E/∂w is how steeply E rises with w: where it is 2, a w larger by 0.001 makes E larger "
        "by about 0.002. a → b is the connection from unit a to unit b. Unit 1 always puts out 1, and a weight from it "
        "is called a bias. 1.5e-5 means 0.000015. Today E is called the loss, ∂E/∂w the gradient, ε (in part 5) the "
        "learning rate, α the momentum, and a sweep through all cases an epoch."
    )
    if all(name[0] in "1iho" for name in step.wiring.units):
        letters += " Units i1, i2, ... are inputs, h hidden units, o outputs."
    return [begin, *_drawn(step), pencil, letters]


def _drawn(step: Step) -> list[Block]:
    """Return the net as a picture, and the connections that skip a level."""
    wiring = step.wiring
    if not (lines := sketch(wiring)):
        return [f"The net is not drawn: it has {len(step.connections):,} connections."]
    says = "The net, from left to right."
    says += " 1─ before a unit is its bias." if (wiring.source == 0).any() else " No unit has a bias."
    direct = [f"{wiring.units[source]} → {wiring.units[target]}" for source, target in skipping(wiring)]
    says += f" These connections skip a level: {', '.join(direct)}." if direct else ""
    return [says, lines]


def _weights(step: Step) -> list[Block]:
    recipe, half = step.recipe, show(exactly(step.recipe.initial_range))
    begin = f"The network knows nothing yet. Its weights are drawn at random, between -{half} and {half}."
    if recipe.start == "equal":
        spread = f", give or take {show(exactly(recipe.spread))}" if recipe.spread else ""
        begin = f"Here all weights begin as one number, drawn between -{half} and {half}{spread}. See what comes of it."
    elif recipe.start != "drawn":
        begin = f"The weights begin as those called {recipe.start}, each with a draw between -{half} and {half} added."
    begin += {
        "none": " There are no biases.",
        "zero": " The biases begin at 0.",
        "negative": " The biases begin at or below 0 and are held there.",
    }.get(recipe.biases, "")
    why = "Why small? A unit with a large x has a y near 0 or 1, where it hardly reacts to anything, and learns slowly."
    if any(len(set(level) & set(step.wiring.hidden)) > 1 for level in levels(step.wiring)):
        why = (
            "Why random? Hidden units that begin alike are to blame alike, change alike and stay alike for ever. " + why
        )
    table = pd.DataFrame({"weight": step.names, "w": [show(w) for w in step.w]})
    if not step.is_shared:
        return [begin, why, table]
    shared = "Some connections share one weight. It goes by the name of the first of them, with an ellipsis."
    return [begin, why, shared, table.assign(connections=[str(len(some)) for some in connections(step.wiring)])]


def _forward(step: Step) -> list[Block]:
    worked, wiring = step.of_case, step.wiring
    inputs = {wiring.units[unit]: worked.y[unit] for unit in range(1, 1 + wiring.n_inputs)}
    told = [f"{name} = {show(y)}" for name, y in inputs.items() if step.shows(y)]
    told += ["all others 0"] if len(told) < len(inputs) else []
    blocks: list[Block] = [
        f"The case sets the inputs: {', '.join(told)}. Then each unit in turn adds up what reaches it, and squeezes "
        "the sum between 0 and 1.",
        ["x = Σ y × w  (equation 1)", "y = 1 / (1 + e^-x)  (equation 2)"],
    ]
    for unit, feeds in into(wiring).items():
        shown = [k for k in feeds if step.shows(worked.sent[k])]
        lines = [wiring.units[unit]]
        for k in shown:
            y, w = worked.y[int(wiring.source[k])], step.w[wiring.parameter[k]]
            lines.append(f"  {step.connections[k]}: {show(y)} × {show(w)} = {show(worked.sent[k])}")
        lines += left_out(len(feeds) - len(shown))
        lines.append(f"  x = {summed([worked.sent[k] for k in shown], worked.x[unit])}")
        blocks.append([*lines, f"  y = 1 / (1 + e^{show(-worked.x[unit])}) = {show(worked.y[unit])}"])
    return blocks


def _error(step: Step) -> list[Block]:
    worked, recipe, by = step.of_case, step.recipe, step.divided_by
    on, off = show(exactly(recipe.target_on)), show(exactly(recipe.target_off))
    says = "How far is each output from the one that is wanted? E is half the square of that, added up (equation 3). "
    says += f"On means {on} here, off {off}"
    if recipe.target_on == 1 and recipe.target_off == 0:
        says += ", which a unit can come near but never reach"
    elif 0 < recipe.target_off < recipe.target_on < 1:
        says += ", and not 1 and 0, which a unit can come near but never reach"
    says += "."
    if recipe.dead_zone != "none":
        on, off = show(exactly(recipe.zone_on)), show(exactly(recipe.zone_off))
        says += f" If it should be on and is above {on}, or off and below {off}, that is near enough and counts as 0."
        says += " The distance of others is taken from there." if recipe.dead_zone == "from_edge" else ""
    says += f" In this reading E is a mean: divided by {by}, cases times outputs." if by > 1 else ""
    numbers = (worked.y, worked.d, worked.miss, worked.half_square)
    rows = [[step.wiring.units[unit], *(show(number[unit]) for number in numbers)] for unit in worked.d]
    halves = [half for half in worked.half_square.values() if half] or list(worked.half_square.values())[:1]
    of_case = f"({added(halves)}) / {by} = {show(worked.E)}" if by > 1 else summed(halves, worked.E)
    lines = [f"E of case {step.cases.names[step.case]}: {of_case}"]
    if len(step.group) > 1:
        every = terms(step.case, {c: one.E for c, one in step.worked.items()})
        told = [step.case_name(c) for c in every]
        lines.append(f"E of {', '.join(told[:-1])} and {told[-1]}: {summed(list(every.values()), step.E)}")
    return [says, pd.DataFrame(rows, columns=["output", "y", "d", "y - d", "½ (y - d)²"]), lines]


def _nudge(step: Step) -> list[Block]:
    recipe = step.recipe
    epsilon, alpha = (show(exactly(rate)) for rate in first_rates(recipe))
    says = "Each weight is nudged a little way down the slope. ε says how far; α says how much of the last nudge is "
    says += f"repeated. Here ε = {epsilon} and α = {alpha}. In the first step there is no last nudge: that part is 0."
    if recipe.opening_sweeps:
        says += f" These are the rates of the first {recipe.opening_sweeps} sweeps; later ε = "
        says += f"{show(exactly(recipe.epsilon))} and α = {show(exactly(recipe.alpha))}."
    table = {
        "weight": step.names,
        "∂E/∂w": map(show, step.dE_dw),
        "Δw": [show(one.delta) for one in step.nudges],
        "w": map(show, step.w),
        "w + Δw": [show(one.moved) for one in step.nudges],
    }
    if recipe.decay:
        says += f" Then every weight shrinks by the fraction {show(exactly(recipe.decay))}."
        table["shrunk"] = [show(one.shrunk) for one in step.nudges]
    if recipe.biases == "negative":
        says += " A bias that would be above 0 is put back to 0."
        table["held"] = [show(one.w) for one in step.nudges]
    first, dE_dw, w = step.nudges[0], step.dE_dw[0], step.w[0]
    lines = [
        f"{step.names[0]}",
        f"  Δw = -{epsilon} × {show(dE_dw)} + {alpha} × 0 = {show(first.delta)}",
        f"  w + Δw = {summed([w, first.delta], first.moved)}",
    ]
    if recipe.decay:
        lines.append(f"  {show(first.moved)} × (1 - {show(exactly(recipe.decay))}) = {show(first.shrunk)}")
    rule = ["Δw = -ε × ∂E/∂w + α × the last Δw  (equation 9; without α it is equation 8)"]
    return [says, rule, "One weight in full, then all. The last column is the new w.", lines, pd.DataFrame(table)]
