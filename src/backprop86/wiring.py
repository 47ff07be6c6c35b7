"""Wirings: the units that feed each unit, and the connections that share a weight, of any network.

A wiring is units in order, each fed by some earlier units, and each connection names the parameter that is its weight:

- a missing connection is simply not there (the two input groups of the family trees);
- a shortcut is a connection that skips a level (XOR with one hidden unit);
- shared weights are several connections that name one parameter (T-C);
- a recurrent net run for T steps is a layered net whose corresponding connections name one parameter (N Fig. 5).

Unit 0 is always 1: a bias is the weight from it (N, below equation 1). The input units follow, then all others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

ONE = "1"
"""The name of the unit that is always 1."""
MOST_CONNECTIONS = 20_000
"""The most connections that `layered` makes: they are made one by one, and pairs of units are compared."""


class TooLarge(ValueError):
    """Layers with more than MOST_CONNECTIONS connections."""


@dataclass(frozen=True, eq=False)
class Level:
    """Consecutive units without connections among themselves, so that one matrix product computes them all."""

    units: slice
    sources: np.ndarray  # (I,) every unit that feeds any of them
    parameter: np.ndarray  # (J, I) the parameter of each connection; n_parameters where there is none


@dataclass(frozen=True, eq=False)
class Wiring:
    """Units 0 (always 1), 1...n_inputs (inputs) and the rest, with connection k from source[k] to target[k]."""

    units: tuple[str, ...]
    n_inputs: int
    outputs: np.ndarray  # (n_outputs,) unit numbers
    source: np.ndarray  # (n_connections,)
    target: np.ndarray  # (n_connections,) never decreasing
    parameter: np.ndarray  # (n_connections,) which entry of the flat vector w is this connection's weight
    has_gains: bool = False  # whether w ends with a gain for each level (L p. 28)

    def __post_init__(self) -> None:
        """Refuse, in one line, a wiring that no network can have."""
        computed = range(1 + self.n_inputs, len(self.units))
        pairs = list(zip(self.source.tolist(), self.target.tolist(), strict=True))
        if any(source >= target for source, target in pairs):
            source, target = next(pair for pair in pairs if pair[0] >= pair[1])
            raise ValueError(f"unit {self.units[target]} is fed by {self.units[source]}, which does not come before it")
        if len(set(pairs)) != len(pairs):
            raise ValueError("two connections join the same two units")
        if set(self.target.tolist()) != set(computed) or np.any(np.diff(self.target) < 0):
            raise ValueError("every unit that is not an input must be fed, in the order of the units")
        if not len(self.outputs) or any(unit not in computed for unit in self.outputs.tolist()):
            raise ValueError("the outputs must be units that are fed by others")
        if set(self.parameter.tolist()) != set(range(self.n_weights)):
            raise ValueError("parameters must be numbered 0, 1, 2, ... without gaps")

    @property
    def n_units(self) -> int:
        """The number of units, with unit 0, which is always 1."""
        return len(self.units)

    @cached_property
    def n_weights(self) -> int:
        """The number of weights: the first entries of the flat vector w."""
        return int(self.parameter.max()) + 1

    @cached_property
    def n_parameters(self) -> int:
        """The length of the flat vector w."""
        return self.n_weights + (len(self._starts) - 1 if self.has_gains else 0)

    @cached_property
    def hidden(self) -> list[int]:
        """The hidden units: all but unit 0, the inputs and the outputs."""
        return [unit for unit in range(1 + self.n_inputs, self.n_units) if unit not in self.outputs]

    @cached_property
    def is_bias(self) -> np.ndarray:
        """A mask of the biases, the weights from unit 0: (n_parameters,), True for a bias."""
        bias = np.zeros(self.n_parameters, dtype=bool)
        bias[self.parameter[self.source == 0]] = True
        return bias

    @cached_property
    def levels(self) -> list[Level]:
        """The computed units in as few levels as their order allows."""
        return [self._level(*ends) for ends in pairwise(self._starts)]

    @cached_property
    def _starts(self) -> list[int]:
        """The first unit of each level, and the number of units."""
        starts = [1 + self.n_inputs]
        for unit in range(starts[0], self.n_units):
            if np.any(self.source[self.target == unit] >= starts[-1]):
                starts.append(unit)
        return [*starts, self.n_units]

    def _level(self, start: int, stop: int) -> Level:
        here = (self.target >= start) & (self.target < stop)
        sources, column = np.unique(self.source[here], return_inverse=True)
        parameter = np.full((stop - start, len(sources)), self.n_parameters)
        parameter[self.target[here] - start, column] = self.parameter[here]
        return Level(slice(start, stop), sources, parameter)

    @cached_property
    def parameter_level(self) -> np.ndarray:
        """The first level in which each parameter is a weight, (n_parameters,); for a gain, the number of levels."""
        level = np.full(self.n_parameters, len(self.levels))
        for number in reversed(range(len(self.levels))):
            used = self.levels[number].parameter
            level[used[used < self.n_weights]] = number
        return level

    def table(self) -> list[tuple[int, str, str]]:
        """Return (parameter, from unit, to unit) of every connection, in order."""
        rows = zip(self.parameter.tolist(), self.source.tolist(), self.target.tolist(), strict=True)
        return [(parameter, self.units[source], self.units[target]) for parameter, source, target in rows]

    def index(self, source: str, target: str) -> int:
        """Return the parameter that is the weight from one named unit to another."""
        ends = (self.units.index(source), self.units.index(target))
        found = np.flatnonzero((self.source == ends[0]) & (self.target == ends[1]))
        if not len(found):
            raise KeyError(f"no connection from {source} to {target}")
        return int(self.parameter[found[0]])

    def with_gains(self) -> "Wiring":
        """Return the same network with a gain for each level; in an unrolled net, for each step."""
        return replace(self, has_gains=True)

    def without_biases(self) -> "Wiring":
        """Return the same network without connections from unit 0."""
        keep = self.source != 0
        _, parameter = np.unique(self.parameter[keep], return_inverse=True)
        return replace(self, source=self.source[keep], target=self.target[keep], parameter=parameter)


def wire(
    inputs: Sequence[str],
    fed: Mapping[str, Sequence[str]],
    outputs: Sequence[str],
    shared: Mapping[tuple[str, str], str] | None = None,
) -> Wiring:
    """Make a wiring from names: `fed` lists, for each unit in order, the units that feed it (`ONE` gives it a bias).

    `shared` maps (source, target) to a name; connections mapped to the same name have one parameter.
    """
    units = [ONE, *inputs, *fed]
    if len(set(units)) != len(units):
        raise ValueError(f"two units have the same name: {sorted(u for u in units if units.count(u) > 1)[0]}")
    number = {name: k for k, name in enumerate(units)}
    known: dict[object, int] = {}
    rows = []
    for target, sources in fed.items():
        for source in sources:
            if source not in number:
                raise ValueError(f"unit {target} is fed by {source}, which is not a unit")
            key = (shared or {}).get((source, target), (source, target))
            rows.append((number[source], number[target], known.setdefault(key, len(known))))
    source_of, target_of, parameter = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    outputs_of = np.array([number[name] for name in outputs], dtype=np.int64)
    return Wiring(tuple(units), len(inputs), outputs_of, source_of, target_of, parameter)


def layered(*sizes: int, shortcuts: bool = False) -> Wiring:
    """Wire layers of `sizes` units, each fed by a bias and the whole layer below; with `shortcuts`, by all below.

    Inputs are named i1, i2, ...; outputs o1, o2, ...; hidden units h1, h2, ... (h1.1, h2.1, ... where there are more
    hidden layers than one).
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"layered: sizes must be two or more positive numbers, was {sizes}")
    below = [sum(sizes[:k]) if shortcuts else sizes[k - 1] for k in range(1, len(sizes))]
    if (n := sum(size * (1 + n_below) for size, n_below in zip(sizes[1:], below, strict=True))) > MOST_CONNECTIONS:
        raise TooLarge(f"at most {MOST_CONNECTIONS:,} connections, was {n:,}")
    hidden = ["h"] if len(sizes) == 3 else [f"h{k}." for k in range(1, len(sizes) - 1)]
    letters = ["i", *hidden, "o"]
    layers = [[f"{letter}{k + 1}" for k in range(size)] for letter, size in zip(letters, sizes, strict=True)]
    fed = {}
    for number, layer in enumerate(layers[1:], start=1):
        lower = layers[:number] if shortcuts else [layers[number - 1]]
        for unit in layer:
            fed[unit] = [ONE, *(source for layer_below in lower for source in layer_below)]
    return wire(layers[0], fed, layers[-1])


