"""The family trees (N Figs. 2-4, H): two isomorphic families, and a network that answers "Colin's aunts?".

The problem is famous because the network gets no description of a person: the six units that every person passes
through must find nationality, generation and branch by themselves.
"""

import json
from pathlib import Path

import numpy as np

from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.network import generator
from backprop86.problems.people import ANSWER_SEX, PEOPLE, PERSON, RELATIONS, answers, triples
from backprop86.running import measures
from backprop86.running.nets import Nets
from backprop86.wiring import ONE, Wiring, wire

FIG_8 = ("Andrew", "Victoria", "Lucia", "Lucia")
"""The answers to the four pairs held out in H Fig. 8; H does not state the pairs themselves."""
STANDARDS = {"right": 0.0, "near": 0.25, "strict": 0.3}
"""Least distances of outputs from 0.5: for held-out cases, for 0.8 and 0.2 less 0.05, for 0.8 and 0.2.
"""
CODES = 0.5
"""A unit codes a feature that explains at least half the variance of its weights (r squared)."""
ALIKE = 0.9
"""Two units share a job if |r| of their weights is at least this."""


def wiring(recipe: Recipe) -> Wiring:
    """Return 24 people and 12 relations -> 6 units each -> 12 -> 6 -> 24 people, adjacent layers only (N Fig. 3)."""
    if recipe.network != "five_layers":
        raise BadInput(f"network must be five_layers, was {recipe.network}")
    person, relation, central, last = ([f"{letter}{k + 1}" for k in range(n)] for letter, n in LAYERS)
    fed = {unit: [ONE, *PEOPLE] for unit in person}
    fed |= {unit: [ONE, *RELATIONS] for unit in relation}
    fed |= {unit: [ONE, *person, *relation] for unit in central}
    fed |= {unit: [ONE, *central] for unit in last}
    fed |= {output(name): [ONE, *last] for name in PEOPLE}
    return wire([*PEOPLE, *RELATIONS], fed, [output(name) for name in PEOPLE])


LAYERS = (("person", 6), ("relation", 6), ("central", 12), ("last", 6))
"""The hidden layers and their sizes; the names of a layer's units begin with its first letter."""


def output(person: str) -> str:
    """Return the name of the output unit for a person."""
    return f"{person}?"


def cases(recipe: Recipe) -> Cases:
    """Return the 104 pairs that have an answer; for two answers, both units should be on.

    Where triples are held out, the cases are the 112 triples. The triples of a pair with two answers then contradict
    each other, so that no net gets all of them right.
    """
    facts = _facts(recipe)
    inputs, desired = np.zeros((len(facts), len(PEOPLE) + len(RELATIONS))), np.zeros((len(facts), len(PEOPLE)))
    for c, (person, relation, who) in enumerate(facts.values()):
        inputs[c, [PEOPLE.index(person), len(PEOPLE) + RELATIONS.index(relation)]] = 1
        desired[c, [PEOPLE.index(name) for name in who]] = 1
    return Cases(inputs, desired, tuple(facts))


