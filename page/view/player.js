/**
 * The player: one run in its worker, the sweep that is shown, and what is known of the run so far.
 *
 * It dispatches "change" whenever something to show has changed.
 */

import { rowOf } from "../engine/published.js";
import { Trainer } from "../engine/trainer.js";

/** @typedef {import("../engine/replay.js").Replay} Replay */
/** @typedef {import("../engine/train.js").State} State */
/** @typedef {import("../engine/worker.js").Snapshot} Snapshot */
/** @typedef {{first: number, E: Float64Array, lengths: Float64Array}} Curves  see Trainer.curves */

/** Milliseconds for which a run that was just opened trains ahead, so that its curve is there. */
const AHEAD = 1500;

export class Player extends EventTarget {
  constructor() {
    super();
    /** @type {Trainer | null} */
    this.trainer = null;
    /** @type {Snapshot | null} */
    this.now = null;
    /** @type {Curves | null} */
    this.curves = null;
    this.isPlaying = false;
    /** Sweeps per second. */
    this.speed = 1;
    /** The sweep that is being trained, where that takes a while; or null. */
    this.progress = null;
    /** Whether the run has been at the published end, and ended as its row says. */
    this.isAsPublished = false;
    /** Whether the run has been at the published end. */
    this.wasDone = false;
    /** Sweeps that the browser trains in a second; null: not measured yet. */
    this.pace = null;
    /** @type {number | null} */
    this.wanted = null;
    this.isBusy = false;
  }

  /**
   * Open a run, of a seed or from a state, and train some way ahead; then show the sweep.
   * @param {Replay} replay
   * @param {number} seed
   * @param {{state?: State | null, sweep?: number}} from
   */
  async open(replay, seed, { state = null, sweep = state?.sweep ?? 0 } = {}) {
    this.close();
    const trainer = new Trainer();
    Object.assign(this, { trainer, replay, seed, now: null, curves: null, progress: null, wanted: null, isBusy: false });
    Object.assign(this, { isAsPublished: false, wasDone: false, last: lastSweep(replay, seed) });
    this.first = state?.sweep ?? 0;
    const first = await trainer.open(replay, seed, state);
    if (this.trainer !== trainer) return;
    this.note(first);
    await this.lookAhead(trainer, sweep);
    if (this.trainer === trainer) await this.seek(Math.min(sweep, this.last));
  }

  /** Train for a moment, at least to a sweep; the curve is drawn as far as that comes. */
  async lookAhead(trainer, sweep) {
    const since = performance.now(), until = since + AHEAD;
    const stopInTime = (news) => {
      this.tell(news.sweep);
      if (performance.now() > until && news.sweep >= sweep) trainer.stop();
    };
    const far = await answered(trainer.goTo(this.last, stopInTime));
    if (!far || this.trainer !== trainer) return;
    this.pace = (far.sweep - this.first) / ((performance.now() - since) / 1000);
    await this.take(trainer, far, false);
  }

  /**
   * Show a sweep, forwards or back; a later wish takes the place of one that is not yet fulfilled.
   * @param {number} sweep
   */
  async seek(sweep) {
    this.wanted = Math.max(this.first, Math.min(Math.round(sweep), this.last));
    if (this.isBusy) {
      if (this.progress !== null) this.trainer.stop();
      return;
    }
    const { trainer } = this;
    this.isBusy = true;
    while (this.wanted !== null && this.trainer === trainer) {
      const next = this.wanted;
      this.wanted = null;
      const now = await answered(trainer.goTo(next, (news) => this.tell(news.sweep)));
      if (now && this.trainer === trainer) await this.take(trainer, now, true);
    }
    if (this.trainer === trainer) this.isBusy = false;
  }

  /** Take what the worker answered: the run as it is, and its curves as far as they are new. */
  async take(trainer, now, isShown) {
    const isNew = !this.curves || now.sweep >= this.curves.first + this.curves.E.length;
    const curves = isNew ? await answered(trainer.curves()) : this.curves;
    if (this.trainer !== trainer || !curves) return;
    this.curves = curves;
    this.progress = null;
    this.note(now, isShown);
  }

  note(now, isShown = true) {
    this.wasDone ||= now.isDone;
    this.isAsPublished ||= now.isAsPublished;
    if (now.hasDiverged) this.last = Math.max(now.sweep, this.first);
    if (isShown) this.now = now;
    this.changed();
  }

  /** Say on the way how far the training is. */
  tell(sweep) {
    this.progress = sweep;
    this.dispatchEvent(new Event("progress"));
  }

  /** Play on, or from the beginning if the run is at its end, until it is paused or at its end. */
  async play() {
    if (this.isPlaying || !this.now) return;
    this.isPlaying = true;
    if (this.now.sweep >= this.last) await this.seek(this.first);
    const { trainer } = this;
    let [from, since] = [this.now.sweep, performance.now()], { speed } = this;
    this.changed();
    while (this.isPlaying && this.trainer === trainer && this.now.sweep < this.last) {
      await new Promise((resume) => requestAnimationFrame(resume));
      if (speed !== this.speed) [from, since, speed] = [this.now.sweep, performance.now(), this.speed];
      const sweep = Math.floor(from + ((performance.now() - since) / 1000) * speed);
      if (this.isPlaying && !this.isBusy && sweep > this.now.sweep) await this.seek(sweep);
    }
    if (this.trainer === trainer) this.pause();
  }

  pause() {
    this.isPlaying = false;
    this.changed();
  }

  /** Stop a long way to a sweep where it is. */
  stop() {
    this.wanted = null;
    this.trainer?.stop();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  close() {
    this.isPlaying = false;
    this.trainer?.close();
    this.trainer = null;
  }
}

/** Return the answer of a worker, or null if the worker was closed meanwhile. */
async function answered(coming) {
  return coming.catch(() => null);
}

/**
 * Return the sweep at which a run ends: as its row says, or else at the most sweeps of the recipe.
 * @param {Replay} replay
 * @param {number} seed
 */
export function lastSweep(replay, seed) {
  const { recipe, drawn } = replay, row = rowOf(replay, seed);
  if (!row || row.sweeps === null || recipe.stop === "limit") return recipe.sweeps;
  const until = Math.max(seed < drawn.seeds ? drawn.sweep : 0, recipe.moments.at(-1) ?? 0);
  return Math.min(recipe.sweeps, Math.max(row.sweeps, until));
}
