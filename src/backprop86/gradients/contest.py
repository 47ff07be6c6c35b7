"""A contest of gradient checkers: pairs of passes, a row for each judgement, and counts of right judgements."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from backprop86.gradients.gradcheck import gradcheck
from backprop86.gradients.layers.planting import Layer, Mistake

OURS = "backprop86, gradcheck"
TYPES = {"float64": torch.float64, "float32": torch.float32}
Checker = Callable[[Any, Sequence[Tensor]], bool]


@dataclass(frozen=True)
class Entry:
    """A layer with one of its mistakes, or none, in one number type."""

    layer: Layer
    mistake: Mistake | None
    dtype: str

    @property
    def backward(self) -> Callable[..., Any]:
        """The backward pass, with the mistake in it."""
        return self.layer.backward if self.mistake is None else self.layer.with_mistake(self.mistake)

    @property
    def inputs(self) -> list[Tensor]:
        """The inputs in this type."""
        return [self._typed(tensor) for tensor in self.layer.inputs]

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The parameters in this type."""
        return {name: self._typed(tensor) for name, tensor in self.layer.parameters.items()}

    def _typed(self, tensor: Tensor) -> Tensor:
        return tensor.to(TYPES[self.dtype]) if tensor.is_floating_point() else tensor

    def passes(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Return forward and backward with all tensors in one list of arguments, as the other checkers take them."""
        n, names, backward = len(self.inputs), list(self.parameters), self.backward

        def forward(*tensors: Tensor) -> Any:
            return self.layer.forward(*tensors[:n], **dict(zip(names, tensors[n:], strict=True)))

        def back(dE_dout: Tensor, cache: Any) -> list[Tensor]:
            of_inputs, of_parameters = backward(dE_dout, cache)
            first = of_inputs if isinstance(of_inputs, list | tuple) else [of_inputs]
            return [*first, *(of_parameters[name] for name in names)]

        return forward, back


def entries(layers: Iterable[Layer]) -> list[Entry]:
    """Return every layer, right and with each mistake, in each type."""
    return [Entry(layer, mistake, dtype) for layer in layers for mistake in (None, *layer.mistakes) for dtype in TYPES]


def judge(entry: Entry, others: Mapping[str, Checker]) -> list[dict[str, Any]]:
    """Return a row for each checker: whether it calls the gradients right, the cause it names, the seconds."""
    about = {
        "layer": entry.layer.name,
        "mistake": entry.mistake.name if entry.mistake else "",
        "type": entry.dtype,
    }
    tensors, rows = [*entry.inputs, *entry.parameters.values()], []
    for name, checker in others.items():
        started = time.perf_counter()
        said = checker(entry.passes(), tensors)
        rows.append(about | {"checker": name, "said": said, "cause": "", "seconds": _seconds(started)})
    started = time.perf_counter()
    report = gradcheck(entry.layer.forward, entry.backward, entry.inputs, entry.parameters)
    seconds = _seconds(started)
    ours = {"checker": OURS, "said": bool(report), "cause": _cause(entry, report.mistakes)}
    return [*rows, about | ours | {"seconds": seconds}]


def _seconds(started: float) -> float:
    return round(time.perf_counter() - started, 4)


def _cause(entry: Entry, told: Mapping[str, str]) -> str:
    """Return "misnamed" if any message names a wrong cause, else "named" if any names the right one, else "unnamed"."""
    if entry.mistake is None:
        return ""
    found = {entry.mistake.judge(words) for tensor, words in told.items() if tensor in entry.mistake.tensors}
    return next((one for one in ("misnamed", "named") if one in found), "unnamed")


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each checker and type: right gradients cleared, wrong ones caught, causes named, seconds."""
    counted = []
    for (checker, dtype), some in rows.groupby(["checker", "type"], sort=False):
        right, wrong = some[some["mistake"] == ""], some[some["mistake"] != ""]
        counted.append(
            {
                "checker": checker,
                "type": dtype,
                "right ones cleared": f"{int(right['said'].sum())} of {len(right)}",
                "wrong ones caught": f"{int((~wrong['said']).sum())} of {len(wrong)}",
                "cause named": int((wrong["cause"] == "named").sum()),
                "misnamed": int((wrong["cause"] == "misnamed").sum()),
                "seconds, median": round(float(some["seconds"].median()), 3),
                "seconds, most": round(float(some["seconds"].max()), 2),
            }
        )
    return pd.DataFrame(counted)
