/**
 * A large net as Hinton diagrams: a panel for each group of units that are fed by the same units.
 *
 * A panel has a row for each unit and a column for each unit that feeds it, the bias first; a high panel is turned, so
 * that it has a column for each unit. Beside the weights stand the outputs of the units for the chosen case, as discs.
 */

import { html, svg } from "../elements.js";
import { hinton, room } from "./hinton.js";
import { levelsOf } from "./places.js";
import { discRadius } from "./scale.js";

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
 * @param {import("../main.js").Scene["replay"]} replay
 * @param {number} width
 * @param {any} ask
 */
export function panels({ wiring }, width, ask) {
  const groups = groupsOf(wiring), every = groups.map((group) => panelOf(group, wiring, width, ask));
  const again = wiring.levels.length - new Set(groups.map(({ level }) => level)).size;
  const words = `${again} further level${again > 1 ? "s" : ""} with the same weights again: they are shared.`;
  const note = again ? [html("p", { class: "line" }, words)] : [];
  const whole = html("div", {}, html("div", { class: "panels" }, ...every.map(({ figure }) => figure)), ...note);
  return { whole, draw: (scene) => every.forEach((one) => one.draw(scene)) };
}

/**
 * Return the groups of every level; a weight that an earlier level has as well is left out.
 * @param {import("../../engine/replay.js").Wiring} wiring
 * @returns {Group[]}
 */
export function groupsOf({ units, source, target, parameter, levels, outputs, n_inputs: nInputs }) {
  const level = levelsOf({ units, levels }), first = new Map(), into = units.map(() => []);
  source.forEach((_, k) => first.set(parameter[k], first.get(parameter[k]) ?? level[target[k]]));
  source.forEach((_, k) => first.get(parameter[k]) === level[target[k]] && into[target[k]].push(k));
  return levels.flatMap((start, number) => {
    const here = [...units.keys()].slice(start, levels[number + 1]).filter((unit) => into[unit].length);
    const alike = new Map();
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
  const { units } = wiring, { whole, draw, frame, discs, unitAt, words } = drawingOf(group, wiring, width);
  whole.addEventListener("click", (event) => {
    const { left, top } = whole.getBoundingClientRect(), unit = unitAt(event.clientX - left, event.clientY - top);
    if (unit !== undefined) ask.unit(unit);
  });
  const line = html("figcaption", {}), figure = html("figure", {}, line, whole);
  return { figure, draw: ({ now, c, unit }) => {
    const told = `${words}: a full square is ${draw(now.state.w)}`;
    if (line.textContent !== told) line.textContent = told;
    discs.forEach((fill, k) => fill(now.y[c * units.length + group.units[k]]));
    frame(group.units.indexOf(unit));
  } };
}

/** Return a group's diagram, with a disc for the output of each unit, and a frame for the chosen unit. */
function drawingOf(group, wiring, width) {
  const { units, source, target, parameter } = wiring;
  const isTurned = group.units.length > Math.max(HIGH, 2 * group.sources.length);
  const named = (numbers) => numbers.map((unit) => ({ name: unit ? units[unit] : "bias" }));
  const [rows, columns] = (isTurned ? [group.sources, group.units] : [group.units, group.sources]).map(named);
  const cells = group.connections.map((k) => {
    const [to, from] = [group.units.indexOf(target[k]), group.sources.indexOf(source[k])];
    return { row: isTurned ? from : to, column: isTurned ? to : from, parameter: parameter[k] };
  });
  const { side, names } = sizeOf(rows, columns, width), gap = group.sources[0] === 0 && !isTurned ? 1 : 0;
  const beyond = { right: isTurned ? 0 : side + 4, foot: isTurned ? side + 4 : 0 };
  const title = `${span(group.sources.filter(Boolean), units)} → ${span(group.units, units)}`;
  const made = hinton({ cells, rows, columns, side, names, gap, ...beyond }, `Weights ${title}`);
  const { whole, x, y } = made;
  const [right, foot] = [x(columns.length), y(rows.length)], middle = side / 2;
  const discs = group.units.map((_, k) => svg("circle", {
    class: "output",
    cx: middle + (isTurned ? x(k) : right + 4),
    cy: middle + (isTurned ? foot + 4 : y(k)),
  }));
  const frame = svg("rect", { class: "chosen-frame" });
  whole.append(...discs, frame);
  whole.classList.add("choosable");
  return {
    whole, draw: made.draw, words: names === "none" ? `${title} (in ${isTurned ? "columns" : "rows"})` : title,
    unitAt: (left, top) => group.units[Math.floor((isTurned ? left - x(0) : top - y(0)) / side)],
    discs: discs.map((disc) => (output) => disc.setAttribute("r", discRadius(output, middle - 0.5))),
    frame: (k) => {
      const place = isTurned ? { x: x(k), y: y(0), width: side, height: foot - y(0) }
        : { x: x(0), y: y(k), width: right - x(0), height: side };
      Object.entries(place).forEach(([name, value]) => frame.setAttribute(name, value));
      frame.setAttribute("visibility", k < 0 ? "hidden" : "visible");
    },
  };
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
