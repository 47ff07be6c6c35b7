/**
 * The scales of a picture: of its weights, and of outputs.
 */

/**
 * Return the least of 0.1, 0.2, 0.5, 1, 2, 5, ... that no number exceeds: a scale
 * that seldom changes while a run plays.
 * @param {Iterable<number>} values
 */
export function scaleOf(values) {
  let most = 0.1;
  for (const value of values) if (Number.isFinite(value) && Math.abs(value) > most) most = Math.abs(value);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((one) => Number((one * power).toPrecision(1))).find((one) => one >= most);
}

/**
 * Return the radius of a disc whose area is an output: 0 empty, 1 full.
 * @param {number} output
 * @param {number} full  the radius for 1
 */
export function discRadius(output, full) {
  return full * Math.sqrt(Math.min(1, Math.max(0, output || 0)));
}
