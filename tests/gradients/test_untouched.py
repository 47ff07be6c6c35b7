"""A comparison leaves all state that a pair of passes can reach unchanged, and each call finds the same state."""

import copy
import itertools
import pickle
import random as pythons
import re
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from backprop86.gradients.untouched import Untouched
from checked import compare, in_words
from nets import random

X, W = random(0, 6, 4), random(1, 6, 4)


class BatchNorm:
    """A normalisation in training, by statistics of the batch; the running ones are state."""

    def __init__(self, in_place):
        self.in_place = in_place
        self.running_mean = random(2, 4)
        self.history = []

    def forward(self, x, gain):
        mean, var = x.mean(0), ((x - x.mean(0)) ** 2).mean(0)
        if self.in_place:
            self.running_mean *= 0.9
            with torch.no_grad():
                self.running_mean += 0.1 * mean.real
        else:
            self.running_mean = 0.9 * self.running_mean + 0.1 * mean
        self.history.append(mean)
        self.sd = (var + 1e-5).sqrt()
        self.xhat, self.gain = (x - mean) / self.sd, gain
        return self.xhat * gain, self

    def backward(self, g, cache):
        assert cache is self
        g_hat = g * self.gain
        g_x = (g_hat - g_hat.mean(0) - self.xhat * (g_hat * self.xhat).mean(0)) / self.sd
        return g_x, {"gain": (g * self.xhat).sum(0)}


@pytest.mark.parametrize("in_place", [False, True])
def test_running_statistics(in_place):
    layer = BatchNorm(in_place)
    mean, was = layer.running_mean, layer.running_mean.clone()
    for _ in range(2):
        table = compare(layer.forward, layer.backward, [X], {"gain": random(3, 4)})
        assert table["agrees"].all(), in_words(table)
        assert set(vars(layer)) == {"in_place", "running_mean", "history"}
        assert layer.running_mean is mean
        assert mean.equal(was)
        assert mean.dtype == torch.float64
        assert mean.is_leaf
        assert not mean.requires_grad
        assert layer.history == []


def test_running_statistics_of_torch():
    norm = torch.nn.BatchNorm1d(4, dtype=torch.float64)
    was = copy.deepcopy(norm.state_dict())

    def forward(x, weight):
        xhat = (x - x.mean(0)) / (x.var(0, unbiased=False) + norm.eps).sqrt()
        return norm(x) * weight, (xhat, (x.var(0, unbiased=False) + norm.eps).sqrt(), weight)

    def backward(g, cache):
        xhat, sd, weight = cache
        g_hat = g * weight
        return (g_hat - g_hat.mean(0) - xhat * (g_hat * xhat).mean(0)) / sd, {"weight": (g * xhat).sum(0)}

    assert compare(forward, backward, [X], {"weight": random(3, 4)})["agrees"].all()
    assert all(tensor.equal(was[name]) for name, tensor in norm.state_dict().items())
    assert all(tensor.grad is None for tensor in norm.parameters())


def square(x):
    return x * x, x


def square_back(g, x):
    return 2 * g * x, {}


@dataclass(frozen=True, slots=True)
class Frozen:
    numbers: torch.Tensor


class Slotted:
    __slots__ = ("later", "n")

    def __init__(self):
        self.n = 0


class Holds:
    n = 0


RUNNING = 0
CACHE = {"a": [1.0]}


def counts_globally(x):
    global RUNNING, MADE_LATER
    RUNNING += 1
    MADE_LATER = x
    CACHE["a"].append(x)
    CACHE.setdefault("b", x)
    return square(x)


def counts_by_default(x, seen=[], *, more={}):  # noqa: B006
    seen.append(x)
    more["x"] = x
    return square(x)


def counts_on_itself(x):
    counts_on_itself.calls = getattr(counts_on_itself, "calls", 0) + 1
    return square(x)


