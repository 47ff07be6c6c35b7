/**
 * One thing changed in a run: pure functions of a replay and a state that return both anew, and words for a reader.
 *
 * Whatever is asked for wrongly is refused by an Error, in one line. No row is of a changed run: `published` is null.
 */

import { draws } from "../../engine/philox.js";
import { Run } from "../../engine/train.js";

/** @typedef {import("../../engine/replay.js").Replay} Replay */
/** @typedef {import("../../engine/train.js").State} State */
/** @typedef {{replay: Replay, state: State, words: string}} Changed */

/** Settings of a recipe that say one rate for its first, its late and all other sweeps. */
const RATES = {
  epsilon: ["epsilon", "opening_epsilon", "late_epsilon"],
  alpha: ["alpha", "opening_alpha", "late_alpha"],
  decay: ["decay", "late_decay"],
};
/** The largest weight that a reader may set: the logistic is flat long before. */
const LARGEST_WEIGHT = 1000;
const NAMES = { epsilon: "learning rate ε", alpha: "momentum α", decay: "decay" };
/** The values that a rate may have. */
const BOUNDS = {
  epsilon: { words: "above 0 and at most 1,000", holds: (value) => value > 0 && value <= 1000 },
  alpha: { words: "at least 0 and below 1", holds: (value) => value >= 0 && value < 1 },
  decay: { words: "at least 0 and below 1", holds: (value) => value >= 0 && value < 1 },
};

/**
 * Return the state that a seed begins with.
 * @param {Replay} replay
 * @param {number} seed
 * @returns {State}
 */
export const firstState = (replay, seed) => new Run(replay, seed).save();

/**
 * Change nothing.
 * @param {Replay} replay
 * @param {State} state
 * @returns {Changed}
 */
export function unchanged(replay, state) {
  return { replay: { ...replay, published: null }, state, words: "nothing changed" };
}

/**
 * Multiply epsilon by a factor, in all sweeps.
 * @param {Replay} replay
 * @param {State} state
 * @param {number} times
 * @returns {Changed}
 */
export function withRateTimes(replay, state, times) {
  const rates = Object.fromEntries(RATES.epsilon.map((name) => [name, replay.recipe[name] * times]));
  const words = `learning rate ε ${times > 1 ? `× ${times}` : `÷ ${1 / times}`}`;
  return { ...unchanged(withRecipe(replay, rates), state), words };
}

/**
 * Set a rate, "epsilon", "alpha" or "decay", to one value in all sweeps.
 * @param {Replay} replay
 * @param {State} state
 * @param {"epsilon" | "alpha" | "decay"} name
 * @param {number | string} given  a number, or as a reader wrote it
 * @returns {Changed}
 */
export function withRate(replay, state, name, given) {
  const { words: bounds, holds } = BOUNDS[name], value = numberOf(given);
  if (!holds(value)) throw new Error(`${NAMES[name]} must be a number ${bounds}, was ${asGiven(given)}`);
  const rates = Object.fromEntries(RATES[name].map((one) => [one, value]));
  return { ...unchanged(withRecipe(replay, rates), state), words: `${NAMES[name]} = ${inWords(value)}` };
}

/**
 * Flip what is desired of an output in a case.
 * @param {Replay} replay
 * @param {State} state
 * @param {Uint8Array} trained  1 for each case that the seed is trained on
 * @param {number} c
 * @param {number} output  its place among the outputs
 * @returns {Changed}
 */
export function withFlipped(replay, state, trained, c, output) {
  const { cases, wiring: { units, outputs } } = replay, isOn = cases.desired[c][output] > 0.5;
  if (!trained[c]) {
    throw new Error(`the case must be one that the net is trained on, was ${cases.names[c]}, which is held out`);
  }
  const desired = cases.desired.map((row) => [...row]);
  desired[c][output] = Number(!isOn);
  const words = `${units[outputs[output]]} is to be ${isOn ? "off" : "on"} for ${cases.names[c]}`;
  return { ...unchanged({ ...replay, cases: { ...cases, desired } }, anew(state)), words };
}

