/**
 * Elements and numbers: made in one line each, and written as people write them.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return an element of HTML with attributes and children; an attribute that begins with `on` is a listener.
 * @param {string} name
 * @param {Record<string, any>} about
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function html(name, about = {}, ...children) {
  return filled(document.createElement(name), about, children);
}

/**
 * Return an element of SVG.
 * @param {string} name
 * @param {Record<string, any>} about
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function svg(name, about = {}, ...children) {
  return filled(document.createElementNS(SVG, name), about, children);
}

/**
 * Return a picture of a width and height in pixels, with words for people who do not see it.
 * @param {number} width
 * @param {number} height
 * @param {string} words
 * @param {...Node} children
 */
export function picture(width, height, words, ...children) {
  const about = { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words };
  return svg("svg", about, ...children);
}

function filled(element, about, children) {
  for (const [name, value] of Object.entries(about)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * Return a table; the first cell of a row is its head.
 * @param {string} caption
 * @param {string[]} heads
 * @param {(Node | string)[][]} rows
 */
export function table(caption, heads, rows) {
  const head = html("tr", {}, ...heads.map((one) => html("th", { scope: "col" }, one)));
  const body = rows.map(([first, ...rest]) => (
    html("tr", {}, html("th", { scope: "row" }, first), ...rest.map((cell) => html("td", {}, cell)))
  ));
  const whole = html("table", {}, html("caption", {}, caption), html("thead", {}, head), html("tbody", {}, ...body));
  return html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, whole);
}

/**
 * Return a picture's numbers as a table that opens on demand: it is made when it is opened.
 * @param {string} words
 * @param {() => Node} made
 */
export function onDemand(words, made) {
  const summary = html("summary", {}, words), whole = html("details", { class: "numbers" }, summary);
  whole.addEventListener("toggle", () => whole.open && whole.replaceChildren(summary, made()));
  return whole;
}

/**
 * Return a number with so many digits after the point, with a true minus sign, and no minus before a zero.
 * @param {number} value
 * @param {number} digits
 */
export function fixed(value, digits = 2) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "no number" : value > 0 ? "∞" : "−∞";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/**
 * Return a number with so many digits that count, as people write it: 0.00123 or 1.23 × 10⁻⁹.
 * @param {number} value
 * @param {number} digits
 */
export function significant(value, digits) {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? "0" : fixed(value);
  const [first, power] = value.toExponential(digits - 1).split("e"), size = Number(power);
  if (size < -4 || size > 5) {
    return `${first.replace("-", "−")} × 10${raised(size)}`;
  }
  return fixed(value, Math.max(0, digits - 1 - size));
}

/** Return a number with three digits that count. */
export const short = (value) => significant(value, 3);

/** Return a power of ten as the tick of an axis: 0.01, 1, 100 or 10⁻⁶. */
export function power(value) {
  const size = Math.round(Math.log10(value));
  return size < -2 || size > 3 ? `10${raised(size)}` : value.toFixed(Math.max(0, -size));
}

const raised = (size) => [...String(size)].map((one) => RAISED[one]).join("");
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** Return a whole number with commas: 1,425. */
export const whole = (value) => value.toLocaleString("en-US");
