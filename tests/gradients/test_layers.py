"""The layers are right, and every planted mistake spoils exactly the gradients that it lists."""

import re
from dataclasses import replace

import pytest

from backprop86.gradients.layers import LAYERS, MODULES
from backprop86.gradients.layers.planting import Mistake
from checked import compare

SIX = ("softmax cross-entropy", "layer norm", "batch norm", "convolution", "attention", "LSTM")
PLANTED = [(name, mistake) for name, layer in LAYERS.items() for mistake in layer.mistakes]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_right(name):
    layer = LAYERS[name]
    table = compare(layer.forward, layer.backward, layer.inputs, layer.parameters)
    assert table["agrees"].all(), table
    assert {"autograd", "central differences"} <= set(table["oracle"])
    assert len(table) >= 2 * (len(layer.inputs) + len(layer.parameters))


def test_there_are_enough_layers_and_mistakes():
    assert len(LAYERS) == len(MODULES) == 12
    assert all(len(LAYERS[name].mistakes) >= 10 for name in SIX)
    assert sum(len(LAYERS[name].mistakes) for name in SIX) >= 64
    assert len(PLANTED) == len({(name, mistake.name) for name, mistake in PLANTED}) >= 100


@pytest.mark.parametrize(("name", "mistake"), PLANTED, ids=[f"{name}: {mistake.name}" for name, mistake in PLANTED])
def test_every_mistake_is_rejected_where_it_says(name, mistake, monkeypatch):
    monkeypatch.setattr("backprop86.gradients.gradcheck.looks_like", lambda suspect: "wrong")  # which takes its time
    layer = LAYERS[name]
    table = compare(layer.forward, layer.with_mistake(mistake), layer.inputs, layer.parameters, ["autograd"])
    assert table.loc[~table["agrees"], "tensor"].tolist() == [t for t in table["tensor"] if t in mistake.tensors]
    assert {*mistake.tensors} <= {*table["tensor"]}


def test_a_mistake_must_stand_for_one_piece_of_the_text():
    layer = LAYERS["layer norm"]
    for old in ("dE_dz", "not there"):
        mistake = replace(layer.mistakes[0], old=old)
        with pytest.raises(ValueError, match=re.escape(f"old must occur once in backward of layer norm, was '{old}'")):
            layer.with_mistake(mistake)


@pytest.mark.parametrize("module", MODULES, ids=LAYERS)
def test_the_right_backward_pass_stays_as_it_is(module):
    right, layer = module.backward, module.LAYER
    assert layer.with_mistake(layer.mistakes[0]).__code__.co_code != right.__code__.co_code
    assert module.backward is layer.backward is right


WHERE = "3 of its 8 entries are wrong, most of all the one at [2, 1]: it must be -1.5, was 2e-05"


@pytest.mark.parametrize(
    ("told", "worth"),
    [
        (WHERE, "unnamed"),
        (f"{WHERE}; its sums along axis -1 must be 0 and are not", "unnamed"),
        (f"{WHERE}; they are all those at index 2 of axis -2", "unnamed"),
        ("it is 1.33333 times what it must be", "unnamed"),
        ("it is 1/36 of what it must be", "unnamed"),
        ("its sign is turned", "named"),
        ("it is transposed", "misnamed"),
        (f"{WHERE}; it is not 0 where dE_dout is 0", "misnamed"),
    ],
)
def test_what_a_sentence_is_worth(told, worth):
    assert Mistake("sign", "a", "-a", "w", "sign").judge(told) == worth
