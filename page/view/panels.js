/**
 * A large net as Hinton diagrams: a panel for each group of units that are fed by the same units.
 *
 * A panel has a row for each unit and a column for each unit that feeds it, the bias first; a high panel is turned, so
 * that it has a column for each unit. Beside the weights stand the outputs of the units for the chosen case, as discs.
 */

import { html, svg } from "./elements.js";
import { hinton, room } from "./hinton.js";
import { levelsOf } from "./places.js";

/** The most groups that a level is divided into; a level of more kinds of units is one group. */
const GROUPS = 3;
/** Pixels of a cell: at the most, and with names at the least. */
const [LARGEST, NAMED] = [16, 9];
/** The rows from which on a high panel is turned. */
const HIGH = 12;

/**
 * @typedef {object} Group  units of one level, and their connections
 * @property {number} level
 * @property {number[]} units
 * @property {number[]} sources
 * @property {number[]} connections
 */

/**
 * Make the panels once; return them, and a function that draws a scene into them.
 * @param {import("./main.js").Scene["replay"]} replay
 * @param {number} width
 * @param {any} ask
 */
export function panels({ wiring }, width, ask) {
  const groups = groupsOf(wiring), every = groups.map((group) => panelOf(group, wiring, width, ask));
  const again = wiring.levels.length - new Set(groups.map(({ level }) => level)).size;
  const words = again === 1 ? "A further level has weights of these: they are shared." : `${again} further levels have weights of these: they are shared.`;
  const note = again ? [html("p", { class: "line" }, words)] : [];
  const whole = html("div", {}, html("div", { class: "panels" }, ...every.map(({ figure }) => figure)), ...note);
  return { whole, draw: (scene) => every.forEach((one) => one.draw(scene)) };
}

/**
 * Return the groups of every level; a weight that an earlier level has as well is left out.
 * @param {import("../engine/replay.js").Wiring} wiring
 * @returns {Group[]}
 */
export function groupsOf({ units, source, target, parameter, levels, outputs, n_inputs: nInputs }) {
  const level = levelsOf({ units, levels }), first = new Map(), into = units.map(() => []);
  source.forEach((_, k) => first.set(parameter[k], first.get(parameter[k]) ?? level[target[k]]));
  source.forEach((_, k) => first.get(parameter[k]) === level[target[k]] && into[target[k]].push(k));
  return levels.flatMap((start, number) => {
    const here = [...units.keys()].slice(start, levels[number + 1]).filter((unit) => into[unit].length), alike = new Map();
    for (const unit of here) {
      const key = into[unit].map((k) => source[k]).join();
      alike.set(key, [...(alike.get(key) ?? []), unit]);
    }
    const every = alike.size > GROUPS ? [here] : [...alike.values()];
    return every.map((members) => {
      const connections = members.flatMap((unit) => into[unit]);
      const sources = [...new Set(connections.map((k) => source[k]))].sort((a, b) => a - b);
      return { level: number + 1, units: members, sources, connections };
    });
  });
}

function panelOf(group, wiring, width, ask) {
  const { units, source, target, parameter } = wiring, isTurned = group.units.length > Math.max(HIGH, 2 * group.sources.length);
  const named = (numbers) => numbers.map((unit) => ({ name: unit ? units[unit] : "bias", unit }));
  const [rows, columns] = isTurned ? [group.sources, group.units].map(named) : [group.units, group.sources].map(named);
  const cells = group.connections.map((k) => {
    const [to, from] = [group.units.indexOf(target[k]), group.sources.indexOf(source[k])];
    return { row: isTurned ? from : to, column: isTurned ? to : from, parameter: parameter[k] };
  });
  const hasBias = group.sources[0] === 0, { side, names } = sizeOf(rows, columns, width);
  const beyond = { right: isTurned ? 0 : side + 4, foot: isTurned ? side + 4 : 0 };
  const title = `${span(group.sources.filter(Boolean), units)} → ${span(group.units, units)}`;
  const { whole, draw, x, y } = hinton({ cells, rows, columns, side, names, gap: hasBias && !isTurned ? 1 : 0, ...beyond }, `Weights ${title}`);
  const outputs = group.units.map((_, k) => (
    isTurned ? svg("circle", { class: "output", cx: x(k) + side / 2, cy: y(rows.length) + side / 2 + 4 })
      : svg("circle", { class: "output", cx: x(columns.length) + side / 2 + 4, cy: y(k) + side / 2 })));
  const frame = svg("rect", { class: "chosen-frame" });
  whole.append(...outputs, frame);
  whole.classList.add("choosable");
  whole.addEventListener("click", (event) => {
    const { left, top } = whole.getBoundingClientRect(), far = isTurned ? event.clientX - left - x(0) : event.clientY - top - y(0);
    const unit = group.units[Math.floor(far / side)];
    if (unit !== undefined) ask.unit(unit);
  });
  const line = html("figcaption", {}), figure = html("figure", {}, line, whole);
  return { figure, draw: (scene) => {
    const scale = draw(scene.now.state.w), n = units.length;
    const words = `${title}${names === "none" ? (isTurned ? " (in columns)" : " (in rows)") : ""}: a full square is ${scale}`;
    if (line.textContent !== words) line.textContent = words;
    outputs.forEach((disc, k) => disc.setAttribute("r", (side / 2 - 0.5) * Math.sqrt(Math.min(1, Math.max(0, scene.now.y[scene.c * n + group.units[k]] || 0)))));
    mark(frame, group.units.indexOf(scene.unit), isTurned, { x, y, side, rows, columns });
  } };
}

/** Return the side of a cell, with names if there is room for them. */
function sizeOf(rows, columns, width) {
  const of = (every) => room(every.map(({ name }) => name), 6), n = columns.length + 2;
  const named = (width - of(rows) - 0.5 * of(columns)) / n;
  if (named >= NAMED) return { side: Math.min(LARGEST, named), names: "around" };
  return { side: Math.min(LARGEST, width / n), names: "none" };
}

function span(numbers, units) {
  const [first, last] = [units[numbers[0]], units[numbers.at(-1)]];
  return numbers.length > 1 ? `${first} … ${last}` : first;
}

/** Frame the chosen unit's row, or its column if the panel is turned. */
function mark(frame, place, isTurned, { x, y, side, rows, columns }) {
  frame.setAttribute("visibility", place < 0 ? "hidden" : "visible");
  if (place < 0) return;
  const [left, top] = isTurned ? [x(place), y(0)] : [x(0), y(place)];
  const [width, height] = isTurned ? [side, side * rows.length] : [x(columns.length) - x(0), side];
  Object.entries({ x: left, y: top, width, height }).forEach(([name, value]) => frame.setAttribute(name, value));
}
