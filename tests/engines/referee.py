"""The referee: the page of engines/arithmetic.py in NumPy and in whole numbers, plain and slow.

It defines the bits of a run, shares no line with the fused engine, and uses the names of the page. The last axis of an
array is the axis of the seeds.
"""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from backprop86.descent import RATES
from backprop86.engines.arithmetic import CASES_AT_ONCE, LARGEST, LN_2, LN_2_REST, LOG2_E, SHIFT, TAYLOR
from backprop86.engines.recipe import CRITERIA, Cases
from backprop86.engines.reference import NEVER, Outcome, checkpoints
from backprop86.network import largest_weights

SURELY_EXACT = 2.0**-960
"""The rounding error of a product at least this large is itself a float64."""


@np.errstate(all="ignore")
def fma(a, b, c, dtype):
    """Return a b + c, rounded once, of arrays of one dtype; S. Boldo and G. Melquiond, IEEE Trans. Comp. 57 (2008).

    The rounding errors on the way are rounded to odd before they are added, so that no tie is made or unmade. Where a
    number is out of range, which a small product or an infinite result shows, a fraction decides.
    """
    a, b, c = (np.asarray(value, dtype) for value in (a, b, c))
    if c.dtype == np.float32:  # float64 holds the product
        return odd_sum(a.astype(np.float64) * b, c.astype(np.float64)).astype(np.float32)
    product, lost = two_product(a, b)
    upper, lost_too = two_sum(c, lost)
    total, rest = two_sum(product, upper)
    result = total + odd_sum(lost_too, rest)
    sure = (np.abs(product) >= SURELY_EXACT) & np.isfinite(result)
    if not sure.all():
        no_product = (a == 0) | (b == 0)
        result = np.where(no_product, a * b + c, result)
        unsure = ~(sure | no_product)
        triples = zip(*(np.broadcast_to(value, unsure.shape)[unsure].tolist() for value in (a, b, c)), strict=True)
        result[unsure] = [fraction_fma(*triple) for triple in triples]
    return result


def two_sum(a, b):
    """Return a + b rounded, and its exact rounding error (D. Knuth)."""
    total = a + b
    b_in_it = total - a
    return total, (a - (total - b_in_it)) + (b - b_in_it)


def two_product(a, b):
    """Return a b rounded, and its exact rounding error (T. Dekker)."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = halves(a), halves(b)
    return product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


def halves(a):
    """Return the upper and the lower 26 bits of float64 (G. Veltkamp)."""
    spread = a * (2.0**27 + 1)
    high = spread - (spread - a)
    return high, a - high


def odd_sum(a, b):
    """Return a + b in float64, rounded to the neighbour whose last bit is 1 unless it is exact."""
    total, lost = two_sum(a, b)
    bits = total.view(np.int64)
    towards_lost = np.where((lost > 0) == (total > 0), 1, -1)
    return np.where((np.abs(lost) > 0) & (bits & 1 == 0), bits + towards_lost, bits).view(np.float64)


def fraction_fma(a, b, c):
    """Return a b + c, rounded once, of three numbers, a and b not 0."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    if not math.isfinite(c):
        return c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def philox(seed, counter):
    """Return the four words of 64 bits of one block: J. Salmon et al., Random123 (2011)."""
    c0, c1, c2, c3, k0, k1 = counter, 0, 0, 0, seed, 0
    for _ in range(10):
        (high0, low0), (high1, low1) = divmod(0xD2E7470EE14C6C93 * c0, 2**64), divmod(0xCA5A826395121157 * c2, 2**64)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) % 2**64, (k1 + 0xBB67AE8584CAA73B) % 2**64
    return c0, c1, c2, c3


