"""Networks and their outputs in every case, the basis of measures and of kinds of failure."""

from dataclasses import dataclass

import numpy as np

from backprop86.engines.outputs import states
from backprop86.engines.recipe import Cases
from backprop86.wiring import Wiring


@dataclass(frozen=True, eq=False)
class Nets:
    """S networks of one wiring: weights w (S, n_parameters), and outputs y (S, C, n_units) of every unit in every case.

    counted (S, C) is 1 for the training cases of a seed; None if all cases are.
    """

    wiring: Wiring
    cases: Cases
    w: np.ndarray
    y: np.ndarray
    counted: np.ndarray | None = None

    @classmethod
    def shown(cls, wiring: Wiring, cases: Cases, w: np.ndarray, counted: np.ndarray | None = None) -> "Nets":
        """Return the networks after a forward pass with every case."""
        return cls(wiring, cases, w, states(wiring, cases.inputs, w), counted)

    @property
    def outputs(self) -> np.ndarray:
        """Outputs of the output units, (S, C, J)."""
        return self.y[:, :, self.wiring.outputs]

    @property
    def on(self) -> np.ndarray:
        """Output units that should be on, (C, J)."""
        return self.cases.desired > 0.5

    @property
    def counts(self) -> np.ndarray:
        """Training cases of each seed, (S, C), True or False."""
        return np.ones(self.y.shape[:2], dtype=bool) if self.counted is None else self.counted > 0
