"""Attention with one head: every position takes a mean of all positions' values, weighted by query and key."""

import math

from torch import Tensor

from backprop86.gradients.layers.planting import Gradients, Layer, Mistake, draw


def forward(x: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return softmax(q kᵀ / √D) v wo of x (C, T, D); the weights: (D, D)."""
    q, k, v = x @ wq, x @ wk, x @ wv
    score = q @ k.mT / math.sqrt(q.shape[-1])
    p = score.softmax(-1)
    mixed = p @ v
    return mixed @ wo, (x, wq, wk, wv, wo, q, k, v, p, mixed)


def backward(dE_dout: Tensor, cache: tuple[Tensor, ...]) -> Gradients:
    """Return the gradients; x acts by its query, by its key and by its value."""
    x, wq, wk, wv, wo, q, k, v, p, mixed = cache
    dE_dmixed = dE_dout @ wo.T
    dE_dp, dE_dv = dE_dmixed @ v.mT, p.mT @ dE_dmixed
    dE_dscore = p * (dE_dp - (p * dE_dp).sum(-1, keepdim=True))
    dE_dqk = dE_dscore / math.sqrt(q.shape[-1])
    dE_dq, dE_dk = dE_dqk @ k, dE_dqk.mT @ q
    dE_dx = dE_dq @ wq.T + dE_dk @ wk.T + dE_dv @ wv.T
    of_q, of_k, of_v = (x.mT @ dE_dq).sum(0), (x.mT @ dE_dk).sum(0), (x.mT @ dE_dv).sum(0)
    return dE_dx, {"wq": of_q, "wk": of_k, "wv": of_v, "wo": (mixed.mT @ dE_dout).sum(0)}


SCORED, QUERY = "input 1, wq, wk", "input 1, wq"
MISTAKES = [
    Mistake("no 1/√D", " / math.sqrt(q.shape[-1])", "", SCORED, "√6|sqrt"),
    Mistake("1/D for 1/√D", " / math.sqrt(q.shape[-1])", " / q.shape[-1]", SCORED, "√6|sqrt"),
    Mistake("softmax without the inner sum", " - (p * dE_dp).sum(-1, keepdim=True)", "", SCORED, "softmax"),
    Mistake(
        "softmax as a logistic",
        "p * (dE_dp - (p * dE_dp).sum(-1, keepdim=True))",
        "p * (1 - p) * dE_dp",
        SCORED,
        "softmax",
    ),
    Mistake("softmax left out", "p * (dE_dp - (p * dE_dp).sum(-1, keepdim=True))", "dE_dp", SCORED, "softmax"),
    Mistake("softmax over queries", ".sum(-1, keepdim=True)", ".sum(-2, keepdim=True)", SCORED, "softmax|axis"),
    Mistake("no path by keys", " + dE_dk @ wk.T", "", "input 1", "x @ wk"),
    Mistake(
        "values = for +=",
        "dE_dq @ wq.T + dE_dk @ wk.T + dE_dv @ wv.T",
        "dE_dv @ wv.T",
        "input 1",
        "only that in `x @ wv`|wq` and .*wk",
    ),
    Mistake("p not transposed", "p.mT @ dE_dmixed", "p @ dE_dmixed", "input 1, wv", "transposed"),
    Mistake("scores not transposed", "dE_dqk.mT @ q", "dE_dqk @ q", "input 1, wk", "transposed"),
    Mistake("queries for keys", "dE_dqk @ k", "dE_dqk @ q", QUERY, "`q`"),
    Mistake("wo not transposed", "dE_dout @ wo.T", "dE_dout @ wo", "input 1, wq, wk, wv", "transposed"),
    Mistake("values for mixed values", "mixed.mT @ dE_dout", "v.mT @ dE_dout", "wo", "`v`"),
    Mistake(
        "wq and wk exchanged", '{"wq": of_q, "wk": of_k,', '{"wq": of_k, "wk": of_q,', "wq, wk", "gradient of w[qk]"
    ),
    Mistake("wo averaged over cases", "(mixed.mT @ dE_dout).sum(0)", "(mixed.mT @ dE_dout).mean(0)", "wo", "1/2|mean"),
]
LAYER = Layer(
    "attention",
    forward,
    backward,
    [draw(13, 2, 6, 6)],
    {name: draw(14 + k, 6, 6, fan_in=3) for k, name in enumerate(("wq", "wk", "wv", "wo"))},
    MISTAKES,
)