def counts_in_its_class(x):
    Holds.n += 1
    Holds.last = x
    return square(x)


def state():
    """Return all state that the test's passes reach, as bytes."""
    functions = [vars(counts_on_itself), counts_by_default.__defaults__, counts_by_default.__kwdefaults__]
    classes = {name: value for name, value in vars(Holds).items() if not name.startswith("__")}
    return pickle.dumps([RUNNING, "MADE_LATER" in globals(), CACHE, functions, classes])


@pytest.mark.parametrize("forward", [counts_globally, counts_by_default, counts_on_itself, counts_in_its_class])
def test_what_functions_and_classes_keep(forward):
    before = state()
    for through in (forward, partial(forward), lambda x: forward(x)):
        assert compare(through, square_back, [X], {})["agrees"].all()
        assert state() == before
    forward(X)
    assert state() != before  # so there was something to put back
    forget()


def forget():
    global RUNNING
    RUNNING = 0
    globals().pop("MADE_LATER", None)
    CACHE.clear()
    CACHE["a"] = [1.0]
    vars(counts_on_itself).clear()
    counts_by_default.__defaults__[0].clear()
    counts_by_default.__kwdefaults__["more"].clear()
    Holds.n = 0
    if "last" in vars(Holds):
        del Holds.last


KEPT = {
    "a number": lambda: [0],
    "a dict": dict,
    "an ordered dict": lambda: OrderedDict(b=1, a=2),
    "a counter": Counter,
    "a set": set,
    "a deque": lambda: deque(maxlen=2),
    "bytes": lambda: bytearray(b"ab"),
    "an array": lambda: np.arange(6.0).reshape(2, 3).T,
    "an array of objects": lambda: np.array([None, [1.0]], dtype=object),
    "a tensor": lambda: random(5, 3),
    "a view": lambda: random(5, 3)[1:],
    "an expanded tensor": lambda: random(5, 1).expand(3),
    "integers": lambda: torch.arange(3),
    "a parameter": lambda: torch.nn.Parameter(random(5, 3)),
    "a frozen object": lambda: Frozen(random(5, 3)),
    "slots": Slotted,
    "a sparse tensor": lambda: random(5, 3).to_sparse(),
    "memory that cannot be written": lambda: np.broadcast_to(np.ones(1), 3),
}


def change(kept):
    if isinstance(kept, Frozen):
        change(kept.numbers)
    elif isinstance(kept, Slotted):
        kept.n += 1
        kept.later = 1
    elif isinstance(kept, torch.Tensor) and kept.is_sparse:
        kept._values().mul_(2)
    elif isinstance(kept, torch.Tensor):
        with torch.no_grad():
            (kept[:1] if kept.stride() == (0,) else kept).add_(1)
        kept.tag = "changed"
    elif isinstance(kept, np.ndarray) and kept.dtype == object:
        kept[1].append(2.0)
        kept[0] = kept
    elif isinstance(kept, np.ndarray) and kept.flags.writeable:
        kept[0] = np.nan
    elif isinstance(kept, OrderedDict):
        kept.move_to_end("b")
    elif isinstance(kept, dict):
        kept["x"] = 1
    elif isinstance(kept, list | deque):
        kept[:1] = [1] if isinstance(kept, list) else kept.append(1)
    elif isinstance(kept, set):
        kept.add(1)
    elif isinstance(kept, bytearray):
        kept.extend(b"c")


def shown(kept):
    if isinstance(kept, Slotted):
        return repr([getattr(kept, name, None) for name in Slotted.__slots__])
    return repr((kept, getattr(kept, "__dict__", None), getattr(kept, "requires_grad", None)))


def add(kept):
    if isinstance(kept, deque):
        kept.append(1)
    else:
        change(kept)


