"""Names of rows. A *variant* is a net or start that a text itself describes; a *reading* fills the gaps of a text.

two_hidden/range_1 is reading range_1 of variant two_hidden; range_1 alone is that reading of the printed net. Where an
experiment has axes, a name has one value of each, and some of the axes are variants.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from backprop86.engines.recipe import Recipe

LITERAL = "as_printed"
"""The reading that changes nothing."""

WITHOUT_WORDS = (
    "sweeps",
    "moments",
    "opening_epsilon",
    "opening_alpha",
    "opening_sweeps",
    "stop",
    "criterion",
    "spread",
)
"""Settings without words: they follow from others, or fill no gap of a text."""

CHOICES = {
    ("update", "case"): "a change after every case",
    ("update", "sweep"): "a change after every sweep",
    ("biases", "zero"): "biases from 0",
    ("biases", "none"): "no biases",
    ("biases", "negative"): "biases held at or below 0",
    ("biases", "drawn"): "biases drawn like the weights",
    ("error", "mean"): "the mean error",
    ("dtype", "float32"): "32-bit numbers",
    ("dead_zone", "none"): "no dead zone",
    ("dead_zone", "from_target"): "errors from the targets",
    ("dead_zone", "from_edge"): "errors from 0.8 and 0.2",
    ("start", "drawn"): "random weights",
    ("start", "equal"): "equal weights",
    ("start", "fig5"): "from the printed minimum",
    ("decay_in", "change"): "decay inside the remembered change",
    ("decay_in", "gradient"): "decay in the gradient",
    ("decay_from", "learned"): "decay once learned",
    ("epsilon_by", "fan_in"): "ε divided by the fan-in",
    ("epsilon_by", "one"): "one ε for every weight",
    ("procedure", "desired_states"): "desired states",
    ("output_slope", "left_out"): "no slope at the output",
    ("criterion", "total_error"): "E below 0.4",
    ("criterion", "right_side"): "every output on the right side of 0.5",
    ("held_out", "random"): "other cases held out",
    ("held_out", "positions"): "a position held out",
    ("held_out", "fig_8"): "H Fig. 8's answers held out",
    ("held_out", "triples"): "single triples",
    ("held_out", "none"): "no case held out",
}


def described(settings: Mapping[str, Any]) -> str:
    """Return words for the settings that differ from a recipe; "" if there are none."""
    told = dict(settings)
    said = []
    if {"target_on", "target_off"} <= told.keys():
        said.append(f"targets {told.pop('target_on'):g} and {told.pop('target_off'):g}")
    if "network" in told:
        said.append(str(told.pop("network")).replace("_", " "))
    numbers = {
        "epsilon": "ε = {:g}",
        "alpha": "momentum {:g}",
        "initial_range": "weights from ±{:g}",
        "decay": "decay {:g}",
        "gain": "a logistic of slope {:g}",
        "case_set": "set {:d} of cases",
    }
    for name, value in told.items():
        if isinstance(value, str) and (name, value) in CHOICES:
            said.append(CHOICES[name, value])
        elif name in ("alpha", "decay") and value == 0:
            said.append("no momentum" if name == "alpha" else "no decay")
        elif name in numbers:
            said.append(numbers[name].format(value))
        elif name not in WITHOUT_WORDS:
            said.append(f"{name} {value}".replace("_", " "))
    return ", ".join(said)


def joined(parts: Iterable[str]) -> str:
    """Return words for several parts of a name, without empty parts."""
    return ", ".join(part for part in parts if part) or "as printed"


def short_name(name: str) -> str:
    """Return the short form of a name: two_hidden for two_hidden/as_printed."""
    return name.removesuffix(f"/{LITERAL}")


def moments(recipe: Recipe) -> list[str]:
    """Return the moments at which a run is measured: untrained, at some sweeps, when it has learned, at the end."""
    return ["0", *map(str, recipe.moments), "learned", "end"]
