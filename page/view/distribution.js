/**
 * All published runs of a reading: a dot for each seed at the sweep by which it had learned, and the printed number.
 */

import { scaleLinear, scaleLog } from "d3-scale";
import { html, onDemand, picture, svg, table, whole } from "./elements.js";
import { widthOf } from "./width.js";

const MARGIN = { left: 12, right: 12, top: 34, bottom: 24 };
const HEIGHT = 190;
/** The least width of the picture, in pixels. */
const LEAST = 260;
/** Pixels between the middles of two columns of dots. */
const STEP = 6;
/** Where the slowest run needs so many times the sweeps of the quickest, the axis is logarithmic. */
const WIDE = 20;
/** The share of the width for runs that never learned. */
const NEVER = 0.14;

/**
 * @param {HTMLElement} root
 * @param {any} ask
 */
export function distributionPart(root, ask) {
  const place = html("div", {}), line = html("p", { class: "line" });
  let shown = null, scene;
  root.append(line, place, onDemand("The runs as a table", () => inNumbers(scene.replay, ask)));
  const wide = widthOf(place, () => scene && draw(scene));
  const draw = (now) => {
    scene = now;
    const { replay, library, fork } = now, published = fork ? replayBefore(library, replay) : replay;
    const width = Math.max(LEAST, wide()), key = `${replay.experiment}/${replay.reading}/${now.seed}/${width}`;
    if (key === shown) return;
    shown = key;
    line.textContent = inWords(published);
    place.replaceChildren(...(published.published ? [drawn(published, now.seed, width, ask)] : []));
  };
  return draw;
}

/** Return the published reading that a fork began from. */
function replayBefore(library, { reading, claims }) {
  const { published } = library.readings.find((one) => one.reading === reading);
  return { reading, claims, published };
}

function inWords({ published }) {
  if (!published) return "No runs are published.";
  const { sweeps } = published, n = sweeps.length, learned = sweeps.filter((one) => one !== null).length;
  return `${whole(learned)} of ${whole(n)} runs learned. Choose a dot to watch its run.`;
}

/** Return, for each seed, the place of its dot: columns are filled from below, and drawn closer where one is too high. */
function dots(published, x, width) {
  const columns = new Map(), ceiling = HEIGHT - MARGIN.top - MARGIN.bottom;
  published.sweeps.forEach((sweeps, seed) => {
    const column = sweeps === null ? Infinity : Math.round(x(sweeps) / STEP);
    columns.set(column, [...(columns.get(column) ?? []), seed]);
  });
  const found = [], wide = Math.max(1, Math.floor((width * NEVER - 24) / STEP));
  for (const [column, seeds] of columns) {
    const many = column === Infinity ? wide : 1, rows = Math.ceil(seeds.length / many), gap = Math.min(STEP, ceiling / rows);
    seeds.forEach((seed, k) => {
      const left = column === Infinity ? width - MARGIN.right - (many - 1) * STEP : column * STEP;
      found[seed] = { cx: left + (k % many) * STEP, cy: HEIGHT - MARGIN.bottom - 4 - Math.floor(k / many) * gap };
    });
  }
  return found;
}

function drawn({ published, claims }, seed, width, ask) {
  const learned = published.sweeps.filter((one) => one !== null), printed = marksOf(claims);
  const ends = [...learned, ...printed.map(({ sweeps }) => sweeps)], hasNever = learned.length < published.sweeps.length;
  const [least, most] = [Math.max(1, Math.min(...ends)), Math.max(2, ...ends)], isLog = most / least > WIDE;
  const right = width - MARGIN.right - (hasNever ? width * NEVER : 0);
  const x = (isLog ? scaleLog() : scaleLinear()).domain([least, most]).range([MARGIN.left + STEP, right - STEP]).nice();
  const places = dots(published, x, width), floor = HEIGHT - MARGIN.bottom, mine = places[seed];
  const ticks = isLog ? x.ticks().filter(isRound(x)) : x.ticks(Math.floor(width / 90));
  const all = svg("path", { class: "runs", d: places.map(({ cx, cy }) => `M${cx - 2},${cy}a2,2 0 1 0 4,0a2,2 0 1 0 -4,0`).join("") });
  const words = `${inWords({ published })} Sweeps of those that learned: ${whole(Math.min(...learned))} to ${whole(Math.max(...learned))}.`;
  const drawing = picture(width, HEIGHT, learned.length ? words : inWords({ published }),
    svg("line", { class: "axis", x1: MARGIN.left, x2: right, y1: floor, y2: floor }),
    ...ticks.map((one) => svg("text", { class: "tick", x: x(one), y: HEIGHT - 6, "text-anchor": "middle" }, whole(one))),
    ...(hasNever ? [svg("text", { class: "tick", x: width - 4, y: HEIGHT - 6, "text-anchor": "end" }, "never")] : []),
    all,
    ...printed.map(({ sweeps, source }, k) => mark(x(sweeps), floor, `printed: ${whole(sweeps)}`, source, k, width)),
    ...(mine ? [svg("circle", { class: "chosen-run", cx: mine.cx, cy: mine.cy, r: 5 })] : []));
  drawing.addEventListener("click", (event) => {
    const { left, top } = drawing.getBoundingClientRect();
    ask.place({ seed: nearest(places, event.clientX - left, event.clientY - top) });
  });
  drawing.classList.add("choosable");
  return drawing;
}

/** Return a test for the ticks of a logarithmic axis: 1, 2 and 5 times a power of ten where there is room for them. */
function isRound(x) {
  const perDecade = x(10) - x(1);
  return (one) => (perDecade > 150 ? /^[125]0*$/ : /^10*$/).test(String(one));
}

/** Return the claims that print a number of sweeps, each number once. */
function marksOf(claims) {
  const found = new Map(claims.filter(({ sweeps }) => sweeps !== null).map((one) => [one.sweeps, one]));
  return [...found.values()];
}

function mark(x, floor, words, source, k, width) {
  const isRight = x > width / 2, y = 12 + 12 * (k % 2);
  return svg("g", {},
    svg("title", {}, source),
    svg("line", { class: "printed", x1: x, x2: x, y1: y + 2, y2: floor }),
    svg("text", { class: "key printed", x: x + (isRight ? -4 : 4), y, "text-anchor": isRight ? "end" : "start" }, words));
}

function nearest(places, x, y) {
  const far = places.map(({ cx, cy }) => (cx - x) ** 2 + (cy - y) ** 2);
  return far.indexOf(Math.min(...far));
}

/** Return the quickest, the middle and the slowest runs, and the first that never learned, each with a button. */
function inNumbers({ published }, ask) {
  if (!published) return html("p", {}, "No runs are published.");
  const { sweeps } = published, seeds = [...sweeps.keys()];
  const learned = seeds.filter((one) => sweeps[one] !== null).sort((a, b) => sweeps[a] - sweeps[b]);
  const never = seeds.filter((one) => sweeps[one] === null), half = Math.floor(learned.length / 2);
  const some = [["among the quickest", learned.slice(0, 5)], ["about the middle", learned.slice(half - 2, half + 3)],
    ["among the slowest", learned.slice(-5)], ["never learned", never.slice(0, 5)]];
  const rows = some.flatMap(([words, which]) => which.map((seed) => [
    html("button", { type: "button", onclick: () => ask.place({ seed }) }, `seed ${seed}`),
    sweeps[seed] === null ? "–" : whole(sweeps[seed]), words,
  ]));
  return table("Some of the runs; the field above takes any seed", ["run", "sweeps", ""], rows);
}
