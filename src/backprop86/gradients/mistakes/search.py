"""The search for the operation of forward whose derivative is wrong.

Forward is recorded, operation by operation. Then each mistake that people make in a derivative (edits.py) is planted in
each operation, and the one that gives exactly the gradients that are there has been made. It must explain every
gradient that it touches: it is no explanation if a gradient that is right would be wrong as well.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import combinations, permutations
from math import isfinite
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from backprop86.gradients.candidate import Pair, near
from backprop86.gradients.mistakes.edits import KINDS, Edit, Site, scaled, spreads
from backprop86.gradients.mistakes.numbers import in_words, scales, sizes_of
from backprop86.gradients.mistakes.suspect import Suspect
from backprop86.gradients.mistakes.trace import Call, Change, Path, Recording, Replaying

OPERATIONS = 600
"""With more operations a search would take minutes."""
WORK = 3e8
"""The numbers that a search may compute, and RUNS the times that it may run forward."""
RUNS = 4000
STEP = 1e-6
ENTRIES = 3
"""With fewer entries anything is explained by something."""


class _TwiceError(Exception):
    """The oracle runs forward more than once, as differences do: it would take too long."""


class Search:
    """All that is asked about one pair and one dE_dout."""

    def __init__(self, suspect: Suspect) -> None:
        """Record forward."""
        self.pair, self.dE_dout, self.oracle = suspect.pair, suspect.dE_dout, suspect.oracle
        self.by_hand = suspect.all_by_hand
        self.tolerance = max(1e-9, suspect.tolerance)
        self.tensors = self.pair.tensors
        self.runs = 0.0
        recording = Recording()
        with recording:
            out = self.pair.function(*self.tensors)
        self.out = out.detach()
        self.calls = recording.calls
        total = sum(_size(call.result) for call in self.calls.values())
        self.most = min(RUNS, WORK / max(total, 1)) if len(self.calls) <= OPERATIONS else 0

    @cached_property
    def found(self) -> dict[int, str]:
        """The words for each wrong gradient that an edit explains, by the number of its tensor."""
        told: dict[int, str] = {}
        try:
            wrong = self.wrong
            for edit in self._edits():
                if not (edit.tensors & wrong - told.keys()) or not self._fits(edit):
                    continue
                if self._explains(edit):
                    told |= {k: edit.words + self._line(edit) for k in edit.tensors if k in wrong and k not in told}
                if wrong <= told.keys():
                    break
        except _TwiceError:
            pass
        return told

    def _line(self, edit: Edit) -> str:
        """Return the line of the edited operation where the same is written in another line as well."""
        place = self.calls[next(iter(edit.changes))].place
        again = {call.place for call in self.calls.values() if call.place.text == place.text} - {place}
        return f" (line {place.span[0]})" if again and place.span[0] > 0 else ""

    @cached_property
    def rights(self) -> list[Tensor]:
        """The right gradients."""
        return self._gradients({})

    @cached_property
    def wrong(self) -> frozenset[int]:
        """The numbers of the tensors whose gradients are wrong."""
        pairs = enumerate(zip(self.by_hand, self.rights, strict=True))
        return frozenset(k for k, (ours, right) in pairs if not _like(ours, right) or not near(ours, right, 1e-12))

    def _gradients(self, changes: dict[int, Change]) -> list[Tensor]:
        """Return the gradients with these changes of forward, by an oracle that runs it once."""
        runs = 0

        def function(*tensors: Tensor) -> Tensor:
            nonlocal runs
            runs += 1
            if runs > 2:
                raise _TwiceError
            with Replaying(self.calls, changes):
                return self.pair.function(*tensors)

        self.runs += 3
        return self.oracle(function, self.tensors, self.dE_dout)

    @cached_property
    def sites(self) -> list[Site]:
        """Every operand through which wrong gradients flow and no right one, from the output back."""
        groups: dict[tuple, list[int]] = {}
        for number, call in self.calls.items():
            for path in call.operands():
                groups.setdefault((call.place, call.name, len(call.args), path), []).append(number)
        sites = []
        for (*_, path), numbers in groups.items():
            calls = [self.calls[number] for number in numbers]
            carried = frozenset(k for k, moved in self.moved.items() if any((n, path) in moved for n in numbers))
            if len({call.operands()[path].shape for call in calls}) == 1 and carried and carried <= self.wrong:
                whole = frozenset(
                    k for k, moved in self.moved.items() if any(n == m for n in numbers for m, _ in moved)
                )
                sites.append(Site(numbers, calls, path, carried, whole, self._others(calls)))
        return sites[::-1]

    @cached_property
    def moved(self) -> dict[int, set[tuple[int, Path]]]:
        """The operands that move with each tensor."""
        moved = {}
        for k, tensor in enumerate(self.tensors):
            recording, nudged = Recording(), tensor + STEP * self._direction[k]
            with recording:
                self.pair.function(*self.tensors[:k], nudged, *self.tensors[k + 1 :])
            moved[k] = {
                (n, path)
                for n, call in recording.calls.items()
                for path, operand in call.operands().items()
                if n in self.calls and not _same(operand, self.calls[n].operands().get(path))
            }
        return moved

    def _others(self, calls: list[Call]) -> Callable[[], dict[str, list[Tensor]]]:
        """Return a function for the values of forward that are there as often as these calls, or once."""

        def others() -> dict[str, list[Tensor]]:
            return {name: values for name, values in self.values.items() if len(values) in (1, len(calls))}

        return others

    @cached_property
    def values(self) -> dict[str, list[Tensor]]:
        """Every value of forward by its name, as often as it is computed."""
        found: dict[str, list[Tensor]] = {}
        for group in self._by_place.values():
            for path in group[0].operands():
                found.setdefault(
                    group[0].told(path), [call.operands()[path] for call in group if path in call.operands()]
                )
            if isinstance(group[0].result, Tensor) and group[0].result.is_floating_point():
                place = group[0].place
                found.setdefault(place.text if place.name in found else place.name, [call.result for call in group])
        for name, tensor in zip(self.pair.names, self.tensors, strict=True):
            found.setdefault(name, [tensor])
        unlike: dict[str, list[Tensor]] = {}
        for name, values in found.items():
            if not any(len(values) == len(v) and all(map(_same, values, v)) for v in unlike.values()):
                unlike[name] = values
        return unlike

    @cached_property
    def _by_place(self) -> dict[Any, list[Call]]:
        groups: dict[Any, list[Call]] = {}
        for call in self.calls.values():
            groups.setdefault((call.place, call.name), []).append(call)
        return groups

    def _edits(self) -> Iterator[Edit]:
        """Yield the edits of all sites: the simple ones first, then factors, then two paths at once."""
        if sum(self.tensors[k].numel() for k in self.wrong) < ENTRIES:
            return
        yield from self._uses()
        for kind in KINDS:
            for site in self.sites:
                yield from kind(site)
        yield from self._factors()
        for one, two in combinations(self.sites, 2):
            if one.numbers != two.numbers:
                words = f"the paths through {one.told} and through {two.told} are missing"
                both = one.changed(scaled(one.path, 0)) | two.changed(scaled(two.path, 0))
                yield Edit(words, both, one.tensors | two.tensors)

    def _uses(self) -> Iterator[Edit]:
        """Yield the edits that count one of several uses of a tensor alone."""
        for k in self.wrong:
            sites = [site for site in self.sites if id(self.tensors[k]) in {call.ids[site.path] for call in site.calls}]
            for site in sites if len(sites) > 2 else ():
                others = [other for other in sites if other is not site]
                held = {n: scaled(other.path, 0) for other in others for n in other.numbers}
                if len(held) == sum(len(other.numbers) for other in others):
                    words = f"of the {len(sites)} uses of `{site.call.told(site.path)}`, only that in `{site.call.place.text}` is counted"
                    yield Edit(f"{words}: = for +=", held, frozenset({k}))

    def _factors(self) -> Iterator[Edit]:
        """Yield the edits that let a path count a fixed number of times, which is read off a slope."""
        averages = [site for site in self.sites if site.call.name in ("mean", "sum", "var", "std")]
        for site in sorted(self.sites, key=lambda site: (not scales(site.call), site not in averages)):
            yield from self._counted([site], f"the path through {site.told} counts")
        if len(averages) > 1:
            told = " and ".join(site.told for site in averages)
            yield from self._counted(averages, f"the paths through {told} count")

    def _counted(self, sites: list[Site], words: str) -> Iterator[Edit]:
        tensors = frozenset().union(*(site.tensors for site in sites))
        if all(_like(self.by_hand[k], self.tensors[k]) for k in tensors) and not all(map(self._plain, tensors)):
            right, held = self._slope({}, tensors), self._slope(_scaled(sites, 0), tensors)
            factor = 1 + (self._wanted(tensors) - right) / (right - held) if right != held else 0.0
            if isfinite(factor) and abs(factor) > 1e-5:
                factor, told = in_words(factor, sizes_of(sites[0].call))
                yield Edit(f"{words} {told} what it must", _scaled(sites, factor), tensors)

    def _plain(self, k: int) -> bool:
        """Return whether a gradient is a plain multiple of the right one, which whole.py tells."""
        ours, right = self.by_hand[k], self.rights[k]
        largest = int(right.abs().argmax())
        factor = ours.flatten()[largest] / right.flatten()[largest]
        return near(ours, factor * right)

    @cached_property
    def _direction(self) -> list[Tensor]:
        drawn = torch.Generator().manual_seed(1986)
        return [torch.randn(t.shape, dtype=t.dtype, generator=drawn) * (1 + t.abs()) for t in self.tensors]

    def _slope(self, changes: dict[int, Change], tensors: frozenset[int]) -> float:
        """Return the slope of E along a direction of these tensors, with changes of forward."""
        self.runs += 1
        nudged = [t + STEP * self._direction[k] if k in tensors else t for k, t in enumerate(self.tensors)]
        with Replaying(self.calls, changes):
            out = self.pair.function(*nudged)
        return float(((out - self.out) * self.dE_dout).sum()) / STEP

    def _wanted(self, tensors: frozenset[int]) -> float:
        return float(sum((self.by_hand[k] * self._direction[k]).sum() for k in tensors))

    def _fits(self, edit: Edit) -> bool:
        """Return whether the edit gives about the slope along one direction that the gradient by hand has."""
        if self.runs > self.most or not all(_like(self.by_hand[k], self.tensors[k]) for k in edit.tensors):
            return False
        sizes = (self.by_hand[k] * self._direction[k] for k in edit.tensors)
        size = float(sum(one.square().sum() for one in sizes)) ** 0.5
        try:
            return abs(self._slope(edit.changes, edit.tensors) - self._wanted(edit.tensors)) <= 1e-3 * size
        except (RuntimeError, TypeError, IndexError, ValueError):  # the edit makes no sense here
            return False

    def _explains(self, edit: Edit) -> bool:
        """Return whether the edit gives exactly the gradients by hand that it touches."""
        try:
            found = self._gradients(edit.changes)
        except (RuntimeError, TypeError, IndexError, ValueError):
            return False
        return all(near(self.by_hand[k], found[k], self.tolerance) and found[k].any() for k in edit.tensors)


def _scaled(sites: list[Site], factor: float) -> dict[int, Change]:
    changes: dict[int, Change] = {}
    for site in sites:
        changes |= site.changed(scaled(site.path, factor))
    return changes


def _like(ours: Any, tensor: Tensor) -> bool:
    return isinstance(ours, Tensor) and ours.shape == tensor.shape and bool(ours.isfinite().all())


def _same(one: Tensor, two: Tensor | None) -> bool:
    return two is not None and one.shape == two.shape and one.dtype == two.dtype and one.equal(two)


def _size(result: Any) -> int:
    return result.numel() if isinstance(result, Tensor) else sum(map(_size, result)) if isinstance(result, tuple) else 0


_SEARCHES: WeakKeyDictionary[Pair, Search] = WeakKeyDictionary()


def multiple(suspect: Suspect) -> str:
    """Tell a gradient that is right once it is multiplied or divided by a value of forward, or by the root of one."""
    if suspect.by_hand.numel() < ENTRIES:
        return ""
    values = {
        name: values[0]
        for name, values in _search(suspect)._values.items()
        if len(values) == 1 and values[0].numel() > 1 and spreads(values[0].shape, suspect.by_hand.shape)
    }
    for name, value in values.items():
        for told, by in (("multiplied", value), ("divided", 1 / value)):
            if suspect.close(suspect.by_hand * by):
                return f"{told} by `{name}` it would be right"
    for (one, a), (two, b) in permutations(values.items(), 2):
        if suspect.close(suspect.by_hand * a / b):
            return f"multiplied by `{one}` and divided by `{two}` it would be right"
        if suspect.close(suspect.by_hand * a.abs().sqrt() / b):
            return f"multiplied by the root of `{one}` and divided by `{two}` it would be right"
        if suspect.close(suspect.by_hand * a / b.abs().sqrt()):
            return f"multiplied by `{one}` and divided by the root of `{two}` it would be right"
    return ""


def inverted(suspect: Suspect) -> str:
    """Tell a number by which forward multiplies or divides, and the gradient the other way round."""
    search = _search(suspect)
    for number, call in search.calls.items() if suspect.by_hand.numel() >= ENTRIES else ():
        by = scales(call)
        if abs(by) not in (0, 1) and any(moved == number for moved, _ in search.moved[suspect.k]):
            if suspect.close(suspect.by_hand * by**2) or suspect.close(suspect.by_hand / by**2):
                return f"the number in `{call.place.text}` multiplies where it must divide, or the other way round"
    return ""


def operation(suspect: Suspect) -> str:
    """Return the mistake in the derivative of one operation that explains the gradient, in words."""
    return _search(suspect).found.get(suspect.k, "")


def _search(suspect: Suspect) -> Search:
    search = _SEARCHES.get(suspect.pair)
    if search is None or not search.dE_dout.equal(suspect.dE_dout):
        search = _SEARCHES[suspect.pair] = Search(suspect)
    return search
