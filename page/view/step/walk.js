/**
 * A walk through a step: forward from unit to unit, from case to case, and then to the next sweep.
 */

import { html } from "../elements.js";

/** Milliseconds for which a unit is shown. */
const EACH = 1500;

/**
 * Return the buttons of the walk, and the function that tells them the scene and the unit that is shown.
 * @param {any} ask
 * @returns {{element: HTMLElement, show: (scene: import("../main.js").Scene, unit: number) => void}}
 */
export function walk(ask) {
  let scene = null, unit = 0, timer = 0;
  const button = (words, name, does) => html("button", { type: "button", "aria-label": name, onclick: does }, words);
  const bounds = () => {
    const { wiring: { n_inputs: nInputs, units }, cases: { names } } = scene.replay;
    return { first: 1 + nInputs, last: units.length - 1, nCases: names.length };
  };
  const toUnit = (by) => {
    const { first, last } = bounds();
    if (first <= unit + by && unit + by <= last) return ask.unit(unit + by);
    if (toCase(by)) ask.unit(by > 0 ? first : last);
  };
  /** Go to the next case, or the case before, in the next sweep or the sweep before after the last; say if there is one. */
  const toCase = (by) => {
    const { nCases } = bounds(), c = scene.c + by, { player } = scene;
    if (c < 0 || c >= nCases) {
      if (scene.sweep + by < player.first || scene.sweep + by > player.last) return false;
      player.pause();
      player.seek(scene.sweep + by);
    }
    ask.case((c + nCases) % nCases);
    return true;
  };
  const play = button("▶ Walk", "Walk through the step", () => (timer ? stop() : begin()));
  const begin = () => {
    scene.player.pause();
    timer = setInterval(() => (scene.player.isPlaying ? stop() : toUnit(1)), EACH);
    named("❚❚ Rest", "Rest");
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    named("▶ Walk", "Walk through the step");
  };
  const named = (words, name) => {
    play.textContent = words;
    play.setAttribute("aria-label", name);
  };
  const alone = (does, by) => () => {
    stop();
    does(by);
  };
  const element = html("div", { class: "row walk" }, play,
    button("− 1 unit", "− 1 unit", alone(toUnit, -1)), button("+ 1 unit", "+ 1 unit", alone(toUnit, 1)),
    button("− 1 case", "− 1 case", alone(toCase, -1)), button("+ 1 case", "+ 1 case", alone(toCase, 1)));
  return {
    element,
    show(now, shown) {
      [scene, unit] = [now, shown];
    },
  };
}
