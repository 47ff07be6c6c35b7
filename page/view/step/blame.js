/**
 * Blame: how much a unit has to do with the error. Equations 7 and 5.
 */

import { whole } from "../elements.js";
import { dividedBy } from "./error.js";
import { gainOf } from "./moment.js";
import { factor, told, written } from "./sum.js";
import { wished } from "./wishes.js";

/** With a slope below this a unit is called saturated. */
const SATURATED = 0.05;

/**
 * @param {import("./moment.js").Moment} moment
 * @returns {import("./panel.js").Said}
 */
export function blame(moment) {
  if (!moment.isTrained) return { lines: ["The net is not trained on this case: nobody is to blame for it."] };
  if (moment.scene.replay.recipe.procedure === "desired_states") return wished(moment);
  const { scene: { replay: { wiring: { units } } }, net, unit, y, dE_dy } = moment;
  const terms = returned(moment), own = net.outputs.indexOf(unit), slope = y[unit] * (1 - y[unit]);
  const from = net.hasGains ? "∂E/∂x × G × w" : "∂E/∂x × w", isFed = terms.length > 0;
  const through = [
    `${units[unit]} is to blame through the units that it feeds:`,
    `∂E/∂y = ${own >= 0 ? "its own error + " : ""}Σ ${from} = ${told(dE_dy[unit])}`,
  ];
  const saturated = `${units[unit]} is saturated: y is near ${y[unit] > 0.5 ? 1 : 0}, where it hardly reacts to x. `
    + `With y (1 − y) = ${told(slope)}, little blame passes to the weights into it.`;
  return {
    lines: [
      ...ownPart(moment, own),
      ...(isFed ? through : []),
      ...(isFed || own >= 0 ? [] : ["It feeds no unit: ∂E/∂y = 0"]),
      ...slopeLines(moment),
    ],
    mark: slope < SATURATED ? saturated : "",
    sum: isFed ? { words: "The sum, written out", terms: written(terms) } : undefined,
  };
}

/** Return the part of ∂E/∂y of an output that is its own distance. */
function ownPart(moment, own) {
  if (own < 0) return [];
  const { miss, scene: { replay: { recipe } } } = moment, n = dividedBy(moment);
  if (miss[own] === 0 && recipe.dead_zone !== "none") {
    return ["An output that is near enough is not to blame for its own distance."];
  }
  const divided = n > 1 ? ` / ${whole(n)} = ${told(miss[own] / n)}` : "";
  return ["An output is to blame for its own distance:", `∂E/∂y = y − d = ${told(miss[own])}${divided}`];
}

/** Return what comes back along each connection from a unit to one that it feeds. */
function returned({ scene: { replay: { wiring: { units } } }, net, unit, w, dE_dx, signal }) {
  const terms = [];
  for (let n = net.outOf[unit]; n < net.outOf[unit + 1]; n++) {
    const k = net.bySource[n], j = net.target[k], weight = w[net.parameter[k]];
    const gain = net.hasGains ? ` × ${factor(gainOf(net, w, j))}` : "";
    const words = `${units[unit]} → ${units[j]}: ${told(dE_dx[j])}${gain} × ${factor(weight)}`;
    terms.push({ words, value: signal[j] * weight });
  }
  return terms;
}

/** Return ∂E/∂x with each of its factors; with a gain, x stands for G x, as the logistic sees it. */
function slopeLines({ scene: { replay: { recipe, wiring } }, net, unit, w, y, dE_dy, dE_dx }) {
  const isOutput = net.outputs.includes(unit), total = net.hasGains ? "∂E/∂(Gx)" : "∂E/∂x";
  if (isOutput && recipe.output_slope === "left_out") {
    return [`${total} = ∂E/∂y = ${told(dE_dx[unit])}: this net leaves out the factor y (1 − y) of its outputs.`];
  }
  const factors = `${told(dE_dy[unit])} × ${told(y[unit])} × ${told(1 - y[unit])}`;
  const lines = ["The squeeze counts as well:", `${total} = ∂E/∂y × y × (1 − y) = ${factors} = ${told(dE_dx[unit])}`];
  if (!net.hasGains) return lines;
  return [...lines, `G = ${told(gainOf(net, w, unit))} stretches x before the logistic: ∂E/∂x = G × ∂E/∂(Gx).`];
}

/**
 * Return the factors of ∂E/∂w of this case that belong to the unit: times y below, they are the whole.
 * @param {import("./moment.js").Moment} moment
 * @returns {{symbols: string, numbers: string}}
 */
export function factorsOf({ scene: { replay: { recipe } }, net, unit, w, y, dE_dy, signal }) {
  if (recipe.procedure === "desired_states") return { symbols: "signal", numbers: told(signal[unit]) };
  const isSloped = recipe.output_slope === "kept" || !net.outputs.includes(unit);
  const symbols = ["∂E/∂y", ...(isSloped ? ["y (1 − y)"] : []), ...(net.hasGains ? ["G"] : [])];
  const numbers = [told(dE_dy[unit])];
  if (isSloped) numbers.push(told(y[unit] * (1 - y[unit])));
  if (net.hasGains) numbers.push(factor(gainOf(net, w, unit)));
  return { symbols: symbols.join(" × "), numbers: numbers.join(" × ") };
}
