"""The page for the settings of `make explain`: the reading, the changes, the seed."""

import difflib
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.explaining.afterwards import Choice
from backprop86.explaining.story import explain
from backprop86.explaining.who_learns import Learned, learned_of, readings_that_learn
from backprop86.report.page import Part
from backprop86.running.names import short_name
from backprop86.running.problem import Problem, problem_of, validate, wiring_of
from backprop86.running.settings import CONF, load

RESULTS = CONF.parent / "results"
NAMES = ("experiment", "reading", "seed", "case", "hidden")
FIELDS = tuple(field.name for field in fields(Recipe))
UNTOLD = ("epsilon_by", "decay_in", "decay_from", "output_slope", "gain", "gain_epsilon", "procedure", "block")
"""The settings that the page does not explain, since the letter has none of them."""
DEEP = {"depth": "3_layers/weights_up_to_1"}
"""The readings to show where none is named, if not the first: for depth, a deep net that learns."""
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def parts_of(*settings: str) -> list[Part]:
    """Return the page for these settings; BadInput, in one line, for a setting that cannot be used."""
    given, others = _sorted(settings)
    stem = given.get("experiment", "xor")
    experiment, problem = load(stem, *others).experiment, problem_of(stem)
    reading = given.get("reading", DEEP.get(stem, next(iter(experiment.every_reading))))
    if reading == "all":
        raise BadInput(f"reading must be one of them, such as {next(iter(experiment.every_reading))}, was all")
    reading = experiment.full(reading)
    as_filed = experiment.recipe_of(reading)
    recipe = _changed(as_filed, given)
    if "hidden" in given:
        recipe = _with_hidden(problem, stem, recipe, whole("hidden", given["hidden"]), "network" in given)
    for name in UNTOLD:
        if (value := getattr(recipe, name)) != getattr(Recipe(), name):
            raise BadInput(f"{name} must be {getattr(Recipe(), name)} here, as the letter has it, was {value}")
    validate(problem, recipe)
    seed, case = (whole(name, given[name]) if name in given else None for name in ("seed", "case"))
    file = RESULTS / "runs" / f"{stem}.parquet"
    learned = learned_of(problem, recipe, file, reading)
    says, chosen = _seed(learned, seed)
    if "reading" not in given and stem in DEEP:
        says = f"No reading is named: {reading} is a net with several hidden layers that learns. {says}"
    changes = tuple(f"{name}={text}" for name, text in given.items() if name == "hidden" or name in FIELDS)
    reading = short_name(reading)
    choice = Choice(reading, changes if recipe != as_filed else (), says, learned, _better(file))
    title = ", ".join([f"{experiment.title}, reading {reading}", *differences(as_filed, recipe)])
    return explain(problem, recipe, title, chosen, case, choice)


def _sorted(settings: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Return the page's settings by their short names, and the settings for the experiment's file."""
    given, others = {}, []
    for setting in settings:
        name, _, value = setting.partition("=")
        short = name.removeprefix("experiment.recipe.")
        if name in NAMES or short in FIELDS:
            given[short] = value
        elif name.lstrip("+~").startswith("experiment."):
            others.append(setting)
        else:
            near = difflib.get_close_matches(name, NAMES + FIELDS, n=1)
            meant = near[0] if near else f"{', '.join(NAMES)} or a setting of the recipe, such as epsilon"
            raise BadInput(f"{name} is not a setting here; did you mean {meant}?")
    return given, others


def _changed(recipe: Recipe, given: dict[str, str]) -> Recipe:
    """Return the recipe with the given settings."""
    values: dict[str, Any] = {}
    for name in FIELDS:
        if name in given:
            kind = type(getattr(recipe, name))
            values[name] = {int: whole, float: number}.get(kind, _text)(name, given[name])
    if "sweeps" in values:  # a page shows no moments, so a shorter run may leave some out
        values["moments"] = [moment for moment in recipe.moments if moment <= values["sweeps"]]
    return replace(recipe, **values).check()


def whole(name: str, text: str) -> int:
    """Return the whole number that a setting gives."""
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"{name} must be a whole number, was {text or 'nothing'}") from None


def number(name: str, text: str) -> float:
    """Return the number that a setting gives."""
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"{name} must be a number, was {text or 'nothing'}") from None


def _text(name: str, text: str) -> str:
    return text


def _with_hidden(problem: Problem, stem: str, recipe: Recipe, n: int, is_named: bool) -> Recipe:
    """Return the recipe with the problem's network of n hidden units, named like its other networks."""
    if is_named:
        raise BadInput("hidden must be left out where network is given: both choose the network")
    names = [
        re.sub(r"(?<![a-z\d])(\d+|[a-z]+)(?=_hidden)", word, recipe.network) for word in (str(n), *WORDS[n : n + 1])
    ]
    names += [re.sub(r"^(xor|symmetry)_\d+$", rf"\g<1>_{n}", recipe.network), f"{n}_hidden"]
    refused = ""
    for name in names:
        try:
            if len(wiring_of(problem.wiring, replace(recipe, network=name)).hidden) == n:
                return replace(recipe, network=name)
        except BadInput as error:
            refused = str(error).rpartition(", was ")[0]
    raise BadInput(f"hidden must fit a network of {stem} ({refused}), was {n}")


def differences(as_filed: Recipe, recipe: Recipe) -> list[str]:
    """Return the differences between two recipes, in words: epsilon 2 instead of 0.5."""
    pairs = [(name, getattr(as_filed, name), getattr(recipe, name)) for name in FIELDS]
    return [
        f"{_plain(name)} {_plain(now)} instead of {_plain(was)}"
        for name, was, now in pairs
        if was != now and name != "moments"
    ]


def _plain(value: str | float) -> str:
    return value.replace("_", " ") if isinstance(value, str) else f"{value:g}"


def _seed(learned: Learned | None, seed: int | None) -> tuple[str, int]:
    """Return a sentence about the choice of the seed, and the seed: the given one, or the first that learns."""
    first = learned.first if learned else None
    if seed is not None or not first:
        return "", seed or 0
    earlier = "seed 0 does" if first == 1 else f"seeds 0 to {first - 1} do"
    return f"Seed {first} is the first whose net learns; {earlier} not.", first


def _better(file: Path) -> str:
    """Return the reading with the largest share of published runs that learned; "" if none did."""
    shares = readings_that_learn(file)
    return max(shares, key=lambda name: shares[name]) if any(shares.values()) else ""
