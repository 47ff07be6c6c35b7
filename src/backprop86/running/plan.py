"""The plan of a run: its readings, cut into ranges of seeds, and the unfinished ranges."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import torch

from backprop86.engines import engine_for
from backprop86.engines.recipe import BadInput, Recipe
from backprop86.running import compact
from backprop86.running.columns import CURVES, WEIGHTS, is_large
from backprop86.running.experiment import Experiment
from backprop86.running.merging import Part, Vanished, merge
from backprop86.running.problem import wiring_of
from backprop86.running.provenance import Provenance
from backprop86.running.ranges import Finished, cut, size_of
from backprop86.running.runs import at_the_end, provenances, rounded, small_net
from backprop86.running.settings import Settings
from backprop86.running.tally import Tally
from backprop86.running.training import run_together

BYTES_OF_A_VALUE, BYTES_OF_A_FATE = 3, 10
"""The bytes on the disk of a packed measure, and of a run in the compact form."""


@dataclass(frozen=True)
class Piece:
    """A piece of work: one reading over one range of seeds."""

    name: str
    seeds: range


@dataclass(frozen=True, eq=False)
class Plan:
    """The whole work of a run. It has no state of its own: the ranges that its folder lacks are left to do."""

    settings: Settings
    recipes: dict[str, Recipe]
    nets: dict[str, tuple[int, int]]  # by reading: the seeds in a range, the parameters of its network
    finished: dict[str, Finished]
    about: dict[str, Provenance]

    @classmethod
    def of(cls, settings: Settings) -> "Plan":
        """Return the plan of a run; BadInput, in one line, for anything impossible that shows before training."""
        experiment, seeds = settings.experiment, settings.seed_range
        recipes = {name: experiment.recipe_of(name) for name in settings.chosen}
        levels = experiment.trial(recipes)
        engine = engine_for(settings.engine, settings.device)
        nets = _nets(experiment, recipes, engine)
        _check_room(settings.writable(), {name: parameters for name, (_, parameters) in nets.items()})
        if settings.runs_file.is_file():
            provenances(settings.runs_file)
        about = {
            name: Provenance.of(experiment.place_of(name), recipe, levels[name], [seeds.start, seeds.stop - 1], engine)
            for name, recipe in recipes.items()
        }
        others = {"stem": experiment.stem, "numbers_only": experiment.numbers_only, "form": settings.form}
        if engine == "reference":  # its rows depend on the processor too
            others |= {"device": settings.device, "processor": torch.backends.cpu.get_cpu_capability()}
        finished = {
            name: Finished.of(
                settings.ranges, name, about[name], kept=experiment.kept(name), drawn=experiment.goes_on(name), **others
            )
            for name in recipes
        }
        return cls(settings, recipes, nets, finished, about)

    @property
    def experiment(self) -> Experiment:
        """The experiment of these readings."""
        return self.settings.experiment

    def ranges(self, name: str) -> list[range]:
        """Return the ranges of a reading."""
        return cut(self.settings.seed_range, self.nets[name][0])

    def missing(self) -> list[Piece]:
        """Return the pieces of this shard that are left to do; none if every range is there."""
        pieces = []
        for number, name in enumerate(self.recipes):
            wanted = [seeds for seeds in self.ranges(name) if self._is_mine(name, number, seeds)]
            have = self.finished[name].have(wanted)
            pieces += [Piece(name, seeds) for seeds in wanted if seeds not in have]
        return pieces

    def _is_mine(self, name: str, number: int, seeds: range) -> bool:
        """Return whether a range belongs to this shard."""
        shard, shards = self.settings.shard, self.settings.shards
        return shard is None or (number + seeds.start // self.nets[name][0]) % shards == shard - 1

    def cost(self, piece: Piece) -> int:
        """Return the seed-sweeps of a piece if no seed learns."""
        return len(piece.seeds) * (self.recipes[piece.name].sweeps + 1)

    def train(self, piece: Piece, advance: Callable[[int], None] = lambda seed_sweeps: None) -> None:
        """Train the reading of a piece over its seeds, and write its rows, unless they exist by now."""
        settings, experiment, name = self.settings, self.experiment, piece.name
        if self.finished[name].have([piece.seeds]):
            return
        (rows,) = run_together(
            experiment.problem,
            [self.recipes[name]],
            list(piece.seeds),
            engine=settings.engine,
            device=settings.device,
            advance=advance,
            drawn=[experiment.goes_on(name)],
            threads=settings.threads,
            fates_only=settings.form == "compact",
        )
        if settings.form == "compact":
            self.finished[name].keep(piece.seeds, compact.as_table(rows))
            return
        rows = at_the_end(rows) if experiment.numbers_only else rows
        self.finished[name].keep(piece.seeds, as_table(rounded(rows), *experiment.kept(name)))

    def left(self) -> str:
        """Return a line about the finished ranges of a stopped run."""
        ranges = {name: self.ranges(name) for name in self.recipes}
        have = sum(len(self.finished[name].have(wanted)) for name, wanted in ranges.items())
        if not have:
            return "no range of seeds was finished"
        told = f"{have} of {sum(map(len, ranges.values()))} ranges of seeds are finished"
        return f"{told}, in {self.settings.ranges}, and the same command goes on from there"

    def counted(self) -> dict[str, Tally]:
        """Add up the counts of the compact form, write their table, and return them by reading."""
        tallies = {}
        for name in self.recipes:
            tables = [self.finished[name].table(seeds, []) for seeds in self.ranges(name)]
            there = [compact.tally_of(table) for table in tables if table is not None]
            if len(there) < len(tables):
                raise Vanished
            tallies[name] = sum(there, Tally())
        compact.write_counts(self.settings.counts_file, [(self.about[name], found) for name, found in tallies.items()])
        return tallies

    def merged(self) -> dict[str, Tally]:
        """Put the rows into the file of runs, remove the ranges, and return the counts by reading.

        Raises Vanished if a range is gone, for example because the same command elsewhere has merged and removed it.
        """
        parts = {}
        for name, (_, parameters) in self.nets.items():
            weights, curves = self.experiment.kept(name)
            kept = small_net(weights, parameters), curves
            parts[name] = Part(self.about[name], self.finished[name], self.ranges(name), *kept)
        tallies = {name: Tally.of(part.fates()) for name, part in parts.items()}
        path, order = self.settings.runs_file, list(self.experiment.every_reading)
        merge(path, self.experiment.stem, order, parts, self._columns)
        for finished in self.finished.values():
            finished.remove()
        return tallies

    def _columns(self, about: dict[str, Provenance]) -> list[str]:
        """Return the columns of a file, in an order that does not depend on its history: first those of conf/."""
        every = {name: self.experiment.recipe_of(name) for name in self.experiment.every_reading}
        shapes = [*self.experiment.shapes(every).values()]
        shapes += self.experiment.shapes({name: one.recipe for name, one in about.items()}).values()
        names = ["variant", "reading", *(name for _, columns in shapes for name in columns)]
        return list(dict.fromkeys(names))


def _nets(experiment: Experiment, recipes: dict[str, Recipe], engine: str) -> dict[str, tuple[int, int]]:
    """Return, by reading, the number of seeds in a range and the number of parameters of its network."""
    problem, seen, found = experiment.problem, {}, {}
    for name, recipe in recipes.items():
        alike = recipe.network, recipe.biases == "none", recipe.has_gains, recipe.sweeps, recipe.update
        if alike not in seen:
            wiring = wiring_of(problem.wiring, recipe)
            seen[alike] = size_of(recipe, wiring, problem.cases(recipe), engine), wiring.n_parameters
        found[name] = seen[alike]
    return found


def _check_room(settings: Settings, parameters: dict[str, int]) -> None:
    """Raise BadInput, in one line, if the disk has no room for the runs; parameters: their number by reading."""
    experiment, seeds, each = settings.experiment, len(settings.seed_range), 0
    shapes = experiment.shapes({name: experiment.recipe_of(name) for name in parameters})
    for name, (_, columns) in shapes.items():
        weights = sum(column.startswith(WEIGHTS) for column in columns) * (experiment.kept(name)[0] > 0)
        full = 2 * BYTES_OF_A_VALUE * len(columns) + 4 * parameters[name] * weights  # once in ranges, once merged
        each += full if settings.form == "full" else BYTES_OF_A_FATE
    free = shutil.disk_usage(settings.ranges).free
    if seeds * each > free:
        told = f"a seed takes some {each:,} bytes, and {settings.output} has {free / 1e6:,.0f} MB left"
        raise BadInput(f"seeds must be at most {free // each:,}, was {seeds:,}: {told}")


def as_table(rows: pd.DataFrame, weights: int, curves: int) -> pa.Table:
    """Return the rows of a range as an Arrow table, without weights or curves if the reading keeps none."""
    gone = [name for name in map(str, rows) if is_large(name) and not (weights or (curves and name in CURVES))]
    table = pa.Table.from_pandas(rows.assign(**dict.fromkeys(gone)), preserve_index=False)
    numbers = [field.with_type(pa.list_(pa.float32())) if is_large(field.name) else field for field in table.schema]
    return table.cast(pa.schema(numbers)).replace_schema_metadata(None)
