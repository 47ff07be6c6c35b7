/**
 * The fused multiply-add: a b + c, rounded once. JavaScript has none, so it is made of sums and products.
 *
 * A sum and a product of two numbers each lose something when they are rounded, and what they lose is itself a number
 * that can be computed. So a b + c is known exactly, as the sum of a few numbers; only their last addition is rounded.
 */

import { exactFma } from "./exact.js";

/** Of a product at least this large, what rounding takes away is itself a float64. */
const SURELY_EXACT = 2 ** -960;
/** Times this, the upper 26 bits of a number stand apart from the lower 26 (G. Veltkamp). */
const SPLITTER = 2 ** 27 + 1;

/**
 * Return a b + c in float64, rounded once.
 *
 * T. Dekker's product and D. Knuth's sum say what they lose. What both lose together is a number `rest`, far below
 * `sum`, and where `rest` itself had to be rounded, that can matter in one case only: if sum + rest lies in the middle
 * between two numbers. Then `odd` decides (S. Boldo and G. Melquiond, IEEE Trans. Comp. 57, 2008).
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @returns {number}
 */
export function fma(a, b, c) {
  const product = a * b;
  const aSpread = a * SPLITTER, aUpper = aSpread - (aSpread - a), aLower = a - aUpper;
  const bSpread = b * SPLITTER, bUpper = bSpread - (bSpread - b), bLower = b - bUpper;
  const lost = aLower * bLower - (((product - aUpper * bUpper) - aLower * bUpper) - aUpper * bLower);
  const sum = product + c, cInIt = sum - product;
  const lostToo = (product - (sum - cInIt)) + (c - cInIt);
  const rest = lost + lostToo, result = sum + rest;
  if (!(Math.abs(product) >= SURELY_EXACT && Math.abs(result) < Infinity)) return exactFma(a, b, c);
  const apart = rest - (result - sum); // from the result to sum + rest
  const isMiddle = apart !== 0 && (result + 2 * apart) - result === 2 * apart; // the other side is a number, too
  return isMiddle ? sum + odd(lost, lostToo) : result;
}

/**
 * Return a b + c of three float32 numbers, rounded once to float32: float64 holds their product.
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @returns {number}
 */
export function fma32(a, b, c) {
  return Math.fround(odd(a * b, c));
}

const value = new Float64Array(1);
const words = new Uint32Array(value.buffer); // the lower half comes first on every processor that has a browser

/**
 * Return a + b in float64, rounded to the neighbour whose last bit is 1 unless a + b is a float64.
 *
 * Such a number is never in the middle between two numbers of fewer digits, so that to round it again is right.
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
export function odd(a, b) {
  const total = a + b, bInIt = total - a;
  const lost = (a - (total - bInIt)) + (b - bInIt);
  if (!(Math.abs(lost) > 0)) return total;
  value[0] = total;
  if (words[0] & 1) return total;
  if (lost > 0 === total > 0) {
    words[0] += 1;
  } else {
    if (words[0] === 0) words[1] -= 1;
    words[0] -= 1;
  }
  return value[0];
}
