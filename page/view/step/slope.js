/**
 * The slope check: E over the nudge of one weight, and the tangent that ∂E/∂w says it has.
 */

import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { fixed, html, onDemand, picture, significant, svg, table, whole } from "../elements.js";
import { ErrorOver } from "./error_over.js";
import { setText } from "./panel.js";
import { told } from "./sum.js";

const [WIDTH, HEIGHT] = [340, 200];
const MARGIN = { left: 58, right: 10, top: 20, bottom: 26 };
/** The largest nudge. */
const MOST = 0.5;
/** The steps of the curve; of a large net there are fewer, which cost as much. */
const [STEPS, FEW] = [40, 10];
/** The multiplications of a curve that are quick enough to draw it while the run plays, and that make a net large. */
const [QUICK, LARGE] = [300_000, 10_000_000];
/** A measured slope is told with its doubt where that is more than this part of the slope. */
const CLEAR = 0.001;
/** The least height of the picture, as a part of E: so that rounding does not fill it. */
const LEAST = 0.001;

/**
 * Return the element of the slope check, and the function that draws it at a moment.
 * @returns {{element: HTMLElement, draw: (scene: import("../main.js").Scene, unit: number) => void}}
 */
export function slopeCheck() {
  const parts = elements();
  let over = null, known = null, scene = null, unit = null, curve = null, measuredOf = "";
  const parameter = () => scene.replay.wiring.parameter[Number(parts.weight.value)];
  const at = () => parts.slider.valueAsNumber;
  const show = () => {
    const { now, replay, player } = scene, { w } = now.state, p = parameter(), isQuick = over.cost * STEPS < QUICK;
    const isLate = player.isPlaying && !isQuick;
    parts.image.style.visibility = isLate ? "hidden" : "visible"; // a curve of an earlier sweep would be wrong
    if (isLate) return setText(parts.words, "Pause the run to measure the slope.");
    const key = [now.sweep, scene.seed, p].join();
    if (measuredOf !== key || known !== curve?.of) {
      measuredOf = key;
      const nudges = nudgesOf(over.cost * STEPS < LARGE ? STEPS : FEW);
      const E = nudges.map((by) => over.at(w, p, by));
      curve = { of: known, nudges, E, slope: over.slope(w, p), doubt: over.doubt(now.E) };
      parts.numbers.firstElementChild.open = false; // a table of another curve would be wrong
    }
    const found = { ...curve, w: w[p], by: at(), moved: over.at(w, p, at()), now: now.E, dE_dw: now.dE_dw[p] };
    paint(parts, found);
    setText(parts.words, inWords(replay.recipe, now.sweep, found));
  };
  parts.slider.addEventListener("input", show);
  parts.weight.addEventListener("change", show);
  parts.less.addEventListener("click", () => move(-0.05));
  parts.more.addEventListener("click", () => move(0.05));
  const move = (by) => {
    parts.slider.value = at() + by;
    show();
  };
  parts.numbers.append(onDemand("The curve as a table", () => inNumbers(curve)));
  return {
    element: parts.element,
    draw(now, chosen) {
      if (known !== now.replay || unit !== chosen) fillWeights(parts.weight, now.replay.wiring, chosen);
      if (known !== now.replay) over = new ErrorOver(now.replay, now.now.trained);
      [scene, known, unit] = [now, now.replay, chosen];
      show();
    },
  };
}

const nudgesOf = (steps) => Array.from({ length: steps + 1 }, (_, n) => -MOST + (n * 2 * MOST) / steps);

function elements() {
  const weight = html("select", { id: "slope-weight" });
  const range = { type: "range", min: -MOST, max: MOST, step: 0.01, value: 0 };
  const slider = html("input", { ...range, "aria-label": "Nudge of the weight" });
  const less = html("button", { type: "button", "aria-label": "A smaller weight" }, "−");
  const more = html("button", { type: "button", "aria-label": "A larger weight" }, "+");
  const axes = svg("g", {}), path = svg("path", { class: "curve" }), tangent = svg("path", { class: "tangent" });
  const dot = svg("circle", { class: "dot", r: 4 });
  const image = picture(WIDTH, HEIGHT, "", axes, tangent, path, dot);
  const words = html("p", { class: "line" }), numbers = html("div");
  const choice = html("div", { class: "field" }, html("label", { for: "slope-weight" }, "Weight"), weight);
  const element = html("section", { class: "panel slope", "aria-labelledby": "slope-head" },
    html("h3", { id: "slope-head" }, "Is the slope right? Nudge a weight and see"),
    html("div", { class: "beside" },
      html("div", {}, html("div", { class: "row" }, choice, less, more), slider, words),
      html("div", {}, image, numbers)));
  return { element, weight, slider, less, more, axes, path, tangent, dot, image, words, numbers };
}