@pytest.mark.parametrize("where", ["in a closure", "in an attribute", "in an argument"])
@pytest.mark.parametrize("name", KEPT)
def test_what_is_closed_over_bound_or_given(name, where):
    kept = KEPT[name]()
    before = shown(kept)

    class Bound:
        def forward(self, x):
            add(self.kept[0])
            return square(x)

    def closed(x):
        add(kept)
        return square(x)

    def given(x, kept):
        add(kept)
        return square(x)

    bound = Bound()
    bound.kept = (kept,)
    forward = {"closure": closed, "attribute": bound.forward, "argument": partial(given, kept=kept)}[where.split()[-1]]
    assert compare(forward, square_back, [X], {})["agrees"].all()
    assert shown(kept) == before
    if "cannot" not in name:
        forward(X)
        assert shown(kept) != before


def test_variables_of_an_enclosing_function():
    calls, last = 0, None

    def forward(x):
        nonlocal calls, last
        calls, last = calls + 1, x
        return square(x * calls)[0], x

    assert compare(forward, square_back, [X], {})["agrees"].all()
    assert (calls, last) == (0, None)


def test_backward_may_change_its_cache_and_nothing_that_it_was_given():
    x, w = X.clone(), W.clone()

    def back(g, cache):
        x, w = cache
        dE_dx, dE_dw = g * w, g * x
        x.zero_()
        w += 1
        return dE_dx, {"w": dE_dw}

    copied = (lambda x, w: (x * w, (x.clone(), w.clone()))), back
    assert compare(*copied, [x], {"w": w})["agrees"].all()
    with pytest.raises(ValueError, match=r"^backward must leave input 1 as it is, and changed it in place$"):
        compare(lambda x, w: (x * w, (x, w)), back, [x], {"w": w})
    assert x.equal(X)
    assert w.equal(W)


def test_what_is_refused_is_put_back_too():
    w, calls = W.clone(), []

    def doubles(x, w):
        calls.append(1)
        w *= 2
        return x * w, (x, w)

    def stops(x, w):
        doubles(x, w)
        raise KeyError("mine")

    for forward, error in ((doubles, ValueError), (stops, KeyError)):
        with pytest.raises(error, match=r"w as it is|mine"):
            compare(forward, square_back, [X], {"w": w})
        assert w.equal(W)
        assert calls == []


def test_what_autograd_attaches_is_taken_off():
    total, base, frozen = random(5, 6, 4), random(6, 12, 4), random(7, 6, 4).requires_grad_()
    view = base[6:]
    was = [total.clone(), base.clone()]

    def forward(x):
        total.add_(x.detach() if x.is_complex() else x)
        view.add_(x.detach() if x.is_complex() else x)
        return x * frozen, frozen

    def backward(g, frozen):
        (frozen.detach().requires_grad_() * 2).sum().backward()
        frozen.sum().backward()
        return g * frozen.detach(), {}

    table = compare(forward, backward, [X], {}, ["autograd", "central differences"])
    assert table["agrees"].all()
    for tensor in (total, base, view):
        assert tensor.grad_fn is None
        assert not tensor.requires_grad
    assert total.equal(was[0])
    assert base.equal(was[1])
    assert view.equal(was[1][6:])
    assert frozen.grad is None
    assert frozen.requires_grad


def test_tensors_that_are_made_other_tensors():
    layer, buffer = torch.nn.Linear(4, 4), torch.zeros(2)
    weight, pointer = layer.weight, layer.weight.data_ptr()

    def forward(x):
        layer.double()
        layer.requires_grad_(False)
        buffer.data = torch.ones(3, dtype=torch.float64)
        return layer(x), None

    def backward(g, cache):
        return g @ layer.weight, {}

    assert compare(forward, backward, [X], {}, ["autograd", "central differences"])["agrees"].all()
    assert layer.weight is weight
    assert layer.weight.dtype == torch.float32
    assert layer.weight.data_ptr() == pointer
    assert layer.weight.requires_grad
    assert buffer.equal(torch.zeros(2))