def unroll(step: Wiring, times: int) -> Wiring:
    """Return the layered net equal to a recurrent net run for `times` steps (N Fig. 5, P Fig. 17).

    `step` computes the state at t + 1 (its outputs) from the state at t (its first inputs, one for each output) and
    any further inputs. The unrolled inputs are the state at time 0, then the further inputs of step 1, step 2, ...;
    its outputs are the states after step 1, step 2, ... in order. Corresponding connections share one parameter.
    """
    n_state = len(step.outputs)
    if n_state > step.n_inputs:
        raise ValueError(f"unroll: the step has {n_state} outputs but only {step.n_inputs} inputs to feed back")
    if times < 1:
        raise ValueError(f"unroll: times must be at least 1, was {times}")
    state, further = step.units[1 : 1 + n_state], step.units[1 + n_state : 1 + step.n_inputs]
    inputs = [f"{u}@0" for u in state] + [f"{u}@{t}" for t in range(1, times + 1) for u in further]
    fed: dict[str, list[str]] = {}
    shared: dict[tuple[str, str], str] = {}
    outputs: list[str] = []
    for t in range(1, times + 1):
        before = outputs[-n_state:] or inputs[:n_state]
        name = {u: f"{u}@{t}" for u in step.units} | dict(zip(state, before, strict=True)) | {ONE: ONE}
        for parameter, source, target in step.table():
            fed.setdefault(name[target], []).append(name[source])
            shared[name[source], name[target]] = f"w{parameter}"
        outputs += [name[step.units[unit]] for unit in step.outputs]
    return wire(inputs, fed, outputs, shared)
