"""A small net drawn in a few lines of text: inputs on the left, outputs on the right, a line for each connection.

Lines are dots of Braille characters, two across and four down in each. A bias is a stub, `1─`, at the unit it feeds.
"""

import numpy as np

from backprop86.wiring import Wiring

ROWS, WIDTH = 10, 74
"""The largest picture."""
APART = 16
"""The distance between two levels, if there is room."""
LEAST_ROWS = 7
MOST, MOST_SKIPPING = 60, 8
"""The most connections, and the most that skip a level, of a net that is drawn: further lines would run together."""
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of each dot of a Braille character, by column and row."""
BRAILLE = 0x2800


def levels(wiring: Wiring) -> list[list[int]]:
    """Return the units from left to right: the inputs, then each level; without unit 0, which is always 1."""
    return [[*range(1, 1 + wiring.n_inputs)], *([*range(wiring.n_units)[level.units]] for level in wiring.levels)]


def skipping(wiring: Wiring) -> list[tuple[int, int]]:
    """Return the connections (source, target) that skip a level or more; a bias does not count."""
    level = {unit: number for number, units in enumerate(levels(wiring)) for unit in units}
    pairs = zip(wiring.source.tolist(), wiring.target.tolist(), strict=True)
    return [(source, target) for source, target in pairs if source and level[target] - level[source] > 1]


def sketch(wiring: Wiring) -> list[str]:
    """Return the lines of the picture; none for a net that is too large."""
    columns = levels(wiring)
    labels = _labels(wiring)
    widest = max(map(len, labels.values()))
    apart = min(APART, (WIDTH - widest) // (len(columns) - 1))
    tallest = max(map(len, columns))
    n_rows = min(ROWS, max(LEAST_ROWS, 2 * tallest + 1))
    is_dense = len(wiring.source) > MOST or len(skipping(wiring)) > MOST_SKIPPING
    if is_dense or tallest > ROWS or apart < widest + 2:
        return []
    place = {
        unit: (k * apart, _row(n, len(column), n_rows))
        for k, column in enumerate(columns)
        for n, unit in enumerate(column)
    }
    dots = np.zeros((4 * n_rows, 2 * (apart * (len(columns) - 1) + widest)), dtype=bool)
    for source, target in zip(wiring.source.tolist(), wiring.target.tolist(), strict=True):
        if source:
            (x0, y0), (x1, y1) = place[source], place[target]
            _line(dots, 2 * (x0 + len(labels[source])), 4 * y0 + 1.5, 2 * x1 - 1, 4 * y1 + 1.5)
    lines = [list(line) for line in _characters(dots)]
    for unit, (x, y) in place.items():
        lines[y][x : x + len(labels[unit])] = labels[unit]
    return _trimmed(["".join(line).rstrip() for line in lines])


def _labels(wiring: Wiring) -> dict[int, str]:
    """Return the name of each unit, with a stub where it has a bias."""
    pairs = zip(wiring.source.tolist(), wiring.target.tolist(), strict=True)
    biased = {target for source, target in pairs if not source}
    return {unit: f"1─{name}" if unit in biased else name for unit, name in enumerate(wiring.units) if unit}


def _row(n: int, of: int, rows: int) -> int:
    """Return the row of unit n of a column, whose units are spread evenly."""
    return int((n + 0.5) * rows / of)


def _line(dots: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> None:
    """Set the dots from one place to another."""
    steps = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
    x, y = np.linspace(x0, x1, steps), np.linspace(y0, y1, steps)
    dots[np.floor(y + 0.5).astype(int), np.floor(x + 0.5).astype(int)] = True


def _characters(dots: np.ndarray) -> list[str]:
    """Return the dots as lines of Braille; a blank where no dot is set."""
    rows, columns = dots.shape[0] // 4, dots.shape[1] // 2
    cells = dots.reshape(rows, 4, columns, 2).transpose(0, 2, 3, 1)
    codes = (cells * np.array(DOTS)).sum((2, 3))
    return ["".join(chr(BRAILLE + code) if code else " " for code in row) for row in codes.tolist()]


def _trimmed(lines: list[str]) -> list[str]:
    """Return the lines without the empty lines above and below."""
    full = [k for k, line in enumerate(lines) if line]
    return lines[full[0] : full[-1] + 1]
