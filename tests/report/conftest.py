"""A small ledger, for the tests of pages that need one; and the page that trains runs, with a few experiments."""

import numpy as np
import pandas as pd
import pytest

from backprop86.judging import ledger
from backprop86.report import library
from backprop86.running.claim import Claim
from backprop86.running.settings import load
from helpers import ROOT, ledger_of, of_readings, runs_of
from in_javascript import PAGE, node


@pytest.fixture(scope="module")
def judged():
    """Two claims under four readings each, one of them of two nets, and one claim of another experiment."""
    sweeps = {"wide": [9] * 3, "slow": [80, 90, 300], "as_printed": [100, 200, 300], "fast": [9] * 3}
    sweeps["five/as_printed"] = [150, 250, 300]
    seen = np.arange(400) % 4 == 0
    some = [True] * 300 + [False] * 100
    runs = of_readings({name: runs_of(some, few * 100 + [pd.NA] * 100, seen=seen) for name, few in sweeps.items()})
    readings = ["as_printed", "five/*", "slow", "fast", "wide"]
    claims = [
        Claim("tried-sweeps", "N p. 9", "learned in 200 sweeps", "draw", "sweeps", printed=[200], readings=readings),
        Claim("tried-seen", "P Fig. 1", "it is seen", "draw", "seen", readings=readings),
    ]
    rate = Claim("other-rate", "H p. 1", "half are learned", "rate", printed=[0.4, 0.5], readings=["fast"])
    return pd.concat([ledger_of(claims, runs), ledger_of([rate], runs).assign(stem="another")])


IN_THE_PAGE = ["xor", "symmetry", "desired_states", "shift_register", "single_layer"]
"""The experiments of the page that tests open."""


@pytest.fixture(scope="session")
def page_site(tmp_path_factory):
    """The page as a folder, with the replays of a few experiments; return its address."""
    if not (PAGE / "node_modules").is_dir():
        pytest.skip("needs npm ci in page/")
    folder = tmp_path_factory.mktemp("page")
    node(PAGE / "build.js", folder)
    few = [load(stem).experiment for stem in IN_THE_PAGE]
    library.write(few, ledger.read(ROOT / "results/claims.csv"), folder, ROOT / "results")
    return (folder / "index.html").as_uri()
