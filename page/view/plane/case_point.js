/**
 * A point for a case in a picture: filled if its output should be on, open if off; a click or Enter chooses the case.
 */

import { fixed, svg } from "../elements.js";

const RADIUS = 7;

/**
 * Make a point once; return it, and functions that move it and draw a scene into it.
 * @param {string} name  of the case
 * @param {number} c
 * @param {any} ask
 */
export function casePoint(name, c, ask) {
  const choose = () => ask.case(c), disc = svg("circle", { class: "case-point", r: RADIUS });
  const about = { class: "choosable case-choice", role: "button", tabindex: 0, onclick: choose };
  const group = svg("g", about, disc, svg("text", { y: -RADIUS - 4, "text-anchor": "middle" }, name));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose();
  });
  const move = (x, y) => group.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  const draw = ({ replay: { cases, wiring }, now, c: chosen }, output) => {
    const isOn = Boolean(cases.desired[c][output]), y = now.y[c * wiring.units.length + wiring.outputs[output]];
    disc.classList.toggle("on", isOn);
    group.setAttribute("aria-pressed", String(c === chosen));
    group.setAttribute("aria-label", `case ${name}, should be ${isOn ? "on" : "off"}, output ${fixed(y)}`);
  };
  return { group, move, draw };
}
