/**
 * How the weights change, given dE/dw: equations 8 and 9 with the rates of each sweep, decay, gains and limits.
 */

/** @typedef {import("./arithmetic.js").Arithmetic} Arithmetic */
/** @typedef {import("./net.js").Net} Net */
/** @typedef {import("./pass.js").Numbers} Numbers */
/** @typedef {import("./replay.js").Recipe} Recipe */

export class Descent {
  /**
   * @param {Recipe} recipe
   * @param {Net} net
   * @param {number} nTrained  the cases that the seed is trained on
   * @param {Arithmetic} arithmetic
   */
  constructor(recipe, net, nTrained, arithmetic) {
    [this.recipe, this.net, this.arithmetic] = [recipe, net, arithmetic];
    /** So that a mean over the cases is stepped down as far by single cases as at once. */
    this.times = recipe.error === "mean" && recipe.update === "case" ? nTrained : 1;
    /** The part of epsilon that each weight has: the whole, or one over the fan-in of the unit that it leads to. */
    this.share = new arithmetic.Numbers(net.nParameters).fill(1);
    /** The largest value that each weight may have. */
    this.largest = new Float64Array(net.nParameters).fill(Infinity);
    for (let k = 0; k < net.target.length; k++) {
      const p = net.parameter[k], j = net.target[k];
      if (recipe.epsilon_by === "fan_in") this.share[p] = 1 / (net.into[j + 1] - net.into[j]);
      if (recipe.biases === "negative" && net.source[k] === 0) this.largest[p] = 0;
    }
  }

  /**
   * Return epsilon, alpha and decay of a sweep; the first sweep is number 1.
   * @param {number} sweep
   * @returns {[number, number, number]}
   */
  rates(sweep) {
    const r = this.recipe;
    if (sweep <= r.opening_sweeps) return [r.opening_epsilon, r.opening_alpha, r.decay];
    if (r.late_sweep > 0 && sweep > r.late_sweep) return [r.late_epsilon, r.late_alpha, r.late_decay];
    return [r.epsilon, r.alpha, r.decay];
  }

  /**
   * Change the weights and their last change where they stand.
   * @param {Numbers} w
   * @param {Numbers} delta
   * @param {Numbers} dE_dw
   * @param {number} sweep
   * @param {boolean} hasLearned  whether the seed has met its criterion before
   */
  change(w, delta, dE_dw, sweep, hasLearned) {
    const { recipe, net, share, largest, times, arithmetic: { fma, round } } = this;
    const [epsilon, alpha, given] = this.rates(sweep), inWeights = recipe.decay_in === "weights";
    const decay = recipe.decay_from === "learned" && !hasLearned ? 0 : given;
    const step = round(epsilon * times), momentum = round(alpha), keep = inWeights ? round(1 - decay) : 1;
    const h = round(recipe.decay_in === "gradient" ? decay * (1 - alpha) : decay);
    for (let p = 0; p < net.nWeights; p++) {
      let change = fma(momentum, delta[p], -round(round(step * share[p]) * dE_dw[p]));
      if (!inWeights) change = fma(-h, w[p], change);
      delta[p] = change;
      const moved = round(round(w[p] + change) * keep);
      w[p] = moved >= largest[p] ? largest[p] : moved; // NaN stays NaN
    }
    const ofGains = round(recipe.gain_epsilon * times);
    for (let p = net.nWeights; p < net.nParameters; p++) w[p] = fma(-ofGains, dE_dw[p], w[p]);
  }
}
