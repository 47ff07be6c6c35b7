/**
 * The places of units in the picture of a small net: as a text draws the net, or else inputs below and outputs on top.
 */

/** @typedef {import("../../engine/replay.js").Wiring} Wiring */

/** @typedef {{x: number, y: number, side: "below" | "above" | "left" | "right"}} Place  side: where the name stands */

/**
 * @typedef {object} Places
 * @property {(Place | null)[]} of  each unit
 * @property {number} height
 * @property {number} radius  of a unit
 * @property {number[]} level  of each unit: 0 for inputs; a connection that skips a level bends
 * @property {boolean} isPrinted
 */

/** Pixels around the units, for their names. */
const AROUND = 40;
/** The most pixels for one step of a text's layout, for the height, and between two units or levels. */
const [STEP, HEIGHT, APART] = [110, 360, 84];
const [SMALLEST, LARGEST] = [5, 18];
/** Pixels of a letter of a name. */
const LETTER = 6.2;

/**
 * @param {Wiring} wiring
 * @param {Record<string, [number, number] | null> | undefined} printed  y upwards
 * @param {number} width
 * @returns {Places}
 */
export function placesOf(wiring, printed, width) {
  const isPrinted = wiring.units.every((name) => printed && name in printed), level = levelsOf(wiring);
  const points = isPrinted ? asPrinted(wiring, printed, width) : byLevels(wiring, level, width);
  const there = points.filter(Boolean), radius = radiusOf(there);
  const most = Math.max(...there.map(({ y }) => y));
  const of = points.map((point, unit) => point && {
    x: width / 2 + point.x, y: AROUND + most - point.y, side: sideOf(unit, wiring, points, radius),
  });
  return { of, height: 2 * AROUND + most - Math.min(...there.map(({ y }) => y)), radius, level, isPrinted };
}

/** Return the level of each unit: 0 for inputs and for the unit that is always 1. */
export function levelsOf({ units, levels }) {
  return units.map((_, unit) => levels.filter((first) => first <= unit).length);
}

/**
 * Return the hidden units.
 * @param {Wiring} wiring
 */
export function hiddenOf({ units, n_inputs: nInputs, outputs }) {
  return [...units.keys()].filter((unit) => unit > nInputs && !outputs.includes(unit));
}

function asPrinted({ units }, printed, width) {
  const there = Object.values(printed).filter(Boolean);
  const [left, low] = [0, 1].map((k) => Math.min(...there.map((place) => place[k])));
  const [right, high] = [0, 1].map((k) => Math.max(...there.map((place) => place[k])));
  const step = Math.min(STEP, (width - 2 * AROUND) / (right - left || 1), HEIGHT / (high - low || 1));
  return units.map((name) => printed[name] && {
    x: step * (printed[name][0] - (left + right) / 2), y: step * printed[name][1],
  });
}

function byLevels({ units }, level, width) {
  const nLevels = Math.max(...level), up = Math.min(APART, Math.max(44, HEIGHT / nLevels));
  const rows = [...Array(nLevels + 1).keys()].map((row) => [...units.keys()].filter((j) => j > 0 && level[j] === row));
  return units.map((_, unit) => {
    if (unit === 0) return null;
    const row = rows[level[unit]], apart = Math.min(APART, (width - AROUND) / row.length);
    return { x: (row.indexOf(unit) - (row.length - 1) / 2) * apart, y: up * level[unit] };
  });
}

/** Return a radius with which no two units touch, and a line has room between them. */
function radiusOf(points) {
  let least = Infinity;
  points.forEach((one, k) => points.slice(k + 1).forEach((other) => {
    least = Math.min(least, Math.hypot(one.x - other.x, one.y - other.y));
  }));
  return Math.min(LARGEST, Math.max(SMALLEST, 0.32 * least));
}

/** Return the side on which a unit's name has room. */
function sideOf(unit, { units, n_inputs: nInputs, outputs }, points, radius) {
  if (unit <= nInputs) return "below";
  if (outputs.includes(unit) && !points.some((one) => one?.y > points[unit].y)) return "above";
  const { x, y } = points[unit], way = x < -1 ? -1 : 1, across = 2 * radius + LETTER * units[unit].length + 24;
  const isNear = (one) => one && Math.abs(one.y - y) < radius && (one.x - x) * way > 0 && (one.x - x) * way < across;
  if (points.some(isNear)) return "below";
  return way < 0 ? "left" : "right";
}
