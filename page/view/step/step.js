/**
 * One step, taken apart: forward, error, blame and nudge of one unit in one case, with the run's own numbers.
 */

import { html } from "../elements.js";
import { blame } from "./blame.js";
import { error } from "./error.js";
import { forward } from "./forward.js";
import { earlyAndLate } from "./layers.js";
import { Bench } from "./moment.js";
import { nudge } from "./nudge.js";
import { panel, setText } from "./panel.js";
import { slopeCheck } from "./slope.js";
import { walk } from "./walk.js";

const PANELS = { Forward: forward, Error: error, Blame: blame, Nudge: nudge };
const LEAD = "The step that the run takes next, for one case and one unit. "
  + "The page rounds these numbers to four digits; the run does not.";
/** While a run plays the numbers change after so many milliseconds, which is as quick as anybody reads. */
const PAUSE = 100;
/** The least pause as so many times the milliseconds that the last drawing took: a large net must not stop the run. */
const REST = 8;

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function stepPart(root, ask) {
  const choice = choices(ask), way = walk(ask), panels = Object.keys(PANELS).map((head) => panel(head.toLowerCase(), head));
  const layers = html("p", { id: "early-and-late" }), check = slopeCheck();
  root.append(
    html("p", { class: "lead" }, LEAD),
    choice.element, way.element, html("div", { class: "panels" }, ...panels.map(({ element }) => element)), layers, check.element);
  let bench = null, next = 0;
  return (scene) => {
    const { replay, seed, now, player } = scene;
    const began = performance.now();
    if (player.isPlaying && began < next) return;
    if (bench?.replay !== replay || bench.seed !== seed) {
      bench = new Bench(replay, seed, now.trained);
      choice.begin(replay);
    }
    const unit = shownUnit(replay, scene.unit), moment = bench.momentOf(scene, unit);
    choice.show(scene, unit);
    way.show(scene, unit);
    Object.values(PANELS).forEach((says, n) => panels[n].fill(says(moment)));
    setText(layers, earlyAndLate(moment));
    check.draw(scene, unit);
    next = performance.now() + Math.max(PAUSE, REST * (performance.now() - began));
  };
}

/** Return the chosen unit, or the first output where none is chosen that has a step: an input has none. */
function shownUnit({ wiring: { n_inputs: nInputs, outputs } }, unit) {
  return unit === null || unit <= nInputs ? outputs[0] : unit;
}

/** The choice of the case and of the unit. */
function choices(ask) {
  const ofCase = html("select", { id: "step-case", onchange: () => ask.case(Number(ofCase.value)) });
  const ofUnit = html("select", { id: "step-unit", onchange: () => ask.unit(Number(ofUnit.value)) });
  const note = html("p", { class: "quiet" });
  const field = (label, select) => html("div", { class: "field" }, html("label", { for: select.id }, label), select);
  const element = html("div", {}, html("div", { class: "row" }, field("Case", ofCase), field("Unit", ofUnit)), note);
  return {
    element,
    begin({ cases: { names, inputs }, wiring: { units, n_inputs: nInputs } }) {
      ofCase.replaceChildren(...names.map((name, c) => html("option", { value: c }, name || inputs[c].join(""))));
      const computed = [...units.keys()].slice(1 + nInputs);
      ofUnit.replaceChildren(...computed.map((j) => html("option", { value: j }, units[j])));
    },
    show({ c, unit, replay: { wiring: { units } } }, shown) {
      ofCase.value = c;
      ofUnit.value = shown;
      const isOther = unit !== null && unit !== shown;
      setText(note, isOther ? `No weights lead into ${units[unit]}, so it has no step: shown is ${units[shown]}.` : "");
    },
  };
}
