"""Rounding in float32, bfloat16 and float16: no rounding is called a mistake, and no mistake rounding."""

import pytest
import torch

from backprop86.gradients import rounding
from backprop86.gradients.gradcheck import ITSELF, gradcheck
from helpers import slow

LOW = [torch.float32, torch.bfloat16, torch.float16]


def logistic(y, w, b):
    out = torch.sigmoid(y @ w.T + b)
    return out, (y, w, out)


def logistic_back(g, cache):
    y, w, out = cache
    dE_dx = g * out * (1 - out)
    return dE_dx @ w, {"w": dE_dx.T @ y, "b": dE_dx.sum(0)}


def normed(x, gamma, beta):
    centred = x - x.mean(-1, keepdim=True)
    s = ((centred * centred).mean(-1, keepdim=True) + 1e-5).sqrt()
    return centred / s * gamma + beta, (centred / s, s, gamma)


def normed_back(g, cache):
    h, s, gamma = cache
    dh = g * gamma
    dE_dx = (dh - dh.mean(-1, keepdim=True) - h * (dh * h).mean(-1, keepdim=True)) / s
    return dE_dx, {"gamma": (g * h).sum(0), "beta": g.sum(0)}


def attention(q, k, v):
    p = torch.softmax(q @ k.T / k.shape[-1] ** 0.5, -1)
    return p @ v, (q, k, v, p)


def attention_back(g, cache):
    q, k, v, p = cache
    dE_dp = g @ v.T
    dE_ds = p * (dE_dp - (dE_dp * p).sum(-1, keepdim=True)) / k.shape[-1] ** 0.5
    return dE_ds @ k, dE_ds.T @ q, p.T @ g


LAYERS = {
    "logistic": (logistic, logistic_back, lambda n, m: ([(n, m)], {"w": (7, m), "b": (7,)})),
    "layer norm": (normed, normed_back, lambda n, m: ([(n, m)], {"gamma": (m,), "beta": (m,)})),
    "attention": (attention, attention_back, lambda n, m: ([(n, m)] * 3, {})),
}


def drawn(name, dtype, seed):
    random = torch.Generator().manual_seed(seed)
    n, m = (int(torch.randint(2, most, (1,), generator=random)) for most in (65, 200))
    *pair, shapes = LAYERS[name]
    inputs, params = shapes(n, m)

    def tensor(shape):
        return (torch.randn(shape, generator=random) / (m**0.5 if shape[0] == 7 else 1)).to(dtype)

    return *pair, [tensor(shape) for shape in inputs], {key: tensor(shape) for key, shape in params.items()}


@pytest.mark.parametrize("dtype", LOW, ids=rounding.name_of)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("seed", slow(range(10), *range(2, 10)))
def test_rounding_is_no_mistake(name, dtype, seed):
    report = gradcheck(*drawn(name, dtype, seed), oracles=["autograd"])
    assert report, report
    itself = report.table[report.table["oracle"] == ITSELF]
    assert len(itself) == 3
    assert (itself["relative"] > 0).all()  # it was run in the lower type


def lossy(gradient):
    """Lose digits, but in the lower type alone."""
    if gradient.dtype == torch.float64:
        return gradient
    return gradient.to(torch.float8_e4m3fn if gradient.dtype != torch.float32 else torch.bfloat16).to(gradient.dtype)


@pytest.mark.parametrize("dtype", LOW, ids=rounding.name_of)
@pytest.mark.parametrize("seed", range(5))
def test_digits_lost_in_the_lower_type_alone_are_told(dtype, seed):
    forward, backward, *given = drawn("logistic", dtype, seed)

    def loses(g, cache):
        dE_dy, gradients = backward(g, cache)
        return dE_dy, gradients | {"w": lossy(gradients["w"])}

    report = gradcheck(forward, loses, *given, oracles=["autograd"])
    table = report.table.set_index(["oracle", "tensor"])["agrees"]
    assert table["autograd"].all()
    assert table[ITSELF].to_dict() == {"input 1": True, "w": False, "b": True}
    name = rounding.name_of(dtype)
    assert report.mistakes["w"].startswith(f"right in float64; in {name} it is off by ")
    assert f"WRONG (says {ITSELF})" in str(report)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", LOW, ids=rounding.name_of)
