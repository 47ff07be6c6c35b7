"""Groups of units that are computed together, since the same units feed them or are fed by them."""

from dataclasses import dataclass

import numpy as np

from backprop86.wiring import Wiring

ALWAYS_1 = 0
"""The unit that is always 1. Computed units follow it here, and input i is -i."""


@dataclass(frozen=True)
class Group:
    """Neighbouring units that are fed by the same units, or feed the same, so that tiles can take them together.

    The weight between unit a of the group and its k-th partner is parameter own[a] + of_partner[k].
    """

    units: list[int]
    level: int
    is_output: bool
    partners: list[int]
    own: list[int]
    of_partner: list[int]

    def fits(self, other: "Group") -> bool:
        """Return whether both are in one level, with the same partners and layout of parameters, and share none."""
        mine, others = ((one.level, one.is_output, one.partners, one.of_partner) for one in (self, other))
        return mine == others and {*self.parameters}.isdisjoint(other.parameters)

    @property
    def n_given(self) -> int:
        """The number of partners that are inputs, or the unit that is always 1: the first ones."""
        return sum(partner <= ALWAYS_1 for partner in self.partners)

    @property
    def is_given(self) -> bool:
        """True if every partner is an input or the unit that is always 1."""
        return self.n_given == len(self.partners)

    @property
    def parameters(self) -> list[int]:
        """The parameters between the units and their partners."""
        return [own + of for own in self.own for of in self.of_partner]


def groups(wiring: Wiring, forward: bool) -> list[Group]:
    """Return the computed units, grouped by the units that feed them, or by the computed units that they feed."""
    first, level_of = 1 + wiring.n_inputs, np.zeros(wiring.n_units, dtype=int)
    for number, level in enumerate(wiring.levels):
        level_of[level.units] = number
    own, partner = (wiring.target, wiring.source) if forward else (wiring.source, wiring.target)
    name = np.concatenate([[ALWAYS_1], -np.arange(1, first), np.arange(1, wiring.n_units - wiring.n_inputs)])
    found: list[Group] = []
    for unit in range(first, wiring.n_units):
        there = np.flatnonzero(own == unit)
        there = there[np.argsort(partner[there], kind="stable")]
        parameters = wiring.parameter[there]
        begin = int(parameters[0]) if len(there) else 0
        partners, of_partner = name[partner[there]].tolist(), (parameters - begin).tolist()
        one = Group([int(name[unit])], int(level_of[unit]), unit in wiring.outputs, partners, [begin], of_partner)
        if found and found[-1].fits(one):
            found[-1].units.extend(one.units)
            found[-1].own.extend(one.own)
        else:
            found.append(one)
    return found
