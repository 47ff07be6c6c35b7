/**
 * The logistic y = 1 / (1 + e^-x), to the last bit as src/backprop86/engines/arithmetic.py has it.
 */

/**
 * @typedef {object} Constants
 * @property {number} LARGEST  x is held between -LARGEST and LARGEST
 * @property {number} SHIFT  a number so large that no fraction has room beside it
 * @property {number} LN_2  ln 2 as the sum of two numbers
 * @property {number} LN_2_REST
 * @property {number} degree  of the polynomial
 */

const LOG2_E = 1.4426950408889634;
/** @type {Constants} */
const OF_FLOAT64 = {
  LARGEST: 40, SHIFT: 1.5 * 2 ** 52, LN_2: 0.6931471805599453, LN_2_REST: 2.3190468138462996e-17, degree: 12,
};
/** @type {Constants} */
const OF_FLOAT32 = {
  LARGEST: 17, SHIFT: 1.5 * 2 ** 23, LN_2: 0.693147182464599609375, LN_2_REST: -1.904654323148236e-9, degree: 7,
};

/**
 * Return the logistic of one arithmetic.
 * @param {(a: number, b: number, c: number) => number} fma
 * @param {(value: number) => number} round  to the arithmetic's numbers
 * @returns {(x: number) => number}
 */
export function logisticOf(fma, round) {
  const { LARGEST, SHIFT, LN_2, LN_2_REST, degree } = round(0.1) === 0.1 ? OF_FLOAT64 : OF_FLOAT32;
  const log2e = round(LOG2_E), ln2 = round(LN_2), ln2Rest = round(LN_2_REST);
  const taylor = coefficients(degree, round), most = Math.ceil(LARGEST * LOG2_E), powers = powersOfTwo(most);
  return (x) => {
    const z = Math.min(Math.max(-x, -LARGEST), LARGEST);
    const k = round(fma(z, log2e, SHIFT) - SHIFT); // the nearest whole number of twos
    const r = fma(k, -ln2Rest, fma(k, -ln2, z)); // what is left: e^-x = e^r 2^k
    let p = taylor[0];
    for (let n = 1; n <= degree; n++) p = fma(p, r, taylor[n]);
    return round(1 / round(1 + p * powers[k + most]));
  };
}

/**
 * Return 1 / n! from n = degree down to 0: the coefficients of e^r from the highest power down.
 * @param {number} degree
 * @param {(value: number) => number} round
 * @returns {Float64Array}
 */
function coefficients(degree, round) {
  const found = new Float64Array(degree + 1);
  for (let n = 0, factorial = 1; n <= degree; n++, factorial *= n) found[degree - n] = round(1 / factorial);
  return found;
}

/**
 * Return 2^k from k = -most to most.
 * @param {number} most
 * @returns {Float64Array}
 */
function powersOfTwo(most) {
  return Float64Array.from({ length: 2 * most + 1 }, (_, n) => 2 ** (n - most));
}
