"""Paths that are lost or have their sign turned: in every step of a loop, in all steps but one, or in one."""

from collections.abc import Iterator

from backprop86.gradients.mistakes.edits import Edit, Site, held, weighed

MANY = 32
"""A loop or a list with more steps than this is not examined step by step."""


def paths(site: Site) -> Iterator[Edit]:
    """Yield the edits that lose the path through an operand, turn its sign, or count it once in a loop."""
    hold, n = weighed(site.path, 0), len(site.numbers)
    missing = f"the path through {site.told} is missing: it is the gradient with that held constant"
    yield site.changed(missing, hold)
    yield site.changed(f"the sign of the path through {site.told} is turned", weighed(site.path, -1))
    for k, number in enumerate(site.numbers if 1 < n <= MANY else ()):
        told = f"of the {n} times that forward runs {site.told}"
        rest = {one: hold for one in site.numbers if one != number}
        yield Edit(f"{told}, only the {_nth(k, n)} is counted: is it = for +=?", site.call.place, rest, site.tensors)
        yield Edit(f"{told}, the {_nth(k, n)} is left out", site.call.place, {number: hold}, site.tensors)
    yield from _elements(site)


def _elements(site: Site) -> Iterator[Edit]:
    """Yield the edits that count only one element of a list."""
    elements = [path for path in site.call.operands() if path[0] == site.path[0]]
    if len(site.path) > 1 and 2 < len(elements) <= MANY and len(site.numbers) == 1:
        only = _nth(site.path[1], len(elements))
        others = held([path for path in elements if path != site.path])
        words = f"of the {len(elements)} parts of `{site.text}`, only the {only} is counted"
        yield site.changed(words, others, site.whole)


def _nth(k: int, n: int) -> str:
    return "first" if k == 0 else "last" if k == n - 1 else f"{k + 1}th" if k > 2 else ("second", "third")[k - 1]
