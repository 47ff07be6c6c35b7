"""bp.explain: one training step of a real network, every number shown."""

from dataclasses import dataclass
from typing import Any

from backprop86.engines.recipe import BadInput
from backprop86.explaining.command import parts_of
from backprop86.face.asking import settings_of, whole
from backprop86.report.page import Part, text, written


@dataclass(frozen=True, eq=False, repr=False)
class Page:
    """A page: `print(page)` shows it, and a notebook formats it."""

    parts: list[Part]

    def __str__(self) -> str:
        """Return the page as plain text, no line wider than 80 signs."""
        return text(self.parts).rstrip("\n")

    def __repr__(self) -> str:
        """Return its title; the page itself is long."""
        return f"<{self.parts[0].title}>"

    def markdown(self) -> str:
        """Return the page as Markdown."""
        return written(self.parts)

    def _repr_markdown_(self) -> str:
        return self.markdown()


def explain(
    experiment: str = "xor",
    *,
    seed: int | None = None,
    case: int | None = None,
    reading: str | None = None,
    hidden: int | None = None,
    **settings: Any,
) -> Page:
    """Work through one training step of a seed with every number, as with pencil and paper.

    page = bp.explain("symmetry", seed=3, case=9, epsilon=0.2)

    seed: None is the first whose net learns. case: the case to show unit by unit. reading: None is the first. hidden:
    another number of hidden units. settings: settings of `bp.Recipe`. Raises BadInput, a ValueError of one line.
    Without numba the reference engine trains the net: the same page, in ten seconds or more.
    """
    settings_of(experiment)
    numbers = {"seed": seed, "case": case, "hidden": hidden}
    given: dict[str, Any] = {name: whole(name, value) for name, value in numbers.items() if value is not None}
    given |= {"reading": reading} if reading is not None else {}
    for name, value in settings.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise BadInput(f"{name} must be a number or a name, was {value!r}")
    asked = {"experiment": experiment} | given | settings
    return Page(parts_of(*(f"{name}={value}" for name, value in asked.items())))
