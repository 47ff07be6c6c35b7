"""The arithmetic of a run, to the last bit: anyone who follows this page, in any language, gets the same rows.

Numbers are IEEE 754, float64 or float32 as the recipe's `dtype` says. Every operation is rounded to the nearest, ties
to even, in the order in which it is written. `fma(a, b, c)` is a b + c, rounded once. Nothing else is fused, no sum
is taken in another order, and results too small to be normal numbers are kept.

**A sum of products** takes its terms one by one: total = fma(a, b, total). It begins with -0, so that its first term
stands as it is; where a line below says so, it begins with another number.

**Initial weights.** Philox 4x64 with ten rounds, key (seed, 0), counter 1, 2, 3, ...; each block gives four words of
64 bits. Parameter k takes word k: u = (word >> 11) 2^-53, drawn = -1 + 2 u, w = initial_range drawn. With `spread`, w
= initial_range drawn_0 + spread drawn, where drawn_0 is that of parameter 0: two products and a sum. These are
float64; if the dtype is float32 w is then rounded. (`network.initial_weights`)

**Forward.** Units in order, for each case by itself.
    x_j = sum of w_ji y_i         over the connections into j, by the number of the unit they come from: first unit 0,
                                  which is 1, then inputs, then computed units. An input that is 0 is left out.  (1)
    y_j = logistic(x_j)           see below                                                                       (2)

With gains, w ends with one for each level, and a unit of that level has y_j = logistic(x_j G).

With `block` the net after sweep t has block t of its seed in the place of the cases, and no input is left out, here
and in (6).

**Error.** Outputs in the order of the columns of d. t is target_on where d > 0.5, otherwise target_off. Settings, those
of the criterion too, are rounded to the dtype.
    miss  = y - t                 With `dead_zone`: 0 if y > zone_on where d > 0.5, or y < zone_off elsewhere;
                                  otherwise y - zone_on or y - zone_off (from_edge), or y - t (from_target). For a
                                  case that the seed is not trained on, miss is 0.                                (4)
    E_c   = sum of (0.5 miss) miss over outputs, from 0                                                           (3)
    E     = sum of E_c s          over cases, from 0; s is 1, or for a mean 1 / (trained cases times outputs)
    dE/dy = miss s

**Backward.** Units from the last to the first.
    dE/dy_i = sum of w_ji dE/dx_j over the connections out of i, by the number of the unit they lead to. For an output
                                  unit the sum begins with miss s.                                                (7)
    dE/dx_i = (dE/dy_i y_i) (1 - y_i)                                                                             (5)
    dE/dw   = sum of dE/dx_j y_i  over cases and, for a shared weight, connections. Cases are taken CASES_AT_ONCE at a
                                  time; of these, each connection in turn (by the unit it leads to, then by the unit
                                  it comes from) adds the cases in order. An input that is 0 is left out.         (6)

With gains, dE/dG of a level is the sum of dE/dx_j x_j, with dE/dx_j from (5) and x_j from (1), in the order of dE/dw:
cases CASES_AT_ONCE at a time, of these each unit of the level in turn, of this the cases in order. In all other
sums dE/dx_j G stands in the place of dE/dx_j.

With `procedure: desired_states` the signal of a unit stands in the place of dE/dx_j in (6). For an output it is miss s.
    wish   = S / A, or 0 if A is 0; S = sum of w_ji wish_j, A = sum of |w_ji| |wish_j|, both as (7). For an output it
             is 1 where d > 0.5 and -1 elsewhere.
    signal = (y - d) |wish| s     d is 1 if wish > 0, otherwise 0. For a case that the seed is not trained on it is 0.

With `output_slope: left_out` dE/dx of an output unit, which then feeds no other, is miss s.

**Change.** Rates are float64, then rounded to the dtype; so are 1 - decay, the share of a weight in epsilon, which is 1
or one over the fan-in, and, with decay in the change or in the gradient, h = decay or decay (1 - alpha). Where E is a
mean and the weights change after every case, epsilon is first multiplied by the number of trained cases.
    delta = fma(alpha, last delta, -((epsilon share) dE/dw))                                                      (9)
    w     = (w + delta) (1 - decay), or the largest value that the weight may have, whichever is smaller; NaN stays NaN
A gain instead becomes G = fma(-gain_epsilon, dE/dG, G), where gain_epsilon is multiplied as epsilon is.
With decay in the change or in the gradient, delta is first made fma(-h, w, delta), and then w = (w + delta) 1. Where
decay waits until the seed has learned, it is 0 up to the sweep after which the criterion is first met.
With `update: case` this follows each case, with dE/dw of that case alone and s as above; a case that the seed is not
trained on changes neither w nor delta. E, the criterion and the dE/dw that is drawn are those of a pass after the
last change of the sweep, with cases one at a time.

**Criterion.** Met where for every trained case each output satisfies y > on where d > 0.5, y < off elsewhere, and E_c
is below the float64 that follows `case_error` (times the outputs for a mean), rounded to the dtype, and E is below
`total_error` s. A run has
diverged when E or a weight is not finite; its last E and dE/dw are drawn too.

**The length of dE/dw of a level**, in float64: the square root of the sum of g g over its parameters, from 0; g =
dE/dw.

**The logistic.** Constants are those of the dtype, rounded to it. NaN stays NaN.
    z = -x, held between -LARGEST and LARGEST
    k = fma(z, LOG2_E, SHIFT) - SHIFT                the nearest whole number of twos: SHIFT has room for no fraction
    r = fma(k, -LN_2_REST, fma(k, -LN_2, z))         what is left, |r| < 0.35
    p = TAYLOR[0]; for each further coefficient c: p = fma(p, r, c)    e^r, from 1 / 12! to 1 / 0!; float32 from 1 / 7!
    y = 1 / (1 + p 2^k)                              p 2^k is exact
"""

import math

LARGEST = {"float64": 40.0, "float32": 17.0}
"""Beyond it y is within 10^-17 of 0 or 1, or 10^-7 in float32: as near as the next number. From smaller y the products
on the way back through several units would soon be too small to be normal numbers, which most processors compute a
hundred times more slowly."""
LOG2_E = 1.4426950408889634
SHIFT = {"float64": 1.5 * 2.0**52, "float32": 1.5 * 2.0**23}
LN_2 = {"float64": 0.6931471805599453, "float32": 0.693147182464599609375}
LN_2_REST = {"float64": 2.3190468138462996e-17, "float32": -1.904654323148236e-09}
"""ln 2 as the sum of two numbers."""
TAYLOR = {
    dtype: tuple(1 / math.factorial(n) for n in range(degree, -1, -1))
    for dtype, degree in (("float64", 12), ("float32", 7))
}
"""Coefficients of e^r from the highest power down; 1 / n! is one division of two whole numbers that float64 holds."""
CASES_AT_ONCE = 8
