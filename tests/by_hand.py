"""A reader with a calculator: recomputes every line of an explained step from the printed page alone."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import pairwise

NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
DIGITS = 6


def value(expression):
    """Return the result of a pocket calculator with very many digits."""
    code = re.sub(r"(?<![\w^])e\^", "exp", expression).replace("×", "*")
    code = re.sub(r"exp(-?)(\d[\d.]*(?:e-?\d+)?)", r"(\1Decimal('\2')).exp()", code)
    code = re.sub(r"(?<!['\w.])(\d[\d.]*(?:e-?\d+)?)(?!')", r"Decimal('\1')", code)
    return eval(code, {"Decimal": Decimal})


def agrees(printed, expression):
    """Return whether the printed number is the result, to the digits shown, and has as many digits as it should."""
    with localcontext(prec=150, rounding=ROUND_HALF_UP):
        exact, shown = value(expression) if isinstance(expression, str) else expression, Decimal(printed)
        rounded = exact.quantize(Decimal(1).scaleb(shown.as_tuple().exponent))
        return rounded == shown and (exact == shown or len(shown.as_tuple().digits) >= DIGITS)


class Reader:
    """A reader of the Markdown of a step, from top to bottom; `wrong` lists wrong lines, `lines` counts right lines."""

    def __init__(self, page):
        self.wrong, self.lines = [], 0
        parts = re.split(r"^## ", page, flags=re.MULTILINE)
        _, weights, forward, error, backward, nudge, again, _ = [self.blocks(part) for part in parts]
        ((_, rows),) = self.tables(weights)
        self.w, self.sharing = {row[0]: row[1] for row in rows}, {row[0]: int(row[-1]) for row in rows if len(row) > 2}
        self.alone = "ellipsis" not in parts[1]  # every connection has a weight of its own
        self.y, self.dE_dx, self.fed = {"1": "1"}, {}, {}
        self.forward(forward)
        self.error(error)
        self.backward(backward)
        self.nudge(nudge, parts[5])
        self.again(again)

    def check(self, holds, about):
        self.lines += 1
        if not holds:
            self.wrong.append(about)

    @staticmethod
    def blocks(part):
        """Paragraphs, lists of lines, and tables as (header, rows)."""
        found = []
        for text in re.findall(r"```\n[^`]*```|(?:^\|.*\n)+|^.+$", part, re.MULTILINE):
            if text.startswith("```"):
                found.append(text.splitlines()[1:-1])
            elif text.startswith("|"):
                rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
                found.append((rows[0], rows[2:]))
            else:
                found.append(text)
        return found

    @staticmethod
    def tables(blocks):
        return [block for block in blocks if isinstance(block, tuple)]

    @staticmethod
    def worked(blocks):
        """Lists of lines with numbers in them: the formulas have none."""
        return [block for block in blocks if isinstance(block, list) and "equation" not in block[0]]

    def equations(self, line):
        """Check every a × b = c in a line; return the numbers of the last one."""
        numbers = None
        told = line.split(" = ")
        for left, right in pairwise(told):
            expression, printed = re.search(r"[-+×/().e^\d ]*$", left)[0], re.match(rf"({NUMBER})(?=$|  )", right)
            if re.search(r"\d", expression) and printed:
                self.check(agrees(printed[1], expression), line)
                numbers = [*re.findall(NUMBER, expression.replace("- ", "-").replace("e^", " ")), printed[1]]
        return numbers

    def products(self, lines):
        """Return (source, target, first factor, second factor, product) of lines such as i1 → h1: 0 × -0.155070 = 0."""
        for line in lines:
            if found := re.match(r"\s*(.+) → (.+): (.+) × (.+) = (.+)", line):
                self.equations(line)
                yield found.groups()

    def weight(self, source, target, printed):
        name = f"{source} → {target}"
        self.check(
            self.w[name] == printed if self.alone else printed in self.w.values(), f"weight of {name}: {printed}"
        )

    def sum(self, line, terms):
        """Check a line that adds up these numbers, or states the only one, and no other; return the sum."""
        terms = [term for term in terms if Decimal(term) or len(terms) == 1]
        said = self.equations(line) or [line.split("= ")[-1].split(": ")[-1].split("  ")[0]] * 2
        self.check([term for term in said[:-1] if Decimal(term)] == [term for term in terms if Decimal(term)], line)
        return said[-1]

    def forward(self, blocks):
        (inputs,) = [block for block in blocks if str(block).startswith("The case sets")]
        self.y |= dict(re.findall(rf"(\S+) = ({NUMBER})", inputs.split(": ")[1]))
        for unit, *lines in self.worked(blocks):
            sent = []
            for source, target, y, w, product in self.products(lines):
                self.check(target == unit and self.y.get(source, "0") == y, f"{source} → {target}: {y}")
                self.weight(source, target, w)
                self.fed.setdefault(unit, []).append((source, w))
                sent.append(product)
            x = self.sum(lines[-2], sent)
            _, power, self.y[unit] = self.equations(lines[-1])[-3:]
            self.check(Decimal(power) == -Decimal(x), lines[-1])

    def error(self, blocks):
        ((_, rows),) = self.tables(blocks)
        self.missed = {}
        for unit, y, d, miss, half in rows:
            near = miss == "0" and any("near enough" in block for block in blocks if isinstance(block, str))
            self.check(y == self.y[unit], f"y of {unit}")
            self.check(near or agrees(miss, f"{y} - {d}"), f"y - d of {unit}")
            self.check(agrees(half, f"({miss}) × ({miss}) / 2"), f"half the square of {unit}")
            self.missed[unit] = (y, d, miss)
        ((of_case, *of_all),) = self.worked(blocks)
        halves = [half for *_, half in rows]
        E = self.sum(of_case.replace(" / ", ") / ("), halves) if " / " not in of_case else self.mean(of_case, halves)
        for line in of_all:
            self.check(E in self.equations(line)[:-1], line)

    def mean(self, line, halves):
        *terms, self.divided_by, E = self.equations(line)
        self.check(terms == [half for half in halves if Decimal(half)], line)
        return E

    def own(self, unit, line):
        """Check the line with y - d of an output, or y - d over the divisor of E."""
        y, d, miss = self.missed[unit]
        said = self.equations(line) or ["0"]
        self.check(said in ([y, f"-{d}", miss], [miss, getattr(self, "divided_by", ""), said[-1]], [miss]), line)
        return said[-1]

    def backward(self, blocks):
        begins = ("Now the weights", "That was one case", "In this reading the weights")
        units, others = [k for k, block in enumerate(blocks) if str(block).startswith(begins)]
        for unit, *lines in self.worked(blocks[:units]):
            parts = []
            for line in lines[:-1]:
                if "own error" in line or (unit in self.missed and len(lines) == 2):
                    parts.append(self.own(unit, line))
            for source, target, dE_dx, w, product in self.products(lines):
                self.check(source == unit and dE_dx == self.dE_dx[target], f"{source} → {target}: {dE_dx}")
                self.weight(source, target, w)
                parts.append(product)
            dE_dy = parts[0] if len(lines) == 2 and parts else self.sum(lines[-2], parts or ["0"])
            said = self.equations(lines[-1])
            self.check(said == [dE_dy, self.y[unit], "1", f"-{self.y[unit]}", said[-1]], lines[-1])
            self.dE_dx[unit] = said[-1]
        self.shares(*self.tables(blocks[:units]), self.dE_dx)
        for block in blocks[:units]:
            if str(block).startswith("Level by level"):
                self.levels(block)
        self.gradient(blocks[units:others])
        self.sums(blocks[others:])

    def shares(self, table, values):
        header, rows = table
        self.check(header[-1] == "share of the blame", header)
        self.check({row[0]: row[1].split("= ")[-1] for row in rows}.items() <= values.items(), header)
        whole = sum(abs(Decimal(row[1].split("= ")[-1])) for row in rows)
        for row in rows:
            part = abs(Decimal(row[1].split("= ")[-1]))
            told = (100 * part / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else ""
            small = "< 0.1 %" if part and not told else f"{told} %"
            self.check(row[-1] == (small if whole else ""), row)

    def levels(self, says):
        """Check the shares by level, from the outputs down; the end with the smaller share, and the reason."""
        level = {}
        for unit, sources in self.fed.items():
            level[unit] = 1 + max((level.get(source, 0) for source, _ in sources), default=0)
        sizes = [
            sum(abs(Decimal(self.dE_dx[unit])) for unit in level if level[unit] == n)
            for n in range(max(level.values()), 0, -1)
        ]
        told = re.search(r"the shares are (.+?)\. The level", says)[1].replace("\N{NO-BREAK SPACE}", " ").split(", ")
        self.check(len(told) == len(sizes), says)
        for share, size in zip(told, sizes, strict=False):
            part = 100 * size / sum(sizes)
            small = share == "< 0.1 %" and 0 < part < Decimal("0.05")
            self.check(small or abs(Decimal(share.split()[0]) - part) <= Decimal("0.05"), says)
        self.check(("smaller share. With" in says) == (sizes[-1] < sizes[0]), says)
        self.check(("the larger share here" in says) == (sizes[-1] > sizes[0]), says)
        sums = [sum(abs(Decimal(w)) for source, w in feeds if source in level) for feeds in self.fed.values()]
        if found := re.search(rf"without their signs, to ({NUMBER}), which is more than 4", says):
            self.check(agrees(found[1], max(sums)) and max(sums) > 4, says)

    def again(self, blocks):
        """Check that bars are as long as E, that sweeps rise, and that the sentence and the table have the same E."""
        ((header, rows),) = self.tables(blocks)
        E = [Decimal(row[1]) for row in rows]
        for value, row in zip(E, rows, strict=True):
            self.check(abs(len(row[-1]) - 20 * value / max(E)) <= Decimal("0.501"), row)
        sweeps = [int(row[0].split()[0].replace(",", "")) for row in rows[2:]]
        self.check(sweeps == sorted(set(sweeps)), header)
        says = "\n".join(map(str, blocks))
        after, before = re.search(rf"E of all cases is ({NUMBER}), .+? the ({NUMBER}) before", says).groups()
        self.check([Decimal(before), Decimal(after)] == E[:2], says)
        if still := re.search(rf"E is still ({NUMBER}) then, and ({NUMBER}) after ([\d,]+) sweeps", says):
            by_sweep = {row[0].split()[0]: Decimal(row[1]) for row in rows[2:]}
            learned = re.search(r"After ([\d,]+) sweeps it has learned", says)[1]
            for told, sweep in ((still[1], learned), (still[2], still[3])):
                three = Context(prec=3, rounding=ROUND_HALF_UP).create_decimal(by_sweep[sweep])
                self.check(told == (f"{three:f}" if three.adjusted() >= -4 else f"{three:e}"), still[0])

    def gradient(self, blocks):
        (header, rows), *_ = self.tables(blocks)
        lines = [f"{name}: {text}" for name, text, _ in rows] if self.alone else self.worked(blocks)[0]
        given = []
        for source, target, dE_dx, y, product in self.products(lines):
            self.check(
                (dE_dx, y) == (self.dE_dx[target], self.y.get(source, "0")), f"{source} → {target}: {dE_dx} × {y}"
            )
            given.append((f"{source} → {target}", product))
        self.g = dict(given)
        if not self.alone:
            sums = self.worked(blocks)[1]
            self.g = {line.split(": ")[0]: (self.equations(line) or line.split(": ")[1:])[-1] for line in sums}
            by_name = {line.split(": ")[0]: (self.equations(line) or line.split(": ")[1:] * 2)[:-1] for line in sums}
            terms = [term for some in by_name.values() for term in some]
            all_told = not any(str(block).startswith("∂E/∂w is 0 for") for block in blocks)
            counts = {name: len(some) for name, some in by_name.items()}
            self.check(counts == self.sharing or not all_told, "how many connections share a weight")
            told, added = ([n for n in some if Decimal(n)] for some in (terms, [product for _, product in given]))
            self.check(sorted(told) == sorted(added), "what is added up")
        self.shares((header, rows), self.g)

    def sums(self, blocks):
        first, *more = self.tables(blocks)
        if more:
            for name, *numbers, total in first[1]:
                mine = dict(zip(first[0][1:], numbers, strict=False))
                self.check(self.g.get(name, "0") in mine.values(), f"{name} in this case")
                self.check(agrees(total, " + ".join(f"({number})" for number in numbers)), f"sum of {name}")
                self.g[name] = total
        self.compared = more[0][1] if more else first[1]
        for name, hand, _, larger, smaller, slope in self.compared:
            self.check(hand == self.g.get(name, "0"), f"{name} by hand")
            with localcontext(rounding=ROUND_HALF_UP):
                exact = (Decimal(larger) - Decimal(smaller)) / Decimal("0.002")
                slope = "0" if slope == "too small" else slope
                self.check(exact.quantize(Decimal(slope)) == Decimal(slope), f"slope of {name}")
            self.g[name] = hand

    def nudge(self, blocks, text):
        epsilon, alpha = re.search(rf"ε = ({NUMBER}) and α = ({NUMBER})", text).groups()
        ((header, rows),) = self.tables(blocks)
        ((name, first, second, *third),) = self.worked(blocks)
        for row in rows:
            cells = dict(zip(header, row, strict=True))
            self.check(cells["∂E/∂w"] == self.g[row[0]] and cells["w"] == self.w[row[0]], row)
            self.check(agrees(cells["Δw"], f"-{epsilon} × ({cells['∂E/∂w']})"), row)
            self.check(agrees(cells["w + Δw"], f"{cells['w']} + ({cells['Δw']})"), row)
            last = cells["w + Δw"]
            if "shrunk" in cells:
                decay = re.search(rf"shrinks by the fraction ({NUMBER})", text)[1]
                self.check(agrees(cells["shrunk"], f"({last}) × (1 - {decay})"), row)
                last = cells["shrunk"]
            if "held" in cells:
                self.check(
                    Decimal(cells["held"]) == min(Decimal(last), 0) or (cells["held"] == last and "→" in row[0]), row
                )
        shown = dict(zip(header, rows[0], strict=True))
        self.check(name == rows[0][0], name)
        said = self.equations(first)
        self.check(said == [f"-{epsilon}", shown["∂E/∂w"], alpha, "0", shown["Δw"]], first)
        self.check(self.sum(second, [shown["w"], shown["Δw"]]) == shown["w + Δw"], second)
        self.check(len(third) == ("shrunk" in shown), third)
        for line in third:
            said = self.equations(line)
            self.check(said == [shown["w + Δw"], "1", f"-{decay}", shown["shrunk"]], line)
