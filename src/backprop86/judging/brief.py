"""The closing lines of a run: the number of seeds that learned, their speed, and the place of the rows."""

import math

from backprop86.judging.ledger import words_of
from backprop86.running.settings import Settings
from backprop86.running.tally import Tally

LISTED = 5
"""The most readings that the closing lines list one by one."""


def in_brief(settings: Settings, found: dict[str, Tally]) -> list[str]:
    """Return three lines: the number of seeds that learned, the sweep by which half had, the place of the rows.

    For a shard, return the place of its ranges, and the command that turns them into rows.
    """
    if settings.shard is not None:
        told = "when the ranges of all shards are there, the same command without shard=... makes rows of them"
        return [f"shard {settings.shard} of {settings.shards} is finished, in {settings.ranges}", told]
    parts = {words_of(settings.experiment, name): tally for name, tally in found.items()}
    share = {words: tally.n_learned / tally.runs for words, tally in parts.items()}
    learned = {words: f"{tally.n_learned:,} of {tally.runs:,} seeds" for words, tally in parts.items()}
    median = {words: tally.quantile(0.5) for words, tally in parts.items()}
    sweep = {words: f"{value:,.0f}" if value < math.inf else "never" for words, value in median.items()}
    hint = "  (never: fewer than half of the seeds learned)" if math.inf in median.values() else ""
    return [
        f"learned: {listed(learned, share)}",
        f"half had learned by sweep: {listed(sweep, median)}{hint}",
        f"rows: {settings.runs_file}"
        if settings.form == "full"
        else f"counts: {settings.counts_file}; runs: {settings.ranges}",
    ]


def listed(said: dict[str, str], size: dict[str, float]) -> str:
    """Return the words for each reading; for many readings, only for the least and the most."""
    if len(said) == 1:
        return next(iter(said.values()))
    if len(said) <= LISTED:
        return ", ".join(f"{text} ({name})" for name, text in said.items())
    least, most = min(size, key=size.__getitem__), max(size, key=size.__getitem__)
    if said[least] == said[most]:
        return f"{said[least]} in each of {len(said)} readings"
    return f"from {said[least]} ({least}) to {said[most]} ({most}), {len(said)} readings"
