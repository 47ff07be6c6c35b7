"""A run's orders: the cases to learn, and the settings of the recipe, typed and checked.

Where the papers leave a setting open, its value is a guess, and conf/experiment/<stem>.yaml marks it "assumed".
"""

import difflib
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from torch import Tensor

from backprop86.descent import RATES, Descent
from backprop86.modules import SquaredError
from backprop86.wiring import Wiring


class BadInput(ValueError):
    """A setting or a file that cannot be used. One line: its name, what it was, what it may be.

    Commands print that line and end with status 2. Every other exception is a bug and keeps its traceback.
    """


@dataclass(frozen=True, eq=False)
class Cases:
    """The cases of a problem. inputs (C, n_inputs) and desired (C, n_outputs) hold 0 and 1; names has C labels."""

    inputs: np.ndarray
    desired: np.ndarray
    names: tuple[str, ...] = ()

    @classmethod
    def of_all_bits(cls, n: int, desired: Callable[[np.ndarray], np.ndarray]) -> "Cases":
        """Return the 2^n rows of n bits in order, named 00, 01 and so on; `desired` makes the outputs from the rows."""
        inputs = np.array(list(itertools.product([0, 1], repeat=n)), dtype=float)
        names = tuple("".join(str(int(bit)) for bit in row) for row in inputs)
        return cls(inputs, desired(inputs).astype(float), names)

    def __post_init__(self) -> None:
        """Refuse, in one line, arrays and names that do not match."""
        for name, array in (("inputs", self.inputs), ("desired", self.desired)):
            if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype != np.float64:
                told = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise BadInput(f"{name} of the cases must be a float64 array with a row for each case, was {told}")
        sizes = [len(self.inputs), len(self.desired), len(self.names)]
        if len(set(sizes)) > 1 or not sizes[0]:
            told = "{} rows, {} rows and {} names".format(*sizes)
            raise BadInput(f"inputs, desired and names of the cases must have one entry for each case, was {told}")


@dataclass(frozen=True)
class Criterion:
    """A standard by which a network counts as learned.

    Every output of every training case is above `on` or below `off`, no case has an error above `case_error`, and E,
    summed over cases and outputs even if training takes their mean, is below `total_error`.
    """

    on: float = 0.5
    off: float = 0.5
    case_error: float = math.inf
    total_error: float = math.inf

    def met(self, y: Tensor, d: Tensor, error: SquaredError, counted: Tensor | None = None) -> Tensor:
        """Return (S,) True where the criterion is met: y (S, C, J), d (C, J) or (S, C, J), counted (S, C) or None."""
        is_on = d > 0.5
        right = ((y > self.on) & is_on | (y < self.off) & ~is_on).all(-1)
        if self.case_error < math.inf:
            case_error, _ = error.forward(y[..., None, :], d[..., None, :])
            right &= case_error <= self.case_error
        if counted is not None:
            right |= counted == 0
        right = right.all(-1)
        if self.total_error < math.inf:
            E, (_, scale) = error.forward(y, d, counted)
            right &= self.total_error * (1 if scale is None else scale) > E
        return right


CRITERIA = {
    "right_side": Criterion(0.5, 0.5),  # the weakest that separates on from off; in none of the texts
    "zone": Criterion(0.8, 0.2),  # the family trees' standard (N, H)
    "near_zone": Criterion(0.75, 0.25),  # ours: the family trees' error vanishes at 0.8 and 0.2, so outputs stop there
    "case_error": Criterion(case_error=0.01),  # Chauvin's XOR study (P p. 333): 0.01 per pattern
    "total_error": Criterion(-1, 2, total_error=0.4),  # L's kind; its value is assumed, it is where L's curve ends
}


