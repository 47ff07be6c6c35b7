/**
 * What the engine of the page computes, in Node: bytes of numbers for bytes of numbers, or JSON for JSON.
 *
 *     node in_node.mjs fma float64 < triples
 *     node in_node.mjs logistic float32 < numbers
 *     node in_node.mjs start < tasks
 *     node in_node.mjs train < tasks
 */

import { readFileSync, writeFileSync } from "node:fs";
import { ARITHMETICS } from "../page/engine/arithmetic.js";
import { isAsPublished } from "../page/engine/published.js";
import { firstWeights } from "../page/engine/start.js";
import { Run } from "../page/engine/train.js";

const [, , what, dtype] = process.argv, given = readFileSync(0);
const hex = (numbers) => Buffer.from(Float64Array.from(numbers).buffer).toString("hex");

function fma(numbers) {
  const found = new Float64Array(numbers.length / 3);
  return found.map((_, n) => ARITHMETICS[dtype].fma(...numbers.subarray(3 * n, 3 * n + 3)));
}

function trained({ replay, sweeps }, seed) {
  const run = new Run(replay, seed);
  while (sweeps === null ? !run.isDone : run.sweep < sweeps && !run.hasDiverged) run.step();
  const { w, E, learnedAt } = run;
  return { w: hex(w), E: hex([E]), lengths: hex(run.lengths()), learnedAt, isAsPublished: isAsPublished(run) };
}

const OF_NUMBERS = { fma, logistic: (numbers) => numbers.map((x) => ARITHMETICS[dtype].logistic(x)) };
const OF_TASKS = { train: trained, start: ({ replay }, seed) => hex(firstWeights(replay, seed)) };

if (what in OF_NUMBERS) {
  const found = OF_NUMBERS[what](new Float64Array(new Uint8Array(given).buffer));
  writeFileSync(1, new Uint8Array(found.buffer));
} else {
  const found = JSON.parse(given).map((task) => task.seeds.map((seed) => OF_TASKS[what](task, seed)));
  writeFileSync(1, JSON.stringify(found));
}
