"""Nets and recipes that several tests train or differentiate."""

from dataclasses import replace

import numpy as np
import torch
from hypothesis import strategies as st

from backprop86.engines.recipe import Cases, Job, Recipe
from backprop86.problems import family_trees, symmetry, t_c, xor
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


T_C = Recipe("7x7_shared", 4, epsilon=0.05, alpha=0.9, target_on=0.9, target_off=0.1, moments=[2], stop="limit")
FALLS = {"criterion": "total_error"}
LATE = {"opening_sweeps": 1, "late_sweep": 2, "late_epsilon": 0.3, "late_alpha": 0.95, "late_decay": 0.05}
GRADIENT = {"opening_sweeps": 1, "decay_in": "gradient", "dtype": "float32"}
CHANGE = {"decay_in": "change", "dtype": "float32", **LATE}
DESIRES = {"procedure": "desired_states"}
FEW = {
    "xor": (xor, replace(XOR, sweeps=60, epsilon=1.5, moments=[20])),
    "xor, float32": (xor, replace(XOR, sweeps=60, epsilon=1.5, dtype="float32")),
    "xor, negative biases, case updates": (xor, replace(XOR, sweeps=12, epsilon=2.0, update="case", biases="negative")),
    "symmetry": (symmetry, replace(SYMMETRY, sweeps=10)),
    "symmetry, mean error, case updates": (symmetry, replace(SYMMETRY, sweeps=2, update="case", error="mean")),
    "xor, late rates": (xor, replace(XOR, sweeps=12, late_sweep=5, late_epsilon=0.2, late_alpha=0.5, late_decay=0.01)),
    "xor, decay once learned": (xor, replace(XOR, epsilon=1.0, sweeps=250, decay=0.01, decay_from="learned")),
    "xor, decay in the change": (xor, replace(XOR, sweeps=9, decay=0.01, decay_in="change", update="case")),
    "symmetry, by fan-in, E of all": (symmetry, replace(SYMMETRY, sweeps=9, epsilon_by="fan_in", **FALLS)),
    "symmetry, no slope": (symmetry, replace(SYMMETRY, sweeps=9, output_slope="left_out", error="mean", **FALLS)),
    "family trees, no slope": (family_trees, replace(TREES, sweeps=4, output_slope="left_out", **GRADIENT)),
    "family trees, late rates": (family_trees, replace(TREES, sweeps=4, epsilon_by="fan_in", **CHANGE)),
    "xor, gains": (xor, replace(XOR, sweeps=20, gain=1.5, gain_epsilon=0.1, error="mean", update="case")),
    "shared weights, gains": (t_c, replace(T_C, gain=0.7, gain_epsilon=0.1)),
    "family trees, gains": (family_trees, replace(TREES, sweeps=3, gain=2.0, gain_epsilon=0.01, **GRADIENT)),
    "family trees, gains, case updates": (
        family_trees,
        replace(TREES, sweeps=1, gain=2.0, gain_epsilon=0.01, update="case"),
    ),
    "xor, desired states": (xor, replace(XOR, sweeps=30, **DESIRES)),
    "symmetry, desired states": (symmetry, replace(SYMMETRY, sweeps=5, error="mean", update="case", **DESIRES)),
    "shared weights": (t_c, T_C),
    "shared weights, case updates": (t_c, replace(T_C, update="case")),
    "family trees": (family_trees, replace(TREES, sweeps=2, opening_sweeps=1)),
    "family trees, float32": (family_trees, replace(TREES, sweeps=2, opening_sweeps=1, dtype="float32")),
}
"""Short runs with every setting that an engine must know."""


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


def any_cases(wiring, seed):
    """Return eleven random cases, and of five seeds the trained cases and the first weights."""
    random = np.random.default_rng(seed)
    inputs = random.choice([0, 1, -0.7, 0.3], (11, wiring.n_inputs))
    cases = Cases(inputs, random.integers(0, 2, (11, len(wiring.outputs))).astype(float), ("",) * 11)
    counted, w0 = (random.random((5, 11)) < 0.8) * 1.0, random.normal(size=(5, wiring.n_parameters))
    counted[:, 0] = 1
    return cases, counted, w0


def job_of_any(wiring, seed, update, error):
    """Return the job of a random net: any inputs, held-out cases, gains, rates that change."""
    cases, counted, w0 = any_cases(wiring, seed)
    recipe = Recipe("", 6, 0.3, 0.9, 0.01, 2, 0.1, 0.5, update=update, error=error, dead_zone="from_edge")
    recipe = replace(recipe, gain_epsilon=0.05, epsilon_by=["one", "fan_in"][seed % 3 == 0])
    recipe.dtype = ["float64", "float32"][seed % 2]
    return Job(wiring, cases, recipe, w0, counted)
