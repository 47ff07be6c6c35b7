/**
 * The plane of the inputs, for nets with two of them: the output over the plane, and the way the hidden units bend it.
 */

import { bent } from "./bent.js";
import { casePoint } from "./case_point.js";
import { fixed, html, onDemand, svg, table } from "../elements.js";
import { hiddenOf } from "../net/places.js";
import { colour, FINE, halfOf, PLANE } from "./square_plane.js";
import { statesAt } from "./states.js";

/** Pixels of the plane, and around it. */
const [SIDE, AROUND] = [240, 30];
const KEY = "Full colour: output 1; no colour: output 0. A filled point should be on, an open point off. Choose a unit "
  + "of the net to see its own output over the plane.";

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function planePart(root, ask) {
  const line = html("p", { class: "line plane-line" }), place = html("div", { class: "row planes" });
  let known = null, drawn = [], scene;
  const draw = () => drawn.forEach((one) => one.draw(scene));
  const numbers = onDemand("The plane as a table", () => inNumbers(scene));
  root.append(line, place, html("p", { class: "key-line" }, KEY), numbers);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => root.hidden || draw());
  return (now) => {
    scene = now;
    const { replay } = now, { wiring } = replay;
    root.hidden = wiring.n_inputs !== 2;
    if (root.hidden) return;
    if (known !== replay) {
      drawn = [planeOf(replay, ask), bent(replay, ask)].filter(Boolean);
      place.replaceChildren(...drawn.map(({ whole }) => whole));
      known = replay;
    }
    const ofHidden = hiddenOf(wiring).length ? "; a hidden unit is one half on its thin line" : "";
    const name = wiring.units[shownUnit(now)];
    line.textContent = `The colour is the output of ${name}, one half on the thick line${ofHidden}.`;
    draw();
  };
}

/** Return the unit whose output is shown: the chosen unit, or else the first output. */
function shownUnit({ replay: { wiring }, unit }) {
  return unit !== null && unit > wiring.n_inputs ? unit : wiring.outputs[0];
}

function planeOf({ wiring, cases }, ask) {
  const canvas = html("canvas", { width: FINE, height: FINE, role: "img" }), size = SIDE + 2 * AROUND;
  const at = (value) => AROUND + ((0.5 + (FINE - 1) * value) * SIDE) / FINE, { units, outputs } = wiring;
  const hidden = hiddenOf(wiring).map((unit) => [unit, svg("path", { class: "half" })]);
  const half = svg("path", { class: "half output-half" });
  const points = cases.names.map((name, c) => casePoint(name, c, ask));
  points.forEach(({ move }, c) => move(at(cases.inputs[c][0]), at(1 - cases.inputs[c][1])));
  const about = { viewBox: `0 0 ${size} ${size}`, width: size, height: size, role: "group" };
  const over = svg("svg", { ...about, "aria-label": "The cases in the plane of the inputs" },
    svg("rect", { class: "border", x: AROUND, y: AROUND, width: SIDE, height: SIDE }),
    ...hidden.map(([, path]) => path), half,
    svg("text", { class: "title", x: size / 2, y: size - 2, "text-anchor": "middle" }, units[1]),
    svg("text", { class: "title", x: 4, y: size / 2 }, units[2]), ...points.map(({ group }) => group));
  const draw = (scene) => {
    const shown = shownUnit(scene), { n, x, y } = statesAt(wiring, scene.now.state.w, PLANE);
    const ofUnit = (values, unit) => values.subarray(unit * n, (unit + 1) * n);
    canvas.setAttribute("aria-label", `Output of ${units[shown]} over the plane of the inputs`);
    colour(canvas, ofUnit(y, shown));
    hidden.forEach(([unit, path]) => path.setAttribute("d", halfOf(ofUnit(x, unit), at)));
    half.setAttribute("d", halfOf(ofUnit(x, shown), at));
    points.forEach((one) => one.draw(scene, Math.max(0, outputs.indexOf(shown))));
  };
  return { whole: html("div", { class: "plane" }, canvas, over), draw };
}

/** Return the outputs of all units for the cases. */
function inNumbers({ replay: { wiring, cases }, now, sweep }) {
  const { units, n_inputs: nInputs } = wiring, computed = [...units.keys()].slice(1 + nInputs);
  const heads = computed.map((unit) => units[unit]);
  const rows = cases.names.map((name, c) => {
    const outputs = computed.map((unit) => fixed(now.y[c * units.length + unit], 3));
    return [name, cases.desired[c].map((one) => (one ? "on" : "off")).join(" "), ...outputs];
  });
  return table(`The output of each unit for the cases, after sweep ${sweep}`, ["case", "desired", ...heads], rows);
}
