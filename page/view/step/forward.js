/**
 * Forward: a unit adds up what it receives, and squeezes the sum between 0 and 1. Equations 1 and 2.
 */

import { gainOf } from "./moment.js";
import { factor, told, written } from "./sum.js";

/**
 * @param {import("./moment.js").Moment} moment
 * @returns {import("./panel.js").Said}
 */
export function forward({ scene: { replay: { wiring: { units } } }, net, unit, w, x, y }) {
  const terms = [];
  for (let k = net.into[unit]; k < net.into[unit + 1]; k++) {
    const i = net.source[k], weight = w[net.parameter[k]];
    terms.push({ words: `${units[i]} → ${units[unit]}: ${told(y[i])} × ${factor(weight)}`, value: y[i] * weight });
  }
  const gain = net.hasGains ? gainOf(net, w, unit) : null;
  return {
    lines: [
      `${units[unit]} adds up the outputs of the units below it, each times its weight:`,
      `x = Σ y × w = ${told(x[unit])}`,
      "and squeezes the sum between 0 and 1:",
      gain === null ? `y = 1 / (1 + e^−x) = ${told(y[unit])}` : `y = 1 / (1 + e^−Gx) = ${told(y[unit])}`,
      ...(gain === null ? [] : [`G = ${told(gain)} is the gain of its layer.`]),
    ],
    sum: { words: "The sum, written out", terms: written(terms) },
  };
}
