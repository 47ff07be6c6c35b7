/**
 * What if? A fork of the run with one thing changed: its curve stands beside that of the run before.
 */

import {
  canLoseUnits, firstState, hiddenUnits, isReachedWithout, nameOfWeight, withEqualWeights, withFlipped, withoutHidden,
  withoutUnit, withRate, withRateTimes, withWeight,
} from "./changes.js";
import { html, whole } from "../elements.js";
import { areEqual, twins } from "./twins.js";

/** @typedef {import("../main.js").Scene} Scene */

/** The value of all weights that start equal. */
const EQUAL = 0.1;
/** How often as many sweeps as the published run needed to learn a fork may take, if the run itself was not longer. */
const LONGER = 5;

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function whatIfPart(root, ask) {
  /** @type {Scene} */
  let scene;
  const from = fromWhen(), form = ownChange(() => scene, (change) => begin(change, from.isNow()));
  const begin = (change, isNow) => {
    const state = isNow ? scene.now.state : beginning(scene), changed = change(scene.replay, state);
    ask.fork(forkOf(scene, changed));
  };
  const buttons = readyMade(() => scene, begin, from, ask);
  const fork = html("p", { class: "quiet", role: "status" }), alike = html("p", { class: "alike" });
  root.append(
    html("p", {}, "Change one thing, and the run goes on with it. Its curve stands beside that of the run before."),
    from.element, buttons.element, form.element, fork, alike);
  let known = null, groups = [];
  return (now) => {
    scene = now;
    if (known !== now.replay) {
      [known, groups] = [now.replay, twins(now.replay.wiring)];
      buttons.begin(now);
      form.begin(now);
    }
    buttons.show(now);
    setText(fork, now.fork ? `Now: ${now.fork.words}.` : "");
    setText(alike, alikeInWords(now, groups));
  };
}

/** Return the state with which the run that is shown began. */
const beginning = ({ fork, replay, seed }) => fork?.state ?? firstState(replay, seed);

/** Return the fork of a changed run, with the sweeps that it may take, and words for the mark. */
function forkOf({ player, fork, replay, seed }, { replay: changed, state, words }) {
  const needed = replay.published?.sweeps[seed] ?? 0, length = Math.max(player.last - player.first, LONGER * needed);
  const recipe = { ...changed.recipe, sweeps: state.sweep + length };
  const when = state.sweep === 0 ? "from the beginning" : `from sweep ${whole(state.sweep)} on`;
  const before = fork ? `${fork.words}; ` : "";
  return { replay: { ...changed, recipe }, seed, state, words: `${before}${words}, ${when}` };
}

function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** Say of hidden units that are wired alike, in a fork, whether their weights are equal. */
function alikeInWords({ fork, now, replay: { wiring } }, groups) {
  if (!fork?.state || !groups.length || !groups.every((group) => areEqual(wiring, fork.state.w, group))) return "";
  const names = groups.map((group) => group.map((j) => wiring.units[j]).join(", ")).join("; ");
  const areStill = groups.every((group) => areEqual(wiring, now.state.w, group));
  if (!areStill) return `The weights of ${names} began equal and are equal no more.`;
  return `The weights of ${names} began equal and are still equal, to the last bit: equal blame, equal nudges. `
    + "So they act as one unit.";
}

/** The choice from when on a change holds. */
function fromWhen() {
  const radio = (value, words, checked) => {
    const input = html("input", { type: "radio", name: "from", id: `from-${value}`, value, checked });
    return html("span", {}, input, html("label", { for: input.id }, words));
  };
  const now = radio("now", "from the shown sweep on", true), first = radio("beginning", "from the beginning", false);
  const element = html("fieldset", { class: "from" }, html("legend", {}, "When"), now, first);
  return { element, isNow: () => now.firstChild.checked };
}