GENERATORS = {
    "torch's": lambda: lambda: torch.rand(4, dtype=torch.float64),
    "torch's own": lambda: partial(torch.rand, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1)),
    "numpy's": lambda: lambda: torch.from_numpy(np.random.rand(4)),  # noqa: NPY002
    "numpy's own": lambda: partial(lambda own: torch.from_numpy(own.random(4)), np.random.default_rng(1)),
    "numpy's older": lambda: partial(lambda state: torch.from_numpy(state.rand(4)), np.random.RandomState(1)),
    "Python's": lambda: lambda: torch.tensor([pythons.random() for _ in range(4)], dtype=torch.float64),
    "Python's own": lambda: partial(
        lambda own: torch.tensor([own.gauss(0, 1) for _ in range(4)]).double(), pythons.Random(1)
    ),
}


def drawn_so_far():
    return repr((torch.get_rng_state().tolist(), np.random.get_state()[1:], pythons.getstate()))  # noqa: NPY002


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_of_random_numbers(name):
    draw = GENERATORS[name]()
    first = drawn_so_far()

    def dropout(x):
        mask = draw() * 2
        return x * mask, mask

    table = compare(dropout, lambda g, mask: (g * mask, {}), [X], {})
    assert table["agrees"].all(), in_words(table)
    assert not compare(dropout, lambda g, mask: (g * draw(), {}), [X], {})["agrees"].any()
    assert drawn_so_far() == first
    torch.manual_seed(1)
    some = draw()
    assert not some.equal(draw())  # it does draw


def test_dropout_of_torch():
    def forward(x):
        out = F.dropout(x, 0.5)
        return out, (out != 0) * 2.0

    assert compare(forward, lambda g, mask: (g * mask, {}), [X], {})["agrees"].all()


def test_a_draw_that_nobody_sees_is_refused_and_leaves_the_generator_where_it_was():
    def hidden(x):
        import numpy

        return x * float(numpy.random.rand()), x  # noqa: NPY002

    before = drawn_so_far()
    with pytest.raises(ValueError, match=r"^forward must give the same output for the same tensors, and is random"):
        compare(hidden, square_back, [X], {})
    assert drawn_so_far() == before


@pytest.mark.parametrize(
    ("kept", "kind"),
    [
        ((n for n in range(9)), "generator"),
        (iter([1, 2]), "list_iterator"),
        (itertools.count(), "count"),
        (map(str, [1]), "map"),
    ],
)
def test_what_cannot_be_put_back_is_refused_before_anything_runs(kept, kind, capsys):
    class Bound:
        def forward(self, x):
            print("ran")
            return square(x)

    def closed(x):
        print("ran")
        return square(x * next(kept))

    bound, of_class = Bound(), type("OfClass", (Bound,), {"batches": (kept,)})()
    bound.loader = {"a": kept}
    for forward, name in (
        (closed, "kept"),
        (bound.forward, "self.loader['a']"),
        (of_class.forward, "OfClass.batches[0]"),
    ):
        words = f"forward and backward must reach only state that can be restored, {name} was of type {kind}: "
        with pytest.raises(ValueError, match=f"^{re.escape(words)}read from it before"):
            compare(forward, square_back, [X], {})
    assert capsys.readouterr().out == ""


def test_what_belongs_to_a_graph_and_is_changed_is_told():
    part_of_graph = random(5, 6, 4).requires_grad_() * 1

    def forward(x):
        part_of_graph.add_(x)
        return square(x)

    with pytest.raises(ValueError, match=r"^forward must leave part_of_graph as it is, which belongs to a graph"):
        compare(forward, square_back, [X], {})


def test_a_deep_and_a_cyclic_structure():
    deep = last = []
    for _ in range(10_000):
        last.append([])
        last = last[0]
    last.append(deep)
    with Untouched(deep=deep):
        last.append(1)
        deep[0].append(2)
    assert len(last) == 1
    assert len(deep[0]) == 1
