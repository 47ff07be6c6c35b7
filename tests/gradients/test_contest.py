"""The contest: its pairs, its counts, and torch's checker called in the usual way."""

import pandas as pd
import pytest
import torch

from backprop86.gradients.contest import OURS, TYPES, Entry, entries, judge, summary
from backprop86.gradients.layers import LAYERS
from helpers import ROOT
from peers.checkers import CHECKERS

TORCH = {name: checker for name, checker in CHECKERS.items() if name.startswith("torch")}
LAYER = LAYERS["RMS norm"]


def test_every_layer_is_asked_right_and_with_each_mistake_in_each_type():
    asked = entries(LAYERS.values())
    assert len(asked) == len(TYPES) * sum(1 + len(layer.mistakes) for layer in LAYERS.values())
    assert len({(one.layer.name, one.mistake, one.dtype) for one in asked}) == len(asked)
    assert all(tensor.dtype == TYPES[one.dtype] for one in asked for tensor in one.parameters.values())


@pytest.mark.slow
def test_each_checker_has_its_row():
    for entry in entries([LAYER])[:4]:
        rows = judge(entry, TORCH)
        assert [row["checker"] for row in rows] == [*TORCH, OURS]
        said = {row["checker"]: row["said"] for row in rows}
        assert said[OURS] == (entry.mistake is None)
        assert said["torch.autograd.gradcheck"] == (entry.mistake is None and entry.dtype == "float64")
        assert all(row["seconds"] > 0 for row in rows)
        assert rows[-1]["cause"] in ({""} if entry.mistake is None else {"named", "unnamed"})


def test_the_passes_that_others_are_given_are_the_layers():
    entry = Entry(LAYERS["LSTM"], None, "float64")
    forward, backward = entry.passes()
    tensors = [*entry.inputs, *entry.parameters.values()]
    out, cache = forward(*tensors)
    assert out.equal(entry.layer.forward(*entry.inputs, **entry.parameters)[0])
    gradients = backward(torch.ones_like(out), cache)
    assert [gradient.shape for gradient in gradients] == [tensor.shape for tensor in tensors]


def test_what_is_counted():
    def row(mistake, said, cause="", seconds=1.0):
        about = {"layer": "a", "mistake": mistake, "type": "float64", "checker": "c"}
        return about | {"said": said, "cause": cause, "seconds": seconds}

    rows = [row("", True), row("", False, seconds=5), row("m", False, "named"), row("n", False, "misnamed"),
            row("o", True, "named"), row("p", False, "unnamed")]  # fmt: skip
    (found,) = summary(pd.DataFrame(rows)).to_dict("records")
    assert found == {
        "checker": "c", "type": "float64", "right ones cleared": "1 of 2", "wrong ones caught": "3 of 4",
        "cause named": 2, "misnamed": 1, "seconds, median": 1.0, "seconds, most": 5.0,
    }  # fmt: skip


@pytest.mark.results
def test_what_the_readme_says_of_it():
    table = pd.read_csv(ROOT / "results" / "tables" / "gradcheck.csv").set_index(["checker", "type"])
    cleared = table["right ones cleared"].str.split(" of ", expand=True).astype(int)
    caught = table["wrong ones caught"].str.split(" of ", expand=True).astype(int)
    for dtype in TYPES:
        assert cleared.loc[(OURS, dtype)].nunique() == 1
        assert caught.loc[(OURS, dtype)].nunique() == 1
        assert table.loc[(OURS, dtype), "misnamed"] == 0
    for checker in ("torch.autograd.gradcheck", "HIPS autograd, check_grads"):
        assert cleared.loc[(checker, "float32"), 0] < cleared.loc[(checker, "float32"), 1]
    wider = "torch.autograd.gradcheck, eps=1e-3, atol=rtol=1e-2"
    assert caught.loc[(wider, "float32"), 0] < caught.loc[(wider, "float32"), 1]
    assert len(pd.read_csv(ROOT / "results" / "tables" / "gradcheck_entries.csv")) == len(table) // 2 * len(
        entries(LAYERS.values())
    )
