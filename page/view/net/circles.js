/**
 * A small net as circles and lines: a disc's area is a unit's output, the width of a line or ring the size of a weight.
 */

import { fixed, svg } from "../elements.js";
import { placesOf } from "./places.js";
import { discRadius, scaleOf } from "./scale.js";

/** The most pixels of a line, for the largest weight of the scale. */
const WIDEST = 9;
/** The most connections into a chosen unit that have their numbers in the picture; a table has all. */
const NUMBERS = 12;
const MIDDLE = { "text-anchor": "middle" };

/**
 * Make the picture once; return it, the widest line, and a function that draws a scene into it and returns the scale.
 * @param {import("../main.js").Scene["replay"]} replay
 * @param {number} width
 * @param {any} ask
 */
export function circles({ wiring, picture }, width, ask) {
  const places = placesOf(wiring, picture?.places, width), widest = Math.min(WIDEST, places.radius / 2);
  const { source, target, parameter } = wiring, numbers = [...Array(NUMBERS).keys()].map(() => svg("text", MIDDLE));
  const connections = source.map((from, k) => ({ source: from, target: target[k], parameter: parameter[k] }));
  const lines = (name, aside) => (
    connections.map((one) => ({ ...one, aside, element: lineOf(one, places, name, aside) })));
  const [ghosts, ours] = [lines("ghost", widest), lines("weight", 0)];
  const units = [...wiring.units.keys()].filter((unit) => places.of[unit]).map((unit) => unitOf(unit, wiring, places));
  const shown = (layer) => layer.map(({ element }) => element);
  const drawing = svg("g", { role: "img" }, ...shown(ghosts), ...shown(ours));
  const whole = svg("svg", {
    viewBox: `0 0 ${width} ${places.height}`, width, height: places.height, role: "group", class: "circles",
    "aria-label": "The units; Enter chooses a unit, arrow keys move to the next",
  }, drawing, ...units.map(({ group }) => group), svg("g", { class: "on-lines", "aria-hidden": "true" }, ...numbers));
  listen(whole, units, ask);
  const draw = (scene, ghost) => {
    const { w } = scene.now.state, { radius } = places, scale = scaleOf(ghost ? [...w, ...ghost] : w);
    fillLines(ours, w, { scale, widest, radius }, scene.unit);
    fillLines(ghosts, ghost, { scale, widest, radius }, scene.unit);
    units.forEach((one) => fillUnit(one, scene, radius));
    fillNumbers(numbers, ours, w, ghost, scene.unit, places);
    drawing.setAttribute("aria-label", `The ${connections.length} connections after sweep ${scene.sweep}`);
    return scale;
  };
  return { whole, draw, widest };
}

/** Return the line of a connection, so many pixels aside; of a bias, the ring around the unit. */
function lineOf({ source, target }, { of, radius, level, isPrinted }, name, aside) {
  const to = of[target];
  const ends = { "data-from": source, "data-to": target };
  if (source === 0) return svg("circle", { class: name, cx: to.x, cy: to.y, r: radius, ...ends });
  const from = of[source], skips = !isPrinted && level[target] - level[source] > 1 ? 0.16 : 0;
  const bend = skips * (to.x < from.x ? -1 : 1), middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const over = { x: middle.x - bend * (to.y - from.y), y: middle.y + bend * (to.x - from.x) };
  const d = bend ? `M${from.x},${from.y}Q${over.x},${over.y} ${to.x},${to.y}` : `M${from.x},${from.y}L${to.x},${to.y}`;
  const far = aside / Math.hypot(to.x - from.x, to.y - from.y);
  const transform = `translate(${far * (from.y - to.y)} ${far * (to.x - from.x)})`;
  return svg("path", { class: name, d, transform, ...ends });
}

function unitOf(unit, { units }, { of, radius }) {
  const { x, y, side } = of[unit], across = radius + WIDEST + 1;
  const [left, top, anchor] = {
    below: [x, y + radius + 13, "middle"], above: [x, y - across, "middle"],
    left: [x - across, y + 4, "end"], right: [x + across, y + 4, "start"],
  }[side];
  const disc = svg("circle", { class: "output", cx: x, cy: y, r: 0 });
  const group = svg("g", { class: "unit choosable", role: "button", tabindex: -1, "data-unit": unit },
    svg("circle", { class: "chosen-ring", cx: x, cy: y, r: radius + WIDEST / 2 + 2 }),
    svg("circle", { class: "edge", cx: x, cy: y, r: radius }), disc,
    svg("text", { x: left, y: top, "text-anchor": anchor }, units[unit]));
  return { unit, name: units[unit], group, disc };
}

/** Choose with a click or Enter; the arrow keys move, so that a net is one stop of the tabulator. */
function listen(whole, units, ask) {
  const groups = units.map(({ group }) => group), step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
  const choose = (group) => ask.unit(group.getAttribute("aria-pressed") === "true" ? null : Number(group.dataset.unit));
  groups[0].setAttribute("tabindex", 0);
  groups.forEach((group, k) => {
    group.addEventListener("click", () => choose(group));
    group.addEventListener("focus", () => {
      for (const one of groups) one.setAttribute("tabindex", one === group ? 0 : -1);
    });
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") choose(group);
      else if (step[event.key]) groups[(k + step[event.key] + groups.length) % groups.length].focus();
      else return;
      event.preventDefault();
    });
  });
}

function fillLines(lines, w, { scale, widest, radius }, chosen) {
  for (const { source, target, parameter, element, aside } of lines) {
    const weight = w ? w[parameter] : 0, size = Math.abs(weight) / scale;
    const wide = Number.isFinite(size) ? widest * size : 0;
    element.classList.toggle("inhibits", weight < 0);
    element.classList.toggle("aside", chosen !== null && target !== chosen);
    element.setAttribute("stroke-width", wide);
    if (source === 0) element.setAttribute("r", radius + aside + wide / 2);
  }
}

function fillUnit({ unit, name, group, disc }, { now, replay, c, unit: chosen }, radius) {
  const y = now.y[c * replay.wiring.units.length + unit];
  disc.setAttribute("r", discRadius(y, radius - 1));
  group.setAttribute("aria-label", `${name}, output ${fixed(y)}`);
  group.setAttribute("aria-pressed", String(unit === chosen));
}

/** Write the weights into the chosen unit on their lines, nearer to the sources, where lines are apart. */
function fillNumbers(texts, lines, w, ghost, chosen, { of }) {
  const into = lines.filter(({ source, target }) => target === chosen && source > 0).slice(0, NUMBERS);
  const ends = (axis) => into.map(({ source }) => of[source][axis]);
  const spread = (axis) => Math.max(...ends(axis)) - Math.min(...ends(axis));
  const isColumn = spread("y") > spread("x");
  texts.forEach((text, k) => {
    const words = into[k] ? weightOf(w, ghost, into[k].parameter) : "";
    if (text.textContent !== words) text.textContent = words;
    if (!into[k]) return;
    const [from, to] = [of[into[k].source], of[chosen]], far = isColumn ? 0.5 : k % 2 && into.length > 2 ? 0.42 : 0.24;
    text.setAttribute("x", from.x + far * (to.x - from.x));
    text.setAttribute("y", from.y + far * (to.y - from.y) + 4);
  });
}

/** Return a weight, and the printed one after it. */
export function weightOf(w, ghost, parameter) {
  return fixed(w[parameter]) + (ghost ? ` (${fixed(ghost[parameter])})` : "");
}
