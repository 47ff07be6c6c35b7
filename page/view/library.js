/**
 * The library: the replays of an experiment, which a script of replays/ hands over when they are first wanted.
 */

/** @typedef {import("../engine/replay.js").Replay} Replay */

/**
 * @typedef {object} Claim
 * @property {string} claim  its name
 * @property {string} source  the text, and a page or figure in it
 * @property {string} says
 * @property {string} verdict
 * @property {string} because
 * @property {number | null} sweeps  the printed number of sweeps, if the claim prints one
 */

/**
 * @typedef {object} Library  of one experiment; each reading names its wiring, cases and criteria by number
 * @property {string} experiment
 * @property {string} title
 * @property {object[]} wiring
 * @property {object[]} cases
 * @property {object[]} criteria
 * @property {object[]} readings
 */

/** @type {Map<string, {keep: (library: Library) => void, refuse: (error: Error) => void}>} */
const wanted = new Map();
/** @type {Map<string, Promise<Library>>} */
const shelf = new Map();

/**
 * Return the library of an experiment; it is fetched once.
 * @param {string} experiment
 * @returns {Promise<Library>}
 */
export function libraryOf(experiment) {
  if (!shelf.has(experiment)) {
    const coming = new Promise((keep, refuse) => {
      wanted.set(experiment, { keep, refuse });
      const script = document.createElement("script");
      script.src = `replays/${experiment}.js`;
      script.addEventListener("error", () => {
        shelf.delete(experiment);
        refuse(new Error(`The file replays/${experiment}.js is missing. It belongs beside this page: make page writes it.`));
      });
      document.head.append(script);
    });
    shelf.set(experiment, coming);
  }
  return shelf.get(experiment);
}

/**
 * Take a library from its script: JSON, compressed, as text.
 * @param {string} experiment
 * @param {string} packed
 */
export async function shelve(experiment, packed) {
  const { keep, refuse } = wanted.get(experiment);
  try {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    keep(await new Response(unpacked).json());
  } catch {
    shelf.delete(experiment);
    refuse(new Error(`The file replays/${experiment}.js is damaged: make page writes it again.`));
  }
}

/**
 * Return the replay of a reading, with the claims on it.
 * @param {Library} library
 * @param {string} reading
 * @returns {Replay & {claims: Claim[]}}
 */
export function replayOf(library, reading) {
  const { experiment, title } = library, one = library.readings.find((each) => each.reading === reading);
  const shared = ["wiring", "cases", "criteria"].map((part) => [part, library[part][one[part]]]);
  return { ...one, experiment, title, ...Object.fromEntries(shared) };
}