/** The buttons of changes that are ready made. */
function readyMade(sceneNow, begin, from, ask) {
  const button = (words, does) => html("button", { type: "button", onclick: does }, words);
  const change = (words, made) => button(words, () => begin(made, from.isNow()));
  const unit = html("select", { id: "lost-unit", "aria-label": "Hidden unit" });
  const momentum = change("No momentum", withoutMomentum);
  const lose = change("Take away", (replay, state) => withoutUnit(replay, state, Number(unit.value)));
  const bare = change("Take all hidden units away", (replay, state) => withoutHidden(replay, state, sceneNow().seed));
  const alike = (replay, state) => withEqualWeights(replay, state, EQUAL);
  const equal = button("Start all weights equal", () => begin(alike, false));
  const other = button("Another seed", () => ask.place({ seed: otherSeed(sceneNow()) }));
  const losing = html("span", { class: "losing" }, lose, unit);
  const element = html("div", { class: "row", id: "ready-made" },
    change("Learning rate × 4", (replay, state) => withRateTimes(replay, state, 4)),
    change("Learning rate ÷ 4", (replay, state) => withRateTimes(replay, state, 1 / 4)),
    momentum, losing, bare, equal, other);
  let chosen = null;
  return {
    element,
    begin({ replay }) {
      const hidden = canLoseUnits(replay) ? hiddenUnits(replay) : [];
      const some = hidden.filter((j) => isReachedWithout(replay, j));
      unit.replaceChildren(...some.map((j) => html("option", { value: j }, replay.wiring.units[j])));
      losing.hidden = some.length === 0;
      bare.hidden = hidden.length === 0;
      momentum.hidden = !["alpha", "opening_alpha", "late_alpha"].some((name) => replay.recipe[name]);
      chosen = null;
    },
    show(scene) {
      const isHidden = [...unit.options].some(({ value }) => value === String(scene.unit));
      if (scene.unit !== chosen && isHidden) unit.value = scene.unit;
      chosen = scene.unit;
    },
  };
}

function withoutMomentum(replay, state) {
  return { ...withRate(replay, state, "alpha", 0), words: "no momentum" };
}

/** Return the next seed; of a problem with held-out cases one whose held-out cases are known. */
function otherSeed({ seed, replay: { held_out: heldOut } }) {
  return heldOut ? (seed + 1) % heldOut.length : seed + 1;
}

/** A small form for one change of a reader's own. */
function ownChange(sceneNow, begin) {
  const { element, form, setting, connection, output, value, fields, trouble } = formElements();
  const show = () => {
    Object.entries(fields).forEach(([name, one]) => (one.hidden = !OWN[setting.value].needs.includes(name)));
    const isWanted = setting.value === "weight" && !connection.options.length; // there may be thousands
    if (isWanted) connection.replaceChildren(...weightOptions(sceneNow().replay));
    trouble.textContent = "";
  };
  const tryIt = (event) => {
    event.preventDefault();
    trouble.textContent = "";
    const { c, now: { trained } } = sceneNow();
    const asked = { c, trained, output: Number(output.value), k: Number(connection.value), value: value.value };
    try {
      begin((replay, state) => OWN[setting.value].change(replay, state, asked));
    } catch (error) {
      trouble.textContent = error.message;
    }
  };
  setting.addEventListener("change", show);
  form.addEventListener("submit", tryIt);
  return {
    element,
    begin({ replay: { wiring: { units, outputs } } }) {
      connection.replaceChildren();
      output.replaceChildren(...outputs.map((j, o) => html("option", { value: o }, units[j])));
      show();
    },
  };
}

function formElements() {
  const options = Object.entries(OWN).map(([name, { words }]) => html("option", { value: name }, words));
  const setting = html("select", { id: "own-setting" }, ...options);
  const connection = html("select", { id: "own-weight" }), output = html("select", { id: "own-output" });
  const value = html("input", { type: "text", id: "own-value", autocomplete: "off", size: 8 });
  const trouble = html("p", { class: "trouble", role: "alert" });
  const field = (label, input) => html("div", { class: "field" }, html("label", { for: input.id }, label), input);
  const fields = {
    connection: field("Weight", connection),
    output: field("Output, in the chosen case", output),
    value: field("Value", value),
  };
  const submit = html("button", { type: "submit" }, "Try it");
  const every = [field("Change", setting), ...Object.values(fields), submit];
  const form = html("form", { class: "row", novalidate: true }, ...every);
  const summary = html("summary", {}, "A change of your own");
  const element = html("details", { class: "numbers", id: "own-change" }, summary, form, trouble);
  return { element, form, setting, connection, output, value, fields, trouble };
}

const rate = (name, words) => ({
  words, needs: ["value"], change: (replay, state, { value }) => withRate(replay, state, name, value),
});

/** The changes of the form: their words, the fields that they need, and what they do. */
const OWN = {
  epsilon: rate("epsilon", "learning rate ε"),
  alpha: rate("alpha", "momentum α"),
  decay: rate("decay", "decay of the weights"),
  target: {
    words: "flip a target", needs: ["output"],
    change: (replay, state, { trained, c, output }) => withFlipped(replay, state, trained, c, output),
  },
  weight: {
    words: "set a weight", needs: ["connection", "value"],
    change: (replay, state, { k, value }) => withWeight(replay, state, k, value),
  },
};

/** Return an option for each weight: the first of the connections that share it. */
function weightOptions(replay) {
  const { parameter } = replay.wiring, first = new Map();
  parameter.forEach((p, k) => first.has(p) || first.set(p, k));
  return [...first.values()].map((k) => html("option", { value: k }, nameOfWeight(replay, k)));
}
