/**
 * The plane of the inputs, for nets with two of them: the output over the plane, and the way the hidden units bend it.
 */

import { bent } from "./bent.js";
import { fixed, html, onDemand, svg, table } from "./elements.js";
import { statesAt } from "./states.js";

/** The points of the plane in each direction: the first and the last are at 0 and 1. */
const FINE = 60;
/** Pixels of the plane, and around it. */
const [SIDE, AROUND] = [240, 30];
const points = [...Array(FINE * FINE).keys()];
const PLANE = [points.map((p) => (p % FINE) / (FINE - 1)), points.map((p) => 1 - Math.floor(p / FINE) / (FINE - 1))];

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function planePart(root, ask) {
  const line = html("p", { class: "line plane-line" }), place = html("div", { class: "row planes" }), key = html("p", { class: "key-line" }, KEY);
  let known = null, drawn = [], scene;
  root.append(line, place, key, onDemand("The plane as a table", () => inNumbers(scene)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => scene && !root.hidden && drawn.forEach((one) => one(scene)));
  return (now) => {
    scene = now;
    const { replay } = now, isNew = known !== replay;
    known = replay;
    root.hidden = replay.wiring.n_inputs !== 2;
    if (root.hidden) return;
    if (isNew) {
      const [plane, other] = [planeOf(replay, ask), bent(replay, ask)];
      place.replaceChildren(plane.whole, ...(other ? [other.whole] : []));
      drawn = [plane.draw, ...(other ? [other.draw] : [])];
    }
    const unit = shownUnit(now);
    line.textContent = `The colour is the output of ${replay.wiring.units[unit]}; on the thick line it is at one half, on a thin line a hidden unit is.`;
    drawn.forEach((one) => one(now));
  };
}

const KEY = "Full colour: output 1; none: output 0. A filled point should be on, an open point off. Choose a unit to see its own plane.";

/** Return the unit whose output is shown: the chosen unit, or else the first output. */
export function shownUnit({ replay: { wiring }, unit }) {
  return unit !== null && unit > wiring.n_inputs ? unit : wiring.outputs[0];
}

function planeOf({ wiring, cases }, ask) {
  const canvas = html("canvas", { width: FINE, height: FINE }), hidden = hiddenOf(wiring);
  const cell = SIDE / FINE, at = (value) => AROUND + (0.5 + (FINE - 1) * value) * cell;
  const halves = [...hidden, null].map((unit) => svg("path", { class: unit ? "half" : "half output-half" }));
  const cornersOf = cases.names.map((name, c) => point(name, at(cases.inputs[c][0]), at(1 - cases.inputs[c][1]), () => ask.case(c)));
  const size = SIDE + 2 * AROUND;
  const over = svg("svg", { viewBox: `0 0 ${size} ${size}`, width: size, height: size, role: "group", "aria-label": "The cases in the plane" },
    svg("rect", { class: "border", x: AROUND, y: AROUND, width: SIDE, height: SIDE }), ...halves,
    svg("text", { class: "title", x: size / 2, y: size - 2, "text-anchor": "middle" }, wiring.units[1]),
    svg("text", { class: "title", x: 4, y: size / 2 }, wiring.units[2]), ...cornersOf.map(({ group }) => group));
  const whole = html("div", { class: "plane" }, canvas, over);
  canvas.setAttribute("role", "img");
  return { whole, draw: (scene) => {
    const unit = shownUnit(scene), states = statesAt(wiring, scene.now.state.w, PLANE);
    canvas.setAttribute("aria-label", `Output of ${wiring.units[unit]} over the plane of the two inputs`);
    colour(canvas, states.y.subarray(unit * states.n, (unit + 1) * states.n));
    halves.forEach((path, k) => path.setAttribute("d", halfOf(states.x, (hidden[k] ?? unit) * states.n, at)));
    cornersOf.forEach((one, c) => one.fill(scene, c, wiring.outputs.indexOf(unit)));
  } };
}

/** Return the hidden units. */
export function hiddenOf({ units, n_inputs: nInputs, outputs }) {
  return [...units.keys()].filter((unit) => unit > nInputs && !outputs.includes(unit));
}

/**
 * Return a point for a case: filled if its output should be on; a click or Enter chooses the case.
 * @param {string} name
 * @param {number} x
 * @param {number} y
 * @param {() => void} choose
 */
export function point(name, x, y, choose) {
  const disc = svg("circle", { class: "case-point", cx: 0, cy: 0, r: 7 });
  const group = svg("g", { class: "choosable case-choice", role: "button", tabindex: 0, transform: `translate(${x} ${y})`, onclick: choose },
    disc, svg("text", { x: 0, y: -11, "text-anchor": "middle" }, name));
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") event.preventDefault(), choose();
  });
  return { group, fill: ({ replay: { cases, wiring }, now, c: chosen }, c, output) => {
    const isOn = Boolean(cases.desired[c][Math.max(0, output)]), y = now.y[c * wiring.units.length + wiring.outputs[Math.max(0, output)]];
    disc.classList.toggle("on", isOn);
    group.setAttribute("aria-pressed", String(c === chosen));
    group.setAttribute("aria-label", `case ${name}, should be ${isOn ? "on" : "off"}, output ${fixed(y)}`);
  } };
}

