/**
 * Play, pause, single sweeps, the slider over all sweeps, the speed; and the mark of a published run.
 */

import { rowOf } from "../engine/published.js";
import { html, short, whole } from "./elements.js";

/** The seconds that a run takes to learn when it plays, by name. */
const LASTS = { slow: 60, normal: 12, fast: 4 };
/** How many times as quickly it plays when it has learned, and little happens. */
const AFTERWARDS = 8;

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function controlsPart(root, ask) {
  let player;
  const button = (words, name, does) => html("button", { type: "button", "aria-label": name, onclick: does }, words);
  const play = button("▶ Play", "Play", () => (player.isPlaying ? player.pause() : player.play()));
  const to = (sweep) => () => {
    player.pause();
    player.seek(sweep());
  };
  const start = button("Start", "Start of the run", to(() => player.first));
  const back = button("− 1", "− 1 sweep", to(() => player.now.sweep - 1));
  const on = button("+ 1", "+ 1 sweep", to(() => player.now.sweep + 1));
  const end = button("End", "End of the run", to(() => player.last));
  const stop = html("button", { type: "button", disabled: true, onclick: () => player.stop() }, "Stop training");
  const speed = html("select", { id: "speed" },
    ...Object.keys(LASTS).map((name) => html("option", { value: name, selected: name === "normal" }, name)));
  speed.addEventListener("change", () => setSpeed());
  const slider = html("input", { type: "range", id: "sweep", min: 0, step: 1, "aria-label": "Sweep" });
  slider.addEventListener("input", () => to(() => slider.valueAsNumber)());
  const line = html("output", { class: "line", for: "sweep" }), mark = html("p", { class: "mark", role: "status" });
  const pace = html("p", { class: "pace" });
  const published = button("Back to the published run", "Back to the published run", () => ask.published());
  const rate = html("label", { class: "row" }, "Speed ", speed);
  root.append(html("div", { class: "row" }, play, start, back, on, end, rate, stop), slider, line, mark, pace, published);
  const setSpeed = () => {
    const learned = player.now?.learnedAt ?? null, until = rowOf(player.replay, player.seed)?.sweeps ?? player.last;
    const pace = (until - player.first) / LASTS[speed.value];
    player.speed = Math.max(1, learned === null ? pace : AFTERWARDS * pace);
  };
  const progress = () => {
    stop.disabled = player.progress === null;
    if (player.progress !== null) line.textContent = `training: sweep ${whole(player.progress)} …`;
  };
  return (scene) => {
    if (player !== scene.player) scene.player.addEventListener("progress", progress);
    player = scene.player;
    setSpeed();
    stop.disabled = player.progress === null;
    pace.textContent = player.pace ? `Your browser trains about ${whole(rounded(player.pace))} sweeps of this net a second.` : "";
    play.textContent = player.isPlaying ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
    Object.assign(slider, { min: player.first, max: player.last, value: scene.sweep });
    slider.setAttribute("aria-valuetext", `sweep ${whole(scene.sweep)} of ${whole(player.last)}`);
    line.textContent = `sweep ${whole(scene.sweep)} of ${whole(player.last)} · E = ${short(scene.now.E)} · ${learned(scene)}`;
    const words = markOf(scene);
    if (mark.textContent !== words) mark.textContent = words;
    mark.classList.toggle("same", player.isAsPublished);
    published.hidden = !scene.fork;
  };
}

/** Return a number with two digits that count. */
const rounded = (value) => Number(value.toPrecision(2));

function learned({ now }) {
  if (now.hasDiverged) return "the weights have left all bounds";
  return now.learnedAt === null ? "not learned yet" : `learned after ${whole(now.learnedAt)} sweeps`;
}

/** Return whether the run is the published one: nothing is claimed before it was compared with its row. */
function markOf({ fork, player, replay, seed }) {
  if (fork) return `${fork.words}: no longer the published run`;
  if (player.isAsPublished) return "✓ the same run as published, to the last bit";
  if (!replay.published || !(seed in replay.published.sweeps)) return "no row of this seed is published";
  return player.wasDone ? "this run differs from its published row" : "not compared yet: it must reach its end";
}
