/**
 * A worker that trains one run: the page stays quick whatever the run takes.
 *
 * Each message asks for one thing, and has one answer with its `id`. On the way to a sweep there is news, some times a
 * second; `stop`, or whatever is asked next, ends it where it is.
 */

import { History } from "./history.js";
import { isAsPublished } from "./published.js";
import { Run } from "./train.js";

/** Milliseconds of training after which messages are looked at. */
const AT_ONCE = 50;

/** @type {History} */
let history;
/** The number of the last way: whatever is asked next ends the way before. */
let way = 0;

const ASKED = {
  /** Begin a run, from its first weights or from a state of another. */
  open({ replay, seed, state }) {
    const run = new Run(replay, seed);
    if (state) run.restore(state);
    history = new History(run);
    way += 1;
    return snapshot(run);
  },

  /** Go to a sweep, forwards or back; without one, to the end of the published run. */
  async goTo({ sweep, id }) {
    const mine = ++way, here = history, { run } = here;
    if (sweep !== null) here.near(sweep);
    const isOver = () => (sweep === null ? run.isDone : run.sweep >= sweep || run.hasDiverged);
    while (!isOver() && mine === way) {
      const pause = performance.now() + AT_ONCE;
      while (!isOver() && performance.now() < pause) here.step();
      postMessage({ id, news: { sweep: run.sweep, E: run.E } });
      await new Promise((resume) => setTimeout(resume));
    }
    return snapshot(run);
  },

  /** Return E, and the length of dE/dw of each level, at every sweep so far. */
  curves() {
    return { first: history.first, E: Float64Array.from(history.E), lengths: Float64Array.from(history.lengths) };
  },

  stop() {
    way += 1;
    return null;
  },
};

/**
 * @typedef {object} Snapshot  a run as it is after a sweep; arrays of cases hold the first case, then the second, ...
 * @property {number} sweep
 * @property {import("./train.js").State} state
 * @property {number} E
 * @property {import("./pass.js").Numbers} x  of every unit in every case
 * @property {import("./pass.js").Numbers} y
 * @property {import("./pass.js").Numbers} dE_dy
 * @property {import("./pass.js").Numbers} dE_dx
 * @property {import("./pass.js").Numbers} dE_dw
 * @property {import("./pass.js").Numbers} miss  of every output in every case
 * @property {import("./pass.js").Numbers} errors  E of each case
 * @property {Uint8Array} trained  1 for each case that the seed is trained on
 * @property {Float64Array} lengths  of dE/dw, level by level
 * @property {number | null} learnedAt
 * @property {number | null} rightSideAt
 * @property {boolean} hasDiverged
 * @property {boolean} isDone  the published run ends here, or has ended before
 * @property {boolean} isAsPublished  it has, and as its row says
 */

/**
 * @param {Run} run
 * @returns {Snapshot}
 */
function snapshot(run) {
  const { sweep, E, dE_dw, learnedAt, rightSideAt, hasDiverged, isDone } = run;
  const { x, y, dE_dy, dE_dx } = run.pass, { miss, ofCase: errors, trained } = run.error;
  const arrays = { x, y, dE_dy, dE_dx, dE_dw, miss, errors, trained, lengths: run.lengths(), state: run.save() };
  return { sweep, E, learnedAt, rightSideAt, hasDiverged, isDone, isAsPublished: isAsPublished(run), ...arrays };
}

addEventListener("message", async ({ data }) => {
  try {
    postMessage({ id: data.id, answer: await ASKED[data.ask](data) });
  } catch (error) {
    postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
});
