"""Words for a reading beside the literal one, from the settings that differ."""

from dataclasses import asdict

from backprop86.engines.recipe import Recipe
from backprop86.running.names import described, joined


def differing(recipe: Recipe, beside: Recipe) -> str:
    """Return words for the settings of a recipe that differ from another's; "as printed" if none do."""
    ours, theirs = asdict(recipe), asdict(beside)
    settings = {name: value for name, value in ours.items() if value != theirs[name]}
    if recipe.target_on != beside.target_on or recipe.target_off != beside.target_off:
        settings |= {"target_on": recipe.target_on, "target_off": recipe.target_off}
    return joined([described(settings), f"{recipe.sweeps:,} sweeps" if "sweeps" in settings else ""])
