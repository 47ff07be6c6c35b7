"""Tables as people read them."""

import numpy as np
import pandas as pd
import pytest

from backprop86 import tables


def test_what_a_cell_shows():
    values = [1234567, 1425.0, 0.41234, np.inf, np.nan, True, "as_printed"]
    assert [tables.shown(value) for value in values] == ["1,234,567", "1,425", "0.412", "∞", "", "True", "as_printed"]


def test_markdown_and_latex():
    frame = pd.DataFrame({"a_b": ["x_y"], "5 %": [np.inf]})
    assert tables.markdown(frame) == "| a_b | 5 % |\n| --- | --- |\n| x_y | ∞ |\n"
    assert tables.latex(frame).splitlines() == [
        r"\begin{tabular}{ll}",
        r"\toprule",
        r"a\_b & 5 \% \\",
        r"\midrule",
        r"x\_y & $\infty$ \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_put_between_markers():
    page = f"above\n{tables.BEGIN}\nold\n{tables.END}\nbelow\n"
    assert tables.put_between_markers(page, "new\n") == f"above\n{tables.BEGIN}\nnew\n{tables.END}\nbelow\n"
    with pytest.raises(ValueError, match=r"^the page must contain "):
        tables.put_between_markers("no markers", "new\n")
