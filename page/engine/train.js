/**
 * One seed in training, a sweep at a time: every number of its run can be looked at, and any state kept and taken up.
 *
 *     const run = new Run(replay, 17);
 *     while (!run.isDone) run.step();
 *     run.learnedAt; // the sweep after which it first met the criterion
 */

import { ARITHMETICS } from "./arithmetic.js";
import { Descent } from "./descent.js";
import { tell } from "./desired_states.js";
import { SquaredError } from "./error.js";
import { Net } from "./net.js";
import { Pass } from "./pass.js";
import { checked } from "./replay.js";
import { firstWeights, trainedCases } from "./start.js";

/** @typedef {import("./pass.js").Numbers} Numbers */
/** @typedef {import("./replay.js").Replay} Replay */

/**
 * @typedef {object} State  all that a run goes on from
 * @property {number} sweep
 * @property {Numbers} w
 * @property {Numbers} delta
 * @property {number | null} learnedAt
 * @property {number | null} rightSideAt
 * @property {{sweep: number, E: number} | null} end
 */

/** The cases that a sum over cases takes before the next connection has its turn. */
const CASES_AT_ONCE = 8;

export class Run {
  /**
   * Begin with the weights that a seed draws; an Error, in one line, names what cannot be trained here.
   * @param {Replay} replay
   * @param {number} seed
   */
  constructor(replay, seed) {
    const { recipe, wiring, cases } = checked(replay), arithmetic = ARITHMETICS[recipe.dtype];
    [this.replay, this.recipe, this.seed] = [replay, recipe, seed];
    this.w = arithmetic.Numbers.from(firstWeights(replay, seed));
    this.net = new Net(wiring);
    /** Of every unit in every case: x, y, dE_dy, dE_dx. */
    this.pass = new Pass(this.net, cases.inputs, arithmetic);
    /** miss, E of each case, E; which cases are trained. */
    this.error = new SquaredError(replay, this.pass, trainedCases(replay, seed));
    this.descent = new Descent(recipe, this.net, this.error.nTrained, arithmetic);
    this.sweep = 0;
    /** The last change of each weight. */
    this.delta = new arithmetic.Numbers(this.w.length);
    this.dE_dw = new arithmetic.Numbers(this.w.length);
    this.ofOneCase = new arithmetic.Numbers(this.w.length);
    /** @type {number | null} */
    this.learnedAt = null;
    /** @type {number | null} the sweep after which every output was first on the right side of 0.5 */
    this.rightSideAt = null;
    /** Whether E or a weight is no number any more, or infinite. */
    this.hasDiverged = false;
    /** @type {{sweep: number, E: number} | null} where the published run ends */
    this.end = null;
    this.look();
  }

  /** E of the weights as they are. */
  get E() {
    return this.error.E;
  }

  /** Whether the published run ends here, or has ended before. */
  get isDone() {
    return this.end !== null;
  }

  /** Whether nothing is left to do: the seed has learned, unless it must go on, or diverged, or is out of sweeps. */
  get isEnough() {
    const { drawn } = this.replay, { sweeps, moments, stop } = this.recipe;
    const until = Math.max(this.seed < drawn.seeds ? drawn.sweep : 0, moments.at(-1) ?? 0);
    const isLearned = stop === "learned" && this.learnedAt !== null && this.sweep >= until;
    return isLearned || this.sweep >= sweeps || this.hasDiverged;
  }

  /** Do one sweep: change the weights, once or after every case, and look at what has come of it. */
  step() {
    if (this.recipe.update === "sweep") {
      this.change(this.dE_dw);
    } else {
      for (let c = 0; c < this.pass.nCases; c++) this.changeAfter(c);
    }
    this.sweep += 1;
    this.look();
  }

  /**
   * Change the weights after one case, as a recipe with `update: case` does for all of them in a sweep.
   * @param {number} c
   */
  changeAfter(c) {
    if (!this.error.trained[c]) return;
    this.pass.forward(this.w, c, c + 1);
    this.error.compare(c, c + 1);
    this.back(c, c + 1);
    this.change(this.gradientOf(c));
  }

  /** @param {Numbers} dE_dw */
  change(dE_dw) {
    this.descent.change(this.w, this.delta, dE_dw, this.sweep + 1, this.learnedAt !== null);
  }

  /** Pass forward and backward through all cases, and note what is so for the first time: a criterion met, the end. */
  look() {
    const { pass, error, replay: { criteria } } = this, n = pass.nCases;
    pass.forward(this.w, 0, n);
    error.compare(0, n);
    error.add();
    this.back(0, n);
    pass.gradient(this.dE_dw, 0, n, this.recipe.update === "case" ? 1 : CASES_AT_ONCE);
    this.hasDiverged = !(Number.isFinite(error.E) && this.w.every(Number.isFinite));
    const isFirst = (when, criterion) => when === null && !this.hasDiverged && error.meets(criterion);
    if (isFirst(this.learnedAt, criteria.learned)) this.learnedAt = this.sweep;
    if (isFirst(this.rightSideAt, criteria.right_side)) this.rightSideAt = this.sweep;
    if (!this.isDone && this.isEnough) this.end = { sweep: this.sweep, E: error.E };
  }

  /**
   * Pass backward through the cases from `from` on and before `to`, by the procedure of the recipe.
   * @param {number} from
   * @param {number} to
   */
  back(from, to) {
    const { pass, w, error: { dE_dOutputs, isOn, sOfCase } } = this;
    if (this.recipe.procedure === "desired_states") {
      tell(pass, w, dE_dOutputs, isOn, sOfCase, from, to);
    } else {
      pass.backward(w, dE_dOutputs, this.recipe.output_slope === "kept", from, to);
    }
  }

  /**
   * Return dE/dw of one case alone; the next call writes over it.
   * @param {number} c
   * @returns {Numbers}
   */
  gradientOf(c) {
    this.pass.gradient(this.ofOneCase, c, c + 1, 1);
    return this.ofOneCase;
  }

  /**
   * Return the length of dE/dw of each level.
   * @returns {Float64Array}
   */
  lengths() {
    const found = new Float64Array(this.net.nLevels), { fma } = ARITHMETICS.float64;
    this.net.levelOfWeight.forEach((level, p) => {
      found[level] = fma(this.dE_dw[p], this.dE_dw[p], found[level]);
    });
    return found.map(Math.sqrt);
  }

  /**
   * Return a copy of all that the run goes on from.
   * @returns {State}
   */
  save() {
    const { sweep, learnedAt, rightSideAt, end } = this;
    return { sweep, w: this.w.slice(), delta: this.delta.slice(), learnedAt, rightSideAt, end };
  }

  /**
   * Take up a state that was kept, of this run or of another of the same net, and go on from it to the same bits.
   * @param {State} state
   */
  restore({ sweep, w, delta, learnedAt, rightSideAt, end }) {
    Object.assign(this, { sweep, learnedAt, rightSideAt, end });
    this.w.set(w);
    this.delta.set(delta);
    this.look();
  }
}