/** Colour each point of a canvas between the ground, for 0, and blue, for 1. */
function colour(canvas, y) {
  const [none, full] = ["--ground", "--blue"].map((name) => rgb(getComputedStyle(canvas).getPropertyValue(name)));
  const context = canvas.getContext("2d"), image = context.createImageData(FINE, FINE);
  for (let p = 0; p < y.length; p++) {
    for (let k = 0; k < 3; k++) image.data[4 * p + k] = Math.round(none[k] + y[p] * (full[k] - none[k]));
    image.data[4 * p + 3] = Number.isFinite(y[p]) ? 255 : 0;
  }
  context.putImageData(image, 0, 0);
}

/** Return red, green and blue of #rgb or #rrggbb. */
function rgb(text) {
  const digits = text.trim().slice(1), long = digits.length === 3 ? [...digits].map((one) => one + one).join("") : digits;
  return [0, 2, 4].map((k) => parseInt(long.slice(k, k + 2), 16));
}

/**
 * Return the curve on which a unit's x is 0, its output one half: a piece in each square that it crosses, with its ends
 * where x would be 0 if it changed evenly between two corners.
 */
function halfOf(x, from, at) {
  const ends = [[0, 1], [1, 1 + FINE], [FINE, 1 + FINE], [0, FINE]], found = [];
  for (let p = 0; p < FINE * (FINE - 1); p++) {
    if (p % FINE === FINE - 1) continue;
    const crossed = [];
    for (const [one, other] of ends) {
      const [a, b] = [x[from + p + one], x[from + p + other]];
      if (a < 0 === b < 0) continue;
      const share = a / (a - b), between = (axis) => axis[p + one] + share * (axis[p + other] - axis[p + one]);
      crossed.push(`${at(between(PLANE[0])).toFixed(1)},${at(1 - between(PLANE[1])).toFixed(1)}`);
    }
    if (crossed.length >= 2) found.push(`M${crossed[0]}L${crossed[1]}`);
  }
  return found.join("");
}

/** Return the outputs at the corners, and of the hidden units. */
function inNumbers({ replay: { wiring, cases }, now, sweep }) {
  const computed = [...wiring.units.keys()].slice(1 + wiring.n_inputs);
  const rows = cases.names.map((name, c) => [
    name, cases.desired[c].map((one) => (one ? "on" : "off")).join(" "), ...computed.map((unit) => fixed(now.y[c * wiring.units.length + unit], 3)),
  ]);
  return table(`The output of each unit at the four points, after sweep ${sweep}`, ["case", "desired", ...computed.map((unit) => wiring.units[unit])], rows);
}
