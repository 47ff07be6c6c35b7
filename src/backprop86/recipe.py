"""What a run is told: the cases to learn, and the settings of the recipe, typed and checked.

Where the papers leave a setting open, its value is a guess and conf/experiment/<stem>.yaml says so beside it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from torch import Tensor

from backprop86.descent import Descent
from backprop86.modules import SquaredError
from backprop86.wiring import Wiring


class BadInput(ValueError):
    """A setting or a file that cannot be used. One line: its name, what it was, what it may be.

    Commands print that line and end with status 2. Every other exception is a fault of ours and keeps its traceback.
    """


@dataclass(frozen=True, eq=False)
class Cases:
    """What a network is shown. inputs (C, n_inputs) and desired (C, n_outputs) hold 0 and 1; names has C labels."""

    inputs: np.ndarray
    desired: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Criterion:
    """When a network counts as solved.

    Every output of every training case is above `on` or below `off`, and no case has an error above `case_error`.
    """

    on: float = 0.5
    off: float = 0.5
    case_error: float = math.inf

    def met(self, y: Tensor, d: Tensor, error: SquaredError, counted: Tensor | None = None) -> Tensor:
        """Outputs y (S, C, J), d (C, J), counted (S, C) or None -> (S,) True where the criterion is met."""
        is_on = d > 0.5
        right = ((y > self.on) & is_on | (y < self.off) & ~is_on).all(-1)
        if self.case_error < math.inf:
            case_error, _ = error.forward(y[..., None, :], d[:, None, :])
            right &= case_error <= self.case_error
        if counted is not None:
            right |= counted == 0
        return right.all(-1)


CRITERIA = {
    "right_side": Criterion(0.5, 0.5),  # the weakest that separates on from off; in none of the texts
    "zone": Criterion(0.8, 0.2),  # the family trees' standard (N, H)
    "near_zone": Criterion(0.75, 0.25),  # ours: the family trees' error vanishes at 0.8 and 0.2, so outputs stop there
    "case_error": Criterion(case_error=0.01),  # Chauvin's XOR study (P p. 333): 0.01 per pattern
}


@dataclass
class Recipe:
    """Every setting that decides what a seed's run is. The defaults are those that most 1986 problems share."""

    network: str = ""  # one of the problem's networks
    sweeps: int = 1000  # give up after this many
    epsilon: float = 0.1
    alpha: float = 0.0
    decay: float = 0.0  # fraction by which every weight shrinks after every change
    opening_sweeps: int = 0  # that many sweeps with the rates below come first
    opening_epsilon: float = 0.0
    opening_alpha: float = 0.0
    update: str = "sweep"  # the weights change once a sweep, or after every case
    error: str = "sum"  # over cases and outputs (equation 3), or their mean
    target_on: float = 1.0
    target_off: float = 0.0
    dead_zone: str = "none"  # see SquaredError
    zone_on: float = 0.8
    zone_off: float = 0.2
    initial_range: float = 0.3  # weights are drawn from U(-initial_range, initial_range)
    start: str = "drawn"  # each weight by itself; or one draw for all; or added to weights the problem has a name for
    spread: float = 0.0  # how far a weight that starts equal to all others may be from them
    biases: str = "drawn"  # like the weights, or start at zero, or are held at or below it, or there are none
    criterion: str = "right_side"  # see CRITERIA
    stop: str = "solved"  # training ends when solved, or goes on to the limit
    held_out: str = "none"  # which cases each seed is not trained on; the problem knows the names
    dtype: str = "float64"

    def check(self) -> "Recipe":
        """Return the recipe itself; BadInput, in one line, names a setting that cannot be."""
        for field in fields(self):
            value = getattr(self, field.name)
            allowed, test = LIMITS.get(field.name, ("", lambda _: True))
            if not test(value):
                raise BadInput(f"{field.name} must be {allowed}, was {value}")
        return self

    def squared_error(self) -> SquaredError:
        """Equations 3 and 4 with this recipe's targets and dead zone."""
        mean = self.error == "mean"
        return SquaredError(self.target_on, self.target_off, self.dead_zone, self.zone_on, self.zone_off, mean)

    def descent(self) -> Descent:
        """Equations 8 and 9 with this recipe's rates."""
        return Descent(
            self.epsilon, self.alpha, self.decay, self.opening_sweeps, self.opening_epsilon, self.opening_alpha
        )


@dataclass(frozen=True, eq=False)
class Job:
    """Networks to be trained: which wiring, on which cases, by which recipe, from which weights.

    w (S, n_parameters); counted (S, C) marks the cases that each seed is trained on, and None means all.
    """

    wiring: Wiring
    cases: Cases
    recipe: Recipe
    w: np.ndarray
    counted: np.ndarray | None = None


Limit = tuple[str, Callable[..., bool]]


def one_of(*names: str) -> Limit:
    """The words for a choice, and its test."""
    return " or ".join([", ".join(names[:-1]), names[-1]]), lambda value: value in names


POSITIVE: Limit = ("a positive number", lambda v: 0 < v < math.inf)
NOT_NEGATIVE: Limit = ("0 or a positive number", lambda v: 0 <= v < math.inf)
FRACTION: Limit = ("at least 0 and below 1", lambda v: 0 <= v < 1)
OUTPUT: Limit = ("between 0 and 1", lambda v: 0 <= v <= 1)

LIMITS: dict[str, Limit] = {
    "sweeps": ("1 or more", lambda v: v >= 1),
    "epsilon": POSITIVE,
    "alpha": FRACTION,
    "decay": FRACTION,
    "opening_sweeps": NOT_NEGATIVE,
    "opening_epsilon": NOT_NEGATIVE,
    "opening_alpha": FRACTION,
    "update": one_of("sweep", "case"),
    "error": one_of("sum", "mean"),
    "target_on": OUTPUT,
    "target_off": OUTPUT,
    "dead_zone": one_of("none", "from_edge", "from_target"),
    "zone_on": OUTPUT,
    "zone_off": OUTPUT,
    "initial_range": NOT_NEGATIVE,
    "spread": NOT_NEGATIVE,
    "biases": one_of("drawn", "zero", "negative", "none"),
    "criterion": one_of(*CRITERIA),
    "stop": one_of("solved", "limit"),
    "dtype": one_of("float64", "float32"),
}