/**
 * Set the weight of a connection.
 * @param {Replay} replay
 * @param {State} state
 * @param {number} k  the connection
 * @param {number | string} given  a number, or as a reader wrote it
 * @returns {Changed}
 */
export function withWeight(replay, state, k, given) {
  const { wiring: { parameter, source }, recipe } = replay, name = nameOfWeight(replay, k), w = state.w.slice();
  const isHeld = recipe.biases === "negative" && source[k] === 0, value = numberOf(given);
  if (!(Math.abs(value) <= LARGEST_WEIGHT)) {
    const bounds = `from −${LARGEST_WEIGHT} to ${LARGEST_WEIGHT}`;
    throw new Error(`weight ${name} must be a number ${bounds}, was ${asGiven(given)}`);
  }
  if (isHeld && value > 0) {
    throw new Error(`bias ${name} must be a number at or below 0 in this net, was ${asGiven(given)}`);
  }
  w[parameter[k]] = value;
  return { ...unchanged(replay, anew({ ...state, w })), words: `weight ${name} = ${inWords(value)}` };
}

/**
 * Start all weights with one value; biases that may not be above 0 with 0. Gains stay as they are.
 * @param {Replay} replay
 * @param {State} state  any: the run begins again
 * @param {number} value
 * @returns {Changed}
 */
export function withEqualWeights(replay, state, value) {
  const { wiring: { n_weights: n, source, parameter }, recipe } = replay, w = state.w.slice().fill(value, 0, n);
  if (recipe.biases === "negative") parameter.forEach((p, k) => source[k] === 0 && (w[p] = Math.min(value, 0)));
  const first = anew({ ...state, sweep: 0, w, delta: state.delta.slice().fill(0) });
  return { ...unchanged(replay, first), words: `all weights start at ${inWords(value)}` };
}

/**
 * Take a hidden unit away, with its connections; the other weights stay.
 * @param {Replay} replay
 * @param {State} state
 * @param {number} unit
 * @returns {Changed}
 */
export function withoutUnit(replay, state, unit) {
  return { ...withoutUnits(replay, state, [unit]), words: `without ${replay.wiring.units[unit]}` };
}

/**
 * Take all hidden units away; each input that does not reach each output gets a connection, whose weight is drawn.
 * @param {Replay} replay
 * @param {State} state
 * @param {number} seed  draws the weights of new connections
 * @returns {Changed}
 */
export function withoutHidden(replay, state, seed) {
  const bare = withoutUnits(replay, state, hiddenUnits(replay)), { wiring, recipe } = bare.replay;
  const added = [];
  for (const j of wiring.outputs) {
    for (let i = 1; i <= wiring.n_inputs; i++) {
      if (!wiring.target.some((to, k) => to === j && wiring.source[k] === i)) added.push({ i, j });
    }
  }
  const words = "without hidden units";
  if (!added.length) return { ...bare, words };
  const n = wiring.n_weights, before = replay.wiring.n_weights;
  const drawn = draws(seed, before + added.length).slice(before).map((one) => recipe.initial_range * one);
  const { source, target, parameter } = wiring;
  const connections = source.map((i, k) => ({ i, j: target[k], p: parameter[k] }));
  connections.push(...added.map(({ i, j }, m) => ({ i, j, p: n + m })));
  const whole = { ...wiring, ...listed(connections), n_weights: n + added.length };
  const w = grown(bare.state.w, drawn), delta = grown(bare.state.delta, drawn.map(() => 0));
  const start = bare.replay.start && [...bare.replay.start, ...added.map(() => 0)];
  return { replay: { ...bare.replay, wiring: whole, start }, state: { ...bare.state, w, delta }, words };
}

/**
 * Return the units that are neither inputs nor outputs.
 * @param {Replay} replay
 */
export function hiddenUnits({ wiring: { units, n_inputs: nInputs, outputs } }) {
  return [...units.keys()].filter((j) => j > nInputs && !outputs.includes(j));
}

/**
 * Return whether every weight belongs to one connection, and no layer has a gain: then a unit can be taken away.
 * @param {Replay} replay
 */
