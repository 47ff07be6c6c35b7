"""The search for the operation of forward whose derivative is wrong.

Forward is recorded, operation by operation. Then each mistake that people make in a derivative is planted in each
operation (paths, slopes, partners, reductions, picks), and the mistake that gives exactly the gradients by hand is the
one that was made. It must explain every gradient that it touches: a mistake that spoils a right gradient explains
nothing.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations
from typing import Any

from torch import Tensor

from backprop86.gradients.candidate import near
from backprop86.gradients.mistakes.edits import Edit, Site, weighed
from backprop86.gradients.mistakes.forward import STEP, Forward
from backprop86.gradients.mistakes.numbers import in_words, scales, sizes_of
from backprop86.gradients.mistakes.partners import partners
from backprop86.gradients.mistakes.paths import paths
from backprop86.gradients.mistakes.picks import picks
from backprop86.gradients.mistakes.reductions import reductions
from backprop86.gradients.mistakes.slopes import shortcuts, slopes
from backprop86.gradients.mistakes.suspect import Suspect
from backprop86.gradients.mistakes.trace import Change

KINDS = (paths, slopes, partners, shortcuts, reductions, picks)
"""Every kind of edit of an operand, in the order in which they are tried."""
OPERATIONS, RUNS, WORK = 600, 4000, 3e8
"""Limits of a search: operations of forward, runs of it, and numbers to compute; more would take minutes."""
ENTRIES = 3
"""With fewer entries than this, some edit explains any gradient."""
SENSELESS = (RuntimeError, TypeError, IndexError, ValueError, AttributeError)
"""The errors that an edit raises where it makes no sense."""


class _TwiceError(Exception):
    """An oracle that runs forward more than once, as differences do: the search would take too long."""


class Search:
    """The search for edits of one pair's forward pass that explain its wrong gradients."""

    def __init__(self, suspect: Suspect) -> None:
        """Record forward."""
        self.dE_dout, self.oracle, self.by_hand = suspect.dE_dout, suspect.oracle, suspect.all_by_hand
        self.tolerance = max(1e-9, suspect.tolerance)
        self.forward = Forward(suspect.pair)
        self.tensors = suspect.pair.tensors
        self.runs = 0.0
        few = len(self.forward.calls) <= OPERATIONS
        self.most = min(RUNS, WORK / max(self.forward.numel, 1)) if few else 0

    @cached_property
    def found(self) -> dict[int, str]:
        """The words for each wrong gradient that an edit explains, by the number of its tensor."""
        told: dict[int, str] = {}
        try:
            for edit in self._edits():
                if edit.tensors & self.wrong - told.keys() and self._fits(edit) and self._explains(edit):
                    told = {k: edit.words + self._line(edit) for k in edit.tensors & self.wrong} | told
                if self.wrong <= told.keys() or self.runs > self.most:
                    break
        except _TwiceError:
            pass
        return told

    @cached_property
    def rights(self) -> list[Tensor]:
        """The right gradients."""
        return self._gradients({})

    @cached_property
    def wrong(self) -> frozenset[int]:
        """The numbers of the tensors whose gradients are wrong."""
        both = enumerate(zip(self.by_hand, self.rights, strict=True))
        return frozenset(k for k, (ours, right) in both if not (_like(ours, right) and near(ours, right, 1e-12)))

    @cached_property
    def sites(self) -> list[Site]:
        """Every operand whose derivative may be wrong."""
        return self.forward.sites(self.wrong)

    def _gradients(self, changes: dict[int, Change]) -> list[Tensor]:
        """Return the gradients with changes of forward, by an oracle that runs it once."""
        runs = 0

        def function(*tensors: Tensor) -> Tensor:
            nonlocal runs
            runs += 1
            if runs > 2:
                raise _TwiceError
            return self.forward.again(list(tensors), changes)

        self.runs += 3
        return self.oracle(function, self.tensors, self.dE_dout)

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
                yield Edit(words, one.call.place, _weighed([one, two], 0), one.tensors | two.tensors)

    def _uses(self) -> Iterator[Edit]:
        """Yield the edits that count only one of three or more uses of a tensor."""
        for k in self.wrong:
            uses = [
                site for site in self.sites if any(call.ids[site.path] == id(self.tensors[k]) for call in site.calls)
            ]
            for use in uses if len(uses) > 2 else ():
                changes = _weighed([other for other in uses if other is not use], 0)
                if len(changes) == sum(len(other.numbers) for other in uses if other is not use):
                    words = f"of the {len(uses)} uses of `{use.name}`, only that in `{use.text}` is counted"
                    yield Edit(words, use.call.place, changes, frozenset({k}))

    def _factors(self) -> Iterator[Edit]:
        """Yield the edits that multiply one path by a number, or all paths through averages."""
        averages = [site for site in self.sites if site.call.name in ("mean", "sum", "var", "std")]
        for site in sorted(self.sites, key=lambda site: (not scales(site.call), site not in averages)):
            yield from self._counted([site], f"the path through {site.told} counts")
        if len(averages) > 1:
            told = " and ".join(site.told for site in averages)
            yield from self._counted(averages, f"the paths through {told} count")

    def _counted(self, sites: list[Site], words: str) -> Iterator[Edit]:
        """Yield the edit with the factor that would explain the gradient of the largest tensor, if there is one."""
        tensors = frozenset().union(*(site.tensors for site in sites))
        k = max(tensors, key=lambda k: self.tensors[k].numel())
        if not _like(self.by_hand[k], self.rights[k]) or all(map(self._plain, tensors)):
            return
        through = self.rights[k] - self._gradients(_weighed(sites, 0))[k]
        off, size = self.by_hand[k] - self.rights[k], float((through * through).sum())
        factor = 1 + float((off * through).sum()) / size if size else 0.0
        if abs(factor) > 1e-9 and near((factor - 1) * through, off, 1e-6):
            factor, told = in_words(factor, sizes_of(sites[0].call))
            yield Edit(f"{words} {told} what it must", sites[0].call.place, _weighed(sites, factor), tensors)

    def _plain(self, k: int) -> bool:
        """Return whether a gradient is a plain multiple of the right one, which whole.py names."""
        ours, right = self.by_hand[k], self.rights[k]
        largest = int(right.abs().argmax())
        return _like(ours, right) and near(ours, ours.flatten()[largest] / right.flatten()[largest] * right)

    def _fits(self, edit: Edit) -> bool:
        """Return whether, along one direction, the edit gives about the same slope as the gradients by hand."""
        if not all(_like(self.by_hand[k], self.tensors[k]) for k in edit.tensors):
            return False
        self.runs += 1
        direction = self.forward.direction
        nudged = [t + STEP * direction[k] if k in edit.tensors else t for k, t in enumerate(self.tensors)]
        try:
            out = self.forward.again(nudged, edit.changes)
        except SENSELESS:
            return False
        slope = float(((out - self.forward.out) * self.dE_dout).sum()) / STEP
        wanted = [self.by_hand[k] * direction[k] for k in edit.tensors]
        size = sum(float(one.square().sum()) for one in wanted) ** 0.5
        return abs(slope - sum(float(one.sum()) for one in wanted)) <= 1e-3 * size

    def _explains(self, edit: Edit) -> bool:
        """Return whether the edit gives exactly the gradients by hand, in every tensor that it touches."""
        try:
            found = self._gradients(edit.changes)
        except SENSELESS:
            return False
        return all(near(self.by_hand[k], found[k], self.tolerance) and found[k].any() for k in edit.tensors)

    def _line(self, edit: Edit) -> str:
        """Return the line number of the edited operation, if another line has the same text."""
        place, every = edit.place, {call.place for call in self.forward.calls.values()}
        again = any(other.text == place.text for other in every - {place})
        return f" (line {place.span[0]})" if again and place.span[0] > 0 else ""


def _weighed(sites: list[Site], factor: float) -> dict[int, Change]:
    changes: dict[int, Change] = {}
    for site in sites:
        changes |= dict.fromkeys(site.numbers, weighed(site.path, factor))
    return changes


def _like(ours: Any, tensor: Tensor) -> bool:
    return isinstance(ours, Tensor) and ours.shape == tensor.shape and bool(ours.isfinite().all())


def search_of(suspect: Suspect) -> Search:
    """Return the search that all wrong gradients of a pair share; the pair owns it."""
    kept = vars(suspect.pair)
    if "search" not in kept or not kept["search"].dE_dout.equal(suspect.dE_dout):
        kept["search"] = Search(suspect)
    return kept["search"]


def operation(suspect: Suspect) -> str:
    """Name the mistake in the derivative of one operation that explains the gradient."""
    return search_of(suspect).found.get(suspect.k, "")
