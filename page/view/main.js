/**
 * The page: contents, address and player on one side, the parts that draw on the other.
 *
 * A part is a function of its section and of `ask`, the wishes of a reader; it returns a function that draws a scene.
 */

import { hashOf, placeOf } from "./address.js";
import { choosePart } from "./choose.js";
import { claimsPart } from "./claims.js";
import { controlsPart } from "./controls.js";
import { curvesPart } from "./curves.js";
import { distributionPart } from "./distribution.js";
import { libraryOf, replayOf, shelve } from "./library.js";
import { netPart } from "./net/net.js";
import { outputsPart } from "./outputs.js";
import { peoplePart } from "./people.js";
import { planePart } from "./plane/plane.js";
import { Player } from "./player.js";
import { stepPart } from "./step/step.js";
import { tourPart } from "./tour.js";
import { whatIfPart } from "./what_if/what_if.js";

/** @typedef {import("./address.js").Contents} Contents */
/** @typedef {import("./address.js").Place} Place */
/** @typedef {import("../engine/replay.js").Replay} Replay */
/** @typedef {import("../engine/train.js").State} State */

/**
 * @typedef {object} Fork  a run with one thing changed
 * @property {Replay} replay  with `published: null`
 * @property {number} seed
 * @property {State | null} state  the state that it goes on from; null: from its first weights
 * @property {string} words  for a reader: what was changed, and after which sweep
 */

/**
 * @typedef {object} Scene  all that the parts show
 * @property {import("./library.js").Library} library
 * @property {Replay & {claims: import("./library.js").Claim[]}} replay  of the run that is shown
 * @property {number} seed
 * @property {number} sweep
 * @property {import("../engine/worker.js").Snapshot} now
 * @property {import("./player.js").Curves} curves
 * @property {Player} player
 * @property {number} c  the chosen case
 * @property {number | null} unit  the chosen unit, by its number in the wiring
 * @property {Fork | null} fork  null: a published run
 * @property {import("./player.js").Curves | null} before  the curves of the run that was forked
 */

const PARTS = {
  tour: tourPart, choose: choosePart, controls: controlsPart, net: netPart, curves: curvesPart, outputs: outputsPart,
  plane: planePart, people: peoplePart, distribution: distributionPart, "what-if": whatIfPart, step: stepPart, claims: claimsPart,
};

const player = new Player();
/** @type {Contents} */
let contents = [];
/** @type {Place | null} */
let place = null;
/** @type {import("./library.js").Library | null} */
let library = null;
/** @type {{c: number, unit: number | null, fork: Fork | null, before: import("./player.js").Curves | null}} */
const chosen = { c: 0, unit: null, fork: null, before: null };
/** @type {((scene: Scene) => void)[]} */
let draws = [];
/** The number of the last visit: a visit that comes late is dropped. */
let visits = 0;

/** The wishes of a reader. */
const ask = {
  /** @param {Partial<Place>} changed */
  place: (changed) => visit({ ...place, sweep: null, name: null, ...changed }),
  /** @param {number} c */
  case: (c) => choose({ c }),
  /** @param {number | null} unit */
  unit: (unit) => choose({ unit }),
  /** @param {Fork} fork */
  fork,
  /** Go back to the published run, at the sweep at which it was left. */
  published: () => visit({ ...place, sweep: Math.min(place.sweep ?? 0, player.now?.sweep ?? Infinity) }),
};

/** Draw, once a frame at most. */
let isDrawing = false;
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const now = scene();
    if (!now) return;
    document.documentElement.classList.add("begun");
    draws.forEach((one) => one(now));
  });
}

/** @returns {Scene | null} */
function scene() {
  const { now, curves, replay, seed } = player;
  return now && curves && library && { library, replay, seed, sweep: now.sweep, now, curves, player, ...chosen };
}

function choose(changed) {
  Object.assign(chosen, changed);
  keepAddress();
  draw();
}

/** Keep the address of a moment at which the reader stopped, without a new entry in the history; a fork has none. */
function keepAddress() {
  if (chosen.fork || !player.now || player.isPlaying || player.now.sweep === player.first) return;
  const { names } = player.replay.cases;
  history.replaceState(null, "", hashOf({ ...place, sweep: player.now.sweep, name: names[chosen.c] }));
}

/**
 * Show a place: open its run, and play it if the address names no sweep.
 * @param {Place} to
 */
async function visit(to) {
  const mine = ++visits;
  place = to;
  try {
    document.body.classList.add("waiting");
    const found = await libraryOf(to.experiment);
    if (mine !== visits) return;
    library = found;
    const replay = replayOf(library, to.reading), c = Math.max(0, replay.cases.names.indexOf(to.name));
    Object.assign(chosen, { c, unit: null, fork: null, before: null });
    await player.open(replay, to.seed, { sweep: to.sweep ?? 0 });
    if (mine !== visits) return;
    say("");
    history.replaceState(null, "", hashOf(to));
    if (to.sweep === null && !matchMedia("(prefers-reduced-motion: reduce)").matches) player.play();
  } catch (error) {
    if (mine === visits) say(error.message);
  } finally {
    if (mine === visits) document.body.classList.remove("waiting");
  }
}

/** @param {Fork} to */
async function fork(to) {
  const mine = ++visits;
  const before = chosen.before ?? player.curves;
  place = { ...place, sweep: player.now?.sweep ?? place.sweep };
  try {
    Object.assign(chosen, { fork: to, before, c: Math.min(chosen.c, to.replay.cases.names.length - 1), unit: null });
    await player.open(to.replay, to.seed, { state: to.state });
    if (mine !== visits) return;
    say("");
    player.play();
  } catch (error) {
    if (mine === visits) say(error.message);
  }
}

/** @param {string} trouble  in one line; nothing: all is well */
function say(trouble) {
  const line = document.getElementById("trouble");
  line.textContent = trouble;
  line.hidden = trouble === "";
  if (trouble) document.documentElement.classList.add("begun");
}

/** @param {Contents} every */
function begin(every) {
  contents = every;
  draws = Object.entries(PARTS).map(([id, part]) => part(document.getElementById(id), ask, contents));
  player.addEventListener("change", draw);
  player.addEventListener("change", keepAddress);
  addEventListener("hashchange", () => visit(placeOf(location.hash, contents)));
  addEventListener("resize", draw);
  visit(placeOf(location.hash, contents));
}

// the player is there for whoever looks at a run from the console
globalThis.backprop86 = { ...globalThis.backprop86, begin, shelve, player };
