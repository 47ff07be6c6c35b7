/**
 * Hidden units that are wired alike: if their weights begin equal, they stay equal for ever.
 */

/** @typedef {import("../../engine/replay.js").Wiring} Wiring */

/**
 * Return the groups of hidden units that are fed by the same units and feed the same units.
 * @param {Wiring} wiring
 * @returns {number[][]}
 */
export function twins({ units, n_inputs: nInputs, outputs, source, target }) {
  const alike = new Map();
  for (let j = 1 + nInputs; j < units.length; j++) {
    if (outputs.includes(j)) continue;
    const from = source.filter((_, k) => target[k] === j), to = target.filter((_, k) => source[k] === j);
    const key = `${from.join()}|${to.join()}`;
    alike.set(key, [...(alike.get(key) ?? []), j]);
  }
  return [...alike.values()].filter((group) => group.length > 1);
}

/**
 * Return whether the units of a group have the same weights, to the last bit.
 * @param {Wiring} wiring
 * @param {ArrayLike<number>} w
 * @param {number[]} group
 */
export function areEqual({ source, target, parameter }, w, group) {
  const of = (j) => [...source.keys()].filter((k) => source[k] === j || target[k] === j).map((k) => w[parameter[k]]);
  const first = of(group[0]);
  return group.every((j) => of(j).every((one, n) => Object.is(one, first[n])));
}
