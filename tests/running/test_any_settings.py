"""Any command line gives rows or one clear line; no traceback, no hang, no file outside the output folder."""

import io
import os
import re
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backprop86.engines.recipe import CRITERIA, Recipe
from backprop86.running import runs
from backprop86.running.cli import one_clear_line
from backprop86.running.names import CHOICES
from counts import many

FIXED = ["output=out", "experiment.recipe.moments=[]", "experiment.drawn=null", "experiment.claims=[]"]
FIXED += ["experiment.figures=[]", "experiment.variants={}", "experiment.readings={as_printed: {}}"]
STEMS = ["xor", "negation", "encoder", "single_layer", "shift_register", "symmetry_breaking"]
NETWORKS = ["2_hidden", "one_hidden_direct", "8-3-8", "1_hidden", "0_hidden", "x", "-1_hidden", "99999999999_hidden"]
WORDS = sorted({word for _, word in CHOICES if isinstance(word, str)} | {*CRITERIA} | {*NETWORKS})
TOP = ["reading", "engine", "device", "threads", "shard", "shards", "form", "cluster", "first_seed"]
EXPERIMENT = ["seeds", "quick_seeds", "axes", "words", "numbers_only", "weights_kept", "by_itself", "told"]
RECIPE = [field.name for field in fields(Recipe) if field.name != "sweeps"]

whole = st.one_of(st.integers(-3, 60), st.sampled_from([2**31, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30]))
real = st.one_of(
    st.floats(-2, 2),
    st.sampled_from([1e-320, 1e300, 1e308, -1e308, 1e-9, 0.0]),
    st.sampled_from([".inf", ".nan", "-0.0"]),
)
word = st.one_of(st.sampled_from(WORDS), st.text("abcé∞ {}[]$'\"\\:,=#~!%&*|<>\n\t0.-", max_size=12))
other = st.sampled_from(
    ["null", "true", "false", "[]", "{}", "[1,2]", "[3,2]", "{a: 1}", "???", "''", "as_printed", "auto", "cpu"]
)
value = st.one_of(whole, real, word, other).map(str)
short = st.sampled_from(["1", "20", "7", "0", "-1", "x", "2.5", "null", "1e3", str(2**63)])


def one(prefix, names):
    return st.tuples(st.sampled_from(names), value).map(lambda pair: f"{prefix}{pair[0]}={pair[1]}")


override = st.one_of(
    one("", TOP),
    one("experiment.", EXPERIMENT),
    one("experiment.recipe.", RECIPE),
    one("+experiment.readings.mine.", RECIPE),
    st.tuples(st.sampled_from(["seeds", "experiment.seeds"]), short).map("=".join),
    st.text("aexperimnt.=+~{}'", min_size=1, max_size=15),
)


def told(overrides, folder):
    """Run the command from an empty folder: exit status, stdout, stderr, seconds."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    argv, here, started, status = sys.argv, Path.cwd(), time.monotonic(), 0
    sys.argv = ["run.py", *overrides]
    os.chdir(folder)
    try:
        with redirect_stdout(streams[0]), redirect_stderr(streams[1]), one_clear_line():
            import_module("run").main()
    except SystemExit as left:
        status = left.code
    finally:
        os.chdir(here)
        sys.argv = argv
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return status, out, err, time.monotonic() - started


def check(stem, overrides):
    """Raise if the command does anything but to write rows into its folder, or to answer with one line."""
    with tempfile.TemporaryDirectory() as folder:
        asked = [f"experiment={stem}", "seeds=3", "experiment.recipe.sweeps=20", *FIXED, *overrides]
        status, out, err, seconds = told(asked, folder)
        assert {path.name for path in Path(folder).iterdir()} <= {"out"}
        assert {path.name for path in Path(folder, "out").glob("*")} <= {"runs", "ranges", "compact"}
        assert seconds < 30
        if status == 0:
            assert err == ""
            found = Path(folder, "out", "runs", f"{stem}.parquet")
            assert found.is_file() or not re.search("^rows: ", out, re.MULTILINE)
            if found.is_file():
                assert runs.read(found).readings
        else:
            assert status == 2
            assert re.fullmatch(r"error: [^\n]+\n", err)


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("EXAMPLES", many(20, 60))),
    deadline=None,
    derandomize="EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(st.sampled_from(STEMS), st.lists(override, min_size=1, max_size=3))
def test_rows_or_one_clear_line(stem, overrides):
    check(stem, overrides)
