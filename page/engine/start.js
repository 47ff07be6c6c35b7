/**
 * The weights a seed starts from, and the cases that it is trained on.
 */

import { draws } from "./philox.js";

/** @typedef {import("./replay.js").Replay} Replay */

/**
 * Return the first weights of a seed in float64, and after them the gains if there are any.
 * @param {Replay} replay
 * @param {number} seed
 * @returns {Float64Array}
 */
export function firstWeights(replay, seed) {
  const { recipe, wiring, start } = replay, n = wiring.n_weights;
  const drawn = draws(seed, n), w = new Float64Array(n + (wiring.has_gains ? wiring.levels.length : 0));
  const isBias = new Set(wiring.parameter.filter((_, k) => wiring.source[k] === 0));
  for (let p = 0; p < n; p++) {
    const own = recipe.start === "equal"
      ? recipe.initial_range * drawn[0] + recipe.spread * drawn[p]
      : recipe.initial_range * drawn[p];
    const bias = { zero: 0, negative: -Math.abs(own) }[recipe.biases] ?? own;
    w[p] = (isBias.has(p) ? bias : own) + (start ? start[p] : 0);
  }
  return w.fill(recipe.gain, n);
}

/**
 * Return 1 for each case that a seed is trained on, and 0 for one that is held out; an Error if that is not known.
 * @param {Replay} replay
 * @param {number} seed
 * @returns {Uint8Array}
 */
export function trainedCases(replay, seed) {
  const { held_out: heldOut, cases } = replay, trained = new Uint8Array(cases.names.length).fill(1);
  if (!heldOut) return trained;
  const known = heldOut.length;
  if (seed >= known) throw new Error(`seed must be below ${known}, whose held-out cases are known, was ${seed}`);
  for (const c of heldOut[seed]) trained[c] = 0;
  return trained;
}
