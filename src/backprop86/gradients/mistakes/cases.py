"""Mistakes of the sums over cases: one is left out, or one alone is counted."""

import torch

from backprop86.gradients.candidate import near
from backprop86.gradients.mistakes.suspect import Suspect


def cases(suspect: Suspect) -> str:
    n = suspect.cases
    for c, alone in enumerate(suspect.by_case):
        if suspect.close(suspect.by_hand + alone):
            return f"case {c} is left out of the sum over cases"
        if near(suspect.by_hand, alone, max(1e-9, suspect.tolerance)):
            return f"the sum over cases is missing: it is the gradient of case {c} alone"
    for c in range(n if suspect.by_hand.shape[-2:-1] == (n,) else 0):
        only = (torch.arange(n) == c)[:, None]
        if suspect.close(suspect.by_hand + suspect.right * only):
            return f"case {c} is left out"
    return ""
