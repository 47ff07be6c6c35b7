"""Claims: statements of a text, each of one kind, from conf/experiment/<stem>.yaml."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from backprop86.engines.recipe import BadInput
from backprop86.running.columns import NUMBER, YES_OR_NO

PRINTS = {
    "draw": (0, 1), "every": (0,), "most": (0,), "rate": (1, 2), "average": (1,), "curve": (1,), "equality": (0, 1),
    "more": (0,), "commonest": (0,), "band": range(1, 100),
}  # fmt: skip
"""The kinds of claims, each with the numbers of printed numbers it may have; `judging.rules` explains them."""
SHARES = ("every", "most", "rate", "commonest")
"""The kinds that count the runs with a property: their columns hold yes or no."""
OF_KIND = {
    "all_of": "draw", "below": "draw", "risen_since": "draw", "never": "every", "of": "average", "coefficient": "curve",
    "at": "band", "give": "band",
}  # fmt: skip
"""The fields that only one kind of claim may have."""
WITHOUT_MOMENT = ("sweeps", "learned", "right_side", "error", "diverged")
"""The columns that a row has once; all other columns are measured at several moments."""
COEFFICIENTS = ("intercept", "slope")


@dataclass
class Claim:
    """A statement of a text. `column` is a column of the runs, taken at `moment`; `printed` one number or a range."""

    id: str = "???"
    source: str = "???"  # the text, and a page, figure or table in it
    says: str = "???"  # in our words
    kind: str = "???"  # see PRINTS
    column: str = "learned"
    moment: str = "learned"  # the moment of the measurement: when the run has learned, a sweep such as 1425, or its end
    printed: list[float] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)  # the readings of the claim, the literal one first; empty: all
    # of the printed net. 8_hidden/* is all readings of that form: the points of a curve, else each judged by itself
    to: float = 0.0  # the last printed digit: runs are rounded to it before the comparison
    below: float | None = None  # of a draw: the printed run has less than this
    risen_since: str = ""  # of a draw: in the printed run the number has risen since this earlier moment
    all_of: list[str] = field(default_factory=list)  # of a draw: properties that the printed net has all at once
    among: str = "learned"  # of a draw or a band: learned, for runs that learned; a column that is true as well; all
    never: bool = False  # of every run: it holds in none
    of: int = 0  # of an average: the number of runs in it
    coefficient: str = ""  # of a curve: see COEFFICIENTS
    at: list[int] = field(default_factory=list)  # of a band: the sweeps of the printed numbers
    give: float = 0.0  # of a band: the error of reading these off a figure
    than: list[str] = field(default_factory=list)  # more: the reading that has less; commonest: the other columns

    @property
    def is_property(self) -> bool:
        """True if the claim states a property of one run, and prints no number."""
        return self.kind == "draw" and not self.printed and self.below is None and not self.risen_since

    @property
    def columns(self) -> list[str]:
        """The columns that the claim is about."""
        return self.all_of or [self.column]

    @property
    def of_all_runs(self) -> bool:
        """True if the printed run is compared with all runs, as in a claim that a run learned."""
        return self.among == "all" or self.columns == ["learned"]

    @property
    def further(self) -> str:
        """The column that must be true, beside having learned, of the runs to compare a draw with; or ""."""
        return "" if self.among in ("all", "learned") else self.among

    def place(self, column: str) -> str:
        """Return the name of a column in the rows, with its moment."""
        return column if column in WITHOUT_MOMENT else f"{column}@{self.moment}"

    @property
    def places(self) -> list[str]:
        """The names of the claim's columns in the rows, at every moment of the claim."""
        if self.kind == "band":
            return [f"{self.column}@{sweep}" for sweep in self.at]
        before = [f"{self.column}@{self.risen_since}"] if self.risen_since else []
        return [*(self.place(name) for name in self.columns), *before]

    def check(self) -> "Claim":
        """Return the claim itself; BadInput, in one line, names a field that cannot be judged."""
        if self.kind not in PRINTS:
            raise BadInput(f"kind of claim {self.id} must be one of {', '.join(PRINTS)}, was {self.kind}")
        if self.kind == "band" and len(self.printed) != len(self.at):
            raise BadInput(f"printed of claim {self.id} must be a number for each sweep of at, was {self.printed}")
        if len(self.printed) not in PRINTS[self.kind]:
            needs = " or ".join(map(str, PRINTS[self.kind]))
            raise BadInput(
                f"printed of claim {self.id} must be {needs} numbers for kind {self.kind}, was {self.printed}"
            )
        for name, kind in OF_KIND.items():
            if getattr(self, name) not in (None, False, 0, "", []) and self.kind != kind:
                raise BadInput(f"kind of claim {self.id} must be {kind}, as it has {name}, was {self.kind}")
        if bool(self.printed) + (self.below is not None) + bool(self.all_of) + bool(self.risen_since) > 1:
            raise BadInput(f"claim {self.id} must have only one of printed, below, all_of and risen_since")
        if self.moment not in ("learned", "end") and not self.moment.isdecimal():
            raise BadInput(f"moment of claim {self.id} must be learned, end or a sweep, was {self.moment}")
        if self.kind == "average" and self.of < 1:
            raise BadInput(f"of of claim {self.id} must be the number of runs in the average, was {self.of}")
        if self.kind == "curve" and self.coefficient not in COEFFICIENTS:
            known = " or ".join(COEFFICIENTS)
            raise BadInput(f"coefficient of claim {self.id} must be {known}, was {self.coefficient or 'empty'}")
        if self.among != "learned" and self.kind not in ("draw", "band"):
            raise BadInput(f"kind of claim {self.id} must be draw or band, as it has among, was {self.kind}")
        if bool(self.than) != (self.kind in ("more", "commonest")) or (self.kind == "more" and len(self.than) > 1):
            wanted = "one reading for more, columns for commonest, and nothing else"
            raise BadInput(f"than of claim {self.id} must name {wanted}, was {', '.join(self.than) or 'empty'}")
        return self

    def matching(self, names: Iterable[str]) -> list[str]:
        """Return the names of rows that the claim is about; without `readings`, all names of the printed net."""
        names = list(names)
        if not self.readings:
            return [name for name in names if "/" not in name] or names
        return [name for name in names if any(fnmatchcase(name, form) for form in self.readings)]

    def check_readings(self, known: Collection[str]) -> None:
        """Raise BadInput, in one line, for an unknown reading in the claim."""
        missing = [form for form in self.readings if not any(fnmatchcase(name, form) for name in known)]
        if self.kind == "more":
            others = dict.fromkeys(other_reading(self, name) for name in self.matching(known))
            missing += [name for name in others if name not in known]
        if missing:
            such = ", ".join(list(known)[:9])
            raise BadInput(f"readings of claim {self.id} must be readings such as {such}, was {missing[0]}")

    def check_columns(self, columns: dict[str, dict[str, str]]) -> None:
        """Raise BadInput, in one line, for a column that the claim needs and one of its readings lacks.

        `columns` has, for each reading, the content of each column, as `running.columns` gives it.
        """
        yes_or_no, numbers = (YES_OR_NO,), (NUMBER, YES_OR_NO)
        counts = self.kind in SHARES or self.is_property
        wanted = [(place, yes_or_no if counts else numbers) for place in self.places]
        wanted += [(self.place(name), yes_or_no) for name in self.than if self.kind == "commonest"]
        wanted += [(self.place(self.further), yes_or_no)] if self.further else []
        wanted += [("hidden@end", numbers)] if self.kind == "curve" else []
        for reading in self.matching(columns):
            for name, kinds in wanted:
                if columns[reading].get(name) not in kinds:
                    there = ", ".join(self._at_its_moment(columns[reading], kinds))
                    was = name.partition("@")[0]
                    raise BadInput(f"columns of claim {self.id} must be of {there} in reading {reading}, was {was}")

    def _at_its_moment(self, columns: dict[str, str], kinds: tuple[str, ...]) -> list[str]:
        """Return the columns of these kinds that exist at the claim's moment."""
        found, ending = [name for name, kind in columns.items() if kind in kinds], f"@{self.moment}"
        return [name.removesuffix(ending) for name in found if name in WITHOUT_MOMENT or name.endswith(ending)]


def other_reading(claim: Claim, reading: str) -> str:
    """Return the reading to compare with; xor_2/* stands for this reading with xor_2 as its first part."""
    first, star, _ = claim.than[0].partition("/*")
    return "/".join([first, *reading.split("/")[1:]]) if star else first
