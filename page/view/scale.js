/**
 * The scale of a picture of weights.
 */

/**
 * Return the least of 0.1, 0.2, 0.5, 1, 2, 5, ... that no number exceeds: a scale that seldom changes while a run plays.
 * @param {Iterable<number>} values
 */
export function scaleOf(values) {
  let most = 0.1;
  for (const value of values) if (Number.isFinite(value) && Math.abs(value) > most) most = Math.abs(value);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((one) => Number((one * power).toPrecision(1))).find((one) => one >= most);
}
