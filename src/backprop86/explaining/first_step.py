"""The first step of one seed, seen from one case: with a pencil, by autograd, and by E after changes of the weights."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.explaining.decimals import rounded, show, total
from backprop86.explaining.pencil import Nudge, Worked, connections, divisor, nudge, work
from backprop86.gradients.oracles import by_autograd
from backprop86.network import Network
from backprop86.running.problem import Problem, counted_of, start_of, validate, wiring_of
from backprop86.wiring import Wiring

LARGE = 60
"""The most connections of a net whose working is complete; for a larger net, zeros are left out."""
FEW = 4
"""The most cases that are added one by one; with more, the sum of the others is added to the chosen case."""
NUDGE = 0.001
"""The change of a weight, up and down, whose effect on E is shown."""


@dataclass(frozen=True, eq=False)
class Step:
    """A step: its start and its numbers. The gradient is summed over the group: a whole sweep, or one case."""

    recipe: Recipe
    wiring: Wiring
    cases: Cases
    case: int
    trained: list[int]  # the training cases
    group: list[int]  # the cases that the gradient is summed over
    divided_by: int  # 1, or where E is a mean cases times outputs
    w0: np.ndarray  # (n_parameters,) with all digits of float64
    w: list[Decimal]  # with six digits, as every number below
    worked: dict[int, Worked[Decimal]]  # every case of the group
    E: Decimal
    dE_dw: list[Decimal]
    nudges: list[Nudge[Decimal]]

    @property
    def of_case(self) -> Worked[Decimal]:
        """The numbers of the chosen case."""
        return self.worked[self.case]

    @cached_property
    def names(self) -> list[str]:
        """The connection of each weight, i → j; the first, with an ellipsis, if several share it."""
        sharing = connections(self.wiring)
        return [f"{self.connections[some[0]]}{' …' if len(some) > 1 else ''}" for some in sharing]

    @cached_property
    def connections(self) -> list[str]:
        """The text i → j of every connection."""
        return [f"{source} → {target}" for _, source, target in self.wiring.table()]

    @cached_property
    def w_text(self) -> list[str]:
        """The weights in print."""
        return list(map(show, self.w))

    @cached_property
    def dE_dw_text(self) -> list[str]:
        """The gradient in print."""
        return list(map(show, self.dE_dw))

    def case_name(self, case: int | None) -> str:
        """Return the name of a case of `terms`."""
        return "the others" if case is None else self.cases.names[case]

    @property
    def is_shared(self) -> bool:
        """True if there are fewer weights than connections."""
        return len(self.connections) > len(self.w)

    def shows(self, value: Decimal) -> bool:
        """Return whether a number has a line of its own: in a large net only if it is not 0."""
        return bool(value) or len(self.connections) <= LARGE


def first_step(problem: Problem, recipe: Recipe, seed: int = 0, case: int | None = None) -> Step:
    """Return the step; without `case` the step of case 1 or, if the seed is not trained on it, of the next.

    Raise BadInput for an impossible seed or case.
    """
    if seed < 0:
        raise BadInput(f"seed must be 0 or more, was {seed}")
    if seed >= 2**64:
        raise BadInput(f"seed must be below 2^64, was {seed}")
    validate(problem, recipe)
    wiring, cases = wiring_of(problem.wiring, recipe), problem.cases(recipe)
    counted = counted_of(problem, recipe, [seed])
    trained = np.flatnonzero(np.ones(len(cases.inputs)) if counted is None else counted[0]).tolist()
    if case is None:
        case = min(c for c in trained if c >= 1)
    if not 0 <= case < len(cases.inputs):
        raise BadInput(f"case must be 0 to {len(cases.inputs) - 1}, was {case}")
    if case not in trained:
        raise BadInput(f"case must be one that seed {seed} is trained on, was {case}, which is held out")
    group = trained if recipe.update == "sweep" else [case]
    w0 = start_of(problem, recipe, wiring, [seed])[0]
    w = [rounded(value) for value in w0.tolist()]
    by = divisor(recipe, wiring, len(trained))
    worked = {c: work(wiring, recipe, w, cases.inputs[c], cases.desired[c], by) for c in group}
    dE_dw = [total(terms(case, {c: one.dE_dw[p] for c, one in worked.items()}).values()) for p in range(len(w))]
    nudges = [nudge(recipe, *three) for three in zip(w, dE_dw, wiring.is_bias.tolist(), strict=True)]
    E = total(terms(case, {c: one.E for c, one in worked.items()}).values())
    return Step(recipe, wiring, cases, case, trained, group, by, w0, w, worked, E, dE_dw, nudges)


def terms(case: int, by_case: dict[int, Decimal]) -> dict[int | None, Decimal]:
    """Return the terms of a sum over the cases: each of a FEW, else the chosen case and, as None, the others' sum."""
    if len(by_case) <= FEW:
        return dict(by_case.items())
    return {case: by_case[case], None: total(value for c, value in by_case.items() if c != case)}


def error_of(step: Step, group: list[int]) -> Callable[[Tensor], Tensor]:
    """Return the function w (S, n_parameters) -> E (S,) of some cases, as the engines compute it."""
    network, error = Network(step.wiring), step.recipe.squared_error()
    inputs, d = torch.tensor(step.cases.inputs[group]), torch.tensor(step.cases.desired[group])
    return lambda w: error.forward(network.forward(inputs, w)[0], d)[0]


@dataclass(frozen=True, eq=False)
class Measured:
    """Autograd's gradient, and E with one weight at a time larger or smaller by NUDGE; each (n_parameters,)."""

    gradient: np.ndarray
    larger: np.ndarray
    smaller: np.ndarray


def measured(step: Step) -> Measured:
    """Measure autograd's gradient, and E after a change of each weight in turn."""
    E, w = error_of(step, step.group), torch.tensor(step.w0)
    (gradient,) = by_autograd(E, [w[None]], torch.ones(1, dtype=torch.float64))
    each = NUDGE * torch.eye(len(w), dtype=torch.float64)
    return Measured(gradient[0].numpy(), E(w + each).numpy(), E(w - each).numpy())
