/**
 * The net of the shown run: a small net as circles and lines, a large net as Hinton diagrams; a unit can be chosen.
 */

import { circles } from "./circles.js";
import { connectionsTable } from "./connections.js";
import { fixed, html, onDemand, svg } from "../elements.js";
import { formsOf, inWords, nearest } from "./forms.js";
import { panels } from "./panels.js";
import { levelsOf } from "./places.js";
import { widthOf } from "../width.js";

/** The most units of a small net, and the most in one level. */
const [UNITS, WIDE] = [41, 16];

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function netPart(root, ask) {
  const choice = html("select", { id: "net-unit", onchange: () => ask.unit(Number(choice.value) || null) });
  const ghosts = html("span", { class: "row" }), place = html("div", { class: "net" });
  const line = html("p", { class: "line unit-line" }), turned = html("p", { class: "line", hidden: true });
  const key = html("p", { class: "key-line" });
  const label = html("label", { class: "field", for: "net-unit" }, "Unit ", choice);
  let scene, known = null, drawn, printed = null, scale = null;
  const table = onDemand("The connections as a table", () => connectionsTable(scene)), renew = renewing(table);
  root.append(html("div", { class: "row" }, label, ghosts), place, line, turned, key, table);
  const show = (source) => {
    printed = source === printed?.source ? null : ghostOf(scene.replay, source);
    fill();
  };
  const fill = () => {
    const form = printed && nearest(printed.forms, scene.now.state.w);
    for (const button of ghosts.children) button.setAttribute("aria-pressed", String(button.value === printed?.source));
    const size = drawn.draw(scene, form?.w ?? null);
    if (size !== scale) key.replaceChildren(...(drawn.widest ? keyTo(size, drawn.widest) : keyToPanels()));
    scale = size;
    turned.hidden = !printed;
    turned.textContent = form ? turnedIn(scene, printed.source, form) : "";
    line.textContent = unitInWords(scene);
    if (document.activeElement !== choice) choice.value = scene.unit ?? "";
    renew(scene);
  };
  const wide = widthOf(place, () => scene && draw(scene));
  const draw = (now) => {
    const { replay } = now, width = Math.max(260, Math.min(620, wide())), isNew = known?.replay !== replay;
    scene = now;
    if (isNew) {
      printed = null;
      choice.replaceChildren(...optionsFor(replay));
      offer(ghosts, replay, show);
    }
    if (isNew || known.width !== width) {
      drawn = (isSmall(replay.wiring) ? circles : panels)(replay, width, ask);
      place.replaceChildren(drawn.whole);
      known = { replay, width };
      scale = null;
    }
    fill();
  };
  return draw;
}

/** Return a function that makes an open table anew for another unit, and for another sweep unless the run plays. */
function renewing(table) {
  let told = "";
  return ({ unit, sweep, player }) => {
    const asked = `${unit} ${player.isPlaying ? "" : sweep}`;
    if (asked !== told) table.dispatchEvent(new Event("toggle"));
    told = asked;
  };
}

/** @param {import("../../engine/replay.js").Wiring} wiring */
function isSmall(wiring) {
  const level = levelsOf(wiring), size = (number) => level.filter((one) => one === number).length;
  return wiring.units.length <= UNITS && Math.max(size(0) - 1, ...wiring.levels.map((_, k) => size(k + 1))) <= WIDE;
}

/** Return a choice for each unit; the unit that is always 1 leaves its place to no unit. */
function optionsFor({ wiring: { units } }) {
  return units.map((name, unit) => html("option", { value: unit || "" }, unit ? name : "none"));
}

/** Offer the printed nets that have all weights of this one. */
function offer(place, { wiring, picture }, show) {
  const isWhole = (w) => isSmall(wiring) && !w.includes(null) && w.length === wiring.n_weights && !wiring.has_gains;
  const sources = Object.entries(picture?.printed ?? {}).filter(([, w]) => isWhole(w)).map(([source]) => source);
  place.replaceChildren(...sources.map((source) => {
    const about = { type: "button", value: source, "aria-pressed": false, onclick: () => show(source) };
    return html("button", about, `As printed in 1986: ${source}`);
  }));
}

/** Return a printed net in all its forms. */
function ghostOf({ wiring, cases, picture }, source) {
  return { source, forms: formsOf(wiring, cases, picture.printed[source]) };
}

function turnedIn({ replay: { wiring } }, source, form) {
  const words = inWords(wiring, form);
  const isSame = form.caseOf.every((there, c) => there === c);
  const same = isSame ? "which computes the same" : "which solves the problem as well";
  const how = words.length ? `turned to be like ours (${words.join("; ")}), ${same}` : "as it is printed";
  return `Beside ours, pale: ${source}, ${how}.`;
}

function unitInWords({ replay: { wiring, cases }, now, c, unit }) {
  if (unit === null) return "Choose a unit to see the numbers of its connections.";
  const at = c * wiring.units.length + unit, name = wiring.units[unit];
  const output = `${name}: output ${fixed(now.y[at])} for case ${cases.names[c]}`;
  if (unit <= wiring.n_inputs) return `${output}. It is an input.`;
  const bias = wiring.source.findIndex((source, k) => source === 0 && wiring.target[k] === unit);
  const ofIt = bias < 0 ? "" : `, of which bias ${fixed(now.state.w[wiring.parameter[bias]])}`;
  return `${output}; sum of its inputs ${fixed(now.x[at])}${ofIt}.`;
}

function keyTo(scale, widest) {
  const about = { width: 34, height: 12, viewBox: "0 0 34 12", "aria-hidden": "true" };
  const line = (name, wide) => svg("svg", about, svg("path", { class: name, d: "M0,6H34", "stroke-width": wide }));
  return [line("weight", 4), "excites ", line("weight inhibits", 4), "inhibits ", line("weight", widest),
    `size ${scale}: the width follows the weight; a ring is the bias, a disc’s area the output for the chosen case`];
}

function keyToPanels() {
  const about = { width: 14, height: 14, viewBox: "0 0 14 14", class: "hinton", "aria-hidden": "true" };
  const square = (name) => svg("svg", about,
    svg("path", { class: "ground", d: "M0,0h14v14h-14z" }), svg("path", { class: name, d: "M2,2h10v10h-10z" }));
  return [square("excites"), "excites ", square("inhibits"),
    "inhibits; the area follows the weight; a disc’s area is the output of a unit for the chosen case"];
}
