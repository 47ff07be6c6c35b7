/**
 * Nudge: how each weight into a unit changes. Equations 6, 8 and 9, and the further terms of some nets.
 */

import { whole } from "../elements.js";
import { factorsOf } from "./blame.js";
import { dividedBy, trainedCases } from "./error.js";
import { largest, setting, told } from "./sum.js";

/**
 * @param {import("./moment.js").Moment} moment
 * @returns {import("./panel.js").Said}
 */
export function nudge(moment) {
  if (moment.isByCase && !moment.isTrained) {
    return { lines: ["The net is not trained on this case: no weight changes after it."] };
  }
  const { scene: { replay: { recipe, wiring: { units } }, sweep, player }, net, descent, unit } = moment;
  const [epsilon, alpha] = descent.rates(sweep + 1), isStates = recipe.procedure === "desired_states";
  const dE_dw = isStates ? "Σ signal × y" : "∂E/∂w", momentum = alpha ? " + α × the last Δw" : "";
  const rates = `ε = ${setting(epsilon)}${alpha ? ` and α = ${setting(alpha)}` : ""}`;
  const connections = [...Array(net.into[unit + 1] - net.into[unit]).keys()].map((n) => net.into[unit] + n);
  const shown = largest(connections.map((k) => moment.newDelta[net.parameter[k]])).map((n) => connections[n]);
  const rest = connections.length - shown.length, { symbols } = factorsOf(moment);
  return {
    lines: [
      `Each weight into ${units[unit]} is nudged a little way ${isStates ? "as the signal says" : "down the slope"}:`,
      `Δw = −ε × ${dE_dw}${momentum}, with ${rates}`,
      ...furtherTerms(moment),
      ...(sweep >= player.last ? ["The run ends here: this is the step that it would take next."] : []),
    ],
    table: {
      caption: `The weights into ${units[unit]}, and their next change`,
      heads: headsOf(moment, symbols, isStates),
      rows: shown.map((k) => rowOf(moment, k)),
      rest: rest ? `and ${whole(rest)} weights that change less` : "",
    },
  };
}

/** Return whether ∂E/∂w of the step is more than the product of this case and this connection. */
const hasSum = ({ isByCase, net }) => !isByCase || net.source.length > net.nWeights;

function headsOf(moment, symbols, isStates) {
  const { isByCase, scene: { now } } = moment;
  const product = isStates ? "signal × y" : "∂E/∂w";
  const all = isByCase ? `${product}, all that share it` : `${product}, all ${whole(trainedCases(now))} cases`;
  const first = ["weight", `${symbols} × y below`, `${product}, this case`];
  return [...first, ...(hasSum(moment) ? [all] : []), "last Δw", "Δw", "w", "new w"];
}

function rowOf(moment, k) {
  const { scene: { replay: { wiring: { units } } }, net, unit, y, w, delta, signal, dE_dw, newDelta, newW } = moment;
  const p = net.parameter[k], i = net.source[k];
  return [
    `${units[i]} → ${units[unit]}`, `${factorsOf(moment).numbers} × ${told(y[i])}`, told(signal[unit] * y[i]),
    ...(hasSum(moment) ? [told(dE_dw[p])] : []), told(delta[p]), told(newDelta[p]), told(w[p]), told(newW[p]),
  ];
}

/** Return a line for each rule of the recipe that the short formula does not have. */
function furtherTerms(moment) {
  const { scene: { replay: { recipe }, sweep, now }, net, descent, isByCase } = moment;
  const [, alpha, decay] = descent.rates(sweep + 1), n = dividedBy(moment), lines = [];
  const shared = net.source.length - net.nWeights;
  if (isByCase) {
    lines.push("The weights change after every case: the numbers are those of the moment when this case comes.");
  }
  if (shared > 0) lines.push("Connections share a weight: its ∂E/∂w is the sum over all of them.");
  if (descent.times > 1) {
    lines.push(`E is a mean here, and ε is taken ${whole(descent.times)} times: once for each case.`);
  } else if (n > 1) lines.push(`E is a mean here: ∂E/∂w is divided by ${whole(n)}, cases times outputs.`);
  if (recipe.epsilon_by === "fan_in") {
    lines.push("ε of a weight is divided by the number of connections into its unit.");
  }
  if (sweep < recipe.opening_sweeps) {
    const later = `later ε = ${setting(recipe.epsilon)} and α = ${setting(recipe.alpha)}`;
    lines.push(`These are the rates of the first ${whole(recipe.opening_sweeps)} sweeps; ${later}.`);
  } else if (recipe.late_sweep > 0 && sweep >= recipe.late_sweep) {
    lines.push(`These are the rates after sweep ${whole(recipe.late_sweep)}.`);
  }
  const isLater = recipe.decay_from === "learned" && now.learnedAt === null;
  if (decay && !isLater) lines.push(decayLine(recipe, decay, alpha));
  if (recipe.biases === "negative") lines.push("A bias that would be above 0 is set to 0.");
  if (net.hasGains) lines.push(`The gain of each layer changes too, by −${setting(recipe.gain_epsilon)} × ∂E/∂G.`);
  return lines;
}

function decayLine({ decay_in: where }, decay, alpha) {
  if (where === "weights") return `After its change every weight shrinks by the fraction ${setting(decay)}.`;
  const part = where === "gradient" ? decay * (1 - alpha) : decay;
  return `Δw has a further term, −${told(part)} × w: every weight shrinks a little.`;
}
