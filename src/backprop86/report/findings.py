"""docs/findings/family_trees.md: our findings about the family trees, with every number from rows on disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backprop86.judging.judgement import ORDINARY
from backprop86.judging.ledger import literals, number
from backprop86.judging.numbers import odds, percent, shown
from backprop86.report.escaping import in_markdown
from backprop86.report.page import markdown
from backprop86.report.recipes_of_the_time import NEGLIGIBLE, RECIPES, SPEECH, place_of
from backprop86.running.runs import Runs
from backprop86.running.settings import PUBLISHED

PAGE = PUBLISHED.parent / "docs" / "findings" / "family_trees.md"
TEMPLATE = "family_trees.md.j2"
STEM, MAP = "family_trees", "family_trees_map"
TOGETHER = ("all_right", "held_out_4", "six", "by_573")
"""The columns of the map for the printed results, the last for nets without decay."""
READINGS = {
    "as_printed": ("as_printed", "no_decay/as_printed", "triples/as_printed"),
    "slope_3.5_right_side": ("slope_3.5_right_side", "no_decay/slope_3.5", "triples/slope_3.5"),
    "slope_3.5_decay_once_learned": ("slope_3.5_decay_once_learned", "no_decay/slope_3.5"),
    "slope_4_momentum_0.95": ("slope_4_momentum_0.95", "no_decay/slope_4_momentum_0.95"),
    "range_1_momentum_0.99": (
        *("range_1_momentum_0.99", "no_decay/range_1_momentum_0.99", "triples/range_1_momentum_0.99"),
    ),
}
"""The readings whose verdicts are side by side, each with its counterparts without decay and on triples."""


@dataclass(frozen=True)
class Findings:
    """The rows behind the page, with methods for its template."""

    claims: pd.DataFrame
    runs: Runs
    points: pd.DataFrame  # of the map; None without its rows

    def has(self, reading: str) -> bool:
        """Return whether the family trees have rows of this reading."""
        return reading in self.runs.readings

    def count(self, reading: str) -> int:
        """Return the number of nets of a reading."""
        return len(self.runs.of(reading))

    def share(self, reading: str, column: str) -> str:
        """Return the share of a reading's nets that show a property in the end."""
        return percent(self.part(reading, column))

    def part(self, reading: str, column: str) -> float:
        """Return the fraction of a reading's nets with a property in the end: a column of the rows, or of the map."""
        rows = self.runs.at(reading, "end")
        six = self.claims.loc[self.claims["claim"] == "family-trees-all-at-once", "column"].iloc[0].split(", ")
        rows = rows.assign(held_out_4=rows["held_out_right"] == 4, by_573=(rows["sweeps"] <= NEGLIGIBLE).fillna(False))
        return float(rows.assign(six=rows[six].astype(bool).all(axis=1))[column].astype(bool).mean())

    def number(self, claim: str, field: str, reading: str = "") -> str:
        """Return a field of a claim under a reading; "" is the literal reading."""
        rows = self.claims if reading else literals(self.claims)
        rows = rows[(rows["claim"] == claim) & ((rows["name"] == reading) if reading else True)]
        return number(rows.iloc[0], field)

    def verdicts(self) -> str:
        """Return a table of verdicts: each printed result of the family trees under some readings."""
        rows = self.claims[self.claims["stem"] == STEM]
        names = [name for name in READINGS if self.has(name)]
        words = {name: self.words(name) for name in names}
        found = []
        for _, of_it in rows.groupby("claim", sort=False):
            row = {"printed": f"{of_it['says'].iloc[0]} ({of_it['source'].iloc[0]})"}
            by_name = dict(zip(of_it["name"], of_it["verdict"], strict=True))
            for name in names:
                row[words[name]] = next((by_name[one] for one in READINGS[name] if one in by_name), "")
            found.append(row)
        return markdown(pd.DataFrame(found))

    def words(self, name: str) -> str:
        """Return a reading in words."""
        found = self.claims[(self.claims["stem"] == STEM) & (self.claims["name"] == name)]
        return str(found["words"].iloc[0]) if len(found) else name

    def slopes(self) -> str:
        """Return a table of the readings that change only the slope, beside the same point of the map."""
        found = []
        slopes = [name for name in self.runs.readings if name.removeprefix("slope_").replace(".", "").isdecimal()]
        for name in ["as_printed", *slopes]:
            slope = self.runs.recipe(name).gain
            row = {"slope": f"{slope:g}", "R": f"{0.3 * slope:.3g}", "M": f"{slope**2:.3g}"}
            row |= {"all training cases right": self.share(name, "all_right")}
            row |= {"all beyond 0.75 and 0.25": self.share(name, "all_near"), "4 of 4": self.share(name, "held_out_4")}
            row |= {"all six unit properties": self.share(name, "six")}
            other = "no_decay/as_printed" if name == "as_printed" else f"no_decay/{name}"
            row |= {"no decay: by sweep 573": self.share(other, "by_573") if self.has(other) else ""}
            found.append(row)
        return markdown(pd.DataFrame(found))

    def singles(self) -> str:
        """Return a table of the readings that fill one gap of the text each, without the slope."""
        names = ("decay_", "no_output_slope", "range_0.5", "epsilon_by", "from_target", "case_updates", "rate_x")
        found = []
        for name in self.runs.readings:
            if name.startswith(names) and not name.startswith("rate_x20_"):
                step, penalty = place_of(self.runs.recipe(name))
                row = {"changed": self.words(name), "s": shown(step), "λ": shown(penalty)}
                row |= {"all training cases right": self.share(name, "all_right")}
                row |= {"beyond 0.8 and 0.2": self.share(name, "all_strict"), "4 of 4": self.share(name, "held_out_4")}
                found.append(row)
        return markdown(pd.DataFrame(found))

    def recipes(self) -> str:
        """Return a table of the recipes of the time on one scale."""
        rows = [{"net": one.name, "text": one.source, "s": shown(one.step), "λ": shown(one.penalty)} for one in RECIPES]
        speech = {"net": "speech", "text": "Lang, Waibel and Hinton 1990", "s": shown(SPEECH[0]), "λ": shown(SPEECH[1])}
        return markdown(pd.DataFrame([*rows, speech]))

    def strict_with_decay(self) -> list[dict[str, str]]:
        """Return the readings with decay in which an ordinary share of nets is beyond 0.8 and 0.2."""
        found = []
        for name in self.runs.readings:
            step, penalty = place_of(self.runs.recipe(name))
            if penalty and "/" not in name and self.part(name, "all_strict") >= ORDINARY:
                words, share = self.words(name), self.share(name, "all_strict")
                found.append({"words": words, "s": shown(step), "penalty": shown(penalty), "share": share})
        return found

    def of_stem(self, stem: str) -> str:
        """Return a table of the claims of another experiment; "" if it has none."""
        rows = self.claims[self.claims["stem"] == stem]
        if not len(rows):
            return ""
        rows = literals(rows)
        columns = {"printed": rows["says"] + " (" + rows["source"] + ")", "1987": rows["printed"]}
        return markdown(pd.DataFrame(columns | {"ours": rows["ours"], "verdict": rows["verdict"]}))

    def plane(self, momentum: float = 0.9, decay: bool = True) -> "Plane":
        """Return the part of the map with a momentum, with or without the printed decay."""
        rows = self.points
        return Plane(rows[(rows["momentum"] == momentum) & ((rows["decay"] > 0) == decay)])

    def together(self, momentum: float = 0.9) -> "Plane":
        """Return the points at which every printed result occurs in an ordinary share of the nets."""
        place = ["range", "factor"]
        without = self.plane(momentum, False).rows.set_index(place)
        both = self.plane(momentum).rows.set_index(place).assign(by_573=without["by_573"])
        return Plane(both[(both[list(TOGETHER)] >= ORDINARY).all(axis=1)].reset_index())


