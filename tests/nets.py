"""Nets and recipes that several tests train or differentiate."""

from dataclasses import replace

import torch
from hypothesis import strategies as st

from backprop86.engines.recipe import Recipe
from backprop86.problems import family_trees, symmetry, xor
from backprop86.wiring import ONE, wire

STEP = wire(["s", "r", "x"], {"s'": [ONE, "s", "r"], "r'": ["s", "x"]}, ["s'", "r'"])
SYMMETRY = Recipe("two_hidden", 200, epsilon=0.1, alpha=0.9, target_on=0.9, target_off=0.1, stop="limit")
XOR = Recipe("2_hidden", 300, epsilon=0.5, alpha=0.9)
TREES = Recipe(
    "five_layers", 25, epsilon=0.1, alpha=0.9, decay=0.002, opening_sweeps=20, opening_epsilon=0.05, opening_alpha=0.5,
    dead_zone="from_edge", criterion="zone", stop="limit", held_out="random",
)  # fmt: skip
RECIPES = {
    "symmetry": (symmetry, SYMMETRY),
    "symmetry, mean error": (symmetry, replace(SYMMETRY, error="mean")),
    "symmetry, case updates": (symmetry, replace(SYMMETRY, update="case", sweeps=10)),
    "symmetry, mean error, case updates": (symmetry, replace(SYMMETRY, error="mean", update="case", sweeps=10)),
    "xor": (xor, replace(XOR, stop="limit")),
    "xor, negative biases": (xor, replace(XOR, stop="limit", biases="negative")),
    "xor, negative biases, case updates": (xor, replace(XOR, biases="negative", update="case", sweeps=50)),
    "family trees": (family_trees, TREES),
    "family trees, from target": (family_trees, replace(TREES, dead_zone="from_target", sweeps=5)),
    "family trees, mean of the trained": (family_trees, replace(TREES, error="mean", sweeps=5)),
    "xor, late rates": (xor, replace(XOR, sweeps=60, late_sweep=30, late_epsilon=0.2, late_alpha=0.5, late_decay=0.01)),
    "symmetry, epsilon by fan-in": (symmetry, replace(SYMMETRY, epsilon=0.5, epsilon_by="fan_in", sweeps=20)),
    "family trees, decay in the change": (family_trees, replace(TREES, decay_in="change", sweeps=25)),
    "family trees, decay in the gradient": (family_trees, replace(TREES, decay_in="gradient", sweeps=25)),
    "xor, gains": (xor, replace(XOR, sweeps=60, stop="limit", gain=1.5, gain_epsilon=0.1)),
    "symmetry, gains, case updates": (
        symmetry,
        replace(SYMMETRY, update="case", gain=2.0, gain_epsilon=0.02, sweeps=10),
    ),
    "family trees, slope 3.5": (family_trees, replace(TREES, gain=3.5, opening_epsilon=0.005, epsilon=0.01)),
    "family trees, case updates": (family_trees, replace(TREES, update="case", sweeps=2, opening_sweeps=1)),
}


def random(seed, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@st.composite
def wirings(draw):
    n_inputs, n_fed = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    names = [ONE, *(f"i{k}" for k in range(n_inputs)), *(f"u{k}" for k in range(n_fed))]
    fed, shared = {}, {}
    for k in range(1 + n_inputs, len(names)):
        fed[names[k]] = draw(st.lists(st.sampled_from(names[:k]), min_size=1, unique=True))
        for source in fed[names[k]]:
            if draw(st.booleans()):
                shared[source, names[k]] = draw(st.sampled_from("ab"))
    outputs = draw(st.lists(st.sampled_from(names[1 + n_inputs :]), min_size=1, unique=True))
    wiring = wire(names[1 : 1 + n_inputs], fed, outputs, shared)
    return wiring.with_gains() if draw(st.booleans()) else wiring
