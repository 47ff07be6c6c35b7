"""The gradient checker: is a backward pass right, how far is it off, and which mistake does it look like?

    report = gradcheck(forward, backward, [y], {"w": w})
    assert report, report

takes every form that any_form.py lists.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from backprop86.gradients import differences, rounding
from backprop86.gradients.any_form import form_of
from backprop86.gradients.candidate import LOW, OTHERS, Pair, distance, malformed, near
from backprop86.gradients.differences import Function
from backprop86.gradients.doubling import in_double
from backprop86.gradients.forms import Form
from backprop86.gradients.mistakes import Gradients, Suspect, looks_like
from backprop86.gradients.oracles import AUTOGRAD, CENTRAL, EXTENDED, ORACLES, Oracle
from backprop86.gradients.projections import Projected, corrected
from backprop86.gradients.report import Report
from backprop86.gradients.taylor import slope_of_remainder
from backprop86.gradients.untouched import Untouched

EVERY = 1000
"""A tensor with more entries than this is compared along directions, and not entry by entry."""
MOST, FEW = 4000, 50
"""If the tensors of up to EVERY entries have more than MOST in all, so are those of more than FEW."""
ITSELF = "itself in float64"
"""The judge of a gradient in a lower type: the same passes on float64 copies."""
OTHER = -1024.0
"""The factor of a second dE_dout: a power of two, by which a linear backward pass multiplies exactly."""
NOT_LINEAR = "right for this dE_dout alone: with -1,024 times as much it must be -1,024 times what it is"
DROWNED = "central differences alone cannot tell: the rounding of E is larger than its slope"


def gradcheck(
    forward: Any,
    backward: Any = None,
    inputs: Sequence[Any] = (),
    params: Mapping[str, Any] | None = None,
    oracles: Sequence[str] | None = None,
    *,
    constants: Mapping[str, Any] | None = None,
    fast: bool | None = None,
    seed: int = 1986,
    extended: Callable[..., Sequence[np.ndarray]] | None = None,
) -> Report:
    """Compare a backward pass with autograd, the complex step and central differences, at the values given.

    inputs go to forward by their place, params and constants to the arguments of the same names. The check judges the
    tensors of real numbers in inputs and params. Passes in float32, bfloat16 or float16 are judged on float64 copies,
    and then against those (rounding.py). Every call finds the same state, with the state of random generators, and
    leaves it unchanged. dE_dout is random (ones would hide errors), drawn from `seed`. oracles: names of the oracles to
    use; None is all. fast: compare along random directions (projections.py) and not entry by entry; None does so for
    tensors of more than 1,000 entries. extended(*arrays, dE_dout) -> the same gradients in other code.
    In report.table exact: equal bit for bit. absolute: the largest error of an entry; relative: that over the tensor's
    largest entry, at most 1e-12 (1e-7 for central differences, or their rounding); ulp: the largest error of an entry
    in units of its own last place. taylor: the slope of the Taylor remainder, 2 for a right gradient (taylor.py).
    Raises ValueError, in one line, for passes that cannot be compared.
    """
    chosen = _chosen(oracles, extended)
    form = form_of(forward, backward, inputs, params or {}, constants or {})
    low = [v.dtype for k in form.judged if isinstance(v := form.arguments[k], Tensor) and v.dtype in LOW]
    # reading generators takes long: once, not at each call
    with torch.enable_grad(), Untouched(numpy=np.random.random, python=random.random):
        as_given = Pair(form)
        pair = _in_double(form) if low else as_given
        drawn = torch.Generator().manual_seed(seed)
        dE_dout = torch.randn(pair.out.shape, dtype=torch.float64, generator=drawn).to(pair.out.device)
        dE_dout = dE_dout.to(as_given.out.dtype)
        judging = _Judging(pair, dE_dout.double(), fast, seed)
        rows = judging.rows(chosen)
        if low:
            rows += _in_low_type(as_given, dE_dout, judging, max(low, key=lambda dtype: torch.finfo(dtype).eps))
    return Report(pd.DataFrame(rows), judging.left_out)


def _in_double(form: Form) -> Pair:
    """Return the pair on float64 copies; ValueError, in one line, if it runs only in the type of its tensors."""
    try:
        return Pair(in_double(form))
    except RuntimeError as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"forward must run in float64 as well, where it is judged: {why}") from error


def _chosen(names: Sequence[str] | None, extended: Callable[..., Sequence[np.ndarray]] | None) -> list[Oracle]:
    names = list(ORACLES) if names is None else list(names) if isinstance(names, list | tuple) else [str(names)]
    strangers = [name for name in names if name not in ORACLES]
    if strangers or not (names or extended is not None):
        raise ValueError(
            f"oracles must be one or more of {', '.join(ORACLES)}, was {strangers[0] if strangers else 'none'}"
        )
    more = [] if extended is None else [Oracle(EXTENDED, _in_other_code(extended), AUTOGRAD.tolerance)]
    return [*(ORACLES[name] for name in names), *more]


def _in_other_code(extended: Callable[..., Sequence[np.ndarray]]) -> Gradients:
    def gradients(f: Function, tensors: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
        return [torch.tensor(found) for found in extended(*(tensor.numpy() for tensor in [*tensors, cotangent]))]

    return gradients


class _Judging:
    """A comparison: a pair at one dE_dout, its gradients by hand, and the answers of the oracles."""

    def __init__(self, pair: Pair, dE_dout: Tensor, fast: bool | None, seed: int) -> None:
        self.pair, self.dE_dout, self.fast, self.seed = pair, dE_dout, fast, seed
        self.by_hand = pair.gradients(dE_dout)
        again = zip(self.by_hand, pair.gradients(OTHER * dE_dout), pair.tensors, strict=True)
        self.linear = [_is_linear(ours, other, x) for ours, other, x in again]
        self.left_out: dict[str, str] = {}
        self.words: dict[int, str] = {}
        self.size = float((pair.out * dE_dout).abs().sum())

    def rows(self, chosen: list[Oracle]) -> list[dict[str, Any]]:
        """Return a row for each oracle and tensor."""
        answers = {oracle: answer for oracle in chosen if (answer := self.asked(oracle)) is not None}
        if not answers:
            told = ", ".join(f"{name}: {why}" for name, why in self.left_out.items())
            raise ValueError(f"oracles must be able to judge forward ({told}): {OTHERS}")
        cheapest = next(iter(answers))
        taylor = [self.remainder(k) for k in range(len(self.by_hand))]
        rows = [
            self.row(oracle, k, right, cheapest) | {"taylor": taylor[k]}
            for oracle, answer in answers.items()
            for k, right in enumerate(answer)
        ]
        return self.without_unfit(rows)

    def without_unfit(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows without those of central differences that fail where another oracle agrees."""
        others = [row for row in rows if row["oracle"] != CENTRAL.name]
        right, kept = {row["tensor"] for row in others if row["agrees"]}, []
        for row in rows:
            by_central, excused = row["oracle"] == CENTRAL.name, row.pop("excused")
            if by_central and excused and row["tensor"] in right:
                self.left_out[CENTRAL.name] = row["looks_like"].removesuffix(f": {OTHERS}")
                continue
            if not others and row["agrees"] and row["relative"] > 1e-3:
                row |= {"agrees": False, "looks_like": DROWNED}
            kept.append(row)
        return kept

    def asked(self, oracle: Oracle) -> list[Tensor | Projected] | None:
        """Return an oracle's answer for each tensor; None, with a reason noted, if it cannot judge."""
        if oracle.name in self.pair.left_out:
            self.left_out[oracle.name] = self.pair.left_out[oracle.name]
            return None
        if not oracle.optional:
            return self.answer(oracle)
        with differences.quiet():
            try:
                answer = self.answer(oracle)
            except Exception:  # of any type: real numbers do not raise it
                answer = None
        if answer is None or self.contradicted(answer, oracle):
            self.left_out[oracle.name] = f"not for {differences.not_complex(self.pair)}"
            return None
        return answer

    def answer(self, oracle: Oracle) -> list[Tensor | Projected]:
        """Return the gradient of each tensor, or the result of its projections."""
        given = self.pair.function, self.pair.tensors, self.dE_dout
        n = len(self.by_hand)
        large = [] if oracle.along is None else [k for k in range(n) if self.is_large(k)]
        if not large:
            return list(oracle.gradients(*given))
        small = [k for k in range(n) if k not in large]
        found: dict[int, Tensor | Projected] = dict(zip(small, oracle.gradients(*given, small), strict=True))
        for k in large:
            x, ours = self.pair.tensors[k], self.by_hand[k]
            found[k] = x if malformed(ours, x) else self.projected(oracle, k, ours)  # with x nothing is compared
        return [found[k] for k in range(n)]

    def projected(self, oracle: Oracle, k: int, gradient: Tensor) -> Projected:
        """Return the result of comparing a gradient of tensor k with the projections of an oracle."""
        assert oracle.along is not None
        along = partial(oracle.along(self.pair.function, self.pair.tensors, self.dE_dout), k)
        noise, believed = 2 * oracle.noise * self.size, self.by_autograd
        return corrected(gradient, along, oracle.tolerance, noise, self.seed, None if believed is None else believed[k])

    def is_large(self, k: int) -> bool:
        """Return whether a tensor is compared along directions."""
        if self.fast is not None:
            return self.fast
        sizes = [tensor.numel() for tensor in self.pair.tensors]
        return sizes[k] > EVERY or (sum(size for size in sizes if size <= EVERY) > MOST and sizes[k] > FEW)

    @cached_property
    def by_autograd(self) -> list[Tensor] | None:
        """The gradients by autograd, None where it cannot judge."""
        try:
            return AUTOGRAD.gradients(self.pair.function, self.pair.tensors, self.dE_dout)
        except Exception:  # autograd reports it itself, if it is among the oracles
            return None

    def contradicted(self, answer: list[Tensor | Projected], oracle: Oracle) -> bool:
        """Return whether autograd and central differences both contradict the complex step."""
        rights = self.by_hand if self.by_autograd is None else self.by_autograd
        if any(malformed(right, x) for right, x in zip(rights, self.pair.tensors, strict=True)):
            return False
        stepped = [one.right if isinstance(one, Projected) else one for one in answer]
        return differences.contradicts(self.pair, self.dE_dout, stepped, rights, oracle.tolerance)

    def remainder(self, k: int) -> float:
        """Return the slope of the Taylor remainder of tensor k, NaN if it has no gradient to judge."""
        ours = self.by_hand[k]
        if malformed(ours, self.pair.tensors[k]):
            return np.nan
        return slope_of_remainder(self.pair.function, self.pair.tensors, self.dE_dout, k, ours, self.seed)

    def row(self, oracle: Oracle, k: int, answer: Tensor | Projected, cheapest: Oracle) -> dict[str, Any]:
        """Return the row of one oracle and tensor."""
        right = answer.right if isinstance(answer, Projected) else answer
        ours, noise = self.by_hand[k], oracle.noise * self.size
        if ours is None and not right.any():  # a tensor without effect needs no gradient
            ours = torch.zeros_like(right)
        row = {"oracle": oracle.name, "tensor": self.pair.names[k]} | distance(ours, right, oracle.tolerance, noise)
        row["excused"] = not right.isfinite().all()
        if isinstance(answer, Projected) and not answer.is_wrong:
            row["absolute"] = answer.apart
            row["relative"] = answer.apart / float(right.abs().max()) if right.any() else 0.0
            row["exact"], row["ulp"] = False, np.nan
        if not row["agrees"] and not row["looks_like"]:
            asked = AUTOGRAD if isinstance(answer, Projected) else cheapest  # entry by entry would take too long
            suspect = Suspect(self.pair, k, ours, right, self.dE_dout, asked.gradients, oracle.tolerance)
            excuse = oracle.excuse(suspect)
            row["excused"], row["looks_like"] = bool(excuse), excuse or self.named(suspect, answer)
        if row["agrees"] and not self.linear[k]:
            row |= {"agrees": False, "looks_like": NOT_LINEAR}
        return row

    def named(self, suspect: Suspect, answer: Tensor | Projected) -> str:
        """Return the words for a wrong gradient's mistake: the same for each oracle."""
        if suspect.k not in self.words:
            if isinstance(answer, Projected) and answer.wrong:
                self.words[suspect.k] = answer.in_words(suspect.by_hand)
            else:
                self.words[suspect.k] = looks_like(suspect)
        return self.words[suspect.k]


def _is_linear(ours: Any, other: Any, tensor: Tensor) -> bool:
    """Return whether OTHER times dE_dout gave OTHER times the gradient; True where there is no gradient to compare."""
    return bool(malformed(ours, tensor) or malformed(other, tensor)) or near(other, OTHER * ours)


def _in_low_type(pair: Pair, dE_dout: Tensor, judging: _Judging, dtype: torch.dtype) -> list[dict[str, Any]]:
    """Return a row for each tensor: the gradient in the lower type against the same passes in float64."""
    found = pair.gradients(dE_dout)
    spreads = rounding.spread(judging.pair, judging.dE_dout, dtype, judging.seed)
    return [
        {"oracle": ITSELF, "tensor": name} | rounding.judged(ours, still, tensor, spread) | {"taylor": np.nan}
        for name, ours, still, tensor, spread in zip(
            pair.names, found, judging.by_hand, pair.tensors, spreads, strict=True
        )
    ]
