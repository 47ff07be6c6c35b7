/**
 * The outputs for every case, beside the desired ones; a click chooses the case.
 */

import { fixed, html } from "./elements.js";

/** The most cases that have a row each. */
const MOST = 64;

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function outputsPart(root, ask) {
  const place = html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Outputs, case by case" });
  root.append(place);
  let known = null, cells = [];
  return (scene) => {
    const { replay } = scene;
    if (known !== replay) [known, cells] = [replay, rowsFor(place, replay, ask)];
    cells.forEach((one) => fill(one, scene));
  };
}

/** Make the rows once for a net; return, for each case, the elements that change. */
function rowsFor(place, { cases, wiring }, ask) {
  const { names, inputs, desired } = cases, every = [...names.keys()].slice(0, MOST);
  const cells = every.map((c) => ({
    c,
    desired: desired[c],
    choose: html("button", { type: "button", class: "case", onclick: () => ask.case(c) }, names[c] || inputs[c].join("")),
    bars: wiring.outputs.map((_, k) => html("meter", { min: 0, max: 1, class: desired[c][k] ? "wanted" : "" })),
    texts: wiring.outputs.map(() => html("span", { class: "n" })),
    verdict: html("td", {}),
  }));
  const wide = wiring.outputs.length > 4;
  const rows = cells.map(({ c, choose, bars, texts, verdict }) => html("tr", {},
    html("th", { scope: "row" }, choose),
    html("td", {}, wide ? "framed" : desired[c].map((d) => (d ? "on" : "off")).join(" ")),
    html("td", { class: wide ? "tight" : "" }, ...bars.flatMap((bar, k) => (wide ? [bar] : [bar, texts[k], " "]))),
    verdict));
  const head = html("tr", {}, ...["case", "desired", "output", ""].map((one) => html("th", { scope: "col" }, one)));
  const rest = names.length - every.length;
  place.replaceChildren(
    html("table", { class: "outputs" }, html("thead", {}, head), html("tbody", {}, ...rows)),
    ...(rest > 0 ? [html("p", {}, `and ${rest} further cases`)] : []));
  return cells;
}

function fill({ c, desired, choose, bars, texts, verdict }, { now, replay, c: chosen }) {
  const { wiring: { units, outputs }, criteria: { learned } } = replay;
  const y = outputs.map((unit) => now.y[c * units.length + unit]);
  y.forEach((one, k) => {
    const words = fixed(one, 2);
    if (texts[k].textContent === words) return; // what looks the same is not drawn again
    bars[k].value = Number.isFinite(one) ? one : 0;
    bars[k].textContent = texts[k].textContent = words;
  });
  choose.setAttribute("aria-pressed", String(c === chosen));
  choose.closest("tr").classList.toggle("chosen", c === chosen);
  const isRight = y.every((one, k) => (desired[k] ? one > learned.on : one < learned.off));
  const words = isRight ? "✓ right" : "not yet";
  if (verdict.textContent !== words) verdict.textContent = words;
}
