"""The two families of N Fig. 2: the marriages and children, and the relations that follow from them."""

from collections import defaultdict
from functools import cache

import numpy as np

COUPLES = (  # husband, wife, their son, their daughter
    ("Christopher", "Penelope", "Arthur", "Victoria"),
    ("Andrew", "Christine", "James", "Jennifer"),
    ("Arthur", "Margaret"),
    ("James", "Victoria", "Colin", "Charlotte"),
    ("Charles", "Jennifer"),
)
ENGLISH = (
    "Christopher", "Andrew", "Arthur", "James", "Charles", "Colin",
    "Penelope", "Christine", "Victoria", "Jennifer", "Margaret", "Charlotte",
)  # fmt: skip
"""The English, in the order of the figures: six men, six women."""
ITALIAN = (
    "Roberto", "Pierro", "Emilio", "Marco", "Tomaso", "Alfonso",
    "Maria", "Francesca", "Lucia", "Angela", "Gina", "Sophia",
)  # fmt: skip
"""The Italians, each below the English twin with the same place in the other tree."""
PEOPLE = ENGLISH + ITALIAN
RELATIONS = (
    "husband", "wife", "son", "daughter", "father", "mother",
    "brother", "sister", "nephew", "niece", "uncle", "aunt",
)  # fmt: skip
FEATURES = {  # of ENGLISH, in order; nationality is added below
    "generation": (0, 0, 1, 1, 1, 2) * 2,
    "branch": (-1, 1, -1, 1, 1, 0, -1, 1, -1, 1, -1, 0),  # Colin and Charlotte descend from both
    "sex": (-1,) * 6 + (1,) * 6,
}
PERSON = {"nationality": np.repeat([-1, 1], 12)} | {name: np.tile(values, 2) for name, values in FEATURES.items()}
"""The features of each person, in the order of PEOPLE."""
ANSWER_SEX = np.tile([-1, 1], 6)
"""The sex of the answer to each of RELATIONS."""


@cache
def answers() -> dict[tuple[str, str], tuple[str, ...]]:
    """Map (person, relation) to the people who are the answer, for both families."""
    english = _relatives()
    twin = dict(zip(ENGLISH, ITALIAN, strict=True))
    italian = {(twin[p], relation): tuple(twin[q] for q in who) for (p, relation), who in english.items()}
    every = english | italian
    order = [(person, relation) for person in PEOPLE for relation in RELATIONS]
    return {pair: every[pair] for pair in order if pair in every}


def triples() -> list[tuple[str, str, str]]:
    """Return every fact separately: person, relation, answer."""
    return [(person, relation, name) for (person, relation), who in answers().items() for name in who]


def _relatives() -> dict[tuple[str, str], tuple[str, ...]]:
    spouse: dict[str, str] = {}
    parents: dict[str, list[str]] = defaultdict(list)
    children: dict[str, list[str]] = defaultdict(list)
    for husband, wife, *offspring in COUPLES:
        spouse |= {husband: wife, wife: husband}
        for child in offspring:
            parents[child] = [husband, wife]
        children[husband] = children[wife] = offspring

    def married(people: list[str]) -> list[str]:
        return people + [spouse[person] for person in people if person in spouse]

    def siblings(person: str) -> list[str]:
        return [child for parent in parents[person][:1] for child in children[parent] if child != person]

    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for person in ENGLISH:
        relatives = [
            [spouse[person]] if person in spouse else [],
            children[person],
            parents[person],
            siblings(person),
            [child for relative in married([person]) for sibling in siblings(relative) for child in children[sibling]],
            [relative for parent in parents[person] for relative in married(siblings(parent))],
        ]
        for k, people in enumerate(relatives):
            for relation, sex in ((RELATIONS[2 * k], ENGLISH[:6]), (RELATIONS[2 * k + 1], ENGLISH[6:])):
                if who := tuple(other for other in sex if other in people):
                    found[person, relation] = who
    return found
