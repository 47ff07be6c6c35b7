"""How many seeds, examples or sizes a check takes: a few, or with `pytest --thorough` (make thorough) all of them."""

import os
from typing import TypeVar

Some = TypeVar("Some")
NAME = "BACKPROP86_THOROUGH"
"""The variable of the environment that tells modules, when they are imported, and other processes of a test."""


def many(few: Some, thorough: Some) -> Some:
    """Return the first, or the second if every test is to run with its full counts."""
    return thorough if os.environ.get(NAME) else few
