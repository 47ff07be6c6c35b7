"""Outputs of every unit of trained networks, in the arithmetic in which they were trained.

The compiled code is in showing.py, imported at the first call: a process that measures nothing needs no compiler.
"""

import numpy as np

from backprop86.wiring import Wiring


def states(wiring: Wiring, inputs: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the output of every unit for every case, (S, C, n_units); inputs (C, n_inputs), w (S, n_parameters)."""
    from backprop86.engines import showing

    return showing.states(wiring, inputs, w)


def logistic(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e^-x), equation 2, of any array."""
    from backprop86.engines import showing

    return showing.logistic(x)