def test_a_mistake_is_no_rounding(dtype):
    forward, backward, *given = drawn("logistic", dtype, 1)

    def wrong(g, cache):
        dE_dy, gradients = backward(g, cache)
        return dE_dy, gradients | {"w": gradients["w"] * (1 + 1e-6)}

    report = gradcheck(forward, wrong, *given)
    assert report.mistakes == {"w": "it is 1 times what it must be"}  # in float64, where 1e-6 is no rounding
    assert set(report.table.loc[~report.table["agrees"], "oracle"]) == {
        "autograd",
        "complex step",
        "central differences",
    }


def test_overflow_in_the_lower_type():
    def forward(x):
        return x * 300.0, x

    report = gradcheck(forward, lambda g, x: g * 300.0 + 0 * (x * x * x).sum(), [torch.full((3, 2), 60.0).half()])
    assert report.mistakes == {"input 1": "6 of its 6 entries are not finite, the first at [0, 0]"}


def test_a_gradient_in_another_type():
    forward, backward, *given = drawn("logistic", torch.float32, 2)
    report = gradcheck(forward, lambda g, c: (backward(g, c)[0].double(), backward(g, c)[1]), *given)
    assert report.mistakes == {"input 1": "it must be float32, was float64: digits are lost on the way"}


@pytest.mark.slow
def test_mixed_types():
    forward, backward, (y,), params = drawn("logistic", torch.bfloat16, 3)

    def upwards(y, w, b):
        out, cache = forward(y.float(), w, b)
        return out, (*cache, y.dtype)

    def back(g, cache):
        *cache, dtype = cache
        dE_dy, gradients = backward(g, cache)
        return dE_dy.to(dtype), gradients

    float32 = {name: w.float() for name, w in params.items()}
    assert gradcheck(upwards, back, [y], float32)

    def wrong(g, cache):
        dE_dy, gradients = back(g, cache)
        return dE_dy, gradients | {"b": 1.01 * gradients["b"]}

    assert set(gradcheck(upwards, wrong, [y], float32).mistakes) == {"b"}
    fixed = torch.eye(y.shape[1])  # float32, and no argument
    words = r"^forward must run in float64 as well, where it is judged: expected m1 and m2 to have the same dtype"
    with pytest.raises(ValueError, match=words):
        gradcheck(lambda y: (y @ fixed, None), lambda g, c: g @ fixed.T, [y.float()])


def test_layers_that_compute_in_float32_inside():
    def forward(x, gamma):
        wide = x.float()
        z = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
        return (z * gamma.float()).to(x.dtype), (x, gamma)

    def backward(g, cache):
        x, gamma = cache
        wide, g = x.float(), g.float()
        root = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
        z, dz = wide * root, g * gamma.float()
        dx = root * (dz - z * (dz * z).mean(-1, keepdim=True))
        return dx.to(x.dtype), {"gamma": (g * z).sum(0).to(gamma.dtype)}

    for dtype in LOW:
        given = [torch.randn(20, 60, generator=torch.Generator().manual_seed(0)).to(dtype)]
        report = gradcheck(forward, backward, given, {"gamma": torch.ones(60, dtype=dtype)})
        assert report, report


def test_noise_follows_the_type_the_number_of_additions_and_the_terms():
    def spread(n, size, dtype):
        w = size * torch.randn(50, n, generator=torch.Generator().manual_seed(0)).double()
        ones, apart = torch.ones(n, 1).double(), []
        for seed in range(20):
            with rounding.Noise(dtype, seed):
                moved = w @ ones
            apart.append(moved - w @ ones)
        return float(torch.stack(apart).square().mean().sqrt())

    one = spread(100, 1, torch.float32)
    assert 80 < spread(10_000, 1, torch.float32) / one < 120  # n: each term has sqrt(n) roundings, and there are n
    assert spread(100, 1000, torch.float32) / one == pytest.approx(1000, rel=0.01)
    assert spread(100, 1, torch.bfloat16) / one > 1000
    x = torch.ones(5).double()
    with rounding.Noise(torch.float32, 0):
        assert torch.equal(-x.clone().flip(0).reshape(5, 1), -torch.ones(5, 1).double())  # nothing rounds here
        assert not torch.equal(x * 3, 3 * torch.ones(5).double())