@dataclass(frozen=True)
class Plane:
    """Points of the map."""

    rows: pd.DataFrame

    def where(self, column: str, least: float = ORDINARY) -> "Plane":
        """Return the points at which a share of at least `least` of the nets shows a printed result."""
        return Plane(self.rows[self.rows[column] >= least])

    def best(self, column: str) -> dict[str, Any]:
        """Return the point with the largest share of a printed result, its numbers formatted."""
        row = self.rows.sort_values(column, ascending=False, kind="stable").iloc[0]
        return {"range": f"{row['range']:g}", "factor": f"{row['factor']:g}", "share": percent(row[column])}

    def at(self, initial_range: float, factor: float, column: str) -> str:
        """Return the share at one point."""
        rows = self.rows[(self.rows["range"] == initial_range) & (self.rows["factor"] == factor)]
        return percent(rows[column].iloc[0])

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.rows)

    @property
    def ends(self) -> str:
        """The least and the greatest of each coordinate of the points, in words."""
        ends = [f"{self.rows[name].min():g} to {self.rows[name].max():g}" for name in ("range", "factor")]
        return f"R = {ends[0]} and M = {ends[1]}"


def page(claims: pd.DataFrame, runs: Runs, tables: Path) -> str:
    """Return the page. tables: the folder that may hold the table of the map."""
    points = pd.read_csv(path) if (path := tables / f"{MAP}.csv").is_file() else pd.DataFrame()
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.filters["md"] = in_markdown
    return environment.get_template(TEMPLATE).render(f=Findings(claims, runs, points), enough=odds(ORDINARY))
