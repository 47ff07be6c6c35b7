"""A small ledger, for the tests of pages that need one."""

import numpy as np
import pandas as pd
import pytest

from backprop86.judging.ledger import read
from backprop86.report.library import contents, replayed, write_one
from backprop86.running.claim import Claim
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


@pytest.fixture
def opened(browser):
    """Return a function that opens an address in Chromium; in the end no console may have a message."""
    contexts, wrong = [], []

    def opened(address, **how):
        contexts.append(browser.new_context(**how))
        page = contexts[-1].new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


IN_THE_PAGE = ("xor", "single_layer", "symmetry", "family_trees", "depth", "desired_states", "shift_register")
"""The experiments whose runs the tests of the page open."""


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory):
    """Build the page with the replays of a few experiments; return its folder."""
    if not (PAGE / "node_modules").is_dir():
        pytest.skip("needs npm ci in page/")
    folder = tmp_path_factory.mktemp("page")
    node(PAGE / "build.js", folder)
    claims = read(ROOT / "results/claims.csv")
    for stem in IN_THE_PAGE:
        write_one(stem, claims, folder, ROOT / "results")
    (folder / "contents.js").write_text(contents(replayed()), "utf-8")
    return folder


@pytest.fixture(scope="session")
def page_site(page_folder):
    """Return the address of that page."""
    return (page_folder / "index.html").as_uri()
