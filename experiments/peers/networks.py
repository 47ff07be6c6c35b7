"""The networks that trainers are timed on."""

from dataclasses import replace

from backprop86.engines.recipe import Recipe
from backprop86.problems import family_trees, sequence, symmetry, xor
from backprop86.running.problem import Problem

PLAIN = Recipe(alpha=0.9, target_on=0.9, target_off=0.1, stop="limit")
EXPERIMENTS: dict[str, tuple[Problem, Recipe]] = {
    "XOR 2-2-1": (xor, replace(PLAIN, network="2_hidden", epsilon=0.25)),
    "symmetry 6-2-1": (symmetry, replace(PLAIN, network="two_hidden", epsilon=0.1)),
    "family trees": (family_trees, replace(PLAIN, network="five_layers", epsilon=0.01)),
    "sequence": (sequence, replace(PLAIN, network="fixed_timing", epsilon=0.01)),
}
