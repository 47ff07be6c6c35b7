/**
 * The square of all inputs from 0 to 1, as a grid of points: the output of a unit in colour, and where it is one half.
 */

/** The points in each direction: the first and the last are at 0 and 1. */
export const FINE = 60;
const points = [...Array(FINE * FINE).keys()];
/** The two inputs at each point, from the upper left, row by row. */
export const PLANE = [
  points.map((p) => (p % FINE) / (FINE - 1)), points.map((p) => 1 - Math.floor(p / FINE) / (FINE - 1)),
];
/** The four sides of a square between neighbours, each by its two corners. */
const SIDES = [[0, 1], [1, 1 + FINE], [FINE, 1 + FINE], [0, FINE]];

/**
 * Colour each point of a canvas between the ground, for 0, and blue, for 1.
 * @param {HTMLCanvasElement} canvas
 * @param {Float64Array} y
 */
export function colour(canvas, y) {
  const style = getComputedStyle(canvas);
  const [none, full] = ["--ground", "--blue"].map((name) => rgb(style.getPropertyValue(name)));
  const context = canvas.getContext("2d"), image = context.createImageData(FINE, FINE);
  for (let p = 0; p < y.length; p++) {
    for (let k = 0; k < 3; k++) image.data[4 * p + k] = Math.round(none[k] + y[p] * (full[k] - none[k]));
    image.data[4 * p + 3] = Number.isFinite(y[p]) ? 255 : 0;
  }
  context.putImageData(image, 0, 0);
}

/** Return red, green and blue of #rgb or #rrggbb. */
function rgb(text) {
  const digits = [...text.trim().slice(1)], each = digits.length === 3 ? digits.flatMap((one) => [one, one]) : digits;
  return [0, 2, 4].map((k) => parseInt(each[k] + each[k + 1], 16));
}

/**
 * Return the path on which a unit's x is 0, its output one half: a piece in each small square that it crosses, with its
 * ends where x would be 0 if it changed evenly between two corners.
 * @param {Float64Array} x  of the unit at all points
 * @param {(value: number) => number} at  the place of a number in pixels
 */
export function halfOf(x, at) {
  const found = [];
  for (let p = 0; p < FINE * (FINE - 1); p++) {
    if (p % FINE === FINE - 1) continue;
    const crossed = [];
    for (const [one, other] of SIDES) {
      const a = x[p + one], b = x[p + other];
      if ((a < 0) === (b < 0)) continue;
      const [across, down] = PLANE.map((axis) => axis[p + one] + (a / (a - b)) * (axis[p + other] - axis[p + one]));
      crossed.push(`${at(across).toFixed(1)},${at(1 - down).toFixed(1)}`);
    }
    if (crossed.length) found.push(`M${crossed.join("L")}`);
  }
  return found.join("");
}
