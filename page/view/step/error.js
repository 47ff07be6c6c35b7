/**
 * Error: how far each output is from the desired one. Equations 3 and 4, and what a dead zone leaves of them.
 */

import { whole } from "../elements.js";
import { largest, setting, told } from "./sum.js";

/**
 * @param {import("./moment.js").Moment} moment
 * @returns {import("./panel.js").Said}
 */
export function error(moment) {
  const { scene: { replay, now, c }, net, unit, isTrained, isByCase, E } = moment;
  const { names } = replay.cases, own = net.outputs.indexOf(unit), n = dividedBy(moment);
  if (!isTrained) {
    const heldOut = `The case ${names[c]} is held out: the net is not trained on it.`;
    return { lines: [`${heldOut} Its error counts as 0, and no weight changes for it.`] };
  }
  const of = n > 1 ? `½ Σ (y − d)² / ${whole(n)}` : "½ Σ (y − d)²";
  const when = isByCase ? `, after sweep ${whole(now.sweep)}` : "";
  const shown = largest(moment.miss), rest = moment.miss.length - shown.length;
  return {
    lines: [
      own >= 0 ? distance(moment, own) : `${replay.wiring.units[unit]} is a hidden unit: no output is desired of it.`,
      `E of this case = ${of} = ${told(n > 1 ? E / n : E)}`,
      `E of all ${whole(trainedCases(now))} cases = ${told(now.E)}${when}`,
      ...deadZone(replay.recipe),
    ],
    sum: {
      words: "Every output",
      terms: [...shown.map((o) => distance(moment, o)), ...(rest ? [`and ${whole(rest)} that are closer`] : [])],
    },
  };
}

/**
 * Return the number that E is divided by: 1, or for a mean the trained cases times the outputs.
 * @param {import("./moment.js").Moment} moment
 */
export function dividedBy({ scene: { replay, now }, net }) {
  return replay.recipe.error === "mean" ? trainedCases(now) * net.outputs.length : 1;
}

/**
 * Return the number of cases that the net is trained on.
 * @param {import("../../engine/worker.js").Snapshot} now
 */
export const trainedCases = ({ trained }) => trained.reduce((sum, one) => sum + one, 0);

/** Return y − d of an output in words. */
function distance({ scene: { replay: { recipe, wiring, cases }, c }, net, y, miss }, o) {
  const j = net.outputs[o], isOn = cases.desired[c][o] > 0.5, zone = isOn ? recipe.zone_on : recipe.zone_off;
  const isNear = recipe.dead_zone !== "none" && (isOn ? y[j] > zone : y[j] < zone);
  if (isNear) return `${wiring.units[j]}: y = ${told(y[j])} is near enough to ${isOn ? "on" : "off"}: 0`;
  const d = recipe.dead_zone === "from_edge" ? zone : isOn ? recipe.target_on : recipe.target_off;
  return `${wiring.units[j]}: y − d = ${told(y[j])} − ${setting(d)} = ${told(miss[o])}`;
}

function deadZone({ dead_zone: zone, zone_on: on, zone_off: off }) {
  if (zone === "none") return [];
  const edge = zone === "from_edge" ? " The distance of other outputs is taken from there." : "";
  const near = `An output that should be on and is above ${setting(on)}, or off and below ${setting(off)}`;
  return [`${near}, is near enough and counts as 0.${edge}`];
}
