"""Assertions for tests of your own: a backward pass is right, or the test fails with what is wrong with it.

    from backprop86.testing import assert_gradients

pytest also hands `assert_gradients` to a test that names it among its arguments.
"""

from collections.abc import Mapping, Sequence
from typing import Any


def assert_gradients(
    forward: Any,
    backward: Any = None,
    inputs: Sequence[Any] = (),
    params: Mapping[str, Any] | None = None,
    **settings: Any,
) -> None:
    """Raise AssertionError, with a line for each tensor, unless all agree. It takes the arguments of `gradcheck`."""
    __tracebackhide__ = True  # pytest shows the test, and not this function
    from backprop86.gradients.gradcheck import gradcheck  # here, so that pytest's plug-in does not import torch

    report = gradcheck(forward, backward, inputs, params, **settings)
    if not report:
        raise AssertionError(f"gradients do not agree\n{report}")
