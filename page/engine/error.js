/**
 * The error E, equations 3 and 4, and the criteria by which a net has learned.
 */

/** @typedef {import("./pass.js").Pass} Pass */
/** @typedef {import("./replay.js").Replay} Replay */
/** @typedef {import("./replay.js").Criterion} Criterion */

export class SquaredError {
  /**
   * @param {Replay} replay
   * @param {Pass} pass
   * @param {Uint8Array} trained  1 for each case that counts
   */
  constructor({ recipe, cases }, pass, trained) {
    const { round, Numbers } = pass.arithmetic, { outputs } = pass.net;
    const nTrained = trained.reduce((sum, one) => sum + one, 0);
    [this.recipe, this.pass, this.trained] = [recipe, pass, trained];
    [this.nCases, this.nOutputs, this.nTrained] = [trained.length, outputs.length, nTrained];
    this.isOn = Uint8Array.from(cases.desired.flat(), (d) => d > 0.5);
    /** 1, or for a mean one over the trained cases times outputs. */
    this.s = recipe.error === "mean" ? round(1 / (nTrained * outputs.length)) : 1;
    this.sOfCase = Numbers.from(trained, (one) => one * this.s);
    this.target = [round(recipe.target_off), round(recipe.target_on)];
    this.zone = [round(recipe.zone_off), round(recipe.zone_on)];
    /** y - t of each output in each case, or what a dead zone leaves of it. */
    this.miss = new Numbers(trained.length * outputs.length);
    this.dE_dOutputs = new Numbers(this.miss.length);
    this.ofCase = new Numbers(trained.length);
    this.E = 0;
  }

  /**
   * Compute the misses and dE/dy of the outputs in the cases from `from` on and before `to`. Equation 4.
   * @param {number} from
   * @param {number} to
   */
  compare(from, to) {
    const { pass: { y, net: { nUnits, outputs } }, nOutputs } = this;
    for (let c = from; c < to; c++) {
      for (let o = 0; o < nOutputs; o++) {
        const n = c * nOutputs + o;
        this.miss[n] = this.trained[c] ? this.missOf(y[c * nUnits + outputs[o]], this.isOn[n]) : 0;
        this.dE_dOutputs[n] = this.miss[n] * this.s;
      }
    }
  }

  /**
   * Return the miss of an output y that is to be on (1) or off (0).
   * @param {number} y
   * @param {number} isOn
   * @returns {number}
   */
  missOf(y, isOn) {
    const { dead_zone: deadZone } = this.recipe, edge = this.zone[isOn];
    if (deadZone !== "none" && (isOn ? y > edge : y < edge)) return 0;
    return y - (deadZone === "from_edge" ? edge : this.target[isOn]);
  }

  /** Compute E of each case and of all, from the misses. Equation 3. */
  add() {
    const { miss, ofCase, nOutputs, s, pass: { arithmetic: { fma, round } } } = this;
    this.E = 0;
    for (let c = 0; c < this.nCases; c++) {
      let total = 0;
      for (let n = c * nOutputs; n < (c + 1) * nOutputs; n++) total = fma(round(0.5 * miss[n]), miss[n], total);
      ofCase[c] = total;
      this.E = fma(total, s, this.E);
    }
  }

  /**
   * Return whether the net meets a criterion.
   * @param {Criterion} criterion
   * @returns {boolean}
   */
  meets(criterion) {
    const { pass: { y, net: { nUnits, outputs }, arithmetic: { round } }, isOn, nOutputs } = this;
    const on = round(criterion.on), off = round(criterion.off), below = round(criterion.below_case_error ?? Infinity);
    if (!(this.E < round(round(criterion.total_error ?? Infinity) * this.s))) return false;
    for (let c = 0; c < this.nCases; c++) {
      if (!this.trained[c]) continue;
      if (!(this.ofCase[c] < below)) return false;
      for (let o = 0; o < nOutputs; o++) {
        const y_o = y[c * nUnits + outputs[o]];
        if (!(isOn[c * nOutputs + o] ? y_o > on : y_o < off)) return false;
      }
    }
    return true;
  }
}
