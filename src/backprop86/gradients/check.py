"""The gradient checker's older name."""

from typing import Any

import pandas as pd

from backprop86.gradients.gradcheck import gradcheck


def compare(forward: Any, backward: Any, inputs: Any, parameters: Any, *args: Any, **settings: Any) -> pd.DataFrame:
    """Return the table of `gradcheck`."""
    report = gradcheck(forward, backward, inputs, parameters, *args, **settings)
    report.table.attrs["left_out"] = report.left_out
    return report.table


def in_words(table: pd.DataFrame) -> str:
    """Return the lines of a report."""
    from backprop86.gradients.report import Report

    return str(Report(table, table.attrs["left_out"]))


def assert_gradients(*args: Any, **settings: Any) -> None:
    """Raise AssertionError, in words, unless all gradients agree."""
    report = gradcheck(*args, **settings)
    if not report:
        raise AssertionError(f"gradients do not agree\n{report}")
