"""The old address of the gradient checker, which is gradients/check.py."""

from backprop86.gradients.check import assert_gradients, compare

__all__ = ["assert_gradients", "compare"]
