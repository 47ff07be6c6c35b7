/**
 * The person units of the family trees over the people, as in Hinton's figure: the English above, the Italians below.
 */

import { fixed, html, onDemand, table } from "./elements.js";
import { hinton } from "./hinton.js";
import { scaleOf } from "./scale.js";

/** The people of one family: the names of the first inputs are the English, then the Italians. */
const FAMILY = 12;
const LOOK_FOR = "Look for a row against the other (nationality), for old, middle and young people (generation), and for one side of a "
  + "family against the other (branch): nobody told the net about any of them.";

/** @param {HTMLElement} root */
export function peoplePart(root) {
  const ours = html("div", { class: "panels" }), theirs = html("div", { class: "panels" }), line = html("p", { class: "line" });
  const title = html("p", { class: "line" }), printed = html("div", { hidden: true }, title, theirs);
  const button = html("button", { type: "button", "aria-pressed": false, onclick: () => {
    printed.hidden = !printed.hidden;
    button.setAttribute("aria-pressed", String(!printed.hidden));
  } });
  let known = null, panels = [], scene;
  root.append(html("p", {}, LOOK_FOR), line, ours, button, printed, onDemand("The weights as a table", () => inNumbers(scene)));
  return (now) => {
    scene = now;
    const { replay } = scene;
    root.hidden = replay.experiment !== "family_trees";
    if (root.hidden) return;
    const width = Math.max(260, Math.min(380, ours.clientWidth || 340));
    if (known?.replay !== replay || known.width !== width) {
      known = { replay, width };
      panels = panelsOf(replay, width);
      ours.replaceChildren(...panels.map(({ figure }) => figure));
      beside({ button, title, theirs }, replay, width);
    }
    const { w } = scene.now.state, scale = scaleOf(panels.flatMap(({ cells }) => cells.map(({ parameter }) => w[parameter])));
    line.textContent = `A full square is a weight of ${scale}; white excites, black inhibits.`;
    panels.forEach((one) => one.draw(w, scale));
  };
}

/** Return the units that are fed by the people alone. */
function unitsOf({ units, source, target }) {
  return [...units.keys()].filter((unit) => {
    const from = source.filter((_, k) => target[k] === unit && source[k] > 0);
    return from.length === 2 * FAMILY && from.at(-1) === 2 * FAMILY;
  });
}

/** Draw the printed weights on demand, in the order of the text: units have no order, and ours need not be like them. */
function beside({ button, title, theirs }, replay, width) {
  const [[source, w] = []] = Object.entries(replay.picture?.printed ?? {});
  button.hidden = !source;
  if (!source) return;
  button.textContent = `As printed in 1986: ${source}`;
  title.textContent = `${source}, digitised and scaled to 1. The units are in the order of the text: ours may have the same jobs in another order.`;
  const panels = panelsOf(replay, width);
  panels.forEach((one) => one.draw(w, 1));
  theirs.replaceChildren(...panels.map(({ figure }) => figure));
}

/** Return a panel for each person unit; the first has the names of the English above it, the last the Italian below. */
function panelsOf(replay, width) {
  const every = unitsOf(replay.wiring);
  return every.map((unit, k) => panelOf(unit, replay, width, { above: k === 0, below: k === every.length - 1 }));
}

function panelOf(unit, { wiring, picture }, width, { above, below }) {
  const names = wiring.units.slice(1, 1 + 2 * FAMILY), [english, italian] = [names.slice(0, FAMILY), names.slice(FAMILY)];
  const cells = [];
  wiring.source.forEach((from, k) => {
    if (wiring.target[k] !== unit || from === 0) return;
    cells.push({ row: Math.floor((from - 1) / FAMILY), column: (from - 1) % FAMILY, parameter: wiring.parameter[k] });
  });
  const columns = english.map((name) => ({ name })), rows = [{ name: "English" }, { name: "Italian" }];
  const made = hinton({ cells, rows, columns, side: (width - 36) / FAMILY, names: above ? "above" : "none", below: below ? italian : [] }, "");
  const line = html("figcaption", {}), figure = html("figure", { class: "person" }, line, made.whole);
  return { cells, figure, draw: (w, scale) => {
    made.draw(w, scale);
    line.textContent = `${wiring.units[unit]}${jobOf(cells.map(({ parameter }) => w[parameter]), picture?.features ?? {})}`;
    made.whole.setAttribute("aria-label", `Weights from the 24 people to ${line.textContent}`);
  } };
}

/** Return the feature of people that the weights follow most closely, and how closely, in words. */
function jobOf(weights, features) {
  const every = Object.entries(features).map(([name, values]) => [name, Math.abs(correlation(weights, values))]);
  const [name, size] = every.reduce((best, one) => (one[1] > best[1] ? one : best), ["", -1]);
  return size >= 0 ? `: most like ${name} (|r| = ${fixed(size)})` : "";
}

/** Return Pearson’s r. */
function correlation(one, other) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length, [m, n] = [mean(one), mean(other)];
  let [both, first, second] = [0, 0, 0];
  one.forEach((value, k) => {
    both += (value - m) * (other[k] - n);
    first += (value - m) ** 2;
    second += (other[k] - n) ** 2;
  });
  return both / Math.sqrt(first * second);
}

function inNumbers({ replay: { wiring }, now: { state: { w } }, sweep }) {
  const units = unitsOf(wiring), names = wiring.units.slice(1, 1 + 2 * FAMILY);
  const weight = (from, unit) => w[wiring.parameter[wiring.source.findIndex((one, k) => one === from && wiring.target[k] === unit)]];
  const rows = names.map((name, k) => [name, ...units.map((unit) => fixed(weight(1 + k, unit)))]);
  return table(`The weights from people to person units after sweep ${sweep}`, ["person", ...units.map((unit) => wiring.units[unit])], rows);
}
