"""Experiments, files of conf/experiment/ typed and checked: the recipe as printed, variants, readings, claims.

experiment.recipe_of("zero_one_targets")
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backprop86.engines.recipe import BadInput, Recipe, in_yaml, one_of
from backprop86.running.claim import Claim
from backprop86.running.columns import DRAWN, FIRST_WEIGHTS, columns
from backprop86.running.names import LITERAL, described, joined
from backprop86.running.problem import NEEDED, OTHERS, Problem, problem_of, validate

SHAPES: dict[tuple[Any, ...], tuple[int, dict[str, str]]] = {}
"""The shapes that this process has found, by all that they depend on."""


@dataclass
class Caption:
    """The caption of one of the problem's figures, and the claims it bears on."""

    name: str = "???"
    says: str = "???"
    claims: list[str] = field(default_factory=list)


@dataclass
class Experiment:
    """An experiment: one file of conf/experiment/.

    A reading of a variant has a name such as two_hidden/range_1, and each variant has its as_printed. With `axes` the
    names are all combinations of one value of each: 8_hidden/case_updates has the settings of 8_hidden and of
    case_updates.
    """

    stem: str = "???"
    title: str = "???"
    seeds: int = 1000
    quick_seeds: int = 20  # of `make quick`
    recipe: Recipe = field(default_factory=Recipe)
    variants: dict[str, Any] = field(default_factory=dict)  # name -> settings of the recipe that differ
    readings: dict[str, Any] = field(default_factory=dict)  # name -> settings of the recipe that differ
    axes: dict[str, dict[str, Any]] = field(default_factory=dict)  # axis -> value -> settings that differ
    variant_axes: list[str] = field(default_factory=list)  # the axes whose values are variants
    words: dict[str, str] = field(default_factory=dict)  # part of a name -> words, where its settings do not give any
    drawn: dict[str, int] | None = None  # name -> the sweep to which runs with curves go on after learning
    claims: list[Claim] = field(default_factory=list)
    figures: list[Caption] = field(default_factory=list)
    numbers_only: bool = False  # keep no weights, no curves, and measures only at the end
    weights_kept: int = FIRST_WEIGHTS  # the number of first runs that keep weights; 0: no run keeps any
    told: int | None = None  # its place in the order: letter from 100, chapter from 200, ours 300, L and S from 400
    followed: dict[str, int] | None = None  # reading -> the sweeps for which `make compare` follows it beside autograd
    by_itself: str = ""  # the make target that runs it, if `make reproduce` does not

    @cached_property
    def every_reading(self) -> dict[str, dict[str, Any]]:
        """The settings that differ from the recipe, by the name of every reading of every variant."""
        if self.axes:
            return self._combined()
        if parts := [name for name in self.variants if "/" in name]:
            raise BadInput(f"variants of {self.stem} must have names without /, was {parts[0]}")
        found = {name: _settings(f"readings.{name}", differs) for name, differs in self.readings.items()}
        plain = {name: differs for name, differs in found.items() if "/" not in name}
        for variant, differs in self.variants.items():
            changed = _settings(f"variants.{variant}", differs)
            own = {name: settings for name, settings in found.items() if name.rpartition("/")[0] == variant}
            literal: dict[str, dict[str, Any]] = {f"{variant}/{LITERAL}": {}}
            plain |= {name: changed | settings for name, settings in (literal | own).items()}
        if unknown := found.keys() - plain.keys():
            raise BadInput(f"readings of {self.stem} must be of variants that it has, was {min(unknown)}")
        return plain

    def _combined(self) -> dict[str, dict[str, Any]]:
        """Return the settings that differ from the recipe for every combination of values of the axes."""
        parts = {
            (axis, value): _settings(f"axes.{axis}.{value}", differs)
            for axis, values in self.axes.items()
            for value, differs in values.items()
        }
        found = {}
        for values in itertools.product(*self.axes.values()):
            chosen = [parts[place] for place in zip(self.axes, values, strict=True)]
            found["/".join(values)] = {name: setting for part in chosen for name, setting in part.items()}
        return found

    def full(self, name: str) -> str:
        """Return the whole name: two_hidden alone is short for two_hidden/as_printed."""
        return f"{name}/{LITERAL}" if name in self.variants else name

    def variant_of(self, name: str) -> str:
        """Return the variant in a name, "" for the printed net."""
        return "/".join(part for part, is_variant in self._parts(name) if is_variant)

    def reading_of(self, name: str) -> str:
        """Return the reading in a name."""
        return "/".join(part for part, is_variant in self._parts(name) if not is_variant) or LITERAL

    def place_of(self, name: str) -> tuple[str, str]:
        """Return the variant and the reading in a name."""
        return self.variant_of(name), self.reading_of(name)

    def goes_on(self, name: str) -> int:
        """Return the sweep to which runs go on after learning, for their curves; 0 if they stop."""
        return (self.drawn or {}).get(name, 0)

    def kept(self, name: str) -> tuple[int, int]:
        """Return the number of seeds that keep their weights, and that keep their curves."""
        is_drawn, is_literal = self.goes_on(name) > 0, self.reading_of(name) == LITERAL
        has_weights = (is_drawn or is_literal) and not (self.axes or self.numbers_only)
        return self.weights_kept if has_weights else 0, DRAWN if is_drawn else 0

    def _parts(self, name: str) -> list[tuple[str, bool]]:
        """Return the parts of a name, and whether each is a variant."""
        parts = name.split("/")
        if self.axes:
            return [(part, axis in self.variant_axes) for part, axis in zip(parts, self.axes, strict=True)]
        return [(part, len(parts) > 1 and k == 0) for k, part in enumerate(parts)]

    def in_words(self, name: str) -> str:
        """Return words for a reader: 2-2-1, weights from ±1."""
        if name in self.words:
            return self.words[name]
        if self.axes:
            settings = [values.get(part) for part, values in zip(name.split("/"), self.axes.values(), strict=True)]
        else:
            variant = name.rpartition("/")[0]
            whole = {LITERAL: {}} | self.readings
            settings = [self.variants[variant], whole.get(name, {})] if variant else [whole[name]]
        parts = zip(name.split("/"), settings, strict=True)
        return joined(self.words.get(part, described(differs or {})) for part, differs in parts)

    def recipe_of(self, reading: str) -> Recipe:
        """Return the recipe under a reading; BadInput, in one line, for an unknown reading or an impossible recipe."""
        reading = self.full(reading)
        if reading not in self.every_reading:
            names = list(self.every_reading)
            known = one_of(*names)[0] if len(names) < 60 else f"a name such as {names[0]}"
            raise BadInput(f"reading must be all, {known}, was {reading}")
        return self.recipe.changed(self.every_reading[reading], f"experiment.readings.{reading}")

    def check(self) -> "Experiment":
        """Return the experiment itself; BadInput, in one line, names a setting with an impossible value."""
        if not self.every_reading:
            raise BadInput(f"readings of {self.stem} must name one or more, such as as_printed: {{}}, was none")
        if unknown := sorted(set(self.variant_axes) - self.axes.keys()):
            raise BadInput(f"variant_axes of {self.stem} must be of {', '.join(self.axes) or 'axes'}, was {unknown[0]}")
        if self.weights_kept < 0:
            raise BadInput(f"weights_kept must be 0 or a whole number above it, was {self.weights_kept}")
        names = list(self.every_reading)
        for reading, sweeps in (self.followed or {}).items():
            if reading not in names:
                raise BadInput(f"followed of {self.stem} must name readings such as {names[0]}, was {reading}")
            if sweeps < 1:
                raise BadInput(f"followed.{reading} must be a whole number of at least 1, was {sweeps}")
        for reading, sweeps in (self.drawn or {}).items():
            if reading not in names:
                raise BadInput(f"drawn of {self.stem} must name readings such as {names[0]}, was {reading}")
            if sweeps < 1:
                raise BadInput(f"drawn.{reading} must be a whole number of at least 1, was {sweeps}")
        for claim in self.claims:
            claim.check().check_readings(names)
        known = {claim.id for claim in self.claims}
        for caption in self.figures:
            if unknown := sorted(set(caption.claims) - known):
                told = f"must be claims of {self.stem}, was {', '.join(unknown)}"
                raise BadInput(f"claims of figure {caption.name} {told}")
        return self

    @property
    def problem(self) -> Problem:
        """The problem, from the file of problems/ with the experiment's name."""
        return problem_of(self.stem)

    def trial(self, recipes: dict[str, Recipe]) -> dict[str, int]:
        """Check everything that needs no training; return the number of levels in each reading's network.

        Raises BadInput, in one line, for a recipe that the problem cannot run, or a claim without its column.
        """
        shapes = self.shapes(recipes)
        measured = {reading: found for reading, (_, found) in shapes.items()}
        for claim in self.claims:
            claim.check_columns(
                {name: measured[name] for name in claim.matching(self.every_reading) if name in measured}
            )
        return {reading: levels for reading, (levels, _) in shapes.items()}

    def shapes(self, recipes: Mapping[str, Recipe]) -> dict[str, tuple[int, dict[str, str]]]:
        """Return the number of levels of each recipe's network, and the columns of its rows with their content."""
        functions = tuple(getattr(self.problem, name, None) for name in NEEDED + OTHERS)
        found = {}
        for name, recipe in recipes.items():
            net = recipe.network, recipe.biases == "none", recipe.has_gains, recipe.held_out, recipe.start
            rule = recipe.output_slope, recipe.procedure, recipe.block, recipe.update
            alike = (*functions, *net, *rule, *recipe.moments)
            if alike not in SHAPES:  # a map has thousands of readings of one network
                SHAPES[alike] = len(validate(self.problem, recipe).levels), columns(self.problem, recipe)
            found[name] = SHAPES[alike]
        return found


def _settings(place: str, differs: Any) -> dict[str, Any]:
    """Return the settings under one name of the file, none if the place is empty."""
    if differs is not None and not isinstance(differs, dict):
        raise BadInput(f"experiment.{place} must be settings such as {{epsilon: 0.5}}, was {in_yaml(differs)}")
    return dict(differs or {})
