/**
 * Two curves over all sweeps: E, and below it the length of dE/dw, level by level.
 */

import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { fixed, onDemand, picture, power, short, svg, table, whole } from "./elements.js";
import { widthOf } from "./width.js";

const MARGIN = { left: 52, right: 12, top: 22, bottom: 26 };
const HEIGHT = 160;
/** The least width of a picture, in pixels. */
const LEAST = 260;
/** The most points of a line: more are not seen. */
const POINTS = 400;
/** The rows of the table. */
const ROWS = 21;

/**
 * @param {HTMLElement} root
 */
export function curvesPart(root) {
  const place = document.createElement("div");
  let scene;
  root.append(place, onDemand("The curves as a table", () => inNumbers(scene)));
  const width = widthOf(place, () => scene && draw(scene));
  const draw = (now) => {
    scene = now;
    const wide = Math.max(LEAST, width());
    place.replaceChildren(errorPicture(now, wide), gradientPicture(now, wide));
  };
  return draw;
}

/** Return the axis of the sweeps; a fork's begins where that of the run before does. */
function axis(width, { player: { first: own, last }, before }) {
  const first = Math.min(own, before?.first ?? own);
  return scaleLinear([first, Math.max(last, first + 1)], [MARGIN.left, width - MARGIN.right]);
}

function errorPicture(scene, width) {
  const { curves, before, sweep, now, replay } = scene, x = axis(width, scene);
  const [ours, theirs] = [curves, before].map((one) => (one ? inside(sampled(one, one.E, 1, 0), x) : []));
  const most = Math.max(...[...ours, ...theirs].map(([, E]) => E));
  const y = scaleLinear([0, most || 1], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
  const path = line(([s]) => x(s), ([, E]) => y(E));
  const marks = replay.claims.filter(({ sweeps }) => sweeps !== null && sweeps <= scene.player.last);
  return picture(width, HEIGHT, `E is ${short(curves.E.at(-1))} in the end; at sweep ${whole(sweep)} it is ${short(now.E)}`,
    ...frame(x, y, width, "E, the error"),
    ...marks.map(({ sweeps }) => svg("line", { class: "printed", x1: x(sweeps), x2: x(sweeps), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom })),
    ...(before ? [svg("path", { class: "curve faint", d: path(theirs) })] : []),
    svg("path", { class: "curve", d: path(ours) }),
    ...cursor(x(sweep), y(now.E)));
}

function gradientPicture(scene, width) {
  const { curves, sweep, now } = scene, n = now.lengths.length, x = axis(width, scene);
  const levels = [...now.lengths.keys()].map((level) => sampled(curves, curves.lengths, n, level).filter(([, one]) => one > 0));
  const all = levels.flat().map(([, one]) => one), least = Math.min(...all, 1), most = Math.max(...all, least * 10);
  const y = scaleLog([Math.max(least, most / 1e9), most], [HEIGHT - MARGIN.bottom, MARGIN.top]).clamp(true);
  const path = line(([s]) => x(s), ([, one]) => y(one));
  return picture(width, HEIGHT, `The length of the gradient at sweep ${whole(sweep)}: ${told(now.lengths)}`,
    ...frame(x, y, width, "length of ∂E/∂w, by layer"),
    ...levels.flatMap((points, level) => [svg("path", { class: `curve level-${placeOf(level, n)}`, d: path(points) })]),
    ...[...now.lengths].map((length, level) => svg("circle", { class: `dot level-${placeOf(level, n)}`, cx: x(sweep), cy: y(length || least), r: 4 })),
    ...key(width, n));
}

/** The layers by name; early is the first after the inputs, late the last. */
export const nameOf = (level, n) => (n === 1 ? "the only layer" : level === 0 ? "early" : level === n - 1 ? "late" : `layer ${level + 1}`);
const placeOf = (level, n) => (level === n - 1 ? "late" : level === 0 ? "early" : "between");
const told = (lengths) => [...lengths].map((length, level) => `${nameOf(level, lengths.length)} ${short(length)}`).join(", ");

function key(width, n) {
  const names = n === 1 ? [0] : [0, n - 1];
  return names.map((level, k) => svg("text", {
    class: `key level-${placeOf(level, n)}`, x: width - MARGIN.right - 50 * (names.length - 1 - k), y: 12, "text-anchor": "end",
  }, nameOf(level, n)));
}

function frame(x, y, width, name) {
  const floor = HEIGHT - MARGIN.bottom, ticks = x.ticks(Math.max(2, Math.floor(width / 90))).filter(Number.isInteger);
  const [rungs, worded] = y.base ? [powers(y), power] : [y.ticks(4), y.tickFormat(4)];
  return [
    svg("text", { class: "title", x: 0, y: 12 }, name),
    svg("line", { class: "axis", x1: MARGIN.left, x2: width - MARGIN.right, y1: floor, y2: floor }),
    ...ticks.map((one) => svg("text", { class: "tick", x: x(one), y: HEIGHT - 6, "text-anchor": "middle" }, whole(one))),
    ...rungs.map((one) => svg("text", { class: "tick", x: MARGIN.left - 6, y: y(one) + 4, "text-anchor": "end" }, worded(one))),
  ];
}

/** Return the powers of ten on an axis, five at most. */
function powers(y) {
  const [least, most] = y.domain().map(Math.log10), first = Math.ceil(least), every = Math.ceil((most - least) / 4);
  return Array.from({ length: 5 }, (_, k) => first + k * every).filter((size) => size <= most).map((size) => 10 ** size);
}

function cursor(x, y) {
  return [
    svg("line", { class: "cursor", x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
    svg("circle", { class: "dot", cx: x, cy: y, r: 4 }),
  ];
}

const inside = (points, x) => points.filter(([sweep]) => sweep >= x.domain()[0] && sweep <= x.domain()[1]);

/** Return [sweep, value] at most at POINTS sweeps: of one of n values a sweep. */
function sampled({ first, E }, values, n, which) {
  const stride = Math.max(1, Math.ceil(E.length / POINTS)), points = [];
  for (let k = 0; k < E.length; k += stride) points.push([first + k, values[k * n + which]]);
  if ((E.length - 1) % stride) points.push([first + E.length - 1, values[(E.length - 1) * n + which]]);
  return points.filter(([, value]) => Number.isFinite(value));
}

function inNumbers({ curves, now }) {
  const n = now.lengths.length, stride = Math.max(1, Math.floor((curves.E.length - 1) / (ROWS - 1)));
  const rows = [];
  for (let k = 0; k < curves.E.length; k += stride) {
    const lengths = [...curves.lengths.slice(k * n, (k + 1) * n)].map(short);
    rows.push([whole(curves.first + k), fixed(curves.E[k], 6), ...lengths]);
  }
  const heads = [...now.lengths.keys()].map((level) => `length of ∂E/∂w: ${nameOf(level, n)}`);
  return table("E and the length of the gradient, sweep by sweep", ["sweep", "E", ...heads], rows);
}
