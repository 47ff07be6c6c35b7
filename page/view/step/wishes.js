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
  if (own >= 0) return { lines: [first, `${units[unit]} is told what to be: its signal is y − d = ${told(miss[own])}${signalOf(moment)}.`] };
  const state = wish > 0 ? 1 : 0, { terms } = heard(moment, wishes);
  return {
    lines: [
      first,
      "A hidden unit hears the wishes of the units that it feeds: the sign is the state that is desired, the size how much that matters.",
      `wish = Σ w × wish / Σ |w| × |wish| = ${told(wish)}: it should be ${state ? "on" : "off"}`,
      `signal = (y − ${state}) × |wish|${dividedBy(moment) > 1 ? ` / ${whole(dividedBy(moment))}` : ""} = ${factor(y[unit] - state)} × ${told(Math.abs(wish))} = ${told(signal[unit])}`,
    ],
    sum: { words: "Σ w × wish, written out", terms: written(terms) },
  };
}

const signalOf = (moment) => (dividedBy(moment) > 1 ? ` / ${whole(dividedBy(moment))} = ${told(moment.signal[moment.unit])}` : "");

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
    terms.push({ words: `${units[unit]} → ${units[j]}: ${told(weight)} × ${factor(wishes[j])}`, value: weight * wishes[j] });
    total += weight * wishes[j];
    size += Math.abs(weight) * Math.abs(wishes[j]);
  }
  return { terms, total, size };
}
