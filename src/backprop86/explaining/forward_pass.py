"""The working and the tables of the weights, the forward pass, the error and the nudge."""

import pandas as pd

from backprop86.explaining.decimals import added, exactly, show, summed
from backprop86.explaining.first_step import Step, terms
from backprop86.explaining.pencil import connections, first_rates, into
from backprop86.report.page import Block


def weights(step: Step) -> pd.DataFrame:
    """Return the table of the weights, with the connections of each if some share one."""
    table = pd.DataFrame({"weight": step.names, "w": step.w_text})
    if not step.is_shared:
        return table
    return table.assign(connections=[str(len(some)) for some in connections(step.wiring)])


def inputs(step: Step) -> list[str]:
    """Return the inputs of the case, name = value."""
    worked, names = step.of_case, step.wiring.units
    shown = [unit for unit in range(1, 1 + step.wiring.n_inputs) if step.shows(worked.y[unit])]
    told = [f"{names[unit]} = {worked.text.y[unit]}" for unit in shown]
    return told if len(told) == step.wiring.n_inputs else [*told, "all others 0"]


def units(step: Step) -> list[Block]:
    """Return the working of x and y of every hidden and output unit."""
    worked, text, wiring = step.of_case, step.of_case.text, step.wiring
    blocks: list[Block] = []
    for unit, feeds in into(wiring).items():
        shown = [k for k in feeds if step.shows(worked.sent[k])]
        lines = [wiring.units[unit]]
        for k in shown:
            y, w = text.y[int(wiring.source[k])], step.w_text[wiring.parameter[k]]
            lines.append(f"  {step.connections[k]}: {y} × {w} = {text.sent[k]}")
        lines += left_out(len(feeds) - len(shown))
        lines.append(f"  x = {summed([worked.sent[k] for k in shown], worked.x[unit])}")
        blocks.append([*lines, f"  y = 1 / (1 + e^{show(-worked.x[unit])}) = {text.y[unit]}"])
    return blocks


def left_out(many: int) -> list[str]:
    """Return a line that stands for the connections left out, each of which adds 0."""
    return [f"  (and 0 by {many} more)"] if many else []


def distances(step: Step) -> pd.DataFrame:
    """Return the table of y, d, y - d and ½ (y - d)² of every output."""
    text = step.of_case.text
    rows = [[step.wiring.units[k], text.y[k], text.d[k], text.miss[k], text.half_square[k]] for k in text.d]
    return pd.DataFrame(rows, columns=["output", "y", "d", "y - d", "½ (y - d)²"])


def error(step: Step) -> list[str]:
    """Return the working of E: of the case, and of all cases of the group."""
    worked, by = step.of_case, step.divided_by
    halves = [half for half in worked.half_square.values() if half] or list(worked.half_square.values())[:1]
    of_case = f"({added(halves)}) / {by} = {worked.text.E}" if by > 1 else summed(halves, worked.E)
    lines = [f"E of case {step.cases.names[step.case]}: {of_case}"]
    if len(step.group) > 1:
        every = terms(step.case, {c: one.E for c, one in step.worked.items()})
        told = [step.case_name(c) for c in every]
        lines.append(f"E of {', '.join(told[:-1])} and {told[-1]}: {summed(list(every.values()), step.E)}")
    return lines


def one_nudge(step: Step) -> list[str]:
    """Return the working of the first weight's change."""
    epsilon, alpha = (show(exactly(rate)) for rate in first_rates(step.recipe))
    first = step.nudges[0]
    lines = [
        step.names[0],
        f"  Δw = -{epsilon} × {step.dE_dw_text[0]} + {alpha} × 0 = {first.text.delta}",
        f"  w + Δw = {summed([step.w[0], first.delta], first.moved)}",
    ]
    if step.recipe.decay:
        decay = show(exactly(step.recipe.decay))
        lines.append(f"  {first.text.moved} × (1 - {decay}) = {first.text.shrunk}")
    return lines


def nudges(step: Step) -> pd.DataFrame:
    """Return the table of every weight's change; the last column is the new weight."""
    texts = [one.text for one in step.nudges]
    table = {
        "weight": step.names,
        "∂E/∂w": step.dE_dw_text,
        "Δw": [one.delta for one in texts],
        "w": step.w_text,
        "w + Δw": [one.moved for one in texts],
    }
    if step.recipe.decay:
        table["shrunk"] = [one.shrunk for one in texts]
    if step.recipe.biases == "negative":
        table["held"] = [one.w for one in texts]
    return pd.DataFrame(table)
