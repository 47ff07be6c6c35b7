"""Claims: statements of a text, each with the rule that judges it, as conf/experiment/<stem>.yaml has them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from backprop86.engines.recipe import BadInput
from backprop86.running.training import NUMBER, YES_OR_NO

PRINTS = {  # rule -> how many printed numbers it may have
    "draw": (1,), "within": (1,), "rate": (2,), "intercept": (1,), "slope": (1,), "equal": (0, 1),
    "once": (0,), "always": (0,), "never": (0,), "structure": (0,), "more": (0,), "commonest": (0,),
}  # fmt: skip
SHARES = ("rate", "once", "always", "never", "structure", "commonest")
"""The rules that count in how many runs something is so: their columns hold yes or no."""


@dataclass
class Claim:
    """A statement of a text, and its rule. `column` is a column of the runs; `printed` one number or a range."""

    id: str = "???"
    source: str = "???"  # text, and the page, figure or table in it
    says: str = "???"  # in our words
    rule: str = "???"  # see PRINTS
    column: str = "learned"
    printed: list[float] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)  # where it applies, the literal one first; empty: everywhere;
    # 8_hidden/* is all readings of that form: for the rules of a curve its points, otherwise each by itself
    to: float = 0.0  # the last digit that is printed: runs are rounded to it before they are compared
    among: str = "all"  # of a draw, the runs it is one of: all, or the learned ones of which this column is true
    than: list[str] = field(default_factory=list)  # more: the reading that has less; commonest: the other columns
    headline: bool = False  # one of those in the README

    def check(self) -> "Claim":
        """Return the claim itself; BadInput, in one line, names what cannot be judged."""
        if self.rule not in PRINTS:
            raise BadInput(f"rule of claim {self.id} must be one of {', '.join(PRINTS)}, was {self.rule}")
        numbers = PRINTS[self.rule]
        if len(self.printed) not in numbers:
            needs = " or ".join(map(str, numbers))
            raise BadInput(f"claim {self.id}: rule {self.rule} needs {needs} printed numbers, was {self.printed}")
        if bool(self.than) != (self.rule in ("more", "commonest")) or (self.rule == "more" and len(self.than) > 1):
            raise BadInput(f"claim {self.id}: than must name one reading for rule more, columns for commonest")
        return self

    def matching(self, readings: Iterable[str]) -> list[str]:
        """Return the readings that the claim is about."""
        forms = self.readings or ["*"]
        return [reading for reading in readings if any(fnmatchcase(reading, form) for form in forms)]

    def check_readings(self, known: Collection[str]) -> None:
        """Raise BadInput, in one line, for a reading of the claim that is not known."""
        missing = [form for form in self.readings if not any(fnmatchcase(reading, form) for reading in known)]
        if self.rule == "more":
            others = dict.fromkeys(other_reading(self, reading) for reading in self.matching(known))
            missing += [reading for reading in others if reading not in known]
        if missing:
            such = ", ".join(list(known)[:9])
            raise BadInput(f"readings of claim {self.id} must be readings such as {such}, was {missing[0]}")

    def check_columns(self, columns: dict[str, dict[str, str]]) -> None:
        """Raise BadInput, in one line, for a column that the claim needs and one of its readings does not have.

        `columns` says of each reading what each of its columns holds, as `training.columns` does.
        """
        yes_or_no = [self.column] if self.rule in SHARES else []
        yes_or_no += self.than if self.rule == "commonest" else []
        yes_or_no += [] if self.among == "all" else [self.among]
        numbers = [] if self.rule in SHARES else [self.column]
        numbers += ["hidden"] if self.rule in ("intercept", "slope") else []
        wanted = [(name, (YES_OR_NO,)) for name in yes_or_no] + [(name, (NUMBER, YES_OR_NO)) for name in numbers]
        for reading in self.matching(columns):
            for name, kinds in wanted:
                if columns[reading].get(name) not in kinds:
                    found = [column for column, kind in columns[reading].items() if kind in kinds]
                    such = ", ".join(column for column in found if not column.startswith("untrained_"))
                    raise BadInput(f"columns of claim {self.id} must be of {such} in reading {reading}, was {name}")


def other_reading(claim: Claim, reading: str) -> str:
    """Return the reading that has less, if this one has more: it differs in the first axis, where there are axes."""
    return "/".join([claim.than[0], *reading.split("/")[1:]])
