/**
 * The choice of an experiment, a reading and a seed.
 */

import { html } from "./elements.js";

/**
 * @param {HTMLElement} root
 * @param {any} ask
 * @param {import("./address.js").Contents} contents
 */
export function choosePart(root, ask, contents) {
  const options = (pairs) => pairs.map(([value, words]) => html("option", { value }, words));
  const experiment = html("select", {
    id: "experiment", onchange: () => ask.place({ experiment: experiment.value, reading: first(experiment.value) }),
  }, ...options(contents.map(({ stem, title }) => [stem, title])));
  const reading = html("select", { id: "reading", onchange: () => ask.place({ reading: reading.value }) });
  const seed = html("input", { id: "seed", type: "number", min: 0, max: 2 ** 53 - 1, step: 1, inputmode: "numeric" });
  seed.addEventListener("change", () => seed.reportValidity() && ask.place({ seed: seed.valueAsNumber || 0 }));
  const first = (stem) => Object.keys(contents.find((one) => one.stem === stem).readings)[0];
  const field = (label, input) => html("div", { class: "field" }, html("label", { for: input.id }, label), input);
  root.append(field("Experiment", experiment), field("Reading", reading), field("Seed", seed));
  let shown = "";
  return ({ replay, seed: now }) => {
    if (shown !== replay.experiment) {
      const { readings } = contents.find(({ stem }) => stem === replay.experiment);
      reading.replaceChildren(...options(Object.entries(readings)));
      shown = experiment.value = replay.experiment;
    }
    reading.value = replay.reading;
    if (document.activeElement !== seed) seed.value = now;
  };
}