@dataclass
class Recipe:
    """The settings that decide a seed's run. The defaults are those that most 1986 problems share."""

    network: str = ""  # one of the problem's networks
    sweeps: int = 1000  # the number of sweeps after which a run gives up
    epsilon: float = 0.1
    alpha: float = 0.0
    decay: float = 0.0  # fraction by which every weight shrinks after every change
    opening_sweeps: int = 0  # the number of first sweeps, which have the rates below
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
    spread: float = 0.0  # the largest distance of a weight that starts equal to all others
    biases: str = "drawn"  # like the weights, or start at zero, or are held at or below it, or there are none
    criterion: str = "zone"  # see CRITERIA
    stop: str = "learned"  # training ends when learned and past all moments, or goes on to the limit
    moments: list[int] = field(default_factory=list)  # further sweeps after which every run is measured
    held_out: str = "none"  # the held-out cases of each seed, by a name of the problem
    dtype: str = "float64"
    late_sweep: int = 0  # after this sweep the rates and the decay below hold; 0: never
    late_epsilon: float = 0.0
    late_alpha: float = 0.0
    late_decay: float = 0.0
    decay_in: str = "weights"  # where a weight shrinks, see Descent
    decay_from: str = "start"  # when weights begin to shrink: at the start, or once the seed has learned
    epsilon_by: str = "one"  # epsilon of a weight is divided by 1, or by the fan-in of the unit that it leads to
    output_slope: str = "kept"  # y (1 - y) of the output units in equation 5, kept or left out
    gain: float = 1.0  # of the logistic, y = 1 / (1 + e^(-gain x)): the initial gain of each level
    gain_epsilon: float = 0.0  # each level learns its gain by steps of -gain_epsilon dE/dgain; 0: they stay
    procedure: str = "gradient"  # of learning: gradients, as in the letter, or desired states (L pp. 24-27)
    block: int = 0  # the number of new cases in each sweep, which the problem makes; 0: all sweeps have the problem's
    case_set: int = 1  # the number of the set of cases, if the problem draws them at random

    def check(self) -> "Recipe":
        """Return the recipe itself; BadInput, in one line, names an impossible setting."""
        for name, (allowed, test) in LIMITS.items():
            value = getattr(self, name)
            if not test(value):
                raise BadInput(f"{name} must be {allowed}, was {value}")
        return self

    def changed(self, differs: Mapping[str, Any], place: str) -> "Recipe":
        """Return the recipe with some settings changed; BadInput, in one line, names an impossible setting.

        `place` is the place of the settings for the line, such as experiment.readings.as_printed.
        """
        unknown = differs.keys() - TYPES.keys()
        if unknown:
            name = next(name for name in differs if name in unknown)
            raise BadInput(f"{place}.{name} is not a setting; did you mean {nearest(str(name), TYPES)}?")
        return replace(self, **{name: as_typed(name, value) for name, value in differs.items()}).check()

    @property
    def has_gains(self) -> bool:
        """True if each level of the network has a gain: w then ends with those."""
        return self.gain != 1 or self.gain_epsilon > 0

    def squared_error(self) -> SquaredError:
        """Return equations 3 and 4 with this recipe's targets and dead zone."""
        mean = self.error == "mean"
        return SquaredError(self.target_on, self.target_off, self.dead_zone, self.zone_on, self.zone_off, mean)

    def descent(self) -> Descent:
        """Return equations 8 and 9 with this recipe's rates."""
        schedule = ("opening_sweeps", "late_sweep", "decay_in")
        return Descent(**{name: getattr(self, name) for name in (*RATES, *schedule)})


Stream = Callable[[int, int, int], tuple[np.ndarray, np.ndarray]]
"""(row of the job, first block, n) -> inputs (n, C, n_inputs) and desired (n, C, n_outputs) of n blocks of cases."""