def initial_weights(seed, n_parameters, initial_range, spread=None):
    """Return the weights that a seed draws, in float64."""
    words = [word for block in range(-(-n_parameters // 4)) for word in philox(seed, 1 + block)]
    drawn = [-1 + 2 * ((word >> 11) * 2.0**-53) for word in words[:n_parameters]]
    if spread is None:
        return [initial_range * one for one in drawn]
    return [initial_range * drawn[0] + spread * one for one in drawn]


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def logistic(x):
    """Return y, of the dtype of x."""
    type_, dtype = x.dtype.type, x.dtype.name
    z = np.clip(-x, type_(-LARGEST[dtype]), type_(LARGEST[dtype]))
    log2_e, shift, ln_2, rest = (type_(one) for one in (LOG2_E, SHIFT[dtype], LN_2[dtype], LN_2_REST[dtype]))
    k = fma(z, log2_e, shift, type_) - shift
    r = fma(k, -rest, fma(k, -ln_2, z, type_), type_)
    p = np.full_like(z, TAYLOR[dtype][0])
    for c in TAYLOR[dtype][1:]:
        p = fma(p, r, type_(c), type_)
    return type_(1) / (type_(1) + np.ldexp(p, k.astype(np.int32)))


def terms(sums, left, right):
    """Return the first term of every sum, then the second of all sums that have one, and so on, from products in
    order.
    """
    order = np.argsort(sums, kind="stable")
    number = np.arange(len(sums)) - np.searchsorted(sums[order], sums[order])
    order, ends = order[np.argsort(number, kind="stable")], np.cumsum(np.bincount(number))[:-1]
    return list(zip(*(np.split(each[order], ends) for each in (sums, left, right)), strict=True))


def add_products(totals, a, b, terms):
    """Add products of rows of a and of b to rows of totals, one by one, but many sums at once."""
    for sums, left, right in terms:
        totals[sums] = fma(a[left], b[right], totals[sums], totals.dtype)


class Pass:
    """The sums of a pass through some cases. Unit u has row u of the first case, n_units + u of the second, ..."""

    def __init__(self, wiring, inputs, desired, sloped, at_once=1):
        """Put every product at its place on the page; dE/dw takes `at_once` cases at once."""
        self.wiring, self.sloped, self.at_once, C, U = wiring, sloped, at_once, len(inputs), wiring.n_units
        self.given = np.concatenate([np.ones((C, 1)), inputs, np.zeros((C, U - 1 - wiring.n_inputs))], 1).ravel()
        self.is_on = desired[..., None] > 0.5
        self.outputs = np.arange(C)[:, None] * U + wiring.outputs
        connection = np.lexsort((wiring.source, wiring.target))
        source, target = wiring.source[connection], wiring.target[connection]
        case, k = (both.ravel() for both in np.indices((C, len(connection))))
        parameter, i, j = wiring.parameter[connection][k], case * U + source[k], case * U + target[k]
        computed, there = source[k] > wiring.n_inputs, (source[k] > wiring.n_inputs) | (self.given[i] != 0)
        self.levels = []
        for level in wiring.levels:
            into = there & (target[k] >= level.units.start) & (target[k] < level.units.stop)
            out_of = computed & (source[k] >= level.units.start) & (source[k] < level.units.stop)
            rows = (np.arange(C)[:, None] * U + np.arange(U)[level.units]).ravel()
            forward = terms(j[into], parameter[into], i[into])
            self.levels.append((rows, forward, terms(i[out_of], parameter[out_of], j[out_of])))
        order = np.lexsort((case, k, case // at_once))
        order = order[there[order]]
        self.of_weights = terms(parameter[order], j[order], i[order])

    def meet(self, inputs, desired):
        """Replace the cases by cases (C, n, S), different for each seed."""
        given = np.zeros((len(inputs), self.wiring.n_units, inputs.shape[-1]))
        given[:, 0], given[:, 1 : 1 + self.wiring.n_inputs] = 1, inputs
        self.given, self.is_on = given.reshape(-1, inputs.shape[-1]), desired > 0.5

    def forward(self, w):
        """Return x and y of every row. Equations 1 and 2."""
        given = self.given if self.given.ndim == 2 else np.repeat(self.given[:, None], w.shape[1], 1)
        y = given.astype(w.dtype)
        x = np.full_like(y, -0.0)
        for number, (rows, into, _) in enumerate(self.levels):
            add_products(x, w, y, into)
            y[rows] = logistic(x[rows] * self.gain_of(w, number))
        return x, y

    def gain_of(self, w, level):
        """Return the gain of a level; 1, which changes no bit, in nets without gains."""
        return w[self.wiring.n_weights + level] if self.wiring.has_gains else w.dtype.type(1)

    def wishes(self, w, x, y, signal_of_outputs, s):
        """Return the change in the place of dE/dw, by desired states; s (C, 1, S) is 0 in cases that do not count."""
        wish, signal, dE_dw = np.zeros_like(y), np.zeros_like(y), np.full_like(w, -0.0)
        s = np.repeat(np.broadcast_to(s, (len(self.outputs), 1, w.shape[1]))[:, 0], self.wiring.n_units, 0)
        for rows, _, out_of in reversed(self.levels):
            total, size = np.full_like(y, -0.0), np.full_like(y, -0.0)
            add_products(total, w, wish, out_of)
            add_products(size, np.abs(w), np.abs(wish), out_of)
            wish[rows] = np.divide(total, size, out=np.zeros_like(y), where=size > 0)[rows]
            signal[rows] = ((y - (wish > 0)) * np.abs(wish) * s)[rows].astype(w.dtype)
            is_on = self.is_on.reshape(self.outputs.shape)
            for units, on, told in zip(self.outputs, is_on, signal_of_outputs, strict=True):
                here = np.isin(units, rows)
                wish[units[here]] = np.where(on[here], 1, -1)[:, None]
                signal[units[here]] = told[here]
        add_products(dE_dw, signal, y, self.of_weights)
        return dE_dw

    def backward(self, w, x, y, dE_dy_of_outputs, _):
        """Return dE/dw, and dE/dG after it. Equations 5 to 7."""
        dE_dy, dE_dx, dE_dw = np.full_like(y, -0.0), np.zeros_like(y), np.full_like(w, -0.0)
        dE_dy[self.outputs] = dE_dy_of_outputs
        for number, (rows, _, out_of) in reversed(list(enumerate(self.levels))):
            add_products(dE_dy, w, dE_dx, out_of)
            dE_dx[rows] = dE_dy[rows] * y[rows] * (1 - y[rows])
            if not self.sloped:
                ends = rows[np.isin(rows, self.outputs)]
                dE_dx[ends] = dE_dy[ends]
            if self.wiring.has_gains:
                self.add_gain(dE_dw, number, dE_dx, x)
                dE_dx[rows] *= self.gain_of(w, number)
        add_products(dE_dw, dE_dx, y, self.of_weights)
        return dE_dw

    def add_gain(self, dE_dw, level, dE_dx, x):
        """Add the dE/dG of a level: some cases at a time, of these unit by unit, of this case by case."""
        gain, C, U = self.wiring.n_weights + level, len(self.outputs), self.wiring.n_units
        units = range(U)[self.wiring.levels[level].units]
        for start in range(0, C, self.at_once):
            some = range(start, min(start + self.at_once, C))
            for row in (case * U + unit for unit in units for case in some):
                dE_dw[gain] = fma(dE_dx[row], x[row], dE_dw[gain], dE_dw.dtype)


def run(job, descent=None):
    """Return the outcome of every seed of a job; `descent` replaces the recipe's rates."""
    training = Training(job, descent or job.recipe.descent())
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for sweep in range(job.recipe.sweeps + 1):
            training.look(sweep)
            if not len(training.seeds):
                break
            training.change(sweep + 1)
    return training.outcome


class Training:
    """The seeds still in training, and the outcome so far of all."""

    OF_SEEDS = ("seeds", "w", "delta", "trained", "s", "rates", "dE_dw", "has_learned", "times")

    def __init__(self, job, descent):
        """Round all numbers of the job to the dtype."""
        if job.stream is not None:  # all inputs are there, whatever they are
            shape = (job.recipe.block, job.wiring.n_inputs), (job.recipe.block, len(job.wiring.outputs))
            job = replace(job, cases=Cases(*map(np.ones, shape), ("",) * job.recipe.block))
        wiring, cases, recipe, (S, P) = job.wiring, job.cases, job.recipe, job.w.shape
        self.job, self.outcome, self.seeds = job, Outcome.unknown(job), np.arange(S)
        self.dtype = np.dtype(recipe.dtype).type
        self.opening_sweeps, self.late_sweep = descent.opening_sweeps, descent.late_sweep
        self.has_learned, self.share = np.zeros(S, bool), np.ones((P, 1), self.dtype)
        if recipe.epsilon_by == "fan_in":
            for parameter, target in zip(wiring.parameter, wiring.target, strict=True):
                self.share[parameter] = self.dtype(1 / (wiring.target == target).sum())
        self.trained = np.ones((len(cases.inputs), 1, S), bool)
        if job.counted is not None:
            self.trained = job.counted.T[:, None] > 0
        is_mean, by_case, n = recipe.error == "mean", recipe.update == "case", self.trained.sum((0, 1))
        whole = n * len(wiring.outputs) if is_mean else np.ones(S)
        self.s = self.dtype(1) / whole.astype(self.dtype)
        of = {name: np.broadcast_to(np.asarray(getattr(descent, name), float), S) for name in RATES}
        times = n if is_mean and by_case else np.ones(S)
        self.times = times
        phases = [("", "decay"), ("opening_", "decay"), ("late_", "late_decay")]
        self.rates = np.array(
            [[of[f"{phase}epsilon"] * times, of[f"{phase}alpha"], of[decay]] for phase, decay in phases]
        )
        self.w = job.w.T.astype(self.dtype)
        self.delta, self.dE_dw = np.zeros_like(self.w), np.zeros_like(self.w)
        self.largest = largest_weights(wiring, recipe.biases).astype(self.dtype)[:, None]
        sloped = recipe.output_slope == "kept"
        self.all_cases = Pass(wiring, cases.inputs, cases.desired, sloped, 1 if by_case else CASES_AT_ONCE)
        each = [[c] for c in range(len(cases.inputs)) if by_case]
        self.each_case = [Pass(wiring, cases.inputs[c], cases.desired[c], sloped) for c in each]
        weights = np.arange(wiring.n_weights)
        self.of_levels = terms(wiring.parameter_level[weights], weights, weights)

    def error(self, y, is_on, trained):
        """Return miss (C, J, S), E_c (C, S) and E of outputs y. Equations 3 and 4."""
        recipe, dtype = self.job.recipe, self.dtype
        t = np.where(is_on, dtype(recipe.target_on), dtype(recipe.target_off))
        miss = y - t
        if recipe.dead_zone != "none":
            edge = np.where(is_on, dtype(recipe.zone_on), dtype(recipe.zone_off))
            if recipe.dead_zone == "from_edge":
                miss = y - edge
            miss[np.where(is_on, y > edge, y < edge)] = 0
        miss = np.where(trained, miss, dtype(0))
        E_c, E = np.zeros((len(y), y.shape[-1]), dtype), np.zeros(y.shape[-1], dtype)
        for j in range(miss.shape[1]):
            E_c = fma(dtype(0.5) * miss[:, j], miss[:, j], E_c, dtype)
        for c in range(len(miss)):
            E = fma(E_c[c], self.s, E, dtype)
        return miss, E_c, E

    def met(self, criterion, y, E_c, E):
        """Return a mask of the seeds that meet a criterion."""
        n_outputs, dtype = y.shape[1], self.dtype
        most = criterion.case_error * (n_outputs if self.job.recipe.error == "mean" else 1)
        right = np.where(self.all_cases.is_on, y > dtype(criterion.on), y < dtype(criterion.off)).all(1)
        right &= E_c < dtype(np.nextafter(most, math.inf))
        return (right | ~self.trained[:, 0]).all(0) & (dtype(criterion.total_error) * self.s > E)

    def look(self, sweep):
        """Record the results of the weights after this sweep, and drop the seeds that are done."""
        out, seeds, recipe = self.outcome, self.seeds, self.job.recipe
        if self.job.stream is not None and len(seeds):
            blocks = [self.job.stream(int(row), sweep, 1) for row in seeds]
            self.all_cases.meet(*(np.stack([part[0] for part in parts], -1) for parts in zip(*blocks, strict=True)))
        every_x, every_y = self.all_cases.forward(self.w)
        y = every_y[self.all_cases.outputs]
        miss, E_c, E = self.error(y, self.all_cases.is_on, self.trained)
        back = self.all_cases.wishes if recipe.procedure == "desired_states" else self.all_cases.backward
        self.dE_dw = back(self.w, every_x, every_y, miss * self.s, self.s * self.trained)
        diverged = ~(np.isfinite(E) & np.isfinite(self.w).all(0))
        out.diverged[seeds] = diverged
        for when, name in ((out.sweeps, recipe.criterion), (out.right_side, "right_side")):
            first = self.met(CRITERIA[name], y, E_c, E) & ~diverged & (when[seeds] == NEVER)
            when[seeds[first]] = sweep
            if when is out.sweeps:
                out.w_learned[seeds[first]] = self.w.T[first]
                self.has_learned |= first
        if sweep in recipe.moments:
            out.w_at[seeds, recipe.moments.index(sweep)] = self.w.T
        if sweep in (kept := checkpoints(recipe.sweeps)):
            out.error_curve[seeds, kept.index(sweep)] = E
            out.gradient_curve[seeds, kept.index(sweep)] = self.lengths().T
        done = diverged | (sweep == recipe.sweeps)
        if recipe.stop == "learned":
            done |= (out.sweeps[seeds] != NEVER) & (sweep >= self.job.until[seeds])
        out.w[seeds[done]], out.error[seeds[done]], out.stopped[seeds[done]] = self.w.T[done], E[done], sweep
        for name in self.OF_SEEDS:
            setattr(self, name, getattr(self, name)[..., ~done])

    def lengths(self):
        """Return the length of dE/dw of each level, (n_levels, S)."""
        g = self.dE_dw.astype(np.float64)
        squares = np.zeros((len(self.job.wiring.levels), g.shape[1]))
        add_products(squares, g, g, self.of_levels)
        return np.sqrt(squares)

    def change(self, sweep):
        """Change the weights once, or after every case in turn."""
        if self.job.recipe.update == "sweep":
            self.w, self.delta = self.changed(self.dE_dw, sweep)
            return
        for one, trained in zip(self.each_case, self.trained, strict=True):
            x, y = one.forward(self.w)
            miss, _, _ = self.error(y[one.outputs], one.is_on, trained)
            back = one.wishes if self.job.recipe.procedure == "desired_states" else one.backward
            w, delta = self.changed(back(self.w, x, y, miss * self.s, self.s * trained), sweep)
            self.w, self.delta = np.where(trained, w, self.w), np.where(trained, delta, self.delta)

    def changed(self, dE_dw, sweep):
        """Return w and delta after one change. Equation 9."""
        phase = 1 if sweep <= self.opening_sweeps else 2 if 0 < self.late_sweep < sweep else 0
        epsilon, alpha, decay = self.rates[phase]
        recipe, dtype = self.job.recipe, self.dtype
        if recipe.decay_from == "learned":
            decay = np.where(self.has_learned, decay, 0)
        h = {"weights": decay, "change": decay, "gradient": decay * (1 - alpha)}[recipe.decay_in].astype(dtype)
        keep = (1 - decay).astype(dtype)
        delta = fma(alpha.astype(dtype), self.delta, -((epsilon.astype(dtype) * self.share) * dE_dw), dtype)
        if recipe.decay_in != "weights":
            delta, keep = fma(-h, self.w, delta, dtype), dtype(1)
        w = np.minimum((self.w + delta) * keep, self.largest)
        gains = slice(self.job.wiring.n_weights, None)
        rate = (recipe.gain_epsilon * self.times).astype(dtype)
        w[gains], delta[gains] = fma(-rate, dE_dw[gains], self.w[gains], dtype), 0
        return w, delta
