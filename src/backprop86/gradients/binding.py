"""Binding of tensors to the arguments of forward: inputs by their place, parameters by their name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

from torch import Tensor

BY_PLACE = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class Place(int):
    """A tensor's place among the arguments, by the number of the tensor."""


@dataclass(frozen=True)
class Binding:
    """The arguments of a forward pass, with a Place for each tensor."""

    arguments: Sequence[Any]
    keywords: dict[str, Place]

    def __call__(self, forward: Callable[..., Any], tensors: Sequence[Tensor]) -> Any:
        """Call forward with these tensors."""
        keywords = {name: tensors[k] for name, k in self.keywords.items()}
        return forward(*self.filled(tensors), **keywords)

    def filled(self, tensors: Sequence[Any]) -> list[Any]:
        """Return the arguments by place, with these objects in the place of the tensors."""
        return [tensors[argument] if isinstance(argument, Place) else argument for argument in self.arguments]


def bind(
    forward: Callable[..., Any], n_inputs: int, names: Sequence[str], instead: str, context: Sequence[Any] = ()
) -> Binding:
    """Bind the inputs by place and the parameters by name, by place only where forward has no name for them.

    context: arguments before the inputs. ValueError, in one line, for tensors that forward does not take.
    """
    places = [*map(Place, range(n_inputs + len(names)))]
    try:
        takes = signature(forward)
    except (TypeError, ValueError):  # a builtin
        return Binding([*context, *places], {})
    before = [*context, *places[:n_inputs]]
    by_place, by_name = _parameters(list(takes.parameters.values()), len(before), names)
    number = dict(zip(names, places[n_inputs:], strict=True))
    keywords = {name: number[name] for name in by_name}
    try:
        bound = takes.bind(*before, *(number[name] for name in by_place), **keywords)
    except TypeError as error:
        raise ValueError(f"forward must take the inputs, then the parameters ({error}): {instead}") from error
    return Binding(bound.args, bound.kwargs)


def _parameters(takes: list[Parameter], n_before: int, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names of the parameters that are passed by place, in order, and of those passed by name."""
    kinds = {one.kind for one in takes}
    slots = [one for one in takes if one.kind in BY_PLACE][n_before:]
    any_place, any_name = Parameter.VAR_POSITIONAL in kinds, Parameter.VAR_KEYWORD in kinds
    strangers = [name for name in names if name not in {one.name for one in takes}]
    by_place = []
    for slot in slots:
        if slot.name in names:
            by_place.append(slot.name)
        elif strangers and (any_place or slot.kind == Parameter.POSITIONAL_ONLY):
            by_place.append(strangers.pop(0))
        else:
            break
    else:
        by_place += strangers if any_place else []
        strangers = [] if any_place else strangers
    if strangers and not any_name:
        has = [one.name for one in takes if one in slots or one.kind == Parameter.KEYWORD_ONLY]
        raise ValueError(
            f"parameters must have names that forward has ({', '.join(has) or 'none'}), was {strangers[0]}"
        )
    return by_place, [name for name in names if name not in by_place]


def kind_of(value: Any) -> str:
    """Return the name of a value's type; of a tuple, the types of its parts."""
    if isinstance(value, tuple):
        return f"({', '.join(type(part).__name__ for part in value)})"
    return type(value).__name__


def several(returned: Any) -> str:
    """Return advice for several outputs, such as those of an LSTM, ((h, c), cache), or (h, c) of a Function."""
    outputs = returned[0] if isinstance(returned, tuple) and returned else ()
    several = isinstance(outputs, list | tuple) and len(outputs) > 1
    return ": torch.cat the outputs" if several and all(isinstance(out, Tensor) for out in outputs) else ""
