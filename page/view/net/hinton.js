/**
 * Hinton diagrams: a square for each weight, white excites, black inhibits, the area is the size of the weight.
 */

import { picture, svg } from "../elements.js";
import { scaleOf } from "./scale.js";

/** The share of a cell's side that the largest square takes. */
const SHARE = 0.92;

/**
 * @typedef {object} Cell
 * @property {number} row
 * @property {number} column
 * @property {number} parameter  the number of its value
 */

/**
 * Make a diagram once; return it, and a function that draws values into it and returns the scale.
 * @param {object} about
 * @param {Cell[]} about.cells
 * @param {{name: string}[]} about.rows
 * @param {{name: string}[]} about.columns
 * @param {number} about.side  of a cell, in pixels
 * @param {number} [about.gap]  the column before which there is a gap
 * @param {"around" | "above" | "none"} about.names  of rows and columns, or of columns alone
 * @param {string[]} [about.below]  names below the last row
 * @param {number} [about.right]  pixels that are left free on the right
 * @param {number} [about.foot]  and below
 * @param {string} words  for people who do not see it
 */
export function hinton({ cells, rows, columns, side, gap = 0, names, below = [], right = 0, foot = 0 }, words) {
  const left = names === "around" ? room(rows.map(({ name }) => name), 6) : 0;
  const top = names === "none" ? 0 : 0.9 * room(columns.map(({ name }) => name), 5.6);
  const under = below.length ? 0.9 * room(below, 5.6) : 0, apart = gap ? side / 2 : 0;
  const x = (column) => left + column * side + (column >= gap ? apart : 0), y = (row) => top + row * side;
  const path = (name) => svg("path", { class: name });
  const [ground, white, black] = ["ground", "excites", "inhibits"].map(path);
  ground.setAttribute("d", cells.map(({ row, column }) => square(x(column), y(row), side)).join(""));
  const tilted = (name, column, at, anchor) => svg("text", {
    class: "name", "text-anchor": anchor, transform: `translate(${x(column) + side / 2 + 3} ${at}) rotate(-60)`,
  }, name);
  const labels = names !== "around" ? [] : rows.map(({ name }, row) => (
    svg("text", { class: "name", x: left - 3, y: y(row) + side / 2 + 3.5, "text-anchor": "end" }, name)));
  const heads = names === "none" ? [] : columns.map(({ name }, column) => tilted(name, column, top - 3, "start"));
  const feet = below.map((name, column) => tilted(name, column, y(rows.length) + 10, "end"));
  const [width, height] = [x(columns.length) + Math.max(right, 0.5 * top) + 1, y(rows.length) + under + foot + 1];
  const whole = picture(width, height, words, ground, white, black, ...labels, ...heads, ...feet);
  whole.classList.add("hinton");
  const draw = (values, scale = scaleOf(cells.map(({ parameter }) => values[parameter]))) => {
    const d = ["", ""];
    for (const { row, column, parameter } of cells) {
      const value = values[parameter], size = SHARE * side * Math.sqrt(Math.min(1, Math.abs(value) / scale));
      if (!(size > 0)) continue;
      d[value > 0 ? 0 : 1] += square(x(column) + (side - size) / 2, y(row) + (side - size) / 2, size);
    }
    [white, black].forEach((one, k) => one.setAttribute("d", d[k]));
    return scale;
  };
  return { whole, draw, x, y };
}

function square(x, y, side) {
  const size = side.toFixed(2);
  return `M${x.toFixed(2)},${y.toFixed(2)}h${size}v${size}h-${size}z`;
}

/**
 * Return the pixels that the longest name takes, at so many for a letter.
 * @param {string[]} names
 * @param {number} letter
 */
export function room(names, letter) {
  return 8 + letter * Math.max(...names.map(({ length }) => length));
}
