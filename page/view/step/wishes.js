/**
 * Desired states, the second procedure of L, in the place of blame: hidden units are told what to be.
 */

import { whole } from "../elements.js";
import { dividedBy } from "./error.js";
import { factor, told, written } from "./sum.js";

/**
 * Return what a unit is told, and its signal: times y below it is the share of a weight in the change.
 * @param {import("./moment.js").Moment} moment
 * @returns {import("./panel.js").Said}
 */
export function wished(moment) {
  const { scene: { replay: { wiring: { units } } }, net, unit, y, signal, miss } = moment;
  const wishes = wishesOf(moment), wish = wishes[unit], own = net.outputs.indexOf(unit);
  const first = "This net learns by desired states, the second procedure of L, and not by the slope of E.";
  const n = dividedBy(moment), divided = n > 1 ? ` / ${whole(n)}` : "";
  if (own >= 0) {
    const parts = `${told(miss[own])}${n > 1 ? `${divided} = ${told(signal[unit])}` : ""}`;
    return { lines: [first, `${units[unit]} is told what to be: its signal is y − d = ${parts}.`] };
  }
  const state = wish > 0 ? 1 : 0, { terms } = heard(moment, wishes);
  const product = `${factor(y[unit] - state)} × ${told(Math.abs(wish))}${divided}`;
  return {
    lines: [
      first,
      "A hidden unit hears the wishes of the units that it feeds.",
      "The sign of a wish is the state that is desired, its size how much that matters.",
      `wish = Σ w × wish / Σ |w| × |wish| = ${told(wish)}: it should be ${state ? "on" : "off"}`,
      `signal = (y − ${state}) × |wish|${divided} = ${product} = ${told(signal[unit])}`,
    ],
    sum: { words: "Σ w × wish, written out", terms: written(terms) },
  };
}

/** Return the wish of every computed unit, as engine/desired_states.js has it. */
function wishesOf(moment) {
  const { scene: { replay: { cases }, c }, net } = moment, wishes = new Float64Array(net.nUnits);
  for (let i = net.nUnits - 1; i > net.nInputs; i--) {
    const o = net.outputs.indexOf(i);
    if (o >= 0) {
      wishes[i] = cases.desired[c][o] > 0.5 ? 1 : -1;
      continue;
    }
    const { total, size } = heard({ ...moment, unit: i }, wishes);
    wishes[i] = size > 0 ? total / size : 0;
  }
  return wishes;
}

/** Return the wishes that a unit hears, added up with their weights; and the sum of their sizes. */
function heard({ scene: { replay: { wiring: { units } } }, net, unit, w }, wishes) {
  let total = 0, size = 0;
  const terms = [];
  for (let n = net.outOf[unit]; n < net.outOf[unit + 1]; n++) {
    const k = net.bySource[n], j = net.target[k], weight = w[net.parameter[k]];
    const words = `${units[unit]} → ${units[j]}: ${told(weight)} × ${factor(wishes[j])}`;
    terms.push({ words, value: weight * wishes[j] });
    total += weight * wishes[j];
    size += Math.abs(weight) * Math.abs(wishes[j]);
  }
  return { terms, total, size };
}
