/**
 * The person units of the family trees over the people, as in Hinton's figure: the English above, the Italians below.
 */

import { fixed, html, onDemand, table } from "./elements.js";
import { hinton } from "./net/hinton.js";
import { scaleOf } from "./net/scale.js";
import { widthOf } from "./width.js";

/** The people of one family: the first inputs are the English, then the Italians. */
const FAMILY = 12;
const LOOK_FOR = "Look for one row against the other (nationality), for old, middle and young people (generation), and "
  + "for one side of a family against the other (branch): the net is told of none of them.";

/** @param {HTMLElement} root */
export function peoplePart(root) {
  const [ours, theirs] = [0, 1].map(() => html("div", { class: "panels" }));
  const line = html("p", { class: "line" }), title = html("p", { class: "line" });
  const printed = html("div", { hidden: true }, title, theirs);
  const button = html("button", { type: "button", "aria-pressed": false, onclick: () => {
    printed.hidden = !printed.hidden;
    button.setAttribute("aria-pressed", String(!printed.hidden));
  } });
  let known = null, panels = [], parameters = [], scene;
  root.append(html("p", {}, LOOK_FOR), line, ours, button, printed);
  root.append(onDemand("The weights as a table", () => inNumbers(scene)));
  const wide = widthOf(ours, () => scene && draw(scene));
  const draw = (now) => {
    scene = now;
    const { replay, now: { state: { w } } } = now;
    root.hidden = replay.experiment !== "family_trees";
    if (root.hidden) return;
    const width = Math.max(260, Math.min(380, wide()));
    if (known?.replay !== replay || known.width !== width) {
      known = { replay, width };
      panels = panelsOf(replay, width);
      parameters = panels.flatMap(({ cells }) => cells.map(({ parameter }) => parameter));
      ours.replaceChildren(...panels.map(({ figure }) => figure));
      beside({ button, title, theirs }, replay, width);
    }
    const scale = scaleOf(parameters.map((one) => w[one]));
    line.textContent = `A full square is a weight of ${scale}; white excites, black inhibits.`;
    panels.forEach((one) => one.draw(w, scale));
  };
  return draw;
}

/** Return the units that are fed by the people alone. */
function unitsOf({ units, source, target }) {
  return [...units.keys()].filter((unit) => {
    const from = source.filter((_, k) => target[k] === unit && source[k] > 0);
    return from.length === 2 * FAMILY && from.at(-1) === 2 * FAMILY;
  });
}

/** Draw the printed weights on demand, in the order of the text, as units have no order that both nets share. */
function beside({ button, title, theirs }, replay, width) {
  const [[source, w] = []] = Object.entries(replay.picture?.printed ?? {});
  const panels = source ? panelsOf(replay, width) : [];
  button.hidden = !source;
  button.textContent = `As printed in 1986: ${source}`;
  title.textContent = `${source}, digitised and scaled to 1. The order of the units means nothing: another unit of ours may `
    + "do the same work.";
  panels.forEach((one) => one.draw(w, 1));
  theirs.replaceChildren(...panels.map(({ figure }) => figure));
}

/** Return a panel for each person unit; the first has the names of the English above it, the last the Italian below. */
function panelsOf(replay, width) {
  const every = unitsOf(replay.wiring);
  return every.map((unit, k) => panelOf(unit, replay, width, { isFirst: k === 0, isLast: k === every.length - 1 }));
}

function panelOf(unit, { wiring, picture }, width, { isFirst, isLast }) {
  const names = wiring.units.slice(1, 1 + 2 * FAMILY), cells = [];
  wiring.source.forEach((from, k) => {
    if (wiring.target[k] !== unit || from === 0) return;
    cells.push({ row: Math.floor((from - 1) / FAMILY), column: (from - 1) % FAMILY, parameter: wiring.parameter[k] });
  });
  const about = { cells, rows: [{ name: "English" }, { name: "Italian" }], side: (width - 36) / FAMILY };
  const columns = names.slice(0, FAMILY).map((name) => ({ name })), below = isLast ? names.slice(FAMILY) : [];
  const made = hinton({ ...about, columns, names: isFirst ? "above" : "none", below }, "");
  const line = html("figcaption", {}), figure = html("figure", { class: "person" }, line, made.whole);
  const draw = (w, scale) => {
    made.draw(w, scale);
    const job = jobOf(cells.map(({ parameter }) => w[parameter]), picture?.features ?? {});
    line.textContent = `${wiring.units[unit]}${job}`;
    made.whole.setAttribute("aria-label", `Weights from the 24 people to ${line.textContent}`);
  };
  return { cells, figure, draw };
}

/** Return the feature of people that the weights follow most closely, and how closely, in words. */
function jobOf(weights, features) {
  const every = Object.entries(features).map(([name, values]) => [name, Math.abs(correlation(weights, values))]);
  const [name, size] = every.reduce((best, one) => (one[1] > best[1] ? one : best), ["", -1]);
  return size >= 0 ? `: most like ${name} (|r| = ${fixed(size)})` : "";
}

/** Return Pearson’s r. */
function correlation(one, other) {
  const [m, n] = [one, other].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  let [both, first, second] = [0, 0, 0];
  one.forEach((value, k) => {
    both += (value - m) * (other[k] - n);
    first += (value - m) ** 2;
    second += (other[k] - n) ** 2;
  });
  return both / Math.sqrt(first * second);
}

function inNumbers({ replay: { wiring }, now: { state: { w } }, sweep }) {
  const { units, source, target, parameter } = wiring, every = unitsOf(wiring), names = units.slice(1, 1 + 2 * FAMILY);
  const weight = (from, unit) => w[parameter[source.findIndex((one, k) => one === from && target[k] === unit)]];
  const rows = names.map((name, k) => [name, ...every.map((unit) => fixed(weight(1 + k, unit)))]);
  const heads = ["person", ...every.map((unit) => units[unit])];
  return table(`The weights from people to person units after sweep ${sweep}`, heads, rows);
}