@dataclass(frozen=True, eq=False)
class Job:
    """Networks to train: their wiring, cases, recipe and initial weights.

    w (S, n_parameters); counted (S, C) marks the training cases of each seed, and None means all. Each
    seed goes on for at least `least` (S,) sweeps even after it has learned, and None means 0. With a `stream` the net
    that a seed has after sweep t meets block t, from 0 on, in the place of the cases.
    """

    wiring: Wiring
    cases: Cases
    recipe: Recipe
    w: np.ndarray
    counted: np.ndarray | None = None
    least: np.ndarray | None = None
    stream: Stream | None = None

    def __post_init__(self) -> None:
        """Refuse a recipe with new cases in each sweep if there is no stream, and a stream if the recipe has none."""
        if (self.recipe.block > 0) != (self.stream is not None):
            raise ValueError(f"a job has a stream exactly if its recipe has a block, which was {self.recipe.block}")

    @property
    def until(self) -> np.ndarray:
        """(S,) the sweep that each seed reaches even if it has learned before: its `least`, or the last moment."""
        least = np.zeros(len(self.w), dtype=np.int64) if self.least is None else np.asarray(self.least, dtype=np.int64)
        return np.clip(least, max(self.recipe.moments, default=0), self.recipe.sweeps)


Limit = tuple[str, Callable[..., bool]]


def one_of(*names: str) -> Limit:
    """Return the words for a choice, and its test."""
    return " or ".join([", ".join(names[:-1]), names[-1]][len(names) == 1 :]), lambda value: value in names


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the nearest known name, or all known names."""
    return one_of(*(difflib.get_close_matches(name, list(known), n=1) or known))[0]


def as_typed(name: str, value: Any) -> Any:
    """Return the value of a recipe's setting as the type it has; BadInput, in one line, if it has another type."""
    kind = TYPES[name]
    try:
        if kind == list[int] and isinstance(value, list | tuple):
            return [_as(int, one) for one in value]
        if kind != list[int]:
            return _as(kind, value)
    except (ValueError, OverflowError):
        pass
    raise BadInput(f"{name} must be {LIMITS.get(name, ('a name', None))[0]}, was {in_yaml(value)}")


def _as(kind: type, value: Any) -> Any:
    """Return a word or a number as a value of this kind; ValueError if it stands for none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, str) or (is_number and not (kind is int and isinstance(value, float))):
        return kind(value)
    raise ValueError


def in_yaml(value: Any) -> str:
    """Return a value in YAML."""
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))


POSITIVE: Limit = ("a positive number", lambda v: 0 < v < math.inf)
NOT_NEGATIVE: Limit = ("0 or a positive number", lambda v: 0 <= v < math.inf)
FRACTION: Limit = ("at least 0 and below 1", lambda v: 0 <= v < 1)
OUTPUT: Limit = ("between 0 and 1", lambda v: 0 <= v <= 1)

BEYOND = 2**63
"""The first whole number beyond 64 bits."""


def _are_moments(value: Any) -> bool:
    return all(isinstance(one, int) and one >= 1 for one in value) and sorted(set(value)) == list(value)


LIMITS: dict[str, Limit] = {
    "sweeps": ("a whole number of at least 1 and below 2^63", lambda v: 1 <= v < BEYOND),
    "epsilon": POSITIVE,
    "alpha": FRACTION,
    "decay": FRACTION,
    "opening_sweeps": ("a whole number of at least 0 and below 2^63", lambda v: 0 <= v < BEYOND),
    "opening_epsilon": NOT_NEGATIVE,
    "opening_alpha": FRACTION,
    "late_sweep": ("a whole number of at least 0 and below 2^63", lambda v: 0 <= v < BEYOND),
    "late_epsilon": NOT_NEGATIVE,
    "late_alpha": FRACTION,
    "late_decay": FRACTION,
    "decay_in": one_of("weights", "change", "gradient"),
    "decay_from": one_of("start", "learned"),
    "epsilon_by": one_of("one", "fan_in"),
    "gain": POSITIVE,
    "gain_epsilon": NOT_NEGATIVE,
    "procedure": one_of("gradient", "desired_states"),
    "output_slope": one_of("kept", "left_out"),
    "block": ("a whole number of at least 0 and at most 10,000", lambda v: 0 <= v <= 10_000),
    "case_set": ("a whole number of at least 0 and below 2^63", lambda v: 0 <= v < BEYOND),
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
    "stop": one_of("learned", "limit"),
    "moments": ("a list of whole numbers of at least 1, each larger than the one before", _are_moments),
    "dtype": one_of("float64", "float32"),
}

TYPES: dict[str, Any] = {field.name: field.type for field in fields(Recipe)}
