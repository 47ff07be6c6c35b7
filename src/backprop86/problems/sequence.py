"""Sequence completion (P pp. 358-361): two letters go in one after the other, and the digits they stand for come out.

The net is recurrent. Run for a number of steps it is a layered net whose corresponding connections share one parameter
(P Fig. 17): unit h1 at step 3 is the unit h1@3 of the wiring, and h1@2 -> o1@3 has the weight of h1@3 -> o1@4.
"""

import re
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.problems.family_trees import SCORES, scores
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, wire

STANDS_FOR = {"A": "12", "B": "23", "C": "31", "D": "21", "E": "13"}
"""The two digits that complete each letter."""
LETTERS, DIGITS = tuple(STANDS_FOR), ("o1", "o2", "o3")
HELD_OUT = ("AD", "BE", "CA", "DB", "EC")
START = 0.2
"""The initial output of every unit but the letters."""
FEW = 0.25
"""The largest share of wrong held-out sequences that counts as "a few"."""


class Form(NamedTuple):
    """The properties that the name of a network gives."""

    hidden: list[str]
    last_letter: int  # the letters come in two of the steps 1...last_letter, the digits in the four steps after it
    kind: str  # "", "no_delay" or "direct"
    half: int  # the number of the random draw of connections; 0: all connections


def form(recipe: Recipe) -> Form:
    """Return the form: as printed, fixed_timing has 30 hidden units, variable_timing_half_1 60, half connected."""
    found = re.fullmatch(r"(fixed|variable)_timing(?:_(no_delay|direct))?(?:_half_([1-9]\d*))?", recipe.network)
    if not found:
        raise BadInput(f"network must be such as fixed_timing or variable_timing_half_1, was {recipe.network}")
    n_hidden, last_letter = (30, 2) if found[1] == "fixed" else (60, 4)
    return Form([f"h{k + 1}" for k in range(n_hidden)], last_letter, found[2] or "", int(found[3] or 0))


def connections(net: Form) -> dict[str, list[str]]:
    """Return the units that feed each unit; hidden and digit units feed their own layer, themselves included."""
    to_digits = [*net.hidden, *DIGITS, *(LETTERS if net.kind == "direct" else ())]
    possible = [*product(net.hidden, [*LETTERS, *net.hidden]), *product(DIGITS, to_digits)]
    there = np.arange(len(possible))
    if net.half:
        there = np.sort(generator(net.half, stream=2).permutation(there)[len(there) // 2 :])
    fed = {unit: [ONE] for unit in [*net.hidden, *DIGITS]}
    for k in there:
        fed[possible[k][0]].append(possible[k][1])
    return fed


def wiring(recipe: Recipe) -> Wiring:
    """Return the unrolled net. Inputs: the letters at each step that may have one, then the initial states."""
    net = form(recipe)
    delay, last = int(net.kind != "no_delay"), net.last_letter + 4
    inputs = [f"{letter}@{t}" for t in range(1, net.last_letter + 1) for letter in LETTERS]
    inputs += [f"{unit}@{delay}" for unit in [*net.hidden, *DIGITS]]
    fed: dict[str, list[str]] = {}
    shared: dict[tuple[str, str], str] = {}
    for t in range(1 + delay, last + 1):
        for target, sources in connections(net).items():
            if target in net.hidden and t > last - delay:  # it could no longer reach a digit
                continue
            fed[f"{target}@{t}"] = []
            for source in sources:
                lag = 1 if source in (net.hidden if target in net.hidden else DIGITS) else delay
                if source in LETTERS and t - lag > net.last_letter:  # no letter is on after this
                    continue
                before = ONE if source == ONE else f"{source}@{t - lag}"
                fed[f"{target}@{t}"].append(before)
                shared[before, f"{target}@{t}"] = f"{source} {target}"
    outputs = [f"{unit}@{t}" for t in range(last - 3, last + 1) for unit in DIGITS]
    return wire(inputs, fed, outputs, shared)


def cases(recipe: Recipe) -> Cases:
    """Return all pairs of letters in all pairs of steps, and the correct digit units in the last four steps."""
    net = form(recipe)
    names, inputs, desired, state = [], [], [], [START] * (len(net.hidden) + len(DIGITS))
    for steps in combinations(range(net.last_letter), 2):
        for pair in product(LETTERS, repeat=2):
            shown = ["-"] * net.last_letter
            for step, letter in zip(steps, pair, strict=True):
                shown[step] = letter
            names.append("".join(shown))
            inputs.append([float(seen == letter) for seen in shown for letter in LETTERS] + state)
            digits = "".join(STANDS_FOR[letter] for letter in pair)
            desired.append([float(f"o{digit}" == unit) for digit in digits for unit in DIGITS])
    return Cases(np.array(inputs), np.array(desired), tuple(names))


def counted(recipe: Recipe, seeds: list[int]) -> np.ndarray | None:
    """Return the training cases of each seed, (S, C): all but the five pairs of P, or but the seed's own draw."""
    if recipe.held_out == "none":
        return None
    if recipe.held_out not in ("printed", "random"):
        raise BadInput(f"held_out must be none, printed or random, was {recipe.held_out}")
    names = cases(recipe).names
    trained = np.ones((len(seeds), len(names)))
    if recipe.held_out == "printed":
        trained[:, [name.replace("-", "") in HELD_OUT for name in names]] = 0
    else:
        for row, seed in zip(trained, seeds, strict=True):
            row[generator(seed, stream=1).choice(len(names), 5 if len(names) == 25 else 14, replace=False)] = 0
    return trained


MEASURES = {
    **SCORES,
    "few_wrong": "at most a quarter of the held-out sequences is wrong",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Score whole sequences as family_trees.scores does: a right one has all digit units right in all steps."""
    found = scores(nets)
    if nets.counted is not None:
        found["few_wrong"] = found["held_out_right"] >= (1 - FEW) * (~nets.counts).sum(1)
    return found
