/**
 * The two arithmetics of a recipe's `dtype`. Every operation is rounded to the nearest, ties to even.
 *
 * A number of JavaScript is a float64. One + - * / of two float32 numbers, done in float64 and rounded to float32, is
 * what float32 gives: float64 has more than twice the digits.
 */

import { fma, fma32 } from "./fma.js";
import { logisticOf } from "./logistic.js";

/**
 * @typedef {object} Arithmetic
 * @property {(value: number) => number} round  to the nearest number that there is
 * @property {(a: number, b: number, c: number) => number} fma  a b + c, rounded once
 * @property {(x: number) => number} logistic
 * @property {Float64ArrayConstructor | Float32ArrayConstructor} Numbers  an array of such numbers
 */

/** @type {(value: number) => number} */
const same = (value) => value;

/** @type {Record<string, Arithmetic>} */
export const ARITHMETICS = {
  float64: { round: same, fma, logistic: logisticOf(fma, same), Numbers: Float64Array },
  float32: { round: Math.fround, fma: fma32, logistic: logisticOf(fma32, Math.fround), Numbers: Float32Array },
};
