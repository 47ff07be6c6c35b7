/**
 * A run in a worker, from the page's side: every question is a promise.
 *
 *     const trainer = new Trainer();
 *     let now = await trainer.open(replay, 17);
 *     now = await trainer.goTo(558); // forwards or back
 *     now = await trainer.toEnd((news) => console.log(news.sweep));
 *     now.isAsPublished;
 */

import source from "bundled:./worker.js";

/** @typedef {import("./replay.js").Replay} Replay */
/** @typedef {import("./train.js").State} State */
/** @typedef {import("./worker.js").Snapshot} Snapshot */
/** @typedef {(news: {sweep: number, E: number}) => void} News */

export class Trainer {
  constructor() {
    // a page that was opened from a file may load no other file into a worker, but what it holds itself
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.worker = new Worker(address);
    this.questions = new Map();
    this.asked = 0;
    this.worker.addEventListener("message", ({ data }) => this.hear(data));
    this.worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  }

  /**
   * Begin a run: from the weights that a seed draws, or from a state of another run of the same net.
   *
   * Whoever changes a replay or a state says `published: null`: no row is of that run.
   * @param {Replay} replay
   * @param {number} seed
   * @param {State | null} state
   * @returns {Promise<Snapshot>}
   */
  open(replay, seed, state = null) {
    return this.ask("open", { replay, seed, state });
  }

  /**
   * Go to a sweep, forwards or back; a run that diverges, or is stopped, ends on the way.
   * @param {number} sweep
   * @param {News} onNews
   * @returns {Promise<Snapshot>}
   */
  goTo(sweep, onNews = () => {}) {
    return this.ask("goTo", { sweep }, onNews);
  }

  /**
   * Go to the sweep at which the published run ended.
   * @param {News} onNews
   * @returns {Promise<Snapshot>}
   */
  toEnd(onNews = () => {}) {
    return this.ask("goTo", { sweep: null }, onNews);
  }

  /**
   * Return E, and the length of dE/dw of each level, at every sweep since the first.
   * @returns {Promise<{first: number, E: Float64Array, lengths: Float64Array}>}
   */
  curves() {
    return this.ask("curves");
  }

  /** End the way to a sweep where it is: its promise is kept, with that sweep. A worker that is closed has stopped. */
  stop() {
    return this.ask("stop").catch(() => null);
  }

  /** End the worker; whatever was asked is refused. */
  close() {
    this.worker.terminate();
    for (const { refuse } of this.questions.values()) refuse(new Error("the worker was closed"));
    this.questions.clear();
  }

  /**
   * @param {string} ask
   * @param {object} about
   * @param {News} onNews
   * @returns {Promise<any>}
   */
  ask(ask, about = {}, onNews = () => {}) {
    const id = this.asked++;
    return new Promise((keep, refuse) => {
      this.questions.set(id, { keep, refuse, onNews });
      this.worker.postMessage({ id, ask, ...about });
    });
  }

  /** @param {{id: number, answer?: any, error?: string, news?: {sweep: number, E: number}}} data */
  hear({ id, answer, error, news }) {
    const { keep, refuse, onNews } = this.questions.get(id);
    if (news) return onNews(news);
    this.questions.delete(id);
    return error === undefined ? keep(answer) : refuse(new Error(error));
  }
}
