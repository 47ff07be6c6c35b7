"""Assertions for tests of your own: a wrong backward pass fails the test, and the failure names the mistake.

    from backprop86.testing import assert_gradients

pytest also passes `assert_gradients` to every test that has an argument of that name.
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
    """Raise AssertionError, with a line for each tensor, unless all gradients agree. Arguments as for `gradcheck`."""
    __tracebackhide__ = True  # pytest shows the test, and not this function
    from backprop86.gradients.gradcheck import gradcheck  # here, so that pytest's plug-in does not import torch

    report = gradcheck(forward, backward, inputs, params, **settings)
    if not report:
        raise AssertionError(f"gradients do not agree\n{report}")
