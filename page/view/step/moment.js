/**
 * The numbers of the step that a run takes next, for one case and one unit.
 *
 * If the weights change once in a sweep, they are those of the run's last look. If they change after every case, the
 * net has other weights when the case comes: an engine at hand changes them after the cases before, as the run will.
 */

import { ARITHMETICS } from "../../engine/arithmetic.js";
import { Descent } from "../../engine/descent.js";
import { Net } from "../../engine/net.js";
import { Run } from "../../engine/train.js";

/** @typedef {import("../../engine/pass.js").Numbers} Numbers */
/** @typedef {import("../main.js").Scene} Scene */

/**
 * @typedef {object} Moment
 * @property {Scene} scene
 * @property {Net} net
 * @property {Descent} descent
 * @property {number} unit
 * @property {boolean} isByCase  whether the weights change after every case
 * @property {boolean} isTrained  whether the case counts
 * @property {Numbers} w  before the step
 * @property {Numbers} delta  the last change of each weight
 * @property {Numbers} x  of every unit in this case
 * @property {Numbers} y
 * @property {Numbers} dE_dy
 * @property {Numbers} dE_dx
 * @property {Numbers} signal  of every unit in this case: times y below it is ∂E/∂w
 * @property {Numbers} miss  of every output in this case
 * @property {number} E  of this case, before a mean divides it
 * @property {Numbers} dE_dw  of the step: of all cases, or of this one if the weights change after every case
 * @property {Numbers} newDelta
 * @property {Numbers} newW
 */

/** What is the same at every sweep of a replay: its net, its descent, and a run at hand if it is wanted. */
export class Bench {
  /**
   * @param {import("../../engine/replay.js").Replay} replay
   * @param {number} seed
   * @param {Uint8Array} trained
   */
  constructor(replay, seed, trained) {
    [this.replay, this.seed, this.net] = [replay, seed, new Net(replay.wiring)];
    const nTrained = trained.reduce((sum, one) => sum + one, 0);
    this.descent = new Descent(replay.recipe, this.net, nTrained, ARITHMETICS[replay.recipe.dtype]);
    this.run = replay.recipe.update === "case" ? new Run(replay, seed) : null;
  }

  /**
   * Return the moment of a scene, for its case and a unit.
   * @param {Scene} scene
   * @param {number} unit
   * @returns {Moment}
   */
  momentOf(scene, unit) {
    const { net, descent, run } = this, { c, now: { sweep, state, trained } } = scene;
    const of = run ? comingTo(run, c, state) : looked(scene), isTrained = trained[c] === 1;
    const newW = of.w.slice(), newDelta = of.delta.slice();
    if (isTrained || !run) descent.change(newW, newDelta, of.dE_dw, sweep + 1, state.learnedAt !== null);
    const signal = net.hasGains ? of.dE_dx.map((one, j) => one * gainOf(net, of.w, j)) : of.dE_dx;
    return { scene, net, descent, unit, isByCase: run !== null, isTrained, ...of, signal, newW, newDelta };
  }
}

/**
 * Return the gain of the level of a unit.
 * @param {Net} net
 * @param {Numbers} w
 * @param {number} unit
 */
export const gainOf = (net, w, unit) => w[net.nWeights + net.levelOfUnit[unit]];

/** Return what the run saw when it last looked at all cases. */
function looked({ c, now, replay: { wiring: { units, outputs } } }) {
  const of = (numbers, n) => numbers.subarray(c * n, (c + 1) * n), U = units.length;
  const { x, y, dE_dy, dE_dx, dE_dw, errors, state: { w, delta } } = now;
  return {
    w, delta, dE_dw, E: errors[c], miss: of(now.miss, outputs.length),
    x: of(x, U), y: of(y, U), dE_dy: of(dE_dy, U), dE_dx: of(dE_dx, U),
  };
}

/** Return what the run will see when case c comes, after it has changed its weights after the cases before. */
function comingTo(run, c, state) {
  run.restore(state);
  for (let before = 0; before < c; before++) run.changeAfter(before);
  const { pass, error, net: { nUnits, outputs }, w, delta } = run;
  pass.forward(w, c, c + 1);
  error.compare(c, c + 1);
  error.add();
  run.back(c, c + 1);
  const of = (numbers, n) => numbers.slice(c * n, (c + 1) * n);
  const { x, y, dE_dy, dE_dx } = pass;
  return {
    w: w.slice(), delta: delta.slice(), dE_dw: run.gradientOf(c).slice(), E: error.ofCase[c],
    miss: of(error.miss, outputs.length),
    x: of(x, nUnits), y: of(y, nUnits), dE_dy: of(dE_dy, nUnits), dE_dx: of(dE_dx, nUnits),
  };
}
