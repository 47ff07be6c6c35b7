/**
 * Numbers and sums of a step in words: a long sum shows its largest terms, and the rest together.
 */

import { fixed, significant, whole } from "../elements.js";

/** The most terms that are written out. */
const MOST = 12;
const DIGITS = 4;

/** Return a number with four digits that count; a whole number, such as an input, as it is. */
export function told(value) {
  const isShort = Number.isInteger(value) && Math.abs(value) < 10 ** DIGITS;
  return isShort ? fixed(value, 0) : significant(value, DIGITS);
}

/** Return a setting of a recipe with all its digits. */
export const setting = (value) => String(value).replace("-", "−");

/** Return a number that stands behind a sign of multiplication: a negative one in parentheses. */
export const factor = (value) => (value < 0 ? `(${told(value)})` : told(value));

/**
 * Return the places of the largest numbers without their signs, in the order of the list; all if the list is short.
 * @param {ArrayLike<number>} sizes
 * @returns {number[]}
 */
export function largest(sizes) {
  const places = [...Array(sizes.length).keys()];
  if (places.length <= MOST) return places;
  return places.sort((a, b) => Math.abs(sizes[b]) - Math.abs(sizes[a])).slice(0, MOST).sort((a, b) => a - b);
}

/**
 * Return the lines of a sum: a line for each of the largest terms, and one for the rest.
 * @param {{words: string, value: number}[]} terms
 * @returns {string[]}
 */
export function written(terms) {
  const shown = largest(terms.map(({ value }) => value)), isShown = new Set(shown);
  const rest = terms.filter((_, n) => !isShown.has(n)), together = rest.reduce((sum, { value }) => sum + value, 0);
  const lines = shown.map((n) => `${terms[n].words} = ${told(terms[n].value)}`);
  return rest.length ? [...lines, `and ${whole(rest.length)} smaller ones, together ${told(together)}`] : lines;
}