function fillWeights(select, { units, source, target }, unit) {
  const into = [...target.keys()].filter((k) => target[k] === unit);
  const name = (k) => `${units[source[k]]} → ${units[unit]}`;
  select.replaceChildren(...into.map((k) => html("option", { value: k }, name(k))));
  select.selectedIndex = into.findIndex((k) => source[k] !== 0);
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

function paint({ axes, path, tangent, dot, image }, { nudges, E, now, dE_dw, by, moved, slope }) {
  const finite = E.filter(Number.isFinite), middle = Number.isFinite(now) ? now : 0;
  const least = (LEAST * Math.abs(middle) || 1) / 2;
  const low = Math.min(middle - least, ...finite), high = Math.max(middle + least, ...finite);
  const x = scaleLinear([-MOST, MOST], [MARGIN.left, WIDTH - MARGIN.right]);
  const y = scaleLinear([low, high], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
  const points = nudges.map((nudge, n) => [x(nudge), y(E[n])]).filter(([, height]) => Number.isFinite(height));
  path.setAttribute("d", line()(points) ?? "");
  tangent.setAttribute("d", line()(ends(now, dE_dw, y.domain()).map(([nudge, value]) => [x(nudge), y(value)])) ?? "");
  dot.setAttribute("cx", x(by));
  dot.setAttribute("cy", Number.isFinite(moved) ? y(moved) : 0);
  axes.replaceChildren(...frame(x, y));
  const course = `E over the nudge of this weight, from ${told(E[0])} through ${told(now)} to ${told(E.at(-1))}`;
  image.setAttribute("aria-label", `${course}; beside it a line of slope ${told(dE_dw)}, measured ${told(slope)}`);
}

/** Return the two ends of the tangent inside the picture. */
function ends(E, slope, [low, high]) {
  if (!Number.isFinite(E) || !Number.isFinite(slope)) return [];
  const edges = [low, high].map((edge) => Math.abs((edge - E) / slope)).filter((one) => one > 0);
  const reach = slope === 0 ? MOST : Math.min(MOST, ...edges);
  return [[-reach, E - reach * slope], [reach, E + reach * slope]];
}

function frame(x, y) {
  const floor = HEIGHT - MARGIN.bottom;
  const below = (one) => ({ class: "tick", x: x(one), y: HEIGHT - 8, "text-anchor": "middle" });
  const beside = (one) => ({ class: "tick", x: MARGIN.left - 6, y: y(one) + 4, "text-anchor": "end" });
  return [
    svg("text", { class: "title", x: 0, y: 12 }, "E over the nudge; dashed: the slope ∂E/∂w"),
    svg("line", { class: "axis", x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: floor, y2: floor }),
    svg("line", { class: "cursor", x1: x(0), x2: x(0), y1: MARGIN.top, y2: floor }),
    ...[-MOST, 0, MOST].map((one) => svg("text", below(one), fixed(one, 1))),
    ...y.ticks(4).map((one) => svg("text", beside(one), told(one))),
  ];
}

function inWords(recipe, sweep, { w, by, moved, now, slope, doubt, dE_dw }) {
  const sign = by < 0 ? "−" : "+", when = recipe.update === "case" ? `After sweep ${whole(sweep)}, with` : "With";
  const weight = `${when} w = ${told(w)} ${sign} ${fixed(Math.abs(by), 2)}`;
  const nudged = `${weight}, E of all cases is ${told(moved)}; now it is ${told(now)}.`;
  const beside = `The slope of E, measured: ${told(slope)}. By back-propagation: ∂E/∂w = ${told(dE_dw)}.`;
  if (recipe.procedure === "desired_states") {
    const other = `This procedure does not follow the slope: it uses ${told(dE_dw)} in its place.`;
    return `${nudged} The slope of E, measured: ${told(slope)}. ${other}`;
  }
  if (recipe.output_slope === "left_out") {
    return `${nudged} ${beside} They differ: this net leaves out the factor y (1 − y) of its outputs.`;
  }
  if (doubt <= CLEAR * Math.abs(dE_dw)) return `${nudged} ${beside}`;
  return `${nudged} ${beside} E is rounded, so a slope is measured to about ±${told(doubt)}.`;
}

function inNumbers({ nudges, E }) {
  const rows = nudges.map((by, n) => [fixed(by, 3), significant(E[n], 8)]).filter((_, n) => n % 2 === 0);
  return table("E over the nudge", ["nudge", "E"], rows);
}
