/**
 * Whether a run is the same as published: computed, by comparing it with its row.
 */

/** @typedef {import("./replay.js").Replay} Replay */
/** @typedef {import("./train.js").Run} Run */

/**
 * Return the row of a seed, or null if it is not among those published. Of a run that never learned `sweeps` is null.
 * @param {Replay} replay
 * @param {number} seed
 * @returns {{sweeps: number | null, error: number | null} | null}
 */
export function rowOf({ published }, seed) {
  if (!published || !(seed in published.sweeps)) return null;
  return { sweeps: published.sweeps[seed], error: published.error[seed] };
}

/**
 * Return whether a run has ended as its row says: learned after the same sweep, with the same E to the row's last bit.
 *
 * Rows keep E in float32, some of them after rounding it to a few digits.
 * @param {Run} run
 * @returns {boolean}
 */
export function isAsPublished(run) {
  const row = rowOf(run.replay, run.seed);
  if (!row || !run.isDone || run.learnedAt !== row.sweeps) return false;
  const { E } = run.end, { error_digits: digits } = run.replay.published;
  if (row.error === null) return !Number.isFinite(Math.fround(E));
  const kept = digits ? Number(E.toExponential(digits - 1)) : E;
  return Math.fround(kept) === Math.fround(row.error);
}
