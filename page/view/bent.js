/**
 * The hidden space: where the cases stand for the output unit, and the edge of the input plane as the hidden units bend it.
 *
 * Two hidden units are the two axes. With one hidden unit and direct connections, its axis goes upwards, and to the
 * right goes all that the inputs give the output directly. In both, the output is at one half on a straight line.
 */

import { html, svg } from "./elements.js";
import { hiddenOf, point } from "./plane.js";
import { scaleOf } from "./scale.js";
import { statesAt } from "./states.js";

const [SIDE, AROUND] = [240, 30];
/** The edge of the plane and two lines across it, of so many pieces each. */
const PIECES = 24;
const LINES = [[0, 0, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 0, 0], [0.5, 0, 0.5, 1], [0, 0.5, 1, 0.5]];
const steps = [...Array(PIECES + 1).keys()].map((k) => k / PIECES);
const EDGE = [0, 1].map((axis) => LINES.flatMap((ends) => steps.map((t) => ends[axis] + t * (ends[axis + 2] - ends[axis]))));

/**
 * Return the picture and a function that draws a scene into it; null for nets that have no such space.
 * @param {import("./main.js").Scene["replay"]} replay
 * @param {any} ask
 */
export function bent({ wiring, cases }, ask) {
  const axes = axesOf(wiring);
  if (!axes) return null;
  const half = svg("path", { class: "half output-half" }), grid = svg("path", { class: "bent-grid" }), title = svg("title", {});
  const names = [svg("text", { class: "title", x: AROUND + SIDE / 2, y: SIDE + 2 * AROUND - 2, "text-anchor": "middle" }),
    svg("text", { class: "title", x: 4, y: AROUND - 12 }, `${axes.up.name}, from 0 to 1`)];
  const points = cases.names.map((name, c) => point(name, 0, 0, () => ask.case(c))), size = SIDE + 2 * AROUND;
  const clip = svg("clipPath", { id: "hidden-space" }, svg("rect", { x: AROUND, y: AROUND, width: SIDE, height: SIDE }));
  const whole = svg("svg", { viewBox: `0 0 ${size} ${size}`, width: size, height: size, role: "group", "aria-label": "The hidden space" },
    clip, svg("rect", { class: "border", x: AROUND, y: AROUND, width: SIDE, height: SIDE }), title,
    svg("g", { "clip-path": "url(#hidden-space)" }, grid, half), ...names, ...points.map(({ group }) => group));
  return { whole: html("div", { class: "plane" }, whole), draw: (scene) => {
    const { w } = scene.now.state, across = axes.across(w), [least, most] = across.range;
    const x = (value) => AROUND + (SIDE * (value - least)) / (most - least), y = (value) => AROUND + SIDE * (1 - value);
    names[0].textContent = across.name;
    const drawn = (states, p) => [x(across.of(states, p)), y(axes.up.of(states, p))];
    const edge = statesAt(wiring, w, EDGE), at = statesAt(wiring, w, [0, 1].map((i) => cases.inputs.map((one) => one[i])));
    grid.setAttribute("d", EDGE[0].map((_, p) => `${p % (PIECES + 1) ? "L" : "M"}${drawn(edge, p).map((one) => one.toFixed(1)).join()}`).join(""));
    half.setAttribute("d", lineOf(axes.line(w), x, y, [least, most]));
    points.forEach((one, c) => {
      one.group.setAttribute("transform", `translate(${drawn(at, c).map((value) => value.toFixed(1)).join(" ")})`);
      one.fill(scene, c, 0);
    });
  } };
}

/** Return the two axes, and the line on which the output is at one half: [a, b, c] of a across + b up + c = 0. */
function axesOf(wiring) {
  const { source, target, parameter, units, outputs } = wiring, hidden = hiddenOf(wiring), [output] = outputs;
  const weight = (w, from) => {
    const k = source.findIndex((one, n) => one === from && target[n] === output);
    return k < 0 ? 0 : w[parameter[k]];
  };
  const isDirect = source.some((from, k) => from > 0 && from <= wiring.n_inputs && target[k] === output);
  const axis = (unit) => ({ name: units[unit], of: ({ y, n }, p) => y[unit * n + p] });
  if (outputs.length > 1 || wiring.has_gains) return null;
  if (hidden.length === 2 && wiring.levels.length === 2 && !isDirect) {
    const [first, second] = hidden, across = { ...axis(first), name: `${units[first]}, from 0 to 1`, range: [0, 1] };
    return { up: axis(second), across: () => across, line: (w) => [weight(w, first), weight(w, second), weight(w, 0)] };
  }
  if (hidden.length !== 1 || !isDirect) return null;
  const across = (w) => {
    const [d1, d2] = [weight(w, 1), weight(w, 2)], most = scaleOf([d1, d2, d1 + d2]);
    const name = `directly from the inputs, from −${most} to ${most}`;
    return { name, range: [-most, most], of: ({ y, n }, p) => d1 * y[n + p] + d2 * y[2 * n + p] };
  };
  return { up: axis(hidden[0]), across, line: (w) => [1, weight(w, hidden[0]), weight(w, 0)] };
}

/** Return the line a across + b up + c = 0, long enough for the frame. */
function lineOf([a, b, c], x, y, [least, most]) {
  if (Math.abs(b) >= Math.abs(a) * (most - least) && b !== 0) {
    return `M${x(least)},${y(-(c + a * least) / b)}L${x(most)},${y(-(c + a * most) / b)}`;
  }
  return a === 0 ? "" : `M${x(-c / a)},${y(0)}L${x(-(c + b) / a)},${y(1)}`;
}
