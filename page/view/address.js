/**
 * The address of a moment: #experiment/reading/seed/sweep/case, for example #xor/as_printed/17/558/01.
 *
 * A reading such as two_hidden/range_1 has a / of its own, written as %2F. Wrong parts of an address are left out, so
 * that nothing in it can do harm.
 */

/**
 * @typedef {object} Place
 * @property {string} experiment
 * @property {string} reading
 * @property {number} seed
 * @property {number | null} sweep  null: the run plays from its beginning
 * @property {string | null} name  of the case
 */

/** @typedef {{stem: string, title: string, readings: Record<string, string>}[]} Contents */

/** The run of the first visit. */
export const FIRST = { experiment: "xor", seed: 3 };
/** The largest seed, and the largest sweep. */
const MOST = 2 ** 53 - 1;

/**
 * Return the place of an address; parts that do not exist have the values of the first visit.
 * @param {string} hash
 * @param {Contents} contents
 * @returns {Place}
 */
export function placeOf(hash, contents) {
  const [stem, reading, seed, sweep, name] = hash.replace(/^#/, "").split("/").map(decoded);
  const experiment = contents.find((one) => one.stem === stem) ?? contents.find((one) => one.stem === FIRST.experiment);
  const known = Object.keys(experiment.readings), isKnown = experiment.stem === stem;
  return {
    experiment: experiment.stem,
    reading: isKnown && known.includes(reading) ? reading : known[0],
    seed: (isKnown ? wholeNumber(seed) : null) ?? FIRST.seed,
    sweep: isKnown ? wholeNumber(sweep) : null,
    name: isKnown && name ? name : null,
  };
}

/**
 * Return the address of a place.
 * @param {Place} place
 */
export function hashOf({ experiment, reading, seed, sweep, name }) {
  const parts = [experiment, reading, seed, ...(sweep === null ? [] : [sweep, ...(name === null ? [] : [name])])];
  return `#${parts.map((part) => encodeURIComponent(part)).join("/")}`;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

function wholeNumber(text) {
  return /^\d{1,16}$/.test(text ?? "") && Number(text) <= MOST ? Number(text) : null;
}
