/**
 * The early layer against the late one: how much of the blame comes down.
 */

import { told } from "./sum.js";

/** The largest slope of the logistic: y (1 − y) at y = ½. */
const LARGEST_SLOPE = "1/4";

/**
 * Return one line that compares the layers in this case and at this sweep; "" for a net of one layer.
 * @param {import("./moment.js").Moment} moment
 */
export function earlyAndLate({ scene: { replay: { recipe }, now: { lengths } }, net, w, dE_dx }) {
  if (net.nLevels < 2 || recipe.procedure === "desired_states") return "";
  const size = (level) => sizeOf(dE_dx, net.levels[level], net.levels[level + 1]), late = net.nLevels - 1;
  const slope = net.hasGains ? `the gain of the layer times ${LARGEST_SLOPE}` : LARGEST_SLOPE;
  const fan = largestFan(net, w), quarter = net.hasGains ? "" : `, a quarter of which is ${told(fan / 4)}`;
  const blame = `The blame of this case, |∂E/∂x| added up: early ${told(size(0))}, late ${told(size(late))}.`;
  const isApart = net.levelOfWeight.includes(late); // a recurrent net uses the weights of its first layer again
  const gradient = `The length of ∂E/∂w over all cases: early ${told(lengths[0])}, late ${told(lengths[late])}.`;
  return [
    `The largest slope of the logistic is ${slope}, so each layer back multiplies the blame`,
    "by at most a quarter of the weights' size.",
    `The weights down from one unit add up, without their signs, to ${told(fan)} at most${quarter}.`,
    blame, ...(isApart ? [gradient] : []),
  ].join(" ");
}

function sizeOf(numbers, from, to) {
  let total = 0;
  for (let j = from; j < to; j++) total += Math.abs(numbers[j]);
  return total;
}

/** Return the largest sum of |w| over the connections from computed units into one unit. */
function largestFan(net, w) {
  const sums = new Float64Array(net.nUnits);
  net.source.forEach((i, k) => {
    if (i > net.nInputs) sums[net.target[k]] += Math.abs(w[net.parameter[k]]);
  });
  return Math.max(...sums);
}
