"""The gradient checker: whether a backward pass is right, how far it is off, and what the mistake looks like.

    compare(Linear.forward, Linear.backward, [y], {"w": w})

takes any pair of functions of the form described in modules.py, or a torch.autograd.Function. In a test of one's own:

    assert_gradients(my_forward, my_backward, [y], {"w": w})
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from backprop86.gradients import differences
from backprop86.gradients.candidate import OTHERS, Backward, Forward, Pair, distance
from backprop86.gradients.differences import Function
from backprop86.gradients.mistakes import Gradients, Suspect, looks_like
from backprop86.gradients.oracles import AUTOGRAD, EXTENDED, ORACLES, Oracle
from backprop86.gradients.untouched import Untouched


def compare(
    forward: Forward | type,
    backward: Backward | None,
    inputs: Sequence[Tensor],
    parameters: dict[str, Tensor],
    oracles: Sequence[str] | None = None,
    seed: int = 1986,
    extended: Callable[..., Sequence[np.ndarray]] | None = None,
) -> pd.DataFrame:
    """Return a row per (oracle, tensor): whether the gradient agrees, and if not, what the mistake looks like.

    forward(*inputs, **parameters) -> (out, cache); backward(dE_dout, cache) -> (dE_dinputs, {name: dE_dparameter}),
    with one input's gradient alone or a sequence of them; or a torch.autograd.Function and None. All float64.
    Parameters go to the arguments that have their names, in the order of the dict where forward takes *args.
    Every call finds the same state, generators of random numbers included, and leaves it as it was (untouched.py).
    dE_dout is random (ones would hide errors), keyed by `seed`. extended(*arrays, dE_dout) is the same in other code.
    Without `oracles` it asks all; `.attrs["left_out"]` says why the complex step is not among those that judge.
    exact: bit for bit. absolute: the largest error of an entry; relative: over the tensor's largest entry, which is
    what must be at most 1e-12 (1e-7 for central differences, or their rounding); ulp: the largest error of an entry in
    units of its own last place, which is large where terms nearly cancel.
    ValueError, in one line, for what cannot be compared.
    """
    chosen = _chosen(oracles, extended)
    with Untouched(numpy=np.random.random, python=random.random):  # it takes long to read them: once, not at each call
        pair = Pair(forward, backward, inputs, parameters)
        drawn = torch.Generator().manual_seed(seed)
        dE_dout = torch.randn(pair.out.shape, dtype=pair.out.dtype, generator=drawn)
        by_hand = pair.gradients(dE_dout)
        found, left_out = _asked(chosen, pair, dE_dout)
        cheapest = next(iter(found)).gradients
        rows = [
            _row(oracle, Suspect(pair, k, by_hand[k], right, dE_dout, cheapest, oracle.tolerance))
            for oracle, gradients in found.items()
            for k, right in enumerate(gradients)
        ]
    table = pd.DataFrame(rows)
    table.attrs["left_out"] = left_out
    return table


def _chosen(names: Sequence[str] | None, extended: Callable[..., Sequence[np.ndarray]] | None) -> list[Oracle]:
    names = list(ORACLES) if names is None else [names] if isinstance(names, str) else names
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


def _asked(chosen: list[Oracle], pair: Pair, dE_dout: Tensor) -> tuple[dict[Oracle, list[Tensor]], dict[str, str]]:
    """Return the gradients by each oracle, and the reason for which an oracle is left out."""
    found, left_out = {}, {}
    for oracle in chosen:
        gradients = (_if_it_can if oracle.optional else _surely)(oracle, pair, dE_dout)
        if gradients is None:
            left_out[oracle.name] = f"not for {differences.not_complex(pair)}"
        else:
            found[oracle] = gradients
    if not found:
        told = ", ".join(f"{name}: {why}" for name, why in left_out.items())
        raise ValueError(f"oracles must be able to judge forward ({told}): {OTHERS}")
    return found, left_out


def _surely(oracle: Oracle, pair: Pair, dE_dout: Tensor) -> list[Tensor]:
    return oracle.gradients(pair.function, pair.tensors, dE_dout)


def _if_it_can(oracle: Oracle, pair: Pair, dE_dout: Tensor) -> list[Tensor] | None:
    """Return the gradients, or None where forward takes no complex numbers or the other oracles disagree with them."""
    with differences.quiet():
        try:
            gradients = _surely(oracle, pair, dE_dout)
        except Exception:  # whatever it is: with real numbers it is not raised
            return None
    try:
        right = _surely(AUTOGRAD, pair, dE_dout)
    except Exception:  # there is nobody to agree with
        return gradients
    return None if differences.contradicts(pair, dE_dout, gradients, right, oracle.tolerance) else gradients


def _row(oracle: Oracle, suspect: Suspect) -> dict[str, Any]:
    noise = oracle.noise * float((suspect.pair.out * suspect.dE_dout).abs().sum())
    row = {"oracle": oracle.name, "tensor": suspect.pair.names[suspect.k]}
    row |= distance(suspect.by_hand, suspect.right, oracle.tolerance, noise)
    if not row["agrees"] and not row["looks_like"]:
        row["looks_like"] = oracle.excuse(suspect) or looks_like(suspect)
    return row


def in_words(table: pd.DataFrame) -> str:
    """Return a line for each tensor that `compare` judged; errors stand over the right gradient's largest entry."""
    lines, width = [], max(len(name) for name in table["tensor"])
    without = "".join(f" ({name}: {why})" for name, why in table.attrs.get("left_out", {}).items())
    for name, rows in table.groupby("tensor", sort=False):
        wrong = rows[~rows["agrees"]]
        if wrong.empty:
            far = [
                f"{'equal to' if row.exact else f'{row.relative:.0e} from'} {row.oracle}" for row in rows.itertuples()
            ]
            lines.append(f"{name:<{width}}  right: {', '.join(far)}{without}")
        else:
            first = wrong.iloc[0]
            say = "" if len(wrong) == len(rows) else f" (say{'s' * (len(wrong) == 1)} {', '.join(wrong['oracle'])})"
            off = "" if np.isnan(first["relative"]) else f", off by {first['relative']:.3g} times the largest entry"
            lines.append(f"{name:<{width}}  WRONG{say}{off}: {first['looks_like']}{without}")
    return "\n".join(lines)


def assert_gradients(
    forward: Forward | type,
    backward: Backward | None,
    inputs: Sequence[Tensor],
    parameters: dict[str, Tensor],
    **settings: Any,
) -> None:
    """Raise AssertionError, in words, unless all gradients agree. It takes what `compare` takes."""
    __tracebackhide__ = True  # pytest shows the test, and not this function
    table = compare(forward, backward, inputs, parameters, **settings)
    if not table["agrees"].all():
        raise AssertionError("gradients do not agree\n" + in_words(table))
