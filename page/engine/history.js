/**
 * The states of a run that a slider goes back to: a few are kept, and what lies between is trained again.
 *
 * It is the same to the last bit, so that nobody can tell.
 */

/** @typedef {import("./train.js").Run} Run */
/** @typedef {import("./train.js").State} State */

export class History {
  /**
   * @param {Run} run
   * @param {number} most  the most states that are kept
   */
  constructor(run, most = 256) {
    [this.run, this.most, this.first] = [run, most, run.sweep];
    /** A state is kept after every so many sweeps. */
    this.spacing = 1;
    /** @type {Map<number, State>} by sweep, in order */
    this.kept = new Map([[run.sweep, run.save()]]);
    /** E, and the length of dE/dw of each level, at the first sweep and after each further one. */
    this.E = [run.E];
    this.lengths = [...run.lengths()];
  }

  /** The last sweep that the run has been at. */
  get last() {
    return this.first + this.E.length - 1;
  }

  /** Do one sweep of the run. */
  step() {
    const { run, kept } = this;
    run.step();
    if (run.sweep > this.last) {
      this.E.push(run.E);
      this.lengths.push(...run.lengths());
      if (run.sweep % this.spacing === 0) kept.set(run.sweep, run.save());
      if (kept.size > this.most) this.thin();
    }
  }

  /** Forget every other state, but never the first. */
  thin() {
    this.spacing *= 2;
    for (const sweep of this.kept.keys()) {
      if (sweep !== this.first && sweep % this.spacing !== 0) this.kept.delete(sweep);
    }
  }

  /**
   * Put the run back, or forward, to the last state that is kept at a sweep or before it.
   * @param {number} sweep
   */
  near(sweep) {
    const before = [...this.kept.keys()].filter((one) => one <= sweep);
    const nearest = before.at(-1) ?? this.first;
    if (sweep < this.run.sweep || nearest > this.run.sweep) this.run.restore(this.kept.get(nearest));
  }
}
