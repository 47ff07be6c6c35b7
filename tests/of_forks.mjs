/**
 * What the parts of the page compute without a page, in Node: the next step of a run, and runs with one thing changed.
 *
 *     node of_forks.mjs < {"what", "replay", "seeds", "sweep", ...} > an answer for each seed
 */

import { readFileSync, writeFileSync } from "node:fs";
import { checked } from "../page/engine/replay.js";
import { Run } from "../page/engine/train.js";
import * as changes from "../page/view/what_if/changes.js";
import { ErrorOver } from "../page/view/step/error_over.js";
import { Bench } from "../page/view/step/moment.js";
import { areEqual, twins } from "../page/view/what_if/twins.js";

const given = JSON.parse(readFileSync(0)), { replay } = given;

function at(seed, sweep, of = replay, state = null) {
  const run = new Run(of, seed);
  if (state) run.restore(state);
  while (run.sweep < sweep && !run.hasDiverged) run.step();
  return run;
}

/** What a worker's snapshot says of a run, as far as a step needs it. */
function sceneOf(run, c) {
  const { pass: { x, y, dE_dy, dE_dx }, error: { miss, ofCase: errors, trained }, sweep, E, dE_dw } = run;
  const now = { x, y, dE_dy, dE_dx, dE_dw, miss, errors, trained, sweep, E, state: run.save() };
  return { replay: run.replay, seed: run.seed, sweep, c, now };
}

const same = (a, b) => a.length === b.length && a.every((one, n) => Object.is(one, b[n]));

/** Return the weights and last changes of a run that a change leaves for some sweeps. */
function forked(seed, made, sweeps) {
  const { replay: changed, state, words } = made;
  const run = at(seed, state.sweep + sweeps, checked(changed), state);
  return { words, n: run.w.length, learnedAt: run.learnedAt, isFinite: run.w.every(Number.isFinite), run, changed };
}

const ASKED = {
  /** Whether the weights and changes that the step says are those that the run has next. */
  next(seed) {
    const run = at(seed, given.sweep), c = run.error.trained.lastIndexOf(1);
    const bench = new Bench(replay, seed, run.error.trained);
    const { newW, newDelta } = bench.momentOf(sceneOf(run, c), replay.wiring.outputs[0]);
    run.step();
    return same(newW.subarray(0, run.net.nWeights), run.w.subarray(0, run.net.nWeights)) && same(newDelta, run.delta);
  },

  /** The measured slope of E over each weight, and ∂E/∂w. */
  slopes(seed) {
    const run = at(seed, given.sweep), over = new ErrorOver(replay, run.error.trained);
    return [...run.w.keys()].map((p) => [over.slope(run.w, p), run.dE_dw[p], over.doubt(run.E)]);
  },

  /** Whether a fork with nothing changed has the bits of the run. */
  unchanged(seed) {
    const state = at(seed, given.sweep).save();
    const { run, changed } = forked(seed, changes.unchanged(replay, state), given.sweeps);
    const whole = at(seed, given.sweep + given.sweeps), isSame = same(run.w, whole.w) && same(run.delta, whole.delta);
    return [changed.published, isSame && run.learnedAt === whole.learnedAt];
  },

  /** When a run learns, and when it does without any of its hidden units, from its first weights. */
  withoutHidden(seed) {
    const first = changes.firstState(replay, seed), unit = changes.hiddenUnits(replay).at(-1);
    const one = forked(seed, changes.withoutUnit(replay, first, unit), given.sweeps);
    const all = forked(seed, changes.withoutHidden(replay, first, seed), given.sweeps);
    return { whole: at(seed, given.sweeps).learnedAt, one: one.learnedAt, all: all.learnedAt, n: [one.n, all.n] };
  },

  /** The connections of a net without one of its units, and their weights, beside those that it had. */
  kept(seed) {
    const state = at(seed, given.sweep).save();
    const weights = ({ wiring: { units, source, target, parameter } }, w) => (
      Object.fromEntries([...source.keys()].map((k) => [`${units[source[k]]} → ${units[target[k]]}`, w[parameter[k]]]))
    );
    const { replay: changed, state: left } = changes.withoutUnit(replay, state, given.unit);
    return [weights(replay, state.w), weights(changed, left.w), changed.wiring.levels, changed.wiring.outputs];
  },

  /** Whether hidden units that are wired alike have equal weights: from equal weights, and in the run itself. */
  equal(seed) {
    const { run } = forked(seed, changes.withEqualWeights(replay, changes.firstState(replay, seed), 0.1), given.sweeps);
    const groups = twins(replay.wiring), are = ({ w }) => groups.map((group) => areEqual(replay.wiring, w, group));
    return { groups, from: are(run), run: are(at(seed, given.sweeps)), E: run.E };
  },

  /** The words that refuse to flip a target of the first case, and to set the first bias above 0. */
  refused(seed) {
    const state = changes.firstState(replay, seed), { trained } = new Run(replay, seed).error;
    const told = (does) => {
      try {
        return does() && null;
      } catch (error) {
        return error.message;
      }
    };
    return {
      heldOut: told(() => changes.withFlipped(replay, state, trained, 0, 0)),
      bias: told(() => changes.withWeight(replay, state, 0, "0.5")),
    };
  },

  /** What becomes of each change that the page offers for this net. */
  every(seed) {
    const state = at(seed, given.sweep).save(), trained = new Run(replay, seed).error.trained;
    const made = {
      times: changes.withRateTimes(replay, state, 4), alpha: changes.withRate(replay, state, "alpha", "0,5"),
      decay: changes.withRate(replay, state, "decay", 0.01), weight: changes.withWeight(replay, state, 0, "−0.5"),
      flipped: changes.withFlipped(replay, state, trained, trained.indexOf(1), 0),
      equal: changes.withEqualWeights(replay, state, 0.1),
    };
    if (changes.canLoseUnits(replay) && changes.hiddenUnits(replay).length) {
      made.hidden = changes.withoutHidden(replay, state, seed);
      const unit = changes.hiddenUnits(replay).find((j) => changes.isReachedWithout(replay, j));
      if (unit !== undefined) made.unit = changes.withoutUnit(replay, state, unit);
    }
    return Object.fromEntries(Object.entries(made).map(([name, one]) => {
      const { n, isFinite, words, changed } = forked(seed, one, 2);
      const { wiring: { parameter, n_weights: nWeights, source, target } } = changed;
      const follows = (k) => target[k - 1] < target[k] || (target[k - 1] === target[k] && source[k - 1] < source[k]);
      const inOrder = target.every((_, k) => k === 0 || follows(k));
      const isWhole = isFinite && inOrder && new Set(parameter).size === nWeights && n >= nWeights;
      return [name, { words, isWhole, published: changed.published }];
    }));
  },
};

writeFileSync(1, JSON.stringify(given.seeds.map((seed) => ASKED[given.what](seed))));
