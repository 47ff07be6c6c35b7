/**
 * A replay: all that src/backprop86/report/replay.py says about a reading, so that any seed of it can be trained here.
 */

/**
 * @typedef {object} Recipe  the settings of conf/experiment/, by the names that they have there
 * @property {string} network
 * @property {number} sweeps
 * @property {number} epsilon
 * @property {number} alpha
 * @property {number} decay
 * @property {number} opening_sweeps
 * @property {number} opening_epsilon
 * @property {number} opening_alpha
 * @property {"sweep" | "case"} update
 * @property {"sum" | "mean"} error
 * @property {number} target_on
 * @property {number} target_off
 * @property {"none" | "from_edge" | "from_target"} dead_zone
 * @property {number} zone_on
 * @property {number} zone_off
 * @property {number} initial_range
 * @property {string} start
 * @property {number} spread
 * @property {"drawn" | "zero" | "negative" | "none"} biases
 * @property {string} criterion
 * @property {"learned" | "limit"} stop
 * @property {number[]} moments
 * @property {string} held_out
 * @property {"float64" | "float32"} dtype
 * @property {number} late_sweep
 * @property {number} late_epsilon
 * @property {number} late_alpha
 * @property {number} late_decay
 * @property {"weights" | "change" | "gradient"} decay_in
 * @property {"start" | "learned"} decay_from
 * @property {"one" | "fan_in"} epsilon_by
 * @property {"kept" | "left_out"} output_slope
 * @property {number} gain
 * @property {number} gain_epsilon
 * @property {"gradient" | "desired_states"} procedure
 * @property {number} block
 * @property {number} case_set
 */

/**
 * @typedef {object} Criterion  a standard by which a net has learned; null is no limit
 * @property {number} on
 * @property {number} off
 * @property {number | null} below_case_error
 * @property {number | null} total_error
 */

/**
 * @typedef {object} Wiring  units 0 (always 1), then inputs, then computed units; connections in the order of sums
 * @property {string[]} units
 * @property {number} n_inputs
 * @property {number[]} outputs
 * @property {number[]} levels  the first unit of each level
 * @property {number[]} source  of each connection
 * @property {number[]} target
 * @property {number[]} parameter  the number of the weight
 * @property {number} n_weights
 * @property {boolean} has_gains  whether a gain for each level follows the weights
 */

/**
 * @typedef {object} Replay
 * @property {number} format
 * @property {string} experiment
 * @property {string} title
 * @property {string} reading
 * @property {string} words  for a reader
 * @property {Recipe} recipe
 * @property {{learned: Criterion, right_side: Criterion}} criteria
 * @property {Wiring} wiring
 * @property {{names: string[], inputs: number[][], desired: number[][]}} cases
 * @property {number[] | null} start  weights that the draw is added to
 * @property {number[][] | null} held_out  for each seed from 0 on, the cases that it is not trained on
 * @property {{seeds: number, sweep: number}} drawn  the first seeds go on to a sweep even after they have learned
 * @property {{sweeps: (number | null)[], error: (number | null)[], error_digits: number | null} | null} published
 */

export const FORMAT = 1;

const WORDS = {
  update: ["sweep", "case"], error: ["sum", "mean"], dead_zone: ["none", "from_edge", "from_target"],
  biases: ["drawn", "zero", "negative", "none"], stop: ["learned", "limit"], dtype: ["float64", "float32"],
  decay_in: ["weights", "change", "gradient"], decay_from: ["start", "learned"], epsilon_by: ["one", "fan_in"],
  output_slope: ["kept", "left_out"], procedure: ["gradient", "desired_states"], block: [0],
};
const NUMBERS = [
  "sweeps", "epsilon", "alpha", "decay", "opening_sweeps", "opening_epsilon", "opening_alpha", "target_on",
  "target_off", "zone_on", "zone_off", "initial_range", "spread", "late_sweep", "late_epsilon", "late_alpha",
  "late_decay", "gain", "gain_epsilon",
];
/** Settings that the rest of a replay has made into numbers and lists. */
const DONE = ["network", "start", "criterion", "moments", "held_out", "case_set"];

/**
 * Return the replay itself; an Error, in one line, names a setting that this engine does not have.
 *
 * A setting without a place here would change a run without a word, so that unknown names are refused.
 * @param {Replay} replay
 * @returns {Replay}
 */
export function checked(replay) {
  if (replay.format !== FORMAT) throw new Error(`format of a replay must be ${FORMAT}, was ${replay.format}`);
  for (const [name, value] of Object.entries(replay.recipe)) {
    if (name in WORDS) {
      if (!WORDS[name].includes(value)) throw new Error(`${name} must be ${WORDS[name].join(" or ")}, was ${value}`);
    } else if (NUMBERS.includes(name)) {
      if (!Number.isFinite(value)) throw new Error(`${name} must be a number, was ${value}`);
    } else if (!DONE.includes(name)) {
      throw new Error(`${name} must be a setting that this engine has, was ${value}`);
    }
  }
  const missing = [...Object.keys(WORDS), ...NUMBERS, ...DONE].find((name) => !(name in replay.recipe));
  if (missing) throw new Error(`${missing} must be in the recipe, was missing`);
  return replay;
}
