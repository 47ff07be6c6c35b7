/**
 * A forward pass over many points at once, for pictures: sums are rounded as they come, so that the last digits may
 * differ from those of the engine.
 */

/** @typedef {import("../../engine/replay.js").Wiring} Wiring */

/**
 * Return x and y of every unit at every point: of unit j at point p at j · points + p.
 * @param {Wiring} wiring
 * @param {ArrayLike<number>} w
 * @param {ArrayLike<number>[]} inputs  of each input, its values at all points
 */
export function statesAt(wiring, w, inputs) {
  const { units, n_inputs: nInputs, source, target, parameter, levels, n_weights: nWeights } = wiring;
  const n = inputs[0].length, x = new Float64Array(units.length * n), y = new Float64Array(units.length * n);
  y.fill(1, 0, n);
  inputs.forEach((values, i) => y.set(values, (1 + i) * n));
  let k = 0;
  for (let j = 1 + nInputs; j < units.length; j++) {
    const to = j * n, level = levels.filter((first) => first <= j).length - 1;
    const gain = wiring.has_gains ? w[nWeights + level] : 1;
    for (; k < target.length && target[k] === j; k++) {
      const weight = w[parameter[k]], from = source[k] * n;
      for (let p = 0; p < n; p++) x[to + p] += weight * y[from + p];
    }
    for (let p = 0; p < n; p++) y[to + p] = 1 / (1 + Math.exp(-gain * x[to + p]));
  }
  return { n, x, y };
}