def _facts(recipe: Recipe) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Return person, relation and answers of each case, by its name."""
    if recipe.held_out == "triples":
        return {" ".join(fact): (*fact[:2], fact[2:]) for fact in triples()}
    return {f"{person} {relation}": (person, relation, who) for (person, relation), who in answers().items()}


def counted(recipe: Recipe, seeds: list[int]) -> np.ndarray | None:
    """Return the cases that each seed is trained on, (S, C); the seed draws the four that are held out."""
    if recipe.held_out == "none":
        return None
    draws = {"random": _any_four, "fig_8": _four_as_in_fig_8, "triples": _any_four_triples}
    if recipe.held_out not in draws:
        raise BadInput(f"held_out must be none, {' or '.join(draws)}, was {recipe.held_out}")
    trained = np.ones((len(seeds), len(_facts(recipe))))
    for row, seed in zip(trained, seeds, strict=True):
        row[draws[recipe.held_out](generator(seed, stream=1))] = 0
    return trained


def _any_four(random: np.random.Generator) -> np.ndarray:
    return random.choice(len(answers()), 4, replace=False)


def _any_four_triples(random: np.random.Generator) -> np.ndarray:
    return random.choice(len(triples()), 4, replace=False)


def _four_as_in_fig_8(random: np.random.Generator) -> np.ndarray:
    who = list(answers().values())
    wanted = {name: [c for c, people in enumerate(who) if people == (name,)] for name in FIG_8}
    return np.concatenate([random.choice(wanted[name], FIG_8.count(name), replace=False) for name in wanted])


SCORES = {
    "trained_right": "the share of the training cases with every output on the right side of 0.5",
    "all_right": "that share is all of them",
    "trained_near": "the share of the training cases with every output above 0.75 or below 0.25, as it should be",
    "all_near": "that share is all of them",
    "trained_strict": "the share of the training cases with every output above 0.8 or below 0.2, as it should be",
    "all_strict": "that share is all of them",
    "held_out_right": "the number of held-out cases with every output on the right side of 0.5",
    "one_or_two_errors": "that number is two or three, of four",
    "held_out_chosen": "the number of held-out cases in which the most active output is a right one",
}
"""The columns of `scores`."""
OF_PEOPLE = {name: {"branch": "the branch of the family"}.get(name, name) for name in PERSON}
MEASURES = {
    **SCORES,
    **{
        name: f"the largest |correlation| of the weights into a person unit with {said}"
        for name, said in OF_PEOPLE.items()
    },
    **{
        f"codes_{name}": f"a person unit codes {said}: the squared correlation is at least a half"
        for name, said in OF_PEOPLE.items()
    },
    "twin_share": "the share of the cases in which the answer's twin in the other tree is above most wrong people",
    "twin_is_active": "twin_share is at least 0.9",
    "relation_sex": "the largest |correlation| of the weights into a relation unit with the sex of the answer",
    "codes_relation_sex": "a relation unit codes the sex of the answer",
    "ignores_sex": "no person unit codes sex",
    "nationality_units": "the number of person units that code nationality",
    "most_ignore_nationality": "one to three of the six person units code nationality",
    "share_a_job": "all training cases are right, and two person units have weights that are alike",
}
"""The columns of `measure`, as docs/rows.md explains them."""


def measure(nets: Nets) -> dict[str, np.ndarray]:
    """Return scores, the features that units code (PERSON, CODES), and whether two units share a job (ALIKE)."""
    out, on = nets.outputs, nets.on
    found = scores(nets)
    wrong = np.where(on, np.nan, out)
    twin = np.roll(on, 12, axis=1) & ~on
    found["twin_share"] = (measures.total(out * twin) / twin.sum(-1) > np.nanmedian(wrong, -1)).mean(-1)
    found["twin_is_active"] = found["twin_share"] >= 0.9
    to_person, to_relation = incoming(nets.wiring, nets.w, "person"), incoming(nets.wiring, nets.w, "relation")
    found |= {name: correlation(to_person, feature).max(1) for name, feature in PERSON.items()}
    found["relation_sex"] = correlation(to_relation, ANSWER_SEX).max(1)
    found |= {f"codes_{name}": found[name] ** 2 >= CODES for name in [*PERSON, "relation_sex"]}
    found["ignores_sex"] = ~found["codes_sex"]
    found["nationality_units"] = (correlation(to_person, PERSON["nationality"]) ** 2 >= CODES).sum(1)
    found["most_ignore_nationality"] = (found["nationality_units"] >= 1) & (found["nationality_units"] <= 3)
    found["share_a_job"] = (np.abs(_between(to_person)).max((1, 2)) >= ALIKE) & found["all_right"]
    return found


def scores(nets: Nets) -> dict[str, np.ndarray]:
    """Count the cases that are right by STANDARDS, among training cases and among held-out cases."""
    found: dict[str, np.ndarray] = {}
    for name, margin in STANDARDS.items():
        met = np.where(nets.on, nets.outputs > 0.5 + margin, nets.outputs < 0.5 - margin).all(-1)
        found[f"trained_{name}"] = (met & nets.counts).sum(1) / nets.counts.sum(1)
        found[f"all_{name}"] = found[f"trained_{name}"] == 1
        if name == "right" and nets.counted is not None:
            found["held_out_right"] = (met & ~nets.counts).sum(1)
            found["one_or_two_errors"] = (found["held_out_right"] >= 2) & (found["held_out_right"] <= 3)
    if nets.counted is not None:
        chosen = nets.on[np.arange(nets.on.shape[0]), nets.outputs.argmax(-1)]
        found["held_out_chosen"] = (chosen & ~nets.counts).sum(1)
    return found


def incoming(wiring: Wiring, w: np.ndarray, layer: str) -> np.ndarray:
    """Return (S, units, sources): the weights into each unit of a hidden layer, without its bias."""
    units = [k for k, name in enumerate(wiring.units) if name in {f"{layer}{n}" for n in range(1, 13)}]
    return np.stack([w[:, wiring.parameter[(wiring.target == unit) & (wiring.source > 0)]] for unit in units], 1)


def correlation(weights: np.ndarray, feature: np.ndarray) -> np.ndarray:
    """Return |Pearson's r| of weights (..., sources) with feature (sources,) -> (...)."""
    return np.abs(measures.correlation(weights, feature))


def _between(weights: np.ndarray) -> np.ndarray:
    """Return Pearson's r of each two units, (S, units, units), from weights (S, units, sources); 0 with itself."""
    return measures.correlation(weights[:, :, None], weights[:, None]) * (1 - np.eye(weights.shape[1]))


def printed_weights() -> np.ndarray:
    """Return the weights (6, 24) of H Fig. 6, digitised to about 0.1 and scaled to 1, in the order of PEOPLE."""
    text = (Path(__file__).parent / "person_unit_weights_1986.json").read_text("utf-8")
    return np.array([[(unit["Eng"] | unit["Ita"])[name] for name in PEOPLE] for unit in json.loads(text).values()])
