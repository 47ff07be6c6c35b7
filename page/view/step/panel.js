/**
 * A panel of a step: a head, lines, a sum that opens on demand, a table. Its elements stay, and their words change.
 */

import { html } from "../elements.js";

/**
 * @typedef {object} Said  all that a panel says
 * @property {string[]} lines
 * @property {string} [mark]  a line that stands out; "": its place is kept free
 * @property {{words: string, terms: string[]}} [sum]  on demand
 * @property {{caption: string, heads: string[], rows: string[][], rest: string}} [table]
 */

/**
 * Return a panel's element, and the function that fills it.
 * @param {string} name
 * @param {string} head
 * @returns {{element: HTMLElement, fill: (said: Said) => void}}
 */
export function panel(name, head) {
  const lines = html("div", { class: "lines" }), mark = html("p", { class: "saturated" });
  const terms = html("ul", { class: "terms" }), summary = html("summary", {});
  const sum = html("details", { class: "numbers" }, summary, terms), rows = html("div", {});
  const id = `step-${name}`;
  const element = html("section", { class: "panel", id, "aria-labelledby": `${id}-head` },
    html("h3", { id: `${id}-head` }, head), lines, mark, sum, rows);
  return {
    element,
    fill(said) {
      setLines(lines, "p", said.lines);
      setText(mark, said.mark ?? "");
      mark.hidden = said.mark === undefined;
      sum.hidden = !said.sum;
      setText(summary, said.sum?.words ?? "");
      setLines(terms, "li", said.sum?.terms ?? []);
      if (said.table) fillTable(rows, said.table);
      rows.hidden = !said.table;
    },
  };
}

/** Change the words of an element, if they are others. */
export function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function setLines(place, name, lines) {
  while (place.children.length > lines.length) place.lastElementChild.remove();
  while (place.children.length < lines.length) place.append(html(name));
  lines.forEach((line, n) => setText(place.children[n], line));
}

/** Fill a table; it is made anew when it has other heads or another number of rows. */
function fillTable(place, { caption, heads, rows, rest }) {
  const shape = [rows.length, ...heads].join("|");
  if (place.dataset.shape !== shape) {
    place.dataset.shape = shape;
    const head = html("tr", {}, ...heads.map((one) => html("th", { scope: "col" }, one)));
    const cellsOf = ([, ...others]) => [html("th", { scope: "row" }), ...others.map(() => html("td"))];
    const body = rows.map((cells) => html("tr", {}, ...cellsOf(cells)));
    const table = html("table", {}, html("caption"), html("thead", {}, head), html("tbody", {}, ...body));
    const scroll = html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table);
    place.replaceChildren(scroll, html("p"));
  }
  setText(place.querySelector("caption"), caption);
  place.firstElementChild.setAttribute("aria-label", caption);
  setText(place.lastElementChild, rest);
  const lines = place.querySelectorAll("tbody tr");
  rows.forEach((cells, n) => cells.forEach((cell, k) => setText(lines[n].children[k], cell)));
}
