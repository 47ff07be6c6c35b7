"""Errors of Hydra, OmegaConf and YAML in our words: the setting, its possible values, the given value."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from backprop86.engines.recipe import LIMITS, Recipe, nearest

HYDRA_ERRORS = (OmegaConfBaseException, HydraException, YAMLError)
KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a name or text",
    list: "a list",
    dict: "names with settings, as in {mine: {epsilon: 0.5}}",
}

VALUE = re.compile(
    r"(?m)Error merging override [^=]+=(.*)|to string: '(.*)'|key '(.*)' not found|alue:? '?(.*?)'?(?: of type .*)?$"
)
"""The places in the messages of Hydra and OmegaConf that hold a setting's value."""
NOISE = re.compile("object_type=|reference_type=|full_key:")


def in_words(error: BaseException, root: type, known: list[str]) -> str:
    """Return one line for an error of Hydra; `root` is the type of the settings, `known` the experiments."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark:
        place = _shown(Path(error.problem_mark.name))
        return f"{place} must be YAML, but line {error.problem_mark.line + 1} cannot be read: {error.problem}"
    text = "\n".join(map(str, _causes(error)))
    if isinstance(error, OverrideParseException):
        name, equals, value = error.override.partition("=")
        quoted = f"""'{name}="{value}"'"""
        return f"{error.override} must be written as " + (f"{quoted}, in both quotes" if equals else "name=value")
    if said := re.search(r"Ambiguous value for argument '(.+)'|Sweep parameters '(.+)' requires", text):
        return f"{said[1] or said[2]} must be one value; several run with -m before them"
    if said := re.search(r"Could not find 'experiment/(.*)'|You must specify 'experiment'", text):
        return f"experiment must be one of {', '.join(known)}, was {said[1] or 'not given'}"
    if keys := re.findall(r"Could not override '(.+)'|full_key: (\S+)", text):
        overridden, key = keys[0][0], keys[-1][1]
        key = key if key.startswith(overridden) else overridden
        file = re.search(r"In '(experiment/\w+)'", text)
        return _of_one_setting(key, text, root, f" in conf/{file[1]}.yaml" if file else "")
    lines = [line.strip() for line in text.split("\nConfig search path:")[0].splitlines()]
    return ", ".join(line for line in lines if line and not NOISE.search(line)).replace(":,", ":")


def unknown(key: str, root: type, place: str = "") -> str:
    """Return the line for an unknown setting, with the nearest known name."""
    path, _, last = key.rpartition(".")
    kind = kind_of(path, root)
    if not is_dataclass(kind):
        return f"{key}{place} is not a setting"
    known = [f.name for f in fields(kind)]
    if last in known:  # a list or a dictionary with an element that does not belong there
        return f"{key}{place} must be {must_be(key, root)} as in conf/, was another"
    return f"{key}{place} is not a setting; did you mean {nearest(last, known)}?"


def must_be(key: str, root: type) -> str:
    """Return the words for the possible values of a setting."""
    path, _, last = key.rpartition(".")
    kind, parent = kind_of(key, root), kind_of(path, root)
    if parent is Recipe and last in LIMITS:
        return LIMITS[last][0]
    or_null = " or null" if NoneType in get_args(kind) else ""
    kind = next(iter(get_args(kind)), kind) if or_null else get_origin(kind) or kind
    if is_dataclass(kind):
        return f"settings such as {fields(kind)[0].name}"
    return KINDS.get(kind, "a value") + or_null


def kind_of(key: str, root: Any) -> Any:
    """Return the type of a setting: float for experiment.recipe.epsilon; None if there is none."""
    kind = root
    for name in re.findall(r"[^.\[\]]+", key):
        if is_dataclass(kind):
            kind = {f.name: f.type for f in fields(kind)}.get(name)
        else:
            kind = next(reversed(get_args(kind)), None)
        kind = Recipe if kind is Any else kind  # the settings of a reading or an axis
    return kind


def _of_one_setting(key: str, text: str, root: type, place: str) -> str:
    if re.search(r"not in '|not in struct|Could not override", text):
        return unknown(key, root, place)
    if "does not support deletion" in text:
        return f"{key}{place} must be {must_be(key, root)}, was left out"
    value = VALUE.search(text)
    was = next((group for group in value.groups() if group is not None), "another") if value else "null"
    return f"{key}{place} must be {must_be(key, root)}, was {was or 'empty'}"


def _causes(error: BaseException) -> list[BaseException]:
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    return causes


def _shown(path: Path) -> Path:
    """Return the path relative to the working directory, if it is inside."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