export function canLoseUnits({ wiring: { parameter, n_weights: n, has_gains: hasGains } }) {
  return parameter.length === n && !hasGains;
}

/**
 * Return whether each output still hears of an input when a unit is away.
 * @param {Replay} replay
 * @param {number} unit
 */
export function isReachedWithout({ wiring }, unit) {
  const { n_inputs: nInputs, units, source, target, outputs } = wiring;
  const hears = units.map((_, j) => j > 0 && j <= nInputs);
  source.forEach((i, k) => { // connections are in order of the unit that they lead to
    if (i !== unit && target[k] !== unit && hears[i]) hears[target[k]] = true;
  });
  return outputs.every((j) => hears[j]);
}

/**
 * Return a connection in words; of a shared weight the first, with an ellipsis.
 * @param {Replay} replay
 * @param {number} k
 */
export function nameOfWeight({ wiring: { units, source, target, parameter } }, k) {
  const isShared = parameter.indexOf(parameter[k]) !== parameter.lastIndexOf(parameter[k]);
  return `${units[source[k]]} → ${units[target[k]]}${isShared ? " …" : ""}`;
}

function withRecipe(replay, settings) {
  return { ...replay, recipe: { ...replay.recipe, ...settings } };
}

/** Return a state that has met no criterion yet: another net, or another task, has its own first time. */
function anew(state) {
  return { ...state, learnedAt: null, rightSideAt: null, end: null };
}

const inWords = (value) => String(value).replace("-", "−");

/** Return a number as a reader wrote it: a comma is a point, and a true minus sign is one; else NaN. */
function numberOf(given) {
  const text = String(given).trim().replace("−", "-").replace(",", ".");
  return text === "" ? NaN : Number(text);
}

const asGiven = (given) => (String(given).trim() === "" ? "empty" : String(given).trim());

/** Return an array of numbers of the same kind with more of them behind. */
function grown(numbers, more) {
  const found = new numbers.constructor(numbers.length + more.length);
  found.set(numbers);
  found.set(more, numbers.length);
  return found;
}

/** Take units away, their connections and their levels; each weight belongs to one connection. */
function withoutUnits(replay, state, gone) {
  const { wiring, start } = replay, stays = wiring.units.map((_, j) => !gone.includes(j));
  const place = []; // of each unit that stays, its new number
  stays.forEach((one, j) => (place[j] = (place[j - 1] ?? -1) + Number(one)));
  const kept = [...wiring.source.keys()].filter((k) => stays[wiring.source[k]] && stays[wiring.target[k]]);
  const weights = kept.map((k) => wiring.parameter[k]).sort((a, b) => a - b);
  const connections = kept.map((k) => (
    { i: place[wiring.source[k]], j: place[wiring.target[k]], p: weights.indexOf(wiring.parameter[k]) }
  ));
  const without = {
    ...wiring, units: wiring.units.filter((_, j) => stays[j]), outputs: wiring.outputs.map((j) => place[j]),
    levels: levelsWithout(wiring, stays, place), ...listed(connections), n_weights: weights.length,
  };
  const of = (numbers) => numbers.constructor.from(weights, (p) => numbers[p]);
  const changed = { ...replay, wiring: without, start: start && weights.map((p) => start[p]) };
  return unchanged(changed, anew({ ...state, w: of(state.w), delta: of(state.delta) }));
}

/** Return the first unit of each level in which one is left. */
function levelsWithout({ levels, units }, stays, place) {
  return levels.flatMap((first, n) => {
    const end = levels[n + 1] ?? units.length;
    for (let j = first; j < end; j++) if (stays[j]) return [place[j]];
    return [];
  });
}

/** Return the lists of a wiring, connections by the unit that they lead to, then by the unit that they come from. */
function listed(connections) {
  const sorted = [...connections].sort((a, b) => a.j - b.j || a.i - b.i);
  return { source: sorted.map(({ i }) => i), target: sorted.map(({ j }) => j), parameter: sorted.map(({ p }) => p) };
}
