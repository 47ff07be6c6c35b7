/**
 * The hidden space: the cases as the output unit gets them, and the plane of the inputs as the hidden units bend it.
 *
 * Two hidden units are the two axes. With one hidden unit and direct connections, its axis goes upwards, and to the
 * right goes all that the inputs give the output directly. In both, the output is at one half on a straight line.
 */

import { casePoint } from "./case_point.js";
import { html, svg } from "../elements.js";
import { hiddenOf } from "../net/places.js";
import { scaleOf } from "../net/scale.js";
import { statesAt } from "./states.js";

const [SIDE, AROUND] = [240, 30];
/** The edge of the plane and two lines across it, from one point to another, of so many pieces each. */
const PIECES = 24;
const LINES = [[0, 0, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 0, 0], [0.5, 0, 0.5, 1], [0, 0.5, 1, 0.5]];
const steps = [...Array(PIECES + 1).keys()].map((k) => k / PIECES);
const GRID = [0, 1].map((axis) => (
  LINES.flatMap((ends) => steps.map((t) => ends[axis] + t * (ends[axis + 2] - ends[axis])))));

/**
 * @typedef {object} Axis
 * @property {string} name
 * @property {[number, number]} range
 * @property {(states: {n: number, y: Float64Array}, p: number) => number} of  its number at a point
 */

/**
 * Return the picture and a function that draws a scene into it; null for nets that have no such space.
 * @param {import("../main.js").Scene["replay"]} replay
 * @param {any} ask
 */
export function bent({ wiring, cases }, ask) {
  const axes = axesOf(wiring);
  if (!axes) return null;
  const half = svg("path", { class: "half output-half" }), grid = svg("path", { class: "bent-grid" });
  const size = SIDE + 2 * AROUND, frame = { x: AROUND, y: AROUND, width: SIDE, height: SIDE };
  const right = svg("text", { class: "title", x: size / 2, y: size - 2, "text-anchor": "middle" });
  const up = svg("text", { class: "title", x: 4, y: AROUND - 14 });
  const points = cases.names.map((name, c) => casePoint(name, c, ask));
  const about = { viewBox: `0 0 ${size} ${size}`, width: size, height: size, role: "group" };
  const whole = svg("svg", { ...about, "aria-label": "The cases in the hidden space" },
    svg("clipPath", { id: "hidden-space" }, svg("rect", frame)), svg("rect", { class: "border", ...frame }),
    svg("g", { "clip-path": "url(#hidden-space)" }, grid, half), right, up, ...points.map(({ group }) => group));
  const ofCases = [0, 1].map((i) => cases.inputs.map((one) => one[i]));
  const draw = (scene) => {
    const { w } = scene.now.state, { across, above, line } = axes(w), [least, most] = across.range;
    const x = (value) => AROUND + (SIDE * (value - least)) / (most - least), y = (value) => AROUND + SIDE * (1 - value);
    const place = (states, p) => [x(across.of(states, p)), y(above.of(states, p))];
    const onGrid = statesAt(wiring, w, GRID), onCases = statesAt(wiring, w, ofCases);
    const pieces = GRID[0].map((_, p) => place(onGrid, p).map((one) => one.toFixed(1)).join());
    grid.setAttribute("d", pieces.map((one, p) => `${p % (PIECES + 1) ? "L" : "M"}${one}`).join(""));
    half.setAttribute("d", lineOf(line, x, y, across.range));
    [[right, across], [up, above]].forEach(([text, axis]) => (text.textContent = axis.name));
    points.forEach((one, c) => {
      one.move(...place(onCases, c));
      one.draw(scene, 0);
    });
  };
  return { whole: html("div", { class: "plane" }, whole), draw };
}

/**
 * Return a function of the weights: two axes, and the line a across + b above + c = 0 on which the output is one half.
 * @returns {((w: ArrayLike<number>) => {across: Axis, above: Axis, line: [number, number, number]}) | null}
 */
function axesOf(wiring) {
  const { source, target, parameter, units, outputs, n_inputs: nInputs } = wiring, hidden = hiddenOf(wiring);
  const into = new Map();
  source.forEach((from, k) => target[k] === outputs[0] && into.set(from, parameter[k]));
  const weight = (w, from) => (into.has(from) ? w[into.get(from)] : 0);
  const axis = (unit) => ({ name: `${units[unit]}, from 0 to 1`, range: [0, 1], of: ({ y, n }, p) => y[unit * n + p] });
  const isDirect = [...into.keys()].some((from) => from > 0 && from <= nInputs);
  if (outputs.length > 1 || wiring.has_gains) return null;
  if (hidden.length === 2 && wiring.levels.length === 2 && !isDirect) {
    const [across, above] = hidden.map(axis);
    return (w) => ({ across, above, line: [...hidden, 0].map((from) => weight(w, from)) });
  }
  if (hidden.length !== 1 || !isDirect) return null;
  return (w) => {
    const [d1, d2] = [weight(w, 1), weight(w, 2)], most = scaleOf([d1, d2, d1 + d2]);
    const name = `directly from the inputs, from −${most} to ${most}`;
    const across = { name, range: [-most, most], of: ({ y, n }, p) => d1 * y[n + p] + d2 * y[2 * n + p] };
    return { across, above: axis(hidden[0]), line: [1, weight(w, hidden[0]), weight(w, 0)] };
  };
}

/** Return the line a across + b above + c = 0, from one side of the frame to the other. */
function lineOf([a, b, c], x, y, [least, most]) {
  if (b !== 0 && Math.abs(b) >= Math.abs(a) * (most - least)) {
    return `M${x(least)},${y(-(c + a * least) / b)}L${x(most)},${y(-(c + a * most) / b)}`;
  }
  return a === 0 ? "" : `M${x(-c / a)},${y(0)}L${x(-(c + b) / a)},${y(1)}`;
}
