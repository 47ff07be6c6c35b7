/**
 * Runs to begin with: each shows one thing without a word of explanation.
 */

import { hashOf } from "./address.js";
import { html } from "./elements.js";

const moment = (experiment, reading, seed) => ({ experiment, reading, seed, sweep: null, name: null });

/** @type {[string, import("./address.js").Place][]} */
export const TOUR = [
  ["XOR learns", moment("xor", "two_hidden/as_printed", 9)],
  ["The early layer gets less", moment("depth", "5_layers/weights_up_to_0.3", 3)],
  ["A single layer fails at XOR", moment("single_layer", "xor/as_printed", 3)],
  ["Mirror symmetry, as in the letter", moment("symmetry", "as_printed", 0)],
  ["The family trees", moment("family_trees", "as_printed", 0)],
];

/** @param {HTMLElement} root */
export function tourPart(root) {
  root.append("Begin here: ", ...TOUR.flatMap(([words, place]) => [html("a", { href: hashOf(place) }, words), " "]));
  return () => {};
}
